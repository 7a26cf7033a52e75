//! A program with nmap's interface that does what a script beside it says, for tests.
//!
//! The script is the file `fake-nmap.script` in the directory of the name that it was called by;
//! each line is a word and its value. `netscan_testkit::FakeNmap` writes it and knows the words.
//! Only the standard library is used here: the build script compiles this file by itself.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio, exit};
use std::thread::sleep;
use std::time::Duration;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let directory = Path::new(&arguments[0]).parent().unwrap_or(Path::new(".")).to_owned();
    let script = Script::read(directory);
    if arguments.iter().any(|argument| argument == "--version" || argument == "-V") {
        let version = script.text("version").unwrap_or("7.93");
        say(&format!("Nmap version {version} ( https://nmap.org )\nPlatform: fake\n"));
        return;
    }
    script.spawn_children();
    let targets = match value_of(&arguments, "-iL") {
        Some("-") => io::stdin().lock().lines().map_while(Result::ok).collect(),
        _ => Vec::new(),
    };
    let xml = value_of(&arguments, "-oX").map(|path| File::options().write(true).open(path));
    let xml = xml.and_then(Result::ok);
    let mut run = Run { xml, written: 0, cut_at: script.number("cut_at"), hosts: 0, script };
    run.scan(&targets, &arguments);
    exit(run.script.number("exit").unwrap_or(0));
}

fn value_of<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).map(String::as_str)
}

fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
    let _ = io::stdout().flush();
}

/// What to do, word by word.
struct Script {
    directory: PathBuf,
    words: HashMap<String, Vec<String>>,
}

impl Script {
    fn read(directory: PathBuf) -> Self {
        let text = std::fs::read_to_string(directory.join("fake-nmap.script")).unwrap_or_default();
        let mut words: HashMap<String, Vec<String>> = HashMap::new();
        for line in text.lines() {
            let (word, value) = line.split_once(' ').unwrap_or((line, ""));
            words.entry(word.to_owned()).or_default().push(value.to_owned());
        }
        Self { directory, words }
    }

    fn all(&self, word: &str) -> &[String] {
        self.words.get(word).map_or(&[], Vec::as_slice)
    }

    fn text(&self, word: &str) -> Option<&str> {
        self.all(word).last().map(String::as_str)
    }

    fn number<T: std::str::FromStr>(&self, word: &str) -> Option<T> {
        self.text(word)?.parse().ok()
    }

    /// Starts programs that hold on to the pipes, as a script of nmap could.
    fn spawn_children(&self) {
        for _ in 0..self.number("children").unwrap_or(0) {
            let _ = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn();
        }
        for _ in 0..self.number("runaways").unwrap_or(0) {
            let _ = Command::new("setsid").args(["sleep", "1000"]).stdin(Stdio::null()).spawn();
        }
    }

    /// Whether this is one of the first `count` attempts. Each leaves an empty directory behind,
    /// since a file of any size is forbidden to it.
    fn is_among_first(&self, count: usize) -> bool {
        let is_mine = |number: &usize| {
            std::fs::create_dir(self.directory.join(format!("attempt-{number}"))).is_ok()
        };
        (0..count).any(|number| is_mine(&number))
    }
}

struct Run {
    xml: Option<File>,
    written: u64,
    cut_at: Option<u64>,
    hosts: usize,
    script: Script,
}

impl Run {
    fn scan(&mut self, targets: &[String], arguments: &[String]) {
        if let Some(text) = self.script.text("stderr") {
            let _ = writeln!(io::stderr(), "{text}");
        }
        self.flood();
        if let Some(raw) = self.script.text("raw").map(|name| self.script.directory.join(name)) {
            self.write(&std::fs::read(raw).unwrap_or_default());
            return;
        }
        self.head(arguments);
        self.fail_if_told(targets);
        let limit = self.script.number("only").unwrap_or(usize::MAX);
        for target in targets.iter().take(limit) {
            self.host(target);
            if self.script.text("twice").is_some() {
                self.host(target);
            }
        }
        for stray in self.script.all("stray").to_vec() {
            self.host(&stray);
        }
        self.act_after();
        self.foot(targets.len().min(limit));
    }

    fn flood(&self) {
        let line = "All work and no play makes nmap a dull program, and the pipe a full one.\n";
        for _ in 0..self.script.number("flood_stdout").unwrap_or(0) / line.len() {
            let _ = io::stdout().write_all(line.as_bytes());
        }
        let _ = io::stdout().flush();
        for _ in 0..self.script.number("flood_stderr").unwrap_or(0) / line.len() {
            let _ = io::stderr().write_all(line.as_bytes());
        }
    }

