//! Telephone numbers as people write them, and what is none.

use super::*;

#[track_caller]
fn check(typed: &str, country: &str, expected: Option<&str>) {
    let read = Phone::read(typed, country).map(|(phone, _)| phone.0);
    assert_eq!(read.as_deref(), expected, "{typed}");
}

#[test]
fn a_number_is_read_as_people_write_it() {
    for typed in [
        "0612345678",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "06\u{2013}12\u{2013}34\u{2013}56\u{2013}78",
        "+33612345678",
        "+33 6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        "(+33)612345678",
        "0033612345678",
        "00 33 6 12 34 56 78",
        "tel:+33612345678",
        "Tél. 06 12 34 56 78",
        "Tél. : 06 12 34 56 78",
        "\u{ff10}\u{ff16}12345678",
        "06 12 34 56 78 (bureau)",
        "0612345678 poste 12",
        "06\u{a0}12\u{202f}34 56 78",
        "06 12 34 56 78 / 01 99 00 12 34",
        "33612345678",
        "+33 06 12 34 56 78",
        "(06) 12 34 56 78",
    ] {
        check(typed, "FR", Some("+33612345678"));
    }
    check("020 7946 0018", "GB", Some("+442079460018"));
    check("(212) 555-0123", "US", Some("+12125550123"));
    check("+1 212 555 0123", "FR", Some("+12125550123"));
    check("02 123 45 67", "BE", Some("+3221234567"));
    check("612345678", "ES", Some("+34612345678"));
    check("+86 10 1234 5678", "FR", Some("+861012345678"));
}

#[test]
fn what_is_no_number_is_refused() {
    for typed in [
        "",
        "abc",
        "12",
        "06 12",
        "0612345678901234567890",
        "+",
        "+33",
        "999999999",
        "+331",
    ] {
        check(typed, "FR", None);
    }
}

#[test]
fn what_stands_beside_the_number_is_kept() {
    let beside = |typed: &str| Phone::read(typed, "FR").and_then(|(_, beside)| beside);
    assert_eq!(beside("06 12 34 56 78"), None);
    assert_eq!(beside("06 12 34 56 78 (bureau)").as_deref(), Some("(bureau)"));
    assert_eq!(beside("0612345678 poste 12").as_deref(), Some("poste 12"));
    assert_eq!(
        beside("06 12 34 56 78 / 01 99 00 12 34").as_deref(),
        Some("01 99 00 12 34")
    );
    assert_eq!(beside("06 12 34 56 78.").as_deref(), None);
    assert_eq!(beside("« 06 12 34 56 78 »,").as_deref(), None);
}

#[test]
fn a_number_is_shown_as_people_write_it_and_read_back_the_same() {
    for (stored, country, shown) in [
        ("+33612345678", "FR", "06 12 34 56 78"),
        ("+33612345678", "BE", "+33 6 12 34 56 78"),
        ("+3221234567", "FR", "+32 212 345 67"),
        ("+12125550123", "FR", "+1 212 555 0123"),
        ("+861012345678", "FR", "+861012345678"),
    ] {
        let phone = Phone::stored(stored).expect("a number");
        assert_eq!(phone.shown(country), shown);
        assert_eq!(Phone::read(shown, country).map(|(phone, _)| phone), Some(phone));
    }
    for plan in PLANS {
        let number = Phone::stored(&format!("+{}{}", plan.code, "2".repeat(plan.digits.1))).expect("a number");
        for country in [plan.country, "XX"] {
            let shown = number.shown(country);
            assert_eq!(
                Phone::read(&shown, country).map(|(phone, _)| phone),
                Some(number.clone()),
                "{shown}"
            );
        }
        assert!(jiff::tz::TimeZone::get(plan.zone).is_ok(), "{}", plan.zone);
    }
    for (zone, _) in NORTH_AMERICA {
        assert!(jiff::tz::TimeZone::get(zone).is_ok(), "{zone}");
    }
}

#[test]
fn a_number_tells_the_zone_of_its_country() {
    let zone = |text| Phone::stored(text).and_then(|phone| phone.zone());
    assert_eq!(zone("+33612345678"), Some("Europe/Paris"));
    assert_eq!(zone("+12125550123"), Some("America/New_York"));
    assert_eq!(zone("+14155550123"), Some("America/Los_Angeles"));
    assert_eq!(zone("+861012345678"), None);
    assert_eq!((country_of("Europe/Brussels"), country_of("Etc/UTC")), ("BE", "FR"));
}

