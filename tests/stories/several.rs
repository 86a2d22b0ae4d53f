//! The three campaigns that ship, and one person who posts all their forms (design.md sections 3 and 6), in both languages.

use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
/// A number of those that Arcep keeps free for fiction, as people type it and as it is stored.
const PHONE: (&str, &str) = ("01 99 00 12 34", "+33199001234");

/// What differs between the languages of a journey.
struct Words {
    lang: &'static str,
    /// The button of the newsletter's email, and of its page.
    subscribe: &'static str,
    subscribed: &'static str,
    /// The sentence about a ticked box in the guide's email.
    ticked: &'static str,
    /// The button of an email whose post gives other details, and of its page.
    own: &'static str,
    /// What that page says, and the one after it.
    own_title: &'static str,
    differs: &'static str,
    own_done: &'static str,
    /// What the guide's page says of its emails.
    advice: &'static str,
}

const WORDS: [Words; 2] = [
    Words {
        lang: "fr",
        subscribe: "Confirmer mon inscription",
        subscribed: "Inscription confirmée",
        ticked: "a aussi été cochée",
        own: "Oui, c’est ma demande",
        own_title: "Cette demande est-elle la vôtre",
        differs: "diffèrent de ce que nous avons",
        own_done: "nous savons que cette demande vient de vous",
        advice: "quatre e-mails de conseils",
    },
    Words {
        lang: "en",
        subscribe: "Confirm my subscription",
        subscribed: "You’re subscribed",
        ticked: "was ticked too",
        own: "Yes, this is my request",
        own_title: "Is this your request?",
        differs: "from what we have",
        own_done: "We know this request came from you",
        advice: "four emails with SEO tips",
    },
];

/// Posts a form as a browser does, and lets what follows happen.
#[track_caller]
fn post(app: &TestApp, form: &str, lang: &str, fields: &[(&str, &str)]) {
    let mut all = vec![("_lang", lang)];
    all.extend(fields);
    let answer = app.send(
        "POST",
        &format!("/forms/{form}"),
        &[BROWSER, URLENCODED],
        urlencoded(&all),
    );
    assert_eq!(answer.status, 303, "{form}: {}", answer.text());
    assert_eq!(answer.header("location"), format!("/forms/{form}/thanks?lang={lang}"));
    let thanks = app.get(answer.header("location"));
    assert!(thanks.status == 200 && thanks.is_page_in(lang), "{form}");
    app.settle();
}

