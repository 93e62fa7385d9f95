//! Where a leg stands, from status call-backs that may come late, twice and out of order.
//!
//! Source: Twilio's voice status call-back (`SequenceNumber` counts from 0; the order of arrival is not promised). It
//! does not check signatures (`signature` does) and does not decide what a status means for a request (`retry` does).

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::CallSid;

/// Where a leg stands at the carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegStatus {
    /// Waits for the carrier's own rate limit.
    Queued,
    /// The carrier has begun to dial.
    Initiated,
    /// It rings.
    Ringing,
    /// It was answered.
    InProgress,
    /// It was answered and is over.
    Completed,
    /// The line was busy.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// It could not be put through.
    Failed,
    /// We ended it before an answer.
    Canceled,
}

impl LegStatus {
    /// Reads the carrier's word; `None` for one that it does not document.
    #[must_use]
    pub fn parse(text: &str) -> Option<LegStatus> {
        Some(match text {
            "queued" => LegStatus::Queued,
            "initiated" => LegStatus::Initiated,
            "ringing" => LegStatus::Ringing,
            "in-progress" => LegStatus::InProgress,
            "completed" => LegStatus::Completed,
            "busy" => LegStatus::Busy,
            "no-answer" => LegStatus::NoAnswer,
            "failed" => LegStatus::Failed,
            "canceled" => LegStatus::Canceled,
            _ => return None,
        })
    }

    /// Whether the leg is over.
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            LegStatus::Queued
            | LegStatus::Initiated
            | LegStatus::Ringing
            | LegStatus::InProgress => false,
            LegStatus::Completed
            | LegStatus::Busy
            | LegStatus::NoAnswer
            | LegStatus::Failed
            | LegStatus::Canceled => true,
        }
    }
}

/// One status call-back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusUpdate {
    /// The leg.
    pub call_sid: CallSid,
    /// Where it stands.
    pub status: LegStatus,
    /// The call-back's place in the leg's series, from 0.
    pub sequence: u32,
    /// From answer to end, seconds; with the last one only.
    pub duration_s: Option<u32>,
    /// The SIP response that ended it, for example 487 after ringing too long.
    pub sip_code: Option<u16>,
    /// When it happened, by the carrier's clock.
    pub at: Option<Timestamp>,
}

/// Why a form is not a status call-back. The carrier's fault, or the form is not the carrier's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
    /// A name that must be there is not.
    #[error("the status call-back lacks {0}")]
    Missing(&'static str),
    /// A name that may be there once is there twice.
    #[error("the status call-back has {0} twice")]
    Twice(&'static str),
    /// A value of another form than documented.
    #[error("the status call-back's {0} is not as documented")]
    Value(&'static str),
}

/// The names that are read; all others are ignored, numbers among them.
const NAMES: [&str; 6] =
    ["CallSid", "CallStatus", "SequenceNumber", "CallDuration", "SipResponseCode", "Timestamp"];

impl StatusUpdate {
    /// Reads a call-back out of its form's decoded names and values.
    ///
    /// # Errors
    /// [`StatusError`]; answer 400.
    pub fn parse<'a>(
        form: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<StatusUpdate, StatusError> {
        let mut values = [None; NAMES.len()];
        for (name, value) in form {
            for (known, slot) in NAMES.iter().zip(&mut values) {
                if *known == name && slot.replace(value).is_some() {
                    return Err(StatusError::Twice(known));
                }
            }
        }
        let [sid, status, sequence, duration, sip_code, at] = values;
        let needed = |value: Option<&'a str>, name| value.ok_or(StatusError::Missing(name));
        let call_sid =
            CallSid::new(needed(sid, "CallSid")?).ok_or(StatusError::Value("CallSid"))?;
        let status = LegStatus::parse(needed(status, "CallStatus")?)
            .ok_or(StatusError::Value("CallStatus"))?;
        let sequence = number(needed(sequence, "SequenceNumber")?, "SequenceNumber")?;
        let optional = |value: Option<&'a str>| value.filter(|text| !text.is_empty());
        let duration_s = optional(duration).map(|v| number(v, "CallDuration")).transpose()?;
        let sip_code = optional(sip_code).map(|v| number(v, "SipResponseCode")).transpose()?;
        let at = optional(at)
            .map(|v| rfc2822::DateTimeParser::new().parse_timestamp(v))
            .transpose()
            .map_err(|_| StatusError::Value("Timestamp"))?;
        Ok(StatusUpdate { call_sid, status, sequence, duration_s, sip_code, at })
    }
}

/// Digits only: the standard parser would take a sign.
fn number<T: std::str::FromStr>(text: &str, name: &'static str) -> Result<T, StatusError> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().ok_or(StatusError::Value(name))
}

/// What an update did to a leg's progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Applied {
    /// The leg stands here now.
    Advanced(LegStatus),
    /// It is older than what was known, or was seen before.
    Stale,
    /// The leg is over; nothing changes that.
    AlreadyOver,
    /// It is about another leg.
    OtherLeg,
}

/// Where one leg stands, whatever the order in which its updates came.
///
/// The highest sequence number wins; the end, once heard of, stays, even where a later number says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegProgress {
    call_sid: CallSid,
    status: LegStatus,
    sequence: Option<u32>,
    sip_code: Option<u16>,
    duration_s: Option<u32>,
}

