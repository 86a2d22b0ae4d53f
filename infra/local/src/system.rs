//! Everything a local system is made of, built from its flags.

use std::collections::BTreeSet;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use jiff::Timestamp;
use piste_adapters::campaigns::Campaigns;
use piste_adapters::clock::{Clock, VirtualTime};
use piste_adapters::config::{Aws, DUE_SHARDS, Settings, env};
use piste_adapters::inbox::Inbox;
use piste_adapters::keys::{KeyRing, Part, Source};
use piste_adapters::mail::ses::Mailer;
use piste_adapters::store::{Store, StoreError};
use piste_adapters::turnstile::Turnstile;
use piste_adapters::webhook::Secret;
use piste_adapters::{App, aws};
use piste_domain::campaign::FileProblem;
use piste_domain::kit::turnstile::test_secret;
use piste_domain::{Catalog, Locale, WorkspaceId};

use crate::engine::Engine;
use crate::error::problem_lines;
use crate::fault::{self, Fault};
use crate::files::{not_emptied, own_alone, write_private};
use crate::outbox::Outbox;
use crate::outward::Outward;
use crate::{ses, texts};

/// The configuration set of the local system.
const CONFIGURATION_SET: &str = "piste-local";

/// What the local system was asked to be.
#[derive(Clone, Debug)]
pub struct Flags {
    /// Port on loopback; 0 is any free one.
    pub port: u16,
    /// Where data is kept; `None` keeps none.
    pub data: Option<PathBuf>,
    /// Where the virtual clock starts.
    pub now: Option<Timestamp>,
    /// The campaigns' folder.
    pub campaigns: PathBuf,
    /// The destinations' folder; one that is not there holds none.
    pub destinations: PathBuf,
    /// The language of what is told on the terminal.
    pub locale: Locale,
}

/// Why the local system cannot start.
#[derive(Debug)]
pub enum StartError {
    /// The port is taken.
    Port(u16, io::Error),
    /// The data folder cannot be used.
    Data(PathBuf, io::Error),
    /// The campaigns are wrong.
    Campaigns(Vec<FileProblem>),
    /// A loopback server cannot start.
    Engine(io::Error),
    /// The store does not do as asked.
    Store(StoreError),
    /// A client cannot be built.
    Setup(aws::SetupError),
    /// The app cannot start.
    App(piste_adapters::app::StartError),
}

