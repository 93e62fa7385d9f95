//! Whether there is room for one more call, by what runs in this process (rule L2).
//!
//! It saves a request the detour of being claimed, refused and put off. The rule itself is decided on evidence from the store, at dial
//! time; between processes that alone counts.

use callwright_compliance::policy::Limits;
use callwright_compliance::{PhoneNumber, TenantId};

use crate::stop::Watched;

/// A call that runs, or is about to.
pub(super) struct Running {
    pub(super) watched: Watched,
    pub(super) number: PhoneNumber,
}

/// What has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Tenant,
    Number,
}

/// How many calls more the whole system has room for at once: what may run, and what may begin within a second.
pub(super) fn room(running: usize, limits: Limits) -> u32 {
    let running = u32::try_from(running).unwrap_or(u32::MAX);
    limits.system_running_max.saturating_sub(running).min(limits.system_started_1s_max)
}

/// Whether the tenant and the number have room.
pub(super) fn check<'a>(
    running: impl Iterator<Item = &'a Running>,
    tenant: &TenantId,
    number: &PhoneNumber,
    limits: Limits,
) -> Result<(), Full> {
    let (mut of_tenant, mut to_number) = (0, 0);
    for call in running {
        of_tenant += u32::from(call.watched.tenant == *tenant);
        to_number += u32::from(call.number == *number);
    }
    if of_tenant >= limits.tenant_running_max {
        return Err(Full::Tenant);
    }
    if to_number >= limits.number_running_max {
        return Err(Full::Number);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use callwright_compliance::{Policy, RequestId};

    use super::*;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse_e164(text).unwrap()
    }

    fn tenant(text: &str) -> TenantId {
        TenantId::new(text).unwrap()
    }

    fn call(of: &str, to: &str) -> Running {
        let request = RequestId::new("r").unwrap();
        Running { watched: Watched::new(tenant(of), request), number: number(to) }
    }

    #[test]
    fn each_limit_counts_its_own() {
        let mut limits = Policy::recommended().limits;
        (limits.tenant_running_max, limits.number_running_max) = (2, 1);
        let running = [call("a", "+16142000134"), call("a", "+16142000135")];
        let check = |of: &str, to: &str| check(running.iter(), &tenant(of), &number(to), limits);
        assert_eq!(check("a", "+16142000136"), Err(Full::Tenant));
        assert_eq!(check("b", "+16142000135"), Err(Full::Number));
        assert_eq!(check("b", "+16142000136"), Ok(()));
    }

    #[test]
    fn the_system_takes_what_may_run_and_what_may_begin() {
        let mut limits = Policy::recommended().limits;
        (limits.system_running_max, limits.system_started_1s_max) = (5, 2);
        let rooms = [0, 3, 4, 5, 6, usize::MAX].map(|running| room(running, limits));
        assert_eq!(rooms, [2, 2, 1, 0, 0, 0]);
    }

    #[test]
    fn a_limit_that_is_not_set_leaves_no_room() {
        let unset = Limits::default();
        assert_eq!(room(0, unset), 0);
        let checked = check([].iter(), &tenant("a"), &number("+16142000134"), unset);
        assert_eq!(checked, Err(Full::Tenant));
    }
}
