//! What is allowed and seldom meant: examples that were left in, a threshold that nobody reaches.

use super::{At, Checker, FileProblem, look, place, steps, texts};
use crate::campaign::fact::About;
use crate::campaign::field::{Field, FieldType};
use crate::campaign::scoring::{FitRule, Scoring};
use crate::campaign::{Campaign, Start, Step};
use crate::kit::turnstile::test_secret;
use crate::kit::vocabulary::{ExitReason, Stage};

/// A company number that is nobody's.
const NO_NUMBER: &str = "000000000";

/// What to tell the owner of a campaign beside what is wrong; `source` is its file.
pub(in crate::campaign) fn of(campaign: &Campaign, source: &str) -> Vec<FileProblem> {
    look("campaign.toml", source, |checker| {
        checker.examples(campaign);
        checker.threshold(campaign);
        // The repeats of a step have no line of their own: the steps as the file has them.
        if let Ok(declared) = toml::from_str::<Campaign>(source) {
            checker.never_true(&declared);
            checker.after_retention(&declared);
        }
    })
}

impl Checker {
    fn examples(&mut self, campaign: &Campaign) {
        let sender = &campaign.sender;
        let mut addresses: Vec<(Vec<At>, &str)> = vec![
            (place!["sender", "from"], &sender.from),
            (place!["sender", "reply_to"], &sender.reply_to),
        ];
        for (i, address) in campaign.notify.iter().flat_map(|notify| &notify.to).enumerate() {
            addresses.push((place!["notify", "to", i], address.expose()));
        }
        let owners = campaign.sales.iter().flat_map(|sales| &sales.owners);
        for (i, owner) in owners.enumerate() {
            addresses.push((place!["sales", "owners", i, "email"], owner.email.expose()));
        }
        for (path, address) in addresses {
            let domain = address.rsplit('@').next().unwrap_or_default();
            if is_example(domain) {
                self.add(path, |l| texts::example_address(l, address));
            }
        }
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        for &locale in &campaign.languages {
            let legal = sender.legal.get(locale);
            if digits(legal).contains(NO_NUMBER) {
                self.add(place!["sender", "legal"], texts::example_number);
                break;
            }
        }
        let urls = campaign.languages.iter().map(|locale| sender.privacy_url.get(*locale));
        if let Some(url) = urls.clone().find(|url| is_example(host_of(url))) {
            self.add(place!["sender", "privacy_url"], |l| texts::example_url(l, url));
        }
        for (i, origin) in campaign.form.origins.iter().enumerate() {
            if is_example(host_of(origin)) {
                self.add(place!["form", "origins", i], |l| texts::example_url(l, origin));
            }
        }
        let key = campaign.protect.turnstile.as_deref();
        if let Some(key) = key.filter(|key| test_secret(key).is_some()) {
            self.add(place!["protect", "turnstile"], |l| texts::test_site_key(l, key));
        }
    }

    /// A campaign that scores nothing and hands nothing over means its threshold to be out of reach.
    fn threshold(&mut self, campaign: &Campaign) {
        let scoring = &campaign.scoring;
        if campaign.sales.is_none() && scoring.fit.is_empty() {
            return;
        }
        let most = [
            ("fit", scoring.mql.fit, most_fit(campaign)),
            ("engagement", scoring.mql.engagement, most_engagement(scoring)),
        ];
        for (axis, wanted, most) in most {
            if wanted > most {
                self.add(place!["scoring", "mql", axis], |l| {
                    texts::out_of_reach(l, axis, wanted, most)
                });
            }
        }
    }

