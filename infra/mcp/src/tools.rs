//! The questions that can be asked: for each its arguments, the path of the API that answers, and what of that is shown.

use piste_domain::Locale;
use piste_domain::lead::deliveries::DeliveryState;
use piste_domain::lead::stage::Stage;
use serde_json::{Map, Value, json};

use crate::mask::Shape::{self, All, Count, Each, Label, Left, Of, Ours, Said, Who};
use crate::texts;

/// A question.
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// What it is called in a list.
    pub title: fn(Locale) -> &'static str,
    /// What it answers.
    pub about: fn(Locale) -> &'static str,
    /// The path of the API; a name in braces is an argument.
    pub path: &'static str,
    /// What it takes.
    pub arguments: &'static [Argument],
    /// What of the answer is shown.
    pub shape: Shape,
    /// How the answer is put together.
    pub kind: Kind,
}

/// How an answer is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page of the API, which has pages of its own size.
    Page,
    /// Parts of the lists of one answer.
    Parts,
    /// The same, the newest first.
    Newest,
    /// Numbers alone: how many posts are held, by form and by reason.
    Held,
}

/// An argument.
pub struct Argument {
    /// Its name, as the API has it.
    pub name: &'static str,
    /// What it does.
    pub about: fn(Locale) -> &'static str,
    /// What it may be.
    pub takes: Takes,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it is offered only with `--reveal`, because an answer to it says whom somebody searched for.
    pub reveals: bool,
}

/// What an argument may be.
#[derive(Clone, Copy)]
pub enum Takes {
    /// A text.
    Text,
    /// An id, as it may stand in a path.
    Id,
    /// One of these words.
    OneOf(fn() -> Vec<&'static str>),
    /// A whole number from `min` to `max`.
    Whole {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// Yes or no.
    Flag,
}

/// Longest text of an argument, in characters.
const TEXT_MAX: usize = 300;
/// Leads per page at most: each is some 400 characters.
const LIMIT_MAX: u64 = 50;
/// Leads per page unless somebody asks for another number.
pub const LIMIT_DEFAULT: u64 = 20;

/// The number of rows to skip; not passed on.
pub const OFFSET: &str = "offset";
/// Whether texts of strangers are asked for; not passed on.
pub const TEXTS: &str = "texts";

const fn may(name: &'static str, about: fn(Locale) -> &'static str, takes: Takes) -> Argument {
    Argument {
        name,
        about,
        takes,
        required: false,
        reveals: false,
    }
}

const fn must(name: &'static str, about: fn(Locale) -> &'static str) -> Argument {
    Argument {
        name,
        about,
        takes: Takes::Id,
        required: true,
        reveals: false,
    }
}

const CAMPAIGN: Argument = may("campaign", texts::campaign, Takes::Text);
const CURSOR: Argument = may("cursor", texts::cursor, Takes::Text);
const SKIP: Argument = may(OFFSET, texts::offset, Takes::Whole { min: 0, max: 100_000 });
const WITH_TEXTS: Argument = may(TEXTS, texts::texts, Takes::Flag);
const LEAD: Argument = must("id", texts::lead_id);

fn grades() -> Vec<&'static str> {
    vec![
        "A", "B", "C", "D", "A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4", "C1", "C2", "C3", "C4", "D1", "D2", "D3",
        "D4",
    ]
}

fn sorts() -> Vec<&'static str> {
    vec![
        "captured_at",
        "-captured_at",
        "last_enquiry_at",
        "-last_enquiry_at",
        "due_at",
        "-due_at",
        "grade",
        "-grade",
    ]
}

