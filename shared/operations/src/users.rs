//! Users: who may use the console and the API of a workspace, and what their key may do.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use piste_adapters::http::FieldError;
use piste_adapters::keys::{KeyRing, Part};
use piste_adapters::store::{Store, StoreError, StoreErrorKind};
use piste_adapters::users::{Role, User, is_operator_name};
use piste_domain::kit::text::clean_line;
use piste_domain::{Campaign, Locale, WorkspaceId, codes};
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{OperationError, Operator, texts};

/// How long a key is good if nobody says (R103).
pub const KEY_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How far ahead its end may be: ten years.
const KEY_LIFE_MAX: SignedDuration = SignedDuration::from_hours(3_653 * 24);
/// Longest name, in characters: it appears next to each note of the user.
pub const NAME_CHARS_MAX: usize = 60;
/// Users of a workspace: all of them are one item, which every request of the console reads once a minute.
const USERS_MAX: usize = 200;
/// How often a change is tried when somebody else changes the users at the same moment.
const TRIES: usize = 5;

/// A user, without the key: nobody can read that again.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct UserView {
    /// Unique in the workspace; appears next to what the user does.
    pub name: String,
    /// What the key may do.
    pub role: Role,
    /// When the key was made; `null` of an operator key.
    pub created_at: Option<Timestamp>,
    /// From when on it no longer works; `null` if it has no end.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the hour; `null` if never.
    pub last_used_at: Option<Timestamp>,
}

/// The users of a workspace, the oldest first.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct UsersView {
    /// Who they are.
    pub users: Vec<UserView>,
}

/// Whoever asks, by the key they ask with.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Me {
    /// The name; appears next to what the user does.
    pub name: String,
    /// What the key may do.
    pub role: Role,
    /// Whose leads it opens.
    pub workspace: WorkspaceId,
    /// From when on it no longer works; `null` if it has no end.
    pub expires_at: Option<Timestamp>,
}

impl Me {
    /// What a user is told of themselves.
    pub fn of(user: &User) -> Self {
        Self {
            name: user.name.clone(),
            role: user.role,
            workspace: user.workspace.clone(),
            expires_at: user.expires_at,
        }
    }
}

/// A user who was just added.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct MadeUser {
    /// Who.
    #[serde(flatten)]
    pub user: UserView,
    /// The key, shown this once.
    pub key: String,
}

/// A user to add, as it was asked for.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// The name.
    pub name: &'a str,
    /// The code of the role.
    pub role: &'a str,
    /// When the key ends: a moment, or a day, which it outlasts on the clock of the workspace's first campaign.
    pub expires_at: Option<&'a str>,
}

/// What is wrong with a user who is to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum UserFault {
    /// The name has other signs than names have, none, or too many.
    BadName,
    /// Only operator keys have such a name.
    ReservedName,
    /// There is no such role.
    UnknownRole,
    /// The end is neither a day nor a moment of the years ahead.
    BadMoment,
    /// The workspace has as many users as it may.
    TooMany,
}

codes!(UserFault);

impl UserFault {
    /// What to do about it.
    pub fn message(self, locale: Locale) -> String {
        match self {
            Self::BadName => texts::bad_user_name(locale, NAME_CHARS_MAX),
            Self::ReservedName => texts::reserved_user_name(locale).to_owned(),
            Self::UnknownRole => texts::unknown_role(locale, &Role::ALL.map(Role::code).join(", ")),
            Self::BadMoment => texts::bad_key_end(locale).to_owned(),
            Self::TooMany => texts::too_many_users(locale, USERS_MAX),
        }
    }

    /// As programs hear of it.
    fn error(self) -> FieldError {
        let field = match self {
            Self::BadName | Self::ReservedName | Self::TooMany => "name",
            Self::UnknownRole => "role",
            Self::BadMoment => "expires_at",
        };
        FieldError::new(field, self.code(), self.message(Locale::En))
    }
}

/// The same errors for a reader of this language.
pub fn told(errors: &[FieldError], locale: Locale) -> Vec<String> {
    let told = errors.iter().map(|error| match UserFault::from_code(error.code) {
        Some(fault) => fault.message(locale),
        None => error.message.clone(),
    });
    told.collect()
}

fn view(user: &User, last_used_at: Option<Timestamp>) -> UserView {
    UserView {
        name: user.name.clone(),
        role: user.role,
        created_at: user.created_at,
        expires_at: user.expires_at,
        last_used_at,
    }
}

/// The users of the workspace.
///
/// # Errors
/// [`OperationError::NoKeys`], [`OperationError::Store`].
pub async fn list(session: &Operator<'_>) -> Result<UsersView, OperationError> {
    let store = &session.app.store;
    let uses = store.uses().await?;
    let ring = users_of(store).await?;
    let users = ring.users(&session.workspace);
    let users = users.map(|user| view(user, uses.get(user.id()).copied())).collect();
    Ok(UsersView { users })
}

