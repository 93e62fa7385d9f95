//! Telephone keys as tones (DTMF): a detector for the far end, and a generator for the keys the agent
//! presses.
//!
//! Frequencies: ITU-T Q.23. Receiver: ITU-T Q.24, with the North American operating values of its annex A: a
//! key of 40 ms or more counts, one of 23 ms or less does not, a pause of 40 ms or more divides two keys,
//! twist is bounded. Keys that arrive as messages (Twilio's `dtmf`, RFC 4733) are not seen here. What a row
//! of keys *means* may identify a patient; nothing here prints one.

use super::goertzel::Goertzel;
use crate::frame::SampleTime;
use crate::g711;
use std::fmt;

/// Low group (rows), Hz.
const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
/// High group (columns), Hz.
const COLUMNS: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// The sixteen keys by row and column (Q.23 figure 1).
const PAD: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// One of the sixteen keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(char);

impl Key {
    /// The key for `0-9`, `*`, `#` or `A-D`; nothing for any other character.
    #[must_use]
    pub fn new(symbol: char) -> Option<Key> {
        PAD.iter().flatten().any(|key| *key == symbol).then_some(Key(symbol))
    }

    /// Every character of `text` as a key, or nothing if one of them is none.
    #[must_use]
    pub fn parse_all(text: &str) -> Option<Vec<Key>> {
        text.chars().map(Key::new).collect()
    }

    /// The character on the key.
    #[must_use]
    pub fn symbol(self) -> char {
        self.0
    }

    fn frequencies(self) -> (f32, f32) {
        for (row, keys) in PAD.iter().enumerate() {
            if let Some(column) = keys.iter().position(|key| *key == self.0) {
                return (ROWS[row], COLUMNS[column]);
            }
        }
        unreachable!("`new` takes the keys of the pad only")
    }
}

/// Says that there is a key, never which: a row of keys may be a member's number.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(_)")
    }
}

/// Samples of one look: 12.75 ms.
const LOOK: usize = 102;
/// A look every 6.4 ms.
const HOP: usize = LOOK / 2;
/// Looks in a row that make a key. 40 ms of tone hold four wherever they begin; 23 ms hold three at most,
/// partly filled ones included.
const AGREE: u8 = 4;
/// Looks in a row without the key that end it: a break of 15 ms or more, less than the shortest pause between
/// two keys.
const RELEASE: u8 = 2;
/// A group weaker than this (power of a sine at −42 dBm0 in one look) is not a key (Q.24 annex A: −25 dBm is
/// the weakest to accept).
const FLOOR_DBM0: f32 = -42.0;
/// Largest excess of the low group over the high: 8 dB.
const TWIST_NORMAL: f32 = 6.31;
/// Largest excess of the high group over the low: 4 dB is the annex's bound; 8 leaves room for handsets that
/// lift the high group.
const TWIST_REVERSE: f32 = 6.31;
/// The strongest of a group must exceed the others of the group by 8 dB.
const GROUP_LEAD: f32 = 6.31;
/// Share of the look's energy that must lie in the two tones. Speech that happens to hit both rarely has so
/// little else: this is the guard against talk-off.
const PAIR_SHARE: f32 = 0.82;

/// Hears keys in the far end's audio.
pub struct Detector {
    rows: [Goertzel; 4],
    columns: [Goertzel; 4],
    look: [f32; LOOK],
    filled: usize,
    /// What the last looks agreed on, and for how many.
    candidate: Option<Key>,
    agreed: u8,
    /// The key that is down.
    down: Option<Key>,
    floor: f32,
}

impl Default for Detector {
    fn default() -> Detector {
        Detector::new()
    }
}

impl Detector {
    /// A detector that has heard nothing.
    #[must_use]
    pub fn new() -> Detector {
        let amplitude = amplitude_of(FLOOR_DBM0);
        let half = amplitude * LOOK as f32 / 2.0;
        Detector {
            rows: ROWS.map(|hz| Goertzel::new(hz, 8_000.0)),
            columns: COLUMNS.map(|hz| Goertzel::new(hz, 8_000.0)),
            look: [0.0; LOOK],
            filled: 0,
            candidate: None,
            agreed: 0,
            down: None,
            floor: half * half,
        }
    }

