//! An email as an owner writes it, checked by `piste check` and rendered for one lead.
//!
//! Markdown is read with a mark in the place of each value, and the values take the places of the marks in what came of
//! it: so what a lead typed is text and can be nothing else, and an email to many leads is read once for all of them.

mod body;
mod check;
mod marks;
mod plain;
mod review;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::Value;
use minijinja::{Environment, Error, UndefinedBehavior};
use piste_domain::Locale;
use piste_domain::campaign::brand::COLOUR;
use piste_domain::campaign::said_by_toml;
use piste_domain::kit::locale::Text;
use serde::Deserialize;

use crate::advice;
use marks::{INK, is_mark};
use plain::{is_telephone, turns_text};

pub(super) use marks::{Marked, mark};
pub(super) use plain::{TEXT_COLUMNS_MAX, escape_html, is_safe_url, one_line, wrap};

/// True in an email whose button confirms a ticked box for marketing.
pub const OPT_IN_PENDING: &str = "opt_in_pending";
/// True in an email whose button confirms a post that gives another name, telephone number or language than what counts.
pub const DETAILS_DIFFER: &str = "details_differ";

/// Variables that have nothing to show: they stand in conditions.
const CONDITIONS: [&str; 2] = [OPT_IN_PENDING, DETAILS_DIFFER];

/// Work a template may do, in minijinja's units: about 64 bytes of output or one instruction each, so 3 MB at most.
const FUEL_UNITS_MAX: u64 = 50_000;

/// An email as an owner writes it: TOML front matter between `+++` lines (`subject`, `preview`), then Markdown with variables.
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

/// An email with marks in the places of its values.
#[derive(Debug)]
struct Skeleton {
    subject: Marked,
    preview: Marked,
    html: Marked,
    text: Vec<body::Line>,
}

/// What is wrong with a template: `line` counts from 1 at the file's first line, `message` says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateProblem {
    /// Line of the file, from 1.
    pub line: usize,
    /// For the owner. Quotes the template, never a lead.
    pub message: Text,
}

/// An email with its values: `subject` and `preview` are plain text of one line, `html` a fragment for the layout, `text` ends with a line feed.
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

/// Why an email could not be rendered. Names variables and lines, never values.
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
    #[error("a link in this email is neither https nor mailto")]
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
            return Err(problem(line + 1, advice::private_character));
        }
        let is_fence = |line: &&str| line.trim_end() == "+++";
        if !lines.first().is_some_and(is_fence) {
            return Err(problem(1, advice::no_front_matter));
        }
        let Some(end) = lines.iter().skip(1).position(is_fence).map(|at| at + 1) else {
            return Err(problem(1, advice::open_front_matter));
        };
        let front_source = lines[1..end].join("\n");
        let front_line = |offset: usize| 2 + count_lines(front_source.get(..offset).unwrap_or_default());
        let front: Front = toml::from_str(&front_source).map_err(|error| {
            let line = error.span().map_or(1, |span| front_line(span.start));
            let said = said_by_toml(error.message());
            problem(line, |l| advice::front_matter(l, said.get(l)))
        })?;
        let part = |name: &str, value: toml::Spanned<String>| {
            let line = front_line(value.span().start);
            let source = value.into_inner();
            if source.trim().is_empty() || source.contains('\n') {
                return Err(problem(line, |l| advice::one_line_of_text(l, name)));
            }
            Ok(Part { source, line })
        };
        let body = Part {
            source: lines[end + 1..].join("\n"),
            line: end + 2,
        };
        if body.source.trim().is_empty() {
            return Err(problem(end + 1, advice::no_body));
        }
        Ok(Self {
            subject: part("subject", front.subject)?,
            preview: part("preview", front.preview)?,
            body,
            skeletons: Mutex::default(),
        })
    }

    /// Everything `piste check` refuses in an email, in the order of its lines; empty when the email is good.
    ///
    /// `allowed`: the variables this email may use. Refused: syntax errors, other variables, other tags than `if`, links that are not https or mailto
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
            check::tags(part, allowed, &mut problems);
            if let Err(error) = Environment::empty().template_from_str(&part.source) {
                problems.push(problem(error_line(part, &error), |l| {
                    advice::bad_syntax(l, error.detail().unwrap_or("syntax error"))
                }));
            }
        }
        check::markdown(&template.body, &mut problems);
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
        self.render_in(variables, COLOUR)
    }

    /// The same with links and buttons in a company's colour, `#rrggbb`.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_in(&self, variables: &BTreeMap<&str, String>, colour: &str) -> Result<Rendered, RenderError> {
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
            if name.ends_with("_url") && !is_safe_url(&value) && !is_telephone(&value) {
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
            html: skeleton.html.fill(&escaped).replace(INK, colour),
            text: body::write_text(&skeleton.text, &values),
        })
    }

    /// What comes of it where these variables have a value.
    fn skeleton(&self, names: &[&str]) -> Result<Arc<Skeleton>, RenderError> {
        let key = names.join(",");
        let known = |skeletons: &BTreeMap<String, Arc<Skeleton>>| skeletons.get(&key).cloned();
        if let Some(skeleton) = known(&self.skeletons.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(skeleton);
        }
        let (html, text) = body::write(&marked(&self.body, names)?, names)?;
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

fn problem<S: Into<String>>(line: usize, message: impl Fn(Locale) -> S) -> TemplateProblem {
    TemplateProblem {
        line,
        message: Text::each(message),
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
