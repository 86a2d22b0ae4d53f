//! What a template may be, and what comes of it.

use super::*;

const NURTURE: &[&str] = &["resource_url", "first_name", "company"];

fn file(body: &str) -> String {
    format!("+++\nsubject = \"S\"\npreview = \"P\"\n+++\n{body}")
}

fn render(body: &str, variables: &[(&str, &str)]) -> Result<Rendered, RenderError> {
    let template = Template::parse(&file(body)).unwrap();
    template.render(
        &variables
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
    )
}

/// The tags of a fragment without the text between them.
fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .map(|tag| tag.split_once('>').expect("each tag is closed").0)
        .collect()
}

/// The text of a fragment as a browser shows it.
fn shown(html: &str) -> String {
    let text: String = html
        .split('<')
        .map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text))
        .collect();
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[test]
fn parse_reads_front_matter_and_names_the_line_of_a_fault() {
    #[track_caller]
    fn check(source: &str, line: usize, says: &str) {
        let problem = Template::parse(source).expect_err("refused");
        assert_eq!(problem.line, line, "{problem:?}");
        assert!(problem.message.get(Locale::En).contains(says), "{problem:?}");
    }
    check("Bonjour", 1, "start the file");
    check("", 1, "start the file");
    check("+++\nsubject = \"S\"\npreview = \"P\"\nBonjour", 1, "close");
    check("+++\nsubject = \"S\"\n+++\nBonjour", 2, "missing field `preview`");
    check(
        "+++\nsubject = \"S\"\npreview = \"P\"\ncolour = \"red\"\n+++\nB",
        4,
        "unknown field `colour`",
    );
    check("+++\nsubject = \"S\npreview = \"P\"\n+++\nB", 2, "front matter");
    check(
        "+++\nsubject = \"S\"\npreview = \" \"\n+++\nB",
        3,
        "preview as one line",
    );
    check(
        "+++\nsubject = \"a\\nb\"\npreview = \"P\"\n+++\nB",
        2,
        "subject as one line",
    );
    check(
        "+++\nsubject = \"S\"\npreview = \"P\"\n+++\n \n",
        4,
        "below the second line",
    );
    check("+++\nsubject = \"S\"\npreview = \"P\"\n+++", 4, "below the second line");

    let windows = "\u{FEFF}+++\r\npreview = \"P\"\r\nsubject = \"S\"\r\n+++\r\nB\r\n";
    assert!(Template::check(windows, &[]).is_empty());
}

#[test]
fn check_passes_what_emails_are_made_of() {
    let body = "# Bonjour{% if first_name %} {{ first_name }}{% endif %}\n\nUn *mot*, un **autre**.\n\n1. un\n2. deux\n   - trois\n\n\
        > cité\n\n---\n\n[Lire le guide]({{ resource_url }} \"button\")\n\nou <https://www.example.com/a?b=1&c=2>, <a@example.com>,\n\
        [écrire](mailto:a@example.com).\n{# note #}\n{% if first_name and not company %}\n\nA\n\n{% elif company %}\n\nB\n\n{% else %}\n\nC\n\n{%- endif -%}\n";
    assert_eq!(Template::check(&file(body), NURTURE), []);
}

/// What has nothing to show stands in conditions alone.
#[test]
fn a_condition_is_no_text() {
    let allowed = ["confirm_url", OPT_IN_PENDING, DETAILS_DIFFER];
    let body = "{% if opt_in_pending and not details_differ %}a{% elif details_differ %}b{% else %}c{% endif %}";
    assert_eq!(Template::check(&file(body), &allowed), []);
    for name in [OPT_IN_PENDING, DETAILS_DIFFER] {
        let problems = Template::check(&file(&format!("a\n{{{{ {name} }}}}")), &allowed);
        let [problem] = &problems[..] else {
            panic!("{problems:?}")
        };
        assert_eq!(problem.line, 6);
        assert!(problem.message.get(Locale::En).contains(&format!("{{% if {name} %}}")));
    }
    let text = |variables: &[(&str, &str)]| render(body, variables).expect("rendered").text;
    assert_eq!(text(&[(OPT_IN_PENDING, "yes")]), "a\n");
    assert_eq!(text(&[(OPT_IN_PENDING, "yes"), (DETAILS_DIFFER, "yes")]), "b\n");
    assert_eq!(text(&[]), "c\n");
}

