//! Lists of leads: page by page, counted, sorted, searched, and exported as a table (design.md section 5; R98).

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use piste_tests::binaries::binary;
use serde_json::{Value, json};

use crate::test_app::*;

/// Adds a lead as an operator does: the person is mailed nothing.
fn add(app: &TestApp, email: &str, answers: &Value) {
    let body = json!({ "campaign": "guide-seo", "email": email, "answers": answers });
    let answer = app.operator("POST", "/api/leads", body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Where `Link: …; rel="next"` leads (RFC 8288).
fn next_link(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    let address = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"");
    Some(address.expect("one link").to_owned())
}

/// The rows of a file as Python's `csv` reads them with this separator.
fn python(text: &str, separator: char) -> Vec<Vec<String>> {
    const READ: &str = "import csv, io, json, sys\n\
        text = io.StringIO(sys.stdin.buffer.read().decode('utf-8-sig'), newline='')\n\
        json.dump(list(csv.reader(text, delimiter=sys.argv[1])), sys.stdout)";
    let mut python = Command::new("python3")
        .args(["-c", READ, &separator.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed: its reader is the second opinion on every table");
    let mut stdin = python.stdin.take().expect("piped");
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).expect("python3 reads"));
    let output = python.wait_with_output().expect("python3 ends");
    writer.join().expect("written");
    assert!(output.status.success(), "python3 could not read the table");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A table with its rows by the names of their columns.
fn rows_of(text: &str, separator: char) -> Vec<Value> {
    let mut rows = python(text, separator).into_iter();
    let names = rows.next().expect("a header");
    rows.map(|row| {
        assert_eq!(row.len(), names.len(), "{row:?}");
        names
            .iter()
            .cloned()
            .zip(row)
            .map(|(name, cell)| (name, json!(cell)))
            .collect()
    })
    .collect()
}

/// The addresses of all pages, in their order, and the totals and cursors of the answers.
fn pages(app: &TestApp, query: &str) -> (Vec<String>, Vec<Value>, Vec<String>) {
    let (mut addresses, mut totals, mut cursors) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let cursor = cursors
            .last()
            .map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let page = app.api(&format!("/api/leads?{query}{cursor}"));
        let leads = page["leads"].as_array().expect("leads");
        addresses.extend(
            leads
                .iter()
                .map(|lead| lead["email"].as_str().expect("text").to_owned()),
        );
        totals.push(page["total"].clone());
        match page["next"].as_str() {
            Some(next) => cursors.push(next.to_owned()),
            None => return (addresses, totals, cursors),
        }
    }
}

#[test]
#[cfg_attr(without_python3, ignore = "python3 is not installed")]
fn r98_two_thousand_leads_of_one_second_page_through_everywhere_with_cursors_of_constant_size() {
    const LEADS: usize = 2_000;
    let app = TestApp::start();
    // Quotes are what takes most room in a table: two characters, each escaped once more in what Lambda answers.
    let need = "\"".repeat(1_000);
    let all: BTreeSet<String> = (0..LEADS).map(|n| format!("p{n:04}@example.org")).collect();
    for email in &all {
        add(&app, email, &json!({ "need": need }));
    }
    let filters = "campaign=guide-seo&stage=lead&limit=100";
    for query in [filters, "limit=100", "limit=97&sort=name", "limit=100&sort=captured_at"] {
        let (addresses, totals, cursors) = pages(&app, query);
        assert_eq!(addresses.len(), LEADS, "{query}");
        assert_eq!(
            addresses.into_iter().collect::<BTreeSet<_>>(),
            all,
            "each once: {query}"
        );
        assert!(totals.iter().all(|total| *total == LEADS), "{query}: {totals:?}");
        let sizes: BTreeSet<_> = cursors.iter().map(String::len).collect();
        let (least, most) = (sizes.first().expect("some"), sizes.last().expect("some"));
        assert!(*most <= 512 && most - least <= 8, "{query}: {sizes:?}");
    }

    // The console, by its own links.
    let cookie = app.sign_in();
    let (mut path, mut seen, mut count) = (format!("/console/leads?{filters}"), BTreeSet::new(), 0);
    loop {
        let page = app.send("GET", &path, &[BROWSER, ("Cookie", &cookie)], "");
        assert_eq!(page.status, 200, "{path}");
        let text = page.text();
        seen.extend(all.iter().filter(|email| text.contains(email.as_str())).cloned());
        count += 1;
        assert!(text.contains("2\u{202f}000 leads"), "the number is said");
        let Some(at) = text.find("class=\"button\" href=\"/console/leads?") else {
            break;
        };
        let href = &text[at + "class=\"button\" href=\"".len()..];
        path = href[..href.find('"').expect("an end")].replace("&amp;", "&");
        assert!(
            path.contains("campaign=guide-seo") && path.contains("stage=lead"),
            "{path}"
        );
    }
    assert_eq!((seen, count), (all.clone(), LEADS / 100));

    // The table, in as few parts as answers hold; each is whole, and leads to the next with the same filters.
    for (query, parts) in [
        ("campaign=guide-seo&stage=lead&for=program", 2),
        ("sort=name&for=program", 2),
    ] {
        let (mut path, mut found, mut names) = (format!("/api/leads.csv?{query}"), Vec::new(), Vec::new());
        loop {
            let answer = app.operator("GET", &path, "");
            assert_eq!(answer.status, 200, "{path}");
            let bytes = serde_json::to_string(&answer.text()).expect("a text").len();
            assert!(bytes < 6_000_000, "Lambda answers 6 MB: {bytes}");
            names.push(answer.header("content-disposition").to_owned());
            found.extend(rows_of(&answer.text(), ','));
            let Some(next) = next_link(&answer) else { break };
            assert!(query.split('&').all(|filter| next.contains(filter)), "{next}");
            path = next;
        }
        let addresses: BTreeSet<_> = found
            .iter()
            .filter_map(|row| row["email"].as_str())
            .map(str::to_owned)
            .collect();
        assert_eq!((found.len(), addresses), (LEADS, all.clone()), "{query}");
        assert!(found.iter().all(|row| row["need"] == need), "values as they are");
        assert_eq!(names.len(), parts, "{names:?}");
        assert_eq!(names[0], "attachment; filename=\"leads-part.csv\"");
        assert_eq!(names[parts - 1], "attachment; filename=\"leads-last-part.csv\"");
    }
    let some = app.operator("GET", "/api/leads.csv?stage=lead&limit=3&lang=en", "");
    assert_eq!(rows_of(&some.text(), ',').len(), 3);
    let next = next_link(&some).expect("more");
    assert!(
        ["stage=lead", "limit=3", "lang=en"]
            .iter()
            .all(|filter| next.contains(filter)),
        "{next}"
    );
}

#[test]
#[cfg_attr(without_python3, ignore = "python3 is not installed")]
fn r98_piste_export_prints_the_list_as_the_api_answers_it() {
    let data = tempfile::tempdir().expect("a folder");
    let app = TestApp::on(data.path());
    add(
        &app,
        "ana@example.org",
        &json!({ "need": "=1+1;\r\n\"x\"", "phone": "01 99 00 12 34" }),
    );
    let hot: Vec<_> = [("email", "bob@example.org")].into_iter().chain(HOT).collect();
    app.post(&hot);
    app.settle();
    let asked = [
        ("lang=fr", vec!["--lang", "fr"]),
        (
            "lang=en&for=program&stage=mql",
            vec!["--lang", "en", "--for", "program", "--stage", "mql"],
        ),
        ("lang=en&stage=customer", vec!["--lang", "en", "--stage", "customer"]),
    ];
    let expected = asked.map(|(query, flags)| {
        let answer = app.operator("GET", &format!("/api/leads.csv?campaign=guide-seo&{query}"), "");
        assert_eq!(answer.status, 200);
        (answer.text(), flags)
    });
    app.stop("TERM");
    let export = |more: &[&str]| {
        let mut command = Command::new(binary("piste"));
        command
            .args(["export", "--campaign"])
            .args(more)
            .arg("--data")
            .arg(data.path());
        command.arg("--campaigns").arg(campaigns()).output().expect("it runs")
    };
    for (text, flags) in &expected {
        let ended = export(&[&["guide-seo"], &flags[..]].concat());
        assert!(ended.status.success(), "{ended:?}");
        assert_eq!(&String::from_utf8(ended.stdout).expect("text"), text, "{flags:?}");
    }
    assert_eq!(
        expected.map(|(text, _)| rows_of(
            &text.replace("\u{feff}", ""),
            if text.contains(';') { ';' } else { ',' }
        )
        .len()),
        [2, 1, 0]
    );
    let unknown = export(&["nowhere", "--lang", "en"]);
    assert!(!unknown.status.success() && unknown.stdout.is_empty());
    assert!(
        !export(&["guide-seo", "ana@example.org"]).status.success(),
        "one or the other"
    );
}

#[test]
fn r98_a_cursor_that_no_answer_gave_out_is_refused_in_a_clear_sentence() {
    let app = TestApp::start();
    for n in 0..3 {
        add(&app, &format!("p{n}@example.org"), &json!({ "last_name": "Dupont" }));
    }
    let next = |query: &str| app.api(&format!("/api/leads?limit=1{query}"))["next"].clone();
    let (newest, by_name) = (next(""), next("&sort=name"));
    let (newest, by_name) = (newest.as_str().expect("more"), by_name.as_str().expect("more"));
    let mut bad = vec![
        ("x".to_owned(), ""),
        ("eyJhdCI6MSwic2VlbiI6W119".into(), ""), // of a version before
        (format!("{newest}A"), ""),
        (newest[1..].to_owned(), ""),
        (newest.to_owned(), "&sort=name"),
        (by_name.to_owned(), ""),
        (by_name.to_owned(), "&sort=-name"),
    ];
    for place in 0..newest.len() {
        let mut changed = newest.as_bytes().to_vec();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        bad.push((String::from_utf8(changed).expect("a text"), ""));
    }
    for (cursor, sort) in bad {
        for path in ["/api/leads", "/api/leads.csv"] {
            let answer = app.operator("GET", &format!("{path}?limit=1{sort}&cursor={cursor}"), "");
            let problem = answer.json();
            assert_eq!(
                (answer.status, &problem["code"]),
                (400, &json!("bad_cursor")),
                "{cursor}"
            );
            let detail = problem["detail"].as_str().expect("a sentence");
            assert!(detail.starts_with("Use the value of `next` unchanged"), "{detail}");
        }
    }
    // Nor does a cursor say who anybody is: it stands in addresses (R102).
    assert_eq!(pages(&app, "limit=1&sort=name").0.len(), 3);
    let cookie = app.sign_in();
    let page = app.send("GET", "/console/leads?cursor=x", &[BROWSER, ("Cookie", &cookie)], "");
    assert_eq!(page.status, 400);
}

#[test]
fn a_list_comes_in_the_order_asked_for_and_whoever_has_no_such_value_last() {
    let app = TestApp::start();
    let people = [
        ("a@example.org", json!({ "last_name": "Zola", "company": "École B" })),
        ("b@example.org", json!({ "last_name": "étienne", "company": "ecole a" })),
        ("c@example.org", json!({ "last_name": "Martin" })),
        ("d@example.org", json!({ "company": "Zinc" })),
    ];
    for (email, answers) in &people {
        add(&app, email, answers);
        app.advance("PT1H");
    }
    // Who posts has something due; who was added has not.
    app.post(&[
        ("email", "e@example.org"),
        ("last_name", "Albert"),
        ("company", "Mines"),
    ]);
    app.post(&[("email", "a@example.org"), ("timing", "later")]);
    let order = |sort: &str| -> String {
        let (addresses, totals, _) = pages(&app, &format!("sort={sort}&limit=2"));
        assert!(totals.iter().all(|total| *total == 5), "{sort}: {totals:?}");
        addresses.iter().map(|address| &address[..1]).collect()
    };
    assert_eq!(order("name"), "ebcad");
    assert_eq!(order("-name"), "acbed");
    assert_eq!(order("company"), "baedc");
    assert_eq!(order("-company"), "deabc");
    assert_eq!(order("captured_at"), "abcde");
    assert_eq!(order("-captured_at"), "edcba");
    assert_eq!(order(""), "edcba");
    assert_eq!(order("last_enquiry_at")[..3], *"bcd");
    assert_eq!(order("-last_enquiry_at")[2..], *"dcb");
    for (sort, field) in [
        ("due_at", "due_at"),
        ("grade", "grade"),
        ("last_enquiry_at", "last_enquiry_at"),
    ] {
        for down in [false, true] {
            let sort = format!("{}{sort}", if down { "-" } else { "" });
            let page = app.api(&format!("/api/leads?sort={sort}"));
            let leads = page["leads"].as_array().expect("leads");
            let values: Vec<_> = leads.iter().map(|lead| lead[field].as_str()).collect();
            let known: Vec<_> = values.iter().flatten().collect();
            assert!(
                values[..known.len()].iter().all(Option::is_some),
                "none comes last: {sort}"
            );
            assert!(
                known.is_sorted_by(|a, b| if down { a >= b } else { a <= b }),
                "{sort}: {known:?}"
            );
        }
    }
    let refused = app.operator("GET", "/api/leads?sort=fit", "");
    assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("unknown_sort")));

    // A page goes on where it ended, also when its last lead stands elsewhere by now, or nowhere.
    let page = app.api("/api/leads?sort=name&limit=2");
    let next = page["next"].as_str().expect("more");
    let last = page["leads"][1]["id"].as_str().expect("an id");
    let went_on = || {
        let page = app.api(&format!("/api/leads?sort=name&limit=1&cursor={next}"));
        page["leads"][0]["email"].clone()
    };
    assert_eq!(went_on(), "c@example.org");
    let body = json!({ "answers": { "last_name": "Zzz" }, "reason": "a typo" });
    let renamed = app.operator("PATCH", &format!("/api/leads/{last}"), body.to_string());
    assert_eq!(renamed.status, 200, "{}", renamed.text());
    assert_ne!(went_on(), Value::Null, "nobody between is passed over");
    assert_eq!(app.operator("DELETE", &format!("/api/leads/{last}"), "").status, 200);
    assert_ne!(went_on(), Value::Null);
}

