//! The deployment template says what the code needs: routes, tables, environment.
//!
//! Rights, alarms and everything that SAM makes of the template are checked by `tests/deployed/journey.py`.

use std::collections::BTreeSet;
use std::fs;

use jiff::Timestamp;
use piste_adapters::keys::Part;
use piste_adapters::routes::{Function, ROUTES};
use piste_adapters::store::item;
use piste_domain::kit::ids::{DestinationName, base32_26};
use piste_domain::rules::quarantine::challenge::{Challenge, solved};
use piste_domain::{CampaignId, Key, LeadId, WorkspaceId};
use piste_tests::binaries::root;
use piste_tests::work::solve;
use serde_norway::Value;

pub fn resources() -> Vec<(String, Value)> {
    let text = fs::read_to_string(root().join("infra/template.yaml")).expect("the template reads");
    let template: Value = serde_norway::from_str(&text).expect("the template parses");
    let resources = template["Resources"].as_mapping().expect("resources").clone();
    resources
        .into_iter()
        .map(|(name, value)| (name.as_str().expect("a name").to_owned(), value))
        .collect()
}

fn resource(name: &str) -> Value {
    let found = resources().into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("the template has no {name}")).1
}

/// A value behind its tag (`!Ref x` as `x`).
fn plain(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => &tagged.value,
        other => other,
    }
}

#[test]
fn routes_are_those_of_the_code() {
    let declared: BTreeSet<(String, String)> = resources()
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::ApiGatewayV2::Route")
        .map(|(_, route)| {
            let properties = &route["Properties"];
            let path = properties["RouteKey"]
                .as_str()
                .expect("a key")
                .trim_start_matches("ANY ")
                .to_owned();
            let target = plain(&properties["Target"]).as_str().expect("a target").to_owned();
            (path, target)
        })
        .collect();
    let needed = ROUTES.map(|(path, function)| {
        let function = match function {
            Function::Capture => "Capture",
            Function::Consent => "Consent",
            Function::Console => "Console",
            Function::Trigger => "Trigger",
        };
        (path.to_owned(), format!("integrations/${{{function}Integration}}"))
    });
    assert_eq!(declared, BTreeSet::from(needed));
}

fn keys(value: &Value) -> Vec<(&str, &str)> {
    let keys = value["KeySchema"].as_sequence().expect("keys").iter();
    keys.map(|key| {
        (
            key["AttributeName"].as_str().expect("a name"),
            key["KeyType"].as_str().expect("a type"),
        )
    })
    .collect()
}

#[test]
fn the_leads_table_has_the_keys_and_indexes_of_the_code() {
    let table = resource("LeadsTable");
    let properties = &table["Properties"];
    assert_eq!(keys(properties), [(item::PK, "HASH"), (item::SK, "RANGE")]);
    let indexes = properties["GlobalSecondaryIndexes"].as_sequence().expect("indexes");
    let due = &indexes[0];
    assert_eq!(due["IndexName"], item::INDEX_DUE);
    assert_eq!(keys(due), [(item::DUE_SHARD, "HASH"), (item::DUE_AT, "RANGE")]);
    assert_eq!(due["Projection"]["ProjectionType"], "KEYS_ONLY");
    let relay = &indexes[1];
    assert_eq!(relay["IndexName"], item::INDEX_RELAY);
    assert_eq!(keys(relay), [(item::RELAY_SHARD, "HASH"), (item::RELAY_AT, "RANGE")]);
    assert_eq!(relay["Projection"]["ProjectionType"], "KEYS_ONLY");
    let board = &indexes[2];
    assert_eq!(board["IndexName"], item::INDEX_BOARD);
    assert_eq!(keys(board), [(item::BOARD, "HASH"), (item::CAPTURED_AT, "RANGE")]);
    let columns: Vec<_> = board["Projection"]["NonKeyAttributes"]
        .as_sequence()
        .expect("columns")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(columns, item::BOARD_COLUMNS);
    assert_eq!(properties["TimeToLiveSpecification"]["AttributeName"], item::EXPIRES_AT);
    assert_eq!(properties["StreamSpecification"]["StreamViewType"], "NEW_IMAGE");
    let types: BTreeSet<_> = properties["AttributeDefinitions"]
        .as_sequence()
        .expect("attributes")
        .iter()
        .map(|a| {
            (
                a["AttributeName"].as_str().expect("a name"),
                a["AttributeType"].as_str().expect("a type"),
            )
        })
        .collect();
    let needed = [
        (item::PK, "S"),
        (item::SK, "S"),
        (item::DUE_SHARD, "S"),
        (item::DUE_AT, "N"),
        (item::RELAY_SHARD, "S"),
        (item::RELAY_AT, "N"),
        (item::BOARD, "S"),
        (item::CAPTURED_AT, "N"),
    ];
    assert_eq!(types, BTreeSet::from(needed));
    assert_eq!(keys(&resource("KeysTable")["Properties"]), [(item::PK, "HASH")]);
}

