//! The policy of the file: the recommended values, with what the file's `[policy]` table sets laid over them.
//!
//! What is left out must be said to be left out: wherever the file has a policy, `base` names what its values are laid over. With
//! `base = "recommended"` the rest is as recommended; with `base = "none"` nothing is: what the file does not set is missing, and named.
//! Only a file without any policy is the recommended one unasked. Each value that the file sets is tried alone, so that every mistake is named and not only the first; then the whole is asked whether it contradicts itself
//! ([`Policy::mistakes`]). Such a policy is refused here, before a call is refused by it.

use callwright_compliance::Policy;
use callwright_compliance::policy::{PolicyFault, PolicyMistake};
use callwright_compliance::retention::Periods;
use callwright_compliance::vendor::Role;
use serde_json::Value;

use super::problem::{Fault, Problem};

const MEND: &str = "see deploy/callwright.toml for the keys of a policy";
const MEND_BASE: &str = "write base = \"recommended\" in [policy], by which what is not written is the recommended value, or base = \"none\" to write every value yourself";
const MEND_EMPTY: &str = "write what it is to hold, or remove it";
const MEND_UNSET: &str = "write a number above zero; to stop calls, throw the kill switch";
const MEND_MISSING: &str = "write it, or base = \"recommended\" to have the recommended value";
const MEND_BOUND: &str = "change one of the two; what this file does not set is as recommended";
const MEND_PRICE: &str = "write what a minute costs, in whole US cents, rounded up";
const MEND_COST: &str = "raise policy.limits.call_cents_max, or lower the caps or cents_per_minute";
const MEND_FLAGS: &str = "name the flags that the hosted vendor in this role must have set: no_training, no_retention, authenticated_media, customer_key";

/// A value that the file sets, and the keys that lead to it.
struct Leaf {
    path: Vec<String>,
    value: Value,
}

impl Leaf {
    /// A table with nothing in it.
    fn is_empty_table(&self) -> bool {
        self.value.as_object().is_some_and(serde_json::Map::is_empty)
    }
}

/// What the values of the file are laid over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    Recommended,
    None,
}

impl Base {
    fn policy(self) -> Policy {
        match self {
            Base::Recommended => Policy::recommended(),
            Base::None => Policy::strict_default(),
        }
    }
}

/// The policy as far as it can be read. The caller refuses it where any mistake was noted.
pub(super) fn read(table: Option<toml::Value>, problems: &mut Vec<Problem>) -> Option<Policy> {
    let Some(table) = table else {
        return Some(Policy::recommended());
    };
    let toml::Value::Table(mut table) = table else {
        problems.push(Problem::new("policy", Fault::Kind("a table"), "write it as [policy]"));
        return None;
    };
    let base = base(&mut table, problems);
    let (Ok(json), Ok(set)) = (serde_json::to_value(base.policy()), serde_json::to_value(&table))
    else {
        problems.push(problem("policy", "it holds a value that no policy has".to_owned()));
        return None;
    };
    let mut leaves = Vec::new();
    flatten(set, &mut vec![], &mut leaves);
    let mut whole = json.clone();
    for leaf in &leaves {
        let mut alone = json.clone();
        overlay(&mut alone, &leaf.path, &leaf.value);
        match serde_json::from_value::<Policy>(alone) {
            Ok(_) if leaf.is_empty_table() => {
                let fault = Fault::Value("the table is empty, and sets nothing".to_owned());
                problems.push(Problem::new(key(&leaf.path), fault, MEND_EMPTY));
            }
            Ok(_) => overlay(&mut whole, &leaf.path, &leaf.value),
            Err(why) => problems.push(refused(&key(&leaf.path), &why.to_string())),
        }
    }
    let policy = serde_json::from_value::<Policy>(whole)
        .map_err(|why| problems.push(problem("policy", why.to_string())))
        .ok()?;
    if base == Base::None {
        problems.extend(left_out(&leaves));
    }
    for mistake in policy.mistakes() {
        let found = sense(&mistake, &leaves);
        problems.extend(found.filter(|found| !is_known(found, problems)));
    }
    for bad in Periods::new(&policy.retention).err().unwrap_or_default() {
        let found = problem(&format!("policy.retention.{}", bad.class.key()), bad.to_string());
        problems.extend(Some(found).filter(|found| !is_known(found, problems)));
    }
    Some(policy)
}

/// A value that is wrong is wrong once.
fn is_known(found: &Problem, problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.key == found.key)
}

/// Every value of a policy that the file does not set. A list may be left out: nothing in it is nothing that is granted.
fn left_out(set: &[Leaf]) -> Vec<Problem> {
    let mut all = Vec::new();
    flatten(
        serde_json::to_value(Policy::strict_default()).unwrap_or_default(),
        &mut vec![],
        &mut all,
    );
    all.iter()
        .filter(|leaf| !leaf.value.is_array() && !leaf.is_empty_table())
        .filter(|leaf| !set.iter().any(|set| leaf.path.starts_with(&set.path)))
        .map(|leaf| Problem::new(key(&leaf.path), Fault::Missing, MEND_MISSING))
        .collect()
}

