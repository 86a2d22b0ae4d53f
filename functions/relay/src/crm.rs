//! CRMs: the key or the shared access token, the call by the CRM's own file, and a renewal where the token has ended.

use jiff::SignedDuration;
use piste_crm::{Act, Crm, Entry, Hubspot, Link, Pipedrive, Push, Salesforce, Secret, Token, Zoho};
use piste_domain::campaign::destination::{Destination, Kind, Source, Write};
use piste_domain::lead::deliveries::{End, Outcome, Reason, What};
use piste_domain::rules::deliveries::Key;
use piste_domain::rules::destinations::{Access, Renewal};
use piste_domain::rules::relay::{Order, Seen};

use crate::Run;

/// Tells one CRM of one lead, or reads back what stands there.
pub(crate) async fn tell(run: &Run<'_>, destination: &Destination, order: &Order, seen: &mut Option<Seen>) -> Outcome {
    let id_field = destination
        .fields
        .iter()
        .find(|(_, rule)| rule.from == Source::Id)
        .map(|(name, _)| name.clone())
        .unwrap_or_default();
    let status = (destination.kind == Kind::Hubspot && order.what == What::Look).then_some(Destination::HUBSPOT_STATUS);
    let reads = destination.fields.keys().map(String::as_str).chain(status);
    let reads: Vec<String> = reads.map(str::to_owned).collect();
    match destination.kind {
        Kind::Hubspot => {
            tell_by(
                &Hubspot { id_field, reads },
                run,
                destination,
                order,
                seen,
                Secret::token,
            )
            .await
        }
        Kind::Pipedrive => {
            tell_by(
                &Pipedrive { id_field, reads },
                run,
                destination,
                order,
                seen,
                Secret::token,
            )
            .await
        }
        Kind::Salesforce => {
            let crm = Salesforce { id_field, reads };
            tell_by(&crm, run, destination, order, seen, Secret::salesforce).await
        }
        Kind::Zoho => tell_by(&Zoho { id_field, reads }, run, destination, order, seen, Secret::zoho).await,
        Kind::Webhook | Kind::Chat => Outcome::of(End::SetAside),
    }
}

async fn tell_by<C: Crm>(
    crm: &C,
    run: &Run<'_>,
    destination: &Destination,
    order: &Order,
    seen: &mut Option<Seen>,
    read: fn(&str) -> Result<Secret, piste_crm::SecretProblem>,
) -> Outcome {
    let secret = match run.app.store.secret(&destination.name).await {
        Ok(text) => text.and_then(|text| read(&text).ok()),
        Err(_) => return Outcome::of(End::Later(None)).with_code("secret_unread"),
    };
    let Some(secret) = secret else {
        return Outcome::of(End::Pause(Reason::NoSecret, None));
    };
    // Once with the token at hand, and once with a new one if it has ended.
    let mut ended = None;
    for _ in 0..2 {
        let token = match token(crm, run, destination, &secret, ended.as_ref()).await {
            Ok(token) => token,
            Err(outcome) => return outcome,
        };
        let outcome = tell_with(crm, run, destination, order, &token, seen).await;
        if outcome.end != End::Renew {
            return outcome;
        }
        ended = Some(token);
    }
    // A new token that is refused at once is no matter of time.
    Outcome::of(End::Pause(Reason::Unauthorized, None))
}

async fn tell_with<C: Crm>(
    crm: &C,
    run: &Run<'_>,
    destination: &Destination,
    order: &Order,
    token: &Token,
    seen: &mut Option<Seen>,
) -> Outcome {
    let link = Link {
        http: &run.crm_http,
        token,
        now: run.app.now(),
    };
    let entries: Vec<Entry> = order
        .values
        .iter()
        .map(|value| Entry {
            name: value.name.clone(),
            value: value.value.clone(),
            write: match value.write {
                Write::Create => piste_crm::Write::Create,
                Write::IfEmpty => piste_crm::Write::IfEmpty,
                Write::Always => piste_crm::Write::Always,
            },
            drop: value.drop,
            key: value.key.map(|key| match key {
                Key::Id => Act::Id,
                Key::Email => Act::Email,
            }),
        })
        .collect();
    let push = Push {
        lead: order.lead.as_str(),
        id: order.remote.as_deref(),
        unsure: order.unsure,
        email: order.email.as_deref(),
        entries: &entries,
        subscription: destination.subscription.as_deref(),
    };
    match (order.what, &order.remote) {
        (What::Erasure, Some(id)) => crm.erase(&link, id).await,
        // Nobody knows whether there is a record: a person looks for our id there.
        (What::Erasure, None) => Outcome::of(End::SetAside).with_code("id_unknown"),
        (What::Look, Some(id)) => match crm.read(&link, id).await {
            Ok(Some(present)) => {
                *seen = Some(Seen {
                    values: present.values,
                    opted_out: present.opted_out,
                });
                Outcome::of(End::Delivered).with_id(present.id)
            }
            Ok(None) => Outcome::of(End::Gone),
            Err(outcome) => outcome,
        },
        (What::Look, None) => Outcome::of(End::SetAside).with_code("id_unknown"),
        (What::OptOut, _) => crm.opt_out(&link, &push).await,
        _ => crm.push(&link, &push).await,
    }
}

/// The token to call with: the written key, or the access token that all processes share and one renews at a time.
async fn token<C: Crm>(
    crm: &C,
    run: &Run<'_>,
    destination: &Destination,
    secret: &Secret,
    ended: Option<&Token>,
) -> Result<Token, Outcome> {
    let url = destination.url.as_deref().map(|url| url.trim_end_matches('/'));
    if matches!(secret, Secret::Token(_)) {
        return match ended {
            None => crm.token(&run.crm_http, secret, url).await,
            Some(_) => Err(Outcome::of(End::Pause(Reason::Unauthorized, None))),
        };
    }
    let unread = |_| Outcome::of(End::Later(None)).with_code("token_unread");
    let (store, now) = (&run.app.store, run.app.now());
    let is_ended = |access: &Access| ended.is_some_and(|ended| ended.text == access.text);
    let mut held = None;
    let begin = |renewal: &mut Renewal| {
        held = renewal.access(now).filter(|access| !is_ended(access)).cloned();
        held.is_none() && renewal.begin_renewal(now)
    };
    let (_, ours) = store.change_renewal(&destination.name, begin).await.map_err(unread)?;
    if let Some(access) = held {
        return Ok(Token {
            text: access.text,
            base: access.base,
            seconds: None,
        });
    }
    if !ours {
        // Somebody asks for one at this moment: it counts as no try.
        return Err(Outcome::of(End::Renew));
    }
    let asked = crm.token(&run.crm_http, secret, url).await;
    let access = asked.as_ref().ok().map(|token| Access {
        text: token.text.clone(),
        base: token.base.clone(),
        until: token
            .seconds
            .map(|seconds| now + SignedDuration::from_secs(seconds.into())),
    });
    let renewed = |renewal: &mut Renewal| renewal.renewed(access.clone());
    store.change_renewal(&destination.name, renewed).await.map_err(unread)?;
    asked
}
