//! A world: the real functions in sandboxes over a store and a mail service in memory, on one virtual clock. It ticks,
//! delivers, lets people act and lets trouble happen; then it calms down, and everything must come to its end.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request};
use piste_adapters::campaigns::{Bundle, Campaigns};
use piste_adapters::clock::{Chance as SystemChance, Clock, Simulated};
use piste_adapters::config::{Aws, DUE_SHARDS, Settings};
use piste_adapters::http::Visit;
use piste_adapters::keys::KeyRing;
use piste_adapters::mail::ses::Mailer;
use piste_adapters::outbound::Outbound;
use piste_adapters::store::Store;
use piste_adapters::store::memory::Memory;
use piste_adapters::{App, telemetry};
use piste_domain::campaign::{Campaign, Catalog, OnAmbiguous};
use piste_domain::kit::calendar::Delay;
use piste_domain::kit::ids::DestinationName;
use piste_domain::lead::consent::{Consent, ConsentState};
use piste_domain::rules::plan;
use piste_domain::{CampaignId, Email, Key, Lead, LeadId, SendId, WorkspaceId};
use piste_nurture::{Events, Nurture};
use piste_operations::Operator;
use piste_operations::replay::{self, Heard, What};
use piste_operations::report::{Ask, report};
use piste_relay::Relay;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::sleep_until;

use crate::checker::{self, SKEW};
use crate::coverage::Coverage;
use crate::house::House;
use crate::others;
use crate::people::{MARK, Person};
use crate::plan::{Fault, Plan};
use crate::process::{Counter, Process};
use crate::shared::{Act, Event, Report, Shared};

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Role {
    Capture,
    Consent,
    Nurture,
    Feedback,
    Console,
    Relay,
}

impl Role {
    /// How long it may live, as `infra/template.yaml` says.
    fn timeout(self) -> i64 {
        match self {
            Self::Nurture => 60_000,
            Self::Relay => 120_000,
            _ => 15_000,
        }
    }
}

/// As many relays run at once.
const RELAYS: u64 = 2;
/// One destination is down for so long after all else is calm.
const STUCK_HOURS: i64 = 30;

/// What a sandbox is given to do.
enum Job {
    Visit(Box<Request>),
    Invoke(Arc<Value>, i64),
}

/// What came of it.
enum Done {
    Answer(StatusCode),
    Value(bool),
}

type Call = (Job, oneshot::Sender<Done>);

/// One sandbox that is idle.
struct Sandbox {
    role: Role,
    process: Arc<Process>,
    calls: mpsc::UnboundedSender<Call>,
    task: JoinHandle<()>,
    /// It belongs to the deployment of this number.
    deployment: u64,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The promise that was broken, if one was.
    pub broken: Option<String>,
    /// What was seen.
    pub coverage: Coverage,
    /// The mark of everything that happened, in order.
    pub trace: u64,
    /// Emails that SES accepted.
    pub mails: u64,
    /// Copies among them.
    pub copies: u64,
    /// Writes of leads.
    pub writes: u64,
    /// Requests of all processes to store and mail service.
    pub requests: u64,
    /// Leads at the end, erased ones among them.
    pub leads: usize,
}

struct World {
    shared: Arc<Shared>,
    house: Arc<House>,
    people: Arc<Vec<Person>>,
    memory: Memory,
    operator_key: String,
    bundles: Vec<Bundle>,
    idle: Mutex<Vec<Sandbox>>,
    nurturing: AtomicU64,
    relaying: AtomicU64,
    /// The next regular tick of the relay.
    next_relay: AtomicI64,
    deployment: AtomicU64,
    /// The schedule stands still until then.
    dead_until: AtomicI64,
    /// The next regular tick.
    next_tick: AtomicI64,
    under_way: AtomicU64,
    /// Log lines that are the archive of what happened.
    archive: Mutex<Vec<String>>,
    backup: Mutex<Option<Memory>>,
    restoring: AtomicBool,
}

/// Runs a plan. The same plan gives the same outcome.
pub fn run(plan: &Plan) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let local = LocalSet::new();
    telemetry::catch();
    // A panic inside a handler is the platform's business and is counted there; the witness reports broken promises.
    let outcome = local.block_on(&runtime, async {
        let world = World::build(plan.clone()).await;
        world.live().await
    });
    telemetry::catch();
    outcome
}

/// The demo campaign as the run wants it, and a second one of the same kind. The witness knows the people of sales, and
/// nobody who hears of posts below the threshold.
fn bundles(plan: &Plan) -> Vec<Bundle> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/campaigns");
    let mut bundles = piste_adapters::campaigns::read_all(&root).expect("the demo campaign holds");
    bundles.retain(|bundle| bundle.published.campaign.id.as_str() == "guide-seo");
    for bundle in &mut bundles {
        bundle.published.campaign.notify = None;
        if plan.strict {
            bundle.published.campaign.on_ambiguous = OnAmbiguous::Skip;
        }
    }
    if plan.second_campaign {
        // Its own rules: whoever leaves a telephone number is to be called, and nothing else counts.
        let mut second = bundles[0].clone();
        second.published.campaign.id = CampaignId::new("second");
        let scoring = &mut second.published.campaign.scoring;
        scoring.fit.retain(|rule| &*rule.rule == "phone-given");
        for rule in &mut scoring.fit {
            rule.points = scoring.mql.fit;
        }
        bundles.push(second);
    }
    bundles
}