impl LegProgress {
    /// A leg that was just created.
    #[must_use]
    pub const fn new(call_sid: CallSid) -> LegProgress {
        LegProgress {
            call_sid,
            status: LegStatus::Queued,
            sequence: None,
            sip_code: None,
            duration_s: None,
        }
    }

    /// Takes in a call-back.
    pub fn apply(&mut self, update: &StatusUpdate) -> Applied {
        if update.call_sid != self.call_sid {
            return Applied::OtherLeg;
        }
        if self.status.is_over() {
            return Applied::AlreadyOver;
        }
        let newer = self.sequence.is_none_or(|seen| update.sequence > seen);
        if !newer && !update.status.is_over() {
            return Applied::Stale;
        }
        self.sequence = self.sequence.max(Some(update.sequence));
        self.status = update.status;
        self.sip_code = update.sip_code;
        self.duration_s = update.duration_s;
        Applied::Advanced(self.status)
    }

    /// Takes in what the carrier answered when asked. Only the end counts: an answer carries no sequence number, so
    /// anything else may be older than what is known.
    pub fn asked(&mut self, status: LegStatus, duration_s: Option<u32>) -> Applied {
        if self.status.is_over() {
            return Applied::AlreadyOver;
        }
        if !status.is_over() {
            return Applied::Stale;
        }
        self.status = status;
        self.duration_s = duration_s;
        Applied::Advanced(status)
    }

    /// The leg.
    #[must_use]
    pub const fn call_sid(&self) -> &CallSid {
        &self.call_sid
    }

    /// Where it stands.
    #[must_use]
    pub const fn status(&self) -> LegStatus {
        self.status
    }

    /// The SIP response that came with the status, if one did.
    #[must_use]
    pub const fn sip_code(&self) -> Option<u16> {
        self.sip_code
    }

