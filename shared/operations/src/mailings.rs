//! One-off mailings: who would get one, and the approval without which none leaves.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use piste_adapters::store::StoreError;
use piste_domain::CampaignId;
use piste_domain::campaign::mailing::Mailing;
use piste_domain::campaign::{Campaign, Published};
use piste_domain::rules::anew::Anew;
use piste_domain::rules::mailings::{Approved, Excluded, excluded, key};
use piste_domain::rules::sending::Sending;
use piste_domain::views::mails::Progress;
use serde::Serialize;

use crate::mails::{everybody, published, tally};
use crate::{OperationError, Operator};

/// The mailings of a workspace.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct MailingsView {
    /// By campaign and name.
    pub mailings: Vec<MailingView>,
}

/// One mailing.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct MailingView {
    /// The name of its file.
    pub name: String,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// How far it is.
    pub state: MailingState,
    /// When it leaves, or began to; `null` where the file names no moment and nobody has approved it.
    pub at: Option<Timestamp>,
    /// How many were to get it when it was approved.
    pub recipients: Option<u64>,
    /// To how many it left.
    pub sent: u64,
    /// How many of those who were to get it did not: they said no since, or their address stopped working.
    pub skipped: u64,
}

/// How far a mailing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum MailingState {
    /// Nobody has approved it.
    Draft,
    /// It leaves at its moment, or is leaving.
    Approved,
    /// What has not left yet waits.
    Paused,
    /// Nothing of it is to come.
    Done,
}

/// Who would get a mailing now: everybody who stands in its campaign is counted once.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct DryRun {
    /// How many would get it.
    pub recipients: u64,
    /// How many would not, by the first reason.
    pub excluded: Vec<ExcludedView>,
}

/// Why some do not get it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ExcludedView {
    /// Why.
    #[cfg_attr(feature = "describe", schemars(with = "Excluded"))]
    pub reason: Excluded,
    /// How many.
    pub leads: u64,
}

/// The mailings of the operator's workspace. Reads everybody who stands in a campaign of which one is on its way, and changes
/// nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn list(operator: &Operator<'_>) -> Result<MailingsView, StoreError> {
    let sending = operator.app.store.sending().await?;
    let mut mailings = Vec::new();
    for campaign in operator.campaigns() {
        let approved = |name: &String| sending.mailings.get(&key(&campaign.id, name));
        let running = |name: &String| approved(name).is_some_and(|one| one.done.is_none());
        let progress = match campaign.mailings.keys().any(running) {
            true => tally(operator, campaign).await?.mailings,
            false => BTreeMap::new(),
        };
        for (name, mailing) in &campaign.mailings {
            let progress = progress.get(name).copied().unwrap_or_default();
            mailings.push(shown(campaign, name, mailing, approved(name), progress));
        }
    }
    Ok(MailingsView { mailings })
}

fn shown(
    campaign: &Campaign,
    name: &str,
    mailing: &Mailing,
    approved: Option<&Approved>,
    progress: Progress,
) -> MailingView {
    let went = approved.and_then(|approved| approved.done).unwrap_or(progress.went);
    let state = match approved {
        None => MailingState::Draft,
        Some(approved) if is_over(approved, progress) => MailingState::Done,
        Some(approved) if approved.paused => MailingState::Paused,
        Some(_) => MailingState::Approved,
    };
    let planned = mailing.at(campaign);
    MailingView {
        name: name.to_owned(),
        campaign: campaign.id.clone(),
        state,
        at: approved.map_or(planned, |approved| {
            Some(planned.map_or(approved.at, |at| at.max(approved.at)))
        }),
        recipients: approved.map(|approved| approved.recipients),
        sent: went.sent,
        skipped: went.skipped,
    }
}

/// Whether nothing of it is to come.
fn is_over(approved: &Approved, progress: Progress) -> bool {
    approved.done.is_some() || (approved.enrolled && progress.to_come == 0)
}

/// Writes down what became of mailings that are over, before a new one takes their places in the items of leads; those whose
/// file is gone as well are forgotten.
fn tidy(operator: &Operator<'_>, campaign: &Campaign, progress: &BTreeMap<String, Progress>, sending: &mut Sending) {
    for name in campaign.mailings.keys() {
        let progress = progress.get(name).copied().unwrap_or_default();
        let approved = sending.mailings.get_mut(&key(&campaign.id, name));
        if let Some(approved) = approved.filter(|approved| is_over(approved, progress)) {
            approved.done.get_or_insert(progress.went);
        }
    }
    let known: BTreeSet<String> = operator
        .catalog
        .iter()
        .flat_map(|published| {
            let campaign = &published.campaign;
            campaign.mailings.keys().map(|name| key(&campaign.id, name))
        })
        .collect();
    // Of a campaign that cannot be read at the moment nobody knows what it holds.
    if operator.catalog.left_out().next().is_none() {
        sending
            .mailings
            .retain(|key, approved| approved.done.is_none() || known.contains(key));
    }
}

