//! What sales notes about a lead: by a signed button of a mail under `/sales`, or by the API with an session key.
//!
//! GET and HEAD show a page with one button; mail gateways open every link. The button posts, and the post acts.

use jiff::Timestamp;
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::app::Start;
use piste_adapters::http::{Problem, Visit};
use piste_adapters::mail::alert::Button;
use piste_adapters::pages::{self, Page};
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_adapters::token::{Claims, Purpose, Refused};
use piste_adapters::{App, telemetry};
use piste_domain::campaign::sales::Tier;
use piste_domain::input::{About, Noted, SalesAction};
use piste_domain::kit::format::moment_nearby;
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_domain::kit::personal::Personal;
use piste_domain::kit::text::clean_line;
use piste_domain::lead::case::{Cause, Closing};
use piste_domain::lead::stage::{Mover, Stage};
use piste_domain::rules::criteria;
use piste_domain::{Catalog, Lead, Locale, input};
use serde::Serialize;

use crate::Session;

/// Why a lead is turned down: the code is kept, for the rules to be held against later.
const REASONS: [(&str, &str, &str); 7] = [
    ("budget", "Budget insuffisant", "Not enough budget"),
    ("need", "Pas de besoin réel", "No real need"),
    ("timing", "Trop tôt", "Too early"),
    ("no_fit", "Hors de notre offre", "Not what we offer"),
    (
        "competitor",
        "Concurrent, étudiant ou curieux",
        "Competitor, student or curious",
    ),
    ("wrong_contact", "Coordonnées fausses", "Wrong contact details"),
    ("other", "Autre raison", "Another reason"),
];

/// `GET` and `POST /sales`.
pub async fn handle(app: &App, visit: &Visit) -> Response<Body> {
    let post = visit.method() == Method::POST;
    let locale = visit.locale();
    let token = visit.query("t").unwrap_or_default();
    let pressed = match app.verify(Purpose::Sales, &token).await {
        Ok(claims) => Pressed::read(claims),
        Err(refused) => return bad_link(refused, locale),
    };
    let Some(pressed) = pressed else {
        return bad_link(Refused::Invalid, locale);
    };
    let answer = if post {
        pressed.act(app, visit, &token, locale).await
    } else {
        pressed.page(app, &token, locale, None).await
    };
    answer.unwrap_or_else(|error| {
        telemetry::log("sales_failed", &[("error", (&error).into())]);
        pages::problem(&Problem::store(&error, locale), locale)
    })
}

/// A button of a mail.
struct Pressed {
    claims: Claims,
    button: Button,
    about: About,
}

impl Pressed {
    fn read(claims: Claims) -> Option<Self> {
        let mut parts = claims.subject.split('/');
        let code = parts.next()?;
        let button = Button::ALL.into_iter().find(|button| button.code() == code)?;
        let about = About {
            round: parts.next()?.parse().ok()?,
            serial: parts.next()?.parse().ok()?,
        };
        Some(Self { claims, button, about })
    }

    /// The page with the one button; with `problem` after a reason that does not hold.
    async fn page(
        &self,
        app: &App,
        token: &str,
        locale: Locale,
        problem: Option<&str>,
    ) -> Result<Response<Body>, StoreError> {
        let Some(lead) = app.store.load(&self.claims.lead).await? else {
            return Ok(gone(locale));
        };
        let title = self.button.words(locale);
        let body = html! {
            div.card {
                h1 { (title) }
                p { strong { (who(&lead, locale)) } }
                p { (what_it_does(self.button, locale)) }
                @if let Some(problem) = problem { div.errors role="alert" { (problem) } }
                form method="post" action={ "/sales?t=" (token) "&lang=" (locale.code()) } {
                    @if self.button == Button::Reject { (reason_fields(locale)) }
                    button type="submit" { (title) }
                }
            }
        };
        let status = if problem.is_some() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        Ok(Page::new(locale, title, body).answer(status))
    }

