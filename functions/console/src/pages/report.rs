//! The report as a page: the funnel and its numbers, benchmarks, leads over time, grades, sources and cohorts.

use jiff::civil::Date;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::charts::{self, Bar, Words};
use piste_adapters::http::Visit;
use piste_adapters::table::{number, table, words};
use piste_domain::Locale;
use piste_domain::kit::format;
use piste_domain::kit::statistics::Rate;
use piste_domain::views::funnel::{Bucket, COMPARABLE_LEADS_MIN, Comparable, Counts, Rates, over_time};

use piste_operations::OperationError;
use piste_operations::report::{
    self, Ask, BadAsk, BenchmarkView, CostView, MediansView, Part, Report, ResponseView, SpendFrom, VisitorsFrom,
};
use piste_operations::texts::{measure, sector};

use crate::pages::Opened;
use crate::{ConsoleError, Session};

/// The shortest stretch of leads over time: fewer columns say nothing.
const DAYS_MIN: i64 = 29;

/// The page; a question that does not hold is told beside it, and nothing typed is lost.
pub async fn show_report(opened: &Opened<'_>) -> Result<Response<Body>, ConsoleError> {
    let (session, visit, locale) = (&opened.session, opened.visit, opened.session.locale);
    let (report, problem) = match Ask::read(|name| visit.query(name).map(str::to_owned)) {
        Ok(ask) => match report::report(session, &ask).await {
            Ok(report) => (Some(report), None),
            Err(OperationError::Ask(bad)) => (None, Some(bad)),
            Err(error) => return Err(error.into()),
        },
        Err(bad) => (None, Some(bad)),
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let title = locale.pick("Rapport", "Report");
    let body = html! {
        h1 { (title) }
        (question(session, visit))
        @if let Some(problem) = problem { div.errors role="alert" { (explain(problem, locale)) } }
        @if let Some(report) = &report { (show(report, visit, locale)) }
    };
    Ok(opened.frame(title, body).answer(status))
}

/// What to do about a question that does not hold, in the reader's language.
pub(crate) fn explain(bad: BadAsk, locale: Locale) -> &'static str {
    match bad {
        BadAsk::Period => locale.pick("Choisissez des jours qui existent.", "Choose days that exist."),
        BadAsk::Span => locale.pick(
            "Le premier jour précède le dernier, de dix ans au plus.",
            "The first day comes before the last, by ten years at most.",
        ),
        BadAsk::Visitors => locale.pick(
            "Écrivez les visiteurs en nombre entier, par exemple 500.",
            "Write visitors as a whole number, such as 500.",
        ),
        BadAsk::Spend => locale.pick(
            "Écrivez les dépenses en chiffres, par exemple 1 250,50.",
            "Write the spend in figures, such as 1250.50.",
        ),
    }
}

fn question(session: &Session<'_>, visit: &Visit) -> Markup {
    let pick = |fr, en| session.locale.pick(fr, en);
    let value = |name: &str| visit.query(name).unwrap_or_default();
    let campaign = value("campaign");
    html! {
        form.bar method="get" action="/console/report" {
            div.field {
                label for="campaign" { (pick("Campagne", "Campaign")) }
                select id="campaign" name="campaign" {
                    option value="" { (pick("Toutes", "All")) }
                    @for known in session.campaigns() {
                        option value=(known.id) selected[campaign == known.id.as_str()] { (known.name.get(session.locale)) }
                    }
                }
            }
            div.field { label for="from" { (pick("Du", "From")) } input type="date" id="from" name="from" value=(value("from")); }
            div.field { label for="to" { (pick("Au", "To")) } input type="date" id="to" name="to" value=(value("to")); }
            div.field {
                label for="visitors" { (pick("Visiteurs", "Visitors")) }
                input type="text" inputmode="numeric" id="visitors" name="visitors" value=(value("visitors")) placeholder=(pick("comptés", "as counted"));
            }
            div.field {
                label for="spend" { (pick("Dépenses (€)", "Spend (€)")) }
                input type="text" inputmode="decimal" id="spend" name="spend" value=(value("spend")) placeholder=(pick("d’après les campagnes", "as in the campaigns"));
            }
            button type="submit" { (pick("Afficher", "Show")) }
        }
    }
}

