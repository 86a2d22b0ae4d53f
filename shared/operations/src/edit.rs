//! `piste check` over stored people: what the files of a folder would do to whoever is in the middle of a campaign.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use piste_adapters::store::{Store, StoreError};
use piste_domain::campaign::Published;
use piste_domain::rules::anew::Place;
use piste_domain::views::edit::{Change, Edit, Level};
use piste_domain::{CampaignId, Catalog, Lead, LeadId};
use serde::Serialize;

/// People of one campaign that are looked at, the newest first.
const PEOPLE_MAX: u64 = 20_000;
/// Leads of one page of a list, all read in one request (`BatchGetItem`).
const PAGE: i32 = 100;

/// What the files of one campaign would do.
#[derive(Clone, Debug, Serialize)]
pub struct Effects {
    /// The campaign.
    pub id: CampaignId,
    /// The version of the files.
    pub version: String,
    /// The version that is published; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// People who were looked at.
    pub looked_at: u64,
    /// How many more there are that this version cannot read.
    pub unreadable: u64,
    /// Whether there are more people than were looked at.
    pub more: bool,
    /// What changes for whom, what weighs most first.
    pub changes: Vec<Changed>,
}

/// A change, and how many people it concerns.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// How much it weighs.
    pub level: Level,
    /// What changes.
    #[serde(flatten)]
    pub change: Change,
    /// How many people it concerns.
    pub people: u64,
}

/// What publishing these campaigns would do to the people of a store. Of each campaign its newest people are looked at, up to
/// 20,000; nothing is written.
///
/// # Errors
/// [`StoreError`].
pub async fn effects(store: &Store, files: &[Arc<Published>], now: Timestamp) -> Result<Vec<Effects>, StoreError> {
    let old = store.campaigns(&Catalog::default()).await?;
    // A campaign that is not among the files goes on as it is.
    let kept = old
        .iter()
        .filter(|former| files.iter().all(|new| new.campaign.id != former.campaign.id));
    let new = Catalog::new(files.iter().chain(kept).map(Arc::clone));
    let mut found = Vec::new();
    let mut words = HashMap::new();
    for published in files {
        found.push(of_one(store, published, (&old, &new), now, &mut words).await?);
    }
    Ok(found)
}

async fn of_one(
    store: &Store,
    published: &Published,
    (old, new): (&Catalog, &Catalog),
    now: Timestamp,
    words: &mut HashMap<String, Option<String>>,
) -> Result<Effects, StoreError> {
    let campaign = &published.campaign;
    let mut edit = Edit::of(&campaign.id, old, new, now).expect("it is among the files");
    let (mut looked_at, mut unreadable) = (0, 0);
    let mut place = Some(Place::start(now));
    while let Some(at) = place.take_if(|_| looked_at < PEOPLE_MAX) {
        let (ids, next) = store.standing_in(&campaign.workspace, &campaign.id, &at, PAGE).await?;
        let leads = people(store, &ids, words).await?;
        unreadable += leads.unreadable as u64;
        for lead in &leads.rows {
            edit.look(lead, |hash| words.get(hash).cloned().flatten());
            looked_at += 1;
        }
        place = at.after(next, !ids.is_empty());
    }
    let changes = edit.people.into_iter().map(|(change, people)| Changed {
        level: change.level(),
        change,
        people,
    });
    Ok(Effects {
        id: campaign.id.clone(),
        version: published.version.clone(),
        published: old.published(&campaign.id).map(|former| former.version.clone()),
        looked_at,
        unreadable,
        more: place.is_some(),
        changes: changes.collect(),
    })
}

/// The leads of a page, and the words they agreed to.
async fn people(
    store: &Store,
    ids: &[LeadId],
    words: &mut HashMap<String, Option<String>>,
) -> Result<piste_adapters::store::Page<Arc<Lead>>, StoreError> {
    let leads = store.load_all(ids).await?;
    for consent in leads.rows.iter().flat_map(|lead| lead.consents.iter()) {
        if !words.contains_key(&consent.text_hash) {
            let text = store.wording(&consent.text_hash).await?;
            words.insert(consent.text_hash.clone(), text);
        }
    }
    Ok(leads)
}
