//! What other systems report becomes knowledge about a lead: `POST /triggers/{source}`.
//!
//! A message proves itself in its source's own way, is read by the source's mapping, bound to its id, and decided on in the
//! one write of the lead. Whatever is told twice has one effect and the same answer. A message may hold a list of events:
//! each is taken for itself.

mod answer;
mod crm;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use lambda_http::http::{Method, StatusCode, header};
use lambda_http::{Body, Response};
use piste_adapters::app::Start;
use piste_adapters::early::Early;
use piste_adapters::http::{self, FieldError, PostProblem, Problem, Visit};
use piste_adapters::keys::Part;
use piste_adapters::proof::{Asked, How, Proved};
use piste_adapters::store::{StoreError, StoreErrorKind};
use piste_adapters::webhook::Unsigned;
use piste_adapters::{App, telemetry};
use piste_domain::campaign::mapping::{Fault, Heard, Mapping, Meaning, Who};
use piste_domain::kit::ids::base32_26;
use piste_domain::kit::limits::BODY_BYTES_MAX;
use piste_domain::lead::Touch;
use piste_domain::lead::signal::ReportId;
use piste_domain::rules::form::Submission;
use piste_domain::rules::kept::{Kept, Post};
use piste_domain::rules::signals::{Report, Reported};
use piste_domain::{Campaign, Catalog, LeadId, Locale, WorkspaceId, input};
use serde_json::Value;

use answer::{Answer, EventAnswer, UnreadField};

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
    /// Its proof is wrong or too old.
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

/// What became of an event that was taken; the first is told of several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taken {
    /// It has its effect, now or since the first time.
    Accepted,
    /// Nobody has this address yet: it waits for them.
    Kept,
    /// Nobody of that address or id is a lead here, and nothing is kept.
    UnknownLead,
    /// Its type means nothing here.
    Ignored,
}

/// Answers `/triggers/{source}`.
pub async fn handle(app: &App, visit: &Visit) -> Response<Body> {
    let source = visit.parts().get(1).copied().unwrap_or_default();
    let answered = match *visit.method() {
        Method::POST => take(app, source, visit).await.map(|answer| answer.tell()),
        Method::GET => challenge(app, source, visit).await,
        _ => Ok(http::method_not_allowed("POST")),
    };
    answered.unwrap_or_else(|error| error.answer(source))
}

/// Meta asks by GET whether the address is ours, before it sends anything there. Nothing else is shown by GET.
async fn challenge(app: &App, source: &str, visit: &Visit) -> Result<Response<Body>, TriggerError> {
    let catalog = app.catalog().await?;
    let ring = app.fresh_ring().await;
    let mut refused = None;
    for known in ring.sources(source) {
        let mapping = catalog.mapping(&known.workspace, source).map(|(_, mapping)| mapping);
        match How::of(mapping).challenge(known, |name| visit.query(name)) {
            Some(Ok(challenge)) => {
                let kind = "text/plain; charset=utf-8";
                return Ok(http::answer(StatusCode::OK, kind, challenge.to_owned()));
            }
            Some(Err(unsigned)) => refused = Some(unsigned),
            None => {}
        }
    }
    match refused {
        Some(unsigned) => Err(unproved(source, unsigned)),
        None => Ok(http::method_not_allowed("POST")),
    }
}

/// A message whose sender is known.
struct Message<'a> {
    source: &'a str,
    workspace: WorkspaceId,
    /// The campaign whose mapping reads it; none where it speaks our own form.
    campaign: Option<&'a Campaign>,
    proved: Proved,
    now: Timestamp,
}

