//! The operator's pages: a list of leads, and one lead with its score, its timeline and its plan.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::App;
use piste_adapters::charts::{self, Lane, Mark, Words};
use piste_adapters::http::{self, Visit};
use piste_adapters::pages::{self, Page};
use piste_adapters::table::{number, table, words};
use piste_domain::campaign::field::Field;
use piste_domain::kit::format;
use piste_domain::lead::stage::Stage;
use piste_domain::rules::scoring::Axis;
use piste_domain::views::funnel::Bucket;
use piste_domain::views::timeline::stage_name;
use piste_domain::{Campaign, Lead, Locale};

use crate::leads::{self, Filter, Found, Sends};
use crate::report::leads_over_time;
use crate::{ConsoleError, Desk, MoveTo, auth, sending, views};

/// Answers everything below `/console`.
pub async fn handle(app: &App, visit: &Visit, path: &[&str]) -> Response<Body> {
    let post = visit.method() == Method::POST;
    if post && !auth::same_site(app, visit) {
        return ConsoleError::CrossSite.answer();
    }
    if !post && !visit.is_get() {
        return http::method_not_allowed("GET, HEAD, POST");
    }
    let locale = visit.locale();
    match path {
        ["login"] if post => return login(app, visit, locale).await,
        ["login"] => return login_page(locale, false),
        ["logout"] if post => return auth::close(app, http::see_other("/console/login")),
        _ => {}
    }
    let Some(workspace) = auth::session(app, visit).await else {
        return http::see_other("/console/login");
    };
    let answer = async {
        let mut desk = Desk::open(app, workspace, visit).await?;
        desk.notice = sending::notice(&desk).await;
        match path {
            [] => Ok(http::see_other("/console/leads")),
            ["report"] if !post => crate::report::page(&desk, visit).await,
            ["leads"] if !post => {
                let filter = Filter::read(visit)?;
                let found = leads::list(&desk, &filter).await?;
                let recent = if filter.is_all() {
                    piste_operations::report::recent(&desk).await?
                } else {
                    None
                };
                Ok(list_page(&desk, &filter, &found, recent.as_ref()))
            }
            ["leads", id] if !post => Ok(lead_page(&desk, &*desk.lead(id).await?, StatusCode::OK, None)),
            ["leads", id, "stage"] if post => move_stage(&desk, visit, id).await,
            ["leads", id, "attempts"] if post => note(&desk, visit, id).await,
            ["retention"] if !post => crate::retention::page(&desk, visit).await,
            ["sending"] if !post => sending::page(&desk, StatusCode::OK, false).await,
            ["sending", change @ ("hold" | "release")] if post => sending::press(&desk, visit, change).await,
            _ => Err(ConsoleError::NotFound),
        }
    };
    answer
        .await
        .unwrap_or_else(|error: ConsoleError| pages::problem(&error.problem(locale), locale))
}

// ---- the session ----

async fn login(app: &App, visit: &Visit, locale: Locale) -> Response<Body> {
    let key = match visit.post().await {
        Ok(post) => post.get("key").unwrap_or_default().trim().to_owned(),
        Err(problem) => return pages::problem(&http::Problem::post(problem, locale), locale),
    };
    match auth::open(app, &key, http::see_other("/console/leads")).await {
        Some(response) => response,
        None => login_page(locale, true),
    }
}

fn login_page(locale: Locale, refused: bool) -> Response<Body> {
    let title = locale.pick("Console", "Console");
    let body = html! {
        div.card {
            h1 { (title) }
            @if refused {
                div.errors role="alert" { (locale.pick("Cette clé n’ouvre rien. Vérifiez-la, ou créez-en une avec «\u{a0}piste operator-key\u{a0}».", "This key opens nothing. Check it, or make one with `piste operator-key`.")) }
            }
            form method="post" action="/console/login" {
                div.field {
                    label for="key" { (locale.pick("Clé d’opérateur", "Operator key")) }
                    input type="password" id="key" name="key" required autocomplete="current-password";
                }
                button type="submit" { (locale.pick("Ouvrir", "Open")) }
            }
        }
    };
    Page::new(locale, title, body).answer(if refused {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    })
}

