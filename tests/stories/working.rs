//! The console as those use it who work with leads: home, list, call list, one lead, several at once (design.md section 5),
//! and what a visitor meets where something went wrong.

use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const BOB: &str = "bob@example.org";

/// A browser at work: its cookie.
struct Browser<'a> {
    app: &'a TestApp,
    cookie: String,
}

impl<'a> Browser<'a> {
    /// With the operator's key.
    fn operator(app: &'a TestApp) -> Self {
        let cookie = app.sign_in();
        Self { app, cookie }
    }

    /// With the key of a user of this role.
    fn user(app: &'a TestApp, name: &str, role: &str) -> Self {
        let body = json!({ "name": name, "role": role }).to_string();
        let made = app.operator("POST", "/api/users", body).json();
        let headers = [BROWSER, URLENCODED, ("Origin", app.base.as_str())];
        let key = made["key"].as_str().expect("a key");
        let answer = app.send("POST", "/console/login", &headers, urlencoded(&[("key", key)]));
        let cookie = answer.header("set-cookie").split(';').next().expect("a cookie");
        Self {
            app,
            cookie: cookie.to_owned(),
        }
    }

    fn get(&self, path: &str) -> Answer {
        let headers = [BROWSER, ("Cookie", self.cookie.as_str()), ("Accept-Language", "en")];
        self.app.send("GET", path, &headers, "")
    }

    fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    fn press(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = ("Origin", self.app.base.as_str());
        let language = ("Accept-Language", "en");
        let headers = [BROWSER, URLENCODED, ("Cookie", self.cookie.as_str()), origin, language];
        self.app.send("POST", path, &headers, urlencoded(fields))
    }
}

fn posted(app: &TestApp, address: &str, fields: &[(&str, &str)]) -> String {
    assert_eq!(app.post(&[&[("email", address)], fields].concat()).status, 303);
    app.settle();
    app.lead_id(address).expect("a lead")
}

/// Where each of the texts stands first; all of them are there, in this order.
#[track_caller]
fn in_order(page: &str, texts: &[&str]) {
    let mut from = 0;
    for text in texts {
        let at = page[from..].find(text);
        from += at.unwrap_or_else(|| panic!("{text} does not come next in {}", &page[from..]));
    }
}

/// The ids of the leads of a page, in their order.
fn leads_on(page: &str) -> Vec<String> {
    let links = page.split("scope=\"row\"><a href=\"/console/leads/").skip(1);
    links.map(|link| link[..26].to_owned()).collect()
}

/// The address behind a link of this relation.
fn link(page: &str, rel: &str) -> Option<String> {
    let (before, _) = page.split_once(&format!("\" rel=\"{rel}\""))?;
    let (_, href) = before.rsplit_once("href=\"")?;
    Some(href.replace("&amp;", "&"))
}

#[test]
fn the_list_shows_who_needs_what_whose_it_is_and_what_is_next() {
    let app = TestApp::start();
    let named = [
        ("first_name", "Zoé"),
        ("last_name", "Guérin"),
        ("company", "Menuiserie Lumen"),
        ("utm_source", "salon"),
    ];
    let ana = posted(&app, ANA, &[&HOT[..], &named, &[("sector", "saas")]].concat());
    let bob = posted(&app, BOB, &[]);
    let browser = Browser::operator(&app);
    let page = browser.page("/console/leads");
    assert_eq!(leads_on(&page), [bob.clone(), ana.clone()], "newest first");
    in_order(
        &page,
        &[
            "2 leads",
            BOB,
            "Zoé Guérin",
            "Menuiserie Lumen",
            "Plus de demandes de devis",
            "MQL",
            "Alex Example",
            "salon",
            "Call",
        ],
    );
    assert!(
        page.contains("<details class=\"filters\"><summary>"),
        "the filters are folded"
    );
    // Each view is an address.
    for (view, found) in [
        ("call=now", vec![&ana]),
        ("call=late", vec![]),
        ("since=P7D", vec![&bob, &ana]),
        ("stage=mql", vec![&ana]),
        ("grade=A", vec![&ana]),
        ("owner=alex", vec![&ana]),
        ("source=salon", vec![&ana]),
        ("q=guerin", vec![&ana]),
        ("q=lumen", vec![&ana]),
        ("q=BOB", vec![&bob]),
        ("sort=name", vec![&ana, &bob]),
        ("sort=deadline", vec![&ana, &bob]),
    ] {
        let page = browser.page(&format!("/console/leads?{view}"));
        assert_eq!(leads_on(&page).iter().collect::<Vec<_>>(), found, "{view}");
    }
    for view in ["call=now", "call=late", "since=P7D", "stage=mql"] {
        assert!(page.contains(&format!("href=\"/console/leads?{view}\"")), "{view}");
    }
    // The columns sort, and say how they do.
    assert!(page.contains("href=\"/console/leads?sort=name\""));
    let sorted = browser.page("/console/leads?sort=name");
    assert!(sorted.contains("aria-sort=\"ascending\"") && sorted.contains("sort=-name"));
    // A user who is an owner has a view of their own.
    assert!(!page.contains("?owner="));
    assert!(
        Browser::user(&app, "Alex Example", "sales")
            .page("/console/leads")
            .contains("href=\"/console/leads?owner=alex\"")
    );
}

