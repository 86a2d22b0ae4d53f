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
use crate::pages::layout::{local, zone_of};
use crate::{ConsoleError, Session, views};

/// `GET /console/leads/{id}`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let lead = opened.session.lead(opened.id).await?;
    Ok(lead_page(opened, &lead, StatusCode::OK, None))
}

fn lead_page(opened: &Opened<'_>, lead: &Lead, status: StatusCode, problem: Option<&str>) -> Response<Body> {
    let session = &opened.session;
    let pick = |fr, en| session.locale.pick(fr, en);
    let view = views::lead(session, lead);
    let plan = views::plan(session, lead);
    let zone = zone_of(session, lead);
    let title = if view.summary.name.is_empty() {
        &view.summary.email
    } else {
        &view.summary.name
    };
    let body = html! {
        p { a href="/console/leads" { (pick("Tous les leads", "All leads")) } }
        h1 { (title) " " span.pill { (stage_name(lead.stage, session.locale)) } " " span.pill { (view.summary.grade) } }
        @if let Some(problem) = problem { div.errors role="alert" { (problem) } }
        div.card {
            h2 { (pick("Réponses", "Answers")) }
            dl {
                dt { "E-mail" } dd { (view.summary.email) }
                @for (name, answer) in &view.answers { dt { (label(session, lead, name)) } dd { (in_words(session, lead, name, answer.expose())) } }
                @if let Some(first) = view.captures.first() {
                    @for (name, value) in &first.touch { dt { (touch_name(name, session.locale)) } dd { (value) } }
                }
            }
        }
        (crate::sales::card(session, lead, view.sales.as_ref(), &view.checklist, &zone))
        div.card {
            h2 { (pick("Score", "Score")) " " (view.score.grade) }
            table {
                thead { tr { th.number { "Points" } th { (pick("Pourquoi", "Why")) } } }
                tbody {
                    @for line in &view.score.lines {
                        tr {
                            td.number { (line.points) }
                            td.why { (line.why) br; span.soft.small { (line.axis_name) " · " (line.rule) " · " (local(line.at, &zone)) @if let Some(note) = &line.note { " · " (note) } } }
                        }
                    }
                    tr { td.number { strong { (view.score.fit) } } th scope="row" { (Axis::Fit.name(session.locale)) } }
                    tr { td.number { strong { (view.score.engagement) } } th scope="row" { (Axis::Engagement.name(session.locale)) } }
                }
            }
            p.soft.small { (pick("Règles de la version", "Rules of version")) " " (view.score.version) }
        }
        div.card {
            h2 { (pick("E-mails à venir", "Mails to come")) }
            @if plan.plan.is_empty() {
                p { (pick("Aucun.", "None.")) }
            } @else {
                (table(pick("E-mails à venir", "Mails to come"), &[words(pick("Départ", "Leaves")), words(pick("Étape", "Step")), words(pick("Pourquoi", "Why"))], plan.plan.iter().map(|mail| vec![
                    html! { span.moment { (local(mail.at, &zone)) } },
                    html! { (mail.step) },
                    html! { (mail.why) },
                ])))
            }
        }
        div.card {
            h2 { (pick("Consentements", "Consents")) }
            @if view.consents.is_empty() {
                p { (pick("Aucun donné.", "None given.")) }
            } @else {
                (table(pick("Consentements", "Consents"), &[words(pick("Demandé le", "Asked at")), words(pick("État", "State")), words(pick("Depuis", "Since")), words(pick("Texte", "Wording"))], view.consents.iter().map(|consent| vec![
                    html! { span.moment { (local(consent.asked_at, &zone)) } },
                    html! { (consent_state(consent.state, session.locale)) },
                    html! { span.moment { (local(consent.at, &zone)) } },
                    html! { (consent.text_version) " " span.soft.small title=(consent.text_hash) { (&consent.text_hash[..12.min(consent.text_hash.len())]) "…" } },
                ])))
            }
        }
        div.card {
            h2 { (pick("Chronologie", "Timeline")) }
            (drawn(session, &view, &plan, &zone))
            table { tbody { @for event in &view.timeline { tr { td { span.moment { (local(event.at, &zone)) } } td.why { (event.text) } } } } }
        }
        div.card {
            h2 { (pick("Changer d’étape", "Change stage")) }
            form method="post" action={ "/console/leads/" (lead.id) "/stage" } {
                div.field {
                    label for="to" { (pick("Nouvelle étape", "New stage")) }
                    select id="to" name="to" {
                        @let onward = lead.stage.onward();
                        @for stage in Stage::ALL.into_iter().filter(|stage| lead.stage.may_move_to(*stage)) {
                            option value=(stage.code()) selected[onward == Some(stage)] { (stage_name(stage, session.locale)) }
                        }
                    }
                }
                div.field {
                    label for="reason" { (pick("Raison", "Reason")) }
                    input type="text" id="reason" name="reason" required maxlength=(piste_domain::kit::limits::REASON_CHARS_MAX);
                }
                button type="submit" { (pick("Enregistrer", "Save")) }
            }
        }
        p.soft.small { (pick("Heures de ", "Times of ")) (zone.iana_name().unwrap_or("UTC")) " · " (lead.id) }
    };
    opened.frame(title, body).answer(status)
}

