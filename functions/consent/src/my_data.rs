//! Everything held about a person: to see, take away, correct and erase (GDPR art. 15 to 20, R66).
//!
//! The way in is a link that is mailed: to know an address is not to own it. Whoever asks is told the same, whether we
//! know the address or not.

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::http::header::{CONTENT_DISPOSITION, HeaderValue};
use lambda_http::{Body, Response};
use maud::html;
use piste_adapters::app::Start;
use piste_adapters::http::{self, Problem};
use piste_adapters::pages::{self, Page};
use piste_adapters::questions::{question, summary};
use piste_adapters::telemetry;
use piste_adapters::token::{Claims, Purpose, Refused, sign};
use piste_domain::campaign::Published;
use piste_domain::campaign::field::{Field, FieldType};
use piste_domain::kit::post::RawPost;
use piste_domain::lead::erasure::{Certificate, ErasedBy};
use piste_domain::rules::form::read_answers;
use piste_domain::rules::rights_log::Actor;
use piste_domain::rules::scoring::Score;
use piste_domain::views::timeline::{stage_name, timeline};
use piste_domain::{CampaignId, Catalog, Email, FieldProblem, Lead, LeadId, Locale, Record, input};

use crate::{Link, words};

/// Whom a link of [`Purpose::Data`] leads to.
enum Whose {
    Person(Claims, Arc<Lead>),
    Erased(Certificate),
}

