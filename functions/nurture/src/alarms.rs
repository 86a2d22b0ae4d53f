//! After a publish: the alarms of everybody who stands in the campaign, set anew beside the emails of a sweep (R127). Whoever
//! is to get a mailing that was approved is brought to it on the same way.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use piste_adapters::app::Start;
use piste_adapters::desks::Cases;
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_adapters::{App, telemetry};
use piste_domain::rules::anew::{Alarm, Anew, Job};
use piste_domain::rules::sending::Sending;
use piste_domain::rules::{input, mailings};
use piste_domain::{CampaignId, Catalog, ClaimToken, Lead, LeadId};

use crate::Deadline;

/// Leads of one page of a list. How far the work came is written down after each.
const PAGE: i32 = 500;
/// Leads read in one request (`BatchGetItem`).
const READ_AT_ONCE: usize = 100;
/// Alarms moved side by side.
const MOVED_AT_ONCE: usize = 10;
/// A further page is begun while this much of the function's time is left, so that it takes less than half of each minute.
const TIME_KEPT: Duration = Duration::from_secs(35);
/// How often one lead is tried again because somebody else wrote it meanwhile.
const CONFLICTS_MAX: usize = 20;

/// Mailings by name, and when each was approved.
type Approvals = BTreeMap<String, Timestamp>;

/// Does a slice of what is left to do. What fails stays to be done, and is tried again by the next sweep.
pub(crate) async fn set_anew(app: &App, until: Deadline) {
    let by = app.chance.claim_token();
    let worked = work(app, &by, until).await;
    let released = app.store.change_anew(|anew| anew.release(&by)).await;
    if let Err(error) = worked.and(released.map(drop)) {
        telemetry::log("alarms_not_set", &[("error", (&error).into())]);
    }
}

async fn work(app: &App, by: &ClaimToken, until: Deadline) -> Result<(), StoreError> {
    while until.leaves(TIME_KEPT, app) {
        let catalog = app.catalog().await?;
        if catalog.is_stale() {
            return Ok(()); // the next sweep may know better
        }
        let mut taken = None;
        let take = |anew: &mut Anew| {
            let before = anew.clone();
            taken = anew.take(by, &catalog, app.now(), app.campaigns.known_after());
            *anew != before
        };
        app.store.change_anew(take).await?;
        let Some((id, job)) = taken else { return Ok(()) };
        if job.looked_at == 0 {
            telemetry::log("alarms_setting", &[("form", (&id).into())]);
        }
        campaign(app, &catalog, by, (&id, job), until).await?;
    }
    Ok(())
}

/// Goes through the lists of one campaign until they end, the time is over, or somebody else has the lease or published anew.
async fn campaign(
    app: &App,
    catalog: &Catalog,
    by: &ClaimToken,
    (id, mut job): (&CampaignId, Job),
    until: Deadline,
) -> Result<(), StoreError> {
    let Some(workspace) = catalog.get(id).map(|campaign| &campaign.workspace) else {
        return Ok(());
    };
    let approved = approved(app, id).await?;
    while let Some(place) = job.place.take() {
        let (leads, next) = app.store.standing_in(workspace, id, &place, PAGE).await?;
        job.looked_at += leads.len() as u64;
        let (moved, unreadable) = move_alarms(app, catalog, id, &approved, &leads).await?;
        job.moved += moved;
        job.unreadable += unreadable;
        job.place = place.after(next, !leads.is_empty());
        let goes_on = job.place.is_some() && until.leaves(TIME_KEPT, app);
        // Empty months are soon walked again.
        if goes_on && leads.is_empty() {
            continue;
        }
        // Before the job is gone, so that whoever dies in between comes back to it; also where nobody stands in the campaign.
        if job.place.is_none() {
            Cases::of_everybody(app).await?.tell(app).await?;
            all_enrolled(app, id, &approved).await?;
        }
        let (_, ours) = app
            .store
            .change_anew(|anew| anew.progress(by, id, &job, app.now()))
            .await?;
        if ours && job.place.is_none() {
            let values = [
                ("form", id.into()),
                ("leads", job.looked_at.into()),
                ("moved", job.moved.into()),
                ("unreadable", job.unreadable.into()),
            ];
            telemetry::log("alarms_set", &values);
        }
        if !ours || !goes_on {
            break;
        }
    }
    Ok(())
}

