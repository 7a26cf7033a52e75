//! Rules on requests that may come twice.

use netscan_store::{Begun, Store};

use super::given::at;
use super::people::{first, other};

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

pub(crate) async fn a_request_that_comes_again_gets_the_answer_it_got(store: Store) {
    let realm = first(&store).await;

    let begun = realm.begin_request("key", "this", at(0)).await.unwrap();
    let meanwhile = realm.begin_request("key", "this", at(1)).await.unwrap();
    let another = realm.begin_request("key", "that", at(1)).await.unwrap();
    realm.finish_request("key", "this", 201, "made").await.unwrap();
    let again = realm.begin_request("key", "this", at(DAY - 1)).await.unwrap();
    let later_another = realm.begin_request("key", "that", at(DAY - 1)).await.unwrap();
    let forgotten = realm.begin_request("key", "that", at(DAY)).await.unwrap();

    assert_eq!([begun, meanwhile, another], [Begun::New, Begun::Running, Begun::Other]);
    assert_eq!(again, Begun::Again { status: 201, answer: "made".into() });
    assert_eq!([later_another, forgotten], [Begun::Other, Begun::New]);
}

pub(crate) async fn a_request_is_begun_once_whoever_races(store: Store) {
    let realm = first(&store).await;

    let racers: Vec<_> = (0..20)
        .map(|_| {
            let realm = realm.clone();
            tokio::spawn(async move { realm.begin_request("key", "this", at(0)).await.unwrap() })
        })
        .collect();
    let mut begun = Vec::new();
    for racer in racers {
        begun.push(racer.await.unwrap());
    }

    assert_eq!(begun.iter().filter(|begun| **begun == Begun::New).count(), 1);
    assert_eq!(begun.iter().filter(|begun| **begun == Begun::Running).count(), 19);
}

pub(crate) async fn a_request_that_failed_may_be_tried_again(store: Store) {
    let realm = first(&store).await;

    realm.begin_request("key", "this", at(0)).await.unwrap();
    realm.drop_request("key", "this").await.unwrap();
    let again = realm.begin_request("key", "this", at(1)).await.unwrap();
    realm.finish_request("key", "this", 200, "done").await.unwrap();
    realm.drop_request("key", "this").await.unwrap();
    let answered = realm.begin_request("key", "this", at(2)).await.unwrap();

    assert_eq!(again, Begun::New);
    assert_eq!(answered, Begun::Again { status: 200, answer: "done".into() });
}

pub(crate) async fn a_request_that_nobody_answers_any_more_is_begun_anew(store: Store) {
    let realm = first(&store).await;

    realm.begin_request("key", "this", at(0)).await.unwrap();
    let early = realm.begin_request("key", "that", at(15 * MINUTE - 1)).await.unwrap();
    let late = realm.begin_request("key", "that", at(15 * MINUTE)).await.unwrap();
    // The one that was given up answers after all: it answers nothing that was asked since.
    realm.finish_request("key", "this", 200, "late").await.unwrap();
    let meanwhile = realm.begin_request("key", "that", at(16 * MINUTE)).await.unwrap();

    assert_eq!([early, late, meanwhile], [Begun::Other, Begun::New, Begun::Running]);
}

pub(crate) async fn a_key_is_one_organisations(store: Store) {
    let (first, other) = (first(&store).await, other(&store).await);

    first.begin_request("key", "this", at(0)).await.unwrap();
    first.finish_request("key", "this", 200, "ours").await.unwrap();
    let theirs = other.begin_request("key", "this", at(1)).await.unwrap();

    assert_eq!(theirs, Begun::New);
    assert_eq!(store.prune(at(DAY - 1)).await.unwrap(), 0);
    assert_eq!(store.prune(at(DAY + 1)).await.unwrap(), 2);
}
