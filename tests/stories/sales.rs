//! The sales clock as a salesperson lives it: the alert, its page, reminders, attempts, and what follows.

use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const SALES: [&str; 3] = ["camille@example.com", "alex@example.com", "direction@example.com"];

impl TestApp {
    /// The emails to sales about one lead, oldest first.
    fn alerts(&self) -> Vec<Sent> {
        self.to_sales()
    }

    /// The latest of them, as its reader sees it.
    fn last_alert(&self) -> Mail {
        self.mail(self.alerts().last().expect("an alert"))
    }

    /// Notes an outcome by the link of an email, with the fields of its page.
    fn note(&self, mail: &Mail, outcome: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [&[("_outcome", outcome)], fields].concat();
        self.send("POST", &mail.sales_link(), &[BROWSER, URLENCODED], urlencoded(&fields))
    }

    fn hot(&self, more: &[(&str, &str)]) {
        let mut fields = vec![("email", ANA)];
        fields.extend(HOT);
        fields.extend(more);
        assert_eq!(self.post(&fields).status, 303);
        self.settle();
    }
}

impl Mail {
    fn sales_link(&self) -> String {
        self.link(".note/")
    }
}

#[test]
fn a_hot_lead_is_alerted_accepted_by_the_email_s_link_and_leaves_the_nurturing() {
    let app = TestApp::start();
    app.opt_in(
        ANA,
        &[&HOT[..], &[("last_name", "Martin"), ("phone", "01 99 00 12 34")]].concat(),
    );
    app.settle();
    let alerts = app.alerts();
    assert_eq!((alerts.len(), alerts[0].step.as_str()), (1, "alert"));
    assert!(SALES.contains(&alerts[0].to.as_str()), "{}", alerts[0].to);
    let posted: jiff::Timestamp = MONDAY.parse().expect("a moment");
    assert!(alerts[0].at.duration_since(posted).as_secs() < 60, "at once");
    let raw = String::from_utf8(app.eml(&alerts[0])).expect("7-bit");
    assert!(
        !raw.contains("List-Unsubscribe"),
        "nobody but the person may leave for the person"
    );
    let mail = app.last_alert();
    // By the id of the lead it goes to somebody who reads French or to somebody who reads English.
    let plain = mail.text.replace(['\u{a0}', '\u{202f}'], " ");
    assert!(plain.contains("€15,000") || plain.contains("15 000 €"), "{plain}");
    for said in ["A3", "Plus de demandes de devis", "Martin", "ana@example.org", "+20"] {
        assert!(mail.text.contains(said), "{said}: {}", mail.text);
    }
    let link = mail.sales_link();
    assert!(
        !link.contains("ana") && !link.contains("Martin") && !link.contains('@'),
        "R102: {link}"
    );

    // GET and HEAD only show a page.
    let before = app.lead(ANA);
    let page = app.get(&link);
    assert!(page.status == 200 && page.text().contains("method=\"post\" action=\"/sales?t="));
    assert_eq!(app.send("HEAD", &link, &[BROWSER], "").status, 200);
    assert_eq!(app.send("PUT", &link, &[BROWSER], "x").status, 405);
    assert_eq!(app.lead(ANA)["stage"], before["stage"]);

    let done = app.note(&mail, "accept", &[]);
    assert_eq!(done.status, 200, "{}", done.text());
    let lead = app.lead(ANA);
    assert_eq!(lead["stage"], "sql");
    assert!(lead["case"]["answered_at"].is_string() && lead["case"]["overdue"] == false);
    assert_eq!(app.note(&mail, "accept", &[]).status, 200, "twice is once");
    app.advance("P20D");
    assert_eq!(app.steps_to(ANA), ["guide"], "whom sales took over gets no more advice");
    // R100: the link works for nothing else, and for nobody who changed it.
    let token = link.split_once("t=").expect("a token").1;
    assert_eq!(app.get(&format!("/unsubscribe?t={token}")).status, 400);
    let forged = link.replacen(".note/1/1", ".note/1/2", 1);
    assert_eq!(app.press(&forged).status, 400);
}

