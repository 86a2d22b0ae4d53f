//! `piste`: the local system and the command line.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use piste_adapters::telemetry;
use piste_domain::Locale;
use piste_local::cli::{Cli, Told, parse};
use piste_local::server::{Served, router};
use piste_local::shipped::Shelf;
use piste_local::sweeper::Sweeper;
use piste_local::system::{DEMO_SOURCE, Flags, StartError, System};
use piste_local::{commands, fault, texts};

/// What a program ends with that was called wrongly, by convention.
const USAGE: u8 = 2;
/// How long requests under way may take to end when the system is stopped.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the last lines may take to be read.
const LAST_WORDS: Duration = Duration::from_millis(200);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(Told { text, asked: true }) => {
            say(text.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(Told { text, .. }) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            return ExitCode::from(USAGE);
        }
    };
    let locale = cli.locale();
    let done = match &cli.command {
        None => serve(&cli, locale).await,
        Some(command) => commands::run(&cli, command, &mut say)
            .await
            .map_err(|error| error.say(locale)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            for line in message.lines() {
                let _ = writeln!(std::io::stderr(), "piste: {line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// A line for whoever reads; if nobody does any more, the work goes on.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

async fn serve(cli: &Cli, locale: Locale) -> Result<(), String> {
    telemetry::never_wait();
    telemetry::listen(move |event, form, name| {
        let line = match event {
            "undeclared_field" => texts::undeclared_field(locale, form, name),
            _ => texts::unlisted_site(locale, form, name),
        };
        telemetry::tell([line].into_iter());
    });
    let served = run(cli, locale).await;
    telemetry::finish_writing(LAST_WORDS);
    served
}

async fn run(cli: &Cli, locale: Locale) -> Result<(), String> {
    // Log lines are for machines; on a terminal they would bury the addresses.
    if cli.quiet || std::io::stdout().is_terminal() {
        telemetry::silence();
    }
    telemetry::name_events(move |event| at_the_terminal(event, locale));
    let engine_failed = |error| StartError::Engine(error).say(locale);
    let shelf = Shelf::open(cli.campaigns.as_deref()).map_err(|error| StartError::Engine(error).say(locale))?;
    if shelf.is_demo() {
        telemetry::tell([texts::demo_inside(locale).to_owned()].into_iter());
    }
    let flags = Flags {
        port: cli.port,
        data: Some(cli.data.clone()).filter(|data| data.as_os_str() != ":memory:"),
        now: cli.now,
        campaigns: shelf.path.clone(),
        destinations: cli.destinations.clone(),
        locale,
    };
    let (system, listener) = System::build(&flags).await.map_err(|error| error.say(locale))?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(engine_failed)?;
    let system = Arc::new(system);
    let sweeper = Arc::new(Sweeper::default());
    // Whoever reads that it is ready may stop it at once.
    let signals_failed = |error: std::io::Error| texts::signals_failed(locale, &fault::say(&error, locale));
    let (stopped, given_up) = (
        stop_signal().map_err(signals_failed)?,
        stop_signal().map_err(signals_failed)?,
    );
    announce(cli, &system, locale).await;

    let served = Served {
        system: Arc::clone(&system),
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
        served = server => served.map_err(engine_failed)?,
        () = sweeper.run(&system) => {}
        () = out_of_patience => {}
    }
    system.keep_time().map_err(engine_failed)
}

/// The events that a person who watches wants to know of; the others would bury the addresses.
fn at_the_terminal(event: &str, locale: Locale) {
    let line = match event {
        "key_refused" => texts::key_refused(locale),
        "post_held" => texts::post_held(locale),
        _ => return,
    };
    telemetry::tell([line.to_owned()].into_iter());
}

async fn announce(cli: &Cli, system: &System, locale: Locale) {
    let base = &system.app.settings.base_url;
    let say = telemetry::say;
    let tell = |door: String| say(&format!("piste: {door}"));
    let catalog = system.app.catalog().await.unwrap_or_default();
    // What is wrong, with file and line, was said when they were read.
    telemetry::tell(catalog.left_out().map(|id| texts::left_out(locale, id)));
    if !cli.quiet {
        for published in catalog.iter() {
            tell(texts::form_at(
                locale,
                &format!("{base}/forms/{}", published.campaign.id),
            ));
        }
        tell(texts::console_at(locale, &format!("{base}/console")));
        tell(texts::outbox_at(locale, &format!("{base}/local/outbox")));
        tell(texts::clock_at(locale, &format!("{base}/local/clock")));
        tell(texts::triggers_at(locale, &format!("{base}/triggers/{DEMO_SOURCE}")));
        say(&format!("piste: trigger secret {}", system.trigger_secret.expose()));
    }
    // These two are read by programs, which know them in one language.
    say(&format!("piste: operator key {}", system.operator_key));
    say(&format!("piste: listening on {base}"));
}

/// Ctrl-C, or the signal with which systems end a process; heard from this call on, not from the first poll.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
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
