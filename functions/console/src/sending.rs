//! Whether mail leaves: what holds it, the breaker, the canary, SES's quota, and the mails of unknown fate. One button
//! stops everything, one lets it go on.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use piste_adapters::http::{self, FieldError, Visit};
use piste_adapters::sending::Standing;
use piste_adapters::table::{number, table, words};
use piste_adapters::telemetry;
use piste_domain::kit::limits::{
    BREAKER_BOUNCES, BREAKER_COMPLAINTS, BREAKER_DAYS, BREAKER_SENDS_MIN, REASON_CHARS_MAX,
};
use piste_domain::kit::text::clean_line;
use piste_domain::rules::sending::{Gate, Quota, Stop, Tally};
use piste_domain::{Campaign, CampaignId, Locale};
use serde::{Deserialize, Serialize};

use crate::leads::{MONTHS_BACK, end_of_month_before};
use crate::{ConsoleError, Desk, pages};

/// How sending stands, as programs read it.
#[derive(Serialize)]
pub struct SendingView {
    state: State,
    held: Option<HeldView>,
    released: Option<StopView>,
    breaker: BreakerView,
    canary: CanaryView,
    quota: Option<QuotaView>,
    campaigns: Vec<CampaignView>,
}

/// What leaves at present.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Everything.
    Open,
    /// Everything but marketing.
    Paused,
    /// Nothing.
    Held,
}

/// Why nothing leaves. `since` and `reason` are absent where nobody stopped it: the table was restored.
#[derive(Serialize)]
struct HeldView {
    cause: &'static str,
    since: Option<Timestamp>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct StopView {
    at: Timestamp,
    reason: String,
}

/// Rates of bounces and complaints among the nurture mails of late; `limit` is where marketing pauses.
#[derive(Serialize)]
struct BreakerView {
    open: Option<StopView>,
    days: i64,
    judges_from: u64,
    sent: u64,
    bounces: RateView,
    complaints: RateView,
}

#[derive(Serialize)]
struct RateView {
    mails: u64,
    rate: Option<f64>,
    limit: f64,
}

#[derive(Serialize)]
struct CanaryView {
    sent_at: Option<Timestamp>,
    back_at: Option<Timestamp>,
    missing: bool,
}

#[derive(Serialize)]
struct QuotaView {
    per_second: u32,
    per_day: Option<u64>,
    sandbox: bool,
}

/// Mails of the last three years that need a look.
#[derive(Serialize)]
struct CampaignView {
    campaign: CampaignId,
    unknown: usize,
    duplicates: usize,
}

/// Why somebody stops or releases mail.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    #[serde(default)]
    reason: String,
}

impl Why {
    /// Reads a body; none is no reason.
    pub fn read(body: &[u8]) -> Result<Self, ConsoleError> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(body).map_err(|_| ConsoleError::BadRequest("malformed", "Send {\"reason\":\"…\"}."))
    }

    /// The reason as it is kept; a hold needs one.
    fn checked(&self, needed: bool) -> Result<String, ConsoleError> {
        let reason = clean_line(&self.reason);
        let chars = reason.chars().count() as u64;
        if chars > REASON_CHARS_MAX || (needed && chars == 0) {
            return Err(ConsoleError::Fields(vec![FieldError {
                field: "reason".into(),
                code: "length",
                message: format!("Say why in 1 to {REASON_CHARS_MAX} characters."),
            }]));
        }
        Ok(reason)
    }
}

impl Desk<'_> {
    /// Whether this is the house's own desk: mail leaves for all workspaces or for none, and a client may not decide that.
    fn is_of_the_house(&self) -> bool {
        self.workspace.as_str() == "main"
    }
}

/// How sending stands.
pub async fn view(desk: &Desk<'_>) -> Result<SendingView, ConsoleError> {
    let standing = desk.app.standing().await?;
    let tally = desk.app.tally(&standing.sending).await?;
    let mut campaigns = Vec::new();
    for campaign in pages::campaigns_of(desk) {
        campaigns.push(of_campaign(desk, &campaign.id).await?);
    }
    let sending = &standing.sending;
    Ok(SendingView {
        state: state(&standing),
        held: held(desk, &standing),
        released: sending.released.as_ref().map(|stop| stop_view(desk, stop)),
        breaker: breaker(sending.breaker.as_ref(), tally),
        canary: CanaryView {
            sent_at: sending.canary_sent,
            back_at: sending.canary_back,
            missing: sending.canary_missing(desk.now),
        },
        quota: sending.quota.map(quota),
        campaigns,
    })
}

