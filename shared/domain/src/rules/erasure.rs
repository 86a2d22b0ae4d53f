//! Erasing: what is cleaned afterwards.

use jiff::Timestamp;

use crate::lead::Lead;
use crate::rules::effect::Answer;

pub(super) fn cleaned(lead: &mut Lead, until: Timestamp) -> Answer {
    if let Some(past) = &mut lead.past {
        past.uncleaned = past.uncleaned.filter(|left| *left > until);
    }
    Answer::Done
}
