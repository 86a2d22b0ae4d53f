//! What `piste check` refuses, each with its line, and what it lets through.

mod rights;
mod sales;
mod scoring;
mod sequences;
mod steps;

use super::*;
use crate::campaign::field::FieldType;
use crate::kit::vocabulary::Class;
use crate::samples::{Chance, DEMO, demo, edited_file};

/// The problems of the demo campaign with one text replaced.
fn problems(edits: &[(&str, &str)]) -> Vec<FileProblem> {
    Campaign::read("guide-seo", &edited_file(edits))
        .err()
        .unwrap_or_default()
}

/// The line of the first place where the edited file says this.
fn line_of_text(edits: &[(&str, &str)], text: &str) -> usize {
    let file = edited_file(edits);
    let offset = file
        .find(text)
        .unwrap_or_else(|| panic!("the file does not say {text}"));
    check::line_of(&file, offset)
}

/// These edits give exactly these problems: each on the line that first says `on`, with a message that says `says`.
#[track_caller]
fn check_all(edits: &[(&str, &str)], expected: &[(&str, &str)]) {
    let found = problems(edits);
    let lines: Vec<usize> = found.iter().map(|problem| problem.line).collect();
    let wanted: Vec<usize> = expected.iter().map(|(on, _)| line_of_text(edits, on)).collect();
    assert_eq!(lines, wanted, "{edits:?}: {found:#?}");
    for (problem, (_, says)) in found.iter().zip(expected) {
        assert_eq!(problem.file, "campaign.toml");
        assert!(problem.message.get(Locale::En).contains(says), "{edits:?}: {problem:?}");
    }
}

/// Replacing `old` by `new` gives exactly one problem.
#[track_caller]
fn check(old: &str, new: &str, on: &str, says: &str) {
    check_all(&[(old, new)], &[(on, says)]);
}

#[test]
fn the_demo_campaign_holds_and_says_what_the_design_fixes() {
    let campaign = demo();
    assert_eq!(campaign.languages, [Locale::Fr, Locale::En]);
    assert_eq!(
        (campaign.zone.as_str(), campaign.sector.as_str()),
        ("Europe/Paris", "agency")
    );
    assert!(campaign.regime == Regime::B2cConsent && campaign.double_opt_in);
    let fields: Vec<_> = campaign
        .form
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.kind))
        .collect();
    use FieldType::{Choice, Consent, Email, LongText, Number, Phone, Text};
    assert_eq!(
        fields,
        [
            ("email", Email),
            ("first_name", Text),
            ("last_name", Text),
            ("phone", Phone),
            ("company", Text),
            ("sector", Choice),
            ("company_size", Choice),
            ("budget", Number),
            ("need", LongText),
            ("timing", Choice),
            ("marketing_consent", Consent),
        ]
    );
    let options = |name: &str| -> Vec<&str> {
        let field = campaign.form.fields.iter().find(|field| field.name == name);
        field
            .map(|field| field.options.iter().map(|option| option.value.as_str()).collect())
            .unwrap_or_default()
    };
    assert_eq!(
        options("sector"),
        ["saas", "ecommerce", "agency", "industry", "public", "other"]
    );
    assert_eq!(options("company_size"), ["1-9", "10-49", "50-249", "250+"]);
    assert_eq!(options("timing"), ["now", "3_months", "6_months", "later"]);
    assert_eq!(campaign.resource("guide-seo").map(|r| r.id.as_str()), Some("guide-seo"));
    let steps: Vec<_> = campaign
        .sequences
        .iter()
        .filter(|sequence| sequence.start != Start::Retention)
        .flat_map(|s| &s.steps)
        .filter(|step| step.only_if.is_none())
        .map(|s| (s.delay.to_string(), s.class))
        .collect();
    let nurture = ["P2D", "P5D", "P9D", "P14D"].map(|delay| (delay.to_owned(), Class::Nurture));
    assert_eq!(steps[0], ("PT0S".to_owned(), Class::Service));
    assert_eq!(steps[1..5], nurture);
}

