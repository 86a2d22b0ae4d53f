//! What is done to a good sample: to its bytes, and to its structure.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::chance::Chance;

/// What strangers, broken programs and attackers put into a field.
pub const HOSTILE: [&str; 96] = [
    "",
    " ",
    "\0",
    "%00",
    "\u{1}",
    "\u{1}NaN",
    "\u{1}1e999",
    "\u{1}-0",
    "\u{7f}",
    "\u{ffff}",
    "\u{fffe}",
    "\u{feff}",
    "\u{202e}moc.live",
    "\u{2066}\u{2069}",
    "\u{200b}",
    "\u{ad}",
    "\u{85}",
    "\u{2028}",
    "\u{e000}",
    "\u{f8ff}",
    "\u{10ffff}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "ﬃ",
    "ß",
    "İ",
    "ｕｎｄ",
    "１２３",
    "٠١٢",
    "𝟘𝟙",
    "\r\n",
    "a\r\nBcc: zqx@evil.example",
    "\r\n\r\n<html>",
    "\t",
    "0",
    "-0",
    "-1",
    "+",
    "-",
    ".",
    ",",
    "1e999",
    "1e-999",
    "1E400",
    "NaN",
    "Infinity",
    "-9223372036854775808",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "4294967296",
    "2147483648",
    "999999999999999.999999999999",
    "0.1.2",
    "1'000'000,00 €",
    "15k",
    "k",
    "0x7f",
    "1_000",
    "-009999-01-02T01:59:59Z",
    "9999-12-30T22:00:00Z",
    "9999-12-31",
    "0000-01-01",
    "0001-01-01T00:00:00Z",
    "2026-02-29",
    "2026-13-45",
    "29/02/2025",
    "1970-01-01T00:00:00Z",
    "253402207200",
    "-377705023201",
    "P9999Y",
    "PT999999999999H",
    "{{ 7 * 7 }}",
    "{% if x %}",
    "{{ first_name }}",
    "${7*7}",
    "<script>zqxss</script>",
    "\"><script>zqxss</script>",
    "' OR 1=1 --",
    "[x](javascript:alert(1))",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "**__~~``",
    "=HYPERLINK(\"http://evil.example\")",
    "+33",
    "@SUM(A1)",
    "-2+3",
    "\t=1",
    "../../etc/passwd",
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "http://[::1",
    "https://exa mple.com",
    "zqx@example.org",
    "\"zqx\"@[127.0.0.1]",
];

/// Text of JSON that no value of ours would write.
const RAW: [&str; 18] = [
    "\"\\ud800\"",
    "\"\\udc00x\"",
    "\"\\u0000\"",
    "\"\\uffff\"",
    "1e999",
    "-1e999",
    "1e-999",
    "-0",
    "-0.0",
    "00",
    "123456789012345678901234567890",
    "-123456789012345678901234567890.5",
    "NaN",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
    "{\"a\":1,\"a\":2}",
    "9007199254740993",
    "18446744073709551616",
];
const RAW_PLACE: &str = "@@raw@@";

/// One of the hostile values.
pub fn hostile(chance: &mut Chance) -> &'static str {
    chance.pick::<&str>(&HOSTILE)
}

fn place(chance: &mut Chance, len: usize) -> usize {
    chance.below(len as u64 + 1) as usize
}

/// Two places in order, not far from each other.
fn range(chance: &mut Chance, len: usize) -> (usize, usize) {
    let start = place(chance, len);
    let most = if chance.once_in(4) { len } else { 12 };
    (start, (start + place(chance, most)).min(len))
}

/// Changes some bytes: flipped, set, left out, repeated, brought from elsewhere.
pub fn bytes(chance: &mut Chance, input: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..chance.between(1, 4) {
        let (start, end) = range(chance, input.len());
        match chance.below(10) {
            0 if !input.is_empty() => {
                let at = chance.below(input.len() as u64) as usize;
                input[at] ^= 1 << chance.below(8);
            }
            1 if !input.is_empty() => {
                let at = chance.below(input.len() as u64) as usize;
                input[at] = *chance.pick(b"\0\x01\x7f\x80\xc3\xe2\xed\xf0\xff\"'<>%&=;:,.@+-[]{}()\\/ \r\n09aZ");
            }
            2 | 3 => {
                let value = hostile(chance);
                drop(input.splice(start..start, value.bytes()));
            }
            4 => {
                let value = hostile(chance);
                drop(input.splice(start..end, value.bytes()));
            }
            5 => drop(input.drain(start..end)),
            6 => {
                let again = input[start..end].to_vec();
                let times = if chance.once_in(200) {
                    4_000
                } else {
                    chance.between(1, 8) as usize
                };
                drop(input.splice(end..end, again.repeat(times)));
            }
            7 if !other.is_empty() => {
                let (from, to) = range(chance, other.len());
                drop(input.splice(start..end, other[from..to].iter().copied()));
            }
            8 => input.truncate(start),
            _ => {
                let (from, to) = range(chance, input.len());
                let moved = input[from..to].to_vec();
                drop(input.splice(start..start, moved));
            }
        }
        input.truncate(140_000);
    }
}

/// A text near this one.
pub fn text(chance: &mut Chance, sample: &str, other: &str) -> String {
    let mut changed = sample.as_bytes().to_vec();
    if !chance.once_in(12) {
        bytes(chance, &mut changed, other.as_bytes());
    }
    String::from_utf8_lossy(&changed).into_owned()
}

