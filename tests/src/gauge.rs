//! How many requests are being answered at one moment.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long a server may take to notice that its client has gone.
const NOTICED: Duration = Duration::from_secs(5);

/// Counts requests from their arrival to their answer, or to the end of their connection. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<watch::Sender<usize>>);

/// One request under way.
#[derive(Debug)]
pub struct UnderWay(Gauge);

impl Gauge {
    /// A request arrives; it is over when what is returned is dropped.
    pub fn enter(&self) -> UnderWay {
        self.0.send_modify(|count| *count += 1);
        UnderWay(self.clone())
    }

    /// Whether nothing is under way, once the server has noticed who is gone (R18).
    pub async fn is_quiet(&self) -> bool {
        let mut count = self.0.subscribe();
        timeout(NOTICED, count.wait_for(|count| *count == 0)).await.is_ok()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}
