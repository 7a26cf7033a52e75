//! What a browser makes of the report of hosts that wish us ill: it runs nothing and asks for nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::{fs, thread};

use netscan_report::{Format, WriteOptions};

use crate::programs::{run, said};
use crate::samples::{hostile, office, report, weak};

/// What each of these would do: run, or fetch something.
const PAYLOAD: &str = "'\"></title></style></pre></textarea>--><script>document.documentElement.className='ran'</script>\
    <img src=http://stolen.invalid/img onerror=\"document.documentElement.className='ran'\">\
    <svg onload=\"document.documentElement.className='ran'\"><style>@import 'http://stolen.invalid/css';</style></svg>\
    <link rel=stylesheet href=http://stolen.invalid/link><iframe src=http://stolen.invalid/frame></iframe>";
/// What leaves the page. No policy keeps a page from that.
const LEAVE: &str = "<meta http-equiv=refresh content='0;url=http://stolen.invalid/meta'>";

/// A proxy that gives nothing out and tells what it was asked for.
fn proxy() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let (sender, asked) = channel();
    thread::spawn(move || {
        for guest in listener.incoming().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                let mut line = String::new();
                // A guest that says nothing asks for nothing, and one that has left does not mind.
                let _ = BufReader::new(&guest).read_line(&mut line);
                let _ = sender.send(line);
                let _ = (&guest).write_all(
                    b"HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                );
            });
        }
    });
    (port, asked)
}

/// The page after a browser has shown it, and what it asked the network for.
fn shown(page: &str) -> (String, Vec<String>) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("report.html");
    fs::write(&path, page).expect("a temporary directory can be written to");
    let (port, asked) = proxy();
    let output = run(
        "chromium",
        &[
            "--headless",
            // A test may run as root, who has no sandbox.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            &format!("--user-data-dir={}", directory.path().join("profile").display()),
            &format!("--proxy-server=http://127.0.0.1:{port}"),
            "--proxy-bypass-list=<-loopback>",
            "--virtual-time-budget=3000",
            "--dump-dom",
            &format!("file://{}", path.display()),
        ],
    );
    let document = said(&output);
    let asked = asked.try_iter().filter(|line| line.contains("stolen.invalid")).collect();
    (document, asked)
}

#[test]
fn a_hostile_report_runs_nothing_and_fetches_nothing() {
    let (mut head, hosts) = hostile(&format!("{PAYLOAD}{LEAVE}"));
    let filter = head.filter.take();

    // With a filter, what it is is told, and without, what changed.
    for filter in [filter, None] {
        head.filter = filter;
        let (document, asked) =
            shown(&report(Format::Html, &head, &hosts, WriteOptions::default()));

        assert_eq!(asked, [""; 0]);
        assert!(document.contains("<html lang=\"en\">"), "something ran:\n{document}");
        assert!(document.contains("stolen.invalid"), "the payload is not shown at all");
        assert_eq!(document.matches("<article").count(), 2);
        assert!(document.contains("</footer>"), "the page is not whole:\n{document}");
    }
}

#[test]
fn the_browser_would_run_and_fetch_if_it_were_let() {
    let (document, asked) = shown(&format!("<!DOCTYPE html><html lang=\"en\"><p title='{PAYLOAD}"));

    assert!(document.contains("class=\"ran\""), "{document}");
    assert!(!asked.is_empty());
}

#[test]
fn the_policy_alone_would_keep_a_script_from_running() {
    let (head, hosts) = office();
    let page = report(Format::Html, &head, &hosts, WriteOptions::default());
    let slip = format!("<main>{PAYLOAD}");

    let (document, asked) = shown(&page.replacen("<main>", &slip, 1));

    assert!(document.contains("<html lang=\"en\">"), "something ran:\n{document}");
    assert_eq!(asked, [""; 0]);
}

#[test]
fn nothing_that_a_host_says_makes_the_page_wider_than_paper() {
    let (mut head, hosts) = hostile(&"longword".repeat(100));
    head.filter = None;
    let page = report(Format::Html, &head, &hosts, WriteOptions::default());
    let page = page.replacen("default-src 'none'", "script-src 'unsafe-inline'", 1);
    let ruler = "<script>for (const it of [document.documentElement, ...document.querySelectorAll('.wide')])\
        if (it.scrollWidth > it.clientWidth)\
        document.documentElement.className += ' too-wide ' + it.textContent.slice(0, 80);\
        document.documentElement.dataset.ruler = innerWidth</script></body>";

    let (document, _) = shown(&page.replacen("</body>", ruler, 1));

    let (tag, _) = document.split_once("<head>").unwrap();
    // A sheet of A4 is 794 pixels wide.
    assert!(tag.contains("data-ruler=\"7"), "{tag}");
    assert!(!tag.contains("too-wide"), "{tag}");
}

#[test]
fn the_report_can_be_read_without_seeing_it() {
    let (head, mut hosts) = office();
    hosts.push(weak());
    let page = report(Format::Html, &head, &hosts, WriteOptions::default());

    let count = |what: &str| page.matches(what).count();

    for landmark in ["<header>", "<main>", "<nav aria-label=", "<footer>", "<h1>", "lang=\"en\""] {
        assert_eq!(count(landmark), 1, "{landmark}");
    }
    assert_eq!(count("<table"), count("<caption"));
    assert_eq!(count("<th>"), 0, "each heading of a table says what it heads");
    assert_eq!(count("<svg"), count("role=\"img\" aria-label=") + count("aria-hidden=\"true\""));
    for target in page.split("href=\"#").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]) {
        assert_eq!(count(&format!(" id=\"{target}\"")), 1, "#{target} leads nowhere");
    }
}
