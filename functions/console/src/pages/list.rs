//! The list of leads.

use jiff::civil::Date;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::table::{number, table, words};
use piste_domain::lead::stage::Stage;
use piste_domain::views::funnel::Bucket;
use piste_domain::views::timeline::stage_name;
use piste_domain::{Lead, Locale};
use piste_operations::report;

use crate::leads::{self, Filter, Found, Sends};
use crate::pages::Opened;
use crate::pages::layout::{local, zone_of};
use crate::pages::report::leads_over_time;
use crate::query::{self, Query};
use crate::{ConsoleError, Session, views};

/// `GET /console/leads`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let query = opened.visit.pairs();
    let query = Query::read(query, query::LEADS.iter(), false)?;
    let filter = Filter::read(&query)?;
    let found = leads::list(session, &filter).await?;
    let recent = if filter.is_all() {
        report::recent(session).await?
    } else {
        None
    };
    Ok(list_page(opened, &query, &filter, &found, recent.as_ref()))
}

fn list_page(
    opened: &Opened<'_>,
    query: &Query,
    filter: &Filter,
    found: &Found,
    recent: Option<&(Bucket, Vec<(Date, u64)>)>,
) -> Response<Body> {
    let session = &opened.session;
    let pick = |fr, en| session.locale.pick(fr, en);
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
                    @for campaign in session.campaigns() {
                        option value=(campaign.id) selected[filter.campaign.as_ref() == Some(&campaign.id)] { (campaign.name.get(session.locale)) }
                    }
                }
            }
            div.field {
                label for="stage" { (pick("Étape", "Stage")) }
                select id="stage" name="stage" {
                    option value="" { (pick("Toutes", "All")) }
                    @for stage in Stage::ALL {
                        option value=(stage.code()) selected[filter.stage == Some(stage)] { (stage_name(stage, session.locale)) }
                    }
                }
            }
            div.field {
                label for="sends" { (pick("Envois", "Mails")) }
                select id="sends" name="sends" {
                    option value="" { (pick("Tous", "All")) }
                    @for sends in Sends::ALL {
                        option value=(sends.code()) selected[filter.sends == Some(sends)] { (sends_name(sends, session.locale)) }
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
            div.card { h2 { (pick("Leads par jour, 30 derniers jours", "Leads per day, last 30 days")) } (leads_over_time(*bucket, columns, session.locale)) }
        }
        @if found.unreadable > 0 {
            p { (crate::texts::errors::unreadable(session.locale, found.unreadable as u64)) }
        }
        @if found.leads.is_empty() {
            p { (pick("Aucun lead ne correspond.", "No lead matches.")) }
        } @else {
            div.card { (table(title, &heads, found.leads.iter().map(|lead| row(session, lead)))) }
        }
        @if let Some(next) = &found.next {
            p { a.button href={ "/console/leads?" (query.with("cursor", next)) } { (pick("Suivants", "Next")) } }
        }
    };
    opened.frame(title, body).answer(StatusCode::OK)
}

fn row(session: &Session<'_>, lead: &Lead) -> Vec<Markup> {
    let row = views::summary(lead, &views::score(session, lead));
    let zone = zone_of(session, lead);
    let to_call = lead
        .open_case()
        .filter(|case| case.task.is_some_and(|task| task.from <= session.now));
    vec![
        html! {
            a href={ "/console/leads/" (row.id) } { @if row.name.is_empty() { (row.email) } @else { (row.name) } }
            @if !row.name.is_empty() { br; span.soft.small { (row.email) } }
        },
        html! {
            span.pill { (stage_name(row.stage, session.locale)) }
            @for (mails, sends) in [(row.unknown_sends, Sends::Unknown), (row.duplicate_sends, Sends::Duplicate)] {
                @if mails > 0 { " " span.pill { (mails) " × " (sends_name(sends, session.locale)) } }
            }
        },
        html! {
            (row.grade)
            @if let Some(case) = to_call {
                br; span.small { @if case.is_overdue(session.now) { strong { (session.locale.pick("en retard", "overdue")) } } @else { (session.locale.pick("à rappeler", "to call")) } }
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
