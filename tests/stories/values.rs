//! One reading of answers for all doors (design, "Values"; issue 15, lines 3 to 9, 11, 12), by those doors.

use serde_json::{Value, json};

use crate::test_app::*;

/// An address of its own for each post.
fn address(n: usize) -> String {
    format!("a{n}@example.org")
}

/// A form that asks for a day and a web address too.
fn with_day_and_site() -> TestApp {
    let campaigns = campaigns_to_edit();
    let file = campaigns.path().join("guide-seo/campaign.toml");
    let text = std::fs::read_to_string(&file).expect("the demo's file");
    let more = r#"[[form.fields]]
name = "start"
type = "date"
label = { fr = "Date souhaitée", en = "Start" }

[[form.fields]]
name = "site"
type = "url"
label = { fr = "Site", en = "Site" }

[[form.fields]]
name = "timing""#;
    let edited = text.replacen("[[form.fields]]\nname = \"timing\"", more, 1);
    assert_ne!(edited, text);
    std::fs::write(&file, edited).expect("written");
    let start = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    };
    start.start()
}

#[test]
fn what_people_write_is_read_by_its_type_through_each_encoding() {
    let app = with_day_and_site();
    let table = [
        ("budget", "15 000,00 €", "15000"),
        ("budget", "€15,000", "15000"),
        ("budget", "15 k€ HT", "15000"),
        ("budget", "15’000", "15000"),
        ("budget", "１５０００", "15000"),
        ("budget", "1500,500", "1500.5"),
        ("phone", "(+33)6 12 34 56 78", "+33612345678"),
        ("phone", "06–12–34–56–78", "+33612345678"),
        ("phone", "tel:+44 20 7946 0018", "+442079460018"),
        ("start", "2 mars 2026", "2026-03-02"),
        ("start", "3/2/2026", "2026-02-03"),
        ("site", "WWW.Example.com/A", "https://www.example.com/A"),
        ("timing", "Dès maintenant", "now"),
    ];
    for (n, (field, written, stored)) in table.into_iter().enumerate() {
        let address = address(n);
        let fields = [("email", address.as_str()), (field, written)];
        let (kind, body) = multipart(&fields);
        let answer = match n % 3 {
            0 => app.post_by_script(&fields),
            1 => app.send("POST", FORM, &[SCRIPT, ("Content-Type", &kind)], body),
            _ => app.post_json(FORM, &json!({ "email": address, field: written })),
        };
        assert_eq!(answer.status, 202, "{field} {written}: {}", answer.text());
        assert_eq!(app.lead(&address)["answers"][field], stored, "{field} {written}");
    }
    // Numbers of JSON are numbers; the same signs as a text group by three.
    for (n, (number, stored)) in [
        (json!(83.333), "83.333"),
        (json!("83.333"), "83333"),
        (json!(15000), "15000"),
        (json!(1.5e4), "15000"),
    ]
    .into_iter()
    .enumerate()
    {
        let address = format!("json{n}@example.org");
        assert_eq!(
            app.post_json(FORM, &json!({ "email": address, "budget": number }))
                .status,
            202
        );
        assert_eq!(app.lead(&address)["answers"]["budget"], stored, "{number}");
    }
    // An operator's word is read alike, and what stands beside a number is kept.
    let id = app.lead_id("json0@example.org").expect("a lead");
    let noted = json!({ "answers": { "budget": 83.25, "phone": "06 12 34 56 78 poste 12" } });
    let answer = app.operator("PATCH", &format!("/api/leads/{id}"), noted.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let lead = answer.json();
    assert_eq!(
        (&lead["answers"]["budget"], &lead["phone"]),
        (&json!("83.25"), &json!("+33612345678"))
    );
    assert!(lead["notes"].to_string().contains("poste 12"), "{}", lead["notes"]);
    let added = json!({ "campaign": "guide-seo", "email": "Zoé <zoe@example.org>", "phone": "0612345678 (bureau)", "answers": { "budget": "15k" } });
    let lead = app.operator("POST", "/api/leads", added.to_string()).json();
    assert_eq!(
        (&lead["email"], &lead["answers"]["budget"]),
        (&json!("zoe@example.org"), &json!("15000"))
    );
    assert_eq!(lead["enquiries"][0]["other"]["phone"], "(bureau)");
    let twice = r#"{"answers":{"budget":"1"},"answers":{"budget":"2"}}"#;
    assert_eq!(app.operator("PATCH", &format!("/api/leads/{id}"), twice).status, 400);
    let twice = r#"{"answers":{"budget":"1","budget":"2"}}"#;
    assert_eq!(app.operator("PATCH", &format!("/api/leads/{id}"), twice).status, 400);
}

/// What a browser would send of a page's form: every field as it stands.
fn as_it_stands(page: &str) -> Vec<(String, String)> {
    let unescaped = |text: &str| {
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        text.replace("&amp;", "&")
    };
    let form = page.split("<form method=\"post\"").nth(1).expect("a form");
    let form = form.split("</form>").next().unwrap_or_default();
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!(" {name}=\"")).nth(1)?;
        value.split('"').next().map(unescaped)
    };
    let mut sent = Vec::new();
    for part in form.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        let name = || attribute(tag, "name").unwrap_or_default();
        if tag.starts_with("input ") && (!tag.contains("type=\"checkbox\"") || tag.contains(" checked")) {
            sent.push((name(), attribute(tag, "value").unwrap_or_default()));
        } else if tag.starts_with("textarea ") {
            sent.push((name(), unescaped(text)));
        } else if tag.starts_with("select ") {
            sent.push((name(), String::new()));
        } else if tag.starts_with("option ") && tag.contains(" selected") {
            sent.last_mut().expect("a select").1 = attribute(tag, "value").unwrap_or_default();
        }
    }
    sent
}

