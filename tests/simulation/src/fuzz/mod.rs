//! R121: every public door, and every reader behind it, with good input that was spoilt: no panic, a known answer, nothing typed
//! in the log, nothing lost, and the next request is well. A seed decides everything.

mod mutate;
mod readers;
mod samples;
mod world;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use lambda_http::http::{HeaderName, HeaderValue, Method};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt as _};
use piste_adapters::clock::Clock;
use piste_adapters::http::Visit;
use serde_json::{Value, json};

use crate::chance::Chance;
use world::World;

/// Cases with a store after which the store is cleared.
const ROUND: u64 = 256;
/// Rounds after which the emails that follow are sent.
const SWEEP: u64 = 8;
/// Different failures after which a run ends.
const FAILURES_MAX: usize = 20;

/// Where a case goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Door {
    Value,
    Email,
    Post,
    Document,
    Cell,
    Columns,
    Token,
    Template,
    Campaign,
    Mapping,
    Capture,
    Trigger,
    Consent,
    Console,
    Import,
    Feedback,
}

/// Each door and its share of a thousand cases: readers most, since they are quick and everything ends in one of them.
const SHARES: [(Door, u64); 16] = [
    (Door::Value, 330),
    (Door::Email, 170),
    (Door::Post, 130),
    (Door::Document, 60),
    (Door::Cell, 50),
    (Door::Columns, 30),
    (Door::Token, 50),
    (Door::Template, 15),
    (Door::Campaign, 5),
    (Door::Mapping, 30),
    (Door::Capture, 60),
    (Door::Trigger, 30),
    (Door::Consent, 20),
    (Door::Console, 10),
    (Door::Import, 2),
    (Door::Feedback, 8),
];

impl Door {
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    fn has_store(self) -> bool {
        self >= Self::Capture
    }
}

/// What does not hold.
#[derive(Debug)]
struct Broken(String);

/// One input.
#[derive(Clone)]
struct Case {
    door: Door,
    /// Which of the readers behind the door.
    sort: usize,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Requests after which the store is down.
    down_after: Option<u64>,
    /// Whether the gateway tells who asks.
    known_visitor: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            door,
            sort,
            method,
            path,
            headers,
            body,
            down_after,
            ..
        } = self;
        writeln!(f, "{door:?} {sort} {method} {path:?}, down after {down_after:?}")?;
        headers
            .iter()
            .try_for_each(|(name, value)| writeln!(f, "  {name}: {value:?}"))?;
        write!(f, "  {}", body.escape_ascii())
    }
}

impl Case {
    fn new(door: Door, method: &str, path: &str) -> Self {
        Self {
            door,
            sort: 0,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            down_after: None,
            known_visitor: false,
        }
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn json(door: Door, method: &str, path: &str, body: &Value) -> Self {
        let case = Self::new(door, method, path).with("content-type", "application/json");
        Self {
            body: body.to_string().into_bytes(),
            ..case
        }
    }

    fn operator(method: &str, path: &str) -> Self {
        let case = Self::new(Door::Console, method, path).with("authorization", format!("Bearer {}", world::KEY));
        case.with("accept", "application/json")
    }

    fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    fn is_post_of_a_form(&self) -> bool {
        let path = self.path.split('?').next().unwrap_or_default().trim_matches('/');
        let part = path.split('/').nth(2).unwrap_or_default();
        self.door == Door::Capture && self.method == "POST" && !["visits", "thanks", "snippet.js"].contains(&part)
    }

    /// The request, as far as a gateway lets it through: addresses and headers are of their standards' characters.
    fn request(&self) -> Request {
        let mut path = String::from("/");
        for byte in self.path.trim_start_matches('/').bytes().take(12_000) {
            match byte {
                b'%' | b'?' | b'/' | b'&' | b'=' | b'+' | b'@' | b':' | b',' | b';' | b'-' | b'.' | b'_' | b'~' => {
                    path.push(char::from(byte))
                }
                byte if byte.is_ascii_alphanumeric() => path.push(char::from(byte)),
                byte => {
                    let _ = write!(path, "%{byte:02X}");
                }
            }
        }
        let mut request = Request::new(Body::Binary(self.body.clone()));
        *request.method_mut() = Method::from_bytes(self.method.as_bytes()).unwrap_or(Method::POST);
        *request.uri_mut() = path.parse().expect("an address of plain characters");
        for (name, value) in &self.headers {
            let value: Vec<u8> = value
                .bytes()
                .filter(|byte| *byte >= 0x20 && *byte != 0x7f)
                .take(8_000)
                .collect();
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_bytes(&value)) {
                request.headers_mut().append(name, value);
            }
        }
        if !self.known_visitor {
            return request;
        }
        let address = format!("203.0.113.{}", self.body.len() % 256);
        let context = json!({ "http": { "method": "POST", "sourceIp": address } });
        let context = serde_json::from_value(context).expect("a context");
        request.with_request_context(RequestContext::ApiGatewayV2(context))
    }

