use super::*;
use crate::campaign::Campaign;
use crate::kit::ids::WorkspaceId;
use crate::kit::personal::Personal;
use crate::kit::vocabulary::Class;
use crate::lead::enquiry::Rank;
use crate::lead::erasure::ErasedBy;
use crate::rules::input::{self, Entered};
use crate::samples::{HOT, Story, TICKED, at, days, demo, guide, hours, interest, key, other};
use crate::views::timeline::timeline;

fn id(file: &str) -> ImportId {
    ImportId::of(&key(), &WorkspaceId::new("main"), &guide(), "", file)
}

fn columns(campaign: &Campaign, header: &[&str], given: &[(&str, &str)]) -> Result<Columns, Vec<ColumnProblem>> {
    let owned = |text: &&str| (*text).to_owned();
    let given: Vec<_> = given.iter().map(|(a, b)| (owned(a), owned(b))).collect();
    Columns::of(campaign, &header.iter().map(owned).collect::<Vec<_>>(), &given)
}

/// A line as pairs of a column and its cell.
fn read(campaign: &Campaign, cells: &[(&str, &str)]) -> Result<Option<Line>, Vec<Refused>> {
    let header: Vec<&str> = cells.iter().map(|(column, _)| *column).collect();
    let cells: Vec<String> = cells.iter().map(|(_, cell)| (*cell).to_owned()).collect();
    let columns = columns(campaign, &header, &[]).expect("columns");
    columns.read(campaign, &cells, at("2026-03-02T09:00:00Z"))
}

/// Imports one line of Ana, as part of a file, for a campaign.
#[track_caller]
fn import_to(story: &mut Story, campaign: &str, file: &str, cells: &[(&str, &str)]) -> Told {
    let campaign = CampaignId::new(campaign);
    let cells: Vec<_> = [("email", "ana@example.org")]
        .into_iter()
        .chain(cells.iter().copied())
        .collect();
    let line = read(story.catalog.get(&campaign).expect("a campaign"), &cells);
    let line = line.expect("a good line").expect("a line");
    let listed = input::Import(Listed {
        campaign,
        import: id(file),
        line,
        by: By {
            mover: Mover::Operator,
            name: Some("Anne".into()),
        },
    });
    let told = story.apply(&listed).answer.expect("a campaign");
    let again = story.apply(&listed);
    assert!(again.record.is_none(), "told again it changes nothing");
    told
}

#[track_caller]
fn import(story: &mut Story, cells: &[(&str, &str)]) -> Told {
    import_to(story, "guide-seo", "a", cells)
}

#[track_caller]
fn undo(story: &mut Story, file: &str) -> TakenBack {
    let answer = story.apply(&input::TakeBack(id(file))).answer;
    answer.expect("an answer")
}

fn changed(fields: &[&str]) -> Taken {
    Taken::Changed(fields.iter().map(|field| (*field).to_owned()).collect())
}

const EVIDENCE: [(&str, &str); 3] = [
    ("consent_purpose", "marketing"),
    ("consent_method", "card at a fair"),
    ("consent_evidence", "card 17"),
];

// ---- what a line does ----

#[test]
fn r69_an_import_makes_a_lead_and_nobody_hears_of_it() {
    let mut story = Story::of([interest()]);
    let told = import(
        &mut story,
        &[HOT.as_slice(), &[("first_name", "Ana"), ("source", "fair")]].concat(),
    );
    assert_eq!((told.taken, told.consent), (Taken::New, None));
    let lead = story.lead();
    let [enquiry] = lead.words.enquiries() else {
        panic!("one enquiry")
    };
    assert_eq!(
        (enquiry.rank(), enquiry.touch.get("source")),
        (Rank::Reported, Some("fair"))
    );
    assert_eq!((lead.stage, lead.signals.len()), (Stage::Lead, 0));
    let events = timeline(lead, &story.catalog, Locale::En);
    assert_eq!(events[0].text, "Imported from a list: SEO guide (fair)");
    assert!(lead.unmet, "what was told of them before is still to be looked for");
    let mails = story.run_all(at("2026-04-02T09:00:00Z"));
    assert!(
        mails.is_empty(),
        "{:?}",
        mails.iter().map(|(_, mail)| &mail.step).collect::<Vec<_>>()
    );
}

