//! The way out, and whoever watches it.

use std::fmt;

use piste_adapters::outbound::Outbound;
use piste_crm::{Answer, Broken, Call, Http};

/// Sees every call with its answer: the local system shows them.
pub type Watch<'a> = &'a (dyn Fn(&Call, &Result<Answer, Broken>) + Sync);

/// A client that is watched, or not.
#[derive(Clone)]
pub(crate) struct Line<'a> {
    pub(crate) outbound: Outbound,
    pub(crate) watch: Option<Watch<'a>>,
}

impl Line<'_> {
    /// The same, reading so much of an answer.
    pub(crate) fn reading(&self, limit: usize) -> Self {
        Self {
            outbound: self.outbound.reading(limit),
            watch: self.watch,
        }
    }
}

impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl Http for Line<'_> {
    async fn call(&self, call: Call) -> Result<Answer, Broken> {
        let Some(watch) = self.watch else {
            return self.outbound.call(call).await;
        };
        let answer = self.outbound.call(call.clone()).await;
        watch(&call, &answer);
        answer
    }
}
