//! Whom a command is about.

use piste_domain::Email;

use crate::cli::Person;
use crate::error::CommandError;

/// The id or the address, as typed or piped in.
///
/// # Errors
/// [`CommandError::Stdin`], [`CommandError::NotAnAddress`].
pub(super) fn who(person: &Person) -> Result<String, CommandError> {
    match &person.lead {
        Some(lead) => Ok(lead.clone()),
        None => {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map_err(CommandError::Stdin)?;
            let email = Email::read(line.trim()).map_err(|_| CommandError::NotAnAddress)?;
            Ok(email.expose().to_owned())
        }
    }
}
