//! A list of leads, as spreadsheets write them, taken line by line or only looked at; and taken back within a week.
//!
//! The file is read as a stream, a page at a time. Whom a page touches is written down before it is; then each lead is one
//! conditional write, many at once. The import's id follows from the file, so that whatever broke off is finished by running
//! it again, and what was done is not done twice.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read, Seek, SeekFrom};

use csv::{ByteRecord, Reader, ReaderBuilder};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use piste_adapters::app::Start;
use piste_adapters::http::FieldError;
use piste_adapters::store::{ImportRow, StoreError, StoreErrorKind};
use piste_adapters::{App, telemetry};
use piste_domain::kit::charset;
use piste_domain::kit::ids::{ImportId, sha256_hex_of};
use piste_domain::kit::text::clean_line;
use piste_domain::lead::enquiry::Unread;
use piste_domain::lead::stage::Mover;
use piste_domain::rules::import::{Columns, Line, Listed, Refused, Taken, TakenBack, Told};
use piste_domain::{Campaign, LeadId, Locale, Record, input};
use serde::Serialize;

use crate::{OperationError, Operator, texts};

/// For how long an import can be taken back.
pub const UNDO_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long it is kept whom it touched: a day more, so that the last hour of a week finds all of it.
const PAGES_KEPT: SignedDuration = SignedDuration::from_hours(8 * 24);
/// Lines that are read before any is written: whom they touch is one row of some 15 KB.
const PAGE_LINES: usize = 500;
/// Leads that are written at once.
const AT_ONCE: usize = 32;
/// Bytes in which the header is looked for.
const HEAD_BYTES: u64 = 64 * 1024;
/// New and changed lines that an answer names; it counts them all.
pub const CHANGES_MAX: usize = 1_000;
/// Refused lines that an answer names; it counts them all, and has to fit into 6 MB.
const REFUSED_MAX: usize = 10_000;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Ask<'a> {
    /// For which campaign.
    pub campaign: &'a str,
    /// What columns mean, beyond what their names say: `NAME=FIELD`, with a comma between two; a name may be quoted.
    pub columns: &'a str,
    /// Whether nothing is to be written.
    pub dry_run: bool,
    /// The line to go on from, where an answer before named it.
    pub from: u64,
    /// When to stop and name the line to go on from; a page is done in any case.
    pub until: Option<Timestamp>,
    /// The language of the sentences.
    pub locale: Locale,
}

/// What came of a list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Imported {
    /// The import, to take it back. The same file with the same columns is the same import.
    #[cfg_attr(feature = "describe", schemars(with = "String"))]
    pub id: ImportId,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// What each column is read as: a field of the form, `source`, `captured_at`, `consent_…`, `other` where it is kept as
    /// text, or nothing.
    pub columns: Vec<Column>,
    /// Lines read, without the header and without empty ones.
    pub rows: u64,
    /// New leads among them.
    pub new: u64,
    /// People who were known.
    pub known: u64,
    /// Of these, the ones of whom more or something else is known now.
    pub changed: u64,
    /// Lines that were not taken.
    pub refused_rows: u64,
    /// What was not taken, and why: a whole line, or only the consent in it. The first 10,000.
    pub refused: Vec<RefusedLine>,
    /// What is new, and what changed: the first 1,000 lines.
    pub changes: Vec<ChangedLine>,
    /// Values that could not be read by their field's type; they are kept as text. The first 1,000.
    pub unread: Vec<UnreadValue>,
    /// The line to go on from, as `from`, where the time of one request was too short for the file.
    pub next: Option<u64>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Column {
    /// Its name in the file.
    pub column: String,
    /// What it is read as.
    pub field: String,
}

/// A line, or the consent in it, that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct RefusedLine {
    /// The line of the file; the header is 1.
    pub line: u64,
    /// What it is about.
    pub field: String,
    /// The stable code.
    pub code: &'static str,
    /// The sentence for people.
    pub message: String,
}

