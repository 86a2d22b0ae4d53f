//! Everything held about a person: to see, take away, correct and erase (GDPR art. 15 to 20, R66).
//!
//! The way in is a link that is mailed: to know an address is not to own it. Whoever asks is told the same, whether we
//! know the address or not.

use std::borrow::Cow;
use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::http::header::{CONTENT_DISPOSITION, HeaderValue};
use lambda_http::{Body, Response};
use maud::html;
use piste_adapters::app::Start;
use piste_adapters::http::{self, Problem};
use piste_adapters::pages::{self, Page};
use piste_adapters::questions::{question, summary, to_edit};
use piste_adapters::telemetry;
use piste_adapters::token::{Claims, Purpose, Refused, sign};
use piste_domain::campaign::Published;
use piste_domain::campaign::field::{Field, FieldType};
use piste_domain::kit::format::moment;
use piste_domain::kit::post::RawPost;
use piste_domain::lead::erasure::{Certificate, ErasedBy};
use piste_domain::rules::form::read_answers;
use piste_domain::rules::rights_log::Actor;
use piste_domain::rules::scoring::Score;
use piste_domain::views::timeline::{signal_name, stage_name, timeline};
use piste_domain::{Campaign, CampaignId, Catalog, Email, FieldProblem, Lead, LeadId, Locale, Record, input};

use crate::{Link, texts, words};

