//! Who will be erased, and when.

piste_domain::texts! {
    pub intro {
        Fr: "Les personnes dont les données seront effacées si elles ne donnent pas de nouvelles. Un formulaire, un clic, une réponse, un rendez-vous ou des préférences enregistrées font repartir le délai\u{202f}; une ouverture, jamais.",
        En: "People whose data will be deleted unless we hear from them. A form, a click, a reply, a meeting or saved preferences restart the clock; an open never does.",
    }
    pub days { Fr: "Dans les prochains jours (nombre)", En: "Within this many days" }
    pub earlier { Fr: "Leads arrivés plus tôt", En: "Leads received earlier" }
    pub name { Fr: "Nom", En: "Name" }
    pub erased { Fr: "Effacement", En: "Deletion" }
    pub asked { Fr: "Question posée", En: "Asked first" }
    pub no { Fr: "non", En: "no" }
}
