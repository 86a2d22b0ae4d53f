//! Which route a request is for. 404, 405 with `Allow` and the answer to OPTIONS follow from the tables of routes.

use lambda_http::http::header::{self, HeaderValue};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use piste_adapters::http;

/// A method, a path, and what is done there.
pub struct Route<T> {
    /// GET includes HEAD.
    pub method: Method,
    /// `{id}`, or another name in braces, stands for any one part of the path.
    pub path: &'static str,
    /// What is done.
    pub does: T,
}

/// What a table of routes has for a request.
pub enum Found<'r, 'p, T> {
    /// A route, and the parts of the path that its names in braces stand for, two at most; empty where it has none.
    Route(&'r T, [&'p str; 2]),
    /// The path with other methods: these, as `Allow` lists them.
    Methods(String),
    /// Nothing.
    Nothing,
}

/// Looks a request up. `path` comes without slashes at its ends.
pub fn find<'r, 'p, T>(table: &'r [Route<T>], method: &Method, path: &'p str) -> Found<'r, 'p, T> {
    let wanted = if method == Method::HEAD { &Method::GET } else { method };
    let mut methods = Vec::new();
    for route in table {
        let Some(parts) = parts_of(route.path, path) else {
            continue;
        };
        if route.method == *wanted {
            return Found::Route(&route.does, parts);
        }
        methods.push(route.method.as_str());
        if route.method == Method::GET {
            methods.push("HEAD");
        }
    }
    match methods[..] {
        [] => Found::Nothing,
        _ => Found::Methods(methods.join(", ") + ", OPTIONS"),
    }
}

/// The parts of `path` that the template's names stand for; `None` if the path is another.
fn parts_of<'p>(template: &str, path: &'p str) -> Option<[&'p str; 2]> {
    let mut parts = [""; 2];
    let mut free = parts.iter_mut();
    let mut given = path.split('/');
    for wanted in template.trim_matches('/').split('/') {
        match given.next()? {
            part if wanted.starts_with('{') && !part.is_empty() => *free.next()? = part,
            part if wanted == part => {}
            _ => return None,
        }
    }
    given.next().is_none().then_some(parts)
}

/// The answer where the path is known and the method is not among its own: 204 to OPTIONS, 405 to any other.
pub fn other_method(method: &Method, allowed: &str) -> Response<Body> {
    if method != Method::OPTIONS {
        return http::method_not_allowed(allowed);
    }
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_its_methods_and_head_is_get() {
        let route = |method, path, does| Route { method, path, does };
        let table = [
            route(Method::GET, "/leads", 1),
            route(Method::GET, "/leads/{id}", 2),
            route(Method::DELETE, "/leads/{id}", 3),
            route(Method::POST, "/leads/{id}/stage", 4),
            route(Method::GET, "/", 5),
            route(Method::DELETE, "/users/{name}", 6),
            route(Method::POST, "/mailings/{campaign}/{mailing}/pause", 7),
        ];
        let look = |method, path| match find(&table, &method, path) {
            Found::Route(does, parts) => format!("{does} {}", parts.join(" ")).trim_end().to_owned(),
            Found::Methods(allowed) => allowed,
            Found::Nothing => "nothing".into(),
        };
        assert_eq!(look(Method::GET, "leads"), "1");
        assert_eq!(look(Method::HEAD, "leads/x"), "2 x");
        assert_eq!(look(Method::DELETE, "leads/x"), "3 x");
        assert_eq!(look(Method::GET, ""), "5");
        assert_eq!(look(Method::DELETE, "users/anne%20m"), "6 anne%20m");
        assert_eq!(look(Method::POST, "mailings/a/b/pause"), "7 a b");
        assert_eq!(look(Method::PUT, "leads/x"), "GET, HEAD, DELETE, OPTIONS");
        assert_eq!(look(Method::OPTIONS, "leads/x/stage"), "POST, OPTIONS");
        for path in ["lead", "leads/", "leads/x/other", "leads/x/stage/y"] {
            assert_eq!(look(Method::GET, path), "nothing", "{path}");
        }
    }
}
