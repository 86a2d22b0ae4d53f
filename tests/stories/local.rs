//! The system on one's own machine: it starts, stops, dies and starts again without losing or repeating anything
//! (design.md section 5, "Running it locally", and section 6; R11, R13).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use jiff::Timestamp;
use piste_tests::binaries;
use serde_json::json;

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const SERIES: [&str; 5] = ["guide", "day-2", "day-5", "day-9", "day-14"];

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn piste(arguments: &[&str]) -> Command {
    let mut command = Command::new(binaries::binary("piste"));
    command.args(arguments);
    command
}

// ---- starting again ----

#[test]
fn everything_is_there_after_a_restart_and_the_clock_never_goes_back() {
    let data = folder();
    let app = TestApp::on(data.path());
    app.opt_in(ANA, &HOT);
    app.advance("P6D");
    let (key, stood) = (app.key.clone(), app.now());
    let (lead, outbox) = (app.lead(ANA), app.outbox());
    let mail = app.mail(outbox.iter().rfind(|sent| sent.class == "nurture").expect("day 2"));
    assert_eq!(app.stop("INT").status.code(), Some(0));

    // Asked for an earlier moment it stays where it stood.
    let app = TestApp::on(data.path());
    assert_eq!((app.now(), &app.key), (stood, &key));
    assert_eq!(app.lead(ANA), lead);
    let ids = |rows: &[Sent]| {
        rows.iter()
            .map(|sent| (sent.id.clone(), sent.send_id.clone(), sent.at))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&app.outbox()), ids(&outbox));
    // Links signed before still open; the port may be another.
    let link = mail
        .one_click()
        .split_once("/unsubscribe")
        .expect("a link")
        .1
        .to_owned();
    assert_eq!(app.get(&format!("/unsubscribe{link}")).status, 200);
    drop(app);

    // Asked for a later moment it goes there, and what is due goes on from there.
    let later = Start {
        data: Some(data.path()),
        now: "2026-03-11T07:00:00Z",
        ..Start::default()
    }
    .start();
    assert_eq!(later.now().to_string(), "2026-03-11T07:00:00Z");
    later.advance("P10D");
    assert_eq!(later.steps_to(ANA), SERIES);
}

#[test]
fn without_a_moment_the_clock_runs_from_where_it_stood() {
    let data = folder();
    drop(
        Start {
            data: Some(data.path()),
            now: "2099-06-01T00:00:00Z",
            ..Start::default()
        }
        .start(),
    );
    let start = Start {
        data: Some(data.path()),
        ..Start::default()
    };
    let arguments: Vec<_> = start
        .arguments()
        .into_iter()
        .filter(|word| word != "--now" && word != MONDAY)
        .collect();
    let mut command = start.command();
    command = Command::new(command.get_program());
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let app = TestApp::spawn(command);
    assert!(app.now() >= "2099-06-01T00:00:00Z".parse::<Timestamp>().expect("a moment"));
    // It moves all the same, and the guide leaves by itself.
    assert!(app.advance("P1D") >= "2099-06-02T00:00:00Z".parse::<Timestamp>().expect("a moment"));
}

