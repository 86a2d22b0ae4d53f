//! The operator API: its one table of routes, from which dispatch and the description follow, and what each route does.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::pin::Pin;

use jiff::{SignedDuration, Timestamp};
use lambda_http::http::header::{self, HeaderValue};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use piste_adapters::http::{self, Visit};
use piste_adapters::store::stored_bytes;
use piste_adapters::users::Role;
use piste_adapters::{App, telemetry};
use piste_domain::lead::erasure::Certificate;
use piste_domain::rules::rights_log::RightsEntry;
use piste_domain::views::export::Export;
use piste_domain::{Lead, LeadId, Locale};
use piste_operations::destinations::{DeliveriesView, DestinationsView};
use piste_operations::import::{Imported, Undone};
use piste_operations::mailings::{DryRun, MailingView, MailingsView};
use piste_operations::mails::MailsView;
use piste_operations::preview::PreviewView;
use piste_operations::report::{Ask, Report};
use piste_operations::retention::Forecast;
use piste_operations::sending::SendingView;
use piste_operations::users::{MadeUser, Me, UsersView};
use piste_operations::{
    MONTHS_BACK, destinations, import, leads, mailings, mails, preview, qualify, quarantine, report, retention, rights,
    sending, users,
};
use serde::Serialize;

use crate::bodies::{
    Answered, AssignTo, Attempted, KeepUntil, Lift, MoveTo, NewLead, NewUser, NoteText, Reason, Recipients, Takes as _,
    TestMail,
};
#[cfg(feature = "describe")]
use crate::describe;
use crate::quarantine::{DiscardedPost, Quarantine, ReleasedPost};
use crate::query::{self, Parameter, Query};
use crate::routing::{Found, Route, find, other_method};
use crate::table::{self, Table};
use crate::views::{self, LeadView, ListView, PlanView};
use crate::{ConsoleError, Session, auth};

/// The description of the API, written by `tests/house/api.rs` from the table below.
pub const OPENAPI: &str = include_str!("openapi.json");

/// How long before the function is stopped a long piece of work ends by itself: time for a page of it, and for the answer.
pub const RESERVE: SignedDuration = SignedDuration::from_secs(10);

/// What a route of the API takes, does and answers.
pub struct Operation {
    /// What it does, in one line.
    #[cfg_attr(not(feature = "describe"), expect(dead_code, reason = "for the description"))]
    pub summary: &'static str,
    /// Who may call it, and what handles the call.
    pub access: Access,
    /// Its own parameters, beside [`query::LANG`].
    pub query: &'static [Parameter],
    /// Refusals beyond those of every route of its kind: status and codes.
    #[cfg_attr(not(feature = "describe"), expect(dead_code, reason = "for the description"))]
    pub refusals: &'static [(u16, &'static str)],
    /// The shapes of what it takes and answers.
    #[cfg(feature = "describe")]
    pub shapes: describe::Shapes,
}

/// Who may call a route, and what handles the call.
pub enum Access {
    /// Anybody.
    Open(fn() -> Response<Body>),
    /// Users of at least the role `read`.
    Read(Handler),
    /// Of at least the role `sales`.
    Sales(Handler),
    /// Of at least the role `write`.
    Write(Handler),
    /// Of the role `admin`.
    Admin(Handler),
    /// Of the role `admin`, in the workspace `main`.
    Main(Handler),
}

impl Access {
    /// The role that it takes; `None` where anybody may call it.
    pub fn needs(&self) -> Option<Role> {
        match self {
            Self::Open(_) => None,
            Self::Read(_) => Some(Role::Read),
            Self::Sales(_) => Some(Role::Sales),
            Self::Write(_) => Some(Role::Write),
            Self::Admin(_) | Self::Main(_) => Some(Role::Admin),
        }
    }
}

/// Answers a call.
pub type Handler =
    for<'a> fn(Call<'a>) -> Pin<Box<dyn Future<Output = Result<Response<Body>, ConsoleError>> + Send + 'a>>;

