//! The mail service and the mailboxes behind it. What it accepted it remembers; reports of that get lost, repeated, delayed and out
//! of order. People read their mail and act on it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use piste_adapters::mail::ses::{CANARY_TAG, Parcel};
use piste_domain::kit::vocabulary::Class;
use piste_domain::rules::sending::Quota;
use piste_domain::{LeadId, SendId};
use serde_json::{Value, json};

use crate::people::{Person, STRANGER};
use crate::plan::{Fault, Plan};
use crate::shared::{Act, Button, Event, Report, Shared};

/// The mail service.
#[derive(Debug)]
pub struct House {
    shared: Arc<Shared>,
    people: Arc<Vec<Person>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When emails were accepted in the last 24 hours.
    lately: VecDeque<Timestamp>,
    /// When each process offered emails in the last second, accepted or not.
    offered: HashMap<u64, VecDeque<Timestamp>>,
    /// How many emails each person has had, and how many of them nurture.
    had: HashMap<usize, (u64, u64)>,
    /// The first button that each person had.
    buttons: HashMap<usize, Button>,
}

impl House {
    /// A mail service for these people.
    pub fn new(shared: Arc<Shared>, people: Arc<Vec<Person>>) -> Self {
        Self {
            shared,
            people,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it grants and what of it is used.
    pub fn quota(&self) -> (Quota, u64) {
        let Plan {
            per_second, per_day, ..
        } = self.shared.plan;
        let used = {
            let mut state = self.state();
            forget(&mut state.lately, self.shared.now() - SignedDuration::from_hours(24));
            state.lately.len() as u64
        };
        (Quota { per_second, per_day }, used)
    }

    /// Takes an email, or not: I11 is its own to keep, and the sender's not to strain.
    pub fn take(&self, process: u64, parcel: &Parcel<'_>, mime: &[u8]) -> Option<String> {
        let now = self.shared.now();
        let plan = &self.shared.plan;
        {
            let mut state = self.state();
            forget(&mut state.lately, now - SignedDuration::from_hours(24));
            let offered = state.offered.entry(process).or_default();
            forget(offered, now - SignedDuration::from_secs(1));
            offered.push_back(now);
            let offered = offered.len();
            let last_second = state.lately.iter().rev();
            let last_second = last_second
                .take_while(|at| now.duration_since(**at) < SignedDuration::from_secs(1))
                .count();
            let too_fast = last_second >= plan.per_second as usize;
            let used_up = plan.per_day.is_some_and(|day| state.lately.len() as u64 >= day);
            // Each sender takes its share of the rate. Where requests are slow, turns taken in time may bunch.
            let share = plan.per_second / piste_domain::kit::limits::SENDERS + 2;
            if offered > share as usize && plan.swarm.rate(Fault::Slow) == 0 {
                drop(state);
                let granted = plan.per_second;
                self.shared.checker().fail(format!(
                    "I11: one sender offered {offered} mails in a second, {granted} are granted to all"
                ));
                return None;
            }
            if too_fast || used_up {
                if plan.swarm.rate(Fault::TightQuota) > 0 {
                    self.shared.coverage().fault(Fault::TightQuota);
                }
                return None;
            }
            state.lately.push_back(now);
        }
        let message_id = format!("m-{}", self.shared.number());
        let tag = |name: &str| {
            parcel
                .tags
                .iter()
                .find(|(tag, _)| *tag == name)
                .map(|(_, value)| *value)
        };
        if let Some(sent_at) = tag(CANARY_TAG) {
            let event = report("Send", &message_id, now, json!({ CANARY_TAG: [sent_at] }), Value::Null);
            let by_its_clock = sent_at
                .parse()
                .ok()
                .and_then(|second| Timestamp::from_second(second).ok());
            let canary = by_its_clock.map(|by_its_clock| (now, by_its_clock));
            self.tell(event, None, false, false, canary, 2_000);
            return Some(message_id);
        }
        let (Some(lead), Some(send), Some(class)) = (tag("lead_id"), tag("send_id"), tag("class")) else {
            self.shared.checker().fail("R8: a mail without its tags".to_owned());
            return Some(message_id);
        };
        let class = match class {
            "nurture" => Class::Nurture,
            "alert" => Class::Alert,
            _ => Class::Service,
        };
        let (campaign, step) = (tag("campaign").unwrap_or_default(), tag("step").unwrap_or_default());
        self.shared.checker().accepted(
            &LeadId::new(lead),
            &SendId::new(send),
            class,
            campaign,
            step,
            &message_id,
            now,
            &mut self.shared.coverage(),
        );
        if class == Class::Alert {
            let (desk, id) = (LeadId::new(lead), SendId::new(send));
            self.shared.checker().told(parcel.to, &desk, &id, step, now);
            self.told(parcel.to, (lead, send), &message_id, mime, now);
        } else if let Some(n) = Person::of_address(parcel.to) {
            self.arrives(n, class, campaign, (lead, send), &message_id, mime, now);
        } else {
            self.shared.checker().fail("a mail to nobody we know".to_owned());
        }
        Some(message_id)
    }

    /// An email to sales: it arrives, and now and then somebody notes what came of it.
    fn told(&self, to: &str, (lead, send): (&str, &str), message_id: &str, mime: &[u8], now: Timestamp) {
        if !["camille@example.com", "alex@example.com", "direction@example.com"].contains(&to) {
            self.shared
                .checker()
                .fail("an alert to somebody who is no salesperson".to_owned());
        }
        let tags = json!({ "lead_id": [lead], "send_id": [send] });
        let of = || Some((lead.to_owned(), send.to_owned(), message_id.to_owned()));
        for kind in ["Send", "Delivery"] {
            let event = report(kind, message_id, now, tags.clone(), Value::Null);
            self.tell(event, of(), false, false, None, 30_000);
        }
        if std::str::from_utf8(mime).is_ok_and(|mime| mime.contains("List-Unsubscribe")) {
            self.shared
                .checker()
                .fail("R39: an alert with a way out for somebody else".to_owned());
        }
        let presses = self.shared.chance().once_in(3);
        let outcome = *self
            .shared
            .chance()
            .pick(&["accept", "reject", "reached", "no_answer", "snooze"]);
        let after = self.shared.chance().below(3 * 86_400_000);
        // Where one life is tried death by death, sales decides before long, and its digests end with that.
        let (presses, outcome, after) = match self.shared.plan.exemplary {
            true => (true, "reject", 6 * 86_400_000),
            false => (presses, outcome, after),
        };
        if !presses {
            return;
        }
        let links = links_in(mime, "/sales?t=");
        if let Some(link) = links.into_iter().find(|link| link.contains(".note/")) {
            self.shared.later(after, Event::Act(0, Act::Sales(link, outcome, 0)));
        }
    }

    /// What SES reports of the email, and what its reader does.
    #[expect(clippy::too_many_arguments, reason = "what is written on the outside of a mail")]
    fn arrives(
        &self,
        n: usize,
        class: Class,
        campaign: &str,
        (lead, send): (&str, &str),
        message_id: &str,
        mime: &[u8],
        now: Timestamp,
    ) {
        let person = &self.people[n];
        let (mails, nurtured) = {
            let mut state = self.state();
            let had = state.had.entry(n).or_default();
            had.0 += 1;
            had.1 += u64::from(class == Class::Nurture);
            *had
        };
        let tags = json!({ "lead_id": [lead], "send_id": [send] });
        let of = || Some((lead.to_owned(), send.to_owned(), message_id.to_owned()));
        let about = |kind, detail: Value| report(kind, message_id, now, tags.clone(), detail);
        self.tell(about("Send", Value::Null), of(), false, false, None, 5_000);
        let at = now.to_string();
        let trouble = |fault| self.shared.plan.swarm.rate(fault) > 0 && !self.shared.is_calm();
        if trouble(Fault::SesRefused) && self.shared.chance().once_in(40) {
            let kind = *self.shared.chance().pick(&["Reject", "Rendering Failure"]);
            self.shared.checker().never_left(&LeadId::new(lead), &SendId::new(send));
            self.tell(about(kind, Value::Null), of(), false, true, None, 3_000);
            return;
        }
        if self.shared.chance().once_in(200) {
            self.tell(about("Invented", Value::Null), None, false, false, None, 60_000);
        }
        if person.bounces_from.is_some_and(|from| mails >= from) {
            self.shared.coverage().fault(Fault::Bounces);
            let kind = if self.shared.chance().once_in(8) {
                "Transient"
            } else {
                "Permanent"
            };
            let status = if kind == "Transient" { "5.4.4" } else { "5.1.1" };
            let detail = json!({ "bounceType": kind, "timestamp": at, "bouncedRecipients": [{ "status": status }] });
            self.tell(about("Bounce", detail), of(), true, false, None, 120_000);
            return;
        }
        if mails <= person.soft_bounces {
            self.shared.coverage().fault(Fault::SoftBounces);
            self.tell(about("DeliveryDelay", Value::Null), of(), false, false, None, 600_000);
            let detail =
                json!({ "bounceType": "Transient", "timestamp": at, "bouncedRecipients": [{ "status": "4.2.2" }] });
            self.tell(about("Bounce", detail), of(), false, false, None, 7_200_000);
            return;
        }
        self.tell(
            about("Delivery", json!({ "timestamp": at })),
            of(),
            false,
            false,
            None,
            30_000,
        );
        if person.complains_at == Some(mails) {
            self.shared.coverage().fault(Fault::Complaints);
            let detail = json!({ "timestamp": at });
            self.tell(about("Complaint", detail), of(), true, false, None, 36_000_000);
        }
        self.read(n, class, campaign, (lead, send, nurtured), mime);
    }

    /// What the reader does about it.
    fn read(&self, n: usize, class: Class, campaign: &str, (lead, send, nurtured): (&str, &str, u64), mime: &[u8]) {
        let person = &self.people[n];
        if person.stranger_at.is_some() && text_of(mime).contains(STRANGER) {
            self.shared
                .checker()
                .greeted_as_a_stranger(&LeadId::new(lead), &SendId::new(send));
        }
        match class {
            Class::Service => {
                let Some(after) = person.confirms_after else { return };
                let Some(link) = link_in(mime, "/confirm?t=") else {
                    return;
                };
                let button = Button {
                    link,
                    campaign: campaign.to_owned(),
                    mailed_at: self.shared.ms(),
                    scanned: person.scanned,
                };
                let first = self.state().buttons.entry(n).or_insert_with(|| button.clone()).clone();
                // What a stranger asked for they did not ask for.
                if person.stranger_at.is_none() || first == button {
                    self.shared.later(after + 1_000, Event::Act(n, Act::Confirm(button, 0)));
                }
            }
            Class::Nurture if person.leaves_at == Some(nurtured) => {
                let Some(link) = link_in(mime, "/unsubscribe?t=") else {
                    self.shared
                        .checker()
                        .fail("R39: a nurture mail without a way out".to_owned());
                    return;
                };
                self.shared.coverage().fault(Fault::OptOuts);
                let (after, back) = {
                    let mut chance = self.shared.chance();
                    (chance.below(3 * 86_400_000), chance.below(3 * 86_400_000))
                };
                self.shared.later(after, Event::Act(n, Act::OneClick(link, 0)));
                if let Some(old) = self.state().buttons.get(&n).filter(|_| person.presses_late) {
                    self.shared
                        .later(after + back / 2 + 30_000, Event::Act(n, Act::Confirm(old.clone(), 0)));
                }
                if person.comes_back {
                    self.shared
                        .later(after + back + 60_000, Event::Act(n, Act::Post("guide-seo", true, 0)));
                }
            }
            Class::Nurture | Class::Alert => {}
        }
    }

    /// Reports something, as well as SES's reports go.
    fn tell(
        &self,
        event: Value,
        of: Option<(String, String, String)>,
        stops: bool,
        rejects: bool,
        canary: Option<(Timestamp, Timestamp)>,
        within_ms: u64,
    ) {
        let shared = &self.shared;
        let outage = shared.ms() < shared.outage_until.load(std::sync::atomic::Ordering::Relaxed);
        if (outage && !shared.is_calm()) || shared.strikes(Fault::EventLost) {
            return;
        }
        let times = 1 + usize::from(shared.strikes(Fault::EventRepeated));
        for event in std::iter::repeat_n(event, times) {
            let late = if shared.strikes(Fault::EventLate) {
                shared.chance().below(86_400_000)
            } else {
                0
            };
            let delay = shared.chance().below(within_ms) + late;
            let number = shared.number();
            let report = Report {
                event: Arc::new(in_envelope(event, number)),
                of: of.clone(),
                stops,
                rejects,
                canary,
                number,
            };
            shared.later(delay, Event::Report(Box::new(report), 0));
        }
    }
}

fn forget(times: &mut VecDeque<Timestamp>, before: Timestamp) {
    while times.front().is_some_and(|at| *at <= before) {
        times.pop_front();
    }
}

/// An event as SNS brings it, as EventBridge does, or bare: they take turns.
fn in_envelope(event: Value, number: u64) -> Value {
    match number % 3 {
        0 => json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Message": event.to_string() } }] }),
        1 => {
            let mut envelope = json!({ "source": "aws.ses" });
            envelope["detail"] = event;
            envelope
        }
        _ => event,
    }
}

/// An event in one of SES's two shapes, which take turns.
fn report(kind: &str, message_id: &str, sent_at: Timestamp, tags: Value, detail: Value) -> Value {
    let name = if message_id.ends_with(['0', '5']) {
        "notificationType"
    } else {
        "eventType"
    };
    let mut event = json!({
        name: kind,
        "mail": { "messageId": message_id, "timestamp": sent_at.to_string(), "tags": tags },
        "added-later": { "by": "SES" },
    });
    if !detail.is_null() {
        event[kind.to_lowercase()] = detail;
    }
    event
}

/// The first link of an email that holds this, as its reader sees it: path and query.
pub fn link_in(mime: &[u8], holds: &str) -> Option<String> {
    links_in(mime, holds).into_iter().next()
}

/// Where the second part begins.
const HTML: &str = "Content-Type: text/html";

/// The text of an email as its reader sees it.
fn text_of(mime: &[u8]) -> String {
    // The text comes first, and nobody decodes the rest.
    let end = std::str::from_utf8(mime).ok().and_then(|mime| mime.find(HTML));
    let parsed = MessageParser::default().parse(&mime[..end.unwrap_or(mime.len())]);
    let text = parsed.as_ref().and_then(|mail| mail.body_text(0));
    text.unwrap_or_default().into_owned()
}

/// All of them.
fn links_in(mime: &[u8], holds: &str) -> Vec<String> {
    let text = text_of(mime);
    let link = |(place, _): (usize, &str)| {
        let rest = &text[place..];
        let end = rest.find(|c: char| c.is_whitespace() || c == '>' || c == ')');
        rest[..end.unwrap_or(rest.len())].to_owned()
    };
    text.match_indices(holds).map(link).collect()
}
