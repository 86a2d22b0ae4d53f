//! Why a request of an operator is refused, and the one table from there to the answer.

use lambda_http::http::StatusCode;
use lambda_http::http::header::{self, HeaderValue};
use lambda_http::{Body, Response};
use piste_adapters::http::{FieldError, Problem};
use piste_adapters::store::StoreError;
use piste_adapters::users::Role;
use piste_adapters::{pages, telemetry};
use piste_domain::Locale;
use piste_domain::lead::stage::Stage;
use piste_operations::OperationError;
use piste_operations::qualify::bad_reason;
use piste_operations::report::BadAsk;
use piste_operations::texts::bad_ask;

use crate::texts::errors as texts;
use crate::texts::users::role;

/// A cursor that no answer gave out.
pub const BAD_CURSOR: ConsoleError = ConsoleError::BadRequest(
    "bad_cursor",
    "Use the value of `next` unchanged, with the same `sort`, or start without a cursor.",
);

/// Why a request of an operator is refused.
#[derive(Debug)]
pub enum ConsoleError {
    /// No key, or not one of ours.
    Unauthorised,
    /// A key of ours that has ended.
    KeyExpired,
    /// So many wrong keys came from this visitor that the next has to wait this many seconds.
    TooManyKeys(u64),
    /// The key may not do this: what role it has, and which it needs.
    NotAllowed(Role, Role),
    /// Another user has that name.
    NameTaken,
    /// Without this user nobody could add another.
    LastAdmin,
    /// A page elsewhere sent this form.
    CrossSite,
    /// There is no such lead in this workspace, or no such route.
    NotFound,
    /// The request cannot be read: code and what to do.
    BadRequest(&'static str, &'static str),
    /// Parameters of the query that are unknown or have a value they do not take.
    Query(Vec<FieldError>),
    /// More leads than are read to sort them.
    TooManyToSort,
    /// Fields of the body that need attention.
    Fields(Vec<FieldError>),
    /// A lead at this stage does not move to the one asked for.
    NoSuchMove(Stage),
    /// There is no bounce or complaint to lift.
    NothingToLift,
    /// Nobody is to call this lead, or the call was logged before.
    NoTask,
    /// The task was snoozed as often as it may be.
    NoMoreSnoozes,
    /// The person opted out: nobody else can say yes for them.
    OptedOut,
    /// The person was erased: only a post of theirs brings them back.
    Erased,
    /// The week in which an import could be taken back is over.
    UndoOver,
    /// It concerns every workspace, and the operator's is not `main`.
    NotMain,
    /// Somebody else is releasing the post.
    PostTaken,
    /// The mailing was approved before.
    AlreadyApproved,
    /// Nobody has approved the mailing.
    NotApproved,
    /// A dry run of the mailing counts so many now.
    Recipients(u64),
    /// The store does not answer.
    Store(StoreError),
}

impl From<StoreError> for ConsoleError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<OperationError> for ConsoleError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::NoLead
            | OperationError::NoCampaign
            | OperationError::NoStep(_)
            | OperationError::NoUser
            | OperationError::NoPost
            | OperationError::NoDestination
            | OperationError::NoMailing
            | OperationError::NoDelivery
            | OperationError::NoImport => Self::NotFound,
            OperationError::AlreadyApproved => Self::AlreadyApproved,
            OperationError::NotApproved => Self::NotApproved,
            OperationError::Recipients(now) => Self::Recipients(now),
            OperationError::PostTaken => Self::PostTaken,
            OperationError::UndoOver => Self::UndoOver,
            OperationError::NameTaken => Self::NameTaken,
            OperationError::LastAdmin => Self::LastAdmin,
            OperationError::NothingToLift => Self::NothingToLift,
            OperationError::Reason => Self::Fields(vec![bad_reason()]),
            OperationError::Fields(errors) => Self::Fields(errors),
            OperationError::NoSuchMove(from) => Self::NoSuchMove(from),
            OperationError::NoTask => Self::NoTask,
            OperationError::NoMoreSnoozes => Self::NoMoreSnoozes,
            OperationError::OptedOut => Self::OptedOut,
            OperationError::Erased => Self::Erased,
            OperationError::BadCursor => BAD_CURSOR,
            OperationError::TooManyToSort => Self::TooManyToSort,
            OperationError::MainWorkspaceOnly => Self::NotMain,
            OperationError::Ask(bad) => bad.into(),
            OperationError::Store(error) => Self::Store(error),
            // Of what the command line alone asks.
            OperationError::BadMoment
            | OperationError::NotCapturedYet(_)
            | OperationError::CampaignGone(_)
            | OperationError::Files(_)
            | OperationError::BadName
            | OperationError::BadSecret(_)
            | OperationError::NotJson
            | OperationError::NoKeys => Self::NotFound,
        }
    }
}

impl From<BadAsk> for ConsoleError {
    fn from(bad: BadAsk) -> Self {
        Self::BadRequest(bad.code(), bad_ask(Locale::En, bad))
    }
}