fn state(standing: &Standing) -> State {
    match standing.sending.gate(&standing.table) {
        Gate::Held => State::Held,
        Gate::Open(terms) if terms.nurture_paused => State::Paused,
        Gate::Open(_) => State::Open,
    }
}

fn held(desk: &Desk<'_>, standing: &Standing) -> Option<HeldView> {
    if state(standing) != State::Held {
        return None;
    }
    let by_person = standing.sending.held.as_ref();
    Some(HeldView {
        cause: if by_person.is_some() { "operator" } else { "other_table" },
        since: by_person.map(|stop| stop.at),
        reason: by_person.map(|stop| notice_words(desk, &stop.reason)),
    })
}

/// A reason that somebody typed; other workspaces than the house's own do not see it.
fn notice_words(desk: &Desk<'_>, reason: &str) -> String {
    if desk.is_of_the_house() {
        reason.to_owned()
    } else {
        String::new()
    }
}

fn stop_view(desk: &Desk<'_>, stop: &Stop) -> StopView {
    StopView {
        at: stop.at,
        reason: notice_words(desk, &stop.reason),
    }
}

fn breaker(open: Option<&Stop>, tally: Tally) -> BreakerView {
    let rate = |mails, rate, per_10_000: u64| RateView {
        mails,
        rate,
        limit: per_10_000 as f64 / 10_000.0,
    };
    BreakerView {
        open: open.map(|stop| StopView {
            at: stop.at,
            reason: stop.reason.clone(),
        }),
        days: BREAKER_DAYS,
        judges_from: BREAKER_SENDS_MIN,
        sent: tally.sent,
        bounces: rate(tally.bounced, tally.bounce_rate(), BREAKER_BOUNCES),
        complaints: rate(tally.complained, tally.complaint_rate(), BREAKER_COMPLAINTS),
    }
}

fn quota(quota: Quota) -> QuotaView {
    QuotaView {
        per_second: quota.per_second,
        per_day: quota.per_day,
        sandbox: quota.is_sandbox(),
    }
}

