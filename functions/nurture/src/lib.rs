//! Every mail that is due leaves from here, and only from here.
//!
//! A sweep asks each shard of the `due` index which leads may want something, loads each lead, and lets the rules
//! decide. A mail is claimed in one conditional write, handed to SES in one request, and recorded in a second write.
//! Leads are handled side by side; one that fails never holds up another.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use piste_adapters::app::{Applied, Start};
use piste_adapters::clock::claim_token;
use piste_adapters::mail::ses::Mailer;
use piste_adapters::mail::{self, ComposeFailure};
use piste_adapters::store::StoreError;
use piste_adapters::{App, aws, telemetry};
use piste_domain::decide::SendOrder;
use piste_domain::ledger::{Outcome, SendState};
use piste_domain::{Input, LeadId};
use serde_json::{Value, json};

/// Leads handled side by side. SES grants new accounts one mail a second and usual ones fourteen; its own throttling
/// answer is obeyed, so this only bounds the open connections.
const SIDE_BY_SIDE: usize = 5;
/// Leads read from one shard at a time.
const PAGE: i32 = 50;
/// No lead is started unless a send and its record still fit before the function is stopped (R14).
const TIME_FOR_ONE: Duration = Duration::from_secs(aws::SES_TIMEOUT.as_secs() + 10);

/// What a sweep works with.
#[derive(Debug)]
pub struct Nurture<'a> {
    app: &'a App,
    mailer: &'a Mailer,
    events_trusted: bool,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Leads that the index named and that were looked at.
    pub leads: usize,
    /// Mails that SES accepted.
    pub sent: usize,
    /// Leads that could not be settled this time and stay due.
    pub failed: usize,
    /// Whether SES asked to slow down; the rest waits for the next minute.
    pub throttled: bool,
    /// Whether a part of the index could not be read: who was due there is not known.
    pub blind: bool,
}

/// Answers the schedule (a sweep over all shards) and the table's stream (only the leads it names).
///
/// # Errors
/// For the stream, the records to deliver again are named in the answer (`batchItemFailures`). A sweep fails when it could not
/// read the index, after doing what it could: that must ring the alarm, or nobody would notice that no mail leaves.
pub async fn handle(nurture: &Nurture<'_>, event: &Value, deadline_ms: u64) -> Result<Value, lambda_runtime::Error> {
    let Some(records) = event.get("Records").and_then(Value::as_array) else {
        let swept = nurture.sweep(Deadline(deadline_ms)).await;
        if swept.blind {
            return Err("the index of due leads could not be read; see due_failed".into());
        }
        return Ok(json!({ "leads": swept.leads, "sent": swept.sent, "failed": swept.failed }));
    };
    let run = Run::until(Deadline(deadline_ms));
    let mut failures = Vec::new();
    for record in records {
        let keys = &record["dynamodb"]["Keys"];
        let woken = record["dynamodb"]["NewImage"]["wake"]["BOOL"] == true && keys["sk"]["S"] == "lead";
        let Some(id) = keys["pk"]["S"].as_str().filter(|id| woken && LeadId::is_valid(id)) else {
            continue;
        };
        let number = &record["dynamodb"]["SequenceNumber"];
        if run.throttled() {
            break; // to come again at once would not help; the next tick finds the rest
        } else if !run.goes_on(nurture.app) {
            failures.push(json!({ "itemIdentifier": number }));
        } else if let Err(error) = nurture.handle_lead(&LeadId::new(id), &run).await {
            telemetry::log(
                "wake_failed",
                &[("lead", (&LeadId::new(id)).into()), ("error", (&error).into())],
            );
            failures.push(json!({ "itemIdentifier": number }));
        }
    }
    Ok(json!({ "batchItemFailures": failures }))
}

/// When the function is stopped, in milliseconds since 1970; 0 is never.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(pub u64);

impl Deadline {
    /// Whether one more lead fits.
    fn leaves_time(self, app: &App) -> bool {
        let now_ms = app.now().as_millisecond().unsigned_abs();
        self.0 == 0 || now_ms + TIME_FOR_ONE.as_millis() as u64 <= self.0
    }
}

/// One run over some leads: when it must be over, and whether SES asked to slow down meanwhile.
#[derive(Debug)]
struct Run {
    until: Deadline,
    throttled: AtomicBool,
}

impl Run {
    fn until(until: Deadline) -> Self {
        Self {
            until,
            throttled: AtomicBool::new(false),
        }
    }

    fn throttled(&self) -> bool {
        self.throttled.load(Ordering::Relaxed)
    }

    /// Whether another mail may be begun. What is under way is always ended (R18).
    fn goes_on(&self, app: &App) -> bool {
        !self.throttled() && self.until.leaves_time(app)
    }
}

impl<'a> Nurture<'a> {
    /// A sweep by these parts. `events_trusted`: whether a missing event of SES proves that a mail was not accepted.
    pub fn new(app: &'a App, mailer: &'a Mailer, events_trusted: bool) -> Self {
        Self {
            app,
            mailer,
            events_trusted,
        }
    }

