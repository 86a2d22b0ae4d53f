//! What other systems were told of a lead, destination by destination: a part of the lead's ledger.
//!
//! A CRM is told how the lead stands now: one delivery each for the record, for a no to marketing and for an erasure,
//! taken up again whenever ours changes. A webhook or a chat is told what happened: one delivery an event, whose id and
//! body stay the same at every try. The states change by the methods here and nowhere else.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::campaign::destination::EventType;
use crate::codes;
use crate::kit::ids::{ClaimToken, DestinationName, LeadId};
use crate::kit::seconds;
use crate::kit::stored::{is_false, is_zero};

/// How long a claim holds: longer than all calls of one delivery may take.
pub const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// An attempt whose outcome is unknown is looked up no sooner: a CRM's search may lag behind its records.
pub const LOOK_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// How many ended events of one destination a lead keeps, with their bodies for a replay.
pub const ENDED_KEPT: usize = 5;
/// How many events of one lead may wait for one destination: more than a life has. Beyond it the oldest leaves.
pub const WAITING_MAX: usize = 16;

/// What one destination knows of a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Which destination.
    #[serde(rename = "d")]
    pub destination: DestinationName,
    /// The record's id there.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// What was last accepted of each field, or refused and left out, as a hash: an equal one is not sent again.
    #[serde(
        rename = "h",
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "hashes"
    )]
    pub taken: BTreeMap<String, u32>,
    /// Of what happened, what has become an event.
    #[serde(rename = "n", default, skip_serializing_if = "Noted::is_new")]
    pub noted: Noted,
    /// The deliveries: those that wait, and the latest that ended.
    #[serde(rename = "l", default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
    /// How many there ever were.
    #[serde(rename = "c", default, skip_serializing_if = "is_zero")]
    pub count: u32,
    /// Whether the record there was deleted: it is not made again.
    #[serde(rename = "g", default, skip_serializing_if = "is_false")]
    pub gone: bool,
    /// Whether the record there says that the person wants no marketing, as far as we told it or heard.
    #[serde(rename = "x", default, skip_serializing_if = "is_false")]
    pub no: bool,
}

/// Of what happened to a lead, what one destination has an event about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// That there is a lead.
    #[serde(rename = "n", default, skip_serializing_if = "is_false")]
    pub created: bool,
    /// That the person confirmed.
    #[serde(rename = "c", default, skip_serializing_if = "is_false")]
    pub confirmed: bool,
    /// Moves between stages, by their number.
    #[serde(rename = "m", default, skip_serializing_if = "is_zero")]
    pub moves: u32,
    /// Who has it.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// That the person wants no marketing.
    #[serde(rename = "x", default, skip_serializing_if = "is_false")]
    pub opted_out: bool,
    /// Cases, by their number.
    #[serde(rename = "k", default, skip_serializing_if = "is_zero")]
    pub cases: u32,
    /// Cases that were escalated, by their number.
    #[serde(rename = "e", default, skip_serializing_if = "is_zero")]
    pub overdue: u32,
}

impl Noted {
    fn is_new(&self) -> bool {
        *self == Self::default()
    }
}

/// One delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its number among those of its lead and destination.
    #[serde(rename = "k")]
    pub number: u32,
    /// What it tells.
    #[serde(rename = "w")]
    pub what: What,
    /// How far it is.
    #[serde(rename = "s")]
    pub state: DeliveryState,
    /// When it began to wait.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// When it is tried next; absent: at once.
    #[serde(
        rename = "x",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub next_at: Option<Timestamp>,
    /// Tries that count against it.
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// Who is at it.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<DeliveryClaim>,
    /// Whether a try before may have made a record that nobody knows of.
    #[serde(rename = "u", default, skip_serializing_if = "is_false")]
    pub unsure: bool,
    /// A hash of all that was tried last, where it was set aside: the same is not tried again by itself.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<u32>,
    /// The HTTP status of the last answer.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The other side's own code.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What became of single fields, in their names.
    #[serde(rename = "f", default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, FieldEnd)>,
    /// The body of an event, as it is signed.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// Who is at a delivery, until when, and what they tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryClaim {
    /// The proof.
    #[serde(rename = "t")]
    pub token: ClaimToken,
    /// The end of the lease.
    #[serde(rename = "u", with = "seconds")]
    pub until: Timestamp,
    /// The fields that are on their way, as hashes.
    #[serde(
        rename = "h",
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "hashes"
    )]
    pub sent: BTreeMap<String, u32>,
}

