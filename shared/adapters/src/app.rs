//! What every function is built from, and the one loop in which a decision becomes a write.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use piste_domain::decide;
use piste_domain::rules::effect::{Alarm, Effect, MailOrder};
use piste_domain::rules::kept::Kept;
use piste_domain::rules::rights_log::{Action, Actor, RightsEntry};
use piste_domain::views::export::{Export, export};
use piste_domain::{Catalog, Context, Decision, Input, Lead, LeadId, Locale, Record};

use crate::campaigns::Campaigns;
use crate::ceilings::Ceilings;
use crate::clock::{Chance, Clock};
use crate::config::{Missing, Settings};
use crate::http::{self, Problem, Visit};
use crate::inbox::Inbox;
use crate::keys::{KeyRing, Part};
use crate::store::{Saved, Store, StoreError, StoreErrorKind};
use crate::token::{Claims, Purpose, Refused, verify};
use crate::turnstile::Turnstile;
use crate::unreadable::Unreadable;
use crate::users::Noted;
use crate::visitors::Visitors;
use crate::{advice, aws, telemetry};
use lambda_http::{Body, Request, Response};
use tokio::sync::OnceCell;

/// How often a decision is taken because somebody else changed the lead meanwhile: as many writers at once are all
/// served, since each conflict means that one of them is done.
const CONFLICTS_MAX: u32 = 20;
/// How old the key ring may be where a removed key must stop working soon (R103).
pub(crate) const RING_REFRESH: SignedDuration = SignedDuration::from_secs(50);
/// How often wrong keys make a function read the ring again at most: whoever guesses must not cost a read each.
const RING_REREAD: SignedDuration = SignedDuration::from_secs(5);

/// One function's world, built once per sandbox.
#[derive(Debug)]
pub struct App {
    /// Its settings.
    pub settings: Settings,
    /// Its clock.
    pub clock: Clock,
    /// Its chance.
    pub chance: Chance,
    /// Its store.
    pub store: Store,
    /// Its campaigns.
    pub campaigns: Campaigns,
    /// Where messages to leads' reply addresses are read from.
    pub inbox: Inbox,
    /// Leads whose items it cannot read, and when it looks again.
    pub unreadable: Unreadable,
    /// Whose use of a key it has written down of late.
    pub noted: Noted,
    /// What visitors did here of late.
    pub visitors: Visitors,
    /// What first mails left from here within the hour.
    pub ceilings: Ceilings,
    /// How Cloudflare Turnstile is asked.
    pub turnstile: Turnstile,
    /// What it reads of the key ring at its start.
    parts: Vec<Part>,
    ring: RwLock<HeldRing>,
    table: OnceCell<String>,
}

#[derive(Debug)]
struct HeldRing {
    ring: Arc<KeyRing>,
    read_at: Timestamp,
}

/// Why a function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings are missing.
    Missing(#[from] Missing),
    /// A client cannot be built.
    Setup(#[from] aws::SetupError),
    /// The store does not answer.
    Store(#[from] StoreError),
    /// There are no keys yet.
    NoKeys,
}

/// As the log of a function says it.
impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Locale::En))
    }
}

impl StartError {
    /// What to set, allow or do, for the person who starts it.
    pub fn say(&self, locale: Locale) -> String {
        match self {
            Self::Missing(missing) => advice::set_variables(locale, &missing.0.join(", ")),
            Self::Setup(error) => error.say(locale),
            Self::Store(error) => advice::tables_unreadable(locale, &error.to_string(), &error.advice(locale)),
            Self::NoKeys => advice::no_key_ring(locale).to_owned(),
        }
    }

    /// Whether it may pass by itself.
    fn may_pass(&self) -> bool {
        matches!(self, Self::Store(error) if matches!(error.kind, StoreErrorKind::Throttled | StoreErrorKind::NoAnswer))
    }
}

/// A sandbox of a function that answers visitors: while the store is down it stays up and says when to come back.
#[derive(Debug)]
pub struct Sandbox {
    app: OnceCell<App>,
    parts: &'static [Part],
}

