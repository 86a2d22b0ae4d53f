//! The public calculator: one's own figures in, rates, intervals, costs and benchmarks out. It stores nothing and reads
//! nothing; the numbers stand in the address, so that a result can be kept as a bookmark.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http::Visit;
use piste_adapters::pages::Page;
use piste_domain::Locale;
use piste_domain::views::funnel::Counts;

use piste_operations::report::{BadAsk, CostView, amount, benchmarks, number};
use piste_operations::texts::sector;

use crate::pages::report::{Shown, benchmarks as benchmark_table, explain, figures, funnel, notes};
use crate::texts::{calculator as texts, common, report};

/// The worked example of a service agency with a free guide: 7 % of visitors, 23 % of leads.
const EXAMPLE: &str = "visitors=500&leads=35&sql=8&sector=agency";

/// What was typed.
struct Typed {
    visitors: Option<u64>,
    leads: Option<u64>,
    mql: Option<u64>,
    sql: Option<u64>,
    customers: Option<u64>,
    spend: Option<f64>,
}

/// Why it cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// A field is no number: which.
    Number(&'static str),
    /// The spend is no sum of money.
    Spend,
    /// A stage holds more than the one before it.
    Wider,
}

impl Typed {
    fn read<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Wrong> {
        let whole = |name| number(value(name)).map_err(|_| Wrong::Number(name));
        let typed = Self {
            visitors: whole("visitors")?,
            leads: whole("leads")?,
            mql: whole("mql")?,
            sql: whole("sql")?,
            customers: whole("customers")?,
            spend: amount(value("spend")).map_err(|_| Wrong::Spend)?,
        };
        let stages = [typed.visitors, typed.leads, typed.mql, typed.sql, typed.customers];
        let known: Vec<u64> = stages.into_iter().flatten().collect();
        if known.is_sorted_by(|before, after| before >= after) {
            Ok(typed)
        } else {
            Err(Wrong::Wider)
        }
    }

    /// The counts, if there is anything to count; what was left empty holds what the next stage holds.
    fn counts(&self) -> Option<Counts> {
        let customers = self.customers.unwrap_or(0);
        let sql = self.sql.unwrap_or(customers);
        let mql = self.mql.unwrap_or(sql);
        Some(Counts {
            leads: self.leads?,
            mql,
            sql,
            customers,
        })
    }

    fn shown(&self) -> Shown {
        Shown {
            mql: self.mql.is_some(),
            sql: self.sql.is_some(),
            customers: self.customers.is_some(),
        }
    }
}