/// What a delivery tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// That the person is erased.
    Erasure,
    /// That the person wants no marketing.
    OptOut,
    /// How the lead stands.
    Push,
    /// Nothing: the record there is read back.
    Look,
    /// A hot lead, as a card in a chat.
    Card,
    /// An event.
    Event(EventType),
}

impl What {
    /// As the API says it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Erasure => "erasure",
            Self::OptOut => "opt_out",
            Self::Push => "push",
            Self::Look => "look",
            Self::Card => "card",
            Self::Event(event) => event.code(),
        }
    }

    /// The one with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Some(match code {
            "erasure" => Self::Erasure,
            "opt_out" => Self::OptOut,
            "push" => Self::Push,
            "look" => Self::Look,
            "card" => Self::Card,
            event => Self::Event(event.parse().ok()?),
        })
    }
}

impl Serialize for What {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for What {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| serde::de::Error::custom("no kind of delivery"))
    }
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum DeliveryState {
    /// It waits for its turn, or somebody is at it.
    Pending,
    /// Taken.
    Delivered,
    /// Refused for good, or the record is gone: a person decides.
    SetAside,
    /// It waits for its destination, which is paused or off.
    Paused,
    /// The person is erased there.
    Forgotten,
}

codes!(DeliveryState);

/// What became of one field that was not simply taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum FieldEnd {
    /// The CRM answered with another value: it keeps its own.
    Kept,
    /// Refused, and left out as the file says.
    Dropped,
    /// Refused, and it stopped the record.
    Refused,
}

codes!(FieldEnd);

/// How a try ended, with all that is kept of it. It never holds a value of the lead or of the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The end.
    pub end: End,
    /// The record's id there, once it is known: kept even if what came after failed.
    pub id: Option<String>,
    /// The HTTP status of the last answer; `None` where there was none.
    pub status: Option<u16>,
    /// The other side's own code, such as `PROPERTY_DOESNT_EXIST`; never a text that may repeat a value.
    pub code: Option<String>,
    /// What became of single fields that were not simply taken, in the CRM's names.
    pub fields: Vec<(String, FieldEnd)>,
    /// Whether the record was found among several that matched, and the oldest or ours was taken.
    pub several: bool,
    /// How long the destination wants to be left alone after this, where its headers say that a limit is near.
    pub rest: Option<SignedDuration>,
}

/// The end of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The record there says what ours says, but for what `fields` names.
    Delivered,
    /// It will never be taken as it is: kept aside for a person, and the next lead goes on.
    SetAside,
    /// The record there was deleted, by a person or by the CRM: it is not made again.
    Gone,
    /// Not now, for this record: try it again, not before so long where the other side says so.
    Later(Option<SignedDuration>),
    /// Nobody knows whether it had an effect: look before anything is made again.
    Unknown,
    /// The access token is no longer good: renew it once and try again.
    Renew,
    /// The destination is at fault or asks for rest: nothing goes to it for so long, or until a person resumes it.
    Pause(Reason, Option<SignedDuration>),
}

/// Why a whole destination pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema), schemars(rename = "StopReason"))]
pub enum Reason {
    /// Key or token wrong, revoked or expired: the owner's to mend.
    Unauthorized,
    /// A right, a scope or a plan that is missing: the owner's to mend.
    Forbidden,
    /// Too many calls in a short time: it goes on by itself.
    Limited,
    /// The day's budget is used up: it goes on by itself.
    Budget,
    /// Blocked for going on in spite of limits.
    Blocked,
    /// The account is being moved, or is closed for now.
    Unavailable,
    /// An answer, or the file, named an address that is not to be reached.
    Elsewhere,
    /// There is no secret of its name, or it has the wrong shape.
    NoSecret,
    /// A person paused it.
    ByHand,
    /// It answered 410: it wants no more.
    Gone,
    /// It failed for five days.
    Failing,
}

