//! An answer that is made piece by piece while it is being read.

use std::error::Error;

use axum::body::{Body, Bytes};
use futures::stream;
use netscan_store::StoreError;
use tracing::warn;

use crate::results::{Report, Results, ResultsError};

/// What an answer is made of, one piece after the other.
pub(super) trait Pieces: Send + 'static {
    /// Why the rest cannot be had.
    type Error: Error + Send + Sync + 'static;

    /// The next piece, made when the reader is ready for it; nothing behind the last one.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Self::Error>> + Send;
}

/// A body of these pieces. When one fails, the connection is broken off: half an answer must not
/// look like a whole one.
pub(super) fn streamed(pieces: impl Pieces) -> Body {
    Body::from_stream(stream::try_unfold(pieces, |mut pieces| async move {
        match pieces.next().await {
            Ok(piece) => Ok(piece.map(|piece| (piece, pieces))),
            Err(error) => {
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                warn!(%error, cause, "an answer was broken off");
                Err(error)
            }
        }
    }))
}

impl Pieces for Results {
    type Error = ResultsError;

    async fn next(&mut self) -> Result<Option<Bytes>, ResultsError> {
        Ok(Self::next(self).await?.map(Bytes::from))
    }
}

impl Pieces for Report {
    type Error = ResultsError;

    async fn next(&mut self) -> Result<Option<Bytes>, ResultsError> {
        Ok(Self::next(self).await?.map(Bytes::from))
    }
}

impl From<ResultsError> for crate::refusal::Refusal {
    fn from(error: ResultsError) -> Self {
        match error {
            ResultsError::Store(error) => StoreError::into(error),
            ResultsError::Print(error) if error.is_refusal() => {
                Self::field("/format", error.to_string())
            }
            error @ (ResultsError::Write(_) | ResultsError::Print(_)) => Self::fault(&error),
        }
    }
}
