//! The whole system in one process, and the command line.
//!
//! The functions, the store code and the mail composition are those of the Lambda binaries; only what surrounds them
//! is local: the embedded DynamoDB engine and a stand-in for SES, both reached over loopback by the AWS clients.

pub mod cli;
pub mod commands;
pub mod engine;
pub mod error;
pub mod fault;
mod files;
pub mod local_routes;
pub mod outbox;
mod outward;
pub mod server;
pub mod ses;
pub mod shipped;
pub mod storage;
pub mod sweeper;
pub mod system;
pub mod texts;
