//! What every rule may look at besides the lead.

use jiff::Timestamp;

use crate::campaign::Catalog;
use crate::kit::ids::Key;

/// What every decision may look at.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The campaigns as published.
    pub catalog: &'a Catalog,
    /// The key from which identities and send ids are derived.
    pub key: &'a Key,
    /// The moment, in whole seconds.
    pub now: Timestamp,
}
