//! Reading a form post: three kinds of body, within limits.

use futures_util::stream;
use piste_domain::kit::limits::{BODY_BYTES_MAX, FIELDS_MAX, FILES_MAX, NESTED_MAX, NESTED_NAME_BYTES_MAX};
use piste_domain::kit::post::{RawPost, number};
use piste_domain::kit::text::clean_line;
use serde_json::Value;

use super::encoded::{self, Pair};
use super::json::{self, Node};

/// Why a body is not a form post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostProblem {
    /// More than [`BODY_BYTES_MAX`] beside files, or more than [`FIELDS_MAX`] fields.
    TooLarge,
    /// Neither urlencoded, multipart nor JSON.
    UnsupportedType,
    /// Not what its content type says.
    Malformed,
}

/// Reads a form post of any of the three kinds, within the limits (R77 to R81). Files are left out and named.
///
/// # Errors
/// [`PostProblem`]; nothing of the body is ever part of it.
pub(super) async fn read(content_type: &str, body: &[u8]) -> Result<RawPost, PostProblem> {
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let multipart = kind == "multipart/form-data";
    // A file costs nobody their enquiry: what is refused by name does not count, so that has to be read first.
    if body.len() > BODY_BYTES_MAX && !multipart {
        return Err(PostProblem::TooLarge);
    }
    let (pairs, files) = match kind.as_str() {
        "application/x-www-form-urlencoded" => (encoded::text(encoded::urlencoded(body), content_type), Vec::new()),
        "multipart/form-data" => read_multipart(content_type, body).await?,
        "application/json" => (read_json(content_type, body)?, Vec::new()),
        _ => return Err(PostProblem::UnsupportedType),
    };
    check_count(&pairs)?;
    Ok(RawPost::new(pairs).with_files(files))
}

/// So many plain names, and so many with brackets or dots, which form builders send several of for each field.
fn check_count(pairs: &[(String, String)]) -> Result<(), PostProblem> {
    let nested = pairs.iter().filter(|(name, _)| name.contains(['[', '.'])).count();
    match pairs.len() - nested > FIELDS_MAX || nested > NESTED_MAX {
        true => Err(PostProblem::TooLarge),
        false => Ok(()),
    }
}

/// A part of a multipart body.
#[derive(Debug)]
pub struct Part {
    /// The field.
    pub name: String,
    /// What stands in it, a file or a text.
    pub value: bytes::Bytes,
    /// Of a file input, whether a file was chosen: one without is sent with an empty name, and with nothing in it.
    has_file: Option<bool>,
    charset: Option<String>,
}

/// The parts of a multipart body, in their order, files included.
///
/// # Errors
/// [`PostProblem`].
pub(super) async fn parts(content_type: &str, body: &[u8]) -> Result<Vec<Part>, PostProblem> {
    let boundary = multer::parse_boundary(content_type).map_err(|_| PostProblem::Malformed)?;
    let whole = bytes::Bytes::copy_from_slice(body);
    let mut all = multer::Multipart::new(stream::iter([Ok::<_, std::convert::Infallible>(whole)]), boundary);
    let mut parts = Vec::new();
    while let Some(part) = all.next_field().await.map_err(|_| PostProblem::Malformed)? {
        if parts.len() == FIELDS_MAX + NESTED_MAX {
            return Err(PostProblem::TooLarge);
        }
        let charset = part.content_type().and_then(|kind| kind.get_param("charset"));
        parts.push(Part {
            name: part.name().unwrap_or_default().to_owned(),
            has_file: part.file_name().map(|file| !file.is_empty()),
            charset: charset.map(|charset| charset.as_str().to_owned()),
            value: part.bytes().await.map_err(|_| PostProblem::Malformed)?,
        });
    }
    Ok(parts)
}

type Read = (Vec<(String, String)>, Vec<String>);

