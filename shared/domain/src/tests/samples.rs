//! What the tests of the rules share: the demo campaign as it is published, and one lead with its clock, whose every
//! change is held against the laws below.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};

use crate::campaign::{Campaign, Catalog};
use crate::campaign::{Published, Start};
use crate::kit::ids::{CampaignId, ClaimToken, Key, SendId};
use crate::kit::limits;
use crate::kit::locale::Locale;
use crate::kit::post::RawPost;
use crate::kit::vocabulary::{Class, ExitReason};
use crate::kit::vocabulary::{Purpose, Regime};
use crate::lead::Lead;
use crate::lead::consent::{Consent, ConsentState, Method};
use crate::lead::erasure::{Known, Record, Tombstone};
use crate::lead::ledger::{EntryState, Feedback, FeedbackKind, LedgerEntry, Outcome};
use crate::lead::stage::{Mover, Stage};
use crate::lead::{Enrolment, StageChange, Suppression, SuppressionReason, Touch};
use crate::rules::context::Context;
use crate::rules::decide::{Decision, Input, decide};
use crate::rules::effect::MailOrder;
use crate::rules::form::Submission;
use crate::rules::input::{self, Confirmed, Moved};
use crate::rules::plan;
use crate::rules::scoring::{Axis, Score};
use crate::rules::sending::{Evidence, Senders, Terms};

/// The demo campaign's file.
pub const DEMO: &str = include_str!("../../../../infra/campaigns/guide-seo/campaign.toml");
/// A hot lead of design.md, section 6, without its address.
pub const HOT: [(&str, &str); 4] = [
    ("company_size", "50-249"),
    ("budget", "15000"),
    ("timing", "now"),
    ("need", "Plus de devis"),
];
/// The box, ticked.
pub const TICKED: (&str, &str) = ("marketing_consent", "on");

/// The demo campaign.
pub fn demo() -> Campaign {
    static READ: LazyLock<Campaign> = LazyLock::new(|| edited(&[]));
    READ.clone()
}

/// The demo campaign where interest is enough.
pub fn interest() -> Campaign {
    Campaign {
        regime: Regime::B2bInterest,
        double_opt_in: false,
        ..demo()
    }
}

/// The demo campaign's file with texts replaced, each of which must be there.
pub fn edited_file(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(DEMO.to_owned(), |file, (old, new)| {
        assert!(file.contains(old), "the demo campaign no longer says: {old}");
        file.replacen(old, new, 1)
    })
}

/// The demo campaign with texts of its file replaced, less what has tests of its own: the reminder, and the question at
/// the end of retention.
pub fn edited(edits: &[(&str, &str)]) -> Campaign {
    let mut campaign = whole(edits);
    campaign.sequences.retain(|sequence| sequence.start != Start::Retention);
    for sequence in &mut campaign.sequences {
        sequence.steps.retain(|step| step.only_if.is_none());
    }
    campaign
}

/// The demo campaign with texts of its file replaced, the whole of it but for those who hear of posts below the threshold.
pub fn whole(edits: &[(&str, &str)]) -> Campaign {
    let read = Campaign::read("guide-seo", &edited_file(edits));
    Campaign {
        notify: None,
        ..read.unwrap_or_else(|problems| panic!("{problems:?}"))
    }
}

/// A second campaign of the same workspace.
pub fn other(id: &str) -> Campaign {
    let mut campaign = demo();
    campaign.id = CampaignId::new(id);
    campaign
}

/// These campaigns, published.
pub fn catalog(campaigns: impl IntoIterator<Item = Campaign>) -> Catalog {
    let version = "0a1b2c3d".to_owned();
    Catalog::new(campaigns.into_iter().map(|campaign| Published {
        campaign,
        version: version.clone(),
    }))
}

/// The demo campaign's id.
pub fn guide() -> CampaignId {
    CampaignId::new("guide-seo")
}

/// A moment.
pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// Hours.
pub fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

/// Days of 24 hours.
pub fn days(n: i64) -> SignedDuration {
    hours(24 * n)
}

/// A post of the demo form as the capture function reads it.
pub fn submission(campaign: &Campaign, fields: &[(&str, &str)]) -> Submission {
    let mut pairs = vec![("email", "ana@example.com")];
    pairs.extend(fields);
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let touch = Touch(BTreeMap::from([("source".to_owned(), "news".to_owned())]));
    Submission::read(campaign, &RawPost::new(pairs.collect()), Locale::Fr, touch).expect("a good post")
}

