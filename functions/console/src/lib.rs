//! The operator's door: JSON under `/api`, pages under `/console`, the same rights for both.

mod auth;
mod calculator;
mod leads;
mod pages;
mod report;
mod retention;
mod rights;
mod sales;
mod sending;
mod views;

use std::ops::Deref;
use std::sync::Arc;

use lambda_http::http::header::{self, HeaderValue};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use piste_adapters::app::Start;
use piste_adapters::http::{self, FieldError, Problem, Visit};
use piste_adapters::store::StoreError;
use piste_adapters::{App, telemetry};
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_domain::lead::stage::{Mover, Stage};
use piste_domain::rules::sales::Deed;
use piste_domain::{Answer, Input, Lead, Locale, WorkspaceId};
use piste_operations::report::BadAsk;
use piste_operations::sending::view;
use piste_operations::texts::bad_ask;
use piste_operations::{OperationError, Operator};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// The description of the API, kept in step with the code by a test.
pub const OPENAPI: &str = include_str!("openapi.json");

/// Every route of the API: method and path below `/api`.
pub const API: [(&str, &str); 16] = [
    ("get", "/openapi.json"),
    ("get", "/leads"),
    ("get", "/leads.csv"),
    ("get", "/leads/{id}"),
    ("delete", "/leads/{id}"),
    ("get", "/leads/{id}/export"),
    ("get", "/leads/{id}/audit"),
    ("post", "/leads/{id}/lift"),
    ("get", "/leads/{id}/plan"),
    ("post", "/leads/{id}/stage"),
    ("get", "/report"),
    ("get", "/retention"),
    ("post", "/leads/{id}/attempts"),
    ("get", "/sending"),
    ("post", "/sending/hold"),
    ("post", "/sending/release"),
];

