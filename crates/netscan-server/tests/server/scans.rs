//! Scans: made, steered, changed, listed and removed.

use std::num::NonZeroU32;

use axum::http::Method;
use netscan_model::access::Role;
use netscan_model::target::TargetList;
use netscan_modules::nmap::options::{NmapOptions, Policy};
use netscan_modules::nmap::scripts::ScriptCatalogue;
use netscan_orchestrator::submit::{self, Request, Wishes};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::given::{Answer, Given, ask, by, delete, get, post, put, server, server_with};
use crate::ran::{fail_dry, id, lease, operator, run_dry, started, stranger, up};

fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| error["field"].as_str().unwrap()).collect()
}

async fn create(given: &Given, token: &str, body: &Value) -> Answer {
    given.send(post("/api/v1/scans", body).token(token)).await
}

async fn count(given: &Given, token: &str) -> usize {
    let scans = given.send(get("/api/v1/scans").token(token)).await.expect(200);
    scans["items"].as_array().unwrap().len()
}

async fn verb(given: &Given, token: &str, scan: &str, verb: &str) -> Answer {
    given.send(ask(Method::POST, &format!("/api/v1/scans/{scan}/{verb}")).token(token)).await
}

#[tokio::test]
async fn a_scan_is_made_with_all_that_was_said_of_it() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({
        "name": "office", "description": "all of it", "notes": "at night",
        "target": { "type": "cidr", "value": "192.0.2.0/28" },
        "excludes": ["192.0.2.1"],
        "modules": [{ "id": "nmap", "enabled": true, "config": { "options": "-sT -p 80" } }],
        "configuration": {
            "max_duration": "5m", "max_results": 9, "priority": "HIGH", "recursion_depth": 2,
            "chunk_size": 4, "concurrency": 3, "max_rate": 100, "host_timeout": 30, "attempts": 5,
        },
    });

    let answer = create(&given, &token, &body).await;
    let scan = answer.expect(201);
    let place = format!("/api/v1/scans/{}", id(&scan));

    assert_eq!(answer.header("location"), Some(place.as_str()));
    for (field, value) in [
        ("name", json!("office")),
        ("description", json!("all of it")),
        ("notes", json!("at night")),
        ("owner", json!("user:operator1")),
        ("organisation", json!("default")),
        ("project", json!("default")),
        ("status", json!("created")),
        ("progress", json!(0.0)),
        ("targets", json!(["192.0.2.0/28"])),
        ("modules", body["modules"].clone()),
        ("options", json!("-sT -p80")),
        ("max_duration_ms", json!(300_000)),
        ("max_results", json!(9)),
        ("priority", json!("high")),
        ("recursion_depth", json!(2)),
        ("batch_size", json!(4)),
        ("concurrency", json!(3)),
        ("max_rate", json!(100)),
        ("host_timeout_ms", json!(30_000)),
        ("attempts", json!(5)),
        ("started_at", Value::Null),
    ] {
        assert_eq!(scan[field], value, "{field}");
    }
    assert_eq!(given.send(get(&place).token(&token)).await.expect(200), scan);
    let coverage = given.send(get(&format!("{place}/coverage")).token(&token)).await.expect(200);
    assert_eq!(
        (&coverage["coverage"]["planned"], &coverage["coverage"]["excluded"]),
        (&json!(16), &json!(1))
    );
}

