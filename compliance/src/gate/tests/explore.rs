//! A small breadth-first explorer: every state that a model can reach, with the shortest way to each.
//!
//! It stops at a bound on states, and says so: a run that hit it explored nothing exhaustively, and the tests fail then. The tools that
//! could do this for us (`stateright` among them) check what is eventually reached along paths, and not that an end stays within reach
//! of every state, which is what is wanted of the gate; and they would bring a web server into the tests of the policy crate.

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;

/// What is explored.
pub(super) trait Model {
    /// One state, whole: two that are equal must behave alike.
    type State: Clone + Eq + Hash + Debug;
    /// One thing that can happen.
    type Act: Copy + Debug;

    fn start(&self) -> Self::State;
    fn acts(&self) -> Vec<Self::Act>;
    /// What follows; `None` where the act cannot happen in this state. A law that it breaks is an error.
    fn step(
        &self,
        state: &Self::State,
        act: Self::Act,
    ) -> Result<Option<Self::State>, &'static str>;
}

/// Every reachable state.
pub(super) struct Explored<M: Model> {
    pub(super) states: Vec<M::State>,
    /// How each was reached first.
    from: Vec<Option<(usize, M::Act)>>,
    /// Steps between them, by place.
    pub(super) steps: Vec<(usize, usize)>,
}

/// A law that was broken, and the shortest way there.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) law: &'static str,
    pub(super) way: Vec<String>,
}

/// Explores everything. `Err` holds the first law that was broken.
pub(super) fn explore<M: Model>(model: &M, states_max: usize) -> Result<Explored<M>, Broken> {
    let start = model.start();
    let mut places: HashMap<M::State, usize> = HashMap::from([(start.clone(), 0)]);
    let mut found: Explored<M> = Explored { states: vec![start], from: vec![None], steps: vec![] };
    let mut todo: VecDeque<usize> = VecDeque::from([0]);
    let acts = model.acts();
    while let Some(at) = todo.pop_front() {
        for act in &acts {
            let state = found.states[at].clone();
            let next = match model.step(&state, *act) {
                Ok(Some(next)) => next,
                Ok(None) => continue,
                Err(law) => {
                    let mut way = found.way(at);
                    way.push(format!("{act:?}"));
                    return Err(Broken { law, way });
                }
            };
            let place = *places.entry(next.clone()).or_insert_with(|| {
                found.states.push(next);
                found.from.push(Some((at, *act)));
                todo.push_back(found.states.len() - 1);
                found.states.len() - 1
            });
            found.steps.push((at, place));
            assert!(
                found.states.len() <= states_max,
                "more than {states_max} states: not exhaustive"
            );
        }
    }
    Ok(found)
}

impl<M: Model> Explored<M> {
    /// The acts by which a state is reached first.
    pub(super) fn way(&self, mut at: usize) -> Vec<String> {
        let mut way = Vec::new();
        while let Some((before, act)) = &self.from[at] {
            way.push(format!("{act:?}"));
            at = *before;
        }
        way.reverse();
        way
    }

    /// A state that `asks`, and from which no step leads to one that `answers`, whatever happens.
    pub(super) fn stuck(
        &self,
        asks: impl Fn(&M::State) -> bool,
        answers: impl Fn(&M::State) -> bool,
    ) -> Option<usize> {
        let mut before: Vec<Vec<usize>> = vec![vec![]; self.states.len()];
        for (from, to) in &self.steps {
            before[*to].push(*from);
        }
        let mut can = vec![false; self.states.len()];
        let mut todo: Vec<usize> =
            (0..self.states.len()).filter(|at| answers(&self.states[*at])).collect();
        while let Some(at) = todo.pop() {
            if !std::mem::replace(&mut can[at], true) {
                todo.extend(&before[at]);
            }
        }
        (0..self.states.len()).find(|at| asks(&self.states[*at]) && !can[*at])
    }
}
