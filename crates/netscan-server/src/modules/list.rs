//! Lists modules.

use axum::Json;
use axum::extract::State;
use netscan_api::Page;
use netscan_api::module::ModuleBody;
use netscan_model::access::Permission;
use netscan_modules::nmap::options::Profile;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Lists modules, and whether they can run here.
#[utoipa::path(get, path = "/modules", operation_id = "list_modules", tag = "modules",
    responses((status = 200, description = "The modules.", body = Page<ModuleBody>)))]
pub(crate) async fn list(
    caller: Caller,
    State(app): State<App>,
) -> Result<Json<Page<ModuleBody>>, Refusal> {
    caller.realm(Permission::Read)?;
    Ok(Json(Page::whole(vec![nmap(&app)])))
}

fn nmap(app: &App) -> ModuleBody {
    let runner = app.runner();
    let version = runner.and_then(|runner| runner.workers().into_iter().next()?.nmap_version);
    let reason = match runner {
        Some(runner) => runner.trouble(),
        None => Some("this server runs no batches; other programs on its database may".into()),
    };
    ModuleBody {
        id: "nmap".into(),
        name: "Nmap".into(),
        description: "Finds hosts, open ports and the services on them. It talks to the targets \
            themselves; how loudly is for its options to say. Needs nmap on the server's path, and \
            raw sockets for UDP and OS detection."
            .into(),
        version,
        available: reason.is_none(),
        reason,
        inputs: vec!["address".into()],
        outputs: vec!["host".into()],
        options: options(),
    }
}

/// What nmap can be asked for. Which words of an option line are taken is decided when it is read.
fn options() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "profile": {
                "description": "How thorough it is.",
                "enum": Profile::NAMES,
                "default": Profile::default(),
            },
            "ports": { "description": "Ports as nmap's -p takes them.", "type": "string" },
            "top_ports": {
                "description": "So many of the most common ports.",
                "type": "integer", "minimum": 1, "maximum": 65535,
            },
            "udp": { "description": "UDP beside TCP.", "type": "boolean", "default": false },
            "options": {
                "description": "nmap's own options, in place of all of these.",
                "type": "string",
            },
        },
    })
}
