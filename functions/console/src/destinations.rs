//! Destinations and deliveries as programs ask for them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use piste_domain::LeadId;
use piste_domain::lead::deliveries::DeliveryState;
use piste_operations::OperationError;
use piste_operations::destinations::{self, DeliveriesView, Wanted};

use crate::query::Query;
use crate::{ConsoleError, Session};

/// The page of deliveries that a query asks for.
///
/// # Errors
/// The cursor is none of ours; [`ConsoleError::Store`].
pub async fn deliveries(session: &Session<'_>, query: &Query) -> Result<DeliveriesView, ConsoleError> {
    let read = |cursor: &str| destinations::place(&String::from_utf8(BASE64.decode(cursor).ok()?).ok()?);
    let after = match query.get("cursor") {
        Some(cursor) => Some(read(cursor).ok_or(OperationError::BadCursor)?),
        None => None,
    };
    let lead = match query.get("lead") {
        Some(id) if LeadId::is_valid(id) => Some(LeadId::new(id)),
        Some(_) => return Err(OperationError::NoLead.into()),
        None => None,
    };
    let wanted = Wanted {
        destination: query.get("destination").map(str::to_owned),
        state: query.get("state").and_then(|state| state.parse::<DeliveryState>().ok()),
        lead,
        after,
    };
    let view = destinations::deliveries(session, &wanted).await?;
    Ok(DeliveriesView {
        next: view.next.map(|place| BASE64.encode(place)),
        ..view
    })
}
