//! R37, M4: the store in memory, on which the simulation stands, is itself verified. One generated stream of operations
//! gives equal answers on it and on an engine; what no engine shows by itself is injected into the engine by the proxy
//! and must come out as what the weather of the store in memory makes of the same fault.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::BoxFuture;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use libtest_mimic::Failed;
use piste_adapters::aws;
use piste_adapters::campaigns::read_all;
use piste_adapters::keys::KeyRing;
use piste_adapters::store::item::{self, Item};
use piste_adapters::store::memory::{Fair, Fate, Memory, Weather};
use piste_adapters::store::{BoardRow, Count, Saved, Store, StoreError, StoreErrorKind};
use piste_domain::campaign::Published;
use piste_domain::kit::vocabulary::HouseRefusal;
use piste_domain::lead::erasure::ErasedBy;
use piste_domain::lead::ledger::Party;
use piste_domain::lead::stage::Stage;
use piste_domain::rules::sending::{Quota, Sending, Stop};
use piste_domain::{CampaignId, Catalog, Key, Lead, LeadId, Record, SendId, Tombstone, WorkspaceId};
use piste_tests::proxy::Fault;
use proptest::bool::weighted;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::{Bench, CALLS, Call, campaigns, captured, held_post, kept_report, now, settings};

/// People in a stream: few, so that they meet.
const PEOPLE: usize = 6;
/// Shards of the index in a stream.
const SHARDS: u32 = 2;
/// Streams, and the longest of them. `PROPTEST_CASES` runs more.
const STREAMS: u32 = 32;
const OPERATIONS_MAX: usize = 80;

/// What tells held posts of one second apart: here, nothing.
const MARK: &str = "00000000";

/// What a writer believes the store to hold.
#[derive(Clone, Copy, Debug)]
enum Belief {
    Nothing,
    Right,
    /// This many versions ago.
    Stale(u64),
    /// A version that is yet to come.
    Ahead,
}

/// One request, or one method that makes several.
#[derive(Clone, Debug)]
enum Op {
    Save {
        who: usize,
        belief: Belief,
        due_in: Option<i64>,
        stage: Stage,
        named: bool,
        wake: bool,
    },
    Bury {
        who: usize,
        belief: Belief,
        due_in: Option<i64>,
    },
    Load(usize),
    LoadAll(Vec<usize>),
    Due {
        shard: u32,
        until: i64,
        limit: i32,
    },
    SetAside(usize, i64),
    /// A post is kept beside an item.
    Keep {
        who: usize,
        at: i64,
        post: usize,
    },
    /// One of them is folded in.
    KeptDone(usize, i64),
    Kept(usize),
    /// A post is held as spam.
    Hold(usize, i64),
    /// One of them is released or discarded by somebody who read it, or by the one who did so before.
    TakeHeld {
        who: usize,
        at: i64,
        write: usize,
        discard: bool,
    },
    HeldPosts(i32),
    Board {
        month: usize,
        second: i64,
        workspace: usize,
    },
    Figures {
        month: usize,
        from: i64,
        until: i64,
    },
    CountVisit(i64),
    SetVisitors(i64, u64),
    Visitors(i64, i64),
    Bind {
        row: usize,
        body: usize,
        at: i64,
        until: i64,
    },
    Leads,
    /// The item of a lead no longer parses, or does again.
    Break(usize, bool),
    Sending,
    ChangeSending(Change),
    /// Two at once: whoever loses starts over, and both changes are in.
    ChangeTwice(i64),
    Count {
        period: u32,
        day: i64,
        what: Counted,
    },
    Tally {
        period: u32,
        day: i64,
    },
    Publish {
        campaign: usize,
        version: usize,
        files: Vec<usize>,
    },
    Campaigns {
        known: bool,
    },
    Content {
        campaign: usize,
        version: usize,
        file: usize,
    },
    KeyRing,
    SaveKeyRing {
        ring: Index,
        belief: Belief,
    },
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Nothing,
    Hold,
    Release,
    Break,
    Canary(i64),
    Refused(i64),
    Accepted(i64),
    Quota(u32),
}

#[derive(Clone, Copy, Debug)]
enum Counted {
    Sent(u64),
    Bounced(usize),
    Complained(usize),
}

