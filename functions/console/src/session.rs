//! One operator at work: in which workspace, at which moment, in which language.

use std::ops::Deref;
use std::sync::Arc;

use piste_adapters::App;
use piste_adapters::app::Start;
use piste_domain::input::{Moved, Noted, SalesAction};
use piste_domain::lead::stage::{Mover, Stage};
use piste_domain::{Lead, Locale, WorkspaceId, input};
use piste_operations::Operator;

use crate::ConsoleError;

/// One operator at work, and the language they read.
pub struct Session<'a> {
    operator: Operator<'a>,
    /// The language of what is said.
    pub locale: Locale,
}

impl<'a> Deref for Session<'a> {
    type Target = Operator<'a>;

    fn deref(&self) -> &Operator<'a> {
        &self.operator
    }
}

impl<'a> Session<'a> {
    /// The session of an operator of this workspace.
    ///
    /// # Errors
    /// [`ConsoleError::Store`].
    pub async fn new(app: &'a App, workspace: WorkspaceId, locale: Locale) -> Result<Self, ConsoleError> {
        let operator = Operator::new(app, workspace).await?;
        Ok(Self { operator, locale })
    }

    /// Moves a lead to another stage.
    ///
    /// # Errors
    /// [`ConsoleError::NoSuchMove`], [`ConsoleError::NotFound`], [`ConsoleError::Store`].
    pub async fn move_stage(&self, id: &str, to: Stage, reason: String) -> Result<Arc<Lead>, ConsoleError> {
        let lead = self.lead(id).await?;
        let applied = self.app.apply(&lead.id, Start::Known, input::Move(to, reason)).await?;
        match applied.answer {
            Some(Moved::Done) => Ok(self.lead(id).await?),
            Some(Moved::NoSuchMove(from)) => Err(ConsoleError::NoSuchMove(from)),
            None => Err(ConsoleError::NotFound),
        }
    }

    /// Logs what somebody did about a lead.
    ///
    /// # Errors
    /// [`ConsoleError::NoTask`], [`ConsoleError::NoMoreSnoozes`], [`ConsoleError::NoSuchMove`], [`ConsoleError::NotFound`],
    /// [`ConsoleError::Store`].
    pub async fn log_attempt(&self, id: &str, action: SalesAction) -> Result<Arc<Lead>, ConsoleError> {
        let lead = self.lead(id).await?;
        let input = input::Sales(action, Mover::Operator, None);
        let applied = self.app.apply(&lead.id, Start::Known, input).await?;
        match applied.answer {
            Some(Noted::Done) => Ok(self.lead(id).await?),
            Some(Noted::NoTask) => Err(ConsoleError::NoTask),
            Some(Noted::NoMoreSnoozes) => Err(ConsoleError::NoMoreSnoozes),
            Some(Noted::NoSuchMove(from)) => Err(ConsoleError::NoSuchMove(from)),
            None => Err(ConsoleError::NotFound),
        }
    }
}
