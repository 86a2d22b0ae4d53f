//! Desks, rule by rule: what goes alone, what waits, when it leaves and what it says.

use std::sync::Arc;

use jiff::SignedDuration;

use super::*;
use crate::campaign::{Campaign, Catalog};
use crate::kit::ids::ClaimToken;
use crate::kit::locale::Locale;
use crate::kit::vocabulary::Class;
use crate::lead::Lead;
use crate::lead::ledger::{Feedback, Outcome};
use crate::rules::input;
use crate::rules::sales::SalesAction;
use crate::samples::{HOT, Story, at, by_sales, edited, guide, hours, key, other};

/// The demo campaign with one owner for everything that no rule gives away.
fn campaign() -> Campaign {
    edited(&[(
        "email = \"alex@example.com\"\n",
        "email = \"alex@example.com\"\nin_turn = false\n",
    )])
}

fn with_digest() -> Campaign {
    let notify = "to = [\"accueil@example.com\"]\ndigest = \"17:00\"";
    Campaign {
        notify: toml::from_str(notify).expect("a section"),
        ..edited(&[])
    }
}

/// A desk of somebody, at a moment.
struct Post<'a> {
    catalog: &'a Catalog,
    desk: Desk,
    now: Timestamp,
    tokens: u32,
}

impl<'a> Post<'a> {
    fn of(address: &str, catalog: &'a Catalog, now: &str) -> Self {
        let workspace = WorkspaceId::new("main");
        let email = address.parse_email();
        Self {
            catalog,
            desk: Desk::new(LeadId::of_desk(&key(), &workspace, &email), workspace),
            now: at(now),
            tokens: 0,
        }
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Desk, &Context<'_>) -> T) -> T {
        let key = key();
        let cx = Context {
            catalog: self.catalog,
            key: &key,
            now: self.now,
        };
        act(&mut self.desk, &cx)
    }

    fn admit(&mut self, order: &MailOrder) -> Admitted {
        self.with(|desk, cx| desk.admit(order, cx))
    }

    /// The digest that is due, claimed.
    fn wake(&mut self, leads: &[&Lead]) -> Option<DigestOrder> {
        self.tokens += 1;
        let token = ClaimToken::new(format!("token-{}", self.tokens));
        let leads: Vec<Arc<Lead>> = leads.iter().map(|lead| Arc::new(Lead::clone(lead))).collect();
        self.desk.wants(self.now)?;
        self.with(|desk, cx| desk.wake(&leads, true, &token, cx))
    }

    fn settle(&mut self, order: &DigestOrder, outcome: &Outcome) {
        let mail = &order.mail;
        self.with(|desk, cx| desk.settle(&mail.send_id, &mail.token, outcome, cx));
    }

    fn sent(&mut self, order: &DigestOrder) {
        let message_id = "m-1".to_owned();
        self.settle(order, &Outcome::Accepted { message_id });
    }

    fn due(&self) -> Option<String> {
        self.desk.due_at.map(|at| at.to_string())
    }

    fn states(&self) -> Vec<String> {
        self.desk.ledger.iter().map(LedgerEntry::state_code).collect()
    }
}

trait ParseEmail {
    fn parse_email(&self) -> crate::Email;
}

impl ParseEmail for str {
    fn parse_email(&self) -> crate::Email {
        crate::Email::parse(self).expect("an address")
    }
}

/// A hot lead of this moment whose alert was claimed, and the alert.
fn hot_at(moment: &str) -> (Story, MailOrder) {
    let mut story = Story::of([campaign()]);
    story.go(moment);
    story.post(&HOT);
    let order = story.mail("alert");
    (story, order)
}

/// The same alert about another lead.
fn about(order: &MailOrder, n: u32) -> MailOrder {
    MailOrder {
        lead: LeadId::new(format!("lead{n:022}")),
        send_id: SendId::new(format!("send{n:022}")),
        ..order.clone()
    }
}

const CAMILLE: &str = "camille@example.com";
const DIRECTION: &str = "direction@example.com";

// ---- when ----

