//! Live events for a crowd: many WebSocket clients on one scan of a real server, a tenth of them
//! stalled, against the same scan with nobody watching.
//!
//! `cargo run --release -p netscan-server --example bench_live -- NETSCAN [CLIENTS] [ROUNDS]`
//!
//! The scanner is a fake that reports a host of the loopback network every so often, about 200 a
//! second over all batches; everything else is real. This program and the server share the machine.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark starts the server, takes the time and prints it"
)]

#[path = "bench/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use jiff::Timestamp;
use netscan_testkit::FakeNmap;
use reqwest::Client;
use reqwest::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use server::{Server, quantile};

/// 8,192 addresses, four batches at a time, each with a host every 19 ms: 40 seconds.
const TARGET: &str = "127.30.0.0/19";
const BATCH: u32 = 512;
const CONCURRENCY: u32 = 4;
const PAUSE: Duration = Duration::from_millis(19);
/// One client in so many never reads.
const STALLED: usize = 10;
/// How long the last events may take to reach everybody once the scan has ended.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(250);

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let program =
        PathBuf::from(arguments.next().expect("usage: bench_live NETSCAN [CLIENTS] [ROUNDS]"));
    let clients = arguments.next().map_or(1_000, |text| text.parse().expect("a number"));
    let rounds = arguments.next().map_or(3, |text| text.parse().expect("a number"));
    let stalled = clients / STALLED;
    println!(
        "live: {clients} clients, {stalled} of them never read; one scan of {TARGET}, {rounds} pairs"
    );
    let mut pairs = Vec::new();
    for round in 0..rounds {
        // Whoever comes first may find a colder machine.
        let (alone, watched) = if round % 2 == 0 {
            let alone = run(&program, 0).await;
            (alone, run(&program, clients).await)
        } else {
            let watched = run(&program, clients).await;
            (run(&program, 0).await, watched)
        };
        println!("live: watched: {watched}");
        println!("live: alone:   {alone}");
        pairs.push((alone, watched));
    }
    summarise(&pairs, clients);
}

fn summarise(pairs: &[(Ran, Ran)], clients: usize) {
    let middle = |value: fn(&(Ran, Ran)) -> f64| {
        let mut values: Vec<f64> = pairs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        quantile(&values, 0.5)
    };
    let alone = middle(|(alone, _)| alone.seconds);
    let watched = middle(|(_, watched)| watched.seconds);
    let slower = middle(|(alone, watched)| 100.0 * (watched.seconds / alone.seconds - 1.0));
    let more =
        middle(|(alone, watched)| watched.peak - alone.peak) * 1024.0 / clients.max(1) as f64;
    let mut delays: Vec<u32> = pairs.iter().flat_map(|(_, ran)| ran.delays.clone()).collect();
    delays.sort_unstable();
    println!(
        "live: delay p50 {} ms, p99 {} ms, max {} ms ({} deliveries); scan {alone:.2} s alone, \
         {watched:.2} s watched, {slower:+.1} % (median of pairs); {more:.0} KiB of server memory a client",
        quantile(&delays, 0.5),
        quantile(&delays, 0.99),
        delays.last().copied().unwrap_or_default(),
        delays.len(),
    );
    let is_whole = pairs.iter().all(|(_, watched)| watched.is_whole());
    println!("live: every healthy client saw every stored event once and in order: {is_whole}");
    assert!(is_whole, "some client did not see what it should have");
}

/// What one scan was like.
struct Ran {
    seconds: f64,
    events: u64,
    /// Server memory in MiB: before anybody connected, when all had, and at the most.
    before: f64,
    connected: f64,
    peak: f64,
    cpu: f64,
    /// WebSockets that the server still had when the scan ended.
    open: u64,
    /// Milliseconds, over all healthy clients.
    delays: Vec<u32>,
    healthy: usize,
    /// Healthy clients that did not see all events once and in order.
    wrong: usize,
    lines: u64,
    lines_missed: u64,
}

impl Ran {
    fn is_whole(&self) -> bool {
        self.wrong == 0 && self.delays.len() as u64 == self.events * self.healthy as u64
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seconds, events, before, connected, peak, cpu, .. } = self;
        write!(
            out,
            "{seconds:.2} s, {events} events ({:.0}/s), server {before:.0} MiB before, {connected:.0} connected, \
             {peak:.0} at most, {cpu:.1} s of CPU",
            *events as f64 / seconds,
        )?;
        if self.healthy == 0 {
            return Ok(());
        }
        write!(
            out,
            "; delay p50 {} ms, p99 {} ms, max {} ms; {} clients wrong; lines {} seen, {} missed; {} sockets open at the end",
            quantile(&self.delays, 0.5),
            quantile(&self.delays, 0.99),
            self.delays.last().copied().unwrap_or_default(),
            self.wrong,
            self.lines,
            self.lines_missed,
            self.open,
        )
    }
}

