//! What the person decides about our emails and their data, by links of their own (R39 to R42, R58, R66, R70, R73, R86, R88).

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const NAMES: [(&str, &str); 2] = [("first_name", "Amélie"), ("company", "Exemple SARL")];

/// A person who has had the first nurture email, and that email.
fn after_first_nurture() -> (TestApp, Mail) {
    let app = TestApp::start();
    app.opt_in(ANA, &NAMES);
    app.advance("P3D");
    let mails = app.mails_to(ANA);
    assert_eq!(mails[1].step, "day-2");
    let mail = app.mail(&mails[1]);
    (app, mail)
}

fn save(app: &TestApp, link: &str, fields: &[(&str, &str)]) -> Answer {
    app.send("POST", link, &[BROWSER, URLENCODED], urlencoded(fields))
}

/// What the page's own form sends, with some of it changed.
fn wishes<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("topic.guide-seo.visibility", "on"),
        ("topic.guide-seo.conversion", "on"),
        ("frequency", "normal"),
        ("pause", "keep"),
        ("language", "fr"),
    ];
    for (name, value) in changed {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    fields
}

#[track_caller]
fn check_private(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), "no-store", "R102");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "R102");
    assert_eq!(answer.header("x-robots-tag"), "noindex", "R102");
    assert!(
        answer.header("content-security-policy").contains("default-src 'none'"),
        "R96"
    );
    assert_eq!(answer.header("set-cookie"), "");
}

#[test]
fn r76_every_marketing_email_names_its_sender_and_the_ways_out() {
    let (app, _) = after_first_nurture();
    app.advance("P12D");
    let mails = app.mails_to(ANA);
    assert_eq!(mails.len(), 5);
    for sent in &mails[1..] {
        let mail = app.mail(sent);
        let one_click = mail.one_click();
        for part in [&mail.text, &mail.html.replace("&amp;", "&")] {
            assert!(
                part.contains("Agence Exemple, SAS, SIREN") && part.contains("1 rue de l’Exemple"),
                "{part}"
            );
            for link in ["/unsubscribe?t=", "/preferences?t=", "/my-data?form=guide-seo"] {
                assert!(part.contains(&format!("{}{link}", app.base)), "{link}");
            }
            assert!(part.contains(&one_click), "R51: the same way out in the text");
        }
    }
    let guide = app.mail(&mails[0]);
    assert!(
        guide.find_link("/preferences?").is_none(),
        "a service mail is no marketing (R46)"
    );
    // R73: the email that asks for the confirmation says what it is told to say.
    assert!(guide.text.replace('\n', " ").contains("3\u{a0}ans"), "{}", guide.text);
}

#[test]
fn r43_opening_the_preferences_changes_nothing_and_shows_no_address() {
    let (app, mail) = after_first_nurture();
    let link = mail.link("/preferences?");
    let before = app.lead(ANA);
    for language in ["fr", "en"] {
        let link = link.replace("lang=fr", &format!("lang={language}"));
        for _ in 0..2 {
            let page = app.get(&link);
            assert!(page.status == 200 && page.is_page_in(language));
            check_private(&page);
            let text = page.text();
            assert!(text.contains("<form method=\"post\"") && !text.contains("<script"));
            assert!(
                !text.contains(ANA) && !text.contains("Amélie"),
                "the link lives for years in a mailbox"
            );
        }
        assert_eq!(app.send("HEAD", &link, &[BROWSER], "").status, 200);
    }
    assert_eq!(app.send("PUT", &link, &[URLENCODED], "stop=1").status, 405);
    assert_eq!(app.lead(ANA), before, "I15");
}

#[test]
fn a_pause_holds_back_the_emails_until_it_ends() {
    let (app, mail) = after_first_nurture();
    let link = mail.link("/preferences?");
    let saved = save(&app, &link, &wishes(&[("pause", "30")]));
    assert_eq!(saved.status, 303);
    let page = app.get(saved.header("location"));
    assert!(page.text().contains("C’est enregistré") && page.text().contains("Rester en pause jusqu’au 4 avril 2026"));
    app.advance("P1D");
    assert_eq!(save(&app, &link, &wishes(&[("pause", "end")])).status, 303);
    app.advance("P3D");
    assert_eq!(app.mails_to(ANA).len(), 3, "ended by hand, they go on");
    save(&app, &link, &wishes(&[("pause", "90")]));
    app.advance("P89D");
    assert_eq!(app.mails_to(ANA).len(), 3, "nothing for ninety days");
}

#[test]
fn a_topic_turned_off_is_left_out_and_once_a_week_means_once_a_week() {
    let (app, mail) = after_first_nurture();
    let link = mail.link("/preferences?");
    save(
        &app,
        &link,
        &wishes(&[("topic.guide-seo.visibility", ""), ("frequency", "weekly")]),
    );
    app.advance("P30D");
    assert_eq!(
        app.steps_to(ANA),
        ["guide", "day-2", "day-9", "day-14"],
        "day-5 is about visibility"
    );
    let mails = app.mails_to(ANA);
    for pair in mails[1..].windows(2) {
        assert!(pair[1].at.duration_since(pair[0].at).as_hours() >= 7 * 24);
    }
}

