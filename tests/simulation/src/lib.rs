//! Deterministic simulation: the real functions in a world of faults, on one virtual clock, from one seed.
//!
//! In the manner of TigerBeetle's VOPR and FoundationDB's simulation: everything that can go wrong does, at random, for
//! days of virtual time; a witness with invariants of its own watches every write and every email; then the faults stop, and
//! everything must come to its end. A seed that fails is repeated by `cargo run --profile simulation -p piste-simulation -- seed N`.

pub mod campaign;
pub mod chance;
pub mod checker;
pub mod coverage;
pub mod crashes;
pub mod fuzz;
pub mod house;
pub mod mutants;
pub mod others;
pub mod people;
pub mod plan;
pub mod process;
pub mod regressions;
pub mod shared;
pub mod world;
