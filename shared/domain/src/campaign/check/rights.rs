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
                "customer_similar has no condition: name with similar_to = [\"…\"] the campaigns whose customers bought similar goods from the same sender",
            );
        }
        if !similar && !campaign.similar_to.is_empty() {
            self.add(
                place!["similar_to"],
                "similar_to says nothing here: it belongs to regime = \"customer_similar\"",
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
                "privacy_version is empty: every consent keeps the version of the notice that was shown",
            );
        }
        for (i, field) in campaign.form.fields.iter().enumerate() {
            let earlier = campaign.form.fields[..i].iter();
            if field.purpose.is_some() && earlier.clone().any(|other| other.purpose == field.purpose) {
                self.add(
                    place!["form", "fields", i, "purpose"],
                    "two boxes ask for the same purpose: one yes, one box",
                );
            }
            if field.purpose.is_some() && field.kind != FieldType::Consent {
                self.add(
                    place!["form", "fields", i, "purpose"],
                    "only a consent box has a purpose",
                );
            }
            if field.retention.is_some() && field.kind != FieldType::Consent {
                self.add(
                    place!["form", "fields", i, "retention"],
                    "only a consent box has a retention of its own; the lead's is at the top",
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
                    "people are asked once: only one sequence may start with \"retention\"",
                );
            }
            match (&sequence.before, retains) {
                (None, true) => self.add(
                    place!["sequences", i],
                    "say how long before the end people are asked: add before = \"P30D\"",
                ),
                (Some(_), false) => self.add(
                    place!["sequences", i, "before"],
                    "before belongs to a sequence with start = \"retention\"",
                ),
                _ => {}
            }
            if similar && sequence.start == Start::OptIn && sequence.exits.contains(&ExitReason::Customer) {
                self.add(
                    place!["sequences", i, "exits"],
                    "nobody could get these mails: customer_similar writes to customers, and \"customer\" is an exit here",
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
                        "nobody asked for this mail: its class is \"nurture\", and it goes only to those who may be written to",
                    );
                }
                if step.only_if.is_some() && step.class == Class::Nurture {
                    self.add(
                        place!["sequences", i, "steps", j, "only_if"],
                        "opt_in_pending never holds here: a nurture mail goes only to those who agreed",
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
            self.add(path, "a mail that was asked for has no topic: nobody can turn it off");
        }
    }
}
