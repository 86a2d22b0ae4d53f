//! What the person decides, by signed link: confirm, unsubscribe, say what they wish, see and erase their data, open the
//! promised download.
//!
//! GET and HEAD only ever show a page: mail gateways open every link. The button posts, and the post acts.

mod guide;
mod my_data;
mod preferences;
mod texts;
mod unsubscribe;
mod words;

use std::borrow::Cow;
use std::sync::Arc;

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::app::Start;
use piste_adapters::http::{self, Problem, Visit};
use piste_adapters::keys::Part;
use piste_adapters::pages::{self, Face, Page, is_page};
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_adapters::token::{self, Claims, Purpose, Refused};
use piste_adapters::{App, telemetry};
use piste_domain::input::Confirmed;
use piste_domain::kit::ids::EnquiryId;
use piste_domain::rules::confirmation::{self, Confirms};
use piste_domain::{Campaign, CampaignId, Catalog, Lead, Locale, input};

/// What it reads of the key ring; its role in `infra/template.yaml` may read no other part.
pub const KEYS: &[Part] = &[Part::Identity, Part::Links];

/// Answers `/confirm`, `/unsubscribe`, `/preferences`, `/my-data` and `/resources/{resource}`.
pub async fn handle(app: &App, visit: &Visit) -> Response<Body> {
    let link = Link {
        app,
        visit,
        locale: visit.locale(),
        token: visit.query("t").unwrap_or_default(),
    };
    let get = visit.is_get();
    let post = visit.method() == Method::POST;
    let response = match visit.path() {
        "confirm" if get => link.confirm_page().await,
        "confirm" if post => link.confirm().await,
        "unsubscribe" if get => link.unsubscribe_page().await,
        "unsubscribe" if post => link.unsubscribe().await,
        "preferences" if get => link.preferences_page().await,
        "preferences" if post => link.prefer().await,
        "my-data" if get => link.my_data_page().await,
        "my-data" if post => link.my_data().await,
        "confirm" | "unsubscribe" | "preferences" | "my-data" => http::method_not_allowed("GET, HEAD, POST"),
        resource if get => link.resource(resource.trim_start_matches("resources/")).await,
        _ => http::method_not_allowed("GET, HEAD"),
    };
    let response = link.dressed(response).await;
    http::without_body_for_head(visit.method(), response)
}

/// One visit by a signed link.
struct Link<'a> {
    app: &'a App,
    visit: &'a Visit,
    locale: Locale,
    token: &'a str,
}

