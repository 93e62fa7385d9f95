//! As much XML as TwiML needs: elements, attributes, text, the five entities and character references, comments, CDATA.
//!
//! Document types are refused (so are their bombs), and so are depth and size beyond a bound. Namespaces mean nothing.

use thiserror::Error;

/// The largest document: 64 KiB, sixteen times what Twilio takes in a `Twiml` parameter.
pub(super) const SIZE_MAX: usize = 64 * 1024;
const DEPTH_MAX: usize = 16;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Why a text is not the XML we read. The application wrote it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum XmlError {
    /// Over 64 KiB.
    #[error("the document is over 64 KiB")]
    TooLarge,
    /// Elements too deep in one another.
    #[error("elements are nested more than 16 deep")]
    TooDeep,
    /// It stops in the middle.
    #[error("the document ends in the middle of something")]
    Ends,
    /// `<!DOCTYPE`, which is refused.
    #[error("document types are not taken")]
    DocType,
    /// An end tag that closes nothing, or something else.
    #[error("an end tag does not match its start tag")]
    Mismatch,
    /// A tag or attribute that is not well formed.
    #[error("a tag is not well formed")]
    Tag,
    /// An entity that is not known.
    #[error("an entity is not known")]
    Entity,
    /// Not exactly one root element.
    #[error("there must be exactly one root element")]
    Root,
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Element, XmlError> {
    if text.len() > SIZE_MAX {
        return Err(XmlError::TooLarge);
    }
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    // The open elements; the first one is not real, it holds the root.
    let mut open = vec![Element::default()];
    while !rest.is_empty() {
        let (before, tail) = rest.split_once('<').unwrap_or((rest, ""));
        let current = open.last_mut().ok_or(XmlError::Mismatch)?;
        current.text.push_str(&unescape(before)?);
        if before.len() == rest.len() {
            break;
        }
        rest = markup(tail, &mut open)?;
    }
    let mut roots = open.pop().ok_or(XmlError::Mismatch)?;
    if !open.is_empty() {
        return Err(XmlError::Ends);
    }
    if roots.children.len() != 1 || !roots.text.trim().is_empty() {
        return Err(XmlError::Root);
    }
    roots.children.pop().ok_or(XmlError::Root)
}

/// Reads what follows a `<`; gives the rest.
fn markup<'t>(tail: &'t str, open: &mut Vec<Element>) -> Result<&'t str, XmlError> {
    if let Some(tail) = tail.strip_prefix("!--") {
        return tail.split_once("-->").map(|(_, rest)| rest).ok_or(XmlError::Ends);
    }
    if let Some(tail) = tail.strip_prefix("![CDATA[") {
        let (text, rest) = tail.split_once("]]>").ok_or(XmlError::Ends)?;
        open.last_mut().ok_or(XmlError::Mismatch)?.text.push_str(text);
        return Ok(rest);
    }
    if let Some(tail) = tail.strip_prefix('?') {
        return tail.split_once("?>").map(|(_, rest)| rest).ok_or(XmlError::Ends);
    }
    if tail.starts_with('!') {
        return Err(XmlError::DocType);
    }
    if let Some(tail) = tail.strip_prefix('/') {
        let (name, rest) = tail.split_once('>').ok_or(XmlError::Ends)?;
        let element = open.pop().ok_or(XmlError::Mismatch)?;
        if element.name != name.trim_end() || name.is_empty() {
            return Err(XmlError::Mismatch);
        }
        open.last_mut().ok_or(XmlError::Mismatch)?.children.push(element);
        return Ok(rest);
    }
    let (element, empty, rest) = start_tag(tail)?;
    if empty {
        open.last_mut().ok_or(XmlError::Mismatch)?.children.push(element);
    } else {
        if open.len() > DEPTH_MAX {
            return Err(XmlError::TooDeep);
        }
        open.push(element);
    }
    Ok(rest)
}

fn start_tag(tail: &str) -> Result<(Element, bool, &str), XmlError> {
    let (name, mut rest) = name(tail)?;
    let mut element = Element { name, ..Element::default() };
    loop {
        rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix("/>") {
            return Ok((element, true, rest));
        }
        if let Some(rest) = rest.strip_prefix('>') {
            return Ok((element, false, rest));
        }
        let (key, after) = self::name(rest)?;
        let after = after.trim_start().strip_prefix('=').ok_or(XmlError::Tag)?.trim_start();
        let quote =
            after.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(XmlError::Tag)?;
        let after = after.strip_prefix(quote).ok_or(XmlError::Tag)?;
        let (value, after) = after.split_once(quote).ok_or(XmlError::Ends)?;
        if value.contains('<') || element.attribute(&key).is_some() {
            return Err(XmlError::Tag);
        }
        element.attributes.push((key, unescape(value)?));
        rest = after;
    }
}

fn name(text: &str) -> Result<(String, &str), XmlError> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '/' | '>' | '=' | '<' | '"' | '\'');
    let end = text.find(is_end).ok_or(XmlError::Ends)?;
    let (name, rest) = text.split_at(end);
    let starts_well = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if starts_well { Ok((name.to_owned(), rest)) } else { Err(XmlError::Tag) }
}

fn unescape(text: &str) -> Result<String, XmlError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, tail) = tail.split_once(';').ok_or(XmlError::Entity)?;
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => reference(entity).ok_or(XmlError::Entity)?,
        });
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn reference(entity: &str) -> Option<char> {
    let number = entity.strip_prefix('#')?;
    let code = match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_twiml_is_made_of() {
        let text = "<?xml version=\"1.0\"?>\n<!-- c --><R a='1 &amp; 2'>t<B c=\"&#65;&#x42;\"/><![CDATA[<x>]]></R>";
        let root = parse(text).unwrap();
        assert_eq!((root.name.as_str(), root.attribute("a")), ("R", Some("1 & 2")));
        assert_eq!(root.text, "t<x>");
        assert_eq!(root.children[0].attribute("c"), Some("AB"));
    }

    #[test]
    fn refuses_what_it_should() {
        for (text, why) in [
            ("<R>", XmlError::Ends),
            ("<R", XmlError::Ends),
            ("<R></S>", XmlError::Mismatch),
            ("</R>", XmlError::Mismatch),
            ("<R/><R/>", XmlError::Root),
            ("", XmlError::Root),
            ("words", XmlError::Root),
            ("<!DOCTYPE x><R/>", XmlError::DocType),
            ("<R a=1/>", XmlError::Tag),
            ("<R a='1' a='2'/>", XmlError::Tag),
            ("<1/>", XmlError::Tag),
            ("<R>&nbsp;</R>", XmlError::Entity),
        ] {
            assert_eq!(parse(text), Err(why), "{text}");
        }
        assert_eq!(parse(&"<a>".repeat(40)), Err(XmlError::TooDeep));
        assert_eq!(parse(&" ".repeat(SIZE_MAX + 1)), Err(XmlError::TooLarge));
    }
}