#[test]
fn every_setting_the_functions_need_is_given_to_them() {
    let text = fs::read_to_string(root().join("infra/template.yaml")).expect("the template reads");
    let template: Value = serde_norway::from_str(&text).expect("the template parses");
    let shared = template["Globals"]["Function"]["Environment"]["Variables"]
        .as_mapping()
        .expect("variables")
        .clone();
    let own = ["Nurture", "Feedback"].map(|function| {
        let variables = &resource(function)["Properties"]["Environment"]["Variables"];
        variables.as_mapping().expect("variables").clone()
    });
    let given: BTreeSet<_> = shared
        .keys()
        .chain(own.iter().flat_map(|own| own.keys()))
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let config = fs::read_to_string(root().join("shared/adapters/src/config.rs")).expect("config.rs reads");
    let read: BTreeSet<_> = config
        .split('"')
        .filter(|word| word.starts_with("PISTE_"))
        .map(str::to_owned)
        .collect();
    assert_eq!(given, read);
}

#[test]
fn the_stream_wakes_nurture_by_the_mark_that_the_store_sets() {
    let filter =
        &resource("Nurture")["Properties"]["Events"]["Wake"]["Properties"]["FilterCriteria"]["Filters"][0]["Pattern"];
    let expected = format!(
        "{{\"dynamodb\":{{\"NewImage\":{{\"{}\":{{\"BOOL\":[true]}}}}}}}}",
        item::WAKE
    );
    assert_eq!(filter.as_str(), Some(expected.as_str()));
}

/// R72: what is logged is not kept for ever; the archive of what left and who opted out outlives every backup, and no more.
#[test]
fn r72_every_log_has_an_end() {
    let all = resources();
    let groups = all
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::Logs::LogGroup");
    let days: Vec<_> = groups
        .map(|(name, group)| (name, group["Properties"]["RetentionInDays"].as_u64()))
        .collect();
    assert!(days.len() >= 6, "one for each function");
    for (name, days) in days {
        assert!(days.is_some_and(|days| (30..=60).contains(&days)), "{name}: {days:?}");
    }
}

/// R75: in the EU unless somebody says otherwise.
#[test]
fn r75_the_region_that_is_proposed_is_in_the_eu() {
    let text = fs::read_to_string(root().join("infra/samconfig.toml.example")).expect("the example reads");
    let regions: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("region"))
        .collect();
    assert!(!regions.is_empty());
    assert!(regions.iter().all(|region| region.contains("\"eu-")), "{regions:?}");
}

// ---- who may read and write which key ----

/// A statement about a table, as IAM reads it.
struct Statement {
    denies: bool,
    actions: Vec<String>,
    table: String,
    /// Patterns of `dynamodb:LeadingKeys`; none where the statement is about every key.
    keys: Option<Vec<String>>,
}

fn listed(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        one => one.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// Every statement of a role, or of a policy beside it, as it stands.
fn stated(resource: &Value) -> Vec<Value> {
    let properties = &resource["Properties"];
    let inline = properties["Policies"].as_sequence().into_iter().flatten();
    let documents = inline.map(|policy| &policy["PolicyDocument"]);
    let all = documents.chain([&properties["PolicyDocument"]]).flat_map(|document| {
        let statement = &document["Statement"];
        match statement.as_sequence() {
            Some(all) => all.clone(),
            None => vec![statement.clone()],
        }
    });
    all.filter(|statement| !statement.is_null()).collect()
}

/// The table, index or stream that a statement is about: one, named in full.
fn about(statement: &Value) -> Option<String> {
    const PARTS: [&str; 5] = [
        "Arn",
        "StreamArn",
        "Arn}/index/due",
        "Arn}/index/relay",
        "Arn}/index/board",
    ];
    let named = match &statement["Resource"] {
        Value::Sequence(one) if one.len() == 1 => plain(&one[0]).as_str()?.to_owned(),
        one => plain(one).as_str()?.to_owned(),
    };
    let (table, part) = named.trim_start_matches("${").split_once('.')?;
    let known = table.ends_with("Table") && PARTS.contains(&part);
    known.then_some(named)
}

/// What is wrong with a statement of rights over the tables; the tests below read no statement of another shape.
fn wrong(statement: &Value) -> Option<&'static str> {
    if ["NotAction", "NotResource"]
        .iter()
        .any(|key| statement.get(key).is_some())
    {
        return Some("it says what it is not about");
    }
    let actions = listed(&statement["Action"]);
    if actions.is_empty() {
        return Some("it names no action");
    }
    if actions.iter().any(|action| action.contains(['*', '?'])) {
        return Some("it names actions by a pattern");
    }
    let of_tables = actions
        .iter()
        .any(|action| action.to_lowercase().starts_with("dynamodb:"));
    match of_tables && about(statement).is_none() {
        true => Some("it names no table, index or stream, or several"),
        false => None,
    }
}

