//! Why an email was allowed: for each one ever sent, the rule, the wording and the moment that allowed it.

use jiff::Timestamp;

use crate::kit::ids::{CampaignId, SendId};
use crate::kit::vocabulary::Class;
use crate::kit::vocabulary::{Purpose, Regime};
use crate::lead::consent::Consent;
use crate::lead::ledger::{EntryState, LedgerEntry};
use crate::lead::{Enrolment, Lead};

/// Why one email was allowed.
#[derive(Clone, Debug)]
pub struct Allowed<'a> {
    /// Which email.
    pub send_id: &'a SendId,
    /// Whose.
    pub campaign: &'a CampaignId,
    /// Of which sequence.
    pub sequence: &'a str,
    /// Which step.
    pub step: &'a str,
    /// When it left, or may have.
    pub sent_at: Timestamp,
    /// What allowed it.
    pub rule: Rule<'a>,
}

/// What allows an email.
#[derive(Clone, Debug)]
pub enum Rule<'a> {
    /// The person asked for it by a form, at this moment: no consent is needed (GDPR art. 6(1)(b)).
    Asked(Timestamp),
    /// The person agreed beforehand: in these words, in force since this moment (GDPR art. 7, CPCE L34-5).
    Agreed(&'a Consent, Timestamp),
    /// The regime needs no consent: the person was informed at this moment and had not opted out.
    Informed(Regime, Timestamp),
    /// The lead does not say: only possible for entries written before the legal basis was recorded.
    Untold,
}

/// Every email that SES accepted, or may have, oldest first, with what allowed it.
pub fn allowed(lead: &Lead) -> Vec<Allowed<'_>> {
    let left = |send: &LedgerEntry| match send.state() {
        EntryState::Sent { .. } | EntryState::Unknown | EntryState::Claimed { .. } => true,
        EntryState::Waiting { .. } | EntryState::Skipped { .. } | EntryState::Failed { .. } => false,
    };
    let mut mails: Vec<_> = lead
        .ledger()
        // An email to sales needs no permission of the lead.
        .filter_map(|(enrolment, send)| Some((enrolment?, send)))
        .filter(|(_, send)| left(send))
        .map(|(enrolment, send)| Allowed {
            send_id: &send.id,
            campaign: &enrolment.campaign,
            sequence: &enrolment.sequence,
            step: &send.step,
            sent_at: send.at(),
            rule: rule(lead, enrolment, send),
        })
        .collect();
    mails.sort_by_key(|mail| mail.sent_at);
    mails
}

fn rule<'a>(lead: &'a Lead, enrolment: &'a Enrolment, send: &LedgerEntry) -> Rule<'a> {
    if send.class == Class::Service {
        let posts = lead.words.enquiries().iter();
        let posts = posts.filter(|enquiry| enquiry.campaign == enrolment.campaign);
        let asked = posts.map(|enquiry| enquiry.at).filter(|at| *at <= send.at()).max();
        return Rule::Asked(asked.unwrap_or(enrolment.started_at));
    }
    let of_it = |consent: &&Consent| consent.purpose == Purpose::Marketing && consent.campaign == enrolment.campaign;
    let mut latest_first = lead.consents.iter().rev().filter(of_it);
    let in_force = latest_first.find_map(|consent| Some((consent, consent.in_force_since(send.at())?)));
    // A tick alone, where the campaign asked no confirmation, and taken back since: the basis tells that it had counted.
    let ticked = || {
        let stood = |consent: &&Consent| consent.asked_at <= send.at() && send.at() <= consent.at;
        let by_consent = enrolment.basis == Some(Regime::B2cConsent);
        let consent = lead
            .consents
            .iter()
            .rev()
            .filter(of_it)
            .find(stood)
            .filter(|_| by_consent)?;
        Some((consent, consent.asked_at))
    };
    match (in_force.or_else(ticked), enrolment.basis) {
        (Some((consent, since)), _) => Rule::Agreed(consent, since),
        (None, Some(regime @ (Regime::B2bInterest | Regime::CustomerSimilar))) => {
            Rule::Informed(regime, enrolment.started_at)
        }
        (None, _) => Rule::Untold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::consent::ConsentState;
    use crate::rules::input;
    use crate::samples::{Story, TICKED, days, guide, hours, interest};

    #[test]
    fn every_mail_has_the_rule_the_words_and_the_moment_that_allowed_it() {
        let mut story = Story::asked();
        let asked_at = story.now;
        story.mail("guide");
        story.wait(hours(2)).confirm();
        let confirmed_at = story.now;
        story.run(story.now + days(6));
        story.opt_out();
        // Asked and confirmed again, in a second proof.
        story.wait(days(1)).post(&[TICKED]);
        story.confirm();
        let again_at = story.now;
        story.run(story.now + days(30));
        let lead = story.lead();
        let mails = allowed(lead);
        assert_eq!(
            mails.len(),
            lead.ledger()
                .filter(|(_, s)| matches!(s.state(), EntryState::Sent { .. }))
                .count()
        );
        for mail in &mails {
            match &mail.rule {
                Rule::Asked(at) => assert!(mail.sequence == "guide" && *at <= mail.sent_at),
                Rule::Agreed(consent, since) => {
                    let (words, expected) = match mail.sent_at < again_at {
                        true => (&lead.consents[0], confirmed_at),
                        false => (&lead.consents[1], again_at),
                    };
                    assert!(std::ptr::eq(*consent, words) && *since == expected, "{mail:?}");
                    assert!(*since <= mail.sent_at && consent.asked_at >= asked_at);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(
            lead.consents[0].state,
            ConsentState::Withdrawn,
            "taken back since: it counted then"
        );
    }

    #[test]
    fn a_tick_that_needed_no_confirmation_still_proves_what_it_allowed_once_it_is_taken_back() {
        let mut story = Story::of([crate::samples::edited(&[(
            "double_opt_in = true",
            "double_opt_in = false",
        )])]);
        story.post(&[TICKED]);
        let ticked_at = story.now;
        story.mail("guide");
        story.run(story.now + days(4));
        story.opt_out();
        let mails = allowed(story.lead());
        assert!(
            matches!(mails[1].rule, Rule::Agreed(_, since) if since == ticked_at),
            "{mails:?}"
        );
    }

    #[test]
    fn r63_where_no_consent_is_needed_the_information_is_the_proof() {
        let mut story = Story::of([interest()]);
        story.post(&[]);
        let informed_at = story.now;
        story.mail("guide");
        story.run(story.now + days(20));
        let mails = allowed(story.lead());
        assert!(matches!(mails[0].rule, Rule::Asked(_)));
        assert_eq!(mails.len(), 5);
        for mail in &mails[1..] {
            assert!(
                matches!(mail.rule, Rule::Informed(Regime::B2bInterest, at) if at == informed_at),
                "{mail:?}"
            );
        }
        story.apply(&input::OptIn(guide(), crate::kit::locale::Locale::Fr));
        assert!(
            matches!(allowed(story.lead())[1].rule, Rule::Informed(..)),
            "a later yes allows nothing earlier"
        );
    }
}
