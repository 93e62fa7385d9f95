//! Typed tokens and the templates that hold them.
//!
//! A template is literal words and tokens in braces: `The member I D is {member_id}.` The list of tokens is closed, so
//! a sentence, whether from a pack or from a language model, can only name values this list knows. A brace that opens
//! or closes nothing, and an unknown token, refuse the whole template: nothing is ever spoken half filled in.
//!
//! This module does not know any value. Whoever speaks a template passes the values to [`Template::render`].

use std::fmt;

use callwright_compliance::egress::{Field, FieldSet};
use thiserror::Error;

/// A value that a template may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// The practice's registered name.
    Business,
    /// The practice's call-back number.
    CallbackNumber,
    /// The name of the practice's member of staff on whose behalf the call is made.
    CallerName,
    /// The date of service asked about.
    DateOfService,
    /// The plan's group number.
    GroupNumber,
    /// The value in hand: the one being read back or corrected.
    Heard,
    /// A value heard earlier in the call, by its kind and number: `{heard:id#3}`.
    HeardEarlier(HeardKind, u32),
    /// The member or subscriber id.
    MemberId,
    /// The national provider identifier.
    Npi,
    /// The patient's date of birth.
    PatientDateOfBirth,
    /// The patient's full name.
    PatientName,
    /// The practice's address.
    ProviderAddress,
    /// The practice's or provider's name.
    ProviderName,
    /// How the patient is related to the subscriber.
    Relationship,
    /// The provider's tax id.
    TaxId,
}

/// What sort of thing a [`Token::HeardEarlier`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeardKind {
    /// A date.
    Date,
    /// An identifier: a reference number, a member id.
    Id,
    /// A person's or a business's name.
    Name,
    /// A word spelled letter by letter.
    Spelling,
}

impl HeardKind {
    const ALL: [HeardKind; 4] =
        [HeardKind::Date, HeardKind::Id, HeardKind::Name, HeardKind::Spelling];

    fn name(self) -> &'static str {
        match self {
            HeardKind::Date => "date",
            HeardKind::Id => "id",
            HeardKind::Name => "name",
            HeardKind::Spelling => "spelling",
        }
    }
}

impl Token {
    /// Every token that has a plain name, in the order of the names.
    pub const NAMED: [Token; 14] = [
        Token::Business,
        Token::CallbackNumber,
        Token::CallerName,
        Token::DateOfService,
        Token::GroupNumber,
        Token::Heard,
        Token::MemberId,
        Token::Npi,
        Token::PatientDateOfBirth,
        Token::PatientName,
        Token::ProviderAddress,
        Token::ProviderName,
        Token::Relationship,
        Token::TaxId,
    ];

    /// The words between the braces.
    fn name(self) -> &'static str {
        match self {
            Token::Business => "business",
            Token::CallbackNumber => "callback_number",
            Token::CallerName => "caller_name",
            Token::DateOfService => "date_of_service",
            Token::GroupNumber => "group_number",
            Token::Heard | Token::HeardEarlier(..) => "heard",
            Token::MemberId => "member_id",
            Token::Npi => "npi",
            Token::PatientDateOfBirth => "patient_date_of_birth",
            Token::PatientName => "patient_name",
            Token::ProviderAddress => "provider_address",
            Token::ProviderName => "provider_name",
            Token::Relationship => "relationship",
            Token::TaxId => "tax_id",
        }
    }

    /// The token of these words, without braces.
    #[must_use]
    pub fn parse(name: &str) -> Option<Token> {
        if let Some(rest) = name.strip_prefix("heard:") {
            let (kind, number) = rest.split_once('#')?;
            let kind = HeardKind::ALL.into_iter().find(|each| each.name() == kind)?;
            let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            return plain
                .then(|| number.parse().ok())
                .flatten()
                .map(|n| Token::HeardEarlier(kind, n));
        }
        Token::NAMED.into_iter().find(|token| token.name() == name)
    }

    /// Whether the value is about the patient, or was heard from the far end and so may be. No fixed clip may hold one.
    #[must_use]
    pub fn is_about_patient(self) -> bool {
        match self {
            Token::DateOfService
            | Token::GroupNumber
            | Token::Heard
            | Token::HeardEarlier(..)
            | Token::MemberId
            | Token::PatientDateOfBirth
            | Token::PatientName
            | Token::Relationship => true,
            Token::Business
            | Token::CallbackNumber
            | Token::CallerName
            | Token::Npi
            | Token::ProviderAddress
            | Token::ProviderName
            | Token::TaxId => false,
        }
    }

    /// The field that a sentence with this token carries to whoever hears it (rules V2 and V3).
    #[must_use]
    pub fn field(self) -> Field {
        match self {
            Token::Business | Token::ProviderName => Field::ProviderName,
            Token::CallbackNumber => Field::CallbackNumber,
            Token::CallerName => Field::CallerName,
            Token::DateOfService => Field::DateOfService,
            Token::GroupNumber => Field::GroupNumber,
            Token::Heard | Token::HeardEarlier(..) => Field::HeardValue,
            Token::MemberId => Field::MemberId,
            Token::Npi => Field::Npi,
            Token::PatientDateOfBirth => Field::PatientDateOfBirth,
            Token::PatientName => Field::PatientName,
            Token::ProviderAddress => Field::ProviderAddress,
            Token::Relationship => Field::Relationship,
            Token::TaxId => Field::TaxId,
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Token::HeardEarlier(kind, number) = self {
            return write!(f, "{{heard:{}#{number}}}", kind.name());
        }
        write!(f, "{{{}}}", self.name())
    }
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words said as they stand.
    Literal(String),
    /// A value filled in where the words are spoken.
    Token(Token),
}

