//! Finding leads: by campaign, stage and words, newest first, a page at a time.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use piste_adapters::store::BoardRow;
use piste_domain::codes;
use piste_domain::lead::case::Task;
use piste_domain::lead::stage::Stage;
use piste_domain::rules::source::source_of;
use piste_domain::{CampaignId, Email, Lead, LeadId};
use piste_operations::{MONTHS_BACK, end_of_month_before};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::query::Query;
use crate::{ConsoleError, Session};

/// Leads of a page, where nothing else is asked for.
pub const LIMIT_DEFAULT: usize = 50;
/// Leads of a page at most.
pub const LIMIT_MAX: usize = 100;

/// A cursor that no answer gave out.
pub const BAD_CURSOR: ConsoleError = ConsoleError::BadRequest(
    "bad_cursor",
    "Use the value of `next` unchanged, or start without a cursor.",
);

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// One campaign, or all of the workspace.
    pub campaign: Option<CampaignId>,
    /// One stage.
    pub stage: Option<Stage>,
    /// Only those with emails of this kind.
    pub sends: Option<Sends>,
    /// Only those whom somebody should call by now, or should have called.
    pub call: Option<Due>,
    /// Only those of this owner.
    pub owner: Option<String>,
    /// Only those whose first post came from there.
    pub source: Option<String>,
    /// Words in name or address.
    pub words: String,
    /// Where the last page ended.
    cursor: Option<Cursor>,
    limit: usize,
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
    /// The leads, newest first.
    pub leads: Vec<Arc<Lead>>,
    /// How many more there are on it that this version cannot read.
    pub unreadable: usize,
    /// Where the next page starts.
    pub next: Option<String>,
}

/// The moment of the last row shown, and the rows already shown of that very second.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    at: i64,
    seen: Vec<LeadId>,
}

impl Cursor {
    fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&BASE64.decode(text).ok()?).ok()
    }

    fn write(&self) -> String {
        BASE64.encode(serde_json::to_vec(self).expect("a cursor serialises"))
    }
}

impl Filter {
    /// What a checked query asks for.
    ///
    /// # Errors
    /// The cursor is none of ours.
    pub fn read(query: &Query) -> Result<Self, ConsoleError> {
        let cursor = match query.get("cursor") {
            Some(text) => Some(Cursor::read(text).ok_or(BAD_CURSOR)?),
            None => None,
        };
        let limit = query.get("limit").and_then(|limit| limit.parse().ok());
        Ok(Self {
            campaign: query.get("campaign").map(CampaignId::new),
            stage: query.get("stage").and_then(Stage::from_code),
            sends: query.get("sends").and_then(Sends::from_code),
            call: query.get("call").and_then(Due::from_code),
            owner: query.get("owner").map(str::to_owned),
            source: query.get("source").map(str::to_lowercase),
            words: query.get("q").unwrap_or_default().to_lowercase(),
            cursor,
            limit: limit.unwrap_or(LIMIT_DEFAULT),
        })
    }

    /// Goes on where a page ended.
    pub fn go_on(&mut self, next: &str) {
        self.cursor = Cursor::read(next);
    }

    /// Whether nothing is looked for: the first page of all leads.
    pub fn is_all(&self) -> bool {
        let asked = [&self.owner, &self.source].iter().any(|asked| asked.is_some());
        let chosen = asked || self.campaign.is_some() || self.stage.is_some() || self.call.is_some();
        !chosen && self.words.is_empty() && self.cursor.is_none()
    }

    fn holds(&self, row: &BoardRow, now: Timestamp) -> bool {
        let seen = self
            .cursor
            .as_ref()
            .is_some_and(|c| c.at == row.captured_at.as_second() && c.seen.contains(&row.id));
        let words = || {
            [&row.name, &row.email]
                .iter()
                .any(|text| text.expose().to_lowercase().contains(&self.words))
        };
        !seen
            && self.stage.is_none_or(|stage| stage.code() == row.stage)
            && self.sends.is_none_or(|sends| sends.of_row(row))
            && self.call.is_none_or(|_| row.call_from.is_some_and(|from| from <= now))
            && self.owner.as_ref().is_none_or(|owner| row.owner.as_ref() == Some(owner))
            && self.source.as_ref().is_none_or(|source| row.source.as_ref() == Some(source))
            // Over all campaigns a person is listed once, in the first one.
            && (self.campaign.is_some() || !row.further)
            && (self.words.is_empty() || words())
    }
}

