//! Seeds that failed once, by name. They hold now, and must go on holding.

use crate::plan::Plan;
use crate::world::run;

/// What it was, and the run that showed it: seed and people.
pub const KEPT: [(&str, u64, usize); 4] = [
    ("an alert with the id of one of the life before", 1, 200),
    ("a sequence whose rest was taken away never ends", 91, 200),
    ("a step claimed by the write that ends its sequence", 117, 2_000),
    ("a bounce told to a restored table that lost the mail", 400_628, 25),
];

/// Runs all of them.
///
/// # Errors
/// The first that fails again.
pub fn all() -> Result<usize, String> {
    for (name, seed, leads) in KEPT {
        if let Some(broken) = run(&Plan::of(seed, leads)).broken {
            return Err(format!("{name} is back: {broken} (seed {seed}, {leads} leads)"));
        }
    }
    Ok(KEPT.len())
}
