//! The page on which a salesperson notes what came of a lead: by the link of an alert, good for one task of one case.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::app::Start;
use piste_adapters::http::Visit;
use piste_adapters::mail::alert::{NOTE, best_name};
use piste_adapters::pages::{self, Page};
use piste_adapters::store::StoreError;
use piste_adapters::token::Claims;
use piste_adapters::{App, questions, telemetry};
use piste_domain::campaign::field::{Field, FieldType};
use piste_domain::campaign::sales::{Owner, Sales};
use piste_domain::input::{self, About, By, Call, CallOutcome, Noted};
use piste_domain::kit::format::moment_nearby;
use piste_domain::kit::limits::{NOTE_CHARS_MAX, REASON_CHARS_MAX};
use piste_domain::kit::post::RawPost;
use piste_domain::kit::text::{clean_line, clean_text};
use piste_domain::lead::case::{Case, Closing};
use piste_domain::lead::stage::{Mover, Stage};
use piste_domain::rules::alert::Brief;
use piste_domain::rules::criteria::checklist;
use piste_domain::rules::form::{Corrected, read_answers};
use piste_domain::{Campaign, Catalog, FieldProblem, Lead, Locale, Personal};
use piste_operations::qualify::{PUT_OFF_MAX, with_beside};

use super::gone;
use crate::texts::{common, sales as texts};

/// A text of a table.
type Words = fn(Locale) -> &'static str;

/// Why a lead is disqualified: the code is kept, to hold the scoring rules against later.
const REASONS: [(&str, Words); 7] = [
    ("budget", texts::budget),
    ("need", texts::need),
    ("timing", texts::timing),
    ("no_fit", texts::no_fit),
    ("competitor", texts::competitor),
    ("wrong_contact", texts::wrong_contact),
    ("other", texts::other),
];

/// What can be noted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Reached,
    NoAnswer,
    Snooze,
    Accept,
    Reject,
    HandOver,
}

impl Outcome {
    const ALL: [(&'static str, Self); 6] = [
        ("reached", Self::Reached),
        ("no_answer", Self::NoAnswer),
        ("snooze", Self::Snooze),
        ("accept", Self::Accept),
        ("reject", Self::Reject),
        ("hand_over", Self::HandOver),
    ];

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(known, _)| *known == code)
            .map(|(_, outcome)| outcome)
    }
}

/// A link to note something, as it was opened.
pub struct Note<'a> {
    app: &'a App,
    claims: &'a Claims,
    token: &'a str,
    locale: Locale,
    /// What the link of an older email was about.
    meant: Option<Outcome>,
    about: About,
}

/// What is known of the lead whose page it is.
struct Known<'a> {
    lead: &'a Lead,
    case: &'a Case,
    campaign: &'a Campaign,
    sales: &'a Sales,
    owner: Option<&'a Owner>,
    zone: TimeZone,
}

impl<'a> Known<'a> {
    fn of(lead: &'a Lead, about: About, catalog: &'a Catalog) -> Option<Self> {
        let case = lead.open_case().filter(|case| case.round == about.round)?;
        let campaign = catalog.get(case.campaign(lead))?;
        let sales = campaign.sales.as_ref()?;
        let owner = sales.owner(&case.owner);
        let zone = owner.map_or_else(|| campaign.time_zone(), |owner| owner.hours(campaign).zone);
        Some(Self {
            lead,
            case,
            campaign,
            sales,
            owner,
            zone,
        })
    }

