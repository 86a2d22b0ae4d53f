//! The email that tells of a destination's trouble: what happened, and what to do. It names no lead.

use jiff::tz::TimeZone;
use piste_domain::campaign::destination::Destination;
use piste_domain::kit::format::moment_nearby;
use piste_domain::lead::deliveries::What;
use piste_domain::rules::destinations::notices::{Cause, Notice};
use piste_domain::{Locale, views};

use super::draft::{Draft, Written};
use super::texts;

/// Writes a notice; `base` is where the console stands.
pub fn write((destination, notice): (&Destination, &Notice), zone: &TimeZone, locale: Locale, base: &str) -> Written {
    let mut draft = Draft::default();
    let name = draft.value(destination.name.as_str());
    let system = draft.value(views::destinations::kind(locale, destination.kind));
    draft.paragraph(texts::hello_all(locale));
    let mut page = format!("{base}/console/destinations");
    let subject = match &notice.cause {
        Cause::Stopped { reason, until } => {
            draft.paragraph(&texts::destination_stopped(locale, &name, &system));
            draft.paragraph(views::destinations::reason(locale, *reason));
            if let Some(until) = until {
                let until = draft.value(moment_nearby(*until, zone, locale));
                draft.paragraph(&texts::destination_until(locale, &until));
            }
            draft.paragraph(&texts::what_to_do(locale, views::destinations::advice(locale, *reason)));
            match reason.switches_off() {
                true => texts::destination_off_subject(locale, &name),
                false => texts::destination_paused_subject(locale, &name),
            }
        }
        Cause::SetAside { what, code, fields } => {
            page = format!(
                "{base}/console/deliveries?destination={}&state=set_aside",
                destination.name
            );
            let is_no = *what == Some(What::OptOut);
            draft.paragraph(&match (is_no, what) {
                (true, _) => texts::opt_out_aside(locale, &name, &system),
                (_, Some(what)) => texts::set_aside(locale, &name, &system, views::destinations::what(locale, *what)),
                (_, None) => texts::event_aside(locale, &name, &system),
            });
            if let Some(code) = code {
                let code = draft.value(code.as_str());
                draft.paragraph(&texts::its_code(locale, &code));
            }
            if !fields.is_empty() {
                let fields = draft.value(fields.join(", "));
                draft.paragraph(&texts::refused_fields(locale, &fields));
            }
            draft.paragraph(&texts::what_to_do(
                locale,
                match is_no {
                    true => texts::mend_opt_out(locale),
                    false => texts::mend(locale),
                },
            ));
            match is_no {
                true => texts::opt_out_aside_subject(locale, &name),
                false => texts::set_aside_subject(locale, &name),
            }
        }
    };
    let page = draft.url(page);
    draft.paragraph(&format!("[{}]({page} \"button\")", texts::open_console(locale)));
    draft.paragraph(texts::told_once(locale));
    let (preview, body) = (texts::destination_preview(locale), &draft.body);
    Written {
        source: format!("+++\nsubject = \"{subject}\"\npreview = \"{preview}\"\n+++\n{body}"),
        values: draft.values,
    }
}

#[cfg(test)]
mod tests {
    use piste_domain::Catalog;
    use piste_domain::lead::deliveries::{FieldEnd, Reason};
    use piste_domain::rules::destinations::Health;

    use piste_domain::campaign::{Campaign, Published};

    use super::super::template::Template;
    use super::*;

    /// Every cause, in every language, is a template that reads, and what the other side wrote is never a part of it.
    #[test]
    fn every_cause_can_be_told_in_every_language() {
        let file = "kind = \"webhook\"\nurl = \"https://hooks.example.org/a\"\n";
        let demo = include_str!("../../../../infra/campaigns/guide-seo/campaign.toml");
        let campaign = Campaign::read("guide-seo", demo).expect("the demo campaign");
        let campaigns = Catalog::new([Published {
            campaign,
            version: String::new(),
        }]);
        let destination = Destination::read("hook", file, &campaigns, false).expect("a destination");
        let now = jiff::Timestamp::UNIX_EPOCH;
        let strange = "{{ x }}\n[a](https://evil.example)";
        let fields = [(strange.to_owned(), FieldEnd::Refused)];
        let mut causes: Vec<Cause> = Reason::ALL
            .into_iter()
            .map(|reason| Cause::stopped(reason, None))
            .collect();
        causes.push(Cause::stopped(Reason::Budget, Some(now)));
        for what in [What::Push, What::OptOut, What::Erasure, What::Card] {
            causes.push(Cause::set_aside(what, Some(strange), &fields));
            causes.push(Cause::set_aside(what, None, &[]));
        }
        for cause in causes {
            let mut health = Health::new(destination.name.clone());
            health.notices.push(Notice {
                number: 1,
                cause,
                at: now,
                mails: Default::default(),
                over: false,
                events: Default::default(),
            });
            for locale in Locale::ALL {
                let of = (&destination, &health.notices[0]);
                let written = write(of, &TimeZone::UTC, locale, "https://leads.example.com");
                assert!(Template::parse(&written.source).is_ok(), "{}", written.source);
                assert!(!written.source.contains("evil"), "{}", written.source);
                let page = "https://leads.example.com/console/de";
                assert!(written.values.iter().any(|(_, value)| value.starts_with(page)));
            }
        }
    }
}
