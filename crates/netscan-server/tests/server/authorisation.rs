//! Every operation, asked by every kind of caller, and held against `tests/authorisation.csv`.
//!
//! A row says which permission an operation asks for: one by name, with `!` when it must be had in
//! the organisation that answers for the server, `any` when one must only be somebody, `-` when one
//! may be nobody. What a request must look like comes from the document of the API, so that a new
//! operation needs its row and nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::http::Method;
use netscan_model::access::{Permission, Role};
use netscan_store::Realm;
use serde_json::{Value, json};

use crate::given::{Answer, Ask, Given, ask, by, delete, get, post, server};
use crate::ran;

const ROWS: &str = include_str!("../authorisation.csv");

const TEMPLATE: &str = "name: weekly\ntargets: [127.0.0.1]\n";

/// Operations of which somebody who may ask may still be told that it is not there: what they are
/// about is each caller's own, or is not among what these tests begin with.
const OWN_THINGS: [&str; 3] = ["end_session", "revoke_token", "read_artifact"];

/// What an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    Somebody,
    Permission(Permission),
    /// The permission in the first organisation.
    OfServer(Permission),
}

/// An operation, as the document of the API has it.
struct Operation {
    id: String,
    needs: Needs,
    method: Method,
    path: String,
    /// What stands in the braces of its path.
    parameters: Vec<String>,
    query: String,
    body: Option<Value>,
}

/// Someone who asks.
struct Caller {
    what: String,
    credential: Credential,
    may: Vec<Permission>,
}

enum Credential {
    Nobody,
    Token(String),
    Session(String),
}

fn rows() -> BTreeMap<&'static str, Needs> {
    let row = |line: &'static str| {
        let (id, needs) = line.split_once(',').unwrap();
        let needs = match needs {
            "-" => Needs::Nothing,
            "any" => Needs::Somebody,
            name => match name.strip_suffix('!') {
                Some(name) => Needs::OfServer(name.parse().unwrap()),
                None => Needs::Permission(name.parse().unwrap()),
            },
        };
        (id, needs)
    };
    ROWS.lines().skip(1).map(row).collect()
}

fn document() -> Value {
    serde_json::to_value(netscan_server::openapi()).unwrap()
}

/// All operations of the document, each with its method, its path and what is said of it.
fn documented(document: &Value) -> Vec<(Method, String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            if let Some(operation) = item.get(method.as_str().to_lowercase()) {
                found.push((method, path.clone(), operation));
            }
        }
    }
    found
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let document = document();
    let operations = documented(&document).into_iter();
    let ids = operations.map(|(.., operation)| operation["operationId"].as_str().unwrap());

    assert_eq!(ids.collect::<BTreeSet<_>>(), rows().into_keys().collect::<BTreeSet<_>>());
    assert_eq!(ROWS.lines().count(), rows().len() + 1, "an operation has two rows");
}

#[test]
fn the_document_says_of_each_operation_whether_one_must_be_somebody() {
    let document = document();
    for (_, _, operation) in documented(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let is_open = operation.get("security").is_none();

        assert_eq!(is_open, rows()[id] == Needs::Nothing, "{id}");
    }
}

#[tokio::test]
async fn whoever_may_not_is_refused_and_whoever_may_is_not() {
    let given = server().await;
    let things = things(&given).await;
    let document = document();
    let mut operations = operations(&document, &things);
    // What takes things away comes last, and last of all what takes the caller's session.
    operations
        .sort_by_key(|operation| (operation.method == Method::DELETE, operation.id == "sign_out"));
    let (strangers, members) = (strangers(&given).await, members(&given).await);
    let mut faults = Vec::new();

    for operation in &operations {
        for caller in &strangers {
            let answer = given.send(operation.ask(&things, caller)).await;
            check_stranger(operation, caller, &answer, &mut faults);
        }
        for caller in members.iter().filter(|caller| !operation.allows(caller)) {
            let answer = given.send(operation.ask(&things, caller)).await;
            expect(operation, caller, &answer, &[403], &mut faults);
        }
    }
    assert_eq!(faults, [""; 0], "before anything was changed");
    for operation in &operations {
        let mut is_first = true;
        for caller in members.iter().filter(|caller| operation.allows(caller)) {
            let answer = given.send(operation.ask(&things, caller)).await;
            check_member(operation, caller, &answer, is_first, &mut faults);
            is_first = false;
        }
    }
    assert_eq!(faults, [""; 0]);
}

/// Nobody is told to be somebody; an admin of another organisation does not see our things.
fn check_stranger(
    operation: &Operation,
    caller: &Caller,
    answer: &Answer,
    faults: &mut Vec<String>,
) {
    let is_nobody = caller.may.is_empty();
    match operation.needs {
        Needs::Nothing => {
            if answer.text().contains("sign in, or send a valid token") {
                faults.push(describe(operation, caller, answer));
            }
        }
        _ if is_nobody => expect(operation, caller, answer, &[401], faults),
        Needs::OfServer(_) => expect(operation, caller, answer, &[403], faults),
        _ if operation.is_about_a_thing() => expect(operation, caller, answer, &[404], faults),
        _ => check_member(operation, caller, answer, false, faults),
    }
}

