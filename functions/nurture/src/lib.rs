//! Every email that is due leaves from here, and only from here.
//!
//! A sweep asks each shard of the `due` index which leads may want something, loads each lead, and lets the rules
//! decide. An email is claimed in one conditional write, handed to SES in one request, and recorded in a second write.
//! Leads are handled side by side; one that fails never holds up another.

mod alarms;
mod desks;
mod limits;
mod notices;
mod pace;
mod refusals;

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use piste_adapters::app::{Applied, Start};
use piste_adapters::keys::Part;
use piste_adapters::mail::ses::{CANARY_ADDRESS, CANARY_TAG, Mailer, Parcel};
use piste_adapters::mail::{self, ComposeFailure};
use piste_adapters::store::item::CAMPAIGN_FORM;
use piste_adapters::store::{Count, DueRow, StoreError, StoreErrorKind};
use piste_adapters::{App, aws, telemetry};
use piste_domain::lead::erasure::{Cleaning, Record};
use piste_domain::lead::ledger::{EntryState, Outcome};
use piste_domain::rules::desk::Admitted;
use piste_domain::rules::effect::MailOrder;
use piste_domain::rules::kept::Folded;
use piste_domain::rules::sending::{Evidence, Gate, Sending, Stop, Terms};
use piste_domain::{Lead, LeadId, input, kit};
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell, Semaphore, oneshot};

use pace::Pace;

/// What it reads of the key ring; its role in `infra/template.yaml` may read no other part.
pub const KEYS: &[Part] = &[Part::Identity, Part::Links];

/// Leads of one shard looked at side by side.
const SIDE_BY_SIDE: usize = 5;
/// Emails under way at once, however much SES grants: this bounds the open connections.
const MAILS_AT_ONCE: usize = 20;
/// Leads read from one shard at a time.
const PAGE: i32 = 50;
/// One write to the store, with its repetitions.
const WRITE: Duration = Duration::from_secs(4);
/// What the clocks of Lambda and of this sandbox may differ by, and a little more.
const MARGIN: Duration = Duration::from_secs(2);
/// An email is handed to SES only if its answer and the record of it still fit before the function is stopped (R14).
const TIME_TO_SEND: Duration = Duration::from_secs(aws::SES_TIMEOUT.as_secs() + WRITE.as_secs() + MARGIN.as_secs());
/// And claimed only if, besides, the claim itself and its turn fit.
const TIME_TO_CLAIM: Duration = Duration::from_secs(TIME_TO_SEND.as_secs() + WRITE.as_secs() + 2);

/// How often runs that the stream wakes look at the breaker's counts.
const JUDGED_EVERY_S: u64 = 60;

/// What a sweep works with. One sandbox keeps one.
#[derive(Debug)]
pub struct Nurture<'a> {
    app: &'a App,
    mailer: &'a Mailer,
    events: Events,
    pace: Pace,
    copies: Option<Copies<'a>>,
    /// When the state of the canary was last looked at, in seconds since 1970.
    canary_looked_at: AtomicI64,
    /// When the breaker's counts were last looked at, in seconds since 1970.
    judged_at: AtomicI64,
    /// Whether `piste publish` knows what the functions can read.
    told_form: AtomicBool,
}

/// How kept copies of emails to a person are forgotten; to do it again is harmless.
#[derive(Clone, Copy)]
struct Copies<'a>(&'a (dyn Fn(&Cleaning) -> io::Result<()> + Sync));

impl fmt::Debug for Copies<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Copies")
    }
}

/// Whether SES's events can get lost on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Events {
    /// They can: an hourly canary tells whether they arrive (R9).
    MayGetLost,
    /// They cannot: the local stand-in keeps what it accepted before it answers.
    AlwaysArrive,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Swept {
    /// Leads that the index named and that were looked at.
    leads: usize,
    /// Emails that SES accepted.
    sent: usize,
    /// Leads that could not be settled this time and stay due.
    failed: usize,
    /// Whether SES asked to slow down, or its day is used up; the rest waits for the next minute.
    throttled: bool,
    /// Whether sending is on hold: nothing left.
    held: bool,
    /// Whether a part of the index, or the state of sending, could not be read: what is due there is not known.
    blind: bool,
}