/// A small generator of its own (SplitMix64), so that a seed is the same walk on every machine.
pub struct Chance(pub u64);

impl Chance {
    /// The next number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// Yes once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// One lead, its campaigns and its clock.
#[derive(Clone)]
pub struct Story {
    /// The campaigns as published.
    pub catalog: Catalog,
    /// The moment.
    pub now: Timestamp,
    /// What the store holds.
    pub lead: Option<Lead>,
    /// What it holds instead of one that was erased.
    pub tombstone: Option<Tombstone>,
    tokens: u64,
    early: Vec<(Timestamp, MailOrder)>,
}

/// The key of all stories.
pub fn key() -> Key {
    Key::new(vec![7; 32])
}

impl Story {
    /// Nobody yet, in the demo campaign, on Monday 2 March 2026 at 10:00 in Paris.
    pub fn new() -> Self {
        Self::of([demo()])
    }

    /// The same in other campaigns.
    pub fn of(campaigns: impl IntoIterator<Item = Campaign>) -> Self {
        Self {
            catalog: catalog(campaigns),
            now: at("2026-03-02T09:00:00Z"),
            lead: None,
            tombstone: None,
            tokens: 0,
            early: Vec::new(),
        }
    }

    /// After a post with the box ticked: one guide is due, one consent is pending.
    pub fn asked() -> Self {
        let mut story = Self::new();
        story.post(&[TICKED]);
        story
    }

    /// After the guide left and the person pressed the button.
    pub fn confirmed() -> Self {
        let mut story = Self::asked();
        story.mail("guide");
        story.confirm();
        story
    }

    /// The lead.
    pub fn lead(&self) -> &Lead {
        self.lead.as_ref().expect("a lead")
    }

    /// Moves the clock on.
    pub fn wait(&mut self, span: SignedDuration) -> &mut Self {
        self.now += span;
        self
    }

    /// Moves the clock to a moment.
    pub fn go(&mut self, moment: &str) -> &mut Self {
        self.now = at(moment);
        self
    }

    /// Decides, holds the decision against the laws, and saves.
    #[track_caller]
    pub fn apply<I: Input + 'static>(&mut self, input: &I) -> Decision<I::Outcome> {
        let key = key();
        let context = Context {
            catalog: &self.catalog,
            key: &key,
            now: self.now,
        };
        let known = self
            .tombstone
            .as_ref()
            .map_or(self.lead.as_ref().into(), Known::Tombstone);
        let decision = decide(known, input, &context);
        laws(self, input, &decision);
        match &decision.record {
            Some(Record::Lead(lead)) => {
                self.lead = Some(Lead::clone(lead));
                self.tombstone = None;
            }
            Some(Record::Tombstone(tombstone)) => {
                self.lead = None;
                self.tombstone = Some(tombstone.clone());
            }
            None => {}
        }
        decision
    }

    /// A post of the demo form.
    #[track_caller]
    pub fn post(&mut self, fields: &[(&str, &str)]) -> Decision<()> {
        self.post_to("guide-seo", fields)
    }

    /// A post of another form.
    #[track_caller]
    pub fn post_to(&mut self, form: &str, fields: &[(&str, &str)]) -> Decision<()> {
        let id = CampaignId::new(form);
        let submission = submission(self.catalog.get(&id).expect("a campaign"), fields);
        self.apply(&input::Capture(id, submission))
    }

    /// The button of the confirmation page.
    #[track_caller]
    pub fn confirm(&mut self) -> Confirmed {
        let posts = self.lead().words.enquiries().iter();
        let latest = posts.rev().find(|post| post.campaign == guide());
        let latest = latest.map(crate::lead::enquiry::Enquiry::id);
        self.apply(&input::Confirm(guide(), latest)).answer.expect("a lead")
    }

    /// The unsubscribe button of a mail client.
    #[track_caller]
    pub fn opt_out(&mut self) -> Decision<()> {
        self.apply(&input::OptOut(Method::OneClick))
    }

    /// A move by a person.
    #[track_caller]
    pub fn step_to(&mut self, stage: Stage) -> Moved {
        let moved = self.apply(&input::Move(input::ManualMove::new(stage, "call")));
        moved.answer.expect("a lead")
    }

    /// The alarm, with a new token; SES's events can be trusted.
    #[track_caller]
    pub fn wake(&mut self) -> Option<MailOrder> {
        self.wake_trusting(true)
    }

