//! What the journeys need to know of an account, and the relay's part: a try after the other, until it has ended.

use jiff::SignedDuration;
use piste_crm::{Act, Crm, End, Entry, Link, Outcome, Present, Push, Secret, Token, Write};
use piste_stand_ins::StandIn;
use serde_json::Value;

use crate::spec::Spec;
use crate::world::{World, done};

/// A CRM's account: our client, the stand-in, and what differs.
pub trait Account {
    type Client: Crm;
    type StandIn: StandIn + Send + 'static;
    const BASE: &'static str;
    /// Their names of what every lead has.
    const NAMES: Names;
    /// Values of the list: one that it has, and one that it has not.
    const OPTIONS: [&'static str; 2];
    /// A name that could be a field's, and is none's.
    const UNKNOWN: &'static str;
    /// Whether an erasure is for good.
    const FORGETS: bool;

    fn client() -> Self::Client;
    fn stand_in() -> Self::StandIn;
    fn secret() -> Secret;
    fn spec() -> &'static Spec;
    /// What a lead has beside `NAMES`, where the CRM requires it.
    fn more(number: usize) -> Vec<Entry>;
    /// Pipedrive's options are numbers.
    fn option(text: &str) -> Value {
        text.into()
    }
    /// An address as a person enters it.
    fn address(text: &str) -> Value {
        text.into()
    }
    /// A value of a record as the state tells it.
    fn value(state: &Value, record: &Value, name: &str) -> Value;
    /// A person changes a field.
    fn edit(crm: &mut Self::StandIn, id: &str, name: &str, value: Value, now: jiff::Timestamp);
    /// A person deletes a record.
    fn remove(crm: &mut Self::StandIn, id: &str, now: jiff::Timestamp);
    /// A person merges the first into the second.
    fn merge(crm: &mut Self::StandIn, id: &str, into: &str, now: jiff::Timestamp);
}

/// Names of fields.
pub struct Names {
    pub id: &'static str,
    pub email: &'static str,
    pub name: &'static str,
    pub fit: &'static str,
    pub list: &'static str,
}

/// A lead of ours.
pub struct Lead {
    pub id: String,
    pub email: String,
    pub entries: Vec<Entry>,
}

pub fn entry(name: &str, value: impl Into<Value>, write: Write) -> Entry {
    Entry {
        name: name.to_owned(),
        value: value.into(),
        write,
        drop: false,
        key: None,
    }
}

impl Lead {
    /// The lead of this number, as it is told first.
    pub fn new<A: Account>(number: usize) -> Self {
        let (id, email) = (format!("k7d2m5q3{number}"), format!("ana+{number}@example.com"));
        let key = |name: &str, value: &str, write, act| Entry {
            key: Some(act),
            ..entry(name, value, write)
        };
        let names = A::NAMES;
        let entries = [
            key(names.id, &id, Write::Always, Act::Id),
            key(names.email, &email, Write::IfEmpty, Act::Email),
            entry(names.name, format!("Éva O'Brien-{number}"), Write::IfEmpty),
            entry(names.fit, 65, Write::Always),
            entry(names.list, A::option(A::OPTIONS[0]), Write::Always),
        ];
        let entries = entries.into_iter().chain(A::more(number)).collect();
        Self { id, email, entries }
    }

    /// The same with another value.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let entry = self.entries.iter_mut().find(|entry| entry.name == name);
        entry.expect("a field that the lead has").value = value;
        self
    }

    /// The same, and this field may be left out.
    pub fn dropping(mut self, name: &str) -> Self {
        let entry = self.entries.iter_mut().find(|entry| entry.name == name);
        entry.expect("a field that the lead has").drop = true;
        self
    }

    /// Holds that a record has all values.
    #[track_caller]
    pub fn stands<A: Account>(&self, world: &World<A::StandIn>, record: &Value) {
        let state = world.state();
        for entry in &self.entries {
            let there = A::value(&state, record, &entry.name);
            assert_eq!(text(&there), text(&entry.value), "{}", entry.name);
        }
    }
}

