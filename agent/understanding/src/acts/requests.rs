//! What a representative may ask us for, by noun; and the words that make a noun a request.

use callwright_core::DataItem::{
    CallbackNumber, CallerName, DateOfService, GroupNumber, MemberId, Npi, PatientDateOfBirth,
    PatientName, ProviderAddress, ProviderName, ReasonForCall, Relationship, Ssn, TaxId,
};

use super::Sense::{self, Asks, Item, Request, Statement};

pub(super) const TABLE: &[(Sense, &[&str])] = &[
    (
        Request,
        &[
            "may|can|could|might i|we ?please ?just ?also ?go ?ahead ?and have|get|verify|confirm|ask|take",
            "what is|was|are|were",
            "what your|the",
            "i|we ?will|would|am|just|also|still ?going ?to ?also ?just need|require",
            "please|can|could|would|will|to|just ?you ?please ?just verify|confirm|provide|give|tell|spell|repeat|share|state|say",
            "^ ?and ?ok ?thank ?you verify|confirm|provide|give|tell|spell|repeat",
            "do you have",
            "you have the|a|their|your|his|her",
            "go ahead with|and",
            "start|begin with",
            "looking for",
            "let me get|have|verify|confirm",
            "get|have your|the|a|their",
            "and|also your|the|a|their|his|her|patients|patient|members|member",
            "not get|catch|hear|understand",
            "again|please $",
        ],
    ),
    (
        Asks(CallerName),
        &[
            "who am i speaking|talking",
            "who is calling|this|speaking",
            "with whom am i",
            "whom am i speaking",
            "who do i have",
            "who i am speaking|talking",
        ],
    ),
    (
        Asks(ProviderName),
        &[
            "where are you calling from",
            "what|which ?providers ?doctors office|practice|provider|facility|clinic|company|doctor|group *2 calling|are|is|with",
            "who are you ?calling with|on|from|for|calling",
            "what is your practice|facility|office|clinic|organization|company",
            "calling on behalf of whom|who",
        ],
    ),
    (
        Asks(ReasonForCall),
        &[
            "what is this|it|the|your *2 regarding|about|concerning|in|regards|reason",
            "what are you calling about|for|regarding",
            "why are you calling",
            "reason|purpose for|of ?the|your|todays ?todays call|calling",
            "calling about|for|regarding today $",
            "is this|it ?call for|about|regarding|in *2 claim|claims|benefits|eligibility|authorization",
        ],
    ),
    (
        Asks(Relationship),
        &[
            "relationship to|with ?the",
            "is|was the|this|she|he ?patient|member the|a ?primary subscriber|policyholder|policy|dependent|primary|spouse",
            "who is the ?primary subscriber|policyholder|policy",
            "patients|patient relationship",
        ],
    ),
    (
        Item(MemberId),
        &[
            "member|members|subscriber|subscribers|policy|patient|patients|insurance|identification|card|medicaid|plan ?identification id|number|identification ?number",
            "id number",
            "the|their|his|her|an|that id",
            "member id",
            "^ id",
            "id card",
            "id again|please",
        ],
    ),
    (
        Item(PatientDateOfBirth),
        &[
            "date of birth",
            "date birth",
            "dob",
            "birthdate",
            "birthday",
            "dates of birth",
            "day of birth",
            "date of berth",
        ],
    ),
    (
        Item(PatientName),
        &[
            "patient|patients|member|members|subscriber|subscribers ?first|last|full ?and ?last ?first name",
            "name of|for|on|and the|your|this ?date ?of ?the ?birth patient|member|subscriber|account|insured|file|policy",
            "patient|patients|members|member first|last|full",
            "who is the patient|member",
            "the first|last ?and ?last name",
            "patient you are calling",
        ],
    ),
    (
        Item(ProviderName),
        &[
            "name of ?your|the ?doctors ?dental ?medical ?treating ?billing ?rendering practice|provider|office|facility|clinic|doctor|physician|group|company|hospital|organization",
            "practice|practices|provider|providers|facility|office|clinic|doctors|doctor|physician|company|group|hospital|business|rendering ?first|last name",
            "name of where",
        ],
    ),
    (
        Item(CallerName),
        &[
            "your ?first|last|full ?and|name ?last|first ?initial name|names",
            "caller|callers name",
            "your first|last ?name|initial",
            "your name",
        ],
    ),
    (
        Item(Npi),
        &[
            "npi ?number",
            "national provider ?identifier|id|identification|number",
            "mpi|npr|n number",
            "provider id|identifier ?number",
        ],
    ),
    (
        Item(TaxId),
        &[
            "tax id ?number",
            "tax identification ?number",
            "taxpayer id|identification ?number",
            "tin ?number",
            "tax number",
            "federal tax|id ?id ?number",
            "taxi|text|tax id|d",
        ],
    ),
    (
        Item(CallbackNumber),
        &[
            "callback ?phone|telephone|contact number",
            "phone|telephone|contact|best|good|return number ?to ?reach ?for",
            "number ?where ?that ?to i|we|reach|call ?can ?could ?you reach|call|back|you",
            "number in case *6 disconnected",
            "callback in|number",
        ],
    ),
    (
        Item(DateOfService),
        &[
            "date|dates of service",
            "service date|dates",
            "dos",
            "date of ?the ?your appointment|visit",
            "appointment date",
        ],
    ),
    (Item(GroupNumber), &["group number|id|identification"]),
    (
        Item(Ssn),
        &[
            "social security ?number",
            "last four ?digits ?of ?the|their|her|his social|ssn",
            "ssn",
            "the|their|his|her social",
        ],
    ),
    (
        Item(ProviderAddress),
        &[
            "your|practice|office|provider|providers|facility|service|billing|mailing|street|physical address",
            "zip code",
            "address of ?the|your *2 practice|office|provider|facility",
        ],
    ),
    (
        Statement,
        &[
            "number|id|birth|name|npi is not|invalid|incorrect|wrong|valid",
            "i have|see|found|show|got the|that|your|her|his|their",
            "thank you for ?providing|the|that",
        ],
    ),
];
