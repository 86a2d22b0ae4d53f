//! Which programs of others are on this machine. A test that needs one which is not there is counted as skipped, with the reason.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    let path = env::var_os("PATH").unwrap_or_default();
    for program in ["bash", "python3"] {
        println!("cargo::rustc-check-cfg=cfg(without_{program})");
        let is_there = |folder: &Path| {
            ["", ".exe"]
                .iter()
                .any(|end| folder.join(format!("{program}{end}")).is_file())
        };
        if !env::split_paths(&path).any(|folder| is_there(&folder)) {
            println!("cargo::rustc-cfg=without_{program}");
        }
    }
}
