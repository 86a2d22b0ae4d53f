//! A form post becomes a lead (design.md section 5, first two rows; R77 to R86, R90, R92, R93).

use piste_domain::kit::ids::sha256_hex;
use serde_json::json;

use crate::test_app::*;

const THANKS: &str = "/forms/guide-seo/thanks?lang=fr";
const ACCEPTED: &str = r#"{"status":"accepted"}"#;

// ---- the three encodings ----

#[test]
fn a_browser_gets_303_to_the_thank_you_page_by_every_encoding() {
    let app = TestApp::start();
    let (kind, body) = multipart(&[("email", "multi@example.org"), ("first_name", "Zoé"), TICKED]);
    let json = json!({ "email": "json@example.org", "first_name": "Zoé", "marketing_consent": true }).to_string();
    let answers = [
        app.post(&[("email", "plain@example.org"), ("first_name", "Zoé"), TICKED]),
        app.send("POST", FORM, &[BROWSER, ("Content-Type", &kind)], body),
        app.send("POST", FORM, &[BROWSER, JSON], json),
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.header("location")), (303, THANKS));
    }
    let thanks = app.get(THANKS);
    assert_eq!(thanks.status, 200);
    assert!(thanks.is_page_in("fr") && thanks.text().contains("Le guide est en route"));
    // The three are the same lead but for the address.
    app.settle();
    for address in ["plain@example.org", "multi@example.org", "json@example.org"] {
        assert_eq!(app.steps_to(address), ["guide"]);
        let lead = app.lead(address);
        assert_eq!(lead["answers"]["first_name"], "Zoé");
        assert_eq!(
            (&lead["consents"][0]["purpose"], &lead["consents"][0]["state"]),
            (&json!("marketing"), &json!("pending"))
        );
    }
}

#[test]
fn json_in_json_out_and_accept_json_are_answered_202() {
    let app = TestApp::start();
    let json = json!({ "email": "ana@example.org", "budget": 15_000 }).to_string();
    let answers = [
        app.send("POST", FORM, &[JSON], json.clone()),
        app.send("POST", FORM, &[JSON, SCRIPT], json),
        app.post_by_script(&[("email", "ana@example.org")]),
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.text().as_str()), (202, ACCEPTED));
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[test]
fn r86_new_known_suppressed_and_bot_get_the_same_bytes() {
    let app = TestApp::start();
    let fields = |address| [("email", address), ("first_name", "Ana"), TICKED];
    app.post(&fields("known@example.org"));
    app.opt_in("left@example.org", &[]);
    app.guide_for("gone@example.org", &[]);
    app.feedback(&app.mails_to("gone@example.org")[0], "complaint");
    let answers = [
        app.post_by_script(&fields("new@example.org")),
        app.post_by_script(&fields("new@example.org")),
        app.post_by_script(&fields("known@example.org")),
        app.post_by_script(&fields("left@example.org")),
        app.post_by_script(&fields("gone@example.org")),
        app.post_by_script(&[("email", "bot@example.org"), ("_gotcha", "https://spam.example")]),
    ];
    let shown = |answer: &Answer| {
        let mut headers: Vec<_> = answer
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.retain(|header| !header.starts_with("date:"));
        headers.sort();
        (answer.status, answer.body.clone(), headers)
    };
    for answer in &answers {
        assert_eq!(shown(answer), shown(&answers[0]));
    }
    assert_eq!((answers[0].status, answers[0].text().as_str()), (202, ACCEPTED));
    // And as pages.
    let pages = [
        app.post(&fields("newer@example.org")),
        app.post(&fields("gone@example.org")),
        app.post(&[("email", "bot@example.org"), ("_gotcha", "x")]),
    ];
    for page in &pages {
        assert_eq!(shown(page), shown(&pages[0]));
    }
}

