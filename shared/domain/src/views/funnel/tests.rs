use super::*;
use crate::lead::Touch;
use crate::lead::stage::Stage;
use crate::rules::source::source_of;
use crate::samples::Chance;
use jiff::SignedDuration;

mod erased;

fn lead(captured_at: i64, stage: Stage, days: [Option<i64>; 3]) -> Figures {
    let captured_at = Timestamp::from_second(captured_at).expect("a moment");
    let on = |day| captured_at + SignedDuration::from_hours(24 * day);
    Figures {
        captured_at,
        stage,
        entered: Entered(days.map(|day| day.map(on))),
        person: None,
        further: false,
        source: None,
        touched: None,
        latest: None,
        grade: Some("C4".into()),
        owner: None,
        cents: None,
        rejected: None,
        response: None,
        erased: None,
    }
}

fn funnel(leads: &[Figures]) -> Funnel {
    let mut funnel = Funnel::default();
    for lead in leads {
        funnel.add(&CampaignId::new("guide-seo"), &TimeZone::UTC, lead);
    }
    funnel
}

#[track_caller]
fn check_rate(rate: Option<Rate>, value: &str, low: &str, high: &str) {
    let rate = rate.expect("a rate");
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    assert_eq!(
        [percent(rate.value), percent(rate.low), percent(rate.high)],
        [value, low, high]
    );
}

/// design.md, section 1: 500 visitors, 35 leads, 8 SQL.
#[test]
fn the_worked_example_gives_seven_percent_and_twenty_three_within_twelve_and_thirty_nine() {
    let mut leads = vec![lead(0, Stage::Lead, [None; 3]); 27];
    leads.extend(vec![lead(0, Stage::Sql, [None, Some(3), None]); 8]);
    let rates = funnel(&leads).total.rates(Some(500));
    check_rate(rates.visitor_to_lead, "7.0", "5.1", "9.6");
    check_rate(rates.lead_to_sql, "22.9", "12.1", "39.0");
    check_rate(rates.lead_to_customer, "0.0", "0.0", "9.9");
    assert_eq!(rates.sql_to_customer.map(|rate| rate.value), Some(0.0));
}

#[test]
fn a_rate_without_a_denominator_is_none() {
    let nothing = Counts::default().rates(None);
    assert_eq!(nothing, Rates::default());
    let few = Counts {
        leads: 35,
        ..Counts::default()
    };
    assert_eq!(few.rates(Some(0)).visitor_to_lead, None);
    assert_eq!(few.rates(Some(34)).visitor_to_lead, None, "35 leads of 34 visitors");
    assert!(few.rates(Some(35)).visitor_to_lead.is_some());
    assert_eq!(Counts::default().costs(100.0), Costs::default());
}

#[test]
fn a_lead_has_reached_a_stage_if_it_ever_did() {
    let passed = |stage, days| lead(0, stage, days).passed();
    assert_eq!(passed(Stage::Lead, [None; 3]), 0);
    assert_eq!(passed(Stage::Lead, [Some(1), None, None]), 1, "moved back");
    assert_eq!(passed(Stage::Disqualified, [Some(1), Some(2), None]), 2);
    assert_eq!(passed(Stage::Disqualified, [None; 3]), 0);
    assert_eq!(
        passed(Stage::Sql, [None, Some(1), None]),
        2,
        "MQL was skipped and counts as passed"
    );
    assert_eq!(passed(Stage::Customer, [None; 3]), 3, "an item of before the columns");
}

#[test]
fn medians_are_of_the_leads_that_made_the_step() {
    let funnel = funnel(&[
        lead(0, Stage::Lead, [None; 3]),
        lead(0, Stage::Customer, [Some(1), Some(3), Some(10)]),
        lead(0, Stage::Sql, [Some(2), Some(8), None]),
        // Straight to SQL, and back to MQL later: both are passed on day 4.
        lead(0, Stage::Mql, [Some(6), Some(4), None]),
    ]);
    let medians = funnel.medians();
    assert_eq!(medians.lead_to_mql, Some(2.0));
    assert_eq!(medians.mql_to_sql, Some(2.0));
    assert_eq!(medians.lead_to_sql, Some(4.0));
    assert_eq!(medians.sql_to_customer, Some(7.0));
    assert_eq!(medians.lead_to_customer, Some(10.0));
    assert_eq!(Funnel::default().medians(), Medians::default());
}

