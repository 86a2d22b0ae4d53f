//! Which field of the form a posted name means: any form works by its action, whatever made it (design, "Fields").
//!
//! A field is known by its own name, by one of its `names`, or by its label in any language, whatever the case and the
//! separators, after a lead-in of form builders, inside one wrapper of any name, and in lists and known wrappers. Shapes
//! count, not vendors. Nothing is recognised by a part of a word. What the form does not declare is kept as text and never
//! read as anything else.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::campaign::Form;
use crate::campaign::field::{Field, FieldType};
use crate::kit::names::{after_lead_in, is_place, is_wrapper, plain, steps, without_list_mark};
use crate::kit::personal::Personal;
use crate::kit::post::{HELPERS, RawPost, Sent, is_honeypot};
use crate::kit::text::{clean_line, clean_text};
use crate::lead::Touch;
use crate::rules::quarantine::challenge::SOLUTION;
use crate::rules::quarantine::turnstile::RESPONSE;

/// Proofs that captchas put into a form: whatever they prove, they say nothing that a person said.
const CAPTCHAS: [&str; 4] = [SOLUTION, RESPONSE, "g-recaptcha-response", "h-captcha-response"];
/// Under which names an entry of a list says which field it is, the surest first.
const NAMING: [&str; 5] = ["name", "key", "id", "label", "title"];
/// What else such an entry says of the field itself.
const DESCRIBING: [&str; 4] = ["type", "required", "raw_value", "ref"];
/// Longest name of an undeclared field, in characters: a longer one goes on in the value.
const NAME_CHARS_MAX: usize = 100;

/// The post with its declared fields and helpers under their own names, and everything else set apart as undeclared.
#[must_use]
pub fn named(form: &Form, post: RawPost) -> RawPost {
    if is_named(form, post.pairs()) {
        return post;
    }
    let names = Names::of(form);
    let parts: Vec<Part<'_>> = post.pairs().iter().map(Part::of).collect();
    let (mut pairs, mut undeclared) = (Vec::new(), Vec::new());
    let mut meant: BTreeMap<Target, Vec<Candidate<'_>>> = BTreeMap::new();
    for (order, said) in values(&parts, &names).into_iter().enumerate() {
        if said.honeypot {
            pairs.push(("_gotcha".to_owned(), said.value.to_owned()));
            continue;
        }
        match said.meant {
            Some((target, sure)) => meant.entry(target).or_default().push(Candidate {
                rank: (
                    said.value.trim().is_empty(),
                    !(sure == Sure::Declared && said.depth == 0),
                    said.depth,
                    Reverse(sure),
                    order,
                ),
                shown: said.shown,
                value: said.value,
            }),
            None => undeclared.push((said.shown, said.value.to_owned())),
        }
    }
    for (target, mut candidates) in meant {
        candidates.sort_by_key(|candidate| candidate.rank);
        let name = target.name(form);
        let mut rest = candidates.into_iter();
        let Some(first) = rest.next() else { continue };
        pairs.push((name.to_owned(), first.value.to_owned()));
        // Of a box that comes more than once, each value counts where it has the same name. Others are kept beside it.
        if target.is_box(form) {
            let (alike, others): (Vec<_>, Vec<_>) = rest.partition(|other| other.rank.1 == first.rank.1);
            pairs.extend(alike.into_iter().map(|other| (name.to_owned(), other.value.to_owned())));
            rest = others.into_iter();
        }
        if matches!(target, Target::Field(_)) {
            let others = rest.filter(|other| other.value != first.value);
            undeclared.extend(others.map(|other| (format!("{} (2)", other.shown), other.value.to_owned())));
        }
    }
    let files = post.files().to_vec();
    RawPost::new(pairs).with_undeclared(undeclared).with_files(files)
}

/// What an enquiry keeps of the fields that its form does not declare, by name: as text, each value on lines of its own.
pub fn undeclared(post: &RawPost, touch: &Touch) -> BTreeMap<String, Personal> {
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    // A helper that says where somebody came from, and does not: a question of that form which bears its name.
    let unfit = Touch::NAMES
        .iter()
        .filter(|(stored, _)| touch.get(stored).is_none())
        .filter_map(|(_, posted)| Some((*posted, post.get(posted)?)));
    let all = post.undeclared().iter();
    let all = all.map(|(name, value)| (name.as_str(), value.as_str())).chain(unfit);
    for (name, value) in all {
        let mut text = clean_text(value);
        if text.is_empty() {
            continue;
        }
        let mut name = clean_line(name);
        if name.chars().count() > NAME_CHARS_MAX {
            text = format!("{name}: {text}");
            name = name.chars().take(NAME_CHARS_MAX - 1).chain(['…']).collect();
        }
        let name = if name.is_empty() { "?".to_owned() } else { name };
        let known = kept.entry(name).or_default();
        if !known.is_empty() {
            known.push('\n');
        }
        known.push_str(&text);
    }
    kept.into_iter()
        .map(|(name, text)| (name, Personal::new(text)))
        .collect()
}

