//! Values as people and machines write them, read by type: one reading for every door (design, "Values").
//!
//! A reader takes what it surely understands and nothing else. What it does not take is asked back, or kept as text.

pub mod amount;
pub mod boxes;
pub mod date;
pub mod web;

#[cfg(test)]
mod tests;

/// The plain sign for one of another width or script: full-width forms (Unicode block FF00) and Arabic digits.
pub fn plain(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{660}'..='\u{669}' => char::from_digit(u32::from(c) - 0x660, 10).unwrap_or(c),
        '\u{6f0}'..='\u{6f9}' => char::from_digit(u32::from(c) - 0x6f0, 10).unwrap_or(c),
        _ => c,
    }
}

/// What is typed or set as an apostrophe.
pub fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '\u{2bc}' | '´' | '`' | '\u{2032}')
}

/// What is typed or set as a hyphen, a dash or a minus.
pub fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{fe58}' | '\u{fe63}'
    )
}

/// A line in one case and with one apostrophe, to be held against another.
pub fn folded(line: &str) -> String {
    let folded = line.chars().flat_map(char::to_lowercase);
    folded.map(|c| if is_apostrophe(c) { '\'' } else { c }).collect()
}
