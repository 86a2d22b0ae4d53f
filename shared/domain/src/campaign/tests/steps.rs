//! Steps with conditions, and steps that repeat.

use super::*;

const DAY_9: &str = "template = \"day-9\"\n";
const STILL_THERE: &str = "template = \"still-there\"\n";
const WITHIN: (&str, &str) = ("within = \"P14D\" # the last message", "# the last message");

/// A line added to `day-9` gives exactly one problem, on that line.
#[track_caller]
fn check_line(line: &str, says: &str) {
    check(DAY_9, &format!("{DAY_9}{line}\n"), line, says);
}

fn steps_of(campaign: &Campaign, sequence: &str) -> Vec<String> {
    let sequence = campaign.sequence(sequence).expect("a sequence");
    let steps = sequence.steps.iter();
    steps.map(|step| format!("{} {}", step.id, step.delay)).collect()
}

#[test]
fn a_condition_that_nobody_could_meet_is_refused_at_its_line() {
    for (line, says) in [
        (
            "when = [{ field = \"sectr\", filled = true }]",
            "no field \"sectr\"; did you mean `sector`?",
        ),
        (
            "when = [{ field = \"sector\", one_of = [\"sas\"] }]",
            "is not an option of \"sector\"; did you mean `saas`?",
        ),
        ("when = [{ field = \"sector\" }]", "exactly one condition: one_of"),
        ("when = [{ field = \"sector\", at_least = 3 }]", "needs a number field"),
        ("when = [{ stage = [\"leed\"] }]", "did you mean `lead`?"),
        ("when = [{ stage = [] }]", "this list is empty"),
        ("until = [{ clicked = [] }]", "this list is empty"),
        ("when = [{}]", "exactly one condition on each line"),
        ("when = [{ one_of = [\"saas\"] }]", "exactly one condition on each line"),
        (
            "until = [{ stage = [\"lead\"], clicked = \"day-2\" }]",
            "exactly one condition on each line",
        ),
        (
            "when = [{ stage = [\"lead\"], filled = true }]",
            "exactly one condition on each line",
        ),
        (
            "when = [{ feild = \"sector\", filled = true }]",
            "did you mean `field`?",
        ),
        ("when = [{ clickd = \"day-2\" }]", "did you mean `clicked`?"),
        (
            "when = [{ clicked = \"day-22\" }]",
            "no step \"day-22\"; did you mean `day-2`?",
        ),
        ("when = [{ clicked = \"guide\" }]", "no step \"guide\""),
        (
            "until = [{ clicked = \"day-9\" }]",
            "nobody can have clicked in \"day-9\" by then",
        ),
        (
            "until = [{ clicked = [\"day-2\", \"day-14\"] }]",
            "nobody can have clicked in \"day-14\" by then",
        ),
        ("untill = [{ clicked = \"day-2\" }]", "did you mean `until`?"),
    ] {
        check_line(line, says);
    }
    // Each on a line of its own.
    let lines = "when = [\n  { stage = [\"lead\"] },\n  { clicked = \"day-3\" },\n]\n";
    check(
        DAY_9,
        &format!("{DAY_9}{lines}"),
        "{ clicked = \"day-3\" }",
        "no step \"day-3\"",
    );
    let good = "when = [{ clicked = [\"day-2\", \"day-5\"] }, { stage = [\"lead\", \"mql\"] }]\n";
    assert_eq!(problems(&[(DAY_9, &format!("{DAY_9}{good}"))]), []);
}

#[test]
fn what_was_asked_for_is_always_sent_and_everybody_is_asked_before_the_end() {
    let guide = "class = \"service\"\ntemplate = \"guide\"\n";
    let stay = "template = \"stay\"\n";
    for line in [
        "when = [{ stage = [\"lead\"] }] # here",
        "until = [{ stage = [\"lead\"] }] # here",
        "every = \"P1M\" # here\ntimes = 2",
    ] {
        check(
            guide,
            &format!("{guide}{line}\n"),
            "# here",
            "what people asked for is always sent",
        );
        check(stay, &format!("{stay}{line}\n"), "# here", "everybody is asked, once");
    }
}

#[test]
fn a_repeat_that_could_not_come_is_refused_at_its_line() {
    let check_line = |lines: &str, on: &str, says: &str| {
        check_all(&[WITHIN, (DAY_9, &format!("{DAY_9}{lines}\n"))], &[(on, says)]);
    };
    check_line("every = \"P3M\"", "every =", "every needs times");
    check_line("times = 4", "times = 4", "times needs every");
    for times in [-1, 0, 1, 13, 4_000_000_000_i64] {
        let lines = format!("every = \"P3M\"\ntimes = {times}");
        check_line(&lines, "times =", "2 to 12 times");
    }
    for every in ["PT0S", "PT23H", "P2Y", "P9999Y"] {
        let lines = format!("every = \"{every}\"\ntimes = 4");
        check_line(&lines, "every =", "between a day and a year");
    }
    check_line("every = \"often\"\ntimes = 4", "every =", "ISO 8601");
    check_line(
        "every = \"P5D\"\ntimes = 4",
        "every =",
        "\"day-9-2\" and \"day-14\" fall on the same moment",
    );
    check_line(
        "every = \"P3M\"\ntimes = 4\nwhen = [{ clicked = \"day-9\" }] # nothing",
        "# nothing",
        "nobody can have clicked",
    );
    // The last one counts, and a name that is taken.
    let lines = "every = \"P2D\"\ntimes = 4";
    let last = "times = 4";
    check(
        DAY_9,
        &format!("{DAY_9}{lines}\n"),
        last,
        "\"day-9-4\" comes after the end of the sequence",
    );
    let taken = ("id = \"day-14\"", "id = \"day-9-2\"");
    let edits = [WITHIN, taken, (DAY_9, &format!("{DAY_9}every = \"P1M\"\ntimes = 2\n"))];
    check_all(
        &edits,
        &[("id = \"day-9\"", "both a repeat of \"day-9\" and another step")],
    );
    let long = "d".repeat(39);
    let long = (
        DAY_9,
        &*format!("{DAY_9}every = \"P1M\"\ntimes = 2\n"),
        &*format!("id = \"{long}\""),
    );
    check_all(
        &[WITHIN, (long.0, long.1), ("id = \"day-9\"", long.2)],
        &[(long.2, "1 to 40 characters")],
    );
}

