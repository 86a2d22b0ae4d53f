//! What other systems report becomes knowledge about a lead: `POST /triggers/{source}`.
//!
//! A message is signed (Standard Webhooks), read by the source's mapping, bound to its id, and decided on in the one
//! write of the lead. Whatever is told twice has one effect and the same answer.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use lambda_http::http::{Method, StatusCode, header};
use lambda_http::{Body, Response};
use piste_adapters::app::Start;
use piste_adapters::http::{self, FieldError, PostProblem, Problem, Visit};
use piste_adapters::keys::Part;
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_adapters::webhook::{self, Signed, Unsigned};
use piste_adapters::{App, telemetry};
use piste_domain::campaign::mapping::{Heard, Mapping, Who};
use piste_domain::kit::ids::base32_26;
use piste_domain::kit::limits::BODY_BYTES_MAX;
use piste_domain::lead::Touch;
use piste_domain::lead::signal::ReportId;
use piste_domain::rules::form::Submission;
use piste_domain::rules::kept::{Kept, Post};
use piste_domain::rules::signals::{Report, Reported};
use piste_domain::{Campaign, Catalog, LeadId, Locale, WorkspaceId, input};
use serde_json::Value;

/// What it reads of the key ring; its role in `infra/template.yaml` may read no other part.
pub const KEYS: &[Part] = &[Part::Identity, Part::Sources];

/// How long an id stays bound to its body: twice the three days over which senders try again (R112).
const BOUND: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Why a message is refused. Each has one answer, in [`TriggerError::answer`].
enum TriggerError {
    /// No system of this name may report.
    UnknownSource,
    /// More than [`BODY_BYTES_MAX`], or no JSON by its type or by its content.
    Body(PostProblem),
    /// Its signature is wrong or too old.
    Unsigned,
    /// Some of its fields are wrong: all of those.
    Fields(Vec<FieldError>),
    /// Its id came with another body before.
    OtherBody,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for TriggerError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What became of a message that was taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// It has its effect, now or since the first time.
    Accepted,
    /// Its type means nothing here.
    Ignored,
    /// Nobody of that address or id is a lead here.
    UnknownLead,
}

/// Answers `/triggers/{source}`.
pub async fn handle(app: &App, visit: &Visit) -> Response<Body> {
    if visit.method() != Method::POST {
        return http::method_not_allowed("POST");
    }
    let source = visit.parts().get(1).copied().unwrap_or_default();
    match take(app, source, visit).await {
        Ok(taken) => {
            let status = match taken {
                Taken::Accepted => "accepted",
                Taken::Ignored => "ignored",
                Taken::UnknownLead => "unknown_lead",
            };
            http::json(StatusCode::ACCEPTED, &BTreeMap::from([("status", status)]))
        }
        Err(error) => error.answer(source),
    }
}

/// One message, two writes: its id, then the lead with the effect and the mark of the id.
async fn take(app: &App, source: &str, visit: &Visit) -> Result<Taken, TriggerError> {
    let body = visit.body();
    if body.len() > BODY_BYTES_MAX {
        return Err(TriggerError::Body(PostProblem::TooLarge));
    }
    let now = app.now();
    let (workspace, signed) = sender(app, source, visit, now).await?;
    let catalog = app.catalog().await?;
    let message = read(&catalog, &workspace, source, visit)?;
    let Some((campaign, heard)) = message else {
        telemetry::log("trigger_ignored", &[("source", telemetry::code(source))]);
        return Ok(Taken::Ignored);
    };

    let key = &app.ring().identity;
    let id = match &heard.who {
        Who::Email(email) => LeadId::of(key, &workspace, email),
        Who::Lead(id) => id.clone(),
    };
    let (kind, what) = reported(&heard, campaign, source)?;
    let own_id = heard.id.as_ref().unwrap_or(&signed.id);
    let report = Report {
        id: ReportId::of(key, &format!("{workspace}/{source}"), own_id),
        source: source.to_owned(),
        at: heard.at.unwrap_or(signed.at),
        what,
        cents: heard.cents,
    };
    // Only now: a sender may mend what was refused and send it under the same id.
    let row = base32_26(&key.mac(&["message", workspace.as_str(), source, &signed.id]));
    let text = String::from_utf8_lossy(body);
    let digest = base32_26(&key.mac(&["body", &text]));
    if !app.store.bind(&row, &digest, now, now + BOUND).await? {
        return Err(TriggerError::OtherBody);
    }
    let kept = |report: Report| Kept {
        at: now,
        workspace: workspace.clone(),
        post: Post::Report(report),
    };
    let start = match (&heard.who, &report.what) {
        (Who::Email(_), Reported::Lead(..)) => Start::New,
        (Who::Email(_), _) => Start::Known,
        // An id is not derived from the workspace here: whose lead it is must be looked at.
        (Who::Lead(_), _) => match app.store.load(&id).await {
            Ok(Some(lead)) if lead.workspace == workspace => Start::Held(lead),
            Ok(_) => return Ok(Taken::UnknownLead),
            // Whose it is shows when it is folded in.
            Err(error) if error.kind == StoreErrorKind::Corrupt => {
                app.keep(&id, &kept(report), error).await?;
                return Ok(Taken::Accepted);
            }
            Err(error) => return Err(error.into()),
        },
    };
    let keep = |input::Signal(report), _: &Catalog| Some(kept(report));
    let applied = app.apply_or_keep(&id, start, input::Signal(report), keep).await?;
    let taken = match applied.answer {
        None => Taken::UnknownLead,
        Some(()) => Taken::Accepted,
    };
    telemetry::log(
        "triggered",
        &[
            ("source", telemetry::code(source)),
            ("kind", kind.into()),
            ("lead", (&id).into()),
            ("changed", if applied.changed { "yes" } else { "no" }.into()),
        ],
    );
    Ok(taken)
}