#[test]
fn the_morning_digest_leaves_before_the_first_opening_of_a_working_day_and_once_a_day() {
    let leave = "hours = { days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"], from = \"09:00\", to = \"18:00\", holidays = \"fr\" }\nleave = [{ from = \"2026-12-24\"";
    let with = |hours: &str| edited(&[(leave, &format!("{hours}\nleave = [{{ from = \"2026-12-24\""))]);
    let office = campaign();
    let night = with("hours = { days = [\"mon\", \"sun\"], from = \"00:00\", to = \"24:00\" }");
    let early = with("hours = { days = [\"tue\"], from = \"06:30\", to = \"07:30\" }\nzone = \"America/New_York\"");
    // Two campaigns: the earlier opening counts, on either one's days.
    let mut late = other("late");
    for owner in late.sales.iter_mut().flat_map(|sales| &mut sales.owners) {
        owner.hours = toml::from_str("days = [\"mon\", \"sat\"]\nfrom = \"11:00\"\nto = \"18:00\"").expect("hours");
    }
    let one = |campaign: &Campaign| crate::samples::catalog([campaign.clone()]);
    let two = crate::samples::catalog([office.clone(), late]);
    for (catalog, now, had, expected) in [
        (&one(&office), "2026-03-02T09:00:00Z", None, "2026-03-03T07:45:00Z"),
        (&one(&office), "2026-03-02T07:44:59Z", None, "2026-03-02T07:45:00Z"),
        (&one(&office), "2026-03-02T07:45:00Z", None, "2026-03-03T07:45:00Z"), // for the one of now it is too late
        (&one(&office), "2026-03-06T17:30:00Z", None, "2026-03-09T07:45:00Z"), // a weekend
        (&one(&office), "2026-04-03T10:00:00Z", None, "2026-04-07T06:45:00Z"), // Easter Monday; summer time since
        (&one(&office), "2026-12-23T10:00:00Z", None, "2027-01-04T07:45:00Z"), // their leave
        (
            &one(&office),
            "2026-03-02T06:00:00Z",
            Some("2026-03-02T05:00:00Z"),
            "2026-03-03T07:45:00Z",
        ), // had one today
        (&one(&night), "2026-03-02T09:00:00Z", None, "2026-03-07T23:00:00Z"),  // Sunday begins at midnight
        (&one(&early), "2026-03-02T09:00:00Z", None, "2026-03-03T11:15:00Z"),
        (&two, "2026-03-02T06:00:00Z", None, "2026-03-02T07:45:00Z"),
        (
            &two,
            "2026-03-02T07:45:00Z",
            Some("2026-03-02T07:45:00Z"),
            "2026-03-03T07:45:00Z",
        ), // and not at 10:45 again
        (
            &two,
            "2026-03-06T09:00:00Z",
            Some("2026-03-06T07:45:00Z"),
            "2026-03-07T09:45:00Z",
        ), // a Saturday
    ] {
        let mut post = Post::of(CAMILLE, catalog, now);
        post.desk.had = had.map(at);
        post.with(|desk, cx| desk.note(&[LeadId::new("a".repeat(26))], &[], cx));
        assert_eq!(post.due().as_deref(), Some(expected), "{now}");
    }
    // With nothing to tell there is no alarm, and nobody who is in no file has one.
    let catalog = one(&office);
    let mut nobody = Post::of("ana@example.org", &catalog, "2026-03-02T09:00:00Z");
    nobody.with(|desk, cx| desk.note(&[LeadId::new("a".repeat(26))], &[], cx));
    assert_eq!(nobody.due(), None);
    assert_eq!(Post::of(CAMILLE, &catalog, "2026-03-02T09:00:00Z").due(), None);
}

