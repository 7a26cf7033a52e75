//! Projects: who may have which, what they may touch, and what is in them.

use axum::http::Method;
use netscan_model::access::Role;
use serde_json::{Value, json};

use crate::given::{Given, ask, delete, get, post, put, server};
use crate::ran::{id, operator, started, stranger};

async fn made(given: &Given, token: &str, name: &str) -> Value {
    let body = json!({ "name": name });
    given.send(post("/api/v1/projects", &body).token(token)).await.expect(201)
}

fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| error["field"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_project_is_made_found_by_id_and_name_changed_and_removed() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({ "name": "lab", "description": "ours", "limits": { "max_scans": 2 } });

    let answer = given.send(post("/api/v1/projects", &body).token(&token)).await;
    let project = answer.expect(201);
    let place = format!("/api/v1/projects/{}", id(&project));

    assert_eq!(answer.header("location"), Some(place.as_str()));
    assert_eq!(
        (&project["description"], &project["limits"]["max_scans"]),
        (&json!("ours"), &json!(2))
    );
    assert_eq!(given.send(get(&place).token(&token)).await.expect(200), project);
    assert_eq!(given.send(get("/api/v1/projects/lab").token(&token)).await.expect(200), project);
    let change = json!({ "name": "site" });
    let changed = given.send(put(&place, &change).token(&token)).await.expect(200);
    assert_eq!((&changed["name"], &changed["description"]), (&json!("site"), &json!("ours")));
    given.send(delete("/api/v1/projects/site").token(&token)).await.expect(204);
    given.send(get(&place).token(&token)).await.refused(404);
}

#[tokio::test]
async fn a_project_with_the_name_of_another_is_refused() {
    let given = server().await;
    let token = operator(&given).await;
    made(&given, &token, "lab").await;
    let other = made(&given, &token, "site").await;

    let body = json!({ "name": "lab" });
    let twice = given.send(post("/api/v1/projects", &body).token(&token)).await;
    let place = format!("/api/v1/projects/{}", id(&other));
    let renamed = given.send(put(&place, &body).token(&token)).await;

    assert_eq!(twice.refused(409), "there is a project \"lab\" already");
    renamed.refused(409);
}

#[tokio::test]
async fn a_project_without_a_name_is_refused_with_the_field() {
    let given = server().await;
    let token = operator(&given).await;

    for body in [json!({ "name": "" }), json!({ "name": 7 }), json!({ "name": " lab" })] {
        let answer = given.send(post("/api/v1/projects", &body).token(&token)).await;
        assert_eq!(fields(&answer.expect(422)), ["/name"]);
    }
    let unknown = json!({ "name": "lab", "colour": "red" });
    let answer = given.send(post("/api/v1/projects", &unknown).token(&token)).await;
    assert_eq!(fields(&answer.expect(422)), ["/colour"]);
}

#[tokio::test]
async fn projects_of_others_are_not_there() {
    let given = server().await;
    let (token, stranger) = (given.admin().await, stranger(&given).await);
    let project = id(&made(&given, &token, "lab").await);

    for reference in ["lab", &project] {
        let place = format!("/api/v1/projects/{reference}");
        for below in ["", "/scope", "/limits", "/targets", "/scans"] {
            given.send(get(&format!("{place}{below}")).token(&stranger)).await.refused(404);
        }
        given.send(put(&place, &json!({ "name": "x" })).token(&stranger)).await.refused(404);
        given.send(put(&format!("{place}/limits"), &json!({})).token(&stranger)).await.refused(404);
        let targets = json!({ "targets": ["192.0.2.1"] });
        let place_of_targets = format!("{place}/targets");
        given.send(post(&place_of_targets, &targets).token(&stranger)).await.refused(404);
        given
            .send(delete(&format!("{place_of_targets}/a.lan")).token(&stranger))
            .await
            .refused(404);
        given.send(delete(&place).token(&stranger)).await.refused(404);
    }
    let listed = given.send(get("/api/v1/projects").token(&stranger)).await.expect(200);
    assert_eq!(listed["items"], json!([]));
    given.send(get(&format!("/api/v1/projects/{project}")).token(&token)).await.expect(200);
}

