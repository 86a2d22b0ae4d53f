//! Spellings that are taken and what they mean, and spellings that are not; most of them made by rule, not by hand.

use jiff::civil::date as day;

use super::amount::{of_json, to_edit};
use super::boxes::Tick;
use super::{amount, boxes, date, web};
use crate::samples::Chance;

#[track_caller]
fn amounts(expected: Option<&str>, spellings: impl IntoIterator<Item = impl AsRef<str>>) {
    for spelling in spellings {
        let spelling = spelling.as_ref();
        assert_eq!(amount::read(spelling, Some("EUR")).as_deref(), expected, "{spelling:?}");
    }
}

#[test]
fn an_amount_is_read_as_people_of_europe_write_it() {
    amounts(
        Some("15000"),
        [
            "15000",
            "15 000",
            "15.000",
            "15,000",
            "15'000",
            "15’000",
            "15k",
            "15 k",
            "15K",
            "15k€",
            "15 k€",
            "k€ 15",
            "15 000 euros",
            "15 000 Euro",
            "€15,000",
            "€ 15.000",
            "EUR 15000",
            "15000EUR",
            "15.000,00 €",
            "15,000.00",
            "15 000,00",
            "15'000.00",
            "15 000.00",
            "15000.0",
            "15000,00",
            "15000 € HT",
            "15 000 € H.T.",
            "15 000 TTC",
            "15 000 € hors taxes",
            "HT 15000 €",
            "15.000,-",
            "15'000.-",
            "15.000,-- €",
            "15 000.",
            "15 000 €.",
            "+15000",
            "015000",
            "15\u{a0}000\u{a0}€",
            "15\u{2009}000",
            "15\u{202f}000",
            "１５０００",
            "１５，０００",
            "15k EUR HT",
            "15,0k",
            "15.0000 k",
            "15000 eur ttc",
            "15 000 ",
        ],
    );
    amounts(
        Some("1500"),
        [
            "1,5k",
            "1.5 k€",
            "1500,000",
            "1500.000",
            "1,500.000",
            "1.500,000",
            "1.500,00",
            "1 500.0",
        ],
    );
    amounts(
        Some("15000000"),
        [
            "15.000k€",
            "15 000 k",
            "15.000.000",
            "15,000,000",
            "15 000 000 €",
            "15'000'000",
        ],
    );
    amounts(Some("0.5"), ["0,500", "0.500", "0,5", "0.50 €"]);
    amounts(Some("83.33"), ["83,33", "83.33", "83,3300"]);
    amounts(Some("83333"), ["83.333", "83,333"]);
    amounts(Some("83.3333"), ["83.3333", "83,33330"]);
    amounts(
        Some("1234567.89"),
        [
            "1.234.567,89",
            "1,234,567.89",
            "1 234 567,89",
            "1'234'567.89",
            "1’234’567,89",
        ],
    );
    amounts(Some("-3"), ["-3", "−3", "- 3 €", "–3,00", "€ -3"]);
    amounts(Some("0"), ["0", "-0", "0,00 €", "000"]);
    assert_eq!(
        amount::read("15 m²", Some("m²")).as_deref(),
        Some("15"),
        "the field's own unit"
    );
}

#[test]
fn what_is_no_amount_for_sure_is_none() {
    amounts(
        None,
        [
            "",
            " ",
            "-",
            "€",
            "k",
            "k€",
            "abc",
            "15 k k",
            "15kk",
            "1e9",
            "1..2",
            ".5",
            ",5",
            "NaN",
            "inf",
            "12a",
            "1 5000",
            "15 00",
            "1.2.3",
            "1,2,3",
            "1.500.00",
            "1,500,00",
            "12,34,567",
            "15.000 000",
            "15 000.000 000",
            "1500 000",
            "0 500",
            "15,,000",
            "15 000 € par mois",
            "10 000 - 15 000",
            "10-15k",
            "10 à 15",
            "£15,000",
            "$15000",
            "15 M€",
            "environ 15000",
            "15 000 / 20 000",
            "1234567890123456",
            "½",
            "15:000",
            "15--",
            "--15",
            "15 %",
        ],
    );
    amounts(None, ["15 m²"]);
}