/// A line by which something is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct ChangedLine {
    /// The line of the file.
    pub line: u64,
    /// `new` or `changed`.
    pub what: &'static str,
    /// Of a known lead, the fields that count now and did not.
    pub fields: Vec<String>,
}

/// A value that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct UnreadValue {
    /// The line of the file.
    pub line: u64,
    /// The field.
    pub field: String,
    /// Why.
    pub code: String,
}

/// What is told of a line as soon as it is done.
#[derive(Clone, Debug)]
pub enum Said {
    /// It, or its consent, was not taken.
    Refused(RefusedLine),
    /// By it something is new.
    Changed(ChangedLine),
    /// A value of it could not be read.
    Unread(UnreadValue),
}

/// Imports a list, or looks at what it would do. The lists of the answer hold what it has room for; everything is told to
/// `say` in the order of the file.
///
/// # Errors
/// [`OperationError::Fields`] where the file as a whole cannot be taken, [`OperationError::Store`]; running it again finishes
/// the work.
pub async fn import<R: Read + Seek + Send>(
    session: &Operator<'_>,
    ask: &Ask<'_>,
    mut file: R,
    say: &mut impl FnMut(&Said),
) -> Result<Imported, OperationError> {
    let campaign = session
        .campaigns()
        .find(|campaign| campaign.id.as_str() == ask.campaign);
    let Some(campaign) = campaign else {
        return Err(wrong(
            "campaign",
            "unknown_campaign",
            texts::import_campaign(ask.locale),
        ));
    };
    let given = given_columns(ask.columns, ask.locale)?;
    let digest = sha256_hex_of(&mut file).map_err(|_| unreadable(ask.locale))?;
    let mut list = List::open(file, ask.locale)?;
    let columns = Columns::of(campaign, &list.header, &given).map_err(|problems| {
        let told = |problem: &piste_domain::rules::import::ColumnProblem| {
            FieldError::new(problem.field(), problem.code(), problem.message(ask.locale))
        };
        OperationError::Fields(problems.iter().map(told).collect())
    })?;
    let key = &session.app.ring().identity;
    let id = ImportId::of(key, &session.workspace, &campaign.id, ask.columns.trim(), &digest);
    let run = Run {
        session,
        campaign,
        columns,
        id,
        dry_run: ask.dry_run,
        // Eight bytes for each person a dry run found new: a second line of theirs would find them known.
        met: HashSet::new(),
    };
    run.take(ask, &mut list, say).await
}

struct Run<'a> {
    session: &'a Operator<'a>,
    campaign: &'a Campaign,
    columns: Columns,
    id: ImportId,
    dry_run: bool,
    met: HashSet<u64>,
}

/// A line that was read.
struct ReadLine {
    line: u64,
    unread: Vec<Unread>,
    told: Told,
}

