//! What leaves to a mailbox that nobody has confirmed, over all forms and all spellings of its address (R88).
//!
//! A lead knows what left to its own address, and `a.na@gmail.com` is another lead than `ana+1@gmail.com`. One small row
//! under a hash of what they have in common counts for them all, and is asked before an email leaves; whoever posts a form
//! waits for none of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::kit::ids::{LeadId, SendId};
use crate::kit::limits::{SERVICE_GAP, SERVICE_MAX, SERVICE_SPAN};
use crate::kit::seconds;
use crate::kit::vocabulary::Class;
use crate::lead::Lead;
use crate::rules::effect::MailOrder;

/// What a mailbox got lately that nobody has confirmed. It holds ids alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// Rises by one with each write; every write is conditional on it.
    #[serde(rename = "v")]
    pub version: u64,
    /// The spelling that marketing without a confirmation goes to, and when the latest email was allowed to leave there.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    holder: Option<Holder>,
    /// What was asked for, oldest first.
    #[serde(rename = "m", default)]
    mails: Vec<Mailed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    #[serde(rename = "i")]
    lead: LeadId,
    #[serde(rename = "a", with = "seconds")]
    at: Timestamp,
}

/// An email that was allowed to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mailed {
    #[serde(rename = "i")]
    id: SendId,
    #[serde(rename = "a", with = "seconds")]
    at: Timestamp,
    /// Whether it asks for a yes to a box that was ticked.
    #[serde(rename = "y", default)]
    asks: bool,
}

/// Whether a mailbox has room for an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It leaves.
    Free,
    /// From this moment on.
    From(Timestamp),
    /// Not while anybody still waits for it.
    None,
}

/// How long whoever asked for something may wait for room: a day less than an unconfirmed address is kept.
const PATIENCE: SignedDuration = SignedDuration::from_hours(29 * 24);

/// Whether an email needs room in its mailbox: it goes to an address that nobody has confirmed.
pub fn is_limited(order: &MailOrder, lead: &Lead) -> bool {
    order.class != Class::Alert && !lead.is_confirmed()
}

impl Mailbox {
    /// Asks for room for an email, and takes it. Asked again for the same one, it says the same, so that an email whose
    /// sender died takes its room once.
    pub fn admit(&mut self, order: &MailOrder, lead: &Lead, now: Timestamp) -> Room {
        let lately = |at: Timestamp| now.duration_since(at) < SERVICE_SPAN;
        if let Some(place) = self.mails.iter().position(|mail| mail.id == order.send_id) {
            // It waited for something else meanwhile: what follows keeps its distance from when it leaves.
            let mail = self.mails.remove(place);
            self.mails.push(Mailed { at: now, ..mail });
            return Room::Free;
        }
        let holder = self.holder.as_ref().filter(|holder| lately(holder.at));
        let is_holder = holder.is_none_or(|holder| holder.lead == lead.id);
        if order.class == Class::Nurture {
            // Its own pace keeps it apart; what is to be bounded is the number of spellings.
            return match is_holder {
                true => self.hold(&lead.id, now),
                false => Room::None,
            };
        }
        let asks = order.confirms.opt_in || order.confirms.boxes;
        let went = || self.mails.iter().rev().filter(|mail| lately(mail.at));
        let full = went().nth(SERVICE_MAX - 1).map(|oldest| oldest.at + SERVICE_SPAN);
        let asked = went().find(|mail| mail.asks && asks).map(|mail| mail.at + SERVICE_GAP);
        let Some(until) = full.max(asked).filter(|until| *until > now) else {
            self.mails.retain(|mail| lately(mail.at));
            let id = order.send_id.clone();
            self.mails.push(Mailed { id, at: now, asks });
            if is_holder {
                self.hold(&lead.id, now);
            }
            return Room::Free;
        };
        let of_it = lead.enrolments.iter();
        let mut of_it = of_it.filter(|e| e.ledger.iter().any(|entry| entry.id == order.send_id));
        let since = of_it.next().map_or(now, |enrolment| enrolment.started_at);
        match until < since + PATIENCE {
            true => Room::From(until),
            false => Room::None,
        }
    }

