//! What SES says of the account and of a sender's domain, for whoever sets it up. Asked by the command line alone.

use aws_sdk_ses::types::{CustomMailFromStatus, VerificationStatus};

use crate::aws;
use crate::config::Aws;

/// Emails a day that SES grants an account in its sandbox.
/// Source: SES developer guide, "Request production access".
const SANDBOX_A_DAY: f64 = 200.0;

/// An account, as SES sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whether SES sends anything for it.
    pub sends: bool,
    /// Whether it is in the sandbox, where only verified addresses get emails.
    pub is_sandbox: bool,
}

/// A sender, as SES sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Whether the address or its domain is verified.
    pub is_verified: bool,
    /// Whether its emails are signed with DKIM.
    pub signs: bool,
    /// Whether bounces go to a domain of its own (MAIL FROM), so that SPF is aligned.
    pub has_mail_from: bool,
}

/// SES, asked about itself.
#[derive(Debug)]
pub struct Senders(aws_sdk_ses::Client);

impl Senders {
    /// By these settings.
    ///
    /// # Errors
    /// [`aws::SetupError`].
    pub fn new(settings: &Aws) -> Result<Self, aws::SetupError> {
        Ok(Self(aws::ses(settings)?))
    }

    /// The account; `None` where SES does not say.
    pub async fn account(&self) -> Option<Account> {
        let enabled = self.0.get_account_sending_enabled().send().await.ok()?;
        let quota = self.0.get_send_quota().send().await.ok()?;
        Some(Account {
            sends: enabled.enabled(),
            is_sandbox: quota.max24_hour_send() <= SANDBOX_A_DAY && quota.max24_hour_send() >= 0.0,
        })
    }

    /// A sender's address; `None` where SES does not say.
    pub async fn sender(&self, address: &str) -> Option<Sender> {
        let domain = address.rsplit('@').next().unwrap_or(address);
        let verified = self.0.get_identity_verification_attributes();
        let verified = verified.identities(domain).identities(address).send().await.ok()?;
        let signed = self.0.get_identity_dkim_attributes();
        let signed = signed.identities(domain).identities(address).send().await.ok()?;
        let bounced = self.0.get_identity_mail_from_domain_attributes();
        let bounced = bounced.identities(domain).identities(address).send().await.ok()?;
        Some(Sender {
            is_verified: verified
                .verification_attributes()
                .values()
                .any(|of| of.verification_status() == &VerificationStatus::Success),
            signs: signed
                .dkim_attributes()
                .values()
                .any(|of| of.dkim_enabled() && of.dkim_verification_status() == &VerificationStatus::Success),
            has_mail_from: bounced
                .mail_from_domain_attributes()
                .values()
                .any(|of| of.mail_from_domain_status() == &CustomMailFromStatus::Success),
        })
    }
}