/// A call of a user, its query checked.
pub struct Call<'a> {
    /// Who asks.
    pub session: Session<'a>,
    /// What the path's `{id}`, or the first name in braces, stands for, as it came.
    pub id: &'a str,
    /// What the second stands for.
    pub second: &'a str,
    /// The parameters.
    pub query: Query,
    body: &'a [u8],
    /// Whether an assistant asks, by its own word (`piste mcp`).
    assistant: bool,
    /// When to stop work that can be gone on with; `None` where nothing ends a call.
    until: Option<Timestamp>,
}

/// What a route answers.
pub trait Answers {
    /// The answer, 200.
    fn response(self) -> Response<Body>;
}

impl<T: Serialize> Answers for T {
    fn response(self) -> Response<Body> {
        http::json(StatusCode::OK, &self)
    }
}

/// Something that was made: 201.
pub struct Created<T>(pub T);

impl<T: Serialize> Answers for Created<T> {
    fn response(self) -> Response<Body> {
        http::json(StatusCode::CREATED, &self.0)
    }
}

/// Something that will be done: 202.
pub struct Taken<T>(pub T);

impl<T: Serialize> Answers for Taken<T> {
    fn response(self) -> Response<Body> {
        http::json(StatusCode::ACCEPTED, &self.0)
    }
}

/// JSON to take away as a file of this name.
pub struct Attachment<T>(pub String, pub T);

impl<T: Serialize> Answers for Attachment<T> {
    fn response(self) -> Response<Body> {
        attached(self.1.response(), &self.0)
    }
}

