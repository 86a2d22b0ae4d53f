//! The checks SES makes before it accepts a message.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, prelude::BASE64_STANDARD};
use mail_parser::{Address, MessageParser};

use super::{MESSAGE_BYTES_MAX, Parameters, Refusal, SenderPolicy};
use crate::outbox::Mail;

/// Most recipients of one message (SES quotas).
const RECIPIENTS_MAX: usize = 50;
/// Longest line without its CRLF (`RawMessage`: 1,000 characters with it; RFC 5321 section 4.5.3.1.6).
const LINE_BYTES_MAX: usize = 998;
/// Longest name or value of a message tag (`MessageTag`).
const TAG_CHARS_MAX: usize = 256;
/// Header fields that SES refuses to see twice (SES Developer Guide, "Header fields").
const SINGLE_FIELDS: &str = "accept-language acceptlanguage archived-at auto-submitted bounces-to comments content-alternative \
     content-base content-class content-description content-disposition content-duration content-id content-language \
     content-length content-location content-md5 content-transfer-encoding content-type date delivered-to \
     disposition-notification-options disposition-notification-to dkim-signature domainkey-signature errors-to from importance \
     in-reply-to keywords list-archive list-help list-id list-owner list-post list-subscribe list-unsubscribe message-context \
     message-id mime-version organization original-from original-message-id original-recipient original-subject precedence \
     priority references reply-to return-path return-receipt-to sender solicitation sensitivity subject thread-index \
     thread-topic user-agent vbr-info";

/// Every check SES makes before it accepts.
pub(super) fn read_mail(parameters: &Parameters, policy: &SenderPolicy) -> Result<Mail, Refusal> {
    let data = parameters
        .get("RawMessage.Data")
        .ok_or(Refusal::invalid("Missing RawMessage.Data."))?;
    let eml = BASE64_STANDARD
        .decode(data)
        .map_err(|_| Refusal::invalid("RawMessage.Data is not base64."))?;
    check_format(&eml)?;

    let message = MessageParser::default()
        .parse(&eml)
        .ok_or(Refusal::invalid("The message does not parse."))?;
    let authors = addresses(message.from());
    let [from, ..] = &authors[..] else {
        return Err(Refusal::invalid("Missing required header 'From'."));
    };
    if !authors.iter().all(|author| policy.allows(author)) {
        return Err(Refusal::NOT_VERIFIED);
    }
    let mut to: Vec<String> = numbered(parameters, "Destinations.member", "")
        .map(str::to_owned)
        .collect();
    if to.is_empty() {
        to = [message.to(), message.cc(), message.bcc()]
            .into_iter()
            .flat_map(addresses)
            .collect();
    }
    if to.is_empty() {
        return Err(Refusal::invalid("Missing required header 'To'."));
    }
    if to.len() > RECIPIENTS_MAX {
        return Err(Refusal::invalid("Recipient count exceeds 50."));
    }
    if !to.iter().all(|address| is_address(address)) {
        return Err(Refusal::invalid("Illegal address."));
    }
    let configuration_set = parameters.get("ConfigurationSetName").cloned();
    if configuration_set
        .as_ref()
        .is_some_and(|name| !policy.configuration_sets.contains(name))
    {
        return Err(Refusal::NO_CONFIGURATION_SET);
    }
    let mut tags = BTreeMap::new();
    let names = numbered(parameters, "Tags.member", ".Name");
    let values = numbered(parameters, "Tags.member", ".Value");
    for (name, value) in names.zip(values) {
        if !is_tag(name) || !is_tag(value) {
            return Err(Refusal::invalid("Invalid tag name or value."));
        }
        if tags.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Refusal::invalid("Duplicate tag name."));
        }
    }
    let from = from.clone();
    let subject = message.subject().unwrap_or_default().to_owned();
    Ok(Mail {
        to,
        from,
        subject,
        configuration_set,
        tags,
        eml,
    })
}

/// Size, characters, lines and header of the MIME bytes.
fn check_format(eml: &[u8]) -> Result<(), Refusal> {
    if eml.len() > MESSAGE_BYTES_MAX {
        return Err(Refusal::invalid("Message length is more than 10485760 bytes long."));
    }
    // SES carries 7-bit mail ("Sending raw email", MIME encoding).
    let Some(text) = str::from_utf8(eml)
        .ok()
        .filter(|text| text.is_ascii() && !text.contains('\0'))
    else {
        return Err(Refusal::invalid("Message contains characters that are not 7-bit."));
    };
    if text.lines().any(|line| line.len() > LINE_BYTES_MAX) {
        return Err(Refusal::invalid("Message has a line of more than 998 characters."));
    }
    let Some(fields) = header_fields(text) else {
        return Err(Refusal::invalid("Header and body must be separated by a blank line."));
    };
    let mut seen = BTreeSet::new();
    let mut names = fields.iter().map(|(name, _)| name.to_ascii_lowercase());
    if names.any(|name| SINGLE_FIELDS.split(' ').any(|single| single == name) && !seen.insert(name)) {
        return Err(Refusal::invalid("Duplicate header."));
    }
    Ok(())
}

/// Names and unfolded values of the header; `None` when no blank line ends it.
pub(super) fn header_fields(eml: &str) -> Option<Vec<(&str, String)>> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in eml.lines() {
        if line.is_empty() {
            return Some(fields);
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim_end(), value.to_owned()));
        }
    }
    None
}

fn addresses(header: Option<&Address<'_>>) -> Vec<String> {
    let listed = header.into_iter().flat_map(Address::iter);
    listed.filter_map(|one| one.address().map(str::to_owned)).collect()
}

/// The values of `<prefix>.1<suffix>`, `<prefix>.2<suffix>`, ... of a list in a Query API request.
fn numbered<'a>(parameters: &'a Parameters, prefix: &'a str, suffix: &'a str) -> impl Iterator<Item = &'a str> {
    let values = (1..).map_while(move |number| parameters.get(&format!("{prefix}.{number}{suffix}")));
    values.map(String::as_str)
}

/// `UserName@[SubDomain.]Domain.TopLevelDomain` in ASCII without a display name (`SendRawEmail`; SES has no SMTPUTF8, R53).
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3: 64 octets before the @, 254 in all; section 4.1.2: a dot-atom.
    (1..=64).contains(&local.len())
        && address.len() <= 254
        && local.split('.').all(|atom| !atom.is_empty())
        && local
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"()<>[]:;@\\,\"".contains(&byte))
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

/// `MessageTag`: ASCII letters, digits, `_` and `-`, not empty, at most 256.
fn is_tag(text: &str) -> bool {
    (1..=TAG_CHARS_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