#[tokio::test]
async fn projects_are_listed_page_by_page() {
    let given = server().await;
    let token = operator(&given).await;
    for name in ["c", "a", "b"] {
        made(&given, &token, name).await;
    }
    let names = |page: &Value| {
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    let first = given.send(get("/api/v1/projects?limit=2").token(&token)).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = format!("/api/v1/projects?limit=2&cursor={cursor}");
    let second = given.send(get(&path).token(&token)).await.expect(200);

    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(names(&second), ["c"]);
    assert_eq!(second["next_cursor"], Value::Null);
    for (query, field) in [("cursor=x", "/cursor"), ("limit=0", "/limit"), ("limit=1001", "/limit")]
    {
        let answer = given.send(get(&format!("/api/v1/projects?{query}")).token(&token)).await;
        assert_eq!(fields(&answer.expect(422)), [field]);
    }
}

#[tokio::test]
async fn a_scope_is_changed_as_a_whole_unless_somebody_was_faster() {
    let given = server().await;
    let token = given.admin().await;
    made(&given, &token, "lab").await;
    let place = "/api/v1/projects/lab/scope";
    let scope = json!({
        "rules": [{ "effect": "ALLOW", "subject": "192.0.2.0/24", "note": "ours" }],
        "authorisation": { "authorised_by": "Mara", "ticket": "T-1" },
    });

    let before = given.send(get(place).token(&token)).await;
    let seen = before.header("etag").unwrap().to_owned();
    let changed = put(place, &scope).token(&token).header("if-match", &seen);
    let changed = given.send(changed).await;
    let late = put(place, &json!({ "rules": [] })).token(&token).header("if-match", &seen);
    let late = given.send(late).await;

    assert_eq!(before.expect(200), json!({ "rules": [] }));
    assert_eq!(changed.expect(200)["rules"][0]["effect"], "allow");
    late.refused(412);
    let now = given.send(get(place).token(&token)).await;
    assert_eq!(now.json()["authorisation"]["ticket"], "T-1");
    assert_eq!(now.header("etag"), changed.header("etag"));
    given.send(put(place, &json!({ "rules": [] })).token(&token)).await.expect(200);
}

#[tokio::test]
async fn a_rule_that_cannot_be_read_is_named() {
    let given = server().await;
    let token = given.admin().await;
    made(&given, &token, "lab").await;
    let good = json!({ "effect": "deny", "subject": "192.0.2.1" });
    let bad = json!({ "effect": "deny", "subject": "192.0.2.0/33" });
    let scope = json!({ "rules": [good, good, good, bad] });

    let answer = given.send(put("/api/v1/projects/lab/scope", &scope).token(&token)).await;

    let problem = answer.expect(422);
    assert_eq!(fields(&problem), ["/rules/3/subject"]);
    assert_eq!(problem["detail"], "\"192.0.2.0/33\" has a mask longer than 32 bits");
}

#[tokio::test]
async fn an_operator_may_not_widen_a_scope_and_a_viewer_may_make_nothing() {
    let given = server().await;
    let (operator, viewer) =
        (operator(&given).await, given.token(&given.realm, Role::Viewer).await);
    made(&given, &operator, "lab").await;
    let rules = json!({ "rules": [] });

    given.send(put("/api/v1/projects/lab/scope", &rules).token(&operator)).await.refused(403);
    given.send(post("/api/v1/projects", &json!({ "name": "x" })).token(&viewer)).await.refused(403);
    given.send(get("/api/v1/projects/lab/scope").token(&viewer)).await.expect(200);
}

#[tokio::test]
async fn the_limits_of_a_project_are_said_anew_all_at_once() {
    let given = server().await;
    let token = operator(&given).await;
    made(&given, &token, "lab").await;
    let place = "/api/v1/projects/lab/limits";

    let all = json!({ "max_scans": 1, "max_batches": 2, "max_rate": 3 });
    assert_eq!(given.send(put(place, &all).token(&token)).await.expect(200), all);
    given.send(put(place, &json!({ "max_rate": 9 })).token(&token)).await.expect(200);

    let now = given.send(get(place).token(&token)).await.expect(200);
    assert_eq!(now, json!({ "max_scans": null, "max_batches": null, "max_rate": 9 }));
    let wrong = given.send(put(place, &json!({ "max_rate": 0 })).token(&token)).await;
    assert_eq!(fields(&wrong.expect(422)), ["/max_rate"]);
}

#[tokio::test]
async fn targets_are_added_once_and_what_cannot_be_read_is_told() {
    let given = server().await;
    let token = operator(&given).await;
    made(&given, &token, "lab").await;
    let place = "/api/v1/projects/lab/targets";
    let body =
        json!({ "targets": ["10.0.0.0-255", "a.lan 10.0.0.0/33", "!10.0.0.1"], "tags": ["x"] });

    let first = given.send(post(place, &body).token(&token)).await.expect(200);
    let text = json!({ "targets": "A.LAN # once more\nb.lan" });
    let second = given.send(post(place, &text).token(&token)).await.expect(200);

    assert_eq!((&first["new"], &first["duplicates"]), (&json!(3), &json!(0)));
    let rejected = json!([{
        "line": 2, "column": 7, "text": "10.0.0.0/33", "reason": "has a mask longer than 32 bits",
    }]);
    assert_eq!(first["rejected"], rejected);
    assert_eq!((&second["new"], &second["duplicates"]), (&json!(1), &json!(1)));
    let listed = given.send(get(place).token(&token)).await.expect(200);
    let target = |at: usize| listed["items"][at]["target"].as_str().unwrap().to_owned();
    assert_eq!([0, 1, 2, 3].map(target), ["!10.0.0.1", "10.0.0.0/24", "a.lan", "b.lan"]);
    assert_eq!(listed["items"][1]["tags"], json!(["x"]));
}

#[tokio::test]
async fn nothing_is_added_when_an_exclusion_cannot_be_read_or_when_told_to_be_strict() {
    let given = server().await;
    let token = operator(&given).await;
    made(&given, &token, "lab").await;
    let place = "/api/v1/projects/lab/targets";

    let strict = json!({ "targets": ["10.0.0.1", "01.0.0.1"], "strict": true });
    let strict = given.send(post(place, &strict).token(&token)).await.expect(422);
    let exclusion = json!({ "targets": ["10.0.0.0/24", "!10.0.0.1/99"] });
    let exclusion = given.send(post(place, &exclusion).token(&token)).await.expect(422);

    assert_eq!((fields(&strict), fields(&exclusion)), (vec!["/targets/1"], vec!["/targets/1"]));
    let listed = given.send(get(place).token(&token)).await.expect(200);
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn a_target_goes_by_any_spelling() {
    let given = server().await;
    let token = operator(&given).await;
    made(&given, &token, "lab").await;
    let place = "/api/v1/projects/lab/targets";
    let body = json!({ "targets": ["10.0.0.0/24", "a.lan", "b.lan", "c.lan"] });
    given.send(post(place, &body).token(&token)).await.expect(200);

    let tag = json!({ "target": "10.0.0.*", "tags": ["office"] });
    let tagged = given.send(post(&format!("{place}/tag"), &tag).token(&token)).await.expect(200);
    given.send(delete(&format!("{place}/10.0.0.0%2F24")).token(&token)).await.expect(204);
    let several = json!({ "targets": ["A.lan", "z.lan", "b.lan"] });
    let removed = given.send(post(&format!("{place}/remove"), &several).token(&token)).await;

    assert_eq!((&tagged["target"], &tagged["tags"]), (&json!("10.0.0.0/24"), &json!(["office"])));
    assert_eq!(removed.expect(200), json!({ "removed": ["a.lan", "b.lan"], "missing": ["z.lan"] }));
    given.send(delete(&format!("{place}/10.0.0.0%2F24")).token(&token)).await.refused(404);
    let missing = json!({ "target": "z.lan", "tags": [] });
    given.send(post(&format!("{place}/tag"), &missing).token(&token)).await.refused(404);
    let left = given.send(get(&format!("{place}?limit=1")).token(&token)).await.expect(200);
    assert_eq!(left["items"][0]["target"], "c.lan");
}

#[tokio::test]
async fn a_project_whose_scans_have_not_ended_stays() {
    let given = server().await;
    let token = given.admin().await;
    started(&given, &token, &["192.0.2.1"]).await;

    given.send(delete("/api/v1/projects/default").token(&token)).await.refused(409);

    let scans = given.send(get("/api/v1/projects/default/scans").token(&token)).await.expect(200);
    assert_eq!(scans["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_told() {
    let given = server().await;
    let token = given.admin().await;

    let answer = given.send(ask(Method::PATCH, "/api/v1/projects").token(&token)).await;

    answer.refused(405);
}
