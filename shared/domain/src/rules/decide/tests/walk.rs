//! Anything in any order: random walks over one lead, and every order of what SES reports. The laws of `samples` hold
//! after every step; here it is counted, too, what SES took.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::*;
use crate::kit::ids::CampaignId;
use crate::kit::limits;
use crate::kit::vocabulary::Class;
use crate::kit::vocabulary::Regime;
use crate::kit::vocabulary::SignalKind;
use crate::lead::consent::Consent;
use crate::lead::consent::ConsentState;
use crate::lead::ledger::FeedbackKind;
use crate::lead::ledger::Outcome;
use crate::lead::signal::ReportId;
use crate::lead::stage::{Mover, Stage};
use crate::rules::input;
use crate::rules::sending::Evidence;
use crate::rules::sending::Gate;
use crate::rules::sending::{Senders, Terms};
use crate::rules::signals::Report;
use crate::rules::signals::Reported;
use crate::samples::{Chance, HOT, Story, TICKED, accepted, at, days, demo, guide, hours, key, other};
use jiff::SignedDuration;
use jiff::Timestamp;

/// SES's side of a walk: what it took, and what it has yet to report.
#[derive(Default)]
struct Ses {
    taken: BTreeMap<SendId, u32>,
    reports: Vec<(Timestamp, SendId, FeedbackKind)>,
    /// Reports get lost or come later than anybody waits; then no missing one proves anything.
    lossy: bool,
}

struct Walk {
    story: Story,
    ses: Ses,
    chance: Chance,
    /// Claims whose sender has not recorded yet.
    open: Vec<(MailOrder, Outcome)>,
    /// When the person last said no.
    left: Option<Timestamp>,
}

const SECTORS: [&str; 4] = ["saas", "agency", "public", "other"];
const KINDS: [FeedbackKind; 6] = [
    FeedbackKind::Delivery,
    FeedbackKind::HardBounce,
    FeedbackKind::SoftBounce,
    FeedbackKind::Complaint,
    FeedbackKind::Reject,
    FeedbackKind::Click,
];

