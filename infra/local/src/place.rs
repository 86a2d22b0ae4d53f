//! Where a command works: the data folder of a system that is not running, or tables in the cloud.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use jiff::Timestamp;
use piste_adapters::campaigns::Campaigns;
use piste_adapters::clock::{Clock, VirtualTime};
use piste_adapters::config::DUE_SHARDS;
use piste_adapters::store::Store;
use piste_adapters::{App, aws};
use piste_domain::WorkspaceId;
use piste_operations::{MAIN_WORKSPACE, Operator};

use crate::commands::{CommandError, Target};
use crate::engine::Engine;
use crate::outbox::Outbox;
use crate::world::{Data, StartError, settings};

/// A data folder, or a pair of tables.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// Data folder of a local system that is not running.
    #[arg(long, default_value = "./.piste", conflicts_with = "table")]
    data: PathBuf,
    /// The table of leads and campaigns (output `LeadsTable` of the stack), instead of a data folder.
    #[arg(long, requires = "keys_table")]
    table: Option<String>,
    /// The table of keys (output `KeysTable` of the stack).
    #[arg(long, requires = "table")]
    keys_table: Option<String>,
    /// Region of the tables; else AWS_REGION.
    #[arg(long, requires = "table")]
    region: Option<String>,
    /// Another endpoint than AWS's own; else AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL.
    #[arg(long, requires = "table")]
    endpoint_url: Option<String>,
}

/// A place, opened.
pub struct Opened {
    /// What the functions would work with there.
    pub app: App,
    /// What was handed over, where that is known.
    pub outbox: Option<Outbox>,
    _engine: Option<Engine>,
}

impl Opened {
    /// Whoever works there, as the company itself.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn operator(&self) -> Result<Operator<'_>, CommandError> {
        Ok(Operator::new(&self.app, WorkspaceId::new(MAIN_WORKSPACE)).await?)
    }
}

impl Place {
    /// Opens it; of a data folder, nobody else has it then.
    ///
    /// # Errors
    /// Says what to do: stop the running system, name another folder, set what is missing.
    pub async fn open(&self, campaigns: &Path) -> Result<Opened, CommandError> {
        match (&self.table, &self.keys_table) {
            (Some(table), Some(keys_table)) => self.open_tables(table, keys_table).await,
            _ => self.open_folder(campaigns).await,
        }
    }

    async fn open_tables(&self, table: &str, keys_table: &str) -> Result<Opened, CommandError> {
        let target = Target {
            table: table.to_owned(),
            keys_table: keys_table.to_owned(),
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
        };
        let mut settings = settings(String::new(), String::new(), String::new());
        settings.table = target.table.clone();
        settings.keys_table = target.keys_table.clone();
        let app = App::start(settings, Clock::Wall, target.store()?, Campaigns::published()).await?;
        Ok(Opened {
            app,
            outbox: None,
            _engine: None,
        })
    }

    async fn open_folder(&self, campaigns: &Path) -> Result<Opened, CommandError> {
        let folder = self.data.as_path();
        let say = |error: StartError| CommandError::Settings(error.to_string());
        let data = Data(Some(folder));
        let file = folder.join("leads.db");
        if !file.is_file() {
            return Err(CommandError::Settings(format!(
                "there are no leads in {}: name the data folder of a local system with --data, or tables with --table and --keys-table",
                folder.display()
            )));
        }
        let stood = data.stood().map_err(say)?;
        // What it waits for, it takes from the clock below; an outbox that is only read never asks.
        let outbox = Outbox::open(Some(folder), Arc::new(|| 0)).map_err(|source| match source.kind() {
            std::io::ErrorKind::ResourceBusy => CommandError::Settings(format!(
                "the system is running in {}: stop it first (Ctrl-C), or ask it itself: its console has the page Sending, and its API /api/sending",
                folder.display()
            )),
            _ => say(StartError::Data {
                folder: folder.to_owned(),
                source,
            }),
        })?;
        let latest = outbox
            .entries()
            .last()
            .and_then(|entry| Timestamp::from_second(entry.at).ok());
        let clock = clock(stood.max(latest));
        let engine = data.check(Engine::dynamodb(Some(&file))).map_err(say)?;
        let settings = settings(String::new(), engine.url(), String::new());
        let client = aws::dynamodb(&settings.aws).map_err(|error| CommandError::Settings(error.to_string()))?;
        let store = Store::new(client, &settings.table, &settings.keys_table, DUE_SHARDS);
        let campaigns = Campaigns::folder(campaigns)
            .map_err(StartError::Campaigns)
            .map_err(say)?;
        let app = App::start(settings, clock, store, campaigns).await?;
        Ok(Opened {
            app,
            outbox: Some(outbox),
            _engine: Some(engine),
        })
    }
}

/// The moment up to which a folder's system lived: its clock may be virtual, so the machine's says nothing about it.
fn clock(lived_until: Option<Timestamp>) -> Clock {
    match lived_until {
        Some(moment) => Clock::Virtual(Arc::new(RwLock::new(VirtualTime::Still(moment)))),
        None => Clock::Wall,
    }
}
