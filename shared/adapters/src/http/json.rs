//! JSON that programs send: one document, whose objects name no key twice (R80).
//!
//! Of a key that comes twice readers take the first or the last, as each likes: what was checked need not be what counts.

use std::collections::HashSet;
use std::fmt;

use piste_domain::kit::charset;
use piste_domain::kit::limits::JSON_DEPTH_MAX;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::PostProblem;

/// Reads a document in the charset that its content type declares; it may begin with a byte order mark.
///
/// # Errors
/// [`PostProblem::Malformed`].
pub fn document(content_type: &str, body: &[u8]) -> Result<Value, PostProblem> {
    read(content_type, body).map(Value::from)
}

/// The same, with the members of each object in their order.
pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Node, PostProblem> {
    let text = charset::document(body, charset::of_content_type(content_type));
    let mut reader = serde_json::Deserializer::from_str(&text);
    let node = At(0).deserialize(&mut reader).map_err(|_| PostProblem::Malformed)?;
    reader.end().map_err(|_| PostProblem::Malformed)?;
    Ok(node)
}

/// A value of a document.
#[derive(Clone)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl From<Node> for Value {
    fn from(node: Node) -> Self {
        match node {
            Node::Null => Self::Null,
            Node::Bool(value) => value.into(),
            Node::Number(number) => Self::Number(number),
            Node::Text(text) => text.into(),
            Node::List(list) => list.into_iter().map(Self::from).collect(),
            Node::Object(members) => {
                let members = members.into_iter().map(|(name, node)| (name, Self::from(node)));
                Self::Object(members.collect())
            }
        }
    }
}

/// Reads a value that lies in so many lists and objects.
#[derive(Clone, Copy)]
struct At(usize);

impl At {
    /// The same for what lies in the list or object that begins here.
    fn within<E: de::Error>(self) -> Result<Self, E> {
        match self.0 < JSON_DEPTH_MAX {
            true => Ok(Self(self.0 + 1)),
            false => Err(E::custom("too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for At {
    type Value = Node;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Number::from_f64(value).map_or(Node::Null, Node::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }
    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let within = self.within()?;
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(within)? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let within = self.within()?;
        let mut members: Vec<(String, Node)> = Vec::new();
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(de::Error::custom("a key comes twice"));
            }
            members.push((name, map.next_value_seed(within)?));
        }
        Ok(Node::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const JSON: &str = "application/json";

    #[test]
    fn r80_a_document_is_what_rfc_8259_says_with_each_key_once() {
        let body = r#"{"a":[1,-2,3.5,true,null,"\u00e9"],"b":{"a":1e3}}"#;
        let same: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(document(JSON, body.as_bytes()), Ok(same));
        for bad in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":{"b":1,"b":1}}"#,
            r#"[{"a":1},{"a":1,"\u0061":2}]"#,
            "{",
            "",
            "{}x",
            "{'a':1}",
            "[1,]",
            "NaN",
        ] {
            assert_eq!(document(JSON, bad.as_bytes()), Err(PostProblem::Malformed), "{bad}");
        }
    }

    /// Lists or objects in one another count, with a value in the innermost or without.
    #[test]
    fn r80_a_document_is_thirty_two_levels_deep_at_most() {
        for (open, inner, close) in [
            ("[", "", "]"),
            ("[", "1", "]"),
            ("{\"a\":", "1", "}"),
            ("[{\"a\":", "1", "}]"),
        ] {
            for levels in [2, 30, 32, 34, 200, 50_000] {
                let times = levels / open.matches(['[', '{']).count();
                let deep = open.repeat(times) + inner + &close.repeat(times);
                let expected = levels <= JSON_DEPTH_MAX;
                assert_eq!(document(JSON, deep.as_bytes()).is_ok(), expected, "{levels} of {open}");
            }
        }
        let over = "[".repeat(JSON_DEPTH_MAX + 1) + &"]".repeat(JSON_DEPTH_MAX + 1);
        let bomb = "[".repeat(100_000);
        for bad in [over, bomb] {
            assert_eq!(
                document(JSON, bad.as_bytes()),
                Err(PostProblem::Malformed),
                "{}",
                bad.len()
            );
        }
    }

    /// The grammar rule by rule (RFC 8259, sections 2 to 7). Numbers may have a range (section 6); ours ends where that of a
    /// double does.
    #[test]
    fn r80_the_grammar_is_that_of_rfc_8259_and_no_dialect() {
        for good in [
            "null",
            " true ",
            "\t\r\n false\n",
            "0",
            "-0",
            "-0.0",
            "10",
            "1.5e+3",
            "1E5",
            "1e-7",
            "123456789012345678901234567890",
            "\"\"",
            r#""\"\\\/\b\f\n\r\t""#,
            r#""\u0000\u00e9\uFFFF""#,
            r#""\ud83d\ude00""#,
            "\"\u{7f}\u{2028}é😀\"",
            "[ ]",
            "[1 , [2] ,\n3]",
            "{ }",
            r#"{"":0}"#,
            r#"{"a" : 1, "A" : 1}"#,
        ] {
            assert!(document(JSON, good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [
            " ",
            "nul",
            "True",
            "NULL",
            "undefined",
            "Infinity",
            "-Infinity",
            "01",
            "-01",
            "00",
            "1.",
            ".5",
            "-.5",
            "-",
            "+1",
            "1e",
            "1e+",
            "1.e1",
            "0x1F",
            "1_000",
            "1e999",
            "'a'",
            "\"a",
            "a\"",
            r#""\x41""#,
            r#""\a""#,
            r#""\u12""#,
            r#""\u00G0""#,
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud800\u0041""#,
            "\"a\nb\"",
            "\"\t\"",
            "\"\0\"",
            "\"\u{1f}\"",
            "[",
            "]",
            "[,1]",
            "[1,,2]",
            "[1 2]",
            "[1]]",
            "[1}",
            "{\"a\":1",
            "{\"a\":1,}",
            "{,}",
            "{a:1}",
            "{1:1}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\" 1}",
            "{\"a\":1 \"b\":2}",
            "{}{}",
            "1 2",
            "// a\n1",
            "[1]/**/",
            "[\u{c}]",
            "\u{a0}1",
            "1\0",
        ] {
            assert_eq!(document(JSON, bad.as_bytes()), Err(PostProblem::Malformed), "{bad:?}");
        }
    }

    #[test]
    fn r80_a_document_may_begin_with_a_mark_and_say_its_charset() {
        let check = |kind: &str, body: &[u8]| assert_eq!(document(kind, body), Ok(json!({ "a": "é" })), "{body:x?}");
        check(JSON, "{\"a\":\"é\"}".as_bytes());
        check(JSON, "\u{feff}{\"a\":\"é\"}".as_bytes());
        check(JSON, b"{\"a\":\"\xe9\"}");
        check("application/json; charset=ISO-8859-1", b"{\"a\":\"\xe9\"}");
    }
}