impl Link<'_> {
    /// A page in the look of the company whose link it is. The look alone: what the link may do is checked elsewhere.
    async fn dressed(&self, response: Response<Body>) -> Response<Body> {
        if !is_page(&response) {
            return response;
        }
        let Ok(catalog) = self.app.catalog().await else {
            return response;
        };
        let subject = self.token.split('.').nth(5);
        let named = subject.and_then(|subject| subject.split('/').next());
        let named = named.or_else(|| self.visit.query("form")).map(CampaignId::new);
        let face = match named.and_then(|id| catalog.get(&id)) {
            Some(campaign) => Some(Face::of(campaign, campaign.locale_or_default(Some(self.locale)))),
            None => Face::of_all(&catalog, self.locale),
        };
        match face {
            Some(face) => face.dress(response),
            None => response,
        }
    }

    // ---- confirm ----

    /// The page says what the button confirms: that somebody wants marketing emails, or that a post is theirs.
    async fn confirm_page(&self) -> Response<Body> {
        let (claims, campaign) = match self.campaign_of(Purpose::Confirm).await {
            Ok(found) => found,
            Err(response) => return response,
        };
        let lead = match self.app.store.load(&claims.lead).await {
            Ok(lead) => lead.filter(|lead| lead.workspace == claims.workspace),
            Err(error) => return self.store_down(&error),
        };
        let (_, enquiry) = asked_in(&claims);
        // Of a lead that is gone nothing is known but its link.
        let confirms = lead.map_or(Confirms::OPT_IN, |lead| {
            confirmation::of_link(&lead, enquiry.as_ref(), &campaign)
        });
        let locale = campaign.locale_or_default(Some(self.locale));
        let words = ConfirmWords::of(&campaign, confirms, locale);
        let also = confirms.details.then(|| texts::details_differ(locale));
        let body = self.one_button("confirm", words.title, &words.text, also, words.button);
        Page::new(locale, words.title, body).answer(StatusCode::OK)
    }

    async fn confirm(&self) -> Response<Body> {
        let claims = match self.app.verify(Purpose::Confirm, self.token).await {
            Ok(claims) => claims,
            Err(refused) => return self.bad_link(refused),
        };
        let (campaign, enquiry) = asked_in(&claims);
        match self.app.catalog().await {
            Err(error) => return self.store_down(&error),
            Ok(catalog) => {
                if let Some(answer) = self.unread(&catalog, &campaign) {
                    return answer;
                }
            }
        }
        let confirm = input::Confirm(campaign, enquiry);
        match self.app.apply(&claims.lead, Start::Known, confirm).await {
            Ok(applied) if applied.answer == Some(Confirmed::Done) => {
                telemetry::log("confirmed", &[("lead", (&claims.lead).into())]);
                let campaign = match self.campaign(&claims).await {
                    Ok(campaign) => campaign,
                    Err(response) => return response,
                };
                let (_, enquiry) = asked_in(&claims);
                let confirms = applied.lead.map_or(Confirms::OPT_IN, |lead| {
                    confirmation::of_link(&lead, enquiry.as_ref(), &campaign)
                });
                let locale = campaign.locale_or_default(Some(self.locale));
                let words = ConfirmWords::of(&campaign, confirms, locale);
                pages::message(StatusCode::OK, locale, words.done_title, words.done_text)
            }
            Ok(_) => self.nothing_left(),
            Err(error) => self.store_down(&error),
        }
    }

    // ---- download ----

    async fn resource(&self, resource: &str) -> Response<Body> {
        let claims = match self.app.verify(Purpose::Resource, self.token).await {
            Ok(claims) => claims,
            Err(refused) => return self.bad_link(refused),
        };
        let catalog = match self.app.catalog().await {
            Ok(catalog) => catalog,
            Err(error) => return self.store_down(&error),
        };
        let promised = claims
            .subject
            .split_once('/')
            .filter(|(_, promised)| *promised == resource);
        let campaign = promised.map(|(campaign, _)| CampaignId::new(campaign));
        if let Some(answer) = campaign.as_ref().and_then(|id| self.unread(&catalog, id)) {
            return answer;
        }
        let published = campaign.and_then(|campaign| catalog.published(&campaign));
        let Some((published, title)) = published.and_then(|p| Some((p, &p.campaign.resource(resource)?.title))) else {
            return self.bad_link(Refused::Invalid);
        };
        let locale = published.campaign.locale_or_default(Some(self.locale));
        let path = piste_adapters::campaigns::resource_path(locale, resource);
        let file = piste_adapters::campaigns::file_path(locale, resource);
        match self.app.campaigns.file(&self.app.store, published, &file).await {
            Ok(Some(file)) => return guide::file(resource, file),
            Ok(None) => {}
            Err(error) => return self.store_down(&error),
        }
        match self.app.campaigns.text(&self.app.store, published, &path).await {
            Ok(Some(markdown)) => guide::page(&published.campaign, locale, title.get(locale), &markdown, self.token),
            Ok(None) => self.bad_link(Refused::Invalid),
            Err(error) => self.store_down(&error),
        }
    }

    // ---- what all of them share ----

    /// The address of one of our pages for this very link.
    fn address(&self, path: &str) -> String {
        self.address_in(path, self.locale)
    }

    fn address_in(&self, path: &str, locale: Locale) -> String {
        format!("/{path}?t={}&lang={}", self.token, locale.code())
    }

    /// The same page in the other language.
    fn langs(&self, path: &str) -> Markup {
        pages::languages(self.locale, &Locale::ALL, |other| self.address_in(path, other))
    }

    fn one_button(&self, path: &str, title: &str, text: &str, also: Option<&str>, button: &str) -> Markup {
        html! {
            div.card {
                h1 { (title) }
                p { (text) }
                @if let Some(also) = also { p { (also) } }
                form method="post" action=(self.address(path)) {
                    button type="submit" { (button) }
                }
            }
        }
    }

    /// The person that a link of this purpose belongs to.
    async fn person(&self, purpose: Purpose) -> Result<(Claims, Arc<Lead>), Response<Body>> {
        let claims = self.app.verify(purpose, self.token).await;
        let claims = claims.map_err(|refused| self.bad_link(refused))?;
        let lead = self.app.store.load(&claims.lead).await;
        let lead = lead.map_err(|error| self.store_down(&error))?;
        match lead.filter(|lead| lead.workspace == claims.workspace) {
            Some(lead) => Ok((claims, lead)),
            None => Err(pages::message(
                StatusCode::OK,
                self.locale,
                texts::no_longer_held(self.locale),
                texts::was_deleted(self.locale),
            )),
        }
    }

    async fn campaign_of(&self, purpose: Purpose) -> Result<(Claims, Campaign), Response<Body>> {
        let claims = self
            .app
            .verify(purpose, self.token)
            .await
            .map_err(|refused| self.bad_link(refused))?;
        let campaign = self.campaign(&claims).await?;
        Ok((claims, campaign))
    }

    async fn campaign(&self, claims: &Claims) -> Result<Campaign, Response<Body>> {
        let catalog = self.app.catalog().await.map_err(|error| self.store_down(&error))?;
        let (id, _) = asked_in(claims);
        let campaign = catalog.get(&id).cloned();
        campaign.ok_or_else(|| self.unread(&catalog, &id).unwrap_or_else(|| self.nothing_left()))
    }

    /// The answer where a campaign is there and cannot be read: soon it can, and a good link stays good (R42, R130).
    fn unread(&self, catalog: &Catalog, campaign: &CampaignId) -> Option<Response<Body>> {
        let unread = || self.store_down(&StoreError::new("campaign", StoreErrorKind::Corrupt));
        catalog.leaves_out(campaign).then(unread)
    }

    fn bad_link(&self, refused: Refused) -> Response<Body> {
        match refused {
            Refused::Expired => self.again(texts::link_expired(self.locale), texts::fill_in_again(self.locale)),
            Refused::Unread => self.store_down(&StoreError::new("keys", StoreErrorKind::NoAnswer)),
            Refused::Invalid | Refused::UnknownKey => pages::message(
                StatusCode::BAD_REQUEST,
                self.locale,
                texts::link_incomplete(self.locale),
                texts::copy_full_link(self.locale),
            ),
        }
    }

    fn nothing_left(&self) -> Response<Body> {
        self.again(texts::nothing_to_confirm(self.locale), texts::request_gone(self.locale))
    }

    /// A genuine link that leads nowhere any more, and the way to the form that it came from.
    fn again(&self, title: &str, text: &str) -> Response<Body> {
        let form = token::subject(self.token).and_then(|subject| subject.split('/').next());
        let body = html! {
            div.card {
                h1 { (title) }
                p { (text) }
                @if let Some(form) = form.filter(|form| !form.is_empty()) {
                    p { a.button href={ "/forms/" (form) "?lang=" (self.locale.code()) } { (texts::open_form(self.locale)) } }
                }
                (pages::reference(self.locale, telemetry::request_id().as_deref()))
            }
        };
        Page::new(self.locale, title, body).answer(StatusCode::GONE)
    }

    fn store_down(&self, error: &StoreError) -> Response<Body> {
        telemetry::log("consent_failed", &[("error", error.into())]);
        pages::problem(&Problem::store(error, self.locale), self.locale)
    }
}

