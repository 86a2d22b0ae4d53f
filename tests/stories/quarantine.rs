//! What looks like spam is held with its reasons, and nobody who posts is told (design.md section 5, *Quarantine*; R85, R86,
//! R87).

use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const TRAP: (&str, &str) = ("_gotcha", "filled in by a password manager");

fn posts(app: &TestApp) -> Vec<Value> {
    let answer = app.api("/api/quarantine");
    assert_eq!(answer["next"], Value::Null);
    answer["posts"].as_array().expect("posts").clone()
}

fn only(app: &TestApp) -> (String, Value) {
    let posts = posts(app);
    assert_eq!(posts.len(), 1, "{posts:?}");
    (posts[0]["id"].as_str().expect("an id").to_owned(), posts[0].clone())
}

fn codes(post: &Value) -> Vec<String> {
    let reasons = post["reasons"].as_array().expect("reasons").iter();
    reasons
        .map(|reason| reason["code"].as_str().expect("a code").to_owned())
        .collect()
}

fn release(app: &TestApp, id: &str) -> Answer {
    app.operator("POST", &format!("/api/quarantine/{id}/release"), "")
}

fn discard(app: &TestApp, id: &str) -> Answer {
    app.operator("DELETE", &format!("/api/quarantine/{id}"), "")
}

/// The hosted form as it is shown now: its hidden fields.
fn shown(app: &TestApp) -> String {
    let page = app.get(FORM).text();
    let field = tag(&page, "name=\"_t\"").to_owned();
    let value = field.split("value=\"").nth(1).and_then(|rest| rest.split('"').next());
    value.expect("the form carries when it was shown").to_owned()
}

#[test]
fn r87_one_visitors_many_addresses_speak_against_a_post_and_hold_it_only_with_another_sign() {
    let app = TestApp::start();
    let post = |visitor: &str, email: &str| {
        let headers = [SCRIPT, URLENCODED, ("Local-Visitor", visitor)];
        let answer = app.send("POST", FORM, &headers, urlencoded(&[("email", email)]));
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (202, r#"{"status":"accepted"}"#)
        );
    };
    for n in 0..20 {
        post("2001:db8::1", &format!("p{n}@example.org"));
    }
    assert_eq!(app.api("/api/leads")["total"], 20, "by itself it holds nobody");
    // The same network, another address in it.
    post("2001:db8::2", "ana@yopmail.com");
    post("203.0.113.8", "bob@yopmail.com");
    let held = app.api("/api/quarantine");
    let posts = held["posts"].as_array().expect("a list");
    assert_eq!((posts.len(), &posts[0]["email"]), (1, &json!("ana@yopmail.com")));
    let reasons = posts[0]["reasons"].as_array().expect("a list").iter();
    let reasons: Vec<_> = reasons
        .map(|reason| (reason["code"].as_str(), reason["points"].as_u64()))
        .collect();
    assert_eq!(
        reasons,
        [(Some("disposable"), Some(60)), (Some("many_people"), Some(40))]
    );
}

#[test]
fn r87_a_post_in_the_trap_is_held_with_its_reason_and_released_once() {
    let app = TestApp::start();
    let fields = [("email", ANA), ("first_name", "Ana"), TICKED, TRAP];
    assert_eq!(app.post(&fields).status, 303);
    app.advance("P1D");
    assert!(
        app.to_people().is_empty() && app.lead_id(ANA).is_none(),
        "no lead, no email"
    );
    let (id, post) = only(&app);
    assert_eq!((&post["form"], &post["email"]), (&json!("guide-seo"), &json!(ANA)));
    assert_eq!(post["answers"]["first_name"], "Ana");
    assert_eq!(codes(&post), ["honeypot"]);
    assert_eq!(post["reasons"][0]["points"], 100);
    assert!(!id.contains("ana"), "R102: the id names nobody");

    // The whole pipeline, as of now.
    let released = release(&app, &id);
    assert_eq!(released.status, 200, "{}", released.text());
    let now = app.now();
    app.settle();
    let lead = app.lead(ANA);
    assert_eq!(released.json()["lead"], lead["id"]);
    assert_eq!(lead["captured_at"], now.to_string());
    assert_eq!(app.steps_to(ANA), ["guide"]);
    assert_eq!(lead["consents"][0]["state"], "pending");
    assert!(posts(&app).is_empty());
    for answer in [release(&app, &id), discard(&app, &id)] {
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")));
    }
    assert_eq!(app.lead(ANA)["enquiries"].as_array().map(Vec::len), Some(1), "once");
}

#[test]
fn r87_two_who_release_at_once_make_one_enquiry() {
    let app = TestApp::start();
    app.post(&[("email", ANA), ("company", "Atelier"), TRAP]);
    let (id, _) = only(&app);
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|_| scope.spawn(|| release(&app, &id).status)).collect();
        all.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    assert_eq!(
        answers.iter().filter(|status| **status == 200).count(),
        1,
        "{answers:?}"
    );
    assert!(
        answers.iter().all(|status| [200, 404, 409].contains(status)),
        "{answers:?}"
    );
    app.settle();
    assert_eq!(app.lead(ANA)["enquiries"].as_array().map(Vec::len), Some(1));
}

