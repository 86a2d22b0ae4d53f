//! The emails of a campaign: what each says first, and what became of it.

use std::collections::BTreeMap;

use piste_adapters::campaigns::{NURTURE_VARIABLES, SERVICE_VARIABLES, email_path};
use piste_adapters::http::FieldError;
use piste_adapters::store::StoreError;
use piste_domain::campaign::{Published, Step};
use piste_domain::kit::vocabulary::Class;
use piste_domain::rules::anew::Place;
use piste_domain::rules::desk::{self, Desk, TestEmail};
use piste_domain::views::mails::Mails;
use piste_domain::{Campaign, CampaignId, Context, Email, Lead, LeadId, Locale};
use serde::Serialize;

use crate::{OperationError, Operator};

/// Leads of one page of a campaign's lists.
const PAGE: i32 = 500;
/// Leads read in one request (`BatchGetItem`).
const READ_AT_ONCE: usize = 100;

/// The emails of a campaign.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct MailsView {
    /// In the order of the file, mailings last.
    pub mails: Vec<MailView>,
}

/// One email, and what became of it over everybody who stands in the campaign.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct MailView {
    /// Its name in the file.
    pub step: String,
    /// Of which sequence.
    pub sequence: String,
    /// The rules it obeys.
    pub class: Class,
    /// Its subject in each language of the campaign, for somebody without a name.
    #[cfg_attr(feature = "describe", schemars(with = "BTreeMap<String, String>"))]
    pub subject: BTreeMap<&'static str, String>,
    /// People whose next email of the sequence it is.
    pub waiting: u64,
    /// People it left to.
    pub sent: u64,
    /// People who followed a link in it.
    pub clicked: u64,
    /// People whose address turned out not to work, this being the last email before that.
    pub bounced: u64,
    /// People who said no, this being the last email before that.
    pub opted_out: u64,
}

/// A campaign of the operator's workspace, as published.
///
/// # Errors
/// [`OperationError::NoCampaign`].
pub(crate) fn published<'a>(operator: &'a Operator<'_>, id: &str) -> Result<&'a Published, OperationError> {
    let found = operator.catalog.published(&CampaignId::new(id));
    let ours = found.filter(|published| published.campaign.workspace == operator.workspace);
    ours.map(|published| &**published).ok_or(OperationError::NoCampaign)
}

/// The emails of a campaign. Reads everybody who stands in it.
///
/// # Errors
/// [`OperationError::NoCampaign`], [`OperationError::Store`].
pub async fn list(operator: &Operator<'_>, id: &str) -> Result<MailsView, OperationError> {
    let published = published(operator, id)?;
    let campaign = &published.campaign;
    let tally = tally(operator, campaign).await?;
    let mut mails = Vec::new();
    for sequence in campaign.every_sequence() {
        for step in &sequence.steps {
            let key = (sequence.id.clone(), step.id.clone());
            let became = tally.steps.get(&key).copied().unwrap_or_default();
            mails.push(MailView {
                step: step.id.clone(),
                sequence: sequence.id.clone(),
                class: step.class,
                subject: subjects(operator, published, step).await?,
                waiting: became.waiting,
                sent: became.sent,
                clicked: became.clicked,
                bounced: became.bounced,
                opted_out: became.opted_out,
            });
        }
    }
    Ok(MailsView { mails })
}

/// A test of an email.
#[derive(Clone, Copy, Debug)]
pub struct Test<'a> {
    /// Where it goes.
    pub to: &'a str,
    /// In which language; the campaign's first without.
    pub lang: Option<&'a str>,
    /// With whose names; a person without a name without.
    pub lead: Option<&'a str>,
}

