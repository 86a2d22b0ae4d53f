//! What `piste check` allows in an email and warns of: what makes it look like spam, or hard to read in a mailbox.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::check::{constructs, stand_ins};
use super::{Part, Template, TemplateProblem, count_lines, problem};

/// Characters of a subject: mailboxes on a computer show about 70 of it, those on a telephone about 40.
const SUBJECT_CHARS_MAX: usize = 70;
/// Characters of a preview: no mailbox shows more.
const PREVIEW_CHARS_MAX: usize = 140;
/// Links in one email. Source of the advice: filters weigh links against text.
const LINKS_MAX: usize = 10;
/// Bytes of the file. Gmail hides what goes beyond 102 KB of HTML, and the same text takes about twice as much there.
const BYTES_MAX: usize = 40_000;

/// Hosts that hide where a link leads: filters distrust all of them.
const SHORTENERS: [&str; 12] = [
    "bit.ly",
    "buff.ly",
    "cutt.ly",
    "goo.gl",
    "is.gd",
    "lnkd.in",
    "ow.ly",
    "rb.gy",
    "rebrand.ly",
    "t.co",
    "t.ly",
    "tinyurl.com",
];
/// Texts of a link that say nothing to whoever hears the links read out, one after the other (WCAG 2.2, 2.4.4).
const EMPTY_WORDS: [&str; 12] = [
    "here",
    "click here",
    "click",
    "link",
    "this link",
    "more",
    "ici",
    "cliquez ici",
    "cliquez",
    "lien",
    "ce lien",
    "plus",
];
/// What is left of a draft.
const LEFTOVERS: [&str; 7] = [
    "REPLACE",
    "À REMPLACER",
    "A REMPLACER",
    "TBD",
    "XXX",
    "lorem ipsum",
    "Lorem ipsum",
];

impl Template {
    /// What is allowed in an email and seldom meant, in the order of its lines; empty where [`check`](Self::check) refuses it.
    #[must_use]
    pub fn review(source: &str) -> Vec<TemplateProblem> {
        let Ok(template) = Self::parse(source) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        subject(&template.subject, &mut found);
        preview(&template.preview, &template.subject, &mut found);
        links(&template.body, &mut found);
        for part in [&template.subject, &template.preview, &template.body] {
            leftovers(part, &mut found);
        }
        if source.len() > BYTES_MAX {
            found.push(problem(1, |l| too_heavy(l, source.len() as u64 / 1_000)));
        }
        found.sort_by_key(|problem| problem.line);
        found
    }
}

/// What each branch of a part says, without its tags.
fn branches(part: &Part) -> Vec<String> {
    let mut from = 0;
    let mut found = vec![String::new()];
    for construct in constructs(&part.source) {
        let before = &part.source[from..construct.start];
        found.last_mut().expect("one").push_str(before);
        match construct.is_variable() {
            // A value is about as long as a first name.
            true => found.last_mut().expect("one").push_str("Prénoms"),
            false => found.push(String::new()),
        }
        from = construct.end;
    }
    found.last_mut().expect("one").push_str(&part.source[from..]);
    found.retain(|branch| !branch.trim().is_empty());
    found
}

fn subject(part: &Part, found: &mut Vec<TemplateProblem>) {
    for branch in branches(part) {
        let letters: Vec<char> = branch.chars().filter(|c| c.is_alphabetic()).collect();
        let is_shouted = letters.len() >= 8 && letters.iter().all(|c| c.is_uppercase());
        let marks = branch.chars().filter(|c| *c == '!').count();
        let money = ["$$", "€€", "££"].iter().any(|signs| branch.contains(signs));
        if is_shouted || marks > 1 || money {
            found.push(problem(part.line, shouted));
        }
        let start = branch.trim_start().to_lowercase();
        if ["re:", "re :", "re\u{a0}:", "fw:", "fwd:", "tr:", "tr :", "tr\u{a0}:"]
            .iter()
            .any(|sign| start.starts_with(sign))
        {
            found.push(problem(part.line, no_answer));
        }
        let length = branch.trim().chars().count();
        if length > SUBJECT_CHARS_MAX {
            found.push(problem(part.line, |l| {
                long_subject(l, length as u64, SUBJECT_CHARS_MAX as u64)
            }));
        }
    }
}

fn preview(part: &Part, subject: &Part, found: &mut Vec<TemplateProblem>) {
    if part.source.trim() == subject.source.trim() {
        found.push(problem(part.line, same_preview));
    }
    for length in branches(part).iter().map(|branch| branch.trim().chars().count()) {
        if length > PREVIEW_CHARS_MAX {
            found.push(problem(part.line, |l| {
                long_preview(l, length as u64, PREVIEW_CHARS_MAX as u64)
            }));
        }
    }
}

