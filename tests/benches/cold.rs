//! What a function weighs and what its first answer takes, in figures that do not depend on the machine's load:
//! sizes, instructions (callgrind), requests and write units. Run it with `cargo bench -p piste-tests`.
//!
//! DynamoDB is the embedded engine behind TLS 1.3 with an RSA-2048 chain, because most of a cold start is the handshake.
#![expect(clippy::print_stdout, reason = "a benchmark speaks by printing")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use piste_local::engine::Engine;
use piste_tests::binaries::{binary, root};
use piste_tests::proxy::Proxy;
use piste_tests::runtime_api::{Function, RuntimeApi, http_event, schedule_event};
use serde_json::Value;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const FORM: &str = "email=ana%40example.org&first_name=Ana&last_name=Martin&phone=%2B33+1+99+00+12+34&company=Exemple&\
                    sector=saas&company_size=50-249&budget=15000&need=Plus+de+demandes+de+devis&timing=now&marketing_consent=on";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Engine::dynamodb(None).expect("the engine starts");
    let proxy = Proxy::start(&engine.url()).await.expect("the proxy starts");
    let ca = certificates(folder.path());
    let tls = tls_front(folder.path(), proxy.url()).await;
    publish(&engine.url()).await;

    println!("{:<10} {:>12} {:>10}", "function", "binary KiB", "zip KiB");
    for name in ["capture", "consent", "nurture", "feedback", "console", "trigger"] {
        let binary = binary(name);
        let zip = folder.path().join(format!("{name}.zip"));
        let made = Command::new("python3")
            .args(["-m", "zipfile", "-c"])
            .arg(&zip)
            .arg(&binary)
            .status();
        assert!(made.is_ok_and(|status| status.success()), "python3 makes the zip");
        let kib = |path: &Path| fs::metadata(path).map_or(0, |meta| meta.len() / 1024);
        println!("{name:<10} {:>12} {:>10}", kib(&binary), kib(&zip));
    }

    let env = environment(&tls, &ca);
    // Another person each time: a known one is another path.
    let post = |number: usize| form_post(&FORM.replace("ana%40", &format!("ana{number}%40")));
    let tick = |_| schedule_event();
    // The tick first: nobody is due yet.
    println!("\n{:<34} {:>12}", "", "million instructions");
    for (name, event) in [("nurture", &tick as &dyn Fn(usize) -> Value), ("capture", &post)] {
        let first = instructions(name, folder.path(), &env, event, 1).await;
        let many = instructions(name, folder.path(), &env, event, 101).await;
        println!("{:<34} {first:>12.2}", format!("{name}, start to first answer"));
        println!(
            "{:<34} {:>12.2}",
            format!("{name}, each warm answer"),
            (many - first) / 100.0
        );
    }

    println!("\n{:<34} {:>8} {:>12}", "", "requests", "write units");
    let function = spawn(&binary("capture"), &env).await;
    // The first call opens the connection and reads keys and campaigns; the posts after it are counted.
    let show = http_event("GET", "/forms/guide-seo", &[], b"");
    function.invoke(show).await.expect("an answer");
    for (what, body) in [
        ("capture of a new lead", FORM.to_owned()),
        ("the same person, other answers", FORM.replace("15000", "25000")),
        ("the same post once more", FORM.replace("15000", "25000")),
    ] {
        proxy.reset();
        let answer = function.invoke(form_post(&body)).await.expect("an answer");
        assert_eq!(answer["statusCode"], 303, "{answer}");
        let requests: u64 = proxy.counts().values().sum();
        let units: f64 = proxy.units().values().map(|units| units.write).sum();
        println!("{what:<34} {requests:>8} {units:>12.2}");
    }
}

fn form_post(body: &str) -> Value {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "text/html"),
    ];
    http_event("POST", "/forms/guide-seo", &headers, body.as_bytes())
}

/// Publishes the demo campaign.
async fn publish(endpoint: &str) {
    let store = store(endpoint);
    store.create_tables().await.expect("tables");
    let mut bundles =
        piste_adapters::campaigns::read_all(&root().join("infra/campaigns")).expect("the demo campaign holds");
    bundles.retain(|bundle| bundle.published.campaign.id.as_str() == "guide-seo");
    let (ring, _) = piste_adapters::keys::KeyRing::generate(&piste_domain::WorkspaceId::new("main"));
    store.save_key_ring(&ring, None).await.expect("a key ring");
    for bundle in bundles {
        store
            .publish(&bundle.published, &bundle.files)
            .await
            .expect("published");
    }
}

