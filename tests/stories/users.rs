//! Users, roles, sessions and wrong keys (design.md section 5, *Users* and *Limits by default*; issue 15, line 19 and item 7).

use serde_json::{Value, json};

use crate::test_app::*;

const ANA: &str = "ana@example.org";
const ROLES: [&str; 4] = ["read", "sales", "write", "admin"];

/// Adds a user and returns the key.
fn add(app: &TestApp, name: &str, role: &str) -> String {
    let answer = app.operator("POST", "/api/users", json!({ "name": name, "role": role }).to_string());
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["key"].as_str().expect("a key").to_owned()
}

fn call(app: &TestApp, key: &str, method: &str, path: &str, body: &str) -> Answer {
    app.send(
        method,
        path,
        &[("Authorization", &format!("Bearer {key}")), JSON, SCRIPT],
        body,
    )
}

/// Signs in with a key; the cookie.
fn sign_in(app: &TestApp, key: &str) -> String {
    let headers = [BROWSER, URLENCODED, ("Origin", app.base.as_str())];
    let answer = app.send("POST", "/console/login", &headers, urlencoded(&[("key", key)]));
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer
        .header("set-cookie")
        .split(';')
        .next()
        .expect("a cookie")
        .to_owned()
}

fn page(app: &TestApp, cookie: &str, path: &str) -> Answer {
    app.send("GET", path, &[BROWSER, ("Cookie", cookie)], "")
}

fn press(app: &TestApp, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let headers = [BROWSER, URLENCODED, ("Cookie", cookie), ("Origin", app.base.as_str())];
    app.send("POST", path, &headers, urlencoded(fields))
}

fn users(app: &TestApp) -> Vec<Value> {
    app.api("/api/users")["users"].as_array().expect("users").clone()
}

fn user(app: &TestApp, name: &str) -> Option<Value> {
    users(app).into_iter().find(|user| user["name"] == name)
}

