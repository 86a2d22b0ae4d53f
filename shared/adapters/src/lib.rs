//! Everything that touches the world: DynamoDB, SES, HTTP, time, chance and configuration. No rule of the product.

pub mod advice;
pub mod app;
pub mod aws;
pub mod campaigns;
pub mod ceilings;
pub mod charts;
pub mod clock;
pub mod config;
pub mod csv;
pub mod desks;
pub mod early;
pub mod http;
pub mod inbox;
pub mod keys;
pub mod mail;
pub mod outbound;
pub mod pages;
pub mod proof;
pub mod quarantine;
pub mod questions;
pub mod records;
pub mod routes;
pub mod store;
pub mod table;
pub mod telemetry;
mod texts;
pub mod token;
pub mod turnstile;
pub mod unreadable;
pub mod users;
pub mod visitors;
pub mod webhook;

pub use app::App;
