//! Proof of work: a form that asks for it has each sender's machine look for a number, which one person never notices and
//! somebody who posts by the thousand pays for (R87).
//!
//! The format is the first of ALTCHA: the challenge is the SHA-256 of a salt and a number, and whoever names the number has
//! looked for it. Unlike ALTCHA's own, our signature holds form, salt and challenge, so that none of them counts with
//! another. The salt ends with a delimiter and the number is an integer: otherwise digits of the number could move into the
//! salt, and one search would serve many posts (CVE-2025-68113). That it serves one post alone is the store's part.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::is_ours;
use crate::kit::ids::{CampaignId, Key, base32_26, hex, sha256_hex};
use crate::kit::limits::CHALLENGE_LASTS;
use crate::kit::vocabulary::Layer;

/// The field that carries a solution, as ALTCHA's widgets name it. It is no answer and is never kept.
pub const SOLUTION: &str = "altcha";
/// The greatest number that may be looked for: one or two seconds on a telephone, on average half of that.
pub const NUMBER_MAX: u32 = 50_000;
/// The only hash.
const ALGORITHM: &str = "SHA-256";
/// The most bytes of a solution; ours have about 400.
const SOLUTION_BYTES_MAX: usize = 2_000;

/// What a browser is asked to find a number for.
#[derive(Clone, Debug, Serialize)]
pub struct Challenge {
    algorithm: &'static str,
    challenge: String,
    maxnumber: u32,
    salt: String,
    signature: String,
}

impl Challenge {
    /// A challenge of this form from this moment on. `chance` makes the salt and the number, which is told to nobody.
    pub fn new(form: &CampaignId, now: Timestamp, chance: [u8; 20], key: &Key) -> Self {
        let (number, nonce) = chance.split_at(8);
        let number = number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let number = number % (u64::from(NUMBER_MAX) + 1);
        let until = (now + CHALLENGE_LASTS).as_second();
        let salt = format!("{}?expires={until}&form={form}&", hex(nonce));
        let challenge = hash(&salt, number);
        Self {
            algorithm: ALGORITHM,
            signature: sign(form, &salt, &challenge, key),
            maxnumber: NUMBER_MAX,
            challenge,
            salt,
        }
    }
}

/// A solution as widgets send it: JSON in base64. What they add, such as the time it took, is nothing to us.
#[derive(Deserialize)]
struct Solution {
    algorithm: String,
    challenge: String,
    number: u32,
    salt: String,
    signature: String,
}

/// A solution that holds, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solved {
    /// Under which key the store notes that it was used: of the shape of a lead's id, and never one.
    pub row: String,
    /// Until when it would count.
    pub until: Timestamp,
}

/// What a post's solution is worth.
///
/// # Errors
/// The layer that speaks against the post.
pub fn solved(form: &CampaignId, sent: Option<&str>, now: Timestamp, key: &Key) -> Result<Solved, Layer> {
    let sent = sent.map(str::trim).filter(|sent| !sent.is_empty());
    let (solution, until) = sent
        .ok_or(Layer::NoProof)
        .map(|sent| read(form, sent, key))?
        .ok_or(Layer::FalseProof)?;
    // People leave forms open: what was found and is over counts as not sent.
    if until < now {
        return Err(Layer::NoProof);
    }
    let row = base32_26(&key.mac(&["solved", form.as_str(), &solution.challenge]));
    Ok(Solved { row, until })
}

/// A solution that was looked for on a challenge of ours, for this form.
fn read(form: &CampaignId, sent: &str, key: &Key) -> Option<(Solution, Timestamp)> {
    let json = (sent.len() <= SOLUTION_BYTES_MAX).then(|| BASE64.decode(sent).ok())??;
    let solution: Solution = serde_json::from_slice(&json).ok()?;
    let Solution { challenge, salt, .. } = &solution;
    let holds = is_ours(&sign(form, salt, challenge, key), &solution.signature)
        && solution.algorithm == ALGORITHM
        && solution.number <= NUMBER_MAX
        && hash(salt, solution.number.into()) == *challenge;
    let (_, until) = salt.split_once("?expires=")?;
    let until = until.split('&').next()?.parse().ok()?;
    holds.then_some((solution, Timestamp::from_second(until).ok()?))
}

fn hash(salt: &str, number: u64) -> String {
    sha256_hex(&format!("{salt}{number}"))
}

fn sign(form: &CampaignId, salt: &str, challenge: &str, key: &Key) -> String {
    hex(&key.mac(&["form challenge", form.as_str(), salt, challenge]))
}

#[cfg(test)]
mod tests;
