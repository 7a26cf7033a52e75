//! What the documents say of settings, permissions, requests and templates, against the program.
#![expect(clippy::disallowed_methods, reason = "a test drives the program from outside")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use netscan_api::Check;
use netscan_api::limits::ServerLimits;
use netscan_api::project::{CreateProject, ProjectLimits};
use netscan_api::scan::{CreateScan, UpdateScan};
use netscan_api::session::{ConfirmTotp, ProvePassword};
use netscan_api::setup::SetUp;
use netscan_api::target::ExpandTargets;
use netscan_api::template::PlanTemplate;
use netscan_api::token::CreateToken;
use netscan_api::user::CreateUser;
use netscan_model::access::{Grant, Permission, Role};
use netscan_model::scope::Scope;
use netscan_model::search::{Field, Query};
use netscan_orchestrator::template::Template;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Where the server's operations begin, in the documents.
const BASE: &str = "http://127.0.0.1:8080/api/v1";

#[test]
fn the_tables_of_settings_are_those_of_the_program() {
    let written: BTreeMap<String, String> = rows(&document("settings.md"))
        .filter(|row| row[0].starts_with('`'))
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1].clone()))
        .collect();

    let shown = netscan(&["config", "show", "--json"]);

    let mut shown: BTreeMap<String, String> = serde_json::from_str::<Vec<Value>>(&shown)
        .expect("it prints JSON")
        .iter()
        .map(|setting| (text(setting, "key"), default_of(setting)))
        .collect();
    // Where that is differs from one person to the next.
    shown.insert("data_dir".into(), "below `$XDG_DATA_HOME`".into());
    assert_eq!(written, shown, "docs/settings.md on the left, `config show` on the right");
}

fn default_of(setting: &Value) -> String {
    match text(setting, "origin") {
        origin if origin.starts_with("follows") => origin,
        _ => text(setting, "value"),
    }
}

#[test]
fn settings_that_are_shown_are_taken() {
    for name in ["settings.md", "server.md"] {
        for file in blocks(&document(name), "toml") {
            let directory = tempfile::tempdir().expect("a temporary directory can be made");
            let path = directory.path().join("netscan.toml");
            std::fs::write(&path, &file).expect("a file of the test can be written");

            let shown = netscan(&["config", "show", "--config", &path.display().to_string()]);

            assert!(shown.contains("netscan.toml"), "{name}: {file}\n{shown}");
        }
    }
}

#[test]
fn the_table_of_permissions_is_that_of_the_model() {
    let written: BTreeMap<String, Vec<bool>> = rows(&document("server.md"))
        .filter(|row| row.len() == 5 && row[0].starts_with('`'))
        .map(|row| {
            let may = row[2..].iter().map(|cell| !cell.is_empty()).collect();
            (row[0].trim_matches('`').to_owned(), may)
        })
        .collect();

    let may = |permission: Permission| {
        Role::ALL.iter().map(|role| Grant::of(*role).allows(permission)).collect()
    };
    let known: BTreeMap<String, Vec<bool>> =
        Permission::ALL.iter().map(|it| (it.to_string(), may(*it))).collect();
    assert_eq!(written, known, "docs/server.md on the left, the model on the right");
}

#[test]
fn templates_that_are_shown_can_be_read() {
    let templates = blocks(&document("server.md"), "yaml");

    assert!(!templates.is_empty());
    for template in templates {
        if let Err(problems) = Template::parse(&template) {
            panic!("{problems:?}\n{template}");
        }
    }
}

#[test]
fn requests_that_are_shown_are_operations_with_bodies_that_they_take() {
    let operations = operations();
    let requests: Vec<Request> =
        blocks(&document("server.md"), "sh").iter().flat_map(|block| requests(block)).collect();

    assert!(requests.len() > 30, "only {} were found", requests.len());
    for request in requests {
        let found = operations.iter().find(|operation| operation.is_asked_by(&request));
        let Some(Operation { id, .. }) = found else {
            panic!("there is no operation {} {}", request.method, request.path);
        };
        if let Some(body) = &request.body {
            check(id, body).unwrap_or_else(|fault| panic!("{id}: {fault}\n{body}"));
        }
    }
}

#[test]
fn queries_that_are_shown_can_be_read_and_no_field_is_left_out() {
    let search = document("search.md");
    let fields: Vec<String> = rows(&search)
        .map(|row| row[0].trim_matches('`').to_owned())
        .skip_while(|field| field != Field::NAMES[0])
        .take_while(|field| field.chars().all(char::is_alphabetic))
        .take(Field::NAMES.len())
        .collect();
    let examples = rows(&search).filter_map(|row| {
        let example = row.last()?.strip_prefix('`')?.strip_suffix('`')?;
        Some(example.to_owned())
    });
    let blocks = blocks(&search, "query");
    let lines = blocks.iter().flat_map(|block| block.lines().map(str::to_owned));
    let queries: Vec<String> = examples.chain(lines).collect();

    let known: BTreeSet<&str> = Field::NAMES.iter().copied().collect();
    assert_eq!(fields.iter().map(String::as_str).collect::<BTreeSet<_>>(), known);
    assert!(queries.len() > 45, "only {} were found", queries.len());
    for query in queries {
        if let Err(wrong) = query.parse::<Query>() {
            panic!("{}", wrong.drawn());
        }
    }
}

