//! What the documents name is there: files, headings, alarms.

use std::collections::BTreeSet;
use std::fs;

use piste_adapters::telemetry::EVENTS;
use piste_tests::binaries::root;
use piste_tests::documents::files;
use serde_norway::Value;

use crate::template::resources;

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_alarm_has_a_paragraph_in_both_languages() {
    for guide in ["docs/deploy.md", "docs/deploiement.md"] {
        let guide_text = document(guide);
        for (name, _) in resources()
            .iter()
            .filter(|(_, r)| r["Type"] == "AWS::CloudWatch::Alarm")
        {
            let paragraphs = guide_text.lines().filter(|line| line.starts_with("- **"));
            let named = paragraphs.filter(|line| line.contains(&format!("**{name}"))).count();
            assert_eq!(named, 1, "{guide}: what to do when {name} rings");
        }
    }
}

/// Alarms are the largest part of a quiet month's bill, so they are counted for the reader.
#[test]
fn alarms_and_their_metrics_are_counted_in_the_costs() {
    let resources = resources();
    let alarms: Vec<_> = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm")
        .map(|(_, alarm)| alarm["Properties"]["Metrics"].as_sequence())
        .collect();
    // A sum over metrics is itself no metric that is paid for; the band of what is usual is paid for as its two edges.
    let of_list = |list: &Vec<Value>| -> usize {
        let paid = |part: &Value| match part["Expression"].as_str() {
            None => 1,
            Some(expression) if expression.starts_with("ANOMALY_DETECTION_BAND") => 2,
            Some(_) => 0,
        };
        list.iter().map(paid).sum()
    };
    let metrics: usize = alarms.iter().map(|list| list.map_or(1, of_list)).sum();
    // Ten cents each, and ten of an account are free.
    let (less, full) = (price(metrics as u64 * 10 - 100), price(metrics as u64 * 10));
    let check = |name: &str, told: String| assert!(document(name).contains(&told), "{name} does not say: {told}");
    let count = alarms.len();
    check(
        "README.md",
        format!("| {count} alarms on {metrics} metrics (ten are free in each account) | {less} to {full} |"),
    );
    check("docs/cost.md", format!("{count} alarms watch {metrics} metrics"));
    check(
        "docs/cost.md",
        format!("{full}, or {less} if the account's ten free ones"),
    );
    let (less, full) = (less.replace('.', ","), full.replace('.', ","));
    check(
        "docs/LISEZMOI.md",
        format!("| {count} alarmes sur {metrics} métriques (dix sont gratuites par compte) | {less} à {full} |"),
    );
    check(
        "docs/cout.md",
        format!("{count} alarmes surveillent {metrics} métriques"),
    );
    check(
        "docs/cout.md",
        format!("{full}, ou {less} si les dix métriques gratuites"),
    );
}

/// Cents as a text.
fn price(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The rows of a table, by its head.
fn rows<'a>(text: &'a str, head: &str) -> Vec<&'a str> {
    let (_, table) = text.split_once(head).expect("the table of costs");
    table.lines().skip(2).take_while(|line| line.starts_with('|')).collect()
}

/// What a row costs, in cents: from, up to.
fn range(row: &str, to: &str) -> (u64, u64) {
    let cells = row.trim_matches(['|', ' ', '*']).rsplit('|');
    let cell = cells.map(|cell| cell.replace(',', ".")).next().expect("a cell");
    let cents = |text: &str| -> u64 {
        let number = text.trim_matches(|c: char| !c.is_ascii_digit());
        let number: String = number.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let (whole, part) = number.split_once('.').unwrap_or((&number, "00"));
        whole.parse::<u64>().expect("dollars") * 100 + part.parse::<u64>().expect("cents")
    };
    match cell.split_once(to) {
        Some((low, high)) => (cents(low), cents(high)),
        None => (cents(&cell), cents(&cell)),
    }
}

