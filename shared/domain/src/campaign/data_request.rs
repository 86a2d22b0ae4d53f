//! The sequence that every campaign has without declaring it: the email with the link to the person’s own data.

use std::sync::LazyLock;

use crate::campaign::{Sequence, Start, Step};
use crate::kit::vocabulary::{Class, ExitReason};

/// The sequence that every campaign has without declaring it: a legal right must not depend on the owner's files.
pub const SEQUENCE: &str = "_data";

/// That sequence: one service email, at once and at any hour.
pub fn sequence() -> &'static Sequence {
    static BUILT_IN: LazyLock<Sequence> = LazyLock::new(|| Sequence {
        id: SEQUENCE.into(),
        start: Start::Capture,
        before: None,
        within: None,
        min_gap: None,
        max_lateness: None,
        exits: vec![ExitReason::Bounce, ExitReason::Complaint],
        wordings: Vec::new(),
        window: None,
        topic: None,
        steps: vec![Step {
            id: "my-data".into(),
            delay: "PT0S".parse().expect("a delay of nothing"),
            class: Class::Service,
            template: SEQUENCE.into(),
            topic: None,
            only_if: None,
            when: Vec::new(),
            until: Vec::new(),
            every: None,
            times: None,
        }],
    });
    &BUILT_IN
}
