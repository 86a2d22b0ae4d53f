//! Bodies made to be slow, read by the very code of the binaries.

use std::time::{Duration, Instant};

use lambda_http::Body;
use lambda_http::http::Request;
use piste_adapters::http::{PostProblem, Visit};
use piste_domain::Email;
use piste_domain::kit::limits::BODY_BYTES_MAX;
use piste_domain::kit::phone::Phone;
use piste_domain::kit::text::clean_text;

#[expect(clippy::disallowed_methods, reason = "a figure, never an argument of anything")]
fn stopwatch() -> Instant {
    Instant::now()
}

/// The requirements' figures are those of what is deployed. Nothing is optimised here, and other tests run beside this one; what
/// takes quadratic time takes seconds all the same.
const UNOPTIMISED: u32 = if cfg!(debug_assertions) { 20 } else { 1 };

/// Fails if the work takes longer than so many milliseconds each time.
#[track_caller]
fn within<T>(ms: u64, what: &str, work: impl Fn() -> T) -> T {
    let limit = Duration::from_millis(ms) * UNOPTIMISED;
    let mut took = Duration::MAX;
    for _ in 0..5 {
        let watch = stopwatch();
        let done = work();
        took = took.min(watch.elapsed());
        if took <= limit {
            return done;
        }
    }
    panic!("{what} took {took:?}, more than {limit:?}")
}

fn read(kind: &str, body: &[u8]) -> Result<usize, PostProblem> {
    let request = Request::post("/forms/guide-seo").header("content-type", kind);
    let request = request.body(Body::Binary(body.to_vec())).expect("a request");
    let visit = Visit::read(request);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let post = runtime.block_on(visit.post())?;
    Ok(post.pairs().len())
}

/// A text of as many bytes as a body may have, made of one piece.
fn filled(start: &str, piece: &str, end: &str) -> String {
    let times = (BODY_BYTES_MAX - start.len() - end.len()) / piece.len();
    format!("{start}{}{end}", piece.repeat(times))
}

#[test]
fn r80_r121_the_largest_bodies_are_read_or_refused_at_once() {
    let form = "application/x-www-form-urlencoded";
    let json = "application/json";
    let rows: [(&str, &str, String, Result<usize, PostProblem>); 9] = [
        (
            "keys of one letter",
            form,
            filled("", "a&", ""),
            Err(PostProblem::TooLarge),
        ),
        ("nothing but separators", form, filled("", "&", ""), Ok(0)),
        ("nothing but percent signs", form, filled("a=", "%", ""), Ok(1)),
        ("one long address", form, filled("email=", "a", ""), Ok(1)),
        ("brackets", json, filled("", "[", ""), Err(PostProblem::Malformed)),
        (
            "brackets in an object",
            json,
            filled("{\"a\":", "[", ""),
            Err(PostProblem::Malformed),
        ),
        (
            "keys that come twice",
            json,
            filled("{", "\"a\":1,", ""),
            Err(PostProblem::Malformed),
        ),
        ("escapes", json, filled("{\"a\":\"", "\\u0061", "\"}"), Ok(1)),
        (
            "lists in a list",
            json,
            filled("{\"a\":[", "[],", ""),
            Err(PostProblem::Malformed),
        ),
    ];
    for (what, kind, body, expected) in rows {
        let limit = if kind == json { 10 } else { 20 };
        assert_eq!(within(limit, what, || read(kind, body.as_bytes())), expected, "{what}");
    }
    // Beyond the limit nothing is read at all.
    let bomb = "[".repeat(100_000);
    assert_eq!(
        within(10, "a bomb", || read(json, bomb.as_bytes())),
        Err(PostProblem::TooLarge)
    );
}

#[test]
fn r79_multipart_of_the_largest_size_is_read_or_refused_at_once() {
    let kind = "multipart/form-data; boundary=b";
    let part = |disposition: &str, value: &str| {
        let head = format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
        [head.as_bytes(), value.as_bytes(), b"\r\n--b--"].concat()
    };
    let lines = "\r\n--\r\n-b".repeat(500_000); // what looks like a boundary at every other byte
    let rows = [
        ("a file", part("name=\"f\"; filename=\"x\"", &lines), Ok(0)),
        ("a value", part("name=\"a\"", &lines[..60_000]), Ok(1)),
        (
            "boundaries",
            "--b\r\n".repeat(13_000).into_bytes(),
            Err(PostProblem::Malformed),
        ),
        (
            "files",
            "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n\r\n"
                .repeat(60_000)
                .into_bytes(),
            Err(PostProblem::TooLarge),
        ),
        (
            "words before",
            "-".repeat(4_000_000).into_bytes(),
            Err(PostProblem::Malformed),
        ),
        (
            "one header",
            part(&format!("name=\"{}", "\\\"".repeat(30_000)), ""),
            Ok(1),
        ),
    ];
    for (what, body, expected) in rows {
        assert_eq!(within(50, what, || read(kind, &body)), expected, "{what}");
    }
}

/// What is read of one field is looked at within limits of its own, or once from its start to its end.
#[test]
fn r121_no_text_of_a_field_is_slow() {
    for piece in [
        "a", "@", "a@", ".", "a.", "é", "\u{301}", "\u{200b}", " ", "\r\n", "0", "+33", "xn--a.", "<\"'",
    ] {
        let text = filled("", piece, "");
        within(20, piece, || Email::read(&text).is_ok());
        within(20, piece, || Phone::read(&text, "FR").is_some());
        within(20, piece, || clean_text(&text).len());
    }
    let address = format!("{}@example.org", "a".repeat(BODY_BYTES_MAX));
    assert!(within(20, "an address", || Email::read(&address).is_err()));
}
