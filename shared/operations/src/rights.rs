//! A person's rights: reading out, proof, erasure, lifting a suppression, and the log of such requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use piste_adapters::App;
use piste_adapters::app::Start;
use piste_domain::input::Lifted;
use piste_domain::lead::erasure::{Certificate, ErasedBy};
use piste_domain::rules::rights_log::{Actor, RightsEntry};
use piste_domain::views::export::Export;
use piste_domain::{Email, Lead, LeadId, WorkspaceId, input};

use crate::{OperationError, Operator, reason};

/// Everything held about a person. Who read it out is written down first.
///
/// # Errors
/// [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn export(operator: &Operator<'_>, id: &str) -> Result<Export, OperationError> {
    let lead = operator.lead(id).await?;
    Ok(operator.app.export(&lead, Actor::Operator).await?)
}

/// Erases a person. Asked for again it answers the same, without the counts of what went.
///
/// # Errors
/// [`OperationError::NoLead`], [`OperationError::Store`]; running it again finishes the work.
pub async fn erase(operator: &Operator<'_>, id: &str) -> Result<Certificate, OperationError> {
    let id = operator.known(id).await?;
    let erase = input::Erase(ErasedBy::Operator);
    let applied = operator.app.apply(&id, Start::Known, erase).await?;
    applied.answer.ok_or(OperationError::NoLead)
}

/// Forgets what other systems told of somebody who has not come yet, and posts of theirs that are held; how many there were.
///
/// # Errors
/// [`OperationError::Store`]; running it again finishes the work.
pub async fn forget_unknown(app: &App, email: &Email, workspace: &WorkspaceId) -> Result<usize, OperationError> {
    let (id, now) = (LeadId::of(&app.ring().identity, workspace, email), app.now());
    let told = app.store.early(&id, now).await?;
    for report in &told {
        app.store.early_done(&id, &report.id, now).await?;
    }
    let held = app.store.held_of(&id, now).await?;
    for post in &held {
        app.store.held_done(post, now).await?;
    }
    Ok(told.len() + held.len())
}

/// Who touched a person's rights, and when; of an erased person too.
///
/// # Errors
/// [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn request_log(operator: &Operator<'_>, id: &str) -> Result<Vec<RightsEntry>, OperationError> {
    let id = operator.known(id).await?;
    Ok(operator.app.store.audits(&id).await?)
}

/// Writes down that an assistant is about to read of these leads, with the name of its key.
///
/// # Errors
/// [`OperationError::Store`]; then nothing is to be read.
pub async fn note_read(operator: &Operator<'_>, leads: &BTreeSet<LeadId>, by: &str) -> Result<(), OperationError> {
    for lead in leads {
        operator.app.note_read(lead, by).await?;
    }
    Ok(())
}

/// Lifts a bounce or a complaint, for a reason (R69). The person's own opt-out is nobody else's to lift.
///
/// # Errors
/// [`OperationError::Reason`], [`OperationError::NothingToLift`], [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn lift(operator: &Operator<'_>, id: &str, why: &str) -> Result<Arc<Lead>, OperationError> {
    let why = reason(why, true)?;
    let lead = operator.lead(id).await?;
    let applied = operator.app.apply(&lead.id, Start::Known, input::Lift(why)).await?;
    match applied.answer {
        Some(Lifted::Done) => operator.lead(id).await,
        Some(Lifted::NothingToLift) => Err(OperationError::NothingToLift),
        None => Err(OperationError::NoLead),
    }
}

/// What shows that each email to a person was allowed.
#[derive(Debug)]
pub struct Proof {
    /// The person: `views::proof::allowed` names each email with its rule.
    pub lead: Arc<Lead>,
    /// The words of their consents, by their hash.
    pub wordings: BTreeMap<String, String>,
}

/// The proof for one person.
///
/// # Errors
/// [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn proof(operator: &Operator<'_>, id: &str) -> Result<Proof, OperationError> {
    let lead = operator.lead(id).await?;
    let wordings = operator.app.wordings(&lead).await?;
    Ok(Proof { lead, wordings })
}
