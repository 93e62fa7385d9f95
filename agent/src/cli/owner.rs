//! Whose an id is. The operator of the machine may ask about any practice's request or call, and often has only its id.

use callwright_compliance::{RequestId, TenantId};
use callwright_store::{CallId, Kind, Store, StoreError};

use super::CliError;

/// The one practice that has the request.
pub(super) async fn of_request(store: &Store, request: &RequestId) -> Result<TenantId, CliError> {
    let mut owners = Vec::new();
    for practice in store.practices().await? {
        match store.request(&practice.tenant, request).await {
            Ok(_) => owners.push(practice.tenant),
            Err(StoreError::NotFound(Kind::Request)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match owners.len() {
        0 => Err(StoreError::NotFound(Kind::Request).into()),
        1 => Ok(owners.swap_remove(0)),
        _ => Err(CliError::usage("several practices have a request of this id: add --practice")),
    }
}

/// The practice and the request of a call, by the call's id or by its request's.
pub(super) async fn of_call(store: &Store, id: &str) -> Result<(TenantId, RequestId), CliError> {
    if let Ok(call) = id.parse::<CallId>() {
        for practice in store.practices().await? {
            match store.call(&practice.tenant, &call).await {
                Ok(call) => return Ok((practice.tenant, call.request)),
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    let request = RequestId::new(id).map_err(CliError::usage)?;
    Ok((of_request(store, &request).await?, request))
}
