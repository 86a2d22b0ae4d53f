//! The witness: it sees every write of a lead and every email that SES accepts, keeps its own history, and knows the
//! invariants in its own words. It shares no rule with the product; where it repeats one, it does so on purpose.

pub(crate) mod telling;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use piste_domain::kit::vocabulary::{Class, ExitReason};
use piste_domain::lead::bounds::Leaving;
use piste_domain::lead::consent::ConsentState;
use piste_domain::lead::enquiry::Enquiry;
use piste_domain::lead::erasure::ErasedBy;
use piste_domain::lead::ledger::{EntryState, LedgerEntry};
use piste_domain::lead::stage::{Mover, Stage};
use piste_domain::lead::{Enrolment, SuppressionReason};
use piste_domain::rules::desk::Desk;
use piste_domain::{CampaignId, ClaimToken, Lead, LeadId, SendId, Tombstone};

use self::telling::Telling;
use crate::coverage::Coverage;
use crate::people::STRANGER;

/// How far a process's clock may be off, for what is measured by true time.
pub const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// Claims are left alone this long before a nurture email may go again.
const SETTLE: SignedDuration = SignedDuration::from_hours(1);
/// What is due later than this at the end of a run waits for nothing but silence.
const MONTHS: SignedDuration = SignedDuration::from_hours(60 * 24);
/// An address that nobody confirms is kept this long after its last post.
const UNCONFIRMED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Alerts that go to one person by themselves within an hour, twice over: what SES did not take at first goes later, among
/// those of that hour.
const ALONE: usize = 2 * 20;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Between two nurture emails of a lead.
const GAP: SignedDuration = SignedDuration::from_hours(20);

/// An acceptance by SES.
#[derive(Clone, Debug)]
struct Accepted {
    at: Timestamp,
    message_id: String,
    /// When the claim was written under which it was handed over.
    claimed_at: Timestamp,
    /// Whether SES said so to the process, and the process lived to record it, is nobody's concern here.
    event_taken_at: Option<Timestamp>,
}

/// What is known of one email.
#[derive(Clone, Debug)]
struct Mail {
    lead: LeadId,
    class: Class,
    step: String,
    accepted: Vec<Accepted>,
    /// SES took it and said later that it did not send it.
    rejected: bool,
}

/// What is known of one person.
#[derive(Clone, Debug, Default)]
struct Person {
    /// The latest no that was written, and not undone by a later yes.
    no_since: Option<Timestamp>,
    /// Whether they were told that it is done.
    no_acknowledged: bool,
    /// Their latest no by a button of their own that was written, and not undone by a later yes.
    own_no: Option<Timestamp>,
    /// Campaigns whose button they pressed, and when the latest email came of those whose button it was.
    pressed: BTreeMap<CampaignId, Timestamp>,
    /// What they asked for besides, in their words.
    said: BTreeSet<String>,
    /// The alerts about them that the ledger ever had; it forgets old ones.
    alerts: BTreeSet<String>,
    /// What was answered as accepted and is for sales: in which campaign, and in which words, if they are its own.
    to_be_heard: Vec<(CampaignId, Option<String>)>,
    /// A bounce or a complaint was taken.
    stopped: bool,
    /// When nurture emails were accepted, in order.
    nurtured: Vec<(Timestamp, SendId)>,
    /// When service emails were first accepted while nothing was confirmed.
    unconfirmed: Vec<Timestamp>,
}

/// The witness.
#[derive(Debug)]
pub struct Checker {
    strict: bool,
    /// Sequences are as published at first, so days and completeness can be told.
    pub edited: bool,
    /// The table was restored: what was lost with it cannot be held against anybody.
    pub restored: bool,
    restored_at: Option<Timestamp>,
    /// People who were lost with the table: what they had before, the archive may know or not.
    lost: BTreeSet<LeadId>,
    /// Nothing may leave now.
    pub held: bool,
    /// Nothing may leave but alerts: the breaker has been open since then.
    pub paused_since: Option<Timestamp>,
    people: HashMap<LeadId, Person>,
    /// Whose answers make nobody an MQL in the demo campaign.
    cold: HashSet<LeadId>,
    /// Who is greeted by a name that somebody else gave: what is stored of them, at the end of that life, decides
    /// whether that is a fault.
    greeted: HashSet<LeadId>,
    mails: HashMap<SendId, Mail>,
    claims: HashMap<SendId, Timestamp>,
    /// The claims of digests: each is of a desk, and of no lead.
    digests: HashMap<SendId, ClaimToken>,
    /// The morning digests of each desk, by their day in Paris.
    mornings: HashMap<(LeadId, civil::Date), SendId>,
    /// Alerts that went by themselves, by their reader.
    alone: HashMap<String, Vec<(Timestamp, SendId)>>,
    /// Posts that were answered as accepted, and when the latest of them was sent.
    acknowledged: BTreeMap<LeadId, BTreeMap<CampaignId, Timestamp>>,
    /// Who was erased: the tombstone's version, and when.
    buried: HashMap<LeadId, (u64, Timestamp)>,
    /// Emails of theirs: the ledger knows them no longer.
    forgotten: HashSet<SendId>,
    /// Who was told that all is erased, and when.
    told_erased: HashMap<LeadId, Timestamp>,
    /// Of these, who is alive again in a restored table: the archive has to be told first.
    raised: BTreeSet<LeadId>,
    /// True times at which canaries left whose event was taken, and when it was taken.
    canaries: Vec<(Timestamp, Timestamp)>,
    /// A mark of everything that was seen, in order: the same seed gives the same (M1).
    pub trace: u64,
    /// The lead whose story is told on standard error.
    pub follow: Option<String>,
    /// What was broken first.
    pub broken: Option<String>,
    /// Leads that could not be read for a while.
    pub unreadable: HashSet<LeadId>,
    /// Lives of leads: one more whenever somebody comes, for the first time or after an erasure.
    lives: u64,
    /// Writes of leads.
    pub writes: u64,
    /// What other systems are told.
    telling: Telling,
    /// Emails accepted.
    pub mails_accepted: u64,
    /// Copies that the evidence allowed.
    pub copies: u64,
}