impl StartError {
    /// What to tell the person: one line for each thing to mend.
    pub fn say(&self, locale: Locale) -> String {
        match self {
            Self::Port(port, error) => texts::port_taken(locale, *port, &fault::say(error, locale)),
            Self::Data(folder, error) => {
                texts::data_unusable(locale, &folder.display().to_string(), &fault::say(error, locale))
            }
            Self::Campaigns(problems) => problem_lines(problems, locale),
            Self::Engine(error) => texts::engines_failed(locale, &fault::say(error, locale)),
            Self::Store(error) => texts::store_failed(locale, &error.to_string(), &error.advice(locale)),
            Self::Setup(error) => error.say(locale),
            Self::App(error) => error.say(locale),
        }
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<aws::SetupError> for StartError {
    fn from(error: aws::SetupError) -> Self {
        Self::Setup(error)
    }
}

impl From<piste_adapters::app::StartError> for StartError {
    fn from(error: piste_adapters::app::StartError) -> Self {
        Self::App(error)
    }
}

/// A local system, ready to serve.
pub struct System {
    /// What the functions work with.
    pub app: App,
    /// How mail leaves.
    pub mailer: Mailer,
    /// Where it arrives.
    pub outbox: Outbox,
    /// What SES refuses at present.
    pub refusing: ses::Refusing,
    /// The operator key, shown at the start.
    pub operator_key: String,
    /// What every one of [`sources`] signs with.
    pub trigger_secret: Secret,
    /// How other systems are reached, and what was told them.
    pub outward: Outward,
    clock_file: Option<PathBuf>,
    _engines: [Engine; 2],
}

impl System {
    /// Builds it; beside it, the public listener, already bound.
    ///
    /// # Errors
    /// [`StartError`], one clear line.
    pub async fn build(flags: &Flags) -> Result<(Self, TcpListener), StartError> {
        let port_taken = |error| StartError::Port(flags.port, error);
        let listener = TcpListener::bind(("127.0.0.1", flags.port)).map_err(port_taken)?;
        listener.set_nonblocking(true).map_err(port_taken)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(port_taken)?);
        let campaigns = Campaigns::folder(&flags.campaigns, Some(&flags.destinations), flags.locale)
            .map_err(StartError::Campaigns)?;

        let data = Data::open(flags.data.as_deref())?;
        let clock = data.clock(flags.now)?;
        let ticks = clock.clone();
        let outbox = data.check(Outbox::open(
            flags.data.as_deref(),
            Arc::new(move || ticks.now().as_second()),
        ))?;
        let dynamodb = data.check(Engine::dynamodb(data.path("leads.db").as_deref()))?;
        let policy = ses::SenderPolicy {
            identities: vec!["*".into()],
            configuration_sets: vec![CONFIGURATION_SET.into()],
            // The virtual clock jumps over days; emails that keep to a rate of real seconds would only hold it up.
            max_send_rate: 10_000,
            ..ses::SenderPolicy::default()
        };
        let refusing = ses::Refusing::default();
        let mail = Engine::router(
            "ses",
            ses::router_refusing(outbox.clone(), policy, ses::no_faults(), refusing.clone()),
        )?;

        let settings = settings(base_url, dynamodb.url(), mail.url());
        let store = Store::new(
            aws::dynamodb(&settings.aws)?,
            &settings.table,
            &settings.keys_table,
            settings.due_shards,
        );
        store.create_tables().await?;
        let operator_key = data.operator_key(&store).await?;
        let trigger_secret = data.trigger_secret()?;
        let mailer = Mailer::new(&settings)?;
        let mut app = App::start(settings, clock, store, campaigns).await?;
        app.inbox = Inbox::held();
        let outward = Outward::new(&app.settings.base_url);
        let siteverify =
            env(SITEVERIFY).unwrap_or_else(|| format!("{}/local/turnstile/siteverify", app.settings.base_url));
        app.turnstile = Turnstile::local(siteverify);
        let system = Self {
            app,
            mailer,
            outward,
            outbox,
            refusing,
            operator_key,
            trigger_secret,
            clock_file: data.path("clock"),
            _engines: [dynamodb, mail],
        };
        data.check(system.keep_time())?;
        system.know_sources(None).await?;
        system.know_secrets().await?;
        Ok((system, listener))
    }

    /// Lets every source report that the campaigns' folder maps by now, and the one that is `asked` for if the environment
    /// holds a secret of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn know_sources(&self, asked: Option<&str>) -> Result<(), StoreError> {
        let catalog = self.app.catalog().await?;
        let sources = sources(&catalog);
        let crms = catalog.destinations().filter(|of| of.kind.is_crm());
        let crms = crms.map(|of| (of.workspace.clone(), of.name.to_string()));
        let own = |(workspace, source)| (workspace, source, Given::Made(self.trigger_secret.clone()));
        let named: BTreeSet<_> = asked
            .map(|source| (WorkspaceId::new("main"), source.to_owned()))
            .into_iter()
            .chain(sources.clone())
            .chain(crms)
            .collect();
        let theirs = named.into_iter().filter_map(|(workspace, source)| {
            let text = env(&secret_variable(&source))?;
            Some((workspace, source, Given::Theirs(text.trim().to_owned())))
        });
        let given: Vec<_> = sources.into_iter().map(own).chain(theirs).collect();
        if with_secrets(&self.app.ring(), &given).is_none() {
            return Ok(());
        }
        let known = self.app.reread_ring().await?;
        if let Some(ring) = with_secrets(&known, &given) {
            self.app.store.save_key_ring(&ring, Some(&known)).await?;
            self.app.reread_ring().await?;
        }
        Ok(())
    }

