//! The conditions of a step, in words: what must be true for it to leave, and what takes it out.

use crate::campaign::fact::{About, Answer, Fact};
use crate::campaign::field::Field;
use crate::campaign::{Campaign, Step};
use crate::kit::format::count;
use crate::kit::locale::Locale;
use crate::kit::vocabulary::{ExitReason, SkipReason};

use super::texts;

/// What a step asks for before it leaves, such as "only if the answer to “Company size” is “10–49” and the
/// person clicked in day-2";
/// `None` where it asks for nothing.
pub fn of_step(step: &Step, campaign: &Campaign, locale: Locale) -> Option<String> {
    let say = |facts: &[Fact], last: &str| {
        let said: Vec<_> = facts.iter().map(|fact| of_fact(fact, campaign, locale)).collect();
        listed(&said, last)
    };
    let when = (!step.when.is_empty()).then(|| texts::only_if(locale, &say(&step.when, texts::and(locale))));
    let until = (!step.until.is_empty()).then(|| texts::unless(locale, &say(&step.until, texts::or(locale))));
    match (when, until) {
        (Some(when), Some(until)) => Some(texts::both(locale, &when, &until)),
        (when, until) => when.or(until),
    }
}

/// Why an email was left out, in words; a code that this version does not know stays as it is.
pub fn skipped_for(reason: &str, locale: Locale) -> &str {
    if let Some(reason) = SkipReason::from_code(reason) {
        return texts::skipped_for(locale, reason);
    }
    ExitReason::from_code(reason).map_or(reason, |exit| texts::exit(locale, exit))
}

fn of_fact(fact: &Fact, campaign: &Campaign, locale: Locale) -> String {
    match fact.about() {
        Some(About::Answer(answer)) => of_answer(answer, campaign, locale),
        Some(About::Stage(stages)) => {
            let names: Vec<_> = stages.iter().map(|stage| texts::stage(locale, *stage)).collect();
            texts::stage_is(locale, &listed(&names, texts::or(locale)))
        }
        Some(About::Clicked(steps)) => texts::clicked_in(locale, &listed(steps, texts::or(locale))),
        None => String::new(), // refused by `piste check`
    }
}

fn of_answer(answer: Answer<'_>, campaign: &Campaign, locale: Locale) -> String {
    let field = campaign.form.fields.iter().find(|field| field.name == answer.field);
    let label = field.map_or("", |field| field.label.get(locale));
    let label = if label.is_empty() { answer.field } else { label };
    let label = &texts::quoted(locale, label);
    if let Some(values) = answer.one_of {
        let named = |value: &String| texts::quoted(locale, option(field, value, locale));
        let names: Vec<_> = values.iter().map(named).collect();
        return texts::answer_is(locale, label, &listed(&names, texts::or(locale)));
    }
    if let Some(least) = answer.at_least {
        let sign = if least < 0 { "-" } else { "" };
        let number = format!("{sign}{}", count(least.unsigned_abs(), locale));
        return texts::answer_at_least(locale, label, &number);
    }
    match answer.filled {
        Some(true) => texts::answered(locale, label),
        _ => texts::not_answered(locale, label),
    }
}

/// An answer as people read it.
fn option<'a>(field: Option<&'a Field>, value: &'a str, locale: Locale) -> &'a str {
    let mut options = field.into_iter().flat_map(|field| &field.options);
    let label = options.find(|option| option.value == value);
    let label = label.map(|option| option.label.get(locale));
    label.filter(|label| !label.is_empty()).unwrap_or(value)
}

/// `a`, `a or b`, `a, b or c`.
fn listed<S: AsRef<str>>(all: &[S], last: &str) -> String {
    let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
    match all.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests;
