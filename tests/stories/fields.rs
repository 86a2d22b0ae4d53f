//! Any form works by its action (design.md section 5, "Fields"; R77, R79, R80, R87, R92).

use serde_json::{Value, json};

use crate::test_app::*;

fn enquiry(app: &TestApp, address: &str) -> Value {
    let lead = app.lead(address);
    let enquiries = lead["enquiries"].as_array().expect("enquiries");
    enquiries.last().expect("an enquiry").clone()
}

#[test]
fn r77_what_the_form_does_not_declare_is_kept_as_text() {
    let app = TestApp::start();
    app.post(&[
        ("email", "ana@example.org"),
        ("message", "Bonjour\r\n<b>à vous</b>"),
        ("tags[]", "a"),
        ("tags[]", "b"),
        ("stage", "customer"),
        ("empty", " "),
        ("_wpcf7", "12"),
    ]);
    let said = enquiry(&app, "ana@example.org");
    assert_eq!(
        said["other"],
        json!({ "_wpcf7": "12", "message": "Bonjour\n<b>à vous</b>", "stage": "customer", "tags[]": "a\nb" })
    );
    let lead = app.lead("ana@example.org");
    assert_eq!((&lead["stage"], &lead["answers"]), (&json!("lead"), &json!({})));
    // The export has it too, and nothing too large is lost.
    let long = "x".repeat(40_000);
    app.post(&[("email", "long@example.org"), ("message", &long)]);
    let id = app.lead_id("long@example.org").expect("a lead");
    let export = app.api(&format!("/api/leads/{id}/export")).to_string();
    assert!(
        export.contains(&long),
        "what has no room in the item lies in a row of its own"
    );
}

#[test]
fn r80_nested_json_refuses_no_post() {
    let app = TestApp::start();
    let body = json!({
        "email": "ana@example.org", "utm": { "source": "x" }, "tags": [1, 2], "items": [{ "sku": "a" }, { "sku": "b" }],
        "budget": 15_000, "none": null,
    });
    assert_eq!(app.post_json(FORM, &body).status, 202);
    let said = enquiry(&app, "ana@example.org");
    assert_eq!(
        said["other"],
        json!({ "items.0.sku": "a", "items.1.sku": "b", "tags": "1\n2", "utm.source": "x" })
    );
    assert_eq!(said["answers"]["budget"], "15000");
}

#[test]
fn r77_fields_are_recognised_under_the_names_of_form_builders() {
    let app = TestApp::start();
    let bodies = [
        (URLENCODED, urlencoded(&[("your-email", "a1@example.org"), ("your-first-name", "Ana")])),
        (URLENCODED, urlencoded(&[("form_fields[email]", "a2@example.org"), ("form_fields[Prénom]", "Ana")])),
        (URLENCODED, urlencoded(&[("E-mail", "a3@example.org"), ("First Name", "Ana")])),
        (JSON, json!({ "data": { "email": "a4@example.org", "firstName": "Ana" } }).to_string()),
        (
            JSON,
            json!({ "fields": [{ "name": "email", "value": "a5@example.org" }, { "name": "first_name", "value": "Ana" }] })
                .to_string(),
        ),
        (
            JSON,
            json!({ "email": { "value": "a6@example.org" }, "first_name": { "value": "Ana" } }).to_string(),
        ),
        (
            JSON,
            json!([{ "key": "EMAIL", "value": "a7@example.org" }, { "id": "first-name", "value": "Ana" }]).to_string(),
        ),
    ];
    for (at, (kind, body)) in bodies.into_iter().enumerate() {
        let answer = app.send("POST", FORM, &[kind, SCRIPT], body.clone());
        assert_eq!(answer.status, 202, "{body}: {}", answer.text());
        let said = enquiry(&app, &format!("a{}@example.org", at + 1));
        assert_eq!(
            (&said["answers"]["first_name"], &said["other"]),
            (&json!("Ana"), &json!({})),
            "{body}"
        );
    }
    // By a part of a word nothing is recognised, and a refused page carries what else was typed.
    let refused = app.post(&[("email_confirm", "ana@example.org"), ("message", "Bonjour <b>")]);
    assert_eq!(refused.status, 422);
    assert!(tag(&refused.text(), "name=\"message\"").contains("value=\"Bonjour &lt;b&gt;\""));
}

