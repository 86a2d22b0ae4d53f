# The stack of a release as a Terraform module: the zips and the template of a release folder go to a bucket, and CloudFormation
# makes the stack of them. It is the same template; Terraform gives it its parameters and keeps its outputs.
#
#   module "piste" {
#     source        = "./infra/terraform"
#     release       = "./piste-0.1.0"          # what infra/build.sh or a release's page gives: piste.yaml and the zips
#     release_name  = "0.1.0"
#     mail_from     = ["guide@example.com"]
#     identity      = "example.com"
#     alarm_email   = "owner@example.com"
#   }
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "name" {
  description = "What the stack is called."
  type        = string
  default     = "piste"
}

variable "release" {
  description = "The folder with piste.yaml and the zips."
  type        = string
}

variable "release_name" {
  description = "What tells this release from others, such as its version. CloudFormation sees a change of code by it."
  type        = string
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
  default     = "arm64"
}

variable "mail_from" {
  description = "Addresses emails come from, as in [sender] from of the campaigns."
  type        = list(string)
}

variable "identity" {
  description = "The SES identity of those addresses, as a rule their domain."
  type        = string
}

variable "alarm_email" {
  description = "Who is told when something is wrong; none makes every alarm mute."
  type        = string
}

variable "parameters" {
  description = "Other parameters of the template, by name: DomainName, HostedZoneId, ExistingLeadsTable…"
  type        = map(string)
  default     = {}
}

locals {
  functions = ["capture", "consent", "console", "feedback", "nurture", "relay", "trigger"]
  prefix    = "${var.name}/${var.release_name}/"
}

resource "aws_s3_bucket" "code" {
  bucket_prefix = "${var.name}-code-"
}

resource "aws_s3_bucket_public_access_block" "code" {
  bucket                  = aws_s3_bucket.code.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "zip" {
  for_each    = toset(local.functions)
  bucket      = aws_s3_bucket.code.id
  key         = "${local.prefix}${each.key}-${var.architecture}.zip"
  source      = "${var.release}/${each.key}-${var.architecture}.zip"
  source_hash = filesha256("${var.release}/${each.key}-${var.architecture}.zip")
}

resource "aws_s3_object" "template" {
  bucket      = aws_s3_bucket.code.id
  key         = "${local.prefix}piste-${filesha256("${var.release}/piste.yaml")}.yaml"
  source      = "${var.release}/piste.yaml"
  source_hash = filesha256("${var.release}/piste.yaml")
}

resource "aws_cloudformation_stack" "piste" {
  name         = var.name
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
  template_url = "https://${aws_s3_bucket.code.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  tags         = { piste = var.name }
  parameters = merge(var.parameters, {
    CodeBucket   = aws_s3_bucket.code.id
    CodePrefix   = local.prefix
    Architecture = var.architecture
    MailFrom     = join(",", var.mail_from)
    Identity     = var.identity
    AlarmEmail   = var.alarm_email
  })
  depends_on = [aws_s3_object.zip]
}

output "outputs" {
  description = "The outputs of the stack: addresses, tables, DNS records."
  value       = aws_cloudformation_stack.piste.outputs
}
