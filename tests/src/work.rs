//! What a browser does for a form that asks for a proof of work (R87).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Looks for the number of a challenge and returns what a widget sends in the field `altcha`.
///
/// # Panics
/// If there is no such number, or the challenge is none.
pub fn solve(challenge: &Value) -> String {
    let text = |name: &str| challenge[name].as_str().expect("a text");
    let hash = |number: &u64| {
        let digest = Sha256::digest(format!("{}{number}", text("salt")));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        hex == text("challenge")
    };
    let most = challenge["maxnumber"].as_u64().expect("a number");
    let number = (0..=most).find(hash).expect("the number is in its range");
    solution(challenge, &json!(number))
}

/// A solution that names this number, whether it is right or not.
///
/// # Panics
/// If the challenge is none.
pub fn solution(challenge: &Value, number: &Value) -> String {
    let mut solution = challenge.clone();
    let members = solution.as_object_mut().expect("an object");
    members.remove("maxnumber");
    members.insert("number".into(), number.clone());
    members.insert("took".into(), json!(716));
    STANDARD.encode(solution.to_string())
}
