//! Lists modules.

use axum::Json;
use axum::extract::State;
use netscan_api::Page;
use netscan_api::module::ModuleBody;
use netscan_model::access::Permission;
use netscan_model::scan::ModuleChoice;
use netscan_modules::masscan;
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
    Ok(Json(Page::whole(vec![discover(&app), nmap(&app), masscan(&app)])))
}

/// Why no batch can run here, if that is so.
fn trouble(app: &App) -> Option<String> {
    match app.runner() {
        Some(runner) => runner.trouble(),
        None => Some("this server runs no batches; other programs on its database may".into()),
    }
}

fn discover(app: &App) -> ModuleBody {
    let reason = trouble(app);
    ModuleBody {
        id: ModuleChoice::DISCOVER.into(),
        name: "Port discovery".into(),
        description:
            "Finds the open ports itself, as fast as the network carries, and leaves only \
            those to nmap. It sends SYN probes, and connects where there are no raw sockets. Which \
            ports, which hosts and how fast is for nmap's options to say; what only nmap can do is \
            left to it altogether, and the attempt says so."
                .into(),
        version: Some(env!("CARGO_PKG_VERSION").into()),
        available: reason.is_none(),
        reason,
        inputs: vec!["address".into()],
        outputs: vec!["host".into()],
        options: no_options(),
    }
}

fn masscan(app: &App) -> ModuleBody {
    let workers = app.runner().map(|runner| runner.workers()).unwrap_or_default();
    let is_raw = workers.iter().any(|worker| worker.raw_sockets);
    let without = || (!is_raw).then(|| "masscan needs raw sockets, and there are none here".into());
    let reason = trouble(app).or_else(|| masscan::run::find().err()).or_else(without);
    ModuleBody {
        id: ModuleChoice::MASSCAN.into(),
        name: "masscan".into(),
        description: "Has masscan find the open ports, in place of discover, and leaves only those to \
            nmap. For IPv4 behind a router; where masscan cannot go, discover finds the ports, and \
            the attempt says so. It tells no closed ports, and finds no host that answers neither an \
            echo nor a port. At most 10,000 packets a second, unless the scan's rate says otherwise."
            .into(),
        version: None,
        available: reason.is_none(),
        reason,
        inputs: vec!["address".into()],
        outputs: vec!["host".into()],
        options: no_options(),
    }
}

/// For a module that nmap's options tell what to do.
fn no_options() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": {},
    })
}

fn nmap(app: &App) -> ModuleBody {
    let runner = app.runner();
    let version = runner.and_then(|runner| runner.workers().into_iter().next()?.nmap_version);
    let reason = trouble(app);
    ModuleBody {
        id: ModuleChoice::NMAP.into(),
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