impl Run<'_> {
    async fn take<R: Read>(
        mut self,
        ask: &Ask<'_>,
        list: &mut List<R>,
        say: &mut impl FnMut(&Said),
    ) -> Result<Imported, OperationError> {
        let app = self.session.app;
        let named = list.header.iter().zip(self.columns.meanings());
        let mut sum = Imported {
            id: self.id.clone(),
            dry_run: self.dry_run,
            columns: named
                .map(|(column, meaning)| Column {
                    column: column.clone(),
                    field: meaning.name().to_owned(),
                })
                .collect(),
            rows: 0,
            new: 0,
            known: 0,
            changed: 0,
            refused_rows: 0,
            refused: Vec::new(),
            changes: Vec::new(),
            unread: Vec::new(),
            next: None,
        };
        let kept_until = match self.dry_run {
            true => self.session.now,
            false => self.begin().await? + PAGES_KEPT,
        };
        loop {
            let mut done = Vec::new();
            let mut people: BTreeMap<LeadId, Vec<(u64, Line)>> = BTreeMap::new();
            let page = list.page(ask.from)?;
            let Some((first, _)) = page.first() else { break };
            let first = *first;
            for (line, cells) in &page {
                match self.columns.read(self.campaign, cells, self.session.now) {
                    Ok(None) => {}
                    Ok(Some(read)) => {
                        let id = read.submission.lead_id(&app.ring().identity, &self.session.workspace);
                        people.entry(id).or_default().push((*line, read));
                    }
                    Err(refused) => done.extend(refused.into_iter().map(|refused| ReadLine {
                        line: *line,
                        unread: Vec::new(),
                        told: refused.into(),
                    })),
                }
            }
            if !self.dry_run {
                let ids: Vec<LeadId> = people.keys().cloned().collect();
                app.store.save_import_page(&self.id, (first, &ids), kept_until).await?;
            }
            done.extend(self.write(people).await?);
            done.sort_by_key(|line| line.line);
            count(&mut sum, &done, ask.locale, say);
            if ask.until.is_some_and(|until| app.now() >= until) && list.has_more() {
                sum.next = page.last().map(|(line, _)| line + 1);
                break;
            }
        }
        telemetry::log(
            "imported",
            &[
                ("form", (&self.campaign.id).into()),
                ("import", telemetry::code(self.id.as_str())),
                ("dry_run", if self.dry_run { "yes" } else { "no" }.into()),
                ("rows", sum.rows.into()),
                ("new", sum.new.into()),
                ("known", sum.known.into()),
                ("refused", sum.refused_rows.into()),
            ],
        );
        Ok(sum)
    }

    /// Writes the import down, unless it ran before and was not taken back; since when its week runs.
    async fn begin(&self) -> Result<Timestamp, StoreError> {
        let store = &self.session.app.store;
        if let Some(known) = store.import(&self.id, self.session.now).await?
            && !known.undone
        {
            return Ok(known.at);
        }
        let row = ImportRow {
            workspace: self.session.workspace.clone(),
            campaign: self.campaign.id.clone(),
            at: self.session.now,
            undone: false,
        };
        store.save_import(&self.id, &row).await?;
        Ok(row.at)
    }

    /// Takes the lines of a page: those of one person one after the other, people side by side.
    async fn write(&mut self, people: BTreeMap<LeadId, Vec<(u64, Line)>>) -> Result<Vec<ReadLine>, StoreError> {
        let mut done = Vec::new();
        let mut running = FuturesUnordered::new();
        let this = &*self;
        for (id, lines) in people {
            if running.len() >= AT_ONCE
                && let Some(taken) = running.next().await
            {
                done.extend(taken?);
            }
            running.push(this.person(id, lines));
        }
        while let Some(taken) = running.next().await {
            done.extend(taken?);
        }
        drop(running);
        let mut all = Vec::new();
        let mut met = Vec::new();
        for (person, lines) in done {
            for mut line in lines {
                if self.dry_run && line.told.taken == Taken::New {
                    match self.met.contains(&person) {
                        true => line.told.taken = Taken::Known,
                        false => met.push(person),
                    }
                }
                all.push(line);
            }
        }
        self.met.extend(met);
        Ok(all)
    }

    async fn person(&self, id: LeadId, lines: Vec<(u64, Line)>) -> Result<Option<(u64, Vec<ReadLine>)>, StoreError> {
        let app = self.session.app;
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let mut done = Vec::with_capacity(lines.len());
        let mut held: Option<Record> = match self.dry_run {
            true => match app.store.record(&id).await {
                Ok(record) => record,
                Err(error) => return refused_all(error, lines, hasher.finish()),
            },
            false => None,
        };
        for (line, read) in lines {
            let unread = read.submission.unread.clone();
            let listed = input::Import(Listed {
                campaign: self.campaign.id.clone(),
                import: self.id.clone(),
                line: read,
                by: input::By {
                    mover: Mover::Operator,
                    name: self.session.name.clone(),
                },
            });
            let told = match self.dry_run {
                true => {
                    let decision = app.consider(held.as_ref(), &listed).await?;
                    held = decision.record.or(held);
                    decision.answer
                }
                false => {
                    let start = match held.take() {
                        Some(Record::Lead(lead)) => Start::Held(lead),
                        _ => Start::New,
                    };
                    match app.apply(&id, start, listed).await {
                        Ok(applied) => {
                            held = applied.lead.map(Record::Lead);
                            applied.answer
                        }
                        Err(error) if error.kind == StoreErrorKind::Corrupt => Some(Refused::Unreadable.into()),
                        Err(error) => return Err(error),
                    }
                }
            };
            // A campaign that is gone since is a list that nobody can take.
            let told = told.ok_or(StoreError::new("import", StoreErrorKind::Contended))?;
            done.push(ReadLine { line, unread, told });
        }
        Ok(Some((hasher.finish(), done)))
    }
}

