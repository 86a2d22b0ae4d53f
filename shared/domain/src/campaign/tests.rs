//! What `piste check` refuses, each with its line, and what it lets through.

use super::*;
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
    line_of(&file, offset)
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
        assert!(problem.message.contains(says), "{edits:?}: {}", problem.message);
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
        "label lacks",
    );
    check(
        "title = { fr = \"Il ne reste qu’un geste\", en = \"One press is left\" }",
        "title = { en = \"One press is left\" }",
        "One press",
        "add fr",
    );
    check(
        "fr = \"Plus tard\", en = \"Later\"",
        "fr = \"Plus tard\"",
        "\"Plus tard\"",
        "option label lacks",
    );
    check(
        "fr = \"A rempli le formulaire\", en = \"Filled in the form\"",
        "en = \"Filled in the form\"",
        "Filled in",
        "why lacks",
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
        "no time zone",
    );
    check("zone = \"Europe/Paris\"", "zone = \"\"", "zone = \"\"", "no time zone");
    check(
        "from = \"guide@example.com\"",
        "from = \"guide\"",
        "from = \"guide\"",
        "not an e-mail address",
    );
    check(
        "reply_to = \"bonjour@example.com\"",
        "reply_to = \"\"",
        "reply_to = \"\"",
        "not an e-mail address",
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
        "named twice",
    );
    check(languages, "languages = []", "languages = ", "at least one");
    let long = format!("id = \"{}\"\ndelay = \"P9D\"", "x".repeat(41));
    check("id = \"day-9\"\ndelay = \"P9D\"", &long, "xxxx", "1 to 40");
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
        "leading _",
    );
    check("min = 0", "min = 20000000", "min = 20000000", "no number can be given");
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
fn scoring_that_cannot_mean_anything_is_refused() {
    let fit = "fit_grades = { A = 70, B = 50, C = 25 }";
    check(
        fit,
        "fit_grades = { A = 70, B = 50 }",
        "fit_grades",
        "exactly the keys A, B and C",
    );
    check(
        fit,
        "fit_grades = { A = 50, B = 50, C = 25 }",
        "fit_grades",
        "must fall",
    );
    check(
        "{ 1 = 40, 2 = 20, 3 = 10 }",
        "{ 1 = 10, 2 = 20, 3 = 40 }",
        "engagement_grades",
        "must fall",
    );
    check("field = \"need\"", "field = \"wish\"", "\"wish\"", "no field \"wish\"");
    let rule = "[[scoring.fit]]\nrule = \"budget-5k\"";
    check(
        "at_least = 5000",
        "at_least = 5000\nfilled = true",
        rule,
        "exactly one condition",
    );
    check("at_least = 5000\n", "", rule, "exactly one condition");
    check(
        "one_of = [\"10-49\"]",
        "at_least = 10",
        "field = \"company_size\"",
        "need a number",
    );
    check(
        "one_of = [\"10-49\"]",
        "one_of = [\"11-49\"]",
        "\"11-49\"",
        "not an option",
    );
    check(
        "half_life_days = 14",
        "half_life_days = 0",
        "half_life_days = 0",
        "at least 1",
    );
    check("cap = 20", "cap = -20", "cap = -20", "sign of points");
    check("cap = 20", "cap = 19", "cap = 19", "no smaller");
    check(
        "points = -15",
        "points = -9223372036854775808",
        "-9223372036854775808",
        "at most 10000",
    );
    check(
        "cap = 20",
        "cap = 9223372036854775807",
        "9223372036854775807",
        "at most 10000",
    );
}

#[test]
fn a_sequence_without_a_way_out_is_refused_for_each_way() {
    let all = "[\"unsubscribe\", \"bounce\", \"complaint\", \"reply\", \"sql\", \"customer\"]";
    for (exit, left) in [
        ("unsubscribe", "[ \"bounce\", \"complaint\"]"),
        ("bounce", "[ \"unsubscribe\", \"complaint\"]"),
        ("complaint", "[ \"unsubscribe\", \"bounce\"]"),
    ] {
        check(all, left, left, &format!("by {exit}: add \"{exit}\""));
    }
    let none = "exits = []";
    check_all(
        &[(all, "[]")],
        &[(none, "unsubscribe"), (none, "bounce"), (none, "complaint")],
    );
    let guide = "exits = [\"bounce\", \"complaint\"]";
    check_all(&[(guide, none)], &[(none, "bounce"), (none, "complaint")]);
    let completed = "[\"unsubscribe\", \"bounce\", \"complaint\", \"completed\"]";
    check(all, completed, "\"completed\"]", "not an exit");
}

