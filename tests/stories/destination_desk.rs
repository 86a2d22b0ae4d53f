//! What is seen of destinations: the console's pages, and the emails that tell of trouble (design.md section 5, *Destinations*).

use serde_json::json;

use crate::destinations::{Listener, Sends, crm, hook};
use crate::test_app::*;

/// A page of the console, as somebody signed in sees it.
fn page(sends: &Sends, cookie: &str, path: &str, language: &str) -> Answer {
    let headers = [BROWSER, ("Cookie", cookie), ("Accept-Language", language)];
    let answer = sends.app.send("GET", path, &headers, "");
    if answer.status == 200 {
        assert!(answer.is_page_in(language), "{path}");
    }
    answer
}

/// Presses a button of the console; where it leads.
fn press(sends: &Sends, cookie: &str, path: &str) -> (u16, String) {
    let headers = [
        BROWSER,
        URLENCODED,
        ("Cookie", cookie),
        ("Origin", sends.app.base.as_str()),
    ];
    let answer = sends.app.send("POST", path, &headers, "");
    (answer.status, answer.header("location").to_owned())
}

#[test]
fn the_console_shows_destinations_in_words_and_its_buttons_do_what_the_api_does() {
    let sends = Sends::start();
    let cookie = sends.app.sign_in();
    let empty = page(&sends, &cookie, "/console/destinations", "en").text();
    assert!(empty.contains("No destinations yet.") && empty.contains("infra/destinations/NAME.toml"));
    let wrong = crm("hubspot", &sends.app.base).replace("piste_grade", "piste_unknown");
    sends.add("hub", &wrong);
    sends.hot();
    let lead = sends.lead();

    for (language, words) in [
        ("en", ["HubSpot", "active", "Set aside", "Replay"]),
        ("fr", ["HubSpot", "active", "Mises de côté", "Rejouer"]),
    ] {
        let shown = page(&sends, &cookie, "/console/destinations", language).text();
        for word in words {
            assert!(shown.contains(word), "{word}: {shown}");
        }
        assert!(shown.contains("action=\"/console/destinations/hub/replay\""));
    }
    for (path, language, words) in [
        (
            "/console/deliveries?destination=hub&state=set_aside".to_owned(),
            "en",
            [
                "set aside",
                "PROPERTY_DOESNT_EXIST",
                "piste_unknown",
                "refused",
                "The lead’s record",
            ],
        ),
        (
            format!("/console/deliveries?lead={lead}"),
            "fr",
            [
                "mise de côté",
                "PROPERTY_DOESNT_EXIST",
                "piste_unknown",
                "refusé",
                "Fiche du lead",
            ],
        ),
        (
            format!("/console/leads/{lead}"),
            "fr",
            [
                "Transmissions",
                "PROPERTY_DOESNT_EXIST",
                "piste_unknown",
                "refusé",
                "Fiche du lead",
            ],
        ),
    ] {
        let shown = page(&sends, &cookie, &path, language).text();
        for word in words {
            assert!(shown.contains(word), "{path}: {word}: {shown}");
        }
    }
    assert_eq!(
        page(&sends, &cookie, "/console/deliveries?destination=nowhere", "en").status,
        404
    );
    assert_eq!(
        page(&sends, &cookie, "/console/deliveries?state=lost", "en").status,
        400
    );
    assert_eq!(
        page(&sends, &cookie, "/console/deliveries?cursor=lost", "en").status,
        400
    );

    let desk = (303, "/console/destinations".to_owned());
    assert_eq!(press(&sends, &cookie, "/console/destinations/hub/pause"), desk);
    let paused = page(&sends, &cookie, "/console/destinations", "en").text();
    assert!(paused.contains("Somebody paused it.") && paused.contains("/console/destinations/hub/resume"));
    assert_eq!(sends.destination("hub")["reason"], "by_hand");
    assert_eq!(press(&sends, &cookie, "/console/destinations/hub/resume"), desk);
    assert_eq!(press(&sends, &cookie, "/console/destinations/nowhere/pause").0, 404);

    // Taken up from the page of deliveries: it is told anew, and whoever pressed is back where the button was.
    let calls = || {
        sends
            .app
            .send("GET", "/local/deliveries", &[], "")
            .json()
            .as_array()
            .map_or(0, Vec::len)
    };
    let (before, aside) = (calls(), sends.deliveries("state=set_aside"));
    let replay = format!("/console/deliveries/{}/replay", aside[0]["id"].as_str().expect("an id"));
    let filter = "?destination=hub&state=set_aside";
    let back = press(&sends, &cookie, &format!("{replay}{filter}"));
    assert_eq!(back, (303, format!("/console/deliveries{filter}")));
    sends.settle();
    assert!(calls() > before, "it was told anew");
    assert_eq!(
        press(&sends, &cookie, &replay),
        (303, format!("/console/leads/{lead}#deliveries"))
    );
    assert_eq!(press(&sends, &cookie, "/console/destinations/hub/replay"), desk);
    assert_eq!(press(&sends, &cookie, "/console/deliveries/nothing/replay").0, 404);
}