/// A person whose item this version cannot read: nothing of theirs is taken, and nobody else is held up.
fn refused_all(
    error: StoreError,
    lines: Vec<(u64, Line)>,
    person: u64,
) -> Result<Option<(u64, Vec<ReadLine>)>, StoreError> {
    if error.kind != StoreErrorKind::Corrupt {
        return Err(error);
    }
    let refused = |(line, _)| ReadLine {
        line,
        unread: Vec::new(),
        told: Refused::Unreadable.into(),
    };
    Ok(Some((person, lines.into_iter().map(refused).collect())))
}

/// Adds the lines of a page to the sums, and tells of each.
fn count(sum: &mut Imported, lines: &[ReadLine], locale: Locale, say: &mut impl FnMut(&Said)) {
    let mut last = 0;
    for ReadLine { line, unread, told } in lines {
        let line = *line;
        let refused = |refused: &Refused| RefusedLine {
            line,
            field: refused.field().to_owned(),
            code: refused.code(),
            message: refused.message(locale),
        };
        let changed = |what, fields: &[String]| ChangedLine {
            line,
            what,
            fields: fields.to_vec(),
        };
        // Several things may be wrong with one line.
        let again = std::mem::replace(&mut last, line) == line;
        sum.rows += u64::from(!again);
        let news = match &told.taken {
            Taken::New => {
                sum.new += 1;
                Some(changed("new", &[]))
            }
            Taken::Changed(fields) => {
                (sum.known, sum.changed) = (sum.known + 1, sum.changed + 1);
                Some(changed("changed", fields))
            }
            Taken::Known => {
                sum.known += 1;
                None
            }
            Taken::Refused(why) => {
                sum.refused_rows += u64::from(!again);
                let why = refused(why);
                say(&Said::Refused(why.clone()));
                keep(&mut sum.refused, why, REFUSED_MAX);
                None
            }
        };
        if let Some(news) = news {
            say(&Said::Changed(news.clone()));
            keep(&mut sum.changes, news, CHANGES_MAX);
        }
        if let Some(why) = told.consent.as_ref().map(refused) {
            say(&Said::Refused(why.clone()));
            keep(&mut sum.refused, why, REFUSED_MAX);
        }
        for one in unread {
            let one = UnreadValue {
                line,
                field: one.field.clone(),
                code: one.code.clone(),
            };
            say(&Said::Unread(one.clone()));
            keep(&mut sum.unread, one, CHANGES_MAX);
        }
    }
}

fn keep<T>(list: &mut Vec<T>, one: T, most: usize) {
    if list.len() < most {
        list.push(one);
    }
}

fn wrong(field: &str, code: &'static str, advice: &str) -> OperationError {
    OperationError::Fields(vec![FieldError::new(field, code, advice)])
}

fn unreadable(locale: Locale) -> OperationError {
    wrong("file", "unreadable", texts::import_unreadable(locale))
}

/// What whoever imports says of columns: pairs as one line of CSV.
fn given_columns(text: &str, locale: Locale) -> Result<Vec<(String, String)>, OperationError> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut given = Vec::new();
    for pair in reader.records().flatten().flat_map(|record| {
        let cells = record.iter().map(str::to_owned);
        cells.collect::<Vec<_>>()
    }) {
        match pair.rsplit_once('=') {
            Some((column, field)) => given.push((column.to_owned(), field.to_owned())),
            None => return Err(wrong("columns", "bad_columns", texts::import_columns(locale))),
        }
    }
    Ok(given)
}