    /// The questions that decide whether somebody is an SQL, each once.
    fn questions(&self) -> Vec<&'a Field> {
        let mut open: Vec<&Field> = Vec::new();
        for (criterion, _) in checklist(self.sales, self.lead) {
            let mut fields = self.campaign.form.fields.iter();
            let field = fields.find(|field| field.name == criterion.when.field);
            let noted = field.filter(|field| {
                !matches!(
                    field.kind,
                    FieldType::Email | FieldType::Consent | FieldType::Phone | FieldType::Hidden
                ) && !open.iter().any(|known| known.name == field.name)
            });
            open.extend(noted);
        }
        open
    }

    /// What can be noted now; of a task that is over only what ends the case or hands it on.
    fn outcomes(&self, about: About) -> impl Iterator<Item = (&'static str, Outcome)> {
        let is_now = self.case.task.is_some_and(|task| task.serial == about.serial);
        let accepted = matches!(self.lead.stage, Stage::Sql | Stage::Customer);
        let others = self.sales.owners.len() > 1;
        Outcome::ALL.into_iter().filter(move |(_, outcome)| match outcome {
            Outcome::Reached | Outcome::NoAnswer | Outcome::Snooze => is_now,
            Outcome::Accept => !accepted,
            Outcome::Reject => true,
            Outcome::HandOver => others,
        })
    }
}

/// What is wrong with a form, and beside what.
#[derive(Default)]
struct Wrong {
    own: Vec<(&'static str, String)>,
    answers: Vec<FieldProblem>,
}

impl Wrong {
    fn add(&mut self, id: &'static str, text: impl Into<String>) {
        self.own.push((id, text.into()));
    }

    fn is_nothing(&self) -> bool {
        self.own.is_empty() && self.answers.is_empty()
    }

    fn of(&self, id: &str) -> Option<&str> {
        let found = self.own.iter().find(|(known, _)| *known == id);
        found.map(|(_, text)| text.as_str())
    }
}

impl<'a> Note<'a> {
    /// Reads the subject of a link: `note/<case>/<task>`, or that of a button of an older email.
    pub fn read(app: &'a App, claims: &'a Claims, token: &'a str, locale: Locale) -> Option<Self> {
        let mut parts = claims.subject.split('/');
        let code = parts.next()?;
        let meant = Outcome::from_code(code);
        if meant.is_none() && code != NOTE {
            return None;
        }
        let about = About {
            round: parts.next()?.parse().ok()?,
            serial: parts.next()?.parse().ok()?,
        };
        Some(Self {
            app,
            claims,
            token,
            locale,
            meant,
            about,
        })
    }

    /// The page with its form.
    pub async fn show(&self) -> Result<Response<Body>, StoreError> {
        self.page(&RawPost::new(Vec::new()), &Wrong::default()).await
    }