impl Sandbox {
    /// Builds the app with these parts of the key ring, or leaves that to the first request after the store is back.
    ///
    /// # Errors
    /// [`StartError`] that does not pass by itself.
    pub async fn start(parts: &'static [Part]) -> Result<Self, StartError> {
        let app = OnceCell::new();
        let sandbox = Self { app, parts };
        match sandbox.app().await {
            Err(error) if !error.may_pass() => Err(error),
            _ => Ok(sandbox),
        }
    }

    async fn app(&self) -> Result<&App, StartError> {
        let built = self.app.get_or_try_init(|| App::from_env(self.parts)).await;
        built.inspect_err(|error| telemetry::log_start_failure(error))
    }

    /// Answers one request by a function's `handle`; while the store is down with 503 and `Retry-After`.
    ///
    /// # Errors
    /// None: whatever happens, the visitor gets an answer.
    pub async fn answer(
        &self,
        request: Request,
        handle: impl AsyncFn(&App, &Visit) -> Response<Body>,
    ) -> Result<Response<Body>, Infallible> {
        let visit = Visit::read(request);
        let answer = async {
            match self.app().await {
                Ok(app) => handle(app, &visit).await,
                Err(_) => {
                    let down = StoreError::new("start", StoreErrorKind::NoAnswer);
                    visit.refuse(&Problem::store(&down, visit.locale()), visit.locale())
                }
            }
        };
        Ok(http::guarded(&visit, answer).await)
    }
}

/// Where [`App::apply`] starts from.
#[derive(Debug)]
pub enum Start {
    /// The lead is probably new: write first, and take the answer as the read if it is not. One request for a new lead, two for a known one.
    New,
    /// The lead is known: read first.
    Known,
    /// The lead as it was saved a moment ago: no read. If it has changed since, the write fails and brings it as it is.
    Held(Arc<Lead>),
}

/// What came of an input.
#[derive(Debug)]
pub struct Applied<O> {
    /// What to tell whoever caused it; `None` when there is no such lead.
    pub answer: Option<O>,
    /// The email to send now that its claim is written.
    pub mail: Option<MailOrder>,
    /// Whether anything was written.
    pub changed: bool,
    /// The lead as it is stored now, if there is one.
    pub lead: Option<Arc<Lead>>,
}

impl App {
    /// Builds the function's world from its environment and opens its connection by reading its parts of the key ring: what is
    /// done here, at full speed, is not done in the first visitor's request.
    ///
    /// # Errors
    /// [`StartError`], which says what to set or to do.
    pub async fn from_env(parts: &'static [Part]) -> Result<Self, StartError> {
        let settings = Settings::from_env()?;
        let client = aws::dynamodb(&settings.aws)?;
        let store = Store::new(client, &settings.table, &settings.keys_table, settings.due_shards);
        let at_start = parts.iter().copied().filter(|part| part.is_read_at_start());
        let app = Self::with_parts(at_start.collect(), settings, Clock::Wall, store, Campaigns::published()).await?;
        // Campaigns may be published later; until then every form is unknown.
        app.catalog().await?;
        Ok(app)
    }

