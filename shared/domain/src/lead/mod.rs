//! The lead: everything known about one person, in one item that changes in one conditional write.
//!
//! The `serde` names are the stored names. They are short because DynamoDB bills by the kilobyte and a lead must stay
//! below two after its whole sequence.

pub mod case;
pub mod consent;
pub mod erasure;
pub mod ledger;
pub mod preferences;
pub mod signal;
pub mod stage;
pub mod unknown;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::{Campaign, Sequence, Start};
use crate::codes;
use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, LeadId, SendId, WorkspaceId};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::seconds;
use crate::kit::vocabulary::SignalKind;
use crate::kit::vocabulary::{Class, ExitReason};
use crate::kit::vocabulary::{Purpose, Regime};
use crate::lead::case::Case;
use crate::lead::consent::{Consent, ConsentState};
use crate::lead::erasure::Past;
use crate::lead::ledger::{EntryState, Ledger, LedgerEntry};
use crate::lead::preferences::Preferences;
use crate::lead::signal::Signal;
use crate::lead::stage::{Mover, Stage};
use crate::lead::unknown::Unknown;

/// One person who showed interest and can be reached. What seldom changes is shared between a lead and its copies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// Derived from the address.
    pub id: LeadId,
    /// Whose lead it is.
    pub workspace: WorkspaceId,
    /// Rises by one with each write; every write is conditional on it.
    #[serde(rename = "v")]
    pub version: u64,
    /// The address as first given.
    pub email: Email,
    /// The language of the latest post.
    #[serde(rename = "loc")]
    pub locale: Locale,
    /// The campaign of the first post: its rules score the lead.
    pub campaign: CampaignId,
    /// The first post.
    #[serde(with = "seconds")]
    pub captured_at: Timestamp,
    /// Answers by field name; a later answer replaces an earlier one, silence replaces nothing.
    #[serde(rename = "ans", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: Arc<BTreeMap<String, Personal>>,
    /// Posts, oldest first: the first touch and the latest.
    #[serde(rename = "cap")]
    pub captures: Arc<Vec<Capture>>,
    /// Consents with their proofs, oldest first.
    #[serde(rename = "con", default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Arc<Vec<Consent>>,
    /// What the person did that counts.
    #[serde(rename = "sig", default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// How far it has come.
    pub stage: Stage,
    /// The grade at the latest change, such as `B2`: reports read it from an index. Engagement fades between changes, so
    /// whoever has the lead itself computes the score.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// How it came there.
    #[serde(rename = "his", default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<StageChange>,
    /// When the score was first seen to have cooled after it made an MQL: from then on it may make one again.
    #[serde(
        rename = "cl",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub cooled_at: Option<Timestamp>,
    /// Sequences with their ledgers.
    #[serde(rename = "enr", default, skip_serializing_if = "Vec::is_empty")]
    pub enrolments: Vec<Enrolment>,
    /// The times it was handed to sales, oldest first; at most one of them is open.
    #[serde(rename = "cas", default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Case>,
    /// Why mail stopped, if it did.
    #[serde(rename = "sup", default, skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
    /// Stops that an operator lifted, each with its reason.
    #[serde(rename = "lif", default, skip_serializing_if = "Vec::is_empty")]
    pub lifts: Vec<Lift>,
    /// What the person wishes of our mails.
    #[serde(rename = "prf", default, skip_serializing_if = "Preferences::is_default")]
    pub preferences: Preferences,
    /// The life before, if the person was erased and came back.
    #[serde(rename = "pst", default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Past>,
    /// Mails that bounced softly of late, each once.
    #[serde(rename = "sb", default, skip_serializing_if = "Vec::is_empty")]
    pub soft_bounces: Vec<SendId>,
    /// The alarm clock: the earliest moment at which something must happen.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    pub due_at: Option<Timestamp>,
    /// What the stored item holds beyond all this.
    #[serde(skip)]
    pub unknown: Unknown,
}

/// One post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Which form.
    #[serde(rename = "c")]
    pub campaign: CampaignId,
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Version of the campaign's files that applied.
    #[serde(rename = "v")]
    pub version: String,
    /// Where the person came from.
    #[serde(rename = "t", default, skip_serializing_if = "Touch::is_empty")]
    pub touch: Touch,
}