/// Notes the roles whose hosted vendor needs no flag: it might keep what it gets (rule V1).
pub(super) fn flags(policy: &Policy, hosted: &[Role], problems: &mut Vec<Problem>) {
    for role in policy.roles_without_flags(hosted) {
        let key = format!("policy.vendors.required_flags.{role}");
        let why = "the role has a hosted vendor, and the policy requires no flag of it (rule V1)";
        problems.push(Problem::new(key, Fault::Value(why.to_owned()), MEND_FLAGS));
    }
}

/// What the file says of money, and whether it says so itself.
#[derive(Clone, Copy)]
pub(super) struct Prices {
    /// What a minute costs.
    pub(super) cents_per_minute: u32,
    /// Whether the carrier is on the practice's own machines.
    pub(super) is_free: bool,
    /// Whether the file sets the most that a call may cost.
    pub(super) is_cap_set: bool,
}

/// Notes a price under which no call is placed (rule L2): none at all, or more for the longest call than a call may cost.
pub(super) fn prices(policy: &Policy, prices: Prices, problems: &mut Vec<Problem>) {
    const PRICE: &str = "carrier.cents_per_minute";
    let (cents, cap) = (prices.cents_per_minute, policy.limits.call_cents_max);
    if cents == 0 && !prices.is_free {
        let why = "the carrier is not free, and a call without a price is refused (rule L2)";
        problems.push(Problem::new(PRICE, Fault::Value(why.to_owned()), MEND_PRICE));
    }
    let longest_s = policy.caps.payer.total_s.max(policy.caps.test.total_s);
    let minutes = longest_s.div_ceil(60);
    let cost = u64::from(minutes) * u64::from(cents);
    let key = if prices.is_cap_set { "policy.limits.call_cents_max" } else { PRICE };
    // An unset limit is a mistake of its own.
    if cap != 0 && cost > cap {
        let why = format!(
            "the longest call, {minutes} minutes at {cents} cents, costs {cost}, and a call may cost {cap}: every call would be refused (rule L2)"
        );
        let found = Problem::new(key, Fault::Value(why), MEND_COST);
        problems.extend(Some(found).filter(|found| !is_known(found, problems)));
    }
}

fn base(table: &mut toml::Table, problems: &mut Vec<Problem>) -> Base {
    let named = table.remove("base");
    match named.as_ref().map(toml::Value::as_str) {
        None => {
            problems.push(Problem::new("policy.base", Fault::Missing, MEND_BASE));
            Base::Recommended
        }
        Some(Some("recommended")) => Base::Recommended,
        Some(Some("none")) => Base::None,
        Some(_) => {
            let fault = Fault::Kind("one of the words it may be");
            problems.push(Problem::new("policy.base", fault, MEND_BASE));
            Base::Recommended
        }
    }
}

/// A mistake of the whole policy, as one of the file.
fn sense(mistake: &PolicyMistake, leaves: &[Leaf]) -> Option<Problem> {
    let key = format!("policy.{}", mistake.key);
    let is_set = leaves.iter().any(|leaf| self::key(&leaf.path) == key);
    let (fault, mend) = match mistake.fault {
        PolicyFault::Unset => (Fault::Value(mistake.to_string()), MEND_UNSET),
        // A recommended limit that never counts, because the file sets a narrower one beside it, is nobody's mistake.
        PolicyFault::Above { .. } if !is_set && mistake.key.starts_with("limits.") => return None,
        PolicyFault::Above { .. } | PolicyFault::Below { .. } | PolicyFault::NoTimeToConfirm => {
            (Fault::Value(mistake.to_string()), MEND_BOUND)
        }
        PolicyFault::TooHigh { .. } => (Fault::Value(mistake.to_string()), "lower it"),
        PolicyFault::TooLow { .. } => (Fault::Value(mistake.to_string()), "raise it"),
        PolicyFault::BelowRule { .. } => {
            (Fault::Value(mistake.to_string()), "raise it: no policy may allow more than the rule")
        }
        PolicyFault::AboveRule { .. } => {
            (Fault::Value(mistake.to_string()), "lower it: no policy may allow more than the rule")
        }
    };
    Some(Problem::new(key, fault, mend))
}

fn key(path: &[String]) -> String {
    let mut key = "policy".to_owned();
    for part in path {
        key.push('.');
        key.push_str(part);
    }
    key
}

fn problem(key: &str, why: String) -> Problem {
    Problem::new(key, Fault::Value(why), MEND)
}

/// What serde says about one value. Of a key that nobody knows it lists the others.
fn refused(key: &str, why: &str) -> Problem {
    match why.strip_prefix("unknown field ").and_then(|rest| rest.split_once("expected ")) {
        Some((_, others)) => {
            Problem::new(key, Fault::Unknown, format!("remove it, or write {others}"))
        }
        None => problem(key, why.to_owned()),
    }
}

fn flatten(value: Value, path: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    match value {
        Value::Object(map) if !map.is_empty() || path.is_empty() => {
            for (key, value) in map {
                path.push(key);
                flatten(value, path, leaves);
                path.pop();
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            leaves.push(Leaf { path: path.clone(), value });
        }
    }
}

/// Puts a value where the path leads, making tables on the way. A path that runs through a value replaces it; serde then refuses.
fn overlay(target: &mut Value, path: &[String], value: &Value) {
    let Some((key, rest)) = path.split_first() else {
        *target = value.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(map) = target {
        overlay(map.entry(key.clone()).or_insert(Value::Null), rest, value);
    }
}
