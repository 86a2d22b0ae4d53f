//! Finding leads: by campaign, stage, words and more, in any order, a page at a time.

mod calls;
mod place;
pub mod row;
pub mod sort;
pub mod table;
pub(crate) mod walk;

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use piste_adapters::store::{BoardRow, Page};
use piste_domain::codes;
use piste_domain::kit::phone::{Phone, PhonePart};
use piste_domain::kit::text::folded;
use piste_domain::lead::case::Task;
use piste_domain::lead::stage::Stage;
use piste_domain::rules::source::source_of;
use piste_domain::{Campaign, CampaignId, Email, Lead, LeadId};
use strum::{EnumString, IntoStaticStr, VariantArray};

pub use self::place::Place;
use self::place::mark;
use self::row::{Shown, row};
use self::sort::{Sort, Value};
use self::walk::{Reach, Walk};
use crate::{OperationError, Operator};

/// Leads of a page, where nothing else is asked for.
pub const LIMIT_DEFAULT: usize = 50;
/// Leads of a page at most.
pub const LIMIT_MAX: usize = 100;
/// Leads of one request (`BatchGetItem`).
const LEADS_OF_A_REQUEST: usize = 100;
/// Such requests side by side.
const REQUESTS_AT_ONCE: usize = 4;
/// Leads that are in memory at once.
pub const LEADS_AT_ONCE: usize = REQUESTS_AT_ONCE * LEADS_OF_A_REQUEST;
/// Leads that are sorted at most by what the index does not hold: each is read for it.
pub const SORTED_MAX: usize = 10_000;

/// Lists of the index that a page of the console opens at most: all months of three campaigns, or four months of thirty.
pub const LISTS_OF_A_PAGE: usize = 120;

/// How far a search goes in one answer.
#[derive(Clone, Copy)]
struct Effort {
    /// Rows of the index.
    rows: usize,
    /// Leads that are read because the index alone cannot say whether they are looked for.
    leads: usize,
    /// Lists of the index: one for each campaign and month.
    lists: usize,
}

impl Effort {
    /// The same, and no further than a page of the console goes, if it is for one.
    fn of(self, filter: &Filter) -> Self {
        Self {
            lists: if filter.brief { LISTS_OF_A_PAGE } else { self.lists },
            ..self
        }
    }
}

/// For a page: it ends early where so many leads were read, and says where to go on.
const FOR_A_PAGE: Effort = Effort {
    rows: usize::MAX,
    leads: 5_000,
    lists: usize::MAX,
};
/// To count: a page or two of the index, and any thousand leads, whatever campaigns they are in. Beyond, nobody waits for
/// the number.
const TO_COUNT: Effort = Effort {
    rows: 4_000,
    leads: 2_000,
    lists: usize::MAX,
};
/// To sort: all of them.
const TO_SORT: Effort = Effort {
    rows: usize::MAX,
    leads: SORTED_MAX,
    lists: usize::MAX,
};

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// One campaign, or all of the workspace.
    pub campaign: Option<CampaignId>,
    /// One stage.
    pub stage: Option<Stage>,
    /// Only those of this grade, or of the grades that begin like this.
    pub grade: Option<String>,
    /// Only those who came since then.
    pub since: Option<Timestamp>,
    /// Only those with emails of this kind.
    pub sends: Option<Sends>,
    /// Only those whom somebody should call by now, or should have called.
    pub call: Option<Due>,
    /// Only those of this owner.
    pub owner: Option<String>,
    /// Only those whose first post came from there.
    pub source: Option<String>,
    /// Words in name, company, address or telephone number, as typed.
    pub words: String,
    /// The order.
    pub sort: Sort,
    /// Leads of a page, if that was asked for.
    pub limit: Option<usize>,
    /// Whether an answer goes no further back than [`LISTS_OF_A_PAGE`], and says how far: a page for people, who see that.
    pub brief: bool,
    /// The words without accents and capitals.
    folded: String,
    /// The words as a telephone number or a part of one.
    phone: Option<PhonePart>,
    /// Where the last page ended.
    pub from: Option<Place>,
}

/// Emails that need a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Sends {
    /// Of which nobody knows whether they arrived.
    Unknown,
    /// That SES accepted twice.
    Duplicate,
}

codes!(Sends);

impl Sends {
    fn of_row(self, row: &BoardRow) -> bool {
        match self {
            Self::Unknown => row.unknown > 0,
            Self::Duplicate => row.copies > 0,
        }
    }

    fn of_lead(self, lead: &Lead) -> bool {
        match self {
            Self::Unknown => lead.unknown_sends() > 0,
            Self::Duplicate => lead.duplicate_sends() > 0,
        }
    }
}