/// Changes fields: given twice, swapped, renamed, left out, with a hostile value.
pub fn pairs(chance: &mut Chance, pairs: &mut Vec<(String, String)>) {
    for _ in 0..chance.below(4) {
        if pairs.is_empty() {
            pairs.push((hostile(chance).to_owned(), hostile(chance).to_owned()));
        }
        let at = chance.below(pairs.len() as u64) as usize;
        let to = chance.below(pairs.len() as u64) as usize;
        match chance.below(10) {
            0 => pairs.push(pairs[at].clone()),
            1 => pairs.swap(at, to),
            2 => pairs[at].1 = pairs[to].1.clone(),
            3 => {
                let dress = chance.pick(&["[]", "[a][b]", "[0]", ".0", ".a.b", "][", "[[", "%5B%5D"]);
                pairs[at].0.push_str(dress);
            }
            4 => {
                let dress = *chance.pick(&[
                    "data.",
                    "fields.0.",
                    "form_fields[",
                    "_",
                    "your-",
                    "fields[name]=",
                    "a.b.c.d.",
                ]);
                pairs[at].0.insert_str(0, dress);
            }
            5 => drop(pairs.remove(at)),
            6 => pairs.push((hostile(chance).to_owned(), pairs[at].1.clone())),
            7 if chance.once_in(40) => {
                let pair = pairs[at].clone();
                pairs.extend(std::iter::repeat_n(pair, 300));
            }
            8 => {
                let other = pairs[to].1.clone();
                pairs[at].1 = text(chance, &pairs[at].1, &other);
            }
            _ => hostile(chance).clone_into(&mut pairs[at].1),
        }
    }
}

/// Some place in a document.
fn somewhere<'v>(chance: &mut Chance, value: &'v mut Value) -> &'v mut Value {
    let inside = match &*value {
        Value::Array(list) => list.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    };
    if inside == 0 || chance.once_in(4) {
        return value;
    }
    let at = chance.below(inside as u64) as usize;
    let inner = match value {
        Value::Array(list) => list.get_mut(at),
        Value::Object(members) => members.values_mut().nth(at),
        _ => None,
    };
    somewhere(chance, inner.expect("it was counted"))
}

/// Changes a document: another kind of value, nested, repeated, left out, renamed.
pub fn json(chance: &mut Chance, value: &mut Value) {
    for _ in 0..chance.below(4) {
        let other = somewhere(chance, value).clone();
        let here = somewhere(chance, value);
        *here = match chance.below(12) {
            0 => Value::Null,
            1 => hostile(chance).into(),
            2 => RAW_PLACE.into(),
            3 => other,
            4 => json!([here.take()]),
            5 => json!({ hostile(chance): here.take() }),
            6 => json!([here.clone(), here.take(), other]),
            7 => {
                let depth = if chance.once_in(8) { 100 } else { 6 };
                (0..depth).fold(here.take(), |inner, _| json!([inner]))
            }
            8 => json!(*chance.pick(&[
                0.0,
                -1.0,
                0.1,
                1e300,
                -1e-300,
                1e15,
                253_402_207_200.0,
                -377_705_023_201.0,
                83.333
            ])),
            9 => json!(*chance.pick(&[0, -1, i64::MAX, i64::MIN, 1_772_442_000_000, 253_402_207_200, 10_000])),
            10 => match here.take() {
                Value::Object(members) => {
                    let gone = chance.below(members.len().max(1) as u64) as usize;
                    let kept = members.into_iter().enumerate().filter(|(at, _)| *at != gone);
                    Value::Object(kept.map(|(_, member)| member).collect::<Map<_, _>>())
                }
                Value::String(said) => text(chance, &said, "").into(),
                simple => simple,
            },
            _ => match here.take() {
                Value::String(said) => {
                    let other = hostile(chance);
                    text(chance, &said, other).into()
                }
                simple => simple,
            },
        };
    }
}

/// The document as text, now and then with what only a text can hold.
pub fn json_text(chance: &mut Chance, value: &Value) -> String {
    let plain = value.to_string();
    let raw = chance.pick(&RAW);
    plain.replace(&format!("\"{RAW_PLACE}\""), raw)
}

/// Fields as a browser sends them, and as half of the others do.
pub fn urlencoded(chance: &mut Chance, pairs: &[(String, String)]) -> Vec<u8> {
    let latin = chance.once_in(6);
    let careless = chance.once_in(10);
    let mut body = String::new();
    let escape = |body: &mut String, text: &str| {
        for c in text.chars() {
            match c {
                c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*') => body.push(c),
                ' ' => body.push('+'),
                c if careless && c != '&' && c != '=' => body.push(c),
                c if latin && u32::from(c) < 0x100 => {
                    let _ = write!(body, "%{:02X}", u32::from(c));
                }
                c => c.to_string().bytes().for_each(|b| {
                    let _ = write!(body, "%{b:02X}");
                }),
            }
        }
    };
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            body.push('&');
        }
        escape(&mut body, name);
        body.push('=');
        escape(&mut body, value);
    }
    body.into_bytes()
}

/// The boundary of every multipart body here.
pub const BOUNDARY: &str = "----zqb7f3d5c1b9a";

/// Fields as a form with a file sends them.
pub fn multipart(chance: &mut Chance, pairs: &[(String, String)]) -> Vec<u8> {
    let mut body = String::new();
    for (name, value) in pairs {
        let file = if chance.once_in(12) {
            "; filename=\"cv.pdf\""
        } else {
            ""
        };
        let kind = match chance.once_in(8) {
            true => "\r\nContent-Type: text/plain; charset=iso-8859-1",
            false => "",
        };
        let name = name.replace('"', "%22").replace(['\r', '\n'], "");
        let _ = write!(
            body,
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}{kind}\r\n\r\n{value}\r\n"
        );
    }
    let _ = write!(body, "--{BOUNDARY}--\r\n");
    body.into_bytes()
}
