//! What reports count of a lead, campaign by campaign, and what of it stays when the person is erased (design, "Figures do
//! not move").

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::kit::ids::CampaignId;
use crate::kit::text::folded;
use crate::lead::figures::{Counted, Entered, Figures, STEPS};
use crate::lead::stage::Stage;
use crate::lead::standing::Standing;
use crate::lead::{Lead, StageChange};
use crate::rules::context::Context;
use crate::rules::source::source_of;

/// Characters of a reason that a column of the board holds.
const REASON_COLUMN_CHARS: usize = 40;
/// Digits that make a telephone number: shorter than every national one, longer than a budget or a postcode.
const PHONE_DIGITS_MIN: usize = 8;
/// Characters of a name that is looked for: shorter ones are words of every language.
const NAME_CHARS_MIN: usize = 3;
/// What stands in the place of a word that names somebody.
const HIDDEN: &str = "…";

impl Figures {
    /// What a report knows of this lead in the campaign of its first post.
    pub fn of(lead: &Lead) -> Self {
        let first = lead
            .words
            .enquiries()
            .first()
            .and_then(|enquiry| source_of(&enquiry.touch));
        let here = Self::here(lead, &lead.campaign, lead.captured_at, first);
        let whole = entered(lead, |_| true);
        Self {
            person: (whole != here.entered).then_some(whole),
            ..here
        }
    }

    /// The same as its row holds it. The first write of a lead tells nothing of sales: the first alert does, a moment later,
    /// and an ordinary capture stays below 1 KiB.
    pub fn of_row(lead: &Lead) -> Self {
        let figures = Self::of(lead);
        match lead.version {
            0 | 1 => Self {
                owner: None,
                response: None,
                ..figures
            },
            _ => figures,
        }
    }

    /// What a report knows of this lead in a further campaign.
    pub fn of_standing(lead: &Lead, standing: &Standing) -> Self {
        let here = Self::here(lead, &standing.campaign, standing.since, standing.source.clone());
        Self {
            further: true,
            grade: standing.grade.clone(),
            ..here
        }
    }

    fn here(lead: &Lead, campaign: &CampaignId, captured_at: Timestamp, source: Option<String>) -> Self {
        let of_it = |change: &StageChange| change.campaign.as_ref().unwrap_or(&lead.campaign) == campaign;
        let latest = lead
            .words
            .enquiries()
            .iter()
            .rfind(|enquiry| &enquiry.campaign == campaign);
        let touched = latest
            .and_then(|enquiry| source_of(&enquiry.touch))
            .filter(|last| Some(last) != source.as_ref());
        let mut entered = entered(lead, of_it);
        let standing = lead.standing(campaign);
        let made = standing.and_then(|standing| standing.mql_at);
        if !lead
            .history
            .iter()
            .any(|change| change.to == Stage::Mql && change.mistaken && Some(change.at) == made)
        {
            entered.0[0] = entered.0[0].into_iter().chain(made).min();
        }
        let won = |change: &&StageChange| change.to == Stage::Customer && !change.mistaken && of_it(change);
        let rejected = lead
            .history
            .last()
            .filter(|change| change.to == Stage::Disqualified && of_it(change));
        Self {
            captured_at,
            stage: lead.stage,
            entered,
            person: None,
            further: false,
            touched: touched.map(|source| nameless(&source, &[])),
            latest: lead
                .standings()
                .map(|standing| standing.last())
                .max()
                .filter(|last| *last > captured_at),
            source: source.map(|source| nameless(&source, &[])),
            grade: lead.grade.clone(),
            owner: lead.owner().map(str::to_owned),
            cents: lead.history.iter().rfind(won).and_then(|change| change.cents),
            rejected: rejected.map(|change| {
                let reason = nameless(change.reason.expose(), &names(lead));
                reason.chars().take(REASON_COLUMN_CHARS).collect()
            }),
            response: lead.response_in(campaign),
            erased: None,
        }
    }
}

