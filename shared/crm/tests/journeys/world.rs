//! A stand-in as a connection: no network, and a clock that stands still unless it is moved.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use piste_crm::{Answer, Broken, Call, Http};
use piste_stand_ins::{Fault, Reply, Request, StandIn};
use serde_json::Value;

use crate::spec::Spec;

/// Monday, 9 November 2026, ten o'clock in Paris.
const START: &str = "2026-11-09T09:00:00Z";

/// A stand-in, its clock, and what is wrong with what was said.
pub struct World<S> {
    inner: Mutex<Inner<S>>,
    spec: Option<&'static Spec>,
    latency: SignedDuration,
}

struct Inner<S> {
    crm: S,
    now: Timestamp,
    calls: usize,
    /// What happens to the calls of these places.
    faults: BTreeMap<usize, Fault>,
    /// What a person does just before the call of this place.
    meanwhile: Option<(usize, Act<S>)>,
    problems: BTreeSet<String>,
}

/// Something that a person does there.
type Act<S> = Box<dyn FnOnce(&mut S, Timestamp) + Send>;

impl<S: StandIn> World<S> {
    /// Every request and every answer is held against the published interface.
    pub fn new(crm: S, spec: &'static Spec) -> Self {
        Self::of(crm, Some(spec), SignedDuration::ZERO)
    }

    /// Each call takes so long, and nothing is held against anything.
    pub fn slow(crm: S, latency: SignedDuration) -> Self {
        Self::of(crm, None, latency)
    }

    fn of(crm: S, spec: Option<&'static Spec>, latency: SignedDuration) -> Self {
        let inner = Inner {
            crm,
            now: START.parse().expect("a moment"),
            calls: 0,
            faults: BTreeMap::new(),
            meanwhile: None,
            problems: BTreeSet::new(),
        };
        Self {
            inner: Mutex::new(inner),
            spec,
            latency,
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner<S>) -> T) -> T {
        act(&mut self.inner.lock().expect("no call panics"))
    }

    pub fn now(&self) -> Timestamp {
        self.with(|inner| inner.now)
    }

    pub fn wait(&self, time: SignedDuration) {
        self.with(|inner| inner.now += time);
    }

    /// How many calls were made.
    pub fn calls(&self) -> usize {
        self.with(|inner| inner.calls)
    }

    /// The call of this place, counted from the next one, meets a fault. Status 504: something in between has given up on
    /// what was done all the same; 404: something in between knows no such place.
    pub fn fault(&self, place: usize, fault: Fault) {
        self.with(|inner| inner.faults.insert(inner.calls + place, fault));
    }

    /// A person does this just before the call of this place, counted from the next one.
    pub fn meanwhile(&self, place: usize, act: impl FnOnce(&mut S, Timestamp) + Send + 'static) {
        self.with(|inner| inner.meanwhile = Some((inner.calls + place, Box::new(act))));
    }

    /// Nothing happens any more.
    pub fn heal(&self) {
        self.with(|inner| inner.faults.clear());
    }

    /// Whether every fault was met.
    pub fn is_over(&self) -> bool {
        self.with(|inner| inner.faults.is_empty())
    }

    pub fn state(&self) -> Value {
        self.with(|inner| inner.crm.state())
    }

    /// What a person does there.
    pub fn act<T>(&self, act: impl FnOnce(&mut S, Timestamp) -> T) -> T {
        self.with(|inner| act(&mut inner.crm, inner.now))
    }

    /// How many calls of this verb, and of a path with this text, were answered with a status of this hundred.
    pub fn count(&self, method: &str, path: &str, hundred: u16) -> usize {
        self.with(|inner| {
            let fits = |(request, status): &&(Request, u16)| {
                request.method == method && request.target.contains(path) && status / 100 == hundred
            };
            inner.crm.requests().iter().filter(fits).count()
        })
    }
}

impl<S> Drop for World<S> {
    fn drop(&mut self) {
        let problems = self.inner.get_mut().map(|inner| std::mem::take(&mut inner.problems));
        let problems = problems.unwrap_or_default();
        if !std::thread::panicking() {
            let list: Vec<String> = problems.into_iter().collect();
            assert!(list.is_empty(), "against the interface:\n{}", list.join("\n"));
        }
    }
}

impl<S: StandIn + Send> Http for World<S> {
    async fn call(&self, call: Call) -> Result<Answer, Broken> {
        let request = request(&call);
        self.with(|inner| {
            inner.now += self.latency;
            let fault = inner.faults.remove(&inner.calls);
            if let Some((_, act)) = inner.meanwhile.take_if(|(place, _)| *place == inner.calls) {
                act(&mut inner.crm, inner.now);
            }
            inner.calls += 1;
            if let Some(spec) = self.spec {
                inner.problems.extend(spec.request(&request));
            }
            // Whatever the call does: those of the stand-ins wait for one that writes.
            let (written, page) = match &fault {
                Some(Fault::CutAfter) => (true, None),
                Some(Fault::Html) => (true, Some((200, "<!doctype html><title>Maintenance</title>"))),
                Some(Fault::Nothing) => (true, Some((200, ""))),
                Some(Fault::Status(504)) => (true, Some((504, "<!doctype html><title>Gateway</title>"))),
                Some(Fault::Status(404)) => return Ok(html((404, "<!doctype html><title>Not found</title>"))),
                Some(other) => {
                    inner.crm.script(vec![other.clone()]);
                    (false, None)
                }
                None => (false, None),
            };
            let reply = inner.crm.answer(&request, inner.now);
            match reply {
                Reply::Cut => Err(Broken::Unknown),
                Reply::Answer { .. } if written => page.map(html).ok_or(Broken::Unknown),
                Reply::Answer { status, headers, body } => {
                    let headers: Vec<_> = headers
                        .into_iter()
                        .map(|(name, value)| (name.to_lowercase(), value))
                        .collect();
                    let answer = Answer { status, headers, body };
                    if let Some(spec) = self.spec.filter(|_| fault != Some(Fault::Redirect)) {
                        // A status by script need not be one that the interface names.
                        let problems = spec.answer(&request, &answer).into_iter();
                        let counts = |problem: &String| fault.is_none() || !problem.ends_with("the status is unknown");
                        inner.problems.extend(problems.filter(counts));
                    }
                    Ok(answer)
                }
            }
        })
    }
}

fn html((status, page): (u16, &str)) -> Answer {
    Answer {
        status,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: page.as_bytes().to_vec(),
    }
}

fn request(call: &Call) -> Request {
    let (_, rest) = call.url.split_once("://").expect("an address");
    let (host, target) = rest.split_at(rest.find('/').expect("a path"));
    assert!(
        call.headers.iter().all(|(name, _)| name.to_lowercase() == *name),
        "names in lower case"
    );
    Request {
        method: call.method.as_str().to_owned(),
        host: host.to_owned(),
        target: target.to_owned(),
        headers: call
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        body: call.body.clone(),
    }
}

/// The result of what never waits.
pub fn done<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}
