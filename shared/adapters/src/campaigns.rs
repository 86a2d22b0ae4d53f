//! Campaigns: read from their folders, checked, published, and cached by the functions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use piste_domain::campaign::brand::picture_type;
use piste_domain::campaign::destination::Destination;
use piste_domain::campaign::destination::snapshot::Snapshot;
use piste_domain::campaign::mailing::Mailing;
use piste_domain::campaign::mapping::Mapping;
use piste_domain::campaign::{Campaign, FileProblem, Published, Sequence};
use piste_domain::kit::ids::{DestinationName, sha256_hex};
use piste_domain::kit::locale::Text;
use piste_domain::kit::vocabulary::Class;
use piste_domain::{CampaignId, Catalog, Locale};
use tokio::sync::OnceCell;

use crate::advice::{self, os_error};
use crate::mail::template::{DETAILS_DIFFER, OPT_IN_PENDING, RenderError, Template};
use crate::store::{Store, StoreError};
use crate::telemetry;

/// How long a function works with the campaigns it has before it looks for newer ones.
const REFRESH: SignedDuration = SignedDuration::from_secs(60);
/// After that much more whoever began with older ones is done: longer than a request takes, and than clocks differ.
const DONE_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// What a service email may use; nothing of it was typed by a visitor (R90).
pub const SERVICE_VARIABLES: [&str; 4] = ["resource_url", "confirm_url", OPT_IN_PENDING, DETAILS_DIFFER];
/// What a nurture email may use.
pub const NURTURE_VARIABLES: [&str; 4] = ["resource_url", "preferences_url", "first_name", "company"];

/// A campaign as read from its folder, ready to publish.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The campaign with its version.
    pub published: Published,
    /// Its emails and downloads: path below the folder, text.
    pub files: BTreeMap<String, String>,
    /// What is allowed in its file and seldom meant.
    pub warnings: Vec<FileProblem>,
}

/// The path of an email below the campaign's folder.
pub fn email_path(locale: Locale, template: &str) -> String {
    format!("emails/{}/{template}.md", locale.code())
}

/// The path of a download below the campaign's folder.
pub fn resource_path(locale: Locale, resource: &str) -> String {
    format!("resources/{resource}.{}.md", locale.code())
}

/// The path of the logo in a bundle.
pub const LOGO: &str = "logo";
/// Largest logo, in bytes: every page of the form brings it.
const LOGO_BYTES_MAX: usize = 200_000;
/// Largest download, in bytes: a function answers with at most 6 MB, written in base64.
const FILE_BYTES_MAX: usize = 4_000_000;
/// Characters of a file in one row of the table, which holds 400 KB.
const PART_CHARS: usize = 300_000;

