//! Situation 8 of issue 14: files that change while people are in the middle of them. The plan is what leaves, alarms are set
//! anew within ten minutes (R127), and `piste check` says before what an edit does.

use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use piste_tests::binaries;
use serde_json::Value;

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const STEP_9: &str = "[[sequences.steps]]\nid = \"day-9\"";

type Edit<'a> = (&'a str, &'a str);

fn edit(campaigns: &Path, edits: &[Edit<'_>]) {
    let file = campaigns.join("guide-seo/campaign.toml");
    let text = std::fs::read_to_string(&file).expect("a file");
    let edited = edits.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in campaign.toml");
        text.replacen(from, to, 1)
    });
    std::fs::write(file, edited).expect("written");
}

/// The plan as the API shows it: step and moment.
fn plan(app: &TestApp, id: &str) -> Vec<(String, Timestamp)> {
    let plan = app.api(&format!("/api/leads/{id}/plan"));
    let mails = plan["plan"].as_array().expect("a plan").iter();
    let text = |mail: &Value, name: &str| mail[name].as_str().expect("text").to_owned();
    mails
        .map(|mail| (text(mail, "step"), text(mail, "at").parse().expect("a moment")))
        .collect()
}

fn edited_system(data: Option<&Path>, campaigns: &Path) -> TestApp {
    Start {
        data,
        campaigns: campaigns.to_owned(),
        ..Start::default()
    }
    .start()
}

/// Confirmed on Monday, the second day's email sent on Wednesday.
fn in_the_middle(app: &TestApp) -> String {
    app.opt_in(ANA, &[]);
    app.advance("P2DT3H");
    assert_eq!(app.steps_to(ANA), ["guide", "day-2"]);
    app.lead_id(ANA).expect("a lead")
}

/// The case of the issue: `day-5` becomes `P3D`. The plan says Thursday, and it leaves on Thursday.
#[test]
fn r127_a_step_that_comes_sooner_leaves_on_the_day_the_plan_says() {
    let campaigns = campaigns_to_edit();
    let app = edited_system(None, campaigns.path());
    let id = in_the_middle(&app);
    edit(campaigns.path(), &[("delay = \"P5D\"", "delay = \"P3D\"")]);
    let promised = plan(&app, &id);
    assert_eq!(promised[0].0, "day-5");
    assert_eq!(promised[0].1.to_string()[..10], *"2026-03-05", "Thursday");
    app.advance("P1D");
    let sent = app.mails_to(ANA).pop().expect("an email");
    assert_eq!((sent.step, sent.at), promised[0]);
}

