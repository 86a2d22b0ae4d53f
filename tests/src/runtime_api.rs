//! A Lambda sandbox for tests: the real binary of a function as a process of its own, driven through the Lambda Runtime API.
//!
//! One server and one process for each function, one invocation at a time, as in a Lambda sandbox.
//! Source: Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" (2018-06-01).

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
    io,
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path as UrlPath, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::{Notify, mpsc, oneshot, watch},
    task::JoinHandle,
    time::sleep,
};

/// Largest answer of a function (Lambda quotas, "Invocation payload": 6 MB, plus the room Lambda leaves for the envelope).
pub const ANSWER_BYTES_MAX: usize = 6_291_556;

const REGION: &str = "eu-west-3";
const ACCOUNT: &str = "123456789012";
/// Address of the visitor in [`http_event`] (documentation range, RFC 5737).
pub const SOURCE_IP: &str = "203.0.113.7";

/// Why an invocation has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvocationError {
    /// The handler failed or panicked; the process lives on.
    #[error("the function failed: {0}")]
    Function(FunctionError),
    /// The function reported that it cannot start.
    #[error("the function did not start: {0}")]
    Init(FunctionError),
    /// The process ended before it answered.
    #[error("the process ended: {0}")]
    Exited(ExitStatus),
    /// No answer in the time given; the process was killed, as Lambda does.
    #[error("no answer in {0:?}")]
    TimedOut(Duration),
    /// The answer is larger than Lambda carries; its size in bytes.
    #[error("an answer of {0} bytes")]
    TooLarge(usize),
    /// The answer is not JSON.
    #[error("the answer is not JSON")]
    NotJson,
}

/// What a function says of its failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, thiserror::Error)]
#[error("{kind}: {message}")]
#[serde(default)]
pub struct FunctionError {
    /// `errorType`.
    #[serde(rename = "errorType")]
    pub kind: String,
    /// `errorMessage`.
    #[serde(rename = "errorMessage")]
    pub message: String,
}

type Answer = Result<Value, InvocationError>;

/// The Runtime API on loopback, before a function was given to it.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    sandbox: Arc<Sandbox>,
    server: JoinHandle<()>,
}

/// The side of the API that the server and the invoker share.
#[derive(Debug)]
struct Sandbox {
    events: mpsc::UnboundedSender<Invocation>,
    next: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    state: Mutex<SandboxState>,
}

#[derive(Debug, Default)]
struct SandboxState {
    invocations: u64,
    waiting: HashMap<String, oneshot::Sender<Answer>>,
    init_error: Option<FunctionError>,
}

#[derive(Debug)]
struct Invocation {
    id: String,
    event: String,
    deadline_ms: u128,
}

impl RuntimeApi {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> io::Result<RuntimeApi> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (events, next) = mpsc::unbounded_channel();
        let sandbox = Arc::new(Sandbox {
            events,
            next: next.into(),
            state: Mutex::default(),
        });
        let routes = Router::new()
            .route("/invocation/next", get(next_invocation))
            .route("/invocation/{id}/response", post(response))
            .route("/invocation/{id}/error", post(error))
            .route("/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(sandbox.clone());
        let router = Router::new().nest("/2018-06-01/runtime", routes);
        let server = tokio::spawn(async move {
            // Never returns an error: a broken connection ends alone.
            let _ = axum::serve(listener, router).await;
        });
        Ok(RuntimeApi {
            address,
            sandbox,
            server,
        })
    }

