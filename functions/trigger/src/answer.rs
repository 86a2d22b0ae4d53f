//! What is told of a message that was taken: always 202.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use piste_adapters::http::{self, FieldError};
use serde::Serialize;

use crate::Taken;

/// `{"status"}`; of a list also `"events"`, one for each, in their order.
#[derive(Serialize)]
pub(crate) struct Answer {
    #[serde(flatten)]
    event: EventAnswer,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<EventAnswer>>,
}

/// What became of one event.
#[derive(Serialize)]
pub(crate) struct EventAnswer {
    status: &'static str,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Values that could not be read, where the rest was taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<UnreadField>,
}

/// A value that is kept as text, because it could not be read by its type.
#[derive(Serialize)]
pub(crate) struct UnreadField {
    field: String,
    code: String,
}

impl UnreadField {
    /// Of this field, for this reason.
    pub(crate) fn new(field: &str, code: &str) -> Self {
        Self {
            field: field.to_owned(),
            code: code.to_owned(),
        }
    }
}

impl EventAnswer {
    /// It was taken like this.
    pub(crate) fn of(taken: Taken) -> Self {
        let status = match taken {
            Taken::Accepted => "accepted",
            Taken::Kept => "kept",
            Taken::Ignored => "ignored",
            Taken::UnknownLead => "unknown_lead",
        };
        Self {
            status,
            errors: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// The same, with what could not be read of it.
    pub(crate) fn with_unread(mut self, unread: Vec<UnreadField>) -> Self {
        self.unread = unread;
        self
    }

    /// It could not be read.
    pub(crate) fn refused(errors: Vec<FieldError>) -> Self {
        Self {
            status: "refused",
            errors,
            unread: Vec::new(),
        }
    }

    /// Whether it means nothing here.
    pub(crate) fn is_ignored(&self) -> bool {
        self.status == "ignored"
    }
}

impl Answer {
    /// Of a message that is one event.
    pub(crate) fn one(event: EventAnswer) -> Self {
        Self { event, events: None }
    }

    /// Of a list: it is accepted as a whole, unless nothing in it means anything here.
    pub(crate) fn list(events: Vec<EventAnswer>) -> Self {
        let whole = match events.iter().all(EventAnswer::is_ignored) {
            true => Taken::Ignored,
            false => Taken::Accepted,
        };
        Self {
            event: EventAnswer::of(whole),
            events: Some(events),
        }
    }

    pub(crate) fn tell(&self) -> Response<Body> {
        http::json(StatusCode::ACCEPTED, self)
    }
}
