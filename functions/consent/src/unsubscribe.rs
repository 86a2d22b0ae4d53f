//! Leaving: the mail client's own button, and the page with one button (RFC 8058, R39 to R45).

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::html;
use piste_adapters::app::Start;
use piste_adapters::pages::{self, Page};
use piste_adapters::token::{Claims, Purpose, Refused};
use piste_adapters::{http, telemetry};
use piste_domain::input;
use piste_domain::lead::consent::Method as How;

use crate::Link;

impl Link<'_> {
    pub(crate) async fn unsubscribe_page(&self) -> Response<Body> {
        if let Err(refused) = self.app.verify(Purpose::Unsubscribe, self.token).await {
            return self.bad_unsubscribe_link(refused, false);
        }
        let title = self.pick("Ne plus recevoir nos conseils", "Stop our advice by mail");
        let text = self.pick(
            "Appuyez sur ce bouton et nous ne vous enverrons plus d’e-mails de conseils. Rien d’autre à faire ni à remplir.",
            "Press this button and we will send you no more mails of advice. There is nothing else to do or fill in.",
        );
        let button = self.pick("Me désinscrire", "Unsubscribe");
        let body = html! {
            (self.langs("unsubscribe"))
            (self.one_button("unsubscribe", title, text, button))
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
        let Claims { lead, .. } = match self.app.verify(Purpose::Unsubscribe, self.token).await {
            Ok(claims) => claims,
            Err(refused) => return self.bad_unsubscribe_link(refused, one_click),
        };
        let how = if one_click { How::OneClick } else { How::Page };
        if let Err(error) = self.app.apply(&lead, Start::Known, input::OptOut(how)).await {
            return self.store_down(&error);
        }
        // A part of the archive from which a restored table learns what was decided since the backup (R21).
        let at = self.app.now().as_second();
        telemetry::log("opted_out", &[("lead", (&lead).into()), ("at", at.into())]);
        if one_click {
            return ok();
        }
        let title = self.pick("C’est fait", "Done");
        let text = self.pick(
            "Vous ne recevrez plus nos e-mails de conseils. Vous pouvez fermer cette page.",
            "You will get no more mails of advice from us. You can close this page.",
        );
        pages::message(StatusCode::OK, self.locale, title, text)
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
        let title = self.pick("Pour ne plus recevoir nos e-mails", "To stop our mails");
        let body = html! {
            div.card {
                h1 { (title) }
                p {
                    (self.pick(
                        "Ce lien est ancien, et nous ne pouvons plus y lire à quelle adresse il appartient. Répondez «\u{a0}stop\u{a0}» à l’un de nos e-mails\u{a0}: une personne s’en charge.",
                        "This link is old, and we can no longer tell from it which address it belongs to. Reply “stop” to any of our mails: a person will see to it.",
                    ))
                }
                p.links { a href={ "/my-data?lang=" (self.locale.code()) } { (self.pick("Ou recevez un nouveau lien par e-mail", "Or get a new link by mail")) } }
            }
        };
        Page::new(self.locale, title, body).answer(StatusCode::OK)
    }
}

fn ok() -> Response<Body> {
    http::answer(StatusCode::OK, "text/plain; charset=utf-8", "OK\n".into())
}
