//! What stands after the `?`: declared once for each route, and read, checked and described from that.

use std::collections::BTreeMap;

use piste_adapters::csv::Reader;
use piste_adapters::http::FieldError;
use piste_domain::Locale;
use piste_domain::lead::deliveries::DeliveryState;
use piste_domain::lead::stage::Stage;
use piste_operations::leads::sort::Sort;
use piste_operations::leads::{Due, Filter, LIMIT_DEFAULT, LIMIT_MAX, Sends, moment_since};
use piste_operations::report::By;
use piste_operations::retention::{DAYS_DEFAULT, DAYS_MAX};

use crate::{ConsoleError, Session};

/// A parameter of a query.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    #[cfg_attr(not(feature = "describe"), expect(dead_code, reason = "for the description"))]
    pub about: &'static str,
    /// The values it takes.
    pub takes: Takes,
    /// The code of a refused value.
    pub code: &'static str,
}

/// The values that a parameter takes.
pub enum Takes {
    /// Any text; what reads it may still refuse it.
    Text,
    /// One of these words.
    OneOf(fn() -> Vec<&'static str>),
    /// A whole number from 1 to `max`.
    Whole {
        /// The largest.
        max: u32,
        /// What counts without the parameter, where it is a number.
        #[cfg_attr(not(feature = "describe"), expect(dead_code, reason = "for the description"))]
        default: Option<u32>,
    },
}

const fn text(name: &'static str, about: &'static str, code: &'static str) -> Parameter {
    let takes = Takes::Text;
    Parameter {
        name,
        about,
        takes,
        code,
    }
}

/// Every route for operators takes it.
pub const LANG: Parameter = Parameter {
    name: "lang",
    about: "Language of the sentences for people; without it `Accept-Language` decides.",
    takes: Takes::OneOf(|| Locale::ALL.map(Locale::code).to_vec()),
    code: "unknown_lang",
};

/// What a list of leads is filtered and sorted by.
pub const LEADS: [Parameter; 12] = [
    text("campaign", "Only leads of this campaign.", "unknown_campaign"),
    Parameter {
        name: "stage",
        about: "Only leads at this stage.",
        takes: Takes::OneOf(|| Stage::ALL.map(Stage::code).to_vec()),
        code: "unknown_stage",
    },
    Parameter {
        name: "grade",
        about: "Only leads of this grade, or of all grades of a letter.",
        takes: Takes::OneOf(grades),
        code: "unknown_grade",
    },
    Parameter {
        name: "sends",
        about: "Only leads with emails whose outcome is unknown, or that were sent twice.",
        takes: Takes::OneOf(|| Sends::ALL.map(Sends::code).to_vec()),
        code: "unknown_sends",
    },
    Parameter {
        name: "call",
        about: "Only leads that somebody should call by now, or should have called.",
        takes: Takes::OneOf(|| Due::ALL.map(Due::code).to_vec()),
        code: "unknown_call",
    },
    text("owner", "Only leads of this owner, by id.", "unknown_owner"),
    text(
        "source",
        "Only leads whose first post came from there.",
        "unknown_source",
    ),
    text(
        "since",
        "Only leads that came since then: a moment, a day, or a time back from now such as `P7D`.",
        "bad_since",
    ),
    text(
        "q",
        "Part of the name, company, address or telephone number, without regard to accents and case; a whole address finds exactly its lead.",
        "bad_q",
    ),
    Parameter {
        name: "sort",
        about: "The order: upwards, or downwards with `-` in front; leads without the value come last. Without it, `-captured_at`.",
        takes: Takes::OneOf(|| Sort::offered().map(Sort::code).collect()),
        code: "unknown_sort",
    },
    CURSOR,
    Parameter {
        name: "limit",
        about: "Leads per page.",
        takes: Takes::Whole {
            max: LIMIT_MAX as u32,
            default: Some(LIMIT_DEFAULT as u32),
        },
        code: "bad_limit",
    },
];

/// The same of the console's page, which also sorts by deadline.
pub const LIST: [Parameter; 12] = {
    let [
        campaign,
        stage,
        grade,
        sends,
        call,
        owner,
        source,
        since,
        words,
        sort,
        cursor,
        limit,
    ] = LEADS;
    let sort = Parameter {
        takes: Takes::OneOf(|| Sort::ALL.map(Sort::code).to_vec()),
        ..sort
    };
    [
        campaign, stage, grade, sends, call, owner, source, since, words, sort, cursor, limit,
    ]
};

/// The same of a table, and for whom it is.
pub const TABLE: [Parameter; 13] = {
    let [
        campaign,
        stage,
        grade,
        sends,
        call,
        owner,
        source,
        since,
        words,
        sort,
        cursor,
        _,
    ] = LEADS;
    let limit = Parameter {
        name: "limit",
        about: "Leads per answer; without it, up to 10,000, as many as fit into five megabytes.",
        takes: Takes::Whole {
            max: LIMIT_MAX as u32,
            default: None,
        },
        code: "bad_limit",
    };
    let reader = Parameter {
        name: "for",
        about: "`spreadsheet`, the default: with a byte order mark, the separator of the language, and no formulas. `program`: commas, and values as they are.",
        takes: Takes::OneOf(|| Reader::ALL.map(Reader::code).to_vec()),
        code: "unknown_for",
    };
    [
        campaign, stage, grade, sends, call, owner, source, since, words, sort, cursor, limit, reader,
    ]
};

/// The grades, and the letters alone.
fn grades() -> Vec<&'static str> {
    vec![
        "A", "B", "C", "D", "A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4", "C1", "C2", "C3", "C4", "D1", "D2", "D3",
        "D4",
    ]
}

