//! Visitors by day, as another counter counted them.

use jiff::civil::Date;
use piste_adapters::App;
use piste_domain::CampaignId;
use piste_domain::kit::ids::is_name;

use crate::OperationError;

/// Stores the visitors of a campaign's days, in place of those counted on these days.
///
/// # Errors
/// [`OperationError::NoCampaign`], [`OperationError::Store`]; doing it again finishes the work.
pub async fn import(app: &App, campaign: &str, days: &[(Date, u64)]) -> Result<(), OperationError> {
    let catalog = app.catalog().await?;
    let known = is_name(campaign).then(|| catalog.get(&CampaignId::new(campaign)));
    let campaign = known.flatten().ok_or(OperationError::NoCampaign)?;
    for (day, visitors) in days {
        let store = &app.store;
        store
            .set_visitors(&campaign.workspace, &campaign.id, *day, *visitors)
            .await?;
    }
    Ok(())
}

/// The rows of a file of lines `2026-03-02,120`, or the numbers of the lines that are not; a first line without a day is
/// its heading.
pub fn read(text: &str) -> Result<Vec<(Date, u64)>, Vec<usize>> {
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let mut cells = line.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"'));
        let (day, visitors, rest) = (cells.next().unwrap_or_default(), cells.next(), cells.next());
        match (day.parse::<Date>(), visitors.map(str::parse::<u32>), rest) {
            (Ok(day), Some(Ok(visitors)), None) => rows.push((day, u64::from(visitors))),
            _ if line.trim().is_empty() => {}
            (Err(_), ..) if number == 0 && !day.starts_with(|c: char| c.is_ascii_digit()) => {}
            _ => wrong.push(number + 1),
        }
    }
    if wrong.is_empty() { Ok(rows) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_are_read_from_what_spreadsheets_write() {
        let day = |day| jiff::civil::date(2026, 3, day);
        let check = |text, expected| assert_eq!(read(text), expected, "{text}");
        check("2026-03-01,12\n2026-03-02,0\n", Ok(vec![(day(1), 12), (day(2), 0)]));
        check(
            "\u{feff}Jour;Visiteurs\r\n2026-03-01;12\r\n\r\n",
            Ok(vec![(day(1), 12)]),
        );
        check("day\tvisitors\n\"2026-03-01\"\t\"12\"", Ok(vec![(day(1), 12)]));
        check("", Ok(vec![]));
        check(
            "2026-03-01,twelve\n2026-02-30,1\n2026-03-03,-1\n2026-03-04\n2026-03-05,1,2\nx,1",
            Err(vec![1, 2, 3, 4, 5, 6]),
        );
    }
}
