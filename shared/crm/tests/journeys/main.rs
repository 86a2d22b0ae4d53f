//! The four clients against the four stand-ins, and both of them against the CRMs' published interfaces.

/// Tests of these functions, for each of the four.
macro_rules! for_each {
    ($($name:ident),*) => {$(
        mod $name {
            use super::*;
            #[test]
            fn hubspot() {
                super::$name::<hubspot::Ours>();
            }
            #[test]
            fn salesforce() {
                super::$name::<salesforce::Ours>();
            }
            #[test]
            fn pipedrive() {
                super::$name::<pipedrive::Ours>();
            }
            #[test]
            fn zoho() {
                super::$name::<zoho::Ours>();
            }
        }
    )*};
}

mod account;
mod common;
mod hostile;
mod hubspot;
mod killed;
mod many;
mod pipedrive;
mod salesforce;
mod spec;
mod world;
mod zoho;