/// Where a person came from. URLs are kept without their query, which may hold anything.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Touch(pub BTreeMap<String, String>);

impl Touch {
    /// The names that are kept when posted or found in the form's own URL: stored name, posted name.
    pub const NAMES: [(&'static str, &'static str); 7] = [
        ("source", "utm_source"),
        ("medium", "utm_medium"),
        ("campaign", "utm_campaign"),
        ("term", "utm_term"),
        ("content", "utm_content"),
        ("referrer", "referrer"),
        ("landing", "landing_page"),
    ];

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One thing known, by stored name; `page` is the page that held the form.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// The names alone: an address of a page may hold anything.
impl fmt::Debug for Touch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// One move between stages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageChange {
    /// Where to.
    #[serde(rename = "t")]
    pub to: Stage,
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// By whom.
    #[serde(rename = "b")]
    pub by: Mover,
    /// Why, as somebody may have typed it.
    #[serde(rename = "r")]
    pub reason: Personal,
}

/// A lead's way through one sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Whose sequence.
    #[serde(rename = "c")]
    pub campaign: CampaignId,
    /// Which.
    #[serde(rename = "q")]
    pub sequence: String,
    /// Counts the times the lead went through it, from 1.
    #[serde(rename = "n")]
    pub epoch: u32,
    /// When it started.
    #[serde(rename = "a", with = "seconds")]
    pub started_at: Timestamp,
    /// What allows its marketing mails (R63); a sequence of what the person asked for needs no such thing.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Regime>,
    /// When and why it ended, if it did.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Its emails that became due, in order.
    #[serde(rename = "l", default, skip_serializing_if = "Ledger::is_empty")]
    pub ledger: Ledger,
}

/// The end of an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Why.
    #[serde(rename = "r")]
    pub reason: ExitReason,
}

/// Why no more mail goes to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Why.
    #[serde(rename = "r")]
    pub reason: SuppressionReason,
    /// Since when.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Since when the person's own no lies under a stronger reason, if one does: it stays when that is lifted. A
    /// complaint is a no by itself.
    #[serde(
        rename = "n",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub own_no: Option<Timestamp>,
}

impl Suppression {
    /// The stop after one more reason: a stronger one takes the place of a weaker, never the reverse, and a no is never
    /// forgotten.
    pub(crate) fn after(present: Option<Self>, reason: SuppressionReason, now: Timestamp) -> Self {
        let no_since = |stop: Self| match stop.reason {
            SuppressionReason::Unsubscribe => Some(stop.at),
            _ => stop.own_no,
        };
        let own_no = present
            .and_then(no_since)
            .or((reason == SuppressionReason::Unsubscribe).then_some(now));
        match present {
            Some(present) if present.reason >= reason && present.reason == SuppressionReason::Unsubscribe => present,
            Some(present) if present.reason >= reason => Self { own_no, ..present },
            _ => Self {
                reason,
                at: now,
                own_no: own_no.filter(|_| reason != SuppressionReason::Unsubscribe),
            },
        }
    }
}

/// A stop that an operator lifted (R69).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lift {
    /// What it was.
    #[serde(rename = "w")]
    pub was: SuppressionReason,
    /// When it was lifted.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Why, in the operator's words.
    #[serde(rename = "r")]
    pub reason: Personal,
}

/// Reasons to stop, weakest first: a stronger one is never replaced by a weaker.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum SuppressionReason {
    /// The person opted out of marketing; what they ask for still goes.
    Unsubscribe,
    /// Too many soft bounces.
    SoftBounces,
    /// The address does not work.
    Bounce,
    /// The person complained.
    Complaint,
}

codes!(SuppressionReason);

impl SuppressionReason {
    /// The exit it causes.
    pub fn exit(self) -> ExitReason {
        match self {
            Self::Unsubscribe => ExitReason::Unsubscribe,
            Self::SoftBounces | Self::Bounce => ExitReason::Bounce,
            Self::Complaint => ExitReason::Complaint,
        }
    }
}

impl Lead {
    /// Where marketing consent stands for a campaign: its latest asking counts. Another campaign asked in other words.
    pub fn marketing_state(&self, campaign: &CampaignId) -> Option<ConsentState> {
        self.consent(Purpose::Marketing, campaign).map(|consent| consent.state)
    }

