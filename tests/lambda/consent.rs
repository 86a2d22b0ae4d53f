//! The consent binary: links that show, buttons that act.

use piste_domain::lead::SuppressionReason;
use piste_domain::lead::consent::{ConsentState, Method};
use piste_tests::proxy::Fault;
use piste_tests::runtime_api::http_event;

use crate::world::{event, in_a_hasty_world, in_a_world, link, rests, visit};

/// R43, I15: whatever opens a link in an email, the store stays as it is, byte for byte.
#[test]
fn opening_a_link_changes_nothing() {
    in_a_hasty_world(async |world| {
        let address = "ana@example.org";
        let id = world.capture(address).await;
        world.tick().await;
        let guide = world.mails(address).remove(0);
        let (confirm, resource) = (link(&guide, "confirm"), link(&guide, "resources/guide-seo"));
        let before = world.snapshot().await;
        for (link, shown) in [(&confirm, "<form method=\"post\""), (&resource, "<article")] {
            for _ in 0..3 {
                let page = world.http("consent", visit("GET", link)).await;
                assert_eq!(page.status, 200);
                assert!(
                    page.body.contains(shown) && !page.body.contains("<script"),
                    "{}",
                    page.body
                );
                assert_eq!(page.cookies, 0);
                assert_eq!(page.header("cache-control"), "no-store", "R102");
                assert_eq!(page.header("referrer-policy"), "no-referrer", "R102");
                let head = world.http("consent", visit("HEAD", link)).await;
                assert_eq!((head.status, head.body.as_str()), (200, ""));
            }
            assert_eq!(world.http("consent", visit("OPTIONS", link)).await.status, 405);
            assert_eq!(world.http("consent", visit("DELETE", link)).await.status, 405);
        }
        world.assert_unchanged(&before).await;

        world.http("consent", visit("POST", &confirm)).await;
        world.tick().await;
        let unsubscribe = link(&world.mails(address)[1], "unsubscribe");
        let before = world.snapshot().await;
        let page = world.http("consent", visit("GET", &unsubscribe)).await;
        assert!(page.status == 200 && page.body.contains("<form method=\"post\""));
        assert_eq!(world.http("consent", visit("HEAD", &unsubscribe)).await.status, 200);
        world.assert_unchanged(&before).await;
        assert_eq!(world.lead(&id).await.suppression, None);
    });
}

#[test]
fn the_button_confirms_once_however_often_it_is_pressed() {
    in_a_world(async |world| {
        let address = "ana@example.org";
        let id = world.capture(address).await;
        world.tick().await;
        let confirm = link(&world.mails(address)[0], "confirm");
        let first = world.http("consent", visit("POST", &confirm)).await;
        assert_eq!(first.status, 200);
        let lead = world.lead(&id).await;
        assert_eq!(lead.consents[0].state, ConsentState::Given);
        assert_eq!(
            (lead.consents[0].method, lead.consents[0].confirmed_at.is_some()),
            (Method::DoubleOptIn, true),
            "R61"
        );
        assert_eq!(lead.enrolments.len(), 2, "the guide and the advice");
        assert!(lead.due_at.is_some());
        let before = world.snapshot().await;
        for _ in 0..3 {
            assert_eq!(world.http("consent", visit("POST", &confirm)).await.body, first.body);
        }
        world.assert_unchanged(&before).await;
    });
}

/// R41, R42, R44: the recorded one-click post, as urlencoded and as multipart, ten times.
#[test]
fn one_click_is_committed_before_its_answer_and_never_fails_again() {
    in_a_hasty_world(async |world| {
        for (address, multipart) in [("ana@example.org", false), ("bob@example.org", true)] {
            let id = world.capture(address).await;
            world.tick().await;
            world
                .http("consent", visit("POST", &link(&world.mails(address)[0], "confirm")))
                .await;
            world.tick().await;
            let unsubscribe = link(&world.mails(address)[1], "unsubscribe");
            let mut post = event("http-post-one-click");
            post["rawQueryString"] = unsubscribe.split_once('?').expect("a query").1.into();
            if multipart {
                let body =
                    "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
                post["headers"]["content-type"] = "multipart/form-data; boundary=b".into();
                crate::world::set_body(&mut post, body.as_bytes());
            }
            for _ in 0..10 {
                let reply = world.http("consent", post.clone()).await;
                assert_eq!(reply.status, 200);
                assert_eq!((reply.header("location"), reply.cookies), ("", 0));
                let lead = world.lead(&id).await;
                let suppressed = lead.suppression.expect("committed before the answer");
                assert_eq!(suppressed.reason, SuppressionReason::Unsubscribe);
                let consent = lead.consents.last().expect("a consent");
                assert_eq!(
                    (consent.state, consent.method),
                    (ConsentState::Withdrawn, Method::OneClick),
                    "R61"
                );
            }
            assert!(rests(&world.lead(&id).await), "R45");
        }
    });
}

/// R100, I14: a link works as it was signed, for what it was signed, and not otherwise.
#[test]
fn a_link_that_was_changed_or_made_for_something_else_is_refused() {
    in_a_world(async |world| {
        let address = "ana@example.org";
        world.capture(address).await;
        world.tick().await;
        let guide = world.mails(address).remove(0);
        let (confirm, resource) = (link(&guide, "confirm"), link(&guide, "resources/guide-seo"));
        let before = world.snapshot().await;
        let changed = [
            confirm.replace("/confirm?", "/unsubscribe?"),
            resource.replace("/resources/guide-seo?", "/confirm?"),
            confirm.replace("t=v1.", "t=v2."),
            confirm.replace(".main.", ".other."),
            confirm.split("&lang").next().expect("a token").to_owned() + "A",
            "https://lead.example.com/confirm".to_owned(),
            "https://lead.example.com/confirm?t=".to_owned(),
            "https://lead.example.com/unsubscribe?t=v1.k1.unsubscribe.main.x.y.0.".to_owned(),
        ];
        for link in changed {
            for method in ["GET", "POST"] {
                let reply = world.http("consent", visit(method, &link)).await;
                assert_eq!(reply.status, 400, "{method}: {}", reply.body);
            }
        }
        let other = resource.replace("/resources/guide-seo?", "/resources/another?");
        assert_eq!(world.http("consent", visit("GET", &other)).await.status, 400);
        world.assert_unchanged(&before).await;
    });
}

#[test]
fn with_the_store_down_the_person_is_told_and_nothing_is_pretended() {
    in_a_world(async |world| {
        let address = "ana@example.org";
        let id = world.capture(address).await;
        world.tick().await;
        let confirm = link(&world.mails(address)[0], "confirm");
        world.http("consent", visit("GET", &confirm)).await;
        for operation in ["GetItem", "PutItem"] {
            world.proxy.inject(operation, Fault::InternalError, 3);
            let reply = world.http("consent", visit("POST", &confirm)).await;
            assert_eq!((reply.status, reply.header("retry-after")), (503, "30"), "{operation}");
        }
        assert_eq!(world.lead(&id).await.consents[0].state, ConsentState::Pending);
        assert_eq!(world.http("consent", visit("POST", &confirm)).await.status, 200);
    });
}

/// A path that no route leads to answers like one that does not exist.
#[test]
fn other_paths_are_not_found_or_refused() {
    in_a_world(async |world| {
        for path in [
            "/",
            "/confirm/x",
            "/resources/",
            "/resources/a/b",
            "/preferences-not",
            "/%2e%2e/confirm",
        ] {
            let reply = world.http("consent", http_event("GET", path, &[], b"")).await;
            assert!((400..500).contains(&reply.status), "{path}: {}", reply.status);
        }
    });
}