#[test]
fn an_ignored_alert_is_reminded_of_and_passes_on_to_a_second_owner() {
    let app = TestApp::start();
    app.hot(&[]);
    let owner = app.lead(ANA)["case"]["owner"].clone();
    app.advance("PT1H");
    let alerts = app.alerts();
    let steps: Vec<&str> = alerts.iter().map(|sent| sent.step.as_str()).collect();
    assert_eq!(steps, ["alert", "late", "escalated", "last"]);
    assert_eq!(alerts[0].to, alerts[1].to);
    assert!(alerts[2].to == "direction@example.com" && alerts[3].to == alerts[2].to);
    let seconds = |sent: &Sent| sent.at.duration_since(alerts[0].at).as_secs();
    let minutes: Vec<i64> = alerts.iter().map(|sent| (seconds(sent) + 30) / 60).collect();
    assert_eq!(minutes, [0, 5, 10, 15]);
    let case = app.lead(ANA)["case"].clone();
    assert!(case["owner"] == "direction" && case["owner"] != owner);
    assert_eq!(case["overdue"], true);
    // R126: whether or not anybody notes one, each further attempt has its day, and one mail that says so.
    app.advance("P20D");
    let later = app.alerts().split_off(4);
    let steps: Vec<&str> = later.iter().map(|sent| sent.step.as_str()).collect();
    assert_eq!(steps, ["call-2", "call-3", "call-4", "call-5"]);
    let days: Vec<i8> = later.iter().map(|sent| sent.local().day()).collect();
    assert_eq!(days, [3, 5, 9, 16], "the twelfth day is a Saturday");
    assert!(later.iter().all(|sent| sent.to == "direction@example.com"));
    app.advance("P10D");
    assert_eq!(app.alerts().len(), 10, "one reminder a week, until somebody decides");
    let case = app.lead(ANA)["case"].clone();
    assert!(
        case["closed"].is_null() && case["task"]["kind"] == "call",
        "it waits until somebody decides: {case}"
    );

    // It stays on the list of those to call, and its old link still works.
    let list = |query: &str| {
        app.api(&format!("/api/leads?{query}"))["leads"]
            .as_array()
            .expect("leads")
            .len()
    };
    app.post(&[("email", "bob@example.org")]);
    app.settle();
    assert_eq!((list("call=now"), list("")), (1, 2));
    let turned_down = app.note(&app.last_alert(), "reject", &[]);
    assert_eq!(turned_down.status, 422, "a reason is needed");
    assert_eq!(
        app.note(&app.last_alert(), "reject", &[("_reason", "nonsense")]).status,
        422
    );
    let turned_down = app.note(
        &app.last_alert(),
        "reject",
        &[("_reason", "budget"), ("_note", "2 000 € au plus")],
    );
    assert_eq!(turned_down.status, 200);
    let lead = app.lead(ANA);
    assert_eq!(
        (&lead["stage"], &lead["case"]["closed"]["why"]),
        (&json!("disqualified"), &json!("rejected"))
    );
    let why = |event: &Value| {
        event["text"]
            .as_str()
            .is_some_and(|text| text.contains("budget: 2 000 €"))
    };
    assert!(
        lead["timeline"].as_array().expect("events").iter().any(why),
        "the reason is kept"
    );
    assert_eq!(list("call=now"), 0);
}

#[test]
fn five_times_no_answer_and_the_lead_is_recycled_while_the_advice_goes_on() {
    let app = TestApp::start();
    app.opt_in(ANA, &HOT);
    app.settle();
    for n in 1..=5 {
        let mail = app.last_alert();
        let noted = app.note(&mail, "no_answer", &[]);
        assert_eq!(noted.status, 200, "{n}: {}", noted.text());
        assert_eq!(app.note(&mail, "no_answer", &[]).status, 409, "{n}: noted once");
        assert_eq!(app.lead(ANA)["case"]["attempts"].as_array().expect("attempts").len(), n);
        if n < 5 {
            let from: jiff::Timestamp = app.lead(ANA)["case"]["task"]["from"]
                .as_str()
                .expect("a task")
                .parse()
                .expect("a moment");
            let wait = from.duration_since(app.now()).as_secs() + 1;
            app.advance(&format!("PT{wait}S"));
            assert_eq!(app.alerts().last().expect("an alert").step, format!("call-{}", n + 1));
        }
    }
    let lead = app.lead(ANA);
    assert_eq!(
        (&lead["stage"], &lead["case"]["closed"]["why"]),
        (&json!("recycled"), &json!("used_up"))
    );
    app.advance("P20D");
    assert_eq!(app.steps_to(ANA)[1..], ["day-2", "day-5", "day-9", "day-14"]);
    // A new deed hands it to sales once more.
    app.post(&[("email", ANA), ("company", "Exemple")]);
    app.settle();
    assert_eq!(app.lead(ANA)["stage"], "mql");
    assert_eq!(app.alerts().last().expect("an alert").step, "alert");
}

