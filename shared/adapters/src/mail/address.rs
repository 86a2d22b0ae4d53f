//! The reply address of a lead: `r-<lead><mac>@<domain>`.
//!
//! It names the lead and proves that it comes from us. It holds nothing personal, works for as long as somebody may answer an old
//! email, and does no more than be written to: so it is made with the key of identities, which lasts as long as the leads do,
//! and whoever reads mail needs no key that links are signed with. Mail systems may change the case of an address, so case does
//! not count. 54 characters before the `@`, of 64 that may be (RFC 5321, section 4.5.3.1.1).

use piste_domain::kit::ids::base32_26;
use piste_domain::{Key, LeadId};
use subtle::ConstantTimeEq as _;

/// What it starts with, so that a person sees what it is for.
const START: &str = "r-";
/// Characters of a lead's id, and of the proof behind it.
const PART: usize = 26;

/// The address to which a lead's answers come.
pub fn of(key: &Key, lead: &LeadId, domain: &str) -> String {
    format!("{START}{lead}{}@{domain}", mac(key, lead))
}

/// Whose address this is; `None` for one that we did not make, or that was changed.
pub fn lead_of(key: &Key, address: &str) -> Option<LeadId> {
    let address = address.to_ascii_lowercase();
    let (local, _) = address.split_once('@')?;
    let (lead, given) = local.strip_prefix(START)?.split_at_checked(PART)?;
    let lead = LeadId::is_valid(lead).then(|| LeadId::new(lead))?;
    let genuine = bool::from(mac(key, &lead).as_bytes().ct_eq(given.as_bytes()));
    genuine.then_some(lead)
}

fn mac(key: &Key, lead: &LeadId) -> String {
    base32_26(&key.mac(&["reply address", lead.as_str()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(vec![7; 32])
    }

    #[test]
    fn r100_an_address_is_its_leads_in_any_case_and_no_change_of_it_is_anybodys() {
        let lead = LeadId::new("a2".repeat(13));
        let address = of(&key(), &lead, "reply.example.com");
        let (local, _) = address.split_once('@').expect("an address");
        assert!(local.len() <= 64, "{}", local.len());
        assert_eq!(lead_of(&key(), &address), Some(lead.clone()));
        assert_eq!(lead_of(&key(), &address.to_uppercase()), Some(lead));
        assert_eq!(lead_of(&Key::new(vec![8; 32]), &address), None, "another system's");
        for (place, c) in local.char_indices() {
            for other in ['a', 'b', '2', '-', '.', '+', 'é'] {
                let changed = format!("{}{other}{}", &local[..place], &local[place + c.len_utf8()..]);
                if changed != local {
                    assert_eq!(
                        lead_of(&key(), &format!("{changed}@reply.example.com")),
                        None,
                        "{changed}"
                    );
                }
            }
            assert_eq!(lead_of(&key(), &format!("{}@reply.example.com", &local[..place])), None);
        }
        for other in ["", "@", "r-", "r-@x", local, "r-é@x", "ana@example.org"] {
            assert_eq!(lead_of(&key(), other), None, "{other}");
        }
    }
}
