//! Lists kept as data files beside this one: one entry a line, `#` before a remark.

/// The entries of a list.
pub fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = list.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_list_has_entries_each_once_and_in_lower_case() {
        for list in [
            include_str!("bots.txt"),
            include_str!("disposable_domains.txt"),
            include_str!("free_mail_domains.txt"),
            include_str!("popular_domains.txt"),
            include_str!("role_addresses.txt"),
        ] {
            let all: Vec<_> = entries(list).collect();
            assert!(all.len() > 10, "{list}");
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{list}");
            for entry in all {
                assert_eq!(entry, entry.to_ascii_lowercase());
            }
        }
    }
}
