//! `docs/compliance.md` against the source: a row for each rule, and nothing in it that is not so.

#[expect(dead_code, reason = "each test of the house uses a part of it")]
mod common;

use std::collections::BTreeMap;

use callwright_compliance::RuleId;
use common::{read, root, table};

const PAGE: &str = "docs/compliance.md";

/// One row: the cells after the rule's id.
struct Row {
    title: String,
    source: String,
    verified: String,
    applied: Vec<String>,
    proven: Vec<String>,
    left: String,
}

/// The rows by rule; what is wrong with the table itself goes into `wrong`.
fn rows(page: &str, wrong: &mut Vec<String>) -> BTreeMap<RuleId, Row> {
    let mut rows = BTreeMap::new();
    for cells in table(page, "Rule") {
        let Ok::<[String; 7], _>([id, title, source, verified, applied, proven, left]) =
            cells.clone().try_into()
        else {
            wrong.push(format!("a row has {} cells and not 7: {cells:?}", cells.len()));
            continue;
        };
        let Some(rule) = RuleId::ALL.iter().find(|rule| rule.name() == id) else {
            wrong.push(format!("there is no rule {id}"));
            continue;
        };
        let (applied, proven) = (codes(&applied), codes(&proven));
        if rows.insert(*rule, Row { title, source, verified, applied, proven, left }).is_some() {
            wrong.push(format!("{id} has two rows"));
        }
    }
    rows
}

/// Every stretch of code in a cell.
fn codes(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether `name` is a test of the source text: a function with a test's attribute right above it, or one of a `proptest!` block.
fn has_test(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begins = format!("fn {name}(");
    lines.iter().enumerate().any(|(at, line)| {
        let attributes = lines.get(at.saturating_sub(4)..at).unwrap_or_default();
        let above = attributes.iter().rev().take_while(|line| line.starts_with("#["));
        (line.starts_with(&begins) || line.starts_with(&format!("async {begins}")))
            && above.into_iter().any(|line| line.starts_with("#[test]") || line.contains("::test"))
    })
}

fn judge(rule: RuleId, row: &Row, wrong: &mut Vec<String>) {
    for (what, written, is) in [
        ("what it says", &row.title, rule.title().to_owned()),
        ("its source", &row.source, rule.source().to_owned()),
        ("the date", &row.verified, rule.verified_on().to_string()),
    ] {
        if *written != is {
            wrong.push(format!("{rule}: {what} is `{is}` in the source, here `{written}`"));
        }
    }
    for file in &row.applied {
        if !root().join(file).is_file() {
            wrong.push(format!("{rule} is applied in {file}, which is not there"));
        }
    }
    for test in &row.proven {
        let Some((file, name)) = test.split_once("::") else {
            wrong.push(format!("{rule}: `{test}` is not path::test"));
            continue;
        };
        if !root().join(file).is_file() || !has_test(&read(file), name) {
            wrong.push(format!("{rule}: there is no test {test}"));
        }
    }
    for (what, is_empty) in [
        ("a file that applies it", row.applied.is_empty()),
        ("a test", row.proven.is_empty()),
        ("a word on what is left to counsel", row.left.is_empty()),
    ] {
        if is_empty {
            wrong.push(format!("{rule} lacks {what}"));
        }
    }
}

/// Everything that is wrong with the page.
fn findings(page: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let rows = rows(page, &mut wrong);
    for rule in RuleId::ALL {
        match rows.get(rule) {
            Some(row) => judge(*rule, row, &mut wrong),
            None => wrong.push(format!("{rule} has no row")),
        }
    }
    wrong
}

#[test]
fn every_rule_has_its_row_and_every_row_is_true() {
    let wrong = findings(&read(PAGE));
    assert!(wrong.is_empty(), "{PAGE}:\n{}", wrong.join("\n"));
}

#[test]
fn a_page_that_is_not_true_is_found_out() {
    let page = read(PAGE);
    let row = page.lines().find(|line| line.starts_with("| V1 |")).expect("V1 has a row");
    let test = codes(row).into_iter().find(|code| code.contains("::")).expect("it has a test");
    let (no_test, date) = (format!("{test}_not"), RuleId::N1.verified_on().to_string());
    for (from, to, found) in [
        (row, "", "V1 has no row"),
        ("| V1 |", "| V9 |", "there is no rule V9"),
        ("| V2 |", "| V1 |", "V1 has two rows"),
        (test.as_str(), no_test.as_str(), "there is no test"),
        (test.as_str(), "compliance/src/none.rs::none", "there is no test"),
        (RuleId::V1.title(), "Something else", "what it says"),
        (RuleId::V1.source(), "Something else", "its source"),
        (date.as_str(), "1999-01-01", "the date"),
    ] {
        let spoilt = page.replacen(from, to, 1);
        assert_ne!(spoilt, page, "{from} is not in the page");
        let wrong = findings(&spoilt);
        assert!(wrong.iter().any(|line| line.contains(found)), "{found}: {wrong:?}");
    }
}

#[test]
fn a_function_that_is_no_test_proves_nothing() {
    let text =
        "#[test]\nfn one() {}\nfn two() {}\n#[tokio::test]\nasync fn three() {}\n// fn four() {}\n";
    let found = ["one", "two", "three", "four"].map(|name| has_test(text, name));
    assert_eq!(found, [true, false, true, false]);
}
