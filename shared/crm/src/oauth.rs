//! What the two clients that renew their tokens share: forms, origins, and what a broken call or a status alone says.

use jiff::SignedDuration;
use serde_json::Value;

use crate::call::{Answer, Broken};
use crate::outcome::{End, Outcome, Reason};

/// An hour: budgets of a rolling day come back in bits, so it is worth asking again then.
pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The body of a form.
pub(crate) fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
        .into_bytes()
}

/// Scheme and authority in lower case; `None` where there is a user part or anything else that reads differently to
/// different readers.
pub(crate) fn origin(url: &str) -> Option<(String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
    let known = !authority.is_empty() && authority.bytes().all(plain);
    known.then(|| (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase()))
}

/// Whether two addresses have the same scheme, host and port.
pub(crate) fn same_origin(one: &str, other: &str) -> bool {
    origin(one).is_some_and(|one| Some(one) == origin(other))
}

/// The error of a call that has no answer. What only reads has no effect, whatever became of it.
pub(crate) fn broken(broken: Broken, reads: bool) -> Outcome {
    Outcome::of(match broken {
        Broken::NotSent => End::Later(None),
        Broken::Forbidden => End::Pause(Reason::Elsewhere, None),
        Broken::Unknown if reads => End::Later(None),
        Broken::Unknown => End::Unknown,
    })
}

/// A code or a name as it may be kept: what is no bare word could repeat a value.
pub(crate) fn word(text: &str) -> Option<String> {
    let word = text.trim().replace(' ', "_");
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'$';
    (!word.is_empty() && word.len() <= 80 && word.bytes().all(bare)).then_some(word)
}

/// An id as the CRMs give them: letters and digits.
pub(crate) fn id(value: &Value) -> Option<&str> {
    let plain = |id: &&str| !id.is_empty() && id.len() <= 40 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    value.as_str().filter(plain)
}

/// An access token, if it can stand in a header.
pub(crate) fn access_token(value: &Value) -> Option<&str> {
    let plain = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    value["access_token"].as_str().filter(plain)
}

/// How long the answer asks to wait, if it does; a day at most.
pub(crate) fn wait(answer: &Answer) -> Option<SignedDuration> {
    let seconds: i64 = answer.header("retry-after")?.trim().parse().ok()?;
    (0..=86_400)
        .contains(&seconds)
        .then(|| SignedDuration::from_secs(seconds))
}

/// What a status says by itself, whoever answers and whatever the body holds: that this is not the moment, or that the
/// answer is somewhere else, where nobody goes.
pub(crate) fn passing(answer: &Answer) -> Option<Outcome> {
    let later = Outcome::of(End::Later(wait(answer))).with_status(answer.status);
    match answer.status {
        300..=399 => Some(later.with_code("redirect")),
        408 | 423 | 425 | 500..=599 => Some(later),
        200..=299 | 400..=499 => None,
        _ => Some(later.with_code("no_status")),
    }
}

