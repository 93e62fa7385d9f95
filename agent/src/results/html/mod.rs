//! A result as one page to read and to print: who, what was answered and where it can be heard, what is open, and what the page is not.
//!
//! The page needs nothing but itself: no script, no picture, no font, no address. It is laid out for one sheet, Letter or A4.

mod page;

use callwright_compliance::{Phi, PhiString, PhoneNumber};
use jiff::Timestamp;

pub(super) use page::Page;

use super::document::{Answer, Call, Document, Outcome, shown};
use super::ending;
use super::terms::Group;

const STYLE: &str = include_str!("page.css");

/// The page.
pub(super) fn render(document: &Document) -> PhiString {
    let mut page = Page::default();
    page.raw("<!doctype html>\n<html lang=\"en-US\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"referrer\" content=\"no-referrer\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    page.element("<title>Insurance verification: ", &document.payer.name, "</title>\n");
    page.raw("<style>\n");
    page.raw(STYLE);
    page.raw("</style>\n</head>\n");
    page.raw(match document.outcome {
        Outcome::Complete => "<body class=\"complete\">\n",
        Outcome::Partial => "<body class=\"partial\">\n",
        Outcome::Failed => "<body class=\"failed\">\n",
    });
    header(&mut page, document);
    cards(&mut page, document);
    table(&mut page, document);
    open(&mut page, document);
    footer(&mut page, document);
    page.raw("</body>\n</html>\n");
    Phi::new(page.into_text())
}

fn header(page: &mut Page, document: &Document) {
    page.raw("<header>\n<div><p class=\"kind\">Insurance verification</p>");
    page.element("<h1>", &document.questions, "</h1></div>\n<div class=\"verdict\">");
    let (answered, required) = (document.required_answered(), document.required);
    let verdict = match document.outcome {
        Outcome::Complete => "Complete".to_owned(),
        Outcome::Partial => format!("Partial: {answered} of {required}"),
        Outcome::Failed => "Not verified".to_owned(),
    };
    page.element("<span class=\"badge\">", &verdict, "</span>");
    page.element("<p>Written ", &time(document, document.written_at), "</p></div>\n</header>\n");
    if document.is_made_up() {
        page.raw("<p class=\"made-up\">The patient on this page is made up: a test or a demonstration.</p>\n");
    }
}

fn cards(page: &mut Page, document: &Document) {
    let patient = &document.patient;
    page.raw("<div class=\"cards\">\n");
    page.element("<div><h2>Patient</h2><p class=\"who\">", shown(&patient.name), "</p><dl>");
    fact(page, "Born", Some(day(shown(&patient.date_of_birth))));
    fact(page, "Member ID", Some(shown(&patient.member_id)));
    fact(page, "Group", patient.group_number.as_ref().map(shown));
    fact(page, "Relationship", Some(shown(&patient.relationship)));
    fact(page, "Date of service", patient.date_of_service.as_ref().map(|on| day(shown(on))));
    page.raw("</dl></div>\n");
    page.element("<div><h2>Payer</h2><p class=\"who\">", &document.payer.name, "</p><dl>");
    let last = document.calls.last();
    fact(page, "Called", last.map(|call| number(&call.number)).as_deref());
    fact(page, "For", Some(&document.practice));
    let other_name = document.provider.name != document.practice;
    fact(page, "Provider", other_name.then_some(&document.provider.name));
    fact(page, "NPI", Some(&document.provider.npi));
    page.raw("</dl></div>\n<div><h2>Reference number</h2>");
    let reference = document.reference.as_ref().map_or("none given", Answer::text);
    page.element("<p class=\"who\">", reference, "</p><dl>");
    let person = document.representative.as_ref().map_or("no name given", Answer::text);
    fact(page, "Representative", Some(&capital(person)));
    fact(page, "Call", last.map(|call| time(document, call.began_at)).as_deref());
    fact(page, "Length", last.and_then(length).as_deref());
    let calls = document.calls.len();
    fact(page, "Calls", (calls > 1).then(|| calls.to_string()).as_deref());
    page.raw("</dl></div>\n</div>\n");
}

/// A line of a card; nothing where there is nothing to say.
fn fact(page: &mut Page, what: &'static str, value: Option<impl AsRef<str>>) {
    if let Some(value) = value {
        page.raw("<dt>");
        page.raw(what);
        page.element("</dt><dd>", value.as_ref(), "</dd>");
    }
}

fn table(page: &mut Page, document: &Document) {
    if document.answers.is_empty() {
        return;
    }
    page.raw("<table>\n<thead><tr><th scope=\"col\">Benefit</th><th scope=\"col\">Answer</th>");
    page.raw("<th scope=\"col\">Heard at</th><th scope=\"col\" class=\"sure\">Sure</th>");
    page.raw("<th scope=\"col\">Read back</th></tr></thead>\n");
    for group in Group::ALL {
        let of_group = |answer: &&Answer| answer.term.group == group;
        let mut answers = document.answers.iter().filter(of_group).peekable();
        if answers.peek().is_some() {
            page.raw("<tbody>\n<tr><th colspan=\"5\" scope=\"rowgroup\">");
            page.raw(group.title());
            page.raw("</th></tr>\n");
            answers.for_each(|answer| row(page, document, answer));
            page.raw("</tbody>\n");
        }
    }
    page.raw("</table>\n");
}

fn row(page: &mut Page, document: &Document, answer: &Answer) {
    page.element("<tr><th scope=\"row\">", &answer.title, "</th>");
    let words = answer.reading().words(answer.term.share);
    page.element("<td class=\"answer\">", &words, "</td>");
    page.element("<td class=\"soft\">", &heard(document, answer), "</td>");
    let sure = format!("{:.0}%", answer.evidence.confidence * 100.0);
    page.element("<td class=\"soft sure\">", &sure, "</td><td class=\"soft\">");
    page.raw(if answer.evidence.read_back { "yes" } else { "–" });
    page.raw("</td></tr>\n");
}

/// Where in the recordings an answer is heard.
fn heard(document: &Document, answer: &Answer) -> String {
    let from = &answer.evidence;
    if !from.evidenced {
        return "not recorded".to_owned();
    }
    let span = format!("{}–{}", clock(from.from_ms), clock(from.to_ms));
    match document.call_number(answer) {
        Some(call) if document.calls.len() > 1 => format!("call {call}, {span}"),
        Some(_) | None => span,
    }
}

fn open(page: &mut Page, document: &Document) {
    if document.open.is_empty() && document.ended_by.is_none() {
        return;
    }
    page.raw("<section class=\"open\">\n<h2>Still open</h2>\n");
    if let Some(ended) = &document.ended_by {
        page.raw("<p>");
        page.raw(ending::words(ended));
        if document.goes_on {
            page.raw(" Another call will be placed.");
        }
        page.raw("</p>\n");
    }
    if !document.open.is_empty() {
        page.raw("<ul>\n");
        for open in &document.open {
            page.element("<li>", &open.title, "");
            page.raw(if open.asked {
                ": the representative had no answer</li>\n"
            } else {
                "</li>\n"
            });
        }
        page.raw("</ul>\n");
    }
    page.raw("</section>\n");
}

fn footer(page: &mut Page, document: &Document) {
    page.raw("<footer>\n<p><strong>This is not a guarantee of payment.</strong> It is what the payer's representative said by ");
    page.raw("telephone at the time of the call. What is paid is decided by the plan's terms when a claim is made. ");
    page.raw("Times are minutes and seconds of the call's recording; “sure” is how certain the speech recognition was. Clock times are the payer's.</p>\n");
    let told = document.calls.iter().rev().find_map(|call| call.told.as_ref());
    if let Some(told) = told
        && let Some(first) = told.disclosures.first()
    {
        page.element(
            "<p>Announced as an automated, recorded call, proven at ",
            &clock(first.proven_ms),
            " after the call was placed.",
        );
        page.raw(if told.recording_objected {
            " Somebody on the line objected to being recorded: from there on nothing is.</p>\n"
        } else {
            "</p>\n"
        });
    }
    page.element("<p>callwright · request ", document.request.as_str(), "");
    for call in &document.calls {
        page.element(" · call ", &call.id, "");
    }
    page.raw("</p>\n</footer>\n");
}

/// `1:57`.
fn clock(ms: u64) -> String {
    format!("{}:{:02}", ms / 60_000, ms / 1_000 % 60)
}

/// The payer's time.
fn time(document: &Document, at: Timestamp) -> String {
    let local = at.to_zoned(document.payer.zone.clone());
    local.strftime("%b %-d, %Y, %-I:%M %p %Z").to_string()
}

fn length(call: &Call) -> Option<String> {
    let length = call.ended_at?.duration_since(call.began_at);
    let seconds = u64::try_from(length.as_secs()).ok()?;
    Some(format!("{} min {} s", seconds / 60, seconds % 60))
}

/// A day as people write it; what is none stays as it is.
fn day(text: &str) -> String {
    let date = text.parse::<jiff::civil::Date>();
    date.map_or_else(|_| text.to_owned(), |date| date.strftime("%b %-d, %Y").to_string())
}

/// `+18002000140` as `800-200-0140`.
fn number(number: &PhoneNumber) -> String {
    let digits: Vec<char> = number.e164().chars().filter(char::is_ascii_digit).collect();
    match digits.as_slice() {
        ['1', rest @ ..] if rest.len() == 10 => {
            let part = |from, to| rest.get(from..to).unwrap_or_default().iter().collect::<String>();
            format!("{}-{}-{}", part(0, 3), part(3, 6), part(6, 10))
        }
        _ => number.e164().to_owned(),
    }
}

/// A name as heard, with a capital.
fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests;
