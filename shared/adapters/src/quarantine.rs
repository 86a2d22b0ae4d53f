//! Posts that look like spam: held with their reasons, and released as if they came at that moment. See
//! `rules::quarantine`.

use piste_domain::LeadId;
use piste_domain::kit::limits;
use piste_domain::rules::kept::Folded;
use piste_domain::rules::quarantine::Held;

use crate::app::{App, Start};
use crate::store::{HeldRow, StoreError, StoreErrorKind};
use crate::telemetry;

/// What became of a post that was to be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// It is what it would have been.
    Done,
    /// Somebody else is at it, or was.
    Taken,
    /// Its campaign is not at hand: it stays held.
    NoCampaign,
}

impl App {
    /// Holds a post. One request, as for any other new post.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hold_post(&self, id: &LeadId, held: &Held) -> Result<(), StoreError> {
        self.store.hold_post(id, held, &self.mark()).await?;
        let layers: Vec<&str> = held.reasons.iter().map(|reason| reason.layer.code()).collect();
        let values = [
            ("form", (&held.form).into()),
            ("code", telemetry::code(&layers.join("."))),
        ];
        telemetry::log("post_held", &values);
        Ok(())
    }

    /// Puts a held post through everything it would have gone through, as of now, once. Who began and did not live to end
    /// it is followed by another, as of the moment of the first.
    ///
    /// # Errors
    /// [`StoreError`]; running it again finishes the work.
    pub async fn release_post(&self, post: &HeldRow) -> Result<Released, StoreError> {
        if self.is_being_released(post) {
            return Ok(Released::Taken);
        }
        let at = post.released_at.unwrap_or_else(|| self.now());
        if !self.store.begin_release(post, at, &self.mark()).await? {
            return Ok(Released::Taken);
        }
        let kept = post.held.clone().released(at);
        match self.apply(&post.lead, Start::Known, kept.clone()).await {
            Ok(applied) if applied.answer == Some(Folded::NoCampaign) => return Ok(Released::NoCampaign),
            Ok(_) => {}
            Err(error) if error.kind == StoreErrorKind::Corrupt => {
                self.keep(&post.lead, &kept, error).await?;
            }
            Err(error) => return Err(error),
        }
        self.store.held_done(post, self.now()).await?;
        telemetry::log("post_released", &[("lead", (&post.lead).into())]);
        Ok(Released::Done)
    }

    fn is_being_released(&self, post: &HeldRow) -> bool {
        let is_recent = |at| self.now().duration_since(at) < limits::RELEASE_LEASE;
        post.released_at.is_some_and(is_recent)
    }

    /// Discards a held post; false where somebody else was faster.
    ///
    /// # Errors
    /// [`StoreError`]; safe to repeat.
    pub async fn discard_post(&self, post: &HeldRow) -> Result<bool, StoreError> {
        let done = !self.is_being_released(post) && self.store.discard_held(post, self.now(), &self.mark()).await?;
        if done {
            telemetry::log("post_discarded", &[("form", (&post.held.form).into())]);
        }
        Ok(done)
    }

    /// What tells a write, or a post of one second, from others.
    fn mark(&self) -> String {
        let bytes = self.chance.bytes::<4>();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
