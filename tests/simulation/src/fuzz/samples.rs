//! Good samples: what forms, other systems, SES and operators really send. Every address holds the mark `zqx`, by which it is
//! found where it must not be.

use serde_json::{Value, json};

/// Addresses as people type and paste them.
pub const EMAILS: [&str; 18] = [
    "amelie.zqx@example.org",
    "Amélie Durand <amelie.zqx@example.org>",
    "mailto:amelie.zqx@example.org?subject=x",
    "mailto:o%27zqx@example.org",
    "zqx+newsletter@exemple.fr",
    "O'zqx@example.co.uk",
    "zqx@münchen.example",
    "zqx@xn--mnchen-3ya.example",
    "ZQX@GMAIL.COM",
    "z.q.x+a@googlemail.com",
    "zqx@gmial.com",
    "zqx@@example.org",
    "zqx＠example.org",
    "zqx at example dot org",
    "« zqx@example.org » ;",
    "contact.zqx@mailinator.com",
    "zqx@sub.sub.example.museum",
    "zqx@example",
];

/// Numbers, days, telephone numbers, boxes, sites and names as people write them.
pub const VALUES: [&str; 40] = [
    "15 000 €",
    "15.000,00",
    "15k",
    "83,333",
    "1'234'567.89",
    "-12,5 %",
    "20 000 € HT",
    "euros 1 000",
    "0,5",
    "1.234.567",
    "2/3/2026",
    "2026-03-02",
    "20260302",
    "lundi 2 mars 2026",
    "March 2nd, 2026",
    "mar 3 mars 2026",
    "2026-03-02T09:00:00+01:00",
    "1er avril 2026",
    "06 12 34 56 78",
    "+33 (0)6 12 34 56 78",
    "0033612345678",
    "+1 (415) 555-2671 ext. 12",
    "01.23.45.67.89 / 06 12 34 56 78",
    "+41 44 668 18 00",
    "tel:+33612345678",
    "oui",
    "J'accepte",
    "✓",
    "off",
    "www.exemple.fr",
    "https://exemple.fr/a?b=c#d",
    "exemple.fr/zqx@example.org",
    "utm_source=google",
    "Jean-François D’Été",
    "form_fields[Prénom]",
    "Votre e-mail *",
    "fr-CA,fr;q=0.9,en;q=0.8,*;q=0.1",
    "text/html;charset=\"ISO-8859-15\"",
    "Besoin de\r\nplus de devis.\n\nMerci !",
    "{{ first_name }} & <b>gras</b>",
];

