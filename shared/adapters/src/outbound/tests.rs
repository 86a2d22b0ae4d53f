use std::net::IpAddr;
use std::sync::Mutex;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use piste_crm::Method;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

/// Of `localhost` and nothing else; it is its own root.
const CERTIFICATE: &[u8] = include_bytes!("localhost.pem");
const KEY: &[u8] = include_bytes!("localhost.key");

/// A server for one connection: its port, and what it makes of that.
async fn server<F>(talk: impl FnOnce(TcpStream) -> F + Send + 'static) -> (u16, JoinHandle<F::Output>)
where
    F: Future<Output: Send + 'static> + Send,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("a bound port").port();
    let served = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.expect("a caller");
        talk(socket).await
    });
    (port, served)
}

/// Reads one request, head and body.
async fn heard(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = String::new();
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.map_or(0, |length| length.parse().expect("a length")) <= body.len() {
                return text;
            }
        }
        let mut bytes = [0; 1024];
        let count = socket.read(&mut bytes).await.expect("a request");
        assert_ne!(count, 0, "the caller stopped within {text:?}");
        text += str::from_utf8(&bytes[..count]).expect("text");
    }
}

/// Reads one request and answers it.
async fn answered(mut socket: impl AsyncRead + AsyncWrite + Unpin, answer: &str) -> String {
    let request = heard(&mut socket).await;
    socket
        .write_all(answer.as_bytes())
        .await
        .expect("a caller that listens");
    // The end of the stream, as TLS says it.
    let _ = socket.shutdown().await;
    request
}

/// Lets virtual time run to the next timer, and waits until the caller has hung up.
async fn silent(mut socket: impl AsyncRead + Unpin) {
    tokio::time::pause();
    let _ = socket.read_to_end(&mut Vec::new()).await;
}

fn post(url: impl Into<String>) -> Call {
    let headers = vec![
        ("authorization", "Bearer key".into()),
        ("content-type", "application/json".into()),
    ];
    Call {
        method: Method::Post,
        url: url.into(),
        headers,
        body: b"{\"a\":1}".to_vec(),
    }
}

/// Our own roots, so that no test depends on those of its machine.
fn local() -> Outbound {
    Outbound::local().trusting(CERTIFICATE)
}

/// What the look-ups answer, one after another; after the last nobody knows the name.
#[derive(Clone, Debug)]
struct Told(Arc<Mutex<Vec<Vec<IpAddr>>>>);

impl Told {
    fn new(answers: &[&[&str]]) -> Self {
        let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().expect("an address")).collect();
        Self(Arc::new(Mutex::new(answers.iter().map(parse).rev().collect())))
    }

    fn left(&self) -> usize {
        self.0.lock().expect("no panic holds it").len()
    }

    fn client(&self, reach: Reach) -> Outbound {
        let lookup = SharedDnsResolver::new(self.clone());
        Outbound::over(Line {
            reach,
            lookup,
            roots: Some(CERTIFICATE.to_vec()),
            connector: OnceLock::new(),
        })
    }
}

impl ResolveDns for Told {
    fn resolve_dns<'a>(&'a self, _: &'a str) -> DnsFuture<'a> {
        let answer = self.0.lock().expect("no panic holds it").pop();
        DnsFuture::ready(answer.ok_or_else(|| ResolveDnsError::new("no such name")))
    }
}

#[tokio::test]
async fn a_call_and_its_answer() {
    let (port, served) =
        server(|socket| answered(socket, "HTTP/1.1 201 Created\r\nX-Id: 7\r\nContent-Length: 2\r\n\r\nok")).await;
    let answer = local()
        .call(post(format!("http://127.0.0.1:{port}/a?b=c#d")))
        .await
        .expect("an answer");
    assert_eq!(
        (answer.status, answer.header("x-id"), &*answer.body),
        (201, Some("7"), &b"ok"[..])
    );

    let request = served.await.expect("a request");
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{head}");
    for header in [
        "authorization: Bearer key",
        "content-type: application/json",
        "content-length: 7",
    ] {
        assert!(head.lines().any(|line| line == header), "{head}");
    }
    assert_eq!(body, "{\"a\":1}");
}

#[tokio::test]
async fn every_verb_goes_out_as_it_is() {
    for method in [Method::Get, Method::Post, Method::Patch, Method::Put, Method::Delete] {
        let (port, served) = server(|socket| answered(socket, "HTTP/1.1 204 No Content\r\n\r\n")).await;
        let call = Call {
            method,
            body: Vec::new(),
            ..post(format!("http://localhost:{port}/"))
        };
        assert_eq!(
            Told::new(&[&["127.0.0.1"]])
                .client(Reach::Local)
                .call(call)
                .await
                .map(|answer| answer.status),
            Ok(204)
        );
        let request = served.await.expect("a request");
        assert!(
            request.starts_with(&format!("{} / HTTP/1.1\r\n", method.as_str())),
            "{request}"
        );
    }
}

