//! The area codes of the North American Numbering Plan: country, region, time zones and kind (rule N2).
//!
//! The table is `data/nanp_area_codes.csv`, parsed by the compiler: a damaged row does not build. Its base is NANPA's NPA report of
//! 5 January 2026 (<https://reports.nanpa.com/public/npa_report.csv>), in-service status brought up to 21 September 2026; time zones
//! come from libphonenumber v9.0.35 (Apache-2.0), widened over overlays by NANPA's letters.
//!
//! What it does not say: where a telephone is, or what line type it has. Numbers are portable.

/// What an area code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AreaCodeKind {
    /// A place.
    Geographic,
    /// Toll-free: no place, no time zone, may be answered in any country.
    TollFree,
    /// Premium rate (900).
    Premium,
    /// Personal, government and other codes without a place.
    NonGeographic,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AreaCode {
    /// The code itself, such as 614.
    pub code: u16,
    /// ISO 3166-1 alpha-2 country, or `NANP` for a code that several share.
    pub country: &'static str,
    /// Postal code of the state or province, or the country again; empty without geography.
    pub region: &'static str,
    /// What the code is for.
    pub kind: AreaCodeKind,
    zones: [&'static str; ZONES_MAX],
    zones_len: usize,
}

impl AreaCode {
    /// The IANA time zones that the code's area reaches into; empty where the code has no place.
    #[must_use]
    pub fn zones(&self) -> &[&'static str] {
        self.zones.get(..self.zones_len).unwrap_or_default()
    }
}

/// The row of an area code, or `None` for a code that is not assigned and in service.
#[must_use]
pub fn lookup(code: u16) -> Option<&'static AreaCode> {
    let place = AREA_CODES.binary_search_by_key(&code, |row| row.code).ok()?;
    AREA_CODES.get(place)
}

/// Whether a text is the postal code of a state, a territory or the District of Columbia, in capitals.
#[must_use]
pub fn is_us_region(code: &str) -> bool {
    // Codes without a place bear the country's name.
    let mut places =
        AREA_CODES.iter().filter(|row| row.country == "US" && row.region != row.country);
    !code.is_empty() && places.any(|row| row.region == code)
}

/// Every row, in the order of the codes.
#[must_use]
pub fn all() -> &'static [AreaCode] {
    &AREA_CODES
}

/// No area reaches into more zones than Canada's far north (867).
const ZONES_MAX: usize = 4;
/// The rows of the table. The compiler refuses another number.
const ROWS: usize = 485;
const CSV: &[u8] = include_bytes!("../data/nanp_area_codes.csv");
const HEADER: &[u8] = b"area_code,country,region,timezones,kind\n";

static AREA_CODES: [AreaCode; ROWS] = parse(CSV);

const EMPTY: AreaCode = AreaCode {
    code: 0,
    country: "",
    region: "",
    kind: AreaCodeKind::NonGeographic,
    zones: [""; ZONES_MAX],
    zones_len: 0,
};

/// Splits at the first `separator`; without one, everything is the first part.
const fn split(bytes: &'static [u8], separator: u8) -> (&'static [u8], &'static [u8]) {
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == separator {
            let (first, rest) = bytes.split_at(at);
            let (_, rest) = rest.split_at(1);
            return (first, rest);
        }
        at += 1;
    }
    (bytes, &[])
}

const fn text(bytes: &'static [u8]) -> &'static str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the area code table is not UTF-8"),
    }
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn kind(bytes: &[u8]) -> AreaCodeKind {
    if equal(bytes, b"geographic") {
        AreaCodeKind::Geographic
    } else if equal(bytes, b"tollfree") {
        AreaCodeKind::TollFree
    } else if equal(bytes, b"premium") {
        AreaCodeKind::Premium
    } else if equal(bytes, b"nongeographic") {
        AreaCodeKind::NonGeographic
    } else {
        panic!("unknown kind in the area code table")
    }
}

