//! Tables: rows and columns on a desk, one card for each row on a telephone, where nothing scrolls sideways.

use maud::{Markup, html};

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    name: &'a str,
    number: bool,
}

/// A column of words.
pub const fn words(name: &str) -> Head<'_> {
    Head { name, number: false }
}

/// A column of numbers, which stand to the right.
pub const fn number(name: &str) -> Head<'_> {
    Head { name, number: true }
}

/// A table. The first cell of a row names it; there are as many cells as heads.
///
/// The roles are said once more in words: where a style turns rows into cards, some browsers forget them
/// (ARIA in HTML, section 4).
pub fn table(label: &str, heads: &[Head<'_>], rows: impl IntoIterator<Item = Vec<Markup>>) -> Markup {
    html! {
        table.cards role="table" aria-label=(label) {
            thead role="rowgroup" {
                tr role="row" {
                    @for head in heads { th.number[head.number] role="columnheader" scope="col" { (head.name) } }
                }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    tr role="row" {
                        @for (at, (cell, head)) in row.iter().zip(heads).enumerate() {
                            @if at == 0 {
                                th role="rowheader" scope="row" { (cell) }
                            } @else {
                                td.number[head.number] role="cell" data-head=(head.name) { (cell) }
                            }
                        }
                    }
                }
            }
        }
    }
}
