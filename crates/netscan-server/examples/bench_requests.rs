//! How long a server takes over lists, filters and one scan's hosts when much is stored, and how
//! much memory it holds.
//!
//! `cargo run --release -p netscan-server --example bench_requests -- NETSCAN DIRECTORY [REQUESTS]`
//!
//! The directory is one that `fill_store` has filled. So many requests of each kind come from four
//! clients at once, each for another scan, network or page than the one before. The reference is
//! `/healthz`, which asks no database. This program and the server share the machine.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark starts the server, takes the time and prints it"
)]

#[path = "bench/server.rs"]
mod server;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::sleep;

use server::{Server, quantile};

const CLIENTS: usize = 4;
/// How long the server is left alone before its idle memory is read.
const REST: Duration = Duration::from_secs(15);
/// What nobody should have to wait for longer, at the 99th percentile.
const GOAL: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: bench_requests NETSCAN DIRECTORY [REQUESTS]";
    let program = PathBuf::from(arguments.next().expect(usage));
    let data = PathBuf::from(arguments.next().expect(usage));
    let requests = arguments.next().map_or(2_000, |text| text.parse().expect("a number"));

    let began = Instant::now();
    let server = Server::start(&program, &data, None);
    println!("requests: the server was there after {:.0} ms", milliseconds(began.elapsed()));
    sleep(REST).await;
    println!("requests: idle after the start: {:.0} MiB", server.resident());

    let client = server.client();
    let scans = all_scans(&server, &client).await;
    println!(
        "requests: {} scans; {requests} requests of each kind from {CLIENTS} clients",
        scans.len()
    );
    let kinds = kinds(&server, &client, &scans).await;
    let (cpu, mut slow) = (server.cpu(), Vec::new());
    for (name, paths) in kinds {
        let took = ask(&server, &client, paths, requests).await;
        let (p50, p99) = (quantile(&took, 0.5), quantile(&took, 0.99));
        let most = took.last().copied().unwrap_or_default();
        println!(
            "requests: {name:44} p50 {:7.2} ms, p99 {:7.2} ms, max {:7.2} ms",
            milliseconds(p50),
            milliseconds(p99),
            milliseconds(most),
        );
        if p99 > GOAL {
            slow.push(name);
        }
    }
    println!("requests: {:.1} s of CPU for all of them", server.cpu() - cpu);
    let busy = server.resident();
    sleep(REST).await;
    println!(
        "requests: memory {busy:.0} MiB right after, {:.0} MiB idle {} s later, {:.0} MiB at most",
        server.resident(),
        REST.as_secs(),
        server.peak(),
    );
    println!("requests: slower than {} ms at p99: {slow:?}", GOAL.as_millis());
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The ids of all scans, newest first.
async fn all_scans(server: &Server, client: &Client) -> Vec<String> {
    let pages = pages(server, client, "/api/v1/scans?limit=1000", usize::MAX).await;
    let items = pages.iter().flat_map(|page| page["items"].as_array().expect("it has items"));
    items.map(|scan| scan["id"].as_str().expect("it has an id").to_owned()).collect()
}

/// A list's pages from the first on, but no more than `most`.
async fn pages(server: &Server, client: &Client, path: &str, most: usize) -> Vec<Value> {
    let mut pages = vec![read(server, client, path).await];
    while pages.len() < most {
        let Some(cursor) = pages.last().and_then(|page| page["next_cursor"].as_str()) else {
            break;
        };
        let next = read(server, client, &format!("{path}&cursor={cursor}")).await;
        pages.push(next);
    }
    pages
}

async fn read(server: &Server, client: &Client, path: &str) -> Value {
    let answer = client.get(server.url(path)).send().await.expect("the server answers");
    let answer = answer.error_for_status().expect("the path is right");
    answer.json().await.expect("it answers in JSON")
}

/// `path`, once for each page behind the first of so many.
async fn later(server: &Server, client: &Client, path: &str, most: usize) -> Vec<String> {
    let pages = pages(server, client, path, most).await;
    let cursors = pages.iter().filter_map(|page| page["next_cursor"].as_str());
    cursors.map(|cursor| format!("{path}&cursor={cursor}")).collect()
}