/// The frame of every page behind the key: the way around, and what everybody must know about sending.
pub fn frame<'a>(desk: &Desk<'_>, title: &'a str, body: Markup) -> Page<'a> {
    let locale = desk.locale;
    let header = html! {
        header.top {
            strong { a href="/console/leads" { "Piste" } }
            nav aria-label="Console" {
                a href="/console/leads" { "Leads" }
                " · " a href="/console/report" { (locale.pick("Rapport", "Report")) }
                " · " a href="/console/sending" { (locale.pick("Envois", "Sending")) }
                " · " a href="/console/retention" { (locale.pick("Conservation", "Retention")) }
            }
            form method="post" action="/console/logout" { button.plain type="submit" { (locale.pick("Fermer la session", "Sign out")) } }
        }
    };
    let body = html! {
        @if let Some(text) = &desk.notice {
            div.errors role="status" { (text) " " a href="/console/sending" { (locale.pick("Voir les envois", "See sending")) } }
        }
        (body)
    };
    Page {
        wide: true,
        header: Some(header),
        ..Page::new(locale, title, body)
    }
}

// ---- the list ----

fn list_page(
    desk: &Desk<'_>,
    filter: &Filter,
    found: &Found,
    recent: Option<&(Bucket, Vec<(Date, u64)>)>,
) -> Response<Body> {
    let pick = |fr, en| desk.locale.pick(fr, en);
    let title = "Leads";
    let heads = [
        words(pick("Nom", "Name")),
        words(pick("Étape", "Stage")),
        words(pick("Note", "Grade")),
        number(pick("Profil", "Fit")),
        number("Engagement"),
        words(pick("Reçu le", "Captured")),
        words(pick("Prochaine échéance", "Next due")),
    ];
    let body = html! {
        h1 { (title) }
        form.bar method="get" action="/console/leads" role="search" {
            div.field {
                label for="q" { (pick("Nom ou adresse", "Name or address")) }
                input type="search" id="q" name="q" value=(filter.words);
            }
            div.field {
                label for="campaign" { (pick("Campagne", "Campaign")) }
                select id="campaign" name="campaign" {
                    option value="" { (pick("Toutes", "All")) }
                    @for campaign in desk.campaigns() {
                        option value=(campaign.id) selected[filter.campaign.as_ref() == Some(&campaign.id)] { (campaign.name.get(desk.locale)) }
                    }
                }
            }
            div.field {
                label for="stage" { (pick("Étape", "Stage")) }
                select id="stage" name="stage" {
                    option value="" { (pick("Toutes", "All")) }
                    @for stage in Stage::ALL {
                        option value=(stage.code()) selected[filter.stage == Some(stage)] { (stage_name(stage, desk.locale)) }
                    }
                }
            }
            div.field {
                label for="sends" { (pick("Envois", "Mails")) }
                select id="sends" name="sends" {
                    option value="" { (pick("Tous", "All")) }
                    @for sends in Sends::ALL {
                        option value=(sends.code()) selected[filter.sends == Some(sends)] { (sends_name(sends, desk.locale)) }
                    }
                }
            }
            div.field {
                label for="call" { (pick("Suivi", "Follow-up")) }
                select id="call" name="call" {
                    option value="" { (pick("Tous", "All")) }
                    option value="now" selected[filter.call] { (pick("À rappeler maintenant", "To call now")) }
                }
            }
            button type="submit" { (pick("Chercher", "Search")) }
        }
        @if let Some((bucket, columns)) = recent {
            div.card { h2 { (pick("Leads par jour, 30 derniers jours", "Leads per day, last 30 days")) } (leads_over_time(*bucket, columns, desk.locale)) }
        }
        @if found.leads.is_empty() {
            p { (pick("Aucun lead ne correspond.", "No lead matches.")) }
        } @else {
            div.card { (table(title, &heads, found.leads.iter().map(|lead| row(desk, lead)))) }
        }
        @if found.unreadable > 0 {
            p { (pick("Leads d’une version plus récente, laissés de côté\u{a0}: ", "Leads of a newer version, left out: ")) (found.unreadable) }
        }
        @if let Some(next) = &found.next {
            p { a.button href=(next_href(filter, next)) { (pick("Suivants", "Next")) } }
        }
    };
    frame(desk, title, body).answer(StatusCode::OK)
}

