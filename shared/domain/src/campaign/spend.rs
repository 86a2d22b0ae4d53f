//! What was paid for leads: written down by month and source, and what of it falls into a period.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::campaign::Campaign;
use crate::kit::ids::CampaignId;
use crate::kit::limits::SOURCE_CHARS_MAX;

/// The largest sum of one entry, in euros.
pub const EUROS_MAX: f64 = 1e9;

/// What was paid in one month.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Spend {
    /// The calendar month, `2026-03`.
    pub month: String,
    /// What it was paid to, as the report names it; the campaign as a whole without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How much, in euros.
    pub euros: f64,
}

impl Spend {
    /// The first and the last day of its month; `None` if there is no such month.
    pub fn days(&self) -> Option<(Date, Date)> {
        let written = self.month.len() == "2026-03".len();
        let first: Date = format!("{}-01", self.month).parse().ok().filter(|_| written)?;
        Some((first, first.last_of_month()))
    }

    /// Whether some lead's source could have this name: lower case, without spaces around it, no longer than they are kept.
    pub fn can_be_met(source: &str) -> bool {
        let kept: String = source.trim().to_lowercase().chars().take(SOURCE_CHARS_MAX).collect();
        !source.is_empty() && source == kept
    }

    /// What of it falls between two days, both included: every day of the month costs the same.
    fn within(&self, from: Date, to: Date) -> Option<f64> {
        let (first, last) = self.days()?;
        let days = |from: Date, to: Date| f64::from(from.until(to).map_or(0, |span| span.get_days()) + 1);
        let (from, to) = (from.max(first), to.min(last));
        (from <= to).then(|| self.euros * days(from, to) / days(first, last))
    }
}

/// What was paid in a period, in euros, split up as the report is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spent {
    /// All of it.
    pub total: f64,
    /// By campaign.
    pub campaigns: BTreeMap<CampaignId, f64>,
    /// By source; entries without a source are not in it.
    pub sources: BTreeMap<String, f64>,
    /// By campaign and month, `2026-03`.
    pub months: BTreeMap<(CampaignId, String), f64>,
}

impl Spent {
    /// What these campaigns paid between two days, both included; `None` when they wrote nothing down for them.
    pub fn of(campaigns: &[&Campaign], from: Date, to: Date) -> Option<Self> {
        let mut spent = Self::default();
        for campaign in campaigns {
            for spend in &campaign.spend {
                let Some(euros) = spend.within(from, to) else { continue };
                let id = || campaign.id.clone();
                spent.total += euros;
                *spent.campaigns.entry(id()).or_default() += euros;
                *spent.months.entry((id(), spend.month.clone())).or_default() += euros;
                if let Some(source) = &spend.source {
                    *spent.sources.entry(source.clone()).or_default() += euros;
                }
            }
        }
        (!spent.months.is_empty()).then_some(spent)
    }
}

/// The month of a day, as [`Spend::month`] names it.
pub fn month(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Chance, demo};
    use jiff::ToSpan as _;
    use jiff::civil::date;

    fn paid(rows: &[(&str, Option<&str>, f64)]) -> Campaign {
        let mut campaign = demo();
        let spend = rows.iter().map(|(month, source, euros)| Spend {
            month: (*month).into(),
            source: source.map(Into::into),
            euros: *euros,
        });
        campaign.spend = spend.collect();
        campaign
    }

    #[test]
    fn a_part_of_a_month_costs_its_days() {
        let campaign = paid(&[
            ("2026-02", Some("google"), 280.0),
            ("2026-03", Some("google"), 310.0),
            ("2026-03", None, 31.0),
        ]);
        let of = |from, to| Spent::of(&[&campaign], from, to);
        let all = of(date(2026, 1, 1), date(2026, 12, 31)).expect("paid");
        assert_eq!(all.total, 621.0);
        assert_eq!(all.sources, [("google".to_owned(), 590.0)].into());
        assert_eq!(all.campaigns.values().sum::<f64>(), 621.0);
        let months: Vec<_> = all
            .months
            .iter()
            .map(|((_, month), euros)| (month.as_str(), *euros))
            .collect();
        assert_eq!(months, [("2026-02", 280.0), ("2026-03", 341.0)]);

        let some = of(date(2026, 2, 22), date(2026, 3, 10)).expect("paid");
        assert_eq!(some.total, 70.0 + 110.0, "7 of 28 days, 10 of 31");
        assert_eq!(of(date(2026, 3, 31), date(2026, 3, 31)).expect("paid").total, 11.0);
        assert_eq!(of(date(2026, 4, 1), date(2026, 4, 30)), None);
        assert_eq!(of(date(2026, 3, 2), date(2026, 3, 1)), None);
        assert_eq!(Spent::of(&[&paid(&[])], date(2026, 1, 1), date(2026, 12, 31)), None);
    }

    /// Wherever a period is cut in two, both halves together cost what it costs.
    #[test]
    fn nothing_is_lost_at_a_cut() {
        let mut chance = Chance(7);
        for _ in 0..200 {
            let campaign = paid(&[
                ("2026-01", None, 100.0),
                ("2026-02", Some("x"), 33.3),
                ("2026-04", None, 7.0),
            ]);
            let start = date(2026, 1, 1);
            let day = |n: u64| {
                start
                    .checked_add(i64::try_from(n).expect("small").days())
                    .expect("a day")
            };
            let mut ends = [chance.below(120), chance.below(120), chance.below(120)];
            ends.sort_unstable();
            let [from, cut, to] = ends.map(day);
            let total = |from, to| Spent::of(&[&campaign], from, to).map_or(0.0, |spent| spent.total);
            let after = cut.tomorrow().expect("a day");
            let (whole, halves) = (total(from, to), total(from, cut) + total(after, to));
            assert!((whole - halves).abs() < 1e-9, "{from} {cut} {to}: {whole} {halves}");
        }
    }

    #[test]
    fn a_source_is_named_as_the_report_names_it() {
        let check = |source: &str, expected| assert_eq!(Spend::can_be_met(source), expected, "{source}");
        check("google", true);
        check("lettre d’été", true);
        check("", false);
        check("Google", false);
        check(" google", false);
        check(&"a".repeat(41), false);
    }
}
