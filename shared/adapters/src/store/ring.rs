//! The table of keys: the parts of the ring, sessions of the console, wrong keys, last uses.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::{SignedDuration, Timestamp};

use super::dynamo::{Dynamo, named};
use super::item::{self, Item};
use super::{StoreError, StoreErrorKind};
use crate::keys::{KeyRing, Part};
use crate::users::{ConsoleSession, SESSION_MAX, TRIES_WINDOW, Tries};

/// The attribute of a part: its JSON.
const KEYS: &str = "keys";
/// The attribute of the whole ring of a version without parts.
const WHOLE: &str = "ring";
/// What an empty part is stored as, or not at all.
const NOTHING: &str = ":[]}";
/// How long a count of wrong keys is kept at most.
const TRIES_KEPT: SignedDuration = SignedDuration::from_hours(1);

impl Dynamo {
    async fn key_item(&self, operation: &'static str, pk: &str) -> Result<Option<Item>, StoreError> {
        self.get(operation, &self.keys_table, &[(item::PK, pk)], true).await
    }

    /// The ring of a version without parts, if it still holds one: as it is stored, and as it reads.
    async fn whole_ring(&self) -> Result<Option<(String, KeyRing)>, StoreError> {
        let row = self.key_item("key ring", item::PK_RING).await?;
        let Some(json) = row.and_then(|row| item::string(&row, WHOLE)) else {
            return Ok(None);
        };
        let corrupt = |_| StoreError::new("key ring", StoreErrorKind::Corrupt);
        let ring = KeyRing::from_json(&json).map_err(corrupt)?;
        Ok(Some((json, ring)))
    }

    /// A part as it is stored.
    async fn part(&self, part: Part) -> Result<Option<String>, StoreError> {
        let row = self.key_item("key ring", part.pk()).await?;
        Ok(row.and_then(|row| item::string(&row, KEYS)))
    }

    pub(super) async fn key_ring(&self, parts: &[Part]) -> Result<Option<KeyRing>, StoreError> {
        let mut read = Vec::with_capacity(parts.len());
        for part in parts {
            match self.part(*part).await? {
                Some(json) => read.push((*part, json)),
                // The identity is the last part that a split writes: without it, all is where it was.
                None if *part == Part::Identity => {
                    return Ok(self.whole_ring().await?.map(|(_, ring)| ring.only(parts)));
                }
                None => {}
            }
        }
        let corrupt = |_| StoreError::new("key ring", StoreErrorKind::Corrupt);
        let ring = KeyRing::from_parts(read.iter().map(|(part, json)| (*part, json.as_str())));
        ring.map(Some).map_err(corrupt)
    }

    pub(super) async fn save_key_ring(
        &self,
        parts: &[Part],
        ring: &KeyRing,
        known: Option<&KeyRing>,
    ) -> Result<(), StoreError> {
        for part in parts {
            self.put_part(*part, ring, known.map(|known| known.part(*part))).await?;
        }
        Ok(())
    }

    /// Puts a part in place of what was known of it; what a repeated request meets of its own is a success.
    async fn put_part(&self, part: Part, ring: &KeyRing, known: Option<String>) -> Result<(), StoreError> {
        let new = item::text(ring.part(part));
        let row = Item::from([
            (item::PK.to_owned(), item::text(part.pk())),
            (KEYS.to_owned(), new.clone()),
        ]);
        // A part that holds nothing may never have been written.
        let condition = match known.as_deref() {
            None => "attribute_not_exists(pk) OR #keys = :new",
            Some(json) if json.ends_with(NOTHING) => "attribute_not_exists(pk) OR #keys = :known OR #keys = :new",
            Some(_) => "#keys = :known OR #keys = :new",
        };
        let put = self.client.put_item().table_name(&self.keys_table).set_item(Some(row));
        let mut put = put
            .condition_expression(condition)
            .expression_attribute_names("#keys", KEYS)
            .expression_attribute_values(":new", new);
        if let Some(known) = known {
            put = put.expression_attribute_values(":known", item::text(known));
        }
        let done = put.send().await.map(drop);
        match self.unless_refused(self.asked("save keys", "PutItem", &self.keys_table), done)? {
            true => Ok(()),
            false => Err(StoreError::new("save keys", StoreErrorKind::Contended)),
        }
    }

    pub(super) async fn split_ring(&self) -> Result<(), StoreError> {
        let Some((json, ring)) = self.whole_ring().await? else {
            return Ok(());
        };
        // The identity comes last, here and in the writes: until it is there, everybody reads what was there before, and
        // nobody has changed a part.
        let mut held = Vec::with_capacity(Part::ALL.len());
        for part in Part::ALL.iter().rev() {
            held.push((*part, self.part(*part).await?));
        }
        let is_split = held
            .iter()
            .any(|(part, json)| *part == Part::Identity && json.is_some());
        if !is_split {
            for (part, known) in held {
                self.put_part(part, &ring, known).await?;
            }
        }
        let key = [(item::PK, item::PK_SENDING), (item::SK, item::SK_READS)];
        let told = self.get("form read", &self.table, &key, true).await?;
        if told.is_some_and(|row| row.contains_key(item::READS_KEYS)) {
            let emptied = Item::from([(item::PK.to_owned(), item::text(item::PK_RING))]);
            // Only what was looked at here; one that is gone already stays so.
            let unchanged = (
                "attribute_not_exists(ring) OR ring = :known",
                [(":known", item::text(json))],
            );
            self.put_if("save keys", &self.keys_table, emptied, Some(unchanged))
                .await?;
        }
        Ok(())
    }