#[test]
fn the_api_filters_by_grade_and_by_when_somebody_came() {
    let app = TestApp::start();
    posted(&app, ANA, &[&HOT[..], &[("sector", "saas")]].concat());
    app.advance("P10D");
    posted(&app, BOB, &[]);
    let found = |query: &str| {
        let list = app.api(&format!("/api/leads?{query}"));
        let leads = list["leads"].as_array().expect("leads").iter();
        leads.map(|lead| lead["email"].clone()).collect::<Vec<Value>>()
    };
    let grade = app.lead(ANA)["grade"].as_str().expect("a grade").to_owned();
    assert_eq!(found(&format!("grade={grade}")), [ANA]);
    assert_eq!(found(&format!("grade={}", &grade[..1])), [ANA]);
    assert_eq!(found("grade=D&q=BOB"), [BOB]);
    assert_eq!(found("grade=B4"), Vec::<Value>::new());
    let day = app.now().to_string()[..10].to_owned();
    for since in ["P7D", "P1W", day.as_str(), &format!("{day}T00:00:00Z")] {
        assert_eq!(found(&format!("since={since}")), [BOB], "{since}");
    }
    assert_eq!(found(&format!("since=P7D&q={ANA}")), Vec::<Value>::new());
    for wrong in ["grade=E", "grade=a1", "since=soon", "sort=deadline"] {
        let answer = app.operator("GET", &format!("/api/leads?{wrong}"), "");
        assert_eq!(answer.status, 400, "{wrong}");
    }
}

#[test]
fn a_page_of_fifty_leads_is_small_and_one_pages_back_and_forth() {
    let app = TestApp::start();
    for n in 0..120 {
        let (email, name) = (format!("person.{n:03}@a-company-{n:03}.example"), format!("Nom{n:03}"));
        let fields = [
            ("email", email.as_str()),
            ("first_name", "Marie-Antoinette"),
            ("last_name", &name),
            ("company", "Menuiserie et Charpente de la Vallée"),
            ("utm_source", "lettre-d-information"),
        ];
        let hot = if n % 3 == 0 { &HOT[..] } else { &[] };
        assert_eq!(app.post(&[&fields, hot].concat()).status, 303);
    }
    app.settle();
    let browser = Browser::operator(&app);
    for query in ["", "?call=now", "?sort=-name"] {
        let page = browser.page(&format!("/console/leads{query}"));
        assert!(page.len() < 60_000, "{query}: {} bytes", page.len());
    }
    for path in ["/console", "/console/retention"] {
        assert!(browser.page(path).len() < 60_000, "{path}");
    }
    for query in ["", "?sort=name"] {
        let mut pages = vec![browser.page(&format!("/console/leads{query}"))];
        while let Some(next) = link(pages.last().expect("one"), "next") {
            pages.push(browser.page(&next));
        }
        let sizes: Vec<_> = pages.iter().map(|page| leads_on(page).len()).collect();
        assert_eq!(sizes, [50, 50, 20], "{query}");
        // The same way back.
        let mut here = pages[2].clone();
        for earlier in [&pages[1], &pages[0]] {
            here = browser.page(&link(&here, "prev").expect("a way back"));
            assert_eq!(leads_on(&here), leads_on(earlier), "{query}");
        }
        assert_eq!(link(&here, "prev"), None);
    }
    // Who will be erased comes a page at a time, by name.
    let kept = browser.page("/console/retention?days=3650");
    assert_eq!(
        kept.matches("Marie-Antoinette Nom").count(),
        100,
        "a page looks at a hundred at a time"
    );
    let first = app.api("/api/retention?days=3650");
    let rest = app.api(&format!(
        "/api/retention?days=3650&cursor={}",
        first["next"].as_str().expect("more")
    ));
    let names = |part: &Value| {
        part["leads"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["name"].to_string())
            .collect::<Vec<_>>()
    };
    let mut all = [names(&first), names(&rest)].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 120, "each once");
}

