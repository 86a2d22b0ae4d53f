//! Identifiers. None contains personal data, so any of them may appear in a key, a log line, a tag or a link. A copy
//! of one is no copy of its text: a lead that is decided on carries dozens.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::kit::email::Email;
use crate::kit::phone::Phone;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is; ids come from our own files, keys and links.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// One client of an agency: nothing crosses it. The default is `main`.
    WorkspaceId
);
text_id!(
    /// A campaign, and its form: the name of its folder, `[a-z0-9-]`.
    CampaignId
);
text_id!(
    /// A destination: the name of its file, and of its secret.
    DestinationName
);
text_id!(
    /// A lead: 26 characters of lower-case base32, derived from the address by [`LeadId::of`].
    LeadId
);
text_id!(
    /// One email of one enrolment: 26 characters, derived by [`SendId::of`]. Ledger key and SES message tag.
    SendId
);
text_id!(
    /// One enquiry of a lead: its second in hexadecimal. It names nobody.
    EnquiryId
);
text_id!(
    /// One import of a list: 26 characters, derived from the file by [`ImportId::of`]. It names nobody.
    ImportId
);
text_id!(
    /// Proves that a claim is ours: chosen anew by chance for every claim.
    ClaimToken
);

/// Whether a text can name a campaign, a sequence, a step, a rule or a field: 1 to 40 of `[a-z0-9_-]`.
///
/// The same set is legal in a URL path, a DynamoDB key and an SES tag, so no name is ever escaped.
pub fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

/// A secret of the key ring: at least 128 bits. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    /// Takes raw key bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, for the one place that stores them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// HMAC-SHA256 (RFC 2104) of the parts, joined by NUL so that no two lists of parts give the same message.
    pub fn mac(&self, parts: &[&str]) -> [u8; 32] {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        self.mac_bytes(&parts)
    }

    /// The same of parts that need not be text, such as the body of a message.
    pub fn mac_bytes(&self, parts: &[&[u8]]) -> [u8; 32] {
        // `new_from_slice` takes a key of any length (RFC 2104, section 3).
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                mac.update(&[0]);
            }
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

impl LeadId {
    /// The id of whoever owns this address in this workspace: the same person always finds the same item, and
    /// nobody without the key can tell which address it is.
    pub fn of(identity_key: &Key, workspace: &WorkspaceId, email: &Email) -> Self {
        Self::new(base32_26(&identity_key.mac(&[workspace.as_str(), &email.identity()])))
    }

    /// The id of whoever is known by a telephone number alone.
    pub fn of_phone(identity_key: &Key, workspace: &WorkspaceId, phone: &Phone) -> Self {
        let identity = format!("tel:{}", phone.expose());
        Self::new(base32_26(&identity_key.mac(&[workspace.as_str(), &identity])))
    }

    /// The id of the desk at which the owner of this address reads what waits for them: of the same shape, and never a lead's.
    pub fn of_desk(identity_key: &Key, workspace: &WorkspaceId, email: &Email) -> Self {
        Self::new(base32_26(&identity_key.mac(&[
            "desk",
            workspace.as_str(),
            &email.identity(),
        ])))
    }

    /// The id of the mailbox behind all spellings of this address: of the same shape, and never a lead's.
    pub fn of_mailbox(identity_key: &Key, workspace: &WorkspaceId, email: &Email) -> Self {
        Self::new(base32_26(&identity_key.mac(&[
            "mailbox",
            workspace.as_str(),
            &email.abuse_key(),
        ])))
    }

    /// The id under which SES reports on emails about this destination to this address: of the same shape, and never a lead's.
    pub fn of_notice(identity_key: &Key, workspace: &WorkspaceId, name: &DestinationName, to: &Email) -> Self {
        let parts = ["notice", workspace.as_str(), name.as_str(), &to.identity()];
        Self::new(base32_26(&identity_key.mac(&parts)))
    }

    /// The shard of the `due` index, 0 to `shards` - 1: even, because the id is a hash.
    pub fn shard(&self, shards: u32) -> u32 {
        let digest = Sha256::digest(self.0.as_bytes());
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % shards.max(1)
    }

    /// Whether the text has the shape of a lead id.
    pub fn is_valid(text: &str) -> bool {
        is_base32_26(text)
    }
}

impl ImportId {
    /// The id of taking a file of this digest into a campaign with these columns: the same again is the same import.
    pub fn of(key: &Key, workspace: &WorkspaceId, campaign: &CampaignId, columns: &str, digest: &str) -> Self {
        let parts = ["import", workspace.as_str(), campaign.as_str(), columns, digest];
        Self::new(base32_26(&key.mac(&parts)))
    }