#[tokio::test]
async fn every_target_that_cannot_be_read_is_named_and_nothing_is_stored() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({ "targets": ["192.0.2.1", "10.0.0.0/33", "ok.lan 01.0.0.1"], "start": true });

    let problem = create(&given, &token, &body).await.expect(422);

    assert_eq!(fields(&problem), ["/targets/1", "/targets/2"]);
    let message = &problem["errors"][1]["message"];
    assert!(message.as_str().unwrap().starts_with("column 8: \"01.0.0.1\""), "{message}");
    assert_eq!(count(&given, &token).await, 0);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_at_its_field() {
    let given = server().await;
    let token = operator(&given).await;
    let targets = json!(["192.0.2.1"]);

    for (body, field) in [
        (json!({ "targets": targets, "options": ["-sT", "--script-help"] }), "/options/1"),
        (json!({ "targets": targets, "options": "-iL /etc/passwd" }), "/options"),
        (json!({ "targets": targets, "modules": [{ "id": "whois" }] }), "/modules/0/id"),
        (
            json!({ "targets": targets, "modules": [{ "id": "nmap", "enabled": false }] }),
            "/modules",
        ),
        (
            json!({ "targets": targets, "configuration": { "chunk_size": 0 } }),
            "/configuration/chunk_size",
        ),
        (
            json!({ "targets": targets, "configuration": { "max_rate": 999_999 } }),
            "/configuration/max_rate",
        ),
        (json!({ "targets": targets, "profile": "slow" }), "/profile"),
        (json!({ "target": { "type": "IP", "value": "a.lan" } }), "/target/value"),
        (json!({ "targets": targets, "colour": "red" }), "/colour"),
        (json!({ "targets": ["10.0.0.0/8"] }), "/targets"),
        (json!({ "target": { "type": "CIDR", "value": "10.0.0.0/8" } }), "/target/value"),
        (json!({ "targets": [] }), "/targets"),
    ] {
        let problem = create(&given, &token, &body).await.expect(422);
        assert_eq!(fields(&problem), [field], "{body}");
    }
    given
        .send(ask(Method::POST, "/api/v1/scans").bytes("text/plain", b"x").token(&token))
        .await
        .refused(415);
    given
        .send(ask(Method::POST, "/api/v1/scans").bytes("application/json", b"{").token(&token))
        .await
        .refused(400);
    assert_eq!(count(&given, &token).await, 0);
}

#[tokio::test]
async fn loopback_is_for_admins_and_for_those_whose_scope_names_it() {
    let given = server().await;
    let (operator, admin) = (operator(&given).await, given.admin().await);
    let body = json!({ "targets": ["127.0.0.1"] });

    let refused = create(&given, &operator, &body).await.expect(422);
    create(&given, &admin, &body).await.expect(201);
    let scope = json!({ "rules": [{ "effect": "allow", "subject": "127.0.0.0/8" }] });
    given.send(put("/api/v1/projects/default/scope", &scope).token(&admin)).await.expect(200);

    assert_eq!(fields(&refused), ["/targets"]);
    create(&given, &operator, &body).await.expect(201);
}

#[tokio::test]
async fn nothing_is_scanned_outside_the_time_that_was_allowed() {
    let given = server().await;
    let token = given.admin().await;
    given.send(post("/api/v1/projects", &json!({ "name": "lab" })).token(&token)).await.expect(201);
    let scope = json!({ "rules": [], "authorisation": {
        "authorised_by": "Mara", "valid_until": "2020-01-01T00:00:00Z",
    } });
    given.send(put("/api/v1/projects/lab/scope", &scope).token(&token)).await.expect(200);

    let body = json!({ "project": "lab", "targets": ["192.0.2.1"] });
    let problem = create(&given, &token, &body).await.expect(422);

    assert_eq!(fields(&problem), ["/project"]);
}

#[tokio::test]
async fn a_scan_of_no_targets_is_one_of_the_projects_inventory() {
    let given = server().await;
    let token = operator(&given).await;
    given.send(post("/api/v1/projects", &json!({ "name": "lab" })).token(&token)).await.expect(201);
    let targets = json!({ "targets": ["192.0.2.0/30", "!192.0.2.3"] });
    given.send(post("/api/v1/projects/lab/targets", &targets).token(&token)).await.expect(200);

    let cost =
        given.send(post("/api/v1/scans/plan", &json!({ "project": "lab" })).token(&token)).await;
    let scan = create(&given, &token, &json!({ "project": "lab" })).await.expect(201);

    let cost = cost.expect(200);
    assert_eq!((&cost["addresses"], &cost["excluded"]), (&json!(3), &json!(1)));
    assert_eq!((&scan["project"], &scan["targets"]), (&json!("lab"), &json!(["192.0.2.0/30"])));
    create(&given, &token, &json!({ "project": "none", "targets": ["192.0.2.1"] }))
        .await
        .refused(404);
}

