//! A campaign: everything an owner decides, as read from `campaign.toml` or from the published bundle.
//!
//! [`Campaign::read`] is the only way in from a file, and it refuses with every problem and its line. What it lets
//! through needs no second check anywhere.

pub mod data_request;
pub mod field;
pub mod mapping;
pub mod privacy;
pub mod spend;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use toml::de::DeTable;

use crate::campaign::field::{Field, FieldType};
use crate::campaign::mapping::Mapping;
use crate::campaign::spend::{EUROS_MAX, Spend};
use crate::kit::calendar::{Delay, Window};
use crate::kit::ids::{CampaignId, WorkspaceId, is_name};
use crate::kit::limits::POINTS_MAX;
use crate::kit::locale::{Locale, Text};
use crate::kit::vocabulary::SignalKind;
use crate::kit::vocabulary::{Class, ExitReason};
use crate::kit::vocabulary::{Purpose, Regime};

/// The campaigns a function works with, each with the version it was published as.
#[derive(Clone, Debug, Default)]
pub struct Catalog(BTreeMap<CampaignId, Arc<Published>>);

/// One campaign as published.
#[derive(Clone, Debug)]
pub struct Published {
    /// What the owner decided.
    pub campaign: Campaign,
    /// Eight hexadecimal digits of the hash over all files of the campaign; each lead records those that applied.
    pub version: String,
}

impl Catalog {
    /// A catalog of these campaigns.
    pub fn new<P: Into<Arc<Published>>>(published: impl IntoIterator<Item = P>) -> Self {
        let published = published.into_iter().map(Into::into);
        Self(published.map(|p| (p.campaign.id.clone(), p)).collect())
    }

    /// The campaign of this id, if there is one.
    pub fn get(&self, id: &CampaignId) -> Option<&Campaign> {
        self.0.get(id).map(|p| &p.campaign)
    }

    /// The campaign of this id with its version.
    pub fn published(&self, id: &CampaignId) -> Option<&Arc<Published>> {
        self.0.get(id)
    }

    /// How a source's payloads are read in a workspace, and by whose campaign; `None` when it speaks our own form.
    pub fn mapping(&self, workspace: &WorkspaceId, source: &str) -> Option<(&Campaign, &Mapping)> {
        let ours = self.0.values().filter(|p| &p.campaign.workspace == workspace);
        ours.map(|p| &p.campaign)
            .find_map(|campaign| Some((campaign, campaign.triggers.get(source)?)))
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Published>> {
        self.0.values()
    }
}

/// One campaign. The field names are those of the file; see the demo campaign for each with its comment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// Why marketing mail is allowed.
    pub regime: Regime,
    /// Whether a ticked box must be confirmed by mail before marketing starts.
    #[serde(default = "yes")]
    pub double_opt_in: bool,
    /// What becomes of a nurture mail of which nobody knows whether SES took it.
    #[serde(default)]
    pub on_ambiguous: OnAmbiguous,
    /// Sector of the benchmarks shown beside the figures.
    pub sector: String,
    /// How long a lead is kept after the last real contact.
    pub retention: Delay,
    /// With the regime `customer_similar`: the campaigns whose customers bought goods like those this one writes about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similar_to: Vec<CampaignId>,
    /// What its mails are about, for people who want only some of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<TopicText>,
    /// After how long without real contact a lead counts as dormant.
    #[serde(default = "six_months")]
    pub dormant_after: Delay,
    /// Who writes.
    pub sender: Sender,
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
    pub triggers: BTreeMap<String, Mapping>,
    /// Who follows up, and how soon; without it nobody is alerted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales: Option<sales::Sales>,
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

/// What becomes of a nurture mail to which SES gave no answer and of which no event tells (R9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnAmbiguous {
    /// It goes once more if there is evidence that the first one was not accepted. The evidence can err; then two arrive.
    #[default]
    Retry,
    /// Strictly at most once: it never goes again, and counts as unknown.
    Skip,
}

/// Who writes the mails and answers for them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The name mail clients show.
    pub name: Text,
    /// The verified address.
    pub from: String,
    /// Where answers go.
    pub reply_to: String,
    /// Legal identity and postal line, printed in every mail.
    pub legal: Text,
    /// The privacy notice.
    pub privacy_url: Text,
    /// Version of the privacy notice.
    pub privacy_version: String,
}

/// A topic that people may turn off.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicText {
    /// Its name within the campaign.
    pub id: String,
    /// What people read beside the box.
    pub text: Text,
}

/// The form and its thank-you page.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Heading of the hosted page.
    pub title: Text,
    /// One short paragraph under it.
    pub intro: Text,
    /// Words on the button.
    pub button: Text,
    /// Heading of the thank-you page.
    pub thanks_title: Text,
    /// What happens next.
    pub thanks_text: Text,
    /// Sites whose pages may post by script and may be `_next` targets: `https://host[:port]`, nothing after.
    #[serde(default)]
    pub origins: Vec<String>,
    /// What is asked, in order.
    pub fields: Vec<Field>,
}

