//! How many first mails may leave in an hour, by domain, form and house (R88).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use piste_domain::kit::ids::base32_26;
use piste_domain::kit::limits::{FIRST_MAILS_DOMAIN, FIRST_MAILS_FORM, FIRST_MAILS_FREE, FIRST_MAILS_HOUSE};
use piste_domain::rules::effect::MailOrder;

use crate::store::StoreError;
use crate::{App, telemetry};

/// Seconds of the window in which first mails are counted.
const HOUR_S: i64 = 3_600;

/// How many first mails left in this hour, by domain, form and house. An ordinary hour is counted here alone; beyond that, all
/// sandboxes count together in the table.
#[derive(Debug, Default)]
pub struct Ceilings(Mutex<Hour>);

#[derive(Debug, Default)]
struct Hour {
    number: i64,
    counts: HashMap<String, Count>,
}

#[derive(Debug, Default)]
struct Count {
    left: u64,
    /// Emails that wait since the ceiling was reached; 0 while it is not.
    waiting: u64,
}

/// What is known here of one ceiling.
enum Known {
    Below,
    Asks,
    Reached(Timestamp),
}

impl Ceilings {
    /// Until when a first mail waits, because as many as may left within the hour; `None` lets it leave.
    ///
    /// # Errors
    /// [`StoreError`]: nobody knows, so it waits.
    pub async fn wait(&self, app: &App, order: &MailOrder, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let hour = now.as_second().div_euclid(HOUR_S);
        let address = order.to.abuse_key();
        let domain = address.split_once('@').map_or("", |(_, domain)| domain);
        let catalog = app.catalog().await?;
        let limits = catalog.get(&order.campaign).map(|campaign| campaign.protect.limits);
        let of_form = limits.map_or(FIRST_MAILS_FORM, |limits| limits.first_mails());
        let rows = [
            ("domain", domain, FIRST_MAILS_DOMAIN),
            ("form", order.campaign.as_str(), of_form),
            ("house", "", FIRST_MAILS_HOUSE),
        ]
        .map(|(kind, name, most)| {
            let parts = ["hour", &hour.to_string(), order.workspace.as_str(), kind, name];
            (kind, base32_26(&app.ring().identity.mac(&parts)), most)
        });
        // What waits for one of them takes nothing from the others.
        if let Some(until) = rows.iter().find_map(|(_, row, most)| self.queued(hour, row, *most)) {
            return Ok(Some(until));
        }
        for (kind, row, most) in rows {
            match self.known(hour, &row, most) {
                Known::Below => {}
                Known::Reached(until) => return Ok(Some(until)),
                Known::Asks => {
                    if !app.store.count_up_to(&row, most, now).await? {
                        telemetry::log(
                            "ceiling_reached",
                            &[("form", (&order.campaign).into()), ("code", kind.into())],
                        );
                        return Ok(Some(self.reached(hour, &row, most)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Until when an email waits for a ceiling that is known to be reached.
    fn queued(&self, hour: i64, row: &str, most: u64) -> Option<Timestamp> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_now = state.number == hour;
        let count = state.counts.get_mut(row).filter(|count| is_now && count.waiting > 0)?;
        Some(count.queue(hour, most))
    }

    fn known(&self, hour: i64, row: &str, most: u64) -> Known {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.number != hour {
            *state = Hour {
                number: hour,
                counts: HashMap::new(),
            };
        }
        let count = state.counts.entry(row.to_owned()).or_default();
        if count.waiting > 0 {
            return Known::Reached(count.queue(hour, most));
        }
        count.left += 1;
        match count.left <= FIRST_MAILS_FREE.min(most / 10) {
            true => Known::Below,
            false => Known::Asks,
        }
    }

    fn reached(&self, hour: i64, row: &str, most: u64) -> Timestamp {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.counts.entry(row.to_owned()).or_default().queue(hour, most)
    }
}

impl Count {
    /// The hour in which the next one that waits has its turn: a million of them must not all ask again in each hour.
    fn queue(&mut self, hour: i64, most: u64) -> Timestamp {
        let hours_ahead = i64::try_from(self.waiting / most).unwrap_or(i64::MAX / HOUR_S);
        self.waiting += 1;
        let next = (hour + 1).saturating_add(hours_ahead).saturating_mul(HOUR_S);
        Timestamp::from_second(next).unwrap_or(Timestamp::MAX - SignedDuration::from_hours(24))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r88_below_the_free_part_no_request_is_made_and_what_waits_is_spread_over_hours() {
        let ceilings = Ceilings::default();
        let asks = |hour| matches!(ceilings.known(hour, "a", 1_000), Known::Asks);
        assert!(!(0..FIRST_MAILS_FREE).any(|_| asks(7)));
        assert!(asks(7), "then the table is asked");
        let turns: Vec<i64> = (0..25)
            .map(|_| ceilings.reached(7, "a", 10).as_second() / HOUR_S)
            .collect();
        assert_eq!(turns, [[8; 10].as_slice(), &[9; 10], &[10; 5]].concat());
        assert!(
            matches!(ceilings.known(7, "a", 10), Known::Reached(_)),
            "and is not asked again"
        );
        assert!(matches!(ceilings.known(7, "b", 10), Known::Below));
        assert!(!asks(8), "another hour begins anew");
    }
}
