//! What is to be told, and by which connection.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::call::Http;

/// A key that calls carry, and where they go.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The text of the key.
    pub text: String,
    /// Scheme and host of all calls, without a slash at the end.
    pub base: String,
    /// How long it is good, where the CRM says so.
    pub seconds: Option<u32>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// A connection to one account of a CRM at one moment.
#[derive(Debug)]
pub struct Link<'a, H: Http> {
    /// How calls go out.
    pub http: &'a H,
    /// What they carry.
    pub token: &'a Token,
    /// The moment.
    pub now: Timestamp,
}

/// A lead as it is to stand there.
#[derive(Debug)]
pub struct Push<'a> {
    /// Our id of the lead.
    pub lead: &'a str,
    /// The record's id there, if it is known.
    pub id: Option<&'a str>,
    /// Whether a create may have been made that nobody knows of: it is looked up before another.
    pub unsure: bool,
    /// The address.
    pub email: Option<&'a str>,
    /// The fields to write. Of a record that is known only what changed, and the two keys always.
    pub entries: &'a [Entry],
    /// What the file says of opting out beyond the CRM's own: HubSpot's subscription, by its id. `None`: the CRM's whole no.
    pub subscription: Option<&'a str>,
}

/// One field to write.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// Their name of the field. Pipedrive: `lead.` in front is the card's.
    pub name: String,
    /// The value: a string or a number, `Null` to clear it. HubSpot and Pipedrive write it in their own way.
    pub value: Value,
    /// When it is written.
    pub write: Write,
    /// Whether the record goes without it if it is refused.
    pub drop: bool,
    /// Whether it is our id or the address: such a key is never dropped.
    pub key: Option<Act>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({}, hidden)", self.name)
    }
}

/// Which key a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Our id of the lead.
    Id,
    /// The address.
    Email,
}

/// When a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// When the record is made, never after.
    Create,
    /// Where the record there has nothing.
    IfEmpty,
    /// Whenever ours changes.
    Always,
}

/// A record there as it stands.
#[derive(Clone, PartialEq, Default)]
pub struct Present {
    /// Its id; another one than asked for after a merge or a conversion.
    pub id: String,
    /// Our id of the lead, as it stands in the field that the CRM was made with.
    pub lead: Option<String>,
    /// All values that came, by their name: stages, owners and amounts are read from here by the file's tables.
    pub values: serde_json::Map<String, Value>,
    /// Whether the person wants no marketing there.
    pub opted_out: bool,
}

impl fmt::Debug for Present {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Present({} values, hidden)", self.values.len())
    }
}

/// A field that their records have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteField {
    /// Its name, as calls name it.
    pub name: String,
    /// As people read it.
    pub label: String,
    /// Its type, in the CRM's word.
    pub kind: String,
    /// The values it takes, as calls name them; empty where it is free.
    pub options: Vec<String>,
    /// The most characters it takes, where the CRM says so.
    pub length: Option<u32>,
    /// Whether no two records may have the same value.
    pub unique: bool,
    /// Whether a record cannot be made without it.
    pub required: bool,
    /// Whether it can be written.
    pub writable: bool,
}
