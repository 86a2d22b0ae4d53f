//! The simulation by hand and in CI. `cargo run --profile simulation -p piste-simulation -- --help` lists what it does.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks by printing"
)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use piste_simulation::campaign::{self, Figures};
use piste_simulation::plan::Plan;
use piste_simulation::{crashes, fuzz, mutants, regressions};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Deterministic simulation of the send engine: a seed decides everything.
#[derive(Parser)]
#[command(name = "piste-simulation")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Many seeds; every promise must hold, and everything that can happen must have happened.
    Run {
        /// How many seeds.
        #[arg(long, default_value_t = 200)]
        seeds: u64,
        /// The first one.
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// People in each.
        #[arg(long, default_value_t = 2_000)]
        leads: usize,
        /// Whether to list what was seen, and how often.
        #[arg(long)]
        coverage: bool,
        /// Whether other systems are told of leads.
        #[arg(long)]
        told: bool,
    },
    /// One seed, twice: both must be the same run.
    Seed {
        /// Which.
        seed: u64,
        /// People in it.
        #[arg(long, default_value_t = 2_000)]
        leads: usize,
        /// Tells the story of this lead on standard error.
        #[arg(long)]
        follow: Option<String>,
    },
    /// One large run with faults: the figure of speed.
    Large {
        /// People in it.
        #[arg(long, default_value_t = 100_000)]
        leads: usize,
        /// Which seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Seed after seed until stopped, or for some minutes.
    Nightly {
        /// Stops after this many minutes; 0 is never.
        #[arg(long, default_value_t = 0)]
        minutes: u64,
        /// The first seed.
        #[arg(long, default_value_t = 1_000_000)]
        from: u64,
        /// People in each.
        #[arg(long, default_value_t = 200)]
        leads: usize,
    },
    /// One lead, and a death at every request of its life; then at every pair of them.
    Crashes {
        /// Leaves the pairs out.
        #[arg(long)]
        single: bool,
    },
    /// Good input of every public door, spoilt: no panic, a known answer, and the next request is well (R121).
    Fuzz {
        /// How many cases.
        #[arg(long, default_value_t = 1_000_000)]
        cases: u64,
        /// Which.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Only this door.
        #[arg(long)]
        door: Option<String>,
    },
    /// Faults planted into a copy of the source: each must be found.
    Mutants {
        /// Only those whose name holds this.
        #[arg(default_value = "")]
        name: String,
    },
    /// Every failing seed that is kept by name.
    Regressions,
    /// Is one of the planted faults found? Used by `mutants` in its copy of the source.
    #[command(hide = true)]
    Hunt {
        /// Which.
        name: String,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run {
            seeds,
            from,
            leads,
            coverage,
            told,
        } => run(from, seeds, leads, (coverage, told)),
        Command::Seed { seed, leads, follow } => {
            let plan = Plan {
                follow,
                ..Plan::of(seed, leads)
            };
            campaign::twice(&plan).map(|figures| println!("{figures}"))
        }
        Command::Large { leads, seed } => large(seed, leads),
        Command::Nightly { minutes, from, leads } => campaign::nightly(from, leads, minutes, |line| println!("{line}")),
        Command::Crashes { single } => crashes::exhaust(!single).map(|figures| println!("{figures}")),
        Command::Fuzz { cases, seed, door } => fuzz::run(cases, seed, door.as_deref(), |line| println!("{line}")),
        Command::Mutants { name } => mutants::hunt_all(&name, |line| println!("{line}")),
        Command::Regressions => regressions::all().map(|count| println!("{count} regressions hold")),
        Command::Hunt { name } => mutants::hunt(&name).map(|how| println!("{how}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(broken) => {
            eprintln!("{broken}");
            ExitCode::FAILURE
        }
    }
}

fn run(from: u64, seeds: u64, leads: usize, (coverage, told): (bool, bool)) -> Result<(), String> {
    let plan = if told { Plan::told_of } else { Plan::of };
    let figures = campaign::many(from, seeds, leads, plan)?;
    if coverage {
        figures.coverage.lines().iter().for_each(|line| println!("{line}"));
    }
    println!("{figures}");
    campaign::complete(&figures, told)
}

fn large(seed: u64, leads: usize) -> Result<(), String> {
    let figures: Figures = campaign::one(&Plan::large(seed, leads))?;
    println!("{figures}");
    Ok(())
}
