//! Stages: lead, MQL, SQL, customer, and the ways out and back. One table says which moves exist.

use serde::{Deserialize, Serialize};

use crate::kit::vocabulary::ExitReason;

pub use crate::kit::vocabulary::Stage;

/// Who moved a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Mover {
    /// The score reached the threshold.
    Score,
    /// A person, through the console or the API.
    Operator,
    /// The salesperson in charge, by a signed button.
    Sales,
    /// Another system, which reported how a sale ended.
    Report,
    /// The answers meet every criterion, where the campaign lets them decide.
    Answers,
    /// The attempts to reach the person are used up.
    Attempts,
    /// Time passed without a word from the person.
    Silence,
    /// The person came back.
    Return,
}

impl Mover {
    /// Whether somebody decided, here or in another system, rather than a rule.
    pub fn is_person(self) -> bool {
        matches!(self, Self::Operator | Self::Sales | Self::Report)
    }
}

/// Every move there is, and the rule that makes it by itself, if one does; a person may make each of them. Back moves
/// exist because people err, and are kept with their reasons like all others.
const MOVES: [(Stage, Stage, Option<Mover>); 25] = {
    use Mover::{Answers, Attempts, Return, Score, Silence};
    use Stage::{Customer, Disqualified, Dormant, Lead, Mql, Recycled, Sql};
    [
        (Lead, Mql, Some(Score)),
        (Lead, Sql, None),
        (Lead, Disqualified, None),
        (Lead, Dormant, Some(Silence)),
        (Mql, Lead, None),
        (Mql, Sql, Some(Answers)),
        (Mql, Disqualified, None),
        (Mql, Recycled, Some(Attempts)),
        (Mql, Dormant, Some(Silence)),
        (Sql, Mql, None),
        (Sql, Customer, None),
        (Sql, Disqualified, None),
        (Sql, Recycled, Some(Attempts)),
        (Customer, Sql, None),
        (Disqualified, Lead, None),
        (Disqualified, Mql, Some(Score)),
        (Recycled, Mql, Some(Score)),
        (Recycled, Lead, None),
        (Recycled, Sql, None),
        (Recycled, Disqualified, None),
        (Recycled, Dormant, Some(Silence)),
        (Dormant, Lead, Some(Return)),
        (Dormant, Mql, Some(Score)),
        (Dormant, Sql, None),
        (Dormant, Disqualified, None),
    ]
};

impl Stage {
    /// The exit from sequences that reaching this stage is, if it is one.
    pub fn exit(self) -> Option<ExitReason> {
        match self {
            Self::Lead | Self::Mql | Self::Recycled | Self::Dormant => None,
            Self::Sql => Some(ExitReason::Sql),
            Self::Customer => Some(ExitReason::Customer),
            Self::Disqualified => Some(ExitReason::Disqualified),
        }
    }

    /// Whether a person may move a lead from here to there.
    pub fn may_move_to(self, to: Self) -> bool {
        MOVES.iter().any(|(from, there, _)| (*from, *there) == (self, to))
    }

    /// Whether this mover may: a person every move of the table, a rule its own.
    pub fn may_be_moved(self, to: Self, by: Mover) -> bool {
        let its_own = |rule: &Option<Mover>| by.is_person() || *rule == Some(by);
        MOVES
            .iter()
            .any(|(from, there, rule)| (*from, *there) == (self, to) && its_own(rule))
    }

    /// Where a lead usually goes next from here, of what is allowed: what a form proposes.
    pub fn onward(self) -> Option<Self> {
        [Self::Mql, Self::Sql, Self::Customer]
            .into_iter()
            .find(|to| *to > self && self.may_move_to(*to))
            .or_else(|| {
                let mut moves = MOVES.iter().filter(|(from, ..)| *from == self);
                moves.next().map(|(_, to, _)| *to)
            })
    }
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
            assert!(
                Stage::ALL.iter().any(|to| from.may_move_to(*to)),
                "{from:?} has a way on or back"
            );
        }
    }

    #[test]
    fn a_rule_makes_its_own_moves_and_a_person_all_of_them() {
        use Stage::{Customer, Dormant, Lead, Mql, Recycled, Sql};
        for (from, to, rule) in MOVES {
            assert!(from.may_be_moved(to, Mover::Operator) && from.may_be_moved(to, Mover::Sales));
            for by in [
                Mover::Score,
                Mover::Answers,
                Mover::Attempts,
                Mover::Silence,
                Mover::Return,
            ] {
                assert_eq!(
                    from.may_be_moved(to, by),
                    rule == Some(by),
                    "{from:?} to {to:?} by {by:?}"
                );
            }
        }
        // No rule makes a customer, ends a sale without its attempts, or touches who is being sold to.
        assert!(!Stage::ALL.iter().any(|from| from.may_be_moved(Customer, Mover::Score)));
        assert!(!Sql.may_be_moved(Dormant, Mover::Silence) && !Lead.may_be_moved(Recycled, Mover::Attempts));
        assert!(!Sql.may_be_moved(Mql, Mover::Score), "only a person takes a sale back");
    }

    #[test]
    fn what_a_form_proposes_is_allowed() {
        for from in Stage::ALL {
            assert!(from.onward().is_some_and(|to| from.may_move_to(to)), "{from:?}");
        }
        assert_eq!(Stage::Mql.onward(), Some(Stage::Sql));
        assert_eq!(Stage::Sql.onward(), Some(Stage::Customer));
    }
}