/// What stands behind the last line: a line that no spreadsheet writes. In it a quote that is still open is seen.
const END: &[u8] = b"\n\x1a\n";

/// A file whose every line ends in one line feed, the last one too: then the number of a line can be told.
struct Lines<R> {
    file: R,
    after_return: bool,
    end: &'static [u8],
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.file.read(buffer)?;
            if read == 0 {
                return self.end.read(buffer);
            }
            let mut kept = 0;
            for at in 0..read {
                let byte = buffer[at];
                let second = byte == b'\n' && self.after_return;
                self.after_return = byte == b'\r';
                if !second {
                    buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

/// A file, line by line.
struct List<R> {
    reader: Reader<Lines<R>>,
    header: Vec<String>,
    record: ByteRecord,
    ended: bool,
    locale: Locale,
}

/// The cells of a line, with its number in the file.
type Cells = (u64, Vec<String>);

impl<R: Read + Seek> List<R> {
    fn open(mut file: R, locale: Locale) -> Result<Self, OperationError> {
        let mut head = Vec::new();
        let failed = |_| unreadable(locale);
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        Read::take(&mut file, HEAD_BYTES)
            .read_to_end(&mut head)
            .map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        if head.starts_with(b"PK\x03\x04") || head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) || head.contains(&0) {
            return Err(wrong("file", "not_csv", texts::import_not_csv(locale)));
        }
        let (separator, named) = separator(&head);
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(Lines {
                file,
                after_return: false,
                end: END,
            });
        let mut list = Self {
            reader,
            header: Vec::new(),
            record: ByteRecord::new(),
            ended: false,
            locale,
        };
        // `sep=;`, by which Excel is told the separator, stands before the header.
        for _ in 0..=usize::from(named) {
            list.header = list.next()?.map(|(_, cells)| cells).unwrap_or_default();
        }
        match list.header.iter().all(String::is_empty) {
            true => Err(wrong("file", "empty", texts::import_empty(locale))),
            false => {
                let names = list.header.iter().map(|name| clean_line(name));
                list.header = names.collect();
                Ok(list)
            }
        }
    }
}

impl<R: Read> List<R> {
    fn next(&mut self) -> Result<Option<Cells>, OperationError> {
        let read = self.reader.read_byte_record(&mut self.record);
        let more = read.map_err(|_| unreadable(self.locale))?;
        // The reader stands behind the line; line feeds in it are inside quotes.
        let within = self.record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        let line = self.reader.position().line().saturating_sub(1 + within);
        if self.record.iter().next_back().is_some_and(|cell| cell.ends_with(END)) {
            return Err(wrong(
                "file",
                "open_quote",
                // No line feed ended it.
                &texts::import_open_quote(self.locale, line + 1),
            ));
        }
        // A file of old systems may end so, too.
        self.ended = !more || (self.record.len() == 1 && &self.record[0] == b"\x1a");
        let cells = self.record.iter().map(|cell| charset::decode(cell, None));
        Ok((!self.ended).then(|| (line, cells.collect())))
    }

    /// The next lines from this one on; none at the end of the file.
    fn page(&mut self, from: u64) -> Result<Vec<Cells>, OperationError> {
        let mut page = Vec::new();
        while page.len() < PAGE_LINES {
            match self.next()? {
                Some((line, _)) if line < from => {}
                Some(cells) => page.push(cells),
                None => break,
            }
        }
        Ok(page)
    }

    fn has_more(&self) -> bool {
        !self.ended
    }
}

/// The separator of a file: that which its header has most, outside quotes; and whether a line before the header names it.
fn separator(head: &[u8]) -> (u8, bool) {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if let Some([named, b'\r' | b'\n', ..]) = head.strip_prefix(b"sep=") {
        return (*named, true);
    }
    let mut counts: HashMap<u8, usize> = HashMap::new();
    let mut quoted = false;
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            b';' | b',' | b'\t' if !quoted => *counts.entry(*byte).or_default() += 1,
            _ => {}
        }
    }
    let most = [b';', b',', b'\t']
        .into_iter()
        .max_by_key(|sign| (counts.get(sign).copied().unwrap_or(0), *sign == b','));
    (most.unwrap_or(b','), false)
}