#[test]
fn memory_keeps_nothing_and_the_default_folder_is_dot_piste() {
    let place = folder();
    let campaigns = campaigns().display().to_string();
    let start = |data: &[&str]| {
        let mut command = piste(&["--port", "0", "--quiet", "--now", MONDAY, "--campaigns", &campaigns]);
        command
            .args(data)
            .current_dir(place.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        TestApp::spawn(command)
    };
    for _ in 0..2 {
        let app = start(&["--data", ":memory:"]);
        assert_eq!((app.outbox().len(), app.lead_id(ANA)), (0, None));
        app.guide_for(ANA, &[]);
    }
    let held = || {
        std::fs::read_dir(place.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect::<Vec<_>>()
    };
    assert_eq!(held().len(), 0, "not a file");
    drop(start(&[]));
    assert_eq!(held(), [".piste"]);
}

#[test]
fn it_says_where_everything_is() {
    let mut command = piste(&["--port", "0", "--data", ":memory:", "--now", MONDAY]);
    command
        .current_dir(binaries::root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("piste starts");
    let mut said = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        said.push(line.expect("text"));
        if said.last().is_some_and(|line| line.starts_with("piste: listening on ")) {
            break;
        }
    }
    child.kill().expect("killed");
    child.wait().expect("reaped");
    for door in ["/forms/guide-seo", "/console", "/local/outbox", "/local/clock"] {
        assert!(
            said.iter()
                .any(|line| line.starts_with("piste: ") && line.ends_with(door)),
            "{door}: {said:?}"
        );
    }
    assert!(said.iter().any(|line| line.starts_with("piste: operator key ")));
}

// ---- dying ----

#[test]
fn r11_r13_kill_9_loses_no_acknowledged_lead_and_repeats_no_email() {
    let data = folder();
    let (mut acknowledged, mut confirmed) = (Vec::new(), BTreeSet::new());
    // One of the two posters ticks the box.
    let ticked = |address: &str| address.split('.').nth(1) == Some("0");
    let mut round = 0;
    // However slow the machine: until enough has happened.
    while round < 12 || (round < 60 && (acknowledged.len() <= 60 || confirmed.len() <= 10)) {
        round += 1;
        let app = TestApp::on(data.path());
        // Whoever has the guide presses its button, so that every kind of mail is in the air.
        let waiting = app
            .outbox()
            .into_iter()
            .filter(|sent| sent.step == "guide" && ticked(&sent.to) && !confirmed.contains(&sent.to));
        // The newest: their links still hold.
        for sent in waiting.rev().take(3).collect::<Vec<_>>() {
            let link = app.mail(&sent).link("/confirm?");
            if app.press(&link[link.find("/confirm").expect("a path")..]).status == 200 {
                confirmed.insert(sent.to);
            }
        }
        let (tell, told) = mpsc::channel();
        std::thread::scope(|scope| {
            for poster in 0..2 {
                let (app, tell) = (&app, tell.clone());
                scope.spawn(move || {
                    for post in 0.. {
                        let address = format!("p{round}.{poster}.{post}@example.org");
                        let mut fields = vec![("email", address.as_str())];
                        fields.extend(ticked(&address).then_some(TICKED));
                        match app.try_send("POST", FORM, &[SCRIPT, URLENCODED], urlencoded(&fields)) {
                            Ok(answer) => {
                                assert_eq!(answer.status, 202);
                                let _ = tell.send(address);
                            }
                            Err(_) => return,
                        }
                    }
                });
            }
            let (app, pid) = (&app, app.pid());
            scope.spawn(move || {
                while app
                    .try_send("POST", "/local/clock", &[JSON], r#"{"advance":"PT5H"}"#)
                    .is_ok()
                {}
            });
            // At another point each time: after so many posts, wherever the sweep is just then.
            acknowledged.extend(told.iter().take(round));
            let killed = Command::new("kill")
                .args(["-KILL", &pid])
                .status()
                .expect("kill is there");
            assert!(killed.success());
            drop(tell);
            acknowledged.extend(told.iter());
        });
        app.kill();
    }
    let app = TestApp::on(data.path());
    app.advance("P40D");
    let mut steps: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let outbox = app.outbox();
    for sent in &outbox {
        steps.entry(sent.to.clone()).or_default().push(sent.step.clone());
    }
    let ids: BTreeSet<_> = outbox.iter().map(|sent| &sent.send_id).collect();
    assert_eq!(ids.len(), outbox.len(), "I1: no mail left twice");
    assert!(
        acknowledged.len() > 60 && confirmed.len() > 10,
        "{} {}",
        acknowledged.len(),
        confirmed.len()
    );
    // Who ticked the box and never confirmed is erased after thirty days (R64).
    let may_be_erased = |address: &String| ticked(address) && !confirmed.contains(address);
    for address in &acknowledged {
        let left = steps.get(address).map_or(&[][..], Vec::as_slice);
        if may_be_erased(address) {
            assert!(
                ["guide", "reminder"].map(String::from).starts_with(left),
                "{address}: {left:?}"
            );
            continue;
        }
        let sent: Vec<&str> = left
            .iter()
            .map(String::as_str)
            .filter(|step| *step != "reminder")
            .collect();
        let expected = if ticked(address) { &SERIES[..] } else { &SERIES[..1] };
        assert_eq!(sent, expected, "{address}");
    }
    // Every acknowledged one is listed, page by page.
    let mut listed = BTreeSet::new();
    let mut next = String::new();
    loop {
        let page = app.api(&format!("/api/leads?limit=100&cursor={next}"));
        let leads = page["leads"].as_array().expect("leads");
        listed.extend(
            leads
                .iter()
                .map(|lead| lead["email"].as_str().expect("text").to_owned()),
        );
        match page["next"].as_str() {
            Some(more) => next = more.to_owned(),
            None => break,
        }
    }
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|address| !listed.contains(*address) && !may_be_erased(address))
        .collect();
    assert_eq!(lost, Vec::<&String>::new());
    // And whoever audits the folder finds every email that became due accounted for, and the outbox agreeing.
    assert_eq!(app.stop("INT").status.code(), Some(0));
    let mut audit = piste(&["audit", "--json", "--data"]);
    audit.arg(data.path()).arg("--campaigns").arg(campaigns());
    let audit = audit.output().expect("it runs");
    let found: serde_json::Value = serde_json::from_slice(&audit.stdout).expect("JSON");
    assert!(audit.status.success() && found["adds_up"] == true, "{found}");
    let (total, mails) = (&found["report"]["total"], &found["report"]["outbox"]["mails"]);
    // Of those who were erased the outbox knows only that an email left, and the ledgers nothing.
    let remembered = outbox.iter().filter(|sent| !sent.to.is_empty()).count();
    assert_eq!((&total["sent"], mails), (&json!(remembered), &json!(outbox.len())));
    assert_eq!((&total["unknown"], &total["open"]), (&json!(0), &json!(0)), "{found}");
    assert_eq!(found["report"]["duplicates"], json!([]));
}

#[test]
fn ctrl_c_and_the_end_of_the_system_stop_it_cleanly() {
    for signal in ["INT", "TERM"] {
        let data = folder();
        let app = TestApp::on(data.path());
        app.guide_for(ANA, &[]);
        // Browsers open connections ahead of need, and some visitor is always in the middle of a request.
        let address = app.base.trim_start_matches("http://").to_owned();
        let idle = TcpStream::connect(&address).expect("connected");
        let mut slow = TcpStream::connect(&address).expect("connected");
        slow.write_all(b"POST /forms/guide-seo HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\nemail=").expect("sent");
        let ended = app.stop(signal);
        assert_eq!(
            (ended.status.code(), ended.stdout.as_str(), ended.stderr.as_str()),
            (Some(0), "", ""),
            "SIG{signal}"
        );
        drop((idle, slow));
        assert_eq!(TestApp::on(data.path()).steps_to(ANA), ["guide"]);
    }
}

// ---- not starting ----

/// It must say what is wrong in one line of its own, and nothing else.
#[track_caller]
fn check_refused(start: &Start<'_>, expected: &[&str]) {
    let ended = run(start.command());
    assert_eq!(
        (ended.status.code(), ended.stdout.as_str()),
        (Some(1), ""),
        "{}",
        ended.stderr
    );
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert!(lines.len() == 1 && lines[0].starts_with("piste: "), "{lines:?}");
    for part in expected {
        assert!(lines[0].contains(part), "{part}: {lines:?}");
    }
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let ended = run(piste(&[
        "--port",
        &port,
        "--data",
        ":memory:",
        "--campaigns",
        &campaigns().display().to_string(),
    ]));
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains(&format!("127.0.0.1:{port}")) && ended.stderr.contains("--port"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_data_folder_that_cannot_be_used_is_one_clear_line() {
    let place = folder();
    let file = place.path().join("file");
    std::fs::write(&file, "here first").expect("written");
    check_refused(
        &Start {
            data: Some(&file),
            ..Start::default()
        },
        &[&file.display().to_string(), "--data"],
    );
    check_refused(
        &Start {
            data: Some(&file.join("below")),
            ..Start::default()
        },
        &["--data"],
    );
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), "here first");

    // What is no data of ours, where our data should be.
    for name in ["leads.db", "outbox.jsonl", "clock"] {
        let data = place.path().join(format!("bad-{name}"));
        // Stopped in order, at the first moment: what a killed system left in its journal would repair the file.
        assert_eq!(TestApp::on(&data).stop("INT").status.code(), Some(0));
        std::fs::write(
            data.join(name),
            "nothing of ours, and long enough to be read as something\n".repeat(100),
        )
        .expect("written");
        check_refused(
            &Start {
                data: Some(&data),
                ..Start::default()
            },
            &[&data.display().to_string(), name],
        );
    }

    // Two systems on one folder would send everything twice.
    let shared = place.path().join("shared");
    let _first = TestApp::on(&shared);
    check_refused(
        &Start {
            data: Some(&shared),
            ..Start::default()
        },
        &["in use"],
    );
}

#[cfg(unix)]
#[test]
fn a_data_folder_without_rights_is_one_clear_line_for_everybody_but_root() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = folder();
    let closed = place.path().join("closed");
    std::fs::create_dir(&closed).expect("made");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("closed");
    let start = Start {
        data: Some(&closed),
        ..Start::default()
    };
    // Rights do not bind root: then it must simply work.
    if std::fs::write(closed.join("probe"), "").is_ok() {
        start.start().guide_for(ANA, &[]);
    } else {
        check_refused(&start, &[&closed.display().to_string(), "--data"]);
    }
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).expect("opened");
}

