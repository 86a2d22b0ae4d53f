//! Webhooks, signed as the Standard Webhooks specification says (github.com/standard-webhooks/standard-webhooks).

use jiff::SignedDuration;
use piste_adapters::webhook::Secret;
use piste_crm::{Answer, Broken, Call, Http as _, Method};
use piste_domain::campaign::destination::Destination;
use piste_domain::lead::deliveries::{DeliveryId, End, Outcome, Reason};
use piste_domain::rules::relay::Order;

use crate::Run;

/// Tells one event of a lead.
pub(crate) async fn tell(run: &Run<'_>, destination: &Destination, order: &Order) -> Outcome {
    let Some(body) = &order.body else {
        return Outcome::of(End::SetAside).with_code("no_body");
    };
    let id = DeliveryId {
        lead: order.lead.clone(),
        destination: order.destination.clone(),
        number: order.number,
    };
    send(run, destination, &id.to_string(), body).await
}

/// Sends one event. The id and the body are those of every try, the moment and the signatures are this one's.
pub(crate) async fn send(run: &Run<'_>, destination: &Destination, id: &str, body: &str) -> Outcome {
    let secrets = match run.app.store.secret(&destination.name).await {
        Ok(Some(text)) => text,
        Ok(None) => return Outcome::of(End::Pause(Reason::NoSecret, None)),
        Err(_) => return Outcome::of(End::Later(None)).with_code("secret_unread"),
    };
    let secrets: Result<Vec<Secret>, _> = secrets.split_whitespace().map(Secret::parse).collect();
    let Some(secrets) = secrets.ok().filter(|secrets| !secrets.is_empty()) else {
        return Outcome::of(End::Pause(Reason::NoSecret, None));
    };
    let Some(url) = &destination.url else {
        return Outcome::of(End::SetAside).with_code("no_url");
    };
    let now = run.app.now();
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| secret.sign(id, now, body.as_bytes()))
        .collect();
    let call = Call {
        method: Method::Post,
        url: url.clone(),
        headers: vec![
            ("content-type", "application/json".into()),
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", now.as_second().to_string()),
            ("webhook-signature", signatures.join(" ")),
        ],
        body: body.as_bytes().to_vec(),
    };
    classify(&run.http.call(call).await)
}

/// Only 2xx is success; 410 switches off; everything else is tried again (R111).
pub(crate) fn classify(answer: &Result<Answer, Broken>) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(Broken::Forbidden) => return Outcome::of(End::Pause(Reason::Elsewhere, None)),
        Err(Broken::NotSent) => return Outcome::of(End::Later(None)).with_code("no_connection"),
        // The receiver knows the id: to tell it again is harmless.
        Err(Broken::Unknown) => return Outcome::of(End::Later(None)).with_code("no_answer"),
    };
    let outcome = match answer.status {
        200..=299 => Outcome::of(End::Delivered),
        300..=399 => Outcome::of(End::Later(None)).with_code("redirect"),
        410 => Outcome::of(End::Pause(Reason::Gone, None)),
        429 | 502..=504 => Outcome::of(End::Later(retry_after(answer))),
        _ => Outcome::of(End::Later(None)),
    };
    outcome.with_status(answer.status)
}

/// `Retry-After` in seconds; the form with a date is not used by machines that ask for rest.
fn retry_after(answer: &Answer) -> Option<SignedDuration> {
    let seconds = answer.header("retry-after")?.trim().parse::<u32>().ok()?;
    Some(SignedDuration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, headers: &[(&str, &str)]) -> Result<Answer, Broken> {
        let header = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Ok(Answer {
            status,
            headers: headers.iter().map(header).collect(),
            body: Vec::new(),
        })
    }

    #[test]
    fn r111_only_2xx_is_success_and_410_switches_off() {
        for status in 200..=599 {
            let end = classify(&answered(status, &[])).end;
            match status {
                200..=299 => assert_eq!(end, End::Delivered, "{status}"),
                410 => assert_eq!(end, End::Pause(Reason::Gone, None), "{status}"),
                _ => assert_eq!(end, End::Later(None), "{status}"),
            }
        }
    }

    #[test]
    fn r111_whoever_asks_for_rest_gets_it() {
        for status in [429, 502, 503, 504] {
            let end = classify(&answered(status, &[("retry-after", "120")])).end;
            assert_eq!(end, End::Later(Some(SignedDuration::from_secs(120))), "{status}");
        }
        assert_eq!(
            classify(&answered(500, &[("retry-after", "120")])).end,
            End::Later(None)
        );
    }

    #[test]
    fn what_never_left_and_what_broke_off_are_tried_again() {
        assert_eq!(classify(&Err(Broken::NotSent)).end, End::Later(None));
        assert_eq!(classify(&Err(Broken::Unknown)).end, End::Later(None));
        assert_eq!(
            classify(&Err(Broken::Forbidden)).end,
            End::Pause(Reason::Elsewhere, None)
        );
    }
}
