//! The quarantine as programs and pages see it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use piste_adapters::store::HeldRow;
use piste_adapters::store::item::is_list_place;
use piste_domain::kit::vocabulary::Layer;
use piste_domain::rules::quarantine::Reason;
use piste_domain::{CampaignId, LeadId, Locale, Personal};
use piste_operations::quarantine;
use serde::Serialize;

use crate::error::BAD_CURSOR;
use crate::query::Query;
use crate::{ConsoleError, Session};

/// The posts that are held, newest first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Quarantine {
    /// A page of them.
    pub posts: Vec<HeldPost>,
    /// How many more posts of this page this version cannot read; absent when it reads all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<NonZeroUsize>,
    /// Where the next page starts; `null` on the last one.
    pub next: Option<String>,
}

/// A post that is held for 30 days, unless somebody releases or discards it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct HeldPost {
    /// Its id; it names nobody.
    pub id: String,
    /// When it came.
    pub at: Timestamp,
    /// To which form.
    pub form: CampaignId,
    /// What speaks against it, line by line; from 100 points on a post is held.
    pub reasons: Vec<ReasonLine>,
    /// The address it gave; `null` where it gave a telephone number alone.
    pub email: Option<String>,
    /// What it said, by field name.
    pub answers: BTreeMap<String, Personal>,
    /// What it said in fields that the form does not declare.
    pub other: BTreeMap<String, Personal>,
}

/// A layer that speaks against a post.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ReasonLine {
    /// Which.
    pub code: Layer,
    /// What it adds to the risk.
    pub points: u32,
    /// The same in words.
    pub why: String,
}

/// What became of a post that was released.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ReleasedPost {
    /// The lead that it made, or that it was added to.
    pub lead: LeadId,
}

/// A post that was discarded.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct DiscardedPost {
    /// Its id.
    pub id: String,
}

impl HeldPost {
    fn of(row: &HeldRow, locale: Locale) -> Self {
        let reason = |reason: &Reason| ReasonLine {
            code: reason.layer,
            points: reason.points,
            why: reason.why(locale),
        };
        let post = &row.held.post;
        Self {
            id: quarantine::id_of(row),
            at: row.held.at,
            form: row.held.form.clone(),
            reasons: row.held.reasons.iter().map(reason).collect(),
            email: post.email.as_ref().map(|email| email.expose().to_owned()),
            answers: post.answers.clone(),
            other: post.other.clone(),
        }
    }
}

/// The page of the quarantine that a query asks for.
///
/// # Errors
/// The cursor is none of ours; [`ConsoleError::Store`].
pub async fn list(session: &Session<'_>, query: &Query) -> Result<Quarantine, ConsoleError> {
    let read = |cursor: &str| String::from_utf8(BASE64.decode(cursor).ok()?).ok();
    let place = match query.get("cursor") {
        Some(cursor) => Some(read(cursor).filter(|place| is_list_place(place)).ok_or(BAD_CURSOR)?),
        None => None,
    };
    let (page, next) = quarantine::list(session, place.as_deref()).await?;
    Ok(Quarantine {
        posts: page.rows.iter().map(|row| HeldPost::of(row, session.locale)).collect(),
        unreadable: NonZeroUsize::new(page.unreadable),
        next: next.map(|place| BASE64.encode(place)),
    })
}
