//! What `piste check` refuses in an email.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use piste_domain::Locale;

use super::body::button;
use super::plain::{is_public_url, is_safe_url};
use crate::advice;

use super::{CONDITIONS, Part, TemplateProblem, count_lines, problem};

/// Stand-ins of `check` for values that are not known yet: private-use characters, which no owner types.
const ANY_VALUE: &str = "\u{E000}";
const ANY_URL: &str = "https://\u{E001}";

/// One `{{ … }}`, `{% … %}` or `{# … #}`: where it stands in its part, and what is inside.
pub(super) struct Construct<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    kind: ConstructKind,
    inner: &'a str,
}

#[derive(Clone, Copy, PartialEq)]
enum ConstructKind {
    Variable,
    Tag,
    Comment,
}

impl Construct<'_> {
    /// Whether a value takes its place.
    pub(super) fn is_variable(&self) -> bool {
        self.kind == ConstructKind::Variable
    }
}

/// The constructs of a template in order. One that is not closed ends the list: the engine reports it.
pub(super) fn constructs(source: &str) -> Vec<Construct<'_>> {
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
pub fn tags(part: &Part, allowed: &[&str], problems: &mut Vec<TemplateProblem>) {
    let is_name =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    for construct in constructs(&part.source) {
        let line = part.line + count_lines(&part.source[..construct.start]);
        let inner = construct.inner;
        let names: Vec<&str> = match construct.kind {
            ConstructKind::Comment => continue,
            ConstructKind::Variable if CONDITIONS.contains(&inner) && allowed.contains(&inner) => {
                problems.push(problem(line, |l| advice::only_in_a_condition(l, inner)));
                continue;
            }
            ConstructKind::Variable if is_name(inner) => vec![inner],
            ConstructKind::Variable => {
                problems.push(problem(line, |l| advice::not_a_variable(l, inner)));
                continue;
            }
            ConstructKind::Tag => {
                let mut words = inner.split_whitespace();
                match words.next() {
                    Some("if" | "elif") => words.filter(|word| !matches!(*word, "and" | "or" | "not")).collect(),
                    Some("else" | "endif") => continue,
                    _ => {
                        problems.push(problem(line, |l| advice::not_a_condition(l, inner)));
                        continue;
                    }
                }
            }
        };
        for name in names {
            if !is_name(name) {
                problems.push(problem(line, |l| advice::not_in_a_condition(l, name)));
            } else if !allowed.contains(&name) {
                problems.push(problem(line, |l| match allowed {
                    [] => advice::no_variable_at_all(l, name),
                    _ => advice::no_variable(l, name, &allowed.join(", ")),
                }));
            }
        }
    }
}

/// The body with a stand-in for each value and without tags, line for line: what every branch of it can become.
pub(super) fn stand_ins(body: &str) -> String {
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

pub fn markdown(body: &Part, problems: &mut Vec<TemplateProblem>) {
    let masked = stand_ins(&body.source);
    // Tables are read only to be refused.
    let (events, ranges): (Vec<_>, Vec<_>) = Parser::new_ext(&masked, Options::ENABLE_TABLES)
        .into_offset_iter()
        .unzip();
    let mut says_something = false;
    for (at, (event, range)) in events.iter().zip(&ranges).enumerate() {
        let mut refuse = |message: fn(Locale) -> &'static str| {
            problems.push(problem(body.line + count_lines(&masked[..range.start]), message))
        };
        match event {
            Event::Text(text) => says_something |= !text.trim().is_empty(),
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => refuse(advice::html),
            Event::Start(Tag::CodeBlock(_)) | Event::Code(_) => {
                refuse(advice::code_block);
            }
            Event::Start(Tag::Table(_)) => refuse(advice::a_table),
            Event::Start(Tag::Image { .. }) => refuse(advice::an_image),
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                ..
            }) => {
                if !is_link_for_template(*link_type, dest_url) {
                    refuse(advice::bad_link);
                }
                if matches!(events.get(at + 1), Some(Event::End(TagEnd::Link))) {
                    refuse(advice::link_without_text);
                }
                if title.as_ref() == "button"
                    && at.checked_sub(1).is_none_or(|start| button(&events[start..]).is_none())
                {
                    refuse(advice::button_not_alone);
                }
            }
            _ => {}
        }
    }
    if !says_something {
        problems.push(problem(body.line, advice::empty_email));
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
