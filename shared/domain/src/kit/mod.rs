//! What every room uses: ids, addresses, texts, languages, personal data, calendar, hours, limits, statistics.

pub mod allowance;
pub mod bots;
pub mod calendar;
pub mod charset;
pub mod codes;
pub mod data;
pub mod email;
pub mod format;
pub mod hours;
pub mod ids;
pub mod limits;
pub mod locale;
pub mod names;
pub mod personal;
pub mod phone;
pub mod post;
pub mod problem;
pub mod reach;
pub mod read;
pub mod seconds;
pub mod statistics;
pub mod stored;
pub mod text;
pub mod texts;
pub mod turnstile;
pub mod vocabulary;
mod words;