/// Makes a browser save the answer under this name.
pub fn attached(mut response: Response<Body>, name: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// A row of the table: what its handler takes and returns is what is described.
macro_rules! route {
    ($method:ident $path:literal, $summary:literal, $query:expr,
     $access:ident($handler:path $(, $body:ty)?) -> $answer:ty, refuses $refusals:expr) => {
        Route {
            method: Method::$method,
            path: $path,
            does: Operation {
                summary: $summary,
                access: Access::$access(|call| Box::pin(async move {
                    let answer: $answer = $handler(&call $(, <$body>::read(call.body)?)?).await?;
                    Ok(answer.response())
                })),
                query: $query,
                refusals: &$refusals,
                #[cfg(feature = "describe")]
                shapes: describe::Shapes::of::<$answer>()$(.takes::<$body>())?,
            },
        }
    };
}

/// Every route of the API, below `/api`.
pub static API: [Route<Operation>; 44] = [
    Route {
        method: Method::GET,
        path: "/openapi.json",
        does: Operation {
            summary: "This description.",
            access: Access::Open(|| http::answer(StatusCode::OK, "application/json", OPENAPI.to_owned())),
            query: &[],
            refusals: &[],
            #[cfg(feature = "describe")]
            shapes: describe::Shapes::of::<serde_json::Value>(),
        },
    },
    route!(GET "/leads", "Leads, newest first or as sorted; `total` counts all pages, where that is not too many to count.", &query::LEADS,
        Read(list) -> ListView, refuses []),
    route!(GET "/leads.csv", "Leads as a table. Beyond 10,000 leads or five megabytes the `Link` header leads to the next part, which is a whole table too.", &query::TABLE,
        Read(table) -> Table, refuses []),
    route!(POST "/leads", "Adds a lead. The person is mailed nothing; what they said counts as their own word.", &[],
        Write(add, NewLead) -> LeadView, refuses [(409, "opted_out, erased")]),
    Route {
        method: Method::POST,
        path: "/leads/import",
        does: Operation {
            summary: "Imports a list of leads (CSV). It fills gaps, emails nobody and alerts nobody.",
            access: Access::Write(|call| Box::pin(async move { Ok(import_list(&call).await?.response()) })),
            query: &query::IMPORT,
            refusals: &[],
            #[cfg(feature = "describe")]
            shapes: describe::Shapes::of::<Imported>().takes_csv(),
        },
    },
    route!(DELETE "/imports/{import}", "Undoes an import, within seven days. What people did since stays.", &[],
        Write(undo_import) -> Undone, refuses [(409, "undo_over")]),
    route!(GET "/leads/{id}", "Everything known about a lead.", &[],
        Read(lead) -> LeadView, refuses []),
    route!(PATCH "/leads/{id}", "Notes what the person answered: it counts as their own word.", &[],
        Sales(correct, Answered) -> LeadView, refuses []),
    route!(DELETE "/leads/{id}", "Erases a person. Only the keyed id and a suppression stay; asked again, it answers the same.", &[],
        Write(erase) -> Certificate, refuses []),
    route!(GET "/leads/{id}/export", "Everything held about a person, as a file. Who took it is logged.", &[],
        Read(export) -> Attachment<Export>, refuses []),
    route!(GET "/leads/{id}/audit", "Who touched a person's rights, and when; also of an erased person.", &[],
        Read(request_log) -> RequestLog, refuses []),
    route!(GET "/leads/{id}/plan", "Every future email to a lead, if nothing changes.", &[],
        Read(plan) -> PlanView, refuses []),
    route!(POST "/leads/{id}/stage", "Moves a lead to another stage.", &[],
        Sales(move_stage, MoveTo) -> LeadView, refuses [(409, "no_such_move")]),
    route!(POST "/leads/{id}/attempts", "Logs a call with a lead, with or without a case.", &[],
        Sales(log_attempt, Attempted) -> LeadView, refuses [(409, "no_task, no_more_snoozes, no_such_move")]),
    route!(POST "/leads/{id}/notes", "Writes a note.", &[],
        Sales(note, NoteText) -> LeadView, refuses []),
    route!(POST "/leads/{id}/assign", "Gives a lead, and its open case, to an owner, who is told at once.", &[],
        Sales(assign, AssignTo) -> LeadView, refuses []),
    route!(POST "/leads/{id}/keep", "Keeps a person until a day, whatever the campaigns say about retention.", &[],
        Write(keep, KeepUntil) -> LeadView, refuses []),
    route!(POST "/leads/{id}/lift", "Lifts a bounce or a complaint. Only the person can undo an unsubscribe.", &[],
        Write(lift, Lift) -> LeadView, refuses [(409, "nothing_to_lift")]),
    route!(GET "/quarantine", "Posts that look like spam, newest first, with what speaks against each. They are kept for 30 days.", &query::QUARANTINE,
        Read(quarantined) -> Quarantine, refuses []),
    route!(POST "/quarantine/{id}/release", "Puts a held post through everything, as if it had just been posted.", &[],
        Write(release_post) -> ReleasedPost, refuses [(409, "being_released")]),
    route!(DELETE "/quarantine/{id}", "Discards a held post.", &[],
        Write(discard_post) -> DiscardedPost, refuses [(409, "being_released")]),
    route!(GET "/destinations", "Where leads are sent on to: how each destination is, what waits and what was set aside.", &[],
        Read(destinations_now) -> DestinationsView, refuses []),
    route!(POST "/destinations/{name}/pause", "Pauses a destination. What is due waits.", &[],
        Write(pause_destination) -> DestinationsView, refuses []),
    route!(POST "/destinations/{name}/resume", "Resumes a destination, whatever stopped it. What waits goes at once.", &[],
        Write(resume_destination) -> DestinationsView, refuses []),
    route!(POST "/destinations/{name}/replay", "Takes up every delivery of a destination that was set aside.", &[],
        Write(replay_destination) -> Replayed, refuses []),
    route!(GET "/deliveries", "What other systems are told: the deliveries that wait first, then those set aside, then those that have ended.", &query::DELIVERIES,
        Read(deliveries_of) -> DeliveriesView, refuses [(404, "not_found")]),
    route!(POST "/deliveries/{id}/replay", "Takes up one delivery again.", &[],
        Write(replay_delivery) -> Replayed, refuses []),
    route!(GET "/campaigns/{campaign}/mails", "The emails of a campaign, and what became of each.", &[],
        Read(mails_of) -> MailsView, refuses []),
    route!(GET "/campaigns/{campaign}/mails/{step}/preview", "An email as a lead, or a sample person, would read it. Its links do nothing.", &query::PREVIEW,
        Read(preview_mail) -> PreviewView, refuses []),
    route!(POST "/campaigns/{campaign}/mails/{step}/test", "Sends an email to somebody whom the campaign's file names, within a minute. It counts nowhere.", &[],
        Write(test_mail, TestMail) -> Taken<Accepted>, refuses []),
    route!(GET "/mailings", "One-off mailings, and how far each is.", &[],
        Read(mailings_now) -> MailingsView, refuses []),
    route!(POST "/mailings/{campaign}/{mailing}/dry-run", "Counts who would get a mailing now, and why the others would not. Changes nothing.", &[],
        Write(dry_run) -> DryRun, refuses []),
    route!(POST "/mailings/{campaign}/{mailing}/approve", "Approves a mailing for as many as a dry run of this moment counts. It leaves at its moment.", &[],
        Write(approve, Recipients) -> MailingView, refuses [(409, "recipients_changed, already_approved")]),
    route!(POST "/mailings/{campaign}/{mailing}/pause", "What has not left of a mailing waits.", &[],
        Write(pause_mailing) -> MailingView, refuses [(409, "not_approved")]),
    route!(POST "/mailings/{campaign}/{mailing}/resume", "What waits of a paused mailing goes on.", &[],
        Write(resume_mailing) -> MailingView, refuses [(409, "not_approved")]),
    route!(GET "/report", "The funnel with rates, 95% intervals, times, costs and benchmarks.", &query::REPORT,
        Read(report_on) -> Report, refuses [(404, "not_found")]),
    route!(GET "/retention", "Who will be erased, and when, if nothing more is heard from them: a page, from those who came last on. An answer looks at up to 1,000 leads, and may name nobody.", &query::RETENTION,
        Read(forecast) -> Forecast, refuses []),
    route!(GET "/sending", "Whether sending is on, paused or held, and why.", &[],
        Read(sending_now) -> SendingView, refuses []),
    route!(POST "/sending/hold", "Holds all sending. While it is held, the first reason stays.", &[],
        Main(hold, Reason) -> SendingView, refuses []),
    route!(GET "/me", "Who asks: the name, the role and the end of the key.", &[],
        Read(me) -> Me, refuses []),
    route!(GET "/users", "Who may use this API and the console.", &[],
        Admin(users_now) -> UsersView, refuses []),
    route!(POST "/users", "Adds a user. The key is in this answer and nowhere else; without `expires_at` it is good for 90 days.", &[],
        Admin(add_user, NewUser) -> Created<MadeUser>, refuses [(409, "name_taken")]),
    route!(DELETE "/users/{name}", "Removes a user: the key stops working within a minute, and its sessions end.", &[],
        Admin(remove_user) -> UsersView, refuses [(409, "last_admin")]),
    route!(POST "/sending/release", "Releases sending after a hold, a restore or an automatic pause.", &[],
        Main(release, Reason) -> SendingView, refuses []),
];

/// Answers everything below `/api`; `path` comes without slashes at its ends.
pub async fn handle(app: &App, visit: &Visit, path: &str) -> Result<Response<Body>, ConsoleError> {
    let found = find(&API, visit.method(), path);
    let asked = visit.pairs();
    match &found {
        Found::Methods(allowed) if *visit.method() == Method::OPTIONS || is_open(path) => {
            return Ok(other_method(visit.method(), allowed));
        }
        Found::Route(operation, _) => {
            if let Access::Open(answer) = operation.access {
                Query::read(asked, operation.query.iter(), true)?;
                return Ok(answer());
            }
        }
        _ => {}
    }
    // Deny by default (R108): nothing below is reached without a user.
    let user = auth::bearer(app, visit).await?;
    let (operation, [id, second]) = match found {
        Found::Route(operation, parts) => (operation, parts),
        Found::Methods(allowed) => return Ok(other_method(visit.method(), &allowed)),
        Found::Nothing => return Err(ConsoleError::NotFound),
    };
    if let Some(needs) = operation.access.needs().filter(|needs| user.role < *needs) {
        return Err(ConsoleError::NotAllowed(user.role, needs));
    }
    let query = Query::read(asked, operation.query.iter().chain([&query::LANG]), true)?;
    let session = Session::new(app, &user, visit.locale()).await?;
    let handler = match operation.access {
        Access::Main(_) if !sending::decides(&session) => return Err(ConsoleError::NotMain),
        Access::Read(handler)
        | Access::Sales(handler)
        | Access::Write(handler)
        | Access::Admin(handler)
        | Access::Main(handler) => handler,
        Access::Open(answer) => return Ok(answer()),
    };
    let assistant = visit.user_agent().starts_with(ASSISTANT);
    let answer = handler(Call {
        session,
        id,
        second,
        query,
        body: visit.body(),
        assistant,
        until: visit.deadline().map(|end| end - RESERVE),
    })
    .await?;
    if assistant {
        let route = API.iter().find(|route| std::ptr::eq(&route.does, operation));
        let what = route.map_or("", |route| route.path);
        telemetry::log("assistant_asked", &[("what", what.into())]);
    }
    Ok(answer)
}

/// How `piste mcp` calls itself in `User-Agent`. Whoever holds the key could leave it out, and would read no more by that: it
/// is there so that what an assistant reads is written down as such.
const ASSISTANT: &str = "piste-mcp/";

impl Call<'_> {
    /// Writes down that these leads are shown, if an assistant asks; nothing is shown if that fails.
    async fn shows(&self, leads: impl Iterator<Item = &LeadId>) -> Result<(), ConsoleError> {
        if self.assistant {
            let leads: BTreeSet<LeadId> = leads.cloned().collect();
            rights::note_read(&self.session, &leads, &self.session.me.name).await?;
        }
        Ok(())
    }
}