#[test]
fn r87_a_released_post_of_a_known_lead_is_one_more_enquiry() {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    app.advance("P2D");
    app.post(&[("email", ANA), ("company", "Atelier"), TRAP]);
    let (id, _) = only(&app);
    assert_eq!(app.lead(ANA)["enquiries"].as_array().map(Vec::len), Some(1));
    assert_eq!(release(&app, &id).status, 200);
    let lead = app.lead(ANA);
    assert_eq!(lead["enquiries"].as_array().map(Vec::len), Some(2));
    assert_eq!(lead["answers"]["company"], "Atelier");
}

#[test]
fn a_discarded_post_is_gone_and_an_old_one_goes_by_itself() {
    let app = TestApp::start();
    app.post(&[("email", ANA), TRAP]);
    let (id, _) = only(&app);
    assert_eq!(discard(&app, &id).status, 200);
    assert!(posts(&app).is_empty());
    assert_eq!((discard(&app, &id).status, release(&app, &id).status), (404, 404));
    app.post(&[("email", ANA), TRAP]);
    app.advance("P29D");
    let (id, _) = only(&app);
    app.advance("P1D");
    assert!(posts(&app).is_empty());
    assert_eq!(release(&app, &id).status, 404);
    for odd in ["x", "a-1-2", &"a".repeat(26), "%00"] {
        assert_eq!(release(&app, odd).status, 404, "{odd}");
    }
}

#[test]
fn the_quarantine_comes_in_pages_newest_first() {
    let app = TestApp::start();
    for n in 0..53 {
        app.post(&[("email", &format!("p{n}@example.org")), TRAP]);
        app.advance("PT1S");
    }
    let first = app.api("/api/quarantine");
    let next = first["next"].as_str().expect("more").to_owned();
    let second = app.api(&format!("/api/quarantine?{}", urlencoded(&[("cursor", &next)])));
    let all: Vec<&Value> = [&first, &second]
        .iter()
        .flat_map(|page| page["posts"].as_array().expect("posts"))
        .collect();
    let expected: Vec<_> = (0..53).rev().map(|n| json!(format!("p{n}@example.org"))).collect();
    assert_eq!(
        all.iter().map(|post| post["email"].clone()).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(second["next"], Value::Null);
    for cursor in ["%21", "bm93aGVyZQ"] {
        let bad = app.operator("GET", &format!("/api/quarantine?cursor={cursor}"), "");
        assert_eq!((bad.status, &bad.json()["code"]), (400, &json!("bad_cursor")));
    }
}

#[test]
fn r87_the_hosted_form_is_trusted_from_two_seconds_to_a_day_after_it_was_shown() {
    let app = TestApp::start();
    let post = |email: &str, time: &str| {
        let answer = app.post(&[("email", email), ("_t", time)]);
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/forms/guide-seo/thanks?lang=fr"),
            "R86"
        );
        app.lead_id(email).is_some()
    };
    let time = shown(&app);
    assert!(!post("a@example.org", &time));
    assert_eq!(codes(&only(&app).1), ["too_fast"]);
    app.advance("PT2S");
    assert!(post("b@example.org", &time));
    app.advance("PT23H");
    assert!(post("c@example.org", &time));
    app.advance("PT1H");
    assert!(!post("d@example.org", &time));
    assert_eq!(codes(&posts(&app)[0]), ["too_old"]);
    // No time, or one that is not ours, holds nobody by itself: a form elsewhere knows nothing of it.
    assert!(post("e@example.org", "") && post("f@example.org", "1772442000"));
    // A form with something to put right keeps the time; one that is over is dropped, so that the next try counts.
    for (wait, kept) in [("PT5S", true), ("P2D", false)] {
        let time = shown(&app);
        app.advance(wait);
        let page = app.post(&[("email", "nobody"), ("_t", &time)]);
        assert_eq!(page.status, 422);
        assert_eq!(
            page.text().contains(&format!("name=\"_t\" value=\"{time}\"")),
            kept,
            "{wait}"
        );
    }
}

#[test]
fn r85_r87_layers_add_up_and_the_reasons_say_so_in_words() {
    let app = TestApp::start();
    assert_eq!(app.post(&[("email", "a@yopmail.com")]).status, 303);
    assert!(app.lead_id("a@yopmail.com").is_some(), "R85: a sign, and no more");
    let need = "Здравствуйте, посмотрите: https://spam.example";
    assert_eq!(app.post(&[("email", "info@yopmail.com"), ("need", need)]).status, 303);
    let (_, post) = only(&app);
    assert_eq!(codes(&post), ["disposable", "role", "links", "alphabet"]);
    let french = app.api("/api/quarantine?lang=fr");
    assert_eq!(french["posts"][0]["reasons"][2]["why"], "1 lien dans les textes");
    assert_eq!(french["posts"][0]["reasons"][2]["points"], 30);
}

