//! Spend that no report could use.

use super::{Checker, place};
use crate::campaign::Campaign;
use crate::campaign::spend::{EUROS_MAX, Spend};

impl Checker {
    pub(super) fn spend(&mut self, campaign: &Campaign) {
        for (i, spend) in campaign.spend.iter().enumerate() {
            if spend.days().is_none() {
                self.add(
                    place!["spend", i, "month"],
                    format!("there is no month \"{}\": write it as 2026-03", spend.month),
                );
            }
            if !(0.0..=EUROS_MAX).contains(&spend.euros) {
                self.add(
                    place!["spend", i, "euros"],
                    "write a sum in euros from 0 on, such as 450.00",
                );
            }
            if let Some(source) = spend.source.as_deref().filter(|source| !Spend::can_be_met(source)) {
                self.add(
                    place!["spend", i, "source"],
                    format!("no lead comes from \"{source}\": name the source as the report does, in small letters"),
                );
            }
            let same = |other: &&Spend| (&other.month, &other.source) == (&spend.month, &spend.source);
            if campaign.spend[..i].iter().any(|other| same(&other)) {
                self.add(
                    place!["spend", i],
                    format!("{} is written down twice for this source: make it one sum", spend.month),
                );
            }
        }
    }
}
