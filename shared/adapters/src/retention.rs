//! Who will be erased, and when, if nothing is heard of them: what retention is about to do, before it does it (R65).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use piste_domain::retention::{Going, Why, going};
use piste_domain::{CampaignId, Catalog, LeadId, WorkspaceId};
use serde::Serialize;

use crate::store::item::{self, Item};
use crate::store::{Store, StoreError};

/// A person who will go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Whose.
    pub lead: LeadId,
    /// The campaign they first came by.
    pub campaign: CampaignId,
    /// When, and why.
    #[serde(flatten)]
    pub going: Going,
}

/// Some of those who will go, and how many for each reason.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Forecast {
    /// In the order in which they go.
    pub leads: Vec<Row>,
    /// Whose address nobody confirmed (R64).
    pub never_confirmed: usize,
    /// Of whom nothing was heard for as long as their campaign keeps people.
    pub kept: usize,
    /// Leads of the table that were looked at.
    pub looked_at: usize,
    /// Where the table goes on; absent at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Forecast {
    /// Adds what another part of the table holds.
    fn add(&mut self, part: Self) {
        self.leads.extend(part.leads);
        self.leads
            .sort_by(|a, b| (a.going.at, &a.lead).cmp(&(b.going.at, &b.lead)));
        self.never_confirmed += part.never_confirmed;
        self.kept += part.kept;
        self.looked_at += part.looked_at;
        self.next = part.next;
    }
}

/// Whether this is where a part of the table ended.
pub fn is_cursor(text: &str) -> bool {
    place(text).is_some()
}

/// One part of the table, of one megabyte at most: those of a workspace who go until a moment.
///
/// # Errors
/// [`StoreError`].
pub async fn part(
    store: &Store,
    catalog: &Catalog,
    workspace: &WorkspaceId,
    until: Timestamp,
    cursor: Option<&str>,
) -> Result<Forecast, StoreError> {
    let page = store.leads(cursor.and_then(place)).await?;
    let mut forecast = Forecast::default();
    // One that cannot be read is named by `piste audit`.
    for lead in page
        .rows
        .into_iter()
        .flatten()
        .filter(|lead| &lead.workspace == workspace)
    {
        forecast.looked_at += 1;
        let Some(going) = going(&lead, catalog).filter(|going| going.at <= until) else {
            continue;
        };
        match going.why {
            Why::NeverConfirmed => forecast.never_confirmed += 1,
            Why::Kept => forecast.kept += 1,
        }
        let (lead, campaign) = (lead.id, lead.campaign);
        forecast.leads.push(Row { lead, campaign, going });
    }
    forecast
        .leads
        .sort_by(|a, b| (a.going.at, &a.lead).cmp(&(b.going.at, &b.lead)));
    forecast.next = page.next.as_ref().and_then(write);
    Ok(forecast)
}

/// The whole table.
///
/// # Errors
/// [`StoreError`].
pub async fn whole(
    store: &Store,
    catalog: &Catalog,
    workspace: &WorkspaceId,
    until: Timestamp,
) -> Result<Forecast, StoreError> {
    let mut all = Forecast::default();
    loop {
        let next = all.next.take();
        all.add(part(store, catalog, workspace, until, next.as_deref()).await?);
        if all.next.is_none() {
            return Ok(all);
        }
    }
}

/// The key at which a part ended, for an address.
fn write(key: &Item) -> Option<String> {
    let text = |name: &str| key.get(name)?.as_s().ok().cloned();
    let key = (text(item::PK)?, text(item::SK)?);
    Some(BASE64.encode(serde_json::to_vec(&key).ok()?))
}

fn place(cursor: &str) -> Option<Item> {
    let (pk, sk): (String, String) = serde_json::from_slice(&BASE64.decode(cursor).ok()?).ok()?;
    Some(Item::from([
        (item::PK.to_owned(), item::text(pk)),
        (item::SK.to_owned(), item::text(sk)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_and_nothing_else_is_one() {
        let key = Item::from([
            (item::PK.to_owned(), item::text("abc")),
            (item::SK.to_owned(), item::text("lead")),
        ]);
        let cursor = write(&key).expect("a cursor");
        assert_eq!(place(&cursor), Some(key));
        assert!(is_cursor(&cursor));
        for bad in ["", "abc", "W10", "!"] {
            assert!(!is_cursor(bad), "{bad}");
        }
    }
}
