//! How long people are kept, through the doors: the reminder, the address nobody confirms, the question before the end
//! (R64, R65, R88).

use std::process::Command;

use piste_tests::binaries;
use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const BO: &str = "bo@example.org";
const TICK: [(&str, &str); 1] = [("marketing_consent", "on")];

fn posted(app: &TestApp, address: &str, more: &[(&str, &str)]) {
    let fields: Vec<(&str, &str)> = [("email", address)].into_iter().chain(more.iter().copied()).collect();
    assert_eq!(app.post(&fields).status, 303);
    app.settle();
}

/// Where the person is told what, of the pages of a link.
fn page(app: &TestApp, url: &str) -> String {
    let answer = app.get(url);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

#[test]
fn r64_r88_one_reminder_with_the_words_of_the_page_and_none_once_confirmed() {
    let app = TestApp::start();
    posted(&app, ANA, &TICK);
    posted(&app, BO, &[]);
    app.advance("PT23H");
    assert_eq!(app.steps_to(ANA), ["guide"]);
    app.advance("PT2H");
    assert_eq!(app.steps_to(ANA), ["guide", "reminder"]);
    assert_eq!(app.steps_to(BO), ["guide"], "who ticked nothing is reminded of nothing");
    let reminder = app.mail(&app.mails_to(ANA)[1]);
    assert!(!reminder.header("Subject").is_empty());
    let link = reminder.link("/confirm?t=");
    let shown = page(&app, &link);
    let button = "Oui, envoyez-moi les conseils";
    assert!(shown.contains(button), "the same words on the page");
    assert_eq!(reminder.header("List-Unsubscribe"), "", "R46: a service mail");
    app.advance("P20D");
    assert_eq!(app.steps_to(ANA), ["guide", "reminder"], "one, and no more");
    // The link of the first email and that of the reminder each live for seven days.
    assert_eq!(app.press(&link).status, 410, "the link is over");

    let cy = "cy@example.org";
    app.opt_in(cy, &[]);
    app.advance("P2D");
    assert!(!app.steps_to(cy).contains(&"reminder".to_owned()), "confirmed in time");
}

#[test]
fn r64_an_address_that_nobody_confirms_is_erased_after_thirty_days_and_may_come_again() {
    let app = TestApp::start();
    posted(&app, ANA, &TICK);
    posted(&app, BO, &[]);
    let id = app.lead_id(ANA).expect("a lead");
    let ask = "/api/retention?days=40";
    let told = app.api(ask);
    assert_eq!(
        (
            &told["never_confirmed"],
            &told["kept"],
            &told["leads"][0]["lead"],
            &told["leads"][0]["why"]
        ),
        (&json!(1), &json!(0), &json!(id), &json!("never_confirmed")),
        "{told}"
    );
    app.advance("P29D");
    assert!(app.lead_id(ANA).is_some());
    app.advance("P2D");
    assert!(app.lead_id(ANA).is_none(), "lead and proof are gone");
    assert!(
        app.lead_id(BO).is_some(),
        "who asked for the guide alone is kept as the campaign says"
    );
    let audit = app.api(&format!("/api/leads/{id}/audit"));
    let last = audit["audit"].as_array().and_then(|rows| rows.last()).cloned();
    assert_eq!(
        last.map(|row| (row["actor"].clone(), row["action"].clone())),
        Some((json!("retention"), json!("erase")))
    );
    assert_eq!(app.api(ask)["leads"], json!([]));
    // No opposition was left behind: the person themselves may come, and confirm.
    app.opt_in(ANA, &[]);
    app.advance("P6D");
    assert!(
        app.steps_to(ANA).contains(&"day-2".to_owned()),
        "{:?}",
        app.steps_to(ANA)
    );
}

#[test]
fn r65_before_the_end_one_question_one_button_stays_and_silence_erases() {
    let app = TestApp::start();
    for address in [ANA, BO] {
        app.opt_in(address, &[]);
    }
    app.advance("P1060D");
    let stays = |address: &str| app.steps_to(address).iter().filter(|step| *step == "stay").count();
    assert_eq!((stays(ANA), stays(BO)), (0, 0));
    app.advance("P20D");
    assert_eq!((stays(ANA), stays(BO)), (1, 1), "asked once, thirty days before");
    let (ana, bo) = (app.lead_id(ANA).expect("a lead"), app.lead_id(BO).expect("a lead"));
    // What is foretold is what then happens.
    let told = app.api("/api/retention?days=60");
    let going: Vec<&Value> = told["leads"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| &row["lead"])
        .collect();
    assert!(going.contains(&&json!(ana)) && going.contains(&&json!(bo)), "{told}");
    assert!(told["leads"][0]["asked_at"].is_string(), "{told}");

    let mails = app.mails_to(ANA);
    let question = app.mail(mails.iter().rfind(|mail| mail.step == "stay").expect("the question"));
    let link = question.link("/preferences?t=");
    let shown = page(&app, &link);
    assert!(shown.contains("Oui, je reste"), "{shown}");
    let pressed = app.send(
        "POST",
        &link,
        &[("content-type", "application/x-www-form-urlencoded")],
        urlencoded(&[("stay", "1")]),
    );
    assert_eq!(pressed.status, 303);
    assert!(!page(&app, &link).contains("Oui, je reste"), "asked no more");
    app.advance("P60D");
    assert!(app.lead_id(ANA).is_some(), "who answered stays");
    assert!(app.lead_id(BO).is_none(), "who did not is erased");
    assert_eq!(stays(ANA), 1);
    // Nobody without a key, and no nonsense.
    assert_eq!(app.get("/api/retention").status, 401);
    for bad in ["days=0", "days=x", "cursor=x"] {
        assert_eq!(
            app.operator("GET", &format!("/api/retention?{bad}"), "").status,
            400,
            "{bad}"
        );
    }
}

#[test]
fn the_command_line_shows_who_goes_and_erases_nothing() {
    let data = tempfile::tempdir().expect("a folder");
    let app = TestApp::on(data.path());
    posted(&app, ANA, &TICK);
    let id = app.lead_id(ANA).expect("a lead");
    app.stop("TERM");
    let piste = |arguments: &[&str]| {
        let mut command = Command::new(binaries::binary("piste"));
        command.args(["retention"]).args(arguments);
        command.args(["--data", &data.path().display().to_string()]);
        command.args(["--campaigns", &campaigns().display().to_string()]);
        run(command)
    };
    let said = piste(&["--dry-run", "--lang", "fr"]);
    assert!(said.status.success(), "{}", said.stderr);
    assert!(
        said.stdout.contains(&id) && said.stdout.contains("adresse jamais confirmée"),
        "{}",
        said.stdout
    );
    assert!(!said.stdout.contains(ANA), "ids only");
    let told: Value = serde_json::from_str(&piste(&["--dry-run", "--json"]).stdout).expect("JSON");
    assert_eq!((&told["never_confirmed"], &told["looked_at"]), (&json!(1), &json!(1)));
    assert_eq!(
        piste(&["--dry-run", "--days", "3", "--lang", "en"]).stdout.trim(),
        "0 of 1 leads read: 0 never confirmed, 0 at the end of their retention period."
    );
    assert!(!piste(&[]).status.success(), "--dry-run is asked for by name");
}
