//! Calls to what is not ours: CRMs, chats and the web hooks of customers, by the HTTP client that DynamoDB and SES are
//! called with, behind a guard (R113, R114).
//!
//! No redirect is followed, no cookie kept and no proxy asked, whatever the environment says.

mod guard;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::dns::SharedDnsResolver;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use piste_crm::{Answer, Broken, Call, Http};
use url::Url;

use self::guard::{Forbidden, Judged, Reach, System};

/// The name's look-up, the connection and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The whole call, from the look-up to the last byte that is read.
const TIMEOUT: Duration = Duration::from_secs(15);

/// How long a connection waits for the next call: long enough for the calls of one push, and shorter than servers wait,
/// for a call that meets a closing connection is one of unknown outcome. A function may be frozen for minutes in between.
const IDLE: Duration = Duration::from_secs(2);

/// As much of an answer as is read unless [`Outbound::reading`] says otherwise: enough for a reason.
const LIMIT: usize = 4 * 1024;

/// The client for everything outside. Clones and what [`reading`](Self::reading) gives share its connections.
#[derive(Clone)]
pub struct Outbound {
    line: Arc<Line>,
    limit: usize,
    /// What stands there in place of the web.
    #[cfg(feature = "simulation")]
    wire: Option<Arc<dyn Wire>>,
}

/// What stands in place of the web, for the simulation. The guard stands in front of it too.
#[cfg(feature = "simulation")]
pub trait Wire: fmt::Debug + Send + Sync {
    /// Makes one call.
    fn call(&self, call: Call) -> futures_util::future::BoxFuture<'_, Result<Answer, Broken>>;
}

/// What is shared.
struct Line {
    reach: Reach,
    lookup: SharedDnsResolver,
    /// The roots to trust instead of the platform's.
    roots: Option<Vec<u8>>,
    /// Made at the first call: to read the platform's roots takes milliseconds that most starts need not pay.
    connector: OnceLock<Connector>,
}

/// Neither addresses nor anything of a call.
impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbound({:?}, {} bytes)", self.line.reach, self.limit)
    }
}

impl Outbound {
    /// Reaches the public web by HTTPS and nothing else.
    pub fn public() -> Self {
        Self::new(Reach::Public)
    }

    /// Reaches this machine too, by any port and without TLS: for the local system alone.
    pub fn local() -> Self {
        Self::new(Reach::Local)
    }

    /// Reaches nothing but what stands in place of the public web.
    #[cfg(feature = "simulation")]
    pub fn simulated(wire: Arc<dyn Wire>) -> Self {
        Self {
            wire: Some(wire),
            ..Self::public()
        }
    }

    fn new(reach: Reach) -> Self {
        Self::over(Line {
            reach,
            lookup: SharedDnsResolver::new(System),
            roots: None,
            connector: OnceLock::new(),
        })
    }

    fn over(line: Line) -> Self {
        Self {
            line: Arc::new(line),
            limit: LIMIT,
            #[cfg(feature = "simulation")]
            wire: None,
        }
    }

    /// The same client, reading up to so many bytes of an answer's body; what lies behind them is left.
    pub fn reading(&self, limit: usize) -> Self {
        Self { limit, ..self.clone() }
    }

    /// Trusts these roots instead of the platform's: for tests.
    ///
    /// The first call panics if they are no PEM.
    pub fn trusting(&self, pem: impl Into<Vec<u8>>) -> Self {
        let Line { reach, ref lookup, .. } = *self.line;
        let line = Line {
            reach,
            lookup: lookup.clone(),
            roots: Some(pem.into()),
            connector: OnceLock::new(),
        };
        Self {
            limit: self.limit,
            ..Self::over(line)
        }
    }

    /// Hands the request over and reads the answer.
    async fn exchange(&self, request: HttpRequest) -> Result<Answer, BoxError> {
        let response = self.line.connector().call(request).await?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut stream = ByteStream::new(response.into_body());
        let mut body = Vec::new();
        while body.len() < self.limit
            && let Some(chunk) = stream.try_next().await?
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(self.limit);
        Ok(Answer { status, headers, body })
    }
}

impl Line {
    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| {
            let store = match &self.roots {
                Some(pem) => TrustStore::empty().with_pem_certificate(pem.clone()),
                None => TrustStore::default(),
            };
            // The read time-out of the connector would cover the head alone; ours covers all.
            let settings = HttpConnectorSettings::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .build();
            Connector::builder()
                .connector_settings(settings)
                .pool_idle_timeout(IDLE)
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(
                    TlsContext::builder()
                        .with_trust_store(store)
                        .build()
                        .unwrap_or_default(),
                )
                .build_with_resolver(Judged {
                    lookup: self.lookup.clone(),
                    reach: self.reach,
                })
        })
    }
}

impl Http for Outbound {
    async fn call(&self, call: Call) -> Result<Answer, Broken> {
        let url = self.line.reach.url(&call.url).ok_or(Broken::Forbidden)?;
        #[cfg(feature = "simulation")]
        if let Some(wire) = &self.wire {
            let ended = tokio::time::timeout(TIMEOUT, wire.call(call)).await;
            let mut answer = ended.unwrap_or(Err(Broken::Unknown))?;
            answer.body.truncate(self.limit);
            return Ok(answer);
        }
        let mut request = request(&url, call).ok_or(Broken::NotSent)?;
        let connection = CaptureSmithyConnection::new();
        request.add_extension(connection.clone());
        let ended = tokio::time::timeout(TIMEOUT, self.exchange(request)).await;
        match ended {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if is_forbidden(&*error) => Err(Broken::Forbidden),
            // Once there is a connection the request is on its way, and only the answer could tell what became of it.
            _ if connection.get().is_some() => Err(Broken::Unknown),
            _ => Err(Broken::NotSent),
        }
    }
}

/// The request for a call; `None` where a host or a header is none that HTTP can carry.
fn request(url: &Url, call: Call) -> Option<HttpRequest> {
    let mut request = http::Request::builder().method(call.method.as_str()).uri(url.as_str());
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    request.body(SdkBody::from(call.body)).ok()?.try_into().ok()
}

/// Whether the guard is what ended a call: its refusal comes wrapped in what the connector and the pool make of it.
fn is_forbidden(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<Forbidden>())
}

#[cfg(test)]
mod tests;
