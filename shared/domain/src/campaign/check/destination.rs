//! Destinations that nothing could reach, or that would be told nonsense.

use super::Checker;
use crate::campaign::Catalog;
use crate::campaign::destination::Destination;

impl Checker {
    pub(super) fn destination(&mut self, _name: &str, _destination: &Destination, _campaigns: &Catalog, _local: bool) {}
}
