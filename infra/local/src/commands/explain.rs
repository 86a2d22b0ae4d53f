//! `piste explain`: why a lead has its score.

use std::fmt::Write as _;

use piste_domain::Locale;
use piste_domain::kit::format;
use piste_operations::{explain, find};

use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// The score at a moment, line by line. `who` is an id or an address.
///
/// # Errors
/// [`CommandError::Operation`].
pub(super) async fn explain(
    at: &Opened,
    who: &str,
    moment: Option<&str>,
    locale: Locale,
) -> Result<String, CommandError> {
    let (operator, id) = find(&at.app, who, None).await?;
    let explained = explain::explain(&operator, id.as_str(), moment).await?;
    let (campaign, score) = (&explained.published.campaign, &explained.score);
    let zone = campaign.time_zone();
    let moment = format::moment(explained.at, &zone, locale);
    let mut said = texts::explained(locale, id.as_str(), &campaign.id, &explained.published.version, &moment);
    let _ = writeln!(
        said,
        "\n{}",
        texts::score(locale, &score.grade, score.fit, score.engagement)
    );
    for line in &score.lines {
        let day = format::day(line.at.to_zoned(zone.clone()).date(), locale);
        let why = campaign.scoring.why(&line.rule).map_or("", |why| why.get(locale));
        let note = line.note(locale).map(|note| format!(" ({note})")).unwrap_or_default();
        let points = format!("{:+}", line.points);
        let _ = write!(
            said,
            "\n{points:>6}  {:<10}  {day:>17}  {:<16}  {why}{note}",
            line.axis.name(locale),
            line.rule
        );
    }
    let threshold = campaign.scoring.mql;
    let verdict = match score.is_mql(&campaign.scoring) {
        true => texts::worth_an_mql(locale),
        false => texts::not_worth_an_mql(locale),
    };
    let sums = texts::sums(
        locale,
        score.fit,
        threshold.fit,
        score.engagement,
        threshold.engagement,
        verdict,
    );
    Ok(format!("{said}\n\n{sums}\n{}", super::times_of(&zone, locale)))
}