    fn hold(&mut self, lead: &LeadId, at: Timestamp) -> Room {
        let lead = lead.clone();
        self.holder = Some(Holder { lead, at });
        Room::Free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::ids::CampaignId;
    use crate::lead::ledger::{DueMail, Ledger};
    use crate::rules::input;
    use crate::samples::{Story, TICKED, at, days, hours};

    const NOW: &str = "2026-03-02T09:00:00Z";

    /// Posts under spellings of their own: each is another lead.
    fn spellings<const N: usize>(fields: &[(&str, &str)]) -> [(Lead, MailOrder); N] {
        let mut story = Story::new();
        story.post(fields);
        let order = story.wake().expect("the guide");
        std::array::from_fn(|n| {
            let (mut lead, mut order) = (story.lead().clone(), order.clone());
            let id = format!("{}{n:025}", fields.len());
            lead.id = LeadId::new(&*id);
            order.send_id = SendId::new(&*id);
            let mail = DueMail {
                id: order.send_id.clone(),
                step: order.step.clone(),
                class: order.class,
            };
            lead.enrolments[0].ledger = Ledger::default();
            lead.enrolments[0].ledger.claim(mail, &order.token, lead.captured_at);
            (lead, order)
        })
    }

    #[test]
    fn r88_two_hundred_spellings_get_three_emails_and_the_same_one_takes_room_once() {
        let mut mailbox = Mailbox::default();
        let asked = spellings::<201>(&[]);
        let mut rooms = || -> Vec<Room> {
            let admit = |(lead, order): &(Lead, MailOrder)| mailbox.admit(order, lead, lead.captured_at);
            asked.iter().map(admit).collect()
        };
        for _ in 0..2 {
            let rooms = rooms();
            assert_eq!(rooms[..3], [Room::Free; 3]);
            assert!(rooms[3..].iter().all(|room| *room == Room::None));
        }
    }

    #[test]
    fn r88_one_confirmation_a_day_over_all_spellings() {
        let mut mailbox = Mailbox::default();
        let [first, second, third] = spellings(&[TICKED]);
        let start = first.0.captured_at;
        assert_eq!(mailbox.admit(&first.1, &first.0, start), Room::Free);
        let tomorrow = start + hours(24);
        assert_eq!(mailbox.admit(&second.1, &second.0, start), Room::From(tomorrow));
        let [(lead, order)] = spellings(&[]);
        assert_eq!(
            mailbox.admit(&order, &lead, start),
            Room::Free,
            "what asks for no yes goes at once"
        );
        assert_eq!(mailbox.admit(&third.1, &third.0, tomorrow), Room::Free);
        assert_eq!(
            mailbox.admit(&second.1, &second.0, tomorrow),
            Room::None,
            "three went, and the first of them is as old as the post"
        );
    }

    #[test]
    fn r88_room_is_free_again_after_thirty_days_for_whoever_still_waits() {
        let mut mailbox = Mailbox::default();
        let [(lead, order), others @ ..] = spellings::<4>(&[]);
        let start = lead.captured_at;
        for (other, order) in &others {
            assert_eq!(mailbox.admit(order, other, start - days(10)), Room::Free);
        }
        let free = start + days(20);
        assert_eq!(mailbox.admit(&order, &lead, start), Room::From(free));
        assert_eq!(mailbox.admit(&order, &lead, free), Room::Free);
    }

    #[test]
    fn r88_marketing_without_a_confirmation_goes_to_one_spelling() {
        let mut mailbox = Mailbox::default();
        let [(ana, first), (other, second)] = spellings(&[]).map(|(lead, mut order)| {
            order.class = Class::Nurture;
            (lead, order)
        });
        let now = at(NOW);
        assert_eq!(mailbox.admit(&first, &ana, now), Room::Free);
        assert_eq!(mailbox.admit(&second, &other, now), Room::None);
        assert_eq!(mailbox.admit(&first, &ana, now + days(20)), Room::Free);
        assert_eq!(
            mailbox.admit(&second, &other, now + days(40)),
            Room::None,
            "it is written to still"
        );
        assert_eq!(mailbox.admit(&second, &other, now + days(51)), Room::Free);
    }

    #[test]
    fn r88_whoever_confirmed_is_not_limited_here() {
        let mut story = Story::asked();
        let order = story.wake().expect("the guide");
        assert!(is_limited(&order, story.lead()));
        story.apply(&input::Confirm(CampaignId::new("guide-seo"), order.enquiry.clone()));
        assert!(!is_limited(&order, story.lead()));
    }
}
