//! Reads a file that has mistakes as far as it can be read, so that all of them are told at once and not the first alone.
//!
//! What is wrong is mended in the tree that was read, never in the file: a key is taken under the name it resembles, a value
//! that cannot be one is replaced. Such a value was invented here, and nothing is said of what it means.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use super::{At, texts};
use crate::campaign::check::syntax::{quoted_in, said_by_toml};
use crate::kit::locale::Text;

/// More mistakes than anybody mends in one go.
const MISTAKES_MAX: usize = 200;
/// How much a name resembles another one at least, from 0 to 1: clap's own measure for what is typed.
const ALIKE: f64 = 0.7;
/// Values of which one suits wherever one is missing.
const CANDIDATES: [&str; 12] = [
    "\"x\"",
    "1",
    "true",
    "[]",
    "{}",
    "\"P1D\"",
    "\"09:00\"",
    "\"2026-01-01\"",
    "\"2026-01\"",
    "\"fr\"",
    "[\"fr\"]",
    "\"A\"",
];

/// A file as far as it was read.
pub(super) struct Reading<'s, T> {
    /// What it says, with everything mended; `None` where that was not possible.
    pub(super) value: Option<T>,
    /// The same as a tree.
    pub(super) tree: DeTable<'s>,
    /// Where in the file something is wrong, and what.
    pub(super) problems: Vec<(usize, Text)>,
    /// Whether everything in `value` was said by somebody.
    pub(super) is_whole: bool,
    /// Tables out of which a key was taken that resembles none.
    taken_out: Vec<Vec<At>>,
    /// Tables in which a value was guessed.
    guessed: Vec<Vec<At>>,
}

impl<T> Reading<'_, T> {
    /// Whether something told of this place may follow from what was mended: it is told once that is mended in the file.
    pub(super) fn follows(&self, path: &[At]) -> bool {
        let around = |table: &Vec<At>| table.starts_with(path);
        self.taken_out.iter().any(around)
            || self
                .guessed
                .iter()
                .any(|table| path.starts_with(table) || around(table))
    }
}

/// Blanks the lines of a file that are no TOML, and tells of them. A slip of the pen may spoil the lines after it: of lines
/// that follow each other the first is told. Behind the head of a table that cannot be read nobody knows whose a line is, so
/// that one stays, and the file is read no further.
pub(super) fn blank(text: &mut String) -> Vec<(usize, Text)> {
    let mut problems: Vec<(usize, Text)> = Vec::new();
    let mut blanked: Vec<usize> = Vec::new();
    while blanked.len() < MISTAKES_MAX {
        let Err(error) = DeTable::parse(text.as_str()) else {
            break;
        };
        let bytes = text.as_bytes();
        let offset = error.span().map_or(0, |span| span.start).min(bytes.len());
        let line = super::line_of(text, offset);
        if blanked.contains(&line) {
            break;
        }
        if !blanked.contains(&line.saturating_sub(1)) {
            problems.push((offset, said_by_toml(error.message())));
        }
        let start = bytes[..offset]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = bytes[offset..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bytes.len(), |at| offset + at);
        if bytes[start..end].trim_ascii_start().starts_with(b"[") {
            break;
        }
        blanked.push(line);
        text.replace_range(start..end, &" ".repeat(end - start));
    }
    problems
}

/// Reads a file, whatever is wrong with it. `broken` is what is wrong with lines that were blanked.
pub(super) fn read<T: DeserializeOwned>(source: &str, broken: Vec<(usize, Text)>) -> Reading<'_, T> {
    let is_broken = !broken.is_empty();
    let mut problems = broken;
    let Ok(tree) = DeTable::parse(source) else {
        return Reading {
            value: None,
            tree: DeTable::new(),
            problems,
            is_whole: false,
            taken_out: Vec::new(),
            guessed: Vec::new(),
        };
    };
    let mut mending = Mending {
        source,
        tree: tree.into_inner(),
        invented: 0,
        taken_out: Vec::new(),
        guessed: Vec::new(),
        renamed: Vec::new(),
    };
    let mut value = None;
    for _ in 0..MISTAKES_MAX {
        let error = match mending.read::<T>() {
            Ok(read) => {
                value = Some(read);
                break;
            }
            Err(error) => error,
        };
        let span = error.span().unwrap_or(0..0);
        let fault = Fault::of(error.message());
        let of_the_file = span.start <= source.len();
        // What a broken line or an unknown key was to say is not missing.
        let is_meant = matches!(fault, Fault::Missing(_)) && (is_broken || mending.stands_in(&span));
        // Nor is the value of a key wrong that was another one after all.
        if of_the_file && !is_meant && !mending.renamed.contains(&span.start) {
            problems.push((span.start, fault.say(error.message())));
        }
        if !mending.mend::<T>(&span, &fault, error.message()) {
            break;
        }
    }
    Reading {
        value: value.filter(|_| !is_broken),
        is_whole: !is_broken && mending.invented == 0,
        tree: mending.tree,
        taken_out: mending.taken_out,
        guessed: mending.guessed,
        problems,
    }
}