#[test]
fn r108_whoever_may_only_read_sees_destinations_and_has_no_button() {
    let (sends, listener) = (Sends::start(), Listener::start());
    sends.add("hook", &hook(&listener.url));
    listener.answer(&["410 Gone"]);
    sends.hot();
    let made = sends
        .app
        .operator("POST", "/api/users", r#"{"name":"Ines","role":"read"}"#);
    let key = made.json()["key"].as_str().expect("a key").to_owned();
    let headers = [BROWSER, URLENCODED, ("Origin", sends.app.base.as_str())];
    let login = sends
        .app
        .send("POST", "/console/login", &headers, urlencoded(&[("key", &key)]));
    let cookie = login
        .header("set-cookie")
        .split(';')
        .next()
        .expect("a cookie")
        .to_owned();
    let shown = page(&sends, &cookie, "/console/destinations", "en").text();
    assert!(
        shown.contains("switched off") && shown.contains("answered 410"),
        "{shown}"
    );
    assert!(!shown.contains("action=\"/console/destinations"), "{shown}");
    let waiting = page(&sends, &cookie, "/console/deliveries?state=paused", "en").text();
    assert!(
        waiting.contains("waits for its destination") && waiting.contains("lead.created"),
        "{waiting}"
    );
    assert!(!waiting.contains("/replay"), "{waiting}");
    for what in ["pause", "resume", "replay"] {
        assert_eq!(
            press(&sends, &cookie, &format!("/console/destinations/hook/{what}")).0,
            403
        );
    }
    assert_eq!(sends.destination("hook")["state"], json!("off"));
}

// ---- emails about trouble ----

const OPS: &str = "ops@example.com";
const BOSS: &str = "boss@example.com";

/// What left to somebody about destinations.
fn told(sends: &Sends, to: &str) -> Vec<Sent> {
    let mails = sends.app.mails_to(to);
    assert!(mails.iter().all(|sent| sent.class == "alert"), "{mails:?}");
    mails
}

/// The text of an email, which holds nothing of the lead.
fn text(sends: &Sends, sent: &Sent) -> String {
    let mail = sends.app.mail(sent);
    let text = mail.message().body_text(0).expect("a text").into_owned();
    let eml = String::from_utf8(sends.app.eml(sent)).expect("ASCII");
    for private in ["ana@", "Petit", "Acme", &sends.lead()] {
        assert!(!text.contains(private) && !eml.contains(private), "{private}: {text}");
    }
    text
}

fn notify(file: &str) -> String {
    file.replacen('\n', &format!("\nnotify = [\"{OPS}\", \"{BOSS}\"]\n"), 1)
}

#[test]
fn r112_whoever_the_file_names_is_told_once_that_a_webhook_is_off_and_again_after_it_was_resumed() {
    let (sends, listener) = (Sends::start(), Listener::start());
    sends.add("hook", &notify(&hook(&listener.url)));
    listener.answer(&["410 Gone"]);
    sends.hot();
    for to in [OPS, BOSS] {
        let mails = told(&sends, to);
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert_eq!(
            (mails[0].campaign.as_str(), mails[0].step.as_str()),
            ("guide-seo", "off")
        );
        assert_eq!(
            mails[0].subject,
            "hook\u{a0}: destination désactivée, des leads attendent"
        );
        let text = text(&sends, &mails[0]);
        let page = format!("{}/console/destinations", sends.app.base);
        for part in ["«\u{a0}hook\u{a0}» (Webhook)", "410", "Que faire", &page] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    sends.app.advance("P3D");
    assert_eq!(told(&sends, OPS).len(), 1, "each cause once");
    listener.answer(&["410 Gone"]);
    assert_eq!(
        sends.app.operator("POST", "/api/destinations/hook/resume", "").status,
        200
    );
    sends.settle();
    assert_eq!(sends.destination("hook")["state"], "off");
    for to in [OPS, BOSS] {
        assert_eq!(told(&sends, to).len(), 2, "it was resumed, and is off again");
    }
    let ids: std::collections::BTreeSet<String> = sends.app.outbox().into_iter().map(|sent| sent.send_id).collect();
    assert_eq!(ids.len(), sends.app.outbox().len(), "no two emails have one id");
}

#[test]
fn r112_five_days_of_failures_are_told_and_a_file_without_addresses_tells_nobody() {
    let (sends, listener) = (Sends::start(), Listener::start());
    sends.add("hook", &notify(&hook(&listener.url)));
    let chat = format!(
        "kind = \"chat\"\nformat = \"slack\"\nurl = \"{}/quiet\"\n",
        listener.url
    );
    sends.add("quiet", &chat);
    listener.answer(&["500 Internal Server Error"; 400]);
    sends.hot();
    assert!(told(&sends, OPS).is_empty(), "it is tried again");
    sends.app.advance("P4D");
    let aside = told(&sends, OPS);
    assert_eq!(aside.len(), 1, "events of all types have one cause: {aside:?}");
    assert_eq!(aside[0].step, "set_aside");
    // What happens later keeps it trying, until it has failed for five days.
    sends
        .app
        .post_by_script(&[&[("email", "bo@example.org")][..], &HOT[..]].concat());
    sends.app.advance("P2D");
    assert_eq!(sends.destination("hook")["state"], "off");
    let steps: Vec<String> = told(&sends, OPS).into_iter().map(|sent| sent.step).collect();
    assert_eq!(steps, ["set_aside", "off"]);
    assert_eq!(sends.destination("quiet")["state"], "off");
    let told: Vec<Sent> = sends.app.outbox();
    assert!(!told.iter().any(|sent| sent.subject.contains("quiet")), "{told:?}");
}

#[test]
fn a_mistake_in_the_file_that_stops_many_leads_is_one_email_and_another_one_is_another() {
    let sends = Sends::start();
    let wrong = notify(&crm("hubspot", &sends.app.base)).replace("piste_grade", "piste_unknown");
    sends.add("hub", &wrong);
    sends.hot();
    for n in 0..3 {
        let email = format!("person{n}@example.org");
        sends
            .app
            .post_by_script(&[&[("email", email.as_str())][..], &HOT[..]].concat());
        sends.settle();
    }
    assert_eq!(sends.destination("hub")["set_aside"], 4);
    let mails = told(&sends, OPS);
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].subject, "hub\u{a0}: transmission mise de côté");
    let mail = sends.app.mail(&mails[0]);
    let text = mail.message().body_text(0).expect("a text").into_owned();
    for part in [
        "HubSpot",
        "PROPERTY_DOESNT_EXIST",
        "piste_unknown",
        "/console/deliveries?destination=hub&state=set_aside",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Whoever replays it all says that it is mended: should it fail again, they hear of it.
    assert_eq!(
        sends.app.operator("POST", "/api/destinations/hub/replay", "").status,
        200
    );
    sends.settle();
    assert_eq!(told(&sends, OPS).len(), 2);
}

#[test]
fn an_unsubscribe_that_the_crm_did_not_take_is_told_by_itself() {
    let sends = Sends::start();
    let wrong = notify(&crm("salesforce", &sends.app.base)).replace("Piste_Grade__c", "Piste_Unknown__c");
    sends.add("sf", &wrong);
    sends.hot();
    assert_eq!(told(&sends, OPS).len(), 1, "the push was refused");
    let guide = sends.app.mails_to("ana@example.org").remove(0);
    sends.app.feedback(&guide, "complaint");
    sends.settle();
    let aside = sends.deliveries("destination=sf&state=set_aside");
    assert!(aside.iter().any(|of| of["what"] == "opt_out"), "{aside:?}");
    let mails = told(&sends, OPS);
    assert_eq!(mails.len(), 2, "{mails:?}");
    assert_eq!(mails[1].subject, "sf\u{a0}: désinscription non prise en compte");
    let text = text(&sends, &mails[1]);
    assert!(text.contains("encore recevoir des e-mails"), "{text}");
}

#[test]
fn a_pause_is_told_also_that_of_a_person_and_waits_while_sending_is_held() {
    let sends = Sends::start();
    sends.add("hub", &notify(&crm("hubspot", &sends.app.base)));
    let events = "events = [\"lead.created\"]\n";
    sends.add("nokey", &format!("{}{events}", notify(&hook("http://127.0.0.1:9"))));
    let hold = |what: &str| {
        let path = format!("/api/sending/{what}");
        assert_eq!(sends.app.operator("POST", &path, r#"{"reason":"test"}"#).status, 200);
    };
    hold("hold");
    assert_eq!(
        sends.app.operator("POST", "/api/destinations/hub/pause", "").status,
        200
    );
    sends.app.advance("PT5M");
    assert!(told(&sends, OPS).is_empty());
    hold("release");
    sends.settle();
    let mails = told(&sends, OPS);
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(
        (mails[0].subject.as_str(), mails[0].step.as_str()),
        ("hub\u{a0}: transmission des leads en pause", "paused")
    );
    // A destination whose secret nobody stored pauses with the first lead.
    sends.hot();
    assert_eq!(sends.destination("nokey")["reason"], "no_secret");
    let mails = told(&sends, OPS);
    assert_eq!(mails.len(), 2, "{mails:?}");
    assert!(text(&sends, &mails[1]).contains("Enregistrez le secret"), "{mails:?}");
}

#[test]
fn other_webhooks_hear_that_a_destination_stands_still_under_an_id_that_stays() {
    let (sends, listener) = (Sends::start(), Listener::start());
    sends.add("hub", &crm("hubspot", &sends.app.base));
    sends.add(
        "hook",
        &format!("{}events = [\"delivery.paused\"]\n", hook(&listener.url)),
    );
    listener.answer(&["500 Internal Server Error"]);
    assert_eq!(
        sends.app.operator("POST", "/api/destinations/hub/pause", "").status,
        200
    );
    sends.app.advance("PT1M");
    sends.app.advance("PT1M");
    let heard = listener.heard();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert_eq!(heard[0].header("webhook-id"), heard[1].header("webhook-id"));
    assert_eq!(heard[0].body, heard[1].body);
    assert_eq!(heard[0].body["type"], "delivery.paused");
    let data =
        json!({ "workspace": "main", "destination": "hub", "kind": "hubspot", "reason": "by_hand", "until": null });
    assert_eq!(heard[0].body["data"], data);
    sends.hot();
    sends.app.advance("P2D");
    assert_eq!(listener.heard().len(), 2, "once, and nothing of leads");
    sends.app.operator("POST", "/api/destinations/hub/resume", "");
    sends.app.operator("POST", "/api/destinations/hub/pause", "");
    sends.app.advance("PT1M");
    let heard = listener.heard();
    assert_eq!(heard.len(), 3);
    assert_ne!(heard[2].header("webhook-id"), heard[0].header("webhook-id"));
    // A webhook is not told of itself.
    sends.app.operator("POST", "/api/destinations/hook/pause", "");
    sends.app.operator("POST", "/api/destinations/hook/resume", "");
    sends.app.advance("PT1M");
    assert_eq!(listener.heard().len(), 3);
}
