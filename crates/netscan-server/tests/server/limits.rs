//! The limits of the server.

use netscan_model::access::Role;
use serde_json::json;

use crate::given::{get, put, server};

const PATH: &str = "/api/v1/settings/limits";

#[tokio::test]
async fn limits_that_were_set_are_shown_and_hold_for_the_store() {
    let given = server().await;
    let admin = given.admin().await;
    let limits = json!({
        "max_batches": 8, "max_rate": null,
        "politeness": { "address_rate": 100, "network_rate": 1000 },
    });

    assert_eq!(given.send(put(PATH, &limits).token(&admin)).await.expect(200), limits);

    assert_eq!(given.send(get(PATH).token(&admin)).await.expect(200), limits);
    let stored = given.store.server_limits().await.unwrap();
    assert_eq!(serde_json::to_value(stored).unwrap(), limits);
}

#[tokio::test]
async fn a_limit_of_nothing_is_refused_with_its_field() {
    let given = server().await;
    let admin = given.admin().await;

    let answer = given.send(put(PATH, &json!({ "max_batches": 0 })).token(&admin)).await;

    assert_eq!(answer.expect(422)["errors"][0]["field"], "/max_batches");
}

#[tokio::test]
async fn limits_are_for_admins_of_the_first_organisation() {
    let given = server().await;
    let other = given.organisation("other").await;
    let stranger = given.token(&other, Role::Admin).await;
    let operator = given.token(&given.realm, Role::Operator).await;

    for token in [stranger, operator] {
        given.send(get(PATH).token(&token)).await.refused(403);
        given.send(put(PATH, &json!({})).token(&token)).await.refused(403);
    }
}
