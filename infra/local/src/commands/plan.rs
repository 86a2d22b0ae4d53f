//! `piste plan`: what will be sent to a lead.

use piste_domain::Locale;
use piste_domain::kit::format;
use piste_operations::{find, plan};

use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// Every email still to come, if nothing changes. `who` is an id or an address.
///
/// # Errors
/// [`CommandError::Operation`].
pub(super) async fn plan(at: &Opened, who: &str, as_json: bool, locale: Locale) -> Result<String, CommandError> {
    let (operator, id) = find(&at.app, who, None).await?;
    let lead = operator.lead(id.as_str()).await?;
    if as_json {
        return Ok(super::json(&plan::view(&operator, &lead, locale).await?));
    }
    let mails = plan::plan(&operator, &lead, locale).await?;
    let Some(first) = mails.first() else {
        return Ok(texts::nothing_planned(locale).to_owned());
    };
    let zone = first.zone.clone();
    let row = |mail: &plan::Mail| {
        let planned = &mail.planned;
        let at = format::moment(planned.at, &zone, locale);
        let step = format!("{}/{}/{}", planned.campaign, planned.sequence, planned.step);
        let decided = mail.decided(locale).map(|decided| format!("; {decided}"));
        format!(
            "{at:<30}  {step:<30}  {}{}",
            mail.why(locale),
            decided.unwrap_or_default()
        )
    };
    let mut rows: Vec<_> = mails.iter().map(row).collect();
    rows.push(super::times_of(&zone, locale));
    Ok(rows.join("\n"))
}