#[test]
fn r87_the_honeypot_makes_no_lead_and_no_email() {
    let app = TestApp::start();
    assert_eq!(
        app.post(&[("email", "bot@example.org"), ("_gotcha", "x"), TICKED])
            .header("location"),
        THANKS
    );
    assert_eq!(app.post(&[("email", "ana@example.org"), ("_gotcha", "")]).status, 303);
    app.advance("P1D");
    assert_eq!(app.steps_to("bot@example.org").len(), 0);
    assert_eq!(app.steps_to("ana@example.org"), ["guide"]);
    assert_eq!(app.lead_id("bot@example.org"), None);
}

#[test]
fn r15_a_double_click_makes_one_lead_and_one_email() {
    let app = TestApp::start();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(app.post(&[("email", "ana@example.org"), TICKED]).status, 303));
        }
    });
    // R17: another writing of the same address is the same person.
    assert_eq!(app.post(&[("email", " Ana@EXAMPLE.org "), TICKED]).status, 303);
    app.advance("PT1H");
    assert_eq!((app.to_people().len(), app.mails_to(OFFICE).len()), (1, 1));
    assert_eq!(app.api("/api/leads")["leads"].as_array().expect("leads").len(), 1);
}

// ---- where the visitor goes ----

#[test]
fn r93_next_is_followed_only_to_the_sites_on_the_list() {
    let app = TestApp::start();
    let to = |next: &str| {
        app.post(&[("email", "ana@example.org"), ("_next", next)])
            .header("location")
            .to_owned()
    };
    for good in [
        "/merci",
        "/merci?a=b#c",
        "https://www.example.com",
        "https://www.example.com/merci?a=b",
    ] {
        assert_eq!(to(good), good);
    }
    let evil = [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "https:evil.example",
        "https:///evil.example",
        "https://evil.example",
        "https://www.example.com.evil.example",
        "https://www.example.com@evil.example",
        "https://www.example.com:443@evil.example/",
        "https://www.example.com\\@evil.example",
        "https://www.example.com%2eevil.example",
        "https://WWW.EXAMPLE.COM",
        "http://www.example.com/",
        "https://example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/merci\r\nSet-Cookie: a=b",
        " https://evil.example",
        "merci",
        "",
    ];
    for next in evil {
        assert_eq!(to(next), THANKS, "{next:?}");
    }
}

#[test]
fn the_language_is_the_posted_one_then_the_asked_one_then_the_browsers() {
    let app = TestApp::start();
    let check = |url: &str, accept_language: &str, posted: Option<&str>, expected: &str| {
        let headers = [BROWSER, URLENCODED, ("Accept-Language", accept_language)];
        let mut fields = vec![("email", "nobody")];
        fields.extend(posted.map(|language| ("_lang", language)));
        let refused = app.send("POST", url, &headers, urlencoded(&fields));
        assert!(
            refused.status == 422 && refused.is_page_in(expected),
            "{url} {accept_language} {posted:?}"
        );
        if posted.is_none() {
            let form = app.send("GET", url, &[BROWSER, ("Accept-Language", accept_language)], "");
            assert!(form.is_page_in(expected), "{url} {accept_language}");
            assert!(form.text().contains(&format!("name=\"_lang\" value=\"{expected}\"")));
        }
    };
    check(FORM, "", None, "fr");
    check(FORM, "en-GB,en;q=0.8", None, "en");
    check(FORM, "de,en;q=0.5,fr;q=0.4", None, "en");
    check(FORM, "en;q=0.1,fr-CA", None, "fr");
    check(FORM, "de", None, "fr");
    check("/forms/guide-seo?lang=en", "fr", None, "en");
    check("/forms/guide-seo?lang=de", "en", None, "en");
    check(FORM, "fr", Some("en"), "en");
    check("/forms/guide-seo?lang=en", "en", Some("fr"), "fr");
    check(FORM, "en", Some("xx"), "en");

    let answer = app.post(&[("email", "ana@example.org"), ("_lang", "en")]);
    assert_eq!(answer.header("location"), "/forms/guide-seo/thanks?lang=en");
    assert!(
        app.get(answer.header("location"))
            .text()
            .contains("Your guide is on its way")
    );
}

