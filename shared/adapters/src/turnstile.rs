//! Asks Cloudflare about the answer of a Turnstile widget (R87): one call, with the secret key that belongs to the widget.

use std::net::IpAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use piste_crm::{Call, Http as _, Method};
use piste_domain::Campaign;
use piste_domain::rules::quarantine::turnstile::{NotChecked, SITEVERIFY, Verdict, read};

use crate::app::{App, RING_REFRESH};
use crate::keys::{KeyRing, Part};
use crate::outbound::Outbound;
use crate::store::StoreError;
use crate::telemetry;
use crate::webhook::SecretText;

/// How long a visitor waits for Cloudflare at most, from the look-up of its name to the last byte.
const PATIENCE: Duration = Duration::from_secs(2);

/// How Cloudflare is asked, and the secret keys that were read for it.
#[derive(Debug)]
pub struct Turnstile {
    http: Outbound,
    url: String,
    held: RwLock<Option<(Arc<KeyRing>, Timestamp)>>,
}

/// What is asked.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The answer of the widget; empty where none came.
    pub response: &'a str,
    /// Whose browser it was, as far as the network tells.
    pub address: Option<IpAddr>,
    /// The UUID of the post.
    pub idempotency_key: &'a str,
}

impl Asked<'_> {
    fn body(&self, secret: &SecretText) -> Vec<u8> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("secret", secret.expose())
            .append_pair("response", self.response)
            .append_pair("idempotency_key", self.idempotency_key);
        if let Some(address) = self.address {
            body.append_pair("remoteip", &address.to_string());
        }
        body.finish().into_bytes()
    }
}

impl Turnstile {
    /// Cloudflare's own address.
    pub fn public() -> Self {
        Self::at(Outbound::public(), SITEVERIFY.to_owned())
    }

    /// Another address, which may be this machine: for the local system alone.
    pub fn local(url: String) -> Self {
        Self::at(Outbound::local(), url)
    }

    fn at(http: Outbound, url: String) -> Self {
        Self {
            http,
            url,
            held: RwLock::default(),
        }
    }

    /// The keys that were read last, if that is not longer ago.
    fn held(&self, now: Timestamp, age_max: SignedDuration) -> Option<Arc<KeyRing>> {
        let held = self.held.read().expect("nobody panics while holding the keys");
        let (ring, read_at) = held.as_ref()?;
        (now.duration_since(*read_at).abs() < age_max).then(|| Arc::clone(ring))
    }

    fn hold(&self, ring: KeyRing, now: Timestamp) -> Arc<KeyRing> {
        let ring = Arc::new(ring);
        let held = Some((Arc::clone(&ring), now));
        *self.held.write().expect("nobody panics while holding the keys") = held;
        ring
    }

    /// One call; `None` where no answer came in time.
    async fn ask(&self, secret: &SecretText, asked: &Asked<'_>) -> Option<(u16, Vec<u8>)> {
        let call = Call {
            method: Method::Post,
            url: self.url.clone(),
            headers: vec![
                ("content-type", "application/x-www-form-urlencoded".to_owned()),
                ("accept", "application/json".to_owned()),
            ],
            body: asked.body(secret),
        };
        let answer = tokio::time::timeout(PATIENCE, self.http.call(call)).await.ok()?.ok()?;
        Some((answer.status, answer.body))
    }
}

impl App {
    /// What Cloudflare says of a post of this form. One that nobody could check has passed, and the log says so: neither an
    /// outage nor a missing key costs an enquiry.
    pub async fn judged_by_turnstile(&self, campaign: &Campaign, site: &str, asked: &Asked<'_>) -> Verdict {
        let (verdict, status) = match self.turnstile_secret(site).await {
            Ok(Some(secret)) => match self.turnstile.ask(&secret, asked).await {
                Some((status, body)) => (read(status, &body, campaign, &self.settings.base_url), status),
                None => (Verdict::NotChecked(NotChecked::NoAnswer), 0),
            },
            Ok(None) => (Verdict::NotChecked(NotChecked::NoSecret), 0),
            Err(error) => {
                let values = [("form", (&campaign.id).into()), ("error", (&error).into())];
                telemetry::log("turnstile_not_checked", &values);
                return Verdict::NotChecked(NotChecked::NoSecret);
            }
        };
        if let Verdict::NotChecked(why) = verdict {
            let values = [
                ("form", (&campaign.id).into()),
                ("code", why.code().into()),
                ("status", status.into()),
            ];
            telemetry::log("turnstile_not_checked", &values);
        }
        verdict
    }

    /// The secret key of a widget, as it was stored at most a minute ago; while the store does not answer, as it was last read.
    async fn turnstile_secret(&self, site: &str) -> Result<Option<SecretText>, StoreError> {
        let now = self.now();
        let ring = match self.turnstile.held(now, RING_REFRESH) {
            Some(ring) => ring,
            None => match self.store.key_parts(&[Part::Turnstile]).await {
                Ok(Some(ring)) => self.turnstile.hold(ring, now),
                Ok(None) => return Ok(None),
                Err(error) => self.turnstile.held(now, SignedDuration::MAX).ok_or(error)?,
            },
        };
        Ok(ring.turnstile(site).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked {
        response: "XXXX.DUMMY.TOKEN.XXXX",
        address: None,
        idempotency_key: "00000000-0000-4000-8000-000000000000",
    };

    async fn asked_at(url: String) -> Option<(u16, Vec<u8>)> {
        let secret = SecretText::new("1x0000000000000000000000000000000AA");
        Turnstile::local(url).ask(&secret, &ASKED).await
    }

    /// The clock jumps to whatever is waited for.
    #[tokio::test(start_paused = true)]
    async fn r87_whoever_does_not_answer_is_not_waited_for() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = silent.local_addr().expect("an address");
        assert_eq!(asked_at(format!("http://{address}/")).await, None);
        drop(silent);
        assert_eq!(asked_at(format!("http://{address}/")).await, None, "nobody is there");
    }

    #[tokio::test]
    async fn r87_cloudflares_own_address_cannot_be_moved_to_this_machine() {
        let public = Turnstile::at(Outbound::public(), "http://127.0.0.1:9/".to_owned());
        let secret = SecretText::new("1x0000000000000000000000000000000AA");
        assert_eq!(public.ask(&secret, &ASKED).await, None);
        assert_eq!(
            Turnstile::public().url,
            "https://challenges.cloudflare.com/turnstile/v0/siteverify"
        );
        assert!(!format!("{public:?}").contains("1x00"));
    }
}
