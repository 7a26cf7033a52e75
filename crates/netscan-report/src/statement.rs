//! What a report says first: how much was scanned, and what that leaves open.

use netscan_model::coverage::{Coverage, CoverageState};

use crate::words::grouped;

/// The coverage in words: what the report is about, and what it cannot know.
pub(crate) fn statement(coverage: &Coverage) -> String {
    let left_out = coverage.excluded + coverage.out_of_scope;
    let asked = coverage.planned - left_out;
    let scanned = coverage.up + coverage.down;
    let mut sentences = vec![of_scanned(coverage, asked, scanned)];
    if asked > scanned {
        let missed = asked - scanned;
        let (were, those) = if missed == 1 { ("was", "it") } else { ("were", "them") };
        let missed = grouped(missed);
        sentences.push(format!(
            "{missed} {were} not, so what this report does not show of {those} may still be there."
        ));
    }
    if left_out > 0 {
        let were = if left_out == 1 { "was" } else { "were" };
        sentences.push(format!("{} {were} left out on purpose.", addresses(left_out)));
    }
    sentences.join(" ")
}

/// How many were scanned to the end, and how many of them answered.
fn of_scanned(coverage: &Coverage, asked: u64, scanned: u64) -> String {
    let answered = match (coverage.up, coverage.down) {
        (1, 0) => "it answered".to_owned(),
        (0, 1) => "it did not answer".to_owned(),
        (_, 0) => "all of them answered".to_owned(),
        (0, _) => "none of them answered".to_owned(),
        (up, down) => format!("{} answered, {} did not", grouped(up), grouped(down)),
    };
    match (asked, scanned) {
        (0, 0) => "No address was to be scanned.".to_owned(),
        (_, 0) => format!("Of {}, none was scanned to the end.", addresses(asked)),
        (1, 1) => format!("The one address was scanned to the end: {answered}."),
        (asked, scanned) if asked == scanned => {
            format!("All {} were scanned to the end: {answered}.", addresses(asked))
        }
        (_, 1) => format!("Of {}, one was scanned to the end: {answered}.", addresses(asked)),
        _ => format!(
            "Of {}, {} were scanned to the end: {answered}.",
            addresses(asked),
            grouped(scanned)
        ),
    }
}

fn addresses(count: u64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "address" } else { "addresses" })
}

/// How many addresses were to be scanned, and were not to the end.
pub(crate) fn missed(coverage: &Coverage) -> u64 {
    let missed = CoverageState::ALL.iter().filter(|state| {
        !state.is_scanned() && !matches!(state, CoverageState::Excluded | CoverageState::OutOfScope)
    });
    missed.map(|state| coverage.count(*state)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_never_claims_what_was_not_scanned() {
        let said = |counts: &[(CoverageState, u64)]| {
            statement(&Coverage::of(counts.iter().copied())).replace('\u{202f}', " ")
        };

        assert_eq!(
            said(&[
                (CoverageState::Up, 12),
                (CoverageState::Down, 1_244),
                (CoverageState::TimedOut, 1)
            ]),
            "Of 1 257 addresses, 1 256 were scanned to the end: 12 answered, 1 244 did not. \
             1 was not, so what this report does not show of it may still be there."
        );
        assert_eq!(
            said(&[(CoverageState::Up, 2), (CoverageState::Excluded, 3)]),
            "All 2 addresses were scanned to the end: all of them answered. \
             3 addresses were left out on purpose."
        );
        assert_eq!(
            said(&[(CoverageState::Down, 1)]),
            "The one address was scanned to the end: it did not answer."
        );
        assert_eq!(
            said(&[(CoverageState::Failed, 4)]),
            "Of 4 addresses, none was scanned to the end. \
             4 were not, so what this report does not show of them may still be there."
        );
        assert_eq!(said(&[]), "No address was to be scanned.");
    }
}
