//! Whom somebody has to call, further back than the index is read: the desks of those who call know their open cases.

use std::collections::BTreeSet;

use piste_adapters::desks::if_readable;
use piste_domain::LeadId;
use piste_domain::kit::limits::DESK_CASES_MAX;
use piste_domain::kit::text::folded;
use piste_domain::rules::desk::desks;

use super::{Filter, Hit, Hits, load};
use crate::{OperationError, Operator};

/// Adds those whom the desks know. Where each desk could say all it knows, nobody is missing, however far back the index was
/// read. One request for each desk, and one for a hundred cases.
///
/// # Errors
/// [`OperationError::Store`].
pub async fn add(session: &Operator<'_>, filter: &Filter, found: &mut Hits) -> Result<(), OperationError> {
    let (known, whole) = cases(session).await?;
    let had: BTreeSet<LeadId> = found.hits.iter().map(|hit| hit.id.clone()).collect();
    let leads = load(session, known.iter().filter(|id| !had.contains(*id))).await?.rows;
    let said = |text: &str| folded(text).contains(&filter.folded);
    for lead in leads {
        let named = || said(&lead.full_name()) || lead.email.as_ref().is_some_and(|email| said(email.expose()));
        let is_ours = lead.workspace == session.workspace;
        if is_ours && filter.fits(session, &lead) && (named() || filter.is_said_by(session, &lead)) {
            found.hits.push(Hit::of_lead(&lead));
        }
    }
    if whole {
        (found.next, found.back_to) = (None, None);
    }
    Ok(())
}

/// The open cases that the desks of the workspace know, and whether that is all of them.
async fn cases(session: &Operator<'_>) -> Result<(BTreeSet<LeadId>, bool), OperationError> {
    let ring = session.app.ring();
    let (mut known, mut whole) = (BTreeSet::new(), true);
    for (id, workspace) in desks(&session.catalog, &ring.identity) {
        if workspace != session.workspace {
            continue;
        }
        match if_readable(session.app.store.desk(&id).await)? {
            Some(Some(desk)) => {
                let cases: Vec<&LeadId> = desk.mine().collect();
                whole &= cases.len() < DESK_CASES_MAX;
                known.extend(cases.into_iter().cloned());
            }
            Some(None) => {}
            None => whole = false,
        }
    }
    Ok((known, whole))
}