/// What a list of leads is filtered and sorted by: as the API, in smaller pages.
const LEADS: [Argument; 12] = [
    CAMPAIGN,
    may(
        "stage",
        texts::stage,
        Takes::OneOf(|| Stage::ALL.map(Stage::code).to_vec()),
    ),
    may("grade", texts::grade, Takes::OneOf(grades)),
    may("sends", texts::sends, Takes::OneOf(|| vec!["unknown", "duplicate"])),
    may("call", texts::call, Takes::OneOf(|| vec!["now", "late"])),
    may("owner", texts::owner, Takes::Text),
    may("source", texts::source, Takes::Text),
    may("since", texts::since, Takes::Text),
    Argument {
        reveals: true,
        ..may("q", texts::words, Takes::Text)
    },
    may("sort", texts::sort, Takes::OneOf(sorts)),
    CURSOR,
    may("limit", texts::limit, Takes::Whole { min: 1, max: LIMIT_MAX }),
];

/// A lead in a list, and at the head of the lead itself.
macro_rules! lead {
    ($($name:literal: $shape:expr),* $(,)?) => {
        Of(&[
            ("id", Ours), ("email", Who), ("phone", Who), ("name", Who), ("company", Who), ("campaign", Ours),
            ("stage", Ours), ("grade", Ours), ("fit", Ours), ("engagement", Ours), ("owner", Who), ("source", Label),
            ("captured_at", Ours), ("last_enquiry_at", Ours), ("due_at", Ours), ("unknown_sends", Ours), ("duplicate_sends", Ours),
            $(($name, $shape)),*
        ])
    };
}

/// A line of a score. Its reason is a sentence of the campaign's file.
const LINES: Shape = All(&Of(&[
    ("axis", Ours),
    ("rule", Ours),
    ("points", Ours),
    ("at", Ours),
    ("why", Ours),
    ("fresh", Ours),
    ("decayed", Ours),
    ("grade_at_most", Ours),
]));

const CASE: Shape = Of(&[
    ("answered_at", Ours),
    (
        "attempts",
        All(&Of(&[("at", Ours), ("by", Who), ("note", Said), ("outcome", Ours)])),
    ),
    ("attempts_planned", Ours),
    ("campaign", Ours),
    ("cause", Ours),
    ("closed", Of(&[("at", Ours), ("why", Ours)])),
    ("covers_for", Who),
    ("deadline", Ours),
    ("opened_at", Ours),
    ("overdue", Ours),
    ("owner", Who),
    ("owner_name", Who),
    ("round", Ours),
    (
        "task",
        Of(&[("escalated", Ours), ("from", Ours), ("kind", Ours), ("until", Ours)]),
    ),
    ("tier", Ours),
]);

const DELIVERIES: Shape = All(&Of(&[
    ("at", Ours),
    ("attempts", Ours),
    ("code", Ours),
    ("destination", Ours),
    ("fields", All(&Of(&[("name", Ours), ("outcome", Ours)]))),
    ("id", Ours),
    ("lead", Ours),
    ("next_at", Ours),
    ("state", Ours),
    ("status", Ours),
    ("what", Ours),
]));

const RATE: Shape = Of(&[("high", Ours), ("low", Ours), ("value", Ours)]);

const RATES: Shape = Of(&[
    ("lead_to_customer", RATE),
    ("lead_to_mql", RATE),
    ("lead_to_sql", RATE),
    ("mql_to_sql", RATE),
    ("sql_to_customer", RATE),
    ("visitor_to_lead", RATE),
]);

const COST: Shape = Of(&[
    ("per_customer", Ours),
    ("per_lead", Ours),
    ("per_mql", Ours),
    ("per_sql", Ours),
    ("spend", Ours),
]);

/// Parts of a report, by a key that is shown like this.
macro_rules! parts {
    ($key:expr) => {
        All(&Of(&[
            ("key", $key),
            ("leads", Ours),
            ("mql", Ours),
            ("sql", Ours),
            ("customers", Ours),
            ("rates", RATES),
            ("cost", COST),
        ]))
    };
}

const STOP: Shape = Of(&[("at", Ours), ("reason", Said)]);
const OF_MAILS: Shape = Of(&[("limit", Ours), ("mails", Ours), ("rate", Ours)]);

