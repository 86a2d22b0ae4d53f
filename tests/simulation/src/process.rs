//! A process: one sandbox of one function, with the world as it sees it. Its clock may be off, its requests may fail
//! before or after they are done, and it may die at any of them.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use piste_adapters::mail::ses::{CANARY_TAG, MailService, Parcel};
use piste_adapters::outbound::Wire;
use piste_adapters::store::StoreErrorKind;
use piste_adapters::store::memory::{Fate, Weather};
use piste_crm::{Answer, Broken, Call};
use piste_domain::campaign::destination::Kind;
use piste_domain::lead::deliveries::{SET_ASIDE_FROM, Told, relay_at};
use piste_domain::lead::erasure::ErasedBy;
use piste_domain::lead::ledger::{EntryState, Outcome};
use piste_domain::rules::desk::Desk;
use piste_domain::rules::destinations::Health;
use piste_domain::rules::sending::Quota;
use piste_domain::{Lead, LeadId, Tombstone};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::house::House;
use crate::others;
use crate::plan::{Fault, Moment};
use crate::shared::{Event, Shared};

/// What a process wrote last: by it the rows of the crash table are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrote {
    Nothing,
    Claim,
    Record,
}

/// The world of one process.
#[derive(Debug)]
pub struct Process {
    shared: Arc<Shared>,
    house: Arc<House>,
    number: u64,
    /// Whether it works for the world itself: nothing goes wrong then.
    spared: bool,
    skew_ms: AtomicI64,
    /// Rings when it dies.
    pub death: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    wrote: Wrote,
    /// An email of its own is claimed and not recorded.
    holds_claim: bool,
    /// SES accepted that email.
    accepted: bool,
    /// This is the request after which it dies.
    doomed: Option<Moment>,
    lag: Option<SignedDuration>,
    /// A call to another system is under way.
    calls: bool,
}

impl Process {
    /// A new process.
    pub fn new(shared: Arc<Shared>, house: Arc<House>, spared: bool) -> Self {
        let process = Self {
            number: shared.number(),
            shared,
            house,
            spared,
            skew_ms: AtomicI64::new(0),
            death: Notify::new(),
            state: Mutex::new(State {
                wrote: Wrote::Nothing,
                holds_claim: false,
                accepted: false,
                doomed: None,
                lag: None,
                calls: false,
            }),
        };
        process.set_clock();
        process
    }

    /// Sets its clock wrong, if clocks are wrong in this run.
    pub fn set_clock(&self) {
        if !self.spared && self.shared.strikes(Fault::ClockSkew) {
            // A delivery's lease of five minutes has room for the two that a relay lives and for clocks that far apart.
            let most: i64 = match self.shared.plan.told.is_empty() {
                true => 300_000,
                false => 80_000,
            };
            let skew = self.shared.chance().below(2 * most.unsigned_abs()).cast_signed() - most;
            self.skew_ms.store(skew, Ordering::Relaxed);
        }
    }

