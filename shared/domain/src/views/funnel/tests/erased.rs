//! Figures do not move: whatever became of people, a report reads the same before and after they are erased (R125).

use super::*;
use crate::campaign::Campaign;
use crate::lead::Lead;
use crate::lead::erasure::{ErasedBy, Known, Record};
use crate::rules::context::Context;
use crate::rules::decide::decide;
use crate::rules::input::{self, ManualMove, SalesAction};
use crate::rules::sales::Numbers;
use crate::samples::{HOT, Story, TICKED, by_sales, demo, key, other, submission};

const SOURCES: [&str; 4] = ["news", "linkedin", "ana@example.com", "google.com"];
const ZONES: [&str; 3] = ["Europe/Paris", "America/New_York", "Asia/Tokyo"];

fn campaigns() -> [Campaign; 3] {
    let mut campaigns = [demo(), other("b"), other("c")];
    for (campaign, zone) in campaigns.iter_mut().zip(ZONES) {
        zone.clone_into(&mut campaign.zone);
    }
    campaigns
}

/// A reason with the person's name, where it is known.
fn called(story: &Story) -> &'static str {
    match story.lead().full_name().is_empty() {
        true => "ne décide pas",
        false => "Ana Lefèvre ne décide pas",
    }
}

/// A person to whom anything happened, in any order.
fn somebody(chance: &mut Chance) -> Story {
    let mut story = Story::of(campaigns());
    story.now += SignedDuration::from_mins(chance.below(120 * 1_440) as i64);
    let post = |story: &mut Story, chance: &mut Chance| {
        let id = CampaignId::new(*chance.pick(&["guide-seo", "b", "c"]));
        let mut fields = match chance.below(3) {
            0 => HOT.to_vec(),
            1 => vec![TICKED],
            _ => vec![
                ("first_name", "Ana"),
                ("last_name", "Lefèvre"),
                ("company", "Durand et fils"),
            ],
        };
        fields.extend(chance.once_in(2).then_some(TICKED));
        let mut post = submission(story.catalog.get(&id).expect("a campaign"), &fields);
        post.touch
            .0
            .insert("source".into(), (*chance.pick(&SOURCES)).to_owned());
        story.apply(&input::Capture(id, post));
    };
    post(&mut story, chance);
    for _ in 0..chance.below(14) {
        story.wait(SignedDuration::from_mins(chance.below(9 * 1_440) as i64));
        match chance.below(9) {
            0 | 1 => post(&mut story, chance),
            2 => drop(story.confirm()),
            3 | 4 => {
                let to = *chance.pick(&Stage::ALL);
                let reason = *chance.pick(&["budget", called(&story), "voir 06 12 34 56 78"]);
                let by_hand = input::Move(ManualMove {
                    cents: (to == Stage::Customer).then(|| chance.below(9_000_000)),
                    correction: chance.once_in(4),
                    ..ManualMove::new(to, reason)
                });
                // Not by `apply`: its laws know no mistake, which opens again what it had closed.
                let cx = Context {
                    catalog: &story.catalog,
                    key: &key(),
                    now: story.now,
                };
                if let Some(Record::Lead(lead)) = decide(Known::from(story.lead.as_ref()), &by_hand, &cx).record {
                    story.lead = Some(Lead::clone(&lead));
                }
            }
            5 => {
                let action = match chance.below(4) {
                    0 => SalesAction::Accept,
                    1 => SalesAction::Reject(called(&story).into()),
                    2 => SalesAction::Reached(None),
                    _ => SalesAction::NoAnswer(None),
                };
                story.apply(&input::Sales(action, by_sales(), None));
            }
            6 => drop(story.apply(&input::Assign("direction".into()))),
            _ => drop(story.wake()),
        }
        if story.lead.is_none() {
            break; // retention was quicker
        }
    }
    story
}

/// The rows of a person as the board holds them.
fn rows(lead: &Lead) -> Vec<(CampaignId, Figures)> {
    let row = |standing: crate::lead::standing::Standing| match standing.campaign == lead.campaign {
        true => (standing.campaign.clone(), Figures::of_row(lead)),
        false => (standing.campaign.clone(), Figures::of_standing(lead, &standing)),
    };
    lead.standings().map(row).collect()
}

/// A report of these rows from one day to another, on each campaign's calendar; both ways of counting.
fn reports(rows: &[(CampaignId, Figures)], (from, to): (Date, Date), now: Timestamp) -> [String; 2] {
    let mut counted = [Funnel::default(), Funnel::default()];
    for (campaign, figures) in rows {
        let place = ["guide-seo", "b", "c"].iter().position(|id| *id == campaign.as_str());
        let zone = TimeZone::get(ZONES[place.expect("a campaign")]).expect("a zone");
        let start = |day: Date| day.to_zoned(zone.clone()).expect("a day").timestamp();
        let within = (
            start(from),
            start(to.tomorrow().expect("a day")) - SignedDuration::from_secs(1),
        );
        if (within.0..=within.1).contains(&figures.captured_at) {
            counted[0].add(campaign, &zone, figures);
        }
        counted[1].add_events(campaign, &zone, figures, within);
    }
    counted.map(|mut funnel| {
        // Their moments are of no interest to a report, what follows from them is.
        let responses = Numbers::of(funnel.responses.drain(..), now);
        let minutes = [responses.median, responses.p90].map(|took| took.map(|took| took.as_mins()));
        let responses = Numbers {
            median: None,
            p90: None,
            ..responses
        };
        format!("{funnel:#?}\n{responses:?} {minutes:?}")
    })
}

#[test]
fn r125_a_report_reads_the_same_before_and_after_an_erasure() {
    let (mut counted, mut won, mut several, mut rejected) = (0, 0, 0, 0);
    for seed in 0..150 {
        let mut chance = Chance(seed);
        let mut people: Vec<Story> = (0..3).map(|_| somebody(&mut chance)).collect();
        people.retain(|story| story.lead.is_some());
        let now = people.iter().map(|story| story.now).max().unwrap_or_default();
        let before: Vec<_> = people.iter().flat_map(|story| rows(story.lead())).collect();
        // Any of them may be erased, by any door.
        let mut after = Vec::new();
        for story in &mut people {
            if chance.once_in(4) {
                after.extend(rows(story.lead()));
                continue;
            }
            story.now = now;
            story.apply(&input::Erase(*chance.pick(&ErasedBy::ALL)));
            let tombstone = story.tombstone.clone().expect("a tombstone");
            counted += tombstone.counted.len();
            several += usize::from(tombstone.counted.len() > 1);
            for part in &tombstone.counted {
                won += usize::from(part.figures.cents.is_some());
                rejected += usize::from(part.figures.rejected.is_some());
                let shown = format!("{:?}", part.figures).to_lowercase();
                for name in ["lefèvre", "\"ana", "ana ", "@", "06 12"] {
                    assert!(!shown.contains(name), "seed {seed}: {name} in {shown}");
                }
            }
            after.extend(tombstone.counted.into_iter().map(|part| (part.campaign, part.figures)));
        }
        let first: Date = "2026-02-20".parse().expect("a day");
        for _ in 0..12 {
            let from = first + (chance.below(150) as i64).days();
            let to = from + (chance.below(90) as i64).days();
            let (was, is) = (reports(&before, (from, to), now), reports(&after, (from, to), now));
            assert_eq!(was, is, "seed {seed}, {from} to {to}");
        }
    }
    // What is compared has some of everything.
    assert!(
        counted > 250 && several > 50 && won > 2 && rejected > 10,
        "{counted} rows, {several} in several campaigns, {won} won, {rejected} rejected"
    );
}
