//! Files of the data folder: their owner alone reads them, and one that was emptied is told from one that is new.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::fault::Fault;

/// Options that make a file which its owner alone reads.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes a file that is there from everybody but its owner.
///
/// # Errors
/// When it belongs to somebody else.
pub(crate) fn own_alone(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let known = std::fs::metadata(file)?.permissions();
        if known.mode() & 0o077 != 0 {
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?;
        }
    }
    let _ = file;
    Ok(())
}

/// Refuses a file that is there and holds nothing.
///
/// # Errors
/// [`Fault::Emptied`] with its name.
pub(crate) fn not_emptied(file: &Path) -> io::Result<()> {
    match std::fs::metadata(file) {
        Ok(known) if known.is_file() && known.len() == 0 => {
            let name = file.file_name().unwrap_or_default().display().to_string();
            Err(Fault::Emptied(name).into())
        }
        _ => Ok(()),
    }
}

/// Writes a file that its owner alone reads.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_private(file: &Path, text: &str) -> io::Result<()> {
    let mut made: File = private().write(true).create(true).truncate(true).open(file)?;
    own_alone(file)?;
    made.write_all(text.as_bytes())
}
