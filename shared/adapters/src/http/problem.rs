//! Problem documents (RFC 9457) and the tables from errors to them.

use lambda_http::http::StatusCode;
use lambda_http::http::header::{self, HeaderValue};
use lambda_http::{Body, Response};
use piste_domain::{FieldProblem, Locale, Personal};
use serde::Serialize;

use super::{PostProblem, answer};
use crate::store::{StoreError, StoreErrorKind};
use crate::{telemetry, texts};

/// Seconds after which a visitor may try again when the store is down.
pub const RETRY_AFTER_S: u64 = 30;

/// An answer that is a problem (RFC 9457).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Always `about:blank`: the status and `code` say it all.
    #[serde(rename = "type")]
    kind: &'static str,
    /// A short sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code that programs read.
    pub code: &'static str,
    /// What to do about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Fields that were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The id of the request, which the log lines carry too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// After how many seconds to try again.
    #[serde(skip)]
    wait_s: u64,
}

/// One refused field of a problem document.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct FieldError {
    /// The field's name.
    pub field: String,
    /// The stable code.
    pub code: &'static str,
    /// The sentence for the visitor.
    pub message: String,
    /// What was probably meant, for the visitor to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Personal>,
}

impl FieldError {
    /// A refused field: its name, the code, and what to do.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
            suggestion: None,
        }
    }

    /// A problem of a form's field, told in a language.
    pub fn told(problem: &FieldProblem, locale: Locale) -> Self {
        Self {
            suggestion: problem.suggestion.clone(),
            ..Self::new(&problem.field, problem.kind.code(), problem.kind.message(locale))
        }
    }
}

impl Problem {
    /// A problem by status, code and title.
    pub fn new(status: StatusCode, code: &'static str, title: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: title.into(),
            status: status.as_u16(),
            code,
            detail: String::new(),
            errors: Vec::new(),
            request_id: telemetry::request_id(),
            wait_s: RETRY_AFTER_S,
        }
    }

    /// With what to do about it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// With the seconds after which it is of use to try again.
    #[must_use]
    pub fn wait_s(mut self, wait_s: u64) -> Self {
        self.wait_s = wait_s;
        self
    }

    /// With the fields that were refused.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// All problems of a form at once.
    pub fn fields(problems: &[FieldProblem], locale: Locale) -> Self {
        let errors = problems.iter().map(|problem| FieldError::told(problem, locale));
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "fields_refused",
            texts::fields_refused(locale),
        )
        .errors(errors.collect())
    }

    /// The one table from failures of the store to answers.
    pub fn store(error: &StoreError, locale: Locale) -> Self {
        let (status, code) = match error.kind {
            // What cannot be read was most often written by a newer version that is being deployed: soon it can be.
            StoreErrorKind::Throttled
            | StoreErrorKind::NoAnswer
            | StoreErrorKind::Contended
            | StoreErrorKind::Corrupt => (StatusCode::SERVICE_UNAVAILABLE, "try_again"),
            StoreErrorKind::Refused => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Self::new(status, code, texts::unavailable(locale)).detail(texts::try_again(locale))
    }

    /// A fault of ours that nobody expected.
    pub fn internal(locale: Locale) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", texts::internal(locale))
            .detail(texts::quote_reference(locale))
    }

    /// What is wrong with a body.
    pub fn post(problem: PostProblem, locale: Locale) -> Self {
        let (status, code, title, detail) = match problem {
            PostProblem::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                texts::too_large(locale),
                texts::shorten(locale),
            ),
            PostProblem::UnsupportedType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_type",
                texts::unsupported_type(locale),
                "application/x-www-form-urlencoded, multipart/form-data, application/json",
            ),
            PostProblem::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed",
                texts::malformed(locale),
                texts::not_its_type(locale),
            ),
        };
        Self::new(status, code, title).detail(detail)
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The answer for programs.
    pub fn answer(&self) -> Response<Body> {
        let body = serde_json::to_string(self).expect("a problem serialises");
        let mut response = answer(self.status(), "application/problem+json", body);
        self.retry_after(&mut response);
        response
    }

    /// Says when to come back, where that makes sense.
    pub fn retry_after(&self, response: &mut Response<Body>) {
        if self.status == 503 || self.status == 429 {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(self.wait_s));
        }
    }
}