    /// Takes `samples`, the first of which is at `at`; calls `heard` with each key and where it began.
    ///
    /// A key is told once, 32 to 38 ms after it began, however long it is held.
    pub fn push(
        &mut self,
        at: SampleTime,
        samples: &[i16],
        mut heard: impl FnMut(Key, SampleTime),
    ) {
        for (offset, sample) in samples.iter().enumerate() {
            self.look[self.filled] = f32::from(*sample);
            self.filled += 1;
            if self.filled == LOOK {
                let end = at + (offset as u64 + 1);
                if let Some((key, began)) = self.judge(end.back(LOOK as u64)) {
                    heard(key, began);
                }
                self.look.copy_within(HOP.., 0);
                self.filled = LOOK - HOP;
            }
        }
    }

    /// Judges the full look, which begins at `look_at`; gives a key that has just been proved and the start
    /// of the first look that had it.
    fn judge(&mut self, look_at: SampleTime) -> Option<(Key, SampleTime)> {
        let seen = self.key_in_look();
        if seen == self.candidate {
            self.agreed = self.agreed.saturating_add(1);
        } else {
            self.candidate = seen;
            self.agreed = 1;
        }
        let needed = if seen.is_some() { AGREE } else { RELEASE };
        if self.agreed != needed || seen == self.down {
            return None;
        }
        self.down = seen;
        let began = look_at.back(HOP as u64 * u64::from(AGREE - 1));
        seen.map(|key| (key, began))
    }

    fn key_in_look(&self) -> Option<Key> {
        let energy: f32 = self.look.iter().map(|s| s * s).sum();
        // Two tones at the floor carry at least this much: skip sixteen filters in silence.
        if energy * LOOK as f32 / 2.0 < self.floor {
            return None;
        }
        let rows = self.rows.map(|filter| filter.power(&self.look));
        let columns = self.columns.map(|filter| filter.power(&self.look));
        let (row, low) = strongest(&rows)?;
        let (column, high) = strongest(&columns)?;
        let loud = low >= self.floor && high >= self.floor;
        let even = low <= high * TWIST_NORMAL && high <= low * TWIST_REVERSE;
        let pure = 2.0 * (low + high) >= PAIR_SHARE * energy * LOOK as f32;
        (loud && even && pure).then_some(Key(PAD[row][column]))
    }
}

/// The strongest of a group and its power, if it leads the others clearly.
fn strongest(powers: &[f32; 4]) -> Option<(usize, f32)> {
    let (best, top) = powers.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let clear =
        powers.iter().enumerate().all(|(at, power)| at == best || power * GROUP_LEAD <= top);
    clear.then_some((best, top))
}

/// The amplitude at 16 bits of a sine at `dbm0`: full scale of mu-law is +3.17 dBm0 (G.711 §4).
fn amplitude_of(dbm0: f32) -> f32 {
    32_124.0 * 10_f32.powf((dbm0 - 3.17) / 20.0)
}

/// How keys are pressed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Press {
    /// Length of each tone, ms.
    pub on_ms: u32,
    /// Pause after each tone, ms.
    pub off_ms: u32,
    /// Level of the low group, dBm0.
    pub low_dbm0: f32,
    /// Level of the high group, dBm0; lines lose more of it, so it is sent 2 dB louder.
    pub high_dbm0: f32,
}

impl Default for Press {
    /// 100 ms on, 80 ms off: twice what any receiver must accept (Q.24 annex A), at ordinary telephone-set
    /// levels.
    fn default() -> Press {
        Press { on_ms: 100, off_ms: 80, low_dbm0: -8.0, high_dbm0: -6.0 }
    }
}

impl Press {
    /// How long `keys` keys last, ms.
    #[must_use]
    pub fn length_ms(&self, keys: usize) -> u64 {
        keys as u64 * u64::from(self.on_ms + self.off_ms)
    }
}

