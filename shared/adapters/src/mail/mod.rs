//! Mail: what an order looks like as MIME, and how it is handed to SES.

pub mod address;
pub mod alert;
pub mod compose;
mod digest;
mod draft;
pub mod incoming;
mod notice;
pub mod report;
pub mod senders;
pub mod ses;
pub mod template;
mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use mail_parser::MessageParser;
use piste_domain::Locale;
use piste_domain::campaign::Published;
use piste_domain::campaign::brand::picture_type;
use piste_domain::campaign::data_request;
use piste_domain::campaign::destination::Destination;
use piste_domain::campaign::privacy::notice;
use piste_domain::kit::limits::{CONFIRM_LINK, DATA_LINK, RESOURCE_LINK_MAX, SALES_LINK};
use piste_domain::kit::vocabulary::Class;
use piste_domain::kit::vocabulary::Regime;
use piste_domain::rules::alert::Alert;
use piste_domain::rules::desk::{self, DigestKind, DigestOrder};
use piste_domain::rules::destinations::notices::{self, Notice};
use piste_domain::rules::effect::MailOrder;
use piste_domain::{Campaign, CampaignId, Catalog, LeadId};

use crate::App;
use crate::campaigns::{TemplateError, email_path};
use crate::pages::logo_path;
use crate::store::StoreError;
use crate::token::{Claims, Purpose, sign};
use compose::{Face, Letter, compose};
use template::{DETAILS_DIFFER, OPT_IN_PENDING, Template};

/// Why an email could not be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeFailure {
    /// The template could not be read just now.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The campaign is there and cannot be read: the email waits until it can.
    #[error("campaign_unread")]
    Waits,
    /// The campaign, its template or the email itself is broken; `piste check` refuses what leads here.
    #[error("{0}")]
    Broken(&'static str),
}

/// The MIME bytes of an email: the same for Lambda, the local system and the preview.
///
/// # Errors
/// [`ComposeFailure::Broken`] is final for this email; the others may pass.
pub async fn write(app: &App, order: &MailOrder, now: Timestamp) -> Result<Vec<u8>, ComposeFailure> {
    // A key of links that was made since signs within a minute, however long this sandbox has been warm (R101).
    app.fresh_ring().await;
    let catalog = app.catalog().await?;
    let published = catalog
        .published(&order.campaign)
        .ok_or_else(|| absent(&catalog, &order.campaign))?;
    let campaign = &published.campaign;
    let links = Links { app, order, now };
    if let Some(alert) = &order.alert {
        let name = campaign.name.get(order.locale);
        let written = alert::write(alert, name, order.locale, links.of_alert(alert), now);
        let template = app.campaigns.own_template(&written.source);
        return finish(
            app,
            campaign,
            order,
            now,
            &*template.map_err(|_| ComposeFailure::Broken("alert_broken"))?,
            written.variables(),
            Foot::default(),
        );
    }
    let template = template(app, published, order).await?;
    let mut variables = BTreeMap::new();
    if let Some(url) = links.resource(published) {
        variables.insert("resource_url", url);
    }
    if order.confirms.anything() {
        variables.insert("confirm_url", links.confirm());
    }
    for (condition, holds) in [
        (OPT_IN_PENDING, order.confirms.opt_in),
        (DETAILS_DIFFER, order.confirms.details),
    ] {
        if holds {
            variables.insert(condition, "yes".to_owned());
        }
    }
    if order.sequence == data_request::SEQUENCE {
        variables.insert("data_url", links.data());
    }
    if order.class == Class::Nurture {
        variables.insert("preferences_url", links.preferences());
    }
    if let Some(name) = &order.names.first_name {
        variables.insert("first_name", name.expose().to_owned());
    }
    if let Some(company) = &order.names.company {
        variables.insert("company", company.expose().to_owned());
    }
    finish(
        app,
        campaign,
        order,
        now,
        &template,
        variables,
        foot(campaign, order, &links),
    )
}