#[test]
fn words_are_found_in_name_company_address_and_telephone_without_regard_to_accents() {
    let app = TestApp::start();
    let zoe = json!({ "first_name": "Zoé", "last_name": "Lefèvre", "company": "Société d’Œuvres", "phone": "01 99 00 12 34" });
    add(&app, "zoe@example.org", &zoe);
    add(
        &app,
        "bob@example.net",
        &json!({ "first_name": "Bob", "phone": "+44 20 7946 0018" }),
    );
    let found = |words: &str| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", words)
            .finish();
        let page = app.api(&format!("/api/leads?{query}"));
        let leads = page["leads"].as_array().expect("leads");
        assert_eq!(page["total"], leads.len(), "{words}");
        leads
            .iter()
            .map(|lead| lead["email"].as_str().expect("text")[..3].to_owned())
            .collect::<Vec<_>>()
    };
    for words in [
        "zoe",
        "LEFEVRE",
        "lefèv",
        "societe d'oeuvres",
        "SOCIÉTÉ",
        "zoe@",
        "example.org",
        "01 99 00 12 34",
        "0199001234",
        "+33 1 99 00 12 34",
        "0033 1 99 00 12 34",
        "01.99.00",
        "99-00-12",
        "(0)1 99",
    ] {
        assert_eq!(found(words), ["zoe"], "{words}");
    }
    for words in ["bob", "+44 20 7946", "020 7946 0018", "79460018"] {
        assert_eq!(found(words), ["bob"], "{words}");
    }
    assert_eq!(found("example").len(), 2);
    for words in ["nobody", "01 99 00 12 35", "+33 2"] {
        assert_eq!(found(words).len(), 0, "{words}");
    }
}

