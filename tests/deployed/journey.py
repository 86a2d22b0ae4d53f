#!/usr/bin/env python3
"""The deployed journey: infra/template.yaml with the real binaries, in MiniStack, from a form post to a bounce.

    .ci/cache/ministack/venv/bin/python tests/deployed/journey.py BINARIES PISTE

BINARIES is a folder with the executables capture, consent, nurture, relay, feedback, trigger and console; PISTE is the `piste` binary.
The first half reads the template as SAM transforms it, because MiniStack drops what it cannot play (TTL, PITR, encryption,
throttling, reserved concurrency, conditions of IAM). The second half deploys it and goes in by the front door: API routes,
table stream, schedule, SNS. MiniStack runs with AUTH=true, so each function works with the rights of its own role or not at
all. A server named by PISTE_MINISTACK_URL is used as it is; otherwise one is started and ended here.
Prints one line a check and last `N passed, N failed`; exits 1 when one failed.
"""

import contextlib
import copy
import http.client
import io
import json
import logging
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
import urllib.parse
import zipfile
from pathlib import Path

import boto3
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ROOT / "tests" / "engines.sh"
REGION = "eu-west-3"
ACCOUNT = "000000000000"
STACK = "piste"
BASE_URL = "https://leads.example.com"
SENDER = "guide@example.com"
VISITOR = "camille.martin@acme.example"
LATECOMER = "dominique.petit@acme.example"
ERASED = "claude.bernard@acme.example"
COMPANY = "Journee Deployee SARL"

READ_WRITE = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
# What each function may do, resource by resource: the whole of it.
RIGHTS = {
    "Capture": {"LeadsTable": READ_WRITE | {"dynamodb:UpdateItem"}, "KeysTable": {"dynamodb:GetItem"}, "CaptureLog": LOGS},
    "Consent": {"LeadsTable": READ_WRITE, "KeysTable": {"dynamodb:GetItem"}, "ConsentLog": LOGS},
    "Nurture": {
        "LeadsTable": READ_WRITE | {"dynamodb:BatchGetItem", "dynamodb:UpdateItem", "dynamodb:DescribeTable"},
        "LeadsTable/index/board": {"dynamodb:Query"},
        "LeadsTable/index/due": {"dynamodb:Query"},
        "LeadsTable stream": {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        },
        "KeysTable": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "WakeFailures": {"sqs:SendMessage"},
        "ses identity": {"ses:SendRawEmail"},
        "ses configuration set": {"ses:SendRawEmail"},
        "*": {"ses:GetSendQuota"},
        "NurtureLog": LOGS,
    },
    "Relay": {
        "LeadsTable": READ_WRITE | {"dynamodb:DescribeTable"},
        "LeadsTable/index/relay": {"dynamodb:Query"},
        "LeadsTable stream": {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        },
        "KeysTable": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "WakeFailures": {"sqs:SendMessage"},
        "RelayLog": LOGS,
    },
    "Feedback": {
        "LeadsTable": READ_WRITE | {"dynamodb:UpdateItem"},
        "KeysTable": {"dynamodb:GetItem"},
        "FeedbackFailures": {"sqs:SendMessage"},
        "FeedbackLog": LOGS,
    },
    "Trigger": {"LeadsTable": READ_WRITE, "KeysTable": {"dynamodb:GetItem"}, "TriggerLog": LOGS},
    "Console": {
        "LeadsTable": READ_WRITE | {"dynamodb:BatchGetItem", "dynamodb:DescribeTable"},
        "LeadsTable/index/board": {"dynamodb:Query"},
        "LeadsTable/index/relay": {"dynamodb:Query"},
        "KeysTable": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "ConsoleLog": LOGS,
    },
}
ROUTES = {
    "ANY /forms/{form}": "Capture",
    "ANY /forms/{form}/thanks": "Capture",
    "ANY /forms/{form}/visits": "Capture",
    "ANY /forms/{form}/challenge": "Capture",
    "ANY /forms/{form}/logo": "Capture",
    "ANY /forms/{form}/snippet.js": "Capture",
    "ANY /triggers/{source}": "Trigger",
    "ANY /confirm": "Consent",
    "ANY /unsubscribe": "Consent",
    "ANY /preferences": "Consent",
    "ANY /my-data": "Consent",
    "ANY /resources/{resource}": "Consent",
    "ANY /sales": "Console",
    "ANY /api/{proxy+}": "Console",
    "ANY /console": "Console",
    "ANY /console/{proxy+}": "Console",
    "ANY /calculator": "Console",
}


class Stopped(Exception):
    """A step of the journey failed, so the next ones have nothing to stand on."""


class Checks:
    """Counts what was checked and prints a line for each."""

    def __init__(self):
        self.passed = self.failed = 0

    @contextlib.contextmanager
    def __call__(self, what):
        try:
            yield
        except Exception as error:  # noqa: BLE001 - one broken check must not hide the next
            self.failed += 1
            frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == __file__]
            where = next((f for f in reversed(frames) if f.name not in ("equal", "wait_for", "page")), frames[-1])
            print(f"FAILED  {what}\n        line {where.lineno}: {type(error).__name__}: {error}", flush=True)
        else:
            self.passed += 1
            print(f"ok      {what}", flush=True)

    @contextlib.contextmanager
    def step(self, what):
        """A check that the rest of the journey needs."""
        failed = self.failed
        with self(what):
            yield
        if self.failed > failed:
            raise Stopped


check = Checks()