    /// Builds a world with the whole key ring: the local system's, and the command line's.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        settings: Settings,
        clock: Clock,
        store: Store,
        campaigns: Campaigns,
    ) -> Result<Self, StartError> {
        Self::with_parts(Part::ALL.to_vec(), settings, clock, store, campaigns).await
    }

    async fn with_parts(
        parts: Vec<Part>,
        settings: Settings,
        clock: Clock,
        store: Store,
        campaigns: Campaigns,
    ) -> Result<Self, StartError> {
        let ring = store.key_parts(&parts).await?.ok_or(StartError::NoKeys)?;
        if parts.contains(&Part::Links) && ring.links.is_empty() {
            return Err(StartError::NoKeys); // `piste publish` broke off
        }
        let ring = Arc::new(ring);
        let read_at = clock.now();
        let inbox = Inbox::new(&settings)?;
        Ok(Self {
            noted: Noted::default(),
            visitors: Visitors::default(),
            ceilings: Ceilings::default(),
            turnstile: Turnstile::public(),
            parts,
            settings,
            clock,
            chance: Chance::default(),
            store,
            campaigns,
            inbox,
            unreadable: Unreadable::default(),
            ring: RwLock::new(HeldRing { ring, read_at }),
            table: OnceCell::new(),
        })
    }

    /// The moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What tells this table from every other; asked for once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn table_identity(&self) -> Result<&str, StoreError> {
        let read = self.table.get_or_try_init(|| self.store.identity()).await;
        read.map(String::as_str)
    }

    /// The campaigns.
    ///
    /// # Errors
    /// [`StoreError`] only while none were ever read.
    pub async fn catalog(&self) -> Result<Arc<Catalog>, StoreError> {
        self.campaigns.catalog(&self.store, self.now()).await
    }

    /// The key ring at hand.
    pub fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().expect("nobody panics while holding the ring").ring)
    }

    /// The key ring, at most a minute old; the one at hand if the store does not answer.
    pub async fn fresh_ring(&self) -> Arc<KeyRing> {
        self.refreshed_ring(RING_REFRESH).await.unwrap_or_else(|_| self.ring())
    }

    /// The same, a few seconds old at most: for a key that the ring at hand does not know, which may be new.
    pub async fn newest_ring(&self) -> Arc<KeyRing> {
        self.refreshed_ring(RING_REREAD).await.unwrap_or_else(|_| self.ring())
    }

    async fn refreshed_ring(&self, age_max: SignedDuration) -> Result<Arc<KeyRing>, StoreError> {
        let now = self.now();
        let age = now.duration_since(self.ring.read().expect("nobody panics while holding the ring").read_at);
        if age.abs() < age_max {
            return Ok(self.ring());
        }
        self.reread_ring().await
    }

    /// The key ring as it is stored now.
    ///
    /// # Errors
    /// [`StoreError`]; the one at hand stays.
    pub async fn reread_ring(&self) -> Result<Arc<KeyRing>, StoreError> {
        let now = self.now();
        let read = self.store.key_parts(&self.parts).await;
        let read = read.inspect_err(|error| telemetry::log("ring_not_refreshed", &[("error", error.into())]))?;
        let Some(ring) = read.map(Arc::new) else {
            return Ok(self.ring());
        };
        *self.ring.write().expect("nobody panics while holding the ring") = HeldRing {
            ring: Arc::clone(&ring),
            read_at: now,
        };
        Ok(ring)
    }

    /// Reads a signed link. One that the keys at hand do not know is tried again with fresh ones: it may be signed with a key made since.
    ///
    /// # Errors
    /// [`Refused`]; [`Refused::Unread`] when those fresh keys cannot be read: then nobody may be told that a link is bad (R42).
    pub async fn verify(&self, purpose: Purpose, token: &str) -> Result<Claims, Refused> {
        let now = self.now();
        match verify(&self.ring(), purpose, token, now) {
            Err(Refused::Invalid | Refused::UnknownKey) => match self.refreshed_ring(RING_REFRESH).await {
                Ok(ring) => verify(&ring, purpose, token, now),
                Err(_) => Err(Refused::Unread),
            },
            settled => settled,
        }
    }

    /// Load, decide, save; when somebody was quicker, decide again from what is there now. Effects are performed only
    /// after the write that records the intent; the email to send comes back to the caller.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreErrorKind::NoAnswer`] the write may be in, and no effect may be performed.
    pub async fn apply<I: Input>(
        &self,
        id: &LeadId,
        start: Start,
        input: I,
    ) -> Result<Applied<I::Outcome>, StoreError> {
        self.apply_ref(id, start, &input).await
    }

    /// The same for a post, which must not be lost: one that meets an item this version cannot read is kept beside it, and
    /// folded in by the sweep once the item reads again (R130). Whoever posts is told the same.
    ///
    /// # Errors
    /// As [`App::apply`]; [`StoreErrorKind::Corrupt`] where no more can be kept.
    pub async fn apply_or_keep<I: Input<Outcome = ()>>(
        &self,
        id: &LeadId,
        start: Start,
        input: I,
        kept: impl FnOnce(I, &Catalog) -> Option<Kept>,
    ) -> Result<Applied<()>, StoreError> {
        let error = match self.apply_ref(id, start, &input).await {
            Err(error) if error.kind == StoreErrorKind::Corrupt => error,
            applied => return applied,
        };
        let Some(kept) = kept(input, &*self.catalog().await?) else {
            return Err(error);
        };
        self.keep(id, &kept, error).await
    }

    /// Keeps a post beside the item that could not be read, for `because`.
    ///
    /// # Errors
    /// `because`, where no more can be kept, or what the store says.
    pub async fn keep(&self, id: &LeadId, kept: &Kept, because: StoreError) -> Result<Applied<()>, StoreError> {
        if !self.store.keep(id, kept).await? {
            return Err(because);
        }
        telemetry::log("post_kept", &[("lead", id.into()), ("error", (&because).into())]);
        Ok(Applied {
            answer: Some(()),
            mail: None,
            changed: true,
            lead: None,
        })
    }

    async fn apply_ref<I: Input>(
        &self,
        id: &LeadId,
        start: Start,
        input: &I,
    ) -> Result<Applied<I::Outcome>, StoreError> {
        let catalog = self.catalog().await?;
        let ring = self.ring();
        let mut known: Option<Record> = match start {
            Start::New => None,
            Start::Known => self.store.record(id).await?,
            Start::Held(lead) => Some(Record::Lead(lead)),
        };
        for attempt in 0..CONFLICTS_MAX {
            let context = Context {
                catalog: &catalog,
                key: &ring.identity,
                now: self.now(),
            };
            let decision = decide(known.as_ref(), input, &context);
            match self
                .save(decision.record.as_ref(), known.as_ref(), decision.wakes(), attempt == 0)
                .await?
            {
                Some(Saved::Conflict(current)) => known = Some(current),
                saved => {
                    let changed = saved.is_some();
                    return Ok(Applied {
                        answer: decision.answer,
                        mail: self.perform(id, decision.effects).await,
                        changed,
                        lead: if changed { decision.record } else { known }.and_then(Record::lead),
                    });
                }
            }
            if attempt > 0 {
                back_off(attempt, &self.chance).await;
            }
        }
        Err(StoreError::new("apply", StoreErrorKind::Contended))
    }

    /// What an input would do now, from what is known; nothing is written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn consider<I: Input>(
        &self,
        known: Option<&Record>,
        input: &I,
    ) -> Result<Decision<I::Outcome>, StoreError> {
        let catalog = self.catalog().await?;
        let ring = self.ring();
        let context = Context {
            catalog: &catalog,
            key: &ring.identity,
            now: self.now(),
        };
        Ok(decide(known, input, &context))
    }

    /// Saves what a decision changed, if anything: first what goes beside the item, then the item.
    async fn save(
        &self,
        record: Option<&Record>,
        known: Option<&Record>,
        wake: bool,
        first: bool,
    ) -> Result<Option<Saved>, StoreError> {
        let version = known.map(Record::version);
        Ok(match record {
            Some(Record::Lead(lead)) => {
                let before = known.and_then(Record::as_lead);
                if !lead.leaving.0.is_empty() || lead.campaigns().nth(1).is_some() {
                    // A first try that lost may have left a row that is not true.
                    self.store.save_beside(lead, before.filter(|_| first)).await?;
                }
                Some(self.store.save(lead, version, wake).await?)
            }
            Some(Record::Tombstone(tombstone)) => {
                let tombstone = tombstone.clone().with_rows(|| self.chance.row_key());
                let saved = self.store.bury(&tombstone, version.unwrap_or_default()).await?;
                if let (Saved::Yes, Some(Record::Lead(_)), Some(erased)) = (&saved, known, tombstone.cleaning()) {
                    // At once, so that a report does not dip. The sweep that cleans does it again, should this fail.
                    let _ = self.store.count_erased(&erased, self.now()).await;
                }
                Some(saved)
            }
            None => None,
        })
    }

    /// Performs the effects of a decision that is saved; the email to send is left to the caller.
    async fn perform(&self, id: &LeadId, effects: Vec<Effect>) -> Option<MailOrder> {
        let mut mail = None;
        for effect in effects {
            match effect {
                Effect::Mail(order) => mail = Some(*order),
                Effect::Wake => {} // written with the lead
                Effect::Alarm(alarm) => sound(&alarm),
                Effect::Rights(actor, action) => self.audit(id, actor, action).await,
                Effect::Erased(by, at) => {
                    // A part of the archive: a restored table is told again whom to forget (R67).
                    let values = [
                        ("lead", id.into()),
                        ("by", by.code().into()),
                        ("at", at.as_second().into()),
                    ];
                    telemetry::log("erased", &values);
                }
            }
        }
        mail
    }
}

