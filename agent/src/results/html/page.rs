//! HTML as text that is being written: its own words are constants, and whatever else goes in is escaped.
//!
//! There is no other way in, so a value cannot become markup. It does not check that tags match.

/// A page, or a part of one, being written.
#[derive(Default)]
pub(in crate::results) struct Page(String);

impl Page {
    /// Markup of our own.
    pub(in crate::results) fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// A text, in which nothing is markup; as safe between tags as in a quoted attribute, in HTML and in XHTML.
    pub(in crate::results) fn text(&mut self, text: &str) {
        for each in text.chars() {
            match each {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // XML has no other control characters (Extensible Markup Language 1.0, production 2).
                '\t' | '\n' | '\r' => self.0.push(each),
                _ if each.is_control() || matches!(each, '\u{FFFE}' | '\u{FFFF}') => {
                    self.0.push('\u{FFFD}');
                }
                _ => self.0.push(each),
            }
        }
    }

    /// A text between its tags.
    pub(super) fn element(&mut self, open: &'static str, text: &str, close: &'static str) {
        self.raw(open);
        self.text(text);
        self.raw(close);
    }

    pub(in crate::results) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a reader of HTML makes of escaped text.
    fn unescaped(text: &str) -> String {
        let named =
            [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        named.iter().fold(text.to_owned(), |text, (name, sign)| text.replace(name, sign))
    }

    proptest! {
        #[test]
        fn a_text_is_never_markup_and_reads_as_it_was(text in r#"[<>&"';#a-z/= ]{0,30}|\PC{0,30}"#) {
            let mut page = Page::default();
            page.text(&text);
            let written = page.into_text();
            prop_assert!(!written.contains(['<', '>', '"', '\'']));
            prop_assert_eq!(unescaped(&written), text);
        }
    }

    #[test]
    fn what_xml_has_no_sign_for_is_replaced() {
        let mut page = Page::default();
        page.text("a\u{0}b\u{1b}c\td");
        assert_eq!(page.into_text(), "a\u{FFFD}b\u{FFFD}c\td");
    }
}
