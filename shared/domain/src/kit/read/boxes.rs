//! Boxes: a yes is one that surely is one.

use super::folded;
use crate::kit::text::clean_line;

/// What a box says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick<'a> {
    /// Yes: to the wording of this place among the labels, where it was repeated.
    Yes(Option<usize>),
    /// No, or nothing.
    No,
    /// Neither a yes nor a no: this was sent, and it counts as no.
    Unclear(&'a str),
}

/// Reads all values that were sent for a box: frameworks post a hidden `0` before the box, so any yes counts. `labels` are
/// the wordings of the box, which some builders send as its value.
pub fn read<'a, 'l>(
    values: impl IntoIterator<Item = &'a str>,
    labels: impl Iterator<Item = &'l str> + Clone,
) -> Tick<'a> {
    let mut said = Tick::No;
    for value in values {
        match one(value, labels.clone()) {
            yes @ Tick::Yes(_) => return yes,
            unclear if said == Tick::No => said = unclear,
            _ => {}
        }
    }
    said
}

fn one<'a, 'l>(value: &'a str, labels: impl Iterator<Item = &'l str>) -> Tick<'a> {
    let said = folded(&clean_line(value));
    match said.as_str() {
        "1" | "on" | "true" | "yes" | "y" | "oui" | "checked" | "accepted" | "✓" => return Tick::Yes(None),
        "" | "0" | "off" | "false" | "no" | "n" | "non" => return Tick::No,
        _ => {}
    }
    let bare = |text: &str| text.trim_end_matches(['.', '*', ' ']).to_owned();
    let mut labels = labels.map(|label| bare(&folded(&clean_line(label))));
    if let Some(place) = labels.position(|label| !label.is_empty() && label == bare(&said)) {
        return Tick::Yes(Some(place));
    }
    let accepts = said.strip_prefix("j'accepte");
    match accepts.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)) {
        true => Tick::Yes(None),
        false => Tick::Unclear(value),
    }
}
