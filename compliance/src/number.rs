//! Telephone numbers that passed rule N1: the grammar of a number in the North American Numbering Plan and its refused exchanges.
//!
//! A [`PhoneNumber`] is printed masked; [`PhoneNumber::e164`] is the one exit. This module does not read what people type (that is
//! `dialplan::number::parse_human`), does not know area codes ([`crate::area_code`]) and does not say that a number may be dialled
//! ([`crate::decide()`]).

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::Digest;

/// Why a string is not a number that could be dialled (rule N1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NumberError {
    /// The string is not `+1` followed by ten digits of the plan's form. The string itself is not repeated.
    #[error(
        "not a number of the form +1NXXNXXXXXX (E.164, no spaces, no extension): write it as +1 and ten digits"
    )]
    Grammar,
    /// The exchange, digits five to seven, is one that is never dialled.
    #[error("the exchange is refused in every area code: {0}")]
    Exchange(RefusedExchange),
}

/// Exchanges that are never dialled, whatever the area code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusedExchange {
    /// `N11`: service codes such as 911 and 411.
    ServiceCode,
    /// `555`: directory assistance and fiction.
    Directory,
    /// `950`: carrier access.
    CarrierAccess,
    /// `958` and `959`: plant test lines.
    PlantTest,
    /// `976`: pay-per-call.
    PayPerCall,
}

impl fmt::Display for RefusedExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RefusedExchange::ServiceCode => "N11 service code",
            RefusedExchange::Directory => "555 directory assistance",
            RefusedExchange::CarrierAccess => "950 carrier access",
            RefusedExchange::PlantTest => "958 or 959 plant test",
            RefusedExchange::PayPerCall => "976 pay-per-call",
        })
    }
}

/// A number of the North American Numbering Plan, in E.164 form, whose grammar and exchange rule N1 accepts.
///
/// `Debug` and `Display` mask it (`+1 614 *** **34`). It does not serialise. It can be read from configuration (`Deserialize`),
/// through the same check.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber {
    e164: Box<str>,
    area_code: u16,
    exchange: u16,
}

impl PhoneNumber {
    /// Parses `+1NXXNXXXXXX` and nothing else: no spaces, separators, letters, extension or surrounding white space.
    ///
    /// # Errors
    /// [`NumberError::Grammar`] where the string has another form; [`NumberError::Exchange`] where the exchange is refused.
    pub fn parse_e164(text: &str) -> Result<PhoneNumber, NumberError> {
        let digits: &[u8; 10] = text
            .as_bytes()
            .strip_prefix(b"+1")
            .and_then(|rest| rest.try_into().ok())
            .ok_or(NumberError::Grammar)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(NumberError::Grammar);
        }
        // `N` is 2-9; an area code's second digit is not 9 (those are held for the plan's expansion).
        let [a, b, c, d, e, f, ..] = digits.map(|digit| digit - b'0');
        if a < 2 || b == 9 || d < 2 {
            return Err(NumberError::Grammar);
        }
        let three = |x: u8, y: u8, z: u8| u16::from(x) * 100 + u16::from(y) * 10 + u16::from(z);
        let exchange = three(d, e, f);
        if let Some(refused) = refused_exchange(exchange) {
            return Err(NumberError::Exchange(refused));
        }
        Ok(PhoneNumber { e164: text.into(), area_code: three(a, b, c), exchange })
    }

    /// The number in E.164 form. The one exit: searching for `.e164()` finds every use.
    #[must_use]
    pub const fn e164(&self) -> &str {
        &self.e164
    }

    /// The area code (NPA), the first three digits after the country code.
    #[must_use]
    pub const fn area_code(&self) -> u16 {
        self.area_code
    }

    /// The exchange (NXX), the three digits after the area code.
    #[must_use]
    pub const fn exchange(&self) -> u16 {
        self.exchange
    }

    /// Serialises a digest in place of the number, so that evidence which holds numbers can be digested without showing them.
    pub(crate) fn serialise_digest<S: Serializer>(
        number: &PhoneNumber,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Digest::of(number.e164.as_bytes()).serialize(serializer)
    }
}

/// The reason for which an exchange is refused, if it is.
const fn refused_exchange(exchange: u16) -> Option<RefusedExchange> {
    match exchange {
        555 => Some(RefusedExchange::Directory),
        950 => Some(RefusedExchange::CarrierAccess),
        958 | 959 => Some(RefusedExchange::PlantTest),
        976 => Some(RefusedExchange::PayPerCall),
        _ if exchange % 100 == 11 => Some(RefusedExchange::ServiceCode),
        _ => None,
    }
}