/// Answers the schedule (a sweep over all shards) and the table's stream (only the leads it names).
///
/// # Errors
/// For the stream, the records to deliver again are named in the answer (`batchItemFailures`). A sweep fails when it could not
/// read the index, after doing what it could: that must ring the alarm, or nobody would notice that no email leaves.
pub async fn handle(nurture: &Nurture<'_>, event: &Value, deadline_ms: u64) -> Result<Value, lambda_runtime::Error> {
    let Some(records) = event.get("Records").and_then(Value::as_array) else {
        let swept = nurture.sweep(Deadline(deadline_ms)).await;
        if swept.blind {
            return Err("the index of due leads could not be read; see due_failed".into());
        }
        let Swept {
            leads,
            sent,
            failed,
            held,
            ..
        } = swept;
        return Ok(json!({ "leads": leads, "sent": sent, "failed": failed, "held": held }));
    };
    let run = Run::new(nurture, Deadline(deadline_ms), false);
    let mut failures = Vec::new();
    for record in records {
        let keys = &record["dynamodb"]["Keys"];
        let woken = record["dynamodb"]["NewImage"]["wake"]["BOOL"] == true && keys["sk"]["S"] == "lead";
        let Some(id) = keys["pk"]["S"].as_str().filter(|id| woken && LeadId::is_valid(id)) else {
            continue;
        };
        let number = &record["dynamodb"]["SequenceNumber"];
        if run.stopped() {
            break; // to come again at once would not help; the next tick finds the rest
        } else if !run.goes_on() || run.handle(&LeadId::new(id), false).await.is_err() {
            failures.push(json!({ "itemIdentifier": number }));
        }
    }
    run.end().await;
    Ok(json!({ "batchItemFailures": failures }))
}

/// When the function is stopped, in milliseconds since 1970; 0 is never.
#[derive(Clone, Copy, Debug)]
struct Deadline(u64);

impl Deadline {
    /// Whether this much time is left.
    fn leaves(self, time: Duration, app: &App) -> bool {
        let now_ms = app.now().as_millisecond().unsigned_abs();
        self.0 == 0 || now_ms + time.as_millis() as u64 <= self.0
    }
}

impl<'a> Nurture<'a> {
    /// A sender by these parts.
    pub fn new(app: &'a App, mailer: &'a Mailer, events: Events) -> Self {
        Self {
            app,
            mailer,
            events,
            pace: Pace::default(),
            copies: None,
            canary_looked_at: AtomicI64::new(i64::MIN),
            judged_at: AtomicI64::new(i64::MIN),
            told_form: AtomicBool::new(false),
        }
    }

    /// The same where copies of emails are kept, which go with the person: locally, in the outbox.
    pub fn with_copies(self, forget: &'a (dyn Fn(&Cleaning) -> io::Result<()> + Sync)) -> Self {
        Self {
            copies: Some(Copies(forget)),
            ..self
        }
    }

