//! What stands at the other ends: a webhook, a chat, and the stand-ins of the CRMs. They take what they are told, refuse
//! what the real ones refuse, and now and then they are slow, silent, down, or say something else than they did.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use lambda_http::http::Uri;
use piste_adapters::store::Store;
use piste_crm::{Answer, Call, Method};
use piste_domain::LeadId;
use piste_domain::campaign::Catalog;
use piste_domain::campaign::destination::{Destination, Kind};
use piste_domain::kit::ids::DestinationName;
use piste_stand_ins::{Hubspot, Pipedrive, Reply, Request, Salesforce, StandIn, Zoho};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::people::MARK;
use crate::plan::{Fault, Plan};

/// How long a search of Pipedrive's may not know what was written.
const SEARCH_LAG: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);
/// The key of the signatures.
const SIGNED_BY: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// All of them.
#[derive(Debug)]
pub struct Others {
    hubspot: Hubspot,
    pipedrive: Pipedrive,
    salesforce: Salesforce,
    zoho: Zoho,
    kinds: BTreeMap<DestinationName, Kind>,
    /// The keys of HubSpot and Pipedrive, as they are now.
    keys: BTreeMap<DestinationName, String>,
    /// Until when each is down, in milliseconds of the world, and whether it is silent then.
    down: BTreeMap<DestinationName, (i64, bool)>,
    /// Who each of the world's leads is, by id and by number.
    leads: (HashMap<String, LeadId>, Vec<LeadId>),
    /// Whose record it is, by destination and id there.
    records: HashMap<(DestinationName, String), LeadId>,
}

/// A record as it stands at a CRM.
#[derive(Debug)]
pub struct Stands {
    /// Its id there.
    pub id: String,
    /// Whose id it holds.
    pub lead: String,
    /// The address, in lower case.
    pub email: String,
    /// Whether the person wants no mail.
    pub opted_out: bool,
}

/// The name of the destination of a kind.
pub fn name_of(kind: Kind) -> DestinationName {
    DestinationName::new(match kind {
        Kind::Webhook => "hook",
        Kind::Chat => "room",
        Kind::Hubspot => "hub",
        Kind::Pipedrive => "pipe",
        Kind::Salesforce => "sf",
        Kind::Zoho => "zoho",
    })
}

/// The file of a destination.
fn file(kind: Kind, from_stage: &str) -> String {
    let fields = match kind {
        Kind::Webhook => {
            return "kind = \"webhook\"\nurl = \"https://hook.example.com/piste\"\n".to_owned();
        }
        Kind::Chat => {
            return "kind = \"chat\"\nformat = \"slack\"\nurl = \"https://room.example.com/piste\"\n".to_owned();
        }
        Kind::Hubspot => {
            r#"piste_lead_id = { from = "id", write = "always" }
email = { from = "email", write = "always" }
firstname = { from = "first_name" }
piste_grade = { from = "grade", write = "always" }
lifecyclestage = { from = "stage", write = "always" }
[stages]
lead = "lead"
mql = "marketingqualifiedlead"
sql = "salesqualifiedlead"
"#
        }
        Kind::Salesforce => {
            r#"Piste_Id__c = { from = "id", write = "always" }
Email = { from = "email", write = "always" }
LastName = { from = "first_name", default = "(unknown)" }
Company = { from = "company", default = "(unknown)" }
Piste_Grade__c = { from = "grade", write = "always" }
Status = { from = "stage", write = "always" }
[stages]
mql = "Open - Not Contacted"
sql = "Working - Contacted"
"#
        }
        Kind::Zoho => {
            r#"Piste_Id = { from = "id", write = "always" }
Email = { from = "email", write = "always" }
Last_Name = { from = "first_name", default = "(unknown)" }
Company = { from = "company", default = "(unknown)" }
Piste_Grade = { from = "grade", write = "always" }
Piste_Stage = { from = "stage", write = "always" }
[stages]
mql = "mql"
sql = "sql"
"#
        }
        Kind::Pipedrive => {
            r#"aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00 = { from = "id", write = "always" }
emails = { from = "email", write = "always" }
name = { from = "name", default = "(unknown)" }
ee44ee44ee44ee44ee44ee44ee44ee44ee44ee44 = { from = "grade", write = "always" }
"#
        }
    };
    let name = name_of(kind);
    format!(
        "kind = \"{}\"\nurl = \"https://{name}.example.com\"\nfrom_stage = \"{from_stage}\"\n[fields]\n{fields}",
        kind.code()
    )
}

