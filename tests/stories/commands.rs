//! The command line with which an owner sets a system up (design.md section 5): a campaign of one's own, a check that says
//! everything at once, previews, costs, what is left to do, and the fields of a CRM.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use piste_tests::binaries;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const HUB_KEY: &str = "pat-eu1-local";

fn piste(arguments: &[&str]) -> Command {
    let mut command = Command::new(binaries::binary("piste"));
    command.args(arguments);
    command
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// What a command answers, which must end well.
#[track_caller]
fn said(command: Command) -> String {
    let ended = run(command);
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    ended.stdout
}

#[track_caller]
fn answered(command: Command) -> Value {
    let text = said(command);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("JSON alone: {text}"))
}

// ---- new, check ----

#[test]
fn a_new_campaign_is_a_shipped_one_under_its_own_name_and_nothing_is_written_over() {
    let root = folder();
    let campaigns = root.path().join("campaigns");
    let at = shown(&campaigns);
    for (id, from) in [
        ("devis", Some("quote-request")),
        ("lettre", Some("newsletter")),
        ("guide", None),
        ("guide-2", None),
    ] {
        let mut words = vec!["new", id, "--campaigns", &at];
        words.extend(from.into_iter().flat_map(|from| ["--from", from]));
        assert!(said(piste(&words)).contains(&format!("{id}/campaign.toml")));
    }
    let checked = answered(piste(&["check", "--json", "--campaigns", &at]));
    let ids: Vec<_> = checked["campaigns"]
        .as_array()
        .expect("campaigns")
        .iter()
        .map(|of| of["id"].clone())
        .collect();
    assert_eq!(ids, ["devis", "guide", "guide-2", "lettre"]);
    let before = std::fs::read(campaigns.join("devis/campaign.toml")).expect("it is there");
    for (words, why) in [
        (["new", "devis", "--campaigns", &at], "is there already"),
        (["new", "Mon Guide", "--campaigns", &at], "cannot be the name"),
        (["new", "../../x", "--campaigns", &at], "cannot be the name"),
    ] {
        let ended = run(piste(&words));
        assert_eq!(ended.status.code(), Some(1), "{words:?}");
        assert!(ended.stderr.contains(why), "{words:?}: {}", ended.stderr);
    }
    let unknown = run(piste(&["new", "x", "--from", "nothing", "--campaigns", &at]));
    assert!(
        unknown.stderr.contains("guide-seo") && !campaigns.join("x").exists(),
        "{}",
        unknown.stderr
    );
    assert_eq!(
        std::fs::read(campaigns.join("devis/campaign.toml")).expect("it is there"),
        before
    );
}

#[test]
fn ten_mistakes_are_ten_lines_in_both_languages_and_in_json() {
    let mistakes = [
        ("retention = \"P3Y\"", "retension = \"P3Y\"", "retention"),
        ("regime = \"b2c_consent\"", "regime = \"b2c_consents\"", "b2c_consent"),
        ("languages = [\"fr\", \"en\"]", "languages = \"fr\"", ""),
        ("zone = \"Europe/Paris\"", "zone = \"Europe/Pariss\"", "Europe/Paris"),
        ("reply_to = \"bonjour@example.com\"", "reply_to = \"bonjour\"", ""),
        ("type = \"phone\"", "type = \"fone\"", "phone"),
        ("min_gap = \"PT20H\" # never", "min_gap = \"20 hours\" # never", "PT20H"),
        ("owner = \"alex\"", "owner = \"alexx\"", "alexx"),
        ("attempts = [\"PT0S\",", "atempts = [\"PT0S\",", "attempts"),
        ("mql = { fit", "mql = { fitt", "fit"),
    ];
    let campaigns = campaigns_to_edit();
    let file = campaigns.path().join("guide-seo/campaign.toml");
    let mut text = std::fs::read_to_string(&file).expect("it is there");
    for (good, bad, _) in mistakes {
        assert!(text.contains(good), "{good}");
        text = text.replacen(good, bad, 1);
    }
    std::fs::write(&file, &text).expect("written");
    for lang in ["en", "fr"] {
        let ended = run(piste(&[
            "check",
            "--lang",
            lang,
            "--campaigns",
            &shown(campaigns.path()),
        ]));
        assert_eq!(ended.status.code(), Some(1));
        let lines: Vec<_> = ended.stderr.lines().collect();
        for (_, bad, right) in mistakes {
            let line = 1 + text.lines().position(|line| line.contains(bad)).expect("it is there");
            let place = format!("piste: guide-seo/campaign.toml:{line}: ");
            let told = lines
                .iter()
                .any(|said| said.starts_with(&place) && said.contains(right));
            assert!(told, "{place} {right}: {}", ended.stderr);
        }
        assert_eq!(lines.len(), mistakes.len(), "{}", ended.stderr);
    }
    let ended = run(piste(&["check", "--json", "--campaigns", &shown(campaigns.path())]));
    let checked: Value = serde_json::from_str(&ended.stdout).expect("JSON alone");
    assert_eq!(
        checked["problems"].as_array().map(Vec::len),
        Some(mistakes.len()),
        "{checked}"
    );
}