/// A value as a text: HubSpot has nothing else.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(
        || {
            value
                .as_f64()
                .map_or_else(|| value.to_string(), |number| number.to_string())
        },
        str::to_owned,
    )
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Push,
    OptOut,
    Erase,
}

/// Our side of one destination: what the ledger keeps of a lead there.
pub struct Relay<'a, A: Account> {
    pub world: &'a World<A::StandIn>,
    pub client: A::Client,
    pub token: Token,
    pub id: Option<String>,
    pub unsure: bool,
    pub subscription: Option<String>,
}

impl<'a, A: Account> Relay<'a, A> {
    pub fn new(world: &'a World<A::StandIn>) -> Self {
        let client = A::client();
        let token = token::<A>(world).expect("a token");
        Self {
            world,
            client,
            token,
            id: None,
            unsure: false,
            subscription: None,
        }
    }

    pub fn link(&self) -> Link<'_, World<A::StandIn>> {
        Link {
            http: self.world,
            token: &self.token,
            now: self.world.now(),
        }
    }

    /// One try.
    pub fn once(&mut self, what: What, lead: &Lead) -> Outcome {
        let link = self.link();
        let push = Push {
            lead: &lead.id,
            id: self.id.as_deref(),
            unsure: self.unsure,
            email: Some(&lead.email),
            entries: &lead.entries,
            subscription: self.subscription.as_deref(),
        };
        let outcome = match what {
            What::Push => done(self.client.push(&link, &push)),
            What::OptOut => done(self.client.opt_out(&link, &push)),
            What::Erase => done(self.client.erase(&link, self.id.as_deref().expect("a known record"))),
        };
        self.id = outcome.id.clone().or(self.id.take());
        self.unsure |= outcome.end == End::Unknown;
        outcome
    }

    /// Tries until it is over; who rests, rests as long as it is told, and the owner mends what is the owner's. Gives the
    /// ends of all tries, and the last outcome.
    pub fn tell(&mut self, what: What, lead: &Lead) -> (Vec<End>, Outcome) {
        let mut ends = Vec::new();
        for _ in 0..60 {
            let outcome = self.once(what, lead);
            ends.push(outcome.end);
            let wait = match outcome.end {
                End::Delivered | End::SetAside | End::Gone => return (ends, outcome),
                End::Later(wait) => wait.unwrap_or_default().max(SignedDuration::from_secs(5)),
                End::Unknown => SignedDuration::from_mins(2),
                End::Renew => SignedDuration::from_secs(1),
                End::Pause(_, wait) => wait.unwrap_or(SignedDuration::from_hours(1)),
            };
            self.world.wait(wait);
            if outcome.end == End::Renew {
                self.token = token::<A>(self.world).expect("a token");
            }
        }
        panic!("{what:?} never ends: {ends:?}");
    }

    /// Tells and holds that it was delivered at once.
    #[track_caller]
    pub fn deliver(&mut self, what: What, lead: &Lead) -> Outcome {
        let outcome = self.once(what, lead);
        assert_eq!(outcome.end, End::Delivered, "{what:?} {outcome:?}");
        outcome
    }

    /// The record as it is read back.
    #[track_caller]
    pub fn read(&self) -> Option<Present> {
        let id = self.id.as_deref().expect("a known record");
        done(self.client.read(&self.link(), id)).expect("it is read")
    }
}

/// A token of the account, or how asking for it ended.
pub fn token<A: Account>(world: &World<A::StandIn>) -> Result<Token, End> {
    done(A::client().token(world, &A::secret(), Some(A::BASE))).map_err(|outcome| outcome.end)
}

/// The records there, and that there are so many.
#[track_caller]
pub fn records<S: StandIn>(world: &World<S>, count: usize) -> Vec<Value> {
    let records = world.state()["records"].as_array().cloned().expect("a list");
    assert_eq!(records.len(), count, "{records:#?}");
    records
}
