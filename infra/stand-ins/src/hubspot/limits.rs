//! HubSpot's two limits: ten seconds that roll, and the day of the account's zone.

use std::collections::VecDeque;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

/// The account's zone.
pub(super) const ZONE: &str = "Europe/Paris";
const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// What was asked lately, and today.
#[derive(Debug)]
pub(super) struct Limits {
    ten_seconds: u32,
    day: u32,
    zone: TimeZone,
    recent: VecDeque<Timestamp>,
    today: Date,
    used: u32,
}

impl Limits {
    pub(super) fn new(ten_seconds: u32, day: u32) -> Self {
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        Self {
            ten_seconds,
            day,
            zone,
            recent: VecDeque::new(),
            today: Date::ZERO,
            used: 0,
        }
    }

    /// Counts a request, or names the policy that refuses it; a refused one is not counted.
    pub(super) fn take(&mut self, now: Timestamp) -> Result<(), &'static str> {
        self.recent.retain(|then| now.duration_since(*then) < WINDOW);
        let today = now.to_zoned(self.zone.clone()).date();
        if today != self.today {
            (self.today, self.used) = (today, 0);
        }
        if self.used >= self.day {
            return Err("DAILY");
        }
        if self.lately() >= self.ten_seconds {
            return Err("TEN_SECONDLY_ROLLING");
        }
        self.recent.push_back(now);
        self.used += 1;
        Ok(())
    }

    fn lately(&self) -> u32 {
        u32::try_from(self.recent.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let values = [
            ("max", self.ten_seconds.to_string()),
            ("remaining", self.ten_seconds.saturating_sub(self.lately()).to_string()),
            ("interval-milliseconds", WINDOW.as_millis().to_string()),
            ("daily", self.day.to_string()),
            ("daily-remaining", self.day.saturating_sub(self.used).to_string()),
        ];
        values
            .into_iter()
            .map(|(name, value)| (format!("x-hubspot-ratelimit-{name}"), value))
            .collect()
    }

    /// As `/account-info` tells it.
    pub(super) fn usage(&self, now: Timestamp) -> Value {
        let here = now.to_zoned(self.zone.clone());
        let midnight = here
            .checked_add(1.day())
            .and_then(|then| then.start_of_day())
            .map(|then| then.timestamp());
        json!({
            "name": "private-apps-api-calls-daily", "usageLimit": self.day, "currentUsage": self.used,
            "resetsAt": midnight.ok().map(|then| then.to_string()),
        })
    }

    pub(super) fn utc_offset(&self, now: Timestamp) -> String {
        now.to_zoned(self.zone.clone()).strftime("%:z").to_string()
    }
}