/// R116: a right that is given by a pattern, or over more than one thing, is one that nobody has looked at.
#[test]
fn r116_every_statement_names_its_actions_and_what_it_is_about() {
    let all = resources();
    let roles = all.iter().filter(|(_, resource)| {
        let kind = resource["Type"].as_str().unwrap_or_default();
        kind.starts_with("AWS::IAM::") && kind != "AWS::IAM::InstanceProfile"
    });
    let mut looked_at = 0;
    for (name, role) in roles {
        for statement in stated(role) {
            assert_eq!(wrong(&statement), None, "{name}: {statement:?}");
            looked_at += 1;
        }
        let managed = listed(&role["Properties"]["ManagedPolicyArns"]);
        assert!(
            !managed
                .iter()
                .any(|arn| arn.contains("DynamoDB") || arn.contains("Administrator")),
            "{name}: {managed:?}"
        );
    }
    assert!(looked_at > 30, "{looked_at}");
    // What a function is given beside its role would be looked at by nobody.
    let given = all
        .iter()
        .filter(|(_, resource)| !resource["Properties"]["Policies"].is_null() && resource["Type"] != "AWS::IAM::Role");
    assert_eq!(given.map(|(name, _)| name).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// The test above finds what it is there for.
#[test]
fn statements_by_patterns_or_over_several_things_are_found() {
    let check = |statement: &str, good: bool| {
        let read: Value = serde_norway::from_str(statement).expect("a statement");
        assert_eq!(wrong(&read).is_none(), good, "{statement}: {:?}", wrong(&read));
    };
    check("{Action: 'dynamodb:GetItem', Resource: !GetAtt LeadsTable.Arn}", true);
    check(
        "{Action: ['dynamodb:GetItem'], Resource: [!GetAtt LeadsTable.Arn]}",
        true,
    );
    check(
        "{Action: 'dynamodb:Query', Resource: !Sub '${LeadsTable.Arn}/index/due'}",
        true,
    );
    check(
        "{Action: 'dynamodb:GetRecords', Resource: !GetAtt LeadsTable.StreamArn}",
        true,
    );
    check("{Action: 'ses:GetSendQuota', Resource: '*'}", true);
    for action in ["dynamodb:*", "*", "dynamodb:Get*", "dynamodb:GetIte?", "DynamoDB:*"] {
        check(
            &format!("{{Action: ['dynamodb:GetItem', '{action}'], Resource: !GetAtt LeadsTable.Arn}}"),
            false,
        );
    }
    for resource in [
        "'*'",
        "!GetAtt Leads.Arn",
        "!Sub '${LeadsTable.Arn}/index/*'",
        "!Sub '${LeadsTable.Arn}*'",
        "[!GetAtt LeadsTable.Arn, !GetAtt KeysTable.Arn]",
        "[]",
    ] {
        check(&format!("{{Action: 'dynamodb:GetItem', Resource: {resource}}}"), false);
    }
    check("{Action: 'dynamodb:GetItem'}", false);
    check(
        "{NotAction: 'dynamodb:PutItem', Resource: !GetAtt LeadsTable.Arn}",
        false,
    );
    check(
        "{Action: 'dynamodb:GetItem', NotResource: !GetAtt KeysTable.Arn}",
        false,
    );
    check("{Resource: !GetAtt LeadsTable.Arn}", false);
}

/// The statements of a function's role that are about a table itself.
fn statements(function: &str) -> Vec<Statement> {
    let role = resource(&format!("{function}Role"));
    let all = stated(&role);
    let of_tables = all.iter().filter_map(|statement| {
        assert_eq!(wrong(statement), None, "{function}: {statement:?}");
        let table = about(statement)?.strip_suffix(".Arn")?.to_owned();
        let denies = statement["Effect"] == "Deny";
        let keys = statement.get("Condition").map(|condition| {
            let condition = condition.as_mapping().expect("a condition");
            assert_eq!(
                condition.len(),
                1,
                "{function}: one operator, or this test must learn more"
            );
            let (operator, keys) = condition.iter().next().expect("an operator");
            let operator = operator.as_str().expect("a name");
            let known = match denies {
                true => ["ForAnyValue:StringLike"].contains(&operator),
                false => ["ForAllValues:StringLike", "ForAllValues:StringEquals"].contains(&operator),
            };
            assert!(known, "{function}: {operator}");
            listed(&keys["dynamodb:LeadingKeys"])
        });
        Some(Statement {
            denies,
            actions: listed(&statement["Action"]),
            table,
            keys,
        })
    });
    of_tables.collect()
}

/// Whether a text fits a pattern of IAM's `StringLike`.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if is_like(rest, text) => true,
        (Some((b'*', _)), Some((_, tail))) => is_like(pattern, tail),
        (Some((b'?', rest)), Some((_, tail))) => is_like(rest, tail),
        (Some((wanted, rest)), Some((found, tail))) => wanted == found && is_like(rest, tail),
        _ => false,
    }
}