/// Whom somebody should call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Due {
    /// By now.
    Now,
    /// Before now.
    Late,
}

codes!(Due);

impl Due {
    fn of_lead(self, lead: &Lead, now: Timestamp) -> bool {
        let Some(case) = lead.open_case() else { return false };
        let task = |is: fn(&Task, Timestamp) -> bool| case.task.is_some_and(|task| is(&task, now));
        match self {
            Self::Now => task(|task, now| task.from <= now),
            Self::Late => case.is_overdue(now) || task(|task, now| task.until < now),
        }
    }
}

/// A page of leads.
pub struct Found {
    /// The leads, in the order asked for.
    pub leads: Vec<Arc<Lead>>,
    /// How many more there are on it that this version cannot read.
    pub unreadable: usize,
    /// Where the next page starts.
    pub next: Option<String>,
    /// How many leads there are on all pages, where that is not too many to count.
    pub total: Option<usize>,
    /// Until when it looked back, where there may be more before.
    pub back_to: Option<Timestamp>,
}

/// A lead that is looked for, by its row in the index.
pub struct Hit {
    /// Which.
    pub id: LeadId,
    /// Its place in the list.
    pub place: Place,
    row: Option<BoardRow>,
}

impl Hit {
    fn of(campaign: &CampaignId, row: BoardRow) -> Self {
        Self {
            id: row.id.clone(),
            place: Place::of(campaign, &row),
            row: Some(row),
        }
    }

    /// One that the index was not asked for.
    fn of_lead(lead: &Lead) -> Self {
        Self {
            id: lead.id.clone(),
            place: Place::Row {
                at: lead.captured_at.as_second(),
                campaign: lead.campaign.clone(),
                id: lead.id.clone(),
                further: false,
            },
            row: None,
        }
    }
}

/// Some of what is looked for.
#[derive(Default)]
pub struct Hits {
    /// In the order asked for.
    pub hits: Vec<Hit>,
    /// Where there may be more.
    pub next: Option<Place>,
    /// How many there are on the whole, where that was counted.
    total: Option<usize>,
    /// Until when the lists were opened, where that was not all of them.
    back_to: Option<Timestamp>,
}

impl Hits {
    /// So many of them at most.
    fn cut(mut self, limit: usize) -> Self {
        if self.hits.len() > limit {
            self.hits.truncate(limit);
            self.next = self.hits.last().map(|hit| hit.place.clone());
        }
        self
    }
}

impl Filter {
    /// What a checked query asks for, by the names of its parameters.
    ///
    /// # Errors
    /// [`OperationError::BadCursor`]: it is none of ours, or of a list in another order.
    pub fn read(session: &Operator<'_>, query: impl Fn(&str) -> Option<String>) -> Result<Self, OperationError> {
        let coded = |name: &str| query(name).unwrap_or_default();
        let sort = Sort::from_code(&coded("sort")).unwrap_or_default();
        let from = match query("cursor") {
            Some(text) => {
                let place = Place::read(session, &text).filter(|place| place.is_in(sort));
                Some(place.ok_or(OperationError::BadCursor)?)
            }
            None => None,
        };
        let campaign = query("campaign").map(CampaignId::new);
        let words = query("q").unwrap_or_default();
        let asked = campaign.as_ref().and_then(|id| session.catalog.get(id));
        let country = asked
            .or_else(|| session.campaigns().next())
            .map_or("FR", Campaign::country);
        Ok(Self {
            campaign: campaign.clone(),
            stage: Stage::from_code(&coded("stage")),
            grade: query("grade").map(|grade| grade.to_uppercase()),
            since: query("since").and_then(|since| moment_since(session, &since)),
            sends: Sends::from_code(&coded("sends")),
            call: Due::from_code(&coded("call")),
            owner: query("owner"),
            source: query("source").map(|source| source.to_lowercase()),
            folded: folded(&words),
            phone: PhonePart::read(&words, country),
            words,
            sort,
            from,
            limit: query("limit").and_then(|limit| limit.parse().ok()),
            brief: false,
        })
    }

    /// Whether nothing is looked for: the first page of all leads.
    pub fn is_all(&self) -> bool {
        let asked = [&self.owner, &self.source, &self.grade]
            .iter()
            .any(|asked| asked.is_some());
        let chosen = asked || self.campaign.is_some() || self.stage.is_some() || self.call.is_some();
        let chosen = chosen || self.since.is_some() || self.sends.is_some();
        !chosen && self.words.is_empty() && self.from.is_none() && self.sort == Sort::default()
    }