#[test]
fn twenty_alerts_an_hour_go_alone_and_the_rest_with_one_digest() {
    let (story, order) = hot_at("2026-03-02T09:00:00Z");
    let mut post = Post::of(CAMILLE, &story.catalog, "2026-03-02T09:00:00Z");
    for n in 0..20 {
        assert_eq!(post.admit(&about(&order, n)), Admitted::Alone, "{n}");
    }
    let joined = Admitted::Joined(at("2026-03-02T10:00:00Z"));
    for n in 20..300 {
        assert_eq!(post.admit(&about(&order, n)), joined, "{n}");
    }
    // Whoever asks again, after a crash, hears the same.
    assert_eq!(post.admit(&about(&order, 3)), Admitted::Alone);
    let before = post.desk.clone();
    assert_eq!(post.admit(&about(&order, 25)), joined);
    assert_eq!(post.desk, before, "told once");
    let queue = post.desk.hour.as_ref().expect("a queue");
    assert_eq!((queue.entries.len(), queue.more), (limits::DESK_QUEUE_MAX, 180));
    assert!(
        serde_json::to_string(&post.desk).expect("json").len() < 48 * 1024,
        "R128"
    );
    // What comes meanwhile waits with them, also once there would be room.
    post.now = at("2026-03-02T10:00:00Z");
    assert_eq!(post.due().as_deref(), Some("2026-03-02T10:00:00Z"));
    assert_eq!(post.admit(&about(&order, 400)), joined);
    // Of the leads only one is there to be read; the others are counted where they were too many.
    let mut lead = story.lead().clone();
    lead.id = about(&order, 20).lead;
    let digest = post.wake(&[&lead]).expect("a digest");
    assert_eq!(
        (digest.digest.kind, digest.mail.to.expose()),
        (DigestKind::Alerts, CAMILLE)
    );
    assert_eq!(
        (digest.digest.waiting.lines.len(), digest.digest.waiting.more),
        (1, 181)
    );
    post.sent(&digest);
    assert_eq!(post.admit(&about(&order, 401)), Admitted::Alone);
    for n in 402..421 {
        post.admit(&about(&order, n));
    }
    // At most one such digest an hour.
    assert_eq!(
        post.admit(&about(&order, 421)),
        Admitted::Joined(at("2026-03-02T11:00:00Z"))
    );
}

#[test]
fn alerts_that_come_one_by_one_never_make_two_digests_in_an_hour() {
    let (story, order) = hot_at("2026-03-02T09:00:00Z");
    let mut post = Post::of(CAMILLE, &story.catalog, "2026-03-02T09:00:00Z");
    let mut alone: Vec<Timestamp> = Vec::new();
    let mut digests: Vec<Timestamp> = Vec::new();
    for n in 0..2_000 {
        post.now += SignedDuration::from_secs(97);
        let mut lead = story.lead().clone();
        lead.id = about(&order, n).lead;
        if let Some(digest) = post.wake(&[&lead]) {
            if digest.digest.kind == DigestKind::Alerts {
                digests.push(post.now);
            }
            post.sent(&digest);
        }
        if post.admit(&about(&order, n)) == Admitted::Alone {
            alone.push(post.now);
        }
    }
    let hour = limits::ALERT_SPAN;
    assert!(alone.windows(21).all(|many| many[20].duration_since(many[0]) >= hour));
    let least = hour - SignedDuration::from_secs(97);
    assert!(digests.windows(2).all(|two| two[1].duration_since(two[0]) > least));
    assert!(!alone.is_empty() && alone.len() < 2_000);
}

#[test]
fn an_alert_that_joins_a_digest_moves_the_deadline_to_where_it_is_heard() {
    let mut story = Story::of([campaign()]);
    story.post(&HOT);
    let order = story.wake().expect("the alert");
    assert_eq!(order.step, "alert");
    let until = at("2026-03-02T10:00:00Z");
    story.settle(&order, Outcome::Joined { until });
    let case = story.lead().open_case().expect("a case");
    let entry = case.ledger.of_step("alert").expect("an entry");
    assert_eq!((entry.state_code().as_str(), entry.attempts()), ("skipped(digest)", 0));
    let deadline = case.task.expect("a task").until;
    let within = SignedDuration::from_mins(5);
    assert!(
        deadline >= until + within && deadline <= until + within + hours(1),
        "{deadline}"
    );
    assert_eq!(case.deadline, deadline);
    // Only then the owner is late.
    let told = story.run_all(deadline);
    let late: Vec<_> = told.iter().filter(|(_, order)| order.step == "late").collect();
    assert_eq!(late.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [deadline]);
}

// ---- the morning ----

