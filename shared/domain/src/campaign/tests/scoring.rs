//! Scoring and spend that could mean nothing.

use super::*;

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
        "must decrease",
    );
    check(
        "{ 1 = 40, 2 = 20, 3 = 10 }",
        "{ 1 = 10, 2 = 20, 3 = 40 }",
        "engagement_grades",
        "must decrease",
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
        "need a number field",
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
    check("cap = 20", "cap = -20", "cap = -20", "same sign as points");
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
    refused("month = \"2026-03\"\neuros = -1", "euros = -1", "0 or more");
    refused("month = \"2026-03\"\neuros = nan", "euros = nan", "0 or more");
    refused(
        "month = \"2026-03\"\neuros = 1\nsource = \"Google\"",
        "source = \"Google\"",
        "lower case",
    );
    refused(
        "month = \"2026-03\"\neuros = 1\n[[spend]] # again\nmonth = \"2026-03\"\neuros = 2",
        "[[spend]] # again",
        "add the two amounts up",
    );
}