/// When a lead first entered each stage by one of these moves; a move that was a mistake is none.
fn entered(lead: &Lead, these: impl Fn(&StageChange) -> bool) -> Entered {
    let first = |stage| {
        let entries = lead.history.iter();
        let entries = entries.filter(|change| change.to == stage && !change.mistaken && these(change));
        entries.map(|change| change.at).min()
    };
    Entered(STEPS.map(first))
}

/// What stays of a lead in the reports of each campaign in which the person stands, and of the lives before that were not
/// counted yet.
pub(super) fn counted(lead: &Lead, cx: &Context<'_>) -> Vec<Counted> {
    let before = lead.past.iter().flat_map(|past| past.counted.iter().cloned());
    let here = lead.standings().map(|standing| {
        let figures = match standing.campaign == lead.campaign {
            true => Figures::of_row(lead),
            false => Figures::of_standing(lead, &standing),
        };
        let zone = cx.catalog.get(&standing.campaign).map(|campaign| campaign.time_zone());
        Counted {
            row: String::new(),
            figures: figures.without_moments(&zone.unwrap_or(TimeZone::UTC), cx.now),
            campaign: standing.campaign,
        }
    });
    before.chain(here).collect()
}

/// The words that name a person, without regard to accents and case: each of the name, the company's name, and those of an
/// address such as `ana.martin@`; one such as `contact@` names nobody.
fn names(lead: &Lead) -> Vec<String> {
    let name = lead.full_name();
    let local = lead.email.as_ref().and_then(|email| email.expose().split('@').next());
    let local = local.filter(|local| words_of(local).nth(1).is_some());
    let company = lead.words.answer("company").map(folded);
    let words = [Some(name.as_str()), local].into_iter().flatten().flat_map(words_of);
    let words = words.filter(|word| word.chars().count() >= NAME_CHARS_MIN);
    words
        .map(folded)
        .chain(company.filter(|company| !company.is_empty()))
        .collect()
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// A text of a report, without what names somebody: addresses, telephone numbers and these names. A report is for people
/// who look at figures, and what it counts outlives the person.
fn nameless(text: &str, names: &[String]) -> String {
    let phrase = |word: &str| names.iter().any(|name| *name == folded(word));
    let hides = |word: &str| word.contains('@') || words_of(word).any(phrase);
    let longest = names.iter().map(|name| name.split_whitespace().count()).max();
    let mut shown: Vec<&str> = Vec::new();
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut at = 0;
    while at < words.len() {
        let number = number_length(&words[at..]);
        // A company has names of several words.
        let company = (2..=longest.unwrap_or(0).min(words.len() - at))
            .rev()
            .find(|length| phrase(&words[at..at + length].join(" ")));
        match number.max(company.unwrap_or(0)) {
            0 if hides(words[at]) => shown.push(HIDDEN),
            0 => shown.push(words[at]),
            length => {
                shown.push(HIDDEN);
                at += length - 1;
            }
        }
        at += 1;
    }
    shown.dedup_by(|a, b| *a == HIDDEN && *b == HIDDEN);
    shown.join(" ")
}

/// How many of these words are a telephone number, from the first on; 0 where they begin with none.
fn number_length(words: &[&str]) -> usize {
    let is_part = |word: &&&str| {
        let word = word.trim_end_matches([',', ';', ':']);
        let all = |is: fn(char) -> bool| word.chars().all(is);
        word.contains(|c: char| c.is_ascii_digit()) && all(|c| c.is_ascii_digit() || "+.-()".contains(c))
    };
    let length = words.iter().take_while(is_part).count();
    let digits = words[..length].iter().flat_map(|word| word.chars());
    match digits.filter(char::is_ascii_digit).count() >= PHONE_DIGITS_MIN {
        true => length,
        false => 0,
    }
}

#[cfg(test)]
mod tests;
