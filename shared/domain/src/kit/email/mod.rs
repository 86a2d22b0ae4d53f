//! Email addresses: what is accepted, and the three keys drawn from one (R53, R83, R84, R85).

mod read;
mod texts;

pub use read::Misread;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;
use crate::kit::data::entries;
use crate::kit::locale::Locale;
use crate::kit::text::{is_invisible, nfc};

/// Longest address in characters: RFC 5321 §4.5.3.1.3 allows a path of 256 with its angle brackets.
pub const ADDRESS_CHARS_MAX: usize = 254;
/// Longest local part in characters (RFC 5321 §4.5.3.1.1).
pub const LOCAL_CHARS_MAX: usize = 64;
/// Longest input looked at, in bytes: an address of the longest size, each character of four bytes. Longer input is
/// refused unread, since Punycode takes quadratic time.
const INPUT_BYTES_MAX: usize = 4 * ADDRESS_CHARS_MAX;

/// The domains worth a typing hint, most used first.
const POPULAR_DOMAINS: &str = include_str!("../data/popular_domains.txt");
/// The other providers that give addresses to anyone, in the countries Piste serves first.
const OTHER_FREE_DOMAINS: &str = include_str!("../data/free_mail_domains.txt");
/// Providers of throw-away addresses (R85): a sign to score down, never a proof.
const DISPOSABLE_DOMAINS: &str = include_str!("../data/disposable_domains.txt");
const ROLE_ADDRESSES: &str = include_str!("../data/role_addresses.txt");

/// Both lists: every score asks, so they are read once.
static FREE_DOMAINS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| entries(POPULAR_DOMAINS).chain(entries(OTHER_FREE_DOMAINS)).collect());

/// How the ends of [`POPULAR_DOMAINS`] are mistyped. Country codes at one key from ".fr" (".gr", ".fi") are left out:
/// the big providers do run there.
const MISTYPED_ENDINGS: [(&str, &[&str]); 3] = [
    (
        "com",
        &[
            "co", "cm", "om", "con", "cim", "cpm", "ocm", "cmo", "comm", "coml", "vom", "xom",
        ],
    ),
    ("fr", &["f", "r", "fe", "fd", "ft", "rf", "ffr", "frr", "fre"]),
    ("net", &["ne", "nt", "et", "met", "ner", "nte", "nett"]),
];

/// An accepted address in its delivery form: the local part as typed, the domain in lower-case A-labels, ASCII only.
///
/// It never prints: `Debug` hides it, there is no `Display`, and [`expose`](Email::expose) is easy to search for.
/// Deserialising trusts the stored text; what people send goes through [`Email::parse`].
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Email(String);

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(hidden)")
    }
}

/// Why an address is refused. It never holds the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum EmailProblem {
    /// Nothing but white space.
    Empty,
    /// Over [`ADDRESS_CHARS_MAX`], or a local part over [`LOCAL_CHARS_MAX`].
    TooLong,
    /// No `@`.
    NoAt,
    /// More than one `@`, often two addresses in one field.
    SeveralAts,
    /// A local part that is empty, quoted or holds a character outside the WHATWG rule.
    BadLocal,
    /// A local part with a dot first, last or doubled, which no mail program can send to (RFC 5322 §3.4.1).
    MisplacedDot,
    /// A local part outside ASCII: SES has no SMTPUTF8 (R53).
    NonAsciiLocal,
    /// No domain, a domain literal, or a name that DNS (RFC 1035 §2.3.1) or UTS #46 refuses.
    BadDomain,
    /// A domain without a dot.
    NoDot,
    /// A domain that ends as none can: in digits, in one letter, in a label with a hyphen that is no A-label.
    NoSuchEnding,
}

codes!(EmailProblem);

impl EmailProblem {
    /// What to tell the visitor.
    pub fn message(self, locale: Locale) -> &'static str {
        texts::email_problem(locale, self)
    }
}

impl fmt::Display for EmailProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for EmailProblem {}

impl Email {
    /// Reads an address and nothing beside it: white space and invisible characters at both ends dropped, NFC, then the rule of
    /// [`type=email`](https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address) with the limits of
    /// RFC 5321 and a dot in the domain (R83), but for addresses that no mail can be addressed to and domains that cannot
    /// exist. An international domain becomes A-labels by UTS #46 (R53). What people type goes through [`Email::read`].
    ///
    /// # Errors
    /// The first [`EmailProblem`] found, reading from left to right.
    pub fn parse(raw: &str) -> Result<Self, EmailProblem> {
        let typed = raw.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
        if typed.is_empty() {
            return Err(EmailProblem::Empty);
        }
        if typed.len() > INPUT_BYTES_MAX {
            return Err(EmailProblem::TooLong);
        }
        let typed = nfc(typed);
        let (local, domain) = typed.split_once('@').ok_or(EmailProblem::NoAt)?;
        if domain.contains('@') {
            return Err(EmailProblem::SeveralAts);
        }
        check_local(local)?;
        let domain = ascii_domain(domain)?;
        let address = format!("{local}@{domain}");
        if address.len() > ADDRESS_CHARS_MAX {
            return Err(EmailProblem::TooLong);
        }
        Ok(Self(address))
    }

