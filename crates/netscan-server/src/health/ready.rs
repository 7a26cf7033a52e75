//! Says whether the server can work, and if not, what is wrong and what to do.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use netscan_api::health::{HealthCheck, Readiness};

use super::disk;
use crate::app::App;

/// With less room than this, nothing more should be written, in bytes.
const LEAST_ROOM: u64 = 64 * 1024 * 1024;
const MEBIBYTE: u64 = 1024 * 1024;

pub(super) async fn show(State(app): State<App>) -> (StatusCode, Json<Readiness>) {
    let checks = vec![database(&app).await, runner(&app), room(&app), events(&app)];
    let readiness = Readiness::of(checks);
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

async fn database(app: &App) -> HealthCheck {
    match app.measures().ping(app.store()).await {
        Ok(took) => well("database", format!("answers in {:.1} ms", took.as_secs_f64() * 1e3)),
        // The message names no host, user or password; its cause might.
        Err(error) => ill("database", format!("does not answer: {error}")),
    }
}

/// Whether this process can run batches.
fn runner(app: &App) -> HealthCheck {
    let Some(runner) = app.runner() else {
        return well("runner", "this server has none; batches are run by other programs".into());
    };
    if let Some(trouble) = runner.trouble() {
        return ill("runner", trouble);
    }
    let is_plain = |raw_sockets: bool| {
        if raw_sockets { "" } else { ", without raw sockets: UDP and OS detection are refused" }
    };
    let worker = runner.workers().into_iter().next();
    let detail = worker.map_or_else(String::new, |worker| {
        let version = worker.nmap_version.unwrap_or_default();
        format!("nmap {version}{}", is_plain(worker.raw_sockets))
    });
    well("runner", detail)
}

/// Whether there is room for what scans leave behind.
fn room(app: &App) -> HealthCheck {
    let folder = &app.settings().artifacts;
    match disk::room(folder) {
        Ok((left, _)) if left < LEAST_ROOM => ill(
            "disk",
            format!("has {} MiB left; free some space, or scans will stop", left / MEBIBYTE),
        ),
        Ok((left, _)) => well("disk", format!("has {} MiB left", left / MEBIBYTE)),
        Err(error) => ill("disk", format!("cannot be looked at: {error}")),
    }
}

/// How far behind those are who watch. It tells of a load, and is never a reason to send no more.
fn events(app: &App) -> HealthCheck {
    let counts = app.bus().counts();
    let delay = counts.worst_delay.as_millis();
    well("events", format!("{} watch, told after {delay} ms at most", counts.watchers))
}

fn well(name: &str, detail: String) -> HealthCheck {
    HealthCheck { name: name.into(), ok: true, detail }
}

fn ill(name: &str, detail: String) -> HealthCheck {
    HealthCheck { name: name.into(), ok: false, detail }
}
