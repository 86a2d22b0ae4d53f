//! What the person wishes of our emails: topics, frequency, a pause, the language, or none at all. By signed link, without a
//! login; the link stands in every marketing email and never expires.

use std::collections::BTreeSet;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::app::Start;
use piste_adapters::http::{self, Problem};
use piste_adapters::pages::{self, Page};
use piste_adapters::telemetry;
use piste_adapters::token::{Claims, Purpose};
use piste_domain::campaign::Published;
use piste_domain::kit::post::RawPost;
use piste_domain::kit::vocabulary::Class;
use piste_domain::kit::vocabulary::Purpose as For;
use piste_domain::lead::consent::{ConsentState, Method as How};
use piste_domain::lead::preferences::{Frequency, Pause, Topic, Wishes};
use piste_domain::rules::retention::asked_until;
use piste_domain::{CampaignId, Catalog, Lead, Locale, input};

use crate::{Link, texts, words};

/// Consents beyond the emails themselves: shown only to those who gave them, to be taken back one by one (R59).
const EXTRA: [For; 2] = [For::Tracking, For::Sharing];

impl Link<'_> {
    pub(crate) async fn preferences_page(&self) -> Response<Body> {
        let (claims, lead) = match self.person(Purpose::Preferences).await {
            Ok(found) => found,
            Err(response) => return response,
        };
        let catalog = match self.app.catalog().await {
            Ok(catalog) => catalog,
            Err(error) => return self.store_down(&error),
        };
        let title = texts::your_preferences(self.locale);
        Page::new(self.locale, title, self.preferences_body(&claims, &lead, &catalog)).answer(StatusCode::OK)
    }

    fn preferences_body(&self, claims: &Claims, lead: &Lead, catalog: &Catalog) -> Markup {
        let campaigns = words::campaigns(lead, catalog);
        let here = catalog.get(&CampaignId::new(claims.subject.clone()));
        let allowed = campaigns
            .iter()
            .any(|p| lead.refusal(Class::Nurture, &p.campaign).is_none());
        let done = self.visit.query("done");
        html! {
            (self.langs("preferences"))
            @if let Some(done) = done.and_then(|done| self.done(done)) { div.done role="status" { (done) } }
            @if let Some(until) = asked_until(lead, catalog).filter(|until| *until > self.app.now()) {
                div.card {
                    h2 { (texts::stay_title(self.locale)) }
                    p { (texts::stay_until(self.locale, &words::day(until, &here.map_or(jiff::tz::TimeZone::UTC, piste_domain::Campaign::time_zone), self.locale))) }
                    (self.order("stay", None, texts::stay(self.locale)))
                }
            }
            div.card {
                h1 { (texts::your_preferences(self.locale)) }
                @if allowed {
                    p { (texts::choose_what(self.locale)) }
                } @else {
                    p { (texts::receives_none(self.locale)) }
                }
                form method="post" action=(self.address("preferences")) {
                    (self.topics(lead, &campaigns))
                    (self.radios("frequency", texts::frequency(self.locale), lead.preferences.frequency.code(), &[
                        ("normal", texts::as_planned(self.locale).to_owned()),
                        ("weekly", texts::weekly(self.locale).to_owned()),
                    ]))
                    (self.pause(lead, here))
                    (self.radios("language", texts::email_language(self.locale), lead.words.language().code(), &Locale::ALL.map(|l| (l.code(), l.own_name().to_owned()))))
                    (self.extras(lead))
                    button type="submit" { (texts::save(self.locale)) }
                }
            }
            @if allowed {
                div.card {
                    h2 { (texts::stop_title(self.locale)) }
                    p { (texts::stop_text(self.locale)) }
                    (self.order("stop", None, texts::stop(self.locale)))
                }
            } @else if let Some(asked) = here.and_then(|campaign| campaign.marketing_box().map(|asked| (campaign, asked))) {
                div.card {
                    h2 { (texts::again_title(self.locale)) }
                    // The very words of the form: they are what the proof is about (R61).
                    p { (asked.1.label.get(self.locale)) }
                    (self.order("again", Some(asked.0.id.as_str()), texts::agree(self.locale)))
                }
            }
            div.card {
                h2 { (texts::your_data(self.locale)) }
                p { (texts::data_link_text(self.locale)) }
                form method="post" action=(self.address("my-data")) {
                    button.plain type="submit" { (texts::send_link(self.locale)) }
                }
            }
        }
    }

    fn done(&self, what: &str) -> Option<&str> {
        Some(match what {
            "saved" => texts::saved(self.locale),
            "stopped" => texts::stopped(self.locale),
            "stayed" => texts::stayed(self.locale),
            "again" => texts::resubscribed(self.locale),
            _ => return None,
        })
    }

    /// A button of its own, with one hidden word that says what it does.
    fn order(&self, name: &str, value: Option<&str>, button: &str) -> Markup {
        html! {
            form method="post" action=(self.address("preferences")) {
                input type="hidden" name=(name) value=(value.unwrap_or("1"));
                button.plain type="submit" { (button) }
            }
        }
    }

    fn topics(&self, lead: &Lead, campaigns: &[&Published]) -> Markup {
        let off = |topic: &Topic| lead.preferences.topics_off.contains(topic);
        html! {
            @for published in campaigns.iter().filter(|p| !p.campaign.topics.is_empty()) {
                @let campaign = &published.campaign;
                fieldset {
                    legend { (texts::topics(self.locale)) @if campaigns.len() > 1 { " (" (campaign.name.get(self.locale)) ")" } }
                    @for topic in &campaign.topics {
                        @let id = topic_name(&campaign.id, &topic.id);
                        div.check {
                            input type="checkbox" id=(id) name=(id) value="on" checked[!off(&Topic(campaign.id.clone(), topic.id.clone()))];
                            label for=(id) { (topic.text.get(self.locale)) }
                        }
                    }
                }
            }
        }
    }

    fn radios(&self, name: &str, legend: &str, chosen: &str, options: &[(&str, String)]) -> Markup {
        html! {
            fieldset {
                legend { (legend) }
                @for (value, label) in options {
                    div.check {
                        input type="radio" id={ (name) "-" (value) } name=(name) value=(value) checked[*value == chosen];
                        label for={ (name) "-" (value) } { (label) }
                    }
                }
                @if name == "pause" {
                    p.hint { (texts::pause_hint(self.locale)) }
                }
            }
        }
    }

    fn pause(&self, lead: &Lead, here: Option<&piste_domain::Campaign>) -> Markup {
        let zone = here.map_or(jiff::tz::TimeZone::UTC, piste_domain::Campaign::time_zone);
        let until = lead.preferences.pause_end(self.app.now());
        let locale = self.locale;
        let mut options = match until {
            Some(until) => {
                let keep = texts::stay_paused(locale, &words::day(until, &zone, locale));
                vec![("keep", keep), ("end", texts::resume(locale).to_owned())]
            }
            None => vec![("keep", texts::no_pause(locale).to_owned())],
        };
        options.push(("30", texts::nothing_for(locale, 30)));
        options.push(("90", texts::nothing_for(locale, 90)));
        self.radios("pause", texts::pause(locale), "keep", &options)
    }

    fn extras(&self, lead: &Lead) -> Markup {
        let given = |purpose: &&For| is_given(lead, **purpose);
        html! {
            @if EXTRA.iter().any(|purpose| given(&purpose)) {
                fieldset {
                    legend { (texts::other_consents(self.locale)) }
                    @for purpose in EXTRA.iter().filter(given) {
                        @let id = format!("consent-{}", purpose.code());
                        div.check {
                            input type="checkbox" id=(id) name=(id) value="on" checked;
                            label for=(id) { (texts::purpose(self.locale, *purpose)) }
                        }
                    }
                }
            }
        }
    }

    pub(crate) async fn prefer(&self) -> Response<Body> {
        let (claims, lead) = match self.person(Purpose::Preferences).await {
            Ok(found) => found,
            Err(response) => return response,
        };
        let catalog = match self.app.catalog().await {
            Ok(catalog) => catalog,
            Err(error) => return self.store_down(&error),
        };
        let post = match self.visit.post().await {
            Ok(post) => post,
            Err(problem) => return pages::problem(&Problem::post(problem, self.locale), self.locale),
        };
        let campaigns = words::campaigns(&lead, &catalog);
        let again = post
            .get("again")
            .and_then(|id| campaigns.iter().find(|p| p.campaign.id.as_str() == id));
        let (id, known) = (&claims.lead, Start::Known);
        let (saved, done, locale) = if let Some(published) = again {
            let again = input::OptIn(published.campaign.id.clone(), self.locale);
            let saved = self.app.apply(id, known, again).await.map(drop);
            (saved, "again", self.locale)
        } else if post.get("stay").is_some() {
            let saved = self.app.apply(id, known, input::Stay).await.map(drop);
            (saved, "stayed", self.locale)
        } else if post.get("stop").is_some() {
            let out = input::OptOut(How::Preferences);
            let saved = self.app.apply(id, known, out).await.map(drop);
            (saved, "stopped", self.locale)
        } else {
            let Some(wishes) = wishes(&post, &lead, &campaigns) else {
                let title = texts::no_such_choice(self.locale);
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no_such_choice", title);
                return pages::problem(&problem, self.locale);
            };
            let locale = wishes.locale;
            let saved = self.app.apply(id, known, input::Prefer(wishes)).await.map(drop);
            (saved, "saved", locale)
        };
        match saved {
            Ok(()) => {
                let at = self.app.now().as_second();
                let event = if done == "stopped" { "opted_out" } else { "preferred" };
                telemetry::log(event, &[("lead", id.into()), ("at", at.into())]);
                http::see_other(&format!("{}&done={done}", self.address_in("preferences", locale)))
            }
            Err(error) => self.store_down(&error),
        }
    }
}

