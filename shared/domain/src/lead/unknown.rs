//! What a stored item holds that this version does not know.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Attributes of a newer version, as they were stored. The rules carry them along and never look inside; the store that
/// read them writes them back where they belong.
#[derive(Clone, Default)]
pub struct Unknown(Option<Arc<dyn Any + Send + Sync>>);

impl Unknown {
    /// What the store found, if it found any.
    pub fn of<T: Any + Send + Sync>(found: Option<T>) -> Self {
        Self(found.map(|found| Arc::new(found) as Arc<dyn Any + Send + Sync>))
    }

    /// The same, for the store that found it.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }
}

/// It may hold anything.
impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Unknown(hidden)" } else { "Unknown" })
    }
}

/// Two are the same if they came of the same reading, or hold nothing.
impl PartialEq for Unknown {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl Eq for Unknown {}
