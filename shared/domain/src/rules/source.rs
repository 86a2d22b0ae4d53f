//! Where a post came from, as reports name it.

use crate::kit::limits::SOURCE_CHARS_MAX;
use crate::lead::Touch;

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