fn is_open(path: &str) -> bool {
    let mut routes = API.iter().filter(|route| route.path.trim_start_matches('/') == path);
    routes.any(|route| matches!(route.does.access, Access::Open(_)))
}

async fn list(call: &Call<'_>) -> Result<ListView, ConsoleError> {
    let filter = call.query.filter(&call.session)?;
    let found = leads::list(&call.session, &filter).await?;
    call.shows(found.leads.iter().map(|lead| &lead.id)).await?;
    Ok(views::list(&call.session, &found, filter.campaign.as_ref()))
}

async fn table(call: &Call<'_>) -> Result<Table, ConsoleError> {
    table::write(&call.session, &call.query, "/api/leads.csv").await
}

async fn lead(call: &Call<'_>) -> Result<LeadView, ConsoleError> {
    let lead = call.session.lead(call.id).await?;
    call.shows(std::iter::once(&lead.id)).await?;
    shown(call, &lead).await
}

/// A lead with everything that left its item, and the size of the item itself.
async fn shown(call: &Call<'_>, lead: &Lead) -> Result<LeadView, ConsoleError> {
    let whole = call.session.app.whole(lead).await?;
    Ok(LeadView {
        item_bytes: stored_bytes(lead)?,
        ..views::lead(&call.session, &whole)
    })
}