impl App {
    /// Writes down who touched a person's rights. What was done stands whether or not the row could be written; then
    /// the log holds the same.
    async fn audit(&self, lead: &LeadId, actor: Actor, action: Action) {
        let at = self.now();
        let row = RightsEntry {
            lead: lead.clone(),
            at,
            actor,
            action,
            by: None,
        };
        if let Err(error) = self.store.audit(&row).await {
            let values = [
                ("lead", lead.into()),
                ("code", action.code().into()),
                ("at", at.as_second().into()),
                ("error", (&error).into()),
            ];
            telemetry::log("audit_not_written", &values);
        }
    }

    /// Everything held about a person, with the wording of each consent. Who read it out is written down first.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is read out.
    pub async fn export(&self, lead: &Lead, actor: Actor) -> Result<Export, StoreError> {
        let row = RightsEntry {
            lead: lead.id.clone(),
            at: self.now(),
            actor,
            action: Action::Export,
            by: None,
        };
        self.store.audit(&row).await?;
        let lead = &self.whole(lead).await?;
        let wordings = self.wordings(lead).await?;
        let catalog = self.catalog().await?;
        let held = self.store.held_of(&lead.id, self.now()).await?;
        let held = held.into_iter().map(|row| row.held).collect();
        let wording = |hash: &str| wordings.get(hash).cloned();
        Ok(export(lead, held, &catalog, self.now(), wording))
    }

