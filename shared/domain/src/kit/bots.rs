//! Whether a program sent a request: the ones that guard or preview email open every link (R60), and crawlers visit forms.

use crate::kit::data::entries;

/// Parts of the user agents by which programs name themselves.
const BOTS: &str = include_str!("data/bots.txt");

/// Whether this user agent is a program's own: one that says so, or says nothing. Most guards say they are a browser;
/// those are recognised by how soon they click (`limits::CLICK_HUMAN_AFTER`).
pub fn is_machine(user_agent: &str) -> bool {
    let user_agent = user_agent.to_ascii_lowercase();
    user_agent.trim().is_empty() || entries(BOTS).any(|part| user_agent.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r60_programs_that_name_themselves_are_no_people() {
        for machine in [
            "",
            " ",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
            "Barracuda Sentinel (EE)",
            "python-requests/2.31.0",
            "curl/8.5.0",
            "SkypeUriPreview Preview/0.5",
            "facebookexternalhit/1.1",
            "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
        ] {
            assert!(is_machine(machine), "{machine}");
        }
        for person in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Gecko/20100101 Firefox/121.0",
        ] {
            assert!(!is_machine(person), "{person}");
        }
    }
}
