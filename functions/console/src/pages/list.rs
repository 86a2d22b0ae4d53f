//! The list of leads, and the call list: the same leads by what is to be done about them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::csv::Reader;
use piste_adapters::users::Role;
use piste_domain::campaign::field::FieldType;
use piste_domain::kit::format;
use piste_domain::kit::phone::Phone;
use piste_domain::lead::stage::Stage;
use piste_domain::views::timeline::stage_name;
use piste_domain::{Campaign, Lead, Locale};
use piste_operations::leads::row::{self, Shown, Summary};
use piste_operations::leads::sort::Sort;
use piste_operations::leads::{self, Due, Filter, Found, Sends};

use crate::api::Answers as _;
use crate::pages::layout::zone_of;
use crate::pages::{Opened, bulk};
use crate::query::{self, Query};
use crate::texts::{common, import, lead as lead_texts, list as texts, sales};
use crate::{ConsoleError, Session, table};

/// How many pages the way back remembers: an address stays short.
const PAGES_BACK: usize = 10;
/// Characters of what somebody needs that a row shows.
const NEED_CHARS: usize = 60;

/// `GET /console/leads`.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let query = Query::read(opened.visit.pairs(), query::LIST.iter(), false)?;
    let mut filter = query.filter(session)?;
    filter.brief = true;
    // Whom to call comes by deadline, unless another order was asked for.
    if filter.call.is_some() && query.get("sort").is_none() {
        filter.sort = Sort::Deadline;
    }
    let found = leads::list(session, &filter).await?;
    let page = List {
        opened,
        query,
        filter,
        found,
    };
    Ok(page.answer())
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
const ORDERS: [(Sort, Name); 8] = [
    (Sort::CapturedDown, texts::newest),
    (Sort::Captured, texts::oldest),
    (Sort::AskedDown, texts::last_asked),
    (Sort::Deadline, texts::next_task),
    (Sort::Due, texts::next_due),
    (Sort::Name, texts::name),
    (Sort::Company, texts::company),
    (Sort::Grade, texts::grade),
];

/// For whom a table can be exported.
pub const READERS: [(Reader, Name); 2] = [
    (Reader::Spreadsheet, texts::for_spreadsheets),
    (Reader::Program, texts::for_programs),
];

/// How far back the page offers to look, as a time back from now.
const SINCE: [(&str, Name); 3] = [("P7D", texts::week), ("P30D", texts::month), ("P90D", texts::quarter)];

/// The ids of all owners of the workspace, with their names.
pub fn owners<'a>(session: &'a Session<'_>) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<(&str, &str)> = Vec::new();
    let sales = session.campaigns().filter_map(|campaign| campaign.sales.as_ref());
    for owner in sales.flat_map(|sales| &sales.owners) {
        if !all.iter().any(|(id, _)| *id == owner.id) {
            all.push((&owner.id, &owner.name));
        }
    }
    all
}

/// The owner that the user is: whose id or name their key has.
pub fn own<'a>(session: &'a Session<'_>) -> Option<&'a str> {
    let name = session.name.as_deref()?;
    let is_me = |(id, full): &(&str, &str)| id.eq_ignore_ascii_case(name) || full.eq_ignore_ascii_case(name);
    owners(session).into_iter().find(is_me).map(|(id, _)| id)
}

/// The name of an owner.
pub fn owner_name<'a>(session: &'a Session<'_>, id: &'a str) -> &'a str {
    let found = owners(session).into_iter().find(|(known, _)| *known == id);
    found.map_or(id, |(_, name)| name)
}

struct List<'a> {
    opened: &'a Opened<'a>,
    query: Query,
    filter: Filter,
    found: Found,
}