    /// Until when somebody is at work on a mail of this lead, if anybody is.
    pub fn leased_until(&self) -> Option<Timestamp> {
        self.ledger().find_map(|(_, entry)| match *entry.state() {
            EntryState::Claimed { lease_until, .. } => Some(lease_until),
            _ => None,
        })
    }

    /// Why a mail of this class must not go to this lead; `None` when it may. The one gate: asked at every claim.
    ///
    /// A no holds for every campaign, those to come included, until the person says yes again by a link of their own;
    /// then for the one campaign that asked (R45, R69). An opt-out takes back every consent, so one that is in force
    /// was given after it.
    pub fn refusal(&self, class: Class, campaign: &Campaign) -> Option<ExitReason> {
        if class == Class::Alert {
            return None; // it goes to somebody else
        }
        let stop = self.suppression.map(|suppression| suppression.reason);
        if let Some(stop) = stop.filter(|stop| *stop != SuppressionReason::Unsubscribe) {
            return Some(stop.exit());
        }
        if class == Class::Service {
            return None;
        }
        match self.marketing_state(&campaign.id) {
            Some(ConsentState::Given) => None,
            Some(ConsentState::Withdrawn) => Some(ExitReason::Unsubscribe),
            Some(ConsentState::Pending) | None if stop.is_some() || campaign.needs_yes() => {
                Some(ExitReason::Unsubscribe)
            }
            Some(ConsentState::Pending) | None => match campaign.regime {
                Regime::B2cConsent | Regime::B2bInterest => None,
                Regime::CustomerSimilar => (!self.is_customer_of(campaign)).then_some(ExitReason::NoBasis),
            },
        }
    }

    /// Whether the person bought goods like those of this campaign (CPCE L34-5): a customer, won by a campaign it names.
    fn is_customer_of(&self, campaign: &Campaign) -> bool {
        self.stage == Stage::Customer && campaign.similar_to.contains(&self.campaign)
    }

    /// What allows marketing mail of this campaign: a consent in force, else what its regime goes by.
    pub fn basis(&self, campaign: &Campaign) -> Regime {
        match self.marketing_state(&campaign.id) {
            Some(ConsentState::Given) => Regime::B2cConsent,
            _ => campaign.regime,
        }
    }

    /// Why the lead's stage keeps it out of a sequence; `None` when it does not. Who is disqualified gets no more
    /// marketing whatever the file says, and still gets what they ask for.
    pub fn barred(&self, sequence: &Sequence) -> Option<ExitReason> {
        let exit = self.stage.exit()?;
        let always = exit == ExitReason::Disqualified && sequence.start != Start::Capture;
        (always || sequence.exits.contains(&exit)).then_some(exit)
    }

    /// Stops mail for a reason; see `Suppression::after`.
    pub fn suppress(&mut self, reason: SuppressionReason, now: Timestamp) {
        self.suppression = Some(Suppression::after(self.suppression, reason, now));
    }

    /// Ends every active enrolment whose sequence names this exit. A complaint takes the place of a bounce, as it does
    /// in the suppression: SES reports them in any order (R24).
    pub fn exit(&mut self, reason: ExitReason, catalog: &crate::campaign::Catalog, now: Timestamp) {
        self.exit_where(reason, catalog, now, |_| true);
    }

    /// The same for those enrolments that it concerns.
    pub fn exit_where(
        &mut self,
        reason: ExitReason,
        catalog: &crate::campaign::Catalog,
        now: Timestamp,
        concerned: impl Fn(&Enrolment) -> bool,
    ) {
        let outweighed = |ended: Ended| ended.reason == ExitReason::Bounce && reason == ExitReason::Complaint;
        for enrolment in self
            .enrolments
            .iter_mut()
            .filter(|e| e.ended.is_none_or(outweighed) && concerned(e))
        {
            let exits = catalog
                .get(&enrolment.campaign)
                .and_then(|campaign| campaign.sequence(&enrolment.sequence))
                .is_none_or(|sequence| reason == ExitReason::Disqualified || sequence.exits.contains(&reason));
            if exits {
                enrolment.ended = Some(Ended { at: now, reason });
            }
        }
    }

    /// Adds what we saw ourselves to the signals.
    pub fn add_signal(&mut self, kind: SignalKind, of: &str, at: Timestamp) {
        let of = of.to_owned();
        signal::add(
            &mut self.signals,
            Signal {
                kind,
                at,
                of,
                id: None,
                source: None,
            },
        );
    }

