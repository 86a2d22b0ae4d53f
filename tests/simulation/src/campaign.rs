//! Many runs: in parallel, with the sum of what was seen, and with the one line that repeats a failure.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::coverage::Coverage;
use crate::plan::Plan;
use crate::world::{Outcome, run, stopwatch};

/// What some runs came to.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Runs.
    pub seeds: u64,
    /// People in all of them.
    pub leads: u64,
    /// Emails that SES accepted.
    pub mails: u64,
    /// Copies among them, each allowed by evidence that erred (R9).
    pub copies: u64,
    /// Writes of leads.
    pub writes: u64,
    /// Requests to store and mail service.
    pub requests: u64,
    /// What was seen.
    pub coverage: Coverage,
    /// By the machine's clock.
    pub took: Duration,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        write!(
            f,
            "{} seeds, {} leads, {} mails of which {} copies, {} writes, {} requests; {seconds:.1} s, {:.0} seeds a minute",
            self.seeds,
            self.leads,
            self.mails,
            self.copies,
            self.writes,
            self.requests,
            self.seeds as f64 * 60.0 / seconds.max(0.001),
        )
    }
}

impl Figures {
    fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.leads += outcome.leads as u64;
        self.mails += outcome.mails;
        self.copies += outcome.copies;
        self.writes += outcome.writes;
        self.requests += outcome.requests;
        self.coverage.add(&outcome.coverage);
    }
}

/// How a failure is repeated.
fn repeat(plan: &Plan, broken: &str) -> String {
    format!(
        "{broken}\nrepeat: cargo run --profile simulation -p piste-simulation -- seed {} --leads {}",
        plan.seed, plan.leads
    )
}

/// One run.
///
/// # Errors
/// The broken promise, and how to repeat it.
pub fn one(plan: &Plan) -> Result<Figures, String> {
    let watch = stopwatch();
    let outcome = run(plan);
    if let Some(broken) = &outcome.broken {
        return Err(repeat(plan, broken));
    }
    let mut figures = Figures::default();
    figures.add(&outcome);
    figures.took = watch.elapsed();
    Ok(figures)
}

/// One run, twice: M1, the same seed is the same run.
///
/// # Errors
/// The broken promise, or that the two differ.
pub fn twice(plan: &Plan) -> Result<Figures, String> {
    let figures = one(plan)?;
    let [first, second] = [run(plan), run(plan)];
    if first.trace != second.trace || first.requests != second.requests {
        return Err(repeat(plan, "M1: two runs of one seed differ"));
    }
    Ok(figures)
}

/// These seeds, as many at once as there are cores. The first failure ends all.
///
/// # Errors
/// The broken promise of the least seed that failed, and how to repeat it.
pub fn many(from: u64, seeds: u64, leads: usize, plan: fn(u64, usize) -> Plan) -> Result<Figures, String> {
    let watch = stopwatch();
    let next = AtomicU64::new(from);
    let stop = AtomicBool::new(false);
    let sum = Mutex::new(Figures::default());
    let failed: Mutex<Vec<(u64, String)>> = Mutex::default();
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= from + seeds {
                return;
            }
            let plan = plan(seed, leads);
            let outcome = run(&plan);
            match &outcome.broken {
                Some(broken) => {
                    failed.lock().expect("whole").push((seed, repeat(&plan, broken)));
                    stop.store(true, Ordering::Relaxed);
                }
                None => sum.lock().expect("whole").add(&outcome),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().expect("whole").into_iter().min();
    if let Some((_, broken)) = failed {
        return Err(broken);
    }
    let mut figures = sum.into_inner().expect("whole");
    figures.took = watch.elapsed();
    Ok(figures)
}

/// Cores of this machine.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// R34: what can happen has happened; of other systems, where they are told of leads.
///
/// # Errors
/// What has not.
pub fn complete(figures: &Figures, told: bool) -> Result<(), String> {
    let missing = figures.coverage.missing(told);
    match missing.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "R34: never seen in {} seeds: {}",
            figures.seeds,
            missing.join("; ")
        )),
    }
}

/// Seed after seed, with a line a minute or so.
///
/// # Errors
/// The first broken promise.
pub fn nightly(from: u64, leads: usize, minutes: u64, mut say: impl FnMut(String)) -> Result<(), String> {
    let watch = stopwatch();
    let batch = 50 * cores() as u64;
    let mut sum = Figures::default();
    let mut seed = from;
    while minutes == 0 || watch.elapsed() < Duration::from_secs(minutes * 60) {
        let part = many(seed, batch, leads, Plan::of)?;
        seed += batch;
        sum = Figures {
            seeds: sum.seeds + part.seeds,
            leads: sum.leads + part.leads,
            mails: sum.mails + part.mails,
            copies: sum.copies + part.copies,
            writes: sum.writes + part.writes,
            requests: sum.requests + part.requests,
            coverage: {
                let mut all = sum.coverage;
                all.add(&part.coverage);
                all
            },
            took: watch.elapsed(),
        };
        say(format!("{sum}; next seed {seed}"));
    }
    complete(&sum, false)
}

#[cfg(test)]
mod tests {
    use piste_domain::campaign::destination::Kind;

    use super::*;
    use crate::plan::{Fault, Swarm};

    #[track_caller]
    fn holds(plan: &Plan) -> Figures {
        one(plan).unwrap_or_else(|broken| panic!("{broken}"))
    }

    #[test]
    fn m1_r28_a_seed_is_one_run() {
        for seed in [3, 8] {
            twice(&Plan::of(seed, 25)).unwrap_or_else(|broken| panic!("{broken}"));
        }
        let [one, other] = [1, 2].map(|seed| run(&Plan::of(seed, 25)).trace);
        assert_ne!(one, other, "another seed is another run");
    }

    #[test]
    fn r11_r32_a_run_without_faults_sends_every_email_once() {
        let figures = holds(&Plan::calm(5, 60));
        assert_eq!((figures.leads, figures.copies), (60, 0));
        assert!(figures.mails > 120, "{figures}");
    }

    /// One kind of fault at a time, often: what a swarm may hide shows here.
    #[test]
    fn r31_every_kind_of_fault_alone_and_often_breaks_nothing() {
        let struck: Vec<Fault> = Fault::ALL
            .into_iter()
            .filter(|fault| {
                let rate = match fault {
                    Fault::IndexLag | Fault::ClockSkew | Fault::Crowd | Fault::TightQuota | Fault::TightLimits => {
                        1_000_000
                    }
                    Fault::CrashBefore | Fault::CrashAfter | Fault::Hang => 10_000,
                    _ => 60_000,
                };
                let tight = *fault == Fault::TightQuota;
                let told = match fault.is_of_others() {
                    true => vec![
                        Kind::Webhook,
                        Kind::Hubspot,
                        Kind::Pipedrive,
                        Kind::Salesforce,
                        Kind::Zoho,
                    ],
                    false => Vec::new(),
                };
                let plan = Plan {
                    told,
                    swarm: Swarm::calm().with(*fault, rate),
                    per_second: if tight { 2 } else { 200 },
                    per_day: tight.then_some(40),
                    ..Plan::calm(100 + *fault as u64, 12)
                };
                holds(&plan).coverage.struck(*fault)
            })
            .collect();
        assert!(
            struck.len() * 4 >= Fault::ALL.len() * 3,
            "most struck even here: {struck:?}"
        );
    }
}
