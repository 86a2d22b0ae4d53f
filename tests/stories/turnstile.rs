//! A form that asks for Cloudflare Turnstile: whoever brings a good answer is taken, whoever brings none or a bad one is held
//! and hears the same as everybody, and what Cloudflare cannot say costs nobody their enquiry (R86, R87).

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use piste_tests::binaries;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
/// Cloudflare's key for tests that always passes, and the one that always blocks.
const PASSES: &str = "1x00000000000000000000AA";
const BLOCKS: &str = "2x00000000000000000000AB";
/// A key as Cloudflare's documents show one.
const REAL: &str = "0x4AAF00AAAABn0R22HWm-YUc";
/// What the widget of a key for tests answers.
const ANSWER: &str = "XXXX.DUMMY.TOKEN.XXXX";
const FIELD: &str = "cf-turnstile-response";
const OWN: &str = "https://www.example.com";

/// The campaigns, of which the demo form asks for Turnstile with this site key.
fn campaigns_with(site: &str) -> tempfile::TempDir {
    let folder = campaigns_to_edit();
    let file = folder.path().join("guide-seo/campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("the demo");
    let asking = toml.replacen(
        "[sender]\n",
        &format!("[protect]\nturnstile = \"{site}\"\n\n[sender]\n"),
        1,
    );
    assert_ne!(asking, toml);
    std::fs::write(&file, asking).expect("written");
    folder
}

/// Starts a system that prints its log, with these variables.
fn start(data: Option<&Path>, campaigns: &Path, variables: &[(&str, &str)]) -> TestApp {
    let start = Start {
        data,
        campaigns: campaigns.to_owned(),
        ..Start::default()
    };
    let mut command = Command::new(binaries::binary("piste"));
    let arguments = start.arguments().into_iter().filter(|argument| argument != "--quiet");
    command
        .args(arguments)
        .args(["--lang", "en"])
        .envs(variables.iter().copied());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    TestApp::spawn(command)
}

/// A system with such a form, and these variables.
fn asking(site: &str, variables: &[(&str, &str)]) -> (TestApp, tempfile::TempDir) {
    let folder = campaigns_with(site);
    (start(None, folder.path(), variables), folder)
}

/// Whether a lead was made of this address, and what is said against its enquiry.
fn became(app: &TestApp, email: &str) -> (bool, Vec<String>) {
    let posts = app.api("/api/quarantine");
    let posts = posts["posts"].as_array().expect("posts");
    let held = posts.iter().find(|post| post["email"] == email);
    let reasons = held.map(|post| post["reasons"].as_array().cloned().expect("reasons"));
    let codes = reasons.unwrap_or_default().into_iter().map(|reason| {
        assert_eq!(reason["points"], 100);
        reason["code"].as_str().expect("a code").to_owned()
    });
    (app.lead_id(email).is_some(), codes.collect())
}

/// Posts by script with this answer of the widget.
fn post(app: &TestApp, email: &str, answer: &str) -> (bool, Vec<String>) {
    let answer = app.post_by_script(&[("email", email), (FIELD, answer)]);
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (202, r#"{"status":"accepted"}"#),
        "R86"
    );
    became(app, email)
}

fn taken() -> (bool, Vec<String>) {
    (true, Vec::new())
}

fn held(code: &str) -> (bool, Vec<String>) {
    (false, vec![code.to_owned()])
}

/// What Cloudflare's stand-in was asked.
fn asked(app: &TestApp) -> Vec<Value> {
    let asked = app.send("GET", "/local/turnstile", &[SCRIPT], "").json();
    asked.as_array().expect("a list").clone()
}

/// Cloudflare answers like this from now on.
fn always(app: &TestApp, answer: &Value) {
    assert_eq!(app.post_json("/local/turnstile", answer).status, 200);
}

/// How many lines of the log say that an answer was not checked, and why.
fn not_checked(app: TestApp) -> Vec<String> {
    let log = app.stop("INT").stdout;
    let lines = log.lines().filter(|line| line.contains("turnstile_not_checked"));
    lines
        .map(|line| {
            assert!(!line.contains("example.org") && !line.contains(ANSWER), "{line}");
            let said: Value = serde_json::from_str(&line[line.find('{').expect("JSON")..]).expect("JSON");
            said["code"].as_str().expect("a code").to_owned()
        })
        .collect()
}

#[test]
fn r87_a_good_answer_is_taken_and_none_or_a_bad_one_is_held_not_lost() {
    let (app, _folder) = asking(PASSES, &[]);
    assert_eq!(post(&app, ANA, ANSWER), taken());
    let lead = app.lead(ANA).to_string();
    assert!(
        !lead.contains("turnstile") && !lead.contains(ANSWER),
        "it is no answer of a person"
    );
    assert_eq!(post(&app, "bob@example.org", ""), held("no_turnstile"));
    assert_eq!(post(&app, "carl@example.org", "0.anything"), held("false_turnstile"));
    // A browser hears the same.
    let bare = app.post(&[("email", "dora@example.org")]);
    assert_eq!(
        (bare.status, bare.header("location")),
        (303, "/forms/guide-seo/thanks?lang=fr")
    );
    assert_eq!(became(&app, "dora@example.org"), held("no_turnstile"));
    // Held, not lost.
    let all = app.api("/api/quarantine?lang=en");
    let dora = all["posts"].as_array().expect("posts").iter();
    let dora = dora
        .clone()
        .find(|post| post["email"] == "dora@example.org")
        .expect("held");
    assert_eq!(
        dora["reasons"][0]["why"],
        "without a Turnstile answer: a bot, or a browser that did not load Cloudflare’s script"
    );
    let release = format!("/api/quarantine/{}/release", dora["id"].as_str().expect("an id"));
    assert_eq!(app.operator("POST", &release, "").status, 200);
    assert!(app.lead_id("dora@example.org").is_some());
    // As JSON too.
    let body = json!({ "email": "eve@example.org", FIELD: ANSWER });
    assert_eq!(app.post_json(FORM, &body).status, 202);
    assert_eq!(became(&app, "eve@example.org"), taken());
    // Nobody is asked about what no widget sends.
    let before = asked(&app).len();
    assert_eq!(
        post(&app, "fred@example.org", &"x".repeat(2_049)),
        held("false_turnstile")
    );
    assert_eq!(asked(&app).len(), before);
}

#[test]
fn r87_a_widget_that_blocks_and_an_answer_that_was_spent() {
    let (app, _folder) = asking(BLOCKS, &[]);
    assert_eq!(post(&app, ANA, ANSWER), held("false_turnstile"));
    let spent = (
        "PISTE_TURNSTILE_SECRET_1X00000000000000000000AA",
        "3x0000000000000000000000000000000AA",
    );
    let (app, _folder) = asking(PASSES, &[spent]);
    assert_eq!(post(&app, ANA, ANSWER), held("false_turnstile"));
}

#[test]
fn r91_cloudflare_hears_who_asks_from_the_gateway_and_knows_the_same_post_again() {
    let (app, _folder) = asking(PASSES, &[]);
    let from = |visitor: &str, email: &str| {
        let headers = [
            SCRIPT,
            URLENCODED,
            ("Local-Visitor", visitor),
            ("X-Forwarded-For", "198.51.100.1"),
        ];
        let body = urlencoded(&[("email", email), (FIELD, ANSWER)]);
        assert_eq!(app.send("POST", FORM, &headers, body).status, 202);
    };
    from("203.0.113.7", ANA);
    from("203.0.113.7", ANA);
    from("2001:db8::1:2:3:4", "bob@example.org");
    assert_eq!(post(&app, "carl@example.org", ANSWER), taken());
    let asked = asked(&app);
    let of = |name: &str| asked.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        of("remoteip"),
        [
            json!("203.0.113.7"),
            json!("203.0.113.7"),
            json!("2001:db8::1:2:3:4"),
            Value::Null
        ]
    );
    let uuids = of("idempotency_key");
    assert_eq!(uuids[0], uuids[1], "the same post");
    assert!(uuids[0] != uuids[2] && uuids[2] != uuids[3]);
    let names: Vec<&String> = asked[0].as_object().expect("an object").keys().collect();
    assert_eq!(
        names,
        ["idempotency_key", "remoteip", "response", "status"],
        "nothing that was typed"
    );
}

