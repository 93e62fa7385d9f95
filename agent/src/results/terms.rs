//! What a field means: where it stands on a page, and which benefit it is to FHIR.
//!
//! One table, by the field's name in the question sets. A field that is not in it is told by its kind: an amount, a number or a text
//! under its own title, with no code. So a new question is shown at once, and a code is added when somebody has looked it up.
//!
//! It knows no FHIR form and no layout.

use callwright_prompts::{QuestionSet, ValueKind};

/// A section of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Coverage,
    Amounts,
    Shares,
    Frequencies,
    Other,
}

impl Group {
    /// All, in the order of the page.
    pub(super) const ALL: [Group; 5] =
        [Group::Coverage, Group::Amounts, Group::Shares, Group::Frequencies, Group::Other];

    /// Its heading.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Group::Coverage => "Coverage",
            Group::Amounts => "Deductibles and maximums",
            Group::Shares => "Co-pay and coinsurance",
            Group::Frequencies => "Frequencies and waiting periods",
            Group::Other => "Rules",
        }
    }
}

/// Whose part of the cost a percentage is. Mixing the two up is the commonest error in written-down benefits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    Patient,
    Plan,
}

/// What a benefit is for: the plan as a whole, or one sort of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Plan,
    SpecialistVisit,
}

/// A sort of benefit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Maximum,
    Deductible,
    OutOfPocket,
    SpecialistCopay,
    Coinsurance,
    /// None that HL7 has a code for.
    Other,
}

/// Which side of a benefit a value is: what is allowed, or how much of that is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Allowed,
    Used,
}

/// A benefit and the side of it that a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Benefit {
    pub(super) service: Service,
    pub(super) sort: Sort,
    pub(super) side: Side,
    /// In network, where the question says so.
    pub(super) in_network: bool,
    /// For the patient alone, not the family.
    pub(super) individual: bool,
    pub(super) term: Span,
}

/// For how long a benefit is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Unsaid,
    Year,
}

/// What a field is to FHIR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Whether the coverage is in force: `active` or not.
    InForce,
    /// The day on which it began.
    Begins,
    /// The day on which it ends.
    Ends,
    /// The type of plan.
    PlanType,
    /// A benefit.
    Benefit(Benefit),
    /// Whether an authorization is needed first.
    Authorization,
    /// The payer's number of an authorization that was given.
    AuthorizationNumber,
    /// None that has a code.
    Plain,
}

/// A field's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) group: Group,
    pub(super) meaning: Meaning,
    /// Whose share a percentage is, where that is known.
    pub(super) share: Option<Share>,
}

const fn field(group: Group, meaning: Meaning) -> Term {
    Term { group, meaning, share: None }
}

const fn amount(sort: Sort, side: Side) -> Benefit {
    let (in_network, individual) = (false, true);
    Benefit { service: Service::Plan, sort, side, in_network, individual, term: Span::Year }
}

const fn allowed(service: Service, sort: Sort) -> Benefit {
    let (side, in_network, individual) = (Side::Allowed, false, false);
    Benefit { service, sort, side, in_network, individual, term: Span::Unsaid }
}

const fn amounts(benefit: Benefit) -> Term {
    field(Group::Amounts, Meaning::Benefit(benefit))
}

const fn percent(service: Service, share: Share) -> Term {
    let meaning = Meaning::Benefit(allowed(service, Sort::Coinsurance));
    Term { group: Group::Shares, meaning, share: Some(share) }
}

