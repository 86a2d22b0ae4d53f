//! `piste doctor`: what is left to do before leads come in and emails leave.

use std::path::Path;

use piste_adapters::campaigns::{against_snapshots, read_destinations, read_each, snapshot};
use piste_adapters::config::{Aws, env};
use piste_adapters::mail::senders::Senders;
use piste_adapters::store::item::CAMPAIGN_FORM;
use piste_domain::campaign::destination::{Destination, FieldRule, Kind, Source};
use piste_domain::campaign::field::FieldType;
use piste_domain::campaign::{FileProblem, Published};
use piste_domain::kit::ids::DestinationName;
use piste_domain::kit::turnstile::test_secret;
use piste_domain::{Catalog, Locale};
use piste_operations::sending;
use serde::Serialize;
use serde_json::json;

use super::{snapshots, texts, turnstile};
use crate::cli::Cli;
use crate::error::CommandError;
use crate::files::not_emptied;
use crate::storage::{Folders, Opened, Storage};
use crate::system::{DATA_FILES, secret_of, turnstile_secret_of};
use crate::{fault, shipped};

/// What was found about one thing.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    about: String,
    what: String,
}

/// How much it weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// Well.
    Ok,
    /// Something to know, or that only a person can look at.
    Note,
    /// Something must be done.
    ToDo,
}

#[derive(Debug)]
struct Findings {
    all: Vec<Finding>,
    locale: Locale,
}

impl Findings {
    fn add(&mut self, level: Level, about: &str, what: impl Into<String>) {
        let (about, what) = (about.to_owned(), what.into());
        self.all.push(Finding { level, about, what });
    }

    fn files(&mut self, problems: &[FileProblem]) {
        for problem in problems {
            let place = format!("{}:{}", problem.file, problem.line);
            self.add(Level::ToDo, &place, problem.message.get(self.locale));
        }
    }
}

/// Looks at the files, the secrets, and the data folder or the tables with what AWS says of the senders.
///
/// # Errors
/// [`CommandError::LeftToDo`] once everything was said.
pub(super) async fn doctor(
    from: Folders<'_>,
    cli: &Cli,
    as_json: bool,
    storage: &Storage,
    locale: Locale,
    say: &mut impl FnMut(&str),
) -> Result<(), CommandError> {
    let mut found = Findings {
        all: Vec::new(),
        locale,
    };
    let version = texts::this_version(locale, env!("CARGO_PKG_VERSION"));
    found.add(Level::Ok, "piste", version);
    let (catalog, destinations) = files(from, cli, &mut found);
    let opened = match storage.folder() {
        Some(folder) => {
            data(folder, &mut found);
            None
        }
        None => Some(storage.open(from, locale).await?),
    };
    for destination in &destinations {
        secret(destination, opened.as_ref(), &mut found).await?;
        account(from.destinations, destination, &catalog, &mut found);
    }
    widgets(&catalog, opened.as_ref(), &mut found).await?;
    if let (Some(opened), Some(aws)) = (&opened, storage.aws()?) {
        stack(opened, &catalog, &mut found).await?;
        senders(&aws, &catalog, &mut found).await?;
    }
    let left = found.all.iter().any(|finding| finding.level == Level::ToDo);
    if as_json {
        say(&super::json(&json!({ "findings": found.all })));
    } else {
        for finding in &found.all {
            let level = match finding.level {
                Level::Ok => texts::well(locale),
                Level::Note => texts::to_know(locale),
                Level::ToDo => texts::to_do(locale),
            };
            say(&texts::finding(locale, level, &finding.about, &finding.what));
        }
    }
    if left { Err(CommandError::LeftToDo) } else { Ok(()) }
}

/// The files of campaigns and destinations.
fn files(from: Folders<'_>, cli: &Cli, found: &mut Findings) -> (Catalog, Vec<Destination>) {
    let locale = found.locale;
    let read = read_each(from.campaigns);
    found.files(&read.problems);
    for bundle in &read.bundles {
        found.files(&bundle.warnings);
        let Published { campaign, version } = &bundle.published;
        if bundle.warnings.is_empty() {
            found.add(Level::Ok, campaign.id.as_str(), texts::files_good(locale, version));
        }
    }
    if cli.campaigns.is_none() && !Path::new(shipped::FOLDER).exists() {
        found.add(Level::ToDo, shipped::FOLDER, texts::no_campaigns_yet(locale));
    }
    let published = read.bundles.into_iter().map(|bundle| bundle.published);
    let catalog = Catalog::new(published).leaving_out(read.broken);
    // As the functions may reach them: an address of this machine is for the local system alone.
    let there = read_destinations(from.destinations, &catalog, false);
    found.files(&there.problems);
    found.files(&against_snapshots(from.destinations, &there.destinations));
    (catalog, there.destinations)
}

