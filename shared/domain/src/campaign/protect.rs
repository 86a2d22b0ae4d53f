//! What an owner says about posts that look like spam, and how much of them their form takes.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::kit::allowance::{Limit, POSTS_AT_ONCE, VISITS_A_MINUTE, posts, visits};
use crate::kit::limits;
use crate::kit::vocabulary::Layer;

/// `[protect]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Protect {
    /// Whether each post of the form is to bring a proof of work.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proof_of_work: bool,
    /// The site key of the Cloudflare Turnstile widget whose answer each post is to bring.
    /// It is public; the secret key beside it lies in the key ring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnstile: Option<String>,
    /// What a layer adds to the risk of a post, where that is not as usual: 100 holds a post by itself, 0 turns the layer off.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub points: BTreeMap<Layer, u8>,
    /// How much the form takes, where that is not as usual.
    #[serde(default, skip_serializing_if = "Limits::is_usual")]
    pub limits: Limits,
}

/// `[protect.limits]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Limits {
    /// Visits of one visitor that are counted in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    visits_per_minute: Option<u16>,
    /// Posts that one visitor may send one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    posts_at_once: Option<u16>,
    /// First emails that leave in an hour because of this form.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_mails_per_hour: Option<u16>,
}

impl Limits {
    /// First emails of the form in an hour: no workspace sends more ([`FIRST_MAILS_HOUSE`](limits::FIRST_MAILS_HOUSE)).
    const FIRST_MAILS: RangeInclusive<u16> = 10..=2_000;

    fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// The visits of one visitor.
    pub fn visits(&self) -> Limit {
        visits(self.visits_per_minute.unwrap_or(100).into())
    }

    /// The posts of one visitor.
    pub fn posts(&self) -> Limit {
        posts(self.posts_at_once.unwrap_or(50).into())
    }

    /// First emails an hour.
    pub fn first_mails(&self) -> u64 {
        self.first_mails_per_hour.map_or(limits::FIRST_MAILS_FORM, u64::from)
    }

    /// The keys whose values cannot be kept, with those that can.
    pub(super) fn out_of_range(&self) -> impl Iterator<Item = (&'static str, RangeInclusive<u16>)> {
        let said = [
            ("visits_per_minute", self.visits_per_minute, VISITS_A_MINUTE),
            ("posts_at_once", self.posts_at_once, POSTS_AT_ONCE),
            ("first_mails_per_hour", self.first_mails_per_hour, Self::FIRST_MAILS),
        ];
        let wrong = said
            .into_iter()
            .filter(|(_, said, may)| said.is_some_and(|said| !may.contains(&said)));
        wrong.map(|(key, _, may)| (key, may))
    }
}

impl Protect {
    /// The most that one layer may add: it then holds a post by itself.
    pub const POINTS_MAX: u8 = 100;

    /// Whether nothing is said.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// What a layer adds.
    pub fn points(&self, layer: Layer) -> u32 {
        let usual = match layer {
            Layer::Honeypot | Layer::TooFast | Layer::TooOld => 100,
            Layer::NoProof | Layer::FalseProof | Layer::NoTurnstile | Layer::FalseTurnstile => 100,
            Layer::Alphabet => 70,
            Layer::ForgedTime | Layer::Disposable | Layer::Markup => 60,
            Layer::ManyPeople => 40,
            Layer::Links => 30,
            Layer::Role => 10,
        };
        self.points.get(&layer).map_or(usual, |points| u32::from(*points))
    }
}
