//! Sequences that could not run, or that nobody could leave.

use super::*;

#[test]
fn a_sequence_without_a_way_out_is_refused_for_each_way() {
    let all = "[\"unsubscribe\", \"bounce\", \"complaint\", \"reply\", \"sql\", \"customer\"]";
    for (exit, left) in [
        ("unsubscribe", "[ \"bounce\", \"complaint\"]"),
        ("bounce", "[ \"unsubscribe\", \"complaint\"]"),
        ("complaint", "[ \"unsubscribe\", \"bounce\"]"),
    ] {
        check(all, left, left, &format!("on {exit}: add \"{exit}\""));
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
    // The only service email is gone with it, and with that the button to confirm by.
    let both = [
        ("double_opt_in = true", "nobody could confirm"),
        ("# first", "before the person has agreed"),
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
        assert!(
            problem
                .message
                .get(Locale::En)
                .contains("does not ask for marketing consent"),
            "{problem:?}"
        );
    }
    let interest = ("regime = \"b2c_consent\"", "regime = \"b2b_interest\"");
    check_all(
        &[no_box, interest, reminder],
        &[("double_opt_in = true", "nothing to confirm")],
    );
    assert_eq!(problems(&[no_box, interest, reminder, single]), []);
}

#[test]
fn a_window_that_never_opens_is_refused() {
    const NEVER: &str = "no email could ever leave";
    let days = "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]";
    let hours = "from = \"09:00\", to = \"18:00\"";
    check(days, "days = []", "days = []", NEVER);
    check(hours, "from = \"18:00\", to = \"09:00\"", "from = \"18:00\"", NEVER);
    check(hours, "from = \"09:00\", to = \"09:00\"", "to = \"09:00\"", NEVER);
    assert_eq!(problems(&[(days, "days = [\"sun\"]")]), []);
}

#[test]
fn steps_come_in_the_order_and_within_the_time_of_their_sequence() {
    let order = "in ascending order";
    check("delay = \"P9D\"", "delay = \"P5D\" # again", "# again", order);
    check("delay = \"P9D\"", "delay = \"P4D\"", "\"P4D\"", order);
    let end = "after the end of the sequence";
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
fn a_sequence_for_the_dormant_goes_to_those_who_were_told_of_it() {
    let spoken = "announce it in the consent box";
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
        "dormant leads did not ask",
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
        "alerts to sales are automatic",
    );
}