impl Walk {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let mut b = other("b");
        match chance.below(3) {
            0 => (b.regime, b.double_opt_in) = (Regime::B2bInterest, false),
            1 => b.double_opt_in = false,
            _ => {}
        }
        let mut story = Story::of([demo(), b]);
        story.now = at("2026-01-01T00:00:00Z") + SignedDuration::from_mins(chance.below(365 * 1_440) as i64);
        story.post(&[TICKED]);
        let lossy = chance.once_in(2);
        Self {
            story,
            ses: Ses {
                lossy,
                ..Ses::default()
            },
            chance,
            open: Vec::new(),
            left: None,
        }
    }

    /// Waits, and lets SES's reports of that time come in.
    fn wait(&mut self, span: SignedDuration) {
        let until = self.story.now + span;
        loop {
            self.ses.reports.sort_by_key(|(at, ..)| *at);
            let Some((at, ..)) = self.ses.reports.first().filter(|(at, ..)| *at <= until) else {
                break;
            };
            self.story.now = self.story.now.max(*at);
            let (_, send, kind) = self.ses.reports.remove(0);
            self.story.report(&send, kind);
        }
        self.story.now = until;
    }

    /// A sender claims, and SES takes the mail or not, whatever the sender gets to know of it.
    fn send(&mut self) {
        let trusted = !self.ses.lossy;
        let Some(order) = self.story.wake_trusting(trusted) else {
            return;
        };
        if let Some(left) = self.left.filter(|_| order.class == Class::Nurture) {
            let again = |c: &Consent| c.state == ConsentState::Given && c.at >= left;
            assert!(
                self.story.lead().consents.iter().any(again),
                "I2: only a new yes undoes a no"
            );
        }
        let took = self.chance.below(10) < 7;
        if took {
            *self.ses.taken.entry(order.send_id.clone()).or_default() += 1;
            let delay = match self.ses.lossy {
                true if self.chance.once_in(3) => None,
                true => Some(self.chance.below(3 * 86_400)),
                false => Some(self.chance.below(limits::SETTLE_SERVICE.as_secs().unsigned_abs())),
            };
            if let Some(delay) = delay {
                let at = self.story.now + SignedDuration::from_secs(delay as i64);
                for kind in [FeedbackKind::Send, FeedbackKind::Delivery, FeedbackKind::Send] {
                    self.ses.reports.push((at, order.send_id.clone(), kind));
                }
            }
        }
        let told = match (took, self.chance.below(6)) {
            (true, 0) | (false, 0..=1) => Outcome::Ambiguous,
            (true, _) => accepted(&order),
            (false, 2) => Outcome::Postponed,
            (false, 3..=4) => Outcome::RefusedForNow { code: "busy".into() },
            (false, _) => Outcome::Refused {
                code: "rejected".into(),
            },
        };
        match self.chance.below(4) {
            0 => {} // the sender dies before it records
            1 => self.open.push((order, told)),
            _ => drop(self.story.settle(&order, told)),
        }
    }

    /// Another system reports something, new or told before.
    fn hear(&mut self) {
        let told = self.story.lead().signals.len();
        let kind = *self.chance.pick(&SignalKind::ALL);
        let report = Report {
            id: ReportId::of(&key(), "crm", &self.chance.below(60).to_string()),
            source: "crm".into(),
            at: self.story.now + hours(self.chance.below(100) as i64 - 90),
            what: Reported::Signal(kind, String::new()),
            cents: None,
        };
        self.story.apply(&input::Signal(report));
        if kind == SignalKind::Unsubscribe && self.story.lead().signals.len() > told {
            self.left = Some(self.story.now);
        }
    }

    fn step(&mut self) {
        let known: Vec<SendId> = self
            .story
            .lead()
            .ledger()
            .filter(|(_, s)| s.attempts() > 0)
            .map(|(_, s)| s.id.clone())
            .collect();
        match self.chance.below(24) {
            0..=2 => {
                let form = *self.chance.pick(&["guide-seo", "guide-seo", "b"]);
                let mut fields = vec![("sector", *self.chance.pick(&SECTORS))];
                fields.extend(self.chance.pick(&[&HOT[..], &[], &[TICKED], &[TICKED]]).iter().copied());
                self.story.post_to(form, &fields);
            }
            3..=5 => {
                let campaign = CampaignId::new(*self.chance.pick(&["guide-seo", "b", "gone"]));
                let posts = self.story.lead().words.enquiries();
                let post = self.chance.once_in(3).then(|| self.chance.pick(posts).id());
                self.story.apply(&input::Confirm(campaign, post));
            }
            6 => {
                self.story.opt_out();
                self.left = Some(self.story.now);
            }
            7 => drop(self.story.step_to(*self.chance.pick(&Stage::ALL))),
            8 if !known.is_empty() => {
                let (send, kind) = (self.chance.pick(&known).clone(), *self.chance.pick(&KINDS));
                self.story.report(&send, kind);
            }
            9 if !self.open.is_empty() => {
                let (order, told) = self.open.remove(0);
                self.story.settle(&order, told);
            }
            n @ 10..=14 => {
                let span = if n == 14 { days(12) } else { hours(2) };
                let seconds = self.chance.below(span.as_secs().unsigned_abs());
                self.wait(SignedDuration::from_secs(seconds as i64));
            }
            15..=17 => {
                if let Some(due) = self.story.alarm().filter(|due| *due > self.story.now) {
                    self.wait(due.duration_since(self.story.now));
                }
            }
            18 if self.chance.once_in(8) => self.hear(),
            _ => self.send(),
        }
        // I1: a marketing mail once, what was asked for twice at most.
        for (_, send) in self.story.lead().ledger() {
            let taken = self.ses.taken.get(&send.id).copied().unwrap_or(0);
            let most = if send.class == Class::Nurture { 1 } else { 2 };
            assert!(taken <= most, "I1: {} was sent {taken} times", send.step);
        }
    }

    /// The faults stop: everything comes to an end (I19, I20), and everything that became due has one (R11).
    fn rest(&mut self) {
        self.open.clear();
        for _ in 0..200 {
            let Some(due) = self.story.alarm() else { break };
            if due > self.story.now {
                self.wait(due.duration_since(self.story.now));
            }
            self.wait(SignedDuration::from_secs(limits::LEASE.as_secs()));
            if let Some(order) = self.story.wake_trusting(false) {
                self.story.settle(&order, accepted(&order));
            }
        }
        let lead = self.story.lead();
        assert_eq!(self.story.alarm(), None, "the alarm comes to rest");
        assert!(
            lead.enrolments.iter().all(|e| e.ended.is_some()),
            "I20: every sequence ends"
        );
        let open = lead.ledger().find(|(_, send)| !send.is_final());
        assert!(open.is_none(), "R11: every due step has an end: {open:?}");
        let ids: BTreeSet<_> = lead.ledger().map(|(_, send)| &send.id).collect();
        assert_eq!(ids.len(), lead.ledger().count());
        let (key, terms) = (
            key(),
            Terms {
                paused: false,
                evidence: Evidence::None,
                senders: Senders::WELL,
            },
        );
        let basis = crate::views::reconcile::Basis {
            catalog: &self.story.catalog,
            key: &key,
            gate: Gate::Open(terms),
            now: self.story.now,
        };
        let mut audit = crate::views::reconcile::Reconciliation::new(basis, None);
        audit.add(lead);
        let report = audit.finish();
        assert!(report.adds_up() && report.open.is_empty(), "I8: {report:?}");
    }
}

