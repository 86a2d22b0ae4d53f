//! `piste retention --dry-run`: who will be erased, and when, if nothing is heard of them.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use piste_domain::kit::format::day;
use piste_domain::{Campaign, Locale};
use piste_operations::retention::whole;
use piste_operations::texts::{forecast_sums, retention_why};

use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// What the coming days take away from a workspace: a line for each lead, or JSON.
///
/// # Errors
/// [`CommandError::Store`].
pub(super) async fn forecast(
    at: &Opened,
    workspace: &str,
    days: u32,
    json: bool,
    locale: Locale,
) -> Result<String, CommandError> {
    let operator = at.operator_of(workspace).await?;
    let found = whole(&operator, days).await?;
    if json {
        return Ok(super::json(&found));
    }
    let mut said = String::new();
    for row in &found.leads {
        let campaign = operator.catalog.get(&row.campaign);
        let zone = campaign.map_or(TimeZone::UTC, Campaign::time_zone);
        let date = |at: Timestamp| day(at.to_zoned(zone.clone()).date(), locale);
        let asked = row.going.asked_at.map(|at| texts::asked_on(locale, &date(at)));
        let _ = writeln!(
            said,
            "{}  {}  {}  {}{}",
            date(row.going.at),
            row.lead,
            row.campaign,
            retention_why(locale, row.going.why),
            asked.unwrap_or_default()
        );
    }
    Ok(said + &forecast_sums(&found, locale))
}
