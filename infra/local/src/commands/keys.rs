//! `piste keys`: who may use the console and the API.

use jiff::Timestamp;
use piste_domain::Locale;
use piste_domain::kit::format;
use piste_operations::Operator;
use piste_operations::users::{self, NewUser, UserView};

use super::{json, pretty, zone};
use crate::cli::KeysCommand;
use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// Lists, adds or revokes.
///
/// # Errors
/// [`CommandError::Operation`], [`CommandError::Store`].
pub(super) async fn keys(at: &Opened, what: &KeysCommand, locale: Locale) -> Result<String, CommandError> {
    at.app.store.split_ring().await?;
    let of = what.of();
    let operator = at.operator_of(&of.workspace).await?;
    match what {
        KeysCommand::List(_) => {
            let found = users::list(&operator).await?;
            if of.json {
                return Ok(json(&found));
            }
            let lines: Vec<_> = found.users.iter().map(|user| line(user, &operator, locale)).collect();
            Ok(match lines.is_empty() {
                true => texts::no_users(locale).to_owned(),
                false => lines.join("\n"),
            })
        }
        KeysCommand::Add {
            name, role, expires_at, ..
        } => {
            let new = NewUser {
                name,
                role: role.code(),
                expires_at: expires_at.as_deref(),
            };
            let made = users::add(&operator, new).await?;
            Ok(match of.json {
                true => pretty(&made),
                // Read by programs too, in one language, as at the start.
                false => format!("piste: key {}", made.key),
            })
        }
        KeysCommand::Revoke { name, .. } => {
            users::remove(&operator, name).await?;
            Ok(match of.json {
                true => json(&users::list(&operator).await?),
                false => texts::revoked(locale, name),
            })
        }
    }
}

fn line(user: &UserView, operator: &Operator<'_>, locale: Locale) -> String {
    let zone = zone(operator);
    let moment = |at: Timestamp| format::moment(at, &zone, locale);
    let end = user.expires_at.map(moment);
    let end = end.unwrap_or_else(|| texts::without_end(locale).to_owned());
    let used = user.last_used_at.map(moment);
    let used = used.unwrap_or_else(|| texts::never(locale).to_owned());
    texts::user_line(locale, &user.name, user.role.code(), &end, &used)
}
