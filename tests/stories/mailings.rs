//! One-off mailings: a file, a dry run, an approval, and one email each under all the rules of marketing.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const BOB: &str = "bob@example.org";
const CID: &str = "cid@example.org";

/// A mailing in the demo campaign.
fn write(campaigns: &Path, file: &str) {
    let campaign = campaigns.join("guide-seo");
    fs::create_dir_all(campaign.join("mailings")).expect("a folder");
    fs::write(campaign.join("mailings/offer.toml"), file).expect("written");
    for (language, subject) in [("fr", "Une offre pour décembre"), ("en", "An offer for December")] {
        let text = format!(
            "+++\nsubject = \"{subject}\"\npreview = \"-\"\n+++\nHello{{% if first_name %}} {{{{ first_name }}}}{{% endif %}}.\n"
        );
        fs::write(campaign.join(format!("emails/{language}/offer.md")), text).expect("written");
    }
}

/// Three who asked for the guide: Ana and Cid agreed to more.
fn three(file: &str) -> (tempfile::TempDir, TestApp) {
    let campaigns = campaigns_to_edit();
    write(campaigns.path(), file);
    let app = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start();
    app.opt_in(ANA, &[("first_name", "Ana")]);
    app.opt_in(CID, &[]);
    app.guide_for(BOB, &[]);
    app.advance("P20D");
    (campaigns, app)
}

fn act(app: &TestApp, what: &str, body: &Value) -> (u16, Value) {
    let path = format!("/api/mailings/guide-seo/offer/{what}");
    let answer = app.operator("POST", &path, body.to_string());
    (answer.status, answer.json())
}

fn first(app: &TestApp) -> Value {
    app.api("/api/mailings")["mailings"][0].clone()
}

fn offers(app: &TestApp) -> Vec<String> {
    let sent = app.outbox().into_iter().filter(|sent| sent.step == "offer");
    sent.map(|sent| sent.to).collect()
}

#[test]
fn a_mailing_leaves_after_approval_alone_to_those_a_dry_run_counts() {
    let (_campaigns, app) = three("template = \"offer\"\n");
    assert_eq!(first(&app)["state"], "draft");
    let (status, run) = act(&app, "dry-run", &json!({}));
    assert_eq!((status, &run["recipients"]), (200, &2.into()), "{run}");
    assert_eq!(run["excluded"], json!([{ "reason": "no_consent", "leads": 1 }]));
    app.advance("P1D");
    assert!(offers(&app).is_empty(), "nobody approved it");

    let (status, problem) = act(&app, "approve", &json!({ "recipients": 3 }));
    assert_eq!(
        (status, &problem["code"]),
        (409, &"recipients_changed".into()),
        "{problem}"
    );
    let (status, approved) = act(&app, "approve", &json!({ "recipients": 2 }));
    assert_eq!((status, &approved["state"]), (200, &"approved".into()), "{approved}");
    app.advance("PT1H");
    let mut to = offers(&app);
    to.sort();
    assert_eq!(to, [ANA, CID]);
    let (status, _) = act(&app, "approve", &json!({ "recipients": 2 }));
    assert_eq!(status, 409, "once");

    app.advance("P30D");
    assert_eq!(offers(&app).len(), 2, "once each");
    let done = first(&app);
    assert_eq!(
        (&done["state"], &done["sent"], &done["skipped"]),
        (&"done".into(), &2.into(), &0.into()),
        "{done}"
    );
    assert_eq!(first(&app), done, "and so it stays");
    let mails = app.api("/api/campaigns/guide-seo/mails");
    let mails = mails["mails"].as_array().expect("mails");
    let of = |step: &str| mails.iter().find(|mail| mail["step"] == step).expect("listed");
    assert_eq!(
        (&of("offer")["sent"], &of("offer")["class"]),
        (&2.into(), &"nurture".into())
    );
    assert_eq!(of("offer")["subject"]["fr"], "Une offre pour décembre");
    assert_eq!(
        of("guide")["sent"],
        2,
        "Bob never confirmed, and was forgotten after 30 days"
    );
    assert_eq!(of("day-2")["sent"], 2);
}

