//! The codes are contracts with files, items, answers and links: none changes because a variant is renamed.

use std::fmt::Debug;

use serde::Serialize;

use crate::campaign::destination::{ChatFormat, EventType, FromStage, Kind};
use crate::campaign::sales::Tier;
use crate::kit::email::EmailProblem;
use crate::kit::locale::Locale;
use crate::kit::vocabulary::{Class, ExitReason, HouseRefusal, Layer, Purpose, Regime, SignalKind, SkipReason};
use crate::lead::SuppressionReason;
use crate::lead::case::Closing;
use crate::lead::consent::{ConsentState, Method};
use crate::lead::erasure::ErasedBy;
use crate::lead::ledger::FeedbackKind;
use crate::lead::preferences::Frequency;
use crate::lead::stage::Stage;
use crate::rules::alert::AlertKind;
use crate::rules::retention;
use crate::rules::rights_log::{Action, Actor};
use crate::rules::scoring::Axis;
use crate::views::funnel::Comparable;
use crate::views::reconcile;

/// The codes of a list, in the order of their declaration, read back to what they came from.
#[track_caller]
fn check<T: Copy + Debug + PartialEq>(
    all: &[T],
    code: fn(T) -> &'static str,
    from_code: fn(&str) -> Option<T>,
    expected: &str,
) {
    let codes: Vec<_> = all.iter().map(|one| code(*one)).collect();
    assert_eq!(codes.join(" "), expected);
    for one in all {
        assert_eq!(from_code(code(*one)), Some(*one));
    }
    assert_eq!(from_code(""), None);
}

/// The same, of a list whose members are also stored: an item says the same word as an answer.
#[track_caller]
fn check_stored<T: Copy + Debug + PartialEq + Serialize>(
    all: &[T],
    code: fn(T) -> &'static str,
    from_code: fn(&str) -> Option<T>,
    expected: &str,
) {
    check(all, code, from_code, expected);
    for one in all {
        assert_eq!(serde_json::to_value(one).expect("a word"), code(*one));
    }
}

macro_rules! codes_are {
    ($check:ident, $list:path, $expected:literal) => {{
        use $list as List;
        $check(&List::ALL, List::code, List::from_code, $expected);
    }};
}

#[test]
fn every_code_is_what_it_was() {
    codes_are!(check_stored, Locale, "fr en");
    codes_are!(check_stored, Purpose, "marketing tracking sharing");
    codes_are!(check_stored, Regime, "b2c_consent b2b_interest customer_similar");
    codes_are!(check_stored, Class, "nurture service alert");
    codes_are!(
        check_stored,
        Layer,
        "honeypot too_fast too_old forged_time no_proof false_proof no_turnstile false_turnstile disposable role links markup alphabet many_people"
    );
    codes_are!(
        check_stored,
        ExitReason,
        "unsubscribe bounce complaint reply sql customer disqualified no_basis no_address completed return"
    );
    codes_are!(
        check_stored,
        SkipReason,
        "late topic_off goal condition had overtaken removed mailbox_full"
    );
    codes_are!(
        check_stored,
        SignalKind,
        "form confirm click visit download reply meeting call_reached call_no_answer call_not_a_fit won lost unsubscribe"
    );
    codes_are!(check_stored, Tier, "all warm hot");
    codes_are!(check_stored, Kind, "webhook chat hubspot salesforce pipedrive zoho");
    codes_are!(check_stored, ChatFormat, "slack mattermost teams google");
    codes_are!(check_stored, FromStage, "lead mql sql customer");
    codes_are!(
        check_stored,
        EventType,
        "lead.created lead.confirmed lead.qualified lead.stage_changed lead.owner_changed lead.overdue lead.opted_out \
         lead.erased delivery.paused"
    );
    codes_are!(check_stored, ConsentState, "pending given lapsed withdrawn");
    codes_are!(
        check_stored,
        Method,
        "form double_opt_in one_click page complaint preferences retention reported operator"
    );
    codes_are!(
        check_stored,
        SuppressionReason,
        "unsubscribe soft_bounces bounce complaint"
    );
    codes_are!(check_stored, Frequency, "normal weekly");
    codes_are!(
        check_stored,
        Stage,
        "lead mql sql customer disqualified recycled dormant"
    );
    codes_are!(check_stored, ErasedBy, "person operator retention");
    codes_are!(
        check_stored,
        Actor,
        "person operator provider retention system assistant"
    );
    codes_are!(
        check_stored,
        Action,
        "export erase opt_in opt_out prefer correct lift read"
    );
    codes_are!(check_stored, retention::Why, "never_confirmed kept");
    codes_are!(
        check_stored,
        reconcile::Why,
        "next_sweep unanswered tried_again out_of_hours held paused refused not_yet campaign_gone"
    );
    codes_are!(check_stored, Closing, "accepted rejected used_up moved won lost");
    codes_are!(
        check,
        AlertKind,
        "alert hotter soon late escalated last call decide post asks_again reply meeting back assigned"
    );
    codes_are!(
        check,
        FeedbackKind,
        "send delivery under_way hard_bounce soft_bounce complaint reject click"
    );
    codes_are!(
        check_stored,
        HouseRefusal,
        "not_verified account_paused access_denied no_configuration_set configuration_set_paused"
    );
    codes_are!(check, Axis, "fit engagement");
    codes_are!(
        check,
        Comparable,
        "comparable other_measure other_sector sample_too_small"
    );
    codes_are!(
        check,
        EmailProblem,
        "empty too_long no_at several_ats bad_local misplaced_dot non_ascii_local bad_domain no_dot no_such_ending"
    );
}