    /// The next email to the person that is due now; alerts before it are sent.
    #[track_caller]
    pub fn wake_person(&mut self) -> Option<MailOrder> {
        loop {
            let order = self.wake()?;
            if order.class != Class::Alert {
                return Some(order);
            }
            self.settle(&order, accepted(&order));
        }
    }

    /// The alarm, with a new token; every event is trusted to arrive, or none.
    #[track_caller]
    pub fn wake_trusting(&mut self, events_trusted: bool) -> Option<MailOrder> {
        let evidence = match events_trusted {
            true => Evidence::Complete,
            false => Evidence::None,
        };
        self.wake_on(Terms {
            paused: false,
            evidence,
            senders: Senders::WELL,
        })
    }

    /// The alarm, with a new token, on these terms.
    #[track_caller]
    pub fn wake_on(&mut self, terms: Terms) -> Option<MailOrder> {
        self.tokens += 1;
        let token = ClaimToken::new(format!("token-{}", self.tokens));
        self.apply(&input::Wake { token, terms }).mail().cloned()
    }

    /// The record after a try.
    #[track_caller]
    pub fn settle(&mut self, order: &MailOrder, outcome: Outcome) -> Decision<()> {
        self.apply(&input::Settle(order.send_id.clone(), order.token.clone(), outcome))
    }

    /// What SES reports.
    #[track_caller]
    pub fn report(&mut self, send: &SendId, kind: FeedbackKind) -> Decision<()> {
        let sent_at = self
            .lead()
            .ledger()
            .find(|(_, known)| &known.id == send)
            .map_or(self.now, |(_, known)| known.at());
        self.tell(send, &format!("m-{send}"), kind, sent_at)
    }

    /// What SES reports of one message it took at a moment.
    #[track_caller]
    pub fn tell(&mut self, send: &SendId, message_id: &str, kind: FeedbackKind, sent_at: Timestamp) -> Decision<()> {
        self.apply(&input::Feedback(Feedback {
            send_id: send.clone(),
            message_id: message_id.to_owned(),
            sent_at,
            at: self.now,
            kind,
            to_sales: false,
        }))
    }

    /// The email that is due now, claimed and accepted. An alert of the same moment that goes before it is kept for whoever
    /// asks for it later.
    #[track_caller]
    pub fn mail(&mut self, step: &str) -> MailOrder {
        if let Some(early) = self.early.iter().position(|(_, order)| order.step == step) {
            return self.early.remove(early).1;
        }
        loop {
            let order = self.wake().expect("an email is due");
            self.settle(&order, accepted(&order));
            if order.step == step {
                return order;
            }
            assert!(order.class == Class::Alert, "{} is due, not {step}", order.step);
            self.early.push((self.now, order));
        }
    }

    /// Everything due until a moment, each mail accepted at its time; those to the person: when, which, and the order.
    #[track_caller]
    pub fn run(&mut self, until: Timestamp) -> Vec<(Timestamp, MailOrder)> {
        let mut mails = self.run_all(until);
        mails.retain(|(_, order)| order.class != Class::Alert);
        mails
    }

    /// The same with the mails to sales.
    #[track_caller]
    pub fn run_all(&mut self, until: Timestamp) -> Vec<(Timestamp, MailOrder)> {
        let mut mails = std::mem::take(&mut self.early);
        for _ in 0..1_000 {
            let alarm = self.lead.as_ref().and_then(|lead| lead.due_at);
            let Some(due) = alarm.filter(|due| *due <= until) else {
                break;
            };
            self.now = self.now.max(due);
            if let Some(order) = self.wake() {
                self.settle(&order, accepted(&order));
                mails.push((self.now, order));
            }
        }
        self.now = self.now.max(until);
        mails
    }

    /// The alarm, unless it is only for the months of silence or the end of keeping.
    pub fn alarm(&self) -> Option<Timestamp> {
        let lead = self.lead.as_ref()?; // who was erased waits for no mail
        let claimed = lead.ledger().find_map(|(_, entry)| match *entry.state() {
            EntryState::Claimed { settle_at, .. } => Some(settle_at),
            _ => None,
        });
        let emails = plan::upcoming(lead, &self.catalog, self.now);
        let emails = emails.first().map(|next| next.at);
        let alert = crate::rules::sales::next(lead, &self.catalog, self.now).map(|next| next.at);
        let notice = crate::rules::notices::next(lead, |_| true).map(|(_, at)| at);
        let next = emails.into_iter().chain(alert).chain(notice).min();
        claimed.or(next).filter(|_| lead.due_at.is_some())
    }