/// Whether each name is one of ours already, and comes once.
fn is_named(form: &Form, pairs: &[(String, String)]) -> bool {
    let is_ours = |name: &str| form.fields.iter().any(|field| field.name == name) || helper(name) == Some(name);
    let once = |at: usize, name: &str| !pairs[..at].iter().any(|(other, _)| other == name);
    let mut all = pairs.iter().enumerate();
    all.all(|(at, (name, _))| is_ours(name) && once(at, name))
}

/// The helper or source that bears this name, in whatever case.
fn helper(name: &str) -> Option<&'static str> {
    let touch = Touch::NAMES.iter().map(|(_, posted)| *posted);
    let mut all = HELPERS.into_iter().chain(CAPTCHAS).chain(touch);
    all.find(|known| known.eq_ignore_ascii_case(name))
}

/// What a posted name can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// A field, by its place in the form.
    Field(usize),
    /// A helper, or where somebody came from.
    Helper(&'static str),
}

impl Target {
    fn name(self, form: &Form) -> &str {
        match self {
            Self::Field(at) => &form.fields[at].name,
            Self::Helper(name) => name,
        }
    }

    fn is_box(self, form: &Form) -> bool {
        matches!(self, Self::Field(at) if form.fields[at].kind == FieldType::Consent)
    }
}

/// How surely a posted name is a field's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    /// It reads like the field's label.
    Label,
    /// It reads like its name, or like one of its `names`.
    Alike,
    /// It is one of its `names`.
    Listed,
    /// It is its name.
    Declared,
}

/// The names of a form in one form, made when a post needs them.
struct Names<'a> {
    form: &'a Form,
    plain: BTreeMap<String, (usize, Sure)>,
}

impl<'a> Names<'a> {
    fn of(form: &'a Form) -> Self {
        let mut known: BTreeMap<String, (usize, Sure)> = BTreeMap::new();
        let mut add = |at: usize, name: &str, sure: Sure| {
            let plain = plain(name);
            if !plain.is_empty() && known.get(&plain).is_none_or(|(_, other)| *other < sure) {
                known.insert(plain, (at, sure));
            }
        };
        for (at, field) in form.fields.iter().enumerate() {
            own_names(field).for_each(|name| add(at, name, Sure::Alike));
            field.label.all().for_each(|label| add(at, label, Sure::Label));
        }
        Self { form, plain: known }
    }

    /// What a name means by itself.
    fn meaning(&self, name: &str) -> Option<(Target, Sure)> {
        let fields = || self.form.fields.iter().enumerate();
        let name = without_list_mark(name);
        if let Some((at, _)) = fields().find(|(_, field)| field.name == name) {
            return Some((Target::Field(at), Sure::Declared));
        }
        let is_listed = |field: &Field| field.names.iter().any(|known| without_list_mark(known) == name);
        if let Some((at, _)) = fields().find(|(_, field)| is_listed(field)) {
            return Some((Target::Field(at), Sure::Listed));
        }
        if let Some(helper) = helper(name) {
            return Some((Target::Helper(helper), Sure::Declared));
        }
        let alike = |name: &str| self.plain.get(&plain(name));
        let (at, sure) = alike(name).or_else(|| alike(after_lead_in(name)?))?;
        Some((Target::Field(*at), *sure))
    }

    /// What a name with steps means: as a whole, else by its last step, inside no wrapper of an unknown name or one.
    fn meaning_of(&self, part: &Part<'_>) -> Option<((Target, Sure), usize)> {
        if let Some(whole) = self.meaning(part.name) {
            return Some((whole, 0));
        }
        let at = part.path.iter().rposition(|step| !is_place(step))?;
        let around = &part.path[..at];
        match unknown(around) <= 1 {
            true => Some((self.meaning(part.path[at])?, around.len().min(1))),
            false => None,
        }
    }
}

/// A field's own name, and what other form builders call it.
pub(crate) fn own_names(field: &Field) -> impl Iterator<Item = &str> {
    field.names.iter().map(String::as_str).chain([field.name.as_str()])
}

/// How many of these steps are neither places in a list nor known to wrap a form.
fn unknown(steps: &[&str]) -> usize {
    steps.iter().filter(|step| !is_place(step) && !is_wrapper(step)).count()
}

/// One pair of a post.
struct Part<'a> {
    name: &'a str,
    path: Vec<&'a str>,
    value: &'a str,
}

impl<'a> Part<'a> {
    fn of((name, value): &'a (String, String)) -> Self {
        Self {
            name,
            path: steps(name),
            value,
        }
    }

