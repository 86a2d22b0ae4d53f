//! One lead with its answers, its score, its timeline and its plan, and what an operator may do about it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::charts::{self, Lane, Mark, Words};
use piste_adapters::http;
use piste_adapters::table::{table, words};
use piste_adapters::users::Role;
use piste_domain::campaign::field::{Field, FieldType};
use piste_domain::kit::format;
use piste_domain::kit::limits::{NOTE_CHARS_MAX, REASON_CHARS_MAX};
use piste_domain::kit::phone::Phone;
use piste_domain::kit::post::RawPost;
use piste_domain::lead::stage::Stage;
use piste_domain::rules::scoring::Axis;
use piste_domain::views::timeline::stage_name;
use piste_domain::{Campaign, CampaignId, Lead, Locale};
use piste_operations::qualify::{self, Attempt, Move};
use piste_operations::{OperationError, rights};
use serde_json::Value;

use crate::api::{Answers as _, Attachment};
use crate::pages::layout::zone_of;
use crate::pages::list::names;
use crate::pages::{Opened, destinations};
use crate::texts::{self as all_texts, common, lead as texts};
use crate::{ConsoleError, Session, views};

/// `GET /console/leads/{id}`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let lead = opened.session.lead(opened.id).await?;
    let lead = opened.session.app.whole(&lead).await?;
    lead_page(opened, &lead, StatusCode::OK, None).await
}

/// A form that was refused: why, and what was typed, so that it comes back as it was sent.
struct Refused<'a> {
    /// The last part of the path that it was sent to.
    form: &'static str,
    post: &'a RawPost,
    why: &'a str,
}

impl Refused<'_> {
    /// What was typed into a field of a form, if it is that one.
    fn typed(refused: Option<&Self>, form: &str, name: &str) -> Option<String> {
        let refused = refused.filter(|refused| refused.form == form)?;
        refused.post.get(name).map(str::to_owned)
    }
}

