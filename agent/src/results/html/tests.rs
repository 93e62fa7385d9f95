//! The page: what stands on it, and that nothing which was heard becomes markup.

use callwright_compliance::Purpose;
use proptest::prelude::*;

use super::*;
use crate::results::made_up;

fn text(document: &Document) -> String {
    render(document).expose(Purpose::Compare).clone()
}

/// The tags of a page, in order: `td`, `/td`; a `<` that begins none is told as it is.
fn tags(page: &str) -> Vec<String> {
    let starts = page.split('<').skip(1);
    let name = |rest: &str| rest.chars().take_while(|c| !matches!(c, ' ' | '>')).collect();
    starts.map(name).collect()
}

/// What stands between a row's title and its end.
fn row(page: &str, title: &str) -> String {
    let rest = page.split_once(&format!("<th scope=\"row\">{title}</th>")).unwrap().1;
    rest.split_once("</tr>").unwrap().0.to_owned()
}

#[test]
fn a_complete_page_says_who_what_and_where_it_is_heard() {
    let page = text(&made_up::complete());
    for wanted in [
        "<span class=\"badge\">Complete</span>",
        made_up::NAME,
        "Apr 12, 1985",
        made_up::MEMBER,
        "Acme Health",
        "800-200-0140",
        "Riverside Family Medicine",
        "749025",
        "Jessica",
        "Nov 20, 2026, 10:31 AM EST",
        "3 min 1 s",
        "not a guarantee of payment",
        "proven at 0:48",
        "The patient on this page is made up",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert!(!page.contains("Still open"));
    let row = row(&page, "Individual deductible met");
    for wanted in ["$400.00", "2:06–2:09", "94%", "yes"] {
        assert!(row.contains(wanted), "{wanted}: {row}");
    }
}

#[test]
fn groups_stand_in_their_order_with_their_rows() {
    let page = text(&made_up::complete());
    let at = |wanted: &str| page.find(wanted).unwrap_or_else(|| panic!("{wanted}"));
    let places = [
        at(">Coverage<"),
        at("Plan type"),
        at("Deductibles and maximums"),
        at("Individual out-of-pocket met"),
        at("Co-pay and coinsurance"),
        at("Patient pays 20%, plan 80%"),
        at(">Rules<"),
        at("Prior authorization required"),
    ];
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn a_partial_page_says_what_is_open_and_which_call_is_meant() {
    let page = text(&made_up::partial());
    for wanted in [
        "Partial: 8 of 10",
        "Still open",
        "The payer's side hung up. Another call will be placed.",
        "<li>Prior authorization required</li>",
        "<li>Specialist co-pay: the representative had no answer</li>",
        "objected to being recorded",
        "call 2, 2:12–2:16",
        "G-4711",
        "Dec 1, 2026",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert!(row(&page, "Coinsurance, the patient&#39;s share").contains("not recorded"));
}

#[test]
fn a_failed_page_has_no_table_and_no_invented_values() {
    let page = text(&made_up::failed());
    for wanted in ["Not verified", "Nobody answered.", "none given", "No name given"] {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert!(!page.contains("<table") && !page.contains("Announced as"));
}

#[test]
fn the_page_asks_nobody_for_anything() {
    for page in [text(&made_up::complete()), text(&made_up::partial()), text(&made_up::failed())] {
        for bad in
            ["<script", "<img", "<link", "<iframe", "http:", "https:", "url(", "@import", "//"]
        {
            assert!(!page.contains(bad), "{bad}");
        }
    }
}

#[test]
fn every_tag_is_closed() {
    const VOID: [&str; 2] = ["meta", "!doctype"];
    for page in [text(&made_up::complete()), text(&made_up::partial()), text(&made_up::failed())] {
        let mut open: Vec<String> = Vec::new();
        for tag in tags(&page) {
            match tag.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop().as_deref(), Some(closed)),
                None if VOID.contains(&tag.as_str()) => {}
                None => open.push(tag),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn numbers_and_times_are_written_for_people() {
    let us = PhoneNumber::parse_e164("+18002000140").unwrap();
    assert_eq!(number(&us), "800-200-0140");
    assert_eq!(clock(117_999), "1:57");
    assert_eq!(clock(3_600_000), "60:00");
    assert_eq!(day("2026-02-30"), "2026-02-30");
    assert_eq!(capital("jessica"), "Jessica");
    assert_eq!(capital(""), "");
}

proptest! {
    #[test]
    fn no_value_changes_the_tags(value in r#"[<>&"'/a-z=!-]{1,24}|\PC{1,24}"#, field in 0..4_usize) {
        let field = ["plan_type", "coverage_status", "reference_number", "representative"][field];
        let usual = text(&made_up::complete());
        let odd = text(&made_up::answered(field, &value));
        prop_assert_eq!(tags(&odd), tags(&usual));
    }
}
