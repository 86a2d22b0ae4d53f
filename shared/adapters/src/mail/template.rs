//! A mail as an owner writes it, checked by `piste check` and rendered for one lead.
//!
//! Markdown is read with a mark in the place of each value, and the values take the places of the marks in what came of
//! it: so what a lead typed is text and can be nothing else, and a mail to many leads is read once for all of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::Value;
use minijinja::{Environment, Error, UndefinedBehavior};
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};
use serde::Deserialize;

/// Work a template may do, in minijinja's units: about 64 bytes of output or one instruction each, so 3 MB at most.
const FUEL_UNITS_MAX: u64 = 50_000;

/// Width of the text part, in characters; URLs may be longer. RFC 3676 section 4.2 asks for at most 78.
pub(super) const TEXT_COLUMNS_MAX: usize = 72;

/// Stand-ins of `check` for values that are not known yet: private-use characters, which no owner types.
const ANY_VALUE: &str = "\u{E000}";
const ANY_URL: &str = "https://\u{E001}";

/// A mail as an owner writes it: TOML front matter between `+++` lines (`subject`, `preview`), then Markdown with variables.
#[derive(Debug)]
pub struct Template {
    subject: Part,
    preview: Part,
    body: Part,
    /// What came of it so far, by the names of the variables that had a value: all that its conditions can tell apart.
    skeletons: Mutex<BTreeMap<String, Arc<Skeleton>>>,
}

/// A piece of the file that holds variables, and the line of the file it starts on, counted from 1.
#[derive(Debug)]
struct Part {
    source: String,
    line: usize,
}

/// A mail with marks in the places of its values.
#[derive(Debug)]
struct Skeleton {
    subject: Marked,
    preview: Marked,
    html: Marked,
    text: Vec<Line>,
}

/// Templates that were read lately, with their sources: one is sent to many leads. They are few, and told apart by their
/// lengths sooner than by a hash over all of them.
static READ: Mutex<Vec<(Arc<str>, Arc<Template>)>> = Mutex::new(Vec::new());
/// And how many of them are kept.
const READ_MAX: usize = 64;

/// What is wrong with a template: `line` counts from 1 at the file's first line, `message` says in English what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateProblem {
    /// Line of the file, from 1.
    pub line: usize,
    /// English, for the owner. Quotes the template, never a lead.
    pub message: String,
}

/// A mail with its values: `subject` and `preview` are plain text of one line, `html` a fragment for the layout, `text` ends with a line feed.
///
/// Holds personal data, hence no `Debug`.
pub struct Rendered {
    /// Plain text, one line, not yet encoded for a header.
    pub subject: String,
    /// Plain text, one line: what mail clients show after the subject.
    pub preview: String,
    /// Blocks of HTML with inline styles; every text is escaped, every `href` is https, mailto or the local system.
    pub html: String,
    /// The same for the text part: wrapped at 72 characters, lines end with `\n`.
    pub text: String,
}

/// Why a mail could not be rendered. Names variables and lines, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A variable is absent outside `{% if %}`, or the template is not one that `check` passes.
    #[error("line {line} of the template: {reason}")]
    Variables {
        /// Line of the file, from 1.
        line: usize,
        /// The engine's name for what happened.
        reason: String,
    },
    /// The value of a `…_url` variable is neither https nor the local system.
    #[error("the value of {name} is not an https address")]
    Url {
        /// The variable.
        name: String,
    },
    /// A link in the body is neither https nor mailto.
    #[error("a link of the mail is neither https nor mailto")]
    Link,
}

/// Front matter; see [`Template`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    subject: toml::Spanned<String>,
    preview: toml::Spanned<String>,
}

impl Template {
    /// Splits a file into subject, preview and body. `source` is the whole file; a byte order mark and CRLF line ends are accepted.
    ///
    /// # Errors
    /// The first thing that keeps the file from being read: no front matter, an unknown, missing or empty key, an empty body.
    pub fn parse(source: &str) -> Result<Self, TemplateProblem> {
        let source = source.trim_start_matches('\u{FEFF}').replace("\r\n", "\n");
        let lines: Vec<&str> = source.split('\n').collect();
        if let Some(line) = lines.iter().position(|line| line.contains(is_mark)) {
            return Err(problem(line + 1, "remove the character that no font has (private use)"));
        }
        let is_fence = |line: &&str| line.trim_end() == "+++";
        if !lines.first().is_some_and(is_fence) {
            return Err(problem(
                1,
                "start the file with a line `+++`, then subject and preview, then a second line `+++`",
            ));
        }
        let Some(end) = lines.iter().skip(1).position(is_fence).map(|at| at + 1) else {
            return Err(problem(1, "close the front matter with a second line `+++`"));
        };
        let front_source = lines[1..end].join("\n");
        let front_line = |offset: usize| 2 + count_lines(front_source.get(..offset).unwrap_or_default());
        let front: Front = toml::from_str(&front_source).map_err(|error| {
            let line = error.span().map_or(1, |span| front_line(span.start));
            problem(line, format!("front matter: {}", error.message()))
        })?;
        let part = |name: &str, value: toml::Spanned<String>| {
            let line = front_line(value.span().start);
            let source = value.into_inner();
            if source.trim().is_empty() || source.contains('\n') {
                return Err(problem(line, format!("write {name} as one line of text")));
            }
            Ok(Part { source, line })
        };
        let body = Part {
            source: lines[end + 1..].join("\n"),
            line: end + 2,
        };
        if body.source.trim().is_empty() {
            return Err(problem(end + 1, "write the mail below the second line `+++`"));
        }
        Ok(Self {
            subject: part("subject", front.subject)?,
            preview: part("preview", front.preview)?,
            body,
            skeletons: Mutex::default(),
        })
    }