// ---- wrong fields ----

/// One wrong answer to every field that can be wrong, and right ones beside them.
const WRONG: [(&str, &str); 15] = [
    ("email", "ana@nowhere"),
    ("first_name", "Ana \"l’été\" <b>"),
    ("last_name", "De La Cruz"),
    ("phone", "call me"),
    ("sector", "saas"),
    ("company_size", "many"),
    ("budget", "a lot"),
    ("need", "Deux lignes\n& plus"),
    ("timing", "3_months"),
    TICKED,
    ("utm_source", "lettre"),
    ("utm_campaign", "mars"),
    ("referrer", "https://search.example.com/"),
    ("landing_page", "https://www.example.com/guide"),
    ("_next", "https://www.example.com/merci"),
];

#[test]
fn wrong_fields_give_the_form_again_with_the_input_kept_and_every_problem() {
    let app = TestApp::start();
    for (language, other, phone) in [
        ("fr", "en", "Écrivez un numéro de téléphone"),
        ("en", "fr", "Enter a phone number"),
    ] {
        let mut fields = WRONG.to_vec();
        fields.push(("_lang", language));
        let answer = app.post(&fields);
        assert_eq!(answer.status, 422);
        assert!(answer.is_page_in(language));
        let page = answer.text();
        for field in ["email", "phone", "company_size", "budget"] {
            assert!(
                page.contains(&format!("href=\"#f-{field}\"")),
                "{field} is named at the top"
            );
            assert!(
                tag(&page, &format!("id=\"f-{field}\"")).contains("aria-invalid=\"true\""),
                "{field}"
            );
            assert!(
                page.contains(&format!("id=\"f-{field}-error\"")),
                "{field} has its sentence"
            );
        }
        assert_eq!(page.matches("class=\"error\"").count(), 4, "and no other field");
        assert!(page.contains(phone));
        // What was typed, escaped.
        assert!(tag(&page, "id=\"f-email\"").contains("value=\"ana@nowhere\""));
        assert!(page.contains("value=\"Ana &quot;l’été&quot; &lt;b&gt;\""), "{page}");
        assert!(tag(&page, "id=\"f-phone\"").contains("value=\"call me\""));
        assert!(tag(&page, "value=\"saas\"").contains("selected"));
        assert!(tag(&page, "value=\"3_months\"").contains("selected"));
        assert!(!tag(&page, "value=\"now\"").contains("selected"));
        assert!(page.contains("Deux lignes\n&amp; plus</textarea>"));
        assert!(tag(&page, "id=\"f-marketing_consent\"").contains("checked"));
        // What the page carried.
        for (name, value) in &WRONG[10..] {
            assert!(
                tag(&page, &format!("name=\"{name}\"")).contains(&format!("value=\"{value}\"")),
                "{name}"
            );
        }
        assert!(
            page.contains(&format!("name=\"_lang\" value=\"{language}\"")),
            "not {other}"
        );
    }
    // Corrected, the post goes where it was to go.
    let mut right = WRONG.to_vec();
    for (field, value) in [
        ("email", "ana@example.org"),
        ("phone", ""),
        ("company_size", ""),
        ("budget", ""),
    ] {
        right.retain(|(name, _)| *name != field);
        right.push((field, value));
    }
    assert_eq!(app.post(&right).header("location"), "https://www.example.com/merci");
    // R62: an unticked box comes back unticked.
    assert!(!tag(&app.post(&[("email", "")]).text(), "id=\"f-marketing_consent\"").contains("checked"));
}