#[tokio::test]
async fn r114_a_redirect_is_an_answer() {
    for status in [301, 302, 303, 307, 308] {
        let answer = format!("HTTP/1.1 {status} Elsewhere\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n");
        let (port, _) = server(async move |socket| answered(socket, &answer).await).await;
        let answer = local()
            .call(post(format!("http://127.0.0.1:{port}/")))
            .await
            .expect("an answer");
        assert_eq!((answer.status, answer.header("location")), (status, Some("/next")));
    }
}

#[tokio::test]
async fn r114_a_body_is_read_up_to_the_limit() {
    for (limit, length, read) in [
        (4096, 4095, 4095),
        (4096, 4096, 4096),
        (4096, 4097, 4096),
        (10, 70_000, 10),
        (65_536, 70_000, 65_536),
    ] {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}",
            "x".repeat(length)
        );
        let (port, _) = server(async move |mut socket| {
            heard(&mut socket).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        })
        .await;
        let answer = local()
            .reading(limit)
            .call(post(format!("http://127.0.0.1:{port}/")))
            .await
            .expect("an answer");
        assert_eq!(answer.body.len(), read, "{limit} of {length}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_left_at_the_limit() {
    let (port, served) = server(async |mut socket| {
        heard(&mut socket).await;
        let _ = socket
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            .await;
        while socket.write_all(b"4\r\nmore\r\n").await.is_ok() {}
    })
    .await;
    let answer = local()
        .call(post(format!("http://127.0.0.1:{port}/")))
        .await
        .expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (200, LIMIT));
    served.await.expect("a server that met a closed connection");
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let (port, served) = server(async |_| ()).await;
    served.abort();
    assert!(served.await.is_err(), "the port is free again");
    let refused = local().call(post(format!("http://127.0.0.1:{port}/"))).await;
    assert_eq!(refused, Err(Broken::NotSent));

    for told in [Told::new(&[]), Told::new(&[&[]])] {
        assert_eq!(
            told.client(Reach::Public).call(post("https://nowhere.example/")).await,
            Err(Broken::NotSent)
        );
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_one_is_not_sent() {
    let call = Call {
        headers: vec![("x-name", "a\r\nx-other: b".into())],
        ..post("https://example.com/")
    };
    assert_eq!(
        Told::new(&[]).client(Reach::Public).call(call).await,
        Err(Broken::NotSent)
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_the_outcome_unknown() {
    for answer in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n",
        "no HTTP at all\r\n\r\n",
    ] {
        let (port, _) = server(move |socket| answered(socket, answer)).await;
        let ended = local().call(post(format!("http://127.0.0.1:{port}/"))).await;
        assert_eq!(ended, Err(Broken::Unknown), "{answer:?}");
    }
    // Taken and dropped at once: how much of the request was read, nobody can tell.
    let (port, _) = server(async |socket| drop(socket)).await;
    assert_eq!(
        local().call(post(format!("http://127.0.0.1:{port}/"))).await,
        Err(Broken::Unknown)
    );
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_leaves_the_outcome_unknown() {
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
    ] {
        let (port, served) = server(async move |mut socket| {
            heard(&mut socket).await;
            let _ = socket.write_all(answer.as_bytes()).await;
            // The client reads what came before its clock runs.
            tokio::task::yield_now().await;
            silent(socket).await;
        })
        .await;
        let start = tokio::time::Instant::now();
        assert_eq!(
            local().call(post(format!("http://127.0.0.1:{port}/"))).await,
            Err(Broken::Unknown),
            "{answer:?}"
        );
        assert!(
            (TIMEOUT..TIMEOUT + Duration::from_secs(1)).contains(&start.elapsed()),
            "{:?}",
            start.elapsed()
        );
        served.await.expect("a server that met a closed connection");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_handshake_that_fails_has_sent_nothing() {
    let (port, _) = server(async |mut socket| socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await).await;
    assert_eq!(
        local().call(post(format!("https://127.0.0.1:{port}/"))).await,
        Err(Broken::NotSent)
    );

    let (port, _) = server(async |socket| drop(socket)).await;
    assert_eq!(
        local().call(post(format!("https://127.0.0.1:{port}/"))).await,
        Err(Broken::NotSent)
    );

    let (port, _) = server(silent).await;
    let start = tokio::time::Instant::now();
    assert_eq!(
        local().call(post(format!("https://127.0.0.1:{port}/"))).await,
        Err(Broken::NotSent)
    );
    assert!(
        (CONNECT_TIMEOUT..CONNECT_TIMEOUT + Duration::from_secs(1)).contains(&start.elapsed()),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_look_up_without_end_has_sent_nothing() {
    #[derive(Debug)]
    struct Mute;
    impl ResolveDns for Mute {
        fn resolve_dns<'a>(&'a self, _: &'a str) -> DnsFuture<'a> {
            DnsFuture::new(std::future::pending())
        }
    }
    let lookup = SharedDnsResolver::new(Mute);
    let line = Line {
        reach: Reach::Public,
        lookup,
        roots: Some(CERTIFICATE.to_vec()),
        connector: OnceLock::new(),
    };
    assert_eq!(
        Outbound::over(line).call(post("https://example.com/")).await,
        Err(Broken::NotSent)
    );
}

/// A server that holds the certificate of `localhost`.
async fn secure_server() -> (u16, JoinHandle<Option<String>>) {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions that ring knows")
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate")],
            PrivateKeyDer::from_pem_slice(KEY).expect("a key"),
        )
        .expect("a pair");
    server(async |socket| {
        let stream = TlsAcceptor::from(Arc::new(config)).accept(socket).await.ok()?;
        Some(answered(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await)
    })
    .await
}

#[tokio::test]
async fn a_certificate_must_be_of_the_name_and_from_a_root_that_is_trusted() {
    let told = || Told::new(&[&["127.0.0.1"]]).client(Reach::Local);

    let (port, _) = secure_server().await;
    let answer = told()
        .call(post(format!("https://localhost:{port}/")))
        .await
        .expect("an answer");
    assert_eq!((answer.status, &*answer.body), (200, &b"ok"[..]));

    let (port, served) = secure_server().await;
    assert_eq!(
        told().call(post(format!("https://127.0.0.1:{port}/"))).await,
        Err(Broken::NotSent)
    );
    assert_eq!(served.await.expect("a server"), None, "it was told nothing");

    let (port, served) = secure_server().await;
    let other = include_bytes!("../amazon-roots.pem");
    assert_eq!(
        told()
            .trusting(other)
            .call(post(format!("https://localhost:{port}/")))
            .await,
        Err(Broken::NotSent)
    );
    assert_eq!(served.await.expect("a server"), None, "it was told nothing");
}

#[tokio::test]
async fn r113_one_address_that_is_not_public_condemns_the_name() {
    for answer in [
        &["10.0.0.1"][..],
        &["93.184.215.14", "10.0.0.1"],
        &["169.254.169.254", "93.184.215.14"],
        &["2606:4700:4700::1111", "93.184.215.14", "::ffff:127.0.0.1"],
        &["93.184.215.14", "fd00:ec2::254"],
    ] {
        for reach in [Reach::Public, Reach::Local] {
            let told = Told::new(&[answer]);
            assert_eq!(
                told.client(reach).call(post("https://example.com/")).await,
                Err(Broken::Forbidden),
                "{answer:?}"
            );
            assert_eq!(told.left(), 0);
        }
    }
    // In the cloud, the machine itself too.
    let told = Told::new(&[&["127.0.0.1"]]);
    assert_eq!(
        told.client(Reach::Public).call(post("https://localhost/")).await,
        Err(Broken::Forbidden)
    );
}

#[tokio::test]
async fn the_address_that_was_judged_is_the_one_connected_to() {
    let told = Told::new(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let client = told.client(Reach::Local);
    let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let (port, served) = server(|socket| answered(socket, closing)).await;
    assert_eq!(
        client
            .call(post(format!("http://localhost:{port}/")))
            .await
            .map(|answer| answer.status),
        Ok(200)
    );
    assert_eq!(told.left(), 1, "one call, one look-up");
    served.await.expect("a request");

    // The next connection is judged by the next answer.
    assert_eq!(
        client.call(post(format!("http://localhost:{port}/"))).await,
        Err(Broken::Forbidden)
    );
    assert_eq!(told.left(), 0);
}

#[tokio::test]
async fn what_the_guard_refuses_costs_nothing() {
    let told = Told::new(&[&["93.184.215.14"]]);
    let client = told.client(Reach::Public);
    for url in [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://user@example.com/",
        "nonsense",
    ] {
        assert_eq!(client.call(post(url)).await, Err(Broken::Forbidden), "{url}");
    }
    assert_eq!(told.left(), 1, "no name was asked for");
    assert!(client.line.connector.get().is_none(), "no client was made");
}

#[test]
fn clones_share_their_connections_and_say_nothing_of_them() {
    fn shared<T: Send + Sync + Clone + Http>(_: &T) {}
    let client = Outbound::public();
    shared(&client);
    let reading = client.reading(65_536);
    assert!(Arc::ptr_eq(&client.line, &reading.line));
    assert_eq!(
        format!("{client:?} {reading:?}"),
        "Outbound(Public, 4096 bytes) Outbound(Public, 65536 bytes)"
    );
}