/// Where a lead's answer comes in, which tells whose it is whatever mailbox it comes from. What goes to whoever works here is
/// answered elsewhere.
fn own_reply_address(app: &App, order: &MailOrder) -> Option<String> {
    if order.class == Class::Alert || order.sequence == desk::SEQUENCE {
        return None;
    }
    let domain = app.settings.reply_domain.as_deref()?;
    Some(address::of(&app.ring().identity, &order.lead, domain))
}

/// An email as somebody reads it.
#[derive(Debug, Default)]
pub struct Shown {
    /// Its subject.
    pub subject: String,
    /// Whom it is from.
    pub from: String,
    /// Its text part.
    pub text: String,
    /// Its HTML part.
    pub html: String,
}

/// Takes an email apart that was written here.
pub fn shown(mime: &[u8]) -> Shown {
    let Some(message) = MessageParser::default().parse(mime) else {
        return Shown::default(); // what is written here can be read
    };
    let from = message.from().and_then(|from| from.first());
    let from = from.map(|from| match (from.name(), from.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    });
    Shown {
        subject: message.subject().unwrap_or_default().to_owned(),
        from: from.unwrap_or_default(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
    }
}

/// The MIME bytes of a digest.
///
/// # Errors
/// As [`write()`].
pub async fn write_digest(app: &App, order: &DigestOrder, now: Timestamp) -> Result<Vec<u8>, ComposeFailure> {
    let DigestOrder { mail, digest } = order;
    let catalog = app.catalog().await?;
    let published = catalog.published(&mail.campaign);
    let campaign = &published.ok_or_else(|| absent(&catalog, &mail.campaign))?.campaign;
    let broken = |_| ComposeFailure::Broken("digest_broken");
    let today = (digest.kind == DigestKind::Morning).then(|| today(app, mail, now));
    let places = digest::Places {
        base: &app.settings.base_url,
        today,
    };
    let written = digest::write(digest, campaign.name.get(mail.locale), mail.locale, places);
    let template = app.campaigns.own_template(&written.source).map_err(broken)?;
    let variables = written.variables();
    finish(app, campaign, mail, now, &template, variables, Foot::default())
}

/// The MIME bytes of a notice about a destination.
///
/// # Errors
/// As [`write()`].
pub async fn write_notice(
    app: &App,
    order: &MailOrder,
    (destination, notice): (&Destination, &Notice),
    now: Timestamp,
) -> Result<Vec<u8>, ComposeFailure> {
    let catalog = app.catalog().await?;
    let published = catalog.published(&order.campaign);
    let campaign = &published.ok_or_else(|| absent(&catalog, &order.campaign))?.campaign;
    let broken = |_| ComposeFailure::Broken("notice_broken");
    let zone = campaign.time_zone();
    let written = notice::write((destination, notice), &zone, order.locale, &app.settings.base_url);
    let template = app.campaigns.own_template(&written.source).map_err(broken)?;
    let variables = written.variables();
    finish(app, campaign, order, now, &template, variables, Foot::default())
}

/// What waits today for whoever gets this email, by a link of their own.
fn today(app: &App, order: &MailOrder, now: Timestamp) -> String {
    let ring = app.ring();
    let claims = Claims {
        workspace: order.workspace.clone(),
        lead: LeadId::of_desk(&ring.identity, &order.workspace, &order.to),
        subject: alert::TODAY.to_owned(),
    };
    let token = sign(&ring, Purpose::Sales, &claims, Some(now + SALES_LINK));
    let (base, lang) = (&app.settings.base_url, order.locale.code());
    format!("{base}/sales?t={}&lang={lang}", token.expose())
}

/// What an email to a person says at its foot beyond who writes: their rights, and the ways to them.
#[derive(Default)]
struct Foot {
    notice: String,
    data_url: Option<String>,
    preferences_url: Option<String>,
    unsubscribe_url: Option<String>,
}

fn foot(campaign: &Campaign, order: &MailOrder, links: &Links<'_>) -> Foot {
    let marketing = order.class == Class::Nurture;
    let informs = order.confirms.anything() && order.sequence != data_request::SEQUENCE;
    Foot {
        // Who answers for the data stands above it already.
        notice: match informs {
            true => notice(campaign, order.locale)[1..].join(" "),
            false => String::new(),
        },
        data_url: Some(links.ask_for_data()),
        preferences_url: marketing.then(|| links.preferences()),
        unsubscribe_url: marketing.then(|| links.unsubscribe()),
    }
}

/// Sets an email with its head and foot.
fn finish(
    app: &App,
    campaign: &Campaign,
    order: &MailOrder,
    now: Timestamp,
    template: &Template,
    variables: BTreeMap<&str, String>,
    foot: Foot,
) -> Result<Vec<u8>, ComposeFailure> {
    let sender = &campaign.sender;
    let domain = sender.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let face = Face::of(app, campaign, order.locale);
    let own = own_reply_address(app, order);
    compose(&Letter {
        locale: order.locale,
        from_name: sender.name.get(order.locale),
        face: &face,
        from: &sender.from,
        reply_to: own
            .as_deref()
            .or(order.reply_to.as_ref().map(|email| email.expose()))
            .unwrap_or(&sender.reply_to),
        to: order.to.expose(),
        // Names the email even in SES's older notifications, which carry headers but no tags.
        message_id: &format!("{}.{}@{domain}", order.send_id, order.lead),
        date_unix_s: now.as_second(),
        template,
        variables,
        reason: &reason(campaign, order),
        legal: sender.legal.get(order.locale),
        privacy_url: sender.privacy_url.get(order.locale),
        notice: &foot.notice,
        data_url: foot.data_url.as_deref(),
        preferences_url: foot.preferences_url.as_deref(),
        unsubscribe_url: foot.unsubscribe_url.as_deref(),
    })
    .map_err(|_| ComposeFailure::Broken("mail_broken"))
}

impl Face {
    /// The company of a campaign. Its logo is a file of the campaign at an address that is the same for everybody: who opens
    /// what stays unknown (R58). Mail programs show no SVG.
    fn of(app: &App, campaign: &Campaign, locale: Locale) -> Self {
        let brand = campaign.brand.clone().unwrap_or_default();
        let shown = |logo: &String| picture_type(logo).is_some_and(|kind| kind != "image/svg+xml");
        let logo = brand.logo.as_ref().filter(|logo| shown(logo));
        Self {
            name: campaign.company(locale).to_owned(),
            logo: logo.map(|_| format!("{}{}", app.settings.base_url, logo_path(campaign))),
            site: brand.site.clone(),
            colour: brand.colour().to_owned(),
            colour_dark: brand.colour_dark().to_owned(),
        }
    }
}

/// Why a campaign is not at hand: it waits, or is gone.
pub fn absent(catalog: &Catalog, campaign: &CampaignId) -> ComposeFailure {
    match catalog.leaves_out(campaign) {
        true => ComposeFailure::Waits,
        false => ComposeFailure::Broken("campaign_gone"),
    }
}

/// The template of an email: the owner's, or for what Piste itself writes, ours.
async fn template(app: &App, published: &Published, order: &MailOrder) -> Result<Arc<Template>, ComposeFailure> {
    let read = if order.sequence == data_request::SEQUENCE {
        app.campaigns.own_template(texts::data_mail(order.locale))
    } else {
        let path = email_path(order.locale, &order.template);
        app.campaigns.template(&app.store, published, &path).await
    };
    read.map_err(|error| match error {
        TemplateError::Store(error) => ComposeFailure::Store(error),
        TemplateError::Gone => ComposeFailure::Broken("template_gone"),
        TemplateError::Broken => ComposeFailure::Broken("template_broken"),
    })
}

/// The MIME bytes of a canary: nobody reads it, so it says nothing.
pub fn canary(from: &str) -> Vec<u8> {
    let to = ses::CANARY_ADDRESS;
    let head = "Subject: canary\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n";
    format!("From: {from}\r\nTo: {to}\r\n{head}\r\ncanary\r\n").into_bytes()
}

/// Why the person gets this email, in one sentence of its own foot.
fn reason(campaign: &Campaign, order: &MailOrder) -> String {
    let (locale, name) = (order.locale, campaign.name.get(order.locale));
    if order.sequence == data_request::SEQUENCE {
        return texts::because_data(locale).to_owned();
    }
    if order.sequence == notices::SEQUENCE {
        return texts::because_destination(locale, name);
    }
    match (order.class, order.basis.unwrap_or(campaign.regime)) {
        (Class::Service, _) => texts::because_form(locale, name),
        (Class::Alert, _) => texts::because_sales(locale, name),
        (Class::Nurture, Regime::B2cConsent) => texts::because_consent(locale, campaign.emails(locale), name),
        (Class::Nurture, Regime::B2bInterest) => texts::because_interest(locale, name),
        (Class::Nurture, Regime::CustomerSimilar) => texts::because_customer(locale, name),
    }
}

/// The signed links of one email.
struct Links<'a> {
    app: &'a App,
    order: &'a MailOrder,
    now: Timestamp,
}

