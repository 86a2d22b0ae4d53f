//! `piste preview`: an email before it leaves.

use std::path::Path;
use std::process::{Command, Stdio};

use piste_domain::Locale;
use piste_operations::preview::{self, PreviewView};
use piste_operations::{Operator, find};

use super::texts;
use crate::cli::{Cli, PreviewAsk};
use crate::error::CommandError;
use crate::storage::{Folders, Opened};
use crate::system::{Flags, System};

/// Where the links of a preview lead: to a host that there never is (RFC 2606).
const NOWHERE: &str = "https://preview.invalid";

/// An email of a step: its head and its text, or what the API answers.
///
/// # Errors
/// [`CommandError`].
pub(super) async fn preview(
    from: Folders<'_>,
    cli: &Cli,
    ask: &PreviewAsk,
    locale: Locale,
) -> Result<String, CommandError> {
    let shown = match &ask.lead {
        Some(who) => {
            let mut at: Opened = ask.storage.open(from, locale).await?;
            NOWHERE.clone_into(&mut at.app.settings.base_url);
            let (operator, id) = find(&at.app, who, None).await?;
            let language = match cli.lang {
                Some(language) => language,
                None => operator.lead(id.as_str()).await?.words.language(),
            };
            preview::view(&operator, &ask.campaign, &ask.step, Some(id.as_str()), Some(language)).await?
        }
        // A sample needs nobody's data: the campaigns as they lie in their folder.
        None => {
            let flags = Flags {
                port: 0,
                data: None,
                now: None,
                campaigns: from.campaigns.to_owned(),
                destinations: from.destinations.to_owned(),
                locale,
            };
            let (mut system, _listener) = System::build(&flags).await?;
            NOWHERE.clone_into(&mut system.app.settings.base_url);
            let workspace = {
                let catalog = system.app.catalog().await?;
                let all = catalog.iter().map(|published| &published.campaign);
                let named = all.into_iter().find(|campaign| campaign.id.as_str() == ask.campaign);
                named.map(|campaign| campaign.workspace.clone())
            };
            let workspace = workspace.ok_or(piste_operations::OperationError::NoCampaign)?;
            let operator = Operator::new(&system.app, workspace).await?;
            preview::view(&operator, &ask.campaign, &ask.step, None, cli.lang).await?
        }
    };
    told(&shown, ask, locale)
}

fn told(shown: &PreviewView, ask: &PreviewAsk, locale: Locale) -> Result<String, CommandError> {
    if ask.open {
        let file = std::env::temp_dir().join(format!("piste-{}-{}.html", ask.campaign, ask.step));
        crate::files::write_private(&file, &shown.html).map_err(|error| CommandError::File(file.clone(), error))?;
        show(&file);
        return Ok(file.display().to_string());
    }
    if ask.json {
        return Ok(super::json(shown));
    }
    let bytes = piste_domain::kit::format::count(shown.html.len() as u64, locale);
    Ok(format!(
        "{}\n{}\n{}\n\n{}",
        texts::preview_from(locale, &shown.from),
        texts::preview_subject(locale, &shown.subject),
        texts::preview_size(locale, &bytes),
        shown.text.trim_end()
    ))
}

/// Opens a file as the desktop does; where there is none, its name was said.
fn show(file: &Path) {
    let openers: &[(&str, &[&str])] = if cfg!(target_os = "macos") {
        &[("open", &[])]
    } else if cfg!(windows) {
        &[("cmd", &["/C", "start", ""])]
    } else {
        &[("xdg-open", &[])]
    };
    for (program, words) in openers {
        let mut command = Command::new(program);
        command
            .args(*words)
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if command.spawn().is_ok() {
            return;
        }
    }
}
