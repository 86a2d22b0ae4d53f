//! How much of an answer is shown at once.

use serde_json::{Value, json};

/// Rows of each list of an answer.
pub const ROWS: usize = 25;
/// Rows of each list inside a row.
const ROWS_WITHIN: usize = 50;
/// Longest answer, in characters: some 8,000 tokens.
pub const CHARS_MAX: usize = 24_000;

/// Under which key an answer says what is left out of it.
pub const REST: &str = "_rest";

/// How many rows of each list are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows that are skipped in the lists of the answer itself.
    pub offset: usize,
    /// Rows of these lists.
    pub rows: usize,
    /// Rows of the lists inside them.
    pub within: usize,
}

impl Window {
    /// The largest from a row on.
    pub fn from(offset: usize) -> Self {
        Self {
            offset,
            rows: ROWS,
            within: ROWS_WITHIN,
        }
    }

    /// Half as many; `None` where there is only one row left.
    pub fn smaller(self) -> Option<Self> {
        (self.rows > 1 || self.within > 1).then(|| Self {
            offset: self.offset,
            rows: (self.rows / 2).max(1),
            within: (self.within / 2).max(1),
        })
    }
}

/// The rows of an answer that a window shows. `_rest` of the answer says what is left out of its own lists and how to get it.
pub fn windowed(mut answer: Value, window: Window) -> Value {
    let mut rest = Vec::new();
    let Some(fields) = answer.as_object_mut() else {
        return answer;
    };
    fields.remove(REST);
    for (name, value) in fields.iter_mut() {
        match value {
            Value::Array(list) => {
                let (all, end) = (list.len(), (window.offset + window.rows).min(list.len()));
                let start = window.offset.min(all);
                *list = list.drain(start..end).collect();
                list.iter_mut().for_each(|row| cut_within(row, window.within));
                if start > 0 || end < all {
                    let next = (end < all).then_some(end);
                    rest.push(
                        json!({ "list": name, "from": start, "shown": end - start, "of": all, "next_offset": next }),
                    );
                }
            }
            other => cut_within(other, window.within),
        }
    }
    if !rest.is_empty() {
        fields.insert(REST.to_owned(), rest.into());
    }
    answer
}

fn cut_within(value: &mut Value, rows: usize) {
    match value {
        Value::Array(list) => {
            list.truncate(rows);
            list.iter_mut().for_each(|row| cut_within(row, rows));
        }
        Value::Object(map) => {
            map.remove(REST);
            let mut left = Vec::new();
            for (name, value) in map.iter_mut() {
                if let Some(more) = value
                    .as_array()
                    .map(|list| list.len().saturating_sub(rows))
                    .filter(|n| *n > 0)
                {
                    left.push(json!({ "list": name, "left_out": more }));
                }
                cut_within(value, rows);
            }
            if !left.is_empty() {
                map.insert(REST.to_owned(), left.into());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_read_in_parts_and_each_says_where_the_next_begins() {
        let answer = json!({ "rows": (0..60).collect::<Vec<_>>(), "few": [1] });
        let part = windowed(answer.clone(), Window::from(0));
        assert_eq!(part["rows"].as_array().map(Vec::len), Some(ROWS));
        assert_eq!(
            part["_rest"],
            json!([{ "list": "rows", "from": 0, "shown": 25, "of": 60, "next_offset": 25 }])
        );
        let last = windowed(answer.clone(), Window::from(50));
        assert_eq!(last["rows"].as_array().map(Vec::len), Some(10));
        assert_eq!(last["_rest"][1]["next_offset"], Value::Null);
        let beyond = windowed(answer, Window::from(900));
        assert_eq!(beyond["rows"], json!([]));
    }

    #[test]
    fn lists_inside_a_row_are_cut_too() {
        let answer = json!({ "score": { "lines": (0..90).collect::<Vec<_>>() } });
        let part = windowed(answer, Window::from(0));
        assert_eq!(part["score"]["lines"].as_array().map(Vec::len), Some(ROWS_WITHIN));
        assert_eq!(part["score"]["_rest"], json!([{ "list": "lines", "left_out": 40 }]));
        let mut window = Window::from(7);
        while let Some(smaller) = window.smaller() {
            window = smaller;
        }
        assert_eq!(
            window,
            Window {
                offset: 7,
                rows: 1,
                within: 1
            }
        );
    }
}