    /// Whether it ever was an MQL.
    pub fn was_mql(&self) -> bool {
        self.history.iter().any(|change| change.to == Stage::Mql)
    }

    /// Every email that ever became due, with its enrolment; alerts to sales have none.
    pub fn ledger(&self) -> impl Iterator<Item = (Option<&Enrolment>, &LedgerEntry)> {
        let own = self.enrolments.iter();
        let own = own.flat_map(|enrolment| enrolment.ledger.iter().map(move |entry| (Some(enrolment), entry)));
        let alerts = self.cases.iter().flat_map(|case| &case.ledger);
        own.chain(alerts.map(|entry| (None, entry)))
    }

    /// An entry of the ledger, to settle it or to learn of it.
    pub(crate) fn entry_mut(&mut self, id: &SendId) -> Option<&mut LedgerEntry> {
        let own = self.enrolments.iter_mut().map(|enrolment| &mut enrolment.ledger);
        let alerts = self.cases.iter_mut().map(|case| &mut case.ledger);
        own.chain(alerts).find_map(|ledger| ledger.entry_mut(id))
    }

    /// How many emails nobody will ever know the outcome of.
    pub fn unknown_sends(&self) -> usize {
        self.ledger().filter(|(_, entry)| entry.is_unknown()).count()
    }

    /// How many emails SES accepted twice.
    pub fn duplicate_sends(&self) -> usize {
        self.ledger().filter(|(_, entry)| entry.is_duplicate()).count()
    }

    /// Whether the address is its owner's own: they confirmed it, and have not left since.
    pub fn is_confirmed(&self) -> bool {
        self.consents.iter().any(Consent::is_their_own)
    }

    /// The latest consent for a purpose that a campaign asked for.
    pub fn consent(&self, purpose: Purpose, campaign: &CampaignId) -> Option<&Consent> {
        let mut latest_first = self.consents.iter().rev();
        latest_first.find(|c| c.purpose == purpose && &c.campaign == campaign)
    }

    /// Whether the person said yes well after this moment: a no of then is not told to them again (R21).
    pub fn said_yes_after(&self, no_at: Timestamp) -> bool {
        let later = |c: &Consent| c.state == ConsentState::Given && c.at > no_at + crate::kit::limits::CLOCK_SKEW;
        self.consents.iter().any(later)
    }

    /// When the latest email of this class arrived or may have, other than that of this step, which keeps no gap from itself.
    pub fn last_sent(&self, class: Class, but: (usize, &str)) -> Option<Timestamp> {
        let enrolments = self.enrolments.iter().enumerate();
        let entries =
            enrolments.flat_map(|(index, enrolment)| enrolment.ledger.iter().map(move |entry| (index, entry)));
        entries
            .filter(|(index, entry)| (*index, entry.step.as_str()) != but)
            .filter(|(_, entry)| entry.class == class && entry.may_have_arrived())
            .map(|(_, entry)| entry.at())
            .max()
    }

    /// First and last name as given, for the people who work with the lead; empty when neither is known.
    pub fn full_name(&self) -> String {
        let part = |name: &str| self.answers.get(name).map_or("", Personal::expose);
        format!("{} {}", part("first_name"), part("last_name"))
            .trim()
            .to_owned()
    }

    /// The last real contact: what the person did, or a conversation with sales. A mail of ours is none, nor is opening it.
    pub fn last_contact(&self) -> Timestamp {
        let signals = self.signals.iter().filter(|signal| signal.kind.is_contact());
        let spoken = self
            .cases
            .iter()
            .flat_map(|case| &case.attempts)
            .filter(|attempt| attempt.reached);
        let all = signals
            .map(|signal| signal.at)
            .chain(self.preferences.at)
            .chain(spoken.map(|attempt| attempt.at))
            .chain(self.heard_at());
        all.max().unwrap_or(self.captured_at).max(self.captured_at)
    }

    /// When the person last posted a form or said yes.
    pub fn heard_at(&self) -> Option<Timestamp> {
        let posts = self.captures.iter().map(|capture| capture.at);
        let yes = self.consents.iter().filter_map(|consent| consent.confirmed_at);
        posts.chain(yes).max()
    }
}
