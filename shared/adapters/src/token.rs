//! Signed links: `v1.<key>.<purpose>.<workspace>.<lead>.<subject>.<expiry>.<mac>` (R100 to R102).
//!
//! The MAC covers the text before it as it stands, and is compared as text: there is exactly one accepted form of a
//! token. None of its parts is personal data.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::{SignedDuration, Timestamp};
use piste_domain::kit::limits::{CONFIRM_LINK, DATA_LINK, RESOURCE_LINK_MAX, SALES_LINK};
use piste_domain::{Key, LeadId, WorkspaceId};
use strum::IntoStaticStr;
use subtle::ConstantTimeEq as _;

use crate::keys::{KeyRing, LinkKey};

/// By how much the clocks of whoever signs and whoever reads may differ.
const CLOCKS_APART: SignedDuration = SignedDuration::from_hours(1);

/// What a link is for; a link works for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Purpose {
    /// Confirms the opt-in of the campaign named by the subject.
    Confirm,
    /// Ends marketing email. Never expires (R42).
    Unsubscribe,
    /// Shows and takes what the person wishes of our emails. Never expires: it stands in every marketing email.
    Preferences,
    /// Shows, corrects and erases everything held about the person: mailed when asked for, and short-lived (R66).
    Data,
    /// Opens the download `<campaign>/<resource>` named by the subject.
    Resource,
    /// Notes what sales did, `note/<case>/<task>` by the subject, or shows what waits today for a desk, `today`.
    Sales,
}

impl Purpose {
    fn code(self) -> &'static str {
        self.into()
    }

    /// How long a link may be good at most, whatever it says of itself; `None` for the two that stand in every marketing
    /// email and must work as long as anybody may press them (R42).
    pub fn life_max(self) -> Option<SignedDuration> {
        match self {
            Self::Unsubscribe | Self::Preferences => None,
            Self::Confirm => Some(CONFIRM_LINK),
            Self::Data => Some(DATA_LINK),
            Self::Sales => Some(SALES_LINK),
            Self::Resource => Some(RESOURCE_LINK_MAX),
        }
    }
}

/// What a good link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose lead.
    pub workspace: WorkspaceId,
    /// Which lead.
    pub lead: LeadId,
    /// What about, by purpose.
    pub subject: String,
}

/// Why a link is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not one of ours, or changed on its way.
    Invalid,
    /// Good once, but too old.
    Expired,
    /// It may be good: the key it names could not be read just now.
    Unread,
    /// In the form of ours, for this very purpose, under a key that is not in the ring: perhaps of a ring that was lost, perhaps made up.
    UnknownKey,
}

/// A token's text. Its `Debug` hides it, because whoever holds it may act.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The text for the link.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// Signs a link. `expires_at` of `None` is for ever, for the purposes that may be.
///
/// # Panics
/// The ring is that of a function that reads no keys of links.
pub fn sign(ring: &KeyRing, purpose: Purpose, claims: &Claims, expires_at: Option<Timestamp>) -> Token {
    let LinkKey { id, key } = ring.links.first().expect("whoever signs reads the keys of links");
    let expiry = expires_at.map_or(0, Timestamp::as_second);
    let text = format!(
        "v1.{id}.{}.{}.{}.{}.{expiry}",
        purpose.code(),
        claims.workspace,
        claims.lead,
        claims.subject
    );
    let mac = mac(key, &text);
    Token(format!("{text}.{mac}"))
}

/// What a link is about, as it says itself: only of one that [`verify`] has found genuine, though it may be too old.
pub fn subject(token: &str) -> Option<&str> {
    token.split('.').nth(5)
}

/// Reads a link for one purpose.
///
/// # Errors
/// [`Refused::Invalid`] for anything that was not signed by one of our keys for this very purpose, [`Refused::Expired`] for one past its time,
/// [`Refused::UnknownKey`] where nobody can tell any more.
pub fn verify(ring: &KeyRing, purpose: Purpose, token: &str, now: Timestamp) -> Result<Claims, Refused> {
    let (text, given) = token.rsplit_once('.').ok_or(Refused::Invalid)?;
    let mut parts = text.split('.');
    let mut next = || parts.next().ok_or(Refused::Invalid);
    let (version, key_id, code, workspace, lead, subject, expiry) =
        (next()?, next()?, next()?, next()?, next()?, next()?, next()?);
    if parts.next().is_some() {
        return Err(Refused::Invalid);
    }
    // An unknown key id costs as much time as a wrong MAC.
    let known = ring.links.iter().find(|link| link.id == key_id);
    let some = known.or(ring.links.first()).ok_or(Refused::Unread)?;
    let expected = mac(&some.key, text);
    let genuine = bool::from(expected.as_bytes().ct_eq(given.as_bytes())) && known.is_some();
    if version != "v1" || code != purpose.code() {
        return Err(Refused::Invalid);
    }
    if !genuine {
        let whole = given.len() == MAC_CHARS && LeadId::is_valid(lead);
        return Err(if known.is_none() && whole {
            Refused::UnknownKey
        } else {
            Refused::Invalid
        });
    }
    let expiry: i64 = expiry.parse().map_err(|_| Refused::Invalid)?;
    if expiry != 0 && now.as_second() > expiry {
        return Err(Refused::Expired);
    }
    // Whatever was signed, by whomever: no link outlives what its purpose allows.
    let latest = purpose
        .life_max()
        .map(|life| now.as_second().saturating_add((life + CLOCKS_APART).as_secs()));
    if latest.is_some_and(|latest| expiry == 0 || expiry > latest) {
        return Err(Refused::Invalid);
    }
    Ok(Claims {
        workspace: WorkspaceId::new(workspace),
        lead: LeadId::new(lead),
        subject: subject.to_owned(),
    })
}

