//! Words that several pages use.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use piste_domain::campaign::Published;
use piste_domain::campaign::field::FieldType;
use piste_domain::kit::format;
use piste_domain::lead::consent::Consent;
use piste_domain::{Campaign, Catalog, Lead, Locale};

/// A day on the clock of a campaign.
pub fn day(at: Timestamp, zone: &TimeZone, locale: Locale) -> String {
    format::day(zone.to_datetime(at).date(), locale)
}

/// The campaigns that a lead has to do with and that still exist, each once, the first one first.
pub fn campaigns<'a>(lead: &Lead, catalog: &'a Catalog) -> Vec<&'a Published> {
    let mut found: Vec<&Published> = Vec::new();
    let ids = std::iter::once(&lead.campaign)
        .chain(lead.campaigns())
        .chain(lead.enrolments.iter().map(|enrolment| &enrolment.campaign));
    for id in ids {
        let known = catalog.published(id).filter(|p| p.campaign.workspace == lead.workspace);
        if let Some(published) = known
            && !found.iter().any(|known| known.campaign.id == published.campaign.id)
        {
            found.push(published);
        }
    }
    found
}

/// An answer as it was offered: the words of a choice, else what was typed.
pub fn answer<'a>(campaigns: &[&'a Published], name: &str, value: &'a str, locale: Locale) -> &'a str {
    let mut fields = campaigns.iter().flat_map(|p| &p.campaign.form.fields);
    let choice = fields.find(|field| field.name == name && field.kind == FieldType::Choice);
    let option = choice.and_then(|field| field.options.iter().find(|option| option.value == value));
    option.map_or(value, |option| option.label.get(locale))
}

/// The question that an answer answers, else the field's name.
pub fn question<'a>(campaigns: &[&'a Published], name: &'a str, locale: Locale) -> &'a str {
    let mut fields = campaigns.iter().flat_map(|p| &p.campaign.form.fields);
    let label = fields
        .find(|field| field.name == name)
        .map(|field| field.label.get(locale));
    label.filter(|label| !label.is_empty()).unwrap_or(name)
}

/// The wording of a consent, if it is one that its campaign still shows.
pub fn wording<'a>(campaign: Option<&'a Campaign>, consent: &Consent) -> Option<&'a str> {
    let fields = campaign?.form.fields.iter();
    let labels = fields.map(|field| field.label.get(consent.locale));
    labels
        .into_iter()
        .find(|label| piste_domain::kit::ids::sha256_hex(label) == consent.text_hash)
}
