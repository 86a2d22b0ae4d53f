//! What an owner says about posts that look like spam.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kit::vocabulary::Layer;

/// `[protect]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protect {
    /// Whether each post of the form is to bring a proof of work (`rules::quarantine::challenge`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proof_of_work: bool,
    /// What a layer adds to the risk of a post, where that is not as usual: 100 holds a post by itself, 0 turns the layer off.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub points: BTreeMap<Layer, u8>,
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
            Layer::Honeypot | Layer::TooFast | Layer::TooOld | Layer::NoProof | Layer::FalseProof => 100,
            Layer::Alphabet => 70,
            Layer::ForgedTime | Layer::Disposable | Layer::Markup => 60,
            Layer::Links => 30,
            Layer::Role => 10,
        };
        self.points.get(&layer).map_or(usual, |points| u32::from(*points))
    }
}