fn check_member(
    operation: &Operation,
    caller: &Caller,
    answer: &Answer,
    must_be_there: bool,
    faults: &mut Vec<String>,
) {
    let is_refused =
        [401, 403].contains(&answer.status.as_u16()) && operation.needs != Needs::Nothing;
    let is_missing = answer.status == 404
        && must_be_there
        && operation.is_about_a_thing()
        && !OWN_THINGS.contains(&operation.id.as_str());
    if is_refused || is_missing || answer.status == 500 {
        faults.push(describe(operation, caller, answer));
    }
}

fn expect(
    operation: &Operation,
    caller: &Caller,
    answer: &Answer,
    statuses: &[u16],
    faults: &mut Vec<String>,
) {
    if !statuses.contains(&answer.status.as_u16()) {
        faults.push(describe(operation, caller, answer));
    }
}

fn describe(operation: &Operation, caller: &Caller, answer: &Answer) -> String {
    format!("{} by {}: {} {}", operation.id, caller.what, answer.status, answer.text())
}

impl Operation {
    fn allows(&self, caller: &Caller) -> bool {
        match self.needs {
            Needs::Nothing | Needs::Somebody => true,
            Needs::Permission(permission) | Needs::OfServer(permission) => {
                caller.may.contains(&permission)
            }
        }
    }

    /// Whether its path names something that belongs to an organisation.
    fn is_about_a_thing(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter == "id")
    }

    fn ask(&self, things: &HashMap<String, String>, caller: &Caller) -> Ask {
        let mut path = self.path.clone();
        for parameter in &self.parameters {
            let named = match parameter.as_str() {
                "id" => {
                    let (before, _) = self.path.split_once("/{id}").unwrap();
                    &things[before.rsplit('/').next().unwrap()]
                }
                other => &things[other],
            };
            path = path.replace(&format!("{{{parameter}}}"), named);
        }
        let request = ask(self.method.clone(), &format!("/api/v1{path}{}", self.query));
        let request = match &self.body {
            Some(body) => request.json(body),
            None => request,
        };
        match &caller.credential {
            Credential::Nobody => request,
            Credential::Token(token) => request.token(token),
            Credential::Session(secret) => request.session(secret),
        }
    }
}

fn operations(document: &Value, things: &HashMap<String, String>) -> Vec<Operation> {
    let rows = rows();
    let operation = |(method, path, said): (Method, String, &Value)| {
        let id = said["operationId"].as_str().unwrap().to_owned();
        let parameters = said.get("parameters").and_then(Value::as_array).cloned();
        let parameters = parameters.unwrap_or_default();
        let named = |place: &str| -> Vec<String> {
            let of_place = parameters.iter().filter(|parameter| parameter["in"] == place);
            let needed = of_place.filter(|parameter| parameter["required"] == true);
            needed.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
        };
        let query = named("query").into_iter().map(|name| format!("{name}={}", things[&name]));
        let query = query.collect::<Vec<_>>().join("&");
        let schema = said.pointer("/requestBody/content/application~1json/schema");
        Operation {
            needs: rows[id.as_str()],
            method,
            parameters: named("path"),
            query: if query.is_empty() { query } else { format!("?{query}") },
            body: schema.map(|schema| body(&id).unwrap_or_else(|| sample(document, schema))),
            path,
            id,
        }
    };
    documented(document).into_iter().map(operation).collect()
}

/// A body of an operation whose schema does not say all that it must be.
fn body(operation: &str) -> Option<Value> {
    match operation {
        "create_scan" | "plan_scan" => Some(json!({ "targets": ["127.0.0.1"] })),
        "remove_targets" => Some(json!({ "targets": ["192.0.2.0/24"] })),
        "tag_target" => Some(json!({ "target": "127.0.0.1", "tags": ["web"] })),
        "create_template" => Some(json!({ "name": "daily", "body": TEMPLATE })),
        "plan_template" => Some(json!({ "body": TEMPLATE })),
        _ => None,
    }
}

/// The least that fits a schema.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return sample(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    let first = |key: &str| schema.get(key).and_then(Value::as_array).and_then(|all| all.first());
    if let Some(example) = first("examples").or(schema.get("example")).or(first("enum")) {
        return example.clone();
    }
    for key in ["oneOf", "anyOf"] {
        let choices = schema.get(key).and_then(Value::as_array);
        if let Some(choice) = choices.and_then(|all| all.iter().find(|one| one["type"] != "null")) {
            return sample(document, choice);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds[0].as_str().unwrap_or_default(),
        kind => kind.as_str().unwrap_or_default(),
    };
    match kind {
        "array" if schema["minItems"].as_u64().is_some_and(|least| least > 0) => {
            json!([sample(document, &schema["items"])])
        }
        "array" => json!([]),
        "string" => {
            json!("x".repeat(usize::try_from(schema["minLength"].as_u64().unwrap_or(1)).unwrap()))
        }
        "integer" | "number" => json!(schema["minimum"].as_u64().unwrap_or(1).max(1)),
        "boolean" => json!(false),
        _ => {
            let needed = schema["required"].as_array().cloned().unwrap_or_default();
            let names = needed.iter().filter_map(Value::as_str);
            let field =
                |name: &str| (name.to_owned(), sample(document, &schema["properties"][name]));
            Value::Object(names.map(field).collect())
        }
    }
}