fn row(desk: &Desk<'_>, lead: &Lead) -> Vec<Markup> {
    let row = views::summary(lead, &views::score(desk, lead));
    let zone = zone_of(desk, lead);
    let to_call = lead
        .open_case()
        .filter(|case| case.task.is_some_and(|task| task.from <= desk.now));
    vec![
        html! {
            a href={ "/console/leads/" (row.id) } { @if row.name.is_empty() { (row.email) } @else { (row.name) } }
            @if !row.name.is_empty() { br; span.soft.small { (row.email) } }
        },
        html! {
            span.pill { (stage_name(row.stage, desk.locale)) }
            @for (mails, sends) in [(row.unknown_sends, Sends::Unknown), (row.duplicate_sends, Sends::Duplicate)] {
                @if mails > 0 { " " span.pill { (mails) " × " (sends_name(sends, desk.locale)) } }
            }
        },
        html! {
            (row.grade)
            @if let Some(case) = to_call {
                br; span.small { @if case.is_overdue(desk.now) { strong { (desk.locale.pick("en retard", "overdue")) } } @else { (desk.locale.pick("à rappeler", "to call")) } }
            }
        },
        html! { (row.fit) },
        html! { (row.engagement) },
        html! { span.moment { (local(row.captured_at, &zone)) } },
        html! { @if let Some(due) = row.due_at { span.moment { (local(due, &zone)) } } @else { "—" } },
    ]
}

fn sends_name(sends: Sends, locale: Locale) -> &'static str {
    match sends {
        Sends::Unknown => locale.pick("issue inconnue", "unknown fate"),
        Sends::Duplicate => locale.pick("parti deux fois", "left twice"),
    }
}

fn next_href(filter: &Filter, next: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("cursor", next);
    if let Some(campaign) = &filter.campaign {
        query.append_pair("campaign", campaign.as_str());
    }
    if let Some(stage) = filter.stage {
        query.append_pair("stage", stage.code());
    }
    if filter.call {
        query.append_pair("call", "now");
    }
    if let Some(sends) = filter.sends {
        query.append_pair("sends", sends.code());
    }
    if !filter.words.is_empty() {
        query.append_pair("q", &filter.words);
    }
    format!("/console/leads?{}", query.finish())
}

// ---- one lead ----

fn zone_of(desk: &Desk<'_>, lead: &Lead) -> TimeZone {
    desk.catalog
        .get(&lead.campaign)
        .map_or(TimeZone::UTC, Campaign::time_zone)
}

pub fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

fn lead_page(desk: &Desk<'_>, lead: &Lead, status: StatusCode, problem: Option<&str>) -> Response<Body> {
    let pick = |fr, en| desk.locale.pick(fr, en);
    let view = views::lead(desk, lead);
    let plan = views::plan(desk, lead);
    let zone = zone_of(desk, lead);
    let title = if view.summary.name.is_empty() {
        &view.summary.email
    } else {
        &view.summary.name
    };
    let body = html! {
        p { a href="/console/leads" { (pick("Tous les leads", "All leads")) } }
        h1 { (title) " " span.pill { (stage_name(lead.stage, desk.locale)) } " " span.pill { (view.summary.grade) } }
        @if let Some(problem) = problem { div.errors role="alert" { (problem) } }
        div.card {
            h2 { (pick("Réponses", "Answers")) }
            dl {
                dt { "E-mail" } dd { (view.summary.email) }
                @for (name, answer) in &view.answers { dt { (label(desk, lead, name)) } dd { (in_words(desk, lead, name, answer.expose())) } }
                @if let Some(first) = view.captures.first() {
                    @for (name, value) in &first.touch { dt { (touch_name(name, desk.locale)) } dd { (value) } }
                }
            }
        }
        (crate::sales::card(desk, lead, view.sales.as_ref(), &view.checklist, &zone))
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
                    tr { td.number { strong { (view.score.fit) } } th scope="row" { (Axis::Fit.name(desk.locale)) } }
                    tr { td.number { strong { (view.score.engagement) } } th scope="row" { (Axis::Engagement.name(desk.locale)) } }
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
                    html! { (consent_state(consent.state, desk.locale)) },
                    html! { span.moment { (local(consent.at, &zone)) } },
                    html! { (consent.text_version) " " span.soft.small title=(consent.text_hash) { (&consent.text_hash[..12.min(consent.text_hash.len())]) "…" } },
                ])))
            }
        }
        div.card {
            h2 { (pick("Chronologie", "Timeline")) }
            (drawn(desk, &view, &plan, &zone))
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
                            option value=(stage.code()) selected[onward == Some(stage)] { (stage_name(stage, desk.locale)) }
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
    frame(desk, title, body).answer(status)
}

