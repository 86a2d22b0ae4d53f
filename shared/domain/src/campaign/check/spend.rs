//! Spend that no report could use.

use super::{Checker, place, texts};
use crate::campaign::Campaign;
use crate::campaign::spend::{EUROS_MAX, Spend};

impl Checker {
    pub(super) fn spend(&mut self, campaign: &Campaign) {
        for (i, spend) in campaign.spend.iter().enumerate() {
            if spend.days().is_none() {
                self.add(place!["spend", i, "month"], |l| texts::no_month(l, &spend.month));
            }
            if !(0.0..=EUROS_MAX).contains(&spend.euros) {
                self.add(place!["spend", i, "euros"], texts::bad_amount);
            }
            if let Some(source) = spend.source.as_deref().filter(|source| !Spend::can_be_met(source)) {
                self.add(place!["spend", i, "source"], |l| texts::no_such_source(l, source));
            }
            let same = |other: &&Spend| (&other.month, &other.source) == (&spend.month, &spend.source);
            if campaign.spend[..i].iter().any(|other| same(&other)) {
                self.add(place!["spend", i], |l| texts::month_twice(l, &spend.month));
            }
        }
    }
}
