//! The key ring: the secrets from which identities and links are made, those that other systems sign with, and the
//! users with the hashes of their keys.
//!
//! It lies in a table of its own, encrypted at rest, that no export of leads touches. Each [`Part`] is an item of its own, and a
//! function's role may read the parts that the function needs and no other.
//! See `docs/adr/0002-keys-in-a-table-of-their-own.md` and `docs/adr/0016-each-function-reads-its-own-keys.md`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use piste_domain::kit::ids::sha256_hex;
use piste_domain::{Key, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use crate::clock::random_bytes;
use crate::users::{Role, User, free_operator_name, name_all};
use crate::webhook::{Secret, SecretText};

/// Secrets of one source that hold at once: the sender's new one and its old one, while it changes over (R109).
const SECRETS_LIVE: usize = 2;

/// A part of the ring: what one purpose needs, in an item of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What lead ids and send ids are made of. Every function needs it.
    Identity,
    /// What links are signed with.
    Links,
    /// Who may use the console and the API.
    Users,
    /// What other systems sign with.
    Sources,
    /// The secret keys of Turnstile's widgets. Read once a post needs one, and not at the start.
    Turnstile,
}

impl Part {
    /// All of them, the identity first: without it there is no ring.
    pub const ALL: &'static [Self] = &[Self::Identity, Self::Links, Self::Users, Self::Sources, Self::Turnstile];

    /// The key of its item.
    pub fn pk(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Links => "links",
            Self::Users => "users",
            Self::Sources => "sources",
            Self::Turnstile => "turnstile",
        }
    }

    /// Whether a function reads it when it starts: what few need costs nobody else a request.
    pub fn is_read_at_start(self) -> bool {
        self != Self::Turnstile
    }
}

/// The ring as the functions use it: of the parts that a function does not read it holds nothing.
#[derive(Clone, Debug)]
pub struct KeyRing {
    /// Makes lead ids and send ids. Never rotated: a new one would make every known person a stranger.
    pub identity: Key,
    /// Sign links; the first signs, all verify.
    pub links: Vec<LinkKey>,
    users: Vec<User>,
    /// Users that this version cannot read: they open nothing here, and stay as they are.
    strangers: Vec<Value>,
    sources: Vec<Source>,
    turnstile: Vec<Widget>,
}

/// A widget of Cloudflare Turnstile: its site key, and the secret key beside it.
#[derive(Clone, Debug)]
struct Widget {
    site: String,
    secret: SecretText,
}

/// Another system that may report: the secrets it signs with, the newest first.
#[derive(Clone, Debug)]
pub struct Source {
    /// Whose leads it reports about.
    pub workspace: WorkspaceId,
    /// Its name, as in its address.
    pub name: String,
    /// At most two: while the sender changes over, both hold.
    pub secrets: Vec<Secret>,
    /// Texts that the other side made, for proofs other than Standard Webhooks; at most two as well.
    pub values: Vec<SecretText>,
}

impl Source {
    /// Every live secret as a text: one that we made can serve as such, too.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        let values = self.values.iter().map(|text| text.expose().to_owned());
        values.chain(self.secrets.iter().map(Secret::expose))
    }
}

/// A key of signed links.
#[derive(Clone, Debug)]
pub struct LinkKey {
    /// Its name in the link.
    pub id: String,
    /// The secret.
    pub key: Key,
}

/// The ring as versions without parts stored it: one JSON text.
#[derive(Serialize, Deserialize)]
struct Stored {
    identity: String,
    links: Vec<StoredLink>,
    operators: Vec<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<StoredSource>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    turnstile: Vec<StoredWidget>,
}

#[derive(Serialize, Deserialize)]
struct StoredWidget {
    site: String,
    secret: String,
}

