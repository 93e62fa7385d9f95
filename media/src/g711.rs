//! G.711 mu-law (PCMU): 16-bit linear samples to 8-bit companded ones and back.
//!
//! Source: ITU-T G.711 (11/1988), tables 2a and 2b; names as in RFC 3551 §4.5.14. G.711 defines 14-bit
//! values; here they are scaled by 4 to fill 16 bits, as every sound interface does. A-law is not here: no US
//! carrier stream carries it.

/// mu-law for silence: plus zero, which G.711 table 2a codes as all ones.
pub const SILENCE: u8 = 0xFF;

/// Added before the segment search so that every segment edge is a power of two: 33 × 4.
const BIAS: i32 = 132;

/// The largest magnitude that can be coded, at 16 bits: 8159 × 4 less one step.
const CLIP: i32 = 32_635;

/// Every code's 16-bit value, built at compile time.
const DECODED: [i16; 256] = decode_table();

const fn decode_table() -> [i16; 256] {
    let mut table = [0_i16; 256];
    let mut code = 0;
    while code < 256 {
        let bits = !(code as u8);
        let segment = (bits >> 4) & 0x07;
        let step = (bits & 0x0F) as i32;
        let magnitude = (((step << 3) + BIAS) << segment) - BIAS;
        table[code] = if bits & 0x80 == 0 { magnitude as i16 } else { -magnitude as i16 };
        code += 1;
    }
    table
}

/// The 16-bit sample that `code` stands for.
#[must_use]
pub const fn decode(code: u8) -> i16 {
    DECODED[code as usize]
}

/// The code whose value is nearest to `sample` on the mu-law scale; louder than full scale clips.
#[must_use]
pub const fn encode(sample: i16) -> u8 {
    let negative = sample < 0;
    let mut magnitude = (sample as i32).abs();
    if magnitude > CLIP {
        magnitude = CLIP;
    }
    magnitude += BIAS;
    // `magnitude` is in 132..=32767: its top bit is bit 7 (segment 0) to bit 14 (segment 7).
    let segment = 24 - magnitude.leading_zeros() as i32;
    let step = (magnitude >> (segment + 3)) & 0x0F;
    let bits = ((segment << 4) | step) as u8 | if negative { 0x80 } else { 0 };
    !bits
}

/// Decodes `codes` into the front of `samples`; stops at the shorter of the two.
pub fn decode_into(codes: &[u8], samples: &mut [i16]) {
    for (sample, code) in samples.iter_mut().zip(codes) {
        *sample = decode(*code);
    }
}

/// Appends the mu-law of `samples` to `codes`.
pub fn encode_onto(samples: &[i16], codes: &mut Vec<u8>) {
    codes.extend(samples.iter().map(|sample| encode(*sample)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// G.711 tables 2a and 2b, column 8 (decoder output value), × 4 for 16 bits: the first and last code of
    /// some segments.
    #[test]
    fn decodes_the_values_of_the_tables() {
        for (code, value14) in [
            (0x80_u8, 8031_i16),
            (0x8F, 4191),
            (0x9F, 2079),
            (0xAF, 1023),
            (0xBF, 495),
            (0xCF, 231),
            (0xDF, 99),
            (0xEF, 33),
            (0xFE, 2),
            (0xFF, 0),
            (0x00, -8031),
            (0x0F, -4191),
            (0x7E, -2),
            (0x7F, 0),
        ] {
            assert_eq!(decode(code), value14 * 4, "code {code:#04x}");
        }
    }

    #[test]
    fn encodes_the_extremes() {
        assert_eq!(encode(i16::MAX), 0x80);
        assert_eq!(encode(i16::MIN), 0x00);
        assert_eq!(encode(0), SILENCE);
    }

    /// Coding a decoded value gives the code back; only minus zero becomes plus zero.
    #[test]
    fn every_code_survives_the_round_trip() {
        for code in 0..=u8::MAX {
            let expected = if code == 0x7F { SILENCE } else { code };
            assert_eq!(encode(decode(code)), expected, "code {code:#04x}");
        }
    }

    proptest! {
        /// The error is at most half a step of the sample's segment (G.711 §3.2), where nothing clips.
        #[test]
        fn error_is_within_half_a_step(sample in -CLIP..=CLIP) {
            let sample = i16::try_from(sample).unwrap();
            let back = i32::from(decode(encode(sample)));
            let magnitude = i32::from(sample).abs() + BIAS;
            let segment = 24 - i32::try_from(magnitude.leading_zeros()).unwrap();
            let half_step = 1 << (segment + 2);
            prop_assert!((back - i32::from(sample)).abs() <= half_step);
        }

        #[test]
        fn coding_keeps_order(a in any::<i16>(), b in any::<i16>()) {
            let (low, high) = if a <= b { (a, b) } else { (b, a) };
            prop_assert!(decode(encode(low)) <= decode(encode(high)));
        }
    }
}
