//! Standard Webhooks: whether a request comes from who holds the secret, and just now.
//!
//! Our own rather than the `standardwebhooks` crate, which reads the system's clock and knows one key at a time; the
//! tests hold it against that crate and against the standard's own example.
//! Source: standard-webhooks/standard-webhooks, spec/standard-webhooks.md, version 1.0.0.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::HeaderMap;
use piste_domain::campaign::mapping::{STANDARD_PREFIX, standard_secret};
use piste_domain::codes;
use sha2::Sha256;
use strum::{EnumString, IntoStaticStr, VariantArray};
use subtle::ConstantTimeEq as _;

use crate::clock::random_bytes;

/// How far the sender's clock may be off, either way; older is a replay (R109).
pub const TOLERANCE: SignedDuration = SignedDuration::from_secs(300);
/// Longest `webhook-id`, in bytes: those of known senders have 31.
const ID_BYTES_MAX: usize = 200;
/// Most signatures looked at: a sender that rotates has two.
pub(crate) const SIGNATURES_MAX: usize = 10;

/// A shared secret: 24 to 64 bytes, written `whsec_` and base64. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// A secret that the other side made: any text. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(hidden)")
    }
}

impl SecretText {
    /// The text as the other side shows it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that stores it and the one that compares it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Not a secret of the standard.
#[derive(Debug, thiserror::Error)]
#[error("a webhook secret is whsec_ and 24 to 64 bytes in base64")]
pub struct NoSecret;

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl Secret {
    /// A new one by chance, of 256 bits.
    pub fn generate() -> Self {
        Self(random_bytes::<32>().to_vec())
    }

    /// Reads the written form.
    ///
    /// # Errors
    /// [`NoSecret`] for any other text.
    pub fn parse(text: &str) -> Result<Self, NoSecret> {
        standard_secret(text).map(Self).ok_or(NoSecret)
    }

    /// The written form, for the one place that stores it and the one time it is shown.
    pub fn expose(&self) -> String {
        format!("{STANDARD_PREFIX}{}", BASE64.encode(&self.0))
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
        // `new_from_slice` takes a key of any length (RFC 2104, section 3).
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The signature of a message: what a sender puts into `webhook-signature`.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let mac = self.mac(id, &at.as_second().to_string(), body);
        format!("v1,{}", BASE64.encode(mac))
    }
}

/// A message whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The sender's id of the message: the same however often it is tried.
    pub id: String,
    /// When this try was made.
    pub at: Timestamp,
}

/// Why a request is not taken for the sender's; which of them is told to nobody but the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Unsigned {
    /// A header is missing, comes twice or is not what it should be.
    Headers,
    /// Too long ago, or too far ahead.
    Time,
    /// None of the signatures holds.
    Signature,
}

codes!(Unsigned);

/// What the headers say: id, moment and signatures.
struct Headers<'a> {
    id: &'a str,
    timestamp: &'a str,
    at: Timestamp,
    signatures: Vec<[u8; 32]>,
}

/// The value of a header that comes once.
pub(crate) fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The id of the message, if it has one that can be one.
pub(crate) fn message_id(headers: &HeaderMap) -> Option<&str> {
    // API Gateway joins headers that come twice with a comma, which no id holds.
    let plain = |id: &&str| id.bytes().all(|b| b.is_ascii_graphic() && b != b',');
    let fits = |id: &&str| (1..=ID_BYTES_MAX).contains(&id.len());
    one(headers, "webhook-id").filter(plain).filter(fits)
}

fn read(headers: &HeaderMap) -> Option<Headers<'_>> {
    let one = |name: &str| one(headers, name);
    let id = message_id(headers)?;
    let timestamp = one("webhook-timestamp")?;
    let digits = (1..=12).contains(&timestamp.len()) && timestamp.bytes().all(|b| b.is_ascii_digit());
    let at = Timestamp::from_second(timestamp.parse().ok().filter(|_| digits)?).ok()?;
    let signatures = one("webhook-signature")?
        .split(' ')
        .take(SIGNATURES_MAX)
        .filter_map(|signature| BASE64.decode(signature.strip_prefix("v1,")?).ok()?.try_into().ok())
        .collect();
    Some(Headers {
        id,
        timestamp,
        at,
        signatures,
    })
}

