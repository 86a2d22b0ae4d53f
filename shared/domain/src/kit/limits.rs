//! Every limit, with its unit and its reason.

use jiff::SignedDuration;

/// A body larger than this is answered 413 before it is parsed: no form of text needs more (the platform itself takes 6 MB).
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Fields or parts of one post; a form declares far fewer.
pub const FIELDS_MAX: usize = 100;
/// Values of one post whose names have brackets or dots: form builders send several for each field.
pub const NESTED_MAX: usize = 400;
/// Depth of objects and lists in a JSON post; what is deeper is refused (R80).
pub const JSON_DEPTH_MAX: usize = 32;
/// Bytes of a name made of the names on the way to a nested value; what would need more stays one text of JSON.
pub const NESTED_NAME_BYTES_MAX: usize = 200;
/// Files of a post that the answer names.
pub const FILES_MAX: usize = 20;
/// Default length of a short text field, in characters.
pub const TEXT_CHARS_MAX: usize = 200;
/// Default length of a long text field, in characters: with everything else the item stays in one or two write units.
pub const LONG_TEXT_CHARS_MAX: usize = 2_000;
/// Enquiries that the lead's item holds; older ones lie in rows of their own.
pub const ENQUIRIES_MAX: usize = 12;
/// Bytes of the item that enquiries may take: with everything else it stays below 64 KiB (R128).
pub const ENQUIRY_BYTES_MAX: usize = 20 * 1024;
/// Consents that the item holds besides those that stand.
pub const CONSENTS_MAX: usize = 16;
/// Sequences that are over and stay in the item, besides the latest of each.
pub const ENROLMENTS_MAX: usize = 16;
/// Bytes of the item that notes may take; older ones lie in rows of their own.
pub const NOTE_BYTES_MAX: usize = 6 * 1024;
/// Alerts beside the cases that a lead remembers.
pub const NOTICES_MAX: usize = 12;
/// Characters that go on to count of a value whose enquiry left the item: sales reads the rest in its row.
pub const CARRIED_CHARS_MAX: usize = 500;
/// How long after a reminder of an open case the next one goes, while nobody decides; after [`TASKS_WEEKLY`] of them,
/// four times as long.
pub const REMIND_EVERY: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Tasks of one case that follow each other week by week.
pub const TASKS_WEEKLY: u16 = 12;
/// Changes of owner that a case remembers.
pub const HANDOVERS_MAX: usize = 10;
/// Bytes of the item that notes of attempts may take; older ones go on as notes of the lead.
pub const ATTEMPT_NOTE_BYTES_MAX: usize = 6 * 1024;
/// Moves whose reasons the history holds whole, the latest ones.
pub const WHOLE_REASONS: usize = 8;
/// Lifts of a stop that a lead remembers; the log of requests has them all.
pub const LIFTS_MAX: usize = 8;
/// Characters of a reason in the history, once several moves came after it.
pub const OLD_REASON_CHARS_MAX: usize = 100;
/// Attempts of one case that the item holds.
pub const ATTEMPTS_HELD_MAX: usize = 20;
/// For how long marketing waits for somebody whose out-of-office names no day.
pub const AWAY: SignedDuration = SignedDuration::from_hours(24 * 3);
/// Longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// Fields that the person's own word may stand for; a form declares far fewer.
pub const STATEMENTS_MAX: usize = 60;
/// Signals of one kind kept on a lead, the latest ones, for the same reason: a busy website must not push out a sale.
pub const SIGNALS_PER_KIND_MAX: usize = 12;
/// Longest subject of a signal that another system reports, in characters.
pub const SUBJECT_CHARS_MAX: usize = 120;
/// Points of one scoring rule: far more than any scale needs, and no sum of them overflows.
pub const POINTS_MAX: u64 = 10_000;
/// Leads below which a trial of scoring rules says nothing for sure.
pub const TRIAL_LEADS_MIN: u64 = 100;
/// Known outcomes below which it does not either: an interval around a rate of 30 still spans 35 points.
pub const TRIAL_OUTCOMES_MIN: u64 = 30;
/// Stage changes kept on a lead.
pub const HISTORY_MAX: usize = 24;
/// Length of a reason that a person types, in characters.
pub const REASON_CHARS_MAX: u64 = 500;