/// One page of what is looked for.
///
/// # Errors
/// [`ConsoleError::Store`].
pub async fn list(session: &Session<'_>, filter: &Filter) -> Result<Found, ConsoleError> {
    let mut filter = filter.clone();
    let mut found = Found {
        leads: Vec::new(),
        unreadable: 0,
        next: None,
    };
    let wanted = filter.limit;
    loop {
        let page = some(session, &filter).await?;
        let due = |lead: &Arc<Lead>| filter.call.is_none_or(|due| due.of_lead(lead, session.now));
        found.leads.extend(page.leads.into_iter().filter(due));
        found.unreadable += page.unreadable;
        found.next = page.next;
        match &found.next {
            // The index says who is to be called, the lead alone by when: what it says may leave room.
            Some(next) if found.leads.len() < wanted => {
                filter.go_on(next);
                filter.limit = wanted - found.leads.len();
            }
            _ => return Ok(found),
        }
    }
}

/// Some of what is looked for, as the index knows it.
async fn some(session: &Session<'_>, filter: &Filter) -> Result<Found, ConsoleError> {
    // A whole address is its own key: no search.
    if filter.cursor.is_none()
        && let Ok(email) = Email::read(&filter.words)
    {
        return by_address(session, filter, &email).await;
    }
    let campaigns: Vec<&CampaignId> = session
        .campaigns()
        .map(|campaign| &campaign.id)
        .filter(|id| filter.campaign.as_ref().is_none_or(|wanted| wanted == *id))
        .collect();
    let latest = filter
        .cursor
        .as_ref()
        .and_then(|cursor| Timestamp::from_second(cursor.at).ok());
    let mut until = latest.unwrap_or(session.now);
    let mut rows: Vec<BoardRow> = Vec::new();
    for _ in 0..MONTHS_BACK {
        let mut month = Vec::new();
        for campaign in &campaigns {
            month.extend(of_month(session, filter, campaign, until, filter.limit + 1 - rows.len()).await?);
        }
        month.sort_by_key(|row| std::cmp::Reverse(row.captured_at));
        rows.extend(month);
        if rows.len() > filter.limit {
            break;
        }
        until = end_of_month_before(until);
    }
    let more = rows.len() > filter.limit;
    rows.truncate(filter.limit);
    let next = rows.last().filter(|_| more).map(|last| {
        let at = last.captured_at.as_second();
        let before = filter
            .cursor
            .iter()
            .filter(|cursor| cursor.at == at)
            .flat_map(|cursor| cursor.seen.clone());
        let here = rows
            .iter()
            .filter(|row| row.captured_at == last.captured_at)
            .map(|row| row.id.clone());
        Cursor {
            at,
            seen: before.chain(here).collect(),
        }
        .write()
    });
    let ids: Vec<LeadId> = rows.into_iter().map(|row| row.id).collect();
    let page = session.app.store.load_all(&ids).await?;
    Ok(Found {
        leads: page.rows,
        unreadable: page.unreadable,
        next,
    })
}

async fn by_address(session: &Session<'_>, filter: &Filter, email: &Email) -> Result<Found, ConsoleError> {
    let id = LeadId::of(&session.app.ring().identity, &session.workspace, email);
    let lead = session.app.store.load(&id).await?;
    let first = |lead: &Lead| {
        lead.words
            .enquiries()
            .first()
            .and_then(|enquiry| source_of(&enquiry.touch))
    };
    let fits = |lead: &Lead| {
        filter.stage.is_none_or(|stage| lead.stage == stage)
            && filter.sends.is_none_or(|sends| sends.of_lead(lead))
            && filter.call.is_none_or(|due| due.of_lead(lead, session.now))
            && filter.owner.as_deref().is_none_or(|owner| lead.owner() == Some(owner))
            && filter
                .source
                .as_ref()
                .is_none_or(|source| first(lead).as_ref() == Some(source))
            && filter
                .campaign
                .as_ref()
                .is_none_or(|campaign| lead.standing(campaign).is_some())
    };
    Ok(Found {
        leads: lead.into_iter().filter(|lead| fits(lead)).collect(),
        unreadable: 0,
        next: None,
    })
}

/// At least `wanted` rows of one campaign's month, if it has as many.
async fn of_month(
    session: &Session<'_>,
    filter: &Filter,
    campaign: &CampaignId,
    until: Timestamp,
    wanted: usize,
) -> Result<Vec<BoardRow>, ConsoleError> {
    let mut rows = Vec::new();
    let mut from = None;
    loop {
        let page = session
            .app
            .store
            .board(&session.workspace, campaign, until, from)
            .await?;
        rows.extend(page.rows.into_iter().filter(|row| filter.holds(row, session.now)));
        from = page.next;
        if from.is_none() || rows.len() >= wanted {
            return Ok(rows);
        }
    }
}