/// The timeline as a picture, with the mails to come; the sentences below it are the same events in words.
fn drawn(desk: &Desk<'_>, view: &views::LeadView, plan: &views::PlanView, zone: &TimeZone) -> Markup {
    let pick = |fr, en| desk.locale.pick(fr, en);
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
    let count = |of: usize| format::count(of as u64, desk.locale);
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
    let day = |at: Timestamp| format::day(at.to_zoned(zone.clone()).date(), desk.locale);
    charts::timeline(words, &lanes, desk.now, day, pick("aujourd’hui", "today"))
}

fn field<'a>(desk: &'a Desk<'_>, lead: &Lead, name: &str) -> Option<&'a Field> {
    desk.catalog
        .get(&lead.campaign)?
        .form
        .fields
        .iter()
        .find(|field| field.name == name)
}

fn label<'a>(desk: &'a Desk<'_>, lead: &Lead, name: &'a str) -> &'a str {
    field(desk, lead, name).map_or(name, |field| field.label.get(desk.locale))
}

/// A choice as it was shown to the visitor, any other answer as it was given.
fn in_words<'a>(desk: &'a Desk<'_>, lead: &Lead, name: &str, answer: &'a str) -> &'a str {
    let options = field(desk, lead, name).map_or(&[][..], |field| &field.options);
    options
        .iter()
        .find(|option| option.value == answer)
        .map_or(answer, |option| option.label.get(desk.locale))
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

/// Notes what the form of a lead's page says was done about it.
async fn note(desk: &Desk<'_>, visit: &Visit, id: &str) -> Result<Response<Body>, ConsoleError> {
    let post = visit
        .post()
        .await
        .map_err(|_| ConsoleError::BadRequest("malformed", "Use the form of the lead's page."))?;
    let ask = crate::sales::Attempted {
        outcome: post.get("outcome").unwrap_or_default().to_owned(),
        reason: post.get("reason").unwrap_or_default().to_owned(),
    };
    let noted = match ask.deed() {
        Ok(deed) => desk.note(id, deed).await.map(drop),
        Err(error) => Err(error),
    };
    let (status, text) = match noted {
        Ok(()) => return Ok(http::see_other(&format!("/console/leads/{id}"))),
        Err(ConsoleError::Fields(_)) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            desk.locale.pick(
                "Dites ce qui s’est passé, et pourquoi le lead ne convient pas.",
                "Say what happened, and why the lead is not a fit.",
            ),
        ),
        Err(error @ (ConsoleError::NoTask | ConsoleError::NoMoreSnoozes | ConsoleError::NoSuchMove(_))) => {
            let problem = error.problem(desk.locale);
            return Ok(lead_page(
                desk,
                &*desk.lead(id).await?,
                StatusCode::CONFLICT,
                Some(&problem.title),
            ));
        }
        Err(error) => return Err(error),
    };
    Ok(lead_page(desk, &*desk.lead(id).await?, status, Some(text)))
}

async fn move_stage(desk: &Desk<'_>, visit: &Visit, id: &str) -> Result<Response<Body>, ConsoleError> {
    let post = visit
        .post()
        .await
        .map_err(|_| ConsoleError::BadRequest("malformed", "Use the form of the lead's page."))?;
    let ask = MoveTo {
        to: post.get("to").unwrap_or_default().to_owned(),
        reason: post.get("reason").unwrap_or_default().to_owned(),
    };
    match desk.move_stage(id, &ask).await {
        Ok(_) => Ok(http::see_other(&format!("/console/leads/{id}"))),
        Err(error @ (ConsoleError::Fields(_) | ConsoleError::NoSuchMove(_))) => {
            let text = desk.locale.pick(
                "Ce changement n’est pas possible\u{a0}: choisissez une étape permise et donnez une raison.",
                "This change is not possible: choose an allowed stage and give a reason.",
            );
            let status = if matches!(error, ConsoleError::NoSuchMove(_)) {
                StatusCode::CONFLICT
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            Ok(lead_page(desk, &*desk.lead(id).await?, status, Some(text)))
        }
        Err(error) => Err(error),
    }
}