    /// The one ledger entry of a step, over all enrolments: the latest.
    #[track_caller]
    pub fn entry(&self, step: &str) -> &LedgerEntry {
        let entries = self.lead().ledger().filter(|(_, send)| send.step == step);
        entries.last().expect("an entry").1
    }

    /// The states of the whole ledger of mails to the person, in order: `guide sent`.
    pub fn ledger(&self) -> Vec<String> {
        self.lead()
            .ledger()
            .filter(|(_, send)| send.class != Class::Alert)
            .map(|(_, send)| format!("{} {}", send.step, send.state_code()))
            .collect()
    }

    /// The latest enrolment in a sequence.
    #[track_caller]
    pub fn enrolment(&self, sequence: &str) -> &Enrolment {
        let found = self.lead().enrolments.iter().rfind(|e| e.sequence == sequence);
        found.expect("an enrolment")
    }

    /// Why the latest enrolment in a sequence ended, if it did.
    pub fn ended(&self, sequence: &str) -> Option<ExitReason> {
        self.enrolment(sequence).ended.map(|ended| ended.reason)
    }

    /// Where the demo campaign's consent stands.
    pub fn marketing(&self) -> Option<ConsentState> {
        self.lead().marketing_state(&guide())
    }
}

/// A lead whose stored form was changed by hand: what no rule would do to it.
pub fn forged(lead: &Lead, change: impl FnOnce(&mut serde_json::Value)) -> Lead {
    let mut json = serde_json::to_value(lead).expect("json");
    change(&mut json);
    serde_json::from_value(json).expect("a lead")
}

/// A salesperson.
pub fn by_sales() -> input::By {
    input::By {
        mover: Mover::Sales,
        name: None,
    }
}

/// SES took it.
pub fn accepted(order: &MailOrder) -> Outcome {
    Outcome::Accepted {
        message_id: format!("m-{}", order.send_id),
    }
}