impl List<'_> {
    fn answer(&self) -> Response<Body> {
        let session = &self.opened.session;
        let locale = session.locale;
        let title = match self.filter.call {
            Some(Due::Now) => texts::call_now(locale),
            Some(Due::Late) => texts::call_late(locale),
            None => "Leads",
        };
        let body = html! {
            div.head {
                h1 { (title) }
                @if let Some(total) = self.found.total { p.soft { (texts::total(locale, total as u64)) } }
            }
            (self.views())
            (self.search())
            @if let Some(done) = bulk::done(self.opened) { p.done role="status" { (texts::done(locale, done)) } }
            @if self.found.unreadable > 0 { p { (texts::unreadable(locale, self.found.unreadable as u64)) } }
            @if self.found.leads.is_empty() {
                p.empty { @if self.found.next.is_none() { (texts::none(locale)) } @else { (texts::none_yet(locale)) } }
            } @else if session.may(Role::Sales) {
                form method="post" action="/console/leads/bulk" {
                    input type="hidden" name="back" value=(self.query.text());
                    (self.rows())
                    (bulk::bar(session))
                }
            } @else {
                (self.rows())
            }
            @if let Some(back_to) = self.found.back_to.filter(|_| self.found.next.is_none() || !self.filter.sort.is_of_index()) {
                p.soft { (texts::back_to(locale, &day(back_to, &first_zone(session), locale))) }
            }
            (self.paging())
            p.small.links {
                @if session.may(Role::Write) {
                    a href="/console/leads/add" { (texts::add(locale)) } " "
                    a href="/console/leads/import" { (import::title(locale)) } " "
                }
                @if !self.found.leads.is_empty() {
                    @for (reader, name) in READERS {
                        a href={ "/console/leads.csv?" (self.query.without("limit").with("for", reader.code())) } { "CSV " (name(locale)) } " "
                    }
                }
            }
        };
        self.opened.frame(title, body).answer(StatusCode::OK)
    }

    /// Views that one comes back to: each is an address.
    fn views(&self) -> Markup {
        let session = &self.opened.session;
        let locale = session.locale;
        let mine = own(session).map(|id| format!("owner={id}"));
        let mut views = vec![
            (String::new(), texts::all_leads(locale)),
            ("call=now".to_owned(), texts::call_now(locale)),
            ("call=late".to_owned(), texts::call_late(locale)),
            ("since=P7D".to_owned(), texts::new_this_week(locale)),
            ("stage=mql".to_owned(), texts::mqls(locale)),
        ];
        if let Some(mine) = mine {
            views.insert(1, (mine, texts::mine(locale)));
        }
        let here = self.query.without("cursor").without("limit").text();
        html! {
            nav.views aria-label=(texts::views(locale)) {
                @for (query, name) in views {
                    a href={ "/console/leads" @if !query.is_empty() { "?" (query) } } aria-current=[(query == here).then_some("page")] { (name) }
                }
            }
        }
    }

    fn search(&self) -> Markup {
        let session = &self.opened.session;
        let locale = session.locale;
        let (query, filter) = (&self.query, &self.filter);
        let kinds = [
            "campaign", "stage", "grade", "owner", "source", "since", "sends", "call",
        ];
        let chosen = kinds.iter().filter(|name| query.get(name).is_some()).count();
        let since = query.get("since").unwrap_or_default();
        let campaigns = session.campaigns().map(|one| (one.id.as_str(), one.name.get(locale)));
        let stages = Stage::ALL
            .into_iter()
            .map(|stage| (stage.code(), stage_name(stage, locale)));
        let grades = ["A", "B", "C", "D"].into_iter().map(|grade| (grade, grade));
        let ages = SINCE.into_iter().map(|(code, name)| (code, name(locale)));
        let sends = Sends::ALL
            .into_iter()
            .map(|sends| (sends.code(), sends_name(sends, locale)));
        let calls = [("now", texts::call_now(locale)), ("late", texts::call_late(locale))];
        let orders = ORDERS.into_iter().map(|(sort, name)| (sort.code(), name(locale)));
        html! {
            form method="get" action="/console/leads" role="search" {
                div.search {
                    label for="q" { (texts::words(locale)) }
                    div.pair {
                        input type="search" id="q" name="q" value=(filter.words);
                        button type="submit" { (texts::search(locale)) }
                    }
                }
                details.filters {
                    summary { (texts::filters(locale)) @if chosen > 0 { " (" (chosen) ")" } }
                    div.bar {
                        (choice("campaign", common::campaign(locale), texts::all(locale), campaigns, query))
                        (choice("stage", common::stage(locale), texts::all(locale), stages, query))
                        (choice("grade", texts::grade(locale), texts::all(locale), grades, query))
                        (choice("owner", sales::owner(locale), texts::all_owners(locale), owners(session).into_iter(), query))
                        div.field {
                            label for="source" { "Source" }
                            input type="text" id="source" name="source" value=(query.get("source").unwrap_or_default());
                        }
                        @if since.is_empty() || SINCE.iter().any(|(code, _)| *code == since) {
                            (choice("since", texts::captured(locale), texts::any_time(locale), ages, query))
                        } @else {
                            input type="hidden" name="since" value=(since);
                        }
                        (choice("sends", common::emails(locale), texts::all_emails(locale), sends, query))
                        (choice("call", texts::follow_up(locale), texts::all_emails(locale), calls.into_iter(), query))
                        div.field {
                            label for="sort" { (texts::sort(locale)) }
                            select id="sort" name="sort" {
                                @for (code, name) in orders { option value=(code) selected[filter.sort.code() == code] { (name) } }
                            }
                        }
                        button type="submit" { (common::show(locale)) }
                    }
                }
            }
        }
    }

    fn rows(&self) -> Markup {
        let session = &self.opened.session;
        let locale = session.locale;
        let calls = self.filter.call.is_some();
        let boxes = session.may(Role::Sales);
        let all = self
            .opened
            .visit
            .pairs()
            .iter()
            .any(|(name, value)| name == "select" && value == "all");
        let mut heads = vec![
            (texts::name(locale), Some((Sort::Name, Sort::NameDown))),
            (texts::need(locale), Some((Sort::Grade, Sort::GradeDown))),
            (common::stage(locale), None),
            (sales::owner(locale), None),
        ];
        match calls {
            true => heads.insert(1, (lead_texts::telephone(locale), None)),
            false => heads.extend([
                ("Source", None),
                (texts::last_asked(locale), Some((Sort::AskedDown, Sort::Asked))),
            ]),
        }
        heads.push((texts::next_task(locale), Some((Sort::Deadline, Sort::Deadline))));
        html! {
            @if boxes {
                p.small.select { a href={ "/console/leads?" (self.query.with("select", if all { "none" } else { "all" })) } { (if all { texts::select_none(locale) } else { texts::select_all(locale) }) } }
            }
            table.list role="table" aria-label="Leads" {
                thead role="rowgroup" { tr role="row" {
                    @if boxes { th role="columnheader" scope="col" { span.gone { (texts::select(locale)) } } }
                    @for (name, sort) in heads { (self.head(name, sort)) }
                } }
                tbody role="rowgroup" {
                    @for lead in &self.found.leads { (self.row(lead, calls, boxes.then_some(all))) }
                }
            }
        }
    }

    /// A column, and the address by which the list is sorted by it.
    fn head(&self, name: &str, sort: Option<(Sort, Sort)>) -> Markup {
        let here = self.filter.sort;
        let Some((first, second)) = sort else {
            return html! { th role="columnheader" scope="col" { (name) } };
        };
        let next = if here == first { second } else { first };
        let up = (here == first || here == second).then(|| if here.is_down() { "descending" } else { "ascending" });
        html! {
            th role="columnheader" scope="col" aria-sort=[up] {
                a href={ "/console/leads?" (self.query.without("cursor").with("sort", next.code())) } { (name) }
            }
        }
    }

    fn row(&self, lead: &Lead, calls: bool, ticked: Option<bool>) -> Markup {
        let session = &self.opened.session;
        let locale = session.locale;
        let campaign = self.filter.campaign.as_ref();
        let shown = Shown::of(session, lead, campaign);
        let row = row::row(lead, &shown, campaign.is_some(), session.now);
        let zone = zone_of(session, lead);
        let (called, beside) = names(&row, shown.campaign);
        let owner = row.owner.as_deref().map(|id| owner_name(session, id));
        html! {
            tr role="row" {
                @if let Some(ticked) = ticked {
                    td.tick role="cell" { input type="checkbox" name="lead" value=(row.id) checked[ticked] aria-label=(texts::select_of(locale, &called)); }
                }
                th role="rowheader" scope="row" {
                    a href={ "/console/leads/" (row.id) } { (called) }
                    @if let Some(beside) = beside { br; span.soft.small { (beside) } }
                }
                @if calls { td role="cell" { (telephone(&row, shown.campaign)) } }
                td.wide role="cell" {
                    span.pill { (row.grade) }
                    @if let Some(need) = shown.campaign.and_then(|campaign| need(lead, campaign)) { " " span.small { (need) } }
                }
                td role="cell" {
                    (stage_name(row.stage, locale))
                    @for (mails, sends) in [(row.unknown_sends, Sends::Unknown), (row.duplicate_sends, Sends::Duplicate)] {
                        @if mails > 0 { " " span.pill { (mails) " × " (sends_name(sends, locale)) } }
                    }
                }
                td.no[owner.is_none()] role="cell" data-head=(sales::owner(locale)) { (owner.unwrap_or("—")) }
                @if !calls {
                    td.wide.no[row.source.is_none()] role="cell" data-head="Source" { (row.source.as_deref().unwrap_or("—")) }
                    td role="cell" data-head=(texts::last_asked(locale)) { (day(row.last_enquiry_at, &zone, locale)) }
                }
                td.no[row.task.is_none()] role="cell" { (task(&row, session, &zone)) }
            }
        }
    }

    /// Back and forth. The way back stands in the address: an index goes one way.
    fn paging(&self) -> Markup {
        let locale = self.opened.session.locale;
        let pairs = self.opened.visit.pairs();
        let past = pairs
            .iter()
            .find(|(name, _)| name == "past")
            .map(|(_, past)| past.as_str());
        let mut past: Vec<&str> = past
            .unwrap_or_default()
            .split(',')
            .filter(|one| !one.is_empty())
            .collect();
        let here = self.query.get("cursor");
        let link = |cursor: Option<&str>, past: &[&str]| {
            let query = self.query.without("cursor");
            let query = cursor.map_or_else(|| query.text(), |cursor| query.with("cursor", cursor));
            let past = if past.is_empty() {
                String::new()
            } else {
                format!("&past={}", past.join(","))
            };
            format!("/console/leads?{query}{past}")
        };
        let back = here.map(|_| match past.split_last() {
            Some((before, earlier)) => link(Some(before), earlier),
            None => link(None, &[]),
        });
        let first = here.filter(|_| !past.is_empty()).map(|_| link(None, &[]));
        let next = self.found.next.as_deref().map(|next| {
            past.extend(here);
            let kept = past.len().saturating_sub(PAGES_BACK);
            link(Some(next), &past[kept..])
        });
        html! {
            @if back.is_some() || next.is_some() {
                nav.pages aria-label=(texts::pages(locale)) {
                    @if let Some(first) = first { a href=(first) { (texts::first(locale)) } }
                    @if let Some(back) = back { a href=(back) rel="prev" { (texts::previous(locale)) } }
                    @if let Some(next) = next { a.button href=(next) rel="next" { (texts::next(locale)) } }
                }
            }
        }
    }
}

