//! Where messages lie that came to leads' reply addresses: a bucket into which SES puts them, or the memory of the local system.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use jiff::Timestamp;

use crate::aws::{self, SetupError};
use crate::config::Settings;
use crate::mail::incoming::READ_BYTES_MAX;

/// The messages.
pub enum Inbox {
    /// No replies come in.
    None,
    /// A bucket.
    Bucket(Bucket),
    /// The local system's, which is handed them.
    Held(Mutex<BTreeMap<String, Vec<u8>>>),
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Bucket(_) => "Bucket",
            Self::Held(_) => "Held",
        })
    }
}

/// A bucket of S3, from which whole objects' beginnings are read and nothing else.
pub struct Bucket {
    /// Its address, without a slash at the end.
    url: String,
    region: String,
    credentials: Credentials,
    connector: Connector,
}

/// Why a message could not be read. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The connection, or the answer, broke off.
    #[error("the bucket does not answer")]
    NoAnswer,
    /// The answer's status.
    #[error("the bucket answers {0}")]
    Refused(u16),
}

impl Inbox {
    /// The bucket of the settings, if they name one.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let Some(bucket) = &settings.inbox else {
            return Ok(Self::None);
        };
        let aws = &settings.aws;
        Ok(Self::Bucket(Bucket {
            url: match &aws.s3_endpoint {
                Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
                None => format!("https://{bucket}.s3.{}.amazonaws.com", aws.region),
            },
            region: aws.region.clone(),
            credentials: aws::credentials(aws),
            connector: aws::s3(aws)?,
        }))
    }

    /// One in memory.
    pub fn held() -> Self {
        Self::Held(Mutex::default())
    }

    /// Puts a message into one in memory, until it is read.
    pub fn hold(&self, name: &str, message: Vec<u8>) {
        if let Self::Held(held) = self {
            held.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(name.to_owned(), message);
        }
    }

    /// The beginning of a message; `None` where there is none of this name (any more).
    ///
    /// # Errors
    /// [`InboxError`].
    pub async fn read(&self, name: &str, now: Timestamp) -> Result<Option<Vec<u8>>, InboxError> {
        match self {
            Self::None => Ok(None),
            Self::Bucket(bucket) => bucket.read(name, now).await,
            Self::Held(held) => Ok(held.lock().unwrap_or_else(PoisonError::into_inner).remove(name)),
        }
    }
}

impl Bucket {
    /// `GetObject` of the first bytes.
    async fn read(&self, name: &str, now: Timestamp) -> Result<Option<Vec<u8>>, InboxError> {
        // SES names objects by letters and digits, below the prefix of the rule.
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b)) {
            return Ok(None);
        }
        let url = format!("{}/{name}", self.url);
        let signed = self.signature(&url, now).ok_or(InboxError::NoAnswer)?;
        let mut request = http::Request::get(&url).header("range", format!("bytes=0-{}", READ_BYTES_MAX - 1));
        for (name, value) in &signed {
            request = request.header(name, value);
        }
        let request = request.body(SdkBody::empty()).map_err(|_| InboxError::NoAnswer)?;
        let request = request.try_into().map_err(|_| InboxError::NoAnswer)?;
        let answer = self.connector.call(request).await.map_err(|_| InboxError::NoAnswer)?;
        match answer.status().as_u16() {
            200 | 206 => {}
            404 => return Ok(None),
            status => return Err(InboxError::Refused(status)),
        }
        let mut stream = ByteStream::new(answer.into_body());
        let mut body = Vec::new();
        while body.len() < READ_BYTES_MAX
            && let Some(chunk) = stream.try_next().await.map_err(|_| InboxError::NoAnswer)?
        {
            body.extend_from_slice(&chunk);
        }
        Ok(Some(body))
    }

    /// The fields that sign a `GET` of this address (AWS Signature Version 4).
    fn signature(&self, url: &str, now: Timestamp) -> Option<Vec<(String, String)>> {
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(now.into())
            .settings(settings)
            .build()
            .ok()?
            .into();
        let request = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(&[])).ok()?;
        let (signed, _) = sign(request, &params).ok()?.into_parts();
        Some(
            signed
                .headers()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn settings(endpoint: String) -> Settings {
        let given = |name: &str| match name {
            "AWS_ENDPOINT_URL_S3" => Some(endpoint.clone()),
            "PISTE_INBOX" => Some("inbox".to_owned()),
            _ => Some("x".to_owned()),
        };
        Settings::read(given).expect("settings")
    }

    /// A bucket that answers one request, and what it was asked.
    async fn answering(answer: &'static str) -> (Result<Option<Vec<u8>>, InboxError>, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut asked = vec![0; 4_096];
            let read = stream.read(&mut asked).await.expect("a request");
            stream.write_all(answer.as_bytes()).await.expect("sent");
            String::from_utf8_lossy(&asked[..read]).to_ascii_lowercase()
        };
        let inbox = Inbox::new(&settings(format!("http://{address}"))).expect("an inbox");
        tokio::join!(inbox.read("in/abc", Timestamp::constant(1_772_442_000, 0)), server)
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_beginning_of_an_object_is_asked_for_with_a_signature() {
        let (read, asked) = answering("HTTP/1.1 206 Partial Content\r\ncontent-length: 3\r\n\r\nabc").await;
        assert_eq!(read.expect("an answer"), Some(b"abc".to_vec()));
        assert!(asked.starts_with("get /inbox/in/abc http/1.1"), "{asked}");
        assert!(asked.contains("range: bytes=0-262143"), "{asked}");
        assert!(
            asked.contains("authorization: aws4-hmac-sha256 credential=x/20260302/x/s3/aws4_request"),
            "{asked}"
        );
        assert!(asked.contains("x-amz-security-token: x"), "{asked}");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_is_gone_is_gone_and_what_is_refused_is_tried_again() {
        let (gone, _) = answering("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(gone.expect("an answer"), None);
        let (refused, _) = answering("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
        assert!(matches!(refused, Err(InboxError::Refused(403))));
        let inbox = Inbox::new(&settings("http://127.0.0.1:9".into())).expect("an inbox");
        assert_eq!(
            inbox.read("../x?y", Timestamp::UNIX_EPOCH).await.expect("no request"),
            None
        );
    }
}
