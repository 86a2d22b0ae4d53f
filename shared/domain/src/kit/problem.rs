//! What is wrong with a field, as a stable code and as a sentence in the visitor's language. Never the value.

use strum::IntoStaticStr;

use crate::kit::locale::Locale;

/// One refused field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name as the form declares it.
    pub field: String,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ProblemKind {
    /// Nothing was given.
    Required,
    /// The consent box must be ticked to go on.
    MustAccept,
    /// Not an address that mail can reach.
    Email(crate::kit::email::EmailProblem),
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
    /// Not a date `YYYY-MM-DD`.
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
        let pick = |fr: &str, en: &str| locale.pick(fr, en).to_owned();
        match self {
            Self::Required => pick("Ce champ est obligatoire.", "This field is required."),
            Self::MustAccept => pick("Cochez cette case pour continuer.", "Tick this box to go on."),
            Self::Email(problem) => problem.message(locale.code()).to_owned(),
            Self::TooLong(max) => match locale {
                Locale::Fr => format!("Raccourcissez ce texte : {max} caractères au plus."),
                Locale::En => format!("Shorten this text: {max} characters at most."),
            },
            Self::NotAnOption => pick(
                "Choisissez une des réponses proposées.",
                "Choose one of the answers offered.",
            ),
            Self::NotANumber => pick(
                "Écrivez un nombre, en chiffres seulement.",
                "Write a number, in digits only.",
            ),
            Self::TooSmall(min) => match locale {
                Locale::Fr => format!("Indiquez au moins {min}."),
                Locale::En => format!("Give at least {min}."),
            },
            Self::TooLarge(max) => match locale {
                Locale::Fr => format!("Indiquez au plus {max}."),
                Locale::En => format!("Give at most {max}."),
            },
            Self::Phone => pick(
                "Écrivez un numéro de téléphone, par exemple 01 99 00 12 34.",
                "Write a telephone number, for example +33 1 99 00 12 34.",
            ),
            Self::Date => pick(
                "Écrivez une date, par exemple 2026-01-31.",
                "Write a date, for example 2026-01-31.",
            ),
            Self::Url => pick(
                "Écrivez une adresse web complète, par exemple https://www.example.com.",
                "Write a full web address, for example https://www.example.com.",
            ),
        }
    }
}
