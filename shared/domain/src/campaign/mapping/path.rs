//! Where a value stands in another system's JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A path in a JSON document: names and, in lists, numbers from 0, joined by dots. `[key=value]` after a list's name picks
/// the element whose `key`, itself a path of names, has that value: `answers[field.ref=email].email`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Path(String);

/// Longest path of a file, in bytes.
const BYTES_MAX: usize = 200;

/// One step of a path.
enum Step<'a> {
    /// A name, or a place in a list.
    Name(&'a str),
    /// Of a list the element in which the value under this key is this one.
    Pick(&'a str, &'a str),
}

impl Path {
    /// A path as written; see [`Path::is_valid`].
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can be followed.
    pub fn is_valid(&self) -> bool {
        self.0.len() <= BYTES_MAX && self.steps().is_some()
    }

    /// The plain value there, as text; nothing for null, an object, a list or a blank text.
    pub fn read(&self, body: &Value) -> Option<String> {
        plain(self.at(body)?).filter(|text| !text.is_empty())
    }

    /// What stands there.
    pub fn at<'a>(&self, body: &'a Value) -> Option<&'a Value> {
        self.find(body).map(|(value, _)| value)
    }

    /// The same, and where it stands by names and places alone: `answers.0.email`.
    pub fn find<'a>(&self, body: &'a Value) -> Option<(&'a Value, String)> {
        let mut trail = Vec::new();
        let mut value = body;
        for step in self.steps()? {
            let (next, name) = match step {
                Step::Name(name) => (child(value, name)?, name.to_owned()),
                Step::Pick(key, wanted) => {
                    let list = value.as_array()?;
                    let place = list.iter().position(|element| is_picked(element, key, wanted))?;
                    (&list[place], place.to_string())
                }
            };
            trail.push(name);
            value = next;
        }
        Some((value, trail.join(".")))
    }

    /// Everything there where lists on the way are walked through, and one at the end too: `entry.changes` is every
    /// change of every entry.
    pub fn all<'a>(&self, body: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![body];
        for step in self.steps().unwrap_or_default() {
            found = match step {
                Step::Name(name) => found
                    .into_iter()
                    .flat_map(|value| match (child(value, name), value) {
                        (Some(next), _) => vec![next],
                        (None, Value::Array(list)) => list.iter().filter_map(|each| child(each, name)).collect(),
                        (None, _) => Vec::new(),
                    })
                    .collect(),
                Step::Pick(key, wanted) => {
                    let elements = found.into_iter().flat_map(elements);
                    elements.filter(|element| is_picked(element, key, wanted)).collect()
                }
            };
        }
        found.into_iter().flat_map(elements).collect()
    }

    /// The steps; `None` where it is no path.
    fn steps(&self) -> Option<Vec<Step<'_>>> {
        let mut steps = Vec::new();
        let mut rest = self.0.as_str();
        loop {
            let (name, after) = rest.split_at(rest.find(['.', '[', ']']).unwrap_or(rest.len()));
            if name.is_empty() {
                return None;
            }
            steps.push(Step::Name(name));
            rest = after;
            while let Some(inner) = rest.strip_prefix('[') {
                let end = pick_end(inner)?;
                steps.push(match inner[..end].split_once('=') {
                    Some((key, wanted)) => Step::Pick(Some(key.trim()).filter(|key| is_names(key))?, wanted.trim()),
                    None => Step::Name(Some(&inner[..end]).filter(|place| place.parse::<usize>().is_ok())?),
                });
                rest = &inner[end + 1..];
            }
            match rest.strip_prefix('.') {
                Some(more) => rest = more,
                None if rest.is_empty() => return Some(steps),
                None => return None,
            }
        }
    }
}

/// Where a `[key=value]` ends: at the first bracket after which the path goes on or is over, so that a value may hold one.
fn pick_end(inner: &str) -> Option<usize> {
    let mut ends = inner.match_indices(']').map(|(end, _)| end);
    ends.find(|end| inner[end + 1..].is_empty() || inner[end + 1..].starts_with(['.', '[']))
}