/// How long a claim keeps others off. Longer than the function may live (60 s) plus the second by which Lambda may kill late.
pub const LEASE: SignedDuration = SignedDuration::from_secs(120);
/// How long an unanswered nurture email waits for SES's event before anything else is decided (R9).
pub const SETTLE_NURTURE: SignedDuration = SignedDuration::from_hours(1);
/// The same for a service email: it may be sent twice, so the person need not wait.
pub const SETTLE_SERVICE: SignedDuration = SignedDuration::from_secs(300);
/// How often an email without proof of acceptance may be handed to SES in all (R9, R10).
pub const AMBIGUOUS_ATTEMPTS_MAX: u8 = 2;
/// How far two clocks of the system may differ, each five minutes off. Evidence about a moment counts only if it is at least this much later (R9, R31).
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(10);
/// While the canary is missing, an unanswered nurture email is looked at again after this.
pub const HOLD_STEP: SignedDuration = SignedDuration::from_mins(15);
/// Without evidence from a test email, an unanswered nurture email counts as unknown after this: a day later it is stale.
pub const HOLD_MAX: SignedDuration = SignedDuration::from_hours(24);
/// How often a test email (the canary) is sent (R9) ...
pub const CANARY_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// ... and how soon again while the last one has not come back.
pub const CANARY_AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// While the breaker is open, a lead whose email is due is looked at again after this; so is what waits for a campaign
/// that cannot be read.
pub const PAUSE_STEP: SignedDuration = SignedDuration::from_hours(1);
/// While SES refuses a sender, one email is tried this much later: with the minute of the sweep, at least every hour (R133).
pub const REFUSED_AGAIN: SignedDuration = SignedDuration::from_mins(55);
/// Times at which email stood still that are remembered, the latest ones: deadlines are counted without them (R133).
pub const STANDSTILLS_MAX: usize = 40;
/// And how long after their end: longer than anything may be late.
pub const STANDSTILL_KEPT: SignedDuration = SignedDuration::from_hours(366 * 24);
/// The breaker judges nothing below this many emails, of whatever class (R48).
pub const BREAKER_SENDS_MIN: u64 = 500;
/// Hard bounces per 10,000 emails at which sending pauses: SES reviews an account at 500 and may pause it at 1,000 (R48).
pub const BREAKER_BOUNCES: u64 = 400;
/// Complaints per 10,000 emails at which sending pauses: SES reviews an account at 10 and may pause it at 50 (R48).
pub const BREAKER_COMPLAINTS: u64 = 8;
/// Days the breaker looks back.
pub const BREAKER_DAYS: i64 = 14;
/// How long a lead that cannot be handled though its item reads is set aside, so that it does not hold up the others.
pub const SET_ASIDE: SignedDuration = SignedDuration::from_hours(24);
/// An item that cannot be read is tried again after this; nothing is written to it meanwhile (R130).
pub const UNREADABLE_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// Posts kept beside an item that cannot be read, as many as a lead keeps itself: more would let a stranger fill the table (R130).
pub const KEPT_POSTS_MAX: usize = 10;
/// Size of one of them as it is stored, in bytes: no post that was taken is larger, escapes included.
pub const KEPT_BYTES_MAX: usize = 2 * BODY_BYTES_MAX;
/// How long what looks like spam is kept (design, *Quarantine*).
pub const QUARANTINE_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Nobody reads and fills in a form in less (R87).
pub const FORM_SHOWN_AT_LEAST: SignedDuration = SignedDuration::from_secs(2);
/// A form that was shown longer ago is one that a program keeps (R87).
pub const FORM_SHOWN_AT_MOST: SignedDuration = SignedDuration::from_hours(24);
/// How long a browser has to find the number of a challenge, and its person to send the form (R87).
pub const CHALLENGE_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// How long one person who releases a post has for it before another may.
pub const RELEASE_LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How long what other systems tell of somebody unknown is kept for the day they come.
pub const EARLY_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many such reports are kept of one address; beyond that a no alone is.
pub const EARLY_MAX: usize = 100;
/// The same post again within this time is the same post.
pub const REPEATED_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// How often a temporary refusal is tried again before the email counts as failed: the back-off below spans about 4 hours.
pub const REFUSED_ATTEMPTS_MAX: u8 = 8;
/// The first back-off after a temporary refusal; it doubles each time.
pub const BACK_OFF_FIRST: SignedDuration = SignedDuration::from_secs(60);
/// Up to this many seconds more, different for each email, so that emails refused together are not retried together (R22).
pub const BACK_OFF_SPREAD: u64 = 30;

/// The promised email is sent again at most this often, whoever posts the address (R88: list bombing).
pub const SERVICE_GAP: SignedDuration = SignedDuration::from_hours(24);
/// And at most this many times within [`SERVICE_SPAN`].
pub const SERVICE_MAX: usize = 3;
/// See [`SERVICE_MAX`].
pub const SERVICE_SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Requests for one's data that are answered within [`SERVICE_SPAN`], whoever makes them: anybody may type any address.
pub const DATA_MAX: usize = 3;
/// First mails an hour to the mailboxes of one domain (R88). A day at SES's first grant of 50,000 goes on at this pace ...
pub const FIRST_MAILS_DOMAIN: u64 = 1_000;
/// ... of one form ...
pub const FIRST_MAILS_FORM: u64 = 1_000;
/// ... and of the house. What is beyond waits for its hour.
pub const FIRST_MAILS_HOUSE: u64 = 2_000;
/// As many of each as one sandbox of the sender lets through an hour without asking the table, a tenth of the ceiling at
/// most: an ordinary day costs nothing.
pub const FIRST_MAILS_FREE: u64 = 100;