/// The name that this one was to be, if it resembles one.
pub(in crate::campaign) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let alike = known.into_iter().map(|one| (strsim::jaro(name, one), one));
    let alike = alike.filter(|(likeness, _)| *likeness > ALIKE);
    alike
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, one)| one)
}

/// What the library says is wrong.
enum Fault<'m> {
    UnknownKey(&'m str, Vec<&'m str>),
    UnknownValue(&'m str, Vec<&'m str>),
    Missing(&'m str),
    Other,
}

impl<'m> Fault<'m> {
    fn of(message: &'m str) -> Self {
        let about = |form: &str| message.strip_prefix(form)?.split_once('`');
        if let Some((key, rest)) = about("unknown field `") {
            Self::UnknownKey(key, quoted_in(rest))
        } else if let Some((value, rest)) = about("unknown variant `") {
            Self::UnknownValue(value, quoted_in(rest))
        } else if let Some((key, _)) = about("missing field `") {
            Self::Missing(key)
        } else {
            Self::Other
        }
    }

    /// The sentence, with the right word where one resembles what was written.
    fn say(&self, message: &str) -> Text {
        let said = said_by_toml(message);
        let meant = match self {
            Self::UnknownKey(word, known) | Self::UnknownValue(word, known) => nearest(word, known.iter().copied()),
            Self::Missing(_) | Self::Other => None,
        };
        match meant {
            Some(meant) => Text::each(|l| said.get(l).to_owned() + &texts::perhaps(l, meant)),
            None => said,
        }
    }
}

/// The tree on its way to be read.
struct Mending<'s> {
    source: &'s str,
    tree: DeTable<'s>,
    /// How many values were invented; each has a place of its own behind the end of the file.
    invented: usize,
    taken_out: Vec<Vec<At>>,
    guessed: Vec<Vec<At>>,
    /// Where the values of keys stand that were taken under another name.
    renamed: Vec<usize>,
}

