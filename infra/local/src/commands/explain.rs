//! `piste explain`: why a lead has its score.

use std::fmt::Write as _;

use piste_domain::kit::format;
use piste_domain::{LeadId, Locale};
use piste_operations::explain::Explained;
use piste_operations::{explain, find};
use serde_json::json;

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
    as_json: bool,
    locale: Locale,
) -> Result<String, CommandError> {
    let (operator, id) = find(&at.app, who, None).await?;
    let explained = explain::explain(&operator, id.as_str(), moment).await?;
    let (campaign, score) = (&explained.published.campaign, &explained.score);
    if as_json {
        return Ok(told(&explained, &id, locale));
    }
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

/// The same for programs: the score of `GET /api/leads/{id}`, with the campaign and the moment it is worked out for.
fn told(explained: &Explained<'_>, id: &LeadId, locale: Locale) -> String {
    let (campaign, score) = (&explained.published.campaign, &explained.score);
    let lines = score.lines.iter().map(|line| {
        json!({
            "axis": line.axis.code(),
            "rule": line.rule,
            "points": line.points,
            "at": line.at,
            "why": campaign.scoring.why(&line.rule).map_or("", |why| why.get(locale)),
        })
    });
    super::json(&json!({
        "id": id,
        "campaign": campaign.id,
        "version": explained.published.version,
        "at": explained.at,
        "mql": score.is_mql(&campaign.scoring),
        "score": {
            "fit": score.fit,
            "engagement": score.engagement,
            "grade": score.grade,
            "lines": lines.collect::<Vec<_>>(),
        },
    }))
}