    /// Handles every lead that is due now, all shards side by side.
    pub async fn sweep(&self, until: Deadline) -> Swept {
        let now = self.app.now();
        let run = Run::until(until);
        let shards = (0..self.app.store.due_shards()).map(|shard| self.sweep_shard(shard, now, &run));
        let parts = futures_util::future::join_all(shards).await;
        let swept = parts.into_iter().fold(Swept::default(), |a, b| Swept {
            leads: a.leads + b.leads,
            sent: a.sent + b.sent,
            failed: a.failed + b.failed,
            throttled: run.throttled(),
            blind: a.blind || b.blind,
        });
        if swept.leads > 0 {
            telemetry::log(
                "swept",
                &[
                    ("leads", swept.leads.into()),
                    ("sent", swept.sent.into()),
                    ("failed", swept.failed.into()),
                ],
            );
        }
        swept
    }

    async fn sweep_shard(&self, shard: u32, now: Timestamp, run: &Run) -> Swept {
        let mut swept = Swept::default();
        let mut from = None;
        loop {
            let page = match self.app.store.due(shard, now, PAGE, from).await {
                Ok(page) => page,
                Err(error) => {
                    telemetry::log("due_failed", &[("error", (&error).into())]);
                    swept.blind = true;
                    return swept;
                }
            };
            let mut handled = stream::iter(page.rows)
                .map(|(id, _)| async move {
                    let handled = if run.goes_on(self.app) {
                        self.handle_lead(&id, run).await.map(Some)
                    } else {
                        Ok(None)
                    };
                    (id, handled)
                })
                .buffer_unordered(SIDE_BY_SIDE);
            // To its end, even when nothing more is begun: a lead that is dropped half-way stays claimed.
            while let Some((id, handled)) = handled.next().await {
                match handled {
                    Ok(Some(sent)) => {
                        swept.leads += 1;
                        swept.sent += sent;
                    }
                    Ok(None) => {} // what stays due is found again
                    Err(error) => {
                        swept.failed += 1;
                        telemetry::log("lead_failed", &[("lead", (&id).into()), ("error", (&error).into())]);
                    }
                }
            }
            from = page.next;
            if from.is_none() || !run.goes_on(self.app) {
                return swept;
            }
        }
    }

    /// Sends what is due to one lead, mail after mail, and says how many left.
    async fn handle_lead(&self, id: &LeadId, run: &Run) -> Result<usize, StoreError> {
        let mut sent = 0;
        let mut start = Start::Known;
        loop {
            let wake = Input::Wake {
                token: claim_token(),
                events_trusted: self.events_trusted,
            };
            // A claim whose write got no answer ends here, unsent: it may be ours or not (R3).
            let woken_at = self.app.now();
            let applied = self.app.apply(id, start, wake).await?;
            report_unknown(&applied, woken_at);
            let Applied {
                send: Some(order),
                lead: Some(claimed),
                ..
            } = applied
            else {
                return Ok(sent);
            };
            let outcome = self.send(&order).await;
            let (event, code) = match &outcome {
                Outcome::Accepted { .. } => ("sent", "accepted"),
                Outcome::Throttled => ("not_sent", "throttled"),
                Outcome::RefusedForNow { code } | Outcome::Refused { code } => ("not_sent", code.as_str()),
                Outcome::Ambiguous => ("not_sent", "ambiguous"),
            };
            telemetry::log(
                event,
                &[
                    ("lead", id.into()),
                    ("send", (&order.send_id).into()),
                    ("code", telemetry::code(code)),
                ],
            );
            let accepted = matches!(outcome, Outcome::Accepted { .. });
            sent += usize::from(accepted);
            if outcome == Outcome::Throttled {
                run.throttled.store(true, Ordering::Relaxed);
            }
            let settle = Input::Settle(order.send_id, order.token, outcome);
            let settled = self.app.apply(id, Start::Held(Box::new(claimed)), settle).await?;
            start = match settled.lead {
                Some(lead) if accepted && run.goes_on(self.app) => Start::Held(Box::new(lead)),
                _ => return Ok(sent),
            };
        }
    }

    async fn send(&self, order: &SendOrder) -> Outcome {
        let refused = |code: &str| Outcome::Refused { code: code.to_owned() };
        let mime = match mail::write(self.app, order, self.app.now()).await {
            Ok(mime) => mime,
            Err(ComposeFailure::Store(_)) => {
                return Outcome::RefusedForNow {
                    code: "template_unread".into(),
                };
            }
            Err(ComposeFailure::Broken(code)) => return refused(code),
        };
        match self
            .app
            .catalog()
            .await
            .ok()
            .and_then(|catalog| Some(catalog.get(&order.campaign)?.sender.from.clone()))
        {
            Some(from) => self.mailer.send(order, &from, mime).await,
            None => refused("campaign_gone"),
        }
    }
}

/// A mail whose fate nobody will ever know is told once, when it is given up.
fn report_unknown(applied: &Applied, woken_at: Timestamp) {
    let sends = applied
        .lead
        .iter()
        .filter(|_| applied.changed)
        .flat_map(|lead| lead.sends());
    for (_, send) in sends.filter(|(_, send)| send.state == SendState::Unknown && send.at >= woken_at) {
        telemetry::log("unknown", &[("send", (&send.id).into())]);
    }
}
