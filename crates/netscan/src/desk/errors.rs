//! What a server or a database could not do, in sentences with what to do next.

use netscan_api::ClientError;
use netscan_store::StoreError;

use crate::ending::Fault;
use crate::wire::Context;

/// Whether trying again later may help.
pub(crate) fn is_passing(error: &anyhow::Error) -> bool {
    let of_server = error.downcast_ref::<ClientError>().is_some_and(ClientError::is_retryable);
    of_server || error.downcast_ref::<StoreError>().is_some_and(StoreError::is_retryable)
}

/// What a server answered; nothing when it says that there is no such thing.
pub(super) fn unless_missing<T>(answer: Result<T, ClientError>) -> Result<Option<T>, ClientError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(refusal) if refusal.status() == Some(404) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Adds to what a server refuses, and to one that cannot be reached, what to do about it.
pub(crate) fn explain(context: &Context, error: anyhow::Error) -> anyhow::Error {
    let Some(refusal) = error.downcast_ref::<ClientError>() else { return error };
    let fault = match refusal {
        ClientError::Unreachable { url, .. } => {
            Fault::new(format!("cannot reach the server at {url}")).hint(
                "see that it runs (`netscan serve`), and that --server or NETSCAN_SERVER is right",
            )
        }
        ClientError::Refused { status: 401, .. } => not_known(context),
        ClientError::Refused { status: 403, .. } => Fault::new(refusal.to_string()).hint(
            "an admin can give you a token with that right: `netscan token create NAME --role ROLE`",
        ),
        ClientError::Refused { status: 422, problem } => of_fields(refusal, problem),
        ClientError::Refused { .. } => Fault::new(refusal.to_string()),
        _ => return error,
    };
    fault.into()
}

fn not_known(context: &Context) -> Fault {
    let sentence = match context.configuration.token.value {
        Some(_) => "the server does not accept the token: it is wrong, has ended or was revoked",
        None => "the server wants a token to know who you are",
    };
    Fault::new(sentence).hint(
        "`netscan token create NAME` on the server's machine makes one; set NETSCAN_TOKEN to it",
    )
}

/// What is wrong with what was typed, under the names that it has here.
fn of_fields(refusal: &ClientError, problem: &netscan_api::problem::Problem) -> Fault {
    if problem.errors.is_empty() {
        return Fault::new(refusal.to_string());
    }
    let is_typed = |field: &str| matches!(field, "/options" | "/ports" | "/top_ports");
    let sentence = |error: &netscan_api::check::FieldProblem| match error.field.as_str() {
        "/options" => format!("--nmap: {}", error.message),
        "/ports" | "/top_ports" => format!("ports: {}", error.message),
        _ => error.message.clone(),
    };
    let fault = Fault::all(problem.errors.iter().map(sentence).collect());
    if problem.errors.iter().all(|error| is_typed(&error.field)) { fault.of_usage() } else { fault }
}
