//! R36: the real SDK clients against endpoints on loopback that misbehave in every way a network can, with the requests
//! counted on the wire, below HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use piste_adapters::aws;
use piste_adapters::aws::SES_TIMEOUT;
use piste_adapters::clock::random_hex;
use piste_adapters::config::{Aws, Settings};
use piste_adapters::mail::ses::{Mailer, Parcel};
use piste_adapters::store::{Store, StoreErrorKind};
use piste_domain::LeadId;
use piste_domain::kit::vocabulary::HouseRefusal;
use piste_domain::lead::ledger::{Outcome, Party};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How an endpoint answers a request.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Takes the connection and reads nothing, for ever.
    HangUnread,
    /// Reads the request and never answers.
    Hang,
    /// Answers the head and the beginning of the body, and then nothing, for ever.
    Drip,
    /// Takes the connection and resets it.
    ResetUnread,
    /// Reads the head of the request only, then resets.
    ResetInBody,
    /// Reads the request, then resets.
    Reset,
    /// Reads the request, then closes in good order.
    Close,
    /// Closes in the middle of the answer's head.
    HalfHead,
    /// Closes in the middle of the answer's body.
    HalfBody,
    /// Answers.
    Answer(&'static str, &'static str),
}

/// A raw endpoint: it goes through its manners, one a request, and stays with the last.
struct Endpoint {
    url: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Endpoint {
    async fn start(manners: &'static [Manner]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let endpoint = Self {
            url,
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (Arc::clone(&endpoint.connections), Arc::clone(&endpoint.requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, manners, Arc::clone(&requests)));
            }
        });
        endpoint
    }

    fn seen(&self) -> (usize, usize) {
        (
            self.connections.load(Ordering::SeqCst),
            self.requests.load(Ordering::SeqCst),
        )
    }
}

/// One connection, request after request.
async fn serve(mut stream: TcpStream, manners: &[Manner], requests: Arc<AtomicUsize>) {
    loop {
        let upcoming = manners[requests.load(Ordering::SeqCst).min(manners.len() - 1)];
        match upcoming {
            Manner::HangUnread => return std::future::pending().await,
            Manner::ResetUnread => return reset(stream),
            _ => {}
        }
        let Some(body) = read_head(&mut stream).await else {
            return;
        };
        requests.fetch_add(1, Ordering::SeqCst);
        if matches!(upcoming, Manner::ResetInBody) {
            return reset(stream);
        }
        if stream.read_exact(&mut vec![0; body]).await.is_err() {
            return;
        }
        let answer = match upcoming {
            Manner::Hang => return std::future::pending().await,
            Manner::Reset => return reset(stream),
            Manner::Close => return,
            Manner::Drip | Manner::HalfBody => "HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n<SendRawEmail".to_owned(),
            Manner::HalfHead => "HTTP/1.1 200 OK\r\ncontent-le".to_owned(),
            Manner::Answer(status, body) => {
                let length = body.len();
                format!("HTTP/1.1 {status}\r\nlocation: /\r\ncontent-length: {length}\r\n\r\n{body}")
            }
            Manner::HangUnread | Manner::ResetUnread | Manner::ResetInBody => return,
        };
        let _ = stream.write_all(answer.as_bytes()).await;
        match upcoming {
            Manner::Drip => return std::future::pending().await,
            Manner::HalfHead | Manner::HalfBody => return,
            _ => {}
        }
    }
}

fn reset(stream: TcpStream) {
    // Closed with a reset instead of in good order.
    let _ = stream.set_zero_linger();
}

/// Reads a head byte by byte, so that the body stays unread; the body's length.
async fn read_head(stream: &mut TcpStream) -> Option<usize> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    length.parse().ok()
}

