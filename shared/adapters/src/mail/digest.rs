//! The email that tells of several leads at once: what waits each morning, what came in during a day, what was too much
//! for single alerts. As in an alert, what a visitor typed goes in as values.

use jiff::tz::TimeZone;
use piste_domain::Locale;
use piste_domain::kit::format::{self, moment_nearby};
use piste_domain::rules::desk::{Digest, DigestKind, Line, List, TaskKind};

use super::alert::first_name;
use super::draft::{Draft, Written};
use super::texts;

/// Where the links of a digest lead.
pub struct Places<'a> {
    /// Where the console stands.
    pub base: &'a str,
    /// What waits for the reader, for whoever has no way into the console.
    pub today: Option<String>,
}

/// Writes a digest.
pub fn write(digest: &Digest, campaign: &str, locale: Locale, places: Places<'_>) -> Written {
    let mut draft = Draft::default();
    let leads = |list: &List| format::leads(list.len() as u64, locale);
    let counted = match digest.kind {
        DigestKind::Morning if digest.waiting.is_empty() => leads(&digest.late),
        DigestKind::Posts => format::count(digest.waiting.len() as u64, locale),
        DigestKind::Morning | DigestKind::Alerts => leads(&digest.waiting),
    };
    let counted = draft.value(counted);
    let campaign = draft.value(campaign);
    let (subject, opening) = match digest.kind {
        DigestKind::Morning if digest.waiting.is_empty() => (
            texts::late_elsewhere(locale, &counted),
            texts::late_text_elsewhere(locale),
        ),
        DigestKind::Morning => (texts::morning(locale, &counted), texts::morning_text(locale)),
        DigestKind::Alerts => (texts::alerts_together(locale, &counted), texts::alerts_text(locale)),
        DigestKind::Posts => (
            texts::posts_together(locale, &campaign, &counted),
            texts::posts_text(locale),
        ),
    };
    if digest.name.is_empty() {
        draft.paragraph(texts::hello_all(locale));
    } else {
        let name = draft.value(first_name(&digest.name));
        draft.paragraph(&texts::hello(locale, &name));
    }
    draft.paragraph(opening);
    let writing = Writing {
        base: places.base,
        locale,
        zone: &digest.zone,
    };
    let owner = digest.owner.as_deref();
    let mine = match digest.kind {
        DigestKind::Posts => writing.list(None, None),
        DigestKind::Morning | DigestKind::Alerts => writing.list(owner, Some("now")),
    };
    let titled = digest.kind == DigestKind::Morning && !digest.late.is_empty();
    if !digest.waiting.is_empty() {
        if titled {
            draft.heading(texts::waits_for_you(locale));
        }
        writing.lines(&digest.waiting, &mine, &mut draft);
    }
    if !digest.late.is_empty() {
        if !digest.waiting.is_empty() {
            draft.heading(texts::is_late(locale));
        }
        writing.lines(&digest.late, &writing.list(None, Some("late")), &mut draft);
    }
    let list = match digest.waiting.is_empty() {
        true => writing.list(None, Some("late")),
        false => mine,
    };
    let list = draft.url(list);
    let list = |title: &str| format!("[{}]({list}{title})", texts::whole_list(locale));
    match places.today.filter(|_| !digest.waiting.is_empty()) {
        Some(today) => {
            let today = draft.url(today);
            draft.paragraph(&format!("[{}]({today} \"button\")", texts::my_leads(locale)));
            draft.paragraph(&list(""));
        }
        None => draft.paragraph(&list(" \"button\"")),
    }
    let (preview, body) = (texts::digest_preview(locale), &draft.body);
    Written {
        source: format!("+++\nsubject = \"{subject}\"\npreview = \"{preview}\"\n+++\n{body}"),
        values: draft.values,
    }
}

/// Writes lines for one reader.
struct Writing<'a> {
    base: &'a str,
    locale: Locale,
    zone: &'a TimeZone,
}

impl Writing<'_> {
    /// A list of the console.
    fn list(&self, owner: Option<&str>, call: Option<&str>) -> String {
        let of = |name: &str, value: Option<&str>| value.map(|value| format!("{name}={value}"));
        let query: Vec<String> = [of("owner", owner), of("call", call)].into_iter().flatten().collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/console/leads{mark}{}", self.base, query.join("&"))
    }

    fn lines(&self, list: &List, all: &str, draft: &mut Draft) {
        for line in &list.lines {
            let text = self.line(line, draft);
            draft.item(&text);
        }
        if list.more > 0 {
            let (count, url) = (
                draft.value(format::count(list.more as u64, self.locale)),
                draft.url(all.to_owned()),
            );
            draft.item(&texts::and_more(self.locale, &count, &url));
        }
        draft.end_list();
    }

    fn line(&self, line: &Line, draft: &mut Draft) -> String {
        let locale = self.locale;
        let email = || Some(line.email.as_ref()?.expose().to_owned());
        let phone = || Some(line.phone.as_ref()?.0.clone());
        let named = line.name.clone().or_else(|| line.company.clone());
        let shown = named.or_else(email).or_else(phone);
        let who = draft.value(shown.unwrap_or_else(|| texts::a_lead(locale).to_owned()));
        let page = draft.url(format!("{}/console/leads/{}", self.base, line.lead));
        let mut parts = vec![format!("[{who}]({page})")];
        if let (Some(_), Some(company)) = (&line.name, &line.company) {
            parts.push(draft.value(company.as_str()));
        }
        parts.push(draft.value(line.grade.as_str()));
        if let Some(kind) = line.kind {
            parts.push(kind.name(locale).to_owned());
        }
        if let Some(task) = line.task {
            parts.push(match task.what {
                TaskKind::Call(tried, planned) => {
                    let attempt = draft.value(texts::attempt_of(locale, tried, planned));
                    texts::to_call(locale, &attempt)
                }
                TaskKind::Decide => texts::to_decide(locale).to_owned(),
                TaskKind::Sale => texts::to_sell(locale).to_owned(),
            });
            let until = draft.value(moment_nearby(task.until, self.zone, locale));
            parts.push(match task.late {
                true => texts::overdue_since(locale, &until),
                false => texts::by(locale, &until),
            });
        }
        if let Some(owner) = &line.owner {
            let owner = draft.value(owner.as_str());
            parts.push(texts::with(locale, &owner));
        }
        if let Some((shown, phone)) = &line.phone {
            let (shown, url) = (draft.value(shown.as_str()), draft.dial(phone));
            parts.push(format!("[{shown}]({url})"));
        }
        for (question, answer) in &line.said {
            let question = draft.value(question.trim_end_matches(['?', ' ', '\u{a0}', '\u{202f}']));
            let answer = draft.value(answer.as_str());
            parts.push(texts::label(locale, &question, &answer));
        }
        parts.join(" · ")
    }
}