/// The latest email to an address, with its text on one line.
#[track_caller]
fn latest(app: &TestApp, address: &str) -> (Mail, String) {
    let mails = app.mails_to(address);
    let mail = app.mail(mails.last().expect("an email"));
    let text = one_line(&mail.text);
    (mail, text)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What left to an address, as campaign and step.
fn sent_to(app: &TestApp, address: &str) -> Vec<(String, String)> {
    let mails = app.mails_to(address).into_iter();
    mails.map(|sent| (sent.campaign, sent.step)).collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    of.iter().map(own).collect()
}

/// Which campaigns a mailbox of the house was told about, in order.
fn told(app: &TestApp, address: &str) -> Vec<String> {
    let mails = app.mails_to(address).into_iter();
    mails
        .inspect(|sent| assert_eq!(sent.class, "alert"))
        .map(|sent| sent.campaign)
        .collect()
}

/// Signs up for the newsletter and confirms.
#[track_caller]
fn subscribe(app: &TestApp, words: &Words, address: &str) {
    post(app, "newsletter", words.lang, &[("email", address), TICKED]);
    let (mail, text) = latest(app, address);
    assert!(text.contains(words.subscribe), "{text}");
    let page = app.get(&mail.link("/confirm?"));
    assert!(page.is_page_in(words.lang) && page.text().contains(words.subscribe));
    let done = app.press(&mail.link("/confirm?"));
    assert!(
        done.status == 200 && done.text().contains(words.subscribed),
        "{}",
        done.text()
    );
    app.settle();
}

/// R122: each post of a known person is heard, stands in its campaign and is served at once.
#[test]
fn r122_one_person_by_three_forms_is_one_lead_with_three_standings() {
    for words in &WORDS {
        let app = TestApp::start();
        subscribe(&app, words, ANA);
        assert_eq!(
            sent_to(&app, ANA),
            pairs(&[("newsletter", "confirm"), ("newsletter", "welcome")])
        );
        assert_eq!(told(&app, OFFICE), ["newsletter"]);

        app.advance("PT1H");
        post(&app, "guide-seo", words.lang, &[("email", ANA), ("first_name", "Ana")]);
        let (guide, text) = latest(&app, ANA);
        assert!(guide.find_link("/resources/guide-seo?").is_some());
        assert!(!text.contains(words.ticked), "{text}");
        assert_eq!(told(&app, OFFICE), ["newsletter", "guide-seo"]);
        let lead = app.lead(ANA);
        assert_eq!((&lead["stage"], &lead["owner"]), (&json!("lead"), &Value::Null));

        app.advance("PT1H");
        let asked = app.now();
        let quote = [
            ("email", ANA),
            ("phone", PHONE.0),
            ("budget", "50000"),
            ("need", "Un site"),
        ];
        post(&app, "quote-request", words.lang, &quote);
        assert_eq!(
            sent_to(&app, ANA),
            pairs(&[
                ("newsletter", "confirm"),
                ("newsletter", "welcome"),
                ("guide-seo", "guide"),
                ("quote-request", "received"),
            ])
        );
        // Its owner hears of it, and the office need not.
        assert_eq!(told(&app, OFFICE).len(), 2);
        assert_eq!(told(&app, "camille@example.com"), ["quote-request"]);
        let (alert, text) = latest(&app, "camille@example.com");
        assert!(
            alert.header("Reply-To").contains(ANA) && text.contains("Un site"),
            "{text}"
        );

        let lead = app.lead(ANA);
        assert_eq!(
            (
                &lead["stage"],
                &lead["owner"],
                &lead["campaign"],
                &lead["case"]["campaign"]
            ),
            (
                &json!("mql"),
                &json!("camille"),
                &json!("quote-request"),
                &json!("quote-request")
            )
        );
        let list = |of: &str| lead[of].as_array().expect("a list").clone();
        let forms: Vec<_> = list("enquiries").iter().map(|one| one["campaign"].clone()).collect();
        assert_eq!(forms, ["newsletter", "guide-seo", "quote-request"]);
        let standings = list("standings");
        assert_eq!(standings.len(), 3);
        for standing in &standings {
            let campaign = standing["campaign"].as_str().expect("a campaign");
            // Each by its own rules: a sign-up counts for nothing, a number for something in either of the others.
            let fit = match campaign {
                "newsletter" => 0,
                "guide-seo" => 10 + 15 + 15 + 5,
                _ => 25 + 25 + 25,
            };
            assert_eq!(standing["fit"], fit, "{campaign}");
            let is_mql = standing["mql_at"] == json!(asked.to_string());
            assert_eq!(is_mql, campaign == "quote-request", "{standing}");
            // Each campaign's list and report have the person, once.
            let rows = app.api(&format!("/api/leads?campaign={campaign}"));
            assert_eq!(rows["leads"].as_array().map(Vec::len), Some(1), "{campaign}");
            for same in ["campaign", "fit", "engagement", "grade"] {
                assert_eq!(rows["leads"][0][same], standing[same], "{campaign} {same}");
            }
            let report = app.api(&format!("/api/report?campaign={campaign}"));
            let mql = u8::from(campaign == "quote-request");
            assert_eq!(
                (&report["leads"], &report["mql"]),
                (&json!(1), &json!(mql)),
                "{campaign}"
            );
        }
        let report = app.api("/api/report");
        assert_eq!((&report["leads"], &report["mql"]), (&json!(1), &json!(1)));

        // The newsletter's yes is no yes to the advice; after the calls one message asks whether the project is still on.
        app.advance("P20D");
        let later = sent_to(&app, ANA).split_off(4);
        assert_eq!(later, pairs(&[("quote-request", "still-open")]));
        // A no by any of these emails is a no to all.
        let (mail, _) = latest(&app, ANA);
        assert_eq!(app.press(&mail.link("/unsubscribe?")).status, 200);
        assert_eq!(app.lead(ANA)["suppression"]["reason"], "unsubscribe");
        let stay = app.api(&format!("/api/leads/{}/plan", app.lead_id(ANA).expect("a lead")));
        assert_eq!(stay["plan"], json!([]), "{stay}");
    }
}

/// How many leads a list shows.
fn listed(found: &Value) -> usize {
    found["leads"].as_array().map_or(0, Vec::len)
}

/// A telephone number alone is a lead: people call, and no email is even planned.
#[test]
fn a_quote_by_telephone_alone_gets_calls_and_never_an_email() {
    for words in &WORDS {
        for (typed, more) in [
            (PHONE.0, None),
            ("+33 1 99 00 12 34", Some(("need", "Un devis"))),
            ("0033199001234", Some(("email", ""))),
        ] {
            let app = TestApp::start();
            let mut fields = vec![("phone", typed)];
            fields.extend(more);
            post(&app, "quote-request", words.lang, &fields);
            let found = app.api("/api/leads?call=now");
            assert_eq!(listed(&found), 1, "{typed}: {found}");
            let row = &found["leads"][0];
            assert_eq!(
                (&row["phone"], &row["email"], &row["stage"], &row["owner"]),
                (&json!(PHONE.1), &Value::Null, &json!("mql"), &json!("camille")),
                "{typed}"
            );
            let id = row["id"].as_str().expect("an id").to_owned();
            let (_, alert) = latest(&app, "camille@example.com");
            assert!(alert.contains("01 99 00 12 34"), "{alert}");
            // Nobody calls for three weeks: one attempt after the other is due, and only the house gets mail.
            app.advance("P21D");
            let to: std::collections::BTreeSet<String> = app.outbox().into_iter().map(|sent| sent.to).collect();
            assert!(to.iter().all(|to| to.ends_with("@example.com")), "{to:?}");
            let lead = app.api(&format!("/api/leads/{id}"));
            assert_eq!(
                (&lead["stage"], &lead["case"]["closed"]),
                (&json!("mql"), &Value::Null),
                "{lead}"
            );
            assert_eq!(app.api(&format!("/api/leads/{id}/plan"))["plan"], json!([]));
            // The same number again is the same person.
            post(
                &app,
                "quote-request",
                words.lang,
                &[("phone", PHONE.0), ("need", "Vite")],
            );
            assert_eq!(listed(&app.api("/api/leads?campaign=quote-request")), 1);
            assert_eq!(app.api("/api/report?campaign=quote-request")["leads"], 1);
        }
    }
}

/// Below the threshold of a quote, and by neither address nor number.
#[test]
fn a_quote_without_anything_to_call_about_is_told_to_the_office_and_one_without_anybody_is_refused() {
    let app = TestApp::start();
    post(&app, "quote-request", "en", &[("email", ANA), ("timing", "later")]);
    assert_eq!(told(&app, OFFICE), ["quote-request"]);
    assert_eq!(app.lead(ANA)["stage"], "lead");
    for (form, fields) in [
        ("quote-request", vec![("need", "Un devis")]),
        ("newsletter", vec![("email", "bob@example.org")]),
        ("newsletter", vec![TICKED]),
    ] {
        let url = format!("/forms/{form}");
        let answer = app.send("POST", &url, &[SCRIPT, URLENCODED], urlencoded(&fields));
        assert_eq!(answer.status, 422, "{form} {fields:?}");
    }
    assert_eq!(listed(&app.api("/api/leads")), 1);
}

/// R123: a stranger posts a confirmed address under another name or language. The email that goes to its owner says why it
/// has a button, and never that a box was ticked if it was not; the page behind it says the same.
#[test]
fn r123_an_email_says_why_it_asks_for_a_confirmation() {
    let name = ("first_name", "Sam");
    let phone = ("phone", PHONE.0);
    for words in &WORDS {
        let other = if words.lang == "fr" { "en" } else { "fr" };
        // The form, its language, what is posted: whether a box waits for a yes, whether the details differ.
        for (form, lang, fields, opt_in, details) in [
            ("guide-seo", words.lang, vec![], false, false),
            ("guide-seo", words.lang, vec![TICKED], true, false),
            ("guide-seo", words.lang, vec![name], false, true),
            ("guide-seo", words.lang, vec![phone, TICKED], true, true),
            ("guide-seo", other, vec![], false, true),
            ("quote-request", words.lang, vec![], false, false),
            ("quote-request", words.lang, vec![name, phone], false, true),
            ("quote-request", other, vec![("need", "x")], false, true),
            ("newsletter", other, vec![TICKED], false, true),
            ("newsletter", words.lang, vec![TICKED], false, false),
        ] {
            let about = format!("{} {form} {lang} {fields:?}", words.lang);
            let app = TestApp::start();
            subscribe(&app, words, ANA);
            post(&app, "guide-seo", words.lang, &[("email", ANA)]);
            // What surely is hers.
            let id = app.lead_id(ANA).expect("a lead");
            let known = json!({ "answers": { "first_name": "Ana", "phone": "01 99 00 99 99" } });
            let noted = app.operator("PATCH", &format!("/api/leads/{id}"), known.to_string());
            assert_eq!(noted.status, 200, "{}", noted.text());
            app.advance("PT30H");

            let mut all = vec![("email", ANA)];
            all.extend(&fields);
            post(&app, form, lang, &all);
            let (mail, text) = latest(&app, ANA);
            assert_eq!(app.mails_to(ANA).len(), 4, "{about}");
            assert_eq!(
                text.contains(words.ticked),
                opt_in && form == "guide-seo",
                "{about}: {text}"
            );
            assert_eq!(text.contains(words.differs), details, "{about}: {text}");
            assert_eq!(text.contains(words.own), details && !opt_in, "{about}: {text}");
            let Some(link) = mail.find_link("/confirm?") else {
                assert!(!opt_in && !details, "{about}: no button");
                continue;
            };
            assert!(opt_in || details, "{about}: nothing to confirm");
            let page = app.get(&link);
            assert!(page.status == 200 && page.is_page_in(words.lang), "{about}");
            let page = one_line(&page.text());
            assert_eq!(page.contains(words.advice), opt_in, "{about}: {page}");
            assert_eq!(page.contains(words.own_title), !opt_in, "{about}: {page}");
            assert_eq!(page.contains(words.differs), details, "{about}: {page}");
            assert_eq!(page.contains(words.own), !opt_in, "{about}: {page}");

            // Until somebody presses, nothing of the stranger's counts; then it is hers, and no consent came of it but the one
            // that was asked for.
            let before = app.lead(ANA);
            assert_eq!(before["answers"]["first_name"], "Ana", "{about}");
            let done = app.press(&link);
            assert_eq!(done.status, 200, "{about}");
            assert_eq!(one_line(&done.text()).contains(words.own_done), !opt_in, "{about}");
            assert_eq!(app.press(&link).body, done.body, "{about}: pressed twice");
            let after = app.lead(ANA);
            for (field, value) in &fields {
                let stored = if *field == "phone" { PHONE.1 } else { *value };
                if ["first_name", "phone"].contains(field) {
                    assert_eq!(after["answers"][field], stored, "{about}");
                }
            }
            let given = |lead: &Value| {
                let consents = lead["consents"].as_array().expect("consents");
                consents.iter().filter(|consent| consent["state"] == "given").count()
            };
            assert_eq!(given(&after), given(&before) + usize::from(opt_in), "{about}");
        }
    }
}

/// A reminder reminds of the box that was ticked, and its button confirms that one, also if another post came after it.
#[test]
fn r64_the_button_of_a_reminder_confirms_what_it_reminds_of() {
    for words in &WORDS {
        let app = TestApp::start();
        post(&app, "guide-seo", words.lang, &[("email", ANA), TICKED]);
        app.advance("PT1H");
        post(&app, "guide-seo", words.lang, &[("email", ANA), ("need", "Un devis")]);
        app.advance("P3D");
        assert_eq!(
            app.steps_to(ANA).last().map(String::as_str),
            Some("reminder"),
            "{:?}",
            app.steps_to(ANA)
        );
        let (reminder, _) = latest(&app, ANA);
        let link = reminder.link("/confirm?");
        assert!(one_line(&app.get(&link).text()).contains(words.advice));
        assert_eq!(app.press(&link).status, 200);
        app.advance("P4DT12H");
        assert_eq!(app.steps_to(ANA).last().map(String::as_str), Some("day-2"));
    }
}

/// A campaign whose emails know nothing of the two conditions works as before.
#[test]
fn an_email_that_only_asks_whether_there_is_a_link_still_has_it() {
    let campaigns = campaigns_to_edit();
    for lang in ["fr", "en"] {
        let file = campaigns.path().join(format!("guide-seo/emails/{lang}/guide.md"));
        let button = if lang == "fr" {
            "Oui, envoyez-moi les conseils"
        } else {
            "Yes, send me the tips"
        };
        let body = format!("{{% if confirm_url %}}\n[{button}]({{{{ confirm_url }}}} \"button\")\n{{% endif %}}\n");
        std::fs::write(
            file,
            format!("+++\nsubject = \"S\"\npreview = \"P\"\n+++\nABC\n\n{body}"),
        )
        .expect("written");
    }
    let app = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start();
    for (more, asks) in [
        (vec![TICKED, ("last_name", "Exemple")], true),
        (vec![], false),
        (vec![("last_name", "Sam")], true),
    ] {
        let fields = [vec![("email", ANA)], more.clone()].concat();
        post(&app, "guide-seo", "fr", &fields);
        let (mail, _) = latest(&app, ANA);
        assert!(mail.text.starts_with("ABC"), "{}", mail.text);
        let link = mail.find_link("/confirm?");
        assert_eq!(link.is_some(), asks, "{more:?}");
        if let Some(link) = link {
            assert_eq!(app.press(&link).status, 200);
        }
        app.advance("PT25H");
    }
}

/// The forms of all three, as a visitor sees them, and the address of each on the terminal and on the local home page.
#[test]
fn every_shipped_form_is_served_in_both_languages() {
    let app = TestApp::start();
    let home = app.get("/").text();
    for form in ["guide-seo", "newsletter", "quote-request"] {
        assert!(home.contains(&format!("href=\"/forms/{form}\"")), "{form}");
        for lang in ["fr", "en"] {
            let page = app.get(&format!("/forms/{form}?lang={lang}"));
            assert!(page.status == 200 && page.is_page_in(lang), "{form} {lang}");
            let page = page.text();
            let is_required = |field: &str| tag(&page, &format!("id=\"f-{field}\"")).contains("required");
            assert_eq!(is_required("email"), form != "quote-request", "{form}");
            assert_eq!(page.contains("id=\"f-phone\""), form != "newsletter", "{form}");
            assert_eq!(page.contains("marketing_consent"), form != "quote-request", "{form}");
            assert!(!page.contains(" checked"), "{form}: never ticked beforehand");
        }
    }
}
