//! Colours, where they are wanted. Nothing is told by them alone.

use netscan_model::coverage::CoverageState;
use netscan_model::scan::State;
use ratatui::style::{Color, Modifier, Style};

use super::Look;

/// The styles there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    has_colours: bool,
}

impl Paint {
    pub(super) fn of(look: Look) -> Self {
        Self { has_colours: look.has_colours }
    }

    pub(super) fn plain() -> Style {
        Style::new()
    }

    pub(super) fn dim() -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn bold() -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn warning(self) -> Style {
        self.in_colour(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    pub(super) fn of_scan(self, state: State) -> Style {
        match state {
            State::Running => self.in_colour(Color::Cyan),
            State::Completed => self.in_colour(Color::Green),
            State::Paused | State::Partial => self.in_colour(Color::Yellow),
            State::Failed => self.in_colour(Color::Red),
            State::Created | State::Queued | State::Cancelled => Self::plain(),
        }
    }

    pub(super) fn of_coverage(self, state: CoverageState) -> Style {
        match state {
            CoverageState::Up => self.in_colour(Color::Green),
            CoverageState::Down => self.in_colour(Color::Blue),
            CoverageState::TimedOut | CoverageState::Unresolved => self.in_colour(Color::Yellow),
            CoverageState::Failed => self.in_colour(Color::Red),
            CoverageState::Cancelled => self.in_colour(Color::Magenta),
            CoverageState::Excluded | CoverageState::OutOfScope | CoverageState::Pending => {
                Self::dim()
            }
        }
    }

    fn in_colour(self, colour: Color) -> Style {
        if self.has_colours { Style::new().fg(colour) } else { Style::new() }
    }
}
