//! Steps under conditions, and steps that repeat: four people walk through one campaign, each gets what their answers and
//! clicks say, and at every moment the plan is what leaves (R127).

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const BOB: &str = "bob@example.org";
const CID: &str = "cid@example.org";
const EDITS: [(&str, &str); 4] = [
    (
        "template = \"day-5\"\n",
        "when = [{ field = \"company_size\", one_of = [\"10-49\", \"50-249\"] }, { clicked = \"day-2\" }]\n",
    ),
    (
        "template = \"day-9\"\n",
        "until = [{ stage = [\"customer\"] }, { clicked = \"day-2\" }]\n",
    ),
    ("template = \"day-14\"\n", "when = [{ stage = [\"lead\", \"mql\"] }]\n"),
    ("template = \"still-there\"\n", "every = \"P1M\"\ntimes = 3\n"),
];

type Line = (String, Timestamp);

fn started() -> (tempfile::TempDir, TestApp) {
    let campaigns = campaigns_to_edit();
    let file = campaigns.path().join("guide-seo/campaign.toml");
    let text = std::fs::read_to_string(&file).expect("a file");
    let edited = EDITS.iter().fold(text, |text, (step, lines)| {
        assert!(text.contains(step), "{step} is not in campaign.toml");
        text.replacen(step, &format!("{step}{lines}"), 1)
    });
    std::fs::write(file, edited).expect("written");
    let app = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start();
    (campaigns, app)
}

fn plan(app: &TestApp, who: &str) -> Value {
    let id = app.lead_id(who).expect("a lead");
    app.api(&format!("/api/leads/{id}/plan"))
}

/// What will leave, by the plan.
fn promised(app: &TestApp, who: &str) -> Vec<Line> {
    let plan = plan(app, who);
    let mails = plan["plan"].as_array().expect("a plan").iter();
    let text = |mail: &Value, name: &str| mail[name].as_str().expect("text").to_owned();
    mails
        .map(|mail| (text(mail, "step"), text(mail, "at").parse().expect("a moment")))
        .collect()
}

/// What will not, as things stand, and why.
fn left_out(app: &TestApp, who: &str) -> Vec<(String, String)> {
    let plan = plan(app, who);
    let mails = plan["left_out"].as_array().cloned().unwrap_or_default();
    let text = |mail: &Value, name: &str| mail[name].as_str().expect("text").to_owned();
    mails
        .iter()
        .map(|mail| (text(mail, "step"), text(mail, "left_out")))
        .collect()
}

fn steps(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|(step, _)| step.as_str()).collect()
}

/// Everything that left to somebody after so many emails.
fn since(app: &TestApp, who: &str, had: usize) -> Vec<Line> {
    let mails = app.mails_to(who).into_iter().skip(had);
    mails.map(|mail| (mail.step, mail.at)).collect()
}

fn waiting(app: &TestApp, step: &str) -> Value {
    let mails = app.api("/api/campaigns/guide-seo/mails");
    let mut mails = mails["mails"].as_array().expect("mails").iter();
    mails.find(|mail| mail["step"] == step).expect("listed")["waiting"].clone()
}

