//! What sales accepts as qualified, held against the answers of a lead.

use crate::campaign::sales::{Criterion, Sales};
use crate::lead::Lead;

/// The criteria, and whether the answers of the lead meet each.
pub fn checklist<'a>(sales: &'a Sales, lead: &'a Lead) -> impl Iterator<Item = (&'a Criterion, bool)> {
    let criteria = sales.sql.iter().flat_map(|sql| &sql.criteria);
    criteria.map(|criterion| (criterion, criterion.when.is_met_by(lead.words.answers())))
}

/// Whether the answers alone make this lead an SQL.
pub(super) fn make_an_sql(sales: &Sales, lead: &Lead) -> bool {
    sales.sql.as_ref().is_some_and(|sql| sql.by_answers) && checklist(sales, lead).all(|(_, met)| met)
}
