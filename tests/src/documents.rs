//! The project's own text files, and the commands that its documents tell people to type.

use std::fs;
use std::path::{Path, PathBuf};

use crate::binaries::root;

/// Every text file of the project, by its path from the root; build output and caches left out.
///
/// # Panics
/// When a folder does not read.
pub fn files() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder reads").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir()
                && !["target", ".git", "cache", ".piste", "node_modules", ".aws-sam"].contains(&name.as_str())
            {
                walk(&path, found);
            } else if path.is_file() {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(&root(), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| {
            let text = fs::read_to_string(&path).ok()?;
            let name = path.strip_prefix(root()).ok()?.to_string_lossy().into_owned();
            // In a second working tree `.git` is a file, and names the first one.
            (![".git", "Cargo.lock"].contains(&name.as_str())).then_some((name, text))
        })
        .collect()
}

/// A command as a file writes it.
pub struct Typed {
    /// `file:line`.
    pub place: String,
    /// What follows the program, a word each; quotes are gone.
    pub words: Vec<String>,
    /// The whole command.
    pub text: String,
}

/// Every command in a text that begins with these words: lines of code blocks, with those that a `\` joins to them, and
/// inline code between backticks.
pub fn commands(name: &str, text: &str, program: &str) -> Vec<Typed> {
    let mut found = Vec::new();
    let mut take = |number: usize, command: &str| {
        let command = command.trim().trim_start_matches("$ ");
        let Some(rest) = command
            .strip_prefix(program)
            .filter(|rest| rest.is_empty() || rest.starts_with(' '))
        else {
            return;
        };
        found.push(Typed {
            place: format!("{name}:{number}"),
            words: words(rest),
            text: command.to_owned(),
        });
    };
    let mut in_block = false;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            let mut command = line.to_owned();
            while let Some(open) = command.strip_suffix('\\') {
                command = format!("{open}{}", lines.next().map_or("", |(_, line)| line.trim_start()));
            }
            take(number + 1, &command);
        } else {
            let inline = line.split('`').skip(1).step_by(2);
            inline.for_each(|command| take(number + 1, command));
        }
    }
    found
}

/// Words as a shell splits them, without a comment at the end.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, '#') if word.is_none() => break,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), _) if open == c => quote = None,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
