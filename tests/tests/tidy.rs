//! The rules of the house that a reader of the source can check: forms, sizes, forbidden words, and that what is written about the
//! house is true of it. What the compiler or its lints can hold is left to them.

#[expect(dead_code, reason = "each test of the house uses a part of it")]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use common::source::{code, is_test, is_word, without_tests};
use common::{files, files_ending, first_code, packages, read, root, rust, table};

/// A file has one subject; at this size it has two.
const LINES_MAX: usize = 500;

/// The same for a file of tests: many cases of one subject are still one.
const LINES_MAX_TESTS: usize = 600;

/// Files that may be longer, each with its own bound and why.
const LONGER: &[(&str, usize, &str)] = &[];

/// The only files that read a clock.
const CLOCKS: &[&str] = &["agent/src/clock.rs", "sim/src/clock.rs"];

/// The one crate with `unsafe` in it.
const UNSAFE: &str = "agent/speech-local/";

/// The pinned counts of [`exits_of_patient_values_are_counted`].
const EXITS: &str = "tests/exits.toml";

/// Fails with all findings at once.
#[track_caller]
fn none(findings: &[String], rule: &str) {
    assert!(findings.is_empty(), "{rule}\n{}", findings.join("\n"));
}

/// The lines of `code` that `wanted` finds something in, as `path:line: what`.
fn find<'a>(path: &str, code: &'a str, wanted: impl Fn(&'a str) -> Option<&'a str>) -> Vec<String> {
    let lines = code.lines().enumerate();
    lines.filter_map(|(at, line)| Some(format!("{path}:{}: {}", at + 1, wanted(line)?))).collect()
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let after = rest.split_at(word.len()).1;
        !before.ends_with(is_word) && !after.starts_with(is_word)
    })
}

#[test]
fn every_rust_file_says_what_it_is() {
    let silent: Vec<String> = rust()
        .into_iter()
        .filter(|(_, text)| {
            let first = text.lines().next().unwrap_or_default();
            first.strip_prefix("//!").is_none_or(|words| words.trim().len() < 5)
        })
        .map(|(path, _)| path)
        .collect();
    none(&silent, "A Rust file opens with `//!` and what the module is. These do not:");
}

#[test]
fn every_crate_says_what_it_does_not_do() {
    let silent: Vec<String> = packages()
        .values()
        .map(|package| format!("{}/src/lib.rs", package.folder))
        .filter(|path| {
            let text = read(path);
            let doc: String = text.lines().filter(|line| line.starts_with("//!")).collect();
            !["not", "no ", "never", "nothing"].iter().any(|word| doc.contains(word))
        })
        .collect();
    none(&silent, "A crate's documentation says what it is and what it does not do. These do not:");
}

#[test]
fn files_have_one_subject() {
    let mut long = Vec::new();
    for (path, text) in rust() {
        let longer = LONGER.iter().find(|(name, ..)| *name == path);
        let usual = if is_test(&path) { LINES_MAX_TESTS } else { LINES_MAX };
        let max = longer.map_or(usual, |(_, max, _)| *max);
        let lines = text.lines().count();
        if lines > max {
            long.push(format!("{path}: {lines} lines, {max} may be"));
        }
        if longer.is_some() && lines <= usual {
            long.push(format!("{path}: {lines} lines; it needs its exemption no more"));
        }
    }
    none(&long, "Ask of each of these files what it is really two of:");
}

#[test]
fn nothing_is_left_open_in_the_code() {
    // Put together here, so that this file does not find itself.
    let marks = ["TO DO", "FIX ME", "XX X", "HA CK"].map(|mark| mark.replace(' ', ""));
    let macros = ["to do!", "un implemented!"].map(|name| name.replace(' ', ""));
    let mut open = Vec::new();
    for path in files_ending(&[".rs", ".toml", ".sh", ".sql", "Makefile", "Dockerfile", ".ci/run"])
    {
        // Compile-fail tests stand in for values that are never made.
        if path.contains("/tests/ui/") {
            continue;
        }
        let text = read(&path);
        open.extend(find(&path, &text, |line| {
            let is_open = marks.iter().any(|mark| has_word(line, mark))
                || macros.iter().any(|name| line.contains(name));
            is_open.then_some(line.trim())
        }));
    }
    none(&open, "What is not done stands in docs/ARCHITECTURE.md or in an issue, not in the code:");
}

#[test]
fn unsafe_code_is_in_one_crate() {
    let word = "un safe".replace(' ', "");
    let mut found = Vec::new();
    let mut expected = 0;
    for (path, text) in rust() {
        let code = code(&text);
        let here = find(&path, &code, |line| has_word(line, &word).then_some(line.trim()));
        if path.starts_with(UNSAFE) {
            expected += here.len();
        } else {
            found.extend(here);
        }
    }
    none(&found, "All of it is in agent/speech-local. These lines are elsewhere:");
    assert!(expected > 0, "none was found in agent/speech-local: the search is broken");
}