    async fn page(&self, typed: &RawPost, wrong: &Wrong) -> Result<Response<Body>, StoreError> {
        let locale = self.locale;
        let lead = self.app.store.load(&self.claims.lead).await?;
        let Some(lead) = lead.filter(|lead| lead.workspace == self.claims.workspace) else {
            return Ok(gone(locale));
        };
        let catalog = self.app.catalog().await?;
        let Some(known) = Known::of(&lead, self.about, &catalog) else {
            let text = texts::logged_before(locale, &what_follows(&lead, &catalog, locale));
            let title = texts::nothing_to_log(locale);
            return Ok(pages::message(StatusCode::OK, locale, title, text.trim()));
        };
        let brief = Brief::of(&lead, None, known.campaign, locale, self.app.now());
        let who = best_name(&brief).unwrap_or_else(|| texts::nameless(locale).to_owned());
        let body = html! {
            div.card {
                h1 { (who) }
                (facts(&known, &brief, locale))
            }
            form.card method="post" action={ "/sales?t=" (self.token) "&lang=" (locale.code()) } {
                h2 { (texts::what_came_of_it(locale)) }
                @if !wrong.is_nothing() {
                    div.errors role="alert" {
                        ul {
                            @for (id, text) in &wrong.own { li { a href={ "#" (id) } { (text) } } }
                            @for problem in &wrong.answers { li { a href={ "#f-" (problem.field) } { (problem.kind.message(locale)) } } }
                        }
                    }
                }
                (self.choices(&known, typed, wrong))
                div.field {
                    label for="note" { (texts::note(locale)) span.optional { (texts::optional(locale)) } }
                    textarea id="note" name="_note" maxlength=(NOTE_CHARS_MAX) { (typed.get("_note").unwrap_or_default()) }
                }
                @let open = known.questions();
                @if !open.is_empty() {
                    fieldset {
                        legend { (texts::checklist(locale)) }
                        p.hint { (texts::checklist_hint(locale)) }
                        @for field in open {
                            @let stored = lead.words.answer(&field.name).unwrap_or_default();
                            @let shown = questions::to_edit(field, stored);
                            (questions::question(field, typed.get(&field.name).unwrap_or(&shown), &wrong.answers, locale))
                        }
                    }
                }
                button type="submit" { (texts::log(locale)) }
            }
        };
        let status = match wrong.is_nothing() {
            true => StatusCode::OK,
            false => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Ok(Page::new(locale, texts::what_came_of_it(locale), body).answer(status))
    }

    /// The outcomes, each with what it takes.
    fn choices(&self, known: &Known<'_>, typed: &RawPost, wrong: &Wrong) -> Markup {
        let locale = self.locale;
        let chosen = typed.get("_outcome").and_then(Outcome::from_code).or(self.meant);
        let value = |name: &str| typed.get(name).unwrap_or_default().to_owned();
        html! {
            fieldset id="outcome" {
                legend.gone { (texts::outcome(locale)) }
                @for (code, outcome) in known.outcomes(self.about) {
                    div.choice {
                        div.check {
                            input type="radio" id={ "o-" (code) } name="_outcome" value=(code) required checked[chosen == Some(outcome)]
                                aria-describedby={ "h-" (code) };
                            label for={ "o-" (code) } { strong { (texts::outcome_of(locale, outcome)) } }
                        }
                        div.more {
                            p.hint id={ "h-" (code) } { (texts::what_it_does(locale, outcome)) }
                            @match outcome {
                                Outcome::Snooze => div.bar {
                                    (labelled("day", texts::day(locale), wrong, html! { input type="date" id="day" name="_day" value=(value("_day")); }))
                                    (labelled("time", texts::hour(locale), wrong, html! { input type="time" id="time" name="_time" value=(value("_time")); }))
                                },
                                Outcome::Reject => (labelled("reason", common::reason(locale), wrong, html! {
                                    select id="reason" name="_reason" {
                                        option value="" { (texts::choose(locale)) }
                                        @for (code, text) in REASONS { option value=(code) selected[value("_reason") == code] { (text(locale)) } }
                                    }
                                })),
                                Outcome::HandOver => (labelled("owner", texts::colleague(locale), wrong, html! {
                                    select id="owner" name="_owner" {
                                        option value="" { (texts::choose(locale)) }
                                        @for owner in known.sales.owners.iter().filter(|owner| owner.id != known.case.owner) {
                                            option value=(owner.id) selected[value("_owner") == owner.id] { (owner.name) }
                                        }
                                    }
                                })),
                                Outcome::Reached | Outcome::NoAnswer | Outcome::Accept => {}
                            }
                        }
                    }
                }
            }
        }
    }

    /// Notes what was sent.
    pub async fn take(&self, visit: &Visit) -> Result<Response<Body>, StoreError> {
        let locale = self.locale;
        let post = visit.post().await.unwrap_or_else(|_| RawPost::new(Vec::new()));
        let lead = self.app.store.load(&self.claims.lead).await?;
        let Some(lead) = lead.filter(|lead| lead.workspace == self.claims.workspace) else {
            return Ok(gone(locale));
        };
        let catalog = self.app.catalog().await?;
        let known = Known::of(&lead, self.about, &catalog);
        let call = match self.read_call(&post, known.as_ref()) {
            Ok(call) => call,
            Err(wrong) => return self.page(&post, &wrong).await,
        };
        let code = code_of(&call.outcome);
        let by = By {
            mover: Mover::Sales,
            name: None,
        };
        let called = input::Called(call, by, Some(self.about));
        let applied = self.app.apply(&self.claims.lead, Start::Known, called).await?;
        let Some(lead) = applied.lead else {
            return Ok(gone(locale));
        };
        telemetry::log("sales_noted", &[("lead", (&lead.id).into()), ("code", code.into())]);
        let next = what_follows(&lead, &catalog, locale);
        let (status, title, text) = match applied.answer {
            Some(Noted::Done) => (StatusCode::OK, texts::logged(locale), next),
            Some(Noted::NoMoreSnoozes) => {
                let advice = texts::snooze_limit_advice(locale).to_owned();
                (StatusCode::CONFLICT, texts::snooze_limit(locale), advice)
            }
            _ => {
                let text = texts::logged_before(locale, &next);
                (StatusCode::CONFLICT, texts::nothing_to_log(locale), text)
            }
        };
        Ok(pages::message(status, locale, title, text.trim()))
    }

    fn read_call(&self, post: &RawPost, known: Option<&Known<'_>>) -> Result<Call, Wrong> {
        let locale = self.locale;
        let mut wrong = Wrong::default();
        let text = |name: &str| post.get(name).unwrap_or_default();
        let note = clean_text(text("_note"));
        if note.chars().count() > NOTE_CHARS_MAX {
            wrong.add("note", texts::note_too_long(locale));
        }
        let mut note = Some(Personal::new(note)).filter(|note| !note.expose().is_empty());
        let chosen = post.get("_outcome").map_or(self.meant, Outcome::from_code);
        let outcome = match chosen {
            None => {
                wrong.add("outcome", texts::choose_outcome(locale));
                None
            }
            Some(Outcome::Reached) => Some(CallOutcome::Reached),
            Some(Outcome::NoAnswer) => Some(CallOutcome::NoAnswer),
            Some(Outcome::Accept) => Some(CallOutcome::Accept),
            Some(Outcome::Snooze) => match until(text("_day"), text("_time"), known, self.app.now()) {
                Ok(until) => Some(CallOutcome::Snooze(until)),
                Err(()) => {
                    wrong.add("day", texts::bad_moment(locale));
                    None
                }
            },
            Some(Outcome::Reject) => match reason(text("_reason"), &mut note) {
                Some(reason) => Some(CallOutcome::NotAFit(reason)),
                None => {
                    wrong.add("reason", texts::choose_reason(locale));
                    None
                }
            },
            Some(Outcome::HandOver) => {
                let owner = text("_owner");
                match known.and_then(|known| known.sales.owner(owner)) {
                    Some(owner) => Some(CallOutcome::HandOver(owner.id.clone())),
                    None if known.is_none() => Some(CallOutcome::HandOver(String::new())), // it is over, and says so
                    None => {
                        wrong.add("owner", texts::choose_colleague(locale));
                        None
                    }
                }
            }
        };
        let mut said = Corrected::default();
        if let Some(known) = known {
            let changed = known.questions().into_iter().filter(|field| {
                let stored = known.lead.words.answer(&field.name).unwrap_or_default();
                post.get(&field.name)
                    .is_some_and(|given| given != questions::to_edit(field, stored))
            });
            match read_answers(changed, post, known.campaign.country()) {
                Ok(read) => said = read,
                Err(problems) => wrong.answers = problems,
            }
        }
        match outcome {
            Some(outcome) if wrong.is_nothing() => Ok(Call {
                outcome,
                note: with_beside(note, &said.beside),
                answers: said.answers,
            }),
            _ => Err(wrong),
        }
    }
}

/// The outcome's name in the log.
fn code_of(outcome: &CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Reached => "reached",
        CallOutcome::NoAnswer => "no_answer",
        CallOutcome::Snooze(_) => "snooze",
        CallOutcome::Accept => "accept",
        CallOutcome::NotAFit(_) => "reject",
        CallOutcome::HandOver(_) => "hand_over",
    }
}

/// Until when, on the owner's clock: a day alone means nine o’clock, an hour alone today. `None` leaves it to the campaign's file.
fn until(day: &str, time: &str, known: Option<&Known<'_>>, now: Timestamp) -> Result<Option<Timestamp>, ()> {
    let (day, time) = (day.trim(), time.trim());
    if day.is_empty() && time.is_empty() {
        return Ok(None);
    }
    let Some(known) = known else { return Ok(None) };
    let date = match day {
        "" => known.zone.to_datetime(now).date(),
        day => day.parse::<Date>().map_err(|_| ())?,
    };
    let time = match time {
        "" => Time::constant(9, 0, 0, 0),
        time => time.parse::<Time>().map_err(|_| ())?,
    };
    let at = date
        .to_datetime(time)
        .to_zoned(known.zone.clone())
        .map_err(|_| ())?
        .timestamp();
    match at > now && at <= now + PUT_OFF_MAX {
        true => Ok(Some(at)),
        false => Err(()),
    }
}

/// Why a lead is disqualified: its code, and what was written where that is short; a longer note stays beside it.
fn reason(code: &str, note: &mut Option<Personal>) -> Option<String> {
    let (code, _) = REASONS.iter().find(|(known, _)| *known == code)?;
    let written = note.as_ref().map(|note| clean_line(note.expose()));
    Some(match written {
        None => (*code).to_owned(),
        Some(written) => {
            let cut: String = written.chars().take(REASON_CHARS_MAX as usize - 40).collect();
            note.take_if(|note| note.expose() == cut);
            format!("{code}: {cut}")
        }
    })
}

fn labelled(id: &'static str, label: &str, wrong: &Wrong, input: Markup) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            (input)
            @if let Some(problem) = wrong.of(id) { p.error { (problem) } }
        }
    }
}