/// In the order of the work: what was asked and how to reach the person, what is to be done, what was noted; then why the
/// lead is where it is, and what happened.
async fn lead_page(
    opened: &Opened<'_>,
    lead: &Lead,
    status: StatusCode,
    refused: Option<&Refused<'_>>,
) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let locale = session.locale;
    let works = session.may(Role::Sales);
    let view = views::lead(session, lead);
    let plan = views::plan(session, lead).await?;
    let mut to_come: Vec<_> = plan.plan.iter().chain(&plan.left_out).collect();
    to_come.sort_by_key(|mail| mail.at);
    let zone = zone_of(session, lead);
    let campaign = session.catalog.get(&view.summary.campaign);
    let (title, beside) = names(&view.summary, campaign);
    let title = title.as_str();
    let typed = |form: &str, name: &str| Refused::typed(refused, form, name);
    let body = html! {
        p { a href="/console/leads" { (texts::all_leads(locale)) } }
        h1 { span.typed { (title) } " " span.pill { (stage_name(lead.stage, locale)) } " " span.pill { (view.summary.grade) } }
        @if let Some(beside) = beside { p.soft.typed { (beside) } }
        @if let Some(refused) = refused { div.errors role="alert" tabindex="-1" autofocus { (refused.why) } }
        (asked(session, lead, &view, &zone))
        (crate::sales::card(session, lead, view.case.as_ref(), &view.checklist, &zone, &|name| typed("attempts", name)))
        div.card {
            h2 { (texts::notes(locale)) }
            @for note in view.notes.iter().rev() {
                p { span.soft.small { (format::moment(note.at, &zone, locale)) " · " (note.by) @if let Some(reached) = note.reached { " · " (call_outcome(reached, locale)) } } br; span.typed { (note.text.expose()) } }
            }
            @if works {
                form method="post" action={ "/console/leads/" (lead.id) "/notes" } {
                    div.field {
                        label for="text" { (texts::new_note(locale)) }
                        textarea id="text" name="text" rows="3" required maxlength=(NOTE_CHARS_MAX) { (typed("notes", "text").unwrap_or_default()) }
                    }
                    button type="submit" { (texts::add_note(locale)) }
                }
            }
        }
        @if works { (changes(session, lead, &typed)) }
        @if view.standings.len() > 1 {
            div.card {
                h2 { (texts::standings(locale)) }
                (table(texts::standings(locale), &[words(common::campaign(locale)), words(texts::grade(locale)), words(texts::first_enquiry(locale)), words(texts::last_enquiry(locale))], view.standings.iter().map(|standing| vec![
                    html! { (campaign_name(session, &standing.campaign)) },
                    html! { (standing.grade) },
                    html! { span.moment { (format::moment(standing.since, &zone, locale)) } },
                    html! { span.moment { (format::moment(standing.last, &zone, locale)) } },
                ])))
            }
        }
        div.card {
            h2 { "Score" " " (view.score.grade) }
            table {
                thead { tr { th.number { "Points" } th { (common::why(locale)) } } }
                tbody {
                    @for line in &view.score.lines {
                        tr {
                            td.number { (line.points) }
                            td.why { (line.why) br; span.soft.small { (line.axis_name) " · " (line.rule) " · " (format::moment(line.at, &zone, locale)) @if let Some(note) = &line.note { " · " (note) } } }
                        }
                    }
                    tr { td.number { strong { (view.score.fit) } } th scope="row" { (Axis::Fit.name(session.locale)) } }
                    tr { td.number { strong { (view.score.engagement) } } th scope="row" { (Axis::Engagement.name(session.locale)) } }
                }
            }
            p.soft.small { (texts::rules(locale, &view.score.version)) }
        }
        div.card {
            h2 { (texts::upcoming(locale)) }
            @if to_come.is_empty() {
                p { (texts::none(locale)) }
            } @else {
                (table(texts::upcoming(locale), &[words(texts::leaves(locale)), words(texts::step(locale)), words(common::why(locale))], to_come.iter().map(|mail| vec![
                    html! { span.moment { (format::moment(mail.at, &zone, locale)) } },
                    html! { (mail.step) },
                    html! { (mail.why) @if let Some(decided) = mail.decided(locale) { br; span.soft.small { (decided) } } },
                ])))
            }
        }
        div.card {
            h2 { (texts::consents(locale)) }
            @if view.consents.is_empty() {
                p { (texts::none_given(locale)) }
            } @else {
                (table(texts::consents(locale), &[words(texts::asked(locale)), words(texts::state(locale)), words(texts::since(locale)), words(texts::wording(locale))], view.consents.iter().map(|consent| vec![
                    html! { span.moment { (format::moment(consent.asked_at, &zone, locale)) } },
                    html! { (consent_state(consent.state, session.locale)) },
                    html! { span.moment { (format::moment(consent.at, &zone, locale)) } },
                    html! { (consent.text_version) " " span.soft.small title=(consent.text_hash) { (&consent.text_hash[..12.min(consent.text_hash.len())]) "…" } },
                ])))
            }
        }
        @if !view.deliveries.is_empty() {
            div.card id="deliveries" {
                h2 { (all_texts::destinations::deliveries(locale)) }
                (destinations::rows(session, &view.deliveries, &zone, None))
            }
        }
        div.card {
            h2 { (texts::timeline(locale)) }
            (drawn(session, &view, &plan, &zone))
            table { tbody { @for event in &view.timeline { tr { td { span.moment { (format::moment(event.at, &zone, locale)) } } td.why { (event.text) } } } } }
        }
        (enquiries(session, lead, &view, &zone))
        (rights_card(session, lead, &view, &zone, &typed))
        p.soft.small { (common::zone(locale, zone.iana_name().unwrap_or("UTC"))) " · " span.typed { (lead.id) } }
    };
    Ok(opened.frame(title, body).answer(status))
}

