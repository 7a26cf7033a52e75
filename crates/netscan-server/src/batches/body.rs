//! How batches, attempts and their files are told.

use std::path::{Component, Path};

use netscan_api::batch::{ArtifactBody, AttemptBody, BatchBody, BatchCounts};
use netscan_model::batch::StateName;
use netscan_store::{Artifact, AttemptDetail, AttemptRecord, BatchRecord};
use uuid::Uuid;

/// A batch.
#[must_use]
pub fn batch_body(batch: BatchRecord) -> BatchBody {
    let BatchRecord {
        id,
        scan_id,
        number,
        parent_id,
        status,
        addresses,
        address_count,
        attempts,
        attempts_allowed,
        priority,
        rate,
        worker,
        not_before,
        reason,
        hosts_up,
        open_ports,
        started_at,
        ended_at,
    } = batch;
    BatchBody {
        id,
        scan_id,
        number,
        parent_id,
        status,
        targets: addresses.ranges().to_vec(),
        target_count: address_count,
        attempts,
        attempts_allowed,
        priority,
        rate,
        worker,
        not_before: (status == StateName::Waiting).then_some(not_before),
        reason,
        hosts_up,
        open_ports,
        started_at,
        ended_at,
    }
}

/// How many batches are in each state.
#[must_use]
pub fn counts_body(counts: netscan_store::BatchCounts) -> BatchCounts {
    let total = counts.total();
    let netscan_store::BatchCounts {
        waiting,
        leased,
        succeeded,
        failed,
        cancelled,
        superseded,
        backing_off,
        next_try,
    } = counts;
    BatchCounts {
        total,
        waiting,
        leased,
        succeeded,
        failed,
        cancelled,
        superseded,
        backing_off,
        next_try,
    }
}

/// An attempt at a batch of `scan`.
#[must_use]
pub fn attempt_body(scan: Uuid, attempt: AttemptRecord) -> AttemptBody {
    let artifacts = artifact_bodies(scan, &attempt);
    let AttemptRecord {
        id,
        batch_number,
        batch_id,
        number,
        epoch,
        worker,
        outcome,
        reason,
        started_at,
        ended_at,
        detail,
    } = attempt;
    let AttemptDetail {
        argv,
        version,
        scan_infos,
        fallbacks,
        exit_code,
        signal,
        stderr,
        artifacts: _,
        artifact_error,
        lines_dropped,
    } = detail;
    AttemptBody {
        id,
        batch_id,
        batch_number,
        number,
        epoch,
        worker,
        outcome,
        reason,
        started_at,
        ended_at,
        argv,
        version,
        scan_infos,
        fallbacks,
        exit_code,
        signal,
        stderr,
        lines_dropped,
        artifacts,
        artifact_error,
    }
}

/// The files of an attempt that can be had.
#[must_use]
pub(crate) fn artifact_bodies(scan: Uuid, attempt: &AttemptRecord) -> Vec<ArtifactBody> {
    let body = |artifact: &Artifact| {
        let name = file_name(artifact)?.to_owned();
        let id = format!("{}/{name}", attempt.id);
        Some(ArtifactBody {
            href: format!("/api/v1/scans/{scan}/artifacts/{id}"),
            id,
            batch_id: attempt.batch_id,
            batch_number: attempt.batch_number,
            attempt: attempt.number,
            name,
            size_bytes: artifact.size_bytes,
            truncated: artifact.truncated,
        })
    };
    attempt.detail.artifacts.iter().filter_map(body).collect()
}

/// What a file is called, if it is one that cannot lead out of a directory nor out of a header.
#[must_use]
pub fn file_name(artifact: &Artifact) -> Option<&str> {
    let path = Path::new(&artifact.path);
    let stays_below = path.components().all(|part| matches!(part, Component::Normal(_)));
    let name = path.file_name()?.to_str()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (stays_below && name.bytes().all(is_plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_cannot_lead_out_of_its_directory_or_its_header() {
        let name = |path: &str| {
            let path = path.to_owned();
            file_name(&Artifact { name: "xml".into(), path, size_bytes: 1, truncated: false })
                .map(str::to_owned)
        };

        assert_eq!(name("7/1/nmap.xml.gz").as_deref(), Some("nmap.xml.gz"));
        for path in ["../nmap.xml", "/etc/passwd", "7/../8/x", "", "7/a\"b", "7/a\nb", "7/é"] {
            assert_eq!(name(path), None, "{path:?}");
        }
    }
}
