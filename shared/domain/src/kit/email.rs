//! E-mail addresses: what is accepted, and the three keys drawn from one (R53, R83, R84, R85).

use std::fmt;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};

use crate::kit::text::{is_invisible, nfc};

/// Longest address in characters: RFC 5321 §4.5.3.1.3 allows a path of 256 with its angle brackets.
pub const ADDRESS_CHARS_MAX: usize = 254;
/// Longest local part in characters (RFC 5321 §4.5.3.1.1).
pub const LOCAL_CHARS_MAX: usize = 64;
/// Longest input looked at, in bytes: an address of the longest size, each character of four bytes. Longer input is
/// refused unread, since Punycode takes quadratic time.
const INPUT_BYTES_MAX: usize = 4 * ADDRESS_CHARS_MAX;

/// The domains worth a typing hint, most used first.
const POPULAR_DOMAINS: [&str; 15] = [
    "gmail.com",
    "orange.fr",
    "hotmail.fr",
    "hotmail.com",
    "free.fr",
    "wanadoo.fr",
    "yahoo.fr",
    "yahoo.com",
    "outlook.fr",
    "outlook.com",
    "laposte.net",
    "sfr.fr",
    "icloud.com",
    "live.fr",
    "protonmail.com",
];

/// The other providers that give addresses to anyone, in the countries Piste serves first.
const OTHER_FREE_DOMAINS: [&str; 54] = [
    "9online.fr",
    "alice.it",
    "aliceadsl.fr",
    "aol.com",
    "bbox.fr",
    "bluewin.ch",
    "cegetel.net",
    "club-internet.fr",
    "dartybox.com",
    "email.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.fr",
    "gmx.net",
    "googlemail.com",
    "hotmail.be",
    "hotmail.co.uk",
    "hotmail.de",
    "hotmail.es",
    "hotmail.it",
    "libero.it",
    "live.be",
    "live.com",
    "mac.com",
    "mail.com",
    "me.com",
    "msn.com",
    "neuf.fr",
    "noos.fr",
    "numericable.fr",
    "o2.pl",
    "outlook.be",
    "outlook.de",
    "outlook.es",
    "outlook.it",
    "pm.me",
    "proton.me",
    "rocketmail.com",
    "seznam.cz",
    "skynet.be",
    "t-online.de",
    "telenet.be",
    "tuta.com",
    "tutanota.com",
    "virgilio.it",
    "voila.fr",
    "web.de",
    "wp.pl",
    "yahoo.co.uk",
    "yahoo.de",
    "yahoo.es",
    "yahoo.it",
];

/// Providers of throw-away addresses (R85): a sign to score down, never a proof.
const DISPOSABLE_DOMAINS: [&str; 20] = [
    "10minutemail.com",
    "discard.email",
    "dispostable.com",
    "emailondeck.com",
    "fakeinbox.com",
    "getnada.com",
    "grr.la",
    "guerrillamail.com",
    "jetable.org",
    "mailinator.com",
    "mailnesia.com",
    "maildrop.cc",
    "mohmal.com",
    "sharklasers.com",
    "temp-mail.org",
    "tempmail.com",
    "throwawaymail.com",
    "trashmail.com",
    "yopmail.com",
    "yopmail.fr",
];

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
pub struct Email(String);

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(hidden)")
    }
}

/// Why an address is refused. It never holds the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// A local part outside ASCII: SES has no SMTPUTF8 (R53).
    NonAsciiLocal,
    /// No domain, a domain literal, or a name that DNS (RFC 1035 §2.3.1) or UTS #46 refuses.
    BadDomain,
    /// A domain without a dot.
    NoDot,
}

