//! Why a command did not do its work, and the sentence for the person who typed it.

use std::io;
use std::path::PathBuf;

use piste_adapters::app;
use piste_adapters::aws::SetupError;
use piste_adapters::store::StoreError;
use piste_domain::Locale;
use piste_domain::campaign::FileProblem;
use piste_domain::campaign::destination::Kind;
use piste_domain::kit::format;
use piste_domain::kit::limits::REASON_CHARS_MAX;
use piste_operations::texts::bad_ask;
use piste_operations::{OperationError, report, users};

use crate::{fault, system, texts};

/// Why a command did not do its work.
#[derive(Debug)]
pub enum CommandError {
    /// The text cannot be the secret of a destination of this kind.
    DestinationSecret(Kind),
    /// The text cannot be the site key of a Turnstile widget.
    SiteKey,
    /// The text cannot be the secret key of a Turnstile widget.
    TurnstileSecret,
    /// A campaign cannot be called this.
    CampaignName(String),
    /// No campaign of this name ships.
    NotShipped(String),
    /// Something is there already.
    Taken(PathBuf),
    /// A file of a destination is wrong: every problem, with its line.
    NoDestinationFile(PathBuf),
    /// A destination of this kind has no fields that could be read.
    NoFields(Kind),
    /// This destination has no secret here.
    NoSecret(String),
    /// A CRM did not say which fields it has.
    FieldsUnread {
        /// The status it answered with.
        status: Option<u16>,
        /// Its own code.
        code: Option<String>,
    },
    /// No assistant can be answered.
    Mcp(piste_mcp::Refused),
    /// Something is left to do.
    LeftToDo,
    /// A table does not do as asked.
    Store(StoreError),
    /// A data folder cannot be used.
    System(system::StartError),
    /// An app cannot start on the tables.
    App(app::StartError),
    /// A client cannot be built.
    Setup(SetupError),
    /// These variables of the environment are missing.
    Environment(Vec<String>),
    /// There is no data in this folder.
    NoData(PathBuf),
    /// A system is running in this folder.
    Running(PathBuf),
    /// A file cannot be read.
    File(PathBuf, io::Error),
    /// Lines of a file are not a day and a number.
    VisitorLines(PathBuf, Vec<usize>),
    /// Standard input cannot be read.
    Stdin(io::Error),
    /// What came from standard input is no address.
    NotAnAddress,
    /// The copies of emails to an erased person are still there.
    Outbox(io::Error),
    /// No file holds a line of the archive.
    NoArchive,
    /// What became due and what became of it do not agree.
    DoesNotReconcile,
    /// The words of a consent changed under a version that people agreed to.
    WordingChanged,
    /// The deployed functions cannot read what would be published.
    OlderFunctions {
        /// The form this version publishes.
        writes: u64,
        /// The form they can read.
        reads: u64,
    },
    /// As of any operation.
    Operation(OperationError),
}

macro_rules! from {
    ($($error:ty => $variant:ident),+) => { $(impl From<$error> for CommandError {
        fn from(error: $error) -> Self {
            Self::$variant(error)
        }
    })+ };
}

from!(StoreError => Store, system::StartError => System, app::StartError => App, SetupError => Setup, OperationError => Operation);

impl From<report::BadAsk> for CommandError {
    fn from(bad: report::BadAsk) -> Self {
        Self::Operation(bad.into())
    }
}