/// Each number with each grouping and each decimal mark that may stand with it, and what may stand around.
#[test]
fn every_grouping_with_every_decimal_mark_is_the_same_amount() {
    let groupings = ["", " ", "\u{a0}", "\u{2009}", "\u{202f}", ".", ",", "'", "’"];
    let around = ["{}", "{} €", "€{}", "{} EUR", "EUR {}", "{} euros HT", "{}€ TTC"];
    for (groups, fraction) in [
        (&["15", "000"][..], ""),
        (&["15", "000"], "5"),
        (&["1", "250"], "50"),
        (&["999", "999", "999"], "1234"),
        (&["1", "000", "000"], "00"),
    ] {
        for grouping in groupings {
            for mark in [".", ","] {
                if !fraction.is_empty() && grouping == mark {
                    continue;
                }
                let mark = if fraction.is_empty() { "" } else { mark };
                let spelling = format!("{}{mark}{fraction}", groups.join(grouping));
                let fraction = fraction.trim_end_matches('0');
                let point = if fraction.is_empty() { "" } else { "." };
                let canonical = format!("{}{point}{fraction}", groups.concat());
                for around in around {
                    amounts(Some(&canonical), [around.replace("{}", &spelling)]);
                }
                let wide: String = spelling
                    .chars()
                    .map(|c| c.to_digit(10).and_then(|d| char::from_u32(0xff10 + d)).unwrap_or(c))
                    .collect();
                amounts(Some(&canonical), [wide]);
            }
        }
    }
}

#[test]
fn a_number_of_json_is_one_and_a_stored_one_comes_back_from_a_form_the_same() {
    for (number, canonical) in [
        ("83.333", "83.333"),
        ("15000", "15000"),
        ("15000.0", "15000"),
        ("1.5e4", "15000"),
        ("-0.0", "0"),
        ("0.1", "0.1"),
        ("-12.5", "-12.5"),
        ("1e-3", "0.001"),
        ("0.30000000000000004", "0.30000000000000004"),
    ] {
        let read = of_json(number);
        assert_eq!(read.as_deref(), Some(canonical), "{number}");
        let shown = to_edit(canonical).into_owned();
        assert_eq!(amount::read(&shown, Some("EUR")).as_deref(), Some(canonical), "{shown}");
    }
    for nonsense in ["1e300", "true", "", "1e-300", "NaN", "inf", "15 000"] {
        assert_eq!(of_json(nonsense), None, "{nonsense}");
    }
}

