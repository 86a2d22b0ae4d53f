//! What is wrong with the sense of a campaign's files, each problem with its line.

mod form;
mod mapping;
mod rights;
mod sales;
mod scoring;
mod sequences;
mod spend;

use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use toml::de::{DeArray, DeTable, DeValue};

use super::Campaign;
use super::mapping::Mapping;
use crate::kit::ids::is_name;
use crate::kit::locale::{Locale, Text};
use crate::kit::phone::is_country;

/// A problem of a campaign's files, for `piste check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The file, relative to the campaign's folder.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// Reads `campaign.toml`, which lies in this folder.
pub(super) fn read_campaign(folder: &str, source: &str) -> Result<Campaign, Vec<FileProblem>> {
    read("campaign.toml", source, |checker, campaign: &Campaign| {
        checker.identity(folder, campaign);
        checker.texts(campaign);
        checker.form(campaign);
        checker.scoring(campaign);
        checker.sequences(campaign);
        checker.sales(campaign);
        checker.rights(campaign);
        checker.spend(campaign);
    })
}

/// Reads a mapping; `file` is its path below the campaign's folder.
pub(super) fn read_mapping(file: &str, source: &str, campaign: &Campaign) -> Result<Mapping, Vec<FileProblem>> {
    read(file, source, |checker, mapping| {
        checker.mapping(file, mapping, campaign)
    })
}

/// Reads a file: first its syntax, then, if that is right, its sense.
fn read<T: DeserializeOwned>(
    file: &str,
    source: &str,
    check: impl FnOnce(&mut Checker, &T),
) -> Result<T, Vec<FileProblem>> {
    let at = |line, message: &str| FileProblem {
        file: file.to_owned(),
        line,
        message: message.lines().collect::<Vec<_>>().join(", "),
    };
    let of_syntax = |error: toml::de::Error| {
        let line = error.span().map_or(1, |span| line_of(source, span.start));
        vec![at(line, error.message())]
    };
    let value: T = toml::from_str(source).map_err(of_syntax)?;
    let tree = DeTable::parse(source).map_err(of_syntax)?;
    let mut checker = Checker::default();
    check(&mut checker, &value);
    let problems = checker.problems.iter();
    let problems: Vec<_> = problems
        .map(|(path, message)| at(line_at(source, tree.get_ref(), path), message))
        .collect();
    if problems.is_empty() { Ok(value) } else { Err(problems) }
}

pub(super) fn line_of(source: &str, offset: usize) -> usize {
    source[..offset.min(source.len())].matches('\n').count() + 1
}

/// One turn on the way to a value of the file.
#[derive(Clone, Debug)]
enum At {
    Key(String),
    Index(usize),
}

impl From<&str> for At {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for At {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// The way to a value: keys, and places in a list from 0.
macro_rules! place {
    ($($turn:expr),*) => { vec![$($crate::campaign::check::At::from($turn)),*] };
}
use place;

/// The line of a value, or of the nearest table around it when the value is missing.
fn line_at(source: &str, tree: &DeTable<'_>, path: &[At]) -> usize {
    let mut line = 1;
    let mut table = Some(tree);
    let mut array = None;
    for turn in path {
        let next = match turn {
            At::Key(key) => table.and_then(|t| t.get(key.as_str())),
            At::Index(index) => array.and_then(|a: &DeArray<'_>| a.get(*index)),
        };
        let Some(value) = next else { break };
        line = line_of(source, value.span().start);
        (table, array) = match value.get_ref() {
            DeValue::Table(inner) => (Some(inner), None),
            DeValue::Array(inner) => (None, Some(inner)),
            _ => (None, None),
        };
    }
    line
}

/// Collects what is wrong with the sense of a campaign.
#[derive(Default)]
struct Checker {
    problems: Vec<(Vec<At>, String)>,
}

impl Checker {
    fn add(&mut self, path: Vec<At>, message: impl Into<String>) {
        self.problems.push((path, message.into()));
    }

    fn name(&mut self, path: Vec<At>, what: &str, name: &str) {
        if !is_name(name) {
            self.add(
                path,
                format!("{what} \"{name}\": use 1 to 40 characters of a-z, 0-9, - and _: it becomes part of keys, links and tags"),
            );
        }
    }

    /// The name of one thing among others of its kind: fit for a key, and not that of an earlier one.
    fn id<'a>(&mut self, path: Vec<At>, what: &str, name: &str, earlier: impl IntoIterator<Item = &'a str>) {
        self.name(path.clone(), what, name);
        self.once(path, what, name, earlier);
    }

    fn once<'a>(&mut self, path: Vec<At>, what: &str, name: &str, earlier: impl IntoIterator<Item = &'a str>) {
        if earlier.into_iter().any(|other| other == name) {
            self.add(path, format!("{what} \"{name}\" is declared twice"));
        }
    }