/// Whether a function may do this to an item of this key: something allows it, and nothing denies it.
fn may(statements: &[Statement], action: &str, table: &str, key: &str) -> bool {
    let about = |statement: &&Statement| {
        let fits = |keys: &Vec<String>| keys.iter().any(|pattern| is_like(pattern.as_bytes(), key.as_bytes()));
        statement.table == table
            && statement.actions.iter().any(|known| known == action)
            && statement.keys.as_ref().is_none_or(fits)
    };
    let (deny, allow): (Vec<_>, Vec<_>) = statements.iter().filter(about).partition(|statement| statement.denies);
    deny.is_empty() && !allow.is_empty()
}

/// A shape of key that the code makes: a name, samples of every length it may have, and the functions that write it.
struct Shape {
    name: &'static str,
    samples: Vec<String>,
    puts: &'static [&'static str],
    updates: &'static [&'static str],
}

const FUNCTIONS: [&str; 7] = [
    "Capture", "Consent", "Nurture", "Feedback", "Trigger", "Console", "Relay",
];

/// Names as campaigns and workspaces have them, of every length.
fn names() -> impl Iterator<Item = String> {
    (1..=40).map(|length| "guide-seo-2026".chars().cycle().take(length).collect())
}

/// The key under which it is noted that a solution was used.
fn solved_row(key: &Key) -> String {
    let (form, now) = (CampaignId::new("guide-seo"), Timestamp::UNIX_EPOCH);
    let challenge = serde_json::to_value(Challenge::new(&form, now, [0; 20], key)).expect("a challenge");
    let solution = solve(&challenge);
    solved(&form, Some(&solution), now, key).expect("it holds").row
}

/// Every shape of key in the table of leads.
fn shapes_of_leads() -> Vec<Shape> {
    let versions = ["c0be247d", "v1"];
    let contents = names().flat_map(|name| versions.map(|version| item::content_pk(&CampaignId::new(&*name), version)));
    let visits = names().flat_map(|name| {
        let campaign = CampaignId::new(&*name);
        ["main", "other-client"].map(|workspace| item::visits_pk(&WorkspaceId::new(workspace), &campaign))
    });
    let shape = |name, samples, puts, updates| Shape {
        name,
        samples,
        puts,
        updates,
    };
    let email = piste_domain::Email::parse("ana@example.org").expect("an address");
    let key = Key::new(vec![7; 32]);
    let lead = LeadId::of(&key, &WorkspaceId::new("main"), &email).to_string();
    vec![
        shape("lead", vec![lead], &FUNCTIONS, &["Nurture"]),
        // The mark of a message, and that of a proof of work which was used (R87), are as long as a lead's id: `bind`.
        shape(
            "message, proof of work",
            vec![base32_26(&key.mac(&["message"])), solved_row(&key)],
            &FUNCTIONS,
            &["Nurture"],
        ),
        shape("CONTENT", contents.collect(), &[], &[]),
        shape("VISITS", visits.collect(), &[], &["Capture"]),
        // As long as a lead's id too, and shared by the sender alone: what a mailbox got, and what left in an hour.
        shape(
            "mailbox, hour",
            vec![
                LeadId::of_mailbox(&key, &WorkspaceId::new("main"), &email).to_string(),
                base32_26(&key.mac(&["hour"])),
            ],
            &FUNCTIONS,
            &["Nurture"],
        ),
        shape(
            "VISITOR",
            vec![item::visitor_pk(&base32_26(&key.mac(&["visitor"])))],
            &[],
            &["Capture"],
        ),
        shape("CONFIG", vec![item::PK_CONFIG.into()], &[], &[]),
        shape("WORDING", vec![item::PK_WORDING.into()], &[], &[]),
        shape("ALARMS", vec![item::PK_ALARMS.into()], &["Nurture"], &[]),
        shape(
            "SENDING",
            vec![item::PK_SENDING.into()],
            &["Nurture", "Feedback", "Console"],
            &["Nurture", "Feedback"],
        ),
    ]
}

