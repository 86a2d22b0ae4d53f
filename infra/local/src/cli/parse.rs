//! Reads the command line. clap speaks English; what it writes by itself is said here in every language.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _, Error, FromArgMatches as _};
use piste_adapters::config::env;
use piste_domain::Locale;

use super::Cli;
use super::help::sentence;

piste_domain::texts! {
    // ---- the frame of a help: English is what clap writes ----
    usage { Fr: "Utilisation\u{a0}:", En: "Usage:" }
    commands { Fr: "Commandes\u{a0}:", En: "Commands:" }
    arguments { Fr: "Arguments\u{a0}:", En: "Arguments:" }
    options { Fr: "Options\u{a0}:", En: "Options:" }
    by_default { Fr: "[par défaut\u{a0}: ", En: "[default: " }
    possible { Fr: "[valeurs possibles\u{a0}: ", En: "[possible values: " }
    a_command { Fr: "[COMMANDE]", En: "[COMMAND]" }
    the_commands { Fr: "[COMMANDE]...", En: "[COMMAND]..." }

    // ---- what is wrong ----
    refused(why: &str) { Fr: "erreur\u{a0}: {why}", En: "error: {why}" }
    see_help { Fr: "Pour en savoir plus, essayez `--help`.", En: "For more information, try '--help'." }
    unknown_argument(what: &str) { Fr: "argument inattendu «\u{a0}{what}\u{a0}»", En: "unexpected argument '{what}' found" }
    unknown_command(what: &str) { Fr: "il n’y a pas de commande «\u{a0}{what}\u{a0}»", En: "unrecognized subcommand '{what}'" }
    similar(what: &str) { Fr: "cela ressemble à\u{a0}: {what}", En: "a similar one exists: {what}" }
    value_missing(argument: &str) { Fr: "il manque une valeur à {argument}", En: "a value is required for '{argument}' but none was supplied" }
    bad_value(value: &str, argument: &str, takes: &str) {
        Fr: "la valeur «\u{a0}{value}\u{a0}» ne convient pas à {argument} ({takes})",
        En: "invalid value '{value}' for '{argument}' ({takes})",
    }
    missing(arguments: &str) { Fr: "il manque\u{a0}: {arguments}", En: "missing: {arguments}" }
    conflict(one: &str, other: &str) {
        Fr: "{one} ne va pas avec {other}",
        En: "the argument '{one}' cannot be used with {other}",
    }
    given_twice(argument: &str) {
        Fr: "{argument} ne se donne qu’une fois",
        En: "the argument '{argument}' cannot be used multiple times",
    }
    too_many(value: &str, argument: &str) {
        Fr: "valeur en trop pour {argument}\u{a0}: «\u{a0}{value}\u{a0}»",
        En: "unexpected value '{value}' for '{argument}' found; no more were expected",
    }
    not_unicode { Fr: "un argument n’est pas en UTF-8", En: "an argument is not valid UTF-8" }
    not_understood { Fr: "cette ligne de commande ne se comprend pas", En: "this command line cannot be understood" }
}

/// What to print instead of working.
#[derive(Debug)]
pub struct Told {
    /// The help, the version, or what is wrong.
    pub text: String,
    /// Whether somebody asked for it; else it is an error.
    pub asked: bool,
}

/// Reads the words of a command line, the program's name first.
///
/// # Errors
/// [`Told`]: help or version, or why it does not parse.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Cli, Told> {
    let words: Vec<OsString> = words.into_iter().collect();
    let locale = asked_for(&words).or_else(of_terminal).unwrap_or(Locale::En);
    let mut command = command_in(locale);
    let read = command.try_get_matches_from_mut(&words);
    let told = |error: Error| tell(&command, &error, locale);
    let mut matches = read.map_err(told)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(told)
}

/// The whole command line in a language.
pub fn command_in(locale: Locale) -> Command {
    let mut command = Cli::command();
    // clap adds `help` and `version` only now, and could not be told their words before.
    command.build();
    dress(command, locale)
}

fn dress(command: Command, locale: Locale) -> Command {
    let said = |english: &dyn ToString| sentence(locale, &english.to_string());
    let about = command.get_about().and_then(|about| said(about));
    let command = command.mut_args(|argument| match argument.get_help().and_then(|help| said(help)) {
        Some(help) => argument.help(help),
        None => argument,
    });
    let command = match about {
        Some(about) => command.about(about),
        None => command,
    };
    command.mut_subcommands(|one| dress(one, locale))
}

/// The language that `--lang` names, wherever it stands: even a line that does not parse is answered in it.
fn asked_for(words: &[OsString]) -> Option<Locale> {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let named = words.iter().enumerate().find_map(|(at, word)| match &**word {
        "--lang" => words.get(at + 1).map(|tag| tag.to_string()),
        word => word.strip_prefix("--lang=").map(str::to_owned),
    });
    Locale::from_tag(&named?)
}

/// The language of the terminal.
pub(super) fn of_terminal() -> Option<Locale> {
    Locale::from_tag(&env("LC_ALL").or_else(|| env("LANG"))?)
}