#[test]
fn the_call_list_comes_by_deadline_with_numbers() {
    let app = TestApp::start();
    let phone = [("phone", "01 99 00 12 34"), ("first_name", "Ana")];
    let first = posted(&app, ANA, &[&HOT[..], &phone].concat());
    app.advance("PT2M");
    let second = posted(&app, BOB, &HOT);
    let browser = Browser::operator(&app);
    let page = browser.page("/console/leads?call=now");
    assert_eq!(
        leads_on(&page),
        [first.clone(), second.clone()],
        "the first deadline first"
    );
    in_order(
        &page,
        &[
            "href=\"tel:+33199001234\">01 99 00 12 34",
            "data-head=\"Owner\"",
            "by Monday 2 March",
        ],
    );
    app.advance("PT6M");
    let late = browser.page("/console/leads?call=late");
    assert_eq!(leads_on(&late), [first, second]);
    assert!(late.contains("<strong class=\"late\">overdue"));
}

/// What another system reports, signed as Standard Webhooks say.
fn report(app: &TestApp, id: &str, body: &Value) {
    let told = app.api("/local/triggers");
    let webhook = standardwebhooks::Webhook::new(told["secret"].as_str().expect("a secret")).expect("a secret");
    let (text, at) = (body.to_string(), app.now().as_second());
    let signature = webhook.sign(id, at, text.as_bytes()).expect("signed");
    let at = at.to_string();
    let headers = [
        JSON,
        ("webhook-id", id),
        ("webhook-timestamp", &at),
        ("webhook-signature", &signature),
    ];
    assert_eq!(app.send("POST", "/triggers/demo", &headers, text).status, 202);
}

#[test]
fn home_says_what_there_is_to_do() {
    let app = TestApp::start();
    let browser = Browser::operator(&app);
    in_order(
        &browser.page("/console"),
        &["Nobody to call right now", "Sending is on"],
    );
    posted(&app, BOB, &[]);
    app.advance("P8D");
    let id = posted(&app, ANA, &[&HOT[..], &[("first_name", "Ana")]].concat());
    app.advance("PT1H");
    // A session ends when nobody uses it.
    let browser = Browser::operator(&app);
    let page = browser.page("/console");
    // To call, late, new, MQLs.
    in_order(
        &page,
        &[
            "<strong>1</strong>",
            "To call",
            "<strong>1</strong>",
            "Overdue",
            "<strong>1</strong>",
            "New this week",
            "1 the week before",
            "<strong>1</strong>",
            "0 the week before",
        ],
    );
    in_order(&page, &["To call", &format!("/console/leads/{id}"), ANA, "overdue"]);
    let reply = json!({ "type": "reply", "email": ANA, "occurred_at": app.now().to_string(), "data": {} });
    report(&app, "reply-1", &reply);
    in_order(&browser.page("/console"), &["Replies this week", &id]);
}

