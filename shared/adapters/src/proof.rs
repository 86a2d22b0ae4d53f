//! How a message proves where it comes from: Standard Webhooks, or the way of the system that sends it. Each compares in
//! constant time with every live secret, and a time in the signature is good for [`TOLERANCE`].
//!
//! Sources: developers.hubspot.com, "Validate requests" (version 3); typeform.com/developers, "Secure your webhooks";
//! docs.stripe.com, "Verify webhook signatures manually"; developer.calendly.com, "Webhook signatures";
//! developers.facebook.com, "Webhooks: Getting started"; RFC 7617 (Basic).

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::CONTENT_TYPE;
use piste_domain::campaign::destination::Kind;
use piste_domain::campaign::mapping::{Mapping, MetaSecret, Path, Proof};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use crate::http;
use crate::keys::Source;
use crate::webhook::{self, TOLERANCE, Unsigned, message_id, one};

/// The header in which a flow or a workflow of a CRM sends the text it was given.
const CRM_HEADER: &str = "x-piste-secret";
/// Where a channel of Zoho's, which sets no header, sends it.
static CRM_TOKEN: LazyLock<Path> = LazyLock::new(|| Path::new("token"));

/// A request that is to prove itself.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its public address, with the query: what HubSpot signs.
    pub url: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The bytes of its body.
    pub body: &'a [u8],
}

/// A message that proved itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The sender's id of the message, where a header holds one that the proof covers.
    pub id: Option<String>,
    /// When it was sent; the moment it came where the proof holds no time.
    pub at: Timestamp,
}

/// How a source proves itself, by its mapping; without one as Standard Webhooks does.
#[derive(Clone, Copy, Debug, Default)]
pub struct How<'a> {
    proof: Proof,
    header: Option<&'a str>,
    path: Option<&'a Path>,
}

impl<'a> How<'a> {
    /// As the mapping says.
    pub fn of(mapping: Option<&'a Mapping>) -> Self {
        mapping.map_or_else(Self::default, |mapping| Self {
            proof: mapping.proof,
            header: mapping.proof_header.as_deref(),
            path: mapping.proof_path.as_ref(),
        })
    }