#[test]
fn clocks_are_read_in_two_files() {
    let reads = ["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now", ".elapsed()"];
    let mut found = Vec::new();
    let mut readers = BTreeSet::new();
    for (path, text) in rust() {
        let code = code(&text);
        let here = find(&path, &code, |line| {
            reads.iter().any(|read| line.contains(read)).then_some(line.trim())
        });
        if CLOCKS.contains(&path.as_str()) && !here.is_empty() {
            readers.insert(path);
        } else {
            found.extend(here);
        }
    }
    none(&found, "Time is an argument. Take it from the process's clock.rs; these lines read one:");
    assert_eq!(readers.len(), CLOCKS.len(), "of {CLOCKS:?} only {readers:?} read a clock");
}

#[test]
fn a_guard_is_never_optional() {
    let guards = ["Facts", "Gate", "GateRules", "KillSwitch", "Policy", "Register"];
    let mut found = Vec::new();
    for (path, text) in rust() {
        let code = code(&text);
        found.extend(find(&path, &code, |line| {
            // A function may answer that it has none. What is kept or passed on is there.
            let kept = line.split("-> Option<").next().unwrap_or_default();
            let optional = kept.split("Option<").skip(1).any(|rest| {
                let inner = rest.split(['>', '<', ',']).next().unwrap_or_default();
                let name = inner.rsplit([':', ' ', '&']).next().unwrap_or_default();
                guards.contains(&name)
            });
            optional.then_some(line.trim())
        }));
    }
    none(&found, "Without a policy the answer is no, not yes. A guard is there, or nothing works:");
}

#[test]
fn tests_have_no_back_door_into_compliance() {
    let mut found = Vec::new();
    for path in files("compliance/src") {
        let text = read(&path);
        let code = code(&text);
        let lines: Vec<&str> = code.lines().map(str::trim).collect();
        for (at, pair) in lines.windows(2).enumerate() {
            let gated = pair[0].starts_with("#[cfg(") && !pair[0].contains("unix");
            if gated && !pair[1].starts_with("mod ") {
                found.push(format!("{path}:{}: {}", at + 2, pair[1]));
            }
        }
    }
    assert!(
        !read("compliance/Cargo.toml").contains("[features]"),
        "compliance has features: a permit must not depend on how it was built"
    );
    none(&found, "A test gets a permit by giving good facts. These items exist for tests only:");
}

#[test]
fn exits_of_patient_values_are_counted() {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let folders: Vec<String> = packages().into_values().map(|package| package.folder).collect();
    for (path, text) in rust() {
        // The crate of a file is the deepest package around it.
        let around = folders.iter().filter(|folder| path.starts_with(&format!("{folder}/src/")));
        let Some(folder) = around.max_by_key(|folder| folder.len()) else {
            continue;
        };
        if is_test(&path) {
            continue;
        }
        let code = code(&text);
        let calls = without_tests(&code).split(".expose(").skip(1);
        // A credential's `expose()` states no purpose, and is no patient's value.
        let exits = calls.filter(|rest| !rest.starts_with(')')).count();
        if exits > 0 {
            *counts.entry(folder.clone()).or_default() += i64::try_from(exits).expect("few");
        }
    }
    assert!(!counts.is_empty(), "no exit was found at all: the search is broken");
    if std::env::var_os("UPDATE_EXITS").is_some() {
        std::fs::write(root().join(EXITS), exits_file(&counts)).expect("the table can be written");
    }
    let pinned: BTreeMap<String, i64> =
        toml::from_str(&read(EXITS)).expect("the table holds a count for each folder");
    assert_eq!(
        counts, pinned,
        "\nThe number of places where a patient's value leaves its wrapper has changed (left: found; right: {EXITS}).\n\
         Each is a place to review: is the purpose that it states true, and does the value go nowhere else?\n\
         When it is right, write the new numbers into {EXITS}, or have them written:\n    \
         UPDATE_EXITS=1 cargo test -p acceptance --test tidy exits\n"
    );
}

fn exits_file(counts: &BTreeMap<String, i64>) -> String {
    let mut out = String::from(
        "# How often each crate's code takes a value out of `Phi` (`.expose(` with a purpose), tests left out. A new exit is a change to\n\
         # review: the test `tidy` compares these numbers with the source, and says how to write them anew.\n",
    );
    for (folder, count) in counts {
        writeln!(out, "\"{folder}\" = {count}").expect("a string can be written to");
    }
    out
}