impl World {
    async fn build(plan: Plan) -> Rc<Self> {
        let bundles = bundles(&plan);
        let people: Arc<Vec<Person>> = {
            let mut chance = crate::chance::Chance::new(plan.seed ^ 0x0e09_1e00);
            Arc::new((0..plan.leads).map(|_| Person::draw(&plan, &mut chance)).collect())
        };
        let shared = Arc::new(Shared::new(plan));
        for (n, _) in people.iter().enumerate().filter(|(_, person)| !person.hot) {
            shared.checker().cold(lead_of(shared.plan.seed, n));
        }
        let house = Arc::new(House::new(Arc::clone(&shared), Arc::clone(&people)));
        let spared = Arc::new(Process::new(Arc::clone(&shared), Arc::clone(&house), true));
        let memory = Memory::new("table-1", DUE_SHARDS, spared);
        let store = Store::Memory(memory.clone());
        let (ring, operator_key) = ring(shared.plan.seed);
        store.save_key_ring(&ring, None).await.expect("kept");
        for bundle in &bundles {
            store
                .publish(&bundle.published, &bundle.files)
                .await
                .expect("published");
        }
        store.settle_in().await.expect("settled in");
        if !shared.plan.told.is_empty() {
            let catalog = Catalog::new(bundles.iter().map(|bundle| bundle.published.clone()));
            let catalog = others::with_destinations(&shared.plan, catalog);
            store.publish_destinations(&catalog).await.expect("published");
            let secrets = shared.others().secrets();
            others::keep_secrets(&store, secrets).await;
            let kinds = catalog.destinations().map(|of| (of.name.clone(), of.kind));
            shared.checker().will_tell(kinds);
            let ids = (0..people.len()).map(|n| lead_of(shared.plan.seed, n));
            shared.others().meet(ids);
        }
        let world = Rc::new(Self {
            shared,
            house,
            people,
            memory,
            operator_key,
            bundles,
            idle: Mutex::default(),
            nurturing: AtomicU64::new(0),
            relaying: AtomicU64::new(0),
            next_relay: AtomicI64::new(i64::MAX),
            deployment: AtomicU64::new(0),
            dead_until: AtomicI64::new(i64::MIN),
            next_tick: AtomicI64::new(0),
            under_way: AtomicU64::new(0),
            archive: Mutex::default(),
            backup: Mutex::default(),
            restoring: AtomicBool::new(false),
        });
        world.plan_everything();
        world
    }

    fn plan_everything(&self) {
        let shared = &self.shared;
        for (n, person) in self.people.iter().enumerate() {
            let at = |ms: u64, act: Act| shared.later(ms, Event::Act(n, act));
            at(person.posts_at, Act::Post("guide-seo", person.ticks, 0));
            if person.double_click {
                at(person.posts_at + 150, Act::Post("guide-seo", person.ticks, 0));
            }
            if let Some(again) = person.again_at {
                at(again, Act::Post("guide-seo", person.ticks, 0));
            }
            for more in 1..=8 * u64::from(person.flooded) {
                at(
                    person.posts_at + more * 26 * 3_600_000,
                    Act::Post("guide-seo", person.ticks, 0),
                );
            }
            if let Some(other) = person.other_at {
                at(other, Act::Post("second", person.ticks, 0));
            }
            for (k, when) in (0..).zip(&person.further) {
                at(*when, Act::Further(k, 0));
            }
            if let Some(when) = person.stranger_at {
                at(when, Act::Stranger(0));
            }
            if let Some((when, to)) = person.moved {
                at(when, Act::Move(to));
            }
            if let Some(when) = person.erased_at {
                at(when, Act::Erase(0));
            }
        }
        let chaos = shared.plan.chaos.as_millis() as u64;
        for fault in [
            Fault::ScheduleDead,
            Fault::EventOutage,
            Fault::Deploy,
            Fault::KeysRotated,
            Fault::SequenceEdited,
            Fault::Restored,
            Fault::Poison,
            Fault::OtherDown,
            Fault::OtherPaused,
            Fault::KeyRevoked,
        ] {
            if shared.plan.swarm.rate(fault) == 0 || (fault.is_of_others() && shared.plan.told.is_empty()) {
                continue;
            }
            let times = if fault == Fault::Restored {
                1
            } else {
                shared.chance().between(1, 4)
            };
            for _ in 0..times {
                let when = shared.chance().below(chaos);
                shared.later(when, Event::Trouble(fault));
            }
        }
    }

    fn chaos_ends(&self) -> i64 {
        self.shared.plan.chaos.as_millis() as i64
    }

    // ---- time ----

    async fn live(self: &Rc<Self>) -> Outcome {
        self.until(self.chaos_ends()).await;
        self.calm_down().await;
        // Whoever comes back late has another two weeks of emails before them; when nothing is left to happen, it is over.
        let last = self.chaos_ends() + 24 * 3_600_000 * 70;
        self.until(last).await;
        self.settle().await;
        if self.shared.checker().broken.is_none() {
            self.look_at_figures_and_alarms().await;
        }
        self.end()
    }

    /// Lets everything happen up to a moment.
    async fn until(self: &Rc<Self>, end: i64) {
        loop {
            if self.shared.checker().broken.is_some() {
                return;
            }
            let now = self.shared.ms();
            while let Some(event) = self.shared.due() {
                self.happen(event);
            }
            if now >= self.next_tick.load(Ordering::Relaxed) {
                self.tick(now);
            }
            if now >= self.next_relay.load(Ordering::Relaxed) {
                self.relay_tick();
            }
            if now >= end {
                return;
            }
            if self.is_over(end) {
                return;
            }
            let next = self
                .shared
                .next()
                .unwrap_or(end)
                .min(self.when_to_tick(now))
                .min(self.when_to_relay(now))
                .min(end)
                .max(now + 1);
            self.shared.sleeps_until.store(next, Ordering::Relaxed);
            let asleep = sleep_until(self.shared.instant(next));
            let rung = self.shared.bell.notified();
            futures_util::pin_mut!(asleep, rung);
            select(asleep, rung).await;
            self.keep_log();
        }
    }

    /// The next whole minute at which the relay has something to find.
    fn when_to_relay(&self, now: i64) -> i64 {
        let start = self.shared.plan.start.as_millisecond();
        let due = self.memory.next_relay().filter(|_| !self.shared.plan.told.is_empty());
        let minute = due.map_or(i64::MAX, |due| {
            let wanted = (due.as_millisecond() - start).max(now + 1);
            (wanted + 59_999) / 60_000 * 60_000
        });
        self.next_relay.store(minute, Ordering::Relaxed);
        minute
    }