#[test]
fn a_send_without_legal_basis_is_refused_at_its_class() {
    let exits = (
        "exits = [\"bounce\", \"complaint\"]",
        "exits = [\"unsubscribe\", \"bounce\", \"complaint\"]",
    );
    let class = ("class = \"service\"", "class = \"nurture\" # first");
    let at = DEMO
        .find("[[sequences.steps]]\nid = \"reminder\"")
        .expect("the reminder");
    let reminder = (&DEMO[at..at + DEMO[at..].find("# Quatre").expect("the next")], "");
    // The only service mail is gone with it, and with that the button to confirm by.
    let both = [
        ("double_opt_in = true", "nobody could confirm"),
        ("# first", "before the person agreed"),
    ];
    check_all(&[reminder, exits, class], &both);
    let single = ("double_opt_in = true", "double_opt_in = false");
    check_all(&[reminder, exits, class, single], &both[1..]);

    // Without a box nobody can have agreed; interest needs none (R63).
    let start = DEMO
        .find("[[form.fields]]\nname = \"marketing_consent\"")
        .expect("the box");
    let end = start + DEMO[start..].find("# Le score").expect("the score");
    let no_box = (&DEMO[start..end], "");
    let lines = edited_file(&[no_box])
        .lines()
        .enumerate()
        .filter(|(_, line)| *line == "class = \"nurture\"")
        .map(|(n, _)| n + 1)
        .collect::<Vec<_>>();
    let found = problems(&[no_box]);
    assert_eq!(found.iter().map(|problem| problem.line).collect::<Vec<_>>(), lines);
    assert_eq!(found.len(), 6);
    for problem in found {
        assert!(problem.message.contains("asks no consent for marketing"), "{problem:?}");
    }
    let interest = ("regime = \"b2c_consent\"", "regime = \"b2b_interest\"");
    check_all(
        &[no_box, interest, reminder],
        &[("double_opt_in = true", "nothing to confirm")],
    );
    assert_eq!(problems(&[no_box, interest, reminder, single]), []);
}

#[test]
fn spend_that_no_report_could_use_is_refused() {
    let last = "[sales]\n";
    let spend = |rows: &str| format!("[[spend]]\n{rows}\n[sales]\n");
    let refused = |rows: &str, on: &str, says: &str| check(last, &spend(rows), on, says);
    assert_eq!(problems(&[(last, &spend("month = \"2026-03\"\neuros = 450"))]).len(), 0);
    refused(
        "month = \"2026-13\"\neuros = 1",
        "month = \"2026-13\"",
        "there is no month",
    );
    refused(
        "month = \"2026-3\"\neuros = 1",
        "month = \"2026-3\"",
        "write it as 2026-03",
    );
    refused("month = \"2026-03\"\neuros = -1", "euros = -1", "from 0 on");
    refused("month = \"2026-03\"\neuros = nan", "euros = nan", "from 0 on");
    refused(
        "month = \"2026-03\"\neuros = 1\nsource = \"Google\"",
        "source = \"Google\"",
        "small letters",
    );
    refused(
        "month = \"2026-03\"\neuros = 1\n[[spend]] # again\nmonth = \"2026-03\"\neuros = 2",
        "[[spend]] # again",
        "make it one sum",
    );
}

#[test]
fn a_window_that_never_opens_is_refused() {
    const NEVER: &str = "no mail can ever be sent";
    let days = "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]";
    let hours = "from = \"09:00\", to = \"18:00\"";
    check(days, "days = []", "days = []", NEVER);
    check(hours, "from = \"18:00\", to = \"09:00\"", "from = \"18:00\"", NEVER);
    check(hours, "from = \"09:00\", to = \"09:00\"", "to = \"09:00\"", NEVER);
    assert_eq!(problems(&[(days, "days = [\"sun\"]")]), []);
}

#[test]
fn steps_come_in_the_order_and_within_the_time_of_their_sequence() {
    let order = "in the order of their delays";
    check("delay = \"P9D\"", "delay = \"P5D\" # again", "# again", order);
    check("delay = \"P9D\"", "delay = \"P4D\"", "\"P4D\"", order);
    let end = "after the sequence's own end";
    check("delay = \"P14D\"", "delay = \"P15D\"", "\"P15D\"", end);
    check("within = \"P14D\"", "within = \"P13D\"", "delay = \"P14D\"", end);
    let empty = "[[sequences]]\nid = \"empty\"\nstart = \"capture\"\nexits = [\"bounce\", \"complaint\"]\nsteps = []\n\n[[resources]]";
    let on = "[[sequences]]\nid = \"empty\"";
    check("[[resources]]", empty, on, "without steps sends nothing");
}

