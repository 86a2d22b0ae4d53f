//! Charts as inline SVG: pure functions from numbers to markup, without a script.
//!
//! Widths are shares of the page and heights are pixels, so that text keeps its size on a phone and on a desk. Colours are
//! classes of `charts.css`, hence those of the page in light, dark and print. Each chart is one image with a title and a
//! sentence that says what it shows (WAI-ARIA Graphics, SVG 2 `title` and `desc`); the numbers behind it stand in a table
//! beside it, which [`behind`] makes.

use crate::table::{number, table, words};
use jiff::Timestamp;
use maud::{Markup, html};
use piste_domain::Locale;

use piste_domain::kit::format::count;

/// What an image is called and says.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Unique on its page.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// What it shows, in a sentence with the numbers that matter.
    pub says: &'a str,
}

/// One bar: its name, its number, and what stands beside the number.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What was counted.
    pub name: String,
    /// How many.
    pub number: u64,
    /// The number as text, with whatever explains it.
    pub note: String,
}

/// One mark on a timeline.
#[derive(Clone, Debug)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// What, as a tip.
    pub tip: String,
    /// Whether it is still to come.
    pub planned: bool,
    /// Whether it is bad news.
    pub bad: bool,
}

/// A line of a timeline.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What its marks have in common.
    pub name: String,
    /// Its marks.
    pub marks: Vec<Mark>,
}

/// A share of the width, in percent to a hundredth; never more than the whole, never nothing of nothing.
fn share(part: f64, whole: f64) -> f64 {
    if whole <= 0.0 || !whole.is_finite() || !part.is_finite() {
        return 0.0;
    }
    (part / whole).clamp(0.0, 1.0) * 100.0
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share.clamp(0.0, 100.0))
}

fn image(words: Words<'_>, height: usize, content: &Markup) -> Markup {
    let (title, says) = (format!("{}-title", words.id), format!("{}-says", words.id));
    html! {
        svg.chart xmlns="http://www.w3.org/2000/svg" height=(height) role="img" aria-labelledby={ (title) " " (says) } {
            title id=(title) { (words.title) }
            desc id=(says) { (words.says) }
            (content)
        }
    }
}

/// Bars one below the other, each as long as its number: a funnel, a comparison.
pub fn bars(words: Words<'_>, bars: &[Bar]) -> Markup {
    const ROW: usize = 46;
    let most = bars.iter().map(|bar| bar.number).max().unwrap_or(0);
    let content = html! {
        @for (row, bar) in bars.iter().enumerate() {
            @let top = row * ROW;
            // What is there at all shows.
            @let length = share(bar.number as f64, most as f64).max(if bar.number > 0 { 0.6 } else { 0.0 });
            text x="0" y=(top + 14) { (bar.name) }
            text.note x="100%" y=(top + 14) text-anchor="end" { (bar.note) }
            rect.track x="0" y=(top + 21) width="100%" height="14" rx="3" {}
            rect.fill x="0" y=(top + 21) width=(percent(length)) height="14" rx="3" {}
        }
    };
    image(words, (bars.len() * ROW).max(1), &content)
}

/// Columns side by side over a common ground: a number for each day, week or month.
pub fn columns(words: Words<'_>, columns: &[(String, u64)], locale: Locale) -> Markup {
    const TOP: f64 = 24.0;
    const PLOT: f64 = 110.0;
    const WIDEST: f64 = 8.0; // of a hundred: one day alone is no wall
    let most = columns.iter().map(|(_, number)| *number).max().unwrap_or(0);
    let slot = 100.0 / columns.len().max(1) as f64;
    let width = (slot * 0.8).min(WIDEST);
    let ground = TOP + PLOT;
    let content = html! {
        text.note x="0" y="14" { (count(most, locale)) }
        line.rule x1="0" y1=(TOP) x2="100%" y2=(TOP) {}
        line.rule x1="0" y1=(ground) x2="100%" y2=(ground) {}
        @for (at, (name, number)) in columns.iter().enumerate().filter(|(_, (_, number))| *number > 0) {
            @let height = (share(*number as f64, most as f64) / 100.0 * PLOT).max(1.0);
            @let left = slot * at as f64 + (slot - width) / 2.0;
            rect.fill x=(percent(left)) y=(format!("{:.1}", ground - height)) width=(percent(width)) height=(format!("{height:.1}")) {
                title { (name) " · " (count(*number, locale)) }
            }
        }
        @if let [(only, _)] = columns {
            text.note x="50%" y=(ground + 18.0) text-anchor="middle" { (only) }
        } @else if let [(first, _), .., (last, _)] = columns {
            text.note x="0" y=(ground + 18.0) { (first) }
            text.note x="100%" y=(ground + 18.0) text-anchor="end" { (last) }
        }
    };
    image(words, 158, &content)
}

