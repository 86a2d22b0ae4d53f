//! Log lines: one JSON object a line on standard output, where Lambda collects them.
//!
//! A line is made of a fixed event name and of ids, codes and numbers. There is no way to pass a person's data by
//! mistake: values are [`Safe`], and only ids, codes and numbers are. Every line says when, how serious, which function
//! of which version, and during which request it was written. [`EVENTS`] lists all events; `docs/logs.md` says what to
//! do about each. A line of an event that has a metric carries it in CloudWatch's Embedded Metric Format.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, OnceLock};

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
    event("audit_not_written", Level::Error),
    counted("breaker_open", Level::Error, "sending_stopped"),
    counted("campaign_unreadable", Level::Error, "campaigns_unreadable"),
    event("campaigns_not_refreshed", Level::Warn),
    counted("canary_missing", Level::Error, "canary_missing"),
    counted("canary_not_accepted", Level::Error, "canary_missing"),
    counted("canary_not_sent", Level::Error, "canary_missing"),
    event("capture_failed", Level::Error),
    event("captured", Level::Info),
    event("cleaned", Level::Info),
    event("confirmed", Level::Info),
    event("consent_failed", Level::Error),
    event("console_failed", Level::Error),
    event("corrected", Level::Info),
    event("due_failed", Level::Error),
    counted("duplicate", Level::Error, "mails_to_check"),
    event("erased", Level::Info),
    event("feedback_left", Level::Warn),
    event("form_not_told", Level::Warn),
    counted("held", Level::Warn, "sending_stopped"),
    event("hold", Level::Warn),
    event("honeypot", Level::Info),
    counted("key_refused", Level::Warn, "keys_refused"),
    event("lead_failed", Level::Error),
    event("not_counted", Level::Warn),
    event("not_sent", Level::Warn),
    event("opted_out", Level::Info),
    event("panicked", Level::Error),
    event("post_folded", Level::Info),
    event("post_kept", Level::Warn),
    event("preferred", Level::Info),
    event("quota_unread", Level::Warn),
    counted("quota_used_up", Level::Error, "sending_stopped"),
    event("released", Level::Info),
    event("reported", Level::Info),
    event("ring_not_refreshed", Level::Warn),
    event("sales_failed", Level::Error),
    event("sales_noted", Level::Info),
    event("send_event_waits", Level::Warn),
    event("sent", Level::Info),
    event("session_failed", Level::Error),
    counted("set_aside", Level::Error, "mails_to_check"),
    event("start_failed", Level::Error),
    event("swept", Level::Info),
    event("trigger_failed", Level::Error),
    event("trigger_ignored", Level::Info),
    counted("trigger_refused", Level::Warn, "trigger_refusals"),
    counted("trigger_unsigned", Level::Warn, "trigger_refusals"),
    event("triggered", Level::Info),
    counted("unknown", Level::Error, "mails_to_check"),
    event("unsubscribe_unread", Level::Error),
    event("use_not_noted", Level::Warn),
    event("visit_not_counted", Level::Warn),
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
    &piste_domain::CampaignId: id => id.as_str(),
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

static SILENT: AtomicBool = AtomicBool::new(false);

/// Writes no lines from now on: for a person at a terminal.
pub fn silence() {
    SILENT.store(true, Ordering::Relaxed);
}

static TERMINAL: OnceLock<fn(&'static str)> = OnceLock::new();

/// Tells each event's name to `hears` where no lines are written: a person at a terminal wants to know of some.
pub fn name_events(hears: fn(&'static str)) {
    let _ = TERMINAL.set(hears);
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

/// Writes one line.
pub fn log(event: &'static str, values: &[(&'static str, Safe)]) {
    if SILENT.load(Ordering::Relaxed) {
        if let Some(hears) = TERMINAL.get() {
            hears(event);
        }
        return;
    }
    let line = line(event, values);
    #[cfg(feature = "simulation")]
    if caught(&line) {
        return;
    }
    // A log that cannot be written must not stop the work.
    let _ = std::io::stdout().lock().write_all(line.as_bytes());
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
    if let Some(commit) = option_env!("PISTE_COMMIT") {
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
        let _ = writeln!(std::io::stderr(), "piste: {line}");
    }
}