#[test]
fn r127_each_gets_what_their_answers_and_clicks_say_and_the_plan_says_it_before() {
    let (_campaigns, app) = started();
    let middle = ("company_size", "10-49");
    for (who, size) in [(ANA, middle), (BOB, ("company_size", "1-9")), (CID, middle)] {
        app.opt_in(who, &[size]);
        assert_eq!(steps(&promised(&app, who)), ["day-2", "day-9", "day-14"], "{who}");
        assert_eq!(left_out(&app, who), [("day-5".to_owned(), "condition".to_owned())]);
    }
    assert_eq!(waiting(&app, "day-2"), 3);
    app.advance("P2DT3H");
    for who in [ANA, BOB] {
        let asked = app.mails_to(who).pop().expect("day 2");
        assert_eq!(asked.step, "day-2");
        app.feedback(&asked, "click");
    }
    app.settle();
    assert_eq!((waiting(&app, "day-2"), waiting(&app, "day-5")), (json!(0), json!(3)));

    let pair = |step: &str, why: &str| (step.to_owned(), why.to_owned());
    let (late, goal) = (pair("day-5", "condition"), pair("day-9", "goal"));
    let expected = [
        (ANA, vec!["day-5", "day-14"], vec![goal.clone()]),
        (BOB, vec!["day-14"], vec![late.clone(), goal]),
        (CID, vec!["day-9", "day-14"], vec![late]),
    ];
    let mut all = Vec::new();
    for (who, leaves, stays) in expected {
        let lines = promised(&app, who);
        assert_eq!(steps(&lines), leaves, "{who}");
        assert_eq!(left_out(&app, who), stays, "{who}");
        all.push((who, app.mails_to(who).len(), lines));
    }
    app.advance("P20D");
    for (who, had, lines) in all {
        assert_eq!(since(&app, who, had), lines, "{who}");
        assert!(
            promised(&app, who).is_empty() && left_out(&app, who).is_empty(),
            "{who}"
        );
    }
    let ana = app.lead(ANA).to_string();
    assert!(ana.contains("E-mail omis\u{a0}: day-9 (objectif atteint)"), "{ana}");
    let bob = app.lead(BOB).to_string();
    assert!(
        bob.contains("E-mail omis\u{a0}: day-5 (condition non remplie)"),
        "{bob}"
    );
    for step in ["day-2", "day-5", "day-9", "day-14"] {
        assert_eq!(waiting(&app, step), 0, "{step}");
    }
}

/// An answer and a move count until the step is due. Each line of the plan says under which conditions it leaves.
#[test]
fn what_changes_before_the_step_is_due_changes_the_plan_and_what_leaves() {
    let (_campaigns, app) = started();
    app.opt_in(ANA, &[("company_size", "1-9")]);
    let id = app.lead_id(ANA).expect("a lead");
    app.advance("P2DT3H");
    app.feedback(&app.mails_to(ANA).pop().expect("day 2"), "click");
    app.settle();
    assert_eq!(steps(&promised(&app, ANA)), ["day-14"]);
    let answers = json!({ "answers": { "company_size": "50-249" }, "reason": "a call" }).to_string();
    let answer = app.operator("PATCH", &format!("/api/leads/{id}"), answers);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(steps(&promised(&app, ANA)), ["day-5", "day-14"], "the right answer");
    let told = plan(&app, ANA);
    let condition = told["plan"][0]["condition"].as_str().expect("a condition");
    assert!(
        condition.starts_with("seulement si la réponse à") && condition.ends_with("la personne a cliqué dans day-2"),
        "{condition}"
    );
    app.advance("P5D");
    assert_eq!(app.steps_to(ANA), ["guide", "day-2", "day-5"]);
}

#[test]
fn a_repeat_leaves_month_after_month_until_somebody_comes_back() {
    let (_campaigns, app) = started();
    for who in [ANA, BOB] {
        app.opt_in(who, &[]);
    }
    app.advance("P185D");
    for who in [ANA, BOB] {
        assert_eq!(app.steps_to(who).last().map(String::as_str), Some("still-there"));
        assert_eq!(steps(&promised(&app, who)), ["still-there-2", "still-there-3"]);
    }
    assert_eq!(waiting(&app, "still-there-2"), 2);
    let (lines, had) = (promised(&app, BOB), app.mails_to(BOB).len());
    app.advance("P35D");
    let second = app.mails_to(ANA).pop().expect("an email");
    assert_eq!(second.step, "still-there-2");
    app.feedback(&second, "click");
    app.settle();
    assert_eq!(app.lead(ANA)["stage"], "lead");
    assert!(promised(&app, ANA).is_empty());
    app.advance("P60D");
    assert_eq!(since(&app, BOB, had), lines, "as the plan said");
    assert_eq!(app.steps_to(ANA).last().map(String::as_str), Some("still-there-2"));
}