/// A choice of the filters.
fn choice<'t>(
    name: &str,
    label: &str,
    all: &str,
    options: impl Iterator<Item = (&'t str, &'t str)>,
    query: &Query,
) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                option value="" { (all) }
                @for (value, text) in options { option value=(value) selected[query.get(name) == Some(value)] { (text) } }
            }
        }
    }
}

/// What a lead is called in a list, and what stands below: the company, else how to reach them.
pub fn names(row: &Summary, campaign: Option<&Campaign>) -> (String, Option<String>) {
    let phone = row.phone.as_deref().and_then(Phone::stored);
    let phone = phone.map(|phone| phone.shown(campaign.map_or("", Campaign::country)));
    let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let mut known = [filled(&row.name), filled(&row.company), row.email.clone(), phone]
        .into_iter()
        .flatten();
    (known.next().unwrap_or_default(), known.next())
}

/// The number to tap.
pub fn telephone(row: &Summary, campaign: Option<&Campaign>) -> Markup {
    let phone = row.phone.as_deref().and_then(Phone::stored);
    html! {
        @if let Some(phone) = phone {
            a href={ "tel:" (phone.expose()) } { (phone.shown(campaign.map_or("", Campaign::country))) }
        } @else if let Some(email) = &row.email {
            a href={ "mailto:" (email) } { (email) }
        }
    }
}

