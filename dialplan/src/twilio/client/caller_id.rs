//! Twilio's verified caller ids: the carrier rings a number, and wants the code keyed there that its API gave to us.
//!
//! Source: Twilio's OutgoingCallerIds resource (REST 2010-04-01). Asking is private to this crate: only
//! [`prove`](crate::prove::prove) does it, and that takes leave.

use callwright_compliance::ObjectId;
use callwright_compliance::number::PhoneNumber;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Method;
use serde::Deserialize;

use super::{GIVE_UP_AFTER, Session, parse};
use crate::retry_http::{self, Repeat};
use crate::twilio::{CarrierError, Violation, is_sid};

/// How the number is called in the carrier's console.
const FRIENDLY_NAME: &str = "callwright test number";
/// The longest code that is taken for one.
const CODE_DIGITS_MAX: usize = 12;

/// The code that is to be keyed on the telephone that rings. It is shown once and kept nowhere: no `Debug`, no `Clone`.
pub struct ProvingCode(String);

impl ProvingCode {
    /// The digits, for the screen.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// The carrier's record of a number at which a code was keyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedNumber {
    /// The carrier's name for the record: `PN` and 32 hexadecimal digits.
    pub sid: ObjectId,
    /// When it was made: when the code was keyed.
    pub created: Timestamp,
}

#[derive(Deserialize)]
struct ValidationRequest {
    validation_code: Option<String>,
}

#[derive(Deserialize)]
struct CallerIdPage {
    outgoing_caller_ids: Vec<CallerIdResource>,
}

#[derive(Deserialize)]
struct CallerIdResource {
    sid: Option<String>,
    phone_number: Option<String>,
    date_created: Option<String>,
}

impl Session {
    /// Has the carrier ring a number and want a code keyed there. `POST /OutgoingCallerIds.json`.
    ///
    /// # Errors
    /// See [`CarrierError`].
    pub(crate) async fn ask_for_code(
        &self,
        number: &PhoneNumber,
        now: Timestamp,
    ) -> Result<ProvingCode, CarrierError> {
        self.holds(now)?;
        let form = [("PhoneNumber", number.e164()), ("FriendlyName", FRIENDLY_NAME)];
        let url = self.calls("OutgoingCallerIds.json");
        let make = || self.request(Method::POST, url.clone()).form(&form);
        let retry = &self.config.retry;
        let answer = retry_http::send(retry, Repeat::OnlyIfUndone, GIVE_UP_AFTER, make).await?;
        let asked: ValidationRequest = parse(&self.success(answer).await?)?;
        let is_code = |code: &String| {
            (1..=CODE_DIGITS_MAX).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit())
        };
        let code = asked.validation_code.filter(is_code);
        code.map(ProvingCode).ok_or(CarrierError::ProtocolViolation(Violation::Json))
    }

    /// The carrier's record of a number at which a code was keyed, the latest one; `None` where there is none.
    /// `GET /OutgoingCallerIds.json`.
    ///
    /// # Errors
    /// See [`CarrierError`].
    pub async fn verified(
        &self,
        number: &PhoneNumber,
        now: Timestamp,
    ) -> Result<Option<VerifiedNumber>, CarrierError> {
        self.holds(now)?;
        let mut url = self.calls("OutgoingCallerIds.json");
        url.query_pairs_mut().append_pair("PhoneNumber", number.e164());
        let make = || self.request(Method::GET, url.clone());
        let answer =
            retry_http::send(&self.config.retry, Repeat::Freely, GIVE_UP_AFTER, make).await?;
        let page: CallerIdPage = parse(&self.success(answer).await?)?;
        let of_number = |id: &&CallerIdResource| id.phone_number.as_deref() == Some(number.e164());
        let records = page.outgoing_caller_ids.iter().filter(of_number).map(record);
        let records = records.collect::<Result<Vec<_>, CarrierError>>()?;
        Ok(records.into_iter().max_by_key(|record| record.created))
    }
}

fn record(id: &CallerIdResource) -> Result<VerifiedNumber, CarrierError> {
    let sid = id.sid.as_deref().filter(|sid| is_sid(sid, "PN"));
    let sid = sid.and_then(|sid| ObjectId::new(sid).ok());
    let created = id.date_created.as_deref();
    let created =
        created.and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
    match (sid, created) {
        (Some(sid), Some(created)) => Ok(VerifiedNumber { sid, created }),
        (None, _) => Err(CarrierError::ProtocolViolation(Violation::Sid)),
        (Some(_), None) => Err(CarrierError::ProtocolViolation(Violation::Json)),
    }
}
