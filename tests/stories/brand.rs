//! How a company looks: its name, logo and colours on every page a person meets, and in its emails.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::test_app::*;

const ANA: &str = "ana@example.org";

/// A page shows the company, and its policy lets in just what the page brings.
#[track_caller]
fn shows(page: &Answer, name: &str, logo: &str, colour: &str) {
    let text = page.text();
    let image = tag(&text, &format!("src=\"{logo}\""));
    assert!(
        image.starts_with("<img") && image.contains(&format!("alt=\"{name}\"")),
        "{image}"
    );
    assert!(text.contains(&format!("--accent:{colour}")), "{text}");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("img-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    for style in text.split("<style>").skip(1) {
        let style = style.split("</style>").next().expect("it ends");
        let hash = STANDARD.encode(Sha256::digest(style));
        assert!(policy.contains(&hash), "a style that the policy refuses");
    }
}

#[test]
fn three_campaigns_look_like_three_companies() {
    let app = TestApp::start();
    let mut seen = Vec::new();
    for (form, name, colour, kind) in [
        ("guide-seo", "Agence Exemple", "#3f3d9e", "image/svg+xml"),
        ("quote-request", "Plomberie Exemple", "#9a3412", "image/png"),
        ("newsletter", "Atelier Exemple", "#14613d", "image/png"),
    ] {
        let logo = format!("/forms/{form}/logo");
        let page = app.get(&format!("/forms/{form}?lang=fr"));
        shows(&page, name, &logo, colour);
        let text = page.text();
        assert!(tag(&text, "rel=\"icon\"").contains(&logo));
        // What others show of a link to the form.
        for (property, content) in [("og:site_name", name), ("og:image\"", &format!("{}{logo}", app.base))] {
            assert!(tag(&text, property).contains(content), "{property}");
        }
        assert!(tag(&text, "og:url").contains(&format!("{}/forms/{form}", app.base)));
        let picture = app.get(&logo);
        assert_eq!((picture.status, picture.header("content-type")), (200, kind));
        assert!(picture.header("content-security-policy").contains("sandbox"));
        assert!(picture.header("cache-control").contains("public"));
        assert_eq!(app.send("POST", &logo, &[BROWSER], "").status, 405);
        shows(&app.get(&format!("/forms/{form}/thanks?lang=fr")), name, &logo, colour);
        // Errors, too.
        let refused = app.send(
            "POST",
            &format!("/forms/{form}"),
            &[BROWSER, URLENCODED],
            "email=x&_lang=fr",
        );
        assert_eq!(refused.status, 422);
        shows(&refused, name, &logo, colour);
        seen.push(picture.body);
    }
    assert!(seen[0] != seen[1] && seen[1] != seen[2]);
}

#[test]
fn the_pages_behind_the_links_of_emails_name_the_company_and_its_emails() {
    let app = TestApp::start();
    app.opt_in(ANA, &[]);
    let logo = "/forms/guide-seo/logo";
    let look = |page: &Answer| shows(page, "Agence Exemple", logo, "#3f3d9e");
    let guide = app.mail(&app.mails_to(ANA)[0]);
    look(&app.get(&guide.link("/confirm?")));
    look(&app.get(&guide.link("/resources/")));
    app.advance("P3D");
    let mail = app.mail(app.mails_to(ANA).last().expect("the first email with tips"));
    look(&app.get(&mail.link("/preferences?")));
    look(&app.get("/my-data?form=guide-seo&lang=fr"));
    // What the campaign calls its emails stands where people read what they get, and no longer get.
    assert!(
        mail.text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains("nos conseils SEO"),
        "{}",
        mail.text
    );
    let leave = mail.one_click();
    let page = app.get(&leave);
    look(&page);
    assert!(page.text().contains("vous ne recevrez plus nos conseils SEO"));
    // A link that lost its end is still of that company.
    let cut = app.get(&leave.split("&lang").next().expect("a link")[..leave.len() - 20]);
    assert_eq!(cut.status, 400);
    look(&cut);
    look(&app.press(&leave));
    // Links and buttons of its emails have its colour; an SVG is not shown there, the name is.
    assert!(
        mail.html.contains("#3f3d9e") && mail.html.contains("#aab0ff"),
        "{}",
        mail.html
    );
    assert!(!mail.html.contains("<img") && mail.html.contains("Agence Exemple"));
}