codes!(Reason);

impl Reason {
    /// Whether the destination is off, and not merely paused.
    pub fn switches_off(self) -> bool {
        matches!(self, Self::Gone | Self::Failing)
    }
}

impl Outcome {
    /// An end, and nothing else known.
    pub fn of(end: End) -> Self {
        Self {
            end,
            id: None,
            status: None,
            code: None,
            fields: Vec::new(),
            several: false,
            rest: None,
        }
    }

    /// The same with the status of the last answer.
    pub fn with_status(self, status: u16) -> Self {
        Self {
            status: Some(status),
            ..self
        }
    }

    /// The same with the other side's own code.
    pub fn with_code(self, code: impl Into<String>) -> Self {
        Self {
            code: Some(code.into()),
            ..self
        }
    }

    /// The same with the record's id there.
    pub fn with_id(self, id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            ..self
        }
    }
}

/// The id of a delivery: the lead's, the destination's name and a number, none of which names anybody. It is also the
/// `webhook-id`, the same at every try, and has no dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryId {
    /// Whose.
    pub lead: LeadId,
    /// Where to.
    pub destination: DestinationName,
    /// Which.
    pub number: u32,
}

impl DeliveryId {
    /// Reads an id.
    pub fn parse(text: &str) -> Option<Self> {
        let (lead, rest) = text.split_once('-')?;
        let (destination, number) = rest.rsplit_once('-')?;
        LeadId::is_valid(lead).then_some(())?;
        Some(Self {
            lead: LeadId::new(lead),
            destination: DestinationName::new(destination),
            number: number.parse().ok()?,
        })
    }
}

impl std::fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.lead, self.destination, self.number)
    }
}

/// Hashes by field. What is none belongs to a newer version, and stays in the item as it is.
fn hashes<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Entry {
        Hash(u32),
        Other(serde::de::IgnoredAny),
    }
    let all = BTreeMap::<String, Entry>::deserialize(deserializer)?;
    let known = all.into_iter().filter_map(|(name, entry)| match entry {
        Entry::Hash(hash) => Some((name, hash)),
        Entry::Other(_) => None,
    });
    Ok(known.collect())
}