    /// The same, and kept: the next mail from this source is written without reading it again.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn read(source: &Arc<str>) -> Result<Arc<Self>, TemplateProblem> {
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &Arc<str>| Arc::ptr_eq(known, source) || known == source;
        if let Some((_, template)) = read.iter().find(|(known, _)| same(known)) {
            return Ok(Arc::clone(template));
        }
        let template = Arc::new(Self::parse(source)?);
        if read.len() >= READ_MAX {
            read.clear();
        }
        read.push((Arc::clone(source), Arc::clone(&template)));
        Ok(template)
    }

    /// Everything `piste check` refuses in a mail, in the order of its lines; empty when the mail is good.
    ///
    /// `allowed`: the variables this mail may use. Refused: syntax errors, other variables, other tags than `if`, links that are not https or mailto
    /// (one `{{ …_url }}` variable is fine), buttons that do not stand alone, images, tables, code, raw HTML, an empty body.
    /// Whether a variable that may be absent stands behind `{% if %}` shows when the template is rendered without it.
    #[must_use]
    pub fn check(source: &str, allowed: &[&str]) -> Vec<TemplateProblem> {
        let template = match Self::parse(source) {
            Ok(template) => template,
            Err(problem) => return vec![problem],
        };
        let mut problems = Vec::new();
        for part in [&template.subject, &template.preview, &template.body] {
            check_tags(part, allowed, &mut problems);
            if let Err(error) = Environment::empty().template_from_str(&part.source) {
                problems.push(problem(
                    error_line(part, &error),
                    format!("template: {}", error.detail().unwrap_or("syntax error")),
                ));
            }
        }
        check_markdown(&template.body, &mut problems);
        problems.sort_by_key(|problem| problem.line);
        problems
    }

    /// Fills in the variables, then turns Markdown into HTML and text.
    ///
    /// `variables`: name to value as it is, unescaped. An empty or blank value counts as absent. Values keep to one line: control characters become spaces.
    ///
    /// # Errors
    /// `Variables`: an absent variable outside `{% if %}`. `Url`: a `…_url` value that is not https. `Link`: a link `check` would have refused.
    pub fn render(&self, variables: &BTreeMap<&str, String>) -> Result<Rendered, RenderError> {
        let mut names = Vec::new();
        let mut values = Vec::new();
        for (name, value) in variables {
            let value: String = one_line(value)
                .chars()
                .filter(|c| !turns_text(*c) && !is_mark(*c))
                .collect();
            if value.is_empty() {
                continue;
            }
            if name.ends_with("_url") && !is_safe_url(&value) {
                return Err(RenderError::Url {
                    name: (*name).to_owned(),
                });
            }
            names.push(*name);
            values.push(value);
        }
        let skeleton = self.skeleton(&names)?;
        let escaped: Vec<_> = values.iter().map(|value| escape_html(value)).collect();
        Ok(Rendered {
            subject: skeleton.subject.fill(&values),
            preview: skeleton.preview.fill(&values),
            html: skeleton.html.fill(&escaped),
            text: write_text(&skeleton.text, &values),
        })
    }

    /// What comes of it where these variables have a value.
    fn skeleton(&self, names: &[&str]) -> Result<Arc<Skeleton>, RenderError> {
        let key = names.join(",");
        let known = |skeletons: &BTreeMap<String, Arc<Skeleton>>| skeletons.get(&key).cloned();
        if let Some(skeleton) = known(&self.skeletons.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(skeleton);
        }
        let (html, text) = write_body(&marked(&self.body, names)?, names)?;
        let skeleton = Arc::new(Skeleton {
            subject: Marked::new(&one_line(&marked(&self.subject, names)?)),
            preview: Marked::new(&one_line(&marked(&self.preview, names)?)),
            html: Marked::new(&html),
            text,
        });
        let mut skeletons = self.skeletons.lock().unwrap_or_else(PoisonError::into_inner);
        skeletons.insert(key, Arc::clone(&skeleton));
        Ok(skeleton)
    }
}

/// The first of the marks: private-use characters, one for each value. Neither a file nor a value may hold any.
const MARKS_FROM: u32 = 0xE100;
/// And the last.
const MARKS_TO: u32 = 0xE1FF;

fn is_mark(c: char) -> bool {
    (MARKS_FROM..=MARKS_TO).contains(&u32::from(c))
}

/// The mark of the value of this place.
pub(super) fn mark(place: usize) -> Option<char> {
    let code = u32::try_from(place)
        .ok()
        .and_then(|place| MARKS_FROM.checked_add(place));
    code.filter(|code| *code <= MARKS_TO).and_then(char::from_u32)
}

/// Text with marks, cut at them: what comes before each, and the place of its value.
#[derive(Debug)]
pub(super) struct Marked {
    pieces: Vec<(String, usize)>,
    end: String,
}

impl Marked {
    pub(super) fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((at, mark)) = rest.char_indices().find(|(_, c)| is_mark(*c)) {
            pieces.push((rest[..at].to_owned(), (u32::from(mark) - MARKS_FROM) as usize));
            rest = &rest[at + mark.len_utf8()..];
        }
        Self {
            pieces,
            end: rest.to_owned(),
        }
    }

    /// The text with the values in the places of the marks.
    pub(super) fn fill<V: AsRef<str>>(&self, values: &[V]) -> String {
        let value = |place: usize| values.get(place).map_or("", AsRef::as_ref);
        let pieces = self
            .pieces
            .iter()
            .map(|(before, place)| before.len() + value(*place).len());
        let mut text = String::with_capacity(pieces.sum::<usize>() + self.end.len());
        for (before, place) in &self.pieces {
            text.push_str(before);
            text.push_str(value(*place));
        }
        text.push_str(&self.end);
        text
    }
}

fn problem(line: usize, message: impl Into<String>) -> TemplateProblem {
    TemplateProblem {
        line,
        message: message.into(),
    }
}

fn count_lines(text: &str) -> usize {
    text.matches('\n').count()
}

fn error_line(part: &Part, error: &Error) -> usize {
    part.line + error.line().unwrap_or(1) - 1
}