    /// Handles every lead that is due now, all shards side by side.
    async fn sweep(&self, until: Deadline) -> Swept {
        if self.events == Events::MayGetLost {
            self.tell_form().await;
            self.fly_canary(until).await;
        }
        let now = self.app.now();
        let run = Run::new(self, until, true);
        // What is left to do after a publish stands before all leads of the first shard, and is done beside the emails.
        let (tell, told) = oneshot::channel();
        let mut tell = Some(tell);
        let shards = (0..self.app.store.due_shards()).map(|shard| run.sweep_shard(shard, now, tell.take()));
        let emails = futures_util::future::join_all(shards);
        let alarms = async {
            if told.await == Ok(true) {
                Box::pin(alarms::set_anew(self.app, until)).await;
            }
        };
        let (parts, (), notices) = futures_util::future::join3(emails, alarms, run.tell_of_destinations()).await;
        let swept = parts.into_iter().fold(Swept::default(), |a, b| Swept {
            leads: a.leads + b.leads,
            sent: a.sent + b.sent,
            failed: a.failed + b.failed,
            throttled: run.throttled.load(Ordering::Relaxed),
            held: run.held.load(Ordering::Relaxed),
            blind: a.blind || b.blind || run.blind.load(Ordering::Relaxed),
        });
        let swept = Swept {
            sent: swept.sent + notices,
            ..swept
        };
        run.end().await;
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

    /// Tells `piste publish` which campaigns the deployed functions can read: once a sandbox, since a version does not
    /// change its mind. After a rollback the older version says so at its first sweep (R130).
    async fn tell_form(&self) {
        if self.told_form.load(Ordering::Relaxed) {
            return;
        }
        match self.app.store.tell_campaign_form(CAMPAIGN_FORM).await {
            Ok(()) => self.told_form.store(true, Ordering::Relaxed),
            Err(error) => telemetry::log("form_not_told", &[("error", (&error).into())]),
        }
    }

    // ---- the canary ----

    /// Sends the hourly canary of each sender when it is time: an event that comes back is the proof that events come back (R9).
    async fn fly_canary(&self, until: Deadline) {
        let now = self.app.now();
        let looked_at = self.canary_looked_at.load(Ordering::Relaxed);
        let looked_lately = now.as_second().saturating_sub(looked_at).unsigned_abs()
            < kit::limits::CANARY_AGAIN.as_secs().unsigned_abs();
        if looked_lately || !until.leaves(TIME_TO_CLAIM, self.app) {
            return;
        }
        self.canary_looked_at.store(now.as_second(), Ordering::Relaxed);
        if let Err(error) = self.try_canary(now, until).await {
            telemetry::log("canary_not_sent", &[("error", (&error).into())]);
        }
    }

    async fn try_canary(&self, now: Timestamp, until: Deadline) -> Result<(), StoreError> {
        let catalog = self.app.catalog().await?;
        let senders: BTreeSet<String> = catalog
            .iter()
            .map(|published| published.campaign.sender.from.clone())
            .collect();
        if senders.is_empty() {
            return Ok(());
        }
        let table = self.app.table_identity().await?;
        self.pace.quota(self.app, self.mailer).await;
        let granted = self.pace.granted();
        let (mut missing, mut flying) = (false, Vec::new());
        // Whoever writes it sends it: one canary of each sender at a time, whatever else runs.
        let due = |sending: &mut Sending| {
            missing = sending.canary_missing(now);
            flying = match sending.gate(table) {
                Gate::Held => Vec::new(),
                Gate::Open(_) => sending.fly(&senders, now),
            };
            if !flying.is_empty() {
                sending.quota = granted.or(sending.quota);
            }
            !flying.is_empty()
        };
        let (sending, ours) = self.app.store.change_sending(due).await?;
        if missing && ours {
            telemetry::log("canary_missing", &[]);
        }
        for from in flying.iter().filter(|_| ours) {
            // What does not fly now is looked for again as if it were lost.
            if !until.leaves(TIME_TO_SEND, self.app) || !self.pace.turn().await {
                break;
            }
            let sent_at = now.as_second().to_string();
            let parcel = Parcel {
                from,
                to: CANARY_ADDRESS,
                tags: vec![(CANARY_TAG, &sent_at)],
            };
            match self.mailer.send(parcel, mail::canary(from)).await {
                Outcome::Accepted { .. } if sending.learns_from(from) => {
                    refusals::change(self.app, now, |sending| sending.accept_canary(from, now)).await?;
                }
                Outcome::Accepted { .. } => {}
                Outcome::HouseRefused { kind, party, .. } => {
                    refusals::change(self.app, now, |sending| sending.refuse(from, kind, party, now)).await?;
                }
                _ => telemetry::log("canary_not_accepted", &[]),
            }
        }
        Ok(())
    }

    // ---- the breaker ----

    /// Whether a run looks at the breaker's counts: each sweep does, and of the runs that the stream wakes one a minute, for most
    /// first emails leave from those and a sweep may find nothing due for hours.
    fn judges(&self, is_sweep: bool, now: Timestamp) -> bool {
        let judged_at = self.judged_at.load(Ordering::Relaxed);
        let judges = is_sweep || now.as_second().saturating_sub(judged_at).unsigned_abs() >= JUDGED_EVERY_S;
        if judges {
            self.judged_at.store(now.as_second(), Ordering::Relaxed);
        }
        judges
    }

    /// Pauses all but alerts when too many emails bounce or are complained about, before SES pauses the account (R48).
    async fn judge(&self, sending: Sending, now: Timestamp) -> Result<Sending, StoreError> {
        if sending.breaker.is_some() {
            return Ok(sending);
        }
        let from = now - SignedDuration::from_hours(24 * kit::limits::BREAKER_DAYS);
        let tally = self.app.store.tally(sending.period, from).await?;
        let Some(reason) = tally.verdict() else {
            return Ok(sending);
        };
        let open = |sending: &mut Sending| {
            let opens = sending.breaker.is_none();
            sending.breaker.get_or_insert(Stop {
                at: now,
                reason: reason.to_owned(),
            });
            opens
        };
        let (sending, ours) = self.app.store.change_sending(open).await?;
        if ours {
            telemetry::log(
                "breaker_open",
                &[
                    ("reason", reason.into()),
                    ("sent", tally.sent.into()),
                    ("bounced", tally.bounced.into()),
                    ("complained", tally.complained.into()),
                ],
            );
        }
        Ok(sending)
    }
}

/// What a run needs to know before its first email.
#[derive(Debug)]
struct Ready {
    table: String,
    /// The state of sending, as this run knows it.
    sending: std::sync::Mutex<Sending>,
    /// Events cannot be lost.
    trusting: bool,
    period: u32,
    mails_at_once: Semaphore,
}

impl Ready {
    /// What may leave at this moment: what SES refuses may have changed since the run began.
    fn gate(&self) -> Gate {
        let mut gate = self.sending().gate(&self.table);
        if let Gate::Open(terms) = &mut gate
            && self.trusting
        {
            terms.evidence = Evidence::Complete;
        }
        gate
    }

