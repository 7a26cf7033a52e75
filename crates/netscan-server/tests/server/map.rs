//! The address space of a scan, and its pace.

use serde_json::{Value, json};

use crate::given::{Given, get, server};
use crate::ran::{id, lease, operator, run_dry, started, stranger, up};

async fn map(given: &Given, token: &str, scan: &str, query: &str) -> Value {
    let path = format!("/api/v1/scans/{scan}/map?{query}");
    given.send(get(&path).token(token)).await.expect(200)
}

#[tokio::test]
async fn the_address_space_of_a_scan_is_shown_cell_by_cell() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = id(&started(&given, &token, &["192.0.2.0/29", "192.0.2.16/30"]).await);
    lease(&given.store).await.unwrap();

    let whole = map(&given, &token, &scan, "cells=4").await;
    run_dry(&given.store, &[up("192.0.2.17", &[80])]).await;
    let part = map(&given, &token, &scan, "within=192.0.2.16/30").await;

    assert_eq!(
        (&whole["within"], &whole["prefix_of_a_cell"]),
        (&json!("192.0.2.0/27"), &json!(29))
    );
    assert_eq!(
        (&whole["cell_count"], &whole["cells"][0]["first"]),
        (&json!(4), &json!("192.0.2.0"))
    );
    assert_eq!(whole["blocks"], json!(["192.0.2.0/29", "192.0.2.16/30"]));
    let of = |cell: usize, what: &str| whole["cells"][cell]["counts"][what].as_u64().unwrap_or(0);
    assert_eq!(of(0, "pending") + of(1, "pending"), 11);
    assert_eq!(of(0, "running") + of(1, "running"), 1);
    assert_eq!(
        (whole["cells"].as_array().unwrap().len(), &whole["cells"][1]["index"]),
        (2, &json!(2))
    );
    assert_eq!((&part["prefix_of_a_cell"], &part["cell_count"]), (&json!(32), &json!(4)));
    assert_eq!(
        part["cells"][1],
        json!({ "index": 1, "first": "192.0.2.17", "counts": { "up": 1 } })
    );
}

#[tokio::test]
async fn a_map_of_what_is_no_network_is_refused() {
    let given = server().await;
    let (token, stranger) = (operator(&given).await, stranger(&given).await);
    let scan = id(&started(&given, &token, &["192.0.2.0/30"]).await);

    for (query, field) in [
        ("within=192.0.2.1-192.0.2.2", "/within"),
        ("within=a.lan", "/within"),
        ("within=192.0.2.0%2F33", "/within"),
        ("cells=0", "/cells"),
        ("cells=1000", "/cells"),
        ("cells=8192", "/cells"),
    ] {
        let path = format!("/api/v1/scans/{scan}/map?{query}");
        let answer = given.send(get(&path).token(&token)).await;
        assert_eq!(answer.expect(422)["errors"][0]["field"], field, "{query}");
    }
    for what in ["map", "pace"] {
        let path = format!("/api/v1/scans/{scan}/{what}");
        given.send(get(&path).token(&stranger)).await.refused(404);
    }
}

#[tokio::test]
async fn the_pace_of_a_scan_adds_up_to_what_it_did() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = id(&started(&given, &token, &["192.0.2.0/29"]).await);
    run_dry(&given.store, &[up("192.0.2.1", &[80, 443]), up("192.0.2.2", &[])]).await;
    let pace = async |query: &str| {
        let path = format!("/api/v1/scans/{scan}/pace?{query}");
        given.send(get(&path).token(&token)).await
    };

    let all = pace("points=5").await.expect(200);

    let points = all["points"].as_array().unwrap();
    let sum = |what: &str| points.iter().map(|point| point[what].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("addresses"), sum("hosts_up"), sum("open_ports")), (8, 2, 2));
    assert!(all["since"].is_string() && all["until"].is_string(), "{all}");
    assert!(all["interval_ms"].as_u64().unwrap() >= 1_000 && points.len() <= 5, "{all}");
    for wrong in ["points=0", "points=1001"] {
        assert_eq!(pace(wrong).await.expect(422)["errors"][0]["field"], "/points");
    }
}

#[tokio::test]
async fn a_scan_that_waits_has_no_pace() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({ "targets": ["192.0.2.0/30"] });
    let made = given.send(crate::given::post("/api/v1/scans", &body).token(&token)).await;
    let scan = id(&made.expect(201));

    let path = format!("/api/v1/scans/{scan}/pace");
    let pace = given.send(get(&path).token(&token)).await.expect(200);

    let expected = json!({ "since": null, "until": null, "interval_ms": 0, "points": [] });
    assert_eq!(pace, expected);
}
