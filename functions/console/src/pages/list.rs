//! The list of leads.

use jiff::civil::Date;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::csv::Reader;
use piste_adapters::table::{number, table as cards, words};
use piste_adapters::users::Role;
use piste_domain::kit::format;
use piste_domain::lead::stage::Stage;
use piste_domain::views::funnel::Bucket;
use piste_domain::views::timeline::stage_name;
use piste_domain::{CampaignId, Lead, Locale};
use piste_operations::leads::row::{self, Shown};
use piste_operations::leads::sort::Sort;
use piste_operations::leads::{self, Due, Filter, Found, Sends};
use piste_operations::report;

use crate::api::Answers as _;
use crate::pages::Opened;
use crate::pages::layout::zone_of;
use crate::pages::report::leads_over_time;
use crate::query::{self, Query};
use crate::texts::{common, import, list as texts};
use crate::{ConsoleError, Session, table};

/// `GET /console/leads`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let query = opened.visit.pairs();
    let query = Query::read(query, query::LEADS.iter(), false)?;
    let filter = query.filter(session)?;
    let found = leads::list(session, &filter).await?;
    let recent = if filter.is_all() {
        report::recent(session).await?
    } else {
        None
    };
    Ok(list_page(opened, &query, &filter, &found, recent.as_ref()))
}

/// `GET /console/leads.csv`.
pub async fn download(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let query = Query::read(opened.visit.pairs(), query::TABLE.iter(), false)?;
    let table = table::write(&opened.session, &query, "/console/leads.csv").await?;
    Ok(table.response())
}

/// A text in the reader's language.
type Name = fn(Locale) -> &'static str;

/// The orders that the page offers.
const ORDERS: [(Sort, Name); 7] = [
    (Sort::CapturedDown, texts::newest),
    (Sort::Captured, texts::oldest),
    (Sort::AskedDown, texts::last_asked),
    (Sort::Due, texts::next_due),
    (Sort::Name, texts::name),
    (Sort::Company, texts::company),
    (Sort::Grade, texts::grade),
];

/// For whom a table can be exported.
const READERS: [(Reader, Name); 2] = [
    (Reader::Spreadsheet, texts::for_spreadsheets),
    (Reader::Program, texts::for_programs),
];

fn list_page(
    opened: &Opened<'_>,
    query: &Query,
    filter: &Filter,
    found: &Found,
    recent: Option<&(Bucket, Vec<(Date, u64)>)>,
) -> Response<Body> {
    let session = &opened.session;
    let locale = session.locale;
    let title = "Leads";
    let heads = [
        words(texts::name(locale)),
        words(common::stage(locale)),
        words(texts::grade(locale)),
        number(common::fit(locale)),
        number("Engagement"),
        words(texts::captured(locale)),
        words(texts::next_due(locale)),
    ];
    let body = html! {
        h1 { (title) }
        form.bar method="get" action="/console/leads" role="search" {
            div.field {
                label for="q" { (texts::words(locale)) }
                input type="search" id="q" name="q" value=(filter.words);
            }
            div.field {
                label for="campaign" { (common::campaign(locale)) }
                select id="campaign" name="campaign" {
                    option value="" { (texts::all(locale)) }
                    @for campaign in session.campaigns() {
                        option value=(campaign.id) selected[filter.campaign.as_ref() == Some(&campaign.id)] { (campaign.name.get(session.locale)) }
                    }
                }
            }
            div.field {
                label for="stage" { (common::stage(locale)) }
                select id="stage" name="stage" {
                    option value="" { (texts::all(locale)) }
                    @for stage in Stage::ALL {
                        option value=(stage.code()) selected[filter.stage == Some(stage)] { (stage_name(stage, session.locale)) }
                    }
                }
            }
            div.field {
                label for="sends" { (common::emails(locale)) }
                select id="sends" name="sends" {
                    option value="" { (texts::all_emails(locale)) }
                    @for sends in Sends::ALL {
                        option value=(sends.code()) selected[filter.sends == Some(sends)] { (sends_name(sends, session.locale)) }
                    }
                }
            }
            div.field {
                label for="call" { (texts::follow_up(locale)) }
                select id="call" name="call" {
                    option value="" { (texts::all_emails(locale)) }
                    option value="now" selected[filter.call == Some(Due::Now)] { (texts::call_now(locale)) }
                    option value="late" selected[filter.call == Some(Due::Late)] { (texts::call_late(locale)) }
                }
            }
            div.field {
                label for="sort" { (texts::sort(locale)) }
                select id="sort" name="sort" {
                    @for (sort, name) in ORDERS {
                        option value=(sort.code()) selected[filter.sort == sort] { (name(locale)) }
                    }
                }
            }
            button type="submit" { (texts::search(locale)) }
        }
        @if let Some((bucket, columns)) = recent {
            div.card { h2 { (texts::last_30_days(locale)) } (leads_over_time(*bucket, columns, session.locale)) }
        }
        @if found.unreadable > 0 {
            p { (texts::unreadable(session.locale, found.unreadable as u64)) }
        }
        @if let Some(total) = found.total.filter(|total| *total > 0) {
            p { (texts::total(locale, total as u64)) }
        }
        @if found.leads.is_empty() {
            p { @if found.next.is_none() { (texts::none(locale)) } @else { (texts::none_yet(locale)) } }
        } @else {
            div.card { (cards(title, &heads, found.leads.iter().map(|lead| row(session, lead, filter.campaign.as_ref())))) }
        }
        @if let Some(next) = &found.next {
            p { a.button href={ "/console/leads?" (query.with("cursor", next)) } { (texts::next(locale)) } }
        }
        @if session.may(Role::Write) { p.small { a href="/console/leads/import" { (import::title(locale)) } } }
        @if !found.leads.is_empty() {
            p.small {
                (texts::download(locale)) " "
                @for (reader, name) in READERS {
                    a href={ "/console/leads.csv?" (query.without("limit").with("for", reader.code())) } { (name(locale)) } " "
                }
            }
        }
    };
    opened.frame(title, body).answer(StatusCode::OK)
}

fn row(session: &Session<'_>, lead: &Lead, campaign: Option<&CampaignId>) -> Vec<Markup> {
    let row = row::row(lead, &Shown::of(session, lead, campaign), campaign.is_some());
    let reached_by = row.email.as_deref().or(row.phone.as_deref()).unwrap_or_default();
    let (zone, locale) = (zone_of(session, lead), session.locale);
    let to_call = lead
        .open_case()
        .filter(|case| case.task.is_some_and(|task| task.from <= session.now));
    vec![
        html! {
            a href={ "/console/leads/" (row.id) } { @if row.name.is_empty() { (reached_by) } @else { (row.name) } }
            @if !row.name.is_empty() { br; span.soft.small { (reached_by) } }
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
                br; span.small { @if case.is_overdue(session.now) { strong { (common::overdue(session.locale)) } } @else { (texts::to_call(session.locale)) } }
            }
        },
        html! { (row.fit) },
        html! { (row.engagement) },
        html! { span.moment { (format::moment(row.captured_at, &zone, locale)) } },
        html! { @if let Some(due) = row.due_at { span.moment { (format::moment(due, &zone, locale)) } } @else { "—" } },
    ]
}

fn sends_name(sends: Sends, locale: Locale) -> &'static str {
    match sends {
        Sends::Unknown => texts::unknown_outcome(locale),
        Sends::Duplicate => texts::sent_twice(locale),
    }
}