def equal(found, expected):
    assert found == expected, f"found {found!r}, expected {expected!r}"


def wait_for(what, probe, seconds):
    """The first true answer of `probe`, asked ten times a second; an error when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        if answer := probe():
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.1)


# ------------------------------------------------------------------------------------------- the template as it is


# By its own name in the template; here a resource goes by the table that it stands for.
STANDS_FOR = {"LeadsArn": "LeadsTable", "KeysArn": "KeysTable"}


def place(value):
    """The logical name that a resource of a policy statement stands for."""
    text = json.dumps(value)
    if value == "*":
        return value
    if index := re.search(r"\$\{LeadsArn\.Value\}/index/(\w+)", text):
        return f"LeadsTable/index/{index[1]}"
    if '"StreamArn"' in text:
        return "LeadsTable stream"
    if ":ses:" in text:
        return "ses identity" if text.endswith(':identity/${Identity}"}') else "ses configuration set"
    if isinstance(value, dict) and set(value) <= {"Fn::GetAtt", "Ref"}:
        target = next(iter(value.values()))
        name = target if isinstance(target, str) else target[0]
        return STANDS_FOR.get(name, name)
    raise AssertionError(f"no single resource: {text}")


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(role):
    return [s for policy in role["Properties"].get("Policies", []) for s in policy["PolicyDocument"]["Statement"]]


def rights(role):
    """Every action a role allows, by the resource it allows it on."""
    found = {}
    for statement in statements(role):
        if statement["Effect"] == "Deny":
            continue
        for resource in listed(statement["Resource"]):
            found.setdefault(place(resource), set()).update(listed(statement["Action"]))
    return found


def transformed(template):
    """The template as AWS gets it; the code is somewhere in S3 by then."""
    template = copy.deepcopy(template)
    for name in RIGHTS:
        template["Resources"][name]["Properties"]["CodeUri"] = "s3://code/bootstrap.zip"
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)

    class NoManagedPolicies:
        def load(self):
            return {}

    return transform(template, {}, NoManagedPolicies())["Resources"]


def check_template(template):
    resources = transformed(template)

    def of_type(kind):
        return {name: resource for name, resource in resources.items() if resource["Type"] == kind}

    def properties(name):
        return resources[name]["Properties"]

    def schema(of):
        return [(key["AttributeName"], key["KeyType"]) for key in of["KeySchema"]]

    functions = of_type("AWS::Lambda::Function")
    tables = of_type("AWS::DynamoDB::Table")

    with check("seven functions: arm64 by default, provided.al2023, 128 MB for capture and 256 for the others, no tracing"):
        equal(set(functions), set(RIGHTS))
        equal(template["Parameters"]["Architecture"]["Default"], "arm64")
        for name, function in functions.items():
            p = function["Properties"]
            equal((p["Runtime"], p["Handler"], p["Architectures"]), ("provided.al2023", "bootstrap", [{"Ref": "Architecture"}]))
            equal(p["MemorySize"], 128 if name == "Capture" else 256)
            assert "TracingConfig" not in p
        equal(properties("Nurture")["Timeout"], 60)
        equal(
            {n: r["Metadata"]["BuildProperties"]["Binary"] for n, r in template["Resources"].items() if "Metadata" in r},
            {name: name.lower() for name in RIGHTS},
        )

    with check("R94 R116 one role a function, with exactly the actions it needs on exactly the resources it needs"):
        for name, allowed in RIGHTS.items():
            equal(properties(name)["Role"], {"Fn::GetAtt": [f"{name}Role", "Arn"]})
            equal(rights(resources[f"{name}Role"]), allowed)
            assert "ManagedPolicyArns" not in properties(f"{name}Role")

    with check("R116 no wildcard action or resource, but for SES's quota, which knows none; no Scan and no Delete anywhere"):
        every = [s for r in of_type("AWS::IAM::Role").values() for s in statements(r)]
        of_account = {"Effect": "Allow", "Action": "ses:GetSendQuota", "Resource": "*"}
        allowed = json.dumps([[s["Action"], s["Resource"]] for s in every if s != of_account])
        assert "*" not in allowed
        assert not re.search(r"Scan|Delete|Transact", allowed)
        # What people answer lies below one prefix of one bucket.
        reads = [(s["Action"], s["Resource"]) for s in properties("FeedbackInboxPolicy")["PolicyDocument"]["Statement"]]
        messages = {"Fn::Sub": "${Inbox.Arn}/in/*"}
        equal(reads, [("s3:GetObject", messages), ("s3:ListBucket", {"Fn::GetAtt": ["Inbox", "Arn"]})])

    with check("R116 every other role is a schedule's, which may do nothing but invoke nurture or relay"):
        others = set(of_type("AWS::IAM::Role")) - {f"{name}Role" for name in RIGHTS}
        invoke = {"lambda:InvokeFunction"}
        equal(sorted((rights(resources[name]) for name in others), key=str), [{"Nurture": invoke}, {"Relay": invoke}])

    with check("R116 nurture alone sends mail, only from MailFrom; functions write leads and never the published campaigns"):
        conditional = [
            (name, statement)
            for name in RIGHTS
            for statement in statements(resources[f"{name}Role"])
            if "Condition" in statement and place(statement["Resource"]) != "KeysTable"
        ]
        conditions = {
            (name, statement["Action"]): statement["Condition"]
            for name, statement in conditional
            if statement["Effect"] == "Allow"
        }
        # A published file's key may be as long as a lead's; no lead's has a #. Every shape of key: tests/house/template.rs.
        apart = {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": "*#*"}}
        denied = {name: (set(listed(s["Action"])), s["Condition"]) for name, s in conditional if s["Effect"] == "Deny"}
        both = {"dynamodb:PutItem", "dynamodb:UpdateItem"}
        puts = {"dynamodb:PutItem"}
        equal(denied, {name: (both if name == "Nurture" else puts, apart) for name in RIGHTS})
        leads_only = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "?" * 26}}
        expected = {(name, "dynamodb:PutItem"): leads_only for name in RIGHTS}
        visits_and_visitors = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["VISITS#*", "VISITOR#*"]}}
        expected["Capture", "dynamodb:UpdateItem"] = visits_and_visitors
        leads_and_sending = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["?" * 26, "SENDING"]}}
        expected["Feedback", "dynamodb:PutItem"] = leads_and_sending
        # The console approves mailings, and nurture brings people to them.
        for name in ("Nurture", "Console"):
            expected[name, "dynamodb:PutItem"] = {
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["?" * 26, "SENDING", "ALARMS"]}
            }
        expected["Nurture", "dynamodb:UpdateItem"] = leads_and_sending
        expected["Feedback", "dynamodb:UpdateItem"] = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "SENDING"}}
        expected["Nurture", "ses:SendRawEmail"] = {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
        equal(conditions, expected)

    with check("R117 the environment holds names and addresses, no secret"):
        by_name = {"Fn::If": ["OwnDomain", {"Fn::Sub": "https://${DomainName}"}, {"Fn::GetAtt": ["Api", "ApiEndpoint"]}]}
        common = {
            "PISTE_TABLE": {"Fn::If": ["NewLeads", {"Ref": "LeadsTable"}, {"Ref": "ExistingLeadsTable"}]},
            "PISTE_KEYS_TABLE": {"Fn::If": ["NewKeys", {"Ref": "KeysTable"}, {"Ref": "ExistingKeysTable"}]},
            "PISTE_BASE_URL": {"Fn::If": ["OwnBaseUrl", {"Ref": "BaseUrl"}, by_name]},
            "PISTE_METRICS": {"Fn::Sub": "Piste/${AWS::StackName}"},
        }
        for name, function in functions.items():
            more = {
                "Nurture": {"PISTE_CONFIGURATION_SET": {"Ref": "ConfigurationSet"}, "PISTE_REPLY_DOMAIN": {"Ref": "ReplyDomain"}},
                "Feedback": {"PISTE_INBOX": {"Fn::If": ["ReadReplies", {"Ref": "Inbox"}, ""]}},
            }
            equal(function["Properties"]["Environment"]["Variables"], common | more.get(name, {}))
        assert not re.search(r"secret|password|token", " ".join(template["Parameters"]), re.IGNORECASE)

    with check("R118 both tables: PITR, KMS encryption, deletion protection, retained, paid per request; identity and archive too"):
        equal(set(tables), {"LeadsTable", "KeysTable"})
        for table in tables.values():
            p = table["Properties"]
            equal((p["BillingMode"], p["DeletionProtectionEnabled"]), ("PAY_PER_REQUEST", True))
            equal(p["PointInTimeRecoverySpecification"], {"PointInTimeRecoveryEnabled": True})
            equal(p["SSESpecification"], {"SSEEnabled": True})

        outlive = {name for name, r in resources.items() if r.get("DeletionPolicy") == "RetainExceptOnCreate"}
        archive = {"ConsentLog", "NurtureLog", "FeedbackLog", "ConsoleLog"}
        equal(outlive, set(tables) | archive | {"DomainIdentity"})
        assert all(resources[name]["UpdateReplacePolicy"] == "Retain" for name in outlive)

    with check("a table of another stack stands in for ours by its name, in every right as in the environment"):
        for parameter, table, name in (("NewLeads", "LeadsTable", "LeadsArn"), ("NewKeys", "KeysTable", "KeysArn")):
            there = f"arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/${{Existing{table}}}"
            equal(properties(name)["Value"], {"Fn::If": [parameter, {"Fn::GetAtt": [table, "Arn"]}, {"Fn::Sub": there}]})
            equal(resources[table]["Condition"], parameter)

    with check("the leads table: keys, the three indexes, stream of new images, TTL; the keys table: one key"):
        leads, keys = properties("LeadsTable"), properties("KeysTable")
        equal(schema(leads), [("pk", "HASH"), ("sk", "RANGE")])
        equal(schema(keys), [("pk", "HASH")])
        kinds = {a["AttributeName"]: a["AttributeType"] for a in leads["AttributeDefinitions"]}
        equal(kinds, {"pk": "S", "sk": "S", "due_shard": "S", "due_at": "N", "relay_shard": "S", "relay_at": "N", "board": "S", "captured_at": "N"})
        due, relay, board = leads["GlobalSecondaryIndexes"]
        equal((due["IndexName"], schema(due)), ("due", [("due_shard", "HASH"), ("due_at", "RANGE")]))
        equal(due["Projection"], {"ProjectionType": "KEYS_ONLY"})
        equal((relay["IndexName"], schema(relay)), ("relay", [("relay_shard", "HASH"), ("relay_at", "RANGE")]))
        equal(relay["Projection"], {"ProjectionType": "KEYS_ONLY"})
        columns = ["email", "name", "stage", "unknown", "copies", "src", "g", "resp", "mq", "sq", "cu", "call"]
        equal((board["IndexName"], schema(board)), ("board", [("board", "HASH"), ("captured_at", "RANGE")]))
        equal(board["Projection"], {"ProjectionType": "INCLUDE", "NonKeyAttributes": columns})
        equal(leads["StreamSpecification"], {"StreamViewType": "NEW_IMAGE"})
        equal(leads["TimeToLiveSpecification"], {"AttributeName": "expires_at", "Enabled": True})

    with check("the routes lead where they should, by payload 2.0"):
        found = {}
        for route in of_type("AWS::ApiGatewayV2::Route").values():
            integration = re.search(r"\$\{(\w+)\}", route["Properties"]["Target"]["Fn::Sub"])[1]
            p = properties(integration)
            equal((p["IntegrationType"], p["PayloadFormatVersion"]), ("AWS_PROXY", "2.0"))
            condition, alias, function = p["IntegrationUri"]["Fn::If"]
            found[route["Properties"]["RouteKey"]] = function["Fn::GetAtt"][0]
            equal((condition, alias), ("Canary", {"Ref": f"{function['Fn::GetAtt'][0]}Aliaslive"}))
        equal(found, ROUTES)

    with check("R95 the API throttles by route, every function is capped where the account has room, no CORS of its own, one stage"):
        (stage,) = of_type("AWS::ApiGatewayV2::Stage").values()
        equal(stage["Properties"]["StageName"], "$default")
        limits = {"ThrottlingRateLimit": {"Ref": "RequestRate"}, "ThrottlingBurstLimit": {"Ref": "RequestBurst"}}
        equal(stage["Properties"]["DefaultRouteSettings"], limits)
        tools = limits | {"ThrottlingRateLimit": {"Ref": "ToolsRate"}}
        by_route = {route: tools for route in ROUTES if route.split("/")[1].split("?")[0] in ("triggers", "api", "console")}
        equal(stage["Properties"]["RouteSettings"], by_route | {"ANY /forms/{form}": limits})
        keys_of = {name: r["Properties"]["RouteKey"] for name, r in of_type("AWS::ApiGatewayV2::Route").items()}
        equal({keys_of[name] for name in stage["DependsOn"]}, set(stage["Properties"]["RouteSettings"]))
        assert "CorsConfiguration" not in properties("Api")
        caps = {n: f["Properties"].get("ReservedConcurrentExecutions", {}).get("Fn::If", [0, 0])[1] for n, f in functions.items()}
        assert all(caps.values()), caps
        equal((caps["Nurture"], caps["Relay"]), (2, 2))
        # A new account has ten and must keep them: nothing is reserved until somebody says so.
        equal(template["Parameters"]["ReserveConcurrency"]["Default"], "false")
        assert f"takes {sum(caps.values())} of" in template["Parameters"]["ReserveConcurrency"]["Description"]

    with check("R71 R91 the access log holds request, route, status and latency: no path, query or address"):
        logged = json.loads(stage["Properties"]["AccessLogSettings"]["Format"])
        equal(
            set(logged.values()),
            {"$context.requestId", "$context.routeKey", "$context.status", "$context.responseLatency"},
        )

    with check("R72 every function and the API log to a group of their own, kept 30 days; R21 the archive longer than any backup"):
        groups = of_type("AWS::Logs::LogGroup")
        days = {name: 60 if name in archive else 30 for name in groups}
        equal({name: group["Properties"]["RetentionInDays"] for name, group in groups.items()}, days)
        equal(set(groups), {f"{name}Log" for name in RIGHTS} | {"AccessLog"})
        for name, function in functions.items():
            equal(function["Properties"]["LoggingConfig"]["LogGroup"], {"Ref": f"{name}Log"})

    with check("R57 reports of SES come by SNS alone: no function has a URL, SES alone may publish, only API, SNS may invoke"):
        assert not of_type("AWS::Lambda::Url")

        def straight(function):
            """The function itself, where a canary deploy would go by its alias."""
            found = function["Fn::If"][2] if "Fn::If" in function else function
            return next(iter(found.values()))

        permissions = {
            (straight(p["Properties"]["FunctionName"]), p["Properties"]["Principal"])
            for p in of_type("AWS::Lambda::Permission").values()
        }
        api = {(name, "apigateway.amazonaws.com") for name in ("Capture", "Consent", "Console", "Trigger")}
        equal(permissions, api | {("Feedback", "sns.amazonaws.com")})
        assert all("SourceArn" in p["Properties"] for p in of_type("AWS::Lambda::Permission").values())
        (statement,) = properties("MailEventsPolicy")["PolicyDocument"]["Statement"]
        equal((statement["Principal"], statement["Action"]), ({"Service": "ses.amazonaws.com"}, "sns:Publish"))
        equal(statement["Condition"]["StringEquals"]["aws:SourceAccount"], {"Ref": "AWS::AccountId"})
        subscriptions = of_type("AWS::SNS::Subscription").values()
        equal(sorted(s["Properties"]["TopicArn"]["Ref"] for s in subscriptions), ["MailEvents", "MailReceived"])
        for subscription in subscriptions:
            equal(subscription["Properties"]["RedrivePolicy"], {"deadLetterTargetArn": {"Fn::GetAtt": ["FeedbackFailures", "Arn"]}})

    with check("R58 the configuration set suppresses bounces and complaints, and knows neither opens nor clicks"):
        equal(properties("ConfigurationSet"), {"SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}})
        (destination,) = of_type("AWS::SES::ConfigurationSetEventDestination").values()
        events = destination["Properties"]["EventDestination"]
        kinds = {"send", "delivery", "bounce", "complaint", "reject", "renderingFailure", "deliveryDelay"}
        equal(set(events["MatchingEventTypes"]), kinds)
        equal((events["Enabled"], events["SnsDestination"]), (True, {"TopicARN": {"Ref": "MailEvents"}}))

    with check("R27 the stream wakes nurture and relay for leads that ask, splits a failing batch and keeps what is lost"):
        woken = {}
        for source in of_type("AWS::Lambda::EventSourceMapping").values():
            p = source["Properties"]
            (pattern,) = p["FilterCriteria"]["Filters"]
            woken[p["FunctionName"]["Ref"]] = json.loads(pattern["Pattern"])["dynamodb"]["NewImage"]
            equal((p["BisectBatchOnFunctionError"], p["FunctionResponseTypes"]), (True, ["ReportBatchItemFailures"]))
            equal((p["StartingPosition"], p["MaximumRetryAttempts"]), ("TRIM_HORIZON", 2))
            equal(p["DestinationConfig"]["OnFailure"]["Destination"], {"Fn::GetAtt": ["WakeFailures", "Arn"]})
        equal(woken, {"Nurture": {"wake": {"BOOL": [True]}}, "Relay": {"relay_at": {"N": ["0"]}}})

    with check("R1 the schedule ticks every minute, and a failed tick is never tried twice"):
        schedules = of_type("AWS::Scheduler::Schedule").values()
        equal(len(schedules), 2)
        for schedule in schedules:
            equal(schedule["Properties"]["ScheduleExpression"], "rate(1 minute)")
            equal(schedule["Properties"]["Target"]["RetryPolicy"]["MaximumRetryAttempts"], 0)
        retries = {
            name: config["Properties"].get("MaximumRetryAttempts")
            for name, config in of_type("AWS::Lambda::EventInvokeConfig").items()
        }
        equal(retries, {"NurtureEventInvokeConfig": 0, "RelayEventInvokeConfig": 0, "FeedbackEventInvokeConfig": None})

    with check("R119 alarms: dead letters, errors, throttles, a silent sweep, 5xx, bounces, complaints; each tells whom the deploy must name"):
        alarms = of_type("AWS::CloudWatch::Alarm")
        metrics = set()
        for alarm in alarms.values():
            p = alarm["Properties"]
            metrics.update([p["MetricName"]] if "MetricName" in p else [])
            metrics.update(m["MetricStat"]["Metric"]["MetricName"] for m in p.get("Metrics", []) if "MetricStat" in m)
            equal(p["AlarmActions"], [{"Fn::If": ["TellSomeone", {"Ref": "AlarmTopic"}, {"Ref": "AWS::NoValue"}]}])
            assert p["AlarmDescription"]
        equal(
            metrics,
            {
                "ApproximateNumberOfMessagesVisible",
                "Errors",
                "Throttles",
                "Invocations",
                "5xx",
                "Reputation.BounceRate",
                "Reputation.ComplaintRate",
                "mails_to_check",
                "sending_stopped",
                "canary_missing",
                "ses_refusals",
                "trigger_refusals",
                "campaigns_unreadable",
                "keys_refused",
                "floods",
                "destinations_paused",
                "deliveries_old",
                "deliveries_set_aside",
                "Duration",
                "InvocationAttemptCount",
                "IteratorAge",
                "4xx",
            },
        )
        assert "Default" not in template["Parameters"]["AlarmEmail"]
        watched = {p["Properties"]["Dimensions"][0]["Value"]["Fn::GetAtt"][0] for n, p in alarms.items() if "Failures" in n}
        equal(watched, set(of_type("AWS::SQS::Queue")))

    with check("R75 the example configuration deploys to a region of the European Union"):
        config = tomllib.loads((ROOT / "infra" / "samconfig.toml.example").read_text())
        deploy = config["default"]["deploy"]["parameters"]
        assert deploy["region"].startswith("eu-") and deploy["region"] not in {"eu-west-2", "eu-central-2"}
        given = {parameter.partition("=")[0] for parameter in deploy["parameter_overrides"]}
        needed = {name for name, p in template["Parameters"].items() if "Default" not in p}
        assert needed <= given <= set(template["Parameters"]), given


# ------------------------------------------------------------------------------------------- the stack as it runs


def playable(template, folder, s3):
    """The template with its code in S3 and without what MiniStack refuses; all of it was checked above.

    MiniStack refuses alarms on metric math, and when it enforces IAM it knows neither `ses:FromAddress` nor the resource
    of a SendRawEmail.
    """
    template = copy.deepcopy(template)
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in RIGHTS:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            z.writestr(entry, (folder / name.lower()).read_bytes())
        s3.put_object(Bucket="code", Key=f"{name}.zip", Body=archive.getvalue())
        template["Resources"][name]["Properties"]["CodeUri"] = f"s3://code/{name}.zip"
    for name in [n for n, r in template["Resources"].items() if "Metrics" in r.get("Properties", {})]:
        del template["Resources"][name]
    for statement in template["Resources"]["NurtureRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
        if statement["Action"] == "ses:SendRawEmail":
            statement["Resource"] = "*"
            del statement["Condition"]
    return template


class Gateway:
    """The API as the public sees it; BASE_URL stands for it."""

    def __init__(self, port, api):
        self.port, self.host = port, f"{api}.execute-api.localhost:{port}"

    def __call__(self, method, address, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {name.replace("_", "-"): value for name, value in headers.items()} | {"Host": self.host}
        with contextlib.closing(connection):
            connection.request(method, address.removeprefix(BASE_URL), body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()


def bounce(lead, send_id, message_id):
    """A hard bounce as SES publishes it (SES Developer Guide, "Contents of event data that SES publishes to SNS")."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": VISITOR, "action": "failed", "status": "5.1.1"}],
            "timestamp": now,
            "feedbackId": "0102019-bounce",
        },
        "mail": {
            "timestamp": now,
            "source": SENDER,
            "messageId": message_id,
            "destination": [VISITOR],
            "headersTruncated": False,
            "headers": [],
            "tags": {
                "ses:configuration-set": ["piste"],
                "send_id": [send_id],
                "lead_id": [lead],
                "class": ["service"],
                "campaign": ["guide-seo"],
                "step": ["guide"],
            },
        },
    }