/// A form as it is filled in.
pub fn form(at: u64) -> Vec<(String, String)> {
    let email = EMAILS[at as usize % EMAILS.len()];
    let pairs: &[(&str, &str)] = match at % 5 {
        0 => &[
            ("email", email),
            ("first_name", "Amélie"),
            ("last_name", "Durand"),
            ("company", "Société Générale d’Exemples"),
            ("company_size", "50-249"),
            ("budget", "15 000 €"),
            ("timing", "now"),
            ("need", "Plus de demandes de devis"),
            ("phone", "06 12 34 56 78"),
            ("marketing_consent", "on"),
        ],
        1 => &[
            ("your-email", email),
            ("your-first-name", "Ana"),
            ("utm_source", "google"),
            ("utm_campaign", "été"),
            ("gclid", "Cj0KCQ"),
            ("_next", "https://www.example.com/merci"),
            ("_lang", "en"),
        ],
        2 => &[
            ("form_fields[email]", email),
            ("form_fields[Prénom]", "Benoît"),
            ("form_fields[message]", "Bonjour, rappelez-moi."),
            ("referrer", "https://www.example.com/blog"),
            ("_charset_", "iso-8859-1"),
        ],
        3 => &[
            ("phone", "+33 6 12 34 56 78"),
            ("email", email),
            ("need", "Un site\r\nen deux langues"),
            ("budget", "1.234,56"),
            ("timing", "3_months"),
            ("_gotcha", ""),
            ("_t", "x"),
            ("_tz", "Europe/Paris"),
        ],
        _ => &[
            ("E-mail", email),
            ("First Name", "Zoë"),
            ("newsletter", "oui"),
            ("marketing_consent", "1"),
            ("_again", "email"),
        ],
    };
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The same as JSON, as scripts and form builders send it.
pub fn form_json(at: u64) -> Value {
    let pairs = form(at);
    match at % 4 {
        0 => pairs
            .into_iter()
            .map(|(name, value)| (name, Value::from(value)))
            .collect(),
        1 => json!({ "data": pairs.into_iter().map(|(name, value)| (name, Value::from(value))).collect::<Value>() }),
        2 => pairs
            .into_iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect(),
        _ => json!({
            "email": EMAILS[at as usize % EMAILS.len()], "budget": 15_000.5, "marketing_consent": true, "phone": 612_345_678,
            "tags": [1, "b", null], "utm": { "source": "x", "n": 1 }, "company_size": ["50-249"],
        }),
    }
}

/// What a CRM reports, by the shipped mapping.
pub fn report(at: u64) -> Value {
    let event = [
        "contact.created",
        "contact.opted_out",
        "page.viewed",
        "meeting.booked",
        "call.answered",
        "call.missed",
        "deal.closed",
        "invented",
    ][at as usize % 8];
    let event = json!({
        "id": format!("evt-{at}"), "event": event, "occurred_at": "2026-03-02T08:55:00Z",
        "deal": { "status": if at.is_multiple_of(2) { "won" } else { "lost" }, "amount": 12_000.5, "currency": "EUR" },
        "contact": {
            "email": EMAILS[at as usize % EMAILS.len()], "first_name": "Amélie", "last_name": "Durand",
            "company": { "name": "Exemple", "size": "medium" },
        },
        "page": { "url": "https://www.example.com/prix?zqx@example.org" },
    });
    match at % 5 {
        0 => json!([event, { "event": "page.viewed", "contact": { "email": "zqx@example.org" } }]),
        _ => event,
    }
}

/// The same in our own form.
pub fn native(at: u64) -> Value {
    let kind = [
        "visit",
        "download",
        "reply",
        "meeting",
        "call_reached",
        "won",
        "lost",
        "unsubscribe",
        "out_of_office",
    ];
    json!({
        "type": kind[at as usize % kind.len()], "email": EMAILS[at as usize % EMAILS.len()], "id": format!("n-{at}"),
        "occurred_at": "2026-03-02T08:55:00Z", "about": "https://www.example.com/prix", "amount": 1_234.56,
    })
}

/// What SES reports.
pub fn feedback(at: u64, lead: &str, send: &str) -> Value {
    let kind = [
        "Send",
        "Delivery",
        "Bounce",
        "Complaint",
        "Reject",
        "Click",
        "Open",
        "DeliveryDelay",
        "Rendering Failure",
    ][at as usize % 9];
    let event = json!({
        "eventType": kind,
        "mail": {
            "messageId": "m-1", "timestamp": "2026-03-02T09:00:05.123Z", "destination": ["zqx@example.org"],
            "commonHeaders": { "messageId": format!("<{send}.{lead}@example.com>"), "to": ["zqx@example.org"] },
            "tags": { "lead_id": [lead], "send_id": [send], "class": [if at.is_multiple_of(3) { "alert" } else { "nurture" }] },
        },
        "bounce": {
            "bounceType": "Permanent", "timestamp": "2026-03-02T09:00:07.000Z",
            "bouncedRecipients": [{ "emailAddress": "zqx@example.org", "status": "5.1.1", "diagnosticCode": "550 zqx@example.org" }],
        },
        "complaint": { "timestamp": "2026-03-02T09:10:00.000Z", "complaintFeedbackType": "abuse" },
        "click": { "timestamp": "2026-03-02T09:10:00.000Z", "userAgent": "Mozilla/5.0", "link": "https://www.example.com" },
    });
    match at % 5 {
        0 => json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Message": event.to_string() } }] }),
        1 => json!({ "source": "aws.ses", "detail": event }),
        2 => json!({ "eventType": "Send", "mail": { "messageId": "m", "tags": { "canary": ["1772442000"] } } }),
        _ => event,
    }
}

/// Bodies of the operator's API and forms of its pages: method, path, body. `{id}` stands for a lead.
pub const CALLS: [(&str, &str, &str); 47] = [
    ("GET", "/api/openapi.json", ""),
    ("GET", "/api/leads?limit=5&sort=-score&lang=fr", ""),
    ("GET", "/api/leads?q=zqx@example.org&campaign=guide-seo&stage=mql", ""),
    ("GET", "/api/leads?q=06%2012&call=due&owner=camille&source=google", ""),
    ("GET", "/api/leads?limit=2&cursor={cursor}", ""),
    ("GET", "/api/leads?sort=score&limit=1&cursor={cursor}", ""),
    ("GET", "/api/leads.csv?for=spreadsheet&lang=fr&limit=3", ""),
    ("GET", "/api/leads.csv?for=program&cursor={cursor}", ""),
    (
        "POST",
        "/api/leads",
        r#"{"campaign":"guide-seo","email":"zqx.new@example.org","phone":"0612345678","answers":{"budget":"15k","company":"X"},"source":"salon","consent":{"purpose":"marketing","method":"telephone","evidence":"note 1"}}"#,
    ),
    ("DELETE", "/api/imports/{import}", ""),
    ("GET", "/api/leads/{id}", ""),
    (
        "PATCH",
        "/api/leads/{id}",
        r#"{"answers":{"budget":20000,"timing":"now","need":"x"},"reason":"par téléphone"}"#,
    ),
    ("DELETE", "/api/leads/{id}", ""),
    ("GET", "/api/leads/{id}/export", ""),
    ("GET", "/api/leads/{id}/audit", ""),
    ("GET", "/api/leads/{id}/plan", ""),
    (
        "POST",
        "/api/leads/{id}/stage",
        r#"{"to":"sql","reason":"besoin confirmé","amount":12000.5,"correction":true}"#,
    ),
    (
        "POST",
        "/api/leads/{id}/stage",
        r#"{"to":"customer","reason":"signé","amount":1e15}"#,
    ),
    (
        "POST",
        "/api/leads/{id}/attempts",
        r#"{"outcome":"no_answer","note":"répondeur","until":"2026-03-04T10:00"}"#,
    ),
    (
        "POST",
        "/api/leads/{id}/attempts",
        r#"{"outcome":"snooze","until":"2026-03-12","answers":{"budget":"5 000"}}"#,
    ),
    (
        "POST",
        "/api/leads/{id}/notes",
        r#"{"text":"À rappeler zqx@example.org"}"#,
    ),
    ("POST", "/api/leads/{id}/assign", r#"{"owner":"camille"}"#),
    (
        "POST",
        "/api/leads/{id}/keep",
        r#"{"until":"2030-12-31","reason":"litige"}"#,
    ),
    (
        "POST",
        "/api/leads/{id}/keep",
        r#"{"until":"9999-12-30T21:59:59Z","reason":"litige"}"#,
    ),
    ("POST", "/api/leads/{id}/lift", r#"{"reason":"adresse corrigée"}"#),
    ("GET", "/api/quarantine?cursor={cursor}", ""),
    ("POST", "/api/quarantine/{held}/release", ""),
    ("DELETE", "/api/quarantine/{held}", ""),
    (
        "GET",
        "/api/report?by=cohort&campaign=guide-seo&from=2026-01-01&to=2026-12-31&visitors=1000&spend=1250.50",
        "",
    ),
    ("GET", "/api/report?by=period&from=2026-03-02T00:00:00Z", ""),
    ("GET", "/api/retention?days=365&cursor={cursor}", ""),
    ("GET", "/api/sending", ""),
    ("POST", "/api/sending/hold", r#"{"reason":"essai"}"#),
    ("POST", "/api/sending/release", r#"{"reason":"essai"}"#),
    ("GET", "/api/me", ""),
    ("GET", "/api/users", ""),
    (
        "POST",
        "/api/users",
        r#"{"name":"Anne","role":"sales","expires_at":"2026-06-01"}"#,
    ),
    ("DELETE", "/api/users/Anne", ""),
    ("GET", "/console/leads?q=x&sort=score&cursor={cursor}", ""),
    ("GET", "/console/leads/{id}", ""),
    ("GET", "/console/report?from=2026-01-01", ""),
    ("GET", "/calculator?visitors=1000&rate=2&value=500", ""),
    (
        "POST",
        "/console/leads/{id}/stage",
        "to=sql&reason=x&amount=12+000&correction=on",
    ),
    (
        "POST",
        "/console/leads/{id}/attempts",
        "outcome=reached&note=x&until=2026-03-04T10%3A00&answer.budget=5k",
    ),
    ("POST", "/console/leads/{id}", "budget=15k&need=x&reason=dit"),
    (
        "POST",
        "/console/login",
        "key=piste_main_00000000000000000000000000000000",
    ),
    ("POST", "/console/users", "name=Bob&role=read&expires_at=2026-04-01"),
];

/// Lists as spreadsheets write them.
pub const LISTS: [&str; 4] = [
    "Email;Prénom;Nom;Société;Téléphone;Budget;captured_at;source\r\nzqx.a@example.org;Ana;Élise;Exemple;06 12 34 56 78;15 000 €;2026-01-02;salon\r\nzqx.b@example.org;Bob;\"Du;rand\";;;;2/3/2025;\r\n",
    "sep=,\nemail,first_name,consent_purpose,consent_at,consent_method,consent_evidence\nzqx.c@example.org,Chloé,marketing,2026-01-02,form,\"page 3, ligne 2\"\n",
    "\u{feff}E-mail\tcompany_size\tneed\nzqx.d@example.org\t50-249\t\"deux\nlignes\"\n\n'=zqx.e@example.org\t250+\t=1+1\n",
    "phone,email,need,budget\n+33612345678,,\"Un \"\"site\"\"\",1.234,56\n,zqx.f@example.org,x,15k,en trop\n",
];