/// R97: a template that would fail later is refused when it is published.
#[test]
fn check_refuses_with_line_and_advice() {
    // Four lines of front matter come first.
    #[track_caller]
    fn check(body: &str, line: usize, says: &str) {
        let problems = Template::check(&file(body), NURTURE);
        assert!(
            problems
                .iter()
                .any(|problem| problem.line == line && problem.message.get(Locale::En).contains(says)),
            "{problems:?}"
        );
    }
    check(
        "Bonjour {{ nom }}",
        5,
        "no variable `nom`; it has: resource_url, first_name, company",
    );
    check("a\n\n{% if last_name %}b{% endif %}", 7, "no variable `last_name`");
    check("a {{ opt_in_pending }}", 5, "no variable `opt_in_pending`");
    check("{{ first_name|upper }}", 5, "is not a variable");
    check("{{ 7 * 7 }}", 5, "is not a variable");
    check("a\n{% for x in y %}{% endfor %}", 6, "is not a condition");
    check("{% include \"/etc/passwd\" %}", 5, "is not a condition");
    check("{% if first_name == 1 %}a{% endif %}", 5, "`==` does not belong");
    check("a\n{% if first_name %}\nb", 6, "template:");
    check("{{ first_name", 5, "template:");
    check("a\n\n<b>gras</b>", 7, "Markdown instead of HTML");
    check("a\n\n<div>\nb\n</div>", 7, "Markdown instead of HTML");
    check("{# a\nb #}\n<b>c</b>", 7, "Markdown instead of HTML");
    check("<script>alert(1)</script>", 5, "Markdown instead of HTML");
    check("a\n\n    b", 7, "no code");
    check("```\nb\n```", 5, "no code");
    check("`b`", 5, "no code");
    check("| a | b |\n|---|---|\n| c | d |", 5, "no tables");
    check("b ![a](https://example.com/a.png)", 5, "no images");
    for url in [
        "http://example.com",
        "http://127.0.0.1:8787/a",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,a",
        "/relative",
        "",
        "//example.com",
        "ftp://example.com",
        "{{ first_name }}",
        "https://example.com/{{ company }}",
        "{{ resource_url }}?a=1",
        "{{ resource_url }}{{ company }}",
    ] {
        check(&format!("a\n\n[b]({url})"), 7, "https or mailto");
    }
    check("<ftp://example.com/a>", 5, "https or mailto");
    check("<{{ resource_url }}>", 5, "https or mailto");
    check(
        "[](https://example.com)",
        5,
        "the link text between the square brackets",
    );
    check("Voir [a](https://example.com \"button\")", 5, "stand alone");
    check("- [a](https://example.com \"button\")", 5, "stand alone");
    check("---\n\n{# rien #}", 5, "some text");
    assert_eq!(
        Template::check("+++\nsubject = \"{{ x }}\"\npreview = \"{{ y }}\"\n+++\nB", &[])
            .iter()
            .map(|p| p.line)
            .collect::<Vec<_>>(),
        [2, 3]
    );
}

#[test]
fn an_absent_variable_is_an_error_outside_if_only() {
    assert!(render("Bonjour{% if first_name %} {{ first_name }}{% endif %}", &[]).is_ok());
    for values in [&[][..], &[("first_name", "")], &[("first_name", " \n ")]] {
        let error = render("a\n\nBonjour {{ first_name }}", values).err();
        assert_eq!(
            error,
            Some(RenderError::Variables {
                line: 7,
                reason: "undefined value".to_owned()
            })
        );
    }
}

