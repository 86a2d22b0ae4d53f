//! What contradicts the rules of consent, topics and retention.

use super::{At, Checker, Named, place, texts};
use crate::campaign::field::FieldType;
use crate::campaign::{Campaign, Start};
use crate::kit::vocabulary::{Class, ExitReason, Regime};

impl Checker {
    /// What contradicts the rules of consent, topics and retention.
    pub(super) fn rights(&mut self, campaign: &Campaign) {
        let similar = campaign.regime == Regime::CustomerSimilar;
        if similar && campaign.similar_to.is_empty() {
            self.add(place!["regime"], texts::similar_to_missing);
        }
        if !similar && !campaign.similar_to.is_empty() {
            self.add(place!["similar_to"], texts::similar_to_unused);
        }
        let markets = campaign.sequences.iter().any(|sequence| sequence.start == Start::OptIn);
        if campaign.regime != Regime::B2cConsent
            && campaign.double_opt_in
            && markets
            && campaign.marketing_box().is_none()
        {
            self.add(place!["double_opt_in"], texts::nothing_to_confirm);
        }
        if campaign.sender.privacy_version.trim().is_empty() {
            self.add(place!["sender", "privacy_version"], texts::no_privacy_version);
        }
        for (i, field) in campaign.form.fields.iter().enumerate() {
            let earlier = campaign.form.fields[..i].iter();
            if field.purpose.is_some() && earlier.clone().any(|other| other.purpose == field.purpose) {
                self.add(place!["form", "fields", i, "purpose"], texts::same_purpose);
            }
            if field.purpose.is_some() && field.kind != FieldType::Consent {
                self.add(place!["form", "fields", i, "purpose"], texts::purpose_of_no_box);
            }
            if field.retention.is_some() && field.kind != FieldType::Consent {
                self.add(place!["form", "fields", i, "retention"], texts::retention_of_no_box);
            }
        }
        for (i, topic) in campaign.topics.iter().enumerate() {
            let earlier = campaign.topics[..i].iter().map(|other| other.id.as_str());
            self.id(place!["topics", i, "id"], Named::Topic, &topic.id, earlier);
            self.text(place!["topics", i, "text"], &topic.text, &campaign.languages);
        }
        let mut asks = false;
        for (i, sequence) in campaign.sequences.iter().enumerate() {
            self.topic(campaign, place!["sequences", i, "topic"], sequence.topic.as_ref(), None);
            let retains = sequence.start == Start::Retention;
            if retains && std::mem::replace(&mut asks, true) {
                self.add(place!["sequences", i, "start"], texts::asked_only_once);
            }
            match (&sequence.before, retains) {
                (None, true) => self.add(place!["sequences", i], texts::before_missing),
                (Some(_), false) => self.add(place!["sequences", i, "before"], texts::before_unused),
                _ => {}
            }
            if similar && sequence.start == Start::OptIn && sequence.exits.contains(&ExitReason::Customer) {
                self.add(place!["sequences", i, "exits"], texts::customers_leave);
            }
            for (j, step) in sequence.steps.iter().enumerate() {
                self.topic(
                    campaign,
                    place!["sequences", i, "steps", j, "topic"],
                    step.topic.as_ref(),
                    Some(step.class),
                );
                if retains && step.class != Class::Nurture {
                    self.add(place!["sequences", i, "steps", j, "class"], texts::retention_is_nurture);
                }
                if step.only_if.is_some() && step.class == Class::Nurture {
                    self.add(place!["sequences", i, "steps", j, "only_if"], texts::never_pending);
                }
            }
        }
    }

    fn topic(&mut self, campaign: &Campaign, path: Vec<At>, topic: Option<&String>, class: Option<Class>) {
        let Some(id) = topic else { return };
        if campaign.topic(id).is_none() {
            self.add(path, |l| texts::no_topic(l, id));
        } else if class == Some(Class::Service) {
            self.add(path, texts::topic_of_service);
        }
    }
}