/// A file of a campaign that is no text.
#[derive(Debug)]
pub struct File {
    /// Its name in the folder.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// The path of a download that is a file, in a bundle.
pub fn file_path(locale: Locale, resource: &str) -> String {
    format!("resources/{resource}.{}.file", locale.code())
}

/// Puts a file into a bundle: its name and the number of its parts, and each part beside it.
fn bundle_file(files: &mut BTreeMap<String, String>, path: &str, name: &str, bytes: &[u8]) {
    let text = BASE64.encode(bytes);
    let parts: Vec<&[u8]> = text.as_bytes().chunks(PART_CHARS).collect();
    files.insert(path.to_owned(), format!("{name}\n{}", parts.len()));
    for (at, part) in parts.iter().enumerate() {
        files.insert(format!("{path}~{at}"), String::from_utf8_lossy(part).into_owned());
    }
}

/// The file of a download in this language, by its name: `<id>.<language>.pdf`, or `<id>.pdf` for all. Markdown is no file.
fn download(folder: &Path, locale: Locale, resource: &str) -> Option<String> {
    let entries = fs::read_dir(folder.join("resources")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.ends_with(".md"))
        .collect();
    names.sort();
    let starts = [format!("{resource}.{}.", locale.code()), format!("{resource}.")];
    let is_whole = |name: &str, start: &str| {
        name.strip_prefix(start)
            .is_some_and(|end| !end.is_empty() && !end.contains('.'))
    };
    starts
        .iter()
        .find_map(|start| names.iter().find(|name| is_whole(name, start)).cloned())
}

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Found {
    /// The campaigns that are right.
    pub bundles: Vec<Bundle>,
    /// Those that are not.
    pub broken: BTreeSet<CampaignId>,
    /// What is wrong with them, or with the folder; `file` starts with the campaign's folder.
    pub problems: Vec<FileProblem>,
}

/// Reads and checks every campaign below a folder.
///
/// # Errors
/// Every problem of every campaign; `file` starts with the campaign's folder.
pub fn read_all(root: &Path) -> Result<Vec<Bundle>, Vec<FileProblem>> {
    let found = read_each(root);
    if found.problems.is_empty() {
        Ok(found.bundles)
    } else {
        Err(found.problems)
    }
}

/// The same, each campaign by itself: a broken one does not keep the others from being read.
pub fn read_each(root: &Path) -> Found {
    let mut found = Found::default();
    let of_root = |message| FileProblem {
        file: root.display().to_string(),
        line: 1,
        message,
    };
    let entries = fs::read_dir(root).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut folders: Vec<PathBuf> = match entries {
        Ok(folders) => folders,
        Err(error) => {
            let message = Text::each(|l| advice::unreadable(l, &os_error(l, &error)));
            found.problems.push(of_root(message));
            return found;
        }
    };
    folders.retain(|path| path.is_dir());
    folders.sort();
    for folder in folders {
        match read_one(&folder) {
            Ok(bundle) => found.bundles.push(bundle),
            Err(problems) => {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                found.broken.insert(CampaignId::new(name));
                found.problems.extend(problems);
            }
        }
    }
    if found.bundles.is_empty() && found.problems.is_empty() {
        let problem = of_root(Text::each(advice::no_campaign));
        found.problems.push(problem);
    }
    for (id, problem) in twice_mapped(&found.bundles) {
        found.bundles.retain(|bundle| bundle.published.campaign.id != id);
        found.broken.insert(id);
        found.problems.push(problem);
    }
    found
}

fn read_one(folder: &Path) -> Result<Bundle, Vec<FileProblem>> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let problem = |file: &str, line, message| FileProblem {
        file: format!("{name}/{file}"),
        line,
        message,
    };
    let source = fs::read_to_string(folder.join("campaign.toml")).map_err(|error| {
        let message = Text::each(|l| advice::unreadable(l, &os_error(l, &error)));
        vec![problem("campaign.toml", 1, message)]
    })?;
    let prefix = |p: FileProblem| problem(&p.file, p.line, p.message);
    let (campaign, problems) = Campaign::look(&name, &source);
    let mut problems: Vec<_> = problems.into_iter().map(prefix).collect();
    let Some(mut campaign) = campaign else {
        return Err(problems);
    };
    let mut files = BTreeMap::new();
    for path in below(folder, "mailings") {
        let name = Path::new(&path)
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match fs::read_to_string(folder.join(&path)) {
            Err(error) => {
                let message = Text::each(|l| advice::unreadable(l, &os_error(l, &error)));
                problems.push(problem(&path, 1, message));
            }
            Ok(text) => match Mailing::read(&path, &name, &text, &campaign) {
                Ok(mailing) => {
                    campaign.mailings.insert(name, mailing);
                    files.insert(path, text);
                }
                Err(found) => problems.extend(found.into_iter().map(|p| problem(&p.file, p.line, p.message))),
            },
        }
    }
    let mut want = |path: String, needed_by: Text, check: &dyn Fn(&str) -> Vec<(usize, Text)>| match fs::read_to_string(
        folder.join(&path),
    ) {
        Ok(text) => {
            problems.extend(
                check(&text)
                    .into_iter()
                    .map(|(line, message)| problem(&path, line, message)),
            );
            files.insert(path, text);
        }
        Err(error) => {
            let message = Text::each(|l| advice::file_needed(l, needed_by.get(l), &os_error(l, &error)));
            problems.push(problem(&path, 1, message));
        }
    };
    let mut promised: Vec<(String, String, usize)> = Vec::new();
    for &locale in &campaign.languages {
        let of_mailings = campaign.mailings.values().map(|mailing| &mailing.sequence);
        for (sequence, step) in campaign
            .sequences
            .iter()
            .chain(of_mailings)
            .flat_map(|s: &Sequence| s.steps.iter().map(move |step| (s, step)))
        {
            let allowed: &[&str] = match step.class {
                Class::Service => &SERVICE_VARIABLES,
                Class::Nurture => &NURTURE_VARIABLES,
                Class::Alert => &[], // refused as a step
            };
            let button = campaign.opt_in.as_ref().map(|page| page.button.get(locale));
            want(
                email_path(locale, &step.template),
                Text::each(|l| advice::step(l, &sequence.id, &step.id)),
                &|text| {
                    let mut found: Vec<_> = Template::check(text, allowed)
                        .into_iter()
                        .map(|p| (p.line, p.message))
                        .collect();
                    if found.is_empty() {
                        found.extend(render_problem(text, &campaign));
                        found.extend(button.and_then(|button| button_problem(text, button)));
                    }
                    found
                },
            );
        }
        for resource in &campaign.resources {
            let markdown = folder.join(resource_path(locale, &resource.id));
            if !markdown.exists()
                && let Some(name) = download(folder, locale, &resource.id)
            {
                promised.push((
                    file_path(locale, &resource.id),
                    format!("resources/{name}"),
                    FILE_BYTES_MAX,
                ));
                continue;
            }
            want(
                resource_path(locale, &resource.id),
                Text::each(|l| advice::resource(l, &resource.id)),
                &|text| {
                    let empty = text.trim().is_empty();
                    empty.then(|| (1, Text::each(advice::empty_file))).into_iter().collect()
                },
            );
        }
    }
    let logo = campaign.brand.as_ref().and_then(|brand| brand.logo.clone());
    promised.extend(logo.map(|logo| (LOGO.to_owned(), logo, LOGO_BYTES_MAX)));
    for (path, file, bytes_max) in promised {
        match fs::read(folder.join(&file)) {
            Ok(bytes) if bytes.is_empty() => problems.push(problem(&file, 1, Text::each(advice::empty_file))),
            Ok(bytes) if bytes.len() > bytes_max => {
                let most = bytes_max as u64 / 1_000;
                problems.push(problem(&file, 1, Text::each(|l| advice::file_too_large(l, most))));
            }
            Ok(bytes) if path == LOGO && !is_picture(&file, &bytes) => {
                problems.push(problem(&file, 1, Text::each(advice::not_its_picture)));
            }
            Ok(bytes) => {
                let name = file.rsplit('/').next().unwrap_or(&file);
                bundle_file(&mut files, &path, name, &bytes);
            }
            Err(error) => {
                let line = logo_line(&source).filter(|_| path == LOGO);
                let (file, line) = line.map_or((file.as_str(), 1), |line| ("campaign.toml", line));
                let message = Text::each(|l| advice::file_needed(l, "[brand]", &os_error(l, &error)));
                problems.push(problem(file, line, message));
            }
        }
    }
    for path in below(folder, "triggers") {
        match fs::read_to_string(folder.join(&path)) {
            Err(error) => {
                let message = Text::each(|l| advice::unreadable(l, &os_error(l, &error)));
                problems.push(problem(&path, 1, message));
            }
            Ok(text) => match Mapping::read(&path, &text, &campaign) {
                Ok(mapping) => {
                    let source = Path::new(&path).file_stem().unwrap_or_default().to_string_lossy();
                    campaign.triggers.insert(source.into_owned(), mapping);
                    files.insert(path, text);
                }
                Err(found) => problems.extend(found.into_iter().map(|p| problem(&p.file, p.line, p.message))),
            },
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut warnings: Vec<_> = campaign.warnings(&source).into_iter().map(prefix).collect();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("emails/")) {
        let reviewed = Template::review(text).into_iter();
        warnings.extend(reviewed.map(|found| problem(path, found.line, found.message)));
    }
    let mut everything = source;
    for (path, text) in &files {
        everything.push_str(&format!("\0{path}\0{text}"));
    }
    let version = sha256_hex(&everything)[..8].to_owned();
    Ok(Bundle {
        warnings,
        published: Published { campaign, version },
        files,
    })
}

/// Whether a picture is what the end of its name says.
fn is_picture(name: &str, bytes: &[u8]) -> bool {
    match picture_type(name) {
        Some("image/png") => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        Some("image/jpeg") => bytes.starts_with(b"\xff\xd8\xff"),
        _ => String::from_utf8_lossy(bytes).contains("<svg"),
    }
}

/// The line on which a file names its logo.
fn logo_line(source: &str) -> Option<usize> {
    let is_it = |line: &str| {
        line.trim_start()
            .strip_prefix("logo")
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    source.lines().position(is_it).map(|at| at + 1)
}

/// The TOML files of a part of a campaign's folder, by their path below the folder.
fn below(folder: &Path, part: &str) -> Vec<String> {
    let entries = fs::read_dir(folder.join(part)).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut paths: Vec<_> = names
        .filter(|name| name.ends_with(".toml"))
        .map(|name| format!("{part}/{name}"))
        .collect();
    paths.sort();
    paths
}

/// A source speaks one way: two campaigns of a workspace cannot both say how. The second of them is wrong.
fn twice_mapped(bundles: &[Bundle]) -> Vec<(CampaignId, FileProblem)> {
    let mut seen = BTreeMap::new();
    let mut problems = Vec::new();
    for campaign in bundles.iter().map(|bundle| &bundle.published.campaign) {
        for source in campaign.triggers.keys() {
            let first = seen.insert((&campaign.workspace, source), &campaign.id);
            problems.extend(first.map(|first| {
                let problem = FileProblem {
                    file: format!("{}/triggers/{source}.toml", campaign.id),
                    line: 1,
                    message: Text::each(|l| advice::mapped_twice(l, source, first)),
                };
                (campaign.id.clone(), problem)
            }));
        }
    }
    problems
}

/// An email must hold with nothing but what is always there: anything else belongs behind an `{% if %}`.
fn render_problem(source: &str, campaign: &Campaign) -> Option<(usize, Text)> {
    let template = Template::parse(source).ok()?;
    let promised = campaign
        .resources
        .first()
        .map(|_| ("resource_url", "https://www.example.com/".to_owned()));
    let preferences = ("preferences_url", "https://www.example.com/".to_owned());
    match template.render(&promised.into_iter().chain([preferences]).collect()) {
        Ok(_) => None,
        Err(RenderError::Variables { line, reason }) => Some((line, Text::each(|l| advice::may_be_absent(l, &reason)))),
        Err(RenderError::Url { name }) => Some((1, Text::each(|l| advice::url_not_https(l, &name)))),
        Err(RenderError::Link) => Some((1, Text::each(advice::link_not_https))),
    }
}

/// The email's button and its page say the same words, so that people see they are not done before the second one. A
/// second button may say others: that for a post with other details, whose page is ours.
fn button_problem(source: &str, button: &str) -> Option<(usize, Text)> {
    let lines = source.lines().enumerate();
    let mut buttons = lines.filter(|(_, line)| line.contains("](") && line.contains("confirm_url"));
    let (first, _) = buttons.clone().next()?;
    let says = buttons.any(|(_, line)| line.contains(&format!("[{button}](")));
    (!says).then(|| (first + 1, Text::each(|l| advice::button_words(l, button))))
}

/// Reads and checks the campaigns of a folder.
type Read = fn(&Path) -> Found;

/// Reads and checks the destinations of a folder, beside these campaigns.
type ReadDestinations = fn(&Path, &Catalog, bool) -> FoundDestinations;

/// What a folder of destinations holds.
#[derive(Debug, Default)]
pub struct FoundDestinations {
    /// Those that are right.
    pub destinations: Vec<Destination>,
    /// Those that are not.
    pub broken: BTreeSet<DestinationName>,
    /// What is wrong with them.
    pub problems: Vec<FileProblem>,
}

/// Reads and checks every destination of a folder; one that is not there holds none. `local`: they may lead to this machine.
pub fn read_destinations(root: &Path, campaigns: &Catalog, local: bool) -> FoundDestinations {
    let mut found = FoundDestinations::default();
    let Ok(entries) = fs::read_dir(root) else {
        return found;
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let read = fs::read_to_string(&file).map_err(|error| {
            vec![FileProblem {
                file: format!("{name}.toml"),
                line: 1,
                message: Text::each(|l| advice::unreadable(l, &os_error(l, &error))),
            }]
        });
        match read.and_then(|source| Destination::read(&name, &source, campaigns, local)) {
            Ok(destination) => found.destinations.push(destination),
            Err(problems) => {
                found.broken.insert(DestinationName::new(name));
                found.problems.extend(problems);
            }
        }
    }
    found
}

/// The file that holds the fields of a destination's account, beside the destination's own.
pub fn snapshot_file(root: &Path, name: &str) -> PathBuf {
    root.join(format!("{name}.fields.json"))
}

/// The fields of a destination's account as they were taken; `None` if nobody took them yet, or the file does not read.
pub fn snapshot(root: &Path, name: &str) -> Option<Snapshot> {
    serde_json::from_slice(&fs::read(snapshot_file(root, name)).ok()?).ok()
}

/// What the files of destinations say that does not hold in their accounts, as far as fields were taken there.
pub fn against_snapshots(root: &Path, destinations: &[Destination]) -> Vec<FileProblem> {
    let problems = destinations.iter().flat_map(|destination| {
        let name = destination.name.as_str();
        let source = fs::read_to_string(root.join(format!("{name}.toml"))).unwrap_or_default();
        match snapshot(root, name) {
            Some(snapshot) => destination.against(&snapshot, &source),
            None if snapshot_file(root, name).is_file() => vec![FileProblem {
                file: format!("{name}.fields.json"),
                line: 1,
                message: Text::each(|l| advice::no_snapshot(l, name)),
            }],
            None => Vec::new(),
        }
    });
    problems.collect()
}

/// Where campaigns come from.
#[derive(Debug)]
enum Source {
    /// The bundle that `piste publish` wrote.
    Table,
    /// The files themselves, read again when they change. The reader is held rather than named, so that functions,
    /// which never read files, do not carry the parsers of templates and TOML with them.
    Folder(Folder),
}

/// Folders of campaigns and of destinations, and how they are read.
#[derive(Clone, Debug)]
struct Folder {
    campaigns: PathBuf,
    destinations: Option<PathBuf>,
    read: Read,
    read_destinations: ReadDestinations,
    locale: Locale,
}

impl Folder {
    fn stamp(&self) -> Stamp {
        let mut seen = stamp(&self.campaigns);
        seen.extend(self.destinations.as_deref().map(stamp).unwrap_or_default());
        seen
    }
}

/// The campaigns a function works with.
#[derive(Debug)]
pub struct Campaigns {
    source: Source,
    held: RwLock<Held>,
    texts: Mutex<HashMap<String, Arc<str>>>,
    templates: Mutex<HashMap<String, Slot>>,
    own: Mutex<HashMap<String, Arc<Template>>>,
}

/// The place of a template: whoever comes first reads it, and those beside them wait for it.
type Slot = Arc<OnceCell<Arc<Template>>>;

/// Templates of our own that are kept, such as those of alerts: they differ by what is known of a lead.
const OWN_MAX: usize = 128;

/// Why there is no template.
#[derive(Debug)]
pub enum TemplateError {
    /// It could not be read just now.
    Store(StoreError),
    /// There is none.
    Gone,
    /// It does not read; `piste check` refuses it.
    Broken,
}

/// Paths and times of change.
type Stamp = Vec<(PathBuf, Option<std::time::SystemTime>)>;

#[derive(Debug, Default)]
struct Held {
    catalog: Arc<Catalog>,
    /// When they were last looked for.
    looked_at: Option<Timestamp>,
    /// What the files looked like then.
    stamp: Stamp,
}

impl Campaigns {
    /// Those published in the table.
    pub fn published() -> Self {
        Self::of(Source::Table, Held::default())
    }

    /// Those of a folder. A broken one is left out and named with file and line on the terminal, in this language; once it is mended, it is
    /// there.
    ///
    /// # Errors
    /// Every problem of every campaign, where none is right.
    pub fn folder(root: &Path, destinations: Option<&Path>, locale: Locale) -> Result<Self, Vec<FileProblem>> {
        let folder = Folder {
            campaigns: root.to_owned(),
            destinations: destinations.map(Path::to_owned),
            read: read_each,
            read_destinations,
            locale,
        };
        let seen = folder.stamp();
        let found = read_each(root);
        if found.bundles.is_empty() {
            return Err(found.problems);
        }
        let campaigns = Self::of(Source::Folder(folder.clone()), Held::default());
        campaigns.take(found, seen, &folder);
        Ok(campaigns)
    }

    fn of(source: Source, held: Held) -> Self {
        Self {
            source,
            held: RwLock::new(held),
            texts: Mutex::default(),
            templates: Mutex::default(),
            own: Mutex::default(),
        }
    }

    /// How long after a publish everybody works with what was published.
    pub fn known_after(&self) -> SignedDuration {
        match self.source {
            Source::Table => REFRESH + DONE_AFTER,
            Source::Folder(_) => SignedDuration::ZERO,
        }
    }

    /// The campaigns, looked for again when it is time. A refresh that fails keeps those at hand: nothing downstream
    /// can make a form fail.
    ///
    /// # Errors
    /// [`StoreError`] only when there is nothing at hand yet.
    pub async fn catalog(&self, store: &Store, now: Timestamp) -> Result<Arc<Catalog>, StoreError> {
        match &self.source {
            Source::Table => self.of_table(store, now).await,
            Source::Folder(folder) => Ok(self.of_folder(folder)),
        }
    }

    async fn of_table(&self, store: &Store, now: Timestamp) -> Result<Arc<Catalog>, StoreError> {
        let (catalog, looked_at) = {
            let held = self.held.read().expect("nobody panics while holding the campaigns");
            (Arc::clone(&held.catalog), held.looked_at)
        };
        if looked_at.is_some_and(|at| now.duration_since(at).abs() < REFRESH) {
            return Ok(catalog);
        }
        let found = store.campaigns(&catalog).await;
        let mut held = self.held.write().expect("nobody panics while holding the campaigns");
        match found {
            Ok(found) => {
                self.forget_others([&held.catalog, &found]);
                held.catalog = Arc::new(found);
            }
            Err(error) if looked_at.is_none() => return Err(error),
            Err(error) => {
                telemetry::log("campaigns_not_refreshed", &[("error", (&error).into())]);
                held.catalog = Arc::new(Catalog::clone(&held.catalog).grown_stale());
            }
        }
        held.looked_at = Some(now);
        Ok(Arc::clone(&held.catalog))
    }

    fn of_folder(&self, folder: &Folder) -> Arc<Catalog> {
        let seen = folder.stamp();
        let unchanged = {
            let held = self.held.read().expect("nobody panics while holding the campaigns");
            (held.stamp == seen).then(|| Arc::clone(&held.catalog))
        };
        if let Some(catalog) = unchanged {
            return catalog;
        }
        self.take((folder.read)(&folder.campaigns), seen, folder);
        Arc::clone(
            &self
                .held
                .read()
                .expect("nobody panics while holding the campaigns")
                .catalog,
        )
    }

    /// Takes what a folder holds now. A campaign that is broken stays as it was; a folder that cannot be read changes nothing.
    fn take(&self, found: Found, seen: Stamp, folder: &Folder) {
        let locale = folder.locale;
        telemetry::tell(found.problems.iter().map(|problem| problem.say(locale)));
        let mut held = self.held.write().expect("nobody panics while holding the campaigns");
        held.stamp = seen;
        if found.bundles.is_empty() && found.broken.is_empty() {
            return;
        }
        let mut texts = self.texts.lock().expect("nobody panics while holding the texts");
        let mut published = Vec::new();
        for bundle in found.bundles {
            for (path, text) in bundle.files {
                texts.insert(text_key(&bundle.published, &path), text.into());
            }
            published.push(Arc::new(bundle.published));
        }
        drop(texts);
        let as_before = found.broken.iter().filter_map(|id| held.catalog.published(id));
        published.extend(as_before.map(Arc::clone));
        let catalog = Catalog::new(published).leaving_out(found.broken);
        let catalog = match &folder.destinations {
            None => catalog,
            Some(root) => {
                let found = (folder.read_destinations)(root, &catalog, true);
                telemetry::tell(found.problems.iter().map(|problem| problem.say(locale)));
                let as_before = found
                    .broken
                    .iter()
                    .filter_map(|name| held.catalog.destination(name).cloned());
                let read = found.destinations.into_iter().map(Arc::new);
                catalog.with_destinations(as_before.chain(read).collect::<Vec<_>>())
            }
        };
        self.forget_others([&held.catalog, &catalog]);
        held.catalog = Arc::new(catalog);
    }

    /// Forgets the files of versions in neither catalog: an email that is being written may still be of the one before.
    fn forget_others(&self, catalogs: [&Catalog; 2]) {
        let all = catalogs.into_iter().flat_map(Catalog::iter);
        let used: BTreeSet<String> = all.map(|published| text_key(published, "")).collect();
        let is_used = |key: &String| {
            let version = key.split_once('/').map_or("", |(version, _)| version);
            used.contains(&format!("{version}/"))
        };
        let mut texts = self.texts.lock().expect("nobody panics while holding the texts");
        texts.retain(|key, _| is_used(key));
        let mut templates = self.templates.lock().expect("nobody panics while holding the texts");
        templates.retain(|key, _| is_used(key));
    }

    /// An email's template, as of the version in the catalog: read and parsed once, also where several leads ask at once.
    ///
    /// # Errors
    /// [`TemplateError`]; only what was read is kept.
    pub async fn template(
        &self,
        store: &Store,
        published: &Published,
        path: &str,
    ) -> Result<Arc<Template>, TemplateError> {
        let slot = {
            let mut templates = self.templates.lock().expect("nobody panics while holding the texts");
            Arc::clone(templates.entry(text_key(published, path)).or_default())
        };
        let read = slot.get_or_try_init(|| async {
            let source = self.text(store, published, path).await.map_err(TemplateError::Store)?;
            let source = source.ok_or(TemplateError::Gone)?;
            Template::parse(&source)
                .map(Arc::new)
                .map_err(|_| TemplateError::Broken)
        });
        read.await.map(Arc::clone)
    }

    /// A template that Piste writes itself, kept for the next email like it.
    ///
    /// # Errors
    /// [`TemplateError::Broken`].
    pub fn own_template(&self, source: &str) -> Result<Arc<Template>, TemplateError> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(template) = own.get(source) {
            return Ok(Arc::clone(template));
        }
        let template = Template::parse(source)
            .map(Arc::new)
            .map_err(|_| TemplateError::Broken)?;
        if own.len() >= OWN_MAX {
            own.clear();
        }
        own.insert(source.to_owned(), Arc::clone(&template));
        Ok(template)
    }

    /// An email or download of a campaign, as of the version in the catalog. Kept once read: a version's files never change.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn text(&self, store: &Store, published: &Published, path: &str) -> Result<Option<Arc<str>>, StoreError> {
        let key = text_key(published, path);
        if let Some(text) = self
            .texts
            .lock()
            .expect("nobody panics while holding the texts")
            .get(&key)
        {
            return Ok(Some(Arc::clone(text)));
        }
        let Some(text) = store.content(&published.campaign.id, &published.version, path).await? else {
            return Ok(None);
        };
        let text: Arc<str> = text.into();
        let mut texts = self.texts.lock().expect("nobody panics while holding the texts");
        texts.insert(key, Arc::clone(&text));
        Ok(Some(text))
    }

    /// A file of a campaign that is no text, as of the version in the catalog. One that lacks a part is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn file(&self, store: &Store, published: &Published, path: &str) -> Result<Option<File>, StoreError> {
        let Some(head) = self.text(store, published, path).await? else {
            return Ok(None);
        };
        let Some((name, parts)) = head.split_once('\n') else {
            return Ok(None);
        };
        let mut text = String::new();
        for at in 0..parts.parse().unwrap_or(0_usize) {
            match self.text(store, published, &format!("{path}~{at}")).await? {
                Some(part) => text.push_str(&part),
                None => return Ok(None),
            }
        }
        Ok(BASE64.decode(text).ok().map(|bytes| File {
            name: name.to_owned(),
            bytes,
        }))
    }
}

fn text_key(published: &Published, path: &str) -> String {
    let id: &CampaignId = &published.campaign.id;
    format!("{id}@{}/{path}", published.version)
}

/// What the files below a folder look like from outside.
fn stamp(root: &Path) -> Stamp {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path, entry.metadata().and_then(|m| m.modified()).ok()));
            }
        }
    }
    found.sort();
    found
}
