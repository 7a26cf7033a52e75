//! The server as a machine: its workers, its modules and its limits.

use reqwest::Method;

use super::{Client, ClientError, NOTHING, answer};
use crate::health::Liveness;
use crate::limits::ServerLimits;
use crate::module::ModuleBody;
use crate::worker::WorkerBody;

/// Each fails as [`Client::get`] does.
impl Client {
    /// That the server is alive, and which version it has.
    pub async fn liveness(&self) -> Result<Liveness, ClientError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("healthz");
        }
        answer(self.send(Method::GET, url, None::<&()>).await?).await
    }

    /// All workers.
    pub async fn workers(&self) -> Result<Vec<WorkerBody>, ClientError> {
        self.all(&["workers"], NOTHING).await
    }

    /// All modules.
    pub async fn modules(&self) -> Result<Vec<ModuleBody>, ClientError> {
        self.all(&["modules"], NOTHING).await
    }

    /// The limits of the server.
    pub async fn limits(&self) -> Result<ServerLimits, ClientError> {
        self.get(&["settings", "limits"], NOTHING).await
    }

    /// Sets the limits of the server: all of them anew.
    pub async fn set_limits(&self, limits: &ServerLimits) -> Result<ServerLimits, ClientError> {
        self.put(&["settings", "limits"], limits).await
    }
}
