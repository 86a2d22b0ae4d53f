//! A `piste` of one's own: started on a free port, spoken to over HTTP only, killed when the test ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use mail_parser::{Message, MessageParser};
use piste_tests::binaries;
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

use crate::description;

/// A Monday, ten in the morning in Paris, with no public holiday in the two weeks after it.
pub const MONDAY: &str = "2026-03-02T09:00:00Z";
/// The form of the demo campaign.
pub const FORM: &str = "/forms/guide-seo";
/// Whom the shipped campaigns tell of posts below the threshold.
pub const OFFICE: &str = "bonjour@example.com";
/// What a browser asks for.
pub const BROWSER: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
/// What a script asks for.
pub const SCRIPT: (&str, &str) = ("Accept", "application/json");
pub const URLENCODED: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
pub const JSON: (&str, &str) = ("Content-Type", "application/json");

/// The fields of design.md section 6 that make a lead an MQL at once.
pub const HOT: [(&str, &str); 4] = [
    ("company_size", "50-249"),
    ("budget", "15000"),
    ("timing", "now"),
    ("need", "Plus de demandes de devis"),
];
/// The ticked box.
pub const TICKED: (&str, &str) = ("marketing_consent", "on");

/// How a system is started.
pub struct Start<'a> {
    pub now: &'a str,
    /// `None` keeps no data.
    pub data: Option<&'a Path>,
    pub campaigns: PathBuf,
}

impl Default for Start<'_> {
    fn default() -> Self {
        Self {
            now: MONDAY,
            data: None,
            campaigns: campaigns(),
        }
    }
}

