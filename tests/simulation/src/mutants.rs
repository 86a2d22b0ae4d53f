//! Faults planted into a copy of the source: if the witness does not find one, the witness is blind there (R35, M3).
//!
//! The product's own source holds no trace of them. `mutants.toml` says which lines change and how; all are put into one
//! copy of the workspace behind a switch, so that one build serves them all, and each is then hunted by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use crate::campaign::cores;
use crate::plan::Plan;
use crate::world::run;

/// The switch of a copy.
const SWITCH: &str = "PISTE_PLANTED";
/// What stands for the switch in `mutants.toml`.
const PLACEHOLDER: &str = "PLANTED";
/// A planted fault has this many seeds to show itself ...
const SEEDS: u64 = 250;
/// ... with this many people each.
const LEADS: usize = 150;

/// All of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutants {
    /// In the order in which they are hunted.
    pub mutant: Vec<Mutant>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// Its name.
    pub name: String,
    /// The promise that finds it, as the witness's message begins: `I1`, `R9`, `lost`.
    pub breaks: Vec<String>,
    /// The file, from the root.
    pub file: String,
    /// Text that stands there once.
    pub old: String,
    /// What takes its place; `PLANTED` is true while this fault is hunted.
    pub new: String,
    /// Further places, where a promise is kept more than once.
    #[serde(default)]
    pub also: Vec<Place>,
    /// People in each seed, where it takes more than usual, or fewer are enough.
    pub leads: Option<usize>,
    /// It shows only where other systems are told of leads.
    #[serde(default)]
    pub told: bool,
}

/// Another place of a planted fault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// As of the mutant itself.
    pub file: String,
    /// As of the mutant itself.
    pub old: String,
    /// As of the mutant itself.
    pub new: String,
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

impl Mutants {
    /// Those of `mutants.toml`.
    ///
    /// # Panics
    /// If the file does not hold.
    pub fn read() -> Self {
        toml::from_str(include_str!("../mutants.toml")).expect("mutants.toml holds")
    }
}

impl Mutant {
    /// Where it is planted.
    fn places(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let also = self
            .also
            .iter()
            .map(|place| (place.file.as_str(), place.old.as_str(), place.new.as_str()));
        std::iter::once((self.file.as_str(), self.old.as_str(), self.new.as_str())).chain(also)
    }

    /// Plants it into texts of files, which `read` brings and `write` takes.
    ///
    /// # Errors
    /// When an old text does not stand in its file exactly once: the product has moved on, and so must the mutant.
    fn plant(
        &self,
        mut read: impl FnMut(&str) -> Result<String, String>,
        mut write: impl FnMut(&str, String) -> Result<(), String>,
    ) -> Result<(), String> {
        for (file, old, new) in self.places() {
            let text = read(file)?;
            let found = text.matches(old).count();
            if found != 1 {
                return Err(format!("{}: its old text stands {found} times in {file}", self.name));
            }
            let home = if file.starts_with("shared/domain/") {
                "crate"
            } else {
                "piste_domain"
            };
            let switch = format!("{home}::planted::is(\"{}\")", self.name);
            write(file, text.replacen(old, &new.replace(PLACEHOLDER, &switch), 1))?;
        }
        Ok(())
    }
}

/// What the copy's domain has besides: the switch.
const PLANTED: &str = r#"
/// Which planted fault is on.
pub mod planted {
    /// Whether it is this one.
    #[allow(clippy::disallowed_methods)]
    pub fn is(name: &str) -> bool {
        static ON: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        ON.get_or_init(|| std::env::var("PISTE_PLANTED").unwrap_or_default()) == name
    }
}
"#;

/// Plants, builds and hunts all whose name holds `name`; without one, all but those that show only where other systems are
/// told of leads.
///
/// # Errors
/// Those that live, or why there was no hunt.
pub fn hunt_all(name: &str, mut say: impl FnMut(String)) -> Result<(), String> {
    let chosen: Vec<Mutant> = Mutants::read().mutant;
    let binary = build(&chosen)?;
    let chosen: Vec<Mutant> = chosen
        .into_iter()
        .filter(|mutant| mutant.name.contains(name) && !(name.is_empty() && mutant.told))
        .collect();
    let next = AtomicUsize::new(0);
    let ends: Mutex<Vec<(usize, Result<String, String>)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(|| {
                while let Some((place, mutant)) = {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    chosen.get(place).map(|mutant| (place, mutant))
                } {
                    let end = ask(&binary, mutant);
                    ends.lock().unwrap_or_else(PoisonError::into_inner).push((place, end));
                }
            });
        }
    });
    let mut ends = ends.into_inner().unwrap_or_else(PoisonError::into_inner);
    ends.sort_by_key(|(place, _)| *place);
    let mut alive = Vec::new();
    for (_, end) in ends {
        match end {
            Ok(line) => say(line),
            Err(line) => alive.push(line),
        }
    }
    match alive.is_empty() {
        true => {
            say(format!(
                "planted faults: {} found\n{} passed, 0 failed",
                chosen.len(),
                chosen.len()
            ));
            Ok(())
        }
        false => Err(format!(
            "{}\n{} passed, {} failed",
            alive.join("\n"),
            chosen.len() - alive.len(),
            alive.len()
        )),
    }
}

