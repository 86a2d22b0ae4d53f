//! What the stored form leaves out: a value that absence stands for costs no bytes.

/// Whether a number is zero, for `skip_serializing_if`.
pub fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

/// Whether a flag is off, for `skip_serializing_if`.
pub fn is_false(flag: &bool) -> bool {
    !*flag
}
