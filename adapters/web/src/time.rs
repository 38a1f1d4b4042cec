//! Time as people and machines read it.

use std::time::Duration;

use muykol_core::words::Timestamp;

const DAY: i64 = 86_400;

/// RFC 3339 in UTC with milliseconds: "2026-11-22T14:11:47.000Z".
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let seconds = at.0.div_euclid(1000);
    let millis = at.0.rem_euclid(1000);
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let time = seconds.rem_euclid(DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        time / 3600,
        time / 60 % 60,
        time % 60
    )
}

/// Year, month and day of a count of days since 1970-01-01, in the proleptic Gregorian calendar.
///
/// Counts in eras of 400 years (146,097 days) from 1 March of year 0, so that the leap day is the
/// last of its year; 153 days are the five months from March to July, and again to December.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// How long ago, in words: the page does not know the reader's clock.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let minutes = now.since(at).as_secs() / 60;
    match minutes {
        0 => "just now".to_owned(),
        1 => "a minute ago".to_owned(),
        2..60 => format!("{minutes} minutes ago"),
        60..120 => "an hour ago".to_owned(),
        120..1440 => format!("{} hours ago", minutes / 60),
        1440..2880 => "a day ago".to_owned(),
        _ => format!("{} days ago", minutes / 1440),
    }
}

/// A wait, in words: "a few seconds", "2 minutes".
pub(crate) fn wait(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => "a few seconds".to_owned(),
        10..60 => "a minute".to_owned(),
        60..3600 => {
            let minutes = duration.as_secs().div_ceil(60);
            if minutes == 1 {
                "a minute".to_owned()
            } else {
                format!("{minutes} minutes")
            }
        }
        seconds => {
            let hours = seconds.div_ceil(3600);
            if hours == 1 {
                "an hour".to_owned()
            } else {
                format!("{hours} hours")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_known_from_elsewhere() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000Z"),
            (1_795_356_707, "2026-11-22T14:11:47.000Z"),
            (-1, "1969-12-31T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(Timestamp(seconds * 1000)), text);
        }
    }

    #[test]
    fn ago_reads_like_speech() {
        let now = Timestamp(10 * DAY * 1000);
        let before = |seconds: u64| ago(now - Duration::from_secs(seconds), now);
        assert_eq!(before(5), "just now");
        assert_eq!(before(61), "a minute ago");
        assert_eq!(before(3000), "50 minutes ago");
        assert_eq!(before(90_000), "a day ago");
        assert_eq!(before(400_000), "4 days ago");
        assert_eq!(ago(now + Duration::from_secs(60), now), "just now");
    }
}