/// Adds a user and makes their key.
///
/// # Errors
/// [`OperationError::Fields`], [`OperationError::NameTaken`], [`OperationError::NoKeys`], [`OperationError::Store`].
pub async fn add(session: &Operator<'_>, new: NewUser<'_>) -> Result<MadeUser, OperationError> {
    let mut errors = Vec::new();
    let mut wrong = |fault: UserFault| errors.push(fault.error());
    let name = clean_line(new.name);
    if !is_user_name(&name) {
        wrong(UserFault::BadName);
    } else if is_operator_name(&name) {
        wrong(UserFault::ReservedName);
    }
    let role = Role::from_code(new.role);
    if role.is_none() {
        wrong(UserFault::UnknownRole);
    }
    let expires_at = match new.expires_at.map(str::trim).filter(|text| !text.is_empty()) {
        None => session.now + KEY_LIFE,
        Some(text) => {
            let end = end_of(session, text);
            let end = end.filter(|end| *end > session.now && *end <= session.now + KEY_LIFE_MAX);
            end.unwrap_or_else(|| {
                wrong(UserFault::BadMoment);
                session.now
            })
        }
    };
    if !errors.is_empty() {
        return Err(OperationError::Fields(errors));
    }
    let user = User {
        hash: String::new(),
        workspace: session.workspace.clone(),
        name,
        role: role.expect("checked above"),
        created_at: Some(session.now),
        expires_at: Some(expires_at),
        rest: serde_json::Map::new(),
    };
    let key = change(session, |ring| {
        let taken = |other: &User| other.name.to_lowercase() == user.name.to_lowercase();
        if ring.users(&user.workspace).any(taken) {
            return Err(OperationError::NameTaken);
        }
        if ring.users(&user.workspace).count() >= USERS_MAX {
            return Err(OperationError::Fields(vec![UserFault::TooMany.error()]));
        }
        Ok(ring.add_user(user.clone()))
    })
    .await?;
    let user = view(&user, None);
    Ok(MadeUser { user, key })
}

/// Takes a user's key away. It stops working within a minute, and the sessions opened with it end.
///
/// # Errors
/// [`OperationError::NoUser`], [`OperationError::LastAdmin`], [`OperationError::NoKeys`], [`OperationError::Store`].
pub async fn remove(session: &Operator<'_>, name: &str) -> Result<(), OperationError> {
    let name = clean_line(name);
    let gone = change(session, |ring| {
        let found = ring.users(&session.workspace).find(|user| user.name == name);
        let gone = found.cloned().ok_or(OperationError::NoUser)?;
        let rules = |user: &User| user.role == Role::Admin && user.is_live(session.now);
        let other = |user: &User| user.name != name && rules(user);
        let ruled = ring.users(&session.workspace).any(other);
        if rules(&gone) && !ruled {
            return Err(OperationError::LastAdmin);
        }
        ring.remove_user(&session.workspace, &name);
        Ok(gone)
    })
    .await?;
    // Its last use says nothing any more; should this fail, it stays behind unread.
    let _ = session.app.store.note_use(gone.id(), None).await;
    Ok(())
}

/// Letters of any script, digits and what stands in names; nothing that an address of a page or an email is made of.
fn is_user_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || " -_.'’".contains(c);
    (1..=NAME_CHARS_MAX).contains(&name.chars().count())
        && name.chars().all(fits)
        && name.chars().any(char::is_alphanumeric)
}

/// The moment somebody means; of a day, its end.
fn end_of(session: &Operator<'_>, text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Timestamp::from_second(at.as_second()).ok();
    }
    let day: Date = text.parse().ok().filter(|_| text.len() == 10)?;
    let zone = session.campaigns().next().map_or(TimeZone::UTC, Campaign::time_zone);
    Some(day.tomorrow().ok()?.to_zoned(zone).ok()?.timestamp())
}

async fn users_of(store: &Store) -> Result<KeyRing, OperationError> {
    let ring = store.key_parts(&[Part::Identity, Part::Users]).await?;
    ring.ok_or(OperationError::NoKeys)
}

/// Changes the users, and lets this process know them at once.
async fn change<T>(
    session: &Operator<'_>,
    mut change: impl FnMut(&mut KeyRing) -> Result<T, OperationError>,
) -> Result<T, OperationError> {
    let store = &session.app.store;
    for _ in 0..TRIES {
        let known = users_of(store).await?;
        let mut ring = known.clone();
        let made = change(&mut ring)?;
        match store.save_key_parts(&[Part::Users], &ring, Some(&known)).await {
            Err(error) if error.kind == StoreErrorKind::Contended => {}
            saved => {
                saved?;
                session.app.reread_ring().await?;
                return Ok(made);
            }
        }
    }
    Err(StoreError::new("users", StoreErrorKind::Contended).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r103_what_is_wrong_with_a_user_is_said_in_both_languages() {
        for fault in UserFault::ALL {
            let (french, english) = (fault.message(Locale::Fr), fault.message(Locale::En));
            assert_ne!(french, english);
            assert_eq!(fault.error().message, english);
            assert_eq!(told(&[fault.error()], Locale::Fr), [french]);
        }
        assert!(UserFault::BadName.message(Locale::En).contains("60"));
        assert!(
            UserFault::UnknownRole
                .message(Locale::Fr)
                .contains("read, sales, write, admin")
        );
    }

    #[test]
    fn names_of_people_are_taken_and_addresses_are_not() {
        for good in ["anne", "Anne-Marie O’Neill", "crm_export.2", "Zoé", "é", "Ольга", "7"] {
            assert!(is_user_name(good), "{good}");
        }
        let long = "a".repeat(61);
        for bad in [
            "",
            " ",
            "anne@example.com",
            "a/b",
            "a?b",
            "a#b",
            "<b>",
            "a\nb",
            "...",
            "a%2Fb",
            &long,
        ] {
            assert!(!is_user_name(bad), "{bad}");
        }
    }
}