#[test]
fn the_language_of_the_emails_follows() {
    let (app, mail) = after_first_nurture();
    save(&app, &mail.link("/preferences?"), &wishes(&[("language", "en")]));
    app.advance("P5D");
    let mails = app.mails_to(ANA);
    assert!(app.mail(&mails[2]).text.starts_with("Hello"), "{}", mails[2].subject);
}

#[test]
fn r45_stop_all_stops_all_and_only_an_own_yes_in_the_forms_words_starts_again() {
    let (app, mail) = after_first_nurture();
    let link = mail.link("/preferences?");
    assert_eq!(save(&app, &link, &[("stop", "1")]).status, 303);
    assert_eq!(app.lead(ANA)["consents"][0]["state"], "withdrawn");
    app.advance("P30D");
    assert_eq!(app.mails_to(ANA).len(), 2);
    let page = app.get(&link).text();
    assert!(
        page.contains("J’accepte qu’Agence Exemple m’envoie par e-mail quatre messages"),
        "{page}"
    );
    assert_eq!(save(&app, &link, &[("again", "guide-seo")]).status, 303);
    app.advance("P20D");
    assert!(app.mails_to(ANA).len() > 2);
    assert_eq!(save(&app, &link, &[("again", "other")]).status, 422);
}

#[test]
fn nonsense_is_refused_and_changes_nothing() {
    let (app, mail) = after_first_nurture();
    let link = mail.link("/preferences?");
    let before = app.lead(ANA);
    for fields in [
        vec![],
        wishes(&[("frequency", "hourly")]),
        wishes(&[("pause", "1000")]),
        wishes(&[("language", "de")]),
    ] {
        assert_eq!(save(&app, &link, &fields).status, 422, "{fields:?}");
    }
    for (link, status) in [
        (format!("{}/preferences?t=x", app.base), 400),
        (
            mail.link("/unsubscribe?").replace("/unsubscribe?", "/preferences?"),
            400,
        ),
        (link.replace("/preferences?", "/unsubscribe?"), 400),
    ] {
        assert_eq!(save(&app, &link, &wishes(&[])).status, status, "I14: {link}");
    }
    assert_eq!(app.lead(ANA), before);
}

// ---- my data ----

/// Asks by address as the page does.
fn ask(app: &TestApp, address: &str) -> Answer {
    save(app, "/my-data?lang=fr", &[("form", "guide-seo"), ("email", address)])
}

fn data_link(app: &TestApp) -> String {
    app.settle();
    let mails = app.mails_to(ANA);
    let last = mails.last().expect("a mail");
    assert_eq!((last.class.as_str(), last.step.as_str()), ("service", "my-data"));
    app.mail(last).link("/my-data?t=")
}

#[test]
fn r66_r86_whoever_asks_is_told_the_same_and_only_the_address_gets_the_link() {
    let app = TestApp::start();
    app.guide_for(ANA, &NAMES);
    let known = ask(&app, ANA);
    let unknown = ask(&app, "nobody@example.org");
    assert_eq!((known.status, known.text()), (unknown.status, unknown.text()), "R86");
    check_private(&known);
    app.settle();
    assert!(app.mails_to("nobody@example.org").is_empty());
    assert_eq!(app.mails_to(ANA).len(), 2);
    // R88: again and again is once a day.
    for _ in 0..5 {
        assert_eq!(ask(&app, ANA).text(), known.text());
        app.settle();
    }
    assert_eq!(app.mails_to(ANA).len(), 2);
    assert_eq!(ask(&app, "not an address").status, 422);
    // No name that somebody typed in the email, and no way to be forwarded by mistake but the link (R90).
    let mail = app.mail(&app.mails_to(ANA)[1]);
    assert!(!mail.text.contains("Amélie"));
    assert_eq!(mail.header("List-Unsubscribe"), "", "R46: a service mail");
}

#[test]
fn r66_the_link_opens_everything_held_for_a_day() {
    let (app, mail) = after_first_nurture();
    assert_eq!(
        app.press(&mail.link("/preferences?").replace("/preferences?", "/my-data?"))
            .status,
        200
    );
    let link = data_link(&app);
    let before = app.lead(ANA);
    for language in ["fr", "en"] {
        let page = app.get(&link.replace("lang=fr", &format!("lang={language}")));
        assert!(page.status == 200 && page.is_page_in(language));
        check_private(&page);
        let text = page.text();
        for held in [ANA, "Amélie", "Exemple SARL", "J’accepte qu’Agence Exemple", "day-2"] {
            assert!(text.contains(held), "{held} is not shown");
        }
    }
    assert_eq!(app.lead(ANA), before, "I15");
    let export = save(&app, &link, &[("do", "download")]);
    assert_eq!(
        export.header("content-disposition"),
        "attachment; filename=\"my-data.json\""
    );
    let held = export.json();
    assert_eq!((&held["schema_version"], &held["email"]), (&2.into(), &ANA.into()));
    assert_eq!(held["answers"]["first_name"], "Amélie");
    assert!(
        held["consents"][0]["text"]
            .as_str()
            .expect("the wording")
            .starts_with("J’accepte")
    );
    app.advance("P2D");
    let late = app.get(&link);
    assert_eq!(late.status, 410);
    assert!(late.text().contains("name=\"email\"") && !late.text().contains("Amélie"));
}