fn store(endpoint: &str) -> piste_adapters::store::Store {
    let aws = piste_adapters::config::Aws {
        s3_endpoint: None,
        region: "eu-west-3".into(),
        access_key_id: "bench".into(),
        secret_access_key: "bench".into(),
        session_token: None,
        dynamodb_endpoint: Some(endpoint.into()),
        ses_endpoint: None,
        ca_bundle: None,
    };
    let client = piste_adapters::aws::dynamodb(&aws).expect("a client");
    piste_adapters::store::Store::new(client, "piste", "piste-keys", piste_adapters::config::DUE_SHARDS)
}

fn environment(endpoint: &str, ca: &Path) -> Vec<(&'static str, String)> {
    vec![
        ("PISTE_TABLE", "piste".into()),
        ("PISTE_KEYS_TABLE", "piste-keys".into()),
        ("PISTE_BASE_URL", "https://leads.example.com".into()),
        ("AWS_ENDPOINT_URL", endpoint.into()),
        ("AWS_CA_BUNDLE", ca.display().to_string()),
    ]
}

async fn spawn(binary: &Path, env: &[(&'static str, String)]) -> Function {
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    RuntimeApi::start()
        .await
        .expect("the Runtime API starts")
        .spawn(binary, &env)
        .expect("the function starts")
}

/// Millions of instructions from the start of the process to its `times`th answer.
async fn instructions(
    name: &str,
    folder: &Path,
    env: &[(&'static str, String)],
    event: &dyn Fn(usize) -> Value,
    times: usize,
) -> f64 {
    let (script, pid, out) = (
        folder.join(format!("{name}.sh")),
        folder.join("pid"),
        folder.join("callgrind.out"),
    );
    let command = format!(
        "#!/bin/sh\necho $$ >{}\nexec /usr/bin/valgrind --quiet --tool=callgrind --callgrind-out-file={} {}\n",
        pid.display(),
        out.display(),
        binary(name).display()
    );
    fs::write(&script, command).expect("the script is written");
    Command::new("chmod")
        .arg("+x")
        .arg(&script)
        .status()
        .expect("chmod runs");
    let function = spawn(&script, env).await;
    for number in 0..times {
        function
            .invoke_within(event(number), Duration::from_secs(600))
            .await
            .expect("an answer");
    }
    // callgrind writes its totals when the process is asked to end.
    let pid = fs::read_to_string(&pid).expect("the script wrote its process id");
    Command::new("kill")
        .args(["-TERM", pid.trim()])
        .status()
        .expect("kill runs");
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let totals = fs::read_to_string(&out).unwrap_or_default();
        if let Some(total) = totals.lines().find_map(|line| line.strip_prefix("totals: ")) {
            fs::remove_file(&out).expect("the totals are removed");
            return total.trim().parse::<f64>().expect("a number") / 1e6;
        }
    }
    panic!("valgrind (package `valgrind`) must be at /usr/bin/valgrind");
}

/// A chain of a root and a leaf with RSA-2048 keys, by the `openssl` command. Returns the root's file.
fn certificates(folder: &Path) -> PathBuf {
    fs::write(
        folder.join("leaf.cnf"),
        "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n",
    )
    .expect("written");
    let run = |line: &str| {
        let done = Command::new("openssl")
            .current_dir(folder)
            .args(line.split(' '))
            .output()
            .expect("openssl runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=bench");
    run("req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=localhost");
    run("x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out leaf.pem -extfile leaf.cnf");
    folder.join("ca.pem")
}

/// TLS in front of a plain HTTP server.
async fn tls_front(folder: &Path, upstream: &str) -> String {
    let chain = CertificateDer::pem_file_iter(folder.join("leaf.pem"))
        .expect("the leaf")
        .collect::<Result<Vec<_>, _>>()
        .expect("parses");
    let key = PrivateKeyDer::from_pem_file(folder.join("leaf.key")).expect("its key");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("the chain fits the key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let upstream = upstream.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (acceptor, upstream) = (acceptor.clone(), upstream.clone());
            tokio::spawn(async move {
                let (Ok(mut client), Ok(mut server)) =
                    (acceptor.accept(client).await, TcpStream::connect(upstream).await)
                else {
                    return;
                };
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    format!("https://localhost:{port}")
}