    fn sending(&self) -> std::sync::MutexGuard<'_, Sending> {
        self.sending.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// One run over some leads: when it must be over, and what it learnt meanwhile.
#[derive(Debug)]
struct Run<'a> {
    nurture: &'a Nurture<'a>,
    app: &'a App,
    until: Deadline,
    is_sweep: bool,
    ready: OnceCell<Ready>,
    throttled: AtomicBool,
    held: AtomicBool,
    blind: AtomicBool,
    /// Emails of every class that SES accepted.
    accepted: AtomicU64,
    /// One change of a desk at a time: many alerts at once go to few people.
    desks: Mutex<()>,
    /// One try of a refused sender at a time: the others wait for what comes of it.
    trials: Mutex<()>,
}

impl<'a> Run<'a> {
    fn new(nurture: &'a Nurture<'a>, until: Deadline, is_sweep: bool) -> Self {
        Self {
            nurture,
            app: nurture.app,
            until,
            is_sweep,
            ready: OnceCell::new(),
            throttled: AtomicBool::new(false),
            held: AtomicBool::new(false),
            blind: AtomicBool::new(false),
            accepted: AtomicU64::new(0),
            desks: Mutex::new(()),
            trials: Mutex::new(()),
        }
    }

    /// Whether no further email can leave in this run, whoever asks.
    fn stopped(&self) -> bool {
        [&self.throttled, &self.held, &self.blind]
            .into_iter()
            .any(|flag| flag.load(Ordering::Relaxed))
    }

