//! What the API tells of the records of the store, for whoever tells the same without a server.

pub use crate::audit::{audit_body, audit_head, audit_verdict};
pub use crate::batches::{attempt_body, batch_body, counts_body, file_name};
pub use crate::targets::{difficult_body, history_entry};
pub use crate::templates::{template_body, template_problem};
pub use crate::tokens::token_body;