#[derive(Serialize, Deserialize)]
struct StoredSource {
    workspace: WorkspaceId,
    name: String,
    secrets: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredLink {
    id: String,
    key: String,
}

/// The stored ring does not parse.
#[derive(Debug, thiserror::Error)]
#[error("the stored key ring does not parse; restore the keys table from its backup")]
pub struct CorruptRing;

impl KeyRing {
    /// A new ring by chance, with one operator key for the workspace, and that key, which is shown once.
    pub fn generate(workspace: &WorkspaceId) -> (Self, String) {
        let mut ring = Self {
            identity: Key::new(random_bytes::<32>().to_vec()),
            ..Self::empty()
        };
        ring.rotate_links();
        let operator = ring.add_operator(workspace);
        (ring, operator)
    }

    fn empty() -> Self {
        Self {
            identity: Key::new(Vec::new()),
            links: Vec::new(),
            users: Vec::new(),
            strangers: Vec::new(),
            sources: Vec::new(),
            turnstile: Vec::new(),
        }
    }

    /// Adds a link key that signs from now on; links signed before stay good.
    pub fn rotate_links(&mut self) {
        let id = format!("k{}", self.links.len() + 1);
        let key = Key::new(random_bytes::<32>().to_vec());
        self.links.insert(0, LinkKey { id, key });
    }

    /// Makes a new operator key for a workspace and returns it: an admin whose key has no end.
    pub fn add_operator(&mut self, workspace: &WorkspaceId) -> String {
        self.add_user(User {
            hash: String::new(),
            workspace: workspace.clone(),
            name: free_operator_name(&self.users, workspace),
            role: Role::Admin,
            created_at: None,
            expires_at: None,
            rest: serde_json::Map::new(),
        })
    }

    /// Adds a user, makes their key and returns it: `piste_<workspace>_<32 hexadecimal digits>`.
    pub fn add_user(&mut self, user: User) -> String {
        let key = format!("piste_{}_{}", user.workspace, crate::clock::random_hex::<16>());
        let hash = sha256_hex(&key);
        self.users.push(User { hash, ..user });
        key
    }

    /// Takes a user's key away; false where nobody has that name.
    pub fn remove_user(&mut self, workspace: &WorkspaceId, name: &str) -> bool {
        let before = self.users.len();
        self.users
            .retain(|user| &user.workspace != workspace || user.name != name);
        self.users.len() < before
    }

    /// The users of a workspace, the oldest first.
    pub fn users(&self, workspace: &WorkspaceId) -> impl Iterator<Item = &User> {
        self.users.iter().filter(move |user| &user.workspace == workspace)
    }

    /// Adds a secret that a source signs with from now on. The one before it stays good, any older one does not.
    pub fn add_source(&mut self, workspace: &WorkspaceId, name: &str, secret: Secret) {
        let secrets = &mut self.source_mut(workspace, name).secrets;
        secrets.insert(0, secret);
        secrets.truncate(SECRETS_LIVE);
    }

    /// The same for a text that the other side made. One in the form of Standard Webhooks is kept as such.
    pub fn add_source_text(&mut self, workspace: &WorkspaceId, name: &str, text: &str) {
        if let Ok(secret) = Secret::parse(text) {
            return self.add_source(workspace, name, secret);
        }
        let values = &mut self.source_mut(workspace, name).values;
        values.retain(|known| known.expose() != text);
        values.insert(0, SecretText::new(text));
        values.truncate(SECRETS_LIVE);
    }

    fn source_mut(&mut self, workspace: &WorkspaceId, name: &str) -> &mut Source {
        let known = |source: &Source| &source.workspace == workspace && source.name == name;
        let at = self.sources.iter().position(known).unwrap_or_else(|| {
            self.sources.push(Source {
                workspace: workspace.clone(),
                name: name.to_owned(),
                secrets: Vec::new(),
                values: Vec::new(),
            });
            self.sources.len() - 1
        });
        &mut self.sources[at]
    }

    /// The sources of this name: one a workspace, told apart by whose secret signed.
    pub fn sources(&self, name: &str) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(move |source| source.name == name)
    }

    /// Sets the secret key of a Turnstile widget in place of the one before.
    pub fn set_turnstile(&mut self, site: &str, secret: &str) {
        self.turnstile.retain(|known| known.site != site);
        self.turnstile.push(Widget {
            site: site.to_owned(),
            secret: SecretText::new(secret),
        });
    }