    /// As a CRM proves its own reports: any of these holds.
    pub fn of_crm(kind: Kind) -> Vec<How<'static>> {
        let by = |proof| How {
            proof,
            header: Some(CRM_HEADER),
            path: Some(&CRM_TOKEN),
        };
        kind.proofs().iter().copied().map(by).collect()
    }

    /// Whether the message is this source's.
    ///
    /// # Errors
    /// [`Unsigned`]; which of them is told to the log alone.
    pub fn verify(&self, source: &Source, asked: &Asked<'_>, now: Timestamp) -> Result<Proved, Unsigned> {
        let Asked { headers, body, .. } = *asked;
        let secrets: Vec<String> = source.texts().collect();
        let header = |name: &str| one(headers, name).ok_or(Unsigned::Headers);
        let unsigned = |holds: Choice| match bool::from(holds) {
            true => Ok(()),
            false => Err(Unsigned::Signature),
        };
        let signed_at = match self.proof {
            Proof::Standard => {
                let signed = webhook::verify(&source.secrets, headers, body, now)?;
                return Ok(Proved {
                    id: Some(signed.id),
                    at: signed.at,
                });
            }
            Proof::HubspotV3 => {
                let (signature, time) = (
                    header("x-hubspot-signature-v3")?,
                    header("x-hubspot-request-timestamp")?,
                );
                let at = number(time)
                    .and_then(|ms| Timestamp::from_millisecond(ms).ok())
                    .ok_or(Unsigned::Headers)?;
                in_time(at, now)?;
                let url = decoded(asked.url);
                let parts = [asked.method.as_bytes(), url.as_bytes(), body, time.as_bytes()];
                unsigned(any(&secrets, |secret| {
                    same(&BASE64.encode(mac(secret, &parts)), signature)
                }))?;
                at
            }
            Proof::Typeform => {
                let signature = header("typeform-signature")?;
                let signature = signature.strip_prefix("sha256=").ok_or(Unsigned::Headers)?;
                unsigned(any(&secrets, |secret| {
                    same(&BASE64.encode(mac(secret, &[body])), signature)
                }))?;
                now
            }
            Proof::Stripe => timed(header("stripe-signature")?, &secrets, body, now)?,
            Proof::Calendly => timed(header("calendly-webhook-signature")?, &secrets, body, now)?,
            Proof::Meta => {
                let signature = header("x-hub-signature-256")?;
                let signature = signature.strip_prefix("sha256=").ok_or(Unsigned::Headers)?;
                let keys: Vec<String> = meta(&secrets).map(|secret| secret.app_secret).collect();
                unsigned(any(&keys, |key| {
                    same(&hex(&mac(key, &[body])), &signature.to_ascii_lowercase())
                }))?;
                now
            }
            Proof::Basic => {
                let (scheme, given) = header("authorization")?.split_once(' ').ok_or(Unsigned::Headers)?;
                let given = BASE64
                    .decode(given.trim())
                    .ok()
                    .filter(|_| scheme.eq_ignore_ascii_case("basic"));
                let given = given.ok_or(Unsigned::Headers)?;
                return self.by_text(&secrets, &given, headers, now);
            }
            Proof::Header => {
                let given = header(self.header.ok_or(Unsigned::Headers)?)?;
                return self.by_text(&secrets, given.as_bytes(), headers, now);
            }
            Proof::BodyToken => {
                let declared = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
                let body = http::document(declared.unwrap_or_default(), body).map_err(|_| Unsigned::Headers)?;
                let given = self.path.and_then(|path| path.at(&body)?.as_str());
                return self.by_text(&secrets, given.ok_or(Unsigned::Headers)?.as_bytes(), headers, now);
            }
        };
        Ok(Proved {
            // Of a header that the signature does not cover anybody could make another one.
            id: None,
            at: signed_at,
        })
    }

    /// Whether one of the secrets is this text. Whoever holds it writes all of the message, its id too.
    fn by_text(
        &self,
        secrets: &[String],
        given: &[u8],
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Proved, Unsigned> {
        match is_one_of(secrets, given) {
            true => Ok(Proved {
                id: message_id(headers).map(str::to_owned),
                at: now,
            }),
            false => Err(Unsigned::Signature),
        }
    }

    /// What Meta's challenge by GET is to be answered with; `None` for a source of another proof.
    ///
    /// # Errors
    /// [`Unsigned`] where its token is not ours.
    pub fn challenge<'q>(
        &self,
        source: &Source,
        query: impl Fn(&str) -> Option<&'q str>,
    ) -> Option<Result<&'q str, Unsigned>> {
        if self.proof != Proof::Meta {
            return None;
        }
        let secrets: Vec<String> = source.texts().collect();
        let tokens: Vec<String> = meta(&secrets).map(|secret| secret.verify_token).collect();
        let asked = (query("hub.mode"), query("hub.verify_token"), query("hub.challenge"));
        let (Some("subscribe"), Some(token), Some(challenge)) = asked else {
            return Some(Err(Unsigned::Headers));
        };
        let plain = challenge.len() <= 200 && challenge.bytes().all(|b| b.is_ascii_graphic());
        Some(match is_one_of(&tokens, token.as_bytes()) && plain {
            true => Ok(challenge),
            false => Err(Unsigned::Signature),
        })
    }
}

/// Whether it holds for any secret; all are tried, so that time tells nothing.
fn any(secrets: &[String], holds: impl Fn(&str) -> Choice) -> Choice {
    secrets
        .iter()
        .fold(Choice::from(0), |so_far, secret| so_far | holds(secret))
}

/// Whether it is one of these texts; as hashes of one length, so that time does not tell theirs.
fn is_one_of(texts: &[String], given: &[u8]) -> bool {
    let given = Sha256::digest(given);
    any(texts, |text| Sha256::digest(text.as_bytes()).ct_eq(&given)).into()
}

fn same(ours: &str, theirs: &str) -> Choice {
    ours.as_bytes().ct_eq(theirs.as_bytes())
}

