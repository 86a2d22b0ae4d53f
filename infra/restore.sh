#!/usr/bin/env bash
# Puts the leads back to an earlier moment: a new table from the backup, with what a restored table lacks, and what the stack must
# be told to use it. Changes neither the stack nor the table that it has.
#
#   infra/restore.sh STACK 2026-03-02T09:00:00Z [NEW_TABLE]
#
# Needs the AWS CLI and credentials of the account. AWS_ENDPOINT_URL leads it elsewhere, as for the drill (tests/deployed/journey.py).
set -euo pipefail
stack=${1:-} moment=${2:-}
[ -n "$stack" ] && [ -n "$moment" ] || { sed -n '5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
say() { printf '%s\n' "$*" >&2; }
output() { aws cloudformation describe-stacks --stack-name "$stack" --output text --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"; }
table() { aws dynamodb describe-table --table-name "$1" --output text --query "Table.$2"; }

source=$(output LeadsTable)
keys=$(output KeysTable)
new=${3:-$stack-leads-$(printf %s "$moment" | tr -cd 0-9)}
say "Restoring $source as it was at $moment to $new."
aws dynamodb restore-table-to-point-in-time --source-table-name "$source" --target-table-name "$new" --restore-date-time "$moment" > /dev/null
# A large table takes hours.
until [ "$(table "$new" TableStatus)" = ACTIVE ]; do sleep 5; done

say "Giving it a stream, time to live, backups of its own and protection."
aws dynamodb update-table --table-name "$new" --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE > /dev/null
until [ "$(table "$new" TableStatus)" = ACTIVE ]; do sleep 5; done
aws dynamodb update-table --table-name "$new" --deletion-protection-enabled > /dev/null
aws dynamodb update-time-to-live --table-name "$new" --time-to-live-specification Enabled=true,AttributeName=expires_at > /dev/null
aws dynamodb update-continuous-backups --table-name "$new" --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true > /dev/null

say "Deploy the stack with these parameters, and leave them there: without them it would make new tables."
printf 'ExistingLeadsTable=%s\nExistingLeadsStream=%s\nExistingKeysTable=%s\n' "$new" "$(table "$new" LatestStreamArn)" "$keys"