    /// Writes down that an assistant is about to read of a lead, with the name of its key.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is to be read.
    pub async fn note_read(&self, lead: &LeadId, by: &str) -> Result<(), StoreError> {
        let row = RightsEntry {
            lead: lead.clone(),
            at: self.now(),
            actor: Actor::Assistant,
            action: Action::Read,
            by: Some(by.to_owned()),
        };
        self.store.audit(&row).await
    }

    /// A lead with everything that left its item: to look at.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn whole(&self, lead: &Lead) -> Result<Lead, StoreError> {
        Ok(lead.with_past(self.store.past(&lead.id).await?))
    }

    /// The words of a lead's consents, by their hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn wordings(&self, lead: &Lead) -> Result<BTreeMap<String, String>, StoreError> {
        let mut wordings = BTreeMap::new();
        for consent in lead.consents.iter() {
            if !wordings.contains_key(&consent.text_hash)
                && let Some(text) = self.store.wording(&consent.text_hash).await?
            {
                wordings.insert(consent.text_hash.clone(), text);
            }
        }
        Ok(wordings)
    }
}

/// Tells of an alarm, once the write that brought it about is in.
fn sound(alarm: &Alarm) {
    match alarm {
        Alarm::Unknown(send) => telemetry::log("unknown", &[("send", send.into())]),
        Alarm::Duplicate(send) => telemetry::log("duplicate", &[("send", send.into())]),
    }
}

/// Waits a random while, longer with each conflict: without it, writers that meet once meet for ever.
async fn back_off(attempt: u32, chance: &Chance) {
    let [chance] = chance.bytes::<1>();
    tokio::time::sleep(Duration::from_millis(u64::from(chance) * u64::from(attempt) / 8)).await;
}
