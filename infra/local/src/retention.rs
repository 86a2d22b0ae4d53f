//! `piste retention --dry-run`: who will be erased, and when, if nothing is heard of them.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use piste_adapters::retention::{Forecast, whole};
use piste_console::retention::{summary, why};
use piste_domain::kit::format::day;
use piste_domain::{Campaign, Catalog, Locale, WorkspaceId};

use crate::commands::CommandError;
use crate::place::Opened;

/// What the coming days take away from a workspace.
///
/// # Errors
/// [`CommandError`].
pub async fn forecast(at: &Opened, workspace: &str, days: u32) -> Result<Forecast, CommandError> {
    let catalog = at.app.catalog().await?;
    let until = at.app.now() + SignedDuration::from_hours(24 * i64::from(days));
    Ok(whole(&at.app.store, &catalog, &WorkspaceId::new(workspace), until).await?)
}

/// The same for a person: a line for each who goes.
pub fn tell(found: &Forecast, catalog: &Catalog, locale: Locale) -> String {
    let mut said = String::new();
    for row in &found.leads {
        let zone = catalog
            .get(&row.campaign)
            .map_or(jiff::tz::TimeZone::UTC, Campaign::time_zone);
        let date = |at: Timestamp| day(at.to_zoned(zone.clone()).date(), locale);
        let asked = row.going.asked_at.map(|at| match locale {
            Locale::Fr => format!("\u{a0}; question le {}", date(at)),
            Locale::En => format!("; asked on {}", date(at)),
        });
        let reason = why(row.going.why, locale);
        let _ = writeln!(
            said,
            "{}  {}  {}  {reason}{}",
            date(row.going.at),
            row.lead,
            row.campaign,
            asked.unwrap_or_default()
        );
    }
    said + &summary(found, locale)
}