/// What somebody needs, in a line: what they wrote in the first field of several lines.
fn need<'a>(lead: &'a Lead, campaign: &Campaign) -> Option<String> {
    let mut fields = campaign
        .form
        .fields
        .iter()
        .filter(|field| field.kind == FieldType::LongText);
    let said: &'a str = fields.find_map(|field| lead.words.answer(&field.name))?;
    let mut chars = said.chars();
    let cut: String = chars.by_ref().take(NEED_CHARS).collect();
    Some(if chars.next().is_some() {
        format!("{}…", cut.trim_end())
    } else {
        cut
    })
}

/// What is to be done next, and by when.
pub fn task(row: &Summary, session: &Session<'_>, zone: &TimeZone) -> Markup {
    let locale = session.locale;
    let Some(task) = &row.task else { return html! { "—" } };
    let what = if task.decide {
        sales::decide(locale)
    } else {
        sales::call(locale)
    };
    let waits = task.from > session.now;
    let at = format::moment_nearby(if waits { task.from } else { task.until }, zone, locale);
    html! {
        @if task.late { strong.late { (common::overdue(locale)) " · " } }
        (what) " " span.small { @if waits { (texts::from(locale, &at)) } @else { (texts::until(locale, &at)) } }
    }
}

fn day(at: Timestamp, zone: &TimeZone, locale: Locale) -> String {
    format::day(at.to_zoned(zone.clone()).date(), locale)
}

/// The zone of the first campaign: for moments of the whole workspace.
pub fn first_zone(session: &Session<'_>) -> TimeZone {
    session.campaigns().next().map_or(TimeZone::UTC, Campaign::time_zone)
}

fn sends_name(sends: Sends, locale: Locale) -> &'static str {
    match sends {
        Sends::Unknown => texts::unknown_outcome(locale),
        Sends::Duplicate => texts::sent_twice(locale),
    }
}