    fn visit(&self) -> Visit {
        Visit::read(self.request())
    }
}

/// A case of this door.
fn draw(door: Door, world: &World, chance: &mut Chance) -> Case {
    let mut case = match door {
        Door::Value | Door::Cell => {
            let (sample, other) = (*chance.pick(&samples::VALUES), *chance.pick(&samples::VALUES));
            typed(door, chance, sample, other)
        }
        Door::Email => {
            let (sample, other) = (*chance.pick(&samples::EMAILS), *chance.pick(&samples::EMAILS));
            typed(door, chance, sample, other)
        }
        Door::Columns => {
            let (sample, other) = (*chance.pick(&samples::LISTS), *chance.pick(&samples::VALUES));
            typed(door, chance, sample, other)
        }
        Door::Token => {
            let (sample, other) = (&chance.pick(&world.tokens).1, &chance.pick(&world.tokens).1);
            typed(door, chance, sample, other)
        }
        Door::Template => {
            let sort = chance.below(5) as usize;
            let sample = match sort {
                0 => chance.pick(&world.emails).as_str(),
                _ => *chance.pick(&samples::VALUES),
            };
            let other = *chance.pick(&samples::VALUES);
            Case {
                sort,
                ..typed(door, chance, sample, other)
            }
        }
        Door::Campaign => {
            let (sample, other) = (chance.pick(&world.files), chance.pick(&world.files));
            typed(door, chance, sample, other)
        }
        Door::Mapping => mapping(world, chance),
        Door::Post => Case { door, ..post(chance) },
        Door::Document => {
            let post = post(chance);
            let kind = *chance.pick(&[
                "application/json",
                "application/json; charset=utf-16",
                "text/plain; charset=windows-1252",
                ";charset=",
                "x;charset=\"iso-8859-15\"",
            ]);
            let body = post.body;
            Case {
                body,
                ..Case::new(door, "POST", "/").with("content-type", kind)
            }
        }
        Door::Capture => capture(chance),
        Door::Trigger => trigger(world, chance),
        Door::Consent => consent(world, chance),
        Door::Console => console(world, chance),
        Door::Import => import(world, chance),
        Door::Feedback => {
            let mut event = samples::feedback(
                chance.next() % 1_000,
                chance.pick::<String>(&world.leads),
                &"s".repeat(26),
            );
            mutate::json(chance, &mut event);
            let body = mutate::json_text(chance, &event).into_bytes();
            Case {
                body,
                ..Case::new(door, "EVENT", "/")
            }
        }
    };
    if door.has_store() {
        case.known_visitor = chance.once_in(8);
        case.down_after = chance.once_in(25).then(|| chance.below(6));
    }
    case
}

/// A value that somebody typed, and another beside it.
fn typed(door: Door, chance: &mut Chance, sample: &str, other: &str) -> Case {
    let body = mutate::text(chance, sample, other).into_bytes();
    let path = if chance.once_in(2) {
        mutate::hostile(chance).to_owned()
    } else {
        other.to_owned()
    };
    Case {
        body,
        ..Case::new(door, "", &path)
    }
}