#[test]
fn a_read_campaign_survives_its_published_form() {
    let campaign = demo();
    let json = serde_json::to_string(&campaign).expect("json");
    let again: Campaign = serde_json::from_str(&json).expect("a campaign");
    assert_eq!(serde_json::to_string(&again).expect("json"), json);
}

#[test]
fn syntax_and_unknown_keys_are_refused_with_their_line() {
    check(
        "sector = \"agency\"",
        "sectr = \"agency\"",
        "sectr",
        "unknown field `sectr`",
    );
    check("reply_to = ", "answer_to = ", "answer_to", "unknown field");
    check("required = true", "mandatory = true", "mandatory", "unknown field");
    check(
        "half_life_days = 14",
        "half_life = 14",
        "half_life = 14",
        "unknown field",
    );
    check("valid = \"P30D\"", "valid_for = \"P30D\"", "valid_for", "unknown field");
    check(
        "min_gap = \"PT20H\"",
        "gap = \"PT20H\"",
        "gap = \"PT20H\"",
        "unknown field",
    );
    check("workspace = \"main\"", "workspace = main", "workspace = main", "");
    check(
        "double_opt_in = true",
        "double_opt_in = \"yes\"",
        "double_opt_in = \"yes\"",
        "boolean",
    );
    check(
        "languages = [\"fr\", \"en\"]",
        "languages = [\"fr\", \"de\"]",
        "languages = ",
        "unknown variant `de`",
    );
    check(
        "regime = \"b2c_consent\"",
        "regime = \"b2c\"",
        "regime = ",
        "unknown variant `b2c`",
    );
    check("type = \"phone\"", "type = \"fax\"", "\"fax\"", "unknown variant `fax`");
    check("delay = \"P5D\"", "delay = \"5 days\"", "\"5 days\"", "ISO 8601");
    check("from = \"09:00\"", "from = \"9h\"", "\"9h\"", "time of day");
    check(
        "holidays = \"fr\"",
        "holidays = \"de\"",
        "\"de\"",
        "unknown variant `de`",
    );
    check(
        "exits = [\"bounce\", \"complaint\"]",
        "exits = [\"whim\"]",
        "\"whim\"",
        "unknown variant `whim`",
    );
    let regime = "regime = \"b2c_consent\"";
    let twice = "regime = \"b2c_consent\"
regime = \"b2b_interest\"";
    check(regime, twice, "regime = \"b2b_interest\"", "duplicate key");
    check("zone = \"Europe/Paris\"", "", "", "missing field `zone`");
}

#[test]
fn a_missing_translation_is_refused_where_it_is_missing() {
    check(
        "name = { fr = \"Guide SEO\", en = \"SEO guide\" }",
        "name = { fr = \"Guide SEO\" }",
        "name = { fr = \"Guide SEO\" }",
        "add en",
    );
    check(
        "{ fr = \"Prénom\", en = \"First name\" }",
        "{ fr = \"Prénom\", en = \"  \" }",
        "\"Prénom\"",
        "label has no translation",
    );
    check(
        "title = { fr = \"Une dernière étape\", en = \"One last step\" }",
        "title = { en = \"One last step\" }",
        "title = { en = \"One last",
        "add fr",
    );
    check(
        "fr = \"Plus tard\", en = \"Later\"",
        "fr = \"Plus tard\"",
        "\"Plus tard\"",
        "options.label has no translation",
    );
    check(
        "fr = \"A rempli le formulaire\", en = \"Filled in the form\"",
        "en = \"Filled in the form\"",
        "Filled in",
        "why has no translation",
    );
}