async fn read_multipart(content_type: &str, body: &[u8]) -> Result<Read, PostProblem> {
    let (mut pairs, mut files): (Vec<Pair>, Vec<String>) = (Vec::new(), Vec::new());
    let mut file_bytes = 0;
    for part in parts(content_type, body).await? {
        match part.has_file {
            Some(true) => {
                file_bytes += part.value.len();
                let name: String = clean_line(&part.name).chars().take(FILE_FIELD_CHARS_MAX).collect();
                if files.len() < FILES_MAX && !files.contains(&name) {
                    files.push(name);
                }
            }
            Some(false) if part.value.is_empty() => {}
            _ => pairs.push(Pair {
                name: part.name.into_bytes(),
                value: part.value.into(),
                charset: part.charset,
            }),
        }
    }
    match body.len() - file_bytes > BODY_BYTES_MAX {
        true => Err(PostProblem::TooLarge),
        false => Ok((encoded::text(pairs, content_type), files)),
    }
}

/// Longest name of a field with a file, in characters, as an answer repeats it.
const FILE_FIELD_CHARS_MAX: usize = 100;

/// A JSON object, or a list of objects that name a field and give its value, made flat (R80).
fn read_json(content_type: &str, body: &[u8]) -> Result<Vec<(String, String)>, PostProblem> {
    let fields = match json::read(content_type, body)? {
        Node::Object(fields) => fields,
        Node::List(entries) if !entries.is_empty() && entries.iter().all(Node::is_entry) => {
            let placed = entries.into_iter().enumerate();
            placed.map(|(place, entry)| (place.to_string(), entry)).collect()
        }
        _ => return Err(PostProblem::Malformed),
    };
    if fields.len() > FIELDS_MAX {
        return Err(PostProblem::TooLarge);
    }
    let mut pairs = Vec::new();
    let mut room = NESTED_MAX;
    for (name, node) in fields {
        let mut flat = Vec::new();
        match node.flatten(name.clone(), room, &mut flat) {
            true => {
                room -= flat.iter().filter(|(name, _)| name.contains(['[', '.'])).count();
                pairs.extend(flat);
            }
            // Whole, as one text: nothing nested refuses a post, and nothing of it is lost.
            false => pairs.push((name, node.say())),
        }
    }
    Ok(pairs)
}

