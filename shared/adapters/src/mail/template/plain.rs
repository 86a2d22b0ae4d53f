//! Plain text: one line, wrapped lines, escaped for HTML, and which addresses an email may link to.

use std::borrow::Cow;

/// Width of the text part, in characters; URLs may be longer. RFC 3676 section 4.2 asks for at most 78.
pub const TEXT_COLUMNS_MAX: usize = 72;

/// `text` on one line: control characters and the line and paragraph separators become spaces, the ends are trimmed, and
/// several spaces become one: a header may be folded at them, and readers differ in what they make of the rest.
pub fn one_line(text: &str) -> String {
    if is_one_line(text) {
        return text.to_owned();
    }
    let text = printable(text);
    let mut line = String::with_capacity(text.len());
    for word in words(text.trim()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Whether nothing of it needs a closer look: most text is so, and every email is full of it.
fn is_one_line(text: &str) -> bool {
    let (mut two_before, mut before) = (b' ', b' ');
    for byte in text.bytes() {
        let is_control = byte < b' ' || byte == 0x7f || (before == 0xc2 && byte < 0xa0);
        let is_separator = two_before == 0xe2 && before == 0x80 && matches!(byte, 0xa8 | 0xa9);
        if is_control || is_separator || (before == b' ' && byte == b' ') {
            return false;
        }
        (two_before, before) = (before, byte);
    }
    before != b' '
}

/// What stands between spaces. Words are short, and a search by bytes is quicker over them than one by patterns.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.bytes().position(|byte| byte != b' ')?;
        let after = &rest[start..];
        let end = after.bytes().position(|byte| byte == b' ').unwrap_or(after.len());
        rest = &after[end..];
        Some(&after[..end])
    })
}

pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let ends_a_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    match text.contains(ends_a_line) {
        true => Cow::Owned(text.replace(ends_a_line, " ")),
        false => Cow::Borrowed(text),
    }
}

/// Characters that turn the direction of what follows them (UAX 9 section 2): in a value they could rewrite the owner's sentence.
pub(super) fn turns_text(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Escapes for HTML text and quoted attributes.
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    let special = |byte: u8| {
        Some(match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => return None,
        })
    };
    while let Some((at, reference)) = rest
        .bytes()
        .enumerate()
        .find_map(|(at, byte)| Some((at, special(byte)?)))
    {
        escaped.push_str(&rest[..at]);
        escaped.push_str(reference);
        rest = &rest[at + 1..];
    }
    escaped + rest
}

/// Whether an email may link to `url`: https, mailto, or the local system on this machine.
pub fn is_safe_url(url: &str) -> bool {
    let is_plain = !url
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\\'));
    is_plain && (is_public_url(url) || url.strip_prefix("http://").is_some_and(is_this_machine))
}

/// Whether it dials a number: `tel:` and E.164 (RFC 3966). A value of our own may; a file of an owner links to pages.
pub(super) fn is_telephone(url: &str) -> bool {
    let digits = url.strip_prefix("tel:+").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn is_public_url(url: &str) -> bool {
    ["https://", "mailto:"]
        .iter()
        .any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

/// Whether what follows `http://` names this machine: host and optional port, nothing before an `@`.
fn is_this_machine(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, "0"));
    matches!(host, "127.0.0.1" | "localhost") && port.parse::<u16>().is_ok()
}

/// Writes lines of at most [`TEXT_COLUMNS_MAX`] characters, broken at spaces only: no-break spaces hold, and a URL stays whole
/// however long it is. `first` stands before the first line and `rest` before those below.
pub fn wrap(out: &mut String, (first, rest): (&str, &str), text: &str) {
    let columns = TEXT_COLUMNS_MAX.saturating_sub(rest.len());
    let mut length = None;
    for word in words(text) {
        let more = word.chars().count();
        match length {
            Some(so_far) if so_far + 1 + more <= columns => {
                out.push(' ');
                length = Some(so_far + 1 + more);
            }
            Some(_) => {
                out.push('\n');
                out.push_str(rest);
                length = Some(more);
            }
            None => {
                out.push_str(first);
                length = Some(more);
            }
        }
        out.push_str(word);
    }
    if length.is_some() {
        out.push('\n');
    }
}
