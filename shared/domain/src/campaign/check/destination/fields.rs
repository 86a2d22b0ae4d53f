//! What a CRM or a webhook is told: fields, stages, owners.

use std::collections::BTreeSet;

use super::texts;
use crate::campaign::Campaign;
use crate::campaign::check::{Checker, place};
use crate::campaign::destination::{Destination, FieldRule, Kind, Refused, Source, TableValue};
use crate::campaign::field::{Field, FieldType};
use crate::kit::vocabulary::Stage;

/// What may stand behind `from`, beside the fields of the form.
const WORDS: &str = "id, email, name, stage, owner, grade, fit, engagement, why, source, campaign";
/// The stages that HubSpot ships. Those of the account's owner are named by numbers.
const LIFECYCLE_STAGES: [&str; 8] = [
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
];

/// What the file speaks of.
pub(super) struct Ours<'a> {
    /// The campaigns whose leads are sent.
    pub(super) campaigns: Vec<&'a Campaign>,
    /// Whether they are all that the file means; what is not found in some of them may stand in the others.
    pub(super) is_whole: bool,
}

impl Ours<'_> {
    /// The fields of this name, one of each form that has it.
    fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        let all = self.campaigns.iter().flat_map(|campaign| &campaign.form.fields);
        all.filter(move |field| field.name == name)
    }

    fn has_owner(&self, id: &str) -> bool {
        let sales = self.campaigns.iter().filter_map(|campaign| campaign.sales.as_ref());
        sales.flat_map(|sales| &sales.owners).any(|owner| owner.id == id)
    }

    /// Whether every form requires this field.
    fn requires(&self, name: &str) -> bool {
        self.campaigns.iter().all(|campaign| {
            let mut fields = campaign.form.fields.iter();
            fields.any(|field| field.name == name && field.required)
        })
    }

    /// Whether every lead has something there.
    fn always_has(&self, source: &Source) -> bool {
        match source {
            Source::Id | Source::Email | Source::Grade | Source::Fit | Source::Engagement | Source::Campaign => true,
            Source::Name => self.requires("first_name") || self.requires("last_name"),
            Source::Answer(field) => self.requires(field),
            Source::Stage | Source::Owner | Source::Why | Source::Source => false,
        }
    }

    /// The values it can have, where they are a closed list.
    fn values(&self, source: &Source) -> Option<BTreeSet<String>> {
        match source {
            Source::Grade => Some(
                ('A'..='D')
                    .flat_map(|fit| ('1'..='4').map(move |n| format!("{fit}{n}")))
                    .collect(),
            ),
            Source::Campaign => {
                let ids = self.campaigns.iter().map(|campaign| campaign.id.as_str().to_owned());
                self.is_whole.then(|| ids.collect())
            }
            Source::Answer(name) => {
                let is_closed = self.is_whole && self.fields(name).all(|field| field.kind == FieldType::Choice);
                let options = self.fields(name).flat_map(|field| &field.options);
                is_closed.then(|| options.map(|option| option.value.clone()).collect())
            }
            _ => None,
        }
    }
}

/// Their field for the address, by which they look people up.
fn address_field(kind: Kind) -> &'static str {
    match kind {
        Kind::Pipedrive => "emails",
        Kind::Salesforce | Kind::Zoho => "Email",
        Kind::Hubspot | Kind::Webhook | Kind::Chat => "email",
    }
}

/// Without what no record is made.
pub(super) fn required(destination: &Destination) -> &'static [&'static str] {
    match destination.kind {
        Kind::Salesforce => &["LastName", "Company"],
        Kind::Zoho => &["Last_Name", "Company"],
        Kind::Pipedrive if destination.fields.keys().any(|theirs| theirs.starts_with("lead.")) => {
            &["name", "lead.title"]
        }
        Kind::Pipedrive => &["name"],
        Kind::Hubspot | Kind::Webhook | Kind::Chat => &[],
    }
}

impl Checker {
    pub(super) fn mapped(&mut self, destination: &Destination, ours: &Ours<'_>) {
        let is_crm = destination.kind.is_crm();
        if is_crm {
            for source in [Source::Id, Source::Email] {
                self.one_key(destination, &source);
            }
        }
        for (theirs, rule) in &destination.fields {
            let is_named = theirs
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
            if !is_named || theirs.split('.').any(str::is_empty) {
                self.add(place!["fields", theirs.as_str()], |l| texts::no_field_name(l, theirs));
            }
            if rule.default.as_ref().is_some_and(TableValue::is_empty) {
                self.add(place!["fields", theirs.as_str(), "default"], texts::empty_value);
            }
            self.source(theirs, rule, ours);
            if is_crm && rule.is_key() {
                self.key_rule(destination.kind, theirs, rule);
            } else if let Some(table) = &rule.table {
                self.table(theirs, rule, table.keys().map(String::as_str).collect(), ours);
            }
        }
        for theirs in required(destination) {
            match destination.fields.get(*theirs) {
                None => self.add(place!["fields"], |l| texts::required_there(l, theirs)),
                Some(rule) if rule.default.is_none() && !ours.always_has(&rule.from) => {
                    let source = rule.from.to_string();
                    self.add(place!["fields", *theirs], |l| texts::may_be_empty(l, theirs, &source));
                }
                Some(_) => {}
            }
        }
        self.section(destination, &Source::Stage, "stages", destination.stages.is_empty());
        self.section(destination, &Source::Owner, "owners", destination.owners.is_empty());
        self.stages(destination);
        for (owner, theirs) in &destination.owners {
            if ours.is_whole && !ours.has_owner(owner) {
                self.add(place!["owners", owner.as_str()], |l| {
                    crate::campaign::check::texts::no_owner(l, owner)
                });
            }
            if theirs.trim().is_empty() {
                self.add(place!["owners", owner.as_str()], texts::empty_value);
            }
        }
    }