/// What the person wants, when they said it, and how to reach them.
fn asked(session: &Session<'_>, lead: &Lead, view: &views::LeadView, zone: &TimeZone) -> Markup {
    let locale = session.locale;
    let phone = view.summary.phone.as_deref().and_then(Phone::stored);
    let campaign = session.catalog.get(&view.summary.campaign);
    let country = campaign.map_or("", Campaign::country);
    html! {
        div.card {
            h2 {
                (campaign_name(session, &view.summary.campaign)) " · "
                (format::moment(view.summary.last_enquiry_at, zone, locale))
            }
            p.reach {
                @if let Some(phone) = &phone { a.button href={ "tel:" (phone.expose()) } { (texts::call_number(locale, &phone.shown(country))) } }
                @if let Some(email) = &view.summary.email { a.button.plain.typed href={ "mailto:" (email) } { (email) } }
            }
            dl {
                @for (name, answer) in &view.answers { dt { (label(session, lead, name)) } dd.typed { (in_words(session, lead, name, answer.expose())) } }
                @if let Some(source) = &view.summary.source { dt { (texts::source(locale)) } dd.typed { (source) } }
            }
        }
    }
}

/// What each post said, the newest first.
fn enquiries(session: &Session<'_>, lead: &Lead, view: &views::LeadView, zone: &TimeZone) -> Markup {
    let locale = session.locale;
    html! {
        div.card {
            h2 { (texts::enquiries(locale)) }
            @for enquiry in view.enquiries.iter().rev() {
                h3 {
                    (format::moment(enquiry.at, zone, locale)) " · " (campaign_name(session, &enquiry.campaign))
                    @if enquiry.confirmed { " " span.pill { (texts::confirmed_enquiry(locale)) } }
                }
                dl {
                    @for (name, answer) in &enquiry.answers { dt { (label(session, lead, name)) } dd.typed { (in_words(session, lead, name, answer.expose())) } }
                    @for (name, text) in &enquiry.other {
                        dt { (label(session, lead, name)) @if field(session, lead, name).is_none() { " " span.soft.small { (texts::undeclared(locale)) } } }
                        dd.typed {
                            (text.expose())
                            @if enquiry.unread.iter().any(|unread| &unread.field == name) { " " span.pill { (texts::unread(locale)) } }
                        }
                    }
                    @for (name, value) in &enquiry.touch {
                        dt { (touch_name(name, session.locale)) }
                        dd { (value) @if name == "page" && is_unlisted(session, &enquiry.campaign, value) { " " span.soft.small { (texts::unlisted(locale)) } } }
                    }
                }
            }
        }
    }
}

/// What can be changed: whose the lead is, its answers, its stage.
fn changes(session: &Session<'_>, lead: &Lead, typed: &dyn Fn(&str, &str) -> Option<String>) -> Markup {
    let locale = session.locale;
    let owners = qualify::owners(session, lead);
    let to = typed("stage", "to");
    let onward = lead.stage.onward();
    let chosen = |stage: Stage| match &to {
        Some(to) => to == stage.code(),
        None => onward == Some(stage),
    };
    let owner = typed("assign", "owner");
    let owner = owner.as_deref().or(lead.owner());
    html! {
        div.card {
            @if !owners.is_empty() {
                form method="post" action={ "/console/leads/" (lead.id) "/assign" } {
                    div.field {
                        label for="owner" { (texts::assign_to(locale)) }
                        select id="owner" name="owner" {
                            @for (id, name) in owners { option value=(id) selected[owner == Some(id)] { (name) } }
                        }
                    }
                    button.plain type="submit" { (texts::assign(locale)) }
                }
            }
            details open[typed("", "field").is_some()] {
                summary { (texts::correct(locale)) }
                (answer_form(session, lead, typed))
            }
            details open[to.is_some()] {
                summary { (texts::change_stage(locale)) }
                form method="post" action={ "/console/leads/" (lead.id) "/stage" } {
                    div.field {
                        label for="to" { (texts::new_stage(locale)) }
                        select id="to" name="to" {
                            @for stage in Stage::ALL.into_iter().filter(|stage| lead.stage.may_move_to(*stage) || lead.stage_before() == Some(*stage)) {
                                option value=(stage.code()) selected[chosen(stage)] { (stage_name(stage, session.locale)) }
                            }
                        }
                    }
                    div.field {
                        label for="reason" { (common::reason(locale)) }
                        input type="text" id="reason" name="reason" required maxlength=(REASON_CHARS_MAX) value=(typed("stage", "reason").unwrap_or_default());
                    }
                    div.field {
                        label for="amount" { (texts::amount(locale)) }
                        input type="number" id="amount" name="amount" min="0" step="0.01" value=(typed("stage", "amount").unwrap_or_default());
                    }
                    @if lead.stage_before().is_some() {
                        div.check {
                            input type="checkbox" id="correction" name="correction" value="true" checked[typed("stage", "correction").is_some()];
                            label for="correction" { (texts::correction(locale)) }
                        }
                    }
                    button type="submit" { (texts::save(locale)) }
                }
            }
        }
    }
}