async fn run(program: &Path, clients: usize) -> Ran {
    let directory = tempfile::tempdir().expect("there is room");
    let nmap = FakeNmap::new().delay(PAUSE).install(directory.path());
    let server = Server::start(program, &directory.path().join("data"), Some(&nmap));
    let client = server.client();
    let scan = create(&server, &client).await;
    let before = server.resident();
    let crowd = Crowd::gather(&server, &scan, clients).await;
    let (connected, cpu) = (server.resident(), server.cpu());

    let start = client.post(server.url(&format!("/api/v1/scans/{scan}/start")));
    assert!(start.send().await.expect("the server answers").status().is_success());
    let ended = ended(&server, &client, &scan).await;
    let seconds = seconds_of(&ended);
    let open = open_sockets(&server, &client).await;
    let events = count_events(&server, &client, &scan).await;
    crowd.wait_for(events).await;
    let cpu = server.cpu() - cpu;

    let (mut delays, mut lines, mut lines_missed, mut wrong) = (Vec::new(), 0, 0, 0);
    for seen in &crowd.seen {
        wrong += usize::from(!seen.is_whole(events));
        lines += seen.lines.load(Ordering::Relaxed);
        lines_missed += seen.lines_missed.load(Ordering::Relaxed);
        delays.append(&mut seen.delays.lock().expect("nobody panics"));
    }
    delays.sort_unstable();
    Ran {
        seconds,
        events,
        before,
        connected,
        peak: server.peak(),
        cpu,
        open,
        delays,
        healthy: crowd.seen.len(),
        wrong,
        lines,
        lines_missed,
    }
}

async fn create(server: &Server, client: &Client) -> String {
    let asked = json!({
        "targets": [TARGET],
        "options": "-sT -Pn -p 80",
        "configuration": { "chunk_size": BATCH, "concurrency": CONCURRENCY },
    });
    let made = client.post(server.url("/api/v1/scans")).json(&asked).send().await;
    let made: Value = made.expect("the server answers").json().await.expect("it answers in JSON");
    made["id"].as_str().unwrap_or_else(|| panic!("no scan was made: {made}")).to_owned()
}

/// The scan, as soon as it has ended.
async fn ended(server: &Server, client: &Client, scan: &str) -> Value {
    loop {
        let scan: Value = read(server, client, &format!("/api/v1/scans/{scan}")).await;
        match scan["status"].as_str() {
            Some("created" | "queued" | "running") => sleep(LOOK).await,
            Some("completed") => return scan,
            _ => panic!("the scan came to another end: {scan}"),
        }
    }
}

fn seconds_of(scan: &Value) -> f64 {
    let time = |name: &str| {
        let time: Timestamp = scan[name].as_str().expect("it has ended").parse().expect("a time");
        time
    };
    time("completed_at").duration_since(time("started_at")).as_secs_f64()
}

async fn read(server: &Server, client: &Client, path: &str) -> Value {
    let answer = client.get(server.url(path)).send().await.expect("the server answers");
    answer.json().await.expect("it answers in JSON")
}

/// How many WebSockets the server has, as it says itself.
async fn open_sockets(server: &Server, client: &Client) -> u64 {
    let answer = client.get(server.url("/metrics")).send().await.expect("the server answers");
    let page = answer.text().await.expect("it is text");
    let line = page.lines().find_map(|line| line.strip_prefix("netscan_websocket_clients "));
    line.and_then(|count| count.trim().parse().ok()).expect("it counts them")
}

/// How many events are stored of the scan, each counted, and that their numbers have no gap.
async fn count_events(server: &Server, client: &Client, scan: &str) -> u64 {
    let mut count = 0;
    loop {
        let path = format!("/api/v1/scans/{scan}/events?since={count}&limit=1000");
        let page = read(server, client, &path).await;
        let items = page["items"].as_array().expect("a page has items");
        for item in items {
            count += 1;
            assert_eq!(item["seq"].as_u64(), Some(count));
        }
        if items.is_empty() {
            return count;
        }
    }
}

