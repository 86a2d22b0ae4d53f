//! An email as somebody would get it, to be looked at before it leaves.

use piste_adapters::mail::{self, ComposeFailure};
use piste_domain::campaign::{Sequence, Step};
use piste_domain::kit::ids::{ClaimToken, SendId};
use piste_domain::kit::vocabulary::Class;
use piste_domain::rules::confirmation::Confirms;
use piste_domain::rules::effect::{MailOrder, Names};
use piste_domain::{CampaignId, Email, Lead, LeadId, Locale, Personal};
use serde::Serialize;

use crate::{OperationError, Operator};

/// Whoever has no lead of theirs: reserved for examples (RFC 2606), and told to nobody.
const NOBODY: &str = "camille@example.org";
/// Their lead. There is none of this name, so that a link in a preview does nothing, whoever follows it.
const NO_LEAD: &str = "preview";

/// An email as somebody reads it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct PreviewView {
    /// Its subject.
    pub subject: String,
    /// Whom it is from.
    pub from: String,
    /// Its text part.
    pub text: String,
    /// Its HTML part.
    pub html: String,
}

/// The same as [`mail()`], taken apart.
///
/// # Errors
/// As [`mail()`]; [`OperationError::NoLead`].
pub async fn view(
    operator: &Operator<'_>,
    campaign: &str,
    step: &str,
    lead: Option<&str>,
    locale: Option<Locale>,
) -> Result<PreviewView, OperationError> {
    let lead = match lead {
        Some(id) => Some(operator.lead(id).await?),
        None => None,
    };
    let bytes = mail(operator, campaign, step, lead.as_deref(), locale).await?;
    let mail::Shown {
        subject,
        from,
        text,
        html,
    } = mail::shown(&bytes);
    Ok(PreviewView {
        subject,
        from,
        text,
        html,
    })
}

/// The bytes of an email of a step, for this lead or for a sample person. Its links do nothing.
///
/// # Errors
/// [`OperationError::NoCampaign`], [`OperationError::NoStep`], [`OperationError::Store`].
pub async fn mail(
    operator: &Operator<'_>,
    campaign: &str,
    step: &str,
    lead: Option<&Lead>,
    locale: Option<Locale>,
) -> Result<Vec<u8>, OperationError> {
    let campaign = operator.campaigns().find(|known| known.id.as_str() == campaign);
    let campaign = campaign.ok_or(OperationError::NoCampaign)?;
    let steps = |sequence: &'_ Sequence| sequence.steps.iter().any(|one| one.id == step);
    let sequence = campaign.every_sequence().find(|sequence| steps(sequence));
    let found = sequence.and_then(|sequence| Some((sequence, sequence.steps.iter().find(|one| one.id == step)?)));
    let Some((sequence, step)) = found else {
        let known = campaign.every_sequence().flat_map(|sequence| &sequence.steps);
        let known: Vec<_> = known.map(|step| step.id.clone()).collect();
        return Err(OperationError::NoStep(known));
    };
    let asked = locale.filter(|locale| campaign.languages.contains(locale));
    let locale = asked.or(campaign.languages.first().copied()).unwrap_or_default();
    let order = order(operator, &campaign.id, sequence, step, lead, locale);
    mail::write(operator.app, &order, operator.now)
        .await
        .map_err(|failure| match failure {
            ComposeFailure::Store(error) => OperationError::Store(error),
            ComposeFailure::Waits | ComposeFailure::Broken(_) => OperationError::CampaignGone(campaign.id.clone()),
        })
}

fn order(
    operator: &Operator<'_>,
    campaign: &CampaignId,
    sequence: &Sequence,
    step: &Step,
    lead: Option<&Lead>,
    locale: Locale,
) -> MailOrder {
    // What somebody typed and did not confirm, no email repeats (R90).
    let typed = |name: &str, sample: &str| match lead {
        Some(lead) => {
            let answer = lead.words.answer(name).filter(|_| lead.words.is_proved());
            answer.filter(|answer| !answer.is_empty()).map(Personal::new)
        }
        None => Some(Personal::new(sample)),
    };
    let nobody = || Email::parse(NOBODY).expect("an address");
    let asks = step.class == Class::Service && lead.is_none_or(|lead| !lead.words.is_proved());
    MailOrder {
        workspace: operator.workspace.clone(),
        lead: LeadId::new(NO_LEAD),
        send_id: SendId::new(NO_LEAD),
        token: ClaimToken::new(NO_LEAD),
        campaign: campaign.clone(),
        sequence: sequence.id.clone(),
        step: step.id.clone(),
        class: step.class,
        basis: None,
        template: step.template.clone(),
        to: lead.and_then(|lead| lead.email.clone()).unwrap_or_else(nobody),
        reply_to: None,
        locale,
        confirms: if asks { Confirms::OPT_IN } else { Confirms::default() },
        enquiry: None,
        names: match step.class {
            Class::Nurture => Names {
                first_name: typed("first_name", "Camille"),
                company: typed("company", "Exemple"),
            },
            _ => Names::default(),
        },
        alert: None,
    }
}
