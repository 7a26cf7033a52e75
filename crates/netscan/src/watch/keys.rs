//! What is typed, and when the terminal changes its size.

use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc;

/// How long it takes at most until nobody waits for keys any more.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A key that means something, or may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Up,
    Down,
    /// To where is pointed at.
    Open,
    /// To where one came from.
    Back,
    /// Out of here, whatever is asked just now.
    Leave,
    Letter(char),
}

/// Something that came from the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Key(Key),
    /// It has so many columns and rows now.
    Resized(u16, u16),
}

/// What comes from the terminal from now on. It ends when nobody listens any more, and when
/// nothing can be read.
pub(super) fn read() -> mpsc::Receiver<Input> {
    let (sender, receiver) = mpsc::channel(32);
    // Reading waits, and so has a thread of its own.
    thread::spawn(move || {
        while !sender.is_closed() {
            let input = match event::poll(LOOK_EVERY) {
                Ok(false) => continue,
                Ok(true) => event::read(),
                Err(error) => Err(error),
            };
            let Ok(event) = input else { return };
            if let Some(input) = meant(&event)
                && sender.blocking_send(input).is_err()
            {
                return;
            }
        }
    });
    receiver
}

fn meant(event: &event::Event) -> Option<Input> {
    match event {
        event::Event::Resize(columns, rows) => Some(Input::Resized(*columns, *rows)),
        event::Event::Key(key) if key.kind != KeyEventKind::Release => key_of(key).map(Input::Key),
        _ => None,
    }
}

fn key_of(key: &KeyEvent) -> Option<Key> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        // The terminal does not make signals of keys while it is drawn on.
        return (key.code == KeyCode::Char('c')).then_some(Key::Leave);
    }
    match key.code {
        KeyCode::Up => Some(Key::Up),
        KeyCode::Down => Some(Key::Down),
        KeyCode::Enter => Some(Key::Open),
        KeyCode::Esc => Some(Key::Back),
        KeyCode::Char(letter) => Some(Key::Letter(letter)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(code: KeyCode, modifiers: KeyModifiers) -> Option<Input> {
        meant(&event::Event::Key(KeyEvent::new(code, modifiers)))
    }

    #[test]
    fn each_key_is_what_is_printed_on_it() {
        let told = [
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Char('q'),
            KeyCode::F(1),
        ]
        .map(|code| typed(code, KeyModifiers::NONE));

        assert_eq!(
            told,
            [
                Some(Input::Key(Key::Up)),
                Some(Input::Key(Key::Down)),
                Some(Input::Key(Key::Open)),
                Some(Input::Key(Key::Back)),
                Some(Input::Key(Key::Letter('q'))),
                None
            ]
        );
    }

    #[test]
    fn ctrl_c_leaves_and_no_other_key_with_ctrl_does_anything() {
        assert_eq!(typed(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Input::Key(Key::Leave)));
        assert_eq!(typed(KeyCode::Char('s'), KeyModifiers::CONTROL), None);
    }

    #[test]
    fn a_key_that_is_let_go_is_not_typed_twice() {
        let key = KeyEvent {
            kind: KeyEventKind::Release,
            ..KeyEvent::new(KeyCode::Char('s'), KeyModifiers::NONE)
        };

        assert_eq!(meant(&event::Event::Key(key)), None);
    }
}
