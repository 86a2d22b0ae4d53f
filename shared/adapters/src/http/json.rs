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

/// Reads a value that lies so deep.
struct At(usize);

impl<'de> DeserializeSeed<'de> for At {
    type Value = Node;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        match self.0 > JSON_DEPTH_MAX {
            true => Err(de::Error::custom("too deep")),
            false => deserializer.deserialize_any(self),
        }
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
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(At(self.0 + 1))? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members: Vec<(String, Node)> = Vec::new();
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(de::Error::custom("a key comes twice"));
            }
            members.push((name, map.next_value_seed(At(self.0 + 1))?));
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
        for depth in [33, 100_000] {
            let bomb = "[".repeat(depth) + &"]".repeat(depth);
            assert_eq!(document(JSON, bomb.as_bytes()).is_ok(), depth == 33, "{depth}");
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
