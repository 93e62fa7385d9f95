//! An explanation for people: the verdict, what refuses and how to mend it, then what is content.

use std::io;

use callwright_compliance::{CallClass, PayerId, TenantId};

use super::super::output::Out;
use super::report::{Explanation, Outcome, RuleRow, Verdict, review};

pub(super) fn print(explanation: &Explanation, out: &mut Out) -> io::Result<()> {
    head(explanation, out)?;
    if !explanation.missing.is_empty() {
        out.line("\nMissing")?;
    }
    for missing in &explanation.missing {
        out.line(format_args!("  {}", missing.what))?;
        out.line(format_args!("    -> {}", missing.mend))?;
    }
    section("Refused by", Outcome::Refused, explanation, out)?;
    section("Kept while the call runs", Outcome::Obliged, explanation, out)?;
    section("Content", Outcome::Passed, explanation, out)?;
    section("Not for this class of call", Outcome::NotApplicable, explanation, out)?;
    section("Not asked", Outcome::NotJudged, explanation, out)?;
    if !explanation.assumed.is_empty() {
        out.line("\nAssumed")?;
    }
    for assumed in &explanation.assumed {
        out.line(format_args!("  {assumed}"))?;
    }
    if let Some(warning) = review(&explanation.rules) {
        out.line(format_args!("\nwarn: {warning}"))?;
    }
    Ok(())
}

fn head(explanation: &Explanation, out: &mut Out) -> io::Result<()> {
    let class = match explanation.class {
        CallClass::Payer => "payer",
        CallClass::Test => "test",
        CallClass::Patient => "patient",
    };
    let to = explanation.to.as_deref().unwrap_or("what is no number");
    out.line(match explanation.verdict {
        Verdict::Permitted => {
            format!("PERMITTED: a {class} call to {to} at {} may be placed", explanation.at)
        }
        Verdict::Refused => {
            let refusing = |row: &&RuleRow| row.outcome == Outcome::Refused;
            let rules: Vec<&str> =
                explanation.rules.iter().filter(refusing).map(|row| row.rule.name()).collect();
            let by = if rules.is_empty() { "what is missing".to_owned() } else { rules.join(", ") };
            format!("REFUSED by {by}: a {class} call to {to} at {}", explanation.at)
        }
    })?;
    let known = |name: &str, id: Option<&str>| format!("{name} {}", id.unwrap_or("not known"));
    out.line(format_args!(
        "  {}, {}, policy {}",
        known("practice", explanation.practice.as_ref().map(TenantId::as_str)),
        known("payer", explanation.payer.as_ref().map(PayerId::as_str)),
        explanation.policy,
    ))
}

fn section(
    title: &str,
    outcome: Outcome,
    explanation: &Explanation,
    out: &mut Out,
) -> io::Result<()> {
    let mut rows = explanation.rules.iter().filter(|row| row.outcome == outcome).peekable();
    if rows.peek().is_some() {
        out.line(format_args!("\n{title}"))?;
    }
    for row in rows {
        out.line(format_args!("  {:<3} {}", row.rule.name(), row.title))?;
        for reason in &row.reasons {
            out.line(format_args!("      {}", reason.why))?;
            out.line(format_args!("      -> {}", reason.mend))?;
        }
        out.line(format_args!("      source: {}; read {}", row.source, row.verified_on))?;
    }
    Ok(())
}
