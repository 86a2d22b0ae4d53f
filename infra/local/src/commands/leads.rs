//! `piste export` of a campaign: its leads, as `GET /api/leads.csv` writes them.

use piste_domain::Locale;
use piste_operations::OperationError;
use piste_operations::leads::Filter;
use piste_operations::leads::table::Table;

use crate::cli::ListAsk;
use crate::error::CommandError;
use crate::storage::Opened;

/// Prints the list, however long it is.
///
/// # Errors
/// [`CommandError::Operation`].
pub(super) async fn export(
    at: &Opened,
    workspace: &str,
    campaign: &str,
    list: &ListAsk,
    locale: Locale,
    say: &mut impl FnMut(&str),
) -> Result<(), CommandError> {
    let operator = at.operator_of(workspace).await?;
    let mut known = operator.campaigns().map(|campaign| &campaign.id);
    let known = known.find(|known| known.as_str() == campaign);
    let mut filter = Filter::default();
    filter.campaign = Some(known.ok_or(OperationError::NoCampaign)?.clone());
    filter.stage = list.stage;
    let mut table = Table::new(&operator, &filter, list.reader.unwrap_or_default(), locale);
    loop {
        let (text, next) = table.part(&operator, &filter).await?;
        // Whoever prints ends the line.
        say(text.strip_suffix('\n').unwrap_or(&text));
        if next.is_none() {
            return Ok(());
        }
        filter.from = next;
    }
}