fn ask(binary: &Path, mutant: &Mutant) -> Result<String, String> {
    let output = Command::new(binary)
        .args(["hunt", &mutant.name])
        .env(SWITCH, &mutant.name)
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(if output.status.success() {
        &output.stdout
    } else {
        &output.stderr
    })
    .into_owned();
    let line = format!("{:<36} {}", mutant.name, said.trim());
    match output.status.success() {
        true => Ok(line),
        false => Err(line),
    }
}

/// Runs seeds until the fault that is on shows itself.
///
/// # Errors
/// It lives, or something else broke than what it was planted to break.
pub fn hunt(name: &str) -> Result<String, String> {
    let mutants = Mutants::read().mutant;
    let mutant = mutants
        .iter()
        .find(|mutant| mutant.name == name)
        .ok_or("no such mutant")?;
    let leads = mutant.leads.unwrap_or(LEADS);
    let plan = if mutant.told { Plan::told_of } else { Plan::of };
    for plan in (1..=SEEDS).map(|seed| plan(seed, leads)) {
        let (seed, Some(broken)) = (plan.seed, run(&plan).broken) else {
            continue;
        };
        return match mutant.breaks.iter().any(|promise| broken.starts_with(promise.as_str())) {
            true => Ok(format!("found by seed {seed}: {broken}")),
            false => Err(format!(
                "seed {seed} broke something else than {:?}: {broken}",
                mutant.breaks
            )),
        };
    }
    Err(format!("ALIVE after {SEEDS} seeds of {leads} people"))
}

/// Builds a copy of the workspace with all faults planted.
fn build(mutants: &[Mutant]) -> Result<PathBuf, String> {
    let root = root();
    let say = |what: &str, error: std::io::Error| format!("{what}: {error}");
    let copy = target().join("mutants");
    let _ = fs::remove_dir_all(&copy);
    for entry in [
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        "functions",
        "shared",
        "infra",
        "tests",
    ] {
        copy_all(&root.join(entry), &copy.join(entry)).map_err(|error| say(entry, error))?;
    }
    for mutant in mutants {
        mutant.plant(
            |file| fs::read_to_string(copy.join(file)).map_err(|error| say(file, error)),
            |file, text| fs::write(copy.join(file), text).map_err(|error| say(file, error)),
        )?;
    }
    // Under a version of its own: cargo tells packages of a workspace apart by name and version, not by folder.
    let manifest = copy.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| say("Cargo.toml", error))?;
    let own = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"\nedition");
    let planted = text.replacen(own, &own.replace("\"\n", "-planted\"\n"), 1);
    fs::write(&manifest, planted).map_err(|error| say("Cargo.toml", error))?;
    let domain = copy.join("shared/domain/src/lib.rs");
    let text = fs::read_to_string(&domain).map_err(|error| say("lib.rs", error))?;
    fs::write(&domain, text + PLANTED).map_err(|error| say("lib.rs", error))?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--profile",
            "simulation",
            "-p",
            "piste-simulation",
            // As CI builds them: dependencies with the very same features are not built again.
            "--bin",
            "piste-simulation",
            "--test",
            "leaks",
            "--target-dir",
        ])
        .arg(target())
        .current_dir(&copy)
        .status()
        .map_err(|error| say("cargo", error))?;
    if !built.success() {
        return Err("the copy with the planted faults does not build".into());
    }
    let binary = copy.join("piste-simulation");
    fs::copy(target().join("simulation/piste-simulation"), &binary).map_err(|error| say("the built copy", error))?;
    Ok(binary)
}

/// Where cargo builds: the dependencies are there already.
fn target() -> PathBuf {
    // The binary lies in `<target>/simulation`.
    let own = std::env::current_exe().ok();
    let own = own.as_deref().and_then(Path::parent).and_then(Path::parent);
    own.map_or_else(|| root().join("target"), Path::to_owned)
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.is_file() {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        return fs::copy(from, to).map(drop);
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if !["target", "node_modules", ".aws-sam"]
            .iter()
            .any(|skipped| name == *skipped)
        {
            copy_all(&entry.path(), &to.join(&name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m3_every_planted_fault_still_fits_the_source() {
        let mutants = Mutants::read().mutant;
        assert!(mutants.len() >= 20, "R35");
        let mut names: Vec<_> = mutants.iter().map(|mutant| &mutant.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), mutants.len(), "each has a name of its own");
        // One after the other, as the copy is made.
        let texts: std::cell::RefCell<std::collections::BTreeMap<String, String>> = Default::default();
        for mutant in &mutants {
            let planted = mutant.plant(
                |file| {
                    let known = texts.borrow().get(file).cloned();
                    Ok(known.unwrap_or_else(|| fs::read_to_string(root().join(file)).expect("the file is there")))
                },
                |file, text| {
                    texts.borrow_mut().insert(file.to_owned(), text);
                    Ok(())
                },
            );
            planted.unwrap_or_else(|stale| panic!("{stale}"));
            assert!(
                mutant.new.contains(PLACEHOLDER),
                "{}: nothing switches it on",
                mutant.name
            );
        }
    }
}
