//! Names of form fields as other programs write them: in one form, so that two spellings of a name can be told to be one.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// A name in one form: its letters and digits in lower case, without accents and without what separates words. Two numbers
/// side by side stay apart: `input_1.3` is not `input_13`. Empty where a name has neither letters nor digits.
pub fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut apart = false;
    for c in DecomposingNormalizerBorrowed::new_nfd().normalize(name).chars() {
        if !c.is_alphanumeric() {
            apart = true;
            continue;
        }
        for lower in c.to_lowercase().filter(|lower| lower.is_alphanumeric()) {
            if apart && lower.is_numeric() && plain.ends_with(char::is_numeric) {
                plain.push('.');
            }
            apart = false;
            plain.push(lower);
        }
    }
    plain
}

/// What form builders put before a name, as words of their own: `your-email`, `No Label email`.
const LEAD_INS: [&[&str]; 3] = [&["your"], &["votre"], &["no", "label"]];

/// The name after a word of form builders; `None` where it begins with none, or is nothing else.
pub fn after_lead_in(name: &str) -> Option<&str> {
    let after = |words: &&[&str]| words.iter().try_fold(name.trim(), |rest, word| after_word(rest, word));
    LEAD_INS.iter().find_map(after)
}

/// What follows a whole word: after a separator, or where a capital begins the next one.
fn after_word<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = name.split_at_checked(word.len())?;
    let next = rest.chars().next()?;
    let ends = !next.is_alphanumeric() || (next.is_uppercase() && head.ends_with(char::is_lowercase));
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    (head.eq_ignore_ascii_case(word) && ends && !rest.is_empty()).then_some(rest)
}

/// The steps of a name with brackets or dots: `form_fields[email][]` is `form_fields`, `email`. Empty ones are left out.
pub fn steps(name: &str) -> Vec<&str> {
    let steps = name.split(['[', ']', '.']).map(str::trim);
    steps.filter(|step| !step.is_empty()).collect()
}

/// Whether a step is a place in a list.
pub fn is_place(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit())
}

/// Under which names whole forms are sent inside one another, in the form of [`plain`].
const WRAPPERS: [&str; 7] = ["answers", "data", "fields", "form", "formdata", "formfields", "payload"];

/// Whether a step only says that a form follows.
pub fn is_wrapper(step: &str) -> bool {
    WRAPPERS.contains(&plain(step).as_str())
}

/// A name without the brackets by which PHP and its like know a list: `email[]` is `email`.
pub fn without_list_mark(name: &str) -> &str {
    let name = name.trim();
    name.strip_suffix("[]").map_or(name, str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_has_one_form_however_it_is_written() {
        let same: [(&str, &[&str]); 6] = [
            (
                "firstname",
                &["first_name", "firstName", "First Name", "FIRST-NAME", "first.name"],
            ),
            ("email", &["email", "E-mail", "E mail", "EMAIL", "e_mail"]),
            ("prenom", &["Prénom", "prenom", "PRE\u{301}NOM", "pré-nom"]),
            ("input1.3", &["input_1.3", "input_1_3", "Input 1 3"]),
            ("input13", &["input_13", "input13"]),
            ("", &["", "[]", " - "]),
        ];
        for (one, names) in same {
            for name in names {
                assert_eq!(plain(name), one, "{name}");
            }
        }
    }

    #[test]
    fn lead_ins_are_whole_words() {
        for (name, rest) in [
            ("your-email", Some("email")),
            ("Your Email", Some("Email")),
            ("yourEmail", Some("Email")),
            ("YOUR_EMAIL", Some("EMAIL")),
            ("votre-email", Some("email")),
            ("No Label email", Some("email")),
            ("NoLabelEmail", Some("Email")),
            ("no_label_field_1", Some("field_1")),
            ("youremail", None),
            ("YOUREMAIL", None),
            ("yours-email", None),
            ("nolabelemail", None),
            ("No-email", None),
            ("your", None),
            ("your-", None),
            ("", None),
            ("éyour-email", None),
        ] {
            assert_eq!(after_lead_in(name), rest, "{name}");
        }
    }

    #[test]
    fn brackets_and_dots_are_steps() {
        assert_eq!(steps("form_fields[email][]"), ["form_fields", "email"]);
        assert_eq!(steps("a.b[0].c"), ["a", "b", "0", "c"]);
        assert_eq!(steps("]["), [""; 0]);
        assert!(is_place("12") && !is_place("") && !is_place("1a"));
        assert!(is_wrapper("fields") && is_wrapper("form_fields") && is_wrapper("formData") && !is_wrapper("email"));
        for (name, bare) in [
            ("email[]", "email"),
            ("a[b][]", "a[b]"),
            (" email ", "email"),
            ("email[0]", "email[0]"),
        ] {
            assert_eq!(without_list_mark(name), bare, "{name}");
        }
    }
}
