//! Bytes to text: the charset that was declared, else UTF-8, else windows-1252.
//!
//! Forms of old pages and exports of spreadsheets are the reason. The tables are those of the Encoding Standard
//! (encoding.spec.whatwg.org) for the single-byte charsets of Europe; a whole library of charsets weighs more than the
//! function that would hold it, most of it for charsets that no page of these countries was ever written in.

/// How bytes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charset {
    Utf8,
    Utf16 {
        big_endian: bool,
    },
    /// One byte a character: what stands for the bytes from 0x80 on.
    Single(&'static str),
}

/// The text of these bytes. `declared` is the label of a charset, as a header or `_charset_` says it; one that is not known
/// counts as none. Without one, and where the bytes are not the UTF-8 that was declared, they are UTF-8 if they can be, else
/// windows-1252, in which every byte is a character.
pub fn decode(bytes: &[u8], declared: Option<&str>) -> String {
    match declared.and_then(charset) {
        Some(Charset::Single(table)) => single(bytes, table),
        Some(Charset::Utf16 { big_endian }) => utf16(bytes, big_endian),
        Some(Charset::Utf8) | None => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => single(bytes, WINDOWS_1252),
        },
    }
}

/// The same for a whole document: a byte order mark says what it is, whatever was declared, and is no part of the text.
pub fn document(bytes: &[u8], declared: Option<&str>) -> String {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => decode(rest, None),
        [0xff, 0xfe, rest @ ..] => utf16(rest, false),
        [0xfe, 0xff, rest @ ..] => utf16(rest, true),
        _ => decode(bytes, declared),
    }
}

