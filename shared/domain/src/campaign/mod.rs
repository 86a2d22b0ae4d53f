//! A campaign: everything an owner decides, as read from `campaign.toml` or from the published bundle.
//!
//! [`Campaign::read`] is the only way in from a file, and it refuses with every problem and its line. What it lets
//! through needs no second check anywhere.

pub mod brand;
mod catalog;
mod check;
pub mod data_request;
pub mod destination;
pub mod fact;
pub mod field;
mod form;
pub mod mailing;
pub mod mapping;
pub mod privacy;
mod protect;
pub mod sales;
mod scoring;
mod sequence;
pub mod spend;
mod texts;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use self::catalog::{Catalog, Published};
pub use self::check::{FileProblem, said_by_toml};
pub use self::form::{Form, Identity, OptIn};
pub use self::protect::{Limits, Protect};
pub use self::scoring::{EngagementRule, FitRule, Scoring, Threshold};
pub use self::sequence::{Condition, OnAmbiguous, Sequence, Start, Step};
pub use self::texts::marketing_emails;
use crate::campaign::brand::Brand;
use crate::campaign::field::{Field, FieldType};
use crate::campaign::mailing::Mailing;
use crate::campaign::mapping::Mapping;
use crate::campaign::spend::Spend;
use crate::kit::calendar::{Clock, Delay};
use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, WorkspaceId};
use crate::kit::locale::{Locale, Text};
use crate::kit::phone::country_of;
use crate::kit::vocabulary::{Purpose, Regime};

/// One campaign. The field names are those of the file; see the demo campaign for each with its comment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Campaign {
    /// The folder's name; also the form's.
    pub id: CampaignId,
    /// Whose campaign it is.
    #[serde(default = "main_workspace")]
    pub workspace: WorkspaceId,
    /// What people call it.
    pub name: Text,
    /// The first is the default.
    pub languages: Vec<Locale>,
    /// IANA zone in which days and hours are counted.
    pub zone: String,
    /// Whose telephone numbers people write without a country code: ISO 3166-1, two letters. That of the zone without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Why marketing emails are allowed.
    pub regime: Regime,
    /// Whether a ticked box must be confirmed by email before marketing emails start.
    #[serde(default = "yes")]
    pub double_opt_in: bool,
    /// What to do with a nurture email when nobody knows whether SES accepted it.
    #[serde(default)]
    pub on_ambiguous: OnAmbiguous,
    /// Sector of the benchmarks shown beside the figures.
    pub sector: String,
    /// How long a lead is kept after the last real contact.
    pub retention: Delay,
    /// With the regime `customer_similar`: the campaigns whose customers bought goods like those this one writes about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similar_to: Vec<CampaignId>,
    /// What its emails are about, for people who want only some of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<TopicText>,
    /// After how long without real contact a lead counts as dormant.
    #[serde(default = "six_months")]
    pub dormant_after: Delay,
    /// What people call its marketing emails, as in "you will no longer get ...": `nos conseils SEO`, `our SEO tips`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emails: Option<Text>,
    /// Who sends.
    pub sender: Sender,
    /// How the company looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// What is asked.
    pub form: Form,
    /// The page that asks for the confirmation; needed with `double_opt_in`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_in: Option<OptIn>,
    /// What the answers are worth.
    pub scoring: Scoring,
    /// What is sent, and when.
    #[serde(default)]
    pub sequences: Vec<Sequence>,
    /// What is promised.
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// How other systems' payloads are read, by source: files of their own beside this one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "describe", schemars(skip))]
    pub triggers: BTreeMap<String, Mapping>,
    /// Its one-off mailings, by name: files of their own beside this one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "describe", schemars(skip))]
    pub mailings: BTreeMap<String, Mailing>,
    /// Who follows up, and how soon; without it nobody is alerted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales: Option<sales::Sales>,
    /// Who hears of the posts that sales does not; without it nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<Notify>,
    /// What counts against a post, where that is not as usual.
    #[serde(default, skip_serializing_if = "Protect::is_usual")]
    pub protect: Protect,
    /// What was paid for its leads, month by month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spend: Vec<Spend>,
}

fn six_months() -> Delay {
    Delay::parse("P6M").expect("a delay")
}

fn main_workspace() -> WorkspaceId {
    WorkspaceId::new("main")
}

fn yes() -> bool {
    true
}

/// Who sends the emails and is responsible for them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Sender {
    /// The name that mailboxes show.
    pub name: Text,
    /// The verified address.
    pub from: String,
    /// Where answers go.
    pub reply_to: String,
    /// Legal identity and postal line, printed in every email.
    pub legal: Text,
    /// The privacy notice.
    pub privacy_url: Text,
    /// Version of the privacy notice.
    pub privacy_version: String,
}

/// Who hears of the posts below the threshold.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Notify {
    /// Their addresses.
    pub to: Vec<Email>,
    /// At which time of day, on the campaign's clock, one email tells of all posts since the last; each at once without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Clock>,
}

