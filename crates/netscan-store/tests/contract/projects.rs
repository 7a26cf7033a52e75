//! Rules on projects, their inventory and their scope.

use netscan_store::{InventoryTarget, Store, StoreError};
use serde_json::json;
use uuid::Uuid;

use super::given::{PROJECT, at, by, realm};

fn target(text: &str, second: i64) -> InventoryTarget {
    InventoryTarget {
        target: text.into(),
        kind: "address".into(),
        tags: vec![],
        added_at: at(second),
    }
}

async fn project(store: &Store) -> Uuid {
    realm(store).await.ensure_project(PROJECT, Uuid::from_u128(1), by(0)).await.unwrap().id
}

pub(crate) async fn a_project_is_made_once(store: Store) {
    let ensured = (1..=16_u128).map(|id| {
        let store = store.clone();
        tokio::spawn(async move {
            realm(&store)
                .await
                .ensure_project(PROJECT, Uuid::from_u128(id), by(0))
                .await
                .unwrap()
                .id
        })
    });
    let mut ids = Vec::new();
    for task in ensured.collect::<Vec<_>>() {
        ids.push(task.await.unwrap());
    }

    let kept = realm(&store).await.project(PROJECT).await.unwrap().unwrap().id;
    assert_eq!(ids, [kept; 16]);
    assert_eq!(store.audited(99).await.unwrap().len(), 1);
}

pub(crate) async fn a_target_is_in_the_inventory_once(store: Store) {
    project(&store).await;
    let (young, old) = (target("10.0.0.1", 5), target("10.0.0.2", 1));

    let added = realm(&store)
        .await
        .add_targets(PROJECT, &[young.clone(), old.clone()], by(9))
        .await
        .unwrap();
    let again =
        realm(&store).await.add_targets(PROJECT, &[target("10.0.0.1", 8)], by(9)).await.unwrap();
    let tags = ["dmz".to_owned(), "web".to_owned()];
    assert!(realm(&store).await.tag_target(PROJECT, "10.0.0.1", &tags, by(9)).await.unwrap());

    let tagged = InventoryTarget { tags: tags.to_vec(), ..young };
    assert_eq!((added, again), (2, 0));
    assert_eq!(realm(&store).await.targets(PROJECT).await.unwrap(), [old.clone(), tagged]);
    assert!(realm(&store).await.remove_target(PROJECT, "10.0.0.1", by(9)).await.unwrap());
    assert!(!realm(&store).await.remove_target(PROJECT, "10.0.0.1", by(9)).await.unwrap());
    assert!(!realm(&store).await.tag_target(PROJECT, "10.0.0.1", &tags, by(9)).await.unwrap());
    assert_eq!(realm(&store).await.targets(PROJECT).await.unwrap(), [old]);
}

pub(crate) async fn a_scope_is_replaced_as_a_whole(store: Store) {
    project(&store).await;
    let (none, allow) = (json!({ "rules": [] }), json!({ "allow": ["10.0.0.0/8"] }));
    let deny = json!({ "deny": ["10.1.0.0/16"] });
    realm(&store).await.change_scope(PROJECT, &none, &allow, by(1)).await.unwrap();

    realm(&store).await.change_scope(PROJECT, &allow, &deny, by(2)).await.unwrap();

    assert_eq!(realm(&store).await.project(PROJECT).await.unwrap().unwrap().scope, deny);
}

pub(crate) async fn a_scope_that_someone_else_changed_is_not_overwritten(store: Store) {
    project(&store).await;
    let (none, allow) = (json!({ "rules": [] }), json!({ "allow": ["10.0.0.0/8"] }));
    realm(&store).await.change_scope(PROJECT, &none, &allow, by(1)).await.unwrap();

    let late =
        realm(&store).await.change_scope(PROJECT, &none, &json!({}), by(2)).await.unwrap_err();

    assert!(matches!(late, StoreError::Changed { .. }), "{late}");
    assert_eq!(realm(&store).await.project(PROJECT).await.unwrap().unwrap().scope, allow);
}

pub(crate) async fn what_belongs_to_no_project_is_refused(store: Store) {
    let scope =
        realm(&store).await.change_scope("typo", &json!({}), &json!({}), by(0)).await.unwrap_err();
    let targets =
        realm(&store).await.add_targets("typo", &[target("10.0.0.1", 0)], by(0)).await.unwrap_err();

    assert!(matches!(scope, StoreError::NoProject { .. }), "{scope}");
    assert_eq!(targets.to_string(), r#"there is no project "typo""#);
    assert_eq!(realm(&store).await.targets("typo").await.unwrap(), []);
    assert_eq!(realm(&store).await.project("typo").await.unwrap(), None);
    assert_eq!(store.audited(9).await.unwrap(), []);
}

pub(crate) async fn a_database_keeps_its_first_id(store: Store) {
    let asked = (1..=4_u128).map(|id| {
        let store = store.clone();
        tokio::spawn(async move { store.instance(Uuid::from_u128(id), at(0)).await.unwrap() })
    });
    let mut answers = Vec::new();
    for task in asked.collect::<Vec<_>>() {
        answers.push(task.await.unwrap());
    }

    assert_eq!(answers, [answers[0]; 4]);
    assert_eq!(store.instance(Uuid::from_u128(5), at(0)).await.unwrap(), answers[0]);
}