impl FromStr for PhoneNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<PhoneNumber, NumberError> {
        PhoneNumber::parse_e164(text)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last_two = self.e164.get(10..).unwrap_or("**");
        write!(f, "+1 {:03} *** **{last_two}", self.area_code)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({self})")
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PhoneNumber, D::Error> {
        let text = String::deserialize(deserializer)?;
        PhoneNumber::parse_e164(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use static_assertions::assert_not_impl_any;

    use super::*;

    assert_not_impl_any!(PhoneNumber: Serialize, AsRef<str>, std::ops::Deref);

    /// Strings that are no dialable number of the plan, each for one reason.
    const NOT_IN_FORM: [&str; 64] = [
        "",
        "+",
        "+1",
        " ",
        "911",
        "+1911",
        "112",
        "+1112",
        "933",
        "988",
        "+1988",
        "411",
        "211",
        "811",
        "0",
        "00",
        "12345",
        "741741",
        "6142000134",
        "16142000134",
        "+6142000134",
        "+1614200013",
        "+161420001345",
        "+1 6142000134",
        "+1 614 200 0134",
        "+1-614-200-0134",
        "+1(614)2000134",
        "+1.614.200.0134",
        " +16142000134",
        "+16142000134 ",
        "+16142000134\n",
        "\t+16142000134",
        "+16142000134\0",
        "+16142000134#",
        "+16142000134*",
        "+1614200013#",
        "*67+16142000134",
        "+16142000134,,1",
        "+16142000134;ext=5",
        "+16142000134w1",
        "+16142000134x5",
        "+16142000134p1",
        "tel:+16142000134",
        "sip:+16142000134@example.com",
        "+1614200013a",
        "+1CALLNOW000",
        "+1\u{ff16}142000134",
        "+1614200\u{0660}134",
        "\u{ff0b}16142000134",
        "0016142000134",
        "01116142000134",
        "+01614200013",
        "+442071838750",
        "+521555000000",
        "+11142000134",
        "+10142000134",
        "+16140000134",
        "+16141000134",
        "+16942000134",
        "+12902000134",
        "+19992000134",
        "++6142000134",
        "+1+142000134",
        "-16142000134",
    ];

    /// Numbers in form whose exchange is never dialled, in several area codes.
    const REFUSED_EXCHANGE: [(&str, RefusedExchange); 16] = [
        ("+16142110134", RefusedExchange::ServiceCode),
        ("+16143110134", RefusedExchange::ServiceCode),
        ("+16144110134", RefusedExchange::ServiceCode),
        ("+16145110134", RefusedExchange::ServiceCode),
        ("+16146110134", RefusedExchange::ServiceCode),
        ("+16147110134", RefusedExchange::ServiceCode),
        ("+16148110134", RefusedExchange::ServiceCode),
        ("+16149110134", RefusedExchange::ServiceCode),
        ("+18009110134", RefusedExchange::ServiceCode),
        ("+16145551212", RefusedExchange::Directory),
        ("+12125550100", RefusedExchange::Directory),
        ("+16149500134", RefusedExchange::CarrierAccess),
        ("+16149580134", RefusedExchange::PlantTest),
        ("+16149590134", RefusedExchange::PlantTest),
        ("+16149760134", RefusedExchange::PayPerCall),
        ("+18009760134", RefusedExchange::PayPerCall),
    ];

    #[test]
    fn n1_refuses_what_is_not_in_form() {
        for text in NOT_IN_FORM {
            assert_eq!(PhoneNumber::parse_e164(text), Err(NumberError::Grammar), "{text:?}");
        }
    }

    #[test]
    fn n1_refuses_exchanges() {
        for (text, exchange) in REFUSED_EXCHANGE {
            let wanted = Err(NumberError::Exchange(exchange));
            assert_eq!(PhoneNumber::parse_e164(text), wanted, "{text}");
        }
    }

    #[test]
    fn it_is_printed_masked() {
        let number = PhoneNumber::parse_e164("+16142000134").unwrap();
        assert_eq!(number.to_string(), "+1 614 *** **34");
        assert_eq!(format!("{number:?}"), "PhoneNumber(+1 614 *** **34)");
        assert_eq!((number.area_code(), number.exchange()), (614, 200));
    }

    #[test]
    fn configuration_is_checked_too() {
        assert!(serde_json::from_str::<PhoneNumber>("\"+16142000134\"").is_ok());
        let error = serde_json::from_str::<PhoneNumber>("\"+16149110134\"").unwrap_err();
        assert!(!error.to_string().contains("9110134"));
    }

    /// The grammar of the rule, told a second time: `^\+1[2-9][0-8][0-9][2-9][0-9]{6}$` and the exchanges.
    fn told_again(text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        let [plus, one, a, b, c, d, e, f, rest @ ..] = chars.as_slice() else {
            return false;
        };
        let exchange: String = [d, e, f].into_iter().collect();
        (*plus, *one) == ('+', '1')
            && ('2'..='9').contains(a)
            && ('0'..='8').contains(b)
            && c.is_ascii_digit()
            && ('2'..='9').contains(d)
            && rest.len() == 4
            && [e, f].into_iter().chain(rest).all(char::is_ascii_digit)
            && !exchange.ends_with("11")
            && !["555", "950", "958", "959", "976"].contains(&exchange.as_str())
    }

    proptest! {
        #[test]
        fn it_takes_exactly_the_grammar(text in r"\+?1?[0-9]{9,11}[#a ]?") {
            prop_assert_eq!(PhoneNumber::parse_e164(&text).is_ok(), told_again(&text));
        }

        #[test]
        fn what_it_takes_it_gives_back(text in r"\+1[2-9][0-8][0-9][2-9][0-9]{6}") {
            if let Ok(number) = PhoneNumber::parse_e164(&text) {
                prop_assert_eq!(number.e164(), text);
            } else {
                prop_assert!(!told_again(&text));
            }
        }

        #[test]
        fn no_string_panics(text in any::<String>()) {
            prop_assert_eq!(PhoneNumber::parse_e164(&text).is_ok(), told_again(&text));
        }
    }
}
