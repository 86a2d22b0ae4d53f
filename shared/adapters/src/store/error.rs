//! Why the store did not do as asked, and what the person who runs it can do about it.
//!
//! AWS's own message is never kept: it may repeat what was sent. Its code and its request id are enough to find it.

use std::fmt;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use piste_domain::Locale;

use crate::advice;

/// A request that failed.
#[derive(Debug)]
pub struct StoreError {
    operation: &'static str,
    /// What went wrong.
    pub kind: StoreErrorKind,
    refusal: Option<Box<Refusal>>,
}

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreErrorKind {
    /// Not done; try later.
    #[error("throttled")]
    Throttled,
    /// No answer: it may be done. Safe to repeat, because every write is conditional.
    #[error("no_answer")]
    NoAnswer,
    /// A stored item cannot be read: it is damaged, or a newer version wrote it.
    #[error("corrupt")]
    Corrupt,
    /// Refused: a missing table, a missing right, a fault of ours.
    #[error("refused")]
    Refused,
    /// Somebody else changed the lead faster than we could, too often.
    #[error("contended")]
    Contended,
}

/// What AWS said to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The API action, such as `GetItem`.
    pub action: &'static str,
    /// The table it was about.
    pub table: String,
    /// The region it was sent to.
    pub region: String,
    /// AWS's error code, such as `AccessDeniedException`; absent when there was no answer.
    pub code: Option<String>,
    /// AWS's id of the request: what its support asks for.
    pub request_id: Option<String>,
}

impl StoreError {
    /// An error that is not about one request to AWS.
    pub fn new(operation: &'static str, kind: StoreErrorKind) -> Self {
        Self {
            operation,
            kind,
            refusal: None,
        }
    }

    /// The error of a request; `what` names it and the table.
    pub(super) fn of<E, R>(what: Asked<'_>, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
        SdkError<E, R>: RequestId,
    {
        let code = error.as_service_error().map(|error| error.code().unwrap_or_default());
        Self {
            operation: what.operation,
            kind: code.map_or(StoreErrorKind::NoAnswer, StoreErrorKind::of_code),
            refusal: Some(Box::new(Refusal {
                action: what.action,
                table: what.table.to_owned(),
                region: what.region.to_owned(),
                code: code.filter(|code| !code.is_empty()).map(str::to_owned),
                request_id: error.request_id().map(str::to_owned),
            })),
        }
    }

    /// The operation and what came of it, such as `load: refused`.
    pub fn what(&self) -> String {
        format!("{}: {}", self.operation, self.kind)
    }

    /// What AWS said, if it was asked.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_deref()
    }

    /// What to allow, set or do, in one sentence for the person who runs the system.
    pub fn advice(&self, locale: Locale) -> String {
        let Some(refusal) = &self.refusal else {
            return match self.kind {
                StoreErrorKind::Corrupt => advice::newer_or_damaged(locale),
                _ => advice::try_again_later(locale),
            }
            .to_owned();
        };
        let Refusal {
            action,
            table,
            region,
            code,
            ..
        } = &**refusal;
        match code.as_deref().unwrap_or_default() {
            "AccessDeniedException" | "AccessDenied" => advice::allow(locale, action, table, region),
            "ResourceNotFoundException" => advice::no_table(locale, table, region),
            "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "IncompleteSignatureException"
            | "IncompleteSignature"
            | "InvalidClientTokenId"
            | "MissingAuthenticationTokenException"
            | "MissingAuthenticationToken"
            | "ExpiredTokenException"
            | "ExpiredToken" => advice::bad_credentials(locale, region),
            "ValidationException" => advice::other_schema(locale, table, region),
            _ if self.kind == StoreErrorKind::Throttled => advice::at_its_limit(locale, table),
            _ if self.kind == StoreErrorKind::NoAnswer => advice::no_answer(locale, region),
            _ => advice::look_up(locale, action),
        }
    }
}

/// The operation and what came of it; with AWS's code and request id where there are any.
impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what())?;
        if let Some(Refusal {
            action,
            code,
            request_id,
            ..
        }) = self.refusal.as_deref()
        {
            write!(f, ", {action}")?;
            for part in [code, request_id].into_iter().flatten() {
                write!(f, " {part}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for StoreError {}

/// What was asked of AWS, for the error if it fails.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub operation: &'static str,
    pub action: &'static str,
    pub table: &'a str,
    pub region: &'a str,
}

impl StoreErrorKind {
    /// The kind of an answer by its AWS error code.
    fn of_code(code: &str) -> Self {
        match code {
            "ProvisionedThroughputExceededException"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "LimitExceededException"
            // Somebody's tool has the item in a transaction; we use none.
            | "TransactionConflictException" => Self::Throttled,
            "InternalServerError" | "ServiceUnavailable" | "InternalFailure" | "" => Self::NoAnswer,
            _ => Self::Refused,
        }
    }
}
