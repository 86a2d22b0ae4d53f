//! The four clients against the four stand-ins, and both of them against the CRMs' published interfaces.

mod account;
mod common;
mod hubspot;
mod killed;
mod many;
mod pipedrive;
mod salesforce;
mod spec;
mod world;
mod zoho;
