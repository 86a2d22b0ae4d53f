//! An append-only file of JSON lines: a line that was acknowledged is on the disk, and a torn one is cut off.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::fault::Fault;
use crate::files::{not_emptied, own_alone, private};

/// What a log needs of its file.
pub(super) trait Disk: Send {
    /// Appends and flushes to the device. After an error any part of `bytes` may be there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Shortens to `len` bytes.
    fn cut(&mut self, len: u64) -> io::Result<()>;
    /// Everything that is there.
    fn read(&mut self) -> io::Result<Vec<u8>>;
}

/// A file that this process alone may write.
struct Held(File);

impl Disk for Held {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)?;
        self.0.sync_data()
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)?;
        self.0.sync_data()
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        // What is appended goes to the end, wherever reading stands.
        self.0.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Closing alone does not free the lock while a child process that is just being started still has the file.
        let _ = self.0.unlock();
    }
}

/// An append-only file of JSON lines; without a disk it keeps nothing.
pub(super) struct Log {
    pub(super) disk: Option<Box<dyn Disk>>,
    /// Where it lies, to be replaced as a whole.
    file: Option<PathBuf>,
    /// Length of the acknowledged lines, bytes.
    len: u64,
    /// Whether an append failed and what it left could not be cut off yet.
    torn: bool,
}

impl Log {
    pub(super) fn open<T: DeserializeOwned>(dir: Option<&Path>, name: &str) -> io::Result<(Log, Vec<T>)> {
        let Some(dir) = dir else {
            return Ok((
                Log {
                    disk: None,
                    file: None,
                    len: 0,
                    torn: false,
                },
                Vec::new(),
            ));
        };
        fs::create_dir_all(dir)?;
        let path = dir.join(name);
        let is_new = !path.exists();
        let mut file = private().read(true).append(true).create(true).open(&path)?;
        own_alone(&path)?;
        // Two writers would hand out the same ids.
        file.try_lock().map_err(|_| Fault::InUse(name.to_owned()))?;
        // Makes the new file's name as durable as its lines, where folders can be flushed.
        if let Ok(folder) = File::open(dir) {
            folder.sync_all()?;
        }
        // A log without a record has a line end: so one that was emptied is told from one that is new.
        if is_new {
            file.write_all(b"\n")?;
        } else {
            not_emptied(&path)?;
        }
        let mut disk = Held(file);
        let bytes = disk.read()?;
        let len = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |place| place + 1);
        if len < bytes.len() {
            disk.cut(len as u64)?;
        }
        let records = lines(&bytes[..len]).map(|(index, line)| {
            // The parser's own message could quote the line.
            serde_json::from_slice(line).map_err(|_| Fault::Line(name.to_owned(), index + 1).into())
        });
        let records = records.collect::<io::Result<_>>()?;
        Ok((
            Log {
                disk: Some(Box::new(disk)),
                file: Some(dir.join(name)),
                len: len as u64,
                torn: false,
            },
            records,
        ))
    }

    /// Puts other records in place of some, by their number from 0. After a kill there is the old file or the new one.
    pub(super) fn replace<T: Serialize>(&mut self, changed: &BTreeMap<usize, T>) -> io::Result<()> {
        let (Some(disk), Some(path)) = (&mut self.disk, &self.file) else {
            return Ok(());
        };
        let old = disk.read()?;
        let kept = old.get(..self.len as usize).ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut bytes = vec![b'\n'];
        for (number, (_, line)) in lines(kept).enumerate() {
            match changed.get(&number) {
                // Most are as they were: writing them anew from what they say costs a hundred times a copy.
                None => bytes.extend_from_slice(line),
                Some(record) => {
                    serde_json::to_writer(&mut bytes, record)?;
                    bytes.push(b'\n');
                }
            }
        }
        let new = path.with_extension("new");
        // What a killed process left of an earlier try goes first: the file is then written and, later, appended to.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = private().read(true).append(true).create_new(true).open(&new)?;
        file.try_lock()
            .map_err(|_| io::Error::from(io::ErrorKind::ResourceBusy))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
            folder.sync_all()?;
        }
        self.disk = Some(Box::new(Held(file)));
        self.len = bytes.len() as u64;
        self.torn = false;
        Ok(())
    }

    pub(super) fn append<T: Serialize>(&mut self, record: &T) -> io::Result<()> {
        let Some(disk) = &mut self.disk else {
            return Ok(());
        };
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        if self.torn {
            disk.cut(self.len)?;
            self.torn = false;
        }
        if let Err(error) = disk.append(&line) {
            self.torn = disk.cut(self.len).is_err();
            return Err(error);
        }
        self.len += line.len() as u64;
        Ok(())
    }
}

/// The lines that hold a record, each with its break and its number in the file.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
    lines.filter(|(_, line)| !line.trim_ascii().is_empty())
}
