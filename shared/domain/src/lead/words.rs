//! What was said about a person, by whom, and which of it counts (design, "Whose word counts").
//!
//! A value of the person's own, by a signed link or as an operator noted it, and one of a confirmed post outweigh what an
//! unproved post says, and that outweighs what another system reports. Among equals the newest counts. Whoever merely
//! knows an address can add to what is known, and replace nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kit::ids::{EnquiryId, ImportId};
use crate::kit::limits;
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::seconds;
use crate::lead::enquiry::{Enquiry, Rank};

/// Under this name the language stands among the statements.
pub const LANGUAGE: &str = "_lang";
/// Under this name the zone stands among the statements.
pub const ZONE: &str = "_tz";
/// Whose statement it is if the person made it themselves.
pub const PERSON: &str = "person";

/// Everything that was said about a person. What counts is worked out when it changes, not when it is read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(from = "Stored")]
pub struct Words {
    enquiries: Arc<Vec<Enquiry>>,
    statements: Arc<Vec<Statement>>,
    carried: Arc<BTreeMap<String, Carried>>,
    /// What counts of all that.
    answers: Arc<BTreeMap<String, Personal>>,
}

/// What the person said of one field, themselves or to somebody who wrote it down. An empty one takes back what was said
/// before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The field.
    #[serde(rename = "f")]
    pub field: String,
    /// The value.
    #[serde(rename = "w")]
    pub value: Personal,
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Who wrote it down: [`PERSON`], or the name of a user or an owner.
    #[serde(rename = "b")]
    pub by: String,
}

/// The best value of a field among enquiries that left the lead for rows of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Carried {
    #[serde(rename = "w")]
    value: Personal,
    #[serde(rename = "a", with = "seconds")]
    at: Timestamp,
    #[serde(rename = "r")]
    rank: Rank,
    #[serde(rename = "e")]
    enquiry: EnquiryId,
}

/// A value that was said, and how much it weighs.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The value; never empty.
    pub value: &'a Personal,
    /// When it was said.
    pub at: Timestamp,
    /// How far it is trusted.
    pub rank: Rank,
    /// Who wrote it down, where somebody did; a post has nobody.
    pub by: Option<&'a str>,
}

#[derive(Deserialize)]
struct Stored {
    #[serde(rename = "e", default)]
    enquiries: Arc<Vec<Enquiry>>,
    #[serde(rename = "s", default)]
    statements: Arc<Vec<Statement>>,
    #[serde(rename = "c", default)]
    carried: Arc<BTreeMap<String, Carried>>,
}

impl From<Stored> for Words {
    fn from(stored: Stored) -> Self {
        let mut words = Self {
            enquiries: stored.enquiries,
            statements: stored.statements,
            carried: stored.carried,
            answers: Arc::default(),
        };
        words.weigh();
        words
    }
}

impl Serialize for Words {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            #[serde(rename = "e")]
            enquiries: &'a [Enquiry],
            #[serde(rename = "s", skip_serializing_if = "<[_]>::is_empty")]
            statements: &'a [Statement],
            #[serde(rename = "c", skip_serializing_if = "BTreeMap::is_empty")]
            carried: &'a BTreeMap<String, Carried>,
        }
        Borrowed {
            enquiries: &self.enquiries,
            statements: &self.statements,
            carried: &self.carried,
        }
        .serialize(serializer)
    }
}

impl Words {
    /// The posts that the lead holds, oldest first.
    pub fn enquiries(&self) -> &[Enquiry] {
        &self.enquiries
    }

    /// What the person said themselves, oldest first, the latest of each field.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The values that count, by field name.
    pub fn answers(&self) -> &BTreeMap<String, Personal> {
        &self.answers
    }

    /// The value that counts of one field.
    pub fn answer(&self, field: &str) -> Option<&str> {
        self.answers.get(field).map(Personal::expose)
    }

