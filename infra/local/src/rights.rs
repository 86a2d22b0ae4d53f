//! `piste erase`, `export` and `proof`: a person's rights from the command line, over a data folder or a table.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use piste_adapters::app::Start;
use piste_domain::kit::vocabulary::Regime;
use piste_domain::lead::consent::{Consent, Method};
use piste_domain::lead::erasure::ErasedBy;
use piste_domain::rules::rights_log::Actor;
use piste_domain::views::proof::{Allowed, Rule, allowed};
use piste_domain::{Email, Lead, LeadId, Locale, WorkspaceId, input};

use crate::commands::CommandError;
use crate::place::{Opened, Place};

/// Whose rights.
#[derive(Clone, Debug, clap::Args)]
pub struct Whose {
    /// The lead's id: 26 characters, as in the console's address.
    #[arg(required_unless_present = "email_from_stdin")]
    lead: Option<String>,
    /// Reads the address from standard input instead, so that no shell remembers it.
    #[arg(long, conflicts_with = "lead")]
    email_from_stdin: bool,
    /// The workspace of the address.
    #[arg(long, default_value = "main")]
    workspace: String,
    #[command(flatten)]
    place: Place,
}

impl Whose {
    fn id(&self, at: &Opened) -> Result<LeadId, CommandError> {
        if let Some(lead) = &self.lead {
            let valid = LeadId::is_valid(lead);
            return valid.then(|| LeadId::new(lead.clone())).ok_or_else(nobody);
        }
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .map_err(|error| CommandError::Settings(format!("the address cannot be read: {error}")))?;
        let email = Email::parse(line.trim())
            .map_err(|_| CommandError::Settings("what came from standard input is not an e-mail address".into()))?;
        let workspace = WorkspaceId::new(self.workspace.clone());
        Ok(LeadId::of(&at.app.ring().identity, &workspace, &email))
    }

    async fn lead(&self, at: &Opened) -> Result<Arc<Lead>, CommandError> {
        at.app.store.load(&self.id(at)?).await?.ok_or_else(nobody)
    }
}

fn nobody() -> CommandError {
    CommandError::Settings("there is no such lead".into())
}

/// Erases a person and whatever else names them here; returns the certificate.
///
/// # Errors
/// [`CommandError`]; running it again finishes the work.
pub async fn erase(whose: &Whose, campaigns: &Path) -> Result<String, CommandError> {
    let at = whose.place.open(campaigns).await?;
    let id = whose.id(&at)?;
    let app = &at.app;
    let applied = app.apply(&id, Start::Known, input::Erase(ErasedBy::Operator)).await?;
    let certificate = applied.answer.ok_or_else(nobody)?;
    // At tables the nurture function cleans, within the minute.
    if let (Some(outbox), Some(record)) = (&at.outbox, app.store.record(&id).await?)
        && let Some(cleaning) = record.cleaning()
    {
        let forgotten = outbox.forget(&cleaning);
        forgotten.map_err(|error| CommandError::Settings(format!("the outbox cannot be cleaned: {error}")))?;
        app.apply(&id, Start::Known, input::Cleaned(cleaning.until)).await?;
    }
    Ok(pretty(&certificate))
}

/// Everything held about a person, as JSON.
///
/// # Errors
/// [`CommandError`].
pub async fn export(whose: &Whose, campaigns: &Path) -> Result<String, CommandError> {
    let at = whose.place.open(campaigns).await?;
    let lead = whose.lead(&at).await?;
    Ok(pretty(&at.app.export(&lead, Actor::Operator).await?))
}

/// For each mail ever sent to a person: the rule, the words and the moment that allowed it.
///
/// # Errors
/// [`CommandError`].
pub async fn proof(whose: &Whose, campaigns: &Path, locale: Locale) -> Result<String, CommandError> {
    let at = whose.place.open(campaigns).await?;
    let lead = whose.lead(&at).await?;
    let words = at.app.wordings(&lead).await?;
    let mails = allowed(&lead);
    if mails.is_empty() {
        return Ok(locale.pick("Aucun e-mail n’est parti.", "No mail has left.").to_owned());
    }
    let told = mails.iter().map(|mail| tell(mail, &words, locale));
    Ok(told.collect::<Vec<_>>().join("\n\n"))
}

