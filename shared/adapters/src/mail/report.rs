//! What SES reports of an email becomes knowledge of its lead, and a line of the archive.

use piste_domain::lead::ledger::{Feedback, FeedbackKind};
use piste_domain::rules::desk::Desk;
use piste_domain::{Context, LeadId, WorkspaceId, input};

use crate::app::{App, Start};
use crate::store::{Count, StoreError};
use crate::telemetry;

/// Whom an email went to, in the archive's lines, if not the lead.
pub const TO_SALES: &str = "sales";

/// Takes one report; says whether the lead is another for it. A replay of the archive takes it a second time: it counts once.
///
/// # Errors
/// [`StoreError`].
pub async fn take(app: &App, lead: &LeadId, feedback: Feedback) -> Result<bool, StoreError> {
    // Together with what nurture sent, these lines are the archive from which a restored ledger is rebuilt (R21).
    telemetry::log(
        "reported",
        &[
            ("lead", lead.into()),
            ("send", (&feedback.send_id).into()),
            ("code", feedback.kind.code().into()),
            ("to", if feedback.to_sales { TO_SALES } else { "lead" }.into()),
            ("message", telemetry::code(&feedback.message_id)),
            ("at", feedback.sent_at.as_second().into()),
        ],
    );
    let applied = app.apply(lead, Start::Known, input::Feedback(feedback.clone())).await?;
    let changed = match applied.answer.is_none() && app.store.desk(lead).await?.is_some() {
        true => learn(app, lead, &feedback).await?, // a digest, which belongs to no lead
        false => applied.changed,
    };
    // After the write: whoever dies in between gets the report again, and each email counts once. Every class counts: SES
    // judges the account by them all (R48).
    let count = match feedback.kind {
        FeedbackKind::HardBounce => Count::Bounced(&feedback.send_id),
        FeedbackKind::Complaint => Count::Complained(&feedback.send_id),
        _ => return Ok(changed),
    };
    let period = app.store.sending().await?.period;
    app.store.count(period, feedback.at, count).await?;
    Ok(changed)
}

async fn learn(app: &App, id: &LeadId, feedback: &Feedback) -> Result<bool, StoreError> {
    let (catalog, ring) = (app.catalog().await?, app.ring());
    let cx = Context {
        catalog: &catalog,
        key: &ring.identity,
        now: app.now(),
    };
    // Where there is no such desk, none is made: a word on nothing that is known changes nothing.
    let workspace = WorkspaceId::new("");
    let mut known = 0;
    let learn = |desk: &mut Desk| {
        known = desk.version;
        desk.learn(feedback, &cx);
    };
    let (desk, ()) = app.store.change_desk((id, &workspace), learn).await?;
    Ok(desk.version != known)
}