#[tokio::test]
async fn a_scan_is_made_from_a_template_and_what_is_said_goes_before_it() {
    let given = server().await;
    let (token, stranger) = (operator(&given).await, stranger(&given).await);
    let text = "name: weekly ${site}\nparameters:\n  site: {type: string, required: true}\n\
                targets: [192.0.2.0/30]\noptions: -sT -p 22\nconfiguration: {concurrency: 2, attempts: 7}\n";
    let template = json!({ "name": "weekly", "body": text });
    let template = given.send(post("/api/v1/templates", &template).token(&token)).await.expect(201);
    let pinned = json!({ "id": "weekly", "parameters": { "site": "Bern" } });
    let body = json!({ "template": pinned, "configuration": { "attempts": 1 } });

    let scan = create(&given, &token, &body).await.expect(201);
    let missing = create(&given, &token, &json!({ "template": "weekly" })).await.expect(422);

    assert_eq!((&scan["name"], &scan["options"]), (&json!("weekly Bern"), &json!("-sT -p22")));
    assert_eq!((&scan["concurrency"], &scan["attempts"]), (&json!(2), &json!(1)));
    assert_eq!(scan["template"], json!({ "id": template["id"], "version": 1 }));
    assert!(fields(&missing)[0].starts_with("/template"), "{missing}");
    create(&given, &token, &json!({ "template": "none" })).await.refused(404);
    create(&given, &stranger, &json!({ "template": template["id"] })).await.refused(404);
}

#[tokio::test]
async fn a_scan_that_is_asked_for_twice_with_one_key_is_made_once() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({ "targets": ["192.0.2.1"] });
    let request = || post("/api/v1/scans", &body).token(&token).header("idempotency-key", "k1");

    let (first, second) = (given.send(request()).await, given.send(request()).await);

    assert_eq!(first.expect(201), second.expect(201));
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(count(&given, &token).await, 1);
}

#[tokio::test]
async fn a_scan_is_steered_and_what_its_state_does_not_allow_is_refused_with_a_sentence() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({ "targets": ["192.0.2.0/30"], "configuration": { "chunk_size": 1 } });
    let scan = id(&create(&given, &token, &body).await.expect(201));
    let ask = async |name: &str| verb(&given, &token, &scan, name).await;

    let early = ask("pause").await;
    assert_eq!(ask("start").await.expect(202)["status"], "queued");
    lease(&given.store).await.unwrap();
    assert_eq!(ask("pause").await.expect(202)["desired"], "pause");
    ask("pause").await.expect(202);
    assert_eq!(ask("resume").await.expect(202)["desired"], "run");
    ask("start").await.expect(202);
    assert_eq!(ask("stop").await.expect(202)["desired"], "stop");
    let late = ask("resume").await;

    assert!(early.refused(409).starts_with("cannot pause a scan that has not been started"));
    assert_eq!(late.refused(409), "cannot resume a scan that is being stopped");
    ask("stop").await.expect(202);
}

#[tokio::test]
async fn a_scan_that_was_stopped_can_be_stopped_but_not_resumed() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = id(&started(&given, &token, &["192.0.2.1"]).await);

    assert_eq!(verb(&given, &token, &scan, "stop").await.expect(202)["status"], "cancelled");
    verb(&given, &token, &scan, "stop").await.expect(202);

    let refused = verb(&given, &token, &scan, "resume").await.refused(409);
    assert_eq!(refused, "cannot resume a scan that is cancelled");
}

#[tokio::test]
async fn a_scan_is_changed_while_it_runs() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = id(&started(&given, &token, &["192.0.2.0/30"]).await);
    lease(&given.store).await.unwrap();
    let place = format!("/api/v1/scans/{scan}");
    let change = json!({
        "name": "new", "concurrency": 9, "max_rate": 50, "priority": "low", "max_duration": 90,
    });

    let changed = given.send(put(&place, &change).token(&token)).await.expect(200);
    let freed =
        given.send(put(&place, &json!({ "max_rate": null })).token(&token)).await.expect(200);
    let fast = given.send(put(&place, &json!({ "max_rate": 999_999 })).token(&token)).await;

    assert_eq!((&changed["name"], &changed["concurrency"]), (&json!("new"), &json!(9)));
    assert_eq!((&changed["max_rate"], &changed["max_duration_ms"]), (&json!(50), &json!(90_000)));
    assert_eq!((&freed["max_rate"], &freed["priority"]), (&Value::Null, &json!("low")));
    assert_eq!(fields(&fast.expect(422)), ["/max_rate"]);
}