/// One event of a message, read and checked.
struct Event {
    who: Who,
    /// What it says, in the order in which it is taken, each under an id of its own.
    reports: Vec<(&'static str, Report)>,
    /// Values of a reported lead that could not be read: they are kept as text.
    unread: Vec<UnreadField>,
}

/// One message: its id first, where a header names one, then each event.
async fn take(app: &App, source: &str, visit: &Visit) -> Result<Answer, TriggerError> {
    let body = visit.body();
    if body.len() > BODY_BYTES_MAX {
        return Err(TriggerError::Body(PostProblem::TooLarge));
    }
    let now = app.now();
    let catalog = app.catalog().await?;
    let (workspace, proved) = sender(app, &catalog, source, visit, now).await?;
    if let Some(destination) = crm::destination(&catalog, &workspace, source) {
        return crm::take(app, destination, &parse(visit)?, proved.at).await;
    }
    let mapped = catalog.mapping(&workspace, source);
    let message = Message {
        source,
        workspace,
        campaign: mapped.map(|(campaign, _)| campaign),
        proved,
        now,
    };
    let parsed = parse(visit)?;
    let native = Mapping::native();
    let mapping = mapped.map_or(&native, |(_, mapping)| mapping);
    let (events, is_list) = mapping.events(&parsed);
    if !is_list {
        let own = || message.proved.id.clone().unwrap_or_else(|| digest(app, body));
        let event = message.read(app, mapping, &parsed, &own)?;
        let Some(event) = event else {
            telemetry::log("trigger_ignored", &[("source", telemetry::code(source))]);
            return Ok(Answer::one(EventAnswer::of(Taken::Ignored)));
        };
        message.bind(app, body).await?;
        return Ok(Answer::one(message.take(app, event).await?));
    }
    if parsed.is_array() && !events.iter().any(|event| event.is_object()) {
        return Err(TriggerError::Body(PostProblem::Malformed));
    }
    let mut read = Vec::with_capacity(events.len());
    for (place, event) in events.iter().enumerate() {
        let own = || match &message.proved.id {
            Some(id) => format!("{id}/{place}"),
            None => digest(app, event.to_string().as_bytes()),
        };
        read.push(message.read(app, mapping, event, &own));
    }
    if read.iter().any(|event| matches!(event, Ok(Some(_)))) {
        message.bind(app, body).await?;
    }
    let mut answers = Vec::with_capacity(read.len());
    for event in read {
        answers.push(match event {
            Ok(Some(event)) => message.take(app, event).await?,
            Ok(None) => EventAnswer::of(Taken::Ignored),
            // One event that cannot be read is no reason to lose the others, nor to have them all sent again.
            Err(TriggerError::Fields(errors)) => {
                telemetry::log("trigger_refused", &[("source", telemetry::code(source))]);
                EventAnswer::refused(errors)
            }
            Err(error) => return Err(error),
        });
    }
    if answers.iter().all(EventAnswer::is_ignored) {
        telemetry::log("trigger_ignored", &[("source", telemetry::code(source))]);
    }
    Ok(Answer::list(answers))
}

/// A keyed hash of these bytes: it tells nothing of them, and names an event that nothing else names.
fn digest(app: &App, bytes: &[u8]) -> String {
    base32_26(&app.ring().identity.mac_bytes(&[b"body", bytes]))
}

/// The body as JSON: an object, or a list of events.
fn parse(visit: &Visit) -> Result<Value, TriggerError> {
    let kind = visit.header(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    if !is_json {
        return Err(TriggerError::Body(PostProblem::UnsupportedType));
    }
    let declared = visit.header(header::CONTENT_TYPE).unwrap_or_default();
    let body: Value = http::document(declared, visit.body()).map_err(TriggerError::Body)?;
    match body.is_object() || body.is_array() {
        true => Ok(body),
        false => Err(TriggerError::Body(PostProblem::Malformed)),
    }
}

/// Whose message it is: the workspace by whose secret of this source it proves itself.
async fn sender(
    app: &App,
    catalog: &Catalog,
    source: &str,
    visit: &Visit,
    now: Timestamp,
) -> Result<(WorkspaceId, Proved), TriggerError> {
    let query = visit.query_text().map(|query| format!("?{query}")).unwrap_or_default();
    let url = format!("{}/triggers/{source}{query}", app.settings.base_url);
    let asked = Asked {
        method: visit.method().as_str(),
        url: &url,
        headers: visit.headers(),
        body: visit.body(),
    };
    let ring = app.fresh_ring().await;
    let mut refused = None;
    for known in ring.sources(source) {
        let mapping = catalog.mapping(&known.workspace, source).map(|(_, mapping)| mapping);
        let ways = match crm::destination(catalog, &known.workspace, source) {
            Some(destination) => How::of_crm(destination.kind),
            None => vec![How::of(mapping)],
        };
        for way in ways {
            match way.verify(known, &asked, now) {
                Ok(proved) => return Ok((known.workspace.clone(), proved)),
                Err(unsigned) => refused = Some(unsigned),
            }
        }
    }
    Err(unproved(source, refused.ok_or(TriggerError::UnknownSource)?))
}

fn unproved(source: &str, unsigned: Unsigned) -> TriggerError {
    let log = [("source", telemetry::code(source)), ("code", unsigned.code().into())];
    telemetry::log("trigger_unsigned", &log);
    TriggerError::Unsigned
}

impl Message<'_> {
    /// What an event says, by the source's mapping or in our own form; `None` when its type means nothing here. `own` names
    /// it where the mapping does not.
    fn read(
        &self,
        app: &App,
        mapping: &Mapping,
        event: &Value,
        own: &dyn Fn() -> String,
    ) -> Result<Option<Event>, TriggerError> {
        let error = |(field, fault): (String, Fault)| FieldError::new(field, fault.code, fault.message);
        let heard = mapping.hear(event);
        let heard = heard.map_err(|faults| TriggerError::Fields(faults.into_iter().map(error).collect()))?;
        let Some(heard) = heard else {
            return Ok(None);
        };
        let own_id = heard.id.clone().unwrap_or_else(own);
        let key = &app.ring().identity;
        let scope = format!("{}/{}", self.workspace, self.source);
        let mut reports = Vec::with_capacity(heard.meanings.len());
        for (place, meaning) in heard.meanings.iter().enumerate() {
            let (kind, what) = self.reported(*meaning, &heard)?;
            let id = match place {
                0 => own_id.clone(),
                _ => format!("{own_id}#{kind}"),
            };
            let report = Report {
                id: ReportId::of(key, &scope, &id),
                source: self.source.to_owned(),
                at: heard.at.unwrap_or(self.proved.at),
                what,
                cents: heard.cents,
            };
            reports.push((kind, report));
        }
        let unread = reports.iter().flat_map(|(_, report)| unread(&report.what)).collect();
        Ok(Some(Event {
            who: heard.who,
            reports,
            unread,
        }))
    }

    /// What is reported, and its name in the log. Details of a person are held against the form like a post of theirs.
    fn reported(&self, meaning: Meaning, heard: &Heard) -> Result<(&'static str, Reported), TriggerError> {
        if let Some(kind) = meaning.signal() {
            return Ok((kind.code(), Reported::Signal(kind, heard.about.clone())));
        }
        // Only a mapping can mean a lead, and it lies with a campaign.
        let campaign = self.campaign.ok_or(TriggerError::UnknownSource)?;
        let touch = Touch(BTreeMap::from([("source".to_owned(), self.source.to_owned())]));
        let submission = Submission::reported(campaign, &heard.answers, campaign.default_locale(), touch);
        let error = |problem: &piste_domain::FieldProblem| FieldError::told(problem, Locale::En);
        let refused = |problems: Vec<_>| TriggerError::Fields(problems.iter().map(error).collect());
        Ok((
            "lead",
            Reported::Lead(campaign.id.clone(), submission.map_err(refused)?),
        ))
    }

    /// Binds the message's id to its body, where a header names one: by the hash of its bytes it is its body's anyway. Only
    /// once it was read: a sender may mend what was refused and send it under the same id.
    async fn bind(&self, app: &App, body: &[u8]) -> Result<(), TriggerError> {
        let Some(id) = &self.proved.id else {
            return Ok(());
        };
        let mac = app
            .ring()
            .identity
            .mac(&["message", self.workspace.as_str(), self.source, id]);
        let (row, digest) = (base32_26(&mac), digest(app, body));
        match app.store.bind(&row, &digest, self.now, self.now + BOUND).await? {
            true => Ok(()),
            false => Err(TriggerError::OtherBody),
        }
    }

    /// Takes one event: each of its reports in the one write of the lead.
    async fn take(&self, app: &App, event: Event) -> Result<EventAnswer, TriggerError> {
        let id = match &event.who {
            Who::Email(email) => LeadId::of(&app.ring().identity, &self.workspace, email),
            Who::Lead(id) => id.clone(),
        };
        let mut taken = Taken::Ignored;
        for (kind, report) in event.reports {
            let one = self.apply(app, &id, &event.who, report).await?;
            telemetry::log(
                "triggered",
                &[
                    ("source", telemetry::code(self.source)),
                    ("kind", kind.into()),
                    ("lead", (&id).into()),
                    ("changed", if one.1 { "yes" } else { "no" }.into()),
                ],
            );
            taken = taken.min(one.0);
        }
        Ok(EventAnswer::of(taken).with_unread(event.unread))
    }

    /// Applies one report; whether that changed the lead.
    async fn apply(&self, app: &App, id: &LeadId, who: &Who, report: Report) -> Result<(Taken, bool), TriggerError> {
        let kept = |report: Report| Kept {
            at: self.now,
            typed_at: None,
            workspace: self.workspace.clone(),
            post: Post::Report(report),
        };
        let start = match (who, &report.what) {
            (Who::Email(_), Reported::Lead(..)) => Start::New,
            (Who::Email(_), _) => Start::Known,
            // An id is not derived from the workspace here: whose lead it is must be looked at.
            (Who::Lead(_), _) => match app.store.load(id).await {
                Ok(Some(lead)) if lead.workspace == self.workspace => Start::Held(lead),
                Ok(_) => return Ok((Taken::UnknownLead, false)),
                // Whose it is shows when it is folded in.
                Err(error) if error.kind == StoreErrorKind::Corrupt => {
                    app.keep(id, &kept(report), error).await?;
                    return Ok((Taken::Accepted, true));
                }
                Err(error) => return Err(error.into()),
            },
        };
        let may_wait = matches!((who, &report.what), (Who::Email(_), Reported::Signal(..)));
        let waits = may_wait.then(|| report.clone());
        let keep = |input::Signal(report), _: &Catalog| Some(kept(report));
        let applied = app.apply_or_keep(id, start, input::Signal(report), keep).await?;
        match (applied.answer, waits) {
            (Some(()), _) => Ok((Taken::Accepted, applied.changed)),
            (None, Some(report)) => Ok(match app.keep_early(id, report).await? {
                Early::Kept => (Taken::Kept, true),
                Early::Taken => (Taken::Accepted, true),
                Early::Forgotten => (Taken::UnknownLead, false),
            }),
            (None, None) => Ok((Taken::UnknownLead, applied.changed)),
        }
    }
}

/// The values of a reported lead that could not be read.
fn unread(what: &Reported) -> Vec<UnreadField> {
    let Reported::Lead(_, submission) = what else {
        return Vec::new();
    };
    let unread = submission.unread.iter();
    unread.map(|one| UnreadField::new(&one.field, &one.code)).collect()
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
                "Sign as Standard Webhooks does (webhook-id, webhook-timestamp in seconds, webhook-signature: v1 over id.timestamp.body), or as the mapping's `proof` says.",
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
