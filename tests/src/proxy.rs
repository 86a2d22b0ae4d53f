//! A loopback proxy between the SDK and a DynamoDB engine: counts requests, adds up capacity units and injects faults.
//!
//! Engines neither throttle nor lose answers by themselves, and callers do not ask for consumed capacity; this does both for them.
//! Source: DynamoDB API Reference, `ReturnConsumedCapacity` and "Common errors".

use std::{
    collections::BTreeMap,
    future::pending,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{
        HeaderMap, StatusCode, Uri,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING},
        request, response,
    },
    response::{IntoResponse, Response},
};
use futures_util::stream;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::gauge::Gauge;

/// Operations whose capacity is counted as read units.
const READS: &[&str] = &["GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"];
/// Operations whose capacity is counted as write units.
const WRITES: &[&str] = &[
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
];
/// Largest request or answer carried: a full `BatchWriteItem` is 16 MB of items (DynamoDB quotas), more as JSON.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The request id of injected faults.
pub const REQUEST_ID: &str = "INJ3CT3DREQUESTID";
/// Their message: it may never be shown, because AWS's may repeat what was sent.
pub const INJECTED: &str = "injected for amelie.durand@example.org";

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not executed; 400 `ProvisionedThroughputExceededException`.
    Throttle,
    /// Not executed; 500 `InternalServerError`.
    InternalError,
    /// Not executed; the connection closes without an answer.
    ResetBefore,
    /// Executed; the connection closes without an answer.
    LoseAnswer,
    /// Not executed, and never answered.
    Hang,
    /// Not executed; 400 `TransactionConflictException`.
    Conflict,
    /// Not executed; 400 with this code.
    Refuse(&'static str),
    /// Of a `BatchGetItem`, the last key is left unread.
    LeaveUnread,
}

/// Capacity units of successful requests. An error answer reports none, though a write refused by its condition costs one on AWS.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Units {
    /// Read units.
    pub read: f64,
    /// Write units, of the table and its indexes together.
    pub write: f64,
}

/// The proxy; it stops taking connections when dropped.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    client: Client<HttpConnector, Body>,
    tally: Mutex<Tally>,
    gauge: Gauge,
}

#[derive(Debug, Default)]
struct Tally {
    counts: BTreeMap<String, u64>,
    units: BTreeMap<String, Units>,
    faults: Vec<Planned>,
}

/// A fault for the next `times` requests of an operation.
#[derive(Debug)]
struct Planned {
    operation: String,
    fault: Fault,
    times: u32,
}

