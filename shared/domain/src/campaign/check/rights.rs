//! What contradicts the rules of consent, topics and retention.

use super::{At, Checker, place};
use crate::campaign::field::FieldType;
use crate::campaign::{Campaign, Start};
use crate::kit::vocabulary::{Class, ExitReason, Regime};

impl Checker {
    /// What contradicts the rules of consent, topics and retention.
    pub(super) fn rights(&mut self, campaign: &Campaign) {
        let similar = campaign.regime == Regime::CustomerSimilar;
        if similar && campaign.similar_to.is_empty() {
            self.add(
                place!["regime"],
                "customer_similar needs similar_to = [\"…\"]: the campaigns whose customers bought similar goods from the same sender",
            );
        }
        if !similar && !campaign.similar_to.is_empty() {
            self.add(
                place!["similar_to"],
                "similar_to has no effect here: it belongs to regime = \"customer_similar\"",
            );
        }
        let markets = campaign.sequences.iter().any(|sequence| sequence.start == Start::OptIn);
        if campaign.regime != Regime::B2cConsent
            && campaign.double_opt_in
            && markets
            && campaign.marketing_box().is_none()
        {
            self.add(
                place!["double_opt_in"],
                "there is nothing to confirm: add a consent box for marketing, or set double_opt_in = false, since this regime needs none",
            );
        }
        if campaign.sender.privacy_version.trim().is_empty() {
            self.add(
                place!["sender", "privacy_version"],
                "privacy_version is empty: every consent records which version of the notice was shown",
            );
        }
        for (i, field) in campaign.form.fields.iter().enumerate() {
            let earlier = campaign.form.fields[..i].iter();
            if field.purpose.is_some() && earlier.clone().any(|other| other.purpose == field.purpose) {
                self.add(
                    place!["form", "fields", i, "purpose"],
                    "two boxes ask for the same purpose: keep one",
                );
            }
            if field.purpose.is_some() && field.kind != FieldType::Consent {
                self.add(
                    place!["form", "fields", i, "purpose"],
                    "only a consent box can have a purpose",
                );
            }
            if field.retention.is_some() && field.kind != FieldType::Consent {
                self.add(
                    place!["form", "fields", i, "retention"],
                    "only a consent box can have its own retention; the lead's retention is set at the top of the file",
                );
            }
        }
        for (i, topic) in campaign.topics.iter().enumerate() {
            let earlier = campaign.topics[..i].iter().map(|other| other.id.as_str());
            self.id(place!["topics", i, "id"], "topic", &topic.id, earlier);
            self.text(place!["topics", i, "text"], "topic", &topic.text, &campaign.languages);
        }
        let mut asks = false;
        for (i, sequence) in campaign.sequences.iter().enumerate() {
            self.topic(campaign, place!["sequences", i, "topic"], sequence.topic.as_ref(), None);
            let retains = sequence.start == Start::Retention;
            if retains && std::mem::replace(&mut asks, true) {
                self.add(
                    place!["sequences", i, "start"],
                    "people are asked only once: one sequence at most may start with \"retention\"",
                );
            }
            match (&sequence.before, retains) {
                (None, true) => self.add(
                    place!["sequences", i],
                    "say how long before deletion people are asked: add before = \"P30D\"",
                ),
                (Some(_), false) => self.add(
                    place!["sequences", i, "before"],
                    "before belongs in a sequence with start = \"retention\"",
                ),
                _ => {}
            }
            if similar && sequence.start == Start::OptIn && sequence.exits.contains(&ExitReason::Customer) {
                self.add(
                    place!["sequences", i, "exits"],
                    "nobody would get these emails: customer_similar writes to customers, but \"customer\" is an exit here",
                );
            }
            for (j, step) in sequence.steps.iter().enumerate() {
                self.topic(
                    campaign,
                    place!["sequences", i, "steps", j, "topic"],
                    step.topic.as_ref(),
                    Some(step.class),
                );
                if retains && step.class != Class::Nurture {
                    self.add(
                        place!["sequences", i, "steps", j, "class"],
                        "nobody asked for this email: set class = \"nurture\", so that it only goes to people who may be emailed",
                    );
                }
                if step.only_if.is_some() && step.class == Class::Nurture {
                    self.add(
                        place!["sequences", i, "steps", j, "only_if"],
                        "opt_in_pending is never true here: a nurture email only goes to people who have already agreed",
                    );
                }
            }
        }
    }

    fn topic(&mut self, campaign: &Campaign, path: Vec<At>, topic: Option<&String>, class: Option<Class>) {
        let Some(id) = topic else { return };
        if campaign.topic(id).is_none() {
            self.add(path, format!("there is no topic \"{id}\": declare it under [[topics]]"));
        } else if class == Some(Class::Service) {
            self.add(
                path,
                "a service email cannot have a topic: people cannot turn off what they asked for",
            );
        }
    }
}
