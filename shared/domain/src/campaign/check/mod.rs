//! What is wrong with the sense of a campaign's files, each problem with its line.

mod brand;
mod destination;
mod form;
mod mailing;
mod mapping;
mod protect;
mod repair;
mod rights;
mod sales;
mod scoring;
mod sequences;
mod spend;
mod steps;
mod syntax;
mod texts;
mod warnings;

use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use toml::de::{DeArray, DeTable, DeValue};

pub(super) use self::destination::against as destination_against;
pub(super) use self::repair::nearest;
pub use self::syntax::said_by_toml;
pub(super) use self::warnings::of as warnings_of;
use super::destination::Destination;
use super::mailing::Mailing;
use super::mapping::Mapping;
use super::{Campaign, Catalog};
use crate::kit::calendar::Clock;
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
    pub message: Text,
}

impl FileProblem {
    /// The problem as a line that editors understand: `file:line: message`.
    pub fn say(&self, locale: Locale) -> String {
        format!("{}:{}: {}", self.file, self.line, self.message.get(locale))
    }
}

/// What bears a name in these files.
#[derive(Clone, Copy, Debug)]
enum Named {
    Campaign,
    Destination,
    Workspace,
    Resource,
    Field,
    Choice,
    Topic,
    Sequence,
    Step,
    Mailing,
    Template,
    Rule,
    Owner,
}

/// What a file says, and what is wrong with it.
pub(super) struct Checked<T> {
    /// What it says; `None` where a part of it cannot be read.
    pub(super) value: Option<T>,
    /// What is wrong, by line.
    pub(super) problems: Vec<FileProblem>,
}

impl<T> Checked<T> {
    /// The value, if nothing is wrong with it.
    pub(super) fn good(self) -> Result<T, Vec<FileProblem>> {
        match self.value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(self.problems),
        }
    }
}

/// Reads `campaign.toml`, which lies in this folder.
pub(super) fn read_campaign(folder: &str, source: &str) -> Checked<Campaign> {
    checked("campaign.toml", source, |checker, campaign: &Campaign| {
        checker.identity(folder, campaign);
        checker.texts(campaign);
        checker.brand(campaign);
        checker.form(campaign);
        checker.scoring(campaign);
        checker.sequences(campaign);
        checker.sales(campaign);
        checker.rights(campaign);
        checker.spend(campaign);
        checker.protect(campaign);
    })
}

/// Reads a mapping; `file` is its path below the campaign's folder.
pub(super) fn read_mapping(file: &str, source: &str, campaign: &Campaign) -> Result<Mapping, Vec<FileProblem>> {
    read(file, source, |checker, mapping| {
        checker.mapping(file, mapping, campaign)
    })
}

/// Reads a mailing of this name; `file` is its path below the campaign's folder.
pub(super) fn read_mailing(
    file: &str,
    name: &str,
    source: &str,
    campaign: &Campaign,
) -> Result<Mailing, Vec<FileProblem>> {
    read(file, source, |checker, mailing| {
        checker.mailing(name, mailing, campaign)
    })
}

/// Reads a destination's file, which has its name. `local` allows what the local system alone may reach.
pub(super) fn read_destination(
    name: &str,
    source: &str,
    campaigns: &Catalog,
    local: bool,
) -> Result<Destination, Vec<FileProblem>> {
    read(&format!("{name}.toml"), source, |checker, destination| {
        checker.destination(name, destination, campaigns, local);
    })
}

/// Reads a file that nothing may be wrong with.
fn read<T: DeserializeOwned>(
    file: &str,
    source: &str,
    check: impl FnOnce(&mut Checker, &T),
) -> Result<T, Vec<FileProblem>> {
    checked(file, source, check).good()
}

