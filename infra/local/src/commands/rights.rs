//! `piste export`, `proof` and `erase`: a person's rights.

use std::collections::BTreeMap;

use jiff::Timestamp;
use piste_adapters::app::Start;
use piste_domain::kit::vocabulary::Regime;
use piste_domain::lead::consent::{Consent, Method};
use piste_domain::views::proof::{Allowed, Rule, allowed};
use piste_domain::{Email, LeadId, Locale, WorkspaceId, input};
use piste_operations::{OperationError, Operator, find, rights};

use super::person::who;
use crate::cli::Whose;
use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

async fn person<'a>(whose: &Whose, at: &'a Opened) -> Result<(Operator<'a>, LeadId), CommandError> {
    named(whose, at, &who(&whose.person)?).await
}

async fn named<'a>(whose: &Whose, at: &'a Opened, who: &str) -> Result<(Operator<'a>, LeadId), CommandError> {
    let workspace = WorkspaceId::new(whose.workspace.clone());
    Ok(find(&at.app, who, Some(workspace)).await?)
}

/// Erases a person and whatever else names them here; returns the certificate.
///
/// # Errors
/// [`CommandError`]; running it again finishes the work.
pub(super) async fn erase(at: &Opened, whose: &Whose, locale: Locale) -> Result<String, CommandError> {
    let who = who(&whose.person)?;
    let (operator, id) = match (named(whose, at, &who).await, Email::parse(&who)) {
        // No lead, but other systems may have told of them.
        (Err(CommandError::Operation(OperationError::NoLead)), Ok(email)) => {
            let workspace = WorkspaceId::new(whose.workspace.clone());
            return match rights::forget_unknown(&at.app, &email, &workspace).await? {
                0 => Err(OperationError::NoLead.into()),
                reports => Ok(texts::forgotten(locale, reports as u64)),
            };
        }
        (found, _) => found?,
    };
    let certificate = rights::erase(&operator, id.as_str()).await?;
    // At tables the nurture function cleans, within the minute.
    if let (Some(outbox), Some(record)) = (&at.outbox, at.app.store.record(&id).await?)
        && let Some(cleaning) = record.cleaning()
    {
        outbox.forget(&cleaning).map_err(CommandError::Outbox)?;
        at.app.store.clean_beside(&id, cleaning.until, at.app.now()).await?;
        at.app.apply(&id, Start::Known, input::Cleaned(cleaning.until)).await?;
    }
    Ok(super::pretty(&certificate))
}

/// Everything held about a person, as JSON.
///
/// # Errors
/// [`CommandError`].
pub(super) async fn export(at: &Opened, whose: &Whose) -> Result<String, CommandError> {
    let (operator, id) = person(whose, at).await?;
    Ok(super::pretty(&rights::export(&operator, id.as_str()).await?))
}

/// For each email ever sent to a person: the rule, the words and the moment that allowed it. Moments are in UTC, to the
/// second, as they are stored: this is evidence.
///
/// # Errors
/// [`CommandError`].
pub(super) async fn proof(at: &Opened, whose: &Whose, locale: Locale) -> Result<String, CommandError> {
    let (operator, id) = person(whose, at).await?;
    let proof = rights::proof(&operator, id.as_str()).await?;
    let mails = allowed(&proof.lead);
    if mails.is_empty() {
        return Ok(texts::no_mail_left(locale).to_owned());
    }
    let told = mails.iter().map(|mail| told(mail, &proof.wordings, locale));
    Ok(told.collect::<Vec<_>>().join("\n\n"))
}

fn told(mail: &Allowed<'_>, wordings: &BTreeMap<String, String>, locale: Locale) -> String {
    let name = format!("{}/{}/{}", mail.campaign, mail.sequence, mail.step);
    let mut lines = vec![texts::mail_left(
        locale,
        &name,
        &mail.sent_at.to_string(),
        mail.send_id.as_str(),
    )];
    let mut add = |name: &str, value: &str| lines.push(texts::named(locale, name, value));
    let rule = texts::rule(locale);
    match &mail.rule {
        Rule::Asked(at) => {
            add(rule, texts::rule_asked(locale));
            add(texts::form_posted(locale), &at.to_string());
        }
        Rule::Agreed(consent, since) => {
            add(rule, texts::rule_agreed(locale));
            agreed(consent, *since, wordings, locale, &mut add);
        }
        Rule::Informed(regime, at) => {
            add(
                rule,
                match regime {
                    Regime::CustomerSimilar => texts::rule_customer(locale),
                    _ => texts::rule_interest(locale),
                },
            );
            add(texts::informed(locale), &at.to_string());
        }
        Rule::Untold => add(rule, texts::rule_unknown(locale)),
    }
    lines.join("\n")
}

fn agreed(
    consent: &Consent,
    since: Timestamp,
    wordings: &BTreeMap<String, String>,
    locale: Locale,
    add: &mut impl FnMut(&str, &str),
) {
    let words = wordings.get(&consent.text_hash);
    add(
        texts::words_agreed(locale),
        words.map_or(texts::words_not_found(locale), String::as_str),
    );
    let (version, language) = (&consent.text_version, consent.locale.code());
    let version = format!("{version} ({language}), SHA-256 {}", consent.text_hash);
    add(texts::words_version(locale), &version);
    let form = format!("{} {} {}", texts::form(locale), consent.campaign, consent.form_version);
    add(texts::asked_at(locale), &format!("{}, {form}", consent.asked_at));
    if let Some(page) = &consent.page {
        add(texts::page(locale), page);
    }
    if !consent.notice.is_empty() {
        add(texts::notice_version(locale), &consent.notice);
    }
    let how = match (consent.confirmed_at, consent.method) {
        (None, _) => texts::by_box(locale),
        (Some(_), Method::Preferences) => texts::by_preferences(locale),
        (Some(_), _) => texts::by_confirmation(locale),
    };
    add(texts::in_force(locale), &format!("{since} ({how})"));
}
