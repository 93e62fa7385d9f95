//! Rust source with its comments and literals blanked, so that a search finds code only. It is no parser: it knows what a comment, a
//! string and a character are, and nothing else.

/// The text with every comment, string and character literal replaced by spaces. Lines stay where they are.
pub(crate) fn code(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let skip = if is_word(before) { None } else { literal_prefixed(rest) };
        let skip = skip.or_else(|| comment(rest)).or_else(|| plain_literal(rest));
        let length = skip.unwrap_or(first.len_utf8());
        let (taken, left) = rest.split_at(length);
        if skip.is_some() {
            out.extend(taken.chars().map(|each| if each == '\n' { '\n' } else { ' ' }));
            before = ' ';
        } else {
            out.push_str(taken);
            before = first;
        }
        rest = left;
    }
    out
}

/// Whether a character can stand in an identifier.
pub(crate) fn is_word(each: char) -> bool {
    each.is_alphanumeric() || each == '_'
}

fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let mut depth = 0_u32;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    Some(text.len())
}

/// `r"…"`, `r#"…"#`, `b"…"`, `br#"…"#`, `c"…"`, `b'…'`.
fn literal_prefixed(text: &str) -> Option<usize> {
    let prefix = text.chars().take_while(|each| matches!(each, 'b' | 'c' | 'r')).count();
    if prefix == 0 || prefix > 2 {
        return None;
    }
    let (prefix_text, rest) = text.split_at(prefix);
    if !prefix_text.contains('r') {
        return plain_literal(rest).map(|length| prefix + length);
    }
    let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
    let (_, body) = rest.split_at(hashes);
    let body = body.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&close).map_or(body.len(), |end| end + close.len());
    Some(prefix + hashes + 1 + end)
}

/// `"…"` or `'…'`, but not a lifetime.
fn plain_literal(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|each| matches!(each, '"' | '\''))?;
    let mut escaped = false;
    for (at, each) in text.char_indices().skip(1) {
        if quote == '\'' && !escaped && at > 1 && each != '\'' && !text.starts_with("'\\") {
            // More than one character without an escape: a lifetime.
            return None;
        }
        if escaped {
            escaped = false;
        } else if each == '\\' {
            escaped = true;
        } else if each == quote {
            return Some(at + 1);
        }
    }
    None
}

/// Code without what only tests build: the file up to its test module.
pub(crate) fn without_tests(code: &str) -> &str {
    let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    code.split_at(end).0
}

/// Whether a file only holds tests.
pub(crate) fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "benches" | "examples" | "tests" | "tests.rs"))
        || path.ends_with("_tests.rs")
}
