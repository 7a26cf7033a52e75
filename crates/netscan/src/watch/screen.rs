//! The terminal while it is drawn on, and as it was before when that is over.

use std::io::{self, Stdout, stdout};

use anyhow::Context as _;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::prelude::CrosstermBackend;
use ratatui::{Frame, Terminal};

use crate::output::Talk;

/// The terminal, which is ours until this is dropped, be it by a panic.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    talk: Talk,
}

impl Screen {
    pub(super) fn enter(talk: &Talk) -> anyhow::Result<Self> {
        let failed = "cannot draw on this terminal";
        let terminal = Terminal::new(CrosstermBackend::new(stdout())).context(failed)?;
        // What is said meanwhile, of a panic too, shall not be wiped away with the screen.
        talk.hold();
        let screen = Self { terminal, talk: talk.clone() };
        enable_raw_mode().context(failed)?;
        execute!(stdout(), EnterAlternateScreen).context(failed)?;
        Ok(screen)
    }

    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> anyhow::Result<()> {
        self.terminal.draw(draw).context("cannot draw on the terminal")?;
        Ok(())
    }

    /// Its columns and rows.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody can be told on a terminal that is gone.
        let _ = disable_raw_mode();
        let _ = execute!(stdout(), LeaveAlternateScreen, Show);
        self.talk.release();
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test drives itself from outside")]

    use std::fs::File;
    use std::io::Read;
    use std::num::NonZero;
    use std::process::Command;
    use std::thread;

    use nix::pty::{OpenptyResult, Winsize, openpty};
    use nix::sys::termios::tcgetattr;

    use super::*;
    use crate::lifecycle;

    const INSIDE: &str = "NETSCAN_TEST_IS_INSIDE_OF_A_TERMINAL";

    fn panic_on_a_screen() {
        let talk = Talk::new(false);
        lifecycle::tell_of_panics(&talk);
        let mut screen = Screen::enter(&talk).unwrap();
        screen.draw(|frame| frame.render_widget("something drawn", frame.area())).unwrap();
        panic!("a bug of ours");
    }

    // This starts itself again, in a terminal of its own.
    #[test]
    fn a_panic_leaves_the_terminal_as_it_was_and_is_told_on_it() {
        if std::env::var_os(INSIDE).is_some() {
            return panic_on_a_screen();
        }
        let size = Winsize { ws_row: 24, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(Some(&size), None).unwrap();
        let before = tcgetattr(&slave).unwrap();
        let reader = thread::spawn(move || {
            let (mut said, mut piece) = (Vec::new(), [0; 4096]);
            let mut person = File::from(master);
            while let Ok(count @ 1..) = person.read(&mut piece) {
                said.extend_from_slice(&piece[..count]);
            }
            said
        });

        let end = || slave.try_clone().unwrap();
        let mut inside = Command::new("setsid");
        inside.arg("--ctty").arg(std::env::current_exe().unwrap());
        let name = "watch::screen::tests::a_panic_leaves_the_terminal_as_it_was_and_is_told_on_it";
        inside.args(["--exact", name, "--nocapture"]).env(INSIDE, "1").env("TERM", "xterm");
        let status = inside.stdin(end()).stdout(end()).stderr(end()).status().unwrap();
        // A command keeps what it was given.
        drop(inside);
        let after = tcgetattr(&slave).unwrap();
        drop(slave);
        let said = reader.join().unwrap();

        let lines = |count| NonZero::new(count).unwrap();
        let mut terminal = vt100::Parser::new(lines(24), lines(200), 0);
        terminal.process(&said);
        let screen = terminal.screen();
        assert!(!status.success());
        assert!(said.windows(8).any(|bytes| bytes == b"\x1b[?1049h"), "it was drawn on");
        assert_eq!(after, before);
        assert!(!screen.alternate_screen() && !screen.hide_cursor());
        let shown = screen.contents();
        assert!(shown.contains("netscan broke down: a bug of ours"), "{shown}");
        assert!(!shown.contains("something drawn"), "{shown}");
    }
}
