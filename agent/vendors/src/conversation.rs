//! The conversation so far, as a language model may see it: lines in which everything that identifies is a typed token.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Text in which everything that identifies somebody is already a typed token: `{member_id}`, `{heard:id#3}`.
///
/// Money, percentages and counts stand in it as they were said. It is what somebody said all the same: it cannot be printed, and it
/// is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct TokenText(String);

impl TokenText {
    /// Takes covered text. The caller vouches that every identifier, date, spelling and name in it, known or not, was replaced by
    /// its token: this type cannot tell.
    #[must_use]
    pub const fn covered(text: String) -> TokenText {
        TokenText(text)
    }

    /// The text, to be given to a model or taken to pieces again.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText(..)")
    }
}

/// Who said a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The far end.
    FarEnd,
    /// The agent.
    Agent,
}

/// One line of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who said it.
    pub who: Who,
    /// What was said, covered.
    pub text: TokenText,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_be_printed() {
        let text = TokenText::covered("forty dollars".to_owned());
        let line = Line { who: Who::FarEnd, text };
        assert_eq!(format!("{line:?}"), "Line { who: FarEnd, text: TokenText(..) }");
    }
}
