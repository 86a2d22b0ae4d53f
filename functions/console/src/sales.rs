//! The follow-up of a lead by sales: what programs read of it, and the card of the lead's page.

use jiff::Timestamp;
use maud::{Markup, html};
use piste_adapters::users::Role;
use piste_domain::campaign::sales::Tier;
use piste_domain::kit::format;
use piste_domain::kit::limits::NOTE_CHARS_MAX;
use piste_domain::lead::case::{Cause, Closing};
use piste_domain::lead::stage::Stage;
use piste_domain::rules::criteria;
use piste_domain::rules::owners::campaign_of;
use piste_domain::{CampaignId, Lead, Locale, Personal};
use serde::Serialize;

use crate::Session;
use crate::texts::{common, sales as texts};

/// The follow-up of a lead: its open case, else the latest.
#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct CaseView {
    /// The id of whoever has it.
    pub owner: String,
    pub owner_name: String,
    /// Whose it is again once they are back from leave.
    pub covers_for: Option<String>,
    pub campaign: CampaignId,
    pub round: u32,
    pub cause: Cause,
    pub tier: Tier,
    pub opened_at: Timestamp,
    /// Until when the first response is due.
    pub deadline: Timestamp,
    /// When it came.
    pub answered_at: Option<Timestamp>,
    pub overdue: bool,
    pub attempts: Vec<AttemptView>,
    /// How many attempts are planned in all.
    pub attempts_planned: usize,
    /// What is to be done next; `null` only where the case is closed.
    pub task: Option<TaskView>,
    pub closed: Option<ClosedView>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct AttemptView {
    pub at: Timestamp,
    /// Who noted it.
    pub by: String,
    #[cfg_attr(feature = "describe", schemars(extend("enum" = ["reached", "no_answer"])))]
    pub outcome: &'static str,
    pub note: Option<Personal>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct TaskView {
    /// `call`, or `decide` once the person was reached.
    #[cfg_attr(feature = "describe", schemars(extend("enum" = ["call", "decide"])))]
    pub kind: &'static str,
    pub from: Timestamp,
    pub until: Timestamp,
    pub escalated: bool,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ClosedView {
    pub at: Timestamp,
    pub why: Closing,
}

#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct CheckView {
    pub what: String,
    /// Whether the answer that counts meets it.
    pub met: bool,
    /// Who noted that answer; `null` where only a post says it.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

/// The follow-up of a lead as programs read it.
pub fn view(session: &Session<'_>, lead: &Lead) -> Option<CaseView> {
    let case = lead.open_case().or(lead.cases.last())?;
    let campaign = case.campaign(lead);
    let campaign_file = session.catalog.get(campaign);
    let sales = campaign_file.and_then(|campaign| campaign.sales.as_ref());
    let owner = sales.and_then(|sales| sales.owner(&case.owner));
    Some(CaseView {
        owner: case.owner.clone(),
        owner_name: owner.map_or_else(|| case.owner.clone(), |owner| owner.name.clone()),
        covers_for: case.covers_for.clone(),
        campaign: campaign.clone(),
        round: case.round,
        cause: case.cause,
        tier: case.tier,
        opened_at: case.opened_at,
        deadline: case.deadline,
        answered_at: case.answered.map(|answered| answered.at),
        overdue: case.is_overdue(session.now),
        attempts: case
            .attempts
            .iter()
            .map(|attempt| AttemptView {
                at: attempt.at,
                by: attempt.name().to_owned(),
                outcome: if attempt.reached { "reached" } else { "no_answer" },
                note: attempt.note.clone(),
            })
            .collect(),
        attempts_planned: sales.map_or(0, |sales| sales.attempts.len()),
        task: case.task.map(|task| TaskView {
            kind: if case.reached() { "decide" } else { "call" },
            from: task.from,
            until: task.until,
            escalated: task.escalated,
        }),
        closed: case.closed.map(|closed| ClosedView {
            at: closed.at,
            why: closed.how,
        }),
    })
}

/// What makes an SQL, as programs read it.
pub fn checklist(session: &Session<'_>, lead: &Lead) -> Vec<CheckView> {
    let campaign = session.catalog.get(&campaign_of(lead));
    let sales = campaign.and_then(|campaign| campaign.sales.as_ref());
    let lines = sales.into_iter().flat_map(|sales| criteria::checklist(sales, lead));
    lines
        .map(|(criterion, met)| {
            let said = lead.words.said(&criterion.when.field);
            let noted = said.and_then(|said| Some((said.at, said.by?.to_owned())));
            CheckView {
                what: criterion.what.get(session.locale).to_owned(),
                met,
                at: noted.as_ref().map(|(at, _)| *at),
                by: noted.map(|(_, by)| by),
            }
        })
        .collect()
}

/// The card of a lead's page: who is in charge, by when, what was tried, what makes an SQL, and what happened since.
pub fn card(
    session: &Session<'_>,
    lead: &Lead,
    view: Option<&CaseView>,
    checklist: &[CheckView],
    zone: &jiff::tz::TimeZone,
    typed: &dyn Fn(&str) -> Option<String>,
) -> Markup {
    let locale = session.locale;
    let moment = |at| format::moment(at, zone, locale);
    html! {
        @if let Some(view) = view {
            div.card {
                h2 { (texts::follow_up(locale)) @if view.overdue { " " span.pill { (common::overdue(locale)) } } }
                dl {
                    dt { (texts::owner(locale)) } dd { (view.owner_name) }
                    dt { (texts::assigned(locale)) } dd { (moment(view.opened_at)) " · " (texts::cause(locale, view.cause)) }
                    dt { (texts::first_response(locale)) }
                    dd {
                        @match view.answered_at {
                            Some(at) => { (moment(at)) }
                            None => { (texts::due_by(locale, &moment(view.deadline))) }
                        }
                    }
                    dt { (texts::attempts(locale)) }
                    dd {
                        (texts::attempts_of(locale, view.attempts.len(), view.attempts_planned))
                        @for attempt in &view.attempts {
                            br; (moment(attempt.at)) " · "
                            @if attempt.outcome == "reached" { (texts::was_reached(locale)) } @else { (texts::did_not_answer(locale)) }
                            " · " (attempt.by)
                            @if let Some(note) = &attempt.note { br; span.typed { (note.expose()) } }
                        }
                    }
                    @if let Some(task) = &view.task {
                        dt { (texts::next_task(locale)) }
                        dd {
                            @if task.kind == "decide" { (texts::decide(locale)) } @else { (texts::call(locale)) }
                            " · " (moment(task.from)) @if task.escalated { " · " (texts::escalated(locale)) }
                        }
                    }
                    @if let Some(closed) = &view.closed {
                        dt { (texts::ended(locale)) } dd { (moment(closed.at)) " · " (closing(closed.why, lead.stage, locale)) }
                    }
                }
            }
        }
        @if session.may(Role::Sales) {
            div.card {
                h2 { (texts::log_call(locale)) }
                (attempt_form(lead, locale, typed))
            }
        }
        @if !checklist.is_empty() {
            div.card {
                h2 { (texts::checklist(locale)) }
                ul.plain {
                    @for line in checklist {
                        li { @if line.met { "✓ " } @else { "✗ " } (line.what) " " span.soft.small {
                            @match (line.met, &line.by, line.at) {
                                (true, Some(by), Some(at)) => { (by) " · " (moment(at)) }
                                (true, ..) => { (texts::met(locale)) }
                                (false, ..) => { (texts::to_ask(locale)) }
                            }
                        } }
                    }
                }
            }
        }
    }
}

/// A refused form comes back as it was sent.
fn attempt_form(lead: &Lead, locale: Locale, typed: &dyn Fn(&str) -> Option<String>) -> Markup {
    let chosen = typed("outcome");
    let outcomes = [
        ("no_answer", texts::outcome_no_answer(locale)),
        ("reached", texts::outcome_reached(locale)),
        ("snooze", texts::outcome_snooze(locale)),
        ("not_a_fit", texts::outcome_not_a_fit(locale)),
    ];
    html! {
        form method="post" action={ "/console/leads/" (lead.id) "/attempts" } {
            div.field {
                label for="outcome" { (texts::outcome(locale)) }
                select id="outcome" name="outcome" { @for (code, words) in outcomes { option value=(code) selected[chosen.as_deref() == Some(code)] { (words) } } }
            }
            div.field {
                label for="note" { (texts::what_was_said(locale)) }
                textarea id="note" name="note" rows="3" maxlength=(NOTE_CHARS_MAX) { (typed("note").unwrap_or_default()) }
            }
            div.field {
                label for="until" { (texts::snooze_until(locale)) }
                input type="datetime-local" id="until" name="until" value=(typed("until").unwrap_or_default());
            }
            button type="submit" { (texts::log(locale)) }
        }
    }
}

/// How the follow-up ended; what came of it later counts, too.
fn closing(how: Closing, stage: Stage, locale: Locale) -> &'static str {
    match (how, stage) {
        (Closing::Accepted | Closing::Moved, Stage::Customer) => texts::became_customer(locale),
        _ => texts::closing(locale, how),
    }
}
