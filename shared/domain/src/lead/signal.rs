//! Signals: what a person did that counts. They are a set, not a count: told again, late or out of order, it is the
//! same set, and a score folded over it is the same score (R23).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::kit::ids::{Key, base32_26};
use crate::kit::limits::SIGNALS_PER_KIND_MAX;
use crate::kit::vocabulary::SignalKind;

/// Something the person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// What.
    #[serde(rename = "k")]
    pub kind: SignalKind,
    /// When it happened, whenever it was told.
    #[serde(rename = "a", with = "crate::kit::seconds")]
    pub at: Timestamp,
    /// What it was about: a campaign, the mail that was clicked, the page that was visited. May be empty.
    #[serde(rename = "o")]
    pub of: String,
    /// Under which id another system told it; absent when we saw it ourselves.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ReportId>,
    /// Which system told it.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Under which id something was reported: 13 characters, derived, so that it names neither the sender's id nor anybody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReportId(String);

impl ReportId {
    /// The id of what `source` told under `id`: 65 bits, kept for as long as the signal itself.
    pub fn of(key: &Key, source: &str, id: &str) -> Self {
        let mut text = base32_26(&key.mac(&["report", source, id]));
        text.truncate(13);
        Self(text)
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn day_start(at: Timestamp) -> Timestamp {
    let midnight = day(at).to_zoned(TimeZone::UTC);
    midnight.map_or(at, |midnight| midnight.timestamp())
}

/// Adds a signal to the set; returns whether it says something new.
///
/// What we saw ourselves is the same when kind, subject and UTC day are, and keeps its earliest moment. What was reported
/// is the same when its id is. Of each kind the latest [`SIGNALS_PER_KIND_MAX`] are kept: one older than all of those is
/// forgotten already, and says nothing new however often it is told.
pub fn add(signals: &mut Vec<Signal>, signal: Signal) -> bool {
    let twin = |known: &&mut Signal| match &signal.id {
        Some(_) => known.id == signal.id,
        None => {
            known.id.is_none() && (known.kind, &known.of, day(known.at)) == (signal.kind, &signal.of, day(signal.at))
        }
    };
    if let Some(known) = signals.iter_mut().find(twin) {
        let earlier = signal.id.is_none() && signal.at < known.at;
        if earlier {
            known.at = signal.at;
        }
        return earlier;
    }
    // What stands for a whole day has the day's place, so that its earliest moment does not decide what is kept.
    let order = |s: &Signal| match &s.id {
        Some(id) => (s.at, Some(id.clone()), String::new()),
        None => (day_start(s.at), None, s.of.clone()),
    };
    let of_kind: Vec<usize> = (0..signals.len()).filter(|n| signals[*n].kind == signal.kind).collect();
    if of_kind.len() >= SIGNALS_PER_KIND_MAX
        && let Some(oldest) = of_kind.into_iter().min_by_key(|n| order(&signals[*n]))
    {
        if order(&signal) <= order(&signals[oldest]) {
            return false;
        }
        signals.remove(oldest);
    }
    signals.push(signal);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Chance, at, days, hours, key};

    fn seen(kind: SignalKind, at: Timestamp, of: &str) -> Signal {
        Signal {
            kind,
            at,
            of: of.to_owned(),
            id: None,
            source: None,
        }
    }

    fn told(kind: SignalKind, at: Timestamp, id: &str) -> Signal {
        Signal {
            id: Some(ReportId::of(&key(), "crm", id)),
            source: Some("crm".into()),
            ..seen(kind, at, "")
        }
    }

    fn set_of(told: &[Signal]) -> Vec<Signal> {
        let mut set = Vec::new();
        for signal in told {
            add(&mut set, signal.clone());
        }
        set.sort_by_key(|s| (s.kind, s.at, s.of.clone(), s.id.clone()));
        set
    }

    #[test]
    fn names_in_files_and_names_in_storage_are_the_same() {
        for kind in SignalKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("json"), kind.code());
        }
    }

    #[test]
    fn r23_the_set_is_the_same_whatever_order_and_however_often_it_is_told() {
        let start = at("2026-03-02T09:00:00Z");
        let mut chance = Chance(23);
        for _ in 0..200 {
            let mut all = Vec::new();
            for n in 0..chance.below(80) {
                let kind = *chance.pick(&[SignalKind::Visit, SignalKind::Click, SignalKind::Visit, SignalKind::Won]);
                let when = start + hours(chance.below(24 * 20) as i64);
                all.push(match chance.once_in(2) {
                    true => told(kind, when, &n.to_string()),
                    false => {
                        let of = if chance.once_in(2) { "a" } else { "b" };
                        seen(kind, when, of)
                    }
                });
            }
            let expected = set_of(&all);
            for kind in SignalKind::ALL {
                assert!(expected.iter().filter(|s| s.kind == kind).count() <= SIGNALS_PER_KIND_MAX);
            }
            for _ in 0..5 {
                for n in (1..all.len()).rev() {
                    all.swap(n, chance.below(n as u64 + 1) as usize);
                }
                let again: Vec<Signal> = (0..all.len() / 2).map(|_| chance.pick(&all).clone()).collect();
                assert_eq!(set_of(&[all.clone(), again].concat()), expected);
            }
        }
    }

    #[test]
    fn r26_an_id_is_known_for_as_long_as_its_signal_and_never_counts_after_it() {
        let start = at("2026-03-02T09:00:00Z");
        let mut set = Vec::new();
        for n in 0..2 * SIGNALS_PER_KIND_MAX as i64 {
            assert!(add(&mut set, told(SignalKind::Visit, start + days(n), &n.to_string())));
        }
        for n in 0..2 * SIGNALS_PER_KIND_MAX as i64 {
            assert!(
                !add(&mut set, told(SignalKind::Visit, start + days(n), &n.to_string())),
                "visit {n} again"
            );
        }
        assert_eq!(set.len(), SIGNALS_PER_KIND_MAX);
        assert!(
            add(&mut set, told(SignalKind::Won, start, "0w")),
            "other kinds have room of their own"
        );
    }

    #[test]
    fn an_id_differs_by_source_and_key() {
        let id = ReportId::of(&key(), "crm", "msg_1");
        assert_eq!(id.0.len(), 13);
        assert_ne!(id, ReportId::of(&key(), "shop", "msg_1"));
        assert_ne!(id, ReportId::of(&Key::new(vec![8; 32]), "crm", "msg_1"));
    }
}
