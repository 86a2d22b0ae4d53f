//! The people of a run: who they are, and what they will do about the emails they get.

use crate::chance::Chance;
use crate::plan::{Fault, Plan};

/// Part of every name, address and number of theirs, and of nothing else: where it turns up, something personal is (I17).
pub const MARK: &str = "zyxquelle";

/// How strangers call themselves.
pub const STRANGER: &str = "Fremdzyxquelle";

/// One person.
#[derive(Clone, Debug)]
pub struct Person {
    /// When they post the form for the first time, in milliseconds of the world.
    pub posts_at: u64,
    /// Whether they tick the box.
    pub ticks: bool,
    /// Whether their answers make an MQL at once.
    pub hot: bool,
    /// Whether they click twice.
    pub double_click: bool,
    /// When they post again, if they do.
    pub again_at: Option<u64>,
    /// Somebody posts their address again and again, and they never press a button.
    pub flooded: bool,
    /// When they post the other campaign's form, if they do.
    pub other_at: Option<u64>,
    /// When they ask for something new, each time in other words.
    pub further: Vec<u64>,
    /// When somebody else posts their address under a name of their own, if somebody does.
    pub stranger_at: Option<u64>,
    /// How long after the guide they press the button, if they do.
    pub confirms_after: Option<u64>,
    /// Whether a scanner opens every link first.
    pub scanned: bool,
    /// Which nurture email makes them leave, counted from 1.
    pub leaves_at: Option<u64>,
    /// Whether they come back after that.
    pub comes_back: bool,
    /// Whether they press an old button once more after they have left.
    pub presses_late: bool,
    /// Their address works no more from this email on, counted from 1.
    pub bounces_from: Option<u64>,
    /// Their mailbox refuses this many emails.
    pub soft_bounces: u64,
    /// Which mail they complain about, counted from 1.
    pub complains_at: Option<u64>,
    /// When sales moves them, and where to.
    pub moved: Option<(u64, &'static str)>,
    /// When they have themselves erased.
    pub erased_at: Option<u64>,
    /// How long after that they post the form again, if they do.
    pub returns_after: Option<u64>,
}

const HOUR: u64 = 3_600_000;

impl Person {
    /// Somebody who posts twice by mistake, confirms the same hour, and stays.
    fn exemplary() -> Self {
        Self {
            posts_at: 0,
            ticks: true,
            hot: true,
            double_click: true,
            again_at: None,
            flooded: false,
            other_at: None,
            further: Vec::new(),
            stranger_at: None,
            confirms_after: Some(HOUR / 4),
            scanned: true,
            leaves_at: None,
            comes_back: false,
            presses_late: false,
            bounces_from: None,
            soft_bounces: 0,
            complains_at: None,
            moved: None,
            erased_at: None,
            returns_after: None,
        }
    }

    /// Draws one.
    pub fn draw(plan: &Plan, chance: &mut Chance) -> Self {
        if plan.exemplary {
            return Self::exemplary();
        }
        let posts_at = chance.below(plan.arrivals.as_millis() as u64 + 1);
        let often = |chance: &mut Chance, fault| chance.ppm(plan.swarm.rate(fault));
        let ticks = !chance.once_in(7);
        let flooded = chance.once_in(40);
        let confirms = ticks && !flooded && !chance.once_in(6);
        Self {
            posts_at,
            ticks,
            hot: chance.once_in(10),
            double_click: chance.once_in(25),
            again_at: chance.once_in(20).then(|| posts_at + chance.below(300 * HOUR)),
            flooded,
            other_at: (plan.second_campaign && chance.once_in(4)).then(|| posts_at + chance.below(100 * HOUR)),
            further: match chance.below(60) {
                0 => (1..=14).map(|more| posts_at + more * 20 * HOUR).collect(),
                1..=6 => vec![posts_at + HOUR + chance.below(300 * HOUR)],
                _ => Vec::new(),
            },
            stranger_at: chance.once_in(15).then(|| posts_at + HOUR + chance.below(200 * HOUR)),
            confirms_after: confirms.then(|| match chance.below(10) {
                0..=5 => chance.below(HOUR / 2),
                6..=8 => chance.below(24 * HOUR),
                _ => chance.below(160 * HOUR),
            }),
            scanned: chance.once_in(4),
            leaves_at: often(chance, Fault::OptOuts).then(|| chance.between(1, 4)),
            comes_back: chance.once_in(3),
            presses_late: chance.once_in(2),
            bounces_from: often(chance, Fault::Bounces).then(|| chance.between(1, 5)),
            soft_bounces: if often(chance, Fault::SoftBounces) {
                chance.between(1, 4)
            } else {
                0
            },
            complains_at: often(chance, Fault::Complaints).then(|| chance.between(1, 5)),
            moved: often(chance, Fault::StageMoves).then(|| {
                (
                    posts_at + chance.below(300 * HOUR),
                    *chance.pick(&["sql", "sql", "disqualified"]),
                )
            }),
            // Many at once, while the first email is on its way.
            erased_at: often(chance, Fault::Erasures).then(|| match chance.below(300 * HOUR) {
                soon if soon % 3 == 0 => posts_at + soon % 5_000,
                later => posts_at + later,
            }),
            returns_after: chance.once_in(2).then(|| chance.below(100 * HOUR)),
        }
    }

    /// The address of the n-th one.
    pub fn address(n: usize) -> String {
        format!("{MARK}.{n}@example.com")
    }

    /// Which one an address belongs to.
    pub fn of_address(address: &str) -> Option<usize> {
        address
            .strip_prefix(MARK)?
            .strip_prefix('.')?
            .split_once('@')?
            .0
            .parse()
            .ok()
    }

    /// Whether they leave a telephone number: every third signs up and says nothing else.
    pub fn leaves_number(n: usize, hot: bool) -> bool {
        hot || !n.is_multiple_of(3)
    }

    /// What the n-th one asks for besides, for the k-th time.
    pub fn further_need(k: u32) -> String {
        format!("{MARK} again {k}")
    }

    /// What they post when they ask for something new.
    pub fn further_body(n: usize, hot: bool, k: u32) -> String {
        let need = format!("need={}", Self::further_need(k).replace(' ', "+"));
        let body = Self::body(n, false, hot);
        match hot {
            true => body.replace(&format!("need={MARK}"), &need),
            false => format!("{body}&{need}"),
        }
    }

    /// What somebody else posts under the address of the n-th one.
    pub fn strangers_body(n: usize) -> String {
        format!("email={MARK}.{n}%40example.com&first_name={STRANGER}&phone=0611223344&_lang=en&marketing_consent=on")
    }

    /// What they post.
    pub fn body(n: usize, ticks: bool, hot: bool) -> String {
        let mut body = format!("email={MARK}.{n}%40example.com");
        if Self::leaves_number(n, hot) {
            body.push_str(&format!("&first_name={MARK}&phone=0612345678"));
        }
        if hot {
            body.push_str("&company_size=50-249&budget=15000&timing=now&need=");
            body.push_str(MARK);
        }
        if ticks {
            body.push_str("&marketing_consent=on");
        }
        body
    }
}