#[test]
fn a_leads_page_is_in_the_order_of_the_work_and_keeps_what_was_typed() {
    let app = TestApp::start();
    let id = posted(
        &app,
        ANA,
        &[&HOT[..], &[("phone", "01 99 00 12 34"), ("first_name", "Ana")]].concat(),
    );
    let browser = Browser::operator(&app);
    let path = format!("/console/leads/{id}");
    in_order(
        &browser.page(&path),
        &[
            "tel:+33199001234",
            "mailto:",
            "Plus de demandes de devis",
            "Next task",
            "Log a call",
            "Add note",
            "Assign to",
            "Record an answer",
            "Score",
            "Upcoming emails",
            "Consents",
            "Timeline",
            "Enquiries",
            "Personal data",
        ],
    );
    let refused = browser.press(
        &format!("{path}/attempts"),
        &[("outcome", "not_a_fit"), ("until", "2026-04-01T10:00")],
    );
    let text = refused.text();
    assert_eq!(refused.status, 422);
    assert!(text.contains("value=\"not_a_fit\" selected") && text.contains("value=\"2026-04-01T10:00\""));
    assert!(text.contains("role=\"alert\" tabindex=\"-1\" autofocus"));
    let snoozed = [
        ("outcome", "snooze"),
        ("note", "rappelle"),
        ("until", "2020-01-01T10:00"),
    ];
    let text = browser.press(&format!("{path}/attempts"), &snoozed).text();
    assert!(text.contains("value=\"snooze\" selected") && text.contains(">rappelle</textarea>"));
    let text = browser
        .press(&format!("{path}/stage"), &[("to", "sql"), ("reason", "")])
        .text();
    assert!(text.contains("value=\"sql\" selected"));
    // Who is kept longer, and what is held of them.
    let keep = [("until", "2030-12-31"), ("reason", "contrat")];
    assert_eq!(
        browser
            .press(&format!("{path}/keep"), &[("until", "2030-12-31")])
            .status,
        422
    );
    assert_eq!(browser.press(&format!("{path}/keep"), &keep).status, 303);
    assert_eq!(app.lead(ANA)["kept"]["reason"], "contrat");
    let export = browser.get(&format!("{path}/export"));
    assert!(export.header("content-disposition").contains("attachment"));
    assert_eq!(export.json()["email"], ANA);
    // A reader neither sees the forms nor can press them.
    let reader = Browser::user(&app, "Lu", "read");
    assert!(!reader.page(&path).contains("method=\"post\" action=\"/console/leads"));
    assert_eq!(reader.press(&format!("{path}/keep"), &keep).status, 403);
}

#[test]
fn a_lead_is_added_by_hand() {
    let app = TestApp::start();
    let browser = Browser::operator(&app);
    assert!(
        browser
            .page("/console/leads/add?campaign=guide-seo")
            .contains("name=\"budget\"")
    );
    let wrong = [("campaign", "guide-seo"), ("email", "ana@"), ("first_name", "Ana")];
    let refused = browser.press("/console/leads", &wrong);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("value=\"Ana\"") && refused.text().contains("value=\"ana@\""));
    let fields = [
        ("campaign", "guide-seo"),
        ("email", ANA),
        ("first_name", "Ana"),
        ("budget", "15 000 €"),
        ("source", "salon"),
        ("method", "at the fair"),
        ("evidence", "card 12"),
    ];
    assert_eq!(browser.press("/console/leads", &fields).status, 303);
    let lead = app.lead(ANA);
    assert_eq!(
        (&lead["answers"]["budget"], &lead["source"]),
        (&json!("15000"), &json!("salon"))
    );
    assert_eq!(lead["consents"][0]["state"], "given");
    assert_eq!(app.mails_to(ANA).len(), 0);
    assert_eq!(
        Browser::user(&app, "Sam", "sales")
            .press("/console/leads", &fields)
            .status,
        403
    );
}