fn show(report: &Report, visit: &Visit, locale: Locale) -> Markup {
    let pick = |fr, en| locale.pick(fr, en);
    let (bucket, columns) = columns(report, visit.query("from").is_some_and(|from| !from.trim().is_empty()));
    html! {
        p.soft {
            (pick("Leads reçus du ", "Leads captured from ")) (format::day(report.from, locale))
            (pick(" au ", " to ")) (format::day(report.to, locale))
            (pick(", où qu’ils en soient aujourd’hui.", ", wherever they stand today."))
        }
        div.card {
            h2 { (pick("Entonnoir", "Funnel")) }
            (funnel(report.visitors, &report.counts, &report.rates, Shown::ALL, locale))
            (notes(report.visitors, report.visitors_from, report.counts.leads, locale))
            (figures(report.visitors, &report.counts, &report.rates, Shown::ALL, Some(&report.median_days), report.cost.as_ref(), locale))
            (spend_notes(report, locale))
        }
        div.card {
            h2 { (over_time_title(bucket, locale)) }
            (leads_over_time(bucket, &columns, locale))
        }
        div.card {
            h2 { (pick("Première réponse des commerciaux", "First response by sales")) }
            (first_response(&report.first_response, locale))
        }
        div.card {
            h2 { (pick("Répartition des notes", "Distribution of grades")) }
            (grades(report, locale))
        }
        div.card {
            h2 { (pick("Repères publiés", "Published benchmarks")) }
            (benchmarks(&report.benchmarks, &report.rates, locale))
        }
        @if report.by_campaign.len() > 1 {
            div.card {
                h2 { (pick("Par campagne", "By campaign")) }
                (parts(pick("Campagne", "Campaign"), &report.by_campaign, |id| id.to_string(), None, locale))
            }
        }
        div.card {
            h2 { (pick("Par source", "By source")) }
            (parts(pick("Source", "Source"), &report.by_source, |source| source.clone().unwrap_or_else(|| pick("inconnue", "unknown").to_owned()), Some(&report.other_sources), locale))
        }
        div.card {
            h2 { (pick("Par mois d’arrivée", "By month of capture")) }
            (parts(pick("Mois", "Month"), &report.by_cohort, |month| format::month(month, locale), None, locale))
            p.soft.small { (pick(
                "Les mois récents progressent encore\u{a0}: comparez-les quand leurs leads auront eu le même temps que les autres.",
                "Recent months are still moving: compare them once their leads have had as much time as the others.",
            )) }
        }
    }
}

/// Which stages there is something to say about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub mql: bool,
    pub sql: bool,
    pub customers: bool,
}

impl Shown {
    const ALL: Self = Self {
        mql: true,
        sql: true,
        customers: true,
    };
}

/// The funnel as bars.
pub(crate) fn funnel(visitors: Option<u64>, counts: &Counts, rates: &Rates, shown: Shown, locale: Locale) -> Markup {
    let pick = |fr, en| locale.pick(fr, en);
    let note = |number: u64, rate: Option<Rate>, of: &str| match rate {
        Some(rate) => format!(
            "{} · {} {of}",
            format::count(number, locale),
            format::percent(rate.value, locale)
        ),
        None => format::count(number, locale),
    };
    let bar = |name: &str, number: u64, rate, of: &str| Bar {
        name: name.to_owned(),
        number,
        note: note(number, rate, of),
    };
    let of_leads = pick("des leads", "of leads");
    let mut bars = Vec::new();
    if let Some(visitors) = visitors {
        bars.push(bar(pick("Visiteurs", "Visitors"), visitors, None, ""));
    }
    bars.push(bar(
        "Leads",
        counts.leads,
        rates.visitor_to_lead,
        pick("des visiteurs", "of visitors"),
    ));
    let stages = [
        (shown.mql, "MQL", counts.mql, rates.lead_to_mql),
        (shown.sql, "SQL", counts.sql, rates.lead_to_sql),
        (
            shown.customers,
            pick("Clients", "Customers"),
            counts.customers,
            rates.lead_to_customer,
        ),
    ];
    let shown = stages.into_iter().filter(|(shown, ..)| *shown);
    bars.extend(shown.map(|(_, name, number, rate)| bar(name, number, rate, of_leads)));
    let says = bars
        .iter()
        .map(|bar| format!("{} {}", bar.name, bar.note))
        .collect::<Vec<_>>()
        .join(pick("\u{202f}; ", "; "));
    charts::bars(
        Words {
            id: "funnel",
            title: pick("Entonnoir, du visiteur au client", "Funnel from visitor to customer"),
            says: &says,
        },
        &bars,
    )
}