#[test]
fn whatever_happens_in_whatever_order_the_laws_hold() {
    let mut seen = BTreeSet::new();
    for seed in 1_000..1_400 {
        let mut walk = Walk::new(seed);
        let run = catch_unwind(AssertUnwindSafe(|| {
            for _ in 0..120 {
                walk.step();
            }
            walk.rest();
        }));
        if let Err(broken) = run {
            panic_note(seed, &walk);
            resume_unwind(broken);
        }
        seen.extend(
            walk.story
                .lead()
                .ledger()
                .map(|(_, send)| format!("{} {}", send.class.code(), send.state_code())),
        );
    }
    // R34: the walks went everywhere, else they prove nothing.
    for class in ["nurture", "service"] {
        for state in [
            "sent",
            "unknown",
            "failed(rejected)",
            "failed(reject)",
            "skipped(unsubscribe)",
            "skipped(bounce)",
            "skipped(complaint)",
        ] {
            if (class, state) != ("service", "skipped(unsubscribe)") {
                assert!(
                    seen.contains(&format!("{class} {state}")),
                    "no walk saw {class} {state}: {seen:?}"
                );
            }
        }
    }
    assert!(seen.contains("nurture skipped(late)"));
}

fn panic_note(seed: u64, walk: &Walk) {
    eprintln!("seed {seed}, at {}: {:?}", walk.story.now, walk.story.ledger());
}

/// Every order of these.
fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    (0..items.len())
        .flat_map(|first| {
            let mut rest = items.to_vec();
            let head = rest.remove(first);
            orders(&rest).into_iter().map(move |mut order| {
                order.insert(0, head.clone());
                order
            })
        })
        .collect()
}

/// A lead without what necessarily differs: how often it was written, and when each thing became known.
fn timeless(lead: &Lead) -> serde_json::Value {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(map) => {
                for key in ["v", "a", "at", "due_at"] {
                    map.remove(key);
                }
                map.values_mut().for_each(strip);
            }
            serde_json::Value::Array(all) => all.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(lead).expect("json");
    strip(&mut value);
    value
}

/// What can reach a lead about one mail.
#[derive(Clone, Copy, Debug, PartialEq)]
enum News {
    Record,
    Event(FeedbackKind),
}