/// A post of a form in any of its three kinds, with the headers of a browser or a script.
fn post(chance: &mut Chance) -> Case {
    let at = chance.below(1_000);
    let case = Case::new(Door::Capture, "POST", "/forms/guide-seo");
    let (kind, mut body) = match chance.below(3) {
        0 => {
            let mut document = samples::form_json(at);
            mutate::json(chance, &mut document);
            (
                "application/json".to_owned(),
                mutate::json_text(chance, &document).into_bytes(),
            )
        }
        way => {
            let mut pairs = samples::form(at);
            mutate::pairs(chance, &mut pairs);
            match way {
                1 => (
                    "application/x-www-form-urlencoded".to_owned(),
                    mutate::urlencoded(chance, &pairs),
                ),
                _ => (
                    format!("multipart/form-data; boundary={}", mutate::BOUNDARY),
                    mutate::multipart(chance, &pairs),
                ),
            }
        }
    };
    if chance.once_in(3) {
        let other = samples::form_json(at + 1).to_string();
        mutate::bytes(chance, &mut body, other.as_bytes());
    }
    let charset = [
        "",
        "",
        "",
        "; charset=utf-8",
        "; charset=iso-8859-15",
        "; charset=windows-1252",
        "; charset=utf-16",
        "; charset=",
    ];
    let mut kind = format!("{kind}{}", chance.pick(&charset));
    if chance.once_in(20) {
        kind = mutate::text(chance, &kind, "multipart/form-data; boundary=");
    }
    let mut case = case.with("content-type", kind);
    case.body = body;
    case
}

/// Headers as browsers and scripts send them, now and then spoilt.
fn dress(chance: &mut Chance, mut case: Case) -> Case {
    for (name, values) in [
        (
            "accept",
            ["text/html,application/xhtml+xml,*/*;q=0.8", "application/json", "*/*"],
        ),
        ("accept-language", ["fr", "en-GB,en;q=0.8", "de, *;q=0"]),
        ("origin", ["https://www.example.com", "https://evil.example", "null"]),
        (
            "referer",
            [
                "https://www.example.com/blog?zqx@example.org",
                "https://leads.example.com/forms/x",
                "x",
            ],
        ),
        (
            "user-agent",
            [
                "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "curl/8.5.0",
                "",
            ],
        ),
    ] {
        if chance.once_in(2) {
            let mut value = (*chance.pick(&values)).to_owned();
            if chance.once_in(12) {
                value = mutate::text(chance, &value, "zqx@example.org");
            }
            case = case.with(name, value);
        }
    }
    if chance.once_in(40) {
        (*chance.pick(&["GET", "HEAD", "PUT", "OPTIONS", "PATCH", "DELETE", "ZQX"])).clone_into(&mut case.method);
    }
    if chance.once_in(20) {
        let other = mutate::hostile(chance);
        case.path = mutate::text(chance, &case.path, other);
    }
    case
}

fn capture(chance: &mut Chance) -> Case {
    let path = match chance.below(20) {
        0 => "/forms/guide-seo/visits?lang=fr",
        1 => "/forms/guide-seo/thanks?lang=en&files=cv",
        2 => "/forms/guide-seo/snippet.js?storage=none",
        3 => "/forms/guide-seo?utm_source=zqx&gclid=x&lang=fr",
        4 | 5 => "/forms/newsletter",
        6..10 => "/forms/quote-request",
        _ => "/forms/guide-seo",
    };
    let mut case = post(chance);
    path.clone_into(&mut case.path);
    if path.contains('?') && chance.once_in(2) {
        "GET".clone_into(&mut case.method);
    }
    if chance.once_in(30) {
        case.body = b"{\"email\":\"zqx.unreadable@example.org\",\"need\":\"x\"}".to_vec();
        case.headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    }
    dress(chance, case)
}