/// Sends an email of a campaign to somebody whom the campaign's file names. It counts nowhere, and its links do nothing.
///
/// # Errors
/// [`OperationError::NoCampaign`], [`OperationError::NoStep`], [`OperationError::NoLead`], [`OperationError::Fields`],
/// [`OperationError::Store`].
pub async fn test(operator: &Operator<'_>, id: &str, step: &str, test: Test<'_>) -> Result<(), OperationError> {
    let campaign = &published(operator, id)?.campaign;
    let mut all = campaign.every_sequence();
    let sequence = all.find(|sequence| sequence.steps.iter().any(|one| one.id == step));
    let known = || {
        campaign
            .every_sequence()
            .flat_map(|sequence| &sequence.steps)
            .map(|step| step.id.clone())
    };
    let sequence = sequence.ok_or_else(|| OperationError::NoStep(known().collect()))?;
    let refused =
        |field: &str, code, message: &str| OperationError::Fields(vec![FieldError::new(field, code, message)]);
    let wanted = Email::read(test.to).ok();
    let to = wanted.filter(|to| desk::testers(campaign).any(|one| one.identity() == to.identity()));
    let to = to.ok_or_else(|| {
        refused(
            "to",
            "not_named",
            "Name an owner, an address of [notify], or `reply_to`.",
        )
    })?;
    let locale = match test.lang {
        Some(lang) => Locale::from_code(lang).filter(|locale| campaign.languages.contains(locale)),
        None => Some(campaign.default_locale()),
    };
    let locale = locale.ok_or_else(|| refused("lang", "unknown_lang", "The campaign does not speak this language."))?;
    let lead = match test.lead {
        Some(id) => Some(operator.lead(id).await?.id.clone()),
        None => None,
    };
    let test = TestEmail {
        campaign: campaign.id.clone(),
        sequence: sequence.id.clone(),
        step: step.to_owned(),
        locale,
        lead,
        at: operator.now,
    };
    let (catalog, ring) = (&operator.catalog, operator.app.ring());
    let cx = Context {
        catalog,
        key: &ring.identity,
        now: operator.now,
    };
    let place = LeadId::of_desk(cx.key, &operator.workspace, &to);
    let ask = |desk: &mut Desk| desk.ask_for_test(test.clone(), &cx);
    let (_, taken) = operator
        .app
        .store
        .change_desk((&place, &operator.workspace), ask)
        .await?;
    match taken {
        true => Ok(()),
        false => Err(refused(
            "to",
            "too_many",
            "Five tests wait for this address already: try again in a minute.",
        )),
    }
}

/// What became of the emails of a campaign.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn tally(operator: &Operator<'_>, campaign: &Campaign) -> Result<Mails, StoreError> {
    let mut mails = Mails::default();
    everybody(operator, campaign, |lead| mails.add(lead, campaign)).await?;
    Ok(mails)
}

/// Shows everybody who stands in a campaign, newest first; how many cannot be read.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn everybody(
    operator: &Operator<'_>,
    campaign: &Campaign,
    mut look: impl FnMut(&Lead),
) -> Result<u64, StoreError> {
    let store = &operator.app.store;
    let mut unreadable = 0;
    let mut place = Some(Place::start(operator.now));
    while let Some(here) = place {
        let (ids, next) = store
            .standing_in(&campaign.workspace, &campaign.id, &here, PAGE)
            .await?;
        for some in ids.chunks(READ_AT_ONCE) {
            let page = store.load_all(some).await?;
            unreadable += page.unreadable as u64;
            page.rows.iter().for_each(|lead| look(lead));
        }
        place = here.after(next, !ids.is_empty());
    }
    Ok(unreadable)
}

/// The subject in each language, as somebody reads it of whom nothing is known but what is always there.
async fn subjects(
    operator: &Operator<'_>,
    published: &Published,
    step: &Step,
) -> Result<BTreeMap<&'static str, String>, OperationError> {
    let mut subjects = BTreeMap::new();
    for &locale in &published.campaign.languages {
        subjects.insert(locale.code(), subject(operator, published, step, locale).await?);
    }
    Ok(subjects)
}

async fn subject(
    operator: &Operator<'_>,
    published: &Published,
    step: &Step,
    locale: Locale,
) -> Result<String, OperationError> {
    let path = email_path(locale, &step.template);
    let template = operator
        .app
        .campaigns
        .template(&operator.app.store, published, &path)
        .await;
    // What `publish` let through reads and renders.
    let Ok(template) = template else {
        return Ok(String::new());
    };
    let names: &[&str] = match step.class {
        Class::Nurture => &NURTURE_VARIABLES,
        Class::Service | Class::Alert => &SERVICE_VARIABLES,
    };
    let urls = names.iter().filter(|name| name.ends_with("_url"));
    let values = urls
        .map(|name| (*name, operator.app.settings.base_url.clone()))
        .collect();
    Ok(template
        .render(&values)
        .map_or_else(|_| String::new(), |rendered| rendered.subject))
}
