//! What the model says, as tokens: words, roughly, and what they cost.
//!
//! The vendor's own tokeniser is not simulated; a token here is up to six characters of a word with the space before it.

/// The most characters of a token.
const TOKEN_CHARS: usize = 6;

/// A tool's call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    /// JSON.
    pub(super) arguments: String,
}

/// What the model says and calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) content: String,
    pub(super) calls: Vec<Call>,
    cut: bool,
}

impl Reply {
    /// A reply of at most so many tokens. What is cut off takes the calls with it, since they would come after it.
    pub(super) fn new(content: String, calls: Vec<Call>, tokens_max: Option<usize>) -> Reply {
        let pieces = tokens(&content);
        match tokens_max {
            Some(most) if pieces.len() > most => {
                Reply { content: pieces.into_iter().take(most).collect(), calls: vec![], cut: true }
            }
            Some(_) | None => Reply { content, calls, cut: false },
        }
    }

    /// The content's tokens.
    pub(super) fn pieces(&self) -> Vec<String> {
        tokens(&self.content)
    }

    pub(super) fn finish_reason(&self) -> &'static str {
        match (self.cut, self.calls.is_empty()) {
            (true, _) => "length",
            (false, false) => "tool_calls",
            (false, true) => "stop",
        }
    }

    /// How many tokens it is.
    pub(super) fn cost(&self) -> usize {
        let calls = self.calls.iter().map(|call| tokens(&call.arguments).len() + 1);
        self.pieces().len() + calls.sum::<usize>()
    }
}

/// A text's tokens, which together are the text.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for c in text.chars() {
        match tokens.last_mut() {
            Some(token) if !c.is_whitespace() && token.chars().count() < TOKEN_CHARS => {
                token.push(c)
            }
            Some(_) | None => tokens.push(c.to_string()),
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_are_pieces_of_words() {
        assert_eq!(tokens("What is it, exactly?"), ["What", " is", " it,", " exact", "ly?"]);
        assert!(tokens("").is_empty());
    }

    proptest! {
        #[test]
        fn tokens_are_the_text(text in "\\PC{0,200}") {
            let tokens = tokens(&text);
            prop_assert_eq!(tokens.concat(), text);
            prop_assert!(tokens.iter().all(|token| !token.is_empty()));
        }
    }
}
