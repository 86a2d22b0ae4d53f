//! The rights of the person, through the doors: read out, erased from every byte, raised by nobody, and provable
//! (R58 to R74).

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use piste_adapters::webhook::Secret;
use piste_tests::binaries;
use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "amelie.quillfeather@example.org";
/// What Ana typed: each word is hers alone.
const HERS: [(&str, &str); 5] = [
    ("first_name", "Amélie-Zebulon"),
    ("last_name", "Quillfeather"),
    ("company", "Fjordwerk SARL"),
    ("phone", "+33 1 99 00 47 11"),
    ("need", "Un besoin tout à fait singulier de vocabulaire"),
];
/// Her number as it is kept.
const PHONE: &str = "+33199004711";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A command of the binary over a data folder, with this on its standard input.
fn piste(data: &Path, arguments: &[&str], input: &str) -> Ended {
    let mut child = Command::new(binaries::binary("piste"))
        .args(arguments)
        .args([
            "--data",
            &data.display().to_string(),
            "--campaigns",
            &campaigns().display().to_string(),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(input.as_bytes())
        .expect("taken");
    let output = child.wait_with_output().expect("it ends");
    Ended {
        status: output.status,
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// Every file below a folder that holds one of these, in any of the ways a file may hold it.
fn found_in(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut needles: Vec<(String, Vec<u8>)> = Vec::new();
    for word in words {
        needles.push(((*word).to_owned(), word.as_bytes().to_vec()));
        needles.push((format!("{word} (lower case)"), word.to_lowercase().into_bytes()));
        // Inside base64 a text shows in one of three ways, less its ends.
        for shift in 0..3 {
            let shifted = [vec![b'x'; shift], word.as_bytes().to_vec()].concat();
            let text = BASE64_STANDARD.encode(shifted);
            let inner = &text.as_bytes()[4..text.len() - 4];
            if inner.len() >= 8 {
                needles.push((format!("{word} (base64)"), inner.to_vec()));
            }
        }
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("readable");
        for (name, needle) in &needles {
            if bytes.windows(needle.len()).any(|window| window == needle) {
                found.push(format!("{name} in {}", path.display()));
            }
        }
    }
    found
}

fn hers() -> Vec<&'static str> {
    HERS.iter()
        .map(|(_, value)| *value)
        .chain([ANA, "quillfeather", PHONE])
        .collect()
}

fn confirmed(app: &TestApp) -> String {
    app.opt_in(ANA, &HERS);
    app.advance("P6D");
    app.lead_id(ANA).expect("a lead")
}

/// What another system reports of Ana, with more of her in it than is wanted.
fn reported(app: &TestApp, data: &Path) {
    let secret = std::fs::read_to_string(data.join("trigger-secret")).expect("the data folder keeps it");
    let secret = Secret::parse(secret.trim()).expect("a secret");
    let page = "https://www.example.com/?q=quillfeather";
    let body = json!({ "type": "visit", "email": ANA, "data": { "page": page, "name": "Quillfeather" } }).to_string();
    let (id, at) = ("visit-of-quillfeather", app.now());
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", &at.as_second().to_string()),
        ("webhook-signature", &secret.sign(id, at, body.as_bytes())),
    ];
    assert_eq!(app.send("POST", "/triggers/demo", &headers, body).status, 202);
}

#[test]
fn r66_r74_the_export_is_one_attachment_with_a_version_and_the_words_of_the_consent() {
    let app = TestApp::start();
    let id = confirmed(&app);
    let answer = app.operator("GET", &format!("/api/leads/{id}/export"), "");
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-disposition").starts_with("attachment"));
    let export = answer.json();
    assert_eq!(export["schema_version"], 2);
    assert_eq!(export["email"], ANA);
    for (name, value) in HERS {
        let kept = if name == "phone" { PHONE } else { value };
        assert_eq!(export["answers"][name], kept);
    }
    let words = export["consents"][0]["text"].as_str().expect("the words");
    assert!(words.starts_with("J’accepte qu’Agence Exemple"), "{words}");
    assert_eq!(export["consents"][0]["notice_version"], "2026-11");
    assert_eq!(
        export["sends"].as_array().map(Vec::len),
        app.lead(ANA)["sends"].as_array().map(Vec::len)
    );
    // R74: who read it out is written down.
    let audit = app.api(&format!("/api/leads/{id}/audit"));
    let rows: Vec<_> = audit["audit"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (&row["actor"], &row["action"]))
        .collect();
    assert_eq!(
        rows,
        [
            (&json!("person"), &json!("opt_in")),
            (&json!("operator"), &json!("export"))
        ]
    );
}

#[test]
fn r67_r68_after_an_erasure_no_byte_names_the_person_and_the_same_person_starts_clean_with_the_no_intact() {
    let data = folder();
    let app = TestApp::on(data.path());
    let id = confirmed(&app);
    reported(&app, data.path());
    app.press(&app.mail(&app.mails_to(ANA)[1]).one_click());
    app.post(&[("email", "bo@example.org")]);
    app.settle();
    // Hers, and the one that told the office of her post; that of Bo stays.
    let mails = app.mails_to(ANA).len() + app.mails_to(OFFICE).len() - 1;
    let answer = app.operator("DELETE", &format!("/api/leads/{id}"), "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let certificate = answer.json();
    assert_eq!(
        (&certificate["lead"], &certificate["by"]),
        (&json!(id), &json!("operator"))
    );
    assert_eq!(certificate["erased"]["answers"], HERS.len());
    assert_eq!(certificate["stays"][1]["suppression"], "unsubscribe");
    assert!(hers().iter().all(|word| !answer.text().contains(word)));
    // To every reader the person is nobody; asked again it answers the same.
    for path in ["", "/export", "/plan"] {
        assert_eq!(
            app.operator("GET", &format!("/api/leads/{id}{path}"), "").status,
            404,
            "{path}"
        );
    }
    let again = app.operator("DELETE", &format!("/api/leads/{id}"), "").json();
    assert_eq!(
        (&again["erased_at"], &again["erased"]),
        (&certificate["erased_at"], &Value::Null)
    );
    let audit = app.api(&format!("/api/leads/{id}/audit"))["audit"]
        .as_array()
        .expect("rows")
        .clone();
    assert_eq!(
        audit.iter().filter(|row| row["action"] == "erase").count(),
        1,
        "{audit:?}"
    );
    app.settle();
    let outbox = app.outbox();
    assert_eq!(
        outbox.iter().filter(|sent| sent.to.is_empty()).count(),
        mails,
        "copies are emptied"
    );
    assert!(
        outbox.iter().any(|sent| sent.to == "bo@example.org"),
        "and nobody else's"
    );
    assert_eq!(app.stop("INT").status.code(), Some(0));
    assert_eq!(found_in(data.path(), &hers()), Vec::<String>::new());
    assert!(
        !found_in(data.path(), &["bo@example.org"]).is_empty(),
        "the search finds who is there"
    );

    // The same person posts again: nothing of the old life, and no marketing without their own new yes.
    let app = TestApp::on(data.path());
    let guide = app.guide_for(ANA, &[("company", "Neuf")]);
    let lead = app.lead(ANA);
    assert_eq!(
        (&lead["id"], lead["enquiries"].as_array().map(Vec::len)),
        (&json!(id), Some(1))
    );
    assert_eq!(lead["answers"], json!({ "company": "Neuf" }));
    assert_eq!(lead["suppression"]["reason"], "unsubscribe");
    app.advance("P31D"); // R88: the emails of both lives go to one mailbox
    assert!(app.steps_to(ANA).iter().all(|step| !step.starts_with("day")));
    drop(guide);
    app.post(&[("email", ANA), TICKED]);
    app.settle();
    let again = app.mail(app.mails_to(ANA).last().expect("a mail"));
    assert_eq!(app.press(&again.link("/confirm?")).status, 200);
    app.advance("P20D");
    assert_eq!(
        app.steps_to(ANA).iter().filter(|step| step.starts_with("day")).count(),
        4
    );
}

#[test]
fn the_command_line_erases_by_an_address_that_no_shell_remembers() {
    let data = folder();
    let app = TestApp::on(data.path());
    let id = confirmed(&app);
    // While the system runs, the folder is its own.
    let busy = piste(data.path(), &["export", &id], "");
    assert!(
        !busy.status.success() && busy.stderr.contains("stop it first"),
        "{}",
        busy.stderr
    );
    let stood = app.now();
    assert_eq!(app.stop("INT").status.code(), Some(0));
    let export = piste(data.path(), &["export", &id], "");
    let json: Value = serde_json::from_str(&export.stdout).unwrap_or_else(|_| panic!("{}", export.stderr));
    assert_eq!(
        (&json["email"], &json["exported_at"]),
        (&json!(ANA), &json!(stood.to_string()))
    );
    let erased = piste(data.path(), &["erase", "--email-from-stdin"], &format!("{ANA}\n"));
    let certificate: Value = serde_json::from_str(&erased.stdout).unwrap_or_else(|_| panic!("{}", erased.stderr));
    assert_eq!(certificate["lead"], id);
    assert_eq!(found_in(data.path(), &hers()), Vec::<String>::new());
    for bad in [
        vec!["export", &id],
        vec!["proof", &id],
        vec!["erase", "nobody"],
        vec!["erase"],
    ] {
        let refused = piste(data.path(), &bad, "");
        assert!(!refused.status.success() && !refused.stderr.is_empty(), "{bad:?}");
    }
    let nowhere = piste(&data.path().join("elsewhere"), &["export", &id], "");
    assert!(nowhere.stderr.contains("no leads in"), "{}", nowhere.stderr);
    assert!(!data.path().join("elsewhere").exists(), "a command makes no folder");
    // The clock stands where it stood.
    let app = TestApp::on(data.path());
    assert_eq!(app.now(), stood);
}

#[test]
fn proof_tells_for_each_email_the_rule_the_words_and_the_moment() {
    let data = folder();
    let app = TestApp::on(data.path());
    let id = confirmed(&app);
    let opted_in = app.lead(ANA)["consents"][0]["confirmed_at"]
        .as_str()
        .expect("a moment")
        .to_owned();
    let mails = app.mails_to(ANA);
    app.stop("INT");
    for (lang, rule, words) in [
        ("fr", "consentement préalable", "« "),
        ("en", "prior consent", "J’accepte qu’Agence Exemple"),
    ] {
        let proof = piste(data.path(), &["proof", &id, "--lang", lang], "");
        assert!(proof.status.success(), "{}", proof.stderr);
        for mail in &mails {
            assert!(proof.stdout.contains(&mail.send_id), "{}: {}", mail.step, proof.stdout);
        }
        assert_eq!(proof.stdout.matches(rule).count(), mails.len() - 1, "{}", proof.stdout);
        assert_eq!(proof.stdout.matches(&opted_in).count(), mails.len() - 1);
        assert!(proof.stdout.contains("J’accepte qu’Agence Exemple") && (lang == "fr" || proof.stdout.contains(words)));
    }
}

#[test]
fn r69_a_bounce_is_lifted_with_a_reason_and_an_opt_out_by_nobody() {
    let app = TestApp::start();
    let id = confirmed(&app);
    let lift = |reason: Value| {
        let body = json!({ "reason": reason }).to_string();
        app.operator("POST", &format!("/api/leads/{id}/lift"), body)
    };
    assert_eq!(lift(json!("nothing to lift")).status, 409);
    app.feedback(&app.mails_to(ANA)[0], "bounce");
    assert_eq!(app.lead(ANA)["suppression"]["reason"], "bounce");
    for bad in [json!(""), json!("  "), json!("x".repeat(501))] {
        assert_eq!(lift(bad).status, 422);
    }
    assert_eq!(lift(json!(7)).status, 400);
    assert_eq!(lift(json!("mailbox is back, call of 3 March")).status, 200);
    assert_eq!(app.lead(ANA)["suppression"], Value::Null);
    app.press(&app.mail(&app.mails_to(ANA)[1]).one_click());
    let refused = lift(json!("they would not mind"));
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (409, &json!("nothing_to_lift"))
    );
    assert_eq!(app.lead(ANA)["suppression"]["reason"], "unsubscribe");
}