fn pairs(sent: &[(String, String)]) -> Vec<(&str, &str)> {
    sent.iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[test]
fn a_wrong_optional_value_is_asked_back_once_and_then_taken_as_it_was_typed() {
    let app = with_day_and_site();
    let long = "x".repeat(121);
    let wrong = [
        ("email", "ana@example.org"),
        ("first_name", "Ana"),
        ("phone", " n/a "),
        ("company", &long),
        ("company_size", "tiny"),
        ("budget", "15 M€"),
        ("start", "bientôt"),
        ("site", "ftp://example.com"),
        ("message", "dans un champ à part"),
        ("utm_source", "lettre"),
        TICKED,
    ];
    for (language, hint) in [
        ("fr", "renvoyer le formulaire tel quel"),
        ("en", "send the form again as it is"),
    ] {
        let mut fields = wrong.to_vec();
        fields.push(("_lang", language));
        let asked = app.post(&fields);
        assert_eq!(asked.status, 422);
        let page = asked.text();
        assert!(
            page.contains(hint) && page.matches("class=\"error\"").count() == 6,
            "{page}"
        );
    }
    assert_eq!(app.lead_id("ana@example.org"), None, "not taken yet");
    let page = app.post(&wrong).text();
    let again = as_it_stands(&page);
    assert!(
        again.contains(&("message".to_owned(), "dans un champ à part".to_owned())),
        "{again:?}"
    );
    let taken = app.post(&pairs(&again));
    assert_eq!(taken.status, 303, "{}", taken.text());
    let lead = app.lead("ana@example.org");
    assert_eq!(lead["answers"], json!({ "first_name": "Ana" }), "nothing else counts");
    assert_eq!(lead["consents"][0]["state"], "pending", "the box came back ticked");
    let enquiry = &lead["enquiries"][0];
    assert_eq!(enquiry["touch"]["source"], "lettre");
    let kept = json!({
        "phone": "n/a", "company": long, "company_size": "tiny", "budget": "15 M€", "start": "bientôt", "site": "ftp://example.com",
    });
    for (field, text) in kept.as_object().expect("an object") {
        assert_eq!(&enquiry["other"][field], text, "{field}");
    }
    let unread = |code: &str, field: &str| json!({ "field": field, "code": code });
    assert_eq!(
        enquiry["unread"],
        json!([
            unread("invalid_phone", "phone"),
            unread("too_long", "company"),
            unread("not_an_option", "company_size"),
            unread("not_a_number", "budget"),
            unread("invalid_date", "start"),
            unread("invalid_url", "site"),
        ])
    );
    // Sales reads it, and that it was read no further.
    let id = lead["id"].as_str().expect("an id");
    let console = app.send(
        "GET",
        &format!("/console/leads/{id}"),
        &[BROWSER, ("Cookie", &app.sign_in()), ("Accept-Language", "en")],
        "",
    );
    assert!(
        console.text().contains("15 M€ <span class=\"pill\">as typed</span>"),
        "{}",
        console.text()
    );
    // A script is asked too, and may say that it was.
    let mut script = vec![("email", "bob@example.org"), ("budget", "beaucoup")];
    let refused = app.post_by_script(&script);
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["code"]),
        (422, &json!("not_a_number"))
    );
    script.push(("_again", "budget"));
    assert_eq!(
        (
            app.post_by_script(&script).status,
            app.lead("bob@example.org")["enquiries"][0]["other"]["budget"].clone()
        ),
        (202, json!("beaucoup"))
    );
    // What must be there stays refused.
    assert_eq!(app.post(&[("email", "nobody"), ("_again", "email")]).status, 422);
}

/// A box that says neither yes nor no comes back empty and keeps its word; a number of JSON comes back as a person would
/// write it.
#[test]
fn r80_a_page_that_asks_again_carries_what_a_box_said_and_numbers_as_people_write_them() {
    let app = TestApp::start();
    let asked = |address: &str| {
        let body = json!({
            "email": address, "company_size": "tiny", "budget": 83.333, "marketing_consent": "maybe",
        });
        let kind = ("Content-Type", "application/json");
        let asked = app.send("POST", FORM, &[BROWSER, kind], body.to_string());
        assert_eq!(asked.status, 422, "{}", asked.text());
        as_it_stands(&asked.text())
    };
    let again = asked("ana@example.org");
    for (name, value) in [("budget", "83.3330"), ("marketing_consent", "maybe")] {
        assert!(again.contains(&(name.to_owned(), value.to_owned())), "{again:?}");
    }
    assert_eq!(app.post(&pairs(&again)).status, 303);
    let lead = app.lead("ana@example.org");
    assert_eq!(lead["answers"]["budget"], "83.333");
    assert_eq!(lead["enquiries"][0]["other"]["marketing_consent"], "maybe");
    // A tick outweighs it.
    let again = asked("bob@example.org");
    let ticked = [&pairs(&again)[..], &[TICKED]].concat();
    assert_eq!(app.post(&ticked).status, 303);
    let lead = app.lead("bob@example.org");
    assert_eq!(lead["consents"][0]["state"], "pending");
    assert_eq!(lead["enquiries"][0]["other"]["marketing_consent"], Value::Null);
}

