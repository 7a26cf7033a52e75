//! A sign of life for what may take longer than a second.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use super::talk::Talk;

/// Turns until it is dropped, beginning after a second.
#[derive(Debug)]
pub(crate) struct Spinner {
    turning: Option<JoinHandle<()>>,
    bar: ProgressBar,
}

impl Spinner {
    pub(crate) fn start(talk: &Talk, text: &'static str) -> Self {
        let bar = ProgressBar::new_spinner();
        if !talk.is_live() {
            return Self { turning: None, bar: ProgressBar::hidden() };
        }
        let (bars, begun) = (talk.bars().clone(), bar.clone());
        let turning = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let bar = bars.add(begun);
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
            bar.set_style(style.expect("a template of this file"));
            bar.set_message(text);
            bar.enable_steady_tick(Duration::from_millis(120));
        });
        Self { turning: Some(turning), bar }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(turning) = &self.turning {
            turning.abort();
        }
        self.bar.finish_and_clear();
    }
}