/// The catalog with the destinations of a plan.
///
/// # Panics
/// If a file does not hold.
pub fn with_destinations(plan: &Plan, catalog: Catalog) -> Catalog {
    let read = |kind: &Kind| {
        let stage = if plan.late_kind == Some(*kind) { "mql" } else { "lead" };
        let name = name_of(*kind);
        Destination::read(name.as_str(), &file(*kind, stage), &catalog, true)
            .unwrap_or_else(|problems| panic!("{name}: {problems:?}"))
    };
    let destinations: Vec<Destination> = plan.told.iter().map(read).collect();
    catalog.with_destinations(destinations)
}

impl Others {
    /// The other ends of a plan, empty.
    pub fn new(plan: &Plan) -> Self {
        let many = u64::try_from(plan.leads).unwrap_or(u64::MAX).max(20);
        let (mut hubspot, mut pipedrive) = (Hubspot::new(), Pipedrive::new().with_search_lag(SEARCH_LAG));
        let (mut salesforce, mut zoho) = (
            Salesforce::new("https://sf.example.com"),
            Zoho::new("https://zoho.example.com"),
        );
        if plan.swarm.rate(Fault::TightLimits) > 0 {
            hubspot = hubspot.with_limits(15, 650_000);
            pipedrive = pipedrive.with_limits(6, 3, 1_000_000);
            salesforce = salesforce.requests_per_day(2 * many);
            zoho = zoho.credits(2 * many);
        }
        let keys = [
            (name_of(Kind::Hubspot), "pat-eu1-local".to_owned()),
            (name_of(Kind::Pipedrive), Pipedrive::TOKEN.to_owned()),
        ];
        Self {
            hubspot,
            pipedrive,
            salesforce,
            zoho,
            kinds: plan.told.iter().map(|kind| (name_of(*kind), *kind)).collect(),
            keys: keys.into(),
            down: BTreeMap::new(),
            leads: Default::default(),
            records: HashMap::new(),
        }
    }

    /// Gets to know the people of the world.
    pub fn meet(&mut self, leads: impl Iterator<Item = LeadId>) {
        self.leads.1 = leads.collect();
        let by_id = self.leads.1.iter().map(|id| (id.to_string(), id.clone()));
        self.leads.0 = by_id.collect();
    }

    /// What stands at this name.
    pub fn kind(&self, name: &DestinationName) -> Option<Kind> {
        self.kinds.get(name).copied()
    }

    /// One of the names.
    pub fn any(&self, chance: &mut Chance) -> DestinationName {
        let names: Vec<_> = self.kinds.keys().collect();
        (*chance.pick(&names)).clone()
    }

    /// The secret of a destination as its owner would store it.
    fn secret(&self, name: &DestinationName) -> Option<String> {
        Some(match self.kind(name)? {
            Kind::Webhook => SIGNED_BY.to_owned(),
            Kind::Chat => return None,
            Kind::Hubspot | Kind::Pipedrive => self.keys.get(name)?.clone(),
            Kind::Salesforce => {
                json!({ "client_id": "local-client", "client_secret": "local-secret", "domain": "local" }).to_string()
            }
            Kind::Zoho => json!({
                "client_id": "local-client", "client_secret": "local-secret",
                "refresh_token": "1000.local.refresh", "data_centre": "eu",
            })
            .to_string(),
        })
    }

    /// The secrets of all, as they are now.
    pub fn secrets(&self) -> Vec<(DestinationName, String)> {
        let of = |name: &DestinationName| Some((name.clone(), self.secret(name)?));
        self.kinds.keys().filter_map(of).collect()
    }

