//! The call resource: what REST shows of a call.
//!
//! Source: Twilio's Call resource page. Prices stay null, as they do for minutes after a real call.

use super::params::CallParams;
use crate::clock::{now, rfc2822};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A call's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Queued,
    Initiated,
    Ringing,
    InProgress,
    Completed,
    Busy,
    Failed,
    NoAnswer,
    Canceled,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Initiated => "initiated",
            Status::Ringing => "ringing",
            Status::InProgress => "in-progress",
            Status::Completed => "completed",
            Status::Busy => "busy",
            Status::Failed => "failed",
            Status::NoAnswer => "no-answer",
            Status::Canceled => "canceled",
        }
    }

    /// The status as the resource shows it: callbacks alone know `initiated`.
    fn resource_name(self) -> &'static str {
        if self == Status::Initiated { "queued" } else { self.name() }
    }

    pub(super) fn is_over(self) -> bool {
        match self {
            Status::Completed
            | Status::Busy
            | Status::Failed
            | Status::NoAnswer
            | Status::Canceled => true,
            Status::Queued | Status::Initiated | Status::Ringing | Status::InProgress => false,
        }
    }

    /// The SIP answer that goes with the end of a call.
    pub(super) fn sip_response_code(self) -> u16 {
        match self {
            Status::Busy => 486,
            Status::Failed => 404,
            Status::NoAnswer | Status::Canceled => 487,
            Status::Queued
            | Status::Initiated
            | Status::Ringing
            | Status::InProgress
            | Status::Completed => 200,
        }
    }
}

/// What REST knows of a call.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) account: String,
    pub(super) sid: String,
    pub(super) to: String,
    pub(super) from: String,
    pub(super) status: Status,
    created: Timestamp,
    updated: Timestamp,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    pub(super) duration_s: Option<u64>,
}

impl Record {
    pub(super) fn new(account: &str, sid: &str, params: &CallParams) -> Record {
        let created = now();
        Record {
            account: account.to_owned(),
            sid: sid.to_owned(),
            to: params.to.clone(),
            from: params.from.clone(),
            status: Status::Queued,
            created,
            updated: created,
            start: None,
            end: None,
            duration_s: None,
        }
    }

    /// Moves to a status; `duration_s` is how long the call has lasted since the answer, if it was answered.
    pub(super) fn set(&mut self, status: Status, duration_s: Option<u64>) {
        let at = now();
        self.status = status;
        self.updated = at;
        if status == Status::InProgress {
            self.start = Some(at);
        }
        if status.is_over() {
            self.start.get_or_insert(at);
            self.end = Some(at);
            self.duration_s = Some(duration_s.unwrap_or(0));
        }
    }

    /// The resource as JSON.
    pub(super) fn json(&self) -> Value {
        let Record { account, sid, .. } = self;
        let base = format!("/2010-04-01/Accounts/{account}/Calls/{sid}");
        let below = |name: &str| format!("{base}/{name}.json");
        json!({
            "sid": sid,
            "account_sid": account,
            "parent_call_sid": null,
            "to": self.to,
            "to_formatted": formatted(&self.to),
            "from": self.from,
            "from_formatted": formatted(&self.from),
            "phone_number_sid": format!("PN{:032x}", 1),
            "status": self.status.resource_name(),
            "start_time": self.start.map(rfc2822),
            "end_time": self.end.map(rfc2822),
            "duration": self.duration_s.map(|seconds| seconds.to_string()),
            "price": null,
            "price_unit": "USD",
            "direction": "outbound-api",
            "answered_by": null,
            "api_version": "2010-04-01",
            "forwarded_from": null,
            "group_sid": null,
            "caller_name": null,
            "queue_time": "0",
            "trunk_sid": null,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "uri": format!("{base}.json"),
            "subresource_uris": {
                "notifications": below("Notifications"),
                "recordings": below("Recordings"),
                "payments": below("Payments"),
                "events": below("Events"),
                "siprec": below("Siprec"),
                "streams": below("Streams"),
                "transcriptions": below("Transcriptions"),
                "twiml_sessions": below("TwimlSessions"),
                "user_defined_messages": below("UserDefinedMessages"),
                "user_defined_message_subscriptions": below("UserDefinedMessageSubscriptions"),
            },
        })
    }
}

/// A North American number as people write it; any other number as it is.
fn formatted(number: &str) -> String {
    let digits: Vec<char> = number.chars().skip(2).collect();
    if !number.starts_with("+1") || digits.len() != 10 {
        return number.to_owned();
    }
    let part = |from: usize, to: usize| digits[from..to].iter().collect::<String>();
    format!("({}) {}-{}", part(0, 3), part(3, 6), part(6, 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_as_in_the_documentation() {
        assert_eq!(formatted("+15551230000"), "(555) 123-0000");
        assert_eq!(formatted("+442071838750"), "+442071838750");
    }
}
