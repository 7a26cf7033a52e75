//! Templates over the network.

use netscan_model::access::Role;
use serde_json::{Value, json};

use crate::given::{Given, delete, get, post, put, server};

const WEEKLY: &str = "\
name: Weekly scan of ${site}
parameters:
  site: {type: string, required: true}
targets: [192.0.2.0/28]
profile: quick
";

async fn made(given: &Given, token: &str) -> Value {
    let new = json!({ "name": "weekly", "description": "every week", "body": WEEKLY });
    given.send(post("/api/v1/templates", &new).token(token)).await.expect(201)
}

fn path(template: &Value) -> String {
    format!("/api/v1/templates/{}", template["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_template_that_was_made_is_shown_with_its_parameters() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;

    let new = json!({ "name": "weekly", "body": WEEKLY });
    let answer = given.send(post("/api/v1/templates", &new).token(&operator)).await;
    let template = answer.expect(201);

    assert_eq!(answer.header("location"), Some(path(&template).as_str()));
    assert_eq!((&template["version"], &template["newest"]), (&json!(1), &json!(1)));
    assert_eq!(template["parameters"][0]["name"], "site");
    assert_eq!(template["parameters"][0]["required"], true);
    assert_eq!(given.send(get(&path(&template)).token(&operator)).await.expect(200), template);
}

#[tokio::test]
async fn a_new_text_is_a_new_version_and_the_old_one_stays() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;
    let template = made(&given, &operator).await;
    let text = WEEKLY.replace("quick", "full");

    let change = put(&path(&template), &json!({ "body": text })).token(&operator);
    let changed = given.send(change).await.expect(200);

    assert_eq!((&changed["version"], &changed["body"]), (&json!(2), &json!(text)));
    let old = given.send(get(&format!("{}?version=1", path(&template))).token(&operator)).await;
    assert_eq!(old.expect(200)["body"], WEEKLY);
    let versions = get(&format!("{}/versions", path(&template))).token(&operator);
    let versions = given.send(versions).await.expect(200);
    let numbers: Vec<_> =
        versions["items"].as_array().unwrap().iter().map(|it| it["version"].clone()).collect();
    assert_eq!(numbers, [2, 1]);
    given.send(get(&format!("{}?version=3", path(&template))).token(&operator)).await.refused(404);
}

#[tokio::test]
async fn who_looked_at_an_older_version_changes_nothing() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;
    let template = made(&given, &operator).await;
    let change = |text: &str| {
        let body = json!({ "body": WEEKLY.replace("quick", text) });
        put(&format!("{}?version=1", path(&template)), &body).token(&operator)
    };

    given.send(change("full")).await.expect(200);
    let late = given.send(change("default")).await;

    assert!(late.refused(409).contains("changed by someone else"));
}

#[tokio::test]
async fn mistakes_are_told_with_their_lines() {
    let given = server().await;
    let viewer = given.token(&given.realm, Role::Viewer).await;
    let body = "name: x\nprofil: quick\ntargets: [192.0.2.1]\n";

    let ask = post("/api/v1/templates/validate", &json!({ "body": body })).token(&viewer);
    let validation = given.send(ask).await.expect(200);

    assert_eq!(validation["valid"], false);
    assert_eq!(validation["problems"][0]["line"], 2);
    let good = post("/api/v1/templates/validate", &json!({ "body": WEEKLY })).token(&viewer);
    let good = given.send(good).await.expect(200);
    assert_eq!((&good["valid"], &good["parameters"]), (&json!(true), &json!(["site"])));
}

#[tokio::test]
async fn a_template_with_mistakes_is_not_made() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;
    let new = json!({ "name": "bad", "body": "profil: quick\n" });

    let answer = given.send(post("/api/v1/templates", &new).token(&operator)).await.expect(422);

    let error = &answer["errors"][0];
    assert_eq!(error["field"], "/body");
    assert!(error["message"].as_str().unwrap().starts_with("line 1, column 1"), "{error}");
    let list = given.send(get("/api/v1/templates").token(&operator)).await.expect(200);
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;
    made(&given, &operator).await;
    let new = json!({ "name": "weekly", "body": WEEKLY });

    let again = given.send(post("/api/v1/templates", &new).token(&operator)).await;

    assert!(again.refused(409).contains("weekly"));
}

