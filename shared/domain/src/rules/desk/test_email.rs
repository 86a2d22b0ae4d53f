//! A campaign's email that somebody sends to themselves, to see it in their own mailbox. It is nobody's: its links are
//! signed for the desk, where they open nothing, and no lead knows of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Desk, SEQUENCE};
use crate::campaign::Campaign;
use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, ClaimToken, LeadId, SendId, WorkspaceId};
use crate::kit::locale::Locale;
use crate::kit::personal::Personal;
use crate::kit::seconds;
use crate::kit::text::safe_name;
use crate::kit::vocabulary::Class;
use crate::lead::Lead;
use crate::lead::ledger::DueMail;
use crate::rules::confirmation::Confirms;
use crate::rules::context::Context;
use crate::rules::effect::{MailOrder, Names};

/// Test emails that wait at one desk at most.
const TESTS_MAX: usize = 5;

/// An email to be tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestEmail {
    /// Of which campaign.
    #[serde(rename = "c")]
    pub campaign: CampaignId,
    /// Of which sequence.
    #[serde(rename = "q")]
    pub sequence: String,
    /// Which step.
    #[serde(rename = "s")]
    pub step: String,
    /// In which language.
    #[serde(rename = "l")]
    pub locale: Locale,
    /// With whose names; a sample person's without.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
    /// When it was asked for.
    #[serde(rename = "a", with = "seconds")]
    pub at: Timestamp,
}

/// The addresses to which a campaign's emails may be sent as a test: those its file names.
pub fn testers(campaign: &Campaign) -> impl Iterator<Item = Email> {
    let reply_to = Email::parse(&campaign.sender.reply_to).ok();
    super::reader::addresses(campaign).cloned().chain(reply_to)
}

fn reads_at(desk: &LeadId, workspace: &WorkspaceId, cx: &Context<'_>) -> Option<Email> {
    let campaigns = cx.catalog.iter().map(|published| &published.campaign);
    let mut all = campaigns
        .filter(|campaign| &campaign.workspace == workspace)
        .flat_map(testers);
    all.find(|email| &LeadId::of_desk(cx.key, workspace, email) == desk)
}

impl Desk {
    /// Lets an email be tried; false where so many wait already.
    pub fn ask_for_test(&mut self, test: TestEmail, cx: &Context<'_>) -> bool {
        let has_room = self.tests.len() < TESTS_MAX;
        if has_room {
            self.tests.push(test);
            self.rest(cx);
        }
        has_room
    }

    /// The test that is next, if one waits.
    pub fn next_test(&self) -> Option<&TestEmail> {
        self.tests.first()
    }

    /// Claims the test that is next, with the names of this lead. It goes once at most: whoever asked can ask again. `None`
    /// where its email or its reader is gone from the files.
    pub fn claim_test(&mut self, lead: Option<&Lead>, token: &ClaimToken, cx: &Context<'_>) -> Option<MailOrder> {
        let test = self.tests.remove(0);
        let number = self
            .ledger
            .iter()
            .filter(|entry| entry.step.starts_with("test-"))
            .count();
        let order = self.order(&test, number, lead, token, cx);
        if let Some(order) = &order {
            let (id, step, class) = (order.send_id.clone(), order.step.clone(), Class::Alert);
            self.ledger
                .skip_waiting("given_up", cx.now, |entry| entry.step.starts_with("test-"));
            self.ledger.claim(DueMail { id, step, class }, token, cx.now);
        }
        self.rest(cx);
        order
    }

    fn order(
        &self,
        test: &TestEmail,
        number: usize,
        lead: Option<&Lead>,
        token: &ClaimToken,
        cx: &Context<'_>,
    ) -> Option<MailOrder> {
        let campaign = cx.catalog.get(&test.campaign)?;
        let step = campaign
            .sequence(&test.sequence)?
            .steps
            .iter()
            .find(|step| step.id == test.step)?;
        let to = reads_at(&self.id, &self.workspace, cx)?;
        let name = |field: &str| lead?.words.in_emails(field).and_then(safe_name).map(Personal::new);
        let entry = format!("test-{:x}-{number}", test.at.as_second());
        Some(MailOrder {
            workspace: self.workspace.clone(),
            lead: self.id.clone(),
            send_id: SendId::of(cx.key, &self.id, &test.campaign, SEQUENCE, &entry, 0),
            token: token.clone(),
            campaign: test.campaign.clone(),
            sequence: SEQUENCE.to_owned(),
            step: entry,
            class: step.class,
            basis: (step.class == Class::Nurture).then_some(campaign.regime),
            template: step.template.clone(),
            to,
            reply_to: None,
            locale: test.locale,
            confirms: match step.class == Class::Service && campaign.double_opt_in {
                true => Confirms::OPT_IN,
                false => Confirms::default(),
            },
            enquiry: None,
            names: match step.class {
                Class::Nurture => Names {
                    first_name: name("first_name"),
                    company: name("company"),
                },
                Class::Service | Class::Alert => Names::default(),
            },
            alert: None,
        })
    }
}