#[test]
fn a_list_fills_gaps_and_replaces_nothing_that_the_person_said() {
    let mut story = Story::new();
    story.post(&[("first_name", "Ana"), TICKED]);
    story.wait(hours(1));
    let told = import(&mut story, &[("first_name", "Anna"), ("company", "Lumen")]);
    assert_eq!(told.taken, changed(&["company"]));
    let answer = |story: &Story, name: &str| story.lead().words.answer(name).map(str::to_owned);
    assert_eq!(answer(&story, "first_name").as_deref(), Some("Ana"));
    assert_eq!(answer(&story, "company").as_deref(), Some("Lumen"));
    let told = import_to(&mut story, "guide-seo", "b", &[("company", "Lumen")]);
    assert_eq!(told.taken, Taken::Known);
    assert_eq!(
        story.lead().words.enquiries().len(),
        2,
        "what is known is not written again"
    );
    // The person's own word comes later and counts.
    story.wait(hours(1)).post(&[("company", "Lumen SARL")]);
    assert_eq!(answer(&story, "company").as_deref(), Some("Lumen SARL"));
}

#[test]
fn points_of_a_list_alert_nobody_and_those_of_the_person_do() {
    let mut story = Story::new();
    story.post(&[TICKED]);
    story.wait(hours(1));
    import(&mut story, &HOT);
    story.wait(hours(1)).wake_person();
    assert_eq!(
        story.lead().stage,
        Stage::Lead,
        "nor does anything that follows by itself"
    );
    story.wait(hours(1)).post(&HOT);
    assert_eq!(story.lead().stage, Stage::Mql);
}

#[test]
fn r65_an_import_is_no_word_of_the_person() {
    let mut story = Story::new();
    story.post(&[]);
    let before = story.lead().last_contact();
    story.wait(days(30));
    import(&mut story, &[("company", "Lumen")]);
    assert_eq!(story.lead().last_contact(), before);
}

#[test]
fn r65_a_line_is_as_old_as_it_says_and_too_old_a_one_is_not_taken() {
    let mut story = Story::of([interest()]);
    let told = import(&mut story, &[("captured_at", "02/03/2023")]);
    assert_eq!(told.taken, Taken::Refused(Refused::TooOld));
    assert!(story.lead.is_none());
    import(&mut story, &[("captured_at", "2024-03-01")]);
    assert_eq!(
        story.lead().captured_at,
        at("2024-02-29T23:00:00Z"),
        "on the campaign's clock"
    );
    assert_eq!(
        story.lead().stage,
        Stage::Dormant,
        "nobody is woken up by being imported"
    );
    assert!(story.run_all(at("2026-04-02T09:00:00Z")).is_empty());
    // Of somebody known, nothing is older than what is known.
    let mut known = Story::new();
    known.post(&[]);
    import(&mut known, &[("company", "Lumen"), ("captured_at", "2024-03-01")]);
    let [first, _] = known.lead().words.enquiries() else {
        panic!("two enquiries")
    };
    assert!(first.import().is_none());
}

#[test]
fn a_line_for_another_campaign_gives_a_standing_there() {
    let mut story = Story::of([demo(), other("b")]);
    story.post(&[]);
    let told = import_to(&mut story, "b", "a", &[]);
    assert_eq!(told.taken, changed(&[]));
    assert!(story.lead().standing(&CampaignId::new("b")).is_some());
    assert_eq!(undo(&mut story, "a"), TakenBack::Reverted(vec![CampaignId::new("b")]));
}

// ---- consents, a no, an erasure ----

#[test]
fn r69_a_consent_needs_its_evidence() {
    for left_out in 0..3 {
        let mut cells = EVIDENCE.to_vec();
        let (column, _) = cells.remove(left_out);
        let mut story = Story::new();
        let told = import(&mut story, &cells);
        assert_eq!((told.taken, told.consent), (Taken::New, Some(Refused::Consent(column))));
        assert_eq!(story.marketing(), None);
    }
    let mut story = Story::new();
    let told = import(&mut story, &[&EVIDENCE[..], &[("consent_at", "2026-01-31")]].concat());
    assert_eq!(told.consent, None);
    assert_eq!(story.marketing(), Some(ConsentState::Given));
    let evidence = story.lead().consents[0].evidence.clone().expect("evidence");
    assert_eq!(evidence.method.expose(), "card at a fair");
    assert_eq!(evidence.by, format!("Anne, import:{}", id("a")));
    assert_eq!(story.lead().refusal(Class::Nurture, &demo()), None);
    // A box as a column counts for nothing.
    let mut story = Story::new();
    import(&mut story, &[("marketing_consent", "oui")]);
    assert_eq!(story.marketing(), None);
}

