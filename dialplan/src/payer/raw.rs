//! A payer file's tables as they are written; what they mean is checked in `parse`.

use std::collections::BTreeMap;

use callwright_compliance::class::CallPurpose;
use callwright_compliance::egress::{Field, FieldSet};
use serde::Deserialize;
use toml::Value;

use crate::menu::KeyItem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPayer {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) spoken: Vec<String>,
    #[serde(default)]
    pub(super) fields: BTreeMap<CallPurpose, FieldSet>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLine {
    pub(super) id: String,
    pub(super) number: String,
    pub(super) purposes: Vec<CallPurpose>,
    pub(super) menu: String,
    #[serde(default)]
    pub(super) needs: Vec<Field>,
    pub(super) hours: RawHours,
    pub(super) publication: RawPublication,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHours {
    pub(super) zone: String,
    pub(super) windows: Vec<RawWindow>,
    #[serde(default)]
    pub(super) closed_on: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWindow {
    pub(super) days: Vec<String>,
    pub(super) from: String,
    pub(super) to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPublication {
    pub(super) url: String,
    pub(super) seen_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMenu {
    pub(super) id: String,
    pub(super) step: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) id: String,
    pub(super) heard: Vec<Vec<String>>,
    pub(super) press: Option<String>,
    pub(super) key: Option<RawKey>,
    pub(super) say: Option<String>,
    #[serde(default)]
    pub(super) wait: bool,
    #[serde(default)]
    pub(super) expect_hold: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKey {
    pub(super) item: KeyItem,
    pub(super) terminator: Option<String>,
}
