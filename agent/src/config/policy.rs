//! The policy of the file: the recommended values, with what the file's `[policy]` table sets laid over them.
//!
//! Each value that the file sets is tried alone, so that every mistake is named and not only the first.

use callwright_compliance::Policy;
use callwright_compliance::retention::Periods;
use serde_json::Value;

use super::problem::{Fault, Problem};

const MEND: &str = "see deploy/callwright.toml for the keys of a policy";

/// A value that the file sets, and the keys that lead to it.
struct Leaf {
    path: Vec<String>,
    value: Value,
}

/// The policy, or `None` where a mistake was noted.
pub(super) fn read(table: Option<toml::Value>, problems: &mut Vec<Problem>) -> Option<Policy> {
    let base = Policy::recommended();
    let Some(table) = table else {
        return Some(base);
    };
    let (Ok(base), Ok(set)) = (serde_json::to_value(&base), serde_json::to_value(&table)) else {
        problems.push(problem("policy", "it holds a value that no policy has".to_owned()));
        return None;
    };
    let mut leaves = Vec::new();
    flatten(set, &mut vec![], &mut leaves);
    let mut whole = base.clone();
    let mut good = true;
    for leaf in leaves {
        let mut alone = base.clone();
        overlay(&mut alone, &leaf.path, &leaf.value);
        match serde_json::from_value::<Policy>(alone) {
            Ok(_) => overlay(&mut whole, &leaf.path, &leaf.value),
            Err(why) => {
                good = false;
                problems.push(problem(&format!("policy.{}", leaf.path.join(".")), why.to_string()));
            }
        }
    }
    if !good {
        return None;
    }
    let policy: Policy = serde_json::from_value(whole)
        .map_err(|why| problems.push(problem("policy", why.to_string())))
        .ok()?;
    match Periods::new(&policy.retention) {
        Ok(_) => Some(policy),
        Err(bad) => {
            let each = bad.iter().map(|bad| {
                problem(&format!("policy.retention.{}", bad.class.key()), bad.to_string())
            });
            problems.extend(each);
            None
        }
    }
}

fn problem(key: &str, why: String) -> Problem {
    Problem { key: key.to_owned(), fault: Fault::Value(why), mend: MEND.to_owned() }
}

fn flatten(value: Value, path: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                path.push(key);
                flatten(value, path, leaves);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
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
