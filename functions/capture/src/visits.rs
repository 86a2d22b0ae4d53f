//! Counting visits without knowing anybody: one number for each campaign and day. No cookie, no address, no mark that
//! would tell one visitor from another; so who reloads counts again, and who blocks nothing counts like everybody else.

use std::time::Duration;

use lambda_http::http::header::REFERER;
use piste_adapters::http::Visit;
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_adapters::{App, telemetry};
use piste_domain::Campaign;
use piste_domain::kit::bots::is_machine;

/// How long the page waits for its count at most, and then goes without.
const PATIENCE: Duration = Duration::from_millis(150);

/// Whether a request for the form is a person who comes to it: a browser, not ahead of need, and not from a page of ours
/// (this form in the other language, or sent back with its mistakes).
pub fn is_one(app: &App, visit: &Visit) -> bool {
    let ahead = ["sec-purpose", "purpose", "x-moz"]
        .into_iter()
        .filter_map(|name| visit.header(name))
        .any(|purpose| purpose.contains("prefetch"));
    let ours = match visit.header("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => visit
            .header(REFERER)
            .is_some_and(|page| page.starts_with(&app.settings.base_url)),
    };
    is_browser(visit.user_agent()) && !ahead && !ours
}

/// Whether a `User-Agent` is a browser's. Every browser calls itself Mozilla, for reasons of history; few programs do.
pub fn is_browser(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    agent.starts_with("mozilla/") && !is_machine(&agent)
}

/// Counts one, unless this visitor came too often within the minute (R89). Whatever becomes of it, the page goes on.
pub async fn count(app: &App, campaign: &Campaign, visit: &Visit) {
    let limit = campaign.protect.limits.visits();
    if app.holds_off(visit, &limit, campaign.id.as_str()).await.is_some() {
        return;
    }
    let day = app.now().to_zoned(campaign.time_zone()).date();
    let counted = app.store.count_visit(&campaign.workspace, &campaign.id, day);
    let in_time = tokio::time::timeout(PATIENCE, counted).await;
    let late = StoreError::new("count visit", StoreErrorKind::NoAnswer);
    if let Err(error) = in_time.unwrap_or(Err(late)) {
        telemetry::log(
            "visit_not_counted",
            &[("form", (&campaign.id).into()), ("error", (&error).into())],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::is_browser;

    #[test]
    fn browsers_count_and_programs_do_not() {
        for browser in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        ] {
            assert!(is_browser(browser), "{browser}");
        }
        for program in [
            "",
            "curl/8.5.0",
            "python-requests/2.32",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0)",
            "facebookexternalhit/1.1",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5",
        ] {
            assert!(!is_browser(program), "{program}");
        }
    }
}