/// A short hash of a value: enough to see that it changed.
pub fn hash(value: &serde_json::Value) -> u32 {
    let digest = Sha256::digest(value.to_string());
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

/// One hash over all that is on its way.
pub(crate) fn hash_of(sent: &BTreeMap<String, u32>) -> u32 {
    hash(&serde_json::json!(sent))
}

impl Delivery {
    /// Since when it can be tried; `None` where it has ended.
    pub fn due_at(&self) -> Option<Timestamp> {
        let waits = matches!(self.state, DeliveryState::Pending | DeliveryState::Paused);
        let from = self.claim.as_ref().map(|claim| claim.until).or(self.next_at);
        waits.then(|| from.unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Whether it has ended, one way or another.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, DeliveryState::Delivered | DeliveryState::Forgotten)
    }

    /// Lets it wait anew, from this moment.
    pub(crate) fn renew(&mut self, now: Timestamp) {
        *self = Self {
            state: DeliveryState::Pending,
            at: now,
            next_at: None,
            attempts: 0,
            refused: None,
            ..self.clone()
        };
    }

    /// Claims it. A claim that ran out leaves it open what became of the try before.
    pub(crate) fn claim(&mut self, token: &ClaimToken, sent: BTreeMap<String, u32>, now: Timestamp) {
        self.unsure |= self.claim.is_some();
        self.state = DeliveryState::Pending;
        self.claim = Some(DeliveryClaim {
            token: token.clone(),
            until: now + LEASE,
            sent,
        });
    }

    /// Whether the claim is theirs.
    pub(crate) fn is_claimed_by(&self, token: &ClaimToken) -> bool {
        self.claim.as_ref().is_some_and(|claim| &claim.token == token)
    }
}

impl Told {
    /// A destination that knows nothing yet.
    pub(crate) fn new(destination: DestinationName) -> Self {
        Self {
            destination,
            remote: None,
            taken: BTreeMap::new(),
            noted: Noted::default(),
            deliveries: Vec::new(),
            count: 0,
            gone: false,
            no: false,
        }
    }

    /// The delivery of this kind, of those that are each one for a lead.
    pub fn of(&self, what: What) -> Option<&Delivery> {
        self.deliveries.iter().find(|delivery| delivery.what == what)
    }

    /// Lets something be told: takes up the one delivery of a CRM again, or adds an event.
    pub(crate) fn tell(&mut self, what: What, body: Option<String>, now: Timestamp) {
        let single = matches!(what, What::Erasure | What::OptOut | What::Push | What::Look);
        if let Some(known) = self.deliveries.iter_mut().find(|known| single && known.what == what) {
            if known.claim.is_none() && known.state != DeliveryState::Pending {
                known.renew(now);
            }
            return;
        }
        self.count += 1;
        self.deliveries.push(Delivery {
            number: self.count,
            what,
            state: DeliveryState::Pending,
            at: now,
            next_at: None,
            attempts: 0,
            claim: None,
            unsure: false,
            refused: None,
            status: None,
            code: None,
            fields: Vec::new(),
            body,
        });
        self.keep_within_bounds();
    }

    /// Whether this delivery may be tried now: one at a time, a record before the no that is noted on it, and nothing of a new
    /// life before the old one is erased there.
    pub(crate) fn may_go(&self, delivery: &Delivery) -> bool {
        let busy = self
            .deliveries
            .iter()
            .any(|of| of.number != delivery.number && of.claim.is_some());
        let erasing = self
            .of(What::Erasure)
            .is_some_and(|of| of.state != DeliveryState::Forgotten);
        let no_record = self.remote.is_none() && self.of(What::Push).is_some_and(|of| of.due_at().is_some());
        match delivery.what {
            What::Erasure => !busy,
            What::OptOut => !busy && !erasing && !no_record,
            _ => !busy && !erasing,
        }
    }

    /// Nothing that leads there stays once the person is erased there.
    pub(crate) fn forget(&mut self) {
        (self.remote, self.gone, self.no) = (None, false, false);
        self.taken.clear();
    }

    /// Events that ended long ago leave, and of too many that wait the oldest.
    fn keep_within_bounds(&mut self) {
        let is_event = |delivery: &Delivery| matches!(delivery.what, What::Card | What::Event(_));
        while self.deliveries.iter().filter(|d| is_event(d) && d.has_ended()).count() > ENDED_KEPT {
            let oldest = self.deliveries.iter().position(|d| is_event(d) && d.has_ended());
            self.deliveries.remove(oldest.expect("some have ended"));
        }
        while self.deliveries.iter().filter(|d| is_event(d)).count() > WAITING_MAX {
            let oldest = self.deliveries.iter().position(|d| is_event(d) && d.claim.is_none());
            let Some(oldest) = oldest else { break };
            self.deliveries.remove(oldest);
        }
    }
}

/// When the first of these can be tried, as the index of deliveries sorts it: what waits by its moment (0 is at once),
/// after it what was set aside, after that what only was. `None` where nothing was ever told.
pub fn relay_at(told: &[Told]) -> Option<i64> {
    let all = || told.iter().flat_map(|told| &told.deliveries);
    let waits = all().filter_map(Delivery::due_at).min().map(|at| at.as_second().max(0));
    let latest = |since: i64| move |of: &Delivery| since + of.at.as_second();
    let aside = all().filter(|of| of.state == DeliveryState::SetAside);
    waits
        .or_else(|| aside.map(latest(SET_ASIDE_FROM)).max())
        .or_else(|| all().map(latest(ENDED_FROM)).max())
}

/// From here on the index names leads with nothing but what was set aside.
pub const SET_ASIDE_FROM: i64 = 5_000_000_000;
/// And from here on those of whom all has ended.
pub const ENDED_FROM: i64 = 10_000_000_000;