/// What the reader must know before believing the numbers.
pub(crate) fn notes(visitors: Option<u64>, from: Option<VisitorsFrom>, leads: u64, locale: Locale) -> Markup {
    let pick = |fr, en| locale.pick(fr, en);
    html! {
        @match (visitors, from) {
            (None, _) => p.soft.small { (pick(
                "Le nombre de visiteurs n’est pas connu sur cette période\u{a0}: indiquez-le ci-dessus pour obtenir le premier taux.",
                "The number of visitors in this period is not known: enter it above to get the first rate.",
            )) },
            (Some(visitors), _) if visitors < leads => p.soft.small { (pick(
                "Il y a moins de visiteurs que de leads\u{a0}: ce taux ne peut pas être calculé.",
                "There are fewer visitors than leads: that rate cannot be computed.",
            )) },
            (_, Some(VisitorsFrom::Counted)) => p.soft.small { (pick(
                "Visiteurs\u{a0}: ouvertures du formulaire, sans cookie\u{a0}; une personne qui revient compte à nouveau.",
                "Visitors: openings of the form, without a cookie; a person who comes back counts again.",
            )) },
            _ => {},
        }
        @if leads > 0 && leads < COMPARABLE_LEADS_MIN {
            p.soft.small { (pick(
                "Moins de 100 leads\u{a0}: les taux sont encore très incertains. Fiez-vous aux intervalles.",
                "Fewer than 100 leads: the rates are still very uncertain. Trust the intervals.",
            )) }
        }
    }
}

/// What the reader must know before believing the costs.
fn spend_notes(report: &Report, locale: Locale) -> Markup {
    let pick = |fr, en| locale.pick(fr, en);
    let Some(cost) = report.cost.filter(|_| report.spend_from == Some(SpendFrom::Campaigns)) else {
        return html! {};
    };
    html! {
        p.soft.small {
            (pick("Dépenses d’après les fichiers des campagnes\u{a0}: ", "Spend as the campaigns’ files say: "))
            (format::euros(cost.spend, locale))
            (pick("\u{202f}; un mois entamé compte pour ses jours.", "; a month in part counts by its days."))
        }
        @if report.leads_without_spend > 0 {
            p.soft.small {
                (pick("Coûts sous-estimés\u{a0}: ", "Costs are understated: "))
                (format::leads(report.leads_without_spend, locale))
                (pick(" de mois ou de campagnes sans dépense indiquée.", " of months or campaigns without any spend written down."))
            }
        }
    }
}

