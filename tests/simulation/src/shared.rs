//! What all parts of a world share: its time, its chance, its witness, and what is still to come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::chance::Chance;
use crate::checker::Checker;
use crate::coverage::Coverage;
use crate::others::Others;
use crate::plan::{Fault, Plan};

/// Something that happens at its time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A person does something.
    Act(usize, Act),
    /// The schedule calls, besides its regular ticks.
    Tick,
    /// The table's stream tells of a lead.
    Stream(String),
    /// SES reports: to whom it is delivered for the n-th time.
    Report(Box<Report>, u32),
    /// Trouble that concerns everybody.
    Trouble(Fault),
    /// The operator looks whether mail is on hold or paused, and releases it.
    Release,
    /// An unreadable item is mended.
    Heal(String),
    /// The table's stream tells that something of a lead is to be told at once.
    Wake(String),
    /// The operator mends what stopped a destination, and resumes it; for the n-th time after no answer.
    Resume(String, u32),
    /// One destination alone is down: what was held up by it shows.
    Stuck(String),
}

/// What a person does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Posts a form: which campaign, with the box ticked or not, for the n-th time after no answer.
    Post(&'static str, bool, u32),
    /// Asks for something new, for the k-th time; then for the n-th time after no answer.
    Further(u32, u32),
    /// Somebody else posts their address; for the n-th time after no answer.
    Stranger(u32),
    /// Presses the button behind a link.
    Confirm(Button, u32),
    /// Presses the mail client's own button.
    OneClick(String, u32),
    /// A salesperson notes an outcome by the link of an alert.
    Sales(String, &'static str, u32),
    /// Sales moves the lead.
    Move(&'static str),
    /// They ask to be erased, for the n-th time after no answer.
    Erase(u32),
}

/// A button to confirm, as a person has it before them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Button {
    /// Where it leads.
    pub link: String,
    /// Which campaign asks.
    pub campaign: String,
    /// When the email came, in milliseconds of the world.
    pub mailed_at: i64,
    /// A scanner looked at the page first.
    pub scanned: bool,
}

/// A report of SES, with what the witness needs to know about it.
#[derive(Clone, Debug)]
pub struct Report {
    /// As SES writes it, in the envelope of whoever brings it.
    pub event: Arc<Value>,
    /// Lead, mail, message id; none for a canary.
    pub of: Option<(String, String, String)>,
    /// Whether it stops all mail to the lead.
    pub stops: bool,
    /// Whether it says that SES did not send the email after all.
    pub rejects: bool,
    /// When the canary left: by true time, and by the clock of the process that sent it.
    pub canary: Option<(Timestamp, Timestamp)>,
    /// Its place among all reports.
    pub number: u64,
}

impl PartialEq for Report {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
impl Eq for Report {}
impl PartialOrd for Report {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Report {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.number.cmp(&other.number)
    }
}

/// What all parts share.
#[derive(Debug)]
pub struct Shared {
    /// What the run is to be.
    pub plan: Plan,
    origin: Instant,
    chance: Mutex<Chance>,
    calm: AtomicBool,
    checker: Mutex<Checker>,
    coverage: Mutex<Coverage>,
    others: Mutex<Others>,
    queue: Mutex<BinaryHeap<Reverse<(i64, u64, Event)>>>,
    numbers: AtomicU64,
    requests: AtomicU64,
    /// All reports of SES are lost until then, in milliseconds of the world.
    pub outage_until: AtomicI64,
    /// Rings when something may have to happen sooner than planned.
    pub bell: Notify,
    /// Until when the world sleeps, in milliseconds of the world.
    pub sleeps_until: AtomicI64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The shared part of a new world.
    pub fn new(plan: Plan) -> Self {
        Self {
            origin: Instant::now(),
            chance: Mutex::new(Chance::new(plan.seed ^ 0x5eed)),
            calm: AtomicBool::new(false),
            checker: Mutex::new(Checker::new(plan.strict, plan.follow.clone())),
            coverage: Mutex::default(),
            others: Mutex::new(Others::new(&plan)),
            queue: Mutex::default(),
            numbers: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            outage_until: AtomicI64::new(i64::MIN),
            bell: Notify::new(),
            sleeps_until: AtomicI64::new(i64::MIN),
            plan,
        }
    }

    /// Milliseconds since the world began.
    pub fn ms(&self) -> i64 {
        self.origin.elapsed().as_millis() as i64
    }

    /// The true moment.
    pub fn now(&self) -> Timestamp {
        self.plan.start + SignedDuration::from_millis(self.ms())
    }

    /// The moment at which this many milliseconds have passed.
    pub fn instant(&self, ms: i64) -> Instant {
        self.origin + Duration::from_millis(ms.max(0).unsigned_abs())
    }

    /// The generator.
    pub fn chance(&self) -> MutexGuard<'_, Chance> {
        lock(&self.chance)
    }

    /// The witness.
    pub fn checker(&self) -> MutexGuard<'_, Checker> {
        lock(&self.checker)
    }

    /// What stands at the other ends.
    pub fn others(&self) -> MutexGuard<'_, Others> {
        lock(&self.others)
    }

    /// What was seen.
    pub fn coverage(&self) -> MutexGuard<'_, Coverage> {
        lock(&self.coverage)
    }

    /// From now on nothing goes wrong.
    pub fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    /// Whether nothing goes wrong any more.
    pub fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// Whether this fault strikes now; if so, it is counted.
    pub fn strikes(&self, fault: Fault) -> bool {
        let rate = self.plan.swarm.rate(fault);
        let strikes = rate > 0 && !self.is_calm() && self.chance().ppm(rate);
        if strikes {
            self.coverage().fault(fault);
        }
        strikes
    }

    /// The number of the next request, for runs that die at one of them.
    pub fn request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// How many requests there were.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// A number of its own for everything that needs one.
    pub fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Plans something for later, in milliseconds from now.
    pub fn later(&self, ms: u64, event: Event) {
        let at = self.ms() + ms.cast_signed();
        lock(&self.queue).push(Reverse((at, self.number(), event)));
        self.stir(at);
    }

    /// Wakes the world if it sleeps past this.
    pub fn stir(&self, at: i64) {
        if at < self.sleeps_until.load(Ordering::Relaxed) {
            self.bell.notify_one();
        }
    }

    /// When the next thing happens.
    pub fn next(&self) -> Option<i64> {
        lock(&self.queue).peek().map(|Reverse((at, ..))| *at)
    }

    /// What happens now.
    pub fn due(&self) -> Option<Event> {
        let mut queue = lock(&self.queue);
        let due = queue.peek().is_some_and(|Reverse((at, ..))| *at <= self.ms());
        due.then(|| queue.pop()).flatten().map(|Reverse((_, _, event))| event)
    }

    /// How much is still to happen.
    pub fn open(&self) -> usize {
        lock(&self.queue).len()
    }
}