#[test]
fn a_day_is_iso_or_the_day_before_the_month() {
    let second = day(2026, 3, 2);
    for d in ["2", "02"] {
        for m in ["3", "03"] {
            for sign in ["/", ".", "-", " / ", ". ", "–"] {
                let spelling = format!("{d}{sign}{m}{sign}2026");
                assert_eq!(date::read(&spelling), Some(second), "{spelling}");
            }
        }
        for month in ["mars", "Mars", "MARS", "March", "march", "mar", "Mar."] {
            for spelling in [
                format!("{d} {month} 2026"),
                format!("{d}-{month}-2026"),
                format!("{month} {d}, 2026"),
                format!("lundi {d} {month} 2026"),
                format!("Monday, {d} {month} 2026"),
                format!("Mon {d} {month} 2026"),
                format!("Monday, {month} {d}, 2026"),
                format!("lun. {d} {month} 2026"),
                // Which day of the week it is, nobody checks.
                format!("mar {d} {month} 2026"),
                format!("Le mar. {d} {month} 2026"),
                format!("le {d} {month} 2026"),
                format!("{d}\u{a0}{month}\u{a0}2026"),
            ] {
                assert_eq!(date::read(&spelling), Some(second), "{spelling}");
            }
        }
    }
    for spelling in [
        "2026-03-02",
        "2026/3/2",
        "2026.03.02",
        "20260302",
        "2nd March 2026",
        "March 2nd, 2026",
        "the 2nd of March 2026",
        "２０２６-０３-０２",
        "2026-03-02T08:00:00Z",
        "2026-03-02T23:30:00-05:00",
        "2026-03-02 08:00:00",
        "2026-03-02T08:00",
        "\u{200b}2/3/2026 ",
    ] {
        assert_eq!(date::read(spelling), Some(second), "{spelling}");
    }
    let months: [&[&str]; 12] = [
        &["janvier", "janv.", "January", "jan"],
        &["février", "fevrier", "févr.", "fév", "February", "feb"],
        &["mars", "March"],
        &["avril", "avr.", "April", "apr"],
        &["mai", "May"],
        &["juin", "June", "jun"],
        &["juillet", "juil.", "July", "jul"],
        &["août", "aout", "August", "aug"],
        &["septembre", "sept.", "September", "sep"],
        &["octobre", "oct.", "October"],
        &["novembre", "nov.", "November"],
        &["décembre", "decembre", "déc.", "December", "dec"],
    ];
    for (names, month) in months.iter().zip(1..) {
        for name in *names {
            assert_eq!(
                date::read(&format!("1er {name} 2026")),
                Some(day(2026, month, 1)),
                "{name}"
            );
        }
    }
    for spelling in [
        "mar 3 mars 2026",
        "mar. 3 mars 2026",
        "mardi 3 mars 2026",
        "Tue 3 Mar 2026",
        "Tue, 3 Mar 2026",
        "Tuesday, March 3, 2026",
        "Tuesday 3rd March 2026",
        "mar 3 mar 2026",
        "3 mar 2026",
    ] {
        assert_eq!(date::read(spelling), Some(day(2026, 3, 3)), "{spelling}");
    }
    for none in [
        "mar 2026",
        "mar mars 2026",
        "3 mars mar 2026",
        "",
        "2026",
        "03/2026",
        "2/3",
        "02/03/26",
        "2 mars",
        "mars 2026",
        "31/02/2026",
        "13/13/2026",
        "02/28/2026",
        "0/1/2026",
        "2/3/12026",
        "2-3/2026",
        "demain",
        "2 jui 2026",
        "2 2 mars 2026",
        "mars avril 2026",
        "2026-03-02 peut-être",
        "1/2/3",
        "20261301",
        "lundi",
        "29/02/2026",
        "2026-W10-1",
        "-2/3/2026",
    ] {
        assert_eq!(date::read(none), None, "{none}");
    }
}

#[test]
fn a_web_address_has_one_form_and_leads_where_it_looks() {
    for (typed, read) in [
        ("https://www.example.com", "https://www.example.com"),
        ("www.example.com", "https://www.example.com"),
        ("example.com", "https://example.com"),
        ("Example.COM/Path?Q=a:b#F", "https://example.com/Path?Q=a:b#F"),
        ("HTTPS://Example.com/", "https://example.com/"),
        ("HTTP://EXAMPLE.com", "http://example.com"),
        ("//example.com", "https://example.com"),
        ("example.com:8080/x", "https://example.com:8080/x"),
        ("https://example.com:443", "https://example.com:443"),
        (
            "example.com/?to=https://example.org",
            "https://example.com/?to=https://example.org",
        ),
        ("café.example", "https://xn--caf-dma.example"),
        ("example.com.", "https://example.com"),
        (" https://example.com\u{200b} ", "https://example.com"),
        ("http://192.0.2.1/x", "http://192.0.2.1/x"),
        ("https://example.com/é", "https://example.com/é"),
    ] {
        assert_eq!(web::read(typed).as_deref(), Some(read), "{typed}");
        assert_eq!(web::read(read).as_deref(), Some(read), "{read}: again");
    }
    for none in [
        "",
        "https://",
        "http:///x",
        "example",
        "localhost",
        "https://example.com/a b",
        "exam ple.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "javascript://example.com/%0aalert(1)",
        "data:text/html,x",
        "mailto:a@example.com",
        "https://user@example.com",
        "https://user:pw@example.com",
        "user@example.com",
        "https://example.com\\@example.org",
        "https:example.com",
        "https//example.com",
        "example.com:0",
        "example.com:99999",
        "example.com:+80",
        "12.50",
        "192.0.2.1",
        "https://[::1]/",
        "https://exa_mple.com",
        "-",
        "n/a",
        "https://example.com/\"x",
        "<example.com>",
        "file.c",
        "https://-a.example.com",
    ] {
        assert_eq!(web::read(none), None, "{none}");
    }
}