/// The numbers of the funnel: each stage with its rate, its interval, its time and its cost.
pub(crate) fn figures(
    visitors: Option<u64>,
    counts: &Counts,
    rates: &Rates,
    shown: Shown,
    medians: Option<&MediansView>,
    cost: Option<&CostView>,
    locale: Locale,
) -> Markup {
    let pick = |fr, en| locale.pick(fr, en);
    let days = |of: fn(&MediansView) -> Option<f64>| medians.and_then(of);
    let spent = |of: fn(&CostView) -> Option<f64>| cost.and_then(of);
    let rows = [
        (
            true,
            "Leads",
            counts.leads,
            rates.visitor_to_lead,
            None,
            spent(|c| c.per_lead),
        ),
        (
            shown.mql,
            "MQL",
            counts.mql,
            rates.lead_to_mql,
            days(|m| m.lead_to_mql),
            spent(|c| c.per_mql),
        ),
        (
            shown.sql,
            "SQL",
            counts.sql,
            rates.lead_to_sql,
            days(|m| m.lead_to_sql),
            spent(|c| c.per_sql),
        ),
        (
            shown.customers,
            pick("Clients", "Customers"),
            counts.customers,
            rates.lead_to_customer,
            days(|m| m.lead_to_customer),
            spent(|c| c.per_customer),
        ),
    ];
    let dash = || "—".to_owned();
    let mut heads = vec![
        words(pick("Étape", "Stage")),
        number(pick("Nombre", "Number")),
        number(pick("Taux", "Rate")),
    ];
    heads.extend(medians.map(|_| number(pick("Délai médian", "Median time"))));
    heads.extend(cost.map(|_| number(pick("Coût de chacun", "Cost of each"))));
    let cells = |name: Markup, number: u64, rate: Option<Rate>, days: Option<f64>, each: Option<f64>| {
        let mut cells = vec![
            name,
            html! { (format::count(number, locale)) },
            with_interval(rate, locale),
        ];
        let days = days.map_or_else(dash, |days| format::days(days, locale));
        let each = each.map_or_else(dash, |each| format::euros(each, locale));
        cells.extend(medians.map(|_| html! { (days) }));
        cells.extend(cost.map(|_| html! { (each) }));
        cells
    };
    let came = visitors.map(|visitors| cells(html! { (pick("Visiteurs", "Visitors")) }, visitors, None, None, None));
    let rows = rows.into_iter().filter(|(shown, ..)| *shown);
    let rows = rows.map(|(_, name, number, rate, days, each)| {
        let of = match name {
            "Leads" => pick("sur les visiteurs", "of visitors"),
            _ => pick("sur les leads", "of leads"),
        };
        cells(html! { (name) br; span.soft.small { (of) } }, number, rate, days, each)
    });
    html! {
        (table(pick("Entonnoir", "Funnel"), &heads, came.into_iter().chain(rows)))
        p.soft.small { (pick("Sous chaque taux, son intervalle à 95\u{202f}%.", "Below each rate, its 95% interval.")) }
        @if medians.is_some() {
            p.soft.small { (pick(
                "Un lead compte dans chaque étape qu’il a atteinte un jour, même s’il l’a quittée\u{a0}; une étape sautée compte comme franchie. Les délais partent du premier formulaire.",
                "A lead counts in every stage it ever reached, even if it has left it; a stage that was skipped counts as passed. Times start at the first form.",
            )) }
        }
    }
}

/// A rate above its interval, narrow enough for a telephone.
fn with_interval(rate: Option<Rate>, locale: Locale) -> Markup {
    html! {
        @if let Some(rate) = rate {
            (format::percent(rate.value, locale)) br; span.soft.small { (format::interval(rate, locale)) }
        } @else { "—" }
    }
}

/// The leads over time that a page shows: from the first one on where no start was asked for.
fn columns(report: &Report, started: bool) -> (Bucket, Vec<(Date, u64)>) {
    let days = report.days.iter().map(|day| (day.day, day.leads)).collect();
    let recent = report
        .to
        .checked_sub(jiff::Span::new().days(DAYS_MIN))
        .unwrap_or(report.from);
    let first = report.days.first().map_or(recent, |first| first.day.min(recent));
    over_time(
        &days,
        if started { report.from } else { first.max(report.from) },
        report.to,
    )
}

fn over_time_title(bucket: Bucket, locale: Locale) -> &'static str {
    match bucket {
        Bucket::Day => locale.pick("Leads par jour", "Leads per day"),
        Bucket::Week => locale.pick("Leads par semaine", "Leads per week"),
        Bucket::Month => locale.pick("Leads par mois", "Leads per month"),
    }
}

