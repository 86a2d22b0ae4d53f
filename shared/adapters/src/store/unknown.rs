//! Attributes that this version does not know: found when an item is read, kept beside the element they came from, and
//! written back with it (design, "Stored form").
//!
//! An attribute is unknown if what was read, written again, lacks it. An element of a list is found again by what names
//! it, because lists grow, shrink and lose their oldest; what goes with its element goes for good.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{COLUMNS, Item};

/// By which attributes an element of a list is told from its neighbours, by the list's name. A map that may be replaced
/// by another of its kind is named here too.
const NAMED_BY: &[(&str, &[&str])] = &[
    ("cap", &["c", "a", "v"]),
    ("cas", &["n", "a"]),
    ("cn", &["n"]),
    ("con", &["p", "c", "a", "i"]),
    ("e", &["c", "a", "n"]),
    ("en", &["i", "k", "q"]),
    ("enr", &["c", "q", "n"]),
    ("fl", &["s"]),
    ("his", &["t", "a"]),
    ("h", &["a", "o"]),
    ("k", &["n"]),
    ("l", &["i"]),
    ("lease", &["by"]),
    ("lif", &["w", "a"]),
    ("nl", &["i"]),
    ("not", &["a", "b"]),
    ("s", &["f"]),
    ("sig", &["k", "o", "i"]),
    ("std", &["c"]),
    ("t", &["a", "b"]),
    ("tl", &["i"]),
    ("u", &["f"]),
];
/// Maps that are not written while they hold nothing but what is usual.
const NOT_WRITTEN_EMPTY: &[&str] = &["prf", COLUMNS];

/// What is unknown in one map, and in the maps and lists below it.
#[derive(Debug, Default)]
pub struct Rest {
    here: Item,
    maps: HashMap<String, (Item, Rest)>,
    /// Each element as this version writes it, with what is unknown in it.
    lists: HashMap<String, Vec<(Item, Rest)>>,
}

impl Rest {
    /// What `stored` holds beyond `known`, the same as this version writes it; `is_ours` tells the names that this
    /// version sets anew with each write. Nothing, in the usual case.
    pub fn of(stored: &Item, known: &Item, is_ours: fn(&str) -> bool) -> Option<Self> {
        let mut rest = Self::default();
        for (name, value) in stored.iter().filter(|(name, _)| !is_ours(name)) {
            match (value, known.get(name)) {
                (_, None) => {
                    rest.here.insert(name.clone(), value.clone());
                }
                (AttributeValue::M(stored), Some(AttributeValue::M(known))) => {
                    let below = Self::of(stored, known, nothing);
                    rest.maps
                        .extend(below.map(|below| (name.clone(), (known.clone(), below))));
                }
                (AttributeValue::L(stored), Some(AttributeValue::L(known))) => {
                    let pairs = stored.iter().zip(known).filter_map(|pair| match pair {
                        (AttributeValue::M(stored), AttributeValue::M(known)) => {
                            Some((known.clone(), Self::of(stored, known, nothing)?))
                        }
                        _ => None,
                    });
                    let below: Vec<_> = pairs.collect();
                    if !below.is_empty() {
                        rest.lists.insert(name.clone(), below);
                    }
                }
                _ => {}
            }
        }
        let is_empty = rest.here.is_empty() && rest.maps.is_empty() && rest.lists.is_empty();
        (!is_empty).then_some(rest)
    }

    /// The same with what is unknown in one more map.
    pub fn with(rest: Option<Self>, name: &str, below: Option<Self>) -> Option<Self> {
        let Some(below) = below else { return rest };
        let mut rest = rest.unwrap_or_default();
        rest.maps.insert(name.to_owned(), (Item::new(), below));
        Some(rest)
    }

    /// Writes it back into an item that is about to be stored. What this version knows by now counts.
    pub fn write_into(&self, item: &mut Item) {
        add(item, &self.here);
        for (name, (was, below)) in &self.maps {
            match item.get_mut(name) {
                Some(AttributeValue::M(map)) if is_same(name, was, map) => below.write_into(map),
                None if NOT_WRITTEN_EMPTY.contains(&name.as_str()) => {
                    let mut map = Item::new();
                    below.write_into(&mut map);
                    item.insert(name.clone(), AttributeValue::M(map));
                }
                _ => {}
            }
        }
        for (name, elements) in &self.lists {
            if let Some(AttributeValue::L(list)) = item.get_mut(name) {
                write_into_list(name, elements, list);
            }
        }
    }
}

/// Elements that did not change are found first, so that those that did are found among what is left.
fn write_into_list(name: &str, elements: &[(Item, Rest)], list: &mut [AttributeValue]) {
    let maps = list.iter_mut().filter_map(|value| match value {
        AttributeValue::M(map) => Some(map),
        _ => None,
    });
    let mut free: Vec<&mut Item> = maps.collect();
    let mut changed = Vec::new();
    for (was, below) in elements {
        match free.iter().position(|map| *map == was) {
            Some(place) => below.write_into(free.remove(place)),
            None => changed.push((was, below)),
        }
    }
    for (was, below) in changed {
        if let Some(place) = free.iter().position(|map| is_same(name, was, map)) {
            below.write_into(free.remove(place));
        }
    }
}

/// Below the top, nothing is set anew.
fn nothing(_: &str) -> bool {
    false
}

fn is_same(name: &str, was: &Item, map: &Item) -> bool {
    let named_by = NAMED_BY.iter().find(|(list, _)| *list == name);
    named_by.is_none_or(|(_, by)| by.iter().all(|attribute| was.get(*attribute) == map.get(*attribute)))
}

/// Adds what is not there, map by map.
fn add(item: &mut Item, more: &Item) {
    for (name, value) in more {
        match (item.get_mut(name), value) {
            (None, _) => {
                item.insert(name.clone(), value.clone());
            }
            (Some(AttributeValue::M(map)), AttributeValue::M(more)) => add(map, more),
            _ => {}
        }
    }
}