    /// Steps that wait for what cannot be.
    fn never_true(&mut self, campaign: &Campaign) {
        for (i, sequence) in campaign.sequences.iter().enumerate() {
            let has_left = |stage: &Stage| match stage {
                Stage::Disqualified => true,
                Stage::Sql => sequence.exits.contains(&ExitReason::Sql),
                Stage::Customer => sequence.exits.contains(&ExitReason::Customer),
                Stage::Lead | Stage::Mql | Stage::Recycled | Stage::Dormant => false,
            };
            for (j, step) in sequence.steps.iter().enumerate() {
                for (k, fact) in step.when.iter().enumerate() {
                    let path = place!["sequences", i, "steps", j, "when", k];
                    match fact.about() {
                        Some(About::Stage(stages)) if stages.iter().all(has_left) => {
                            for stage in stages {
                                self.add(path.clone(), |l| steps::texts::stage_has_left(l, stage.code()));
                            }
                        }
                        Some(About::Answer(answer)) if answer.filled == Some(false) => {
                            let mut fields = campaign.form.fields.iter();
                            if fields.any(|field| field.required && field.name == answer.field) {
                                self.add(path, |l| steps::texts::always_answered(l, answer.field));
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// Steps that come once people are no longer kept of whom nothing was heard since the sequence began.
    fn after_retention(&mut self, campaign: &Campaign) {
        for (i, sequence) in campaign.sequences.iter().enumerate() {
            let silent = match sequence.start {
                Start::Dormant => Some(campaign.dormant_after),
                Start::Capture | Start::OptIn => None,
                Start::Retention | Start::Approval => continue,
            };
            for (j, step) in sequence.steps.iter().enumerate() {
                let since = |one: &Step| {
                    let delay = silent.map_or(Some(one.delay), |silent| silent.plus(&one.delay, 1));
                    delay.map(|delay| delay.since_epoch())
                };
                let end = campaign.retention.since_epoch();
                let repeats = step.repeats();
                let late = repeats.iter().find(|one| since(one).is_none_or(|at| at >= end));
                if let Some(late) = late {
                    let key = if late.id == step.id { "delay" } else { "times" };
                    let path = place!["sequences", i, "steps", j, key];
                    self.add(path, |l| steps::texts::not_kept_that_long(l, &late.id));
                }
            }
        }
    }
}

/// Whether a domain is one of those that belong to nobody and stand in examples (RFC 2606).
pub(in crate::campaign) fn is_example(domain: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    let labels: Vec<&str> = domain.split('.').rev().collect();
    matches!(
        labels.as_slice(),
        ["example" | "invalid" | "test", ..] | ["com" | "org" | "net", "example", ..]
    )
}

fn host_of(url: &str) -> &str {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    host.split(['/', ':', '?']).next().unwrap_or_default()
}

/// The most that the answers of one form can be worth; never less than that.
fn most_fit(campaign: &Campaign) -> i64 {
    let rules = |name: &str| {
        let name = name.to_owned();
        campaign.scoring.fit.iter().filter(move |rule| rule.field == name)
    };
    let fields = campaign.form.fields.iter();
    fields
        .map(|field| most_of_field(field, &rules(&field.name).collect::<Vec<_>>()))
        .sum()
}

fn most_of_field(field: &Field, rules: &[&FitRule]) -> i64 {
    let worth = |answers: &dyn Fn(&FitRule) -> bool| -> i64 {
        let holding = rules.iter().filter(|rule| answers(rule));
        holding.map(|rule| rule.points).sum()
    };
    let silent = match field.required {
        true => i64::MIN,
        false => worth(&|rule| rule.filled == Some(false)),
    };
    let filled = |rule: &FitRule| rule.filled == Some(true);
    let answered = match field.kind {
        FieldType::Choice => {
            let of_option =
                |value: &String| worth(&|rule| filled(rule) || rule.one_of.iter().flatten().any(|one| one == value));
            field.options.iter().map(|option| of_option(&option.value)).max()
        }
        FieldType::Number => {
            let bounds = rules
                .iter()
                .flat_map(|rule| [rule.at_least, rule.below.map(|below| below - 1)]);
            let tried = bounds.flatten().chain([0, i64::MAX]);
            let of_number = |number: i64| {
                worth(&|rule| {
                    filled(rule)
                        || rule.at_least.is_some_and(|least| number >= least)
                        || rule.below.is_some_and(|below| number < below)
                })
            };
            tried.map(of_number).max()
        }
        // Of a text or an address anything may hold together, or nothing.
        _ => Some(worth(&|rule| rule.points > 0 && rule.filled != Some(false))),
    };
    answered.unwrap_or(0).max(silent)
}

/// The most that events can be worth: each rule to its cap, each group to its own.
fn most_engagement(scoring: &Scoring) -> i64 {
    let gives = scoring.engagement.iter().filter(|rule| rule.points > 0);
    let (grouped, single): (Vec<_>, Vec<_>) = gives.partition(|rule| rule.group.is_some());
    let of_groups = scoring.groups.iter().map(|(name, cap)| {
        let members = grouped.iter().filter(|rule| rule.group.as_ref() == Some(name));
        members.map(|rule| rule.cap).sum::<i64>().min((*cap).max(0))
    });
    of_groups.sum::<i64>() + single.iter().map(|rule| rule.cap).sum::<i64>()
}
