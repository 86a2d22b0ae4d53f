//! The capture binary: every recorded post, every refusal, and a store that is down.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use piste_domain::Locale;
use piste_domain::lead::consent::ConsentState;
use piste_tests::proxy::Fault;
use piste_tests::runtime_api::http_event;
use piste_tests::work::solve;
use sha2::{Digest as _, Sha256};

use crate::world::{Reply, World, event, in_a_world, in_a_world_of_turnstile, in_a_world_of_work, set_body};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("accept", "application/json");

/// The function's start is over, so that only the work itself is counted.
async fn warm(world: &World) {
    let reply = world
        .http("capture", http_event("GET", "/forms/unknown", &[], b""))
        .await;
    assert_eq!(reply.status, 404);
}

fn puts(count: u64) -> BTreeMap<String, u64> {
    [("PutItem".to_owned(), count)].into()
}

/// R77, R78, R79, R80, and the budget of design.md, section 7: one request per new lead.
#[test]
fn every_recorded_post_becomes_a_lead_in_one_request() {
    in_a_world(async |world| {
        warm(world).await;
        let rows = [
            ("http-post-urlencoded", 303, "amelie.durand@example.org", Locale::Fr),
            ("http-post-multipart", 303, "benoit.leroy@example.org", Locale::Fr),
            ("http-post-json", 202, "camille.petit@example.org", Locale::En),
        ];
        for (name, status, address, locale) in rows {
            let (reply, requests) = world.requests_of(world.http("capture", event(name))).await;
            assert_eq!(reply.status, status, "{name}: {}", reply.body);
            assert_eq!(requests, puts(1), "{name}");
            assert_eq!(reply.cookies, 0);
            let lead = world.lead(&world.id(address)).await;
            assert_eq!(
                (lead.email.as_ref().map(|email| email.expose()), lead.words.language()),
                (Some(address), locale),
                "{name}"
            );
            assert_eq!(lead.consents.len(), 1, "{name}");
            assert_eq!(
                lead.consents[0].state,
                ConsentState::Pending,
                "{name}: nothing is confirmed by a form alone"
            );
        }
        let reply = world.http("capture", event("http-post-urlencoded")).await;
        assert_eq!(reply.header("location"), "/forms/guide-seo/thanks?lang=fr");
        let reply = world.http("capture", event("http-post-json")).await;
        assert_eq!(reply.body, r#"{"status":"accepted"}"#);
        assert_eq!(
            reply.header("access-control-allow-origin"),
            "https://www.example.com",
            "R92"
        );

        let full = world.lead(&world.id("amelie.durand@example.org")).await;
        assert_eq!(full.words.answer("first_name"), Some("Amélie"));
        assert_eq!(full.words.answer("budget"), Some("15000"));
        assert_eq!(full.stage.code(), "mql", "the hot lead of the demo campaign");
        let touch = &full.words.enquiries()[0].touch;
        assert_eq!(touch.get("source"), Some("newsletter"));
        assert_eq!(
            touch.get("page"),
            Some("https://lead.example.com/forms/guide-seo"),
            "without its query"
        );
        let lines = world.lead(&world.id("benoit.leroy@example.org")).await;
        assert_eq!(
            lines.words.answer("need"),
            Some("Deux lignes :\nla première, la seconde.")
        );
    });
}

/// R89: a visitor's ordinary posts cost nothing besides their leads; whoever posts on pays for being counted, and who was told
/// to wait costs nothing at all.
#[test]
fn r89_only_a_visitor_who_posts_on_and_on_is_counted_in_the_table() {
    in_a_world(async |world| {
        warm(world).await;
        let post = async |n: usize| {
            let body = format!("email=p{n}%40example.org");
            let event = http_event("POST", "/forms/guide-seo", &[FORM, JSON], body.as_bytes());
            let (reply, requests) = world.requests_of(world.http("capture", event)).await;
            (reply, requests)
        };
        for n in 0..8 {
            let (reply, requests) = post(n).await;
            assert_eq!((reply.status, requests), (202, puts(1)), "{n}");
        }
        let (reply, requests) = post(8).await;
        assert_eq!(reply.status, 202);
        assert_eq!(
            (requests["PutItem"], requests["UpdateItem"], requests["GetItem"]),
            (1, 2, 1)
        );
        let (_, requests) = post(9).await;
        assert_eq!(
            (requests["PutItem"], requests["UpdateItem"], requests.get("GetItem")),
            (1, 1, None)
        );
        let mut refused = 0;
        for n in 10..120 {
            let (reply, requests) = post(n).await;
            if reply.status == 429 {
                refused += 1;
                let wait: u64 = reply.header("retry-after").parse().expect("seconds");
                assert!((1..=10).contains(&wait), "{wait}");
                assert_eq!(requests.get("PutItem"), None);
                assert!(requests.values().sum::<u64>() <= 2, "{requests:?}");
            }
        }
        assert!(refused > 40, "{refused}");
    });
}

/// R87: Turnstile costs a new lead no request of its own: its secret key is read once a minute. Where there is none the post is
/// taken, and nobody is called.
#[test]
fn r87_turnstile_reads_its_secret_once_and_a_missing_one_loses_nobody() {
    in_a_world_of_turnstile(async |world| {
        warm(world).await;
        let post = async |email: &str, more: &str| {
            let body = format!("email={email}%40example.org&cf-turnstile-response=0.x{more}");
            let event = http_event("POST", "/forms/guide-seo", &[FORM, JSON], body.as_bytes());
            let (reply, requests) = world.requests_of(world.http("capture", event)).await;
            assert_eq!((reply.status, reply.body.as_str()), (202, r#"{"status":"accepted"}"#));
            let lead = world.store.load(&world.id(&format!("{email}@example.org"))).await;
            (lead.expect("an answer").is_some(), requests)
        };
        // What is held already asks for nothing.
        assert_eq!(post("bot", "&_gotcha=x").await, (false, puts(1)));
        let mut first = puts(1);
        first.insert("GetItem".to_owned(), 1);
        assert_eq!(post("ana", "").await, (true, first));
        assert_eq!(post("bob", "").await, (true, puts(1)));
    });
}

/// R87: a proof of work costs one request more, and only whoever brings one; where the store does not say whether it was used,
/// it counts as none, and the post is held with the same answer (R86).
#[test]
fn r87_a_proof_of_work_costs_one_request_and_a_store_that_fails_loses_nobody() {
    in_a_world_of_work(async |world| {
        warm(world).await;
        let solved = async || {
            let get = http_event("GET", "/forms/guide-seo/challenge", &[], b"");
            let (reply, requests) = world.requests_of(world.http("capture", get)).await;
            assert_eq!(
                (reply.status, requests),
                (200, BTreeMap::new()),
                "a challenge asks nobody"
            );
            solve(&reply.json())
        };
        let post_with = async |email: &str, solution: &str, fault: Option<(Fault, u32)>| {
            let mut body = form_urlencoded::Serializer::new(String::new());
            body.append_pair("email", email).append_pair("altcha", solution);
            let event = http_event("POST", "/forms/guide-seo", &[FORM, JSON], body.finish().as_bytes());
            let sent = async {
                if let Some((fault, times)) = fault {
                    world.proxy.inject("PutItem", fault, times);
                }
                world.http("capture", event).await
            };
            let (reply, requests) = world.requests_of(sent).await;
            assert_eq!((reply.status, reply.body.as_str()), (202, r#"{"status":"accepted"}"#));
            let lead = world.store.load(&world.id(email)).await.expect("an answer");
            (lead.is_some(), requests)
        };
        let post = async |email: &str, solution: &str| post_with(email, solution, None).await;
        let first = solved().await;
        assert_eq!(post("ana@example.org", &first).await, (true, puts(2)));
        assert_eq!(
            post("bob@example.org", &first).await,
            (false, puts(2)),
            "held: used before"
        );
        for none in ["", "anything"] {
            assert_eq!(
                post("carl@example.org", none).await,
                (false, puts(1)),
                "held: nothing to ask for"
            );
        }
        // An answer that got lost: the use that is in is ours.
        let lost = solved().await;
        let fault = Some((Fault::LoseAnswer, 1));
        assert_eq!(post_with("dora@example.org", &lost, fault).await, (true, puts(3)));
        // No answer at all to that one question.
        let unsure = solved().await;
        let fault = Some((Fault::InternalError, 3));
        assert_eq!(post_with("eve@example.org", &unsure, fault).await, (false, puts(4)));
    });
}

/// The hosted form tells the visitor's zone where its script runs, and is whole where it does not.
#[test]
fn the_hosted_form_asks_the_browser_for_the_zone_and_goes_without() {
    in_a_world(async |world| {
        let page = world
            .http("capture", http_event("GET", "/forms/guide-seo", &[], b""))
            .await;
        let field = "<input type=\"hidden\" name=\"_tz\">";
        let script = page
            .body
            .split_once("<script>")
            .and_then(|(_, rest)| rest.split_once("</script>"));
        let (script, _) = script.expect("one script");
        assert_eq!(page.body.matches(field).count(), 1);
        assert_eq!(page.body.matches("<script").count(), 1);
        let added = field.len() + "<script></script>".len() + script.len();
        assert!(added < 300, "{added} bytes");
        let hash = STANDARD.encode(Sha256::digest(script));
        let policy = page.header("content-security-policy");
        assert!(policy.contains(&format!("script-src 'sha256-{hash}'")), "{policy}");
        for (name, sent, zone) in [
            ("ana", "Indian%2FReunion", Some("Indian/Reunion")),
            ("bob", "", None),
            ("carl", "undefined", None),
        ] {
            let body = format!("email={name}%40example.org&_tz={sent}");
            let post = http_event("POST", "/forms/guide-seo", &[FORM], body.as_bytes());
            assert_eq!(world.http("capture", post).await.status, 303, "{name}");
            let lead = world.lead(&world.id(&format!("{name}@example.org"))).await;
            assert_eq!(lead.words.zone(), zone, "{name}");
        }
        // What was sent comes back with the rest, for a page whose script does not run.
        let post = http_event("POST", "/forms/guide-seo", &[FORM], b"email=&_tz=Asia%2FTokyo");
        let again = world.http("capture", post).await;
        assert_eq!(again.status, 422);
        assert_eq!(again.body.matches("name=\"_tz\"").count(), 1);
        assert!(again.body.contains("name=\"_tz\" value=\"Asia/Tokyo\""));
    });
}

/// R86, R87: new, known, changed and held as spam: the same bytes.
#[test]
fn a_visitor_cannot_tell_who_is_known() {
    in_a_world(async |world| {
        warm(world).await;
        let post = async |body: &str| {
            let event = http_event("POST", "/forms/guide-seo", &[FORM, JSON], body.as_bytes());
            let (reply, requests) = world.requests_of(world.http("capture", event)).await;
            (
                Reply {
                    headers: BTreeMap::new(),
                    ..reply
                },
                requests.get("PutItem").copied().unwrap_or_default(),
            )
        };
        let (new, requests) = post("email=ana%40example.org").await;
        assert_eq!((new.status, requests), (202, 1));
        let (again, requests) = post("email=ANA%40EXAMPLE.ORG").await;
        assert_eq!(
            (&again, requests),
            (&new, 1),
            "R15: a double click costs what it must and changes nothing"
        );
        let (known, requests) = post("email=ana%40example.org&company=Atelier").await;
        assert_eq!((&known, requests), (&new, 2), "a known lead takes two requests");
        let (bot, requests) = post("email=bot%40example.org&_gotcha=x").await;
        assert_eq!((&bot, requests), (&new, 1), "R87: held, by one request as any other");
        assert_eq!(world.lead(&world.id("ana@example.org")).await.version, 2);
        assert_eq!(
            world.store.load(&world.id("bot@example.org")).await.expect("an answer"),
            None
        );
    });
}

#[test]
fn what_is_refused_is_refused_in_the_visitors_language_and_costs_no_request() {
    in_a_world(async |world| {
        warm(world).await;
        let too_large = format!("email=ana%40example.org&need={}", "x".repeat(64 * 1024));
        let many = "a=1&".repeat(101);
        let file = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nx\r\n--b--\r\n";
        let multipart = ("content-type", "multipart/form-data; boundary=b");
        let json = ("content-type", "application/json");
        let plain = ("content-type", "text/plain");
        type Row<'a> = (&'a str, &'a str, (&'a str, &'a str), &'a str, u64);
        let rows: [Row<'_>; 12] = [
            ("POST", "/forms/unknown", FORM, "email=ana%40example.org", 404),
            ("POST", "/forms/guide-seo", FORM, &too_large, 413),
            ("POST", "/forms/guide-seo", FORM, &many, 413),
            ("POST", "/forms/guide-seo", plain, "email=ana@example.org", 415),
            (
                "POST",
                "/forms/guide-seo",
                ("content-type", ""),
                "email=ana@example.org",
                415,
            ),
            ("POST", "/forms/guide-seo", multipart, file, 422),
            ("POST", "/forms/guide-seo", json, "{\"email\":", 400),
            ("POST", "/forms/guide-seo", json, "[1]", 400),
            ("POST", "/forms/guide-seo", multipart, "no parts", 400),
            (
                "POST",
                "/forms/guide-seo",
                FORM,
                "email=nobody&timing=never&budget=x",
                422,
            ),
            ("DELETE", "/forms/guide-seo", FORM, "", 405),
            ("POST", "/forms/guide-seo/thanks", FORM, "", 405),
        ];
        let before = world.snapshot().await;
        for (method, path, kind, body, status) in rows {
            let asks = |accept, language| {
                http_event(
                    method,
                    path,
                    &[kind, ("accept", accept), ("accept-language", language)],
                    body.as_bytes(),
                )
            };
            let (problem, requests) = world
                .requests_of(world.http("capture", asks("application/json", "en")))
                .await;
            assert_eq!(problem.status, status, "{method} {path} {kind:?}");
            assert_eq!(requests, BTreeMap::new(), "{status} {path}");
            assert_eq!(problem.header("content-type"), "application/problem+json", "RFC 9457");
            assert_eq!(problem.json()["status"], status);
            assert!(
                !problem.body.contains("ana@example.org"),
                "nothing of the body comes back"
            );
            let page = world.http("capture", asks("text/html", "fr")).await;
            assert_eq!(page.status, status);
            if status != 405 {
                assert!(page.header("content-type").starts_with("text/html"), "{status}");
                assert!(page.body.contains("lang=\"fr\""), "{status}");
            }
        }
        world.assert_unchanged(&before).await;

        let wrong = b"email=nobody&timing=never&budget=x&company=Atelier";
        let event = http_event("POST", "/forms/guide-seo", &[FORM, JSON], wrong);
        let problem = world.http("capture", event).await.json();
        let fields: BTreeSet<_> = problem["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|e| e["field"].to_string())
            .collect();
        assert_eq!(
            fields,
            ["\"budget\"", "\"email\"", "\"timing\""].map(str::to_owned).into(),
            "all problems at once"
        );
        let event = http_event("POST", "/forms/guide-seo", &[FORM, ("accept", "text/html")], wrong);
        let page = world.http("capture", event).await.body;
        assert!(
            page.contains("value=\"nobody\"") && page.contains("value=\"Atelier\""),
            "the input is kept"
        );
    });
}

/// I15, R92.
#[test]
fn get_head_and_options_leave_the_store_alone() {
    in_a_world(async |world| {
        warm(world).await;
        let before = world.snapshot().await;
        let (page, requests) = world.requests_of(world.http("capture", event("http-get"))).await;
        assert_eq!(page.status, 200);
        assert_eq!(
            requests,
            [("UpdateItem".to_owned(), 1)].into(),
            "I15: the count of visits and nothing else"
        );
        assert!(
            page.body.contains("name=\"utm_source\" value=\"newsletter\""),
            "where the visitor came from is carried"
        );
        let mut head = event("http-get");
        head["requestContext"]["http"]["method"] = "HEAD".into();
        let head = world.http("capture", head).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        let preflight = world.http("capture", event("http-options")).await;
        assert_eq!(preflight.status, 204);
        assert_eq!(
            preflight.header("access-control-allow-origin"),
            "https://www.example.com"
        );
        assert_eq!(preflight.header("access-control-allow-methods"), "POST");
        let mut foreign = event("http-options");
        foreign["headers"]["origin"] = "https://www.example.com.evil.example".into();
        let refused = world.http("capture", foreign).await;
        assert_eq!(
            (refused.status, refused.header("access-control-allow-origin")),
            (403, "")
        );
        world.assert_unchanged(&before).await;
    });
}

/// R99: a store that is down is a 503 that names no table and no request, says when to come back, and keeps nothing half; once it is
/// up again the same post is taken.
#[test]
fn with_the_store_down_a_visitor_is_told_when_to_come_back() {
    in_a_world(async |world| {
        warm(world).await;
        for fault in [Fault::Throttle, Fault::InternalError, Fault::ResetBefore] {
            for accept in ["application/json", "text/html"] {
                world.proxy.reset();
                world.proxy.inject("PutItem", fault, 3);
                let mut post = event("http-post-urlencoded");
                post["headers"]["accept"] = accept.into();
                let reply = world.http("capture", post).await;
                assert_eq!(reply.status, 503, "{fault:?}");
                assert_eq!(reply.header("retry-after"), "30", "{fault:?}, {accept}");
                assert!(
                    !reply.body.contains("PutItem") && !reply.body.contains("piste-leads"),
                    "R99"
                );
                assert_eq!(world.proxy.counts(), puts(3), "{fault:?}");
            }
        }
        let address = "amelie.durand@example.org";
        assert_eq!(world.store.load(&world.id(address)).await.expect("an answer"), None);
        // One fault is made good without the visitor; so is an answer that got lost.
        world.proxy.inject("PutItem", Fault::Throttle, 1);
        world.proxy.inject("PutItem", Fault::LoseAnswer, 1);
        let reply = world.http("capture", event("http-post-urlencoded")).await;
        assert_eq!(reply.status, 303, "R4: the write that is in is ours");
        assert_eq!(world.lead(&world.id(address)).await.version, 1);
        // No answer at all: the visitor hears of it well before API Gateway gives up after 30 seconds.
        let mut other = event("http-post-urlencoded");
        set_body(&mut other, b"email=benoit.leroy%40example.org");
        world.proxy.inject("PutItem", Fault::Hang, 3);
        let reply = world
            .function("capture")
            .await
            .invoke_within(other, std::time::Duration::from_secs(12))
            .await;
        assert_eq!(reply.expect("an answer in time")["statusCode"], 503);
    });
}

/// A page without the value of its `_t`, which is of its second.
fn but_for_its_time(page: &str) -> String {
    let (before, rest) = page
        .split_once("name=\"_t\" value=\"")
        .expect("a hosted form has its time");
    let (_, after) = rest.split_once('"').expect("the value ends");
    format!("{before}{after}")
}

/// Counting a visit never holds up the form: a store that hangs is asked once, given up, and the page is there.
#[test]
fn a_visit_that_the_store_does_not_take_costs_the_form_nothing() {
    in_a_world(async |world| {
        let agent = (
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        );
        let open = || http_event("GET", "/forms/guide-seo", &[agent], b"");
        let (reply, requests) = world.requests_of(world.http("capture", open())).await;
        assert_eq!(reply.status, 200);
        assert_eq!(requests.get("UpdateItem"), Some(&1), "it counts");
        for fault in [
            Fault::Hang,
            Fault::Throttle,
            Fault::ResetBefore,
            Fault::Refuse("AccessDeniedException"),
        ] {
            world.proxy.reset();
            world.proxy.inject("UpdateItem", fault, 5);
            let faulty = world.http("capture", open()).await;
            assert_eq!(faulty.status, 200, "{fault:?}");
            assert_eq!(
                but_for_its_time(&faulty.body),
                but_for_its_time(&reply.body),
                "{fault:?}"
            );
            if fault == Fault::Hang {
                assert_eq!(world.proxy.counts().get("UpdateItem"), Some(&1), "no second try");
            }
        }
    });
}