/// The confirmation page. Its button says the same words as the mail that leads to it, so that people see they are not done before.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptIn {
    /// Heading before the press.
    pub title: Text,
    /// What the press does.
    pub text: Text,
    /// Words on the button, and on the button of the mail.
    pub button: Text,
    /// Heading after it.
    pub done_title: Text,
    /// What happens next.
    pub done_text: Text,
}

/// What answers and events are worth.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoring {
    /// Both reached: the lead is an MQL at once.
    pub mql: Threshold,
    /// Below either, a lead has cooled, and only then can it become an MQL once more; `mql` itself without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave: Option<Threshold>,
    /// Least fit for A, B and C; below is D.
    pub fit_grades: BTreeMap<char, i64>,
    /// Least engagement for 1, 2 and 3; below is 4.
    pub engagement_grades: BTreeMap<char, i64>,
    /// The most that the rules of a group can give together, by the group's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, i64>,
    /// Points for who the lead is.
    #[serde(default)]
    pub fit: Vec<FitRule>,
    /// Points for what the lead does.
    #[serde(default)]
    pub engagement: Vec<EngagementRule>,
}

/// Where marketing hands over.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Least fit points.
    pub fit: i64,
    /// Least engagement points.
    pub engagement: i64,
}

/// Points for an answer. Exactly one condition is set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitRule {
    /// Its name in explanations.
    pub rule: Arc<str>,
    /// The field it looks at.
    pub field: String,
    /// Points, negative to take away.
    pub points: i64,
    /// Where the rule holds, the grade's letter is no better than this, whatever the points; one worse than the
    /// threshold's own keeps the lead from becoming an MQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade_at_most: Option<char>,
    /// What a salesperson reads beside the points.
    pub why: Text,
    /// Condition: the answer is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<String>>,
    /// Condition: the number is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// Condition: the number is below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<i64>,
    /// Condition: something was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<bool>,
    /// Condition, of the address: its domain is one of those where anybody gets an address for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_mail: Option<bool>,
    /// Condition, of the address: its domain is one of those that give addresses for minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposable: Option<bool>,
    /// Condition, of the address: its domain is one of these, or below one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<String>>,
}

/// Points for an event, halving with age.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngagementRule {
    /// Its name in explanations.
    pub rule: Arc<str>,
    /// The event it looks at.
    pub signal: SignalKind,
    /// Points when fresh.
    pub points: i64,
    /// Days after which half is left.
    pub half_life_days: u32,
    /// The most this rule can give in all.
    pub cap: i64,
    /// The most it can give for the events of one day, when fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_cap: Option<i64>,
    /// What each event is worth of the one after it, in percent: the latest counts in full. 100 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_percent: Option<u8>,
    /// The group whose cap it shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What a salesperson reads beside the points.
    pub why: Text,
}

/// A row of mails.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// Its name within the campaign.
    pub id: String,
    /// What starts it.
    pub start: Start,
    /// With `start = "retention"`: how long before the end the person is asked, and has to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Delay>,
    /// What its mails are about, unless a step says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The last step never lands later than this after the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Delay>,
    /// Least time between two nurture mails to one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_gap: Option<Delay>,
    /// A step later than this is skipped, never sent stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lateness: Option<Delay>,
    /// What ends it early.
    pub exits: Vec<ExitReason>,
    /// Of a sequence for dormant leads: the versions of the consent's wording that speak of it. Who agreed to other
    /// words does not get it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wordings: Vec<String>,
    /// When its mails may leave; at any time without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The mails, in order.
    pub steps: Vec<Step>,
}

impl Sequence {
    /// The time between the question and the end, in days of 24 hours.
    pub fn notice(&self) -> SignedDuration {
        let end = self
            .before
            .as_ref()
            .map(|before| before.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC));
        end.map_or(SignedDuration::ZERO, |end| end.duration_since(Timestamp::UNIX_EPOCH))
    }
}

/// What starts a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// The post itself.
    Capture,
    /// Marketing becoming allowed: the confirmation, or the post where the regime needs none.
    OptIn,
    /// Months without real contact: once in the life of a lead.
    Dormant,
    /// The end of retention coming near: the person is asked whether they want to stay.
    Retention,
}

/// One mail of a sequence.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name within the sequence; part of the send id, so renaming a step makes it a new mail.
    pub id: String,
    /// Time after the sequence's start.
    pub delay: Delay,
    /// What rules it obeys.
    pub class: Class,
    /// The file below `emails/<locale>/`, without `.md`.
    pub template: String,
    /// What it is about: one of the campaign's topics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// It becomes due only while this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_if: Option<Condition>,
}

impl Step {
    /// Whether it may become due, given whether an opt-in is pending.
    pub fn holds(&self, opt_in_pending: bool) -> bool {
        self.only_if.is_none_or(|Condition::OptInPending| opt_in_pending)
    }
}