/// Adds up the board's columns of a campaign, as far back as its list goes.
async fn of_campaign(desk: &Desk<'_>, campaign: &CampaignId) -> Result<CampaignView, ConsoleError> {
    let (mut unknown, mut duplicates) = (0, 0);
    let mut until = desk.now;
    for _ in 0..MONTHS_BACK {
        let mut from = None;
        loop {
            let page = desk.app.store.board(&desk.workspace, campaign, until, from).await?;
            unknown += page.rows.iter().map(|row| row.unknown).sum::<usize>();
            duplicates += page.rows.iter().map(|row| row.copies).sum::<usize>();
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        until = end_of_month_before(until);
    }
    Ok(CampaignView {
        campaign: campaign.clone(),
        unknown,
        duplicates,
    })
}

/// `hold` or `release`.
pub async fn change(desk: &Desk<'_>, change: &str, why: &Why) -> Result<(), ConsoleError> {
    if !desk.is_of_the_house() {
        return Err(ConsoleError::NotTheirs);
    }
    match change {
        "hold" => desk.app.hold(&why.checked(true)?).await?,
        _ => desk.app.release(&why.checked(false)?).await?,
    };
    Ok(())
}

// ---- pages ----

/// What every page of the console must say, if anything. A page is not lost for it.
pub async fn notice(desk: &Desk<'_>) -> Option<String> {
    let standing = desk.app.standing().await;
    let standing = standing.inspect_err(|error| telemetry::log("console_failed", &[("error", error.into())]));
    let standing = standing.ok()?;
    let pick = |fr: &str, en: &str| Some(desk.locale.pick(fr, en).to_owned());
    match state(&standing) {
        State::Held => pick(
            "Les envois sont arrêtés\u{a0}: aucun e-mail ne part.",
            "Sending is on hold: no mail leaves.",
        ),
        State::Paused => pick(
            "Les e-mails de conseils sont en pause\u{a0}: trop de rejets ou de plaintes.",
            "Marketing mail is paused: too many bounces or complaints.",
        ),
        State::Open if standing.sending.canary_missing(desk.now) => pick(
            "Les retours de SES n’arrivent plus\u{a0}: un e-mail témoin n’est pas revenu.",
            "SES’s reports do not arrive: a canary mail has not come back.",
        ),
        State::Open => None,
    }
}

/// The button of the page.
pub async fn press(desk: &Desk<'_>, visit: &Visit, what: &str) -> Result<Response<Body>, ConsoleError> {
    let post = visit
        .post()
        .await
        .map_err(|_| ConsoleError::BadRequest("malformed", "Use the form of the page Sending."))?;
    let why = Why {
        reason: post.get("reason").unwrap_or_default().to_owned(),
    };
    match change(desk, what, &why).await {
        Ok(()) => Ok(http::see_other("/console/sending")),
        Err(ConsoleError::Fields(_)) => page(desk, StatusCode::UNPROCESSABLE_ENTITY, true).await,
        Err(error) => Err(error),
    }
}

/// The page.
pub async fn page(desk: &Desk<'_>, status: StatusCode, refused: bool) -> Result<Response<Body>, ConsoleError> {
    let view = view(desk).await?;
    let pick = |fr, en| desk.locale.pick(fr, en);
    let title = pick("Envois", "Sending");
    let zone = pages::campaigns_of(desk)
        .next()
        .map_or(TimeZone::UTC, Campaign::time_zone);
    let local = |at: Timestamp| pages::local(at, &zone);
    let body = html! {
        h1 { (title) }
        @if refused {
            div.errors role="alert" { (pick("Dites pourquoi, en 500 caractères au plus.", "Say why, in 500 characters at most.")) }
        }
        div.card {
            h2 { (state_name(view.state, desk.locale)) }
            @if let Some(held) = &view.held { (held_text(desk, held, &local)) }
            @if let Some(open) = &view.breaker.open {
                p { (local(open.at)) " · " (cause(&open.reason, desk.locale)) }
            }
            @if let Some(released) = view.released.as_ref().filter(|_| view.state == State::Open) {
                p.soft { (pick("Repris le ", "Released ")) (local(released.at)) @if !released.reason.is_empty() { " · " (released.reason) } }
            }
            @if desk.is_of_the_house() { (buttons(desk, &view)) }
        }
        (breaker_card(desk, &view.breaker))
        div.card {
            h2 { "SES" }
            dl {
                dt { (pick("Quota", "Quota")) }
                dd { @match &view.quota {
                    Some(quota) => (quota_text(quota, desk.locale)),
                    None => (pick("pas encore lu", "not read yet")),
                } }
                dt { (pick("E-mail témoin parti le", "Canary left")) }
                dd { @if let Some(at) = view.canary.sent_at { (local(at)) } @else { "—" } }
                dt { (pick("Retour confirmé de celui du", "Came back of")) }
                dd { @if let Some(at) = view.canary.back_at { (local(at)) } @else { "—" } }
            }
            p.soft.small { (pick(
                "Chaque heure, un e-mail témoin part vers le simulateur de SES. Son retour prouve que les comptes rendus de SES arrivent\u{a0}; sans lui, un envoi sans réponse n’est pas retenté.",
                "Every hour a canary mail goes to SES’s simulator. Its return proves that SES’s reports arrive; without it, a mail that got no answer is not tried again.",
            )) }
        }
        div.card {
            h2 { (pick("E-mails à vérifier", "Mails that need a look")) }
            (table(
                pick("E-mails à vérifier", "Mails that need a look"),
                &[words(pick("Campagne", "Campaign")), number(pick("Issue inconnue", "Unknown fate")), number(pick("Partis deux fois", "Left twice"))],
                view.campaigns.iter().map(|row| vec![
                    html! { (desk.catalog.get(&row.campaign).map_or(row.campaign.as_str(), |campaign| campaign.name.get(desk.locale))) },
                    to_leads(&row.campaign, "unknown", row.unknown),
                    to_leads(&row.campaign, "duplicate", row.duplicates),
                ]),
            ))
        }
        p.soft.small { (pick("Heures de ", "Times of ")) (zone.iana_name().unwrap_or("UTC")) }
    };
    Ok(pages::frame(desk, title, body).answer(status))
}

fn state_name(state: State, locale: Locale) -> &'static str {
    match state {
        State::Open => locale.pick("Les e-mails partent", "Mail leaves"),
        State::Paused => locale.pick("Les e-mails de conseils sont en pause", "Marketing mail is paused"),
        State::Held => locale.pick("Les envois sont arrêtés", "Sending is on hold"),
    }
}