    /// Whether the text has the shape of an import's id.
    pub fn is_valid(text: &str) -> bool {
        is_base32_26(text)
    }
}

impl EnquiryId {
    /// The id of the enquiry of this second; `serial` tells apart several of one second.
    pub fn of(at: Timestamp, serial: u16) -> Self {
        let second = at.as_second();
        Self::new(match serial {
            0 => format!("{second:x}"),
            n => format!("{second:x}-{n}"),
        })
    }

    /// When the enquiry was made.
    pub fn second(&self) -> Option<Timestamp> {
        let second = self.0.split('-').next()?;
        Timestamp::from_second(i64::from_str_radix(second, 16).ok()?).ok()
    }

    /// Whether the text has the shape of an enquiry's id.
    pub fn is_valid(text: &str) -> bool {
        text.len() <= 24
            && Self::new(text)
                .second()
                .is_some_and(|_| text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()))
    }
}

impl SendId {
    /// The id of one step of one enrolment: the same step is the same id, however often it is tried.
    pub fn of(key: &Key, lead: &LeadId, campaign: &CampaignId, sequence: &str, step: &str, epoch: u32) -> Self {
        let epoch = epoch.to_string();
        Self::new(base32_26(&key.mac(&[
            "send",
            lead.as_str(),
            campaign.as_str(),
            sequence,
            step,
            &epoch,
        ])))
    }

    /// Whether the text has the shape of a send id.
    pub fn is_valid(text: &str) -> bool {
        is_base32_26(text)
    }
}

/// SHA-256 in lower-case hexadecimal: what a consent proof keeps of the exact wording, so that `sha256sum` can check it.
pub fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// The same of a whole file, read as a stream.
///
/// # Errors
/// As reading does.
pub fn sha256_hex_of(file: &mut impl std::io::Read) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&chunk[..read]),
        }
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

fn is_base32_26(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|b| BASE32.contains(&b))
}

/// The first 130 bits as 26 characters of base32 (RFC 4648 alphabet, lower case).
pub fn base32_26(bytes: &[u8; 32]) -> String {
    let bit = |n: usize| usize::from(bytes[n / 8] >> (7 - n % 8) & 1);
    (0..26)
        .map(|c| char::from(BASE32[(0..5).fold(0, |acc, b| acc << 1 | bit(c * 5 + b))]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(vec![7; 32])
    }

    fn id(address: &str) -> LeadId {
        let email = Email::parse(address).expect("a valid address");
        LeadId::of(&key(), &WorkspaceId::new("main"), &email)
    }

    #[test]
    fn a_lead_id_depends_on_the_address_alone_and_folds_only_case() {
        assert_eq!(id("Ana@Example.com"), id("ana@EXAMPLE.COM"));
        assert_ne!(id("ana@example.com"), id("a.na@example.com"));
        assert_ne!(id("ana@example.com"), id("ana+x@example.com"));
        assert!(LeadId::is_valid(id("ana@example.com").as_str()));
    }

    #[test]
    fn ids_differ_by_workspace_and_key() {
        let email = Email::parse("ana@example.com").expect("valid");
        let main = LeadId::of(&key(), &WorkspaceId::new("main"), &email);
        assert_ne!(main, LeadId::of(&key(), &WorkspaceId::new("other"), &email));
        assert_ne!(
            main,
            LeadId::of(&Key::new(vec![8; 32]), &WorkspaceId::new("main"), &email)
        );
    }

    #[test]
    fn base32_takes_the_first_130_bits() {
        assert_eq!(base32_26(&[0; 32]), "a".repeat(26));
        assert_eq!(base32_26(&[255; 32]), "7".repeat(26));
        // RFC 4648, section 10: "foobar" is MZXW6YTBOI
        let mut bytes = [0; 32];
        bytes[..6].copy_from_slice(b"foobar");
        assert!(base32_26(&bytes).starts_with("mzxw6ytboi"));
    }

    #[test]
    fn parts_are_never_ambiguous() {
        assert_ne!(key().mac(&["ab", "c"]), key().mac(&["a", "bc"]));
    }

    #[test]
    fn a_key_hides_itself() {
        assert_eq!(format!("{:?}", key()), "Key(hidden)");
    }

    #[test]
    fn sha256_is_the_one_everybody_computes() {
        assert_eq!(
            sha256_hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