#[test]
fn r87_only_what_would_be_taken_is_asked_about_and_only_by_forms_that_say_so() {
    let (app, _folder) = asking(PASSES, &[]);
    let bot = [("email", ANA), ("_gotcha", "x"), (FIELD, "0.anything")];
    assert_eq!(app.post_by_script(&bot).status, 202);
    assert_eq!(became(&app, ANA), held("honeypot"));
    assert_eq!(app.post_by_script(&[("email", "nobody"), (FIELD, ANSWER)]).status, 422);
    assert_eq!(asked(&app), Vec::<Value>::new());
    // A form that asks for nothing goes on without: a page whose widget is still there loses nobody, and nothing is kept of it.
    let usual = TestApp::start();
    assert_eq!(post(&usual, ANA, "0.anything"), taken());
    assert!(!usual.lead(ANA).to_string().contains("0.anything"));
    assert_eq!(asked(&usual), Vec::<Value>::new());
}

#[test]
fn r87_an_outage_of_cloudflare_holds_nobody() {
    let (app, _folder) = asking(PASSES, &[]);
    for (n, broken) in [
        json!({ "status": 503 }),
        json!({ "status": 429, "body": r#"{"success":false}"# }),
        json!({ "status": 200, "body": "<!DOCTYPE html><title>Just a moment...</title>" }),
        json!({ "status": 200, "body": r#"{"success":false,"error-codes":["internal-error"]}"# }),
        json!({ "status": 302 }),
    ]
    .iter()
    .enumerate()
    {
        always(&app, broken);
        assert_eq!(post(&app, &format!("a{n}@example.org"), ANSWER), taken(), "{broken}");
        // Its script does not load either.
        assert_eq!(post(&app, &format!("b{n}@example.org"), ""), taken(), "{broken}");
    }
    always(&app, &json!({ "status": null }));
    assert_eq!(post(&app, ANA, ""), held("no_turnstile"));
    let twice = ["unable", "unable", "unreadable", "unable", "unreadable"];
    let expected: Vec<&str> = twice.into_iter().flat_map(|code| [code, code]).collect();
    assert_eq!(not_checked(app), expected);
    // Nobody is there at all.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", nobody.local_addr().expect("an address"));
    drop(nobody);
    let (app, _folder) = asking(PASSES, &[("PISTE_TURNSTILE_URL", &url)]);
    assert_eq!(post(&app, ANA, ANSWER), taken());
    assert_eq!(not_checked(app), ["no_answer"]);
}

#[test]
fn r87_a_secret_key_is_stored_by_command_and_a_missing_or_wrong_one_holds_nobody() {
    let campaigns = campaigns_with(REAL);
    let data = tempfile::tempdir().expect("a folder");
    let start = || start(Some(data.path()), campaigns.path(), &[]);
    let app = start();
    assert_eq!(post(&app, ANA, ANSWER), taken());
    assert_eq!(not_checked(app), ["no_secret"]);
    let doctor = |lang: &str, secret: Option<(&str, &str)>| {
        let mut command = Command::new(binaries::binary("piste"));
        command.args(["doctor", "--lang", lang, "--data"]).arg(data.path());
        command.arg("--campaigns").arg(campaigns.path()).envs(secret);
        String::from_utf8(command.output().expect("piste runs").stdout).expect("text")
    };
    let variable = "PISTE_TURNSTILE_SECRET_0X4AAF00AAAABN0R22HWM_YUC";
    for (lang, words) in [("en", "is missing"), ("fr", "manque")] {
        let said = doctor(lang, None);
        let line = said.lines().find(|line| line.contains(REAL)).expect("a line");
        assert!(line.contains(variable) && line.contains(words), "{line}");
        assert!(!doctor(lang, Some((variable, "x"))).contains(variable));
    }
    let store = |site: &str, secret: &str| {
        let mut command = Command::new(binaries::binary("piste"));
        command.args(["--lang", "en", "turnstile-secret", site, "--data"]);
        command.arg(data.path()).arg("--campaigns").arg(campaigns.path());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("piste starts");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(secret.as_bytes()).expect("written");
        drop(stdin);
        let ended = child.wait_with_output().expect("ended");
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.success(), String::from_utf8(said).expect("text"))
    };
    // The two keys in each other's place, and what is no key.
    let secret = "1x0000000000000000000000000000000AA\n";
    for (site, secret) in [(secret.trim(), REAL), (REAL, REAL), (REAL, ""), ("guide-seo", secret)] {
        let (done, said) = store(site, secret);
        assert!(!done && said.contains("begins with 0x"), "{said}");
    }
    let (done, said) = store(REAL, "0x4AAF00AAAABn0R22HWm098HVBjhdsYUc");
    assert!(done && !said.contains("098HV"), "{said}");
    let app = start();
    assert_eq!(post(&app, "bob@example.org", ANSWER), taken());
    assert_eq!(not_checked(app), ["wrong_secret"]);
    assert!(store(REAL, secret).0);
    let app = start();
    assert_eq!(post(&app, "carl@example.org", ANSWER), taken());
    assert_eq!(post(&app, "dora@example.org", "0.anything"), held("false_turnstile"));
    assert_eq!(not_checked(app), Vec::<String>::new());
}

#[test]
fn r87_an_answer_counts_where_the_forms_own_sites_got_it() {
    let (app, _folder) = asking(PASSES, &[]);
    let says = |answer: Value| always(&app, &json!({ "status": 200, "body": answer.to_string() }));
    let from_site = |email: &str| {
        let headers = [SCRIPT, URLENCODED, ("Origin", OWN)];
        let answer = app.send("POST", FORM, &headers, urlencoded(&[("email", email), (FIELD, "0.x")]));
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (202, OWN)
        );
        became(&app, email)
    };
    says(json!({ "success": true, "hostname": "www.example.com", "action": "" }));
    assert_eq!(from_site(ANA), taken());
    says(json!({ "success": true, "hostname": "www.example.com", "action": "guide-seo" }));
    assert_eq!(from_site("bob@example.org"), taken());
    says(json!({ "success": true, "hostname": "evil.example" }));
    assert_eq!(from_site("carl@example.org"), held("false_turnstile"));
    says(json!({ "success": true, "hostname": "www.example.com", "action": "newsletter" }));
    assert_eq!(from_site("dora@example.org"), held("false_turnstile"));
}

#[test]
fn r87_the_hosted_form_shows_the_widget_and_no_other_page_may() {
    let (app, _folder) = asking(PASSES, &[]);
    for (page, language) in [
        (app.get("/forms/guide-seo?lang=en"), "en"),
        (app.get(FORM), "fr"),
        (app.post(&[("email", "nobody"), (FIELD, "an-old-one")]), "fr"),
    ] {
        let text = page.text();
        let script = "<script src=\"https://challenges.cloudflare.com/turnstile/v0/api.js\" async defer></script>";
        assert_eq!(text.matches(script).count(), 1);
        let widget = text.split("<div class=\"cf-turnstile\"").nth(1).expect("the widget");
        let widget = widget.split('>').next().expect("its attributes");
        for attribute in [
            format!("data-sitekey=\"{PASSES}\""),
            format!("data-language=\"{language}\""),
            "data-action=\"guide-seo\"".to_owned(),
        ] {
            assert!(widget.contains(&attribute), "{widget}");
        }
        let form = text.split("<form").nth(1).and_then(|form| form.split("</form>").next());
        assert!(
            form.expect("a form").contains("cf-turnstile"),
            "its field is one of the form"
        );
        assert!(!text.contains("an-old-one"), "what was sent is used up");
        assert!(text.contains("Cloudflare, Inc."), "R73");
        let zone = text
            .split("<script>")
            .nth(1)
            .and_then(|rest| rest.split("</script>").next());
        let hash = STANDARD.encode(Sha256::digest(zone.expect("the zone's script")));
        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'".to_owned(),
            format!("; script-src 'sha256-{hash}' https://challenges.cloudflare.com;"),
            "; frame-src https://challenges.cloudflare.com".to_owned(),
            "; connect-src 'self'".to_owned(),
        ] {
            assert!(policy.contains(&part), "{policy}");
        }
    }
    // Thanks have none, and neither has anybody else's form.
    let usual = TestApp::start();
    for page in [
        app.get("/forms/guide-seo/thanks"),
        app.get("/forms/newsletter"),
        usual.get(FORM),
    ] {
        assert!(!page.text().contains("cloudflare"));
        let policy = page.header("content-security-policy");
        assert!(
            !policy.contains("cloudflare") && !policy.contains("frame-src"),
            "{policy}"
        );
    }
}