    fn relay_tick(self: &Rc<Self>) {
        self.next_relay.store(i64::MAX, Ordering::Relaxed);
        let dead = self.shared.ms() < self.dead_until.load(Ordering::Relaxed) && !self.shared.is_calm();
        if dead || self.shared.strikes(Fault::TickDropped) {
            return;
        }
        let times = 1 + u64::from(self.shared.strikes(Fault::TickRepeated));
        for _ in 0..times {
            self.spawn(|world| async move { world.relay(json!({ "source": "aws.scheduler" })).await });
        }
    }

    /// Calls the relay, if not too many of it run already.
    async fn relay(self: &Rc<Self>, event: Value) {
        let running = self.relaying.load(Ordering::Relaxed);
        if self.restoring.load(Ordering::Relaxed) || running >= RELAYS {
            return;
        }
        self.relaying.fetch_add(1, Ordering::Relaxed);
        self.invoke(Role::Relay, Arc::new(event)).await;
        self.relaying.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether nothing more happens up to the end; what rings years later (dormancy, retention) is beyond it.
    fn is_over(&self, end: i64) -> bool {
        self.shared.is_calm()
            && self.shared.open() == 0
            && self.under_way.load(Ordering::Relaxed) == 0
            && self
                .memory
                .next_due_lead()
                .into_iter()
                .chain(self.memory.next_relay())
                .all(|due| due > self.shared.plan.start + SignedDuration::from_millis(end))
    }

    /// The next whole minute at which the schedule has something to find; at the latest in ten minutes, where a canary flies.
    fn when_to_tick(&self, now: i64) -> i64 {
        let start = self.shared.plan.start;
        let due = self
            .memory
            .next_due()
            .map(|due| due.duration_since(start).as_millis() as i64);
        let latest = match self.shared.plan.events_arrive {
            true => self.chaos_ends() + i64::from(u32::MAX),
            // Calm, it is enough to let the canary fly.
            false if self.shared.is_calm() => now + 3_600_000,
            false => now + 600_000,
        };
        let wanted = due.unwrap_or(i64::MAX).clamp(now + 1, latest.max(now + 1));
        let minute = (wanted + 59_999) / 60_000 * 60_000;
        self.next_tick.store(minute, Ordering::Relaxed);
        minute
    }

    fn tick(self: &Rc<Self>, now: i64) {
        self.next_tick.store(now + 60_000, Ordering::Relaxed);
        if now < self.dead_until.load(Ordering::Relaxed) && !self.shared.is_calm() {
            return;
        }
        if self.shared.strikes(Fault::TickDropped) {
            return;
        }
        if self.shared.strikes(Fault::TickLate) {
            let late = self.shared.chance().below(48 * 3_600_000);
            self.shared.later(late, Event::Tick);
            return;
        }
        self.sweep();
        if self.shared.strikes(Fault::TickRepeated) {
            let times = self.shared.chance().between(1, 4);
            for _ in 0..times {
                let wait = *self.shared.chance().pick(&[0, 0, 50, 61_000, 125_000]);
                self.shared.later(wait, Event::Tick);
            }
        }
    }

    fn happen(self: &Rc<Self>, event: Event) {
        match event {
            Event::Act(n, act) => self.spawn(|world| async move { world.act(n, act).await }),
            Event::Tick => self.sweep(),
            Event::Stream(lead) => self.spawn(|world| async move {
                let image = json!({ "wake": { "BOOL": true } });
                let keys = json!({ "pk": { "S": lead }, "sk": { "S": "lead" } });
                let record = json!({ "dynamodb": { "Keys": keys, "NewImage": image, "SequenceNumber": "1" } });
                world.nurture(json!({ "Records": [record] })).await;
            }),
            Event::Report(report, tries) => self.spawn(move |world| async move { world.deliver(report, tries).await }),
            Event::Trouble(fault) => {
                if !self.shared.is_calm() {
                    self.trouble(fault);
                }
            }
            // Nobody lets anything go before the drill after a restore is over.
            Event::Release if self.shared.checker().held => self.shared.later(3_600_000, Event::Release),
            Event::Release => self.spawn(|world| async move { world.release().await }),
            Event::Wake(lead) => self.spawn(|world| async move {
                let keys = json!({ "pk": { "S": lead }, "sk": { "S": "lead" } });
                let image = json!({ "relay_at": { "N": "0" } });
                let record = json!({ "dynamodb": { "Keys": keys, "NewImage": image, "SequenceNumber": "1" } });
                world.relay(json!({ "Records": [record] })).await;
            }),
            Event::Resume(name, tries) => self.spawn(move |world| async move { world.resume(name, tries).await }),
            Event::Stuck(name) => self.look_at_stuck(&DestinationName::new(name)),
            Event::Heal(lead) => self.memory.corrupt(&LeadId::new(lead), false),
        }
    }

    fn spawn<F: Future<Output = ()> + 'static>(self: &Rc<Self>, task: impl FnOnce(Rc<Self>) -> F) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let world = Rc::clone(self);
        let task = task(Rc::clone(self));
        spawn_local(async move {
            task.await;
            world.under_way.fetch_sub(1, Ordering::Relaxed);
            world.shared.stir(i64::MIN);
        });
    }

    // ---- sandboxes ----