/// R94, R116, R131: a public function writes people, and never what is published; whatever a campaign is called.
#[test]
fn r116_every_shape_of_key_is_written_by_those_who_must_and_nobody_else() {
    let shapes = shapes_of_leads();
    let contents = &shapes[2].samples;
    assert!(
        contents.iter().any(|key| key.len() == 26),
        "as long as a lead's id: the case that matters"
    );
    assert!(contents.contains(&"CONTENT#guide-seo@c0be247d".to_owned()));
    for function in FUNCTIONS {
        let statements = statements(function);
        for shape in &shapes {
            for key in &shape.samples {
                let check = |action: &str, expected: bool| {
                    let found = may(&statements, action, "LeadsTable", key);
                    assert_eq!(found, expected, "{function} {action} {}: {key}", shape.name);
                };
                check("dynamodb:PutItem", shape.puts.contains(&function));
                check("dynamodb:UpdateItem", shape.updates.contains(&function));
                check("dynamodb:GetItem", true);
                for never in ["dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:Scan"] {
                    check(never, false);
                }
            }
        }
    }
}

/// R116, R117, R131: each function reads the keys that it needs, and none writes what links or identities are made of.
#[test]
fn r116_each_function_reads_its_own_keys() {
    let parts: [(&str, &[Part]); 7] = [
        ("Capture", piste_capture::KEYS),
        ("Consent", piste_consent::KEYS),
        ("Nurture", piste_nurture::KEYS),
        ("Feedback", piste_feedback::KEYS),
        ("Trigger", piste_trigger::KEYS),
        ("Console", piste_console::KEYS),
        ("Relay", piste_relay::KEYS),
    ];
    let crm = DestinationName::new("my-crm");
    let console_alone = [
        item::PK_USED.to_owned(),
        item::session_pk(&"a".repeat(64)),
        item::tries_pk("x"),
    ];
    for (function, needed) in parts {
        let statements = statements(function);
        let check = |action: &str, key: &str, expected: bool| {
            let found = may(&statements, action, "KeysTable", key);
            assert_eq!(found, expected, "{function} {action} {key}");
        };
        for part in Part::ALL {
            check("dynamodb:GetItem", part.pk(), needed.contains(part));
            let writes = function == "Console" && *part == Part::Users;
            check("dynamodb:PutItem", part.pk(), writes);
        }
        // Where versions before kept everything; empty since the first `piste publish` after the update.
        check("dynamodb:GetItem", item::PK_RING, true);
        check("dynamodb:PutItem", item::PK_RING, false);
        for key in &console_alone {
            for action in ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"] {
                check(action, key, function == "Console");
            }
        }
        for key in [Part::Identity.pk(), "secret#hubspot", "anything"] {
            for never in [
                "dynamodb:DeleteItem",
                "dynamodb:Query",
                "dynamodb:Scan",
                "dynamodb:BatchGetItem",
                "dynamodb:UpdateItem",
            ] {
                check(never, key, false);
            }
        }
        // The secrets of destinations and the tokens that they gave are the relay's; how they are, the console shows and changes.
        let (relay, console) = (function == "Relay", function == "Console");
        check("dynamodb:GetItem", &item::secret_pk(&crm), relay);
        check("dynamodb:PutItem", &item::secret_pk(&crm), false);
        for action in ["dynamodb:GetItem", "dynamodb:PutItem"] {
            check(action, &item::access_pk(&crm), relay);
            check(action, &item::health_pk(&crm), relay || console);
        }
    }
}

