//! Where a page of leads ended, as a text of constant size (R98). It names nobody, and only what we wrote is read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use piste_adapters::store::BoardRow;
use piste_domain::{CampaignId, LeadId};

use super::sort::Sort;
use crate::Operator;

/// The last lead of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the order of the index: its row there.
    Row {
        /// Its moment, in seconds since 1970.
        at: i64,
        /// The campaign whose list it is in.
        campaign: CampaignId,
        /// Whose it is.
        id: LeadId,
        /// Whether the lead stands in another campaign first.
        further: bool,
    },
    /// In a list that was sorted.
    Sorted {
        /// How.
        sort: Sort,
        /// How many leads were before it.
        before: usize,
        /// Whose row it was.
        id: LeadId,
        /// A mark of the value it was sorted by: where the lead has another by now, it stands elsewhere.
        mark: String,
    },
}

impl Place {
    /// That of a row of the index.
    pub fn of(campaign: &CampaignId, row: &BoardRow) -> Self {
        Self::Row {
            at: row.captured_at.as_second(),
            campaign: campaign.clone(),
            id: row.id.clone(),
            further: row.further,
        }
    }

    /// Before every row of a moment and of those before it.
    pub fn before(at: Timestamp) -> Self {
        Self::Row {
            at: at.as_second(),
            campaign: CampaignId::new(""),
            id: LeadId::new(""),
            further: false,
        }
    }

    /// The cursor.
    pub fn write(&self, session: &Operator<'_>) -> String {
        let text = match self {
            Self::Row {
                at,
                campaign,
                id,
                further,
            } => format!(
                "row/{at}/{campaign}/{id}/{}",
                if *further { "further" } else { "first" }
            ),
            Self::Sorted { sort, before, id, mark } => format!("{}/{before}/{id}/{mark}", sort.code()),
        };
        let seal = mark(session, "cursor", &text);
        BASE64.encode(format!("{text}/{seal}"))
    }

    /// The place that a cursor says; `None` if no answer of ours gave it out.
    pub fn read(session: &Operator<'_>, cursor: &str) -> Option<Self> {
        let sealed = String::from_utf8(BASE64.decode(cursor).ok()?).ok()?;
        let (text, seal) = sealed.rsplit_once('/')?;
        if seal != mark(session, "cursor", text) {
            return None;
        }
        match text.split('/').collect::<Vec<_>>()[..] {
            ["row", at, campaign, id, list] => Some(Self::Row {
                at: at.parse().ok()?,
                campaign: CampaignId::new(campaign),
                id: LeadId::new(id),
                further: list == "further",
            }),
            [sort, before, id, mark] => Some(Self::Sorted {
                sort: Sort::read(sort)?,
                before: before.parse().ok()?,
                id: LeadId::new(id),
                mark: mark.to_owned(),
            }),
            _ => None,
        }
    }

    /// Whether it is a place in a list of this order.
    pub fn is_in(&self, order: Sort) -> bool {
        match self {
            Self::Row { .. } => order.is_of_index(),
            Self::Sorted { sort, .. } => *sort == order,
        }
    }
}

/// A text under our key, in 22 characters: what was written here, and nothing of what it says.
pub fn mark(session: &Operator<'_>, what: &str, text: &str) -> String {
    let key = &session.app.ring().identity;
    BASE64.encode(&key.mac(&[what, session.workspace.as_str(), text])[..16])
}
