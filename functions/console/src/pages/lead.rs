//! One lead with its answers, its score, its timeline and its plan, and what an session may do about it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::charts::{self, Lane, Mark, Words};
use piste_adapters::http;
use piste_adapters::table::{table, words};
use piste_domain::campaign::field::Field;
use piste_domain::kit::format;
use piste_domain::lead::stage::Stage;
use piste_domain::rules::scoring::Axis;
use piste_domain::views::timeline::stage_name;
use piste_domain::{Lead, Locale};

use crate::bodies::{Attempted, MoveTo};
use crate::pages::Opened;
use crate::pages::layout::zone_of;
use crate::texts::{common, lead as texts};
use crate::{ConsoleError, Session, views};

/// `GET /console/leads/{id}`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let lead = opened.session.lead(opened.id).await?;
    Ok(lead_page(opened, &lead, StatusCode::OK, None))
}

fn lead_page(opened: &Opened<'_>, lead: &Lead, status: StatusCode, problem: Option<&str>) -> Response<Body> {
    let session = &opened.session;
    let locale = session.locale;
    let view = views::lead(session, lead);
    let plan = views::plan(session, lead);
    let zone = zone_of(session, lead);
    let title = if view.summary.name.is_empty() {
        &view.summary.email
    } else {
        &view.summary.name
    };
    let body = html! {
        p { a href="/console/leads" { (texts::all_leads(locale)) } }
        h1 { (title) " " span.pill { (stage_name(lead.stage, session.locale)) } " " span.pill { (view.summary.grade) } }
        @if let Some(problem) = problem { div.errors role="alert" { (problem) } }
        div.card {
            h2 { (texts::answers(locale)) }
            dl {
                dt { (common::email(locale)) } dd { (view.summary.email) }
                @for (name, answer) in &view.answers { dt { (label(session, lead, name)) } dd { (in_words(session, lead, name, answer.expose())) } }
                @if let Some(first) = view.captures.first() {
                    @for (name, value) in &first.touch { dt { (touch_name(name, session.locale)) } dd { (value) } }
                }
            }
        }
        (crate::sales::card(session, lead, view.sales.as_ref(), &view.checklist, &zone))
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
            @if plan.plan.is_empty() {
                p { (texts::none(locale)) }
            } @else {
                (table(texts::upcoming(locale), &[words(texts::leaves(locale)), words(texts::step(locale)), words(common::why(locale))], plan.plan.iter().map(|mail| vec![
                    html! { span.moment { (format::moment(mail.at, &zone, locale)) } },
                    html! { (mail.step) },
                    html! { (mail.why) },
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
        div.card {
            h2 { (texts::timeline(locale)) }
            (drawn(session, &view, &plan, &zone))
            table { tbody { @for event in &view.timeline { tr { td { span.moment { (format::moment(event.at, &zone, locale)) } } td.why { (event.text) } } } } }
        }
        div.card {
            h2 { (texts::change_stage(locale)) }
            form method="post" action={ "/console/leads/" (lead.id) "/stage" } {
                div.field {
                    label for="to" { (texts::new_stage(locale)) }
                    select id="to" name="to" {
                        @let onward = lead.stage.onward();
                        @for stage in Stage::ALL.into_iter().filter(|stage| lead.stage.may_move_to(*stage)) {
                            option value=(stage.code()) selected[onward == Some(stage)] { (stage_name(stage, session.locale)) }
                        }
                    }
                }
                div.field {
                    label for="reason" { (common::reason(locale)) }
                    input type="text" id="reason" name="reason" required maxlength=(piste_domain::kit::limits::REASON_CHARS_MAX);
                }
                button type="submit" { (texts::save(locale)) }
            }
        }
        p.soft.small { (common::zone(locale, zone.iana_name().unwrap_or("UTC"))) " · " (lead.id) }
    };
    opened.frame(title, body).answer(status)
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

fn field<'a>(session: &'a Session<'_>, lead: &Lead, name: &str) -> Option<&'a Field> {
    session
        .catalog
        .get(&lead.campaign)?
        .form
        .fields
        .iter()
        .find(|field| field.name == name)
}

fn label<'a>(session: &'a Session<'_>, lead: &Lead, name: &'a str) -> &'a str {
    field(session, lead, name).map_or(name, |field| field.label.get(session.locale))
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
        other => other,
    }
}

fn consent_state(state: piste_domain::lead::consent::ConsentState, locale: Locale) -> &'static str {
    use piste_domain::lead::consent::ConsentState::{Given, Pending, Withdrawn};
    match state {
        Pending => texts::pending(locale),
        Given => texts::given(locale),
        Withdrawn => texts::withdrawn(locale),
    }
}

/// `POST /console/leads/{id}/attempts`.
pub async fn log_attempt(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let post = opened.form().await?;
    let text = |name| post.get(name).unwrap_or_default().to_owned();
    let attempt = Attempted {
        outcome: text("outcome"),
        reason: text("reason"),
    };
    let logged = match attempt.action() {
        Ok(deed) => opened.session.log_attempt(opened.id, deed).await.map(drop),
        Err(error) => Err(error),
    };
    let refused = texts::refused_attempt(opened.session.locale);
    done(opened, logged, refused).await
}

/// `POST /console/leads/{id}/stage`.
pub async fn move_stage(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let post = opened.form().await?;
    let text = |name| post.get(name).unwrap_or_default().to_owned();
    let to = MoveTo {
        to: text("to"),
        reason: text("reason"),
    };
    let moved = match to.checked() {
        Ok((to, reason)) => opened.session.move_stage(opened.id, to, reason).await.map(drop),
        Err(error) => Err(error),
    };
    let refused = texts::refused_move(opened.session.locale);
    done(opened, moved, refused).await
}

/// Back to the lead's page: anew, or with what was wrong.
async fn done(
    opened: &Opened<'_>,
    done: Result<(), ConsoleError>,
    fields_refused: &str,
) -> Result<Response<Body>, ConsoleError> {
    let (status, text) = match done {
        Ok(()) => return Ok(http::see_other(&format!("/console/leads/{}", opened.id))),
        Err(ConsoleError::Fields(_)) => (StatusCode::UNPROCESSABLE_ENTITY, fields_refused.to_owned()),
        Err(error @ (ConsoleError::NoTask | ConsoleError::NoMoreSnoozes | ConsoleError::NoSuchMove(_))) => {
            (StatusCode::CONFLICT, error.problem(opened.session.locale).title)
        }
        Err(error) => return Err(error),
    };
    let lead = opened.session.lead(opened.id).await?;
    Ok(lead_page(opened, &lead, status, Some(&text)))
}
