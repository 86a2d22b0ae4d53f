//! Scoring rules tried out over the stored leads before they are published.

use piste_adapters::App;
use piste_domain::campaign::FileProblem;
use piste_domain::views::backtest::Trial;
use piste_domain::{Campaign, CampaignId};

use crate::OperationError;

/// What other rules would change.
#[derive(Debug)]
pub struct Simulated {
    /// The campaign.
    pub campaign: CampaignId,
    /// The version of the rules in force.
    pub version: String,
    /// The comparison.
    pub trial: Trial,
}

/// Compares the rules of a `campaign.toml` with those in force, over every stored lead of that campaign.
///
/// # Errors
/// [`OperationError::Files`], [`OperationError::NoCampaign`], [`OperationError::Store`].
pub async fn simulate(app: &App, source: &str) -> Result<Simulated, OperationError> {
    let new = read(source).map_err(OperationError::Files)?;
    let catalog = app.catalog().await?;
    let old = catalog.published(&new.id);
    let old = old.ok_or(OperationError::NoCampaign)?;
    let now = app.now();
    let mut trial = Trial::new();
    let mut from = None;
    loop {
        let page = app.store.leads(from).await?;
        // One that cannot be read is named by `piste audit`.
        for lead in page.rows.into_iter().flatten() {
            if lead.campaign == new.id && lead.workspace == old.campaign.workspace {
                trial.look_at(&lead, &old.campaign, &new, now);
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    Ok(Simulated {
        campaign: new.id,
        version: old.version.clone(),
        trial,
    })
}

/// The campaign of a file that may lie anywhere: its id is the one it says, not its folder's name.
fn read(source: &str) -> Result<Campaign, Vec<FileProblem>> {
    let table = source.parse::<toml::Table>().ok();
    let id = table.and_then(|table| table.get("id")?.as_str().map(str::to_owned));
    Campaign::read(&id.unwrap_or_default(), source)
}
