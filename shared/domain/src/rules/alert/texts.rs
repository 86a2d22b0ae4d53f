//! What an email to sales is about.

use super::AlertKind;

crate::texts! {
    pub(super) about for AlertKind {
        Alert { Fr: "un lead à rappeler", En: "a lead to call" }
        Hotter { Fr: "le lead est devenu plus chaud", En: "the lead got hotter" }
        Soon { Fr: "la moitié du délai est passée", En: "half the time has passed" }
        Late { Fr: "le délai est passé", En: "the deadline has passed" }
        Escalated { Fr: "transmis à un autre responsable", En: "escalated to somebody else" }
        Last { Fr: "dernier rappel", En: "last reminder" }
        Call { Fr: "nouvelle tentative", En: "next attempt" }
        Post { Fr: "nouvelle demande", En: "new enquiry" }
        AsksAgain { Fr: "nouvelle demande d’une personne connue", En: "another enquiry from a known person" }
        Reply { Fr: "réponse à un e-mail", En: "reply to an email" }
        Meeting { Fr: "rendez-vous convenu", En: "a meeting was agreed" }
        Back { Fr: "de retour après un long silence", En: "back after a long silence" }
        Assigned { Fr: "lead confié", En: "lead assigned" }
        Decide { Fr: "accepter ou refuser", En: "accept or reject" }
    }
}
