//! Where a command works: the data folder of a system that is not running, or tables in the cloud.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use jiff::Timestamp;
use piste_adapters::campaigns::Campaigns;
use piste_adapters::clock::{Clock, VirtualTime};
use piste_adapters::config::{Aws, DUE_SHARDS, env};
use piste_adapters::store::Store;
use piste_adapters::{App, aws};
use piste_domain::{Locale, WorkspaceId};
use piste_operations::{MAIN_WORKSPACE, Operator};

use crate::engine::Engine;
use crate::error::CommandError;
use crate::outbox::Outbox;
use crate::system::{Data, StartError, settings};

/// Tables in the cloud.
#[derive(Clone, Debug, clap::Args)]
pub struct Tables {
    /// The table of leads and campaigns (output `LeadsTable` of the stack).
    #[arg(long)]
    pub table: String,
    /// The table of keys (output `KeysTable` of the stack).
    #[arg(long)]
    pub keys_table: String,
    /// Region of the tables; by default AWS_REGION.
    #[arg(long)]
    pub region: Option<String>,
    /// Another endpoint than AWS's own; by default AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL.
    #[arg(long)]
    pub endpoint_url: Option<String>,
}

impl Tables {
    /// The store there, with the credentials of the environment.
    ///
    /// # Errors
    /// Names the variables that are missing.
    pub fn store(&self) -> Result<Store, CommandError> {
        let client = aws::dynamodb(&self.aws()?)?;
        Ok(Store::new(client, &self.table, &self.keys_table, DUE_SHARDS))
    }

    /// How AWS is reached, from the flags and the environment.
    fn aws(&self) -> Result<Aws, CommandError> {
        let mut missing = Vec::new();
        let mut need = |given: Option<String>, name: &str| {
            given.or_else(|| env(name)).unwrap_or_else(|| {
                missing.push(name.to_owned());
                String::new()
            })
        };
        let aws = Aws {
            region: need(self.region.clone(), "AWS_REGION"),
            access_key_id: need(None, "AWS_ACCESS_KEY_ID"),
            secret_access_key: need(None, "AWS_SECRET_ACCESS_KEY"),
            session_token: env("AWS_SESSION_TOKEN"),
            dynamodb_endpoint: self
                .endpoint_url
                .clone()
                .or_else(|| env("AWS_ENDPOINT_URL_DYNAMODB"))
                .or_else(|| env("AWS_ENDPOINT_URL")),
            ses_endpoint: env("AWS_ENDPOINT_URL_SES").or_else(|| env("AWS_ENDPOINT_URL")),
            s3_endpoint: None,
            ca_bundle: env("AWS_CA_BUNDLE").map(Into::into),
        };
        match missing.is_empty() {
            true => Ok(aws),
            false => Err(CommandError::Environment(missing)),
        }
    }
}

/// How a table that is named beside a data folder is reached.
#[derive(Clone, Debug, clap::Args)]
struct Beside {
    /// The table of keys (output `KeysTable` of the stack).
    #[arg(long, requires = "table")]
    keys_table: Option<String>,
    /// Region of the tables; by default AWS_REGION.
    #[arg(long, requires = "table")]
    region: Option<String>,
    /// Another endpoint than AWS's own; by default AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL.
    #[arg(long, requires = "table")]
    endpoint_url: Option<String>,
}

impl Beside {
    /// The tables, of which this is that of the leads.
    fn tables(&self, table: &str) -> Tables {
        Tables {
            table: table.to_owned(),
            // `check` reads nothing of it; whoever copies the flags of `publish` names it.
            keys_table: self.keys_table.clone().unwrap_or_default(),
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
        }
    }
}

/// Where the files of an owner lie.
#[derive(Clone, Copy, Debug)]
pub struct Folders<'a> {
    /// The campaigns.
    pub campaigns: &'a Path,
    /// The destinations; a folder that is not there holds none.
    pub destinations: &'a Path,
}

/// A data folder, or a pair of tables.
#[derive(Clone, Debug, clap::Args)]
pub struct Storage {
    /// Data folder of a local system that is not running.
    #[arg(long, default_value = "./.piste", conflicts_with = "table")]
    data: PathBuf,
    /// The table of leads and campaigns (output `LeadsTable` of the stack), instead of a data folder.
    #[arg(long, requires = "keys_table")]
    table: Option<String>,
    /// How it is reached.
    #[command(flatten)]
    beside: Beside,
}

/// A data folder, a table, or neither: the people to whom files that are not published yet would do something.
#[derive(Clone, Debug, clap::Args)]
pub struct People {
    /// Also says what the files would do to the people of this data folder, of a local system that is not running.
    #[arg(long, conflicts_with = "table")]
    data: Option<PathBuf>,
    /// The same for the people of this table (output `LeadsTable` of the stack).
    #[arg(long)]
    table: Option<String>,
    /// How it is reached.
    #[command(flatten)]
    beside: Beside,
}