    /// Takes the secrets of the destinations and of Turnstile from the environment; one that is set there counts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn know_secrets(&self) -> Result<(), StoreError> {
        let catalog = self.app.catalog().await?;
        for destination in catalog.destinations() {
            let name = &destination.name;
            let Some(secret) = env(&secret_of(name.as_str())) else {
                continue;
            };
            if self.app.store.secret(name).await?.as_deref() != Some(secret.trim()) {
                self.app.store.save_secret(name, secret.trim()).await?;
            }
        }
        let Some(known) = self.app.store.key_ring().await? else {
            return Ok(());
        };
        let mut ring = known.clone();
        for site in catalog.site_keys() {
            let given = env(&turnstile_secret_of(site));
            // A key for tests needs no more than its name, unless somebody says otherwise.
            let usual = test_secret(site).filter(|_| ring.turnstile(site).is_none());
            if let Some(secret) = given.as_deref().or(usual) {
                ring.set_turnstile(site, secret.trim());
            }
        }
        if ring.part(Part::Turnstile) == known.part(Part::Turnstile) {
            return Ok(());
        }
        let save = self.app.store.save_key_parts(&[Part::Turnstile], &ring, Some(&known));
        save.await
    }

    /// Writes down where the clock stands, so that a restart never goes back in time.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep_time(&self) -> io::Result<()> {
        match &self.clock_file {
            Some(file) => replace(file, &self.app.now().to_string()),
            None => Ok(()),
        }
    }
}

/// Where replies come in, which nobody can reach but by `POST /local/reply`.
const REPLY_DOMAIN: &str = "reply.localhost";

/// The settings of the local system: any credentials do on loopback.
pub(crate) fn settings(base_url: String, dynamodb: String, ses: String) -> Settings {
    Settings {
        table: "piste".into(),
        keys_table: "piste-keys".into(),
        base_url,
        configuration_set: CONFIGURATION_SET.into(),
        reply_domain: Some(REPLY_DOMAIN.into()),
        inbox: None,
        due_shards: DUE_SHARDS,
        aws: Aws {
            region: "eu-west-3".into(),
            access_key_id: "local".into(),
            secret_access_key: "local".into(),
            session_token: None,
            dynamodb_endpoint: Some(dynamodb),
            ses_endpoint: Some(ses),
            s3_endpoint: None,
            ca_bundle: None,
        },
    }
}

/// What a data folder holds, each with something in it from its first moment on.
pub(crate) const DATA_FILES: [&str; 6] = [
    "leads.db",
    "clock",
    "operator-key",
    "trigger-secret",
    "outbox.jsonl",
    "outbox-events.jsonl",
];

/// The data folder.
pub(crate) struct Data<'a>(pub(crate) Option<&'a Path>);

impl<'a> Data<'a> {
    fn open(folder: Option<&'a Path>) -> Result<Self, StartError> {
        let data = Self(folder);
        if let Some(folder) = folder {
            data.check(std::fs::create_dir_all(folder))?;
            // Whether it can be written is better known now than at the first lead.
            let probe = folder.join("probe");
            for name in DATA_FILES {
                let file = folder.join(name);
                data.check(not_emptied(&file))?;
                if file.is_file() {
                    data.check(own_alone(&file))?;
                }
            }
            data.check(std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)))?;
        }
        Ok(data)
    }

    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.map(|folder| folder.join(name))
    }

    pub(crate) fn check<T>(&self, result: io::Result<T>) -> Result<T, StartError> {
        result.map_err(|error| StartError::Data(self.0.unwrap_or(Path::new(":memory:")).to_owned(), error))
    }

    /// The clock: it resumes at the later of where it is asked to start and where it stood. Asked for a moment it
    /// stands still until moved; else it runs with the machine's.
    fn clock(&self, asked: Option<Timestamp>) -> Result<Clock, StartError> {
        let stood = self.stood()?;
        let start = match asked {
            Some(asked) => VirtualTime::Still(asked),
            None => VirtualTime::Ahead(0),
        };
        let clock = Clock::Virtual(Arc::new(RwLock::new(start)));
        if let Some(stood) = stood {
            clock.move_to(stood);
        }
        Ok(clock)
    }

    /// Where the clock stood when the system last ran here.
    pub(crate) fn stood(&self) -> Result<Option<Timestamp>, StartError> {
        match self.path("clock").map(std::fs::read_to_string) {
            Some(Ok(text)) => {
                // Starting at any other moment would go back in time.
                let broken = |_| io::Error::from(Fault::NoMoment);
                Ok(Some(self.check(text.trim().parse::<Timestamp>().map_err(broken))?))
            }
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => self.check(Err(error)),
            _ => Ok(None),
        }
    }

    /// The operator key of this data folder; made with the key ring at the first start.
    async fn operator_key(&self, store: &Store) -> Result<String, StartError> {
        let workspace = WorkspaceId::new("main");
        let file = self.path("operator-key");
        let kept = file
            .as_ref()
            .and_then(|file| std::fs::read_to_string(file).ok())
            .map(|key| key.trim().to_owned());
        store.split_ring().await?;
        let ring = store.key_ring().await?;
        if let (Some(key), Some(ring)) = (&kept, &ring)
            && ring.operator(key).is_some()
        {
            return Ok(key.clone());
        }
        let known = ring;
        let (ring, key) = match known.clone() {
            Some(mut ring) => {
                let key = ring.add_operator(&workspace);
                (ring, key)
            }
            None => KeyRing::generate(&workspace),
        };
        if let Some(file) = &file {
            self.check(write_private(file, &key))?;
        }
        store.save_key_ring(&ring, known.as_ref()).await?;
        Ok(key)
    }

    /// The secret that every source of this data folder signs with; made at the first start.
    fn trigger_secret(&self) -> Result<Secret, StartError> {
        let file = self.path("trigger-secret");
        let kept = file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        let secret = kept.and_then(|text| Secret::parse(text.trim()).ok());
        let secret = secret.unwrap_or_else(Secret::generate);
        if let Some(file) = &file {
            self.check(write_private(file, &secret.expose()))?;
        }
        Ok(secret)
    }
}

