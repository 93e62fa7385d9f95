//! Fingerprints of short windows of mu-law, chosen by their content.
//!
//! The hash is a rolling polynomial one (Karp and Rabin 1987); a window is kept where its mixed hash ends in zeros, as files are cut
//! for deduplication (Manber 1994). Windows that hold too few different codes (silence, a square wave) say nothing and are passed
//! over. It decides nothing about words.

/// The window: 8 ms at 8 kHz.
pub(super) const WINDOW: usize = 64;
/// One window in sixteen is kept: about 500 a second of speech.
const KEEP_MASK: u64 = 0xF;
/// Speech has thirty and more different codes in 8 ms; the residue of a quiet line has two or three, a pure tone about ten.
const CODES_MIN: u32 = 14;
/// An odd factor with well spread bits: 2^64 divided by the golden ratio.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// The fingerprint of a window that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(pub(super) u64);

/// Takes codes one by one.
#[derive(Clone, Debug)]
pub(super) struct Fingerprinter {
    window: [u8; WINDOW],
    at: usize,
    filled: usize,
    hash: u64,
    counts: [u8; 256],
    codes: u32,
}

impl Default for Fingerprinter {
    fn default() -> Fingerprinter {
        Fingerprinter { window: [0; WINDOW], at: 0, filled: 0, hash: 0, counts: [0; 256], codes: 0 }
    }
}

/// The weight that the oldest code of a full window has in the hash.
const LEAVING: u64 = power(FACTOR, WINDOW - 1);

const fn power(base: u64, exponent: usize) -> u64 {
    let mut product = 1_u64;
    let mut times = 0;
    while times < exponent {
        product = product.wrapping_mul(base);
        times += 1;
    }
    product
}

impl Fingerprinter {
    /// The fingerprint of the window that ends with this code, if that window is one to keep.
    pub(super) fn push(&mut self, code: u8) -> Option<Mark> {
        let full = self.filled == WINDOW;
        if full {
            let leaving = self.window[self.at];
            self.hash = self.hash.wrapping_sub((u64::from(leaving) + 1).wrapping_mul(LEAVING));
            let count = &mut self.counts[usize::from(leaving)];
            *count -= 1;
            self.codes -= u32::from(*count == 0);
        } else {
            self.filled += 1;
        }
        self.hash = self.hash.wrapping_mul(FACTOR).wrapping_add(u64::from(code) + 1);
        self.window[self.at] = code;
        self.at = (self.at + 1) % WINDOW;
        let count = &mut self.counts[usize::from(code)];
        self.codes += u32::from(*count == 0);
        *count += 1;
        let print = mix(self.hash);
        let kept = self.filled == WINDOW && self.codes >= CODES_MIN && print & KEEP_MASK == 0;
        kept.then_some(Mark(print))
    }
}

/// Spreads the hash over all bits (the finaliser of MurmurHash3, Appleby 2011), so that the low ones may choose.
const fn mix(hash: u64) -> u64 {
    let mut mixed = hash;
    mixed ^= mixed >> 33;
    mixed = mixed.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    mixed ^= mixed >> 33;
    mixed = mixed.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marks(codes: &[u8]) -> Vec<(usize, u64)> {
        let mut fingerprinter = Fingerprinter::default();
        let ends = codes.iter().zip(1..);
        ends.filter_map(|(code, end)| fingerprinter.push(*code).map(|Mark(m)| (end, m))).collect()
    }

    #[test]
    fn silence_and_square_waves_leave_no_marks() {
        assert!(marks(&[0xFF; 8_000]).is_empty());
        let wave: Vec<u8> = (0..8_000).map(|at| if at % 16 < 8 { 0x10 } else { 0x90 }).collect();
        assert!(marks(&wave).is_empty());
    }

    proptest! {
        /// A window's mark depends on its own codes and on nothing before them.
        #[test]
        fn marks_do_not_depend_on_where_a_stream_begins(
            codes in proptest::collection::vec(any::<u8>(), 600..2_000),
            skipped in 0_usize..500,
        ) {
            let whole = marks(&codes);
            let later: Vec<_> =
                marks(&codes[skipped..]).into_iter().map(|(end, m)| (end + skipped, m)).collect();
            let expected: Vec<_> =
                whole.into_iter().filter(|(end, _)| *end >= skipped + WINDOW).collect();
            prop_assert_eq!(later, expected);
        }
    }
}