    /// From answer to end, seconds; `None` before the end.
    #[must_use]
    pub const fn duration_s(&self) -> Option<u32> {
        self.duration_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SID: &str = "CA00000000000000000000000000000001";

    fn update(sequence: u32, status: LegStatus) -> StatusUpdate {
        let call_sid = CallSid::new(SID).unwrap();
        StatusUpdate { call_sid, status, sequence, duration_s: None, sip_code: None, at: None }
    }

    #[test]
    fn reads_a_terminal_call_back() {
        let form = [
            ("CallSid", SID),
            ("AccountSid", "AC00000000000000000000000000000001"),
            ("To", "+18002000140"),
            ("CallStatus", "no-answer"),
            ("CallbackSource", "call-progress-events"),
            ("SequenceNumber", "2"),
            ("Timestamp", "Tue, 31 Aug 2010 20:36:28 +0000"),
            ("CallDuration", "0"),
            ("Duration", ""),
            ("SipResponseCode", "487"),
        ];
        let update = StatusUpdate::parse(form).unwrap();
        assert_eq!(update.status, LegStatus::NoAnswer);
        assert_eq!((update.sequence, update.duration_s, update.sip_code), (2, Some(0), Some(487)));
        assert_eq!(update.at, Some("2010-08-31T20:36:28Z".parse().unwrap()));
        assert!(!format!("{update:?}").contains("8002000140"));
    }

    #[test]
    fn a_form_that_is_not_as_documented_is_named() {
        let good = [("CallSid", SID), ("CallStatus", "ringing"), ("SequenceNumber", "1")];
        assert!(StatusUpdate::parse(good).is_ok());
        for (name, value) in [
            ("CallSid", "CA1"),
            ("CallSid", "AC00000000000000000000000000000001"),
            ("CallStatus", "Ringing"),
            ("SequenceNumber", "-1"),
            ("SequenceNumber", "+1"),
            ("SequenceNumber", ""),
            ("SequenceNumber", "4294967296"),
        ] {
            let form = good.map(|pair| if pair.0 == name { (name, value) } else { pair });
            assert_eq!(StatusUpdate::parse(form), Err(StatusError::Value(name)), "{value}");
        }
        for (name, _) in good {
            let form = good.into_iter().filter(|pair| pair.0 != name);
            assert_eq!(StatusUpdate::parse(form), Err(StatusError::Missing(name)));
            let twice = good.into_iter().chain(good.into_iter().filter(|pair| pair.0 == name));
            assert_eq!(StatusUpdate::parse(twice), Err(StatusError::Twice(name)));
        }
        let bad_time = good.into_iter().chain([("Timestamp", "yesterday")]);
        assert_eq!(StatusUpdate::parse(bad_time), Err(StatusError::Value("Timestamp")));
    }

    #[test]
    fn an_update_of_another_leg_changes_nothing() {
        let other = CallSid::new("CA00000000000000000000000000000002").unwrap();
        let mut leg = LegProgress::new(other);
        assert_eq!(leg.apply(&update(0, LegStatus::Completed)), Applied::OtherLeg);
        assert_eq!(leg.status(), LegStatus::Queued);
    }

    #[test]
    fn late_and_repeated_updates_are_stale() {
        let mut leg = LegProgress::new(CallSid::new(SID).unwrap());
        let in_progress = update(2, LegStatus::InProgress);
        assert_eq!(leg.apply(&in_progress), Applied::Advanced(LegStatus::InProgress));
        assert_eq!(leg.apply(&update(1, LegStatus::Ringing)), Applied::Stale);
        assert_eq!(leg.apply(&in_progress), Applied::Stale);
        assert_eq!(leg.status(), LegStatus::InProgress);
    }

    #[test]
    fn an_answer_of_the_carrier_counts_for_the_end_only() {
        let mut leg = LegProgress::new(CallSid::new(SID).unwrap());
        assert_eq!(leg.asked(LegStatus::Ringing, None), Applied::Stale);
        let over = Applied::Advanced(LegStatus::Completed);
        assert_eq!(leg.asked(LegStatus::Completed, Some(12)), over);
        assert_eq!(leg.duration_s(), Some(12));
        assert_eq!(leg.apply(&update(9, LegStatus::InProgress)), Applied::AlreadyOver);
        assert_eq!(leg.asked(LegStatus::Failed, None), Applied::AlreadyOver);
    }

    proptest! {
        /// Whatever the order, with repeats: the leg ends where the whole series in order would have ended it.
        #[test]
        fn the_order_of_arrival_does_not_matter(
            order in proptest::collection::vec(0_usize..4, 0..12),
            last in prop_oneof![Just(LegStatus::Completed), Just(LegStatus::InProgress)],
        ) {
            let series = [
                update(0, LegStatus::Initiated),
                update(1, LegStatus::Ringing),
                update(2, LegStatus::InProgress),
                update(3, last),
            ];
            let mut leg = LegProgress::new(CallSid::new(SID).unwrap());
            for i in &order {
                let before = leg.status();
                let applied = leg.apply(&series[*i]);
                prop_assert!(!before.is_over() || applied == Applied::AlreadyOver);
            }
            let expected = order.iter().max().map_or(LegStatus::Queued, |i| series[*i].status);
            prop_assert_eq!(leg.status(), expected);
        }

        /// Nothing outside makes the parser panic.
        #[test]
        fn any_form_is_read_or_refused(
            pairs in proptest::collection::vec(
                (proptest::sample::select(&NAMES[..]), "[ -~]{0,40}"), 0..8),
        ) {
            let form = pairs.iter().map(|(name, value)| (*name, value.as_str()));
            if let Ok(update) = StatusUpdate::parse(form) {
                prop_assert!(CallSid::new(update.call_sid.as_str()).is_some());
            }
        }
    }
}
