//! Names to addresses, with only the admitted ones let through.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Host;
use super::retry::Failure;
use crate::{Egress, VendorError};

/// Finds the addresses of a host and keeps those that the call's leave covers.
///
/// # Errors
/// [`VendorError::Unreachable`] where there is none at all, [`VendorError::Peer`] or [`VendorError::PermitEnded`] where none is
/// covered.
pub(crate) async fn admitted(
    host: &Host,
    port: u16,
    egress: &Egress,
    vendor: &'static str,
) -> Result<Vec<SocketAddr>, VendorError> {
    let found: Vec<SocketAddr> = match host {
        Host::Address(address) => vec![SocketAddr::new(*address, port)],
        Host::Name(name) => tokio::net::lookup_host((name.as_str(), port))
            .await
            .map_err(|_| VendorError::Unreachable { vendor })?
            .collect(),
    };
    let mut refused = VendorError::Unreachable { vendor };
    let mut covered = Vec::with_capacity(found.len());
    for address in found {
        match egress.admit(canonical(address.ip())) {
            Ok(()) => covered.push(address),
            Err(error) => refused = error,
        }
    }
    if covered.is_empty() { Err(refused) } else { Ok(covered) }
}

/// An IPv4 address that is written as an IPv6 one is the IPv4 address.
pub(crate) const fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The resolver of an HTTP client that belongs to one call.
pub(crate) struct AdmittedNames {
    pub(crate) egress: Egress,
    pub(crate) vendor: &'static str,
}

impl Resolve for AdmittedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (egress, vendor) = (self.egress.clone(), self.vendor);
        Box::pin(async move {
            let host = Host::Name(name.as_str().to_owned());
            // The client puts its own port in.
            let addresses = admitted(&host, 0, &egress, vendor).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// A name that does not resolve may do so in a moment; a refusal stands.
pub(crate) fn failure(error: VendorError) -> Failure {
    if matches!(error, VendorError::Unreachable { .. }) {
        Failure::passing(error)
    } else {
        Failure::lasting(error)
    }
}

/// The refusal in a chain of errors, where a connection failed because of one.
pub(crate) fn refusal(error: &reqwest::Error) -> Option<VendorError> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<VendorError>() {
            return Some(refused.clone());
        }
        cause = inner.source();
    }
    None
}