/// Reads a file, its syntax and its sense. Where the syntax is wrong, the sense of the rest is checked all the same.
fn checked<T: DeserializeOwned>(file: &str, source: &str, check: impl FnOnce(&mut Checker, &T)) -> Checked<T> {
    let mut text = source.to_owned();
    let broken = repair::blank(&mut text);
    let reading = repair::read::<T>(&text, broken);
    let mut found = reading.problems.clone();
    if let Some(value) = &reading.value {
        let mut checker = Checker::default();
        check(&mut checker, value);
        let told = checker.problems.into_iter();
        found.extend(told.filter_map(|(path, message)| {
            let at = offset_at(&reading.tree, &path);
            (at <= source.len() && !reading.follows(&path)).then_some((at, message))
        }));
    }
    Checked {
        value: reading.value.filter(|_| reading.is_whole),
        problems: told(file, source, found),
    }
}

/// Problems by their line.
fn told(file: &str, source: &str, found: Vec<(usize, Text)>) -> Vec<FileProblem> {
    let mut problems: Vec<_> = found
        .into_iter()
        .map(|(offset, message)| FileProblem {
            file: file.to_owned(),
            line: line_of(source, offset),
            message,
        })
        .collect();
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// What a check of another kind has to say about a file that reads well.
pub(super) fn look(file: &str, source: &str, check: impl FnOnce(&mut Checker)) -> Vec<FileProblem> {
    let Ok(tree) = DeTable::parse(source) else {
        return Vec::new();
    };
    let mut checker = Checker::default();
    check(&mut checker);
    let found = checker.problems.into_iter();
    let found = found.map(|(path, message)| (offset_at(tree.get_ref(), &path), message));
    told(file, source, found.collect())
}

pub(super) fn line_of(source: &str, offset: usize) -> usize {
    source[..offset.min(source.len())].matches('\n').count() + 1
}

/// One turn on the way to a value of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
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

/// The keys on a way, as somebody would look for them: `form.fields.label`.
fn key(path: &[At]) -> String {
    let keys = path.iter().filter_map(|turn| match turn {
        At::Key(key) => Some(key.as_str()),
        At::Index(_) => None,
    });
    keys.collect::<Vec<_>>().join(".")
}

/// Where a value stands, or the nearest table around it when the value is missing.
fn offset_at(tree: &DeTable<'_>, path: &[At]) -> usize {
    let mut offset = 0;
    let mut table = Some(tree);
    let mut array = None;
    for turn in path {
        let next = match turn {
            At::Key(key) => table.and_then(|t| t.get(key.as_str())),
            At::Index(index) => array.and_then(|a: &DeArray<'_>| a.get(*index)),
        };
        let Some(value) = next else { break };
        offset = value.span().start;
        (table, array) = match value.get_ref() {
            DeValue::Table(inner) => (Some(inner), None),
            DeValue::Array(inner) => (None, Some(inner)),
            _ => (None, None),
        };
    }
    offset
}

/// Collects what is wrong with the sense of a campaign.
#[derive(Default)]
pub(super) struct Checker {
    problems: Vec<(Vec<At>, Text)>,
}

impl Checker {
    fn add<S: Into<String>>(&mut self, path: Vec<At>, message: impl Fn(Locale) -> S) {
        self.problems.push((path, Text::each(message)));
    }

    fn name(&mut self, path: Vec<At>, what: Named, name: &str) {
        if !is_name(name) {
            self.add(path, |l| texts::bad_name(l, texts::kind(l, what), name));
        }
    }

    /// The name of one thing among others of its kind: fit for a key, and not that of an earlier one.
    fn id<'a>(&mut self, path: Vec<At>, what: Named, name: &str, earlier: impl IntoIterator<Item = &'a str>) {
        self.name(path.clone(), what, name);
        self.once(path, what, name, earlier);
    }

    fn once<'a>(&mut self, path: Vec<At>, what: Named, name: &str, earlier: impl IntoIterator<Item = &'a str>) {
        if earlier.into_iter().any(|other| other == name) {
            self.add(path, |l| texts::twice(l, texts::kind(l, what), name));
        }
    }

    fn text(&mut self, path: Vec<At>, text: &Text, languages: &[Locale]) {
        for locale in text.missing(languages) {
            self.add(path.clone(), |l| texts::untranslated(l, &key(&path), locale.code()));
        }
    }

    fn identity(&mut self, folder: &str, campaign: &Campaign) {
        self.name(place!["id"], Named::Campaign, campaign.id.as_str());
        self.name(place!["workspace"], Named::Workspace, campaign.workspace.as_str());
        if campaign.id.as_str() != folder {
            self.add(place!["id"], |l| texts::not_the_folder(l, folder));
        }
        if !campaign.triggers.is_empty() {
            self.add(place!["triggers"], texts::mapping_has_a_file);
        }
        if !campaign.mailings.is_empty() {
            self.add(place!["mailings"], texts::mailing_has_a_file);
        }
        if campaign.languages.is_empty() {
            self.add(place!["languages"], texts::no_language);
        }
        for (i, locale) in campaign.languages.iter().enumerate() {
            if campaign.languages[..i].contains(locale) {
                self.add(place!["languages", i], |l| texts::language_twice(l, locale.code()));
            }
        }
        if TimeZone::get(&campaign.zone).is_err() {
            self.add(place!["zone"], |l| texts::no_zone(l, &campaign.zone));
        }
        if let Some(country) = campaign.country.as_deref().filter(|country| !is_country(country)) {
            self.add(place!["country"], |l| texts::unknown_country(l, country));
        }
        if campaign.notify.as_ref().is_some_and(|notify| notify.to.is_empty()) {
            self.add(place!["notify", "to"], texts::nobody_to_notify);
        }
        let digest = campaign.notify.as_ref().and_then(|notify| notify.digest);
        if digest.is_some_and(Clock::is_end_of_day) {
            self.add(place!["notify", "digest"], texts::no_time_of_day);
        }
        for (path, address) in [
            (place!["sender", "from"], &campaign.sender.from),
            (place!["sender", "reply_to"], &campaign.sender.reply_to),
        ] {
            if crate::kit::email::Email::parse(address).is_err() {
                self.add(path, texts::not_an_address);
            }
        }
    }

    fn texts(&mut self, campaign: &Campaign) {
        let languages = &campaign.languages;
        let form = &campaign.form;
        for (path, text) in [
            (place!["name"], &campaign.name),
            (place!["sender", "name"], &campaign.sender.name),
            (place!["sender", "legal"], &campaign.sender.legal),
            (place!["sender", "privacy_url"], &campaign.sender.privacy_url),
            (place!["form", "title"], &form.title),
            (place!["form", "intro"], &form.intro),
            (place!["form", "button"], &form.button),
            (place!["form", "thanks_title"], &form.thanks_title),
            (place!["form", "thanks_text"], &form.thanks_text),
        ] {
            self.text(path, text, languages);
        }
        match &campaign.opt_in {
            Some(page) => {
                for (path, text) in [
                    (place!["opt_in", "title"], &page.title),
                    (place!["opt_in", "text"], &page.text),
                    (place!["opt_in", "button"], &page.button),
                    (place!["opt_in", "done_title"], &page.done_title),
                    (place!["opt_in", "done_text"], &page.done_text),
                ] {
                    self.text(path, text, languages);
                }
            }
            None if campaign.double_opt_in => {
                self.add(place!["double_opt_in"], texts::no_opt_in_page);
            }
            None => {}
        }
        for &locale in languages {
            if !campaign.sender.privacy_url.get(locale).starts_with("https://") {
                self.add(place!["sender", "privacy_url"], texts::privacy_url_https);
            }
        }
        for (i, resource) in campaign.resources.iter().enumerate() {
            let earlier = campaign.resources[..i].iter().map(|other| other.id.as_str());
            self.id(place!["resources", i, "id"], Named::Resource, &resource.id, earlier);
            self.text(place!["resources", i, "title"], &resource.title, languages);
        }
    }
}
