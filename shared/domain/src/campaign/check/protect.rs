//! What an owner says about spam, and how much of it would never hold.

use super::{Checker, place, texts};
use crate::campaign::{Campaign, Protect};
use crate::kit::turnstile::is_site_key;

impl Checker {
    pub(super) fn protect(&mut self, campaign: &Campaign) {
        let protect = &campaign.protect;
        if protect.turnstile.as_deref().is_some_and(|key| !is_site_key(key)) {
            // It is not repeated: it may be the secret key.
            self.add(place!["protect", "turnstile"], texts::no_site_key);
        }
        let points = protect.points.iter();
        for (layer, _) in points.filter(|(_, points)| **points > Protect::POINTS_MAX) {
            let place = place!["protect", "points", layer.code()];
            self.add(place, |l| texts::layer_points(l, Protect::POINTS_MAX));
        }
        for (key, may) in protect.limits.out_of_range() {
            let place = place!["protect", "limits", key];
            self.add(place, |l| texts::limit_out_of_range(l, *may.start(), *may.end()));
        }
    }
}