    fn fail_if_told(&self, targets: &[String]) {
        for poison in self.script.all("poison") {
            let (address, act) = poison.split_once(' ').unwrap_or((poison, "abort"));
            if targets.iter().any(|target| target == address) {
                perform(act);
            }
        }
        if let Some((count, act)) = self.script.text("fail_first").and_then(|v| v.split_once(' '))
            && self.script.is_among_first(count.parse().unwrap_or(0))
        {
            perform(act);
        }
    }

    fn head(&mut self, arguments: &[String]) {
        say("Starting Nmap 7.93 ( https://nmap.org )\n");
        let command_line = arguments.join(" ").replace('&', "&amp;").replace('"', "&quot;");
        self.write(
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n\
                 <nmaprun scanner=\"nmap\" args=\"{command_line}\" start=\"1700000000\" \
                 version=\"7.93\" xmloutputversion=\"1.05\">\n<scaninfo type=\"connect\" \
                 protocol=\"tcp\" numservices=\"1\" services=\"80\"/>\n"
            )
            .as_bytes(),
        );
    }

    fn host(&mut self, target: &str) {
        self.act_after();
        if let Some(pause) = self.script.number("delay_ms") {
            sleep(Duration::from_millis(pause));
        }
        let address = target.split('%').next().unwrap_or(target);
        let kind = if address.contains(':') { "ipv6" } else { "ipv4" };
        let is_down = self.script.all("down").iter().any(|down| down == target);
        let (status, ports) = if is_down {
            ("state=\"down\" reason=\"no-response\"", "")
        } else {
            (
                "state=\"up\" reason=\"user-set\"",
                "<ports><port protocol=\"tcp\" portid=\"80\"><state state=\"open\" \
                 reason=\"syn-ack\" reason_ttl=\"0\"/></port></ports>\n",
            )
        };
        self.write(
            format!(
                "<host starttime=\"1700000000\" endtime=\"1700000001\"><status {status} \
                 reason_ttl=\"0\"/>\n<address addr=\"{address}\" addrtype=\"{kind}\"/>\n\
                 {ports}</host>\n"
            )
            .as_bytes(),
        );
        self.hosts += 1;
        say(&format!("Nmap scan report for {address}\n"));
    }

    /// Does what is to be done after so many hosts, when there have been so many.
    fn act_after(&self) {
        let hosts = self.hosts.to_string();
        for after in self.script.all("after") {
            match after.split_once(' ') {
                Some((count, act)) if count == hosts => perform(act),
                _ => {}
            }
        }
    }

    fn foot(&mut self, count: usize) {
        let total = self.script.number("total").unwrap_or(count);
        let exit = match self.script.text("error") {
            Some(message) => format!("exit=\"error\" errormsg=\"{message}\""),
            None => "exit=\"success\"".to_owned(),
        };
        self.write(
            format!(
                "<runstats><finished time=\"1700000002\" elapsed=\"2.00\" {exit}/><hosts \
                 up=\"{total}\" down=\"0\" total=\"{total}\"/>\n</runstats>\n</nmaprun>\n"
            )
            .as_bytes(),
        );
    }

    /// Writes to the XML, but nothing behind the byte at which it is to be cut.
    fn write(&mut self, bytes: &[u8]) {
        let room = self.cut_at.map_or(u64::MAX, |cut| cut.saturating_sub(self.written));
        let kept = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        self.written += bytes.len() as u64;
        if let Some(xml) = &mut self.xml {
            let _ = xml.write_all(&bytes[..kept]);
        }
    }
}

/// Comes to an end, or to a halt.
fn perform(act: &str) {
    match act.split_once(' ').unwrap_or((act, "")) {
        ("exit", code) => exit(code.parse().unwrap_or(1)),
        ("abort", _) => std::process::abort(),
        ("hang", _) => {}
        (signal, _) => {
            // The first SIGSEGV is taken by the standard library, which looks for a stack overflow.
            let command = match signal {
                "SEGV" => "while kill -SEGV $PPID; do :; done".to_owned(),
                _ => format!("kill -{signal} $PPID"),
            };
            let _ = Command::new("sh").args(["-c", &command]).status();
            if signal == "STOP" {
                return;
            }
        }
    }
    loop {
        sleep(Duration::from_hours(1));
    }
}
