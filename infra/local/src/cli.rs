//! What may be typed after `piste`. A test parses every line of the documents with it.

mod help;
mod parse;

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use jiff::Timestamp;
use piste_adapters::csv::Reader;
use piste_adapters::users::Role;
use piste_domain::Locale;
use piste_domain::lead::stage::Stage;
use piste_operations::{MAIN_WORKSPACE, retention};

pub use self::parse::{Told, command_in, parse};
use crate::storage::{People, Storage, Tables};

/// Lead capture that you own. Without a command: the whole system on this machine.
#[derive(Debug, Parser)]
#[command(name = "piste", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Port on 127.0.0.1; 0 for any free one.
    #[arg(long, default_value_t = 8787)]
    pub port: u16,
    /// Folder that keeps the data; `:memory:` keeps none.
    #[arg(long, default_value = "./.piste")]
    pub data: PathBuf,
    /// Start of the virtual clock, such as 2026-03-02T09:00:00Z; it then stands still until moved.
    #[arg(long)]
    pub now: Option<Timestamp>,
    /// Folder with the campaigns; by default infra/campaigns, or the demo of this program where there is none.
    #[arg(long, global = true)]
    pub campaigns: Option<PathBuf>,
    /// Folder with the destinations.
    #[arg(long, default_value = "infra/destinations", global = true)]
    pub destinations: PathBuf,
    /// Print only the two lines that a calling program waits for.
    #[arg(long)]
    pub quiet: bool,
    /// Language of the answers, fr or en; by default that of the terminal.
    #[arg(long, global = true, value_parser = |code: &str| Locale::from_tag(code).ok_or("fr or en"))]
    pub lang: Option<Locale>,
}

impl Cli {
    /// The language asked for, else that of the terminal.
    pub fn locale(&self) -> Locale {
        self.lang.or_else(parse::of_terminal).unwrap_or(Locale::En)
    }
}