/// What the person has a right to, and how long they are kept.
fn rights_card(
    session: &Session<'_>,
    lead: &Lead,
    view: &views::LeadView,
    zone: &TimeZone,
    typed: &dyn Fn(&str, &str) -> Option<String>,
) -> Markup {
    let locale = session.locale;
    html! {
        div.card {
            h2 { (texts::personal_data(locale)) }
            @if let Some(kept) = &view.kept {
                p { (texts::kept(locale, &format::moment(kept.until, zone, locale))) " · " span.typed { (kept.reason.expose()) } " · " (kept.by) }
            }
            p.links { a href={ "/console/leads/" (lead.id) "/export" } { (texts::export(locale)) } }
            @if session.may(Role::Write) {
                details open[typed("keep", "until").is_some()] {
                    summary { (texts::keep(locale)) }
                    form method="post" action={ "/console/leads/" (lead.id) "/keep" } {
                        div.field {
                            label for="keep-until" { (texts::keep_until(locale)) }
                            input type="date" id="keep-until" name="until" required value=(typed("keep", "until").unwrap_or_default());
                        }
                        div.field {
                            label for="keep-reason" { (common::reason(locale)) }
                            input type="text" id="keep-reason" name="reason" required maxlength=(REASON_CHARS_MAX) value=(typed("keep", "reason").unwrap_or_default());
                        }
                        button.plain type="submit" { (texts::save(locale)) }
                    }
                }
                form method="post" action="/console/leads/bulk" {
                    input type="hidden" name="lead" value=(lead.id);
                    button.plain.danger type="submit" name="do" value="erase" { (crate::texts::list::erase(locale)) }
                }
            }
        }
    }
}

/// The timeline as a picture, with the emails to come; the sentences below it are the same events in words.
fn drawn(session: &Session<'_>, view: &views::LeadView, plan: &views::PlanView, zone: &TimeZone) -> Markup {
    let locale = session.locale;
    let lanes = [
        (&["capture", "consent"][..], texts::forms_and_consent(locale)),
        (&["signal"][..], texts::signals(locale)),
        (&["send"][..], common::emails(locale)),
        (&["stage", "sales"][..], texts::stages_and_sales(locale)),
        (&["enrolment", "suppression"][..], texts::stops(locale)),
    ];
    let lanes: Vec<Lane> = lanes
        .into_iter()
        .map(|(kinds, name)| {
            let events = view.timeline.iter().filter(|event| kinds.contains(&event.kind));
            let past = events.map(|event| Mark {
                at: event.at,
                tip: format!("{} · {}", format::moment(event.at, zone, locale), event.text),
                planned: false,
                bad: event.kind == "suppression",
            });
            let mails = plan.plan.iter().filter(|_| kinds.contains(&"send"));
            let coming = mails.map(|mail| Mark {
                at: mail.at,
                tip: format!("{} · {}", format::moment(mail.at, zone, locale), mail.step),
                planned: true,
                bad: false,
            });
            Lane {
                name: name.to_owned(),
                marks: past.chain(coming).collect(),
            }
        })
        .filter(|lane| !lane.marks.is_empty())
        .collect();
    let events = texts::events(locale, view.timeline.len() as u64);
    let says = format!("{events}, {}", texts::emails_to_come(locale, plan.plan.len() as u64));
    let words = Words {
        id: "timeline",
        title: texts::timeline_of_lead(locale),
        says: &says,
    };
    let day = |at: Timestamp| format::day(at.to_zoned(zone.clone()).date(), session.locale);
    charts::timeline(words, &lanes, session.now, day, texts::today(locale))
}

fn fields<'a>(session: &'a Session<'_>, lead: &Lead) -> impl Iterator<Item = &'a Field> {
    let campaigns = lead
        .campaigns()
        .filter_map(|id| session.catalog.get(id))
        .collect::<Vec<_>>();
    campaigns.into_iter().flat_map(|campaign| &campaign.form.fields)
}

