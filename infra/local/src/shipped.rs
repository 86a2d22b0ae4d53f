//! The campaigns that come with the program, inside it.

use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use piste_domain::Locale;
use tempfile::TempDir;

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../campaigns");

/// What an editor needs to complete and explain the keys of `campaign.toml`. Each of ours names it in its first line.
const SCHEMA: &str = "campaign.schema.json";

/// The demo.
pub const DEMO: &str = "guide-seo";
/// Where an owner's campaigns are, unless they are said to be elsewhere.
pub const FOLDER: &str = "infra/campaigns";

/// The names of the campaigns that ship.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.dirs().filter_map(|folder| folder.path().to_str())
}

/// The files of a shipped campaign: path below its folder, bytes.
pub fn files(name: &str) -> Option<Vec<(&'static Path, &'static [u8])>> {
    let folder = SHIPPED.dirs().find(|folder| folder.path() == Path::new(name))?;
    let (mut open, mut found) = (vec![folder], Vec::new());
    while let Some(one) = open.pop() {
        open.extend(one.dirs());
        let files = one
            .files()
            .filter_map(|file| Some((file.path().strip_prefix(name).ok()?, file.contents())));
        found.extend(files);
    }
    Some(found)
}

/// Where the campaigns of a command are read.
#[derive(Debug)]
pub struct Shelf {
    /// The folder.
    pub path: PathBuf,
    /// Whether it is the demo, unpacked for as long as this lives.
    unpacked: Option<TempDir>,
}

impl Shelf {
    /// The folder that was named, else `infra/campaigns`, else the demo.
    ///
    /// # Errors
    /// When the demo cannot be unpacked.
    pub fn open(named: Option<&Path>) -> io::Result<Self> {
        let own = named.map_or_else(|| PathBuf::from(FOLDER), Path::to_owned);
        if named.is_some() || own.exists() {
            return Ok(Self {
                path: own,
                unpacked: None,
            });
        }
        let unpacked = TempDir::with_prefix("piste-demo-")?;
        write(&unpacked.path().join(DEMO), &files(DEMO).unwrap_or_default())?;
        Ok(Self {
            path: unpacked.path().to_owned(),
            unpacked: Some(unpacked),
        })
    }

    /// Whether nobody named a folder and there is none.
    pub fn is_demo(&self) -> bool {
        self.unpacked.is_some()
    }
}

/// Writes files below a folder, which is made.
fn write(folder: &Path, files: &[(&Path, &[u8])]) -> io::Result<()> {
    for (path, bytes) in files {
        let file = folder.join(path);
        if let Some(around) = file.parent() {
            std::fs::create_dir_all(around)?;
        }
        std::fs::write(file, bytes)?;
    }
    Ok(())
}

/// The guide for assistants, in each language.
const GUIDES: [(Locale, &str); Locale::ALL.len()] = [
    (Locale::Fr, include_str!("../../../docs/assistants-ia.md")),
    (Locale::En, include_str!("../../../docs/assistants.md")),
];

/// The guide for assistants, as it lies beside a campaign: without the link to its other language, which is not there.
pub fn guide(locale: Locale) -> String {
    let page = GUIDES.iter().find(|(of, _)| *of == locale).map_or("", |(_, page)| page);
    let link = |line: &&str| !line.starts_with("*[");
    let lines: Vec<_> = page.lines().filter(link).collect();
    // Links to other pages lead nowhere from there: their words stay.
    let mut text = String::new();
    let joined = lines.join("\n").replace("\n\n\n", "\n\n");
    for part in joined.split_inclusive("](") {
        match (text.ends_with("]("), part.split_once(')')) {
            (true, Some((_, rest))) => {
                text.truncate(text.len() - "](".len());
                if let Some(open) = text.rfind('[') {
                    text.remove(open);
                }
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    text + "\n"
}

/// Writes a shipped campaign under another name below a folder, with the guide for assistants.
///
/// # Errors
/// When something is there already, or cannot be written.
pub fn plant(root: &Path, id: &str, from: &str, locale: Locale) -> io::Result<()> {
    let folder = root.join(id);
    std::fs::create_dir_all(root)?;
    // Fails where something is: nothing is ever written over.
    std::fs::create_dir(&folder)?;
    let mapped = |path: &Path| {
        let others = std::fs::read_dir(root).into_iter().flatten().flatten();
        others
            .into_iter()
            .any(|other| other.path() != folder && other.path().join(path).is_file())
    };
    for (path, bytes) in files(from).unwrap_or_default() {
        // A source is mapped once in a workspace.
        if path.starts_with("triggers") && mapped(path) {
            continue;
        }
        let renamed;
        let bytes = if path == Path::new("campaign.toml") {
            let text = String::from_utf8_lossy(bytes);
            renamed = text
                .replacen(&format!("\nid = \"{from}\""), &format!("\nid = \"{id}\""), 1)
                .replace(&format!("/forms/{from}"), &format!("/forms/{id}"));
            renamed.as_bytes()
        } else {
            bytes
        };
        write(&folder, &[(path, bytes)])?;
    }
    write(&folder, &[(Path::new("AGENTS.md"), guide(locale).as_bytes())])?;
    // Of this version, whatever version laid one there before.
    let schema = SHIPPED.get_file(SCHEMA).map_or(&[][..], |file| file.contents());
    write(root, &[(Path::new(SCHEMA), schema)])
}