impl Proxy {
    /// Listens on a free port of loopback and forwards to `upstream`, an `http://host:port` without a final slash.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(upstream: &str) -> io::Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let client = Client::builder(TokioExecutor::new()).build_http();
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            client,
            tally: Mutex::default(),
            gauge: Gauge::default(),
        });
        let router = Router::new().fallback(handle).with_state(shared.clone());
        let server = tokio::spawn(async move {
            // Never returns an error: a broken connection ends alone.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Proxy { url, shared, server })
    }

    /// The endpoint URL for the SDK.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Requests seen for each operation (`PutItem`, ...), the failed ones and the retries of the SDK included.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.shared.lock().counts.clone()
    }

    /// Capacity units for each operation.
    pub fn units(&self) -> BTreeMap<String, Units> {
        self.shared.lock().units.clone()
    }

    /// Forgets counts, units and faults that did not happen yet.
    pub fn reset(&self) {
        *self.shared.lock() = Tally::default();
    }

    /// Requests under way.
    pub fn gauge(&self) -> &Gauge {
        &self.shared.gauge
    }

    /// Makes the next `times` requests of `operation` go wrong. Faults of one operation happen in the order of these calls.
    pub fn inject(&self, operation: &str, fault: Fault, times: u32) {
        self.shared.lock().faults.push(Planned {
            operation: operation.to_owned(),
            fault,
            times,
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let _under_way = shared.gauge.enter();
    let (head, body) = request.into_parts();
    let target = head
        .headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let fault = shared.lock().arrive(&operation);
    match fault {
        Some(Fault::Throttle) => {
            return exception(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException");
        }
        Some(Fault::InternalError) => {
            return exception(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError");
        }
        Some(Fault::Conflict) => return exception(StatusCode::BAD_REQUEST, "TransactionConflictException"),
        Some(Fault::Refuse(code)) => return exception(StatusCode::BAD_REQUEST, code),
        Some(Fault::ResetBefore) => return reset(),
        Some(Fault::Hang) => pending().await,
        Some(Fault::LoseAnswer | Fault::LeaveUnread) | None => {}
    }
    let (body, unread) = match fault {
        Some(Fault::LeaveUnread) => leave_last(&body),
        _ => (body, None),
    };
    let Ok((head, mut body)) = shared.forward(head, ask_for_capacity(&operation, body)).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    shared.lock().add_units(&operation, &body);
    if let Some(unread) = unread {
        body = name_unread(&body, unread);
    }
    if fault == Some(Fault::LoseAnswer) {
        return reset();
    }
    Response::from_parts(head, Body::from(body))
}

impl Shared {
    async fn forward(
        &self,
        mut head: request::Parts,
        body: Bytes,
    ) -> Result<(response::Parts, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = Uri::try_from(format!("{}{path}", self.upstream))?;
        drop_framing(&mut head.headers);
        let answer = self.client.request(Request::from_parts(head, Body::from(body))).await?;
        let (mut head, body) = answer.into_parts();
        drop_framing(&mut head.headers);
        Ok((head, to_bytes(Body::new(body), BODY_BYTES_MAX).await?))
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    /// Counts a request and takes the fault planned for it.
    fn arrive(&mut self, operation: &str) -> Option<Fault> {
        *self.counts.entry(operation.to_owned()).or_default() += 1;
        self.faults.retain(|planned| planned.times > 0);
        let planned = self.faults.iter_mut().find(|planned| planned.operation == operation)?;
        planned.times -= 1;
        Some(planned.fault)
    }

    fn add_units(&mut self, operation: &str, answer: &[u8]) {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let consumed = match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().filter_map(units_of_table).sum(),
            table => units_of_table(table).unwrap_or_default(),
        };
        let units = self.units.entry(operation.to_owned()).or_default();
        if READS.contains(&operation) {
            units.read += consumed;
        } else if WRITES.contains(&operation) {
            units.write += consumed;
        }
    }
}

/// `CapacityUnits` of a `ConsumedCapacity`: the total of the table and its indexes.
fn units_of_table(consumed: &Value) -> Option<f64> {
    consumed["CapacityUnits"].as_f64()
}

fn ask_for_capacity(operation: &str, body: Bytes) -> Bytes {
    if !READS.contains(&operation) && !WRITES.contains(&operation) {
        return body;
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Object(mut input)) => {
            input.insert("ReturnConsumedCapacity".to_owned(), json!("INDEXES"));
            Value::Object(input).to_string().into()
        }
        _ => body,
    }
}

/// A `BatchGetItem` of one table without its last key, and that key in the form of `UnprocessedKeys`.
fn leave_last(body: &[u8]) -> (Bytes, Option<Value>) {
    let mut input: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut unread = input["RequestItems"].clone();
    for (table, wanted) in input["RequestItems"].as_object_mut().into_iter().flatten() {
        let Some(keys) = wanted["Keys"].as_array_mut() else {
            continue;
        };
        unread[table]["Keys"] = keys.pop().into_iter().collect();
        if keys.is_empty() {
            // No engine takes a batch of none: one that nobody holds.
            keys.push(json!({ "pk": { "S": "none" }, "sk": { "S": "none" } }));
        }
    }
    (input.to_string().into(), Some(unread))
}

fn name_unread(answer: &[u8], unread: Value) -> Bytes {
    let mut answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    answer["UnprocessedKeys"] = unread;
    answer.to_string().into()
}

/// Bodies are sent anew, with a length of their own, over connections of their own.
fn drop_framing(headers: &mut HeaderMap) {
    for name in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
}

fn exception(status: StatusCode, name: &str) -> Response {
    let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": INJECTED});
    let head = [
        (CONTENT_TYPE.as_str(), "application/x-amz-json-1.0"),
        ("x-amzn-requestid", REQUEST_ID),
    ];
    (status, head, body.to_string()).into_response()
}

/// Closes the connection without a byte: a body that fails before its first part ends it before the head was flushed.
fn reset() -> Response {
    let broken = Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset));
    Body::from_stream(stream::iter([broken])).into_response()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// An engine that answers every request with the operation's name, the input it saw and fixed capacity.
    async fn engine() -> (String, Arc<Mutex<Vec<Value>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        let answer = move |body: Bytes| async move {
            let input: Value = serde_json::from_slice(&body).unwrap();
            kept.lock().unwrap().push(input.clone());
            let one = json!({"TableName": "leads", "CapacityUnits": 3.0, "Table": {"CapacityUnits": 1.0}});
            let capacity = if input["many"] == true { json!([one, one]) } else { one };
            json!({"ConsumedCapacity": capacity}).to_string()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        (url, seen)
    }

    async fn call(proxy: &Proxy, operation: &str, input: Value) -> Result<(StatusCode, Value), String> {
        let request =
            axum::http::Request::post(proxy.url()).header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let request = request.body(Body::from(input.to_string())).unwrap();
        let client: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let body = to_bytes(Body::new(answer.into_body()), usize::MAX)
            .await
            .map_err(|error| error.to_string())?;
        Ok((status, serde_json::from_slice(&body).unwrap()))
    }

    #[tokio::test]
    async fn requests_and_units_are_counted_by_operation() {
        let (engine, seen) = engine().await;
        let proxy = Proxy::start(&engine).await.unwrap();
        call(&proxy, "PutItem", json!({"TableName": "leads"})).await.unwrap();
        call(&proxy, "PutItem", json!({"ReturnConsumedCapacity": "NONE"}))
            .await
            .unwrap();
        call(&proxy, "TransactWriteItems", json!({"many": true})).await.unwrap();
        call(&proxy, "Query", json!({})).await.unwrap();
        call(&proxy, "DescribeTable", json!({})).await.unwrap();
        let counts = [
            ("DescribeTable", 1),
            ("PutItem", 2),
            ("Query", 1),
            ("TransactWriteItems", 1),
        ];
        assert_eq!(
            proxy.counts(),
            counts.map(|(name, count)| (name.to_owned(), count)).into()
        );
        let units = proxy.units();
        assert_eq!(units["PutItem"], Units { read: 0.0, write: 6.0 });
        assert_eq!(units["TransactWriteItems"], Units { read: 0.0, write: 6.0 });
        assert_eq!(units["Query"], Units { read: 3.0, write: 0.0 });
        assert_eq!(units["DescribeTable"], Units::default());
        {
            let seen = seen.lock().unwrap();
            assert_eq!(
                seen[0],
                json!({"TableName": "leads", "ReturnConsumedCapacity": "INDEXES"})
            );
            assert_eq!(seen[1]["ReturnConsumedCapacity"], "INDEXES");
            assert_eq!(seen[4], json!({}));
        }
        proxy.inject("Query", Fault::InternalError, 1);
        proxy.reset();
        assert!(proxy.counts().is_empty() && proxy.units().is_empty());
        assert_eq!(call(&proxy, "Query", json!({})).await.unwrap().0, 200);
    }

    #[tokio::test]
    async fn r36_faults_hit_the_next_requests_of_their_operation_in_order() {
        let (engine, seen) = engine().await;
        let proxy = Proxy::start(&engine).await.unwrap();
        proxy.inject("PutItem", Fault::Throttle, 2);
        proxy.inject("PutItem", Fault::InternalError, 1);
        proxy.inject("PutItem", Fault::ResetBefore, 1);
        assert_eq!(call(&proxy, "GetItem", json!({})).await.unwrap().0, 200);
        for _ in 0..2 {
            let (status, answer) = call(&proxy, "PutItem", json!({})).await.unwrap();
            assert_eq!(status, 400);
            assert!(
                answer["__type"]
                    .as_str()
                    .unwrap()
                    .ends_with("#ProvisionedThroughputExceededException")
            );
        }
        let (status, answer) = call(&proxy, "PutItem", json!({})).await.unwrap();
        assert_eq!(status, 500);
        assert!(answer["__type"].as_str().unwrap().ends_with("#InternalServerError"));
        call(&proxy, "PutItem", json!({})).await.unwrap_err();
        assert_eq!(
            seen.lock().unwrap().len(),
            1,
            "none of the failed requests reached the engine"
        );

        proxy.inject("PutItem", Fault::LoseAnswer, 1);
        call(&proxy, "PutItem", json!({"kept": 1})).await.unwrap_err();
        assert_eq!(
            seen.lock().unwrap()[1]["kept"],
            1,
            "executed, though the answer was lost"
        );

        proxy.inject("PutItem", Fault::Hang, 1);
        let hung = tokio::time::timeout(Duration::from_millis(50), call(&proxy, "PutItem", json!({})));
        hung.await.unwrap_err();
        assert_eq!(seen.lock().unwrap().len(), 2);
        assert_eq!(call(&proxy, "PutItem", json!({})).await.unwrap().0, 200);
        assert_eq!(proxy.counts()["PutItem"], 7);
    }
}
