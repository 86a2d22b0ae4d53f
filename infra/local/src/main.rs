//! `piste`: the local system and the command line.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks by printing"
)]

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use jiff::Timestamp;
use piste_adapters::config::env;
use piste_adapters::telemetry;
use piste_domain::Locale;
use piste_local::commands::{self, Target};
use piste_local::desk;
use piste_local::place::{Opened, Place};
use piste_local::rights::{self, Whose};
use piste_local::rules;
use piste_local::server::{Served, router};
use piste_local::sweeper::Sweeper;
use piste_local::world::{DEMO_SOURCE, Flags, World};
use piste_operations::OperationError;
use piste_operations::report::Ask;

/// How long requests under way may take to end when the system is stopped.
const PATIENCE: Duration = Duration::from_secs(1);

/// Lead capture that you own. Without a command: the whole system on this machine.
#[derive(Parser)]
#[command(name = "piste", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Port on 127.0.0.1; 0 for any free one.
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Folder that keeps the data; `:memory:` keeps none.
    #[arg(long, default_value = "./.piste")]
    data: PathBuf,
    /// Start of the virtual clock, such as 2026-03-02T09:00:00Z; it then stands still until moved.
    #[arg(long)]
    now: Option<Timestamp>,
    /// Folder of the campaigns.
    #[arg(long, default_value = "infra/campaigns", global = true)]
    campaigns: PathBuf,
    /// Print nothing but the two lines a program waits for.
    #[arg(long)]
    quiet: bool,
    /// Language of what is found, fr or en; else that of the terminal.
    #[arg(long, global = true, value_parser = |code: &str| Locale::from_tag(code).ok_or("fr or en"))]
    lang: Option<Locale>,
}