fn settings(endpoint: &str) -> Settings {
    Settings {
        table: "leads".into(),
        keys_table: "keys".into(),
        base_url: "https://lead.example.com".into(),
        configuration_set: "piste".into(),
        reply_domain: None,
        inbox: None,
        due_shards: 1,
        aws: Aws {
            // Clients of one region share a budget of retries.
            region: format!("test-{}", random_hex::<6>()),
            access_key_id: "local".into(),
            secret_access_key: "local".into(),
            session_token: None,
            dynamodb_endpoint: Some(endpoint.into()),
            ses_endpoint: Some(endpoint.into()),
            s3_endpoint: None,
            ca_bundle: None,
        },
    }
}

/// An email larger than what a socket takes at once.
async fn send(mailer: &Mailer) -> Outcome {
    let parcel = Parcel {
        from: "guide@example.com",
        to: "ana@example.org",
        tags: vec![("send_id", "s")],
    };
    let mime = format!("From: guide@example.com\r\n\r\n{}\r\n", "x\r\n".repeat(60_000));
    mailer.send(parcel, mime.into_bytes()).await
}

const SENT: &str =
    "<SendRawEmailResponse><SendRawEmailResult><MessageId>m-1</MessageId></SendRawEmailResult></SendRawEmailResponse>";
const THROTTLED: &str =
    "<ErrorResponse><Error><Code>Throttling</Code><Message>slow down</Message></Error></ErrorResponse>";
const REJECTED: &str =
    "<ErrorResponse><Error><Code>MessageRejected</Code><Message>no</Message></Error></ErrorResponse>";
const EXPIRED: &str = "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>no</Message></Error></ErrorResponse>";
const INTERNAL: &str =
    "<ErrorResponse><Error><Code>InternalFailure</Code><Message>no</Message></Error></ErrorResponse>";

fn accepted() -> Outcome {
    Outcome::Accepted {
        message_id: "m-1".into(),
    }
}

/// R6, R7: whatever SES does, one attempt is one connection and at most one request, within its time limit; and what is
/// not known for certain is ambiguous.
#[tokio::test]
async fn r6_r7_r36_one_attempt_is_one_request_whatever_ses_does() {
    let denied = Outcome::HouseRefused {
        kind: HouseRefusal::AccessDenied,
        party: Party::Sender,
        until: None,
    };
    let refused = |code: &str| Outcome::Refused { code: code.into() };
    let rows: Vec<(&'static [Manner], Outcome)> = vec![
        (&[Manner::HangUnread], Outcome::Ambiguous),
        (&[Manner::Hang], Outcome::Ambiguous),
        (&[Manner::Drip], Outcome::Ambiguous),
        (&[Manner::ResetUnread], Outcome::Ambiguous),
        (&[Manner::ResetInBody], Outcome::Ambiguous),
        (&[Manner::Reset], Outcome::Ambiguous),
        (&[Manner::Close], Outcome::Ambiguous),
        (&[Manner::HalfHead], Outcome::Ambiguous),
        (&[Manner::HalfBody], Outcome::Ambiguous),
        (&[Manner::Answer("200 OK", SENT)], accepted()),
        (&[Manner::Answer("200 OK", "")], Outcome::Ambiguous),
        (&[Manner::Answer("200 OK", "not XML")], Outcome::Ambiguous),
        (&[Manner::Answer("307 Temporary Redirect", "")], Outcome::Ambiguous),
        (
            &[Manner::Answer("500 Internal Server Error", INTERNAL)],
            Outcome::Ambiguous,
        ),
        (
            &[Manner::Answer("500 Internal Server Error", THROTTLED)],
            Outcome::Ambiguous,
        ),
        (&[Manner::Answer("502 Bad Gateway", "<html>")], Outcome::Ambiguous),
        (&[Manner::Answer("503 Service Unavailable", "")], Outcome::Ambiguous),
        (&[Manner::Answer("400 Bad Request", "")], Outcome::Ambiguous),
        (&[Manner::Answer("408 Request Timeout", "")], Outcome::Ambiguous),
        (&[Manner::Answer("400 Bad Request", INTERNAL)], Outcome::Ambiguous),
        (&[Manner::Answer("400 Bad Request", THROTTLED)], Outcome::Postponed),
        (&[Manner::Answer("403 Forbidden", EXPIRED)], denied),
        (
            &[Manner::Answer("400 Bad Request", REJECTED)],
            refused("MessageRejected"),
        ),
    ];
    // Side by side: those that hang cost their time limit once.
    let tries = rows.iter().map(|(manners, expected)| async move {
        let endpoint = Endpoint::start(manners).await;
        let mailer = Mailer::new(&settings(&endpoint.url)).expect("a client");
        // The rest is for a machine with other work.
        let limit = SES_TIMEOUT + Duration::from_secs(20);
        let outcome = tokio::time::timeout(limit, send(&mailer)).await;
        assert_eq!(outcome.as_ref(), Ok(expected), "{manners:?}");
        let (connections, requests) = endpoint.seen();
        assert_eq!(connections, 1, "R6: {manners:?}");
        assert!(requests <= 1, "R6: {manners:?}: {requests}");
    });
    join_all(tries).await;
}

