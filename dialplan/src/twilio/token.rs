//! One-time tokens that let a media stream in.
//!
//! A stream's address is public and the carrier connects from anywhere, so each stream brings a token that was put into
//! its TwiML. A token is used once, is bound to its call and to the stream's number within the leg (the epoch), expires,
//! and is stored only as a hash. This table draws no random numbers and reads no clock.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The random bytes of a token: 256 bits cannot be guessed.
pub const TOKEN_BYTES: usize = 32;

/// A token as it goes into TwiML. It shows itself nowhere and is zeroised on drop.
pub struct StreamToken(Zeroizing<String>);

impl StreamToken {
    /// The token's text, 43 characters of URL-safe base64.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Why no token was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all stream tokens are in use: the node hosts fewer calls than it dials")]
pub struct TokensFull;

/// Why a stream is not let in. For our log; the far end is told nothing but "no".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// No token waits for this call: none was made, or it was used.
    #[error("no stream is awaited for this call, or it has come already")]
    NotAwaited,
    /// The token is of an earlier or later stream of the call.
    #[error("the token is for another stream of this call")]
    Epoch,
    /// It came too late.
    #[error("the token has expired")]
    Expired,
    /// It is not the one that was made.
    #[error("the token is wrong")]
    Wrong,
}

struct Awaited {
    epoch: u32,
    expires: Timestamp,
    hash: [u8; 32],
}

/// The tokens that wait for their stream, at most one a call. `C` is the caller's id of a call.
pub struct StreamTokens<C> {
    awaited: BTreeMap<C, Awaited>,
    capacity: usize,
    lifetime: SignedDuration,
}

impl<C: Ord + Clone> StreamTokens<C> {
    /// A token is made when the carrier asks for TwiML, and the stream follows at once; 30 s allow for a slow network.
    pub const LIFETIME: SignedDuration = SignedDuration::from_secs(30);

    /// A table for at most `capacity` waiting streams (the calls that the node hosts), whose tokens live for `lifetime`.
    #[must_use]
    pub const fn new(capacity: usize, lifetime: SignedDuration) -> StreamTokens<C> {
        StreamTokens { awaited: BTreeMap::new(), capacity, lifetime }
    }

    /// Makes the token for a call's stream number `epoch` out of fresh random bytes. An earlier one of that call is void.
    ///
    /// # Errors
    /// [`TokensFull`] where as many other calls wait as there is room for, none of them expired.
    pub fn issue(
        &mut self,
        call: C,
        epoch: u32,
        random: &Zeroizing<[u8; TOKEN_BYTES]>,
        now: Timestamp,
    ) -> Result<StreamToken, TokensFull> {
        if !self.awaited.contains_key(&call) && self.awaited.len() >= self.capacity {
            self.awaited.retain(|_, awaited| now < awaited.expires);
            if self.awaited.len() >= self.capacity {
                return Err(TokensFull);
            }
        }
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(random.as_slice()));
        let expires = now.checked_add(self.lifetime).unwrap_or(Timestamp::MAX);
        let hash = Sha256::digest(text.as_bytes()).into();
        self.awaited.insert(call, Awaited { epoch, expires, hash });
        Ok(StreamToken(text))
    }

    /// Uses the token up that a stream presents for a call.
    ///
    /// A wrong token does not use up the right one: a stranger could else keep the carrier out.
    ///
    /// # Errors
    /// [`TokenError`]: the stream is closed.
    pub fn redeem(
        &mut self,
        call: &C,
        epoch: u32,
        presented: &str,
        now: Timestamp,
    ) -> Result<(), TokenError> {
        let awaited = self.awaited.get(call).ok_or(TokenError::NotAwaited)?;
        if now >= awaited.expires {
            self.awaited.remove(call);
            return Err(TokenError::Expired);
        }
        let hash: [u8; 32] = Sha256::digest(presented.as_bytes()).into();
        if !bool::from(hash.as_slice().ct_eq(awaited.hash.as_slice())) {
            return Err(TokenError::Wrong);
        }
        if epoch != awaited.epoch {
            return Err(TokenError::Epoch);
        }
        self.awaited.remove(call);
        Ok(())
    }

    /// Voids a call's token: the call is over.
    pub fn revoke(&mut self, call: &C) {
        self.awaited.remove(call);
    }

    /// How many streams are awaited, expired ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.awaited.len()
    }

    /// Whether no stream is awaited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.awaited.is_empty()
    }
}

