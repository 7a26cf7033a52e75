//! Scans on a screen: what is typed and what is seen goes into a [`Model`], which says what to do,
//! and the screen shows what it holds.

mod growth;
mod keys;
mod log;
#[cfg(test)]
mod samples;
mod screen;
mod sight;
mod state;
mod view;

use std::pin::Pin;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use netscan_model::scan::Scan;

use self::keys::Input;
use self::screen::Screen;
use self::sight::Subject;
use self::state::{Action, Event, Model};
use self::view::Look;
use crate::desk::{self, Desk};
use crate::ending;
use crate::lifecycle::Interrupts;
use crate::output::data;
use crate::steering::{self, Order};
use crate::wire::Context;

/// How often is looked at the fastest.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often is looked at the slowest.
const LOOK_AT_LEAST: Duration = Duration::from_secs(5);
/// How often is drawn when nothing changes but the time.
const DRAW_EVERY: Duration = Duration::from_secs(1);

/// Something that goes on while keys are listened to.
type Work<'a> = Pin<Box<dyn Future<Output = Event> + 'a>>;

/// Shows all scans, or the one, until the operator leaves.
pub(crate) async fn run(
    context: &Context,
    desk: &Desk<'_>,
    scan: Option<Scan>,
) -> anyhow::Result<()> {
    let interrupts = Interrupts::listen()?;
    let mut screen = Screen::enter(&context.talk)?;
    let mut inputs = keys::read();
    let model = Model::new(&place(context), screen.size()?, scan);
    let mut watch = Watch::new(context, desk, model);
    loop {
        watch.draw(&mut screen)?;
        let event = tokio::select! {
            () = interrupts.pause.cancelled() => return Ok(()),
            input = inputs.recv() => match input {
                Some(Input::Key(key)) => Event::Typed(key),
                Some(Input::Resized(columns, rows)) => Event::Resized(columns, rows),
                None => anyhow::bail!("cannot read keys from the terminal any more"),
            },
            event = watch.next() => event,
        };
        if watch.take(event) == Goes::Away {
            return Ok(());
        }
    }
}

/// Whether the operator is still here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    On,
    Away,
}

/// A model, and what goes on for it.
struct Watch<'a> {
    context: &'a Context,
    desk: &'a Desk<'a>,
    model: Model,
    begun: Instant,
    looking: Option<Work<'a>>,
    working: Option<Work<'a>>,
    last_look: Instant,
    next_look: Instant,
    last_drawn: Instant,
    is_changed: bool,
}

impl<'a> Watch<'a> {
    fn new(context: &'a Context, desk: &'a Desk<'a>, model: Model) -> Self {
        let now = Instant::now();
        Self {
            context,
            desk,
            model,
            begun: now,
            looking: None,
            working: None,
            last_look: now,
            next_look: now,
            last_drawn: now,
            is_changed: true,
        }
    }

    /// Draws what has changed, or that time goes on.
    fn draw(&mut self, screen: &mut Screen) -> anyhow::Result<()> {
        if !self.is_changed && self.last_drawn.elapsed() < DRAW_EVERY {
            return Ok(());
        }
        let look = Look {
            has_colours: data::has_colours(),
            now: Timestamp::now(),
            watched_for: self.begun.elapsed(),
        };
        screen.draw(|frame| view::draw(frame, &self.model, look))?;
        (self.last_drawn, self.is_changed) = (Instant::now(), false);
        Ok(())
    }

    /// What comes of what goes on, or that it is time to draw.
    async fn next(&mut self) -> Event {
        if self.looking.is_none() {
            tokio::select! {
                done = finished(&mut self.working) => return done,
                () = tokio::time::sleep_until((self.last_drawn + DRAW_EVERY).into()) => {
                    return Event::Passed;
                }
                () = tokio::time::sleep_until(self.next_look.into()) => {}
            }
            self.last_look = Instant::now();
            let subject = self.model.subject();
            self.looking = Some(Box::pin(look(self.context, self.desk, subject)));
        }
        tokio::select! {
            done = finished(&mut self.working) => done,
            seen = finished(&mut self.looking) => {
                // Looking shall not cost more than a twentieth of the time.
                let pause = (self.last_look.elapsed() * 20).clamp(LOOK_EVERY, LOOK_AT_LEAST);
                self.next_look = self.last_look + pause;
                seen
            }
            () = tokio::time::sleep_until((self.last_drawn + DRAW_EVERY).into()) => Event::Passed,
        }
    }

    /// Takes in what happened, and does what follows.
    fn take(&mut self, event: Event) -> Goes {
        let outcome = self.model.update(event, self.begun.elapsed());
        self.is_changed |= outcome.is_changed;
        match outcome.action {
            Some(Action::Leave) => return Goes::Away,
            Some(Action::Look) => {
                self.looking = None;
                self.next_look = self.last_look + LOOK_EVERY;
            }
            Some(Action::CarryOut(order)) => {
                self.working = Some(Box::pin(carry_out(self.context, self.desk, order)));
            }
            None => {}
        }
        Goes::On
    }
}

/// Where it is that scans are shown of.
fn place(context: &Context) -> String {
    let project = context.project();
    match context.server() {
        Some(server) => format!("project {project} at {server}"),
        None => format!("project {project}"),
    }
}

/// What came of the work; never, if there is none.
async fn finished(work: &mut Option<Work<'_>>) -> Event {
    let Some(going_on) = work else { return std::future::pending().await };
    let event = going_on.as_mut().await;
    *work = None;
    event
}

async fn look(context: &Context, desk: &Desk<'_>, subject: Subject) -> Event {
    match sight::look(desk, &subject).await {
        Ok(seen) => Event::Saw(seen),
        Err(error) => Event::Missed(sentence(context, error)),
    }
}

async fn carry_out(context: &Context, desk: &Desk<'_>, order: Box<Order>) -> Event {
    match steering::carry_out(context, desk, &order).await {
        Ok(answer) => Event::Done(Box::new(answer)),
        Err(error) => Event::Refused(sentence(context, error)),
    }
}

/// What could not be done, as one sentence that begins like one.
fn sentence(context: &Context, error: anyhow::Error) -> String {
    let sentence = ending::sentence(&desk::explain(context, error));
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
