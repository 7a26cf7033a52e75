//! What nobody may ask for, however it is written: bodies, lists, names and templates that would
//! take more than they are worth.

use netscan_model::access::{Permission, Role};
use serde_json::{Value, json};

use crate::given::{Given, post, put, server};
use crate::ran::operator;

const MIB: usize = 1024 * 1024;

async fn default_project(given: &Given, admin: &str) {
    let project = json!({ "name": "default" });
    given.send(post("/api/v1/projects", &project).token(admin)).await.expect(201);
}

#[tokio::test]
async fn a_stranger_cannot_send_much() {
    let given = server().await;
    let sign_in = json!({ "user": "mara", "password": "x".repeat(20_000) });
    let set_up = json!({ "token": "x".repeat(20_000), "user": "mara", "password": "y" });

    given.send(post("/api/v1/session", &sign_in)).await.refused(413);
    given.send(post("/api/setup", &set_up)).await.refused(413);
}

#[tokio::test]
async fn only_lists_of_targets_may_be_long() {
    let given = server().await;
    let (operator, admin) = (operator(&given).await, given.admin().await);
    default_project(&given, &admin).await;
    let project = json!({ "name": "office", "description": "x".repeat(MIB) });
    let targets = json!({ "targets": vec!["a.lan".repeat(50); 5 * MIB / 1_000], "strict": true });
    assert!(targets.to_string().len() > MIB);

    given.send(post("/api/v1/projects", &project).token(&admin)).await.refused(413);
    let added = post("/api/v1/projects/default/targets", &targets).token(&operator);
    assert_eq!(given.send(added).await.expect(200)["rejected_count"], 0);
}

#[tokio::test]
async fn of_many_targets_that_cannot_be_read_a_few_are_told() {
    let given = server().await;
    let (operator, admin) = (operator(&given).await, given.admin().await);
    default_project(&given, &admin).await;
    let body = json!({ "targets": "01.0.0.1\n".repeat(5_000) });

    for path in ["/api/v1/targets/expand", "/api/v1/projects/default/targets"] {
        let answer = given.send(post(path, &body).token(&operator)).await.expect(200);

        assert_eq!(answer["rejected"].as_array().unwrap().len(), 100, "{path}");
        assert_eq!(answer["rejected_count"], 5_000, "{path}");
    }
}

#[tokio::test]
async fn a_list_that_is_too_long_is_not_added_in_part() {
    let given = server().await;
    let (operator, admin) = (operator(&given).await, given.admin().await);
    default_project(&given, &admin).await;
    let body = json!({ "targets": "a.lan ".repeat(100_001) });

    let added = post("/api/v1/projects/default/targets", &body).token(&operator);

    let detail = given.send(added).await.refused(422);
    assert!(detail.contains("beyond the 100000 targets"), "{detail}");
    assert!(given.realm.targets("default").await.unwrap().is_empty());
}

#[tokio::test]
async fn more_names_than_can_be_looked_up_are_refused_before_any_is() {
    let given = server().await;
    let operator = operator(&given).await;
    let names = json!(["host-[1-10001].invalid"]);

    for body in
        [json!({ "targets": names }), json!({ "targets": ["192.0.2.0/28"], "excludes": names })]
    {
        let detail = given.send(post("/api/v1/scans", &body).token(&operator)).await.refused(422);
        assert!(detail.contains("10001 names, more than the limit of 10000"), "{detail}");
    }
}

#[tokio::test]
async fn a_name_that_the_scope_denies_is_not_looked_up_to_be_left_out_either() {
    let given = server().await;
    let (operator, admin) = (operator(&given).await, given.admin().await);
    default_project(&given, &admin).await;
    let scope = json!({ "rules": [{ "effect": "deny", "subject": "localhost" }] });
    given.send(put("/api/v1/projects/default/scope", &scope).token(&admin)).await.expect(200);
    let body = json!({ "targets": ["192.0.2.0/28"], "excludes": ["localhost"] });

    let problem = given.send(post("/api/v1/scans", &body).token(&operator)).await.expect(422);

    assert_eq!(problem["errors"][0]["field"], "/excludes");
    assert!(problem["detail"].as_str().unwrap().contains("write its addresses"), "{problem}");
}