/// What came of taking an import back.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct Undone {
    /// Leads that it had made and that nobody touched since: they are gone.
    pub removed: u64,
    /// Known leads that are as if it had not been.
    pub reverted: u64,
    /// Leads that it had made and that stay, because they or somebody did something since.
    #[cfg_attr(feature = "describe", schemars(with = "Vec<String>"))]
    pub kept: Vec<LeadId>,
    /// Whether all of it is taken back; if not, ask again.
    pub done: bool,
}

/// An import of this workspace that can be taken back, or was.
///
/// # Errors
/// [`OperationError::NoImport`], [`OperationError::UndoOver`], [`OperationError::Store`].
pub async fn known(session: &Operator<'_>, id: &str) -> Result<ImportRow, OperationError> {
    if !ImportId::is_valid(id) {
        return Err(OperationError::NoImport);
    }
    let known = session.app.store.import(&ImportId::new(id), session.now).await?;
    let known = known.filter(|known| known.workspace == session.workspace);
    let known = known.ok_or(OperationError::NoImport)?;
    match known.at + UNDO_FOR < session.now {
        true => Err(OperationError::UndoOver),
        false => Ok(known),
    }
}

/// Takes an import back, within a week; asked again it goes on, and then changes nothing more. With `until` it stops at that
/// moment, after a page at the least.
///
/// # Errors
/// [`OperationError::NoImport`], [`OperationError::UndoOver`], [`OperationError::Store`].
pub async fn undo(session: &Operator<'_>, id: &str, until: Option<Timestamp>) -> Result<Undone, OperationError> {
    let app = session.app;
    let known = known(session, id).await?;
    let id = ImportId::new(id);
    let mut undone = Undone::default();
    let mut worked = false;
    for (page, leads) in app.store.import_pages(&id, session.now).await? {
        if worked && until.is_some_and(|until| app.now() >= until) {
            return Ok(undone);
        }
        worked = true;
        let mut running = FuturesUnordered::new();
        let mut taken = Vec::with_capacity(leads.len());
        for lead in leads {
            if running.len() >= AT_ONCE
                && let Some(one) = running.next().await
            {
                taken.push(one?);
            }
            running.push(take_back(app, &id, lead));
        }
        while let Some(one) = running.next().await {
            taken.push(one?);
        }
        drop(running);
        for (lead, what) in taken {
            match what {
                TakenBack::Removed => undone.removed += 1,
                TakenBack::Reverted(_) => undone.reverted += 1,
                TakenBack::Kept => undone.kept.push(lead),
                TakenBack::Nothing => {}
            }
        }
        app.store.import_page_done(&id, &page, session.now).await?;
    }
    undone.done = true;
    undone.kept.sort();
    undone.kept.dedup();
    app.store.save_import(&id, &ImportRow { undone: true, ..known }).await?;
    telemetry::log(
        "import_undone",
        &[
            ("import", telemetry::code(id.as_str())),
            ("removed", undone.removed.into()),
            ("reverted", undone.reverted.into()),
            ("kept", undone.kept.len().into()),
        ],
    );
    Ok(undone)
}

