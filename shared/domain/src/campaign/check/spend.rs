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
                    "write an amount in euros, 0 or more, such as 450.00",
                );
            }
            if let Some(source) = spend.source.as_deref().filter(|source| !Spend::can_be_met(source)) {
                self.add(
                    place!["spend", i, "source"],
                    format!(
                        "no lead can come from \"{source}\": write the source as the report shows it, in lower case"
                    ),
                );
            }
            let same = |other: &&Spend| (&other.month, &other.source) == (&spend.month, &spend.source);
            if campaign.spend[..i].iter().any(|other| same(&other)) {
                self.add(
                    place!["spend", i],
                    format!(
                        "{} is listed twice for this source: add the two amounts up",
                        spend.month
                    ),
                );
            }
        }
    }
}