#[test]
fn examples_and_thresholds_out_of_reach_are_warned_of_and_let_pass() {
    let campaigns = campaigns_to_edit();
    let file = campaigns.path().join("guide-seo/campaign.toml");
    let text = std::fs::read_to_string(&file).expect("it is there");
    let mql = text
        .lines()
        .find(|line| line.starts_with("mql = { fit"))
        .expect("a threshold")
        .to_owned();
    std::fs::write(&file, text.replacen(&mql, "mql = { fit = 500, engagement = 5 }", 1)).expect("written");
    let at = shown(campaigns.path());
    let ended = run(piste(&["check", "--campaigns", &at]));
    assert!(
        ended.status.success() && ended.stdout.ends_with(": ok\n"),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    for word in [
        "guide@example.com",
        "000 000 000",
        "nobody can become an MQL: fit asks for 500",
    ] {
        assert!(ended.stderr.contains(word), "{word}: {}", ended.stderr);
    }
    let french = run(piste(&["check", "--lang", "fr", "--campaigns", &at]));
    assert!(
        french.stderr.contains("personne ne peut devenir MQL"),
        "{}",
        french.stderr
    );
    let checked = answered(piste(&["check", "--json", "--campaigns", &at]));
    let warnings = checked["warnings"].as_array().expect("warnings");
    assert!(
        warnings
            .iter()
            .any(|of| of["message"].as_str().is_some_and(|said| said.contains("500"))),
        "{checked}"
    );
}

// ---- without a folder ----

#[test]
fn without_a_folder_of_campaigns_the_demo_of_the_program_is_used() {
    let nowhere = folder();
    let mut command = piste(&["--port", "0", "--quiet", "--data", ":memory:", "--now", MONDAY]);
    command.current_dir(nowhere.path());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let app = TestApp::spawn(command);
    assert_eq!(app.send("GET", "/forms/guide-seo", &[], "").status, 200);
    app.post(&[("email", ANA)]);
    app.settle();
    assert_eq!(app.to_people().len(), 1);
    drop(app);
    assert_eq!(
        std::fs::read_dir(nowhere.path()).expect("a folder").count(),
        0,
        "nothing is left there"
    );

    // A folder that is there is used as it is, and only an owner's own campaigns are published.
    std::fs::create_dir_all(nowhere.path().join("infra/campaigns")).expect("made");
    let mut command = piste(&["check"]);
    command.current_dir(nowhere.path());
    let empty = run(command);
    assert!(
        empty.status.code() == Some(1) && empty.stderr.contains("has no campaign"),
        "{}",
        empty.stderr
    );
}

// ---- completions, manual ----

#[test]
fn shells_complete_and_there_is_a_manual_page_in_both_languages() {
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef piste"),
        ("fish", "complete -c piste"),
    ] {
        let script = said(piste(&["completions", shell]));
        assert!(script.contains(mark) && script.contains("simulate-rules"), "{shell}");
    }
    let script = said(piste(&["completions", "fish", "--lang", "fr"]));
    assert!(script.contains("Vérifie toutes les campagnes"), "French");
    let page = said(piste(&["man", "--lang", "fr"]));
    assert!(
        page.contains(".TH piste 1") && page.contains("Dossier des campagnes"),
        "{page}"
    );
}

// ---- previews ----