    // ---- sessions ----

    pub(super) async fn open_session(&self, hash: &str, session: &ConsoleSession) -> Result<(), StoreError> {
        let row = Item::from([
            (item::PK.to_owned(), item::text(item::session_pk(hash))),
            ("user".to_owned(), item::text(&*session.user)),
            ("opened_at".to_owned(), item::number(session.opened_at.as_second())),
            ("seen_at".to_owned(), item::number(session.seen_at.as_second())),
            (
                item::EXPIRES_AT.to_owned(),
                item::number((session.opened_at + SESSION_MAX).as_second()),
            ),
        ]);
        let unconditional = None::<(&str, [_; 0])>;
        self.put_if("open session", &self.keys_table, row, unconditional)
            .await
            .map(drop)
    }

    pub(super) async fn session(&self, hash: &str) -> Result<Option<ConsoleSession>, StoreError> {
        let row = self.key_item("session", &item::session_pk(hash)).await?;
        Ok(row.and_then(|row| {
            Some(ConsoleSession {
                user: item::string(&row, "user")?,
                opened_at: item::moment(&row, "opened_at")?,
                seen_at: item::moment(&row, "seen_at")?,
            })
        }))
    }

    pub(super) async fn touch_session(&self, hash: &str, now: Timestamp) -> Result<(), StoreError> {
        let values = [(":now", item::number(now.as_second()))];
        let touch = self.change_key(&item::session_pk(hash), "SET seen_at = :now", values);
        // One that was closed meanwhile stays closed.
        let open = touch.condition_expression("attribute_exists(#user)");
        let done = open.expression_attribute_names("#user", "user").send().await.map(drop);
        self.unless_refused(self.asked("touch session", "UpdateItem", &self.keys_table), done)
            .map(drop)
    }

    pub(super) async fn end_session(&self, hash: &str, now: Timestamp) -> Result<(), StoreError> {
        let ended = Item::from([
            (item::PK.to_owned(), item::text(item::session_pk(hash))),
            (item::EXPIRES_AT.to_owned(), item::number(now.as_second())),
        ]);
        let unconditional = None::<(&str, [_; 0])>;
        self.put_if("end session", &self.keys_table, ended, unconditional)
            .await
            .map(drop)
    }

    // ---- wrong keys and last uses ----

    pub(super) async fn count_try(&self, visitor: &str, now: Timestamp) -> Result<Tries, StoreError> {
        let pk = item::tries_pk(visitor);
        let expires = (":expires", item::number((now + TRIES_KEPT).as_second()));
        let floor = (":floor", item::number((now - TRIES_WINDOW).as_second()));
        let one = (":one", item::number(1));
        // One request for each wrong key but the first of a window.
        let more = self
            .change_key(
                &pk,
                "SET expires_at = :expires ADD wrong :one",
                [expires.clone(), floor, one.clone()],
            )
            .condition_expression("since > :floor")
            .return_values(ReturnValue::AllNew);
        let counted = match more.send().await {
            Ok(answer) => answer.attributes,
            Err(error) => {
                let asked = self.asked("count try", "UpdateItem", &self.keys_table);
                self.unless_refused(asked, Err(error))?;
                None
            }
        };
        if let Some(row) = counted {
            return Ok(Tries {
                wrong: item::whole(&row, "wrong").unwrap_or(1),
                since: item::moment(&row, "since").unwrap_or(now),
            });
        }
        let first = self.change_key(
            &pk,
            "SET since = :now, wrong = :one, expires_at = :expires",
            [(":now", item::number(now.as_second())), one, expires],
        );
        let done = first.send().await.map(drop);
        self.unless_refused(self.asked("count try", "UpdateItem", &self.keys_table), done)?;
        Ok(Tries { wrong: 1, since: now })
    }

    pub(super) async fn note_use(&self, user: &str, at: Option<Timestamp>) -> Result<(), StoreError> {
        let change = match at {
            Some(at) => self.change_key(
                item::PK_USED,
                "SET #user = :at",
                [(":at", item::number(at.as_second()))],
            ),
            None => self
                .change_key::<0>(item::PK_USED, "REMOVE #user", [])
                .set_expression_attribute_values(None),
        };
        let done = change.expression_attribute_names("#user", user).send().await.map(drop);
        self.unless_refused(self.asked("note use", "UpdateItem", &self.keys_table), done)
            .map(drop)
    }

    pub(super) async fn uses(&self) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        let row = self.key_item("uses", item::PK_USED).await?.unwrap_or_default();
        let moments = row
            .keys()
            .filter_map(|user| Some((user.clone(), item::moment(&row, user)?)));
        Ok(moments.collect())
    }

    fn change_key<const N: usize>(
        &self,
        pk: &str,
        change: &str,
        values: [(&str, AttributeValue); N],
    ) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.keys_table)
            .key(item::PK, item::text(pk))
            .update_expression(change)
            .set_expression_attribute_values(Some(named(values)))
    }
}