impl Link<'_> {
    pub(crate) async fn my_data_page(&self) -> Response<Body> {
        if self.token.is_empty() {
            return self.ask_page(StatusCode::OK, None, "");
        }
        let (claims, lead) = match self.whose().await {
            Ok(Whose::Person(claims, lead)) => (claims, lead),
            Ok(Whose::Erased(certificate)) => return self.certificate_page(&certificate),
            Err(response) => return response,
        };
        let catalog = match self.app.catalog().await {
            Ok(catalog) => catalog,
            Err(error) => return self.store_down(&error),
        };
        match self.visit.query("step") {
            Some("correct") => self.correct_page(&lead, &catalog, None, &[]),
            Some("erase") => self.erase_page(),
            _ => self.data_page(&claims, &lead, &catalog),
        }
    }

    pub(crate) async fn my_data(&self) -> Response<Body> {
        let post = match self.visit.post().await {
            Ok(post) => post,
            // A bare press of a button has no body and no type.
            Err(_) if self.visit.body().is_empty() => RawPost::default(),
            Err(problem) => return pages::problem(&Problem::post(problem, self.locale), self.locale),
        };
        if self.token.is_empty() {
            return self.ask(&post).await;
        }
        if let Ok(claims) = self.app.verify(Purpose::Preferences, self.token).await {
            let campaign = CampaignId::new(claims.subject);
            return match self.mail_link(&claims.lead, campaign).await {
                Ok(()) => self.asked_page(),
                Err(response) => response,
            };
        }
        let (claims, lead) = match self.whose().await {
            Ok(Whose::Person(claims, lead)) => (claims, lead),
            Ok(Whose::Erased(certificate)) => return self.give_certificate(&post, &certificate),
            Err(response) => return response,
        };
        match post.get("do") {
            Some("download") => self.download(&lead).await,
            Some("correct") => self.correct(&claims, &lead, &post).await,
            Some("erase") => self.erase(&claims).await,
            _ => {
                let title = self.pick("Ce choix n’existe pas.", "There is no such choice.");
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no_such_choice", title);
                pages::problem(&problem, self.locale)
            }
        }
    }

    async fn whose(&self) -> Result<Whose, Response<Body>> {
        let claims = self
            .app
            .verify(Purpose::Data, self.token)
            .await
            .map_err(|refused| self.bad_data_link(refused))?;
        let record = self.app.store.record(&claims.lead).await;
        let record = record.map_err(|error| self.store_down(&error))?;
        match record.filter(|record| record.workspace() == &claims.workspace) {
            Some(Record::Lead(lead)) => Ok(Whose::Person(claims, lead)),
            Some(Record::Tombstone(tombstone)) => Ok(Whose::Erased(Certificate::of(&tombstone, None))),
            None => Err(self.nobody()),
        }
    }

    fn bad_data_link(&self, refused: Refused) -> Response<Body> {
        match refused {
            Refused::Expired => {
                let why = self.pick(
                    "Ce lien ne fonctionne plus\u{a0}: il dure une journée. Demandez-en un autre.",
                    "This link no longer works: it lasts one day. Ask for another.",
                );
                self.ask_page(StatusCode::GONE, Some(why), "")
            }
            Refused::Invalid | Refused::UnknownKey | Refused::Unread => self.bad_link(refused),
        }
    }

    // ---- asking for the link ----

    fn ask_page(&self, status: StatusCode, problem: Option<&str>, typed: &str) -> Response<Body> {
        let title = self.pick("Vos données", "Your data");
        let form = self.visit.query("form").unwrap_or_default();
        let invalid = problem.filter(|_| status == StatusCode::UNPROCESSABLE_ENTITY);
        let body = html! {
            div.card {
                h1 { (title) }
                @if let Some(problem) = problem { div.errors role="alert" { (problem) } }
                p { (self.pick(
                    "Indiquez votre adresse\u{a0}: nous y envoyons un lien vers tout ce que nous savons de vous. Vous pourrez le lire, l’emporter, le corriger ou l’effacer.",
                    "Give your address: we mail it a link to everything we know about you. You can read it, take it away, correct it or erase it.",
                )) }
                form method="post" action={ "/my-data?lang=" (self.locale.code()) } novalidate {
                    input type="hidden" name="form" value=(form);
                    div.field {
                        label for="f-email" { (self.pick("Adresse e-mail", "E-mail address")) }
                        input type="email" id="f-email" name="email" value=(typed) required autocomplete="email"
                            aria-invalid=[invalid.map(|_| "true")];
                    }
                    button type="submit" { (self.pick("M’envoyer le lien", "Mail me the link")) }
                }
            }
        };
        Page::new(self.locale, title, body).answer(status)
    }

    async fn ask(&self, post: &RawPost) -> Response<Body> {
        let typed = post.get("email").unwrap_or_default();
        let Ok(email) = Email::parse(typed) else {
            let why = self.pick("Cette adresse n’est pas complète.", "This address is not complete.");
            return self.ask_page(StatusCode::UNPROCESSABLE_ENTITY, Some(why), typed);
        };
        let catalog = match self.app.catalog().await {
            Ok(catalog) => catalog,
            Err(error) => return self.store_down(&error),
        };
        // The form says whose data; without one, everybody's of this house who knows the address answers for themselves.
        let form = post
            .get("form")
            .map(CampaignId::new)
            .and_then(|id| catalog.published(&id));
        let mut asked: Vec<&Published> = Vec::new();
        for published in catalog
            .iter()
            .filter(|p| form.is_none_or(|form| form.campaign.id == p.campaign.id))
        {
            if !asked
                .iter()
                .any(|known| known.campaign.workspace == published.campaign.workspace)
            {
                asked.push(published);
            }
        }
        let ring = self.app.ring();
        for published in asked {
            let campaign = &published.campaign;
            let lead = LeadId::of(&ring.identity, &campaign.workspace, &email);
            if let Err(response) = self.mail_link(&lead, campaign.id.clone()).await {
                return response;
            }
        }
        self.asked_page()
    }

    async fn mail_link(&self, lead: &LeadId, campaign: CampaignId) -> Result<(), Response<Body>> {
        let ask = input::AskForData(campaign);
        let asked = self.app.apply(lead, Start::Known, ask).await;
        asked.map(drop).map_err(|error| self.store_down(&error))
    }

    /// The same for everybody: no page tells who is known (R86).
    fn asked_page(&self) -> Response<Body> {
        let title = self.pick("Regardez votre boîte de réception", "Look in your inbox");
        let text = self.pick(
            "Si nous connaissons cette adresse, un lien y arrive dans la minute\u{a0}; il fonctionne 24\u{a0}heures, et nous n’en envoyons qu’un par jour. Si rien n’arrive, nous n’avons rien à son sujet.",
            "If we know this address, a link will reach it within a minute; it works for 24\u{a0}hours, and we send only one a day. If nothing comes, we hold nothing about it.",
        );
        pages::message(StatusCode::OK, self.locale, title, text)
    }

    fn nobody(&self) -> Response<Body> {
        let title = self.pick("Nous n’avons rien sur vous", "We hold nothing about you");
        pages::message(StatusCode::OK, self.locale, title, "")
    }

    // ---- seeing ----

    fn data_page(&self, claims: &Claims, lead: &Lead, catalog: &Catalog) -> Response<Body> {
        let title = self.pick("Vos données", "Your data");
        let campaigns = words::campaigns(lead, catalog);
        let zone = catalog
            .get(&lead.campaign)
            .map_or(jiff::tz::TimeZone::UTC, |campaign| campaign.time_zone());
        let day = |at| words::day(at, &zone, self.locale);
        let preferences = sign(&self.app.ring(), Purpose::Preferences, claims, None);
        let events = timeline(lead, catalog, self.locale);
        let corrected = self.visit.query("done").is_some_and(|done| done == "corrected");
        let body = html! {
            (self.langs("my-data"))
            @if corrected { div.done role="status" { (self.pick("C’est corrigé.", "Corrected.")) } }
            div.card {
                h1 { (title) }
                p { (self.pick("Voici tout ce que nous conservons à votre sujet.", "This is everything we hold about you.")) }
                h2 { (self.pick("Qui vous êtes", "Who you are")) }
                dl {
                    dt { (self.pick("Adresse e-mail", "E-mail address")) } dd { (lead.email.expose()) }
                    @for (name, value) in lead.answers.iter() {
                        dt { (words::question(&campaigns, name, self.locale)) }
                        dd.typed { (words::answer(&campaigns, name, value.expose(), self.locale)) }
                    }
                    dt { (self.pick("Langue", "Language")) } dd { (lead.locale.pick("Français", "English")) }
                    dt { (self.pick("Connu de nous depuis", "Known to us since")) } dd { (day(lead.captured_at)) }
                }
                p.links { a href={ (self.address("my-data")) "&step=correct" } { (self.pick("Corriger ces réponses", "Correct these answers")) } }
            }
            @if lead.captures.iter().any(|capture| !capture.touch.is_empty()) {
                div.card {
                    h2 { (self.pick("D’où vous veniez", "Where you came from")) }
                    @for capture in lead.captures.iter() {
                        dl {
                            dt { (day(capture.at)) } dd { (name_of(catalog, &capture.campaign, self.locale)) }
                            @for (name, value) in &capture.touch.0 { dt { (touch_name(name, self.locale)) } dd { (value) } }
                        }
                    }
                }
            }
            div.card {
                h2 { (self.pick("Ce que vous avez accepté", "What you agreed to")) }
                @if lead.consents.is_empty() { p { (self.pick("Rien\u{a0}: aucune case n’a été cochée.", "Nothing: no box was ticked.")) } }
                @for consent in lead.consents.iter() {
                    @let campaign = catalog.get(&consent.campaign);
                    p {
                        strong { (words::purpose(consent.purpose, self.locale)) }
                        (self.pick("\u{a0}: ", ": ")) (words::state(consent.state, self.locale)) " (" (day(consent.at)) ")"
                    }
                    @if let Some(wording) = words::wording(campaign, consent) { blockquote lang=(consent.locale.code()) { (wording) } }
                }
                @if let Some(stop) = lead.suppression {
                    p { (self.pick("Nous n’envoyons plus d’e-mails de conseils à cette adresse depuis le ", "We have sent no mails of advice to this address since ")) (day(stop.at)) "." }
                }
                p.links { a href={ "/preferences?t=" (preferences.expose()) "&lang=" (self.locale.code()) } { (self.pick("Changer vos préférences ou tout arrêter", "Change your preferences or stop it all")) } }
            }
            @if let Some(campaign) = catalog.get(&lead.campaign) {
                @let score = Score::of(lead, campaign, self.app.now());
                div.card {
                    h2 { (self.pick("Comment nous évaluons votre demande", "How we rate your request")) }
                    p {
                        (self.pick("Étape\u{a0}: ", "Stage: ")) (stage_name(lead.stage, self.locale)) ". "
                        (self.pick("Note\u{a0}: ", "Grade: ")) (score.grade)
                        (self.pick(" (la lettre vient de vos réponses, le chiffre de ce que vous faites).", " (the letter comes from your answers, the digit from what you do)."))
                    }
                    ul {
                        @for line in &score.lines {
                            li { (format!("{:+}", line.points)) " " (why(campaign, &line.rule, self.locale)) }
                        }
                    }
                }
            }
            div.card {
                h2 { (self.pick("Ce qui s’est passé", "What happened")) }
                ul.plain {
                    @for event in events.iter().filter(|event| event.kind != "enrolment") { li { span.soft { (words::moment(event.at, &zone, self.locale)) } br; (event.text) } }
                }
            }
            div.card {
                h2 { (self.pick("Emporter", "Take away")) }
                p { (self.pick("Le même contenu, complet, dans un fichier JSON que d’autres programmes savent lire.", "The same and more, in a JSON file that other programs can read.")) }
                form method="post" action=(self.address("my-data")) {
                    input type="hidden" name="do" value="download";
                    button.plain type="submit" { (self.pick("Télécharger mes données", "Download my data")) }
                }
                h2 { (self.pick("Effacer", "Erase")) }
                p { (self.pick("Tout ce qui figure sur cette page disparaît. La page suivante demande confirmation.", "Everything on this page goes. The next page asks you to confirm.")) }
                p { a.button.danger href={ (self.address("my-data")) "&step=erase" } { (self.pick("Effacer mes données…", "Erase my data…")) } }
            }
        };
        Page::new(self.locale, title, body).answer(StatusCode::OK)
    }

    async fn download(&self, lead: &Lead) -> Response<Body> {
        match self.app.export(lead, Actor::Person).await {
            Ok(export) => attachment(http::json(StatusCode::OK, &export), "my-data.json"),
            Err(error) => self.store_down(&error),
        }
    }

    // ---- correcting ----

    fn correct_page(
        &self,
        lead: &Lead,
        catalog: &Catalog,
        post: Option<&RawPost>,
        problems: &[FieldProblem],
    ) -> Response<Body> {
        let title = self.pick("Corriger vos réponses", "Correct your answers");
        let campaigns = words::campaigns(lead, catalog);
        let fields = correctable(&campaigns);
        let held = |field: &Field| lead.answers.get(&field.name).map_or("", |answer| answer.expose());
        let body = html! {
            (self.langs("my-data"))
            div.card {
                h1 { (title) }
                (summary(fields.iter().copied(), problems, self.locale))
                form method="post" action=(self.address("my-data")) novalidate {
                    input type="hidden" name="do" value="correct";
                    @for field in &fields {
                        (question(field, post.and_then(|post| post.get(&field.name)).unwrap_or_else(|| held(field)), problems, self.locale))
                    }
                    p.soft.small { (self.pick(
                        "Une réponse laissée vide est effacée. L’adresse elle-même ne se change pas\u{a0}: effacez vos données, puis remplissez le formulaire avec la nouvelle.",
                        "An answer left empty is erased. The address itself cannot be changed: erase your data, then fill in the form with the new one.",
                    )) }
                    button type="submit" { (self.pick("Enregistrer", "Save")) }
                    " "
                    a.button.plain href=(self.address("my-data")) { (self.pick("Annuler", "Cancel")) }
                }
            }
        };
        let status = if problems.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        Page::new(self.locale, title, body).answer(status)
    }

    async fn correct(&self, claims: &Claims, lead: &Lead, post: &RawPost) -> Response<Body> {
        let catalog = match self.app.catalog().await {
            Ok(catalog) => catalog,
            Err(error) => return self.store_down(&error),
        };
        let campaigns = words::campaigns(lead, &catalog);
        let answers = match read_answers(correctable(&campaigns), post) {
            Ok(answers) => answers,
            Err(problems) => return self.correct_page(lead, &catalog, Some(post), &problems),
        };
        match self
            .app
            .apply(&claims.lead, Start::Known, input::Correct(answers))
            .await
        {
            Ok(_) => {
                telemetry::log("corrected", &[("lead", (&claims.lead).into())]);
                http::see_other(&format!("{}&done=corrected", self.address("my-data")))
            }
            Err(error) => self.store_down(&error),
        }
    }

    // ---- erasing ----

    fn erase_page(&self) -> Response<Body> {
        let title = self.pick("Effacer vos données\u{a0}?", "Erase your data?");
        let body = html! {
            div.card {
                h1 { (title) }
                p { (self.pick(
                    "Votre adresse, vos réponses, vos accords et l’historique disparaissent aussitôt, sans retour possible. Les e-mails déjà reçus restent chez vous\u{a0}; nos sauvegardes s’effacent d’elles-mêmes en 35\u{a0}jours.",
                    "Your address, your answers, what you agreed to and the history go at once, and cannot be brought back. Mails you got stay with you; our backups erase themselves within 35\u{a0}days.",
                )) }
                p { (self.pick(
                    "Si vous avez demandé à ne plus recevoir d’e-mails, nous gardons une empreinte chiffrée qui permet de respecter ce choix, et rien d’autre.",
                    "If you asked for no more mails, we keep a keyed fingerprint that lets us respect that, and nothing else.",
                )) }
                form method="post" action=(self.address("my-data")) {
                    input type="hidden" name="do" value="erase";
                    button.danger type="submit" { (self.pick("Tout effacer", "Erase everything")) }
                    " "
                    a.button.plain href=(self.address("my-data")) { (self.pick("Annuler", "Cancel")) }
                }
            }
        };
        Page::new(self.locale, title, body).answer(StatusCode::OK)
    }

    async fn erase(&self, claims: &Claims) -> Response<Body> {
        let erase = input::Erase(ErasedBy::Person);
        match self.app.apply(&claims.lead, Start::Known, erase).await {
            Ok(applied) => {
                telemetry::log("erased", &[("lead", (&claims.lead).into())]);
                match applied.answer {
                    Some(certificate) => self.certificate_page(&certificate),
                    None => self.nobody(),
                }
            }
            Err(error) => self.store_down(&error),
        }
    }

    fn certificate_page(&self, certificate: &Certificate) -> Response<Body> {
        let title = self.pick("Vos données sont effacées", "Your data are erased");
        let day = |at| words::day(at, &jiff::tz::TimeZone::UTC, self.locale);
        let stopped = certificate.stays.iter().any(|stays| stays.suppression.is_some());
        let body = html! {
            div.card {
                h1 { (title) }
                dl {
                    dt { (self.pick("Effacées le", "Erased on")) } dd { (words::moment(certificate.erased_at, &jiff::tz::TimeZone::UTC, self.locale)) " UTC" }
                    dt { (self.pick("Référence", "Reference")) } dd { (certificate.lead) }
                    @if let Some(gone) = &certificate.erased {
                        @for (label, count) in [
                            (self.pick("Adresses", "Addresses"), gone.addresses),
                            (self.pick("Réponses", "Answers"), gone.answers),
                            (self.pick("Envois de formulaire", "Posts"), gone.posts),
                            (self.pick("Accords avec leurs preuves", "Consents with their proofs"), gone.consents),
                            (self.pick("Actions", "Actions"), gone.signals),
                            (self.pick("Changements d’étape", "Stage changes"), gone.stage_changes),
                            (self.pick("Lignes du registre des e-mails", "Entries of the ledger of mails"), gone.mails),
                        ] { dt { (label) } dd { (count) } }
                    }
                    dt { (self.pick("Dernières sauvegardes", "Last backups")) } dd { (self.pick("au plus tard le ", "gone by ")) (day(certificate.backups_until)) }
                }
                p { (self.pick(
                    "La référence est une empreinte\u{a0}: elle prouve l’effacement, et personne ne peut en retrouver votre adresse.",
                    "The reference is a fingerprint: it proves the erasure, and nobody can find your address from it.",
                )) }
                @if stopped {
                    p { (self.pick(
                        "Nous retenons aussi que cette adresse ne veut plus d’e-mails de conseils, avec la date, et rien d’autre.",
                        "We also remember that this address wants no more mails of advice, with the date, and nothing else.",
                    )) }
                }
                form.no-print method="post" action=(self.address("my-data")) {
                    input type="hidden" name="do" value="certificate";
                    button.plain type="submit" { (self.pick("Télécharger l’attestation", "Download the certificate")) }
                }
                p.soft.small.no-print { (self.pick("Vous pouvez aussi imprimer cette page.", "You can also print this page.")) }
            }
        };
        Page::new(self.locale, title, body).answer(StatusCode::OK)
    }

    fn give_certificate(&self, post: &RawPost, certificate: &Certificate) -> Response<Body> {
        match post.get("do") {
            Some("certificate") => attachment(http::json(StatusCode::OK, certificate), "erasure.json"),
            _ => self.certificate_page(certificate),
        }
    }
}

