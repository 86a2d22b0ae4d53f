//! Which sites the posts of visitors come from.

use piste_adapters::{App, telemetry};
use piste_domain::Campaign;

/// Whether a site is on the form's list, or our own.
pub fn is_listed(app: &App, campaign: &Campaign, origin: &str) -> bool {
    campaign.form.origins.iter().any(|known| known == origin) || origin == app.settings.base_url
}

/// Names a site that posts and is not on the list: its posts are taken, but its scripts read no answer.
pub fn tell_of_site(app: &App, campaign: &Campaign, page: &str) {
    let origin: Vec<&str> = page.splitn(4, '/').take(3).collect();
    let origin = origin.join("/");
    if !is_listed(app, campaign, &origin) {
        telemetry::notice("unlisted_site", &campaign.id, &origin);
    }
}