#[test]
fn a_missing_text_is_refused_once_a_language_at_its_table() {
    let title = "title = { fr = \"10 stratégies SEO pour 2025\", en = \"10 SEO strategies for 2025\" }\nvalid";
    let on = "title = {}\nvalid";
    check_all(&[(title, on)], &[(on, "add fr"), (on, "add en")]);
    let on = "[[form.fields]]\nname = \"first_name\"";
    let label = "label = { fr = \"Prénom\", en = \"First name\" }\n";
    check_all(&[(label, "")], &[(on, "add fr"), (on, "add en")]);
}

#[test]
fn names_and_places_are_checked() {
    let id = "id = \"guide-seo\" # the folder";
    let bad = "id = \"Guide SEO\" # the folder";
    check_all(
        &[(id, bad)],
        &[(bad, "a-z, 0-9"), (bad, "folder's name, \"guide-seo\"")],
    );
    check(
        id,
        "id = \"guide-x\" # the folder",
        "id = \"guide-x\"",
        "must be the folder's name",
    );
    check("workspace = \"main\"", "workspace = \"a/b\"", "\"a/b\"", "a-z, 0-9");
    check(
        "zone = \"Europe/Paris\"",
        "zone = \"Europe/Lutece\"",
        "Lutece",
        "there is no time zone",
    );
    check(
        "zone = \"Europe/Paris\"",
        "zone = \"\"",
        "zone = \"\"",
        "there is no time zone",
    );
    check(
        "from = \"guide@example.com\"",
        "from = \"guide\"",
        "from = \"guide\"",
        "not an email address",
    );
    check(
        "reply_to = \"bonjour@example.com\"",
        "reply_to = \"\"",
        "reply_to = \"\"",
        "not an email address",
    );
    let privacy = "fr = \"https://www.example.com/confidentialite\"";
    check(
        privacy,
        "fr = \"http://www.example.com/x\"",
        "http://www.example.com/x",
        "https://",
    );
    check(
        "template = \"day-9\"",
        "template = \"../day-9\"",
        "../day-9",
        "template",
    );
    let languages = "languages = [\"fr\", \"en\"]";
    check(
        languages,
        "languages = [\"fr\", \"en\", \"fr\"]",
        "languages = ",
        "listed twice",
    );
    check(languages, "languages = []", "languages = ", "at least one");
    let long = format!("id = \"{}\"\ndelay = \"P9D\"", "x".repeat(41));
    check("id = \"day-9\"\ndelay = \"P9D\"", &long, "xxxx", "1 to 40");
}

#[test]
fn the_digest_of_posts_needs_a_time_of_day() {
    let demo = "[notify]\nto = [\"bonjour@example.com\"]\n";
    let notify = |digest: &str| format!("{demo}{digest}\n");
    for good in ["", "digest = \"00:00\"", "digest = \"17:00\"", "digest = \"23:59\""] {
        assert_eq!(problems(&[(demo, &notify(good))]), [], "{good}");
    }
    for (bad, says) in [
        ("digest = \"24:00\"", "23:59"),
        ("digest = \"24:01\"", "09:00"),
        ("digest = \"7:00\"", "09:00"),
        ("digest = \"17h00\"", "09:00"),
        ("digest = \"\"", "09:00"),
        ("digest = \"17:60\"", "09:00"),
        ("digest = 17", "string"),
        ("digest = true", "string"),
        ("digests = \"17:00\"", "digest"),
    ] {
        check(demo, &notify(bad), bad, says);
    }
}