#[test]
fn several_leads_are_assigned_moved_exported_and_erased_each_by_its_right() {
    let app = TestApp::start();
    let ids = [posted(&app, ANA, &HOT), posted(&app, BOB, &[])];
    let chosen = [
        ("lead", ids[0].as_str()),
        ("lead", ids[1].as_str()),
        ("back", "stage=mql&q=%22%3E"),
    ];
    let sales = Browser::user(&app, "Sam", "sales");
    let bulk = |browser: &Browser<'_>, fields: &[(&str, &str)]| {
        browser.press("/console/leads/bulk", &[&chosen, fields].concat())
    };

    let assigned = bulk(&sales, &[("do", "assign"), ("owner", "direction")]);
    assert_eq!(
        (assigned.status, assigned.header("location")),
        (303, "/console/leads?stage=mql&q=%22%3E&done=2")
    );
    for address in [ANA, BOB] {
        assert_eq!(app.lead(address)["owner"], "direction");
    }
    // Who cannot be moved is named; the others are.
    let moved = bulk(&sales, &[("do", "stage"), ("to", "sql"), ("reason", "salon")]);
    assert_eq!(moved.status, 303, "{}", moved.text());
    let back = bulk(&sales, &[("do", "stage"), ("to", "lead"), ("reason", "erreur")]);
    assert_eq!(back.status, 409);
    assert!(back.text().contains(ANA) && back.text().contains("2 leads weren’t changed"));
    assert_eq!(app.lead(ANA)["stage"], "sql");

    let table = bulk(&sales, &[("do", "export"), ("for", "program")]);
    assert!(table.header("content-disposition").contains("attachment"));
    assert_eq!(table.text().lines().count(), 3, "{}", table.text());

    // Erasing needs another role, and one press more.
    assert_eq!(bulk(&sales, &[("do", "erase"), ("sure", "1")]).status, 403);
    let operator = Browser::operator(&app);
    let asked = bulk(&operator, &[("do", "erase")]);
    assert!(asked.status == 200 && asked.text().contains("Delete 2 people?") && asked.text().contains(ANA));
    assert!(app.lead_id(ANA).is_some());
    assert_eq!(bulk(&operator, &[("do", "erase"), ("sure", "1")]).status, 303);
    assert_eq!((app.lead_id(ANA), app.lead_id(BOB)), (None, None));

    assert_eq!(
        operator
            .press("/console/leads/bulk", &[("do", "assign"), ("owner", "alex")])
            .status,
        422
    );
    assert_eq!(
        operator
            .press("/console/leads/bulk", &[("do", "erase"), ("lead", "nobody")])
            .status,
        422
    );
    assert_eq!(
        Browser::user(&app, "Lu", "read")
            .press("/console/leads/bulk", &chosen)
            .status,
        403
    );
}

#[test]
fn what_is_wrong_comes_first_and_dead_ends_lead_on() {
    let app = TestApp::start();
    let answer = app.post(&[("email", "ana@"), ("_lang", "fr")]);
    assert_eq!(answer.status, 422);
    let page = answer.text();
    assert!(page.contains("<title>Erreur\u{a0}: "), "{page}");
    assert!(page.contains("role=\"alert\" tabindex=\"-1\" autofocus"));
    assert!(
        app.get("/forms/guide-seo?lang=fr").text().contains("<title>")
            && !app.get("/forms/guide-seo").text().contains("autofocus")
    );

    let guide = app.guide_for(ANA, &[TICKED]);
    app.advance("P31D");
    let over = app.send("GET", &guide.link("/confirm?t="), &[BROWSER], "");
    assert_eq!(over.status, 410);
    assert!(over.text().contains("href=\"/forms/guide-seo?lang="), "{}", over.text());
    let changed = guide.link("/confirm?t=").replace("guide-seo", "other");
    assert!(
        !app.send("GET", &changed, &[BROWSER], "").text().contains("/forms/"),
        "of nobody else's making"
    );
}

#[test]
fn r66_my_data_says_nothing_that_was_written_for_sales() {
    let app = TestApp::start();
    let id = posted(&app, ANA, &HOT);
    let browser = Browser::operator(&app);
    let attempt = [("outcome", "not_a_fit"), ("note", "trop petit pour nous")];
    assert_eq!(
        browser.press(&format!("/console/leads/{id}/attempts"), &attempt).status,
        303
    );
    assert!(
        browser
            .page(&format!("/console/leads/{id}"))
            .contains("trop petit pour nous")
    );
    let asked = app.send(
        "POST",
        "/my-data?lang=en",
        &[BROWSER, URLENCODED],
        urlencoded(&[("email", ANA)]),
    );
    assert_eq!(asked.status, 200);
    app.settle();
    let mails = app.mails_to(ANA);
    let link = app.mail(mails.last().expect("the link")).link("/my-data?t=");
    let page = app.send("GET", &link, &[BROWSER, ("Accept-Language", "en")], "").text();
    assert!(page.contains(ANA) && page.contains("Plus de demandes de devis"));
    for internal in ["call back", "rappeler", "trop petit", "Alex Example", "Alert"] {
        assert!(!page.contains(internal), "{internal}: {page}");
    }
}