    fn text(&mut self, path: Vec<At>, what: &str, text: &Text, languages: &[Locale]) {
        for locale in text.missing(languages) {
            self.add(
                path.clone(),
                format!("{what} has no translation: add {} = \"…\"", locale.code()),
            );
        }
    }

    fn identity(&mut self, folder: &str, campaign: &Campaign) {
        self.name(place!["id"], "campaign", campaign.id.as_str());
        self.name(place!["workspace"], "workspace", campaign.workspace.as_str());
        if campaign.id.as_str() != folder {
            self.add(place!["id"], format!("id must be the folder's name, \"{folder}\""));
        }
        if !campaign.triggers.is_empty() {
            self.add(
                place!["triggers"],
                "each mapping has its own file: triggers/<source>.toml next to this one",
            );
        }
        if campaign.languages.is_empty() {
            self.add(place!["languages"], "name at least one language");
        }
        for (i, locale) in campaign.languages.iter().enumerate() {
            if campaign.languages[..i].contains(locale) {
                self.add(
                    place!["languages", i],
                    format!("language \"{}\" is listed twice", locale.code()),
                );
            }
        }
        if TimeZone::get(&campaign.zone).is_err() {
            self.add(
                place!["zone"],
                format!(
                    "there is no time zone \"{}\": use an IANA name such as Europe/Paris",
                    campaign.zone
                ),
            );
        }
        if let Some(country) = campaign.country.as_deref().filter(|country| !is_country(country)) {
            self.add(
                place!["country"],
                format!("the numbers of \"{country}\" cannot be read: use two capital letters such as \"FR\""),
            );
        }
        for (path, address) in [
            (place!["sender", "from"], &campaign.sender.from),
            (place!["sender", "reply_to"], &campaign.sender.reply_to),
        ] {
            if crate::kit::email::Email::parse(address).is_err() {
                self.add(path, "not an email address");
            }
        }
    }

    fn texts(&mut self, campaign: &Campaign) {
        let languages = &campaign.languages;
        let form = &campaign.form;
        for (path, what, text) in [
            (place!["name"], "name", &campaign.name),
            (place!["sender", "name"], "sender name", &campaign.sender.name),
            (place!["sender", "legal"], "legal line", &campaign.sender.legal),
            (
                place!["sender", "privacy_url"],
                "privacy_url",
                &campaign.sender.privacy_url,
            ),
            (place!["form", "title"], "form title", &form.title),
            (place!["form", "intro"], "form intro", &form.intro),
            (place!["form", "button"], "form button", &form.button),
            (place!["form", "thanks_title"], "thanks_title", &form.thanks_title),
            (place!["form", "thanks_text"], "thanks_text", &form.thanks_text),
        ] {
            self.text(path, what, text, languages);
        }
        match &campaign.opt_in {
            Some(page) => {
                for (path, what, text) in [
                    (place!["opt_in", "title"], "opt_in title", &page.title),
                    (place!["opt_in", "text"], "opt_in text", &page.text),
                    (place!["opt_in", "button"], "opt_in button", &page.button),
                    (place!["opt_in", "done_title"], "opt_in done_title", &page.done_title),
                    (place!["opt_in", "done_text"], "opt_in done_text", &page.done_text),
                ] {
                    self.text(path, what, text, languages);
                }
            }
            None if campaign.double_opt_in => {
                self.add(place!["double_opt_in"], "double opt-in needs a page to confirm on: add [opt_in] with title, text, button, done_title and done_text");
            }
            None => {}
        }
        for &locale in languages {
            if !campaign.sender.privacy_url.get(locale).starts_with("https://") {
                self.add(place!["sender", "privacy_url"], "privacy_url must start with https://");
            }
        }
        for (i, resource) in campaign.resources.iter().enumerate() {
            let earlier = campaign.resources[..i].iter().map(|other| other.id.as_str());
            self.id(place!["resources", i, "id"], "resource", &resource.id, earlier);
            self.text(
                place!["resources", i, "title"],
                "resource title",
                &resource.title,
                languages,
            );
        }
    }
}
