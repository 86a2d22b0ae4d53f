//! The emails of a campaign: what became of each, a test of one to oneself, and one-off mailings with their approval.

use std::collections::BTreeSet;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http;
use piste_adapters::table::{table, words};
use piste_adapters::users::Role;
use piste_domain::Campaign;
use piste_domain::kit::format;
use piste_domain::rules::desk::testers;
use piste_operations::mailings::{DryRun, MailingState, MailingView};
use piste_operations::mails::MailView;
use piste_operations::{mailings, mails};

use crate::pages::Opened;
use crate::query::{self, Query};
use crate::texts::{common, mails as texts};
use crate::{ConsoleError, Session};

/// `GET /console/mails`: of one campaign, the first where none is named.
pub async fn show(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let session = &opened.session;
    let locale = session.locale;
    let query = Query::read(opened.visit.pairs(), query::MAILS.iter(), false)?;
    let wanted = query.get("campaign");
    let is_it = |campaign: &&Campaign| wanted.is_none_or(|id| campaign.id.as_str() == id);
    let campaign = session.campaigns().find(is_it).ok_or(ConsoleError::NotFound)?;
    let found = mails::list(session, campaign.id.as_str()).await?;
    let issues = mailings::list(session).await?.mailings;
    let issues: Vec<_> = issues
        .into_iter()
        .filter(|issue| issue.campaign == campaign.id)
        .collect();
    let title = texts::mails(locale);
    let heads = [
        words(texts::email(locale)),
        words(texts::kind(locale)),
        words(texts::waiting(locale)),
        words(texts::sent(locale)),
        words(texts::clicked(locale)),
        words(texts::bounced(locale)),
        words(texts::opted_out(locale)),
    ];
    let body = html! {
        h1 { (title) }
        @if session.campaigns().count() > 1 {
            p.links {
                @for other in session.campaigns() {
                    @let here = (other.id == campaign.id).then_some("page");
                    a href={ "/console/mails?campaign=" (other.id) } aria-current=[here] { (other.name.get(locale)) }
                }
            }
        }
        @if opened.visit.query("test").is_some() { div.card role="status" { p { (texts::test_leaves(locale)) } } }
        div.card {
            h2 { (texts::of_sequences(locale)) }
            p.soft { (texts::counts(locale)) }
            (table(texts::of_sequences(locale), &heads, found.mails.iter().map(|mail| row(session, campaign, mail))))
        }
        @if session.may(Role::Write) { (test_form(session, campaign, &found.mails)) }
        div.card {
            h2 { (texts::mailings(locale)) }
            @if issues.is_empty() { p { (texts::no_mailing(locale, campaign.id.as_str())) } }
            @if !issues.is_empty() { (listed(session, campaign, &issues)) }
        }
    };
    Ok(opened.frame(title, body).answer(StatusCode::OK))
}

fn row(session: &Session<'_>, campaign: &Campaign, mail: &MailView) -> Vec<Markup> {
    let locale = session.locale;
    let spoken = campaign.locale_or_default(Some(locale));
    let count = |n: u64| html! { (format::count(n, locale)) };
    vec![
        html! {
            (mail.subject.get(spoken.code()).map_or(mail.step.as_str(), String::as_str))
            br; span.soft.small { (mail.step) }
        },
        html! { (texts::class(locale, mail.class)) },
        count(mail.waiting),
        count(mail.sent),
        count(mail.clicked),
        count(mail.bounced),
        count(mail.opted_out),
    ]
}

/// A form for each email would be a wall of them: one form, with a choice of emails.
fn test_form(session: &Session<'_>, campaign: &Campaign, all: &[MailView]) -> Markup {
    let locale = session.locale;
    let to: BTreeSet<String> = testers(campaign).map(|email| email.expose().to_owned()).collect();
    html! {
        div.card {
            h2 { (texts::test(locale)) }
            p.soft { (texts::test_intro(locale)) }
            form.row method="post" action="/console/mails/test" {
                input type="hidden" name="campaign" value=(campaign.id);
                div { label for="step" { (texts::email(locale)) }
                    select id="step" name="step" { @for mail in all { option value=(mail.step) { (mail.step) } } } }
                div { label for="to" { (texts::to(locale)) }
                    select id="to" name="to" { @for email in &to { option value=(email) { (email) } } } }
                div { label for="mail-lang" { (texts::language(locale)) }
                    select id="mail-lang" name="lang" { @for one in &campaign.languages { option value=(one.code()) { (one.code()) } } } }
                button type="submit" { (texts::send_test(locale)) }
            }
        }
    }
}

