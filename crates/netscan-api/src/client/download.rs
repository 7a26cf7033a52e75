//! An answer that is read piece by piece, for what may be larger than memory.

use reqwest::Response;
use reqwest::header::CONTENT_TYPE;

use super::ClientError;

/// An answer that is being read.
#[derive(Debug)]
pub struct Download {
    response: Response,
}

impl Download {
    pub(super) fn new(response: Response) -> Self {
        Self { response }
    }

    /// What the server says that it is.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
    }

    /// The next piece; nothing when it was the last.
    ///
    /// # Errors
    ///
    /// [`ClientError::Broken`] or [`ClientError::TimedOut`] when the rest does not come: what was read
    /// is not whole.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        let piece = self.response.chunk().await;
        let url = || self.response.url().origin().ascii_serialization();
        Ok(piece.map_err(|source| ClientError::network(&url(), source))?.map(Into::into))
    }

    /// All of it.
    ///
    /// # Errors
    ///
    /// As [`Download::next`].
    pub async fn whole(mut self) -> Result<Vec<u8>, ClientError> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await? {
            all.extend(piece);
        }
        Ok(all)
    }
}
