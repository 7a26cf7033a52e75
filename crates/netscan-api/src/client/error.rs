//! Why a server did not do what was asked, as one sentence that says what to do.

use crate::check::FieldProblem;
use crate::problem::Problem;

/// Why a server did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// That is no address of a server.
    #[error("{text:?} is not the address of a server: write it like http://127.0.0.1:8080")]
    Address {
        /// What was given.
        text: String,
    },
    /// That cannot be a token.
    #[error(
        "the token holds characters that no token has: copy it as `netscan token create` shows it"
    )]
    Token,
    /// No connection can be made at all.
    #[error("cannot prepare connections to servers")]
    SetUp {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The request cannot be written as JSON.
    #[error("cannot write the request as JSON")]
    Body {
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Nobody answers at that address.
    #[error("cannot reach the server at {url}; see that it runs, and that the address is right")]
    Unreachable {
        /// The server's address.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The server took too long.
    #[error("the server at {url} did not answer in time; try again when it has less to do")]
    TimedOut {
        /// The server's address.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The connection broke before the answer was whole.
    #[error("the connection to the server at {url} broke; try again")]
    Broken {
        /// The server's address.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The server sends elsewhere.
    #[error("the server at {url} sends to {to}; use that address instead")]
    Moved {
        /// The server's address.
        url: String,
        /// Where it sends.
        to: String,
    },
    /// Whoever answers does not speak as netscan does.
    #[error(
        "what answers at {url} is not netscan (status {status}); see that the address is right"
    )]
    Foreign {
        /// The server's address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The answer is not what this version expects.
    #[error("cannot read the answer of {url}; its version of netscan may be another one than this")]
    Answer {
        /// The server's address.
        url: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The server understood, and will not.
    #[error("{}", sentence(problem))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why.
        problem: Box<Problem>,
    },
}

impl ClientError {
    /// What a fault of the network means.
    pub(super) fn network(url: &str, source: reqwest::Error) -> Self {
        let url = url.to_owned();
        // The address stands in the sentence.
        let source = source.without_url();
        if source.is_connect() {
            Self::Unreachable { url, source }
        } else if source.is_timeout() {
            Self::TimedOut { url, source }
        } else {
            Self::Broken { url, source }
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Broken { .. } => true,
            Self::Refused { status, .. } => matches!(status, 429 | 502..=504),
            _ => false,
        }
    }

    /// The HTTP status of a refusal.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// A refusal in one sentence, with the fields at fault if there are several.
fn sentence(problem: &Problem) -> String {
    let errors = &problem.errors;
    let told = match (problem.status, errors.len()) {
        (401, _) => {
            let hint = "give a token with --token, or in NETSCAN_TOKEN";
            return format!("the server does not know who you are: {hint}");
        }
        (_, 0 | 1) => problem.detail.clone(),
        _ => errors.iter().map(of_field).collect::<Vec<_>>().join("; "),
    };
    match (problem.status, &problem.request_id) {
        (500.., Some(id)) => format!("{told} (request {id})"),
        _ => told,
    }
}

fn of_field(FieldProblem { field, message }: &FieldProblem) -> String {
    let field = field.trim_start_matches('/').replace('/', ".");
    if field.is_empty() { message.clone() } else { format!("{field}: {message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(problem: Problem) -> ClientError {
        ClientError::Refused { status: problem.status, problem: Box::new(problem) }
    }

    #[test]
    fn a_refusal_reads_as_the_server_said_it() {
        let refusal = refused(Problem::conflict("cannot pause a scan that is completed"));

        assert_eq!(refusal.to_string(), "cannot pause a scan that is completed");
        assert!(!refusal.is_retryable());
    }

    #[test]
    fn several_fields_at_fault_are_all_told() {
        let problem = Problem::unprocessable(vec![
            FieldProblem::new("/targets/0", "is empty"),
            FieldProblem::new("/name", "is too long"),
        ]);

        assert_eq!(refused(problem).to_string(), "targets.0: is empty; name: is too long");
    }

    #[test]
    fn who_has_no_token_is_told_how_to_give_one() {
        let refusal = refused(Problem::unauthorised()).to_string();

        assert_eq!(
            refusal,
            "the server does not know who you are: give a token with --token, or in NETSCAN_TOKEN"
        );
    }

    #[test]
    fn a_fault_of_the_server_has_the_request_to_ask_about() {
        let refusal = refused(Problem::internal().of_request("r7")).to_string();

        assert!(refusal.ends_with("(request r7)"), "{refusal}");
        assert!(refused(Problem::too_many(3)).is_retryable());
    }
}
