//! Sending: which email leaves now, and its claim.

use crate::campaign::OnAmbiguous;
use crate::kit::ids::{CampaignId, ClaimToken};
use crate::kit::personal::Personal;
use crate::kit::text::safe_name;
use crate::kit::vocabulary::Class;
use crate::lead::{Ended, Lead};
use crate::rules::confirmation::{self, Confirms};
use crate::rules::context::Context;
use crate::rules::dormancy;
use crate::rules::effect::{MailOrder, Names};
use crate::rules::enrolment::{complete, due_mail};
use crate::rules::notices;
use crate::rules::plan::{self, Upcoming, Verdict};
use crate::rules::sales;
use crate::rules::sending::{Evidence, Terms};

/// Claims the email that is due, if any, after looking at what is left of an earlier claim.
pub(super) fn wake(lead: &mut Lead, token: &ClaimToken, terms: &Terms, cx: &Context<'_>) -> Option<MailOrder> {
    if !expire_claim(lead, terms.evidence, cx) {
        return None;
    }
    complete(lead, cx); // the owner may have taken steps away
    sales::tick(lead, cx);
    dormancy::fall_asleep(lead, cx);
    loop {
        // Of a sender that SES refuses nothing leaves, whatever its class.
        let leaves = |from: Option<&str>| from.is_none_or(|from| terms.senders.waits_until(from, cx.now).is_none());
        let waits = |next: &Upcoming<'_>| {
            let is_held = terms.paused || next.is_paused(&terms.senders) || !leaves(Some(next.from()));
            is_held && next.refusal(lead).is_none() && !next.is_late(cx.now, &terms.senders)
        };
        let mut upcoming = plan::upcoming(lead, cx.catalog, cx.now).into_iter();
        let next = upcoming.find(|next| !waits(next)).filter(|next| next.at <= cx.now);
        // What somebody must hear of at once goes first, then what was asked for, then what reminds of a deadline, then
        // marketing (R129).
        let notice = notices::next(lead, |step| leaves(notices::sender(lead, step, cx.catalog)));
        let notice = notice.filter(|(_, at)| *at <= cx.now);
        if let Some(step) = notice.map(|(step, _)| step.to_owned()) {
            match notices::claim(lead, &step, token, cx) {
                Some(order) => return Some(order),
                None => continue,
            }
        }
        let alert = sales::next(lead, cx.catalog, cx.now).filter(|_| leaves(sales::sender(lead, cx.catalog)));
        let alert = alert.filter(|alert| alert.at <= cx.now);
        let asked_for = next.as_ref().is_some_and(Upcoming::is_asked_for);
        if let Some(alert) = alert.filter(|alert| alert.is_news() || !asked_for) {
            return sales::claim(lead, &alert, token, cx);
        }
        let next = next?;
        match next.verdict(lead, cx.now, &terms.senders) {
            Verdict::Leaves => return Some(claim(lead, &next, token, cx)),
            Verdict::Skipped(reason) => skip(lead, &next, reason.code(), cx),
            Verdict::Ends(reason) => {
                skip(lead, &next, reason.code(), cx);
                lead.enrolments[next.enrolment].ended = Some(Ended { at: cx.now, reason });
            }
        }
    }
}

fn skip(lead: &mut Lead, next: &Upcoming<'_>, reason: &str, cx: &Context<'_>) {
    let mail = due_mail(&lead.id, &lead.enrolments[next.enrolment], next.step, cx);
    lead.enrolments[next.enrolment].ledger.skip(mail, reason, cx.now);
}

fn claim(lead: &mut Lead, next: &Upcoming<'_>, token: &ClaimToken, cx: &Context<'_>) -> MailOrder {
    let mail = due_mail(&lead.id, &lead.enrolments[next.enrolment], next.step, cx);
    let send_id = lead.enrolments[next.enrolment].ledger.claim(mail, token, cx.now);
    let name = |field: &str| lead.words.in_emails(field).and_then(safe_name).map(Personal::new);
    let is_nurture = next.step.class == Class::Nurture;
    let enrolment = &lead.enrolments[next.enrolment];
    let enquiry = confirmation::post_of(lead, enrolment, next.sequence, next.step);
    let confirms = enquiry
        .as_ref()
        .filter(|_| !is_nurture)
        .map_or_else(Confirms::default, |post| {
            confirmation::of_email(lead, enrolment, post, next.campaign)
        });
    MailOrder {
        workspace: lead.workspace.clone(),
        lead: lead.id.clone(),
        send_id,
        token: token.clone(),
        campaign: next.campaign.id.clone(),
        sequence: next.sequence.id.clone(),
        step: next.step.id.clone(),
        class: next.step.class,
        basis: is_nurture.then(|| lead.basis(next.campaign)),
        template: next.step.template.clone(),
        // Whoever has no address is refused before: see `Lead::refusal`.
        to: lead.email.clone().expect("an email goes to an address"),
        reply_to: None,
        locale: next.campaign.locale_or_default(Some(lead.words.language())),
        confirms,
        enquiry,
        names: if is_nurture {
            Names {
                first_name: name("first_name"),
                company: name("company"),
            }
        } else {
            Names::default()
        },
        alert: None,
    }
}

/// Looks at a claim that is still open; says whether the lead is free for another.
///
/// Nobody touches it within its lease, or while SES's event may still come. After that a service email or an alert goes
/// once more; a nurture email only if the missing event proves that SES did not accept the first one, and not at all
/// where the campaign says so.
fn expire_claim(lead: &mut Lead, evidence: Evidence, cx: &Context<'_>) -> bool {
    let strict = |campaign: &CampaignId| {
        let campaign = cx.catalog.get(campaign);
        campaign.is_some_and(|campaign| campaign.on_ambiguous == OnAmbiguous::Skip)
    };
    let alerts = lead
        .cases
        .iter_mut()
        .map(|case| (!case.is_open(), false, &mut case.ledger));
    let alerts = alerts.chain([(false, false, &mut lead.notices)]);
    let own = lead
        .enrolments
        .iter_mut()
        .map(|e| (e.ended.is_some(), strict(&e.campaign), &mut e.ledger));
    let mut claims = alerts
        .chain(own)
        .filter_map(|(over, strict, ledger)| Some((over, strict, ledger.claimed_mut()?)));
    let Some((over, strict, entry)) = claims.next() else {
        return true;
    };
    let may_retry = !over && (entry.class != Class::Nurture || !strict);
    let not_accepted = entry.class != Class::Nurture || evidence.covers(entry.at());
    entry.expire(may_retry, not_accepted, cx.now)
}