impl ConsoleError {
    /// The one table from what went wrong to the answer. Programs read English; pages speak their reader's language.
    pub fn problem(&self, locale: Locale) -> Problem {
        let new = |status, code, title, detail: &str| Problem::new(status, code, title).detail(detail);
        match self {
            Self::Unauthorised => new(
                StatusCode::UNAUTHORIZED,
                "unauthorised",
                texts::unauthorised(locale),
                "Authorization: Bearer piste_…",
            ),
            Self::KeyExpired => new(
                StatusCode::UNAUTHORIZED,
                "key_expired",
                texts::key_expired(locale),
                texts::key_expired_advice(locale),
            ),
            Self::TooManyKeys(wait_s) => new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_keys",
                texts::too_many_keys(locale),
                &texts::too_many_keys_advice(locale, *wait_s),
            ),
            Self::NotAllowed(has, needs) => new(
                StatusCode::FORBIDDEN,
                "role_needed",
                texts::not_allowed(locale),
                &texts::not_allowed_advice(locale, role(locale, *has), role(locale, *needs)),
            ),
            Self::NameTaken => new(
                StatusCode::CONFLICT,
                "name_taken",
                texts::name_taken(locale),
                texts::name_taken_advice(locale),
            ),
            Self::LastAdmin => new(
                StatusCode::CONFLICT,
                "last_admin",
                texts::last_admin(locale),
                texts::last_admin_advice(locale),
            ),
            Self::CrossSite => new(
                StatusCode::FORBIDDEN,
                "cross_site",
                texts::cross_site(locale),
                texts::cross_site_advice(locale),
            ),
            Self::NotFound => new(StatusCode::NOT_FOUND, "not_found", texts::not_found(locale), ""),
            Self::BadRequest(code, detail) => new(
                StatusCode::BAD_REQUEST,
                code,
                texts::invalid(locale),
                &texts::invalid_advice(locale, detail),
            ),
            Self::Query(errors) => {
                let (code, detail) = errors.first().map_or(("malformed", String::new()), |first| {
                    (first.code, format!("{}: {}", first.field, first.message))
                });
                new(
                    StatusCode::BAD_REQUEST,
                    code,
                    texts::invalid(locale),
                    &texts::invalid_advice(locale, &detail),
                )
            }
            Self::TooManyToSort => new(
                StatusCode::BAD_REQUEST,
                "too_many_to_sort",
                texts::too_many_to_sort(locale),
                texts::too_many_to_sort_advice(locale),
            ),
            Self::Fields(_) => new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "fields_refused",
                texts::fields(locale),
                "",
            ),
            Self::NoSuchMove(from) => {
                let allowed: Vec<_> = Stage::ALL
                    .into_iter()
                    .filter(|to| from.may_move_to(*to))
                    .map(Stage::code)
                    .collect();
                let detail = format!("{} → {}", from.code(), allowed.join(", "));
                new(
                    StatusCode::CONFLICT,
                    "no_such_move",
                    texts::no_such_move(locale),
                    &detail,
                )
            }
            Self::NothingToLift => new(
                StatusCode::CONFLICT,
                "nothing_to_lift",
                texts::nothing_to_lift(locale),
                texts::nothing_to_lift_advice(locale),
            ),
            Self::NoTask => new(
                StatusCode::CONFLICT,
                "no_task",
                texts::no_task(locale),
                texts::no_task_advice(locale),
            ),
            Self::NoMoreSnoozes => new(
                StatusCode::CONFLICT,
                "no_more_snoozes",
                texts::no_more_snoozes(locale),
                texts::no_more_snoozes_advice(locale),
            ),
            Self::OptedOut => new(
                StatusCode::CONFLICT,
                "opted_out",
                texts::opted_out(locale),
                texts::opted_out_advice(locale),
            ),
            Self::Erased => new(
                StatusCode::CONFLICT,
                "erased",
                texts::erased(locale),
                texts::erased_advice(locale),
            ),
            Self::PostTaken => new(
                StatusCode::CONFLICT,
                "being_released",
                texts::post_taken(locale),
                texts::post_taken_advice(locale),
            ),
            Self::AlreadyApproved => new(
                StatusCode::CONFLICT,
                "already_approved",
                texts::approved(locale),
                texts::approved_advice(locale),
            ),
            Self::NotApproved => new(
                StatusCode::CONFLICT,
                "not_approved",
                texts::not_approved(locale),
                texts::not_approved_advice(locale),
            ),
            Self::Recipients(now) => new(
                StatusCode::CONFLICT,
                "recipients_changed",
                texts::recipients_changed(locale),
                &texts::recipients_changed_advice(locale, *now),
            ),
            Self::UndoOver => new(
                StatusCode::CONFLICT,
                "undo_over",
                texts::undo_over(locale),
                texts::undo_over_advice(locale),
            ),
            Self::NotMain => new(
                StatusCode::FORBIDDEN,
                "not_yours",
                texts::not_main(locale),
                texts::not_main_advice(locale),
            ),
            Self::Store(error) => {
                telemetry::log("console_failed", &[("error", error.into())]);
                Problem::store(error, locale)
            }
        }
    }

    /// The answer to a person.
    pub fn page(&self, locale: Locale) -> Response<Body> {
        let mut response = pages::problem(&self.problem(locale), locale);
        wait(&mut response, self.wait_s());
        response
    }

    /// How many seconds to wait, where that helps.
    pub fn wait_s(&self) -> Option<u64> {
        match self {
            Self::TooManyKeys(wait_s) => Some(*wait_s),
            _ => None,
        }
    }

    /// The answer to a program.
    pub fn answer(self) -> Response<Body> {
        let mut problem = self.problem(Locale::En);
        let unauthorised = matches!(self, Self::Unauthorised | Self::KeyExpired);
        let wait_s = self.wait_s();
        if let Self::Fields(errors) | Self::Query(errors) = self {
            problem.errors = errors;
        }
        let mut response = problem.answer();
        wait(&mut response, wait_s);
        if unauthorised {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Says when to come back.
pub fn wait(response: &mut Response<Body>, wait_s: Option<u64>) {
    if let Some(wait_s) = wait_s {
        response.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
    }
}
