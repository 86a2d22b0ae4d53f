//! The rows of the index one by one: newest first, over campaigns and months, from any place on.

use std::collections::VecDeque;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use piste_adapters::store::item::{Item, row_key};
use piste_adapters::store::{BoardRow, StoreError};
use piste_domain::CampaignId;

use super::place::Place;
use crate::{MONTHS_BACK, Operator, end_of_month_before};

/// Lists read side by side where none of them is the one that is needed next.
const LISTS_AT_ONCE: usize = 8;
/// How many more months are opened at once than the time before: the first alone fills a page of a large workspace, and
/// the many empty ones of a small one take few turns.
const MONTHS_MORE: usize = 3;

/// One campaign's list of one month.
struct List {
    campaign: CampaignId,
    until: Timestamp,
    rows: VecDeque<BoardRow>,
    from: Option<Item>,
    ended: bool,
}

impl List {
    /// Reads on until there is a row, or no more.
    async fn fill(mut self, operator: &Operator<'_>) -> Result<Self, StoreError> {
        while self.rows.is_empty() && !self.ended {
            let from = self.from.take();
            let store = &operator.app.store;
            let page = store
                .board(&operator.workspace, &self.campaign, self.until, from)
                .await?;
            self.rows = page.rows.into();
            self.from = page.next;
            self.ended = self.from.is_none();
        }
        Ok(self)
    }
}

/// A walk over the lists of some campaigns. Of one second, the campaigns come in the order of their ids and the rows of each
/// in that of the index: every row has its place.
pub struct Walk<'a> {
    operator: &'a Operator<'a>,
    campaigns: Vec<CampaignId>,
    place: Option<&'a Place>,
    /// The ends of the months that were not opened yet, the latest first.
    months: VecDeque<Timestamp>,
    /// Months that were, the lists of each.
    open: VecDeque<Vec<List>>,
    at_once: usize,
    /// Lists that may still be opened.
    lists: usize,
    /// Rows that were read.
    pub rows: usize,
}

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Months back, the running one included.
    pub months: usize,
    /// Lists that are opened at most: one for each campaign and month. The first month is opened whole.
    pub lists: usize,
    /// No month that was over by then.
    pub since: Option<Timestamp>,
}

impl Default for Reach {
    fn default() -> Self {
        Self {
            months: MONTHS_BACK,
            lists: usize::MAX,
            since: None,
        }
    }
}

impl<'a> Walk<'a> {
    /// Over the lists of these campaigns, after a place if there is one.
    pub fn new(
        operator: &'a Operator<'a>,
        mut campaigns: Vec<CampaignId>,
        place: Option<&'a Place>,
        reach: Reach,
    ) -> Self {
        campaigns.sort();
        let mut until = operator.now;
        let mut months = VecDeque::new();
        for _ in 0..reach.months {
            months.push_back(until);
            until = end_of_month_before(until);
        }
        if let Some(Place::Row { at, .. }) = place {
            months.retain(|until| month(until.as_second()) <= month(*at));
        }
        months.retain(|until| reach.since.is_none_or(|since| *until >= since));
        Self {
            operator,
            campaigns,
            place,
            months,
            open: VecDeque::new(),
            at_once: 1,
            lists: reach.lists,
            rows: 0,
        }
    }

    /// Whether it ended because it may go no further, and where to go on: with the latest month that was not opened.
    pub fn cut_at(&self) -> Option<Timestamp> {
        self.months.front().copied().filter(|_| self.is_spent())
    }

    /// Whether no further month may be opened.
    fn is_spent(&self) -> bool {
        self.lists == 0
    }

    /// The next row, and the campaign whose list it is in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next(&mut self) -> Result<Option<(CampaignId, BoardRow)>, StoreError> {
        loop {
            let Some(lists) = self.open.pop_front() else {
                if self.months.is_empty() || self.is_spent() {
                    return Ok(None);
                }
                self.open_more().await?;
                continue;
            };
            let mut lists = filled(self.operator, lists).await?;
            let latest = lists
                .iter_mut()
                .filter(|list| !list.rows.is_empty())
                .reduce(|latest, list| {
                    let at = |list: &List| list.rows.front().map(|row| row.captured_at.as_second());
                    if at(list) > at(latest) { list } else { latest }
                });
            if let Some(list) = latest
                && let Some(row) = list.rows.pop_front()
            {
                let found = (list.campaign.clone(), row);
                self.rows += 1;
                self.open.push_front(lists);
                return Ok(Some(found));
            }
        }
    }

    async fn open_more(&mut self) -> Result<(), StoreError> {
        let campaigns = self.campaigns.len().max(1);
        let most = self.at_once.min(self.months.len()).min((self.lists / campaigns).max(1));
        let months = self.months.drain(..most).collect::<Vec<_>>();
        self.at_once *= MONTHS_MORE;
        self.lists = self.lists.saturating_sub(most * campaigns);
        // What is left is too little for another month.
        if self.lists < campaigns {
            self.lists = 0;
        }
        let lists = months
            .iter()
            .flat_map(|until| self.campaigns.iter().map(|campaign| self.list(campaign, *until)));
        let mut lists = VecDeque::from(filled(self.operator, lists.collect()).await?);
        for _ in months {
            self.open.push_back(lists.drain(..self.campaigns.len()).collect());
        }
        Ok(())
    }

    /// The list of a campaign and a month, from the place on.
    fn list(&self, campaign: &CampaignId, until: Timestamp) -> List {
        let mut list = List {
            campaign: campaign.clone(),
            until,
            rows: VecDeque::new(),
            from: None,
            ended: false,
        };
        let Some(Place::Row {
            at,
            campaign: last,
            id,
            further,
        }) = self.place
        else {
            return list;
        };
        let Ok(moment) = Timestamp::from_second(*at) else {
            return list;
        };
        if month(*at) != month(until.as_second()) {
            return list;
        }
        list.until = moment;
        match campaign.cmp(last) {
            // Its rows of that second came before.
            std::cmp::Ordering::Less => {
                list.until = moment - SignedDuration::from_secs(1);
                list.ended = month(list.until.as_second()) != month(*at);
            }
            std::cmp::Ordering::Equal => {
                list.from = Some(row_key((&self.operator.workspace, campaign), moment, id, *further));
            }
            std::cmp::Ordering::Greater => {}
        }
        list
    }
}

/// The lists, each with a row or at its end.
async fn filled(operator: &Operator<'_>, lists: Vec<List>) -> Result<Vec<List>, StoreError> {
    if lists.iter().all(|list| list.ended || !list.rows.is_empty()) {
        return Ok(lists);
    }
    let lists: Vec<_> = lists.into_iter().map(|list| list.fill(operator)).collect();
    stream::iter(lists).buffered(LISTS_AT_ONCE).try_collect().await
}

/// The month of UTC that a second lies in: the index is kept by these.
fn month(second: i64) -> (i16, i8) {
    let at = Timestamp::from_second(second)
        .unwrap_or(Timestamp::MAX)
        .to_zoned(TimeZone::UTC);
    (at.year(), at.month())
}