/// The mailings of a campaign that were approved, and whose people are not on the way to them yet.
async fn approved(app: &App, id: &CampaignId) -> Result<Approvals, StoreError> {
    let sending = app.store.sending().await?;
    let ours = sending.mailings.iter().filter(|(_, approved)| !approved.enrolled);
    let named = ours.filter_map(|(key, approved)| Some((mailings::named(key, id)?.to_owned(), approved.at)));
    Ok(named.collect())
}

/// Everybody who is to get these mailings is on the way to them: from now on nobody joins.
async fn all_enrolled(app: &App, id: &CampaignId, approved: &Approvals) -> Result<(), StoreError> {
    if approved.is_empty() {
        return Ok(());
    }
    let note = |sending: &mut Sending| {
        for name in approved.keys() {
            if let Some(approved) = sending.mailings.get_mut(&mailings::key(id, name)) {
                approved.enrolled = true;
            }
        }
        true
    };
    app.store.change_sending(note).await.map(drop)
}

/// Moves the alarms of those leads whose alarm belongs elsewhere, and tells the desks of their cases, each once; how many
/// moved, and how many cannot be read.
async fn move_alarms(
    app: &App,
    catalog: &Catalog,
    id: &CampaignId,
    approved: &Approvals,
    leads: &[LeadId],
) -> Result<(u64, u64), StoreError> {
    let (mut moved, mut unreadable, mut cases) = (0, 0, Cases::default());
    for some in leads.chunks(READ_AT_ONCE) {
        let page = app.store.load_all(some).await?;
        unreadable += page.unreadable as u64;
        for lead in &page.rows {
            cases.note(app, lead).await?;
        }
        let mut tried = stream::iter(page.rows)
            .map(|lead| enrol_or_move(app, catalog, id, approved, lead))
            .buffer_unordered(MOVED_AT_ONCE);
        while let Some(one) = tried.try_next().await? {
            moved += u64::from(one);
        }
    }
    cases.tell(app).await?;
    Ok((moved, unreadable))
}

/// Brings a lead to the mailings it is to get, where there are any; else its alarm moves if need be.
async fn enrol_or_move(
    app: &App,
    catalog: &Catalog,
    id: &CampaignId,
    approved: &Approvals,
    lead: Arc<Lead>,
) -> Result<bool, StoreError> {
    if !approved.is_empty() {
        let input = input::Enrol(id.clone(), approved.clone());
        match app.apply(&lead.id, Start::Held(Arc::clone(&lead)), input).await {
            Ok(applied) if applied.changed => return Ok(true),
            Ok(_) => {}
            Err(error) if error.kind == StoreErrorKind::Corrupt => return Ok(false), // a newer version wrote it
            Err(error) => return Err(error),
        }
    }
    move_alarm(app, catalog, lead).await
}

/// One request, and only where the alarm moves; decided again where somebody wrote meanwhile.
async fn move_alarm(app: &App, catalog: &Catalog, mut lead: Arc<Lead>) -> Result<bool, StoreError> {
    for _ in 0..CONFLICTS_MAX {
        // A lead that brings its rules down is set aside when it is due; here it must not hold up the others.
        let alarm = catch_unwind(AssertUnwindSafe(|| Alarm::of(&lead, catalog, app.now())));
        let Ok(Alarm::Moves(due_at)) = alarm else {
            return Ok(false);
        };
        if app.store.set_alarm(&lead, due_at).await? {
            return Ok(true);
        }
        lead = match app.store.load(&lead.id).await {
            Ok(Some(lead)) => lead,
            Ok(None) => return Ok(false), // erased
            Err(error) if error.kind == StoreErrorKind::Corrupt => return Ok(false), // a newer version wrote it
            Err(error) => return Err(error),
        };
    }
    Err(StoreError::new("set alarm", StoreErrorKind::Contended))
}
