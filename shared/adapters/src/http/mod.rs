//! Requests in, answers out: a request is read once into a [`Visit`]; what goes wrong becomes a [`Problem`].

mod answer;
mod encoded;
mod json;
mod post;
mod problem;
mod visit;

pub use answer::{answer, json, method_not_allowed, not_found, safe_next, see_other, without_body_for_head};
pub use json::document;
pub use post::{Part, PostProblem};
pub use problem::{FieldError, Problem, RETRY_AFTER_S};
pub use visit::{Visit, guarded};