#[test]
fn double_opt_in_needs_its_page() {
    let start = DEMO.find("[opt_in]").expect("a page");
    let end = start + DEMO[start..].find("[[form.fields]]").expect("fields");
    let page = &DEMO[start..end];
    check(page, "", "double_opt_in = true", "add [opt_in]");
    assert_eq!(
        problems(&[(page, ""), ("double_opt_in = true", "double_opt_in = false")]),
        []
    );
}

#[test]
fn nonsense_in_the_sales_section_is_refused_on_its_line() {
    let check_owner = |old: &str, new: &str, says: &str| check(old, new, new, says);
    check_owner(
        "escalate_to = \"direction\"",
        "escalate_to = \"nobody\"",
        "no owner is called \"nobody\"",
    );
    check_owner("owner = \"alex\"", "owner = \"alice\"", "no owner is called \"alice\"");
    let twice = ("id = \"direction\"\n", "id = \"camille\" # again\n");
    let other = ("escalate_to = \"direction\"", "escalate_to = \"alex\"");
    check_all(&[twice, other], &[("# again", "declared twice")]);
    check_owner(
        "email = \"alex@example.com\"",
        "email = \"alex\"",
        "not an e-mail address",
    );
    check_owner("name = \"Alex Example\"", "name = \" \"", "write the owner's name");
    check_owner("to = \"2027-01-03\"", "to = \"2026-12-23\"", "ends before it begins");
    check_owner(
        "from = \"09:00\", to = \"19:00\"",
        "from = \"19:00\", to = \"09:00\"",
        "never works",
    );
    check_owner("in_turn = false", "zone = \"Nowhere/City\"", "no time zone");
    check_owner("\"A3\", \"B1\"]", "\"A3\", \"E1\"]", "is no grade");
    check_owner(
        "[\"A4\", \"B2\", \"B3\"]",
        "[\"A4\", \"B2\", \"A1\"]",
        "has a deadline already",
    );
    check_owner("within = \"PT5M\"", "within = \"PT0S\"", "give a working time");
    check_owner("all = \"P1D\"", "all = \"P1M\"", "give a working time");
    check_owner("snooze = \"P1D\"", "snooze = \"PT0S\"", "give a working time");
    let attempts = "attempts = [\"PT0S\", \"P1D\", \"P3D\", \"P7D\", \"P12D\"]";
    check_owner(attempts, "attempts = [\"PT0S\", \"P1D\"]", "plan 3 to 6 attempts");
    check_owner(
        attempts,
        "attempts = [\"PT0S\", \"P3D\", \"P1D\"]",
        "in the order of their delays",
    );
    check_owner(
        attempts,
        "attempts = [\"P1D\", \"P3D\", \"P5D\"]",
        "the first attempt is the alert's own",
    );
    check_owner(
        "{ field = \"sector\", one_of = [\"saas\"] }",
        "{ field = \"sectr\", one_of = [\"saas\"] }",
        "no field \"sectr\"",
    );
    check_owner(
        "{ field = \"sector\", one_of = [\"saas\"] }",
        "{ field = \"sector\", one_of = [\"sas\"] }",
        "is not an option",
    );
    check_owner(
        "{ field = \"need\", filled = true }",
        "{ field = \"need\" }",
        "exactly one condition",
    );
    check_owner(
        "{ field = \"need\", filled = true }",
        "{ field = \"need\", at_least = 3 }",
        "needs a number",
    );
    check_owner(
        "en = \"Purchase planned within 3 months\"",
        "en = \"\"",
        "lacks its translation",
    );
    check_owner("by_answers = false", "by_answer = false", "by_answer");
    let sales = &DEMO[DEMO.find("# Le suivi commercial").expect("a section")..];
    assert_eq!(problems(&[(sales, "")]), [], "who has no salespeople needs no section");
}