    /// Whether a row may be of a lead that is looked for, as far as the index knows.
    fn admits(&self, row: &BoardRow, now: Timestamp) -> bool {
        self.stage.is_none_or(|stage| stage.code() == row.stage)
            && self.since.is_none_or(|since| row.captured_at >= since)
            && self.sends.is_none_or(|sends| sends.of_row(row))
            && self.call.is_none_or(|_| row.call_from.is_some_and(|from| from <= now))
            && self.owner.as_ref().is_none_or(|owner| row.owner.as_ref() == Some(owner))
            && self.source.as_ref().is_none_or(|source| row.source.as_ref() == Some(source))
            // Over all campaigns a person is listed once, in the first one.
            && (self.campaign.is_some() || !row.further)
    }

    /// Whether the words are in what the index holds.
    fn says_so(&self, row: &BoardRow) -> bool {
        let texts = [&row.name, &row.email];
        self.folded.is_empty() || texts.iter().any(|text| folded(text.expose()).contains(&self.folded))
    }

    /// Whether leads may have to say themselves that they are looked for: the index knows neither company nor telephone
    /// number.
    fn may_ask(&self) -> bool {
        self.asks_all() || !self.folded.is_empty()
    }

    /// Whether each of them has to: the index knows no grade, which ages, and of calls no more than since when.
    fn asks_all(&self) -> bool {
        self.call.is_some() || self.grade.is_some()
    }

    /// Whether this one has to.
    fn asks(&self, hit: &Hit) -> bool {
        self.asks_all() || !hit.row.as_ref().is_some_and(|row| self.says_so(row))
    }

    fn is_met(&self, session: &Operator<'_>, hit: &Hit, lead: &Lead) -> bool {
        let in_row = hit.row.as_ref().is_some_and(|row| self.says_so(row));
        self.is_met_by(session, lead) && (in_row || self.is_said_by(session, lead))
    }

    /// Whether a lead is what the index cannot say.
    fn is_met_by(&self, session: &Operator<'_>, lead: &Lead) -> bool {
        let grade = || Shown::of(session, lead, self.campaign.as_ref()).score.grade;
        self.call.is_none_or(|due| due.of_lead(lead, session.now))
            && self
                .grade
                .as_ref()
                .is_none_or(|wanted| grade().starts_with(wanted.as_str()))
    }

    /// Whether the words are in company or telephone number.
    fn is_said_by(&self, session: &Operator<'_>, lead: &Lead) -> bool {
        let company = folded(lead.words.answer("company").unwrap_or_default());
        let number = |part: &PhonePart| phones(session, lead).any(|phone| phone.has(part));
        company.contains(&self.folded) || self.phone.as_ref().is_some_and(number)
    }

    /// Whether a lead is looked for by everything but the words.
    fn fits(&self, session: &Operator<'_>, lead: &Lead) -> bool {
        let first = || {
            lead.words
                .enquiries()
                .first()
                .and_then(|enquiry| source_of(&enquiry.touch))
        };
        self.is_met_by(session, lead)
            && self.stage.is_none_or(|stage| lead.stage == stage)
            && self.since.is_none_or(|since| lead.captured_at >= since)
            && self.sends.is_none_or(|sends| sends.of_lead(lead))
            && self.owner.as_deref().is_none_or(|owner| lead.owner() == Some(owner))
            && self
                .source
                .as_ref()
                .is_none_or(|source| first().as_ref() == Some(source))
            && self
                .campaign
                .as_ref()
                .is_none_or(|campaign| lead.standing(campaign).is_some())
    }
}

/// A moment since which leads are looked for: a day on the calendar of the first campaign, a moment, or a time back from
/// now such as `P7D`.
pub fn moment_since(session: &Operator<'_>, text: &str) -> Option<Timestamp> {
    let zone = session.campaigns().next().map_or(TimeZone::UTC, Campaign::time_zone);
    if let Ok(span) = text.parse::<jiff::Span>() {
        return session
            .now
            .to_zoned(zone)
            .checked_sub(span)
            .ok()
            .map(|at| at.timestamp());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let day = text.parse::<jiff::civil::Date>().ok()?;
    day.to_zoned(zone).ok().map(|at| at.timestamp())
}

/// Every telephone number of a lead.
fn phones<'a>(session: &'a Operator<'_>, lead: &'a Lead) -> impl Iterator<Item = Phone> + 'a {
    let campaigns = lead.campaigns().filter_map(|id| session.catalog.get(id));
    let fields = campaigns.flat_map(|campaign| campaign.phone_fields());
    let answers = fields.filter_map(|field| lead.words.answer(field).and_then(Phone::stored));
    answers.chain(lead.phone.clone())
}