/// R7: a connection that was refused is the one failure of the network after which nothing can have left.
#[tokio::test]
async fn r7_r36_a_refused_connection_is_a_definite_no() {
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        format!("http://{}", listener.local_addr().expect("an address"))
    };
    let mailer = Mailer::new(&settings(&url)).expect("a client");
    let code = "unreachable".into();
    assert_eq!(send(&mailer).await, Outcome::RefusedForNow { code });
}

/// R6: on a connection kept from an earlier mail, where HTTP clients like to try again by themselves.
#[tokio::test]
async fn r6_r36_a_kept_connection_that_breaks_costs_no_second_request() {
    for broken in [
        &[
            Manner::Answer("200 OK", SENT),
            Manner::Close,
            Manner::Answer("200 OK", SENT),
        ],
        &[
            Manner::Answer("200 OK", SENT),
            Manner::Reset,
            Manner::Answer("200 OK", SENT),
        ],
        &[
            Manner::Answer("200 OK", SENT),
            Manner::ResetInBody,
            Manner::Answer("200 OK", SENT),
        ],
    ] {
        let endpoint = Endpoint::start(broken).await;
        let mailer = Mailer::new(&settings(&endpoint.url)).expect("a client");
        assert_eq!(send(&mailer).await, accepted());
        assert_eq!(send(&mailer).await, Outcome::Ambiguous, "{broken:?}");
        assert_eq!(
            endpoint.seen(),
            (1, 2),
            "{broken:?}: the kept connection, and one request each"
        );
        assert_eq!(send(&mailer).await, accepted());
        assert_eq!(endpoint.seen(), (2, 3), "{broken:?}");
    }
}

/// R36: DynamoDB that hangs costs a call four seconds at the most, two tries; one that breaks off, three tries.
#[tokio::test]
async fn r36_a_call_of_dynamodb_is_bounded_in_time_and_tries() {
    let rows: [(&'static [Manner], usize); 7] = [
        (&[Manner::HangUnread], 2),
        (&[Manner::Hang], 2),
        (&[Manner::Drip], 2),
        (&[Manner::ResetUnread], 3),
        (&[Manner::Reset], 3),
        (&[Manner::Close], 3),
        (&[Manner::Answer("503 Service Unavailable", "")], 3),
    ];
    let tries = rows.iter().map(|(manners, most)| async move {
        let endpoint = Endpoint::start(manners).await;
        let client = aws::dynamodb(&settings(&endpoint.url).aws).expect("a client");
        let store = Store::new(client, "leads", "keys", 1);
        // The operation's own limit is four seconds; the rest is for a machine with other work.
        let load = tokio::time::timeout(Duration::from_secs(15), async { store.load(&LeadId::new("a")).await });
        let error = load.await.expect("bounded").expect_err("no answer");
        assert_eq!(error.kind, StoreErrorKind::NoAnswer, "{manners:?}");
        let (connections, requests) = endpoint.seen();
        assert!(
            requests <= *most && connections <= *most,
            "{manners:?}: {connections} connections, {requests} requests"
        );
    });
    join_all(tries).await;
}