#[test]
fn what_is_declared_twice_is_refused_at_the_second_place() {
    let twice = |old: &str, new: &str, what: &str| {
        let new = format!("{new} # again");
        check(old, &new, "# again", &format!("{what} is declared twice"));
    };
    twice("id = \"nurture\"", "id = \"guide\"", "sequence \"guide\"");
    twice("id = \"day-14\"", "id = \"day-9\"", "step \"day-9\"");
    twice("name = \"last_name\"", "name = \"first_name\"", "field \"first_name\"");
    twice(
        "rule = \"phone-given\"",
        "rule = \"company-given\"",
        "rule \"company-given\"",
    );
    twice("rule = \"click\"", "rule = \"need-stated\"", "rule \"need-stated\"");
    let on = "value = \"agency\", label = { fr = \"Secteur public\"";
    check(
        "value = \"public\"",
        "value = \"agency\"",
        on,
        "option \"agency\" is declared twice",
    );
    let first =
        "[[resources]]\nid = \"guide-seo\"\ntitle = { fr = \"x\", en = \"x\" }\nvalid = \"P1D\"\n\n[[resources]]";
    check(
        "[[resources]]",
        first,
        "id = \"guide-seo\" # resources",
        "resource \"guide-seo\" is declared twice",
    );
}

#[test]
fn a_form_needs_its_address_and_answers_that_can_be_given() {
    const ONE_EMAIL: &str = "exactly one field of type email";
    let fields = "[[form.fields]]";
    check("name = \"email\"", "name = \"mail\"", fields, ONE_EMAIL);
    check(
        "type = \"email\"\nrequired = true",
        "type = \"email\"",
        fields,
        ONE_EMAIL,
    );
    check("type = \"phone\"", "type = \"email\"", fields, ONE_EMAIL);
    check(
        "name = \"last_name\"",
        "name = \"_last_name\"",
        "_last_name",
        "start with _",
    );
    check("min = 0", "min = 20000000", "min = 20000000", "no number is allowed");
    let versioned = "purpose = \"marketing\"\nversion = \"2026-11\"";
    let on = "[[form.fields]]\nname = \"marketing_consent\"";
    check(versioned, "purpose = \"marketing\"", on, "purpose and a version");
}

#[test]
fn an_origin_is_a_scheme_and_a_host_and_nothing_more() {
    let origins = "origins = [\"https://www.example.com\"]";
    for bad in [
        "https://www.example.com/",
        "https://www.example.com/page",
        "https://www.example.com?x",
        "https://",
        "https://user@www.example.com",
        "https://*.example.com",
        "https://www.Example.com",
        "http://www.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "www.example.com",
        "javascript:alert(1)",
        "*",
        "null",
        "",
    ] {
        check(
            origins,
            &format!("origins = [\"{bad}\"]"),
            "origins = ",
            "not an origin",
        );
    }
    for good in [
        "https://example.com",
        "https://xn--exmple-cua.example:8443",
        "http://localhost:3000",
        "http://127.0.0.1:8787",
    ] {
        assert_eq!(problems(&[(origins, &format!("origins = [\"{good}\"]"))]), [], "{good}");
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let rule = "[[scoring.fit]]\nrule = \"budget-5k\"";
    check_all(
        &[
            ("Europe/Paris", "Nowhere"),
            ("at_least = 5000", "at_least = 5000\nbelow = 1"),
            ("half_life_days = 14", "half_life_days = 0"),
            ("exits = [\"bounce\", \"complaint\"]", "exits = [\"bounce\"]"),
        ],
        &[
            ("Nowhere", "there is no time zone"),
            (rule, "exactly one"),
            ("half_life_days = 0", "half-life"),
            ("exits = [\"bounce\"]", "complaint"),
        ],
    );
}

#[test]
fn a_broken_file_is_refused_and_never_a_panic() {
    let mut chance = Chance(9);
    let numbers = ["99999999999999999999", "-1", "", "\u{0}"];
    for seed in 0..300 {
        let mut lines: Vec<String> = DEMO.lines().map(str::to_owned).collect();
        for _ in 0..=chance.below(2) {
            let at = chance.below(lines.len() as u64) as usize;
            let line = lines[at].clone();
            match chance.below(4) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, line),
                2 => lines[at] = line.chars().take(chance.below(40) as usize).collect(),
                _ => lines[at] = line.replacen(|c: char| c.is_ascii_digit(), numbers[chance.below(4) as usize], 1),
            }
        }
        let Err(problems) = Campaign::read("guide-seo", &lines.join("\n")) else {
            continue;
        };
        assert!(!problems.is_empty(), "seed {seed}");
        for problem in problems {
            assert!(
                (1..=lines.len() + 1).contains(&problem.line),
                "seed {seed}: {problem:?}"
            );
            let messages = Locale::ALL.map(|locale| problem.message.get(locale));
            assert!(
                messages.iter().all(|said| !said.is_empty() && !said.contains('\n')) && messages[0] != messages[1],
                "seed {seed}: {problem:?}"
            );
        }
    }
    for nonsense in ["", "\u{feff}", "id", "[", "id = 1", "\r\n\r\n[[", "x = { fr = "] {
        assert!(Campaign::read("guide-seo", nonsense).is_err(), "{nonsense:?}");
    }
}

