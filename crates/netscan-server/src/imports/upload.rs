//! The body of a request for a thread that reads it like a file.

use std::io::{self, Read};

use axum::body::{Body, Bytes};
use futures::StreamExt as _;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Pieces that wait to be read. A piece is what came from the network at once.
const WAITING: usize = 4;
/// Whoever sends what nobody reads any more is let finish up to so many bytes, so that they hear why.
const PATIENCE: usize = 16 * 1024 * 1024;

/// A way from a request to a thread.
pub(super) fn pipe() -> (Upload, UploadReader) {
    let (pieces, waiting) = mpsc::channel(WAITING);
    (Upload { pieces }, UploadReader { waiting, piece: Bytes::new() })
}

/// The end where the body goes in.
pub(super) struct Upload {
    pieces: Sender<io::Result<Bytes>>,
}

impl Upload {
    /// Passes the body on, as fast as it is read.
    pub(super) async fn forward(self, body: Body) {
        let mut body = body.into_data_stream();
        let mut unread = 0;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(io::Error::other);
            let length = piece.as_ref().map_or(PATIENCE, Bytes::len);
            if self.pieces.send(piece).await.is_err() {
                unread += length;
            }
            if unread > PATIENCE {
                return;
            }
        }
    }
}

/// The end where it comes out.
pub(super) struct UploadReader {
    waiting: Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for UploadReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.waiting.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = self.piece.len().min(out.len());
        out[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