#[tokio::test]
async fn a_scan_that_runs_stays_until_it_has_ended() {
    let given = server().await;
    let token = operator(&given).await;
    let place = format!("/api/v1/scans/{}", id(&started(&given, &token, &["192.0.2.1"]).await));

    given.send(delete(&place).token(&token)).await.refused(409);
    run_dry(&given.store, &[]).await;
    given.send(delete(&place).token(&token)).await.expect(204);

    given.send(get(&place).token(&token)).await.refused(404);
    given.send(delete(&place).token(&token)).await.refused(404);
}

#[tokio::test]
async fn scans_are_listed_by_what_they_are_like() {
    let given = server().await;
    let (token, other) = (operator(&given).await, operator(&given).await);
    given.send(post("/api/v1/projects", &json!({ "name": "lab" })).token(&token)).await.expect(201);
    let body = |name: &str, project: &str| json!({ "name": name, "project": project, "targets": ["192.0.2.1"] });
    let first = create(&given, &token, &body("Alpha", "default")).await.expect(201);
    create(&given, &other, &body("beta", "lab")).await.expect(201);
    verb(&given, &token, &id(&first), "stop").await.expect(202);
    create(&given, &token, &body("alphabet", "default")).await.expect(201);
    let names = async |query: &str| {
        let page =
            given.send(get(&format!("/api/v1/scans?{query}")).token(&token)).await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(names("").await, ["alphabet", "beta", "Alpha"]);
    assert_eq!(names("status=CANCELLED").await, ["Alpha"]);
    assert_eq!(names("status=cancelled,Created").await.len(), 3);
    assert_eq!(names("status=CREATED&status=running").await, ["alphabet", "beta"]);
    assert_eq!(names("project=lab").await, ["beta"]);
    assert_eq!(names("name=ALPHA").await, ["alphabet", "Alpha"]);
    assert_eq!(names("owner=user:operator2").await, ["beta"]);
    assert_eq!(names(&format!("series={}", first["series"].as_str().unwrap())).await, ["Alpha"]);
    assert_eq!(names("reference=latest").await, ["alphabet"]);
    assert_eq!(names("project=lab&reference=1").await, ["beta"]);
    assert_eq!(names("reference=99").await, [""; 0]);
    given.send(get("/api/v1/scans?project=none").token(&token)).await.refused(404);
    let wrong = given.send(get("/api/v1/scans?status=done").token(&token)).await.expect(422);
    assert_eq!(fields(&wrong), ["/status"]);
}

#[tokio::test]
async fn scans_are_listed_page_by_page_each_once() {
    let given = server().await;
    let token = operator(&given).await;
    for _ in 0..5 {
        create(&given, &token, &json!({ "targets": ["192.0.2.1"] })).await.expect(201);
    }
    let mut path = "/api/v1/scans?limit=2".to_owned();
    let mut numbers = Vec::new();

    loop {
        let page = given.send(get(&path).token(&token)).await.expect(200);
        let items = page["items"].as_array().unwrap();
        numbers.extend(items.iter().map(|scan| scan["number"].as_u64().unwrap()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/scans?limit=2&cursor={cursor}");
    }

    assert_eq!(numbers, [5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn what_failed_is_taken_up_again_and_nothing_twice() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({
        "targets": ["192.0.2.1", "192.0.2.9"], "start": true,
        "configuration": { "chunk_size": 1, "attempts": 1 },
    });
    let scan = id(&create(&given, &token, &body).await.expect(202));
    let early = verb(&given, &token, &scan, "retry").await;
    fail_dry(&given.store).await;

    let again = verb(&given, &token, &scan, "retry?what=FAILED").await.expect(202);
    run_dry(&given.store, &[]).await;
    let path = format!("/api/v1/scans/{scan}/retry");
    let nothing = given.send(post(&path, &json!({ "only": "difficult" })).token(&token)).await;

    early.refused(409);
    assert_eq!(again["status"], "queued");
    nothing.refused(409);
    let now = given.send(get(&format!("/api/v1/scans/{scan}")).token(&token)).await.expect(200);
    assert_eq!(now["status"], "completed");
    let wrong = verb(&given, &token, &scan, "retry?what=some").await.expect(422);
    assert_eq!(fields(&wrong), ["/what"]);
}

#[tokio::test]
async fn a_scan_is_made_again_in_the_same_series() {
    let given = server().await;
    let (token, other) = (operator(&given).await, operator(&given).await);
    let first = started(&given, &token, &["192.0.2.0/30"]).await;
    run_dry(&given.store, &[]).await;
    let path = format!("/api/v1/scans/{}/rerun", id(&first));

    let second = given.send(ask(Method::POST, &path).token(&other)).await;
    let third = given.send(post(&path, &json!({ "start": false })).token(&other)).await;

    let (made, resting) = (second.expect(202), third.expect(201));
    assert_eq!(second.header("location"), Some(format!("/api/v1/scans/{}", id(&made)).as_str()));
    assert_eq!((&made["series"], &made["number"]), (&first["series"], &json!(2)));
    assert_eq!((&made["status"], &made["options"]), (&json!("queued"), &first["options"]));
    assert_eq!((&made["owner"], &resting["status"]), (&json!("user:operator2"), &json!("created")));
}

#[tokio::test]
async fn an_operator_cannot_repeat_what_only_an_admin_may_ask_for() {
    let given = server().await;
    let (operator, admin) = (operator(&given).await, given.admin().await);
    let body = json!({ "targets": ["127.0.0.1"] });
    let scan = id(&create(&given, &admin, &body).await.expect(201));

    let problem = verb(&given, &operator, &scan, "rerun").await.expect(422);

    assert_eq!(fields(&problem), ["/targets"]);
    assert_eq!(count(&given, &operator).await, 1);
}

#[tokio::test]
async fn an_operator_cannot_run_what_only_an_admin_may_ask_for() {
    let given = server().await;
    let (operator, admin) = (operator(&given).await, given.admin().await);
    let local = json!({
        "targets": ["127.0.0.1", "192.0.2.1"], "configuration": { "chunk_size": 1, "attempts": 1 },
    });
    let resting = id(&create(&given, &admin, &local).await.expect(201));
    let failed = id(&create(&given, &admin, &local).await.expect(201));
    verb(&given, &admin, &failed, "start").await.expect(202);
    fail_dry(&given.store).await;
    let path = format!("/api/v1/scans/{failed}/batches");
    let batches = given.send(get(&path).token(&operator)).await.expect(200);
    let batch = format!("/api/v1/batches/{}/retry", id(&batches["items"][0]));
    let retry_batch = || ask(Method::POST, &batch);

    let refused = [
        verb(&given, &operator, &resting, "start").await,
        verb(&given, &operator, &resting, "resume").await,
        verb(&given, &operator, &failed, "retry").await,
        given.send(retry_batch().token(&operator)).await,
    ];

    for answer in refused {
        assert_eq!(fields(&answer.expect(422)), ["/targets"]);
    }
    let scope = json!({ "rules": [
        { "effect": "allow", "subject": "127.0.0.1" },
        { "effect": "allow", "subject": "192.0.2.0/24" },
    ] });
    given.send(put("/api/v1/projects/default/scope", &scope).token(&admin)).await.expect(200);
    verb(&given, &operator, &resting, "start").await.expect(202);
    given.send(retry_batch().token(&operator)).await.expect(202);
}

#[tokio::test]
async fn nobody_runs_a_scan_faster_than_they_may_ask_for() {
    let given = server().await;
    let operator = operator(&given).await;
    let policy = Policy::local(ScriptCatalogue::default().into());
    let too_fast = NonZeroU32::new(200_000);
    let request = |line: &str, max_rate| {
        let options = NmapOptions::parse(line, &policy).unwrap();
        let wishes = Wishes { max_rate, ..Wishes::default() };
        let targets = TargetList::parse("192.0.2.1");
        Request { wishes, ..Request::new("default", targets, &options) }
    };
    let by_itself = request("-sT", too_fast);
    let by_option = request("-sT --max-rate 200000", None);

    for (request, field) in [(by_itself, "/max_rate"), (by_option, "/options")] {
        // Whoever has the database may do everything.
        let scan = submit::submit(&given.realm, &request, by()).await.unwrap().0.id.to_string();
        let refused = verb(&given, &operator, &scan, "start").await.expect(422);

        assert_eq!(fields(&refused), [field]);
    }
}

#[tokio::test]
async fn a_scan_is_cut_anew_before_it_starts_and_not_after() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({ "targets": ["192.0.2.0/28"], "configuration": { "chunk_size": 16 } });
    let scan = id(&create(&given, &token, &body).await.expect(201));
    let path = format!("/api/v1/scans/{scan}/split");
    let cut = json!({ "batch_size": 4 });

    let changed = given.send(post(&path, &cut).token(&token)).await.expect(200);
    verb(&given, &token, &scan, "start").await.expect(202);
    let late = given.send(post(&path, &cut).token(&token)).await;

    assert_eq!(changed["batch_size"], 4);
    late.refused(409);
}

#[tokio::test]
async fn scans_of_others_are_not_there() {
    let given = server().await;
    let (token, stranger) = (operator(&given).await, stranger(&given).await);
    let scan = id(&started(&given, &token, &["192.0.2.1"]).await);
    let place = format!("/api/v1/scans/{scan}");

    for below in [
        "",
        "/status",
        "/results",
        "/batches",
        "/hosts",
        "/coverage",
        "/events",
        "/attempts",
        "/artifacts",
        &format!("/diff?against={scan}"),
    ] {
        given.send(get(&format!("{place}{below}")).token(&stranger)).await.refused(404);
    }
    for name in ["start", "stop", "pause", "resume", "retry", "rerun"] {
        verb(&given, &stranger, &scan, name).await.refused(404);
    }
    let cut = json!({ "chunk_size": 1 });
    given.send(post(&format!("{place}/split"), &cut).token(&stranger)).await.refused(404);
    given.send(put(&place, &json!({ "name": "x" })).token(&stranger)).await.refused(404);
    given.send(delete(&place).token(&stranger)).await.refused(404);
    assert_eq!(count(&given, &stranger).await, 0);
    for malformed in ["7", "latest", &Uuid::nil().to_string()] {
        given.send(get(&format!("/api/v1/scans/{malformed}")).token(&token)).await.refused(404);
    }
    assert_eq!(given.send(get(&place).token(&token)).await.expect(200)["desired"], "run");
}

#[tokio::test]
async fn a_viewer_sees_and_steers_nothing() {
    let given = server().await;
    let (token, viewer) = (operator(&given).await, given.token(&given.realm, Role::Viewer).await);
    let scan = id(&started(&given, &token, &["192.0.2.1"]).await);

    given.send(get(&format!("/api/v1/scans/{scan}")).token(&viewer)).await.expect(200);
    verb(&given, &viewer, &scan, "stop").await.refused(403);
    create(&given, &viewer, &json!({ "targets": ["192.0.2.1"] })).await.refused(403);
    given.send(get(&format!("/api/v1/scans/{scan}"))).await.refused(401);
}

#[tokio::test]
async fn the_status_of_a_scan_tells_what_runs_and_what_waits() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = id(&started(&given, &token, &["192.0.2.0/30"]).await);
    let lease = lease(&given.store).await.unwrap();

    let path = format!("/api/v1/scans/{scan}/status");
    let status = given.send(get(&path).token(&token)).await.expect(200);

    assert_eq!((&status["scan_id"], &status["status"]), (&json!(scan), &json!("running")));
    assert_eq!(
        (&status["batches"]["leased"], &status["batches"]["waiting"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(status["running"][0]["batch_id"], json!(lease.batch));
    assert_eq!(
        (&status["running"][0]["worker"], &status["running"][0]["addresses"]),
        (&json!("w"), &json!(1))
    );
    assert_eq!(status["coverage"]["pending"], 4);
    assert!(!status["waiting"].as_array().unwrap().is_empty(), "{status}");
}

#[tokio::test]
async fn events_are_read_on_from_the_last_one_that_was_seen() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = id(&started(&given, &token, &["192.0.2.0/30"]).await);
    run_dry(&given.store, &[up("192.0.2.1", &[80])]).await;
    let place = format!("/api/v1/scans/{scan}/events");

    let all = given.send(get(&format!("{place}?limit=1000")).token(&token)).await.expect(200);
    let first = given.send(get(&format!("{place}?limit=3")).token(&token)).await.expect(200);
    let since = first["next_cursor"].as_str().unwrap();
    let rest = given.send(get(&format!("{place}?since={since}&limit=1000")).token(&token)).await;

    let all = all["items"].as_array().unwrap().clone();
    let seqs: Vec<_> = all.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let seen = [
        first["items"].as_array().unwrap().clone(),
        rest.expect(200)["items"].as_array().unwrap().clone(),
    ];
    assert_eq!(seen.concat(), all);
    assert_eq!(all.last().unwrap()["event"], "scan_complete");
}

#[tokio::test]
async fn coverage_is_told_as_ranges_page_by_page() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({
        "targets": ["192.0.2.0/29", "!192.0.2.0"], "start": true, "configuration": { "chunk_size": 8 },
    });
    let scan = id(&create(&given, &token, &body).await.expect(202));
    run_dry(&given.store, &[up("192.0.2.4", &[80])]).await;
    let place = format!("/api/v1/scans/{scan}/coverage");

    let first = given.send(get(&format!("{place}?limit=2")).token(&token)).await.expect(200);
    let cursor = first["ranges"]["next_cursor"].as_str().unwrap();
    let rest = given.send(get(&format!("{place}?cursor={cursor}")).token(&token)).await.expect(200);
    let up_only = given.send(get(&format!("{place}?state=UP")).token(&token)).await.expect(200);

    let told = |page: &Value| {
        let items = page["ranges"]["items"].as_array().unwrap().clone();
        let told = |item: &Value| {
            let text = |name: &str| item[name].as_str().unwrap().to_owned();
            format!("{} {} {} {}", text("first"), text("last"), item["count"], text("state"))
        };
        items.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(told(&first), ["192.0.2.0 192.0.2.0 1 excluded", "192.0.2.1 192.0.2.3 3 down"]);
    assert_eq!(told(&rest), ["192.0.2.4 192.0.2.4 1 up", "192.0.2.5 192.0.2.7 3 down"]);
    assert_eq!(told(&up_only), ["192.0.2.4 192.0.2.4 1 up"]);
    assert_eq!(first["coverage"]["planned"], 8);
}

#[tokio::test]
async fn server_fault_does_not_show_its_cause() {
    let given = server().await;
    let token = operator(&given).await;
    given.realm.ensure_project("lab", Uuid::now_v7(), by()).await.unwrap();
    let before = given.realm.project("lab").await.unwrap().unwrap().scope;
    // No program of ours writes this: a fault, and nothing of it is the caller's business.
    let damaged = json!({ "rules": "password" });
    given.realm.change_scope("lab", &before, &damaged, by()).await.unwrap();

    let body = json!({ "project": "lab", "targets": ["192.0.2.1"] });
    let made = create(&given, &token, &body).await;
    let shown = given.send(get("/api/v1/projects/lab/scope").token(&token)).await;

    for answer in [made, shown] {
        answer.refused(500);
        assert!(
            !answer.text().contains("password") && !answer.text().contains("rules"),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let given = server_with(|settings| settings.body_limit = 100).await;
    let token = operator(&given).await;
    let body = json!({ "targets": ["192.0.2.1"], "notes": "x".repeat(200) });

    create(&given, &token, &body).await.refused(413);
}
