//! The allowlist: which exact numbers a tenant may call, on whose word (rule N3).
//!
//! Entries are `compliance`'s type, whose rule judges them: expired ones and ones nobody approved are given out too. This module
//! enforces who may do what to the list: an entry is approved by somebody who neither added nor verified it, or confirmed by the
//! sole administrator who added it.

use callwright_compliance::allowlist::{AllowlistEntry, Approval};
use callwright_compliance::audit::{Action, Actor};
use callwright_compliance::id::{ObjectId, TenantId};
use callwright_compliance::number::PhoneNumber;
use jiff::Timestamp;
use serde_json::Value;

use crate::codec::{Reader, json, micros, name_of};
use crate::error::{Kind, StoreError};
use crate::evidence::found;
use crate::store::Store;
use crate::tx::{Object, Tx};

impl Store {
    /// The tenant's live allowlist entries for exactly this number, of any class, expired ones too: the rule judges them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn allowlist_for(
        &self,
        tenant: &TenantId,
        number: &PhoneNumber,
    ) -> Result<Vec<AllowlistEntry>, StoreError> {
        sqlx::query(
            "SELECT number, content FROM allowlist \
             WHERE tenant = ? AND number = ? AND removed_at IS NULL ORDER BY id",
        )
        .bind(tenant.as_str())
        .bind(number.e164())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(entry)
        .collect()
    }

    /// The tenant's live allowlist, oldest entry first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn allowlist(&self, tenant: &TenantId) -> Result<Vec<AllowlistEntry>, StoreError> {
        sqlx::query(
            "SELECT number, content FROM allowlist \
             WHERE tenant = ? AND removed_at IS NULL ORDER BY added_at, id",
        )
        .bind(tenant.as_str())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(entry)
        .collect()
    }
}

impl Tx {
    /// Adds an allowlist entry. The actor is who added it, now; it is pending until somebody approves it.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the entry says otherwise; [`StoreError::NotFound`] where it is of another tenant;
    /// [`StoreError::Duplicate`] where the number has a live entry for the class and payer.
    pub async fn add_allowlist_entry(&mut self, new: &AllowlistEntry) -> Result<(), StoreError> {
        self.enter()?;
        if new.tenant != self.tenant {
            return Err(StoreError::NotFound(Kind::Practice));
        }
        if Actor::Person(new.added_by.clone()) != self.actor || new.added_at != self.now {
            return Err(StoreError::Invalid {
                field: "allowlist entry",
                needs: "the actor as who added it, and the time of the act",
            });
        }
        if new.approval != Approval::Pending {
            return Err(StoreError::Invalid {
                field: "allowlist entry",
                needs: "no approval yet: approving is an act of its own",
            });
        }
        if new.proof.is_some() {
            return Err(StoreError::Invalid {
                field: "allowlist entry",
                needs: "no proof yet: proving is an act of its own",
            });
        }
        if new.expires_at <= new.added_at {
            return Err(StoreError::Invalid { field: "expires_at", needs: "a time to come" });
        }
        sqlx::query(
            "INSERT INTO allowlist (tenant, id, number, class, payer, content, added_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.tenant.as_str())
        .bind(new.id.as_str())
        .bind(new.number.e164())
        .bind(name_of("class", &new.class)?)
        .bind(new.payer.as_str())
        .bind(json("allowlist entry", new)?)
        .bind(micros(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(|error| StoreError::from(error).duplicate(Kind::AllowlistEntry))?;
        self.leave(Action::AllowlistAdded, Object::id(new.id.as_str())).await
    }

    /// Approves an entry as its second person.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Invalid`] where the actor added or verified it, or it is approved already.
    pub async fn approve_allowlist_entry(&mut self, id: &ObjectId) -> Result<(), StoreError> {
        self.enter()?;
        let mut entry = self.live_entry(id).await?;
        let by = match &self.actor {
            Actor::Person(by) if !by.is_same(&entry.added_by) && !by.is_same(&entry.verifier) => {
                by.clone()
            }
            Actor::Person(_) | Actor::Node(_) | Actor::Key(_) | Actor::FarEnd => {
                return Err(StoreError::Invalid {
                    field: "second approver",
                    needs: "a person who neither added nor verified the entry",
                });
            }
        };
        entry.approval = Approval::Second { by, at: self.now };
        self.approve(&entry).await
    }

    /// Confirms an entry as the tenant's only administrator, who added it and has just proven who they are again. The rule wants a
    /// day between adding and this, and counts the administrators.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Invalid`] where the actor is not the person who added it, or it is approved already.
    pub async fn confirm_allowlist_entry(
        &mut self,
        id: &ObjectId,
        reauthenticated_at: Timestamp,
        administrators: u32,
    ) -> Result<(), StoreError> {
        self.enter()?;
        let mut entry = self.live_entry(id).await?;
        let by = match &self.actor {
            Actor::Person(by) if by.is_same(&entry.added_by) => by.clone(),
            Actor::Person(_) | Actor::Node(_) | Actor::Key(_) | Actor::FarEnd => {
                return Err(StoreError::Invalid {
                    field: "sole administrator",
                    needs: "the person who added the entry; anybody else approves it as its second person",
                });
            }
        };
        entry.approval =
            Approval::SoleAdministrator { by, at: self.now, reauthenticated_at, administrators };
        self.approve(&entry).await
    }

    /// Takes an entry off the list. A request that waits for its number is refused when it would be dialled.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_allowlist_entry(&mut self, id: &ObjectId) -> Result<(), StoreError> {
        self.enter()?;
        let changed = sqlx::query(
            "UPDATE allowlist SET removed_at = ? WHERE tenant = ? AND id = ? AND removed_at IS NULL",
        )
        .bind(micros(self.now))
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .execute(&mut *self.db)
        .await?;
        found(changed.rows_affected(), Kind::AllowlistEntry)?;
        self.leave(Action::AllowlistRemoved, Object::id(id.as_str())).await
    }

    async fn live_entry(&mut self, id: &ObjectId) -> Result<AllowlistEntry, StoreError> {
        let row = sqlx::query(
            "SELECT number, content FROM allowlist \
             WHERE tenant = ? AND id = ? AND removed_at IS NULL",
        )
        .bind(self.tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut *self.db)
        .await?
        .ok_or(StoreError::NotFound(Kind::AllowlistEntry))?;
        let entry = entry(&row)?;
        if entry.approval == Approval::Pending {
            Ok(entry)
        } else {
            Err(StoreError::Invalid { field: "allowlist entry", needs: "one not approved yet" })
        }
    }

    async fn approve(&mut self, entry: &AllowlistEntry) -> Result<(), StoreError> {
        sqlx::query("UPDATE allowlist SET content = ? WHERE tenant = ? AND id = ?")
            .bind(json("allowlist entry", entry)?)
            .bind(self.tenant.as_str())
            .bind(entry.id.as_str())
            .execute(&mut *self.db)
            .await?;
        self.leave(Action::AllowlistApproved, Object::id(entry.id.as_str())).await
    }
}

/// The entry's JSON has a digest in place of its number, which stands in a column of its own.
pub(crate) fn entry(row: &sqlx::sqlite::SqliteRow) -> Result<AllowlistEntry, StoreError> {
    let bad = || StoreError::Stored { table: "allowlist", column: "content" };
    let row = Reader::new(row, "allowlist");
    let mut content: Value = row.json("content")?;
    let fields = content.as_object_mut().ok_or_else(bad)?;
    fields.insert("number".to_owned(), Value::String(row.text("number")?));
    serde_json::from_value(content).map_err(|_| bad())
}