impl Start<'_> {
    /// The command, for tests that look at how it ends.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binaries::binary("piste"));
        command
            .args(self.arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn arguments(&self) -> Vec<String> {
        let data = self.data.map_or(":memory:".into(), |data| data.display().to_string());
        let campaigns = self.campaigns.display().to_string();
        [
            "--port",
            "0",
            "--now",
            self.now,
            "--quiet",
            "--data",
            &data,
            "--campaigns",
            &campaigns,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    pub fn start(&self) -> TestApp {
        TestApp::spawn(self.command())
    }
}

/// The campaigns' folder of the workspace.
pub fn campaigns() -> PathBuf {
    binaries::root().join("infra/campaigns")
}

/// A running system.
pub struct TestApp {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub base: String,
    pub key: String,
    agent: Agent,
}

/// How a process ended.
pub struct Ended {
    pub status: ExitStatus,
    /// What it printed after the two lines.
    pub stdout: String,
    pub stderr: String,
}

impl TestApp {
    /// A system that keeps nothing, on [`MONDAY`].
    pub fn start() -> Self {
        Start::default().start()
    }

    /// The same at another moment.
    pub fn at(now: &str) -> Self {
        Start {
            now,
            ..Start::default()
        }
        .start()
    }

    /// A system that keeps its data in a folder.
    pub fn on(data: &Path) -> Self {
        Start {
            data: Some(data),
            ..Start::default()
        }
        .start()
    }

    /// Starts a command and reads the two lines of design.md section 5: they come when it is ready.
    pub fn spawn(mut command: Command) -> Self {
        let quiet = command.get_args().any(|argument| argument == "--quiet");
        let mut child = command.spawn().expect("piste starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (mut base, mut key) = (String::new(), String::new());
        while base.is_empty() || key.is_empty() {
            let mut line = String::new();
            if stdout.read_line(&mut line).expect("text") == 0 {
                let mut said = String::new();
                let _ = child.stderr.take().expect("piped").read_to_string(&mut said);
                panic!("piste ended before it was ready: {said}");
            }
            match line
                .trim_end()
                .strip_prefix("piste: ")
                .and_then(|line| line.rsplit_once(' '))
            {
                Some(("listening on", url)) => base = url.to_owned(),
                Some(("operator key", given)) => key = given.to_owned(),
                _ => assert!(!quiet, "with --quiet there are two lines and no other: {line}"),
            }
        }
        assert!(base.starts_with("http://127.0.0.1:"), "{base}");
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(240)));
        Self {
            child,
            stdout,
            base,
            key,
            agent: config.build().into(),
        }
    }

    // ---- HTTP ----

    /// One request with exactly these headers. `url` may be a path or one of our own full addresses.
    pub fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        self.try_send(method, url, headers, body)
            .unwrap_or_else(|error| panic!("{method} {url}: {error}"))
    }

    /// The same where the system may die before it answers.
    pub fn try_send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Result<Answer, ureq::Error> {
        let url = if url.starts_with('/') {
            format!("{}{url}", self.base)
        } else {
            url.to_owned()
        };
        let mut request = Request::builder().method(method).uri(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent: Vec<u8> = body.into();
        let mut response = if sent.is_empty() && method != "POST" {
            self.agent.run(request.body(())?)?
        } else {
            self.agent.run(request.body(sent.clone())?)?
        };
        let headers = response.headers().clone();
        let body = response.body_mut().with_config().limit(20_000_000).read_to_vec()?;
        let answer = Answer {
            status: response.status().as_u16(),
            headers,
            body,
        };
        description::check(method, &url, &sent, &answer);
        Ok(answer)
    }

    pub fn get(&self, url: &str) -> Answer {
        self.send("GET", url, &[BROWSER], "")
    }

    /// Presses the button of a form, as a browser does.
    pub fn press(&self, url: &str) -> Answer {
        self.send("POST", url, &[BROWSER, URLENCODED], "")
    }

    /// Posts the demo form as a browser does.
    pub fn post(&self, fields: &[(&str, &str)]) -> Answer {
        self.send("POST", FORM, &[BROWSER, URLENCODED], urlencoded(fields))
    }

    /// Posts the demo form as a script does.
    pub fn post_by_script(&self, fields: &[(&str, &str)]) -> Answer {
        self.send("POST", FORM, &[SCRIPT, URLENCODED], urlencoded(fields))
    }

    pub fn post_json(&self, url: &str, body: &Value) -> Answer {
        self.send("POST", url, &[JSON], body.to_string())
    }

    // ---- the local doors ----

    /// Moves the clock; everything due on the way has happened when this returns.
    pub fn advance(&self, by: &str) -> Timestamp {
        let answer = self.post_json("/local/clock", &json!({ "advance": by }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["now"]
            .as_str()
            .expect("a moment")
            .parse()
            .expect("RFC 3339")
    }

    /// Lets everything happen that is due now.
    pub fn settle(&self) {
        self.advance("PT1S");
    }

    /// What left, oldest first.
    pub fn outbox(&self) -> Vec<Sent> {
        let answer = self.send("GET", "/local/outbox", &[], "");
        assert_eq!(answer.status, 200);
        serde_json::from_slice(&answer.body).expect("the columns of design.md section 5")
    }

    /// What left to those who posted.
    pub fn to_people(&self) -> Vec<Sent> {
        self.outbox().into_iter().filter(|sent| sent.class != "alert").collect()
    }

    /// What left to sales about one lead each.
    pub fn to_sales(&self) -> Vec<Sent> {
        let to_sales = |sent: &Sent| sent.class == "alert" && sent.to != OFFICE && !sent.is_digest();
        self.outbox().into_iter().filter(to_sales).collect()
    }

    /// What left to one address.
    pub fn mails_to(&self, address: &str) -> Vec<Sent> {
        self.outbox().into_iter().filter(|sent| sent.to == address).collect()
    }

    /// The steps that left to one address.
    pub fn steps_to(&self, address: &str) -> Vec<String> {
        self.mails_to(address).into_iter().map(|sent| sent.step).collect()
    }

    /// The exact MIME of an email.
    pub fn eml(&self, sent: &Sent) -> Vec<u8> {
        let answer = self.get(&format!("/local/outbox/{}.eml", sent.id));
        assert_eq!((answer.status, answer.header("content-type")), (200, "message/rfc822"));
        answer.body
    }

    /// An email as its reader sees it.
    pub fn mail(&self, sent: &Sent) -> Mail {
        Mail::read(&self.eml(sent))
    }

    /// Plays SES's answer to an email.
    pub fn feedback(&self, sent: &Sent, event: &str) {
        let answer = self.post_json("/local/feedback", &json!({ "id": sent.id, "event": event }));
        assert_eq!(answer.status, 200, "{event}: {}", answer.text());
    }

    // ---- the operator API ----

    /// Signs in as a browser does and returns the cookie.
    pub fn sign_in(&self) -> String {
        let headers = [BROWSER, URLENCODED, ("Origin", self.base.as_str())];
        let answer = self.send("POST", "/console/login", &headers, urlencoded(&[("key", &self.key)]));
        assert_eq!((answer.status, answer.header("location")), (303, "/console"));
        let cookie = answer.header("set-cookie");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "R105: {cookie}");
        }
        assert!(!cookie.contains(&self.key), "the key itself stays out of the browser");
        cookie.split(';').next().expect("a cookie").to_owned()
    }

    /// One request with the operator key.
    pub fn operator(&self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(
            method,
            path,
            &[("Authorization", &format!("Bearer {}", self.key)), JSON, SCRIPT],
            body,
        )
    }

    pub fn api(&self, path: &str) -> Value {
        let answer = self.operator("GET", path, "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// The lead of an address, with everything the API tells of it.
    pub fn lead(&self, address: &str) -> Value {
        let id = self.lead_id(address).unwrap_or_else(|| panic!("no lead of {address}"));
        self.api(&format!("/api/leads/{id}"))
    }

    pub fn lead_id(&self, address: &str) -> Option<String> {
        let found = self.api(&format!("/api/leads?{}", urlencoded(&[("q", address)])));
        let lead = found["leads"]
            .as_array()
            .expect("leads")
            .iter()
            .find(|lead| lead["email"] == address)?;
        lead["id"].as_str().map(str::to_owned)
    }

    // ---- the way there ----

    /// Posts the form with the box ticked, lets the guide leave and returns it.
    pub fn guide_for(&self, address: &str, more: &[(&str, &str)]) -> Mail {
        let mut fields = vec![("email", address), TICKED];
        fields.extend(more);
        assert_eq!(self.post(&fields).status, 303);
        self.settle();
        let mails = self.mails_to(address);
        self.mail(mails.last().expect("the guide"))
    }

    /// The same, and presses the button. Returns the moment of the opt-in.
    pub fn opt_in(&self, address: &str, more: &[(&str, &str)]) -> Timestamp {
        let guide = self.guide_for(address, more);
        assert_eq!(self.press(&guide.link("/confirm?")).status, 200);
        self.now()
    }

    pub fn now(&self) -> Timestamp {
        let answer = self.send("GET", "/local/clock", &[], "").json();
        answer["now"].as_str().expect("a moment").parse().expect("RFC 3339")
    }

    // ---- the end ----

    /// Ends it as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
    }

    pub fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// Ends it by a signal (`INT` is Ctrl-C) and waits, ten seconds at most.
    pub fn stop(mut self, signal: &str) -> Ended {
        let sent = Command::new("kill")
            .args([format!("-{signal}"), self.pid()])
            .status()
            .expect("kill is there");
        assert!(sent.success());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let status = runtime.block_on(async {
            for _ in 0..1_000 {
                if let Some(status) = self.child.try_wait().expect("a status") {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            panic!("still running ten seconds after SIG{signal}");
        });
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).expect("text");
        self.child
            .stderr
            .take()
            .expect("piped")
            .read_to_string(&mut stderr)
            .expect("text");
        Ended { status, stdout, stderr }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut said);
        }
        // R121: no input of any story may make it panic, even where the answer looked right.
        assert!(std::thread::panicking() || !said.contains("panicked"), "{said}");
    }
}

/// Runs a command that must end by itself: what it printed, its problems, and whether it succeeded.
#[track_caller]
pub fn run(mut command: Command) -> Ended {
    let mut child = command
        .env("LC_ALL", "C") // a command speaks the terminal's language
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdout = String::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line.expect("text");
        if line.contains("listening on") {
            let _ = child.kill();
            let _ = child.wait();
            panic!("it must not start: {command:?}");
        }
        stdout.push_str(&line);
        stdout.push('\n');
    }
    let output = child.wait_with_output().expect("it ended");
    Ended {
        status: output.status,
        stdout,
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// An answer, whole.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    /// A header's value; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// Whether it is a page in this language.
    pub fn is_page_in(&self, language: &str) -> bool {
        self.header("content-type") == "text/html; charset=utf-8"
            && self.text().contains(&format!("<html lang=\"{language}\""))
    }
}

/// A row of the outbox: these columns and no others (design.md section 5).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    pub id: String,
    pub at: Timestamp,
    pub to: String,
    pub from: String,
    pub subject: String,
    pub class: String,
    pub campaign: String,
    pub step: String,
    pub send_id: String,
}

