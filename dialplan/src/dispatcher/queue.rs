//! Which of the ready requests is next. An index only; it knows neither stages nor time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use callwright_compliance::id::RequestId;
use callwright_compliance::number::PhoneNumber;

use super::Priority;

/// A request's rank: higher priority first, then the one that came first.
pub(super) type Rank = (Reverse<Priority>, u64);

/// Ready requests by number, so that a number at its limit costs one look and not one for each of its requests.
#[derive(Default)]
pub(super) struct Ready {
    by_number: BTreeMap<PhoneNumber, BTreeSet<(Rank, RequestId)>>,
}

impl Ready {
    pub(super) fn insert(&mut self, number: &PhoneNumber, rank: Rank, request: RequestId) {
        self.by_number.entry(number.clone()).or_default().insert((rank, request));
    }

    pub(super) fn remove(&mut self, number: &PhoneNumber, rank: Rank, request: &RequestId) {
        if let Some(of_number) = self.by_number.get_mut(number) {
            of_number.remove(&(rank, request.clone()));
            if of_number.is_empty() {
                self.by_number.remove(number);
            }
        }
    }

    /// The best request among the numbers for which `has_room` holds.
    pub(super) fn first(&self, has_room: impl Fn(&PhoneNumber) -> bool) -> Option<RequestId> {
        self.by_number
            .iter()
            .filter(|(number, _)| has_room(number))
            .filter_map(|(_, of_number)| of_number.first())
            .min()
            .map(|(_, request)| request.clone())
    }
}