#[test]
fn r66_answers_are_corrected_by_the_forms_own_rules() {
    let (app, _) = after_first_nurture();
    ask(&app, ANA);
    let link = data_link(&app);
    let refused = save(
        &app,
        &link,
        &[("do", "correct"), ("first_name", "Amandine"), ("budget", "beaucoup")],
    );
    assert_eq!(refused.status, 422);
    assert!(
        refused.text().contains("Amandine") && refused.text().contains("beaucoup"),
        "nothing typed is lost"
    );
    assert_eq!(app.lead(ANA)["answers"]["first_name"], "Amélie");
    let fields = [
        ("do", "correct"),
        ("first_name", "Amandine"),
        ("company", ""),
        ("stage", "customer"),
    ];
    assert_eq!(save(&app, &link, &fields).status, 303);
    let lead = app.lead(ANA);
    assert_eq!(lead["answers"]["first_name"], "Amandine");
    assert_eq!(lead["answers"].get("company"), None);
    assert_eq!(lead["stage"], "lead");
}

#[test]
fn r67_erasing_takes_one_confirmed_press_and_leaves_a_certificate() {
    let (app, mail) = after_first_nurture();
    ask(&app, ANA);
    let link = data_link(&app);
    let page = app.get(&format!("{link}&step=erase"));
    assert!(page.status == 200 && page.text().contains("value=\"erase\""));
    assert!(app.lead_id(ANA).is_some(), "a page erases nothing");
    let erased = save(&app, &link, &[("do", "erase")]);
    assert_eq!(erased.status, 200);
    assert!(erased.text().contains("Vos données sont effacées") && !erased.text().contains(ANA));
    assert_eq!(app.lead_id(ANA), None);
    // The link now opens the certificate, and nothing else.
    assert!(app.get(&link).text().contains("Vos données sont effacées"));
    let certificate = save(&app, &link, &[("do", "certificate")]);
    assert_eq!(
        (&certificate.json()["schema_version"], &certificate.json()["by"]),
        (&1.into(), &"person".into())
    );
    assert!(!certificate.text().contains(ANA));
    // R42: the old links of the emails still answer, and the no is kept.
    assert_eq!(app.get(&mail.link("/preferences?")).status, 200);
    assert_eq!(
        app.send("POST", &mail.one_click(), &[URLENCODED], "List-Unsubscribe=One-Click")
            .status,
        200
    );
    app.advance("P30D");
    assert!(app.mails_to(ANA).len() <= 3, "nothing more leaves");
}

#[test]
fn r42_a_link_under_a_lost_key_is_never_called_invalid() {
    let (app, mail) = after_first_nurture();
    for link in [mail.one_click(), mail.link("/unsubscribe?")] {
        let lost = link.replace("t=v1.k1.", "t=v1.k0.");
        for language in ["fr", "en"] {
            let page = app.get(&lost.replace("lang=fr", &format!("lang={language}")));
            assert!(page.status == 200 && page.is_page_in(language));
            assert!(page.text().contains("/my-data?"), "another way out");
        }
        let answer = app.send("POST", &lost, &[URLENCODED], "List-Unsubscribe=One-Click");
        assert_eq!(
            (answer.status, answer.header("location"), answer.header("set-cookie")),
            (200, "", "")
        );
        assert_eq!(app.press(&lost).status, 200);
    }
    assert_eq!(
        app.lead(ANA)["consents"][0]["state"],
        "given",
        "nobody can tell whose it was"
    );
}

#[test]
fn r70_r73_the_form_tells_what_becomes_of_the_data_and_no_address_of_the_net_is_kept() {
    let app = TestApp::start();
    for (language, parts) in [
        (
            "fr",
            [
                "Responsable du traitement",
                "votre consentement",
                "3\u{a0}ans",
                "Amazon Web Services",
                "CNIL",
            ],
        ),
        (
            "en",
            [
                "Controller",
                "your consent",
                "3\u{a0}years",
                "Amazon Web Services",
                "CNIL",
            ],
        ),
    ] {
        let page = app.get(&format!("{FORM}?lang={language}")).text();
        for part in parts {
            assert!(page.contains(part), "{part}");
        }
        assert!(page.contains("/my-data?form=guide-seo"));
    }
    let address = "203.0.113.77";
    let headers = [
        BROWSER,
        URLENCODED,
        ("X-Forwarded-For", address),
        ("Forwarded", "for=203.0.113.77"),
    ];
    app.send("POST", FORM, &headers, urlencoded(&[("email", ANA), TICKED]));
    ask(&app, ANA);
    let held = save(&app, &data_link(&app), &[("do", "download")]).text();
    assert!(!held.contains(address), "R70");
    assert!(!app.lead(ANA).to_string().contains(address), "R70");
}