#[test]
fn r69_no_list_lifts_a_no_or_goes_above_what_stands() {
    let mut story = Story::confirmed();
    story.wait(hours(1)).opt_out();
    let told = import(&mut story, &[&EVIDENCE[..], &[("company", "Lumen")]].concat());
    assert_eq!(
        (told.taken, told.consent),
        (changed(&["company"]), Some(Refused::OptedOut))
    );
    assert_eq!(story.marketing(), Some(ConsentState::Withdrawn));
    assert!(story.lead().suppression.is_some());
    let mut story = Story::asked();
    let told = import(&mut story, &EVIDENCE);
    assert_eq!(told.consent, Some(Refused::Asked));
    assert_eq!(story.marketing(), Some(ConsentState::Pending));
    let mut story = Story::confirmed();
    let told = import(&mut story, &EVIDENCE);
    assert_eq!((told.taken, told.consent), (Taken::Known, None));
    assert_eq!(story.lead().consents.len(), 1);
}

#[test]
fn r69_nobody_who_was_erased_comes_back_by_a_list() {
    let mut story = Story::asked();
    story.apply(&input::Erase(ErasedBy::Person));
    let told = import(&mut story, &EVIDENCE);
    assert_eq!(told.taken, Taken::Refused(Refused::Erased));
    assert!(story.lead.is_none());
}

// ---- taking it back ----

#[test]
fn r69_whoever_is_erased_after_an_undo_does_not_come_back_by_a_list() {
    let mut story = Story::new();
    import(&mut story, &EVIDENCE);
    assert_eq!(undo(&mut story, "a"), TakenBack::Removed);
    story.wait(hours(1)).apply(&input::Erase(ErasedBy::Person));
    let tombstone = story.tombstone.as_ref().expect("it is remembered");
    assert_eq!((tombstone.undone, tombstone.erased_at), (false, story.now));
    let refused = import(&mut story, &[("company", "Lumen")]);
    assert_ne!(refused.taken, Taken::New);
    assert!(story.lead.is_none());
}

#[test]
fn what_an_import_made_and_nobody_touched_goes_and_may_come_again() {
    let mut story = Story::new();
    import(&mut story, &EVIDENCE);
    story.wait(hours(1)).wake();
    assert_eq!(undo(&mut story, "b"), TakenBack::Nothing);
    assert_eq!(undo(&mut story, "a"), TakenBack::Removed);
    assert!(
        story.lead.is_none()
            && story
                .tombstone
                .as_ref()
                .is_some_and(|left| left.undone && left.counted.is_empty())
    );
    assert_eq!(undo(&mut story, "a"), TakenBack::Nothing);
    assert_eq!(import(&mut story, &[("company", "Lumen")]).taken, Taken::New);
    assert_eq!(undo(&mut story, "a"), TakenBack::Removed);
    let entry = input::Entry {
        campaign: guide(),
        submission: crate::samples::submission(&demo(), &[]),
        consent: None,
        by: crate::samples::by_sales(),
    };
    assert_eq!(story.apply(&input::Enter(entry)).answer, Some(Entered::Done));
}

#[test]
fn what_somebody_did_since_stays() {
    type Touch = fn(&mut Story);
    let touch: [(&str, Touch); 4] = [
        ("a post", |story| drop(story.post(&[("company", "Lumen")]))),
        ("a no", |story| drop(story.opt_out())),
        ("a note", |story| {
            story.apply(&input::Note(Personal::new("x"), crate::samples::by_sales()));
        }),
        ("another list", |story| {
            drop(import_to(story, "guide-seo", "b", &[("company", "Lumen")]))
        }),
    ];
    for (what, touch) in touch {
        let mut story = Story::new();
        import(&mut story, &[("first_name", "Ana")]);
        story.wait(hours(1));
        touch(&mut story);
        let before = story.lead().clone();
        assert_eq!(undo(&mut story, "a"), TakenBack::Kept, "{what}");
        assert_eq!(story.lead(), &before, "{what}");
    }
}

#[test]
fn what_a_list_filled_in_is_empty_again() {
    let mut story = Story::of([demo(), other("b")]);
    story.post(&[("first_name", "Ana")]);
    story.wait(hours(1));
    import(&mut story, &[&EVIDENCE[..], &[("company", "Lumen")]].concat());
    let more = import_to(&mut story, "b", "a", &[("company", "Lumen")]);
    assert_eq!(more.taken, changed(&[]));
    // Somebody else's word since then is theirs.
    story.wait(hours(1)).post(&[("budget", "9000")]);
    assert_eq!(undo(&mut story, "a"), TakenBack::Reverted(vec![CampaignId::new("b")]));
    let lead = story.lead();
    assert_eq!(lead.words.answer("company"), None);
    assert_eq!(
        (lead.words.answer("first_name"), lead.words.answer("budget")),
        (Some("Ana"), Some("9000"))
    );
    assert_eq!((story.marketing(), lead.standing(&CampaignId::new("b"))), (None, None));
}

