//! Sentences of dental payers and the values they hold.

use callwright_core::Topic;
use callwright_prompts::spoken::Interval;

use crate::fixture::{Moment, dental, shown_of, topic_of};
use crate::value::{Frequency, Value};

/// Each row: what was asked, what was heard, and the values ("?" for unsure).
fn check(table: &[(&str, &str, &[&str])]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(asked, text, want)| {
            let got = shown_of(dental(), &Moment::asked_dental(asked).hear(text));
            (got != *want).then(|| format!("[{asked}] {text}\n    got  {got:?}\n    want {want:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_demonstration_call() {
    check(&[
        (
            "coverage_status",
            "the policy is active effective march first twenty twenty five it is a calendar year plan",
            &["coverage_status=active", "effective_date=2025-03-01", "benefit_year=calendar_year"],
        ),
        (
            "annual_maximum",
            "the annual maximum is one thousand five hundred dollars three hundred dollars has been used one thousand two hundred dollars is remaining",
            &[
                "annual_maximum=1500.00",
                "annual_maximum_used=300.00",
                "annual_maximum_remaining=1200.00",
            ],
        ),
        (
            "deductible_individual",
            "the individual deductible is fifty dollars and fifty dollars has been met it does not apply to preventive services",
            &["deductible_individual=50.00", "deductible_met=50.00", "deductible_on_preventive=no"],
        ),
        (
            "preventive_plan_pays",
            "preventive is covered at one hundred percent for basic services you pay twenty percent major and orthodontics are covered at fifty percent",
            &[
                "preventive_plan_pays=100",
                "basic_plan_pays=80?",
                "major_plan_pays=50",
                "orthodontics_plan_pays=50",
            ],
        ),
        (
            "preventive_plan_pays",
            "major is covered at fifty percent orthodontics are not covered",
            &["major_plan_pays=50", "orthodontics_plan_pays=0?"],
        ),
        (
            "cleaning_frequency",
            "a cleaning and an exam are covered two per calendar year bite wings are covered once every twelve months",
            &[
                "cleaning_frequency=2 per calendar year",
                "exam_frequency=2 per calendar year",
                "bitewing_frequency=1 per 12 months",
            ],
        ),
        (
            "major_waiting_period",
            "there is a twelve month waiting period for major services and there is a missing tooth clause",
            &["major_waiting_period=12 months", "missing_tooth_clause=yes"],
        ),
        (
            "missing_tooth_clause",
            "yes there is a missing tooth clause",
            &["missing_tooth_clause=yes"],
        ),
    ]);
}

#[test]
fn a_share_is_the_plans_only_when_the_words_say_so() {
    check(&[
        ("basic_plan_pays", "basic is covered at eighty percent", &["basic_plan_pays=80"]),
        ("basic_plan_pays", "the plan pays eighty percent", &["basic_plan_pays=80"]),
        ("basic_plan_pays", "you pay twenty percent", &["basic_plan_pays=80?"]),
        ("basic_plan_pays", "the patient pays twenty percent for basic", &["basic_plan_pays=80?"]),
        (
            "basic_plan_pays",
            "the member is responsible for twenty percent",
            &["basic_plan_pays=80?"],
        ),
        ("basic_plan_pays", "basic has a twenty percent coinsurance", &["basic_plan_pays=80?"]),
        ("basic_plan_pays", "eighty percent", &["basic_plan_pays=80?"]),
        ("basic_plan_pays", "basic is eighty percent", &["basic_plan_pays=80?"]),
        ("basic_plan_pays", "it is eighty twenty", &["basic_plan_pays=80?"]),
        (
            "basic_plan_pays",
            "basic is eighty twenty after the deductible",
            &["basic_plan_pays=80?"],
        ),
        ("basic_plan_pays", "80/20", &["basic_plan_pays=80?"]),
        (
            "",
            "the plan pays eighty percent for basic and the patient pays twenty percent",
            &["basic_plan_pays=80"],
        ),
        ("", "basic the plan pays eighty percent you pay twenty percent", &["basic_plan_pays=80"]),
        ("", "for basic we cover eighty percent", &["basic_plan_pays=80"]),
        ("", "we pay fifty percent for major services", &["major_plan_pays=50"]),
        ("", "Basic: 80%, major: 50%.", &["basic_plan_pays=80?", "major_plan_pays=50?"]),
        (
            "preventive_plan_pays",
            "preventive one hundred percent basic eighty percent major fifty percent",
            &["preventive_plan_pays=100?", "basic_plan_pays=80?", "major_plan_pays=50?"],
        ),
        (
            "preventive_plan_pays",
            "preventive one hundred basic eighty and major fifty",
            &["preventive_plan_pays=100?", "basic_plan_pays=80?", "major_plan_pays=50?"],
        ),
        (
            "preventive_plan_pays",
            "class one is covered at one hundred percent class two is covered at eighty percent",
            &["preventive_plan_pays=100", "basic_plan_pays=80"],
        ),
        (
            "",
            "basic and major are both covered at fifty percent",
            &["basic_plan_pays=50", "major_plan_pays=50"],
        ),
        ("major_plan_pays", "out of network major is covered at forty percent", &[]),
        (
            "preventive_plan_pays",
            "root canals are covered at eighty percent",
            &["preventive_plan_pays=80"],
        ),
    ]);
}

#[test]
fn a_class_without_a_deductible_is_not_a_plan_without_one() {
    check(&[
        (
            "preventive_plan_pays",
            "preventive is covered at one hundred percent no deductible",
            &["preventive_plan_pays=100", "deductible_on_preventive=no"],
        ),
        (
            "preventive_plan_pays",
            "covered at one hundred percent no deductible",
            &["preventive_plan_pays=100"],
        ),
        (
            "deductible_individual",
            "there is no deductible",
            &["deductible_individual=0.00?", "deductible_on_preventive=no?"],
        ),
        ("deductible_on_preventive", "no", &["deductible_on_preventive=no"]),
        ("deductible_on_preventive", "yes it does", &["deductible_on_preventive=yes"]),
        (
            "deductible_on_preventive",
            "it is waived for preventive",
            &["deductible_on_preventive=no"],
        ),
        (
            "deductible_on_preventive",
            "no the deductible is waived for preventive",
            &["deductible_on_preventive=no"],
        ),
        ("", "the deductible does not apply to preventive", &["deductible_on_preventive=no"]),
        ("", "preventive is subject to the deductible", &["deductible_on_preventive=yes"]),
        (
            "deductible_on_preventive",
            "it applies to basic and major only",
            &["deductible_on_preventive=no?"],
        ),
        (
            "deductible_individual",
            "it is a fifty dollar deductible and nothing has been met",
            &["deductible_individual=50.00", "deductible_met=0.00?"],
        ),
        ("deductible_individual", "the family deductible is one hundred fifty dollars", &[]),
    ]);
}

#[test]
fn a_maximum_is_whole_used_or_remaining() {
    check(&[
        ("", "the annual maximum is fifteen hundred dollars", &["annual_maximum=1500.00"]),
        ("annual_maximum", "two thousand per calendar year", &["annual_maximum=2000.00"]),
        (
            "annual_maximum",
            "it is two thousand dollars and five hundred has been used",
            &["annual_maximum=2000.00", "annual_maximum_used=500.00"],
        ),
        (
            "annual_maximum",
            "the maximum is $1,500 and $1,200 is remaining",
            &["annual_maximum=1500.00", "annual_maximum_remaining=1200.00"],
        ),
        (
            "annual_maximum",
            "the annual maximum is one thousand dollars and nothing has been used",
            &["annual_maximum=1000.00", "annual_maximum_used=0.00?"],
        ),
        ("annual_maximum_remaining", "nine hundred dollars", &["annual_maximum_remaining=900.00"]),
        ("annual_maximum", "the lifetime maximum for orthodontics is two thousand dollars", &[]),
    ]);
}

#[test]
fn frequencies_find_their_service() {
    check(&[
        ("cleaning_frequency", "two in a benefit year", &["cleaning_frequency=2 per benefit year"]),
        ("cleaning_frequency", "one every six months", &["cleaning_frequency=1 per 6 months"]),
        ("cleaning_frequency", "twice a year", &["cleaning_frequency=2 per year"]),
        ("cleaning_frequency", "two", &[]),
        ("", "two cleanings per calendar year", &["cleaning_frequency=2 per calendar year"]),
        (
            "",
            "two cleanings and two exams per year",
            &["cleaning_frequency=2 per year", "exam_frequency=2 per year"],
        ),
        (
            "cleaning_frequency",
            "cleanings, exams and bitewings are covered once every six months",
            &[
                "cleaning_frequency=1 per 6 months",
                "exam_frequency=1 per 6 months",
                "bitewing_frequency=1 per 6 months",
            ],
        ),
        (
            "cleaning_frequency",
            "cleanings are twice per calendar year and bitewings are once per calendar year",
            &["cleaning_frequency=2 per calendar year", "bitewing_frequency=1 per calendar year"],
        ),
        (
            "bitewing_frequency",
            "bite wings once every twelve months",
            &["bitewing_frequency=1 per 12 months"],
        ),
        (
            "bitewing_frequency",
            "one set of bite wings in twelve consecutive months",
            &["bitewing_frequency=1 per 12 months"],
        ),
        ("bitewing_frequency", "full mouth x rays are covered once every five years", &[]),
        ("exam_frequency", "fluoride is covered twice a year", &[]),
        ("exam_frequency", "Two oral exams per plan year.", &["exam_frequency=2 per benefit year"]),
        ("cleaning_frequency", "1 per 6 months", &["cleaning_frequency=1 per 6 months"]),
    ]);
}

#[test]
fn waits_and_clauses() {
    check(&[
        ("major_waiting_period", "no waiting period", &["major_waiting_period=none?"]),
        ("major_waiting_period", "there are no waiting periods", &["major_waiting_period=none?"]),
        ("major_waiting_period", "no waiting periods apply", &["major_waiting_period=none?"]),
        ("major_waiting_period", "twelve months", &["major_waiting_period=12 months"]),
        ("major_waiting_period", "it is one year", &["major_waiting_period=12 months"]),
        ("", "twelve month wait on major", &["major_waiting_period=12 months"]),
        (
            "",
            "there is a six month waiting period on major services",
            &["major_waiting_period=6 months"],
        ),
        ("", "there is a six month waiting period on basic", &[]),
        (
            "major_waiting_period",
            "no waiting period on basic and twelve months on major",
            &["major_waiting_period=12 months"],
        ),
        ("", "the waiting period has been waived", &["major_waiting_period=none?"]),
        ("missing_tooth_clause", "the missing tooth clause applies", &["missing_tooth_clause=yes"]),
        ("missing_tooth_clause", "missing tooth clause applies", &["missing_tooth_clause=yes"]),
        (
            "missing_tooth_clause",
            "no there is no missing tooth clause",
            &["missing_tooth_clause=no"],
        ),
        (
            "missing_tooth_clause",
            "the missing tooth clause does not apply",
            &["missing_tooth_clause=no"],
        ),
        ("missing_tooth_clause", "yes", &["missing_tooth_clause=yes"]),
        ("", "the plan does not have a missing tooth clause", &["missing_tooth_clause=no"]),
        (
            "deductible_on_preventive",
            "the missing tooth clause applies",
            &["missing_tooth_clause=yes"],
        ),
    ]);
}

#[test]
fn the_benefit_year_is_asked_for_or_named() {
    check(&[
        ("benefit_year", "it's a calendar year", &["benefit_year=calendar_year"]),
        ("benefit_year", "contract year", &["benefit_year=contract_year"]),
        ("benefit_year", "it runs on a plan year", &["benefit_year=contract_year"]),
        ("", "the benefit year runs january through december", &["benefit_year=calendar_year"]),
        (
            "annual_maximum",
            "fifteen hundred dollars per calendar year",
            &["annual_maximum=1500.00"],
        ),
        ("benefit_year", "two per calendar year", &[]),
    ]);
}

#[test]
fn a_share_that_two_sides_are_named_for_is_not_taken_for_the_wrong_one() {
    check(&[
        (
            "basic_plan_pays",
            "basic is covered with a twenty percent coinsurance",
            &["basic_plan_pays=80?"],
        ),
        (
            "basic_plan_pays",
            "your share for basic services is twenty percent by the plan",
            &["basic_plan_pays=80?"],
        ),
        (
            "basic_plan_pays",
            "the plan pays twenty percent is what the patient pays",
            &["basic_plan_pays=20?"],
        ),
        ("basic_plan_pays", "they pay twenty percent", &["basic_plan_pays=20?"]),
        (
            "basic_plan_pays",
            "the plan pays eighty percent and you pay twenty percent",
            &["basic_plan_pays=80"],
        ),
        (
            "basic_plan_pays",
            "you pay twenty percent the plan pays eighty percent",
            &["basic_plan_pays=80?"],
        ),
        (
            "basic_plan_pays",
            "the plan pays eighty percent and you pay thirty percent",
            &["basic_plan_pays=80?"],
        ),
        ("", "fifty percent is what the plan pays for major", &["major_plan_pays=50"]),
        ("major_plan_pays", "it's fifty fifty", &["major_plan_pays=50?"]),
    ]);
}

#[test]
fn each_class_in_a_breath_keeps_its_own_share() {
    check(&[
        (
            "preventive_plan_pays",
            "the plan pays one hundred percent for preventive eighty percent for basic and fifty percent for major",
            &["preventive_plan_pays=100?", "basic_plan_pays=80?", "major_plan_pays=50?"],
        ),
        (
            "preventive_plan_pays",
            "preventive is covered in full basic is covered at eighty percent",
            &["preventive_plan_pays=100?", "basic_plan_pays=80"],
        ),
        ("preventive_plan_pays", "you pay nothing for preventive", &["preventive_plan_pays=100?"]),
        (
            "basic_plan_pays",
            "basic is covered at eighty percent with no deductible",
            &["basic_plan_pays=80"],
        ),
        (
            "orthodontics_plan_pays",
            "no there is no coverage for orthodontics",
            &["orthodontics_plan_pays=0?"],
        ),
        ("orthodontics_plan_pays", "implants are not covered", &[]),
    ]);
}

#[test]
fn a_limit_in_effect_says_nothing_of_the_coverage() {
    check(&[
        ("major_waiting_period", "there is a waiting period in effect", &[]),
        (
            "missing_tooth_clause",
            "the missing tooth clause is in effect",
            &["missing_tooth_clause=yes"],
        ),
        (
            "major_waiting_period",
            "no waiting period and the missing tooth clause applies",
            &["major_waiting_period=none?", "missing_tooth_clause=yes"],
        ),
        (
            "major_waiting_period",
            "no waiting period and no missing tooth clause",
            &["major_waiting_period=none?", "missing_tooth_clause=no"],
        ),
        (
            "major_waiting_period",
            "no there is not",
            &["major_waiting_period=none?", "missing_tooth_clause=no?"],
        ),
        (
            "cleaning_frequency",
            "cleanings and exams are limited to two per contract year",
            &["cleaning_frequency=2 per benefit year", "exam_frequency=2 per benefit year"],
        ),
        ("exam_frequency", "limited exams are covered one per year", &[]),
    ]);
}

#[test]
fn what_does_not_add_up_is_read_back() {
    let text = "the annual maximum is fifteen hundred dollars three hundred has been used and one thousand is remaining";
    let heard = Moment::asked_dental("annual_maximum").hear(text);
    assert_eq!(
        shown_of(dental(), &heard),
        [
            "annual_maximum=1500.00?",
            "annual_maximum_used=300.00",
            "annual_maximum_remaining=1000.00?"
        ]
    );
}

fn known(asked: &str, known: &[(&str, Value)], text: &str) -> Vec<(Topic, Topic)> {
    let mut moment = Moment::asked_dental(asked);
    for (name, value) in known {
        moment.known.insert(topic_of(dental(), name), value.clone());
    }
    moment.hear(text).conflicts
}

#[test]
fn what_cannot_both_be_right_is_a_conflict() {
    let of = |name: &str| topic_of(dental(), name);
    let money = |dollars: u64| Value::Money { cents: dollars * 100 };
    let maximum = [("annual_maximum", money(1_500)), ("annual_maximum_used", money(300))];
    let left = "annual_maximum_remaining";
    assert_eq!(known(left, &maximum, "twelve hundred dollars is remaining"), []);
    assert_eq!(
        known(left, &maximum, "one thousand dollars is remaining"),
        [(of(left), of("annual_maximum"))]
    );
    let whole = [("annual_maximum", money(1_500))];
    assert_eq!(
        known(left, &whole, "two thousand dollars is remaining"),
        [(of(left), of("annual_maximum"))]
    );
    let plan = [("basic_plan_pays", Value::PlanShare(80))];
    let basic = (of("basic_plan_pays"), of("basic_plan_pays"));
    assert_eq!(known("", &plan, "for basic you pay eighty percent"), [basic]);
    assert_eq!(known("", &plan, "for basic you pay twenty percent"), []);
    let twice = Value::Frequency(Frequency { times: 2, every: Interval::CalendarYear });
    let cleaning = (of("cleaning_frequency"), of("cleaning_frequency"));
    let held = [("cleaning_frequency", twice)];
    assert_eq!(known("", &held, "cleanings are covered once every six months"), [cleaning]);
    assert_eq!(known("", &held, "cleanings are covered two per calendar year"), []);
}