/// One page of what is looked for, and how much there is.
///
/// # Errors
/// [`OperationError::Store`], [`OperationError::TooManyToSort`].
pub async fn list(session: &Operator<'_>, filter: &Filter) -> Result<Found, OperationError> {
    let limit = filter.limit.unwrap_or(LIMIT_DEFAULT);
    let page = match filter.sort.is_of_index() {
        true => counted(session, filter, limit).await?,
        false => sorted(session, filter, limit).await?,
    };
    let loaded = load(session, page.hits.iter().map(|hit| &hit.id)).await?;
    Ok(Found {
        leads: loaded.rows,
        unreadable: loaded.unreadable,
        next: page.next.map(|next| next.write(session)),
        total: page.total,
        back_to: page.back_to,
    })
}

/// A page in the order of the index. It is counted from the start, whatever the page: on the first, what is counted is the
/// page too.
async fn counted(session: &Operator<'_>, filter: &Filter, limit: usize) -> Result<Hits, OperationError> {
    let start = Filter {
        from: None,
        ..filter.clone()
    };
    let all = in_order(session, &start, usize::MAX, TO_COUNT).await?;
    let total = all.next.is_none().then_some(all.hits.len());
    let known = total.is_some() || all.hits.len() > limit || all.back_to.is_some();
    let page = match filter.from.is_none() && known {
        true => all.cut(limit),
        false => in_order(session, filter, limit, FOR_A_PAGE).await?,
    };
    Ok(Hits { total, ..page })
}

/// At most `limit` leads of what is looked for, in the order asked for, from the place on.
///
/// # Errors
/// [`OperationError::Store`], [`OperationError::TooManyToSort`].
pub async fn find(session: &Operator<'_>, filter: &Filter, limit: usize) -> Result<Hits, OperationError> {
    match filter.sort.is_of_index() {
        true => in_order(session, filter, limit, FOR_A_PAGE).await,
        false => sorted(session, filter, limit).await,
    }
}

/// Leads by their ids, whoever of them is still there.
///
/// # Errors
/// [`OperationError::Store`].
pub async fn load(
    session: &Operator<'_>,
    ids: impl Iterator<Item = &LeadId>,
) -> Result<Page<Arc<Lead>>, OperationError> {
    let ids: Vec<LeadId> = ids.cloned().collect();
    let some = |some: &[LeadId]| {
        let (store, some) = (&session.app.store, some.to_vec());
        async move { store.load_all(&some).await }
    };
    let asked: Vec<_> = ids.chunks(LEADS_OF_A_REQUEST).map(some).collect();
    let mut pages = stream::iter(asked).buffered(REQUESTS_AT_ONCE);
    let (mut rows, mut unreadable) = (Vec::new(), 0);
    while let Some(page) = pages.try_next().await? {
        rows.extend(page.rows);
        unreadable += page.unreadable;
    }
    let next = None;
    Ok(Page { rows, unreadable, next })
}

/// In the order of the index. Where it goes no further than so much effort, it says where to go on.
async fn in_order(
    session: &Operator<'_>,
    filter: &Filter,
    limit: usize,
    effort: Effort,
) -> Result<Hits, OperationError> {
    // A whole address is its own key: no search.
    if filter.from.is_none()
        && let Ok(email) = Email::read(&filter.words)
    {
        return by_address(session, filter, &email).await;
    }
    let campaigns = session.campaigns().map(|campaign| &campaign.id);
    let campaigns = campaigns.filter(|id| filter.campaign.as_ref().is_none_or(|wanted| wanted == *id));
    let effort = effort.of(filter);
    let reach = Reach {
        lists: effort.lists,
        since: filter.since,
        ..Reach::default()
    };
    let mut walk = Walk::new(session, campaigns.cloned().collect(), filter.from.as_ref(), reach);
    let mut found = Hits::default();
    let (mut read, mut ended) = (0, false);
    while found.hits.len() <= limit && !ended && walk.rows < effort.rows && read < effort.leads {
        let mut some = Vec::new();
        let wanted = match filter.may_ask() {
            true => LEADS_AT_ONCE,
            false => limit.saturating_add(1) - found.hits.len(),
        };
        while some.len() < wanted && walk.rows < effort.rows {
            let Some((campaign, row)) = walk.next().await? else {
                ended = true;
                break;
            };
            found.next = Some(Place::of(&campaign, &row));
            if filter.admits(&row, session.now) {
                some.push(Hit::of(&campaign, row));
            }
        }
        if filter.may_ask() {
            read += ask(session, filter, &mut some).await?;
        }
        found.hits.extend(some);
    }
    if ended {
        found.next = walk.cut_at().map(Place::before);
        found.back_to = walk.cut_at().map(start_of_next_month);
    }
    Ok(found.cut(limit))
}