/// The whole command line, for those who want to know what parses.
pub fn command() -> clap::Command {
    Cli::command()
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a campaign of your own from one that ships. Nothing that is there is written over.
    New {
        /// Its name: the folder’s, and the form’s.
        id: String,
        /// The campaign that ships: guide-seo, quote-request or newsletter.
        #[arg(long, value_name = "CAMPAIGN", default_value = crate::shipped::DEMO)]
        from: String,
    },
    /// Checks every campaign: file and line of each problem and, on request, what the files would change for people.
    Check {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Whose people.
        #[command(flatten)]
        people: People,
    },
    /// Checks every campaign and writes them where the functions read them.
    Publish(Tables),
    /// Adds a new key for signing links; links that are already signed stay valid.
    RotateLinks(Tables),
    /// Creates another operator key for a workspace and prints it once.
    OperatorKey {
        /// The workspace it is for.
        #[arg(long, default_value = MAIN_WORKSPACE)]
        workspace: String,
        /// Where.
        #[command(flatten)]
        tables: Tables,
    },
    /// Lists, adds and revokes the keys of the console and the API.
    Keys {
        /// What to do.
        #[command(subcommand)]
        what: KeysCommand,
    },
    /// Creates a secret for another system that reports to /triggers/NAME and prints it once; the previous one stays
    /// valid.
    TriggerSecret {
        /// The source: the last part of its address.
        #[arg(long)]
        source: String,
        /// Uses the secret that the other system gives you; without a value, asks for it or reads standard input, so
        /// that no shell remembers it.
        #[arg(long, num_args = 0..=1, value_name = "SECRET")]
        value: Option<Option<String>>,
        /// The workspace whose leads it reports about.
        #[arg(long, default_value = MAIN_WORKSPACE)]
        workspace: String,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Stores the secret of a destination, read from standard input, so that no shell remembers it.
    Secret {
        /// The destination: the name of its file.
        name: String,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Stores the secret key of a Turnstile widget, read from standard input, so that no shell remembers it.
    TurnstileSecret {
        /// The site key of the widget, as in `[protect]` of campaign.toml.
        site_key: String,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Lists, pauses and resumes destinations, and replays what they refused.
    Destination {
        /// What to do.
        #[command(subcommand)]
        what: DestinationCommand,
    },
    /// What other systems report.
    #[command(subcommand)]
    Trigger(Trigger),
    /// The funnel: visitors, leads, MQL, SQL, customers, with 95 % intervals, times, costs and benchmarks.
    Report {
        /// What.
        #[command(flatten)]
        ask: ReportAsk,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Imports a campaign's visitors by day from another counter: a CSV file with lines such as 2026-03-02,120.
    Visitors {
        /// The file.
        file: PathBuf,
        /// The campaign.
        #[arg(long)]
        campaign: String,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Imports a list of leads: a CSV file as spreadsheets write it. It fills gaps, emails nobody and alerts nobody.
    Import {
        /// The file; its first line names the columns.
        file: PathBuf,
        /// The campaign.
        #[arg(long)]
        campaign: String,
        /// Says what would be new, changed and refused; nothing is written.
        #[arg(long)]
        dry_run: bool,
        /// What columns mean, beyond what their names say: COLUMN=field, with a comma between two; without a field a column is
        /// left out.
        #[arg(long, default_value = "")]
        columns: String,
        /// The workspace.
        #[arg(long, default_value = MAIN_WORKSPACE)]
        workspace: String,
        /// Print what the API answers.
        #[arg(long)]
        json: bool,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Undoes an import, within seven days: leads it added go, fields it filled in are empty again, what people did since stays.
    UndoImport {
        /// The import, as it was printed.
        import: String,
        /// The workspace.
        #[arg(long, default_value = MAIN_WORKSPACE)]
        workspace: String,
        /// Print what the API answers.
        #[arg(long)]
        json: bool,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Shows why a lead has its score: every line, its rule, its date, what age and caps left of it.
    Explain {
        /// Whose.
        #[command(flatten)]
        person: Person,
        /// The day, or the time, to work it out for; by default now.
        #[arg(long)]
        at: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Shows every email a lead will still get, and why at that time.
    Plan {
        /// Whose.
        #[command(flatten)]
        person: Person,
        /// Print what the API answers.
        #[arg(long)]
        json: bool,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Shows an email before it leaves: for a sample person, or for a lead.
    Preview(PreviewAsk),
    /// Shows which stored leads would move under the rules of a file, and how well they tell buyers from others.
    SimulateRules {
        /// A campaign.toml with other scoring rules.
        new: PathBuf,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Shows who will be erased, and when, unless they get in touch. Erasure is automatic.
    Retention {
        /// Required, as a reminder that nothing is erased here.
        #[arg(long, required = true)]
        dry_run: bool,
        /// How many days to look ahead.
        #[arg(long, default_value_t = retention::DAYS_DEFAULT, value_parser = clap::value_parser!(u32).range(1..=i64::from(retention::DAYS_MAX)))]
        days: u32,
        /// The workspace.
        #[arg(long, default_value = MAIN_WORKSPACE)]
        workspace: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Proves that every email that became due is accounted for; fails if anything does not add up.
    #[command(alias = "audit")]
    Reconcile {
        /// Print everything found, as JSON.
        #[arg(long)]
        json: bool,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Shows whether sending is on, bounces and complaints, the test email and the SES quota.
    Sending(Storage),
    /// Stops all email until `piste release`.
    Hold {
        /// Why; visible to everybody. No personal data.
        #[arg(long)]
        reason: String,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Resumes sending after a hold, a restore or an automatic pause.
    Release {
        /// Why; visible to everybody. No personal data.
        #[arg(long, default_value = "")]
        reason: String,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Sends again what failed because SES refused the account, the sender, the rights or the configuration set, unless it is too
    /// late for it. SES never took these emails: nobody gets one twice.
    Resend {
        /// Only of leads of this campaign.
        #[arg(long)]
        campaign: Option<String>,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Brings a restored table up to date from the logs: emails sent, what SES reported, who unsubscribed, who was
    /// erased.
    Replay {
        /// Exports of the log groups of nurture, feedback, consent and console, in any text form.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Rewrites every lead's place in the lists and its next due time, and prints how many. The functions keep
    /// running; you can stop it and run it again.
    Reindex(Storage),
    /// Prints everything held about a person, as JSON; with --campaign, the leads of a campaign instead, as CSV.
    #[command(mut_arg("lead", |lead| lead.required_unless_present("campaign")))]
    Export {
        /// Whose.
        #[command(flatten)]
        whose: Whose,
        /// Or of many.
        #[command(flatten)]
        list: ListAsk,
    },
    /// Prints, for each email ever sent to a person, the rule, the words and the moment that allowed it.
    Proof(Whose),
    /// Erases a person, and prints the certificate.
    Erase(Whose),
    /// Says what is left to do before leads come in and emails leave, each with what to do; fails if anything must be done.
    Doctor {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// What the leads and emails of each campaign cost at AWS so far, in US dollars, and what runs every month.
    Cost {
        /// The workspace.
        #[arg(long, default_value = MAIN_WORKSPACE)]
        workspace: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Where.
        #[command(flatten)]
        storage: Storage,
    },
    /// Answers the questions of an assistant about leads, over standard input and output (Model Context Protocol): a client of the
    /// API with a key of role read, which changes nothing.
    Mcp {
        /// Where the API is: https://…, or http:// to this machine.
        #[arg(long)]
        url: String,
        /// A file with the key; without it the key is in PISTE_KEY.
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        /// Shows names, addresses and numbers; without it they are masked.
        #[arg(long)]
        reveal: bool,
    },
    /// Prints what a shell needs to complete commands and flags.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Prints the manual page.
    Man,
}

/// What can be done with what other systems report.
#[derive(Debug, Subcommand)]
pub enum Trigger {
    /// Shows what a payload from another system would do under these campaign files, and what is not read; stores
    /// nothing.
    Try {
        /// The source: the last part of its address.
        #[arg(long)]
        source: String,
        /// The payload, as the other system sends it.
        file: PathBuf,
        /// The workspace whose leads it reports about.
        #[arg(long, default_value = MAIN_WORKSPACE)]
        workspace: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What can be done with destinations.
#[derive(Debug, Subcommand)]
pub enum DestinationCommand {
    /// Shows each destination, what waits and what was set aside.
    List(KeysOf),
    /// Reads the fields of a CRM and keeps them beside the destination's file, for the check.
    Fields {
        /// The destination: the name of its file.
        name: String,
        /// Whose.
        #[command(flatten)]
        of: KeysOf,
    },
    /// Shows what a destination would be told of a lead; nothing is sent.
    Try {
        /// The destination: the name of its file.
        name: String,
        /// Whose.
        #[command(flatten)]
        person: Person,
        /// Shows what somebody typed, too.
        #[arg(long)]
        reveal: bool,
        /// Whose.
        #[command(flatten)]
        of: KeysOf,
    },
    /// Pauses a destination: what is due waits.
    Pause {
        /// The destination: the name of its file.
        name: String,
        /// Whose.
        #[command(flatten)]
        of: KeysOf,
    },
    /// Resumes a destination, whatever stopped it: what waits goes at once.
    Resume {
        /// The destination: the name of its file.
        name: String,
        /// Whose.
        #[command(flatten)]
        of: KeysOf,
    },
    /// Tries again everything of a destination that was set aside.
    Replay {
        /// The destination: the name of its file.
        name: String,
        /// Whose.
        #[command(flatten)]
        of: KeysOf,
    },
}

impl DestinationCommand {
    /// Whose destinations.
    pub fn of(&self) -> &KeysOf {
        match self {
            Self::List(of)
            | Self::Fields { of, .. }
            | Self::Try { of, .. }
            | Self::Pause { of, .. }
            | Self::Resume { of, .. }
            | Self::Replay { of, .. } => of,
        }
    }
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Shows the name, role, end and last use of each key.
    List(KeysOf),
    /// Creates a key and prints it once.
    Add {
        /// Whose key it is; shown next to what is done with it.
        name: String,
        /// What it may do: read, sales, write or admin; each role includes those before it.
        #[arg(long, value_parser = |code: &str| Role::from_code(code).ok_or("read, sales, write, admin"))]
        role: Role,
        /// The last day on which it works, or the moment it ends; by default 90 days from now.
        #[arg(long)]
        expires_at: Option<String>,
        /// Whose.
        #[command(flatten)]
        of: KeysOf,
    },
    /// Revokes a key: it stops working within a minute, and its sessions end.
    Revoke {
        /// The name, as the list shows it.
        name: String,
        /// Whose.
        #[command(flatten)]
        of: KeysOf,
    },
}

impl KeysCommand {
    /// Whose keys.
    pub fn of(&self) -> &KeysOf {
        match self {
            Self::List(of) | Self::Add { of, .. } | Self::Revoke { of, .. } => of,
        }
    }
}

/// Whose keys, and how they are shown.
#[derive(Clone, Debug, clap::Args)]
pub struct KeysOf {
    /// The workspace.
    #[arg(long, default_value = MAIN_WORKSPACE)]
    pub workspace: String,
    /// Print what the API answers.
    #[arg(long)]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub storage: Storage,
}

/// Which email, and how it is shown.
#[derive(Clone, Debug, clap::Args)]
pub struct PreviewAsk {
    /// The step, as the campaign's file names it.
    pub step: String,
    /// The campaign.
    #[arg(long)]
    pub campaign: String,
    /// A lead's id or email address; without it a sample person. The links of a preview do nothing.
    #[arg(long)]
    pub lead: Option<String>,
    /// Opens it in the browser.
    #[arg(long)]
    pub open: bool,
    /// Print JSON.
    #[arg(long, conflicts_with = "open")]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub storage: Storage,
}

/// One person.
#[derive(Clone, Debug, clap::Args)]
pub struct Person {
    /// The lead's id, as in the console's address, or the email address.
    #[arg(required_unless_present = "email_from_stdin")]
    pub lead: Option<String>,
    /// Reads the address from standard input instead, so that no shell remembers it.
    #[arg(long, conflicts_with = "lead")]
    pub email_from_stdin: bool,
}

/// Whose rights.
#[derive(Clone, Debug, clap::Args)]
pub struct Whose {
    /// Whose.
    #[command(flatten)]
    pub person: Person,
    /// The workspace of the address.
    #[arg(long, default_value = MAIN_WORKSPACE)]
    pub workspace: String,
    /// Where.
    #[command(flatten)]
    pub storage: Storage,
}

/// Which leads a list holds, and for whom it is.
#[derive(Debug, clap::Args)]
pub struct ListAsk {
    /// Prints all leads of this campaign.
    #[arg(long, conflicts_with_all = ["lead", "email_from_stdin"])]
    pub campaign: Option<String>,
    /// Only those at this stage.
    #[arg(long, requires = "campaign", value_parser = |code: &str| Stage::from_code(code).ok_or_else(|| Stage::ALL.map(Stage::code).join(", ")))]
    pub stage: Option<Stage>,
    /// Who reads the list: spreadsheet (the default) or program.
    #[arg(long = "for", requires = "campaign", value_parser = |code: &str| Reader::from_code(code).ok_or("spreadsheet, program"))]
    pub reader: Option<Reader>,
}

/// What a report is asked.
#[derive(Debug, clap::Args)]
pub struct ReportAsk {
    /// One campaign; by default all of the workspace.
    #[arg(long)]
    pub campaign: Option<String>,
    /// The first day of capture (2026-03-01) or moment; by default three years back.
    #[arg(long)]
    pub from: Option<String>,
    /// The last one, included; by default now.
    #[arg(long)]
    pub to: Option<String>,
    /// Visitors in the period, if nothing counted them.
    #[arg(long)]
    pub visitors: Option<String>,
    /// What the campaign cost in the period, in euros.
    #[arg(long)]
    pub spend: Option<String>,
    /// The workspace.
    #[arg(long, default_value = MAIN_WORKSPACE)]
    pub workspace: String,
    /// Print what the API answers.
    #[arg(long)]
    pub json: bool,
}