/// What must hold for a step to become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A box was ticked, and its confirmation is still awaited.
    OptInPending,
}

/// A promised download.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Its name in the URL.
    pub id: String,
    /// What people call it.
    pub title: Text,
    /// Life of a signed link to it.
    pub valid: Delay,
}

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

impl Campaign {
    /// The language used when nothing better is known.
    pub fn default_locale(&self) -> Locale {
        self.languages.first().copied().unwrap_or_default()
    }

    /// This language if the campaign speaks it, else its default.
    pub fn locale_or_default(&self, wanted: Option<Locale>) -> Locale {
        wanted
            .filter(|locale| self.languages.contains(locale))
            .unwrap_or_else(|| self.default_locale())
    }

    /// The zone in which its days and hours are counted.
    pub fn time_zone(&self) -> TimeZone {
        // `read` refuses a campaign whose zone is unknown; UTC stands in should the bundled zones ever lose one.
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// The sequence of this name.
    pub fn sequence(&self, id: &str) -> Option<&Sequence> {
        let declared = self.sequences.iter().find(|sequence| sequence.id == id);
        declared.or_else(|| (id == data_request::SEQUENCE).then(data_request::sequence))
    }

    /// The resource of this name.
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// The consent box for marketing mail, if the form has one.
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

    /// Whether marketing waits for a yes: by law, or because the owner wants the address confirmed first.
    pub fn needs_yes(&self) -> bool {
        self.regime == Regime::B2cConsent || self.double_opt_in
    }

    /// Reads `campaign.toml`. `folder` is the name of the folder it lies in.
    ///
    /// # Errors
    /// Every problem found, each with its line: first those of the syntax, and only when there is none those of the sense.
    pub fn read(folder: &str, source: &str) -> Result<Self, Vec<FileProblem>> {
        let at = |line, message: String| FileProblem {
            file: "campaign.toml".into(),
            line,
            message,
        };
        let campaign: Self = toml::from_str(source).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(source, span.start));
            vec![at(line, one_line(error.message()))]
        })?;
        let tree = DeTable::parse(source)
            .map_err(|error| vec![at(1, one_line(error.message()))])?
            .into_inner();
        let problems: Vec<_> = Checker::default()
            .check(folder, &campaign)
            .into_iter()
            .map(|(path, message)| at(line_at(source, &tree, &path), message))
            .collect();
        if problems.is_empty() {
            Ok(campaign)
        } else {
            Err(problems)
        }
    }
}

pub(crate) fn one_line(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join(", ")
}

pub(crate) fn line_of(source: &str, offset: usize) -> usize {
    source[..offset.min(source.len())].matches('\n').count() + 1
}