#[test]
fn an_owner_hears_what_waits_and_whoever_steps_in_hears_what_is_late() {
    let (mut story, order) = hot_at("2026-03-02T09:00:00Z");
    let catalog = story.catalog.clone();
    let mut owner = Post::of(CAMILLE, &catalog, "2026-03-02T09:00:00Z");
    let mut manager = Post::of(DIRECTION, &catalog, "2026-03-02T09:00:00Z");
    owner.admit(&order);
    let key = key();
    let cx = Context {
        catalog: &catalog,
        key: &key,
        now: owner.now,
    };
    assert_eq!(
        told_of(story.lead(), &cx),
        (Some(owner.desk.id.clone()), Some(manager.desk.id.clone()))
    );
    manager.with(|desk, cx| desk.note(&[], &[story.lead().id.clone()], cx));
    assert_eq!(owner.due().as_deref(), Some("2026-03-03T07:45:00Z"));
    for post in [&mut owner, &mut manager] {
        post.now = at("2026-03-03T07:45:00Z");
    }
    let digest = owner.wake(&[story.lead()]).expect("something waits");
    assert_eq!(
        (digest.mail.class, digest.mail.to.expose(), digest.mail.locale),
        (Class::Alert, CAMILLE, Locale::Fr)
    );
    assert_eq!(digest.mail.campaign, guide());
    let line = &digest.digest.waiting.lines[0];
    assert_eq!((digest.digest.waiting.len(), digest.digest.late.len()), (1, 0));
    let task = line.task.expect("a task");
    assert_eq!((task.what, task.late, &line.owner), (TaskKind::Call(1, 5), true, &None));
    assert_eq!(digest.digest.owner.as_deref(), Some("camille"));
    owner.sent(&digest);
    assert_eq!(
        (owner.states(), owner.due().as_deref()),
        (vec!["sent".into()], Some("2026-03-04T07:45:00Z"))
    );
    let late = manager.wake(&[story.lead()]).expect("something is late").digest;
    assert_eq!((late.waiting.len(), late.late.len()), (0, 1));
    assert_eq!(late.late.lines[0].owner.as_deref(), Some("Camille Exemple"));

    // A task of another day waits for that day, one that is put off is not late.
    story.go("2026-03-03T09:00:00Z");
    let until = Some(at("2026-03-10T09:00:00Z"));
    story.apply(&input::Sales(SalesAction::Snooze(until), by_sales(), None));
    owner.now = at("2026-03-04T07:45:00Z");
    assert!(owner.wake(&[story.lead()]).is_none());
    assert_eq!(owner.states().len(), 1, "nothing to tell is no email that was due");
    assert_eq!(owner.due().as_deref(), Some("2026-03-05T07:45:00Z"));
    for quiet in ["2026-03-05T07:45:00Z", "2026-03-06T07:45:00Z", "2026-03-09T07:45:00Z"] {
        assert_eq!(owner.due().as_deref(), Some(quiet));
        owner.now = at(quiet);
        assert!(owner.wake(&[story.lead()]).is_none());
    }
    owner.now = at("2026-03-10T07:45:00Z");
    assert!(owner.wake(&[story.lead()]).is_some(), "on its day it is there");

    // Whoever decided is asked no more.
    story.go("2026-03-11T09:00:00Z");
    story.apply(&input::Sales(SalesAction::Reject("budget".into()), by_sales(), None));
    let mut after = Post::of(CAMILLE, &catalog, "2026-03-11T09:00:00Z");
    after.desk.mine = vec![story.lead().id.clone()];
    after.with(|desk, cx| desk.replan(cx));
    after.now = at("2026-03-12T07:45:00Z");
    assert!(after.wake(&[story.lead()]).is_none());
    assert_eq!((after.desk.mine.len(), after.due()), (0, None), "and the alarm is off");
}

#[test]
fn a_digest_that_was_held_back_for_long_is_the_next_morning_s() {
    let (story, order) = hot_at("2026-03-02T09:00:00Z");
    for (now, leaves) in [("2026-03-03T11:45:00Z", true), ("2026-03-03T11:45:01Z", false)] {
        let mut post = Post::of(CAMILLE, &story.catalog, "2026-03-02T09:00:00Z");
        post.admit(&order);
        post.now = at(now);
        assert_eq!(post.wake(&[story.lead()]).is_some(), leaves);
        let expected = if leaves { "claimed" } else { "skipped(late)" };
        assert_eq!(post.states(), [expected]);
    }
}

// ---- posts ----