impl Links<'_> {
    /// Proves the post that caused this email, and no other.
    fn confirm(&self) -> String {
        let Self { order, .. } = self;
        let subject = match &order.enquiry {
            Some(enquiry) => format!("{}/{enquiry}", order.campaign),
            None => order.campaign.to_string(),
        };
        self.signed("confirm", Purpose::Confirm, subject, Some(self.now + CONFIRM_LINK))
    }

    /// The lead's page in the console.
    fn lead(&self) -> String {
        format!("{}/console/leads/{}", self.app.settings.base_url, self.order.lead)
    }

    fn preferences(&self) -> String {
        let subject = self.order.campaign.to_string();
        self.signed("preferences", Purpose::Preferences, subject, None)
    }

    fn data(&self) -> String {
        let subject = self.order.campaign.to_string();
        self.signed("my-data", Purpose::Data, subject, Some(self.now + DATA_LINK))
    }

    /// Where anyone may ask for their own data: not signed, so that it may be forwarded with the email.
    fn ask_for_data(&self) -> String {
        let Self { app, order, .. } = self;
        let base = &app.settings.base_url;
        format!("{base}/my-data?form={}&lang={}", order.campaign, order.locale.code())
    }

    fn unsubscribe(&self) -> String {
        let subject = self.order.campaign.to_string();
        self.signed("unsubscribe", Purpose::Unsubscribe, subject, None)
    }

    /// The links of an alert. The one to note a call is good for this task of this case only.
    fn of_alert(&self, alert: &Alert) -> alert::Links {
        let case = alert.case.as_ref();
        let note = case.map(|case| {
            let subject = format!("{}/{}/{}", alert::NOTE, case.round, case.serial);
            self.signed("sales", Purpose::Sales, subject, Some(self.now + SALES_LINK))
        });
        alert::Links {
            lead: self.lead(),
            note,
            today: (!alert.owner.is_empty()).then(|| today(self.app, self.order, self.now)),
        }
    }

    fn resource(&self, published: &Published) -> Option<String> {
        let resource = published.campaign.resources.first()?;
        let subject = format!("{}/{}", self.order.campaign, resource.id);
        let until = resource.valid.add_to(self.now, &published.campaign.time_zone());
        let until = until.min(self.now + RESOURCE_LINK_MAX);
        let path = format!("resources/{}", resource.id);
        Some(self.signed(&path, Purpose::Resource, subject, Some(until)))
    }

    fn signed(&self, path: &str, purpose: Purpose, subject: String, until: Option<Timestamp>) -> String {
        let ring = self.app.ring();
        let claims = Claims {
            workspace: self.order.workspace.clone(),
            lead: self.order.lead.clone(),
            subject,
        };
        let token = sign(&ring, purpose, &claims, until);
        let base = &self.app.settings.base_url;
        format!("{base}/{path}?t={}&lang={}", token.expose(), self.order.locale.code())
    }
}