/// The fields of the question sets.
const TERMS: &[(&str, Term)] = &[
    ("annual_maximum", amounts(amount(Sort::Maximum, Side::Allowed))),
    ("annual_maximum_remaining", field(Group::Amounts, Meaning::Plain)),
    ("annual_maximum_used", amounts(amount(Sort::Maximum, Side::Used))),
    ("authorization_number", field(Group::Other, Meaning::AuthorizationNumber)),
    ("basic_plan_pays", percent(Service::Plan, Share::Plan)),
    ("benefit_year", field(Group::Coverage, Meaning::Plain)),
    ("bitewing_frequency", field(Group::Frequencies, Meaning::Plain)),
    ("cleaning_frequency", field(Group::Frequencies, Meaning::Plain)),
    ("coinsurance", percent(Service::Plan, Share::Patient)),
    ("coverage_status", field(Group::Coverage, Meaning::InForce)),
    ("deductible_individual", amounts(amount(Sort::Deductible, Side::Allowed))),
    ("deductible_met", amounts(amount(Sort::Deductible, Side::Used))),
    ("deductible_on_preventive", field(Group::Other, Meaning::Plain)),
    ("effective_date", field(Group::Coverage, Meaning::Begins)),
    ("exam_frequency", field(Group::Frequencies, Meaning::Plain)),
    ("major_plan_pays", percent(Service::Plan, Share::Plan)),
    ("major_waiting_period", field(Group::Frequencies, Meaning::Plain)),
    ("missing_tooth_clause", field(Group::Other, Meaning::Plain)),
    ("orthodontics_plan_pays", percent(Service::Plan, Share::Plan)),
    ("out_of_pocket_max", amounts(amount(Sort::OutOfPocket, Side::Allowed))),
    ("out_of_pocket_met", amounts(amount(Sort::OutOfPocket, Side::Used))),
    ("plan_type", field(Group::Coverage, Meaning::PlanType)),
    ("preventive_plan_pays", percent(Service::Plan, Share::Plan)),
    ("prior_authorization", field(Group::Other, Meaning::Authorization)),
    (
        "specialist_copay",
        field(
            Group::Shares,
            Meaning::Benefit(allowed(Service::SpecialistVisit, Sort::SpecialistCopay)),
        ),
    ),
    ("termination_date", field(Group::Coverage, Meaning::Ends)),
];

/// What a field of a question set means, by its name, else by the kind of its values.
pub(super) fn term(name: &str, set: &QuestionSet) -> Term {
    let kind = set.by_name(name).map(|(_, question)| &question.kind);
    let mut term = known(name).unwrap_or_else(|| by_kind(kind));
    if let Meaning::Benefit(benefit) = &mut term.meaning {
        benefit.in_network = is_of_network(benefit.sort, set);
    }
    term
}

fn known(name: &str) -> Option<Term> {
    TERMS.iter().find(|(known, _)| *known == name).map(|(_, term)| *term)
}

/// Whether a set asks for this sort of benefit as it is in network: what is met of a limit is of the same network as the limit, and only
/// the limit's title says so.
fn is_of_network(sort: Sort, set: &QuestionSet) -> bool {
    let mut titled = set.fields.iter().filter(|question| question.title.contains("in network"));
    titled.any(|question| {
        let meaning = known(&question.name).map(|term| term.meaning);
        matches!(meaning, Some(Meaning::Benefit(benefit)) if benefit.sort == sort)
    })
}

fn by_kind(kind: Option<&ValueKind>) -> Term {
    let group = match kind {
        Some(ValueKind::Money) => Group::Amounts,
        Some(ValueKind::Percent | ValueKind::PlanShare) => Group::Shares,
        Some(ValueKind::Count | ValueKind::Frequency | ValueKind::Months) => Group::Frequencies,
        Some(
            ValueKind::YesNo
            | ValueKind::Date
            | ValueKind::Choice(_)
            | ValueKind::Name
            | ValueKind::Reference,
        )
        | None => Group::Other,
    };
    field(group, Meaning::Plain)
}

#[cfg(test)]
mod tests {
    use callwright_prompts::Pack;

    use super::*;

    #[test]
    fn every_question_of_the_pack_was_looked_up() {
        let pack = Pack::embedded().unwrap();
        let mut asked = 0;
        for field in
            pack.question_sets().filter_map(|id| pack.question_set(id)).flat_map(|set| &set.fields)
        {
            let known = TERMS.iter().any(|(name, _)| *name == field.name);
            assert!(
                known,
                "say in TERMS what {:?} means to FHIR, be it Meaning::Plain",
                field.name
            );
            asked += 1;
        }
        assert!(asked > 0);
        assert!(TERMS.is_sorted_by_key(|(name, _)| *name), "kept in order, each once");
    }
}