#[test]
fn cohorts_and_days_are_those_of_the_campaigns_calendar() {
    let mut funnel = Funnel::default();
    let paris = TimeZone::get("Europe/Paris").expect("a zone");
    // 31 March, 22:30 UTC, is 1 April in Paris.
    let late = lead(1_774_996_200, Stage::Lead, [None; 3]);
    funnel.add(&CampaignId::new("a"), &paris, &late);
    funnel.add(&CampaignId::new("b"), &TimeZone::UTC, &late);
    assert_eq!(funnel.months().into_keys().collect::<Vec<_>>(), ["2026-03", "2026-04"]);
    assert_eq!(
        funnel.days.keys().map(ToString::to_string).collect::<Vec<_>>(),
        ["2026-03-31", "2026-04-01"]
    );
    assert_eq!(funnel.campaigns().len(), 2);
}

#[test]
fn a_source_is_what_the_link_said_else_the_page_before() {
    let check = |known: &[(&str, &str)], expected: Option<&str>| {
        let known = known
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(source_of(&Touch(known.collect())).as_deref(), expected);
    };
    check(&[], None);
    check(
        &[("source", "Newsletter"), ("referrer", "https://example.org/a")],
        Some("newsletter"),
    );
    check(&[("referrer", "https://www.example.org:8443/a/b")], Some("example.org"));
    check(&[("referrer", "")], None);
    check(&[("source", "  ")], None);
    check(&[("source", &"é".repeat(99))], Some(&"é".repeat(40)));
}

#[test]
fn visitors_cannot_let_the_list_of_sources_grow_without_end() {
    let mut funnel = Funnel::default();
    for number in 0..SOURCES_MAX + 50 {
        let mut lead = lead(0, Stage::Lead, [None; 3]);
        lead.source = Some(number.to_string());
        funnel.add(&CampaignId::new("a"), &TimeZone::UTC, &lead);
    }
    assert_eq!((funnel.sources.len(), funnel.other_sources.leads), (SOURCES_MAX, 50));
}

#[test]
fn a_benchmark_is_compared_only_with_the_same_measure_and_sector_and_enough_leads() {
    let [saas, ecommerce, agency, visits, _, passed] = BENCHMARKS;
    let of = |leads, mql| Counts {
        leads,
        mql,
        ..Counts::default()
    };
    let check = |mark: Benchmark, sector, leads, expected| {
        assert_eq!(mark.comparable(sector, &of(leads, 0), None), expected);
    };
    check(saas, Some("saas"), 100, Comparable::Yes);
    check(saas, Some("saas"), 99, Comparable::SampleTooSmall);
    check(saas, Some("agency"), 10_000, Comparable::OtherSector);
    check(saas, None, 10_000, Comparable::OtherSector);
    check(ecommerce, Some("ecommerce"), 10_000, Comparable::OtherMeasure);
    check(agency, Some("agency"), 10_000, Comparable::OtherMeasure);
    // What was measured over all who sell to companies is about three of the sectors; each rate has its own sample.
    for (sector, expected) in [
        ("agency", Comparable::Yes),
        ("saas", Comparable::Yes),
        ("industry", Comparable::Yes),
        ("ecommerce", Comparable::OtherSector),
        ("public", Comparable::OtherSector),
        ("other", Comparable::OtherSector),
    ] {
        assert_eq!(
            passed.comparable(Some(sector), &of(1_000, 100), None),
            expected,
            "{sector}"
        );
    }
    let without = ["agency", "saas", "industry", "ecommerce", "public", "other"].map(lacks_benchmark);
    assert_eq!(without, [false, false, false, true, true, true]);
    let small = |mark: Benchmark, counts, visitors| mark.comparable(Some("agency"), &counts, visitors);
    assert_eq!(small(passed, of(1_000, 99), None), Comparable::SampleTooSmall);
    assert_eq!(
        small(visits, of(1_000, 100), None),
        Comparable::SampleTooSmall,
        "nobody counted visits"
    );
    assert_eq!(small(visits, of(5, 0), Some(100)), Comparable::Yes);
}

#[test]
fn costs_are_the_spend_over_each_number() {
    let counts = Counts {
        leads: 35,
        mql: 10,
        sql: 8,
        customers: 0,
    };
    let costs = counts.costs(700.0);
    assert_eq!(
        [costs.lead, costs.mql, costs.sql, costs.customer],
        [Some(20.0), Some(70.0), Some(87.5), None]
    );
}