fn listed(session: &Session<'_>, campaign: &Campaign, issues: &[MailingView]) -> Markup {
    let locale = session.locale;
    let heads = [
        words(texts::mailing(locale)),
        words(texts::state(locale)),
        words(texts::leaves_at(locale)),
        words(texts::recipients(locale)),
        words(texts::sent(locale)),
        words(texts::not_sent(locale)),
        words(texts::act(locale)),
    ];
    let row = |issue: &MailingView| {
        let count = |n: u64| html! { (format::count(n, locale)) };
        let none = || html! { "–" };
        let at = issue.at.map(|at| format::moment(at, &campaign.time_zone(), locale));
        vec![
            html! { (issue.name) },
            html! { (texts::mailing_state(locale, issue.state)) },
            html! { @match at { Some(at) => span.moment { (at) }, None => (texts::at_approval(locale)) } },
            issue.recipients.map_or_else(none, count),
            count(issue.sent),
            count(issue.skipped),
            html! { @if session.may(Role::Write) { (actions(session, issue)) } },
        ]
    };
    table(texts::mailings(locale), &heads, issues.iter().map(row))
}

fn actions(session: &Session<'_>, issue: &MailingView) -> Markup {
    let locale = session.locale;
    let button = |what: &str, text: &str| {
        html! {
            form method="post" action={ "/console/mailings/" (issue.campaign) "/" (issue.name) "/" (what) } {
                button.plain type="submit" { (text) }
            }
        }
    };
    match issue.state {
        MailingState::Draft => button("dry-run", texts::count_recipients(locale)),
        MailingState::Approved => button("pause", texts::pause(locale)),
        MailingState::Paused => button("resume", texts::resume(locale)),
        MailingState::Done => html! {},
    }
}

/// `POST /console/mails/test`.
pub async fn test(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let form = opened.form().await?;
    let field = |name: &str| form.get(name).filter(|value| !value.is_empty());
    let campaign = field("campaign").unwrap_or_default();
    let test = mails::Test {
        to: field("to").unwrap_or_default(),
        lang: field("lang"),
        lead: field("lead"),
    };
    mails::test(&opened.session, campaign, field("step").unwrap_or_default(), test).await?;
    Ok(http::see_other(&format!(
        "/console/mails?campaign={campaign}&test=sent"
    )))
}

/// `POST /console/mailings/{campaign}/{mailing}/dry-run`: who would get it, and the second step.
pub async fn dry_run(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let (session, locale) = (&opened.session, opened.session.locale);
    let counted = mailings::dry_run(session, opened.id, opened.second).await?;
    let title = texts::approve_of(locale, opened.second);
    let body = html! {
        h1 { (title) }
        div.card {
            p { strong { (texts::would_get(locale, counted.recipients)) } }
            (excluded(session, &counted))
            @if counted.recipients > 0 {
                form method="post" action={ "/console/mailings/" (opened.id) "/" (opened.second) "/approve" } {
                    input type="hidden" name="recipients" value=(counted.recipients);
                    button type="submit" { (texts::approve(locale, counted.recipients)) }
                }
            }
            p { a href={ "/console/mails?campaign=" (opened.id) } { (texts::back(locale)) } }
        }
    };
    Ok(opened.frame(&title, body).answer(StatusCode::OK))
}

fn excluded(session: &Session<'_>, counted: &DryRun) -> Markup {
    let locale = session.locale;
    let heads = [words(common::why(locale)), words(texts::people(locale))];
    html! {
        @if !counted.excluded.is_empty() {
            p { (texts::would_not(locale)) }
            (table(texts::would_not(locale), &heads, counted.excluded.iter().map(|one| vec![
                html! { (texts::excluded(locale, one.reason)) },
                html! { (format::count(one.leads, locale)) },
            ])))
        }
    }
}

/// `POST /console/mailings/{campaign}/{mailing}/approve`.
pub async fn approve(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let form = opened.form().await?;
    let recipients = form.get("recipients").and_then(|number| number.parse().ok());
    let recipients = recipients.ok_or(ConsoleError::BadRequest("malformed", "Count the recipients first."))?;
    mailings::approve(&opened.session, opened.id, opened.second, recipients).await?;
    Ok(back_to(opened))
}

/// `POST /console/mailings/{campaign}/{mailing}/pause` and `/resume`.
pub async fn pause(opened: &Opened<'_>, paused: bool) -> Result<Response<Body>, ConsoleError> {
    mailings::pause(&opened.session, opened.id, opened.second, paused).await?;
    Ok(back_to(opened))
}

fn back_to(opened: &Opened<'_>) -> Response<Body> {
    http::see_other(&format!("/console/mails?campaign={}", opened.id))
}