/// The files of a data folder.
fn data(folder: &Path, found: &mut Findings) {
    let locale = found.locale;
    let name = folder.display().to_string();
    if !folder.is_dir() {
        return found.add(Level::Note, &name, texts::no_data_yet(locale));
    }
    let mut is_well = true;
    for file in DATA_FILES.map(|file| folder.join(file)) {
        let about = file.display().to_string();
        if let Err(error) = not_emptied(&file) {
            found.add(Level::ToDo, &about, fault::say(&error, locale));
            is_well = false;
        } else if is_open_to_others(&file) {
            found.add(Level::ToDo, &about, texts::others_may_read(locale, &about));
            is_well = false;
        }
    }
    let probe = folder.join("probe");
    if let Err(error) = std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)) {
        found.add(Level::ToDo, &name, fault::say(&error, locale));
    } else if is_well {
        found.add(Level::Ok, &name, texts::data_well(locale));
    }
}

fn is_open_to_others(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(file).is_ok_and(|known| known.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

/// The secret of a destination: in the table, or in the environment of the local system.
async fn secret(destination: &Destination, opened: Option<&Opened>, found: &mut Findings) -> Result<(), CommandError> {
    if destination.kind == Kind::Chat {
        return Ok(());
    }
    let (locale, name) = (found.locale, destination.name.as_str());
    match opened {
        Some(at) => {
            let held = at.app.store.secret(&DestinationName::new(name)).await?;
            match held {
                Some(_) => found.add(Level::Ok, name, texts::has_secret(locale)),
                None => found.add(Level::ToDo, name, texts::store_secret(locale, name)),
            }
        }
        None => {
            let variable = secret_of(name);
            match env(&variable) {
                Some(_) => found.add(Level::Ok, name, texts::has_secret(locale)),
                None => found.add(Level::ToDo, name, texts::set_secret(locale, &variable, name)),
            }
        }
    }
    Ok(())
}

/// The secret keys of the Turnstile widgets that campaigns name: in the table, or in the environment of the local system.
async fn widgets(catalog: &Catalog, opened: Option<&Opened>, found: &mut Findings) -> Result<(), CommandError> {
    let locale = found.locale;
    let without = match opened {
        Some(at) => turnstile::without_secret(&at.app.store, catalog).await?,
        None => {
            let mut sites = catalog.site_keys();
            sites.retain(|site| test_secret(site).is_none() && env(&turnstile_secret_of(site)).is_none());
            sites
        }
    };
    for site in catalog.site_keys() {
        if !without.contains(site) {
            found.add(Level::Ok, site, texts::has_site_secret(locale));
        } else if opened.is_some() {
            found.add(Level::ToDo, site, texts::store_site_secret(locale, site));
        } else {
            let variable = turnstile_secret_of(site);
            found.add(Level::ToDo, site, texts::set_site_secret(locale, &variable, site));
        }
    }
    Ok(())
}

/// What the owner must create in the account.
fn account(folder: &Path, destination: &Destination, catalog: &Catalog, found: &mut Findings) {
    let (locale, name, kind) = (found.locale, destination.name.as_str(), destination.kind);
    let rights = match kind {
        Kind::Hubspot => texts::rights_hubspot(locale),
        Kind::Salesforce => texts::rights_salesforce(locale),
        Kind::Pipedrive => texts::rights_pipedrive(locale),
        Kind::Zoho => texts::rights_zoho(locale),
        Kind::Webhook | Kind::Chat => return,
    };
    found.add(Level::Note, name, rights);
    let taken = snapshot(folder, name);
    for (theirs, rule) in &destination.fields {
        let is_there = taken.as_ref().is_some_and(|taken| taken.field(theirs).is_some());
        if is_own(kind, theirs) && !is_there {
            let type_of = type_of(rule, catalog, locale);
            found.add(Level::ToDo, name, texts::create_field(locale, theirs, &type_of));
        }
    }
    if !snapshots::is_taken(folder, name) {
        let stages: Vec<&str> = destination.stages.values().map(String::as_str).collect();
        if !stages.is_empty() {
            found.add(Level::Note, name, texts::stages_needed(locale, &stages.join(", ")));
        }
        found.add(Level::ToDo, name, texts::take_fields(locale, name));
    }
}

/// Whether a field is none of those that every account has.
fn is_own(kind: Kind, theirs: &str) -> bool {
    let theirs = theirs.trim_start_matches("lead.");
    match kind {
        Kind::Hubspot => theirs.starts_with("piste_"),
        Kind::Salesforce => theirs.ends_with("__c"),
        Kind::Pipedrive => theirs.len() == 40 && theirs.bytes().all(|b| b.is_ascii_hexdigit()),
        Kind::Zoho => theirs.starts_with("Piste_"),
        Kind::Webhook | Kind::Chat => false,
    }
}

/// The type that a field needs for what is written into it.
fn type_of(rule: &FieldRule, catalog: &Catalog, locale: Locale) -> String {
    if let Some(table) = &rule.table {
        let mut values: Vec<String> = table
            .values()
            .map(|value| match serde_json::to_value(value) {
                Ok(serde_json::Value::String(text)) => text,
                other => other.unwrap_or_default().to_string(),
            })
            .collect();
        values.sort();
        values.dedup();
        return texts::a_list_of(locale, &values.join(", "));
    }
    match &rule.from {
        Source::Id => texts::a_unique_text(locale).to_owned(),
        Source::Fit | Source::Engagement => texts::a_number(locale).to_owned(),
        Source::Why => texts::a_long_text(locale).to_owned(),
        Source::Answer(name) => {
            let all = catalog.iter().flat_map(|published| &published.campaign.form.fields);
            let field = all.into_iter().find(|field| &field.name == name);
            match field.map(|field| field.kind) {
                Some(FieldType::Number) => texts::a_number(locale).to_owned(),
                Some(FieldType::LongText) => texts::a_long_text(locale).to_owned(),
                Some(FieldType::Choice) => {
                    let options = field.into_iter().flat_map(|field| &field.options);
                    let options: Vec<&str> = options.map(|option| option.value.as_str()).collect();
                    texts::a_list_of(locale, &options.join(", "))
                }
                _ => texts::a_text(locale).to_owned(),
            }
        }
        _ => texts::a_text(locale).to_owned(),
    }
}

/// What was published, and whether emails leave.
async fn stack(at: &Opened, files: &Catalog, found: &mut Findings) -> Result<(), CommandError> {
    let (locale, store) = (found.locale, &at.app.store);
    if store.key_ring().await?.is_none() {
        found.add(Level::ToDo, "publish", texts::publish_first(locale));
        return Ok(());
    }
    let reads = store.campaign_form_read().await?.unwrap_or(1);
    if reads < CAMPAIGN_FORM {
        found.add(Level::ToDo, "functions", texts::deploy_first(locale));
    }
    let published = store.campaigns(&Catalog::default()).await?;
    for file in files.iter() {
        let id = &file.campaign.id;
        match published.published(id) {
            Some(there) if there.version == file.version => {
                found.add(Level::Ok, id.as_str(), texts::is_published(locale, &file.version));
            }
            _ => found.add(Level::ToDo, id.as_str(), texts::publish_anew(locale)),
        }
    }
    match sending::standing(&at.app).await.map_err(CommandError::Store)?.state() {
        sending::State::Open => found.add(Level::Ok, "sending", texts::sending_on(locale)),
        sending::State::Paused | sending::State::Held => {
            found.add(Level::ToDo, "sending", texts::sending_off(locale));
        }
    }
    Ok(())
}

/// What SES says of the account and of each sender; what only the DNS says is told with the words to look it up.
async fn senders(aws: &Aws, files: &Catalog, found: &mut Findings) -> Result<(), CommandError> {
    let locale = found.locale;
    let ses = Senders::new(aws)?;
    match ses.account().await {
        None => found.add(Level::ToDo, "SES", texts::ses_silent(locale)),
        Some(account) => {
            if !account.sends {
                found.add(Level::ToDo, "SES", texts::ses_off(locale));
            }
            match account.is_sandbox {
                true => found.add(Level::ToDo, "SES", texts::ses_sandbox(locale)),
                false => found.add(Level::Ok, "SES", texts::ses_well(locale)),
            }
        }
    }
    let mut addresses: Vec<&str> = files.iter().map(|of| of.campaign.sender.from.as_str()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    for address in addresses {
        let domain = address.rsplit('@').next().unwrap_or(address);
        let Some(sender) = ses.sender(address).await else {
            continue;
        };
        if !sender.is_verified {
            found.add(Level::ToDo, address, texts::verify_sender(locale, domain));
            continue;
        }
        if !sender.signs {
            found.add(Level::ToDo, address, texts::add_dkim(locale, domain));
        }
        if !sender.has_mail_from {
            found.add(Level::ToDo, address, texts::add_mail_from(locale, domain));
        }
        if sender.signs && sender.has_mail_from {
            found.add(Level::Ok, address, texts::sender_well(locale));
        }
        found.add(Level::Note, address, texts::look_up_dmarc(locale, domain));
    }
    Ok(())
}