#[test]
fn both_parts_say_the_same() {
    let body = "# Bonjour {{ first_name }}\n\nUne ligne assez longue pour que le texte doive passer à la ligne, avec un [lien]({{ resource_url }}) dedans.  \nFin.\n\n\
        ## Points\n\n- un\n- **deux**\n  1. trois\n  2. *quatre*\n- cinq\n\n> Cité\n> encore\n\n***\n\n[Lire & relire]({{ resource_url }} \"button\")\n\n\
        <https://www.example.com/b> <c@example.com> [nous écrire](mailto:d@example.com)\n";
    let url = "https://www.example.com/resources/guide-seo?t=abcdefghijklmnopqrstuvwxyz0123456789&v=1";
    let rendered = render(body, &[("first_name", "Zoé"), ("resource_url", url)]).unwrap();
    assert_eq!(
        rendered.text,
        format!(
            "Bonjour Zoé\n===========\n\nUne ligne assez longue pour que le texte doive passer à la ligne, avec\nun lien\n({url})\ndedans.\nFin.\n\n\
            Points\n------\n\n- un\n- deux\n  1. trois\n  2. quatre\n- cinq\n\n> Cité encore\n\n* * *\n\n→ Lire & relire\n{url}\n\n\
            https://www.example.com/b c@example.com nous écrire (d@example.com)\n"
        )
    );
    assert_eq!(
        rendered.html.matches(&format!("href=\"{}\"", escape_html(url))).count(),
        2
    );
    for link in [
        "https://www.example.com/b",
        "mailto:c@example.com",
        "mailto:d@example.com",
    ] {
        assert!(rendered.html.contains(&format!("href=\"{link}\"")), "{link}");
    }
    let names: Vec<&str> = tags(&rendered.html)
        .iter()
        .map(|tag| tag.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        names.join(" "),
        "h1 /h1 p a /a br /p h2 /h2 ul li /li li strong /strong ol li /li li em /em /li /ol /li li /li /ul \
         blockquote p /p /blockquote hr table tr td a /a /td /tr /table p a /a a /a a /a /p"
    );
}

#[test]
fn r97_lead_data_is_shown_verbatim_and_never_becomes_markup() {
    let body = "# {{ first_name }}\n\n{{ first_name }}\n\n- {{ first_name }}. suite\n\n> {{ first_name }}\n===\n\n\
        {{ first_name }}. [{{ first_name }}]({{ resource_url }}) *{{ first_name }}* {{ first_name }}\n{{ first_name }}\n\n[{{ first_name }}]({{ resource_url }} \"button\")\n";
    let url = ("resource_url", "https://www.example.com/r?t=a_b*c&d=(1)");
    let harmless = render(body, &[url, ("first_name", "Zoé")]).unwrap();
    for payload in [
        "{{ 7*7 }}",
        "{{7*7}}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "{% if true %}a{% endif %}",
        "{% for x in y %}",
        "{{ resource_url }}",
        "{{ self.__class__.__mro__ }}",
        "{{ config.items() }}",
        "{{''.__class__}}",
        "{# a #}",
        "{% raw %}",
        "{% include 'a' %}",
        "[[${7*7}]]",
        "*{7*7}",
        "@(7*7)",
        "a{{",
        "}}",
        "{%",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</td></table>",
        "<!-- a",
        "-->",
        "<![CDATA[",
        "\"><a href=\"https://evil.example\">",
        "' onclick='a",
        "&lt;b&gt;",
        "&#60;b&#62;",
        "&amp;",
        "[a](https://evil.example)",
        "[a](javascript:alert(1))",
        "![a](https://evil.example/a.png)",
        "<https://evil.example>",
        "<a@evil.example>",
        "](https://evil.example)",
        "[a]: https://evil.example",
        "](https://evil.example \"button\")",
        "**a**",
        "_a_",
        "*",
        "`a`",
        "``",
        "# a",
        "- a",
        "+ a",
        "* a",
        "1. a",
        "1986",
        "1) a",
        "> a",
        "===",
        "---",
        "***",
        "| a | b |",
        "~~a~~",
        "\\",
        "a\\",
        "\\*a\\*",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "!",
    ] {
        let rendered = render(body, &[url, ("first_name", payload)]).unwrap();
        assert_eq!(tags(&rendered.html), tags(&harmless.html), "{payload}");
        assert_eq!(
            shown(&rendered.html),
            shown(&harmless.html).replace("Zoé", payload),
            "{payload}"
        );
        assert_eq!(rendered.text.matches(url.1).count(), 2, "{payload}");
        assert!(rendered.text.contains(&format!("\n→ {payload}\n")), "{payload}");
    }
    for (value, expected) in [
        ("  a\r\n\r\n# b\0\u{2028}\u{85}c ", "a # b c"),
        ("    code", "code"),
        ("\tcode", "code"),
        ("a\u{202E}b\u{2066}c", "abc"),
    ] {
        let rendered = render(body, &[url, ("first_name", value)]).unwrap();
        assert_eq!(tags(&rendered.html), tags(&harmless.html));
        assert_eq!(shown(&rendered.html), shown(&harmless.html).replace("Zoé", expected));
    }
}