    async fn act(&self, app: &App, visit: &Visit, token: &str, locale: Locale) -> Result<Response<Body>, StoreError> {
        let action = match self.button {
            Button::Accept => SalesAction::Accept,
            Button::Reached => SalesAction::Reached,
            Button::NoAnswer => SalesAction::NoAnswer,
            Button::Snooze => SalesAction::Snooze,
            Button::Reject => match reason(visit).await {
                Some(reason) => SalesAction::Reject(reason),
                None => {
                    let problem = locale.pick("Choisissez une raison.", "Choose a reason.");
                    return self.page(app, token, locale, Some(problem)).await;
                }
            },
        };
        let input = input::Sales(action, Mover::Sales, Some(self.about));
        let applied = app.apply(&self.claims.lead, Start::Known, input).await?;
        let Some(lead) = applied.lead else {
            return Ok(gone(locale));
        };
        telemetry::log(
            "sales_noted",
            &[("lead", (&lead.id).into()), ("code", self.button.code().into())],
        );
        let catalog = app.catalog().await?;
        let (status, title, text) = match applied.answer {
            Some(Noted::Done) => (
                StatusCode::OK,
                locale.pick("C’est noté", "Noted"),
                what_follows(&lead, &catalog, locale),
            ),
            Some(Noted::NoMoreSnoozes) => (
                StatusCode::CONFLICT,
                locale.pick("Plus de report possible", "No more putting off"),
                locale
                    .pick(
                        "Ce lead a déjà été remis à plus tard autant de fois que permis. Appelez-le, ou écartez-le.",
                        "This lead was put off as often as it may be. Call it, or turn it down.",
                    )
                    .to_owned(),
            ),
            _ => (
                StatusCode::CONFLICT,
                locale.pick("Rien à noter", "Nothing to note"),
                format!(
                    "{} {}",
                    locale.pick(
                        "Cette étape a déjà été notée, ou le lead a changé de mains depuis cet e-mail.",
                        "This step was noted before, or the lead has moved on since that mail.",
                    ),
                    what_follows(&lead, &catalog, locale)
                ),
            ),
        };
        Ok(pages::message(status, locale, title, text.trim()))
    }
}

/// Why a lead is turned down, from the form of the page.
async fn reason(visit: &Visit) -> Option<String> {
    let post = visit.post().await.ok()?;
    let code = post.get("reason")?;
    let (code, ..) = REASONS.iter().find(|(known, ..)| *known == code)?;
    let detail = clean_line(post.get("detail").unwrap_or_default());
    let detail: String = detail.chars().take(REASON_CHARS_MAX as usize - 40).collect();
    Some(match detail.trim() {
        "" => (*code).to_owned(),
        detail => format!("{code}: {detail}"),
    })
}

fn reason_fields(locale: Locale) -> Markup {
    html! {
        div.field {
            label for="reason" { (locale.pick("Raison", "Reason")) }
            select id="reason" name="reason" required {
                option value="" { (locale.pick("Choisir", "Choose")) }
                @for (code, fr, en) in REASONS { option value=(code) { (locale.pick(fr, en)) } }
            }
        }
        div.field {
            label for="detail" { (locale.pick("Précision (facultative)", "Detail (optional)")) }
            input type="text" id="detail" name="detail" maxlength="200";
        }
    }
}

fn who(lead: &Lead, locale: Locale) -> String {
    let company = lead.answers.get("company").map_or("", Personal::expose);
    let parts = [lead.full_name(), company.to_owned()];
    let known: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    match known.is_empty() {
        true => locale.pick("Lead sans nom", "Lead without a name").to_owned(),
        false => known.join(" · "),
    }
}

