//! Log lines: one JSON object a line on standard output, where Lambda collects them.
//!
//! A line is made of a fixed event name and of ids and codes. There is no way to pass a person's data by mistake:
//! values are [`Safe`], and only ids, codes and numbers are.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

/// A value that may stand in a log: ids, codes, counts.
pub struct Safe(String);

impl From<&'static str> for Safe {
    fn from(code: &'static str) -> Self {
        Self(code.to_owned())
    }
}

macro_rules! safe {
    ($($kind:ty),+) => { $(impl From<$kind> for Safe {
        fn from(value: $kind) -> Self {
            Self(value.to_string())
        }
    })+ };
}

safe!(
    &piste_domain::LeadId,
    &piste_domain::SendId,
    &piste_domain::CampaignId,
    &crate::store::StoreError,
    usize,
    u64,
    u16,
    i64
);

/// A code of our own or of AWS: never a message, which may repeat what was sent.
pub fn code(code: &str) -> Safe {
    let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.()".contains(&b));
    Safe(if plain {
        code.chars().take(80).collect()
    } else {
        "unprintable".into()
    })
}

static SILENT: AtomicBool = AtomicBool::new(false);

/// Writes no lines from now on: for a person at a terminal.
pub fn silence() {
    SILENT.store(true, Ordering::Relaxed);
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

/// Writes one line.
pub fn log(event: &'static str, values: &[(&'static str, Safe)]) {
    if SILENT.load(Ordering::Relaxed) {
        return;
    }
    let mut line = format!("{{\"event\":\"{event}\"");
    if let Some(id) = request_id() {
        line.push_str(&format!(",\"request_id\":{}", serde_json::json!(id)));
    }
    for (name, Safe(value)) in values {
        // Values hold nothing to escape; should one ever do, the line stays one of JSON.
        line.push_str(&format!(",\"{name}\":{}", serde_json::json!(value)));
    }
    line.push_str("}\n");
    #[cfg(feature = "simulation")]
    if caught(&line) {
        return;
    }
    // A log that cannot be written must not stop the work.
    let _ = std::io::stdout().lock().write_all(line.as_bytes());
}

/// A line for a start that failed, with its error: configuration only, no lead is in sight yet.
pub fn log_start_failure(error: &dyn Display) {
    let _ = writeln!(
        std::io::stderr(),
        "{{\"event\":\"start_failed\",\"error\":{}}}",
        serde_json::json!(error.to_string())
    );
}

/// Lines for the owner who edits files while the local system runs: what is wrong with them, and where.
pub fn tell(lines: impl Iterator<Item = String>) {
    for line in lines {
        let _ = writeln!(std::io::stderr(), "piste: {line}");
    }
}
