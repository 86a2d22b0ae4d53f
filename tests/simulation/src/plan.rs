//! What a run is to be: how many leads, which faults and how often, all drawn from one seed (swarm testing: each run
//! has some kinds of faults often, some rarely, some not at all).

use jiff::{SignedDuration, Timestamp};
use piste_domain::campaign::destination::Kind;
use strum::VariantArray as _;

use crate::chance::Chance;

/// A kind of fault, or of trouble that people make. R31 lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A tick of the schedule does not come.
    TickDropped,
    /// A tick comes up to five times, together or minutes apart.
    TickRepeated,
    /// A tick comes up to 48 hours late.
    TickLate,
    /// The schedule stands still for up to three days.
    ScheduleDead,
    /// A message of the table's stream is lost.
    StreamLost,
    /// A message of the table's stream comes twice.
    StreamRepeated,
    /// The process dies before a request.
    CrashBefore,
    /// The process dies between what a request does and its answer.
    CrashAfter,
    /// A request takes so long that the function is stopped.
    Hang,
    /// Requests take their time.
    Slow,
    /// DynamoDB throttles.
    StoreThrottled,
    /// DynamoDB does not do it and does not say so.
    StoreNoAnswer,
    /// DynamoDB does it and its answer is lost.
    StoreAnswerLost,
    /// DynamoDB does it, its answer is lost, and the client repeats the request.
    StoreRepeated,
    /// The index of due leads lags up to ten minutes.
    IndexLag,
    /// SES throttles without need.
    SesThrottled,
    /// SES refuses for now.
    SesBusy,
    /// SES refuses for good.
    SesRefused,
    /// SES accepts and the answer is lost.
    SesAcceptLost,
    /// SES does not accept and gives no answer.
    SesLost,
    /// SES does not tell its quota.
    QuotaUnread,
    /// An event of SES is lost.
    EventLost,
    /// An event of SES comes again.
    EventRepeated,
    /// An event of SES comes up to 24 hours late.
    EventLate,
    /// All events of SES are lost for hours.
    EventOutage,
    /// The clocks of processes differ by up to five minutes, and jump.
    ClockSkew,
    /// All processes are replaced in the middle of their work.
    Deploy,
    /// The key that signs links is rotated.
    KeysRotated,
    /// The owner edits a sequence while leads are in it.
    SequenceEdited,
    /// The table is restored from a backup of hours before.
    Restored,
    /// An item becomes unreadable.
    Poison,
    /// Addresses bounce.
    Bounces,
    /// Mailboxes do not take mail for a while.
    SoftBounces,
    /// People press "spam".
    Complaints,
    /// People opt out, and some come back.
    OptOuts,
    /// Sales moves leads.
    StageMoves,
    /// People have themselves erased, and some come back.
    Erasures,
    /// SES grants as little as to a new account.
    TightQuota,
    /// More processes send at once than are meant to.
    Crowd,
    /// A call to another system does nothing and gets no answer.
    CallCut,
    /// Another system does what it is asked to, and its answer is lost.
    CallAnswerLost,
    /// Another system refuses for now, or for as long as nobody looks at it.
    CallRefused,
    /// Another system does it and says something that is none of its words, or sends elsewhere.
    CallLied,
    /// Another system is down for hours or days, one of them until long after all else is calm.
    OtherDown,
    /// A person pauses a destination for hours.
    OtherPaused,
    /// The key or the tokens of another system are taken back.
    KeyRevoked,
    /// Other systems grant little.
    TightLimits,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 47] = [
        Self::TickDropped,
        Self::TickRepeated,
        Self::TickLate,
        Self::ScheduleDead,
        Self::StreamLost,
        Self::StreamRepeated,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::Hang,
        Self::Slow,
        Self::StoreThrottled,
        Self::StoreNoAnswer,
        Self::StoreAnswerLost,
        Self::StoreRepeated,
        Self::IndexLag,
        Self::SesThrottled,
        Self::SesBusy,
        Self::SesRefused,
        Self::SesAcceptLost,
        Self::SesLost,
        Self::QuotaUnread,
        Self::EventLost,
        Self::EventRepeated,
        Self::EventLate,
        Self::EventOutage,
        Self::ClockSkew,
        Self::Deploy,
        Self::KeysRotated,
        Self::SequenceEdited,
        Self::Restored,
        Self::Poison,
        Self::Bounces,
        Self::SoftBounces,
        Self::Complaints,
        Self::OptOuts,
        Self::StageMoves,
        Self::Erasures,
        Self::TightQuota,
        Self::Crowd,
        Self::CallCut,
        Self::CallAnswerLost,
        Self::CallRefused,
        Self::CallLied,
        Self::OtherDown,
        Self::OtherPaused,
        Self::KeyRevoked,
        Self::TightLimits,
    ];

    /// Whether it can strike only where other systems are told of leads.
    pub fn is_of_others(self) -> bool {
        self as usize >= Self::CallCut as usize
    }
}

