//! A list that is longer than one request: it goes on where it stopped, and whatever broke off is finished by running it
//! again; against the engine, and by the real console function.

use std::io::Cursor;

use jiff::Timestamp;
use piste_domain::{LeadId, WorkspaceId};
use piste_operations::Operator;
use piste_operations::import::{Ask, Imported, import, undo};
use piste_tests::runtime_api::http_event;

use crate::world::in_a_world;

const LINES: usize = 700;

fn list() -> String {
    let lines = (0..LINES).map(|number| format!("ana{number}@example.org;Lumen {number}\r\n"));
    std::iter::once("email;company\r\n".to_owned()).chain(lines).collect()
}

/// One call that has no time left after its first page.
async fn some(operator: &Operator<'_>, from: u64, until: Timestamp) -> Imported {
    let ask = Ask {
        campaign: "guide-seo",
        from,
        until: Some(until),
        ..Ask::default()
    };
    let list = Cursor::new(list().into_bytes());
    import(operator, &ask, list, &mut |_| {}).await.expect("a list")
}

#[test]
fn a_list_goes_on_where_it_stopped_and_is_finished_by_running_it_again() {
    in_a_world(async |world| {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a moment");
        let app = world.app(now).await;
        let operator = Operator::new(&app, WorkspaceId::new("main")).await.expect("campaigns");
        let first = some(&operator, 0, now).await;
        assert_eq!((first.rows, first.new, first.next), (500, 500, Some(502)));
        let rest = some(&operator, 502, now).await;
        assert_eq!((rest.rows, rest.new, rest.next), (200, 200, None));
        assert_eq!(first.id, rest.id, "one file is one import");
        let again = some(&operator, 0, now).await;
        assert_eq!((again.rows, again.new, again.known, again.changed), (500, 0, 500, 0));
        let half = undo(&operator, first.id.as_str(), Some(now)).await.expect("an import");
        assert_eq!((half.removed, half.done), (500, false));
        let undone = undo(&operator, first.id.as_str(), None).await.expect("an import");
        assert_eq!((undone.removed, undone.kept.len(), undone.done), (200, 0, true));
        let one: LeadId = world.id("ana699@example.org");
        assert!(app.store.load(&one).await.expect("an answer").is_none());
    });
}

/// The function as it is deployed, with the rights of its own keys alone.
#[test]
fn the_console_function_takes_a_list_and_takes_it_back() {
    in_a_world(async |world| {
        let key = format!("Bearer {}", world.operator_key);
        let headers = [("authorization", key.as_str()), ("content-type", "text/csv")];
        let list = "email,company\nana@example.org,Lumen\nnobody,x\n";
        let event = http_event(
            "POST",
            "/api/leads/import?campaign=guide-seo",
            &headers,
            list.as_bytes(),
        );
        let told = world.http("console", event).await;
        assert_eq!(told.status, 200, "{}", told.body);
        let told = told.json();
        assert_eq!(
            (told["new"].as_u64(), told["refused_rows"].as_u64()),
            (Some(1), Some(1))
        );
        let lead = world.lead(&world.id("ana@example.org")).await;
        assert_eq!(lead.words.answer("company"), Some("Lumen"));
        let path = format!("/api/imports/{}", told["id"].as_str().expect("an id"));
        let undone = world.http("console", http_event("DELETE", &path, &headers, b"")).await;
        assert_eq!((undone.status, undone.json()["removed"].as_u64()), (200, Some(1)));
    });
}