/// Attempts to reach a lead: fewer than three give up on most of those who would answer (95 % of the reached are by the sixth).
pub const ATTEMPTS_MIN: usize = 3;
/// See [`ATTEMPTS_MIN`].
pub const ATTEMPTS_MAX: usize = 6;
/// How often a step that repeats comes at least: once is no repeat.
pub const TIMES_MIN: i64 = 2;
/// How often it comes at most: each time is an entry of the lead's ledger, so the item stays bounded.
pub const TIMES_MAX: i64 = 12;
/// The least time between two repeats of a step.
pub const EVERY_MIN: SignedDuration = SignedDuration::from_hours(24);
/// The most: a year, of 366 days if need be.
pub const EVERY_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);
/// How often a task may be snoozed: after that it is tried or given up.
pub const SNOOZES_MAX: u8 = 5;
/// Sales cases kept on a lead, the latest ones; each carries its emails, so the item stays bounded.
pub const CASES_MAX: usize = 3;
/// Places of the hour after the opening among which the leads of a night or a weekend are shared out ...
pub const OPENING_PLACES: u32 = 12;
/// ... and how many minutes lie between two of them.
pub const OPENING_STEP_MINS: i32 = 5;
/// An alert that leaves this much later than it was due was held back, and the time for an answer begins anew.
pub const ALERT_HELD_BACK: SignedDuration = SignedDuration::from_mins(5);
/// Shortest deadline with a reminder half-way: a shorter one is over before the reminder is read.
pub const REMIND_FROM: SignedDuration = SignedDuration::from_mins(30);
/// Life of the buttons in an email to sales: two weeks of attempts and as much again.
pub const SALES_LINK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The morning digest leaves this long before somebody's working day begins, so that it is there when they open.
pub const MORNING_BEFORE: SignedDuration = SignedDuration::from_mins(15);
/// A morning digest that was held back this long is of no use any more: the next one says the same.
pub const MORNING_LATE: SignedDuration = SignedDuration::from_hours(4);
/// Alerts that one person gets by themselves within [`ALERT_SPAN`]; the rest goes with one digest.
pub const ALERTS_ALONE_MAX: usize = 20;
/// See [`ALERTS_ALONE_MAX`]; also the least between two digests of alerts.
pub const ALERT_SPAN: SignedDuration = SignedDuration::from_hours(1);
/// Open cases that one desk remembers, of its own and of those it watches each: more is no digest, and the console lists them.
pub const DESK_CASES_MAX: usize = 400;
/// Alerts and posts that wait at a desk for one digest by name; what is beyond is counted.
pub const DESK_QUEUE_MAX: usize = 100;
/// Posts that wait at a desk by name in all, whatever the number of campaigns; what is beyond is counted.
pub const DESK_POSTS_MAX: usize = 500;
/// Lines of one list of a digest: what is beyond is counted, and the console lists it.
pub const DIGEST_LINES_MAX: usize = 50;
/// Digests that a desk remembers.
pub const DESK_SENDS_MAX: usize = 12;

/// Soft bounces within [`SOFT_BOUNCE_SPAN`] after which an address is left alone (R54).
pub const SOFT_BOUNCES_MAX: usize = 3;
/// See [`SOFT_BOUNCES_MAX`].
pub const SOFT_BOUNCE_SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long soft bounces keep marketing back: 30 days, twice as long each time until an email is delivered (R54).
pub fn soft_pause(times: u8) -> SignedDuration {
    SOFT_BOUNCE_SPAN * 2_i32.pow(u32::from(times.saturating_sub(1)).min(6))
}
/// A click sooner than this after sending is a scanner's (R60).
pub const CLICK_HUMAN_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// Life of a link to one's own data: long enough to be used the same evening, too short to stay useful in an old mailbox (R66).
pub const DATA_LINK: SignedDuration = SignedDuration::from_hours(24);
/// Such a link is emailed at most this often: while one works, no other is needed.
pub const DATA_GAP: SignedDuration = DATA_LINK;
/// A lead whose address nobody ever confirmed is erased this long after its last post (R64).
pub const UNCONFIRMED_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Life of a confirmation link (R64).
pub const CONFIRM_LINK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Life of a link to a download, however long a campaign says: three years, as long as prospects may be kept.
pub const RESOURCE_LINK_MAX: SignedDuration = SignedDuration::from_hours(3 * 366 * 24);

/// Length of a source that an operator types or imports, in characters.
pub const TOUCH_SOURCE_CHARS_MAX: usize = 100;
/// Length of a source in a report, in characters: it is copied into an index that is billed by the kilobyte.
pub const SOURCE_CHARS_MAX: usize = 40;

/// How many copies of the nurture function may send at once: a sweep and a wake-up. Each takes its share of SES's rate,
/// so that together they keep to it. `infra/template.yaml` reserves as many.
pub const SENDERS: u32 = 2;

/// A sweep that sets alarms anew after a publish keeps others off for so long: longer than the function lives.
pub const ALARMS_LEASE: SignedDuration = SignedDuration::from_secs(90);
/// A published version that no function has seen after this long never comes: the publish broke off (R127).
pub const PUBLISH_AWAITED: SignedDuration = SignedDuration::from_hours(1);
/// Nobody stands in a campaign's list before a gap of so many years: longer than anybody may keep people of whom nothing is
/// heard.
pub const LISTS_EMPTY: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);
