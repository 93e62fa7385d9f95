//! What commands print: lines for people, or one JSON document for programs. Logs go elsewhere, to standard error.
//!
//! Whoever reads may have seen enough and gone, as `head` does. What comes after is not written, and that is no failure: the command goes
//! on to its own verdict, which its exit code tells.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

/// Where a command's output goes.
pub struct Out {
    /// Nothing, once the reader is gone.
    to: Option<Box<dyn Write + Send>>,
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
        Out { to: Some(Box::new(writer)) }
    }

    /// Prints a line.
    ///
    /// # Errors
    /// Those of the writer, but for a reader that is gone.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        self.write(|to| writeln!(to, "{text}"))
    }

    /// Prints a text as it is.
    ///
    /// # Errors
    /// Those of the writer, but for a reader that is gone.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.write(|to| to.write_all(text.as_bytes()))
    }

    /// Prints a value as JSON on several lines.
    ///
    /// # Errors
    /// Those of the writer, but for a reader that is gone.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line(serde_json::to_string_pretty(value)?)
    }

    fn write(
        &mut self,
        what: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(to) = self.to.as_deref_mut() else { return Ok(()) };
        match what(to).and_then(|()| to.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.to = None;
                Ok(())
            }
            done => done,
        }
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
