//! Audio in memory that may yet have to be forgotten.
//!
//! A queue of frame pairs in blocks of one second. Blocks do not move in memory, so no copy stays behind
//! where a queue grew; every frame is zeroised when it leaves, and all of them when the queue is dropped. It
//! does not know why a frame waits.

use crate::frame::{FRAME, Frame};
use std::collections::VecDeque;
use zeroize::Zeroize;

/// What both ends said in the same 20 ms.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) far: Frame,
    pub(super) near: Frame,
}

impl Pair {
    const EMPTY: Pair = Pair { far: [0; FRAME], near: [0; FRAME] };
}

impl Zeroize for Pair {
    fn zeroize(&mut self) {
        self.far.zeroize();
        self.near.zeroize();
    }
}

const BLOCK: usize = 50;
type Block = Box<[Pair; BLOCK]>;

/// See the module.
#[derive(Default)]
pub(super) struct HoldBack {
    blocks: VecDeque<Block>,
    /// One empty block, kept so that the steady state allocates nothing.
    spare: Option<Block>,
    /// Frames of the first block that have left.
    gone: usize,
    len: usize,
}

impl HoldBack {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, far: &Frame, near: &Frame) {
        let place = self.gone + self.len;
        if place == self.blocks.len() * BLOCK {
            let block = self.spare.take();
            self.blocks.push_back(block.unwrap_or_else(|| Box::new([Pair::EMPTY; BLOCK])));
        }
        let pair = &mut self.blocks[place / BLOCK][place % BLOCK];
        pair.far = *far;
        pair.near = *near;
        self.len += 1;
    }

    /// Shows the oldest pair to `look`, then zeroises and forgets it. Nothing where the queue is empty.
    pub(super) fn pop<R>(&mut self, look: impl FnOnce(&Pair) -> R) -> Option<R> {
        if self.len == 0 {
            return None;
        }
        let pair = &mut self.blocks[0][self.gone];
        let result = look(pair);
        pair.zeroize();
        self.gone += 1;
        self.len -= 1;
        if self.gone == BLOCK {
            self.gone = 0;
            self.spare = self.blocks.pop_front();
        }
        Some(result)
    }

    /// Zeroises and forgets everything.
    pub(super) fn clear(&mut self) {
        for block in &mut self.blocks {
            block.zeroize();
        }
        self.blocks.truncate(1);
        self.gone = 0;
        self.len = 0;
    }
}

impl Drop for HoldBack {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_in_first_out_over_many_blocks() {
        let mut queue = HoldBack::default();
        let mut next = 0_u8;
        for n in 0..230_u32 {
            queue.push(&[(n % 256) as u8; FRAME], &[1; FRAME]);
            if n % 3 == 0 {
                assert_eq!(queue.pop(|pair| pair.far[0]), Some(next));
                next = next.wrapping_add(1);
            }
        }
        while queue.len() > 0 {
            assert_eq!(queue.pop(|pair| pair.far[7]), Some(next));
            next = next.wrapping_add(1);
        }
        assert_eq!(next, 230);
        assert!(queue.pop(|_| ()).is_none());
    }

    #[test]
    fn what_left_is_zero_in_memory() {
        let mut queue = HoldBack::default();
        queue.push(&[9; FRAME], &[9; FRAME]);
        queue.push(&[8; FRAME], &[8; FRAME]);
        queue.pop(|_| ());
        assert_eq!(queue.blocks[0][0].far, [0; FRAME]);
        assert_eq!(queue.blocks[0][1].far, [8; FRAME]);
        queue.clear();
        assert_eq!(queue.blocks[0][1].near, [0; FRAME]);
        assert_eq!(queue.len(), 0);
    }
}
