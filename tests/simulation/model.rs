//! R33: a model of one person runs beside the real handlers. It is written from the requirements and shares no rule with
//! the product: stages, consent, stops, and links with their purposes, times and keys. A history in which the two differ is
//! shrunk to the shortest one that still does.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::Method;
use piste_adapters::campaigns::{Campaigns, read_all};
use piste_adapters::clock::{Clock, Simulated};
use piste_adapters::http::Visit;
use piste_adapters::keys::KeyRing;
use piste_adapters::mail::ses::{MailService, Mailer, Parcel};
use piste_adapters::store::Store;
use piste_adapters::store::memory::{Fair, Memory};
use piste_adapters::token::{Claims, Purpose, sign};
use piste_adapters::{App, telemetry};
use piste_domain::kit::ids::EnquiryId;
use piste_domain::lead::SuppressionReason;
use piste_domain::lead::consent::ConsentState;
use piste_domain::lead::ledger::Outcome;
use piste_domain::lead::stage::Stage;
use piste_domain::rules::sending::Quota;
use piste_domain::{CampaignId, Email, Lead, LeadId, WorkspaceId};
use piste_nurture::{Events, Nurture};
use piste_simulation::world::{request, settings};
use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use serde_json::json;

const FORM: &str = "guide-seo";
const ADDRESS: &str = "ana@example.org";
/// A Monday, nine in the morning in Paris.
const START: i64 = 1_772_438_400;
const HOUR: i64 = 3_600;
/// Nobody is watched for longer: after 30 days the clock erases whoever never confirmed (R64), which is told elsewhere.
const LONGEST: i64 = 27 * 24 * HOUR;

// ---- the model ----

/// What somebody said about marketing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Ticked,
    Yes,
    No,
}

/// Why nothing may leave, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    OwnNo,
    Bounce,
    Complaint,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Life {
    said: Said,
    stage: Stage,
    /// It was an MQL or more.
    was_sold_to: bool,
}

