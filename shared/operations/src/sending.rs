//! Sending as a whole: whether email leaves, what holds it, what came back; hold and release.

use std::collections::BTreeSet;

use futures_util::future::try_join;
use jiff::{SignedDuration, Timestamp};
use piste_adapters::store::StoreError;
use piste_adapters::{App, telemetry};
use piste_domain::CampaignId;
use piste_domain::kit::limits::{BREAKER_BOUNCES, BREAKER_COMPLAINTS, BREAKER_DAYS, BREAKER_SENDS_MIN};
use piste_domain::kit::vocabulary::HouseRefusal;
use piste_domain::rules::sending::{Gate, Quota, Refused, Sending, Stop, Tally};
use serde::Serialize;

use crate::{MAIN_WORKSPACE, OperationError, Operator, end_of_month_before, reason};

/// What leaves at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum State {
    /// Everything.
    Open,
    /// Alerts alone: too many emails bounced or were complained about.
    Paused,
    /// Nothing.
    Held,
}

/// The state of sending as it is stored, and the table it is asked of.
#[derive(Clone, Debug)]
pub struct Standing {
    /// As stored.
    pub sending: Sending,
    /// What tells this table from every other.
    pub table: String,
}

impl Standing {
    /// What may leave.
    pub fn gate(&self) -> Gate {
        self.sending.gate(&self.table)
    }

    /// The same, in one word.
    pub fn state(&self) -> State {
        match self.gate() {
            Gate::Held => State::Held,
            Gate::Open(terms) if terms.paused => State::Paused,
            Gate::Open(_) => State::Open,
        }
    }
}

/// The state of sending, strongly consistent.
///
/// # Errors
/// [`StoreError`].
pub async fn standing(app: &App) -> Result<Standing, StoreError> {
    let (sending, table) = try_join(app.store.sending(), app.table_identity()).await?;
    Ok(Standing {
        sending,
        table: table.to_owned(),
    })
}

/// Sending in all its parts, as programs read it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct SendingView {
    /// What leaves.
    pub state: State,
    /// Why nothing leaves, if nothing does.
    pub held: Option<HeldView>,
    /// The last release.
    pub released: Option<StopView>,
    /// The automatic pause.
    pub breaker: BreakerView,
    /// What SES refuses, if it refuses anything: then those emails wait.
    pub refused: Option<RefusedView>,
    /// The hourly test email.
    pub canary: CanaryView,
    /// What SES grants, once read.
    pub quota: Option<QuotaView>,
    /// Emails that need a look, by campaign.
    pub campaigns: Vec<CampaignView>,
}

/// Why nothing leaves. `since` and `reason` are absent where nobody stopped it: the table was restored.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct HeldView {
    /// `operator` or `other_table`.
    #[cfg_attr(feature = "describe", schemars(extend("enum" = ["operator", "other_table"])))]
    pub cause: &'static str,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Why, in somebody's words.
    pub reason: Option<String>,
}

/// SES refuses the account, a sender, the rights or the configuration set. What is due stays due, and one email is tried
/// each hour.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct RefusedView {
    /// Why; where there are several reasons, the first.
    pub kind: HouseRefusal,
    /// Since when.
    pub since: Timestamp,
    /// From which addresses nothing leaves; `null` where it is the whole account.
    pub from: Option<Vec<String>>,
}

/// What SES refuses, if anything. Whoever is not of [`MAIN_WORKSPACE`] hears of the senders of their own campaigns alone.
pub fn refused(operator: &Operator<'_>, sending: &Sending) -> Option<RefusedView> {
    let own: BTreeSet<&str> = operator
        .campaigns()
        .map(|campaign| campaign.sender.from.as_str())
        .collect();
    let seen = |from: &str| decides(operator) || own.contains(from);
    let mut refused: Vec<_> = sending.refused.iter().filter(|(from, _)| seen(from)).collect();
    refused.sort_by_key(|(_, refused)| refused.since);
    let (_, first) = refused.first()?;
    let is_account = |known: &Refused| known.alone && known.kind == HouseRefusal::AccountPaused;
    let account = refused.iter().find(|(_, known)| is_account(known));
    Some(RefusedView {
        kind: account.map_or(first.kind, |(_, known)| known.kind),
        since: first.since,
        from: match account {
            Some(_) => None,
            None => Some(refused.iter().map(|(from, _)| (*from).clone()).collect()),
        },
    })
}

/// When and why.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct StopView {
    /// When.
    pub at: Timestamp,
    /// Why: somebody's words, or a code.
    pub reason: String,
}

/// Rates of bounces and complaints among the emails of late, of every class; `limit` is where all but alerts pause.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct BreakerView {
    /// Since when and why all but alerts are paused, if they are.
    pub open: Option<StopView>,
    /// Of so many days.
    pub days: i64,
    /// Fewer emails than these are not judged.
    pub judges_from: u64,
    /// Marketing emails that SES accepted.
    pub sent: u64,
    /// Those that bounced for good.
    pub bounces: RateView,
    /// Those that were complained about.
    pub complaints: RateView,
}

/// How many came back.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct RateView {
    /// How many.
    pub mails: u64,
    /// Their share of one; `null` of nothing.
    pub rate: Option<f64>,
    /// The share from which sending pauses.
    pub limit: f64,
}

/// The hourly test email, whose return shows that SES's events arrive.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct CanaryView {
    /// When the last one left.
    pub sent_at: Option<Timestamp>,
    /// When the last one left whose event came back.
    pub back_at: Option<Timestamp>,
    /// Whether its event is overdue.
    pub missing: bool,
}

