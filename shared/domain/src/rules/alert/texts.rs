//! What an email to sales is about.

use super::AlertKind;

crate::texts! {
    pub(super) about for AlertKind {
        Alert { Fr: "un lead à rappeler", En: "a lead to call" }
        Hotter { Fr: "le lead est devenu plus chaud", En: "the lead got hotter" }
        Soon { Fr: "la moitié du délai est passée", En: "half the time is up" }
        Late { Fr: "le délai est passé", En: "the deadline has passed" }
        Escalated { Fr: "transmis à un autre responsable", En: "escalated to somebody else" }
        Last { Fr: "dernier rappel", En: "last reminder" }
        Call { Fr: "nouvelle tentative", En: "next attempt" }
        Decide { Fr: "accepter ou refuser", En: "accept or reject" }
    }
}