#[test]
fn a_box_is_yes_no_or_neither() {
    let labels = ["J’accepte de recevoir la lettre.", "Send me the newsletter *"];
    let read = |values: &[&'static str]| boxes::read(values.iter().copied(), labels.into_iter());
    for yes in [
        "1",
        "on",
        "true",
        "yes",
        "y",
        "oui",
        "checked",
        "accepted",
        "✓",
        "ON",
        " Oui ",
        "True",
        "J’accepte",
        "j'accepte les conditions",
        "J‘ACCEPTE",
        "J’accepte.",
    ] {
        assert_eq!(read(&[yes]), Tick::Yes(None), "{yes}");
        assert_eq!(read(&["0", yes]), Tick::Yes(None), "0 and {yes}");
        assert_eq!(read(&[yes, "0"]), Tick::Yes(None), "{yes} and 0");
    }
    for no in ["", " ", "0", "off", "false", "no", "n", "non", "OFF", "Non"] {
        assert_eq!(read(&[no]), Tick::No, "{no:?}");
    }
    assert_eq!(read(&[]), Tick::No);
    assert_eq!(read(&["Send me the newsletter"]), Tick::Yes(Some(1)));
    assert_eq!(read(&["j'accepte de recevoir la lettre"]), Tick::Yes(Some(0)));
    for neither in [
        "2",
        "given",
        "peut-être",
        "null",
        "onn",
        "j’accepterais",
        "accept",
        "newsletter",
        "-1",
        "yes please",
    ] {
        assert_eq!(read(&[neither]), Tick::Unclear(neither), "{neither}");
        assert_eq!(read(&["0", neither]), Tick::Unclear(neither));
    }
    assert_eq!(
        boxes::read(["x"], [""].into_iter()),
        Tick::Unclear("x"),
        "an empty label is nobody's word"
    );
}

/// No text panics, and what was read is read again as the same.
#[test]
fn r121_readers_take_or_refuse_any_text_and_take_their_own_the_same() {
    let pieces = [
        "1", "0", "15", "000", "999", ".", ",", "'", "’", " ", "\u{a0}", "-", "–", "+", "€", "eur", "k", "HT", "é",
        "\0", "\u{200b}", "１", "/", ":", "https://", "www.", "example", ".com", "@", "mars", "2026", "T", "Z", "(",
        ")", "\u{661}", "😀", "xn--", "1er", "٣", "lundi", "%", "?", "#",
    ];
    let mut chance = Chance(121);
    for _ in 0..60_000 {
        let text: String = (0..chance.below(9)).map(|_| *chance.pick(&pieces)).collect();
        if let Some(number) = amount::read(&text, Some("EUR")) {
            assert!(number.parse::<f64>().is_ok(), "{text:?}: {number}");
            assert_eq!(amount::read(&to_edit(&number), None), Some(number), "{text:?}");
        }
        if let Some(day) = date::read(&text) {
            assert_eq!(date::read(&day.to_string()), Some(day), "{text:?}");
        }
        if let Some(url) = web::read(&text) {
            assert_eq!(web::read(&url), Some(url), "{text:?}");
        }
        boxes::read([text.as_str()], ["a label"].into_iter());
        of_json(&text);
    }
}