impl Life {
    /// Somebody of whom nothing was heard, and then something.
    fn came_back(&mut self) {
        if self.stage == Stage::Dormant {
            self.stage = if self.was_sold_to { Stage::Mql } else { Stage::Lead };
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Link {
    purpose: Purpose,
    expires_at: Option<i64>,
    /// Cut short on its way.
    cut: bool,
    /// The latest post of the person at that moment, which the link is about.
    post: Option<Posted>,
}

/// A post, as links to confirm know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Posted {
    at: i64,
    ticked: bool,
}

/// What is expected of the system after a history.
#[derive(Clone, Debug)]
struct Model {
    now: i64,
    /// Nobody before the first post and after an erasure.
    life: Option<Life>,
    /// Whether there was ever somebody: of whom a tombstone is left, if nobody is there now.
    known: bool,
    /// Outlives an erasure (R68).
    stop: Option<Stop>,
    /// A no of their own below a stronger stop.
    own_no: bool,
    links: Vec<Link>,
    /// The latest post of the person who is there now.
    post: Option<Posted>,
    /// The first post of this life: whoever was erased is not known by links of before.
    born: i64,
    /// When the person last said no.
    no_at: Option<i64>,
    /// Which posts of this life were proved by a link.
    proved: Vec<i64>,
    /// Which posts of this life asked for a yes that nobody gave or took back yet.
    open: Vec<i64>,
    /// What the latest step must be answered with.
    status: u16,
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Post {
        ticked: bool,
    },
    Wait {
        hours: i64,
    },
    Issue {
        purpose: Purpose,
        hours: Option<i64>,
        cut: bool,
    },
    /// The n-th link that was issued, at the page of a purpose.
    Open {
        link: usize,
        page: Purpose,
        press: bool,
    },
    Report {
        complaint: bool,
    },
    Lift,
    Erase,
    Move {
        to: Stage,
    },
    RotateKeys,
}

impl Model {
    /// What a link is worth on the page of a purpose.
    fn link(&self, link: &Link, page: Purpose) -> Result<(), u16> {
        match link {
            Link { cut: true, .. } => Err(400),
            link if link.purpose != page => Err(400),
            Link { expires_at, .. } if expires_at.is_some_and(|at| self.now > at) => Err(410),
            _ => Ok(()),
        }
    }

    /// Something stops all mail, or the person says no; who complains does both.
    fn stopped(&mut self, by: Stop) {
        if by != Stop::Bounce {
            self.own_no = true;
            self.no_at = Some(self.now);
            self.open.clear();
            if let Some(life) = self.life.as_mut().filter(|life| life.said != Said::Nothing) {
                life.said = Said::No;
            }
        }
        self.stop = self.stop.max(Some(by));
    }

    /// The person says yes by a link that holds; the status. It proves the post it is about, and works until a later no.
    fn says_yes(&mut self, link: &Link) -> u16 {
        let (Some(life), Some(post)) = (&mut self.life, link.post) else {
            return 410;
        };
        if self.no_at.is_some_and(|no| no >= post.at) {
            return 410;
        }
        if post.at < self.born {
            // A link of an earlier life changes nothing of this one; whoever has said yes in this one reads that it stands.
            return if life.said == Said::Yes { 200 } else { 410 };
        }
        if self.open.contains(&post.at) {
            self.open.retain(|asked| *asked != post.at);
            life.said = Said::Yes;
            // Their no stands for every other campaign; no button of theirs makes an address work or forgives a complaint.
        }
        if !self.proved.contains(&post.at) {
            self.proved.push(post.at);
            life.came_back();
        }
        200
    }

    fn may_move(from: Stage, to: Stage) -> bool {
        use Stage::{Customer, Disqualified, Dormant, Lead, Mql, Recycled, Sql};
        let there: &[Stage] = match from {
            Lead => &[Mql, Sql, Disqualified, Dormant],
            Mql => &[Lead, Sql, Disqualified, Recycled, Dormant],
            Sql => &[Mql, Customer, Disqualified, Recycled],
            Customer => &[Sql],
            Disqualified => &[Lead, Mql],
            Recycled => &[Mql, Lead, Sql, Disqualified, Dormant],
            Dormant => &[Lead, Mql, Sql, Disqualified],
        };
        from == to || there.contains(&to)
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self {
            now: START,
            life: None,
            known: false,
            stop: None,
            own_no: false,
            links: Vec::new(),
            post: None,
            born: 0,
            no_at: None,
            proved: Vec::new(),
            open: Vec::new(),
            status: 0,
        })
        .boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        let purpose = || prop_oneof![Just(Purpose::Confirm), Just(Purpose::Unsubscribe)];
        let hours = prop_oneof![Just(None), Just(Some(1)), Just(Some(24 * 7))];
        let step = prop_oneof![
            3 => any::<bool>().prop_map(|ticked| Step::Post { ticked }),
            2 => prop_oneof![Just(1_i64), Just(30), Just(24 * 7)].prop_map(|hours| Step::Wait { hours }),
            3 => (purpose(), hours, prop::bool::weighted(0.1)).prop_map(|(purpose, hours, cut)| {
                // A way out is signed for ever (R42).
                let hours = (purpose == Purpose::Confirm).then(|| hours.unwrap_or(12));
                Step::Issue { purpose, hours, cut }
            }),
            1 => any::<bool>().prop_map(|complaint| Step::Report { complaint }),
            1 => Just(Step::Lift),
            1 => Just(Step::Erase),
            2 => prop::sample::select(Stage::ALL.to_vec()).prop_map(|to| Step::Move { to }),
            1 => Just(Step::RotateKeys),
        ];
        if state.links.is_empty() {
            return step.boxed();
        }
        let open = (
            0..state.links.len(),
            purpose(),
            prop::bool::weighted(0.1),
            prop::bool::weighted(0.8),
        );
        let links = state.links.clone();
        let open = open.prop_map(move |(link, other, astray, press)| Step::Open {
            link,
            page: if astray { other } else { links[link].purpose },
            press,
        });
        prop_oneof![2 => step, 1 => open].boxed()
    }

    fn preconditions(state: &Self, step: &Step) -> bool {
        match step {
            Step::Wait { hours } => state.now + hours * HOUR < START + LONGEST,
            Step::Issue { .. } => state.known, // links come by mail
            Step::Open { link, .. } => *link < state.links.len(),
            // An email that can bounce must have left: to who is stopped by an address that fails, none does.
            Step::Report { .. } => state.life.is_some() && state.stop.is_none_or(|stop| stop == Stop::OwnNo),
            _ => true,
        }
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        // Between two steps lies an hour: what happens twice in a moment is once, and told elsewhere.
        state.now += HOUR;
        state.status = match step {
            Step::Post { ticked } => {
                let post = Posted {
                    at: state.now,
                    ticked: *ticked,
                };
                if state.life.is_none() {
                    state.born = state.now;
                    state.open.clear();
                }
                state.post = Some(post);
                // A yes that stands needs no second one.
                if *ticked && state.life.is_none_or(|life| life.said != Said::Yes) {
                    state.open.push(state.now);
                }
                let life = state.life.get_or_insert(Life {
                    said: Said::Nothing,
                    stage: Stage::Lead,
                    was_sold_to: false,
                });
                if *ticked && matches!(life.said, Said::Nothing | Said::No) {
                    life.said = Said::Ticked;
                }
                life.came_back();
                state.known = true;
                202
            }
            Step::Wait { hours } => {
                state.now += hours * HOUR;
                0
            }
            Step::Issue { purpose, hours, cut } => {
                let expires_at = hours.map(|hours| state.now + hours * HOUR);
                state.links.push(Link {
                    purpose: *purpose,
                    expires_at,
                    cut: *cut,
                    post: state.post,
                });
                0
            }
            Step::Open { link, page, press } => {
                let link = state.links[*link];
                match (state.link(&link, *page), page) {
                    (Err(status), _) => status,
                    (Ok(()), _) if !press => 200, // a scanner changes nothing (R42)
                    (Ok(()), Purpose::Confirm) => state.says_yes(&link),
                    (Ok(()), _) => {
                        state.stopped(Stop::OwnNo);
                        200
                    }
                }
            }
            Step::Report { complaint } => {
                state.stopped(if *complaint { Stop::Complaint } else { Stop::Bounce });
                200
            }
            Step::Lift => match (state.life, state.stop) {
                (None, _) => 404,
                (Some(_), Some(Stop::Bounce | Stop::Complaint)) => {
                    state.stop = state.own_no.then_some(Stop::OwnNo);
                    200
                }
                _ => 409,
            },
            Step::Erase => {
                let status = if state.known { 200 } else { 404 };
                state.life = None;
                state.open.clear();
                status
            }
            Step::Move { to } => match &mut state.life {
                None => 404,
                Some(life) if Self::may_move(life.stage, *to) => {
                    life.stage = *to;
                    life.was_sold_to |= matches!(to, Stage::Mql | Stage::Sql);
                    200
                }
                Some(_) => 409,
            },
            Step::RotateKeys => 0,
        };
        state
    }
}

// ---- the system ----

/// Takes every email and keeps the tags of the latest, by which SES would report of it.
#[derive(Debug, Default)]
struct Post(Mutex<Vec<(String, serde_json::Value)>>);

impl MailService for Post {
    fn send<'a>(&'a self, parcel: Parcel<'a>, _mime: Vec<u8>) -> BoxFuture<'a, Outcome> {
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let message_id = format!("m-{}", mails.len());
        let tag = |name: &str| {
            parcel
                .tags
                .iter()
                .find(|(tag, _)| *tag == name)
                .map_or("", |(_, value)| *value)
        };
        let event = json!({
            "mail": { "messageId": message_id, "tags": { "lead_id": [tag("lead_id")], "send_id": [tag("send_id")] } },
        });
        mails.push((tag("class").to_owned(), event));
        Box::pin(std::future::ready(Outcome::Accepted { message_id }))
    }