#[test]
fn the_api_notes_attempts_and_refuses_nonsense() {
    let app = TestApp::start();
    app.hot(&[]);
    let id = app.lead_id(ANA).expect("a lead");
    let note = |body: Value| app.operator("POST", &format!("/api/leads/{id}/attempts"), body.to_string());
    for (body, status) in [
        (json!({ "outcome": "shouted" }), 422),
        (json!({ "outcome": "not_a_fit" }), 422),
        (json!({ "outcome": "not_a_fit", "reason": "x".repeat(501) }), 422),
        (json!({ "result": "reached" }), 400),
        (json!({ "outcome": "no_answer" }), 200),
        (json!({ "outcome": "snooze" }), 200),
        (json!({ "outcome": "reached" }), 200),
        (json!({ "outcome": "reached" }), 200),
    ] {
        assert_eq!(note(body.clone()).status, status, "{body}");
    }
    let lead = app.lead(ANA);
    let outcomes: Vec<&Value> = lead["case"]["attempts"]
        .as_array()
        .expect("attempts")
        .iter()
        .map(|a| &a["outcome"])
        .collect();
    assert_eq!(outcomes, ["no_answer", "reached", "reached"], "every call is noted");
    assert_eq!(lead["case"]["task"]["kind"], "decide");
    assert_eq!(lead["stage"], "mql", "to speak is not yet to sell");
    let checklist = lead["checklist"].as_array().expect("a checklist");
    assert!(checklist.len() == 3 && checklist.iter().all(|line| line["met"] == true));
    assert_eq!(
        app.operator("GET", &format!("/api/leads/{id}/attempts"), "").status,
        405
    );
    assert_eq!(
        app.send("POST", &format!("/api/leads/{id}/attempts"), &[JSON], "{}")
            .status,
        401
    );

    // A call can be noted for anybody; only where nothing is to be done can nothing be put off.
    app.post(&[("email", "bob@example.org")]);
    let bob = app.lead_id("bob@example.org").expect("a lead");
    let called = |outcome: &str| {
        let body = json!({ "outcome": outcome }).to_string();
        app.operator("POST", &format!("/api/leads/{bob}/attempts"), body)
    };
    let put_off = called("snooze");
    assert_eq!((put_off.status, &put_off.json()["code"]), (409, &json!("no_task")));
    assert_eq!(app.lead("bob@example.org")["notes"], json!([]));
    assert_eq!(called("reached").status, 200);
    let lead = app.lead("bob@example.org");
    assert_eq!((&lead["case"], &lead["stage"]), (&Value::Null, &json!("lead")));
    assert_eq!(lead["notes"][0]["reached"], true);
}

#[test]
fn after_six_silent_months_one_email_asks_and_a_click_brings_the_lead_back() {
    let app = TestApp::start();
    app.opt_in(ANA, &HOT);
    app.settle();
    // While sales has a case nobody falls silent: it is used up first.
    let id = app.lead_id(ANA).expect("a lead");
    for _ in 0..5 {
        let body = json!({ "outcome": "no_answer" }).to_string();
        assert_eq!(
            app.operator("POST", &format!("/api/leads/{id}/attempts"), body).status,
            200
        );
        app.advance("P2D");
    }
    assert_eq!(app.lead(ANA)["stage"], "recycled");
    app.advance("P180D");
    assert_eq!(app.lead(ANA)["stage"], "dormant");
    let steps = app.steps_to(ANA);
    assert_eq!(steps.last().map(String::as_str), Some("still-there"));
    let asked = app.mails_to(ANA).pop().expect("a mail");
    let mail = app.mail(&asked);
    assert!(!mail.one_click().is_empty() && mail.text.contains("six mois"));
    let alerts = app.alerts().len();
    app.feedback(&asked, "click");
    app.settle();
    assert_eq!(app.lead(ANA)["stage"], "mql", "sales had it before");
    assert_eq!(app.alerts().len(), alerts + 1);
    app.advance("P400D");
    assert_eq!(app.steps_to(ANA).len(), steps.len(), "once in the life of a lead");
}