/// One turn on the way to a value of the file.
#[derive(Clone, Debug)]
enum At {
    Key(&'static str),
    Index(usize),
}

/// The line of a value, or of the nearest table around it when the value is missing.
fn line_at(source: &str, tree: &DeTable<'_>, path: &[At]) -> usize {
    use toml::de::DeValue;
    let mut line = 1;
    let mut table = Some(tree);
    let mut array = None;
    for turn in path {
        let next = match turn {
            At::Key(key) => table.and_then(|t| t.get(*key)),
            At::Index(index) => array.and_then(|a: &toml::de::DeArray<'_>| a.get(*index)),
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

macro_rules! path {
    (@one $key:literal) => { At::Key($key) };
    (@one $index:expr) => { At::Index($index) };
    ($($turn:tt),+) => { vec![$(path!(@one $turn)),+] };
}

impl Checker {
    fn check(mut self, folder: &str, campaign: &Campaign) -> Vec<(Vec<At>, String)> {
        self.identity(folder, campaign);
        self.texts(campaign);
        self.form(campaign);
        self.scoring(campaign);
        self.sequences(campaign);
        self.sales(campaign);
        self.rights(campaign);
        self.spend(campaign);
        self.problems
    }

    fn add(&mut self, path: Vec<At>, message: impl Into<String>) {
        self.problems.push((path, message.into()));
    }

    fn name(&mut self, path: Vec<At>, what: &str, name: &str) {
        if !is_name(name) {
            self.add(
                path,
                format!("{what} \"{name}\": use 1 to 40 of a-z, 0-9, - and _, because it becomes part of keys, links and tags"),
            );
        }
    }

    fn text(&mut self, path: Vec<At>, what: &str, text: &Text, languages: &[Locale]) {
        for locale in text.missing(languages) {
            self.add(
                path.clone(),
                format!("{what} lacks its translation: add {} = \"…\"", locale.code()),
            );
        }
    }

    fn identity(&mut self, folder: &str, campaign: &Campaign) {
        self.name(path!["id"], "campaign", campaign.id.as_str());
        self.name(path!["workspace"], "workspace", campaign.workspace.as_str());
        if campaign.id.as_str() != folder {
            self.add(path!["id"], format!("id must be the folder's name, \"{folder}\""));
        }
        if !campaign.triggers.is_empty() {
            self.add(
                path!["triggers"],
                "a mapping is a file of its own: triggers/<source>.toml beside this one",
            );
        }
        if campaign.languages.is_empty() {
            self.add(path!["languages"], "name at least one language");
        }
        for (i, locale) in campaign.languages.iter().enumerate() {
            if campaign.languages[..i].contains(locale) {
                self.add(
                    path!["languages", i],
                    format!("language \"{}\" is named twice", locale.code()),
                );
            }
        }
        if TimeZone::get(&campaign.zone).is_err() {
            self.add(
                path!["zone"],
                format!(
                    "no time zone is called \"{}\": use an IANA name such as Europe/Paris",
                    campaign.zone
                ),
            );
        }
        for (path, address) in [
            (path!["sender", "from"], &campaign.sender.from),
            (path!["sender", "reply_to"], &campaign.sender.reply_to),
        ] {
            if crate::kit::email::Email::parse(address).is_err() {
                self.add(path, "not an e-mail address");
            }
        }
    }

    fn texts(&mut self, campaign: &Campaign) {
        let languages = &campaign.languages;
        let form = &campaign.form;
        for (path, what, text) in [
            (path!["name"], "name", &campaign.name),
            (path!["sender", "name"], "sender name", &campaign.sender.name),
            (path!["sender", "legal"], "legal line", &campaign.sender.legal),
            (
                path!["sender", "privacy_url"],
                "privacy_url",
                &campaign.sender.privacy_url,
            ),
            (path!["form", "title"], "form title", &form.title),
            (path!["form", "intro"], "form intro", &form.intro),
            (path!["form", "button"], "form button", &form.button),
            (path!["form", "thanks_title"], "thanks_title", &form.thanks_title),
            (path!["form", "thanks_text"], "thanks_text", &form.thanks_text),
        ] {
            self.text(path, what, text, languages);
        }
        match &campaign.opt_in {
            Some(page) => {
                for (path, what, text) in [
                    (path!["opt_in", "title"], "opt_in title", &page.title),
                    (path!["opt_in", "text"], "opt_in text", &page.text),
                    (path!["opt_in", "button"], "opt_in button", &page.button),
                    (path!["opt_in", "done_title"], "opt_in done_title", &page.done_title),
                    (path!["opt_in", "done_text"], "opt_in done_text", &page.done_text),
                ] {
                    self.text(path, what, text, languages);
                }
            }
            None if campaign.double_opt_in => {
                self.add(path!["double_opt_in"], "double opt-in needs a page to confirm on: add [opt_in] with title, text, button, done_title and done_text");
            }
            None => {}
        }
        for &locale in languages {
            if !campaign.sender.privacy_url.get(locale).starts_with("https://") {
                self.add(path!["sender", "privacy_url"], "privacy_url must start with https://");
            }
        }
        for (i, resource) in campaign.resources.iter().enumerate() {
            self.name(path!["resources", i, "id"], "resource", &resource.id);
            if campaign.resources[..i].iter().any(|other| other.id == resource.id) {
                self.add(
                    path!["resources", i, "id"],
                    format!("resource \"{}\" is declared twice", resource.id),
                );
            }
            self.text(
                path!["resources", i, "title"],
                "resource title",
                &resource.title,
                languages,
            );
        }
    }

    fn form(&mut self, campaign: &Campaign) {
        let fields = &campaign.form.fields;
        for (i, field) in fields.iter().enumerate() {
            self.name(path!["form", "fields", i, "name"], "field", &field.name);
            if field.name.starts_with('_') {
                self.add(
                    path!["form", "fields", i, "name"],
                    "names with a leading _ are kept for helper fields",
                );
            }
            if fields[..i].iter().any(|other| other.name == field.name) {
                self.add(
                    path!["form", "fields", i, "name"],
                    format!("field \"{}\" is declared twice", field.name),
                );
            }
            if field.kind != FieldType::Hidden {
                self.text(
                    path!["form", "fields", i, "label"],
                    "label",
                    &field.label,
                    &campaign.languages,
                );
            }
            if let Some(hint) = &field.hint {
                self.text(path!["form", "fields", i, "hint"], "hint", hint, &campaign.languages);
            }
            if field.kind == FieldType::Number && field.min.zip(field.max).is_some_and(|(min, max)| min > max) {
                self.add(
                    path!["form", "fields", i, "min"],
                    "no number can be given: min is greater than max",
                );
            }
            for (j, option) in field.options.iter().enumerate() {
                if field.options[..j].iter().any(|other| other.value == option.value) {
                    self.add(
                        path!["form", "fields", i, "options", j, "value"],
                        format!("option \"{}\" is declared twice", option.value),
                    );
                }
                self.text(
                    path!["form", "fields", i, "options", j, "label"],
                    "option label",
                    &option.label,
                    &campaign.languages,
                );
            }
            match field.kind {
                FieldType::Choice if field.options.is_empty() => {
                    self.add(
                        path!["form", "fields", i],
                        "a choice needs options = [{ value = …, label = … }]",
                    );
                }
                FieldType::Consent if field.purpose.is_none() || field.version.is_none() => {
                    self.add(
                        path!["form", "fields", i],
                        "a consent box needs a purpose and a version: both go into the proof",
                    );
                }
                _ => {}
            }
        }
        let emails: Vec<_> = fields.iter().filter(|field| field.kind == FieldType::Email).collect();
        if emails.len() != 1 || emails[0].name != "email" || !emails[0].required {
            self.add(
                path!["form", "fields"],
                "a form needs exactly one field of type email, named \"email\" and required: it is the lead's identity",
            );
        }
        for (i, origin) in campaign.form.origins.iter().enumerate() {
            if !is_origin(origin) {
                self.add(
                    path!["form", "origins", i],
                    format!("\"{origin}\" is not an origin: write https://host, without a path"),
                );
            }
        }
    }

    fn points(&mut self, path: Vec<At>, points: i64) {
        if points.unsigned_abs() > POINTS_MAX {
            self.add(path, format!("give at most {POINTS_MAX} points, up or down"));
        }
    }

    fn scoring(&mut self, campaign: &Campaign) {
        let scoring = &campaign.scoring;
        for (key, grades, letters) in [
            ("fit_grades", &scoring.fit_grades, ['A', 'B', 'C']),
            ("engagement_grades", &scoring.engagement_grades, ['1', '2', '3']),
        ] {
            let path = vec![At::Key("scoring"), At::Key(key)];
            if !grades
                .keys()
                .copied()
                .eq(letters.iter().copied().collect::<std::collections::BTreeSet<_>>())
            {
                self.add(
                    path,
                    format!(
                        "{key} needs exactly the keys {}, {} and {}",
                        letters[0], letters[1], letters[2]
                    ),
                );
            } else if !letters.windows(2).all(|pair| grades[&pair[0]] > grades[&pair[1]]) {
                self.add(path, format!("{key} must fall from {} to {}", letters[0], letters[2]));
            }
        }
        if let Some(leave) = scoring.leave
            && (leave.fit > scoring.mql.fit || leave.engagement > scoring.mql.engagement)
        {
            self.add(
                path!["scoring", "leave"],
                "leave must not lie above mql: a lead would cool in the moment it qualifies",
            );
        }
        for (i, rule) in scoring.fit.iter().enumerate() {
            self.name(path!["scoring", "fit", i, "rule"], "rule", &rule.rule);
            if scoring.fit[..i].iter().any(|other| other.rule == rule.rule) {
                self.add(
                    path!["scoring", "fit", i, "rule"],
                    format!("rule \"{}\" is declared twice", rule.rule),
                );
            }
            self.points(path!["scoring", "fit", i, "points"], rule.points);
            self.text(path!["scoring", "fit", i, "why"], "why", &rule.why, &campaign.languages);
            let conditions = [
                rule.one_of.is_some(),
                rule.at_least.is_some(),
                rule.below.is_some(),
                rule.filled.is_some(),
                rule.free_mail.is_some(),
                rule.disposable.is_some(),
                rule.domains.is_some(),
            ];
            if conditions.iter().filter(|set| **set).count() != 1 {
                self.add(
                    path!["scoring", "fit", i],
                    "give exactly one condition: one_of, at_least, below, filled, free_mail, disposable or domains",
                );
            }
            if rule
                .grade_at_most
                .is_some_and(|letter| !['B', 'C', 'D'].contains(&letter))
            {
                self.add(
                    path!["scoring", "fit", i, "grade_at_most"],
                    "grade_at_most is B, C or D",
                );
            }
            let plain =
                |domain: &String| domain.contains('.') && !domain.contains('@') && &domain.to_lowercase() == domain;
            if !rule.domains.iter().flatten().all(plain) {
                self.add(
                    path!["scoring", "fit", i, "domains"],
                    "write domains in lower case, such as \"example.com\"",
                );
            }
            let of_address = rule.free_mail.is_some() || rule.disposable.is_some() || rule.domains.is_some();
            let Some(field) = campaign.form.fields.iter().find(|field| field.name == rule.field) else {
                // A form without an address is told of above.
                if !of_address {
                    self.add(
                        path!["scoring", "fit", i, "field"],
                        format!("the form has no field \"{}\"", rule.field),
                    );
                }
                continue;
            };
            if of_address != (field.name == "email") {
                self.add(
                    path!["scoring", "fit", i, "field"],
                    "the address is judged by free_mail, disposable or domains, and nothing else is",
                );
            }
            let numeric = rule.at_least.is_some() || rule.below.is_some();
            if numeric && field.kind != FieldType::Number {
                self.add(
                    path!["scoring", "fit", i, "field"],
                    format!("at_least and below need a number, and \"{}\" is none", rule.field),
                );
            }
            for value in rule.one_of.iter().flatten() {
                if field.kind == FieldType::Choice && !field.options.iter().any(|option| &option.value == value) {
                    self.add(
                        path!["scoring", "fit", i, "one_of"],
                        format!("\"{value}\" is not an option of \"{}\"", rule.field),
                    );
                }
            }
        }
        for (i, rule) in scoring.engagement.iter().enumerate() {
            self.name(path!["scoring", "engagement", i, "rule"], "rule", &rule.rule);
            let earlier = scoring.engagement[..i].iter().map(|other| &other.rule);
            if earlier
                .chain(scoring.fit.iter().map(|other| &other.rule))
                .any(|other| other == &rule.rule)
            {
                self.add(
                    path!["scoring", "engagement", i, "rule"],
                    format!("rule \"{}\" is declared twice", rule.rule),
                );
            }
            self.points(path!["scoring", "engagement", i, "points"], rule.points);
            self.points(path!["scoring", "engagement", i, "cap"], rule.cap);
            self.text(
                path!["scoring", "engagement", i, "why"],
                "why",
                &rule.why,
                &campaign.languages,
            );
            if rule.half_life_days == 0 {
                self.add(
                    path!["scoring", "engagement", i, "half_life_days"],
                    "a half-life of 0 days would leave nothing: give at least 1",
                );
            }
            if rule.day_cap.is_some_and(|cap| cap.signum() != rule.points.signum()) {
                self.add(
                    path!["scoring", "engagement", i, "day_cap"],
                    "day_cap must have the sign of points",
                );
            }
            if rule.repeat_percent.is_some_and(|percent| percent > 100) {
                self.add(
                    path!["scoring", "engagement", i, "repeat_percent"],
                    "repeat_percent is 0 to 100",
                );
            }
            match rule.group.as_ref().map(|group| scoring.groups.get(group)) {
                Some(None) => self.add(
                    path!["scoring", "engagement", i, "group"],
                    "this group has no cap: add it under scoring.groups",
                ),
                Some(Some(cap)) if cap.signum() * rule.points.signum() < 0 => self.add(
                    path!["scoring", "engagement", i, "group"],
                    "the cap of its group must have the sign of points",
                ),
                _ => {}
            }
            if rule.points.signum() * rule.cap.signum() < 0 || rule.cap.unsigned_abs() < rule.points.unsigned_abs() {
                self.add(
                    path!["scoring", "engagement", i, "cap"],
                    "cap must have the sign of points and be no smaller",
                );
            }
        }
    }

    fn sequences(&mut self, campaign: &Campaign) {
        let zone = campaign.time_zone();
        let steps = || {
            campaign
                .sequences
                .iter()
                .flat_map(|sequence| sequence.steps.iter().map(move |step| (sequence.start, step.class)))
        };
        let waits = campaign.double_opt_in && steps().any(|(start, _)| start == Start::OptIn);
        if waits && !steps().any(|step| step == (Start::Capture, Class::Service)) {
            self.add(
                path!["double_opt_in"],
                "nobody could confirm: a service mail with the button must leave at capture (a sequence with start = \"capture\")",
            );
        }
        for (i, sequence) in campaign.sequences.iter().enumerate() {
            self.name(path!["sequences", i, "id"], "sequence", &sequence.id);
            if sequence.id.starts_with('_') {
                self.add(
                    path!["sequences", i, "id"],
                    "names with a leading _ are kept for sequences of Piste's own",
                );
            }
            if campaign.sequences[..i].iter().any(|other| other.id == sequence.id) {
                self.add(
                    path!["sequences", i, "id"],
                    format!("sequence \"{}\" is declared twice", sequence.id),
                );
            }
            if sequence.steps.is_empty() {
                self.add(
                    path!["sequences", i],
                    "a sequence without steps sends nothing: add [[sequences.steps]] or remove it",
                );
            }
            self.exits(i, sequence);
            self.wakes_the_dormant(campaign, i);
            if let Some(window) = &sequence.window {
                // From a fixed Monday: whether a window ever opens does not depend on the day of the check.
                if window
                    .next_open(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(4 * 24), &zone)
                    .is_none()
                {
                    self.add(
                        path!["sequences", i, "window"],
                        "no mail can ever be sent in this window: check its days and hours",
                    );
                }
            }
            for (j, step) in sequence.steps.iter().enumerate() {
                self.name(path!["sequences", i, "steps", j, "id"], "step", &step.id);
                self.name(
                    path!["sequences", i, "steps", j, "template"],
                    "template",
                    &step.template,
                );
                if sequence.steps[..j].iter().any(|other| other.id == step.id) {
                    self.add(
                        path!["sequences", i, "steps", j, "id"],
                        format!("step \"{}\" is declared twice", step.id),
                    );
                }
                let after = |delay: &Delay| delay.add_to(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
                if j > 0 && after(&step.delay) <= after(&sequence.steps[j - 1].delay) {
                    self.add(
                        path!["sequences", i, "steps", j, "delay"],
                        "steps must come in the order of their delays",
                    );
                }
                if sequence
                    .within
                    .as_ref()
                    .is_some_and(|within| after(&step.delay) > after(within))
                {
                    self.add(
                        path!["sequences", i, "steps", j, "delay"],
                        "this step comes after the sequence's own end (within)",
                    );
                }
                if step.class == Class::Alert {
                    self.add(
                        path!["sequences", i, "steps", j, "class"],
                        "an alert goes to sales by itself: a step is nurture or service",
                    );
                }
                self.legal_basis(campaign, i, j);
            }
        }
    }

    fn exits(&mut self, i: usize, sequence: &Sequence) {
        let marketing = sequence.steps.iter().any(|step| step.class == Class::Nurture);
        let mut needed = vec![ExitReason::Bounce, ExitReason::Complaint];
        if marketing {
            needed.insert(0, ExitReason::Unsubscribe);
        }
        for exit in needed {
            if !sequence.exits.contains(&exit) {
                self.add(
                    path!["sequences", i, "exits"],
                    format!(
                        "nobody could leave this sequence by {}: add \"{}\"",
                        exit.code(),
                        exit.code()
                    ),
                );
            }
        }
        if sequence.exits.contains(&ExitReason::Completed) {
            self.add(
                path!["sequences", i, "exits"],
                "\"completed\" is not an exit: a sequence ends by itself after its last step",
            );
        }
        if sequence.exits.contains(&ExitReason::NoBasis) {
            self.add(
                path!["sequences", i, "exits"],
                "\"no_basis\" is always an exit and need not be named",
            );
        }
    }

    /// What contradicts the rules of consent, topics and retention.
    fn rights(&mut self, campaign: &Campaign) {
        let similar = campaign.regime == Regime::CustomerSimilar;
        if similar && campaign.similar_to.is_empty() {
            self.add(
                path!["regime"],
                "customer_similar has no condition: name with similar_to = [\"…\"] the campaigns whose customers bought similar goods from the same sender",
            );
        }
        if !similar && !campaign.similar_to.is_empty() {
            self.add(
                path!["similar_to"],
                "similar_to says nothing here: it belongs to regime = \"customer_similar\"",
            );
        }
        let markets = campaign.sequences.iter().any(|sequence| sequence.start == Start::OptIn);
        if campaign.regime != Regime::B2cConsent
            && campaign.double_opt_in
            && markets
            && campaign.marketing_box().is_none()
        {
            self.add(
                path!["double_opt_in"],
                "there is nothing to confirm: add a consent box for marketing, or set double_opt_in = false, since this regime needs none",
            );
        }
        if campaign.sender.privacy_version.trim().is_empty() {
            self.add(
                path!["sender", "privacy_version"],
                "privacy_version is empty: every consent keeps the version of the notice that was shown",
            );
        }
        for (i, field) in campaign.form.fields.iter().enumerate() {
            let earlier = campaign.form.fields[..i].iter();
            if field.purpose.is_some() && earlier.clone().any(|other| other.purpose == field.purpose) {
                self.add(
                    path!["form", "fields", i, "purpose"],
                    "two boxes ask for the same purpose: one yes, one box",
                );
            }
            if field.purpose.is_some() && field.kind != FieldType::Consent {
                self.add(
                    path!["form", "fields", i, "purpose"],
                    "only a consent box has a purpose",
                );
            }
            if field.retention.is_some() && field.kind != FieldType::Consent {
                self.add(
                    path!["form", "fields", i, "retention"],
                    "only a consent box has a retention of its own; the lead's is at the top",
                );
            }
        }
        for (i, topic) in campaign.topics.iter().enumerate() {
            self.name(path!["topics", i, "id"], "topic", &topic.id);
            self.text(path!["topics", i, "text"], "topic", &topic.text, &campaign.languages);
            if campaign.topics[..i].iter().any(|other| other.id == topic.id) {
                self.add(
                    path!["topics", i, "id"],
                    format!("topic \"{}\" is declared twice", topic.id),
                );
            }
        }
        let mut asks = false;
        for (i, sequence) in campaign.sequences.iter().enumerate() {
            self.topic(campaign, path!["sequences", i, "topic"], sequence.topic.as_ref(), None);
            let retains = sequence.start == Start::Retention;
            if retains && std::mem::replace(&mut asks, true) {
                self.add(
                    path!["sequences", i, "start"],
                    "people are asked once: only one sequence may start with \"retention\"",
                );
            }
            match (&sequence.before, retains) {
                (None, true) => self.add(
                    path!["sequences", i],
                    "say how long before the end people are asked: add before = \"P30D\"",
                ),
                (Some(_), false) => self.add(
                    path!["sequences", i, "before"],
                    "before belongs to a sequence with start = \"retention\"",
                ),
                _ => {}
            }
            if similar && sequence.start == Start::OptIn && sequence.exits.contains(&ExitReason::Customer) {
                self.add(
                    path!["sequences", i, "exits"],
                    "nobody could get these mails: customer_similar writes to customers, and \"customer\" is an exit here",
                );
            }
            for (j, step) in sequence.steps.iter().enumerate() {
                self.topic(
                    campaign,
                    path!["sequences", i, "steps", j, "topic"],
                    step.topic.as_ref(),
                    Some(step.class),
                );
                if retains && step.class != Class::Nurture {
                    self.add(
                        path!["sequences", i, "steps", j, "class"],
                        "nobody asked for this mail: its class is \"nurture\", and it goes only to those who may be written to",
                    );
                }
                if step.only_if.is_some() && step.class == Class::Nurture {
                    self.add(
                        path!["sequences", i, "steps", j, "only_if"],
                        "opt_in_pending never holds here: a nurture mail goes only to those who agreed",
                    );
                }
            }
        }
    }

    fn spend(&mut self, campaign: &Campaign) {
        for (i, spend) in campaign.spend.iter().enumerate() {
            if spend.days().is_none() {
                self.add(
                    path!["spend", i, "month"],
                    format!("there is no month \"{}\": write it as 2026-03", spend.month),
                );
            }
            if !(0.0..=EUROS_MAX).contains(&spend.euros) {
                self.add(
                    path!["spend", i, "euros"],
                    "write a sum in euros from 0 on, such as 450.00",
                );
            }
            if let Some(source) = spend.source.as_deref().filter(|source| !Spend::can_be_met(source)) {
                self.add(
                    path!["spend", i, "source"],
                    format!("no lead comes from \"{source}\": name the source as the report does, in small letters"),
                );
            }
            let same = |other: &&Spend| (&other.month, &other.source) == (&spend.month, &spend.source);
            if campaign.spend[..i].iter().any(|other| same(&other)) {
                self.add(
                    path!["spend", i],
                    format!("{} is written down twice for this source: make it one sum", spend.month),
                );
            }
        }
    }

    fn topic(&mut self, campaign: &Campaign, path: Vec<At>, topic: Option<&String>, class: Option<Class>) {
        let Some(id) = topic else { return };
        if campaign.topic(id).is_none() {
            self.add(path, format!("there is no topic \"{id}\": declare it under [[topics]]"));
        } else if class == Some(Class::Service) {
            self.add(path, "a mail that was asked for has no topic: nobody can turn it off");
        }
    }

    /// A sequence for the dormant is marketing, and sent months after the yes: the words that were agreed to must speak of it.
    fn wakes_the_dormant(&mut self, campaign: &Campaign, i: usize) {
        let sequence = &campaign.sequences[i];
        if sequence.start != Start::Dormant {
            if !sequence.wordings.is_empty() {
                self.add(
                    path!["sequences", i, "wordings"],
                    "only a sequence with start = \"dormant\" names wordings",
                );
            }
            return;
        }
        for (j, step) in sequence.steps.iter().enumerate() {
            if step.class != Class::Nurture {
                self.add(
                    path!["sequences", i, "steps", j, "class"],
                    "nobody asked for a mail to the dormant: its class is nurture",
                );
            }
        }
        let asked = campaign.marketing_box().and_then(|field| field.version.as_deref());
        let unspoken = asked.is_some_and(|version| !sequence.wordings.iter().any(|one| one == version));
        if campaign.regime == Regime::B2cConsent && unspoken {
            self.add(
                path!["sequences", i, "wordings"],
                "nobody could get this sequence: say in the consent box that it comes, and name the version of those words in wordings",
            );
        }
    }

    /// A marketing mail needs consent, or the notice and the way out that the B2B regime asks for (CPCE L34-5).
    fn legal_basis(&mut self, campaign: &Campaign, i: usize, j: usize) {
        let sequence = &campaign.sequences[i];
        if sequence.steps[j].class != Class::Nurture {
            return;
        }
        if sequence.start == Start::Capture {
            self.add(
                path!["sequences", i, "steps", j, "class"],
                "a nurture mail has no legal basis before the person agreed: start this sequence with start = \"opt_in\"",
            );
        }
        if campaign.regime == Regime::B2cConsent && campaign.marketing_box().is_none() {
            self.add(
                path!["sequences", i, "steps", j, "class"],
                "a nurture mail has no legal basis: the form asks no consent for marketing (add a field of type consent with purpose = \"marketing\")",
            );
        }
    }
}

/// `https://host[:port]`, or `http://` for this machine only.
fn is_origin(origin: &str) -> bool {
    let host = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(host), _) => host,
        (_, Some(host)) if matches!(host.split(':').next(), Some("127.0.0.1" | "localhost")) => host,
        _ => return false,
    };
    !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:".contains(&b))
}

pub mod sales;

#[cfg(test)]
mod tests;
