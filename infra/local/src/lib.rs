//! The whole system in one process, and the command line.
//!
//! The functions, the store code and the mail composition are those of the Lambda binaries; only what surrounds them
//! is local: the embedded DynamoDB engine and a stand-in for SES, both reached over loopback by the AWS clients.

pub mod commands;
pub mod desk;
pub mod doors;
pub mod engine;
pub mod outbox;
pub mod place;
pub mod report;
pub mod retention;
pub mod rights;
pub mod rules;
pub mod server;
pub mod ses;
pub mod sweeper;
pub mod world;
