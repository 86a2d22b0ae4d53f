//! Notes: what somebody who works with a lead wrote down.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kit::personal::Personal;
use crate::kit::seconds;
use crate::kit::stored::is_zero;

/// One note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
    /// Tells apart the notes of one second.
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    pub serial: u16,
    /// By whom: the name of a user, or of an owner.
    #[serde(rename = "b")]
    pub by: String,
    /// What.
    #[serde(rename = "w")]
    pub text: Personal,
    /// Of a call that belongs to no case: whether the person was reached.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<bool>,
}