    /// The last step, and those before it.
    fn member(&self) -> Option<(&'a str, &[&'a str])> {
        let (last, before) = self.path.split_last()?;
        (!before.is_empty()).then_some((*last, before))
    }
}

/// One value of a post, and what it means.
struct Said<'a> {
    shown: String,
    value: &'a str,
    meant: Option<(Target, Sure)>,
    depth: usize,
    honeypot: bool,
}

/// A value that a target may take; the least rank is taken.
struct Candidate<'a> {
    rank: (bool, bool, usize, Reverse<Sure>, usize),
    shown: String,
    value: &'a str,
}

/// The values of a post: objects with a `value` are one, under the name that they give or have.
fn values<'a>(parts: &[Part<'a>], names: &Names<'_>) -> Vec<Said<'a>> {
    let mut objects: BTreeMap<&[&str], Vec<&Part<'a>>> = BTreeMap::new();
    for part in parts {
        if let Some((_, before)) = part.member() {
            objects.entry(before).or_default().push(part);
        }
    }
    objects.retain(|_, members| members.iter().any(|part| is_value(part)));
    let objects: BTreeMap<&[&str], Valued<'_>> = objects
        .into_iter()
        .map(|(path, members)| (path, Valued::of(path, members, names)))
        .collect();
    let said = parts.iter().filter_map(|part| {
        let plain = || {
            let meant = names.meaning_of(part);
            Said {
                shown: part.name.to_owned(),
                value: part.value,
                meant: meant.map(|(meant, _)| meant),
                depth: meant.map_or(0, |(_, depth)| depth),
                honeypot: is_honeypot(part.name),
            }
        };
        // What the form itself declares under its whole name is no part of an object.
        if names.meaning(part.name).is_some() {
            return Some(plain());
        }
        match part.member().and_then(|(_, before)| objects.get(before)) {
            Some(object) => object.say(part),
            None => Some(plain()),
        }
    });
    said.collect()
}

fn is_value(part: &Part<'_>) -> bool {
    part.member()
        .is_some_and(|(last, _)| last.eq_ignore_ascii_case("value"))
}

/// An object with a `value`: an entry of a list, or a field that is one.
struct Valued<'p> {
    /// Its name, if it is an entry of a list.
    entry: Option<&'p str>,
    meant: Option<(Target, Sure)>,
    depth: usize,
    honeypot: bool,
}

impl<'p> Valued<'p> {
    fn of(path: &[&'p str], members: Vec<&Part<'p>>, names: &Names<'_>) -> Self {
        let naming = |wanted: &str| {
            let found = members
                .iter()
                .find(|part| part.member().is_some_and(|(last, _)| last.eq_ignore_ascii_case(wanted)));
            found
                .map(|part| Sent::from(part.value).text)
                .filter(|name| !name.trim().is_empty())
        };
        let given: Vec<&'p str> = NAMING.iter().filter_map(|wanted| naming(wanted)).collect();
        // An entry of a list that says no name has that of its list.
        let own = path.iter().rposition(|step| !is_place(step));
        let own = own.filter(|at| given.is_empty() || at + 1 == path.len());
        let key = own.map(|at| path[at]);
        let known = || key.into_iter().chain(given.iter().copied());
        // A list has a name or none, and stands in one wrapper of an unknown name at most.
        let outer = &path[..own.unwrap_or(path.len())];
        let reach = if key.is_some() { 1 } else { 2 };
        let meant = match unknown(outer) <= reach {
            true => known().find_map(|name| names.meaning(name)),
            false => None,
        };
        Self {
            entry: given.first().copied().filter(|_| key.is_none()),
            meant,
            depth: outer.iter().filter(|step| !is_place(step)).count().min(1),
            honeypot: known().any(is_honeypot) || path.iter().any(|step| is_honeypot(step)),
        }
    }

    /// What a member of it says; nothing where it only describes a field that is known.
    fn say<'a>(&self, part: &Part<'a>) -> Option<Said<'a>> {
        let (member, _) = part.member()?;
        let is_value = is_value(part);
        if !is_value {
            let one_of = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(member));
            let names_it = self.entry == Some(Sent::from(part.value).text) && one_of(&NAMING);
            let describes = self.meant.is_some() && (one_of(&NAMING) || one_of(&DESCRIBING));
            if names_it || describes || self.honeypot {
                return None;
            }
        }
        let shown = match (self.entry, is_value) {
            (None, _) => part.name.to_owned(),
            (Some(name), true) => name.to_owned(),
            (Some(name), false) => format!("{name}.{member}"),
        };
        Some(Said {
            shown,
            value: part.value,
            meant: self.meant.filter(|_| is_value),
            depth: self.depth,
            honeypot: self.honeypot,
        })
    }
}

#[cfg(test)]
mod tests;
