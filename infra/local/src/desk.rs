//! Commands of the person who answers for the mails: does it add up, stop, go on, start over after a restore.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use piste_domain::kit::format;
use piste_domain::kit::ids::LeadId;
use piste_domain::rules::sending::Gate;
use piste_domain::views::reconcile::{Compared, Finding, Open, Posted, Report, Sum};
use piste_domain::{Locale, SendId};
use piste_operations::reconcile::reconcile;
use piste_operations::replay::{self, Replayed};
use piste_operations::sending::{self, Standing};

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
    Ok(reconcile(&at.app, at.outbox.as_ref().map(posted)).await?)
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
pub fn tell(report: &Report, locale: Locale) -> String {
    let pick = |fr, en| locale.pick(fr, en);
    let row = |cells: [&str; 7], name: &str| {
        let [day, due, sent, skipped, failed, unknown, open] = cells;
        format!("{day:<10}{due:>6}{sent:>9}{skipped:>9}{failed:>9}{unknown:>9}{open:>9}  {name}\n")
    };
    let heads = match locale {
        Locale::Fr => ["jour", "dus", "envoyés", "sautés", "échoués", "inconnus", "ouverts"],
        Locale::En => ["day", "due", "sent", "skipped", "failed", "unknown", "open"],
    };
    let mut out = row(heads, pick("séquence", "sequence"));
    let sums = |day: &str, sum: Sum, name: &str| {
        let counts = [sum.due, sum.sent, sum.skipped, sum.failed, sum.unknown, sum.open].map(|n| n.to_string());
        let [due, sent, skipped, failed, unknown, open] = counts.each_ref().map(String::as_str);
        let wrong = match sum.adds_up() {
            true => "",
            false => pick("   NE TOMBE PAS JUSTE", "   DOES NOT ADD UP"),
        };
        row(
            [day, due, sent, skipped, failed, unknown, open],
            &format!("{name}{wrong}"),
        )
    };
    for line in &report.days {
        let name = format!("{}/{}", line.campaign, line.sequence);
        out += &sums(&line.day.to_string(), line.sum, &name);
    }
    out += &sums(pick("tout", "all"), report.total, &format::leads(report.leads, locale));
    let mail = |mail: &Finding| {
        format!(
            "{} {}/{} {} {}",
            mail.send,
            mail.campaign,
            mail.step,
            pick("à", "of"),
            mail.lead
        )
    };
    let mut list = |title: &str, items: &[String]| list(&mut out, title, items, locale);
    let mails = |found: &[Finding]| found.iter().map(mail).collect::<Vec<_>>();
    let open = |open: &Open| {
        let late = SignedDuration::from_secs(open.late_s);
        let (mail, due, why) = (mail(&open.mail), open.due_at, open.why.code());
        match locale {
            Locale::Fr => format!("{mail}, dû le {due}, il y a {late:#}\u{a0}: {why}"),
            Locale::En => format!("{mail}, due {due}, {late:#} ago: {why}"),
        }
    };
    list(
        pick("ouverts", "open"),
        &report.open.iter().map(open).collect::<Vec<_>>(),
    );
    list(pick("inconnus", "unknown"), &mails(&report.unknown));
    list(
        pick("acceptés deux fois par SES", "accepted twice by SES"),
        &mails(&report.duplicates),
    );
    list(
        pick(
            "nouveaux pour des leads qui les avaient dépassés quand la campagne a changé",
            "new to leads that were past them when the campaign was changed",
        ),
        &mails(&report.changed),
    );
    list(
        pick("FAUX\u{a0}: disparus", "WRONG: vanished"),
        &mails(&report.vanished),
    );
    list(
        pick(
            "FAUX\u{a0}: encore à venir, et aucun réveil n’est posé",
            "WRONG: still to come, and no alarm is set",
        ),
        &mails(&report.stranded),
    );
    list(
        pick(
            "FAUX\u{a0}: deux fois dans un registre, ou sous un identifiant qui n’est pas le leur",
            "WRONG: twice in a ledger, or under an id that is not theirs",
        ),
        &mails(&report.misnamed),
    );
    list(
        pick("FAUX\u{a0}: éléments illisibles", "WRONG: items that do not parse"),
        &texts(&report.unreadable),
    );
    if let Some(outbox) = &report.outbox {
        list_outbox(&mut out, outbox, mails, locale);
    }
    out += match report.adds_up() {
        true => pick("tout tombe juste", "everything adds up"),
        false => pick("cela ne tombe pas juste", "it does not add up"),
    };
    out
}