fn operation() -> impl Strategy<Value = Op> {
    let who = || 0..PEOPLE;
    let moment = || -5_i64..=5;
    let belief = || {
        prop_oneof![
            2 => Just(Belief::Nothing),
            6 => Just(Belief::Right),
            2 => (1_u64..3).prop_map(Belief::Stale),
            1 => Just(Belief::Ahead),
        ]
    };
    let due = || prop_oneof![1 => Just(None), 4 => moment().prop_map(Some)];
    let save = (
        who(),
        belief(),
        due(),
        select(&Stage::ALL[..]),
        any::<bool>(),
        any::<bool>(),
    );
    let save = save.prop_map(|(who, belief, due_in, stage, named, wake)| Op::Save {
        who,
        belief,
        due_in,
        stage,
        named,
        wake,
    });
    let change = prop_oneof![
        Just(Change::Nothing),
        Just(Change::Hold),
        Just(Change::Release),
        Just(Change::Break),
        moment().prop_map(Change::Canary),
        moment().prop_map(Change::Refused),
        moment().prop_map(Change::Accepted),
        (1_u32..100).prop_map(Change::Quota),
    ];
    let counted = prop_oneof![
        (0_u64..5).prop_map(Counted::Sent),
        who().prop_map(Counted::Bounced),
        who().prop_map(Counted::Complained),
    ];
    let of_leads = prop_oneof![
        10 => save,
        1 => (who(), belief(), due()).prop_map(|(who, belief, due_in)| Op::Bury { who, belief, due_in }),
        3 => who().prop_map(Op::Load),
        2 => subsequence((0..PEOPLE).collect::<Vec<_>>(), 0..=PEOPLE).prop_shuffle().prop_map(Op::LoadAll),
        4 => (0..SHARDS, moment(), 1_i32..4).prop_map(|(shard, until, limit)| Op::Due { shard, until, limit }),
        1 => (who(), moment()).prop_map(|(who, until)| Op::SetAside(who, until)),
        3 => (0..3_usize, moment(), 0_usize..4).prop_map(|(who, at, post)| Op::Keep { who, at, post }),
        1 => (0..3_usize, moment()).prop_map(|(who, at)| Op::KeptDone(who, at)),
        2 => (0..3_usize).prop_map(Op::Kept),
        2 => (0..3_usize, moment()).prop_map(|(who, at)| Op::Hold(who, at)),
        2 => (0..3_usize, moment(), 0_usize..3, any::<bool>())
            .prop_map(|(who, at, write, discard)| Op::TakeHeld { who, at, write, discard }),
        1 => (1_i32..4).prop_map(Op::HeldPosts),
        3 => (0_usize..2, moment(), 0_usize..2)
            .prop_map(|(month, second, workspace)| Op::Board { month, second, workspace }),
        1 => (0_usize..2, moment(), moment()).prop_map(|(month, a, b)| Op::Figures { month, from: a.min(b), until: a.max(b) }),
        2 => Just(Op::Leads),
        2 => (who(), weighted(0.8)).prop_map(|(who, broken)| Op::Break(who, broken)),
    ];
    let of_sending = prop_oneof![
        1 => Just(Op::Sending),
        3 => change.prop_map(Op::ChangeSending),
        1 => moment().prop_map(Op::ChangeTwice),
        3 => (0_u32..2, moment(), counted).prop_map(|(period, day, what)| Op::Count { period, day, what }),
        2 => (0_u32..2, moment()).prop_map(|(period, day)| Op::Tally { period, day }),
    ];
    let of_owners = prop_oneof![
        2 => (0_usize..2, 0_usize..3, subsequence(vec![0, 1, 2], 0..=3))
            .prop_map(|(campaign, version, files)| Op::Publish { campaign, version, files }),
        2 => any::<bool>().prop_map(|known| Op::Campaigns { known }),
        2 => (0_usize..2, 0_usize..3, 0_usize..3)
            .prop_map(|(campaign, version, file)| Op::Content { campaign, version, file }),
        1 => moment().prop_map(Op::CountVisit),
        1 => (moment(), 0_u64..9).prop_map(|(day, visitors)| Op::SetVisitors(day, visitors)),
        1 => (moment(), moment()).prop_map(|(from, to)| Op::Visitors(from, to)),
        1 => (0_usize..2, 0_usize..2, moment(), moment())
            .prop_map(|(row, body, at, until)| Op::Bind { row, body, at, until }),
        1 => Just(Op::KeyRing),
        2 => (any::<Index>(), belief()).prop_map(|(ring, belief)| Op::SaveKeyRing { ring, belief }),
    ];
    prop_oneof![6 => of_leads, 3 => of_sending, 2 => of_owners]
}

