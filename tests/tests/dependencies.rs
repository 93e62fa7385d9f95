//! Who may depend on whom, exactly, and which crate alone may use what. It reads cargo's own account of the workspace.

#[expect(dead_code, reason = "each test of the house uses a part of it")]
mod common;

use std::collections::BTreeSet;
use std::process::Command;

use common::{packages, read, root};

/// Who may depend on which of our crates, and on no other. What is not used of it fails, too: the table says what is.
const MAY: &[(&str, &[&str])] = &[
    ("callwright-core", &[]),
    ("callwright-compliance", &[]),
    ("callwright-speech-local", &[]),
    ("callwright-media", &["callwright-compliance"]),
    ("callwright-dialplan", &["callwright-compliance"]),
    ("callwright-prompts", &["callwright-compliance"]),
    ("callwright-store", &["callwright-compliance"]),
    // `core` for its closed lists of acts and goals, which are what understanding gives and the rule-based model takes.
    (
        "callwright-understanding",
        &["callwright-compliance", "callwright-core", "callwright-dialplan", "callwright-prompts"],
    ),
    // `core` for the ids of turns and utterances, `prompts` for the pack that the rule-based model words turns from.
    (
        "callwright-vendors",
        &[
            "callwright-compliance",
            "callwright-core",
            "callwright-media",
            "callwright-prompts",
            "callwright-speech-local",
            "callwright-understanding",
        ],
    ),
    // Never the agent, nor anything that only the agent has: an independent reading of the protocols.
    ("callwright-sim", &["callwright-media", "callwright-prompts", "callwright-speech-local"]),
    (
        "callwright",
        &[
            "callwright-compliance",
            "callwright-core",
            "callwright-dialplan",
            "callwright-media",
            "callwright-prompts",
            "callwright-sim",
            "callwright-speech-local",
            "callwright-store",
            "callwright-understanding",
            "callwright-vendors",
        ],
    ),
    ("acceptance", &[]),
];

/// Crates that no runtime may come near, by themselves or through what they depend on.
const NO_RUNTIME: &[&str] = &["callwright-core", "callwright-compliance", "callwright-prompts"];

/// Packages that are a runtime, or bring IO with them.
const RUNTIMES: &[&str] =
    &["async-std", "axum", "futures-util", "hyper", "mio", "reqwest", "smol", "tokio"];

fn is_ours(name: &str) -> bool {
    name.starts_with("callwright")
}