#[test]
fn a_mistyped_domain_is_asked_about_and_taken_if_it_is_meant() {
    let app = TestApp::start();
    let mistyped = [("email", "ana@gmial.com"), ("first_name", "Ana")];
    let asked = app.post(&mistyped);
    assert_eq!(asked.status, 422);
    let page = asked.text();
    assert!(
        page.contains("Vouliez-vous écrire ana@gmail.com")
            && tag(&page, "id=\"f-email\"").contains("value=\"ana@gmial.com\"")
    );
    assert_eq!(app.lead_id("ana@gmial.com"), None);
    assert_eq!(app.post(&pairs(&as_it_stands(&page))).status, 303);
    assert_eq!(app.lead("ana@gmial.com")["answers"]["first_name"], "Ana");
    // A program is answered at once, the same whoever it is.
    let told = json!({ "status": "accepted", "suggestion": "eve@gmail.com" });
    for more in [&[][..], &[], &[("_gotcha", "x")]] {
        let fields = [&[("email", "eve@gmial.com")], more].concat();
        let answer = app.post_by_script(&fields);
        assert_eq!((answer.status, answer.json()), (202, told.clone()));
    }
    let errors = |fields: &[(&str, &str)]| -> Value { app.post_by_script(fields).json()["errors"].clone() };
    let both = errors(&[("email", "ana@gmial.com"), ("budget", "x")]);
    assert_eq!(
        (&both[0]["code"], &both[0]["suggestion"]),
        (&json!("mistyped_domain"), &json!("ana@gmail.com"))
    );
    let comma = errors(&[("email", "ana@example,org")]);
    assert_eq!(
        (&comma[0]["code"], &comma[0]["suggestion"]),
        (&json!("bad_domain"), &json!("ana@example.org"))
    );
    assert_eq!(errors(&[("email", "ana")])[0].get("suggestion"), None);
}

#[test]
fn boxes_charsets_and_marks_are_read_as_senders_mean_them() {
    let app = TestApp::start();
    let consents = |n: usize, body: &str| {
        let body = format!("email={}&{body}", address(n));
        assert_eq!(
            app.send("POST", FORM, &[SCRIPT, URLENCODED], body.as_bytes()).status,
            202
        );
        let lead = app.lead(&address(n));
        (
            lead["consents"].as_array().map(Vec::len),
            lead["enquiries"][0]["unread"].clone(),
        )
    };
    let none = json!([]);
    assert_eq!(
        consents(0, "marketing_consent=0&marketing_consent=1"),
        (Some(1), none.clone())
    );
    assert_eq!(consents(1, "marketing_consent=0"), (Some(0), none.clone()));
    assert_eq!(consents(2, "marketing_consent=J%E2%80%99accepte"), (Some(1), none));
    let unread = json!([{ "field": "marketing_consent", "code": "not_yes_or_no" }]);
    assert_eq!(consents(3, "marketing_consent=peut-%C3%AAtre"), (Some(0), unread));

    let name = |n: usize, kind: &str, body: &[u8]| {
        let address = format!("charset{n}@example.org");
        let body = [body, address.as_bytes()].concat();
        let body = if kind.contains("json") {
            [&body[..], b"\"}"].concat()
        } else {
            body
        };
        let answer = app.send("POST", FORM, &[SCRIPT, ("Content-Type", kind)], body);
        assert_eq!(answer.status, 202, "{kind}: {}", answer.text());
        app.lead(&address)["answers"]["first_name"].clone()
    };
    let form = "application/x-www-form-urlencoded";
    let renee = json!("Renée");
    assert_eq!(
        name(0, &format!("{form}; charset=ISO-8859-1"), b"first_name=Ren%E9e&email="),
        renee
    );
    assert_eq!(name(1, form, b"first_name=Ren%E9e&email="), renee);
    assert_eq!(name(2, form, b"first_name=Ren%C3%A9e&last_name=%E9&email="), renee);
    assert_eq!(name(3, form, b"_charset_=macintosh&first_name=Ren%8Ee&email="), renee);
    assert_eq!(
        name(
            4,
            "application/json",
            b"\xef\xbb\xbf{\"first_name\":\"Ren\xc3\xa9e\",\"email\":\""
        ),
        renee
    );
    assert_eq!(
        name(
            5,
            "application/json; charset=windows-1252",
            b"{\"first_name\":\"Ren\xe9e\",\"email\":\""
        ),
        renee
    );
}
