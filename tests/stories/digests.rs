//! Digests as those who work with leads get them: what waits each morning, the day's posts, and alerts that were too many.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::json;

use crate::test_app::*;

const DIRECTION: &str = "direction@example.com";

impl TestApp {
    /// The digests of one kind, oldest first.
    fn digests(&self, kind: &str) -> Vec<Sent> {
        let outbox = self.outbox().into_iter();
        outbox
            .filter(|sent| sent.is_digest() && sent.step.starts_with(kind))
            .collect()
    }

    fn hot_one(&self, address: &str, name: &str, sector: &str) {
        let mut fields = vec![("email", address), ("last_name", name), ("sector", sector)];
        fields.extend(HOT);
        assert_eq!(self.post(&fields).status, 303);
    }

    fn to(&self, digests: &[Sent], address: &str) -> Option<Mail> {
        let found: Vec<&Sent> = digests.iter().filter(|sent| sent.to == address).collect();
        assert!(found.len() < 2, "one a morning: {found:?}");
        found.first().map(|sent| self.mail(sent))
    }
}

/// The demo campaign, edited.
fn edited(edits: &[(&str, &str)]) -> tempfile::TempDir {
    let campaigns = campaigns_to_edit();
    let file = campaigns.path().join("guide-seo/campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("the demo");
    let toml = edits.iter().fold(toml, |toml, (old, new)| {
        assert!(toml.contains(old), "{old}");
        toml.replacen(old, new, 1)
    });
    std::fs::write(&file, toml).expect("written");
    campaigns
}

fn started(campaigns: &tempfile::TempDir, now: &str) -> TestApp {
    Start {
        campaigns: campaigns.path().to_owned(),
        now,
        ..Start::default()
    }
    .start()
}

#[test]
fn each_morning_owners_hear_what_waits_and_whoever_steps_in_what_is_late() {
    // Friday, seven minutes before six: late at two minutes to six, and with nobody else before Monday at 09:03.
    let campaigns = edited(&[(
        "email = \"alex@example.com\"\n",
        "email = \"alex@example.com\"\nin_turn = false\n",
    )]);
    let app = started(&campaigns, "2026-03-06T16:53:00Z");
    app.hot_one("ana@example.org", "Martin", "saas"); // a rule gives it to Alex, who reads English
    app.hot_one("bo@example.org", "http://evil.example/x", "industry"); // Camille's, who reads French
    app.settle();
    let (ana, bo) = (
        app.lead_id("ana@example.org").expect("a lead"),
        app.lead_id("bo@example.org").expect("a lead"),
    );
    app.advance("PT62H50M"); // Monday, 08:43 in Paris
    assert_eq!(app.digests("morning-").len(), 0, "nobody is told at the weekend");
    app.advance("PT10M");
    let morning = app.digests("morning-");
    assert_eq!(morning.len(), 3);
    for sent in &morning {
        assert_eq!((sent.class.as_str(), sent.campaign.as_str()), ("alert", "guide-seo"));
        let opening = "2026-03-09T09:00:00".parse().expect("a time");
        assert!(
            sent.local() <= opening && sent.local().date() == jiff::civil::date(2026, 3, 9),
            "{}",
            sent.local()
        );
    }
    let alex = app.to(&morning, "alex@example.com").expect("Alex's");
    for said in [
        "Martin",
        "overdue since Friday 6 March",
        "attempt 1 of 5",
        &format!("/console/leads/{ana}"),
    ] {
        assert!(alex.text.contains(said), "{said}: {}", alex.text);
    }
    let subject = alex.message().subject().unwrap_or_default().replace('\u{a0}', " ");
    assert_eq!(subject, "To follow up today: 1 lead");
    assert!(!alex.text.contains(&bo), "{}", alex.text);
    let camille = app.to(&morning, "camille@example.com").expect("Camille's");
    assert!(
        camille.text.contains("en retard depuis vendredi 6 mars") && camille.text.contains(&bo),
        "{}",
        camille.text
    );
    assert!(
        !camille.text.contains("evil") && !camille.html.contains("evil"),
        "no name: {}",
        camille.text
    );
    let direction = app.to(&morning, DIRECTION).expect("what is late");
    for said in [&*ana, &*bo, "chez Alex Example", "chez Camille Exemple", "Martin"] {
        assert!(direction.text.contains(said), "{said}: {}", direction.text);
    }

    // On Monday both pass on to whoever steps in: who has nothing left gets nothing, and the other one mail with both lists.
    app.advance("PT30M");
    let id = app.lead_id("ana@example.org").expect("a lead");
    app.hot_one("cleo@example.org", "Cleo", "saas");
    app.settle();
    let sold = json!({ "to": "sql", "reason": "by phone" }).to_string();
    assert_eq!(
        app.operator("POST", &format!("/api/leads/{id}/stage"), sold).status,
        200
    );
    let back = json!({ "owner": "camille" }).to_string();
    assert_eq!(
        app.operator("POST", &format!("/api/leads/{id}/assign"), back).status,
        200
    );
    app.advance("PT24H"); // Tuesday
    let tuesday = app.digests("morning-").split_off(3);
    let to: Vec<&str> = tuesday.iter().map(|sent| sent.to.as_str()).collect();
    assert!(!to.contains(&"alex@example.com"), "{to:?}");
    let camille = app.to(&tuesday, "camille@example.com").expect("the sale waits");
    assert!(
        camille.text.contains("vente en cours") && camille.text.contains("Martin"),
        "{}",
        camille.text
    );
    let direction = app.to(&tuesday, DIRECTION).expect("their own");
    assert!(
        direction.text.contains(&bo) && direction.text.contains("Cleo"),
        "{}",
        direction.text
    );

    // Erased, nobody reads of them; their copies go from the outbox.
    let lead = app.lead_id("cleo@example.org").expect("a lead");
    assert_eq!(app.operator("DELETE", &format!("/api/leads/{lead}"), "").status, 200);
    app.settle();
    let emptied = app
        .digests("morning-")
        .into_iter()
        .filter(|sent| sent.to.is_empty())
        .count();
    assert_eq!(emptied, 1, "the copy of the digest that named them");
    app.advance("P1D");
    let latest = app.digests("morning-").into_iter().rfind(|sent| sent.to == DIRECTION);
    let latest = app.mail(&latest.expect("bo is still there"));
    assert!(
        !latest.text.contains("Cleo") && !latest.text.contains(&lead),
        "{}",
        latest.text
    );

    // R126: whom nobody touches stays in it, each working morning and on no other day.
    let before = app.digests("morning-").len();
    app.advance("P14D");
    let days: Vec<String> = app
        .digests("morning-")
        .split_off(before)
        .iter()
        .map(|sent| sent.local().strftime("%a").to_string())
        .collect();
    assert!(
        days.len() >= 10 && days.iter().all(|day| day != "Sat" && day != "Sun"),
        "{days:?}"
    );
}

#[test]
fn one_address_gets_one_digest_for_all_its_campaigns_and_none_while_on_leave() {
    let alone = [
        ("email = \"alex@example.com\"\n", "email = \"camille@example.com\"\n"),
        (
            "leave = [{ from = \"2026-12-24\"",
            "leave = [{ from = \"2026-03-05\", to = \"2026-03-06\" }, { from = \"2026-12-24\"",
        ),
    ];
    let campaigns = edited(&alone);
    let second = campaigns.path().join("second");
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(campaigns.path().join("guide-seo"))
        .arg(&second)
        .status();
    assert!(copied.expect("cp").success());
    let _ = std::fs::remove_dir_all(second.join("triggers"));
    let toml = std::fs::read_to_string(second.join("campaign.toml")).expect("a copy");
    std::fs::write(
        second.join("campaign.toml"),
        toml.replacen("id = \"guide-seo\" # the", "id = \"second\" # the", 1),
    )
    .expect("written");
    let app = started(&campaigns, "2026-03-02T16:53:00Z");
    app.hot_one("ana@example.org", "Martin", "industry");
    let mut fields = vec![("email", "bo@example.org"), ("last_name", "Dupont")];
    fields.extend(HOT);
    let posted = app.send("POST", "/forms/second", &[BROWSER, URLENCODED], urlencoded(&fields));
    assert_eq!(posted.status, 303);
    app.advance("PT15H"); // Tuesday, 08:53
    let morning = app.digests("morning-");
    let mail = app.to(&morning, "camille@example.com").expect("one for both");
    assert!(
        mail.text.contains("Martin") && mail.text.contains("Dupont"),
        "{}",
        mail.text
    );
}

#[test]
fn the_day_s_posts_come_in_one_mail_at_the_hour_the_campaign_names() {
    let campaigns = edited(&[(
        "[notify]\nto = [\"bonjour@example.com\"]\n",
        "[notify]\nto = [\"accueil@example.com\", \"standard@example.com\"]\ndigest = \"17:00\"\n",
    )]);
    let app = started(&campaigns, MONDAY);
    for (address, need) in [
        ("ana@example.org", "Rappelez-moi demain"),
        ("bo@example.org", "voir www.example.net"),
    ] {
        assert_eq!(app.post(&[("email", address), ("need", need)]).status, 303);
    }
    app.advance("PT6H59M"); // 16:59
    assert_eq!(app.mails_to("accueil@example.com").len(), 0);
    app.advance("PT2M");
    for to in ["accueil@example.com", "standard@example.com"] {
        let told = app.mails_to(to);
        assert_eq!((told.len(), told[0].class.as_str()), (1, "alert"));
        assert_eq!((told[0].local().hour(), told[0].local().minute()), (17, 0));
        let mail = app.mail(&told[0]);
        for said in [
            "Rappelez-moi demain",
            "ana@example.org",
            "bo@example.org",
            "www[.]example[.]net",
        ] {
            assert!(mail.text.contains(said), "{said}: {}", mail.text);
        }
        assert!(!mail.html.contains("href=\"http://www.example.net"));
        assert_eq!(
            mail.links()
                .iter()
                .filter(|link| link.contains("/console/leads/"))
                .count(),
            2
        );
    }
    // None without a post; who is over the threshold is told to their owner, at once.
    app.hot_one("cleo@example.org", "Cleo", "industry");
    app.advance("P3D");
    assert_eq!(app.mails_to("accueil@example.com").len(), 1);
    assert_eq!(
        app.post(&[("email", "dan@example.org"), ("need", "encore")]).status,
        303
    );
    app.advance("P1D");
    let told = app.mails_to("accueil@example.com");
    assert_eq!(told.len(), 2);
    let mail = app.mail(&told[1]);
    assert!(
        mail.text.contains("encore") && !mail.text.contains("Rappelez-moi"),
        "{}",
        mail.text
    );
    // The key must be a time of day; the file and the line are named.
    let file = campaigns.path().join("guide-seo/campaign.toml");
    let toml = std::fs::read_to_string(&file).expect("the file");
    std::fs::write(&file, toml.replacen("17:00", "25:00", 1)).expect("written");
    let mut check = std::process::Command::new(piste_tests::binaries::binary("piste"));
    check
        .args(["--lang", "en", "check", "--campaigns"])
        .arg(campaigns.path());
    let refused = run(check);
    let line = toml
        .lines()
        .position(|line| line.starts_with("digest = "))
        .expect("there")
        + 1;
    let says = format!("{}{}", refused.stdout, refused.stderr);
    assert!(
        !refused.status.success() && says.contains(&format!("campaign.toml:{line}:")),
        "{says}"
    );
}

#[test]
fn above_twenty_alerts_an_hour_the_rest_is_one_digest() {
    let campaigns = edited(&[]);
    let app = started(&campaigns, MONDAY);
    for n in 0..45 {
        app.hot_one(&format!("p{n}@example.org"), &format!("Nom{n}"), "saas"); // all of them are Alex's
    }
    app.settle();
    let alone = |app: &TestApp| {
        let all = app.mails_to("alex@example.com").into_iter();
        all.filter(|sent| !sent.is_digest()).collect::<Vec<_>>()
    };
    assert_eq!(alone(&app).len(), 20);
    assert_eq!(app.digests("alerts-").len(), 0);
    app.advance("PT62M");
    let digests: Vec<Sent> = app
        .digests("alerts-")
        .into_iter()
        .filter(|sent| sent.to == "alex@example.com")
        .collect();
    assert_eq!(digests.len(), 1);
    let mail = app.mail(&digests[0]);
    // Every lead is told once: by itself, or in the digest.
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for sent in alone(&app).iter().filter(|sent| sent.step == "alert") {
        *told.entry(app.mail(sent).text).or_default() += 1;
    }
    assert_eq!(told.len(), 20);
    let in_digest = (0..45)
        .filter(|n| mail.text.split_whitespace().any(|word| word == format!("Nom{n}")))
        .count();
    assert!(in_digest >= 25, "{}", mail.text);
    // Nobody gets more than twenty by themselves within any hour, reminders included, and one digest.
    app.advance("PT6H");
    let mut by_reader: BTreeMap<String, (Vec<jiff::Timestamp>, Vec<jiff::Timestamp>)> = BTreeMap::new();
    for sent in app.outbox().iter().filter(|sent| sent.class == "alert") {
        let of = by_reader.entry(sent.to.clone()).or_default();
        match sent.is_digest() {
            true if sent.step.starts_with("alerts-") => of.1.push(sent.at),
            true => {}
            false => of.0.push(sent.at),
        }
    }
    let hour = SignedDuration::from_hours(1);
    for (reader, (alone, digests)) in by_reader {
        let crowd = alone.windows(21).find(|many| many[20].duration_since(many[0]) < hour);
        assert_eq!(crowd, None, "{reader}");
        assert!(
            digests.windows(2).all(|two| two[1].duration_since(two[0]) >= hour),
            "{reader}: {digests:?}"
        );
    }
}

#[test]
fn what_waits_at_a_desk_survives_a_kill() {
    let data = tempfile::tempdir().expect("a folder");
    let app = Start {
        data: Some(data.path()),
        now: "2026-03-02T16:53:00Z",
        ..Start::default()
    }
    .start();
    app.hot_one("ana@example.org", "Martin", "saas");
    app.settle();
    app.kill();
    for _ in 0..2 {
        let app = Start {
            data: Some(data.path()),
            now: "2026-03-02T16:53:00Z",
            ..Start::default()
        }
        .start();
        app.advance("PT9H"); // past the next morning the second time
        app.kill();
    }
    let app = Start {
        data: Some(data.path()),
        now: "2026-03-02T16:53:00Z",
        ..Start::default()
    }
    .start();
    let morning = app.digests("morning-");
    let tuesday: Vec<&Sent> = morning.iter().filter(|sent| sent.local().day() == 3).collect();
    let to: Vec<&str> = tuesday.iter().map(|sent| sent.to.as_str()).collect();
    assert_eq!(to.len(), 2, "Alex and whoever steps in, each once: {to:?}");
    assert!(to.contains(&"alex@example.com") && to.contains(&DIRECTION));
}