/// Whose message it is: the workspace whose secret of this source signed it.
async fn sender(app: &App, source: &str, visit: &Visit, now: Timestamp) -> Result<(WorkspaceId, Signed), TriggerError> {
    let ring = app.fresh_ring().await;
    let mut refused = None;
    for known in ring.sources(source) {
        match webhook::verify(&known.secrets, visit.headers(), visit.body(), now) {
            Ok(signed) => return Ok((known.workspace.clone(), signed)),
            Err(unsigned) => refused = Some(unsigned),
        }
    }
    let unsigned: Unsigned = refused.ok_or(TriggerError::UnknownSource)?;
    let log = [("source", telemetry::code(source)), ("code", unsigned.code().into())];
    telemetry::log("trigger_unsigned", &log);
    Err(TriggerError::Unsigned)
}

/// What the message says, by the source's mapping or in our own form; `None` when its type means nothing here.
fn read<'a>(
    catalog: &'a Catalog,
    workspace: &WorkspaceId,
    source: &str,
    visit: &Visit,
) -> Result<Option<(Option<&'a Campaign>, Heard)>, TriggerError> {
    let kind = visit.header(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(TriggerError::Body(PostProblem::UnsupportedType));
    }
    let body: Value = serde_json::from_slice(visit.body()).map_err(|_| TriggerError::Body(PostProblem::Malformed))?;
    if !body.is_object() {
        return Err(TriggerError::Body(PostProblem::Malformed));
    }
    let mapped = catalog.mapping(workspace, source);
    let heard = match mapped {
        Some((_, mapping)) => mapping.hear(&body),
        None => Mapping::native().hear(&body),
    };
    let error = |(field, fault): (String, piste_domain::campaign::mapping::Fault)| FieldError {
        field,
        code: fault.code,
        message: fault.message.to_owned(),
    };
    let heard = heard.map_err(|faults| TriggerError::Fields(faults.into_iter().map(error).collect()))?;
    Ok(heard.map(|heard| (mapped.map(|(campaign, _)| campaign), heard)))
}

/// What is reported, and its name in the log. Details of a person are held against the form like a post of theirs.
fn reported(
    heard: &Heard,
    campaign: Option<&Campaign>,
    source: &str,
) -> Result<(&'static str, Reported), TriggerError> {
    if let Some(kind) = heard.meaning.signal() {
        return Ok((kind.code(), Reported::Signal(kind, heard.about.clone())));
    }
    // Only a mapping can mean a lead, and it lies with a campaign.
    let campaign = campaign.ok_or(TriggerError::UnknownSource)?;
    let touch = Touch(BTreeMap::from([("source".to_owned(), source.to_owned())]));
    let submission = Submission::reported(campaign, &heard.answers, campaign.default_locale(), touch);
    let error = |problem: &piste_domain::FieldProblem| FieldError {
        field: problem.field.clone(),
        code: problem.kind.code(),
        message: problem.kind.message(Locale::En),
    };
    let refused = |problems: Vec<_>| TriggerError::Fields(problems.iter().map(error).collect());
    Ok((
        "lead",
        Reported::Lead(campaign.id.clone(), submission.map_err(refused)?),
    ))
}

impl TriggerError {
    /// The one table from what went wrong to the answer. Programs read it, and engineers: it is in English.
    fn answer(self, source: &str) -> Response<Body> {
        let new = |status, code, title: &str, detail: &str| Problem::new(status, code, title).detail(detail);
        let problem = match self {
            Self::UnknownSource => new(
                StatusCode::NOT_FOUND,
                "unknown_source",
                "There is no source of this name.",
                "Create its secret with `piste trigger-secret --source NAME`; the name is the last part of the address.",
            ),
            Self::Body(problem) => {
                let told = Problem::post(problem, Locale::En);
                match told.status() {
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => told.detail("application/json"),
                    _ => told,
                }
            }
            Self::Unsigned => new(
                StatusCode::UNAUTHORIZED,
                "unsigned",
                "The signature isn’t valid.",
                "Sign as Standard Webhooks does: webhook-id, webhook-timestamp (now, in seconds) and webhook-signature, v1 over id.timestamp.body.",
            ),
            Self::Fields(errors) => {
                telemetry::log("trigger_refused", &[("source", telemetry::code(source))]);
                let title = "Some fields need attention.";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "fields_refused", title).errors(errors)
            }
            Self::OtherBody => new(
                StatusCode::CONFLICT,
                "id_used",
                "This id was already used with another body.",
                "Give every message its own id; when you retry, send the same id and the same body.",
            ),
            Self::Store(error) => {
                telemetry::log("trigger_failed", &[("error", (&error).into())]);
                Problem::store(&error, Locale::En)
            }
        };
        problem.answer()
    }
}