/// What the outbox says against the ledgers.
fn list_outbox(out: &mut String, outbox: &Compared, mails: impl Fn(&[Finding]) -> Vec<String>, locale: Locale) {
    let pick = |fr, en| locale.pick(fr, en);
    let erased = match (outbox.erased, locale) {
        (0, _) => String::new(),
        (mails, Locale::Fr) => format!(", dont {mails} à des personnes effacées depuis"),
        (mails, Locale::En) => format!(", {mails} of them to people who were erased since"),
    };
    let _ = writeln!(
        out,
        "{} {} {}{erased}",
        pick("boîte d’envoi\u{a0}:", "outbox:"),
        outbox.mails,
        pick("e-mails", "mails")
    );
    let mut list = |title: &str, items: &[String]| list(out, title, items, locale);
    list(
        pick(
            "FAUX\u{a0}: deux fois dans la boîte d’envoi",
            "WRONG: twice in the outbox",
        ),
        &texts(&outbox.twice),
    );
    list(
        pick(
            "FAUX\u{a0}: dits envoyés, et absents de la boîte d’envoi",
            "WRONG: said to be sent, and not in the outbox",
        ),
        &mails(&outbox.not_there),
    );
    list(
        pick(
            "FAUX\u{a0}: dans la boîte d’envoi, et dits non envoyés",
            "WRONG: in the outbox, and said not to be sent",
        ),
        &mails(&outbox.denied),
    );
    list(
        pick(
            "FAUX\u{a0}: dans la boîte d’envoi, et dans aucun registre",
            "WRONG: in the outbox, and in no ledger",
        ),
        &texts(&outbox.strays),
    );
}

fn texts<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(T::to_string).collect()
}

fn list(out: &mut String, title: &str, items: &[String], locale: Locale) {
    let pick = |fr, en| locale.pick(fr, en);
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{title}{} {}", pick("\u{a0}:", ":"), items.len());
    for item in items.iter().take(SHOWN_MAX) {
        let _ = writeln!(out, "  {item}");
    }
    if items.len() > SHOWN_MAX {
        let (and, see) = (pick("et", "and"), pick("autres\u{a0}: voir --json", "more: see --json"));
        let _ = writeln!(out, "  {and} {} {see}", items.len() - SHOWN_MAX);
    }
}

/// Stops all mail.
///
/// # Errors
/// [`CommandError`].
pub async fn hold(at: &Opened, reason: &str, locale: Locale) -> Result<String, CommandError> {
    Ok(stands(&sending::hold(&at.operator().await?, reason).await?, locale))
}

/// Lets mail leave again.
///
/// # Errors
/// [`CommandError`].
pub async fn release(at: &Opened, reason: &str, locale: Locale) -> Result<String, CommandError> {
    Ok(stands(&sending::release(&at.operator().await?, reason).await?, locale))
}

/// How sending stands.
///
/// # Errors
/// [`CommandError`].
pub async fn sending(at: &Opened, locale: Locale) -> Result<String, CommandError> {
    let pick = |fr, en| locale.pick(fr, en);
    let standing = sending::standing(&at.app).await?;
    let mut lines = vec![stands(&standing, locale)];
    let view = sending::view(&at.operator().await?).await?;
    let breaker = &view.breaker;
    let (sent, bounced, complained) = (breaker.sent, breaker.bounces.mails, breaker.complaints.mails);
    let days = breaker.days;
    let percent = |rate: Option<f64>| {
        rate.map_or("-".to_owned(), |rate| {
            format!("{}{}", format::decimal(rate * 100.0, 2, locale), pick("\u{202f}%", "%"))
        })
    };
    let (bounces, complaints) = (percent(breaker.bounces.rate), percent(breaker.complaints.rate));
    lines.push(match locale {
        Locale::Fr => format!(
            "disjoncteur\u{a0}: {sent} e-mails marketing en {days} jours, {bounced} rebonds ({bounces}), {complained} plaintes ({complaints})"
        ),
        Locale::En => format!(
            "breaker: {sent} nurture mails in {days} days, {bounced} bounced ({bounces}), {complained} complained ({complaints})"
        ),
    });
    // The local system needs none.
    if let Some(sent) = view.canary.sent_at {
        let never = || pick("jamais", "never").to_owned();
        let back = view.canary.back_at.map_or_else(never, |back| back.to_string());
        let missing = match view.canary.missing {
            true => pick("\u{a0}: ABSENT", ": MISSING"),
            false => "",
        };
        lines.push(match locale {
            Locale::Fr => format!("canari\u{a0}: dernier départ {sent}, dernier retour de celui de {back}{missing}"),
            Locale::En => format!("canary: last left {sent}, last came back of {back}{missing}"),
        });
    }
    if let Some(quota) = &view.quota {
        let no_limit = || pick("sans limite", "no limit").to_owned();
        let day = quota.per_day.map_or_else(no_limit, |day| day.to_string());
        let second = quota.per_second;
        let sandbox = match quota.sandbox {
            true => pick("\u{a0}: bac à sable de SES", ": SES's sandbox"),
            false => "",
        };
        lines.push(match locale {
            Locale::Fr => format!("quota\u{a0}: {second} par seconde, {day} par jour{sandbox}"),
            Locale::En => format!("quota: {second} a second, {day} a day{sandbox}"),
        });
    }
    Ok(lines.join("\n"))
}

