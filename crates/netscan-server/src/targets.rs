//! Targets: what they amount to, what is known of one, and which resist.

mod expand;
mod list_difficult;
mod show_history;

pub use list_difficult::body as difficult_body;
pub use show_history::entry as history_entry;

use netscan_api::FieldProblem;
use netscan_api::scan::MOST_TARGETS;
use netscan_api::target::RejectedTarget;
use netscan_model::target::{Rejected, TargetList};
use netscan_store::Realm;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::refusal::Refusal;

/// Of more targets that cannot be read, the first ones show what is wrong.
pub(crate) const MOST_TOLD: usize = 100;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(expand::expand))
        .routes(routes!(show_history::show_history))
        .routes(routes!(list_difficult::list_difficult))
}

/// The targets in a text, as many as a request may name: a line has room for hundreds of them.
pub(crate) fn list(text: &str) -> TargetList {
    TargetList::parse_at_most(text, MOST_TARGETS)
}

/// The targets of a project.
pub(crate) async fn inventory(realm: &Realm, project: &str) -> Result<TargetList, Refusal> {
    let inventory = realm.targets(project).await?;
    let lines: Vec<&str> = inventory.iter().map(|entry| entry.target.as_str()).collect();
    Ok(TargetList::parse(&lines.join("\n")))
}

/// What is told of what cannot be read.
pub(crate) fn told(rejected: &[Rejected]) -> Vec<RejectedTarget> {
    rejected.iter().take(MOST_TOLD).map(RejectedTarget::from).collect()
}

/// A list of which each entry holds one or more targets. Lines count entries.
///
/// # Errors
///
/// Everything that cannot be read, with its place below `field`.
pub(crate) fn read(field: &str, entries: &[impl AsRef<str>]) -> Result<TargetList, Refusal> {
    let lines: Vec<&str> = entries.iter().map(AsRef::as_ref).collect();
    let list = list(&lines.join("\n"));
    if list.rejected.is_empty() {
        return Ok(list);
    }
    let told = list.rejected.iter().take(MOST_TOLD);
    Err(Refusal::unprocessable(told.map(|rejected| problem_of(field, rejected)).collect()))
}

/// What is wrong with an entry of the list at `field`.
pub(crate) fn problem_of(field: &str, rejected: &Rejected) -> FieldProblem {
    let sentence = rejected.to_string();
    let line = format!("line {}, ", rejected.line);
    let message = sentence.strip_prefix(&line).unwrap_or(&sentence);
    FieldProblem::new(format!("{field}/{}", rejected.line.saturating_sub(1)), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_no_more_targets_than_it_may_however_they_are_written() {
        let line = "a.lan ".repeat(160);
        let lines = vec![line; MOST_TARGETS / 160 + 1];

        let refusal = read("/targets", &lines).unwrap_err();

        assert_eq!(refusal.fields(), [format!("/targets/{}", MOST_TARGETS / 160)]);
    }

    #[test]
    fn of_many_rejected_targets_the_first_are_told() {
        let list = list(&"01.0.0.1 ".repeat(5_000));

        assert_eq!((told(&list.rejected).len(), list.rejected_count()), (MOST_TOLD, 5_000));
    }

    #[test]
    fn every_entry_that_cannot_be_read_is_told_with_its_place_and_column() {
        let refusal = read("/targets", &["10.0.0.1", "10.0.0.2 10.0.0.0/33", "01.0.0.1"]);

        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.fields(), ["/targets/1", "/targets/2"]);
        assert_eq!(
            problem_of("/targets", &TargetList::parse("\n x 10.0.0.0/33").rejected[0]),
            FieldProblem::new(
                "/targets/1",
                "column 4: \"10.0.0.0/33\" has a mask longer than 32 bits"
            )
        );
    }
}