/// One stream after another against both stores; the first whose answers differ is shrunk to the shortest that does.
pub fn run(engine: &str) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::with_cases(Config::default().cases.min(STREAMS))
    };
    // The same streams each time: a failure is one for everybody.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let streams = proptest::collection::vec(operation(), 1..OPERATIONS_MAX);
    let scene = Scene::new();
    let outcome = runner.run(&streams, |operations| {
        runtime.block_on(async {
            let mut pair = Pair::new(engine, &scene).await;
            let outcome = pair.play(&operations).await;
            pair.leave().await;
            outcome.map_err(TestCaseError::fail)
        })
    });
    outcome.map_err(|failure| Failed::from(failure.to_string()))
}

/// What all streams are about.
struct Scene {
    people: Vec<Lead>,
    published: Published,
    rings: Vec<KeyRing>,
}

impl Scene {
    fn new() -> Self {
        let bundle = read_all(&campaigns()).expect("the demo campaign holds").remove(0);
        let catalog = Catalog::new([bundle.published.clone()]);
        let person = |number: usize| {
            // Two of them in the same second, some in the month before, one in another workspace.
            let captured_at = month(number % 2) + SignedDuration::from_secs(number as i64 / 3);
            let address = format!("p{number}@example.org");
            let mut lead = captured(&catalog, &Key::new(vec![7; 32]), &[("email", &address)], captured_at);
            if number == 1 {
                lead.workspace = WorkspaceId::new(WORKSPACES[1]);
            }
            lead
        };
        Self {
            people: (0..PEOPLE).map(person).collect(),
            rings: (0..4).map(|_| KeyRing::generate(&WorkspaceId::new("main")).0).collect(),
            published: bundle.published,
        }
    }
}

const WORKSPACES: [&str; 2] = ["main", "client"];

/// A moment in this month or the one before.
fn month(number: usize) -> Timestamp {
    now() - SignedDuration::from_hours(24 * 28 * number as i64)
}

fn seconds(number: i64) -> Timestamp {
    now() + SignedDuration::from_secs(number)
}

fn days(number: i64) -> Timestamp {
    now() + SignedDuration::from_hours(24 * number)
}

/// Lets somebody else go first before each request, so that two at once meet as they do over a network.
#[derive(Debug)]
struct InTurn;

