//! What the schedule, the stream and SES's events are in the cloud, is one loop here, on the virtual clock.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Span, Timestamp};
use piste_adapters::telemetry;
use piste_crm::{Answer, Broken, Call};
use piste_domain::Catalog;
use piste_domain::lead::erasure::Cleaning;
use piste_nurture::{Events, Nurture};
use piste_relay::Relay;
use serde_json::json;
use tokio::sync::{Mutex, Notify};

use crate::outbox::Event;
use crate::ses::{event_json, sns_event};
use crate::system::System;

/// How often the loop looks by itself.
const TICK: Duration = Duration::from_secs(1);
/// The step of the schedule in the cloud: what is due and cannot be settled yet is looked at again this much later.
const MINUTE: SignedDuration = SignedDuration::from_secs(60);
/// The same while sending is on hold: nothing can leave until a person releases it, and a long way is not walked in minutes.
const HOUR: SignedDuration = SignedDuration::from_secs(3_600);

/// Runs sweeps, one at a time.
#[derive(Debug, Default)]
pub struct Sweeper {
    turn: Mutex<()>,
    /// The campaigns as they were published last.
    kept: Mutex<Option<Arc<Catalog>>>,
    wake: Notify,
}

impl Sweeper {
    /// Something may be due now.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Sweeps whenever woken, and every second. Never returns.
    pub async fn run(&self, system: &System) {
        loop {
            {
                let _turn = self.turn.lock().await;
                self.sweep(system).await;
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    /// Moves the clock and lets everything due on the way happen, in order, at its own time.
    ///
    /// # Errors
    /// When the clock cannot be written down.
    pub async fn advance(&self, system: &System, by: Span) -> io::Result<Timestamp> {
        let _turn = self.turn.lock().await;
        let start = system.app.now();
        // On UTC every day has 24 hours.
        let zoned = start.to_zoned(jiff::tz::TimeZone::UTC).saturating_add(by);
        let target = zoned.timestamp().max(start);
        loop {
            let held = self.sweep(system).await;
            let now = system.app.now();
            let Some(due) = self.next_due(system, target).await else {
                break;
            };
            let step = if held { HOUR } else { MINUTE };
            let next = if due > now { due } else { (now + step).min(target) };
            if next <= now {
                break;
            }
            system.app.clock.move_to(next);
            system.keep_time()?;
        }
        system.app.clock.move_to(target);
        system.keep_time()?;
        self.sweep(system).await;
        Ok(system.app.now())
    }

    /// One sweep; whether sending is on hold.
    async fn sweep(&self, system: &System) -> bool {
        self.publish(system).await;
        // The stand-in keeps what it accepted before it answers, and its events come from there: none is ever lost.
        let forget = |cleaning: &Cleaning| system.outbox.forget(cleaning);
        let nurture = Nurture::new(&system.app, &system.mailer, Events::AlwaysArrive).with_copies(&forget);
        self.report_sends(system).await;
        let swept = piste_nurture::handle(&nurture, &json!({}), 0).await;
        self.report_sends(system).await;
        if self.relay(system).await {
            // Trouble of a destination is told in the same minute, which is a moment here.
            let _ = piste_nurture::handle(&nurture, &json!({}), 0).await;
            self.report_sends(system).await;
        }
        swept.is_ok_and(|swept| swept["held"] == true)
    }

    /// Tells other systems what is due; whether anything was.
    async fn relay(&self, system: &System) -> bool {
        let watch = |call: &Call, answer: &Result<Answer, Broken>| system.outward.keep(call, answer, system.app.now());
        let relay = Relay::new(&system.app, &system.outward.http).watched(&watch);
        // What could not be told stays due, and the log says why.
        let told = piste_relay::handle(&relay, &json!({}), 0).await;
        told.is_ok_and(|told| told["told"].as_u64() > Some(0))
    }

    /// What `piste publish` does in the cloud; here whoever saves a file publishes it: the wordings of its consents are kept,
    /// and the sweep sets alarms anew (R127). The files themselves are read from the folder, so they are not copied.
    async fn publish(&self, system: &System) {
        let Ok(catalog) = system.app.catalog().await else {
            return;
        };
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, &catalog)) {
            return;
        }
        for published in catalog.iter() {
            if let Err(error) = system.app.store.publish(published, []).await {
                telemetry::log("wordings_not_kept", &[("error", (&error).into())]);
                return;
            }
        }
        if let Err(error) = system.app.store.publish_destinations(&catalog).await {
            telemetry::log("wordings_not_kept", &[("error", (&error).into())]);
            return;
        }
        if let Err(error) = system.know_secrets().await {
            telemetry::log("wordings_not_kept", &[("error", (&error).into())]);
            return;
        }
        *kept = Some(catalog);
    }

    /// What SES accepted and has not reported yet, reported.
    async fn report_sends(&self, system: &System) {
        for entry in system.outbox.pending_send_events() {
            let event = sns_event(&event_json(&entry, Event::Send, entry.at), entry.at);
            let taken = piste_feedback::handle(&system.app, &event).await;
            if taken.is_err() || system.outbox.mark_emitted(&entry.id, Event::Send).is_err() {
                telemetry::log("send_event_waits", &[]);
                return;
            }
        }
    }

    /// The same of one shard, less what the sweep passes over; nothing if it cannot be read.
    async fn next_due_of(&self, system: &System, shard: u32, until: Timestamp) -> Option<Option<Timestamp>> {
        let (mut limit, mut from) = (1, None);
        loop {
            let page = system.app.store.due(shard, until, limit, from).await.ok()?;
            let now = system.app.now();
            let mut rows = page.rows.iter();
            let next = rows.find(|row| !system.app.unreadable.passes_over(&row.id, row.kept, now));
            if next.is_some() || page.next.is_none() {
                return Some(next.map(|row| row.at));
            }
            (limit, from) = (50, page.next);
        }
    }

    /// The earliest moment up to `until` at which a lead is due, or something is to be told of one.
    async fn next_due(&self, system: &System, until: Timestamp) -> Option<Timestamp> {
        let shards = (0..system.app.store.due_shards()).map(|shard| self.next_due_of(system, shard, until));
        let all: Option<Vec<_>> = join_all(shards).await.into_iter().collect();
        let told = (0..system.app.store.due_shards()).map(|shard| self.next_told_of(system, shard, until));
        let told: Option<Vec<_>> = join_all(told).await.into_iter().collect();
        all?.into_iter().chain(told?).flatten().min()
    }

    async fn next_told_of(&self, system: &System, shard: u32, until: Timestamp) -> Option<Option<Timestamp>> {
        let page = system
            .app
            .store
            .relay(shard, (0, until.as_second()), 1, None)
            .await
            .ok()?;
        let first = page.rows.first();
        Some(first.and_then(|row| Timestamp::from_second(row.at).ok()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use lambda_http::Body;
    use lambda_http::http::Request;
    use piste_adapters::app::Start;
    use piste_adapters::http::Visit;
    use piste_adapters::mail;
    use piste_adapters::mail::ses::Parcel;
    use piste_adapters::store::item;
    use piste_domain::kit::vocabulary::Class;
    use piste_domain::lead::ledger::Outcome;
    use piste_domain::rules::desk::{Desk, told_of};
    use piste_domain::rules::sending::{Evidence, Senders, Terms};
    use piste_domain::{Context, Lead, input};
    use tokio::runtime::{Builder, Runtime};

    use super::*;
    use crate::outbox::timestamp;
    use crate::system::Flags;

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_all().build().expect("a runtime")
    }

    /// A system on this folder; the connections of the runtime end before it does, as with a process.
    fn in_a_process(data: &Path, work: impl AsyncFnOnce(&System)) {
        let flags = Flags {
            port: 0,
            data: Some(data.to_owned()),
            now: Some("2026-03-02T09:00:00Z".parse().expect("a moment")),
            destinations: PathBuf::from("none"),
            campaigns: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../campaigns")),
            locale: piste_domain::Locale::En,
        };
        let runtime = runtime();
        let system = runtime.block_on(async {
            let (system, _) = System::build(&flags).await.expect("it starts");
            work(&system).await;
            system
        });
        drop(runtime);
        drop(system);
    }

    async fn only_lead(system: &System) -> Lead {
        let page = system.app.store.leads(None).await.expect("an answer");
        let mut leads: Vec<Lead> = page.rows.into_iter().map(|row| row.expect("it parses")).collect();
        assert_eq!(leads.len(), 1);
        leads.remove(0)
    }

    fn of_class(system: &System, class: Class) -> usize {
        let entries = system.outbox.entries();
        entries
            .iter()
            .filter(|entry| entry.mail.tag("class") == class.code())
            .count()
    }

    /// Crash table, "after the claim, before SES": of a digest, whoever comes next sends it once its time is over, and once.
    #[test]
    fn r8_a_digest_whose_sender_died_with_its_claim_leaves_once_after_it() {
        let data = std::env::temp_dir().join(format!("piste-digest-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        let mornings = |system: &System| -> Vec<Timestamp> {
            let sent = system.outbox.entries();
            let sent = sent
                .iter()
                .filter(|entry| entry.mail.tag("step").starts_with("morning-"));
            sent.map(|entry| timestamp(entry.at)).collect()
        };
        in_a_process(&data, async |system| {
            let post = Request::post("/forms/guide-seo")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("accept", "application/json")
                .body(Body::from(
                    "email=ana%40example.org&company_size=50-249&budget=15000&timing=now&need=x",
                ))
                .expect("a request");
            let answer = piste_capture::handle(&system.app, &Visit::read(post)).await;
            assert_eq!(answer.status(), 202);
            let hours = Span::new().hours(22);
            Sweeper::default()
                .advance(system, hours)
                .await
                .expect("the clock moves"); // 07:00
            assert_eq!(mornings(system), []);
            system
                .app
                .clock
                .move_to("2026-03-03T07:45:00Z".parse().expect("a moment"));
            system.keep_time().expect("kept");
            // What nurture does up to the moment of the kill.
            let (catalog, ring) = (system.app.catalog().await.expect("campaigns"), system.app.ring());
            let cx = Context {
                catalog: &catalog,
                key: &ring.identity,
                now: system.app.now(),
            };
            let lead = Arc::new(only_lead(system).await);
            let (own, _) = told_of(&lead, &cx);
            let own = own.expect("somebody has it");
            let token = system.app.chance.claim_token();
            let claim = |desk: &mut Desk| desk.wake(std::slice::from_ref(&lead), true, &token, &cx);
            let place = (&own, &lead.workspace);
            let (desk, order) = system.app.store.change_desk(place, claim).await.expect("claimed");
            assert!(order.is_some() && desk.due_at > Some(cx.now), "nobody else touches it");
        });
        for _ in 0..2 {
            in_a_process(&data, async |system| {
                let hours = Span::new().hours(5);
                Sweeper::default()
                    .advance(system, hours)
                    .await
                    .expect("the clock moves");
                assert_eq!(mornings(system), ["2026-03-03T07:50:00Z".parse().expect("a moment")]);
            });
        }
        let _ = std::fs::remove_dir_all(&data);
    }

    /// Crash table, "after SES accepted, before record": the process dies between the two. What was accepted is on the
    /// disk, and its event is told by whoever opens the folder next: no second copy, and nothing left open.
    #[test]
    fn r8_r11_what_was_accepted_before_a_kill_is_settled_by_its_event_after_it() {
        let data = std::env::temp_dir().join(format!("piste-sweeper-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        in_a_process(&data, async |system| {
            let post = Request::post("/forms/guide-seo")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("accept", "application/json")
                .body(Body::from("email=ana%40example.org"))
                .expect("a request");
            let answer = piste_capture::handle(&system.app, &Visit::read(post)).await;
            assert_eq!(answer.status(), 202);
            // What nurture does up to the moment of the kill.
            let lead = only_lead(system).await;
            let terms = Terms {
                paused: false,
                evidence: Evidence::Complete,
                senders: Senders::WELL,
            };
            let token = system.app.chance.claim_token();
            let wake = input::Wake { token, terms };
            let claimed = system.app.apply(&lead.id, Start::Known, wake).await.expect("claimed");
            let order = claimed.mail.expect("the guide is due");
            let mime = mail::write(&system.app, &order, system.app.now())
                .await
                .expect("the mail holds");
            let parcel = Parcel::of(&order, "guide@example.com");
            let outcome = system.mailer.send(parcel, mime).await;
            assert!(matches!(outcome, Outcome::Accepted { .. }));
            assert_eq!(system.outbox.pending_send_events().len(), 1, "nobody was told");
        });
        for _ in 0..2 {
            in_a_process(&data, async |system| {
                let day = Span::new().hours(24);
                Sweeper::default().advance(system, day).await.expect("the clock moves");
                let lead = only_lead(system).await;
                let sends: Vec<_> = lead
                    .ledger()
                    .filter(|(_, send)| send.class == Class::Service)
                    .map(|(_, send)| (send.state_code(), send.attempts()))
                    .collect();
                assert_eq!(sends, [("sent".to_owned(), 1)]);
                assert_eq!(of_class(system, Class::Service), 1, "no second copy");
                assert_eq!(system.outbox.pending_send_events().len(), 0);
            });
        }
        let _ = std::fs::remove_dir_all(&data);
    }

    /// R130, in one process and by itself: an item that reads again is found within the hour, and what was posted meanwhile
    /// is in it, as of its own moment.
    #[test]
    fn r130_what_was_kept_is_folded_in_within_the_hour_by_the_same_process() {
        let data = std::env::temp_dir().join(format!("piste-kept-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        in_a_process(&data, async |system| {
            let post = async |company: &str| {
                let post = Request::post("/forms/guide-seo")
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("accept", "application/json")
                    .body(Body::from(format!("email=ana%40example.org&company={company}")))
                    .expect("a request");
                let answer = piste_capture::handle(&system.app, &Visit::read(post)).await;
                (answer.status(), format!("{:?}", answer.body()))
            };
            let minutes = async |n: i64| {
                let step = Span::new().minutes(n);
                Sweeper::default().advance(system, step).await.expect("the clock moves");
            };
            let usual = post("One").await;
            minutes(1).await;
            let lead = only_lead(system).await;

            let client = piste_adapters::aws::dynamodb(&system.app.settings.aws).expect("a client");
            let table = &system.app.settings.table;
            let get = client.get_item().table_name(table);
            let get = get
                .key(item::PK, item::text(lead.id.as_str()))
                .key(item::SK, item::text(item::SK_LEAD));
            let whole = get.send().await.expect("an answer").item.expect("the item");
            let mut newer = whole.clone();
            newer.insert(item::FORM.into(), item::number(99));
            let put = async |row: &item::Item| {
                let put = client.put_item().table_name(table).set_item(Some(row.clone()));
                put.send().await.expect("taken");
            };
            put(&newer).await;
            minutes(1).await;
            assert_eq!(post("Two").await, usual, "the visitor is told the same");
            let posted_at = system.app.now();
            minutes(30).await;
            assert_eq!(system.app.store.kept(&lead.id).await.expect("an answer").len(), 1);

            put(&whole).await;
            minutes(60).await;
            let folded = only_lead(system).await;
            let moments: Vec<_> = folded.words.enquiries().iter().map(|enquiry| enquiry.at).collect();
            assert_eq!(moments, [lead.captured_at, posted_at]);
            assert_eq!(folded.words.answer("company"), Some("Two"));
            assert!(system.app.store.kept(&lead.id).await.expect("an answer").is_empty());
            assert_eq!(
                of_class(system, Class::Service),
                2,
                "what is asked for again is served again"
            );
        });
        let _ = std::fs::remove_dir_all(&data);
    }
}