/// All who watch.
struct Crowd {
    seen: Vec<Arc<Seen>>,
    // Reading until the crowd is dropped.
    _reading: JoinSet<()>,
    // Open and never read.
    _stalled: Vec<WebSocketStream<TcpStream>>,
}

impl Crowd {
    /// Connects `clients`, and waits until the healthy ones have heard the first word.
    async fn gather(server: &Server, scan: &str, clients: usize) -> Self {
        let (mut seen, mut reading, mut stalled) = (Vec::new(), JoinSet::new(), Vec::new());
        for number in 0..clients {
            let is_stalled = number % STALLED == STALLED - 1;
            let mut socket = connect(server, scan, is_stalled).await;
            if is_stalled {
                stalled.push(socket);
                continue;
            }
            let greeting = timeout(PATIENCE, socket.next()).await.expect("it is not late");
            let greeting = greeting.expect("it goes on").expect("it is well-formed");
            assert!(greeting.to_text().expect("it is text").contains("\"connected\""));
            let mine = Arc::new(Seen::default());
            seen.push(Arc::clone(&mine));
            reading.spawn(async move { mine.read(socket).await });
        }
        Self { seen, _reading: reading, _stalled: stalled }
    }

    /// Waits until everybody has seen `events`, but no longer than is decent.
    async fn wait_for(&self, events: u64) {
        let began = Instant::now();
        let is_there = |seen: &Arc<Seen>| seen.last.load(Ordering::Relaxed) >= events;
        while !self.seen.iter().all(is_there) && began.elapsed() < PATIENCE {
            sleep(LOOK).await;
        }
    }
}

async fn connect(server: &Server, scan: &str, is_stalled: bool) -> WebSocketStream<TcpStream> {
    let url = server.url("");
    let address = url.trim_start_matches("http://");
    let path = format!("ws://{address}/ws/scans/{scan}");
    let mut request = path.into_client_request().expect("it is a URL");
    let authorization = server.authorization().parse().expect("a token is plain text");
    request.headers_mut().insert(AUTHORIZATION, authorization);
    let socket = TcpSocket::new_v4().expect("there are sockets left");
    if is_stalled {
        // Else the kernel would take in megabytes for them, and nobody would notice for long.
        socket.set_recv_buffer_size(4096).expect("it may be small");
    }
    let stream = socket
        .connect(address.parse().expect("it is an address"))
        .await
        .expect("the server listens");
    let configuration = WebSocketConfig::default().read_buffer_size(8 * 1024);
    let connected =
        tokio_tungstenite::client_async_with_config(request, stream, Some(configuration)).await;
    connected.expect("the server takes it").0
}

/// What one healthy client has seen.
#[derive(Default)]
struct Seen {
    /// The number of the newest event.
    last: AtomicU64,
    /// Events that did not come next after the one before.
    misplaced: AtomicU64,
    lines: AtomicU64,
    lines_missed: AtomicU64,
    /// Milliseconds of each event.
    delays: Mutex<Vec<u32>>,
}

/// What is looked at in a frame.
#[derive(Deserialize)]
struct Frame<'a> {
    event: &'a str,
    ts: Timestamp,
    seq: Option<u64>,
    from: Option<u64>,
    to: Option<u64>,
}

impl Seen {
    async fn read(&self, mut socket: WebSocketStream<TcpStream>) {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Text(text) = message {
                self.note(&text, Timestamp::now());
            }
        }
    }

    fn note(&self, text: &str, now: Timestamp) {
        let frame: Frame<'_> = serde_json::from_str(text).expect("a frame is JSON with a time");
        match (frame.seq, frame.event) {
            (Some(seq), _) => {
                let is_next = self.last.swap(seq, Ordering::Relaxed) + 1 == seq;
                self.misplaced.fetch_add(u64::from(!is_next), Ordering::Relaxed);
                let delay = now.duration_since(frame.ts).as_millis();
                let delay = u32::try_from(delay.max(0)).unwrap_or(u32::MAX);
                self.delays.lock().expect("nobody panics").push(delay);
            }
            (None, "gap") => {
                let missed = frame.to.unwrap_or(0) + 1 - frame.from.unwrap_or(0);
                self.lines_missed.fetch_add(missed, Ordering::Relaxed);
            }
            (None, _) => {
                self.lines.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn is_whole(&self, events: u64) -> bool {
        self.last.load(Ordering::Relaxed) == events && self.misplaced.load(Ordering::Relaxed) == 0
    }
}