/// Whether one of the secrets signed this message, within the tolerance; the moment a secret was tried tells nothing.
///
/// # Errors
/// [`Unsigned`].
pub fn verify(secrets: &[Secret], headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Signed, Unsigned> {
    let Headers {
        id,
        timestamp,
        at,
        signatures,
    } = read(headers).ok_or(Unsigned::Headers)?;
    if now.duration_since(at).abs() > TOLERANCE {
        return Err(Unsigned::Time);
    }
    let mut holds = subtle::Choice::from(0);
    for secret in secrets {
        let expected = secret.mac(id, timestamp, body);
        for signature in &signatures {
            holds |= expected.ct_eq(signature);
        }
    }
    match bool::from(holds) {
        true => Ok(Signed { id: id.to_owned(), at }),
        false => Err(Unsigned::Signature),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret() -> Secret {
        Secret::parse(SECRET).expect("a secret")
    }

    fn moment(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(*name, value.parse().expect("a header"));
        }
        headers
    }

    fn signed(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
        headers(&[
            ("webhook-id", id),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signature),
        ])
    }

    #[track_caller]
    fn check(headers: &HeaderMap, expected: Result<(), Unsigned>) {
        let told = verify(&[secret()], headers, BODY, moment(AT));
        assert_eq!(told.map(drop), expected, "{headers:?}");
    }

    #[test]
    fn r109_the_standards_own_example_holds_both_ways() {
        assert_eq!(secret().sign(ID, moment(AT), BODY), SIGNATURE);
        let told = verify(&[secret()], &signed(ID, &AT.to_string(), SIGNATURE), BODY, moment(AT));
        assert_eq!(
            told,
            Ok(Signed {
                id: ID.into(),
                at: moment(AT)
            })
        );
    }

    #[test]
    fn r109_the_reference_crate_signs_alike() {
        for _ in 0..100 {
            let ours = Secret::generate();
            let theirs = standardwebhooks::Webhook::new(&ours.expose()).expect("a secret");
            let body = random_bytes::<40>().map(|byte| byte % 94 + 32);
            let text = std::str::from_utf8(&body).expect("ASCII");
            let signature = theirs.sign(text, AT, &body).expect("signed");
            assert_eq!(ours.sign(text, moment(AT), &body), signature);
        }
    }

    #[test]
    fn r109_each_part_is_bound_and_several_signatures_are_looked_at() {
        let at = AT.to_string();
        let other = Secret::generate().sign(ID, moment(AT), BODY);
        let bad = Err(Unsigned::Signature);
        check(
            &signed(ID, &at, &format!("{other} v1a,xxxx {SIGNATURE} v2,{}", &SIGNATURE[3..])),
            Ok(()),
        );
        check(&signed("msg_other", &at, SIGNATURE), bad);
        check(&signed(ID, &(AT + 1).to_string(), SIGNATURE), bad);
        check(&signed(ID, &at, &other), bad);
        for partial in [
            &SIGNATURE[3..],
            &SIGNATURE[..20],
            "v1,",
            "v1",
            "",
            "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE",
            "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            "v1, g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ] {
            check(&signed(ID, &at, partial), bad);
        }
        let changed = verify(
            &[secret()],
            &signed(ID, &at, SIGNATURE),
            br#"{"test": 2432232315}"#,
            moment(AT),
        );
        assert_eq!(changed, Err(Unsigned::Signature));
    }

    #[test]
    fn r109_a_header_that_is_missing_doubled_or_no_number_is_refused() {
        let at = AT.to_string();
        let full = [
            ("webhook-id", ID),
            ("webhook-timestamp", at.as_str()),
            ("webhook-signature", SIGNATURE),
        ];
        for n in 0..3 {
            let mut missing = full.to_vec();
            missing.remove(n);
            check(&headers(&missing), Err(Unsigned::Headers));
            let doubled = [full.as_slice(), &[full[n]]].concat();
            check(&headers(&doubled), Err(Unsigned::Headers));
        }
        for time in [
            "",
            "soon",
            "1614265330.0",
            "+1614265330",
            "-5",
            "1614265330,1614265330",
            "99999999999999",
            " 1614265330",
        ] {
            check(&signed(ID, time, SIGNATURE), Err(Unsigned::Headers));
        }
        for id in ["", "a,b", "a b", "é", &"x".repeat(201)] {
            check(&signed(id, &at, SIGNATURE), Err(Unsigned::Headers));
        }
    }

    #[test]
    fn r109_three_hundred_seconds_either_way_and_no_more() {
        for (off, holds) in [
            (0, true),
            (300, true),
            (-300, true),
            (301, false),
            (-301, false),
            (86_400, false),
        ] {
            let told = verify(
                &[secret()],
                &signed(ID, &AT.to_string(), SIGNATURE),
                BODY,
                moment(AT + off),
            );
            assert_eq!(told.is_ok(), holds, "{off} s");
            assert!(holds || told == Err(Unsigned::Time));
        }
    }

    #[test]
    fn r109_any_of_the_live_secrets_will_do_and_without_one_none() {
        let message = signed(ID, &AT.to_string(), SIGNATURE);
        let new = Secret::generate();
        assert!(verify(&[new.clone(), secret()], &message, BODY, moment(AT)).is_ok());
        assert_eq!(verify(&[new], &message, BODY, moment(AT)), Err(Unsigned::Signature));
        assert_eq!(verify(&[], &message, BODY, moment(AT)), Err(Unsigned::Signature));
    }

    #[test]
    fn a_secret_has_24_to_64_bytes_and_hides_itself() {
        let of = |bytes: usize| Secret::parse(&format!("whsec_{}", BASE64.encode(vec![7; bytes])));
        for (bytes, good) in [(0, false), (23, false), (24, true), (32, true), (64, true), (65, false)] {
            assert_eq!(of(bytes).is_ok(), good, "{bytes} bytes");
        }
        for other in [
            "",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_",
            "whsec_!",
            "whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            assert!(Secret::parse(other).is_err(), "{other}");
        }
        let made = Secret::generate();
        assert_eq!(Secret::parse(&made.expose()).expect("a secret"), made);
        assert_eq!(format!("{made:?}"), "Secret(hidden)");
    }
}
