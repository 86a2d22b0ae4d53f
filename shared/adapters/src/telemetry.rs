//! Log lines: one JSON object a line on standard output, where Lambda collects them.
//!
//! A line is made of a fixed event name and of ids, codes and numbers. There is no way to pass a person's data by
//! mistake: values are [`Safe`], and only ids, codes and numbers are. Every line says when, how serious, which function
//! of which version, and during which request it was written. [`EVENTS`] lists all events; `docs/logs.md` says what to
//! do about each. A line of an event that has a metric carries it in CloudWatch's Embedded Metric Format.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError, mpsc};
use std::time::Duration;

use piste_domain::CampaignId;
use piste_domain::kit::ids::DestinationName;
use serde_json::{Value, json};
use strum::IntoStaticStr;

use crate::clock::Clock;
use crate::config;

/// How serious a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Level {
    /// It went as it should.
    Info,
    /// Something else will mend it, or a person may want to look.
    Warn,
    /// A person should look.
    Error,
}

impl Level {
    /// The word in the line.
    pub fn code(self) -> &'static str {
        self.into()
    }
}

/// A kind of line.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Its name in the line.
    pub name: &'static str,
    /// How serious it is.
    pub level: Level,
    /// The metric that counts it, if an alarm of `infra/template.yaml` watches it.
    pub metric: Option<&'static str>,
}

const fn event(name: &'static str, level: Level) -> Event {
    Event {
        name,
        level,
        metric: None,
    }
}

const fn counted(name: &'static str, level: Level, metric: &'static str) -> Event {
    Event {
        name,
        level,
        metric: Some(metric),
    }
}

/// Every kind of line there is, by name.
pub const EVENTS: &[Event] = &[
    event("alarms_not_set", Level::Warn),
    event("alarms_set", Level::Info),
    event("alarms_setting", Level::Info),
    event("assistant_asked", Level::Info),
    event("audit_not_written", Level::Error),
    counted("breaker_open", Level::Error, "sending_stopped"),
    counted("campaign_unreadable", Level::Error, "campaigns_unreadable"),
    event("campaigns_not_refreshed", Level::Warn),
    counted("canary_missing", Level::Error, "canary_missing"),
    counted("canary_not_accepted", Level::Error, "canary_missing"),
    counted("canary_not_sent", Level::Error, "canary_missing"),
    event("capture_failed", Level::Error),
    event("captured", Level::Info),
    counted("ceiling_reached", Level::Error, "sending_stopped"),
    event("cleaned", Level::Info),
    event("confirmed", Level::Info),
    event("consent_failed", Level::Error),
    event("console_failed", Level::Error),
    event("corrected", Level::Info),
    event("delivered", Level::Info),
    counted("delivery_old", Level::Warn, "deliveries_old"),
    counted("delivery_set_aside", Level::Warn, "deliveries_set_aside"),
    counted("destination_paused", Level::Error, "destinations_paused"),
    event("destinations_unreadable", Level::Error),
    event("due_failed", Level::Error),
    counted("duplicate", Level::Error, "mails_to_check"),
    event("early_kept", Level::Info),
    event("early_taken", Level::Info),
    event("erased", Level::Info),
    event("feedback_left", Level::Warn),
    event("form_not_told", Level::Warn),
    event("heard", Level::Info),
    counted("held", Level::Warn, "sending_stopped"),
    event("hold", Level::Warn),
    event("import_undone", Level::Info),
    event("imported", Level::Info),
    counted("key_refused", Level::Warn, "keys_refused"),
    event("lead_failed", Level::Error),
    counted("mailbox_full", Level::Warn, "floods"),
    event("message_left", Level::Info),
    event("not_counted", Level::Warn),
    event("not_delivered", Level::Warn),
    event("not_sent", Level::Warn),
    event("notice_failed", Level::Warn),
    event("opted_out", Level::Info),
    event("panicked", Level::Error),
    event("post_discarded", Level::Info),
    event("post_folded", Level::Info),
    event("post_held", Level::Info),
    event("post_kept", Level::Warn),
    event("post_released", Level::Info),
    event("preferred", Level::Info),
    event("proof_not_checked", Level::Warn),
    event("quota_unread", Level::Warn),
    counted("quota_used_up", Level::Error, "sending_stopped"),
    event("refusal_not_noted", Level::Error),
    event("relay_failed", Level::Error),
    event("relay_lead_failed", Level::Error),
    event("released", Level::Info),
    event("reported", Level::Info),
    event("ring_not_refreshed", Level::Warn),
    event("sales_failed", Level::Error),
    event("sales_noted", Level::Info),
    event("send_event_waits", Level::Warn),
    event("sent", Level::Info),
    event("ses_accepts", Level::Info),
    counted("ses_refuses", Level::Error, "ses_refusals"),
    event("session_failed", Level::Error),
    counted("set_aside", Level::Error, "mails_to_check"),
    event("start_failed", Level::Error),
    event("swept", Level::Info),
    event("told", Level::Info),
    event("trigger_failed", Level::Error),
    event("trigger_ignored", Level::Info),
    counted("trigger_refused", Level::Warn, "trigger_refusals"),
    counted("trigger_unsigned", Level::Warn, "trigger_refusals"),
    event("triggered", Level::Info),
    event("turnstile_not_checked", Level::Warn),
    event("undeclared_field", Level::Info),
    counted("unknown", Level::Error, "mails_to_check"),
    event("unlisted_site", Level::Info),
    event("unsubscribe_unread", Level::Error),
    event("use_not_noted", Level::Warn),
    event("visit_not_counted", Level::Warn),
    counted("visitor_limited", Level::Warn, "floods"),
    event("wordings_not_kept", Level::Warn),
];