#[test]
fn each_crate_depends_on_exactly_those_of_ours_that_it_may() {
    let packages = packages();
    let listed: BTreeSet<&str> = MAY.iter().map(|(name, _)| *name).collect();
    let there: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(there, listed, "left: the workspace; right: the table `MAY` of this test");
    let mut wrong = Vec::new();
    for (name, may) in MAY {
        let needs = &packages[*name].needs;
        let needs: BTreeSet<&str> =
            needs.iter().map(String::as_str).filter(|n| is_ours(n)).collect();
        let may: BTreeSet<&str> = may.iter().copied().collect();
        for extra in needs.difference(&may) {
            wrong.push(format!("{name} depends on {extra} and may not"));
        }
        for unused in may.difference(&needs) {
            wrong.push(format!("{name} may depend on {unused} and does not: strike it from `MAY`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn tests_of_a_crate_reach_no_further_than_its_code() {
    let packages = packages();
    let wrong: Vec<String> = MAY
        .iter()
        .filter(|(name, _)| *name != "acceptance")
        .flat_map(|(name, may)| {
            let extra = packages[*name].tests_need.iter();
            extra
                .filter(|n| is_ours(n) && n.as_str() != *name && !may.contains(&n.as_str()))
                .map(move |n| format!("the tests of {name} depend on {n}: they belong into tests/"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pure_crates_have_no_runtime_in_their_whole_tree() {
    let mut wrong = Vec::new();
    for name in NO_RUNTIME {
        let tree = tree(name);
        assert!(tree.len() > 1, "{name}: cargo knows no tree of it");
        for runtime in RUNTIMES.iter().filter(|runtime| tree.contains(**runtime)) {
            wrong.push(format!("{name} brings {runtime} with it"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn understanding_uses_no_runtime_itself() {
    // What it takes from dialplan is data: payers and menu maps. Dialplan's own client has a runtime.
    let needs = &packages()["callwright-understanding"].needs;
    let runtimes: Vec<_> = needs.iter().filter(|n| RUNTIMES.contains(&n.as_str())).collect();
    assert!(runtimes.is_empty(), "callwright-understanding depends on {runtimes:?}");
}

#[test]
fn the_dispatcher_is_a_pure_machine() {
    let files = common::files("dialplan/src/dispatcher");
    assert!(!files.is_empty(), "the dispatcher has moved: mend this test");
    for path in files {
        let text = read(&path);
        for word in ["tokio", "reqwest", "async fn", ".await"] {
            assert!(
                !text.contains(word),
                "{path}: `{word}` in the dispatcher, which is a pure machine"
            );
        }
    }
}

#[test]
fn privileges_are_held_by_those_that_deny_toml_names() {
    let deny: toml::Table = read("deny.toml").parse().expect("deny.toml is TOML");
    let rules = deny["bans"]["deny"].as_array().expect("bans.deny is a list");
    let packages = packages();
    let mut wrong = Vec::new();
    for rule in rules {
        let banned = rule["crate"].as_str().expect("a rule names a crate");
        let wrappers = rule.get("wrappers").and_then(toml::Value::as_array);
        let may: BTreeSet<&str> =
            wrappers.into_iter().flatten().filter_map(toml::Value::as_str).collect();
        let does: BTreeSet<&str> = packages
            .iter()
            .filter(|(_, p)| p.needs.iter().chain(&p.tests_need).any(|need| need == banned))
            .map(|(name, _)| name.as_str())
            .collect();
        if may != does {
            wrong.push(format!("{banned}: deny.toml allows it to {may:?}; {does:?} depend on it"));
        }
    }
    assert!(rules.len() > 5, "deny.toml lost its rules");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_banned_is_not_in_the_lock_file() {
    let deny: toml::Table = read("deny.toml").parse().expect("deny.toml is TOML");
    let rules = deny["bans"]["deny"].as_array().expect("bans.deny is a list");
    let lock = locked();
    let banned = rules.iter().filter(|rule| rule.get("wrappers").is_none());
    for name in banned.filter_map(|rule| rule["crate"].as_str()) {
        assert!(!lock.contains(name), "{name} is banned and in Cargo.lock");
    }
}

#[test]
fn every_dependency_is_used() {
    let mut unused = Vec::new();
    for (name, package) in packages() {
        // The acceptance tests come and go; what they may use stands ready for them.
        if name == "acceptance" {
            continue;
        }
        let text = |folder: String| -> String {
            let files = common::files(&folder);
            let rust = files.iter().filter(|path| path.ends_with(".rs"));
            rust.map(|path| read(path)).collect()
        };
        let source = text(format!("{}/src", package.folder));
        let all = text(package.folder.clone());
        let in_source = package.needs.iter().map(|need| (need, &source));
        let anywhere = package.tests_need.iter().map(|need| (need, &all));
        for (need, text) in in_source.chain(anywhere) {
            if !text.contains(&need.replace('-', "_")) {
                unused.push(format!("{name}: {need}"));
            }
        }
    }
    assert!(unused.is_empty(), "Nothing uses these:\n{}", unused.join("\n"));
}

#[test]
fn every_dependency_has_its_reason() {
    let workspace: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let all = workspace["workspace"]["dependencies"].as_table().expect("there are dependencies");
    let all: BTreeSet<&str> = all.keys().map(String::as_str).filter(|n| !is_ours(n)).collect();
    let rows = common::table(&read("docs/ARCHITECTURE.md"), "Package");
    let names = rows.iter().flat_map(|row| row[0].split(", "));
    // What stands in brackets behind a name is a remark.
    let named: BTreeSet<&str> = names.filter_map(|name| name.split(' ').next()).collect();
    assert_eq!(all, named, "left: Cargo.toml; right: docs/ARCHITECTURE.md, Dependencies");
}

/// The names in the lock file.
fn locked() -> BTreeSet<String> {
    let lock: toml::Table = read("Cargo.lock").parse().expect("Cargo.lock is TOML");
    let packages = lock["package"].as_array().expect("there are packages");
    let name = |package: &toml::Value| package["name"].as_str().expect("it has a name").to_owned();
    packages.iter().map(name).collect()
}

/// All that a package of ours brings with it into a build on this machine.
fn tree(name: &str) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--package", name])
        .current_dir(root())
        .output()
        .expect("cargo runs, for it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}