/// Mu-law for `keys`, one after the other, each with its pause.
#[must_use]
pub fn generate(keys: &[Key], press: Press) -> Vec<u8> {
    let on = press.on_ms as usize * 8;
    let off = press.off_ms as usize * 8;
    let low = amplitude_of(press.low_dbm0);
    let high = amplitude_of(press.high_dbm0);
    let mut codes = Vec::with_capacity(keys.len() * (on + off));
    for key in keys {
        let (row, column) = key.frequencies();
        for n in 0..on {
            let t = std::f32::consts::TAU * n as f32 / 8_000.0;
            let sample = low * (t * row).sin() + high * (t * column).sin();
            codes.push(g711::encode(sample as i16));
        }
        codes.extend(std::iter::repeat_n(g711::SILENCE, off));
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all_keys() -> Vec<Key> {
        Key::parse_all("1234567890*#ABCD").unwrap()
    }

    fn hear(codes: &[u8]) -> Vec<(Key, SampleTime)> {
        let mut detector = Detector::new();
        let mut heard = Vec::new();
        for (n, chunk) in codes.chunks(160).enumerate() {
            let samples: Vec<i16> = chunk.iter().map(|c| g711::decode(*c)).collect();
            detector.push(SampleTime(n as u64 * 160), &samples, |key, at| {
                heard.push((key, at));
            });
        }
        heard
    }

    fn symbols(heard: &[(Key, SampleTime)]) -> String {
        heard.iter().map(|(key, _)| key.symbol()).collect()
    }

    #[test]
    fn hears_all_sixteen_keys_and_where_they_began() {
        let heard = hear(&generate(&all_keys(), Press::default()));
        assert_eq!(symbols(&heard), "1234567890*#ABCD");
        for (n, (_, at)) in heard.iter().enumerate() {
            let pressed = n as u64 * 180 * 8;
            assert!(at.0.abs_diff(pressed) <= 104, "key {n} at {}", at.0);
        }
    }

    #[test]
    fn only_keys_of_the_pad_exist() {
        assert!(Key::new('E').is_none());
        assert!(Key::parse_all("12 3").is_none());
        assert_eq!(format!("{:?}", Key::new('7').unwrap()), "Key(_)");
    }

    fn with(press: Press, lead: usize) -> String {
        let mut codes = vec![g711::SILENCE; lead];
        codes.extend(generate(&all_keys(), press));
        codes.extend([g711::SILENCE; 400]);
        symbols(&hear(&codes))
    }

    proptest! {
        /// Q.24 annex A: 40 ms on and 40 ms off must count, wherever the tone falls.
        #[test]
        fn forty_milliseconds_are_enough(lead in 0_usize..400) {
            let press = Press { on_ms: 40, off_ms: 40, ..Press::default() };
            prop_assert_eq!(with(press, lead), "1234567890*#ABCD");
        }

        /// Q.24 annex A: 23 ms must not count.
        #[test]
        fn twenty_three_milliseconds_are_not(lead in 0_usize..400) {
            let press = Press { on_ms: 23, off_ms: 60, ..Press::default() };
            prop_assert_eq!(with(press, lead), "");
        }

        /// Twist within 6 dB either way is taken, at any level a line delivers.
        #[test]
        fn twist_within_bounds_is_taken(level in -24.0_f32..-6.0, twist in -6.0_f32..6.0) {
            let press = Press { low_dbm0: level, high_dbm0: (level + twist).min(-3.0), ..Press::default() };
            prop_assert_eq!(with(press, 0), "1234567890*#ABCD");
        }
    }

    #[test]
    fn too_much_twist_is_no_key() {
        for (low, high) in [(-5.0, -17.0), (-17.0, -5.0)] {
            let press = Press { low_dbm0: low, high_dbm0: high, ..Press::default() };
            assert_eq!(with(press, 0), "", "{low} {high}");
        }
    }

    #[test]
    fn a_held_key_is_told_once() {
        let press = Press { on_ms: 2_000, ..Press::default() };
        assert_eq!(symbols(&hear(&generate(&[Key('5')], press))), "5");
    }

    #[test]
    fn one_tone_alone_is_no_key() {
        let codes: Vec<u8> = (0..8_000)
            .map(|n| {
                let t = std::f32::consts::TAU * n as f32 / 8_000.0;
                g711::encode((8_000.0 * (t * 770.0).sin()) as i16)
            })
            .collect();
        assert!(hear(&codes).is_empty());
    }
}
