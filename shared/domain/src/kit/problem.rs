//! What is wrong with a field, as a stable code and as a sentence in the visitor's language. Never the value.

use strum::IntoStaticStr;

use crate::kit::email::Email;
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::words;

/// One refused field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name as the form declares it.
    pub field: String,
    /// What is wrong with it.
    pub kind: ProblemKind,
    /// What was probably meant, for the person to decide.
    pub suggestion: Option<Personal>,
    /// Whether it is asked back once only: the same value sent again is taken.
    pub once: bool,
}

impl FieldProblem {
    /// A problem that stays until it is put right.
    pub fn new(field: impl Into<String>, kind: ProblemKind) -> Self {
        Self {
            field: field.into(),
            kind,
            suggestion: None,
            once: false,
        }
    }

    /// With what was probably meant.
    #[must_use]
    pub fn suggesting(mut self, email: Option<&Email>) -> Self {
        self.suggestion = email.map(|email| Personal::new(email.expose()));
        self
    }

    /// Asked back once only, or until it is put right.
    #[must_use]
    pub fn once(mut self, once: bool) -> Self {
        self.once = once;
        self
    }
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ProblemKind {
    /// Nothing was given.
    Required,
    /// The consent box must be ticked to go on.
    MustAccept,
    /// Not an address that email can reach.
    Email(crate::kit::email::EmailProblem),
    /// An address whose domain is one slip away from a well-known one: taken, if it is meant.
    MistypedDomain,
    /// More characters than the field takes.
    TooLong(usize),
    /// Not one of the offered choices.
    NotAnOption,
    /// Not a number.
    NotANumber,
    /// Below the least number taken.
    TooSmall(i64),
    /// Above the greatest number taken.
    TooLarge(i64),
    /// Not a telephone number.
    #[strum(serialize = "invalid_phone")]
    Phone,
    /// Neither an address nor a telephone number: nobody could answer.
    Unreachable,
    /// A box with neither a yes nor a no.
    NotYesOrNo,
    /// Not a date.
    #[strum(serialize = "invalid_date")]
    Date,
    /// Not a web address.
    #[strum(serialize = "invalid_url")]
    Url,
}

// Numbers compare whole: no field holds NaN.
impl Eq for ProblemKind {}

impl ProblemKind {
    /// The stable code that programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Email(problem) => problem.code(),
            other => other.into(),
        }
    }

    /// The sentence that people read: says what to do.
    pub fn message(&self, locale: Locale) -> String {
        match self {
            Self::Required => words::required(locale).to_owned(),
            Self::MustAccept => words::must_accept(locale).to_owned(),
            Self::Email(problem) => problem.message(locale).to_owned(),
            Self::MistypedDomain => words::mistyped_domain(locale).to_owned(),
            Self::NotYesOrNo => words::not_yes_or_no(locale).to_owned(),
            Self::TooLong(max) => words::too_long(locale, *max),
            Self::NotAnOption => words::not_an_option(locale).to_owned(),
            Self::NotANumber => words::not_a_number(locale).to_owned(),
            Self::TooSmall(min) => words::too_small(locale, *min),
            Self::TooLarge(max) => words::too_large(locale, *max),
            Self::Unreachable => words::unreachable(locale).to_owned(),
            Self::Phone => words::not_a_phone(locale).to_owned(),
            Self::Date => words::not_a_date(locale).to_owned(),
            Self::Url => words::not_a_url(locale).to_owned(),
        }
    }
}