fn held_text(desk: &Desk<'_>, held: &HeldView, local: &impl Fn(Timestamp) -> String) -> Markup {
    let pick = |fr, en| desk.locale.pick(fr, en);
    html! {
        @if let Some(since) = held.since {
            p { (pick("Depuis le ", "Since ")) (local(since)) @if let Some(reason) = held.reason.as_ref().filter(|reason| !reason.is_empty()) { " · " (reason) } }
        } @else {
            p { (pick(
                "Cette table n’est pas celle d’où les derniers e-mails sont partis, comme après une restauration. Rejouez d’abord l’archive («\u{a0}piste replay\u{a0}», voir docs/deploiement.md), puis reprenez.",
                "This table is not the one that mail last left from, as after a restore. Tell it the archive first (`piste replay`, see docs/deploy.md), then release.",
            )) }
        }
    }
}

fn buttons(desk: &Desk<'_>, view: &SendingView) -> Markup {
    let pick = |fr, en| desk.locale.pick(fr, en);
    let (action, label, button, needed) = match view.state {
        State::Open => (
            "hold",
            pick("Raison de l’arrêt", "Reason for the hold"),
            pick("Tout arrêter", "Hold everything"),
            true,
        ),
        _ => (
            "release",
            pick("Remarque (facultative)", "Remark (optional)"),
            pick("Reprendre les envois", "Release"),
            false,
        ),
    };
    html! {
        form method="post" action={ "/console/sending/" (action) } {
            div.field {
                label for="reason" { (label) }
                input type="text" id="reason" name="reason" required[needed] maxlength=(REASON_CHARS_MAX);
            }
            button type="submit" { (button) }
        }
        @if view.state == State::Paused {
            form method="post" action="/console/sending/hold" {
                div.field {
                    label for="hold" { (pick("Raison de l’arrêt", "Reason for the hold")) }
                    input type="text" id="hold" name="reason" required maxlength=(REASON_CHARS_MAX);
                }
                button.plain type="submit" { (pick("Tout arrêter", "Hold everything")) }
            }
        }
    }
}

fn breaker_card(desk: &Desk<'_>, breaker: &BreakerView) -> Markup {
    let pick = |fr, en| desk.locale.pick(fr, en);
    let percent = |rate: f64| match desk.locale {
        Locale::Fr => format!("{:.2}\u{a0}%", rate * 100.0).replace('.', ","),
        Locale::En => format!("{:.2}%", rate * 100.0),
    };
    let judged = match desk.locale {
        Locale::Fr => format!(
            "{} e-mails de conseils en {} jours. En dessous de {}, rien n’est jugé.",
            breaker.sent, breaker.days, breaker.judges_from
        ),
        Locale::En => format!(
            "{} marketing mails in {} days. Below {} nothing is judged.",
            breaker.sent, breaker.days, breaker.judges_from
        ),
    };
    let heads = [
        words(pick("Ce qui revient", "What came back")),
        number("E-mails"),
        number(pick("Taux", "Rate")),
        number(pick("Pause à partir de", "Pauses at")),
    ];
    html! {
        div.card {
            h2 { (pick("Disjoncteur", "Breaker")) }
            p { (judged) }
            (table(pick("Disjoncteur", "Breaker"), &heads, [(pick("Rejets", "Bounces"), &breaker.bounces), (pick("Plaintes", "Complaints"), &breaker.complaints)].map(|(name, row)| vec![
                html! { (name) },
                html! { (row.mails) },
                html! { @if let Some(rate) = row.rate { (percent(rate)) } @else { "—" } },
                html! { (percent(row.limit)) },
            ])))
        }
    }
}

fn cause(reason: &str, locale: Locale) -> &'static str {
    match reason {
        "complaints" => locale.pick("trop de plaintes", "too many complaints"),
        _ => locale.pick("trop de rejets", "too many bounces"),
    }
}

fn quota_text(quota: &QuotaView, locale: Locale) -> String {
    let day = match (quota.per_day, locale) {
        (Some(day), Locale::Fr) => format!("{day} par jour"),
        (Some(day), Locale::En) => format!("{day} a day"),
        (None, _) => locale.pick("sans limite par jour", "no limit a day").to_owned(),
    };
    let second = locale.pick("par seconde", "a second");
    let sandbox = match quota.sandbox {
        true => locale.pick(
            " · bac à sable\u{a0}: seules les adresses vérifiées reçoivent des e-mails",
            " · sandbox: only verified addresses get mail",
        ),
        false => "",
    };
    format!("{} {second}, {day}{sandbox}", quota.per_second)
}

fn to_leads(campaign: &CampaignId, sends: &str, mails: usize) -> Markup {
    html! {
        @if mails > 0 {
            a href={ "/console/leads?campaign=" (campaign) "&sends=" (sends) } { (mails) }
        } @else { "0" }
    }
}
