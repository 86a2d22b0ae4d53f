//! Journeys through the public doors of the real `piste` binary: what a visitor, a mail client, SES and an operator
//! may rely on. One file per story; each test starts a system of its own on a virtual clock.

mod brand;
mod capture;
mod console;
mod counts;
mod description;
mod destinations;
mod digests;
mod edits;
mod feedback;
mod fields;
mod imports;
mod journey;
mod limits;
mod lists;
mod local;
mod mail;
mod manual;
mod preferences;
mod proof;
mod qualify;
mod quarantine;
mod report;
mod retention;
mod rights;
mod sales;
mod scoring;
mod sending;
mod several;
mod sources;
mod test_app;
mod triggers;
mod unsubscribe;
mod users;
mod values;
mod way_back;
