//! What others reach, as published, and whether one's own figures may be held against it.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;

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

/// The published figures that are known (design.md, section 1).
pub const BENCHMARKS: [Benchmark; 3] = [
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
    /// There are fewer than [`COMPARABLE_LEADS_MIN`] leads.
    SampleTooSmall,
}

codes!(Comparable);

impl Benchmark {
    /// Whether `leads` of a sector may be held against it.
    pub fn comparable(&self, sector: Option<&str>, leads: u64) -> Comparable {
        if self.measure != "lead_to_customer" {
            Comparable::OtherMeasure
        } else if sector != Some(self.sector) {
            Comparable::OtherSector
        } else if leads < COMPARABLE_LEADS_MIN {
            Comparable::SampleTooSmall
        } else {
            Comparable::Yes
        }
    }
}