/// Every source of the local system: `demo`, which speaks our own form, and each that a campaign maps.
pub fn sources(catalog: &Catalog) -> BTreeSet<(WorkspaceId, String)> {
    let mapped = catalog.iter().flat_map(|published| {
        let campaign = &published.campaign;
        let sources = campaign.triggers.keys();
        sources.map(|source| (campaign.workspace.clone(), source.clone()))
    });
    mapped
        .chain([(WorkspaceId::new("main"), DEMO_SOURCE.to_owned())])
        .collect()
}

/// A secret of a source in the local system.
enum Given {
    /// The one we made for all.
    Made(Secret),
    /// One of the other side, from the environment.
    Theirs(String),
}

/// The variable that stands in for `piste trigger-secret --source NAME --value` in the local system.
fn secret_variable(source: &str) -> String {
    format!("PISTE_TRIGGER_SECRET_{}", source.to_uppercase().replace('-', "_"))
}

/// The variable that stands in for `piste secret NAME` in the local system.
pub(crate) fn secret_of(destination: &str) -> String {
    format!("PISTE_SECRET_{}", destination.to_uppercase().replace('-', "_"))
}

/// The variable that stands in for `piste turnstile-secret SITE_KEY` in the local system.
pub(crate) fn turnstile_secret_of(site: &str) -> String {
    format!("PISTE_TURNSTILE_SECRET_{}", site.to_uppercase().replace('-', "_"))
}

/// The variable with the address at which the local system asks about Turnstile's answers, instead of its own stand-in.
const SITEVERIFY: &str = "PISTE_TURNSTILE_URL";

/// A ring in which each of these sources may prove itself with its secret; `None` if each may already.
fn with_secrets(ring: &KeyRing, given: &[(WorkspaceId, String, Given)]) -> Option<KeyRing> {
    let mut new = None;
    for (workspace, source, secret) in given {
        let holds = |known: &Source| match secret {
            Given::Made(secret) => known.secrets.contains(secret),
            Given::Theirs(text) => known.texts().any(|known| known == *text),
        };
        let ours = |known: &Source| &known.workspace == workspace && holds(known);
        if !ring.sources(source).any(ours) {
            let ring = new.get_or_insert_with(|| ring.clone());
            match secret {
                Given::Made(secret) => ring.add_source(workspace, source, secret.clone()),
                Given::Theirs(text) => ring.add_source_text(workspace, source, text),
            }
        }
    }
    new
}

/// The source of the local system that needs no mapping.
pub const DEMO_SOURCE: &str = "demo";

/// Replaces a file as a whole: after a kill there is the old text or the new one.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let new = file.with_extension("new");
    write_private(&new, text)?;
    std::fs::rename(new, file)
}