/// A grid of counts, a bar in each cell: how many leads have each grade.
pub fn grid(
    words: Words<'_>,
    rows: &[&str],
    heads: &[&str],
    cell: impl Fn(&str, &str) -> u64,
    locale: Locale,
) -> Markup {
    const TOP: usize = 22;
    const ROW: usize = 44;
    const LEFT: f64 = 8.0; // of a hundred, for the names of the rows
    const INSIDE: f64 = 0.8; // of a cell, for the longest bar
    let most = rows
        .iter()
        .flat_map(|row| heads.iter().map(|head| cell(row, head)))
        .max()
        .unwrap_or(0);
    let width = (100.0 - LEFT) / heads.len().max(1) as f64;
    let content = html! {
        @for (column, head) in heads.iter().enumerate() {
            text.note x=(percent(LEFT + width * (column as f64 + 0.5))) y="14" text-anchor="middle" { (head) }
        }
        @for (line, row) in rows.iter().enumerate() {
            @let top = TOP + line * ROW;
            text.note x="0" y=(top + 26) { (row) }
            @for (column, head) in heads.iter().enumerate() {
                @let number = cell(row, head);
                @let left = LEFT + width * column as f64;
                rect.cell x=(percent(left)) y=(top) width=(percent(width)) height=(ROW) {}
                @if number > 0 {
                    @let length = share(number as f64, most as f64) / 100.0 * width * INSIDE;
                    rect.fill x=(percent(left + width * (1.0 - INSIDE) / 2.0)) y=(top + ROW - 13) width=(percent(length.max(0.5))) height="7" rx="2" {
                        title { (row) (head) " · " (count(number, locale)) }
                    }
                    text x=(percent(left + width / 2.0)) y=(top + 22) text-anchor="middle" { (count(number, locale)) }
                }
            }
        }
    };
    image(words, TOP + rows.len() * ROW + 1, &content)
}

/// What happened when, a line for each kind, and what is still to come.
pub fn timeline(
    words: Words<'_>,
    lanes: &[Lane],
    now: Timestamp,
    day: impl Fn(Timestamp) -> String,
    today: &str,
) -> Markup {
    const ROW: usize = 44;
    // Room for half a mark at both ends.
    const EDGE: f64 = 2.0;
    let moments = || {
        lanes
            .iter()
            .flat_map(|lane| &lane.marks)
            .map(|mark| mark.at)
            .chain([now])
    };
    let first = moments().min().unwrap_or(now);
    let last = moments().max().unwrap_or(now);
    let span = last.duration_since(first).as_secs_f64();
    let place = |at: Timestamp| {
        let since = at.duration_since(first).as_secs_f64();
        let share = if span > 0.0 { share(since, span) } else { 50.0 };
        EDGE + share / 100.0 * (100.0 - 2.0 * EDGE)
    };
    let bottom = lanes.len() * ROW;
    let content = html! {
        line.now x1=(percent(place(now))) y1="4" x2=(percent(place(now))) y2=(bottom + 2) {}
        @for (row, lane) in lanes.iter().enumerate() {
            @let middle = row * ROW + 30;
            text.note x="0" y=(row * ROW + 14) { (lane.name) }
            line.rule x1="0" y1=(middle) x2="100%" y2=(middle) {}
            @for mark in &lane.marks {
                circle.mark.plan[mark.planned].bad[mark.bad] cx=(percent(place(mark.at))) cy=(middle) r="6" {
                    title { (mark.tip) }
                }
            }
        }
        @if first == last {
            text.note x="50%" y=(bottom + 18) text-anchor="middle" { (day(first)) }
        } @else {
            text.note x="0" y=(bottom + 18) { (day(first)) }
            text.note x="100%" y=(bottom + 18) text-anchor="end" { (day(last)) }
            // Between the two where it covers neither.
            @if (25.0..75.0).contains(&place(now)) {
                text.note x=(percent(place(now))) y=(bottom + 18) text-anchor="middle" { (today) }
            }
        }
    };
    image(words, bottom + 26, &content)
}