fn field<'a>(session: &'a Session<'_>, lead: &Lead, name: &str) -> Option<&'a Field> {
    fields(session, lead).find(|field| field.name == name)
}

/// The fields whose answers can be noted.
fn answer_form(session: &Session<'_>, lead: &Lead, typed: &dyn Fn(&str, &str) -> Option<String>) -> Markup {
    let locale = session.locale;
    let chosen = typed("", "field");
    let mut open: Vec<&Field> = Vec::new();
    for field in fields(session, lead) {
        let noted = !matches!(field.kind, FieldType::Email | FieldType::Consent);
        if noted && !open.iter().any(|known| known.name == field.name) {
            open.push(field);
        }
    }
    html! {
        form method="post" action={ "/console/leads/" (lead.id) } {
            div.field {
                label for="field" { (texts::question(locale)) }
                select id="field" name="field" { @for field in open { option value=(field.name) selected[chosen.as_deref() == Some(&field.name)] { (label(session, lead, &field.name)) } } }
            }
            div.field {
                label for="answer" { (texts::answer(locale)) }
                input type="text" id="answer" name="answer" value=(typed("", "answer").unwrap_or_default());
            }
            div.field {
                label for="how" { (texts::how_known(locale)) }
                input type="text" id="how" name="reason" maxlength=(REASON_CHARS_MAX) value=(typed("", "reason").unwrap_or_default());
            }
            button type="submit" { (texts::save(locale)) }
        }
    }
}

fn campaign_name<'a>(session: &'a Session<'_>, id: &'a CampaignId) -> &'a str {
    let campaign = session.catalog.get(id);
    campaign.map_or(id.as_str(), |campaign| campaign.name.get(session.locale))
}

fn call_outcome(reached: bool, locale: Locale) -> &'static str {
    match reached {
        true => crate::texts::sales::was_reached(locale),
        false => crate::texts::sales::did_not_answer(locale),
    }
}

fn label<'a>(session: &'a Session<'_>, lead: &Lead, name: &'a str) -> &'a str {
    field(session, lead, name).map_or(name, |field| field.label.get(session.locale))
}

/// Whether a page is of a site that the form's list lacks.
fn is_unlisted(session: &Session<'_>, campaign: &CampaignId, page: &str) -> bool {
    let origin: Vec<&str> = page.splitn(4, '/').take(3).collect();
    let origin = origin.join("/");
    let own = &session.app.settings.base_url;
    let listed = |campaign: &Campaign| campaign.form.origins.contains(&origin);
    &origin != own && session.catalog.get(campaign).is_some_and(|campaign| !listed(campaign))
}

/// A choice as it was shown to the visitor, any other answer as it was given.
fn in_words<'a>(session: &'a Session<'_>, lead: &Lead, name: &str, answer: &'a str) -> &'a str {
    let options = field(session, lead, name).map_or(&[][..], |field| &field.options);
    options
        .iter()
        .find(|option| option.value == answer)
        .map_or(answer, |option| option.label.get(session.locale))
}

fn touch_name(name: &str, locale: Locale) -> &str {
    match name {
        "source" => texts::source(locale),
        "medium" => texts::medium(locale),
        "campaign" => texts::source_campaign(locale),
        "term" => texts::term(locale),
        "content" => texts::content(locale),
        "referrer" => texts::referrer(locale),
        "landing" => texts::landing(locale),
        "page" => texts::form_page(locale),
        "first_source" => texts::first_source(locale),
        "first_medium" => texts::first_medium(locale),
        "first_campaign" => texts::first_campaign(locale),
        "first_referrer" => texts::first_referrer(locale),
        other => other,
    }
}

fn consent_state(state: piste_domain::lead::consent::ConsentState, locale: Locale) -> &'static str {
    use piste_domain::lead::consent::ConsentState::{Given, Lapsed, Pending, Withdrawn};
    match state {
        Pending => texts::pending(locale),
        Given => texts::given(locale),
        Lapsed => texts::lapsed(locale),
        Withdrawn => texts::withdrawn(locale),
    }
}

