//! What a digest says, read from the leads the moment it is written.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::reader::Reader;
use super::{DigestKind, Entry, Flight};
use crate::campaign::Campaign;
use crate::kit::email::Email;
use crate::kit::ids::{CampaignId, LeadId};
use crate::kit::limits;
use crate::kit::locale::Locale;
use crate::kit::phone::Phone;
use crate::kit::text::{safe_name, unlinked};
use crate::lead::Lead;
use crate::lead::case::Case;
use crate::lead::stage::Stage;
use crate::rules::alert::{AlertKind, news};
use crate::rules::context::Context;
use crate::rules::owners::{campaign_of, settings};
use crate::rules::sales::About;
use crate::rules::scoring::Score;

/// Characters of one answer that a digest repeats: the lead's page has the rest.
const SAID_CHARS_MAX: usize = 200;

/// One digest.
#[derive(Clone, Debug)]
pub struct Digest {
    /// What it is about.
    pub kind: DigestKind,
    /// The reader's name; empty where it is a mailbox of several.
    pub name: String,
    /// The reader's clock.
    pub zone: TimeZone,
    /// What waits for the reader, or what they are told of; the most urgent first.
    pub waiting: List,
    /// What is late and somebody else's, for whoever steps in for them.
    pub late: List,
    /// Under which owner the console lists what waits for the reader, where it is the same in all campaigns.
    pub owner: Option<String>,
}

/// Lines, and how many more there are.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Those that are told.
    pub lines: Vec<Line>,
    /// Those that are counted.
    pub more: usize,
}

/// One lead of a digest.
#[derive(Clone, Debug)]
pub struct Line {
    /// Which.
    pub lead: LeadId,
    /// The name that counts, where an email may repeat it.
    pub name: Option<String>,
    /// The company, where an email may repeat it.
    pub company: Option<String>,
    /// The address, if there is one.
    pub email: Option<Email>,
    /// The telephone number as people write it, and as one dials it.
    pub phone: Option<(String, Phone)>,
    /// `A1` to `D4`.
    pub grade: String,
    /// What the alert was about that it stands in for; in the morning there is none.
    pub kind: Option<AlertKind>,
    /// What is to be done, where a case is open.
    pub task: Option<TaskLine>,
    /// Who has it, where that is somebody else.
    pub owner: Option<String>,
    /// What an enquiry said: question and answer, with no address that a reader could follow.
    pub said: Vec<(String, String)>,
}

/// What is to be done about a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskLine {
    /// What.
    pub what: TaskKind,
    /// Which task of which case it is, for the link to note it.
    pub about: About,
    /// By when.
    pub until: Timestamp,
    /// Whether that is over.
    pub late: bool,
}

/// What there is to do about a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// To call: which attempt, of how many.
    Call(usize, usize),
    /// To accept or to reject.
    Decide,
    /// A sale to go on with.
    Sale,
}

impl List {
    /// How many there are in all.
    pub fn len(&self) -> usize {
        self.lines.len() + self.more
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn of(mut lines: Vec<Line>, more: usize) -> Self {
        let beyond = lines.len().saturating_sub(limits::DIGEST_LINES_MAX);
        lines.truncate(limits::DIGEST_LINES_MAX);
        Self {
            lines,
            more: more + beyond,
        }
    }
}

/// What a digest says, in whose name and language; nothing where there is nothing to tell.
pub(super) fn compose(
    flight: &Flight,
    (mine, watched): (&[LeadId], &[LeadId]),
    leads: &[Arc<Lead>],
    reader: &Reader<'_>,
    cx: &Context<'_>,
) -> Option<(CampaignId, Locale, Digest)> {
    let of = |ids: &[LeadId]| -> Vec<&Lead> {
        let is_named = |lead: &&Arc<Lead>| ids.contains(&lead.id);
        leads.iter().filter(is_named).map(|lead| &**lead).collect()
    };
    let place = reader.places.first();
    let mailbox = flight
        .campaign
        .as_ref()
        .and_then(|id| reader.told.iter().find(|campaign| &campaign.id == id));
    // Posts go to a mailbox in the campaign's language, everything else to a person in theirs.
    let (campaign, locale, name, zone) = match (flight.kind, place, mailbox.or(reader.told.first())) {
        (DigestKind::Posts, ..) => mailbox.map(|campaign| as_mailbox(campaign))?,
        (_, Some(place), _) => {
            let owner = place.owner;
            let zone = owner.hours(place.campaign).zone;
            (place.campaign, owner.language, owner.name.clone(), zone)
        }
        (_, None, Some(campaign)) => as_mailbox(campaign),
        (_, None, None) => return None,
    };
    let telling = Telling { reader, locale, cx };
    let (waiting, late) = match flight.kind {
        DigestKind::Morning => {
            let tomorrow = zone.to_datetime(cx.now).date().checked_add(Span::new().days(1)).ok()?;
            let tomorrow = tomorrow.to_zoned(zone.clone()).ok()?.timestamp();
            let today = |case: &Case| case.task.is_some_and(|task| task.from < tomorrow);
            let mine = of(mine)
                .into_iter()
                .filter(|lead| reader.has(lead) && lead.open_case().is_some_and(today));
            let late = of(watched)
                .into_iter()
                .filter(|lead| reader.watches(lead) && !reader.has(lead));
            let mine: Vec<Line> = mine.filter_map(|lead| telling.case(lead, None)).collect();
            let late = late.filter_map(|lead| telling.case(lead, None));
            let late = late.filter(|line| line.task.is_some_and(|task| task.late)).collect();
            (by_urgency(mine, 0), by_urgency(late, 0))
        }
        DigestKind::Alerts => {
            let lines = flight
                .entries
                .iter()
                .filter_map(|entry| telling.alert(entry, leads))
                .collect();
            (by_urgency(lines, flight.more as usize), List::default())
        }
        DigestKind::Posts => {
            let lines = flight
                .entries
                .iter()
                .filter_map(|entry| telling.post(entry, campaign, leads))
                .collect();
            (List::of(lines, flight.more as usize), List::default())
        }
    };
    if waiting.is_empty() && late.is_empty() {
        return None;
    }
    let mut ids = reader.places.iter().map(|place| &place.owner.id);
    let owner = ids.next().filter(|first| ids.all(|id| id == *first)).cloned();
    let digest = Digest {
        kind: flight.kind,
        name,
        zone,
        waiting,
        late,
        owner,
    };
    Some((campaign.id.clone(), locale, digest))
}

fn as_mailbox(campaign: &Campaign) -> (&Campaign, Locale, String, TimeZone) {
    (campaign, campaign.default_locale(), String::new(), campaign.time_zone())
}

/// The most urgent first, and of those the hottest.
fn by_urgency(mut lines: Vec<Line>, more: usize) -> List {
    lines.sort_by(|a, b| {
        let key = |line: &Line| (line.task.map_or(Timestamp::MAX, |task| task.until), line.grade.clone());
        let late = |line: &Line| Reverse(line.task.is_some_and(|task| task.late));
        (late(a), key(a)).cmp(&(late(b), key(b)))
    });
    List::of(lines, more)
}

/// Tells of leads to one reader.
struct Telling<'a> {
    reader: &'a Reader<'a>,
    locale: Locale,
    cx: &'a Context<'a>,
}

