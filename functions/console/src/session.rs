//! One user at work: in which workspace, at which moment, in which language.

use std::ops::Deref;

use piste_adapters::App;
use piste_adapters::users::{Role, User};
use piste_domain::Locale;
use piste_operations::Operator;
use piste_operations::users::Me;

use crate::ConsoleError;

/// One user at work, and the language they read.
pub struct Session<'a> {
    operator: Operator<'a>,
    /// What the key may do.
    pub role: Role,
    /// Who they are.
    pub me: Me,
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
    /// The session of a user.
    ///
    /// # Errors
    /// [`ConsoleError::Store`].
    pub async fn new(app: &'a App, user: &User, locale: Locale) -> Result<Self, ConsoleError> {
        Ok(Self {
            operator: Operator::of(app, user).await?,
            role: user.role,
            me: Me::of(user),
            locale,
        })
    }

    /// Whether the key may do what needs this role.
    pub fn may(&self, needs: Role) -> bool {
        self.role >= needs
    }
}