fn topic_name(campaign: &CampaignId, topic: &str) -> String {
    format!("topic.{campaign}.{topic}")
}

fn is_given(lead: &Lead, purpose: For) -> bool {
    let latest = |campaign: &CampaignId| lead.consent(purpose, campaign).map(|consent| consent.state);
    lead.consents
        .iter()
        .any(|consent| consent.purpose == purpose && latest(&consent.campaign) == Some(ConsentState::Given))
}

/// What a post of the whole page says; `None` when it holds a choice that the page does not offer.
fn wishes(post: &RawPost, lead: &Lead, campaigns: &[&Published]) -> Option<Wishes> {
    let mut topics_off = lead.preferences.topics_off.clone();
    for published in campaigns {
        let campaign = &published.campaign;
        for topic in &campaign.topics {
            let wanted = post.get(&topic_name(&campaign.id, &topic.id)).is_some();
            let topic = Topic(campaign.id.clone(), topic.id.clone());
            if wanted {
                topics_off.remove(&topic);
            } else {
                topics_off.insert(topic);
            }
        }
    }
    let kept = |purpose: For| post.get(&format!("consent-{}", purpose.code())).is_some();
    let withdraw: BTreeSet<For> = EXTRA
        .into_iter()
        .filter(|purpose| is_given(lead, *purpose) && !kept(*purpose))
        .collect();
    Some(Wishes {
        topics_off,
        frequency: Frequency::from_code(post.get("frequency")?)?,
        pause: Pause::from_code(post.get("pause")?)?,
        locale: Locale::ALL
            .into_iter()
            .find(|l| Some(l.code()) == post.get("language"))?,
        withdraw,
    })
}