/// Why a request of an operator is not answered as asked. Each has one answer, in [`ConsoleError::problem`].
#[derive(Debug)]
enum ConsoleError {
    /// No key, or not one of ours.
    Unauthorised,
    /// A page elsewhere sent this form.
    CrossSite,
    /// There is no such lead in this workspace, or no such route.
    NotFound,
    /// The request itself does not hold: code and what to do.
    BadRequest(&'static str, &'static str),
    /// Fields of the body do not hold.
    Fields(Vec<FieldError>),
    /// The stage does not move there.
    NoSuchMove(Stage),
    /// There is no stop that the house may lift.
    NothingToLift,
    /// Nobody is to be called, or it was noted before.
    NoTask,
    /// The task was put off as often as it may be.
    NoMoreSnoozes,
    /// It concerns every workspace, and this is not the house's own.
    NotTheirs,
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
            OperationError::NoLead | OperationError::NoCampaign => Self::NotFound,
            OperationError::NothingToLift => Self::NothingToLift,
            OperationError::Reason => Self::Fields(vec![FieldError {
                field: "reason".into(),
                code: "length",
                message: format!("Say why in 1 to {REASON_CHARS_MAX} characters."),
            }]),
            OperationError::MainWorkspaceOnly => Self::NotTheirs,
            OperationError::Ask(bad) => bad.into(),
            OperationError::Store(error) => Self::Store(error),
            // Of what the command line alone asks.
            OperationError::BadMoment
            | OperationError::NotCapturedYet(_)
            | OperationError::CampaignGone(_)
            | OperationError::Files(_)
            | OperationError::BadName
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
    fn problem(&self, locale: Locale) -> Problem {
        let new = |status, code, fr: &str, en: &str, detail: &str| {
            Problem::new(status, code, locale.pick(fr, en)).detail(detail)
        };
        match self {
            Self::Unauthorised => new(
                StatusCode::UNAUTHORIZED,
                "unauthorised",
                "Il faut une clé d’opérateur.",
                "An operator key is needed.",
                "Authorization: Bearer piste_…",
            ),
            Self::CrossSite => new(
                StatusCode::FORBIDDEN,
                "cross_site",
                "Ce formulaire vient d’un autre site. Ouvrez la console et recommencez.",
                "This form was sent by another site. Open the console and try again.",
                "",
            ),
            Self::NotFound => new(
                StatusCode::NOT_FOUND,
                "not_found",
                "Il n’y a rien à cette adresse.",
                "Not found.",
                "",
            ),
            Self::BadRequest(code, detail) => new(
                StatusCode::BAD_REQUEST,
                code,
                "La demande ne tient pas\u{a0}; reprenez depuis la liste des leads.",
                "The request does not hold.",
                detail,
            ),
            Self::Fields(_) => new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "fields_refused",
                "Certaines réponses sont à corriger.",
                "Some fields need correcting.",
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
                    "Le lead ne peut pas passer à cette étape.",
                    "The lead cannot move there.",
                    &detail,
                )
            }
            Self::NothingToLift => new(
                StatusCode::CONFLICT,
                "nothing_to_lift",
                "Rien à lever\u{a0}: seul un rejet ou une plainte se lève ici. Une désinscription ne se lève que par la personne elle-même.",
                "Nothing to lift: only a bounce or a complaint can be lifted here. An opt-out is lifted by the person alone.",
                "",
            ),
            Self::NoTask => new(
                StatusCode::CONFLICT,
                "no_task",
                "Ce lead n’attend aucun appel, ou c’est déjà noté.",
                "Nobody is to call this lead, or it was noted before.",
                "A lead waits for a call from the moment it becomes an MQL of a campaign with [sales] until it is reached, decided on or recycled.",
            ),
            Self::NoMoreSnoozes => new(
                StatusCode::CONFLICT,
                "no_more_snoozes",
                "Ce lead a été remis à plus tard autant de fois que permis.",
                "This lead was put off as often as it may be.",
                "",
            ),
            Self::NotTheirs => new(
                StatusCode::FORBIDDEN,
                "not_yours",
                "Arrêter ou reprendre les envois concerne tous les espaces\u{a0}: il faut une clé de l’espace «\u{a0}main\u{a0}».",
                "Stopping or releasing mail concerns every workspace: it takes a key of the workspace `main`.",
                "",
            ),
            Self::Store(error) => {
                telemetry::log("console_failed", &[("error", error.into())]);
                Problem::store(error, locale)
            }
        }
    }

    fn answer(self) -> Response<Body> {
        let mut problem = self.problem(Locale::En);
        let unauthorised = matches!(self, Self::Unauthorised);
        if let Self::Fields(errors) = self {
            problem.errors = errors;
        }
        let mut response = problem.answer();
        if unauthorised {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Answers everything below `/api` and `/console`, and the buttons of mails to sales.
pub async fn handle(app: &App, visit: &Visit) -> Response<Body> {
    let response = match visit.parts().as_slice() {
        ["api", rest @ ..] => api(app, visit, rest).await.unwrap_or_else(ConsoleError::answer),
        ["calculator"] => calculator::handle(visit),
        ["console", rest @ ..] => pages::handle(app, visit, rest).await,
        ["sales"] => sales::handle(app, visit).await,
        _ => http::not_found(),
    };
    http::without_body_for_head(visit.method(), response)
}

async fn api(app: &App, visit: &Visit, path: &[&str]) -> Result<Response<Body>, ConsoleError> {
    let get = visit.is_get();
    let post = visit.method() == Method::POST;
    if path == ["openapi.json"] && get {
        return Ok(http::answer(StatusCode::OK, "application/json", OPENAPI.to_owned()));
    }
    // Deny by default (R108): nothing below is reached without a workspace.
    let desk = Desk::open(app, auth::bearer(app, visit).await?, visit).await?;
    match path {
        ["leads"] if get => {
            let found = leads::list(&desk, &leads::Filter::read(visit)?).await?;
            Ok(http::json(StatusCode::OK, &views::list(&desk, &found)))
        }
        ["leads", id] if get => Ok(http::json(StatusCode::OK, &views::lead(&desk, &*desk.lead(id).await?))),
        ["leads", id, "plan"] if get => Ok(http::json(StatusCode::OK, &views::plan(&desk, &*desk.lead(id).await?))),
        ["leads", id, "stage"] if post => {
            let ask: MoveTo = serde_json::from_slice(visit.body())
                .map_err(|_| ConsoleError::BadRequest("malformed", "Send {\"to\":\"sql\",\"reason\":\"…\"}."))?;
            let moved = desk.move_stage(id, &ask).await?;
            Ok(http::json(StatusCode::OK, &views::lead(&desk, &moved)))
        }
        ["report"] if get => {
            let report = piste_operations::report::report(&desk, &report::ask(visit)?).await?;
            Ok(http::json(StatusCode::OK, &report))
        }
        ["leads", id, "attempts"] if post => {
            let ask: sales::Attempted = serde_json::from_slice(visit.body())
                .map_err(|_| ConsoleError::BadRequest("malformed", "Send {\"outcome\":\"no_answer\"}."))?;
            let noted = desk.note(id, ask.deed()?).await?;
            Ok(http::json(StatusCode::OK, &views::lead(&desk, &noted)))
        }
        ["retention"] if get => Ok(http::json(StatusCode::OK, &retention::answer(&desk, visit).await?)),
        ["sending"] if get => Ok(http::json(StatusCode::OK, &view(&desk).await?)),
        ["sending", change @ ("hold" | "release")] if post => {
            sending::change(&desk, change, &sending::read_reason(visit.body())?).await?;
            Ok(http::json(StatusCode::OK, &view(&desk).await?))
        }
        ["leads.csv"] if get => rights::table(&desk, visit).await,
        ["leads", id] if visit.method() == Method::DELETE => Ok(http::json(
            StatusCode::OK,
            &piste_operations::rights::erase(&desk, id).await?,
        )),
        ["leads", id, "export"] if get => rights::export(&desk, id).await,
        ["leads", id, "audit"] if get => Ok(http::json(StatusCode::OK, &rights::request_log(&desk, id).await?)),
        ["leads", id, "lift"] if post => {
            let lifted = rights::lift(&desk, id, visit).await?;
            Ok(http::json(StatusCode::OK, &views::lead(&desk, &lifted)))
        }
        ["leads", _] => Ok(http::method_not_allowed("GET, HEAD, DELETE")),
        ["leads" | "leads.csv" | "report" | "retention" | "sending"] | ["leads", _, "plan" | "export" | "audit"] => {
            Ok(http::method_not_allowed("GET, HEAD"))
        }
        ["leads", _, "stage" | "lift" | "attempts"] | ["sending", "hold" | "release"] => {
            Ok(http::method_not_allowed("POST"))
        }
        _ => Err(ConsoleError::NotFound),
    }
}

/// A move as asked for.
#[derive(Debug, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields)]
struct MoveTo {
    to: String,
    #[validate(length(min = 1, max = "REASON_CHARS_MAX", code = "length"))]
    reason: String,
}

impl MoveTo {
    /// The stage, if both fields hold.
    fn stage(&self) -> Result<Stage, ConsoleError> {
        let mut errors = Vec::new();
        // The library's own report would repeat the value: only its verdict is used.
        if self.validate().is_err() || self.reason.trim().is_empty() {
            errors.push(FieldError {
                field: "reason".into(),
                code: "length",
                message: format!("Say why in 1 to {REASON_CHARS_MAX} characters."),
            });
        }
        let stage = Stage::from_code(&self.to);
        if stage.is_none() {
            errors.push(FieldError {
                field: "to".into(),
                code: "unknown_stage",
                message: format!("Use one of: {}.", Stage::ALL.map(Stage::code).join(", ")),
            });
        }
        match stage {
            Some(stage) if errors.is_empty() => Ok(stage),
            _ => Err(ConsoleError::Fields(errors)),
        }
    }
}

/// An operator in front of the console: in which language, and what every page must say about sending.
struct Desk<'a> {
    operator: Operator<'a>,
    locale: Locale,
    notice: Option<String>,
}

impl<'a> Deref for Desk<'a> {
    type Target = Operator<'a>;

    fn deref(&self) -> &Operator<'a> {
        &self.operator
    }
}