    /// The secret key of the Turnstile widget with this site key.
    pub fn turnstile(&self, site: &str) -> Option<&SecretText> {
        let widget = self.turnstile.iter().find(|known| known.site == site);
        widget.map(|known| &known.secret)
    }

    /// The workspace that a key opens.
    pub fn operator(&self, key: &str) -> Option<&WorkspaceId> {
        self.user(key).map(|user| &user.workspace)
    }

    /// Whose key this is, compared in constant time. Whether it still holds, [`User::is_live`] says.
    pub fn user(&self, key: &str) -> Option<&User> {
        self.user_by_hash(&sha256_hex(key))
    }

    /// The same for the hash of a key: what a console session carries, so that a removed key ends its sessions.
    pub fn user_by_hash(&self, hash: &str) -> Option<&User> {
        self.users
            .iter()
            .find(|user| bool::from(user.hash.as_bytes().ct_eq(hash.as_bytes())))
    }

    /// One part in its stored form.
    pub fn part(&self, part: Part) -> String {
        let stored = match part {
            Part::Identity => json!({ "identity": text(&self.identity) }),
            Part::Links => json!({ "links": self.stored_links() }),
            Part::Users => json!({ "users": self.stored_users() }),
            Part::Sources => json!({ "sources": self.stored_sources() }),
            Part::Turnstile => json!({ "turnstile": self.stored_turnstile() }),
        };
        stored.to_string()
    }

    /// Reads parts of the stored form; what is not among them is empty.
    ///
    /// # Errors
    /// [`CorruptRing`] when one does not parse.
    pub fn from_parts<'a>(parts: impl Iterator<Item = (Part, &'a str)>) -> Result<Self, CorruptRing> {
        let mut ring = Self::empty();
        for (part, json) in parts {
            let mut stored: Value = serde_json::from_str(json).map_err(|_| CorruptRing)?;
            let inner = stored.get_mut(part.pk()).ok_or(CorruptRing)?.take();
            let corrupt = |_| CorruptRing;
            match part {
                Part::Identity => ring.identity = key(inner.as_str().ok_or(CorruptRing)?)?,
                Part::Links => ring.links = links(&serde_json::from_value::<Vec<_>>(inner).map_err(corrupt)?)?,
                Part::Users => ring.read_users(serde_json::from_value(inner).map_err(corrupt)?),
                Part::Sources => ring.sources = sources(serde_json::from_value(inner).map_err(corrupt)?)?,
                Part::Turnstile => ring.turnstile = widgets(serde_json::from_value(inner).map_err(corrupt)?),
            }
        }
        Ok(ring)
    }

    /// Everything in one text, as versions without parts stored it.
    pub fn to_json(&self) -> String {
        let stored = Stored {
            identity: text(&self.identity),
            links: self.stored_links(),
            operators: self.stored_users(),
            sources: self.stored_sources(),
            turnstile: self.stored_turnstile(),
        };
        serde_json::to_string(&stored).expect("texts serialise")
    }

    /// Reads that text.
    ///
    /// # Errors
    /// [`CorruptRing`] when it does not parse or lacks a key.
    pub fn from_json(json: &str) -> Result<Self, CorruptRing> {
        let stored: Stored = serde_json::from_str(json).map_err(|_| CorruptRing)?;
        let links = links(&stored.links)?;
        if links.is_empty() {
            return Err(CorruptRing);
        }
        let mut ring = Self {
            identity: key(&stored.identity)?,
            links,
            sources: sources(stored.sources)?,
            turnstile: widgets(stored.turnstile),
            ..Self::empty()
        };
        ring.read_users(stored.operators);
        Ok(ring)
    }

    /// Puts these parts of another ring in the place of its own.
    pub fn take(&mut self, parts: &[Part], other: &Self) {
        for part in parts {
            match part {
                Part::Identity => self.identity = other.identity.clone(),
                Part::Links => self.links.clone_from(&other.links),
                Part::Users => {
                    self.users.clone_from(&other.users);
                    self.strangers.clone_from(&other.strangers);
                }
                Part::Sources => self.sources.clone_from(&other.sources),
                Part::Turnstile => self.turnstile.clone_from(&other.turnstile),
            }
        }
    }

    /// Only these parts of it.
    #[must_use]
    pub fn only(mut self, parts: &[Part]) -> Self {
        for part in Part::ALL.iter().filter(|part| !parts.contains(part)) {
            match part {
                Part::Identity => self.identity = Key::new(Vec::new()),
                Part::Links => self.links.clear(),
                Part::Users => (self.users, self.strangers) = (Vec::new(), Vec::new()),
                Part::Sources => self.sources.clear(),
                Part::Turnstile => self.turnstile.clear(),
            }
        }
        self
    }

    fn read_users(&mut self, stored: Vec<Value>) {
        for user in stored {
            match serde_json::from_value(user.clone()) {
                Ok(user) => self.users.push(user),
                Err(_) => self.strangers.push(user),
            }
        }
        name_all(&mut self.users);
    }

    fn stored_users(&self) -> Vec<Value> {
        let known = self.users.iter().map(|user| json!(user));
        known.chain(self.strangers.iter().cloned()).collect()
    }

    fn stored_links(&self) -> Vec<StoredLink> {
        let stored = |link: &LinkKey| StoredLink {
            id: link.id.clone(),
            key: text(&link.key),
        };
        self.links.iter().map(stored).collect()
    }

    fn stored_sources(&self) -> Vec<StoredSource> {
        let stored = |source: &Source| StoredSource {
            workspace: source.workspace.clone(),
            name: source.name.clone(),
            secrets: source.secrets.iter().map(Secret::expose).collect(),
            values: source.values.iter().map(|text| text.expose().to_owned()).collect(),
        };
        self.sources.iter().map(stored).collect()
    }

    fn stored_turnstile(&self) -> Vec<StoredWidget> {
        let stored = |widget: &Widget| StoredWidget {
            site: widget.site.clone(),
            secret: widget.secret.expose().to_owned(),
        };
        self.turnstile.iter().map(stored).collect()
    }
}

