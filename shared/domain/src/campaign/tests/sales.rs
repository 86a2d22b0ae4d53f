//! A section `[sales]` under which nobody would call.

use super::*;

#[test]
fn nonsense_in_the_sales_section_is_refused_on_its_line() {
    let check_owner = |old: &str, new: &str, says: &str| check(old, new, new, says);
    check_owner(
        "escalate_to = \"direction\"",
        "escalate_to = \"nobody\"",
        "there is no owner \"nobody\"",
    );
    check_owner("owner = \"alex\"", "owner = \"alice\"", "there is no owner \"alice\"");
    let twice = ("id = \"direction\"\n", "id = \"camille\" # again\n");
    let other = ("escalate_to = \"direction\"", "escalate_to = \"alex\"");
    check_all(&[twice, other], &[("# again", "declared twice")]);
    check_owner(
        "email = \"alex@example.com\"",
        "email = \"alex\"",
        "not an email address",
    );
    check_owner("name = \"Alex Example\"", "name = \" \"", "write the owner's name");
    check_owner("to = \"2027-01-03\"", "to = \"2026-12-23\"", "ends before it begins");
    check_owner(
        "from = \"09:00\", to = \"19:00\"",
        "from = \"19:00\", to = \"09:00\"",
        "no working hours",
    );
    check_owner("in_turn = false", "zone = \"Nowhere/City\"", "there is no time zone");
    check_owner("\"A3\", \"B1\"]", "\"A3\", \"E1\"]", "is not a grade");
    check_owner(
        "[\"A4\", \"B2\", \"B3\"]",
        "[\"A4\", \"B2\", \"A1\"]",
        "already has a deadline",
    );
    check_owner("within = \"PT5M\"", "within = \"PT0S\"", "give working time");
    check_owner("all = \"P1D\"", "all = \"P1M\"", "give working time");
    check_owner("snooze = \"P1D\"", "snooze = \"PT0S\"", "give working time");
    let attempts = "attempts = [\"PT0S\", \"P1D\", \"P3D\", \"P7D\", \"P12D\"]";
    check_owner(attempts, "attempts = [\"PT0S\", \"P1D\"]", "plan 3 to 6 attempts");
    check_owner(
        attempts,
        "attempts = [\"PT0S\", \"P3D\", \"P1D\"]",
        "in ascending order",
    );
    check_owner(
        attempts,
        "attempts = [\"P1D\", \"P3D\", \"P5D\"]",
        "the first attempt is the alert itself",
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
        "needs a number field",
    );
    check_owner(
        "en = \"Purchase planned within 3 months\"",
        "en = \"\"",
        "has no translation",
    );
    check_owner("by_answers = false", "by_answer = false", "by_answer");
    let sales = &DEMO[DEMO.find("# Le suivi commercial").expect("a section")..];
    assert_eq!(problems(&[(sales, "")]), [], "who has no salespeople needs no section");
}