    /// Exactly one of their fields takes our id, and one the address.
    fn one_key(&mut self, destination: &Destination, source: &Source) {
        let word = source.to_string();
        let mut takers = destination.fields.iter().filter(|(_, rule)| &rule.from == source);
        if takers.next().is_none() {
            self.add(place!["fields"], |l| texts::no_key(l, &word));
        }
        for (theirs, _) in takers {
            self.add(place!["fields", theirs.as_str()], |l| texts::key_twice(l, &word));
        }
    }

    fn key_rule(&mut self, kind: Kind, theirs: &str, rule: &FieldRule) {
        if rule.refused == Refused::Drop {
            self.add(place!["fields", theirs, "refused"], texts::key_dropped);
        }
        for (key, is_given) in [("table", rule.table.is_some()), ("default", rule.default.is_some())] {
            if is_given {
                self.add(place!["fields", theirs, key], |l| texts::key_translated(l, key));
            }
        }
        if kind == Kind::Pipedrive && theirs.starts_with("lead.") {
            self.add(place!["fields", theirs], texts::key_of_the_card);
        } else if rule.from == Source::Email && theirs != address_field(kind) {
            self.add(place!["fields", theirs], |l| {
                texts::address_goes_to(l, address_field(kind))
            });
        }
    }

    /// What is sent is there.
    fn source(&mut self, theirs: &str, rule: &FieldRule, ours: &Ours<'_>) {
        let Source::Answer(name) = &rule.from else { return };
        let place = || place!["fields", theirs, "from"];
        if ours.fields(name).any(|field| field.kind == FieldType::Consent) {
            self.add(place(), |l| texts::consent_is_no_answer(l, name));
        } else if ours.is_whole && ours.fields(name).next().is_none() {
            self.add(place(), |l| texts::no_source(l, name, WORDS));
        }
    }

    /// A table translates what can come, and all of it.
    fn table(&mut self, theirs: &str, rule: &FieldRule, rows: BTreeSet<&str>, ours: &Ours<'_>) {
        let source = rule.from.to_string();
        let place = || place!["fields", theirs, "table"];
        let section = match rule.from {
            Source::Stage => Some("stages"),
            Source::Owner => Some("owners"),
            _ => None,
        };
        if let Some(section) = section {
            return self.add(place(), |l| texts::table_elsewhere(l, &source, section));
        }
        // A field that no form has is told of already.
        let Some(values) = ours.values(&rule.from).filter(|values| !values.is_empty()) else {
            return;
        };
        for row in rows.iter().filter(|row| !values.contains(**row)) {
            self.add(place!["fields", theirs, "table", *row], |l| {
                texts::not_a_value_of(l, row, &source)
            });
        }
        let missing = values.iter().map(String::as_str).filter(|value| !rows.contains(value));
        let missing = missing.collect::<Vec<_>>().join(", ");
        if rule.default.is_none() && !missing.is_empty() {
            self.add(place(), |l| texts::table_without(l, &missing));
        }
    }

    /// A section of translations is there where a field needs it, and nowhere else.
    fn section(&mut self, destination: &Destination, source: &Source, section: &str, is_empty: bool) {
        let word = source.to_string();
        let mut takers = destination.fields.iter().filter(|(_, rule)| &rule.from == source);
        match (takers.next(), is_empty) {
            (Some((theirs, _)), true) => self.add(place!["fields", theirs.as_str(), "from"], |l| {
                texts::no_section(l, &word, section)
            }),
            (None, false) => self.add(place![section], |l| texts::unused_section(l, section, &word)),
            _ => {}
        }
    }

    fn stages(&mut self, destination: &Destination) {
        let lifecycle = destination.fields.get("lifecyclestage");
        let is_lifecycle =
            destination.kind == Kind::Hubspot && lifecycle.is_some_and(|rule| rule.from == Source::Stage);
        let is_known = |theirs: &str| LIFECYCLE_STAGES.contains(&theirs) || theirs.bytes().all(|b| b.is_ascii_digit());
        for (stage, theirs) in &destination.stages {
            let place = place!["stages", Stage::code(*stage)];
            if theirs.trim().is_empty() {
                self.add(place, texts::empty_value);
            } else if is_lifecycle && !is_known(theirs) {
                let known = LIFECYCLE_STAGES.join(", ");
                self.add(place, |l| texts::no_lifecycle_stage(l, theirs, &known));
            }
        }
    }
}
