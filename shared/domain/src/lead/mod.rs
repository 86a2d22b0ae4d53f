//! The lead: everything known about one person, in one item that changes in one conditional write.
//!
//! The `serde` names are the stored names. They are short because DynamoDB bills by the kilobyte and a lead must stay
//! below two after its whole sequence.

pub mod bounds;
pub mod case;
pub mod consent;
pub mod deliveries;
pub mod enquiry;
pub mod erasure;
pub mod figures;
pub mod ledger;
pub mod note;
pub mod preferences;
pub mod response;
pub mod signal;
pub mod stage;
pub mod standing;
pub mod suppression;
pub mod unknown;
pub mod words;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::{Campaign, Sequence, Start};
use crate::codes;
use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, LeadId, SendId, WorkspaceId};
use crate::kit::personal::Personal;
use crate::kit::phone::Phone;
use crate::kit::seconds;
use crate::kit::stored::{is_false, is_zero};
use crate::kit::vocabulary::SignalKind;
use crate::kit::vocabulary::{Class, ExitReason};
use crate::kit::vocabulary::{Purpose, Regime};
use crate::lead::bounds::Departures;
use crate::lead::case::Case;
use crate::lead::consent::{Consent, ConsentState};
use crate::lead::deliveries::Told;
use crate::lead::enquiry::Enquiry;
use crate::lead::erasure::Past;
use crate::lead::ledger::{EntryState, Ledger, LedgerEntry};
use crate::lead::note::Note;
use crate::lead::preferences::Preferences;
use crate::lead::signal::{ReportId, Signal};
use crate::lead::stage::{Mover, Stage};
use crate::lead::standing::Standing;
use crate::lead::unknown::Unknown;
use crate::lead::words::Words;

pub use crate::lead::enquiry::Touch;
pub use crate::lead::suppression::{Lift, Suppression, SuppressionReason};

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
    /// The address as first given; absent where the person is known by a telephone number alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The number that the person is known by, where no address was given.
    #[serde(rename = "tel", default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// The campaign of the first post.
    pub campaign: CampaignId,
    /// The first post.
    #[serde(with = "seconds")]
    pub captured_at: Timestamp,
    /// What was said about the person, by whom, and what of it counts.
    #[serde(rename = "wd")]
    pub words: Words,
    /// How the person stands in the campaigns whose forms they posted; see [`Lead::standings`].
    #[serde(rename = "std", default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Standing>,
    /// Consents with their proofs, oldest first.
    #[serde(rename = "con", default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Arc<Vec<Consent>>,
    /// What the person did that counts.
    #[serde(rename = "sig", default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// How far it has come.
    pub stage: Stage,
    /// The grade in the first campaign at the latest change, such as `B2`: reports read it from an index. Engagement fades
    /// between changes, so whoever has the lead itself computes the score.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// How it came there.
    #[serde(rename = "his", default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<StageChange>,
    /// Sequences with their ledgers.
    #[serde(rename = "enr", default, skip_serializing_if = "Vec::is_empty")]
    pub enrolments: Vec<Enrolment>,
    /// The times it was handed to sales, oldest first; at most one of them is open.
    #[serde(rename = "cas", default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Case>,
    /// Whom the lead was given to, where that is not who has the case.
    #[serde(rename = "own", default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<String>,
    /// Alerts about the lead that belong to no case, such as a new enquiry: a part of its ledger.
    #[serde(rename = "nl", default, skip_serializing_if = "Ledger::is_empty")]
    pub notices: Ledger,
    /// What people who work with the lead wrote down, oldest first.
    #[serde(rename = "not", default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Why emails stopped, if they did.
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
    /// Emails that bounced softly of late, each once.
    #[serde(rename = "sb", default, skip_serializing_if = "Vec::is_empty")]
    pub soft_bounces: Vec<SendId>,
    /// How often soft bounces paused the emails since one was last delivered: each pause is twice as long.
    #[serde(rename = "sbp", default, skip_serializing_if = "is_zero")]
    pub soft_pauses: u8,
    /// Until when soft bounces keep marketing and reminders back.
    #[serde(
        rename = "sbu",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub soft_until: Option<Timestamp>,
    /// The person's own mail system says that they are away.
    #[serde(rename = "aw", default, skip_serializing_if = "Option::is_none")]
    pub away: Option<Away>,
    /// An operator keeps the person beyond what the campaigns say, with a reason.
    #[serde(rename = "kp", default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// Set until the sweep has looked for what was told of the person before they came; see `rules::early`.
    #[serde(rename = "new", default, skip_serializing_if = "is_false")]
    pub unmet: bool,
    /// What other systems were told: a part of its ledger.
    #[serde(rename = "dlv", default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Told>,
    /// The alarm clock: the earliest moment at which something must happen.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    pub due_at: Option<Timestamp>,
    /// What the stored item holds beyond all this.
    #[serde(skip)]
    pub unknown: Unknown,
    /// What has no room in the item any more: written to rows of its own before the item is.
    #[serde(skip)]
    pub leaving: Departures,
}

