//! A list of leads as a table (R98).

use std::sync::Arc;

use piste_adapters::csv::{Cell, Csv, Reader};
use piste_domain::{CampaignId, Lead, Locale};

use super::row::Shown;
use super::{Filter, LEADS_AT_ONCE, Place, find, load};
use crate::{OperationError, Operator};

/// Bytes of one part, as JSON: Lambda answers 6 MB at most.
const BYTES_MAX: usize = 5_000_000;
/// Leads of one part: a few seconds of the smallest share of a processor.
const LEADS_MAX: usize = 10_000;

/// A table that is being written, part by part; the header comes once.
#[derive(Debug)]
pub struct Table {
    csv: Csv,
    fields: Vec<String>,
}

impl Table {
    /// Its header.
    pub fn new(session: &Operator<'_>, filter: &Filter, reader: Reader, locale: Locale) -> Self {
        let fields = columns(session, filter);
        let mut csv = Csv::new(reader, locale);
        let heads = FIXED.into_iter().chain(fields.iter().map(String::as_str));
        csv.row(heads.map(Cell::from));
        Self { csv, fields }
    }

    /// The next leads that are looked for, as many as fit into one answer; says where the list goes on.
    ///
    /// # Errors
    /// As [`find`].
    pub async fn part(
        &mut self,
        session: &Operator<'_>,
        filter: &Filter,
    ) -> Result<(String, Option<Place>), OperationError> {
        let found = find(session, filter, filter.limit.unwrap_or(LEADS_MAX)).await?;
        let (mut bytes, mut next, mut last) = (0, found.next, None);
        'full: for some in found.hits.chunks(LEADS_AT_ONCE) {
            for lead in load(session, some.iter().map(|hit| &hit.id)).await?.rows {
                if bytes >= BYTES_MAX {
                    let hit = found.hits.iter().find(|hit| Some(&hit.id) == last.as_ref());
                    next = hit.map(|hit| hit.place.clone());
                    break 'full;
                }
                bytes += self
                    .csv
                    .row(row(session, &lead, filter.campaign.as_ref(), &self.fields));
                last = Some(lead.id.clone());
            }
        }
        Ok((self.csv.take(), next))
    }
}

impl Table {
    /// These leads, whatever is looked for.
    pub fn of(mut self, session: &Operator<'_>, leads: &[Arc<Lead>]) -> String {
        for lead in leads {
            self.csv.row(row(session, lead, None, &self.fields));
        }
        self.csv.take()
    }
}

const FIXED: [&str; 12] = [
    "id",
    "email",
    "campaign",
    "stage",
    "grade",
    "fit",
    "engagement",
    "captured_at",
    "language",
    "marketing",
    "stopped",
    "source",
];

/// The fields asked for, of one campaign or of all, each once.
fn columns(session: &Operator<'_>, filter: &Filter) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let wanted = session
        .campaigns()
        .filter(|campaign| filter.campaign.as_ref().is_none_or(|id| id == &campaign.id));
    for field in wanted.flat_map(|campaign| &campaign.form.fields) {
        let asked = field.purpose.is_none() && field.name != "email";
        if asked && !columns.contains(&field.name) {
            columns.push(field.name.clone());
        }
    }
    columns
}

fn row<'a>(
    session: &Operator<'_>,
    lead: &'a Lead,
    campaign: Option<&CampaignId>,
    fields: &'a [String],
) -> impl Iterator<Item = Cell<'a>> {
    let summary = super::row::row(
        lead,
        &Shown::of(session, lead, campaign),
        campaign.is_some(),
        session.now,
    );
    let marketing = lead.marketing_state(&summary.campaign).map_or("", |state| state.code());
    let stopped = lead.stop().map_or("", |stop| stop.reason.code());
    let fixed: [Cell<'a>; FIXED.len()] = [
        lead.id.as_str().into(),
        summary.email.unwrap_or_default().into(),
        summary.campaign.to_string().into(),
        summary.stage.code().into(),
        summary.grade.into(),
        Cell::Number(summary.fit),
        Cell::Number(summary.engagement),
        summary.captured_at.to_string().into(),
        lead.words.language().code().into(),
        marketing.into(),
        stopped.into(),
        summary.source.unwrap_or_default().into(),
    ];
    let answers = fields.iter().map(|name| lead.words.answer(name).unwrap_or_default());
    fixed.into_iter().chain(answers.map(Cell::from))
}