const LEAD_SHAPE: Shape = lead!(
    "answers": Each(&Said),
    "case": CASE,
    "checklist": All(&Of(&[("at", Ours), ("by", Who), ("met", Ours), ("what", Ours)])),
    "consents": All(&Of(&[
        ("asked_at", Ours), ("at", Ours), ("campaign", Ours), ("confirmed_at", Ours), ("method", Ours), ("page", Left),
        ("purpose", Ours), ("state", Ours), ("text_hash", Left), ("text_version", Ours),
    ])),
    "deliveries": Left,
    "enquiries": Left,
    "item_bytes": Ours,
    "kept": Of(&[("by", Who), ("reason", Said), ("until", Ours)]),
    "locale": Ours,
    "notes": Left,
    "score": Left,
    "sends": Left,
    "standings": All(&Of(&[
        ("campaign", Ours), ("engagement", Ours), ("fit", Ours), ("grade", Ours), ("last", Ours), ("lines", Left),
        ("mql_at", Ours), ("since", Ours),
    ])),
    "suppression": Of(&[("at", Ours), ("reason", Ours)]),
    "timeline": Left,
);

const HISTORY_SHAPE: Shape = Of(&[
    ("id", Ours),
    ("stage", Ours),
    ("timeline", All(&Of(&[("at", Ours), ("kind", Ours), ("text", Said)]))),
    (
        "enquiries",
        All(&Of(&[
            ("answers", Each(&Said)),
            ("at", Ours),
            ("campaign", Ours),
            ("confirmed", Ours),
            ("id", Ours),
            ("other", Count),
            ("told_by", Who),
            ("touch", Each(&Label)),
            ("unread", All(&Of(&[("code", Ours), ("field", Label)]))),
            ("version", Ours),
        ])),
    ),
    (
        "sends",
        All(&Of(&[
            ("at", Ours),
            ("attempts", Ours),
            ("class", Ours),
            ("send_id", Left),
            ("state", Ours),
            ("step", Ours),
        ])),
    ),
    (
        "notes",
        All(&Of(&[("at", Ours), ("by", Who), ("reached", Ours), ("text", Said)])),
    ),
    ("answers", Left),
    ("campaign", Left),
    ("captured_at", Left),
    ("case", Left),
    ("checklist", Left),
    ("company", Left),
    ("consents", Left),
    ("deliveries", Left),
    ("due_at", Left),
    ("duplicate_sends", Left),
    ("email", Left),
    ("engagement", Left),
    ("fit", Left),
    ("grade", Left),
    ("item_bytes", Left),
    ("kept", Left),
    ("last_enquiry_at", Left),
    ("locale", Left),
    ("name", Left),
    ("owner", Left),
    ("phone", Left),
    ("score", Left),
    ("source", Left),
    ("standings", Left),
    ("suppression", Left),
    ("unknown_sends", Left),
]);

const SCORE_SHAPE: Shape = Of(&[
    ("id", Ours),
    ("stage", Ours),
    (
        "score",
        Of(&[
            ("engagement", Ours),
            ("fit", Ours),
            ("grade", Ours),
            ("lines", LINES),
            ("version", Ours),
        ]),
    ),
    (
        "standings",
        All(&Of(&[
            ("campaign", Ours),
            ("engagement", Ours),
            ("fit", Ours),
            ("grade", Ours),
            ("last", Ours),
            ("lines", LINES),
            ("mql_at", Ours),
            ("since", Ours),
        ])),
    ),
    ("answers", Left),
    ("campaign", Left),
    ("captured_at", Left),
    ("case", Left),
    ("checklist", Left),
    ("company", Left),
    ("consents", Left),
    ("deliveries", Left),
    ("due_at", Left),
    ("duplicate_sends", Left),
    ("email", Left),
    ("engagement", Left),
    ("enquiries", Left),
    ("fit", Left),
    ("grade", Left),
    ("item_bytes", Left),
    ("kept", Left),
    ("last_enquiry_at", Left),
    ("locale", Left),
    ("name", Left),
    ("notes", Left),
    ("owner", Left),
    ("phone", Left),
    ("sends", Left),
    ("source", Left),
    ("suppression", Left),
    ("timeline", Left),
    ("unknown_sends", Left),
]);

