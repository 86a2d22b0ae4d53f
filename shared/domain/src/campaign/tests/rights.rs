//! Consent, topics and retention.

use super::*;

#[test]
fn r62_r63_what_contradicts_the_rules_of_consent_is_refused_at_its_line() {
    let regime = "regime = \"b2c_consent\"";
    let bare = (regime, "regime = \"customer_similar\"");
    check_all(
        &[bare],
        &[
            ("regime = \"customer_similar\"", "customer_similar needs"),
            ("\"customer\"]", "nobody would get these emails"),
        ],
    );
    check(
        regime,
        "regime = \"b2c_consent\"\nsimilar_to = [\"x\"]",
        "similar_to",
        "has no effect here",
    );
    let similar = (regime, "regime = \"customer_similar\"\nsimilar_to = [\"x\"]");
    check_all(&[similar], &[("\"customer\"]", "nobody would get these emails")]);
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
        "only a consent box can have its own retention",
    );
    check(
        "name = \"phone\"\ntype = \"phone\"",
        "name = \"phone\"\npurpose = \"sharing\"\ntype = \"phone\"",
        "purpose = \"sharing\"",
        "only a consent box can have a purpose",
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
        "cannot turn off",
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
        "before belongs in",
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
        "is never true here",
    );
}