/// An engine without filters, functions, loaders or globals: marks and conditions are all there is.
pub(super) fn engine<'a>() -> Environment<'a> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    engine.set_fuel(Some(FUEL_UNITS_MAX));
    engine.set_formatter(|out, _, value| Ok(out.write_str(value.as_str().unwrap_or_default())?));
    engine
}

/// A piece of the file with the conditions decided and a mark in the place of each value.
fn marked<'a>(part: &'a Part, names: &[&str]) -> Result<Cow<'a, str>, RenderError> {
    if !part.source.contains('{') {
        return Ok(Cow::Borrowed(&part.source));
    }
    let marks = names.iter().enumerate().map(|(place, name)| {
        let mark = mark(place).map(String::from).unwrap_or_default();
        (*name, Value::from(mark))
    });
    engine()
        .render_str(&part.source, Value::from_pairs(marks))
        .map(Cow::Owned)
        .map_err(|error| RenderError::Variables {
            line: error_line(part, &error),
            reason: error.kind().to_string(),
        })
}

/// `text` on one line: control characters and the line and paragraph separators become spaces, the ends are trimmed, and
/// several spaces become one: a header may be folded at them, and readers differ in what they make of the rest.
pub(super) fn one_line(text: &str) -> String {
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

/// Whether nothing of it needs a closer look: most text is so, and every mail is full of it.
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

fn printable(text: &str) -> Cow<'_, str> {
    let ends_a_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    match text.contains(ends_a_line) {
        true => Cow::Owned(text.replace(ends_a_line, " ")),
        false => Cow::Borrowed(text),
    }
}

/// Characters that turn the direction of what follows them (UAX 9 section 2): in a value they could rewrite the owner's sentence.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Escapes for HTML text and quoted attributes.
pub(super) fn escape_html(text: &str) -> String {
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

/// Whether a mail may link to `url`: https, mailto, or the local system on this machine.
pub(super) fn is_safe_url(url: &str) -> bool {
    let is_plain = !url
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\\'));
    is_plain && (is_public_url(url) || url.strip_prefix("http://").is_some_and(is_this_machine))
}

fn is_public_url(url: &str) -> bool {
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

/// One `{{ … }}`, `{% … %}` or `{# … #}`: where it stands in its part, and what is inside.
struct Construct<'a> {
    start: usize,
    end: usize,
    kind: ConstructKind,
    inner: &'a str,
}

#[derive(Clone, Copy, PartialEq)]
enum ConstructKind {
    Variable,
    Tag,
    Comment,
}

/// The constructs of a template in order. One that is not closed ends the list: the engine reports it.
fn constructs(source: &str) -> Vec<Construct<'_>> {
    const DELIMITERS: [(ConstructKind, &str, &str); 3] = [
        (ConstructKind::Variable, "{{", "}}"),
        (ConstructKind::Tag, "{%", "%}"),
        (ConstructKind::Comment, "{#", "#}"),
    ];
    let mut found: Vec<Construct<'_>> = Vec::new();
    let mut from = 0;
    while let Some((start, kind, close)) = DELIMITERS
        .iter()
        .filter_map(|(kind, open, close)| source[from..].find(open).map(|at| (from + at, *kind, *close)))
        .min_by_key(|(start, ..)| *start)
    {
        let Some(length) = source[start + 2..].find(close) else {
            break;
        };
        let inner_end = start + 2 + length;
        // `{%-` and `-%}` only trim white space.
        let inner = source[start + 2..inner_end].trim_matches('-').trim();
        from = inner_end + 2;
        found.push(Construct {
            start,
            end: from,
            kind,
            inner,
        });
    }
    found
}

/// Templates stay small: a variable is a name, a condition is made of names, `and`, `or` and `not`.
fn check_tags(part: &Part, allowed: &[&str], problems: &mut Vec<TemplateProblem>) {
    let is_name =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    for construct in constructs(&part.source) {
        let line = part.line + count_lines(&part.source[..construct.start]);
        let inner = construct.inner;
        let names: Vec<&str> = match construct.kind {
            ConstructKind::Comment => continue,
            ConstructKind::Variable if is_name(inner) => vec![inner],
            ConstructKind::Variable => {
                problems.push(problem(
                    line,
                    format!("`{inner}` is not a variable: write one name between the braces"),
                ));
                continue;
            }
            ConstructKind::Tag => {
                let mut words = inner.split_whitespace();
                match words.next() {
                    Some("if" | "elif") => words.filter(|word| !matches!(*word, "and" | "or" | "not")).collect(),
                    Some("else" | "endif") => continue,
                    _ => {
                        problems.push(problem(
                            line,
                            format!("`{inner}` is not a condition: only if, elif, else and endif are"),
                        ));
                        continue;
                    }
                }
            }
        };
        for name in names {
            if !is_name(name) {
                problems.push(problem(
                    line,
                    format!("`{name}` does not belong in a condition: use variables, and, or, not"),
                ));
            } else if !allowed.contains(&name) {
                let known = if allowed.is_empty() {
                    "none".to_owned()
                } else {
                    allowed.join(", ")
                };
                problems.push(problem(
                    line,
                    format!("this mail has no variable `{name}`; it has: {known}"),
                ));
            }
        }
    }
}

/// The body with a stand-in for each value and without tags, line for line: what every branch of it can become.
fn stand_ins(body: &str) -> String {
    let mut masked = String::with_capacity(body.len());
    let mut from = 0;
    for construct in constructs(body) {
        masked.push_str(&body[from..construct.start]);
        masked.push_str(match construct.kind {
            ConstructKind::Variable if construct.inner.ends_with("_url") => ANY_URL,
            ConstructKind::Variable => ANY_VALUE,
            ConstructKind::Tag | ConstructKind::Comment => "",
        });
        masked.push_str(&"\n".repeat(count_lines(&body[construct.start..construct.end])));
        from = construct.end;
    }
    masked + &body[from..]
}

