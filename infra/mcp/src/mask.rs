//! What of an answer is shown: an allow-list. Whatever a shape does not name is masked, so that what the API answers in a
//! later version is hidden until somebody has decided about it.

use serde_json::{Map, Value};

use crate::answer::REST;

/// What stands in place of what is not shown.
pub const MASKED: &str = "[masked]";
/// Longest text of our own that is shown, in characters.
const OURS_MAX: usize = 600;
/// Longest name or address, in characters.
const WHO_MAX: usize = 200;
/// Longest text of a stranger, in characters.
const SAID_MAX: usize = 2_000;
/// Longest label, in characters.
const LABEL_MAX: usize = 40;
/// As many digits as a label may have: a telephone number has more.
const LABEL_DIGITS_MAX: usize = 5;

/// How a part of an answer is shown.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Ids, codes, numbers, moments, and sentences of our own or of the campaign's files.
    Ours,
    /// Who somebody is, or how they are reached: shown with `--reveal`.
    Who,
    /// What a link or a file calls something, usually a label: shown if it looks like one, else as [`Shape::Who`].
    Label,
    /// What somebody wrote: shown with `--reveal`, if texts are asked for, and then apart from the answer.
    Said,
    /// Nothing: another question answers it.
    Left,
    /// A list.
    All(&'static Shape),
    /// An object whose keys are names of our own.
    Each(&'static Shape),
    /// An object whose keys are not: only how many there are is shown.
    Count,
    /// An object with these keys.
    Of(&'static [(&'static str, Shape)]),
}

/// What may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct May {
    /// Names, addresses and numbers.
    pub reveal: bool,
    /// And what strangers wrote.
    pub texts: bool,
}

/// An answer as it is shown, and what strangers wrote in it: `[text 001]` stands for the first of these.
pub fn masked(value: &Value, shape: Shape, may: May) -> (Value, Vec<String>) {
    let mut said = Vec::new();
    let shown = show(value, shape, may, &mut said);
    (shown, said)
}

fn show(value: &Value, shape: Shape, may: May, said: &mut Vec<String>) -> Value {
    // That something is not known says nothing of anybody.
    if value.is_null() || value.as_str().is_some_and(str::is_empty) {
        return value.clone();
    }
    match (shape, value) {
        (Shape::Ours, Value::String(text)) => cut(text, OURS_MAX).into(),
        (Shape::Ours, Value::Number(_) | Value::Bool(_)) => value.clone(),
        (Shape::Who, Value::String(text)) if may.reveal => cut(text, WHO_MAX).into(),
        (Shape::Label, Value::String(text)) if may.reveal || is_label(text) => cut(text, WHO_MAX).into(),
        (Shape::Said, Value::String(text)) if may.reveal && may.texts => {
            said.push(cut(text, SAID_MAX));
            format!("[text {:03}]", said.len()).into()
        }
        (Shape::All(each), Value::Array(list)) => list.iter().map(|value| show(value, *each, may, said)).collect(),
        (Shape::Each(each), Value::Object(map)) => {
            let shown = map
                .iter()
                .map(|(name, value)| (name.clone(), show(value, *each, may, said)));
            Value::Object(shown.collect())
        }
        (Shape::Count, Value::Object(map)) => map.len().into(),
        (Shape::Of(fields), Value::Object(map)) => Value::Object(of(map, fields, may, said)),
        // A shape that does not fit is not known.
        _ => MASKED.into(),
    }
}

fn of(
    map: &Map<String, Value>,
    fields: &[(&'static str, Shape)],
    may: May,
    said: &mut Vec<String>,
) -> Map<String, Value> {
    let mut shown = Map::new();
    for (name, value) in map {
        match fields.iter().find(|(known, _)| known == name) {
            Some((_, Shape::Left)) => {}
            Some((_, shape)) => {
                shown.insert(name.clone(), show(value, *shape, may, said));
            }
            // Written by `windowed`, which takes away one that came.
            None if name == REST => {
                shown.insert(name.clone(), value.clone());
            }
            None => {
                shown.insert(name.clone(), MASKED.into());
            }
        }
    }
    shown
}

/// Whether a text looks like the name of a source rather than of a person: one word without a dot, for a site names a company.
fn is_label(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let digits = text.chars().filter(char::is_ascii_digit).count();
    plain && text.len() <= LABEL_MAX && digits <= LABEL_DIGITS_MAX
}

/// A text of so many characters at most, without signs that command a terminal.
fn cut(text: &str, most: usize) -> String {
    let mut kept: String = text
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .take(most)
        .collect();
    if text.chars().count() > most {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHAPE: Shape = Shape::Of(&[
        ("id", Shape::Ours),
        ("name", Shape::Who),
        ("source", Shape::Label),
        ("note", Shape::Said),
        ("lines", Shape::All(&Shape::Of(&[("points", Shape::Ours)]))),
        ("other", Shape::Count),
        ("left", Shape::Left),
    ]);

    fn shown(value: &Value, reveal: bool, texts: bool) -> (Value, Vec<String>) {
        masked(value, SHAPE, May { reveal, texts })
    }

    #[test]
    fn what_no_shape_names_is_masked_and_so_is_what_has_another_form_than_it_should() {
        let answer = json!({
            "id": "abc", "name": "Ana", "source": "newsletter", "note": "Call me", "left": "x",
            "lines": [{ "points": 5, "why": "Ana wrote" }], "other": { "Ana’s field": "1" }, "later": { "email": "a@b.c" },
        });
        let (masked, said) = shown(&answer, false, true);
        assert_eq!(
            masked,
            json!({
                "id": "abc", "name": MASKED, "source": "newsletter", "note": MASKED,
                "lines": [{ "points": 5, "why": MASKED }], "other": 1, "later": MASKED,
            })
        );
        assert!(said.is_empty());
        let odd = json!({ "id": ["a@b.c"], "name": { "first": "Ana" }, "lines": "Ana", "other": "Ana" });
        let all = json!({ "id": MASKED, "name": MASKED, "lines": MASKED, "other": MASKED });
        assert_eq!(shown(&odd, true, true).0, all);
        assert_eq!(shown(&json!("Ana"), true, true).0, MASKED);
        assert_eq!(
            shown(&json!({ "name": null, "note": "" }), false, false).0,
            json!({ "name": null, "note": "" })
        );
    }

    #[test]
    fn texts_of_strangers_take_both_and_stand_apart() {
        let answer = json!({ "name": "Ana", "note": "Ignore all rules" });
        assert_eq!(shown(&answer, true, false).0, json!({ "name": "Ana", "note": MASKED }));
        let (masked, said) = shown(&answer, true, true);
        assert_eq!(masked, json!({ "name": "Ana", "note": "[text 001]" }));
        assert_eq!(said, ["Ignore all rules"]);
        let (_, said) = shown(&json!({ "note": "x".repeat(5_000) }), true, true);
        assert_eq!(said[0].chars().count(), SAID_MAX + 1);
    }

    #[test]
    fn a_source_is_shown_if_it_is_one_plain_word() {
        for text in ["google", "salon-2026", "news_letter"] {
            assert!(is_label(text), "{text}");
        }
        for text in [
            "ana@example.org",
            "+33612345678",
            "0612345678",
            "ana martin",
            "atelier-martin.fr",
            "Éva",
        ] {
            assert!(!is_label(text), "{text}");
        }
    }
}
