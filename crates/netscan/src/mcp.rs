//! A server of the Model Context Protocol on standard input and output, by which assistants ask for
//! results and coverage (<https://modelcontextprotocol.io/specification/2025-06-18>).
//!
//! One message per line goes each way. What scanned machines said is data: it leaves by
//! [`answer::Answer`] only, which marks it as such, cleans every text, and keeps to a size.
//!
//! A tool is a file in `tools/`, and a line in the list of `tools.rs`.

mod answer;
mod input;
mod lines;
mod message;
mod session;
mod tools;

use std::collections::VecDeque;
use std::pin::Pin;

use serde_json::Value;

use self::lines::Line;
use self::message::Message;
use self::session::{Session, Step};
pub(crate) use self::tools::Access;
use crate::desk::Desk;
use crate::output::data::{self, Reader};
use crate::wire::Context;

/// Calls that may wait for the one before them.
const MOST_WAITING: usize = 64;

/// A call that is being answered, and its id.
type Call<'a> = (Value, Pin<Box<dyn Future<Output = Value> + 'a>>);

/// Answers until there is nothing more to read, or nobody reads the answers.
pub(crate) async fn serve(
    context: &Context,
    desk: &Desk<'_>,
    access: Access,
) -> anyhow::Result<()> {
    let mut lines = lines::read();
    let mut session = Session::new(access);
    let mut waiting: VecDeque<(Value, Value)> = VecDeque::new();
    let mut call: Option<Call<'_>> = None;
    let mut is_at_end = false;
    loop {
        if call.is_none() {
            match waiting.pop_front() {
                Some((id, asked)) => {
                    let answer = tools::answer(context, desk, access, asked, id.clone());
                    call = Some((id, Box::pin(answer)));
                }
                None if is_at_end => return Ok(()),
                None => {}
            }
        }
        let reply = tokio::select! {
            line = lines.recv(), if !is_at_end => {
                is_at_end = line.is_none();
                line.and_then(|line| hear(&mut session, line, &mut waiting, &mut call))
            }
            reply = finished(&mut call) => Some(reply),
        };
        if let Some(reply) = reply
            && say(&reply)? == Reader::Gone
        {
            return Ok(());
        }
    }
}

/// Takes in a line, and gives what is to be answered at once.
fn hear(
    session: &mut Session,
    line: Line,
    waiting: &mut VecDeque<(Value, Value)>,
    call: &mut Option<Call<'_>>,
) -> Option<Value> {
    let message = match line {
        Line::Whole(bytes) => Message::parse(&bytes),
        Line::TooLong => Message::too_long(),
    };
    match session.take(message) {
        Step::Reply(reply) => Some(reply),
        Step::Nothing => None,
        Step::Call { id, .. } if waiting.len() >= MOST_WAITING => {
            let text = format!("{MOST_WAITING} calls wait already: wait for their answers");
            Some(message::error(&id, message::REFUSED, &text))
        }
        Step::Call { id, asked } => {
            waiting.push_back((id, asked));
            None
        }
        Step::Cancel { id } => {
            // Whoever cancels a call does not want its answer.
            waiting.retain(|(waiting, _)| *waiting != id);
            if call.as_ref().is_some_and(|(going_on, _)| *going_on == id) {
                *call = None;
            }
            None
        }
    }
}

/// The answer to the call that goes on; never, if there is none.
async fn finished(call: &mut Option<Call<'_>>) -> Value {
    let Some((_, going_on)) = call else { return std::future::pending().await };
    let reply = going_on.as_mut().await;
    *call = None;
    reply
}

fn say(reply: &Value) -> anyhow::Result<Reader> {
    data::write(format!("{reply}\n").as_bytes())
}