/// The parameter `charset` of a content type: `text/html; charset="utf-8"`.
pub fn of_content_type(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// A charset by its label; the Encoding Standard reads ISO-8859-1 and ASCII as windows-1252.
fn charset(label: &str) -> Option<Charset> {
    let bare: String = label
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .take(20)
        .collect();
    Some(match bare.as_str() {
        "utf8" | "unicode11utf8" => Charset::Utf8,
        "utf16" | "utf16le" | "ucs2" | "unicode" => Charset::Utf16 { big_endian: false },
        "utf16be" => Charset::Utf16 { big_endian: true },
        "iso88591" | "latin1" | "l1" | "ascii" | "usascii" | "windows1252" | "cp1252" | "xcp1252" | "ansi" => {
            Charset::Single(WINDOWS_1252)
        }
        "iso885915" | "latin9" | "l9" => Charset::Single(ISO_8859_15),
        "iso88592" | "latin2" | "l2" => Charset::Single(ISO_8859_2),
        "iso88597" | "greek" | "greek8" => Charset::Single(ISO_8859_7),
        "iso88599" | "latin5" | "l5" | "windows1254" | "cp1254" => Charset::Single(WINDOWS_1254),
        "windows1250" | "cp1250" => Charset::Single(WINDOWS_1250),
        "windows1251" | "cp1251" => Charset::Single(WINDOWS_1251),
        "windows1253" | "cp1253" => Charset::Single(WINDOWS_1253),
        "windows1257" | "cp1257" => Charset::Single(WINDOWS_1257),
        "macintosh" | "macroman" | "mac" | "xmacroman" => Charset::Single(MACINTOSH),
        _ => return None,
    })
}

fn single(bytes: &[u8], table: &str) -> String {
    let of = |byte: &u8| match byte {
        0..0x80 => char::from(*byte),
        _ => table.chars().nth(usize::from(*byte - 0x80)).unwrap_or('\u{fffd}'),
    };
    bytes.iter().map(of).collect()
}

fn utf16(bytes: &[u8], big_endian: bool) -> String {
    let units = bytes.chunks(2).map(|pair| match (pair, big_endian) {
        ([high, low], true) | ([low, high], false) => u16::from_be_bytes([*high, *low]),
        _ => 0xfffd,
    });
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
}

const WINDOWS_1250: &str = "\
     €\u{81}‚\u{83}„…†‡\u{88}‰Š‹ŚŤŽŹ\u{90}‘’“”•–—\u{98}™š›śťžź\
     \u{a0}ˇ˘Ł¤Ą¦§¨©Ş«¬\u{ad}®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż\
     ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß\
     ŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙\
";
const WINDOWS_1251: &str = "\
     ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u{98}™љ›њќћџ\
     \u{a0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{ad}®Ї°±Ііґµ¶·ё№є»јЅѕї\
     АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ\
     абвгдежзийклмнопрстуфхцчшщъыьэюя\
";
const WINDOWS_1252: &str = "\
     €\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ\
     \u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿\
     ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß\
     àáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ\
";
const WINDOWS_1253: &str = "\
     €\u{81}‚ƒ„…†‡\u{88}‰\u{8a}‹\u{8c}\u{8d}\u{8e}\u{8f}\u{90}‘’“”•–—\u{98}™\u{9a}›\u{9c}\u{9d}\u{9e}\u{9f}\
     \u{a0}΅Ά£¤¥¦§¨©\u{fffd}«¬\u{ad}®―°±²³΄µ¶·ΈΉΊ»Ό½ΎΏ\
     ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ\u{fffd}ΣΤΥΦΧΨΩΪΫάέήί\
     ΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ\u{fffd}\
";
const WINDOWS_1254: &str = "\
     €\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}\u{8e}\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}\u{9e}Ÿ\
     \u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿\
     ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞß\
     àáâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ\
";
const WINDOWS_1257: &str = "\
     €\u{81}‚\u{83}„…†‡\u{88}‰\u{8a}‹\u{8c}¨ˇ¸\u{90}‘’“”•–—\u{98}™\u{9a}›\u{9c}¯˛\u{9f}\
     \u{a0}\u{fffd}¢£¤\u{fffd}¦§Ø©Ŗ«¬\u{ad}®Æ°±²³´µ¶·ø¹ŗ»¼½¾æ\
     ĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽß\
     ąįāćäåęēčéźėģķīļšńņóōõö÷ųłśūüżž˙\
";
const ISO_8859_2: &str = "\
     \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
     \u{a0}Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u{ad}ŽŻ°ą˛ł´ľśˇ¸šşťź˝žż\
     ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß\
     ŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙\
";
const ISO_8859_7: &str = "\
     \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
     \u{a0}‘’£€₯¦§¨©ͺ«¬\u{ad}\u{fffd}―°±²³΄΅Ά·ΈΉΊ»Ό½ΎΏ\
     ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ\u{fffd}ΣΤΥΦΧΨΩΪΫάέήί\
     ΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ\u{fffd}\
";
const ISO_8859_15: &str = "\
     \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
     \u{a0}¡¢£€¥Š§š©ª«¬\u{ad}®¯°±²³Žµ¶·ž¹º»ŒœŸ¿\
     ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß\
     àáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ\
";
const MACINTOSH: &str = "\
     ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü\
     †°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
     ¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ\
     ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{f8ff}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ\
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r78_a_declared_charset_is_honoured_and_without_one_each_value_shows_what_it_is() {
        let check = |bytes: &[u8], declared: Option<&str>, text: &str| {
            assert_eq!(decode(bytes, declared), text, "{bytes:x?} as {declared:?}");
        };
        for label in [
            "ISO-8859-1",
            "iso-8859-1",
            "latin1",
            "windows-1252",
            "CP1252",
            "us-ascii",
        ] {
            check(b"Ren\xe9e \x80", Some(label), "Renée €");
        }
        check(b"Ren\xe9e \xa4", Some("ISO-8859-15"), "Renée €");
        check(b"\xa3\xf3d\x9f", Some("windows-1250"), "Łódź");
        check(b"\xa3\xf3d\xbc", Some("ISO-8859-2"), "Łódź");
        check(b"\xd1\xee\xf4\xe8\xff", Some("windows-1251"), "София");
        check(b"\xc1\xe8\xde\xed\xe1", Some("ISO-8859-7"), "Αθήνα");
        check(b"\xde\xdd", Some("windows-1254"), "Şİ");
        check(b"R\xeega", Some("windows-1257"), "Rīga");
        check(b"Ren\x8ee", Some("macintosh"), "Renée");
        check("Renée".as_bytes(), Some("utf-8"), "Renée");
        check(b"R\0e\0n\0\xe9\0e\0", Some("UTF-16LE"), "Renée");
        check(b"\0R\0e\0n\0\xe9\0e", Some("utf-16be"), "Renée");
        check(b"R\0e", Some("utf-16"), "R\u{fffd}");
        check(b"\0\xd8", Some("utf-16"), "\u{fffd}");
        for unknown in [None, Some("klingon"), Some(""), Some("\u{e9}"), Some("utf-8")] {
            check("Renée".as_bytes(), unknown, "Renée");
            check(b"Ren\xe9e \x92", unknown, "Renée ’");
        }
    }

    #[test]
    fn r80_a_byte_order_mark_says_what_a_document_is() {
        assert_eq!(document(b"\xef\xbb\xbf{}", None), "{}");
        assert_eq!(document(b"\xef\xbb\xbf\xc3\xa9", Some("latin1")), "é");
        assert_eq!(document(b"\xff\xfe{\0}\0", Some("utf-8")), "{}");
        assert_eq!(document(b"\xfe\xff\0{\0}", None), "{}");
        assert_eq!(document(b"\xe9", None), "é");
    }

    #[test]
    fn the_charset_of_a_content_type_is_its_parameter() {
        let check = |kind: &str, charset: Option<&str>| assert_eq!(of_content_type(kind), charset, "{kind}");
        check("text/plain", None);
        check("text/plain; charset=utf-8", Some("utf-8"));
        check("text/plain;Charset=\"ISO-8859-1\"; x=y", Some("ISO-8859-1"));
        check("text/plain; boundary=charset", None);
        check("", None);
    }

    /// No bytes panic, and every byte is a character in a charset of one byte.
    #[test]
    fn r121_any_bytes_are_text() {
        let all: Vec<u8> = (0..=255).collect();
        for table in [
            WINDOWS_1250,
            WINDOWS_1251,
            WINDOWS_1252,
            WINDOWS_1253,
            WINDOWS_1254,
            WINDOWS_1257,
            ISO_8859_2,
            ISO_8859_7,
            ISO_8859_15,
            MACINTOSH,
        ] {
            assert_eq!(table.chars().count(), 128);
            assert_eq!(single(&all, table).chars().count(), 256);
        }
        for bytes in [&all[..], &all[1..], b""] {
            for declared in [None, Some("utf-16"), Some("utf-16be"), Some("utf-8")] {
                decode(bytes, declared);
                document(bytes, declared);
            }
        }
    }
}