fn tell(mail: &Allowed<'_>, words: &BTreeMap<String, String>, locale: Locale) -> String {
    let pick = |fr: &'static str, en: &'static str| locale.pick(fr, en);
    let mut lines = vec![format!(
        "{}/{}/{}, {} {} ({})",
        mail.campaign,
        mail.sequence,
        mail.step,
        pick("parti le", "left at"),
        mail.sent_at,
        mail.send_id
    )];
    let mut add = |name: &str, value: String| lines.push(format!("  {name}{}{value}", pick("\u{a0}: ", ": ")));
    match &mail.rule {
        Rule::Asked(at) => {
            add(
                pick("Règle", "Rule"),
                pick(
                    "demandé par la personne, sans consentement nécessaire (RGPD art. 6-1-b)",
                    "asked for by the person, no consent needed (GDPR art. 6(1)(b))",
                )
                .to_owned(),
            );
            add(pick("Formulaire envoyé le", "Form posted at"), at.to_string());
        }
        Rule::Agreed(consent, since) => {
            add(
                pick("Règle", "Rule"),
                pick(
                    "consentement préalable (RGPD art. 7, CPCE art. L34-5)",
                    "prior consent (GDPR art. 7, CPCE art. L34-5)",
                )
                .to_owned(),
            );
            agreed(consent, *since, words, locale, &mut add);
        }
        Rule::Informed(regime, at) => {
            let rule = match regime {
                Regime::CustomerSimilar => pick(
                    "client informé, produits ou services analogues, droit d’opposition dans chaque e-mail (CPCE art. L34-5)",
                    "customer informed, similar goods or services, way out in each mail (CPCE art. L34-5)",
                ),
                _ => pick(
                    "intérêt légitime, personne informée à titre professionnel, droit d’opposition dans chaque e-mail (RGPD art. 6-1-f)",
                    "legitimate interest, informed in a professional capacity, way out in each mail (GDPR art. 6(1)(f))",
                ),
            };
            add(pick("Règle", "Rule"), rule.to_owned());
            add(pick("Informée le", "Informed at"), at.to_string());
        }
        Rule::Untold => add(
            pick("Règle", "Rule"),
            pick(
                "inconnue\u{202f}: aucune base n’est conservée",
                "unknown: no basis is kept",
            )
            .to_owned(),
        ),
    }
    lines.join("\n")
}

fn agreed(
    consent: &Consent,
    since: Timestamp,
    words: &BTreeMap<String, String>,
    locale: Locale,
    add: &mut impl FnMut(&str, String),
) {
    let pick = |fr: &'static str, en: &'static str| locale.pick(fr, en);
    let text = words
        .get(&consent.text_hash)
        .map_or(pick("introuvable", "not found"), String::as_str);
    add(pick("Texte accepté", "Words agreed to"), text.to_owned());
    let version = format!(
        "{} ({}), SHA-256 {}",
        consent.text_version,
        consent.locale.code(),
        consent.text_hash
    );
    add(pick("Version du texte", "Version of the words"), version);
    let asked = format!(
        "{}, {} {} {}",
        consent.asked_at,
        pick("formulaire", "form"),
        consent.campaign,
        consent.form_version
    );
    add(pick("Demandé le", "Asked at"), asked);
    if let Some(page) = &consent.page {
        add(pick("Page", "Page"), page.clone());
    }
    if !consent.notice.is_empty() {
        add(
            pick("Politique de confidentialité, version", "Privacy notice, version"),
            consent.notice.clone(),
        );
    }
    let how = match (consent.confirmed_at, consent.method) {
        (None, _) => pick("case cochée", "box ticked"),
        (Some(_), Method::Preferences) => pick("bouton de la page de préférences", "button of the preferences page"),
        (Some(_), _) => pick("bouton de la page de confirmation", "button of the confirmation page"),
    };
    add(pick("Valable depuis le", "In force since"), format!("{since} ({how})"));
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("it serialises")
}