#[test]
fn an_email_shows_a_png_that_is_the_same_for_everybody() {
    let app = TestApp::start();
    for address in [ANA, "bo@example.org"] {
        let form = urlencoded(&[("email", address), ("marketing_consent", "on"), ("_lang", "fr")]);
        assert_eq!(
            app.send("POST", "/forms/newsletter", &[BROWSER, URLENCODED], form)
                .status,
            303
        );
        app.settle();
        let mail = app.mail(app.mails_to(address).last().expect("a mail"));
        let image = tag(&mail.html, "<img");
        assert!(
            image.contains(&format!("src=\"{}/forms/newsletter/logo\"", app.base)),
            "{image}"
        );
        assert!(
            image.contains("alt=\"Atelier Exemple\""),
            "with pictures off it is the name"
        );
        assert!(mail.html.len() < 60_000);
    }
}

#[test]
fn a_colour_nobody_could_read_is_refused_with_file_and_line() {
    for (key, bad, says) in [
        ("colour = \"#3f3d9e\"", "colour = \"#777777\"", "4.4:1"),
        ("colour_dark = \"#aab0ff\"", "colour_dark = \"#3f3d9e\"", "4.5:1"),
        ("colour = \"#3f3d9e\"", "colour = \"blue\"", "#rrggbb"),
        ("logo = \"logo.svg\"", "logo = \"logo.gif\"", ".png"),
        ("logo = \"logo.svg\"", "logo = \"gone.png\"", "gone.png"),
        ("logo = \"logo.svg\"", "logo = \"../logo.png\"", ".png"),
        ("site = \"https", "site = \"http", "https://"),
    ] {
        let campaigns = campaigns_to_edit();
        let file = campaigns.path().join("guide-seo/campaign.toml");
        let toml = std::fs::read_to_string(&file).expect("the file");
        assert!(toml.contains(key), "{key}");
        let edited = toml.replacen(key, bad, 1);
        let line = edited.lines().position(|line| line.starts_with(bad)).expect("there") + 1;
        std::fs::write(&file, edited).expect("written");
        let mut check = std::process::Command::new(piste_tests::binaries::binary("piste"));
        check
            .args(["--lang", "en", "check", "--campaigns"])
            .arg(campaigns.path());
        let refused = check.output().expect("it runs");
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&refused.stdout),
            String::from_utf8_lossy(&refused.stderr)
        );
        assert!(!refused.status.success(), "{bad}");
        assert!(
            said.contains(&format!("guide-seo/campaign.toml:{line}:")),
            "{bad}: {said}"
        );
        assert!(says == "gone.png" || said.contains(says), "{bad}: {said}");
    }
}

#[test]
fn a_promised_download_may_be_a_pdf() {
    let campaigns = campaigns_to_edit();
    let folder = campaigns.path().join("guide-seo/resources");
    // Larger than one row of the table.
    let mut pdf = b"%PDF-1.7\n".to_vec();
    pdf.extend((0..900_000_u32).map(|n| (n % 251) as u8));
    for (file, bytes) in [("guide-seo.fr.pdf", &pdf[..]), ("guide-seo.zip", b"PK")] {
        std::fs::write(folder.join(file), bytes).expect("written");
    }
    for lang in ["fr", "en"] {
        std::fs::remove_file(folder.join(format!("guide-seo.{lang}.md"))).expect("there");
    }
    let app = Start {
        campaigns: campaigns.path().to_owned(),
        ..Start::default()
    }
    .start();
    app.post(&[("email", ANA)]);
    app.settle();
    let link = app.mail(&app.mails_to(ANA)[0]).link("/resources/guide-seo?");
    let answer = app.get(&link);
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/pdf"));
    assert_eq!(
        answer.header("content-disposition"),
        "inline; filename=\"guide-seo.pdf\""
    );
    assert!(answer.body == pdf, "byte for byte");
    let other = app.get(&link.replace("lang=fr", "lang=en"));
    assert_eq!(
        other.header("content-disposition"),
        "attachment; filename=\"guide-seo.zip\""
    );
    assert_eq!(other.body, b"PK");
    assert_eq!(app.get("/resources/guide-seo").status, 400, "by signed link alone");
}