fn mac(secret: &str, parts: &[&[u8]]) -> [u8; 32] {
    // `new_from_slice` takes a key of any length (RFC 2104, section 3).
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn meta(secrets: &[String]) -> impl Iterator<Item = MetaSecret> {
    secrets.iter().filter_map(|secret| MetaSecret::read(secret))
}

/// Digits alone, and not more than a moment has.
fn number(text: &str) -> Option<i64> {
    let digits = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

fn in_time(at: Timestamp, now: Timestamp) -> Result<(), Unsigned> {
    match now.duration_since(at).abs() <= TOLERANCE {
        true => Ok(()),
        false => Err(Unsigned::Time),
    }
}

/// The form of Stripe and Calendly: `t=seconds,v1=hex`, over time, dot and body; several `v1` while a secret is changed.
fn timed(header: &str, secrets: &[String], body: &[u8], now: Timestamp) -> Result<Timestamp, Unsigned> {
    let parts: Vec<_> = header
        .split(',')
        .filter_map(|part| part.trim().split_once('='))
        .collect();
    let of = |name: &'static str| {
        parts
            .iter()
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| *value)
    };
    let (mut times, signatures) = (of("t"), of("v1").take(webhook::SIGNATURES_MAX));
    let (Some(time), None) = (times.next(), times.next()) else {
        return Err(Unsigned::Headers);
    };
    let at = number(time).and_then(|seconds| Timestamp::from_second(seconds).ok());
    let at = at.ok_or(Unsigned::Headers)?;
    in_time(at, now)?;
    let signatures: Vec<String> = signatures.map(str::to_ascii_lowercase).collect();
    let holds = any(secrets, |secret| {
        let expected = hex(&mac(secret, &[time.as_bytes(), b".", body]));
        any(&signatures, |signature| same(&expected, signature))
    });
    match bool::from(holds) {
        true => Ok(at),
        false => Err(Unsigned::Signature),
    }
}