#[test]
fn r59_nothing_switches_tracking_on() {
    // There is no such switch, so an owner who looks for one is told so rather than ignored.
    for key in ["tracking", "track_opens", "pixel"] {
        let line = format!("double_opt_in = true\n{key} = true");
        check("double_opt_in = true", &line, &format!("{key} = true"), "unknown field");
    }
}

#[test]
fn what_the_reader_of_toml_says_is_said_in_french_too() {
    for (old, new, says) in [
        (
            "double_opt_in = true",
            "double_optin = true",
            "clé inconnue « double_optin »",
        ),
        (
            "double_opt_in = true",
            "double_opt_in = \"yes\"",
            "écrivez true ou false",
        ),
        ("double_opt_in = true", "double_opt_in true", "écrivez clé = valeur"),
        (
            "double_opt_in = true",
            "double_opt_in = true\ndouble_opt_in = true",
            "figure deux fois",
        ),
        (
            "regime = \"b2c_consent\"",
            "regime = \"b2c\"",
            "valeur inconnue « b2c »",
        ),
        ("regime = \"b2c_consent\"", "regime = 'b2c", "guillemets droits"),
        ("regime = \"b2c_consent\"", "", "la clé regime manque"),
        (
            "languages = [\"fr\", \"en\"]",
            "languages = \"fr\"",
            "une liste entre crochets",
        ),
        (
            "languages = [\"fr\", \"en\"]",
            "languages = [\"fr\", \"en\"",
            "n’est pas fermé",
        ),
        (
            "delay = \"P2D\"",
            "delay = \"2 jours\"",
            "une durée s’écrit selon ISO 8601",
        ),
    ] {
        let found = problems(&[(old, new)]);
        let french = found[0].say(Locale::Fr).replace('\u{a0}', " ");
        assert!(french.contains(says), "{new}: {french} / {}", found[0].say(Locale::En));
    }
}