/// Whether mail leaves, and if not, why and since when.
fn stands(standing: &Standing, locale: Locale) -> String {
    let Standing { sending, table } = standing;
    match (&sending.held, sending.gate(table), &sending.breaker, locale) {
        (Some(held), _, _, Locale::Fr) => format!("suspendu depuis le {}\u{a0}: {}", held.at, held.reason),
        (Some(held), _, _, Locale::En) => format!("on hold since {}: {}", held.at, held.reason),
        (None, Gate::Held, _, Locale::Fr) => {
            "suspendu\u{a0}: cette table n’est pas celle d’où les derniers e-mails sont partis, comme après une restauration. Voir docs/deploiement.md, puis `piste release`".into()
        }
        (None, Gate::Held, _, Locale::En) => {
            "on hold: this table is not the one that mail last left from, as after a restore. See docs/deploy.md, then `piste release`".into()
        }
        (None, _, Some(breaker), Locale::Fr) => {
            let reason = match breaker.reason.as_str() {
                "bounces" => "rebonds",
                "complaints" => "plaintes",
                other => other,
            };
            format!("marketing en pause depuis le {}\u{a0}: trop de {reason}", breaker.at)
        }
        (None, _, Some(breaker), Locale::En) => format!("marketing paused since {}: too many {}", breaker.at, breaker.reason),
        (.., Locale::Fr) => "ouvert\u{a0}: les e-mails partent à leur heure".into(),
        (.., Locale::En) => "open: mail leaves when it is due".into(),
    }
}

/// Tells the archive to a restored table; it stays on hold.
///
/// # Errors
/// [`CommandError`], the file that cannot be read among them. Running it again is harmless: everything counts once.
pub async fn replay(at: &Opened, files: &[PathBuf], locale: Locale) -> Result<String, CommandError> {
    let mut sum = Replayed::default();
    for file in files {
        replay::replay(&at.app, &read(file)?, &mut sum).await?;
    }
    let (lines, new, known, without) = (sum.lines(), sum.new, sum.known, sum.no_lead);
    if lines == 0 {
        return Err(CommandError::Settings(
            "none of these files holds a line of the archive: export the log groups of nurture, feedback, consent and console, and unpack .gz files".into(),
        ));
    }
    let mut said = match locale {
        Locale::Fr => format!(
            "{lines} lignes d’archive\u{a0}: {new} apprennent du neuf, {known} étaient connues, {without} parlent de leads absents de cette table\n"
        ),
        Locale::En => format!(
            "{lines} lines of the archive: {new} told something new, {known} were known, {without} are of leads that are not in this table\n"
        ),
    };
    if !sum.came_back.is_empty() {
        let ids = texts(&sum.came_back.into_iter().collect::<Vec<_>>()).join(", ");
        said += &match locale {
            Locale::Fr => format!(
                "effacés depuis la sauvegarde, et revenus depuis\u{a0}: pas de marketing avant un nouvel accord\u{202f}; décidez de ce qui part des anciennes réponses, ou effacez-les par `piste erase`\u{a0}: {ids}\n"
            ),
            Locale::En => format!(
                "erased since the backup, and posted again since: they get no marketing until they agree again; decide what of the old answers goes, or `piste erase` them: {ids}\n"
            ),
        };
    }
    Ok(said + &stands(&sending::standing(&at.app).await?, locale))
}

fn read(file: &Path) -> Result<String, CommandError> {
    let bytes = std::fs::read(file);
    let bytes = bytes.map_err(|error| CommandError::Settings(format!("{}: {error}", file.display())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