impl Checker {
    /// A witness of a run, who tells the story of one lead if asked to.
    pub fn new(strict: bool, follow: Option<String>) -> Self {
        Self {
            strict,
            edited: false,
            restored: false,
            restored_at: None,
            lost: BTreeSet::new(),
            held: false,
            paused_since: None,
            people: HashMap::new(),
            cold: HashSet::new(),
            greeted: HashSet::new(),
            mails: HashMap::new(),
            claims: HashMap::new(),
            digests: HashMap::new(),
            mornings: HashMap::new(),
            alone: HashMap::new(),
            acknowledged: BTreeMap::new(),
            buried: HashMap::new(),
            forgotten: HashSet::new(),
            told_erased: HashMap::new(),
            raised: BTreeSet::new(),
            canaries: Vec::new(),
            trace: 0xcbf2_9ce4_8422_2325,
            follow,
            broken: None,
            unreadable: HashSet::new(),
            lives: 0,
            writes: 0,
            telling: Telling::default(),
            mails_accepted: 0,
            copies: 0,
        }
    }

    /// Notes a broken promise; the first one counts.
    pub fn fail(&mut self, what: impl Into<String>) {
        if self.broken.is_none() {
            self.broken = Some(what.into());
        }
    }

    /// Tells one thing of the lead that is followed.
    fn tell(&self, lead: &LeadId, at: Timestamp, what: impl FnOnce() -> String) {
        if self.follow.as_deref() == Some(lead.as_str()) {
            let mut line = format!("{at} {}\n", what());
            line.truncate(600);
            let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
        }
    }

