//! Posts that look like spam. Each layer that speaks against a post adds to its risk; from [`HELD_FROM`] points on the post is
//! held with its reasons instead of becoming a lead, and whoever posts is told the same as ever (R86, R87).
//!
//! What only makes spam likelier, such as links, never holds a post by itself: people write links too.

pub mod challenge;
mod texts;
pub mod turnstile;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::campaign::field::FieldType;
use crate::campaign::{Campaign, Protect};
use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, Key, WorkspaceId, base32_26};
use crate::kit::limits::{FORM_SHOWN_AT_LEAST, FORM_SHOWN_AT_MOST};
use crate::kit::locale::Locale;
use crate::kit::post::RawPost;
use crate::kit::vocabulary::Layer;
use crate::rules::form::Submission;
use crate::rules::kept::{Kept, Post};

/// The risk from which a post is held.
pub const HELD_FROM: u32 = Protect::POINTS_MAX as u32;
/// The helper field that carries when the hosted form was shown.
pub const SHOWN: &str = "_t";
/// Links of a post that count: more make it no likelier, and alone they are below [`HELD_FROM`].
const LINKS_COUNTED: usize = 3;
/// Letters below which an alphabet says nothing.
const LETTERS_ENOUGH: usize = 8;
/// How HTML and BBCode begin that make links or load something.
const MARKUP: [&str; 7] = ["<a ", "<script", "<iframe", "<img", "href=", "[url", "[link"];

/// A layer that speaks against a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    #[serde(rename = "l")]
    pub layer: Layer,
    /// What it adds.
    #[serde(rename = "p")]
    pub points: u32,
    /// How many times it was met, where that counts.
    #[serde(rename = "n", default = "one", skip_serializing_if = "is_one")]
    pub times: u32,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(times: &u32) -> bool {
    *times == 1
}

impl Reason {
    /// The reason in words.
    pub fn why(&self, locale: Locale) -> String {
        match self.layer {
            Layer::Links => texts::links(locale, u64::from(self.times)),
            layer => texts::why(locale, layer).to_owned(),
        }
    }
}

/// A post that is held. Its Debug shows nothing that was typed: answers and addresses hide themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// When it came; the store keeps it in the key of the row.
    #[serde(skip)]
    pub at: Timestamp,
    /// Whose lead it would be.
    #[serde(rename = "ws")]
    pub workspace: WorkspaceId,
    /// Of which form.
    #[serde(rename = "f")]
    pub form: CampaignId,
    /// The version of the campaign's files that applied.
    #[serde(rename = "v")]
    pub version: String,
    /// What was posted.
    #[serde(rename = "p")]
    pub post: Submission,
    /// What speaks against it; never empty.
    #[serde(rename = "r")]
    pub reasons: Vec<Reason>,
}

impl Held {
    /// The same post as if it came at this moment, except that no "no" and no erasure since it was typed is undone: it
    /// counts once, however often that is tried.
    #[must_use]
    pub fn released(self, at: Timestamp) -> Kept {
        Kept {
            at,
            typed_at: Some(self.at),
            workspace: self.workspace,
            post: Post::Form(self.form, self.version, self.post),
        }
    }
}

/// What speaks against a post, line by line; `beside` is what does so outside its fields: its proof of work, Cloudflare, its
/// visitor.
pub fn reasons(
    campaign: &Campaign,
    post: &RawPost,
    read: &Submission,
    beside: &[Layer],
    key: &Key,
    now: Timestamp,
) -> Vec<Reason> {
    let email = read.email.as_ref();
    let shown = post.get(SHOWN).map(str::trim).filter(|shown| !shown.is_empty());
    let texts = texts_of(campaign, read);
    let links: usize = texts.iter().map(|text| links_in(text)).sum();
    let met = |layer: Layer| match layer {
        Layer::Honeypot => usize::from(post.is_bot()),
        Layer::TooFast | Layer::TooOld | Layer::ForgedTime => {
            let time = shown.and_then(|shown| against_time(&campaign.id, shown, key, now));
            usize::from(time == Some(layer))
        }
        Layer::NoProof | Layer::FalseProof | Layer::NoTurnstile | Layer::FalseTurnstile | Layer::ManyPeople => {
            usize::from(beside.contains(&layer))
        }
        Layer::Disposable => usize::from(email.is_some_and(Email::is_disposable)),
        Layer::Role => usize::from(email.is_some_and(Email::is_role)),
        Layer::Links => links,
        Layer::Markup => usize::from(texts.iter().any(|text| has_markup(text))),
        Layer::Alphabet => usize::from(is_of_another_alphabet(&texts)),
    };
    let reason = |layer: Layer| {
        let times = met(layer);
        Reason {
            layer,
            points: campaign.protect.points(layer) * times.min(LINKS_COUNTED) as u32,
            times: u32::try_from(times).unwrap_or(u32::MAX),
        }
    };
    let all = Layer::ALL.into_iter().map(reason);
    all.filter(|reason| reason.points > 0).collect()
}