#[test]
fn leads_over_time_have_no_gaps_and_few_columns() {
    let date = |text: &str| text.parse::<Date>().expect("a day");
    let days = BTreeMap::from([
        (date("2026-03-02"), 3),
        (date("2026-03-09"), 1),
        (date("2026-04-01"), 2),
    ]);
    let (bucket, columns) = over_time(&days, date("2026-03-01"), date("2026-03-10"));
    assert_eq!((bucket, columns.len()), (Bucket::Day, 10));
    assert_eq!(columns[1], (date("2026-03-02"), 3));
    // 1 March is a Sunday: its week is cut short.
    let (bucket, columns) = over_time(&days, date("2026-03-01"), date("2026-06-30"));
    assert_eq!((bucket, columns.len()), (Bucket::Week, 19));
    assert_eq!(
        columns[..3],
        [
            (date("2026-03-01"), 0),
            (date("2026-03-02"), 3),
            (date("2026-03-09"), 1)
        ]
    );
    let (bucket, columns) = over_time(&days, date("2023-03-15"), date("2026-04-15"));
    assert_eq!((bucket, columns.len()), (Bucket::Month, 38));
    assert_eq!(columns.iter().map(|(_, leads)| leads).sum::<u64>(), 6);
    let one = over_time(&days, date("2026-03-02"), date("2026-03-02"));
    assert_eq!(one, (Bucket::Day, vec![(date("2026-03-02"), 3)]));
    assert_eq!(over_time(&days, date("2026-03-02"), date("2026-03-01")).1, []);
}

/// Whatever happened to the leads: no stage has more than the one before, and every split adds up to the whole.
#[test]
fn the_funnel_never_widens_and_its_parts_add_up() {
    for seed in 0..200 {
        let mut chance = Chance(seed);
        let mut funnel = Funnel::default();
        let number = chance.below(60);
        for _ in 0..number {
            let days = [(); 3].map(|()| chance.once_in(2).then(|| chance.below(90) as i64));
            let stage = *chance.pick(&Stage::ALL);
            let mut lead = lead(chance.below(400_000_000) as i64, stage, days);
            lead.source = chance.once_in(2).then(|| chance.below(4).to_string());
            funnel.add(&CampaignId::new(format!("c{}", chance.below(2))), &TimeZone::UTC, &lead);
        }
        let total = funnel.total;
        assert!(total.leads >= total.mql && total.mql >= total.sql && total.sql >= total.customers);
        assert_eq!(total.leads, number);
        let add = |mut sum: Counts, part: Counts| {
            sum += part;
            sum
        };
        let sum = |parts: Vec<Counts>| parts.into_iter().fold(Counts::default(), add);
        assert_eq!(sum(funnel.campaigns().into_values().collect()), total);
        assert_eq!(sum(funnel.sources.values().copied().collect()), total);
        assert_eq!(sum(funnel.months().into_values().collect()), total);
        assert_eq!(funnel.days.values().sum::<u64>(), total.leads);
        assert_eq!(funnel.grades.values().sum::<u64>(), total.leads);
        let medians = funnel.medians();
        for days in [medians.lead_to_mql, medians.mql_to_sql, medians.sql_to_customer] {
            assert!(days.is_none_or(|days| (0.0..=90.0).contains(&days)), "{days:?}");
        }
    }
}

/// R125: by cohort a month is what became of its enquiries, by period what happened in it.
#[test]
fn r125_an_sql_of_april_from_an_enquiry_of_march_counts_in_march_by_cohort_and_in_april_by_period() {
    let at = |text: &str| -> Timestamp { text.parse().expect("a moment") };
    let march = at("2026-03-20T09:00:00Z").as_second();
    let mut sold = lead(march, Stage::Customer, [Some(1), Some(15), Some(20)]);
    sold.owner = Some("camille".into());
    sold.cents = Some(1_250_050);
    let leads = [sold, lead(march, Stage::Lead, [None; 3])];
    let by_cohort = funnel(&leads);
    let counts = |leads, mql, sql, customers| Counts {
        leads,
        mql,
        sql,
        customers,
    };
    assert_eq!(by_cohort.months(), [("2026-03", counts(2, 1, 1, 1))].into());
    assert_eq!(by_cohort.revenue_cents, 1_250_050);
    let of = |from: &str, until: &str| {
        let mut funnel = Funnel::default();
        for lead in &leads {
            funnel.add_events(
                &CampaignId::new("guide-seo"),
                &TimeZone::UTC,
                lead,
                (at(from), at(until)),
            );
        }
        funnel
    };
    let march = of("2026-03-01T00:00:00Z", "2026-03-31T23:59:59Z");
    assert_eq!((march.total, march.revenue_cents), (counts(2, 1, 0, 0), 0));
    let april = of("2026-04-01T00:00:00Z", "2026-04-30T23:59:59Z");
    assert_eq!((april.total, april.revenue_cents), (counts(0, 0, 1, 1), 1_250_050));
    assert_eq!(april.owners, [(Some("camille".to_owned()), counts(0, 0, 1, 1))].into());
    assert_eq!(
        april.total.rates(None).mql_to_sql,
        None,
        "more SQLs than MQLs are no rate"
    );
    let both = of("2026-03-01T00:00:00Z", "2026-04-30T23:59:59Z");
    assert_eq!(both.total, counts(2, 1, 1, 1));
    assert_eq!(
        both.months(),
        [("2026-03", counts(2, 1, 0, 0)), ("2026-04", counts(0, 0, 1, 1))].into()
    );
}
