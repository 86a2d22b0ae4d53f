//! Web addresses: `https://` before a bare host, scheme and host in lower case, nothing that leads elsewhere than it looks.

use crate::kit::email::ascii_domain;
use crate::kit::text::clean_line;

/// A web address in one form. Blanks, other schemes and user names are refused.
pub fn read(written: &str) -> Option<String> {
    let line = clean_line(written);
    let unfit = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    };
    if line.is_empty() || line.contains(unfit) {
        return None;
    }
    let (scheme, rest) = match line.split_once("://") {
        // What stands in a query is no scheme.
        Some((before, rest)) if !before.contains(['/', '?', '#', '.']) => match before.to_ascii_lowercase().as_str() {
            scheme @ ("http" | "https") => (Some(scheme.to_owned()), rest),
            _ => return None,
        },
        _ => (None, line.strip_prefix("//").unwrap_or(&line)),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // A full stop or a comma after the address of a site is the sentence's.
    let authority = match path.is_empty() {
        true => authority.trim_end_matches(['.', ',', ';']),
        false => authority,
    };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => {
            let number = port
                .parse::<u16>()
                .ok()
                .filter(|number| *number > 0 && !port.starts_with('+'))?;
            (host, format!(":{number}"))
        }
        None => (authority, String::new()),
    };
    let host = match scheme.is_some() && is_dotted_quad(host) {
        true => host.to_owned(),
        false => ascii_domain(host).ok()?,
    };
    let scheme = scheme.as_deref().unwrap_or("https");
    Some(format!("{scheme}://{host}{port}{path}"))
}

/// Four numbers of a byte each, as the address of a machine (IPv4).
fn is_dotted_quad(host: &str) -> bool {
    let mut parts = host.split('.');
    let is_byte = |part: &str| part.parse::<u8>().is_ok_and(|byte| byte.to_string() == part);
    host.matches('.').count() == 3 && parts.all(is_byte)
}
