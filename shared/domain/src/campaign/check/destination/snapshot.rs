//! A destination's file beside the fields that the account had on a day.

use super::texts;
use crate::campaign::check::{At, Checker, FileProblem, look, nearest, place};
use crate::campaign::destination::snapshot::{Snapshot, TheirField};
use crate::campaign::destination::{Destination, Kind, Source, TableValue};
use crate::kit::vocabulary::Stage;

pub(in crate::campaign) fn against(destination: &Destination, snapshot: &Snapshot, source: &str) -> Vec<FileProblem> {
    look(&format!("{}.toml", destination.name), source, |checker| {
        checker.against(destination, snapshot)
    })
}

impl Checker {
    fn against(&mut self, destination: &Destination, snapshot: &Snapshot) {
        if snapshot.kind != destination.kind {
            let kind = snapshot.kind.code();
            return self.add(place!["kind"], |l| {
                texts::snapshot_of_another(l, kind, destination.name.as_str())
            });
        }
        for (theirs, rule) in &destination.fields {
            let place = || place!["fields", theirs.as_str()];
            let Some(field) = snapshot.field(theirs) else {
                if snapshot.covers(theirs) {
                    let known = snapshot.fields.iter().map(|field| field.name.as_str());
                    let meant = nearest(theirs, known);
                    self.add(place(), |l| match meant {
                        Some(meant) => texts::not_there(l, theirs) + &texts::perhaps(l, meant),
                        None => texts::not_there(l, theirs),
                    });
                }
                continue;
            };
            if !field.writable {
                self.add(place(), |l| texts::read_only_there(l, theirs));
            }
            if rule.from == Source::Id && !field.unique && destination.kind != Kind::Pipedrive {
                self.add(place(), |l| texts::not_unique_there(l, theirs));
            }
            let table = rule.table.iter().flatten();
            for (ours, value) in table {
                self.option(
                    place!["fields", theirs.as_str(), "table", ours.as_str()],
                    field,
                    &text_of(value),
                );
            }
            if let Some(value) = &rule.default {
                self.option(place!["fields", theirs.as_str(), "default"], field, &text_of(value));
            }
            if rule.from == Source::Stage {
                for (stage, value) in &destination.stages {
                    self.option(place!["stages", Stage::code(*stage)], field, value);
                }
            }
            if rule.from == Source::Owner {
                for (owner, value) in &destination.owners {
                    self.option(place!["owners", owner.as_str()], field, value);
                }
            }
        }
        let is_told =
            |name: &str| destination.fields.contains_key(name) || super::fields::required(destination).contains(&name);
        for field in snapshot.fields.iter().filter(|field| field.required && field.writable) {
            if !is_told(&field.name) {
                self.add(place!["fields"], |l| texts::required_there(l, &field.name));
            }
        }
    }

    /// A value that a closed list of theirs must hold.
    fn option(&mut self, place: Vec<At>, field: &TheirField, value: &str) {
        if field.options.is_empty() || field.options.iter().any(|option| option == value) {
            return;
        }
        let meant = nearest(value, field.options.iter().map(String::as_str));
        let known = field.options.join(", ");
        self.add(place, |l| match meant {
            Some(meant) => texts::no_option_there(l, value, &field.name, &known) + &texts::perhaps(l, meant),
            None => texts::no_option_there(l, value, &field.name, &known),
        });
    }
}

fn text_of(value: &TableValue) -> String {
    match value {
        TableValue::Text(text) => text.clone(),
        TableValue::Number(number) => number.to_string(),
    }
}