/// Where people are looked for.
pub struct Crowd {
    /// The store they are in.
    pub store: Store,
    /// The moment there.
    pub now: Timestamp,
    _folder: Option<Opened>,
}

impl People {
    /// Opens it; `None` where no people were asked about.
    ///
    /// # Errors
    /// As [`Storage::open`].
    pub async fn open(&self, files: Folders<'_>, locale: Locale) -> Result<Option<Crowd>, CommandError> {
        if let Some(data) = &self.data {
            let opened = open_folder(data, files, locale).await?;
            return Ok(Some(Crowd {
                store: opened.app.store.clone(),
                now: opened.app.now(),
                _folder: Some(opened),
            }));
        }
        let Some(table) = &self.table else { return Ok(None) };
        Ok(Some(Crowd {
            store: self.beside.tables(table).store()?,
            now: Clock::Wall.now(),
            _folder: None,
        }))
    }
}

/// Storage, opened.
pub struct Opened {
    /// What the functions would work with there.
    pub app: App,
    /// What was handed over, where that is known.
    pub outbox: Option<Outbox>,
    _engine: Option<Engine>,
}

impl Opened {
    /// An operator of the workspace [`MAIN_WORKSPACE`].
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn operator(&self) -> Result<Operator<'_>, CommandError> {
        self.operator_of(MAIN_WORKSPACE).await
    }

    /// An operator of this workspace.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn operator_of(&self, workspace: &str) -> Result<Operator<'_>, CommandError> {
        Ok(Operator::new(&self.app, WorkspaceId::new(workspace)).await?)
    }
}

impl Storage {
    /// The data folder, unless tables are meant.
    pub fn folder(&self) -> Option<&Path> {
        self.table.is_none().then_some(&*self.data)
    }

    /// How AWS is reached; `None` for a data folder.
    ///
    /// # Errors
    /// Names the variables that are missing.
    pub fn aws(&self) -> Result<Option<Aws>, CommandError> {
        let tables = self.table.as_ref().map(|table| self.beside.tables(table));
        tables.map(|tables| tables.aws()).transpose()
    }

    /// Opens it; a data folder is then this process's alone.
    ///
    /// # Errors
    /// Says what to do: stop the running system, name another folder, set what is missing.
    pub async fn open(&self, files: Folders<'_>, locale: Locale) -> Result<Opened, CommandError> {
        match &self.table {
            Some(table) => open_tables(&self.beside.tables(table)).await,
            None => open_folder(&self.data, files, locale).await,
        }
    }
}

async fn open_tables(tables: &Tables) -> Result<Opened, CommandError> {
    let mut settings = settings(String::new(), String::new(), String::new());
    settings.table = tables.table.clone();
    settings.keys_table = tables.keys_table.clone();
    let app = App::start(settings, Clock::Wall, tables.store()?, Campaigns::published()).await?;
    Ok(Opened {
        app,
        outbox: None,
        _engine: None,
    })
}

async fn open_folder(folder: &Path, files: Folders<'_>, locale: Locale) -> Result<Opened, CommandError> {
    let data = Data(Some(folder));
    let file = folder.join("leads.db");
    if !file.is_file() {
        return Err(CommandError::NoData(folder.to_owned()));
    }
    let stood = data.stood()?;
    // Its clock matters to what is accepted; an outbox that is only read never asks.
    let outbox = match Outbox::open(Some(folder), Arc::new(|| 0)) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            return Err(CommandError::Running(folder.to_owned()));
        }
        opened => data.check(opened)?,
    };
    let latest = outbox
        .entries()
        .last()
        .and_then(|entry| Timestamp::from_second(entry.at).ok());
    let clock = clock(stood.max(latest));
    let engine = data.check(Engine::dynamodb(Some(&file)))?;
    let settings = settings(String::new(), engine.url(), String::new());
    let client = aws::dynamodb(&settings.aws)?;
    let store = Store::new(client, &settings.table, &settings.keys_table, DUE_SHARDS);
    let campaigns =
        Campaigns::folder(files.campaigns, Some(files.destinations), locale).map_err(StartError::Campaigns)?;
    let app = App::start(settings, clock, store, campaigns).await?;
    Ok(Opened {
        app,
        outbox: Some(outbox),
        _engine: Some(engine),
    })
}

/// The moment up to which a folder's system lived: its clock may be virtual, so the machine's says nothing about it.
fn clock(lived_until: Option<Timestamp>) -> Clock {
    match lived_until {
        Some(moment) => Clock::Virtual(Arc::new(RwLock::new(VirtualTime::Still(moment)))),
        None => Clock::Wall,
    }
}