/// `POST /console/leads/{id}/attempts`.
pub async fn log_attempt(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let post = opened.form().await?;
    let text = |name| post.get(name).unwrap_or_default().to_owned();
    let answers = std::collections::BTreeMap::new();
    let tried = Attempt {
        outcome: &text("outcome"),
        note: &text("note"),
        reason: &text("reason"),
        answers: &answers,
        until: post.get("until"),
    };
    let logged = qualify::log_attempt(&opened.session, opened.id, tried).await;
    let refused = texts::refused_attempt(opened.session.locale);
    done(opened, logged, ("attempts", &post), refused).await
}

/// `POST /console/leads/{id}/notes`.
pub async fn add_note(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let post = opened.form().await?;
    let noted = qualify::add_note(&opened.session, opened.id, post.get("text").unwrap_or_default()).await;
    done(
        opened,
        noted,
        ("notes", &post),
        texts::refused_note(opened.session.locale),
    )
    .await
}

/// `POST /console/leads/{id}/assign`.
pub async fn assign(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let post = opened.form().await?;
    let assigned = qualify::assign(&opened.session, opened.id, post.get("owner").unwrap_or_default()).await;
    done(
        opened,
        assigned,
        ("assign", &post),
        texts::refused_owner(opened.session.locale),
    )
    .await
}

/// `POST /console/leads/{id}`: what a program patches.
pub async fn correct(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let post = opened.form().await?;
    let text = |name| post.get(name).unwrap_or_default();
    let answers = [(text("field").to_owned(), Value::from(text("answer")))].into();
    let noted = qualify::correct(&opened.session, opened.id, &answers, text("reason")).await;
    done(opened, noted, ("", &post), texts::refused_answer(opened.session.locale)).await
}

/// `POST /console/leads/{id}/keep`.
pub async fn keep(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let post = opened.form().await?;
    let text = |name| post.get(name).unwrap_or_default();
    let kept = qualify::keep(&opened.session, opened.id, text("until"), text("reason")).await;
    done(
        opened,
        kept,
        ("keep", &post),
        texts::refused_keep(opened.session.locale),
    )
    .await
}

/// `GET /console/leads/{id}/export`: the file that the person has a right to. Who took it is logged.
pub async fn export(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let export = rights::export(&opened.session, opened.id).await?;
    Ok(Attachment(format!("lead-{}.json", opened.id), export).response())
}

/// `POST /console/leads/{id}/stage`.
pub async fn move_stage(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let post = opened.form().await?;
    let text = |name| post.get(name).unwrap_or_default().to_owned();
    let amount = post.get("amount").map(str::trim).filter(|amount| !amount.is_empty());
    let wanted = Move {
        to: &text("to"),
        reason: &text("reason"),
        // What is no number is refused like any other amount that cannot be.
        amount: amount.map(|amount| amount.replace(',', ".").parse().unwrap_or(-1.0)),
        correction: post.get("correction").is_some(),
    };
    let moved = qualify::move_stage(&opened.session, opened.id, wanted).await;
    let refused = texts::refused_move(opened.session.locale);
    done(opened, moved, ("stage", &post), refused).await
}

/// Back to the lead's page: anew, or with what was wrong.
async fn done(
    opened: &Opened<'_>,
    done: Result<Arc<Lead>, OperationError>,
    (form, post): (&'static str, &RawPost),
    fields_refused: &str,
) -> Result<Response<Body>, ConsoleError> {
    let (status, text) = match done.map_err(ConsoleError::from) {
        Ok(_) => return Ok(http::see_other(&format!("/console/leads/{}", opened.id))),
        Err(ConsoleError::Fields(_)) => (StatusCode::UNPROCESSABLE_ENTITY, fields_refused.to_owned()),
        Err(error @ (ConsoleError::NoTask | ConsoleError::NoMoreSnoozes | ConsoleError::NoSuchMove(_))) => {
            (StatusCode::CONFLICT, error.problem(opened.session.locale).title)
        }
        Err(error) => return Err(error),
    };
    let lead = opened.session.lead(opened.id).await?;
    let lead = opened.session.app.whole(&lead).await?;
    let refused = Refused { form, post, why: &text };
    lead_page(opened, &lead, status, Some(&refused)).await
}