/// `piste costs` and the pages say the same of what runs whether leads come or not.
#[test]
fn what_every_month_costs_is_what_the_tables_say() {
    let text = document("README.md");
    let rows = rows(&text, "| | per month |");
    let told: u64 = ["two schedules", "alarms on", "The key"]
        .map(|what| rows.iter().find(|row| row.contains(what)).expect("a row"))
        .map(|row| range(row, " to ").1)
        .iter()
        .sum();
    assert_eq!(told, (piste_operations::usage::EVERY_MONTH * 100.0).round() as u64);
}

/// The total of a page is the sum of its rows, to the next ten cents, and the guides say the same.
#[test]
fn the_total_of_the_costs_is_the_sum_of_their_rows() {
    for (page, head, to, guide, told) in [
        (
            "README.md",
            "| | per month |",
            " to ",
            "docs/cost.md",
            "The total is about {low} to {high} in a month",
        ),
        (
            "docs/LISEZMOI.md",
            "| | par mois |",
            " à ",
            "docs/cout.md",
            "Soit environ {low} à {high} en tout",
        ),
    ] {
        let text = document(page);
        let rows = rows(&text, head);
        let range = |row: &str| range(row, to);
        let (total, items) = rows.split_last().expect("rows");
        let sum = items
            .iter()
            .map(|row| range(row))
            .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let up = |cents: u64| cents.div_ceil(10) * 10;
        assert_eq!(range(total), (up(sum.0), up(sum.1)), "{page}: {sum:?}");
        let [low, high] = [up(sum.0), up(sum.1)].map(price);
        let told = told.replace("{low}", &low).replace("{high}", &high);
        let told = if to == " à " { told.replace('.', ",") } else { told };
        assert!(document(guide).contains(&told), "{guide} does not say: {told}");
    }
}

/// A custom metric costs three times what an alarm on it does, in each hour in which it is sent.
#[test]
fn custom_metrics_are_counted_in_the_costs() {
    let metrics: BTreeSet<_> = EVENTS.iter().filter_map(|event| event.metric).collect();
    for (name, words) in [
        ("README.md", "custom metrics"),
        ("docs/cost.md", "custom metrics"),
        ("docs/LISEZMOI.md", "métriques personnalisées"),
        ("docs/cout.md", "métriques personnalisées"),
    ] {
        let told = format!("{} {words}", metrics.len());
        assert!(document(name).contains(&told), "{name} does not say: {told}");
    }
    let most = price(metrics.len() as u64 * 30);
    for (name, told) in [
        ("docs/cost.md", format!("every hour of it, {most}")),
        (
            "docs/cout.md",
            format!("chaque heure du mois, ce serait {}", most.replace('.', ",")),
        ),
    ] {
        assert!(document(name).contains(&told), "{name} does not say: {told}");
    }
}

/// The documents people read, by path from the root.
fn documents() -> impl Iterator<Item = (String, String)> {
    let campaign = |name: &str| name.starts_with("infra/campaigns/");
    let found = files().into_iter();
    found.filter(move |(name, _)| name.ends_with(".md") && !campaign(name))
}

