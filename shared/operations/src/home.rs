//! What the first page of the console says: whom to call, who came, who replied, and how this week compares with the last.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use piste_domain::kit::vocabulary::SignalKind;
use piste_domain::lead::stage::Stage;
use piste_domain::views::funnel::{Bucket, over_time};
use piste_domain::{Campaign, Lead, LeadId};

use crate::leads::row::next_task;
use crate::leads::walk::{Reach, Walk};
use crate::leads::{self, Filter, LIMIT_MAX, LISTS_OF_A_PAGE};
use crate::{OperationError, Operator};

/// Leads of each list of the page.
const SHOWN: usize = 5;
/// Days of the chart, and of the leads among whose signals replies are looked for.
const DAYS: i64 = 30;
/// Leads that are read for their replies at most, the newest first.
const READ_MAX: usize = 300;
/// Rows of the index that are counted at most.
const ROWS_MAX: usize = 20_000;

/// What came of a week's leads by now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Week {
    /// All of them.
    pub leads: u64,
    /// Those that are MQL or further.
    pub qualified: u64,
}

/// What the first page says.
#[derive(Debug)]
pub struct Home {
    /// Whom to call, the most urgent first: some of them.
    pub calls: Vec<Arc<Lead>>,
    /// How many there are, where that was counted.
    pub to_call: Option<usize>,
    /// How many of them should have been called by now; of the first hundred.
    pub late: usize,
    /// Who came, the newest first: some of them.
    pub new: Vec<Arc<Lead>>,
    /// Who replied to an email within a week, and when, the newest first.
    pub replies: Vec<(Timestamp, Arc<Lead>)>,
    /// The last seven days.
    pub week: Week,
    /// The seven before.
    pub before: Week,
    /// Leads over time, of the last 30 days.
    pub days: (Bucket, Vec<(Date, u64)>),
}

/// What there is to do, and how it goes. It reads the index of two months, the open cases, and a few hundred leads at most.
///
/// # Errors
/// [`OperationError::Store`].
pub async fn home(session: &Operator<'_>) -> Result<Home, OperationError> {
    let asked = |name: &str| match name {
        "call" => Some("now".to_owned()),
        "sort" => Some("deadline".to_owned()),
        _ => None,
    };
    let mut whom = Filter::read(session, asked)?;
    whom.brief = true;
    whom.limit = Some(LIMIT_MAX);
    let calls = leads::list(session, &whom).await?;
    let is_late = |lead: &&Arc<Lead>| next_task(lead, session.now).is_some_and(|task| task.late);
    let late = calls.leads.iter().filter(is_late).count();

    let ago = |days: i64| session.now - SignedDuration::from_hours(24 * days);
    let zone = session.campaigns().next().map_or(TimeZone::UTC, Campaign::time_zone);
    let date = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let mut walk = Walk::new(
        session,
        session.campaigns().map(|campaign| campaign.id.clone()).collect(),
        None,
        Reach {
            since: Some(ago(DAYS)),
            lists: LISTS_OF_A_PAGE,
            ..Reach::default()
        },
    );
    let (mut week, mut before) = (Week::default(), Week::default());
    let (mut counts, mut latest): (BTreeMap<Date, u64>, Vec<LeadId>) = Default::default();
    while walk.rows < ROWS_MAX
        && let Some((_, row)) = walk.next().await?
        && row.captured_at >= ago(DAYS)
    {
        if row.further {
            continue;
        }
        *counts.entry(date(row.captured_at)).or_default() += 1;
        let of = match row.captured_at {
            at if at > ago(7) => Some(&mut week),
            at if at > ago(14) => Some(&mut before),
            _ => None,
        };
        if let Some(of) = of {
            let stage = Stage::from_code(&row.stage);
            of.leads += 1;
            of.qualified += u64::from(matches!(stage, Some(Stage::Mql | Stage::Sql | Stage::Customer)));
        }
        if latest.len() < READ_MAX {
            latest.push(row.id);
        }
    }
    let read = leads::load(session, latest.iter()).await?.rows;
    let replied = |lead: &Arc<Lead>| {
        let replies = lead.signals.iter().filter(|signal| signal.kind == SignalKind::Reply);
        let at = replies.map(|signal| signal.at).max().filter(|at| *at > ago(7))?;
        Some((at, Arc::clone(lead)))
    };
    let mut replies: Vec<_> = read.iter().chain(&calls.leads).filter_map(replied).collect();
    replies.sort_by(|(a, one), (b, other)| (b, &one.id).cmp(&(a, &other.id)));
    replies.dedup_by(|(_, one), (_, other)| one.id == other.id);
    replies.truncate(SHOWN);
    let first = date(ago(DAYS - 1));
    Ok(Home {
        calls: calls.leads.into_iter().take(SHOWN).collect(),
        to_call: calls.total,
        late,
        new: read.into_iter().take(SHOWN).collect(),
        replies,
        week,
        before,
        days: over_time(&counts, first, date(session.now)),
    })
}
