//! What an operator can ask and do, each once. The console and the command line only render it: nothing here prints,
//! speaks HTTP or knows a language, but for the names of codes in [`texts`].

pub mod destinations;
pub mod edit;
pub mod explain;
pub mod home;
pub mod import;
pub mod keys;
pub mod leads;
pub mod mailings;
pub mod mails;
pub mod plan;
pub mod preview;
pub mod qualify;
pub mod quarantine;
pub mod reconcile;
pub mod reindex;
pub mod replay;
pub mod report;
pub mod resend;
pub mod retention;
pub mod rights;
pub mod sending;
pub mod simulate;
pub mod texts;
pub mod tried;
pub mod usage;
pub mod users;
pub mod visitors;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use piste_adapters::App;
use piste_adapters::http::FieldError;
use piste_adapters::store::{BoardRow, StoreError};
use piste_adapters::users::User;
use piste_domain::campaign::FileProblem;
use piste_domain::campaign::mapping::Proof;
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_domain::kit::text::clean_line;
use piste_domain::lead::stage::Stage;
use piste_domain::{Campaign, CampaignId, Catalog, Email, Lead, LeadId, Record, WorkspaceId};

/// The workspace of the company that runs the system: what concerns every workspace is decided there.
pub const MAIN_WORKSPACE: &str = "main";

/// Lists go back three years; a lead captured before is found by its address.
pub const MONTHS_BACK: usize = 37;

/// Somebody at work in one workspace, at one moment. Nothing of another workspace is read or changed.
#[derive(Debug)]
pub struct Operator<'a> {
    /// Store, clock, keys and campaigns.
    pub app: &'a App,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The campaigns of all workspaces, as published at that moment.
    pub catalog: Arc<Catalog>,
    /// The moment.
    pub now: Timestamp,
    /// The name that appears next to what is done; `None` for the operator.
    pub name: Option<String>,
}

/// Why something was not done.
#[derive(Debug)]
pub enum OperationError {
    /// There is no such lead in this workspace.
    NoLead,
    /// There is no such campaign in this workspace.
    NoCampaign,
    /// There is no such step in this campaign; these are there.
    NoStep(Vec<String>),
    /// No suppression that an operator may lift: the person's own opt-out is theirs alone.
    NothingToLift,
    /// A reason is needed, of [`REASON_CHARS_MAX`] characters at most.
    Reason,
    /// It concerns every workspace, and this is not [`MAIN_WORKSPACE`].
    MainWorkspaceOnly,
    /// Neither a workspace nor a source is named like this.
    BadName,
    /// The text cannot be a secret of this proof.
    BadSecret(Proof),
    /// The file is no JSON object or list.
    NotJson,
    /// There is no key ring yet: nothing was ever published.
    NoKeys,
    /// There was no such import in this workspace.
    NoImport,
    /// The week in which the import could be taken back is over.
    UndoOver,
    /// Nobody in this workspace has that name.
    NoUser,
    /// Another user has that name.
    NameTaken,
    /// Without this user nobody could add another.
    LastAdmin,
    /// Fields that need attention: all of them.
    Fields(Vec<FieldError>),
    /// A lead at this stage does not move to the one asked for.
    NoSuchMove(Stage),
    /// Nobody is to call this lead, or the call was logged before.
    NoTask,
    /// The task was snoozed as often as it may be.
    NoMoreSnoozes,
    /// The person opted out: nobody else can say yes for them.
    OptedOut,
    /// The person was erased: only a post of theirs brings them back.
    Erased,
    /// A cursor that no answer gave out, or of a list in another order.
    BadCursor,
    /// More leads than are read to sort them.
    TooManyToSort,
    /// There is no such post in the quarantine of this workspace, or no more.
    NoPost,
    /// Somebody else is releasing the post, or was faster.
    PostTaken,
    /// There is no such mailing in this workspace.
    NoMailing,
    /// A mailing was approved before.
    AlreadyApproved,
    /// Nobody has approved the mailing.
    NotApproved,
    /// A dry run counts so many now.
    Recipients(u64),
    /// There is no such destination in this workspace.
    NoDestination,
    /// There is no such delivery in this workspace, or nothing of it to tell again.
    NoDelivery,
    /// The question for a report is wrong.
    Ask(report::BadAsk),
    /// Neither a day nor a moment.
    BadMoment,
    /// The lead came in later than the moment asked about: then.
    NotCapturedYet(Zoned),
    /// The lead's campaign is no longer published.
    CampaignGone(CampaignId),
    /// A campaign's file is wrong: every problem, with its line.
    Files(Vec<FileProblem>),
    /// The store does not answer.
    Store(StoreError),
}