fn links(part: &Part, found: &mut Vec<TemplateProblem>) {
    let body = stand_ins(&part.source);
    let mut count = 0;
    // Where a link leads, and its words.
    let mut open: Option<(String, String)> = None;
    for (event, range) in Parser::new_ext(&body, Options::empty()).into_offset_iter() {
        let line = part.line + count_lines(&body[..range.start]);
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                count += 1;
                open = Some((dest_url.into_string(), String::new()));
            }
            Event::Text(text) => {
                if let Some((_, words)) = &mut open {
                    words.push_str(&text);
                }
            }
            Event::End(TagEnd::Link) => {
                let Some((target, words)) = open.take() else { continue };
                let said = words
                    .trim()
                    .trim_end_matches(['.', '…', '→', '>'])
                    .trim()
                    .to_lowercase();
                if EMPTY_WORDS.contains(&said.as_str()) {
                    found.push(problem(line, |l| empty_words(l, words.trim())));
                }
                let Some(host) = host(&target) else { continue };
                if SHORTENERS.contains(&host.as_str()) {
                    found.push(problem(line, |l| shortener(l, &host)));
                }
                if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
                    found.push(problem(line, |l| bare_address(l, &host)));
                }
                // An address as the words of a link that leads elsewhere is what phishing does.
                let named = said.strip_prefix("https://").or(said.strip_prefix("http://"));
                let named = named.or_else(|| said.starts_with("www.").then_some(said.as_str()));
                let named = named.and_then(|address| address.split(['/', '?', '#']).next());
                let bare = |host: &str| host.trim_start_matches("www.").to_owned();
                if let Some(named) = named.filter(|named| bare(named) != bare(&host)) {
                    found.push(problem(line, |l| other_host(l, named, &host)));
                }
            }
            _ => {}
        }
    }
    if count > LINKS_MAX {
        found.push(problem(part.line, |l| many_links(l, count as u64, LINKS_MAX as u64)));
    }
}

/// The host of an https address that the owner typed; the stand-in of a value has none.
fn host(target: &str) -> Option<String> {
    let url = url::Url::parse(target).ok()?;
    let host = url.host_str()?;
    (!target.contains('\u{E001}')).then(|| host.to_lowercase())
}

fn leftovers(part: &Part, found: &mut Vec<TemplateProblem>) {
    for (at, line) in part.source.lines().enumerate() {
        if let Some(word) = LEFTOVERS.iter().find(|word| line.contains(**word)) {
            found.push(problem(part.line + at, |l| leftover(l, word)));
        }
    }
}