impl Node {
    /// Whether it is an object that names a field and gives its value.
    fn is_entry(&self) -> bool {
        let Self::Object(members) = self else { return false };
        let has = |names: &[&str]| {
            let mut members = members.iter();
            members.any(|(name, _)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
        };
        has(&["value"]) && has(&["name", "key", "id"])
    }

    /// Adds its values under the names on the way to them; `false` where there are too many, or a name gets too long.
    fn flatten(&self, name: String, room: usize, pairs: &mut Vec<(String, String)>) -> bool {
        let below = |key: &str| {
            let below = format!("{name}.{key}");
            (below.len() <= NESTED_NAME_BYTES_MAX).then_some(below)
        };
        let fits = match self {
            Self::List(list) if !list.iter().any(Self::is_nested) => {
                // An empty list is a box that nobody ticked.
                let texts = list.iter().map(|node| (name.clone(), node.say()));
                pairs.extend(texts);
                if list.is_empty() {
                    pairs.push((name, String::new()));
                }
                true
            }
            Self::List(list) => list.iter().enumerate().all(|(place, node)| {
                let name = below(&place.to_string());
                name.is_some_and(|name| pairs.len() <= room && node.flatten(name, room, pairs))
            }),
            Self::Object(members) => members.iter().all(|(key, node)| {
                let name = below(key);
                name.is_some_and(|name| pairs.len() <= room && node.flatten(name, room, pairs))
            }),
            plain => {
                pairs.push((name, plain.say()));
                true
            }
        };
        fits && pairs.len() <= room.max(1)
    }

    fn is_nested(&self) -> bool {
        matches!(self, Self::List(_) | Self::Object(_))
    }

    /// The value as text: null is empty, numbers are as [`number`] writes them, an object or a list is JSON again.
    fn say(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => match value.as_f64().filter(|_| value.is_f64()) {
                Some(float) => number(float),
                None => number(value),
            },
            Self::Text(text) => text.clone(),
            Self::List(_) | Self::Object(_) => Value::from(self.clone()).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use piste_domain::kit::post::Sent;

    use super::*;

    fn read(content_type: &str, body: impl AsRef<[u8]>) -> Result<RawPost, PostProblem> {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
            .block_on(super::read(content_type, body.as_ref()))
    }

    fn value(content_type: &str, body: &str, name: &str) -> Option<String> {
        read(content_type, body).ok()?.get(name).map(str::to_owned)
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn r78_urlencoded_is_read_as_the_whatwg_url_standard_says() {
        let check =
            |body, name, expected: Option<&str>| assert_eq!(value(FORM, body, name).as_deref(), expected, "{body}");
        check("a=1+2&b=%C3%A9", "a", Some("1 2"));
        check("a=1+2&b=%C3%A9", "b", Some("é"));
        check("a=%ZZ", "a", Some("%ZZ"));
        check("a=%FF", "a", Some("ÿ"));
        check("a", "a", Some(""));
        check("=x&a=1", "a", Some("1"));
        check("a=1&a=2", "a", Some("1"));
        check("&&a=1&&", "a", Some("1"));
        check("", "a", None);
    }

    #[test]
    fn r80_json_is_one_object_or_a_list_of_named_values() {
        let check = |body: &str, expected: Option<&str>| {
            assert_eq!(value("application/json", body, "a").as_deref(), expected, "{body}")
        };
        check(r#"{"a":"x"}"#, Some("x"));
        check(r#"{"a":15000}"#, Some("15000"));
        check(r#"{"a":15000.0}"#, Some("15000"));
        check(r#"{"a":true}"#, Some("true"));
        check(r#"{"a":null}"#, Some(""));
        check(r#"{"a":["x","y"]}"#, Some("x"));
        check(r#"{"a":{"b":1}}"#, None);
        for bad in [
            r#"{"a":"1","a":"2"}"#,
            r#"{"a":{"b":"1","b":"2"}}"#,
            "[[1]]",
            r#"[{"a":"x"}]"#,
            r#"[{"name":"a","value":"x"},1]"#,
            "[]",
            "\"a\"",
            "{",
            "",
            r#"{"a":"\ud800"}"#,
            r#"{"a":1}x"#,
        ] {
            assert_eq!(
                read("application/json", bad).err(),
                Some(PostProblem::Malformed),
                "{bad}"
            );
        }
        let bomb = format!("{{\"a\":{}", "[".repeat(60_000));
        assert_eq!(read("application/json", bomb).err(), Some(PostProblem::Malformed));
    }

    fn pairs(body: &str) -> Vec<(String, String)> {
        let post = read("application/json", body).unwrap_or_else(|problem| panic!("{problem:?}: {body}"));
        let plain = |(name, value): &(String, String)| (name.clone(), Sent::from(value.as_str()).text.to_owned());
        post.pairs().iter().map(plain).collect()
    }

    #[test]
    fn r80_nested_json_is_made_flat_and_refuses_no_post() {
        let check = |body: &str, expected: &[(&str, &str)]| {
            let flat = pairs(body);
            let flat: Vec<_> = flat.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            assert_eq!(flat, expected, "{body}");
        };
        check(
            r#"{"utm":{"source":"x","n":1}}"#,
            &[("utm.source", "x"), ("utm.n", "1")],
        );
        check(
            r#"{"tags":[1,"b",null]}"#,
            &[("tags", "1"), ("tags", "b"), ("tags", "")],
        );
        check(r#"{"tags":[],"o":{}}"#, &[("tags", "")]);
        check(
            r#"{"a":[{"b":1},2,[3]]}"#,
            &[("a.0.b", "1"), ("a.1", "2"), ("a.2", "3")],
        );
        check(r#"[{"name":"a","value":"x"}]"#, &[("0.name", "a"), ("0.value", "x")]);
        let deep = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(pairs(&deep(20)), [(format!("a{}", ".0".repeat(19)), "1".to_owned())]);
        // The object around it is one level of the thirty-two.
        assert!(read("application/json", deep(31)).is_ok());
        assert_eq!(read("application/json", deep(32)).err(), Some(PostProblem::Malformed));
        // What would be too many names, or too long ones, stays a text.
        let many = format!("{{\"a\":[{}],\"b\":1}}", vec!["{\"c\":1}"; 500].join(","));
        let flat = pairs(&many);
        assert_eq!((flat.len(), flat[1].1.as_str()), (2, "1"));
        assert!(flat[0].1.starts_with(r#"[{"c":1},"#) && flat[0].1.ends_with("}]"));
        let long = format!("{{\"a\":{{\"{}\":1}}}}", "b".repeat(300));
        assert_eq!(
            pairs(&long),
            [("a".to_owned(), format!("{{\"{}\":1}}", "b".repeat(300)))]
        );
        let wide: Vec<String> = (0..101).map(|n| format!("\"n{n}\":{{\"x\":1}}")).collect();
        assert_eq!(
            read("application/json", format!("{{{}}}", wide.join(","))).err(),
            Some(PostProblem::TooLarge)
        );
    }

    #[test]
    fn r79_multipart_takes_text_and_refuses_files_and_nonsense() {
        let kind = "multipart/form-data; boundary=b";
        let part = |disposition: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n--b--\r\n")
        };
        assert_eq!(value(kind, &part("name=\"a\"", "é"), "a").as_deref(), Some("é"));
        for file in ["data", "", &"x".repeat(300_000)] {
            let post = read(kind, part("name=\"a\"; filename=\"x.png\"", file)).expect("a post");
            assert_eq!(
                (post.files(), post.get("a")),
                (&["a".to_owned()][..], None),
                "{}",
                file.len()
            );
        }
        assert_eq!(
            read(kind, part("name=\"a\"; filename=\"\"", ""))
                .expect("a post")
                .files(),
            [""; 0],
            "an input without a file"
        );
        // Beside files the limit is that of every other post.
        let long = "x".repeat(BODY_BYTES_MAX);
        assert_eq!(read(kind, part("name=\"a\"", &long)).err(), Some(PostProblem::TooLarge));
        assert_eq!(
            read("multipart/form-data", part("name=\"a\"", "x")).err(),
            Some(PostProblem::Malformed)
        );
        assert_eq!(read(kind, "--b\r\nContent-Disp").err(), Some(PostProblem::Malformed));
    }

    /// Pairs, and the names of files.
    type Parts = (Vec<(String, String)>, Vec<String>);

    /// What a body gives, or what is wrong with it.
    fn parts(kind: &str, body: &[u8]) -> Result<Parts, PostProblem> {
        // It is all there: whoever waits would wait for ever.
        let post = super::read(kind, body).now_or_never().expect("it waits for nothing")?;
        Ok((post.pairs().to_vec(), post.files().to_vec()))
    }

    const MULTIPART: &str = "multipart/form-data; boundary=b";
    const FIELD: &str = "Content-Disposition: form-data; name=\"a\"";
    const FILE: &str = "Content-Disposition: form-data; name=\"f\"; filename=\"x\"";

    /// A body of one part.
    fn one(head: &str, value: &str) -> String {
        format!("--b\r\n{head}\r\n\r\n{value}\r\n--b--\r\n")
    }

    #[track_caller]
    fn gives(kind: &str, body: &str, pairs: &[(&str, &str)], files: &[&str]) {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let pairs: Vec<_> = pairs.iter().map(own).collect();
        let files: Vec<_> = files.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(parts(kind, body.as_bytes()), Ok((pairs, files)), "{body}");
    }

    #[test]
    fn r79_multipart_is_read_as_browsers_send_it() {
        // Chromium and Safari: a text, an empty one, an input without a file, a file with marks in its name.
        let body = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\né 1+2%20\r\n\
            --X\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\r\n\
            --X\r\nContent-Disposition: form-data; name=\"c\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n\
            --X\r\nContent-Disposition: form-data; name=\"d\"; filename=\"é %22x%22.png\"\r\nContent-Type: image/png\r\n\r\n\u{0}PNG\r\n\r\n\
            --X--\r\n";
        for boundary in [
            "----WebKitFormBoundary7MA4YWxkTrZu0gW",
            "---------------------------735323031399963166993862150",
            "----geckoformboundary8f5b1a",
        ] {
            let kind = format!("multipart/form-data; boundary={boundary}");
            let body = body.replace("--X", &format!("--{boundary}"));
            gives(&kind, &body, &[("a", "é 1+2%20"), ("b", "")], &["d"]);
        }
        // Lines of a text, and the whole path that old browsers send.
        gives(MULTIPART, &one(FIELD, "x\r\n\r\ny"), &[("a", "x\r\n\r\ny")], &[]);
        let path = "Content-Disposition: form-data; name=\"f\"; filename=\"C:\\docs\\cv.pdf\"\r\nContent-Type: application/pdf";
        gives(MULTIPART, &one(path, "x"), &[], &["f"]);
    }

    /// The cases that other parsers keep tests of.
    #[test]
    fn r79_multipart_at_its_edges_is_a_post_or_refused() {
        let x = [("a", "x")];
        gives("multipart/form-data; boundary=\"b\"", &one(FIELD, "x"), &x, &[]);
        for head in [
            "CONTENT-DISPOSITION: FORM-DATA; name=\"a\"",
            "content-disposition:form-data;name=a",
            &format!("X-1: y\r\n{FIELD}\r\nContent-Length: 700"),
        ] {
            gives(MULTIPART, &one(head, "x"), &x, &[]);
        }
        for whole in [
            format!("Preamble: x\r\n\r\n{}--b\r\nnothing", one(FIELD, "x")),
            format!("\r\n\r\n{}", one(FIELD, "x")),
            one(FIELD, "x").replacen("--b\r\n", "--b \t\r\n", 1),
            one(FIELD, "x").trim_end().to_owned(),
        ] {
            gives(MULTIPART, &whole, &x, &[]);
        }
        let other_way = "Content-Disposition: form-data; filename=\"x.txt\"; name=\"f\"";
        gives(MULTIPART, &one(other_way, "x"), &[], &["f"]);
        let quoted = "Content-Disposition: form-data; name=\"a\\\"b\"";
        gives(MULTIPART, &one(quoted, "x"), &[("a\"b", "x")], &[]);
        for nameless in ["Content-Disposition: form-data", "X-1: y"] {
            gives(MULTIPART, &one(nameless, "x"), &[("", "x")], &[]);
        }
        // RFC 7578 ended encodings of parts; nobody undoes what nobody sends.
        let encoded = format!("{FIELD}\r\nContent-Transfer-Encoding: base64");
        gives(MULTIPART, &one(&encoded, "eA=="), &[("a", "eA==")], &[]);
        let twice = format!("--b\r\n{FIELD}\r\n\r\n1\r\n{}", one(FIELD, "2"));
        gives(MULTIPART, &twice, &[("a", "1"), ("a", "2")], &[]);
        for value in ["\r\r\n\n\r\n-\r\n--", "x--b\r\n-b\n--b\r--b"] {
            gives(MULTIPART, &one(FIELD, value), &[("a", value)], &[]);
        }
        gives(MULTIPART, "--b--\r\n", &[], &[]);
        for bad in [
            String::new(),
            one(FIELD, "x").replace("--b", "--c"),
            one(FIELD, "x\r\n--bc"),
            format!("--b\r\n{FIELD}\r\n\r\nx"),
            format!("--b\r\n{FIELD}\r\n\r\nx\r\n"),
            format!("--b\r\n{FIELD}\r\n"),
            one(FIELD, "x").replace('\r', ""),
            one("Content-Disposition: form-data;\r\n name=\"a\"", "x"),
            one("Content-Disposition", "x"),
            one(&format!("{FIELD}{}", "\r\nX: y".repeat(40)), "x"),
        ] {
            assert_eq!(parts(MULTIPART, bad.as_bytes()), Err(PostProblem::Malformed), "{bad}");
        }
    }

    #[test]
    fn r77_parts_have_an_end_files_included() {
        let many = |head: &str, count: usize| {
            let all = format!("--b\r\n{head}\r\n\r\nx\r\n").repeat(count) + "--b--";
            parts(MULTIPART, all.as_bytes()).map(|(pairs, files)| (pairs.len(), files.len()))
        };
        assert_eq!(many(FIELD, FIELDS_MAX), Ok((FIELDS_MAX, 0)));
        assert_eq!(many(FIELD, FIELDS_MAX + 1), Err(PostProblem::TooLarge));
        assert_eq!(many(FILE, FIELDS_MAX), Ok((0, 1)));
        assert_eq!(many(FILE, FIELDS_MAX + NESTED_MAX + 1), Err(PostProblem::TooLarge));
    }

    /// A good body cut anywhere, with any byte changed, or with one put in: a post or a refusal, at once.
    #[test]
    fn r79_r121_no_broken_multipart_panics_or_waits() {
        let typed = format!("{FIELD}\r\nContent-Type: text/plain; charset=utf-8");
        let good = format!("--b\r\n{typed}\r\n\r\né\r\n{}", one(FILE, "z")).into_bytes();
        assert!(parts(MULTIPART, &good).is_ok());
        for at in 0..good.len() {
            let whole = at >= good.len() - "\r\n".len();
            assert_eq!(parts(MULTIPART, &good[..at]).is_ok(), whole, "cut after {at} bytes");
            for byte in [0, b'\r', b'\n', b'"', b'\\', b'-', b';', b':', b'=', 0xff] {
                let mut changed = good.clone();
                changed[at] = byte;
                let _ = parts(MULTIPART, &changed);
                changed[at] = good[at];
                changed.insert(at, byte);
                let _ = parts(MULTIPART, &changed);
            }
        }
    }

    #[test]
    fn r78_a_part_or_the_page_says_its_charset() {
        let kind = "multipart/form-data; boundary=b";
        let part = |head: &str, value: &[u8]| {
            let head = format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            [head.as_bytes(), value, b"\r\n"].concat()
        };
        let post = |parts: &[Vec<u8>]| {
            let post = read(kind, [parts.concat(), b"--b--\r\n".to_vec()].concat()).expect("a post");
            post.get("a").map(str::to_owned)
        };
        let own = "name=\"a\"\r\nContent-Type: text/plain; charset=ISO-8859-15";
        assert_eq!(post(&[part(own, b"\xa4")]).as_deref(), Some("€"));
        let page = part("name=\"_charset_\"", b"windows-1250");
        assert_eq!(
            post(&[part("name=\"a\"", b"\xa3\xf3d\x9f"), page.clone()]).as_deref(),
            Some("Łódź")
        );
        assert_eq!(post(&[part(own, b"\xa4"), page]).as_deref(), Some("€"));
        assert_eq!(post(&[part("name=\"a\"", b"Ren\xe9e")]).as_deref(), Some("Renée"));
        assert_eq!(
            post(&[part("name=\"a\"", "Renée".as_bytes())]).as_deref(),
            Some("Renée")
        );
    }

    #[test]
    fn r80_json_says_its_charset_and_may_begin_with_a_mark() {
        let first = |kind: &str, body: &[u8]| read(kind, body).ok().and_then(|post| post.get("a").map(str::to_owned));
        assert_eq!(
            first("application/json", "\u{feff}{\"a\":\"é\"}".as_bytes()).as_deref(),
            Some("é")
        );
        assert_eq!(
            first("application/json; charset=latin1", b"{\"a\":\"\xe9\"}").as_deref(),
            Some("é")
        );
        let number = read("application/json", r#"{"a":83.333,"b":"83.333"}"#).expect("a post");
        let is_number = |name| number.sent(name).map(|sent| (sent.text, sent.is_number));
        assert_eq!(
            (is_number("a"), is_number("b")),
            (Some(("83.333", true)), Some(("83.333", false)))
        );
    }

    #[test]
    fn r81_other_types_are_refused_and_parameters_do_not_matter() {
        for other in ["text/plain", "", "application/xml", "application/json-seq"] {
            assert_eq!(read(other, "a=1").err(), Some(PostProblem::UnsupportedType), "{other}");
        }
        assert!(read("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "a=1").is_ok());
    }

    #[test]
    fn r77_size_is_checked_before_anything_is_parsed() {
        assert_eq!(
            read("text/plain", "a".repeat(BODY_BYTES_MAX + 1)).err(),
            Some(PostProblem::TooLarge)
        );
        assert_eq!(
            read(FORM, "a&".repeat(FIELDS_MAX + 1)).err(),
            Some(PostProblem::TooLarge)
        );
        // A long answer is a problem of its field, told beside it, not of the post.
        assert!(read(FORM, format!("a={}", "x".repeat(BODY_BYTES_MAX - 2))).is_ok());
    }
}