/// What a report is about.
pub const REPORT: [Parameter; 6] = [
    Parameter {
        name: "by",
        about: "`cohort`: what became of the enquiries of the period. `period`: what happened in it, whenever the enquiry came.",
        takes: Takes::OneOf(|| By::ALL.map(By::code).to_vec()),
        code: "bad_by",
    },
    text(
        "campaign",
        "Only this campaign; without it, all of the workspace.",
        "unknown_campaign",
    ),
    text(
        "from",
        "First day (`2026-03-01`) or moment (RFC 3339) of capture; without it, three years back.",
        "bad_period",
    ),
    text("to", "Last day or moment of capture; without it, now.", "bad_period"),
    text(
        "visitors",
        "Visitors of the period; without it, those counted.",
        "bad_visitors",
    ),
    text(
        "spend",
        "Spend of the period, such as `1250.50`; without it, what the campaigns' files say.",
        "bad_spend",
    ),
];

/// How a list is imported.
pub const IMPORT: [Parameter; 4] = [
    text(
        "campaign",
        "Required: the campaign whose leads they become.",
        "unknown_campaign",
    ),
    Parameter {
        name: "dry_run",
        about: "`true`: says what would be new, changed and refused, and writes nothing.",
        takes: Takes::OneOf(|| vec!["true", "false"]),
        code: "bad_dry_run",
    },
    text(
        "columns",
        "What columns mean, beyond what their names say: `Courriel=email,Notes=`, with a comma between two; without a field, a column is left out.",
        "bad_columns",
    ),
    Parameter {
        name: "from",
        about: "`next` of the answer before, to go on with the same file.",
        takes: Takes::Whole {
            max: u32::MAX,
            default: Some(1),
        },
        code: "bad_from",
    },
];

/// How far a retention forecast looks ahead.
pub const RETENTION: [Parameter; 2] = [
    Parameter {
        name: "days",
        about: "Days ahead.",
        takes: Takes::Whole {
            max: DAYS_MAX,
            default: Some(DAYS_DEFAULT),
        },
        code: "bad_days",
    },
    CURSOR,
];

/// Which page of the quarantine.
pub const QUARANTINE: [Parameter; 1] = [CURSOR];

/// For whom an email is previewed.
pub const PREVIEW: [Parameter; 1] = [text("lead", "With the names of this lead.", "not_found")];