/// What must hold of every decision, whatever the input: section 3 and 4 of the design and the invariants I1 to I7, I9
/// and I18 as far as one lead can show them.
#[track_caller]
fn laws<O>(story: &Story, input: &dyn Any, decision: &Decision<O>) {
    let Story { catalog, now, .. } = story;
    let before = story.lead.as_ref();
    let Some(Record::Lead(after)) = &decision.record else {
        if let Some(Record::Tombstone(tombstone)) = &decision.record {
            let stop = before.map_or(story.tombstone.as_ref().and_then(|held| held.suppression), |lead| {
                lead.suppression
            });
            let reason = |stop: Option<Suppression>| stop.map(|stop| stop.reason);
            assert!(
                reason(tombstone.suppression) >= reason(stop),
                "R68: a stop outlives the person's data"
            );
        }
        assert!(
            decision.mail().is_none(),
            "a mail goes only after the write that records it"
        );
        return;
    };
    let after = &**after;
    assert_ne!(before, Some(after), "nothing changed, so there is nothing to write");
    let buried = story.tombstone.as_ref().map_or(0, |tombstone| tombstone.version);
    assert_eq!(
        after.version,
        before.map_or(buried, |lead| lead.version) + 1,
        "each write raises the version by one"
    );
    // In a long walk a sample does: writing and reading costs more than deciding.
    if after.version <= 12 || after.version.is_multiple_of(8) {
        let json = serde_json::to_string(after).expect("json");
        assert_eq!(
            &serde_json::from_str::<Lead>(&json).expect("a lead"),
            after,
            "a lead survives storage"
        );
    }

    // The alarm is the earliest moment; only a claim in the air leaves it where it is.
    match decision.mail() {
        None => {
            let terms = input.downcast_ref::<input::Wake>().map(|wake| &wake.terms);
            let alarm = match terms {
                Some(terms) => plan::due_at_on(after, catalog, *now, terms),
                None => plan::due_at(after, catalog, *now),
            };
            let paused = terms.is_some_and(|terms| terms.paused || terms.senders.next_trial(*now).is_some());
            assert_eq!(after.due_at, alarm, "the alarm is the earliest moment");
            assert!(
                !paused || alarm.is_none_or(|alarm| alarm > *now),
                "I23: what is paused stands in nobody's way"
            );
        }
        Some(order) => claimed_by_the_rules(story, before.expect("a lead"), after, order),
    }
    let claims = after
        .ledger()
        .filter(|(_, send)| matches!(send.state(), EntryState::Claimed { .. }))
        .count();
    assert!(claims <= 1, "I7: one live claim");

    for enrolment in after.enrolments.iter().filter(|e| e.ended.is_some()) {
        let waits = enrolment
            .ledger
            .iter()
            .any(|send| matches!(send.state(), EntryState::Waiting { .. }));
        assert!(!waits, "R11: nothing waits in an enrolment that is over");
    }
    assert!(after.words.enquiries().len() <= limits::ENQUIRIES_MAX);
    for signal in &after.signals {
        let of_kind = after.signals.iter().filter(|s| s.kind == signal.kind).count();
        assert!(of_kind <= limits::SIGNALS_PER_KIND_MAX && signal.at <= *now);
    }
    assert!(after.history.len() <= limits::HISTORY_MAX);
    let campaign = catalog.get(&after.campaign);
    if let Some(score) = campaign.map(|campaign| Score::of(after, campaign, *now)) {
        let sum = |axis| {
            score
                .lines
                .iter()
                .filter(|line| line.axis == axis)
                .map(|line| line.points)
                .sum::<i64>()
        };
        assert_eq!(
            (sum(Axis::Fit), sum(Axis::Engagement)),
            (score.fit, score.engagement),
            "the lines add up"
        );
    }
    if let (Some(before), Some(campaign)) = (before, campaign)
        && before.stage != after.stage
        && before.stage == Stage::Lead // who comes back is judged anew
        && !input.is::<input::Capture>() // and so is whoever asks again
        && after.history.last().is_some_and(|change| change.by == Mover::Score)
        && before.was_mql()
    {
        let fresh = |standing: &crate::lead::standing::Standing| {
            let campaign = catalog.get(&standing.campaign);
            standing.crossed_at.is_none()
                || campaign.is_some_and(|campaign| Score::of(before, campaign, *now).has_left(&campaign.scoring))
        };
        let _ = campaign;
        assert!(
            before.standings().any(|standing| fresh(&standing)),
            "I9: each crossing makes an MQL once"
        );
    }
    if let Some(before) = before {
        grows(before, after, input, *now);
    }
}

/// What a claim needs: consent, no stop, the stage, the window, the order and the gap, all in the version claimed.
#[track_caller]
fn claimed_by_the_rules(story: &Story, before: &Lead, after: &Lead, order: &MailOrder) {
    let Story { catalog, now, .. } = story;
    assert_eq!(after.due_at, before.due_at, "a claim does not write the index");
    assert!(before.due_at.is_some_and(|due| due <= *now), "I5: not before its time");
    let (enrolment, send) = after
        .ledger()
        .find(|(_, send)| send.id == order.send_id)
        .expect("an entry");
    let EntryState::Claimed {
        token,
        lease_until,
        settle_at,
    } = send.state()
    else {
        panic!("{:?}", send.state())
    };
    assert_eq!(token, &order.token, "I6: under its own token");
    assert!(*lease_until > *now && settle_at >= lease_until);
    let campaign = catalog.get(&order.campaign).expect("a campaign");
    let Some(enrolment) = enrolment else {
        if order.sequence == crate::rules::notices::SEQUENCE {
            assert!(after.notices.iter().any(|send| send.id == order.send_id) && order.class == Class::Alert);
            return;
        }
        let case = after.open_case().expect("an open case");
        assert!(case.ledger.iter().any(|send| send.id == order.send_id) && order.class == Class::Alert);
        let owner = campaign
            .sales
            .as_ref()
            .and_then(|sales| sales.owner(&case.owner))
            .expect("an owner");
        assert_eq!(order.to, owner.email, "an alert goes to the owner");
        return;
    };
    let sequence = campaign.sequence(&order.sequence).expect("a sequence");
    assert!(enrolment.ended.is_none());
    if let Some(window) = &sequence.window {
        assert!(
            window.is_open(*now, &before.time_zone(campaign)),
            "within its hours: {now}"
        );
    }

    let place = sequence
        .steps
        .iter()
        .position(|step| step.id == order.step)
        .expect("a step");
    for step in &sequence.steps[place + 1..] {
        assert!(enrolment.ledger.iter().all(|send| send.step != step.id), "I4: in order");
    }

    let stopped = before.suppression.map(|suppression| suppression.reason);
    match order.class {
        Class::Service => {
            assert!(
                stopped.is_none_or(|reason| reason == SuppressionReason::Unsubscribe),
                "I18: no mail after a bounce or complaint"
            );
            assert!(
                order.names.first_name.is_none() && order.names.company.is_none(),
                "R90: nothing typed in the first mail"
            );
        }
        Class::Alert => panic!("an alert is of no sequence"),
        Class::Nurture => {
            let again = || {
                before
                    .consent(Purpose::Marketing, &order.campaign)
                    .is_some_and(Consent::is_their_own)
            };
            assert!(
                stopped.is_none() || (stopped == Some(SuppressionReason::Unsubscribe) && again()),
                "I2: no marketing after a stop, but where the person themselves said yes again"
            );
            assert!(
                before.stage.exit().is_none() || before.barred(sequence).is_none(),
                "no marketing past its exit stage"
            );
            assert!(!order.confirms.anything());
            let latest = before.consent(Purpose::Marketing, &order.campaign);
            if campaign.regime == Regime::B2cConsent {
                let consent = latest.expect("I3: no marketing without consent");
                assert_eq!(consent.state, ConsentState::Given, "I3: none before it is given");
                assert!(
                    !campaign.double_opt_in || (consent.confirmed_at.is_some() && consent.is_their_own()),
                    "I3"
                );
            }
            let gap_over = |at| {
                sequence
                    .min_gap
                    .is_none_or(|gap| gap.add_to(at, &campaign.time_zone()) <= *now)
            };
            let earlier = before
                .ledger()
                .filter(|(_, send)| send.class == Class::Nurture && send.id != order.send_id);
            for (_, earlier) in earlier {
                if matches!(earlier.state(), EntryState::Sent { .. } | EntryState::Unknown) {
                    assert!(gap_over(earlier.at()), "I4: the gap after {}", earlier.step);
                }
            }
        }
    }
}