    /// Whether another email may be begun. What is under way is always ended (R18).
    fn goes_on(&self) -> bool {
        !self.stopped() && self.until.leaves(TIME_TO_CLAIM, self.app)
    }

    /// The state of sending and SES's quota, read when the first lead turns out to be due: an empty tick reads neither.
    async fn ready(&self) -> Result<&Ready, StoreError> {
        let read = self.ready.get_or_try_init(async || {
            let mut sending = self.app.store.sending().await?;
            let table = self.app.table_identity().await?;
            let is_held = sending.gate(table) == Gate::Held;
            if is_held {
                telemetry::log("held", &[]);
                self.held.store(true, Ordering::Relaxed);
            } else if self.nurture.judges(self.is_sweep, self.app.now()) {
                sending = self.nurture.judge(sending, self.app.now()).await?;
            }
            let quota = self.nurture.pace.quota(self.app, self.nurture.mailer).await;
            let granted = self.nurture.pace.granted();
            if granted.is_some() && sending.quota != granted && !is_held {
                // Only to be shown to people, so a failure is no reason to stop.
                let note = |sending: &mut Sending| std::mem::replace(&mut sending.quota, granted) != granted;
                let _ = self.app.store.change_sending(note).await;
            }
            Ok(Ready {
                table: table.to_owned(),
                trusting: self.nurture.events == Events::AlwaysArrive,
                period: sending.period,
                sending: std::sync::Mutex::new(sending),
                mails_at_once: Semaphore::new(Pace::side_by_side(quota, MAILS_AT_ONCE)),
            })
        });
        read.await.inspect_err(|error: &StoreError| {
            telemetry::log("due_failed", &[("error", error.into())]);
            self.blind.store(true, Ordering::Relaxed);
        })
    }

    /// Counts what left, for the breaker: once a run, not once an email.
    async fn end(&self) {
        let mails = self.accepted.swap(0, Ordering::Relaxed);
        let Some(ready) = self.ready.get().filter(|_| mails > 0) else {
            return;
        };
        let counted = self
            .app
            .store
            .count(ready.period, self.app.now(), Count::Sent(mails))
            .await;
        if let Err(error) = counted {
            telemetry::log("not_counted", &[("error", (&error).into())]);
        }
    }

    /// Handles what is due in one shard; `alarms` is told whether alarms are to be set anew after a publish.
    async fn sweep_shard(&self, shard: u32, now: Timestamp, mut alarms: Option<oneshot::Sender<bool>>) -> Swept {
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
            // Posts kept beside an item come first, all with the first of them and before the lead itself: what is decided
            // of a lead without them, such as its erasure, could not be taken back.
            let mut rows = page.rows;
            if let Some(alarms) = alarms.take() {
                let _ = alarms.send(rows.iter().any(DueRow::is_of_alarms));
            }
            rows.retain(|row| !row.is_of_alarms() && !self.app.unreadable.passes_over(&row.id, row.kept, now));
            let kept: HashSet<_> = rows.iter().filter(|row| row.kept).map(|row| row.id.clone()).collect();
            let mut first = kept.clone();
            rows.retain(|row| match row.kept {
                true => first.remove(&row.id),
                false => !kept.contains(&row.id),
            });
            let mut handled = stream::iter(rows)
                .map(|row| async move {
                    if self.goes_on() {
                        // Boxed where it begins: with the clients' futures inside it is too large to be moved about.
                        match row.desk {
                            true => Box::pin(self.handle_desk(&row.id)).await.map(Some),
                            false => Box::pin(self.handle(&row.id, row.kept)).await.map(Some),
                        }
                    } else {
                        Ok(None)
                    }
                })
                .buffer_unordered(SIDE_BY_SIDE);
            // To its end, even when nothing more is begun: a lead that is dropped half-way stays claimed.
            while let Some(handled) = handled.next().await {
                match handled {
                    Ok(Some(sent)) => {
                        swept.leads += 1;
                        swept.sent += sent;
                    }
                    Ok(None) => {} // what stays due is found again
                    Err(NotHandled) => swept.failed += 1,
                }
            }
            from = page.next;
            if from.is_none() || !self.goes_on() {
                return swept;
            }
        }
    }

