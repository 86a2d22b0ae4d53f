//! Words that several pages use.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use piste_domain::campaign::Published;
use piste_domain::campaign::field::FieldType;
use piste_domain::kit::vocabulary::Purpose;
use piste_domain::lead::consent::{Consent, ConsentState};
use piste_domain::{Campaign, Catalog, Lead, Locale};

const MONTHS_FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day as people write it, on the clock of a campaign.
pub fn day(at: Timestamp, zone: &TimeZone, locale: Locale) -> String {
    let date = at.to_zoned(zone.clone()).date();
    let month = usize::from(date.month().unsigned_abs()) - 1;
    let (day, year) = (date.day(), date.year());
    match locale {
        Locale::Fr if day == 1 => format!("1er\u{a0}{} {year}", MONTHS_FR[month]),
        Locale::Fr => format!("{day}\u{a0}{} {year}", MONTHS_FR[month]),
        Locale::En => format!("{day}\u{a0}{} {year}", MONTHS_EN[month]),
    }
}

/// The same with the time of day.
pub fn moment(at: Timestamp, zone: &TimeZone, locale: Locale) -> String {
    let time = at.to_zoned(zone.clone()).time();
    let (hour, minute) = (time.hour(), time.minute());
    match locale {
        Locale::Fr => format!("{}, {hour}\u{a0}h\u{a0}{minute:02}", day(at, zone, locale)),
        Locale::En => format!("{}, {hour:02}:{minute:02}", day(at, zone, locale)),
    }
}

/// The campaigns that a lead has to do with and that still exist, each once, the first one first.
pub fn campaigns<'a>(lead: &Lead, catalog: &'a Catalog) -> Vec<&'a Published> {
    let mut found: Vec<&Published> = Vec::new();
    let ids = std::iter::once(&lead.campaign)
        .chain(lead.captures.iter().map(|capture| &capture.campaign))
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

/// What a purpose is called.
pub fn purpose(purpose: Purpose, locale: Locale) -> &'static str {
    match purpose {
        Purpose::Marketing => locale.pick("Conseils par e-mail", "Advice by mail"),
        Purpose::Tracking => locale.pick("Mesure de vos lectures", "Measuring what you read"),
        Purpose::Sharing => locale.pick("Transmission à un partenaire", "Sharing with a partner"),
    }
}

/// Where a consent stands.
pub fn state(state: ConsentState, locale: Locale) -> &'static str {
    match state {
        ConsentState::Pending => locale.pick("demandé, jamais confirmé", "asked for, not confirmed"),
        ConsentState::Given => locale.pick("donné", "given"),
        ConsentState::Withdrawn => locale.pick("retiré", "taken back"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_in_each_language() {
        let at: Timestamp = "2026-03-01T23:30:00Z".parse().expect("a moment");
        let zone = TimeZone::get("Europe/Paris").expect("bundled");
        assert_eq!(day(at, &zone, Locale::Fr), "2\u{a0}mars 2026");
        assert_eq!(day(at, &TimeZone::UTC, Locale::Fr), "1er\u{a0}mars 2026");
        assert_eq!(moment(at, &zone, Locale::Fr), "2\u{a0}mars 2026, 0\u{a0}h\u{a0}30");
        assert_eq!(moment(at, &zone, Locale::En), "2\u{a0}March 2026, 00:30");
    }
}