/// Whether a post with these reasons is held.
pub fn holds(reasons: &[Reason]) -> bool {
    reasons.iter().map(|reason| reason.points).sum::<u32>() >= HELD_FROM
}

/// The value of [`SHOWN`]: the moment in seconds, and our mark on it and on the form.
pub fn shown(form: &CampaignId, at: Timestamp, key: &Key) -> String {
    let second = at.as_second().to_string();
    let mark = base32_26(&key.mac(&["form shown", form.as_str(), &second]));
    format!("{second}.{mark}")
}

/// When the form was shown, if the value is ours and this form's.
fn shown_at(form: &CampaignId, value: &str, key: &Key) -> Option<Timestamp> {
    let (second, _) = value.split_once('.')?;
    let at = Timestamp::from_second(second.parse().ok()?).ok()?;
    is_ours(&shown(form, at, key), value).then_some(at)
}

/// Whether a value is the one that we would have made, in a time that tells nothing of how much of it is right.
fn is_ours(ours: &str, value: &str) -> bool {
    let pairs = ours.bytes().zip(value.bytes());
    let differs = pairs.fold(0, |differs, (a, b)| differs | (a ^ b));
    ours.len() == value.len() && differs == 0
}

/// Whether such a value may go back to the page with a post that is asked for again: what is over must not hold the next try.
pub fn is_timely(form: &CampaignId, value: &str, key: &Key, now: Timestamp) -> bool {
    shown_at(form, value, key).is_some_and(|at| now.duration_since(at) <= FORM_SHOWN_AT_MOST)
}

/// What the time speaks against a post, if anything. A form elsewhere has none, and that is no reason.
fn against_time(form: &CampaignId, value: &str, key: &Key, now: Timestamp) -> Option<Layer> {
    let Some(at) = shown_at(form, value, key) else {
        return Some(Layer::ForgedTime);
    };
    match now.duration_since(at) {
        // The clocks of two functions may differ a little.
        since if since < -SignedDuration::from_mins(5) => Some(Layer::ForgedTime),
        since if since < FORM_SHOWN_AT_LEAST => Some(Layer::TooFast),
        since if since > FORM_SHOWN_AT_MOST => Some(Layer::TooOld),
        _ => None,
    }
}

/// What a person wrote in their own words. Fields for a web address may hold one, and undeclared fields are often a form
/// builder's own.
fn texts_of<'a>(campaign: &Campaign, read: &'a Submission) -> Vec<&'a str> {
    let fields = campaign.form.fields.iter();
    let fields = fields.filter(|field| matches!(field.kind, FieldType::Text | FieldType::LongText));
    let answers = fields.filter_map(|field| read.answers.get(&field.name));
    answers.map(|answer| answer.expose()).collect()
}

fn links_in(text: &str) -> usize {
    let text = text.to_ascii_lowercase();
    let bare = text.match_indices("www.");
    let bare = bare.filter(|(at, _)| !text[..*at].ends_with("://"));
    text.matches("://").count() + bare.count()
}

fn has_markup(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    MARKUP.iter().any(|start| text.contains(start))
}

/// Whether most letters are not Latin: every language of a campaign is written in Latin letters.
fn is_of_another_alphabet(texts: &[&str]) -> bool {
    let letters = texts.iter().flat_map(|text| text.chars()).filter(|c| c.is_alphabetic());
    let (latin, other): (Vec<char>, Vec<char>) = letters.partition(|c| is_latin(*c));
    latin.len() + other.len() >= LETTERS_ENOUGH && other.len() > latin.len()
}

/// Source: the blocks of the Unicode standard whose names begin with Latin.
fn is_latin(c: char) -> bool {
    matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}')
}

#[cfg(test)]
mod tests;