fn check_markdown(body: &Part, problems: &mut Vec<TemplateProblem>) {
    let masked = stand_ins(&body.source);
    // Tables are read only to be refused.
    let (events, ranges): (Vec<_>, Vec<_>) = Parser::new_ext(&masked, Options::ENABLE_TABLES)
        .into_offset_iter()
        .unzip();
    let mut says_something = false;
    for (at, (event, range)) in events.iter().zip(&ranges).enumerate() {
        let mut refuse =
            |message: &str| problems.push(problem(body.line + count_lines(&masked[..range.start]), message));
        match event {
            Event::Text(text) => says_something |= !text.trim().is_empty(),
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => {
                refuse("write Markdown instead of HTML; a plain `<` is written `\\<`")
            }
            Event::Start(Tag::CodeBlock(_)) | Event::Code(_) => {
                refuse("mails have no code: remove the backquotes, or the four spaces at the start of the line");
            }
            Event::Start(Tag::Table(_)) => refuse("mails have no tables: use a list"),
            Event::Start(Tag::Image { .. }) => refuse("mails have no images: use a link"),
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                ..
            }) => {
                if !is_link_for_template(*link_type, dest_url) {
                    refuse("link to an https or mailto address, or to one variable: `[text]({{ resource_url }})`");
                }
                if matches!(events.get(at + 1), Some(Event::End(TagEnd::Link))) {
                    refuse("give the link a text between the square brackets");
                }
                if title.as_ref() == "button"
                    && at.checked_sub(1).is_none_or(|start| button(&events[start..]).is_none())
                {
                    refuse("let the button stand alone in its paragraph, with an empty line above and below");
                }
            }
            _ => {}
        }
    }
    if !says_something {
        problems.push(problem(body.line, "write some text: this mail is empty"));
    }
}

/// Whether an owner may write this link: all of it fixed, or all of it one `…_url` variable, so that no value becomes a part of an address.
fn is_link_for_template(kind: LinkType, url: &str) -> bool {
    let is_fixed = !url.contains(['\u{E000}', '\u{E001}']);
    match kind {
        LinkType::Email => is_fixed,
        LinkType::Autolink => is_fixed && is_public_url(url),
        _ => url == ANY_URL || (is_fixed && is_public_url(url) && is_safe_url(url)),
    }
}

/// A link alone in its paragraph with the title "button", at the start of `events`.
struct Button<'a> {
    url: &'a str,
    label: String,
    /// How many events it takes.
    length: usize,
}

fn button<'a>(events: &'a [Event<'_>]) -> Option<Button<'a>> {
    let [
        Event::Start(Tag::Paragraph),
        Event::Start(Tag::Link { dest_url, title, .. }),
        rest @ ..,
    ] = events
    else {
        return None;
    };
    let end = rest.iter().position(|event| *event == Event::End(TagEnd::Link))?;
    let is_alone = rest.get(end + 1) == Some(&Event::End(TagEnd::Paragraph));
    (title.as_ref() == "button" && is_alone).then(|| Button {
        url: dest_url,
        label: plain_text(&rest[..end]),
        length: end + 4,
    })
}

fn plain_text(events: &[Event<'_>]) -> String {
    let words: String = events
        .iter()
        .map(|event| match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => text.as_ref(),
            Event::SoftBreak | Event::HardBreak => " ",
            _ => "",
        })
        .collect();
    one_line(&words)
}

/// Markdown to HTML and text, both with their marks; `names` are those of the values.
fn write_body(markdown: &str, names: &[&str]) -> Result<(String, Vec<Line>), RenderError> {
    let events: Vec<_> = Parser::new_ext(markdown, Options::empty()).collect();
    let mut writer = Writer {
        names,
        ..Writer::default()
    };
    let mut rest = events.as_slice();
    while let Some((event, after)) = rest.split_first() {
        if let Some(button) = button(rest) {
            writer.button(&button)?;
            rest = &rest[button.length..];
        } else {
            writer.event(event)?;
            rest = after;
        }
    }
    Ok((writer.html, writer.text))
}

/// One thing of the text part, before it is wrapped.
#[derive(Debug)]
enum Line {
    /// An empty line.
    Gap,
    /// Text behind its margins: the one of its first line, and the one of those below.
    Words { first: String, rest: String, text: Marked },
    /// A line of one sign below the words before it, as long as they are.
    Rule(char),
}

/// The text part: wrapped at 72 characters.
fn write_text(lines: &[Line], values: &[String]) -> String {
    let mut written = String::with_capacity(2_048);
    // Of the words before: their margin and their length.
    let mut above = ("", 0);
    for line in lines {
        match line {
            Line::Gap => {}
            Line::Words { first, rest, text } => {
                let words = text.fill(values);
                wrap(&mut written, (first, rest), &words);
                above = (rest, words.chars().count());
                continue;
            }
            Line::Rule(sign) => {
                written.push_str(above.0);
                written.extend(std::iter::repeat_n(*sign, above.1.min(TEXT_COLUMNS_MAX)));
            }
        }
        written.push('\n');
    }
    written
}

/// Writes both parts in one walk over the Markdown events.
#[derive(Default)]
struct Writer<'a> {
    /// What the values are called, by their places.
    names: &'a [&'a str],
    html: String,
    text: Vec<Line>,
    /// Text of the block being read, not yet wrapped.
    block: String,
    /// Margins of the lists and quotes around it, outermost first.
    margins: Vec<Margin>,
    /// Number of the next item of each list around it; `None` for bullets.
    lists: Vec<Option<u64>>,
    /// The next block of text comes after an empty line.
    gap: bool,
    /// Target of the link being read, and where its text starts in `block`.
    link: Option<(String, usize)>,
}

/// What stands left of a block of text: `first` on its first line (a bullet), `rest` below.
struct Margin {
    first: String,
    rest: String,
}

