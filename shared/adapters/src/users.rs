//! Who may use the console and the API: each user has a key of their own, a role, and a day on which the key ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use piste_domain::{WorkspaceId, codes};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// What a key may do; each role may also do what those before it may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Role {
    /// Sees everything of the workspace.
    Read,
    /// Moves leads, logs calls, writes notes and answers, assigns.
    Sales,
    /// Adds, imports, erases, keeps, lifts, releases.
    Write,
    /// Users and sending.
    Admin,
}

codes!(Role);

/// The name of the first operator key; what was done with it is noted as the operator's.
pub const OPERATOR: &str = "operator";

/// Whether only operator keys may bear this name: `operator`, `operator-2` …, in small letters or capitals.
pub fn is_operator_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match name.strip_prefix(OPERATOR) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('-').is_some_and(is_number),
        None => false,
    }
}

/// A user as kept: only the hash of the key. 128 random bits need no slow hash (ASVS 5.0, 6.5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// SHA-256 of the key, in hexadecimal.
    pub hash: String,
    /// Whose leads it opens.
    pub workspace: WorkspaceId,
    /// Unique in the workspace; appears next to what the user does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// An operator key of a version without users may do everything.
    #[serde(default = "admin")]
    pub role: Role,
    /// When it was made; unknown of operator keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// From when on it no longer works; an operator key never ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What a later version keeps beside it: it stays as it is.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, serde_json::Value>,
}

const fn admin() -> Role {
    Role::Admin
}

impl User {
    /// Whether the key still holds.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// The name under which the user stands in the records; `None` for the operator.
    pub fn signs_as(&self) -> Option<String> {
        Some(self.name.clone()).filter(|name| name != OPERATOR && !name.is_empty())
    }

    /// What its last use is noted under: it says nothing of name or key.
    pub fn id(&self) -> &str {
        self.hash.get(..16).unwrap_or(&self.hash)
    }
}

/// Names the operator keys of versions without users: `operator`, `operator-2`, in their order.
pub(crate) fn name_all(users: &mut [User]) {
    for place in 0..users.len() {
        if users[place].name.is_empty() {
            users[place].name = free_operator_name(users, &users[place].workspace);
        }
    }
}

/// The first of `operator`, `operator-2` … that nobody in the workspace has.
pub(crate) fn free_operator_name(users: &[User], workspace: &WorkspaceId) -> String {
    let taken = |name: &str| {
        users
            .iter()
            .any(|user| &user.workspace == workspace && user.name == name)
    };
    let numbered = (2..).map(|number| format!("{OPERATOR}-{number}"));
    std::iter::once(OPERATOR.to_owned())
        .chain(numbered)
        .find(|name| !taken(name))
        .unwrap_or_default()
}

/// How often a user's last use is written down at most, by each sandbox.
const USE_STEP: SignedDuration = SignedDuration::from_hours(1);

/// Whose use this sandbox has written down of late: not every request is a write.
#[derive(Debug, Default)]
pub struct Noted(Mutex<BTreeMap<String, Timestamp>>);

impl Noted {
    /// Whether this use is to be written down; then it counts as written.
    pub fn is_news(&self, user: &User, now: Timestamp) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = noted
            .get(user.id())
            .is_some_and(|at| now.duration_since(*at).abs() < USE_STEP);
        if !fresh {
            noted.insert(user.id().to_owned(), now);
        }
        !fresh
    }
}

/// How long a session of the console lasts without a request (R105).
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_mins(30);
/// How long it lasts at most.
pub const SESSION_MAX: SignedDuration = SignedDuration::from_hours(12);

/// A session of the console. It is kept under the hash of what the browser holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleSession {
    /// The hash of the key that opened it: it ends with that key.
    pub user: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The latest request, to within [`SEEN_STEP`](Self::SEEN_STEP).
    pub seen_at: Timestamp,
}

