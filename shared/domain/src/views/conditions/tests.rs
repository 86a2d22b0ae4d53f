use super::*;
use crate::samples::edited;

/// What the conditions of `day-5` say, written like this, in both languages.
fn said(lines: &str) -> [String; 2] {
    let step = "template = \"day-5\"\n";
    let campaign = edited(&[(step, &format!("{step}{lines}\n"))]);
    let sequences = campaign.sequences.iter();
    let mut steps = sequences.flat_map(|sequence| &sequence.steps);
    let step = steps.find(|step| step.id == "day-5").expect("a step");
    [Locale::En, Locale::Fr].map(|locale| of_step(step, &campaign, locale).unwrap_or_default())
}

#[test]
fn the_conditions_of_a_step_read_as_sentences() {
    let rows = [
        ("", "", ""),
        (
            "when = [{ field = \"company_size\", one_of = [\"1-9\", \"10-49\"] }, { stage = [\"lead\", \"mql\"] }]",
            "only if the answer to “Company size” is “1 to 9 people” or “10 to 49 people” and the stage is Lead or MQL",
            "seulement si la réponse à «\u{a0}Effectif de l’entreprise\u{a0}» est «\u{a0}1 à 9\u{a0}personnes\u{a0}» ou «\u{a0}10 à 49\u{a0}personnes\u{a0}» et l’étape est Lead ou MQL",
        ),
        (
            "when = [{ clicked = \"day-2\" }]\nuntil = [{ stage = [\"customer\"] }, { field = \"need\", filled = true }]",
            "only if the person clicked in day-2; unless the stage is Customer or the person answered “What you need, in a sentence or two”",
            "seulement si la personne a cliqué dans day-2\u{202f}; sauf si l’étape est Client ou la personne a répondu à «\u{a0}Votre besoin, en une ou deux phrases\u{a0}»",
        ),
        (
            "until = [{ field = \"budget\", at_least = 10000 }]",
            "unless the answer to “Yearly SEO budget you have in mind” is at least 10,000",
            "sauf si la réponse à «\u{a0}Budget annuel envisagé pour le SEO\u{a0}» est d’au moins 10\u{202f}000",
        ),
        (
            "when = [{ field = \"sector\", filled = false }]",
            "only if the person did not answer “Industry”",
            "seulement si la personne n’a pas répondu à «\u{a0}Secteur d’activité\u{a0}»",
        ),
    ];
    for (lines, en, fr) in rows {
        assert_eq!(said(lines), [en, fr], "{lines}");
    }
}

#[test]
fn every_reason_has_its_words_and_an_unknown_one_stays_as_it_is() {
    for reason in SkipReason::ALL {
        assert_ne!(skipped_for(reason.code(), Locale::Fr), reason.code());
    }
    assert_eq!(skipped_for("goal", Locale::En), "goal reached");
    assert_eq!(skipped_for("sql", Locale::En), "taken over by sales");
    assert_eq!(skipped_for("of_a_later_version", Locale::En), "of_a_later_version");
}
