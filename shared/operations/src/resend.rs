//! `piste resend`: emails that failed because SES refused the house, taken up again (R133).

use piste_adapters::App;
use piste_adapters::app::Start;
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_domain::CampaignId;
use piste_domain::kit::vocabulary::HouseRefusal;
use piste_domain::lead::ledger::{EntryState, LedgerEntry};
use piste_domain::rules::resend::Resend;

/// What it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resent {
    /// Emails that are due again.
    pub emails: u64,
    /// Of so many leads.
    pub leads: u64,
    /// Items that this version cannot read, and that are left as they are.
    pub unreadable: u64,
}

/// Takes up again what failed, of one campaign's leads or of all. It may be stopped and run again at any time; functions go on
/// beside it.
///
/// # Errors
/// [`StoreError`]; what is taken up stays so.
pub async fn resend(app: &App, campaign: Option<&CampaignId>) -> Result<Resent, StoreError> {
    let failed = |entry: &LedgerEntry| match entry.state() {
        EntryState::Failed { reason } => HouseRefusal::FORMER_CODES.contains(&reason.as_str()),
        _ => false,
    };
    let mut sum = Resent::default();
    let mut from = None;
    loop {
        let page = app.store.leads(from).await?;
        for row in page.rows {
            let Ok(lead) = row else {
                sum.unreadable += 1;
                continue;
            };
            let concerned = campaign.is_none_or(|campaign| lead.campaigns().any(|of| of == campaign));
            if !concerned || !lead.ledger().any(|(_, entry)| failed(entry)) {
                continue;
            }
            match app.apply(&lead.id, Start::Known, Resend).await {
                Ok(applied) => {
                    let emails = applied.answer.unwrap_or_default() as u64;
                    sum.emails += emails;
                    sum.leads += u64::from(emails > 0);
                }
                // A newer version wrote it since the page was read.
                Err(error) if error.kind == StoreErrorKind::Corrupt => sum.unreadable += 1,
                Err(error) => return Err(error),
            }
        }
        from = page.next;
        if from.is_none() {
            return Ok(sum);
        }
    }
}