#[test]
fn r97_hrefs_are_https_mailto_or_this_machine() {
    for url in [
        "https://a.example/?b=c&d#e",
        "mailto:a@b.example",
        "http://127.0.0.1:8787/a?t=b",
        "http://localhost/",
        "http://127.0.0.1",
    ] {
        assert!(is_safe_url(url), "{url}");
        let rendered = render("[a]({{ resource_url }})", &[("resource_url", url)]).unwrap();
        assert!(
            rendered.html.contains(&format!("href=\"{}\"", escape_html(url))),
            "{url}"
        );
    }
    for url in [
        "http://a.example",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://localhost:80@evil.example",
        "http://localhost:x/",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "java\nscript:a",
        "data:text/html,a",
        "vbscript:a",
        "file:///etc/passwd",
        "//evil.example",
        "/a",
        "https://",
        "mailto:",
        "https://a b",
        "https://a\"b",
        "https://a<b",
        "https://a\\b",
    ] {
        let name = "resource_url".to_owned();
        assert!(!is_safe_url(url), "{url}");
        assert_eq!(
            render("[a]({{ resource_url }})", &[("resource_url", url)]).err(),
            Some(RenderError::Url { name }),
            "{url}"
        );
    }
    // Templates that nobody checked.
    for body in [
        "[a](javascript:alert(1))",
        "[a](http://a.example)",
        "[a](b)",
        "[a](https://a \"button\")\n\n[a](x \"button\")",
    ] {
        assert_eq!(render(body, &[]).err(), Some(RenderError::Link), "{body}");
    }
    let html = render("a <b onclick=\"c\">d</b>\n\n<script>e</script>", &[])
        .unwrap()
        .html;
    assert!(!html.contains("<b") && !html.contains("<script"), "{html}");
}

#[test]
fn r97_a_template_can_neither_run_away_nor_load() {
    assert!(render("{% for a in [1,2,3] %}{% include 'x' %}{% endfor %}", &[]).is_err());
    let nested = "{% for a in [1,2,3,4,5,6,7,8,9,0] %}".repeat(6) + "a" + &"{% endfor %}".repeat(6);
    assert!(
        matches!(render(&nested, &[]).err(), Some(RenderError::Variables { reason, .. }) if reason.contains("fuel"))
    );
    assert!(render("{{ range(10) }}", &[]).is_err());
}

#[test]
fn subject_and_preview_hold_values_as_they_are() {
    let template =
        Template::parse("+++\nsubject = \"{{ first_name }}, suite\"\npreview = \"De {{ company }}\"\n+++\nB").unwrap();
    let values = BTreeMap::from([
        ("first_name", "A*\r\nBcc: b".to_owned()),
        ("company", "C & <d>".to_owned()),
    ]);
    let rendered = template.render(&values).unwrap();
    assert_eq!(
        (rendered.subject.as_str(), rendered.preview.as_str()),
        ("A* Bcc: b, suite", "De C & <d>")
    );
}

#[test]
fn wrapping_breaks_at_spaces_only() {
    #[track_caller]
    fn check(text: &str, margins: (&str, &str), expected: &str) {
        let mut out = String::new();
        wrap(&mut out, margins, text);
        assert_eq!(out, expected);
    }
    let [a, b] = ["a".repeat(36), "b".repeat(35)];
    check(&format!("{a} {b}  ccc"), ("", ""), &format!("{a} {b}\nccc\n"));
    check(&format!("{a} {b}"), ("- ", "  "), &format!("- {a}\n  {b}\n"));
    let url = format!("https://example.com/{}", "x".repeat(90));
    check(&format!("a {url} b"), ("", ""), &format!("a\n{url}\nb\n"));
    let held = format!("{a}\u{A0}{b}\u{202F}!");
    check(&format!("oui {held}"), ("", ""), &format!("oui\n{held}\n"));
    check(" ", ("- ", "  "), "");
}

#[test]
fn one_line_is_what_readers_can_agree_on() {
    let check = |text: &str, expected: &str| assert_eq!(one_line(text), expected, "{text:?}");
    check("", "");
    check("a", "a");
    check("déjà\u{A0}: vu\u{202F}!", "déjà\u{A0}: vu\u{202F}!");
    check(" a  b ", "a b");
    check("a\u{85}b\u{2028}c\u{2029}d\te\r\nf\u{7f}", "a b c d e f");
    check("a b", "a b");
}
