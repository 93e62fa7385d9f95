//! The one place of the simulator that reads a clock. Everything else counts 20 ms ticks.
//!
//! It dates messages (RFC 2822, as the carrier writes dates) and entries of the vendors' log; no waiting is done with it.

use jiff::Timestamp;

/// The wall clock's time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the simulator's one reading of the wall clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Milliseconds since `began`; zero where the wall clock was set back.
#[must_use]
pub fn ms_since(began: Timestamp) -> u64 {
    u64::try_from(now().duration_since(began).as_millis()).unwrap_or(0)
}

/// A date as Twilio writes it: RFC 2822, UTC, `+0000`.
#[must_use]
pub fn rfc2822(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_look_like_the_documentations_example() {
        let at: Timestamp = "2010-08-31T20:36:28Z".parse().unwrap();
        assert_eq!(rfc2822(at), "Tue, 31 Aug 2010 20:36:28 +0000");
    }
}