#[test]
fn wrong_fields_give_programs_a_problem_document_with_all_of_them() {
    let app = TestApp::start();
    let mut messages = Vec::new();
    for language in ["fr", "en"] {
        let mut fields = WRONG.to_vec();
        fields.push(("_lang", language));
        let answer = app.post_by_script(&fields);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (422, "application/problem+json")
        );
        let problem = answer.json();
        assert_eq!(
            (&problem["status"], &problem["code"]),
            (&json!(422), &json!("fields_refused"))
        );
        let errors = problem["errors"].as_array().expect("a list");
        let named: Vec<_> = errors
            .iter()
            .map(|e| (e["field"].as_str().expect("text"), e["code"].as_str().expect("text")))
            .collect();
        let expected = [
            ("email", "no_dot"),
            ("phone", "invalid_phone"),
            ("company_size", "not_an_option"),
            ("budget", "not_a_number"),
        ];
        assert_eq!(named, expected);
        assert!(
            !answer.text().contains("call me") && !answer.text().contains("nowhere"),
            "a problem never repeats the value"
        );
        messages.push(errors.iter().map(|e| e["message"].to_string()).collect::<Vec<_>>());
    }
    assert!(
        messages[0].iter().zip(&messages[1]).all(|(fr, en)| fr != en),
        "each in the visitor's language"
    );
}

#[test]
fn r83_r84_addresses_are_taken_or_refused() {
    let app = TestApp::start();
    let status = |address: &str| app.post_by_script(&[("email", address)]).status;
    for good in [
        "ana@example.org",
        "a.b+c_d-e@sub.example.org",
        "ANA@Example.Org",
        "ana@exämple.org",
        "o'neill@example.org",
        "o’neill@example.org",
        "<ana@example.org>",
        "Ana <ana@example.org>",
        "mailto:ana@example.org",
        "an\u{200b}a@example.org",
        "ana@example.org.",
    ] {
        assert_eq!(status(good), 202, "{good}");
    }
    for bad in [
        "",
        "ana",
        "ana@",
        "@example.org",
        "ana@example",
        "a b@example.org",
        "\"ana\"@example.org",
        "ana@[192.0.2.1]",
        "zoé@example.org",
        "ana@example.org, bob@example.org",
        "ana@example.org\r\nBcc: bob@example.org",
        ".ana@example.org",
        "ana.@example.org",
        "a..a@example.org",
        "=?x@example.org",
        "a=?b?=@example.org",
        "ana@1.2.3.4",
        "ana@123.456",
        "z@co.c",
        "me@bad.tld-2",
        "ana@-example.org",
        "ana@exa_mple.org",
    ] {
        assert_eq!(status(bad), 422, "{bad:?}");
    }
    assert_eq!(status(&format!("{}@example.org", "a".repeat(65))), 422);
    assert_eq!(status(&format!("ana@{}.example.org", "a".repeat(64))), 422);
}

// ---- wrong requests ----