async fn plan(call: &Call<'_>) -> Result<PlanView, ConsoleError> {
    let lead = call.session.lead(call.id).await?;
    call.shows(std::iter::once(&lead.id)).await?;
    Ok(views::plan(&call.session, &lead).await?)
}

async fn move_stage(call: &Call<'_>, to: MoveTo) -> Result<LeadView, ConsoleError> {
    let lead = qualify::move_stage(&call.session, call.id, to.wanted()).await?;
    shown(call, &lead).await
}

async fn log_attempt(call: &Call<'_>, attempt: Attempted) -> Result<LeadView, ConsoleError> {
    let lead = qualify::log_attempt(&call.session, call.id, attempt.tried()).await?;
    shown(call, &lead).await
}

async fn add(call: &Call<'_>, new: NewLead) -> Result<LeadView, ConsoleError> {
    let lead = qualify::add(&call.session, new.entry()).await?;
    shown(call, &lead).await
}

async fn correct(call: &Call<'_>, said: Answered) -> Result<LeadView, ConsoleError> {
    let lead = qualify::correct(&call.session, call.id, &said.answers, &said.reason).await?;
    shown(call, &lead).await
}

async fn note(call: &Call<'_>, note: NoteText) -> Result<LeadView, ConsoleError> {
    let lead = qualify::add_note(&call.session, call.id, &note.text).await?;
    shown(call, &lead).await
}

async fn assign(call: &Call<'_>, to: AssignTo) -> Result<LeadView, ConsoleError> {
    let lead = qualify::assign(&call.session, call.id, &to.owner).await?;
    shown(call, &lead).await
}