fn trigger(world: &World, chance: &mut Chance) -> Case {
    let at = chance.below(1_000);
    let (source, mut event) = match chance.below(3) {
        0 => ("site", samples::native(at)),
        _ => ("crm", samples::report(at)),
    };
    mutate::json(chance, &mut event);
    let mut case =
        Case::new(Door::Trigger, "POST", &format!("/triggers/{source}")).with("content-type", "application/json");
    case.body = mutate::json_text(chance, &event).into_bytes();
    if chance.once_in(10) {
        mutate::bytes(chance, &mut case.body, b"{}");
    }
    // Signed as the other system signs it, over what it says: so that what is spoilt is read.
    let (id, now) = (format!("m-{at}"), world.now());
    let mut signed = [
        ("webhook-id", id.clone()),
        ("webhook-timestamp", now.as_second().to_string()),
        ("webhook-signature", world.secret.sign(&id, now, &case.body)),
    ];
    if chance.once_in(8) {
        let header = chance.below(3) as usize;
        signed[header].1 = mutate::text(chance, &signed[header].1, "v1,");
    }
    case = signed
        .into_iter()
        .fold(case, |case, (name, value)| case.with(name, value));
    dress(chance, case)
}

fn consent(world: &World, chance: &mut Chance) -> Case {
    let path = *chance.pick(&[
        "/confirm",
        "/unsubscribe",
        "/preferences",
        "/my-data",
        "/resources/guide-seo",
    ]);
    let mut token = chance.pick(&world.tokens).1.clone();
    if chance.once_in(4) {
        token = mutate::text(chance, &token, "v1.k1.confirm");
    }
    let token = if chance.once_in(10) {
        String::new()
    } else {
        format!("?t={token}&lang=fr")
    };
    let method = if chance.once_in(3) { "GET" } else { "POST" };
    let mut pairs: Vec<(String, String)> = [
        (
            "do",
            *chance.pick(&["download", "correct", "erase", "certificate", "other"]),
        ),
        ("email", *chance.pick(&samples::EMAILS)),
        ("frequency", *chance.pick(&["all", "weekly", "monthly"])),
        ("pause", *chance.pick(&["keep", "30", "90", "end"])),
        ("language", *chance.pick(&["fr", "en"])),
        ("topic.guide-seo.visibility", "on"),
        ("first_name", "Ana"),
        ("budget", "15k"),
        ("List-Unsubscribe", "One-Click"),
        ("form", "guide-seo"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if chance.once_in(4) {
        pairs.push((
            chance.pick(&["stop", "stay", "again"]).to_string(),
            "guide-seo".to_owned(),
        ));
    }
    mutate::pairs(chance, &mut pairs);
    let mut case = Case::new(Door::Consent, method, &format!("{path}{token}"));
    case = case.with("content-type", "application/x-www-form-urlencoded");
    case.body = mutate::urlencoded(chance, &pairs);
    if chance.once_in(10) {
        case.body.clear();
    }
    dress(chance, case)
}

fn console(world: &World, chance: &mut Chance) -> Case {
    let (method, path, body) = *chance.pick(&samples::CALLS);
    let token = &chance.pick(&world.tokens).1;
    let (method, path) = match chance.once_in(12) {
        true => (*chance.pick(&["GET", "POST"]), format!("/sales?t={token}&lang=fr")),
        false => (method, path.to_owned()),
    };
    let mut cursor = chance.pick(&world.cursors).clone();
    if chance.once_in(2) {
        cursor = mutate::text(chance, &cursor, "-377705023201");
    }
    let path = path
        .replace("{id}", chance.pick::<String>(&world.leads))
        .replace("{held}", chance.pick::<String>(&world.held))
        .replace("{import}", &world.import)
        .replace("{cursor}", &cursor);
    let mut case = Case::operator(method, &path)
        .with("cookie", world::COOKIE)
        .with("sec-fetch-site", "same-origin");
    case.body = body.into();
    if body.starts_with('{') {
        let mut document = serde_json::from_str(body).expect("a sample");
        mutate::json(chance, &mut document);
        case.body = mutate::json_text(chance, &document).into_bytes();
        case = case.with("content-type", "application/json");
    } else {
        case = case.with("content-type", "application/x-www-form-urlencoded");
        if chance.once_in(2) {
            let other = mutate::hostile(chance);
            mutate::bytes(chance, &mut case.body, other.as_bytes());
        }
    }
    // A parameter with a value of another kind.
    if let Some((start, query)) = case.path.split_once('?').filter(|_| chance.once_in(2)) {
        let mut pairs: Vec<&str> = query.split('&').collect();
        let at = chance.below(pairs.len() as u64) as usize;
        let name = pairs[at].split('=').next().unwrap_or_default();
        let hostile = mutate::hostile(chance).to_owned();
        let value = mutate::urlencoded(chance, &[(name.to_owned(), hostile)]);
        let value = String::from_utf8(value).unwrap_or_default();
        pairs[at] = &value;
        case.path = format!("{start}?{}", pairs.join("&"));
    }
    if chance.once_in(20) {
        case.headers
            .retain(|(name, _)| name != "authorization" && name != "cookie");
    }
    dress(chance, case)
}

fn import(world: &World, chance: &mut Chance) -> Case {
    let dry = if chance.once_in(2) { "&dry_run=true" } else { "" };
    let columns = if chance.once_in(3) {
        "&columns=Soci%C3%A9t%C3%A9%3Dcompany,Notes%3D"
    } else {
        ""
    };
    let path = format!(
        "/api/leads/import?campaign={}{dry}{columns}",
        chance.pick(&world.campaigns).id
    );
    let mut case = Case {
        door: Door::Import,
        ..Case::operator("POST", &path)
    }
    .with("content-type", "text/csv");
    case.body = (*chance.pick(&samples::LISTS)).into();
    if !chance.once_in(6) {
        let other = *chance.pick(&samples::LISTS);
        mutate::bytes(chance, &mut case.body, other.as_bytes());
    }
    if chance.once_in(20) {
        let (head, rest) = case.body.split_at(case.body.len() / 2);
        case.body = [head, &rest.repeat(chance.between(2, 40) as usize)].concat();
    }
    dress(chance, case)
}

fn mapping(world: &World, chance: &mut Chance) -> Case {
    let at = chance.below(1_000);
    let file = chance.pick(&world.mappings);
    if chance.once_in(4) {
        return typed(Door::Mapping, chance, file, "email = \"a[b=c].d\"");
    }
    let mut event = samples::report(at);
    mutate::json(chance, &mut event);
    let mut case = Case::new(Door::Mapping, "POST", file);
    case.sort = 1;
    case.body = mutate::json_text(chance, &event).into_bytes();
    for (name, value) in [
        ("x-hubspot-signature-v3", "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw="),
        ("x-hubspot-request-timestamp", "1772442000000"),
        (
            "typeform-signature",
            "sha256=W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
        ),
        (
            "stripe-signature",
            "t=1772442000,v1=f0bdba6d4eacbd8ad8a3bbadd7248e633ec1477f7899c124c51b39405fa36613,v0=x",
        ),
        (
            "calendly-webhook-signature",
            "t=1772442000,v1=393224d41487b9a1599fe7222fb1c5c717abd88b533243dc813ea81f041a97c4",
        ),
        (
            "x-hub-signature-256",
            "sha256=393224d41487b9a1599fe7222fb1c5c717abd88b533243dc813ea81f041a97c4",
        ),
        ("authorization", "Basic enF4LXNlY3JldC1vZi10aGVpcnM="),
        ("x-zqx", "zqx-secret-of-theirs"),
        ("webhook-id", "m-1"),
        ("webhook-timestamp", "1772442000"),
        ("webhook-signature", "v1,AAAA v1,BBBB"),
    ] {
        let value = if chance.once_in(3) {
            mutate::text(chance, value, "t=,v1=")
        } else {
            value.to_owned()
        };
        case = case.with(name, value);
    }
    case
}

thread_local! {
    /// Where this thread panicked last, and what it said; `None` where no panic is expected, and each is told as ever.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on a panic of this thread is kept, not printed.
fn keep_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload().downcast_ref::<&str>().map(|text| (*text).to_owned());
        let said = said.or_else(|| panic.payload().downcast_ref::<String>().cloned());
        let kept = PANIC.with_borrow_mut(|kept| {
            let place = kept.as_mut();
            place
                .map(|place| *place = format!("at {at}: {}", said.unwrap_or_default()))
                .is_some()
        });
        if !kept {
            tell(panic);
        }
    }));
    PANIC.set(Some(String::new()));
}