#[test]
fn r24_every_order_and_repetition_of_what_is_known_of_a_mail_ends_alike() {
    let first = {
        let mut story = Story::asked();
        let order = story.wake().expect("the guide");
        (story, order)
    };
    let on_its_way = {
        let mut story = Story::confirmed();
        story.now = story.lead().due_at.expect("day 2");
        let order = story.wake().expect("day 2");
        (story, order)
    };
    let last = {
        let mut story = Story::confirmed();
        story.run(at("2026-03-15T00:00:00Z"));
        story.now = story.lead().due_at.expect("day 14");
        let order = story.wake().expect("day 14");
        (story, order)
    };
    let delivered = [
        News::Record,
        News::Event(FeedbackKind::Send),
        News::Event(FeedbackKind::Delivery),
        News::Event(FeedbackKind::HardBounce),
        News::Event(FeedbackKind::Complaint),
    ];
    let refused = [
        News::Record,
        News::Event(FeedbackKind::Send),
        News::Event(FeedbackKind::Reject),
        News::Event(FeedbackKind::SoftBounce),
        News::Event(FeedbackKind::Delivery),
    ];
    let mut chance = Chance(24);
    for (story, order) in [&first, &on_its_way, &last] {
        for all in [delivered, refused] {
            for chosen in 1_u32..1 << all.len() {
                let news: Vec<News> = all
                    .iter()
                    .enumerate()
                    .filter(|(n, _)| chosen >> n & 1 == 1)
                    .map(|(_, news)| *news)
                    .collect();
                let mut ends = Vec::new();
                for mut heard in orders(&news) {
                    // Each may come again, at any later place.
                    for n in 0..heard.len() {
                        if chance.once_in(3) {
                            let later = n + 1 + chance.below((heard.len() - n) as u64) as usize;
                            heard.insert(later, heard[n]);
                        }
                    }
                    let mut told = story.clone();
                    for news in &heard {
                        told.wait(SignedDuration::from_secs(chance.below(5) as i64));
                        match news {
                            News::Record => told.settle(order, accepted(order)),
                            News::Event(kind) => told.report(&order.send_id, *kind),
                        };
                    }
                    ends.push((timeless(told.lead()), heard));
                }
                for (end, heard) in &ends {
                    assert_eq!(
                        end, &ends[0].0,
                        "{}: {heard:?} ended otherwise than {:?}",
                        order.step, ends[0].1
                    );
                }
            }
        }
    }
}

#[test]
fn two_decisions_from_one_version_are_the_same_decision() {
    // Design section 3: on a conflict the shell decides again; nothing but the arguments may count.
    let mut walk = Walk::new(28);
    for _ in 0..300 {
        let mut twin = walk.story.clone();
        let decisions = [
            walk.story.apply(&input::Confirm(guide(), None)),
            twin.apply(&input::Confirm(guide(), None)),
        ];
        assert_eq!(decisions[0].record, decisions[1].record);
        walk.step();
    }
    assert!(walk.story.now > at("2026-01-01T00:00:00Z") + hours(1));
}

/// R128: whatever anybody posts, notes, confirms or takes back, the item stays within 64 KiB. Ten thousand characters of four
/// bytes each are what a form's field and a note can bring at most.
#[test]
fn r128_no_item_outgrows_64_kib_whatever_comes_by_any_door() {
    for seed in 0..12 {
        let mut chance = Chance(seed);
        let mut story = Story::of([demo(), other("other")]);
        story.post(&[TICKED]);
        let by = || input::By {
            mover: Mover::Operator,
            name: None,
        };
        let mut largest = 0;
        for step in 0..160_u64 {
            story.wait(SignedDuration::from_mins(
                1 + i64::try_from(chance.below(3_000)).expect("few"),
            ));
            let long = |chars: usize| Personal::new("🏔".repeat(chars));
            let need = "🏔".repeat(500);
            let reason = "🏔".repeat(limits::REASON_CHARS_MAX as usize);
            match chance.below(9) {
                0 | 1 => {
                    let named = format!("n{step}");
                    let form = ["guide-seo", "other"][chance.below(2) as usize];
                    story.post_to(
                        form,
                        &[
                            ("need", &need),
                            ("first_name", &named),
                            ("company", &need[..200]),
                            TICKED,
                        ],
                    );
                }
                2 => drop(story.confirm()),
                3 => drop(story.opt_out()),
                4 => drop(story.apply(&input::Note(long(limits::NOTE_CHARS_MAX), by()))),
                5 => {
                    let answers = [("need".to_owned(), long(500))].into();
                    drop(story.apply(&input::Answer(answers, reason, by())));
                }
                6 => {
                    let call = input::Call {
                        outcome: input::CallOutcome::Reached,
                        note: Some(long(limits::NOTE_CHARS_MAX)),
                        answers: [].into(),
                    };
                    drop(story.apply(&input::Called(call, by(), None)));
                }
                7 => {
                    let to = [Stage::Mql, Stage::Sql, Stage::Lead, Stage::Recycled][chance.below(4) as usize];
                    drop(story.apply(&input::Move(input::ManualMove::new(to, reason))));
                }
                _ => {
                    if let Some(order) = story.wake() {
                        story.settle(&order, accepted(&order));
                    }
                }
            }
            if story.lead.is_none() {
                break; // erased: somebody else's story
            }
            largest = largest.max(serde_json::to_vec(story.lead()).expect("json").len());
        }
        assert!(largest <= 64 * 1024, "seed {seed}: {largest} bytes");
    }
}
