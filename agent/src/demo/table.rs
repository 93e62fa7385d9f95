//! What the demo prints when the call is over: answers with their evidence, latency, who saw what, and where the files lie.

use std::path::Path;

use callwright_sim::Scenario;

use super::show::stamp;
use crate::dialler::Attempt;
use crate::dialler::result::{CallResult, FieldResult};

/// A line, and what sort of line it is.
pub(super) enum Line {
    Head(String),
    Row(String),
    Good(String),
    Bad(String),
}

/// An answer that is not what the scenario's payer said.
pub(super) struct Wrong {
    field: String,
    /// Whether there is an answer at all.
    answered: bool,
}

/// Holds the answers against what the scenario's payer knows. Only a simulated payer can be checked like this.
pub(super) fn wrong_answers(scenario: &Scenario, result: &CallResult) -> Vec<Wrong> {
    let expected = &scenario.expected;
    let same = |got: Option<&FieldResult>, wanted: &str| {
        got.is_some_and(|field| field.value.eq_ignore_ascii_case(wanted))
    };
    let wrong = |field: &str, got: Option<&FieldResult>| Wrong {
        field: field.to_owned(),
        answered: got.is_some(),
    };
    let mut found: Vec<Wrong> = expected
        .fields
        .iter()
        .filter(|(name, wanted)| !same(result.fields.get(*name), wanted))
        .map(|(name, _)| wrong(name, result.fields.get(name)))
        .collect();
    let others = [
        ("representative", &expected.representative, &result.representative),
        ("reference_number", &expected.reference_number, &result.reference_number),
    ];
    for (name, wanted, got) in others {
        if wanted.as_ref().is_some_and(|wanted| !same(got.as_ref(), wanted)) {
            found.push(wrong(name, got.as_ref()));
        }
    }
    found
}

/// Whether a field's value may identify somebody, judged by its name and form.
fn covered(name: &str, value: &str, show_phi: bool) -> String {
    let identifies = matches!(name, "representative" | "reference_number")
        || value.len() == 10 && value.as_bytes().get(4) == Some(&b'-');
    if identifies && !show_phi { "•••".to_owned() } else { value.to_owned() }
}

fn row(name: &str, field: &FieldResult, show_phi: bool) -> Line {
    let at = |ms: u32| format!("{}.{}", stamp(u64::from(ms)), ms / 100 % 10);
    let evidence = &field.evidence;
    let heard = format!("{}–{}", at(evidence.from_ms), at(evidence.to_ms));
    let value = covered(name, &field.value, show_phi);
    let read_back = if field.read_back { "yes" } else { "–" };
    Line::Row(format!(
        "   {name:<24} {value:<20} {heard:<17} #{:<4} {:>5.2}   {read_back}",
        evidence.utterance, field.confidence
    ))
}

/// Everything, line by line.
pub(super) fn lines(
    attempt: &Attempt,
    wrong: &[Wrong],
    show_phi: bool,
    folder: &Path,
) -> Vec<Line> {
    let result = &attempt.result;
    let mut lines = vec![Line::Row(String::new())];
    let head = format!("{} in {}", result.outcome, stamp(result.length_ms));
    lines.push(Line::Head(format!(" RESULT    {head}")));
    lines.push(Line::Head(format!(
        "   {:<24} {:<20} {:<17} {:<5} {:>5}   {}",
        "field", "value", "heard at", "utt.", "sure", "read back"
    )));
    for (name, field) in &result.fields {
        lines.push(row(name, field, show_phi));
    }
    let others = [
        ("representative", &result.representative),
        ("reference_number", &result.reference_number),
    ];
    for (name, field) in others {
        if let Some(field) = field {
            lines.push(row(name, field, show_phi));
        }
    }
    for name in &result.missing {
        lines.push(Line::Bad(format!("   {name:<24} not answered")));
    }
    lines.push(verdict(wrong));
    latency(result, &mut lines);
    egress(result, &mut lines);
    files(attempt, folder, &mut lines);
    lines
}

fn verdict(wrong: &[Wrong]) -> Line {
    if wrong.is_empty() {
        return Line::Good("   Every answer is what the simulated representative said.".to_owned());
    }
    let names = wrong.iter().map(|wrong| {
        format!("{} ({})", wrong.field, if wrong.answered { "wrong" } else { "missing" })
    });
    Line::Bad(format!("   Not what was said: {}.", names.collect::<Vec<_>>().join(", ")))
}

fn latency(result: &CallResult, lines: &mut Vec<Line>) {
    lines.push(Line::Row(String::new()));
    lines.push(Line::Head(
        " LATENCY   of a reply, by stage (ms)        median      most   times".to_owned(),
    ));
    for stage in &result.latency {
        let ms = |us: u64| us as f64 / 1_000.0;
        lines.push(Line::Row(format!(
            "   {:<38} {:>8.1}  {:>8.1}   {:>5}",
            stage.stage.title(),
            ms(stage.p50_us),
            ms(stage.max_us),
            stage.count
        )));
    }
}

fn egress(result: &CallResult, lines: &mut Vec<Line>) {
    lines.push(Line::Row(String::new()));
    lines.push(Line::Head(" WHO SAW WHAT".to_owned()));
    for total in &result.egress {
        lines.push(Line::Row(format!(
            "   {:<32} {:>9} bytes  {}",
            total.recipient,
            total.bytes,
            total.fields.join(", ")
        )));
    }
    let none = result.known_identifiers_to_model.is_empty();
    let text = "   Patient identifiers that reached the language model: ";
    lines.push(if none {
        Line::Good(format!("{text}none"))
    } else {
        Line::Bad(format!("{text}{}", result.known_identifiers_to_model.join(", ")))
    });
}

fn files(attempt: &Attempt, folder: &Path, lines: &mut Vec<Line>) {
    lines.push(Line::Row(String::new()));
    lines.push(Line::Head(" FILES".to_owned()));
    let call = &attempt.folder;
    let each = [
        ("recording (left: payer, right: agent)", call.join("recording.wav")),
        ("journal, without patient data", call.join("journal.jsonl")),
        ("words of the far end", call.join("words.jsonl")),
        ("what vendors were sent and answered", call.join("vendors.jsonl")),
        ("result", call.join("result.json")),
        ("the same as a page to print", call.join("result.html")),
        ("the same as FHIR", call.join("result.fhir.json")),
        ("the same as a table", call.join("result.csv")),
        ("the simulated carrier's own log", call.join("carrier")),
        ("the program's log", folder.join("log.jsonl")),
    ];
    for (what, path) in each {
        if path.exists() {
            lines.push(Line::Row(format!("   {what:<40} {}", path.display())));
        }
    }
    let journal = call.join("journal.jsonl");
    lines.push(Line::Row(format!("   Replay it: callwright replay {}", journal.display())));
}
