//! The outbox: what the SES stand-in accepted, kept so that a killed process forgets nothing it acknowledged.
//!
//! Two append-only files of JSON lines, each line flushed to the disk before the caller hears of it: `outbox.jsonl`, one mail a line,
//! and `outbox-events.jsonl`, one event a line that the feedback function has taken. A last line without its line break was never
//! acknowledged and is cut off when the files are opened.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use piste_domain::lead::erasure::Cleaning;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The virtual clock: whole seconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What SES can report of a mail; in JSON `send`, `delivery`, `bounce`, `soft_bounce`, `complaint`, `click`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Accepted by SES.
    Send,
    /// Accepted by the recipient's mail server.
    Delivery,
    /// Refused for good.
    Bounce,
    /// Refused for now, and SES stopped trying.
    SoftBounce,
    /// Reported as spam.
    Complaint,
    /// A link was followed; only with click tracking, which is off by default.
    Click,
}

/// A mail as it was handed to SES.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    /// Envelope recipients, 1 to 50 addresses.
    pub to: Vec<String>,
    /// Address of the `From` header.
    pub from: String,
    /// Decoded subject; empty when there is none.
    pub subject: String,
    /// Configuration set of the request.
    pub configuration_set: Option<String>,
    /// Message tags of the request: `class`, `campaign`, `step`, `send_id`, `lead_id`, ...
    pub tags: BTreeMap<String, String>,
    /// The MIME bytes, exactly as received.
    #[serde(with = "base64_text")]
    pub eml: Vec<u8>,
}

impl Mail {
    /// Value of a message tag; empty when the mail does not carry it.
    pub fn tag(&self, name: &str) -> &str {
        self.tags.get(name).map_or("", String::as_str)
    }
}

/// Shows no address, no subject and no content: tags hold keyed hashes and names of campaigns only.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mail");
        shown.field("tags", &self.tags).finish_non_exhaustive()
    }
}

/// An accepted mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// SES message id; ids sort in the order of acceptance.
    pub id: String,
    /// When it was accepted, on the virtual clock: whole seconds since 1970 UTC.
    pub at: i64,
    /// What was accepted.
    #[serde(flatten)]
    pub mail: Mail,
}

impl Entry {
    /// The same without anything that names its recipient.
    fn emptied(&self) -> Entry {
        Entry {
            id: self.id.clone(),
            at: self.at,
            mail: Mail {
                to: vec![String::new(); self.mail.to.len()],
                subject: String::new(),
                eml: Vec::new(),
                ..self.mail.clone()
            },
        }
    }

    /// The row of `GET /local/outbox`: `{id, at, to, from, subject, class, campaign, step, send_id}`, all strings, `at` in RFC 3339,
    /// `to` the recipients joined by `", "`.
    pub fn summary(&self) -> Value {
        let mail = &self.mail;
        json!({
            "id": self.id,
            "at": timestamp(self.at).to_string(),
            "to": mail.to.join(", "),
            "from": mail.from,
            "subject": mail.subject,
            "class": mail.tag("class"),
            "campaign": mail.tag("campaign"),
            "step": mail.tag("step"),
            "send_id": mail.tag("send_id"),
        })
    }
}

/// The moment `at` seconds after 1970.
pub(crate) fn timestamp(at: i64) -> Timestamp {
    Timestamp::from_second(at).expect("the virtual clock stays between the years -9999 and 9999")
}

/// Handle on the outbox; clones share it.
#[derive(Clone)]
pub struct Outbox {
    state: Arc<Mutex<State>>,
    clock: Clock,
}

struct State {
    entries: Vec<Arc<Entry>>,
    /// Accepted mails whose `send` event is still to be handed over, by id.
    unreported: BTreeMap<String, Arc<Entry>>,
    emitted: BTreeSet<Emitted>,
    mail_log: Log,
    event_log: Log,
}