/// What SES grants.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct QuotaView {
    /// Emails a second.
    pub per_second: u32,
    /// Emails in 24 hours; `null` is no limit.
    pub per_day: Option<u64>,
    /// Whether only verified addresses get email.
    pub sandbox: bool,
}

impl From<Quota> for QuotaView {
    fn from(quota: Quota) -> Self {
        Self {
            per_second: quota.per_second,
            per_day: quota.per_day,
            sandbox: quota.is_sandbox(),
        }
    }
}

/// Emails that need a look.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct CampaignView {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Nobody knows whether they arrived.
    pub unknown: usize,
    /// SES accepted them twice.
    pub duplicates: usize,
}

/// Sending in all its parts; emails that need a look are those of leads that came in so many months, this one included.
/// Reasons that somebody typed are for [`MAIN_WORKSPACE`] alone.
///
/// # Errors
/// [`StoreError`].
pub async fn view(operator: &Operator<'_>, months: usize) -> Result<SendingView, StoreError> {
    let standing = standing(operator.app).await?;
    let sending = &standing.sending;
    let from = operator.now - SignedDuration::from_hours(24 * BREAKER_DAYS);
    let tally = operator.app.store.tally(sending.period, from).await?;
    let mut campaigns = Vec::new();
    for campaign in operator.campaigns() {
        campaigns.push(of_campaign(operator, &campaign.id, months).await?);
    }
    let words = |reason: &str| match decides(operator) {
        true => reason.to_owned(),
        false => String::new(),
    };
    let by_person = sending.held.as_ref();
    let held = HeldView {
        cause: if by_person.is_some() { "operator" } else { "other_table" },
        since: by_person.map(|stop| stop.at),
        reason: by_person.map(|stop| words(&stop.reason)),
    };
    Ok(SendingView {
        state: standing.state(),
        held: (standing.state() == State::Held).then_some(held),
        released: sending.released.as_ref().map(|stop| StopView {
            at: stop.at,
            reason: words(&stop.reason),
        }),
        breaker: breaker(sending.breaker.as_ref(), tally),
        refused: refused(operator, sending),
        canary: CanaryView {
            sent_at: sending.canary_sent,
            back_at: sending.canary_back,
            missing: sending.canary_missing(operator.now),
        },
        quota: sending.quota.map(QuotaView::from),
        campaigns,
    })
}

fn breaker(open: Option<&Stop>, tally: Tally) -> BreakerView {
    let rate = |mails, rate, per_10_000: u64| RateView {
        mails,
        rate,
        limit: per_10_000 as f64 / 10_000.0,
    };
    BreakerView {
        open: open.map(|stop| StopView {
            at: stop.at,
            reason: stop.reason.clone(),
        }),
        days: BREAKER_DAYS,
        judges_from: BREAKER_SENDS_MIN,
        sent: tally.sent,
        bounces: rate(tally.bounced, tally.bounce_rate(), BREAKER_BOUNCES),
        complaints: rate(tally.complained, tally.complaint_rate(), BREAKER_COMPLAINTS),
    }
}

/// Adds up the board's columns of a campaign, so many months back.
async fn of_campaign(
    operator: &Operator<'_>,
    campaign: &CampaignId,
    months: usize,
) -> Result<CampaignView, StoreError> {
    let (mut unknown, mut duplicates) = (0, 0);
    let mut until = operator.now;
    for _ in 0..months {
        for row in operator.month(campaign, until).await? {
            unknown += row.unknown;
            duplicates += row.copies;
        }
        until = end_of_month_before(until);
    }
    Ok(CampaignView {
        campaign: campaign.clone(),
        unknown,
        duplicates,
    })
}

/// Whether this operator may hold and release: email leaves for all workspaces or for none, and a client may not decide
/// that.
pub fn decides(operator: &Operator<'_>) -> bool {
    operator.workspace.as_str() == MAIN_WORKSPACE
}

/// Stops all email until [`release`]; what is being handed over at this moment still leaves.
///
/// # Errors
/// [`OperationError::MainWorkspaceOnly`], [`OperationError::Reason`], [`OperationError::Store`].
pub async fn hold(operator: &Operator<'_>, why: &str) -> Result<Standing, OperationError> {
    if !decides(operator) {
        return Err(OperationError::MainWorkspaceOnly);
    }
    let why = reason(why, true)?;
    let hold = |sending: &mut Sending, _: &str| sending.hold(operator.now, &why);
    Ok(change(operator, "hold", hold).await?)
}

/// Lets email leave from this table again, after a hold, a restore or an automatic pause; the reason may be empty.
///
/// # Errors
/// [`OperationError::MainWorkspaceOnly`], [`OperationError::Reason`], [`OperationError::Store`].
pub async fn release(operator: &Operator<'_>, why: &str) -> Result<Standing, OperationError> {
    if !decides(operator) {
        return Err(OperationError::MainWorkspaceOnly);
    }
    let why = reason(why, false)?;
    let release = |sending: &mut Sending, table: &str| {
        let stopped = sending.is_stopped(table);
        if stopped {
            sending.release(table, operator.now);
            sending.released = Some(Stop {
                at: operator.now,
                reason: why.clone(),
            });
        }
        stopped
    };
    Ok(change(operator, "released", release).await?)
}

/// Changes the state, and logs `event` if that changed anything.
async fn change(
    operator: &Operator<'_>,
    event: &'static str,
    change: impl Fn(&mut Sending, &str) -> bool,
) -> Result<Standing, StoreError> {
    let app = operator.app;
    let table = app.table_identity().await?.to_owned();
    let (sending, ours) = app.store.change_sending(|sending| change(sending, &table)).await?;
    if ours {
        telemetry::log(event, &[]);
    }
    Ok(Standing { sending, table })
}