/// The demo campaign whose salespeople all read French.
fn all_in_french() -> tempfile::TempDir {
    let campaigns = campaigns_to_edit();
    let file = campaigns.path().join("guide-seo/campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("the file");
    let edited = toml.replace("language = \"en\"", "language = \"fr\"");
    assert!(edited != toml);
    std::fs::write(&file, edited).expect("written");
    campaigns
}

fn started(campaigns: &tempfile::TempDir) -> TestApp {
    Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start()
}

/// The first page of an alert, as a salesperson reads it on a telephone.
#[test]
fn an_alert_says_who_what_why_and_until_when_before_anything_else() {
    let campaigns = all_in_french();
    let app = started(&campaigns);
    app.hot(&[
        ("first_name", "Ana"),
        ("last_name", "Martin"),
        ("company", "Exemple www.evil.example"),
        ("phone", "01 99 00 12 34"),
        ("sector", "industry"),
    ]);
    let mail = app.last_alert();
    let subject = mail
        .message()
        .subject()
        .unwrap_or_default()
        .replace(['\u{a0}', '\u{202f}'], " ");
    assert_eq!(subject, "À rappeler avant 10 h 05 : Ana Martin (A3)");
    assert_eq!(mail.header("Reply-To"), format!("<{ANA}>"));
    let text = mail.text.replace(['\u{a0}', '\u{202f}'], " ");
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part}: {text}"));
    let order = [
        "Ana Martin",
        "À rappeler avant 10 h 05",
        "Plus de demandes de devis",
        "15 000 €",
        "Entreprise de 50 personnes ou plus",
        "→ Appeler le 01 99 00 12 34",
        "→ Noter la suite",
        "/console/leads/",
        "Mes leads du jour",
        "Bonjour",
    ];
    assert!(order.windows(2).all(|two| place(two[0]) < place(two[1])), "{text}");
    for link in ["href=\"tel:+33199001234\"", "href=\"mailto:ana@example.org\""] {
        assert_eq!(mail.html.matches(link).count(), 1, "{link}");
    }
    assert_eq!(mail.html.matches("class=\"cell ").count(), 2, "two actions");
    // What somebody typed is no link, whatever mail programs make of text.
    assert!(
        !mail.html.contains("evil.example") && mail.html.contains("evil[.]example"),
        "{}",
        mail.html
    );
    assert!(!mail.html.contains("telephone=no"));
    for not_everywhere in ["display:flex", "display:grid", "<img", "background-image"] {
        assert!(!mail.html.contains(not_everywhere), "{not_everywhere}");
    }
    assert!(app.eml(app.alerts().last().expect("one")).len() < 60_000);
}

#[test]
fn without_a_number_the_first_action_is_to_write_and_the_best_name_is_the_company() {
    let campaigns = all_in_french();
    let app = started(&campaigns);
    app.hot(&[("company", "Exemple SA")]);
    let mail = app.last_alert();
    let subject = mail.message().subject().unwrap_or_default().replace('\u{a0}', " ");
    assert!(
        subject.ends_with(": Exemple SA (A3)") || subject.ends_with(": Exemple SA (B3)"),
        "{subject}"
    );
    assert!(!mail.html.contains("tel:") && mail.html.contains("mailto:ana@example.org"));
    assert!(mail.text.contains("ana@example.org"));
}

