//! An address as people type and paste it: what surely is beside it is dropped, what probably is, asked back (R83).

use std::borrow::Cow;

use super::{Email, EmailProblem, INPUT_BYTES_MAX, POPULAR_DOMAINS, check_local};
use crate::kit::data::entries;
use crate::kit::read::is_apostrophe;
use crate::kit::text::is_invisible;

/// Why an address was not taken, and the one that was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// What is wrong.
    pub problem: EmailProblem,
    /// What was probably meant, for the person to decide.
    pub suggestion: Option<Email>,
}

/// Signs that stand around an address and are no part of one.
const AROUND: [char; 18] = [
    '<', '>', '(', ')', '[', ']', '"', '“', '”', '„', '‚', '«', '»', '‹', '›', ',', ';', ':',
];
/// What a link to an address begins with (RFC 6068 §2).
const MAILTO: &str = "mailto:";
/// How the sign is typed on keyboards of East Asia.
const WIDE_ATS: [char; 2] = ['＠', '﹫'];

impl Email {
    /// Reads what a person typed or pasted. Dropped are characters that cannot be seen, `mailto:` with its escapes and its
    /// query, the brackets around an address and the name before them, quotes, and a full stop, comma or semicolon after
    /// it; a typographic apostrophe is a plain one.
    ///
    /// # Errors
    /// [`Misread`], with a suggestion where another address is near at hand.
    pub fn read(raw: &str) -> Result<Self, Misread> {
        if raw.len() > 4 * INPUT_BYTES_MAX {
            // Refused unread, or blank.
            return Self::parse(raw).map_err(|problem| Misread {
                problem,
                suggestion: None,
            });
        }
        let visible: String = unescaped(raw)
            .chars()
            .filter(|c| c.is_whitespace() || !is_invisible(*c))
            .map(|c| if is_apostrophe(c) && c != '`' { '\'' } else { c })
            .collect();
        let bare = bare(&visible);
        Self::parse(bare).map_err(|problem| Misread {
            problem,
            suggestion: meant(bare),
        })
    }
}

/// The text with the escapes of a link undone, up to the link's query. Elsewhere a percent sign is a sign of the address.
fn unescaped(typed: &str) -> Cow<'_, str> {
    let Some(at) = typed.to_ascii_lowercase().find(MAILTO) else {
        return Cow::Borrowed(typed);
    };
    let (before, link) = typed.split_at(at + MAILTO.len());
    let (address, after) = link.split_at(link.find(['?', '>']).unwrap_or(link.len()));
    let mut pieces = address.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let escape = piece.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
        match escape.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(&piece.as_bytes()[2..]);
            }
            None => {
                bytes.push(b'%');
                bytes.extend(piece.as_bytes());
            }
        }
    }
    match String::from_utf8(bytes) {
        Ok(address) => Cow::Owned(format!("{before}{address}{after}")),
        Err(_) => Cow::Borrowed(typed),
    }
}

/// The address without what stands around it.
fn bare(typed: &str) -> &str {
    let mut rest = typed.trim();
    // "Anne Martin <anne@example.org>": one pair of brackets with one address in it.
    if let (Some(open), Some(close)) = (rest.rfind('<'), rest.rfind('>'))
        && open < close
        && rest.matches('@').count() == 1
        && rest[open..close].contains('@')
    {
        rest = &rest[open + 1..close];
    }
    loop {
        let before = rest;
        rest = rest.trim().trim_start_matches(AROUND);
        rest = rest.trim_end_matches(AROUND).trim_end_matches(['.', '!']);
        if let Some(head) = rest.get(..MAILTO.len())
            && head.eq_ignore_ascii_case(MAILTO)
        {
            rest = &rest[MAILTO.len()..];
            rest = rest.split('?').next().unwrap_or_default();
        }
        // In single quotes; a single one before the address belongs to it (RFC 5322 §3.2.3).
        if let Some(shorter) = rest.strip_suffix('\'') {
            rest = shorter.strip_prefix('\'').unwrap_or(shorter);
        }
        if rest == before {
            return rest;
        }
    }
}

/// The address that was probably meant by something that is none.
fn meant(typed: &str) -> Option<Email> {
    let parse = |text: &str| Email::parse(bare(text)).ok();
    // The sign twice in a row, or a wide one.
    let mut plain = typed.replace(WIDE_ATS, "@");
    while plain.contains("@@") {
        plain = plain.replace("@@", "@");
    }
    if plain != typed {
        return parse(&plain).or_else(|| meant(bare(&plain)));
    }
    // A name, a label or another address beside it.
    let mut parts = typed.split(|c: char| c.is_whitespace() || AROUND.contains(&c) || matches!(c, '/' | '|'));
    if let Some(email) = parts.find_map(|part| part.contains('@').then(|| parse(part)).flatten()) {
        return Some(email);
    }
    // "anne @ example.org", "anne@example. org": typed by a telephone that puts a blank after every word.
    let is_near = |c: char| matches!(c, '@' | '.');
    let mut joined = String::new();
    for word in typed.split_whitespace() {
        if !joined.is_empty() && !joined.ends_with(is_near) && !word.starts_with(is_near) {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    let one = joined.split(' ').find(|word| word.contains('@'));
    if let Some(email) = one.and_then(parse) {
        return Some(email);
    }
    // A comma for a dot, a dot too many.
    let (local, domain) = typed.split_once('@')?;
    let single = |text: &str| {
        let parts: Vec<&str> = text.split(['.', ',']).filter(|part| !part.is_empty()).collect();
        parts.join(".")
    };
    let local = match local.contains("..") || local.starts_with('.') || local.ends_with('.') {
        true => single(local),
        false => local.to_owned(),
    };
    parse(&format!("{local}@{}", single(domain))).or_else(|| well_known(&local, domain))
}

/// The well-known domain that somebody cut short: "orange.f", "gmail".
fn well_known(local: &str, domain: &str) -> Option<Email> {
    check_local(local).ok()?;
    let domain = domain.to_ascii_lowercase();
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    if !domain.bytes().all(is_plain) {
        return None;
    }
    let is_name = |known: &&str| known.split_once('.').is_some_and(|(name, _)| name == domain);
    let whole = || Some(format!("{local}@{}", entries(POPULAR_DOMAINS).find(is_name)?));
    let meant = Email(format!("{local}@{domain}")).suggestion().or_else(whole)?;
    Email::parse(&meant).ok()
}