    /// A sandbox of this function: an idle one, or a new one.
    fn sandbox(self: &Rc<Self>, role: Role) -> Sandbox {
        let deployment = self.deployment.load(Ordering::Relaxed);
        {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|sandbox| sandbox.deployment == deployment);
            if let Some(place) = idle.iter().rposition(|sandbox| sandbox.role == role) {
                let sandbox = idle.swap_remove(place);
                sandbox.process.set_clock();
                return sandbox;
            }
        }
        let process = Arc::new(Process::new(Arc::clone(&self.shared), Arc::clone(&self.house), false));
        let (calls, called) = mpsc::unbounded_channel();
        let seed = self.shared.chance().next();
        let store = Store::Memory(self.memory.in_weather(Arc::clone(&process) as _));
        let events = match self.shared.plan.events_arrive {
            true => Events::AlwaysArrive,
            false => Events::MayGetLost,
        };
        let task = spawn_local(serve(role, store, Arc::clone(&process), events, seed, called));
        Sandbox {
            role,
            process,
            calls,
            task,
            deployment,
        }
    }

    /// Gives a function something to do. `None`: it died, or was stopped.
    async fn call(self: &Rc<Self>, role: Role, job: impl FnOnce(&Process) -> Job) -> Option<Done> {
        let sandbox = self.sandbox(role);
        let stopped_at = self.shared.ms() + role.timeout();
        let (reply, answer) = oneshot::channel();
        if sandbox.calls.send((job(&sandbox.process), reply)).is_err() {
            return None;
        }
        // Lambda may stop a function a little late.
        let late = self.shared.chance().below(700).cast_signed();
        let stopped = sleep_until(self.shared.instant(stopped_at + late));
        let process = Arc::clone(&sandbox.process);
        let end = async {
            let dead = process.death.notified();
            futures_util::pin_mut!(stopped, dead);
            select(stopped, dead).await;
        };
        let done = match select(answer, Box::pin(end)).await {
            Either::Left((done, _)) => done.ok(),
            Either::Right(_) => None,
        };
        match &done {
            Some(_) => {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.push(sandbox);
            }
            None => sandbox.task.abort(),
        }
        done
    }

    async fn visit(self: &Rc<Self>, role: Role, request: Request) -> Option<StatusCode> {
        match self.call(role, |_| Job::Visit(Box::new(request))).await {
            Some(Done::Answer(status)) => Some(status),
            _ => None,
        }
    }

    /// Whether it went well.
    async fn invoke(self: &Rc<Self>, role: Role, event: Arc<Value>) -> bool {
        // The function reads its own clock against a deadline of the machine it runs on.
        let deadline = |process: &Process| process.clock().as_millisecond() + role.timeout();
        let done = self.call(role, |process| Job::Invoke(event, deadline(process))).await;
        matches!(done, Some(Done::Value(true)))
    }

    fn sweep(self: &Rc<Self>) {
        self.spawn(|world| async move { world.nurture(json!({ "source": "aws.scheduler" })).await });
    }

    /// Calls nurture, if not too many of it run already.
    async fn nurture(self: &Rc<Self>, event: Value) {
        if self.restoring.load(Ordering::Relaxed) {
            return;
        }
        let crowd = self.shared.plan.swarm.rate(Fault::Crowd) > 0 && !self.shared.is_calm();
        let most = if crowd {
            12
        } else {
            u64::from(piste_domain::kit::limits::SENDERS)
        };
        let running = self.nurturing.load(Ordering::Relaxed);
        if running >= most {
            return;
        }
        if crowd && running >= u64::from(piste_domain::kit::limits::SENDERS) {
            self.shared.coverage().fault(Fault::Crowd);
        }
        self.nurturing.fetch_add(1, Ordering::Relaxed);
        self.invoke(Role::Nurture, Arc::new(event)).await;
        self.nurturing.fetch_sub(1, Ordering::Relaxed);
    }

    // ---- people ----

    async fn act(self: &Rc<Self>, n: usize, act: Act) {
        let again = |tries: u32| (tries < 6).then(|| 5_000 * 4_u64.pow(tries));
        match act {
            Act::Post(form, ticks, tries) => {
                let body = Person::body(n, ticks, self.people[n].hot);
                let next = again(tries).map(|wait| (wait, Act::Post(form, ticks, tries + 1)));
                let asked_at = self.post(n, form, &body, next).await;
                let is_for_sales = form == "second" && Person::leaves_number(n, self.people[n].hot);
                if let Some(asked_at) = asked_at.filter(|_| is_for_sales) {
                    self.shared
                        .checker()
                        .to_be_heard(&self.lead_of(n), form, None, asked_at);
                }
            }
            Act::Further(k, tries) => {
                let hot = self.people[n].hot;
                let body = Person::further_body(n, hot, k);
                let next = again(tries).map(|wait| (wait, Act::Further(k, tries + 1)));
                if let Some(asked_at) = self.post(n, "guide-seo", &body, next).await {
                    let need = Person::further_need(k);
                    let lead = self.lead_of(n);
                    self.shared.coverage().see("asked for something new");
                    let mut checker = self.shared.checker();
                    checker.said(&lead, &need, asked_at);
                    if hot {
                        checker.to_be_heard(&lead, "guide-seo", Some(need), asked_at);
                    }
                }
            }
            Act::Stranger(tries) => {
                let next = again(tries).map(|wait| (wait, Act::Stranger(tries + 1)));
                let body = Person::strangers_body(n);
                if self.post(n, "guide-seo", &body, next).await.is_some() {
                    self.shared.coverage().see("a stranger posted under a known address");
                }
            }
            Act::Confirm(button, tries) => {
                let link = &button.link;
                if button.scanned && tries == 0 {
                    self.visit(Role::Consent, request(Method::GET, link, "")).await;
                    self.visit(Role::Consent, request(Method::HEAD, link, "")).await;
                }
                let mailed_at = self.shared.plan.start + SignedDuration::from_millis(button.mailed_at);
                let campaign = CampaignId::new(button.campaign.clone());
                let lead = self.lead_of(n);
                self.shared
                    .checker()
                    .pressing(&lead, &campaign, mailed_at, &mut self.shared.coverage());
                let status = self.visit(Role::Consent, request(Method::POST, link, "")).await;
                if status.is_none_or(|status| status.is_server_error())
                    && let Some(wait) = again(tries)
                {
                    self.shared.later(wait, Event::Act(n, Act::Confirm(button, tries + 1)));
                }
            }
            Act::OneClick(link, tries) => {
                let request = request(Method::POST, &link, "List-Unsubscribe=One-Click");
                let pressed_at = self.shared.now();
                match self.visit(Role::Consent, request).await {
                    Some(StatusCode::OK) => self.left(n, pressed_at),
                    Some(status) if !status.is_server_error() => {
                        self.shared
                            .checker()
                            .fail(format!("R42: an opt-out was answered {status}"));
                    }
                    _ => {
                        if let Some(wait) = again(tries) {
                            self.shared.later(wait, Event::Act(n, Act::OneClick(link, tries + 1)));
                        }
                    }
                }
            }
            Act::Sales(link, outcome, tries) => {
                let body = format!("_outcome={outcome}&_reason=budget");
                let request = request(Method::POST, &link, &body);
                match self.visit(Role::Console, request).await {
                    Some(status) if !status.is_server_error() => self.shared.coverage().see("a button of sales"),
                    _ => {
                        if let Some(wait) = again(tries) {
                            self.shared
                                .later(wait, Event::Act(n, Act::Sales(link, outcome, tries + 1)));
                        }
                    }
                }
            }
            Act::Move(to) => {
                self.shared.coverage().fault(Fault::StageMoves);
                let path = format!("/api/leads/{}/stage", self.lead_of(n));
                let body = json!({ "to": to, "reason": "call" }).to_string();
                let request = self.operators(request(Method::POST, &path, &body));
                self.visit(Role::Console, request).await;
            }
            Act::Erase(tries) => {
                let id = self.lead_of(n);
                let request = self.operators(request(Method::DELETE, &format!("/api/leads/{id}"), ""));
                match self.visit(Role::Console, request).await {
                    Some(StatusCode::OK) => self.erased(n, &id),
                    // They never came this far.
                    Some(StatusCode::NOT_FOUND) => {}
                    Some(status) if !status.is_server_error() => {
                        self.shared
                            .checker()
                            .fail(format!("R67: an erasure was answered {status}"));
                    }
                    _ => {
                        if let Some(wait) = again(tries) {
                            self.shared.later(wait, Event::Act(n, Act::Erase(tries + 1)));
                        }
                    }
                }
            }
        }
    }

    /// Posts a form; says when, if it was answered as accepted. Where nothing was answered, it is done again later.
    async fn post(self: &Rc<Self>, n: usize, form: &str, body: &str, again: Option<(u64, Act)>) -> Option<Timestamp> {
        let request = request(Method::POST, &format!("/forms/{form}"), body);
        let asked_at = self.shared.now();
        let status = self.visit(Role::Capture, request).await;
        let accepted = status == Some(StatusCode::ACCEPTED);
        if accepted {
            let (lead, form) = (self.lead_of(n), CampaignId::new(form));
            self.shared.checker().acknowledged(&lead, &form, asked_at);
        } else if status.is_none_or(|status| status.is_server_error()) {
            if let Some((wait, act)) = again {
                self.shared.later(wait, Event::Act(n, act));
            }
        } else {
            self.shared
                .checker()
                .fail(format!("a good post was answered {status:?}"));
        }
        accepted.then_some(asked_at)
    }

    /// Signs a request as the operator.
    fn operators(&self, mut request: Request) -> Request {
        let key = format!("Bearer {}", self.operator_key).parse().expect("a header");
        request.headers_mut().insert("authorization", key);
        request
    }

    /// The erasure was answered, so it is done; whoever is there now was born on the tombstone.
    fn erased(&self, n: usize, id: &LeadId) {
        self.shared.coverage().fault(Fault::Erasures);
        self.shared.checker().erasure_told(id, self.shared.now());
        if self.memory.peek(id).is_some_and(|lead| lead.past.is_none()) {
            self.shared
                .checker()
                .fail(format!("I12: {id} was told that all is erased, and is still there"));
        }
        if let Some(after) = self.people[n].returns_after {
            self.shared.later(after, Event::Act(n, Act::Post("guide-seo", true, 0)));
        }
    }

    /// The opt-out was answered, so it is written, unless they have said yes again since.
    fn left(&self, n: usize, pressed_at: Timestamp) {
        let id = self.lead_of(n);
        self.shared.checker().no_acknowledged(&id);
        let yes_since = |consent: &Consent| consent.state == ConsentState::Given && consent.at + SKEW >= pressed_at;
        let stands = |lead: Arc<Lead>| lead.suppression.is_some() || lead.consents.iter().any(yes_since);
        if !self.memory.peek(&id).is_none_or(stands) {
            self.shared
                .checker()
                .fail(format!("R45: {id} was told that mail stops, and nothing says so"));
        }
    }

    fn lead_of(&self, n: usize) -> LeadId {
        lead_of(self.shared.plan.seed, n)
    }

    // ---- what SES reports ----

    async fn deliver(self: &Rc<Self>, report: Box<Report>, tries: u32) {
        if self.invoke(Role::Feedback, Arc::clone(&report.event)).await {
            let now = self.shared.now();
            let mut checker = self.shared.checker();
            if let Some((left, _)) = report.canary {
                checker.canary_taken(left, now);
                self.shared.coverage().see("canary came back");
            }
            if let Some((lead, send, message)) = &report.of {
                checker.event_taken(&SendId::new(send.as_str()), message, report.rejects, now);
                // Of somebody who was lost with the table nobody can learn anything.
                if report.stops && self.memory.peek(&LeadId::new(lead.as_str())).is_some() {
                    checker.stop_taken(&LeadId::new(lead.as_str()));
                }
            } else if report.canary.is_none() {
                drop(checker);
                self.shared.coverage().see("event of an unknown kind");
            }
            return;
        }
        // A function that died after its write has learnt what it was told, whatever its caller thinks.
        if let Some(canary) = report.canary {
            self.canary_learnt(canary).await;
        }
        // Lambda tries again after one and two minutes, then the queue of failures has it; a person redrives it in the end.
        let wait = match tries {
            0 => 60_000,
            1 => 120_000,
            _ => {
                self.shared.coverage().see("event dead-lettered and redriven");
                self.shared.chance().between(3_600_000, 40_000_000)
            }
        };
        self.shared.later(wait, Event::Report(report, tries + 1));
    }

    /// Whether the table knows of a canary although the function that was told of it gave no answer.
    async fn canary_learnt(&self, (left, sent_at): (Timestamp, Timestamp)) {
        let sending = Store::Memory(self.memory.clone()).sending().await.expect("spared");
        if sending.canary_back.is_some_and(|back| back >= sent_at) {
            self.shared.checker().canary_taken(left, self.shared.now());
        }
    }

    // ---- trouble ----

    fn trouble(self: &Rc<Self>, fault: Fault) {
        self.shared.coverage().fault(fault);
        let now = self.shared.ms();
        let hours = |from: u64, to: u64| {
            self.shared
                .chance()
                .between(from * 3_600_000, to * 3_600_000)
                .cast_signed()
        };
        match fault {
            Fault::ScheduleDead => self.dead_until.store(now + hours(1, 72), Ordering::Relaxed),
            Fault::EventOutage => self.shared.outage_until.store(now + hours(1, 12), Ordering::Relaxed),
            Fault::Deploy => drop(self.deployment.fetch_add(1, Ordering::Relaxed)),
            Fault::KeysRotated => self.spawn(|world| async move {
                let store = Store::Memory(world.memory.clone());
                let known = store.key_ring().await.expect("spared").expect("a ring");
                let mut ring = known.clone();
                ring.rotate_links();
                store.save_key_ring(&ring, Some(&known)).await.expect("kept");
            }),
            Fault::SequenceEdited => self.spawn(|world| async move { world.edit().await }),
            Fault::Restored => self.spawn(|world| async move { world.restore().await }),
            Fault::Poison => {
                let n = self.shared.chance().below(self.people.len() as u64) as usize;
                let lead = self.lead_of(n);
                self.memory.corrupt(&lead, true);
                self.shared.checker().unreadable.insert(lead.clone());
                let healed = hours(1, 100).unsigned_abs();
                self.shared.later(healed, Event::Heal(lead.to_string()));
            }
            Fault::OtherDown => {
                let name = self.shared.others().any(&mut self.shared.chance());
                let (until, silent) = (now + hours(1, 150), self.shared.chance().once_in(2));
                self.shared.others().fall(name, until, silent);
            }
            Fault::OtherPaused => {
                let name = self.shared.others().any(&mut self.shared.chance());
                let path = format!("/api/destinations/{name}/pause");
                let request = self.operators(request(Method::POST, &path, ""));
                self.spawn(|world| async move {
                    world.visit(Role::Console, request).await;
                });
            }
            Fault::KeyRevoked => {
                let number = self.shared.number();
                let name = self.shared.others().any(&mut self.shared.chance());
                self.shared.others().revoke(&name, number);
            }
            other => unreachable!("{other:?} is no trouble of its own"),
        }
    }

    /// The operator stores the key as it is now, and lets a destination go on.
    async fn resume(self: &Rc<Self>, name: String, tries: u32) {
        let secrets = self.shared.others().secrets();
        others::keep_secrets(&Store::Memory(self.memory.clone()), secrets).await;
        let path = format!("/api/destinations/{name}/resume");
        let request = self.operators(request(Method::POST, &path, ""));
        match self.visit(Role::Console, request).await {
            Some(StatusCode::OK) => self.shared.coverage().see("a destination resumed"),
            _ => self.shared.later(5_000, Event::Resume(name, tries + 1)),
        }
    }

    /// All is calm, and one destination is down.
    fn look_at_stuck(&self, name: &DestinationName) {
        let (leads, graves) = (self.memory.leads_now(), self.memory.graves());
        let mut checker = self.shared.checker();
        let told = checker::telling::told_of(&leads, &graves);
        checker.stuck(name, told, self.shared.now(), &mut self.shared.coverage());
    }

    /// The owner takes a step away or moves one, and keeps people for a year less.
    async fn edit(self: &Rc<Self>) {
        self.shared.checker().edited = true;
        let mut published = self.bundles[0].published.clone();
        let files = &self.bundles[0].files;
        let Campaign { sequences, .. } = &mut published.campaign;
        let nurture = sequences
            .iter_mut()
            .find(|sequence| sequence.id == "nurture")
            .expect("the demo's");
        let way = self.shared.chance().below(3);
        match way {
            0 => drop(nurture.steps.remove(1)),
            1 => drop(nurture.steps.pop()),
            _ => nurture.steps.swap(1, 2),
        }
        if way == 2 {
            let (a, b) = (nurture.steps[1].delay, nurture.steps[2].delay);
            nurture.steps[1].delay = b;
            nurture.steps[2].delay = a;
        }
        published.campaign.retention = Delay::parse("P2Y").expect("two years");
        published.version = format!("edit{way}");
        let store = Store::Memory(self.memory.clone());
        store.publish(&published, files).await.expect("published");
    }

    /// The table is lost and restored from a backup of hours before, under another name. Everything is on hold until the
    /// archive was told again and a person releases it.
    async fn restore(self: &Rc<Self>) {
        let backup = self.memory.restored("table-2");
        *self.backup.lock().unwrap_or_else(PoisonError::into_inner) = Some(backup.clone());
        let hours = self.shared.chance().between(1, 24);
        tokio::time::sleep(Duration::from_secs(hours * 3_600)).await;
        if self.shared.is_calm() {
            return;
        }
        // Every process that knew the old table is gone.
        self.restoring.store(true, Ordering::Relaxed);
        while self.under_way.load(Ordering::Relaxed) > 1 {
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        self.deployment.fetch_add(1, Ordering::Relaxed);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.memory.replace_by(&backup);
        {
            let mut checker = self.shared.checker();
            let graves = backup.graves();
            let is_alive = |id: &LeadId| backup.peek(id).is_some_and(|lead| lead.past.is_none());
            let is_there = |id: &LeadId| backup.peek(id).is_some() || graves.contains_key(id);
            checker.restored(self.shared.now(), is_there, is_alive);
            checker.held = true;
        }
        self.shared.coverage().see("held after a restore");
        self.restoring.store(false, Ordering::Relaxed);
        // On hold for a while, with everything running; then the drill of docs/deploy.md.
        let held = self.shared.chance().between(600, 10 * 3_600);
        tokio::time::sleep(Duration::from_secs(held)).await;
        // An item that does not parse is named by the replay, and mended before it is told again.
        self.mend_all();
        self.replay().await;
        let memory = &self.memory;
        self.shared
            .checker()
            .replayed(|id| memory.peek(id), &mut self.shared.coverage());
        self.shared.checker().held = false;
        self.release().await;
    }

    /// Tells a restored table what the archive knows, as `piste replay` does.
    async fn replay(self: &Rc<Self>) {
        self.keep_log();
        let lines = self.archive.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let app = self.spared_app().await;
        for told in replay::read(&lines.concat()) {
            let heard = replay::tell(&app, &told).await.expect("spared");
            if heard == Heard::New && matches!(told.what, What::OptOut(_)) {
                self.shared.coverage().see("opt-out rebuilt from the archive");
            }
        }
        // What was told again is in the archive already.
        telemetry::catch();
    }

    async fn spared_app(&self) -> App {
        let process = Arc::new(Process::new(Arc::clone(&self.shared), Arc::clone(&self.house), true));
        let store = Store::Memory(self.memory.in_weather(Arc::clone(&process) as _));
        app(store, &process, 0).await.expect("spared")
    }

    /// The operator releases what is on hold or paused.
    async fn release(self: &Rc<Self>) {
        let store = Store::Memory(self.memory.clone());
        let identity = store.identity().await.expect("spared");
        let open = |sending: &mut piste_domain::rules::sending::Sending| {
            sending.release(&identity, self.shared.now());
            true
        };
        store.change_sending(open).await.expect("spared");
        self.shared.checker().paused_since = None;
    }

    // ---- the log ----

    /// Reads the lines that were written since: some are the archive, some are alarms, none is personal (I17).
    fn keep_log(self: &Rc<Self>) {
        for line in telemetry::catch() {
            if line.contains(MARK) || line.contains('@') || line.contains("0612345678") {
                self.shared
                    .checker()
                    .fail(format!("I17: personal data in a log line: {line}"));
            }
            let event = line.split('"').nth(3).unwrap_or_default();
            match event {
                "canary_missing" => self.shared.coverage().see("canary missing"),
                "set_aside" => self.shared.coverage().see("lead set aside"),
                "quota_used_up" => self.shared.coverage().see("day's quota used up"),
                "not_sent" if line.contains("postponed") => {
                    self.shared.coverage().see("mail postponed for want of time");
                }
                "breaker_open" => {
                    self.shared.coverage().see("breaker opened");
                    self.shared.checker().paused_since = Some(self.shared.now());
                    let wait = self.shared.chance().between(3_600_000, 60 * 3_600_000);
                    self.shared.later(wait, Event::Release);
                }
                "broken_promise" => self.shared.checker().fail(format!("R38: {line}")),
                "sent" | "reported" | "opted_out" | "erased" if self.shared.plan.swarm.rate(Fault::Restored) > 0 => {
                    self.archive.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
                _ => {}
            }
        }
    }

    // ---- the end ----

    fn mend_all(&self) {
        for n in 0..self.people.len() {
            self.memory.corrupt(&self.lead_of(n), false);
        }
    }

    /// A lead with what left its item for rows of its own.
    fn whole(&self, lead: &Arc<Lead>) -> Arc<Lead> {
        let store = Store::Memory(self.memory.clone());
        let past = store.past(&lead.id).now_or_never().expect("spared").expect("readable");
        match past.is_empty() {
            true => Arc::clone(lead),
            false => Arc::new(lead.with_past(past)),
        }
    }

    async fn calm_down(self: &Rc<Self>) {
        self.shared.calm_down();
        // What hung is stopped, what was dead lives, what is unreadable was mended, what is on hold is released.
        self.mend_all();
        if !self.shared.checker().held {
            self.release().await;
        }
        if self.shared.plan.told.is_empty() {
            return;
        }
        self.shared.others().rise();
        for kind in &self.shared.plan.told {
            let name = others::name_of(*kind).to_string();
            self.shared.later(1_000, Event::Resume(name, 0));
        }
        if self.shared.plan.swarm.rate(Fault::OtherDown) > 0 {
            let name = self.shared.others().any(&mut self.shared.chance());
            let silent = self.shared.chance().once_in(2);
            let hours = |hours: i64| hours * 3_600_000;
            let until = self.shared.ms() + hours(STUCK_HOURS);
            self.shared.others().fall(name.clone(), until, silent);
            let looked_at = hours(STUCK_HOURS - 1).unsigned_abs();
            self.shared.later(looked_at, Event::Stuck(name.to_string()));
        }
    }

    async fn settle(self: &Rc<Self>) {
        while self.under_way.load(Ordering::Relaxed) > 0 && self.shared.checker().broken.is_none() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.keep_log();
    }

    async fn look_at_figures_and_alarms(self: &Rc<Self>) {
        let app = self.spared_app().await;
        let operator = Operator::new(&app, WorkspaceId::new("main")).await.expect("spared");
        let told = report(&operator, &Ask::default()).await.expect("spared");
        let mut checker = self.shared.checker();
        checker.counted(told.counts.leads);
        for lead in self.memory.leads_now().values() {
            checker.rings(lead, plan::due_at(lead, &operator.catalog, operator.now));
        }
    }

    fn end(self: &Rc<Self>) -> Outcome {
        let now = self.shared.now();
        let leads = self.memory.leads_now();
        let mut checker = self.shared.checker();
        if checker.broken.is_none() {
            let whole: HashMap<LeadId, Arc<Lead>> =
                leads.iter().map(|(id, lead)| (id.clone(), self.whole(lead))).collect();
            checker.end(&whole, now, &mut self.shared.coverage());
            let graves = self.memory.graves();
            checker.graves(&graves, &leads);
            let others = self.shared.others();
            let names = self.shared.plan.told.iter().filter(|kind| kind.is_crm());
            let stands = names.map(|kind| {
                let name = others::name_of(*kind);
                let records = others.stands(&name);
                (name, records)
            });
            checker.told_end(&whole, &graves, &stands.collect());
            if let Some(listed) = self.memory.listed().iter().find(|id| graves.contains_key(id)) {
                checker.fail(format!("I12: {listed} was erased, and a list still names it"));
            }
        }
        Outcome {
            broken: checker.broken.clone(),
            coverage: self.shared.coverage().clone(),
            trace: checker.trace,
            mails: checker.mails_accepted,
            copies: checker.copies,
            writes: checker.writes,
            requests: self.shared.requests(),
            leads: leads.len() + self.memory.graves().len(),
        }
    }
}

/// One sandbox: it starts as a function does, then does what it is given until it dies.
async fn serve(
    role: Role,
    store: Store,
    process: Arc<Process>,
    events: Events,
    seed: u64,
    mut calls: mpsc::UnboundedReceiver<Call>,
) {
    let Some(app) = app(store, &process, seed).await else {
        return;
    };
    let mailer = Mailer::Simulated(Arc::new(Counter(Arc::clone(&process))));
    let nurture = Nurture::new(&app, &mailer, events);
    let relay = Relay::new(&app, &Outbound::simulated(Arc::clone(&process) as _));
    while let Some((job, reply)) = calls.recv().await {
        let work = async {
            match job {
                Job::Visit(request) => Done::Answer(match role {
                    Role::Capture => piste_capture::handle(&app, &Visit::read(*request)).await.status(),
                    Role::Consent => piste_consent::handle(&app, &Visit::read(*request)).await.status(),
                    _ => piste_console::handle(&app, &Visit::read(*request)).await.status(),
                }),
                Job::Invoke(event, deadline) => Done::Value(match role {
                    Role::Nurture => piste_nurture::handle(&nurture, &event, deadline.unsigned_abs())
                        .await
                        .is_ok(),
                    Role::Relay => piste_relay::handle(&relay, &event, deadline.unsigned_abs())
                        .await
                        .is_ok(),
                    _ => piste_feedback::handle(&app, &event).await.is_ok(),
                }),
            }
        };
        // A panic is answered by the runtime as an error, and the sandbox lives on.
        match std::panic::AssertUnwindSafe(work).catch_unwind().await {
            Ok(done) => drop(reply.send(done)),
            Err(_panic) => drop(reply.send(Done::Answer(StatusCode::INTERNAL_SERVER_ERROR))),
        }
    }
}

/// What every function builds first.
async fn app(store: Store, process: &Arc<Process>, seed: u64) -> Option<App> {
    let time = Arc::clone(process);
    let clock = Clock::Simulated(Simulated(Arc::new(move || time.clock())));
    let mut app = App::start(settings(DUE_SHARDS), clock, store, Campaigns::published())
        .await
        .ok()?;
    app.chance = SystemChance::Seeded(Arc::new(Mutex::new(seed)));
    app.catalog().await.ok()?;
    Some(app)
}

/// The settings of a function that reaches nothing but memory.
pub fn settings(due_shards: u32) -> Settings {
    Settings {
        table: "leads".into(),
        keys_table: "keys".into(),
        base_url: "https://leads.example.com".into(),
        configuration_set: "piste".into(),
        reply_domain: None,
        inbox: None,
        due_shards,
        aws: Aws {
            region: "eu-west-3".into(),
            access_key_id: String::new(),
            secret_access_key: String::new(),
            session_token: None,
            dynamodb_endpoint: None,
            ses_endpoint: None,
            s3_endpoint: None,
            ca_bundle: None,
        },
    }
}

/// The lead that the n-th person becomes.
fn lead_of(seed: u64, n: usize) -> LeadId {
    let email = Email::parse(&Person::address(n)).expect("an address");
    LeadId::of(&identity_key(seed), &WorkspaceId::new("main"), &email)
}

fn identity_key(seed: u64) -> Key {
    Key::new(
        [
            seed.to_be_bytes(),
            7_u64.to_be_bytes(),
            11_u64.to_be_bytes(),
            13_u64.to_be_bytes(),
        ]
        .concat(),
    )
}

/// The keys of a seed, and the operator's.
fn ring(seed: u64) -> (KeyRing, String) {
    let (mut ring, operator) = KeyRing::generate(&WorkspaceId::new("main"));
    ring.identity = identity_key(seed);
    (ring, operator)
}

/// A script's request; a body is JSON if it looks like it, else a form.
pub fn request(method: Method, path: &str, body: &str) -> Request {
    let kind = if body.starts_with('{') {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    };
    let body = if body.is_empty() {
        Body::Empty
    } else {
        Body::Text(body.to_owned())
    };
    lambda_http::http::Request::builder()
        .method(method)
        .uri(format!("https://leads.example.com{path}"))
        .header("accept", "application/json")
        .header("content-type", kind)
        .body(body)
        .expect("a request")
}

/// Real time, for figures only.
pub fn stopwatch() -> std::time::Instant {
    #[expect(clippy::disallowed_methods, reason = "a figure, never an argument of anything")]
    std::time::Instant::now()
}