#[test]
fn a_preview_shows_each_email_and_its_links_do_nothing() {
    let at = shown(&campaigns());
    let ask = |more: &[&str]| piste(&[&["preview", "--campaigns", &at, "--campaign", "guide-seo"], more].concat());
    let sample = answered(ask(&["day-2", "--json", "--lang", "en"]));
    let text = sample["text"].as_str().expect("a text");
    assert!(
        text.contains("Camille") && sample["html"].as_str().is_some_and(|html| html.contains("<html")),
        "{sample}"
    );
    assert!(sample["subject"].as_str().is_some_and(|subject| !subject.is_empty()));
    assert!(
        sample["from"]
            .as_str()
            .is_some_and(|from| from.contains("<guide@example.com>")),
        "{sample}"
    );
    let french = said(ask(&["guide", "--lang", "fr"]));
    assert!(
        french.starts_with("De\u{a0}: ") && french.contains("Objet\u{a0}: "),
        "{french}"
    );
    let unknown = run(ask(&["day-3"]));
    assert!(
        unknown.status.code() == Some(1) && unknown.stderr.contains("day-2"),
        "{}",
        unknown.stderr
    );

    let data = folder();
    let app = TestApp::on(data.path());
    app.opt_in(ANA, &[("first_name", "Ana")]);
    app.settle();
    let before = app.outbox().len();
    assert!(app.stop("TERM").status.success());
    let of_lead = answered(ask(&["day-2", "--json", "--lead", ANA, "--data", &shown(data.path())]));
    let text = of_lead["text"].as_str().expect("a text").to_owned();
    assert!(text.contains("Ana"), "{text}");
    // The link to unsubscribe leads to nobody.
    let app = TestApp::on(data.path());
    let link = text
        .split(|c: char| c.is_whitespace() || "<>()".contains(c))
        .find(|word| word.contains("/unsubscribe?") || word.contains("/preferences?"));
    let link = link.expect("a link in the foot");
    let path = link.split_once("/unsubscribe").map_or_else(
        || {
            format!(
                "/preferences{}",
                link.split_once("/preferences").expect("one of them").1
            )
        },
        |(_, rest)| format!("/unsubscribe{rest}"),
    );
    let pressed = app.send("POST", &path, &[URLENCODED], "List-Unsubscribe=One-Click");
    assert!(pressed.status < 500, "{}", pressed.status);
    let lead = app.lead(ANA);
    assert_eq!(
        lead["consents"]
            .as_array()
            .and_then(|all| all.last())
            .map(|of| of["state"].clone()),
        Some(json!("given"))
    );
    assert_eq!(app.outbox().len(), before);
}

// ---- one person, by address or from standard input ----