#[test]
fn r86_whoever_is_held_hears_what_everybody_hears() {
    let app = TestApp::start();
    let plain = app.post_by_script(&[("email", "new@example.org")]);
    for fields in [
        &[("email", ANA), TRAP][..],
        &[("email", "new@example.org"), TRAP],
        &[
            ("email", "info@yopmail.com"),
            ("need", "http://a.example http://b.example"),
        ],
    ] {
        let answer = app.post_by_script(fields);
        assert_eq!((answer.status, answer.body), (plain.status, plain.body.clone()));
    }
    // Bad fields are told of first, whatever else there is.
    assert_eq!(app.post_by_script(&[("email", "nobody"), TRAP]).status, 422);
}

#[test]
fn r65_a_held_post_is_erased_with_its_person_by_every_door() {
    let app = TestApp::start();
    let hold = |address: &str| app.post(&[("email", address), ("company", "Atelier"), TRAP]);
    // By the operator.
    app.opt_in(ANA, &[]);
    hold(ANA);
    hold("bob@example.org");
    let id = app.lead_id(ANA).expect("a lead");
    let export = app.api(&format!("/api/leads/{id}/export"));
    assert_eq!(export["held"][0]["answers"]["company"], "Atelier", "R66");
    assert_eq!(export["held"][0]["reasons"], json!(["honeypot"]));
    assert_eq!(app.operator("DELETE", &format!("/api/leads/{id}"), "").status, 200);
    let left = || posts(&app).iter().map(|post| post["email"].clone()).collect::<Vec<_>>();
    assert_eq!(left(), ["bob@example.org"], "at once");
    // By the person.
    app.guide_for("bob@example.org", &[]);
    let asked = app.send(
        "POST",
        "/my-data?lang=fr",
        &[BROWSER, URLENCODED],
        urlencoded(&[("email", "bob@example.org"), ("form", "guide-seo")]),
    );
    assert_eq!(asked.status / 100, 2);
    app.settle();
    let mails = app.mails_to("bob@example.org");
    let link = app.mail(mails.last().expect("the link")).link("/my-data?t=");
    let erased = app.send("POST", &link, &[BROWSER, URLENCODED], urlencoded(&[("do", "erase")]));
    assert_eq!(erased.status, 200, "{}", erased.text());
    assert!(left().is_empty());
    // What they post later is another matter.
    app.advance("PT1M");
    hold("bob@example.org");
    app.advance("PT1H");
    assert_eq!(left(), ["bob@example.org"]);
}

#[test]
fn the_console_shows_releases_and_discards_one_or_many() {
    let app = TestApp::start();
    for address in [ANA, "bob@example.org", "eve@example.org"] {
        app.post(&[("email", address), ("need", "<b>Devis</b>"), TRAP]);
    }
    let cookie = app.sign_in();
    let page = |language: &str| {
        let headers = [BROWSER, ("Cookie", cookie.as_str()), ("Accept-Language", language)];
        app.send("GET", "/console/quarantine", &headers, "")
    };
    for (language, words) in [
        ("fr", "le champ invisible est rempli"),
        ("en", "the hidden field was filled in"),
    ] {
        let shown = page(language);
        assert!(shown.is_page_in(language), "{}", shown.text());
        let text = shown.text();
        assert!(
            text.contains(words) && text.contains(ANA) && text.contains("&lt;b&gt;Devis"),
            "{text}"
        );
    }
    let press = |path: &str, fields: &[(&str, &str)]| {
        let headers = [
            BROWSER,
            URLENCODED,
            ("Cookie", cookie.as_str()),
            ("Origin", app.base.as_str()),
        ];
        app.send("POST", path, &headers, urlencoded(fields))
    };
    let id_of = |address: &str| {
        let all = posts(&app);
        let post = all
            .iter()
            .find(|post| post["email"] == address)
            .expect("a post")
            .clone();
        post["id"].as_str().expect("an id").to_owned()
    };
    let (bob, eve) = (id_of("bob@example.org"), id_of("eve@example.org"));
    let released = press(&format!("/console/quarantine/{}/release", id_of(ANA)), &[]);
    let lead = app.lead_id(ANA).expect("a lead");
    assert_eq!(
        (released.status, released.header("location")),
        (303, &*format!("/console/leads/{lead}"))
    );
    let gone = press("/console/quarantine/discard", &[("post", &bob), ("post", &eve)]);
    assert_eq!((gone.status, gone.header("location")), (303, "/console/quarantine"));
    assert!(posts(&app).is_empty());
    assert!(page("en").text().contains("The quarantine is empty."));
    assert_eq!(
        press("/console/quarantine/discard", &[("post", &bob)]).status,
        303,
        "gone already"
    );
}
