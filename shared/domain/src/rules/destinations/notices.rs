//! What people are told of a destination, by email: that it stands still, or that it set something aside; each cause once,
//! until a person takes the matter up. The ledger of these emails is here, in the destination's own item; what other webhooks
//! are told of a stop is in `events.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Health;
use crate::campaign::destination::{Destination, EventType};
use crate::campaign::{Campaign, Catalog};
use crate::kit::email::Email;
use crate::kit::ids::{ClaimToken, DestinationName, Key, LeadId, SendId};
use crate::kit::seconds;
use crate::kit::stored::{is_false, is_zero};
use crate::kit::vocabulary::Class;
use crate::lead::deliveries::{FieldEnd, Reason, What};
use crate::lead::ledger::Outcome;
use crate::rules::confirmation::Confirms;
use crate::rules::effect::{MailOrder, Names};

/// The sequence of these emails, as their tags say it.
pub const SEQUENCE: &str = "destination";
/// Causes kept of one destination: it has few ways to go wrong. Beyond it the oldest is forgotten.
const KEPT: usize = 16;
/// A stop that ends sooner by itself is no news.
const WORTH_TELLING: SignedDuration = SignedDuration::from_mins(15);
/// A stop for the same reason is the same one for so long: a day's quota that is used up is tried every hour.
const SAME_STOP: SignedDuration = SignedDuration::from_hours(20);
/// After so long an email that could not leave is none any more: the console has told it meanwhile.
const STALE_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Longer than SES's answer and the write of it may take.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// When an email that was refused for now is tried again.
const AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// Why people are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// The destination stands still.
    #[serde(rename = "s")]
    Stopped {
        /// Why.
        #[serde(rename = "r")]
        reason: Reason,
        /// Until when, where it goes on by itself.
        #[serde(
            rename = "u",
            default,
            skip_serializing_if = "Option::is_none",
            with = "seconds::optional"
        )]
        until: Option<Timestamp>,
    },
    /// Something was set aside.
    #[serde(rename = "a")]
    SetAside {
        /// What, where it was no event: those of all types have one cause.
        #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
        what: Option<What>,
        /// The other side's own code.
        #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// The fields that were refused, in their names.
        #[serde(rename = "f", default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<String>,
    },
}

/// A cause, and whom it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its number among those of its destination.
    #[serde(rename = "k")]
    pub number: u32,
    /// What is told.
    #[serde(rename = "c")]
    pub cause: Cause,
    /// When it came up.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// How far each email is, by a hash of its address; one that is absent has not been begun.
    #[serde(rename = "m", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mails: BTreeMap<String, Mail>,
    /// Whether everybody was told by email, or nobody is to be any more.
    #[serde(rename = "o", default, skip_serializing_if = "is_false")]
    pub over: bool,
    /// The webhooks that are still to be told.
    #[serde(rename = "w", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<DestinationName, Event>,
}

/// How far the event to one webhook is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Tries that count.
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// When it is tried next, or until when whoever is at it may be; absent: at once.
    #[serde(
        rename = "x",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub next_at: Option<Timestamp>,
    /// Who is at it.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimToken>,
}

/// Who is to be told of a cause.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// Whether the file names people.
    mails: bool,
    /// The webhooks.
    webhooks: Vec<DestinationName>,
}

impl Audience {
    /// Who is to be told of what happens to this destination: the people its file names and, of a stop, the other webhooks of
    /// its workspace that hear of one.
    pub fn of(destination: &Destination, catalog: &Catalog) -> Self {
        let hears = |of: &&Arc<Destination>| {
            of.workspace == destination.workspace && of.name != destination.name && of.hears(EventType::DeliveryPaused)
        };
        Self {
            mails: !destination.notify.is_empty(),
            webhooks: catalog.destinations().filter(hears).map(|of| of.name.clone()).collect(),
        }
    }

    /// Whether anybody is to be told of a delivery that was set aside.
    pub fn has_people(&self) -> bool {
        self.mails
    }
}

/// How far one email is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mail {
    /// Somebody is at it, until then.
    #[serde(rename = "c")]
    Claimed(ClaimToken, #[serde(with = "seconds")] Timestamp),
    /// It was refused for now and is tried again then.
    #[serde(rename = "x")]
    Again(#[serde(with = "seconds")] Timestamp),
    /// It left, or will never.
    #[serde(rename = "o")]
    Over,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is ours to send.
    Ours,
    /// Whoever had it never said what became of it: it may have left, so it does not leave again.
    Unknown,
    /// There is nothing to send now.
    Nothing,
}

impl Cause {
    /// That a destination stands still.
    pub fn stopped(reason: Reason, until: Option<Timestamp>) -> Self {
        Self::Stopped { reason, until }
    }

    /// That this delivery was set aside.
    pub fn set_aside(what: What, code: Option<&str>, fields: &[(String, FieldEnd)]) -> Self {
        let refused = fields.iter().filter(|(_, end)| *end == FieldEnd::Refused);
        Self::SetAside {
            what: Some(what).filter(|what| !matches!(what, What::Event(_) | What::Card)),
            code: code.map(str::to_owned),
            fields: refused.map(|(name, _)| name.clone()).collect(),
        }
    }

    /// The step of its email, as the tags say it.
    pub fn step(&self) -> &'static str {
        match self {
            Self::Stopped { reason, .. } if reason.switches_off() => "off",
            Self::Stopped { .. } => "paused",
            Self::SetAside { .. } => "set_aside",
        }
    }

    /// Whether both are the same matter at heart.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stopped { reason, .. }, Self::Stopped { reason: of, .. }) => reason == of,
            _ => self == other,
        }
    }
}