/// Leads over time, as columns and as a table.
pub(crate) fn leads_over_time(bucket: Bucket, columns: &[(Date, u64)], locale: Locale) -> Markup {
    let pick = |fr, en| locale.pick(fr, en);
    let named: Vec<(String, u64)> = columns
        .iter()
        .map(|(day, leads)| (format::day(*day, locale), *leads))
        .collect();
    let sum: u64 = columns.iter().map(|(_, leads)| leads).sum();
    let most = columns.iter().map(|(_, leads)| *leads).max().unwrap_or(0);
    let says = format!(
        "{} {} {}",
        format::leads(sum, locale),
        pick("en tout\u{202f}; au plus", "in all; at most"),
        format::count(most, locale),
    );
    let words = Words {
        id: "over-time",
        title: over_time_title(bucket, locale),
        says: &says,
    };
    let heads = match bucket {
        Bucket::Day => [pick("Jour", "Day"), "Leads"],
        Bucket::Week => [pick("Semaine du", "Week of"), "Leads"],
        Bucket::Month => [pick("Mois du", "Month of"), "Leads"],
    };
    let rows: Vec<_> = named
        .iter()
        .filter(|(_, leads)| *leads > 0)
        .map(|(day, leads)| vec![day.clone(), format::count(*leads, locale)])
        .collect();
    html! {
        (charts::columns(words, &named, locale))
        @if !rows.is_empty() { (charts::behind(pick("Les chiffres", "The numbers"), &heads, &rows)) }
    }
}

/// How soon sales answered.
fn first_response(view: &ResponseView, locale: Locale) -> Markup {
    let pick = |fr, en| locale.pick(fr, en);
    let took = |minutes: Option<i64>| {
        minutes.map_or_else(
            || "—".to_owned(),
            |minutes| match minutes {
                ..120 => format!("{minutes}\u{a0}min"),
                _ => format!("{}\u{a0}h\u{a0}{:02}", minutes / 60, minutes % 60),
            },
        )
    };
    html! {
        @if view.handed_over == 0 {
            p { (pick("Aucun lead n’a encore été remis aux commerciaux.", "No lead has been handed to sales yet.")) }
        } @else {
            dl {
                dt { (pick("Remis aux commerciaux", "Handed to sales")) } dd { (format::count(view.handed_over as u64, locale)) }
                dt { (pick("Rappelés dans le délai", "Answered in time")) }
                dd {
                    @if let Some(rate) = view.attainment {
                        (format::percent(rate.value, locale)) " " span.soft { "(" (format::interval(rate, locale)) ")" }
                    } @else { "—" }
                }
                dt { (pick("La moitié en", "Half within")) } dd { (took(view.median_minutes)) }
                dt { (pick("Neuf sur dix en", "Nine in ten within")) } dd { (took(view.p90_minutes)) }
            }
            p.soft.small { (pick("En heures ouvrées du responsable.", "In the owner’s working hours.")) }
        }
    }
}

/// How many leads have each grade.
fn grades(report: &Report, locale: Locale) -> Markup {
    const LETTERS: [&str; 4] = ["A", "B", "C", "D"];
    const DIGITS: [&str; 4] = ["1", "2", "3", "4"];
    let pick = |fr, en| locale.pick(fr, en);
    let of = |letter: &str, digit: &str| report.grades.get(&format!("{letter}{digit}")).copied().unwrap_or(0);
    let best = report.grades.iter().max_by_key(|(_, leads)| **leads);
    let says = best.map_or_else(
        || pick("Aucun lead n’a encore de note.", "No lead has a grade yet.").to_owned(),
        |(grade, leads)| {
            format!(
                "{} {grade} ({})",
                pick("La note la plus fréquente est", "The most frequent grade is"),
                format::count(*leads, locale)
            )
        },
    );
    let words = Words {
        id: "grades",
        title: pick("Leads par note", "Leads by grade"),
        says: &says,
    };
    let heads = [pick("Profil", "Fit"), "1", "2", "3", "4"];
    let rows: Vec<_> = LETTERS
        .iter()
        .map(|letter| {
            let counts = DIGITS.iter().map(|digit| format::count(of(letter, digit), locale));
            std::iter::once((*letter).to_owned()).chain(counts).collect()
        })
        .collect();
    html! {
        (charts::grid(words, &LETTERS, &DIGITS, of, locale))
        p.soft.small { (pick(
            "Lettre\u{a0}: le profil (A le meilleur). Chiffre\u{a0}: l’engagement (1 le plus vif), tel qu’au dernier changement de chaque lead\u{a0}; il a pu s’estomper depuis.",
            "Letter: fit (A is best). Digit: engagement (1 is liveliest) as it was when each lead last changed; it may have faded since.",
        )) }
        (charts::behind(pick("Les chiffres", "The numbers"), &heads, &rows))
    }
}