/// The first second after the month of a moment that is its end.
fn start_of_next_month(end: Timestamp) -> Timestamp {
    end + SignedDuration::from_secs(1)
}

/// Keeps those who are looked for by the word of the leads themselves; says how many were read for that.
async fn ask(session: &Operator<'_>, filter: &Filter, some: &mut Vec<Hit>) -> Result<usize, OperationError> {
    let asked = some.iter().filter(|hit| filter.asks(hit)).map(|hit| &hit.id);
    let leads = load(session, asked.clone()).await?.rows;
    let read = asked.count();
    let leads: HashMap<&LeadId, &Lead> = leads.iter().map(|lead| (&lead.id, &**lead)).collect();
    some.retain(|hit| !filter.asks(hit) || leads.get(&hit.id).is_some_and(|lead| filter.is_met(session, hit, lead)));
    Ok(read)
}

/// In another order: every lead that is looked for has to be known for it.
async fn sorted(session: &Operator<'_>, filter: &Filter, limit: usize) -> Result<Hits, OperationError> {
    let sort = filter.sort;
    let start = Filter {
        from: None,
        ..filter.clone()
    };
    let mut all = in_order(session, &start, usize::MAX, TO_SORT).await?;
    if all.back_to.is_some() && filter.call.is_some() {
        calls::add(session, filter, &mut all).await?;
    }
    if all.next.is_some() && all.back_to.is_none() {
        return Err(OperationError::TooManyToSort);
    }
    let back_to = all.back_to;
    let mut rows = valued(session, filter, all.hits).await?;
    rows.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) if sort.is_down() => b.cmp(a),
        (Some(a), Some(b)) => a.cmp(b),
        // Whoever has no such value comes last, upwards and downwards.
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    let marked = |value: &Option<Value>| mark(session, "sorted", &Value::written(value.as_ref()));
    let from = match &filter.from {
        Some(Place::Sorted { before, id, mark, .. }) => {
            let here = rows
                .iter()
                .position(|(value, hit)| hit.id == *id && marked(value) == *mark);
            // Gone, or moved: on from where it was.
            here.map_or(*before, |at| at + 1)
        }
        _ => 0,
    };
    let total = Some(rows.len());
    let page = rows.into_iter().enumerate().skip(from).take(limit.saturating_add(1));
    let hits = page.map(|(before, (value, hit))| {
        let (id, mark) = (hit.id.clone(), marked(&value));
        let place = Place::Sorted { sort, before, id, mark };
        Hit { place, ..hit }
    });
    let (hits, next) = (hits.collect(), None);
    let found = Hits {
        hits,
        next,
        total,
        back_to,
    };
    Ok(found.cut(limit))
}

/// The hits with what they are sorted by; whoever is gone by now is left out.
async fn valued(
    session: &Operator<'_>,
    filter: &Filter,
    hits: Vec<Hit>,
) -> Result<Vec<(Option<Value>, Hit)>, OperationError> {
    let of_row = |hit: &Hit| hit.row.as_ref().and_then(|row| filter.sort.of_row(row));
    let unknown: Vec<&LeadId> = hits
        .iter()
        .filter(|hit| of_row(hit).is_none())
        .map(|hit| &hit.id)
        .collect();
    if unknown.len() > SORTED_MAX {
        return Err(OperationError::TooManyToSort);
    }
    let asked = filter.campaign.as_ref();
    let mut values = HashMap::new();
    for some in unknown.chunks(LEADS_AT_ONCE) {
        for lead in load(session, some.iter().copied()).await?.rows {
            let row = row(&lead, &Shown::of(session, &lead, asked), asked.is_some(), session.now);
            values.insert(lead.id.clone(), filter.sort.of_lead(&row));
        }
    }
    let valued = |hit: Hit| {
        let value = of_row(&hit).or_else(|| values.remove(&hit.id))?;
        Some((value, hit))
    };
    Ok(hits.into_iter().filter_map(valued).collect())
}

async fn by_address(session: &Operator<'_>, filter: &Filter, email: &Email) -> Result<Hits, OperationError> {
    let id = LeadId::of(&session.app.ring().identity, &session.workspace, email);
    let lead = session.app.store.load(&id).await?;
    Ok(Hits {
        hits: lead
            .into_iter()
            .filter(|lead| filter.fits(session, lead))
            .map(|lead| Hit::of_lead(&lead))
            .collect(),
        ..Hits::default()
    })
}
