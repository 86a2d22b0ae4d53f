//! The pages: one table of routes, behind a session but for the way in and what is public.

mod add;
mod bulk;
mod calculator;
mod destinations;
mod home;
mod import;
mod layout;
mod lead;
mod list;
mod login;
mod mails;
mod quarantine;
mod report;
mod retention;
mod sales;
mod sending;
mod users;

use std::pin::Pin;

use lambda_http::http::Method;
use lambda_http::{Body, Response};
use piste_adapters::App;
use piste_adapters::http::{self, Visit};
use piste_adapters::users::Role;
use piste_domain::kit::post::RawPost;

use crate::routing::{Found, Route, find, other_method};
use crate::{ConsoleError, Session, auth};

pub use sales::Outcome;

/// An answer that is on its way.
type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who may open a page, and what shows it.
enum Page {
    /// Anybody.
    Open(for<'a> fn(&'a App, &'a Visit) -> Pending<'a, Response<Body>>),
    /// A user with a session, of at least this role.
    User(
        Role,
        for<'a> fn(Opened<'a>) -> Pending<'a, Result<Response<Body>, ConsoleError>>,
    ),
}

/// A page that a user opened, or a form of one.
pub struct Opened<'a> {
    /// Who asks.
    pub session: Session<'a>,
    /// What every page must say about sending.
    pub notice: Option<&'static str>,
    /// What the browser sent.
    pub visit: &'a Visit,
    /// What the path's `{id}`, or the first name in braces, stands for.
    pub id: &'a str,
    /// What the second stands for.
    pub second: &'a str,
}

impl Opened<'_> {
    /// The form that was sent.
    ///
    /// # Errors
    /// [`ConsoleError::BadRequest`]: it is none.
    pub async fn form(&self) -> Result<RawPost, ConsoleError> {
        let post = self.visit.post().await;
        post.map_err(|_| ConsoleError::BadRequest("malformed", "Reopen the page and send its form again."))
    }
}

const fn open(
    method: Method,
    path: &'static str,
    shows: for<'a> fn(&'a App, &'a Visit) -> Pending<'a, Response<Body>>,
) -> Route<Page> {
    let does = Page::Open(shows);
    Route { method, path, does }
}

/// A page behind the session, and the role it takes.
macro_rules! page {
    ($role:ident, $method:ident $path:literal, $opened:ident => $shows:expr) => {
        Route {
            method: Method::$method,
            path: $path,
            does: Page::User(Role::$role, |$opened| Box::pin(async move { $shows })),
        }
    };
}