    /// Starts `binary` with the environment Lambda gives, `env` over it, and nothing else of this process's environment.
    ///
    /// # Errors
    /// The binary cannot be started.
    pub fn spawn(self, binary: &Path, env: &[(&str, &str)]) -> io::Result<Function> {
        let name = binary.file_stem().unwrap_or_default();
        let mut child = Command::new(binary)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", self.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/test")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_SESSION_TOKEN", "local")
            .env("TZ", ":UTC")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let stdout = child.stdout.take().map(|pipe| collect_lines(pipe, lines.clone()));
        let stderr = child.stderr.take().map(|pipe| collect_lines(pipe, lines.clone()));
        let kill = Arc::new(Notify::new());
        let (ended, exit) = watch::channel(None);
        let keeper = tokio::spawn(keep(child, kill.clone(), ended));
        let readers = stdout.into_iter().chain(stderr).collect();
        Ok(Function {
            api: self,
            keeper,
            kill,
            exit,
            readers,
            lines,
        })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Owns the process until it ends by itself or on demand.
async fn keep(mut child: Child, kill: Arc<Notify>, ended: watch::Sender<Option<ExitStatus>>) {
    let status = tokio::select! {
        status = child.wait() => status,
        () = kill.notified() => {
            // An error means that the process has ended meanwhile.
            let _ = child.start_kill();
            child.wait().await
        }
    };
    ended.send_replace(Some(status.unwrap_or_default()));
}

fn collect_lines(pipe: impl AsyncRead + Unpin + Send + 'static, lines: Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            line.clear();
        }
    })
}

/// A running function. Its process is killed when this is dropped.
#[derive(Debug)]
pub struct Function {
    api: RuntimeApi,
    keeper: JoinHandle<()>,
    kill: Arc<Notify>,
    exit: watch::Receiver<Option<ExitStatus>>,
    readers: Vec<JoinHandle<()>>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Function {
    /// Invokes the function with 30 seconds to answer, the most an HTTP API waits.
    ///
    /// # Errors
    /// See [`InvocationError`].
    pub async fn invoke(&self, event: Value) -> Result<Value, InvocationError> {
        self.invoke_within(event, Duration::from_secs(30)).await
    }

    /// Invokes the function; its context carries the deadline `time` from now, and past it the process is killed.
    ///
    /// # Errors
    /// See [`InvocationError`].
    pub async fn invoke_within(&self, event: Value, time: Duration) -> Result<Value, InvocationError> {
        let answer = self.api.sandbox.invoke(&event, time)?;
        let mut exit = self.exit.clone();
        tokio::select! {
            biased; // An answer counts even when the process ended right after it.
            Ok(answer) = answer => answer,
            Ok(status) = exit.wait_for(Option::is_some) => Err(InvocationError::Exited(status.unwrap_or_default())),
            () = sleep(time) => {
                self.kill.notify_one();
                Err(InvocationError::TimedOut(time))
            }
        }
    }

    /// The lines written to stdout and stderr so far. A line written just before an answer may still be under way: search the lines
    /// of [`stop`](Self::stop) when all of them count.
    pub fn logs(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Kills the process and returns every line it wrote to stdout and stderr.
    pub async fn stop(mut self) -> Vec<String> {
        self.kill.notify_one();
        for reader in std::mem::take(&mut self.readers) {
            // Ends with the pipe; a reader that panicked has no more lines to give.
            let _ = reader.await;
        }
        self.logs()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.keeper.abort(); // drops the child, which kills it
    }
}

impl Sandbox {
    fn invoke(&self, event: &Value, time: Duration) -> Result<oneshot::Receiver<Answer>, InvocationError> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.lock();
        if let Some(error) = &state.init_error {
            return Err(InvocationError::Init(error.clone()));
        }
        state.invocations += 1;
        let id = format!("00000000-0000-4000-8000-{:012x}", state.invocations);
        state.waiting.insert(id.clone(), sender);
        let invocation = Invocation {
            id,
            event: event.to_string(),
            deadline_ms: (now() + time).as_millis(),
        };
        self.events
            .send(invocation)
            .expect("the receiver lives in the same value");
        Ok(receiver)
    }

    /// Hands an answer to its invocation; an id that nobody waits for is refused.
    fn settle(&self, id: &str, answer: Answer) -> Response {
        match self.lock().waiting.remove(id) {
            Some(waiting) => {
                // Nobody listens any more when the invocation timed out.
                let _ = waiting.send(answer);
                accepted()
            }
            None => StatusCode::BAD_REQUEST.into_response(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, SandboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Time since 1970 UTC. A process of its own compares its deadline with the real clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox stands outside the product, as Lambda does"
)]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, r#"{"status":"OK"}"#).into_response()
}

async fn next_invocation(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let Some(Invocation { id, event, deadline_ms }) = sandbox.next.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline_ms.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:test"),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned(),
        ),
    ];
    (headers, event).into_response()
}