async fn keep(call: &Call<'_>, keep: KeepUntil) -> Result<LeadView, ConsoleError> {
    let lead = qualify::keep(&call.session, call.id, &keep.until, &keep.reason).await?;
    shown(call, &lead).await
}

async fn lift(call: &Call<'_>, lift: Lift) -> Result<LeadView, ConsoleError> {
    let lead = rights::lift(&call.session, call.id, &lift.reason).await?;
    shown(call, &lead).await
}

async fn erase(call: &Call<'_>) -> Result<Certificate, ConsoleError> {
    Ok(rights::erase(&call.session, call.id).await?)
}

async fn export(call: &Call<'_>) -> Result<Attachment<Export>, ConsoleError> {
    let export = rights::export(&call.session, call.id).await?;
    Ok(Attachment(format!("lead-{}.json", call.id), export))
}

/// The request log of one person.
#[derive(Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct RequestLog {
    audit: Vec<RightsEntry>,
}

async fn request_log(call: &Call<'_>) -> Result<RequestLog, ConsoleError> {
    let audit = rights::request_log(&call.session, call.id).await?;
    Ok(RequestLog { audit })
}

async fn quarantined(call: &Call<'_>) -> Result<Quarantine, ConsoleError> {
    crate::quarantine::list(&call.session, &call.query).await
}

async fn release_post(call: &Call<'_>) -> Result<ReleasedPost, ConsoleError> {
    let lead = quarantine::release(&call.session, call.id).await?;
    Ok(ReleasedPost { lead })
}

async fn discard_post(call: &Call<'_>) -> Result<DiscardedPost, ConsoleError> {
    quarantine::discard(&call.session, call.id).await?;
    Ok(DiscardedPost { id: call.id.to_owned() })
}

/// How many deliveries were taken up again.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Replayed {
    /// The number.
    pub replayed: usize,
}

async fn destinations_now(call: &Call<'_>) -> Result<DestinationsView, ConsoleError> {
    Ok(destinations::list(&call.session).await?)
}

async fn pause_destination(call: &Call<'_>) -> Result<DestinationsView, ConsoleError> {
    destinations::pause(&call.session, call.id).await?;
    destinations_now(call).await
}

async fn resume_destination(call: &Call<'_>) -> Result<DestinationsView, ConsoleError> {
    destinations::resume(&call.session, call.id).await?;
    destinations_now(call).await
}

async fn replay_destination(call: &Call<'_>) -> Result<Replayed, ConsoleError> {
    let replayed = destinations::replay(&call.session, call.id).await?;
    Ok(Replayed { replayed })
}

async fn deliveries_of(call: &Call<'_>) -> Result<DeliveriesView, ConsoleError> {
    let view = crate::destinations::deliveries(&call.session, &call.query).await?;
    call.shows(view.deliveries.iter().map(|delivery| &delivery.lead))
        .await?;
    Ok(view)
}

async fn replay_delivery(call: &Call<'_>) -> Result<Replayed, ConsoleError> {
    destinations::replay_one(&call.session, call.id).await?;
    Ok(Replayed { replayed: 1 })
}

async fn mails_of(call: &Call<'_>) -> Result<MailsView, ConsoleError> {
    Ok(mails::list(&call.session, call.id).await?)
}

/// What is on its way.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Accepted {
    /// Always `accepted`.
    pub status: &'static str,
}

async fn preview_mail(call: &Call<'_>) -> Result<PreviewView, ConsoleError> {
    let locale = call.query.get("lang").and_then(Locale::from_code);
    let lead = call.query.get("lead");
    Ok(preview::view(&call.session, call.id, call.second, lead, locale).await?)
}

async fn test_mail(call: &Call<'_>, test: TestMail) -> Result<Taken<Accepted>, ConsoleError> {
    mails::test(&call.session, call.id, call.second, test.wanted()).await?;
    Ok(Taken(Accepted { status: "accepted" }))
}

async fn mailings_now(call: &Call<'_>) -> Result<MailingsView, ConsoleError> {
    Ok(mailings::list(&call.session).await?)
}

async fn dry_run(call: &Call<'_>) -> Result<DryRun, ConsoleError> {
    Ok(mailings::dry_run(&call.session, call.id, call.second).await?)
}

