//! In which order a list comes.

use jiff::Timestamp;
use piste_adapters::store::BoardRow;
use piste_domain::codes;
use piste_domain::kit::text::folded;
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::row::Summary;

/// An order: upwards, or downwards with `-` in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
pub enum Sort {
    /// The oldest first.
    #[strum(serialize = "captured_at")]
    Captured,
    /// The newest first.
    #[default]
    #[strum(serialize = "-captured_at")]
    CapturedDown,
    /// Who asked longest ago first.
    #[strum(serialize = "last_enquiry_at")]
    Asked,
    /// Who asked last first.
    #[strum(serialize = "-last_enquiry_at")]
    AskedDown,
    /// Who waits for something soonest first.
    #[strum(serialize = "due_at")]
    Due,
    /// Who waits longest first.
    #[strum(serialize = "-due_at")]
    DueDown,
    /// By name.
    #[strum(serialize = "name")]
    Name,
    /// By name, from the end.
    #[strum(serialize = "-name")]
    NameDown,
    /// By company.
    #[strum(serialize = "company")]
    Company,
    /// By company, from the end.
    #[strum(serialize = "-company")]
    CompanyDown,
    /// `A1` first.
    #[strum(serialize = "grade")]
    Grade,
    /// `D4` first.
    #[strum(serialize = "-grade")]
    GradeDown,
    /// Whose next task has to be done first: the order of the console's call list. The API does not have it.
    #[strum(serialize = "deadline")]
    Deadline,
}

codes!(Sort);

/// What a lead is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A moment.
    At(Timestamp),
    /// A text, without accents and capitals.
    Text(String),
}

impl Value {
    fn text(text: &str) -> Option<Self> {
        Some(folded(text)).filter(|text| !text.is_empty()).map(Self::Text)
    }

    /// The value as one text.
    pub fn written(value: Option<&Self>) -> String {
        match value {
            Some(Self::At(at)) => at.as_second().to_string(),
            Some(Self::Text(text)) => text.clone(),
            None => String::new(),
        }
    }
}

impl Sort {
    /// The orders of the API.
    pub fn offered() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|sort| *sort != Self::Deadline)
    }

    /// Reads its code.
    pub fn read(code: &str) -> Option<Self> {
        Self::from_code(code)
    }

    /// Whether the index has the leads in this order.
    pub fn is_of_index(self) -> bool {
        self == Self::CapturedDown
    }

    /// Whether the largest value comes first.
    pub fn is_down(self) -> bool {
        self.code().starts_with('-')
    }

    /// The value of a row, where the index has it; `None` where only the lead itself does.
    pub fn of_row(self, row: &BoardRow) -> Option<Option<Value>> {
        match self {
            Self::Captured | Self::CapturedDown => Some(Some(Value::At(row.captured_at))),
            Self::Name | Self::NameDown => Some(Value::text(row.name.expose())),
            // Whom nobody has to call has no deadline.
            Self::Deadline if row.call_from.is_none() => Some(None),
            _ => None,
        }
    }

    /// The value of a lead as lists show it; `None` where it has none.
    pub fn of_lead(self, lead: &Summary) -> Option<Value> {
        match self {
            Self::Captured | Self::CapturedDown => Some(Value::At(lead.captured_at)),
            Self::Asked | Self::AskedDown => Some(Value::At(lead.last_enquiry_at)),
            Self::Due | Self::DueDown => lead.due_at.map(Value::At),
            Self::Name | Self::NameDown => Value::text(&lead.name),
            Self::Company | Self::CompanyDown => Value::text(&lead.company),
            Self::Grade | Self::GradeDown => Value::text(&lead.grade),
            Self::Deadline => lead.task.as_ref().map(|task| Value::At(task.until)),
        }
    }
}