#[test]
fn whoever_says_no_since_the_approval_gets_nothing_and_is_counted() {
    let (_campaigns, app) = three("template = \"offer\"\nat = \"2026-04-15T10:00\"\n");
    act(&app, "approve", &json!({ "recipients": 2 }));
    app.advance("PT1H");
    let id = app.lead_id(ANA).expect("there");
    let plan = app.api(&format!("/api/leads/{id}/plan"));
    let planned = plan["plan"]
        .as_array()
        .expect("a plan")
        .iter()
        .find(|mail| mail["step"] == "offer");
    assert_eq!(planned.expect("planned")["at"], "2026-04-15T08:00:00Z");
    let mail = app.mail(app.mails_to(ANA).last().expect("a mail"));
    app.press(&mail.link("/unsubscribe"));
    app.advance("P60D");
    assert_eq!(offers(&app), [CID]);
    let done = first(&app);
    assert_eq!(
        (&done["state"], &done["sent"], &done["skipped"]),
        (&"done".into(), &1.into(), &1.into()),
        "{done}"
    );
    let mails = app.api("/api/campaigns/guide-seo/mails");
    let out: u64 = mails["mails"]
        .as_array()
        .expect("mails")
        .iter()
        .filter_map(|mail| mail["opted_out"].as_u64())
        .sum();
    assert_eq!(out, 1);
}

#[test]
fn a_paused_mailing_waits_and_goes_on() {
    let (_campaigns, app) = three("template = \"offer\"\n");
    let (status, problem) = act(&app, "pause", &json!({}));
    assert_eq!((status, &problem["code"]), (409, &"not_approved".into()));
    act(&app, "approve", &json!({ "recipients": 2 }));
    let (_, paused) = act(&app, "pause", &json!({}));
    assert_eq!(paused["state"], "paused");
    app.advance("P10D");
    assert!(offers(&app).is_empty());
    let (_, resumed) = act(&app, "resume", &json!({}));
    assert_eq!(resumed["state"], "approved");
    app.advance("PT2H");
    assert_eq!(offers(&app).len(), 2);
}

#[test]
fn a_spread_mailing_reaches_each_at_a_moment_of_their_own() {
    let (_campaigns, app) = three("template = \"offer\"\nspread = \"P4D\"\n[audience]\nstages = [\"lead\"]\n");
    act(&app, "approve", &json!({ "recipients": 2 }));
    app.advance("P6D");
    let at: Vec<_> = app
        .outbox()
        .into_iter()
        .filter(|sent| sent.step == "offer")
        .map(|sent| sent.at)
        .collect();
    assert_eq!(at.len(), 2);
    assert_ne!(at[0], at[1]);
}

#[test]
fn what_is_not_there_is_said() {
    let (_campaigns, app) = three("template = \"offer\"\n");
    for path in [
        "/api/mailings/guide-seo/other/dry-run",
        "/api/mailings/other/offer/dry-run",
    ] {
        assert_eq!(app.operator("POST", path, "{}").status, 404, "{path}");
    }
    assert_eq!(
        app.operator("POST", "/api/mailings/guide-seo/offer/approve", "{}")
            .status,
        400
    );
    assert_eq!(app.operator("GET", "/api/campaigns/other/mails", "").status, 404);
}

#[test]
fn an_email_is_seen_before_it_leaves_and_sent_to_oneself() {
    let (_campaigns, app) = three("template = \"offer\"\n");
    let preview = app.api("/api/campaigns/guide-seo/mails/offer/preview?lang=en");
    assert_eq!(preview["subject"], "An offer for December");
    assert!(
        preview["text"].as_str().expect("text").contains("Hello Camille"),
        "{preview}"
    );
    let id = app.lead_id(ANA).expect("there");
    let hers = app.api(&format!("/api/campaigns/guide-seo/mails/offer/preview?lead={id}"));
    assert!(hers["html"].as_str().expect("html").contains("Hello Ana"), "{hers}");

    let send = |body: &Value| {
        app.operator("POST", "/api/campaigns/guide-seo/mails/offer/test", body.to_string())
            .status
    };
    assert_eq!(
        send(&json!({ "to": "stranger@example.org" })),
        422,
        "nobody the file names"
    );
    let to = "bonjour@example.com";
    assert_eq!(send(&json!({ "to": to, "lang": "en", "lead": id })), 202);
    app.advance("PT2M");
    let sent = app.mails_to(to);
    let test = sent
        .iter()
        .find(|sent| sent.subject == "An offer for December")
        .expect("it left");
    let mail = app.mail(test);
    let before = app.lead(ANA);
    for link in mail.links().iter().filter(|link| link.contains("127.0.0.1")) {
        app.press(link);
    }
    assert_eq!(app.lead(ANA)["consents"], before["consents"], "its links do nothing");
    let mails = app.api("/api/campaigns/guide-seo/mails");
    let offer = mails["mails"]
        .as_array()
        .expect("mails")
        .iter()
        .find(|mail| mail["step"] == "offer");
    assert_eq!(offer.expect("listed")["sent"], 0, "it counts nowhere");
}