/// `GET /calculator`.
pub fn show(visit: &Visit) -> Response<Body> {
    let locale = visit.locale();
    let typed = Typed::read(|name| visit.query(name));
    let status = if typed.is_ok() {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    let title = texts::title(locale);
    let body = html! {
        nav.langs aria-label=(texts::language(locale)) {
            @for other in Locale::ALL.into_iter().filter(|other| *other != locale) {
                a href=(other_language(visit, other)) lang=(other.code()) hreflang=(other.code()) { (texts::own_name(other)) }
            }
        }
        div.card {
            h1 { (title) }
            p { (texts::intro(locale)) }
            (form(visit, typed.as_ref().err().copied(), locale))
        }
        @if let Ok(typed) = &typed { (result(typed, visit.query("sector"), locale)) }
    };
    Page::new(locale, title, body).answer(status)
}

/// The same figures in another language.
fn other_language(visit: &Visit, locale: Locale) -> String {
    let mut link = form_urlencoded::Serializer::new(String::from("?"));
    link.append_pair("lang", locale.code());
    for name in ["visitors", "leads", "mql", "sql", "customers", "spend", "sector"] {
        if let Some(value) = visit.query(name).filter(|value| !value.is_empty()) {
            link.append_pair(name, value);
        }
    }
    link.finish()
}

fn form(visit: &Visit, wrong: Option<Wrong>, locale: Locale) -> Markup {
    let fields = [
        ("visitors", texts::visitors(locale), "numeric"),
        ("leads", texts::leads(locale), "numeric"),
        ("mql", texts::mql(locale), "numeric"),
        ("sql", texts::sql(locale), "numeric"),
        ("customers", common::customers(locale), "numeric"),
        ("spend", texts::spend(locale), "decimal"),
    ];
    let is_wrong = |name: &str| match wrong {
        Some(Wrong::Number(field)) => field == name,
        Some(Wrong::Spend) => name == "spend",
        _ => false,
    };
    let chosen = visit.query("sector").unwrap_or_default();
    html! {
        @if wrong == Some(Wrong::Wider) {
            div.errors role="alert" { (texts::wider(locale)) }
        }
        form method="get" action="/calculator" {
            input type="hidden" name="lang" value=(locale.code());
            div.two {
                @for (name, label, mode) in fields {
                    @let value = visit.query(name).unwrap_or_default();
                    div.field {
                        label for=(name) { (label) }
                        @if is_wrong(name) {
                            input type="text" inputmode=(mode) autocomplete="off" id=(name) name=(name) value=(value) aria-invalid="true" aria-describedby={ (name) "-error" };
                            p.error id={ (name) "-error" } { (if name == "spend" { explain(BadAsk::Spend, locale) } else { texts::whole_number(locale) }) }
                        } @else {
                            input type="text" inputmode=(mode) autocomplete="off" id=(name) name=(name) value=(value);
                        }
                    }
                }
                div.field {
                    label for="sector" { (common::sector(locale)) }
                    select id="sector" name="sector" {
                        option value="" { (texts::other_sector(locale)) }
                        @for known in ["saas", "ecommerce", "agency", "industry"] {
                            option value=(known) selected[chosen == known] { (sector(known, locale)) }
                        }
                    }
                }
            }
            p { button type="submit" { (texts::calculate(locale)) } }
            p.soft.small {
                (texts::nothing_stored(locale)) " "
                a href={ "?lang=" (locale.code()) "&" (EXAMPLE) } { (texts::example(locale)) }
            }
        }
    }
}

fn result(typed: &Typed, sector: Option<&str>, locale: Locale) -> Markup {
    let Some(counts) = typed.counts() else {
        return html! {};
    };
    let rates = counts.rates(typed.visitors);
    let cost = typed.spend.map(|spend| CostView::of(&counts, spend));
    html! {
        div.card {
            h2 { (texts::your_funnel(locale)) }
            (funnel(typed.visitors, &counts, &rates, typed.shown(), locale))
            (notes(typed.visitors, None, counts.leads, locale))
            (figures(typed.visitors, &counts, &rates, typed.shown(), None, cost.as_ref(), locale))
        }
        div.card {
            h2 { (report::benchmarks(locale)) }
            (benchmark_table(&benchmarks(sector, &counts, typed.visitors), &rates, sector, locale))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(values: &[(&str, &str)]) -> Result<Typed, Wrong> {
        Typed::read(|name| values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
    }

    #[test]
    fn what_is_left_empty_is_no_stage_and_a_stage_never_holds_more_than_the_one_before() {
        let counts = typed(&[("visitors", "500"), ("leads", "35"), ("sql", "8")]).map(|typed| typed.counts());
        let expected = Counts {
            leads: 35,
            mql: 8,
            sql: 8,
            customers: 0,
        };
        assert_eq!(counts, Ok(Some(expected)));
        assert_eq!(typed(&[]).map(|typed| typed.counts()), Ok(None));
        assert_eq!(typed(&[("leads", "8"), ("sql", "35")]).err(), Some(Wrong::Wider));
        assert_eq!(
            typed(&[("visitors", "8"), ("customers", "9")]).err(),
            Some(Wrong::Wider)
        );
        assert_eq!(typed(&[("leads", "many")]).err(), Some(Wrong::Number("leads")));
        assert_eq!(typed(&[("spend", "-1")]).err(), Some(Wrong::Spend));
    }
}