fn is_names(key: &str) -> bool {
    key.split('.').all(|name| !name.is_empty())
}

fn child<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Array(list) => list.get(name.parse::<usize>().ok()?),
        _ => value.get(name),
    }
}

fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        other => vec![other],
    }
}

fn is_picked(element: &Value, key: &str, wanted: &str) -> bool {
    let value = key.split('.').try_fold(element, child);
    value.and_then(plain).is_some_and(|text| text == wanted)
}

/// A plain value as text, without blanks around it.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(path: &str, body: &Value) -> Option<String> {
        assert!(Path::new(path).is_valid(), "{path}");
        Path::new(path).read(body)
    }

    #[test]
    fn names_places_and_picks_lead_to_a_value() {
        let body = json!({
            "a": { "b": [{ "c": "x" }, { "c": 7 }] },
            "answers": [
                { "type": "text", "text": " Ana ", "field": { "ref": "first name", "id": 12 } },
                { "type": "email", "email": "ana@example.com", "field": { "ref": "email", "id": 13, "open": true } },
            ],
            "asked": [{ "question": "Budget [in EUR]?", "answer": "15000" }, { "question": "a.b=c", "answer": "yes" }],
            "deep": [[{ "k": "v", "list": [{ "n": "1", "is": "found" }] }]],
        });
        let check = |path: &str, expected: Option<&str>| assert_eq!(read(path, &body).as_deref(), expected, "{path}");
        check("a.b.1.c", Some("7"));
        check("a.b[1].c", Some("7"));
        check("a.b.2.c", None);
        check("a.b", None);
        check("answers[field.ref=email].email", Some("ana@example.com"));
        check("answers[field.ref=first name].text", Some("Ana"));
        check("answers[field.id=13].email", Some("ana@example.com"));
        check("answers[field.open=true].email", Some("ana@example.com"));
        check("answers[field.ref=size].choice.label", None);
        check("asked[question=Budget [in EUR]?].answer", Some("15000"));
        check("asked[question=a.b=c].answer", Some("yes"));
        check("deep.0[k=v].list[n=1].is", Some("found"));
        check("a[b=c]", None);
        let found = Path::new("answers[field.ref=email].email").find(&body);
        assert_eq!(found.map(|(_, trail)| trail).as_deref(), Some("answers.1.email"));
    }

    #[test]
    fn what_is_no_path_is_refused_and_finds_nothing() {
        for bad in [
            "",
            ".",
            "a..b",
            "a.",
            ".a",
            "[a=b]",
            "a[",
            "a[]",
            "a[b]",
            "a[=b]",
            "a[b=c",
            "a[b=c]d",
            "a]",
            "a[.b=c]",
            &"a".repeat(201),
        ] {
            assert!(!Path::new(bad).is_valid(), "{bad}");
        }
        assert_eq!(Path::new("a[").read(&json!({ "a": "x" })), None);
        assert!(Path::new("a[b=]").is_valid(), "an empty value is one");
    }

    #[test]
    fn a_walk_goes_through_every_list_on_the_way() {
        let body = json!({ "entry": [
            { "changes": [{ "n": 1 }, { "n": 2 }] },
            { "changes": { "n": 3 } },
            { "other": [] },
        ] });
        let numbers = |path: &str| -> Vec<String> {
            let found = Path::new(path).all(&body);
            found.iter().filter_map(|each| Path::new("n").read(each)).collect()
        };
        assert_eq!(numbers("entry.changes"), ["1", "2", "3"]);
        assert_eq!(numbers("entry.1.changes"), ["3"]);
        assert_eq!(numbers("entry.changes[n=2]"), ["2"]);
        assert!(numbers("nothing.here").is_empty());
    }
}