/// A line of `outbox-events.jsonl`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Emitted {
    id: String,
    event: Event,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Outbox");
        shown.field("mails", &self.lock().entries.len()).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Opens the outbox kept in `dir` (made when missing), or one in memory.
    ///
    /// # Errors
    /// The files cannot be read or made, another process holds them (`ResourceBusy`), or a line that was acknowledged does not read
    /// any more (`InvalidData`, naming file and line).
    pub fn open(dir: Option<&Path>, clock: Clock) -> io::Result<Outbox> {
        let (mail_log, entries) = Log::open::<Entry>(dir, "outbox.jsonl")?;
        let (event_log, emitted) = Log::open::<Emitted>(dir, "outbox-events.jsonl")?;
        let entries: Vec<_> = entries.into_iter().map(Arc::new).collect();
        let mut unreported: BTreeMap<_, _> = entries.iter().map(|entry| (entry.id.clone(), entry.clone())).collect();
        for seen in emitted.iter().filter(|seen| seen.event == Event::Send) {
            unreported.remove(&seen.id);
        }
        let emitted = emitted.into_iter().collect();
        let state = State {
            entries,
            unreported,
            emitted,
            mail_log,
            event_log,
        };
        Ok(Outbox {
            state: Arc::new(Mutex::new(state)),
            clock,
        })
    }

    /// Keeps a mail; when this returns, it is on the disk. Blocks for one flush of the disk.
    ///
    /// # Errors
    /// The disk refused (full, gone): nothing was kept.
    pub fn accept(&self, mail: Mail) -> io::Result<Arc<Entry>> {
        let mut state = self.lock();
        let number = state.entries.len() + 1;
        // The look of an SES id: 16 hexadecimal digits, a UUID, six digits.
        let id = format!("0102{number:012x}-00000000-0000-4000-8000-{number:012x}-000000");
        let entry = Arc::new(Entry {
            id,
            at: (self.clock)(),
            mail,
        });
        state.mail_log.append(&*entry)?;
        state.entries.push(entry.clone());
        state.unreported.insert(entry.id.clone(), entry.clone());
        Ok(entry)
    }

    /// All accepted mails, oldest first.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.lock().entries.clone()
    }

    /// The mail with this SES message id.
    pub fn get(&self, id: &str) -> Option<Arc<Entry>> {
        let state = self.lock();
        let place = state.entries.binary_search_by(|entry| entry.id.as_str().cmp(id)).ok()?;
        Some(state.entries[place].clone())
    }

    /// Recipients served in the 24 hours before now, as `GetSendQuota` counts them: those of SES's own simulator are
    /// free (SES developer guide, "Using the mailbox simulator").
    pub fn sent_last_24_hours(&self) -> usize {
        let since = (self.clock)() - 24 * 60 * 60;
        let state = self.lock();
        let recent = state.entries.iter().rev().take_while(|entry| entry.at > since);
        let counts = |to: &&String| !to.ends_with("@simulator.amazonses.com");
        recent.flat_map(|entry| &entry.mail.to).filter(counts).count()
    }

    /// Mails whose `send` event the feedback function has not taken yet, oldest first. A mail stays here until
    /// [`mark_emitted`](Self::mark_emitted), through restarts too, so its event is handed over at least once.
    pub fn pending_send_events(&self) -> Vec<Arc<Entry>> {
        self.lock().unreported.values().cloned().collect()
    }

    /// Notes that the feedback function took this event; again changes nothing.
    ///
    /// # Errors
    /// The disk refused: the event counts as not handed over.
    pub fn mark_emitted(&self, id: &str, event: Event) -> io::Result<()> {
        let mut state = self.lock();
        let emitted = Emitted {
            id: id.to_owned(),
            event,
        };
        if !state.emitted.contains(&emitted) {
            state.event_log.append(&emitted)?;
            state.emitted.insert(emitted);
        }
        if event == Event::Send {
            state.unreported.remove(id);
        }
        Ok(())
    }

    /// The events of a mail that the feedback function took.
    pub fn emitted(&self, id: &str) -> Vec<Event> {
        let first = Emitted {
            id: id.to_owned(),
            event: Event::Send,
        };
        let state = self.lock();
        let of_this_mail = state.emitted.range(first..).take_while(|seen| seen.id == id);
        of_this_mail.map(|seen| seen.event).collect()
    }

    /// Empties the copies of mails to an erased person, but for what is younger than the erasure: no address, no subject,
    /// no content stays. Ids and moments do, so that numbers and the daily quota stay true. Again changes nothing.
    ///
    /// # Errors
    /// The disk refused: the copies are all still there, and so is the file.
    pub fn forget(&self, cleaning: &Cleaning) -> io::Result<()> {
        let state = &mut *self.lock();
        let until = cleaning.until.as_second();
        let names = |entry: &Entry| {
            entry.mail.tag("lead_id") == cleaning.lead.as_str() && entry.at <= until && !entry.mail.eml.is_empty()
        };
        if !state.entries.iter().any(|entry| names(entry)) {
            return Ok(());
        }
        let kept = state.entries.iter().map(|entry| match names(entry) {
            false => entry.clone(),
            true => Arc::new(entry.emptied()),
        });
        let kept: Vec<Arc<Entry>> = kept.collect();
        state.mail_log.replace(kept.iter().map(|entry| &**entry))?;
        for entry in state.unreported.values_mut().filter(|entry| names(entry)) {
            *entry = Arc::new(entry.emptied());
        }
        state.entries = kept;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete or not begun, so a panic elsewhere leaves nothing to repair.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a log needs of its file.
trait Disk: Send {
    /// Appends and flushes to the device. After an error any part of `bytes` may be there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Shortens to `len` bytes.
    fn cut(&mut self, len: u64) -> io::Result<()>;
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
}

impl Drop for Held {
    fn drop(&mut self) {
        // Closing alone does not free the lock while a child process that is just being started still has the file.
        let _ = self.0.unlock();
    }
}

/// An append-only file of JSON lines; without a disk it keeps nothing.
struct Log {
    disk: Option<Box<dyn Disk>>,
    /// Where it lies, to be replaced as a whole.
    file: Option<PathBuf>,
    /// Length of the acknowledged lines, bytes.
    len: u64,
    /// Whether an append failed and what it left could not be cut off yet.
    torn: bool,
}

impl Log {
    fn open<T: DeserializeOwned>(dir: Option<&Path>, name: &str) -> io::Result<(Log, Vec<T>)> {
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
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(dir.join(name))?;
        // Two writers would hand out the same ids.
        file.try_lock().map_err(|_| {
            io::Error::new(
                io::ErrorKind::ResourceBusy,
                format!("{name} is in use by another process"),
            )
        })?;
        // Makes the new file's name as durable as its lines, where folders can be flushed.
        if let Ok(folder) = File::open(dir) {
            folder.sync_all()?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let len = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |place| place + 1);
        if len < bytes.len() {
            file.set_len(len as u64)?;
            file.sync_data()?;
        }
        let lines = bytes[..len].split_inclusive(|byte| *byte == b'\n').enumerate();
        let records = lines.map(|(index, line)| {
            // The parser's own message could quote the line.
            serde_json::from_slice(line).map_err(|_| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{name}: line {} does not read", index + 1),
                )
            })
        });
        let records = records.collect::<io::Result<_>>()?;
        Ok((
            Log {
                disk: Some(Box::new(Held(file))),
                file: Some(dir.join(name)),
                len: len as u64,
                torn: false,
            },
            records,
        ))
    }

    /// Puts other records in place of all of them. After a kill there is the old file or the new one.
    fn replace<'a, T: Serialize + 'a>(&mut self, records: impl Iterator<Item = &'a T>) -> io::Result<()> {
        let Some(path) = &self.file else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        for record in records {
            serde_json::to_writer(&mut bytes, record)?;
            bytes.push(b'\n');
        }
        let new = path.with_extension("new");
        // What a killed process left of an earlier try goes first: the file is then written and, later, appended to.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().append(true).create_new(true).open(&new)?;
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

    fn append<T: Serialize>(&mut self, record: &T) -> io::Result<()> {
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

/// Bytes as base64 text in JSON.
mod base64_text {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map_err(|_| D::Error::custom("not base64"))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        path::PathBuf,
        sync::atomic::{AtomicI64, Ordering},
    };

    use super::*;

    /// A folder of its own, gone with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("piste-outbox-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Folder(path)
        }

        fn open(&self) -> io::Result<Outbox> {
            Outbox::open(Some(&self.0), Arc::new(|| 1_000))
        }

        fn file(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn mail(to: &str) -> Mail {
        Mail {
            to: vec![to.to_owned()],
            from: "hello@example.com".to_owned(),
            subject: "Été".to_owned(),
            configuration_set: Some("nurture".to_owned()),
            tags: BTreeMap::from([("send_id".to_owned(), "s1".to_owned())]),
            eml: b"From: hello@example.com\r\n\r\n\x00\xff\r\n".to_vec(),
        }
    }

    fn recipients(outbox: &Outbox) -> Vec<String> {
        outbox.entries().iter().map(|entry| entry.mail.to[0].clone()).collect()
    }

    #[test]
    fn what_was_accepted_is_there_after_a_restart() {
        let folder = Folder::new("restart");
        let outbox = folder.open().unwrap();
        let first = outbox.accept(mail("ana@example.com")).unwrap();
        let second = outbox.accept(mail("bob@example.com")).unwrap();
        drop(outbox);
        let outbox = folder.open().unwrap();
        assert_eq!(outbox.entries(), [first.clone(), second.clone()]);
        let third = outbox.accept(mail("cy@example.com")).unwrap();
        assert!(first.id < second.id && second.id < third.id);
        assert_eq!(outbox.get(&third.id), Some(third));
        assert_eq!(outbox.get("0102"), None);
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_rest_kept() {
        let folder = Folder::new("torn");
        let outbox = folder.open().unwrap();
        outbox.accept(mail("ana@example.com")).unwrap();
        let whole = fs::read(folder.file("outbox.jsonl")).unwrap();
        outbox.accept(mail("bob@example.com")).unwrap();
        drop(outbox);
        let both = fs::read(folder.file("outbox.jsonl")).unwrap();
        for len in whole.len()..both.len() {
            fs::write(folder.file("outbox.jsonl"), &both[..len]).unwrap();
            let outbox = folder.open().unwrap();
            assert_eq!(recipients(&outbox), ["ana@example.com"], "cut at byte {len}");
            assert_eq!(fs::read(folder.file("outbox.jsonl")).unwrap(), whole);
        }
        let outbox = folder.open().unwrap();
        outbox.accept(mail("cy@example.com")).unwrap();
        drop(outbox);
        assert_eq!(
            recipients(&folder.open().unwrap()),
            ["ana@example.com", "cy@example.com"]
        );
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_an_error_that_quotes_nothing() {
        let folder = Folder::new("damaged");
        fs::create_dir_all(&folder.0).unwrap();
        fs::write(folder.file("outbox.jsonl"), "{\"to\":\"ana@example.com\"}\n").unwrap();
        let error = folder.open().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(error.to_string(), "outbox.jsonl: line 1 does not read");
    }

    #[test]
    fn a_second_process_is_refused() {
        let folder = Folder::new("second");
        let _held = folder.open().unwrap();
        assert_eq!(folder.open().unwrap_err().kind(), io::ErrorKind::ResourceBusy);
    }

    /// A device with `room` bytes left, which may also refuse to cut.
    struct Small {
        bytes: Arc<Mutex<Vec<u8>>>,
        room: usize,
        refused_cuts: u32,
    }

    impl Disk for Small {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            let mut held = self.bytes.lock().unwrap();
            let fits = bytes.len().min(self.room - held.len());
            held.extend(&bytes[..fits]);
            if fits < bytes.len() {
                Err(io::ErrorKind::StorageFull.into())
            } else {
                Ok(())
            }
        }

        fn cut(&mut self, len: u64) -> io::Result<()> {
            if self.refused_cuts > 0 {
                self.refused_cuts -= 1;
                return Err(io::ErrorKind::Other.into());
            }
            self.bytes.lock().unwrap().truncate(len as usize);
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_keeps_nothing_of_the_refused_mail() {
        for refused_cuts in 0..2 {
            let bytes = Arc::new(Mutex::new(Vec::new()));
            let outbox = Outbox::open(None, Arc::new(|| 0)).unwrap();
            let disk = Small {
                bytes: bytes.clone(),
                room: 700,
                refused_cuts,
            };
            outbox.lock().mail_log.disk = Some(Box::new(disk));
            outbox.accept(mail("ana@example.com")).unwrap();
            let whole = bytes.lock().unwrap().clone();
            let mut large = mail("bob@example.com");
            large.eml = vec![b'x'; 1_000];
            let error = outbox.accept(large).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            assert_eq!(recipients(&outbox), ["ana@example.com"]);
            if refused_cuts == 0 {
                assert_eq!(*bytes.lock().unwrap(), whole);
            }
            // What the failed append left is gone before the next line is written.
            outbox.accept(mail("cy@example.com")).unwrap();
            let held = bytes.lock().unwrap().clone();
            assert!(held.starts_with(&whole));
            let lines: Vec<Entry> = held[..]
                .split_inclusive(|b| *b == b'\n')
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect();
            assert_eq!(lines.len(), 2);
            assert_eq!(lines[1].mail.to, ["cy@example.com"]);
        }
    }

    #[test]
    fn r8_a_send_event_is_due_until_it_was_taken_even_after_a_restart() {
        let folder = Folder::new("events");
        let outbox = folder.open().unwrap();
        let first = outbox.accept(mail("ana@example.com")).unwrap();
        let second = outbox.accept(mail("bob@example.com")).unwrap();
        outbox.mark_emitted(&first.id, Event::Send).unwrap();
        outbox.mark_emitted(&first.id, Event::Send).unwrap();
        outbox.mark_emitted(&second.id, Event::Bounce).unwrap();
        assert_eq!(outbox.pending_send_events(), std::slice::from_ref(&second));
        drop(outbox);
        let outbox = folder.open().unwrap();
        assert_eq!(outbox.pending_send_events(), std::slice::from_ref(&second));
        assert_eq!(outbox.emitted(&first.id), [Event::Send]);
        assert_eq!(outbox.emitted(&second.id), [Event::Bounce]);
        outbox.mark_emitted(&second.id, Event::Send).unwrap();
        assert_eq!(outbox.pending_send_events(), []);
        drop(outbox);
        assert_eq!(
            fs::read_to_string(folder.file("outbox-events.jsonl"))
                .unwrap()
                .lines()
                .count(),
            3
        );
    }

    #[test]
    fn r22_the_last_24_hours_are_those_of_the_virtual_clock() {
        let now = Arc::new(AtomicI64::new(0));
        let clock = now.clone();
        let outbox = Outbox::open(None, Arc::new(move || clock.load(Ordering::Relaxed))).unwrap();
        outbox.accept(mail("ana@example.com")).unwrap();
        now.store(86_399, Ordering::Relaxed);
        outbox.accept(mail("bob@example.com")).unwrap();
        outbox.accept(mail("success@simulator.amazonses.com")).unwrap();
        assert_eq!(outbox.sent_last_24_hours(), 2);
        now.store(86_400, Ordering::Relaxed);
        assert_eq!(outbox.sent_last_24_hours(), 1);
    }

    #[test]
    fn r71_debug_shows_nothing_personal() {
        let outbox = Outbox::open(None, Arc::new(|| 0)).unwrap();
        let entry = outbox.accept(mail("ana@example.com")).unwrap();
        let shown = format!("{entry:?} {outbox:?}");
        assert!(shown.contains("s1"), "{shown}");
        assert!(!shown.contains('@') && !shown.contains("Été"), "{shown}");
    }

    #[test]
    fn the_listing_has_the_documented_columns() {
        let outbox = Outbox::open(None, Arc::new(|| 1_767_225_600)).unwrap();
        let entry = outbox.accept(mail("ana@example.com")).unwrap();
        let expected = json!({
            "id": entry.id, "at": "2026-01-01T00:00:00Z", "to": "ana@example.com", "from": "hello@example.com",
            "subject": "Été", "class": "", "campaign": "", "step": "", "send_id": "s1",
        });
        assert_eq!(entry.summary(), expected);
    }
}
