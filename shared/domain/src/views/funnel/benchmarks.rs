//! What others reach, as published, and whether one's own figures may be held against it.

use strum::{EnumString, IntoStaticStr, VariantArray};

use super::Counts;
use crate::codes;

/// The sector of benchmarks that were measured over companies that sell to companies, whatever they sell.
pub const B2B: &str = "b2b";
/// The sectors of a campaign's file that sell to companies.
const B2B_SECTORS: [&str; 3] = ["agency", "saas", "industry"];

/// Leads below which a rate is not compared with anybody else's: the interval is wider than most benchmarks (market.md 1.3).
pub const COMPARABLE_LEADS_MIN: u64 = 100;

/// What others reach, as published.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Benchmark {
    /// Whose: a value of `sector` in a campaign's file.
    pub sector: &'static str,
    /// What was measured: the name of one of [`Rates`](super::Rates), or of something that is not counted here.
    pub measure: &'static str,
    /// The lower end, a share of one.
    pub low: f64,
    /// The upper end, a share of one.
    pub high: f64,
    /// Who published it.
    pub source: &'static str,
    /// When.
    pub year: i16,
}

/// The published figures that are known (design.md, section 1; market.md, section 3.2). For the public sector, and for other
/// trades than these, no source is known that measures what is counted here.
pub const BENCHMARKS: [Benchmark; 6] = [
    Benchmark {
        sector: "saas",
        measure: "lead_to_customer",
        low: 0.02,
        high: 0.05,
        source: "HubSpot",
        year: 2024,
    },
    Benchmark {
        sector: "ecommerce",
        measure: "email_to_purchase",
        low: 0.01,
        high: 0.03,
        source: "DataBox",
        year: 2024,
    },
    Benchmark {
        sector: "agency",
        measure: "quotes_per_lead",
        low: 0.10,
        high: 0.20,
        source: "Pipedrive",
        year: 2024,
    },
    Benchmark {
        sector: B2B,
        measure: "visitor_to_lead",
        low: 0.01,
        high: 0.05,
        source: "B2Blead.io",
        year: 2026,
    },
    Benchmark {
        sector: B2B,
        measure: "lead_to_mql",
        low: 0.20,
        high: 0.40,
        source: "B2Blead.io",
        year: 2026,
    },
    Benchmark {
        sector: B2B,
        measure: "mql_to_sql",
        low: 0.30,
        high: 0.60,
        source: "B2Blead.io",
        year: 2026,
    },
];

/// Whether one's own figures may be held against a benchmark, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Comparable {
    /// They may.
    #[strum(serialize = "comparable")]
    Yes,
    /// It measures something that is not counted here.
    OtherMeasure,
    /// It is another sector's.
    OtherSector,
    /// There are fewer than [`COMPARABLE_LEADS_MIN`] of those whom the rate is a share of.
    SampleTooSmall,
}

codes!(Comparable);

/// Whether no published figure measures what is counted here for this sector.
pub fn lacks_benchmark(sector: &str) -> bool {
    let full = Counts {
        leads: u64::MAX,
        mql: u64::MAX,
        ..Counts::default()
    };
    let fits = |mark: &Benchmark| mark.comparable(Some(sector), &full, Some(u64::MAX)) == Comparable::Yes;
    !BENCHMARKS.iter().any(fits)
}

impl Benchmark {
    /// Whether it is about such a campaign.
    pub fn is_about(&self, sector: &str) -> bool {
        self.sector == sector || (self.sector == B2B && B2B_SECTORS.contains(&sector))
    }

    /// Whether the figures of a sector may be held against it.
    pub fn comparable(&self, sector: Option<&str>, counts: &Counts, visitors: Option<u64>) -> Comparable {
        let sample = match self.measure {
            "visitor_to_lead" => visitors.unwrap_or(0),
            "lead_to_mql" | "lead_to_customer" => counts.leads,
            "mql_to_sql" => counts.mql,
            _ => return Comparable::OtherMeasure,
        };
        if !sector.is_some_and(|sector| self.is_about(sector)) {
            Comparable::OtherSector
        } else if sample < COMPARABLE_LEADS_MIN {
            Comparable::SampleTooSmall
        } else {
            Comparable::Yes
        }
    }
}
