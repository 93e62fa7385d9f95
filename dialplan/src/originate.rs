//! Placing a call: the only way there is.
//!
//! [`originate`] consumes a `DialPermit` and takes the number, the ring time and the time limit from it alone. Whoever
//! calls it has audited the decision and written the dial intent first; the intent's id is in the plan's TwiML URL. What
//! else the permit gives (disclosures, recording grants) is taken from it before. A carrier has no idempotency key for
//! this: after an error for which [`OriginateError::may_have_placed`] holds, the carrier is asked before any redial.

use std::time::Duration;

use callwright_compliance::caps::Caps;
use callwright_compliance::class::CallClass;
use callwright_compliance::id::DecisionId;
use callwright_compliance::number::PhoneNumber;
use callwright_compliance::permit::{DialPermit, PERMIT_LIFE};
use jiff::Timestamp;

use crate::twilio::twiml::is_webhook_url;
use crate::twilio::{CallSid, CarrierError, NewCall, Session};

/// The longest that a carrier lets a line ring, seconds (Twilio's `Timeout`).
const RING_S_MAX: u64 = 600;

/// What is ours to choose about a leg. It has no number to call: that is on the permit.
#[derive(Clone, Debug)]
pub struct CallPlan {
    from: PhoneNumber,
    twiml_url: String,
    status_url: String,
}

/// Why a plan cannot be used. Ours to mend: the configuration is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The carrier would fetch its instructions over an open network.
    #[error("the TwiML URL is https (plain http for this machine only), without user and fragment")]
    TwimlUrl,
    /// The carrier would report over an open network.
    #[error(
        "the status URL is https (plain http for this machine only), without user and fragment"
    )]
    StatusUrl,
}

impl CallPlan {
    /// A plan: which of our numbers calls, where the carrier asks what to do on answer, and where it reports progress.
    ///
    /// # Errors
    /// [`PlanError`] names the URL.
    pub fn new(
        from: PhoneNumber,
        twiml_url: String,
        status_url: String,
    ) -> Result<CallPlan, PlanError> {
        if !is_webhook_url(&twiml_url) {
            return Err(PlanError::TwimlUrl);
        }
        if !is_webhook_url(&status_url) {
            return Err(PlanError::StatusUrl);
        }
        Ok(CallPlan { from, twiml_url, status_url })
    }
}

/// A call that the carrier took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The carrier's name for the leg.
    pub call_sid: CallSid,
    /// The decision under which it was placed.
    pub decision: DecisionId,
}

/// Why no call is known to have been placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginateError {
    /// Ours: the permit is used more than 30 s after its decision, or before it.
    #[error("the dial permit does not hold at this time: decide again, then dial at once")]
    Expired,
    /// Policy's: there is no script for calls to patients, so none is placed whatever was decided (class C).
    #[error("calls to patients are not placed: class C has no script")]
    PatientClass,
    /// Policy's: the caps are not ones that a carrier can be given; zero is unset and refuses.
    #[error(
        "the permit's caps cannot be given to a carrier: 1 to {RING_S_MAX} s to ring, 1 s or more in all"
    )]
    Caps,
    /// The carrier did not take the call, or its answer was lost.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
}

impl OriginateError {
    /// Whether a call may have been placed all the same, so that the carrier must be asked before a redial.
    #[must_use]
    pub const fn may_have_placed(self) -> bool {
        match self {
            OriginateError::Carrier(error) => error.may_have_placed(),
            OriginateError::Expired | OriginateError::PatientClass | OriginateError::Caps => false,
        }
    }
}

/// Places the permitted call. The permit is used up, whatever comes of it.
///
/// No further try begins once the permit has expired. The session is leave to send to the carrier at all (rule V1).
///
/// # Errors
/// [`OriginateError`]; nothing was sent for `Expired`, `PatientClass` and `Caps`.
pub async fn originate(
    permit: DialPermit,
    plan: &CallPlan,
    session: &Session,
    now: Timestamp,
) -> Result<Placed, OriginateError> {
    if !permit.is_valid_at(now) {
        return Err(OriginateError::Expired);
    }
    match permit.class() {
        CallClass::Payer | CallClass::Test => {}
        CallClass::Patient => return Err(OriginateError::PatientClass),
    }
    let (ring_s, time_limit_s) = limits(permit.caps())?;
    let left = PERMIT_LIFE - now.duration_since(permit.record().at);
    let call = NewCall {
        to: permit.number(),
        from: &plan.from,
        twiml_url: &plan.twiml_url,
        status_url: &plan.status_url,
        ring_s,
        time_limit_s,
        give_up_after: Duration::try_from(left).unwrap_or(Duration::ZERO),
    };
    let call_sid = session.create(call, now).await?;
    Ok(Placed { call_sid, decision: permit.decision_id() })
}

/// The ring time and the time limit as the carrier takes them, whole seconds.
fn limits(caps: Caps) -> Result<(u64, u64), OriginateError> {
    let (ring_s, total_s) = (caps.ring.as_secs(), caps.total.as_secs());
    if (1..=RING_S_MAX).contains(&ring_s) && total_s > 0 {
        Ok((ring_s, total_s))
    } else {
        Err(OriginateError::Caps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_that_no_carrier_takes_place_nothing() {
        let caps = |ring, total| Caps {
            ring: Duration::from_secs(ring),
            total: Duration::from_secs(total),
            conversation: Duration::from_secs(1),
        };
        assert_eq!(limits(caps(60, 5400)), Ok((60, 5400)));
        assert_eq!(limits(caps(600, 1)), Ok((600, 1)));
        for (ring, total) in [(0, 5400), (601, 5400), (60, 0)] {
            assert_eq!(limits(caps(ring, total)), Err(OriginateError::Caps), "{ring} {total}");
        }
    }

    #[test]
    fn a_plan_s_urls_are_secure() {
        let from = || PhoneNumber::parse_e164("+16142000134").unwrap();
        let good = "https://calls.example/twiml?intent=7";
        let plan = |twiml: &str, status: &str| {
            CallPlan::new(from(), twiml.to_owned(), status.to_owned()).map(|_| ())
        };
        assert_eq!(plan(good, good), Ok(()));
        assert_eq!(plan("http://127.0.0.1:9/t", "http://localhost/s"), Ok(()));
        for bad in ["http://calls.example/t", "ftp://a.example", "", "https://u@a.example/", "/t"] {
            assert_eq!(plan(bad, good), Err(PlanError::TwimlUrl), "{bad}");
            assert_eq!(plan(good, bad), Err(PlanError::StatusUrl), "{bad}");
        }
    }
}
