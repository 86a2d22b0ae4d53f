//! The key ring: the secrets from which identities and links are made, those that other systems sign with, and the
//! hashes of operator keys.
//!
//! It lies in a table of its own, encrypted at rest, that no export of leads touches and that only the functions' roles
//! may read. See `docs/adr/0002-keys-in-a-table-of-their-own.md`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use piste_domain::kit::ids::sha256_hex;
use piste_domain::{Key, WorkspaceId};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::clock::random_bytes;
use crate::webhook::{Secret, SecretText};

/// Secrets of one source that hold at once: the sender's new one and its old one, while it changes over (R109).
const SECRETS_LIVE: usize = 2;

/// The ring as the functions use it.
#[derive(Clone, Debug)]
pub struct KeyRing {
    /// Makes lead ids and send ids. Never rotated: a new one would make every known person a stranger.
    pub identity: Key,
    /// Sign links; the first signs, all verify.
    pub links: Vec<LinkKey>,
    operators: Vec<StoredOperator>,
    sources: Vec<Source>,
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

/// The ring as stored: one JSON text.
#[derive(Serialize, Deserialize)]
struct Stored {
    identity: String,
    links: Vec<StoredLink>,
    operators: Vec<StoredOperator>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<StoredSource>,
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

/// An operator key: only its hash is kept. 128 random bits need no slow hash (ASVS 5.0, 6.5.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredOperator {
    hash: String,
    workspace: WorkspaceId,
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
            links: Vec::new(),
            operators: Vec::new(),
            sources: Vec::new(),
        };
        ring.rotate_links();
        let operator = ring.add_operator(workspace);
        (ring, operator)
    }

    /// Adds a link key that signs from now on; links signed before stay good.
    pub fn rotate_links(&mut self) {
        let id = format!("k{}", self.links.len() + 1);
        let key = Key::new(random_bytes::<32>().to_vec());
        self.links.insert(0, LinkKey { id, key });
    }

    /// Makes a new operator key for a workspace and returns it: `piste_<workspace>_<32 hexadecimal digits>`.
    pub fn add_operator(&mut self, workspace: &WorkspaceId) -> String {
        let key = format!("piste_{workspace}_{}", crate::clock::random_hex::<16>());
        self.operators.push(StoredOperator {
            hash: sha256_hex(&key),
            workspace: workspace.clone(),
        });
        key
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

    /// The workspace that an operator key opens, compared in constant time.
    pub fn operator(&self, key: &str) -> Option<&WorkspaceId> {
        self.operator_by_hash(&sha256_hex(key))
    }

    /// The same for the hash of a key: what a console session carries, so that a removed key ends its sessions.
    pub fn operator_by_hash(&self, hash: &str) -> Option<&WorkspaceId> {
        self.operators
            .iter()
            .find(|operator| bool::from(operator.hash.as_bytes().ct_eq(hash.as_bytes())))
            .map(|operator| &operator.workspace)
    }

    /// The stored form.
    pub fn to_json(&self) -> String {
        let text = |key: &Key| BASE64.encode(key.expose());
        let stored = Stored {
            identity: text(&self.identity),
            links: self
                .links
                .iter()
                .map(|link| StoredLink {
                    id: link.id.clone(),
                    key: text(&link.key),
                })
                .collect(),
            operators: self.operators.clone(),
            sources: self
                .sources
                .iter()
                .map(|source| StoredSource {
                    workspace: source.workspace.clone(),
                    name: source.name.clone(),
                    secrets: source.secrets.iter().map(Secret::expose).collect(),
                    values: source.values.iter().map(|text| text.expose().to_owned()).collect(),
                })
                .collect(),
        };
        serde_json::to_string(&stored).expect("texts serialise")
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`CorruptRing`] when it does not parse or lacks a key.
    pub fn from_json(json: &str) -> Result<Self, CorruptRing> {
        let stored: Stored = serde_json::from_str(json).map_err(|_| CorruptRing)?;
        let key = |text: &str| {
            BASE64
                .decode(text)
                .ok()
                .filter(|bytes| bytes.len() >= 16)
                .map(Key::new)
                .ok_or(CorruptRing)
        };
        let source = |stored: StoredSource| {
            let secrets = stored.secrets.iter().map(|text| Secret::parse(text));
            Ok(Source {
                workspace: stored.workspace,
                name: stored.name,
                secrets: secrets.collect::<Result<_, _>>().map_err(|_| CorruptRing)?,
                values: stored.values.into_iter().map(SecretText::new).collect(),
            })
        };
        let links = stored
            .links
            .iter()
            .map(|link| {
                Ok(LinkKey {
                    id: link.id.clone(),
                    key: key(&link.key)?,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if links.is_empty() {
            return Err(CorruptRing);
        }
        Ok(Self {
            identity: key(&stored.identity)?,
            links,
            operators: stored.operators,
            sources: stored.sources.into_iter().map(source).collect::<Result<_, _>>()?,
        })
    }
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
}
