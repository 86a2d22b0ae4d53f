//! The archive: our own log lines that say what was sent, reported and decided. After a table was restored from a
//! backup, they are told to it once more, so that nothing goes out a second time, no opt-out is forgotten (R21), and who
//! was erased is erased again (R67).
//!
//! Lines come as they lie in CloudWatch Logs or as any tool exports them: bare, with a time or a stream's name before
//! them, or as text inside another JSON document or a column of CSV. Whatever is not one of ours is passed over.

use std::collections::BTreeSet;

use jiff::Timestamp;
use piste_adapters::App;
use piste_adapters::app::Start;
use piste_adapters::mail::report::{self, TO_SALES};
use piste_adapters::store::StoreError;
use piste_domain::lead::consent::Method;
use piste_domain::lead::erasure::ErasedBy;
use piste_domain::lead::ledger::{Feedback, FeedbackKind};
use piste_domain::{LeadId, SendId, input};
use serde_json::Value;

/// What one line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Of whom.
    pub lead: LeadId,
    /// What.
    pub what: What,
}

/// What the archive knows of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A mail was sent, or SES reported what became of it.
    Mail(Feedback),
    /// The person opted out at this moment.
    OptOut(Timestamp),
    /// The person was erased at this moment (R67).
    Erased(ErasedBy, Timestamp),
}

/// How one of our lines begins.
const BEGIN: &str = "{\"event\":\"";

/// Everything that the text of an export tells, in its order.
pub fn read(text: &str) -> Vec<Told> {
    let mut told = Vec::new();
    for line in text.lines() {
        // Inside JSON a quote is escaped, inside CSV it is doubled. Our own values hold neither quotes nor backslashes.
        let plain = match line {
            line if line.contains("{\\\"event") => line.replace("\\\"", "\""),
            line if line.contains("{\"\"event") => line.replace("\"\"", "\""),
            line => line.to_owned(),
        };
        for (place, _) in plain.match_indices(BEGIN) {
            let mut values = serde_json::Deserializer::from_str(&plain[place..]).into_iter::<Value>();
            told.extend(values.next().and_then(Result::ok).as_ref().and_then(one));
        }
    }
    told
}

/// One line of ours.
fn one(line: &Value) -> Option<Told> {
    let text = |name: &str| line[name].as_str();
    let lead = text("lead").filter(|id| LeadId::is_valid(id)).map(LeadId::new)?;
    // Lines of 0.1 and before had their numbers as text.
    let at = line["at"].as_i64().or_else(|| text("at")?.parse().ok());
    let at = Timestamp::from_second(at?).ok()?;
    let kind = match text("event")? {
        "sent" => FeedbackKind::Send,
        "reported" => FeedbackKind::from_code(text("code")?)?,
        "opted_out" => {
            let what = What::OptOut(at);
            return Some(Told { lead, what });
        }
        "erased" => {
            let by = text("by").and_then(ErasedBy::from_code)?;
            let what = What::Erased(by, at);
            return Some(Told { lead, what });
        }
        _ => return None,
    };
    let what = What::Mail(Feedback {
        send_id: SendId::new(text("send").filter(|id| !id.is_empty())?),
        message_id: text("message").filter(|id| !id.is_empty())?.to_owned(),
        sent_at: at,
        at,
        kind,
        to_sales: text("to") == Some(TO_SALES),
    });
    Some(Told { lead, what })
}

/// What came of a whole export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Lines that told something new.
    pub new: usize,
    /// Lines of which the table knew.
    pub known: usize,
    /// Lines about leads that are not in the table.
    pub no_lead: usize,
    /// People who were erased since the backup and have posted again since.
    pub came_back: BTreeSet<LeadId>,
}

impl Replayed {
    /// Lines of the archive that were found.
    pub fn lines(&self) -> usize {
        self.new + self.known + self.no_lead
    }
}

/// Tells the table everything that the text of an export holds, and adds up what came of it.
///
/// # Errors
/// [`StoreError`]; running it again is harmless: everything counts once.
pub async fn replay(app: &App, text: &str, sum: &mut Replayed) -> Result<(), StoreError> {
    for told in read(text) {
        match tell(app, &told).await? {
            Heard::New => sum.new += 1,
            Heard::Known => sum.known += 1,
            Heard::NoLead => sum.no_lead += 1,
            Heard::CameBack => {
                sum.known += 1;
                sum.came_back.insert(told.lead);
            }
        }
    }
    Ok(())
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The lead is another for it.
    New,
    /// The table knew.
    Known,
    /// The lead is not in the table.
    NoLead,
    /// The person was erased since the backup, and has posted again since: no marketing until they say yes again, and the
    /// company decides what of the old life goes.
    CameBack,
}

