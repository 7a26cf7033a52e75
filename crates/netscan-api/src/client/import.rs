//! Files that become scans.

use reqwest::Body;
use reqwest::header::CONTENT_TYPE;
use tokio::fs::File;

use super::{Client, ClientError, answer};
use crate::import::{ImportBody, ImportFile};

impl Client {
    /// Sends a file that nmap or masscan wrote, as it is read, and waits until it has become a scan.
    /// It is sent once only: what is read from a pipe is gone.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn import(&self, said: &ImportFile, file: File) -> Result<ImportBody, ClientError> {
        let request = self.http.post(self.url(&["import"], said));
        let request = request.header(CONTENT_TYPE, "application/octet-stream");
        let sent = request.body(Body::from(file)).send().await;
        let response = sent.map_err(|source| ClientError::network(self.address(), source))?;
        answer(self.accepted(response).await?).await
    }
}