/// What is known only ever grows: proofs, the ledger, the way through the stages, the first touch. What an import told by
/// mistake is the exception, for a week.
#[track_caller]
fn grows(before: &Lead, after: &Lead, input: &dyn Any, now: Timestamp) {
    assert_eq!(
        (&after.id, &after.email, after.captured_at),
        (&before.id, &before.email, before.captured_at)
    );
    let first = |lead: &Lead| lead.words.enquiries().first().map(|post| (post.at, post.touch.clone()));
    assert_eq!(first(after), first(before), "the first touch stays");
    for name in before.words.answers().keys() {
        let corrected = input
            .downcast_ref::<input::Correct>()
            .and_then(|correct| correct.0.get(name));
        let taken_away = corrected.is_some_and(|answer| answer.expose().is_empty());
        assert!(
            after.words.answers().contains_key(name) || taken_away || input.is::<input::TakeBack>(),
            "silence erases nothing: {name}"
        );
    }

    let left = |of: fn(&crate::lead::bounds::Leaving) -> bool| after.leaving.0.iter().filter(|gone| of(gone)).count();
    let gone = left(|gone| matches!(gone, crate::lead::bounds::Leaving::Consent(_)));
    let gone = gone + usize::from(input.is::<input::TakeBack>()) * before.consents.len();
    assert!(after.consents.len() + gone >= before.consents.len(), "no proof is lost");
    for (old, new) in before
        .consents
        .iter()
        .zip(after.consents.iter())
        .take(usize::MAX * usize::from(gone == 0))
    {
        let proof = |c: &Consent| {
            (
                c.purpose,
                c.campaign.clone(),
                c.asked_at,
                c.text_version.clone(),
                c.text_hash.clone(),
                c.locale,
                c.form_version.clone(),
                c.page.clone(),
                c.notice.clone(),
            )
        };
        assert_eq!(proof(old), proof(new), "R61: the proof never changes");
        assert!(old.confirmed_at.is_none() || old.confirmed_at == new.confirmed_at);
        let revived = old.state == ConsentState::Withdrawn && new.state != ConsentState::Withdrawn;
        assert!(
            !revived && (old.state != ConsentState::Given || new.state != ConsentState::Pending),
            "a new yes is a new entry"
        );
    }

    if before.stage != after.stage {
        let change = after.history.last().expect("a reason");
        assert_eq!(change.to, after.stage);
        // Put back to lead by a person, the score may make it an MQL in the same decision: two steps. A sale that another
        // system reports takes as many as lie between, three at most.
        let along = |steps: &[StageChange]| {
            let mut from = before.stage;
            steps
                .iter()
                .all(|step| std::mem::replace(&mut from, step.to).may_be_moved(step.to, step.by))
        };
        let steps = after.history.len();
        assert!(
            (1..=steps.min(3)).any(|n| along(&after.history[steps - n..])),
            "I9: along the edges"
        );
        if change.by == Mover::Score {
            assert_eq!(after.stage, Stage::Mql);
            let used_up = |standing: crate::lead::standing::Standing| standing.crossed_at.is_some();
            assert!(after.standings().any(used_up), "a crossing is used up");
        }
    }

    let kept = usize::from(before.cases.len() > after.cases.len() || before.cases.len() == limits::CASES_MAX);
    for old in before.cases.iter().skip(kept) {
        let new = after
            .cases
            .iter()
            .find(|case| case.round == old.round)
            .expect("a case stays");
        assert_eq!((old.opened_at, old.cause), (new.opened_at, new.cause));
        assert!(
            old.answered.is_none() || old.answered == new.answered,
            "the first response stays"
        );
        assert!(old.closed.is_none() || old.closed == new.closed, "an end stays an end");
        assert!(new.attempts.starts_with(&old.attempts) && new.snoozes >= old.snoozes);
        assert!(
            old.ledger.iter().zip(&new.ledger).all(|(was, is)| was.id == is.id),
            "I6: the ledger only grows"
        );
    }
    assert!(after.cases.len() <= limits::CASES_MAX && after.cases.iter().filter(|case| case.is_open()).count() <= 1);

    let stop = |lead: &Lead| lead.suppression.map(|suppression| suppression.reason);
    if stop(after) < stop(before) {
        assert!(input.is::<input::Lift>(), "R69: only an operator lifts a stop");
        let said_no = |stop: &Suppression| stop.own_no.is_some() || stop.reason == SuppressionReason::Complaint;
        let own_no = before.suppression.filter(said_no);
        assert_eq!(
            stop(after),
            own_no.map(|_| SuppressionReason::Unsubscribe),
            "R69: and never a person's own no"
        );
    }

    let gone = left(|gone| matches!(gone, crate::lead::bounds::Leaving::Enrolment(_)));
    assert!(after.enrolments.len() + gone >= before.enrolments.len());
    for (old, new) in before
        .enrolments
        .iter()
        .zip(&after.enrolments)
        .take(usize::MAX * usize::from(gone == 0))
    {
        assert_eq!(
            (&old.campaign, &old.sequence, old.epoch, old.started_at),
            (&new.campaign, &new.sequence, new.epoch, new.started_at)
        );
        let told = |e: &Enrolment| e.ended.map(|ended| ended.reason);
        let outweighed = told(old) == Some(ExitReason::Bounce) && told(new) == Some(ExitReason::Complaint);
        // What an operator takes up again had come to its end by a refusal.
        let taken_up = input.is::<crate::rules::resend::Resend>() && told(old) == Some(ExitReason::Completed);
        assert!(
            old.ended.is_none() || told(old) == told(new) || outweighed || taken_up,
            "an end stays an end"
        );
        if old.ended.is_some() {
            assert_eq!(old.ledger.len(), new.ledger.len(), "nothing becomes due after the end");
        }
        for (was, is) in old.ledger.iter().zip(&new.ledger) {
            assert_eq!(
                (&was.id, &was.step, was.class),
                (&is.id, &is.step, is.class),
                "I6: the ledger only grows"
            );
            let accepted = input
                .downcast_ref::<input::Settle>()
                .is_some_and(|settle| matches!(settle.2, Outcome::Accepted { .. }));
            let taken_up = input.is::<crate::rules::resend::Resend>() && was.unanswered() == 0;
            let told = taken_up || (accepted || input.is::<input::Feedback>()) && was.attempts() > 0;
            assert!(
                !was.is_final() || was.state() == is.state() || told,
                "I6: {:?} became {:?}",
                was.state(),
                is.state()
            );
            if let EntryState::Claimed { settle_at, .. } = *was.state() {
                let still = matches!(is.state(), EntryState::Claimed { .. });
                assert!(
                    !still || was.state() == is.state() || now >= settle_at,
                    "a live claim is nobody else's"
                );
            }
        }
    }
}