#[test]
fn broken_campaigns_are_named_by_file_and_line() {
    let nowhere = folder();
    check_refused(
        &Start {
            campaigns: nowhere.path().join("none"),
            ..Start::default()
        },
        &["none"],
    );
    check_refused(
        &Start {
            campaigns: nowhere.path().to_owned(),
            ..Start::default()
        },
        &["has no campaign"],
    );
    let campaigns = campaigns_to_edit();
    edit(
        campaigns.path(),
        "campaign.toml",
        "regime = \"b2c_consent\"",
        "regime = \"whatever\"",
    );
    let line = 1 + text(campaigns.path(), "campaign.toml")
        .lines()
        .position(|line| line.starts_with("regime"))
        .expect("a line");
    check_refused(
        &Start {
            campaigns: campaigns.path().to_owned(),
            ..Start::default()
        },
        &[&format!("guide-seo/campaign.toml:{line}:")],
    );
}

/// R130: one that does not read is left out and named, the others work; once it is mended it is there.
#[test]
fn r130_a_broken_campaign_is_left_out_and_the_others_start() {
    let campaigns = campaigns_to_edit();
    let second = campaigns.path().join("second");
    let copied = Command::new("cp")
        .arg("-r")
        .args([&campaigns.path().join("guide-seo"), &second])
        .status();
    assert!(copied.expect("cp").success());
    // A source speaks one way.
    std::fs::remove_dir_all(second.join("triggers")).expect("removed");
    let whole = text(campaigns.path(), "campaign.toml").replace("id = \"guide-seo\" # the", "id = \"second\" # the");
    let broken = whole.replace("regime = \"b2c_consent\"", "regime = \"whatever\"");
    std::fs::write(second.join("campaign.toml"), &broken).expect("written");
    let line = 1 + broken
        .lines()
        .position(|line| line.starts_with("regime"))
        .expect("a line");
    let start = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    };
    let app = start.start();
    assert_eq!(app.get(FORM).status, 200);
    assert_eq!(app.get("/forms/second").status, 503, "it is there");
    assert_eq!(app.get("/forms/third").status, 404);
    app.guide_for(ANA, &[]);

    std::fs::write(second.join("campaign.toml"), &whole).expect("written");
    assert_eq!(app.get("/forms/second").status, 200, "mended");
    // Broken again, it goes on as it was; the others follow their files.
    std::fs::write(second.join("campaign.toml"), &broken).expect("written");
    edit(
        campaigns.path(),
        "campaign.toml",
        "fr = \"Recevoir le guide\"",
        "fr = \"Envoyez le guide\"",
    );
    assert_eq!(app.get("/forms/second").status, 200);
    assert!(app.get(FORM).text().contains("Envoyez le guide"));

    let said = app.stop("TERM").stderr;
    for part in [
        &format!("second/campaign.toml:{line}:"),
        "second: this campaign is left out",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn wrong_flags_are_refused_with_what_would_be_right() {
    for (arguments, part) in [
        (&["--now", "yesterday"][..], "--now"),
        (&["--port", "99999"], "--port"),
        (&["--nonsense"], "--nonsense"),
        (&["chekc"], "check"),
    ] {
        let ended = run(piste(arguments));
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    assert!(run(piste(&["--help"])).stdout.contains("--campaigns"));
    assert!(run(piste(&["--version"])).stdout.starts_with("piste "));
}

#[test]
fn the_command_line_speaks_french_where_it_is_asked_to() {
    let help = run(piste(&["report", "--help", "--lang", "fr"])).stdout;
    assert!(help.contains("Utilisation") && !help.contains("Usage"), "{help}");
    let campaigns = campaigns_to_edit();
    edit(
        campaigns.path(),
        "campaign.toml",
        "regime = \"b2c_consent\"",
        "regime = \"b2c\"",
    );
    let path = campaigns.path().display().to_string();
    let missing = campaigns.path().join("nowhere").display().to_string();
    for (arguments, says) in [
        (vec!["chekc"], "il n’y a pas de commande"),
        (vec!["check", "--campaigns", &path], "campaign.toml:14: valeur inconnue"),
        (
            vec!["--campaigns", &path, "--port", "0", "--data=:memory:"],
            "campaign.toml:14: valeur inconnue",
        ),
        (
            vec!["check", "--campaigns", &missing],
            "ce fichier ou ce dossier n’existe pas",
        ),
        (vec!["plan", "x", "--data", &missing], "il n’y a pas de leads dans"),
    ] {
        let ended = run(piste(&[&arguments[..], &["--lang=fr"]].concat()));
        assert!(!ended.status.success() && ended.stdout.is_empty(), "{arguments:?}");
        assert!(ended.stderr.contains(says), "{arguments:?}: {}", ended.stderr);
    }
}

// ---- campaigns as files ----

fn text(campaigns: &Path, file: &str) -> String {
    std::fs::read_to_string(campaigns.join("guide-seo").join(file)).expect("a file")
}

fn edit(campaigns: &Path, file: &str, from: &str, to: &str) {
    let before = text(campaigns, file);
    assert!(before.contains(from), "{from} is not in {file}");
    std::fs::write(campaigns.join("guide-seo").join(file), before.replacen(from, to, 1)).expect("written");
}

#[test]
fn check_names_every_problem_with_file_and_line() {
    let good = run(piste(&["check", "--campaigns", &campaigns().display().to_string()]));
    assert!(
        good.status.success() && good.stdout.starts_with("guide-seo ") && good.stdout.ends_with(": ok\n"),
        "{}",
        good.stdout
    );

    // Each edit, and the file, the line that holds this, and a word of what is said.
    let rows: [(&str, &str, &str, &str, &str, &str); 9] = [
        (
            "campaign.toml",
            "retention = \"P3Y\"",
            "retention = \"P3Y\"\ncolour = \"red\"",
            "campaign.toml",
            "colour",
            "colour",
        ),
        (
            "campaign.toml",
            "title = { fr = \"10 stratégies SEO pour 2025\", en = \"10 SEO strategies for 2025\" }\nintro",
            "title = { fr = \"10\" }\nintro",
            "campaign.toml",
            "title = { fr = \"10\" }",
            "en",
        ),
        (
            "campaign.toml",
            "exits = [\"unsubscribe\", \"bounce\", \"complaint\", \"reply\", \"sql\", \"customer\"]",
            "exits = []",
            "campaign.toml",
            "exits = []",
            "unsubscribe",
        ),
        (
            "campaign.toml",
            "from = \"09:00\", to = \"18:00\"",
            "from = \"18:00\", to = \"09:00\"",
            "campaign.toml",
            "window = ",
            "",
        ),
        (
            "campaign.toml",
            "purpose = \"marketing\"\n",
            "",
            "campaign.toml",
            "",
            "",
        ),
        (
            "campaign.toml",
            "template = \"day-9\"",
            "template = \"day-8\"",
            "emails/fr/day-8.md",
            "",
            "day-9",
        ),
        (
            "emails/en/day-2.md",
            "{{ resource_url }}",
            "{{ resource_link }}",
            "emails/en/day-2.md",
            "resource_link",
            "resource_link",
        ),
        (
            "emails/en/guide.md",
            "Hello,",
            "Hello {{ first_name }},",
            "emails/en/guide.md",
            "first_name",
            "first_name",
        ),
        ("emails/fr/day-5.md", "{% endif %}", "", "emails/fr/day-5.md", "", ""),
    ];
    for (file, from, to, in_file, at, word) in rows {
        let campaigns = campaigns_to_edit();
        edit(campaigns.path(), file, from, to);
        let ended = run(piste(&[
            "check",
            "--campaigns",
            &campaigns.path().display().to_string(),
        ]));
        assert_eq!(
            (ended.status.code(), ended.stdout.as_str()),
            (Some(1), ""),
            "{from} -> {to}"
        );
        let place = format!("guide-seo/{in_file}:");
        let problem = ended
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix("piste: ")?.strip_prefix(&place));
        let problem = problem.unwrap_or_else(|| panic!("{place} in {}", ended.stderr));
        let (line, said) = problem.split_once(": ").expect("a line number");
        let line: usize = line.parse().expect("a number");
        assert!(said.contains(word), "{word}: {said}");
        if !at.is_empty() {
            let expected = 1 + text(campaigns.path(), in_file)
                .lines()
                .position(|line| line.contains(at))
                .expect("the line");
            assert_eq!(line, expected, "{problem}");
        }
    }

    // All at once, not the first only.
    let campaigns = campaigns_to_edit();
    edit(campaigns.path(), "emails/en/day-2.md", "{{ resource_url }}", "{{ a }}");
    edit(campaigns.path(), "emails/fr/day-9.md", "{{ resource_url }}", "{{ b }}");
    std::fs::remove_file(campaigns.path().join("guide-seo/resources/guide-seo.en.md")).expect("removed");
    let ended = run(piste(&[
        "check",
        "--campaigns",
        &campaigns.path().display().to_string(),
    ]));
    for file in ["emails/en/day-2.md", "emails/fr/day-9.md", "resources/guide-seo.en.md"] {
        assert!(
            ended.stderr.contains(&format!("guide-seo/{file}:")),
            "{file}: {}",
            ended.stderr
        );
    }
}

/// R127: whoever is in the middle of a sequence gets what the plan of the edited file says.
#[test]
fn r127_an_edited_campaign_sets_alarms_anew_and_the_plan_is_what_leaves() {
    let campaigns = campaigns_to_edit();
    let app = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start();
    app.opt_in(ANA, &[]);
    app.advance("P2DT3H");
    assert_eq!(app.steps_to(ANA), ["guide", "day-2"]);
    let id = app.lead_id(ANA).expect("a lead");
    let planned = |step: &str| {
        let plan = app.api(&format!("/api/leads/{id}/plan"));
        let plan = plan["plan"].as_array().expect("a plan").clone();
        let mail = plan
            .into_iter()
            .find(|mail| mail["step"] == step)
            .expect("it is planned");
        mail["at"].as_str().expect("a moment").to_owned()
    };
    let before = planned("day-5");
    edit(campaigns.path(), "campaign.toml", "delay = \"P5D\"", "delay = \"P4D\"");
    let after = planned("day-5");
    assert!(after < before, "{after} and not {before}");
    app.advance("P2D");
    let sent = app.mails_to(ANA).pop().expect("an email");
    assert_eq!((sent.step.as_str(), sent.at.to_string()), ("day-5", after));
}

#[test]
fn an_edit_works_at_the_next_request_and_a_broken_one_changes_nothing() {
    let campaigns = campaigns_to_edit();
    let app = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start();
    let version = |address: &str| {
        app.post(&[("email", address)]);
        app.lead(address)["enquiries"][0]["version"].clone()
    };
    let first = version("one@example.org");
    edit(
        campaigns.path(),
        "campaign.toml",
        "fr = \"Recevoir le guide\"",
        "fr = \"Envoyez le guide\"",
    );
    edit(campaigns.path(), "emails/fr/guide.md", "Bonjour,", "Bonjour à vous,");
    assert!(app.get(FORM).text().contains("Envoyez le guide"));
    assert!(app.guide_for(ANA, &[]).text.starts_with("Bonjour à vous,"));
    let second = version("two@example.org");
    assert_ne!(first, second, "each lead records the version that applied");

    // Half saved, as an editor does; the emails break too.
    let whole = text(campaigns.path(), "campaign.toml");
    std::fs::write(
        campaigns.path().join("guide-seo/campaign.toml"),
        &whole[..whole.len() / 2],
    )
    .expect("written");
    edit(campaigns.path(), "emails/fr/guide.md", "{% if confirm_url %}", "{% if");
    assert!(app.get(FORM).text().contains("Envoyez le guide"));
    assert!(
        app.guide_for("bob@example.org", &[])
            .text
            .starts_with("Bonjour à vous,")
    );
    assert_eq!(version("three@example.org"), second);

    std::fs::write(campaigns.path().join("guide-seo/campaign.toml"), whole).expect("written");
    edit(campaigns.path(), "emails/fr/guide.md", "{% if", "{% if confirm_url %}");
    edit(
        campaigns.path(),
        "campaign.toml",
        "fr = \"Envoyez le guide\"",
        "fr = \"Je veux le guide\"",
    );
    assert!(app.get(FORM).text().contains("Je veux le guide"));

    // Another campaign is another form at once, and a folder taken away takes its form with it.
    let copy = campaigns.path().join("second");
    std::fs::create_dir(&copy).expect("made");
    for part in ["emails", "resources", "logo.svg"] {
        assert!(
            Command::new("cp")
                .args(["-r"])
                .arg(campaigns.path().join("guide-seo").join(part))
                .arg(&copy)
                .status()
                .expect("cp")
                .success()
        );
    }
    let toml = text(campaigns.path(), "campaign.toml").replace("id = \"guide-seo\" # the", "id = \"second\" # the");
    std::fs::write(copy.join("campaign.toml"), toml).expect("written");
    assert_eq!(app.get("/forms/second").status, 200);
    std::fs::remove_dir_all(&copy).expect("removed");
    assert_eq!(app.get("/forms/second").status, 404);
}

// ---- a full disk ----

#[test]
#[cfg_attr(without_bash, ignore = "bash is not installed")]
fn on_a_full_disk_the_visitor_is_told_and_nothing_is_half_written() {
    let data = folder();
    drop(TestApp::on(data.path()));
    // No file may grow beyond this; the signal that would kill is ignored, so that writes fail as on a full disk.
    let largest = std::fs::read_dir(data.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").metadata().expect("a file").len())
        .max();
    let kilobytes = largest.expect("files") / 1024 + 128;
    let start = Start {
        data: Some(data.path()),
        ..Start::default()
    };
    let mut command = Command::new("bash");
    command
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f \"$0\" && exec \"$@\"",
            &kilobytes.to_string(),
        ])
        .arg(binaries::binary("piste"));
    command
        .args(start.arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let app = TestApp::spawn(command);
    let need = "x".repeat(2_000);
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    for place in 0..400 {
        let address = format!("p{place}@example.org");
        let answer = app.post_by_script(&[("email", &address), ("need", &need)]);
        match answer.status {
            202 => kept.push(address),
            503 => {
                assert!(!answer.header("retry-after").is_empty());
                assert_eq!(answer.json()["code"], "try_again");
                let page = app.post(&[("email", &address), ("need", &need)]);
                assert!(page.status == 503 && page.is_page_in("fr"));
                refused.push(address);
            }
            other => panic!("{other}: {}", answer.text()),
        }
        if refused.len() == 5 {
            break;
        }
    }
    assert!(
        !kept.is_empty() && refused.len() == 5,
        "{} kept, {} refused",
        kept.len(),
        refused.len()
    );
    assert_eq!(app.get(FORM).status, 200, "what needs no disk goes on");
    app.kill();

    // With room again: what was acknowledged is there, what was refused is not, and each gets what it is owed, once.
    let app = TestApp::on(data.path());
    for address in &refused {
        assert_eq!(app.lead_id(address), None, "{address}");
    }
    app.advance("P1D");
    for address in &kept {
        assert_eq!(app.steps_to(address), ["guide"], "{address}");
    }
    assert_eq!(
        (app.to_people().len(), app.mails_to(OFFICE).len()),
        (kept.len(), kept.len())
    );
    assert_eq!(app.post(&[("email", &refused[0])]).status, 303);
}

// ---- the doors ----

#[test]
fn the_outbox_shows_what_left() {
    let app = TestApp::start();
    assert_eq!(app.send("GET", "/local/outbox", &[], "").text(), "[]");
    app.guide_for(ANA, &[("first_name", "<b>Ana</b>")]);
    let sent = &app.mails_to(ANA)[0];
    for language in ["fr", "en"] {
        let headers = [BROWSER, ("Accept-Language", language)];
        let list = app.send("GET", "/local/outbox", &headers, "");
        assert!(
            list.is_page_in(language)
                && list.text().contains(&format!("/local/outbox/{}", sent.id))
                && list.text().contains(ANA)
        );
        let page = app.send("GET", &format!("/local/outbox/{}", sent.id), &headers, "");
        assert!(page.status == 200 && page.is_page_in(language) && page.text().contains(ANA));
    }
    let html = app.get(&format!("/local/outbox/{}.html", sent.id));
    assert!(
        html.header("content-type").starts_with("text/html")
            && html.header("content-security-policy").starts_with("default-src 'none'")
    );
    let eml = app.eml(sent);
    assert!(
        eml.starts_with(b"From:") && eml == app.eml(sent),
        "the exact bytes, each time"
    );
    for missing in ["nothing", "nothing.eml", &format!("{}.exe", sent.id), "..%2f..%2fetc"] {
        let answer = app.get(&format!("/local/outbox/{missing}"));
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, "application/problem+json"),
            "{missing}"
        );
    }
    assert_eq!(app.send("GET", "/local/deliveries", &[], "").json(), json!([]));
    assert_eq!(app.send("DELETE", "/local/outbox", &[], "").status, 405);
    for page in ["/", "/local/clock"] {
        assert!(app.get(page).is_page_in("en"), "{page}");
    }
}