/// One page takes everything: outcome, note, answers, day and hour, colleague.
#[test]
fn the_page_of_an_alert_takes_note_answers_later_and_hand_over() {
    let app = TestApp::start();
    app.hot(&[("last_name", "Martin"), ("phone", "01 99 00 12 34")]);
    let mail = app.last_alert();
    let page = app.get(&mail.sales_link()).text();
    for part in [
        "Martin",
        "href=\"tel:+33199001234\"",
        "href=\"mailto:ana@example.org\"",
        "Plus de demandes de devis",
        "name=\"_note\"",
        "name=\"budget\"",
        "name=\"_day\"",
        "name=\"_owner\"",
        "/console/leads/",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // All at once what is wrong, nothing is noted, and what was typed stays.
    for (outcome, fields) in [
        ("", &[][..]),
        ("shouted", &[]),
        ("snooze", &[("_day", "2020-01-01")]),
        ("snooze", &[("_day", "demain")]),
        ("hand_over", &[("_owner", "nobody")]),
        ("reached", &[("budget", "beaucoup")]),
    ] {
        let kept = [fields, &[("_note", "Parle à sa direction.")]].concat();
        let refused = app.note(&mail, outcome, &kept);
        assert_eq!(refused.status, 422, "{outcome} {fields:?}");
        assert!(refused.text().contains("Parle à sa direction."));
    }
    let before = app.lead(ANA);
    assert_eq!(
        (&before["notes"], &before["case"]["attempts"]),
        (&json!([]), &json!([]))
    );

    // Later, on a day and at an hour of the reader's clock.
    let later = app.note(
        &mail,
        "snooze",
        &[("_day", "2026-03-04"), ("_time", "15:30"), ("_note", "En réunion.")],
    );
    assert_eq!(later.status, 200, "{}", later.text());
    let lead = app.lead(ANA);
    assert_eq!(lead["case"]["task"]["from"], "2026-03-04T14:30:00Z");
    assert_eq!(lead["notes"][0]["text"], "En réunion.");
    assert_eq!(app.note(&mail, "reached", &[]).status, 409, "one task, one time");

    // To a colleague, by the mail of the new task.
    app.advance("P2DT6H");
    let mail = app.last_alert();
    let owner = app.lead(ANA)["case"]["owner"].as_str().expect("an owner").to_owned();
    let other = if owner == "alex" { "camille" } else { "alex" };
    let handed = app.note(
        &mail,
        "hand_over",
        &[("_owner", other), ("_note", "À toi."), ("budget", "18000")],
    );
    assert_eq!(handed.status, 200, "{}", handed.text());
    app.settle();
    let lead = app.lead(ANA);
    assert_eq!(
        (&lead["case"]["owner"], &lead["answers"]["budget"]),
        (&json!(other), &json!("18000"))
    );
    let told = app.alerts().pop().expect("an alert");
    assert!(
        told.step.starts_with("assigned-") && told.to == format!("{other}@example.com"),
        "{} {}",
        told.step,
        told.to
    );
    let timeline = lead["notes"].as_array().expect("notes");
    assert!(timeline.iter().any(|note| note["text"] == "À toi."), "{timeline:?}");
}

/// What waits for one salesperson, without the console.
#[test]
fn my_leads_today_opens_by_the_link_of_an_alert_and_shows_nobody_elses() {
    let app = TestApp::start();
    for n in 0..6 {
        let (email, name) = (format!("p{n}@example.org"), format!("Nom{n}"));
        let fields = [
            &HOT[..],
            &[("email", &*email), ("last_name", &*name), ("phone", "01 99 00 12 34")],
        ]
        .concat();
        assert_eq!(app.post(&fields).status, 303);
        app.settle();
    }
    let owners: Vec<(String, String)> = (0..6)
        .map(|n| {
            let lead = app.lead(&format!("p{n}@example.org"));
            (
                format!("Nom{n}"),
                lead["case"]["owner"].as_str().expect("an owner").to_owned(),
            )
        })
        .collect();
    let alerts = app.alerts();
    for owner in ["alex", "camille"] {
        let Some(alert) = alerts.iter().find(|alert| alert.to == format!("{owner}@example.com")) else {
            continue;
        };
        let link = app.mail(alert).link(".today.");
        assert!(!link.contains(owner) && !link.contains('@'), "R102: {link}");
        let page = app.get(&link);
        assert_eq!(page.status, 200);
        let text = page.text();
        for (name, of) in &owners {
            assert_eq!(
                text.contains(name),
                of == owner,
                "{name} of {of} on the page of {owner}"
            );
        }
        assert!(text.contains("href=\"tel:+33199001234\""));
        // Its links note what came of a lead, which is then gone from today.
        let note = text
            .split("href=\"")
            .find(|rest| rest.starts_with("/sales?t="))
            .expect("a link");
        let note = note.split('"').next().expect("a link").replace("&amp;", "&");
        let noted = app.send(
            "POST",
            &note,
            &[BROWSER, URLENCODED],
            urlencoded(&[("_outcome", "snooze"), ("_day", "2026-03-09")]),
        );
        assert_eq!(noted.status, 200, "{}", noted.text());
        let left = app.get(&link).text().matches("href=\"tel:").count();
        assert_eq!(left + 1, text.matches("href=\"tel:").count());
        // GET alone, and for nothing else.
        assert_eq!(
            app.send("POST", &link, &[BROWSER, URLENCODED], "_outcome=reached")
                .status,
            400
        );
        assert_eq!(app.send("HEAD", &link, &[BROWSER], "").status, 200);
    }
}
