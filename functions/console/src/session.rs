//! One operator at work: in which workspace, at which moment, in which language.

use std::ops::Deref;

use piste_adapters::App;
use piste_domain::{Locale, WorkspaceId};
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
}