impl EmailProblem {
    /// The stable code of the problem in answers and stored reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::NoAt => "no_at",
            Self::SeveralAts => "several_ats",
            Self::BadLocal => "bad_local",
            Self::NonAsciiLocal => "non_ascii_local",
            Self::BadDomain => "bad_domain",
            Self::NoDot => "no_dot",
        }
    }

    /// What to tell the visitor, in French when `lang` is `"fr"`, else in English.
    pub fn message(self, lang: &str) -> &'static str {
        let (fr, en) = match self {
            Self::Empty => ("Indiquez votre adresse e-mail.", "Enter your e-mail address."),
            Self::TooLong => (
                "Cette adresse e-mail est trop longue.",
                "This e-mail address is too long.",
            ),
            Self::NoAt => (
                "Il manque le signe @ dans cette adresse e-mail.",
                "This e-mail address has no @ sign.",
            ),
            Self::SeveralAts => (
                "Indiquez une seule adresse e-mail, avec un seul signe @.",
                "Enter one e-mail address, with one @ sign.",
            ),
            Self::BadLocal => (
                "La partie avant le signe @ est vide ou contient un caractère impossible.",
                "The part before the @ sign is empty or has a character that cannot be there.",
            ),
            Self::NonAsciiLocal => (
                "La partie avant le signe @ contient un accent ou un caractère que nous ne pouvons pas joindre. \
                 Indiquez une adresse sans accent.",
                "The part before the @ sign has an accent or a character that we cannot send to. Enter an address \
                 in plain letters.",
            ),
            Self::BadDomain => (
                "La partie après le signe @ n’est pas un nom de domaine valide.",
                "The part after the @ sign is not a valid domain name.",
            ),
            Self::NoDot => (
                "La partie après le signe @ est incomplète, comme «\u{a0}exemple\u{a0}» au lieu de «\u{a0}exemple.fr\u{a0}».",
                "The part after the @ sign is incomplete, like “example” instead of “example.com”.",
            ),
        };
        if lang == "fr" { fr } else { en }
    }
}

impl fmt::Display for EmailProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for EmailProblem {}

impl Email {
    /// Reads what a person typed: white space and invisible characters at both ends dropped, NFC, then the rule of
    /// [`type=email`](https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address) with the limits of
    /// RFC 5321 and a dot in the domain (R83). An international domain becomes A-labels by UTS #46 (R53).
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
    /// "orange.f"). A question for the visitor, never a correction: such domains do exist.
    pub fn suggestion(&self) -> Option<String> {
        let (local, domain) = split(&self.0);
        if self.is_free_mail() {
            return None;
        }
        let meant = match domain {
            "gmail.fr" => "gmail.com", // Gmail has one domain; the commonest slip in France.
            _ => POPULAR_DOMAINS.into_iter().find(|popular| is_slip(domain, popular))?,
        };
        Some(format!("{local}@{meant}"))
    }

    /// Whether the provider gives addresses to anyone, so that the domain tells nothing about a company.
    pub fn is_free_mail(&self) -> bool {
        let (_, domain) = split(&self.0);
        POPULAR_DOMAINS.contains(&domain) || OTHER_FREE_DOMAINS.contains(&domain)
    }

    /// Whether the domain, or one above it, is known for throw-away addresses: a sign to score down (R85).
    pub fn is_disposable(&self) -> bool {
        DISPOSABLE_DOMAINS.iter().any(|known| self.is_at(known))
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

/// The local part of the WHATWG rule: letters, digits and the signs of RFC 5322's `atext`, dots anywhere.
fn check_local(local: &str) -> Result<(), EmailProblem> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b);
    if !local.is_ascii() {
        Err(EmailProblem::NonAsciiLocal)
    } else if local.len() > LOCAL_CHARS_MAX {
        Err(EmailProblem::TooLong)
    } else if local.is_empty() || !local.bytes().all(allowed) {
        Err(EmailProblem::BadLocal)
    } else {
        Ok(())
    }
}

/// The domain in lower-case A-labels: letters, digits and inner hyphens (STD 3), labels of 1 to 63 characters.
fn ascii_domain(domain: &str) -> Result<String, EmailProblem> {
    // Hyphens in third and fourth place are legal for WHATWG, hence not `Hyphens::Check`.
    let ascii = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| EmailProblem::BadDomain)?;
    if !ascii.contains('.') {
        return Err(EmailProblem::NoDot);
    }
    Ok(ascii.into_owned())
}

/// Whether `typed` is `popular` with one slip in the name, in the ending, or one in each.
fn is_slip(typed: &str, popular: &str) -> bool {
    let (Some((name, ending)), Some((popular_name, popular_ending))) = (typed.split_once('.'), popular.split_once('.'))
    else {
        return false;
    };
    // One slip makes another company of a short name, or of any first letter ("grange.fr").
    let near_name = name == popular_name
        || (popular_name.len() >= 5
            && name.as_bytes()[..1] == popular_name.as_bytes()[..1]
            && one_edit(name, popular_name));
    let near_ending = ending == popular_ending
        || MISTYPED_ENDINGS
            .iter()
            .any(|(meant, slips)| *meant == popular_ending && slips.contains(&ending));
    near_name && near_ending
}

