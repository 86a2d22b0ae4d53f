//! Stages: lead, MQL, SQL, customer. One table says which moves exist.

use serde::{Deserialize, Serialize};

use crate::ledger::ExitReason;

/// How far a lead has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Showed interest and can be reached.
    Lead,
    /// Marketing qualified: the score reached the campaign's threshold.
    Mql,
    /// Sales qualified: a person accepted it for active selling.
    Sql,
    /// Bought.
    Customer,
    /// Will not buy; the reason says why.
    Disqualified,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Lead, Self::Mql, Self::Sql, Self::Customer, Self::Disqualified];

    /// The name in files, answers and keys.
    pub fn code(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Mql => "mql",
            Self::Sql => "sql",
            Self::Customer => "customer",
            Self::Disqualified => "disqualified",
        }
    }

    /// The stage of this name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.code() == code)
    }

    /// The exit from sequences that reaching this stage is, if it is one.
    pub fn exit(self) -> Option<ExitReason> {
        match self {
            Self::Lead | Self::Mql => None,
            Self::Sql => Some(ExitReason::Sql),
            Self::Customer => Some(ExitReason::Customer),
            Self::Disqualified => Some(ExitReason::Disqualified),
        }
    }

    /// The moves a person may make. Back moves exist because people err; each is kept with its reason.
    pub fn may_move_to(self, to: Self) -> bool {
        use Stage::{Customer, Disqualified, Lead, Mql, Sql};
        matches!(
            (self, to),
            (Lead, Mql | Sql | Disqualified)
                | (Mql, Sql | Lead | Disqualified)
                | (Sql, Customer | Mql | Disqualified)
                | (Customer, Sql)
                | (Disqualified, Lead)
        )
    }
}

/// Who moved a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mover {
    /// The score reached the threshold.
    Score,
    /// A person, through the console or the API.
    Operator,
    /// Another system, which reported how a sale ended.
    Report,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_never_moves_to_itself_and_a_customer_is_reached_only_from_sql() {
        for from in Stage::ALL {
            assert!(!from.may_move_to(from));
            assert_eq!(from.may_move_to(Stage::Customer), from == Stage::Sql, "{from:?}");
            assert_eq!(Stage::from_code(from.code()), Some(from));
        }
    }
}
