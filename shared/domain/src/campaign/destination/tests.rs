//! A good file of each kind, and what a file must not say.

use super::*;
use crate::kit::locale::Locale;
use crate::samples::{catalog, demo, other};

const WEBHOOK: &str = r#"
kind = "webhook"
campaigns = ["guide-seo"]
from_stage = "mql"
url = "https://hooks.example.com:8443/piste?key=1"
events = ["lead.qualified", "delivery.paused"]
notify = ["bonjour@example.com"]

[fields]
id = { from = "id" }
email = { from = "email" }
size = { from = "company_size", table = { "1-9" = 1, "10-49" = 10 }, default = 50 }
stage = { from = "stage" }

[stages]
mql = "chaud"
"#;

const CHAT: &str = r#"
kind = "chat"
url = "https://hooks.slack.com/services/T0/B0/x"
format = "slack"
"#;

const HUBSPOT: &str = r#"
kind = "hubspot"
subscription = "4711"

[fields]
piste_lead_id = { from = "id" }
email = { from = "email" }
firstname = { from = "first_name" }
piste_size = { from = "company_size", write = "always", refused = "drop" }
piste_campaign = { from = "campaign", write = "create", table = { "guide-seo" = "Guide" } }
lifecyclestage = { from = "stage", write = "always" }
hubspot_owner_id = { from = "owner", write = "create" }

[stages]
lead = "lead"
mql = "marketingqualifiedlead"
sql = "1234567"

[owners]
camille = "8801"
"#;

const SALESFORCE: &str = r#"
kind = "salesforce"

[fields]
Piste_Id__c = { from = "id" }
Email = { from = "email" }
LastName = { from = "last_name", default = "?" }
Company = { from = "company", default = "?" }
Rating = { from = "grade", write = "always", table = { A1 = "Hot", A2 = "Hot" }, default = "Cold" }
"#;

const PIPEDRIVE: &str = r#"
kind = "pipedrive"
url = "https://agence.pipedrive.com"

[fields]
9f3c2b1a9f3c2b1a9f3c2b1a9f3c2b1a9f3c2b1a = { from = "id" }
emails = { from = "email" }
name = { from = "name", default = "?" }
"lead.title" = { from = "company", default = "Guide" }
"lead.7a3c2b1a9f3c2b1a9f3c2b1a9f3c2b1a9f3c2b1a" = { from = "timing", table = { now = 12, 3_months = 13, 6_months = 14, later = "15" } }
"#;

const ZOHO: &str = r#"
kind = "zoho"

[fields]
Piste_Id = { from = "id" }
Email = { from = "email" }
Last_Name = { from = "name", default = "?" }
Company = { from = "company", default = "?" }
"Owner.id" = { from = "owner" }

[owners]
camille = "554023000000691003"
"#;

fn campaigns() -> Catalog {
    let mut elsewhere = other("elsewhere");
    elsewhere.workspace = WorkspaceId::new("client");
    catalog([demo(), elsewhere])
}