#[test]
fn posts_below_the_threshold_wait_for_the_hour_of_their_campaign() {
    let mut story = Story::of([with_digest()]);
    story.go("2026-03-02T15:59:00Z");
    story.post(&[("need", "voir https://example.com"), ("last_name", "Martin")]);
    let order = story.wake().expect("the notice");
    let catalog = story.catalog.clone();
    let mut post = Post::of("accueil@example.com", &catalog, "2026-03-02T15:59:00Z");
    assert_eq!(post.admit(&order), Admitted::Joined(at("2026-03-02T16:00:00Z")));
    assert_eq!(
        post.admit(&order),
        Admitted::Joined(at("2026-03-02T16:00:00Z")),
        "again"
    );
    post.now = at("2026-03-02T16:00:00Z");
    let digest = post.wake(&[story.lead()]).expect("a digest");
    assert_eq!(
        (digest.digest.kind, digest.digest.waiting.len()),
        (DigestKind::Posts, 1)
    );
    let line = &digest.digest.waiting.lines[0];
    assert_eq!(line.name.as_deref(), Some("Martin"));
    let said: Vec<&str> = line.said.iter().map(|(_, answer)| answer.as_str()).collect();
    assert!(said.contains(&"voir https[:]//example[.]com"), "{said:?}");
    // What comes while it is under way is in the next one, and is not lost with it.
    let mut later = order.clone();
    later.lead = LeadId::new("b".repeat(26));
    post.now += SignedDuration::from_secs(1);
    assert_eq!(post.admit(&later), Admitted::Joined(at("2026-03-03T16:00:00Z")));
    post.sent(&digest);
    assert_eq!(post.due().as_deref(), Some("2026-03-03T16:00:00Z"));
    // Of somebody who was erased meanwhile there is nothing to tell.
    post.now = at("2026-03-03T16:00:00Z");
    assert!(post.wake(&[]).is_none());
    assert_eq!((post.due(), post.states().len()), (None, 1));
    // Whoever is in no file any more gets nothing.
    post.now = at("2026-03-03T17:00:00Z");
    post.admit(&order);
    let without = crate::samples::catalog([campaign()]);
    let mut gone = Post {
        catalog: &without,
        desk: post.desk,
        now: at("2026-03-04T16:00:00Z"),
        tokens: 0,
    };
    assert!(gone.wake(&[story.lead()]).is_none() && gone.due().is_none());
}

#[test]
fn r128_a_desk_holds_so_many_posts_by_name_and_counts_the_rest() {
    let mut story = Story::of([with_digest()]);
    story.go("2026-03-02T09:00:00Z").post(&[("need", "x")]);
    let order = story.wake().expect("the notice");
    let of = |n: u32| CampaignId::new(format!("c{n}"));
    let catalog = crate::samples::catalog((0..6).map(|n| Campaign {
        id: of(n),
        ..with_digest()
    }));
    let mut post = Post::of("accueil@example.com", &catalog, "2026-03-02T09:00:00Z");
    for n in 0..600 {
        let joined = post.admit(&MailOrder {
            campaign: of(n / 100),
            ..about(&order, n)
        });
        assert_eq!(joined, Admitted::Joined(at("2026-03-02T16:00:00Z")));
    }
    let held: usize = post.desk.days.values().map(|queue| queue.entries.len()).sum();
    let counted: u32 = post.desk.days.values().map(|queue| queue.more).sum();
    assert_eq!((held, counted), (limits::DESK_POSTS_MAX, 100));
    assert!(serde_json::to_string(&post.desk).expect("json").len() < 64 * 1024);
}

// ---- a campaign that cannot be read at the moment ----

#[test]
fn r130_cases_of_a_campaign_that_cannot_be_read_stay_at_the_desk() {
    let (story, order) = hot_at("2026-03-02T09:00:00Z");
    // Either no file names the reader any more, or that of another campaign does.
    let nobody = Catalog::default().leaving_out([guide()]);
    let elsewhere = crate::samples::catalog([other("b")]).leaving_out([guide()]);
    for (away, then) in [(&nobody, "2026-03-03T11:45:00Z"), (&elsewhere, "2026-03-04T07:45:00Z")] {
        let mut post = Post::of(CAMILLE, &story.catalog, "2026-03-02T09:00:00Z");
        post.admit(&order);
        post.catalog = away;
        for (tried, next) in [("07:45", "08:45"), ("08:45", "09:45"), ("09:45", "10:45")] {
            post.now = at(&format!("2026-03-03T{tried}:00Z"));
            assert!(post.wake(&[story.lead()]).is_none());
            assert_eq!(post.due(), Some(format!("2026-03-03T{next}:00Z")));
        }
        let mut read_again = Post {
            catalog: &story.catalog,
            desk: post.desk.clone(),
            now: at("2026-03-03T10:45:00Z"),
            tokens: 9,
        };
        assert!(read_again.wake(&[story.lead()]).is_some(), "late, and of use");
        // For longer, another morning tells of it.
        post.now = at("2026-03-03T10:45:00Z");
        assert!(post.wake(&[story.lead()]).is_none());
        assert_eq!((post.due().as_deref(), post.desk.mine.len()), (Some(then), 1));
        assert_eq!(post.states(), Vec::<String>::new());
        (post.catalog, post.now) = (&story.catalog, at("2026-03-03T12:00:00Z"));
        post.with(|desk, cx| desk.replan(cx));
        assert_eq!(post.due().as_deref(), Some("2026-03-04T07:45:00Z"));
    }
}

