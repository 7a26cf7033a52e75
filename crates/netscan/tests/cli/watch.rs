//! `watch` on a terminal of its own, as a person sits at it.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};

use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;

use super::desk::{Desk, SLOW, wait_for};
use super::remote::Server;

/// A terminal with a program in it.
struct Terminal {
    child: Child,
    /// The end that stands for keyboard and screen.
    person: File,
    /// The end that the program has.
    program: OwnedFd,
    screen: Arc<Mutex<vt100::Parser>>,
    before: Termios,
}

impl Terminal {
    fn start(desk: &Desk, arguments: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } =
            openpty(Some(&size), None).expect("there are terminals");
        let before = tcgetattr(&slave).expect("it is a terminal");
        let ours = desk.command(arguments);
        // It is given the terminal as its own, so that it finds no other.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(ours.get_program()).args(ours.get_args());
        command.current_dir(desk.directory()).env("TERM", "xterm-256color");
        for (name, value) in ours.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        change(&mut command);
        let end = || slave.try_clone().expect("it is open");
        command.stdin(end()).stdout(end()).stderr(end());
        let child = command.spawn().expect("setsid is part of util-linux");
        let lines = |count| NonZero::new(count).unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(lines(24), lines(80), 0)));
        let mut person = File::from(master);
        let (mut eye, seen) = (person.try_clone().expect("it is open"), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = eye.read(&mut piece) {
                seen.lock().unwrap().process(&piece[..count]);
            }
        });
        person.flush().expect("it is open");
        Self { child, person, program: slave, screen, before }
    }

    fn shown(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    #[track_caller]
    fn wait_for(&self, words: &str) {
        wait_for(&format!("{words:?} on the screen"), || {
            self.shown().contains(words).then_some(())
        });
    }

    fn type_keys(&mut self, keys: &str) {
        self.person.write_all(keys.as_bytes()).expect("the program reads its keys");
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("process ids are small");
        kill(Pid::from_raw(pid), signal).expect("the program has not ended");
    }

    /// Waits for its end, and asserts that it left the terminal as it was.
    #[track_caller]
    fn finish(mut self) -> (Option<i32>, String) {
        wait_for("the program to end", || self.child.try_wait().expect("it is our child"));
        let status = self.child.wait().expect("it has ended").code();
        wait_for("the screen of before", || {
            (!self.screen.lock().unwrap().screen().alternate_screen()).then_some(())
        });
        let after = tcgetattr(&self.program).expect("it is a terminal");
        assert_eq!(after, self.before);
        assert!(!self.screen.lock().unwrap().screen().hide_cursor());
        let shown = self.shown();
        (status, shown)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_scan_is_watched_to_its_end_and_the_terminal_is_as_before() {
    let desk = Desk::new();
    let session = desk.start(&[&["scan", "127.0.0.1-2", "--name", "lab"], &SLOW[..]].concat());
    desk.wait_for_scan("1", |scan| scan["status"] == "running");

    let mut terminal = Terminal::start(&desk, &["watch", "1"], |_| {});
    terminal.wait_for("It is running");
    assert!(terminal.screen.lock().unwrap().screen().alternate_screen());
    terminal.wait_for("127.0.0.1 is up");
    terminal.wait_for("It is completed");
    terminal.wait_for("it has ended: completed");
    terminal.wait_for("█ up 2");
    terminal.type_keys("q");
    let (status, _) = terminal.finish();

    assert_eq!(status, Some(0));
    assert_eq!(session.finish().status, Some(0));
}

#[test]
fn keys_pause_a_scan_go_on_with_it_in_the_background_and_stop_it() {
    let desk = Desk::new();
    let session = desk.start(&[&["scan", "127.0.0.1-60"], &SLOW[..]].concat());
    desk.wait_for_scan("1", |scan| scan["status"] == "running");

    let mut terminal = Terminal::start(&desk, &["watch"], |_| {});
    terminal.wait_for("running");
    terminal.type_keys("\r");
    terminal.wait_for("1 batch at a time");
    terminal.type_keys("+");
    terminal.wait_for("Scan 1 runs with concurrency 2");
    terminal.type_keys("p");
    terminal.wait_for("It is paused");
    // The session that ran it leaves when it is paused by its own Ctrl-C only.
    session.signal(Signal::SIGINT);
    session.finish();
    terminal.type_keys("r");
    terminal.wait_for("It is running");
    terminal.type_keys("s");
    terminal.wait_for("Stop scan 1 for good?");
    terminal.type_keys("y");
    terminal.wait_for("It is cancelled");
    terminal.type_keys("p");
    terminal.wait_for("! Cannot pause a scan that is cancelled");
    terminal.type_keys("q");
    let (status, _) = terminal.finish();

    assert_eq!(status, Some(0));
    assert_eq!(desk.scan("1")["status"], "cancelled");
}

#[test]
fn signals_and_ctrl_c_leave_the_terminal_as_it_was() {
    let desk = Desk::new();
    desk.netscan(&["scan", "127.0.0.1", "--nmap", "-sT -p1"]);

    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let terminal = Terminal::start(&desk, &["watch"], |_| {});
        terminal.wait_for("completed");
        terminal.signal(signal);
        assert_eq!(terminal.finish().0, Some(0), "{signal}");
    }
    let mut terminal = Terminal::start(&desk, &["watch"], |_| {});
    terminal.wait_for("completed");
    terminal.type_keys("\x03");
    assert_eq!(terminal.finish().0, Some(0));
}

#[test]
fn a_server_is_watched_as_a_database_is() {
    let desk = Desk::new();
    let server = Server::start(&desk);
    server.netscan(&["scan", "127.0.0.1-3", "--nmap", "-sT -p1", "--name", "lab"]);

    let (url, token) = server.place();
    let mut terminal = Terminal::start(&desk, &["watch", "latest"], |command| {
        command.env("NETSCAN_SERVER", url).env("NETSCAN_TOKEN", token);
        command.env("NETSCAN_DATA_DIR", desk.path("nowhere")).env("NO_COLOR", "1");
    });
    terminal.wait_for("it has ended: completed");
    terminal.wait_for("█ up 3");
    let cells: Vec<_> = {
        let parser = terminal.screen.lock().unwrap();
        let cell = |place: u16| parser.screen().cell(place / 80, place % 80).cloned();
        (0..24 * 80).filter_map(cell).collect()
    };
    terminal.type_keys("\x1b");
    terminal.wait_for("Scans");
    terminal.type_keys("q");
    let (status, _) = terminal.finish();
    server.stop();

    assert_eq!(status, Some(0));
    assert!(cells.iter().all(|cell| cell.fgcolor() == vt100::Color::Default));
}

#[test]
fn without_a_terminal_or_with_json_watch_says_what_to_use() {
    let desk = Desk::new();

    let plain = desk.netscan(&["watch"]);
    let json = desk.netscan(&["watch", "--json"]);

    plain.refused(2, "`watch` draws on a terminal, and here is none: use `netscan status --watch`");
    json.refused(
        2,
        "`watch` draws on a terminal, and writes no JSON: use `netscan status --watch`",
    );
    assert!(!desk.data().exists());
}