impl ConsoleSession {
    /// A request is noted once the last noted one is this old: a page loads without a write each.
    pub const SEEN_STEP: SignedDuration = SignedDuration::from_secs(15);

    /// Whether it still holds.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen_at) < SESSION_IDLE && now.duration_since(self.opened_at) < SESSION_MAX
    }
}

/// Wrong keys that a visitor may send in [`TRIES_WINDOW`] (R107).
pub const TRIES_MAX: u64 = 10;
/// The window in which they are counted.
pub const TRIES_WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// The wrong keys of one visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// How many, this one included.
    pub wrong: u64,
    /// Since when.
    pub since: Timestamp,
}

impl Tries {
    /// How many seconds to wait before the next, if it is too many.
    pub fn wait_s(&self, now: Timestamp) -> Option<u64> {
        let left = (self.since + TRIES_WINDOW).duration_since(now).as_secs();
        (self.wrong > TRIES_MAX).then(|| left.clamp(1, TRIES_WINDOW.as_secs()).cast_unsigned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn user(workspace: &str, name: &str) -> User {
        User {
            hash: name.repeat(9),
            workspace: WorkspaceId::new(workspace),
            name: name.into(),
            role: Role::Read,
            created_at: None,
            expires_at: Some(at(100)),
            rest: serde_json::Map::new(),
        }
    }

    #[test]
    fn each_role_may_what_those_before_it_may() {
        assert!(Role::ALL.is_sorted());
        assert_eq!(Role::ALL.map(Role::code), ["read", "sales", "write", "admin"]);
        assert!(user("main", "anne").is_live(at(99)) && !user("main", "anne").is_live(at(100)));
    }

    #[test]
    fn keys_of_before_get_a_name_each_and_stay_admins() {
        let stored =
            r#"[{"hash":"a","workspace":"main"},{"hash":"b","workspace":"other"},{"hash":"c","workspace":"main"}]"#;
        let mut users: Vec<User> = serde_json::from_str(stored).expect("users");
        name_all(&mut users);
        let names: Vec<_> = users.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["operator", "operator", "operator-2"]);
        assert!(
            users
                .iter()
                .all(|user| user.role == Role::Admin && user.is_live(at(i64::from(i32::MAX))))
        );
        assert_eq!(users[0].signs_as(), None);
        assert_eq!(users[2].signs_as().as_deref(), Some("operator-2"));
    }

    #[test]
    fn r103_names_of_operator_keys_are_theirs() {
        for reserved in ["operator", "Operator", "operator-2", "OPERATOR-17", "operator-0"] {
            assert!(is_operator_name(reserved), "{reserved}");
        }
        for free in [
            "operators",
            "operator-",
            "operator-two",
            "operator 2",
            "my operator",
            "anne",
        ] {
            assert!(!is_operator_name(free), "{free}");
        }
    }

    #[test]
    fn r103_the_last_use_is_written_once_an_hour() {
        let (noted, anne) = (Noted::default(), user("main", "anne"));
        let news = [0, 1, 3_599, 3_600, 3_601].map(|second| noted.is_news(&anne, at(second)));
        assert_eq!(news, [true, false, false, true, false]);
        assert!(noted.is_news(&user("main", "bob"), at(1)));
    }

    #[test]
    fn r105_a_session_ends_idle_or_old() {
        let session = |seen| ConsoleSession {
            user: "x".into(),
            opened_at: at(0),
            seen_at: at(seen),
        };
        assert!(session(0).is_live(at(1_799)) && !session(0).is_live(at(1_800)));
        assert!(session(43_000).is_live(at(43_199)) && !session(43_000).is_live(at(43_200)));
    }

    #[test]
    fn r107_the_eleventh_wrong_key_of_a_minute_waits() {
        let tries = |wrong| Tries { wrong, since: at(0) };
        assert_eq!(tries(10).wait_s(at(1)), None);
        assert_eq!(tries(11).wait_s(at(1)), Some(59));
        assert_eq!(tries(300).wait_s(at(60)), Some(1));
    }
}
