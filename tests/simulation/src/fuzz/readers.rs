//! Doors without a store: whatever is read by a pure function, and what must hold of what it gives back.

use std::collections::BTreeMap;

use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use piste_adapters::csv::{Cell, Csv, Reader};
use piste_adapters::http as doors;
use piste_adapters::keys::Source;
use piste_adapters::mail::template::Template;
use piste_adapters::proof::{Asked, How};
use piste_adapters::token::{Purpose, verify};
use piste_adapters::webhook::SecretText;
use piste_domain::campaign::mapping::Mapping;
use piste_domain::kit::calendar::Delay;
use piste_domain::kit::phone::{Phone, PhonePart};
use piste_domain::kit::post::RawPost;
use piste_domain::kit::read::{amount, boxes, date, web};
use piste_domain::kit::{charset, ids, names, text};
use piste_domain::lead::Touch;
use piste_domain::rules::fields::named;
use piste_domain::rules::form::Submission;
use piste_domain::rules::import::Columns;
use piste_domain::rules::quarantine::turnstile;
use piste_domain::rules::source::{bare_url, touch_of};
use piste_domain::{Campaign, Email, LeadId, Locale, WorkspaceId};

use super::world::{World, now};
use super::{Broken, Case};

fn hold(holds: bool, what: &str) -> Result<(), Broken> {
    match holds {
        true => Ok(()),
        false => Err(Broken(what.to_owned())),
    }
}

/// Numbers, days, telephone numbers, boxes, sites, names and texts.
pub fn value(case: &Case) -> Result<(), Broken> {
    let (typed, other) = (&*case.text(), case.path.as_str());
    if let Some(number) = amount::read(typed, Some("EUR")) {
        let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-');
        hold(
            number.chars().all(plain),
            "a number has other signs than digits, point and minus",
        )?;
        let _ = amount::to_edit(&number);
    }
    let _ = (
        amount::of_json(typed),
        amount::to_edit(typed),
        date::read(typed),
        web::read(typed),
    );
    let _ = boxes::read([typed, other], [other, typed].into_iter());
    for country in ["FR", "US", "CH", ""] {
        if let Some((phone, _)) = Phone::read(typed, country) {
            let stored = Phone::stored(phone.expose());
            hold(stored.as_ref() == Some(&phone), "a telephone number that is not E.164")?;
            let _ = (phone.shown("FR"), phone.shown("US"), phone.zone());
            let _ = PhonePart::read(other, country).map(|part| phone.has(&part));
        }
    }
    if let Some(phone) = Phone::stored(typed) {
        let _ = (phone.shown("FR"), phone.shown("US"), phone.zone());
        let _ = PhonePart::read(typed, "FR").map(|part| phone.has(&part));
    }
    let line = text::clean_line(typed);
    hold(!line.contains(char::is_control), "a line holds a control character")?;
    hold(text::clean_line(&line) == line, "a clean line is not clean")?;
    let long = text::clean_text(typed);
    hold(text::clean_text(&long) == long, "a clean text is not clean")?;
    let _ = (text::unlinked(typed), text::safe_name(typed), text::folded(typed));
    let _ = (
        names::plain(typed),
        names::after_lead_in(typed),
        names::steps(typed),
        names::without_list_mark(typed),
    );
    let _ = (
        Locale::from_tag(typed),
        Locale::negotiate(typed, &Locale::ALL),
        Delay::parse(typed),
    );
    let _ = (
        ids::is_name(typed),
        LeadId::is_valid(typed),
        charset::of_content_type(typed),
    );
    let _ = touch_of(&|_| Some(typed.to_owned()));
    if let Some(url) = bare_url(typed) {
        hold(!url.contains(['?', '#']), "a bare address has a query")?;
    }
    if let Some(next) = doors::safe_next(typed, &["https://www.example.com".to_owned()]) {
        hold(
            next.starts_with("https://www.example.com") || (next.starts_with('/') && !next.starts_with("//")),
            "a redirect to somewhere else",
        )?;
    }
    if let Ok(delay) = Delay::parse(typed) {
        let later = delay.add_to(now(), &jiff::tz::TimeZone::UTC);
        hold(later >= now(), "a duration that goes back")?;
    }
    Ok(())
}

/// Addresses.
pub fn email(case: &Case) -> Result<(), Broken> {
    let typed = &*case.text();
    for read in [
        Email::read(typed).map_err(|misread| misread.suggestion),
        Email::parse(typed).map_err(|_| None),
    ] {
        let (email, said) = match read {
            Ok(email) => (email, "an address"),
            Err(Some(meant)) => (meant, "a suggestion"),
            Err(None) => continue,
        };
        let again = Email::parse(email.expose());
        hold(again.as_ref() == Ok(&email), &format!("{said} does not read as itself"))?;
        hold(
            !email.expose().contains(['\r', '\n', '\0']),
            "an address holds a line break",
        )?;
        hold(!format!("{email:?}").contains('@'), "an address prints")?;
        let _ = (
            email.identity(),
            email.abuse_key(),
            email.suggestion(),
            email.is_free_mail(),
        );
        let _ = (email.is_disposable(), email.is_role());
    }
    Ok(())
}

/// Posts of all three kinds up to what a form makes of them.
pub async fn post(world: &World, case: &Case) -> Result<(), Broken> {
    let visit = case.visit();
    let Ok(raw) = visit.post().await else { return Ok(()) };
    for campaign in &world.campaigns {
        let raw: RawPost = named(&campaign.form, raw.clone());
        let touch = touch_of(&|name| raw.get(name).map(str::to_owned));
        let read = Submission::read(campaign, &raw, campaign.default_locale(), touch);
        if let Ok(submission) = read {
            let _ = submission.doubt(campaign, &raw);
            let _ = submission.lead_id(&world.app.ring().identity, &campaign.workspace);
        }
        let _ = Submission::reported(campaign, &raw, campaign.default_locale(), Touch::default());
    }
    Ok(())
}