/// A value that may stand in a log: ids, codes, counts. Each adds its members to the line.
pub struct Safe(Member);

enum Member {
    Value(Value),
    /// What failed, and AWS's words for it beside it.
    Failure(String, Vec<(&'static str, String)>),
}

impl From<&'static str> for Safe {
    fn from(code: &'static str) -> Self {
        Self(Member::Value(code.into()))
    }
}

macro_rules! safe {
    ($($kind:ty: $value:ident => $json:expr),+ $(,)?) => { $(impl From<$kind> for Safe {
        fn from($value: $kind) -> Self {
            Self(Member::Value($json.into()))
        }
    })+ };
}

safe!(
    &piste_domain::LeadId: id => id.as_str(),
    &piste_domain::SendId: id => id.as_str(),
    &CampaignId: id => id.as_str(),
    &DestinationName: name => name.as_str(),
    usize: count => count,
    u64: count => count,
    u16: count => count,
    i64: count => count,
);

impl From<&crate::store::StoreError> for Safe {
    fn from(error: &crate::store::StoreError) -> Self {
        let aws = error.refusal().into_iter().flat_map(|refusal| {
            [
                Some(("aws_action", refusal.action.to_owned())),
                refusal.code.clone().map(|code| ("aws_code", code)),
                refusal.request_id.clone().map(|id| ("aws_request_id", id)),
            ]
        });
        Self(Member::Failure(error.what(), aws.flatten().collect()))
    }
}

/// A code of our own or of AWS: never a message, which may repeat what was sent.
pub fn code(code: &str) -> Safe {
    let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.()".contains(&b));
    Safe(Member::Value(if plain {
        code.chars().take(80).collect::<String>().into()
    } else {
        "unprintable".into()
    }))
}

/// Names of fields of another system, as a file of the owner's has them.
pub fn names(names: &[&str]) -> Safe {
    Safe(Member::Value(names.join(" ").into()))
}

static SILENT: AtomicBool = AtomicBool::new(false);

/// Writes no lines from now on: for a person at a terminal.
pub fn silence() {
    SILENT.store(true, Ordering::Relaxed);
}

/// Who hears the name of each event.
type Ear = Box<dyn Fn(&'static str) + Send + Sync>;

static TERMINAL: OnceLock<Ear> = OnceLock::new();

/// Tells each event's name to `hears`: a person at a terminal wants to know of some.
pub fn name_events(hears: impl Fn(&'static str) + Send + Sync + 'static) {
    let _ = TERMINAL.set(Box::new(hears));
}

/// What a [`notice`] is handed to besides the log: the event, the form and the name.
type Listener = Box<dyn Fn(&'static str, &CampaignId, &str) + Send + Sync>;

static LISTENER: OnceLock<Listener> = OnceLock::new();
static NOTICED: Mutex<BTreeSet<(&'static str, String, String)>> = Mutex::new(BTreeSet::new());
/// Names that one process tells of: a stranger can make up any number.
const NOTICES_MAX: usize = 200;
/// Longest name that is told, in characters.
const NOTICE_CHARS_MAX: usize = 60;

/// Hears of every [`notice`] from now on: a terminal on which somebody sets up a form.
pub fn listen(listener: impl Fn(&'static str, &CampaignId, &str) + Send + Sync + 'static) {
    let _ = LISTENER.set(Box::new(listener));
}

/// Tells the owner of a form of a name that they may want to list or declare, once for each: the name of a field or a site,
/// never a value. What does not look like one is told without its name, since it might be somebody's.
pub fn notice(event: &'static str, form: &CampaignId, name: &str) {
    let name = plain_name(name);
    let new = {
        let mut noticed = NOTICED.lock().unwrap_or_else(PoisonError::into_inner);
        noticed.len() < NOTICES_MAX && noticed.insert((event, form.to_string(), name.clone()))
    };
    if !new {
        return;
    }
    log(event, &[("form", form.into()), ("name", code(&name))]);
    if let Some(listener) = LISTENER.get() {
        listener(event, form, &name);
    }
}

/// A name as it may be told: no address, no telephone number, no sentence.
fn plain_name(name: &str) -> String {
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let fits = |c: char| c.is_alphanumeric() || " _-[].:/".contains(c);
    let plain = name.chars().all(fits) && name.chars().count() <= NOTICE_CHARS_MAX && digits < 7;
    if plain {
        name.trim().to_owned()
    } else {
        "…".to_owned()
    }
}

/// Lines that wait to be written.
struct Printer {
    work: mpsc::Sender<Print>,
    waiting: AtomicUsize,
}

/// What the printer does.
enum Print {
    Out(String),
    Error(String),
    /// Says that everything before it is written.
    Tell(mpsc::Sender<()>),
}

impl Print {
    fn now(self) {
        // A line that cannot be written must not stop the work.
        let _ = match self {
            Self::Out(line) => {
                let mut out = std::io::stdout().lock();
                out.write_all(line.as_bytes()).and_then(|()| out.flush())
            }
            Self::Error(line) => std::io::stderr().write_all(line.as_bytes()),
            Self::Tell(ready) => {
                let _ = ready.send(());
                Ok(())
            }
        };
    }
}

static PRINTER: OnceLock<Printer> = OnceLock::new();
/// Lines that wait at most for somebody who does not read; further ones are dropped.
const WAITING_MAX: usize = 10_000;

/// From now on nothing waits for whoever reads the output: lines are written by a thread of their own, and dropped where
/// too many wait. For the local system; a function's lines are written before it answers.
pub fn never_wait() {
    let (work, to_do) = mpsc::channel::<Print>();
    let waiting = AtomicUsize::new(0);
    if PRINTER.set(Printer { work, waiting }).is_err() {
        return;
    }
    let print = move || {
        for line in to_do {
            line.now();
            if let Some(printer) = PRINTER.get() {
                printer.waiting.fetch_sub(1, Ordering::Relaxed);
            }
        }
    };
    // Without a thread nobody takes the lines: they are dropped, and the work goes on.
    let _ = std::thread::Builder::new().name("printer".into()).spawn(print);
}

/// Gives the lines that still wait this long to be written, before the process ends.
pub fn finish_writing(patience: Duration) {
    if let Some(printer) = PRINTER.get() {
        let (ready, written) = mpsc::channel();
        printer.waiting.fetch_add(1, Ordering::Relaxed);
        let _ = printer.work.send(Print::Tell(ready));
        let _ = written.recv_timeout(patience);
    }
}

/// Writes a line with its end, now or by the printer.
fn write(line: Print) {
    let Some(printer) = PRINTER.get() else {
        line.now();
        return;
    };
    if printer.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX || printer.work.send(line).is_err() {
        printer.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A line for whoever reads the output of the local system.
pub fn say(line: &str) {
    write(Print::Out(format!("{line}\n")));
}

#[cfg(feature = "simulation")]
thread_local! {
    static CAUGHT: std::cell::RefCell<Option<Vec<String>>> = const { std::cell::RefCell::new(None) };
}

/// Keeps this thread's lines instead of writing them, and returns those kept so far.
#[cfg(feature = "simulation")]
pub fn catch() -> Vec<String> {
    CAUGHT
        .with_borrow_mut(|caught| caught.replace(Vec::new()))
        .unwrap_or_default()
}

/// Whether the line was kept.
#[cfg(feature = "simulation")]
fn caught(line: &str) -> bool {
    CAUGHT.with_borrow_mut(|caught| {
        let kept = caught.as_mut().map(|lines| lines.push(line.to_owned()));
        kept.is_some()
    })
}

tokio::task_local! {
    static REQUEST: String;
}

/// Does the work of one request: every line written meanwhile carries its id.
pub async fn for_request<T>(id: String, work: impl Future<Output = T>) -> T {
    REQUEST.scope(id, work).await
}

/// The id of the request at hand, if there is one.
pub fn request_id() -> Option<String> {
    REQUEST.try_with(Clone::clone).ok()
}

/// What the environment says once and for all.
struct Place {
    function: String,
    metrics: Option<String>,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| Place {
    function: config::deployed_name().unwrap_or_else(|| "local".into()),
    metrics: config::metrics_namespace(),
});

/// Which version this is, with its commit where the build was told one (`PISTE_COMMIT`): `0.2.0+4d7a6e0f0c1d`.
pub static VERSION: LazyLock<String> = LazyLock::new(|| match COMMIT {
    Some(commit) => format!("{}+{commit}", env!("CARGO_PKG_VERSION")),
    None => env!("CARGO_PKG_VERSION").to_owned(),
});

const COMMIT: Option<&str> = option_env!("PISTE_COMMIT");

/// Writes one line.
pub fn log(event: &'static str, values: &[(&'static str, Safe)]) {
    if let Some(hears) = TERMINAL.get() {
        hears(event);
    }
    if SILENT.load(Ordering::Relaxed) {
        return;
    }
    let line = line(event, values);
    #[cfg(feature = "simulation")]
    if caught(&line) {
        return;
    }
    write(Print::Out(line));
}

/// The line, with its end. The event comes first: by that the archive knows a line of ours.
fn line(name: &str, values: &[(&'static str, Safe)]) -> String {
    let known = EVENTS.iter().find(|event| event.name == name);
    let now = Clock::Wall.now();
    let mut line = format!("{{\"event\":\"{name}\"");
    let mut member = |name: &str, value: &Value| line.push_str(&format!(",{}:{value}", json!(name)));
    member("time", &format!("{now:.3}").into());
    member("level", &known.map_or(Level::Error, |event| event.level).code().into());
    member("function", &PLACE.function.as_str().into());
    member("version", &env!("CARGO_PKG_VERSION").into());
    if let Some(commit) = COMMIT {
        member("commit", &commit.into());
    }
    if let Some(id) = request_id() {
        member("request_id", &id.into());
    }
    for (name, Safe(value)) in values {
        match value {
            Member::Value(value) => member(name, value),
            Member::Failure(what, aws) => {
                member(name, &what.as_str().into());
                aws.iter()
                    .for_each(|(name, value)| member(name, &value.as_str().into()));
            }
        }
    }
    // Source: CloudWatch user guide, "Specification: embedded metric format".
    if let (Some(metric), Some(namespace)) = (known.and_then(|event| event.metric), &PLACE.metrics) {
        let directive =
            json!({ "Namespace": namespace, "Dimensions": [[]], "Metrics": [{ "Name": metric, "Unit": "Count" }] });
        member(metric, &1.into());
        member(
            "_aws",
            &json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive] }),
        );
    }
    line.push_str("}\n");
    line
}

/// A line for a start that failed, with its error: configuration only, no lead is in sight yet.
pub fn log_start_failure(error: &dyn Display) {
    let error = Safe(Member::Value(error.to_string().into()));
    let _ = std::io::stderr().write_all(line("start_failed", &[("error", error)]).as_bytes());
}

/// Lines for the owner who edits files while the local system runs: what is wrong with them, and where.
pub fn tell(lines: impl Iterator<Item = String>) {
    for line in lines {
        write(Print::Error(format!("piste: {line}\n")));
    }
}