/// Whether one letter added, dropped or changed, or two neighbours swapped, turns `a` into `b`.
fn one_edit(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
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
mod tests {
    use super::{EmailProblem::*, *};

    fn email(raw: &str) -> Email {
        Email::parse(raw).expect("a good address")
    }

    /// What is typed, what becomes of it, and why where RFC 5321 (or RFC 6531) says otherwise.
    const VERDICTS: &[(&str, Result<&str, EmailProblem>, &str)] = &[
        // As in RFC 5321.
        ("anne@example.com", Ok("anne@example.com"), ""),
        (
            "Anne.Martin+seo@Example.COM",
            Ok("Anne.Martin+seo@example.com"),
            "case of the local part kept (§2.4)",
        ),
        (
            "o'neil!#$%&*/=?^_`{|}~-@example.com",
            Ok("o'neil!#$%&*/=?^_`{|}~-@example.com"),
            "all of atext",
        ),
        ("a@b.co", Ok("a@b.co"), ""),
        ("a@sub.b-c.example.co.uk", Ok("a@sub.b-c.example.co.uk"), ""),
        (
            "a@1and1.example",
            Ok("a@1and1.example"),
            "a label may start with a digit (RFC 1123 §2.1)",
        ),
        (
            "a@ab--cd.example",
            Ok("a@ab--cd.example"),
            "two hyphens in third place are legal DNS",
        ),
        ("", Err(Empty), ""),
        (" \r\n\t\u{A0}\u{200B} ", Err(Empty), ""),
        ("anne", Err(NoAt), ""),
        ("anne.example.com", Err(NoAt), ""),
        ("@example.com", Err(BadLocal), ""),
        ("@", Err(BadLocal), ""),
        ("a@", Err(BadDomain), ""),
        ("a@@example.com", Err(SeveralAts), ""),
        ("a@example.com, b@example.com", Err(SeveralAts), ""),
        ("a b@example.com", Err(BadLocal), ""),
        (
            "Anne <anne@example.com>",
            Err(BadLocal),
            "a mailbox with a name is RFC 5322, not an address",
        ),
        ("mailto:anne@example.com", Err(BadLocal), ""),
        ("a,b@example.com", Err(BadLocal), ""),
        ("a\r\nBcc:b@example.com", Err(BadLocal), "header injection"),
        ("a\0b@example.com", Err(BadLocal), ""),
        ("a@exa mple.com", Err(BadDomain), ""),
        ("a@example.com\r\nBcc: b", Err(BadDomain), "header injection"),
        ("a@exam\0ple.com", Err(BadDomain), ""),
        ("a@.example.com", Err(BadDomain), ""),
        ("a@example..com", Err(BadDomain), ""),
        ("a@-example.com", Err(BadDomain), ""),
        ("a@example-.com", Err(BadDomain), ""),
        ("a@exa_mple.com", Err(BadDomain), ""),
        ("a@example.com/x", Err(BadDomain), ""),
        ("a@example.com:25", Err(BadDomain), ""),
        ("a@(comment)example.com", Err(BadDomain), ""),
        // More generous than RFC 5321.
        (
            "  anne@example.com\n",
            Ok("anne@example.com"),
            "people paste white space",
        ),
        (
            "\u{202A}anne@example.com\u{202C}",
            Ok("anne@example.com"),
            "address books paste bidi marks",
        ),
        (
            ".anne@example.com",
            Ok(".anne@example.com"),
            "WHATWG: dots anywhere; some providers gave such addresses",
        ),
        ("anne.@example.com", Ok("anne.@example.com"), "WHATWG, as above"),
        ("an..ne@example.com", Ok("an..ne@example.com"), "WHATWG, as above"),
        (
            "a@192.0.2.1",
            Ok("a@192.0.2.1"),
            "WHATWG: four labels of digits; the first mail will tell",
        ),
        // Stricter than RFC 5321.
        (
            "\"anne martin\"@example.com",
            Err(BadLocal),
            "WHATWG has no quoted local part; hardly any exist",
        ),
        (
            "\"anne\"@example.com",
            Err(BadLocal),
            "the same, even where the quotes are idle",
        ),
        (
            "a\\@b@example.com",
            Err(SeveralAts),
            "quoted pairs need a quoted local part",
        ),
        (
            "a@[192.0.2.1]",
            Err(BadDomain),
            "no domain literal: nobody's lasting address",
        ),
        ("a@[IPv6:2001:db8::1]", Err(BadDomain), "no domain literal"),
        (
            "a@localhost",
            Err(NoDot),
            "no mail leaves for a bare host name; usually a missing ending",
        ),
        ("a@com", Err(NoDot), "mail to a top-level domain is banned by ICANN"),
        (
            "a@example.com.",
            Err(BadDomain),
            "neither RFC 5321 nor WHATWG knows the final dot of DNS files",
        ),
        // RFC 6531.
        (
            "anne@bücher.example",
            Ok("anne@xn--bcher-kva.example"),
            "SES takes A-labels",
        ),
        (
            "anne@BU\u{308}CHER.example",
            Ok("anne@xn--bcher-kva.example"),
            "NFC and lower case first",
        ),
        ("anne@XN--BCHER-KVA.example", Ok("anne@xn--bcher-kva.example"), ""),
        (
            "anne@straße.example",
            Ok("anne@xn--strae-oqa.example"),
            "non-transitional UTS #46, as browsers do",
        ),
        (
            "anne@例え。example",
            Ok("anne@xn--r8jz45g.example"),
            "the ideographic full stop is a dot (UTS #46)",
        ),
        (
            "anne@ｅｘａｍｐｌｅ.com",
            Ok("anne@example.com"),
            "full-width letters are mapped (UTS #46)",
        ),
        (
            "anne@xn--a.example",
            Err(BadDomain),
            "stricter than WHATWG: not Punycode, so no such name",
        ),
        (
            "élise@example.com",
            Err(NonAsciiLocal),
            "RFC 6531 allows it, SES has no SMTPUTF8 (R53)",
        ),
        (
            "\u{212A}arl@example.com",
            Ok("Karl@example.com"),
            "NFC makes the Kelvin sign a letter",
        ),
        (
            "an\u{200B}ne@example.com",
            Err(NonAsciiLocal),
            "an invisible character inside is not guessed away",
        ),
        ("аnne@example.com", Err(NonAsciiLocal), "Cyrillic а"),
        ("anne＠example.com", Err(NoAt), "the full-width sign is no @"),
    ];

    #[test]
    fn r83_every_verdict_of_the_table_holds() {
        for (raw, verdict, why) in VERDICTS {
            let got = Email::parse(raw);
            assert_eq!(
                got.as_ref().map(Email::expose),
                verdict.as_ref().map(|s| &**s),
                "{raw:?} {why}"
            );
            if let Ok(email) = got {
                assert_eq!(
                    Email::parse(email.expose()),
                    Ok(email.clone()),
                    "parsing twice changes nothing: {raw:?}"
                );
                assert_eq!(
                    Email::parse(&email.identity()).map(|e| e.identity()),
                    Ok(email.identity())
                );
            }
        }
    }

    #[test]
    fn r83_lengths_are_checked_at_their_edges() {
        let label = "d".repeat(63);
        let local = "l".repeat(64);
        let ok = |raw: String| Email::parse(&raw).map(|_| ());
        assert_eq!(ok(format!("{local}@example.com")), Ok(()));
        assert_eq!(ok(format!("{local}l@example.com")), Err(TooLong));
        assert_eq!(ok(format!("a@{label}.example")), Ok(()));
        assert_eq!(ok(format!("a@{label}d.example")), Err(BadDomain));
        // 64 + 1 + 63 + 1 + 63 + 1 + 61 = 254
        let domain = format!("{label}.{label}.{}", "e".repeat(61));
        assert_eq!(ok(format!("{local}@{domain}")), Ok(()));
        assert_eq!(ok(format!("{local}@{domain}e")), Err(TooLong));
        assert_eq!(
            ok(format!("a@{label}.{label}.{label}.{label}")),
            Err(BadDomain),
            "a name of 255 (RFC 1035)"
        );
        // The limits hold for the A-label, which is longer than what was typed.
        assert_eq!(ok(format!("a@{}.example", "é".repeat(60))), Err(BadDomain));
    }

    /// Quadratic work on inputs of this size would take minutes.
    #[test]
    fn r83_huge_input_is_refused_unread() {
        for unit in ["a", "@", "é", ".", "a@", " a", "\u{334}"] {
            let raw = unit.repeat(1 << 20);
            assert_eq!(Email::parse(&raw), Err(TooLong), "{unit:?}");
            assert_eq!(Email::parse(&format!("a@{raw}")), Err(TooLong), "{unit:?}");
        }
        assert_eq!(Email::parse(&" ".repeat(1 << 20)), Err(Empty));
        assert_eq!(Email::parse(&"a".repeat(64 * 1024)), Err(TooLong));
    }

    #[test]
    fn r53_what_is_accepted_is_ascii_and_one_line() {
        for c in '\0'..='\u{FFFF}' {
            for raw in [format!("a{c}b@example.com"), format!("a@{c}.com")] {
                if let Ok(email) = Email::parse(&raw) {
                    assert!(email.expose().bytes().all(|b| b.is_ascii_graphic()), "{raw:?}");
                    assert_eq!(email.expose().matches('@').count(), 1, "{raw:?}");
                }
            }
        }
    }

    #[test]
    fn r84_three_keys_are_drawn_from_one_address() {
        for (raw, delivery, identity, abuse) in [
            (
                " Anne.Martin+SEO@Gmail.com",
                "Anne.Martin+SEO@gmail.com",
                "anne.martin+seo@gmail.com",
                "annemartin@gmail.com",
            ),
            (
                "A.B@googlemail.com",
                "A.B@googlemail.com",
                "a.b@googlemail.com",
                "ab@gmail.com",
            ),
            (
                "A.B+x+y@Bücher.example",
                "A.B+x+y@xn--bcher-kva.example",
                "a.b+x+y@xn--bcher-kva.example",
                "a.b@xn--bcher-kva.example",
            ),
            ("a.b@orange.fr", "a.b@orange.fr", "a.b@orange.fr", "a.b@orange.fr"),
        ] {
            let email = email(raw);
            assert_eq!(email.expose(), delivery);
            assert_eq!(email.identity(), identity);
            assert_eq!(email.abuse_key(), abuse);
        }
    }

    #[test]
    fn an_address_stays_out_of_debug_output_and_survives_storage() {
        let email = email("Anne@Example.com");
        assert_eq!(format!("{email:?}"), "Email(hidden)");
        let json = serde_json::to_string(&email).expect("a string");
        assert_eq!(json, "\"Anne@example.com\"");
        assert_eq!(serde_json::from_str::<Email>(&json).expect("an address"), email);
    }

    #[test]
    fn a_slip_in_a_popular_domain_is_pointed_out() {
        for (typed, meant) in [
            ("Anne@gmial.com", "Anne@gmail.com"),
            ("a@gmai.com", "a@gmail.com"),
            ("a@gmaill.com", "a@gmail.com"),
            ("a@gnail.com", "a@gmail.com"),
            ("a@gmail.con", "a@gmail.com"),
            ("a@gmial.co", "a@gmail.com"),
            ("a@gmail.fr", "a@gmail.com"),
            ("a@orange.f", "a@orange.fr"),
            ("a@ornage.fr", "a@orange.fr"),
            ("a@hotmial.com", "a@hotmail.com"),
            ("a@hotmai.fr", "a@hotmail.fr"),
            ("a@wanado.fr", "a@wanadoo.fr"),
            ("a@yaho.fr", "a@yahoo.fr"),
            ("a@laposte.ne", "a@laposte.net"),
            ("a@free.ft", "a@free.fr"),
            ("a@sfr.f", "a@sfr.fr"),
            ("a@outlok.com", "a@outlook.com"),
        ] {
            assert_eq!(email(typed).suggestion().as_deref(), Some(meant), "{typed}");
        }
        for fine in POPULAR_DOMAINS.into_iter().chain(OTHER_FREE_DOMAINS).chain([
            "example.com",
            "tree.fr",
            "sfa.fr",
            "grange.fr",
            "laposte.fr",
            "yahoo.gr",
            "gmail.example.com",
            "gaml.com",
            "agence.fr",
        ]) {
            assert_eq!(email(&format!("a@{fine}")).suggestion(), None, "{fine}");
        }
    }

    #[test]
    fn r85_free_and_disposable_providers_are_known() {
        for domain in [
            "gmail.com",
            "Orange.FR",
            "wanadoo.fr",
            "laposte.net",
            "sfr.fr",
            "gmx.de",
            "proton.me",
        ] {
            assert!(email(&format!("a@{domain}")).is_free_mail(), "{domain}");
        }
        for domain in ["example.com", "mail.gmail.com", "notgmail.com", "orange.com"] {
            assert!(!email(&format!("a@{domain}")).is_free_mail(), "{domain}");
        }
        assert!(email("a@yopmail.com").is_disposable() && email("a@x.YopMail.com").is_disposable());
        assert!(!email("a@notyopmail.com").is_disposable() && !email("a@yopmail.com.example").is_disposable());
    }

    #[test]
    fn every_problem_has_its_own_code_and_words_in_both_languages() {
        let all = [
            Empty,
            TooLong,
            NoAt,
            SeveralAts,
            BadLocal,
            NonAsciiLocal,
            BadDomain,
            NoDot,
        ];
        for (i, one) in all.iter().enumerate() {
            assert_ne!(one.message("fr"), one.message("en"));
            assert!(!one.message("fr").contains('\''), "French takes the curly apostrophe");
            for other in &all[i + 1..] {
                assert_ne!(one.code(), other.code());
                assert_ne!(one.message("fr"), other.message("fr"));
            }
        }
    }
}
