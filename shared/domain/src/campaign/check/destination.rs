//! Destinations that nothing could reach, or that would be told nonsense.

mod fields;
mod snapshot;
mod texts;

use self::fields::Ours;
pub(in crate::campaign) use self::snapshot::against;
use super::{Checker, Named, place};
use crate::campaign::Catalog;
use crate::campaign::destination::{ChatFormat, Destination, Kind};
use crate::kit::email::Email;
use crate::kit::locale::Locale;
use crate::kit::reach::{ParsedUrl, UrlProblem, check_url};

impl Checker {
    pub(super) fn destination(&mut self, name: &str, destination: &Destination, campaigns: &Catalog, local: bool) {
        self.name(Vec::new(), Named::Destination, name);
        if !destination.name.as_str().is_empty() {
            self.add(place!["name"], texts::name_of_the_file);
        }
        self.name(place!["workspace"], Named::Workspace, destination.workspace.as_str());
        self.keys_of_kind(destination);
        self.reach(destination, local);
        for (i, address) in destination.notify.iter().enumerate() {
            if Email::parse(address.expose()).is_err() {
                self.add(place!["notify", i], super::texts::not_an_address);
            }
        }
        let ours = self.covered(destination, campaigns);
        if destination.kind.takes_fields() {
            self.mapped(destination, &ours);
        }
    }

    /// Each kind has the keys it needs, and none of another's.
    fn keys_of_kind(&mut self, destination: &Destination) {
        type Whose = fn(Locale) -> &'static str;
        let kind = destination.kind;
        let hubspot: Whose = |_| "HubSpot";
        let takes_fields = kind.takes_fields();
        let keys: [(&str, bool, bool, Whose); 6] = [
            (
                "format",
                destination.format.is_some(),
                kind == Kind::Chat,
                texts::a_chat,
            ),
            (
                "events",
                destination.events.is_some(),
                kind == Kind::Webhook,
                texts::a_webhook,
            ),
            (
                "subscription",
                destination.subscription.is_some(),
                kind == Kind::Hubspot,
                hubspot,
            ),
            (
                "fields",
                !destination.fields.is_empty(),
                takes_fields,
                texts::a_crm_or_webhook,
            ),
            (
                "stages",
                !destination.stages.is_empty(),
                takes_fields,
                texts::a_crm_or_webhook,
            ),
            (
                "owners",
                !destination.owners.is_empty(),
                takes_fields,
                texts::a_crm_or_webhook,
            ),
        ];
        for (key, is_given, is_its_own, whose) in keys {
            if is_given && !is_its_own {
                self.add(place![key], |l| texts::only_for(l, key, whose(l)));
            }
        }
        if kind == Kind::Chat && destination.format.is_none() {
            let known = ChatFormat::ALL.map(ChatFormat::code).join(", ");
            self.add(place!["kind"], |l| texts::no_format(l, &known));
        }
        if destination.events.as_ref().is_some_and(Vec::is_empty) {
            self.add(place!["events"], |l| texts::names_nothing(l, "events"));
        }
        let is_number = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
        if let Some(id) = destination.subscription.as_deref().filter(|id| !is_number(id)) {
            self.add(place!["subscription"], |l| texts::no_subscription(l, id));
        }
    }

    /// Where it is. A name is looked up, and checked again, when something is sent.
    fn reach(&mut self, destination: &Destination, local: bool) {
        let kind = destination.kind;
        let Some(url) = &destination.url else {
            if !kind.is_crm() {
                self.add(place!["kind"], texts::no_url);
            }
            return;
        };
        let read = check_url(url, local);
        if !kind.is_crm() || local {
            match read {
                Err(problem) => self.add(place!["url"], |l| texts::url_problem(l, problem)),
                Ok(base) if kind.is_crm() && base.path.contains('?') => self.add(place!["url"], texts::not_a_base),
                Ok(_) => {}
            }
        } else if kind != Kind::Pipedrive {
            self.add(place!["url"], texts::url_of_crm);
        } else if !is_pipedrive(&read) {
            self.add(place!["url"], texts::url_of_pipedrive);
        }
    }

    /// The campaigns whose leads are sent there.
    fn covered<'a>(&mut self, destination: &Destination, campaigns: &'a Catalog) -> Ours<'a> {
        let all = campaigns.iter().map(|published| &published.campaign);
        let covered: Vec<_> = all.filter(|campaign| destination.covers(campaign)).collect();
        let mut is_whole = !campaigns.left_out().any(|id| destination.names(id));
        let named = destination.campaigns.as_deref();
        for (i, id) in named.unwrap_or_default().iter().enumerate() {
            match campaigns.get(id) {
                None if campaigns.leaves_out(id) => {}
                None => {
                    is_whole = false;
                    self.add(place!["campaigns", i], |l| texts::no_campaign(l, id.as_str()));
                }
                Some(campaign) if campaign.workspace != destination.workspace => {
                    is_whole = false;
                    let workspace = campaign.workspace.as_str();
                    self.add(place!["campaigns", i], |l| {
                        texts::campaign_elsewhere(l, id.as_str(), workspace)
                    });
                }
                Some(_) => {}
            }
        }
        match named {
            Some([]) => self.add(place!["campaigns"], |l| texts::names_nothing(l, "campaigns")),
            None if covered.is_empty() && is_whole => {
                let workspace = destination.workspace.as_str();
                self.add(place!["workspace"], |l| texts::empty_workspace(l, workspace));
            }
            _ => {}
        }
        Ours {
            is_whole: is_whole && !covered.is_empty(),
            campaigns: covered,
        }
    }
}

/// Whether it is where a company of Pipedrive's is: `https://COMPANY.pipedrive.com`.
fn is_pipedrive(url: &Result<ParsedUrl, UrlProblem>) -> bool {
    url.as_ref().is_ok_and(|url| {
        let company = url.host.strip_suffix(".pipedrive.com");
        company.is_some_and(|company| !company.is_empty() && !company.contains('.'))
            && url.port == 443
            && url.path == "/"
    })
}