#[test]
fn r130_alerts_of_a_campaign_that_cannot_be_read_wait_and_the_others_leave() {
    let (story, order) = hot_at("2026-03-02T09:00:00Z");
    let catalog = crate::samples::catalog([campaign(), other("b")]);
    let beside = crate::samples::catalog([other("b")]).leaving_out([guide()]);
    let mut post = Post::of(CAMILLE, &catalog, "2026-03-02T09:00:00Z");
    for n in 0..22 {
        post.admit(&about(&order, n));
    }
    let [here, mut there] = [20, 21].map(|n| Lead {
        id: about(&order, n).lead,
        ..story.lead().clone()
    });
    there.cases[0].campaign = Some(CampaignId::new("b"));
    (post.catalog, post.now) = (&beside, at("2026-03-02T10:00:00Z"));
    let digest = post.wake(&[&here, &there]).expect("one can be told");
    let told: Vec<&LeadId> = digest.digest.waiting.lines.iter().map(|line| &line.lead).collect();
    assert_eq!(told, [&there.id]);
    post.sent(&digest);
    assert_eq!(post.due().as_deref(), Some("2026-03-02T11:00:00Z"));
    post.now = at("2026-03-02T11:00:00Z");
    assert!(post.wake(&[&here, &there]).is_none());
    assert_eq!(post.due().as_deref(), Some("2026-03-02T12:00:00Z"));
    (post.catalog, post.now) = (&catalog, at("2026-03-02T12:00:00Z"));
    let digest = post.wake(&[&here, &there]).expect("it reads again");
    let told: Vec<&LeadId> = digest.digest.waiting.lines.iter().map(|line| &line.lead).collect();
    assert_eq!(told, [&here.id]);
}

#[test]
fn r130_posts_of_a_campaign_that_cannot_be_read_wait() {
    let mut story = Story::of([with_digest()]);
    story.go("2026-03-02T15:59:00Z").post(&[("need", "x")]);
    let order = story.wake().expect("the notice");
    let (catalog, nobody) = (story.catalog.clone(), Catalog::default().leaving_out([guide()]));
    let mut post = Post::of("accueil@example.com", &catalog, "2026-03-02T15:59:00Z");
    post.admit(&order);
    post.catalog = &nobody;
    post.with(|desk, cx| desk.replan(cx));
    assert_eq!(post.due().as_deref(), Some("2026-03-02T16:00:00Z"), "not before");
    post.now = at("2026-03-02T16:00:00Z");
    assert!(post.wake(&[story.lead()]).is_none());
    assert_eq!(post.due().as_deref(), Some("2026-03-02T17:00:00Z"));
    // The same of one that was under way when its campaign became unreadable.
    (post.catalog, post.now) = (&catalog, at("2026-03-02T17:00:00Z"));
    let first = post.wake(&[story.lead()]).expect("it reads again");
    post.settle(&first, &Outcome::Postponed);
    (post.catalog, post.now) = (&nobody, post.desk.due_at.expect("an alarm"));
    assert!(post.wake(&[story.lead()]).is_none());
    (post.catalog, post.now) = (&catalog, post.desk.due_at.expect("an alarm"));
    let digest = post.wake(&[story.lead()]).expect("it reads again");
    assert_eq!(digest.digest.waiting.len(), 1);
}