/// Where a person's zone comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum ZoneOrigin {
    /// The form's hidden field, which the browser fills.
    Browser,
    /// The country of the telephone number.
    Phone,
    /// Nothing is known of the person: the campaign's.
    Campaign,
}

codes!(ZoneOrigin);

/// An operator keeps a person beyond what their campaigns say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Until when.
    #[serde(rename = "u", with = "seconds")]
    pub until: Timestamp,
    /// Why, in the operator's words.
    #[serde(rename = "r")]
    pub reason: Personal,
    /// Who said so.
    #[serde(rename = "b")]
    pub by: String,
}

/// An out-of-office that answered one of our emails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// When it came.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Until when marketing waits.
    #[serde(rename = "u", with = "seconds")]
    pub until: Timestamp,
    /// Which message said so: told again, it is the same.
    #[serde(rename = "i")]
    pub id: ReportId,
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
    /// In which campaign it counts; that of the first post where it is absent.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// What the person is worth, in cents, where it was said when they became a customer.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub cents: Option<u64>,
    /// It was a mistake and was taken back: it stands in the history and counts in no figure.
    #[serde(rename = "x", default, skip_serializing_if = "is_false")]
    pub mistaken: bool,
    /// The user's name, where one moved it by hand.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
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
    /// Of several enquiries of the second it started in, which one started it.
    #[serde(rename = "i", default, skip_serializing_if = "is_zero")]
    pub serial: u16,
    /// By how many seconds pauses moved what is left of it.
    #[serde(rename = "p", default, skip_serializing_if = "is_zero")]
    pub moved_s: i64,
    /// What allows its marketing emails (R63); a sequence of what the person asked for needs no such thing.
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
        if self.email.is_none() {
            return Some(ExitReason::NoAddress);
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
            Some(ConsentState::Pending | ConsentState::Lapsed) | None if stop.is_some() || campaign.needs_yes() => {
                Some(ExitReason::Unsubscribe)
            }
            Some(ConsentState::Pending | ConsentState::Lapsed) | None => match campaign.regime {
                Regime::B2cConsent | Regime::B2bInterest => None,
                Regime::CustomerSimilar => (!self.is_customer_of(campaign)).then_some(ExitReason::NoBasis),
            },
        }
    }

    /// Whether the person bought goods like those of this campaign (CPCE L34-5): a customer, won by a campaign it names.
    fn is_customer_of(&self, campaign: &Campaign) -> bool {
        let won = self.history.iter().rfind(|change| change.to == Stage::Customer);
        let by = won
            .and_then(|change| change.campaign.as_ref())
            .unwrap_or(&self.campaign);
        let bought = |of: &CampaignId| campaign.similar_to.contains(of);
        self.stage == Stage::Customer && (bought(by) || (by == &campaign.id && bought(&self.campaign)))
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

    /// Whether a delivery would tell something: soft bounces are counted, or keep emails back.
    pub fn bounced_softly(&self) -> bool {
        !self.soft_bounces.is_empty() || self.soft_until.is_some()
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

    /// The stage before the latest move, where that can still be taken back as a mistake.
    pub fn stage_before(&self) -> Option<Stage> {
        let counts = |change: &&StageChange| !change.mistaken;
        let last = self
            .history
            .iter()
            .rposition(|change| change.to == self.stage && !change.mistaken)?;
        let before = self.history[..last].iter().rfind(counts);
        Some(before.map_or(Stage::Lead, |change| change.to))
    }

    /// Whether it ever was an MQL.
    pub fn was_mql(&self) -> bool {
        self.history.iter().any(|change| change.to == Stage::Mql)
    }

    /// Every email that ever became due, with its enrolment; alerts to sales have none.
    pub fn ledger(&self) -> impl Iterator<Item = (Option<&Enrolment>, &LedgerEntry)> {
        let own = self.enrolments.iter();
        let own = own.flat_map(|enrolment| enrolment.ledger.iter().map(move |entry| (Some(enrolment), entry)));
        let alerts = self.cases.iter().flat_map(|case| &case.ledger).chain(&self.notices);
        own.chain(alerts.map(|entry| (None, entry)))
    }

    /// An entry of the ledger, to settle it or to learn of it.
    pub(crate) fn entry_mut(&mut self, id: &SendId) -> Option<&mut LedgerEntry> {
        let own = self.enrolments.iter_mut().map(|enrolment| &mut enrolment.ledger);
        let alerts = self.cases.iter_mut().map(|case| &mut case.ledger);
        let alerts = alerts.chain([&mut self.notices]);
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

    /// The consent that counts for a purpose that a campaign asked for: one in force, else one that may still be confirmed,
    /// else the latest. A yes stands whatever a later post ticks or leaves out.
    pub fn consent(&self, purpose: Purpose, campaign: &CampaignId) -> Option<&Consent> {
        let latest_first = self.consents.iter().rev();
        let of_it: Vec<&Consent> = latest_first
            .filter(|c| c.purpose == purpose && &c.campaign == campaign)
            .collect();
        let in_state = |state| of_it.iter().find(|consent| consent.state == state);
        in_state(ConsentState::Given)
            .or_else(|| in_state(ConsentState::Pending))
            .or_else(|| of_it.first())
            .copied()
    }

    /// The stop as people read it: a no that a later yes took back for some campaign is none.
    pub fn stop(&self) -> Option<Suppression> {
        let again = || self.consents.iter().any(Consent::is_their_own);
        self.suppression
            .filter(|stop| stop.reason != SuppressionReason::Unsubscribe || !again())
    }

    /// When the person last said no, if they did.
    pub(crate) fn no_since(&self) -> Option<Timestamp> {
        let withdrawn = self.consents.iter().filter(|consent| {
            consent.purpose == Purpose::Marketing
                && consent.state == ConsentState::Withdrawn
                && consent.method != consent::Method::Retention
        });
        let stop = self.suppression.and_then(|stop| match stop.reason {
            SuppressionReason::Unsubscribe | SuppressionReason::Complaint => Some(stop.at),
            _ => stop.own_no,
        });
        withdrawn.map(|consent| consent.at).chain(stop).max()
    }

    /// Whether the post that started this waits for its confirmation: where posts had no names, the campaign's.
    pub fn waits_for_yes(&self, enrolment: &Enrolment) -> bool {
        self.marketing_state(&enrolment.campaign) == Some(ConsentState::Pending)
    }

    /// The enquiry that started an enrolment, while the lead holds it.
    pub fn enquiry_of(&self, enrolment: &Enrolment) -> Option<&Enquiry> {
        let named = (&enrolment.campaign, enrolment.started_at, enrolment.serial);
        let mut enquiries = self.words.enquiries().iter();
        enquiries.find(|enquiry| (&enquiry.campaign, enquiry.at, enquiry.serial) == named)
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

    /// The telephone number that counts, by the fields of a campaign's form.
    pub fn telephone(&self, campaign: &Campaign) -> Option<Phone> {
        let mut answers = campaign.phone_fields().filter_map(|field| self.words.answer(field));
        answers.find_map(Phone::stored).or_else(|| self.phone.clone())
    }

    /// The zone of the person: as their browser told it, else that of their telephone number, else the campaign's.
    pub fn time_zone(&self, campaign: &Campaign) -> TimeZone {
        self.zone_of(campaign).0
    }

    /// The same with where it comes from.
    pub fn zone_of(&self, campaign: &Campaign) -> (TimeZone, ZoneOrigin) {
        let known = |name: &str| (name != campaign.zone).then(|| TimeZone::get(name).ok()).flatten();
        if let Some(zone) = self.words.zone() {
            return (known(zone).unwrap_or_else(|| campaign.time_zone()), ZoneOrigin::Browser);
        }
        match self.telephone(campaign).and_then(|phone| phone.zone()) {
            Some(zone) => (known(zone).unwrap_or_else(|| campaign.time_zone()), ZoneOrigin::Phone),
            None => (campaign.time_zone(), ZoneOrigin::Campaign),
        }
    }

    /// First and last name as given, for the people who work with the lead; empty when neither is known.
    pub fn full_name(&self) -> String {
        let part = |name: &str| self.words.answer(name).unwrap_or_default();
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
            .chain(
                self.notes
                    .iter()
                    .filter(|note| note.reached == Some(true))
                    .map(|note| note.at),
            )
            .chain(self.heard_at());
        all.max().unwrap_or(self.captured_at).max(self.captured_at)
    }

    /// When the person last posted a form or said yes. That somebody imported a list is no word of theirs.
    pub fn heard_at(&self) -> Option<Timestamp> {
        let posts = self.words.enquiries().iter();
        let posts = posts
            .filter(|enquiry| enquiry.import().is_none())
            .map(|enquiry| enquiry.at);
        let yes = self.consents.iter().filter_map(|consent| consent.confirmed_at);
        posts.chain(yes).max()
    }
}