const fn row(line: &'static [u8]) -> AreaCode {
    let (code, rest) = split(line, b',');
    let (country, rest) = split(rest, b',');
    let (region, rest) = split(rest, b',');
    let (mut zone_list, kind_name) = split(rest, b',');
    assert!(code.len() == 3, "an area code has three digits");
    let mut number = 0;
    let mut at = 0;
    while at < 3 {
        assert!(code[at].is_ascii_digit(), "an area code has three digits");
        number = number * 10 + (code[at] - b'0') as u16;
        at += 1;
    }
    let mut zones = [""; ZONES_MAX];
    let mut zones_len = 0;
    while !zone_list.is_empty() {
        let (zone, rest) = split(zone_list, b';');
        zones[zones_len] = text(zone);
        zones_len += 1;
        zone_list = rest;
    }
    AreaCode {
        code: number,
        country: text(country),
        region: text(region),
        kind: kind(kind_name),
        zones,
        zones_len,
    }
}

const fn parse(csv: &'static [u8]) -> [AreaCode; ROWS] {
    let (header, mut rest) = csv.split_at(HEADER.len());
    assert!(equal(header, HEADER), "the area code table has another header");
    let mut rows = [EMPTY; ROWS];
    let mut len = 0;
    while !rest.is_empty() {
        let (line, after) = split(rest, b'\n');
        rows[len] = row(line);
        assert!(len == 0 || rows[len - 1].code < rows[len].code, "the area codes are not sorted");
        len += 1;
        rest = after;
    }
    assert!(len == ROWS, "the area code table has another number of rows");
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_the_united_states_are_known_and_no_others() {
        let known: std::collections::BTreeSet<&str> =
            all().iter().map(|row| row.region).filter(|region| is_us_region(region)).collect();
        assert_eq!(known.len(), 50 + 1 + 5, "states, the District, territories: {known:?}");
        for other in ["", "US", "ON", "oh", "Ohio", "XX"] {
            assert!(!is_us_region(other), "{other}");
        }
    }
    use crate::policy::Territory;

    fn count(kind: AreaCodeKind) -> usize {
        all().iter().filter(|row| row.kind == kind).count()
    }

    #[test]
    fn the_table_has_the_plan_s_sums() {
        assert_eq!(count(AreaCodeKind::Geographic), 454);
        assert_eq!(count(AreaCodeKind::TollFree), 7);
        assert_eq!(count(AreaCodeKind::Premium), 1);
        assert_eq!(count(AreaCodeKind::NonGeographic), 23);
        let places = all().iter().filter(|row| row.kind == AreaCodeKind::Geographic);
        assert_eq!(places.filter(|row| row.country == "US").count(), 378);
        let territories: Vec<u16> = all()
            .iter()
            .filter(|row| row.country == "US" && Territory::from_region(row.region).is_some())
            .map(|row| row.code)
            .collect();
        assert_eq!(territories, [340, 670, 671, 684, 787, 939]);
    }

    #[test]
    fn rows_are_found_with_their_zones() {
        let ohio = lookup(614).unwrap();
        assert_eq!((ohio.country, ohio.region), ("US", "OH"));
        assert_eq!(ohio.zones(), ["America/New_York"]);
        assert_eq!(lookup(867).unwrap().zones().len(), 4);
        assert!(lookup(800).unwrap().zones().is_empty());
    }

    #[test]
    fn codes_out_of_service_are_absent() {
        for code in [0, 211, 273, 370, 411, 555, 565, 761, 911, 933, 960, 976, 988, 999, 1000] {
            assert!(lookup(code).is_none(), "{code}");
        }
    }

    #[test]
    fn every_zone_is_known_to_the_time_zone_database() {
        let zones = jiff::tz::TimeZoneDatabase::bundled();
        for row in all() {
            for zone in row.zones() {
                assert!(zones.get(zone).is_ok(), "{} {zone}", row.code);
            }
            assert_eq!(row.zones().is_empty(), row.kind != AreaCodeKind::Geographic);
        }
    }
}