/// A topic that people may turn off.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct TopicText {
    /// Its name within the campaign.
    pub id: String,
    /// What people read beside the box.
    pub text: Text,
}

/// A promised download.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Resource {
    /// Its name in the URL.
    pub id: String,
    /// What people call it.
    pub title: Text,
    /// Life of a signed link to it.
    pub valid: Delay,
}

impl Campaign {
    /// The language used when nothing better is known.
    pub fn default_locale(&self) -> Locale {
        self.languages.first().copied().unwrap_or_default()
    }

    /// The company's name.
    pub fn company(&self, locale: Locale) -> &str {
        let brand = self.brand.as_ref().and_then(|brand| brand.name.as_ref());
        brand.unwrap_or(&self.sender.name).get(locale)
    }

    /// What its marketing emails are called in a sentence.
    pub fn emails(&self, locale: Locale) -> &str {
        self.emails
            .as_ref()
            .map_or_else(|| marketing_emails(locale), |emails| emails.get(locale))
    }

    /// This language if the campaign speaks it, else its default.
    pub fn locale_or_default(&self, wanted: Option<Locale>) -> Locale {
        wanted
            .filter(|locale| self.languages.contains(locale))
            .unwrap_or_else(|| self.default_locale())
    }

    /// Whose telephone numbers people write without a country code.
    pub fn country(&self) -> &str {
        self.country.as_deref().unwrap_or_else(|| country_of(&self.zone))
    }

    /// Its fields for telephone numbers.
    pub fn phone_fields(&self) -> impl Iterator<Item = &str> {
        let fields = self.form.fields.iter().filter(|field| field.kind == FieldType::Phone);
        fields.map(|field| field.name.as_str())
    }

    /// The zone in which its days and hours are counted.
    pub fn time_zone(&self) -> TimeZone {
        // `read` refuses a campaign whose zone is unknown; UTC stands in should the bundled zones ever lose one.
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// Its sequences, and those that its mailings are.
    pub fn every_sequence(&self) -> impl Iterator<Item = &Sequence> {
        let of_mailings = self.mailings.values().map(|mailing| &mailing.sequence);
        self.sequences.iter().chain(of_mailings)
    }

    /// The sequence of this name.
    pub fn sequence(&self, id: &str) -> Option<&Sequence> {
        if let Some(name) = mailing::named_by(id) {
            return self.mailings.get(name).map(|mailing| &mailing.sequence);
        }
        let declared = self.sequences.iter().find(|sequence| sequence.id == id);
        declared.or_else(|| (id == data_request::SEQUENCE).then(data_request::sequence))
    }

    /// The resource of this name.
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// The consent box for marketing emails, if the form has one.
    pub fn marketing_box(&self) -> Option<&Field> {
        self.form
            .fields
            .iter()
            .find(|field| field.purpose == Some(Purpose::Marketing))
    }

    /// Every wording in which this campaign asks for a consent, by the hash that proofs name.
    pub fn wordings(&self) -> impl Iterator<Item = (String, &str)> {
        let boxes = self.form.fields.iter().filter(|field| field.purpose.is_some());
        let texts = boxes.flat_map(|field| self.languages.iter().map(|locale| field.label.get(*locale)));
        texts.map(|text| (crate::kit::ids::sha256_hex(text), text))
    }

    /// The sequence that asks people whether they want to stay, if there is one.
    pub fn retention_sequence(&self) -> Option<&Sequence> {
        self.sequences
            .iter()
            .find(|sequence| sequence.start == Start::Retention)
    }

    /// The text of a topic.
    pub fn topic(&self, id: &str) -> Option<&TopicText> {
        self.topics.iter().find(|topic| topic.id == id)
    }

    /// Whether marketing emails wait for consent: by law, or because the owner wants the address confirmed first.
    pub fn needs_yes(&self) -> bool {
        self.regime == Regime::B2cConsent || self.double_opt_in
    }

    /// Reads `campaign.toml`. `folder` is the name of the folder it lies in.
    ///
    /// # Errors
    /// Every problem found, each with its line.
    pub fn read(folder: &str, source: &str) -> Result<Self, Vec<FileProblem>> {
        check::read_campaign(folder, source).good().map(Self::unrolled)
    }

    /// The same, with as much of the campaign as can be read, so that its other files can be checked against it.
    pub fn look(folder: &str, source: &str) -> (Option<Self>, Vec<FileProblem>) {
        let checked = check::read_campaign(folder, source);
        (checked.value.map(Self::unrolled), checked.problems)
    }

    /// With each repeat of a step as a step of its own.
    fn unrolled(mut self) -> Self {
        self.sequences.iter_mut().for_each(Sequence::unroll);
        self
    }

    /// What is allowed and seldom meant; `source` is the file it was read from.
    pub fn warnings(&self, source: &str) -> Vec<FileProblem> {
        check::warnings_of(self, source)
    }
}

#[cfg(test)]
mod tests;
