//! One lead, and a process that dies at each request of its life, on each side of it; then at every pair (R13, R30). With
//! the pairs, the single deaths are tried once more where every kind of other system is told of the lead.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::campaign::cores;
use crate::plan::{CrashPoint, Moment, Plan};
use crate::world::{run, stopwatch};

/// What was tried.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    /// Requests in the life of one lead.
    pub requests: u64,
    /// Deaths tried one at a time.
    pub single: usize,
    /// Pairs tried.
    pub pairs: usize,
    /// By the machine's clock.
    pub took: Duration,
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            requests,
            single,
            pairs,
            took,
        } = self;
        write!(
            f,
            "one lead, {requests} requests: {single} deaths and {pairs} pairs of them, {:.1} s",
            took.as_secs_f64()
        )
    }
}

/// Tries every death, and every pair if `pairs`.
///
/// # Errors
/// The broken promise and where the process died.
pub fn exhaust(pairs: bool) -> Result<Tried, String> {
    let watch = stopwatch();
    let undisturbed = run(&Plan::one_lead(Vec::new()));
    if let Some(broken) = undisturbed.broken {
        return Err(format!("without any fault: {broken}"));
    }
    let points = |up_to: u64| {
        let requests = 0..up_to;
        requests.flat_map(|request| Moment::ALL.map(|moment| CrashPoint { request, moment }))
    };
    let single: Vec<Vec<CrashPoint>> = points(undisturbed.requests).map(|point| vec![point]).collect();
    let lives = try_all(&single, Plan::one_lead)?;
    let (mut both, mut while_told) = (Vec::new(), Vec::new());
    if pairs {
        // Where others are told of them: no double there, and nothing lost.
        let told = run(&Plan::one_lead_told(Vec::new()));
        if let Some(broken) = told.broken {
            return Err(format!("told to others, without any fault: {broken}"));
        }
        while_told.extend(points(told.requests).map(|point| vec![point]));
        try_all(&while_told, Plan::one_lead_told)?;
        // After the first death the life goes on differently, so the second is placed in that life.
        for (first, requests) in single.iter().zip(lives) {
            both.extend(
                points(requests)
                    .filter(|second| second.request > first[0].request)
                    .map(|second| vec![first[0], second]),
            );
        }
        try_all(&both, Plan::one_lead)?;
    }
    Ok(Tried {
        requests: undisturbed.requests,
        single: single.len() + while_told.len(),
        pairs: both.len(),
        took: watch.elapsed(),
    })
}

/// Runs each; returns how many requests each life had.
fn try_all(all: &[Vec<CrashPoint>], plan: fn(Vec<CrashPoint>) -> Plan) -> Result<Vec<u64>, String> {
    let next = AtomicUsize::new(0);
    let lives: Mutex<Vec<(usize, u64)>> = Mutex::default();
    let failed: Mutex<BTreeSet<(usize, String)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(deaths) = all.get(place) else { return };
                    let outcome = run(&plan(deaths.clone()));
                    if let Some(broken) = outcome.broken {
                        let line = format!("{broken}\nthe process died at {deaths:?}");
                        failed
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .insert((place, line));
                        return;
                    }
                    lives
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((place, outcome.requests));
                }
            });
        }
    });
    if let Some((_, line)) = failed.into_inner().unwrap_or_else(PoisonError::into_inner).pop_first() {
        return Err(line);
    }
    let mut lives = lives.into_inner().unwrap_or_else(PoisonError::into_inner);
    lives.sort_unstable();
    Ok(lives.into_iter().map(|(_, requests)| requests).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_r30_one_lead_survives_a_death_at_any_request() {
        let tried = exhaust(false).unwrap_or_else(|broken| panic!("{broken}"));
        assert!(tried.single > 100, "{tried}");
    }
}