impl Sent {
    /// Whether it tells of several leads at once, and belongs to none of them.
    pub fn is_digest(&self) -> bool {
        ["morning-", "posts-", "alerts-"]
            .iter()
            .any(|kind| self.step.starts_with(kind))
    }

    /// When it left, on the clock of Paris.
    pub fn local(&self) -> DateTime {
        local(self.at)
    }
}

/// The wall clock of Paris.
pub fn local(at: Timestamp) -> DateTime {
    at.to_zoned(TimeZone::get("Europe/Paris").expect("bundled")).datetime()
}

/// An email as its reader sees it.
pub struct Mail {
    pub text: String,
    pub html: String,
    raw: Vec<u8>,
}

impl Mail {
    fn read(eml: &[u8]) -> Self {
        let message = MessageParser::default().parse(eml).expect("a message");
        Self {
            text: message.body_text(0).expect("a text part").into_owned(),
            html: message.body_html(0).expect("an HTML part").into_owned(),
            raw: eml.to_owned(),
        }
    }

    pub fn message(&self) -> Message<'_> {
        MessageParser::default().parse(&self.raw).expect("a message")
    }

    /// A header as it stands, unfolded; empty when there is none.
    pub fn header(&self, name: &str) -> String {
        let message = self.message();
        let value = message.header_raw(name).unwrap_or_default();
        value.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The address in the text part that holds this.
    pub fn link(&self, part: &str) -> String {
        self.find_link(part)
            .unwrap_or_else(|| panic!("no link with {part} in {}", self.text))
    }

    pub fn find_link(&self, part: &str) -> Option<String> {
        self.links().into_iter().find(|link| link.contains(part))
    }

    /// Every address in the text part.
    pub fn links(&self) -> Vec<String> {
        let words = self
            .text
            .split(|c: char| c.is_whitespace() || c == '<' || c == '>' || c == '(' || c == ')');
        words
            .filter(|word| word.starts_with("http"))
            .map(str::to_owned)
            .collect()
    }

    /// The address of the one-click button (RFC 2369, section 3.2).
    pub fn one_click(&self) -> String {
        let header = self.header("List-Unsubscribe");
        let address = header.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        address
            .unwrap_or_else(|| panic!("not one address: {header}"))
            .to_owned()
    }
}

/// A form body (WHATWG URL standard, section 5).
pub fn urlencoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// A multipart body as browsers write it (RFC 7578), with its content type.
pub fn multipart(fields: &[(&str, &str)]) -> (String, Vec<u8>) {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!(
            "------piste\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str("------piste--\r\n");
    ("multipart/form-data; boundary=----piste".into(), body.into_bytes())
}

/// The first tag of a page that holds this text.
pub fn tag<'a>(page: &'a str, part: &str) -> &'a str {
    let at = page
        .find(part)
        .unwrap_or_else(|| panic!("{part} is not on the page: {page}"));
    let start = page[..at].rfind('<').expect("inside a tag");
    let end = at + page[at..].find('>').expect("a tag ends");
    &page[start..=end]
}

/// A copy of the campaigns that a test may edit.
pub fn campaigns_to_edit() -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else {
                std::fs::copy(entry.path(), target).expect("copied");
            }
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    copy(&campaigns().join("guide-seo"), &folder.path().join("guide-seo"));
    folder
}