// ---- columns ----

#[test]
fn r78_columns_are_read_as_the_names_of_any_form_are() {
    let header = [
        "E-mail",
        "Prénom",
        "firstName",
        "Entreprise",
        "source",
        "Captured at",
        "utm_medium",
        "Remarque",
        "marketing_consent",
        "",
    ];
    let read = columns(&demo(), &header, &[]).expect("columns");
    let names: Vec<&str> = read.meanings().iter().map(Meaning::name).collect();
    assert_eq!(names[0], "email");
    assert_eq!(
        names[1..3].iter().filter(|name| **name == "first_name").count(),
        1,
        "{names:?}"
    );
    assert_eq!(
        &names[4..],
        ["source", "captured_at", "utm_medium", "other", "", "other"]
    );
}

#[test]
fn two_columns_for_one_thing_lose_neither() {
    let given = [("Fixe", "phone"), ("Mobile", "phone")];
    let read = columns(&demo(), &["email", "Fixe", "Mobile", "source", "Source"], &given).expect("columns");
    let names: Vec<&str> = read.meanings().iter().map(Meaning::name).collect();
    assert_eq!(names, ["email", "phone", "other", "source", "other"]);
}

#[test]
fn a_mapping_outweighs_names_and_all_that_is_wrong_is_told_at_once() {
    let given = [("Courriel pro", "email"), ("email", ""), ("notes", "need")];
    let read = columns(&demo(), &["Courriel pro", "email", "Notes"], &given).expect("columns");
    let names: Vec<&str> = read.meanings().iter().map(Meaning::name).collect();
    assert_eq!(names, ["email", "", "need"]);
    let wrong = columns(&demo(), &["nom"], &[("mail", "email"), ("nom", "score")]).expect_err("wrong");
    let codes: Vec<_> = wrong.iter().map(ColumnProblem::code).collect();
    assert_eq!(codes, ["unknown_column", "unknown_field", "no_column"]);
    assert!(
        columns(&demo(), &["phone"], &[]).is_err(),
        "this form knows nobody by telephone"
    );
    let by_phone = Campaign {
        form: crate::campaign::Form {
            identity: crate::campaign::Identity::EmailOrPhone,
            ..demo().form
        },
        ..demo()
    };
    assert!(columns(&by_phone, &["phone"], &[]).is_ok());
}

#[test]
fn a_wrong_optional_value_never_refuses_a_line_and_a_missing_address_does() {
    let campaign = demo();
    let line = read(
        &campaign,
        &[
            ("email", "ana@example.org"),
            ("phone", "'+33 1 99 00 12 34"),
            ("budget", "a lot"),
            ("captured_at", "soon"),
            ("sector", "none of them"),
        ],
    );
    let line = line.expect("taken").expect("a line");
    let unread: Vec<&str> = line.submission.unread.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(unread, ["sector", "budget", "captured_at"]);
    assert_eq!(line.submission.other["budget"].expose(), "a lot");
    assert_eq!(
        line.submission.answers["phone"].expose(),
        "+33199001234",
        "without the guard of spreadsheets"
    );
    assert_eq!(line.at, None);
    for (cell, code) in [("", "required"), ("ana", "no_at")] {
        let refused = read(&campaign, &[("email", cell), ("first_name", "Ana")]).expect_err("refused");
        let told: Vec<_> = refused.iter().map(|one| (one.field(), one.code())).collect();
        assert_eq!(told, [("email", code)]);
    }
    assert!(
        read(&campaign, &[("email", " "), ("first_name", "")])
            .expect("an empty line")
            .is_none()
    );
    let long = "x".repeat(70_000);
    assert_eq!(
        read(&campaign, &[("email", "a@example.org"), ("x", &long)]).expect_err("long"),
        [Refused::TooLong]
    );
}

#[test]
fn moments_are_read_as_people_write_them() {
    let check = |text: &str, moment: Option<&str>| {
        let line = read(&demo(), &[("email", "ana@example.org"), ("captured_at", text)]);
        assert_eq!(line.expect("taken").expect("a line").at, moment.map(at), "{text}");
    };
    check("2026-02-01T10:00:00Z", Some("2026-02-01T10:00:00Z"));
    check("2026-02-01 10:00:00", Some("2026-02-01T09:00:00Z"));
    check("01/02/2026 10:00", Some("2026-02-01T09:00:00Z"));
    check("01/02/2026", Some("2026-01-31T23:00:00Z"));
    check("1 février 2026", Some("2026-01-31T23:00:00Z"));
    check("last week", None);
}
