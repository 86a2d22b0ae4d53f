//! Records there: leads, and the contacts that they become.

/// A record. One that was converted lives on as a contact; its lead is read-only from then on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Record {
    /// A lead, by its id.
    Lead(String),
    /// A contact, by its id.
    Contact(String),
}

/// What ids of contacts begin with, in every org.
const CONTACT: &str = "003";

/// Salesforce's own fields that contacts have as well, and that mean the same there.
const SHARED: [&str; 10] = [
    "FirstName",
    "LastName",
    "Salutation",
    "Title",
    "Email",
    "Phone",
    "MobilePhone",
    "Description",
    "HasOptedOutOfEmail",
    "OwnerId",
];

impl Record {
    /// As it is kept on our side, or as Salesforce reports it.
    pub(super) fn of(id: &str) -> Self {
        match id.strip_prefix("Contact/") {
            Some(id) => Self::Contact(id.to_owned()),
            None if id.starts_with(CONTACT) => Self::Contact(id.to_owned()),
            None => Self::Lead(id.to_owned()),
        }
    }

    /// As it is kept on our side.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Lead(id) => id.clone(),
            Self::Contact(id) => format!("Contact/{id}"),
        }
    }

    /// Its place among the records.
    pub(super) fn path(&self) -> String {
        let (kind, id) = match self {
            Self::Lead(id) => ("Lead", id),
            Self::Contact(id) => ("Contact", id),
        };
        format!("sobjects/{kind}/{}", crate::wire::escape(id))
    }

    /// Whether it can have a field of this name: a contact has the owner's own ones, and what it shares with leads.
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::Lead(_) => true,
            Self::Contact(_) => name.ends_with("__c") || SHARED.contains(&name),
        }
    }
}