/// A shape that this file does not know is one that nobody has held against the template.
#[test]
fn no_shape_of_key_is_forgotten() {
    let items = fs::read_to_string(root().join("shared/adapters/src/store/item.rs")).expect("item.rs reads");
    let declared: BTreeSet<&str> = items
        .lines()
        .filter_map(|line| {
            let (name, _) = match line.strip_prefix("pub const PK_") {
                Some(rest) => rest.split_once(':')?,
                None => line.strip_prefix("pub fn ")?.split_once("_pk(")?,
            };
            Some(name)
        })
        .collect();
    let held = [
        "ALARMS", "CONFIG", "RING", "SENDING", "USED", "WORDING", "access", "content", "health", "secret", "session",
        "tries", "visitor", "visits",
    ];
    assert_eq!(
        declared,
        BTreeSet::from(held),
        "add the new shape to the two tests above"
    );
}

// ---- what comes in by email ----

/// R116, R117: SES alone puts messages into the bucket, by this stack's rule alone; feedback alone reads them; they are encrypted and
/// gone after days. All of it is there only where replies are to be read.
#[test]
fn r116_messages_are_stored_by_ses_read_by_feedback_and_forgotten() {
    let all = resources();
    let received = all.iter().filter(|(_, resource)| !resource["Condition"].is_null());
    let received = received.filter(|(_, resource)| resource["Condition"] == "ReadReplies");
    let names: BTreeSet<_> = received.map(|(name, _)| name.as_str()).collect();
    let expected = [
        "FeedbackInboxPolicy",
        "Inbox",
        "InboxPolicy",
        "MailReceived",
        "MailReceivedPermission",
        "MailReceivedPolicy",
        "MailReceivedSubscription",
        "ReceiptRule",
        "ReceiptRules",
    ];
    assert_eq!(names, expected.into());
    let bucket = &resource("Inbox")["Properties"];
    let days = &bucket["LifecycleConfiguration"]["Rules"][0];
    assert_eq!(
        (days["Status"].as_str(), days["ExpirationInDays"].as_u64()),
        (Some("Enabled"), Some(3))
    );
    let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    assert!(!encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"].is_null());
    let closed = bucket["PublicAccessBlockConfiguration"].as_mapping().expect("blocks");
    assert!(closed.len() == 4 && closed.values().all(|value| *value == true));
    let rule = &resource("ReceiptRule")["Properties"]["Rule"];
    assert_eq!(
        (&rule["Enabled"], &rule["ScanEnabled"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
    assert_eq!(plain(&rule["Recipients"][0]), "ReplyDomain");
    let prefix = rule["Actions"][0]["S3Action"]["ObjectKeyPrefix"]
        .as_str()
        .expect("a prefix");
    for name in ["InboxPolicy", "FeedbackInboxPolicy"] {
        let statement = &stated(&resource(name))[0];
        assert_eq!(
            plain(&statement["Resource"]).as_str(),
            Some(format!("${{Inbox.Arn}}/{prefix}*").as_str()),
            "{name}"
        );
    }
    for name in ["InboxPolicy", "MailReceivedPolicy"] {
        let statement = &stated(&resource(name))[0];
        assert_eq!(statement["Principal"]["Service"], "ses.amazonaws.com", "{name}");
        let from = plain(&statement["Condition"]["StringEquals"]["aws:SourceArn"])
            .as_str()
            .expect("a source");
        assert!(
            from.ends_with(":receipt-rule-set/${AWS::StackName}-replies:receipt-rule/replies"),
            "{name}: {from}"
        );
    }
    assert_eq!(
        plain(&resource("ReceiptRules")["Properties"]["RuleSetName"]),
        "${AWS::StackName}-replies"
    );
    assert_eq!(rule["Name"], "replies");
    let readers = all.iter().filter(|(name, resource)| {
        name.as_str() != "InboxPolicy"
            && stated(resource).iter().any(|statement| {
                listed(&statement["Action"])
                    .iter()
                    .any(|action| action.starts_with("s3:"))
            })
    });
    assert_eq!(
        readers.map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["FeedbackInboxPolicy"]
    );
    assert_eq!(
        plain(&resource("FeedbackInboxPolicy")["Properties"]["Roles"][0]),
        "FeedbackRole"
    );
}

// ---- what the rest of the template promises ----

fn template() -> Value {
    let text = fs::read_to_string(root().join("infra/template.yaml")).expect("the template reads");
    serde_norway::from_str(&text).expect("the template parses")
}

/// The template's resources of a type, by name.
fn of_type(kind: &str) -> Vec<(String, Value)> {
    let all = resources().into_iter();
    let found: Vec<_> = all.filter(|(_, resource)| resource["Type"] == kind).collect();
    assert!(!found.is_empty(), "the template has no {kind}");
    found
}

/// The functions that the API leads to.
fn public() -> BTreeSet<String> {
    let named = ROUTES.map(|(_, function)| format!("{function:?}"));
    named.into()
}

/// What allows a role to do something, as a set of actions.
fn allowed(function: &str) -> BTreeSet<String> {
    let all = stated(&resource(&format!("{function}Role")));
    let allowed = all.iter().filter(|statement| statement["Effect"] == "Allow");
    allowed.flat_map(|statement| listed(&statement["Action"])).collect()
}

/// R94: whoever breaks into the function that everybody may call can send nothing, list nothing but published campaigns and delete
/// nothing. Email leaves by one function, which no request reaches, and from the addresses of the stack alone.
#[test]
fn r94_a_public_function_sends_nothing_and_deletes_nothing() {
    let own = [
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ];
    assert_eq!(allowed("Capture"), own.map(str::to_owned).into());
    let sends = |actions: BTreeSet<String>| actions.iter().any(|action| action.starts_with("ses:Send"));
    let senders = FUNCTIONS.iter().filter(|function| sends(allowed(function)));
    assert_eq!(senders.collect::<Vec<_>>(), [&"Nurture"]);
    assert!(!public().contains("Nurture"));
    for statement in stated(&resource("NurtureRole")) {
        let sends = sends(listed(&statement["Action"]).into_iter().collect());
        let from = plain(&statement["Condition"]["StringEquals"]["ses:FromAddress"]).as_str();
        assert_eq!(from == Some("MailFrom"), sends, "{statement:?}");
    }
    for function in FUNCTIONS {
        let unwanted = |action: &String| {
            ["Delete", "Scan", "BatchWrite", "Transact"]
                .iter()
                .any(|word| action.contains(word))
        };
        let found: Vec<_> = allowed(function).into_iter().filter(unwanted).collect();
        assert!(found.is_empty(), "{function}: {found:?}");
    }
}

/// R95: what a flood may use up is given, and its price is written down for the rate that is given.
#[test]
fn r95_a_flood_has_a_ceiling_and_a_price() {
    let template = template();
    for function in public() {
        let cap = plain(&resource(&function)["Properties"]["ReservedConcurrentExecutions"])[1].as_u64();
        assert!(
            cap.is_some_and(|copies| (1..=30).contains(&copies)),
            "{function}: {cap:?}"
        );
    }
    assert_eq!(template["Parameters"]["ReserveConcurrency"]["Default"], "true");
    for (name, stage) in of_type("AWS::ApiGatewayV2::Stage") {
        let limits = &stage["Properties"]["DefaultRouteSettings"];
        assert_eq!(plain(&limits["ThrottlingRateLimit"]), "RequestRate", "{name}");
        assert_eq!(plain(&limits["ThrottlingBurstLimit"]), "RequestBurst", "{name}");
    }
    for (_, budget) in of_type("AWS::Budgets::Budget") {
        let told = &budget["Properties"]["NotificationsWithSubscribers"][0]["Subscribers"][0];
        assert_eq!(plain(&told["Address"]), "AlarmEmail");
    }
    let rate = template["Parameters"]["RequestRate"]["Default"]
        .as_u64()
        .expect("a rate");
    let millions = format!("{}.{}", rate * 86_400 / 1_000_000, rate * 86_400 / 100_000 % 10);
    for (guide, words) in [
        (
            "docs/cost.md",
            [
                format!("lets {rate} requests a second"),
                format!("{millions} million requests"),
            ],
        ),
        (
            "docs/cout.md",
            [format!("{rate} requêtes par seconde"), millions.replace('.', ",")],
        ),
    ] {
        let text = fs::read_to_string(root().join(guide)).expect("the guide reads");
        for told in words {
            assert!(text.contains(&told), "{guide} does not say: {told}");
        }
    }
}

/// R117: what a function is told at its start are names and addresses. What is secret lies in a table of its own, encrypted with a
/// key of KMS (ADR 2), and each part is read by those who need it (above).
#[test]
fn r117_no_secret_is_a_parameter_or_in_the_environment() {
    let template = template();
    let names = template["Parameters"].as_mapping().expect("parameters").keys();
    let environments = of_type("AWS::Serverless::Function")
        .into_iter()
        .map(|(_, function)| function);
    let environments = environments.chain([template["Globals"]["Function"].clone()]);
    let variables: Vec<(String, Value)> = environments
        .flat_map(|function| {
            let variables = &function["Properties"]["Environment"]["Variables"];
            let shared = &function["Environment"]["Variables"];
            let all = [variables, shared].map(|all| all.as_mapping().cloned().unwrap_or_default());
            all.into_iter().flatten().collect::<Vec<_>>()
        })
        .map(|(name, value)| (name.as_str().expect("a name").to_owned(), value))
        .collect();
    assert!(variables.len() >= 5, "{variables:?}");
    let all = names
        .filter_map(Value::as_str)
        .chain(variables.iter().map(|(name, _)| name.as_str()));
    for name in all.filter(|name| *name != "PISTE_KEYS_TABLE") {
        let lower = name.to_lowercase();
        for word in ["secret", "password", "token", "key", "credential"] {
            assert!(!lower.contains(word), "{name}");
        }
    }
    // Each is made of the template's own resources and parameters: a text that stands there for itself could be a secret.
    for (name, value) in &variables {
        assert!(matches!(value, Value::Tagged(_)), "{name}: {value:?}");
    }
    assert_eq!(
        resource("KeysTable")["Properties"]["SSESpecification"]["SSEEnabled"],
        true
    );
    assert!(
        resource("KeysTable")["Properties"]["StreamSpecification"].is_null(),
        "nothing hands keys on"
    );
}

/// R118: what is stored outlives a mistake. How a table is restored is told in `tests/stories/sending.rs`.
#[test]
fn r118_tables_are_backed_up_protected_and_encrypted() {
    for (name, table) in of_type("AWS::DynamoDB::Table") {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(table[policy], "Retain", "{name}");
        }
        let properties = &table["Properties"];
        assert_eq!(properties["DeletionProtectionEnabled"], true, "{name}");
        assert_eq!(properties["SSESpecification"]["SSEEnabled"], true, "{name}");
        let recovery = &properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
        assert_eq!(*recovery, true, "{name}");
    }
}

/// R119: nothing fails in silence. Each alarm tells whoever the stack names.
#[test]
fn r119_whatever_can_fail_unseen_has_an_alarm() {
    let mut watched: BTreeSet<(String, String)> = BTreeSet::new();
    for (name, alarm) in of_type("AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        let told = plain(&properties["AlarmActions"][0]);
        assert!(told[0] == "TellSomeone" && plain(&told[1]) == "AlarmTopic", "{name}");
        let parts = properties["Metrics"].as_sequence().into_iter().flatten();
        let of_parts = parts.map(|part| &part["MetricStat"]["Metric"]);
        for metric in of_parts
            .chain([properties])
            .filter(|metric| !metric["MetricName"].is_null())
        {
            let of = plain(&metric["Dimensions"][0]["Value"]).as_str().unwrap_or_default();
            let metric = metric["MetricName"].as_str().expect("a name");
            watched.insert((metric.to_owned(), of.to_owned()));
        }
    }
    let mut needed: BTreeSet<(String, String)> = BTreeSet::new();
    let mut need = |metric: &str, of: &str| needed.insert((metric.to_owned(), of.to_owned()));
    for function in FUNCTIONS {
        need("Errors", function);
        // Two copies of nurture are meant to turn a third away.
        if !["Nurture", "Relay"].contains(&function) {
            need("Throttles", function);
        }
    }
    for (queue, _) in of_type("AWS::SQS::Queue") {
        need("ApproximateNumberOfMessagesVisible", &format!("{queue}.QueueName"));
    }
    need("Invocations", "Nurture"); // the sweep
    need("Invocations", "Capture"); // a form that nobody reaches any more
    need("5xx", "Api");
    for of_account in ["Reputation.BounceRate", "Reputation.ComplaintRate"] {
        need(of_account, "");
    }
    for ours in ["mails_to_check", "sending_stopped", "canary_missing"] {
        need(ours, "");
    }
    let missing: Vec<_> = needed.difference(&watched).collect();
    assert!(missing.is_empty(), "no alarm for {missing:?}");
}
