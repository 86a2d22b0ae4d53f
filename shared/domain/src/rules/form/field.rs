//! One field: what was sent for it, read by its type.

use validator::{ValidateLength, ValidateRange};

use crate::campaign::field::{Field, FieldType};
use crate::kit::email::Email;
use crate::kit::limits::{LONG_TEXT_CHARS_MAX, TEXT_CHARS_MAX};
use crate::kit::locale::Locale;
use crate::kit::phone::Phone;
use crate::kit::post::{RawPost, Sent};
use crate::kit::problem::{FieldProblem, ProblemKind};
use crate::kit::read::boxes::{self, Tick};
use crate::kit::read::{amount, date, folded, web};
use crate::kit::text::{clean_line, clean_text};

/// What a field was answered.
pub(super) enum Answered {
    Nothing,
    Email(Email),
    /// A number, and what stood beside it.
    Phone(Phone, Option<String>),
    Text(String),
    /// A ticked box, and the language of its wording where that was repeated.
    Ticked(Option<Locale>),
    /// A box that says neither yes nor no, as it was sent.
    Unclear(String),
}

impl Field {
    /// Reads what a post says of this field.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(&self, post: &RawPost, country: &str) -> Result<Answered, FieldProblem> {
        let wrong = |kind| FieldProblem::new(&self.name, kind);
        if self.kind == FieldType::Consent {
            let said = match self.tick(post.all(&self.name)) {
                Tick::Yes(wording) => Answered::Ticked(wording.map(|place| Locale::ALL[place])),
                Tick::No => Answered::Nothing,
                Tick::Unclear(sent) => Answered::Unclear(clean_line(sent)),
            };
            return match said {
                Answered::Nothing | Answered::Unclear(_) if self.required => Err(wrong(ProblemKind::MustAccept)),
                said => Ok(said),
            };
        }
        let Some(sent) = post
            .sent(&self.name)
            .filter(|sent| !self.as_typed(sent.text).is_empty())
        else {
            return match self.required {
                true => Err(wrong(ProblemKind::Required)),
                false => Ok(Answered::Nothing),
            };
        };
        if self.kind == FieldType::Email {
            let read = Email::read(sent.text);
            return read
                .map(Answered::Email)
                .map_err(|misread| wrong(ProblemKind::Email(misread.problem)).suggesting(misread.suggestion.as_ref()));
        }
        self.value(sent, country).map_err(wrong)
    }

    /// A value that is there, of any type but a box or the address.
    fn value(&self, sent: Sent<'_>, country: &str) -> Result<Answered, ProblemKind> {
        let typed = self.as_typed(sent.text);
        let value = match self.kind {
            FieldType::Number => return self.number(sent).map(Answered::Text),
            FieldType::Choice => return self.choice(&typed).ok_or(ProblemKind::NotAnOption),
            FieldType::Phone => {
                let (phone, beside) = Phone::read(&typed, country).ok_or(ProblemKind::Phone)?;
                return Ok(Answered::Phone(phone, beside));
            }
            FieldType::Date => {
                let day = date::read(&typed).filter(|_| !sent.is_number);
                return day.map(|day| Answered::Text(day.to_string())).ok_or(ProblemKind::Date);
            }
            FieldType::Url => web::read(&typed).ok_or(ProblemKind::Url)?,
            _ => typed,
        };
        let max = self.chars_max();
        match value.validate_length(None, Some(max as u64), None) {
            true => Ok(Answered::Text(value)),
            false => Err(ProblemKind::TooLong(max)),
        }
    }

    /// What was sent, cleaned and otherwise as it was typed.
    pub(super) fn as_typed(&self, sent: &str) -> String {
        match self.kind {
            FieldType::LongText => clean_text(sent),
            _ => clean_line(sent),
        }
    }

    /// What a box says, of all values that were sent for it.
    pub fn tick<'a>(&self, values: impl IntoIterator<Item = &'a str>) -> Tick<'a> {
        boxes::read(values, Locale::ALL.iter().map(|locale| self.label.get(*locale)))
    }

    /// The option that was chosen: by its value, or by its words in any language.
    fn choice(&self, typed: &str) -> Option<Answered> {
        let by_value = self.options.iter().find(|option| option.value == typed);
        let words = |label: &str| folded(&clean_line(label)) == folded(typed);
        let by_words = || {
            let mut options = self.options.iter();
            options.find(|option| Locale::ALL.iter().any(|locale| words(option.label.get(*locale))))
        };
        let chosen = by_value.or_else(by_words)?;
        Some(Answered::Text(chosen.value.clone()))
    }

    /// Most characters of this field's answer.
    pub fn chars_max(&self) -> usize {
        let default = match self.kind {
            FieldType::LongText => LONG_TEXT_CHARS_MAX,
            _ => TEXT_CHARS_MAX,
        };
        self.max
            .filter(|_| self.kind != FieldType::Number)
            .and_then(|max| usize::try_from(max).ok())
            .unwrap_or(default)
    }

    fn number(&self, sent: Sent<'_>) -> Result<String, ProblemKind> {
        let canonical = match sent.is_number {
            true => amount::of_json(sent.text),
            false => amount::read(sent.text, self.unit.as_deref()),
        };
        let canonical = canonical.ok_or(ProblemKind::NotANumber)?;
        let number: f64 = canonical.parse().map_err(|_| ProblemKind::NotANumber)?;
        let bound = |n: i64| n as f64;
        if !number.validate_range(self.min.map(bound), None, None, None) {
            return Err(ProblemKind::TooSmall(self.min.unwrap_or_default()));
        }
        if !number.validate_range(None, self.max.map(bound), None, None) {
            return Err(ProblemKind::TooLarge(self.max.unwrap_or_default()));
        }
        Ok(canonical)
    }
}