fn text(key: &Key) -> String {
    BASE64.encode(key.expose())
}

fn key(text: &str) -> Result<Key, CorruptRing> {
    let bytes = BASE64.decode(text).ok().filter(|bytes| bytes.len() >= 16);
    bytes.map(Key::new).ok_or(CorruptRing)
}

fn links(stored: &[StoredLink]) -> Result<Vec<LinkKey>, CorruptRing> {
    let link = |link: &StoredLink| {
        Ok(LinkKey {
            id: link.id.clone(),
            key: key(&link.key)?,
        })
    };
    stored.iter().map(link).collect()
}

fn sources(stored: Vec<StoredSource>) -> Result<Vec<Source>, CorruptRing> {
    let source = |stored: StoredSource| {
        let secrets = stored.secrets.iter().map(|text| Secret::parse(text));
        Ok(Source {
            workspace: stored.workspace,
            name: stored.name,
            secrets: secrets.collect::<Result<_, _>>().map_err(|_| CorruptRing)?,
            values: stored.values.into_iter().map(SecretText::new).collect(),
        })
    };
    stored.into_iter().map(source).collect()
}

fn widgets(stored: Vec<StoredWidget>) -> Vec<Widget> {
    let widget = |stored: StoredWidget| Widget {
        site: stored.site,
        secret: SecretText::new(stored.secret),
    };
    stored.into_iter().map(widget).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r109_a_source_has_two_live_secrets_and_they_survive_storage() {
        let (main, other) = (WorkspaceId::new("main"), WorkspaceId::new("other"));
        let (mut ring, _) = KeyRing::generate(&main);
        let before = ring.to_json();
        assert_eq!(
            KeyRing::from_json(&before).expect("a ring").to_json(),
            before,
            "a ring from before sources stays as it is"
        );
        let secrets = [Secret::generate(), Secret::generate(), Secret::generate()];
        for secret in &secrets {
            ring.add_source(&main, "crm", secret.clone());
        }
        ring.add_source(&other, "crm", secrets[0].clone());
        let ring = KeyRing::from_json(&ring.to_json()).expect("a ring");
        let sources: Vec<_> = ring.sources("crm").collect();
        assert_eq!(sources.len(), 2, "one a workspace");
        assert_eq!(sources[0].secrets, [secrets[2].clone(), secrets[1].clone()]);
        assert_eq!((&sources[1].workspace, sources[1].secrets.len()), (&other, 1));
        assert_eq!(ring.sources("shop").count(), 0);
    }

    #[test]
    fn r109_texts_of_the_other_side_are_kept_beside_them_and_hide_themselves() {
        let main = WorkspaceId::new("main");
        let (mut ring, _) = KeyRing::generate(&main);
        let made = Secret::generate();
        for text in ["one", "two", "three", "two", &made.expose()] {
            ring.add_source_text(&main, "form", text);
        }
        let ring = KeyRing::from_json(&ring.to_json()).expect("a ring");
        let source = ring.sources("form").next().expect("a source");
        let texts: Vec<String> = source.texts().collect();
        assert_eq!(texts, ["two", "three", &made.expose()]);
        assert_eq!(source.secrets, [made]);
        assert!(!format!("{source:?}").contains("two"));
    }

    #[test]
    fn r87_a_widget_has_one_secret_key_which_hides_itself() {
        let (mut ring, _) = KeyRing::generate(&WorkspaceId::new("main"));
        for (site, secret) in [("0x1", "one"), ("0x2", "two"), ("0x1", "three")] {
            ring.set_turnstile(site, secret);
        }
        let part = ring.part(Part::Turnstile);
        let read = KeyRing::from_parts([(Part::Turnstile, part.as_str())].into_iter()).expect("a part");
        let secret = |site: &str| read.turnstile(site).map(SecretText::expose);
        assert_eq!(
            (secret("0x1"), secret("0x2"), secret("0x3")),
            (Some("three"), Some("two"), None)
        );
        assert!(!format!("{read:?}").contains("three"));
        assert!(
            Part::ALL
                .iter()
                .all(|part| part.is_read_at_start() || *part == Part::Turnstile)
        );
    }

    #[test]
    fn parts_read_back_alone_and_together() {
        let main = WorkspaceId::new("main");
        let (mut ring, operator) = KeyRing::generate(&main);
        ring.add_source(&main, "crm", Secret::generate());
        ring.set_turnstile("0x1", "one");
        let parts: Vec<_> = Part::ALL.iter().map(|part| (*part, ring.part(*part))).collect();
        let read = |wanted: &[Part]| {
            let some = parts.iter().filter(|(part, _)| wanted.contains(part));
            KeyRing::from_parts(some.map(|(part, json)| (*part, json.as_str()))).expect("a ring")
        };
        assert_eq!(read(Part::ALL).to_json(), ring.to_json());
        for part in Part::ALL {
            let one = read(&[*part]);
            assert_eq!(one.part(*part), ring.part(*part));
            assert_eq!(one.to_json(), ring.clone().only(&[*part]).to_json());
            let secrets = [ring.links[0].key.expose(), ring.identity.expose()].map(|secret| BASE64.encode(secret));
            let held = secrets.iter().filter(|secret| one.to_json().contains(*secret)).count();
            assert_eq!(
                held,
                usize::from(matches!(part, Part::Identity | Part::Links)),
                "{part:?}"
            );
            assert_eq!(one.operator(&operator).is_some(), *part == Part::Users);
        }
        assert!(KeyRing::from_parts([(Part::Links, "{}")].into_iter()).is_err());
    }

    #[test]
    fn a_user_of_a_later_version_opens_nothing_and_is_kept() {
        let later = r#"{"users":[{"hash":"h","workspace":"main","name":"x","role":"auditor"},{"hash":"k","workspace":"main","name":"y","role":"read","team":"a"}]}"#;
        let ring = KeyRing::from_parts([(Part::Users, later)].into_iter()).expect("a ring");
        assert!(ring.user_by_hash("h").is_none());
        assert_eq!(ring.user_by_hash("k").map(|user| user.role), Some(Role::Read));
        let kept = ring.part(Part::Users);
        assert!(kept.contains("auditor") && kept.contains("team"), "{kept}");
    }
}
