//! Lists of leads, by the API and by `piste import`: what would happen, what happens, what does not, and how it is taken
//! back (design.md section 5, R65, R69, R78).

use std::path::Path;
use std::process::Command;

use piste_tests::binaries::binary;
use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const BOB: &str = "bob@example.org";
const CLEO: &str = "cleo@example.org";
const CSV: (&str, &str) = ("Content-Type", "text/csv");

/// Imports a list for the demo campaign.
fn import(app: &TestApp, query: &str, list: impl Into<Vec<u8>>) -> Answer {
    let key = format!("Bearer {}", app.key);
    let url = format!("/api/leads/import?campaign=guide-seo{query}");
    app.send(
        "POST",
        &url,
        &[("Authorization", &key), ("Accept-Language", "en"), CSV],
        list,
    )
}

#[track_caller]
fn imported(app: &TestApp, query: &str, list: impl Into<Vec<u8>>) -> Value {
    let answer = import(app, query, list);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn undo(app: &TestApp, imported: &Value) -> Answer {
    let id = imported["id"].as_str().expect("an id");
    app.operator("DELETE", &format!("/api/imports/{id}"), "")
}

/// The counts of an answer: rows, new, known, changed, refused.
fn counts(imported: &Value) -> [u64; 5] {
    ["rows", "new", "known", "changed", "refused_rows"].map(|name| imported[name].as_u64().expect("a count"))
}

/// Line and code of what was refused.
fn refused(imported: &Value) -> Vec<(u64, &str)> {
    let lines = imported["refused"].as_array().expect("a list").iter();
    lines
        .map(|line| {
            (
                line["line"].as_u64().expect("a line"),
                line["code"].as_str().expect("a code"),
            )
        })
        .collect()
}

#[test]
fn a_dry_run_says_what_would_be_and_the_import_does_it_once() {
    let app = TestApp::start();
    app.post(&[("email", ANA), ("first_name", "Ana")]);
    app.settle();
    let alerts = app.to_sales().len();
    let list = format!(
        "Email,First name,Company,Note\r\n{ANA},Anna,Lumen,\r\n{BOB},Bob,\"Dupont, SA\",met at a fair\r\n,nobody,,\r\n{BOB},Bob,\"Dupont, SA\",\r\n"
    );
    let dry = imported(&app, "&dry_run=true", list.clone());
    assert_eq!(counts(&dry), [4, 1, 2, 1, 1]);
    assert_eq!(refused(&dry), [(4, "required")]);
    assert_eq!(
        dry["changes"],
        json!([
            { "line": 2, "what": "changed", "fields": ["company"] },
            { "line": 3, "what": "new", "fields": [] },
        ])
    );
    assert_eq!(
        dry["columns"][1],
        json!({ "column": "First name", "field": "first_name" })
    );
    assert_eq!(dry["columns"][3], json!({ "column": "Note", "field": "other" }));
    assert_eq!(app.lead_id(BOB), None, "nothing was written");

    let done = imported(&app, "", list.clone());
    assert_eq!(
        (&done["id"], counts(&done), &done["next"]),
        (&dry["id"], counts(&dry), &Value::Null)
    );
    app.settle();
    let ana = app.lead(ANA);
    assert_eq!(ana["answers"], json!({ "first_name": "Ana", "company": "Lumen" }));
    let bob = app.lead(BOB);
    assert_eq!(bob["answers"], json!({ "first_name": "Bob", "company": "Dupont, SA" }));
    assert_eq!(bob["enquiries"][0]["other"], json!({ "Note": "met at a fair" }));
    assert_eq!((&bob["stage"], &bob["consents"]), (&json!("lead"), &json!([])));

    let again = imported(&app, "", list);
    assert_eq!(counts(&again), [4, 0, 3, 0, 1]);
    assert_eq!(
        (app.lead(ANA), app.lead(BOB)),
        (ana, bob),
        "the same file again changes nothing"
    );
    app.advance("P10D");
    assert_eq!(app.mails_to(BOB).len(), 0, "an import mails nobody");
    assert_eq!(app.to_sales().len(), alerts, "and alerts nobody");
}

#[test]
fn r78_lists_are_read_as_spreadsheets_write_them() {
    let app = TestApp::start();
    let french = b"\xef\xbb\xbfCourriel;Pr\xc3\xa9nom;T\xc3\xa9l\xc3\xa9phone;Budget;source\r\nana@example.org;Zo\xc3\xa9;01 99 00 12 34;15 000 \xe2\x82\xac;salon\r\n";
    let told = imported(&app, "&columns=Courriel%3Demail", french.to_vec());
    assert_eq!(counts(&told), [1, 1, 0, 0, 0]);
    let ana = app.lead(ANA);
    assert_eq!(ana["answers"]["first_name"], "Zoé");
    assert_eq!(
        (&ana["phone"], &ana["source"]),
        (&json!("+33199001234"), &json!("salon"))
    );
    assert_eq!(ana["answers"]["budget"], "15000");
    // windows-1252, and a value that cannot be read: kept as text, with a mark.
    let latin = b"email;Pr\xe9nom;budget\nbob@example.org;Ren\xe9e;beaucoup\n";
    let told = imported(&app, "", latin.to_vec());
    assert_eq!(
        told["unread"],
        json!([{ "line": 2, "field": "budget", "code": "not_a_number" }])
    );
    let bob = app.lead(BOB);
    assert_eq!(bob["answers"], json!({ "first_name": "Renée" }));
    assert_eq!(bob["enquiries"][0]["other"], json!({ "budget": "beaucoup" }));
}

#[test]
fn r69_no_list_lifts_a_no_or_brings_back_who_was_erased_and_consents_need_evidence() {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    app.advance("P3D");
    let mail = app.mail(app.mails_to(ANA).last().expect("a mail"));
    let key = mail.one_click();
    assert_eq!(
        app.send("POST", &key, &[URLENCODED], "List-Unsubscribe=One-Click")
            .status,
        200
    );
    app.post(&[("email", BOB)]);
    app.settle();
    let bob = app.lead_id(BOB).expect("a lead");
    assert_eq!(app.operator("DELETE", &format!("/api/leads/{bob}"), "").status, 200);
    let dora = "dora@example.org";
    let list = format!(
        "email,consent_purpose,consent_method,consent_evidence\n{ANA},marketing,card,card 1\n{BOB},marketing,card,card 2\n{CLEO},marketing,card,card 3\n{dora},marketing,card,\n"
    );
    let told = imported(&app, "", list);
    assert_eq!(refused(&told), [(2, "opted_out"), (3, "erased"), (5, "required")]);
    assert_eq!(counts(&told), [4, 2, 1, 0, 1]);
    assert_eq!(app.lead_id(BOB), None);
    assert_eq!(app.lead(dora)["consents"], json!([]));
    assert!(!app.lead(ANA)["suppression"].is_null());
    let cleo = app.lead(CLEO);
    assert_eq!(cleo["consents"][0]["state"], "given");
    let export = app.api(&format!("/api/leads/{}/export", cleo["id"].as_str().expect("an id")));
    assert!(export.to_string().contains("card 3"), "the evidence can be read");
    app.advance("P20D");
    assert_eq!(app.mails_to(CLEO).len(), 0, "an import mails nobody");
}

#[test]
fn an_import_is_taken_back_for_seven_days_and_what_people_did_since_stays() {
    let app = TestApp::start();
    app.post(&[("email", ANA), ("first_name", "Ana")]);
    app.settle();
    let list = format!("email,company\n{ANA},Lumen\n{BOB},Dupont\n{CLEO},Durand\n");
    let told = imported(&app, "", list.clone());
    assert_eq!(counts(&told), [3, 2, 1, 1, 0]);
    app.post(&[("email", CLEO), ("first_name", "Cléo")]);
    app.advance("P2D");
    let undone = undo(&app, &told);
    assert_eq!(undone.status, 200, "{}", undone.text());
    let cleo = app.lead_id(CLEO).expect("she posted since");
    assert_eq!(
        undone.json(),
        json!({ "removed": 1, "reverted": 1, "kept": [cleo], "done": true })
    );
    assert_eq!(app.lead_id(BOB), None);
    assert_eq!(app.lead(ANA)["answers"], json!({ "first_name": "Ana" }));
    let again = undo(&app, &told).json();
    assert_eq!((&again["removed"], &again["done"]), (&json!(0), &json!(true)));
    // Put right, the list may come again.
    let told = imported(&app, "", list);
    assert_eq!(counts(&told), [3, 1, 2, 1, 0]);
    assert_eq!(app.lead(BOB)["answers"], json!({ "company": "Dupont" }));
    app.advance("P8D");
    let late = undo(&app, &told);
    assert_eq!((late.status, &late.json()["code"]), (409, &json!("undo_over")));
    let other = app.operator("DELETE", "/api/imports/aaaaaaaaaaaaaaaaaaaaaaaaaa", "");
    assert_eq!(other.status, 404);
}

#[test]
fn a_file_that_is_no_list_is_refused_as_a_whole() {
    let app = TestApp::start();
    let check = |query: &str, list: &[u8], field: &str, code: &str| {
        let answer = import(&app, query, list);
        assert_eq!(answer.status, 422, "{}", answer.text());
        let error = &answer.json()["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)));
    };
    check("", b"name,company\nAna,Lumen\n", "email", "no_column");
    check("", b"", "file", "empty");
    check("", b"PK\x03\x04", "file", "not_csv");
    check("&columns=mail%3Demail", b"email\n", "columns", "unknown_column");
    check("&columns=email", b"email\n", "columns", "bad_columns");
    let key = format!("Bearer {}", app.key);
    let other = app.send("POST", "/api/leads/import", &[("Authorization", &key), CSV], "email\n");
    assert_eq!(other.json()["errors"][0]["code"], "unknown_campaign");
    assert_eq!(import(&app, "&dry_run=perhaps", "email\n").status, 400);
}

// ---- the console ----

/// Sends a form of the console's import as a browser does, each field as a part.
fn send(app: &TestApp, cookie: &str, path: &str, parts: &[(&str, &str)]) -> Answer {
    let part = |(name, value): &(&str, &str)| {
        let file = if value.starts_with("email") {
            "; filename=\"list.csv\""
        } else {
            ""
        };
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
    };
    let body: String = parts.iter().map(part).chain(["--b--\r\n".to_owned()]).collect();
    let headers = [
        BROWSER,
        ("Accept-Language", "en"),
        ("Content-Type", "multipart/form-data; boundary=b"),
        ("Cookie", cookie),
        ("Origin", app.base.as_str()),
    ];
    app.send("POST", path, &headers, body)
}

#[test]
fn the_console_looks_at_a_list_first_imports_it_then_and_undoes_it_for_seven_days() {
    let app = TestApp::start();
    app.post(&[("email", ANA)]);
    app.settle();
    let cookie = app.sign_in();
    let get = |path: &str| {
        app.send(
            "GET",
            path,
            &[BROWSER, ("Accept-Language", "en"), ("Cookie", &cookie)],
            "",
        )
    };
    assert!(get("/console/leads").text().contains("href=\"/console/leads/import\""));
    assert_eq!(get("/console/leads/import").status, 200);
    let list = format!("email;company\r\n{ANA};<b>Lumen</b>\r\n{BOB};Dupont\r\nnobody;x\r\n");
    let asked = [("campaign", "guide-seo"), ("list", ""), ("list", list.as_str())];
    let looked = send(&app, &cookie, "/console/leads/import", &asked);
    assert_eq!(looked.status, 200, "{}", looked.text());
    let page = looked.text();
    for part in [
        "Dry run: nothing was written",
        "3 lines: 1 new, 1 known (1 of them with something new), 1 refused",
        "company → company",
        "data-head=\"Field\">email<",
        "name=\"dry_run\" value=\"false\"",
        "&lt;b&gt;Lumen",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<b>Lumen"), "R96");
    assert_eq!(app.lead_id(BOB), None);
    // The list goes along with the button.
    let carried = page.split_once("<textarea name=\"list\" hidden").expect("a list").1;
    let carried = carried
        .split_once(">\n")
        .and_then(|(_, rest)| rest.split_once("</textarea>"));
    let carried = carried.expect("a list").0.replace("&lt;", "<").replace("&gt;", ">");
    assert_eq!(carried, list);
    let writes = [
        ("campaign", "guide-seo"),
        ("dry_run", "false"),
        ("list", carried.as_str()),
    ];
    let done = send(&app, &cookie, "/console/leads/import", &writes);
    let page = done.text();
    let id = page.split_once("/console/imports/").expect("its page").1;
    let id = id.split_once('"').expect("an id").0;
    assert_eq!(app.lead(BOB)["answers"], json!({ "company": "Dupont" }));
    app.advance("P6D");
    let cookie = app.sign_in();
    let get = |path: &str| {
        app.send(
            "GET",
            path,
            &[BROWSER, ("Accept-Language", "fr"), ("Cookie", &cookie)],
            "",
        )
    };
    let its_page = format!("/console/imports/{id}");
    assert!(get(&its_page).text().contains("Annulable jusqu’au "));
    let headers = [
        BROWSER,
        ("Accept-Language", "en"),
        ("Cookie", cookie.as_str()),
        ("Origin", app.base.as_str()),
    ];
    let undone = app.send("POST", &format!("{its_page}/undo"), &headers, "");
    assert!(
        undone.text().contains("1 leads removed, 1 as they were before, 0 kept"),
        "{}",
        undone.text()
    );
    assert_eq!((app.lead_id(BOB), &app.lead(ANA)["answers"]), (None, &json!({})));
    assert!(get(&its_page).text().contains("Cet import est annulé."));
    assert_eq!(get("/console/imports/nothing").status, 404);
    assert_eq!(app.to_people().len(), 1, "only what Ana asked for herself");
}

#[test]
fn the_console_refuses_a_list_in_a_sentence_and_a_page_elsewhere_altogether() {
    let app = TestApp::start();
    let cookie = app.sign_in();
    let import = |list: &str| {
        send(
            &app,
            &cookie,
            "/console/leads/import",
            &[("campaign", "guide-seo"), ("list", list)],
        )
    };
    for (list, status, says) in [
        ("", 422, "The file has no header"),
        ("PK\u{3}\u{4}xlsx", 422, "This is not a CSV file."),
        ("company\nLumen\n", 422, "email"),
        (&"x".repeat(1_000_001), 413, "1\u{a0}MB at most"),
    ] {
        let answer = import(list);
        assert_eq!(answer.status, status, "{says}");
        assert!(answer.text().contains(says), "{says}: {}", answer.text());
    }
    let headers = [BROWSER, ("Cookie", cookie.as_str()), ("Sec-Fetch-Site", "cross-site")];
    assert_eq!(app.send("POST", "/console/leads/import", &headers, "").status, 403);
    assert_eq!(app.send("POST", "/console/imports/x/undo", &headers, "").status, 403);
}

// ---- the command line ----

fn piste(data: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(binary("piste"));
    command.args(arguments).arg("--data").arg(data);
    command.arg("--campaigns").arg(campaigns());
    run(command)
}

#[test]
fn piste_import_says_the_same_in_both_languages_and_undo_import_takes_it_back() {
    let data = tempfile::tempdir().expect("a folder");
    let app = TestApp::on(data.path());
    app.post(&[("email", ANA)]);
    app.settle();
    app.stop("TERM");
    let file = data.path().join("list.csv");
    let list = format!("email;entreprise;budget\r\n{ANA};Lumen;\r\n{BOB};Dupont;beaucoup\r\nnobody;x;\r\n");
    std::fs::write(&file, list).expect("written");
    let file = file.display().to_string();
    let import = |more: &[&str]| {
        let ended = piste(
            data.path(),
            &[&["import", &file, "--campaign", "guide-seo"], more].concat(),
        );
        assert!(ended.status.success(), "{}", ended.stderr);
        ended.stdout
    };
    let dry = import(&["--dry-run", "--lang", "en"]);
    for part in [
        "list.csv:2: fills in company",
        "list.csv:3: budget: this value cannot be read",
        "list.csv:4: email: ",
        "entreprise → company",
        "3 lines: 1 new, 1 known (1 of them with something new), 1 refused",
        "dry run: nothing was written",
    ] {
        assert!(dry.contains(part), "{part}: {dry}");
    }
    assert!(!dry.contains(BOB) && !dry.contains("Dupont"), "nobody is named: {dry}");
    let done = import(&["--lang", "fr"]);
    assert!(
        done.contains("3 lignes\u{a0}: 1 nouvelles, 1 connues (dont 1 complétées), 1 refusées"),
        "{done}"
    );
    let json: Value = serde_json::from_str(&import(&["--json"])).expect("JSON");
    assert_eq!(counts(&json), [3, 0, 2, 0, 1]);
    let id = json["id"].as_str().expect("an id");
    assert!(done.contains(&format!("piste undo-import {id}")), "{done}");
    let app = TestApp::on(data.path());
    assert_eq!(app.lead(BOB)["answers"], json!({ "company": "Dupont" }));
    app.stop("TERM");
    let undone = piste(data.path(), &["undo-import", id, "--lang", "en"]);
    assert!(
        undone.stdout.contains("1 leads removed, 1 as they were before, 0 kept"),
        "{}{}",
        undone.stdout,
        undone.stderr
    );
    let none = piste(data.path(), &["undo-import", "nothing", "--lang", "en"]);
    assert!(
        !none.status.success() && none.stderr.contains("no such import"),
        "{}",
        none.stderr
    );
    let app = TestApp::on(data.path());
    assert_eq!(app.lead_id(BOB), None);
    assert_eq!(app.lead(ANA)["answers"], json!({}));
}
