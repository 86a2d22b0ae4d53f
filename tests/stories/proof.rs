//! A form that asks for a proof of work: who brings one is taken, once for each; who brings none is held, and hears the same
//! as everybody (R86, R87).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use piste_tests::work::{solution, solve};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const CHALLENGE: &str = "/forms/guide-seo/challenge";
const TURNED_ON: &str = "[protect]\nproof_of_work = true\n\n[sender]\n";

/// A system whose demo form asks for a proof of work, with the folder of its campaigns.
fn asking() -> (TestApp, tempfile::TempDir) {
    let folder = campaigns_to_edit();
    let file = folder.path().join("guide-seo/campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("the demo");
    assert!(toml.contains("[sender]\n"));
    std::fs::write(&file, toml.replacen("[sender]\n", TURNED_ON, 1)).expect("written");
    let app = Start {
        campaigns: folder.path().to_owned(),
        ..Start::default()
    };
    (app.start(), folder)
}

fn challenge(app: &TestApp) -> Value {
    let answer = app.send("GET", CHALLENGE, &[SCRIPT], "");
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json")
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

/// The scripts of a page.
fn scripts(page: &str) -> Vec<&str> {
    let rest = page.split("<script>").skip(1);
    rest.filter_map(|rest| rest.split("</script>").next()).collect()
}

/// Posts by script with this solution; what comes back is whether a lead was made, and what was said against the post.
fn post(app: &TestApp, email: &str, solution: &str) -> (bool, Vec<String>) {
    let answer = app.post_by_script(&[("email", email), ("altcha", solution)]);
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (202, r#"{"status":"accepted"}"#),
        "R86"
    );
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

fn taken() -> (bool, Vec<String>) {
    (true, Vec::new())
}

fn held(code: &str) -> (bool, Vec<String>) {
    (false, vec![code.to_owned()])
}

#[test]
fn r87_a_solution_counts_for_one_post_and_none_is_held_not_lost() {
    let (app, _folder) = asking();
    let solved = solve(&challenge(&app));
    assert_eq!(post(&app, ANA, &solved), taken());
    assert!(!app.lead(ANA).to_string().contains("altcha"), "it is no answer");
    // Replayed.
    assert_eq!(post(&app, "bob@example.org", &solved), held("false_proof"));
    assert_eq!(post(&app, "carl@example.org", ""), held("no_proof"));
    let bare = app.post(&[("email", "dora@example.org")]);
    assert_eq!(
        (bare.status, bare.header("location")),
        (303, "/forms/guide-seo/thanks?lang=fr")
    );
    let none = app.api("/api/quarantine?lang=en");
    let dora = none["posts"]
        .as_array()
        .expect("posts")
        .iter()
        .find(|post| post["email"] == "dora@example.org");
    let dora = dora.expect("it is held");
    assert_eq!(
        dora["reasons"][0]["why"],
        "without proof of work: a bot, or a browser without JavaScript"
    );
    // Held, not lost.
    let id = dora["id"].as_str().expect("an id");
    assert_eq!(
        app.operator("POST", &format!("/api/quarantine/{id}/release"), "")
            .status,
        200
    );
    assert!(app.lead_id("dora@example.org").is_some());
    // As JSON too.
    let body = json!({ "email": "eve@example.org", "altcha": solve(&challenge(&app)) });
    assert_eq!(app.post_json(FORM, &body).status, 202);
    assert!(app.lead_id("eve@example.org").is_some());
}

#[test]
fn r87_a_solution_is_good_for_ten_minutes() {
    let (app, _folder) = asking();
    let (one, other) = (solve(&challenge(&app)), solve(&challenge(&app)));
    app.advance("PT10M");
    assert_eq!(post(&app, ANA, &one), taken());
    app.advance("PT1S");
    assert_eq!(post(&app, "bob@example.org", &other), held("no_proof"));
    // What is used stays used: by then it is over.
    assert_eq!(post(&app, "carl@example.org", &one), held("no_proof"));
}

#[test]
fn r87_forged_and_spliced_solutions_are_held() {
    let (app, _folder) = asking();
    let ours = challenge(&app);
    let number = (0..=ours["maxnumber"].as_u64().expect("a number")).find(|number| {
        let digest = Sha256::digest(format!("{}{number}", ours["salt"].as_str().expect("a salt")));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        ours["challenge"] == hex.as_str()
    });
    let number = number.expect("the number").to_string();
    let with = |member: &str, value: Value| {
        let mut edited = ours.clone();
        edited[member] = value;
        edited
    };
    // CVE-2025-68113: digits of the number moved into the salt, so that the same hash looks like another challenge.
    let salt = ours["salt"].as_str().expect("a salt");
    let (moved, left) = number.split_at(1);
    let spliced = with("salt", json!(format!("{salt}{moved}")));
    let left = if left.is_empty() {
        json!(0)
    } else {
        json!(left.parse::<u64>().expect("digits"))
    };
    let number = json!(number.parse::<u64>().expect("digits"));
    let forged = [
        solution(&spliced, &left),
        solution(&with("salt", json!(salt.replace("expires=1", "expires=2"))), &number),
        solution(&with("signature", json!("0".repeat(64))), &number),
        solution(&ours, &json!(number.to_string())),
        solution(&ours, &json!(50_001)),
        "anything".to_owned(),
    ];
    for (n, forged) in forged.iter().enumerate() {
        assert_eq!(
            post(&app, &format!("p{n}@example.org"), forged),
            held("false_proof"),
            "{n}"
        );
    }
    assert_eq!(
        post(&app, ANA, &solution(&ours, &number)),
        taken(),
        "the challenge is still good"
    );
}

#[test]
fn r87_of_many_posts_with_one_solution_at_once_one_is_taken() {
    let (app, _folder) = asking();
    let solved = solve(&challenge(&app));
    std::thread::scope(|scope| {
        for n in 0..6 {
            let (app, solved) = (&app, &solved);
            scope.spawn(move || app.post_by_script(&[("email", &format!("p{n}@example.org")), ("altcha", solved)]));
        }
    });
    let leads = (0..6).filter(|n| app.lead_id(&format!("p{n}@example.org")).is_some());
    assert_eq!(leads.count(), 1);
    assert_eq!(app.api("/api/quarantine")["posts"].as_array().map(Vec::len), Some(5));
}

#[test]
fn r87_the_hosted_form_finds_its_proof_by_a_script_of_its_own_and_only_where_it_must() {
    let (app, _folder) = asking();
    for page in [
        app.get(FORM),
        app.post(&[("email", "nobody"), ("altcha", "an-old-one")]),
    ] {
        let text = page.text();
        let scripts = scripts(&text);
        assert_eq!(scripts.len(), 2, "the zone's and its own");
        let hashes = scripts.iter().map(|script| STANDARD.encode(Sha256::digest(script)));
        let hashes: String = hashes.map(|hash| format!(" 'sha256-{hash}'")).collect();
        let policy = page.header("content-security-policy");
        assert!(policy.contains(&format!("; script-src{hashes};")), "{policy}");
        assert!(
            policy.contains("connect-src 'self'") && policy.starts_with("default-src 'none'"),
            "{policy}"
        );
        assert_eq!(text.matches("name=\"altcha\"").count(), 1);
        assert!(
            !text.contains("an-old-one"),
            "what was sent is used up, or will be over"
        );
        assert!(!scripts.concat().contains("://"), "no host but ours");
    }
    // Thanks have none, and everybody else's form but the zone's.
    let thanks = app.get("/forms/guide-seo/thanks");
    assert!(!thanks.text().contains("<script"));
    assert!(!thanks.header("content-security-policy").contains("script-src"));
    let usual = TestApp::start();
    assert_eq!(scripts(&usual.get(FORM).text()).len(), 1);
    // A form that asks for nothing goes on without: a page whose widget is still there loses nobody.
    assert_eq!(post(&usual, ANA, &solve(&challenge(&usual))), taken());
    assert_eq!(post(&usual, "bob@example.org", "anything"), taken());
    assert!(!usual.lead("bob@example.org").to_string().contains("anything"));
}

#[test]
fn r87_r92_listed_sites_may_read_a_challenge_and_nobody_may_change_anything_there() {
    let app = TestApp::start();
    let from = |method: &str, origin: &str| app.send(method, CHALLENGE, &[("Origin", origin), SCRIPT], "");
    let listed = from("GET", "https://www.example.com");
    assert_eq!(listed.header("access-control-allow-origin"), "https://www.example.com");
    assert_eq!(
        from("GET", "https://evil.example").header("access-control-allow-origin"),
        ""
    );
    assert_eq!(from("OPTIONS", "https://www.example.com").status, 204);
    assert_eq!(from("OPTIONS", "https://evil.example").status, 403);
    assert_eq!(from("POST", "https://www.example.com").status, 405);
    let head = from("HEAD", "https://www.example.com");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(app.get("/forms/nobody/challenge").status, 404);
    assert_ne!(challenge(&app), challenge(&app), "each is another");
}
