//! The thread that keeps a program's pipes flowing: what it is to read goes in, and everything
//! that it writes, but for the XML, comes out at once, whoever may be slow.

use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ChildStdin;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::artifact::Artifact;
use super::lines::{Lines, Splitter};
use super::pulse::Pulse;

/// How many of the last lines of standard error are remembered.
const TAIL_LINES: usize = 20;

/// Everything that one program reads and writes, but for the XML.
pub(super) struct Drain {
    pub(super) targets: Feed,
    pub(super) streams: Vec<Stream>,
    pub(super) lines: Lines,
    /// Hangs up when nobody waits for the streams any more.
    pub(super) abandoned: PipeReader,
    pub(super) pulse: Pulse,
}

/// What is left when all streams have ended.
pub(super) struct Drained {
    pub(super) stderr_tail: Vec<String>,
    pub(super) artifacts: Vec<Artifact>,
}

/// What the bytes of a stream are, beside an artifact.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// Lines for whoever watches, and a sign of life.
    Stdout,
    /// Lines for whoever watches, of which the last may explain a failure.
    Stderr,
    /// Nothing else.
    File,
}

/// One pipe that a program writes to.
pub(super) struct Stream {
    /// Nothing once it has ended.
    pipe: Option<OwnedFd>,
    voice: Voice,
    artifact: Option<Artifact>,
    splitter: Splitter,
}

impl Stream {
    pub(super) fn new(pipe: OwnedFd, voice: Voice, artifact: Option<Artifact>) -> Self {
        Self { pipe: Some(pipe), voice, artifact, splitter: Splitter::default() }
    }
}

impl Drain {
    /// Runs until every stream has ended or is abandoned.
    pub(super) fn run(mut self) -> (Lines, Drained) {
        let mut buffer = vec![0; 64 * 1024];
        let mut stderr_tail = Vec::new();
        while self.streams.iter().any(|stream| stream.pipe.is_some()) {
            let Ok(ready) = self.wait() else { break };
            if ready.feed {
                self.targets.push();
            }
            for index in &ready.streams {
                self.read(*index, &mut buffer, &mut stderr_tail);
            }
            if ready.is_abandoned && ready.streams.is_empty() {
                break;
            }
        }
        let artifacts = self.streams.into_iter().filter_map(|stream| stream.artifact).collect();
        (self.lines, Drained { stderr_tail, artifacts })
    }

    fn read(&mut self, index: usize, buffer: &mut [u8], tail: &mut Vec<String>) {
        let stream = &mut self.streams[index];
        let Some(pipe) = &stream.pipe else { return };
        let count = match nix::unistd::read(pipe, buffer) {
            Err(nix::Error::EINTR | nix::Error::EAGAIN) => return,
            Err(_) => 0,
            Ok(count) => count,
        };
        let bytes = &buffer[..count];
        if let Some(artifact) = &mut stream.artifact {
            artifact.write(bytes);
        }
        if stream.voice == Voice::Stdout {
            self.pulse.beat();
        }
        if stream.voice != Voice::File {
            let mut say = |line: String| {
                if stream.voice == Voice::Stderr && !line.trim().is_empty() {
                    remember(tail, &line);
                }
                self.lines.push(line);
            };
            stream.splitter.split(bytes, &mut say);
            if count == 0 {
                stream.splitter.finish(say);
            }
        }
        if count == 0 {
            stream.pipe = None;
        }
    }

    /// Waits until there is something to do.
    fn wait(&self) -> nix::Result<Ready> {
        let open = |stream: &'_ (usize, &Stream)| stream.1.pipe.is_some();
        let streams: Vec<(usize, &Stream)> = self.streams.iter().enumerate().filter(open).collect();
        let mut polled = vec![PollFd::new(self.abandoned.as_fd(), PollFlags::empty())];
        for (_, stream) in &streams {
            let pipe = stream.pipe.as_ref().expect("only open streams are left");
            polled.push(PollFd::new(pipe.as_fd(), PollFlags::POLLIN));
        }
        if let Some(pipe) = self.targets.pipe() {
            polled.push(PollFd::new(pipe, PollFlags::POLLOUT));
        }
        match poll(&mut polled, PollTimeout::NONE) {
            Err(error) if error != nix::Error::EINTR => return Err(error),
            _ => {}
        }
        let is_ready = |polled: &PollFd<'_>| polled.any().unwrap_or(false);
        let ready = streams.iter().zip(&polled[1..]).filter(|(_, polled)| is_ready(polled));
        Ok(Ready {
            is_abandoned: is_ready(&polled[0]),
            streams: ready.map(|((index, _), _)| *index).collect(),
            feed: polled.get(streams.len() + 1).is_some_and(is_ready),
        })
    }
}

/// What [`Drain::wait`] waited for.
struct Ready {
    is_abandoned: bool,
    streams: Vec<usize>,
    feed: bool,
}

fn remember(tail: &mut Vec<String>, line: &str) {
    if tail.len() == TAIL_LINES {
        tail.remove(0);
    }
    tail.push(line.to_owned());
}

/// Lines that a program reads, written as fast as it takes them.
pub(super) struct Feed {
    /// Nothing once all is written, or nobody reads it.
    pipe: Option<ChildStdin>,
    lines: Box<dyn Iterator<Item = String> + Send>,
    buffer: Vec<u8>,
    written: usize,
}

impl Feed {
    pub(super) fn new(
        pipe: ChildStdin,
        lines: impl Iterator<Item = String> + Send + 'static,
    ) -> io::Result<Self> {
        fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok(Self { pipe: Some(pipe), lines: Box::new(lines), buffer: Vec::new(), written: 0 })
    }

    fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Writes what the pipe takes now, and closes it when there is no more.
    fn push(&mut self) {
        const AT_ONCE: usize = 16 * 1024;

        if self.written == self.buffer.len() {
            self.buffer.clear();
            self.written = 0;
            while self.buffer.len() < AT_ONCE
                && let Some(line) = self.lines.next()
            {
                self.buffer.extend_from_slice(line.as_bytes());
                self.buffer.push(b'\n');
            }
        }
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.write(&self.buffer[self.written..]) {
            Ok(count) if count > 0 => self.written += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // All is written, or the program has ended: its exit tells more than this error.
            _ => self.pipe = None,
        }
    }
}

/// A pipe that reads as ended once it is abandoned and has nothing more to give.
pub(super) struct Abandonable {
    pub(super) pipe: PipeReader,
    pub(super) abandoned: PipeReader,
}

impl Read for Abandonable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut polled = [
            PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.abandoned.as_fd(), PollFlags::empty()),
        ];
        poll(&mut polled, PollTimeout::NONE)?;
        match polled[0].any() {
            Some(true) => self.pipe.read(buffer),
            _ if polled[1].any() == Some(true) => Ok(0),
            _ => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}