/// The address as HubSpot signs it: these escapes of the query are undone, and no others.
fn decoded(url: &str) -> String {
    const UNDONE: [(&str, &str); 12] = [
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
    ];
    let mut out = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let escape = rest.get(at..at + 3);
        let undone = escape.and_then(|escape| UNDONE.iter().find(|(from, _)| from.eq_ignore_ascii_case(escape)));
        let taken = match undone {
            Some((_, to)) => {
                out.push_str(to);
                3
            }
            None => {
                out.push('%');
                1
            }
        };
        rest = &rest[at + taken..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use piste_domain::WorkspaceId;

    use super::*;
    use crate::keys::KeyRing;
    use crate::webhook::Secret;

    fn source(secrets: &[&str]) -> Source {
        let workspace = WorkspaceId::new("main");
        let (mut ring, _) = KeyRing::generate(&workspace);
        for secret in secrets {
            ring.add_source_text(&workspace, "x", secret);
        }
        let known = ring.sources("x").next().cloned();
        known.expect("a source")
    }

    fn how(proof: Proof) -> How<'static> {
        How {
            proof,
            ..How::default()
        }
    }

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(*name, value.parse().expect("a header"));
        }
        headers
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    /// One published message of a proof, which is held against what may go wrong with it.
    struct Vector {
        how: How<'static>,
        secret: &'static str,
        url: &'static str,
        headers: Vec<(&'static str, String)>,
        body: &'static [u8],
        now: Timestamp,
    }

    impl Vector {
        fn own(&self) -> Vec<(&'static str, &str)> {
            let own = self.headers.iter();
            own.map(|(name, value)| (*name, value.as_str())).collect()
        }

        fn told(
            &self,
            secrets: &[&str],
            headers_: &[(&'static str, &str)],
            body: &[u8],
            now: Timestamp,
        ) -> Result<Proved, Unsigned> {
            let headers = headers(headers_);
            let asked = Asked {
                method: "POST",
                url: self.url,
                headers: &headers,
                body,
            };
            self.how.verify(&source(secrets), &asked, now)
        }

        /// It holds with its secret among the live ones; with another secret, body or header it does not.
        fn holds(&self) -> Proved {
            let own = self.own();
            let proved = self.told(&[self.secret], &own, self.body, self.now).expect("it holds");
            for live in [["another", self.secret], [self.secret, "another"]] {
                assert!(self.told(&live, &own, self.body, self.now).is_ok(), "two are live");
            }
            assert!(self.told(&["another"], &own, self.body, self.now).is_err());
            // The secret before the last two is none any more.
            assert!(self.told(&[self.secret, "b", "c"], &own, self.body, self.now).is_err());
            for at in 0..own.len() {
                let (name, value) = own[at];
                let mut less = own.clone();
                less.remove(at);
                assert!(
                    self.told(&[self.secret], &less, self.body, self.now).is_err(),
                    "without {name}"
                );
                let twice = [own.as_slice(), &[own[at]]].concat();
                assert!(
                    self.told(&[self.secret], &twice, self.body, self.now).is_err(),
                    "{name} twice"
                );
                for end in 0..value.len() {
                    let cut = [&own[..at], &[(name, &value[..end])], &own[at + 1..]].concat();
                    assert!(
                        self.told(&[self.secret], &cut, self.body, self.now).is_err(),
                        "{name}: {}",
                        &value[..end]
                    );
                }
            }
            proved
        }

        fn changed_body_is_refused(&self) {
            let own = self.own();
            let other = [self.body, b" "].concat();
            assert_eq!(
                self.told(&[self.secret], &own, &other, self.now),
                Err(Unsigned::Signature)
            );
        }

        /// 300 s either way and no more.
        fn lasts(&self) {
            let own = self.own();
            for (off, told) in [
                (0, true),
                (300, true),
                (-300, true),
                (301, false),
                (-301, false),
                (86_400, false),
            ] {
                let now = self.now + jiff::SignedDuration::from_secs(off);
                let found = self.told(&[self.secret], &own, self.body, now);
                assert_eq!(found.is_ok(), told, "{off} s: {found:?}");
                assert!(told || found == Err(Unsigned::Time));
            }
        }
    }

    /// The vector of HubSpot/hubspot-api-python, tests/spec/utils/test_signature.py, `test_get_signature__v3`.
    fn hubspot() -> Vector {
        Vector {
            how: how(Proof::HubspotV3),
            secret: "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
            url: "https://www.example.com/webhook_uri",
            headers: vec![
                (
                    "x-hubspot-signature-v3",
                    "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=".into(),
                ),
                ("x-hubspot-request-timestamp", "15000000".into()),
            ],
            body: b"{'example_field':'example_value'}",
            now: second(15_000),
        }
    }

    #[test]
    fn r109_hubspots_own_vector_holds_and_nothing_near_it() {
        let vector = hubspot();
        assert_eq!(
            vector.holds(),
            Proved {
                id: None,
                at: second(15_000)
            }
        );
        vector.changed_body_is_refused();
        vector.lasts();
        let own = vector.own();
        let elsewhere = Vector {
            url: "https://www.example.com/other",
            ..hubspot()
        };
        let told = elsewhere.told(&[vector.secret], &own, vector.body, vector.now);
        assert_eq!(told, Err(Unsigned::Signature), "the address is a part of it");
    }

    /// The list of developers.hubspot.com, "Validate requests", version 3, step 2.
    #[test]
    fn of_hubspots_address_twelve_escapes_are_undone() {
        let escaped = "https://x.example/t?a=%3A%2f%3F%40%21%24%27%28%29%2A%2C%3B&b=%20%C3%A9%25%&c=%3";
        assert_eq!(
            decoded(escaped),
            "https://x.example/t?a=:/?@!$'()*,;&b=%20%C3%A9%25%&c=%3"
        );
    }

    /// Typeform publishes the method and no numbers: the body is RFC 4231, test case 2, in Typeform's form.
    #[test]
    fn r109_rfc_4231_in_typeforms_form_holds_and_nothing_near_it() {
        let vector = Vector {
            how: how(Proof::Typeform),
            secret: "Jefe",
            url: "",
            headers: vec![(
                "typeform-signature",
                "sha256=W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=".into(),
            )],
            body: b"what do ya want for nothing?",
            now: second(1_772_442_000),
        };
        assert_eq!(
            vector.holds(),
            Proved {
                id: None,
                at: vector.now
            }
        );
        vector.changed_body_is_refused();
    }

    /// stripe/stripe-dotnet, src/StripeTests: `EventUtilityTest` with its `event_test_signature.json`.
    const STRIPE_BODY: &[u8] = b"{\n  \"id\": \"evt_123\",\n  \"object\": \"event\",\n  \"account\": \"acct_123\",\n  \"api_version\": \"2017-05-25\",\n  \"created\": 1533204620,\n  \"data\": {\n    \"object\": {\n      \"id\": \"ii_123\",\n      \"object\": \"invoiceitem\",\n      \"amount\": 1000,\n      \"currency\": \"usd\",\n      \"customer\": \"cus_123\",\n      \"date\": 1533204620,\n      \"description\": \"Test Invoice Item\",\n      \"discountable\": false,\n      \"invoice\": \"in_123\",\n      \"livemode\": false,\n      \"metadata\": {},\n      \"period\": {\n        \"start\": 1533204620,\n        \"end\": 1533204620\n      },\n      \"plan\": null,\n      \"proration\": false,\n      \"quantity\": null,\n      \"subscription\": null\n    }\n  },\n  \"livemode\": false,\n  \"pending_webhooks\": 1,\n  \"request\": {\n    \"id\": \"req_123\",\n    \"idempotency_key\": \"idempotency-key-123\"\n  },\n  \"type\": \"invoiceitem.created\"\n}\n";
    const STRIPE_SIGNATURE: &str = "t=1533204620,v1=f0bdba6d4eacbd8ad8a3bbadd7248e633ec1477f7899c124c51b39405fa36613,v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef";

    fn stripe(signature: &str) -> Vector {
        Vector {
            how: how(Proof::Stripe),
            secret: "webhook_secret",
            url: "",
            headers: vec![("stripe-signature", signature.to_owned())],
            body: STRIPE_BODY,
            now: second(1_533_204_620),
        }
    }

    #[test]
    fn r109_stripes_own_vector_holds_and_nothing_near_it() {
        // Without the older signature, of which every beginning is as good as the whole.
        let short = STRIPE_SIGNATURE.split(",v0").next().expect("a part");
        let vector = stripe(short);
        assert_eq!(vector.holds().at, vector.now);
        vector.changed_body_is_refused();
        vector.lasts();
        let v1 = &short["t=1533204620,".len()..];
        let check = |signature: &str, expected: Result<(), Unsigned>| {
            let own = [("stripe-signature", signature)];
            let told = vector.told(&[vector.secret], &own, vector.body, vector.now);
            assert_eq!(told.map(drop), expected, "{signature}");
        };
        check(STRIPE_SIGNATURE, Ok(()));
        check(&format!("t=1533204620,v1={},{v1}", "0".repeat(64)), Ok(()));
        check(&format!("t=1533204620, {v1}"), Ok(()));
        check(&STRIPE_SIGNATURE.replace("v1=", "v2="), Err(Unsigned::Signature));
        check(v1, Err(Unsigned::Headers));
        check(&format!("t=1533204620,t=1533204621,{v1}"), Err(Unsigned::Headers));
        check(&format!("t=1533204621,{v1}"), Err(Unsigned::Signature));
        check(&format!("t=soon,{v1}"), Err(Unsigned::Headers));
        check("t=1533204620", Err(Unsigned::Signature));
        check("t=1533204620,v1=", Err(Unsigned::Signature));
    }

    /// A payload as developer.calendly.com shows one ("Webhook payload"). Calendly publishes the sum and no numbers ("Webhook
    /// signatures"): OpenSSL made this one, `openssl dgst -sha256 -hmac KEY` over time, dot and body.
    const CALENDLY_BODY: &str = r#"{"event":"invitee.created","created_at":"2026-03-02T08:55:19.000000Z","created_by":"https://api.calendly.com/users/AAAAAAAAAAAAAAAA","payload":{"cancel_url":"https://calendly.com/cancellations/BBBBBBBBBBBBBBBB","created_at":"2026-03-02T08:55:18.880443Z","email":"ana@example.org","event":"https://api.calendly.com/scheduled_events/CCCCCCCCCCCCCCCC","first_name":null,"last_name":null,"name":"Ana Élise","new_invitee":null,"no_show":null,"old_invitee":null,"questions_and_answers":[{"answer":"Le référencement","position":0,"question":"De quoi voulez-vous parler ?"}],"reschedule_url":"https://calendly.com/reschedulings/BBBBBBBBBBBBBBBB","rescheduled":false,"status":"active","text_reminder_number":null,"timezone":"Europe/Paris","tracking":{"utm_campaign":null,"utm_source":null,"utm_medium":null,"utm_content":null,"utm_term":null,"salesforce_uuid":null},"updated_at":"2026-03-02T08:55:18.880443Z","uri":"https://api.calendly.com/scheduled_events/CCCCCCCCCCCCCCCC/invitees/BBBBBBBBBBBBBBBB"}}"#;
    const CALENDLY_V1: &str = "v1=393224d41487b9a1599fe7222fb1c5c717abd88b533243dc813ea81f041a97c4";

    #[test]
    fn r109_a_payload_of_calendlys_signed_by_another_tool_holds_and_nothing_near_it() {
        let vector = Vector {
            how: how(Proof::Calendly),
            secret: "jH3e5mT9wQ1xK7zR4vN8bC2yL6pD0sFg",
            url: "",
            headers: vec![("calendly-webhook-signature", format!("t=1772441719,{CALENDLY_V1}"))],
            body: CALENDLY_BODY.as_bytes(),
            now: second(1_772_441_719),
        };
        assert_eq!(
            vector.holds(),
            Proved {
                id: None,
                at: vector.now
            }
        );
        vector.changed_body_is_refused();
        vector.lasts();
        let later = format!("t=1772441720,{CALENDLY_V1}");
        let told = vector.told(
            &[vector.secret],
            &[("calendly-webhook-signature", later.as_str())],
            vector.body,
            vector.now,
        );
        assert_eq!(told, Err(Unsigned::Signature), "the time is a part of it");
        let elsewhere = vector.told(
            &[vector.secret],
            &[("stripe-signature", vector.headers[0].1.as_str())],
            vector.body,
            vector.now,
        );
        assert_eq!(
            elsewhere,
            Err(Unsigned::Headers),
            "under another name it proves nothing"
        );
    }

    /// docs.github.com, "Validating webhook deliveries": the same header and the same sum as Meta's.
    #[test]
    fn r109_the_published_vector_of_x_hub_signature_256_holds_for_meta() {
        let vector = Vector {
            how: how(Proof::Meta),
            secret: r#"{"app_secret":"It's a Secret to Everybody","verify_token":"t"}"#,
            url: "",
            headers: vec![(
                "x-hub-signature-256",
                "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17".into(),
            )],
            body: b"Hello, World!",
            now: second(1_772_442_000),
        };
        vector.holds();
        vector.changed_body_is_refused();
        let own = vector.own();
        let bare = vector.told(&["It's a Secret to Everybody"], &own, vector.body, vector.now);
        assert_eq!(bare, Err(Unsigned::Signature), "a secret of Meta's has two parts");
    }

    #[test]
    fn metas_challenge_is_answered_to_who_knows_the_token() {
        let ours = source(&[r#"{"app_secret":"a","verify_token":"open sesame"}"#]);
        let check = |proof: Proof, query: &[(&str, &'static str)], expected: Option<Result<&str, Unsigned>>| {
            let told = how(proof).challenge(&ours, |name| {
                let found = query.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| *value)
            });
            assert_eq!(told, expected, "{query:?}");
        };
        let (mode, token) = (("hub.mode", "subscribe"), ("hub.verify_token", "open sesame"));
        let challenge = ("hub.challenge", "1158201444");
        check(Proof::Meta, &[mode, token, challenge], Some(Ok("1158201444")));
        check(Proof::Typeform, &[mode, token, challenge], None);
        check(
            Proof::Meta,
            &[mode, ("hub.verify_token", "open"), challenge],
            Some(Err(Unsigned::Signature)),
        );
        check(Proof::Meta, &[mode, challenge], Some(Err(Unsigned::Headers)));
        check(Proof::Meta, &[token, challenge], Some(Err(Unsigned::Headers)));
        check(Proof::Meta, &[mode, token], Some(Err(Unsigned::Headers)));
        let page = ("hub.challenge", "<script> alert(1)");
        check(Proof::Meta, &[mode, token, page], Some(Err(Unsigned::Signature)));
    }

    /// RFC 7617, section 2: `Aladdin` and `open sesame`.
    #[test]
    fn r109_the_example_of_basic_holds_and_nothing_near_it() {
        let vector = Vector {
            how: how(Proof::Basic),
            secret: "Aladdin:open sesame",
            url: "",
            headers: vec![("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".into())],
            body: b"{}",
            now: second(1_772_442_000),
        };
        assert_eq!(
            vector.holds(),
            Proved {
                id: None,
                at: vector.now
            }
        );
        let bearer = [("authorization", "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==")];
        assert_eq!(
            vector.told(&[vector.secret], &bearer, vector.body, vector.now),
            Err(Unsigned::Headers)
        );
        let named = [
            ("authorization", "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("webhook-id", "evt-1"),
        ];
        let told = vector.told(&[vector.secret], &named, vector.body, vector.now);
        assert_eq!(told.map(|proved| proved.id), Ok(Some("evt-1".into())));
    }

    #[test]
    fn r109_a_text_in_a_header_is_that_text_and_no_other() {
        let header = How {
            proof: Proof::Header,
            header: Some("X-Secret"),
            path: None,
        };
        let vector = Vector {
            how: header,
            secret: "a long and secret text",
            url: "",
            headers: vec![("x-secret", "a long and secret text".into())],
            body: b"{}",
            now: second(1_772_442_000),
        };
        vector.holds();
        for other in ["a long and secret text2", "A long and secret text", "x"] {
            let told = vector.told(&[vector.secret], &[("x-secret", other)], vector.body, vector.now);
            assert_eq!(told, Err(Unsigned::Signature), "{other}");
        }
    }

    #[test]
    fn r109_a_text_in_the_body_is_that_text_and_no_other() {
        let path: &'static Path = Box::leak(Box::new(Path::new("meta.token")));
        let token = How {
            proof: Proof::BodyToken,
            header: None,
            path: Some(path),
        };
        let check = |body: &[u8], expected: Result<(), Unsigned>| {
            let asked = Asked {
                method: "POST",
                url: "",
                headers: &HeaderMap::new(),
                body,
            };
            let told = token.verify(&source(&["s3cret"]), &asked, second(1_772_442_000));
            assert_eq!(told.map(drop), expected, "{}", String::from_utf8_lossy(body));
        };
        check(br#"{"meta":{"token":"s3cret"}}"#, Ok(()));
        check(br#"{"meta":{"token":"s3cre"}}"#, Err(Unsigned::Signature));
        check(br#"{"meta":{"token":""}}"#, Err(Unsigned::Signature));
        check(br#"{"meta":{"token":null}}"#, Err(Unsigned::Headers));
        check(br#"{"token":"s3cret"}"#, Err(Unsigned::Headers));
        check(b"[", Err(Unsigned::Headers));
        // It is the document that is read afterwards: by its charset and its mark, and with each name once.
        check("\u{feff}{\"meta\":{\"token\":\"s3cret\"}}".as_bytes(), Ok(()));
        check(b"{\"name\":\"Ren\xe9e\",\"meta\":{\"token\":\"s3cret\"}}", Ok(()));
        check(
            br#"{"meta":{"token":"x"},"meta":{"token":"s3cret"}}"#,
            Err(Unsigned::Headers),
        );
        let utf16: Vec<u8> = r#"{"meta":{"token":"s3cret"}}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let asked = Asked {
            method: "POST",
            url: "",
            headers: &headers(&[("content-type", "application/json; charset=utf-16")]),
            body: &utf16,
        };
        let told = token.verify(&source(&["s3cret"]), &asked, second(1_772_442_000));
        assert_eq!(told.map(drop), Ok(()));
    }

    #[test]
    fn without_a_secret_nothing_holds() {
        let mut none = source(&["x"]);
        none.values.clear();
        let header = headers(&[("x-secret", "")]);
        let asked = Asked {
            method: "POST",
            url: "",
            headers: &header,
            body: b"",
        };
        let how = How {
            proof: Proof::Header,
            header: Some("x-secret"),
            path: None,
        };
        assert!(how.verify(&none, &asked, second(0)).is_err());
        let made = Secret::generate();
        none.secrets.push(made.clone());
        assert_eq!(
            none.texts().collect::<Vec<_>>(),
            [made.expose()],
            "one we made serves as a text too"
        );
    }
}
