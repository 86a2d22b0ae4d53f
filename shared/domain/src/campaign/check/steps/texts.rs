//! What `piste check` says about conditions and repeats of steps.

crate::texts! {
    pub(super) promised_is_sent(key: &str) {
        Fr: "ce qui a été demandé part toujours\u{a0}: {key} ne va qu’avec class = \"nurture\"",
        En: "what people asked for is always sent: {key} goes with class = \"nurture\" only",
    }
    pub(super) everybody_is_asked(key: &str) {
        Fr: "chacun est consulté, une fois, avant d’être effacé\u{a0}: retirez {key}",
        En: "everybody is asked, once, before their data is deleted: leave {key} out",
    }
    pub(super) one_fact {
        Fr: "donnez exactement une condition par ligne\u{a0}: field avec one_of, at_least ou filled, ou bien stage, ou bien clicked",
        En: "give exactly one condition on each line: field with one_of, at_least or filled, or else stage, or else clicked",
    }
    pub(super) empty_list {
        Fr: "cette liste est vide\u{a0}: la condition ne serait jamais vraie",
        En: "this list is empty: the condition would never be true",
    }
    pub(super) no_such_step(step: &str) {
        Fr: "cette séquence n’a pas d’étape «\u{a0}{step}\u{a0}»",
        En: "this sequence has no step \"{step}\"",
    }
    pub(super) clicked_too_early(step: &str) {
        Fr: "personne ne peut avoir cliqué dans «\u{a0}{step}\u{a0}» à ce moment-là\u{a0}: nommez une étape qui part avant celle-ci",
        En: "nobody can have clicked in \"{step}\" by then: name a step that leaves before this one",
    }
    pub(super) times_missing {
        Fr: "every a besoin de times\u{a0}: combien de fois l’e-mail part en tout",
        En: "every needs times: how often the email leaves in all",
    }
    pub(super) every_missing {
        Fr: "times a besoin de every\u{a0}: l’intervalle entre deux envois, par exemple \"P3M\"",
        En: "times needs every: the time between two emails, such as \"P3M\"",
    }
    pub(super) times_bounds(least: i64, most: i64) {
        Fr: "une étape répétée part de {least} à {most} fois en tout",
        En: "a repeated step leaves {least} to {most} times in all",
    }
    pub(super) every_bounds {
        Fr: "l’intervalle va d’un jour à un an, par exemple \"P3M\"",
        En: "the interval is between a day and a year, such as \"P3M\"",
    }
    pub(super) repeat_after_the_end(step: &str) {
        Fr: "«\u{a0}{step}\u{a0}» vient après la fin de la séquence (within)\u{a0}: réduisez times ou every",
        En: "\"{step}\" comes after the end of the sequence (within): lower times or every",
    }
    pub(super) name_of_a_repeat(repeat: &str, step: &str) {
        Fr: "«\u{a0}{repeat}\u{a0}» désignerait à la fois une répétition de «\u{a0}{step}\u{a0}» et une autre étape\u{a0}: renommez l’une des deux",
        En: "\"{repeat}\" would be both a repeat of \"{step}\" and another step: rename one of them",
    }
    pub(super) at_the_same_time(step: &str, other: &str) {
        Fr: "«\u{a0}{step}\u{a0}» et «\u{a0}{other}\u{a0}» tombent au même moment\u{a0}: changez un délai",
        En: "\"{step}\" and \"{other}\" fall on the same moment: change a delay",
    }
    pub(in crate::campaign::check) not_kept_that_long(step: &str) {
        Fr: "«\u{a0}{step}\u{a0}» vient après la fin de la conservation (retention)\u{a0}: ne le recevront que ceux qui auront donné de leurs nouvelles d’ici là",
        En: "\"{step}\" comes after the end of retention: only people you hear from before then will get it",
    }
    pub(in crate::campaign::check) stage_has_left(stage: &str) {
        Fr: "à l’étape «\u{a0}{stage}\u{a0}», un lead a déjà quitté cette séquence\u{a0}: la condition n’est jamais vraie",
        En: "a lead at the stage \"{stage}\" has left this sequence: the condition is never true",
    }
    pub(in crate::campaign::check) always_answered(field: &str) {
        Fr: "le formulaire exige «\u{a0}{field}\u{a0}»\u{a0}: la condition n’est presque jamais vraie",
        En: "the form requires \"{field}\": the condition is hardly ever true",
    }
}
