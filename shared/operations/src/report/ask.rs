//! What a report is asked, as people type it or programs send it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use piste_domain::{CampaignId, codes};
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::counting::{Edge, Period};

/// How far back a report goes when it is not told: as long as leads are kept.
const YEARS_BACK: i64 = 3;
/// The longest period of one report: each month is a request, and nobody compares decades.
const YEARS_MAX: i16 = 10;
/// Largest number of visitors and largest spend that are taken: beyond it, numbers are no longer exact.
const NUMBER_MAX: f64 = 9_007_199_254_740_991.0;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// One campaign, or all of the workspace.
    pub campaign: Option<CampaignId>,
    /// The first day or moment of capture.
    pub from: Option<Edge>,
    /// The last one.
    pub to: Option<Edge>,
    /// Visitors, when nothing counted them or somebody else counted better.
    pub visitors: Option<u64>,
    /// What the campaign cost in the period.
    pub spend: Option<f64>,
    /// What a period counts.
    pub by: By,
}

/// What a period counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub enum By {
    /// What became of the enquiries of the period, whenever it happened.
    #[default]
    Cohort,
    /// What happened in the period, whenever the enquiry came.
    Period,
}

codes!(By);

/// Why an [`Ask`] cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(prefix = "bad_", serialize_all = "snake_case")]
pub enum BadAsk {
    /// Neither a day nor a moment.
    Period,
    /// From after to, or too far from it.
    #[strum(serialize = "period")]
    Span,
    /// Not a whole number from 0 on.
    Visitors,
    /// Not a number from 0 on.
    Spend,
    /// Neither `cohort` nor `period`.
    By,
}

impl BadAsk {
    /// The name of the problem for programs.
    pub fn code(self) -> &'static str {
        self.into()
    }
}

impl Ask {
    /// Reads what was typed or sent; what is blank counts as absent, so that a form may send it.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Result<Self, BadAsk> {
        let value = |name: &str| {
            value(name)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let edge = |name| match value(name) {
            None => Ok(None),
            Some(text) => Edge::read(&text).map(Some).ok_or(BadAsk::Period),
        };
        Ok(Self {
            campaign: value("campaign").map(CampaignId::new),
            from: edge("from")?,
            to: edge("to")?,
            visitors: number(value("visitors").as_deref()).map_err(|_| BadAsk::Visitors)?,
            spend: amount(value("spend").as_deref()).map_err(|_| BadAsk::Spend)?,
            by: match value("by") {
                None => By::default(),
                Some(code) => By::from_code(&code).ok_or(BadAsk::By)?,
            },
        })
    }

    pub(super) fn period(&self, now: Timestamp) -> Result<Period, BadAsk> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let back = jiff::Span::new().years(YEARS_BACK);
        let start = today.first_of_month().checked_sub(back).unwrap_or(Date::MIN);
        let period = Period {
            from: self.from.unwrap_or(Edge::Day(start)),
            to: self.to.unwrap_or(Edge::At(now)),
        };
        let (first, last) = (period.from.day(&TimeZone::UTC), period.to.day(&TimeZone::UTC));
        // Without an end, a start that is still to come finds nothing, and that is no mistake.
        let given = self.to.is_some();
        let reverse = match (period.from, period.to) {
            (Edge::At(from), Edge::At(to)) => from > to,
            _ => first > last,
        };
        if (given && reverse) || last.year() - first.year() > YEARS_MAX {
            return Err(BadAsk::Span);
        }
        Ok(period)
    }
}

/// A text that is neither empty nor a number of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

/// A whole number from 0 on, as people type it: spaces between thousands are fine.
///
/// # Errors
/// [`NotANumber`].
pub fn number(text: Option<&str>) -> Result<Option<u64>, NotANumber> {
    let Some(text) = text.map(bare).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let number = text.parse::<u64>().map_err(|_| NotANumber)?;
    if number as f64 > NUMBER_MAX {
        Err(NotANumber)
    } else {
        Ok(Some(number))
    }
}

/// A sum of money from 0 on, as people type it: `1 250,50` or `1250.50`.
///
/// # Errors
/// [`NotANumber`].
pub fn amount(text: Option<&str>) -> Result<Option<f64>, NotANumber> {
    let Some(text) = text.map(bare).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let plain = text.replace(',', ".");
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    match plain.parse::<f64>() {
        Ok(amount) if plain.chars().all(digits) && amount <= NUMBER_MAX => Ok(Some(amount)),
        _ => Err(NotANumber),
    }
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(values: &[(&str, &str)]) -> Result<Ask, BadAsk> {
        Ask::read(|name| {
            values
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn numbers_are_read_as_people_type_them() {
        let check = |text: &str, expected| assert_eq!(number(Some(text)), expected, "{text}");
        check("500", Ok(Some(500)));
        check(" 1 500 ", Ok(Some(1_500)));
        check("1\u{202f}500", Ok(Some(1_500)));
        check("", Ok(None));
        for wrong in ["-1", "1.5", "abc", "NaN", "99999999999999999999", "9007199254740993"] {
            check(wrong, Err(NotANumber));
        }
        let check = |text: &str, expected| assert_eq!(amount(Some(text)), expected, "{text}");
        check("1250.50", Ok(Some(1_250.5)));
        check("1 250,50", Ok(Some(1_250.5)));
        check("0", Ok(Some(0.0)));
        for wrong in ["-1", "1e9", "inf", "NaN", "1,250.50", "9".repeat(40).as_str()] {
            check(wrong, Err(NotANumber));
        }
    }

    #[test]
    fn what_is_blank_is_absent_and_what_does_not_hold_is_named() {
        assert_eq!(
            ask(&[("campaign", ""), ("visitors", " "), ("spend", ""), ("from", "")]),
            Ok(Ask::default())
        );
        assert_eq!(ask(&[("from", "yesterday")]), Err(BadAsk::Period));
        assert_eq!(ask(&[("visitors", "many")]), Err(BadAsk::Visitors));
        assert_eq!(ask(&[("spend", "-5")]), Err(BadAsk::Spend));
        let now = "2026-03-02T09:00:00Z".parse().expect("a moment");
        let span = |from, to| ask(&[("from", from), ("to", to)]).and_then(|ask| ask.period(now).map(drop));
        assert_eq!(span("2026-03-01", "2026-03-01"), Ok(()));
        assert_eq!(span("2026-03-02", "2026-03-01"), Err(BadAsk::Span));
        assert_eq!(span("2026-03-01T10:00:00Z", "2026-03-01T09:00:00Z"), Err(BadAsk::Span));
        assert_eq!(span("2014-12-31", "2026-03-01"), Err(BadAsk::Span));
        assert_eq!(span("", ""), Ok(()));
    }

    #[test]
    fn the_codes_of_problems_are_contracts() {
        let codes = [BadAsk::Period, BadAsk::Span, BadAsk::Visitors, BadAsk::Spend].map(BadAsk::code);
        assert_eq!(codes, ["bad_period", "bad_period", "bad_visitors", "bad_spend"]);
    }
}