fn read(source: &str) -> Destination {
    Destination::read("there", source, &campaigns(), false).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The first place of a text in a file, as a line.
fn line_of(source: &str, text: &str) -> usize {
    let line = source.lines().position(|line| line.contains(text));
    line.unwrap_or_else(|| panic!("the file does not say: {text}")) + 1
}

/// Every edit of a good file is refused at its line, in words that hold these, in each language.
#[track_caller]
fn refused(good: &str, old: &str, new: &str, at: &str, said: &str) {
    assert!(good.contains(old), "the good file no longer says: {old}");
    let bad = good.replacen(old, new, 1);
    let problems = Destination::read("there", &bad, &campaigns(), false).expect_err(new);
    let line = if at.is_empty() { 1 } else { line_of(&bad, at) };
    let found = problems
        .iter()
        .find(|problem| problem.line == line && problem.say(Locale::En).contains(said));
    let found = found.unwrap_or_else(|| panic!("{new}: not at {line}, or not {said}: {problems:?}"));
    assert!(found.say(Locale::En).starts_with(&format!("there.toml:{line}: ")));
    assert_ne!(found.message.get(Locale::Fr), found.message.get(Locale::En));
    assert_eq!(problems.len(), 1, "one fault is one problem: {problems:?}");
}

#[test]
fn a_good_file_of_each_kind_is_read() {
    let webhook = read(WEBHOOK);
    assert_eq!((webhook.name.as_str(), webhook.kind), ("there", Kind::Webhook));
    assert_eq!(webhook.workspace, WorkspaceId::new("main"));
    assert_eq!(webhook.from_stage, FromStage::Mql);
    assert!(webhook.hears(EventType::LeadQualified) && !webhook.hears(EventType::LeadErased));
    assert!(webhook.covers(&demo()) && !webhook.covers(&other("second")));

    let chat = read(CHAT);
    assert_eq!(
        (chat.format, chat.from_stage),
        (Some(ChatFormat::Slack), FromStage::Lead)
    );
    assert!(chat.covers(&other("second")) && !chat.kind.is_crm() && !chat.hears(EventType::LeadCreated));

    let hubspot = read(HUBSPOT);
    let rule = |theirs: &str| hubspot.fields.get(theirs).expect("a field");
    assert_eq!(rule("firstname").from, Source::Answer("first_name".to_owned()));
    assert_eq!(
        (rule("firstname").write, rule("firstname").refused),
        (Write::IfEmpty, Refused::Stop)
    );
    assert_eq!(
        (rule("piste_size").write, rule("piste_size").refused),
        (Write::Always, Refused::Drop)
    );
    assert!(rule("email").is_key() && rule("piste_lead_id").is_key() && !rule("firstname").is_key());
    assert_eq!(hubspot.stages.get(&Stage::Sql).map(String::as_str), Some("1234567"));

    let pipedrive = read(PIPEDRIVE);
    let card = pipedrive
        .fields
        .keys()
        .find(|theirs| theirs.starts_with("lead.7"))
        .expect("a field");
    let table = pipedrive.fields[card].table.as_ref().expect("a table");
    assert_eq!(table["now"], TableValue::Number(12));
    assert_eq!(table["later"], TableValue::Text("15".to_owned()));
    assert!([SALESFORCE, ZOHO].map(read).iter().all(|crm| crm.kind.is_crm()));
}

#[test]
fn a_read_destination_survives_its_published_form() {
    for file in [WEBHOOK, CHAT, HUBSPOT, SALESFORCE, PIPEDRIVE, ZOHO] {
        let destination = read(file);
        let json = serde_json::to_string(&destination).expect("json");
        let again: Destination = serde_json::from_str(&json).expect("a destination");
        assert_eq!(again, destination);
    }
}

#[test]
fn a_word_for_a_source_is_read_back_to_itself() {
    for word in [
        "id",
        "email",
        "name",
        "stage",
        "owner",
        "grade",
        "fit",
        "engagement",
        "why",
        "source",
        "campaign",
        "company",
    ] {
        let source = Source::from(word.to_owned());
        assert_eq!(matches!(source, Source::Answer(_)), word == "company");
        assert_eq!(String::from(source), word);
    }
}

#[test]
fn how_far_a_lead_has_come_is_what_its_stage_proves() {
    use FromStage::{Customer, Lead, Mql, Sql};
    for (stage, reached) in [
        (Stage::Lead, vec![Lead]),
        (Stage::Mql, vec![Lead, Mql]),
        (Stage::Sql, vec![Lead, Mql, Sql]),
        (Stage::Customer, vec![Lead, Mql, Sql, Customer]),
        (Stage::Disqualified, vec![Lead]),
        (Stage::Recycled, vec![Lead, Mql]),
        (Stage::Dormant, vec![Lead]),
    ] {
        let all = FromStage::ALL.into_iter().filter(|from| from.is_reached(stage));
        assert_eq!(all.collect::<Vec<_>>(), reached, "{stage:?}");
    }
}

#[test]
fn syntax_is_refused_with_its_line() {
    refused(
        CHAT,
        "kind = \"chat\"",
        "kind = \"slak\"",
        "slak",
        "unknown variant `slak`",
    );
    refused(CHAT, "format = ", "formt = ", "formt", "unknown field `formt`");
    refused(CHAT, "\"slack\"", "\"irc\"", "irc", "unknown variant `irc`");
    refused(
        WEBHOOK,
        "lead.qualified",
        "lead.won",
        "lead.won",
        "unknown variant `lead.won`",
    );
    refused(
        WEBHOOK,
        "\"mql\"",
        "\"dormant\"",
        "dormant",
        "unknown variant `dormant`",
    );
    refused(HUBSPOT, "mql = ", "mqll = ", "mqll", "unknown variant `mqll`");
    refused(
        HUBSPOT,
        "write = \"create\"",
        "write = \"once\"",
        "\"once\"",
        "unknown variant `once`",
    );
    refused(HUBSPOT, "\"8801\"", "8801", "camille", "expected a string");
    refused(
        PIPEDRIVE,
        "now = 12",
        "now = 1.5",
        "now = 1.5",
        "a string or a whole number",
    );
}

#[test]
fn a_name_a_workspace_and_campaigns_must_be_there() {
    let problems = Destination::read("No Name", CHAT, &campaigns(), false).expect_err("no name");
    assert!(
        problems[0]
            .say(Locale::En)
            .starts_with("No Name.toml:1: destination \"No Name\": use 1 to 40")
    );
    refused(
        CHAT,
        "kind = \"chat\"",
        "kind = \"chat\"\nname = \"x\"",
        "name",
        "leave name out",
    );
    refused(
        WEBHOOK,
        "guide-seo",
        "guide",
        "campaigns",
        "there is no campaign \"guide\"",
    );
    refused(
        WEBHOOK,
        "guide-seo",
        "elsewhere",
        "campaigns",
        "belongs to workspace \"client\"",
    );
    refused(WEBHOOK, "[\"guide-seo\"]", "[]", "campaigns", "name at least one");
    refused(
        CHAT,
        "kind = \"chat\"",
        "kind = \"chat\"\nworkspace = \"mian\"",
        "mian",
        "no campaign belongs to",
    );
    refused(
        WEBHOOK,
        "bonjour@example.com",
        "bonjour",
        "notify",
        "not an email address",
    );
}

#[test]
fn a_campaign_that_cannot_be_read_is_not_gone() {
    let left_out = Catalog::default().leaving_out([CampaignId::new("guide-seo")]);
    for file in [WEBHOOK, CHAT, HUBSPOT, SALESFORCE] {
        assert!(Destination::read("there", file, &left_out, false).is_ok());
    }
}

#[test]
fn each_kind_has_its_own_keys() {
    refused(WEBHOOK, "kind", "format = \"slack\"\nkind", "format", "for a chat only");
    refused(
        CHAT,
        "kind",
        "events = [\"lead.created\"]\nkind",
        "events",
        "for a webhook only",
    );
    refused(
        CHAT,
        "kind",
        "subscription = \"1\"\nkind",
        "subscription",
        "for HubSpot only",
    );
    refused(
        CHAT,
        "format = \"slack\"",
        "format = \"slack\"\n[fields]\nx = { from = \"id\" }",
        "[fields]",
        "for a CRM or a webhook only",
    );
    refused(
        CHAT,
        "format = \"slack\"",
        "format = \"slack\"\n[stages]\nmql = \"x\"",
        "[stages]",
        "for a CRM or a webhook only",
    );
    refused(
        CHAT,
        "format = \"slack\"",
        "format = \"slack\"\n[owners]\ncamille = \"x\"",
        "[owners]",
        "for a CRM or a webhook only",
    );
    refused(
        CHAT,
        "format = \"slack\"",
        "",
        "kind",
        "one of slack, mattermost, teams, google",
    );
    refused(
        WEBHOOK,
        "[\"lead.qualified\", \"delivery.paused\"]",
        "[]",
        "events",
        "name at least one",
    );
    refused(HUBSPOT, "4711", "news", "subscription", "write its digits");
}

#[test]
fn an_address_is_outside_and_a_crm_has_its_own() {
    let url = "https://hooks.example.com:8443/piste?key=1";
    refused(WEBHOOK, &format!("url = \"{url}\""), "", "kind", "add url");
    for (bad, said) in [
        ("http://hooks.example.com/", "starts with https://"),
        ("https://hooks.example.com:8080/", "443 and 8443"),
        ("https://ana:secret@hooks.example.com/", "a secret is never in a file"),
        ("https://2130706433/", "four decimal numbers"),
        ("https://hooks.example.com./", "dot"),
        ("https://10.0.0.1/", "not on the public internet"),
        ("https://[::ffff:127.0.0.1]/", "not on the public internet"),
        ("hooks.example.com", "cannot be read"),
    ] {
        refused(WEBHOOK, url, bad, "url", said);
    }
    refused(
        HUBSPOT,
        "kind",
        "url = \"https://api.example.com\"\nkind",
        "url",
        "leave url out",
    );
    for bad in [
        "https://pipedrive.com",
        "https://a.b.pipedrive.com",
        "https://pipedrive.com.example.com",
        "https://agence.pipedrive.com/api",
        "https://agence.pipedrive.com:8443",
        "http://agence.pipedrive.com",
    ] {
        refused(
            PIPEDRIVE,
            "https://agence.pipedrive.com",
            bad,
            "url",
            "COMPANY.pipedrive.com",
        );
    }
    let local = |file: &str, old: &str, new: &str| {
        Destination::read("there", &file.replacen(old, new, 1), &campaigns(), true).map(|read| read.url)
    };
    assert!(local(WEBHOOK, url, "http://127.0.0.1:4011/hook").is_ok());
    assert!(local(HUBSPOT, "kind", "url = \"http://127.0.0.1:4011\"\nkind").is_ok());
    assert!(local(PIPEDRIVE, "https://agence.pipedrive.com", "http://localhost:4011").is_ok());
    assert!(local(HUBSPOT, "kind", "url = \"http://127.0.0.1:4011/crm\"\nkind").is_ok());
    let problems = local(HUBSPOT, "kind", "url = \"http://127.0.0.1:4011/crm?a=b\"\nkind").expect_err("a query");
    assert!(problems[0].say(Locale::En).contains("without a query"));
}

#[test]
fn a_crm_finds_its_records_by_two_keys() {
    let (id, email) = ("piste_lead_id = { from = \"id\" }", "email = { from = \"email\" }");
    refused(HUBSPOT, id, "", "[fields]", "with from = \"id\"");
    refused(HUBSPOT, email, "", "[fields]", "with from = \"email\"");
    refused(
        HUBSPOT,
        "from = \"first_name\"",
        "from = \"id\"",
        "piste_lead_id",
        "already takes id",
    );
    refused(
        HUBSPOT,
        "{ from = \"id\" }",
        "{ from = \"id\", refused = \"drop\" }",
        "piste_lead_id",
        "never dropped",
    );
    refused(
        HUBSPOT,
        "{ from = \"id\" }",
        "{ from = \"id\", default = \"x\" }",
        "piste_lead_id",
        "leave default out",
    );
    refused(
        HUBSPOT,
        email,
        "work_email = { from = \"email\" }",
        "work_email",
        "the address in email",
    );
    refused(PIPEDRIVE, "emails = ", "email = ", "email", "the address in emails");
    refused(
        PIPEDRIVE,
        "emails = ",
        "\"lead.emails\" = ",
        "lead.emails",
        "take lead. off",
    );
}

#[test]
fn a_field_takes_what_there_is() {
    refused(
        HUBSPOT,
        "first_name",
        "firstname",
        "from = \"firstname\"",
        "neither a field of the form nor one of id,",
    );
    refused(
        HUBSPOT,
        "first_name",
        "marketing_consent",
        "marketing_consent",
        "is a consent box",
    );
    refused(
        HUBSPOT,
        "firstname",
        "\"first name\"",
        "first name",
        "cannot be the name",
    );
    refused(HUBSPOT, "firstname", "\"lead.\"", "lead.", "cannot be the name");
    refused(
        SALESFORCE,
        "Company = { from = \"company\", default = \"?\" }",
        "",
        "[fields]",
        "requires Company",
    );
    refused(
        SALESFORCE,
        "\"last_name\", default = \"?\"",
        "\"last_name\"",
        "LastName",
        "last_name may be empty",
    );
    refused(
        SALESFORCE,
        "\"last_name\", default = \"?\"",
        "\"last_name\", default = \"\"",
        "LastName",
        "is empty",
    );
    refused(
        ZOHO,
        "Last_Name = { from = \"name\", default = \"?\" }",
        "",
        "[fields]",
        "requires Last_Name",
    );
    refused(
        PIPEDRIVE,
        "\"name\", default = \"?\"",
        "\"name\"",
        "name = ",
        "name may be empty",
    );
    refused(
        PIPEDRIVE,
        "\"lead.title\" = { from = \"company\", default = \"Guide\" }",
        "",
        "[fields]",
        "requires lead.title",
    );
    let required = demo().form.fields.into_iter().map(|mut field| {
        field.required |= field.name == "last_name";
        field
    });
    let mut strict = demo();
    strict.form.fields = required.collect();
    let file = SALESFORCE.replacen("\"last_name\", default = \"?\"", "\"last_name\"", 1);
    assert!(
        Destination::read("there", &file, &catalog([strict]), false).is_ok(),
        "the form requires it"
    );
}

#[test]
fn a_table_translates_all_that_can_come() {
    refused(PIPEDRIVE, ", later = \"15\"", "", "timing", "says nothing of later");
    refused(
        PIPEDRIVE,
        "later = \"15\"",
        "later = 15, never = 16",
        "never",
        "\"never\" is not a value of timing",
    );
    refused(
        SALESFORCE,
        ", default = \"Cold\"",
        "",
        "Rating",
        "says nothing of A3, A4, B1",
    );
    refused(
        SALESFORCE,
        "A2 = \"Hot\"",
        "E1 = \"Hot\"",
        "E1",
        "\"E1\" is not a value of grade",
    );
    refused(
        HUBSPOT,
        "\"guide-seo\" = \"Guide\"",
        "\"guide-seo\" = \"Guide\", guide = \"Guide\"",
        "guide = ",
        "\"guide\" is not a value of campaign",
    );
}

#[test]
fn stages_and_owners_are_ours_and_are_used() {
    refused(
        HUBSPOT,
        "from = \"stage\", write = \"always\"",
        "from = \"stage\", table = { mql = \"lead\" }",
        "lifecyclestage",
        "translated in [stages]",
    );
    refused(
        HUBSPOT,
        "lifecyclestage = { from = \"stage\", write = \"always\" }",
        "",
        "[stages]",
        "no field takes stage",
    );
    refused(
        HUBSPOT,
        "hubspot_owner_id = { from = \"owner\", write = \"create\" }",
        "",
        "[owners]",
        "no field takes owner",
    );
    refused(
        HUBSPOT,
        "[owners]\ncamille = \"8801\"",
        "",
        "hubspot_owner_id",
        "add [owners]",
    );
    refused(
        HUBSPOT,
        "camille = ",
        "nobody = ",
        "nobody",
        "there is no owner \"nobody\"",
    );
    refused(HUBSPOT, "\"8801\"", "\" \"", "camille", "is empty");
    refused(HUBSPOT, "\"1234567\"", "\"\"", "sql = ", "is empty");
    refused(
        HUBSPOT,
        "\"marketingqualifiedlead\"",
        "\"MQL\"",
        "mql = ",
        "\"MQL\" is not a stage of HubSpot’s",
    );
    let own = HUBSPOT
        .replace("lifecyclestage", "piste_stage")
        .replace("\"1234567\"", "\"Sales\"");
    assert!(
        Destination::read("there", &own, &campaigns(), false).is_ok(),
        "a field of their own takes any word"
    );
}

#[test]
fn every_problem_is_told_at_once() {
    let file = HUBSPOT
        .replace("subscription = \"4711\"", "format = \"slack\"")
        .replace("first_name", "surname")
        .replace("camille", "nobody");
    let problems = Destination::read("there", &file, &campaigns(), false).expect_err("three problems");
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn what_the_account_does_not_have_is_told_with_its_line() {
    use crate::campaign::destination::snapshot::{Snapshot, TheirField};
    let field = |name: &str, options: &[&str]| TheirField {
        name: name.to_owned(),
        label: name.to_owned(),
        kind: "string".to_owned(),
        options: options.iter().map(|one| (*one).to_owned()).collect(),
        length: None,
        unique: name == "piste_lead_id" || name == "email",
        required: false,
        writable: true,
    };
    let good = Snapshot {
        kind: Kind::Hubspot,
        taken_at: "2026-03-02T09:00:00Z".parse().expect("a moment"),
        fields: vec![
            field("piste_lead_id", &[]),
            field("email", &[]),
            field("firstname", &[]),
            field("piste_size", &["1-9", "10-49"]),
            field("piste_campaign", &["Guide", "Other"]),
            field("lifecyclestage", &["lead", "marketingqualifiedlead", "1234567"]),
            field("hubspot_owner_id", &["8801"]),
        ],
    };
    let hubspot = read(HUBSPOT);
    assert_eq!(hubspot.against(&good, HUBSPOT), []);
    let change = |at: &str, change: &dyn Fn(&mut TheirField)| {
        let mut bad = good.clone();
        change(bad.fields.iter_mut().find(|field| field.name == at).expect("a field"));
        bad
    };
    let cases = [
        (
            change("firstname", &|field| field.name = "first_name".into()),
            "firstname =",
            "did you mean \"first_name\"",
        ),
        (
            change("firstname", &|field| field.writable = false),
            "firstname =",
            "cannot be written",
        ),
        (
            change("piste_lead_id", &|field| field.unique = false),
            "piste_lead_id",
            "make that field unique",
        ),
        (
            change("piste_campaign", &|field| field.options = vec!["Guides".into()]),
            "piste_campaign",
            "write one of Guides",
        ),
        (
            change("lifecyclestage", &|field| {
                field.options = vec!["lead".into(), "1234567".into()]
            }),
            "mql = ",
            "marketingqualifiedlead",
        ),
        (
            change("hubspot_owner_id", &|field| field.options = vec!["99".into()]),
            "camille = ",
            "8801",
        ),
    ];
    for (bad, at, said) in cases {
        let problems = hubspot.against(&bad, HUBSPOT);
        let found = problems
            .iter()
            .map(|problem| problem.say(Locale::En))
            .collect::<Vec<_>>();
        let place = format!("there.toml:{}: ", line_of(HUBSPOT, at));
        assert!(
            found.len() == 1 && found[0].starts_with(&place) && found[0].contains(said),
            "{at}: {found:?}"
        );
    }
    let other = Snapshot {
        kind: Kind::Zoho,
        ..good.clone()
    };
    assert_eq!(hubspot.against(&other, HUBSPOT).len(), 1);
    let written = serde_json::to_string(&good).expect("json");
    assert_eq!(serde_json::from_str::<Snapshot>(&written).expect("read back"), good);
}
