//! Faults of a data folder that the operating system knows nothing of. They travel inside an [`io::Error`].

use std::io;

use piste_adapters::advice::os_error;
use piste_domain::Locale;

use crate::texts;

/// What is wrong with a file of the data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file is damaged, or not a database.
    NotADatabase(String),
    /// Another process has the file.
    InUse(String),
    /// The file is there and holds nothing any more.
    Emptied(String),
    /// This line of the file does not read.
    Line(String, usize),
    /// The file of the clock holds no moment.
    NoMoment,
}

impl Fault {
    fn say(&self, locale: Locale) -> String {
        match self {
            Self::NotADatabase(file) => texts::not_a_database(locale, file),
            Self::InUse(file) => texts::file_in_use(locale, file),
            Self::Emptied(file) => texts::emptied(locale, file),
            Self::Line(file, line) => texts::bad_line(locale, file, *line),
            Self::NoMoment => texts::clock_without_moment(locale).to_owned(),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.say(Locale::En))
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        let kind = match fault {
            Fault::InUse(_) => io::ErrorKind::ResourceBusy,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, fault)
    }
}

/// Why a file or a port cannot be used, in this language.
pub fn say(error: &io::Error, locale: Locale) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()) {
        Some(fault) => fault.say(locale),
        None => os_error(locale, error),
    }
}