impl Weather for InTurn {
    fn before(&self, _: &'static str) -> BoxFuture<'_, Fate> {
        Box::pin(async {
            tokio::task::yield_now().await;
            Fate::Done
        })
    }

    fn after(&self, request: &'static str) -> BoxFuture<'_, ()> {
        Fair.after(request)
    }

    fn lag(&self) -> SignedDuration {
        Fair.lag()
    }

    fn now(&self) -> Timestamp {
        Fair.now()
    }

    fn saved(&self, _: Option<&Lead>, _: &Lead, _: bool) {}

    fn buried(&self, _: &Lead, _: &Tombstone) {}
}

/// Both stores, and what a client of either would know by now.
struct Pair<'a> {
    scene: &'a Scene,
    stores: [Tested; 2],
    versions: BTreeMap<usize, u64>,
    ring: Option<usize>,
}

/// A store, and the way to break an item in it.
struct Tested {
    store: Store,
    identity: String,
    behind: Behind,
    /// The answers of `campaigns` so far.
    catalog: Catalog,
}

enum Behind {
    Memory(Memory),
    Engine {
        client: Client,
        table: String,
        keys_table: String,
    },
}

impl Pair<'_> {
    async fn new<'a>(engine: &str, scene: &'a Scene) -> Pair<'a> {
        let memory = Memory::new("memory", SHARDS, Arc::new(InTurn));
        let settings = settings(engine);
        let client = aws::dynamodb(&settings.aws).expect("a client");
        let tables = (settings.table.clone(), settings.keys_table.clone());
        let behind = [
            (Store::Memory(memory.clone()), Behind::Memory(memory)),
            (
                Store::new(client.clone(), &tables.0, &tables.1, SHARDS),
                Behind::Engine {
                    client,
                    table: tables.0,
                    keys_table: tables.1,
                },
            ),
        ];
        let mut stores = Vec::new();
        for (store, behind) in behind {
            store.create_tables().await.expect("tables");
            stores.push(Tested {
                identity: store.identity().await.expect("an answer"),
                store,
                behind,
                catalog: Catalog::default(),
            });
        }
        Pair {
            scene,
            stores: stores.try_into().ok().expect("two stores"),
            versions: BTreeMap::new(),
            ring: None,
        }
    }

    async fn leave(&self) {
        for tested in &self.stores {
            if let Behind::Engine {
                client,
                table,
                keys_table,
            } = &tested.behind
            {
                for table in [table, keys_table] {
                    let gone = client.delete_table().table_name(table).send().await;
                    gone.expect("the table goes");
                }
            }
        }
    }

    /// Plays a stream; the first answers that differ, with their place.
    async fn play(&mut self, operations: &[Op]) -> Result<(), String> {
        for (place, operation) in operations.iter().enumerate() {
            let mut answers = Vec::new();
            for which in 0..self.stores.len() {
                answers.push(self.answer(which, operation).await);
            }
            if answers[0] != answers[1] {
                return Err(format!(
                    "operation {place}, {operation:?}:\n  memory: {}\n  engine: {}",
                    answers[0], answers[1]
                ));
            }
            self.learn(operation, &answers[0]);
        }
        Ok(())
    }

    /// What a client knows after an answer that both gave.
    fn learn(&mut self, operation: &Op, answer: &str) {
        match operation {
            Op::Save { who, belief, .. } | Op::Bury { who, belief, .. } if answer == "in" => {
                let version = self.believed(*who, *belief).unwrap_or(0) + 1;
                self.versions.insert(*who, version);
            }
            Op::SaveKeyRing { ring, .. } if answer == "in" => self.ring = Some(ring.index(self.scene.rings.len())),
            _ => {}
        }
    }

    /// The version a writer takes to be there.
    fn believed(&self, who: usize, belief: Belief) -> Option<u64> {
        let held = self.versions.get(&who).copied();
        match belief {
            Belief::Nothing => None,
            Belief::Right => held,
            Belief::Stale(by) => Some(held.unwrap_or(0).saturating_sub(by)),
            Belief::Ahead => Some(held.unwrap_or(0) + 1),
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm an operation")]
    async fn answer(&mut self, which: usize, operation: &Op) -> String {
        let known = match operation {
            Op::Save { who, belief, .. } | Op::Bury { who, belief, .. } => self.believed(*who, *belief),
            _ => None,
        };
        let (scene, ring) = (self.scene, self.ring);
        let tested = &mut self.stores[which];
        let store = &tested.store;
        let id = |who: &usize| scene.people[*who].id.clone();
        match operation {
            Op::Save {
                who,
                due_in,
                stage,
                named,
                wake,
                ..
            } => {
                let mut lead = scene.people[*who].clone();
                lead.version = known.unwrap_or(0) + 1;
                lead.due_at = due_in.map(seconds);
                lead.stage = *stage;
                if *named {
                    let named = serde_json::json!({ "s": [
                        { "f": "first_name", "w": format!("P{who}"), "a": now().as_second(), "b": "person" },
                    ]});
                    lead.words = serde_json::from_value(named).expect("words");
                }
                saved(store.save(&Arc::new(lead), known, *wake).await)
            }
            Op::Bury { who, due_in, .. } => {
                let mut lead = scene.people[*who].clone();
                lead.version = known.unwrap_or(0);
                let mut tombstone = Tombstone::of(&lead, ErasedBy::Person, now());
                tombstone.due_at = due_in.map(seconds);
                saved(store.bury(&tombstone, lead.version).await)
            }
            Op::Load(who) => told(store.record(&id(who)).await.map(|held| held.as_ref().map(record))),
            Op::LoadAll(who) => {
                let ids: Vec<LeadId> = who.iter().map(id).collect();
                let found = store.load_all(&ids).await;
                told(found.map(|page| page.rows.iter().map(|lead| shown(lead)).collect::<Vec<_>>()))
            }
            Op::Due { shard, until, limit } => due(store, *shard, seconds(*until), *limit).await,
            Op::SetAside(who, until) => told(store.set_aside(&id(who), seconds(*until)).await),
            Op::Keep { who, at, post } => {
                let post = kept_report(seconds(*at), &post.to_string());
                told(store.keep(&id(who), &post).await)
            }
            Op::KeptDone(who, at) => told(store.kept_done(&id(who), seconds(*at), now()).await),
            Op::Kept(who) => {
                let rows = store.kept(&id(who)).await;
                told(rows.map(|rows| rows.iter().map(|row| (row.at, row.post())).collect::<Vec<_>>()))
            }
            Op::Hold(who, at) => told(store.hold_post(&id(who), &held_post(seconds(*at)), MARK).await),
            Op::TakeHeld {
                who,
                at,
                write,
                discard,
            } => {
                let post = store.held_post(&id(who), seconds(*at), MARK, now()).await;
                let Ok(Some(post)) = post else {
                    return told(post);
                };
                let write = format!("w{write}");
                told(match discard {
                    true => store.discard_held(&post, now(), &write).await,
                    false => store.begin_release(&post, now(), &write).await,
                })
            }
            Op::HeldPosts(limit) => held_posts(store, *limit).await,
            Op::Board {
                month: of,
                second,
                workspace,
            } => {
                let until = month(*of) + SignedDuration::from_secs(*second);
                let workspace = WorkspaceId::new(WORKSPACES[*workspace]);
                board(store, &workspace, &scene.people[0].campaign, until).await
            }
            Op::Figures { month: of, from, until } => {
                let moment = |second: &i64| month(*of) + SignedDuration::from_secs(*second);
                let workspace = WorkspaceId::new(WORKSPACES[0]);
                let campaign = &scene.people[0].campaign;
                let page = store
                    .figures(&workspace, campaign, (moment(from), moment(until)), None)
                    .await;
                let rows = page.map(|page| {
                    let mut rows: Vec<_> = page.rows.iter().map(|row| format!("{row:?}")).collect();
                    rows.sort();
                    (rows, page.next.is_some())
                });
                told(rows)
            }
            Op::CountVisit(day) => {
                let workspace = WorkspaceId::new(WORKSPACES[0]);
                told(store.count_visit(&workspace, &campaign_id(0), date(*day)).await)
            }
            Op::SetVisitors(day, visitors) => {
                let workspace = WorkspaceId::new(WORKSPACES[0]);
                told(
                    store
                        .set_visitors(&workspace, &campaign_id(0), date(*day), *visitors)
                        .await,
                )
            }
            Op::Visitors(from, to) => {
                let workspace = WorkspaceId::new(WORKSPACES[0]);
                told(
                    store
                        .visitors(&workspace, &campaign_id(0), (date(*from), date(*to)))
                        .await,
                )
            }
            Op::Bind { row, body, at, until } => {
                let [row, body] = [row, body].map(|number| format!("hash-{number}"));
                told(store.bind(&row, &body, seconds(*at), seconds(*until)).await)
            }
            Op::Leads => leads(store).await,
            Op::Break(who, broken) => tested.break_item(&id(who), *broken).await,
            Op::Sending => told(store.sending().await.map(|sending| tested.at_home(sending))),
            Op::ChangeSending(change) => {
                let table = tested.identity.clone();
                let changed = store.change_sending(|sending| change.apply(sending, &table)).await;
                told(changed.map(|(sending, ours)| (tested.at_home(sending), ours)))
            }
            Op::ChangeTwice(at) => {
                let one = store.change_sending(|sending| Change::Canary(*at).apply(sending, ""));
                let other =
                    store.change_sending(|sending| Change::Quota(at.unsigned_abs() as u32 + 1).apply(sending, ""));
                let both = futures_util::future::join(one, other).await;
                let both = (both.0.map(|(_, ours)| ours), both.1.map(|(_, ours)| ours));
                let after = store.sending().await.map(|sending| tested.at_home(sending));
                format!("{} {} {}", told(both.0), told(both.1), told(after))
            }
            Op::Count { period, day, what } => {
                let send = |number: &usize| SendId::new(format!("{number:026}"));
                let counted = match what {
                    Counted::Sent(mails) => store.count(*period, days(*day), Count::Sent(*mails)).await,
                    Counted::Bounced(number) => {
                        let id = send(number);
                        store.count(*period, days(*day), Count::Bounced(&id)).await
                    }
                    Counted::Complained(number) => {
                        let id = send(number);
                        store.count(*period, days(*day), Count::Complained(&id)).await
                    }
                };
                told(counted)
            }
            Op::Tally { period, day } => told(store.tally(*period, days(*day)).await),
            Op::Publish {
                campaign,
                version,
                files,
            } => {
                let mut published = scene.published.clone();
                published.campaign.id = campaign_id(*campaign);
                published.campaign.sender.from = format!("v{version}@example.com");
                published.version = format!("v{version}");
                let files: BTreeMap<String, String> = files
                    .iter()
                    .map(|file| (file_name(*file), format!("{campaign} {version} {file} é")))
                    .collect();
                told(store.publish(&published, &files).await)
            }
            Op::Campaigns { known } => {
                let catalog = if *known {
                    tested.catalog.clone()
                } else {
                    Catalog::default()
                };
                let found = store.campaigns(&catalog).await;
                if let Ok(found) = &found {
                    tested.catalog = found.clone();
                }
                let row = |published: &Arc<Published>| {
                    let Published { campaign, version } = &**published;
                    (campaign.id.clone(), version.clone(), campaign.sender.from.clone())
                };
                told(found.map(|found| found.iter().map(row).collect::<Vec<_>>()))
            }
            Op::Content {
                campaign,
                version,
                file,
            } => {
                let version = format!("v{version}");
                told(
                    store
                        .content(&campaign_id(*campaign), &version, &file_name(*file))
                        .await,
                )
            }
            Op::KeyRing => told(store.key_ring().await.map(|ring| ring.map(|ring| ring.to_json()))),
            Op::SaveKeyRing { ring: index, belief } => {
                let held = ring.map(|place| &scene.rings[place]);
                let other = |by: usize| &scene.rings[(ring.unwrap_or(0) + by) % scene.rings.len()];
                let known = match belief {
                    Belief::Nothing => None,
                    Belief::Right => held,
                    Belief::Stale(by) => Some(other(*by as usize)),
                    Belief::Ahead => Some(other(3)),
                };
                match store.save_key_ring(index.get(&scene.rings), known).await {
                    Ok(()) => "in".into(),
                    Err(error) => kind(&error),
                }
            }
        }
    }
}

/// A sender, whose address is a key of maps in the row.
const SENDER: &str = "guide@example.com";

impl Change {
    fn apply(self, sending: &mut Sending, table: &str) -> bool {
        let stop = |reason: &str| Stop {
            at: now(),
            reason: reason.into(),
        };
        match self {
            Self::Nothing => return false,
            Self::Hold => sending.held = Some(stop("by hand")),
            Self::Release => sending.release(table, seconds(0)),
            Self::Break => sending.breaker = Some(stop("bounces")),
            Self::Canary(at) => {
                sending.canary_sent = Some(seconds(at));
                sending.canary_back = (at > 0).then(|| seconds(at));
            }
            Self::Refused(at) => {
                sending.fly(&[SENDER.to_owned()].into(), seconds(at));
                sending.refuse(SENDER, HouseRefusal::NotVerified, Party::Sender, seconds(at));
            }
            Self::Accepted(at) => _ = sending.accept(SENDER, seconds(at)),
            Self::Quota(per_second) => {
                sending.quota = Some(Quota {
                    per_second,
                    per_day: (per_second % 2 == 0).then_some(u64::MAX >> 12),
                });
            }
        }
        true
    }
}

impl Tested {
    /// The tables have different identities; what matters is whose the state says it is.
    fn at_home(&self, mut sending: Sending) -> Sending {
        if sending.home.as_deref() == Some(self.identity.as_str()) {
            sending.home = Some("here".into());
        }
        sending
    }

    /// Breaks the item of a lead, or mends it, past the store.
    async fn break_item(&self, id: &LeadId, broken: bool) -> String {
        match &self.behind {
            Behind::Memory(memory) => {
                if memory.peek(id).is_some() {
                    memory.corrupt(id, broken);
                }
            }
            Behind::Engine { client, table, .. } => {
                let (column, kept) = ("wd", "wd_kept");
                let key = [(item::PK, id.as_str()), (item::SK, item::SK_LEAD)];
                let key: Item = key.map(|(name, value)| (name.to_owned(), item::text(value))).into();
                let held = client
                    .get_item()
                    .table_name(table)
                    .set_key(Some(key))
                    .consistent_read(true);
                let Some(mut held) = held.send().await.expect("an answer").item else {
                    return "done".into();
                };
                let is_broken = held.contains_key(kept);
                // A tombstone has none.
                if broken && !is_broken && held.contains_key(column) {
                    let whole = held
                        .insert(column.into(), AttributeValue::Bool(true))
                        .expect("captures");
                    held.insert(kept.into(), whole);
                } else if !broken && is_broken {
                    let whole = held.remove(kept).expect("it is there");
                    held.insert(column.into(), whole);
                }
                let put = client.put_item().table_name(table).set_item(Some(held)).send().await;
                put.expect("taken");
            }
        }
        "done".into()
    }
}

fn campaign_id(number: usize) -> CampaignId {
    CampaignId::new(format!("campaign-{number}"))
}

fn file_name(number: usize) -> String {
    format!("emails/fr/{number}.md")
}

fn date(day: i64) -> Date {
    days(day).to_zoned(TimeZone::UTC).date()
}

fn saved(answer: Result<Saved, StoreError>) -> String {
    match answer {
        Ok(Saved::Yes) => "in".into(),
        Ok(Saved::Conflict(held)) => format!("conflict {}", record(&held)),
        Err(error) => kind(&error),
    }
}

/// A lead or a tombstone in full.
fn record(held: &Record) -> String {
    match held {
        Record::Lead(lead) => shown(lead),
        Record::Tombstone(tombstone) => serde_json::to_string(tombstone).expect("a tombstone serialises"),
    }
}

/// A lead in full.
fn shown(lead: &Lead) -> String {
    serde_json::to_string(lead).expect("a lead serialises")
}

fn told<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => kind(&error),
    }
}