/// Every question.
pub static TOOLS: [Tool; 12] = [
    Tool {
        name: "leads",
        title: texts::leads_title,
        about: texts::leads,
        path: "/api/leads",
        arguments: &LEADS,
        shape: Of(&[
            ("leads", All(&lead!())),
            ("next", Ours),
            ("total", Ours),
            ("unreadable", Ours),
        ]),
        kind: Kind::Page,
    },
    Tool {
        name: "lead",
        title: texts::lead_title,
        about: texts::lead,
        path: "/api/leads/{id}",
        arguments: &[LEAD, SKIP, WITH_TEXTS],
        shape: LEAD_SHAPE,
        kind: Kind::Parts,
    },
    Tool {
        name: "lead_history",
        title: texts::history_title,
        about: texts::history,
        path: "/api/leads/{id}",
        arguments: &[LEAD, SKIP, WITH_TEXTS],
        shape: HISTORY_SHAPE,
        kind: Kind::Newest,
    },
    Tool {
        name: "lead_score",
        title: texts::score_title,
        about: texts::score,
        path: "/api/leads/{id}",
        arguments: &[LEAD, SKIP],
        shape: SCORE_SHAPE,
        kind: Kind::Parts,
    },
    Tool {
        name: "lead_plan",
        title: texts::plan_title,
        about: texts::plan,
        path: "/api/leads/{id}/plan",
        arguments: &[LEAD, SKIP],
        shape: Of(&[(
            "plan",
            All(&Of(&[
                ("at", Ours),
                ("campaign", Ours),
                ("class", Ours),
                ("local", Ours),
                ("sequence", Ours),
                ("step", Ours),
                ("why", Ours),
            ])),
        )]),
        kind: Kind::Parts,
    },
    Tool {
        name: "report",
        title: texts::report_title,
        about: texts::report,
        path: "/api/report",
        arguments: &[
            may("by", texts::by, Takes::OneOf(|| vec!["cohort", "period"])),
            CAMPAIGN,
            may("from", texts::from_day, Takes::Text),
            may("to", texts::to_day, Takes::Text),
            may("visitors", texts::visitors, Takes::Text),
            may("spend", texts::spend, Takes::Text),
            SKIP,
            WITH_TEXTS,
        ],
        shape: Of(&[
            (
                "benchmarks",
                All(&Of(&[
                    ("comparable", Ours),
                    ("high", Ours),
                    ("low", Ours),
                    ("measure", Ours),
                    ("sector", Ours),
                    ("source", Ours),
                    ("why", Ours),
                    ("year", Ours),
                ])),
            ),
            ("by", Ours),
            ("by_campaign", parts!(Ours)),
            ("by_cohort", parts!(Ours)),
            ("by_later_source", parts!(Label)),
            ("by_owner", parts!(Who)),
            ("by_source", parts!(Label)),
            ("campaign", Ours),
            ("cost", COST),
            ("customers", Ours),
            ("days", All(&Of(&[("day", Ours), ("leads", Ours)]))),
            (
                "first_response",
                Of(&[
                    ("attainment", RATE),
                    ("decided", Ours),
                    ("handed_over", Ours),
                    ("in_time", Ours),
                    ("median_minutes", Ours),
                    ("p90_minutes", Ours),
                ]),
            ),
            ("from", Ours),
            ("grades", Each(&Ours)),
            ("leads", Ours),
            ("leads_without_spend", Ours),
            (
                "median_days",
                Of(&[
                    ("lead_to_customer", Ours),
                    ("lead_to_mql", Ours),
                    ("lead_to_sql", Ours),
                    ("mql_to_sql", Ours),
                    ("sql_to_customer", Ours),
                ]),
            ),
            ("mql", Ours),
            (
                "other_sources",
                Of(&[("customers", Ours), ("leads", Ours), ("mql", Ours), ("sql", Ours)]),
            ),
            ("rates", RATES),
            ("rejections", All(&Of(&[("leads", Ours), ("reason", Said)]))),
            ("revenue", Ours),
            ("sector", Ours),
            ("spend_from", Ours),
            ("sql", Ours),
            ("to", Ours),
            ("unreadable", Ours),
            ("visitors", Ours),
            ("visitors_from", Ours),
        ]),
        kind: Kind::Parts,
    },
    Tool {
        name: "retention",
        title: texts::retention_title,
        about: texts::retention,
        path: "/api/retention",
        arguments: &[
            may("days", texts::days, Takes::Whole { min: 1, max: 3_650 }),
            CURSOR,
            SKIP,
        ],
        shape: Of(&[
            ("kept", Ours),
            (
                "leads",
                All(&Of(&[
                    ("asked_at", Ours),
                    ("at", Ours),
                    ("campaign", Ours),
                    ("lead", Ours),
                    ("name", Who),
                    ("why", Ours),
                ])),
            ),
            ("looked_at", Ours),
            ("never_confirmed", Ours),
            ("next", Ours),
            ("unreadable", Ours),
            ("until", Ours),
        ]),
        kind: Kind::Parts,
    },
    Tool {
        name: "sending",
        title: texts::sending_title,
        about: texts::sending,
        path: "/api/sending",
        arguments: &[SKIP, WITH_TEXTS],
        shape: Of(&[
            (
                "breaker",
                Of(&[
                    ("bounces", OF_MAILS),
                    ("complaints", OF_MAILS),
                    ("days", Ours),
                    ("judges_from", Ours),
                    ("open", STOP),
                    ("sent", Ours),
                ]),
            ),
            (
                "campaigns",
                All(&Of(&[("campaign", Ours), ("duplicates", Ours), ("unknown", Ours)])),
            ),
            ("canary", Of(&[("back_at", Ours), ("missing", Ours), ("sent_at", Ours)])),
            ("held", Of(&[("cause", Ours), ("reason", Said), ("since", Ours)])),
            (
                "quota",
                Of(&[("per_day", Ours), ("per_second", Ours), ("sandbox", Ours)]),
            ),
            ("refused", Of(&[("from", All(&Who)), ("kind", Ours), ("since", Ours)])),
            ("released", STOP),
            ("state", Ours),
        ]),
        kind: Kind::Parts,
    },
    Tool {
        name: "campaign_emails",
        title: texts::mails_title,
        about: texts::mails,
        path: "/api/campaigns/{campaign}/mails",
        arguments: &[must("campaign", texts::campaign_id), SKIP],
        shape: Of(&[(
            "mails",
            All(&Of(&[
                ("bounced", Ours),
                ("class", Ours),
                ("clicked", Ours),
                ("opted_out", Ours),
                ("sent", Ours),
                ("sequence", Ours),
                ("step", Ours),
                ("subject", Each(&Ours)),
            ])),
        )]),
        kind: Kind::Parts,
    },
    Tool {
        name: "destinations",
        title: texts::destinations_title,
        about: texts::destinations,
        path: "/api/destinations",
        arguments: &[SKIP],
        shape: Of(&[(
            "destinations",
            All(&Of(&[
                ("kind", Ours),
                ("name", Ours),
                ("oldest_at", Ours),
                ("pending", Ours),
                ("reason", Ours),
                ("set_aside", Ours),
                ("state", Ours),
                ("until", Ours),
            ])),
        )]),
        kind: Kind::Parts,
    },
    Tool {
        name: "deliveries",
        title: texts::deliveries_title,
        about: texts::deliveries,
        path: "/api/deliveries",
        arguments: &[
            may("destination", texts::destination, Takes::Text),
            may(
                "state",
                texts::delivery_state,
                Takes::OneOf(|| DeliveryState::ALL.map(DeliveryState::code).to_vec()),
            ),
            may("lead", texts::of_lead, Takes::Id),
            CURSOR,
            SKIP,
        ],
        shape: Of(&[("deliveries", DELIVERIES), ("next", Ours)]),
        kind: Kind::Parts,
    },
    Tool {
        name: "quarantine",
        title: texts::quarantine_title,
        about: texts::quarantine,
        path: "/api/quarantine",
        arguments: &[],
        shape: Of(&[
            ("held", Ours),
            ("more", Ours),
            ("by_form", Each(&Ours)),
            ("by_reason", Each(&Ours)),
        ]),
        kind: Kind::Held,
    },
];

