//! How fast mail may leave: what SES grants, read from SES and shared by all who send.

use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use piste_adapters::App;
use piste_adapters::mail::ses::Mailer;
use piste_adapters::telemetry;
use piste_domain::kit::limits::SENDERS;
use piste_domain::rules::sending::Quota;

/// How long what SES grants is taken as still so.
const READ_AGAIN: SignedDuration = SignedDuration::from_secs(60);
/// Until SES says more: the least it grants anyone.
const LEAST: Quota = Quota {
    per_second: 1,
    per_day: None,
};

/// The pace of one sandbox.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    quota: Option<Quota>,
    read_at: Option<Timestamp>,
    /// Emails left of the day's, if there is a limit.
    left: Option<u64>,
    /// When the next email may leave.
    next: Option<tokio::time::Instant>,
}

impl Pace {
    /// What SES grants, at most a minute old.
    pub async fn quota(&self, app: &App, mailer: &Mailer) -> Quota {
        let now = app.now();
        {
            let state = self.lock();
            let fresh = state
                .read_at
                .is_some_and(|at| now.duration_since(at).abs() < READ_AGAIN);
            if let Some(quota) = state.quota.filter(|_| fresh) {
                return quota;
            }
        }
        let read = mailer.quota().await;
        let mut state = self.lock();
        match read {
            Some((quota, used)) => {
                state.quota = Some(quota);
                state.left = quota.per_day.map(|day| day.saturating_sub(used));
            }
            None => telemetry::log("quota_unread", &[]),
        }
        state.read_at = Some(now);
        state.quota.unwrap_or(LEAST)
    }

    /// What SES last said that it grants, if it said so yet.
    pub fn granted(&self) -> Option<Quota> {
        self.lock().quota
    }

    /// How many emails may be under way at once, so that none waits for its turn longer than about two seconds.
    pub fn side_by_side(quota: Quota, most: usize) -> usize {
        let share = 2 * quota.per_second / SENDERS;
        (share as usize).clamp(1, most)
    }

    /// Waits for an email's turn. False: the day's emails are used up.
    pub async fn turn(&self) -> bool {
        let at = {
            let mut state = self.lock();
            if state.left == Some(0) {
                return false;
            }
            state.left = state.left.map(|left| left - 1);
            let per_second = state.quota.unwrap_or(LEAST).per_second;
            let spacing = Duration::from_secs(1) * SENDERS / per_second.max(1);
            let now = tokio::time::Instant::now();
            let at = state.next.map_or(now, |next| next.max(now));
            state.next = Some(at + spacing);
            at
        };
        tokio::time::sleep_until(at).await;
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(per_second: u32, left: Option<u64>) -> Pace {
        Pace(Mutex::new(State {
            quota: Some(Quota {
                per_second,
                per_day: left,
            }),
            left,
            ..State::default()
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn r22_i11_emails_leave_at_this_copys_share_of_the_rate() {
        for per_second in [1, 2, 14, 100] {
            let pace = granted(per_second, None);
            let start = tokio::time::Instant::now();
            let turns = 10 * per_second;
            for _ in 0..=turns {
                assert!(pace.turn().await);
            }
            let took = start.elapsed().as_secs_f64();
            assert!(
                (took - f64::from(10 * SENDERS)).abs() < 0.2,
                "{per_second} a second: {took} s"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn r22_a_pause_is_not_made_up_for_by_a_burst() {
        let pace = granted(10, None);
        assert!(pace.turn().await);
        tokio::time::sleep(Duration::from_secs(60)).await;
        let start = tokio::time::Instant::now();
        for _ in 0..6 {
            pace.turn().await;
        }
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn r22_no_email_beyond_the_days_grant() {
        let pace = granted(14, Some(3));
        for expected in [true, true, true, false, false] {
            assert_eq!(pace.turn().await, expected);
        }
    }

    #[test]
    fn few_emails_are_under_way_where_the_rate_is_low() {
        for (per_second, expected) in [(0, 1), (1, 1), (2, 2), (14, 14), (500, 20)] {
            let quota = Quota {
                per_second,
                per_day: None,
            };
            assert_eq!(Pace::side_by_side(quota, 20), expected, "{per_second}");
        }
    }
}