fn what_it_does(button: Button, locale: Locale) -> &'static str {
    match button {
        Button::Accept => locale.pick(
            "Vous prenez ce lead en vente\u{a0}: il devient un SQL et les e-mails de conseils s’arrêtent.",
            "You take this lead on: it becomes an SQL, and the mails of advice stop.",
        ),
        Button::Reject => locale.pick(
            "Le lead est écarté et la raison conservée\u{a0}: elle sert à améliorer le score.",
            "The lead is turned down and the reason kept: it helps to improve the score.",
        ),
        Button::Reached => locale.pick(
            "Vous avez parlé à la personne\u{a0}: les rappels s’arrêtent, il restera à accepter ou à écarter le lead.",
            "You spoke with the person: the reminders stop; what is left is to accept or turn down the lead.",
        ),
        Button::NoAnswer => locale.pick(
            "La tentative est comptée et la suivante planifiée. Après la dernière, le lead retourne aux conseils par e-mail.",
            "The attempt is counted and the next one planned. After the last one the lead goes back to the mails of advice.",
        ),
        Button::Snooze => locale.pick(
            "La tâche est remise au prochain jour ouvré.",
            "The task is put off to the next working day.",
        ),
    }
}

/// Where the lead stands now, and what comes next.
fn what_follows(lead: &Lead, catalog: &Catalog, locale: Locale) -> String {
    let pick = |fr: &str, en: &str| locale.pick(fr, en).to_owned();
    let Some(case) = lead.cases.last() else {
        return String::new();
    };
    match (case.task, case.closed.map(|closed| closed.how), lead.stage) {
        (Some(task), ..) => {
            let campaign = catalog.get(&lead.campaign);
            let owner = campaign.and_then(|campaign| Some((campaign, campaign.sales.as_ref()?.owner(&case.owner)?)));
            let zone = owner.map_or(jiff::tz::TimeZone::UTC, |(campaign, owner)| owner.hours(campaign).zone);
            let at = moment_nearby(task.from, &zone, locale);
            match (case.reached(), locale) {
                (true, Locale::Fr) => format!(
                    "Il reste à accepter ou à écarter ce lead\u{a0}: les boutons de l’alerte servent toujours. Sans décision, un rappel part {at}."
                ),
                (true, Locale::En) => format!(
                    "What is left is to accept or turn down this lead: the buttons of the alert still work. Without a decision a reminder leaves on {at}."
                ),
                (false, Locale::Fr) => format!("Prochaine tâche\u{a0}: {at}."),
                (false, Locale::En) => format!("Next task: {at}."),
            }
        }
        (_, Some(Closing::UsedUp), _) => pick(
            "Toutes les tentatives sont faites\u{a0}: le lead retourne aux conseils par e-mail, si son accord le permet.",
            "All attempts are made: the lead goes back to the mails of advice, if its consent allows.",
        ),
        (_, Some(Closing::Rejected), _) => pick("Le lead est écarté.", "The lead is turned down."),
        (.., Stage::Sql) => pick("Le lead est un SQL.", "The lead is an SQL."),
        _ => pick(
            "Il n’y a plus rien à faire pour ce lead.",
            "There is nothing left to do about this lead.",
        ),
    }
}

fn gone(locale: Locale) -> Response<Body> {
    pages::message(
        StatusCode::GONE,
        locale,
        locale.pick("Ce lead n’existe plus", "This lead is gone"),
        locale.pick("Ses données ont été effacées.", "Its data were erased."),
    )
}

fn bad_link(refused: Refused, locale: Locale) -> Response<Body> {
    match refused {
        Refused::Expired => pages::message(
            StatusCode::GONE,
            locale,
            locale.pick("Ce lien n’est plus valable", "This link has expired"),
            locale.pick(
                "Ouvrez le lead dans la console pour noter ce qui s’est passé.",
                "Open the lead in the console to note what happened.",
            ),
        ),
        Refused::Unread => {
            let unread = StoreError::new("keys", StoreErrorKind::NoAnswer);
            pages::problem(&Problem::store(&unread, locale), locale)
        }
        Refused::Invalid | Refused::UnknownKey => pages::message(
            StatusCode::BAD_REQUEST,
            locale,
            locale.pick("Ce lien est incomplet", "This link is incomplete"),
            locale.pick(
                "Ouvrez-le à nouveau depuis l’e-mail, en entier.",
                "Open it again from the mail, the whole of it.",
            ),
        ),
    }
}