#[test]
fn whoever_is_named_by_an_address_is_found_and_programs_get_what_the_api_answers() {
    let data = folder();
    let app = TestApp::on(data.path());
    app.opt_in(ANA, &HOT);
    app.settle();
    let id = app.lead(ANA)["id"].as_str().expect("an id").to_owned();
    let (plan, lead) = (
        app.api(&format!("/api/leads/{id}/plan?lang=en")),
        app.api(&format!("/api/leads/{id}")),
    );
    assert!(app.stop("TERM").status.success());
    let (data, at) = (shown(data.path()), shown(&campaigns()));
    let ask = |words: &[&str]| piste(&[words, &["--data", &data, "--campaigns", &at, "--lang", "en"]].concat());
    let from_stdin = |words: &[&str]| {
        let mut command = ask(&[words, &["--email-from-stdin"]].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        writeln!(child.stdin.take().expect("piped"), "{ANA}").expect("written");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{words:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(answered(ask(&["plan", ANA, "--json"]))["plan"], plan["plan"]);
    let explained = answered(ask(&["explain", &id, "--json"]));
    assert_eq!(explained["score"]["grade"], lead["score"]["grade"]);
    assert_eq!(
        explained["score"]["lines"].as_array().map(Vec::len),
        lead["score"]["lines"].as_array().map(Vec::len)
    );
    for words in [["plan"], ["explain"], ["proof"], ["export"]] {
        assert_eq!(from_stdin(&words), said(ask(&[words[0], ANA])), "{words:?}");
    }
    assert!(from_stdin(&["erase"]).contains("erased"), "a certificate");
}

// ---- costs ----

#[test]
fn a_cost_is_what_was_used_times_the_prices() {
    let data = folder();
    let app = TestApp::on(data.path());
    app.opt_in(ANA, &[]);
    app.post(&[("email", "bob@example.org")]);
    app.settle();
    let emails = app.outbox().len() as u64;
    assert!(app.stop("TERM").status.success());
    let (data, at) = (shown(data.path()), shown(&campaigns()));
    let costs = answered(piste(&["cost", "--json", "--data", &data, "--campaigns", &at]));
    let guide = costs["campaigns"]
        .as_array()
        .expect("campaigns")
        .iter()
        .find(|of| of["campaign"] == "guide-seo")
        .expect("it is there");
    assert_eq!(
        (&guide["leads"], &guide["enquiries"], &guide["emails"]),
        (&json!(2), &json!(2), &json!(emails))
    );
    let (usd, each) = (
        guide["usd"].as_f64().expect("a sum"),
        guide["usd_per_lead"].as_f64().expect("a sum"),
    );
    assert!(
        usd > emails as f64 * 0.000_16 && usd < emails as f64 * 0.000_2 + 0.000_1,
        "{usd}"
    );
    assert!((each * 2.0 - usd).abs() < 1e-9);
    let french = said(piste(&["cost", "--lang", "fr", "--data", &data, "--campaigns", &at]));
    assert!(
        french.contains("guide-seo") && french.contains("coût par lead"),
        "{french}"
    );
}

// ---- destinations: fields, check, try, doctor ----

fn hub(base: &str) -> String {
    format!(
        r#"kind = "hubspot"
url = "{base}/local/crm/hubspot"
[fields]
piste_lead_id = {{ from = "id" }}
email = {{ from = "email" }}
firstname = {{ from = "first_name" }}
piste_grade = {{ from = "grade", write = "always" }}
lifecyclestage = {{ from = "stage", write = "always" }}
[stages]
lead = "lead"
mql = "marketingqualifiedlead"
"#
    )
}

#[test]
fn the_fields_of_a_crm_are_taken_and_the_file_is_held_against_them() {
    let (data, destinations) = (folder(), folder());
    let app = TestApp::on(data.path());
    let file = destinations.path().join("hub.toml");
    std::fs::write(&file, hub(&app.base)).expect("written");
    let (there, at) = (shown(destinations.path()), shown(&campaigns()));
    let ask = |words: &[&str]| {
        let mut command = piste(&[words, &["--destinations", &there, "--campaigns", &at, "--lang", "en"]].concat());
        command.env("PISTE_SECRET_HUB", HUB_KEY);
        command
    };
    let taken = said(ask(&["destination", "fields", "hub"]));
    assert!(
        taken.contains("hub.fields.json") && taken.lines().count() == 1,
        "{taken}"
    );
    let mut wrong = ask(&["destination", "fields", "hub"]);
    wrong.env("PISTE_SECRET_HUB", "pat-eu1-wrong");
    let wrong = run(wrong);
    assert!(
        wrong.status.code() == Some(1) && wrong.stderr.contains("401"),
        "{}",
        wrong.stderr
    );
    let snapshot = std::fs::read_to_string(destinations.path().join("hub.fields.json")).expect("it is there");
    let snapshot: Value = serde_json::from_str(&snapshot).expect("JSON");
    assert!(
        snapshot["fields"]
            .as_array()
            .is_some_and(|all| all.iter().any(|of| of["name"] == "piste_grade"))
    );
    assert_eq!(snapshot["kind"], "hubspot");

    // The deployed check, where the address of the stand-in is none; with it, whatever does not hold is told at its line.
    let real = hub(&app.base)
        .lines()
        .filter(|line| !line.starts_with("url"))
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(&file, &real).expect("written");
    assert!(said(ask(&["check"])).contains("hub: ok (hubspot)"));
    let bad = real
        .replace("piste_grade =", "piste_grad =")
        .replace("\"marketingqualifiedlead\"", "\"opportunity\"")
        .replace("firstname =", "createdate =");
    std::fs::write(&file, &bad).expect("written");
    let ended = run(ask(&["check"]));
    for (of, word) in [
        ("piste_grad =", "did you mean \"piste_grade\""),
        ("createdate =", "cannot be written"),
    ] {
        let line = 1 + bad.lines().position(|line| line.contains(of)).expect("it is there");
        let found = ended
            .stderr
            .lines()
            .any(|said| said.starts_with(&format!("piste: hub.toml:{line}: ")) && said.contains(word));
        assert!(found, "{of}: {}", ended.stderr);
    }
    let none = run(ask(&["destination", "fields", "nobody"]));
    assert!(
        none.status.code() == Some(1) && none.stderr.contains("nobody.toml"),
        "{}",
        none.stderr
    );
}

#[test]
fn what_a_destination_would_be_told_is_shown_with_what_was_typed_hidden() {
    let (data, destinations) = (folder(), folder());
    let app = TestApp::on(data.path());
    app.opt_in(ANA, &[&HOT[..], &[("first_name", "Ana")]].concat());
    app.settle();
    let base = app.base.clone();
    assert!(app.stop("TERM").status.success());
    std::fs::write(destinations.path().join("hub.toml"), hub(&base)).expect("written");
    let hook = "kind = \"webhook\"\nurl = \"https://hooks.example.com/x\"\n[fields]\nwho = { from = \"email\" }\n";
    std::fs::write(destinations.path().join("hook.toml"), hook).expect("written");
    let (data, there, at) = (shown(data.path()), shown(destinations.path()), shown(&campaigns()));
    let ask = |words: &[&str]| {
        let words = [
            &["destination", "try"],
            words,
            &["--data", &data, "--destinations", &there, "--campaigns", &at],
        ]
        .concat();
        piste(&words)
    };
    let hidden = said(ask(&["hub", ANA, "--lang", "en"]));
    assert!(
        hidden.contains("piste_grade") && !hidden.contains(ANA) && !hidden.contains("  Ana"),
        "{hidden}"
    );
    let shown = answered(ask(&["hub", ANA, "--reveal", "--json"]));
    let fields = shown["fields"].as_array().expect("fields");
    let value = |name: &str| {
        fields
            .iter()
            .find(|of| of["name"] == name)
            .map(|of| of["value"].clone())
    };
    assert_eq!(
        (value("email"), value("firstname")),
        (Some(json!(ANA)), Some(json!("Ana")))
    );
    assert_eq!(value("lifecyclestage"), Some(json!("marketingqualifiedlead")));
    let event = answered(ask(&["hook", ANA, "--json"]));
    assert_eq!(event["body"]["type"], "lead.created");
    assert_ne!(event["body"]["data"]["fields"]["who"], ANA);
    let nobody = run(ask(&["hub", "nobody@example.org"]));
    assert_eq!(nobody.status.code(), Some(1));
}

#[test]
fn the_doctor_says_what_is_left_to_do_and_fails_while_something_is() {
    let (root, destinations) = (folder(), folder());
    let campaigns = root.path().join("campaigns");
    said(piste(&["new", "guide-seo", "--campaigns", &shown(&campaigns)]));
    let real = hub("x")
        .lines()
        .filter(|line| !line.starts_with("url"))
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(destinations.path().join("hub.toml"), real).expect("written");
    let data = root.path().join("data");
    let words = [
        "doctor",
        "--campaigns",
        &shown(&campaigns),
        "--destinations",
        &shown(destinations.path()),
        "--data",
        &shown(&data),
    ];
    let ended = run(piste(&[&words[..], &["--lang", "en"]].concat()));
    assert_eq!(ended.status.code(), Some(1));
    for word in [
        "to do  guide-seo/campaign.toml:",
        "PISTE_SECRET_HUB",
        "create the field piste_lead_id there: single-line text, unique values",
        "piste destination fields hub",
        "crm.objects.contacts.read",
    ] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    let french = run(piste(&[&words[..], &["--lang", "fr"]].concat()));
    assert!(
        french.stdout.contains("à faire") && french.stdout.contains("créez-y le champ piste_lead_id"),
        "{}",
        french.stdout
    );
    let told = run(piste(&[&words[..], &["--json"]].concat()));
    let told: Value = serde_json::from_str(&told.stdout).expect("JSON alone");
    assert!(
        told["findings"]
            .as_array()
            .is_some_and(|all| all.iter().any(|of| of["level"] == "to_do")),
        "{told}"
    );

    // With everything done, it ends well.
    let file = campaigns.join("guide-seo/campaign.toml");
    let text = std::fs::read_to_string(&file).expect("it is there");
    let own = text
        .replace("example.com", "agence-lumen.fr")
        .replace("000 000 000", "552 100 554")
        .replace("000\u{202f}000\u{202f}000", "552\u{202f}100\u{202f}554");
    std::fs::write(&file, own).expect("written");
    std::fs::remove_file(destinations.path().join("hub.toml")).expect("removed");
    let well = run(piste(&words));
    assert!(well.status.success(), "{}{}", well.stdout, well.stderr);
}