/// Kinds of events that the page tells: what the person did and what reached them. Who of us did what, and in which words, is
/// in the file, which is whole.
const THEIRS: [&str; 6] = ["capture", "consent", "preferences", "signal", "send", "suppression"];

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
            _ => match self.app.whole(&lead).await {
                Ok(whole) => {
                    // The link to the preferences is signed with the key of now (R101).
                    self.app.fresh_ring().await;
                    self.data_page(&claims, &whole, &catalog)
                }
                Err(error) => self.store_down(&error),
            },
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
                let title = texts::no_such_choice(self.locale);
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
                let why = texts::data_link_expired(self.locale);
                self.ask_page(StatusCode::GONE, Some(why), "")
            }
            Refused::Invalid | Refused::UnknownKey | Refused::Unread => self.bad_link(refused),
        }
    }

    // ---- asking for the link ----

    fn ask_page(&self, status: StatusCode, problem: Option<&str>, typed: &str) -> Response<Body> {
        let title = texts::your_data(self.locale);
        let form = self.visit.query("form").unwrap_or_default();
        let invalid = problem.filter(|_| status == StatusCode::UNPROCESSABLE_ENTITY);
        let body = html! {
            div.card {
                h1 { (title) }
                @if let Some(problem) = problem { div.errors role="alert" tabindex="-1" autofocus { (problem) } }
                p { (texts::give_address(self.locale)) }
                form method="post" action={ "/my-data?lang=" (self.locale.code()) } novalidate {
                    input type="hidden" name="form" value=(form);
                    div.field {
                        label for="f-email" { (texts::email_address(self.locale)) }
                        input type="email" id="f-email" name="email" value=(typed) required autocomplete="email"
                            aria-invalid=[invalid.map(|_| "true")];
                    }
                    button type="submit" { (texts::send_link(self.locale)) }
                }
            }
        };
        Page {
            refused: invalid.is_some(),
            ..Page::new(self.locale, title, body)
        }
        .answer(status)
    }

    async fn ask(&self, post: &RawPost) -> Response<Body> {
        let typed = post.get("email").unwrap_or_default();
        let Ok(email) = Email::read(typed) else {
            let why = texts::address_incomplete(self.locale);
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
        let title = texts::check_inbox(self.locale);
        let text = texts::if_known(self.locale);
        pages::message(StatusCode::OK, self.locale, title, text)
    }

    fn nobody(&self) -> Response<Body> {
        let title = texts::nothing_held(self.locale);
        pages::message(StatusCode::OK, self.locale, title, "")
    }

    // ---- seeing ----

    fn data_page(&self, claims: &Claims, lead: &Lead, catalog: &Catalog) -> Response<Body> {
        let title = texts::your_data(self.locale);
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
            @if corrected { div.done role="status" { (texts::corrected(self.locale)) } }
            div.card {
                h1 { (title) }
                p { (texts::all_we_hold(self.locale)) }
                h2 { (texts::who_you_are(self.locale)) }
                dl {
                    @if let Some(email) = &lead.email { dt { (texts::email_address(self.locale)) } dd { (email.expose()) } }
                    @if let Some(phone) = &lead.phone { dt { (texts::telephone(self.locale)) } dd { (phone.expose()) } }
                    @for (name, value) in lead.words.answers() {
                        dt { (words::question(&campaigns, name, self.locale)) }
                        dd.typed { (words::answer(&campaigns, name, value.expose(), self.locale)) }
                    }
                    dt { (texts::language(self.locale)) } dd { (lead.words.language().own_name()) }
                    dt { (texts::known_since(self.locale)) } dd { (day(lead.captured_at)) }
                }
                p.links { a href={ (self.address("my-data")) "&step=correct" } { (texts::correct_these(self.locale)) } }
            }
            div.card {
                h2 { (texts::requests(self.locale)) }
                @for enquiry in lead.words.enquiries().iter().rev() {
                    dl {
                        dt { (day(enquiry.at)) } dd { (name_of(catalog, &enquiry.campaign, self.locale)) }
                        @for (name, value) in enquiry.answers.iter().chain(enquiry.other.iter()) {
                            dt { (words::question(&campaigns, name, self.locale)) }
                            dd.typed { (words::answer(&campaigns, name, value.expose(), self.locale)) }
                        }
                        @for (name, value) in &enquiry.touch.0 { dt { (touch_name(name, self.locale)) } dd { (value) } }
                    }
                }
            }
            div.card {
                h2 { (texts::agreed_to(self.locale)) }
                @if lead.consents.is_empty() { p { (texts::nothing_agreed(self.locale)) } }
                @for consent in lead.consents.iter() {
                    @let campaign = catalog.get(&consent.campaign);
                    p {
                        strong { (texts::purpose(self.locale, consent.purpose)) }
                        (texts::state_since(self.locale, texts::state(self.locale, consent.state), &day(consent.at)))
                    }
                    @if let Some(wording) = words::wording(campaign, consent) { blockquote lang=(consent.locale.code()) { (wording) } }
                }
                @if let Some(stop) = lead.suppression {
                    p { (texts::suppressed_since(self.locale, &day(stop.at))) }
                }
                p.links { a href={ "/preferences?t=" (preferences.expose()) "&lang=" (self.locale.code()) } { (texts::change_preferences(self.locale)) } }
            }
            @if let Some(campaign) = catalog.get(&lead.campaign) {
                @let score = Score::of(lead, campaign, self.app.now());
                div.card {
                    h2 { (texts::how_we_rate(self.locale)) }
                    p {
                        (texts::stage_and_grade(self.locale, stage_name(lead.stage, self.locale), &score.grade))
                    }
                    ul {
                        @for line in &score.lines {
                            li { (format!("{:+}", line.points)) " " (given_for(&campaigns, campaign, &line.rule, self.locale)) }
                        }
                    }
                }
            }
            div.card {
                h2 { (texts::what_happened(self.locale)) }
                ul.plain {
                    @for event in events.iter().filter(|event| THEIRS.contains(&event.kind)) { li { span.soft { (moment(event.at, &zone, self.locale)) } br; (event.text) } }
                }
            }
            div.card {
                h2 { (texts::take_away(self.locale)) }
                p { (texts::as_json(self.locale)) }
                form method="post" action=(self.address("my-data")) {
                    input type="hidden" name="do" value="download";
                    button.plain type="submit" { (texts::download_data(self.locale)) }
                }
                h2 { (texts::delete(self.locale)) }
                p { (texts::everything_goes(self.locale)) }
                p { a.button.danger href={ (self.address("my-data")) "&step=erase" } { (texts::delete_mine(self.locale)) } }
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
        let title = texts::correct_title(self.locale);
        let campaigns = words::campaigns(lead, catalog);
        let fields = correctable(&campaigns);
        let held = |field: &Field| to_edit(field, lead.words.answer(&field.name).unwrap_or_default());
        let typed = |field: &Field| post.and_then(|post| post.get(&field.name)).map(Cow::Borrowed);
        let body = html! {
            (self.langs("my-data"))
            div.card {
                h1 { (title) }
                (summary(fields.iter().copied(), problems, self.locale))
                form method="post" action=(self.address("my-data")) novalidate {
                    input type="hidden" name="do" value="correct";
                    @for field in &fields {
                        (question(field, &typed(field).unwrap_or_else(|| held(field)), problems, self.locale))
                    }
                    p.soft.small { (texts::empty_is_deleted(self.locale)) }
                    button type="submit" { (texts::save(self.locale)) }
                    " "
                    a.button.plain href=(self.address("my-data")) { (texts::cancel(self.locale)) }
                }
            }
        };
        let status = if problems.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        Page {
            refused: !problems.is_empty(),
            ..Page::new(self.locale, title, body)
        }
        .answer(status)
    }

    async fn correct(&self, claims: &Claims, lead: &Lead, post: &RawPost) -> Response<Body> {
        let catalog = match self.app.catalog().await {
            Ok(catalog) => catalog,
            Err(error) => return self.store_down(&error),
        };
        let campaigns = words::campaigns(lead, &catalog);
        let country = catalog.get(&lead.campaign).map_or("", |campaign| campaign.country());
        let answers = match read_answers(correctable(&campaigns), post, country) {
            Ok(corrected) => corrected.answers,
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
        let title = texts::delete_title(self.locale);
        let body = html! {
            div.card {
                h1 { (title) }
                p { (texts::delete_what(self.locale)) }
                p { (texts::delete_keeps(self.locale)) }
                p { (texts::delete_counts(self.locale)) }
                form method="post" action=(self.address("my-data")) {
                    input type="hidden" name="do" value="erase";
                    button.danger type="submit" { (texts::delete_all(self.locale)) }
                    " "
                    a.button.plain href=(self.address("my-data")) { (texts::cancel(self.locale)) }
                }
            }
        };
        Page::new(self.locale, title, body).answer(StatusCode::OK)
    }

    async fn erase(&self, claims: &Claims) -> Response<Body> {
        let erase = input::Erase(ErasedBy::Person);
        match self.app.apply(&claims.lead, Start::Known, erase).await {
            Ok(applied) => match applied.answer {
                Some(certificate) => self.certificate_page(&certificate),
                None => self.nobody(),
            },
            Err(error) => self.store_down(&error),
        }
    }

    fn certificate_page(&self, certificate: &Certificate) -> Response<Body> {
        let title = texts::deleted_title(self.locale);
        let day = |at| words::day(at, &jiff::tz::TimeZone::UTC, self.locale);
        let stopped = certificate.stays.iter().any(|stays| stays.suppression.is_some());
        let body = html! {
            div.card {
                h1 { (title) }
                dl {
                    dt { (texts::deleted_on(self.locale)) } dd { (moment(certificate.erased_at, &jiff::tz::TimeZone::UTC, self.locale)) " UTC" }
                    dt { (texts::reference(self.locale)) } dd { (certificate.lead) }
                    @if let Some(gone) = &certificate.erased {
                        @for (label, count) in [
                            (texts::addresses(self.locale), gone.addresses),
                            (texts::answers(self.locale), gone.answers),
                            (texts::submissions(self.locale), gone.posts),
                            (texts::consents(self.locale), gone.consents),
                            (texts::actions(self.locale), gone.signals),
                            (texts::stage_changes(self.locale), gone.stage_changes),
                            (texts::email_records(self.locale), gone.mails),
                        ] { dt { (label) } dd { (count) } }
                    }
                    dt { (texts::last_backups(self.locale)) } dd { (texts::gone_by(self.locale, &day(certificate.backups_until))) }
                }
                p { (texts::about_reference(self.locale)) }
                p { (texts::delete_counts(self.locale)) }
                @if stopped {
                    p { (texts::suppression_stays(self.locale)) }
                }
                form.no-print method="post" action=(self.address("my-data")) {
                    input type="hidden" name="do" value="certificate";
                    button.plain type="submit" { (texts::download_certificate(self.locale)) }
                }
                p.soft.small.no-print { (texts::print_too(self.locale)) }
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

/// What the points of a rule were given for: the question that was answered, or what the person did. The words beside the
/// rule are for those who call.
fn given_for<'a>(campaigns: &[&'a Published], campaign: &'a Campaign, rule: &'a str, locale: Locale) -> &'a str {
    let scoring = &campaign.scoring;
    let fit = scoring.fit.iter().find(|known| *known.rule == *rule);
    let engagement = scoring.engagement.iter().find(|known| *known.rule == *rule);
    match (fit, engagement) {
        (Some(fit), _) => words::question(campaigns, &fit.field, locale),
        (None, Some(engagement)) => signal_name(engagement.signal, locale),
        (None, None) => rule,
    }
}

fn touch_name(name: &str, locale: Locale) -> &str {
    match name {
        "source" => texts::touch_source(locale),
        "medium" => texts::touch_medium(locale),
        "campaign" => texts::touch_campaign(locale),
        "term" => texts::touch_term(locale),
        "content" => texts::touch_content(locale),
        "referrer" => texts::touch_referrer(locale),
        "landing" => texts::touch_landing(locale),
        "page" => texts::touch_page(locale),
        "first_source" => texts::touch_first_source(locale),
        "first_medium" => texts::touch_first_medium(locale),
        "first_campaign" => texts::touch_first_campaign(locale),
        "first_referrer" => texts::touch_first_referrer(locale),
        other => other,
    }
}