    /// The value that counts of one field, and what it weighs.
    pub fn said(&self, field: &str) -> Option<Said<'_>> {
        let stated = self.statements.iter().find(|statement| statement.field == field);
        let since = taken_back(stated);
        let posted = self.enquiries.iter().filter_map(|enquiry| {
            let value = enquiry.answers.get(field)?;
            Some(Said {
                value,
                at: enquiry.at,
                rank: enquiry.rank(),
                by: None,
            })
        });
        let carried = self.carried.get(field).map(|carried| Said {
            value: &carried.value,
            at: carried.at,
            rank: carried.rank,
            by: None,
        });
        let own = stated.filter(|own| !own.value.expose().is_empty()).map(|own| Said {
            value: &own.value,
            at: own.at,
            rank: Rank::Own,
            by: Some(&own.by),
        });
        let all = carried.into_iter().chain(posted).chain(own);
        all.filter(|said| since.is_none_or(|since| said.at > since))
            .max_by_key(|said| (said.rank.weight(), said.at))
    }

    /// Whether anything is known that surely is the person's own word. Then nothing of a lower rank goes into an email to
    /// them, or takes points away.
    pub fn is_proved(&self) -> bool {
        !self.statements.is_empty()
            || self.enquiries.iter().any(|enquiry| enquiry.rank().is_theirs())
            || self.carried.values().any(|carried| carried.rank.is_theirs())
    }

    /// Whether the value of a field may take points away, or bar the lead from a grade.
    pub fn may_lower(&self, field: &str) -> bool {
        !self.is_proved() || self.said(field).is_some_and(|said| said.rank.is_theirs())
    }

    /// The value of a field as an email to the person may repeat it.
    pub fn in_emails(&self, field: &str) -> Option<&str> {
        let said = self.said(field)?;
        (said.rank.is_theirs() || !self.is_proved()).then(|| said.value.expose())
    }

    /// The language of the person.
    pub fn language(&self) -> Locale {
        let stated = self.statements.iter().find(|statement| statement.field == LANGUAGE);
        let stated = stated.and_then(|own| Some((2, own.at, Locale::from_code(own.value.expose())?)));
        let posted = self.enquiries.iter();
        let posted = posted.map(|enquiry| (enquiry.rank().weight(), enquiry.at, enquiry.locale));
        posted
            .chain(stated)
            .max_by_key(|(weight, at, _)| (*weight, *at))
            .map_or_else(Locale::default, |(_, _, locale)| locale)
    }

    /// The zone of the person as a browser told it.
    pub fn zone(&self) -> Option<&str> {
        let stated = self.statements.iter().find(|statement| statement.field == ZONE);
        let stated = stated.map(|own| (2, own.at, own.value.expose()));
        let posted = self.enquiries.iter();
        let posted = posted.filter_map(|enquiry| Some((enquiry.rank().weight(), enquiry.at, enquiry.zone.as_deref()?)));
        posted
            .chain(stated)
            .max_by_key(|(weight, at, _)| (*weight, *at))
            .map(|(_, _, zone)| zone)
    }

    /// Whether posts have left the item, so that it does not hold everything that was said.
    pub fn has_left(&self) -> bool {
        !self.carried.is_empty() || self.enquiries.iter().any(|enquiry| enquiry.cut)
    }

    /// Puts back a post that left, or the whole of one that was cut.
    pub(crate) fn rejoin(&mut self, enquiry: Enquiry) {
        let enquiries = Arc::make_mut(&mut self.enquiries);
        match enquiries.iter_mut().find(|known| known.id() == enquiry.id()) {
            Some(cut) => *cut = enquiry,
            None => {
                let place = enquiries.partition_point(|known| (known.at, known.serial) < (enquiry.at, enquiry.serial));
                enquiries.insert(place, enquiry);
            }
        }
        self.weigh();
    }

    /// Whether the person proved that a post is theirs.
    pub fn is_confirmed(&self, id: &EnquiryId) -> bool {
        let mut carried = self.carried.values();
        self.enquiry(id).is_some_and(|enquiry| enquiry.confirmed_at.is_some())
            || carried.any(|carried| &carried.enquiry == id && carried.rank.is_theirs())
    }

    /// An enquiry by its id.
    pub fn enquiry(&self, id: &EnquiryId) -> Option<&Enquiry> {
        self.enquiries.iter().find(|enquiry| &enquiry.id() == id)
    }

    /// The latest enquiry.
    pub fn latest(&self) -> Option<&Enquiry> {
        self.enquiries.last()
    }

    /// Whether a post says what the latest one of that form said a moment ago: double click, back button, retry.
    pub fn repeats(&self, post: &Enquiry) -> bool {
        let mut latest_first = self.enquiries.iter().rev();
        latest_first
            .find(|enquiry| enquiry.campaign == post.campaign)
            .is_some_and(|last| {
                post.at.duration_since(last.at) < limits::REPEATED_WITHIN
                    && last.source == post.source
                    && (&last.answers, &last.other) == (&post.answers, &post.other)
            })
    }

    /// Adds a post.
    pub(crate) fn hear(&mut self, mut enquiry: Enquiry) -> EnquiryId {
        let same_second = self.enquiries.iter().filter(|known| known.at == enquiry.at);
        enquiry.serial = same_second.map(|known| known.serial + 1).max().unwrap_or(0);
        let id = enquiry.id();
        let enquiries = Arc::make_mut(&mut self.enquiries);
        // One that was kept aside takes its place among those that came since.
        let place = enquiries.partition_point(|known| (known.at, known.serial) <= (enquiry.at, enquiry.serial));
        enquiries.insert(place, enquiry);
        self.weigh();
        id
    }

    /// Takes out what an import told: what others said counts as it did before.
    pub(crate) fn retract(&mut self, import: &ImportId) {
        Arc::make_mut(&mut self.enquiries).retain(|enquiry| !enquiry.is_of(import));
        self.weigh();
    }

    /// Sales heard of this post.
    pub(crate) fn heat(&mut self, id: &EnquiryId) {
        let enquiries = Arc::make_mut(&mut self.enquiries);
        if let Some(enquiry) = enquiries.iter_mut().find(|enquiry| &enquiry.id() == id) {
            enquiry.hot = true;
        }
    }

    /// The person proved by a link that this post is theirs, now or before; says whether that is news.
    pub(crate) fn confirm(&mut self, id: &EnquiryId, now: Timestamp) -> bool {
        let here = self.enquiries.iter().position(|enquiry| &enquiry.id() == id);
        let left = self
            .carried
            .values()
            .any(|carried| &carried.enquiry == id && !carried.rank.is_theirs());
        let is_news = here.is_some_and(|at| self.enquiries[at].confirmed_at.is_none()) || left;
        if !is_news {
            return false;
        }
        if let Some(at) = here {
            Arc::make_mut(&mut self.enquiries)[at].confirmed_at.get_or_insert(now);
        }
        for carried in Arc::make_mut(&mut self.carried).values_mut() {
            if &carried.enquiry == id {
                carried.rank = Rank::Confirmed;
            }
        }
        self.weigh();
        true
    }

    /// Writes down what the person said of a field; an empty value takes back what was said before.
    pub(crate) fn state(&mut self, field: &str, value: Personal, by: &str, now: Timestamp) {
        let statements = Arc::make_mut(&mut self.statements);
        statements.retain(|statement| statement.field != field);
        statements.push(Statement {
            field: field.to_owned(),
            value,
            at: now,
            by: by.to_owned(),
        });
        self.weigh();
    }

    /// Takes the enquiries that the lead has no more room for, oldest unproved ones first; what they said goes on to count.
    /// The first one stays: reports name where it came from.
    pub(crate) fn take_leaving(&mut self, count_max: usize, bytes_max: usize) -> Vec<Enquiry> {
        let mut leaving = Vec::new();
        loop {
            let bytes: usize = self.enquiries.iter().map(Enquiry::weight).sum();
            if self.enquiries.len() <= count_max && bytes <= bytes_max {
                break;
            }
            // The latest stays too: its email is still to come.
            let last = self.enquiries.len() - 1;
            let movable = || 1..last;
            let oldest = movable()
                .find(|at| !self.enquiries[*at].rank().is_theirs())
                .or_else(|| movable().next());
            let Some(at) = oldest else {
                leaving.extend(self.cut(bytes_max / 3));
                break;
            };
            let enquiry = Arc::make_mut(&mut self.enquiries).remove(at);
            self.carry(&enquiry);
            // Of one that was cut the whole lies in its row already.
            if !enquiry.cut {
                leaving.push(enquiry);
            }
        }
        if !leaving.is_empty() {
            self.weigh();
        }
        leaving
    }

    /// Cuts what is too long to stay: the whole of it goes into a row.
    fn cut(&mut self, bytes_max: usize) -> Vec<Enquiry> {
        let mut whole = Vec::new();
        for at in 0..self.enquiries.len() {
            if self.enquiries[at].weight() <= bytes_max || self.enquiries[at].cut {
                continue;
            }
            let uncut = self.enquiries[at].clone();
            self.carry(&uncut);
            whole.push(uncut);
            let enquiry = &mut Arc::make_mut(&mut self.enquiries)[at];
            enquiry.cut = true;
            enquiry.other = Arc::default();
            enquiry.unread.truncate(10);
            while enquiry.weight() > bytes_max {
                let answers = Arc::make_mut(&mut enquiry.answers);
                let longest = answers.iter().max_by_key(|(_, value)| value.expose().len());
                let Some(name) = longest.map(|(name, _)| name.clone()) else {
                    break;
                };
                answers.remove(&name);
            }
        }
        whole
    }

    fn carry(&mut self, enquiry: &Enquiry) {
        let carried = Arc::make_mut(&mut self.carried);
        for (field, value) in enquiry.answers.iter() {
            let next = Carried {
                value: Personal::new(
                    value
                        .expose()
                        .chars()
                        .take(limits::CARRIED_CHARS_MAX)
                        .collect::<String>(),
                ),
                at: enquiry.at,
                rank: enquiry.rank(),
                enquiry: enquiry.id(),
            };
            let outweighed = |known: &Carried| (known.rank.weight(), known.at) <= (next.rank.weight(), next.at);
            if carried.get(field).is_none_or(outweighed) {
                carried.insert(field.clone(), next);
            }
        }
    }

    /// Works out which values count.
    fn weigh(&mut self) {
        // An ordinary lead: one post, and nothing beside it.
        if self.statements.is_empty()
            && self.carried.is_empty()
            && let [only] = &self.enquiries[..]
        {
            self.answers = Arc::clone(&only.answers);
            return;
        }
        let posted = self.enquiries.iter().flat_map(|enquiry| enquiry.answers.keys());
        let stated = self.statements.iter().map(|statement| &statement.field);
        let mut fields: Vec<&String> = posted.chain(stated).chain(self.carried.keys()).collect();
        fields.sort_unstable();
        fields.dedup();
        let counting = fields
            .into_iter()
            .filter(|field| !field.starts_with('_'))
            .filter_map(|field| Some((field.clone(), self.said(field)?.value.clone())));
        self.answers = Arc::new(counting.collect());
    }
}

/// From when on values count again, where the person took back what was said before.
fn taken_back(stated: Option<&Statement>) -> Option<Timestamp> {
    stated.filter(|own| own.value.expose().is_empty()).map(|own| own.at)
}

#[cfg(test)]
mod tests;
