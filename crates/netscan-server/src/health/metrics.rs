//! Shows what was measured, for Prometheus.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use netscan_model::access::Permission;
use netscan_model::batch::StateName;
use netscan_model::scan::State as ScanState;
use netscan_store::Counts;

use super::exposition::{self, Exposition, Kind};
use super::{disk, process};
use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

pub(super) async fn show(State(app): State<App>, parts: Parts) -> Result<Response, Refusal> {
    if !app.settings().has_open_metrics {
        Caller::of(&parts, &app).await?.require(Permission::Read)?;
    }
    let counts = app.measures().counts(app.store()).await?;
    let mut page = Exposition::default();
    write_work(&counts, Timestamp::now(), &mut page);
    write_events(&app, &mut page);
    write_machine(&app, &mut page);
    app.measures().write(&mut page);
    Ok(([(CONTENT_TYPE, exposition::CONTENT_TYPE)], page.finish()).into_response())
}

fn write_work(counts: &Counts, now: Timestamp, page: &mut Exposition) {
    page.family("netscan_scans", Kind::Gauge, "Scans, by state.");
    for state in ScanState::ALL {
        page.sample(&[("state", state.name())], of(&counts.scans, state));
    }
    page.family("netscan_batches", Kind::Gauge, "Batches, by state.");
    for state in StateName::ALL {
        page.sample(&[("state", state.name())], of(&counts.batches, state));
    }
    let queued = of(&counts.batches, &StateName::Waiting);
    page.gauge("netscan_queue_depth_batches", "Batches that wait for a worker.", queued);
    page.gauge("netscan_leases", "Batches that workers have.", counts.leases);
    let age = counts.oldest_lease.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
    page.gauge(
        "netscan_oldest_lease_age_seconds",
        "How long the attempt has been running that began first.",
        age.max(0.0),
    );
}

fn of<T: PartialEq>(counts: &[(T, u64)], state: &T) -> u64 {
    counts.iter().find(|(known, _)| known == state).map_or(0, |(_, count)| *count)
}

fn write_events(app: &App, page: &mut Exposition) {
    let counts = app.bus().counts();
    page.gauge("netscan_websocket_clients", "Open WebSockets.", app.sockets().len());
    page.gauge("netscan_watched_scans", "Scans whose events are followed.", counts.scans);
    page.gauge("netscan_watched_projects", "Projects whose events are followed.", counts.projects);
    page.gauge(
        "netscan_event_lag_seconds",
        "How long the newest events took from being stored to those who watch, at worst.",
        counts.worst_delay.as_secs_f64(),
    );
    page.gauge(
        "netscan_event_lag_events",
        "How many events the slowest of those who watch has not taken yet.",
        counts.worst_lag,
    );
    page.gauge("netscan_events_held", "Events and lines in memory.", counts.held);
    page.gauge("netscan_events_held_bytes", "Bytes of them.", counts.held_bytes);
    page.counter(
        "netscan_lines_dropped_total",
        "Lines that somebody who watched was too slow for.",
        counts.lines_dropped,
    );
}

fn write_machine(app: &App, page: &mut Exposition) {
    if let Ok((left, all)) = disk::room(&app.settings().artifacts) {
        page.gauge("netscan_disk_free_bytes", "Room on the disk of the artifacts.", left);
        page.gauge("netscan_disk_size_bytes", "Size of the disk of the artifacts.", all);
    }
    if let Some(bytes) = process::resident_bytes() {
        page.gauge("netscan_process_resident_memory_bytes", "Memory in use.", bytes);
    }
    if let Some(count) = process::open_descriptors() {
        page.gauge("netscan_process_open_fds", "Open files and connections.", count);
    }
    if let Some(runner) = app.runner() {
        let is_in_trouble = u8::from(runner.trouble().is_some());
        page.gauge(
            "netscan_runner_trouble",
            "1 while this server can run no batches; /readyz says why.",
            is_in_trouble,
        );
        page.gauge("netscan_running_attempts", "Attempts that run here.", runner.activity().len());
    }
}