/// Kinds are the contract; where a request failed is only told to people.
fn kind(error: &StoreError) -> String {
    format!("error: {:?}", error.kind)
}

/// All pages of the index: their sizes and moments in order, and who is in them; among leads due in the same second
/// DynamoDB promises no order.
async fn due(store: &Store, shard: u32, until: Timestamp, limit: i32) -> String {
    let (mut sizes, mut moments, mut rows, mut from) = (Vec::new(), Vec::new(), Vec::new(), None);
    loop {
        let page = match store.due(shard, until, limit, from).await {
            Ok(page) => page,
            Err(error) => return kind(&error),
        };
        sizes.push(page.rows.len());
        moments.extend(page.rows.iter().map(|row| row.at));
        rows.extend(page.rows);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    rows.sort();
    format!("{sizes:?} {moments:?} {rows:?}")
}

/// All pages of the board; the same holds for leads captured in the same second.
async fn board(store: &Store, workspace: &WorkspaceId, campaign: &CampaignId, until: Timestamp) -> String {
    let all = match rest_of_board(store, workspace, campaign, until, None).await {
        Ok(all) => all,
        Err(error) => return kind(&error),
    };
    // From each row on there is what came after it.
    for (at, row) in all.iter().enumerate() {
        let place = item::row_key((workspace, campaign), row.captured_at, &row.id, row.further);
        let rest = rest_of_board(store, workspace, campaign, row.captured_at, Some(place)).await;
        let ids = |rows: &[BoardRow]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        assert_eq!(rest.map(|rest| ids(&rest)).expect("an answer"), ids(&all[at + 1..]));
    }
    let moments: Vec<_> = all.iter().map(|row| row.captured_at).collect();
    let mut rows: Vec<_> = all.iter().map(|row| format!("{row:?}")).collect();
    rows.sort();
    format!("{moments:?} {rows:?}")
}

/// All pages of what is held; the same holds for posts of one second.
async fn held_posts(store: &Store, limit: i32) -> String {
    let workspace = WorkspaceId::new(WORKSPACES[0]);
    let (mut moments, mut rows, mut place) = (Vec::new(), Vec::new(), None::<String>);
    loop {
        let page = store.held_posts(&workspace, now(), limit, place.as_deref()).await;
        let (page, next) = match page {
            Ok(found) => found,
            Err(error) => return kind(&error),
        };
        moments.extend(page.rows.iter().map(|row| row.held.at));
        rows.extend(page.rows.iter().map(|row| format!("{row:?} {:?}", row.released_at)));
        place = next;
        if place.is_none() {
            break;
        }
    }
    rows.sort();
    format!("{moments:?} {rows:?}")
}

async fn rest_of_board(
    store: &Store,
    workspace: &WorkspaceId,
    campaign: &CampaignId,
    until: Timestamp,
    mut from: Option<Item>,
) -> Result<Vec<BoardRow>, StoreError> {
    let mut rows = Vec::new();
    loop {
        let page = store.board(workspace, campaign, until, from).await?;
        rows.extend(page.rows);
        from = page.next;
        if from.is_none() {
            return Ok(rows);
        }
    }
}

/// Every lead of the table, in no order.
async fn leads(store: &Store) -> String {
    let (mut rows, mut from) = (Vec::new(), None);
    loop {
        let page = match store.leads(from).await {
            Ok(page) => page,
            Err(error) => return kind(&error),
        };
        rows.extend(
            page.rows
                .iter()
                .map(|row| row.as_ref().map(shown).map_err(ToString::to_string)),
        );
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    rows.sort();
    format!("{rows:?}")
}

// ---- faults ----

/// A weather in which one request has a fate of its own.
#[derive(Debug)]
struct Once(&'static str, Mutex<Option<Fate>>);

impl Once {
    fn new(request: &'static str, fate: Fate) -> Arc<Self> {
        Arc::new(Self(request, Mutex::new(Some(fate))))
    }
}

impl Weather for Once {
    fn before(&self, request: &'static str) -> BoxFuture<'_, Fate> {
        let fate = (request == self.0).then(|| self.1.lock().expect("nobody panics here").take());
        Box::pin(std::future::ready(fate.flatten().unwrap_or(Fate::Done)))
    }

    fn after(&self, request: &'static str) -> BoxFuture<'_, ()> {
        Fair.after(request)
    }

    fn lag(&self) -> SignedDuration {
        Fair.lag()
    }

    fn now(&self) -> Timestamp {
        Fair.now()
    }

    fn saved(&self, _: Option<&Lead>, _: &Lead, _: bool) {}

    fn buried(&self, _: &Lead, _: &Tombstone) {}
}

/// Every fault that the proxy injects into the engine comes out of the store as what the weather makes of its like.
pub async fn r37_every_fault_comes_out_as_in_the_weather(bench: &Bench) {
    // A fault of the engine as often as the client tries, and the fate it is in memory.
    let rows = [
        (Fault::Throttle, 3, Fate::Failed(StoreErrorKind::Throttled)),
        (Fault::Conflict, 1, Fate::Failed(StoreErrorKind::Throttled)),
        (Fault::InternalError, 3, Fate::Failed(StoreErrorKind::NoAnswer)),
        (Fault::ResetBefore, 3, Fate::Failed(StoreErrorKind::NoAnswer)),
        (
            Fault::Refuse("AccessDeniedException"),
            1,
            Fate::Failed(StoreErrorKind::Refused),
        ),
        (Fault::LoseAnswer, 3, Fate::AnswerLost),
        (Fault::LoseAnswer, 1, Fate::Repeated),
        (Fault::Throttle, 0, Fate::Done),
    ];
    for (place, (operation, request, call)) in CALLS.iter().enumerate() {
        // A read has nothing that could be half done: whether it is tried again, and what it is called, is all.
        let writes = ["PutItem", "UpdateItem"].contains(operation);
        for (fault, times, fate) in rows
            .into_iter()
            .filter(|(fault, ..)| writes || matches!(fault, Fault::Refuse(_)))
        {
            let settings = settings(bench.proxy.url());
            let client = aws::dynamodb(&settings.aws).expect("a client");
            let engine = Store::new(client.clone(), &settings.table, &settings.keys_table, 1);
            engine.create_tables().await.expect("tables");
            bench.proxy.inject(operation, fault, times);
            let of_engine = outcome(call, bench, &engine).await;
            bench.proxy.reset();
            let memory = Memory::new("memory", 1, Arc::new(Fair));
            let calm = Store::Memory(memory.clone());
            calm.create_tables().await.expect("tables");
            let store = Store::Memory(memory.in_weather(Once::new(request, fate)));
            let of_memory = outcome(call, bench, &store).await;
            assert_eq!(
                of_engine, of_memory,
                "call {place}, {operation}: {fault:?} {times}, {fate:?}"
            );
            // Whether it was done is the same too.
            assert_eq!(
                traces(&engine).await,
                traces(&calm).await,
                "call {place}, {operation}: {fault:?} {times}"
            );
            for table in [settings.table, settings.keys_table] {
                client
                    .delete_table()
                    .table_name(table)
                    .send()
                    .await
                    .expect("the table goes");
            }
        }
    }
}

async fn outcome(call: &Call, bench: &Bench, store: &Store) -> Result<(), StoreErrorKind> {
    call(bench, store).await.map_err(|error| error.kind)
}

/// What the calls leave behind.
async fn traces(store: &Store) -> String {
    let sending = store.sending().await.map(|sending| (sending.version, sending.quota));
    let tally = store.tally(0, days(-1)).await;
    let campaigns = store.campaigns(&Catalog::default()).await.map(|all| all.len());
    let ring = store.key_ring().await.map(|ring| ring.is_some());
    [
        leads(store).await,
        told(sending),
        told(tally),
        told(campaigns),
        told(ring),
    ]
    .join("\n")
}

/// Keys that `BatchGetItem` leaves unread are asked for again; a store that keeps leaving some is throttled, and no lead
/// is ever taken for one that is not there.
pub async fn r37_unread_keys_are_asked_for_again(bench: &Bench) {
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(bench.saved(&format!("{name}@example.org"), now()).await.id);
    }
    for unread in 0..=4 {
        bench.proxy.reset();
        bench.proxy.inject("BatchGetItem", Fault::LeaveUnread, unread);
        let found = bench.store.load_all(&ids).await.expect("all are found");
        assert_eq!(
            found.rows.iter().map(|lead| &lead.id).collect::<Vec<_>>(),
            ids.iter().collect::<Vec<_>>()
        );
        assert_eq!(bench.requests()["BatchGetItem"], u64::from(unread) + 1);
    }
    bench.proxy.reset();
    bench.proxy.inject("BatchGetItem", Fault::LeaveUnread, 5);
    let error = bench.store.load_all(&ids).await.expect_err("one is left");
    let throttled = Once::new("load all", Fate::Failed(StoreErrorKind::Throttled));
    let memory = Memory::new("memory", 1, throttled);
    let in_memory = Store::Memory(memory).load_all(&ids).await.expect_err("throttled");
    assert_eq!(error.kind, in_memory.kind);
}
