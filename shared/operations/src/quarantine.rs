//! Posts that look like spam: what is held, releasing, discarding.

use jiff::Timestamp;
use piste_adapters::quarantine::Released;
use piste_adapters::store::{HeldRow, Page, StoreError};
use piste_domain::LeadId;

use crate::{OperationError, Operator};

/// Posts of a page.
const POSTS_SHOWN: i32 = 50;

/// The held posts of the workspace, newest first: a page of them, and the place at which the next one starts.
///
/// # Errors
/// [`StoreError`].
pub async fn list(operator: &Operator<'_>, place: Option<&str>) -> Result<(Page<HeldRow>, Option<String>), StoreError> {
    let store = &operator.app.store;
    store
        .held_posts(&operator.workspace, operator.now, POSTS_SHOWN, place)
        .await
}

/// The id of a held post; it names nobody.
pub fn id_of(row: &HeldRow) -> String {
    format!("{}-{}-{}", row.lead, row.held.at.as_second(), row.mark)
}

/// Puts a held post through everything it would have gone through, as if it had just been posted, once; the lead that it made or
/// was added to.
///
/// # Errors
/// [`OperationError::NoPost`], also of one that was released or discarded; [`OperationError::PostTaken`] while somebody else
/// releases it; [`OperationError::NoCampaign`]; [`OperationError::Store`], and then running it again after a minute finishes the work.
pub async fn release(operator: &Operator<'_>, id: &str) -> Result<LeadId, OperationError> {
    let post = held(operator, id).await?;
    if operator.catalog.get(&post.held.form).is_none() {
        return Err(OperationError::NoCampaign);
    }
    match operator.app.release_post(&post).await? {
        Released::Done => Ok(post.lead),
        Released::Taken => Err(OperationError::PostTaken),
        Released::NoCampaign => Err(OperationError::NoCampaign),
    }
}

/// Discards a held post: nothing of it stays.
///
/// # Errors
/// As [`release`].
pub async fn discard(operator: &Operator<'_>, id: &str) -> Result<(), OperationError> {
    let post = held(operator, id).await?;
    match operator.app.discard_post(&post).await? {
        true => Ok(()),
        false => Err(OperationError::PostTaken),
    }
}

/// A held post of the workspace.
async fn held(operator: &Operator<'_>, id: &str) -> Result<HeldRow, OperationError> {
    let (lead, at, mark) = parts(id).ok_or(OperationError::NoPost)?;
    let post = operator.app.store.held_post(&lead, at, mark, operator.now).await?;
    post.filter(|post| post.held.workspace == operator.workspace)
        .ok_or(OperationError::NoPost)
}

fn parts(id: &str) -> Option<(LeadId, Timestamp, &str)> {
    let mut parts = id.splitn(3, '-');
    let (lead, second, mark) = (parts.next()?, parts.next()?, parts.next()?);
    let is_mark = mark.len() == 8 && mark.bytes().all(|byte| byte.is_ascii_hexdigit());
    let at = Timestamp::from_second(second.parse().ok()?).ok()?;
    (LeadId::is_valid(lead) && is_mark).then(|| (LeadId::new(lead), at, mark))
}