class Cloud:
    """MiniStack: AWS clients, and its own doors to what it holds."""

    def __init__(self, url):
        self.url, self.port = url, urllib.parse.urlsplit(url).port

    def client(self, service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **keys)

    def door(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())

    def mails(self, to):
        boxes = self.door("/_ministack/ses/messages")["messages"]
        return [mail for box in boxes.values() for mail in box if to in " ".join(mail["To"])]

    def logs(self):
        """Every line of every log group, by group."""
        logs = self.client("logs")
        pages = {
            group["logGroupName"]: logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            for group in logs.describe_log_groups()["logGroups"]
        }
        return {name: [event["message"] for page in found for event in page["events"]] for name, found in pages.items()}

    def settled(self, status):
        """The stack once nothing is done to it any more; an error unless it came out as it should."""
        formation = self.client("cloudformation")

        def probe():
            (stack,) = formation.describe_stacks(StackName=STACK)["Stacks"]
            return stack if not stack["StackStatus"].endswith("_IN_PROGRESS") else None

        stack = wait_for("the end of the deployment", probe, 60)
        if stack["StackStatus"] != status:
            events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
            raise AssertionError([e.get("ResourceStatusReason") for e in events if "FAILED" in e["ResourceStatus"]])
        return stack

    def invoke(self, function, event):
        """Invokes a function by its ARN or name and returns its answer; an error when it failed."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        payload = answer["Payload"].read().decode()
        assert "FunctionError" not in answer, payload
        return json.loads(payload)


def check_journey(template, cloud, folder, piste, folder_of_logs):
    """Goes the whole way once and stops where a step fails."""
    with check.step("IAM is enforced: functions have the rights of their roles and no others"):
        equal(cloud.door("/_ministack/health")["auth"], "enabled")

    with check.step("the stack deploys"):
        cloud.client("ses").verify_domain_identity(Domain="example.com")
        # As SAM does: more than may be given in the request itself goes by S3.
        body = json.dumps(playable(template, folder, cloud.client("s3")))
        cloud.client("s3").put_object(Bucket="code", Key="template.json", Body=body)
        parameters = {
            "MailFrom": SENDER,
            "Identity": "example.com",
            "CreateIdentity": "false",
            "BaseUrl": BASE_URL,
            "AlarmEmail": "owner@example.com",
            "Architecture": {"aarch64": "arm64"}.get(os.uname().machine, "x86_64"),
        }
        cloud.client("cloudformation").create_stack(
            StackName=STACK,
            TemplateURL=f"{cloud.url}/code/template.json",
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )

        stack = cloud.settled("CREATE_COMPLETE")
        outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        physical = {
            r["LogicalResourceId"]: r["PhysicalResourceId"]
            for r in cloud.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        }
        equal((outputs["BaseUrl"], outputs["FormUrl"]), (BASE_URL, f"{BASE_URL}/forms/guide-seo"))
    gateway = Gateway(cloud.port, physical["Api"])

    def run(*words):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": cloud.url,
        }
        return subprocess.run(words, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)

    def command(*arguments):
        tables = ["--table", outputs["LeadsTable"], "--keys-table", outputs["KeysTable"], "--endpoint-url", cloud.url]
        return run(piste, *arguments, *tables)

    with check.step("piste publish writes the campaign and prints an operator key"):
        published = command("publish")
        assert published.returncode == 0, published.stdout + published.stderr
        key = re.search(r"^piste: operator key (\S+)$", published.stdout, re.MULTILINE)[1]

    with check.step("GET /forms/guide-seo shows the hosted form"):
        status, headers, body = gateway("GET", "/forms/guide-seo", Accept="text/html")
        equal((status, headers["Content-Type"].partition(";")[0]), (200, "text/html"))
        assert "<form" in body
    with check.step("an unknown form answers 404"):
        equal(gateway("GET", "/forms/nobody-knows")[0], 404)

    form = {
        "email": VISITOR,
        "first_name": "Camille",
        "company": COMPANY,
        "company_size": "50-249",
        "budget": "15000",
        "timing": "now",
        "need": "Plus de demandes de devis",
        "marketing_consent": "on",
    }

    def post():
        kind = "application/x-www-form-urlencoded"
        return gateway("POST", "/forms/guide-seo", urllib.parse.urlencode(form), Content_Type=kind, Accept="application/json")

    with check.step("POST /forms/guide-seo is accepted, and the same post again gets the same bytes (R15 R86)"):
        posted_at = time.monotonic()
        status, _, first = post()
        equal((status, json.loads(first)), (202, {"status": "accepted"}))
        equal(post()[::2], (status, first))

    def wakes():
        """The table stream's way to nurture. MiniStack says how its last batch went, and nothing else of such a run."""
        mappings = cloud.client("lambda").list_event_source_mappings(FunctionName=physical["Nurture"])
        return mappings["EventSourceMappings"][0]

    with check.step("the table stream wakes nurture: the guide leaves by SES within seconds"):
        (mail,) = wait_for("the mail", lambda: cloud.mails(VISITOR), 30)
        print(f"        {time.monotonic() - posted_at:.1f} s from post to mail", flush=True)
        wait_for("a batch of the stream without an error", lambda: wakes()["LastProcessingResult"].startswith("OK"), 10)
    with check.step("R90 the mail comes from MailFrom and holds nothing the visitor typed"):
        assert SENDER in mail["Source"], mail["Source"]
        for typed in ("Camille", COMPANY, form["need"]):
            assert typed not in mail["Subject"] + mail["BodyText"] + (mail["BodyHtml"] or "")
    with check.step("its links lead to the public address"):
        links = re.findall(r"https?://[^\s<>\")]+", mail["BodyText"])
        confirm = next(link for link in links if link.startswith(f"{BASE_URL}/confirm?t="))
        resource = next(link for link in links if link.startswith(f"{BASE_URL}/resources/guide-seo?t="))

    def page(address, **headers):
        status, _, body = gateway("GET", address, **headers)
        equal(status, 200)
        return body

    def operator(path):
        return json.loads(page(path, Authorization=f"Bearer {key}"))

    def marketing():
        return [c["state"] for c in operator(f"/api/leads/{lead}")["consents"] if c["purpose"] == "marketing"][-1]

    def suppressions():
        return [e for e in operator(f"/api/leads/{lead}")["timeline"] if e["kind"] == "suppression"]

    with check.step("R106 the operator API is closed without the key and lists the one lead with it"):
        equal(gateway("GET", "/api/leads?campaign=guide-seo")[0], 401)
        equal(gateway("GET", "/api/leads?campaign=guide-seo", Authorization="Bearer wrong")[0], 401)
        (row,) = operator("/api/leads?campaign=guide-seo")["leads"]
        equal(row["email"], VISITOR)
        lead = row["id"]
    with check.step("R43 GET of the confirmation link shows a button and changes nothing"):
        assert re.search(r'<form[^>]*method="?post', page(confirm), re.IGNORECASE)
        equal(marketing(), "pending")
    with check.step("POST of the confirmation link confirms the consent"):
        assert gateway("POST", confirm, "", Content_Type="application/x-www-form-urlencoded")[0] in (200, 303)
        equal(marketing(), "given")
    with check.step("the promised guide opens by its link"):
        page(resource)

    with check.step("R54 a bounce that SES reports by SNS suppresses the lead"):
        equal(suppressions(), [])
        (send,) = [s for s in operator(f"/api/leads/{lead}")["sends"] if s["step"] == "guide"]
        report = json.dumps(bounce(lead, send["send_id"], mail["MessageId"]))
        cloud.client("sns").publish(TopicArn=outputs["MailEventsTopic"], Message=report)
        wait_for("the suppression", suppressions, 20)
    with check.step("R24 the same report delivered again is taken without an error and counts once"):
        envelope = {"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {"Type": "Notification", "Message": report}}
        cloud.invoke(physical["Feedback"], {"Records": [envelope]})
        equal(len(suppressions()), 1)

    def tick():
        return cloud.invoke(physical["Nurture"], {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}"})

    def ticks(state):
        """Lets the schedule of nurture go on, or not."""
        scheduler = cloud.client("scheduler")
        group, name = physical["Schedules"].split("/")[-1], physical["NurtureTick"].split("/")[-1]
        schedule = scheduler.get_schedule(GroupName=group, Name=name)
        kept = ("ScheduleExpression", "FlexibleTimeWindow", "Target")
        scheduler.update_schedule(GroupName=group, Name=name, State=state, **{key: schedule[key] for key in kept})

    with check.step("R118 restore.sh makes a table of the present, with stream, TTL, backups and protection, while a guide is due"):
        # MiniStack restores what is there now, whatever moment is asked for: so this is the moment that is gone back to.
        form["email"] = ERASED
        equal(post()[0], 202)
        wait_for("the mail", lambda: cloud.mails(ERASED), 30)
        ticks("DISABLED")
        cloud.client("lambda").update_event_source_mapping(UUID=wakes()["UUID"], Enabled=False)
        form["email"] = LATECOMER
        equal(post()[0], 202)
        restored = run(str(ROOT / "infra" / "restore.sh"), STACK, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "leads-restored")
        assert restored.returncode == 0, restored.stderr
        given = dict(line.split("=", 1) for line in restored.stdout.splitlines())
        equal(given["ExistingLeadsTable"], "leads-restored")
        dynamodb = cloud.client("dynamodb")
        table = dynamodb.describe_table(TableName="leads-restored")["Table"]
        equal((table["LatestStreamArn"], table["DeletionProtectionEnabled"]), (given["ExistingLeadsStream"], True))
        ttl = dynamodb.describe_time_to_live(TableName="leads-restored")["TimeToLiveDescription"]
        equal((ttl["TimeToLiveStatus"], ttl["AttributeName"]), ("ENABLED", "expires_at"))
        backups = dynamodb.describe_continuous_backups(TableName="leads-restored")["ContinuousBackupsDescription"]
        equal(backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "ENABLED")
        equal(cloud.mails(LATECOMER), [])

    with check.step("with the stream switched off, the schedule finds the next lead and its guide leaves within a minute or so"):
        ticks("ENABLED")
        wait_for("the mail", lambda: cloud.mails(LATECOMER), 90)
    with check.step("R1 a tick delivered again, and once more, sends nothing again"):
        for _ in range(2):
            tick()
        equal((len(cloud.mails(VISITOR)), len(cloud.mails(LATECOMER))), (1, 1))

    with check.step("R9 R119 an operator sees how sending stands, stops it and releases it, by the API and by piste"):
        bearer = {"Authorization": f"Bearer {key}", "Content_Type": "application/json"}
        equal(operator("/api/sending")["state"], "open")
        assert operator("/api/sending")["canary"]["sent_at"], "no canary has left"
        equal(gateway("POST", "/api/sending/hold", json.dumps({"reason": "drill"}), **bearer)[0], 200)
        equal(operator("/api/sending")["held"]["reason"], "drill")
        assert "Sending has been held since" in command("sending").stdout
        assert command("release").stdout.startswith("Sending is on: ")
        equal(operator("/api/sending")["state"], "open")
    with check.step("R11 piste audit proves that everything adds up"):
        audited = command("audit", "--json")
        report = json.loads(audited.stdout)
        assert audited.returncode == 0 and report["adds_up"], audited.stdout
        total = report["report"]["total"]
        equal((report["report"]["leads"], total["due"], total["open"]), (3, total["sent"], 0))

    with check.step("R67 somebody is erased after the moment that will be gone back to"):
        (erased,) = [row["id"] for row in operator("/api/leads?campaign=guide-seo")["leads"] if row["email"] == ERASED]
        equal(gateway("DELETE", f"/api/leads/{erased}", **bearer)[0], 200)

    with check.step("R21 the stack moves to the restored table by its parameters, keeps its own, and sends nothing from it"):
        cloud.client("cloudformation").update_stack(
            StackName=STACK,
            TemplateURL=f"{cloud.url}/code/template.json",
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in (parameters | given).items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        stack = cloud.settled("UPDATE_COMPLETE")
        own = outputs["LeadsTable"]
        outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        equal(outputs["LeadsTable"], "leads-restored")
        equal(cloud.client("dynamodb").describe_table(TableName=own)["Table"]["TableStatus"], "ACTIVE")
        tick()
        said = command("sending").stdout
        assert "as after a restore" in said, said
        equal(len(cloud.mails(LATECOMER)), 1)
    with check.step("R21 forms go on meanwhile, and one who was erased is back until the archive is told again"):
        form["email"] = "sacha.moreau@acme.example"
        equal(post()[0], 202)
        assert ERASED in [row["email"] for row in operator("/api/leads?campaign=guide-seo")["leads"]]
    with check.step("R21 R67 piste replay brings it up to date from the logs: who was erased is erased again"):
        archive = folder_of_logs / "archive.txt"
        lines = [line for name, group in cloud.logs().items() for line in group]
        archive.write_text("\n".join(line.rstrip("\n") for line in lines))
        replayed = command("replay", str(archive))
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        assert ERASED not in [row["email"] for row in operator("/api/leads?campaign=guide-seo")["leads"]]
    with check.step("R1 R21 after the release what is new leaves, nobody is mailed twice and nobody erased is written to"):
        assert command("release", "--reason", "drill").stdout.startswith("Sending is on: ")
        tick()
        wait_for("the new lead's mail", lambda: cloud.mails(form["email"]), 90)
        tick()
        equal([len(cloud.mails(to)) for to in (VISITOR, LATECOMER, ERASED)], [1, 1, 1])
        equal(json.loads(command("audit", "--json").stdout)["adds_up"], True)

    with check.step("R71 no log line holds the visitor's data or a link's token"):
        token = urllib.parse.parse_qs(urllib.parse.urlsplit(confirm).query)["t"][0]
        lines = [line for group in cloud.logs().values() for line in group]
        assert lines
        for secret in (VISITOR, LATECOMER, ERASED, "camille.martin", "Camille", COMPANY, token, key):
            assert not [line for line in lines if secret in line], "a log line holds personal data or a secret"


@contextlib.contextmanager
def ministack():
    """The URL of the server to use, started and ended here unless one is given."""
    if given := os.environ.get("PISTE_MINISTACK_URL"):
        yield given
        return
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = str(s.getsockname()[1])
    url = subprocess.run(
        [ENGINES, "start", port], env=os.environ | {"AUTH": "true"}, check=True, stdout=subprocess.PIPE, text=True, timeout=60
    ).stdout.strip()
    try:
        yield url
    finally:
        subprocess.run([ENGINES, "stop", port], check=True, timeout=60)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, piste = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it complains of metrics nobody asked for
    template = yaml_parse((ROOT / "infra" / "template.yaml").read_text())
    check_template(template)
    with ministack() as url:
        cloud = Cloud(url)
        try:
            with tempfile.TemporaryDirectory() as logs:
                check_journey(template, cloud, folder, str(piste), Path(logs))
        except Stopped:
            with contextlib.suppress(Exception):  # a server that does not answer has no logs either
                for group, lines in cloud.logs().items():
                    print("\n        ".join([f"        {group}", *lines[-20:]]), flush=True)
    print(f"{check.passed} passed, {check.failed} failed")
    sys.exit(1 if check.failed else 0)


if __name__ == "__main__":
    main()
