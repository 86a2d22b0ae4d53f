//! What a person wrote, without what they answer to: mail programs quote it below, above or between.

use crate::kit::text::folded;

/// The text without quotes, the lines that introduce them, signatures after `-- ` and what telephones add.
pub(super) fn said(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let bare = line.trim();
        if *line == "-- " || (bare == "--" && at > 0) {
            // A signature ends the text, but not what somebody wrote below a quote.
            match lines[at..].iter().position(|line| is_quote(line)) {
                Some(next) => at += next,
                None => break,
            }
            continue;
        }
        if is_quote(line) || is_footer(bare) {
            at += 1;
            continue;
        }
        if let Some(length) = introduction(&lines[at..]) {
            let mut rest = lines[at + length..].iter().filter(|line| !line.trim().is_empty());
            // Quoted line by line, an answer may follow below; else all the rest is the former email.
            if rest.next().is_some_and(|line| is_quote(line)) {
                at += length;
                continue;
            }
            break;
        }
        if is_former_head(&lines[at..]) {
            break;
        }
        kept.push(*line);
        at += 1;
    }
    kept.join("\n")
}

fn is_quote(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// How many lines say who wrote what follows, and when: `On … wrote:`, `Le … a écrit :`. They are broken where they are long.
fn introduction(lines: &[&str]) -> Option<usize> {
    let first = folded(lines.first()?.trim());
    let opens = ["on ", "le ", "am ", "el "].iter().any(|word| first.starts_with(word))
        || (first.contains('@') && first.ends_with(':'));
    if !opens {
        return None;
    }
    let mut joined = String::new();
    for (place, line) in lines.iter().take(3).enumerate() {
        joined.push_str(&folded(line.trim()));
        joined.push(' ');
        let whole = joined.trim_end().trim_end_matches(':').trim_end();
        let closes = ["wrote", "a ecrit", "schrieb", "escribio"]
            .iter()
            .any(|word| whole.ends_with(word));
        if closes && joined.trim_end().ends_with(':') {
            return Some(place + 1);
        }
        if line.trim().is_empty() {
            return None;
        }
    }
    None
}

/// Whether the former email begins here, with a head as Outlook and others write it.
fn is_former_head(lines: &[&str]) -> bool {
    let Some(first) = lines.first().map(|line| folded(line.trim())) else {
        return false;
    };
    let rule = first.starts_with("---") || first.starts_with("___");
    let title = first.trim_matches(|c: char| c == '-' || c == '_' || c.is_whitespace());
    let titles = [
        "original message",
        "message d'origine",
        "message original",
        "message initial",
        "forwarded message",
        "message transfere",
        "mail original",
        "mail d'origine",
        "original appointment",
    ];
    if rule && titles.iter().any(|known| title.starts_with(known)) {
        return true;
    }
    let field = |line: &str, names: &[&str]| {
        let line = folded(line.trim()).replace('*', "");
        names.iter().any(|name| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.trim_start().starts_with(':'))
        })
    };
    let mut next = lines.iter().filter(|line| !line.trim().is_empty());
    if rule && title.is_empty() {
        next.next();
    }
    let from = next
        .next()
        .is_some_and(|line| field(line, &["from", "de", "expediteur"]));
    let more = next
        .take(4)
        .any(|line| field(line, &["sent", "date", "envoye", "to", "a", "objet", "subject"]));
    from && more
}

/// What telephones and mail programs add below.
fn is_footer(line: &str) -> bool {
    let line = folded(line);
    let starts = [
        "sent from my ",
        "envoye de mon ",
        "envoye depuis mon ",
        "envoye a partir de ",
        "envoye depuis ",
        "get outlook for ",
        "obtenez outlook pour ",
        "telecharger outlook pour ",
        "provenance : courrier ",
    ];
    line.len() < 120 && starts.iter().any(|start| line.starts_with(start))
}