#[tokio::test]
async fn an_inventory_whose_excludes_cannot_all_be_read_is_not_scanned() {
    let given = server().await;
    let (operator, admin) = (operator(&given).await, given.admin().await);
    default_project(&given, &admin).await;
    // Each may stand in a list, but not all of them in one.
    let targets: Vec<String> = (0..17).map(|third| format!("*.*.{third},99.1")).collect();
    let targets = [targets, vec!["192.0.2.1".to_owned(), "!*.*.55,77.1".to_owned()]].concat();
    for target in targets {
        let body = json!({ "targets": [target], "strict": true });
        let added = post("/api/v1/projects/default/targets", &body).token(&operator);
        given.send(added).await.expect(200);
    }

    let scan = given.send(post("/api/v1/scans", &json!({})).token(&operator)).await;

    let problem = scan.expect(422);
    assert_eq!(problem["errors"][0]["field"], "/excludes", "{problem}");
}

/// Makes a template of this text, and asks for a scan from it and for its cost.
async fn from_template(given: &Given, token: &str, text: &str, given_values: &Value) -> [Value; 2] {
    let new = json!({ "name": "it", "body": text });
    given.send(post("/api/v1/templates", &new).token(token)).await.expect(201);
    let plan = json!({ "id": "it", "parameters": given_values });
    let scan = json!({ "template": plan });
    let scan = given.send(post("/api/v1/scans", &scan).token(token)).await.expect(422);
    let plan = given.send(post("/api/v1/templates/plan", &plan).token(token)).await.expect(422);
    [scan, plan]
}

#[tokio::test]
async fn a_template_is_held_to_what_a_request_may_say() {
    let given = server().await;
    let operator = operator(&given).await;
    let text = "name: ${name}\nparameters: {name: {type: string}}\ntargets: [192.0.2.1]\n";

    let values = json!({ "name": "x".repeat(201) });
    let problems = from_template(&given, &operator, text, &values).await;

    for (problem, field) in problems.iter().zip(["/template", "/body"]) {
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        let message = problem["errors"][0]["message"].as_str().unwrap();
        assert!(message.starts_with("name has 201 characters"), "{message}");
    }
}

#[tokio::test]
async fn a_template_does_not_become_enormous_by_its_parameters() {
    let given = server().await;
    let operator = operator(&given).await;
    let references = "${x}".repeat(10_000);
    let text = format!("notes: {references}\nparameters: {{x: {{type: string}}}}\n");

    let values = json!({ "x": "x".repeat(200_000) });
    let problems = from_template(&given, &operator, &text, &values).await;

    for problem in problems {
        assert!(problem["detail"].as_str().unwrap().contains("longer than 1048576"), "{problem}");
    }
    let body = json!({ "id": "it", "parameters": { "x": "x".repeat(300_000) } });
    let plan = given.send(post("/api/v1/templates/plan", &body).token(&operator)).await;
    assert_eq!(plan.expect(422)["errors"][0]["field"], "/parameters");
}

#[tokio::test]
async fn a_plan_opens_what_a_scan_would_open() {
    let given = server().await;
    let admin = given.admin().await;
    default_project(&given, &admin).await;
    let scopes = [Permission::Read, Permission::Scan];
    let narrowed = given.scoped_token(&given.realm, Role::Admin, &scopes).await;
    let plan = json!({ "body": "targets: [127.0.0.1]\n" });
    let ask =
        async |token: &str| given.send(post("/api/v1/templates/plan", &plan).token(token)).await;

    assert_eq!(ask(&admin).await.expect(200)["addresses"], 1);
    let refused = ask(&narrowed).await.refused(422);
    assert!(refused.contains("does not allow"), "{refused}");
}