    fn quota(&self) -> BoxFuture<'_, Option<(Quota, u64)>> {
        let quota = Quota {
            per_second: 1_000,
            per_day: None,
        };
        Box::pin(std::future::ready(Some((quota, 0))))
    }
}

struct System {
    runtime: tokio::runtime::Runtime,
    app: App,
    post: Arc<Post>,
    clock: Arc<AtomicI64>,
    operator: String,
    links: Vec<String>,
    /// The latest enquiry, by which links to confirm are named.
    enquiry: Option<EnquiryId>,
    id: LeadId,
}

impl System {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let clock = Arc::new(AtomicI64::new(START));
        let time = Arc::clone(&clock);
        let now = move || Timestamp::from_second(time.load(Ordering::Relaxed)).expect("in range");
        let (ring, operator) = KeyRing::generate(&WorkspaceId::new("main"));
        let id = LeadId::of(
            &ring.identity,
            &WorkspaceId::new("main"),
            &Email::parse(ADDRESS).expect("an address"),
        );
        let store = Store::Memory(Memory::new("table", 2, Arc::new(Fair)));
        let campaigns = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/campaigns");
        let app = runtime.block_on(async {
            store.save_key_ring(&ring, None).await.expect("kept");
            for bundle in read_all(&campaigns).expect("the demo campaign holds") {
                store
                    .publish(&bundle.published, &bundle.files)
                    .await
                    .expect("published");
            }
            store.settle_in().await.expect("settled in");
            App::start(
                settings(2),
                Clock::Simulated(Simulated(Arc::new(now))),
                store,
                Campaigns::published(),
            )
            .await
            .expect("an app")
        });
        Self {
            runtime,
            app,
            post: Arc::default(),
            clock,
            operator,
            links: Vec::new(),
            enquiry: None,
            id,
        }
    }

    fn lead(&self) -> Option<Arc<Lead>> {
        self.runtime.block_on(self.app.store.load(&self.id)).expect("an answer")
    }

    /// Lets everything leave that is due.
    fn sweep(&self) {
        let mailer = Mailer::Simulated(Arc::clone(&self.post) as _);
        let nurture = Nurture::new(&self.app, &mailer, Events::AlwaysArrive);
        let swept = self.runtime.block_on(piste_nurture::handle(&nurture, &json!({}), 0));
        swept.expect("an answer");
    }

    fn mails(&self) -> Vec<(String, serde_json::Value)> {
        self.post.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn operators(&self, method: Method, path: &str, body: &str) -> u16 {
        let mut request = request(method, &format!("/api/leads/{}{path}", self.id), body);
        let key = format!("Bearer {}", self.operator).parse().expect("a header");
        request.headers_mut().insert("authorization", key);
        self.runtime
            .block_on(piste_console::handle(&self.app, &Visit::read(request)))
            .status()
            .as_u16()
    }

    fn take(&mut self, step: &Step) -> u16 {
        self.clock.fetch_add(HOUR, Ordering::Relaxed);
        match step {
            Step::Post { ticked } => {
                let body = format!(
                    "email=ana%40example.org{}",
                    if *ticked { "&marketing_consent=on" } else { "" }
                );
                let post = request(Method::POST, &format!("/forms/{FORM}"), &body);
                let answer = self
                    .runtime
                    .block_on(piste_capture::handle(&self.app, &Visit::read(post)));
                self.enquiry = self.lead().and_then(|lead| Some(lead.words.latest()?.id()));
                answer.status().as_u16()
            }
            Step::Wait { hours } => {
                // Hour by hour, as the schedule would.
                for _ in 0..*hours {
                    self.clock.fetch_add(HOUR, Ordering::Relaxed);
                    self.sweep();
                }
                0
            }
            Step::Issue { purpose, hours, cut } => {
                let subject = match (purpose, &self.enquiry) {
                    (Purpose::Confirm, Some(enquiry)) => format!("{FORM}/{enquiry}"),
                    _ => FORM.to_owned(),
                };
                let claims = Claims {
                    workspace: WorkspaceId::new("main"),
                    lead: self.id.clone(),
                    subject,
                };
                let until = hours.map(|hours| self.app.now() + SignedDuration::from_hours(hours));
                let mut token = sign(&self.app.ring(), *purpose, &claims, until).expose().to_owned();
                token.truncate(token.len() - usize::from(*cut));
                self.links.push(token);
                0
            }
            Step::Open { link, page, press } => {
                let page = if *page == Purpose::Confirm {
                    "confirm"
                } else {
                    "unsubscribe"
                };
                let path = format!("/{page}?t={}&lang=fr", self.links[*link]);
                let method = if *press { Method::POST } else { Method::GET };
                let visit = request(method, &path, "");
                self.runtime
                    .block_on(piste_consent::handle(&self.app, &Visit::read(visit)))
                    .status()
                    .as_u16()
            }
            Step::Report { complaint } => {
                let to_the_person = self.mails().into_iter().rfind(|(class, _)| class != "alert");
                let Some((_, mut event)) = to_the_person else {
                    panic!("no mail ever left")
                };
                let (kind, part) = if *complaint {
                    ("Complaint", "complaint")
                } else {
                    ("Bounce", "bounce")
                };
                event["eventType"] = kind.into();
                event[part] = json!({ "timestamp": self.app.now().to_string(), "bounceType": "Permanent" });
                let taken = self.runtime.block_on(piste_feedback::handle(&self.app, &event));
                if taken.is_ok() { 200 } else { 500 }
            }
            Step::Lift => self.operators(Method::POST, "/lift", r#"{"reason":"called"}"#),
            Step::Erase => self.operators(Method::DELETE, "", ""),
            Step::Move { to } => self.operators(
                Method::POST,
                "/stage",
                &json!({ "to": to.code(), "reason": "call" }).to_string(),
            ),
            Step::RotateKeys => {
                self.runtime.block_on(async {
                    let known = self.app.store.key_ring().await.expect("an answer").expect("a ring");
                    let mut ring = known.clone();
                    ring.rotate_links();
                    self.app.store.save_key_ring(&ring, Some(&known)).await.expect("kept");
                    self.app.fresh_ring().await
                });
                0
            }
        }
    }
}

struct Handlers;

impl StateMachineTest for Handlers {
    type SystemUnderTest = System;
    type Reference = Model;

    fn init_test(_: &Model) -> System {
        telemetry::catch();
        System::start()
    }

    fn apply(mut system: System, model: &Model, step: Step) -> System {
        let before = system.mails().len();
        let status = system.take(&step);
        assert_eq!(status, model.status, "the answer to {step:?}");
        system.sweep();
        let left: Vec<_> = system
            .mails()
            .split_off(before)
            .into_iter()
            .filter(|(class, _)| class != "alert")
            .collect();
        let may_nurture = model.life.is_some_and(|life| life.said == Said::Yes) && model.stop <= Some(Stop::OwnNo);
        assert!(
            may_nurture || left.iter().all(|(class, _)| class != "nurture"),
            "marketing left: {left:?}"
        );
        let works = model.stop.is_none_or(|stop| stop == Stop::OwnNo);
        assert!(
            works || left.is_empty(),
            "a mail to an address that is stopped: {left:?}"
        );
        system
    }

    fn check_invariants(system: &System, model: &Model) {
        let lead = system.lead();
        assert_eq!(lead.is_some(), model.life.is_some(), "who is there");
        let Some((lead, life)) = lead.zip(model.life) else {
            return;
        };
        let said = match lead.marketing_state(&CampaignId::new(FORM)) {
            None => Said::Nothing,
            Some(ConsentState::Pending) => Said::Ticked,
            Some(ConsentState::Given) => Said::Yes,
            Some(ConsentState::Withdrawn) => Said::No,
            Some(ConsentState::Lapsed) => Said::Nothing,
        };
        let stop = lead.suppression.map(|stop| match stop.reason {
            SuppressionReason::Unsubscribe => Stop::OwnNo,
            SuppressionReason::Bounce => Stop::Bounce,
            SuppressionReason::Complaint => Stop::Complaint,
            SuppressionReason::SoftBounces => panic!("nothing bounced softly"),
        });
        assert_eq!(
            (said, stop, lead.stage),
            (life.said, model.stop, life.stage),
            "consent, stop and stage"
        );
    }
}

prop_state_machine! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() })]

    #[test]
    fn r33_the_handlers_do_what_the_model_says(sequential 1..40 => Handlers);
}