/// Each kind of request: its name, and paths that are asked in turn.
async fn kinds(
    server: &Server,
    client: &Client,
    scans: &[String],
) -> Vec<(&'static str, Vec<String>)> {
    let one = |path: &str| vec![path.to_owned()];
    let of_each = |rest: &str| {
        scans.iter().map(|scan| format!("/api/v1/scans/{scan}{rest}")).collect::<Vec<_>>()
    };
    // Any scan will do for the cursors: they hold an address, and networks differ little.
    let mut later_hosts = Vec::new();
    for scan in scans.iter().step_by(scans.len() / 50 + 1) {
        let path = format!("/api/v1/scans/{scan}/hosts?limit=100");
        later_hosts.extend(later(server, client, &path, 10).await);
    }
    let networks = (0..100).map(|n| format!("10.{}.{}.0/24", n / 10, n % 10 * 4));
    let networks: Vec<_> =
        networks.map(|net| format!("/api/v1/hosts?address={net}&limit=50")).collect();
    let histories = (0..1000)
        .map(|n| format!("/api/v1/targets/10.{}.{}.{}/history", n / 100, n % 10 * 4, n % 250 + 1));
    vec![
        ("/healthz (reference, no database)", one("/healthz")),
        ("/projects", one("/api/v1/projects")),
        ("/scans?limit=50", one("/api/v1/scans?limit=50")),
        ("/scans?limit=50, later pages", later(server, client, "/api/v1/scans?limit=50", 20).await),
        ("/scans?status=completed&limit=50", one("/api/v1/scans?status=completed&limit=50")),
        (
            "/scans?status=completed&limit=50, later",
            later(server, client, "/api/v1/scans?status=completed&limit=50", 20).await,
        ),
        ("/scans?status=failed&limit=50 (none)", one("/api/v1/scans?status=failed&limit=50")),
        (
            "/scans?project=&name=&limit=50",
            one("/api/v1/scans?project=site%203&name=round%207&limit=50"),
        ),
        ("/scans/{id}", of_each("")),
        ("/scans/{id}/status", of_each("/status")),
        ("/scans/{id}/coverage", of_each("/coverage")),
        ("/scans/{id}/batches", of_each("/batches")),
        ("/scans/{id}/hosts?limit=100", of_each("/hosts?limit=100")),
        ("/scans/{id}/hosts?limit=100, later pages", later_hosts),
        ("/scans/{id}/hosts?port=443&limit=50", of_each("/hosts?port=443&limit=50")),
        ("/scans/{id}/hosts?port=31337 (few or none)", of_each("/hosts?port=31337")),
        ("/hosts?limit=50", one("/api/v1/hosts?limit=50")),
        ("/hosts?port=443&limit=50 (900,000 have it)", one("/api/v1/hosts?port=443&limit=50")),
        (
            "/hosts?port=443&limit=50, later pages",
            later(server, client, "/api/v1/hosts?port=443&limit=50", 50).await,
        ),
        ("/hosts?port=31337&limit=50 (rare)", one("/api/v1/hosts?port=31337&limit=50")),
        ("/hosts?port=5003&limit=50 (about 9,000)", one("/api/v1/hosts?port=5003&limit=50")),
        ("/hosts?port=9&limit=50 (none)", one("/api/v1/hosts?port=9&limit=50")),
        ("/hosts?service=ssh&limit=50", one("/api/v1/hosts?service=ssh&limit=50")),
        ("/hosts?address=10.0.0.0/24&limit=50", networks.clone()),
        (
            "/hosts?address=10.x.x.0/24&port=443&limit=50",
            networks.iter().map(|path| format!("{path}&port=443")).collect(),
        ),
        (
            "/hosts?address=10.x.x.0/24&port=31337",
            networks.iter().map(|path| format!("{path}&port=31337")).collect(),
        ),
        ("/targets/{address}/history", histories.collect()),
    ]
}

/// How long each of `requests` took, in ascending order.
async fn ask(
    server: &Server,
    client: &Client,
    paths: Vec<String>,
    requests: usize,
) -> Vec<Duration> {
    assert!(!paths.is_empty(), "there is nothing to ask for");
    let urls: Arc<[String]> = paths.iter().map(|path| server.url(path)).collect();
    let next = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (client, urls, next) = (client.clone(), Arc::clone(&urls), Arc::clone(&next));
        clients.spawn(async move {
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return took;
                }
                // A stride through the list, so that neighbours in time are none in the store.
                let url = &urls[number * 7_919 % urls.len()];
                let began = Instant::now();
                let answer = client.get(url).send().await.expect("the server answers");
                assert!(answer.status().is_success(), "{url}: {}", answer.status());
                answer.bytes().await.expect("the answer has an end");
                took.push(began.elapsed());
            }
        });
    }
    let mut took: Vec<_> = clients.join_all().await.into_iter().flatten().collect();
    took.sort_unstable();
    took
}