/// An answer that says nothing that can be read: nothing was confirmed by it.
pub(crate) fn unreadable(answer: &Answer, end: End) -> Outcome {
    Outcome::of(end).with_status(answer.status).with_code("unreadable")
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;
    use crate::call::{Call, Http};
    use crate::push::{Act, Entry, Push, Write};

    type Script = VecDeque<(String, Result<Answer, Broken>)>;

    /// Answers by a script: each call must be the one that stands next in it, verb and address.
    pub(crate) struct Scripted {
        script: Mutex<Script>,
        calls: Mutex<Vec<Call>>,
    }

    impl Scripted {
        pub(crate) fn new(script: Vec<(&str, Result<Answer, Broken>)>) -> Self {
            let script = script
                .into_iter()
                .map(|(call, answer)| (call.to_owned(), answer))
                .collect();
            Self {
                script: Mutex::new(script),
                calls: Mutex::default(),
            }
        }

        /// The call of this place.
        pub(crate) fn call(&self, place: usize) -> Call {
            self.calls.lock().expect("no test panics with the lock")[place].clone()
        }

        /// The body of the call of this place, as JSON.
        pub(crate) fn body(&self, place: usize) -> Value {
            serde_json::from_slice(&self.call(place).body).expect("a body that is JSON")
        }

        /// Holds that everything scripted was asked for.
        pub(crate) fn done(&self) {
            let left = self.script.lock().expect("no test panics with the lock");
            assert!(left.is_empty(), "never called: {left:?}");
        }
    }

    impl Http for Scripted {
        async fn call(&self, call: Call) -> Result<Answer, Broken> {
            let made = format!("{} {}", call.method.as_str(), call.url);
            let next = self.script.lock().expect("no test panics with the lock").pop_front();
            let (expected, answer) = next.unwrap_or_else(|| panic!("one call too many: {made}"));
            assert_eq!(made, expected);
            assert!(call.headers.iter().all(|(name, _)| name.to_lowercase() == *name));
            self.calls.lock().expect("no test panics with the lock").push(call);
            answer
        }
    }

    /// An answer in JSON; without a body where it is null.
    pub(crate) fn says(status: u16, body: Value) -> Result<Answer, Broken> {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        Ok(Answer {
            status,
            headers: Vec::new(),
            body,
        })
    }

    /// An answer in JSON with a header.
    pub(crate) fn says_with(status: u16, header: (&str, &str), body: Value) -> Result<Answer, Broken> {
        let headers = vec![(header.0.to_owned(), header.1.to_owned())];
        says(status, body).map(|answer| Answer { headers, ..answer })
    }

    /// A page of HTML.
    pub(crate) fn page(status: u16) -> Result<Answer, Broken> {
        let body = b"<html>Sign in, ana@example.com</html>".to_vec();
        Ok(Answer {
            status,
            headers: Vec::new(),
            body,
        })
    }

    /// A field that is no key and that may not be left out.
    pub(crate) fn entry(name: &str, value: impl Into<Value>, write: Write) -> Entry {
        Entry {
            name: name.to_owned(),
            value: value.into(),
            write,
            drop: false,
            key: None,
        }
    }

    /// The same, and it may be left out.
    pub(crate) fn loose(name: &str, value: impl Into<Value>, write: Write) -> Entry {
        Entry {
            drop: true,
            ..entry(name, value, write)
        }
    }

    /// A key.
    pub(crate) fn key(name: &str, value: &str, act: Act) -> Entry {
        Entry {
            key: Some(act),
            ..entry(name, value, Write::Always)
        }
    }

    /// Ana, as every test pushes her.
    pub(crate) fn push<'a>(id: Option<&'a str>, entries: &'a [Entry]) -> Push<'a> {
        Push {
            lead: "k7d2",
            id,
            unsure: false,
            email: Some("ana@example.com"),
            entries,
            subscription: None,
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(crate::wire::escape("a b+c/é'\\"), "a%20b%2Bc%2F%C3%A9%27%5C");
        assert_eq!(form(&[("a", "b c&d")]), b"a=b+c%26d");
    }

    #[test]
    fn origins() {
        for (one, other, same) in [
            ("https://a.example", "https://A.example/path?x", true),
            ("http://127.0.0.1:90/local", "http://127.0.0.1:90", true),
            ("http://127.0.0.1:90", "http://127.0.0.1:91", false),
            ("http://a.example", "https://a.example", false),
            ("https://a.example", "https://a.example@evil.example", false),
            ("https://a.example", "https://a.example\\.evil.example", false),
            ("", "", false),
            ("https://", "https://", false),
        ] {
            assert_eq!(same_origin(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn words_hold_no_values() {
        assert_eq!(word("INVALID_DATA").as_deref(), Some("INVALID_DATA"));
        assert_eq!(word("Access Denied").as_deref(), Some("Access_Denied"));
        for text in ["", "ana@example.com", "x'y", &"x".repeat(81)] {
            assert_eq!(word(text), None);
        }
        assert_eq!(id(&json!("00Qxx")), Some("00Qxx"));
        assert_eq!(id(&json!("../x")), None);
        assert_eq!(access_token(&json!({"access_token": "a\r\nb"})), None);
    }

    #[test]
    fn statuses_that_pass() {
        for status in 0..=700 {
            let answer = Answer {
                status,
                headers: Vec::new(),
                body: Vec::new(),
            };
            let told = matches!(status, 200..=299 | 400..=407 | 409..=422 | 424 | 426..=499);
            assert_eq!(passing(&answer).is_none(), told, "{status}");
        }
        let slow = says_with(503, ("retry-after", "120"), Value::Null).expect("an answer");
        assert_eq!(
            passing(&slow).expect("an end").end,
            End::Later(Some(SignedDuration::from_secs(120)))
        );
    }
}