/// Every kind of edit that moves, drops or adds an email: from the next ten minutes on the plan is what leaves.
#[test]
fn r127_whatever_is_edited_the_plan_is_what_leaves() {
    let removed =
        format!("{STEP_9}\ndelay = \"P9D\"\nclass = \"nurture\"\ntemplate = \"day-9\"\ntopic = \"conversion\"\n");
    let added = format!(
        "{}\n{STEP_9}",
        removed.replace("day-9\"\ndelay = \"P9D", "day-7\"\ndelay = \"P7D")
    );
    let rows: [(&str, &[Edit<'_>]); 13] = [
        ("sooner", &[("delay = \"P9D\"", "delay = \"P6D\"")]),
        ("later", &[("delay = \"P5D\"", "delay = \"P8D\"")]),
        ("much sooner than now", &[("delay = \"P5D\"", "delay = \"P2DT1H\"")]),
        ("a step less", &[(&removed, "")]),
        ("a step more", &[(STEP_9, &added)]),
        ("a step renamed", &[("id = \"day-9\"", "id = \"tips\"")]),
        (
            "hours",
            &[(
                "from = \"09:00\", to = \"18:00\", holidays",
                "from = \"06:30\", to = \"08:00\", holidays",
            )],
        ),
        (
            "days",
            &[(
                "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"], from = \"09:00\", to = \"18:00\", holidays",
                "days = [\"sat\"], from = \"09:00\", to = \"18:00\", holidays",
            )],
        ),
        ("a gap", &[("min_gap = \"PT20H\"", "min_gap = \"P4D\"")]),
        (
            "a shorter span",
            &[
                ("within = \"P14D\"", "within = \"P8D\""),
                ("delay = \"P14D\"", "delay = \"P8D\""),
                ("delay = \"P9D\"", "delay = \"P7D\""),
            ],
        ),
        (
            "the sequence under another name",
            &[("id = \"nurture\"", "id = \"advice\"")],
        ),
        ("a shorter retention", &[("retention = \"P3Y\"", "retention = \"P8D\"")]),
        (
            "a consent for days",
            &[(
                "purpose = \"marketing\"\n",
                "purpose = \"marketing\"\nretention = \"P8D\"\n",
            )],
        ),
    ];
    for (case, edits) in rows {
        let campaigns = campaigns_to_edit();
        let app = edited_system(None, campaigns.path());
        let id = in_the_middle(&app);
        let before = plan(&app, &id);
        edit(campaigns.path(), edits);
        let minutes = app.advance("PT10M");
        let promised = plan(&app, &id);
        // Who is past a shorter retention is asked first, and has their emails while they have time to answer.
        assert!(promised != before || case == "a shorter retention", "{case}");
        // Once somebody is erased, the copies of their emails are emptied.
        app.advance(if case == "a shorter retention" { "P16D" } else { "P30D" });
        let mails = app.mails_to(ANA).into_iter().filter(|sent| sent.at > minutes);
        let left: Vec<_> = mails.map(|sent| (sent.step, sent.at)).collect();
        assert_eq!(left, promised, "{case}");
    }
}

/// A shorter retention erases whoever is past it, by itself and within ten minutes. Who agreed to emails is asked first, as at
/// any end of a retention, and has their time to answer; the plan says so and no more.
#[test]
fn r127_r65_a_shorter_retention_erases_within_ten_minutes() {
    let campaigns = campaigns_to_edit();
    let app = edited_system(None, campaigns.path());
    app.post(&[("email", "eve@example.org")]);
    let id = in_the_middle(&app);
    edit(campaigns.path(), &[("retention = \"P3Y\"", "retention = \"P1D\"")]);
    app.advance("PT10M");
    assert_eq!(app.lead_id("eve@example.org"), None);
    let (asked, promised) = (app.now(), plan(&app, &id));
    app.advance("P90D");
    assert_eq!(app.lead_id(ANA), None, "nobody answered");
    assert!(
        !promised.is_empty() && promised.iter().all(|(_, at)| *at > asked),
        "{promised:?}"
    );
}

/// Edited while the system was not running, and killed in the middle of a day.
#[test]
fn r127_files_that_were_edited_while_the_system_stood_still_count_at_the_next_start() {
    let (campaigns, data) = (campaigns_to_edit(), tempfile::tempdir().expect("a folder"));
    let app = edited_system(Some(data.path()), campaigns.path());
    let id = in_the_middle(&app);
    app.kill();
    edit(campaigns.path(), &[("delay = \"P5D\"", "delay = \"P3D\"")]);
    let app = edited_system(Some(data.path()), campaigns.path());
    let promised = plan(&app, &id);
    app.advance("P1D");
    let sent = app.mails_to(ANA).pop().expect("an email");
    assert_eq!((sent.step, sent.at), promised[0]);
    // Twice in a row, the second while the first may still be under way: the newest counts.
    edit(campaigns.path(), &[("delay = \"P9D\"", "delay = \"P12D\"")]);
    app.settle();
    edit(campaigns.path(), &[("delay = \"P12D\"", "delay = \"P5D\"")]);
    let promised = plan(&app, &id);
    app.advance("P20D");
    let left: Vec<_> = app
        .mails_to(ANA)
        .into_iter()
        .skip(3)
        .map(|sent| (sent.step, sent.at))
        .collect();
    assert_eq!(left, promised);
}

/// Somebody who stands in the edited campaign after another one is found as well.
#[test]
fn r127_people_of_further_campaigns_are_found() {
    let campaigns = campaigns_to_edit();
    let (first, second) = (campaigns.path().join("guide-seo"), campaigns.path().join("second"));
    let copied = Command::new("cp").arg("-r").arg(&first).arg(&second).status();
    assert!(copied.expect("cp").success());
    let toml = std::fs::read_to_string(second.join("campaign.toml")).expect("a file");
    let toml = toml.replace("id = \"guide-seo\" # the", "id = \"second\" # the");
    std::fs::write(second.join("campaign.toml"), toml).expect("written");
    std::fs::remove_dir_all(second.join("triggers")).expect("a source speaks one way");
    let app = edited_system(None, campaigns.path());
    let body = urlencoded(&[("email", ANA)]);
    assert_eq!(
        app.send("POST", "/forms/second", &[SCRIPT, URLENCODED], body).status,
        202
    );
    app.advance("P1D");
    app.opt_in(ANA, &[]);
    app.advance("P2DT3H");
    let id = app.lead_id(ANA).expect("a lead");
    let before = plan(&app, &id);
    edit(campaigns.path(), &[("delay = \"P5D\"", "delay = \"P3D\"")]);
    let promised = plan(&app, &id);
    assert!(promised[0].1 < before[0].1, "{promised:?} and not {before:?}");
    app.advance("P3D");
    let sent = app.mails_to(ANA).pop().expect("an email");
    assert_eq!((sent.step, sent.at), promised[0]);
}

// ---- piste check ----

fn check(campaigns: &Path, more: &[&str]) -> Ended {
    let mut command = Command::new(binaries::binary("piste"));
    command.arg("check").arg("--campaigns").arg(campaigns).args(more);
    run(command)
}

/// What an edit does to one who is in the middle, with numbers, in both languages and for programs.
#[test]
fn check_says_what_an_edit_does_to_the_people_in_the_middle() {
    let (campaigns, data) = (campaigns_to_edit(), tempfile::tempdir().expect("a folder"));
    let app = edited_system(Some(data.path()), campaigns.path());
    app.post(&[("email", "eve@example.org")]);
    in_the_middle(&app);
    app.opt_in("bob@example.org", &[]);
    let folder = data.path().display().to_string();
    let running = check(campaigns.path(), &["--data", &folder]);
    assert_eq!(running.status.code(), Some(1), "the system is running there");
    assert_eq!(app.stop("INT").status.code(), Some(0));

    let step = "\ndelay = \"P8D\"\nclass = \"nurture\"\ntemplate = \"day-9\"\n\n";
    let more = format!("[[sequences.steps]]\nid = \"day-8\"{step}{STEP_9}");
    let words = (
        "messages de conseils SEO, répartis",
        "e-mails de conseils SEO, répartis",
    );
    type Row<'a> = (&'a [Edit<'a>], i32, &'a [&'a str], &'a [&'a str]);
    let rows: [Row<'_>; 9] = [
        (&[], 0, &["3 people checked"], &["3 personnes examinées"]),
        (
            &[("id = \"day-9\"", "id = \"tips\"")],
            0,
            &[
                "warning: nurture/day-9 will no longer be sent: 2 people",
                "warning: nurture/tips will be sent as well: 2 people",
            ],
            &["attention\u{a0}: nurture/day-9 ne partira plus\u{a0}: 2 personnes"],
        ),
        (
            &[("delay = \"P9D\"", "delay = \"P8D\"")],
            0,
            &["info: nurture/day-9 will be sent at a different time: 2 people"],
            &["nurture/day-9 partira à un autre moment\u{a0}: 2 personnes"],
        ),
        (
            &[(STEP_9, &more)],
            0,
            &["2 people will get more emails than the 4 announced by the wording they agreed to (2026-11)"],
            &["2 personnes recevront plus d’e-mails que les 4 annoncés"],
        ),
        (
            &[("id = \"nurture\"", "id = \"advice\"")],
            0,
            &["the sequence nurture is gone: 2 people will not get the rest of it; if advice is the same"],
            &["la séquence nurture n’existe plus\u{a0}: 2 personnes n’en recevront pas la suite"],
        ),
        (
            &[("retention = \"P3Y\"", "retention = \"P1D\"")],
            0,
            &["1 person will be erased at once"],
            &["1 personne sera effacée aussitôt"],
        ),
        (
            &[words],
            1,
            &["error: the wording of consent 2026-11 (fr) changed, and 2 people agreed to the old one"],
            &["erreur\u{a0}: le texte du consentement 2026-11 (fr) a changé, et 2 personnes ont accepté l’ancien"],
        ),
        (
            &[
                words,
                ("version = \"2026-11\"\nlabel", "version = \"2026-12\"\nlabel"),
                ("wordings = [\"2026-11\"]", "wordings = [\"2026-11\", \"2026-12\"]"),
            ],
            0,
            &["3 people checked"],
            &["3 personnes examinées"],
        ),
        (
            &[("fr = \"Recevoir le guide\"", "fr = \"Je le veux\"")],
            0,
            &["3 people checked"],
            &["3 personnes examinées"],
        ),
    ];
    for (edits, code, english, french) in rows {
        let campaigns = campaigns_to_edit();
        edit(campaigns.path(), edits);
        for (lang, expected) in [("en", english), ("fr", french)] {
            let told = check(campaigns.path(), &["--data", &folder, "--lang", lang]);
            assert_eq!(
                told.status.code(),
                Some(code),
                "{edits:?}: {}{}",
                told.stdout,
                told.stderr
            );
            assert!(told.stdout.starts_with("guide-seo "), "{}", told.stdout);
            for line in expected {
                assert!(told.stdout.contains(line), "{line}: {}", told.stdout);
            }
            let quiet = edits.is_empty() || expected[0].starts_with('3');
            assert!(!quiet || told.stdout.lines().count() == 2, "{edits:?}: {}", told.stdout);
        }
        let json = check(campaigns.path(), &["--data", &folder, "--json"]);
        let json: Value = serde_json::from_str(&json.stdout).expect("JSON alone");
        let campaign = &json["campaigns"][0];
        assert_eq!(
            (&campaign["id"], &campaign["looked_at"]),
            (&"guide-seo".into(), &3.into())
        );
        assert_eq!(json["problems"], Value::Array(Vec::new()));
        let errors = campaign["changes"].as_array().expect("changes").iter();
        let errors = errors.filter(|change| change["level"] == "error");
        assert_eq!(
            errors.map(|change| change["people"].clone()).collect::<Vec<_>>(),
            vec![Value::from(2); usize::try_from(code).expect("0 or 1")]
        );
    }

    // What the files themselves say wrong stands in the JSON too.
    edit(
        campaigns.path(),
        &[("retention = \"P3Y\"", "retention = \"P3Y\"\ncolour = \"red\"")],
    );
    let wrong = check(campaigns.path(), &["--json"]);
    assert_eq!(wrong.status.code(), Some(1));
    let json: Value = serde_json::from_str(&wrong.stdout).expect("JSON alone");
    assert_eq!(json["problems"][0]["file"], "guide-seo/campaign.toml");
    assert!(json["problems"][0]["line"].is_u64() && json["problems"][0]["message"].is_string());
    let none = check(campaigns_to_edit().path(), &["--json"]);
    let json: Value = serde_json::from_str(&none.stdout).expect("JSON alone");
    assert_eq!(
        (none.status.code(), &json["campaigns"][0]["id"]),
        (Some(0), &"guide-seo".into())
    );
    let nowhere = check(campaigns_to_edit().path(), &["--data", "/nowhere/at/all"]);
    assert_eq!(nowhere.status.code(), Some(1));
}