impl CommandError {
    /// What to tell the person: one line for each thing to mend.
    pub fn say(&self, locale: Locale) -> String {
        match self {
            Self::Operation(OperationError::Files(problems)) => problem_lines(problems, locale),
            Self::Store(error) | Self::Operation(OperationError::Store(error)) => {
                texts::store_failed(locale, &error.to_string(), &error.advice(locale))
            }
            Self::System(error) => error.say(locale),
            Self::App(error) => error.say(locale),
            Self::Setup(error) => error.say(locale),
            Self::Environment(names) => texts::environment_missing(locale, &names.join(", ")),
            Self::NoData(folder) => texts::no_leads_in(locale, &folder.display().to_string()),
            Self::Running(folder) => texts::running_in(locale, &folder.display().to_string()),
            Self::File(file, error) => {
                texts::file_unreadable(locale, &file.display().to_string(), &fault::say(error, locale))
            }
            Self::VisitorLines(file, lines) => {
                let file = file.display().to_string();
                let lines = lines.iter().map(|line| texts::bad_visitors_line(locale, &file, *line));
                lines.collect::<Vec<_>>().join("\n")
            }
            Self::Stdin(error) => texts::stdin_unreadable(locale, &fault::say(error, locale)),
            Self::NotAnAddress => texts::not_an_address(locale).to_owned(),
            Self::Outbox(error) => texts::outbox_not_cleaned(locale, &fault::say(error, locale)),
            Self::NoArchive => texts::no_archive(locale).to_owned(),
            Self::OlderFunctions { writes, reads } => texts::older_functions(locale, *writes, *reads),
            Self::WordingChanged => texts::wording_changed(locale).to_owned(),
            Self::DoesNotReconcile => texts::does_not_reconcile(locale).to_owned(),
            Self::Operation(OperationError::NoImport) => texts::no_such_import(locale).to_owned(),
            Self::Operation(OperationError::UndoOver) => texts::undo_over(locale).to_owned(),
            Self::Operation(OperationError::NoUser) => texts::no_such_user(locale).to_owned(),
            Self::Operation(OperationError::NameTaken) => texts::name_taken(locale).to_owned(),
            Self::Operation(OperationError::LastAdmin) => texts::last_admin(locale).to_owned(),
            Self::Operation(OperationError::Fields(errors)) if !errors.is_empty() => {
                users::told(errors, locale).join("\n")
            }
            Self::Operation(OperationError::NoDestination) => texts::no_such_destination(locale).to_owned(),
            Self::CampaignName(name) => texts::bad_campaign_name(locale, name),
            Self::NotShipped(name) => {
                let known: Vec<_> = crate::shipped::names().collect();
                texts::not_shipped(locale, name, &known.join(", "))
            }
            Self::Taken(folder) => texts::taken(locale, &folder.display().to_string()),
            Self::NoDestinationFile(file) => texts::no_destination_file(locale, &file.display().to_string()),
            Self::NoFields(kind) => texts::no_fields(locale, kind.code()),
            Self::NoSecret(name) => {
                let variable = system::secret_of(name);
                texts::no_secret_of(locale, name, &variable)
            }
            Self::FieldsUnread { status, code } => {
                let status = status.map_or_else(|| "—".to_owned(), |status| status.to_string());
                texts::fields_unread(locale, &status, code.as_deref().unwrap_or("—"))
            }
            Self::Mcp(refused) => refused.say(locale),
            Self::LeftToDo => texts::left_to_do(locale).to_owned(),
            Self::SiteKey => texts::bad_site_key(locale).to_owned(),
            Self::TurnstileSecret => texts::bad_turnstile_secret(locale).to_owned(),
            Self::DestinationSecret(kind) => texts::bad_destination_secret(locale, kind.code()),
            // The rest is of what the console alone asks.
            Self::Operation(
                OperationError::NoLead
                | OperationError::Fields(_)
                | OperationError::NoSuchMove(_)
                | OperationError::NoTask
                | OperationError::NoMoreSnoozes
                | OperationError::OptedOut
                | OperationError::Erased
                | OperationError::NoPost
                | OperationError::NoDelivery
                | OperationError::NoMailing
                | OperationError::AlreadyApproved
                | OperationError::NotApproved
                | OperationError::Recipients(_)
                | OperationError::PostTaken
                | OperationError::BadCursor
                | OperationError::TooManyToSort,
            ) => texts::no_such_lead(locale).to_owned(),
            Self::Operation(OperationError::BadName) => texts::bad_name(locale).to_owned(),
            Self::Operation(OperationError::BadSecret(proof)) => texts::bad_secret(locale, proof.code()),
            Self::Operation(OperationError::NotJson) => texts::not_json(locale).to_owned(),
            Self::Operation(OperationError::NoKeys) => texts::no_keys(locale).to_owned(),
            Self::Operation(OperationError::BadMoment) => texts::bad_moment(locale).to_owned(),
            Self::Operation(OperationError::CampaignGone(campaign)) => texts::campaign_gone(locale, campaign),
            Self::Operation(OperationError::NotCapturedYet(at)) => {
                texts::not_captured_yet(locale, &format::moment(at.timestamp(), at.time_zone(), locale))
            }
            Self::Operation(OperationError::NoStep(known)) => texts::no_such_step(locale, &known.join(", ")),
            Self::Operation(OperationError::NoCampaign) => texts::no_such_campaign(locale).to_owned(),
            Self::Operation(OperationError::NothingToLift) => texts::nothing_to_lift(locale).to_owned(),
            Self::Operation(OperationError::Reason) => texts::reason_needed(locale, REASON_CHARS_MAX),
            Self::Operation(OperationError::MainWorkspaceOnly) => texts::main_workspace_only(locale).to_owned(),
            Self::Operation(OperationError::Ask(bad)) => bad_ask(locale, *bad).to_owned(),
        }
    }
}

/// The problems of campaign files, one a line: `file:line: message`.
pub fn problem_lines(problems: &[FileProblem], locale: Locale) -> String {
    let lines = problems.iter().map(|problem| problem.say(locale));
    lines.collect::<Vec<_>>().join("\n")
}