fn panic_kept() -> String {
    PANIC.with_borrow(|kept| kept.clone().unwrap_or_default())
}

/// What does not hold of a case; a panic is one of these.
async fn fails(world: &World, case: &Case) -> Option<String> {
    let tried = async {
        match case.door {
            Door::Value => readers::value(case),
            Door::Email => readers::email(case),
            Door::Post => readers::post(world, case).await,
            Door::Document => readers::document(world, case),
            Door::Cell => readers::cell(case),
            Door::Columns => readers::columns(world, case),
            Door::Token => readers::token(world, case),
            Door::Template => readers::template(world, case),
            Door::Campaign => readers::campaign(case),
            Door::Mapping => readers::mapping(world, case),
            _ => world.ask(case).await,
        }
    };
    match AssertUnwindSafe(tried).catch_unwind().await {
        Ok(held) => held.err().map(|Broken(what)| what),
        Err(_) => Some(format!("panicked {}", panic_kept())),
    }
}

/// The kind of a failure: what it says up to what differs from case to case.
fn kind(what: &str) -> String {
    what.split(['{', '`'])
        .next()
        .unwrap_or_default()
        .chars()
        .take(90)
        .collect()
}

/// The same failure with as little as it takes, by leaving out one half, quarter, … of it after the other.
async fn smallest(world: &World, mut case: Case, wanted: &str) -> Case {
    let same = async |case: &Case| {
        world.clear().await;
        fails(world, case).await.is_some_and(|what| kind(&what) == wanted)
    };
    if !same(&case).await {
        return case; // it takes what came before it
    }
    let mut at = 0;
    while at < case.headers.len() {
        let mut less = case.clone();
        less.headers.remove(at);
        match same(&less).await {
            true => case = less,
            false => at += 1,
        }
    }
    let mut size = case.body.len().div_ceil(2);
    while size > 0 {
        let mut start = 0;
        while start < case.body.len() {
            let mut less = case.clone();
            less.body.drain(start..(start + size).min(case.body.len()));
            match same(&less).await {
                true => case = less,
                false => start += size,
            }
        }
        size /= 2;
    }
    case
}