fn mailing<'a>(
    operator: &'a Operator<'_>,
    campaign: &str,
    name: &str,
) -> Result<(&'a Published, &'a Mailing), OperationError> {
    let published = published(operator, campaign).map_err(|_| OperationError::NoMailing)?;
    let mailing = published.campaign.mailings.get(name);
    mailing
        .map(|mailing| (published, mailing))
        .ok_or(OperationError::NoMailing)
}

/// Who would get a mailing now, and why the others would not.
///
/// # Errors
/// [`OperationError::NoMailing`], [`OperationError::Store`].
pub async fn dry_run(operator: &Operator<'_>, campaign: &str, name: &str) -> Result<DryRun, OperationError> {
    let (published, mailing) = mailing(operator, campaign, name)?;
    let mut recipients = 0;
    let mut reasons: BTreeMap<Excluded, u64> = BTreeMap::new();
    let unreadable = everybody(operator, &published.campaign, |lead| {
        match excluded(lead, mailing, &published.campaign, operator.now) {
            None => recipients += 1,
            Some(reason) => *reasons.entry(reason).or_default() += 1,
        }
    })
    .await?;
    if unreadable > 0 {
        reasons.insert(Excluded::Unreadable, unreadable);
    }
    let excluded = reasons
        .into_iter()
        .map(|(reason, leads)| ExcludedView { reason, leads });
    Ok(DryRun {
        recipients,
        excluded: excluded.collect(),
    })
}

/// Approves a mailing for as many as a dry run of this moment counts. It leaves at its moment.
///
/// # Errors
/// [`OperationError::NoMailing`], [`OperationError::Recipients`] where they are not that many, [`OperationError::AlreadyApproved`],
/// [`OperationError::Store`]; to approve it again finishes what broke off.
pub async fn approve(
    operator: &Operator<'_>,
    campaign: &str,
    name: &str,
    recipients: u64,
) -> Result<MailingView, OperationError> {
    let (published, mailing) = mailing(operator, campaign, name)?;
    let key = key(&published.campaign.id, name);
    let known = operator.app.store.sending().await?.mailings.remove(&key);
    let broke_off = known
        .as_ref()
        .is_some_and(|known| !known.enrolled && known.recipients == recipients);
    if known.is_some() && !broke_off {
        return Err(OperationError::AlreadyApproved);
    }
    if known.is_none() {
        let counted = dry_run(operator, campaign, name).await?.recipients;
        if counted != recipients {
            return Err(OperationError::Recipients(counted));
        }
    }
    let approved = Approved {
        at: operator.now,
        by: operator.name.clone().unwrap_or_else(|| "operator".into()),
        recipients,
        paused: false,
        enrolled: false,
        done: None,
    };
    let progress = tally(operator, &published.campaign).await?.mailings;
    let note = |sending: &mut Sending| {
        tidy(operator, &published.campaign, &progress, sending);
        let is_new = !sending.mailings.contains_key(&key);
        if is_new {
            sending.mailings.insert(key.clone(), approved.clone());
        }
        is_new
    };
    // Whoever is meant is brought to it as alarms are set after a publish: in the background, a slice at a time. Told before
    // and after, so that whoever dies in between leaves no approval behind that nobody follows.
    bring(operator, published).await?;
    let (sending, _) = operator.app.store.change_sending(note).await?;
    bring(operator, published).await?;
    let stored = sending.mailings.get(&key);
    Ok(shown(&published.campaign, name, mailing, stored, Progress::default()))
}

/// Lets everybody in a campaign be looked at anew.
async fn bring(operator: &Operator<'_>, published: &Published) -> Result<(), StoreError> {
    let (id, version) = (&published.campaign.id, &published.version);
    let tell = |anew: &mut Anew| anew.published(id, version, true);
    operator.app.store.change_anew(tell).await.map(drop)
}

/// Lets what has not left of a mailing wait, or go on.
///
/// # Errors
/// [`OperationError::NoMailing`]: also where nobody has approved it; [`OperationError::Store`].
pub async fn pause(
    operator: &Operator<'_>,
    campaign: &str,
    name: &str,
    paused: bool,
) -> Result<MailingView, OperationError> {
    let (published, mailing) = mailing(operator, campaign, name)?;
    let key = key(&published.campaign.id, name);
    let mut found = false;
    let change = |sending: &mut Sending| {
        let approved = sending.mailings.get_mut(&key);
        found = approved.is_some();
        let change = approved.filter(|approved| approved.paused != paused);
        change.map(|approved| approved.paused = paused).is_some()
    };
    let (sending, _) = operator.app.store.change_sending(change).await?;
    if !found {
        return Err(OperationError::NotApproved);
    }
    if !paused {
        bring(operator, published).await?; // whoever was looked at in vain is due again at once
    }
    let progress = tally(operator, &published.campaign).await?.mailings.remove(name);
    let stored = sending.mailings.get(&key);
    Ok(shown(
        &published.campaign,
        name,
        mailing,
        stored,
        progress.unwrap_or_default(),
    ))
}