/// Whether the operation takes this body.
fn check(operation: &str, body: &str) -> Result<(), String> {
    match operation {
        "set_up" => read::<SetUp>(body),
        "create_token" => read::<CreateToken>(body),
        "create_user" => read::<CreateUser>(body),
        "enrol_totp" => read::<ProvePassword>(body),
        "confirm_totp" => read::<ConfirmTotp>(body),
        "create_project" => read::<CreateProject>(body),
        "change_scope" => read::<Scope>(body),
        "change_project_limits" => read::<ProjectLimits>(body),
        "set_limits" => read::<ServerLimits>(body),
        "expand_targets" => read::<ExpandTargets>(body),
        "plan_scan" | "create_scan" => read::<CreateScan>(body),
        "update_scan" => read::<UpdateScan>(body),
        "plan_template" => read::<PlanTemplate>(body),
        _ => Err("this test does not know what it takes: say so here".into()),
    }
}

fn read<T: DeserializeOwned + Check>(body: &str) -> Result<(), String> {
    let value: T = serde_json::from_str(body).map_err(|error| error.to_string())?;
    value.check().map_err(|problems| format!("{problems:?}"))
}

struct Operation {
    id: String,
    method: String,
    path: String,
}

impl Operation {
    fn is_asked_by(&self, request: &Request) -> bool {
        let (own, asked): (Vec<_>, Vec<_>) =
            (self.path.split('/').collect(), request.path.split('/').collect());
        let fits = |(own, asked): (&&str, &&str)| own.starts_with('{') || own == asked;
        self.method == request.method
            && own.len() == asked.len()
            && own.iter().zip(&asked).all(fits)
    }
}

/// All operations; those without a parameter in the path first, which go before the others.
fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(netscan_server::openapi()).expect("it is JSON");
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for (method, operation) in item.as_object().expect("there are operations") {
            let id = text(operation, "operationId");
            operations.push(Operation { id, method: method.to_uppercase(), path: path.clone() });
        }
    }
    operations.sort_by_key(|operation| operation.path.contains('{'));
    operations
}

/// A request as a shell sends it.
struct Request {
    method: String,
    path: String,
    /// What stands in the command; nothing when it comes from elsewhere.
    body: Option<String>,
}

/// The requests in some lines for a shell: what `api` and `curl` are called with.
fn requests(script: &str) -> Vec<Request> {
    commands(script).iter().filter_map(|words| request(words)).collect()
}

fn request(words: &[String]) -> Option<Request> {
    let after = |flag: &str| {
        let place = words.iter().position(|word| word == flag)?;
        words.get(place + 1).cloned()
    };
    let place = match words.first()?.as_str() {
        "api" => words.get(1)?,
        "curl" => words.iter().find_map(|word| word.strip_prefix(BASE))?,
        _ => return None,
    };
    let json = after("--json");
    let usual = if json.is_some() { "POST" } else { "GET" };
    let path = place.split('?').next().unwrap_or_default();
    Some(Request {
        method: after("-X").unwrap_or_else(|| usual.to_owned()),
        path: path.to_owned(),
        body: json.filter(|body| body != "@-"),
    })
}

/// The words of each command, as far as a shell's quotes go: what stands in `'…'` or `"…"` is one
/// word, and a line end, a `|` or a `(` begins a new command.
fn commands(script: &str) -> Vec<Vec<String>> {
    let (mut commands, mut words, mut word, mut quote) = (Vec::new(), Vec::new(), None, None);
    for character in script.replace("\\\n", " ").chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_with(String::new);
            }
            (None, ' ') => words.extend(word.take()),
            (None, '\n' | '|' | '(' | ')') => {
                words.extend(word.take());
                commands.push(std::mem::take(&mut words));
            }
            _ => word.get_or_insert_with(String::new).push(character),
        }
    }
    words.extend(word);
    commands.push(words);
    commands
}

#[test]
fn a_command_is_read_as_a_shell_reads_it() {
    let script =
        "SCAN=$(api '/scans?limit=1' | jq '.items')\napi /a/$SCAN -X PUT --json '{\n\"b\": 1}'";

    let found = requests(script);

    let parts = found.iter().map(|it| (it.method.as_str(), it.path.as_str(), it.body.as_deref()));
    let expected = [("GET", "/scans", None), ("PUT", "/a/$SCAN", Some("{\n\"b\": 1}"))];
    assert!(parts.eq(expected), "{:?}", commands(script));
}

// Reading documents

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// The cells of each row of each table.
fn rows(document: &str) -> impl Iterator<Item = Vec<String>> {
    let lines = document.lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| {
        let inner = line.strip_prefix('|').and_then(|line| line.strip_suffix('|'));
        inner.unwrap_or_default().split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(cells).collect::<Vec<_>>().into_iter()
}

/// The fenced blocks in that language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let opening = format!("\n```{language}\n");
    let rest = document.split(&opening).skip(1);
    rest.filter_map(|rest| rest.split_once("\n```")).map(|(block, _)| block.to_owned()).collect()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// What the program prints, with none of the caller's settings.
fn netscan(arguments: &[&str]) -> String {
    let home = tempfile::tempdir().expect("a temporary directory can be made");
    let mut command = Command::new(env!("CARGO_BIN_EXE_netscan"));
    command.env_clear().env("HOME", home.path()).args(arguments);
    let output = command.output().expect("the program is built");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