/// Length of a [`mac`] in base64url: 16 bytes.
const MAC_CHARS: usize = 22;

/// The first 128 bits (R100) in unpadded base64url (RFC 4648, section 5).
fn mac(key: &Key, text: &str) -> String {
    BASE64.encode(&key.mac(&["link", text])[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> KeyRing {
        KeyRing::generate(&WorkspaceId::new("main")).0
    }

    fn claims() -> Claims {
        Claims {
            workspace: WorkspaceId::new("main"),
            lead: LeadId::new("a".repeat(26)),
            subject: "guide-seo".into(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn r100_a_link_has_one_form_and_one_purpose() {
        let ring = ring();
        let token = sign(&ring, Purpose::Confirm, &claims(), Some(at(100)));
        let good = token.expose();
        assert_eq!(verify(&ring, Purpose::Confirm, good, at(100)), Ok(claims()));
        assert_eq!(verify(&ring, Purpose::Confirm, good, at(101)), Err(Refused::Expired));
        assert_eq!(verify(&ring, Purpose::Unsubscribe, good, at(1)), Err(Refused::Invalid));
        for (place, byte) in good.bytes().enumerate() {
            for bit in 0..8 {
                let mut bytes = good.as_bytes().to_vec();
                bytes[place] = byte ^ (1 << bit);
                let Ok(changed) = String::from_utf8(bytes) else {
                    continue;
                };
                assert!(
                    verify(&ring, Purpose::Confirm, &changed, at(1)).is_err(),
                    "bit {bit} of {place}"
                );
            }
            assert_eq!(
                verify(&ring, Purpose::Confirm, &good[..place], at(1)),
                Err(Refused::Invalid)
            );
        }
        for changed in [
            format!("{good}="),
            format!("{good} "),
            format!(" {good}"),
            good.to_uppercase(),
            format!("{good}.x"),
            String::new(),
        ] {
            assert_eq!(verify(&ring, Purpose::Confirm, &changed, at(1)), Err(Refused::Invalid));
        }
    }

    /// R100, I14: whatever is changed about a good link, by whoever does not hold the key, it opens nothing.
    #[test]
    fn r100_no_change_of_a_good_link_is_accepted() {
        use proptest::prelude::*;
        let all = [
            Purpose::Confirm,
            Purpose::Unsubscribe,
            Purpose::Preferences,
            Purpose::Data,
            Purpose::Resource,
            Purpose::Sales,
        ];
        let (ring, other_ring) = (ring(), ring());
        let name = "[a-z0-9_-]{1,40}";
        let inputs = (
            0..all.len(),
            0..all.len(),
            name,
            "[a-z2-7]{26}",
            name,
            prop::option::of(1_i64..4_000_000_000),
            any::<prop::sample::Index>(),
            any::<char>(),
        );
        proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) }, |((mine, other, workspace, lead, subject, expiry, place, c) in inputs)| {
            let purpose = all[mine];
            let expiry = match purpose.life_max() {
                Some(life) => Some(expiry.unwrap_or(1).min(life.as_secs())),
                None => expiry,
            };
            let claims = Claims { workspace: WorkspaceId::new(workspace), lead: LeadId::new(lead), subject };
            let token = sign(&ring, purpose, &claims, expiry.map(at));
            let good = token.expose();
            prop_assert!(good.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "it needs no escape in a link");
            prop_assert_eq!(verify(&ring, purpose, good, at(1)), Ok(claims.clone()));
            if let Some(expiry) = expiry {
                prop_assert_eq!(verify(&ring, purpose, good, at(expiry + 1)), Err(Refused::Expired));
            }
            if other != mine {
                prop_assert_eq!(verify(&ring, all[other], good, at(1)), Err(Refused::Invalid), "another purpose");
            }
            // The same key id, another key: another installation.
            prop_assert_eq!(verify(&other_ring, purpose, good, at(1)), Err(Refused::Invalid), "another key");
            let n = place.index(good.len());
            let parts: Vec<&str> = good.split('.').collect();
            let swap = |at: usize, part: &str| {
                let mut parts = parts.clone();
                parts[at] = part;
                parts.join(".")
            };
            let mut changed = vec![
                good[..n].to_owned(),
                format!("{}{c}{}", &good[..n], &good[n..]),
                format!("{}{c}{}", &good[..n], &good[n + 1..]),
                format!("{}{}", &good[..n], &good[n + 1..]),
                format!("{good}="),
                format!("{good}=="),
                format!("{good}A"),
                format!(" {good}"),
                format!("{good}\n"),
                good.replace('.', "%2E"),
                swap(0, "v2"),
                swap(2, all[(mine + 1) % all.len()].code()),
                swap(3, "other-workspace"),
                swap(4, "aaaaaaaaaaaaaaaaaaaaaaaaaa"),
                swap(6, "0"),
                swap(6, "9999999999"),
            ];
            changed.extend([good.to_uppercase(), good.to_lowercase()]);
            for changed in changed.into_iter().filter(|changed| changed != good) {
                prop_assert!(verify(&ring, purpose, &changed, at(1)).is_err(), "{}", changed);
            }
        });
    }

    #[test]
    fn r100_no_link_outlives_what_its_purpose_allows() {
        let ring = ring();
        for purpose in [Purpose::Confirm, Purpose::Data, Purpose::Sales, Purpose::Resource] {
            let life = purpose.life_max().expect("an end").as_secs();
            let check = |until: Option<i64>, now, expected| {
                let token = sign(&ring, purpose, &claims(), until.map(at));
                assert_eq!(
                    verify(&ring, purpose, token.expose(), at(now)),
                    expected,
                    "{purpose:?} {until:?}"
                );
            };
            check(Some(life), 0, Ok(claims()));
            check(Some(life), life + 1, Err(Refused::Expired));
            check(Some(4_102_444_800), 0, Err(Refused::Invalid));
            check(None, 0, Err(Refused::Invalid));
        }
        // R42: these two work for as long as somebody may press them.
        for purpose in [Purpose::Unsubscribe, Purpose::Preferences] {
            let token = sign(&ring, purpose, &claims(), None);
            assert_eq!(verify(&ring, purpose, token.expose(), at(4_102_444_800)), Ok(claims()));
        }
    }

    #[test]
    fn r42_a_link_under_a_lost_key_is_told_apart_from_a_broken_one() {
        let ring = ring();
        let token = sign(&ring, Purpose::Unsubscribe, &claims(), None);
        let lost = token.expose().replace("v1.k1.", "v1.k0.");
        let check = |token: &str, refused| {
            assert_eq!(
                verify(&ring, Purpose::Unsubscribe, token, at(1)),
                Err(refused),
                "{token}"
            )
        };
        check(&lost, Refused::UnknownKey);
        check(&lost[..lost.len() - 1], Refused::Invalid);
        check(&lost.replace("unsubscribe", "confirm"), Refused::Invalid);
        check(&lost.replace(&"a".repeat(26), "x"), Refused::Invalid);
    }

    #[test]
    fn r101_old_links_outlive_a_rotation() {
        let mut ring = ring();
        let old = sign(&ring, Purpose::Unsubscribe, &claims(), None);
        ring.rotate_links();
        let new = sign(&ring, Purpose::Unsubscribe, &claims(), None);
        assert_ne!(old, new);
        for token in [old, new] {
            assert_eq!(
                verify(&ring, Purpose::Unsubscribe, token.expose(), at(i64::from(i32::MAX))),
                Ok(claims())
            );
        }
        assert_eq!(
            verify(
                &self::ring(),
                Purpose::Unsubscribe,
                sign(&ring, Purpose::Unsubscribe, &claims(), None).expose(),
                at(1)
            ),
            Err(Refused::UnknownKey)
        );
    }

    #[test]
    fn a_stored_ring_reads_back_and_keeps_only_hashes_of_operator_keys() {
        let (ring, operator) = KeyRing::generate(&WorkspaceId::new("main"));
        let json = ring.to_json();
        assert!(!json.contains(&operator));
        let read = KeyRing::from_json(&json).expect("reads back");
        assert_eq!(read.operator(&operator), Some(&WorkspaceId::new("main")));
        assert_eq!(read.operator("piste_main_0"), None);
        let token = sign(&ring, Purpose::Confirm, &claims(), Some(at(9)));
        assert_eq!(verify(&read, Purpose::Confirm, token.expose(), at(1)), Ok(claims()));
        assert!(KeyRing::from_json("{}").is_err());
    }
}