#[derive(Subcommand)]
enum Command {
    /// Checks every campaign; names file and line of every problem.
    Check,
    /// Checks every campaign and writes them where the functions read them.
    Publish(Target),
    /// Adds a link key that signs from now on; links signed before stay good.
    RotateLinks(Target),
    /// Makes another operator key for a workspace and prints it, once.
    OperatorKey {
        /// The workspace it opens.
        #[arg(long, default_value = "main")]
        workspace: String,
        #[command(flatten)]
        target: Target,
    },
    /// Shows why a lead has its score: every line, its rule, its date, what age and caps left of it.
    Explain {
        /// The lead's id, or its e-mail address.
        lead: String,
        /// The day, or the moment, to work it out for; now without it.
        #[arg(long)]
        at: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Shows over the stored leads who would move under the rules of a file, and how well they tell buyers from others.
    SimulateRules {
        /// A campaign.toml with other scoring rules.
        new: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Makes a secret for another system that reports to /triggers/NAME and prints it, once; the one before it stays good.
    TriggerSecret {
        /// The source: the last part of its address.
        #[arg(long)]
        source: String,
        /// The workspace whose leads it reports about.
        #[arg(long, default_value = "main")]
        workspace: String,
        #[command(flatten)]
        place: Place,
    },
    /// The funnel: visitors, leads, MQL, SQL, customers, with 95 % intervals, times, costs and benchmarks.
    Report {
        #[command(flatten)]
        ask: ReportAsk,
        #[command(flatten)]
        place: Place,
    },
    /// Takes a campaign's visitors by day from another counter: a CSV file of lines such as 2026-03-02,120.
    Visitors {
        /// The file.
        file: PathBuf,
        /// The campaign.
        #[arg(long)]
        campaign: String,
        #[command(flatten)]
        place: Place,
    },
    /// Who will be erased, and when, if nothing is heard of them. The schedule erases by itself; this only shows it.
    Retention {
        /// Asked for by name, because nothing is erased here.
        #[arg(long, required = true)]
        dry_run: bool,
        /// So many days ahead.
        #[arg(long, default_value_t = piste_operations::retention::DAYS_DEFAULT, value_parser = clap::value_parser!(u32).range(1..=3_650))]
        days: u32,
        /// The workspace.
        #[arg(long, default_value = "main")]
        workspace: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    #[command(flatten)]
    Desk(Desk),
    #[command(flatten)]
    Person(Person),
}

/// Commands about one person, at a data folder or at tables.
#[derive(Subcommand)]
enum Person {
    /// Erases a person, and prints the certificate.
    Erase(Whose),
    /// Prints everything held about a person, as JSON.
    Export(Whose),
    /// Prints, for each mail ever sent to a person, the rule, the words and the moment that allowed it.
    Proof(Whose),
}

/// What a report is asked.
#[derive(clap::Args)]
struct ReportAsk {
    /// One campaign; else all of the workspace.
    #[arg(long)]
    campaign: Option<String>,
    /// The first day of capture (2026-03-01) or moment; else three years back.
    #[arg(long)]
    from: Option<String>,
    /// The last one, included; else now.
    #[arg(long)]
    to: Option<String>,
    /// Visitors of the period, when nothing counted them.
    #[arg(long)]
    visitors: Option<String>,
    /// What the campaign cost in the period, in euros.
    #[arg(long)]
    spend: Option<String>,
    /// The workspace.
    #[arg(long, default_value = "main")]
    workspace: String,
    /// Print what the API answers.
    #[arg(long)]
    json: bool,
}

impl ReportAsk {
    fn read(&self) -> Result<Ask, commands::CommandError> {
        let value = |name: &str| match name {
            "campaign" => self.campaign.clone(),
            "from" => self.from.clone(),
            "to" => self.to.clone(),
            "visitors" => self.visitors.clone(),
            "spend" => self.spend.clone(),
            _ => None,
        };
        Ok(Ask::read(value).map_err(OperationError::Ask)?)
    }
}

/// The language asked for, else that of the terminal.
fn language(asked: Option<Locale>) -> Locale {
    let terminal = || Locale::from_tag(&env("LC_ALL").or_else(|| env("LANG"))?);
    asked.or_else(terminal).unwrap_or(Locale::En)
}

/// Commands of the person who answers for the mails, at a data folder or at tables.
#[derive(Subcommand)]
enum Desk {
    /// Proves that every mail that became due is accounted for; succeeds only if everything adds up.
    Audit {
        /// Print everything found, as JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Shows whether mail leaves, and what the breaker, the canary and SES's quota say.
    Sending(Place),
    /// Stops all mail until `piste release`.
    Hold {
        /// Why; shown to everybody who looks. No personal data.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        place: Place,
    },
    /// Lets mail leave again: after a hold, a restore, or a pause of the breaker.
    Release {
        /// Why, for whoever looks later. No personal data.
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        place: Place,
    },
    /// Tells a restored table what our own log lines know: mails that left, what SES reported, who opted out, who was erased.
    Replay {
        /// Exports of the log groups of nurture, feedback, consent and console, in any text form.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let locale = language(cli.lang);
    let done = match &cli.command {
        None => serve(&cli).await,
        Some(Command::Check) => commands::check(&cli.campaigns)
            .map_err(|error| error.to_string())
            .map(|bundles| {
                for bundle in bundles {
                    println!("{} {}: ok", bundle.published.campaign.id, bundle.published.version);
                }
            }),
        Some(Command::Person(command)) => of_a_person(&cli.campaigns, command, locale)
            .await
            .map_err(|error| error.to_string()),
        Some(Command::RotateLinks(target)) => commands::rotate_links(target).await.map_err(|error| error.to_string()),
        Some(Command::Publish(target)) => publish(&cli, target).await,
        Some(Command::OperatorKey { workspace, target }) => commands::operator_key(workspace, target)
            .await
            .map_err(|error| error.to_string())
            .map(|key| println!("piste: operator key {key}")),
        Some(Command::Explain { lead, at, place }) => {
            at_a_place(&cli.campaigns, place, async |opened| {
                rules::explain(opened, lead, at.as_deref(), locale).await
            })
            .await
        }
        Some(Command::SimulateRules { new, place }) => {
            at_a_place(&cli.campaigns, place, async |opened| {
                rules::simulate(opened, new, locale).await
            })
            .await
        }
        Some(Command::TriggerSecret {
            source,
            workspace,
            place,
        }) => {
            at_a_place(&cli.campaigns, place, async |opened| {
                let secret = commands::trigger_secret(&opened.app.store, workspace, source).await?;
                Ok(format!("piste: trigger secret {secret}"))
            })
            .await
        }
        Some(Command::Report { ask, place }) => report(&cli.campaigns, ask, place, locale)
            .await
            .map_err(|error| error.to_string()),
        Some(Command::Retention {
            days,
            workspace,
            json,
            place,
            ..
        }) => {
            at_a_place(&cli.campaigns, place, async |opened| {
                let found = piste_local::retention::forecast(opened, workspace, *days).await?;
                let catalog = opened.app.catalog().await?;
                Ok(match json {
                    true => serde_json::to_string(&found).unwrap_or_default(),
                    false => piste_local::retention::tell(&found, &catalog, locale),
                })
            })
            .await
        }
        Some(Command::Visitors { file, campaign, place }) => visitors(&cli.campaigns, file, campaign, place, locale)
            .await
            .map_err(|error| error.to_string()),
        Some(Command::Desk(command)) => at_the_desk(&cli.campaigns, command, locale)
            .await
            .map_err(|error| error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            for line in message.lines() {
                eprintln!("piste: {line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Opens a place, and prints what is found there.
async fn at_a_place(
    campaigns: &Path,
    place: &Place,
    work: impl AsyncFnOnce(&Opened) -> Result<String, commands::CommandError>,
) -> Result<(), String> {
    telemetry::silence();
    let found = async { work(&place.open(campaigns).await?).await };
    let found = found.await.map_err(|error| error.to_string())?;
    println!("{found}");
    Ok(())
}

async fn at_the_desk(campaigns: &Path, command: &Desk, locale: Locale) -> Result<(), commands::CommandError> {
    let (Desk::Audit { place, .. }
    | Desk::Sending(place)
    | Desk::Hold { place, .. }
    | Desk::Release { place, .. }
    | Desk::Replay { place, .. }) = command;
    telemetry::silence(); // what is told here again would be in the archive twice
    let at = place.open(campaigns).await?;
    let said = match command {
        Desk::Audit { json, .. } => {
            let report = desk::audit(&at).await?;
            let said = match json {
                true => serde_json::json!({ "adds_up": report.adds_up(), "report": report }).to_string(),
                false => desk::tell(&report, locale),
            };
            if !report.adds_up() {
                println!("{said}");
                return Err(commands::CommandError::DoesNotAddUp);
            }
            said
        }
        Desk::Sending(_) => desk::sending(&at, locale).await?,
        Desk::Hold { reason, .. } => desk::hold(&at, reason, locale).await?,
        Desk::Release { reason, .. } => desk::release(&at, reason, locale).await?,
        Desk::Replay { files, .. } => desk::replay(&at, files, locale).await?,
    };
    println!("{said}");
    Ok(())
}

async fn of_a_person(campaigns: &Path, command: &Person, locale: Locale) -> Result<(), commands::CommandError> {
    telemetry::silence(); // the answer is for a program or a person, and nothing stands in the middle of it
    let said = match command {
        Person::Erase(whose) => rights::erase(whose, campaigns).await?,
        Person::Export(whose) => rights::export(whose, campaigns).await?,
        Person::Proof(whose) => rights::proof(whose, campaigns, locale).await?,
    };
    println!("{said}");
    Ok(())
}

async fn report(
    campaigns: &Path,
    asked: &ReportAsk,
    place: &Place,
    locale: Locale,
) -> Result<(), commands::CommandError> {
    let ask = asked.read()?;
    let at = place.open(campaigns).await?;
    let made = piste_local::report::make(&at, &asked.workspace, &ask).await?;
    match asked.json {
        true => println!("{}", serde_json::to_string(&made).unwrap_or_default()),
        false => print!("{}", piste_local::report::tell(&made, locale)),
    }
    Ok(())
}

async fn visitors(
    campaigns: &Path,
    file: &Path,
    campaign: &str,
    place: &Place,
    locale: Locale,
) -> Result<(), commands::CommandError> {
    let at = place.open(campaigns).await?;
    let (days, visitors) = piste_local::report::import_visitors(&at, campaign, file).await?;
    match locale {
        Locale::Fr => println!(
            "{campaign}\u{a0}: {visitors} visiteurs sur {days} jours\u{202f}; ils remplacent ceux qui ont été comptés ces jours-là"
        ),
        Locale::En => {
            println!("{campaign}: {visitors} visitors on {days} days; they stand in for those counted on these days");
        }
    }
    Ok(())
}

async fn publish(cli: &Cli, target: &Target) -> Result<(), String> {
    let say = |error: commands::CommandError| error.to_string();
    let bundles = commands::check(&cli.campaigns).map_err(say)?;
    // Printed before anything else can fail: it is shown this once.
    if let Some(key) = commands::first_keys(target).await.map_err(say)? {
        println!("piste: operator key {key}");
    }
    let others = commands::publish(&bundles, target).await.map_err(say)?;
    for bundle in bundles {
        println!(
            "{} {}: published",
            bundle.published.campaign.id, bundle.published.version
        );
    }
    for id in others {
        println!("{id}: published before and not in this folder; its form and its mails go on");
    }
    Ok(())
}

async fn serve(cli: &Cli) -> Result<(), String> {
    // Log lines are for machines; on a terminal they would bury the addresses.
    if cli.quiet || std::io::stdout().is_terminal() {
        telemetry::silence();
    }
    let flags = Flags {
        port: cli.port,
        data: Some(cli.data.clone()).filter(|data| data.as_os_str() != ":memory:"),
        now: cli.now,
        campaigns: cli.campaigns.clone(),
    };
    let mut world = World::build(&flags).await.map_err(|error| error.to_string())?;
    let listener = world.listener.take().ok_or("the listener is gone")?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    let world = Arc::new(world);
    let sweeper = Arc::new(Sweeper::default());
    // Who reads that it is ready may stop it at once.
    let (stopped, given_up) = (stop_signal()?, stop_signal()?);
    announce(cli, &world).await;

    let served = Served {
        world: Arc::clone(&world),
        sweeper: Arc::clone(&sweeper),
    };
    let server = axum::serve(listener, router(served)).with_graceful_shutdown(stopped);
    // A visitor in the middle of a request, or a connection that a browser opened ahead of need, must not hold up the end.
    let out_of_patience = async {
        given_up.await;
        tokio::time::sleep(PATIENCE).await;
    };
    // Whichever ends first ends all: the loop never does, so that is the server, asked to stop.
    tokio::select! {
        served = server => served.map_err(|error| error.to_string())?,
        () = sweeper.run(&world) => {}
        () = out_of_patience => {}
    }
    world.keep_time().map_err(|error| error.to_string())
}

async fn announce(cli: &Cli, world: &World) {
    let base = &world.app.settings.base_url;
    if !cli.quiet {
        if let Ok(catalog) = world.app.catalog().await {
            for published in catalog.iter() {
                println!("piste: form      {base}/forms/{}", published.campaign.id);
            }
        }
        println!("piste: console   {base}/console");
        println!("piste: outbox    {base}/local/outbox");
        println!("piste: clock     {base}/local/clock");
        println!("piste: triggers  {base}/triggers/{DEMO_SOURCE}");
        println!("piste: trigger secret {}", world.trigger_secret.expose());
    }
    println!("piste: operator key {}", world.operator_key);
    println!("piste: listening on {base}");
}

/// Ctrl-C, or the signal with which systems end a process; heard from this call on, not from the first poll.
fn stop_signal() -> Result<impl Future<Output = ()>, String> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
        let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
