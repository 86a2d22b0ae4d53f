//! Where a post came from: what is kept of it, and how reports name it.

use crate::kit::ids::CampaignId;
use crate::kit::limits::SOURCE_CHARS_MAX;
use crate::kit::text::clean_line;
use crate::lead::{Lead, Touch};

/// Longest value of an attribution that is kept, in characters: it is for reading, not for storing pages.
const TOUCH_CHARS_MAX: usize = 120;
/// Longest id of an advertiser's click, in characters: the longest in use have some two hundred, and a part is worth nothing.
const CLICK_CHARS_MAX: usize = 500;

/// The source of a post: what its link said, else the host of the page before it.
pub fn source_of(touch: &Touch) -> Option<String> {
    let host = |url: &str| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        host.trim_start_matches("www.").to_ascii_lowercase()
    };
    let named = touch.get("source").map(str::to_lowercase);
    let source = named.or_else(|| touch.get("referrer").map(host))?;
    let source: String = source.trim().chars().take(SOURCE_CHARS_MAX).collect();
    (!source.is_empty()).then_some(source)
}

/// The source of a lead in a campaign: that of its first enquiry there.
pub fn source_in(lead: &Lead, campaign: &CampaignId) -> Option<String> {
    if campaign == &lead.campaign {
        return lead.words.enquiries().first().and_then(|first| source_of(&first.touch));
    }
    lead.standing(campaign).and_then(|standing| standing.source)
}

/// What is known of where the visitor came from.
pub fn touch_of(value: &dyn Fn(&str) -> Option<String>) -> Touch {
    let known = Touch::NAMES.iter().filter_map(|(stored, posted)| {
        let raw = value(posted)?;
        let kept = if Touch::is_click(posted) {
            click(&raw)?
        } else if posted.contains("utm_") {
            clean_line(&raw).chars().take(TOUCH_CHARS_MAX).collect()
        } else {
            bare_url(&raw)?
        };
        (!kept.is_empty()).then(|| ((*stored).to_owned(), kept))
    });
    let mut touch = Touch(known.collect());
    // Where the first source is the last one, it says nothing more.
    let last: Vec<_> = ["source", "medium", "campaign", "referrer"]
        .map(|name| (name, touch.get(name).map(str::to_owned)))
        .into();
    for (name, value) in last {
        touch
            .0
            .retain(|first, known| first.strip_prefix("first_") != Some(name) || Some(&*known) != value.as_ref());
    }
    touch
}

/// The id of a click, whole or not at all.
fn click(raw: &str) -> Option<String> {
    let id = raw.trim();
    let is_id = id
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_.~=+/|:".contains(&b));
    (is_id && id.len() <= CLICK_CHARS_MAX).then(|| id.to_owned())
}

/// A web address without query and fragment, which may hold anything.
pub fn bare_url(raw: &str) -> Option<String> {
    let url = clean_line(raw);
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return None;
    }
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    Some(bare.chars().take(TOUCH_CHARS_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_are_kept_whole_and_addresses_without_their_query() {
        let long = "A".repeat(200);
        let posted = |name: &str| {
            let value = match name {
                "gclid" => &long,
                "fbclid" => "IwAR1-x_y.z",
                "msclkid" => "not an id <b>",
                "utm_source" => " news ",
                "first_utm_source" => "google",
                "first_utm_campaign" | "utm_campaign" => "spring",
                "referrer" => "https://www.example.org/a?q=ana#b",
                "first_referrer" => "javascript:x",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let touch = touch_of(&posted);
        let known: Vec<_> = touch
            .0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            known,
            [
                ("campaign", "spring"),
                ("fbclid", "IwAR1-x_y.z"),
                ("first_source", "google"),
                ("gclid", long.as_str()),
                ("referrer", "https://www.example.org/a"),
                ("source", "news"),
            ]
        );
    }
}