#[test]
fn r71_a_number_hides_itself() {
    let phone = Phone::stored("+33612345678").expect("a number");
    assert_eq!(format!("{phone:?}"), "Phone(hidden)");
}

#[test]
fn numbers_are_read_as_each_country_writes_them() {
    for (typed, country, read) in [
        ("02/123.45.67", "BE", "+3221234567"),
        ("0475/12 34 56", "BE", "+32475123456"),
        ("0211/123456", "DE", "+49211123456"),
        ("+49 (0)30 123456", "FR", "+4930123456"),
        ("+49 030 123456", "FR", "+4930123456"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("+44 (0) 20 7946 0018", "FR", "+442079460018"),
        ("07400 123456", "GB", "+447400123456"),
        ("011 33 6 12 34 56 78", "US", "+33612345678"),
        ("[06] 12 34 56 78", "FR", "+33612345678"),
        ("(06 12 34 56 78)", "FR", "+33612345678"),
        ("\u{ff0b}33 6 12 34 56 78", "GB", "+33612345678"),
        ("+33 (0) 6 12 34 56 78", "FR", "+33612345678"),
        ("+33[0]612345678", "FR", "+33612345678"),
        ("0033 (0)6 12 34 56 78", "FR", "+33612345678"),
        ("612345678", "FR", "+33612345678"),
        ("N° : 06 12 34 56 78", "FR", "+33612345678"),
        ("(0)6 12 34 56 78", "FR", "+33612345678"),
    ] {
        check(typed, country, Some(read));
    }
    for typed in [
        "n/a",
        "-",
        "néant",
        "0000000000",
        "000000000000",
        "06 12 34 56",
        "12/05/2026",
        "3949",
        "1234567890",
        "le 12/05/2026 06",
        "0800 FLOWERS",
        "()",
        "+ +",
        "+33 00 12 34 56 78 9",
        "(((",
    ] {
        check(typed, "FR", None);
    }
}

#[test]
fn of_several_numbers_the_first_counts_and_the_rest_is_kept() {
    for (typed, kept) in [
        ("06 12 34 56 78 07 98 76 54 32", "07 98 76 54 32"),
        ("06 12 34 56 78 - 01 99 00 12 34", "01 99 00 12 34"),
        ("0612345678\n0199001234", "0199001234"),
        ("0612345678/0199001234", "0199001234"),
        ("0612345678 ou 0199001234", "ou 0199001234"),
        ("0612345678; +44 20 7946 0018", "+44 20 7946 0018"),
        ("+33612345678 +33199001234", "+33199001234"),
        ("0612345678 ext. 12", "ext. 12"),
        ("0612345678x12", "x12"),
        ("06 12 34 56 78 12", "12"),
        ("06 12 34 56 78 (12)", "(12)"),
        ("Bureau : 06 12 34 56 78", "Bureau"),
        ("Mobile 06 12 34 56 78 (le soir)", "Mobile (le soir)"),
        ("Poste 12, 06 12 34 56 78", "Poste 12"),
        ("2e étage 06 12 34 56 78", "2e étage"),
        ("Bureau 3: 06 12 34 56 78", "Bureau 3"),
        ("Bureau 3 06 12 34 56 78", "Bureau 3"),
        ("Bureau 3 - 06 12 34 56 78", "Bureau 3"),
        ("Bureau 3 (06) 12 34 56 78", "Bureau 3"),
        ("3 +33 6 12 34 56 78", "3"),
        ("12 rue Haute, 75002 06.12.34.56.78", "12 rue Haute, 75002"),
        ("1 2 0612345678, le soir", "1 2 le soir"),
        ("le soir / 06 12 34 56 78", "le soir"),
    ] {
        let (phone, beside) = Phone::read(typed, "FR").unwrap_or_else(|| panic!("{typed}"));
        assert_eq!(
            (phone.expose(), beside.as_deref()),
            ("+33612345678", Some(kept)),
            "{typed}"
        );
    }
}

/// Each way of writing one number, with each sign between its digits, before it and around it.
#[test]
fn one_number_is_one_however_its_digits_are_parted() {
    let signs = [
        "", " ", "\u{a0}", "\u{202f}", ".", "-", "\u{2010}", "\u{2011}", "\u{2013}", "\u{2014}", "\u{2212}", " - ",
    ];
    for sign in signs {
        let pairs = ["12", "34", "56", "78"].join(sign);
        for start in [
            "06",
            "+33 6",
            "+336",
            "0033 6",
            "00 33 6",
            "(+33) 6",
            "(+33)6",
            "+33 (0)6",
            "+33 (0) 6",
            "(06)",
            "33 6",
        ] {
            for around in ["{}", "tel:{}", "Tél. {}", "Tél : {}", "({})", " {} "] {
                let typed = around.replace("{}", &format!("{start}{sign}{pairs}"));
                let read = Phone::read(&typed, "FR");
                assert_eq!(
                    read.map(|(phone, beside)| (phone.0, beside)),
                    Some(("+33612345678".to_owned(), None)),
                    "{typed:?}"
                );
                let wide: String = typed
                    .chars()
                    .map(|c| c.to_digit(10).and_then(|d| char::from_u32(0xff10 + d)).unwrap_or(c))
                    .collect();
                assert_eq!(
                    Phone::read(&wide, "FR").map(|(phone, _)| phone.0).as_deref(),
                    Some("+33612345678"),
                    "{wide:?}"
                );
            }
        }
    }
}

/// No text panics, and what was read is read again as the same, from any country.
#[test]
fn r121_any_text_is_a_number_or_none() {
    let pieces = [
        "0", "06", "12", "33", "+", "(", ")", "[", "0)", " ", ".", "-", "/", "tel:", "é", "\0", "１", "x", "\u{200b}",
        "00", "\u{ff0b}",
    ];
    let mut chance = crate::samples::Chance(164);
    for _ in 0..40_000 {
        let text: String = (0..chance.below(14)).map(|_| *chance.pick(&pieces)).collect();
        for country in ["FR", "DE", "US", "IT"] {
            if let Some((phone, _)) = Phone::read(&text, country) {
                assert_eq!(Phone::stored(phone.expose()), Some(phone.clone()), "{text:?}");
                assert_eq!(Phone::read(phone.expose(), "GB"), Some((phone, None)), "{text:?}");
            }
        }
    }
}

#[test]
fn a_number_is_found_in_whatever_spelling_whole_or_in_part() {
    let phone = |text: &str| Phone::stored(text).expect("a number");
    let french = phone("+33199001234");
    for typed in [
        "+33 1 99 00 12 34",
        "0033199001234",
        "+33 (0)1 99 00 12 34",
        "+33 01.99.00.12.34",
        "01 99 00 12 34",
        "0199001234",
        "Tél. : 01 99 00 12 34",
        "01-99-00",
        "(01) 99 00",
        "99 00 12",
        "1234",
        "+33 1 99",
        "+33 01 99",
        "+33 (0)1 99",
        "331",
        "０１ ９９",
    ] {
        let part = PhonePart::read(typed, "FR").expect(typed);
        assert!(french.has(&part), "{typed}");
    }
    for other in ["+33 2 99", "0299", "1235", "+44 1 99", "01 99 00 12 35"] {
        let part = PhonePart::read(other, "FR").expect(other);
        assert!(!french.has(&part), "{other}");
    }
    for none in ["", "Ana", "p07", "ana@example.org", "+", "12 rue de la Paix"] {
        assert_eq!(PhonePart::read(none, "FR"), None, "{none}");
    }
    let typed = PhonePart::read("020 7946 0018", "GB").expect("a number");
    assert!(phone("+442079460018").has(&typed));
    assert!(phone("+12125550123").has(&PhonePart::read("(212) 555-0123", "US").expect("a number")));
}

#[test]
fn r121_a_text_beyond_any_number_is_not_looked_through() {
    let zeros = "0".repeat(64 * 1_024);
    assert!(Phone::read(&zeros, "FR").is_none());
    let note = format!("06 12 34 56 78 {}", "x".repeat(900));
    assert!(Phone::read(&note, "FR").is_some());
}

/// Found by the fuzz of readers: what is read can be stored, and read from there.
#[test]
fn r121_what_is_read_is_what_is_stored() {
    assert_eq!(Phone::read("+434466", "FR"), None);
    let (short, _) = Phone::read("+43 1 5351", "AT").expect("seven digits are enough");
    assert_eq!(Phone::stored(short.expose()), Some(short));
}