/// Why a text is no template. Whoever wrote the text is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// There is nothing to say in it.
    #[error("the sentence is empty")]
    Empty,
    /// A brace has no partner.
    #[error("a brace has no partner: write {{token}}")]
    Unbalanced,
    /// The name between the braces is none of the tokens. The name is not repeated: it may be anything a model wrote.
    #[error("an unknown token stands in braces: use one of {}", names())]
    UnknownToken,
}

fn names() -> String {
    Token::NAMED.map(|token| token.to_string()).join(" ")
}

/// Words and tokens, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`] where the text is empty, a brace has no partner, or a token is unknown.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(TemplateError::Empty);
        }
        while !rest.is_empty() {
            let (literal, after) = match rest.split_once('{') {
                Some((literal, after)) => (literal, Some(after)),
                None => (rest, None),
            };
            if literal.contains('}') {
                return Err(TemplateError::Unbalanced);
            }
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            let Some(after) = after else { break };
            let (name, tail) = after.split_once('}').ok_or(TemplateError::Unbalanced)?;
            if name.contains('{') {
                return Err(TemplateError::Unbalanced);
            }
            pieces.push(Piece::Token(Token::parse(name).ok_or(TemplateError::UnknownToken)?));
            rest = tail;
        }
        Ok(Template { pieces })
    }

    /// The parts, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The tokens in it, in order, repeats included.
    pub fn tokens(&self) -> impl Iterator<Item = Token> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Token(token) => Some(*token),
            Piece::Literal(_) => None,
        })
    }

    /// The fields that the sentence carries once it is filled in.
    #[must_use]
    pub fn carries(&self) -> FieldSet {
        self.tokens().map(Token::field).collect()
    }

    /// The sentence with each token replaced by the words `value` gives for it.
    ///
    /// # Errors
    /// The first token that `value` has no words for; nothing is spoken half filled in.
    pub fn render<F>(&self, mut value: F) -> Result<String, Token>
    where
        F: FnMut(Token) -> Option<String>,
    {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(words) => out.push_str(words),
                Piece::Token(token) => out.push_str(&value(*token).ok_or(*token)?),
            }
        }
        Ok(out)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(words) => f.write_str(words)?,
                Piece::Token(token) => write!(f, "{token}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_template_is_literals_and_tokens() {
        let template = Template::parse("The member I D is {member_id}.").unwrap();
        assert_eq!(
            template.pieces(),
            [
                Piece::Literal("The member I D is ".to_owned()),
                Piece::Token(Token::MemberId),
                Piece::Literal(".".to_owned()),
            ]
        );
        assert_eq!(template.carries(), [Field::MemberId].into_iter().collect());
        let said = template.render(|_| Some("four, seven".to_owned())).unwrap();
        assert_eq!(said, "The member I D is four, seven.");
    }

    #[test]
    fn a_value_heard_earlier_is_named_by_kind_and_number() {
        assert_eq!(Token::parse("heard:id#3"), Some(Token::HeardEarlier(HeardKind::Id, 3)));
        assert_eq!(Token::HeardEarlier(HeardKind::Date, 12).to_string(), "{heard:date#12}");
        for name in ["heard:", "heard:id", "heard:id#", "heard:id#+3", "heard:ssn#1", "heard:id#x"]
        {
            assert_eq!(Token::parse(name), None, "{name}");
        }
        assert_eq!(Token::parse("heard:id#99999999999"), None);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let table = [
            ("", TemplateError::Empty),
            ("   ", TemplateError::Empty),
            ("a {member_id", TemplateError::Unbalanced),
            ("a } b", TemplateError::Unbalanced),
            ("{{member_id}}", TemplateError::Unbalanced),
            ("{ssn}", TemplateError::UnknownToken),
            ("{Member_ID}", TemplateError::UnknownToken),
            ("{}", TemplateError::UnknownToken),
        ];
        for (text, error) in table {
            assert_eq!(Template::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_refusal_does_not_repeat_what_stood_in_the_braces() {
        let error = Template::parse("{maria lopez}").unwrap_err();
        assert!(!error.to_string().contains("maria"));
    }

    #[test]
    fn a_missing_value_leaves_nothing_half_said() {
        let template = Template::parse("{npi} and {tax_id}").unwrap();
        let said = template.render(|token| (token == Token::Npi).then(|| "one".to_owned()));
        assert_eq!(said, Err(Token::TaxId));
    }

    #[test]
    fn every_token_about_a_patient_carries_a_patients_or_a_heard_field() {
        for token in Token::NAMED {
            assert_eq!(Token::parse(token.name()), Some(token));
            let public = [
                Field::ProviderName,
                Field::ProviderAddress,
                Field::CallbackNumber,
                Field::CallerName,
                Field::Npi,
                Field::TaxId,
            ];
            assert_eq!(token.is_about_patient(), !public.contains(&token.field()), "{token}");
        }
    }

    proptest! {
        #[test]
        fn reading_and_writing_agree(
            words in "[a-zA-Z,.' ]{0,20}",
            places in proptest::collection::vec(0_usize..Token::NAMED.len(), 1..4),
        ) {
            let tokens: String = places.iter().map(|place| Token::NAMED[*place].to_string()).collect();
            let text = format!("x{words}{tokens}{words}x");
            let template = Template::parse(&text).unwrap();
            prop_assert_eq!(template.to_string(), text);
            prop_assert_eq!(template.tokens().count(), places.len());
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
            if let Ok(template) = Template::parse(&text) {
                prop_assert_eq!(template.to_string(), text.trim());
            }
        }
    }
}
