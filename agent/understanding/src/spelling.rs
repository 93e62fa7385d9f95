//! Tables of spellings: acronyms, compounds, contractions, and words that recognisers write in more than one way.
//!
//! Data only; `normal` applies it. Words of no meaning ("um") have an empty spelling.

/// Spelled letters that are one word when they stand together.
pub(crate) const ACRONYMS: &[(&[&str], &str)] = &[
    (&["h", "d", "h", "p"], "hdhp"),
    (&["c", "o", "b"], "cob"),
    (&["d", "o", "b"], "dob"),
    (&["d", "o", "s"], "dos"),
    (&["e", "p", "o"], "epo"),
    (&["h", "m", "o"], "hmo"),
    (&["h", "s", "a"], "hsa"),
    (&["n", "p", "i"], "npi"),
    (&["p", "c", "p"], "pcp"),
    (&["p", "o", "s"], "pos"),
    (&["p", "p", "o"], "ppo"),
    (&["s", "s", "n"], "ssn"),
    (&["t", "i", "n"], "tin"),
    (&["a", "i"], "ai"),
    (&["i", "d"], "id"),
    (&["o", "k"], "ok"),
];

/// Compounds and recognition slips that become one word. Longer ones first.
pub(crate) const COMPOUNDS: &[(&[&str], &str)] = &[
    (&["co", "pay"], "copay"),
    (&["co", "pays"], "copay"),
    (&["co", "payment"], "copay"),
    (&["coal", "pay"], "copay"),
    (&["co", "insurance"], "coinsurance"),
    (&["coin", "insurance"], "coinsurance"),
    (&["pre", "authorization"], "preauthorization"),
    (&["pre", "certification"], "precertification"),
    (&["pre", "cert"], "precertification"),
    (&["good", "goodbye"], "goodbye"),
    (&["goodbye", "goodbye"], "goodbye"),
    (&["bite", "wing"], "bitewing"),
    (&["bite", "wings"], "bitewings"),
    (&["voice", "mail"], "voicemail"),
    (&["mail", "box"], "mailbox"),
    (&["call", "back"], "callback"),
    (&["birth", "date"], "birthdate"),
    (&["birth", "day"], "birthday"),
    (&["chat", "bot"], "chatbot"),
    (&["per", "cent"], "percent"),
    (&["no", "longer"], "nolonger"),
    (&["can", "not"], "cannot"),
    (&["all", "right"], "alright"),
];

/// One word for another, where recognisers and dialects differ only in spelling.
pub(crate) const SPELLINGS: &[(&str, &str)] = &[
    ("authorisation", "authorization"),
    ("bye", "goodbye"),
    ("bucks", "dollars"),
    ("copayment", "copay"),
    ("copays", "copay"),
    ("deductable", "deductible"),
    ("deductibles", "deductible"),
    ("mic", "mike"),
    ("okay", "ok"),
    ("out-of-pocket", "out of pocket"),
    ("prior-authorization", "prior authorization"),
    ("recognise", "recognize"),
    ("uhhuh", "uh-huh"),
    ("um", ""),
    ("umm", ""),
    ("uh", ""),
    ("uhm", ""),
    ("er", ""),
    ("erm", ""),
    ("hm", ""),
    ("hmm", ""),
];

/// What a contraction stands for.
pub(crate) const CONTRACTIONS: &[(&str, &str)] = &[
    ("ain't", "is not"),
    ("can't", "cannot"),
    ("won't", "will not"),
    ("shan't", "shall not"),
    ("let's", "let us"),
    ("it's", "it is"),
    ("that's", "that is"),
    ("what's", "what is"),
    ("who's", "who is"),
    ("there's", "there is"),
    ("here's", "here is"),
    ("where's", "where is"),
    ("how's", "how is"),
    ("he's", "he is"),
    ("she's", "she is"),
    ("gonna", "going to"),
    ("wanna", "want to"),
    ("lemme", "let me"),
    ("gimme", "give me"),
];

/// Endings of contractions, tried after the whole words above.
pub(crate) const ENDINGS: &[(&str, &str)] = &[
    ("n't", "not"),
    ("'re", "are"),
    ("'ve", "have"),
    ("'ll", "will"),
    ("'m", "am"),
    ("'d", "would"),
];
