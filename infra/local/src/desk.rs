//! Commands of the person who answers for the mails: does it add up, stop, go on, start over after a restore.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use piste_adapters::sending::Standing;
use piste_domain::audit::{Audit, Basis, Finding, Posted, Report, Sum};
use piste_domain::ids::LeadId;
use piste_domain::sending::Gate;
use piste_domain::{Record, SendId, limits, text};
use piste_feedback::archive::{self, Heard};

use crate::commands::CommandError;
use crate::outbox::Outbox;
use crate::place::Opened;

/// How many ids of one kind are printed; `--json` has all.
const SHOWN_MAX: usize = 20;

/// Adds up every ledger, and compares with the outbox where there is one.
///
/// # Errors
/// [`CommandError`].
pub async fn audit(at: &Opened) -> Result<Report, CommandError> {
    let app = &at.app;
    let (catalog, standing) = (app.catalog().await?, app.standing().await?);
    let ring = app.ring();
    let basis = Basis {
        catalog: &catalog,
        key: &ring.identity,
        gate: standing.sending.gate(&standing.table),
        now: app.now(),
    };
    let mut audit = Audit::new(basis, at.outbox.as_ref().map(posted));
    let mut from = None;
    loop {
        let page = app.store.leads(from).await?;
        for lead in page.rows {
            match lead {
                Ok(lead) => audit.add(&lead),
                Err(id) => audit.add_unreadable(id),
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    for id in audit.unaccounted() {
        let erased = match app.store.record(&id).await? {
            Some(Record::Tombstone(_)) => true,
            Some(Record::Lead(lead)) => lead.past.is_some(),
            None => false,
        };
        if erased {
            audit.add_erased(&id);
        }
    }
    Ok(audit.finish())
}

/// The mails of leads in an outbox; a canary is nobody's.
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

/// The report for a person.
pub fn tell(report: &Report) -> String {
    let mut out = String::from("day         due  sent  skipped  failed  unknown  open  sequence\n");
    let row = |day: &str, sum: Sum, name: &str| {
        let Sum {
            due,
            sent,
            skipped,
            failed,
            unknown,
            open,
        } = sum;
        let wrong = if sum.adds_up() { "" } else { "   DOES NOT ADD UP" };
        format!("{day:<10}{due:>5}{sent:>6}{skipped:>9}{failed:>8}{unknown:>9}{open:>6}  {name}{wrong}\n")
    };
    for line in &report.days {
        out += &row(
            &line.day.to_string(),
            line.sum,
            &format!("{}/{}", line.campaign, line.sequence),
        );
    }
    out += &row("all", report.total, &format!("{} leads", report.leads));
    let mail = |mail: &Finding| format!("{} {}/{} of {}", mail.send, mail.campaign, mail.step, mail.lead);
    list(&mut out, "open", &report.open, |open| {
        let late = SignedDuration::from_secs(open.late_s);
        format!(
            "{}, due {}, {late:#} ago: {}",
            mail(&open.mail),
            open.due_at,
            open.why.code()
        )
    });
    list(&mut out, "unknown", &report.unknown, mail);
    list(&mut out, "accepted twice by SES", &report.duplicates, mail);
    list(
        &mut out,
        "new to leads that were past them when the campaign was changed",
        &report.changed,
        mail,
    );
    list(&mut out, "WRONG: vanished", &report.vanished, mail);
    list(
        &mut out,
        "WRONG: still to come, and no alarm is set",
        &report.stranded,
        mail,
    );
    list(
        &mut out,
        "WRONG: twice in a ledger, or under an id that is not theirs",
        &report.misnamed,
        mail,
    );
    list(
        &mut out,
        "WRONG: items that do not parse",
        &report.unreadable,
        ToString::to_string,
    );
    if let Some(outbox) = &report.outbox {
        let erased = match outbox.erased {
            0 => String::new(),
            mails => format!(", {mails} of them to people who were erased since"),
        };
        let _ = writeln!(out, "outbox: {} mails{erased}", outbox.mails);
        list(
            &mut out,
            "WRONG: twice in the outbox",
            &outbox.twice,
            ToString::to_string,
        );
        list(
            &mut out,
            "WRONG: said to be sent, and not in the outbox",
            &outbox.not_there,
            mail,
        );
        list(
            &mut out,
            "WRONG: in the outbox, and said not to be sent",
            &outbox.denied,
            mail,
        );
        list(
            &mut out,
            "WRONG: in the outbox, and in no ledger",
            &outbox.strays,
            ToString::to_string,
        );
    }
    out += match report.adds_up() {
        true => "everything adds up",
        false => "it does not add up",
    };
    out
}

fn list<T>(out: &mut String, title: &str, items: &[T], say: impl Fn(&T) -> String) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{title}: {}", items.len());
    for item in items.iter().take(SHOWN_MAX) {
        let _ = writeln!(out, "  {}", say(item));
    }
    if items.len() > SHOWN_MAX {
        let _ = writeln!(out, "  and {} more: see --json", items.len() - SHOWN_MAX);
    }
}

/// Stops all mail.
///
/// # Errors
/// [`CommandError`].
pub async fn hold(at: &Opened, reason: &str) -> Result<String, CommandError> {
    let reason = text::clean_line(reason);
    if reason.is_empty() || reason.chars().count() as u64 > limits::REASON_CHARS_MAX {
        let most = limits::REASON_CHARS_MAX;
        return Err(CommandError::Settings(format!(
            "say why with --reason, in 1 to {most} characters"
        )));
    }
    Ok(stands(&at.app.hold(&reason).await?))
}

/// Lets mail leave again.
///
/// # Errors
/// [`CommandError`].
pub async fn release(at: &Opened) -> Result<String, CommandError> {
    Ok(stands(&at.app.release("").await?))
}

/// How sending stands.
///
/// # Errors
/// [`CommandError`].
pub async fn sending(at: &Opened) -> Result<String, CommandError> {
    let standing = at.app.standing().await?;
    let sending = &standing.sending;
    let mut lines = vec![stands(&standing)];
    let tally = at.app.tally(sending).await?;
    let percent = |rate: Option<f64>| rate.map_or("-".to_owned(), |rate| format!("{:.2} %", rate * 100.0));
    lines.push(format!(
        "breaker: {} nurture mails in {} days, {} bounced ({}), {} complained ({})",
        tally.sent,
        limits::BREAKER_DAYS,
        tally.bounced,
        percent(tally.bounce_rate()),
        tally.complained,
        percent(tally.complaint_rate())
    ));
    // The local system needs none.
    if let Some(sent) = sending.canary_sent {
        let back = sending.canary_back.map_or("never".to_owned(), |back| back.to_string());
        let missing = if sending.canary_missing(at.app.now()) {
            ": MISSING"
        } else {
            ""
        };
        lines.push(format!("canary: last left {sent}, last came back of {back}{missing}"));
    }
    if let Some(quota) = sending.quota {
        let day = quota.per_day.map_or("no limit".to_owned(), |day| day.to_string());
        let sandbox = if quota.is_sandbox() { ": SES's sandbox" } else { "" };
        lines.push(format!("quota: {} a second, {day} a day{sandbox}", quota.per_second));
    }
    Ok(lines.join("\n"))
}

/// Whether mail leaves, and if not, why and since when.
fn stands(standing: &Standing) -> String {
    let Standing { sending, table } = standing;
    match (&sending.held, sending.gate(table), &sending.breaker) {
        (Some(held), ..) => format!("on hold since {}: {}", held.at, held.reason),
        (None, Gate::Held, _) => {
            "on hold: this table is not the one that mail last left from, as after a restore. See docs/deploy.md, then `piste release`".into()
        }
        (None, _, Some(breaker)) => format!("marketing paused since {}: too many {}", breaker.at, breaker.reason),
        _ => "open: mail leaves when it is due".into(),
    }
}

/// Tells the archive to a restored table; it stays on hold.
///
/// # Errors
/// [`CommandError`], the file that cannot be read among them. Running it again is harmless: everything counts once.
pub async fn replay(at: &Opened, files: &[PathBuf]) -> Result<String, CommandError> {
    let (mut new, mut known, mut without) = (0, 0, 0);
    let mut came_back = BTreeSet::new();
    for file in files {
        for told in archive::read(&read(file)?) {
            match archive::tell(&at.app, &told).await? {
                Heard::New => new += 1,
                Heard::Known => known += 1,
                Heard::NoLead => without += 1,
                Heard::CameBack => {
                    known += 1;
                    came_back.insert(told.lead.to_string());
                }
            }
        }
    }
    if new + known + without == 0 {
        return Err(CommandError::Settings(
            "none of these files holds a line of the archive: export the log groups of nurture, feedback, consent and console, and unpack .gz files".into(),
        ));
    }
    let lines = new + known + without;
    let came_back = match came_back.is_empty() {
        true => String::new(),
        false => format!(
            "erased since the backup, and posted again since: they get no marketing until they agree again; decide what of the old answers goes, or `piste erase` them: {}\n",
            came_back.into_iter().collect::<Vec<_>>().join(", ")
        ),
    };
    Ok(format!(
        "{lines} lines of the archive: {new} told something new, {known} were known, {without} are of leads that are not in this table\n{came_back}{}",
        stands(&at.app.standing().await?)
    ))
}

fn read(file: &Path) -> Result<String, CommandError> {
    let bytes = std::fs::read(file);
    let bytes = bytes.map_err(|error| CommandError::Settings(format!("{}: {error}", file.display())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
