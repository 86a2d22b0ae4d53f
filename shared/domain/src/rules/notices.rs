//! Alerts that belong to no task of a case: a new enquiry, an answer, a meeting, somebody who is back, a lead handed over.
//!
//! Each is planned in the lead's own ledger the moment it is known, and leaves like every other email.

use jiff::Timestamp;

use crate::campaign::sales::Owner;
use crate::campaign::{Campaign, Catalog};
use crate::kit::email::Email;
use crate::kit::ids::{ClaimToken, EnquiryId, SendId};
use crate::kit::locale::Locale;
use crate::kit::vocabulary::{Class, SignalKind};
use crate::lead::Lead;
use crate::lead::ledger::{DueMail, LedgerEntry};
use crate::lead::stage::Stage;
use crate::rules::alert::{Alert, AlertKind};
use crate::rules::confirmation::Confirms;
use crate::rules::context::Context;
use crate::rules::effect::{MailOrder, Names};
use crate::rules::owners::{campaign_of, ensure_owner};

/// The sequence under which they stand in the ledger and on the outside of emails.
pub const SEQUENCE: &str = "notice";

/// The step of a notice: its kind, what it is about, and which of several recipients gets it. It is a tag of the email,
/// and SES takes letters, digits, `-` and `_` alone there.
fn step(kind: AlertKind, about: &str, recipient: usize) -> String {
    format!("{}-{about}-{recipient}", kind.code())
}

fn read(step: &str) -> Option<(AlertKind, &str, usize)> {
    let (kind, rest) = step.split_once('-')?;
    let (about, recipient) = rest.rsplit_once('-')?; // the id of an enquiry may hold one, too
    Some((AlertKind::from_code(kind)?, about, recipient.parse().ok()?))
}

/// What a notice is about, for people: the name of its kind.
pub fn kind_of(step: &str) -> Option<AlertKind> {
    read(step).map(|(kind, ..)| kind)
}

/// Which enquiry a notice is about, where it is about one.
pub fn enquiry_of(step: &str) -> Option<EnquiryId> {
    let (kind, about, _) = read(step)?;
    matches!(kind, AlertKind::Post | AlertKind::AsksAgain).then(|| EnquiryId::new(about))
}

/// The id of a notice.
pub fn send_id(lead: &Lead, step: &str, key: &crate::kit::ids::Key) -> SendId {
    SendId::of(key, &lead.id, &lead.campaign, SEQUENCE, step, lead.past_lives())
}

fn plan(lead: &mut Lead, step: String, until: Timestamp, cx: &Context<'_>) {
    if lead.notices.of_step(&step).is_some() {
        return;
    }
    let id = send_id(lead, &step, cx.key);
    let class = Class::Alert;
    lead.notices.plan(DueMail { id, step, class }, until, cx.now);
}

/// A post that sales does not hear of: those hear of it whom the campaign names. Whoever has the lead hears of it too, if
/// it says anything.
pub(super) fn post(lead: &mut Lead, campaign: &Campaign, enquiry: &EnquiryId, cx: &Context<'_>) {
    let says_nothing = lead
        .words
        .enquiry(enquiry)
        .is_none_or(crate::lead::enquiry::Enquiry::is_empty);
    let is_known = lead.open_case().is_some() || matches!(lead.stage, Stage::Mql | Stage::Sql | Stage::Customer);
    if is_known && !says_nothing && ensure_owner(lead, cx) {
        again(lead, enquiry, cx);
    }
    let Some(notify) = &campaign.notify else {
        return;
    };
    for recipient in 0..notify.to.len() {
        plan(lead, step(AlertKind::Post, enquiry.as_str(), recipient), cx.now, cx);
    }
}

/// Somebody whose case is open asks again: whoever has the case hears of it.
pub(super) fn again(lead: &mut Lead, enquiry: &EnquiryId, cx: &Context<'_>) {
    plan(lead, step(AlertKind::AsksAgain, enquiry.as_str(), 0), cx.now, cx);
}

/// Somebody answered or agreed to meet: an owner hears of it, whatever the score.
pub(super) fn contact(lead: &mut Lead, kind: SignalKind, cx: &Context<'_>) {
    let kind = match kind {
        SignalKind::Reply => AlertKind::Reply,
        _ => AlertKind::Meeting,
    };
    to_owner(lead, kind, cx.now, cx);
}

/// Somebody answered an email of a campaign that has no owners: it is told to whom it would have gone without us.
pub(super) fn reply_to_nobody(lead: &mut Lead, cx: &Context<'_>) {
    let about = format!("{:x}", cx.now.as_second());
    plan(lead, step(AlertKind::Reply, &about, 0), cx.now, cx);
}