/// Documents and characters.
pub fn document(world: &World, case: &Case) -> Result<(), Broken> {
    for status in [200, 400, 503] {
        let _ = turnstile::read(status, &case.body, &world.campaigns[0], "https://lead.example.com");
    }
    let kind = case.header("content-type");
    let _ = doors::document(kind, &case.body);
    let declared = charset::of_content_type(kind);
    let _ = (
        charset::decode(&case.body, declared),
        charset::document(&case.body, declared),
    );
    Ok(())
}

/// Cells of a table.
pub fn cell(case: &Case) -> Result<(), Broken> {
    let typed = &*case.text();
    for reader in [Reader::Spreadsheet, Reader::Program] {
        for locale in Locale::ALL {
            let mut table = Csv::new(reader, locale);
            table.row([Cell::from(typed), Cell::Number(-1), Cell::from(&*case.path)]);
            let text = table.take();
            if reader == Reader::Spreadsheet {
                let first = text.trim_start_matches('\u{feff}').trim_start_matches('"');
                hold(
                    !first.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) || typed.is_empty(),
                    "a cell is a formula",
                )?;
            }
        }
    }
    Ok(())
}

/// Lists, line by line.
pub fn columns(world: &World, case: &Case) -> Result<(), Broken> {
    let text = case.text();
    let mut lines = text
        .lines()
        .map(|line| line.split([';', ',', '\t']).map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap_or_default();
    let given = [(case.path.clone(), "email".to_owned())];
    for campaign in &world.campaigns {
        for given in [&given[..0], &given[..]] {
            let Ok(columns) = Columns::of(campaign, &header, given) else {
                continue;
            };
            for cells in lines.clone().take(8) {
                let _ = columns.read(campaign, &cells, now());
            }
        }
    }
    Ok(())
}

/// Signed links: nothing but what was signed opens anything.
pub fn token(world: &World, case: &Case) -> Result<(), Broken> {
    let typed = &*case.text();
    let ring = world.app.ring();
    for purpose in [
        Purpose::Confirm,
        Purpose::Unsubscribe,
        Purpose::Preferences,
        Purpose::Data,
        Purpose::Resource,
        Purpose::Sales,
    ] {
        if verify(&ring, purpose, typed, now()).is_ok() {
            hold(
                world
                    .tokens
                    .iter()
                    .any(|(known, token)| *known == purpose && token == typed),
                "a forged link opens",
            )?;
        }
    }
    Ok(())
}

/// Emails: as an owner writes them, with what people typed.
pub fn template(world: &World, case: &Case) -> Result<(), Broken> {
    let typed = &*case.text();
    let allowed = [
        "first_name",
        "company",
        "resource_url",
        "preferences_url",
        "confirm_url",
    ];
    let (source, value) = match case.sort {
        0 => (typed, "Amélie"),
        at => (world.emails[at % world.emails.len()].as_str(), typed),
    };
    let _ = Template::check(source, &allowed);
    let Ok(template) = Template::parse(source) else {
        return Ok(());
    };
    let values: BTreeMap<&str, String> = [
        ("first_name", value.to_owned()),
        ("company", case.path.clone()),
        ("resource_url", "https://leads.example.com/resources/x".to_owned()),
        (
            "preferences_url",
            "https://leads.example.com/preferences?t=x".to_owned(),
        ),
        ("confirm_url", "https://leads.example.com/confirm?t=x".to_owned()),
    ]
    .into();
    if let Ok(email) = template.render(&values) {
        hold(!email.subject.contains(['\r', '\n']), "a subject holds a line break")?;
        hold(!email.html.contains("<script"), "a script in an email")?;
    }
    Ok(())
}

/// Campaign files.
pub fn campaign(case: &Case) -> Result<(), Broken> {
    if let Err(problems) = Campaign::read("guide-seo", &case.text()) {
        hold(!problems.is_empty(), "refused for no reason")?;
        let lines = case.text().lines().count() + 1;
        hold(
            problems
                .iter()
                .all(|problem| problem.line >= 1 && problem.line <= lines),
            "a problem in no line",
        )?;
    }
    Ok(())
}

/// Mappings, what they hear, and what proves it.
pub fn mapping(world: &World, case: &Case) -> Result<(), Broken> {
    let home = &world.campaigns[0];
    let mapping = match case.sort {
        0 => Mapping::read("triggers/crm.toml", &case.text(), home),
        _ => Mapping::read("triggers/crm.toml", &case.path, home),
    };
    let Ok(mapping) = mapping else { return Ok(()) };
    let source = Source {
        workspace: WorkspaceId::new("main"),
        name: "crm".to_owned(),
        secrets: Vec::new(),
        values: vec![SecretText::new("zqx-secret-of-theirs")],
    };
    let mut headers = HeaderMap::new();
    for (name, value) in &case.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            headers.append(name, value);
        }
    }
    let asked = Asked {
        method: "POST",
        url: "https://leads.example.com/triggers/crm?a=%3A",
        headers: &headers,
        body: &case.body,
    };
    let how = How::of(Some(&mapping));
    let _ = how.verify(&source, &asked, now());
    let _ = how.challenge(&source, |_| Some(case.path.as_str()));
    let Ok(body) = doors::document("application/json", &case.body) else {
        return Ok(());
    };
    for mapping in [&mapping, &Mapping::native()] {
        let (events, _) = mapping.events(&body);
        for event in events {
            let _ = (mapping.hear(event), mapping.has_unread_time(event));
        }
    }
    Ok(())
}