/// R77, R80, R81: the size of a body, of a field and of a number of fields, the three types, and what is none of them.
#[test]
fn wrong_requests_are_answered_by_what_is_wrong_with_them() {
    let app = TestApp::start();
    let big = |bytes: usize| {
        let field = format!("need={}&", "x".repeat(1_000));
        let mut body = format!("email=ana@example.org&{}", field.repeat(bytes / field.len() + 1));
        body.truncate(bytes);
        body
    };
    let (file, file_body) = multipart(&[("email", "ana@example.org"), ("cv\"; filename=\"cv.pdf", "data")]);
    let rows = [
        ("POST", FORM, URLENCODED, big(64 * 1024).into_bytes(), 202),
        ("POST", FORM, URLENCODED, big(64 * 1024 + 1).into(), 413),
        (
            "POST",
            FORM,
            ("Content-Type", "text/plain"),
            big(64 * 1024 + 1).into(),
            413,
        ),
        ("POST", FORM, URLENCODED, big(1_000_000).into(), 413),
        ("POST", FORM, URLENCODED, big(7_000_000).into(), 413),
        (
            "POST",
            FORM,
            URLENCODED,
            format!("need={}", "x".repeat(32 * 1024)).into(),
            422,
        ),
        ("POST", FORM, URLENCODED, "a=1&".repeat(101).into(), 413),
        (
            "POST",
            FORM,
            ("Content-Type", "text/plain"),
            "email=ana@example.org".into(),
            415,
        ),
        (
            "POST",
            FORM,
            ("Content-Type", "application/xml"),
            "<email/>".into(),
            415,
        ),
        ("POST", FORM, ("X-None", "1"), "email=ana@example.org".into(), 415),
        ("POST", FORM, ("Content-Type", &file), file_body, 202),
        ("POST", FORM, JSON, "{".into(), 400),
        ("POST", FORM, JSON, "[]".into(), 400),
        (
            "POST",
            FORM,
            JSON,
            r#"{"email":"a@example.org","email":"b@example.org"}"#.into(),
            400,
        ),
        ("POST", FORM, JSON, r#"{"email":"\ud800@example.org"}"#.into(), 400),
        (
            "POST",
            FORM,
            JSON,
            format!("{{\"a\":{}", "[".repeat(60_000)).into(),
            400,
        ),
        ("POST", FORM, ("Content-Type", "multipart/form-data"), "--x".into(), 400),
        (
            "POST",
            FORM,
            ("Content-Type", "multipart/form-data; boundary=b"),
            "--b\r\nContent-Disp".into(),
            400,
        ),
        ("POST", FORM, URLENCODED, Vec::new(), 422),
        ("POST", "/forms/nobody", URLENCODED, "email=ana@example.org".into(), 404),
        ("GET", "/forms/nobody", JSON, Vec::new(), 404),
        ("GET", "/forms/..%2fguide-seo", JSON, Vec::new(), 404),
        ("GET", "/forms/", JSON, Vec::new(), 404),
        ("GET", "/nothing/here", JSON, Vec::new(), 404),
        ("PUT", FORM, URLENCODED, "email=ana@example.org".into(), 405),
        ("DELETE", FORM, URLENCODED, Vec::new(), 405),
        ("PATCH", FORM, URLENCODED, "x=1".into(), 405),
        ("POST", "/forms/guide-seo/thanks", URLENCODED, "x=1".into(), 405),
    ];
    for (method, url, header, body, expected) in rows {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let about = format!("{method} {url} {header:?} {} bytes {shown}", body.len());
        let program = app.send(method, url, &[header, SCRIPT], body.clone());
        assert_eq!(program.status, expected, "{about}");
        if expected >= 400 {
            assert_eq!(program.header("content-type"), "application/problem+json", "{about}");
            let problem = program.json();
            assert_eq!(
                (&problem["type"], &problem["status"]),
                (&json!("about:blank"), &json!(expected)),
                "{about}"
            );
            assert!(problem["title"].is_string() && problem["code"].is_string(), "{about}");
        }
        if expected == 405 {
            assert!(
                program.header("allow").contains("GET"),
                "RFC 9110, section 15.5.6: {about}"
            );
        }
        // A browser gets a page that says what to do, and never a bare document of a program.
        if [400, 404, 413, 415].contains(&expected) && url.starts_with("/forms/") && body.len() < 6_000_000 {
            let browser = app.send(method, url, &[header, BROWSER, ("Accept-Language", "en")], body);
            assert_eq!(browser.status, expected, "{about}");
            assert!(
                url == "/forms/" || browser.is_page_in("en"),
                "{about}: {}",
                browser.text()
            );
        }
    }
    app.advance("PT1H");
    let told: std::collections::BTreeSet<String> = app.to_people().into_iter().map(|sent| sent.to).collect();
    assert_eq!(
        (told.len(), app.mails_to(OFFICE).len()),
        (1, 2),
        "only the two posts that were accepted are heard of, and both are one person's"
    );
}

#[test]
fn i15_head_and_get_change_nothing_and_head_has_no_body() {
    let app = TestApp::start();
    for url in [
        FORM,
        THANKS,
        "/forms/guide-seo?email=ana@example.org&marketing_consent=on",
    ] {
        let (get, head) = (app.get(url), app.send("HEAD", url, &[BROWSER], ""));
        assert_eq!((get.status, head.status), (200, 200));
        assert!(!get.body.is_empty() && head.body.is_empty());
        assert_eq!(get.header("content-type"), head.header("content-type"));
    }
    assert_eq!(app.send("HEAD", "/forms/nobody", &[BROWSER], "").status, 404);
    app.advance("P1D");
    assert_eq!(app.outbox().len(), 0);
}

// ---- scripts on other sites ----

#[test]
fn r92_only_listed_sites_may_post_by_script() {
    let app = TestApp::start();
    let asked = [
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    let listed = ("Origin", "https://www.example.com");
    let preflight = app.send("OPTIONS", FORM, &[listed, asked[0], asked[1]], "");
    assert_eq!((preflight.status, preflight.body.len()), (204, 0));
    assert_eq!(
        preflight.header("access-control-allow-origin"),
        "https://www.example.com"
    );
    assert!(preflight.header("access-control-allow-methods").contains("POST"));
    assert!(
        preflight
            .header("access-control-allow-headers")
            .to_lowercase()
            .contains("content-type")
    );
    let posted = app.send("POST", FORM, &[listed, SCRIPT, URLENCODED], "email=ana%40example.org");
    assert_eq!(
        (posted.status, posted.header("access-control-allow-origin")),
        (202, "https://www.example.com")
    );
    // The page's script can read what is wrong, too.
    let refused = app.send("POST", FORM, &[listed, SCRIPT, URLENCODED], "email=nobody");
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (422, "https://www.example.com")
    );

    for origin in [
        "https://evil.example",
        "https://www.example.com.evil.example",
        "http://www.example.com",
        "https://www.example.com:8443",
        "https://example.com",
        "null",
        "https://www.example.com/",
    ] {
        let other = ("Origin", origin);
        let preflight = app.send("OPTIONS", FORM, &[other, asked[0], asked[1]], "");
        assert_eq!(
            (preflight.status, preflight.header("access-control-allow-origin")),
            (403, ""),
            "{origin}"
        );
        // A post without script needs no leave: the origin is a hint, not a proof of anything.
        let posted = app.send("POST", FORM, &[other, SCRIPT, URLENCODED], "email=ana%40example.org");
        assert_eq!(
            (posted.status, posted.header("access-control-allow-origin")),
            (202, ""),
            "{origin}"
        );
    }
    for answer in [&preflight, &posted] {
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        assert!(
            answer
                .headers
                .get_all("vary")
                .iter()
                .any(|vary| vary.to_str().expect("ASCII").contains("Origin")),
            "caches keep sites apart"
        );
    }
}

// ---- what is kept ----

const HOSTILE: [(&str, &str); 4] = [
    ("first_name", "<script>alert(1)</script>"),
    ("last_name", "=cmd|' /C calc'!A0"),
    ("company", "\"><img src=x onerror=alert(1)>{{7*7}}${7*7}"),
    ("need", "Ligne 1\r\nLigne 2\u{202e}\u{0}\u{200b} 👩‍👩‍👧 عربى"),
];

#[test]
fn r82_r96_hostile_values_are_kept_as_text_without_their_tricks() {
    let app = TestApp::start();
    let mut fields = vec![("email", "ana@example.org")];
    fields.extend(HOSTILE);
    fields[1].1 = "Ana\r\nBcc: bob@example.org\u{0}\u{202e}\t <b>";
    assert_eq!(app.post(&fields).status, 303);
    let answers = &app.lead("ana@example.org")["answers"];
    assert_eq!(
        answers["first_name"], "Ana Bcc: bob@example.org <b>",
        "one line, nothing invisible"
    );
    assert_eq!(answers["last_name"], HOSTILE[1].1);
    assert_eq!(answers["company"], HOSTILE[2].1);
    assert_eq!(answers["need"], "Ligne 1\nLigne 2 👩👩👧 عربى", "lines stay lines");
    // Composed or not, the same letters are the same name (NFC).
    app.post(&[("email", "zoe@example.org"), ("first_name", "Zoe\u{301}")]);
    assert_eq!(app.lead("zoe@example.org")["answers"]["first_name"], "Zoé");
    // The largest answer that fits.
    let emoji = "🎿".repeat(2_000);
    assert_eq!(app.post(&[("email", "big@example.org"), ("need", &emoji)]).status, 303);
    assert_eq!(app.lead("big@example.org")["answers"]["need"], emoji.as_str());
    assert_eq!(
        app.post(&[
            ("email", "big@example.org"),
            ("need", &format!("{}x", "é".repeat(2_000)))
        ])
        .status,
        422
    );
}

#[test]
fn r96_hostile_values_come_back_on_the_page_as_text() {
    let app = TestApp::start();
    let mut fields = vec![
        ("email", "'\"><svg onload=alert(1)>"),
        ("utm_source", "\"><script>alert(2)</script>"),
    ];
    fields.extend(HOSTILE);
    let answer = app.post(&fields);
    assert_eq!(answer.status, 422);
    let page = answer.text();
    // The one script is the page's own, which tells the time zone; the one picture is the company's logo.
    for (tag, times) in [("<script", 1), ("<img", 1), ("<svg", 0)] {
        assert_eq!(page.matches(tag).count(), times, "{tag}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("{{7*7}}${7*7}"));
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
        "{policy}"
    );
    // Our own post may say which page it came from: that is part of the proof of consent (R61).
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("strict-transport-security", "max-age=31536000"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.header(name), value);
    }
}

#[test]
fn r77_score_stage_and_consent_state_cannot_be_sent() {
    let app = TestApp::start();
    let sent = json!({
        "email": "ana@example.org", "score": 100, "fit": 100, "engagement": 100, "grade": "A1", "stage": "customer", "workspace": "other",
        "consent": "given", "consents": "given", "marketing_state": "given", "confirmed_at": "2026-01-01T00:00:00Z", "due_at": "1", "id": "x", "version": 9,
    });
    assert_eq!(app.post_json(FORM, &sent).status, 202);
    app.post(&[("email", "bob@example.org")]);
    let (ana, bob) = (app.lead("ana@example.org"), app.lead("bob@example.org"));
    for same in ["stage", "score", "consents", "answers"] {
        assert_eq!(ana[same], bob[same], "{same}");
    }
    assert_eq!(ana["stage"], "lead");
    // Nor can consent be given by anything but the box.
    for unticked in ["off", "false", "0", "no", "given", ""] {
        let address = format!("x{}@example.org", unticked.len());
        app.post(&[("email", &address), ("marketing_consent", unticked)]);
        assert_eq!(app.lead(&address)["consents"], json!([]), "{unticked}");
    }
}

#[test]
fn r61_the_proof_is_of_the_very_words_that_were_shown() {
    let app = TestApp::start();
    let mut hashes = Vec::new();
    for language in ["fr", "en"] {
        let page = app.get(&format!("{FORM}?lang={language}")).text();
        let (_, label) = page.split_once("for=\"f-marketing_consent\">").expect("the box");
        let wording = label.split_once("</label>").expect("its wording").0;
        let address = format!("{language}@example.org");
        app.post(&[("email", &address), ("_lang", language), TICKED]);
        let consent = app.lead(&address)["consents"][0].clone();
        assert_eq!(consent["text_hash"], sha256_hex(wording), "{wording}");
        hashes.push(consent["text_hash"].clone());
    }
    assert_ne!(hashes[0], hashes[1]);
}
