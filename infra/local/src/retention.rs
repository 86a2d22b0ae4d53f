//! `piste retention --dry-run`: who will be erased, and when, if nothing is heard of them.

use std::fmt::Write as _;

use jiff::Timestamp;
use piste_domain::kit::format::{count, day};
use piste_domain::{Campaign, Catalog, Locale, WorkspaceId};
use piste_operations::Operator;
use piste_operations::retention::{Forecast, whole};
use piste_operations::texts::retention_why;

use crate::commands::CommandError;
use crate::place::Opened;

/// What the coming days take away from a workspace.
///
/// # Errors
/// [`CommandError`].
pub async fn forecast(at: &Opened, workspace: &str, days: u32) -> Result<Forecast, CommandError> {
    let operator = Operator::new(&at.app, WorkspaceId::new(workspace)).await?;
    Ok(whole(&operator, days).await?)
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
        let reason = retention_why(row.going.why, locale);
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

/// How many go, for each reason.
fn summary(found: &Forecast, locale: Locale) -> String {
    let of = |number: usize| count(number as u64, locale);
    let (all, unconfirmed, kept) = (of(found.leads.len()), of(found.never_confirmed), of(found.kept));
    let looked_at = of(found.looked_at);
    match locale {
        Locale::Fr => format!(
            "{all} sur {looked_at} leads lus\u{a0}: {unconfirmed} jamais confirmés, {kept} au terme de leur conservation."
        ),
        Locale::En => format!(
            "{all} of {looked_at} leads read: {unconfirmed} never confirmed, {kept} at the end of their keeping."
        ),
    }
}