    /// Sends what is due to one lead, mail after mail, and says how many left; posts that are `kept` beside it are folded in
    /// first. Whatever goes wrong stays with this lead.
    async fn handle(&self, id: &LeadId, kept: bool) -> Result<usize, NotHandled> {
        let app = self.app;
        let kept = kept || app.unreadable.passes_over(id, true, app.now());
        let work = async {
            if kept {
                self.fold_in(id).await?;
            }
            self.send_what_is_due(id).await
        };
        let failed = |error: &StoreError| {
            telemetry::log("lead_failed", &[("lead", id.into()), ("error", error.into())]);
        };
        // What cannot be handled would be first in line in every sweep, and fail in every sweep.
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(Ok(sent)) => return Ok(sent),
            Ok(Err(error)) => {
                failed(&error);
                if error.kind == StoreErrorKind::Corrupt {
                    // A newer version wrote it: nothing of it is written here, its alarm neither (R130).
                    telemetry::log("set_aside", &[("lead", id.into())]);
                    app.unreadable.note(id, false, app.now());
                    if kept {
                        app.unreadable.note(id, true, app.now());
                    }
                }
            }
            Err(_panic) => {
                telemetry::log("set_aside", &[("lead", id.into())]);
                let until = app.now() + kit::limits::SET_ASIDE;
                if let Err(error) = app.store.set_aside(id, until).await {
                    failed(&error);
                }
            }
        }
        Err(NotHandled)
    }

    /// Folds in the posts that are kept beside an item, oldest first, each as of its own moment (R130). Whoever dies between
    /// the lead's write and the row's is followed by the next sweep, which finds the post in the lead.
    async fn fold_in(&self, id: &LeadId) -> Result<(), StoreError> {
        let app = self.app;
        for row in app.store.kept(id).await? {
            let folded = match row.post() {
                Some(post) => app.apply(id, Start::Known, post).await?.answer,
                None => None, // a newer version kept it
            };
            if folded == Some(Folded::Done) {
                app.store.kept_done(id, row.at, app.now()).await?;
                telemetry::log("post_folded", &[("lead", id.into())]);
            } else {
                app.unreadable.note(id, true, app.now());
            }
        }
        Ok(())
    }

    async fn send_what_is_due(&self, id: &LeadId) -> Result<usize, StoreError> {
        let mut sent = 0;
        let mut record = self.app.store.record(id).await?;
        if let Some(cleaning) = record.as_ref().and_then(Record::cleaning) {
            record = self.clean(&cleaning).await?.map(Record::Lead);
        }
        let Some(mut lead) = record.and_then(Record::lead) else {
            return Ok(sent);
        };
        if lead.unmet
            && let Some(met) = self.meet(id, &lead).await?
        {
            lead = met;
        }
        // The index is a hint: it may name a lead that is not due any more, or that somebody is at work on.
        while is_due(&lead, self.app.now()) {
            let ready = self.ready().await?;
            let Gate::Open(terms) = ready.gate() else {
                return Ok(sent);
            };
            let _under_way = ready.mails_at_once.acquire().await;
            if !self.goes_on() {
                return Ok(sent);
            }
            let Some(after) = self.send_one(id, lead, terms, &mut sent).await? else {
                return Ok(sent);
            };
            lead = after;
        }
        Ok(sent)
    }

    /// Takes what was told of a new lead before they came, before anything leaves to them; the lead as it then is, if there
    /// was anything. Whoever dies between the lead's write and the rows' is followed by the next sweep, or by nobody: what is
    /// in the lead already has no second effect, and a row that is left ends by itself.
    async fn meet(&self, id: &LeadId, lead: &Arc<Lead>) -> Result<Option<Arc<Lead>>, StoreError> {
        let app = self.app;
        let told = app.store.early(id, app.now()).await?;
        if told.is_empty() {
            return Ok(None);
        }
        let ids: Vec<_> = told.iter().map(|report| report.id.clone()).collect();
        let early = input::Early(told);
        let applied = app.apply(id, Start::Held(Arc::clone(lead)), early).await?;
        for report in &ids {
            app.store.early_done(id, report, app.now()).await?;
        }
        telemetry::log("early_taken", &[("lead", id.into()), ("reports", ids.len().into())]);
        Ok(applied.lead)
    }

    /// Cleans whatever else names an erased person; the lead, should they have come back. Whoever dies in the middle is
    /// followed by the next sweep, which begins again: nothing of it is harmed by being done twice.
    async fn clean(&self, cleaning: &Cleaning) -> Result<Option<Arc<Lead>>, StoreError> {
        if let Some(Copies(forget)) = self.nurture.copies
            && forget(cleaning).is_err()
        {
            return Err(StoreError::new("forget copies", StoreErrorKind::NoAnswer));
        }
        for row in self.app.store.kept(&cleaning.lead).await? {
            if row.at <= cleaning.until {
                self.app.store.kept_done(&cleaning.lead, row.at, self.app.now()).await?;
            }
        }
        self.app.store.count_erased(cleaning, self.app.now()).await?;
        self.app
            .store
            .clean_beside(&cleaning.lead, cleaning.until, self.app.now())
            .await?;
        let cleaned = input::Cleaned(cleaning.until);
        let applied = self.app.apply(&cleaning.lead, Start::Known, cleaned).await?;
        telemetry::log("cleaned", &[("lead", (&cleaning.lead).into())]);
        Ok(applied.lead)
    }

    /// Claims, sends and records the email that is due; the lead as it stands after one that was accepted.
    async fn send_one(
        &self,
        id: &LeadId,
        lead: Arc<Lead>,
        terms: Terms,
        sent: &mut usize,
    ) -> Result<Option<Arc<Lead>>, StoreError> {
        let wake = input::Wake {
            token: self.app.chance.claim_token(),
            terms,
        };
        // A claim whose write got no answer ends here, unsent: it may be ours or not (R3).
        let Applied {
            mail: Some(order),
            lead: Some(claimed),
            ..
        } = self.app.apply(id, Start::Held(lead), wake).await?
        else {
            return Ok(None);
        };
        let outcome = match self.kept_back(&order, &claimed).await {
            Ok(None) => {
                let letter = mail::write(self.app, &order, self.app.now());
                self.hand_over(&order, letter).await
            }
            Ok(Some(kept_back)) => kept_back,
            Err(error) => {
                telemetry::log("lead_failed", &[("lead", id.into()), ("error", (&error).into())]);
                Outcome::Postponed // asked again, desk and mailbox say the same
            }
        };
        note_outcome(&order, &outcome, self.app.now());
        let accepted = matches!(outcome, Outcome::Accepted { .. });
        *sent += usize::from(accepted);
        let kept_back = matches!(outcome, Outcome::Joined { .. } | Outcome::Limited { .. });
        let settle = input::Settle(order.send_id, order.token, outcome);
        let settled = self.app.apply(id, Start::Held(claimed), settle).await?;
        let goes_on = accepted || kept_back;
        Ok(settled.lead.filter(|_| goes_on))
    }

    /// Whether something of ours keeps a claimed email back: the desk of an alert's reader, or a limit.
    async fn kept_back(&self, order: &MailOrder, lead: &Lead) -> Result<Option<Outcome>, StoreError> {
        match self.admit(order, lead).await? {
            Admitted::Alone => self.limit(order, lead).await,
            Admitted::Joined(until) => Ok(Some(Outcome::Joined { until })),
        }
    }

    /// Hands a claimed mail to SES, in its turn and if there is time for it.
    async fn hand_over(
        &self,
        order: &MailOrder,
        letter: impl Future<Output = Result<Vec<u8>, ComposeFailure>>,
    ) -> Outcome {
        let refused = |code: &str| Outcome::Refused { code: code.to_owned() };
        // A template that brings composition down must not bring down the sweep.
        let composed = AssertUnwindSafe(letter).catch_unwind();
        let mime = match composed.await {
            Ok(Ok(mime)) => mime,
            Ok(Err(ComposeFailure::Store(_))) => {
                return Outcome::RefusedForNow {
                    code: "template_unread".into(),
                };
            }
            Ok(Err(ComposeFailure::Waits)) => return Outcome::Postponed,
            Ok(Err(ComposeFailure::Broken(code))) => return refused(code),
            Err(_panic) => return refused("mail_broken"),
        };
        // They were read a moment ago; what is at hand stays at hand.
        let Ok(catalog) = self.app.catalog().await else {
            return Outcome::Postponed;
        };
        let from = match catalog.get(&order.campaign) {
            Some(campaign) => &campaign.sender.from,
            None if catalog.leaves_out(&order.campaign) => return Outcome::Postponed,
            None => return refused("campaign_gone"),
        };
        let trial = match self.may_try(from).await {
            Ok(trial) => trial,
            Err(refused) => return refused,
        };
        if !self.nurture.pace.turn().await {
            telemetry::log("quota_used_up", &[]);
            self.throttled.store(true, Ordering::Relaxed);
            return Outcome::Postponed;
        }
        if !self.until.leaves(TIME_TO_SEND, self.app) {
            return Outcome::Postponed;
        }
        let outcome = self.nurture.mailer.send(Parcel::of(order, from), mime).await;
        let outcome = self.learn(from, outcome).await;
        drop(trial);
        match outcome {
            Outcome::Postponed => self.throttled.store(true, Ordering::Relaxed),
            Outcome::Accepted { .. } => _ = self.accepted.fetch_add(1, Ordering::Relaxed),
            _ => {}
        }
        outcome
    }
}

