//! How long capture takes for people whom an answer must not tell apart (R86), without network and gateway.
//! `cargo bench --profile simulation -p piste-tests --bench answers`.
#![expect(clippy::print_stdout, reason = "a benchmark speaks by printing")]

use std::time::Duration;

use lambda_http::Body;
use lambda_http::http::{Request, header};
use piste_adapters::app::Start;
use piste_adapters::http::Visit;
use piste_adapters::{App, telemetry};
use piste_domain::lead::consent::Method;
use piste_domain::{Email, LeadId, Locale, WorkspaceId, input};
use piste_local::system::{Flags, System};
use piste_tests::binaries::root;

/// Posts of each kind; they take turns, so that whatever else the machine does meets all of them.
const ROUNDS: usize = 300;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    telemetry::silence();
    let flags = Flags {
        port: 0,
        data: None,
        now: "2026-03-02T09:00:00Z".parse().ok(),
        destinations: "none".into(),
        campaigns: root().join("infra/campaigns"),
        locale: Locale::En,
    };
    let built = System::build(&flags).await;
    let (system, _listener) = built.unwrap_or_else(|error| panic!("{}", error.say(Locale::En)));
    let app = &system.app;
    for number in 0..ROUNDS {
        for name in ["known", "suppressed"] {
            post(app, &format!("{name}{number}@example.org"), "").await;
        }
        let email = Email::parse(&format!("suppressed{number}@example.org")).expect("an address");
        let id = LeadId::of(&app.ring().identity, &WorkspaceId::new("main"), &email);
        let opt_out = app.apply(&id, Start::Known, input::OptOut(Method::OneClick)).await;
        assert!(opt_out.is_ok_and(|applied| applied.changed));
    }
    let kinds = [
        ("new", "example.org", ""),
        ("known", "example.org", "&company=Lumen"),
        ("suppressed", "example.org", "&company=Lumen"),
        ("disposable", "yopmail.com", ""),
        ("bot", "example.org", "&_gotcha=x"),
    ];
    let mut took = [const { Vec::new() }; 5];
    for number in 0..ROUNDS {
        for (times, (name, domain, more)) in took.iter_mut().zip(kinds) {
            times.push(post(app, &format!("{name}{number}@{domain}"), more).await);
        }
    }
    println!("{:<12} {:>10} {:>10} {:>10}", "µs", "median", "90 %", "to new");
    let mut new = None;
    for (times, (name, ..)) in took.iter_mut().zip(kinds) {
        times.sort_unstable();
        let [median, most] = [ROUNDS / 2, ROUNDS * 9 / 10].map(|at| times[at].as_secs_f64() * 1e6);
        let ratio = median / *new.get_or_insert(median);
        println!("{name:<12} {median:>10.0} {most:>10.0} {ratio:>10.2}");
    }
}

/// Posts an address, and says how long the answer took.
async fn post(app: &App, email: &str, more: &str) -> Duration {
    let request = Request::post("/forms/guide-seo")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(Body::Text(format!("email={email}&first_name=Ana&budget=15000{more}")));
    let visit = Visit::read(request.expect("a request"));
    let began = stopwatch();
    let answer = piste_capture::handle(app, &visit).await;
    let took = began.elapsed();
    assert_eq!(answer.status(), 202);
    took
}

fn stopwatch() -> std::time::Instant {
    #[expect(clippy::disallowed_methods, reason = "a figure, never an argument of anything")]
    std::time::Instant::now()
}