async fn approve(call: &Call<'_>, of: Recipients) -> Result<MailingView, ConsoleError> {
    Ok(mailings::approve(&call.session, call.id, call.second, of.recipients).await?)
}

async fn pause_mailing(call: &Call<'_>) -> Result<MailingView, ConsoleError> {
    Ok(mailings::pause(&call.session, call.id, call.second, true).await?)
}

async fn resume_mailing(call: &Call<'_>) -> Result<MailingView, ConsoleError> {
    Ok(mailings::pause(&call.session, call.id, call.second, false).await?)
}

async fn report_on(call: &Call<'_>) -> Result<Report, ConsoleError> {
    let ask = Ask::read(|name| call.query.get(name).map(str::to_owned))?;
    Ok(report::report(&call.session, &ask).await?)
}

async fn forecast(call: &Call<'_>) -> Result<Forecast, ConsoleError> {
    let forecast = forecast_of(&call.session, &call.query).await?;
    call.shows(forecast.leads.iter().map(|row| &row.lead)).await?;
    Ok(forecast)
}

/// The page of the retention forecast that a query asks for.
pub async fn forecast_of(session: &Session<'_>, query: &Query) -> Result<Forecast, ConsoleError> {
    let days = query.get("days").and_then(|days| days.parse().ok());
    let days = days.unwrap_or(retention::DAYS_DEFAULT);
    Ok(retention::page(session, days, query.get("cursor")).await?)
}

async fn sending_now(call: &Call<'_>) -> Result<SendingView, ConsoleError> {
    Ok(sending::view(&call.session, MONTHS_BACK).await?)
}

async fn hold(call: &Call<'_>, why: Reason) -> Result<SendingView, ConsoleError> {
    sending::hold(&call.session, &why.reason).await?;
    sending_now(call).await
}

async fn release(call: &Call<'_>, why: Reason) -> Result<SendingView, ConsoleError> {
    sending::release(&call.session, &why.reason).await?;
    sending_now(call).await
}

async fn me(call: &Call<'_>) -> Result<Me, ConsoleError> {
    Ok(call.session.me.clone())
}

async fn users_now(call: &Call<'_>) -> Result<UsersView, ConsoleError> {
    Ok(users::list(&call.session).await?)
}

async fn add_user(call: &Call<'_>, new: NewUser) -> Result<Created<MadeUser>, ConsoleError> {
    Ok(Created(users::add(&call.session, new.wanted()).await?))
}

async fn remove_user(call: &Call<'_>) -> Result<UsersView, ConsoleError> {
    users::remove(&call.session, &decoded(call.id)).await?;
    users_now(call).await
}

async fn import_list(call: &Call<'_>) -> Result<Imported, ConsoleError> {
    let ask = import::Ask {
        campaign: call.query.get("campaign").unwrap_or_default(),
        columns: call.query.get("columns").unwrap_or_default(),
        dry_run: call.query.get("dry_run") == Some("true"),
        from: call
            .query
            .get("from")
            .and_then(|line| line.parse().ok())
            .unwrap_or_default(),
        until: call.until,
        locale: call.session.locale,
    };
    Ok(import::import(&call.session, &ask, Cursor::new(call.body), &mut |_| {}).await?)
}

async fn undo_import(call: &Call<'_>) -> Result<Undone, ConsoleError> {
    Ok(import::undo(&call.session, call.id, call.until).await?)
}

/// A part of a path without its percent signs.
pub fn decoded(part: &str) -> String {
    // Only in a query is a plus sign a space.
    let pair = format!("={}", part.replace('+', "%2B"));
    let mut pairs = form_urlencoded::parse(pair.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R108: of the API its description alone is open, and nobody changes anything with the role `read`.
    #[test]
    fn r108_only_the_description_is_open_to_everybody() {
        let open = API.iter().filter(|route| route.does.access.needs().is_none());
        assert_eq!(open.map(|route| route.path).collect::<Vec<_>>(), ["/openapi.json"]);
        let changes = |route: &&Route<Operation>| route.method != Method::GET;
        for route in API.iter().filter(changes) {
            assert!(route.does.access.needs() > Some(Role::Read), "{}", route.path);
        }
    }
}