async fn response(State(sandbox): State<Arc<Sandbox>>, UrlPath(id): UrlPath<String>, body: Bytes) -> Response {
    if body.len() > ANSWER_BYTES_MAX {
        sandbox.settle(&id, Err(InvocationError::TooLarge(body.len())));
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    sandbox.settle(&id, serde_json::from_slice(&body).map_err(|_| InvocationError::NotJson))
}

async fn error(State(sandbox): State<Arc<Sandbox>>, UrlPath(id): UrlPath<String>, body: Bytes) -> Response {
    sandbox.settle(&id, Err(InvocationError::Function(function_error(&body))))
}

async fn init_error(State(sandbox): State<Arc<Sandbox>>, body: Bytes) -> Response {
    let error = function_error(&body);
    let mut state = sandbox.lock();
    for (_, waiting) in state.waiting.drain() {
        let _ = waiting.send(Err(InvocationError::Init(error.clone())));
    }
    state.init_error = Some(error);
    accepted()
}

fn function_error(body: &[u8]) -> FunctionError {
    serde_json::from_slice(body).unwrap_or_default()
}

/// An HTTP API event, payload format 2.0, as API Gateway builds it for `$default`.
///
/// Header names are lowered, repeated ones joined by commas, cookies moved to `cookies`. The body travels as text when its media type
/// is `text/*`, `application/json`, `application/javascript` or `application/xml`, as base64 otherwise; so form posts are base64.
/// The visitor's address is [`SOURCE_IP`].
/// Source: API Gateway Developer Guide, "Working with AWS Lambda proxy integrations for HTTP APIs".
pub fn http_event(method: &str, path_and_query: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let mut fields = BTreeMap::from([
        ("host".to_owned(), "lead.example.com".to_owned()),
        ("x-forwarded-for".to_owned(), SOURCE_IP.to_owned()),
        ("x-forwarded-port".to_owned(), "443".to_owned()),
        ("x-forwarded-proto".to_owned(), "https".to_owned()),
        ("content-length".to_owned(), body.len().to_string()),
    ]);
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    let mut cookies = Vec::new();
    for (name, value) in headers {
        match name.to_ascii_lowercase() {
            name if name == "cookie" => cookies.extend(value.split("; ").map(str::to_owned)),
            name => join(&mut given, name, value),
        }
    }
    fields.extend(given);
    let mut parameters = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        join(&mut parameters, name.into_owned(), value);
    }
    let media_type = fields.get("content-type").map_or("", String::as_str);
    let media_type = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_text = media_type.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&media_type.as_str());
    let text = str::from_utf8(body).ok().filter(|_| is_text);

    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": fields,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "api",
            "domainName": "lead.example.com",
            "domainPrefix": "lead",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": fields.get("user-agent"),
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_i64,
        },
        "isBase64Encoded": !body.is_empty() && text.is_none(),
    });
    // Absent rather than empty, as in a real event.
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !parameters.is_empty() {
        event["queryStringParameters"] = json!(parameters);
    }
    if !body.is_empty() {
        event["body"] = text.map_or_else(|| json!(BASE64_STANDARD.encode(body)), |text| json!(text));
    }
    event
}

fn join(map: &mut BTreeMap<String, String>, name: String, value: impl Display) {
    map.entry(name)
        .and_modify(|held| held.push_str(&format!(",{value}")))
        .or_insert_with(|| value.to_string());
}

