//! One-off mailings: an issue of a newsletter, a special offer, to people who are there already. Each is a file of its own,
//! `<campaign>/mailings/<name>.toml`, and leaves once somebody has approved it.
//!
//! To the rest of the house a mailing is a sequence of one step that an approval starts, so every rule of a marketing email
//! is a rule of this one: consent, gaps, windows, claims, preferences.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::check;
use super::sales::Condition;
use super::sequence::{Sequence, Start, Step};
use super::{Campaign, FileProblem};
use crate::kit::calendar::{Delay, Window};
use crate::kit::ids::LeadId;
use crate::kit::vocabulary::{Class, ExitReason, Stage};

/// What the sequence of a mailing is called: no sequence of a file can have a name with a full stop.
const SEQUENCE: &str = "mailing.";

/// A mailing's file. Its name is the file's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Mailing {
    /// The file below `emails/<locale>/`, without `.md`.
    pub template: String,
    /// What it is about: one of the campaign's topics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The versions of the consent's wording that announce such mailings; without it every version does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wordings: Vec<String>,
    /// When it leaves, on the campaign's clock, such as `2026-12-01T10:00`; without it when it is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Over how long it is spread, each person having a moment of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Delay>,
    /// When it may leave; at any time without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Who gets it, of those who stand in the campaign; everybody without.
    #[serde(default)]
    pub audience: Audience,
    /// The sequence that it is to the rest of the house. A file does not hold it; what is published does.
    #[serde(default = "nothing")]
    #[cfg_attr(feature = "describe", schemars(skip))]
    pub sequence: Sequence,
}

/// Who gets a mailing. Everything that is named must hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Audience {
    /// The person's stage is one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// Their grade in the campaign is one of these, `A1` to `D4`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<String>,
    /// They came from one of these, as reports name sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// What their answers say.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    #[cfg_attr(feature = "describe", schemars(with = "one_or_many::OneOrMany"))]
    pub when: Vec<Condition>,
    /// Nothing was heard of them for so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_for: Option<Delay>,
}

/// One condition, or a list of them.
mod one_or_many {
    use super::{Condition, Deserialize, Serialize};
    use serde::{Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    #[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
    pub(super) enum OneOrMany {
        Many(Vec<Condition>),
        One(Condition),
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Condition>, D::Error> {
        Ok(match OneOrMany::deserialize(from)? {
            OneOrMany::Many(many) => many,
            OneOrMany::One(one) => vec![one],
        })
    }

    pub(super) fn serialize<S: Serializer>(of: &[Condition], to: S) -> Result<S::Ok, S::Error> {
        of.serialize(to)
    }
}

fn nothing() -> Sequence {
    Sequence {
        id: String::new(),
        start: Start::Approval,
        before: None,
        topic: None,
        within: None,
        min_gap: None,
        max_lateness: None,
        exits: Vec::new(),
        wordings: Vec::new(),
        window: None,
        steps: Vec::new(),
    }
}

impl Mailing {
    /// Reads `mailings/<name>.toml` of a campaign.
    ///
    /// # Errors
    /// Every problem found, each with its line.
    pub fn read(file: &str, name: &str, source: &str, campaign: &Campaign) -> Result<Self, Vec<FileProblem>> {
        let mut mailing: Self = check::read_mailing(file, name, source, campaign)?;
        mailing.sequence = mailing.as_sequence(name, campaign);
        Ok(mailing)
    }

    fn as_sequence(&self, name: &str, campaign: &Campaign) -> Sequence {
        let length = |gap: &&Delay| gap.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        let gaps = campaign.sequences.iter().filter_map(|other| other.min_gap.as_ref());
        Sequence {
            id: sequence_of(name),
            topic: self.topic.clone(),
            // It keeps the distance to other marketing that the campaign keeps.
            min_gap: gaps.max_by_key(length).cloned(),
            exits: vec![ExitReason::Unsubscribe, ExitReason::Bounce, ExitReason::Complaint],
            wordings: self.wordings.clone(),
            window: self.window.clone(),
            steps: vec![Step {
                id: name.to_owned(),
                delay: Delay::parse("PT0S").expect("no delay"),
                class: Class::Nurture,
                template: self.template.clone(),
                topic: None,
                only_if: None,
                when: Vec::new(),
                until: Vec::new(),
                every: None,
                times: None,
            }],
            ..nothing()
        }
    }

    /// Its moment in the file, on the campaign's clock; `None` where the file names none.
    pub fn at(&self, campaign: &Campaign) -> Option<Timestamp> {
        let at = local(self.at.as_deref()?)?;
        let zoned = campaign.time_zone().to_zoned(at).ok()?;
        Some(zoned.timestamp())
    }

    /// When it is this person's turn: at the file's moment or the approval's, whichever is later, and a share of the spread
    /// on, which is drawn by the person's id and so stays the same.
    pub fn turn_of(&self, lead: &LeadId, approved_at: Timestamp, campaign: &Campaign) -> Timestamp {
        let from = self.at(campaign).map_or(approved_at, |at| at.max(approved_at));
        let Some(spread) = &self.spread else {
            return from;
        };
        let length = spread.add_to(from, &campaign.time_zone()).duration_since(from);
        let (share, of) = (i64::from(lead.shard(SHARES)), i64::from(SHARES));
        from + SignedDuration::from_secs(length.as_secs() / of * share)
    }
}

/// Into how many moments a spread is cut.
const SHARES: u32 = 10_000;

/// A moment as a file writes it, with or without seconds.
pub(super) fn local(text: &str) -> Option<DateTime> {
    text.contains('T').then(|| text.parse().ok()).flatten()
}

/// What the sequence of the mailing of this name is called.
pub fn sequence_of(name: &str) -> String {
    format!("{SEQUENCE}{name}")
}

/// The mailing that a sequence of this name is; `None` where it is one of the file's own.
pub fn named_by(sequence: &str) -> Option<&str> {
    sequence.strip_prefix(SEQUENCE)
}