#[test]
fn r103_users_are_added_listed_and_removed() {
    let app = TestApp::start();
    let operator = user(&app, "operator").expect("the operator is one of them");
    assert_eq!(
        (&operator["role"], &operator["expires_at"]),
        (&json!("admin"), &Value::Null)
    );
    assert!(operator["last_used_at"].is_string(), "just now");

    let made = app.operator("POST", "/api/users", r#"{"name":"Anne-Marie O’Neill","role":"sales"}"#);
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(made["expires_at"], "2026-05-31T09:00:00Z", "90 days");
    let key = made["key"].as_str().expect("a key").to_owned();
    assert!(key.starts_with("piste_main_"), "{key}");
    let listed = user(&app, "Anne-Marie O’Neill").expect("listed");
    assert!(listed.get("key").is_none() && !users(&app).iter().any(|user| user.to_string().contains(&key)));
    assert_eq!(listed["last_used_at"], Value::Null);
    assert_eq!(call(&app, &key, "GET", "/api/leads", "").status, 200);
    let used = user(&app, "Anne-Marie O’Neill").expect("listed")["last_used_at"].clone();
    assert_eq!(used, "2026-03-02T09:00:00Z");

    // All problems at once, and none of them makes a user.
    for (body, status, codes) in [
        (
            r#"{"name":"","role":"boss","expires_at":"2020-01-01"}"#,
            422,
            vec!["bad_name", "unknown_role", "bad_moment"],
        ),
        (r#"{"name":"a@example.org","role":"read"}"#, 422, vec!["bad_name"]),
        (
            r#"{"name":"x","role":"read","expires_at":"soon"}"#,
            422,
            vec!["bad_moment"],
        ),
        (r#"{"name":"anne-marie o’neill","role":"read"}"#, 409, vec![]),
        (r#"{"name":"operator","role":"read"}"#, 422, vec!["reserved_name"]),
        (r#"{"name":"Operator-2","role":"admin"}"#, 422, vec!["reserved_name"]),
        (r#"{"name":"x"}"#, 400, vec![]),
        (r#"{"name":"x","role":"read","admin":true}"#, 400, vec![]),
    ] {
        let answer = app.operator("POST", "/api/users", body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        let found: Vec<_> = answer.json()["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|error| error["code"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(found, codes, "{body}");
    }
    assert_eq!(users(&app).len(), 2);

    let cookie = sign_in(&app, &key);
    assert_eq!(page(&app, &cookie, "/console/leads").status, 200);
    let gone = app.operator("DELETE", "/api/users/Anne-Marie%20O%E2%80%99Neill", "");
    assert_eq!(
        (gone.status, gone.json()["users"].as_array().map(Vec::len)),
        (200, Some(1))
    );
    app.advance("PT1M");
    assert_eq!(call(&app, &key, "GET", "/api/leads", "").status, 401);
    assert_eq!(
        page(&app, &cookie, "/console/leads").status,
        303,
        "its sessions end with it"
    );
    assert_eq!(app.operator("DELETE", "/api/users/nobody", "").status, 404);
    let last = app.operator("DELETE", "/api/users/operator", "");
    assert_eq!((last.status, &last.json()["code"]), (409, &json!("last_admin")));
    assert_eq!(app.operator("GET", "/api/users", "").status, 200);
}

#[test]
fn a_key_ends_by_itself() {
    let app = TestApp::start();
    let body = r#"{"name":"tool","role":"read","expires_at":"2026-03-03"}"#;
    let made = app.operator("POST", "/api/users", body).json();
    assert_eq!(
        made["expires_at"], "2026-03-03T23:00:00Z",
        "the end of that day in Paris"
    );
    let key = made["key"].as_str().expect("a key");
    let cookie = sign_in(&app, key);
    app.advance("PT29M");
    assert_eq!(page(&app, &cookie, "/console/leads").status, 200);
    app.advance("PT37H30M");
    assert_eq!(call(&app, key, "GET", "/api/leads", "").status, 200);
    let cookie = sign_in(&app, key);
    app.advance("PT1M");
    let ended = call(&app, key, "GET", "/api/leads", "");
    assert_eq!((ended.status, &ended.json()["code"]), (401, &json!("key_expired")));
    assert!(!ended.header("www-authenticate").is_empty());
    assert_eq!(page(&app, &cookie, "/console/leads").status, 303);
    assert!(
        user(&app, "tool").is_some(),
        "it stays in the list until somebody removes it"
    );
}

/// R106: generated from the table of routes. A role opens what its place in the order opens, here and in the console.
#[test]
fn r106_every_route_asks_for_its_role() {
    let app = TestApp::start();
    let nobody = "a".repeat(26);
    let keys = ROLES.map(|role| (role, add(&app, role, role)));
    let mut asked = 0;
    let openapi = app.get("/api/openapi.json").json();
    for (path, methods) in openapi["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let Some(told) = operation["description"].as_str() else {
                assert_eq!(path, "/openapi.json", "open to everybody");
                continue;
            };
            let needs = ROLES
                .iter()
                .position(|role| told.contains(&format!("`{role}`")))
                .expect("a role");
            let url = format!("/api{}", path.replace("{id}", &nobody).replace("{name}", "nobody"));
            assert_eq!(
                call(&app, "", &method.to_uppercase(), &url, "{}").status,
                401,
                "{method} {path}"
            );
            for (place, (role, key)) in keys.iter().enumerate() {
                // A body that nothing takes: whoever may gets as far as that.
                let body = if path == "/sending/release" { "{}" } else { "[]" };
                let answer = call(&app, key, &method.to_uppercase(), &url, body);
                let may = place >= needs;
                assert_eq!(
                    answer.status != 403,
                    may,
                    "{method} {path} as {role}: {}",
                    answer.text()
                );
                if !may {
                    assert_eq!(answer.json()["code"], "role_needed");
                    assert!(answer.text().contains(ROLES[needs]), "it says what to ask for");
                }
                asked += 1;
            }
        }
    }
    assert!(asked >= 4 * 20, "{asked}");
    // As the design says it, route by route.
    for (role, method, path) in [
        ("read", "GET", "/leads"),
        ("sales", "POST", "/leads/{id}/stage"),
        ("sales", "POST", "/leads/{id}/attempts"),
        ("sales", "POST", "/leads/{id}/notes"),
        ("sales", "POST", "/leads/{id}/assign"),
        ("sales", "PATCH", "/leads/{id}"),
        ("write", "POST", "/leads"),
        ("write", "DELETE", "/leads/{id}"),
        ("read", "GET", "/quarantine"),
        ("write", "POST", "/quarantine/{id}/release"),
        ("write", "DELETE", "/quarantine/{id}"),
        ("admin", "GET", "/users"),
        ("admin", "POST", "/users"),
        ("admin", "POST", "/sending/hold"),
        ("admin", "POST", "/sending/release"),
    ] {
        let told = openapi["paths"][path][method.to_lowercase()]["description"]
            .as_str()
            .unwrap_or_default();
        assert!(told.contains(&format!("`{role}`")), "{method} {path}: {told}");
    }
}

#[test]
fn the_console_refuses_with_a_page_that_says_what_to_ask_for() {
    let app = TestApp::start();
    app.guide_for(ANA, &[]);
    let id = app.lead_id(ANA).expect("a lead");
    let reader = sign_in(&app, &add(&app, "reader", "read"));
    let seller = sign_in(&app, &add(&app, "Zoé", "sales"));
    let lead = format!("/console/leads/{id}");
    let shown = page(&app, &reader, &lead).text();
    assert!(
        shown.contains(ANA) && !shown.contains("/notes") && !shown.contains("/stage") && !shown.contains("/attempts")
    );
    assert!(page(&app, &seller, &lead).text().contains("/notes"));
    for form in ["stage", "attempts", "notes", "assign"] {
        let answer = press(
            &app,
            &reader,
            &format!("{lead}/{form}"),
            &[("text", "x"), ("to", "sql"), ("reason", "x")],
        );
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (403, "text/html; charset=utf-8"),
            "{form}"
        );
        let words = app
            .send(
                "POST",
                &format!("{lead}/{form}?lang=en"),
                &[BROWSER, URLENCODED, ("Cookie", &reader), ("Origin", &app.base)],
                "",
            )
            .text();
        assert!(words.contains("with the role “sales”"), "{words}");
    }
    for (path, role) in [
        ("/console/users", "administration"),
        ("/console/sending/hold", "administration"),
    ] {
        let answer = match path.ends_with("hold") {
            true => press(&app, &seller, path, &[("reason", "x")]),
            false => page(&app, &seller, path),
        };
        assert_eq!(answer.status, 403, "{path}");
        let words = app
            .send("GET", "/console/users?lang=fr", &[BROWSER, ("Cookie", &seller)], "")
            .text();
        assert!(words.contains(role), "{words}");
    }
    assert!(!page(&app, &seller, "/console/leads").text().contains("/console/users"));
    assert_eq!(app.api("/api/sending")["state"], "open");
    assert_eq!(app.lead(ANA)["stage"], "lead");
}

/// What users do carries their name; what the operator does stays the operator's.
#[test]
fn history_and_notes_say_who() {
    let app = TestApp::start();
    app.guide_for(ANA, &HOT);
    let id = app.lead_id(ANA).expect("a lead");
    let zoe = add(&app, "Zoé", "sales");
    let path = |what: &str| format!("/api/leads/{id}{what}");
    assert_eq!(
        call(&app, &zoe, "POST", &path("/notes"), r#"{"text":"Rappeler jeudi"}"#).status,
        200
    );
    assert_eq!(app.operator("POST", &path("/notes"), r#"{"text":"Vu"}"#).status, 200);
    assert_eq!(
        call(&app, &zoe, "POST", &path("/attempts"), r#"{"outcome":"no_answer"}"#).status,
        200
    );
    assert_eq!(
        call(&app, &zoe, "PATCH", &path(""), r#"{"answers":{"budget":"20000"}}"#).status,
        200
    );
    assert_eq!(
        call(
            &app,
            &zoe,
            "POST",
            &path("/stage"),
            r#"{"to":"sql","reason":"Projet validé"}"#
        )
        .status,
        200
    );
    let lead = app.lead(ANA);
    let by = |list: &Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|entry| entry["by"].as_str().expect("a name").to_owned())
            .collect()
    };
    let notes = by(&lead["notes"]);
    assert!(
        notes.starts_with(&["Zoé".to_owned(), "operator".to_owned()]),
        "{notes:?}"
    );
    assert_eq!(by(&lead["case"]["attempts"]), ["Zoé"]);
    let moved = lead["timeline"]
        .as_array()
        .expect("events")
        .iter()
        .filter(|event| event["kind"] == "stage");
    let words: Vec<_> = moved.filter_map(|event| event["text"].as_str()).collect();
    assert!(words.last().is_some_and(|text| text.contains("Zoé")), "{words:?}");
    let export = app.api(&format!("/api/leads/{id}/export"));
    assert!(export["stages"].to_string().contains("Zoé"), "{}", export["stages"]);
}

#[test]
fn the_page_of_users_adds_shows_the_key_once_and_removes() {
    let app = TestApp::start();
    let cookie = app.sign_in();
    for (language, title, never) in [("fr", "Utilisateurs", "jamais"), ("en", "Users", "never")] {
        let text = page(&app, &cookie, &format!("/console/users?lang={language}")).text();
        assert!(
            text.contains(title) && text.contains(never) && text.contains("operator"),
            "{text}"
        );
    }
    let made = press(
        &app,
        &cookie,
        "/console/users",
        &[("name", "Zoé <b>"), ("role", "read")],
    );
    assert_eq!(made.status, 422);
    for (language, says) in [("fr", "réservés"), ("en", "reserved")] {
        let path = format!("/console/users?lang={language}");
        let refused = press(&app, &cookie, &path, &[("name", "operator-2"), ("role", "read")]);
        assert!(
            refused.status == 422 && refused.text().contains(says),
            "{}",
            refused.text()
        );
    }
    let made = press(
        &app,
        &cookie,
        "/console/users",
        &[("name", "Zoé M."), ("role", "read"), ("expires_at", "")],
    );
    assert_eq!(made.status, 201);
    let text = made.text();
    let key = text
        .split("<code>")
        .nth(1)
        .and_then(|rest| rest.split("</code>").next())
        .expect("the key");
    assert_eq!(call(&app, key, "GET", "/api/leads", "").status, 200);
    assert!(
        !page(&app, &cookie, "/console/users").text().contains(key),
        "shown once"
    );
    assert_eq!(
        press(&app, &cookie, "/console/users", &[("name", "zoé m."), ("role", "read")]).status,
        409
    );
    assert_eq!(press(&app, &cookie, "/console/users/operator/revoke", &[]).status, 409);
    let text = page(&app, &cookie, "/console/users").text();
    let action = text
        .split("action=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|action| action.contains("Zo"));
    let action = action.expect("a button").to_owned();
    assert_eq!(press(&app, &cookie, &action, &[]).status, 303);
    assert_eq!(call(&app, key, "GET", "/api/leads", "").status, 401);
    let foreign = [
        BROWSER,
        URLENCODED,
        ("Cookie", cookie.as_str()),
        ("Origin", "https://evil.example"),
    ];
    assert_eq!(
        app.send("POST", "/console/users", &foreign, "name=x&role=admin").status,
        403,
        "CSRF"
    );
}

#[test]
fn r105_a_session_ends_alone_idle_and_after_twelve_hours() {
    let app = TestApp::start();
    let (one, other) = (app.sign_in(), app.sign_in());
    assert_ne!(one, other);
    assert_eq!(press(&app, &one, "/console/logout", &[]).status, 303);
    assert_eq!(
        page(&app, &one, "/console/leads").status,
        303,
        "the cookie of a session that was closed opens nothing"
    );
    assert_eq!(page(&app, &other, "/console/leads").status, 200, "that one alone");
    // In use, it lives on.
    for _ in 0..3 {
        app.advance("PT29M");
        assert_eq!(page(&app, &other, "/console/leads").status, 200);
    }
    app.advance("PT30M1S");
    assert_eq!(page(&app, &other, "/console/leads").status, 303, "idle");
    let long = app.sign_in();
    for _ in 0..28 {
        app.advance("PT25M");
        assert_eq!(page(&app, &long, "/console/leads").status, 200);
    }
    app.advance("PT20M");
    assert_eq!(page(&app, &long, "/console/leads").status, 303, "12 hours at most");
}

/// R91, R107: a visitor's eleventh wrong key in a minute waits; nobody else does, and the right key opens.
#[test]
fn r107_wrong_keys_wait_by_visitor() {
    let app = TestApp::start();
    let wrong = format!("Bearer piste_main_{}", "0".repeat(32));
    let try_from = |visitor: &str| {
        app.send(
            "GET",
            "/api/leads",
            &[("Authorization", &wrong), ("Local-Visitor", visitor)],
            "",
        )
    };
    for _ in 0..10 {
        assert_eq!(try_from("203.0.113.7").status, 401);
    }
    let refused = try_from("203.0.113.7");
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (429, &json!("too_many_keys"))
    );
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    // By the console it is the same door.
    let headers = [
        BROWSER,
        URLENCODED,
        ("Origin", app.base.as_str()),
        ("Local-Visitor", "203.0.113.7"),
    ];
    let login = app.send("POST", "/console/login", &headers, "key=piste_main_0");
    assert_eq!((login.status, login.header("retry-after").is_empty()), (429, false));
    assert!(login.header("set-cookie").is_empty());
    // Others, and the right key, are not touched.
    assert_eq!(try_from("203.0.113.8").status, 401);
    let right = format!("Bearer {}", app.key);
    let headers = [("Authorization", right.as_str()), ("Local-Visitor", "203.0.113.7")];
    assert_eq!(app.send("GET", "/api/leads", &headers, "").status, 200);
    // One household is one visitor of IPv6; no other header makes somebody another.
    for host in 0..11 {
        let answer = app.send(
            "GET",
            "/api/leads",
            &[
                ("Authorization", &wrong),
                ("Local-Visitor", &format!("2001:db8:1:2::{host}")),
                ("X-Forwarded-For", &format!("198.51.100.{host}")),
            ],
            "",
        );
        assert_eq!(answer.status, if host < 10 { 401 } else { 429 }, "{host}");
    }
    assert_eq!(try_from("2001:db8:1:3::1").status, 401);
    // No visitor, no limit; no key is no wrong key.
    for _ in 0..15 {
        assert_eq!(
            app.send("GET", "/api/leads", &[("Authorization", &wrong)], "").status,
            401
        );
        assert_eq!(
            app.send("GET", "/api/leads", &[("Local-Visitor", "203.0.113.9")], "")
                .status,
            401
        );
    }
    app.advance("PT1H");
    assert_eq!(try_from("203.0.113.7").status, 401, "gone after an hour");
}

/// R107: the log names the refusal, and never the key.
#[test]
fn r107_the_log_names_a_failed_key_and_not_the_key() {
    let mut command = Start::default().command();
    let arguments: Vec<_> = command
        .get_args()
        .filter(|argument| *argument != "--quiet")
        .map(ToOwned::to_owned)
        .collect();
    let mut loud = std::process::Command::new(command.get_program());
    loud.args(arguments)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command = loud;
    let app = TestApp::spawn(command);
    let secret = "f00dfeed".repeat(4);
    let header = format!("Bearer piste_main_{secret}");
    assert_eq!(
        app.send("GET", "/api/leads", &[("Authorization", &header)], "").status,
        401
    );
    let said = app.stop("TERM").stdout;
    let line = said
        .lines()
        .find(|line| line.contains("\"event\":\"key_refused\""))
        .expect("a line");
    assert!(line.contains("\"code\":\"wrong\"") && !said.contains(&secret), "{said}");
}

/// `piste keys` does the same over a folder.
#[test]
fn the_command_line_lists_adds_and_revokes() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(TestApp::on(folder.path()));
    let piste = |arguments: &[&str]| {
        let mut command = std::process::Command::new(piste_tests::binaries::binary("piste"));
        command.args(arguments).arg("--data").arg(folder.path());
        let output = command
            .arg("--campaigns")
            .arg(campaigns())
            .output()
            .expect("piste runs");
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).trim().to_owned());
        (output.status.success(), said)
    };
    let (done, [out, error]) = piste(&["keys", "add", "Zoé", "--role", "sales", "--lang", "en"]);
    assert!(done, "{error}");
    let key = out.strip_prefix("piste: key ").expect("the key").to_owned();
    let (_, [list, _]) = piste(&["keys", "list", "--json"]);
    let list: Value = serde_json::from_str(&list).expect("what the API answers");
    assert_eq!(list["users"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&list["users"][1]["name"], &list["users"][1]["role"]),
        (&json!("Zoé"), &json!("sales"))
    );
    for (language, never) in [("fr", "jamais"), ("en", "never")] {
        let (_, [list, _]) = piste(&["keys", "list", "--lang", language]);
        assert!(
            list.contains("Zoé") && list.contains("operator") && list.contains(never),
            "{list}"
        );
    }
    let refused = [
        (
            vec!["keys", "add", "zoé", "--role", "read"],
            "taken|another key already has this name|porte déjà",
        ),
        (vec!["keys", "add", "a@b.c", "--role", "read"], "letters|lettres"),
        (vec!["keys", "add", "operator-2", "--role", "read"], "reserved|réservés"),
        (vec!["keys", "add", "x", "--role", "boss"], "boss"),
        (vec!["keys", "revoke", "nobody"], "no key has this name|aucune clé"),
        (vec!["keys", "revoke", "operator"], "last admin|dernière clé"),
    ];
    for (arguments, says) in refused {
        let (done, [_, error]) = piste(&arguments);
        assert!(
            !done && says.split('|').any(|word| error.contains(word)),
            "{arguments:?}: {error}"
        );
    }
    let app = TestApp::on(folder.path());
    assert_eq!(call(&app, &key, "GET", "/api/leads", "").status, 200);
    assert_eq!(call(&app, &key, "GET", "/api/users", "").status, 403);
    drop(app);
    assert!(piste(&["keys", "revoke", "Zoé"]).0);
    let app = TestApp::on(folder.path());
    assert_eq!(call(&app, &key, "GET", "/api/leads", "").status, 401);
}
