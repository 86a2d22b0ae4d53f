//! The rights of whoever deploys: enough for every kind of resource that the template makes, and no more than a policy may hold.

use std::collections::BTreeSet;
use std::fs;

use piste_tests::binaries::root;
use serde_json::Value;

use crate::template::resources;

/// What CloudFormation asks of the deployer to make, change and take back a resource of a type.
const NEEDED: &[(&str, &[&str])] = &[
    (
        "AWS::ApiGatewayV2::Api",
        &["apigateway:POST", "apigateway:PATCH", "apigateway:DELETE"],
    ),
    (
        "AWS::ApiGatewayV2::ApiMapping",
        &["apigateway:POST", "apigateway:DELETE"],
    ),
    (
        "AWS::ApiGatewayV2::DomainName",
        &["apigateway:POST", "apigateway:PATCH"],
    ),
    (
        "AWS::ApiGatewayV2::Integration",
        &["apigateway:POST", "apigateway:PATCH"],
    ),
    ("AWS::ApiGatewayV2::Route", &["apigateway:POST", "apigateway:PATCH"]),
    (
        "AWS::ApiGatewayV2::Stage",
        &["apigateway:POST", "logs:CreateLogDelivery", "logs:PutResourcePolicy"],
    ),
    ("AWS::Budgets::Budget", &["budgets:ModifyBudget", "budgets:ViewBudget"]),
    (
        "AWS::CertificateManager::Certificate",
        &[
            "acm:RequestCertificate",
            "acm:DeleteCertificate",
            "acm:DescribeCertificate",
        ],
    ),
    (
        "AWS::CloudWatch::Alarm",
        &[
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:DeleteAlarms",
            "cloudwatch:DescribeAlarms",
        ],
    ),
    (
        "AWS::CloudWatch::Dashboard",
        &["cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"],
    ),
    (
        "AWS::DynamoDB::Table",
        &[
            "dynamodb:CreateTable",
            "dynamodb:UpdateTable",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:TagResource",
        ],
    ),
    ("AWS::IAM::Policy", &["iam:PutRolePolicy", "iam:DeleteRolePolicy"]),
    (
        "AWS::IAM::Role",
        &[
            "iam:CreateRole",
            "iam:PutRolePolicy",
            "iam:PassRole",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
        ],
    ),
    (
        "AWS::KMS::Key",
        &["kms:CreateKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"],
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        &[
            "lambda:CreateEventSourceMapping",
            "lambda:UpdateEventSourceMapping",
            "lambda:DeleteEventSourceMapping",
        ],
    ),
    (
        "AWS::Lambda::Permission",
        &["lambda:AddPermission", "lambda:RemovePermission"],
    ),
    (
        "AWS::Logs::LogGroup",
        &["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"],
    ),
    (
        "AWS::Route53::RecordSet",
        &["route53:ChangeResourceRecordSets", "route53:GetChange"],
    ),
    (
        "AWS::S3::Bucket",
        &[
            "s3:CreateBucket",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:PutBucketPublicAccessBlock",
            "s3:DeleteBucket",
        ],
    ),
    (
        "AWS::S3::BucketPolicy",
        &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
    ),
    (
        "AWS::SES::ConfigurationSet",
        &["ses:CreateConfigurationSet", "ses:DeleteConfigurationSet"],
    ),
    (
        "AWS::SES::ConfigurationSetEventDestination",
        &[
            "ses:CreateConfigurationSetEventDestination",
            "ses:UpdateConfigurationSetEventDestination",
        ],
    ),
    (
        "AWS::SES::EmailIdentity",
        &[
            "ses:CreateEmailIdentity",
            "ses:PutEmailIdentityMailFromAttributes",
            "ses:GetEmailIdentity",
        ],
    ),
    (
        "AWS::SES::ReceiptRule",
        &[
            "ses:CreateReceiptRule",
            "ses:UpdateReceiptRule",
            "ses:DeleteReceiptRule",
        ],
    ),
    (
        "AWS::SES::ReceiptRuleSet",
        &["ses:CreateReceiptRuleSet", "ses:DeleteReceiptRuleSet"],
    ),
    ("AWS::SNS::Subscription", &["sns:Subscribe", "sns:Unsubscribe"]),
    (
        "AWS::SNS::Topic",
        &[
            "sns:CreateTopic",
            "sns:Subscribe",
            "sns:SetTopicAttributes",
            "sns:DeleteTopic",
        ],
    ),
    ("AWS::SNS::TopicPolicy", &["sns:SetTopicAttributes"]),
    (
        "AWS::SQS::Queue",
        &["sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue"],
    ),
    ("AWS::SQS::QueuePolicy", &["sqs:SetQueueAttributes"]),
    (
        "AWS::SSM::Parameter",
        &["ssm:PutParameter", "ssm:GetParameters", "ssm:DeleteParameter"],
    ),
    (
        "AWS::Scheduler::ScheduleGroup",
        &["scheduler:CreateScheduleGroup", "scheduler:DeleteScheduleGroup"],
    ),
    // What SAM makes of it: function, version, alias, schedules, subscription, how it is invoked, and its deployment group.
    (
        "AWS::Serverless::Function",
        &[
            "lambda:CreateFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PutFunctionConcurrency",
            "lambda:PublishVersion",
            "lambda:CreateAlias",
            "lambda:UpdateAlias",
            "lambda:PutFunctionEventInvokeConfig",
            "scheduler:CreateSchedule",
            "scheduler:UpdateSchedule",
            "codedeploy:CreateDeploymentGroup",
            "codedeploy:CreateDeployment",
        ],
    ),
];

