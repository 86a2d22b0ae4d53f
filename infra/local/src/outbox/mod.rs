//! The outbox: what the SES stand-in accepted, kept so that a killed process forgets nothing it acknowledged.
//!
//! Two append-only files of JSON lines, each line flushed to the disk before the caller hears of it: `outbox.jsonl`, one email a line,
//! and `outbox-events.jsonl`, one event a line that the feedback function has taken. A last line without its line break was never
//! acknowledged and is cut off when the files are opened.

mod log;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use mail_parser::MessageParser;
use piste_domain::LeadId;
use piste_domain::kit::vocabulary::Class;
use piste_domain::lead::erasure::Cleaning;
use piste_domain::rules::desk::DigestKind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use log::Log;

/// The virtual clock: whole seconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What SES can report of an email; in JSON `send`, `delivery`, `bounce`, `soft_bounce`, `complaint`, `click`.
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

/// An email as it was handed to SES.
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
    /// Value of a message tag; empty when the email does not carry it.
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
    /// Whether it is a digest, which tells of many leads.
    fn is_digest(&self) -> bool {
        let is_of = |kind: DigestKind| self.mail.tag("step").starts_with(&format!("{}-", kind.code()));
        self.mail.tag("class") == Class::Alert.code() && DigestKind::ALL.into_iter().any(is_of)
    }

    /// The leads that its text names; `None` where it cannot be read.
    fn named(&self) -> Option<BTreeSet<LeadId>> {
        let message = MessageParser::default().parse(&self.mail.eml)?;
        let text = message.body_text(0)?;
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        Some(words.filter(|word| LeadId::is_valid(word)).map(LeadId::new).collect())
    }

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

/// Whom each digest names, by its id; `None` where it cannot be read.
type Named = BTreeMap<String, Option<BTreeSet<LeadId>>>;

struct State {
    entries: Vec<Arc<Entry>>,
    /// Accepted emails whose `send` event is still to be handed over, by id.
    unreported: BTreeMap<String, Arc<Entry>>,
    emitted: BTreeSet<Emitted>,
    /// Of the digests that were looked through already: each is read once, however many people are erased.
    named: Named,
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
            named: Named::new(),
            mail_log,
            event_log,
        };
        Ok(Outbox {
            state: Arc::new(Mutex::new(state)),
            clock,
        })
    }

    /// Keeps an email; when this returns, it is on the disk. Blocks for one flush of the disk.
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

    /// All accepted emails, oldest first.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.lock().entries.clone()
    }

    /// The email with this SES message id.
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

    /// Emails whose `send` event the feedback function has not taken yet, oldest first. An email stays here until
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

    /// The events of an email that the feedback function took.
    pub fn emitted(&self, id: &str) -> Vec<Event> {
        let first = Emitted {
            id: id.to_owned(),
            event: Event::Send,
        };
        let state = self.lock();
        let of_this_mail = state.emitted.range(first..).take_while(|seen| seen.id == id);
        of_this_mail.map(|seen| seen.event).collect()
    }

    /// Empties the copies of emails to an erased person, and of digests that tell of them, but for what is younger than the erasure: no address, no subject,
    /// no content stays. Ids and moments do, so that numbers and the daily quota stay true. Again changes nothing.
    ///
    /// # Errors
    /// The disk refused: the copies are all still there, and so is the file.
    pub fn forget(&self, cleaning: &Cleaning) -> io::Result<()> {
        let state = &mut *self.lock();
        let until = cleaning.until.as_second();
        let mut emptied = BTreeMap::new();
        for (number, entry) in state.entries.iter().enumerate() {
            let is_left = entry.at > until || entry.mail.eml.is_empty();
            if !is_left && is_about(entry, &cleaning.lead, &mut state.named) {
                emptied.insert(number, entry.emptied());
            }
        }
        if emptied.is_empty() {
            return Ok(());
        }
        state.mail_log.replace(&emptied)?;
        for (number, entry) in emptied {
            let entry = Arc::new(entry);
            state.named.remove(&entry.id);
            if let Some(unreported) = state.unreported.get_mut(&entry.id) {
                *unreported = entry.clone();
            }
            state.entries[number] = entry;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete or not begun, so a panic elsewhere leaves nothing to repair.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it is an email about this lead, or a digest that tells of it.
fn is_about(entry: &Entry, lead: &LeadId, named: &mut Named) -> bool {
    let mut tells = || {
        let named = named.entry(entry.id.clone()).or_insert_with(|| entry.named());
        named.as_ref().is_none_or(|named| named.contains(lead))
    };
    entry.mail.tag("lead_id") == lead.as_str() || (entry.is_digest() && tells())
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
mod tests;