#[test]
#[cfg_attr(without_python3, ignore = "python3 is not installed")]
fn r98_a_table_is_for_spreadsheets_or_for_programs_and_reads_with_either_separator() {
    let app = TestApp::start();
    let need = "a, \"b\"\nc;=1+1\n=HYPERLINK(A1)";
    app.post(&[
        ("email", "ana@example.org"),
        ("last_name", "Élise"),
        ("company", "=HYPERLINK(\"x\")"),
        ("phone", "01 99 00 12 34"),
        ("need", &need.replace('\n', "\r\n")),
    ]);
    app.post(&[("email", "bob@example.org"), ("company", "x;＝1"), ("need", " - one")]);
    let get = |query: &str, language: &str| {
        let key = format!("Bearer {}", app.key);
        let headers = [("Authorization", key.as_str()), ("Accept-Language", language)];
        let answer = app.send("GET", &format!("/api/leads.csv?{query}"), &headers, "");
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "text/csv; charset=utf-8")
        );
        assert_eq!(
            answer.header("content-disposition"),
            "attachment; filename=\"leads.csv\""
        );
        assert_eq!(answer.header("link"), "");
        answer.text()
    };
    const HEADER: &str =
        "id,email,campaign,stage,grade,fit,engagement,captured_at,language,marketing,stopped,source,first_name";
    for (query, language, separator) in [
        ("", "fr-FR", ';'),
        ("", "en-GB", ','),
        ("for=spreadsheet", "en", ','),
        ("lang=fr&for=spreadsheet", "en", ';'),
    ] {
        let text = get(query, language);
        let header = text.strip_prefix('\u{feff}').expect("a byte order mark");
        assert!(
            header.starts_with(&HEADER.replace(',', &separator.to_string())),
            "{header}"
        );
        assert!(!header.contains("marketing_consent"));
        let rows = rows_of(&text, separator);
        assert_eq!(rows.len(), 2);
        let ana = rows.iter().find(|row| row["email"] == "ana@example.org").expect("Ana");
        assert_eq!(ana["last_name"], "Élise");
        assert_eq!(ana["company"], "'=HYPERLINK(\"x\")");
        assert_eq!(ana["phone"], "'+33199001234", "a number of a telephone is a text");
        assert_eq!(ana["need"], "a, \"b\"\nc;'=1+1\n'=HYPERLINK(A1)");
        // Whatever it is read with, no cell is a formula.
        for separator in [',', ';', '\t'] {
            for cell in python(&text, separator).concat() {
                let start = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
                assert!(
                    !start.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']),
                    "{separator:?}: {cell}"
                );
            }
        }
    }
    let text = get("for=program", "fr");
    assert!(text.starts_with(HEADER), "no mark, and commas: {text}");
    let rows = rows_of(&text, ',');
    let ana = rows.iter().find(|row| row["email"] == "ana@example.org").expect("Ana");
    let values = ["company", "phone", "need", "last_name"].map(|name| ana[name].clone());
    assert_eq!(
        values,
        ["=HYPERLINK(\"x\")", "+33199001234", need, "Élise"].map(|value| json!(value))
    );

    // Nobody's table without a key or a session; with one, the console's is the same.
    assert_eq!(app.get("/api/leads.csv").status, 401);
    assert_eq!(app.send("GET", "/console/leads.csv", &[BROWSER], "").status, 303);
    let cookie = app.sign_in();
    let headers = [BROWSER, ("Cookie", cookie.as_str()), ("Accept-Language", "fr")];
    let table = app.send("GET", "/console/leads.csv?for=program&campaign=guide-seo", &headers, "");
    assert_eq!((table.text(), table.header("link")), (text, ""));
    assert!(table.header("content-disposition").starts_with("attachment"));
    let page = app.send("GET", "/console/leads?stage=lead", &headers, "").text();
    assert!(
        page.contains("/console/leads.csv?stage=lead&amp;for=spreadsheet"),
        "{page}"
    );
    for method in ["POST", "DELETE"] {
        assert_eq!(app.operator(method, "/api/leads.csv", "").status, 405);
    }
    let refused = app.operator("GET", "/api/leads.csv?for=excel", "");
    assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("unknown_for")));
}
