//! Whole seconds since 1970 as the stored form of a moment: six bytes instead of twenty, and sortable as a number.

pub use jiff::fmt::serde::timestamp::second::required::{deserialize, serialize};
/// The same for a moment that may be absent.
pub mod optional {
    pub use jiff::fmt::serde::timestamp::second::optional::{deserialize, serialize};
}