/// One of each kind of thing in the first organisation, by what its path calls its kind.
async fn things(given: &Given) -> HashMap<String, String> {
    let admin = given.admin().await;
    let scan = ran::started(given, &admin, &["127.0.0.1"]).await;
    ran::run_dry(&given.store, &[ran::up("127.0.0.1", &[80])]).await;
    let scan_path = format!("/api/v1/scans/{}", ran::id(&scan));
    let batches = given.send(get(&format!("{scan_path}/batches")).token(&admin)).await.expect(200);
    let hosts = given.send(get(&format!("{scan_path}/hosts")).token(&admin)).await.expect(200);
    let attempts =
        given.send(get(&format!("{scan_path}/attempts")).token(&admin)).await.expect(200);
    let projects = given.send(get("/api/v1/projects").token(&admin)).await.expect(200);
    let targets = json!({ "targets": ["127.0.0.1", "192.0.2.0/24"] });
    let inventory = format!("/api/v1/projects/{}/targets", ran::id(&projects["items"][0]));
    given.send(post(&inventory, &targets).token(&admin)).await.expect(200);
    let body = json!({ "name": "weekly", "body": TEMPLATE });
    let template = given.send(post("/api/v1/templates", &body).token(&admin)).await.expect(201);
    let user = given.user(&given.realm, Role::Viewer).await.user.id;
    let session = given.session(&given.realm, user).await;
    let sessions = get("/api/v1/session/others").session(&session);
    let sessions = given.send(sessions).await.expect(200);
    let token = given.token(&given.realm, Role::Viewer).await;
    let first = |page: &Value| ran::id(&page["items"][0]);
    let things = [
        ("scans", ran::id(&scan)),
        ("against", ran::id(&scan)),
        ("batches", first(&batches)),
        ("reference", "1".to_owned()),
        ("hosts", first(&hosts)),
        ("attempt", first(&attempts)),
        ("name", "nmap.xml".to_owned()),
        ("projects", first(&projects)),
        ("project", first(&projects)),
        ("target", "127.0.0.1".to_owned()),
        ("address", "127.0.0.1".to_owned()),
        ("templates", ran::id(&template)),
        ("users", user.to_string()),
        ("tokens", token[4..16].to_owned()),
        ("others", first(&sessions)),
    ];
    things.into_iter().map(|(name, id)| (name.to_owned(), id)).collect()
}

/// Those who are nobody, and an admin of another organisation.
async fn strangers(given: &Given) -> Vec<Caller> {
    let caller = |what: &str, credential, may| Caller { what: what.into(), credential, may };
    let revoked = given.admin().await;
    let admin = given.admin().await;
    let revoke = delete(&format!("/api/v1/tokens/{}", &revoked[4..16]));
    given.send(revoke.token(&admin)).await.expect(204);
    let user = given.user(&given.realm, Role::Admin).await.user.id;
    let ended = given.session(&given.realm, user).await;
    given.realm.end_other_sessions(user, uuid::Uuid::nil(), by()).await.unwrap();
    let other = given.organisation("others").await;
    let foreign_user = given.user(&other, Role::Admin).await.user.id;
    vec![
        caller("nobody", Credential::Nobody, vec![]),
        caller("a revoked token", Credential::Token(revoked), vec![]),
        caller("an ended session", Credential::Session(ended), vec![]),
        caller(
            "a token of another organisation",
            Credential::Token(given.token(&other, Role::Admin).await),
            Permission::ALL.to_vec(),
        ),
        caller(
            "a session in another organisation",
            Credential::Session(given.session(&other, foreign_user).await),
            Permission::ALL.to_vec(),
        ),
    ]
}

/// People of the first organisation: each role by token and by session, and of an admin's token each
/// with one permission only and each with all others.
async fn members(given: &Given) -> Vec<Caller> {
    let realm: &Realm = &given.realm;
    let mut members = Vec::new();
    for permission in Permission::ALL {
        let others = Permission::ALL.iter().copied().filter(|other| other != permission);
        for may in [vec![*permission], others.collect()] {
            let token = given.scoped_token(realm, Role::Admin, &may).await;
            let what = format!("a token that may {may:?}");
            members.push(Caller { what, credential: Credential::Token(token), may });
        }
    }
    for role in Role::ALL {
        let may = Permission::ALL.iter().copied();
        let may: Vec<_> = may.filter(|permission| permission.least_role() <= *role).collect();
        let token = Credential::Token(given.token(realm, *role).await);
        members.push(Caller {
            what: format!("the {role}'s token"),
            credential: token,
            may: may.clone(),
        });
        let user = given.user(realm, *role).await.user.id;
        let session = Credential::Session(given.session(realm, user).await);
        members.push(Caller { what: format!("the {role}"), credential: session, may });
    }
    members
}
