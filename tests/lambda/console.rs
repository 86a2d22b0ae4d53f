//! The console binary, as a stranger finds it.

use piste_tests::runtime_api::http_event;

use crate::world::in_a_world;

/// R106, R108: no key, no key of ours, no scheme: nothing is shown and nothing is read.
#[test]
fn without_a_good_key_the_api_answers_401() {
    in_a_world(async |world| {
        let strange = format!("Bearer piste_main_{}", "0".repeat(32));
        let credentials = [
            None,
            Some("Bearer"),
            Some("Basic YTpi"),
            Some("bearer x"),
            Some(strange.as_str()),
        ];
        let paths = [
            "/api/leads",
            "/api/leads/aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "/api/report",
            "/api/leads.csv",
        ];
        let before = world.snapshot().await;
        for path in paths {
            for credential in credentials {
                let headers: Vec<_> = credential.map(|value| ("authorization", value)).into_iter().collect();
                let reply = world.http("console", http_event("GET", path, &headers, b"")).await;
                assert_eq!(reply.status, 401, "{path} {credential:?}: {}", reply.body);
                assert!(!reply.body.contains("guide-seo"), "{path}");
            }
        }
        let delete = http_event("DELETE", "/api/leads/aaaaaaaaaaaaaaaaaaaaaaaaaa", &[], b"");
        assert_eq!(world.http("console", delete).await.status, 401);
        world.assert_unchanged(&before).await;
    });
}
