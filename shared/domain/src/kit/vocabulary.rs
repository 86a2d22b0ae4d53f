//! The closed lists of words that files, items and answers share.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::codes;

/// What a consent is about. Each is asked and kept apart (GDPR art. 7, R62).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Purpose {
    /// Marketing emails.
    Marketing,
    /// Tracking what this person opens and clicks (R59): never part of the first.
    Tracking,
    /// Sharing their data with third parties.
    Sharing,
}

codes!(Purpose);

/// Why marketing emails are allowed (R63, CPCE L34-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Regime {
    /// The person agreed beforehand.
    B2cConsent,
    /// Notice and an opt-out, for messages about the person's profession.
    B2bInterest,
    /// Notice and an opt-out, for customers of the same sender and goods like those they bought.
    CustomerSimilar,
}

codes!(Regime);

/// What can speak against a post: each adds points to its risk (R87).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Layer {
    /// The field that people do not see was filled in.
    Honeypot,
    /// The hosted form came back sooner than anybody can fill it in.
    TooFast,
    /// The hosted form came back long after it was shown.
    TooOld,
    /// The mark of when the form was shown is not ours, or another form's.
    ForgedTime,
    /// The form asks for a proof of work, and there is none, or one that is over or could not be checked.
    NoProof,
    /// The proof of work is wrong, another form's, or was used before.
    FalseProof,
    /// The form asks for Cloudflare Turnstile, and no answer of its widget came with the post.
    NoTurnstile,
    /// Cloudflare does not vouch for the answer: wrong, over, used before, or another site's or form's.
    FalseTurnstile,
    /// The address is at a provider of throw-away addresses (R85).
    Disposable,
    /// The mailbox is that of a function, such as `info@`.
    Role,
    /// Web addresses where the form asks for none.
    Links,
    /// HTML or BBCode that makes links or loads something.
    Markup,
    /// Most letters are of an alphabet that none of the campaign's languages is written in.
    Alphabet,
    /// Its visitor posted for many people within the hour, as far as the function that read it saw.
    ManyPeople,
}

codes!(Layer);

/// Which rules an email obeys. Each class names its semantics here, once (R10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Class {
    /// Marketing: at most once, tried again only on evidence that the first try did not arrive. Needs consent.
    Nurture,
    /// What the person asked for: at least once, two at most.
    Service,
    /// To sales, about a lead: at least once, two at most. The lead's own opt-out does not stop it.
    Alert,
}

codes!(Class);

/// How far a lead has come.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum Stage {
    /// Showed interest and can be reached.
    Lead,
    /// Marketing qualified: the score reached the campaign's threshold.
    Mql,
    /// Sales qualified: a person accepted it for active selling.
    Sql,
    /// Bought.
    Customer,
    /// Will not buy; the reason says why.
    Disqualified,
    /// Sales tried as often as agreed and reached nobody: back to nurturing.
    Recycled,
    /// Nothing was heard of the person for months.
    Dormant,
}

codes!(Stage);

/// Why a sequence ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum ExitReason {
    /// The person opted out.
    Unsubscribe,
    /// The address does not work.
    Bounce,
    /// The person complained.
    Complaint,
    /// The person answered.
    Reply,
    /// Sales took over.
    Sql,
    /// The person bought.
    Customer,
    /// The lead was disqualified: always an exit.
    Disqualified,
    /// The legal basis is gone, or never was: always an exit.
    NoBasis,
    /// The person is known by a telephone number alone: always an exit.
    NoAddress,
    /// The last step is done.
    Completed,
    /// The dormant person returned: always an exit from the reactivation sequence.
    Return,
}

codes!(ExitReason);

/// Why an email that became due was left out, where the person did not leave its sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum SkipReason {
    /// It was too late for it.
    Late,
    /// The person turned its topic off.
    TopicOff,
    /// One of the conditions of `until` was true: what it was to bring about had happened.
    Goal,
    /// One of the conditions of `when` was not true.
    Condition,
    /// The person had it the last time they went through the sequence.
    Had,
    /// It was put before one that had left already.
    Overtaken,
    /// It was taken out of the file while it waited.
    Removed,
    /// The mailbox had no room for it.
    MailboxFull,
}

codes!(SkipReason);

/// What a person can do that counts. Opens do not: machines open emails (R60).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum SignalKind {
    /// Posted a form.
    Form,
    /// Confirmed the opt-in.
    Confirm,
    /// Clicked a link in an email.
    Click,
    /// Visited a page.
    Visit,
    /// Downloaded something.
    Download,
    /// Replied to an email.
    Reply,
    /// Agreed to a meeting, or came to one.
    Meeting,
    /// Was called and spoken to.
    CallReached,
    /// Was called and did not answer.
    CallNoAnswer,
    /// Was called and is not a buyer.
    CallNotAFit,
    /// Bought.
    Won,
    /// Decided against buying.
    Lost,
    /// Told another system that they want no more emails.
    Unsubscribe,
}

codes!(SignalKind);

impl SignalKind {
    /// Whether another system may report it. What the person does with us we see ourselves: a form, the button of the
    /// opt-in and a click that a person made are nobody else's to report.
    pub fn may_be_reported(self) -> bool {
        !matches!(self, Self::Form | Self::Confirm | Self::Click)
    }

    /// Whether it counts as contact by the person when months of silence are counted: an unanswered call or an opt-out
    /// does not.
    pub fn is_contact(self) -> bool {
        !matches!(self, Self::CallNoAnswer | Self::Unsubscribe)
    }

    /// Whether it is how a sale ended.
    pub fn is_outcome(self) -> bool {
        matches!(self, Self::Won | Self::Lost | Self::CallNotAFit)
    }
}

/// Why SES refuses the house, and none of its emails in particular (R133).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum HouseRefusal {
    /// The sender is not verified or, in the sandbox, whoever the email is for.
    NotVerified,
    /// SES paused the account.
    AccountPaused,
    /// The role, or its key, may not send from there.
    AccessDenied,
    /// The configuration set is not there.
    NoConfigurationSet,
    /// Sending is switched off for the configuration set.
    ConfigurationSetPaused,
}

codes!(HouseRefusal);

impl HouseRefusal {
    /// Reasons with which an email failed before a refusal of the house was known as one; the message may be at fault, too.
    pub const FORMER_CODES: [&str; 10] = [
        "AccessDenied",
        "AccessDeniedException",
        "ConfigurationSetDoesNotExist",
        "ConfigurationSetDoesNotExistException",
        "ExpiredToken",
        "InvalidClientTokenId",
        "MailFromDomainNotVerifiedException",
        "MessageRejected",
        "RequestExpired",
        "SignatureDoesNotMatch",
    ];
}