/// What a run found.
#[derive(Default)]
struct Found {
    tried: BTreeMap<Door, u64>,
    sweeps: u64,
    failed: u64,
    kinds: BTreeSet<String>,
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build()
}

/// Tries this many cases, of one door if one is named; says each new failure at once, and at the end what was tried.
///
/// # Errors
/// Some case failed, or there is no such door.
pub fn run(cases: u64, seed: u64, only: Option<&str>, say: impl Fn(&str)) -> Result<(), String> {
    let shares: Vec<(Door, u64)> = SHARES
        .into_iter()
        .filter(|(door, _)| only.is_none_or(|name| door.name() == name))
        .collect();
    if shares.is_empty() {
        let names: Vec<_> = SHARES.iter().map(|(door, _)| door.name()).collect();
        return Err(format!("no such door; there are {}", names.join(", ")));
    }
    keep_panics();
    let runtime = runtime().map_err(|error| error.to_string())?;
    let started = Clock::Wall.now();
    let found = runtime.block_on(all(cases, seed, &shares, &say));
    PANIC.set(None);
    let took = Clock::Wall.now().duration_since(started).as_secs().max(1);
    let tried: Vec<_> = found
        .tried
        .iter()
        .map(|(door, count)| format!("{} {count}", door.name()))
        .collect();
    say(&format!("cases by door: {}; sweeps {}", tried.join(", "), found.sweeps));
    let total: u64 = found.tried.values().sum();
    say(&format!("{} cases/s over {took} s", total / took.unsigned_abs()));
    say(&format!("{} passed, {} failed", total - found.failed, found.failed));
    match found.failed {
        0 => Ok(()),
        _ => Err(format!("{} kinds of failures", found.kinds.len())),
    }
}

