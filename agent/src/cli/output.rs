//! What commands print: lines for people, or one JSON document for programs. Logs go elsewhere, to standard error.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

/// Where a command's output goes.
pub struct Out {
    to: Box<dyn Write + Send>,
}

impl Out {
    /// Standard output.
    #[must_use]
    pub fn stdout() -> Out {
        Out::to(io::stdout())
    }

    /// Another writer.
    #[must_use]
    pub fn to(writer: impl Write + Send + 'static) -> Out {
        Out { to: Box::new(writer) }
    }

    /// Prints a line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.to, "{text}")?;
        self.to.flush()
    }

    /// Prints a text as it is.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())?;
        self.to.flush()
    }

    /// Prints a value as JSON on several lines.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line(serde_json::to_string_pretty(value)?)
    }
}

#[cfg(test)]
pub(super) mod test {
    //! A writer that a test can read.

    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::Out;

    #[derive(Clone, Default)]
    pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Captured {
        pub(crate) fn out(&self) -> Out {
            Out::to(self.clone())
        }

        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
