use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicI64, Ordering},
};

use super::log::Disk;
use super::*;

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("piste-outbox-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Folder(path)
    }

    fn open(&self) -> io::Result<Outbox> {
        Outbox::open(Some(&self.0), Arc::new(|| 1_000))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn mail(to: &str) -> Mail {
    Mail {
        to: vec![to.to_owned()],
        from: "hello@example.com".to_owned(),
        subject: "Été".to_owned(),
        configuration_set: Some("nurture".to_owned()),
        tags: BTreeMap::from([("send_id".to_owned(), "s1".to_owned())]),
        eml: b"From: hello@example.com\r\n\r\n\x00\xff\r\n".to_vec(),
    }
}

fn recipients(outbox: &Outbox) -> Vec<String> {
    outbox.entries().iter().map(|entry| entry.mail.to[0].clone()).collect()
}

#[test]
fn what_was_accepted_is_there_after_a_restart() {
    let folder = Folder::new("restart");
    let outbox = folder.open().unwrap();
    let first = outbox.accept(mail("ana@example.com")).unwrap();
    let second = outbox.accept(mail("bob@example.com")).unwrap();
    drop(outbox);
    let outbox = folder.open().unwrap();
    assert_eq!(outbox.entries(), [first.clone(), second.clone()]);
    let third = outbox.accept(mail("cy@example.com")).unwrap();
    assert!(first.id < second.id && second.id < third.id);
    assert_eq!(outbox.get(&third.id), Some(third));
    assert_eq!(outbox.get("0102"), None);
}

#[test]
fn a_torn_last_line_is_cut_off_and_the_rest_kept() {
    let folder = Folder::new("torn");
    let outbox = folder.open().unwrap();
    outbox.accept(mail("ana@example.com")).unwrap();
    let whole = fs::read(folder.file("outbox.jsonl")).unwrap();
    outbox.accept(mail("bob@example.com")).unwrap();
    drop(outbox);
    let both = fs::read(folder.file("outbox.jsonl")).unwrap();
    for len in whole.len()..both.len() {
        fs::write(folder.file("outbox.jsonl"), &both[..len]).unwrap();
        let outbox = folder.open().unwrap();
        assert_eq!(recipients(&outbox), ["ana@example.com"], "cut at byte {len}");
        assert_eq!(fs::read(folder.file("outbox.jsonl")).unwrap(), whole);
    }
    let outbox = folder.open().unwrap();
    outbox.accept(mail("cy@example.com")).unwrap();
    drop(outbox);
    assert_eq!(
        recipients(&folder.open().unwrap()),
        ["ana@example.com", "cy@example.com"]
    );
}

#[test]
fn a_damaged_line_in_the_middle_is_an_error_that_quotes_nothing() {
    let folder = Folder::new("damaged");
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.file("outbox.jsonl"), "{\"to\":\"ana@example.com\"}\n").unwrap();
    let error = folder.open().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(error.to_string(), "outbox.jsonl: line 1 cannot be read");
}

#[test]
fn a_second_process_is_refused() {
    let folder = Folder::new("second");
    let _held = folder.open().unwrap();
    assert_eq!(folder.open().unwrap_err().kind(), io::ErrorKind::ResourceBusy);
}

/// A device with `room` bytes left, which may also refuse to cut.
struct Small {
    bytes: Arc<Mutex<Vec<u8>>>,
    room: usize,
    refused_cuts: u32,
}

impl Disk for Small {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut held = self.bytes.lock().unwrap();
        let fits = bytes.len().min(self.room - held.len());
        held.extend(&bytes[..fits]);
        if fits < bytes.len() {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        if self.refused_cuts > 0 {
            self.refused_cuts -= 1;
            return Err(io::ErrorKind::Other.into());
        }
        self.bytes.lock().unwrap().truncate(len as usize);
        Ok(())
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.bytes.lock().unwrap().clone())
    }
}

#[test]
fn a_full_disk_keeps_nothing_of_the_refused_email() {
    for refused_cuts in 0..2 {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let outbox = Outbox::open(None, Arc::new(|| 0)).unwrap();
        let disk = Small {
            bytes: bytes.clone(),
            room: 700,
            refused_cuts,
        };
        outbox.lock().mail_log.disk = Some(Box::new(disk));
        outbox.accept(mail("ana@example.com")).unwrap();
        let whole = bytes.lock().unwrap().clone();
        let mut large = mail("bob@example.com");
        large.eml = vec![b'x'; 1_000];
        let error = outbox.accept(large).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(recipients(&outbox), ["ana@example.com"]);
        if refused_cuts == 0 {
            assert_eq!(*bytes.lock().unwrap(), whole);
        }
        // What the failed append left is gone before the next line is written.
        outbox.accept(mail("cy@example.com")).unwrap();
        let held = bytes.lock().unwrap().clone();
        assert!(held.starts_with(&whole));
        let lines: Vec<Entry> = held[..]
            .split_inclusive(|b| *b == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1].mail.to, ["cy@example.com"]);
    }
}