impl Tool {
    /// What it takes, as far as it is offered.
    pub fn offered(&self, reveal: bool) -> impl Iterator<Item = &'static Argument> {
        let arguments = self.arguments.iter();
        arguments.filter(move |argument| reveal || !(argument.reveals || argument.name == TEXTS))
    }

    /// The JSON schema of its arguments.
    pub fn schema(&self, reveal: bool, locale: Locale) -> Map<String, Value> {
        let properties: Map<_, _> = self
            .offered(reveal)
            .map(|argument| (argument.name.to_owned(), argument.schema(locale)))
            .collect();
        let required: Vec<_> = self
            .offered(reveal)
            .filter(|of| of.required)
            .map(|of| of.name)
            .collect();
        let mut schema = Map::new();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), properties.into());
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        schema.insert("additionalProperties".to_owned(), false.into());
        schema
    }

    /// The arguments as texts, by name, in the order of the table; all problems at once.
    ///
    /// # Errors
    /// What is wrong, a sentence for each.
    pub fn read(
        &self,
        given: &Map<String, Value>,
        reveal: bool,
        locale: Locale,
    ) -> Result<Vec<(&'static str, String)>, Vec<String>> {
        let (mut values, mut wrong) = (Vec::new(), Vec::new());
        for argument in self.offered(reveal) {
            match given.get(argument.name).filter(|value| !value.is_null()) {
                None if argument.required => wrong.push(texts::needed(locale, argument.name)),
                None => {}
                Some(value) => match argument.read(value) {
                    Some(value) => values.push((argument.name, value)),
                    None => wrong.push(texts::wrong_argument(
                        locale,
                        argument.name,
                        &argument.schema(locale).to_string(),
                    )),
                },
            }
        }
        let known: Vec<_> = self.offered(reveal).map(|argument| argument.name).collect();
        if given.keys().any(|name| !known.contains(&name.as_str())) {
            wrong.push(texts::unknown_argument(locale, &known.join(", ")));
        }
        if wrong.is_empty() { Ok(values) } else { Err(wrong) }
    }
}

impl Argument {
    fn schema(&self, locale: Locale) -> Value {
        let mut schema = match self.takes {
            Takes::Text => json!({ "type": "string", "maxLength": TEXT_MAX }),
            Takes::Id => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,80}$" }),
            Takes::OneOf(words) => json!({ "type": "string", "enum": words() }),
            Takes::Whole { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Takes::Flag => json!({ "type": "boolean" }),
        };
        schema["description"] = (self.about)(locale).into();
        schema
    }

    fn read(&self, value: &Value) -> Option<String> {
        match self.takes {
            Takes::Text => value
                .as_str()
                .filter(|text| text.chars().count() <= TEXT_MAX)
                .map(str::to_owned),
            Takes::Id => {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
                let id = value
                    .as_str()
                    .filter(|id| (1..=80).contains(&id.len()) && id.bytes().all(plain));
                id.map(str::to_owned)
            }
            Takes::OneOf(words) => value.as_str().filter(|word| words().contains(word)).map(str::to_owned),
            Takes::Whole { min, max } => {
                let number = value.as_u64().filter(|number| (min..=max).contains(number));
                number.map(|number| number.to_string())
            }
            Takes::Flag => value.as_bool().map(|yes| yes.to_string()),
        }
    }
}