impl Notice {
    /// Whether people still have to be told.
    pub fn is_open(&self) -> bool {
        !self.over
    }

    /// The email to one address. Its ids name neither the destination nor the address to whoever has no key.
    pub fn mail(
        &self,
        destination: &Destination,
        campaign: &Campaign,
        to: &Email,
        (key, token): (&Key, &ClaimToken),
    ) -> MailOrder {
        let id = LeadId::of_notice(key, &destination.workspace, &destination.name, to);
        let step = self.cause.step();
        // A number is never used again, so no two emails have one id.
        let send_id = SendId::of(key, &id, &campaign.id, SEQUENCE, step, self.number);
        MailOrder {
            workspace: destination.workspace.clone(),
            lead: id,
            send_id,
            token: token.clone(),
            campaign: campaign.id.clone(),
            sequence: SEQUENCE.to_owned(),
            step: step.to_owned(),
            class: Class::Alert,
            basis: None,
            template: String::new(),
            to: to.clone(),
            reply_to: None,
            locale: campaign.default_locale(),
            confirms: Confirms::default(),
            enquiry: None,
            names: Names::default(),
            alert: None,
        }
    }
}

impl Health {
    /// Lets a cause be told, unless it was, or is over before anybody could read of it.
    pub fn note_cause(&mut self, cause: Cause, to: &Audience, now: Timestamp) {
        let known = |notice: &Notice| match &cause {
            Cause::Stopped { .. } => now.duration_since(notice.at) < SAME_STOP,
            Cause::SetAside { .. } => true,
        };
        let is_short = matches!(cause, Cause::Stopped { until: Some(until), .. } if until < now + WORTH_TELLING);
        let webhooks: &[DestinationName] = match cause {
            Cause::Stopped { .. } => &to.webhooks,
            Cause::SetAside { .. } => &[],
        };
        let is_nobodys = !to.mails && webhooks.is_empty();
        if is_nobodys
            || is_short
            || self
                .notices
                .iter()
                .any(|notice| notice.cause.is_like(&cause) && known(notice))
        {
            return;
        }
        self.notices.retain(|notice| !notice.cause.is_like(&cause));
        self.noticed += 1;
        let (number, mails) = (self.noticed, BTreeMap::new());
        self.notices.push(Notice {
            number,
            cause,
            at: now,
            mails,
            over: !to.mails,
            events: webhooks.iter().map(|name| (name.clone(), Event::default())).collect(),
        });
        let surplus = self.notices.len().saturating_sub(KEPT);
        self.notices.drain(..surplus);
    }

    /// A person takes up what was set aside: should it fail again, that is told anew.
    pub fn take_up(&mut self) {
        self.notices
            .retain(|notice| !matches!(notice.cause, Cause::SetAside { .. }));
    }

    /// Claims the email of a notice to one address.
    pub fn claim_mail(&mut self, number: u32, to: &Email, token: &ClaimToken, now: Timestamp) -> Claimed {
        let notice = self.notices.iter_mut().find(|notice| notice.number == number);
        let Some(notice) = notice.filter(|notice| notice.is_open()) else {
            return Claimed::Nothing;
        };
        if now.duration_since(notice.at) >= STALE_AFTER {
            notice.over = true;
            return Claimed::Nothing;
        }
        let mail = notice.mails.get(&hash_of(to));
        match mail {
            None => {}
            Some(Mail::Again(at)) if *at <= now => {}
            Some(Mail::Claimed(_, until)) if *until <= now => {
                notice.mails.insert(hash_of(to), Mail::Over);
                return Claimed::Unknown;
            }
            Some(_) => return Claimed::Nothing,
        }
        let claim = Mail::Claimed(token.clone(), now + LEASE);
        notice.mails.insert(hash_of(to), claim);
        Claimed::Ours
    }

    /// Records what handing such an email to SES came to; over, once everybody was told.
    pub fn settle_mail(
        &mut self,
        (number, to): (u32, &Email),
        token: &ClaimToken,
        outcome: &Outcome,
        everybody: &[Email],
        now: Timestamp,
    ) {
        let Some(notice) = self.notices.iter_mut().find(|notice| notice.number == number) else {
            return;
        };
        if !matches!(notice.mails.get(&hash_of(to)), Some(Mail::Claimed(of, _)) if of == token) {
            return;
        }
        match outcome {
            Outcome::Postponed | Outcome::Joined { .. } | Outcome::Limited { .. } => {
                notice.mails.remove(&hash_of(to));
            }
            Outcome::HouseRefused { until, .. } => {
                notice
                    .mails
                    .insert(hash_of(to), Mail::Again(until.unwrap_or(now + AGAIN)));
            }
            Outcome::RefusedForNow { .. } => {
                notice.mails.insert(hash_of(to), Mail::Again(now + AGAIN));
            }
            Outcome::Accepted { .. } | Outcome::Refused { .. } | Outcome::Ambiguous => {
                notice.mails.insert(hash_of(to), Mail::Over);
            }
        }
        notice.close(everybody);
    }
}

impl Notice {
    fn close(&mut self, everybody: &[Email]) {
        self.over |= everybody
            .iter()
            .all(|to| self.mails.get(&hash_of(to)) == Some(&Mail::Over));
        if self.over {
            self.mails.clear();
        }
    }
}

/// Tells addresses of one file apart; the address itself stays in the file.
fn hash_of(to: &Email) -> String {
    let digest = Sha256::digest(to.expose());
    digest[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
