//! JSON that programs send: one document, whose objects name no key twice (R80).
//!
//! Of a key that comes twice readers take the first or the last, as each likes: what was checked need not be what counts.

use std::fmt;

use piste_domain::kit::charset;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::PostProblem;

/// Most lists and objects inside one another.
const DEPTH_MAX: usize = 32;

/// Reads a document in the charset that its content type declares; it may begin with a byte order mark.
///
/// # Errors
/// [`PostProblem::Malformed`].
pub fn document(content_type: &str, body: &[u8]) -> Result<Value, PostProblem> {
    let text = charset::document(body, charset::of_content_type(content_type));
    let mut reader = serde_json::Deserializer::from_str(&text);
    let value = At(0).deserialize(&mut reader).map_err(|_| PostProblem::Malformed)?;
    reader.end().map_err(|_| PostProblem::Malformed)?;
    Ok(value)
}

/// Reads a value that lies so deep.
struct At(usize);

impl<'de> DeserializeSeed<'de> for At {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 > DEPTH_MAX {
            true => Err(de::Error::custom("too deep")),
            false => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for At {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(At(self.0 + 1))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(de::Error::custom("a key comes twice"));
            }
            object.insert(name, members.next_value_seed(At(self.0 + 1))?);
        }
        Ok(Value::Object(object))
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
