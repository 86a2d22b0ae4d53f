//! What to tell a visitor about an address.

use super::EmailProblem;

crate::texts! {
    pub(super) email_problem for EmailProblem {
        Empty { Fr: "Indiquez votre adresse e-mail.", En: "Enter your email address." }
        TooLong { Fr: "Cette adresse e-mail est trop longue.", En: "This email address is too long." }
        NoAt { Fr: "Il manque le signe @ dans cette adresse e-mail.", En: "This email address has no @ sign." }
        SeveralAts {
            Fr: "Indiquez une seule adresse e-mail, avec un seul signe @.",
            En: "Enter one email address, with a single @ sign.",
        }
        BadLocal {
            Fr: "La partie avant le signe @ est vide ou contient un caractère impossible.",
            En: "The part before the @ sign is empty or has a character that isn’t allowed.",
        }
        MisplacedDot {
            Fr: "Avant le signe @, un point ne peut être ni au début, ni à la fin, ni doublé.",
            En: "Before the @ sign, a dot can’t come first, last or twice in a row.",
        }
        NonAsciiLocal {
            Fr: "La partie avant le signe @ contient un accent ou un caractère que nous ne pouvons pas joindre. Indiquez une adresse sans accent.",
            En: "The part before the @ sign has an accent or a character we can’t send to. Enter an address in plain letters.",
        }
        BadDomain {
            Fr: "La partie après le signe @ n’est pas un nom de domaine valide.",
            En: "The part after the @ sign isn’t a valid domain name.",
        }
        NoDot {
            Fr: "La partie après le signe @ est incomplète, comme «\u{a0}exemple\u{a0}» au lieu de «\u{a0}exemple.fr\u{a0}».",
            En: "The part after the @ sign is incomplete, like “example” instead of “example.com”.",
        }
        NoSuchEnding {
            Fr: "Aucune adresse ne se termine ainsi. Vérifiez ce qui suit le dernier point.",
            En: "No address ends like this. Check what comes after the last dot.",
        }
    }
}