/// A heading as GitHub makes an anchor of it.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut wrong = Vec::new();
    for (name, text) in documents() {
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', ' ']).next())
        {
            if link.contains("://") || link.contains("{{") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let folder = root().join(&name);
            let folder = folder.parent().expect("a folder");
            let target = if path.is_empty() {
                root().join(&name)
            } else {
                folder.join(path)
            };
            let found = match heading {
                "" => target.exists(),
                heading => fs::read_to_string(&target).is_ok_and(|text| {
                    text.lines()
                        .any(|line| line.starts_with('#') && anchor(line) == heading)
                }),
            };
            if !found {
                wrong.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let rooms = ["shared/", "functions/", "infra/", "tests/", "docs/", ".ci/", ".github/"];
    let mut wrong = Vec::new();
    for (name, text) in documents() {
        let prose = text.split("```").step_by(2);
        for path in prose.flat_map(|part| part.split('`').skip(1).step_by(2)) {
            let is_path = rooms.iter().any(|room| path.starts_with(room)) && !path.contains([' ', '<', '*', '…', '{']);
            if is_path && !root().join(path).exists() {
                wrong.push(format!("{name}: {path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "files that are not there:\n{}", wrong.join("\n"));
}

/// One thing has one name: `docs/words.md` lists the names, and the words that are not used for them.
#[test]
fn people_read_the_names_of_the_table_of_words() {
    let table = document("docs/words.md");
    let rows = rows(&table, "| What it is | English | French | Not |");
    let not = |row: &&str| row.trim_matches(['|', ' ']).rsplit('|').next().map(str::to_owned);
    let unused: Vec<String> = rows
        .iter()
        .filter_map(not)
        .flat_map(|cell| cell.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>())
        .collect();
    assert!(unused.len() > 25, "the table lost its last column: {unused:?}");
    let mut found = Vec::new();
    for (name, text) in files() {
        for part in read_by_people(&name, &text) {
            let used = unused.iter().filter(|word| has_word(&part, word));
            found.extend(used.map(|word| format!("{name}: {word:?} in {part:.60?}")));
        }
    }
    assert!(found.is_empty(), "see docs/words.md:\n{}", found.join("\n"));
    assert!(has_word("a mail too many", "mail") && !has_word("an e-mail, mails", "mail"));
}

/// What of a file people read: its texts, without code, addresses and the names of placeholders.
fn read_by_people(name: &str, text: &str) -> Vec<String> {
    let table = name.ends_with("texts.rs") || (name.contains("/texts/") && name.ends_with(".rs"));
    if table {
        let bare = |text: &str| without(text, '{', '}');
        return text.split('"').skip(1).step_by(2).map(bare).collect();
    }
    let about_the_inside = [
        "docs/adr/",
        "docs/words.md",
        "docs/performance.md",
        "docs/requirements.md",
    ];
    let page = name == "README.md" || (name.starts_with("docs/") && name.ends_with(".md"));
    let email = name.contains("/emails/");
    if (!page && !email) || about_the_inside.iter().any(|start| name.starts_with(start)) {
        return Vec::new();
    }
    let mut example = false;
    let prose = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        example ^= fence;
        !fence && !example
    });
    prose
        .map(|line| without(&line.split('`').step_by(2).collect::<String>(), '(', ')'))
        .collect()
}

/// A text without what stands in these brackets.
fn without(text: &str, open: char, close: char) -> String {
    let mut depth = 0;
    text.chars()
        .filter(|c| {
            depth += i32::from(*c == open);
            let outside = depth == 0;
            depth -= i32::from(*c == close && depth > 0);
            outside
        })
        .collect()
}

/// Whether a text has these words as words; `e-mail` is one word.
fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// The whole example of the guide is a campaign that `piste check` accepts.
#[test]
fn the_whole_example_is_a_campaign() {
    for (page, head, language) in [
        ("docs/campaigns.md", "## A whole example", "en"),
        ("docs/campagnes.md", "## Un exemple entier", "fr"),
    ] {
        let text = document(page);
        let (_, after) = text.split_once(head).unwrap_or_else(|| panic!("{page}: {head}"));
        let block = |fence: &str| {
            let start = after.find(fence).unwrap_or_else(|| panic!("{page}: no {fence}")) + fence.len();
            after[start..].split("```").next().unwrap_or_default().to_owned()
        };
        let root = tempfile::tempdir().expect("a folder");
        let emails = root.path().join("contact/emails").join(language);
        fs::create_dir_all(&emails).expect("a folder");
        fs::write(root.path().join("contact/campaign.toml"), block("```toml\n")).expect("a file");
        fs::write(emails.join("receipt.md"), block("```md\n")).expect("a file");
        let found = piste_adapters::campaigns::read_each(root.path());
        assert!(found.problems.is_empty(), "{page}: {:?}", found.problems);
        assert!(
            block("```toml\n").lines().count() <= 45,
            "{page}: the example is no longer short"
        );
    }
}