/// What EventBridge Scheduler sends when a schedule has no input of its own.
pub fn schedule_event() -> Value {
    json!({
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": "2026-01-01T00:00:00Z",
        "region": REGION,
        "resources": [format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/nurture")],
        "detail": "{}",
    })
}

/// One record of a table stream with view type `NEW_IMAGE`: the item `pk`, `sk` was changed, and `wake` says whether something is due.
///
/// The image holds only these three attributes. Source: Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".
pub fn stream_event(pk: &str, sk: &str, wake: bool) -> Value {
    let keys = json!({"pk": {"S": pk}, "sk": {"S": sk}});
    let mut image = keys.clone();
    image["wake"] = json!({"BOOL": wake});
    json!({"Records": [{
        "eventID": "00000000000000000000000000000001",
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": 1_767_225_600,
            "Keys": keys,
            "NewImage": image,
            "SequenceNumber": "100000000000000000001",
            "SizeBytes": 100,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/leads/stream/2026-01-01T00:00:00.000"),
    }]})
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::{Request, Response},
    };
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};

    use super::*;

    /// The function's side of the API.
    async fn call(api: &RuntimeApi, method: &str, path: &str, body: impl Into<Body>) -> Response<String> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}/2018-06-01/runtime{path}", api.address));
        let request = request.body(body.into()).unwrap();
        let response = Client::builder(TokioExecutor::new())
            .build_http()
            .request(request)
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await.unwrap();
        Response::from_parts(parts, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Invokes, lets the function take the event, and returns the event's answer with what the function got.
    async fn begin(api: &RuntimeApi, time: Duration) -> (oneshot::Receiver<Answer>, Response<String>) {
        let answer = api.sandbox.invoke(&json!({"a": 1}), time).unwrap();
        (answer, call(api, "GET", "/invocation/next", Body::empty()).await)
    }

    fn id(event: &Response<String>) -> &str {
        event.headers()["lambda-runtime-aws-request-id"].to_str().unwrap()
    }

    #[tokio::test]
    async fn an_event_is_handed_over_with_its_deadline_and_its_answer_comes_back() {
        let api = RuntimeApi::start().await.unwrap();
        let before = now().as_millis();
        let (answer, event) = begin(&api, Duration::from_secs(7)).await;
        assert_eq!(event.body(), r#"{"a":1}"#);
        let deadline: u128 = event.headers()["lambda-runtime-deadline-ms"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(
            (before + 7_000..=now().as_millis() + 7_000).contains(&deadline),
            "epoch milliseconds, not a duration: {deadline}"
        );
        let path = format!("/invocation/{}/response", id(&event));
        assert_eq!(call(&api, "POST", &path, r#"{"b":2}"#).await.status(), 202);
        assert_eq!(answer.await.unwrap(), Ok(json!({"b": 2})));
        assert_eq!(
            call(&api, "POST", &path, "{}").await.status(),
            400,
            "an invocation is answered once"
        );
    }

    #[tokio::test]
    async fn failures_come_back_as_errors() {
        let api = RuntimeApi::start().await.unwrap();
        let failure = r#"{"errorType":"Store","errorMessage":"throttled"}"#;
        let reported = FunctionError {
            kind: "Store".to_owned(),
            message: "throttled".to_owned(),
        };
        let large = ANSWER_BYTES_MAX + 1;
        let rows = [
            ("error", failure.to_owned(), InvocationError::Function(reported.clone())),
            ("response", "not JSON".to_owned(), InvocationError::NotJson),
            ("response", " ".repeat(large), InvocationError::TooLarge(large)),
        ];
        for (kind, body, expected) in rows {
            let (answer, event) = begin(&api, Duration::from_secs(1)).await;
            call(&api, "POST", &format!("/invocation/{}/{kind}", id(&event)), body).await;
            assert_eq!(answer.await.unwrap(), Err(expected));
        }
        let (answer, _) = begin(&api, Duration::from_secs(1)).await;
        call(&api, "POST", "/init/error", failure).await;
        let expected = InvocationError::Init(reported);
        assert_eq!(answer.await.unwrap(), Err(expected.clone()));
        assert_eq!(
            api.sandbox.invoke(&json!({}), Duration::from_secs(1)).unwrap_err(),
            expected
        );
    }

    #[tokio::test]
    async fn a_process_has_the_environment_of_lambda_only_and_its_end_is_an_error() {
        let api = RuntimeApi::start().await.unwrap();
        let address = api.address;
        // `env` prints its environment and ends: a function that dies before it asks for work.
        let function = api
            .spawn(Path::new("/usr/bin/env"), &[("PISTE_TABLE", "leads")])
            .unwrap();
        let error = function.invoke(json!({})).await.unwrap_err();
        assert_eq!(error, InvocationError::Exited(ExitStatus::default()));
        let mut lines = function.stop().await;
        lines.sort();
        let expected = [
            "AWS_ACCESS_KEY_ID=local",
            "AWS_DEFAULT_REGION=eu-west-3",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
            "AWS_LAMBDA_FUNCTION_NAME=env",
            "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/test",
            "AWS_LAMBDA_LOG_STREAM_NAME=test",
            &format!("AWS_LAMBDA_RUNTIME_API={address}"),
            "AWS_REGION=eu-west-3",
            "AWS_SECRET_ACCESS_KEY=local",
            "AWS_SESSION_TOKEN=local",
            "PISTE_TABLE=leads",
            "TZ=:UTC",
        ];
        assert_eq!(lines, expected);
    }

    #[tokio::test]
    async fn r14_past_its_deadline_a_process_is_killed() {
        let api = RuntimeApi::start().await.unwrap();
        // `yes` writes for ever and never asks for work.
        let function = api.spawn(Path::new("/usr/bin/yes"), &[]).unwrap();
        let time = Duration::from_millis(20);
        assert_eq!(
            function.invoke_within(json!({}), time).await,
            Err(InvocationError::TimedOut(time))
        );
        let Err(InvocationError::Exited(status)) = function.invoke(json!({})).await else {
            panic!("the process must be gone");
        };
        assert!(!status.success());
    }

    #[test]
    fn a_form_post_is_base64_and_json_is_text() {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let event = http_event(
            "POST",
            "/forms/guide-seo?lang=fr&a=1&a=%C3%A9+2",
            &form,
            b"email=ana%40example.org",
        );
        assert_eq!(event["isBase64Encoded"], true);
        assert_eq!(event["body"], BASE64_STANDARD.encode("email=ana%40example.org"));
        assert_eq!(event["rawPath"], "/forms/guide-seo");
        assert_eq!(event["rawQueryString"], "lang=fr&a=1&a=%C3%A9+2");
        assert_eq!(event["queryStringParameters"], json!({"lang": "fr", "a": "1,é 2"}));
        assert_eq!(event["requestContext"]["http"]["method"], "POST");
        assert_eq!(event["requestContext"]["http"]["sourceIp"], SOURCE_IP);

        let json = [
            ("content-type", "Application/JSON; charset=utf-8"),
            ("Cookie", "a=1; b=2"),
            ("X-A", "1"),
            ("x-a", "2"),
        ];
        let event = http_event("POST", "/triggers/crm", &json, "{\"é\":1}".as_bytes());
        assert_eq!(event["isBase64Encoded"], false);
        assert_eq!(event["body"], "{\"é\":1}");
        assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
        assert_eq!(event["headers"]["x-a"], "1,2");
        assert_eq!(event["headers"].get("cookie"), None);

        let broken = http_event("POST", "/", &[("content-type", "text/plain")], b"\xff");
        assert_eq!(
            (&broken["isBase64Encoded"], &broken["body"]),
            (&json!(true), &json!("/w=="))
        );
        let empty = http_event("GET", "/confirm", &[("host", "other.example.com")], b"");
        assert_eq!((empty.get("body"), &empty["isBase64Encoded"]), (None, &json!(false)));
        assert_eq!(empty["headers"]["host"], "other.example.com");
    }
}