impl Writer<'_> {
    fn event(&mut self, event: &Event<'_>) -> Result<(), RenderError> {
        match event {
            Event::Start(tag) => self.start(tag)?,
            Event::End(tag) => self.end(*tag),
            // Owners cannot publish HTML or code; should it come here all the same, it is text.
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => self.words(text),
            Event::SoftBreak => {
                self.html.push('\n');
                self.block.push(' ');
            }
            Event::HardBreak => {
                self.html.push_str("<br>\n");
                self.block.push('\n');
            }
            Event::Rule => {
                self.html
                    .push_str("<hr class=\"soft\" style=\"margin:24px 0;border:0;border-top:1px solid #cbd2d9\">\n");
                self.block.push_str("* * *");
                self.gap = true;
                self.flush();
                self.gap = true;
            }
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), RenderError> {
        match tag {
            Tag::Paragraph => self.html.push_str("<p style=\"margin:0 0 16px\">"),
            Tag::Heading { level, .. } => {
                let (name, size_px) = heading(*level);
                self.html.push_str(&format!(
                    "<{name} style=\"margin:24px 0 12px;font-size:{size_px}px;line-height:1.3;font-weight:700\">"
                ));
            }
            Tag::BlockQuote(_) => {
                self.html.push_str("<blockquote class=\"soft\" style=\"margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #cbd2d9;color:#52606d\">\n");
                self.margins.push(Margin {
                    first: "> ".to_owned(),
                    rest: "> ".to_owned(),
                });
            }
            Tag::List(first) => {
                self.flush();
                let margin = if self.lists.is_empty() { "0 0 16px" } else { "6px 0 0" };
                let (name, start) = match first {
                    Some(number) => ("ol", format!(" start=\"{number}\"")),
                    None => ("ul", String::new()),
                };
                self.html.push_str(&format!(
                    "<{name}{start} style=\"margin:{margin};padding:0 0 0 28px\">\n"
                ));
                self.lists.push(*first);
            }
            Tag::Item => {
                self.html.push_str("<li style=\"margin:0 0 6px\">");
                let first = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                self.margins.push(Margin {
                    rest: " ".repeat(first.len()),
                    first,
                });
            }
            Tag::Emphasis => self.html.push_str("<em>"),
            Tag::Strong => self.html.push_str("<strong>"),
            Tag::Link {
                link_type, dest_url, ..
            } => {
                let url = match link_type {
                    LinkType::Email => CowStr::from(format!("mailto:{dest_url}")),
                    _ => dest_url.clone(),
                };
                self.html.push_str(&format!(
                    "<a class=\"link\" href=\"{}\" style=\"color:#0b5c74;text-decoration:underline\">",
                    escape_html(self.safe_link(&url)?)
                ));
                self.link = Some((url.into_string(), self.block.len()));
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.html.push_str("</p>\n");
                self.flush();
                self.gap = true;
            }
            TagEnd::Heading(level) => {
                self.html.push_str(&format!("</{}>\n", heading(level).0));
                let is_blank = self.block.trim().is_empty();
                self.flush();
                match level {
                    _ if is_blank => {}
                    HeadingLevel::H1 => self.text.push(Line::Rule('=')),
                    HeadingLevel::H2 => self.text.push(Line::Rule('-')),
                    _ => {}
                }
                self.gap = true;
            }
            TagEnd::BlockQuote(_) => {
                self.html.push_str("</blockquote>\n");
                self.margins.pop();
            }
            TagEnd::List(is_ordered) => {
                self.html.push_str(if is_ordered { "</ol>\n" } else { "</ul>\n" });
                self.lists.pop();
                self.gap |= self.lists.is_empty();
            }
            TagEnd::Item => {
                self.html.push_str("</li>\n");
                self.flush();
                self.margins.pop();
            }
            TagEnd::Emphasis => self.html.push_str("</em>"),
            TagEnd::Strong => self.html.push_str("</strong>"),
            TagEnd::Link => {
                self.html.push_str("</a>");
                if let Some((url, start)) = self.link.take() {
                    let shown = url.strip_prefix("mailto:").unwrap_or(&url);
                    if self.block[start..].trim() != shown {
                        self.block.push_str(&format!(" ({shown})"));
                    }
                }
            }
            _ => {}
        }
    }

    fn words(&mut self, text: &str) {
        let text = printable(text);
        self.html.push_str(&escape_html(&text));
        self.block.push_str(&text);
    }

    /// A cell with a background and a padded link: the shape that also Outlook for Windows paints. 24 px of line and 2 x 12 px of padding: 48 px tall,
    /// above the 44 px of WCAG 2.5.5.
    fn button(&mut self, button: &Button<'_>) -> Result<(), RenderError> {
        let url = self.safe_link(button.url)?.to_owned();
        self.html.push_str(&format!(
            "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:8px 0 24px\"><tr>\n\
             <td class=\"button\" align=\"center\" bgcolor=\"#0b5c74\" style=\"border-radius:6px;background-color:#0b5c74;mso-padding-alt:12px 28px\">\
             <a class=\"button\" href=\"{}\" style=\"display:inline-block;padding:12px 28px;border-radius:6px;background-color:#0b5c74;color:#ffffff;\
             font-size:16px;line-height:24px;font-weight:600;text-decoration:none\">{}</a></td>\n</tr></table>\n",
            escape_html(&url),
            escape_html(&button.label)
        ));
        self.block = format!("→ {}\n{url}", button.label);
        self.flush();
        self.gap = true;
        Ok(())
    }

    /// Writes the block that was read below an empty line where one is due.
    fn flush(&mut self) {
        let block = std::mem::take(&mut self.block);
        if block.trim().is_empty() {
            return;
        }
        if std::mem::take(&mut self.gap) && !self.text.is_empty() {
            self.text.push(Line::Gap);
        }
        for words in block.split('\n').filter(|words| !words.trim().is_empty()) {
            let first = self.margins.iter().map(|margin| margin.first.as_str()).collect();
            for margin in &mut self.margins {
                margin.first.clone_from(&margin.rest);
            }
            let rest = self.margins.iter().map(|margin| margin.rest.as_str()).collect();
            self.text.push(Line::Words {
                first,
                rest,
                text: Marked::new(words),
            });
        }
    }

    /// A link that a mail may have: all of it fixed, or all of it the value of one `…_url` variable, which was looked at by itself.
    fn safe_link<'u>(&self, url: &'u str) -> Result<&'u str, RenderError> {
        let name = |place: usize| self.names.get(place).copied().unwrap_or_default();
        let marked = Marked::new(url);
        let is_safe = match &marked.pieces[..] {
            [] => is_safe_url(url),
            [(before, place)] => before.is_empty() && marked.end.is_empty() && name(*place).ends_with("_url"),
            _ => false,
        };
        is_safe.then_some(url).ok_or(RenderError::Link)
    }
}

