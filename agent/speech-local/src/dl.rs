//! Opening shared libraries at run time, and the error that says which one is missing and how to get it.
//!
//! It loads code and finds symbols. It does not know what the functions do; `flite::ffi` and `sphinx::ffi` do.
#![expect(
    unsafe_code,
    reason = "loading a library runs its initialisers, and a symbol's type cannot be checked"
)]

use std::ffi::OsStr;

use libloading::Library;

/// The command that installs everything this crate opens, on Debian and Ubuntu.
pub(crate) const INSTALL: &str = "apt-get install -y libflite1 libpocketsphinx3 pocketsphinx-en-us";

/// A library or data file of the local speech engines is not on this machine, or is not the one this crate knows.
///
/// Nobody's bug: the operator installs the named packages, or names another speech vendor in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "local speech needs {library}, which cannot be used here ({why}). Install it with: {install}"
)]
#[non_exhaustive]
pub struct Missing {
    /// The library, symbol or file that was looked for; names are separated by commas where several would do.
    pub library: String,
    /// The command that installs it on Debian and Ubuntu.
    pub install: &'static str,
    /// What the loader or the file system said.
    pub why: String,
}

impl Missing {
    /// The error for `library`, with the loader's own words.
    pub(crate) fn new(library: impl Into<String>, why: impl Into<String>) -> Missing {
        Missing { library: library.into(), install: INSTALL, why: why.into() }
    }
}

/// A loaded library that stays loaded until the process ends.
///
/// C code may leave pointers to itself behind (flite registers voices globally), so unloading is never safe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedLibrary {
    library: &'static Library,
    name: &'static str,
}

/// Opens the first of `names` that loads. The caller must name libraries whose initialisers are harmless; those
/// named in this crate are.
pub(crate) fn open_first(names: &'static [&'static str]) -> Result<SharedLibrary, Missing> {
    let mut why = String::from("no name to look for");
    for name in names {
        // SAFETY: the names come from this crate's constants: Debian's flite and PocketSphinx, whose ELF initialisers are
        // the compiler's own (`frame_dummy` and the like) and run no code that expects a particular state.
        match unsafe { Library::new(OsStr::new(name)) } {
            Ok(library) => {
                return Ok(SharedLibrary { library: Box::leak(Box::new(library)), name });
            }
            Err(error) => why = error.to_string(),
        }
    }
    Err(Missing::new(names.join(", "), why))
}

impl SharedLibrary {
    /// The function called `symbol`.
    ///
    /// # Safety
    ///
    /// `F` must be a function pointer type with exactly the C declaration of `symbol`.
    pub(crate) unsafe fn function<F: Copy + 'static>(&self, symbol: &str) -> Result<F, Missing> {
        // SAFETY: the caller vouches for the type. The pointer copied out stays valid because the library is never
        // unloaded.
        unsafe { self.library.get::<F>(symbol) }.map(|found| *found).map_err(|error| {
            Missing::new(format!("`{symbol}` in {}", self.name), error.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_says_what_to_install() {
        let error = open_first(&["/nonexistent/liba.so.1", "/nonexistent/libb.so.1"])
            .expect_err("there is no such library");
        let message = error.to_string();
        assert!(message.contains("/nonexistent/liba.so.1, /nonexistent/libb.so.1"));
        assert!(
            message.contains("apt-get install -y libflite1 libpocketsphinx3 pocketsphinx-en-us")
        );
    }

    #[test]
    fn a_later_name_is_tried() {
        let found = open_first(&["/nonexistent/libm.so.6", "libm.so.6"]).expect("libm is there");
        assert_eq!(found.name, "libm.so.6");
    }

    #[test]
    fn a_missing_symbol_is_named() {
        let libm = open_first(&["libm.so.6"]).expect("libm is there");
        // SAFETY: no function is called: the symbol does not exist.
        let error = unsafe { libm.function::<extern "C" fn()>("flite_init") }
            .expect_err("libm has no flite_init");
        assert!(error.to_string().contains("`flite_init` in libm.so.6"));
    }
}