/// The published figures, and whether one's own may be held against them.
pub(crate) fn benchmarks(benchmarks: &[BenchmarkView], rates: &Rates, locale: Locale) -> Markup {
    let pick = |fr, en| locale.pick(fr, en);
    let yours = |mark: &BenchmarkView| match mark.comparable {
        Comparable::Yes => with_interval(rates.lead_to_customer, locale),
        Comparable::OtherMeasure => html! { (pick("autre mesure, non comparable", "another measure, not comparable")) },
        Comparable::OtherSector => html! { (pick("autre secteur", "another sector")) },
        Comparable::SampleTooSmall => html! { (pick("trop peu de leads pour comparer", "too few leads to compare")) },
    };
    let heads = [
        words(pick("Secteur et mesure", "Sector and measure")),
        words(pick("Repère", "Benchmark")),
        words(pick("Vous", "You")),
    ];
    let rows = benchmarks.iter().map(|mark| {
        vec![
            html! { (sector(mark.sector, locale)) br; span.soft.small { (measure(mark.measure, locale)) } },
            html! { (format::range(mark.low, mark.high, locale)) br; span.soft.small { (mark.source) " " (mark.year) } },
            yours(mark),
        ]
    });
    html! {
        (table(pick("Repères publiés", "Published benchmarks"), &heads, rows))
        p.soft.small { (pick(
            "Un repère publié ailleurs mesure rarement la même chose que vous\u{a0}: même comparable, c’est un ordre de grandeur.",
            "A benchmark published elsewhere rarely measures quite what you do: even where comparable, it is an order of magnitude.",
        )) }
    }
}

fn parts<K>(
    head: &str,
    parts: &[Part<K>],
    name: impl Fn(&K) -> String,
    others: Option<&Counts>,
    locale: Locale,
) -> Markup {
    let pick = |fr, en| locale.pick(fr, en);
    if parts.is_empty() {
        return html! { p { (pick("Aucun lead sur cette période.", "No lead in this period.")) } };
    }
    let count = |number| html! { (format::count(number, locale)) };
    let sum =
        |euros: Option<f64>| html! { (euros.map_or_else(|| "—".to_owned(), |euros| format::euros(euros, locale))) };
    let mut heads = vec![
        words(head),
        number("Leads"),
        number("MQL"),
        number("SQL"),
        number(pick("Clients", "Customers")),
        number("Lead → SQL"),
    ];
    let paid = parts.iter().any(|part| part.cost.is_some());
    if paid {
        heads.extend([
            number(pick("Dépenses", "Spend")),
            number(pick("Coût d’un lead", "Cost of a lead")),
            number(pick("Coût d’un SQL", "Cost of an SQL")),
        ]);
    }
    let cells = |name: String, counts: &Counts, rate: Option<Rate>, cost: Option<CostView>| {
        let Counts {
            leads,
            mql,
            sql,
            customers,
        } = *counts;
        let mut cells = vec![html! { (name) }];
        cells.extend([leads, mql, sql, customers].map(count));
        cells.push(with_interval(rate, locale));
        if paid {
            cells.push(sum(cost.map(|cost| cost.spend)));
            cells.push(sum(cost.and_then(|cost| cost.per_lead)));
            cells.push(sum(cost.and_then(|cost| cost.per_sql)));
        }
        cells
    };
    let rows = parts
        .iter()
        .map(|part| cells(name(&part.key), &part.counts, part.rates.lead_to_sql, part.cost));
    let others = others.filter(|others| others.leads > 0);
    let rest = others.map(|others| cells(pick("autres", "others").to_owned(), others, None, None));
    table(head, &heads, rows.chain(rest))
}
