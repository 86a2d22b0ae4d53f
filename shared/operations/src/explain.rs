//! Why a lead has the score it has.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use piste_domain::campaign::Published;
use piste_domain::rules::scoring::Score;
use piste_domain::{Campaign, Lead};

use crate::{OperationError, Operator};

/// A score at a moment, with the rules it follows from.
#[derive(Debug)]
pub struct Explained<'a> {
    /// Whose.
    pub lead: Arc<Lead>,
    /// The campaign whose rules count.
    pub published: &'a Published,
    /// The moment.
    pub at: Timestamp,
    /// The score, line by line.
    pub score: Score,
}

/// Explains the score at a moment or at the end of a day (`2026-03-20`, on the campaign's calendar); now without one.
///
/// # Errors
/// [`OperationError::NoLead`], [`OperationError::CampaignGone`], [`OperationError::BadMoment`],
/// [`OperationError::NotCapturedYet`], [`OperationError::Store`].
pub async fn explain<'a>(
    operator: &'a Operator<'_>,
    id: &str,
    at: Option<&str>,
) -> Result<Explained<'a>, OperationError> {
    let lead = operator.lead(id).await?;
    let published = operator.catalog.published(&lead.campaign);
    let published = published.ok_or_else(|| OperationError::CampaignGone(lead.campaign.clone()))?;
    let at = match at {
        Some(text) => moment(text, &published.campaign).ok_or(OperationError::BadMoment)?,
        None => operator.now,
    };
    if at < lead.captured_at {
        let zone = published.campaign.time_zone();
        return Err(OperationError::NotCapturedYet(lead.captured_at.to_zoned(zone)));
    }
    let score = Score::of(&lead, &published.campaign, at);
    Ok(Explained {
        lead,
        published,
        at,
        score,
    })
}

fn moment(text: &str, campaign: &Campaign) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let day = text.parse::<Date>().ok()?;
    let end = day.at(23, 59, 59, 0).to_zoned(campaign.time_zone()).ok()?;
    Some(end.timestamp())
}