#[test]
fn every_mistake_of_a_file_is_told_at_once_with_its_line_and_the_right_word() {
    // Each mistake: what stands there, what is written instead, and what is said of its line.
    let mistakes = [
        ("retention = \"P3Y\"", "retension = \"P3Y\"", "did you mean `retention`"),
        (
            "regime = \"b2c_consent\"",
            "regime = \"b2c_consents\"",
            "did you mean `b2c_consent`",
        ),
        ("languages = [\"fr\", \"en\"]", "languages = \"fr\"", "invalid type"),
        ("zone = \"Europe/Paris\"", "zone = \"Europe/Pariss\"", "no time zone"),
        (
            "reply_to = \"bonjour@example.com\"",
            "reply_to = \"bonjour\"",
            "not an email address",
        ),
        ("privacy_version = \"2026-11\"", "", "missing field `privacy_version`"),
        ("type = \"phone\"", "type = \"fone\"", "unknown variant `fone`"),
        (
            "min_gap = \"PT20H\" # never",
            "min_gap = \"20 hours\" # never",
            "ISO 8601",
        ),
        ("owner = \"alex\"", "owner = \"alexx\"", "alexx"),
        (
            "attempts = [\"PT0S\",",
            "atempts = [\"PT0S\",",
            "did you mean `attempts`",
        ),
        ("mql = { fit", "mql = { fitt", "did you mean `fit`"),
    ];
    let mut file = DEMO.to_owned();
    for (good, bad, _) in mistakes {
        assert!(file.contains(good), "the demo no longer says {good}");
        file = file.replacen(good, bad, 1);
    }
    let problems = Campaign::read("guide-seo", &file).expect_err("eleven mistakes");
    for (_, bad, said) in mistakes {
        let line = file
            .lines()
            .position(|line| !bad.is_empty() && line.contains(bad))
            .map(|n| n + 1);
        let told = problems
            .iter()
            .any(|problem| line.is_none_or(|line| problem.line == line) && problem.say(Locale::En).contains(said));
        assert!(told, "{bad} at {line:?}: {problems:#?}");
    }
    assert_eq!(problems.len(), mistakes.len(), "{problems:#?}");
    assert!(problems.is_sorted_by_key(|problem| problem.line));
    let french = problems.iter().map(|problem| problem.say(Locale::Fr));
    assert!(
        french
            .clone()
            .any(|said| said.contains("peut-être «\u{a0}retention\u{a0}»")),
        "{:?}",
        french.collect::<Vec<_>>()
    );
}

#[test]
fn a_file_with_slips_of_the_pen_tells_of_each_of_them() {
    let file = DEMO
        .replacen("workspace = \"main\"", "workspace = main", 1)
        .replacen("sector = \"agency\"", "sector \"agency\"", 1)
        .replacen("retention = \"P3Y\"", "retension = \"P3Y\"", 1);
    let problems = Campaign::read("guide-seo", &file).expect_err("three mistakes");
    for bad in ["workspace = main", "sector \"agency\"", "retension"] {
        let line = 1 + file.lines().position(|line| line.contains(bad)).expect("it is there");
        assert!(
            problems.iter().any(|problem| problem.line == line),
            "{bad}: {problems:#?}"
        );
    }
    assert!(problems.len() <= 4, "{problems:#?}");
}

#[test]
fn examples_left_in_and_thresholds_out_of_reach_are_warned_of() {
    let said = |edits: &[(&str, &str)]| {
        let source = edited_file(edits);
        let campaign = Campaign::read("guide-seo", &source).expect("a warning is no problem");
        let warnings = campaign.warnings(&source);
        warnings
            .into_iter()
            .map(|warning| (warning.line, warning.say(Locale::En)))
            .collect::<Vec<_>>()
    };
    let demo = said(&[]);
    for example in [
        "guide@example.com",
        "bonjour@example.com",
        "000 000 000",
        "https://www.example.com/confidentialite",
        "camille@example.com",
    ] {
        assert!(
            demo.iter().any(|(_, said)| said.contains(example)),
            "{example}: {demo:?}"
        );
    }
    assert!(
        !demo.iter().any(|(_, said)| said.contains("MQL")),
        "the demo's threshold is within reach: {demo:?}"
    );
    let mql = DEMO
        .lines()
        .find(|line| line.starts_with("mql = { fit"))
        .expect("a threshold");
    let far = said(&[(mql, "mql = { fit = 500, engagement = 500 }")]);
    let line = 1 + DEMO.lines().position(|line| line == mql).expect("a threshold");
    for axis in ["fit asks for 500", "engagement asks for 500"] {
        assert!(
            far.iter().any(|(at, said)| *at == line && said.contains(axis)),
            "{axis}: {far:?}"
        );
    }
    let own = said(&[("from = \"guide@example.com\"", "from = \"guide@agence.fr\"")]);
    assert!(!own.iter().any(|(_, said)| said.contains("guide@")), "{own:?}");
}
