//! The manual is executed: every `piste …` that a document, a help text or an error names is given to the real command
//! line. `tests/stories/manual.rs` runs every `curl`.
//!
//! Placeholders: any word may stand for a value (`LEAD`, `FILE.csv`, `…`); what is in square brackets may be left out.

use clap::error::ErrorKind;
use piste_domain::Locale;
use piste_local::cli::{command, command_in};
use piste_tests::documents::{Typed, commands, files};

/// Why a command does not parse; `None` when it does.
fn refused(words: &[String]) -> Option<String> {
    let words = std::iter::once("piste").chain(words.iter().map(String::as_str));
    let error = command().try_get_matches_from(words).err()?;
    let is_asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    (!is_asked_for).then(|| error.to_string().lines().next().unwrap_or_default().to_owned())
}

/// The command with all its optional parts, and without any.
fn readings(words: &[String]) -> [Vec<String>; 2] {
    let mut depth = 0;
    let mut without = Vec::new();
    for word in words {
        depth += word.matches('[').count();
        if depth == 0 {
            without.push(word.clone());
        }
        depth -= word.matches(']').count().min(depth);
    }
    let with = words.iter().map(|word| word.replace(['[', ']'], ""));
    [with.collect(), without]
}

fn check(typed: &Typed) -> Vec<String> {
    let told = |why: String| format!("{}: {}: {why}", typed.place, typed.text);
    match &typed.words[..] {
        // The program itself, and `piste …`: any command.
        [] => Vec::new(),
        [any] if any == "…" => Vec::new(),
        // A command alone is its name, not an order to type it.
        [name] if !name.starts_with('-') => match command().find_subcommand(name) {
            Some(_) => Vec::new(),
            None => vec![told("no such command".to_owned())],
        },
        words => readings(words)
            .iter()
            .filter_map(|words| refused(words))
            .map(told)
            .collect(),
    }
}

#[test]
fn every_command_that_is_written_down_parses() {
    let mut found = Vec::new();
    for (name, text) in files() {
        let is_document = name.ends_with(".md");
        let is_text = [".rs", ".toml", ".yaml", ".json"].iter().any(|end| name.ends_with(end));
        if is_document || (is_text && !name.starts_with("tests/")) {
            found.extend(commands(&name, &text, "piste"));
        }
        if is_document {
            found.extend(commands(&name, &text, "cargo run --"));
        }
    }
    assert!(found.len() > 50, "{} commands found", found.len());
    let wrong: Vec<_> = found.iter().flat_map(check).collect();
    assert!(wrong.is_empty(), "commands that do not parse:\n{}", wrong.join("\n"));
}

#[test]
fn a_wrong_command_is_found() {
    let check = |text: &str, wrong: usize| {
        let found: Vec<_> = commands("x.md", text, "piste").iter().flat_map(check).collect();
        assert_eq!(found.len(), wrong, "{text}: {found:?}");
    };
    check(
        "Use `piste release --reason \"it is mended\"`, then `piste sending`.",
        0,
    );
    check("`piste explain LEAD [--at 2026-03-20]`", 0);
    check("`piste explain LEAD [--on 2026-03-20]`", 1);
    check("`piste retain --dry-run`, `piste retain`", 3);
    check(
        "```sh\npiste replay --table … \\\n  --keys-table … FILE…   # twice is harmless\n```",
        0,
    );
    check("```sh\npiste replay --table …\n```", 2);
}

#[test]
fn help_texts_name_commands_and_flags_that_are_there() {
    let mut open: Vec<_> = Locale::ALL.into_iter().map(command_in).collect();
    while let Some(one) = open.pop() {
        let mut one = one;
        let help = one.render_long_help().to_string();
        let wrong: Vec<_> = commands(one.get_name(), &help, "piste")
            .iter()
            .flat_map(check)
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        open.extend(one.get_subcommands().cloned());
    }
}