/// The timeline as a picture, with the mails to come; the sentences below it are the same events in words.
fn drawn(session: &Session<'_>, view: &views::LeadView, plan: &views::PlanView, zone: &TimeZone) -> Markup {
    let pick = |fr, en| session.locale.pick(fr, en);
    let lanes = [
        (
            &["capture", "consent"][..],
            pick("Formulaires et consentement", "Forms and consent"),
        ),
        (&["signal"][..], pick("Signaux", "Signals")),
        (&["send"][..], "E-mails"),
        (&["stage", "sales"][..], pick("Étapes et ventes", "Stages and sales")),
        (&["enrolment", "suppression"][..], pick("Arrêts", "Stops")),
    ];
    let lanes: Vec<Lane> = lanes
        .into_iter()
        .map(|(kinds, name)| {
            let events = view.timeline.iter().filter(|event| kinds.contains(&event.kind));
            let past = events.map(|event| Mark {
                at: event.at,
                tip: format!("{} · {}", local(event.at, zone), event.text),
                planned: false,
                bad: event.kind == "suppression",
            });
            let mails = plan.plan.iter().filter(|_| kinds.contains(&"send"));
            let coming = mails.map(|mail| Mark {
                at: mail.at,
                tip: format!("{} · {}", local(mail.at, zone), mail.step),
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
    let count = |of: usize| format::count(of as u64, session.locale);
    let says = format!(
        "{} {}, {} {}",
        count(view.timeline.len()),
        pick("événements", "events"),
        count(plan.plan.len()),
        pick("e-mails à venir", "mails to come"),
    );
    let words = Words {
        id: "timeline",
        title: pick("Chronologie du lead", "Timeline of the lead"),
        says: &says,
    };
    let day = |at: Timestamp| format::day(at.to_zoned(zone.clone()).date(), session.locale);
    charts::timeline(words, &lanes, session.now, day, pick("aujourd’hui", "today"))
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
        "source" => locale.pick("Source", "Source"),
        "medium" => locale.pick("Support", "Medium"),
        "campaign" => locale.pick("Campagne d’origine", "Source campaign"),
        "term" => locale.pick("Mot-clé", "Term"),
        "content" => locale.pick("Contenu", "Content"),
        "referrer" => locale.pick("Page d’avant", "Referrer"),
        "landing" => locale.pick("Page d’arrivée", "Landing page"),
        "page" => locale.pick("Page du formulaire", "Form page"),
        other => other,
    }
}

fn consent_state(state: piste_domain::lead::consent::ConsentState, locale: Locale) -> &'static str {
    use piste_domain::lead::consent::ConsentState::{Given, Pending, Withdrawn};
    match state {
        Pending => locale.pick("à confirmer", "pending"),
        Given => locale.pick("donné", "given"),
        Withdrawn => locale.pick("retiré", "withdrawn"),
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
    let refused = opened.session.locale.pick(
        "Dites ce qui s’est passé, et pourquoi le lead ne convient pas.",
        "Say what happened, and why the lead is not a fit.",
    );
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
    let refused = opened.session.locale.pick(
        "Ce changement n’est pas possible\u{a0}: choisissez une étape permise et donnez une raison.",
        "This change is not possible: choose an allowed stage and give a reason.",
    );
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