#[cfg(test)]
pub(super) fn token_for_test() -> StreamToken {
    let mut tokens = StreamTokens::new(1, StreamTokens::<u8>::LIFETIME);
    let random = Zeroizing::new([7; TOKEN_BYTES]);
    tokens.issue(1, 0, &random, Timestamp::UNIX_EPOCH).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + s).unwrap()
    }

    fn random(byte: u8) -> Zeroizing<[u8; TOKEN_BYTES]> {
        Zeroizing::new([byte; TOKEN_BYTES])
    }

    fn table(capacity: usize) -> StreamTokens<&'static str> {
        StreamTokens::new(capacity, SignedDuration::from_secs(30))
    }

    #[test]
    fn a_token_lets_one_stream_in_once() {
        let mut tokens = table(2);
        let token = tokens.issue("a", 1, &random(1), at(0)).unwrap();
        assert_eq!(token.reveal().len(), 43);
        assert_eq!(tokens.redeem(&"a", 1, token.reveal(), at(1)), Ok(()));
        assert_eq!(tokens.redeem(&"a", 1, token.reveal(), at(1)), Err(TokenError::NotAwaited));
        assert!(tokens.is_empty());
    }

    #[test]
    fn a_token_expires() {
        let mut tokens = table(2);
        let token = tokens.issue("a", 1, &random(1), at(0)).unwrap();
        assert_eq!(tokens.redeem(&"a", 1, token.reveal(), at(30)), Err(TokenError::Expired));
        assert_eq!(tokens.redeem(&"a", 1, token.reveal(), at(0)), Err(TokenError::NotAwaited));
        let token = tokens.issue("a", 1, &random(1), at(0)).unwrap();
        assert_eq!(tokens.redeem(&"a", 1, token.reveal(), at(29)), Ok(()));
    }

    #[test]
    fn a_token_is_bound_to_its_call_and_epoch() {
        let mut tokens = table(2);
        let a = tokens.issue("a", 1, &random(1), at(0)).unwrap();
        let b = tokens.issue("b", 1, &random(2), at(0)).unwrap();
        assert_eq!(tokens.redeem(&"b", 1, a.reveal(), at(1)), Err(TokenError::Wrong));
        assert_eq!(tokens.redeem(&"a", 2, a.reveal(), at(1)), Err(TokenError::Epoch));
        assert_eq!(tokens.redeem(&"c", 1, a.reveal(), at(1)), Err(TokenError::NotAwaited));
        assert_eq!(tokens.redeem(&"b", 1, b.reveal(), at(1)), Ok(()));
    }

    #[test]
    fn a_wrong_token_does_not_use_up_the_right_one() {
        let mut tokens = table(2);
        let token = tokens.issue("a", 1, &random(1), at(0)).unwrap();
        for wrong in ["", "x", &"A".repeat(43), &"A".repeat(100_000)] {
            assert_eq!(tokens.redeem(&"a", 1, wrong, at(1)), Err(TokenError::Wrong));
        }
        assert_eq!(tokens.redeem(&"a", 1, token.reveal(), at(1)), Ok(()));
    }

    #[test]
    fn a_new_token_of_the_same_call_voids_the_old_one() {
        let mut tokens = table(1);
        let old = tokens.issue("a", 1, &random(1), at(0)).unwrap();
        let new = tokens.issue("a", 2, &random(2), at(0)).unwrap();
        assert_eq!(tokens.redeem(&"a", 1, old.reveal(), at(1)), Err(TokenError::Wrong));
        assert_eq!(tokens.redeem(&"a", 2, new.reveal(), at(1)), Ok(()));
    }

    #[test]
    fn the_table_is_bounded_and_forgets_the_expired() {
        let mut tokens = table(1);
        tokens.issue("a", 1, &random(1), at(0)).unwrap();
        assert_eq!(tokens.issue("b", 1, &random(2), at(29)).err(), Some(TokensFull));
        assert!(tokens.issue("b", 1, &random(2), at(30)).is_ok());
        assert_eq!(tokens.len(), 1);
        tokens.revoke(&"b");
        assert!(tokens.is_empty());
        assert!(table(0).issue("a", 1, &random(1), at(0)).is_err());
    }
}