/// The follow-up of a lead: its latest case.
#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct SalesView {
    pub owner: OwnerView,
    pub round: u32,
    pub cause: Cause,
    pub tier: Tier,
    pub opened_at: Timestamp,
    /// Until when the first response is due.
    pub deadline: Timestamp,
    /// When it came.
    pub answered_at: Option<Timestamp>,
    pub overdue: bool,
    pub attempts: Vec<AttemptView>,
    /// How many attempts are planned in all.
    pub attempts_planned: usize,
    /// What is to be done next; `null` when nothing is.
    pub task: Option<TaskView>,
    pub closed: Option<ClosedView>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct OwnerView {
    pub id: String,
    pub name: String,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct AttemptView {
    pub at: Timestamp,
    #[cfg_attr(feature = "describe", schemars(extend("enum" = ["reached", "no_answer"])))]
    pub outcome: &'static str,
    pub by: Mover,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct TaskView {
    /// `call`, or `decide` once the person was reached.
    #[cfg_attr(feature = "describe", schemars(extend("enum" = ["call", "decide"])))]
    pub kind: &'static str,
    pub from: Timestamp,
    pub until: Timestamp,
    pub escalated: bool,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ClosedView {
    pub at: Timestamp,
    pub how: Closing,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct CheckView {
    pub what: String,
    pub met: bool,
}

/// The follow-up of a lead as programs read it.
pub fn view(session: &Session<'_>, lead: &Lead) -> Option<SalesView> {
    let case = lead.cases.last()?;
    let sales = session
        .catalog
        .get(&lead.campaign)
        .and_then(|campaign| campaign.sales.as_ref());
    let owner = sales.and_then(|sales| sales.owner(&case.owner));
    Some(SalesView {
        owner: OwnerView {
            id: case.owner.clone(),
            name: owner.map_or_else(|| case.owner.clone(), |owner| owner.name.clone()),
        },
        round: case.round,
        cause: case.cause,
        tier: case.tier,
        opened_at: case.opened_at,
        deadline: case.deadline,
        answered_at: case.answered.map(|answered| answered.at),
        overdue: case.is_overdue(session.now),
        attempts: case
            .attempts
            .iter()
            .map(|attempt| AttemptView {
                at: attempt.at,
                outcome: if attempt.reached { "reached" } else { "no_answer" },
                by: attempt.by,
            })
            .collect(),
        attempts_planned: sales.map_or(0, |sales| sales.attempts.len()),
        task: case.task.map(|task| TaskView {
            kind: if case.reached() { "decide" } else { "call" },
            from: task.from,
            until: task.until,
            escalated: task.escalated,
        }),
        closed: case.closed.map(|closed| ClosedView {
            at: closed.at,
            how: closed.how,
        }),
    })
}

/// What makes an SQL, as programs read it.
pub fn checklist(session: &Session<'_>, lead: &Lead) -> Vec<CheckView> {
    let sales = session
        .catalog
        .get(&lead.campaign)
        .and_then(|campaign| campaign.sales.as_ref());
    let lines = sales.into_iter().flat_map(|sales| criteria::checklist(sales, lead));
    lines
        .map(|(criterion, met)| CheckView {
            what: criterion.what.get(session.locale).to_owned(),
            met,
        })
        .collect()
}

/// The card of a lead's page: who is in charge, by when, what was tried, what makes an SQL, and what happened since.
pub fn card(
    session: &Session<'_>,
    lead: &Lead,
    view: Option<&SalesView>,
    checklist: &[CheckView],
    zone: &jiff::tz::TimeZone,
) -> Markup {
    let pick = |fr, en| session.locale.pick(fr, en);
    let moment = |at| moment_nearby(at, zone, session.locale);
    html! {
        @if let Some(view) = view {
            div.card {
                h2 { (pick("Suivi commercial", "Follow-up")) @if view.overdue { " " span.pill { (pick("en retard", "overdue")) } } }
                dl {
                    dt { (pick("Responsable", "In charge")) } dd { (view.owner.name) }
                    dt { (pick("Confié", "Handed over")) } dd { (moment(view.opened_at)) " · " (cause_name(view.cause, session.locale)) }
                    dt { (pick("Première réponse", "First response")) }
                    dd {
                        @match view.answered_at {
                            Some(at) => { (moment(at)) }
                            None => { (pick("attendue avant\u{a0}: ", "due by: ")) (moment(view.deadline)) }
                        }
                    }
                    dt { (pick("Tentatives", "Attempts")) }
                    dd {
                        (view.attempts.len()) (pick(" sur ", " of ")) (view.attempts_planned)
                        @for attempt in &view.attempts {
                            br; (moment(attempt.at)) " · "
                            @if attempt.outcome == "reached" { (pick("joint", "reached")) } @else { (pick("pas de réponse", "no answer")) }
                        }
                    }
                    @if let Some(task) = &view.task {
                        dt { (pick("Prochaine tâche", "Next task")) }
                        dd {
                            @if task.kind == "decide" { (pick("Accepter ou écarter", "Accept or turn down")) } @else { (pick("Appeler", "Call")) }
                            " · " (moment(task.from)) @if task.escalated { " · " (pick("transmis", "passed on")) }
                        }
                    }
                    @if let Some(closed) = &view.closed {
                        dt { (pick("Terminé", "Closed")) } dd { (moment(closed.at)) " · " (closing_name(closed.how, session.locale)) }
                    }
                }
                @if view.task.as_ref().is_some_and(|task| task.kind == "call") { (attempt_form(lead, session.locale)) }
            }
        }
        @if !checklist.is_empty() {
            div.card {
                h2 { (pick("À vérifier pour un SQL", "To check for an SQL")) }
                ul.plain {
                    @for line in checklist {
                        li { @if line.met { "✓ " } @else { "✗ " } (line.what) " " span.soft.small { @if line.met { (pick("d’après ses réponses", "by their answers")) } @else { (pick("à demander", "to be asked")) } } }
                    }
                }
            }
        }
    }
}

fn attempt_form(lead: &Lead, locale: Locale) -> Markup {
    let outcomes = [
        ("no_answer", locale.pick("Pas de réponse", "No answer")),
        ("reached", locale.pick("Personne jointe", "Person reached")),
        ("snooze", locale.pick("Plus tard", "Later")),
        ("not_a_fit", locale.pick("Ne convient pas", "Not a fit")),
    ];
    html! {
        form method="post" action={ "/console/leads/" (lead.id) "/attempts" } {
            div.field {
                label for="outcome" { (locale.pick("Noter un appel", "Note a call")) }
                select id="outcome" name="outcome" { @for (code, words) in outcomes { option value=(code) { (words) } } }
            }
            div.field {
                label for="attempt-reason" { (locale.pick("Raison, si le lead ne convient pas", "Reason, if the lead is not a fit")) }
                input type="text" id="attempt-reason" name="reason" maxlength=(REASON_CHARS_MAX);
            }
            button type="submit" { (locale.pick("Noter", "Note")) }
        }
    }
}

fn cause_name(cause: Cause, locale: Locale) -> &'static str {
    match cause {
        Cause::Mql => locale.pick("devenu MQL", "became an MQL"),
        Cause::Returned => locale.pick("de retour", "came back"),
    }
}

fn closing_name(how: Closing, locale: Locale) -> &'static str {
    match how {
        Closing::Accepted => locale.pick("accepté", "accepted"),
        Closing::Rejected => locale.pick("écarté", "turned down"),
        Closing::UsedUp => locale.pick("tentatives épuisées", "attempts used up"),
        Closing::Moved => locale.pick("sans suite, le lead a changé d’étape", "the lead moved on"),
    }
}