async fn all(cases: u64, seed: u64, shares: &[(Door, u64)], say: &impl Fn(&str)) -> Found {
    let world = World::build(seed).await;
    let sum: u64 = shares.iter().map(|(_, share)| share).sum();
    let (mut found, mut with_store) = (Found::default(), 0);
    world.clear().await;
    for number in 0..cases {
        // Each case has a chance of its own: what one draws changes no other.
        let mut chance = Chance::new(seed.wrapping_mul(0x0100_0000_01b3).wrapping_add(number));
        let mut at = chance.below(sum);
        let door = shares.iter().find(|(_, share)| {
            let here = at < *share;
            at = at.wrapping_sub(*share);
            here
        });
        let door = door.expect("the shares add up").0;
        let case = draw(door, &world, &mut chance);
        *found.tried.entry(door).or_default() += 1;
        let mut broken = fails(&world, &case).await;
        if door.has_store() {
            with_store += 1;
            if broken.is_none() && with_store % (ROUND * SWEEP) == ROUND {
                found.sweeps += 1;
                let swept = AssertUnwindSafe(world.sweep()).catch_unwind().await;
                broken = match swept {
                    Ok(held) => held.err().map(|Broken(what)| what),
                    Err(_) => Some(format!("panicked in the sweep {}", panic_kept())),
                };
            }
            if with_store % ROUND == 0 || broken.is_some() {
                world.clear().await;
            }
        }
        let Some(what) = broken else { continue };
        found.failed += 1;
        if found.kinds.insert(kind(&what)) {
            let least = smallest(&world, case, &kind(&what)).await;
            world.clear().await;
            say(&format!("case {number} of seed {seed}: {what}\n{least}"));
            if found.kinds.len() == FAILURES_MAX {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use lambda_http::Context;
    use piste_adapters::http::guarded;
    use piste_adapters::telemetry;

    use super::*;

    /// What visitors see of 5xx is an alarm, and a panic is one of them.
    const TEMPLATE: &str = include_str!("../../../../infra/template.yaml");

    #[test]
    fn r121_a_panic_in_a_handler_is_answered_logged_and_alarms_and_the_next_request_is_well() {
        runtime().expect("a runtime").block_on(async {
            let world = World::build(1).await;
            let body = json!({ "email": "ana.zqx@example.org" });
            let mut context = Context::default();
            context.request_id = "4f1c".into();
            let ask = async |path: &str| {
                let case = Case::json(Door::Capture, "POST", path, &body);
                let visit = Visit::read(case.request().with_lambda_context(context.clone()));
                let answer = guarded(&visit, world.handle(Door::Capture, &visit)).await;
                let Body::Text(text) = answer.into_parts().1 else {
                    panic!("a text")
                };
                let document: Value = serde_json::from_str(&text).expect("a document");
                (document, telemetry::catch().concat())
            };
            keep_panics();
            world.storm(true);
            let (document, log) = ask("/forms/guide-seo").await;
            assert_eq!(
                (&document["status"], &document["code"]),
                (&json!(500), &json!("internal"))
            );
            assert_eq!(document["request_id"], "4f1c");
            assert!(
                log.contains("\"panicked\"") && log.contains("\"error\"") && log.contains("4f1c"),
                "{log}"
            );
            assert!(!log.contains("zqx"), "{log}");
            world.storm(false);
            let (document, log) = ask("/forms/guide-seo").await;
            assert_eq!(document["status"], "accepted");
            assert!(!log.contains("panicked"), "{log}");
            PANIC.set(None);
            let alarm = TEMPLATE.split("ServerErrorsAlarm:").nth(1).expect("an alarm");
            let alarm = alarm.split("AWS::CloudWatch::Alarm").nth(1).expect("its properties");
            assert!(
                alarm.contains("MetricName: 5xx") && alarm.contains("Threshold: 0"),
                "{alarm}"
            );
        });
    }

    #[test]
    fn r121_some_thousand_cases_of_every_door_hold() {
        let said = RefCell::new(Vec::new());
        let done = run(4_000, 7, None, |line| said.borrow_mut().push(line.to_owned()));
        assert!(done.is_ok(), "{}", said.into_inner().join("\n"));
    }
}