#[test]
fn r8_a_send_event_is_due_until_it_was_taken_even_after_a_restart() {
    let folder = Folder::new("events");
    let outbox = folder.open().unwrap();
    let first = outbox.accept(mail("ana@example.com")).unwrap();
    let second = outbox.accept(mail("bob@example.com")).unwrap();
    outbox.mark_emitted(&first.id, Event::Send).unwrap();
    outbox.mark_emitted(&first.id, Event::Send).unwrap();
    outbox.mark_emitted(&second.id, Event::Bounce).unwrap();
    assert_eq!(outbox.pending_send_events(), std::slice::from_ref(&second));
    drop(outbox);
    let outbox = folder.open().unwrap();
    assert_eq!(outbox.pending_send_events(), std::slice::from_ref(&second));
    assert_eq!(outbox.emitted(&first.id), [Event::Send]);
    assert_eq!(outbox.emitted(&second.id), [Event::Bounce]);
    outbox.mark_emitted(&second.id, Event::Send).unwrap();
    assert_eq!(outbox.pending_send_events(), []);
    drop(outbox);
    assert_eq!(
        fs::read_to_string(folder.file("outbox-events.jsonl"))
            .unwrap()
            .lines()
            .filter(|line| !line.is_empty())
            .count(),
        3
    );
}

#[test]
fn r22_the_last_24_hours_are_those_of_the_virtual_clock() {
    let now = Arc::new(AtomicI64::new(0));
    let clock = now.clone();
    let outbox = Outbox::open(None, Arc::new(move || clock.load(Ordering::Relaxed))).unwrap();
    outbox.accept(mail("ana@example.com")).unwrap();
    now.store(86_399, Ordering::Relaxed);
    outbox.accept(mail("bob@example.com")).unwrap();
    outbox.accept(mail("success@simulator.amazonses.com")).unwrap();
    assert_eq!(outbox.sent_last_24_hours(), 2);
    now.store(86_400, Ordering::Relaxed);
    assert_eq!(outbox.sent_last_24_hours(), 1);
}

#[test]
fn r71_debug_shows_nothing_personal() {
    let outbox = Outbox::open(None, Arc::new(|| 0)).unwrap();
    let entry = outbox.accept(mail("ana@example.com")).unwrap();
    let shown = format!("{entry:?} {outbox:?}");
    assert!(shown.contains("s1"), "{shown}");
    assert!(!shown.contains('@') && !shown.contains("Été"), "{shown}");
}

#[test]
fn the_listing_has_the_documented_columns() {
    let outbox = Outbox::open(None, Arc::new(|| 1_767_225_600)).unwrap();
    let entry = outbox.accept(mail("ana@example.com")).unwrap();
    let expected = json!({
        "id": entry.id, "at": "2026-01-01T00:00:00Z", "to": "ana@example.com", "from": "hello@example.com",
        "subject": "Été", "class": "", "campaign": "", "step": "", "send_id": "s1",
    });
    assert_eq!(entry.summary(), expected);
}

#[test]
fn a_digest_is_emptied_with_whomever_it_names_and_with_nobody_else() {
    let folder = Folder::new("digests");
    let outbox = folder.open().unwrap();
    let tags = [("class", "alert"), ("step", "morning-69a5"), ("lead_id", "desk")];
    let digest = |lead: char| {
        let link = format!("https://example.com/console/leads/{}", lead.to_string().repeat(26));
        Mail {
            tags: tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            eml: format!("From: hello@example.com\r\nContent-Type: text/plain\r\n\r\n{link} · A1\r\n").into_bytes(),
            ..mail("camille@example.com")
        }
    };
    for lead in ['a', 'b'] {
        outbox.accept(digest(lead)).unwrap();
    }
    let forget = |lead: char, until: i64| {
        let cleaning = Cleaning {
            lead: LeadId::new(lead.to_string().repeat(26)),
            workspace: piste_domain::WorkspaceId::new("main"),
            until: timestamp(until),
            counted: Vec::new(),
        };
        outbox.forget(&cleaning).unwrap();
        recipients(&outbox)
    };
    let whole = ["camille@example.com", "camille@example.com"];
    assert_eq!(forget('c', 1_000), whole, "it names nobody of them");
    assert_eq!(forget('a', 999), whole, "younger than the erasure");
    for _ in 0..2 {
        assert_eq!(forget('a', 1_000), ["", "camille@example.com"]);
    }
    assert_eq!(
        outbox.pending_send_events(),
        outbox.entries(),
        "what is to be reported, too"
    );
    let kept = outbox.entries();
    drop(outbox);
    assert_eq!(folder.open().unwrap().entries(), kept);
}
