//! Items of forms 1 and 2, brought into the present one: what was one set of answers with a list of posts becomes enquiries
//! with their own answers, and what the lead said of its first campaign becomes a standing (ADR 13).

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Item, moment, number, string, text};

/// Attributes that the present form has no longer.
pub const REPLACED: [&str; 4] = ["cap", "ans", "loc", "cl"];

/// How long soft bounces kept emails back, at first (R54).
const SOFT_PAUSE_S: i64 = 30 * 86_400;

/// Rewrites the attributes; whatever cannot be read stays, and makes the item unreadable to whoever decodes it.
pub fn upgrade(item: &mut Item) {
    words(item);
    standings(item);
    soft_bounces(item);
}

fn list(item: &Item, name: &str) -> Vec<Item> {
    let list = item.get(name).and_then(|value| value.as_l().ok());
    let maps = list.into_iter().flatten().filter_map(|value| value.as_m().ok());
    maps.cloned().collect()
}

/// The posts become enquiries. Which of them said what was not kept: the latest holds the answers. Where the person ever
/// confirmed, they counted as the person's own, and go on to.
fn words(item: &mut Item) {
    let Some(locale) = item.remove("loc") else { return };
    let answers = item.remove("ans");
    let confirmed = list(item, "con")
        .iter()
        .filter_map(|consent| moment(consent, "ok"))
        .max();
    let mut posts = list(item, "cap");
    item.remove("cap");
    if let Some(latest) = posts.last_mut()
        && let Some(answers) = answers
    {
        latest.insert("q".into(), answers);
    }
    for post in &mut posts {
        post.insert("l".into(), locale.clone());
        if let Some(at) = confirmed {
            post.insert("k".into(), number(at.as_second()));
        }
    }
    let posts = posts.into_iter().map(AttributeValue::M).collect();
    item.insert(
        "wd".into(),
        AttributeValue::M(HashMap::from([("e".into(), AttributeValue::L(posts))])),
    );
}

/// Where the person stood by the first campaign's rules, and the campaigns whose forms they posted since.
fn standings(item: &mut Item) {
    let cooled = item.remove("cl");
    let (Some(first), Some(since)) = (string(item, "campaign"), moment(item, "captured_at")) else {
        return;
    };
    let mqls: Vec<i64> = list(item, "his")
        .iter()
        .filter(|change| string(change, "t").as_deref() == Some("mql"))
        .filter_map(|change| Some(moment(change, "a")?.as_second()))
        .collect();
    let words = item
        .get("wd")
        .and_then(|words| words.as_m().ok())
        .cloned()
        .unwrap_or_default();
    let mut standings: Vec<(String, i64, i64)> = vec![(first.clone(), since.as_second(), since.as_second())];
    for post in list(&words, "e") {
        let (Some(campaign), Some(at)) = (string(&post, "c"), moment(&post, "a")) else {
            continue;
        };
        let at = at.as_second();
        match standings.iter_mut().find(|(known, ..)| known == &campaign) {
            Some((_, _, last)) => *last = at.max(*last),
            None => standings.push((campaign, at, at)),
        }
    }
    let stored = standings.into_iter().filter_map(|(campaign, since, last)| {
        let is_first = campaign == first;
        let mut standing = Item::from([("c".to_owned(), text(campaign)), ("a".to_owned(), number(since))]);
        if last > since {
            standing.insert("l".into(), number(last));
        }
        if let (true, Some(made), Some(again)) = (is_first, mqls.first(), mqls.last()) {
            standing.insert("m".into(), number(*made));
            if cooled.is_none() {
                standing.insert("k".into(), number(*again));
            }
        }
        // What the lead says anyway is not stored.
        (!is_first || standing.len() > 2).then_some(AttributeValue::M(standing))
    });
    let stored: Vec<AttributeValue> = stored.collect();
    if !stored.is_empty() {
        item.insert("std".into(), AttributeValue::L(stored));
    }
}

/// Three soft bounces stopped all emails for ever; now they keep marketing back for a while.
fn soft_bounces(item: &mut Item) {
    let stop = item.get("sup").and_then(|stop| stop.as_m().ok()).cloned();
    let Some(stop) = stop.filter(|stop| string(stop, "r").as_deref() == Some("soft_bounces")) else {
        return;
    };
    item.remove("sup");
    let since = moment(&stop, "a").map_or(0, |at| at.as_second());
    item.insert("sbu".into(), number(since + SOFT_PAUSE_S));
    item.insert("sbp".into(), number(1));
    if let Some(own_no) = stop.get("n") {
        let no = Item::from([("r".to_owned(), text("unsubscribe")), ("a".to_owned(), own_no.clone())]);
        item.insert("sup".into(), AttributeValue::M(no));
    }
}
