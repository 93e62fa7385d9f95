//! A result as CSV (RFC 4180): a header, then one row for each answer and each open question, with CRLF at each row's end.
//!
//! | column | what stands there |
//! |---|---|
//! | `request` | the request's id. Patient and member id are left out: who may see them finds them by it |
//! | `practice`, `payer`, `questions` | their names |
//! | `field`, `title` | the question's name for programs and for people |
//! | `status` | `answered`; `not_given` where the representative had no answer; `unanswered` |
//! | `value` | the answer in its canonical form, as `1500.00`, `20`, `2026-01-01`, `yes`, `ppo` |
//! | `words` | the same for people, as `$1,500.00` |
//! | `confidence` | how sure the recogniser was of the words, 0 to 1 |
//! | `read_back`, `recorded` | `yes` or `no`: it was read back and confirmed; there is a recording of it |
//! | `call`, `utterance`, `from_ms`, `to_ms` | where it was heard |
//!
//! A cell that a spreadsheet would take for a formula gets an apostrophe in front: one that begins with `=`, `+`, `-`, `@`, a tab or
//! a line end, or with a wide form of those signs (OWASP, *CSV Injection*).

use callwright_compliance::{Phi, PhiString};

use super::document::{Answer, Document, Open};

/// The header.
const COLUMNS: [&str; 16] = [
    "request",
    "practice",
    "payer",
    "questions",
    "field",
    "title",
    "status",
    "value",
    "words",
    "confidence",
    "read_back",
    "recorded",
    "call",
    "utterance",
    "from_ms",
    "to_ms",
];

/// The table.
pub(super) fn render(document: &Document) -> PhiString {
    let mut text = String::new();
    row(&mut text, COLUMNS);
    let others = document.representative.iter().chain(&document.reference);
    for answer in document.answers.iter().chain(others) {
        answered(&mut text, document, answer);
    }
    for open in &document.open {
        unanswered(&mut text, document, open);
    }
    Phi::new(text)
}

fn about(document: &Document) -> [&str; 4] {
    [document.request.as_str(), &document.practice, &document.payer.name, &document.questions]
}

fn answered(text: &mut String, document: &Document, answer: &Answer) {
    let [request, practice, payer, questions] = about(document);
    let from = &answer.evidence;
    row(
        text,
        [
            request,
            practice,
            payer,
            questions,
            answer.name(),
            &answer.title,
            "answered",
            answer.text(),
            &answer.reading().words(answer.term.share),
            &format!("{:.2}", from.confidence),
            yes_no(from.read_back),
            yes_no(from.evidenced),
            from.call.as_str(),
            &from.utterance.to_string(),
            &from.from_ms.to_string(),
            &from.to_ms.to_string(),
        ],
    );
}

fn unanswered(text: &mut String, document: &Document, open: &Open) {
    let [request, practice, payer, questions] = about(document);
    let status = if open.asked { "not_given" } else { "unanswered" };
    let mut cells = [""; COLUMNS.len()];
    let known = [request, practice, payer, questions, &open.name, &open.title, status];
    for (cell, known) in cells.iter_mut().zip(known) {
        *cell = known;
    }
    row(text, cells);
}

const fn yes_no(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn row(text: &mut String, cells: [&str; COLUMNS.len()]) {
    for (at, each) in cells.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        cell(text, each);
    }
    text.push_str("\r\n");
}

/// One cell, in quotes where its text would end it.
fn cell(text: &mut String, value: &str) {
    let guard = if is_formula(value) { "'" } else { "" };
    let in_quotes = value.contains([',', '"', '\r', '\n']);
    let quote = if in_quotes { "\"" } else { "" };
    text.push_str(quote);
    text.push_str(guard);
    for each in value.chars() {
        if each == '"' {
            text.push('"');
        }
        text.push(each);
    }
    text.push_str(quote);
}

/// Whether a spreadsheet would take a cell for a formula.
fn is_formula(value: &str) -> bool {
    value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use callwright_compliance::Purpose;
    use proptest::prelude::*;

    use super::*;
    use crate::results::made_up;

    /// Reads RFC 4180: written for this test, from the grammar in the RFC's section 2.
    fn parse(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
        let mut quoted = false;
        let mut chars = text.chars().peekable();
        while let Some(next) = chars.next() {
            match next {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !quoted => {
                    assert_eq!(chars.next(), Some('\n'), "a row ends with CRLF");
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                '\n' if !quoted => panic!("a bare line feed"),
                other => cell.push(other),
            }
        }
        assert!(!quoted && cell.is_empty() && row.is_empty(), "the last row ends, too");
        rows
    }

    fn rows(document: &Document) -> Vec<Vec<String>> {
        parse(render(document).expose(Purpose::Compare))
    }

    fn column(rows: &[Vec<String>], name: &str, field: &str) -> String {
        let at = |name| COLUMNS.iter().position(|column| *column == name).unwrap();
        let row = rows.iter().find(|row| row[at("field")] == field).unwrap();
        row[at(name)].clone()
    }

    #[test]
    fn each_answer_and_each_open_question_is_a_row() {
        let rows = rows(&made_up::partial());
        assert_eq!(rows[0], COLUMNS);
        assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
        assert_eq!(column(&rows, "value", "deductible_individual"), "1500.00");
        assert_eq!(column(&rows, "words", "deductible_individual"), "$1,500.00");
        assert_eq!(column(&rows, "words", "coinsurance"), "Patient pays 20%, plan 80%");
        assert_eq!(column(&rows, "read_back", "reference_number"), "yes");
        assert_eq!(column(&rows, "status", "prior_authorization"), "unanswered");
        assert_eq!(column(&rows, "status", "specialist_copay"), "not_given");
        assert_eq!(column(&rows, "value", "prior_authorization"), "");
    }

    #[test]
    fn the_patient_is_named_nowhere() {
        let document = made_up::complete();
        let text = render(&document);
        let text = text.expose(Purpose::Compare);
        for hidden in [made_up::NAME, made_up::BORN, made_up::MEMBER] {
            assert!(!text.contains(hidden));
        }
    }

    #[test]
    fn a_cell_that_would_be_a_formula_is_none() {
        for (value, want) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r\n=1", "\"'\r\n=1\""),
            ("＝1", "'＝1"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
            ("1=1", "1=1"),
            ("", ""),
        ] {
            let mut text = String::new();
            cell(&mut text, value);
            assert_eq!(text, want);
        }
    }

    proptest! {
        #[test]
        fn every_value_comes_back_and_none_is_a_formula(value in r#"[-=+@\t\r\n"', a-zé]{0,12}|.{0,40}"#) {
            let document = made_up::answered("reference_number", &value);
            let back = column(&rows(&document), "value", "reference_number");
            prop_assert!(!is_formula(&back));
            let unguarded = if is_formula(&value) { back.strip_prefix('\'') } else { Some(&*back) };
            prop_assert_eq!(unguarded, Some(&*value));
        }
    }
}
