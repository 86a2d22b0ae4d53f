//! Enquiries: what each post said, kept as it was said (design, "Enquiries").

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kit::ids::{CampaignId, EnquiryId, ImportId};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::seconds;
use crate::kit::stored::{is_false, is_zero};

/// How the source of an enquiry begins that an import told; the import's id follows.
const IMPORT: &str = "import:";

/// One post: of a form, or as another system reported it. A later one hides nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enquiry {
    /// Which form.
    #[serde(rename = "c")]
    pub campaign: CampaignId,
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Tells apart the enquiries of one second.
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    pub serial: u16,
    /// Version of the campaign's files that applied.
    #[serde(rename = "v")]
    pub version: String,
    /// The language it was written in.
    #[serde(rename = "l")]
    pub locale: Locale,
    /// The zone of the browser, where the form told it.
    #[serde(rename = "z", default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Where the person came from.
    #[serde(rename = "t", default, skip_serializing_if = "Touch::is_empty")]
    pub touch: Touch,
    /// What it answered, by field name.
    #[serde(rename = "q", default, skip_serializing_if = "no_answers")]
    pub answers: Arc<BTreeMap<String, Personal>>,
    /// What it said in fields that the form does not declare: shown as text, never interpreted.
    #[serde(rename = "o", default, skip_serializing_if = "no_answers")]
    pub other: Arc<BTreeMap<String, Personal>>,
    /// Values that could not be read by their type; they stand in `other`.
    #[serde(rename = "u", default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// When the person proved by a link that it is theirs.
    #[serde(
        rename = "k",
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional"
    )]
    pub confirmed_at: Option<Timestamp>,
    /// Which other system reported it; absent where a form was posted.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether it was at or above its campaign's threshold, so that sales heard of it.
    #[serde(rename = "h", default, skip_serializing_if = "is_false")]
    pub hot: bool,
    /// Whether the lead holds a part of it only: the whole lies in a row of its own.
    #[serde(rename = "x", default, skip_serializing_if = "is_false")]
    pub cut: bool,
}

/// The names in `other` are whatever somebody called their fields, which may be a person's.
impl fmt::Debug for Enquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enquiry")
            .field("campaign", &self.campaign)
            .field("at", &self.at)
            .field("serial", &self.serial)
            .field("touch", &self.touch)
            .field("answers", &self.answers)
            .field("other", &self.other.len())
            .field("confirmed_at", &self.confirmed_at)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

fn no_answers(answers: &Arc<BTreeMap<String, Personal>>) -> bool {
    answers.is_empty()
}

/// A value that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Of which field.
    #[serde(rename = "f")]
    pub field: String,
    /// Why: the code of a problem.
    #[serde(rename = "c")]
    pub code: String,
}

impl Enquiry {
    /// Its id: the second in hexadecimal, and its number where there are several. It names nobody.
    pub fn id(&self) -> EnquiryId {
        EnquiryId::of(self.at, self.serial)
    }

    /// The source of what an import tells.
    pub fn source_of_import(import: &ImportId) -> String {
        format!("{IMPORT}{import}")
    }

    /// The id of the import that told it, if one did: then the person did nothing.
    pub fn import(&self) -> Option<&str> {
        self.source.as_deref()?.strip_prefix(IMPORT)
    }

    /// Whether it is of this import.
    pub fn is_of(&self, import: &ImportId) -> bool {
        self.import() == Some(import.as_str())
    }

    /// How far its words are trusted.
    pub fn rank(&self) -> Rank {
        match (self.confirmed_at, &self.source) {
            (Some(_), _) => Rank::Confirmed,
            (None, None) => Rank::Unproved,
            (None, Some(_)) => Rank::Reported,
        }
    }

    /// Whether it says nothing but an address: a newsletter sign-up, if a box was ticked with it. Names with `_` in front
    /// are the machinery of a form, whoever made it.
    pub fn is_empty(&self) -> bool {
        let said = self.other.keys().any(|name| !name.starts_with('_'));
        self.answers.is_empty() && !said && self.unread.is_empty() && !self.cut
    }

    /// About how many bytes it takes in the lead's item.
    pub(crate) fn weight(&self) -> usize {
        let of = |answers: &BTreeMap<String, Personal>| {
            let each = |(name, value): (&String, &Personal)| name.len() + value.expose().len() + 2;
            answers.iter().map(each).sum::<usize>()
        };
        let touch: usize = self
            .touch
            .0
            .iter()
            .map(|(name, value)| name.len() + value.len() + 2)
            .sum();
        let unread: usize = self.unread.iter().map(|one| one.field.len() + one.code.len() + 8).sum();
        60 + self.campaign.as_str().len() + of(&self.answers) + of(&self.other) + touch + unread
    }
}

/// How far words are trusted. A lower rank fills gaps and never replaces; between the two highest the newer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Another system says so.
    Reported,
    /// A post that nobody has proved: anybody may send one who knows the address.
    Unproved,
    /// A post that the person confirmed by a link.
    Confirmed,
    /// The person by a signed link, or an operator who notes what the person said.
    Own,
}

impl Rank {
    /// What decides between two values: the higher counts, the newer of equals.
    pub(crate) fn weight(self) -> u8 {
        match self {
            Self::Reported => 0,
            Self::Unproved => 1,
            Self::Confirmed | Self::Own => 2,
        }
    }

    /// Whether it is surely the person's own word.
    pub fn is_theirs(self) -> bool {
        matches!(self, Self::Confirmed | Self::Own)
    }
}

/// Where a person came from. URLs are kept without their query, which may hold anything.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Touch(pub BTreeMap<String, String>);

impl Touch {
    /// The names that are kept when posted or found in the form's own URL: stored name, posted name.
    pub const NAMES: [(&'static str, &'static str); 25] = [
        ("source", "utm_source"),
        ("medium", "utm_medium"),
        ("campaign", "utm_campaign"),
        ("term", "utm_term"),
        ("content", "utm_content"),
        ("referrer", "referrer"),
        ("landing", "landing_page"),
        ("first_source", "first_utm_source"),
        ("first_medium", "first_utm_medium"),
        ("first_campaign", "first_utm_campaign"),
        ("first_referrer", "first_referrer"),
        ("gclid", "gclid"),
        ("gbraid", "gbraid"),
        ("wbraid", "wbraid"),
        ("dclid", "dclid"),
        ("gad_source", "gad_source"),
        ("fbclid", "fbclid"),
        ("msclkid", "msclkid"),
        ("ttclid", "ttclid"),
        ("twclid", "twclid"),
        ("li_fat_id", "li_fat_id"),
        ("rdt_cid", "rdt_cid"),
        ("epik", "epik"),
        ("yclid", "yclid"),
        ("ScCid", "ScCid"),
    ];

    /// Whether a posted name is that of an advertiser's click: an id that is worth nothing unless it is whole.
    pub fn is_click(posted: &str) -> bool {
        let click = |(stored, name): &&(&str, &str)| stored == name && !name.ends_with("referrer");
        Self::NAMES.iter().filter(click).any(|(_, name)| *name == posted)
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One thing known, by stored name; `page` is the page that held the form.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// The names alone: an address of a page may hold anything.
impl fmt::Debug for Touch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