#[tokio::test]
async fn templates_are_listed_by_name_page_by_page() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;
    for name in ["c", "a", "b"] {
        let new = json!({ "name": name, "body": WEEKLY });
        given.send(post("/api/v1/templates", &new).token(&operator)).await.expect(201);
    }

    let first = given.send(get("/api/v1/templates?limit=2").token(&operator)).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = get(&format!("/api/v1/templates?limit=2&cursor={cursor}")).token(&operator);
    let rest = given.send(rest).await.expect(200);

    let names = |page: &Value| -> Vec<Value> {
        page["items"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect()
    };
    assert_eq!((names(&first), names(&rest)), (vec![json!("a"), json!("b")], vec![json!("c")]));
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_plan_costs_something_and_stores_nothing() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;
    let project = json!({ "name": "default" });
    given.send(post("/api/v1/projects", &project).token(&operator)).await;
    made(&given, &operator).await;
    let plan = json!({ "id": "weekly", "parameters": { "site": "north" } });

    let cost = given.send(post("/api/v1/templates/plan", &plan).token(&operator)).await.expect(200);

    assert_eq!(cost["addresses"], 16);
    assert!(cost["packets"].as_u64().unwrap() >= 1_600, "{cost}");
    let scans = given.send(get("/api/v1/scans").token(&operator)).await.expect(200);
    assert_eq!(scans["items"], json!([]));
}

#[tokio::test]
async fn a_parameter_that_is_missing_is_named() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;
    let plan = json!({ "body": WEEKLY });

    let answer = given.send(post("/api/v1/templates/plan", &plan).token(&operator)).await;

    assert_eq!(answer.expect(422)["errors"][0]["field"], "/parameters/site");
}

#[tokio::test]
async fn templates_of_another_organisation_are_not_there() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;
    let template = made(&given, &operator).await;
    let other = given.organisation("other").await;
    let stranger = given.token(&other, Role::Operator).await;
    let path = path(&template);

    given.send(get(&path).token(&stranger)).await.refused(404);
    given.send(get(&format!("{path}/versions")).token(&stranger)).await.refused(404);
    given.send(put(&path, &json!({ "name": "mine" })).token(&stranger)).await.refused(404);
    given.send(delete(&path).token(&stranger)).await.refused(404);
    let list = given.send(get("/api/v1/templates").token(&stranger)).await.expect(200);
    assert_eq!(list["items"], json!([]));
    given.send(delete(&path).token(&operator)).await.expect(204);
    given.send(get(&path).token(&operator)).await.refused(404);
}

#[tokio::test]
async fn viewers_look_at_templates_and_change_none() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;
    let viewer = given.token(&given.realm, Role::Viewer).await;
    let template = made(&given, &operator).await;
    let new = json!({ "name": "mine", "body": WEEKLY });

    given.send(get(&path(&template)).token(&viewer)).await.expect(200);
    given.send(post("/api/v1/templates", &new).token(&viewer)).await.refused(403);
    given.send(put(&path(&template), &json!({})).token(&viewer)).await.refused(403);
    given.send(delete(&path(&template)).token(&viewer)).await.refused(403);
}

#[tokio::test]
async fn the_modules_that_there_are_say_what_they_take() {
    let given = server().await;
    let viewer = given.token(&given.realm, Role::Viewer).await;

    let modules = given.send(get("/api/v1/modules").token(&viewer)).await.expect(200);

    let (discover, nmap) = (&modules["items"][0], &modules["items"][1]);
    assert_eq!(
        (&discover["id"], &discover["options"]["properties"]),
        (&json!("discover"), &json!({}))
    );
    assert_eq!((&nmap["id"], &nmap["inputs"]), (&json!("nmap"), &json!(["address"])));
    assert_eq!(
        nmap["options"]["properties"]["profile"]["enum"],
        json!(["quick", "default", "full"])
    );
    let masscan = &modules["items"][2];
    assert_eq!((&masscan["id"], &masscan["available"]), (&json!("masscan"), &json!(false)));
    let reason = "this server runs no batches; other programs on its database may";
    assert_eq!(masscan["reason"], json!(reason));
}
