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
    for said in [
        "A3",
        "15\u{202f}000\u{202f}€",
        "Plus de demandes de devis",
        "Martin",
        "ana@example.org",
        "+20",
    ] {
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
    assert!(page.status == 200 && page.text().contains("<form method=\"post\""));
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