fn tell(command: &Command, error: &Error, locale: Locale) -> Told {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let text = if asked {
        frame(&error.render().to_string(), locale)
    } else {
        let usage = error
            .get(ContextKind::Usage)
            .map(|usage| frame(&usage.to_string(), locale));
        let similar = [
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedArg,
            ContextKind::SuggestedValue,
        ];
        let similar = similar
            .into_iter()
            .filter_map(|kind| Some(format!("  {}", self::similar(locale, &value(error, kind)?))));
        let parts = [refused(locale, &why(command, error, locale))];
        let parts = parts
            .into_iter()
            .chain(similar)
            .chain(usage)
            .chain([see_help(locale).to_owned()]);
        parts.collect::<Vec<_>>().join("\n\n") + "\n"
    };
    Told { text, asked }
}

/// What clap writes around our sentences, in this language.
fn frame(text: &str, locale: Locale) -> String {
    let heads = [usage, commands, arguments, options];
    let inner = [by_default, possible, the_commands, a_command];
    let lines = text.trim_end().lines().map(|line| {
        let head = heads.iter().find(|head| line.starts_with(head(Locale::En)));
        let line = match head {
            Some(head) => line.replacen(head(Locale::En), head(locale), 1),
            None => line.to_owned(),
        };
        inner
            .iter()
            .fold(line, |line, word| line.replace(word(Locale::En), word(locale)))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What clap knows of an error, as text.
fn value(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(one) => Some(one.clone()),
        ContextValue::Strings(all) => Some(all.join(", ")),
        _ => None,
    }
}

fn why(command: &Command, error: &Error, locale: Locale) -> String {
    let of = |kind| value(error, kind).unwrap_or_default();
    let (argument, given) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    match error.kind() {
        ErrorKind::UnknownArgument => unknown_argument(locale, &argument),
        ErrorKind::InvalidSubcommand => unknown_command(locale, &of(ContextKind::InvalidSubcommand)),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if given.is_empty() => value_missing(locale, &argument),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => bad_value(
            locale,
            &given,
            &argument,
            &takes(command, &argument).unwrap_or_default(),
        ),
        ErrorKind::MissingRequiredArgument => missing(locale, &argument),
        ErrorKind::ArgumentConflict if of(ContextKind::PriorArg) == argument => given_twice(locale, &argument),
        ErrorKind::ArgumentConflict => conflict(locale, &argument, &of(ContextKind::PriorArg)),
        ErrorKind::TooManyValues => too_many(locale, &given, &argument),
        ErrorKind::InvalidUtf8 => not_unicode(locale).to_owned(),
        _ => not_understood(locale).to_owned(),
    }
}

/// What an argument takes, as its help says; `shown` is the argument as clap writes it.
fn takes(command: &Command, shown: &str) -> Option<String> {
    let own = command.get_arguments().find(|argument| argument.to_string() == shown);
    own.and_then(|argument| argument.get_help())
        .map(ToString::to_string)
        .or_else(|| command.get_subcommands().find_map(|one| takes(one, shown)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Told {
        parse(line.split_whitespace().map(OsString::from)).expect_err(line)
    }

    #[test]
    fn help_is_in_the_language_asked_for_wherever_that_stands() {
        for line in [
            "piste --lang fr --help",
            "piste report --help --lang=fr",
            "piste --lang fr help report",
            "piste --help --lang fr-FR",
        ] {
            let told = told(line);
            assert!(told.asked, "{line}");
            let english = [
                "Usage:",
                "Options:",
                "Commands:",
                "[default:",
                "Print ",
                "COMMAND]",
                "help of",
            ];
            let found: Vec<_> = english.iter().filter(|word| told.text.contains(**word)).collect();
            assert!(
                found.is_empty() && told.text.contains("Utilisation"),
                "{line}: {found:?}\n{}",
                told.text
            );
        }
        assert!(
            told("piste --lang en report --help")
                .text
                .contains("Usage: piste report")
        );
    }

    #[test]
    fn what_does_not_parse_is_said_in_the_language_asked_for() {
        for (line, french, english) in [
            (
                "piste chekc",
                "il n’y a pas de commande « chekc »",
                "unrecognized subcommand 'chekc'",
            ),
            (
                "piste --nonsense",
                "argument inattendu « --nonsense »",
                "unexpected argument '--nonsense'",
            ),
            (
                "piste --now yesterday",
                "ne convient pas à --now <NOW> (Début de",
                "invalid value 'yesterday' for '--now <NOW>'",
            ),
            (
                "piste --port",
                "il manque une valeur à --port",
                "a value is required for '--port",
            ),
            (
                "piste hold",
                "il manque : --reason <REASON>",
                "missing: --reason <REASON>",
            ),
            (
                "piste --port 1 --port 2",
                "ne se donne qu’une fois",
                "cannot be used multiple times",
            ),
            (
                "piste plan L --data d --table t --keys-table k",
                "ne va pas avec",
                "cannot be used with",
            ),
            ("piste plan L M", "argument inattendu « M »", "unexpected argument 'M'"),
        ] {
            for (tag, says) in [("fr", french), ("en", english)] {
                let told = told(&format!("{line} --lang={tag}"));
                let text = told.text.replace('\u{a0}', " ");
                assert!(!told.asked && text.contains(says), "{text}");
            }
        }
        let close = told("piste chekc --lang=fr").text;
        assert!(close.contains("check") && close.contains("Utilisation"), "{close}");
    }
}