#[test]
fn a_sequence_for_the_dormant_goes_to_those_who_were_told_of_it() {
    let spoken = "say in the consent box that it comes";
    check(
        "wordings = [\"2026-11\"]",
        "wordings = [\"2025-01\"]",
        "wordings = [\"2025-01\"]",
        spoken,
    );
    check(
        "wordings = [\"2026-11\"]\n",
        "",
        "[[sequences]]\nid = \"reactivation\"",
        spoken,
    );
    check(
        "\nversion = \"2026-11\"",
        "\nversion = \"2027-01\"",
        "wordings = [\"2026-11\"]",
        spoken,
    );
    let step = "class = \"nurture\"\ntemplate = \"still-there\"";
    check(
        step,
        "class = \"service\" # oops\ntemplate = \"still-there\"",
        "class = \"service\" # oops",
        "its class is nurture",
    );
    check(
        "within = \"P14D\"",
        "wordings = [\"2026-11\"] # here\nwithin = \"P14D\"",
        "wordings = [\"2026-11\"] # here",
        "only a sequence with start",
    );
    let guide = "class = \"service\"\ntemplate = \"guide\"";
    check(
        guide,
        "class = \"service\"\ntemplate = \"guide\"\n\n[[sequences.steps]]\nid = \"b\"\ndelay = \"PT1H\"\nclass = \"alert\"\ntemplate = \"guide\"",
        "class = \"alert\"",
        "an alert goes to sales by itself",
    );
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
            ("Nowhere", "no time zone"),
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
            let message = &problem.message;
            assert!(
                !message.is_empty() && !message.contains('\n'),
                "seed {seed}: {problem:?}"
            );
        }
    }
    for nonsense in ["", "\u{feff}", "id", "[", "id = 1", "\r\n\r\n[[", "x = { fr = "] {
        assert!(Campaign::read("guide-seo", nonsense).is_err(), "{nonsense:?}");
    }
}

#[test]
fn r62_r63_what_contradicts_the_rules_of_consent_is_refused_at_its_line() {
    let regime = "regime = \"b2c_consent\"";
    let bare = (regime, "regime = \"customer_similar\"");
    check_all(
        &[bare],
        &[
            ("regime = \"customer_similar\"", "has no condition"),
            ("\"customer\"]", "nobody could get these mails"),
        ],
    );
    check(
        regime,
        "regime = \"b2c_consent\"\nsimilar_to = [\"x\"]",
        "similar_to",
        "says nothing here",
    );
    let similar = (regime, "regime = \"customer_similar\"\nsimilar_to = [\"x\"]");
    check_all(&[similar], &[("\"customer\"]", "nobody could get these mails")]);
    check(
        "privacy_version = \"2026-11\"",
        "privacy_version = \" \"",
        "privacy_version",
        "privacy_version is empty",
    );
    let twice = "[scoring]\n";
    let again = "[[form.fields]]\nname = \"again\"\ntype = \"consent\"\npurpose = \"marketing\" # again\nversion = \"1\"\nlabel = { fr = \"a\", en = \"b\" }\n\n[scoring]\n";
    check(twice, again, "# again", "same purpose");
    check(
        "name = \"phone\"\ntype = \"phone\"",
        "name = \"phone\"\nretention = \"P1Y\" # own\ntype = \"phone\"",
        "# own",
        "only a consent box has a retention",
    );
    check(
        "name = \"phone\"\ntype = \"phone\"",
        "name = \"phone\"\npurpose = \"sharing\"\ntype = \"phone\"",
        "purpose = \"sharing\"",
        "only a consent box has a purpose",
    );
}

#[test]
fn topics_reminders_and_the_question_at_the_end_are_checked() {
    check(
        "[form]\ntitle",
        "[[topics]]\nid = \"visibility\" # twice\ntext = { fr = \"a\", en = \"b\" }\n\n[form]\ntitle",
        "# twice",
        "declared twice",
    );
    check(
        "topic = \"visibility\"",
        "topic = \"news\"",
        "topic = \"news\"",
        "there is no topic",
    );
    check(
        "template = \"reminder\"",
        "template = \"reminder\"\ntopic = \"visibility\" # here",
        "# here",
        "nobody can turn it off",
    );
    check(
        "before = \"P30D\"",
        "# no before",
        "[[sequences]]\nid = \"stay\"",
        "add before",
    );
    check(
        "start = \"opt_in\"",
        "start = \"opt_in\"\nbefore = \"P1D\" # here",
        "# here",
        "before belongs to",
    );
    check(
        "only_if = \"opt_in_pending\"",
        "only_if = \"asleep\"",
        "only_if = \"asleep\"",
        "unknown variant",
    );
    check(
        "template = \"day-2\"",
        "template = \"day-2\"\nonly_if = \"opt_in_pending\" # here",
        "# here",
        "never holds",
    );
}

#[test]
fn r59_nothing_switches_tracking_on() {
    // There is no such switch, so an owner who looks for one is told so rather than ignored.
    for key in ["tracking", "track_opens", "pixel"] {
        let line = format!("double_opt_in = true\n{key} = true");
        check("double_opt_in = true", &line, &format!("{key} = true"), "unknown field");
    }
}