impl From<StoreError> for OperationError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<report::BadAsk> for OperationError {
    fn from(bad: report::BadAsk) -> Self {
        Self::Ask(bad)
    }
}

impl<'a> Operator<'a> {
    /// An operator of this workspace, now.
    ///
    /// # Errors
    /// [`StoreError`] while no campaigns were ever read.
    pub async fn new(app: &'a App, workspace: WorkspaceId) -> Result<Self, StoreError> {
        Ok(Self {
            app,
            workspace,
            catalog: app.catalog().await?,
            now: app.now(),
            name: None,
        })
    }

    /// A user at work, now.
    ///
    /// # Errors
    /// As [`Operator::new`].
    pub async fn of(app: &'a App, user: &User) -> Result<Self, StoreError> {
        Ok(Self {
            name: user.signs_as(),
            ..Self::new(app, user.workspace.clone()).await?
        })
    }

    /// The campaigns of the workspace.
    pub fn campaigns(&self) -> impl Iterator<Item = &Campaign> {
        let all = self.catalog.iter().map(|published| &published.campaign);
        all.filter(|campaign| campaign.workspace == self.workspace)
    }

    /// A lead of the workspace.
    ///
    /// # Errors
    /// [`OperationError::NoLead`], [`OperationError::Store`].
    pub async fn lead(&self, id: &str) -> Result<Arc<Lead>, OperationError> {
        if !LeadId::is_valid(id) {
            return Err(OperationError::NoLead);
        }
        let lead = self.app.store.load(&LeadId::new(id)).await?;
        lead.filter(|lead| lead.workspace == self.workspace)
            .ok_or(OperationError::NoLead)
    }

    /// The id of a lead of the workspace, erased ones included.
    ///
    /// # Errors
    /// [`OperationError::NoLead`], [`OperationError::Store`].
    pub async fn known(&self, id: &str) -> Result<LeadId, OperationError> {
        if !LeadId::is_valid(id) {
            return Err(OperationError::NoLead);
        }
        let id = LeadId::new(id);
        let record = self.app.store.record(&id).await?;
        let ours = |record: &Record| record.workspace() == &self.workspace;
        record.filter(ours).map(|_| id).ok_or(OperationError::NoLead)
    }

    /// Every row of one campaign in the month of `until`, up to that moment, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn month(&self, campaign: &CampaignId, until: Timestamp) -> Result<Vec<BoardRow>, StoreError> {
        let mut rows = Vec::new();
        let mut from = None;
        loop {
            let page = self.app.store.board(&self.workspace, campaign, until, from).await?;
            rows.extend(page.rows);
            from = page.next;
            if from.is_none() {
                return Ok(rows);
            }
        }
    }
}

/// A lead named by id or by address, for the command line, whose rights are those of its user: an id is found in any
/// workspace, an address in this one, or in any without one.
///
/// # Errors
/// [`OperationError::NoLead`], [`OperationError::Store`].
pub async fn find<'a>(
    app: &'a App,
    who: &str,
    workspace: Option<WorkspaceId>,
) -> Result<(Operator<'a>, LeadId), OperationError> {
    let catalog = app.catalog().await?;
    let everywhere = || {
        let campaigns = catalog.iter().map(|published| published.campaign.workspace.clone());
        campaigns.collect::<BTreeSet<_>>()
    };
    let ids = match Email::read(who) {
        Ok(email) => {
            let workspaces = workspace.map_or_else(everywhere, |one| BTreeSet::from([one]));
            let key = &app.ring().identity;
            let id = |workspace: &WorkspaceId| LeadId::of(key, workspace, &email);
            workspaces.iter().map(id).collect()
        }
        Err(_) if LeadId::is_valid(who) => vec![LeadId::new(who)],
        Err(_) => Vec::new(),
    };
    for id in ids {
        if let Some(record) = app.store.record(&id).await? {
            let operator = Operator::new(app, record.workspace().clone()).await?;
            return Ok((operator, id));
        }
    }
    Err(OperationError::NoLead)
}

/// A reason as it is kept: one line. An empty one is taken where none is needed.
///
/// # Errors
/// [`OperationError::Reason`].
pub fn reason(text: &str, needed: bool) -> Result<String, OperationError> {
    let reason = clean_line(text);
    let chars = reason.chars().count() as u64;
    if chars > REASON_CHARS_MAX || (needed && chars == 0) {
        return Err(OperationError::Reason);
    }
    Ok(reason)
}

/// The last second of the month before: the board is kept by months of UTC.
pub fn end_of_month_before(at: Timestamp) -> Timestamp {
    let first = at.to_zoned(TimeZone::UTC).date().first_of_month();
    let start = first.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    start.unwrap_or(Timestamp::MIN) - SignedDuration::from_secs(1)
}
