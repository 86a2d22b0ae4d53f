//! The closed lists whose members have a name for programs: in files, items, answers, links and logs.

/// Gives enums that derive `EnumString`, `IntoStaticStr` and `VariantArray` of `strum` the three things every such list
/// has: `ALL`, `code` and `from_code`. The codes are contracts: a variant that is renamed keeps its code by
/// `#[strum(serialize = "…")]`.
///
/// ```
/// use strum::{EnumString, IntoStaticStr, VariantArray};
///
/// #[derive(Clone, Copy, Debug, PartialEq, EnumString, IntoStaticStr, VariantArray)]
/// #[strum(serialize_all = "snake_case")]
/// pub enum Weekend { Saturday, SundayMorning }
/// piste_domain::codes!(Weekend);
///
/// assert_eq!(Weekend::SundayMorning.code(), "sunday_morning");
/// assert_eq!(Weekend::from_code("saturday"), Some(Weekend::Saturday));
/// assert_eq!(Weekend::from_code("Saturday"), None);
/// assert_eq!(Weekend::ALL, [Weekend::Saturday, Weekend::SundayMorning]);
/// ```
#[macro_export]
macro_rules! codes {
    ($($list:ident),+) => {$(
        impl $list {
            /// All of them, in the order of their declaration.
            pub const ALL: [Self; <Self as ::strum::VariantArray>::VARIANTS.len()] =
                match <Self as ::strum::VariantArray>::VARIANTS.first_chunk() {
                    Some(all) => *all,
                    None => unreachable!(),
                };

            /// Its name for programs.
            #[must_use]
            pub fn code(self) -> &'static str {
                self.into()
            }

            /// The one of this name.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                code.parse().ok()
            }
        }
    )+};
}
