//! Cloudflare Turnstile on forms that ask for it: the widget of the hosted form, and what Cloudflare says of a post.

use piste_adapters::App;
use piste_adapters::http::Visit;
use piste_adapters::pages::Widget;
use piste_adapters::turnstile::Asked;
use piste_domain::kit::post::RawPost;
use piste_domain::kit::vocabulary::Layer;
use piste_domain::rules::quarantine::turnstile::{ORIGIN, SCRIPT, Verdict, idempotency_key, response};
use piste_domain::{Campaign, LeadId};

/// What the hosted form loads.
pub const WIDGET: Widget = Widget {
    origin: ORIGIN,
    script: SCRIPT,
};

/// What Cloudflare says against a post. A form without a site key asks nobody.
pub async fn against(app: &App, campaign: &Campaign, visit: &Visit, lead: &LeadId, post: &RawPost) -> Option<Layer> {
    let site = campaign.protect.turnstile.as_deref()?;
    let response = match response(post) {
        Ok(response) => response,
        Err(layer) => return Some(layer),
    };
    let asked = Asked {
        response,
        address: visit.address(),
        idempotency_key: &idempotency_key(lead, post, &app.ring().identity),
    };
    match app.judged_by_turnstile(campaign, site, &asked).await {
        Verdict::Against(layer) => Some(layer),
        Verdict::Passed | Verdict::NotChecked(_) => None,
    }
}
