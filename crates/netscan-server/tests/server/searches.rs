//! What is known over all scans, as it is searched, saved, and scanned again.

use axum::http::Method;
use netscan_model::access::Role;
use serde_json::{Value, json};

use crate::given::{Ask, Given, ask, get, post, server};

/// A file in which the host at `address` has these ports open, seen at `second`.
fn file(address: &str, second: u64, ports: &[u16]) -> String {
    let port = |port: &u16| {
        format!(
            r#"<port protocol="tcp" portid="{port}"><state state="open" reason="syn-ack"/><service name="http" product="nginx" method="probed" conf="10"/></port>"#
        )
    };
    let ports: String = ports.iter().map(port).collect();
    format!(
        r#"<nmaprun scanner="nmap" args="nmap -sV -p 1-100 {address}" start="{second}" version="7.93"><scaninfo type="syn" protocol="tcp" numservices="100" services="1-100"/><host endtime="{second}"><status state="up" reason="syn-ack"/><address addr="{address}" addrtype="ipv4"/><ports>{ports}</ports></host><runstats><finished time="{second}" exit="success"/><hosts up="1" down="0" total="1"/></runstats></nmaprun>"#
    )
}

async fn import(given: &Given, token: &str, file: &str) {
    let sent =
        ask(Method::POST, "/api/v1/import").bytes("application/octet-stream", file.as_bytes());
    given.send(sent.token(token)).await.expect(201);
}

fn search(query: &str) -> Ask {
    get(&format!("/api/v1/search?{query}"))
}

fn addresses(found: &Value) -> Vec<&str> {
    let hosts = found["hosts"].as_array().unwrap();
    hosts.iter().map(|host| host["address"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn hosts_are_found_by_what_all_scans_know_of_them() {
    let given = server().await;
    let token = given.admin().await;
    import(&given, &token, &file("127.0.0.1", 1_700_000_000, &[80])).await;
    import(&given, &token, &file("127.0.0.2", 1_700_000_060, &[80, 22])).await;
    import(&given, &token, &file("127.0.0.1", 1_700_000_120, &[25])).await;

    let all = given.send(search("").token(&token)).await.expect(200);
    assert_eq!((&all["total"], &all["is_current"]), (&json!(2), &json!(true)));
    let first = &all["hosts"][0];
    assert_eq!(first["ports"].as_array().unwrap().len(), 1);
    assert_eq!((&first["ports"][0]["port"], &first["scan_number"]), (&json!(25), &json!(3)));
    assert_eq!(first["first_seen"], "2023-11-14T22:13:20Z");
    assert_eq!(first["last_seen"], "2023-11-14T22:15:20Z");
    let found = search("q=port:80%20product:nginx&facets=port,net&limit=1").token(&token);
    let found = given.send(found).await.expect(200);
    assert_eq!((addresses(&found), &found["total"]), (vec!["127.0.0.2"], &json!(1)));
    assert_eq!(
        found["facets"][0],
        json!({ "field": "port", "values": [{ "value": "22/tcp", "count": 1 }, { "value": "80/tcp", "count": 1 }] })
    );
    let then = search("q=port:80&as_of=2023-11-14T22:14:30Z").token(&token);
    let then = given.send(then).await.expect(200);
    assert_eq!((addresses(&then), &then["total"]), (vec!["127.0.0.1", "127.0.0.2"], &Value::Null));
    let page = given.send(search("limit=1").token(&token)).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = given.send(search(&format!("cursor={cursor}")).token(&token)).await.expect(200);
    assert_eq!((addresses(&rest), &rest["next_cursor"]), (vec!["127.0.0.2"], &Value::Null));
    let behind = given.send(search("skip=1").token(&token)).await.expect(200);
    assert_eq!((addresses(&behind), &behind["total"]), (vec!["127.0.0.2"], &json!(2)));
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_refused_with_its_field() {
    let given = server().await;
    let token = given.admin().await;
    for (query, field, says) in [
        ("q=prot:80", "/q", "did you mean protocol"),
        ("q=@", "/q", "names no saved search"),
        ("q=@none", "/q", "names no saved search"),
        ("facets=port,colour", "/facets", "must be some of"),
        ("facets=port&as_of=2026-01-01T00:00:00Z", "/facets", "leave as_of out"),
        ("limit=0", "/limit", "must be from 1"),
        ("skip=1&cursor=127.0.0.1", "/skip", "cannot be used with cursor"),
        ("skip=1&as_of=2026-01-01T00:00:00Z", "/skip", "leave as_of out"),
        ("cursor=x", "/cursor", "no cursor"),
        ("as_of=yesterday", "/as_of", ""),
    ] {
        let problem = given.send(search(query).token(&token)).await.expect(422);
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
        let message = problem["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(says), "{query}: {message}");
    }
    given.send(search("project=none").token(&token)).await.refused(404);
}

#[tokio::test]
async fn a_saved_search_is_found_by_its_name_and_can_be_scanned() {
    let given = server().await;
    let token = given.admin().await;
    let viewer = given.token(&given.realm, Role::Viewer).await;
    import(&given, &token, &file("127.0.0.1", 1_700_000_000, &[80])).await;
    let path = "/api/v1/projects/default/searches/web";
    let save = |body: Value| ask(Method::PUT, path).json(&body);

    given.send(save(json!({ "query": "port:80" })).token(&viewer)).await.refused(403);
    let wrong = given.send(save(json!({ "query": "(port:80" })).token(&token)).await.expect(422);
    assert_eq!(wrong["errors"][0]["field"], "/query");
    let saved =
        given.send(save(json!({ "query": "port:80 and  nginx" })).token(&token)).await.expect(200);
    assert_eq!((&saved["name"], &saved["query"]), (&json!("web"), &json!("port:80 nginx")));
    let found = given.send(search("q=@web").token(&viewer)).await.expect(200);
    assert_eq!(addresses(&found), ["127.0.0.1"]);
    // What the search means now is what is scanned.
    given.send(search("").token(&token)).await.expect(200);
    let scan = |value: &str| json!({ "target": { "type": "search", "value": value } });
    let made = given.send(post("/api/v1/scans", &scan("@web")).token(&token)).await;
    assert_eq!(made.expect(201)["targets"], json!(["127.0.0.1"]));
    for value in ["@none", "port:99", "port:"] {
        let refused =
            given.send(post("/api/v1/scans", &scan(value)).token(&token)).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "/target/value", "{value}");
    }
    let list = "/api/v1/projects/default/searches";
    assert_eq!(given.send(get(list).token(&viewer)).await.expect(200)[0]["name"], "web");
    given.send(ask(Method::DELETE, path).token(&token)).await.expect(204);
    given.send(ask(Method::DELETE, path).token(&token)).await.refused(404);
}