fn policy() -> (String, Vec<Value>) {
    let text = fs::read_to_string(root().join("infra/deployer-policy.json")).expect("the policy reads");
    let policy: Value = serde_json::from_str(&text).expect("the policy parses");
    let plain = policy.to_string();
    (plain, policy["Statement"].as_array().expect("statements").clone())
}

/// Whether an action is one of a pattern with at most one star.
fn allows(pattern: &str, action: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == action,
        Some((head, tail)) => action.len() + 1 >= pattern.len() && action.starts_with(head) && action.ends_with(tail),
    }
}

#[test]
fn the_deployer_may_make_every_kind_of_resource() {
    let (_, statements) = policy();
    let actions: Vec<String> = statements
        .iter()
        .flat_map(|statement| statement["Action"].as_array().expect("actions"))
        .map(|action| action.as_str().expect("a name").to_owned())
        .collect();
    let kinds: BTreeSet<String> = resources()
        .iter()
        .map(|(_, resource)| resource["Type"].as_str().expect("a type").to_owned())
        .collect();
    let known: BTreeSet<String> = NEEDED.iter().map(|(kind, _)| (*kind).to_owned()).collect();
    assert_eq!(kinds, known, "say what a deployer needs for it, here and in the policy");
    for (kind, needed) in NEEDED {
        for action in *needed {
            assert!(
                actions.iter().any(|pattern| allows(pattern, action)),
                "{kind}: {action}"
            );
        }
    }
}

/// What the deployer may do is named service by service: nobody becomes the account's administrator by way of a role.
#[test]
fn the_deployer_is_no_administrator() {
    let (plain, statements) = policy();
    // IAM refuses a managed policy of more than 6,144 characters.
    assert!(plain.len() <= 6_144, "{}", plain.len());
    for statement in &statements {
        assert_eq!(statement["Effect"], "Allow");
        for action in statement["Action"].as_array().expect("actions") {
            let (service, name) = action.as_str().expect("a name").split_once(':').expect("a service");
            let reads = ["Get", "List", "Describe"].iter().any(|word| name.starts_with(word));
            assert!(
                !name.contains('*') || reads || name == "*agResource" || name == "PutBucket*",
                "{action}"
            );
            if service == "iam" {
                let roles: Vec<_> = statement["Resource"].as_array().expect("resources").clone();
                assert_eq!(roles, ["arn:aws:iam::ACCOUNT:role/piste*"], "{action}");
            }
        }
    }
}