fn heading(level: HeadingLevel) -> (&'static str, u8) {
    match level {
        HeadingLevel::H1 => ("h1", 24),
        HeadingLevel::H2 => ("h2", 20),
        _ => ("h3", 17),
    }
}

/// Writes lines of at most [`TEXT_COLUMNS_MAX`] characters, broken at spaces only: no-break spaces hold, and a URL stays whole
/// however long it is. `first` stands before the first line and `rest` before those below.
pub(super) fn wrap(out: &mut String, (first, rest): (&str, &str), text: &str) {
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

#[cfg(test)]
mod tests {
    use super::*;

    const NURTURE: &[&str] = &["resource_url", "first_name", "company"];

    fn file(body: &str) -> String {
        format!("+++\nsubject = \"S\"\npreview = \"P\"\n+++\n{body}")
    }

    fn render(body: &str, variables: &[(&str, &str)]) -> Result<Rendered, RenderError> {
        let template = Template::parse(&file(body)).unwrap();
        template.render(
            &variables
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
        )
    }

    /// The tags of a fragment without the text between them.
    fn tags(html: &str) -> Vec<&str> {
        html.split('<')
            .skip(1)
            .map(|tag| tag.split_once('>').expect("each tag is closed").0)
            .collect()
    }

    /// The text of a fragment as a browser shows it.
    fn shown(html: &str) -> String {
        let text: String = html
            .split('<')
            .map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text))
            .collect();
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&")
    }

    #[test]
    fn parse_reads_front_matter_and_names_the_line_of_a_fault() {
        #[track_caller]
        fn check(source: &str, line: usize, says: &str) {
            let problem = Template::parse(source).expect_err("refused");
            assert_eq!(problem.line, line, "{}", problem.message);
            assert!(problem.message.contains(says), "{}", problem.message);
        }
        check("Bonjour", 1, "start the file");
        check("", 1, "start the file");
        check("+++\nsubject = \"S\"\npreview = \"P\"\nBonjour", 1, "close");
        check("+++\nsubject = \"S\"\n+++\nBonjour", 2, "missing field `preview`");
        check(
            "+++\nsubject = \"S\"\npreview = \"P\"\ncolour = \"red\"\n+++\nB",
            4,
            "unknown field `colour`",
        );
        check("+++\nsubject = \"S\npreview = \"P\"\n+++\nB", 2, "front matter");
        check(
            "+++\nsubject = \"S\"\npreview = \" \"\n+++\nB",
            3,
            "preview as one line",
        );
        check(
            "+++\nsubject = \"a\\nb\"\npreview = \"P\"\n+++\nB",
            2,
            "subject as one line",
        );
        check(
            "+++\nsubject = \"S\"\npreview = \"P\"\n+++\n \n",
            4,
            "below the second line",
        );
        check("+++\nsubject = \"S\"\npreview = \"P\"\n+++", 4, "below the second line");

        let windows = "\u{FEFF}+++\r\npreview = \"P\"\r\nsubject = \"S\"\r\n+++\r\nB\r\n";
        assert!(Template::check(windows, &[]).is_empty());
    }

    #[test]
    fn check_passes_what_mails_are_made_of() {
        let body = "# Bonjour{% if first_name %} {{ first_name }}{% endif %}\n\nUn *mot*, un **autre**.\n\n1. un\n2. deux\n   - trois\n\n\
            > cité\n\n---\n\n[Lire le guide]({{ resource_url }} \"button\")\n\nou <https://www.example.com/a?b=1&c=2>, <a@example.com>,\n\
            [écrire](mailto:a@example.com).\n{# note #}\n{% if first_name and not company %}\n\nA\n\n{% elif company %}\n\nB\n\n{% else %}\n\nC\n\n{%- endif -%}\n";
        assert_eq!(Template::check(&file(body), NURTURE), []);
    }

    #[test]
    fn check_refuses_with_line_and_advice() {
        // Four lines of front matter come first.
        #[track_caller]
        fn check(body: &str, line: usize, says: &str) {
            let problems = Template::check(&file(body), NURTURE);
            assert!(
                problems
                    .iter()
                    .any(|problem| problem.line == line && problem.message.contains(says)),
                "{problems:?}"
            );
        }
        check(
            "Bonjour {{ nom }}",
            5,
            "no variable `nom`; it has: resource_url, first_name, company",
        );
        check("a\n\n{% if last_name %}b{% endif %}", 7, "no variable `last_name`");
        check("{{ first_name|upper }}", 5, "is not a variable");
        check("{{ 7 * 7 }}", 5, "is not a variable");
        check("a\n{% for x in y %}{% endfor %}", 6, "is not a condition");
        check("{% include \"/etc/passwd\" %}", 5, "is not a condition");
        check("{% if first_name == 1 %}a{% endif %}", 5, "`==` does not belong");
        check("a\n{% if first_name %}\nb", 6, "template:");
        check("{{ first_name", 5, "template:");
        check("a\n\n<b>gras</b>", 7, "Markdown instead of HTML");
        check("a\n\n<div>\nb\n</div>", 7, "Markdown instead of HTML");
        check("{# a\nb #}\n<b>c</b>", 7, "Markdown instead of HTML");
        check("<script>alert(1)</script>", 5, "Markdown instead of HTML");
        check("a\n\n    b", 7, "no code");
        check("```\nb\n```", 5, "no code");
        check("`b`", 5, "no code");
        check("| a | b |\n|---|---|\n| c | d |", 5, "no tables");
        check("b ![a](https://example.com/a.png)", 5, "no images");
        for url in [
            "http://example.com",
            "http://127.0.0.1:8787/a",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,a",
            "/relative",
            "",
            "//example.com",
            "ftp://example.com",
            "{{ first_name }}",
            "https://example.com/{{ company }}",
            "{{ resource_url }}?a=1",
            "{{ resource_url }}{{ company }}",
        ] {
            check(&format!("a\n\n[b]({url})"), 7, "https or mailto");
        }
        check("<ftp://example.com/a>", 5, "https or mailto");
        check("<{{ resource_url }}>", 5, "https or mailto");
        check("[](https://example.com)", 5, "a text between the square brackets");
        check("Voir [a](https://example.com \"button\")", 5, "stand alone");
        check("- [a](https://example.com \"button\")", 5, "stand alone");
        check("---\n\n{# rien #}", 5, "some text");
        assert_eq!(
            Template::check("+++\nsubject = \"{{ x }}\"\npreview = \"{{ y }}\"\n+++\nB", &[])
                .iter()
                .map(|p| p.line)
                .collect::<Vec<_>>(),
            [2, 3]
        );
    }

    #[test]
    fn an_absent_variable_is_an_error_outside_if_only() {
        assert!(render("Bonjour{% if first_name %} {{ first_name }}{% endif %}", &[]).is_ok());
        for values in [&[][..], &[("first_name", "")], &[("first_name", " \n ")]] {
            let error = render("a\n\nBonjour {{ first_name }}", values).err();
            assert_eq!(
                error,
                Some(RenderError::Variables {
                    line: 7,
                    reason: "undefined value".to_owned()
                })
            );
        }
    }

    #[test]
    fn both_parts_say_the_same() {
        let body = "# Bonjour {{ first_name }}\n\nUne ligne assez longue pour que le texte doive passer à la ligne, avec un [lien]({{ resource_url }}) dedans.  \nFin.\n\n\
            ## Points\n\n- un\n- **deux**\n  1. trois\n  2. *quatre*\n- cinq\n\n> Cité\n> encore\n\n***\n\n[Lire & relire]({{ resource_url }} \"button\")\n\n\
            <https://www.example.com/b> <c@example.com> [nous écrire](mailto:d@example.com)\n";
        let url = "https://www.example.com/resources/guide-seo?t=abcdefghijklmnopqrstuvwxyz0123456789&v=1";
        let rendered = render(body, &[("first_name", "Zoé"), ("resource_url", url)]).unwrap();
        assert_eq!(
            rendered.text,
            format!(
                "Bonjour Zoé\n===========\n\nUne ligne assez longue pour que le texte doive passer à la ligne, avec\nun lien\n({url})\ndedans.\nFin.\n\n\
                Points\n------\n\n- un\n- deux\n  1. trois\n  2. quatre\n- cinq\n\n> Cité encore\n\n* * *\n\n→ Lire & relire\n{url}\n\n\
                https://www.example.com/b c@example.com nous écrire (d@example.com)\n"
            )
        );
        assert_eq!(
            rendered.html.matches(&format!("href=\"{}\"", escape_html(url))).count(),
            2
        );
        for link in [
            "https://www.example.com/b",
            "mailto:c@example.com",
            "mailto:d@example.com",
        ] {
            assert!(rendered.html.contains(&format!("href=\"{link}\"")), "{link}");
        }
        let names: Vec<&str> = tags(&rendered.html)
            .iter()
            .map(|tag| tag.split(' ').next().unwrap())
            .collect();
        assert_eq!(
            names.join(" "),
            "h1 /h1 p a /a br /p h2 /h2 ul li /li li strong /strong ol li /li li em /em /li /ol /li li /li /ul \
             blockquote p /p /blockquote hr table tr td a /a /td /tr /table p a /a a /a a /a /p"
        );
    }

    #[test]
    fn r97_lead_data_is_shown_verbatim_and_never_becomes_markup() {
        let body = "# {{ first_name }}\n\n{{ first_name }}\n\n- {{ first_name }}. suite\n\n> {{ first_name }}\n===\n\n\
            {{ first_name }}. [{{ first_name }}]({{ resource_url }}) *{{ first_name }}* {{ first_name }}\n{{ first_name }}\n\n[{{ first_name }}]({{ resource_url }} \"button\")\n";
        let url = ("resource_url", "https://www.example.com/r?t=a_b*c&d=(1)");
        let harmless = render(body, &[url, ("first_name", "Zoé")]).unwrap();
        for payload in [
            "{{ 7*7 }}",
            "{{7*7}}",
            "${7*7}",
            "#{7*7}",
            "<%= 7*7 %>",
            "{% if true %}a{% endif %}",
            "{% for x in y %}",
            "{{ resource_url }}",
            "{{ self.__class__.__mro__ }}",
            "{{ config.items() }}",
            "{{''.__class__}}",
            "{# a #}",
            "{% raw %}",
            "{% include 'a' %}",
            "[[${7*7}]]",
            "*{7*7}",
            "@(7*7)",
            "a{{",
            "}}",
            "{%",
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "</td></table>",
            "<!-- a",
            "-->",
            "<![CDATA[",
            "\"><a href=\"https://evil.example\">",
            "' onclick='a",
            "&lt;b&gt;",
            "&#60;b&#62;",
            "&amp;",
            "[a](https://evil.example)",
            "[a](javascript:alert(1))",
            "![a](https://evil.example/a.png)",
            "<https://evil.example>",
            "<a@evil.example>",
            "](https://evil.example)",
            "[a]: https://evil.example",
            "](https://evil.example \"button\")",
            "**a**",
            "_a_",
            "*",
            "`a`",
            "``",
            "# a",
            "- a",
            "+ a",
            "* a",
            "1. a",
            "1986",
            "1) a",
            "> a",
            "===",
            "---",
            "***",
            "| a | b |",
            "~~a~~",
            "\\",
            "a\\",
            "\\*a\\*",
            "(",
            ")",
            "[",
            "]",
            "<",
            ">",
            "!",
        ] {
            let rendered = render(body, &[url, ("first_name", payload)]).unwrap();
            assert_eq!(tags(&rendered.html), tags(&harmless.html), "{payload}");
            assert_eq!(
                shown(&rendered.html),
                shown(&harmless.html).replace("Zoé", payload),
                "{payload}"
            );
            assert_eq!(rendered.text.matches(url.1).count(), 2, "{payload}");
            assert!(rendered.text.contains(&format!("\n→ {payload}\n")), "{payload}");
        }
        for (value, expected) in [
            ("  a\r\n\r\n# b\0\u{2028}\u{85}c ", "a # b c"),
            ("    code", "code"),
            ("\tcode", "code"),
            ("a\u{202E}b\u{2066}c", "abc"),
        ] {
            let rendered = render(body, &[url, ("first_name", value)]).unwrap();
            assert_eq!(tags(&rendered.html), tags(&harmless.html));
            assert_eq!(shown(&rendered.html), shown(&harmless.html).replace("Zoé", expected));
        }
    }

    #[test]
    fn r97_hrefs_are_https_mailto_or_this_machine() {
        for url in [
            "https://a.example/?b=c&d#e",
            "mailto:a@b.example",
            "http://127.0.0.1:8787/a?t=b",
            "http://localhost/",
            "http://127.0.0.1",
        ] {
            assert!(is_safe_url(url), "{url}");
            let rendered = render("[a]({{ resource_url }})", &[("resource_url", url)]).unwrap();
            assert!(
                rendered.html.contains(&format!("href=\"{}\"", escape_html(url))),
                "{url}"
            );
        }
        for url in [
            "http://a.example",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://localhost:80@evil.example",
            "http://localhost:x/",
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "java\nscript:a",
            "data:text/html,a",
            "vbscript:a",
            "file:///etc/passwd",
            "//evil.example",
            "/a",
            "https://",
            "mailto:",
            "https://a b",
            "https://a\"b",
            "https://a<b",
            "https://a\\b",
        ] {
            let name = "resource_url".to_owned();
            assert!(!is_safe_url(url), "{url}");
            assert_eq!(
                render("[a]({{ resource_url }})", &[("resource_url", url)]).err(),
                Some(RenderError::Url { name }),
                "{url}"
            );
        }
        // Templates that nobody checked.
        for body in [
            "[a](javascript:alert(1))",
            "[a](http://a.example)",
            "[a](b)",
            "[a](https://a \"button\")\n\n[a](x \"button\")",
        ] {
            assert_eq!(render(body, &[]).err(), Some(RenderError::Link), "{body}");
        }
        let html = render("a <b onclick=\"c\">d</b>\n\n<script>e</script>", &[])
            .unwrap()
            .html;
        assert!(!html.contains("<b") && !html.contains("<script"), "{html}");
    }

    #[test]
    fn r97_a_template_can_neither_run_away_nor_load() {
        assert!(render("{% for a in [1,2,3] %}{% include 'x' %}{% endfor %}", &[]).is_err());
        let nested = "{% for a in [1,2,3,4,5,6,7,8,9,0] %}".repeat(6) + "a" + &"{% endfor %}".repeat(6);
        assert!(
            matches!(render(&nested, &[]).err(), Some(RenderError::Variables { reason, .. }) if reason.contains("fuel"))
        );
        assert!(render("{{ range(10) }}", &[]).is_err());
    }

    #[test]
    fn subject_and_preview_hold_values_as_they_are() {
        let template =
            Template::parse("+++\nsubject = \"{{ first_name }}, suite\"\npreview = \"De {{ company }}\"\n+++\nB")
                .unwrap();
        let values = BTreeMap::from([
            ("first_name", "A*\r\nBcc: b".to_owned()),
            ("company", "C & <d>".to_owned()),
        ]);
        let rendered = template.render(&values).unwrap();
        assert_eq!(
            (rendered.subject.as_str(), rendered.preview.as_str()),
            ("A* Bcc: b, suite", "De C & <d>")
        );
    }

    #[test]
    fn wrapping_breaks_at_spaces_only() {
        #[track_caller]
        fn check(text: &str, margins: (&str, &str), expected: &str) {
            let mut out = String::new();
            wrap(&mut out, margins, text);
            assert_eq!(out, expected);
        }
        let [a, b] = ["a".repeat(36), "b".repeat(35)];
        check(&format!("{a} {b}  ccc"), ("", ""), &format!("{a} {b}\nccc\n"));
        check(&format!("{a} {b}"), ("- ", "  "), &format!("- {a}\n  {b}\n"));
        let url = format!("https://example.com/{}", "x".repeat(90));
        check(&format!("a {url} b"), ("", ""), &format!("a\n{url}\nb\n"));
        let held = format!("{a}\u{A0}{b}\u{202F}!");
        check(&format!("oui {held}"), ("", ""), &format!("oui\n{held}\n"));
        check(" ", ("- ", "  "), "");
    }

    #[test]
    fn one_line_is_what_readers_can_agree_on() {
        let check = |text: &str, expected: &str| assert_eq!(one_line(text), expected, "{text:?}");
        check("", "");
        check("a", "a");
        check("déjà\u{A0}: vu\u{202F}!", "déjà\u{A0}: vu\u{202F}!");
        check(" a  b ", "a b");
        check("a\u{85}b\u{2028}c\u{2029}d\te\r\nf\u{7f}", "a b c d e f");
        check("a b", "a b");
    }
}
