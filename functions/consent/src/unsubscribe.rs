//! Leaving: the mail client's own button, and the page with one button (RFC 8058, R39 to R45).

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::html;
use piste_adapters::app::Start;
use piste_adapters::pages::{self, Page};
use piste_adapters::token::{Claims, Purpose, Refused};
use piste_adapters::{http, telemetry};
use piste_domain::campaign::marketing_emails;
use piste_domain::lead::consent::Method as How;
use piste_domain::{CampaignId, input};

use crate::{Link, texts};

impl Link<'_> {
    pub(crate) async fn unsubscribe_page(&self) -> Response<Body> {
        let claims = match self.app.verify(Purpose::Unsubscribe, self.token).await {
            Ok(claims) => claims,
            Err(refused) => return self.bad_unsubscribe_link(refused, false),
        };
        let title = texts::unsubscribe_title(self.locale);
        let text = texts::unsubscribe_text(self.locale, &self.emails_of(&claims).await);
        let button = texts::unsubscribe(self.locale);
        let body = html! {
            (self.langs("unsubscribe"))
            (self.one_button("unsubscribe", title, &text, None, button))
        };
        Page::new(self.locale, title, body).answer(StatusCode::OK)
    }

    /// The opt-out is in the store before the answer leaves. The mail client's own button gets 200 and no page to
    /// follow (RFC 8058, section 3.1); repeating it changes nothing and is answered the same.
    pub(crate) async fn unsubscribe(&self) -> Response<Body> {
        let one_click = self
            .visit
            .post()
            .await
            .is_ok_and(|post| post.get("List-Unsubscribe") == Some("One-Click"));
        let claims = match self.app.verify(Purpose::Unsubscribe, self.token).await {
            Ok(claims) => claims,
            Err(refused) => return self.bad_unsubscribe_link(refused, one_click),
        };
        let how = if one_click { How::OneClick } else { How::Page };
        if let Err(error) = self.app.apply(&claims.lead, Start::Known, input::OptOut(how)).await {
            return self.store_down(&error);
        }
        // A part of the archive from which a restored table learns what was decided since the backup (R21).
        let at = self.app.now().as_second();
        telemetry::log("opted_out", &[("lead", (&claims.lead).into()), ("at", at.into())]);
        if one_click {
            return ok();
        }
        let title = texts::unsubscribed_title(self.locale);
        let text = texts::unsubscribed_text(self.locale, &self.emails_of(&claims).await);
        pages::message(StatusCode::OK, self.locale, title, &text)
    }

    /// What the campaign of a link calls its marketing emails; of one that is gone or cannot be read, what everybody calls them.
    async fn emails_of(&self, claims: &Claims) -> String {
        let catalog = self.app.catalog().await;
        let campaign = catalog
            .ok()
            .and_then(|catalog| catalog.get(&CampaignId::new(&*claims.subject)).cloned());
        campaign.map_or_else(
            || marketing_emails(self.locale).to_owned(),
            |campaign| campaign.emails(self.locale).to_owned(),
        )
    }

    /// Nobody who once got a good link is told that it is bad (R42): one under a key that is lost tells how else to leave.
    fn bad_unsubscribe_link(&self, refused: Refused, one_click: bool) -> Response<Body> {
        if matches!(refused, Refused::Invalid | Refused::Unread) {
            return self.bad_link(refused);
        }
        telemetry::log("unsubscribe_unread", &[]);
        if one_click {
            return ok();
        }
        let title = texts::old_link_title(self.locale);
        let body = html! {
            div.card {
                h1 { (title) }
                p {
                    (texts::old_link_text(self.locale))
                }
                p.links { a href={ "/my-data?lang=" (self.locale.code()) } { (texts::or_new_link(self.locale)) } }
            }
        };
        Page::new(self.locale, title, body).answer(StatusCode::OK)
    }
}

fn ok() -> Response<Body> {
    http::answer(StatusCode::OK, "text/plain; charset=utf-8", "OK\n".into())
}