impl<'a> Desk<'a> {
    async fn open(app: &'a App, workspace: WorkspaceId, visit: &Visit) -> Result<Self, ConsoleError> {
        Ok(Self {
            operator: Operator::new(app, workspace).await?,
            locale: visit.locale(),
            notice: None,
        })
    }

    async fn move_stage(&self, id: &str, ask: &MoveTo) -> Result<Arc<Lead>, ConsoleError> {
        let to = ask.stage()?;
        let lead = self.lead(id).await?;
        let reason = piste_domain::kit::text::clean_line(&ask.reason);
        let applied = self.app.apply(&lead.id, Start::Known, Input::Move(to, reason)).await?;
        match applied.answer {
            Answer::NoSuchMove(from) => Err(ConsoleError::NoSuchMove(from)),
            Answer::NoLead => Err(ConsoleError::NotFound),
            Answer::Done | Answer::NothingPending | Answer::NothingToLift | Answer::NoTask | Answer::NoMoreSnoozes => {
                Ok(self.lead(id).await?)
            }
        }
    }

    /// Notes what somebody did about a lead.
    async fn note(&self, id: &str, deed: Deed) -> Result<Arc<Lead>, ConsoleError> {
        let lead = self.lead(id).await?;
        let input = Input::Deed(deed, Mover::Operator, None);
        let applied = self.app.apply(&lead.id, Start::Known, input).await?;
        match applied.answer {
            Answer::Done => Ok(self.lead(id).await?),
            Answer::NoMoreSnoozes => Err(ConsoleError::NoMoreSnoozes),
            Answer::NoSuchMove(from) => Err(ConsoleError::NoSuchMove(from)),
            Answer::NoLead => Err(ConsoleError::NotFound),
            Answer::NoTask | Answer::NothingPending | Answer::NothingToLift => Err(ConsoleError::NoTask),
        }
    }
}