#[test]
fn no_fixture_is_dead() {
    let mut users = String::new();
    for path in files_ending(&[".rs", ".sh", "Makefile"]) {
        users.push_str(&read(&path));
    }
    let dead: Vec<String> = files("fixtures")
        .into_iter()
        .filter(|path| !path.ends_with("README.md"))
        .filter(|path| {
            // A fixture is named by its file, or by its own folder where it is one: fixtures/KIND/NAME/FILE.
            let parts: Vec<&str> = path.split('/').collect();
            let own = parts.iter().skip(2);
            !own.into_iter().any(|part| {
                let stem = part.split('.').next().unwrap_or(part);
                users.contains(part) || users.contains(&format!("\"{stem}\""))
            })
        })
        .collect();
    none(&dead, "Nothing reads these fixtures:");
}

#[test]
fn the_tables_of_rooms_are_true() {
    let folders: BTreeSet<String> = packages().into_values().map(|p| p.folder).collect();
    for page in ["README.md", "docs/ARCHITECTURE.md"] {
        let mut rooms = BTreeSet::new();
        for row in table(&read(page), "Room") {
            let folder = first_code(&row[0]).expect("a room is named by its folder");
            let folder = folder.trim_end_matches('/');
            assert!(root().join(folder).is_dir(), "{page}: there is no folder {folder}");
            rooms.insert(folder.to_owned());
            if page == "README.md" {
                let start = first_code(&row[2]).expect("a room has a file to start at");
                let start = format!("{folder}/{start}");
                assert!(root().join(&start).is_file(), "{page}: there is no file {start}");
            }
        }
        let missing: Vec<_> = folders.difference(&rooms).collect();
        assert!(missing.is_empty(), "{page}: its table of rooms lacks {missing:?}");
    }
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for path in files_ending(&[".md"]) {
        let text = read(&path);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            let outside = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            if !outside && !root().join(folder).join(file).exists() {
                dead.push(format!("{path}: {target}"));
            }
        }
    }
    none(&dead, "These links lead nowhere:");
}

#[test]
fn files_that_the_documents_name_exist() {
    let roots = ["agent/", "compliance/", "dialplan/", "docs/", "fixtures/", "media/", "prompts/"];
    let more = ["scripts/", "sim/", "store/", "tests/", "deploy/", ".ci/"];
    let folders: Vec<String> = packages().into_values().map(|package| package.folder).collect();
    let mut gone = Vec::new();
    for path in files_ending(&[".md"]) {
        let text = read(&path);
        // Every second piece between back-ticks is code; fenced blocks come out as pieces with line ends in them.
        for name in text.split('`').filter(|piece| !piece.contains(char::is_whitespace)) {
            let ours = roots.iter().chain(&more).any(|root| name.starts_with(root));
            let plain = !name.contains(['*', '{', '<', '…', ':']);
            let there = |folder: &str| root().join(folder).join(name).exists();
            // In the table of rooms a file is named from its room.
            if ours && plain && !there("") && !folders.iter().any(|folder| there(folder)) {
                gone.push(format!("{path}: `{name}`"));
            }
        }
    }
    none(&gone, "The documents name files that are not there:");
}

#[test]
fn functions_that_the_documents_name_exist() {
    let source: String = rust().into_iter().map(|(_, text)| text).collect();
    let mut gone = Vec::new();
    for path in files_ending(&[".md"]) {
        for name in read(&path).split('`') {
            let Some((owner, function)) = name.rsplit_once("::") else {
                continue;
            };
            let is_function = function.starts_with(char::is_lowercase)
                && owner.chars().chain(function.chars()).all(|c| is_word(c) || c == ':');
            if is_function && !source.contains(&format!("fn {function}")) {
                gone.push(format!("{path}: `{name}`"));
            }
        }
    }
    none(&gone, "The documents name functions that are not there:");
}

#[test]
fn one_version_of_rust_is_named_everywhere() {
    let toolchain: toml::Table = read("rust-toolchain.toml").parse().expect("it is TOML");
    let channel = toolchain["toolchain"]["channel"].as_str().expect("it pins a channel");
    let workspace: toml::Table = read("Cargo.toml").parse().expect("it is TOML");
    let oldest = workspace["workspace"]["package"]["rust-version"].as_str().expect("it is given");
    assert!(channel.starts_with(oldest), "Cargo.toml says {oldest}, the toolchain is {channel}");
    for line in [format!("FROM rust:{channel}-"), format!("RUSTUP_TOOLCHAIN={channel}\n")] {
        assert!(read("Dockerfile").contains(&line), "the Dockerfile lacks `{}`", line.trim());
    }
}

#[test]
fn the_blanking_of_source_finds_code_only() {
    let text = "let a = \"x.expose(\"; // b\nlet c = r#\"un\"safe\"#; /* d /* e */ f */ 'g' &'h i '\\'' b\"j\" k";
    let blank = code(text);
    assert_eq!(blank.lines().count(), 2);
    let words: Vec<&str> = blank.split_whitespace().collect();
    assert_eq!(words, ["let", "a", "=", ";", "let", "c", "=", ";", "&'h", "i", "k"]);
}
