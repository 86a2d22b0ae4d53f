//! The public holidays of France.

use jiff::civil::Date;

/// A public holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Holiday {
    NewYear,
    GoodFriday,
    EasterMonday,
    LabourDay,
    Victory1945,
    Ascension,
    WhitMonday,
    BastilleDay,
    Assumption,
    AllSaints,
    Armistice1918,
    Christmas,
    SaintStephen,
}

/// The public holiday of France on `date`: the eleven of [article L3133-1](https://www.legifrance.gouv.fr/codes/id/LEGISCTA000033008129/)
/// of the Code du travail, and with `alsace_moselle` the two more of article L3134-13 (Good Friday, 26 December).
/// Today's list, whatever the year.
pub fn holiday_fr(date: Date, alsace_moselle: bool) -> Option<Holiday> {
    Some(match (date.month(), date.day()) {
        (1, 1) => Holiday::NewYear,
        (5, 1) => Holiday::LabourDay,
        (5, 8) => Holiday::Victory1945,
        (7, 14) => Holiday::BastilleDay,
        (8, 15) => Holiday::Assumption,
        (11, 1) => Holiday::AllSaints,
        (11, 11) => Holiday::Armistice1918,
        (12, 25) => Holiday::Christmas,
        (12, 26) if alsace_moselle => Holiday::SaintStephen,
        _ => match easter(date.year())?.until(date).ok()?.get_days() {
            -2 if alsace_moselle => Holiday::GoodFriday,
            1 => Holiday::EasterMonday,
            39 => Holiday::Ascension,
            50 => Holiday::WhitMonday,
            _ => return None,
        },
    })
}

/// Easter Sunday of a Gregorian year by the Meeus/Jones/Butcher method (Jean Meeus, *Astronomical Algorithms*,
/// chapter 8); `None` before 1583, the first year of that calendar.
pub(super) fn easter(year: i16) -> Option<Date> {
    if year < 1583 {
        return None;
    }
    let y = i32::from(year);
    let (golden, century, of_century) = (y % 19, y / 100, y % 100);
    let moon_correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon_correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let since_new_year = epact + weekday - 7 * late + 114;
    let (month, day) = (since_new_year / 31, since_new_year % 31 + 1);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