/// Who it is, how to reach them, and what they want.
fn facts(known: &Known<'_>, brief: &Brief, locale: Locale) -> Markup {
    let until = known
        .case
        .task
        .map(|task| moment_nearby(task.until, &known.zone, locale));
    let company = brief.company.expose();
    html! {
        @if !company.is_empty() && !brief.name.expose().is_empty() { p { (company) } }
        p {
            @if let Some(until) = until { strong { (texts::due_by_strong(locale, &until)) } " · " }
            (brief.grade)
            @if let Some(owner) = known.owner { " · " (owner.name) }
        }
        p.acts {
            @if let Some((shown, phone)) = &brief.phone { a.button href={ "tel:" (phone.expose()) } { (texts::call_number(locale, shown.expose())) } }
            @if let Some(email) = &brief.email { a.button.plain href={ "mailto:" (email.expose()) } { (email.expose()) } }
        }
        dl {
            @for (question, answer) in &brief.answers { dt { (question) } dd.typed { (answer.expose()) } }
        }
        p.links { a href={ "/console/leads/" (known.lead.id) } { (texts::open_lead(locale)) } }
    }
}

/// Where the lead is now, and what comes next.
fn what_follows(lead: &Lead, catalog: &Catalog, locale: Locale) -> String {
    let Some(case) = lead.open_case().or(lead.cases.last()) else {
        return String::new();
    };
    match (case.task, case.closed.map(|closed| closed.how), lead.stage) {
        (Some(task), ..) => {
            let campaign = catalog.get(case.campaign(lead));
            let owner = campaign.and_then(|campaign| Some((campaign, campaign.sales.as_ref()?.owner(&case.owner)?)));
            let zone = owner.map_or(TimeZone::UTC, |(campaign, owner)| owner.hours(campaign).zone);
            let at = moment_nearby(task.from, &zone, locale);
            match case.reached() {
                true => texts::decide_next(locale, &at),
                false => texts::next_task_at(locale, &at),
            }
        }
        (_, Some(Closing::UsedUp), _) => texts::used_up(locale).to_owned(),
        (_, Some(Closing::Rejected), _) => texts::is_rejected(locale).to_owned(),
        (.., Stage::Sql) => texts::is_sql(locale).to_owned(),
        _ => texts::nothing_left(locale).to_owned(),
    }
}