async fn take_back(app: &App, import: &ImportId, lead: LeadId) -> Result<(LeadId, TakenBack), StoreError> {
    let applied = app.apply(&lead, Start::Known, input::TakeBack(import.clone())).await;
    let what = match applied {
        Ok(applied) => applied.answer.unwrap_or(TakenBack::Nothing),
        // Nobody can tell what is in it: it stays, and is named.
        Err(error) if error.kind == StoreErrorKind::Corrupt => TakenBack::Kept,
        Err(error) => return Err(error),
    };
    if let TakenBack::Reverted(left) = &what {
        for campaign in left {
            app.store.leave_list(&lead, campaign, app.now()).await?;
        }
    }
    Ok((lead, what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn lines(text: &[u8]) -> Vec<Cells> {
        let mut list = List::open(Cursor::new(text), Locale::En).expect("a list");
        let header = (0, list.header.clone());
        let mut all = vec![header];
        all.extend(list.page(0).expect("lines"));
        all
    }

    #[test]
    fn line_numbers_are_those_of_the_file_whatever_ends_a_line() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["email;note", "a@x.org;1", "b@x.org;\"2", "3\"", "", "c@x.org;4", ";"].join(end);
            let numbers: Vec<u64> = lines(text.as_bytes()).iter().skip(1).map(|(line, _)| *line).collect();
            assert_eq!(numbers, [2, 3, 6, 7], "{end:?}");
            let ended = lines((text + end).as_bytes());
            assert_eq!(ended.last().map(|(line, _)| *line), Some(7), "{end:?}");
        }
    }

    #[test]
    fn both_separators_and_both_encodings_are_found_out() {
        let check = |text: &[u8]| {
            let all = lines(text);
            assert_eq!(all[0].1, ["Prénom", "email"], "{text:?}");
            assert_eq!(all[1].1, ["Zoé; B, C", "zoe@example.org"], "{text:?}");
        };
        check("Prénom;email\n\"Zoé; B, C\";zoe@example.org\n".as_bytes());
        check("Prénom,email\r\n\"Zoé; B, C\",zoe@example.org".as_bytes());
        check("\u{feff}Prénom\temail\nZoé; B, C\tzoe@example.org\n".as_bytes());
        check("sep=;\r\nPrénom;email\r\n\"Zoé; B, C\";zoe@example.org\r\n".as_bytes());
        check(b"Pr\xe9nom;email\r\n\"Zo\xe9; B, C\";zoe@example.org\r\n");
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told_with_its_line() {
        let text = b"email,note\na@x.org,1\nb@x.org,\"2\nc@x.org,3\nd@x.org,4\n";
        let mut list = List::open(Cursor::new(text), Locale::En).expect("a list");
        let Err(OperationError::Fields(errors)) = list.page(0) else {
            panic!("the rest of the file stands in a note");
        };
        assert_eq!(errors[0].code, "open_quote");
        assert!(errors[0].message.contains("line 3"), "{}", errors[0].message);
        // A file of an old system ends with a mark of its own.
        assert_eq!(lines(b"email\na@x.org\n\x1a").len(), 2);
    }

    #[test]
    fn what_is_no_list_is_refused_as_a_whole() {
        let check = |text: &[u8], code: &str| {
            let Err(OperationError::Fields(errors)) = List::open(Cursor::new(text), Locale::En).map(drop) else {
                panic!("{text:?} is taken");
            };
            assert_eq!(errors[0].code, code);
        };
        check(b"", "empty");
        check(b"\r\n\r\n", "empty");
        check(b"PK\x03\x04xlsx", "not_csv");
        check(b"\xff\xfee\0m\0", "not_csv");
    }

    #[test]
    fn columns_are_given_as_pairs() {
        let pair = |column: &str, field: &str| (column.to_owned(), field.to_owned());
        let check = |text: &str, expected: &[(String, String)]| {
            assert_eq!(given_columns(text, Locale::En).expect("pairs"), expected, "{text}");
        };
        check("", &[]);
        check("Courriel=email", &[pair("Courriel", "email")]);
        check(
            "\"Nom, prénom\"=last_name,Notes=",
            &[pair("Nom, prénom", "last_name"), pair("Notes", "")],
        );
        assert!(given_columns("Courriel", Locale::En).is_err());
    }
}