impl Telling<'_> {
    /// The line of a lead whose case is open.
    fn case(&self, lead: &Lead, kind: Option<AlertKind>) -> Option<Line> {
        let case = lead.open_case()?;
        let (campaign, sales) = settings(case.campaign(lead), self.cx.catalog)?;
        let task = case.task?;
        let planned = sales.attempts.len();
        let tried = (case.attempts.len() + usize::from(case.passed) + 1).min(planned);
        let what = match lead.stage {
            Stage::Sql | Stage::Customer => TaskKind::Sale,
            _ if case.reached() => TaskKind::Decide,
            _ => TaskKind::Call(tried, planned),
        };
        let is_theirs = self.reader.place(&campaign.id, &case.owner).is_some();
        let owner = sales.owner(&case.owner).filter(|_| !is_theirs);
        Some(Line {
            kind,
            task: Some(TaskLine {
                what,
                about: About {
                    round: case.round,
                    serial: task.serial,
                },
                until: task.until,
                late: task.until < self.cx.now || case.is_overdue(self.cx.now),
            }),
            owner: owner.map(|owner| owner.name.clone()),
            ..self.person(lead, campaign)
        })
    }

    /// The line that stands in for an alert; none where it says nothing any more.
    fn alert(&self, entry: &Entry, leads: &[Arc<Lead>]) -> Option<Line> {
        let lead = leads.iter().find(|lead| lead.id == entry.lead)?;
        let kind = AlertKind::from_code(&entry.kind);
        if kind == Some(AlertKind::Post) {
            let id = entry.campaign(lead);
            let campaign = self.reader.told.iter().find(|campaign| campaign.id == id)?;
            return self.post(entry, campaign, leads);
        }
        if lead.open_case().is_some() {
            // Whoever has it by now was told.
            let line = self.case(lead, kind).filter(|_| self.reader.has(lead))?;
            return Some(Line {
                said: self.said(entry, lead),
                ..line
            });
        }
        let of_case = kind.is_none_or(|kind| {
            kind.is_reminder() || matches!(kind, AlertKind::Alert | AlertKind::Hotter | AlertKind::Escalated)
        });
        let place = self.reader.place(&campaign_of(lead), lead.owner()?)?;
        (!of_case).then(|| Line {
            kind,
            said: self.said(entry, lead),
            ..self.person(lead, place.campaign)
        })
    }

    /// The line of a post.
    fn post(&self, entry: &Entry, campaign: &Campaign, leads: &[Arc<Lead>]) -> Option<Line> {
        let lead = leads.iter().find(|lead| lead.id == entry.lead)?;
        Some(Line {
            kind: AlertKind::from_code(&entry.kind),
            said: self.said(entry, lead),
            ..self.person(lead, campaign)
        })
    }

    fn said(&self, entry: &Entry, lead: &Lead) -> Vec<(String, String)> {
        let enquiry = entry.enquiry.as_ref().and_then(|id| lead.words.enquiry(id));
        let told = enquiry.and_then(|enquiry| Some((enquiry, self.cx.catalog.get(&enquiry.campaign)?)));
        let Some((enquiry, campaign)) = told else {
            return Vec::new();
        };
        let all = news(lead, enquiry, campaign, self.locale).into_iter();
        let short = |text: &str| {
            let cut: String = text.chars().take(SAID_CHARS_MAX).collect();
            let dots = if cut.len() < text.len() { "…" } else { "" };
            unlinked(&format!("{cut}{dots}"))
        };
        all.map(|(question, answer, _)| (short(&question), short(answer.expose())))
            .collect()
    }

    fn person(&self, lead: &Lead, campaign: &Campaign) -> Line {
        let phone = lead.telephone(campaign);
        Line {
            lead: lead.id.clone(),
            name: safe_name(&lead.full_name()),
            company: lead.words.answer("company").and_then(safe_name),
            email: lead.email.clone(),
            phone: phone.map(|phone| (phone.shown(campaign.country()), phone)),
            grade: Score::of(lead, campaign, self.cx.now).grade,
            kind: None,
            task: None,
            owner: None,
            said: Vec::new(),
        }
    }
}