/// Whose emails are shown, and whether a test was sent a moment ago.
pub const MAILS: [Parameter; 2] = [
    text("campaign", "Only emails of this campaign.", "unknown_campaign"),
    text("test", "`sent` after a test.", "unknown_test"),
];

/// Which deliveries.
pub const DELIVERIES: [Parameter; 4] = [
    text("destination", "Of this destination alone.", "bad_destination"),
    Parameter {
        name: "state",
        about: "In this state alone.",
        takes: Takes::OneOf(delivery_states),
        code: "bad_state",
    },
    text("lead", "Of this lead alone.", "bad_lead"),
    CURSOR,
];

fn delivery_states() -> Vec<&'static str> {
    DeliveryState::ALL.map(DeliveryState::code).to_vec()
}

const CURSOR: Parameter = text(
    "cursor",
    "`next` of the page before, unchanged; without it, the first page.",
    "bad_cursor",
);

impl Parameter {
    /// Why a value is refused, if it is.
    fn problem(&self, value: &str) -> Option<String> {
        match &self.takes {
            Takes::Text => None,
            Takes::OneOf(words) => {
                let words = words();
                (!words.contains(&value)).then(|| format!("Use one of: {}.", words.join(", ")))
            }
            Takes::Whole { max, .. } => {
                let holds = value.parse().is_ok_and(|number: u32| (1..=*max).contains(&number));
                (!holds).then(|| format!("Use a whole number from 1 to {max}."))
            }
        }
    }
}

/// A query whose values were checked. Blank values count as absent, so that a form may send them.
#[derive(Default)]
pub struct Query(BTreeMap<&'static str, String>);

impl Query {
    /// Reads a query: all problems at once.
    ///
    /// # Errors
    /// [`ConsoleError::Query`]: a value that its parameter does not take, a parameter that comes twice and, if `strict`,
    /// one that `known` does not have.
    pub fn read(
        asked: &[(String, String)],
        known: impl Iterator<Item = &'static Parameter> + Clone,
        strict: bool,
    ) -> Result<Self, ConsoleError> {
        let mut values = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, value) in asked {
            let mut refuse = |code, message| {
                errors.push(FieldError::new(name, code, message));
            };
            let value = value.trim();
            let Some(parameter) = known.clone().find(|parameter| parameter.name == name) else {
                if strict {
                    let names: Vec<_> = known.clone().map(|parameter| parameter.name).collect();
                    refuse("unknown_parameter", format!("Use only: {}.", names.join(", ")));
                }
                continue;
            };
            if value.is_empty() {
                continue;
            }
            if let Some(problem) = parameter.problem(value) {
                refuse(parameter.code, problem);
            } else if values.insert(parameter.name, value.to_owned()).is_some() {
                refuse("repeated_parameter", "Send it once.".to_owned());
            }
        }
        match errors[..] {
            [] => Ok(Self(values)),
            _ => Err(ConsoleError::Query(errors)),
        }
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The leads that it asks for.
    ///
    /// # Errors
    /// [`ConsoleError::Query`]: `since` is none; else as [`Filter::read`].
    pub fn filter(&self, session: &Session<'_>) -> Result<Filter, ConsoleError> {
        let since = self.get("since");
        if since.is_some_and(|since| moment_since(session, since).is_none()) {
            let advice = "Use a moment, a day, or a time back from now such as `P7D`.".to_owned();
            return Err(ConsoleError::Query(vec![FieldError::new("since", "bad_since", advice)]));
        }
        Ok(Filter::read(session, |name| self.get(name).map(str::to_owned))?)
    }

    /// The same query without a parameter.
    pub fn without(&self, name: &str) -> Self {
        let others = self.0.iter().filter(|(known, _)| **known != name);
        Self(others.map(|(name, value)| (*name, value.clone())).collect())
    }

    /// The same query as text.
    pub fn text(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }

    /// The same query as text, with another value of one parameter.
    pub fn with(&self, name: &str, value: &str) -> String {
        let others = self.0.iter().filter(|(known, _)| **known != name);
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(others)
            .append_pair(name, value)
            .finish()
    }
}
