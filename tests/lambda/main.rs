//! The real function binaries, each a process of its own behind the Lambda Runtime API, against the embedded engine
//! and the SES stand-in, with campaigns published by the real `piste publish`.
//!
//! They run on the machine's clock, so only what is due now happens here; the two weeks are told in `stories`.

mod alarms;
mod bodies;
mod broken;
mod capture;
mod consent;
mod console;
mod faults;
mod feedback;
mod imports;
mod nurture;
mod start;
mod trigger;
mod unreadable;
mod wire;
mod world;
