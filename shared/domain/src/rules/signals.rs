//! What other systems report: a visit, a reply, a call, a deal won or lost, a wish for no more mail, a new lead.
//!
//! A report is kept as a signal under its id, in the same write as its effect: told again, it has none (R26). No report
//! ever raises a consent, and none starts marketing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kit::ids::CampaignId;
use crate::kit::limits;
use crate::kit::vocabulary::ExitReason;
use crate::kit::vocabulary::SignalKind;
use crate::lead::consent::Method;
use crate::lead::signal;
use crate::lead::signal::{ReportId, Signal};
use crate::lead::stage::{Mover, Stage};
use crate::lead::{Lead, SuppressionReason};
use crate::rules::capture::record_post;
use crate::rules::consent::opt_out;
use crate::rules::context::Context;
use crate::rules::form::Submission;
use crate::rules::notices;
use crate::rules::owners;
use crate::rules::sales::{By, SalesAction};
use crate::rules::stages::{move_to, note, note_worth};

/// One thing that another system, or a button of ours, reports of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Told twice under one id, it counts once.
    pub id: ReportId,
    /// Who says so, as the timeline shows it: the name of a trigger source.
    pub source: String,
    /// When it happened; a moment to come counts as now.
    #[serde(with = "crate::kit::seconds")]
    pub at: Timestamp,
    /// What happened.
    pub what: Reported,
    /// What a sale brought, in cents.
    pub cents: Option<u64>,
}

impl Report {
    /// Whether it says that the person wants no more mail.
    pub fn is_opt_out(&self) -> bool {
        matches!(self.what, Reported::Signal(SignalKind::Unsubscribe, _))
    }
}

/// What can be reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reported {
    /// The person did something, or something was done about them; about what, which may be nothing.
    Signal(SignalKind, String),
    /// The person left their details elsewhere, for this campaign.
    Lead(CampaignId, Submission),
}

/// A report about a known lead; whether it says something new. One that does not has no effect.
pub(super) fn take(lead: &mut Lead, report: &Report, cx: &Context<'_>) -> bool {
    let (kind, of) = match &report.what {
        Reported::Signal(kind, about) => (*kind, about.chars().take(limits::SUBJECT_CHARS_MAX).collect()),
        Reported::Lead(campaign, _) => (SignalKind::Form, campaign.to_string()),
    };
    let at = report.at.min(cx.now);
    let signal = Signal {
        kind,
        at,
        of,
        id: Some(report.id.clone()),
        source: Some(report.source.clone()),
    };
    if !signal::add(&mut lead.signals, signal) {
        return false;
    }
    match &report.what {
        Reported::Lead(campaign, submission) => {
            if let Some(published) = cx.catalog.published(campaign) {
                record_post(lead, published, submission, Some(&report.source), cx);
            }
        }
        // An email that was answered before a sequence began is no answer to it.
        Reported::Signal(kind @ (SignalKind::Reply | SignalKind::Meeting), _) => {
            notices::contact(lead, *kind, cx);
            lead.exit_where(ExitReason::Reply, cx.catalog, cx.now, |enrolment| {
                enrolment.started_at <= at
            });
        }
        // A no counts whenever it was said: nobody is mailed on the strength of another system's clock.
        Reported::Signal(SignalKind::Unsubscribe, _) => {
            opt_out(lead, Method::Reported, SuppressionReason::Unsubscribe, cx);
        }
        // The telephone system noted what a salesperson would have: it is an attempt, if somebody is to call.
        Reported::Signal(SignalKind::CallReached, _) => {
            note(lead, &SalesAction::Reached(None), &By::report(&report.source), None, cx);
        }
        Reported::Signal(SignalKind::CallNoAnswer, _) => {
            note(
                lead,
                &SalesAction::NoAnswer(None),
                &By::report(&report.source),
                None,
                cx,
            );
        }
        Reported::Signal(kind, _) if kind.is_outcome() => settle_sale(lead, *kind, at, report, cx),
        Reported::Signal(..) => {}
    }
    true
}

/// How a sale ended moves the stage, unless a later end is known already: they come in any order. Whoever bought stays a
/// customer when a further sale is lost.
fn settle_sale(lead: &mut Lead, kind: SignalKind, at: Timestamp, report: &Report, cx: &Context<'_>) {
    let outdated = lead
        .signals
        .iter()
        .any(|known| known.kind.is_outcome() && known.at > at);
    let to = match kind {
        SignalKind::Won => Stage::Customer,
        _ if lead.stage == Stage::Customer => return,
        _ => Stage::Disqualified,
    };
    if outdated {
        return;
    }
    let about = owners::campaign_of(lead);
    for step in way(lead.stage, to) {
        let reason = match &report.what {
            Reported::Signal(SignalKind::Lost, why) if !why.is_empty() => {
                let why: String = why.chars().take(limits::SUBJECT_CHARS_MAX).collect();
                format!("lost: {why} ({})", report.source)
            }
            _ => format!("{} ({})", kind.code(), report.source),
        };
        move_to(lead, step, Mover::Report, reason, &about, cx);
    }
    note_worth(lead, report.cents.filter(|_| kind == SignalKind::Won));
}

/// The shortest way between two stages along the allowed moves, without the first; empty when there is none.
pub(super) fn way(from: Stage, to: Stage) -> Vec<Stage> {
    let mut ways = vec![vec![from]];
    for n in 0.. {
        let Some(known) = ways.get(n).cloned() else { break };
        let here = *known.last().expect("a way has a start");
        if here == to {
            return known[1..].to_vec();
        }
        for next in Stage::ALL {
            let seen = ways.iter().any(|way| way.contains(&next));
            if here.may_move_to(next) && !seen {
                ways.push([known.as_slice(), &[next]].concat());
            }
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests;