/// Tells the table one thing that the archive knows. Told twice, it counts once.
///
/// # Errors
/// [`StoreError`].
pub async fn tell(app: &App, told: &Told) -> Result<Heard, StoreError> {
    let Some(lead) = app.store.load(&told.lead).await? else {
        return Ok(Heard::NoLead);
    };
    let changed = match &told.what {
        What::Mail(feedback) => report::take(app, &told.lead, feedback.clone()).await?,
        What::OptOut(at) if lead.said_yes_after(*at) => false,
        // Of a later life than the one that was erased.
        What::Erased(_, at) if lead.captured_at > *at => false,
        What::Erased(_, at) if lead.words.enquiries().iter().any(|enquiry| enquiry.at > *at) => {
            // Nothing may be lost that was taken since; but what was agreed to in the life that was erased counts no more.
            if !lead.said_yes_after(*at) {
                let out = input::OptOut(Method::OneClick);
                app.apply(&told.lead, Start::Held(lead), out).await?;
            }
            return Ok(Heard::CameBack);
        }
        What::Erased(by, _) => {
            app.apply(&told.lead, Start::Held(lead), input::Erase(*by))
                .await?
                .changed
        }
        What::OptOut(_) => {
            let out = input::OptOut(Method::OneClick);
            app.apply(&told.lead, Start::Held(lead), out).await?.changed
        }
    };
    Ok(if changed { Heard::New } else { Heard::Known })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead() -> String {
        "a".repeat(26)
    }

    fn line(event: &str, more: &str) -> String {
        format!(r#"{{"event":"{event}","lead":"{}",{more}"at":1772442000}}"#, lead())
    }

    fn sent() -> String {
        line("sent", r#""send":"s-1","code":"accepted","message":"m-1","#)
    }

    fn kinds(text: &str) -> Vec<&'static str> {
        let name = |told: &Told| match &told.what {
            What::Mail(feedback) => feedback.kind.code(),
            What::OptOut(_) => "opt_out",
            What::Erased(by, _) => by.code(),
        };
        read(text).iter().map(name).collect()
    }

    #[test]
    fn r21_our_lines_are_read_back() {
        let [told] = &read(&sent())[..] else { panic!("one line") };
        assert_eq!(told.lead.as_str(), lead());
        let What::Mail(feedback) = &told.what else {
            panic!("a mail")
        };
        assert_eq!(
            (feedback.send_id.as_str(), feedback.message_id.as_str()),
            ("s-1", "m-1")
        );
        assert_eq!(
            (feedback.sent_at.as_second(), feedback.kind),
            (1_772_442_000, FeedbackKind::Send)
        );
        for kind in FeedbackKind::ALL {
            let reported = format!(r#""send":"s-1","code":"{}","message":"m-1","#, kind.code());
            assert_eq!(kinds(&line("reported", &reported)), [kind.code()]);
        }
        assert_eq!(kinds(&line("opted_out", "")), ["opt_out"]);
        for by in ErasedBy::ALL {
            assert_eq!(
                kinds(&line("erased", &format!(r#""by":"{}","#, by.code()))),
                [by.code()]
            );
        }
    }

    #[test]
    fn r21_lines_of_0_1_are_read_with_their_numbers_as_text() {
        assert_eq!(read(&sent().replace("1772442000", "\"1772442000\"")), read(&sent()));
    }

    #[test]
    fn r21_any_export_will_do() {
        let (sent, out) = (sent(), line("opted_out", ""));
        let exports = [
            // The bucket of CreateExportTask, and `aws logs tail`.
            format!("2026-03-02T09:00:00.000Z {sent}\n2026-03-02T09:00:01.000Z {out}\n"),
            format!("2026-03-02T09:00:00 2026/03/02/[$LATEST]0123 {sent}\r\n2026-03-02T09:00:00 x {out}"),
            // `aws logs filter-log-events`, indented or on one line, and of Logs Insights in JSON and CSV.
            serde_json::to_string_pretty(
                &serde_json::json!({ "events": [{ "message": format!("{sent}\n") }, { "message": out }] }),
            )
            .expect("json"),
            serde_json::json!([{ "@message": sent }, { "@message": out }]).to_string(),
            format!(
                "@timestamp,@message\n1,\"{}\"\n2,\"{}\"\n",
                sent.replace('"', "\"\""),
                out.replace('"', "\"\"")
            ),
        ];
        for export in exports {
            assert_eq!(kinds(&export), ["send", "opt_out"], "{export}");
        }
    }

    #[test]
    fn what_is_not_ours_is_passed_over() {
        for other in [
            "",
            "START RequestId: 0 Version: $LATEST",
            "{\"event\":\"",
            "{\"event\":\"sent\"}",
            &line("swept", "\"leads\":\"3\","),
            &line("sent", "\"send\":\"s-1\",\"code\":\"accepted\",\"message\":\"\","),
            &line("reported", "\"send\":\"s-1\",\"code\":\"invented\",\"message\":\"m\","),
            &sent().replace(&lead(), "../../etc"),
            &sent().replace("1772442000", "\"soon\""),
        ] {
            assert_eq!(read(other), [], "{other}");
        }
    }
}