#[test]
fn news_goes_to_whoever_has_the_lead_in_its_campaign_of_now() {
    let (story, order) = hot_at("2026-03-02T09:00:00Z");
    // In another campaign, somebody else goes by the same id.
    let mut b = other("b");
    for owner in b.sales.iter_mut().flat_map(|sales| &mut sales.owners) {
        owner.email = "autre@example.com".parse_email();
    }
    let catalog = crate::samples::catalog([campaign(), b]);
    let mut lead = story.lead().clone();
    lead.cases.clear();
    lead.assigned = Some("camille".into());
    for (address, is_told) in [(CAMILLE, true), ("autre@example.com", false)] {
        let mut post = Post::of(address, &catalog, "2026-03-02T10:00:00Z");
        let mut queue = Queue::new(post.now);
        let entry = Entry {
            lead: order.lead.clone(),
            kind: AlertKind::Reply.code().to_owned(),
            enquiry: None,
        };
        queue.join(entry, true, true);
        (post.desk.due_at, post.desk.hour) = (Some(post.now), Some(queue));
        assert_eq!(post.wake(&[&lead]).is_some(), is_told, "{address}");
    }
}

// ---- claim, send, record ----

#[test]
fn a_digest_obeys_the_ledger_as_every_email_does() {
    let (story, order) = hot_at("2026-03-02T09:00:00Z");
    let mut post = Post::of(CAMILLE, &story.catalog, "2026-03-02T09:00:00Z");
    post.admit(&order);
    post.now = at("2026-03-03T07:45:00Z");
    let first = post.wake(&[story.lead()]).expect("a digest");
    // Nobody else touches it; whoever died is followed once its time is over, with the same id.
    assert!(post.wake(&[story.lead()]).is_none());
    assert_eq!(post.due().as_deref(), Some("2026-03-03T07:50:00Z"));
    post.now = at("2026-03-03T07:50:00Z");
    let second = post.wake(&[story.lead()]).expect("once more");
    assert_eq!(second.mail.send_id, first.mail.send_id);
    // A late answer of the first is no answer to the second; no answer leaves it open.
    post.settle(&first, &Outcome::Refused { code: "x".into() });
    post.settle(&second, &Outcome::Ambiguous);
    assert_eq!(post.states(), ["claimed"]);
    post.now = at("2026-03-03T07:55:00Z");
    assert!(post.wake(&[story.lead()]).is_none(), "two at most");
    assert_eq!(
        (post.states(), post.due().as_deref()),
        (vec!["unknown".into()], Some("2026-03-04T07:45:00Z"))
    );
    // SES's word settles it, whenever it comes.
    let word = Feedback {
        send_id: first.mail.send_id.clone(),
        message_id: "m-9".into(),
        sent_at: at("2026-03-03T07:45:01Z"),
        at: at("2026-03-03T07:45:01Z"),
        kind: crate::lead::ledger::FeedbackKind::Send,
        to_sales: true,
    };
    post.with(|desk, cx| desk.learn(&word, cx));
    assert_eq!(post.states(), ["sent"]);
    // Refused for now: tried again later, and the next morning waits for it.
    post.now = at("2026-03-04T07:45:00Z");
    let third = post.wake(&[story.lead()]).expect("the next morning's");
    assert_ne!(third.mail.send_id, first.mail.send_id);
    post.settle(&third, &Outcome::Postponed);
    let due = post.desk.due_at.expect("an alarm");
    assert!(due > post.now && due < post.now + SignedDuration::from_mins(3));
    post.now = due;
    let again = post.wake(&[story.lead()]).expect("once more");
    assert_eq!(again.mail.send_id, third.mail.send_id);
    post.sent(&again);
    assert_eq!(post.states(), ["sent", "sent"]);
}

#[test]
fn a_desk_is_stored_under_ids_alone() {
    let (story, order) = hot_at("2026-03-02T09:00:00Z");
    let mut post = Post::of(CAMILLE, &story.catalog, "2026-03-02T09:00:00Z");
    post.admit(&order);
    let json = serde_json::to_string(&post.desk).expect("json");
    for personal in ["camille", "ana", "@"] {
        assert!(!json.contains(personal), "{json}");
    }
    let read: Desk = serde_json::from_str(&json).expect("a desk");
    assert_eq!(read, post.desk);
    assert!(LeadId::is_valid(post.desk.id.as_str()));
    assert_ne!(
        post.desk.id,
        LeadId::of(&key(), &WorkspaceId::new("main"), &CAMILLE.parse_email())
    );
}
