//! Telling a certificate that is not trusted from a line that broke.

use std::error::Error;

/// Whether TLS ended because the other end's certificate is not trusted, somewhere in this chain of errors.
pub(crate) fn is_missing(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        // An error of input and output gives the source of what it wraps, not what it wraps.
        let wrapped = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if is_about_certificate(inner) || wrapped.is_some_and(|inner| is_missing(inner)) {
            return true;
        }
        cause = inner.source();
    }
    false
}

fn is_about_certificate(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<rustls::Error>()
        .is_some_and(|error| matches!(error, rustls::Error::InvalidCertificate(_)))
}
