//! The one file that reads the wall clock and draws from chance. Everything else takes both as arguments.

use std::sync::{Arc, RwLock};

use jiff::Timestamp;
use piste_domain::ClaimToken;
use piste_domain::kit::ids::base32_26;

/// Where the time comes from. All moments are whole seconds: that is what the store keeps.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    Wall,
    /// A clock of the local system, moved by hand.
    Virtual(Arc<RwLock<VirtualTime>>),
    /// The simulation's: the time of its world, as this process sees it.
    #[cfg(feature = "simulation")]
    Simulated(Simulated),
}

/// Time of a simulated world.
#[cfg(feature = "simulation")]
#[derive(Clone)]
pub struct Simulated(pub Arc<dyn Fn() -> Timestamp + Send + Sync>);

#[cfg(feature = "simulation")]
impl std::fmt::Debug for Simulated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Simulated")
    }
}

/// Where chance comes from.
#[derive(Clone, Debug, Default)]
pub enum Chance {
    /// The operating system's generator.
    #[default]
    System,
    /// The simulation's: the same seed gives the same run.
    #[cfg(feature = "simulation")]
    Seeded(Arc<std::sync::Mutex<u64>>),
}

impl Chance {
    /// Some bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        match self {
            Self::System => random_bytes(),
            #[cfg(feature = "simulation")]
            Self::Seeded(state) => {
                // SplitMix64 (Steele, Lea and Flood, 2014).
                let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                std::array::from_fn(|_| {
                    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    (z ^ (z >> 31)).to_be_bytes()[0]
                })
            }
        }
    }

    /// The key of a row that nothing leads to: shaped like a lead's id, and made of nothing but chance.
    pub fn row_key(&self) -> String {
        base32_26(&self.bytes::<32>())
    }

    /// A token for one claim: 48 bits are plenty to tell apart the few tries at one lead.
    pub fn claim_token(&self) -> ClaimToken {
        ClaimToken::new(hex(&self.bytes::<6>()))
    }
}

/// The time of a virtual clock.
#[derive(Clone, Copy, Debug)]
pub enum VirtualTime {
    /// Stands still until moved.
    Still(Timestamp),
    /// Runs with the machine's clock, this many seconds ahead.
    Ahead(i64),
}

impl Clock {
    /// The moment, in whole seconds.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Wall => wall(),
            Self::Virtual(time) => match *time.read().expect("nobody panics while moving the clock") {
                VirtualTime::Still(now) => whole(now),
                VirtualTime::Ahead(seconds) => wall() + jiff::SignedDuration::from_secs(seconds),
            },
            #[cfg(feature = "simulation")]
            Self::Simulated(time) => whole(time.0()),
        }
    }

    /// Moves a virtual clock forward to a moment; back is never. The wall clock does not move.
    pub fn move_to(&self, to: Timestamp) {
        let Self::Virtual(time) = self else { return };
        let (now, to) = (self.now(), whole(to));
        if to <= now {
            return;
        }
        let mut time = time.write().expect("nobody panics while moving the clock");
        *time = match *time {
            VirtualTime::Still(_) => VirtualTime::Still(to),
            VirtualTime::Ahead(_) => VirtualTime::Ahead(to.as_second() - wall().as_second()),
        };
    }
}

/// The store keeps whole seconds, so a moment with a fraction would not be the same after it was read back.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
fn wall() -> Timestamp {
    let since_1970 = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_second(since_1970.as_secs().cast_signed()).unwrap_or(Timestamp::MAX)
}

/// Bytes from the operating system's generator.
///
/// # Panics
/// If the operating system gives none: without chance no claim and no key is safe, so nothing may go on.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A text of `2 * N` hexadecimal digits by chance.
pub fn random_hex<const N: usize>() -> String {
    hex(&random_bytes::<N>())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}
