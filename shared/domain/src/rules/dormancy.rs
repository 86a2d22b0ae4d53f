//! Leads that fall silent, and leads that come back.

use jiff::Timestamp;

use crate::campaign::{Catalog, Sequence, Start};
use crate::kit::vocabulary::{Class, ExitReason};
use crate::kit::vocabulary::{Purpose, Regime};
use crate::lead::consent::ConsentState;
use crate::lead::signal::Signal;
use crate::lead::stage::{Mover, Stage};
use crate::lead::{Ended, Lead};
use crate::rules::decide::{Context, enrol, move_to};
use crate::rules::retention;
use crate::rules::scoring::Score;

impl Lead {
    /// The last real contact: what the person did, or a conversation with sales. A mail of ours is none, nor is opening it.
    pub fn last_contact(&self) -> Timestamp {
        let deeds = self.signals.iter().filter(|signal| signal.kind.is_contact());
        let deeds = deeds.map(|signal| signal.at);
        let spoken = self
            .cases
            .iter()
            .flat_map(|case| &case.attempts)
            .filter(|attempt| attempt.reached);
        let all = deeds
            .chain(self.preferences.at)
            .chain(spoken.map(|attempt| attempt.at))
            .chain(heard_at(self));
        all.max().unwrap_or(self.captured_at).max(self.captured_at)
    }
}

/// When a lead counts as dormant if nothing is heard of it; `None` where its stage says that somebody is at work on it.
pub fn dormant_at(lead: &Lead, catalog: &Catalog) -> Option<Timestamp> {
    let campaign = catalog.get(&lead.campaign)?;
    let falls = lead.stage.may_be_moved(Stage::Dormant, Mover::Silence);
    falls.then(|| {
        campaign
            .dormant_after
            .add_to(lead.last_contact(), &campaign.time_zone())
    })
}

/// Moves a lead that was silent for too long, and starts what is meant to wake it, once and if its consent allows.
pub(crate) fn fall_asleep(lead: &mut Lead, cx: &Context<'_>) {
    if dormant_at(lead, cx.catalog).is_none_or(|at| cx.now < at) {
        return;
    }
    let Some(campaign) = cx.catalog.get(&lead.campaign) else {
        return;
    };
    let silence = campaign.dormant_after.to_string();
    move_to(lead, Stage::Dormant, Mover::Silence, silence, cx);
    // Who is being asked whether they want to stay needs no second question.
    let asked = retention::asked_until(lead, cx.catalog).is_some();
    if !asked && lead.refusal(Class::Nurture, campaign).is_none() {
        enrol(lead, campaign, Start::Dormant, cx);
    }
}

/// Whether the words a lead agreed to speak of this sequence.
pub(crate) fn covers(lead: &Lead, sequence: &Sequence, regime: Regime) -> bool {
    let agreed = |consent: &&crate::lead::consent::Consent| {
        consent.purpose == Purpose::Marketing
            && consent.campaign == lead.campaign
            && consent.state == ConsentState::Given
    };
    let latest = lead.consents.iter().rfind(agreed);
    regime == Regime::B2bInterest || latest.is_some_and(|consent| sequence.wordings.contains(&consent.text_version))
}

/// A recycled or dormant lead of whom something new is heard is scored anew. Who reaches the threshold is an MQL again,
/// and so is a dormant one whom sales had before; another dormant one is a lead again.
pub(crate) fn come_back(lead: &mut Lead, before: &Lead, cx: &Context<'_>) {
    let is_news = |signal: &&Signal| signal.kind.is_contact() && !before.signals.contains(signal);
    // A second post of a day counts once in the score, and is heard all the same.
    let news = lead.signals.iter().any(|signal| is_news(&signal)) || heard_at(lead) > heard_at(before);
    if !news || lead.stage != before.stage || !matches!(lead.stage, Stage::Recycled | Stage::Dormant) {
        return;
    }
    let Some(campaign) = cx.catalog.get(&lead.campaign) else {
        return;
    };
    let score = Score::of(lead, campaign, cx.now);
    let was_sold_to = lead
        .history
        .iter()
        .any(|change| matches!(change.to, Stage::Mql | Stage::Sql));
    let sums = format!("fit {}, engagement {}", score.fit, score.engagement);
    if score.is_mql(&campaign.scoring) || (lead.stage == Stage::Dormant && was_sold_to) {
        move_to(lead, Stage::Mql, Mover::Score, sums, cx);
    } else if lead.stage == Stage::Dormant {
        move_to(lead, Stage::Lead, Mover::Return, sums, cx);
    }
    if lead.stage != Stage::Recycled {
        end_waking(lead, cx);
    }
}

/// When the person last posted a form or said yes.
fn heard_at(lead: &Lead) -> Option<Timestamp> {
    let posts = lead.captures.iter().map(|capture| capture.at);
    let yes = lead.consents.iter().filter_map(|consent| consent.confirmed_at);
    posts.chain(yes).max()
}

/// What was meant to wake the lead has done so.
fn end_waking(lead: &mut Lead, cx: &Context<'_>) {
    for enrolment in lead.enrolments.iter_mut().filter(|enrolment| enrolment.ended.is_none()) {
        let campaign = cx.catalog.get(&enrolment.campaign);
        let sequence = campaign.and_then(|campaign| campaign.sequence(&enrolment.sequence));
        if sequence.is_some_and(|sequence| sequence.start == Start::Dormant) {
            enrolment.ended = Some(Ended {
                at: cx.now,
                reason: ExitReason::Return,
            });
        }
    }
}