    /// Takes back the key of one, or every token that it gave.
    pub fn revoke(&mut self, name: &DestinationName, number: u64) {
        match self.kind(name) {
            Some(Kind::Hubspot) => {
                let key = format!("pat-eu1-{number}");
                self.hubspot.rotate_key(&key);
                self.keys.insert(name.clone(), key);
            }
            Some(Kind::Pipedrive) => {
                let key = format!("{number:040x}");
                self.pipedrive.renew_token(&key);
                self.keys.insert(name.clone(), key);
            }
            Some(Kind::Salesforce) => self.salesforce.revoke(),
            Some(Kind::Zoho) => self.zoho.revoke(),
            Some(Kind::Webhook | Kind::Chat) | None => {}
        }
    }

    /// One is down until then, silent or not.
    pub fn fall(&mut self, name: DestinationName, until: i64, silent: bool) {
        self.down.insert(name, (until, silent));
    }

    /// Nothing is down any more.
    pub fn rise(&mut self) {
        self.down.clear();
    }

    /// Whether it is down at this moment of the world, and whether it is silent then.
    pub fn is_down(&self, name: &DestinationName, ms: i64) -> Option<bool> {
        let (_, silent) = self.down.get(name).filter(|(until, _)| ms < *until)?;
        Some(*silent)
    }

    /// Which destination a call goes to.
    pub fn name(&self, call: &Call) -> Option<DestinationName> {
        let uri: Uri = call.url.parse().ok()?;
        let name = DestinationName::new(uri.host()?.split('.').next()?);
        self.kinds.contains_key(&name).then_some(name)
    }

    /// Whom a call is about: by our id, by the address, or by the record's id there.
    pub fn about(&self, name: &DestinationName, call: &Call) -> Option<LeadId> {
        let body = String::from_utf8_lossy(&call.body);
        let header = call.headers.iter().find(|(header, _)| *header == "webhook-id");
        let escapes = ["%3A", "%28", "%29", "%27", "%20", "%3D"];
        let url = escapes
            .iter()
            .fold(call.url.clone(), |url, escape| url.replace(escape, " "));
        let texts = [url.as_str(), &body, header.map_or("", |(_, id)| id.as_str())];
        let words = || {
            texts
                .iter()
                .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()))
        };
        if let Some(lead) = words().find_map(|word| self.leads.0.get(word)) {
            return Some(lead.clone());
        }
        let number = texts.iter().find_map(|text| {
            let rest = text.split_once(MARK)?.1.strip_prefix('.')?;
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok()
        });
        if let Some(lead) = number.and_then(|number| self.leads.1.get(number)) {
            return Some(lead.clone());
        }
        let path = call.url.split('?').next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default().to_owned();
        let named = serde_json::from_slice::<Value>(&call.body).unwrap_or_default();
        let named = named["objectId"].as_str().map(str::to_owned);
        // Pipedrive's cards are listed by their person.
        let person = call
            .url
            .split_once("person_id=")
            .map(|(_, rest)| rest.split('&').next().unwrap_or_default().to_owned());
        let of = |record: String| self.records.get(&(name.clone(), record)).cloned();
        named.or(person).and_then(of).or_else(|| of(last))
    }

    /// Takes a call, at this moment.
    pub fn hear(&mut self, name: &DestinationName, lead: Option<&LeadId>, call: &Call, now: Timestamp) -> Answer {
        let request = request(call);
        let stand_in: &mut dyn StandIn = match self.kinds.get(name) {
            Some(Kind::Hubspot) => &mut self.hubspot,
            Some(Kind::Pipedrive) => &mut self.pipedrive,
            Some(Kind::Salesforce) => &mut self.salesforce,
            Some(Kind::Zoho) => &mut self.zoho,
            Some(Kind::Webhook | Kind::Chat) | None => return bare(204, ""),
        };
        let answer = match stand_in.answer(&request, now) {
            Reply::Answer { status, headers, body } => Answer { status, headers, body },
            Reply::Cut => bare(500, ""),
        };
        let json = answer.json();
        let id = ["/id", "/Id", "/data/id", "/data/0/details/id", "/data/0/id"]
            .into_iter()
            .find_map(|place| {
                json.as_ref()?
                    .pointer(place)
                    .filter(|id| id.is_string() || id.is_number())
            });
        if let (Some(lead), Some(id)) = (lead, id) {
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            self.records.insert((name.clone(), id), lead.clone());
        }
        answer
    }

    /// The records of a CRM as they stand, none of those in its bin.
    pub fn stands(&self, name: &DestinationName) -> Vec<Stands> {
        let (state, [id, lead, email]) = match self.kind(name) {
            Some(Kind::Hubspot) => (
                self.hubspot.state(),
                ["/id", "/properties/piste_lead_id", "/properties/email"],
            ),
            Some(Kind::Pipedrive) => (
                self.pipedrive.state(),
                [
                    "/id",
                    "/custom_fields/aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00",
                    "/emails/0/value",
                ],
            ),
            Some(Kind::Salesforce) => (self.salesforce.state(), ["/Id", "/Piste_Id__c", "/Email"]),
            Some(Kind::Zoho) => (self.zoho.state(), ["/id", "/Piste_Id", "/Email"]),
            Some(Kind::Webhook | Kind::Chat) | None => return Vec::new(),
        };
        let text = |record: &Value, place: &str| match record.pointer(place) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let records = state["records"].as_array().into_iter().flatten();
        let stands = records.map(|record| {
            let email = text(record, email).to_lowercase();
            let opted_out = record["HasOptedOutOfEmail"] == true
                || record["Email_Opt_Out"] == true
                || record["marketing_status"] == "unsubscribed"
                || !state["opt_outs"][&email].is_null();
            Stands {
                id: text(record, id),
                lead: text(record, lead),
                email,
                opted_out,
            }
        });
        stands.collect()
    }
}

