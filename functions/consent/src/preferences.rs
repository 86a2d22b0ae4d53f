//! What the person wishes of our mails: topics, frequency, a pause, the language, or none at all. By signed link, without a
//! login; the link stands in every marketing mail and never expires.

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

use crate::{Link, words};

/// Consents beyond the mails themselves: shown only to those who gave them, to be taken back one by one (R59).
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
        let title = self.pick("Vos préférences", "Your preferences");
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
                    h2 { (self.pick("Souhaitez-vous rester en contact\u{202f}?", "Would you like to stay in touch?")) }
                    p { (self.stay_until(&words::day(until, &here.map_or(jiff::tz::TimeZone::UTC, piste_domain::Campaign::time_zone), self.locale))) }
                    (self.order("stay", None, self.pick("Oui, je reste", "Yes, I stay")))
                }
            }
            div.card {
                h1 { (self.pick("Vos préférences", "Your preferences")) }
                @if allowed {
                    p { (self.pick("Choisissez ce que nous vous envoyons. Rien d’autre ne change.", "Choose what we send you. Nothing else changes.")) }
                } @else {
                    p { (self.pick("Vous ne recevez aucun e-mail de conseils de notre part.", "You get no mails of advice from us.")) }
                }
                form method="post" action=(self.address("preferences")) {
                    (self.topics(lead, &campaigns))
                    (self.radios("frequency", self.pick("Fréquence", "How often"), lead.preferences.frequency.code(), &[
                        ("normal", self.pick("Comme prévu", "As planned").to_owned()),
                        ("weekly", self.pick("Un e-mail par semaine au plus", "One mail a week at most").to_owned()),
                    ]))
                    (self.pause(lead, here))
                    (self.radios("language", self.pick("Langue des e-mails", "Language of the mails"), lead.locale.code(), &Locale::ALL.map(|l| (l.code(), l.pick("Français", "English").to_owned()))))
                    (self.extras(lead))
                    button type="submit" { (self.pick("Enregistrer", "Save")) }
                }
            }
            @if allowed {
                div.card {
                    h2 { (self.pick("Tout arrêter", "Stop it all")) }
                    p { (self.pick("Plus aucun e-mail de conseils, d’aucune de nos campagnes.", "No more mails of advice, from any of our campaigns.")) }
                    (self.order("stop", None, self.pick("Ne plus rien recevoir", "Send me nothing more")))
                }
            } @else if let Some(asked) = here.and_then(|campaign| campaign.marketing_box().map(|asked| (campaign, asked))) {
                div.card {
                    h2 { (self.pick("Recommencer", "Start again")) }
                    // The very words of the form: they are what the proof is about (R61).
                    p { (asked.1.label.get(self.locale)) }
                    (self.order("again", Some(asked.0.id.as_str()), self.pick("Oui, je l’accepte", "Yes, I agree")))
                }
            }
            div.card {
                h2 { (self.pick("Vos données", "Your data")) }
                p { (self.pick("Nous vous envoyons un lien pour les voir, les corriger, les emporter ou les effacer. Il ne part qu’à votre propre adresse.", "We mail you a link to see, correct, take away or erase them. It goes to your own address alone.")) }
                form method="post" action=(self.address("my-data")) {
                    button.plain type="submit" { (self.pick("M’envoyer le lien", "Mail me the link")) }
                }
            }
        }
    }

    fn done(&self, what: &str) -> Option<&str> {
        Some(match what {
            "saved" => self.pick("C’est enregistré.", "Saved."),
            "stopped" => self.pick(
                "C’est fait\u{a0}: vous ne recevrez plus nos e-mails de conseils.",
                "Done: you will get no more mails of advice from us.",
            ),
            "stayed" => self.pick("C’est noté\u{a0}: nous restons en contact.", "Noted: we stay in touch."),
            "again" => self.pick(
                "C’est fait\u{a0}: les conseils reprennent.",
                "Done: the advice starts again.",
            ),
            _ => return None,
        })
    }

    /// What happens to who does not answer.
    fn stay_until(&self, day: &str) -> String {
        match self.locale {
            Locale::Fr => format!(
                "Nous n’avons plus de vos nouvelles depuis longtemps. Sans réponse de votre part, vos données seront effacées le {day}. Enregistrer vos préférences ci-dessous vaut aussi réponse."
            ),
            Locale::En => format!(
                "We have not heard from you for a long time. Without an answer, your data will be erased on {day}. Saving your preferences below is an answer too."
            ),
        }
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
                    legend { (self.pick("Sujets", "Topics")) @if campaigns.len() > 1 { " (" (campaign.name.get(self.locale)) ")" } }
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
                    p.hint { (self.pick("Ce qui était prévu pendant la pause n’est pas rattrapé après.", "What was planned during the pause is not made up for afterwards.")) }
                }
            }
        }
    }

    fn pause(&self, lead: &Lead, here: Option<&piste_domain::Campaign>) -> Markup {
        let zone = here.map_or(jiff::tz::TimeZone::UTC, piste_domain::Campaign::time_zone);
        let until = lead.preferences.pause_end(self.app.now());
        let mut options = match until {
            Some(until) => {
                let day = words::day(until, &zone, self.locale);
                let keep = match self.locale {
                    Locale::Fr => format!("Rester en pause jusqu’au {day}"),
                    Locale::En => format!("Stay paused until {day}"),
                };
                let end = self.pick("Reprendre maintenant", "Go on now").to_owned();
                vec![("keep", keep), ("end", end)]
            }
            None => vec![("keep", self.pick("Pas de pause", "No pause").to_owned())],
        };
        options.push((
            "30",
            self.pick("Rien pendant 30\u{a0}jours", "Nothing for 30\u{a0}days")
                .to_owned(),
        ));
        options.push((
            "90",
            self.pick("Rien pendant 90\u{a0}jours", "Nothing for 90\u{a0}days")
                .to_owned(),
        ));
        self.radios("pause", self.pick("Pause", "Pause"), "keep", &options)
    }

    fn extras(&self, lead: &Lead) -> Markup {
        let given = |purpose: &&For| is_given(lead, **purpose);
        html! {
            @if EXTRA.iter().any(|purpose| given(&purpose)) {
                fieldset {
                    legend { (self.pick("Vos autres accords", "What else you agreed to")) }
                    @for purpose in EXTRA.iter().filter(given) {
                        @let id = format!("consent-{}", purpose.code());
                        div.check {
                            input type="checkbox" id=(id) name=(id) value="on" checked;
                            label for=(id) { (words::purpose(*purpose, self.locale)) }
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
                let title = self.pick("Ce choix n’existe pas.", "There is no such choice.");
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