    /// The address itself, for delivery and for pages whose reader may see it; never for logs, keys or URLs.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whom the address means: local part in lower case, domain in A-labels. Dots and tags stay: at most providers
    /// they make another mailbox (R84).
    pub fn identity(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The identity without `+tag`, and for Gmail without dots and under one domain: one mailbox, one key. For rate
    /// limits only, never for identity (R84).
    pub fn abuse_key(&self) -> String {
        let identity = self.identity();
        let (local, domain) = split(&identity);
        let local = local.split_once('+').map_or(local, |(mailbox, _tag)| mailbox);
        match domain {
            "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
            _ => format!("{local}@{domain}"),
        }
    }

    /// The address the person probably meant, when the domain is one slip away from a popular one ("gmial.com",
    /// "orange.f") or has a letter that looks like one of its own (R82). A question for the visitor, never a correction: such domains do exist.
    pub fn suggestion(&self) -> Option<String> {
        let (local, domain) = split(&self.0);
        if self.is_free_mail() {
            return None;
        }
        let meant = match domain {
            "gmail.fr" => "gmail.com", // Gmail has one domain; the commonest slip in France.
            _ => {
                let (shown, _) = Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
                entries(POPULAR_DOMAINS).find(|popular| is_slip(&shown, popular))?
            }
        };
        Some(format!("{local}@{meant}"))
    }

    /// Whether the provider gives addresses to anyone, so that the domain tells nothing about a company.
    pub fn is_free_mail(&self) -> bool {
        let (_, domain) = split(&self.0);
        FREE_DOMAINS.contains(domain)
    }

    /// Whether the domain, or one above it, is known for throw-away addresses: a sign to score down (R85).
    pub fn is_disposable(&self) -> bool {
        entries(DISPOSABLE_DOMAINS).any(|known| self.is_at(known))
    }

    /// Whether the mailbox is that of a function, such as `info@`, and not of a person.
    pub fn is_role(&self) -> bool {
        let identity = self.identity();
        let (local, _) = split(&identity);
        entries(ROLE_ADDRESSES).any(|role| role == local)
    }

    /// Whether the domain is this one, or below it.
    pub fn is_at(&self, known: &str) -> bool {
        let (_, domain) = split(&self.0);
        domain
            .strip_suffix(known)
            .is_some_and(|above| above.is_empty() || above.ends_with('.'))
    }
}

/// Local part and domain of an accepted address.
fn split(address: &str) -> (&str, &str) {
    address.split_once('@').unwrap_or((address, ""))
}

/// The local part of RFC 5322's `dot-atom`: letters, digits and the signs of `atext`, with single dots between them; and
/// nothing that a careless reader of the head of an email would decode (RFC 2047).
fn check_local(local: &str) -> Result<(), EmailProblem> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b);
    if !local.is_ascii() {
        Err(EmailProblem::NonAsciiLocal)
    } else if local.len() > LOCAL_CHARS_MAX {
        Err(EmailProblem::TooLong)
    } else if local.is_empty() || !local.bytes().all(allowed) || local.contains("=?") {
        Err(EmailProblem::BadLocal)
    } else if local.split('.').any(str::is_empty) {
        Err(EmailProblem::MisplacedDot)
    } else {
        Ok(())
    }
}

/// The domain in lower-case A-labels: letters, digits and inner hyphens (STD 3), labels of 1 to 63 characters. The last one
/// is of letters alone or an A-label, as all top-level domains are (RFC 3696 §2), which rules out dotted quads.
pub(super) fn ascii_domain(domain: &str) -> Result<String, EmailProblem> {
    // Hyphens in third and fourth place are legal for WHATWG, hence not `Hyphens::Check`.
    let ascii = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| EmailProblem::BadDomain)?;
    let (_, ending) = ascii.rsplit_once('.').ok_or(EmailProblem::NoDot)?;
    let may_be = ending.len() > 1 && (ending.bytes().all(|b| b.is_ascii_alphabetic()) || ending.starts_with("xn--"));
    match may_be {
        true => Ok(ascii.into_owned()),
        false => Err(EmailProblem::NoSuchEnding),
    }
}

/// Whether `typed` is `popular` with one slip in the name, in the ending, or one in each.
fn is_slip(typed: &str, popular: &str) -> bool {
    let (Some((name, ending)), Some((popular_name, popular_ending))) = (typed.split_once('.'), popular.split_once('.'))
    else {
        return false;
    };
    // One slip makes another company of a short name, or of any first letter ("grange.fr") that does not imitate the other.
    let first = name.chars().next();
    let near_name = name == popular_name
        || (popular_name.len() >= 5
            && (first == popular_name.chars().next() || first.is_some_and(|c| !c.is_ascii()))
            && one_edit(name, popular_name));
    let near_ending = ending == popular_ending
        || MISTYPED_ENDINGS
            .iter()
            .any(|(meant, slips)| *meant == popular_ending && slips.contains(&ending));
    near_name && near_ending
}

/// Whether one letter added, dropped or changed, or two neighbours swapped, turns `a` into `b`.
fn one_edit(a: &str, b: &str) -> bool {
    let chars = |text: &str| -> Vec<char> { text.chars().collect() };
    let (a, b) = (&chars(a)[..], &chars(b)[..]);
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    match (&a[..a.len() - suffix], &b[..b.len() - suffix]) {
        ([], [_]) | ([_], []) | ([_], [_]) => true,
        ([a1, a2], [b1, b2]) => a1 == b2 && a2 == b1,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