/// How often each fault strikes, in parts of a million of its occasions.
#[derive(Clone, Debug)]
pub struct Swarm([u32; Fault::ALL.len()]);

impl Swarm {
    /// No fault at all.
    pub fn calm() -> Self {
        Self([0; Fault::ALL.len()])
    }

    /// Each kind rare, common or absent.
    pub fn draw(chance: &mut Chance, of_others: Option<&mut Chance>) -> Self {
        let mut swarm = Self::calm();
        let mut of_others = of_others;
        for fault in Fault::ALL {
            // By a chance of their own: a seed without other systems is the run that it was before there were any.
            let chance = match (fault.is_of_others(), &mut of_others) {
                (false, _) => &mut *chance,
                (true, Some(chance)) => &mut **chance,
                (true, None) => continue,
            };
            let rate = *chance.pick(&[0, 0, 1_000, 10_000, 50_000]);
            // What strikes whole runs, not single requests, is on or off.
            let rate = match fault {
                Fault::IndexLag | Fault::ClockSkew | Fault::Crowd => u32::from(rate > 0) * 1_000_000,
                Fault::TightQuota | Fault::TightLimits => u32::from(rate >= 50_000) * 1_000_000,
                Fault::Complaints | Fault::Restored => u32::from(rate >= 50_000) * 20_000,
                Fault::OptOuts | Fault::StageMoves | Fault::Erasures => rate * 3,
                // One process serves many leads, so this many times is enough to try everything.
                Fault::CrashBefore | Fault::CrashAfter | Fault::Hang => rate / 10,
                _ => rate,
            };
            swarm.0[fault as usize] = rate;
        }
        swarm
    }

    /// How often this one strikes.
    pub fn rate(&self, fault: Fault) -> u32 {
        self.0[fault as usize]
    }

    /// Sets one.
    pub fn with(mut self, fault: Fault, rate: u32) -> Self {
        self.0[fault as usize] = rate;
        self
    }
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// From which everything follows.
    pub seed: u64,
    /// People who post the form.
    pub leads: usize,
    /// Within how long they come.
    pub arrivals: SignedDuration,
    /// How long faults strike; after that they stop, and everything must come to its end (R32).
    pub chaos: SignedDuration,
    /// When it begins.
    pub start: Timestamp,
    /// The faults.
    pub swarm: Swarm,
    /// Whether nurture emails go at most once, whatever is proven.
    pub strict: bool,
    /// Whether somebody else's campaign runs beside the demo's.
    pub second_campaign: bool,
    /// Which other systems are told of leads.
    pub told: Vec<Kind>,
    /// The one among them that hears of a lead once it is an MQL.
    pub late_kind: Option<Kind>,
    /// What SES grants: emails a second, and a day.
    pub per_second: u32,
    /// See `per_second`; `None` is no limit.
    pub per_day: Option<u64>,
    /// The process dies at these requests.
    pub crash_at: Vec<CrashPoint>,
    /// Everybody does the usual: posts, confirms, reads.
    pub exemplary: bool,
    /// No event of SES gets lost, and the product knows: no canary flies.
    pub events_arrive: bool,
    /// The lead whose story is told on standard error.
    pub follow: Option<String>,
}

/// Where a process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CrashPoint {
    /// At which request, counted from 0 over the whole run.
    pub request: u64,
    /// On which side of it.
    pub moment: Moment,
}

/// On which side of a request a process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Nothing was done.
    Before,
    /// It was done, and the answer did not come in.
    After,
    /// It was done, and the answer came too late: the function was stopped.
    TooLate,
}

impl Moment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Before, Self::After, Self::TooLate];
}