#[test]
fn r79_a_file_is_refused_by_name_and_the_lead_is_kept() {
    let app = TestApp::start();
    let big = "x".repeat(300_000);
    let (kind, body) = multipart(&[("email", "ana@example.org"), ("cv\"; filename=\"cv.pdf", &big)]);
    let answer = app.send("POST", FORM, &[SCRIPT, ("Content-Type", &kind)], body.clone());
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (202, r#"{"status":"accepted","refused":[{"field":"cv","code":"file"}]}"#)
    );
    assert!(app.lead_id("ana@example.org").is_some());
    let page = app.send("POST", FORM, &[BROWSER, ("Content-Type", &kind)], body);
    assert_eq!(page.status, 303);
    for (lang, words) in [("fr", "n’accepte pas de fichier"), ("en", "doesn’t accept files")] {
        let thanks = app.get(&page.header("location").replace("lang=fr", &format!("lang={lang}")));
        assert!(
            thanks.text().contains(words) && thanks.text().contains("<strong>cv</strong>"),
            "{}",
            thanks.text()
        );
    }
    let (kind, body) = multipart(&[("email", "bob@example.org"), ("cv\"; filename=\"", "")]);
    let answer = app.send("POST", FORM, &[SCRIPT, ("Content-Type", &kind)], body);
    assert_eq!(answer.text(), r#"{"status":"accepted"}"#, "an input without a file");
}

#[test]
fn r87_a_honeypot_filled_in_any_shape_makes_no_lead() {
    let app = TestApp::start();
    for body in [
        json!({ "_gotcha": ["", "x"] }),
        json!({ "_gotcha": { "a": "x" } }),
        json!({ "_Gotcha": "x" }),
        json!({ "data": { "_gotcha": "x" } }),
        json!({ "fields": [{ "name": "_gotcha", "value": "x" }] }),
    ] {
        let mut body = body;
        body["email"] = "bot@example.org".into();
        assert_eq!(app.post_json(FORM, &body).text(), r#"{"status":"accepted"}"#, "{body}");
    }
    app.post(&[("email", "bot@example.org"), ("_GOTCHA[]", "x")]);
    assert_eq!(app.lead_id("bot@example.org"), None);
    let body = json!({ "email": "ana@example.org", "_gotcha": ["", " "] });
    assert_eq!(app.post_json(FORM, &body).status, 202);
    assert!(app.lead_id("ana@example.org").is_some());
}

#[test]
fn the_snippet_is_small_and_has_no_cookie() {
    let app = TestApp::start();
    let answer = app.get("/forms/guide-seo/snippet.js");
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/javascript"));
    assert!(answer.body.len() <= 1_024, "{} bytes", answer.body.len());
    assert!(!answer.text().contains("cookie") && answer.header("set-cookie").is_empty());
    assert!(answer.text().contains("sessionStorage"));
    let nothing = app.get("/forms/guide-seo/snippet.js?storage=none").text();
    assert!(!nothing.contains("Storage"), "{nothing}");
    assert_eq!(app.get("/forms/nobody/snippet.js").status, 404);
}

#[test]
fn click_ids_are_kept_whole_with_the_source() {
    let app = TestApp::start();
    let click = format!("Cj0{}", "K_w-".repeat(40));
    app.post(&[
        ("email", "ana@example.org"),
        ("utm_source", "google"),
        ("first_utm_source", "newsletter"),
        ("gclid", &click),
        ("fbclid", "IwAR1"),
        ("msclkid", "a1b2"),
    ]);
    let said = enquiry(&app, "ana@example.org");
    for (name, value) in [
        ("source", "google"),
        ("first_source", "newsletter"),
        ("gclid", click.as_str()),
        ("fbclid", "IwAR1"),
        ("msclkid", "a1b2"),
    ] {
        assert_eq!(said["touch"][name], value, "{name}");
    }
    assert_eq!(said["other"], json!({}));
}

#[test]
fn r92_listed_sites_send_what_htmx_sends_and_follow_the_answer() {
    let app = TestApp::start();
    let listed = ("Origin", "https://www.example.com");
    let asks = (
        "Access-Control-Request-Headers",
        "hx-current-url,hx-request,hx-target,x-requested-with",
    );
    for url in [FORM, "/forms/guide-seo/thanks"] {
        let preflight = app.send(
            "OPTIONS",
            url,
            &[listed, ("Access-Control-Request-Method", "POST"), asks],
            "",
        );
        assert_eq!(preflight.status, 204, "{url}");
        let allowed = preflight.header("access-control-allow-headers").to_lowercase();
        for name in [
            "content-type",
            "x-requested-with",
            "hx-request",
            "hx-current-url",
            "hx-target",
            "hx-trigger",
            "hx-trigger-name",
            "hx-boosted",
            "hx-prompt",
        ] {
            assert!(
                allowed.split(',').any(|known| known.trim() == name),
                "{name}: {allowed}"
            );
        }
        let other = app.send("OPTIONS", url, &[("Origin", "https://evil.example"), asks], "");
        assert_eq!(other.status, 403);
    }
}

#[test]
fn the_terminal_and_the_console_name_what_nobody_declared() {
    let app = TestApp::start();
    for _ in 0..2 {
        app.send(
            "POST",
            FORM,
            &[SCRIPT, URLENCODED, ("Origin", "https://shop.example")],
            urlencoded(&[
                ("email", "ana@example.org"),
                ("message", "Secret"),
                ("bob@example.org", "x"),
            ]),
        );
    }
    let id = app.lead_id("ana@example.org").expect("a lead");
    let (path, cookie) = (format!("/console/leads/{id}"), app.sign_in());
    let asks = [BROWSER, ("Accept-Language", "en"), ("Cookie", cookie.as_str())];
    let page = app.send("GET", &path, &asks, "").text();
    assert!(
        page.contains("message") && page.contains("(not declared in the form)"),
        "{page}"
    );
    assert!(page.contains("https://shop.example") && page.contains("(site not on the form’s list)"));
    let said = app.stop("INT").stderr;
    for named in ["\"message\"", "https://shop.example"] {
        assert_eq!(said.matches(named).count(), 1, "{named}: {said}");
    }
    assert!(
        !said.contains("Secret") && !said.contains("bob@") && !said.contains("ana@"),
        "{said}"
    );
}

#[test]
fn names_of_a_field_are_read_as_its_own_and_checked() {
    let campaigns = campaigns_to_edit();
    let file = campaigns.path().join("guide-seo/campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("a campaign");
    let with = |names: &str| toml.replace("name = \"need\"\n", &format!("name = \"need\"\nnames = [{names}]\n"));
    std::fs::write(&file, with("\"your-message\", \"input_1.3\"")).expect("written");
    let app = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start();
    for (at, name) in ["your-message", "Your Message", "input_1.3", "form_fields[your-message]"]
        .into_iter()
        .enumerate()
    {
        let address = format!("a{at}@example.org");
        app.post(&[("email", &address), (name, "Bonjour")]);
        assert_eq!(app.lead(&address)["answers"]["need"], "Bonjour", "{name}");
    }
    for (names, part) in [
        ("\"Phone\"", "phone"),
        ("\"--\"", "letter"),
        ("\"_lang\"", "_lang"),
        ("\"a\", \"A\"", "twice"),
    ] {
        std::fs::write(&file, with(names)).expect("written");
        let command = std::process::Command::new(piste_tests::binaries::binary("piste"))
            .args(["check", "--lang", "en", "--campaigns"])
            .arg(campaigns.path())
            .output()
            .expect("piste runs");
        let said = String::from_utf8_lossy(&command.stdout).into_owned() + &String::from_utf8_lossy(&command.stderr);
        assert!(
            !command.status.success() && said.contains("campaign.toml:") && said.contains(part),
            "{names}: {said}"
        );
    }
}