#[test]
fn the_clock_takes_positive_durations_and_nothing_else() {
    let app = TestApp::start();
    let start = app.now();
    assert_eq!(start.to_string(), MONDAY, "it stands still until moved");
    for bad in [
        json!({ "advance": "PT0S" }),
        json!({ "advance": "-PT1H" }),
        json!({ "advance": "tomorrow" }),
        json!({ "advance": "" }),
        json!({ "advance": 60 }),
        json!({ "advance": "24h and more" }),
        json!({ "forward": "PT1H" }),
        json!({ "advance": "PT1H", "to": "x" }),
        json!({}),
        json!([]),
        json!("PT1H"),
        json!({ "advance": "P99999Y" }),
        json!({ "advance": "P9000Y" }),
    ] {
        let answer = app.post_json("/local/clock", &bad);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (400, "application/problem+json"),
            "{bad}"
        );
    }
    assert_eq!(app.send("POST", "/local/clock", &[JSON], "").status, 400);
    assert_eq!(
        app.send("PUT", "/local/clock", &[JSON], r#"{"advance":"PT1H"}"#).status,
        405
    );
    assert_eq!(app.now(), start);

    let mut seconds = 0;
    for (by, more) in [
        ("PT1S", 1),
        ("PT90M", 5_400),
        ("PT24H", 86_400),
        ("P1D", 86_400),
        ("P1W", 604_800),
        ("P1DT1H", 90_000),
    ] {
        seconds += more;
        assert_eq!(app.advance(by).duration_since(start).as_secs(), seconds, "{by}");
    }
    // What `curl -d` sends, and what the page's own buttons send.
    assert_eq!(
        app.send("POST", "/local/clock", &[URLENCODED], r#"{"advance":"PT1H"}"#)
            .status,
        200
    );
    assert_eq!(
        app.send("POST", "/local/clock", &[BROWSER, URLENCODED], "advance=PT1H")
            .header("location"),
        "/local/clock"
    );
    assert_eq!(app.now().duration_since(start).as_secs(), seconds + 7_200);
    // Moments are whole seconds, whatever was asked.
    assert_eq!(
        TestApp::at("2026-03-02T09:00:00.9Z").advance("PT1.5S").to_string(),
        "2026-03-02T09:00:01Z"
    );
}

#[test]
fn r71_the_log_holds_nothing_personal() {
    let start = Start::default();
    let arguments: Vec<_> = start.arguments().into_iter().filter(|word| word != "--quiet").collect();
    let log = folder();
    let file = std::fs::File::create(log.path().join("log")).expect("a file");
    let mut command = Command::new(binaries::binary("piste"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(file));
    let mut child = command.spawn().expect("piste starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let base = lines
        .find_map(|line| {
            line.expect("text")
                .strip_prefix("piste: listening on ")
                .map(str::to_owned)
        })
        .expect("it listens");
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let secret = "Xyzzy";
    let fields = [
        ("email", "xyzzy.person@example.org"),
        ("first_name", secret),
        ("phone", "0199001234"),
        ("need", secret),
        TICKED,
    ];
    let post = |url: &str, body: String, kind: &str| {
        let sent = agent
            .post(format!("{base}{url}"))
            .header("Content-Type", kind)
            .send(body);
        sent.expect("an answer").body_mut().read_to_string().expect("text")
    };
    post(FORM, urlencoded(&fields), URLENCODED.1);
    post(
        FORM,
        urlencoded(&[("email", "xyzzy.wrong"), ("phone", secret)]),
        URLENCODED.1,
    );
    post(FORM, format!("{{\"email\":\"{secret}"), JSON.1);
    post("/local/clock", r#"{"advance":"PT1S"}"#.into(), JSON.1);
    let outbox = agent
        .get(format!("{base}/local/outbox"))
        .call()
        .expect("an answer")
        .body_mut()
        .read_to_string()
        .expect("text");
    let id = serde_json::from_str::<serde_json::Value>(&outbox).expect("JSON")[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    post(
        "/local/feedback",
        json!({ "id": id, "event": "bounce" }).to_string(),
        JSON.1,
    );
    post("/confirm?t=v1.xyzzy", String::new(), URLENCODED.1);
    child.kill().expect("killed");
    child.wait().expect("reaped");
    let mut said: String = lines.map(|line| line.expect("text") + "\n").collect();
    std::fs::File::open(log.path().join("log"))
        .expect("a file")
        .read_to_string(&mut said)
        .expect("text");
    assert!(said.contains("captured"), "there is a log: {said}");
    for personal in ["xyzzy", secret, "0199001234", "example.org"] {
        assert!(!said.contains(personal), "{personal}: {said}");
    }
}

// ---- whom it answers ----

#[test]
fn the_local_doors_answer_to_this_machines_own_pages_only() {
    let app = TestApp::start();
    let port = app.base.rsplit(':').next().expect("a port").to_owned();
    let ask = |headers: &[(&str, &str)]| {
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("connected");
        let request = format!("GET /local/triggers HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        (
            answer[9..12].parse::<u16>().expect("a status"),
            answer.contains("whsec_"),
        )
    };
    let own = format!("http://127.0.0.1:{port}");
    let local = format!("localhost:{port}");
    let here = format!("127.0.0.1:{port}");
    for good in [
        &[("Host", here.as_str())][..],
        &[("Host", "LOCALHOST")],
        &[("Host", &local), ("Sec-Fetch-Site", "none")],
        &[("Host", &here), ("Origin", &own), ("Sec-Fetch-Site", "same-origin")],
    ] {
        assert_eq!(ask(good), (200, true), "{good:?}");
    }
    for bad in [
        &[("Host", "evil.example")][..],
        &[("Host", "evil.example:80")],
        &[("Host", "127.0.0.1.evil.example")],
        &[("Host", "localhost.evil.example")],
        &[("Host", "[::1]")],
        &[("Host", &here), ("Origin", "https://evil.example")],
        &[("Host", &here), ("Origin", "null")],
        &[("Host", &here), ("Origin", "http://127.0.0.1:1")],
        &[("Host", &here), ("Sec-Fetch-Site", "cross-site")],
        &[("Host", &here), ("Sec-Fetch-Site", "same-site")],
    ] {
        let (status, told) = ask(bad);
        assert!([403, 421].contains(&status) && !told, "{status} {bad:?}");
    }
    let before = app.now();
    let moved = app.send(
        "POST",
        "/local/clock",
        &[JSON, ("Origin", "https://evil.example")],
        r#"{"advance":"P1D"}"#,
    );
    assert_eq!((moved.status, app.now()), (403, before));
}

#[test]
fn nothing_waits_for_whoever_reads_the_output() {
    let mut command = piste(&["--port", "0", "--data", ":memory:", "--now", MONDAY]);
    command
        .arg("--campaigns")
        .arg(campaigns())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // The lines after the first are never read.
    let app = TestApp::spawn(command);
    for post in 0..600 {
        let address = format!("p{post}@example.org");
        assert_eq!(app.post_by_script(&[("email", &address), (&address, "x")]).status, 202);
    }
    assert_eq!(app.get(FORM).status, 200);
}

#[cfg(unix)]
#[test]
fn data_files_are_their_owners_and_an_emptied_one_is_refused_by_name() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = folder();
    let start = Start {
        data: Some(data.path()),
        ..Start::default()
    };
    let app = start.start();
    app.guide_for(ANA, &[]);
    let names = || {
        let files = std::fs::read_dir(data.path()).expect("a folder");
        files.map(|file| file.expect("a file").path()).collect::<Vec<_>>()
    };
    for file in names() {
        let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", file.display());
    }
    assert_eq!(app.stop("INT").status.code(), Some(0));
    for file in names() {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let held = std::fs::read(&file).expect("bytes");
        std::fs::write(&file, "").expect("emptied");
        check_refused(&start, &[&name, "emptied"]);
        std::fs::write(&file, held).expect("restored");
    }
    assert!(start.start().lead_id(ANA).is_some());
}