piste_domain::texts! {
    shouted {
        Fr: "un objet en capitales, ou avec plusieurs points d’exclamation ou «\u{a0}€€\u{a0}», a l’air d’un spam\u{a0}: écrivez-le comme à une personne",
        En: "a subject in capitals, or with several ! or $$, looks like spam: write it as you would to a person",
    }
    no_answer {
        Fr: "«\u{a0}Re\u{a0}:\u{a0}» ou «\u{a0}Tr\u{a0}:\u{a0}» fait croire à une conversation qui n’existe pas\u{a0}: retirez-le",
        En: "“Re:” or “Fwd:” claims a conversation that never was: remove it",
    }
    long_subject(length: u64, most: u64) {
        Fr: "cet objet a {length} caractères\u{202f}; au-delà de {most}, les messageries le coupent",
        En: "this subject has {length} characters; mailboxes cut it after {most}",
    }
    same_preview {
        Fr: "preview répète l’objet\u{a0}: dites-y ce que l’objet ne dit pas",
        En: "preview repeats the subject: say what the subject does not",
    }
    long_preview(length: u64, most: u64) {
        Fr: "preview a {length} caractères\u{202f}; aucune messagerie n’en montre plus de {most}",
        En: "preview has {length} characters; no mailbox shows more than {most}",
    }
    empty_words(words: &str) {
        Fr: "le lien «\u{a0}{words}\u{a0}» ne dit pas où il mène\u{a0}: nommez ce que l’on y trouve",
        En: "the link “{words}” does not say where it leads: name what is there",
    }
    shortener(host: &str) {
        Fr: "{host} cache où mène le lien, et les filtres s’en méfient\u{a0}: mettez l’adresse entière",
        En: "{host} hides where the link leads, and filters distrust it: use the full address",
    }
    bare_address(host: &str) {
        Fr: "un lien vers {host} a l’air d’un hameçonnage\u{a0}: utilisez un nom de domaine",
        En: "a link to {host} looks like phishing: use a domain name",
    }
    other_host(named: &str, host: &str) {
        Fr: "le lien affiche {named} et mène à {host}\u{a0}: les filtres y voient un hameçonnage",
        En: "the link shows {named} and leads to {host}: filters take that for phishing",
    }
    many_links(count: u64, most: u64) {
        Fr: "{count} liens\u{a0}: au-delà de {most}, l’e-mail a l’air d’une publicité",
        En: "{count} links: with more than {most} an email looks like an advert",
    }
    leftover(word: &str) {
        Fr: "«\u{a0}{word}\u{a0}» est resté dans le texte",
        En: "“{word}” was left in the text",
    }
    too_heavy(kilobytes: u64) {
        Fr: "ce fichier a {kilobytes}\u{a0}ko\u{a0}: Gmail ne montre pas la fin d’un e-mail aussi lourd",
        En: "this file has {kilobytes}\u{a0}KB: Gmail hides the end of an email that heavy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(subject: &str, preview: &str, body: &str) -> Vec<(usize, String)> {
        let source = format!("+++\nsubject = \"{subject}\"\npreview = \"{preview}\"\n+++\n{body}\n");
        let found = Template::review(&source).into_iter();
        found
            .map(|one| (one.line, one.message.get(piste_domain::Locale::En).to_owned()))
            .collect()
    }

    #[test]
    fn an_ordinary_email_is_not_warned_of() {
        let body = "Hello{% if first_name %} {{ first_name }}{% endif %},\n\n[Download the guide]({{ resource_url }} \"button\")\n\n\
            See [our prices](https://www.example.com/prices) or https://www.example.com!";
        let found = warned(
            "{% if first_name %}{{ first_name }}, your{% else %}Your{% endif %} guide is here!",
            "Ten pages",
            body,
        );
        assert_eq!(found, []);
        assert_eq!(warned("SEO: 7 VIPs", "Short words may be in capitals", "Text"), []);
    }

    #[test]
    fn what_looks_like_spam_is_named_with_its_line() {
        let long = "x".repeat(71);
        for (subject, preview, body, line, says) in [
            ("FREE GUIDE INSIDE", "p", "b", 2, "capitals"),
            ("Offer!!", "p", "b", 2, "capitals"),
            ("Save €€ now", "p", "b", 2, "capitals"),
            ("RE: our call", "p", "b", 2, "never was"),
            ("Tr : votre devis", "p", "b", 2, "never was"),
            (long.as_str(), "p", "b", 2, "has 71 characters"),
            (
                "{% if company %}One{% else %}SEVERAL WORDS SHOUTED{% endif %}",
                "p",
                "b",
                2,
                "capitals",
            ),
            ("Same", "Same", "b", 3, "repeats the subject"),
            ("s", &"y".repeat(141), "b", 3, "no mailbox shows"),
            ("s", "p", "a\n\n[Click here](https://example.com/a)", 7, "“Click here”"),
            ("s", "p", "[ici →](https://example.com/a)", 5, "where it leads"),
            ("s", "p", "[Our prices](https://bit.ly/2)", 5, "bit.ly hides"),
            ("s", "p", "[Our prices](https://192.0.2.7/a)", 5, "domain name"),
            (
                "s",
                "p",
                "[www.example.com](https://example.net/)",
                5,
                "leads to example.net",
            ),
            ("s", "p", "Hello [Name],\n\nlorem ipsum", 7, "“lorem ipsum”"),
            ("TBD", "p", "b", 2, "“TBD”"),
            ("s", "p", &"[a page](https://example.com/) ".repeat(11), 5, "11 links"),
            ("s", "p", &"word ".repeat(9_000), 1, "Gmail"),
        ] {
            let found = warned(subject, preview, body);
            assert!(
                found.iter().any(|(at, said)| *at == line && said.contains(says)),
                "{subject} {preview:.20} {body:.40}: {found:?}"
            );
        }
    }

    #[test]
    fn a_link_with_its_own_address_as_its_words_is_fine() {
        let body = "[www.example.com/a](https://example.com/a) and [https://example.com](https://www.example.com/)";
        assert_eq!(warned("s", "p", body), []);
    }

    #[test]
    fn what_is_refused_is_not_warned_of_as_well() {
        assert_eq!(Template::review("no front matter TBD"), []);
    }
}
