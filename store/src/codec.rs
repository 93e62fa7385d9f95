//! Between Rust values and columns: times, names of enums, JSON, and reading a row with errors that name the column.
//!
//! This module holds no statement and no key.

use std::str::FromStr;

use callwright_compliance::id::DecisionId;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::{Sqlite, SqliteRow};

use crate::error::StoreError;
use crate::sealed::Sealed;

/// Microseconds since the epoch, which is what a time column holds.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The name of a variant, as serde writes it.
pub(crate) fn name_of<T: Serialize>(field: &'static str, value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        Ok(_) | Err(_) => Err(StoreError::Invalid { field, needs: "a plain name" }),
    }
}

/// A value as JSON text.
pub(crate) fn json<T: Serialize>(field: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|_| StoreError::Invalid { field, needs: "a value that has a JSON form" })
}

/// One row, read column by column.
pub(crate) struct Reader<'r> {
    row: &'r SqliteRow,
    table: &'static str,
}

impl<'r> Reader<'r> {
    pub(crate) fn new(row: &'r SqliteRow, table: &'static str) -> Reader<'r> {
        Reader { row, table }
    }

    fn bad(&self, column: &'static str) -> StoreError {
        StoreError::Stored { table: self.table, column }
    }

    fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
    {
        self.row.try_get(column).map_err(|_| self.bad(column))
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(crate) fn opt_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.get(column)
    }

    pub(crate) fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        self.get::<i64>(column).map(|value| value != 0)
    }

    pub(crate) fn real(&self, column: &'static str) -> Result<f64, StoreError> {
        self.get(column)
    }

    pub(crate) fn int(&self, column: &'static str) -> Result<i64, StoreError> {
        self.get(column)
    }

    /// An integer of a narrower type.
    pub(crate) fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError> {
        T::try_from(self.get::<i64>(column)?).map_err(|_| self.bad(column))
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(self.get(column)?).map_err(|_| self.bad(column))
    }

    pub(crate) fn opt_time(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.get::<Option<i64>>(column)?
            .map(|at| Timestamp::from_microsecond(at).map_err(|_| self.bad(column)))
            .transpose()
    }

    /// A value that has a text form of its own: ids, codes, dates.
    pub(crate) fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|_| self.bad(column))
    }

    pub(crate) fn decision(&self, column: &'static str) -> Result<DecisionId, StoreError> {
        DecisionId::parse(&self.text(column)?).map_err(|_| self.bad(column))
    }

    pub(crate) fn opt_parsed<T: FromStr>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        self.opt_text(column)?.map(|text| text.parse().map_err(|_| self.bad(column))).transpose()
    }

    /// A variant by its serde name.
    pub(crate) fn named<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        let name = serde_json::Value::String(self.text(column)?);
        serde_json::from_value(name).map_err(|_| self.bad(column))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|_| self.bad(column))
    }

    pub(crate) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.get(column)
    }

    pub(crate) fn opt_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(column)
    }

    pub(crate) fn digest(&self, column: &'static str) -> Result<[u8; 32], StoreError> {
        self.get::<Vec<u8>>(column)?.try_into().map_err(|_| self.bad(column))
    }

    pub(crate) fn sealed(&self, column: &'static str) -> Result<Sealed, StoreError> {
        Sealed::from_bytes(self.get(column)?).map_err(|_| self.bad(column))
    }

    pub(crate) fn opt_sealed(&self, column: &'static str) -> Result<Option<Sealed>, StoreError> {
        self.get::<Option<Vec<u8>>>(column)?
            .map(|bytes| Sealed::from_bytes(bytes).map_err(|_| self.bad(column)))
            .transpose()
    }
}