/// The words of the page behind a button to confirm, and of the one after it.
struct ConfirmWords<'a> {
    title: &'a str,
    text: Cow<'a, str>,
    button: &'a str,
    done_title: &'a str,
    done_text: &'a str,
}

impl<'a> ConfirmWords<'a> {
    /// The campaign's own words are about its marketing emails alone. Where it has none, a tick that nobody had to confirm
    /// waits for a yes all the same if the person said no before; they read the words of the box.
    fn of(campaign: &'a Campaign, confirms: Confirms, locale: Locale) -> Self {
        let name = campaign.name.get(locale);
        match (confirms.opt_in, &campaign.opt_in, campaign.marketing_box()) {
            (true, Some(page), _) => Self {
                title: page.title.get(locale),
                text: page.text.get(locale).into(),
                button: page.button.get(locale),
                done_title: page.done_title.get(locale),
                done_text: page.done_text.get(locale),
            },
            (true, None, Some(asked)) => Self {
                title: texts::confirm_title(locale),
                text: asked.label.get(locale).into(),
                button: texts::agree(locale),
                done_title: texts::confirmed_title(locale),
                done_text: texts::confirmed_text(locale),
            },
            _ => Self {
                title: texts::own_post_title(locale),
                text: texts::own_post_text(locale, name).into(),
                button: texts::own_post(locale),
                done_title: texts::confirmed_title(locale),
                done_text: texts::own_post_confirmed(locale),
            },
        }
    }
}

/// The campaign that a link is about and, of a link to confirm, the enquiry whose email it came in.
fn asked_in(claims: &Claims) -> (CampaignId, Option<EnquiryId>) {
    match claims.subject.split_once('/') {
        Some((campaign, enquiry)) => (CampaignId::new(campaign), Some(EnquiryId::new(enquiry))),
        None => (CampaignId::new(claims.subject.clone()), None),
    }
}