/// The lead was given to somebody: they hear of it at once.
pub(super) fn assigned(lead: &mut Lead, until: Timestamp, cx: &Context<'_>) {
    if !ensure_owner(lead, cx) {
        return;
    }
    // Of several owners of one second each hears of it.
    let about = format!("{:x}", cx.now.as_second());
    let number = (0..).find(|number| {
        let step = step(AlertKind::Assigned, &about, *number);
        lead.notices.of_step(&step).is_none_or(|entry| !entry.is_final())
    });
    plan(
        lead,
        step(AlertKind::Assigned, &about, number.unwrap_or_default()),
        until,
        cx,
    );
}

/// A silent lead is back, below the threshold.
pub(super) fn returned(lead: &mut Lead, cx: &Context<'_>) {
    to_owner(lead, AlertKind::Back, cx.now, cx);
}

fn to_owner(lead: &mut Lead, kind: AlertKind, until: Timestamp, cx: &Context<'_>) {
    if ensure_owner(lead, cx) {
        let about = format!("{:x}", cx.now.as_second());
        plan(lead, step(kind, &about, 0), until, cx);
    }
}

/// The next notice that is to leave, of those that may, and when.
pub fn next(lead: &Lead, may_leave: impl Fn(&str) -> bool) -> Option<(&str, Timestamp)> {
    let waiting = lead.notices.iter().filter(|entry| may_leave(&entry.step));
    let waiting = waiting.filter_map(|entry| Some((entry.step.as_str(), LedgerEntry::waits_until(entry)?)));
    waiting.min_by_key(|(_, until)| *until)
}

/// Who gets a notice.
enum Recipient<'a> {
    Owner(&'a Owner),
    Address(Email, Locale),
}

fn recipient<'a>(
    lead: &Lead,
    (kind, about, number): (AlertKind, &str, usize),
    catalog: &'a Catalog,
) -> Option<(&'a Campaign, Recipient<'a>)> {
    if kind == AlertKind::Post {
        // One that left the item meanwhile is told of all the same.
        let enquiry = lead.words.enquiry(&EnquiryId::new(about));
        let campaign = enquiry.map_or_else(|| campaign_of(lead), |enquiry| enquiry.campaign.clone());
        let campaign = catalog.get(&campaign)?;
        let to = campaign.notify.as_ref()?.to.get(number)?.clone();
        return Some((campaign, Recipient::Address(to, campaign.default_locale())));
    }
    let campaign = catalog.get(&campaign_of(lead))?;
    let owner = || campaign.sales.as_ref()?.owner(lead.owner()?);
    if let Some(owner) = owner() {
        return Some((campaign, Recipient::Owner(owner)));
    }
    if kind != AlertKind::Reply {
        return None;
    }
    let house = campaign.notify.as_ref().and_then(|notify| notify.to.first().cloned());
    let house = house.or_else(|| Email::parse(&campaign.sender.reply_to).ok())?;
    Some((campaign, Recipient::Address(house, campaign.default_locale())))
}

/// The address a notice leaves from; `None` where nobody can get it any more.
pub fn sender<'a>(lead: &Lead, step: &str, catalog: &'a Catalog) -> Option<&'a str> {
    let (campaign, _) = recipient(lead, read(step)?, catalog)?;
    Some(&campaign.sender.from)
}

/// Claims a notice; one that nobody can get any more is skipped, and says so.
pub(super) fn claim(lead: &mut Lead, step: &str, token: &ClaimToken, cx: &Context<'_>) -> Option<MailOrder> {
    let mail = DueMail {
        id: send_id(lead, step, cx.key),
        step: step.to_owned(),
        class: Class::Alert,
    };
    let Some((what, (campaign, recipient))) =
        read(step).and_then(|what| Some((what, recipient(lead, what, cx.catalog)?)))
    else {
        lead.notices.skip(mail, "no_owner", cx.now);
        return None;
    };
    let (to, locale, owner) = match recipient {
        Recipient::Owner(owner) => (owner.email.clone(), owner.language, Some(owner)),
        Recipient::Address(to, locale) => (to, locale, None),
    };
    let enquiry = lead.words.enquiry(&EnquiryId::new(what.1));
    let alert = Alert::notice(what.0, lead, enquiry, owner, locale, campaign, cx.now);
    let send_id = lead.notices.claim(mail, token, cx.now);
    Some(MailOrder {
        workspace: lead.workspace.clone(),
        lead: lead.id.clone(),
        send_id,
        token: token.clone(),
        campaign: campaign.id.clone(),
        sequence: SEQUENCE.to_owned(),
        step: step.to_owned(),
        class: Class::Alert,
        template: String::new(),
        to,
        reply_to: lead.email.clone(),
        locale,
        confirms: Confirms::default(),
        enquiry: None,
        basis: None,
        names: Names::default(),
        alert: Some(Box::new(alert)),
    })
}