/// A lead that could not be handled this time; why is in the log.
#[derive(Debug)]
struct NotHandled;

/// Together with what SES reports, these lines are the archive from which a restored ledger is rebuilt (R21).
fn note_outcome(order: &MailOrder, outcome: &Outcome, now: Timestamp) {
    let (event, code) = match outcome {
        Outcome::Accepted { .. } => ("sent", "accepted"),
        Outcome::Postponed => ("not_sent", "postponed"),
        Outcome::HouseRefused { kind, .. } => ("not_sent", kind.code()),
        Outcome::Joined { .. } => ("not_sent", EntryState::JOINED),
        Outcome::Limited { .. } => ("not_sent", "limited"),
        Outcome::RefusedForNow { code } | Outcome::Refused { code } => ("not_sent", code.as_str()),
        Outcome::Ambiguous => ("not_sent", "ambiguous"),
    };
    let message = match outcome {
        Outcome::Accepted { message_id } => message_id.as_str(),
        _ => "",
    };
    telemetry::log(
        event,
        &[
            ("lead", (&order.lead).into()),
            ("send", (&order.send_id).into()),
            ("code", telemetry::code(code)),
            ("message", telemetry::code(message)),
            ("at", now.as_second().into()),
        ],
    );
}

/// Whether something is due for a lead that nobody else is at work on.
fn is_due(lead: &Lead, now: Timestamp) -> bool {
    let free = lead.leased_until().is_none_or(|until| until <= now);
    free && lead.due_at.is_some_and(|due| due <= now)
}
