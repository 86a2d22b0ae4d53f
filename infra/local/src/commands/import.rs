//! `piste import` and `piste undo-import`: lists of leads.

use std::fs::File;
use std::path::Path;

use piste_domain::Locale;
use piste_domain::kit::format::count;
use piste_operations::import::{self, Ask, Imported, Said};
use piste_operations::texts::{import_sums, import_undone};

use crate::error::CommandError;
use crate::storage::Opened;
use crate::texts;

/// Imports a file, or looks at what that would do. Lines that need a look are told as they come.
///
/// # Errors
/// [`CommandError::File`], [`CommandError::Operation`]; running it again finishes the work.
pub(super) async fn import(
    at: &Opened,
    workspace: &str,
    file: &Path,
    ask: &Ask<'_>,
    json: bool,
    say: &mut impl FnMut(&str),
) -> Result<(), CommandError> {
    let operator = at.operator_of(workspace).await?;
    let opened = File::open(file).map_err(|error| CommandError::File(file.to_owned(), error))?;
    let name = file.display().to_string();
    let mut tell = |said: &Said| {
        if let Some(line) = told(&name, said, ask).filter(|_| !json) {
            say(&line);
        }
    };
    let imported = import::import(&operator, ask, opened, &mut tell).await?;
    say(&match json {
        true => super::pretty(&imported),
        false => sums(&imported, ask.locale),
    });
    Ok(())
}

/// A line that needs a look; a new one does not, and what changes is told where nothing is written.
fn told(file: &str, said: &Said, ask: &Ask<'_>) -> Option<String> {
    let locale = ask.locale;
    match said {
        Said::Refused(refused) => Some(texts::line_refused(
            locale,
            file,
            refused.line,
            &refused.field,
            &refused.message,
        )),
        Said::Unread(unread) => Some(texts::line_unread(
            locale,
            file,
            unread.line,
            &unread.field,
            &unread.code,
        )),
        Said::Changed(changed) if ask.dry_run && changed.what == "changed" => Some(texts::line_changed(
            locale,
            file,
            changed.line,
            &changed.fields.join(", "),
        )),
        Said::Changed(_) => None,
    }
}

fn sums(imported: &Imported, locale: Locale) -> String {
    let [rows, new, known, changed, refused] = [
        imported.rows,
        imported.new,
        imported.known,
        imported.changed,
        imported.refused_rows,
    ]
    .map(|number| count(number, locale));
    let read = imported.columns.iter().filter(|column| !column.field.is_empty());
    let read = read.map(|column| format!("{} → {}", column.column, column.field));
    let columns = texts::columns_read(locale, &read.collect::<Vec<_>>().join(", "));
    let sums = import_sums(locale, &rows, &new, &known, &changed, &refused);
    let end = match imported.dry_run {
        true => texts::import_dry(locale).to_owned(),
        false => texts::import_id(locale, imported.id.as_str()),
    };
    [columns, sums, end].join("\n")
}

/// Takes an import back.
///
/// # Errors
/// [`CommandError::Operation`]; running it again finishes the work.
pub(super) async fn undo(
    at: &Opened,
    workspace: &str,
    import: &str,
    json: bool,
    locale: Locale,
) -> Result<String, CommandError> {
    let operator = at.operator_of(workspace).await?;
    let undone = import::undo(&operator, import, None).await?;
    if json {
        return Ok(super::pretty(&undone));
    }
    let [removed, reverted, kept] =
        [undone.removed, undone.reverted, undone.kept.len() as u64].map(|number| count(number, locale));
    let mut lines = vec![import_undone(locale, &removed, &reverted, &kept)];
    lines.extend(undone.kept.iter().map(|id| texts::import_kept(locale, id.as_str())));
    Ok(lines.join("\n"))
}
