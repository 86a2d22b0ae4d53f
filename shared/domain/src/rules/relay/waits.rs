//! How long to wait after a failed try.

use jiff::SignedDuration;

use crate::kit::ids::ClaimToken;
use crate::lead::deliveries::hash;

/// The waits after a failed try (R112); after the last one it is set aside.
pub(super) const WAITS: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];
/// A longer wait than this is not taken from the other side.
const ASKED_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How long to wait after so many tries, and at least as long as the other side asked for; `None` once the waits are used up.
pub(in crate::rules) fn wait_after(
    attempts: u32,
    asked: Option<SignedDuration>,
    token: &ClaimToken,
) -> Option<SignedDuration> {
    let tries = usize::try_from(attempts).unwrap_or(usize::MAX).max(1);
    let wait = WAITS.get(tries - 1)?;
    // A tenth more or less, by the chance that is in the token: those that failed together come back apart.
    let tenth = i64::from(hash(&serde_json::json!(token.as_str())) % 21) - 10;
    let wait = SignedDuration::from_secs((wait.as_secs() + wait.as_secs() * tenth / 100).max(1));
    Some(wait.max(asked.unwrap_or_default().min(ASKED_MAX)))
}