/// Stores the secrets of all destinations as they are now.
pub async fn keep_secrets(store: &Store, secrets: Vec<(DestinationName, String)>) {
    for (name, secret) in secrets {
        store.save_secret(&name, &secret).await.expect("spared");
    }
}

/// An answer with nothing but a status and a text.
pub fn bare(status: u16, text: &str) -> Answer {
    Answer {
        status,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: text.as_bytes().to_vec(),
    }
}

/// Whether it tells of another destination, and so of no lead.
pub fn is_of_destinations(call: &Call) -> bool {
    String::from_utf8_lossy(&call.body).contains("\"delivery.paused\"")
}

/// Whether a call asks for an access token.
pub fn asks_token(call: &Call) -> bool {
    call.url.ends_with("/token")
}

/// Whether a call changes something there.
pub fn writes(call: &Call) -> bool {
    call.method != Method::Get && !asks_token(call)
}

/// The fields that a call writes, by their names.
pub fn fields(call: &Call) -> BTreeMap<String, Value> {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let members = [&body["properties"], &body["data"][0], &body];
    let members = members
        .into_iter()
        .find_map(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let mut fields = BTreeMap::new();
    for (name, value) in members {
        match value {
            Value::Object(inner) if name == "custom_fields" => fields.extend(inner),
            value => drop(fields.insert(name, value)),
        }
    }
    fields
}

/// Whether a field says whose record it is, and nothing more.
pub fn is_key(name: &str) -> bool {
    [
        "piste_lead_id",
        "email",
        "Piste_Id__c",
        "Email",
        "Piste_Id",
        "emails",
        "aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00",
    ]
    .contains(&name)
}

fn request(call: &Call) -> Request {
    let (_, rest) = call.url.split_once("://").unwrap_or_default();
    let (host, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Request {
        method: call.method.as_str().to_owned(),
        host: host.to_owned(),
        target: target.to_owned(),
        headers: call
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        body: call.body.clone(),
    }
}