    /// The moment by its own clock.
    pub fn clock(&self) -> Timestamp {
        let skew = if self.shared.is_calm() {
            0
        } else {
            self.skew_ms.load(Ordering::Relaxed)
        };
        self.shared.now() + SignedDuration::from_millis(skew)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn strikes(&self, fault: Fault) -> bool {
        !self.spared && self.shared.strikes(fault)
    }

    fn see(&self, sight: &'static str) {
        self.shared.coverage().see(sight);
    }

    /// Dies here: nothing after this line ever happens.
    async fn die(&self) {
        self.death.notify_one();
        std::future::pending::<()>().await;
    }

    /// Hangs here until the function is stopped.
    async fn hang(&self) {
        let frozen = self.state().holds_claim;
        if frozen {
            self.see("crash: frozen with a claim until the function was stopped");
        }
        sleep(Duration::from_secs(120)).await;
        // Whoever is not stopped by the platform is stopped here: no function lives that long.
        self.die().await;
    }

    /// Notes on which row of the crash table a death is.
    fn note_death(&self, before: bool) {
        let (wrote, holds, accepted, calls) = {
            let state = self.state();
            (state.wrote, state.holds_claim, state.accepted, state.calls)
        };
        if calls {
            self.see(if before {
                "a relay died before a call"
            } else {
                "a relay died after a call"
            });
            return;
        }
        match (before, wrote, holds, accepted) {
            (true, Wrote::Nothing, false, _) => self.see("crash: before the claim"),
            (false, Wrote::Claim, true, false) => self.see("crash: claim applied, answer lost, process died"),
            (_, _, true, true) => self.see("crash: SES accepted, before the record"),
            (false, Wrote::Record, false, _) => self.see("crash: record applied, answer lost"),
            _ => {}
        }
    }

    async fn begin(&self, request: &'static str) {
        if self.spared {
            return;
        }
        // To die while asking who is due is to die before anything: not worth a place among the deaths of one lead.
        let doomed = match request {
            "due" => None,
            _ => {
                let request = self.shared.request();
                let mut deaths = self.shared.plan.crash_at.iter();
                deaths.find(|point| point.request == request).map(|point| point.moment)
            }
        };
        self.state().doomed = doomed;
        if doomed == Some(Moment::Before) || self.strikes(Fault::CrashBefore) {
            self.note_death(true);
            self.die().await;
        }
        if self.strikes(Fault::Hang) {
            self.hang().await;
        }
        if self.strikes(Fault::Slow) {
            let ms = self.shared.chance().below(3_000);
            sleep(Duration::from_millis(ms)).await;
        }
    }

    async fn finish(&self) {
        if self.spared {
            return;
        }
        let doomed = self.state().doomed.take();
        match doomed {
            Some(Moment::TooLate) => self.hang().await,
            Some(Moment::After) => {
                self.note_death(false);
                self.die().await;
            }
            _ => {}
        }
        if self.strikes(Fault::CrashAfter) {
            self.note_death(false);
            self.die().await;
        }
    }
}

impl Weather for Process {
    fn before(&self, request: &'static str) -> BoxFuture<'_, Fate> {
        // Most requests have fair weather; they need no task of their own to be so.
        if self.spared {
            return Box::pin(std::future::ready(Fate::Done));
        }
        Box::pin(async move {
            self.begin(request).await;
            if self.strikes(Fault::StoreThrottled) {
                Fate::Failed(StoreErrorKind::Throttled)
            } else if self.strikes(Fault::StoreNoAnswer) {
                Fate::Failed(StoreErrorKind::NoAnswer)
            } else if self.strikes(Fault::StoreAnswerLost) {
                Fate::AnswerLost
            } else if request != "count" && self.strikes(Fault::StoreRepeated) {
                Fate::Repeated
            } else {
                Fate::Done
            }
        })
    }

    fn after(&self, _request: &'static str) -> BoxFuture<'_, ()> {
        Box::pin(self.finish())
    }

    fn lag(&self) -> SignedDuration {
        let mut state = self.state();
        if state.lag.is_none() && !self.spared && self.shared.strikes(Fault::IndexLag) {
            state.lag = Some(SignedDuration::from_secs(self.shared.chance().below(600).cast_signed()));
        }
        match self.shared.is_calm() {
            true => SignedDuration::ZERO,
            false => state.lag.unwrap_or_default(),
        }
    }

    fn now(&self) -> Timestamp {
        self.shared.now()
    }

    fn buried(&self, lead: &Lead, tombstone: &Tombstone) {
        self.shared.checker().buried(lead, tombstone, self.shared.now());
        if tombstone.by == ErasedBy::Retention {
            self.see("never confirmed, and erased");
        }
    }

    fn desk_saved(&self, desk: &Desk) {
        self.shared.checker().desk_saved(desk, self.shared.now());
        if let Some(due) = desk.due_at {
            let ms = due.duration_since(self.shared.plan.start).as_millis() as i64;
            self.shared.stir(ms);
        }
    }

    fn conflicted(&self) {
        self.see("conflict on a write");
    }

    fn told(&self, id: &LeadId, old: &[Told], new: &[Told], alive: bool) {
        if old.is_empty() && new.is_empty() {
            return;
        }
        let now = self.shared.now();
        let mut checker = self.shared.checker();
        checker.told_changed(id, (old, new), alive, now, &mut self.shared.coverage());
        drop(checker);
        let Some(at) = relay_at(new).filter(|at| *at < SET_ASIDE_FROM) else {
            return;
        };
        if at == 0 && !self.strikes(Fault::StreamLost) {
            let delay = self.shared.chance().between(200, 2_000);
            self.shared.later(delay, Event::Wake(id.to_string()));
        }
        self.shared.stir(at * 1_000 - self.shared.plan.start.as_millisecond());
    }

    fn health_saved(&self, health: &Health) {
        let now = self.shared.now();
        self.shared.checker().stopped(health, now, &mut self.shared.coverage());
        // Somebody is told of it, and mends it when they have the time.
        if health.stop.as_ref().is_some_and(|stop| stop.until.is_none()) {
            let wait = self.shared.chance().between(600_000, 40 * 3_600_000);
            self.shared
                .later(wait, Event::Resume(health.destination.to_string(), 0));
        }
    }

    fn saved(&self, old: Option<&Lead>, new: &Lead, wake: bool) {
        let now = self.shared.now();
        self.shared.checker().saved(old, new, now, &mut self.shared.coverage());
        let claims = |lead: &Lead| {
            lead.ledger()
                .any(|(_, send)| matches!(send.state(), EntryState::Claimed { .. }))
        };
        let (had, has) = (old.is_some_and(claims), claims(new));
        {
            let mut state = self.state();
            match (had, has) {
                (false, true) => {
                    *state = State {
                        wrote: Wrote::Claim,
                        holds_claim: true,
                        accepted: false,
                        doomed: state.doomed,
                        lag: state.lag,
                        calls: state.calls,
                    };
                }
                (true, false) => {
                    if !state.holds_claim && new.ledger().count() > 0 {
                        self.see("claim settled by an event");
                    }
                    state.wrote = Wrote::Record;
                    state.holds_claim = false;
                    state.accepted = false;
                }
                _ => {}
            }
        }
        if let Some(due) = new.due_at {
            let ms = due.duration_since(self.shared.plan.start).as_millis() as i64;
            self.shared.stir(ms);
        }
        if wake && !self.strikes(Fault::StreamLost) {
            let times = 1 + u64::from(self.strikes(Fault::StreamRepeated));
            for n in 0..times {
                let delay = self.shared.chance().between(200, 2_000) + n * 30_000;
                self.shared.later(delay, Event::Stream(new.id.to_string()));
            }
        }
    }
}

impl Wire for Process {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, Broken>> {
        Box::pin(async move {
            self.state().calls = true;
            self.begin("call").await;
            let ms = self.shared.chance().between(50, 400);
            sleep(Duration::from_millis(ms)).await;
            let answer = self.hear(&call);
            self.finish().await;
            self.state().calls = false;
            match answer {
                Some(answer) => Ok(answer),
                // Nothing comes: the client gives up.
                None => std::future::pending().await,
            }
        })
    }
}

impl Process {
    /// What comes of a call; `None` where no answer comes.
    fn hear(&self, call: &Call) -> Option<Answer> {
        let (shared, now) = (&self.shared, self.shared.now());
        let mut others = shared.others();
        let Some(name) = others.name(call) else {
            shared.checker().fail("R113: a call to nobody we know");
            return None;
        };
        let lead = others.about(&name, call);
        if let Some(lead) = &lead {
            shared.checker().called(&name, lead, call, now);
        } else if !others::asks_token(call) && !others::is_of_destinations(call) {
            let way = call.url.split('?').next().unwrap_or_default();
            shared
                .checker()
                .fail(format!("R25: a call to {name} about nobody: {way}"));
        }
        if let Some(silent) = others.is_down(&name, shared.ms()) {
            return (!silent).then(|| others::bare(503, "down"));
        }
        if self.strikes(Fault::CallCut) {
            return None;
        }
        if self.strikes(Fault::CallRefused) {
            // Some of these stop the destination until somebody has looked at it.
            let statuses = [429, 500, 502, 503, 504, 429, 500, 502, 503, 504, 401, 403, 410];
            return Some(others::bare(*shared.chance().pick(&statuses), "refused"));
        }
        let heard = others.hear(&name, lead.as_ref(), call, now);
        let is_crm = others.kind(&name).is_some_and(Kind::is_crm);
        drop(others);
        let lost = self.strikes(Fault::CallAnswerLost);
        let lie = self.strikes(Fault::CallLied).then(|| *shared.chance().pick(&LIES));
        if let Some(lead) = &lead {
            // Of a webhook or a chat nothing but the status is believed.
            let believed = lie.is_none_or(|(status, _)| !is_crm && (200..300).contains(&status));
            let said = (heard.status, !lost && believed);
            shared.checker().answered(&name, lead, call, said);
        }
        let said = lie.map_or(heard, |(status, text)| others::bare(status, text));
        (!lost).then_some(said)
    }
}

/// What is none of a system's own words, though it did what it was asked to.
const LIES: [(u16, &str); 4] = [
    (200, "<!doctype html><title>Maintenance</title>"),
    (200, ""),
    (302, ""),
    (504, "<!doctype html><title>Gateway</title>"),
];

/// SES, as one process reaches it.
#[derive(Debug)]
pub struct Counter(pub Arc<Process>);

/// How long the client waits for SES.
const SES_TIMEOUT: Duration = Duration::from_secs(10);

impl MailService for Counter {
    fn send<'a>(&'a self, parcel: Parcel<'a>, mime: Vec<u8>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let process = &*self.0;
            process.begin("send").await;
            let busy = || Outcome::RefusedForNow {
                code: "MailFromDomainNotVerifiedException".into(),
            };
            let canary = parcel.tags.iter().any(|(name, _)| *name == CANARY_TAG);
            if process.strikes(Fault::SesThrottled) {
                return Outcome::Postponed;
            }
            if process.strikes(Fault::SesBusy) {
                return busy();
            }
            if !canary && process.strikes(Fault::SesRefused) {
                return Outcome::Refused {
                    code: "MessageRejected".into(),
                };
            }
            if process.strikes(Fault::SesLost) {
                process.see("crash: SES gave no answer and had not accepted");
                sleep(SES_TIMEOUT).await;
                return Outcome::Ambiguous;
            }
            let Some(message_id) = process.house.take(process.number, &parcel, &mime) else {
                return Outcome::Postponed;
            };
            process.state().accepted = true;
            process.finish().await;
            if process.strikes(Fault::SesAcceptLost) {
                process.see("crash: SES gave no answer and had accepted");
                sleep(SES_TIMEOUT).await;
                return Outcome::Ambiguous;
            }
            Outcome::Accepted { message_id }
        })
    }

    fn quota(&self) -> BoxFuture<'_, Option<(Quota, u64)>> {
        Box::pin(async move {
            let process = &*self.0;
            process.begin("quota").await;
            process.finish().await;
            (!process.strikes(Fault::QuotaUnread)).then(|| process.house.quota())
        })
    }
}
