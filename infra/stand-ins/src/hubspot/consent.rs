//! Subscriptions: who wants which mail, and who none at all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answers::{Answer, Outcome, Refusal};
use super::call::{self, Call};
use super::{Hubspot, fields};

/// The subscription types.
const TYPES: [(u64, &str); 2] = [(412, "Marketing Information"), (413, "One to One")];
const STATES: [&str; 3] = ["SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED"];
const BASES: [&str; 7] = [
    "CONSENT_WITH_NOTICE",
    "LEGITIMATE_INTEREST_CLIENT",
    "LEGITIMATE_INTEREST_OTHER",
    "LEGITIMATE_INTEREST_PQL",
    "NON_GDPR",
    "PERFORMANCE_OF_CONTRACT",
    "PROCESS_AND_STORE",
];
const MEMBERS: [&str; 5] = [
    "channel",
    "subscriptionId",
    "statusState",
    "legalBasis",
    "legalBasisExplanation",
];

/// What addresses said, whether or not a contact has them.
#[derive(Debug, Default)]
pub(super) struct Consent {
    /// Privacy settings are on.
    pub(super) wants_basis: bool,
    out: BTreeSet<String>,
    states: BTreeMap<(String, u64), String>,
}

impl Consent {
    pub(super) fn is_out(&self, address: &str) -> bool {
        self.out.contains(address)
    }

    /// No mail of any kind, for good; false if it was so before.
    pub(super) fn leave(&mut self, address: &str) -> bool {
        self.out.insert(address.to_lowercase())
    }

    pub(super) fn state(&self) -> Value {
        let mut all: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for ((address, id), state) in &self.states {
            all.entry(address)
                .or_default()
                .insert(id.to_string(), state.as_str().into());
        }
        for address in &self.out {
            all.entry(address)
                .or_default()
                .insert("all".into(), "UNSUBSCRIBED".into());
        }
        json!(all)
    }
}

impl Hubspot {
    pub(super) fn list_subscriptions(&mut self, _: &Call, _: Timestamp) -> Outcome {
        let all = TYPES.map(|(id, name)| json!({"id": id.to_string(), "name": name, "isActive": true}));
        Ok(Answer::ok(json!({"results": all})))
    }

    pub(super) fn set_subscription(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let address = address(call)?;
        let members = call::members(&call.body, &MEMBERS)?;
        let id = members.get("subscriptionId").and_then(Value::as_u64);
        let state = call::due(members, "statusState")?;
        let basis = call::text(members, "legalBasis")?;
        let explained = call::text(members, "legalBasisExplanation")?.is_some_and(|words| !words.trim().is_empty());
        let known = TYPES.iter().find(|(one, _)| Some(*one) == id);
        let checks = [
            (call::due(members, "channel")? == "EMAIL", "channel"),
            (known.is_some(), "subscriptionId"),
            (STATES.contains(&state), "statusState"),
            (basis.is_none_or(|one| BASES.contains(&one)), "legalBasis"),
            (!self.consent.wants_basis || basis.is_some(), "legalBasis"),
            (!self.consent.wants_basis || explained, "legalBasisExplanation"),
        ];
        if let Some((_, name)) = checks.iter().find(|(holds, _)| !holds) {
            return Err(Refusal::invalid(format!("{name} is missing or not valid")));
        }
        let (id, name) = known.copied().unwrap_or_default();
        if state == "SUBSCRIBED" && self.consent.is_out(&address) {
            return Err(Refusal::invalid(
                "This address has unsubscribed from all and cannot be subscribed by API",
            ));
        }
        let before = self.consent.states.insert((address.clone(), id), state.into());
        let reason = match before.as_deref() {
            Some(old) if old == state => "NO_STATUS_CHANGE",
            Some("UNSUBSCRIBED") if state == "SUBSCRIBED" => "RESUBSCRIBE_OCCURRED",
            _ => "REQUESTED_CHANGE_OCCURRED",
        };
        Ok(told(&address, &[(id, name)], state, reason))
    }

    pub(super) fn unsubscribe_all(&mut self, call: &Call, _: Timestamp) -> Outcome {
        let address = address(call)?;
        if call.query("channel") != Some("EMAIL") {
            return Err(Refusal::invalid("channel is missing or not valid"));
        }
        let reason = if self.consent.leave(&address) {
            "UNSUBSCRIBE_FROM_ALL_OCCURRED"
        } else {
            "NO_STATUS_CHANGE"
        };
        Ok(told(&address, &TYPES, "UNSUBSCRIBED", reason))
    }
}

fn address(call: &Call) -> Result<String, Refusal> {
    let address = call.gaps[0].to_lowercase();
    let refusal = || Refusal::invalid("The address is not valid");
    fields::is_address(&address).then_some(address).ok_or_else(refusal)
}

fn told(address: &str, types: &[(u64, &str)], state: &str, reason: &str) -> Answer {
    let one = |(id, name): &(u64, &str)| {
        json!({
            "subscriberIdString": address, "subscriptionId": id, "subscriptionName": name, "channel": "EMAIL",
            "status": state, "setStatusSuccessReason": reason,
        })
    };
    Answer::ok(json!({"status": "COMPLETE", "results": types.iter().map(one).collect::<Vec<_>>()}))
}