#[test]
fn a_step_that_repeats_becomes_as_many_steps_in_the_order_of_their_delays() {
    let repeated = format!("{DAY_9}every = \"P4D\"\ntimes = 3\nuntil = [{{ clicked = \"day-9\" }}]\n");
    let end = (
        "template = \"day-14\"\n",
        "template = \"day-14\"\nwhen = [{ clicked = \"day-9\" }]\n",
    );
    let file = edited_file(&[WITHIN, (DAY_9, &repeated), end]);
    let campaign = Campaign::read("guide-seo", &file).expect("a campaign");
    assert_eq!(
        steps_of(&campaign, "nurture"),
        [
            "day-2 P2D",
            "day-5 P5D",
            "day-9 P9D",
            "day-9-2 P13D",
            "day-14 P14D",
            "day-9-3 P17D"
        ]
    );
    let steps = &campaign.sequence("nurture").expect("a sequence").steps;
    let clicked = |facts: &[fact::Fact]| {
        let names = facts.iter().filter_map(|fact| fact.clicked.clone());
        names.flat_map(|names| names.0).collect::<Vec<_>>().join(" ")
    };
    let said: Vec<_> = steps
        .iter()
        .map(|step| clicked(&step.until) + &clicked(&step.when))
        .collect();
    assert_eq!(said, ["", "", "", "day-9", "day-9 day-9-2", "day-9 day-9-2"]);
    assert!(steps.iter().all(|step| step.every.is_none() && step.times.is_none()));
    assert!(
        steps[2].until.is_empty(),
        "before the first there is nothing to click in"
    );
    assert!(
        steps
            .iter()
            .all(|step| step.template != "day-9" || step.topic.is_some())
    );

    // What is published holds the steps, and reads the same.
    let json = serde_json::to_string(&campaign).expect("json");
    assert!(!json.contains("\"every\"") && !json.contains("\"times\""));
    let again: Campaign = serde_json::from_str(&json).expect("a campaign");
    assert_eq!(serde_json::to_string(&again).expect("json"), json);
    // One that was published before has none of these keys.
    let before = serde_json::to_string(&demo()).expect("json");
    for key in ["when\":[", "until\":[", "clicked"] {
        assert!(!before.contains(&format!("\"{key}")), "{key}");
    }

    let yearly = format!("{STILL_THERE}every = \"P3M\"\ntimes = 4\n");
    let campaign = Campaign::read("guide-seo", &edited_file(&[(STILL_THERE, &yearly)])).expect("a campaign");
    assert_eq!(
        steps_of(&campaign, "reactivation"),
        [
            "still-there PT0S",
            "still-there-2 P3M",
            "still-there-3 P6M",
            "still-there-4 P9M"
        ]
    );
}

#[test]
fn what_can_hardly_be_meant_is_a_warning() {
    let warned = |edits: &[(&str, &str)]| {
        let source = edited_file(edits);
        let campaign = Campaign::read("guide-seo", &source).expect("a campaign");
        let known: Vec<_> = demo()
            .warnings(DEMO)
            .into_iter()
            .map(|warning| warning.message)
            .collect();
        let found = campaign.warnings(&source).into_iter();
        let found = found.filter(|warning| !known.contains(&warning.message));
        found
            .map(|warning| (warning.line, warning.message.get(Locale::En).to_owned()))
            .collect::<Vec<_>>()
    };
    let says = |edits: &[(&str, &str)], on: &str, says: &str| {
        let found = warned(edits);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, line_of_text(edits, on));
        assert!(found[0].1.contains(says), "{found:?}");
    };
    let sql = "when = [{ stage = [\"sql\"] }]";
    says(&[(DAY_9, &format!("{DAY_9}{sql}\n"))], sql, "has left this sequence");
    let email = "when = [{ field = \"email\", filled = false }]";
    says(&[(DAY_9, &format!("{DAY_9}{email}\n"))], email, "hardly ever true");
    let repeated = format!("{STILL_THERE}every = \"P3M\"\ntimes = 4\n");
    let repeated = (STILL_THERE, repeated.as_str());
    let year = ("retention = \"P3Y\"", "retention = \"P1Y\"");
    says(
        &[repeated, year],
        "times = 4",
        "\"still-there-3\" comes after the end of retention",
    );
    assert_eq!(warned(&[repeated]), [], "in three years there is time for all of them");
    let both = format!("{DAY_9}when = [{{ stage = [\"sql\", \"lead\"] }}]\n");
    assert_eq!(warned(&[(DAY_9, &both)]), []);
}