impl Plan {
    /// The run of a seed.
    pub fn of(seed: u64, leads: usize) -> Self {
        Self::drawn(seed, leads, None)
    }

    /// The run of a seed in which other systems are told of leads. Their calls take longer than all else.
    pub fn told_of(seed: u64, leads: usize) -> Self {
        Self::drawn(seed, leads, Some(Chance::new(seed ^ 0x0e1a_4000)))
    }

    fn drawn(seed: u64, leads: usize, mut of_others: Option<Chance>) -> Self {
        let mut chance = Chance::new(seed);
        let swarm = Swarm::draw(&mut chance, of_others.as_mut());
        let (told, late_kind) = of_others.map_or_else(Default::default, |mut chance| others(&mut chance, &swarm));
        let tight = swarm.rate(Fault::TightQuota) > 0;
        let day = SignedDuration::from_hours(24);
        let start = Timestamp::from_second(1_767_225_600 + chance.below(330 * 86_400) as i64).expect("a moment");
        Self {
            seed,
            leads,
            arrivals: SignedDuration::from_hours(chance.between(1, 60) as i64),
            chaos: day * chance.between(6, 18) as i32,
            start,
            strict: chance.once_in(4),
            second_campaign: chance.once_in(3),
            told,
            late_kind,
            per_second: if tight { 2 } else { *chance.pick(&[14, 50, 200]) },
            per_day: tight.then_some((leads as u64).max(20)),
            swarm,
            crash_at: Vec::new(),
            exemplary: false,
            events_arrive: false,
            follow: None,
        }
    }

    /// One lead, whose processes die at these requests; nothing else goes wrong.
    pub fn one_lead(crash_at: Vec<CrashPoint>) -> Self {
        Self {
            chaos: SignedDuration::ZERO,
            crash_at,
            exemplary: true,
            events_arrive: true,
            ..Self::calm(1, 1)
        }
    }

    /// The same where every kind of other system is told of them.
    pub fn one_lead_told(crash_at: Vec<CrashPoint>) -> Self {
        Self {
            told: Kind::VARIANTS.to_vec(),
            ..Self::one_lead(crash_at)
        }
    }

    /// A large run: every kind of fault that strikes single requests, each once in a thousand times; and every email is to come (R29).
    pub fn large(seed: u64, leads: usize) -> Self {
        let whole = [
            Fault::TightQuota,
            Fault::Restored,
            Fault::SequenceEdited,
            Fault::Complaints,
            Fault::Crowd,
            Fault::IndexLag,
            Fault::ClockSkew,
        ];
        let single = Fault::ALL
            .into_iter()
            .filter(|fault| !whole.contains(fault) && !fault.is_of_others());
        let swarm = single.fold(Swarm::calm(), |swarm, fault| swarm.with(fault, 1_000));
        Self {
            swarm,
            chaos: SignedDuration::from_hours(14 * 24),
            strict: false,
            second_campaign: false,
            told: Vec::new(),
            late_kind: None,
            per_second: 200,
            per_day: None,
            ..Self::of(seed, leads)
        }
    }

    /// A run in which nothing goes wrong.
    pub fn calm(seed: u64, leads: usize) -> Self {
        Self {
            swarm: Swarm::calm(),
            strict: false,
            second_campaign: false,
            told: Vec::new(),
            late_kind: None,
            per_second: 200,
            per_day: None,
            ..Self::of(seed, leads)
        }
    }
}

/// A webhook, half the time a chat, and two CRMs.
fn others(chance: &mut Chance, swarm: &Swarm) -> (Vec<Kind>, Option<Kind>) {
    let mut crms = vec![Kind::Hubspot, Kind::Salesforce, Kind::Zoho];
    // Where clocks are minutes apart two processes can hold one lease, and nothing is unique in Pipedrive.
    if swarm.rate(Fault::ClockSkew) == 0 {
        crms.push(Kind::Pipedrive);
    }
    while crms.len() > 2 {
        let gone = chance.below(crms.len() as u64) as usize;
        crms.remove(gone);
    }
    let late = chance.once_in(2).then(|| crms[0]);
    let chat = chance.once_in(2).then_some(Kind::Chat);
    let told = [Kind::Webhook].into_iter().chain(chat).chain(crms).collect();
    (told, late)
}