/// The numbers behind a chart: a table that opens. The first column names, the others count.
pub fn behind(summary: &str, heads: &[&str], rows: &[Vec<String>]) -> Markup {
    let heads: Vec<_> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| if at == 0 { words(head) } else { number(head) })
        .collect();
    let rows = rows.iter().map(|row| row.iter().map(|cell| html! { (cell) }).collect());
    html! {
        details {
            summary { (summary) }
            (table(summary, &heads, rows))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::SignedDuration;
    use xmlparser::{ElementEnd, Token, Tokenizer};

    use super::*;

    const WORDS: Words<'static> = Words {
        id: "c",
        title: "Leads",
        says: "Leads <by> day & month",
    };

    /// One element as a reader of SVG sees it.
    #[derive(Debug)]
    struct Element {
        name: String,
        attributes: BTreeMap<String, String>,
        text: String,
    }

    impl Element {
        fn is(&self, name: &str, class: &str) -> bool {
            let classes = self.attributes.get("class").map_or("", String::as_str);
            self.name == name && classes.split(' ').any(|known| known == class)
        }

        /// A length or a place: pixels, or percent of the width.
        fn number(&self, name: &str) -> f64 {
            let text = &self.attributes[name];
            text.trim_end_matches('%')
                .parse()
                .unwrap_or_else(|_| panic!("{name}={text}"))
        }
    }

    /// Reads the image and holds it against what every chart must be: well formed, every number finite and inside the
    /// frame, named and described.
    fn read(chart: &Markup) -> Vec<Element> {
        let text = &chart.0;
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        let mut elements: Vec<Element> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for token in Tokenizer::from(text.as_str()) {
            match token.unwrap_or_else(|error| panic!("{error}: {text}")) {
                Token::ElementStart { local, .. } => {
                    open.push(elements.len());
                    elements.push(Element {
                        name: local.to_string(),
                        attributes: BTreeMap::new(),
                        text: String::new(),
                    });
                }
                Token::Attribute { local, value, .. } => {
                    let element = elements.last_mut().expect("an element");
                    element.attributes.insert(local.to_string(), value.to_string());
                }
                Token::Text { text } => {
                    let at = *open.last().expect("text stands in an element");
                    elements[at].text.push_str(text.as_str());
                }
                Token::ElementEnd { end, .. } => match end {
                    ElementEnd::Open => {}
                    ElementEnd::Empty => drop(open.pop()),
                    ElementEnd::Close(_, name) => {
                        let closed = open.pop().expect("something is open");
                        assert_eq!(elements[closed].name, name.as_str(), "{text}");
                    }
                },
                other => panic!("{other:?}"),
            }
        }
        assert!(open.is_empty(), "every element is closed");
        let frame = &elements[0];
        assert_eq!((frame.name.as_str(), frame.attributes["role"].as_str()), ("svg", "img"));
        let named: Vec<_> = frame.attributes["aria-labelledby"].split(' ').collect();
        let texts = named.iter().map(|id| {
            let of = |element: &&Element| element.attributes.get("id").is_some_and(|known| known == id);
            elements.iter().find(of).expect("a name").text.as_str()
        });
        assert_eq!(texts.collect::<Vec<_>>(), ["Leads", "Leads &lt;by&gt; day &amp; month"]);
        let height = frame.number("height");
        for element in &elements[1..] {
            for (name, value) in &element.attributes {
                match name.as_str() {
                    "x" | "x1" | "x2" | "cx" | "width" => {
                        let number = element.number(name);
                        assert!((0.0..=100.0).contains(&number), "{name}={value}");
                        assert!(value.ends_with('%') || number == 0.0, "{name}={value}");
                    }
                    "y" | "y1" | "y2" | "cy" | "height" => {
                        assert!((0.0..=height).contains(&element.number(name)), "{name}={value}");
                    }
                    _ => {}
                }
            }
            if element.name == "rect" {
                assert!(element.number("x") + element.number("width") <= 100.02, "{element:?}");
                assert!(
                    element.number("y") + element.number("height") <= height + 0.1,
                    "{element:?}"
                );
            }
        }
        elements
    }

    fn of<'a>(elements: &'a [Element], name: &str, class: &str) -> Vec<&'a Element> {
        elements.iter().filter(|element| element.is(name, class)).collect()
    }

    fn bar(name: &str, number: u64) -> Bar {
        Bar {
            name: name.into(),
            number,
            note: number.to_string(),
        }
    }

    #[test]
    fn bars_are_as_long_as_their_numbers() {
        let check = |numbers: &[u64], expected: &[f64]| {
            let rows: Vec<_> = numbers.iter().map(|number| bar("<b>", *number)).collect();
            let elements = read(&bars(WORDS, &rows));
            let widths: Vec<_> = of(&elements, "rect", "fill")
                .iter()
                .map(|bar| bar.number("width"))
                .collect();
            assert_eq!(widths, expected, "{numbers:?}");
        };
        check(&[500, 35, 8, 0], &[100.0, 7.0, 1.6, 0.0]);
        check(&[100_000, 1], &[100.0, 0.6]);
        check(&[0, 0], &[0.0, 0.0]);
        check(&[u64::MAX, u64::MAX / 2], &[100.0, 50.0]);
        check(&[], &[]);
    }

    #[test]
    fn columns_stand_on_the_ground_and_reach_as_high_as_their_numbers() {
        let chart = |numbers: &[u64]| {
            let days: Vec<_> = numbers
                .iter()
                .enumerate()
                .map(|(day, number)| (format!("<{day}>"), *number))
                .collect();
            read(&columns(WORDS, &days, Locale::Fr))
        };
        let elements = chart(&[4, 0, 2, 1]);
        let bars = of(&elements, "rect", "fill");
        assert_eq!(
            bars.iter().map(|bar| bar.number("height")).collect::<Vec<_>>(),
            [110.0, 55.0, 27.5]
        );
        assert!(
            bars.iter()
                .all(|bar| (bar.number("y") + bar.number("height") - 134.0).abs() < 0.2)
        );
        assert_eq!(of(&elements, "text", "note")[0].text, "4", "the scale says its top");
        let one = chart(&[3]);
        assert_eq!(of(&one, "rect", "fill")[0].number("width"), 8.0);
        assert_eq!(of(&one, "text", "note").len(), 2, "the top and the one day");
        assert!(of(&chart(&[0, 0, 0]), "rect", "fill").is_empty());
        assert!(of(&chart(&[]), "rect", "fill").is_empty());
        let many: Vec<u64> = (0..1_100).map(|day| day * 100_000).collect();
        let elements = chart(&many);
        let bars = of(&elements, "rect", "fill");
        assert_eq!(bars.len(), 1_099, "a day without leads has no column");
        let places: Vec<_> = bars.iter().map(|bar| bar.number("x")).collect();
        assert!(places.is_sorted());
    }

    #[test]
    fn a_grid_shows_each_count_in_its_cell() {
        let counts = BTreeMap::from([("A1", 1_200_u64), ("C4", 300), ("D4", 1)]);
        let cell = |row: &str, head: &str| counts.get(format!("{row}{head}").as_str()).copied().unwrap_or(0);
        let elements = read(&grid(
            WORDS,
            &["A", "B", "C", "D"],
            &["1", "2", "3", "4"],
            cell,
            Locale::En,
        ));
        assert_eq!(of(&elements, "rect", "cell").len(), 16);
        let widths: Vec<_> = of(&elements, "rect", "fill")
            .iter()
            .map(|bar| bar.number("width"))
            .collect();
        assert_eq!(widths, [18.4, 4.6, 0.5]);
        assert!(
            elements
                .iter()
                .any(|element| element.name == "text" && element.text == "1,200")
        );
        let empty = read(&grid(WORDS, &["A"], &["1"], |_, _| 0, Locale::Fr));
        assert!(of(&empty, "rect", "fill").is_empty());
        read(&grid(WORDS, &[], &[], |_, _| 0, Locale::Fr));
    }

    #[test]
    fn a_timeline_puts_each_mark_at_its_moment() {
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a moment");
        let mark = |days: i64, planned| Mark {
            at: start + SignedDuration::from_hours(24 * days),
            tip: "<mail>".into(),
            planned,
            bad: false,
        };
        let lane = |marks| Lane {
            name: "Mails".into(),
            marks,
        };
        let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
        let draw = |lanes: &[Lane], now| read(&timeline(WORDS, lanes, now, day, "today"));
        let now = mark(5, false).at;
        let elements = draw(
            &[lane(vec![mark(0, false), mark(5, false)]), lane(vec![mark(10, true)])],
            now,
        );
        let places: Vec<_> = of(&elements, "circle", "mark")
            .iter()
            .map(|mark| mark.number("cx"))
            .collect();
        assert_eq!(places, [2.0, 50.0, 98.0]);
        assert_eq!(of(&elements, "circle", "plan").len(), 1);
        assert_eq!(of(&elements, "line", "now")[0].number("x1"), 50.0);
        let words: Vec<_> = of(&elements, "text", "note")
            .iter()
            .map(|text| text.text.clone())
            .collect();
        assert_eq!(words, ["Mails", "Mails", "2026-03-02", "2026-03-12", "today"]);
        // One moment alone, and none at all.
        let one = draw(&[lane(vec![mark(0, false)])], start);
        assert_eq!(of(&one, "circle", "mark")[0].number("cx"), 50.0);
        assert!(of(&draw(&[], start), "circle", "mark").is_empty());
        let many: Vec<_> = (0..2_000).map(|day| mark(day, false)).collect();
        assert_eq!(of(&draw(&[lane(many)], start), "circle", "mark").len(), 2_000);
    }
}
