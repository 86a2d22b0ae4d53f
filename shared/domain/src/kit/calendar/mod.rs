//! When emails may leave: opening hours, holidays, delays, and where a step of a sequence lands.
//!
//! Days and hours are those of the wall clock in a given zone, so a change of clocks moves no email. Every moment that
//! comes out is a whole second when what went in was.

mod delay;
mod holidays;
mod step;
mod texts;
mod window;

pub use self::delay::{Delay, DelayProblem};
pub use self::holidays::{Holiday, holiday_fr};
pub use self::step::{Moved, Placed, step_time};
pub use self::window::{Clock, Closed, Window};

#[cfg(test)]
mod tests;