/// Every page.
static PAGES: [Route<Page>; 47] = [
    open(Method::GET, "/calculator", |_, visit| {
        Box::pin(async { calculator::show(visit) })
    }),
    open(Method::GET, "/sales", |app, visit| Box::pin(sales::handle(app, visit))),
    open(Method::POST, "/sales", |app, visit| Box::pin(sales::handle(app, visit))),
    open(Method::GET, "/console/login", |app, visit| {
        Box::pin(login::show(app, visit))
    }),
    open(Method::POST, "/console/login", |app, visit| {
        Box::pin(login::login(app, visit))
    }),
    open(Method::POST, "/console/logout", |app, visit| {
        Box::pin(login::logout(app, visit))
    }),
    page!(Read, GET "/console", opened => home::show(&opened).await),
    page!(Read, GET "/console/leads", opened => list::show(&opened).await),
    page!(Write, POST "/console/leads", opened => add::add(&opened).await),
    page!(Write, GET "/console/leads/add", opened => add::show(&opened).await),
    page!(Sales, POST "/console/leads/bulk", opened => bulk::press(&opened).await),
    page!(Read, GET "/console/leads.csv", opened => list::download(&opened).await),
    page!(Write, GET "/console/leads/import", opened => import::show(&opened).await),
    page!(Write, POST "/console/leads/import", opened => import::take(&opened).await),
    page!(Write, GET "/console/imports/{import}", opened => import::of(&opened).await),
    page!(Write, POST "/console/imports/{import}/undo", opened => import::undo(&opened).await),
    page!(Read, GET "/console/leads/{id}", opened => lead::show(&opened).await),
    page!(Sales, POST "/console/leads/{id}/stage", opened => lead::move_stage(&opened).await),
    page!(Sales, POST "/console/leads/{id}/attempts", opened => lead::log_attempt(&opened).await),
    page!(Sales, POST "/console/leads/{id}/notes", opened => lead::add_note(&opened).await),
    page!(Sales, POST "/console/leads/{id}/assign", opened => lead::assign(&opened).await),
    page!(Read, GET "/console/leads/{id}/export", opened => lead::export(&opened).await),
    page!(Write, POST "/console/leads/{id}/keep", opened => lead::keep(&opened).await),
    page!(Sales, POST "/console/leads/{id}", opened => lead::correct(&opened).await),
    page!(Read, GET "/console/quarantine", opened => quarantine::show(&opened).await),
    page!(Write, POST "/console/quarantine/discard", opened => quarantine::discard(&opened).await),
    page!(Write, POST "/console/quarantine/{id}/release", opened => quarantine::release(&opened).await),
    page!(Read, GET "/console/destinations", opened => destinations::show(&opened).await),
    page!(Write, POST "/console/destinations/{name}/pause", opened => destinations::pause(&opened).await),
    page!(Write, POST "/console/destinations/{name}/resume", opened => destinations::resume(&opened).await),
    page!(Write, POST "/console/destinations/{name}/replay", opened => destinations::replay(&opened).await),
    page!(Read, GET "/console/deliveries", opened => destinations::list(&opened).await),
    page!(Write, POST "/console/deliveries/{id}/replay", opened => destinations::replay_one(&opened).await),
    page!(Read, GET "/console/mails", opened => mails::show(&opened).await),
    page!(Write, POST "/console/mails/test", opened => mails::test(&opened).await),
    page!(Write, POST "/console/mailings/{campaign}/{mailing}/dry-run", opened => mails::dry_run(&opened).await),
    page!(Write, POST "/console/mailings/{campaign}/{mailing}/approve", opened => mails::approve(&opened).await),
    page!(Write, POST "/console/mailings/{campaign}/{mailing}/pause", opened => mails::pause(&opened, true).await),
    page!(Write, POST "/console/mailings/{campaign}/{mailing}/resume", opened => mails::pause(&opened, false).await),
    page!(Read, GET "/console/report", opened => report::show_report(&opened).await),
    page!(Read, GET "/console/retention", opened => retention::show(&opened).await),
    page!(Read, GET "/console/sending", opened => sending::show(&opened).await),
    page!(Admin, POST "/console/sending/hold", opened => sending::press_hold(&opened).await),
    page!(Admin, POST "/console/sending/release", opened => sending::press_release(&opened).await),
    page!(Admin, GET "/console/users", opened => users::show(&opened).await),
    page!(Admin, POST "/console/users", opened => users::add(&opened).await),
    page!(Admin, POST "/console/users/{name}/revoke", opened => users::revoke(&opened).await),
];

/// Answers every path but those of the API; `path` comes without slashes at its ends.
pub async fn handle(app: &App, visit: &Visit) -> Response<Body> {
    let path = visit.path();
    let in_console = path == "console" || path.starts_with("console/");
    if visit.method() == Method::POST && in_console && !auth::same_site(app, visit) {
        return ConsoleError::CrossSite.answer();
    }
    let page = match find(&PAGES, visit.method(), path) {
        Found::Route(Page::Open(shows), _) => return shows(app, visit).await,
        Found::Route(Page::User(role, shows), parts) => Some((*role, shows, parts)),
        Found::Methods(allowed) => return other_method(visit.method(), &allowed),
        Found::Nothing if in_console => None,
        Found::Nothing => return http::not_found(),
    };
    // What there is behind the key, nobody learns without it.
    let locale = visit.locale();
    let user = match auth::session(app, visit).await {
        Ok(Some(user)) => user,
        Ok(None) => return http::see_other("/console/login"),
        Err(error) => return ConsoleError::from(error).page(locale),
    };
    let answer = async {
        let (needs, shows, [id, second]) = page.ok_or(ConsoleError::NotFound)?;
        if user.role < needs {
            return Err(ConsoleError::NotAllowed(user.role, needs));
        }
        let session = Session::new(app, &user, locale).await?;
        let notice = sending::notice(&session).await;
        shows(Opened {
            session,
            notice,
            visit,
            id,
            second,
        })
        .await
    };
    answer.await.unwrap_or_else(|error: ConsoleError| error.page(locale))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R108: a page without a role does not compile unless it says that it is open, and those that do stand here once more.
    #[test]
    fn r108_only_these_pages_are_open_to_everybody() {
        let open = PAGES.iter().filter(|route| matches!(route.does, Page::Open(_)));
        let open: Vec<_> = open.map(|route| format!("{} {}", route.method, route.path)).collect();
        let meant = [
            "GET /calculator",
            "GET /sales",
            "POST /sales",
            "GET /console/login",
            "POST /console/login",
            "POST /console/logout",
        ];
        assert_eq!(open, meant);
        let changes = |route: &&Route<Page>| route.method != Method::GET;
        for route in PAGES.iter().filter(changes) {
            assert!(!matches!(route.does, Page::User(Role::Read, _)), "{}", route.path);
        }
    }
}
