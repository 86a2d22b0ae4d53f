//! An email of our own words: a template, and values that are never a part of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use piste_domain::Email;
use piste_domain::kit::phone::Phone;

/// An email under construction: fixed words, and values by number.
#[derive(Default)]
pub struct Draft {
    /// The text so far.
    pub body: String,
    /// The values so far, each by its name.
    pub values: Vec<(String, String)>,
}

impl Draft {
    /// A place in the template for a value.
    pub fn value(&mut self, value: impl Into<String>) -> String {
        self.named("v", value)
    }

    /// The same for an address, which the template engine checks.
    pub fn url(&mut self, url: String) -> String {
        self.named("to_url", url)
    }

    /// The same for a number to dial: the words of the link say it, so that the text part does not repeat it.
    pub fn dial(&mut self, phone: &Phone) -> String {
        self.named("tel_url", format!("tel:{}", phone.expose()))
    }

    /// The same for an address to write to.
    pub fn mailto(&mut self, email: &Email) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@.-_+".contains(&byte);
        let encoded = email.expose().bytes().map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"), // RFC 6068 section 2
        });
        self.named("mailto_url", format!("mailto:{}", encoded.collect::<String>()))
    }

    fn named(&mut self, kind: &str, value: impl Into<String>) -> String {
        // The engine tells addresses by the end of their names.
        let name = match kind.strip_suffix("_url") {
            Some(start) => format!("{start}{}_url", self.values.len()),
            None => format!("{kind}{}", self.values.len()),
        };
        let place = format!("{{{{ {name} }}}}");
        self.values.push((name, value.into()));
        place
    }

    /// Text and an empty line.
    pub fn paragraph(&mut self, text: &str) {
        let _ = write!(self.body, "{text}\n\n");
    }

    /// Text that stands out.
    pub fn heading(&mut self, text: &str) {
        self.paragraph(&format!("**{text}**"));
    }

    /// An item of a list.
    pub fn item(&mut self, text: &str) {
        let _ = writeln!(self.body, "- {text}");
    }

    /// The end of a list.
    pub fn end_list(&mut self) {
        self.body.push('\n');
    }
}

/// An email of ours ready to be composed.
pub struct Written {
    /// Its template, as one of an owner would be written.
    pub source: String,
    /// The values by name.
    pub values: Vec<(String, String)>,
}

impl Written {
    /// The values of the template.
    pub fn variables(&self) -> BTreeMap<&str, String> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect()
    }
}