impl<'s> Mending<'s> {
    fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let whole = Spanned::new(0..self.source.len(), self.tree.clone());
        T::deserialize(Deserializer::from(whole))
    }

    /// Whether a key was taken out of the table that stands here.
    fn stands_in(&self, span: &Range<usize>) -> bool {
        let (mut keys, mut tables) = (Vec::new(), Vec::new());
        find(&self.tree, span, &mut Vec::new(), &mut keys, &mut tables);
        if *span == (0..self.source.len()) || tables.is_empty() {
            tables.push(Vec::new());
        }
        self.taken_out.iter().any(|table| tables.contains(table))
    }

    /// Changes the tree so that the next reading comes further; whether it could.
    fn mend<T: DeserializeOwned>(&mut self, span: &Range<usize>, fault: &Fault<'_>, message: &str) -> bool {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        find(&self.tree, span, &mut Vec::new(), &mut keys, &mut values);
        match fault {
            Fault::UnknownKey(key, known) => {
                let tables = keys.iter().map(|path| &path[..path.len() - 1]);
                let tables: Vec<Vec<At>> = tables.map(<[At]>::to_vec).chain(values).chain([Vec::new()]).collect();
                tables.iter().any(|path| self.rename(path, key, known))
            }
            Fault::UnknownValue(value, known) => {
                if let Some(path) = keys.first() {
                    return self.rename(&path[..path.len() - 1], value, known);
                }
                let meant = nearest(value, known.iter().copied()).or(known.first().copied());
                let Some((path, meant)) = values.first().zip(meant) else {
                    return false;
                };
                let sure = nearest(value, known.iter().copied()).is_some();
                let at = if sure { span.clone() } else { self.nowhere() };
                if !sure {
                    self.guessed.push(path[..path.len() - 1].to_vec());
                }
                self.put(path, Spanned::new(at, DeValue::String(Cow::Owned(meant.to_owned()))))
            }
            Fault::Missing(key) => {
                let tables = values.into_iter().chain([Vec::new()]);
                let places = tables.map(|mut path| {
                    path.push(At::Key((*key).to_owned()));
                    path
                });
                places
                    .collect::<Vec<_>>()
                    .iter()
                    .any(|path| self.invent::<T>(path, span, message))
            }
            Fault::Other => {
                if let Some(path) = keys.first() {
                    let last = path.last();
                    let Some(At::Key(key)) = last else { return false };
                    return self.rename(&path[..path.len() - 1], key, &[]);
                }
                let place = values.iter().find(|path| self.invent::<T>(path, span, message));
                // Of the whole file too little would be left to check.
                self.guessed.extend(
                    place
                        .filter(|path| path.len() > 1)
                        .map(|path| path[..path.len() - 1].to_vec()),
                );
                place.is_some()
            }
        }
    }

    /// A place that is none of the file's.
    fn nowhere(&mut self) -> Range<usize> {
        self.invented += 1;
        let at = self.source.len() + 2 * self.invented;
        at..at + 1
    }

    /// Takes an unknown key under the name it resembles, or takes it out.
    fn rename(&mut self, path: &[At], key: &str, known: &[&str]) -> bool {
        let Some(table) = table_at(&mut self.tree, path) else {
            return false;
        };
        let Some((name, value)) = table.remove_entry(key) else {
            return false;
        };
        let free = known.iter().copied().filter(|one| !table.contains_key(*one));
        match nearest(key, free.collect::<Vec<_>>()) {
            Some(meant) => {
                self.renamed.push(value.span().start);
                table.insert(Spanned::new(name.span(), Cow::Owned(meant.to_owned())), value);
            }
            None => self.taken_out.push(path.to_vec()),
        }
        true
    }

    /// Puts the first of the candidates there with which the reading comes further.
    fn invent<T: DeserializeOwned>(&mut self, path: &[At], span: &Range<usize>, message: &str) -> bool {
        let at = self.nowhere();
        let before = self.tree.clone();
        for candidate in CANDIDATES {
            let value = DeValue::parse(candidate).expect("a candidate is a value").into_inner();
            let is_table = value.is_table();
            if !self.put(path, Spanned::new(at.clone(), value)) {
                break;
            }
            let further = match self.read::<T>() {
                Ok(_) => true,
                Err(error) if error.span().as_ref() == Some(&at) => {
                    is_table && matches!(Fault::of(error.message()), Fault::Missing(_))
                }
                Err(error) => error.span().as_ref() != Some(span) || error.message() != message,
            };
            if further {
                return true;
            }
            self.tree = before.clone();
        }
        false
    }

    fn put(&mut self, path: &[At], value: Spanned<DeValue<'s>>) -> bool {
        let Some((last, around)) = path.split_last() else {
            return false;
        };
        match last {
            At::Key(key) => {
                let Some(table) = table_at(&mut self.tree, around) else {
                    return false;
                };
                match table.get_mut(key.as_str()) {
                    Some(there) => *there = value,
                    None => drop(table.insert(Spanned::new(value.span(), Cow::Owned(key.clone())), value)),
                }
                true
            }
            At::Index(_) => match value_at(&mut self.tree, path) {
                Some(there) => {
                    *there = value;
                    true
                }
                None => false,
            },
        }
    }
}

/// The ways to every key and every value that stand here; a table that only its children name stands where they do.
fn find(
    table: &DeTable<'_>,
    span: &Range<usize>,
    way: &mut Vec<At>,
    keys: &mut Vec<Vec<At>>,
    values: &mut Vec<Vec<At>>,
) {
    for (key, value) in table {
        way.push(At::Key(key.get_ref().to_string()));
        if key.span() == *span {
            keys.push(way.clone());
        }
        find_in(value, span, way, keys, values);
        way.pop();
    }
}

fn find_in(
    value: &Spanned<DeValue<'_>>,
    span: &Range<usize>,
    way: &mut Vec<At>,
    keys: &mut Vec<Vec<At>>,
    values: &mut Vec<Vec<At>>,
) {
    if value.span() == *span {
        values.push(way.clone());
    }
    match value.get_ref() {
        DeValue::Table(inner) => find(inner, span, way, keys, values),
        DeValue::Array(inner) => {
            for (n, one) in inner.iter().enumerate() {
                way.push(At::Index(n));
                find_in(one, span, way, keys, values);
                way.pop();
            }
        }
        _ => {}
    }
}

fn table_at<'t, 's>(tree: &'t mut DeTable<'s>, path: &[At]) -> Option<&'t mut DeTable<'s>> {
    if path.is_empty() {
        return Some(tree);
    }
    match value_at(tree, path)?.get_mut() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn value_at<'t, 's>(tree: &'t mut DeTable<'s>, path: &[At]) -> Option<&'t mut Spanned<DeValue<'s>>> {
    let (At::Key(first), rest) = path.split_first()? else {
        return None;
    };
    let mut value = tree.get_mut(first.as_str())?;
    for turn in rest {
        value = match (value.get_mut(), turn) {
            (DeValue::Table(table), At::Key(key)) => table.get_mut(key.as_str())?,
            (DeValue::Array(array), At::Index(n)) => array.get_mut(*n)?,
            _ => return None,
        };
    }
    Some(value)
}
