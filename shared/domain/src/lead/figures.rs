//! What a report knows of a person in one campaign, while they are known and after they were erased. It names nobody.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::kit::ids::CampaignId;
use crate::kit::seconds;
use crate::lead::response::Response;
use crate::lead::stage::Stage;

/// The stages of [`Entered`] and of the funnel after the lead itself.
pub const STEPS: [Stage; 3] = [Stage::Mql, Stage::Sql, Stage::Customer];

/// What a report knows of one lead in one campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The first post to the campaign's form; of somebody who was erased the start of its day on the campaign's calendar,
    /// and likewise every other moment here.
    #[serde(with = "seconds")]
    pub captured_at: Timestamp,
    /// The stage the person is in.
    pub stage: Stage,
    /// When this campaign made an MQL of them, and when they became an SQL and a customer by a case of it.
    pub entered: Entered,
    /// The same for the person as a whole, where it differs and this is their first campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Entered>,
    /// Whether the person stands in another campaign first: in a report over all campaigns they are counted there.
    pub further: bool,
    /// Where the first post came from, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Where the latest one came from, if that is elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched: Option<String>,
    /// The latest enquiry of all, if there was another than the first.
    #[serde(skip)]
    pub latest: Option<Timestamp>,
    /// Its grade when it last changed, such as `B2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What the customer is worth, in cents, if somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cents: Option<u64>,
    /// Why it was rejected, as a short text, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
    /// How soon sales answered, if the lead was ever handed to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// How long each step took, where the person was erased and their moments are known by the day alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Hours>,
}

/// When a lead first entered MQL, SQL and customer, in this order; what it never entered is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered(pub [Option<Timestamp>; 3]);

/// Whole hours from the first post to each of [`STEPS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours(pub [Option<i64>; 3]);

/// `0,51,`: empty for what was never reached.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self
            .0
            .map(|hours| hours.map_or(String::new(), |hours| hours.to_string()));
        f.write_str(&hours.join(","))
    }
}

impl FromStr for Hours {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let mut hours = [None; 3];
        for (place, part) in hours.iter_mut().zip(text.split(',')) {
            *place = (!part.is_empty()).then(|| part.parse()).transpose()?;
        }
        Ok(Self(hours))
    }
}

/// What stays of an erased person in the reports of one campaign.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The key of the row it is written to: drawn by chance when the tombstone is written, so that nobody finds the row
    /// from the person, whatever keys they hold. Empty until then.
    #[serde(rename = "n", default, skip_serializing_if = "String::is_empty")]
    pub row: String,
    /// Which campaign.
    #[serde(rename = "c")]
    pub campaign: CampaignId,
    /// What is counted.
    #[serde(rename = "f")]
    pub figures: Figures,
}

/// Figures hold what links and operators called things.
impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Counted");
        shown.field("campaign", &self.campaign).finish_non_exhaustive()
    }
}

impl Figures {
    /// The moment at which the lead first stood at this one of [`STEPS`] or beyond.
    pub fn reached_at(&self, step: usize) -> Option<Timestamp> {
        self.entered.reached_at(step)
    }

    /// Hours from the first post to that moment, to the nearest: a report shows tenths of a day.
    pub fn hours_to(&self, step: usize) -> Option<i64> {
        if let Some(Hours(hours)) = self.erased {
            return hours[step];
        }
        let seconds = self.reached_at(step)?.duration_since(self.captured_at).as_secs();
        Some((seconds.max(0) + 1_800) / 3_600)
    }

    /// The same of somebody who is erased at `now`: days instead of moments, on this calendar.
    pub(crate) fn without_moments(self, zone: &TimeZone, now: Timestamp) -> Self {
        let day = |at| start_of_day(at, zone);
        let days = |entered: Entered| Entered(entered.0.map(|at| at.map(day)));
        let captured_at = day(self.captured_at);
        Self {
            captured_at,
            entered: days(self.entered),
            person: self.person.map(days),
            latest: None,
            response: self.response.map(|response| response.without_moments(captured_at, now)),
            erased: Some(Hours(std::array::from_fn(|step| self.hours_to(step)))),
            ..self
        }
    }
}

impl Entered {
    /// As [`Figures::reached_at`].
    pub fn reached_at(self, step: usize) -> Option<Timestamp> {
        self.0.into_iter().skip(step).flatten().min()
    }

    /// How many of [`STEPS`] were passed: one that was skipped on the way counts as passed.
    pub fn passed(self) -> usize {
        self.0.iter().rposition(Option::is_some).map_or(0, |last| last + 1)
    }
}

/// The first second of the day of a moment on a calendar.
pub fn start_of_day(at: Timestamp, zone: &TimeZone) -> Timestamp {
    let start = at.to_zoned(zone.clone()).start_of_day();
    start.map_or(at, |start| start.timestamp())
}
