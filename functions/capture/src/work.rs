//! The proof of work of forms that ask for one: their challenges, and what a solution is worth.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use piste_adapters::{App, http, telemetry};
use piste_domain::kit::ids::base32_26;
use piste_domain::kit::post::RawPost;
use piste_domain::kit::vocabulary::Layer;
use piste_domain::rules::quarantine::challenge::{Challenge, SOLUTION, solved};
use piste_domain::{Campaign, LeadId};

/// The script of the hosted form: it finds the number while the form is filled in.
pub const SCRIPT: &str = include_str!("proof.js");

/// A challenge. A form that asks for none answers too: a page with a widget goes on working when its owner turns this off.
pub fn challenge(app: &App, campaign: &Campaign) -> Response<Body> {
    let challenge = Challenge::new(&campaign.id, app.now(), app.chance.bytes(), &app.ring().identity);
    http::json(StatusCode::OK, &challenge)
}

/// What the proof of work says against a post. Only a solution that holds asks the store, once: whether it was used.
pub async fn against(app: &App, campaign: &Campaign, lead: &LeadId, post: &RawPost) -> Option<Layer> {
    if !campaign.protect.proof_of_work {
        return None;
    }
    let now = app.now();
    let solved = match solved(&campaign.id, post.get(SOLUTION), now, &app.ring().identity) {
        Ok(solved) => solved,
        Err(layer) => return Some(layer),
    };
    // The mark is the post's own: the same one sent again, because an answer was lost or the lead was not taken, is still
    // the first use.
    let pairs = post
        .pairs()
        .iter()
        .flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    let said: Vec<&str> = std::iter::once(lead.as_str()).chain(pairs).collect();
    let mark = base32_26(&app.ring().identity.mac(&said));
    match app.store.bind(&solved.row, &mark, now, solved.until).await {
        Ok(true) => None,
        Ok(false) => Some(Layer::FalseProof),
        Err(error) => {
            telemetry::log(
                "proof_not_checked",
                &[("form", (&campaign.id).into()), ("error", (&error).into())],
            );
            Some(Layer::NoProof)
        }
    }
}
