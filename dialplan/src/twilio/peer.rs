//! Which addresses of the carrier may be connected to: those that its egress permit covers (rule V1).
//!
//! Names are checked as they are resolved, for each connection anew; an address that stands in the URL is checked when a session is opened.
//! The carrier's own connections to us (webhooks, media streams) are not of this module: its signature and one-time tokens prove those.

use std::net::IpAddr;
use std::sync::Arc;

use callwright_compliance::vendor::EgressPermit;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The address that a URL has for a host, if it is none to be resolved. Without name resolution there is no check but this one.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?.trim_matches(['[', ']']);
    host.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// A resolver that gives out covered addresses only.
pub(super) struct CoveredNames {
    pub(super) permit: Arc<EgressPermit>,
}

impl Resolve for CoveredNames {
    fn resolve(&self, name: Name) -> Resolving {
        let permit = Arc::clone(&self.permit);
        Box::pin(async move {
            let mut refused = None;
            let mut covered = Vec::new();
            // The client puts its own port in.
            for address in tokio::net::lookup_host((name.as_str(), 0)).await? {
                match permit.check_peer(&address.ip().to_canonical()) {
                    Ok(()) => covered.push(address),
                    Err(error) => refused = Some(error),
                }
            }
            match refused {
                Some(error) if covered.is_empty() => Err(error.into()),
                _ => Ok(Box::new(covered.into_iter()) as Addrs),
            }
        })
    }
}
