//! The two numbers by which payers know a provider: the NPI and the tax id.
//!
//! Both are checked for form here. Whether the NPI is registered to this provider is not looked up.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::error::StoreError;

/// A national provider identifier: ten digits, the last a Luhn check digit over `80840` and the rest
/// (45 CFR 162.406; ISO/IEC 7812). Public: it is in the NPPES register.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Npi(String);

/// What the prefix `80840` (health, United States) adds to the Luhn sum of the ten digits.
const NPI_PREFIX_SUM: u32 = 24;

impl Npi {
    /// The ten digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for Npi {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Npi, StoreError> {
        let bad = |needs| StoreError::Invalid { field: "npi", needs };
        if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad("ten digits"));
        }
        if !text.starts_with(['1', '2']) {
            return Err(bad("a number that begins with 1 or 2"));
        }
        let sum: u32 = text
            .bytes()
            .enumerate()
            .map(|(place, digit)| {
                let digit = u32::from(digit - b'0');
                // The check digit is the tenth, so every other digit from the first is doubled.
                if place % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
            })
            .sum();
        if !(sum + NPI_PREFIX_SUM).is_multiple_of(10) {
            return Err(bad("a number whose check digit is right: look for a mistyped digit"));
        }
        Ok(Npi(text.to_owned()))
    }
}

impl fmt::Display for Npi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A tax id: an EIN, or a sole proprietor's social security number, which cannot be told apart. So it is treated as the
/// latter: sealed at rest, masked in `Debug`, without `Display`, zeroised on drop.
#[derive(Clone)]
pub struct TaxId(Zeroizing<String>);

impl TaxId {
    /// The nine digits: the one exit, for speaking or keying them and for sealing.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for TaxId {
    type Err = StoreError;

    /// Nine digits, with or without the dash of `12-3456789`.
    fn from_str(text: &str) -> Result<TaxId, StoreError> {
        let mut digits = Zeroizing::new(String::with_capacity(9));
        for (place, c) in text.chars().enumerate() {
            match c {
                '0'..='9' if digits.len() < 9 => digits.push(c),
                '-' if place == 2 => {}
                _ => digits.clear(),
            }
            if digits.is_empty() {
                break;
            }
        }
        if digits.len() == 9 {
            Ok(TaxId(digits))
        } else {
            Err(StoreError::Invalid { field: "tax id", needs: "nine digits, as 12-3456789" })
        }
    }
}

impl fmt::Debug for TaxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaxId(*********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_example_passes() {
        // The example of the CMS check-digit paper: 123456789 has the check digit 3.
        assert_eq!("1234567893".parse::<Npi>().unwrap().digits(), "1234567893");
    }

    #[test]
    fn wrong_forms_are_refused() {
        for bad in [
            "",
            "123456789",
            "12345678931",
            "1234567890",
            "3234567893",
            "123456789x",
            "１234567893",
        ] {
            assert!(bad.parse::<Npi>().is_err(), "{bad} passed");
        }
        for bad in
            ["", "12-345678", "1-23456789", "12-34567890", "123-45-6789", "12345678a", "-123456789"]
        {
            assert!(bad.parse::<TaxId>().is_err(), "{bad} passed");
        }
    }

    #[test]
    fn a_tax_id_is_masked() {
        let id: TaxId = "12-3456789".parse().unwrap();
        assert_eq!(id.digits(), "123456789");
        assert!(!format!("{id:?}").contains(|c: char| c.is_ascii_digit()));
    }

    proptest! {
        // Luhn's law: a single wrong digit never passes, and exactly one check digit fits.
        #[test]
        fn one_check_digit_fits(body in "[12][0-9]{8}", place in 0_usize..10, other in 1_u8..10) {
            let fitting: Vec<String> = (0..10)
                .map(|check| format!("{body}{check}"))
                .filter(|text| text.parse::<Npi>().is_ok())
                .collect();
            prop_assert_eq!(fitting.len(), 1);
            let mut digits = fitting[0].clone().into_bytes();
            digits[place] = b'0' + (digits[place] - b'0' + other) % 10;
            let wrong = String::from_utf8(digits).unwrap();
            prop_assert!(wrong.parse::<Npi>().is_err());
        }
    }
}
