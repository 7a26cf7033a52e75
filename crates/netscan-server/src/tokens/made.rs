//! A token that is being made: the one time that its secret is known.

use netscan_model::access::Grant;
use netscan_store::NewToken;
use uuid::Uuid;

use crate::session::secret::TokenText;

/// A token that is being made: what is stored of it, and what is shown once to whoever will use it.
///
/// The program uses it to make tokens on a database without a server:
/// `realm.create_token(&made.record, by)`, then show `made.secret()`.
#[derive(Debug)]
pub struct MadeToken {
    /// What is stored.
    pub record: NewToken,
    text: TokenText,
}

impl MadeToken {
    /// A token called `name` that allows `grant` until `ends_at`. It is `user`'s own, or nobody's when
    /// it is made at the database itself.
    #[must_use]
    pub fn new(
        name: &str,
        grant: Grant,
        ends_at: Option<jiff::Timestamp>,
        user: Option<Uuid>,
    ) -> Self {
        let text = TokenText::random();
        let record = NewToken {
            id: text.id().to_owned(),
            hash: text.hash(),
            name: name.to_owned(),
            role: grant.role,
            scopes: grant.scopes,
            ends_at,
            user,
            made_by: None,
        };
        Self { record, text }
    }

    /// What to send as `Authorization: Bearer`. It is written down nowhere.
    #[must_use]
    pub fn secret(&self) -> String {
        self.text.reveal()
    }
}
