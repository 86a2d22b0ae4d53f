//! What the console says, page by page, in every language.

pub mod errors;
