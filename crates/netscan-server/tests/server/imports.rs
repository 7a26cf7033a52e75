//! Files that are sent and become scans.

use axum::http::Method;
use netscan_model::access::Role;
use serde_json::{Value, json};

use crate::given::{Ask, Given, ask, get, server};

const NMAP: &str = r#"<nmaprun scanner="nmap" args="nmap -p 80 192.0.2.1" start="1700000000" version="7.93"><host><status state="up" reason="syn-ack"/><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="80"><state state="open" reason="syn-ack"/></port></ports></host></nmaprun>"#;

fn sent(query: &str, body: &[u8]) -> Ask {
    ask(Method::POST, &format!("/api/v1/import{query}")).bytes("application/octet-stream", body)
}

async fn scans(given: &Given, token: &str) -> Value {
    given.send(get("/api/v1/scans").token(token)).await.expect(200)["items"].clone()
}

#[tokio::test]
async fn a_file_that_is_sent_becomes_a_scan() {
    let given = server().await;
    let token = given.admin().await;

    let answer = given.send(sent("?file=office.xml", NMAP.as_bytes()).token(&token)).await;

    let made = answer.expect(201);
    let scan = &made["scan"];
    let id = scan["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), Some(format!("/api/v1/scans/{id}").as_str()));
    assert_eq!((&made["hosts"], &made["ports"]), (&json!(1), &json!(1)));
    assert_eq!((&made["skipped"], &made["truncated"]), (&json!(0), &json!(false)));
    assert_eq!((&scan["status"], &scan["name"]), (&json!("completed"), &json!("office.xml")));
    let config = json!({
        "file": "office.xml", "format": "nmap-xml", "scanner": "nmap", "version": "7.93"
    });
    assert_eq!(scan["modules"][0], json!({ "id": "import", "enabled": true, "config": config }));
    let hosts = given.send(get("/api/v1/hosts?port=80").token(&token)).await.expect(200);
    assert_eq!(hosts["items"][0]["address"], "192.0.2.1");
    let audit = get("/api/v1/audit?action=scan.import").token(&token);
    let audit = given.send(audit).await.expect(200);
    assert_eq!(audit["items"][0]["subject"], *id);
}

#[tokio::test]
async fn a_file_may_be_larger_than_other_bodies() {
    let given = server().await;
    let token = given.admin().await;
    let padded = NMAP.replace("</nmaprun>", &format!("{}</nmaprun>", " ".repeat(20 << 20)));

    let made = given.send(sent("", padded.as_bytes()).token(&token)).await.expect(201);

    assert_eq!((&made["hosts"], &made["truncated"]), (&json!(1), &json!(false)));
}

#[tokio::test]
async fn what_is_no_file_of_the_kind_is_refused_and_nothing_is_stored() {
    let given = server().await;
    let token = given.admin().await;

    for (query, body, detail) in [
        ("", "", "the file is empty"),
        ("", "hello", "is neither XML nor JSON"),
        ("", "<html/>", "the root element is <html>, not <nmaprun>"),
        ("?format=masscan-json", NMAP, "the file is XML, and not masscan-json"),
        ("?format=csv", NMAP, "is not a file format"),
        ("?colour=red", NMAP, "unknown field"),
    ] {
        let told = given.send(sent(query, body.as_bytes()).token(&token)).await.refused(422);
        assert!(told.contains(detail), "{query} {told}");
    }
    let nowhere = sent("?project=nowhere", NMAP.as_bytes()).token(&token);
    given.send(nowhere).await.refused(404);
    assert_eq!(scans(&given, &token).await, json!([]));
}

#[tokio::test]
async fn whoever_may_only_look_imports_nothing() {
    let given = server().await;
    let token = given.token(&given.realm, Role::Viewer).await;

    given.send(sent("", NMAP.as_bytes()).token(&token)).await.refused(403);
}

#[tokio::test]
async fn an_imported_scan_is_neither_retried_nor_run_again() {
    let given = server().await;
    let token = given.admin().await;
    let made = given.send(sent("", NMAP.as_bytes()).token(&token)).await.expect(201);
    let scan = format!("/api/v1/scans/{}", made["scan"]["id"].as_str().unwrap());

    for command in ["start", "resume", "retry", "rerun"] {
        let asked = ask(Method::POST, &format!("{scan}/{command}")).json(&json!({})).token(&token);
        let told = given.send(asked).await.refused(409);
        assert!(
            told.contains("imported") || told.contains("that is completed"),
            "{command}: {told}"
        );
    }
}
