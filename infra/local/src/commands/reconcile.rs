//! `piste reconcile`: whether every email that became due is accounted for.

use std::fmt::Write as _;

use jiff::SignedDuration;
use piste_domain::kit::format;
use piste_domain::kit::ids::LeadId;
use piste_domain::views::reconcile::{Compared, Finding, Open, Posted, Report, Sum};
use piste_domain::{Locale, SendId};
use piste_operations::reconcile;

use crate::error::CommandError;
use crate::outbox::Outbox;
use crate::storage::Opened;
use crate::texts;

/// How many ids of one kind are printed; `--json` has all.
const SHOWN_MAX: usize = 20;

/// Adds up every ledger, and compares with the outbox where there is one.
///
/// # Errors
/// [`CommandError::DoesNotReconcile`] after everything was said; [`CommandError::Store`].
pub(super) async fn reconcile(
    at: &Opened,
    json: bool,
    locale: Locale,
    say: &mut impl FnMut(&str),
) -> Result<(), CommandError> {
    let report = reconcile::reconcile(&at.app, at.outbox.as_ref().map(posted)).await?;
    match json {
        true => say(&serde_json::json!({ "adds_up": report.adds_up(), "report": report }).to_string()),
        false => say(&told(&report, locale)),
    }
    match report.adds_up() {
        true => Ok(()),
        false => Err(CommandError::DoesNotReconcile),
    }
}

/// The emails of leads in an outbox; a test email is nobody's.
fn posted(outbox: &Outbox) -> Vec<Posted> {
    let entries = outbox.entries().into_iter();
    let of_leads = entries.filter(|entry| entry.mail.tag("canary").is_empty());
    let posted = of_leads.map(|entry| Posted {
        lead: LeadId::new(entry.mail.tag("lead_id")),
        send: SendId::new(entry.mail.tag("send_id")),
        message_id: entry.id.clone(),
    });
    posted.collect()
}

fn told(report: &Report, locale: Locale) -> String {
    let heads = [
        texts::day(locale),
        texts::due(locale),
        texts::sent(locale),
        texts::skipped(locale),
        texts::failed(locale),
        texts::unknown(locale),
        texts::open(locale),
    ];
    let mut out = row(heads, texts::sequence(locale));
    for line in &report.days {
        let name = format!("{}/{}", line.campaign, line.sequence);
        out += &sums(&line.day.to_string(), line.sum, &name, locale);
    }
    let leads = format::leads(report.leads, locale);
    out += &sums(texts::total(locale), report.total, &leads, locale);
    let mails = |found: &[Finding]| found.iter().map(|mail| one(mail, locale)).collect::<Vec<_>>();
    let open: Vec<_> = report.open.iter().map(|open| late(open, locale)).collect();
    let lists = [
        (texts::open(locale), open),
        (texts::unknown(locale), mails(&report.unknown)),
        (texts::accepted_twice(locale), mails(&report.duplicates)),
        (texts::new_steps(locale), mails(&report.changed)),
        (texts::vanished(locale), mails(&report.vanished)),
        (texts::stranded(locale), mails(&report.stranded)),
        (texts::misnamed(locale), mails(&report.misnamed)),
        (texts::unreadable(locale), strings(&report.unreadable)),
    ];
    for (title, items) in lists {
        list(&mut out, title, &items, locale);
    }
    if let Some(outbox) = &report.outbox {
        list_outbox(&mut out, outbox, locale);
    }
    out + match report.adds_up() {
        true => texts::adds_up(locale),
        false => texts::does_not_add_up(locale),
    }
}

fn row(cells: [&str; 7], name: &str) -> String {
    let [day, due, sent, skipped, failed, unknown, open] = cells;
    format!("{day:<10}{due:>6}{sent:>9}{skipped:>9}{failed:>9}{unknown:>9}{open:>9}  {name}\n")
}

fn sums(day: &str, sum: Sum, name: &str, locale: Locale) -> String {
    let counts = [sum.due, sum.sent, sum.skipped, sum.failed, sum.unknown, sum.open].map(|n| n.to_string());
    let [due, sent, skipped, failed, unknown, open] = counts.each_ref().map(String::as_str);
    let wrong = if sum.adds_up() { "" } else { texts::wrong_sum(locale) };
    row(
        [day, due, sent, skipped, failed, unknown, open],
        &format!("{name}{wrong}"),
    )
}

fn one(mail: &Finding, locale: Locale) -> String {
    texts::one_mail(
        locale,
        mail.send.as_str(),
        &mail.campaign,
        &mail.step,
        mail.lead.as_str(),
    )
}

fn late(open: &Open, locale: Locale) -> String {
    let late = format::duration(SignedDuration::from_secs(open.late_s), locale);
    let why = texts::open_why(locale, open.why);
    texts::open_mail(locale, &one(&open.mail, locale), &open.due_at.to_string(), &late, why)
}

/// What the outbox says against the ledgers.
fn list_outbox(out: &mut String, outbox: &Compared, locale: Locale) {
    let erased = match outbox.erased {
        0 => String::new(),
        emails => texts::outbox_erased(locale, &format::count(emails, locale)),
    };
    let _ = writeln!(out, "{}{erased}", texts::outbox(locale, outbox.mails));
    let mails = |found: &[Finding]| found.iter().map(|mail| one(mail, locale)).collect::<Vec<_>>();
    let lists = [
        (texts::outbox_twice(locale), strings(&outbox.twice)),
        (texts::outbox_not_there(locale), mails(&outbox.not_there)),
        (texts::outbox_denied(locale), mails(&outbox.denied)),
        (texts::outbox_strays(locale), strings(&outbox.strays)),
    ];
    for (title, items) in lists {
        list(out, title, &items, locale);
    }
}

fn strings<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(T::to_string).collect()
}

fn list(out: &mut String, title: &str, items: &[String], locale: Locale) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", texts::list_title(locale, title, &items.len().to_string()));
    for item in items.iter().take(SHOWN_MAX) {
        let _ = writeln!(out, "  {item}");
    }
    if items.len() > SHOWN_MAX {
        let _ = writeln!(out, "  {}", texts::more_items(locale, items.len() - SHOWN_MAX));
    }
}