    fn mark(&mut self, words: &[&str], at: Timestamp) {
        // FNV-1a (Fowler, Noll and Vo).
        let bytes = words.iter().flat_map(|word| word.bytes());
        let time = at.as_second().to_be_bytes();
        for byte in bytes.chain(time) {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    // ---- what people did ----

    /// A post was answered as accepted.
    pub fn acknowledged(&mut self, lead: &LeadId, campaign: &CampaignId, asked_at: Timestamp) {
        self.acknowledged
            .entry(lead.clone())
            .or_default()
            .insert(campaign.clone(), asked_at);
    }

    /// A person's answers make them no MQL in the demo campaign.
    pub fn cold(&mut self, lead: LeadId) {
        self.cold.insert(lead);
    }

    /// A post with words of its own was answered as accepted; it was sent at that moment.
    pub fn said(&mut self, lead: &LeadId, words: &str, asked_at: Timestamp) {
        if !self.erased_since(lead, asked_at) {
            let person = self.people.entry(lead.clone()).or_default();
            person.said.insert(words.to_owned());
        }
    }

    /// A post was answered as accepted that sales has to hear of (R122).
    pub fn to_be_heard(&mut self, lead: &LeadId, campaign: &str, words: Option<String>, asked_at: Timestamp) {
        if !self.erased_since(lead, asked_at) {
            let person = self.people.entry(lead.clone()).or_default();
            person.to_be_heard.push((CampaignId::new(campaign), words));
        }
    }

    fn erased_since(&self, lead: &LeadId, moment: Timestamp) -> bool {
        self.buried.get(lead).is_some_and(|(_, at)| *at >= moment)
    }

    /// An email to a person repeats what a stranger said of them.
    pub fn greeted_as_a_stranger(&mut self, lead: &LeadId, send: &SendId) {
        // What was in the air when its lead was erased was judged with that life.
        if !self.forgotten.contains(send) {
            self.greeted.insert(lead.clone());
        }
    }

    /// A person is about to press the button of a campaign's confirmation page, which came by an email of that moment.
    pub fn pressing(&mut self, lead: &LeadId, campaign: &CampaignId, mailed_at: Timestamp, seen: &mut Coverage) {
        let person = self.people.entry(lead.clone()).or_default();
        if person.own_no.is_some_and(|no| mailed_at < no) {
            seen.see("an old button pressed after a no");
        }
        let latest = person.pressed.entry(campaign.clone()).or_insert(mailed_at);
        *latest = mailed_at.max(*latest);
    }

    /// A bounce or complaint was taken by the function that takes them.
    pub fn stop_taken(&mut self, lead: &LeadId) {
        self.people.entry(lead.clone()).or_default().stopped = true;
    }

    /// An event of an email was taken.
    pub fn event_taken(&mut self, send: &SendId, message_id: &str, rejects: bool, now: Timestamp) {
        if let Some(mail) = self.mails.get(send) {
            self.tell(&mail.lead, now, || {
                format!("event of {message_id} taken, rejects: {rejects}")
            });
        }
        if let Some(mail) = self.mails.get_mut(send) {
            mail.rejected |= rejects;
            let mut of_it = mail.accepted.iter_mut();
            if let Some(accepted) = of_it.find(|accepted| accepted.message_id == message_id) {
                accepted.event_taken_at.get_or_insert(now);
            }
        }
    }

    /// SES accepted it and will not send it after all: nobody gets it, so no gap is kept from it.
    pub fn never_left(&mut self, lead: &LeadId, send: &SendId) {
        let person = self.people.entry(lead.clone()).or_default();
        person.nurtured.retain(|(_, had)| had != send);
    }

    /// The event of a canary that left at this true time was taken.
    pub fn canary_taken(&mut self, left: Timestamp, now: Timestamp) {
        self.canaries.push((left, now));
    }

    /// A person was told that all is erased.
    pub fn erasure_told(&mut self, lead: &LeadId, now: Timestamp) {
        self.told_erased.insert(lead.clone(), now);
    }

    /// R67: the archive was told to a restored table; whom a backup had raised from the dead is gone again, unless they
    /// themselves came back since.
    pub fn replayed(&mut self, alive: impl Fn(&LeadId) -> Option<Arc<Lead>>, seen: &mut Coverage) {
        for id in std::mem::take(&mut self.raised) {
            let since = self.told_erased.get(&id).copied();
            let came_back = |lead: &Lead| {
                let mut posts = lead.words.enquiries().iter().map(|enquiry| enquiry.at);
                since.is_some_and(|since| posts.any(|at| at + SKEW * 2 > since))
            };
            match alive(&id) {
                None => seen.see("erased again after a restore"),
                Some(lead) if came_back(&lead) => {}
                Some(_) => self.fail(format!("R67: {id} was erased, and a restore raised them from the dead")),
            }
        }
    }

    /// A person was told that no more mail comes.
    pub fn no_acknowledged(&mut self, lead: &LeadId) {
        self.people.entry(lead.clone()).or_default().no_acknowledged = true;
    }

    /// The table is what it was hours ago. What nobody was told is undone with it; the rest comes back from the archive.
    /// Who came after the backup is lost, and starts anew.
    pub fn restored(&mut self, now: Timestamp, is_there: impl Fn(&LeadId) -> bool, is_alive: impl Fn(&LeadId) -> bool) {
        self.restored_at = Some(now);
        self.told_restored();
        self.claims.clear();
        // Who was erased since the backup is alive again, for now.
        let raised: Vec<LeadId> = self.told_erased.keys().filter(|id| is_alive(id)).cloned().collect();
        for id in &raised {
            self.buried.remove(id);
        }
        self.raised.extend(raised);
        self.buried.retain(|id, _| is_there(id) && !is_alive(id));
        self.restored = true;
        let lost = self.people.keys().filter(|id| !is_there(id)).cloned();
        self.lost.extend(lost.collect::<Vec<_>>());
        for (id, person) in &mut self.people {
            if !is_there(id) {
                let pressed = std::mem::take(&mut person.pressed);
                *person = Person {
                    pressed,
                    ..Person::default()
                };
            } else if !person.no_acknowledged {
                (person.no_since, person.own_no) = (None, None);
            }
        }
    }

    // ---- every write ----

    /// A lead was written.
    pub fn saved(&mut self, old: Option<&Lead>, new: &Lead, now: Timestamp, seen: &mut Coverage) {
        self.writes += 1;
        self.lives += u64::from(old.is_none());
        self.tell(&new.id, now, || {
            let sends = new
                .ledger()
                .map(|(_, send)| format!("{} {}", send.step, send.state_code()));
            let sends = sends.collect::<Vec<_>>().join(", ");
            format!(
                "version {} {:?} due {:?}: {sends}",
                new.version,
                new.stage,
                new.due_at.map(|due| due.to_string())
            )
        });
        self.mark(&["write", new.id.as_str(), &new.version.to_string()], now);
        self.consents(old, new, now, seen);
        if let (None, Some((version, _))) = (old, self.buried.get(&new.id)) {
            seen.see("came back after an erasure");
            if new.version <= *version || new.past.is_none() {
                self.fail(format!("R67: {} came back and knows of no life before", new.id));
            }
        }
        if let Some(old) = old {
            if new.version != old.version + 1 {
                self.fail(format!(
                    "lost update: {} went from {} to {}",
                    new.id, old.version, new.version
                ));
            }
            self.stages(old, new, seen);
            let stays = |was: &Enrolment| {
                let left = new
                    .leaving
                    .0
                    .iter()
                    .any(|leaving| matches!(leaving, Leaving::Enrolment(of) if same(of, was)));
                left || new.enrolments.iter().any(|of| same(of, was))
            };
            if !old.enrolments.iter().all(stays) {
                self.fail(format!("I6: {} lost an enrolment", new.id));
            }
            // What left the item lies in a row of its own, or was an alert of long ago.
            let gone = old
                .ledger()
                .filter(|(_, was)| new.ledger().all(|(_, send)| send.id != was.id));
            self.forgotten.extend(gone.map(|(_, was)| was.id.clone()));
        }
        let mut live = 0;
        for enrolment in &new.enrolments {
            let was = old.and_then(|old| old.enrolments.iter().find(|was| same(was, enrolment)));
            if let Some(ended) = enrolment.ended.filter(|_| was.is_some_and(|was| was.ended.is_none())) {
                seen.see_named(&format!("{} ended({})", enrolment.sequence, ended.reason.code()));
            }
            for send in &enrolment.ledger {
                let was = was.and_then(|e| e.ledger.iter().find(|was| was.id == send.id));
                live += usize::from(matches!(send.state(), EntryState::Claimed { .. }));
                self.entry(old, new, Some(enrolment), was, send, now, seen);
            }
            if let Some(lost) = was
                .into_iter()
                .flat_map(|was| &was.ledger)
                .find(|was| enrolment.ledger.iter().all(|send| send.id != was.id))
            {
                self.fail(format!("I6: {} lost the entry {}", new.id, lost.step));
            }
        }
        for case in &new.cases {
            let was = old.and_then(|old| old.cases.iter().find(|was| was.round == case.round));
            for send in &case.ledger {
                let was = was.and_then(|was| was.ledger.iter().find(|was| was.id == send.id));
                live += usize::from(matches!(send.state(), EntryState::Claimed { .. }));
                self.entry(old, new, None, was, send, now, seen);
            }
        }
        for send in &new.notices {
            let was = old.and_then(|old| old.notices.iter().find(|was| was.id == send.id));
            live += usize::from(matches!(send.state(), EntryState::Claimed { .. }));
            self.entry(old, new, None, was, send, now, seen);
        }
        if live > 1 {
            self.fail(format!("I7: {} has {live} live claims", new.id));
        }
        if new
            .leaving
            .0
            .iter()
            .any(|leaving| matches!(leaving, Leaving::Enquiry(_)))
        {
            seen.see("an enquiry left the item");
        }
        self.promised_at_once(new, now);
    }

    /// R129: what a confirmed person asked for waits for nothing.
    fn promised_at_once(&mut self, lead: &Lead, now: Timestamp) {
        let in_the_air = lead
            .ledger()
            .any(|(_, send)| matches!(send.state(), EntryState::Claimed { .. }));
        if in_the_air || !lead.is_confirmed() || lead.soft_until.is_some() {
            return;
        }
        // What the breaker holds is looked at again within the hour.
        let late = |due: Timestamp| now + SKEW * 2 + SignedDuration::from_hours(1) < due;
        let waits = lead.enrolments.iter().any(is_promised) && lead.due_at.is_none_or(late);
        if waits {
            self.fail(format!(
                "R129: {} asked for something, and nothing is due before {:?}",
                lead.id, lead.due_at
            ));
        }
    }

    /// A desk was written: a digest needs a claim as every email does.
    pub fn desk_saved(&mut self, desk: &Desk, now: Timestamp) {
        self.writes += 1;
        self.mark(&["desk", desk.id.as_str(), &desk.version.to_string()], now);
        for send in desk.ledger() {
            if let EntryState::Claimed { token, .. } = send.state()
                && self.digests.insert(send.id.clone(), token.clone()).as_ref() != Some(token)
            {
                self.claims.insert(send.id.clone(), now);
            }
        }
    }

    /// R126: one digest a morning, and few alerts by themselves.
    pub fn told(&mut self, to: &str, desk: &LeadId, send: &SendId, step: &str, now: Timestamp) {
        if self.restored {
            return;
        }
        if self.digests.contains_key(send) {
            let second = step
                .strip_prefix("morning-")
                .and_then(|hex| i64::from_str_radix(hex, 16).ok());
            let Some(planned) = second.and_then(|second| Timestamp::from_second(second).ok()) else {
                return;
            };
            let day = planned.to_zoned(TimeZone::get("Europe/Paris").expect("a zone")).date();
            let first = self.mornings.entry((desk.clone(), day)).or_insert_with(|| send.clone());
            if first != send {
                self.fail(format!("R126: two digests on the morning of {day}"));
            }
            return;
        }
        let alone = self.alone.entry(to.to_owned()).or_default();
        alone.retain(|(at, other)| now.duration_since(*at) < HOUR - SKEW * 3 && other != send);
        alone.push((now, send.clone()));
        let alerts = alone.len();
        if alerts > ALONE {
            self.fail(format!(
                "{alerts} alerts went to one person within an hour, each by itself"
            ));
        }
    }

    /// A lead was erased: a no stays, an email in the air is on its way.
    pub fn buried(&mut self, lead: &Lead, tombstone: &Tombstone, now: Timestamp) {
        self.writes += 1;
        self.mark(&["buried", tombstone.id.as_str(), &tombstone.version.to_string()], now);
        if tombstone.version != lead.version + 1 {
            self.fail(format!(
                "lost update: {} went from {} to {}",
                lead.id, lead.version, tombstone.version
            ));
        }
        if lead.suppression != tombstone.suppression {
            self.fail(format!("R68: {} lost its stop with its data", lead.id));
        }
        self.tell(&lead.id, now, || format!("erased as version {}", tombstone.version));
        let agreed = lead.consents.iter().any(|consent| consent.state == ConsentState::Given);
        let lately = lead
            .words
            .enquiries()
            .iter()
            .any(|enquiry| now.duration_since(enquiry.at) < UNCONFIRMED - SKEW * 2);
        if tombstone.by == ErasedBy::Retention && (agreed || lately) {
            self.fail(format!("R64: {} was erased by the clock before its time", lead.id));
        }
        let says_something = lead.words.enquiries().iter().any(|enquiry| !enquiry.is_empty());
        let unconfirmed = now.duration_since(lead.captured_at) < MONTHS * 2;
        if tombstone.by == ErasedBy::Retention && unconfirmed && says_something {
            self.fail(format!(
                "R64: {} asked for something, and was erased like a sign-up",
                lead.id
            ));
        }
        self.greeting(lead);
        self.told_buried(&lead.id);
        self.buried.insert(lead.id.clone(), (tombstone.version, now));
        self.forgotten.extend(lead.ledger().map(|(_, send)| send.id.clone()));
        let person = self.people.entry(lead.id.clone()).or_default();
        // Whoever comes back starts anew, but for a stop.
        *person = Person {
            stopped: person.stopped && tombstone.suppression.is_some(),
            ..Person::default()
        };
    }

    fn consents(&mut self, old: Option<&Lead>, new: &Lead, now: Timestamp, seen: &mut Coverage) {
        use ConsentState::{Given, Withdrawn};
        let state = |lead: Option<&Lead>, place: usize| lead?.consents.get(place).map(|c| c.state);
        let person = self.people.entry(new.id.clone()).or_default();
        let (mut unasked, mut outdated) = (false, false);
        for (place, consent) in new.consents.iter().enumerate() {
            let was = state(old, place);
            if was == Some(consent.state) {
                continue;
            }
            if consent.state == Withdrawn && was.is_some() {
                person.no_since = Some(now);
            }
            if consent.state == Given {
                let mailed_at = person.pressed.get(&consent.campaign);
                unasked |= mailed_at.is_none();
                outdated |= person
                    .own_no
                    .take()
                    .is_some_and(|no| mailed_at.is_some_and(|mailed_at| *mailed_at + SKEW * 2 < no));
                person.no_acknowledged = false;
                if person.no_since.take().is_some() {
                    seen.see("opted out and came back");
                }
            }
        }
        if new.suppression.is_some() && old.is_none_or(|old| old.suppression.is_none()) {
            person.no_since = Some(now);
        }
        let left_at = |lead: &Lead| {
            lead.suppression
                .filter(|stop| stop.reason == SuppressionReason::Unsubscribe)
        };
        if let Some(stop) = left_at(new)
            && old.and_then(left_at).is_none_or(|was| was.at != stop.at)
        {
            person.own_no = Some(now);
        }
        if outdated {
            self.fail(format!(
                "R69: {} is said to have agreed by a button older than their no",
                new.id
            ));
        }
        if unasked {
            self.fail(format!("I3: {} is said to have agreed, and pressed no button", new.id));
        }
    }

    fn stages(&mut self, old: &Lead, new: &Lead, seen: &mut Coverage) {
        if old.stage == new.stage {
            return;
        }
        let by_score = new
            .history
            .last()
            .filter(|last| last.to == Stage::Mql && last.by == Mover::Score);
        if let Some(made) = by_score {
            // The campaign is named where it is not the one they came by.
            let campaign = made.campaign.as_ref().unwrap_or(&new.campaign);
            match campaign.as_str() {
                "guide-seo" if self.cold.contains(&new.id) => {
                    self.fail(format!("R123: {} was made an MQL by rules of another campaign", new.id));
                }
                "guide-seo" => {}
                _ => seen.see("made an MQL by a further campaign"),
            }
        }
        let allowed: &[Stage] = match old.stage {
            Stage::Lead => &[Stage::Mql, Stage::Sql, Stage::Disqualified, Stage::Dormant],
            Stage::Mql => &[
                Stage::Lead,
                Stage::Sql,
                Stage::Disqualified,
                Stage::Recycled,
                Stage::Dormant,
            ],
            Stage::Sql => &[Stage::Mql, Stage::Customer, Stage::Disqualified, Stage::Recycled],
            Stage::Customer => &[Stage::Sql],
            Stage::Recycled => &[Stage::Lead, Stage::Mql, Stage::Sql, Stage::Disqualified, Stage::Dormant],
            Stage::Dormant => &[Stage::Lead, Stage::Mql, Stage::Sql, Stage::Disqualified],
            // Back to lead, and from there to MQL by the score in the same write.
            Stage::Disqualified => &[Stage::Lead, Stage::Mql],
        };
        let told = new
            .history
            .last()
            .is_some_and(|last| last.to == new.stage && !last.reason.expose().is_empty());
        if !told || !allowed.contains(&new.stage) {
            self.fail(format!("I9: {} moved from {:?} to {:?}", new.id, old.stage, new.stage));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one write, seen from all sides")]
    fn entry(
        &mut self,
        old: Option<&Lead>,
        new: &Lead,
        enrolment: Option<&Enrolment>,
        was: Option<&LedgerEntry>,
        send: &LedgerEntry,
        now: Timestamp,
        seen: &mut Coverage,
    ) {
        if was.is_some_and(|was| was.state() == send.state() && was.attempts() == send.attempts()) {
            return;
        }
        if send.class == Class::Alert {
            let person = self.people.entry(new.id.clone()).or_default();
            person.alerts.insert(send.step.clone());
        }
        let class = send.class.code();
        seen.see_named(&format!("{class} {}", send.state_code()));
        let from = was.map(|was| was.state());
        let legal = match (from, send.state()) {
            (None, EntryState::Claimed { .. } | EntryState::Skipped { .. }) => true,
            // Alerts beside the cases are planned the moment that brings them.
            (None, EntryState::Waiting { .. }) if new.notices.iter().any(|notice| notice.id == send.id) => true,
            (None, _) if self.restored => {
                seen.see("ledger entry rebuilt from the archive");
                true
            }
            (None, _) => false,
            // Held, or given up and claimed anew in one write; not before its time either way.
            (
                Some(EntryState::Claimed {
                    token: a, settle_at, ..
                }),
                EntryState::Claimed { token: b, .. },
            ) => {
                if a == b {
                    seen.see("claim held for the canary");
                }
                now + SKEW >= *settle_at
            }
            (Some(EntryState::Claimed { .. }), _) => true,
            (Some(EntryState::Waiting { .. }), EntryState::Unknown | EntryState::Waiting { .. }) => false,
            (Some(EntryState::Waiting { .. }), _) => true,
            // What is final stays, but for SES's own word about an email that was handed over.
            (Some(EntryState::Sent { .. }), EntryState::Sent { .. }) => true,
            (Some(_), EntryState::Sent { .. }) => send.attempts() > 0,
            (Some(_), EntryState::Failed { reason }) => reason == EntryState::REJECTED && send.attempts() > 0,
            _ => false,
        };
        if !legal {
            self.fail(format!(
                "I6: {} {} went from {from:?} to {:?}",
                new.id,
                send.step,
                send.state()
            ));
        }
        match (from, send.state()) {
            (Some(EntryState::Unknown), EntryState::Sent { .. }) => seen.see("unknown became sent"),
            (Some(EntryState::Claimed { .. }), EntryState::Unknown) if self.strict && send.class == Class::Nurture => {
                seen.see("strict: unknown, not tried again");
            }
            _ => {}
        }
        if let EntryState::Claimed { token, .. } = send.state()
            && !matches!(from, Some(EntryState::Claimed { token: held, .. }) if held == token)
        {
            self.claimed(old, new, enrolment, send, now);
            if send.unanswered() > 1 {
                seen.see(match send.class {
                    Class::Nurture => "second try on evidence",
                    Class::Service => "second try of a service mail",
                    Class::Alert => "second try of an alert",
                });
            }
        }
    }

    fn claimed(
        &mut self,
        old: Option<&Lead>,
        new: &Lead,
        enrolment: Option<&Enrolment>,
        send: &LedgerEntry,
        now: Timestamp,
    ) {
        self.claims.insert(send.id.clone(), now);
        self.not_before_due(old, send, now);
        let Some(enrolment) = enrolment else {
            // To sales, about a lead that waits for them; what the lead said of its own mail does not matter.
            let is_notice = new.notices.iter().any(|notice| notice.id == send.id);
            if send.class != Class::Alert || (!is_notice && new.open_case().is_none()) {
                self.fail(format!("{} claimed for {}, whom nobody is to call", send.step, new.id));
            }
            return;
        };
        let person = self.people.entry(new.id.clone()).or_default();
        let (no_since, stopped) = (person.no_since, person.stopped);
        let pressed = person.pressed.contains_key(&enrolment.campaign);
        if stopped {
            self.fail(format!(
                "I18: {} claimed for {} after a bounce or complaint",
                send.step, new.id
            ));
        }
        if send.class == Class::Nurture {
            if no_since.is_some() {
                self.fail(format!("I2: {} claimed for {}, who said no", send.step, new.id));
            }
            if !pressed {
                self.fail(format!(
                    "I3: {} claimed for {}, who pressed no button",
                    send.step, new.id
                ));
            }
        }
        let paused_since = self.paused_since;
        if paused_since.is_some_and(|since| now.duration_since(since) > SignedDuration::from_secs(90)) {
            self.fail(format!("R48: {} claimed while the breaker is open", send.step));
        }
        let first = new
            .enrolments
            .iter()
            .find(|other| !same(other, enrolment) && is_promised(other) && other.started_at + SKEW * 2 < now);
        if send.class == Class::Nurture && first.is_some() && new.is_confirmed() && new.soft_until.is_none() {
            self.fail(format!(
                "R129: {} of {} claimed while something they asked for is due",
                send.step, new.id
            ));
        }
        if enrolment.ended.is_some() {
            self.fail(format!(
                "I4: {} of {} claimed in an enrolment that is over",
                send.step, new.id
            ));
        }
        let open = enrolment
            .ledger
            .iter()
            .filter(|other| other.id != send.id)
            .find(|other| !other.is_final());
        if let Some(open) = open {
            self.fail(format!(
                "I4: {} of {} claimed while {} is open",
                send.step, new.id, open.step
            ));
        }
    }

    /// I5: nothing before the lead was due in the version it was claimed from.
    fn not_before_due(&mut self, old: Option<&Lead>, send: &LedgerEntry, now: Timestamp) {
        // The alarm may be the "now" of a clock that was ahead, and the claim the work of another that is.
        // At six in the evening one clock has closed and set the alarm to the morning, and another is still at work.
        let closing = in_hours(now - SKEW) && !in_hours(now + SKEW);
        if let Some(due) = old.and_then(|old| old.due_at)
            && now + SKEW * 2 < due
            && !closing
        {
            self.fail(format!(
                "I5: {} of {} claimed {} before it was due",
                send.step,
                old.map_or("", |old| old.id.as_str()),
                due.duration_since(now)
            ));
        }
    }

    // ---- every email ----

    /// SES accepted an email.
    #[expect(clippy::too_many_arguments, reason = "what is written on the outside of a mail")]
    pub fn accepted(
        &mut self,
        lead: &LeadId,
        send: &SendId,
        class: Class,
        campaign: &str,
        step: &str,
        message_id: &str,
        now: Timestamp,
        seen: &mut Coverage,
    ) {
        self.mails_accepted += 1;
        self.tell(lead, now, || format!("mail {step} accepted as {message_id}"));
        self.mark(&["mail", send.as_str(), message_id], now);
        if self.held {
            self.fail(format!("R21: {step} left while everything is on hold"));
        }
        let Some(claimed_at) = self.claims.get(send).copied() else {
            self.fail(format!("I6: {step} left without a claim"));
            return;
        };
        let accepted = Accepted {
            at: now,
            message_id: message_id.to_owned(),
            claimed_at,
            event_taken_at: None,
        };
        let mail = self.mails.entry(send.clone()).or_insert_with(|| Mail {
            lead: lead.clone(),
            class,
            step: step.to_owned(),
            accepted: Vec::new(),
            rejected: false,
        });
        mail.accepted.push(accepted.clone());
        let before: Vec<Accepted> = mail.accepted[..mail.accepted.len() - 1].to_vec();
        if self.forgotten.contains(send) {
            seen.see("mail in the air at an erasure");
            return;
        }
        if let Some(first) = before.first() {
            self.copy(class, step, first, before.len(), &accepted, seen);
            return; // the gap and the hours were held against the first
        }
        match class {
            Class::Nurture => self.hours(lead, send, campaign, step, now),
            Class::Service => self.flood(lead, now),
            Class::Alert => {}
        }
    }

    /// I1: a second copy needs evidence, and there is never a third.
    fn copy(
        &mut self,
        class: Class,
        step: &str,
        first: &Accepted,
        before: usize,
        second: &Accepted,
        seen: &mut Coverage,
    ) {
        if self.restored {
            return; // what the archive does not know may go again, and who was lost with the table starts anew
        }
        if before > 1 {
            self.fail(format!("I1: {step} left {} times", before + 1));
        }
        match class {
            Class::Service | Class::Alert => {}
            Class::Nurture if self.strict => self.fail(format!("I1: {step} left twice in a strict campaign")),
            Class::Nurture => {
                if first.event_taken_at.is_some_and(|taken| taken < second.claimed_at) {
                    self.fail(format!("I1: {step} left again though SES's event had settled it"));
                }
                if second.claimed_at.duration_since(first.claimed_at) < SETTLE - SKEW * 2 {
                    self.fail(format!("R9: {step} left again before its event had its time"));
                }
                // Canaries are told apart by true time here; the product allows for ten minutes of skew.
                let spoken = self
                    .canaries
                    .iter()
                    .any(|(left, taken)| *left >= first.claimed_at && *taken <= second.claimed_at);
                if !spoken {
                    let (one, two, last) = (first.claimed_at, second.claimed_at, self.canaries.last());
                    self.fail(format!(
                        "R9: {step} left again though no canary spoke for it: claimed {one} and {two}, last canary {last:?}"
                    ));
                }
                seen.see("crash: accepted, its event lost or late, canary fine: a copy");
                self.copies += 1;
            }
        }
    }

    /// I4 and I5 by the calendar: working hours in Paris, the promised day, the gap.
    fn hours(&mut self, lead: &LeadId, send: &SendId, campaign: &str, step: &str, now: Timestamp) {
        // An email may wait for its turn and its answer for a while after it was claimed.
        let slack = SKEW + SignedDuration::from_secs(90);
        if ![now - slack, now, now + SKEW].into_iter().any(in_hours) {
            self.fail(format!(
                "I5: {step} of {lead} in {campaign} left at {now}, outside working hours"
            ));
        }
        let person = self.people.entry(lead.clone()).or_default();
        let last = person.nurtured.last().cloned();
        person.nurtured.push((now, send.clone()));
        if let Some((last, _)) = last
            && !self.restored
            && now.duration_since(last) < GAP - slack * 2
        {
            self.fail(format!(
                "I4: {step} of {lead} left {} after the mail before it",
                now.duration_since(last)
            ));
        }
    }

    /// I16: whoever posts somebody's address cannot flood them.
    fn flood(&mut self, lead: &LeadId, now: Timestamp) {
        let person = self.people.entry(lead.clone()).or_default();
        if !person.pressed.is_empty() {
            return;
        }
        person.unconfirmed.push(now);
        let month = SignedDuration::from_hours(30 * 24) - SKEW * 2;
        let lately = person
            .unconfirmed
            .iter()
            .filter(|at| now.duration_since(**at) < month)
            .count();
        if lately > 3 && !self.restored {
            self.fail(format!("I16: {lately} mails to an address that nobody confirmed"));
        }
    }

    // ---- the end ----

    /// Everything has come to its end, and adds up.
    pub fn end(&mut self, leads: &HashMap<LeadId, Arc<Lead>>, now: Timestamp, seen: &mut Coverage) {
        for (id, campaigns) in std::mem::take(&mut self.acknowledged) {
            let erased_at = self.buried.get(&id).map(|(_, at)| *at);
            let stands = |asked_at: &Timestamp| erased_at.is_none_or(|erased| erased < *asked_at);
            let campaigns: Vec<_> = campaigns.into_iter().filter(|(_, at)| stands(at)).collect();
            let Some(lead) = leads.get(&id) else {
                if !self.restored && !campaigns.is_empty() {
                    self.fail(format!("lost: {id} was acknowledged and is not there"));
                }
                continue;
            };
            for (campaign, _) in campaigns {
                if lead.standing(&campaign).is_none() && !self.restored {
                    self.fail(format!(
                        "lost: the post of {id} to {campaign} was acknowledged and is not there"
                    ));
                }
            }
        }
        for lead in leads.values() {
            self.greeting(lead);
            self.heard(lead);
            self.rest(lead, now);
            for (_, send) in lead.ledger() {
                self.truth(lead, send, seen);
            }
        }
        for (id, mail) in std::mem::take(&mut self.mails) {
            let known = leads
                .get(&mail.lead)
                .and_then(|lead| lead.ledger().find(|(_, send)| send.id == id));
            let is_known = known.is_some() || self.digests.contains_key(&id);
            if !is_known && !self.restored && !self.forgotten.contains(&id) {
                self.fail(format!("I8: {} left and the ledger does not know it", mail.step));
            }
        }
    }

    /// I12, I22: who was erased is gone, or was born anew, and nothing is left to clean.
    pub fn graves(&mut self, graves: &HashMap<LeadId, Tombstone>, leads: &HashMap<LeadId, Arc<Lead>>) {
        let buried: BTreeSet<LeadId> = self.buried.keys().cloned().collect();
        for id in buried {
            let cleaned = match (graves.get(&id), leads.get(&id)) {
                (Some(grave), None) => grave.due_at.is_none(),
                (None, Some(lead)) => lead.past.as_ref().is_some_and(|past| past.uncleaned.is_none()),
                _ => {
                    self.fail(format!("R67: {id} was erased, and nothing remembers it"));
                    continue;
                }
            };
            if !cleaned {
                self.fail(format!("I22: {id} was erased, and what names it was never cleaned"));
            }
        }
    }

    /// R125: the report of everything that ever was.
    pub fn counted(&mut self, leads: u64) {
        let lives = self.lives;
        if leads != lives && !self.restored {
            self.fail(format!("R125: {lives} came, and the report counts {leads}"));
        }
    }

    /// R127: whoever nothing is planned for any more rings when the published files say so, and no later.
    pub fn rings(&mut self, lead: &Lead, says: Option<Timestamp>) {
        let at_rest = lead.open_case().is_none() && lead.enrolments.iter().all(|of| of.ended.is_some());
        let late = lead.due_at.zip(says).is_some_and(|(due, says)| due > says + GAP);
        // Nobody moves the alarm of a lead that cannot be read; the log says how many there were.
        let was_read = !self.unreadable.contains(&lead.id);
        if at_rest && late && was_read && !self.restored {
            self.fail(format!(
                "R127: {} rings at {:?}, and the files say {says:?}",
                lead.id, lead.due_at
            ));
        }
    }

    /// R123: nobody is greeted as somebody else, unless they confirmed that post.
    fn greeting(&mut self, lead: &Lead) {
        let by_stranger = |enquiry: &Enquiry| says(enquiry, "first_name", STRANGER);
        let proved = |enquiry: &Enquiry| by_stranger(enquiry) && lead.words.is_confirmed(&enquiry.id());
        if self.greeted.remove(&lead.id) && !lead.words.enquiries().iter().any(proved) {
            self.fail(format!("R123: {} is greeted by a name that a stranger gave", lead.id));
        }
    }

    /// R122, R124: everything that was said can be read, and sales heard of what is for them.
    fn heard(&mut self, lead: &Lead) {
        let enquiries = lead.words.enquiries();
        let Some(person) = self.people.get(&lead.id).filter(|_| !self.restored) else {
            return;
        };
        let lost = person
            .said
            .iter()
            .find(|words| !enquiries.iter().any(|enquiry| says(enquiry, "need", words)));
        if let Some(lost) = lost.cloned() {
            self.fail(format!("R124: {} said {lost:?}, and nobody can read it", lead.id));
            return;
        }
        let unheard = person.to_be_heard.iter().find(|(campaign, words)| {
            let meant = |enquiry: &&Enquiry| {
                let in_these = words.as_ref().is_none_or(|words| says(enquiry, "need", words));
                &enquiry.campaign == campaign && in_these
            };
            let heard = |enquiry: &Enquiry| {
                let opened = lead.cases.iter().any(|case| case.opened_at >= enquiry.at);
                let about = enquiry.id();
                let told = |step: &str| step.contains(about.as_str());
                opened || person.alerts.iter().any(|step| told(step))
            };
            !enquiries.iter().filter(meant).any(heard)
        });
        if let Some((campaign, words)) = unheard.cloned() {
            self.fail(format!(
                "R122: {} asked {campaign} for {words:?}, and nobody in sales was told",
                lead.id
            ));
        }
    }

    /// I19, I20: no claim, no alarm, no open sequence.
    fn rest(&mut self, lead: &Lead, now: Timestamp) {
        // What is left for months of silence to bring is no work undone.
        // A case that nobody closes is reminded of, week after week.
        // Whoever was moved lately has another two weeks of emails before them.
        let lately = |at: Timestamp| now.duration_since(at) < MONTHS;
        let was_moved = lead.history.last().is_some_and(|change| lately(change.at));
        let due = lead.due_at.filter(|_| lead.open_case().is_none() && !was_moved);
        if let Some(due) = due.filter(|due| due.duration_since(now) < MONTHS) {
            self.fail(format!("I20: {} is still due at {due}, and it is {now}", lead.id));
        }
        if let Some(open) = lead
            .cases
            .iter()
            .flat_map(|case| &case.ledger)
            .find(|send| !send.is_final())
        {
            self.fail(format!(
                "I8: {} of {} has no end: {:?}",
                open.step,
                lead.id,
                open.state()
            ));
        }
        for enrolment in &lead.enrolments {
            if enrolment.ended.is_none() && !was_moved {
                self.fail(format!(
                    "I20: {} is still in {}, due at {:?}, and it is {now}",
                    lead.id, enrolment.sequence, lead.due_at
                ));
            }
            if let Some(open) = enrolment.ledger.iter().find(|send| !send.is_final()) {
                self.fail(format!(
                    "I8: {} of {} has no end: {:?}",
                    open.step,
                    lead.id,
                    open.state()
                ));
            }
            let completed = enrolment
                .ended
                .is_some_and(|ended| ended.reason == ExitReason::Completed);
            // The reminder goes only to those who ticked the box and have not confirmed; the question in years.
            let steps = if enrolment.sequence == "guide" { 1..=2 } else { 4..=4 };
            if completed && !self.edited && !steps.contains(&enrolment.ledger.len()) {
                self.fail(format!(
                    "I8: {} went through {} with {} of {steps:?} steps",
                    lead.id,
                    enrolment.sequence,
                    enrolment.ledger.len()
                ));
            }
            let mut steps: Vec<_> = enrolment.ledger.iter().map(|send| &send.step).collect();
            steps.sort();
            if steps.windows(2).any(|pair| pair[0] == pair[1]) {
                self.fail(format!("I8: a step of {} is in the ledger twice", lead.id));
            }
        }
    }

    /// The ledger against what SES knows.
    fn truth(&mut self, lead: &Lead, send: &LedgerEntry, seen: &mut Coverage) {
        // The archive tells of emails in sequences; an alert to sales may go again after a restore, as its class allows.
        if self.lost.contains(&lead.id) || (self.restored && send.class == Class::Alert) {
            return;
        }
        let mail = self.mails.get(&send.id).cloned();
        let copies = mail.as_ref().map_or(0, |mail| mail.accepted.len());
        // What was lost with a table, and promised anew, has the id it had: of what left before, the archive may know or not.
        let restored_at = self.restored_at;
        let since = |accepted: &&Accepted| restored_at.is_none_or(|restored| accepted.at >= restored);
        let told = mail.as_ref().map_or(0, |mail| {
            let since = mail.accepted.iter().filter(since);
            since.filter(|a| a.event_taken_at.is_some()).count()
        });
        let state = send.state();
        if matches!(state, EntryState::Sent { .. }) && copies == 0 {
            self.fail(format!(
                "I6: {} of {} is said to be sent and never was",
                send.step, lead.id
            ));
        }
        // SES told of it, so it must be known; of what it rejected before a restore, the archive may know either.
        let all_since = |mail: &Mail| mail.accepted.iter().all(|accepted| since(&accepted));
        let rejected_ever = mail.as_ref().is_some_and(|mail| mail.rejected);
        let rejected = rejected_ever && mail.as_ref().is_some_and(all_since);
        if told > 0 && !rejected_ever && !matches!(state, EntryState::Sent { .. }) {
            self.fail(format!(
                "R8: SES told of {} of {}, which is {state:?}",
                send.step, lead.id
            ));
        }
        if rejected && !matches!(state, EntryState::Failed { reason } if reason == EntryState::REJECTED) {
            self.fail(format!(
                "R24: SES rejected {} of {}, which is {state:?}",
                send.step, lead.id
            ));
        }
        if told > 1 && !rejected && !send.is_duplicate() && !self.restored {
            self.fail(format!(
                "R9: {} of {} left twice and is not counted",
                send.step, lead.id
            ));
        }
        if send.is_duplicate() {
            seen.see("a copy was counted");
            if copies < 2 {
                self.fail(format!(
                    "R9: {} of {} is counted as a copy and left {copies} times",
                    send.step, lead.id
                ));
            }
        }
        let class_holds =
            mail.is_none_or(|mail| mail.class == send.class && mail.accepted.iter().all(|a| a.at >= a.claimed_at));
        if !class_holds {
            self.fail(format!("I6: {} left before its claim", send.step));
        }
    }
}

/// Whether a post says this in a field.
fn says(enquiry: &Enquiry, field: &str, words: &str) -> bool {
    enquiry.answers.get(field).is_some_and(|said| said.expose() == words)
}

/// Whether it is something that was asked for, and nothing of it has left or was begun.
fn is_promised(enrolment: &Enrolment) -> bool {
    enrolment.sequence == "guide" && enrolment.ended.is_none() && enrolment.ledger.is_empty()
}

/// Whether somebody in Paris is at work.
fn in_hours(at: Timestamp) -> bool {
    let local = at.to_zoned(TimeZone::get("Europe/Paris").expect("a zone"));
    let day = local.weekday().to_monday_one_offset();
    day <= 5
        && local.time() >= civil::time(9, 0, 0, 0)
        && local.time() < civil::time(18, 0, 0, 0)
        && !holiday(local.date())
}

/// French public holidays that fall on working days in 2026 and 2027.
fn holiday(day: civil::Date) -> bool {
    const DAYS: [(i16, i8, i8); 20] = [
        (2026, 1, 1),
        (2026, 4, 6),
        (2026, 5, 1),
        (2026, 5, 8),
        (2026, 5, 14),
        (2026, 5, 25),
        (2026, 7, 14),
        (2026, 11, 11),
        (2026, 12, 25),
        (2027, 1, 1),
        (2027, 3, 29),
        (2027, 5, 6),
        (2027, 5, 17),
        (2027, 7, 14),
        (2027, 11, 1),
        (2027, 11, 11),
        (2026, 8, 15),
        (2026, 11, 1),
        (2027, 5, 1),
        (2027, 5, 8),
    ];
    DAYS.contains(&(day.year(), day.month(), day.day()))
}

/// Whether two are one way through a sequence.
fn same(one: &Enrolment, other: &Enrolment) -> bool {
    (&one.campaign, &one.sequence, one.epoch) == (&other.campaign, &other.sequence, other.epoch)
}
