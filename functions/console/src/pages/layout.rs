//! What every page behind the key has around it.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use piste_adapters::pages::Page;
use piste_adapters::users::Role;
use piste_domain::{Campaign, Lead};

use super::Opened;
use crate::Session;
use crate::texts::{common, destinations, list, mails, users};

impl Opened<'_> {
    /// The frame of every page behind the key: the way around, and what everybody must know about sending.
    pub fn frame<'t>(&self, title: &'t str, body: Markup) -> Page<'t> {
        let locale = self.session.locale;
        let header = html! {
            header.top {
                strong { a href="/console" { "Piste" } }
                nav aria-label="Console" {
                    a href="/console/leads" { "Leads" }
                    " · " a href="/console/leads?call=now" { (list::call_now(locale)) }
                    " · " a href="/console/quarantine" { (common::quarantine(locale)) }
                    " · " a href="/console/mails" { (mails::mails(locale)) }
                    " · " a href="/console/report" { (common::report(locale)) }
                    " · " a href="/console/sending" { (common::sending(locale)) }
                    " · " a href="/console/destinations" { (destinations::destinations(locale)) }
                    " · " a href="/console/retention" { (common::retention(locale)) }
                    @if self.session.may(Role::Admin) { " · " a href="/console/users" { (users::users(locale)) } }
                }
                form method="post" action="/console/logout" { button.plain type="submit" { (common::sign_out(locale)) } }
            }
        };
        let body = html! {
            @if let Some(text) = self.notice {
                div.errors role="status" { (text) " " a href="/console/sending" { (common::see_sending(locale)) } }
            }
            (body)
        };
        Page {
            wide: true,
            header: Some(header),
            ..Page::new(locale, title, body)
        }
    }
}

/// The zone on whose clock a lead's moments are shown: its campaign's.
pub fn zone_of(session: &Session<'_>, lead: &Lead) -> TimeZone {
    session
        .catalog
        .get(&lead.campaign)
        .map_or(TimeZone::UTC, Campaign::time_zone)
}
