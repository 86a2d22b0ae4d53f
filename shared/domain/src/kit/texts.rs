//! Texts that people read, all languages of one text side by side.

/// Declares the texts of a place as functions of the language.
///
/// ```
/// use piste_domain::Locale;
///
/// piste_domain::texts! {
///     /// A text as it is written.
///     pub thanks { Fr: "Merci.", En: "Thank you." }
///     /// A text with values in it, which are formatted as `format!` does.
///     pub hello(name: &str) { Fr: "Bonjour {name},", En: "Hello {name}," }
///     /// One and many, by the rule of each language; the first value is the count, shown in groups of three.
///     pub emails(n: u64) { Fr: "{n} e-mail" | "{n} e-mails", En: "{n} email" | "{n} emails" }
///     /// One for each member of a list without values.
///     pub name_of for Method {
///         Form { Fr: "formulaire", En: "form" }
///         Page { Fr: "page", En: "page" }
///     }
/// }
/// enum Method { Form, Page }
///
/// assert_eq!(thanks(Locale::En), "Thank you.");
/// assert_eq!(hello(Locale::Fr, "Anne"), "Bonjour Anne,");
/// assert_eq!(emails(Locale::Fr, 0), "0 e-mail");
/// assert_eq!(emails(Locale::En, 1_200), "1,200 emails");
/// assert_eq!(name_of(Locale::Fr, Method::Form), "formulaire");
/// ```
///
/// A new language is a new variant of [`Locale`](crate::Locale): the compiler then names every text that lacks it, and
/// each table gets one more column. A text without one of today's languages does not compile, nor does a list without one
/// of its members:
///
/// ```compile_fail
/// piste_domain::texts! { pub thanks { Fr: "Merci." } }
/// # assert_eq!(thanks(piste_domain::Locale::Fr), "Merci.");
/// ```
#[macro_export]
macro_rules! texts {
    // A text as it is written.
    (@item [$($meta:tt)*] [$vis:vis] $name:ident [] { $($lang:ident: $text:literal),+ $(,)? }) => {
        $($meta)*
        #[doc = concat!($("\n\n", stringify!($lang), ": ", $text),+)]
        #[must_use]
        $vis fn $name(locale: $crate::kit::locale::Locale) -> &'static str {
            match locale { $($crate::kit::locale::Locale::$lang => $text),+ }
        }
    };
    // A text with values in it.
    (@item [$($meta:tt)*] [$vis:vis] $name:ident [] ($($arg:ident: $ty:ty),*) { $($lang:ident: $text:literal),+ $(,)? }) => {
        $($meta)*
        #[doc = concat!($("\n\n", stringify!($lang), ": ", $text),+)]
        #[must_use]
        $vis fn $name(locale: $crate::kit::locale::Locale, $($arg: $ty),*) -> String {
            match locale { $($crate::kit::locale::Locale::$lang => format!($text)),+ }
        }
    };
    // One and many.
    (@item [$($meta:tt)*] [$vis:vis] $name:ident [] ($n:ident: $nty:ty $(, $arg:ident: $ty:ty)*) {
        $($lang:ident: $one:literal | $many:literal),+ $(,)?
    }) => {
        $($meta)*
        #[doc = concat!($("\n\n", stringify!($lang), ": ", $one, " / ", $many),+)]
        #[must_use]
        $vis fn $name(locale: $crate::kit::locale::Locale, $n: $nty $(, $arg: $ty)*) -> String {
            let is_one = locale.counts_as_one($n);
            let $n = $crate::kit::format::count($n, locale);
            match (locale, is_one) {
                $(($crate::kit::locale::Locale::$lang, true) => format!($one, $n = $n),
                ($crate::kit::locale::Locale::$lang, false) => format!($many, $n = $n)),+
            }
        }
    };
    // A text for each member of a list.
    (@item [$($meta:tt)*] [$vis:vis] $name:ident [$list:ident] {
        $($member:ident { $($lang:ident: $text:literal),+ $(,)? })+
    }) => {
        $($meta)*
        #[must_use]
        $vis fn $name(locale: $crate::kit::locale::Locale, of: $list) -> &'static str {
            match of {
                $($list::$member => match locale { $($crate::kit::locale::Locale::$lang => $text),+ }),+
            }
        }
    };
    ($($(#[$meta:meta])* $vis:vis $name:ident $(for $list:ident)? $(($($arg:ident: $ty:ty),* $(,)?))? { $($body:tt)* })*) => {
        $($crate::texts!(@item [$(#[$meta])*] [$vis] $name [$($list)?] $(($($arg: $ty),*))? { $($body)* });)*
    };
}