fn attachment(mut response: Response<Body>, name: &'static str) -> Response<Body> {
    let value = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    if let Ok(value) = value {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// The fields that a person may put right: neither the address, which is the identity, nor a consent, which is asked.
fn correctable<'a>(campaigns: &[&'a Published]) -> Vec<&'a Field> {
    let mut fields: Vec<&Field> = Vec::new();
    for field in campaigns.iter().flat_map(|p| &p.campaign.form.fields) {
        let open = !matches!(field.kind, FieldType::Email | FieldType::Consent | FieldType::Hidden);
        if open && !fields.iter().any(|known| known.name == field.name) {
            fields.push(field);
        }
    }
    fields
}

fn name_of<'a>(catalog: &'a Catalog, id: &'a CampaignId, locale: Locale) -> &'a str {
    catalog
        .get(id)
        .map_or(id.as_str(), |campaign| campaign.name.get(locale))
}

fn why<'a>(campaign: &'a piste_domain::Campaign, rule: &'a str, locale: Locale) -> &'a str {
    let scoring = &campaign.scoring;
    let fit = scoring.fit.iter().map(|r| (&r.rule, &r.why));
    let engagement = scoring.engagement.iter().map(|r| (&r.rule, &r.why));
    let mut rules = fit.chain(engagement);
    rules
        .find(|(name, _)| ***name == *rule)
        .map_or(rule, |(_, why)| why.get(locale))
}

fn touch_name(name: &str, locale: Locale) -> &str {
    match name {
        "source" => locale.pick("Source", "Source"),
        "medium" => locale.pick("Support", "Medium"),
        "campaign" => locale.pick("Campagne", "Campaign"),
        "term" => locale.pick("Mots cherchés", "Search terms"),
        "content" => locale.pick("Contenu", "Content"),
        "referrer" => locale.pick("Page d’avant", "Page before"),
        "landing" => locale.pick("Première page", "First page"),
        "page" => locale.pick("Page du formulaire", "Page of the form"),
        other => other,
    }
}
