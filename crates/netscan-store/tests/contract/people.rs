//! Rules on organisations, who belongs to them, and who is let in as whom.

use std::time::Duration;

use netscan_model::access::{Grant, Permission, Role};
use netscan_store::{
    By, CallerKind, CallerRecord, Identity, NewSession, NewToken, NewUser, Organisation, Realm,
    SetupState, Store, StoreError, User, UserChanges,
};
use serde_json::json;
use uuid::Uuid;

use super::given::{at, by};

const IDLE: Duration = Duration::from_mins(30);

/// The organisation that every database begins with.
pub(crate) async fn first(store: &Store) -> Realm {
    store.realm(Organisation::FIRST).await.unwrap().unwrap()
}

/// Another organisation.
pub(crate) async fn other(store: &Store) -> Realm {
    let id = Uuid::from_u128(0xaaaa);
    store.create_organisation(id, "other", by(0)).await.unwrap();
    store.realm(id).await.unwrap().unwrap()
}

pub(crate) fn new_user(id: u128, name: &str, role: Role) -> NewUser {
    NewUser {
        id: Uuid::from_u128(id),
        name: name.into(),
        display_name: format!("The {name}"),
        password: Some(format!("$argon2id$of-{name}")),
        identity: None,
        role,
    }
}

async fn user(realm: &Realm, id: u128, name: &str, role: Role) -> User {
    realm.create_user(&new_user(id, name, role), by(0)).await.unwrap().user
}

/// A session of `user` in `realm`, opened at second 0 and ending at second 36,000.
async fn session(store: &Store, realm: &Realm, hash: &str, user: &User) -> Uuid {
    let new = new_session(realm, hash, user);
    assert!(store.open_session(&new, by(0)).await.unwrap());
    new.id
}

fn new_session(realm: &Realm, hash: &str, user: &User) -> NewSession {
    NewSession {
        hash: hash.into(),
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, hash.as_bytes()),
        user: user.id,
        organisation: realm.organisation_id(),
        remote: "192.0.2.7".into(),
        agent: "a browser".into(),
        ends_at: at(36_000),
    }
}

fn new_token(id: &str, role: Role, user: Option<&User>) -> NewToken {
    NewToken {
        id: id.into(),
        hash: format!("hash of {id}"),
        name: format!("name of {id}"),
        role,
        scopes: vec![],
        ends_at: Some(at(9_000)),
        user: user.map(|user| user.id),
        made_by: None,
    }
}

async fn token(realm: &Realm, id: &str, role: Role, user: Option<&User>) {
    assert!(realm.create_token(&new_token(id, role, user), by(0)).await.unwrap().is_some());
}

async fn by_session(store: &Store, hash: &str, second: i64) -> Option<CallerRecord> {
    store.caller_by_session(hash, IDLE, at(second)).await.unwrap()
}

async fn by_token(store: &Store, id: &str, second: i64) -> Option<CallerRecord> {
    let is_right = |hash: &str| hash == format!("hash of {id}");
    store.caller_by_token(id, is_right, at(second)).await.unwrap()
}

async fn is_let_in(store: &Store, hash: &str, token: &str) -> [bool; 2] {
    [by_session(store, hash, 1).await.is_some(), by_token(store, token, 1).await.is_some()]
}

// Organisations

pub(crate) async fn a_database_begins_with_one_organisation(store: Store) {
    let begun = store.organisations().await.unwrap();
    let made = store.create_organisation(Uuid::from_u128(2), "blue", by(1)).await.unwrap();
    let again = store.create_organisation(Uuid::from_u128(3), "blue", by(2)).await;

    assert_eq!(begun.len(), 1);
    assert!(begun[0].is_first() && begun[0].name == "default");
    assert!(!made.is_first());
    assert_eq!(store.organisations().await.unwrap(), [begun[0].clone(), made]);
    assert!(matches!(again, Err(StoreError::Taken { what: "organisation", .. })));
    assert!(store.realm(Uuid::from_u128(3)).await.unwrap().is_none());
}

pub(crate) async fn an_organisation_takes_no_name_that_another_has(store: Store) {
    let (first, other) = (first(&store).await, other(&store).await);

    let refused = other.rename_organisation("default", by(1)).await;
    other.rename_organisation("blue", by(2)).await.unwrap();

    assert!(matches!(refused, Err(StoreError::Taken { what: "organisation", .. })));
    assert_eq!(other.organisation().await.unwrap().name, "blue");
    assert_eq!(first.organisation().await.unwrap().name, "default");
}

// The set-up

pub(crate) async fn the_set_up_is_done_once_whoever_races(store: Store) {
    store.offer_setup("one-time", at(100), at(0)).await.unwrap();

    let racers: Vec<_> = (0..50)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let new = new_user(100 + number, &format!("user-{number}"), Role::Viewer);
                store.complete_setup("one-time", &new, Some("ours"), by(1)).await
            })
        })
        .collect();
    let mut winners = Vec::new();
    for racer in racers {
        match racer.await.unwrap() {
            Ok(user) => winners.push(user),
            Err(error) => assert!(matches!(error, StoreError::SetUp), "{error}"),
        }
    }

    let realm = first(&store).await;
    let users = realm.users().await.unwrap();
    assert_eq!(winners.len(), 1);
    assert_eq!(users.len(), 1);
    assert_eq!((&users[0].user, users[0].role), (&winners[0], Role::Admin));
    assert_eq!(realm.organisation().await.unwrap().name, "ours");
    let state = store.setup_state(at(2)).await.unwrap();
    assert_eq!(state, SetupState { is_needed: false, is_offered: false });
    let offered = store.offer_setup("again", at(100), at(2)).await;
    assert!(matches!(offered, Err(StoreError::SetUp)));
}

pub(crate) async fn a_set_up_needs_the_secret_that_was_offered_last(store: Store) {
    let new = new_user(1, "mara", Role::Admin);
    let complete = async |hash: &str, second| {
        store.complete_setup(hash, &new, None, by(second)).await.map_err(|error| {
            assert!(matches!(error, StoreError::SetupRefused), "{error}");
        })
    };

    assert!(complete("nothing was offered", 1).await.is_err());
    store.offer_setup("first", at(100), at(1)).await.unwrap();
    store.offer_setup("second", at(100), at(2)).await.unwrap();
    assert!(complete("first", 3).await.is_err());
    assert!(complete("second", 100).await.is_err());
    let is_offered = async |second| store.setup_state(at(second)).await.unwrap().is_offered;
    assert_eq!([is_offered(99).await, is_offered(100).await], [true, false]);
    assert!(first(&store).await.users().await.unwrap().is_empty());
    assert!(complete("second", 99).await.is_ok());
}

pub(crate) async fn a_set_up_that_cannot_be_done_uses_up_nothing(store: Store) {
    let realm = first(&store).await;
    user(&realm, 1, "mara", Role::Viewer).await;
    store.offer_setup("one-time", at(100), at(0)).await.unwrap();

    let mara = new_user(2, "Mara", Role::Admin);
    let refused = store.complete_setup("one-time", &mara, Some("ours"), by(1)).await;
    let (state, organisation) =
        (store.setup_state(at(1)).await.unwrap(), realm.organisation().await.unwrap());
    let nora = new_user(3, "nora", Role::Admin);
    let done = store.complete_setup("one-time", &nora, None, by(2)).await.unwrap();

    assert!(matches!(refused, Err(StoreError::Taken { what: "user", .. })));
    assert_eq!(state, SetupState { is_needed: true, is_offered: true });
    assert_eq!(organisation.name, "default");
    assert_eq!(done.name, "nora");
}

// Signing in

pub(crate) async fn a_user_is_found_under_any_spelling_of_their_name(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "MÄra", Role::Operator).await;
    let again = realm.create_user(&new_user(2, "mÄRA", Role::Viewer), by(1)).await;

    let found = store.credentials("mära").await.unwrap().unwrap();

    assert_eq!(found.user, mara);
    assert_eq!(mara.name, "mära");
    assert_eq!(found.password.as_deref(), Some("$argon2id$of-MÄra"));
    assert_eq!(found.totp, None);
    assert_eq!(found.memberships.len(), 1);
    assert_eq!(found.memberships[0].organisation_id, Organisation::FIRST);
    assert_eq!(found.memberships[0].role, Role::Operator);
    assert!(matches!(again, Err(StoreError::Taken { what: "user", .. })));
    assert_eq!(realm.user_named("MÄRA").await.unwrap().unwrap().user, mara);
    assert!(store.credentials("maera").await.unwrap().is_none());
}

pub(crate) async fn a_second_factor_counts_once_it_is_confirmed(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Admin).await;
    let totp = async || store.credentials("mara").await.unwrap().unwrap().totp;

    assert!(!realm.confirm_totp(mara.id, "first", 5, by(1)).await.unwrap());
    assert!(realm.set_totp(mara.id, "first", by(1)).await.unwrap());
    assert!(realm.set_totp(mara.id, "second", by(2)).await.unwrap());
    assert!(!store.use_totp_step(mara.id, 5).await.unwrap());
    assert!(!totp().await.unwrap().is_on);
    assert!(!realm.confirm_totp(mara.id, "first", 6, by(3)).await.unwrap());
    assert!(!totp().await.unwrap().is_on);
    assert!(realm.confirm_totp(mara.id, "second", 7, by(3)).await.unwrap());

    let on = totp().await.unwrap();
    assert_eq!((on.secret.as_str(), on.is_on, on.last), ("second", true, 7));
    assert!(!realm.set_totp(mara.id, "a thief's", by(4)).await.unwrap());
    assert!(!store.use_totp_step(mara.id, 7).await.unwrap());
    assert!(store.use_totp_step(mara.id, 8).await.unwrap());
    assert!(realm.user(mara.id).await.unwrap().unwrap().user.has_totp);
    assert!(realm.drop_totp(mara.id, by(5)).await.unwrap());
    assert!(!realm.drop_totp(mara.id, by(6)).await.unwrap());
    assert_eq!(totp().await, None);
}

pub(crate) async fn a_time_step_is_used_once_whoever_races(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Admin).await;
    realm.set_totp(mara.id, "secret", by(1)).await.unwrap();
    realm.confirm_totp(mara.id, "secret", 1, by(1)).await.unwrap();

    let racers: Vec<_> = (0..20)
        .map(|_| {
            let (store, id) = (store.clone(), mara.id);
            tokio::spawn(async move { store.use_totp_step(id, 2).await.unwrap() })
        })
        .collect();
    let mut used = 0;
    for racer in racers {
        used += u32::from(racer.await.unwrap());
    }

    assert_eq!(used, 1);
}

pub(crate) async fn an_identity_is_one_users(store: Store) {
    let realm = first(&store).await;
    let identity =
        |subject: &str| Identity { issuer: "https://id".into(), subject: subject.into() };
    let mut new = new_user(1, "mara", Role::Viewer);
    new.password = None;
    new.identity = Some(identity("m"));
    let mara = realm.create_user(&new, by(0)).await.unwrap().user;
    let nora = user(&realm, 2, "nora", Role::Viewer).await;

    let stolen = store.link_identity(nora.id, &identity("m"), by(1)).await;
    let linked = store.link_identity(nora.id, &identity("n"), by(2)).await.unwrap();
    let again = realm.create_user(&NewUser { name: "odd".into(), ..new }, by(3)).await;

    let found = async |subject: &str| {
        let found = store.user_by_identity("https://id", subject).await.unwrap();
        found.map(|found| found.user.id)
    };
    assert!(matches!(stolen, Err(StoreError::Taken { .. })));
    assert!(matches!(again, Err(StoreError::Taken { .. })));
    assert!(linked && mara.has_identity && !mara.has_password);
    assert_eq!(
        [found("m").await, found("n").await, found("o").await],
        [Some(mara.id), Some(nora.id), None]
    );
    assert!(!store.link_identity(Uuid::from_u128(9), &identity("z"), by(4)).await.unwrap());
}

// Callers

pub(crate) async fn a_session_says_who_calls_and_what_they_may(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Operator).await;
    let id = session(&store, &realm, "hash", &mara).await;

    let caller = by_session(&store, "hash", 5).await.unwrap();

    let expected = CallerRecord {
        kind: CallerKind::Session,
        id: id.to_string(),
        actor: "user:mara".into(),
        user: Some(mara),
        organisation: realm.organisation().await.unwrap(),
        grant: Grant::of(Role::Operator),
        ends_at: Some(at(36_000)),
    };
    assert_eq!(caller, expected);
    assert_eq!(by_session(&store, &id.to_string(), 5).await, None);
}

pub(crate) async fn a_session_ends_when_it_was_idle_or_is_old(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Viewer).await;
    session(&store, &realm, "left alone", &mara).await;
    session(&store, &realm, "in use", &mara).await;

    assert!(by_session(&store, "left alone", 1_799).await.is_some());
    for second in (0..36_000).step_by(1_700) {
        assert!(by_session(&store, "in use", second).await.is_some(), "at {second}");
    }

    assert!(by_session(&store, "left alone", 1_799 + 1_800).await.is_none());
    assert!(by_session(&store, "in use", 35_999).await.is_some());
    assert!(by_session(&store, "in use", 36_000).await.is_none());
    assert_eq!(realm.sessions(mara.id, at(36_000)).await.unwrap(), []);
    assert_eq!(store.prune(at(35_999)).await.unwrap(), 0);
    assert_eq!(store.prune(at(36_000)).await.unwrap(), 2);
}

pub(crate) async fn that_a_caller_was_here_is_written_down_once_a_minute(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Viewer).await;
    session(&store, &realm, "hash", &mara).await;
    token(&realm, "ci", Role::Viewer, None).await;
    let mut seen = Vec::new();

    for second in [1, 59, 60, 119, 120] {
        by_session(&store, "hash", second).await.unwrap();
        by_token(&store, "ci", second).await.unwrap();
        let session = realm.sessions(mara.id, at(second)).await.unwrap().remove(0);
        let token = realm.token("ci").await.unwrap().unwrap();
        seen.push((session.last_seen_at, token.last_used_at));
    }

    let expected = [(0, 1), (0, 1), (60, 1), (60, 119), (120, 119)];
    let expected: Vec<_> =
        expected.into_iter().map(|(user, token)| (at(user), Some(at(token)))).collect();
    assert_eq!(seen, expected);
    let mara = realm.user(mara.id).await.unwrap().unwrap().user;
    assert_eq!(mara.last_seen_at, Some(at(120)));
}

pub(crate) async fn a_short_idle_time_is_kept_to_while_a_session_is_in_use(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Viewer).await;
    session(&store, &realm, "hash", &mara).await;
    let idle = Duration::from_secs(20);

    for second in (5..200).step_by(5) {
        let caller = store.caller_by_session("hash", idle, at(second)).await.unwrap();
        assert!(caller.is_some(), "at {second}");
    }
    let caller = store.caller_by_session("hash", idle, at(195 + 20)).await.unwrap();

    assert_eq!(caller, None);
}

pub(crate) async fn whoever_only_looks_keeps_no_session_alive(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Viewer).await;
    session(&store, &realm, "hash", &mara).await;
    token(&realm, "ci", Role::Viewer, Some(&mara)).await;
    let holder =
        async |second| store.holder_of_session("hash", IDLE, at(second)).await.unwrap().is_some();
    let mut is_held = Vec::new();

    for second in [1, 900, 1_799, 1_800] {
        is_held.push(holder(second).await);
        assert!(store.holder_of_token("ci", at(second)).await.unwrap().is_some());
    }

    assert_eq!(is_held, [true, true, true, false]);
    let left = realm.sessions(mara.id, at(1)).await.unwrap().remove(0);
    assert_eq!(left.last_seen_at, at(0));
    assert_eq!(realm.token("ci").await.unwrap().unwrap().last_used_at, None);
    assert!(store.holder_of_token("ci", at(9_000)).await.unwrap().is_none());
}

pub(crate) async fn a_session_is_for_those_who_belong_and_are_not_kept_out(store: Store) {
    let (first, other) = (first(&store).await, other(&store).await);
    let mara = user(&first, 1, "mara", Role::Viewer).await;
    let nora = user(&first, 2, "nora", Role::Viewer).await;
    let out = UserChanges { is_disabled: Some(true), ..UserChanges::default() };
    first.change_user(nora.id, &out, by(1)).await.unwrap();

    let open = async |realm, hash, user| {
        store.open_session(&new_session(realm, hash, user), by(2)).await.unwrap()
    };

    assert!(open(&first, "a", &mara).await);
    assert!(!open(&other, "b", &mara).await);
    assert!(!open(&first, "c", &nora).await);
}

pub(crate) async fn a_token_says_who_calls_and_what_they_may(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Operator).await;
    let scopes = vec![Permission::Read, Permission::Scan];
    let new = NewToken { scopes: scopes.clone(), ..new_token("ci", Role::Operator, Some(&mara)) };
    let made = realm.create_token(&new, by(0)).await.unwrap().unwrap();
    token(&realm, "machine", Role::Admin, None).await;

    let caller = by_token(&store, "ci", 5).await.unwrap();
    let machine = by_token(&store, "machine", 5).await.unwrap();

    let expected = CallerRecord {
        kind: CallerKind::Token,
        id: "ci".into(),
        actor: "token:name of ci#ci".into(),
        user: Some(mara.clone()),
        organisation: realm.organisation().await.unwrap(),
        grant: Grant { role: Role::Operator, scopes: scopes.clone() },
        ends_at: Some(at(9_000)),
    };
    assert_eq!(caller, expected);
    assert_eq!(caller.token_name(), Some("name of ci"));
    assert_eq!((machine.user, machine.grant), (None, Grant::of(Role::Admin)));
    assert_eq!((made.user, made.user_name.as_deref()), (Some(mara.id), Some("mara")));
    assert_eq!((made.role, made.scopes), (Role::Operator, scopes));
    assert!(by_token(&store, "ci", 8_999).await.is_some());
    assert!(by_token(&store, "ci", 9_000).await.is_none());
}

pub(crate) async fn a_token_is_revoked_with_all_that_it_made(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Viewer).await;
    let make = async |id: &str, made_by: Option<&str>| {
        let made_by = made_by.map(str::to_owned);
        let new = NewToken { made_by, ..new_token(id, Role::Viewer, Some(&mara)) };
        realm.create_token(&new, by(1)).await.unwrap().is_some()
    };
    assert!(make("parent", None).await && make("bystander", None).await);
    assert!(make("child", Some("parent")).await && make("grandchild", Some("child")).await);

    assert!(realm.revoke_token("parent", by(2)).await.unwrap());

    let left = realm.tokens(None).await.unwrap().into_iter().map(|token| token.id);
    assert_eq!(left.collect::<Vec<_>>(), ["bystander"]);
    assert!(by_token(&store, "grandchild", 3).await.is_none());
    assert!(by_token(&store, "bystander", 3).await.is_some());
    assert!(!realm.revoke_token("child", by(3)).await.unwrap());
    let rows = store.audited(3).await.unwrap().into_iter();
    let told: Vec<_> = rows.map(|row| (row.action, row.detail["id"].clone())).collect();
    let told_of = |id: &str| ("token.revoke".to_owned(), json!(id));
    assert_eq!(told[0], told_of("parent"));
    assert!(told.contains(&told_of("child")) && told.contains(&told_of("grandchild")), "{told:?}");
    assert!(!make("late", Some("parent")).await, "a dead token makes none");
    let (ended, after) = (new_token("late", Role::Viewer, Some(&mara)), by(9_000));
    let late = NewToken { made_by: Some("bystander".into()), ..ended };
    assert_eq!(realm.create_token(&late, after).await.unwrap(), None);
}

pub(crate) async fn a_wrong_secret_lets_nobody_in_and_leaves_no_trace(store: Store) {
    let realm = first(&store).await;
    token(&realm, "ci", Role::Admin, None).await;

    let wrong = store.caller_by_token("ci", |_| false, at(1)).await.unwrap();
    let unknown = store.caller_by_token("cd", |_| true, at(1)).await.unwrap();

    assert_eq!((wrong, unknown), (None, None));
    assert_eq!(realm.token("ci").await.unwrap().unwrap().last_used_at, None);
}

pub(crate) async fn a_token_allows_no_more_than_its_owner_may_now(store: Store) {
    let realm = first(&store).await;
    user(&realm, 1, "boss", Role::Admin).await;
    let mara = user(&realm, 2, "mara", Role::Admin).await;
    token(&realm, "ci", Role::Operator, Some(&mara)).await;
    let mut roles = Vec::new();

    for role in [Role::Admin, Role::Operator, Role::Viewer, Role::Admin] {
        let changes = UserChanges { role: Some(role), ..UserChanges::default() };
        realm.change_user(mara.id, &changes, by(1)).await.unwrap();
        roles.push(by_token(&store, "ci", 2).await.unwrap().grant.role);
    }

    assert_eq!(roles, [Role::Operator, Role::Operator, Role::Viewer, Role::Operator]);
}

pub(crate) async fn whoever_lost_their_rights_is_out_at_the_next_call(store: Store) {
    let realm = first(&store).await;
    let boss = user(&realm, 1, "boss", Role::Admin).await;
    let mara = user(&realm, 2, "mara", Role::Viewer).await;
    let nora = user(&realm, 3, "nora", Role::Viewer).await;
    let id = session(&store, &realm, "boss", &boss).await;
    token(&realm, "boss", Role::Admin, Some(&boss)).await;
    session(&store, &realm, "mara", &mara).await;
    token(&realm, "mara", Role::Viewer, Some(&mara)).await;
    session(&store, &realm, "nora", &nora).await;
    token(&realm, "nora", Role::Viewer, Some(&nora)).await;
    let is_disabled = |is| UserChanges { is_disabled: Some(is), ..UserChanges::default() };

    assert_eq!(is_let_in(&store, "boss", "boss").await, [true, true]);
    assert!(realm.end_session(boss.id, id, by(1)).await.unwrap());
    assert_eq!(is_let_in(&store, "boss", "boss").await, [false, true]);
    assert!(realm.revoke_token("boss", by(1)).await.unwrap());
    assert!(!realm.revoke_token("boss", by(1)).await.unwrap());
    assert_eq!(is_let_in(&store, "boss", "boss").await, [false, false]);
    assert_eq!(realm.token("boss").await.unwrap(), None);

    assert_eq!(is_let_in(&store, "mara", "mara").await, [true, true]);
    realm.change_user(mara.id, &is_disabled(true), by(1)).await.unwrap();
    assert_eq!(is_let_in(&store, "mara", "mara").await, [false, false]);
    realm.change_user(mara.id, &is_disabled(false), by(1)).await.unwrap();
    assert_eq!(is_let_in(&store, "mara", "mara").await, [false, true]);

    assert_eq!(is_let_in(&store, "nora", "nora").await, [true, true]);
    assert!(realm.remove_user(nora.id, by(1)).await.unwrap());
    assert_eq!(is_let_in(&store, "nora", "nora").await, [false, false]);

    session(&store, &realm, "again", &boss).await;
    assert!(store.close_session("again", by(1)).await.unwrap());
    assert!(!store.close_session("again", by(1)).await.unwrap());
    assert_eq!(by_session(&store, "again", 1).await, None);
}

pub(crate) async fn every_change_of_rights_is_counted_and_nothing_else(store: Store) {
    let realm = first(&store).await;
    let other = other(&store).await;
    user(&realm, 1, "boss", Role::Admin).await;
    let mara = user(&realm, 2, "mara", Role::Viewer).await;
    let a = session(&store, &realm, "a", &mara).await;
    let b = session(&store, &realm, "b", &mara).await;
    session(&store, &realm, "c", &mara).await;
    session(&store, &realm, "d", &mara).await;
    token(&realm, "ci", Role::Viewer, Some(&mara)).await;
    by_session(&store, "a", 600).await.unwrap();
    realm.set_totp(mara.id, "secret", by(1)).await.unwrap();
    let before = store.access_version().await.unwrap();
    let mut versions = Vec::new();
    let mut count = async || versions.push(store.access_version().await.unwrap() - before);
    let change = async |changes| realm.change_user(mara.id, &changes, by(1)).await.unwrap();
    let unchanged = UserChanges::default;

    count().await;
    store.close_session("c", by(1)).await.unwrap();
    count().await;
    realm.end_session(mara.id, a, by(1)).await.unwrap();
    count().await;
    realm.end_other_sessions(mara.id, b, by(1)).await.unwrap();
    count().await;
    realm.revoke_token("ci", by(1)).await.unwrap();
    count().await;
    change(UserChanges { role: Some(Role::Operator), ..unchanged() }).await;
    count().await;
    change(UserChanges { is_disabled: Some(true), ..unchanged() }).await;
    count().await;
    change(UserChanges { password: Some("$new".into()), ..unchanged() }).await;
    count().await;
    realm.set_password(mara.id, "$newer", None, by(1)).await.unwrap();
    count().await;
    store.add_member(other.organisation_id(), mara.id, Role::Viewer, by(1)).await.unwrap();
    count().await;
    realm.remove_user(mara.id, by(1)).await.unwrap();
    count().await;

    assert_eq!(before, 0);
    assert_eq!(versions, (0..=10).collect::<Vec<_>>());
}

// Users

pub(crate) async fn another_password_ends_the_sessions_but_the_one_it_was_changed_in(store: Store) {
    let realm = first(&store).await;
    user(&realm, 1, "boss", Role::Admin).await;
    let mara = user(&realm, 2, "mara", Role::Viewer).await;
    let keep = session(&store, &realm, "keep", &mara).await;
    session(&store, &realm, "lose", &mara).await;

    assert!(realm.set_password(mara.id, "$own", Some(keep), by(1)).await.unwrap());

    let left = realm.sessions(mara.id, at(1)).await.unwrap();
    assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [keep]);
    assert_eq!(left[0].remote, "192.0.2.7");
    assert_eq!(left[0].agent, "a browser");
    let password = async || store.credentials("mara").await.unwrap().unwrap().password.unwrap();
    assert_eq!(password().await, "$own");
    let reset = UserChanges { password: Some("$reset".into()), ..UserChanges::default() };
    realm.change_user(mara.id, &reset, by(2)).await.unwrap();
    assert_eq!(realm.sessions(mara.id, at(2)).await.unwrap(), []);
    assert_eq!(password().await, "$reset");
}

pub(crate) async fn a_user_is_changed_in_what_is_named(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Viewer).await;

    let changes = UserChanges {
        role: Some(Role::Operator),
        display_name: Some("Mara M.".into()),
        ..UserChanges::default()
    };
    let after = realm.change_user(mara.id, &changes, by(1)).await.unwrap().unwrap();

    assert_eq!(after.role, Role::Operator);
    assert_eq!(after.user, User { display_name: "Mara M.".into(), ..mara });
    assert_eq!(realm.users().await.unwrap(), [after]);
    let unknown = realm.change_user(Uuid::from_u128(9), &changes, by(2)).await.unwrap();
    assert_eq!(unknown, None);
}

pub(crate) async fn an_organisation_keeps_an_admin(store: Store) {
    let realm = first(&store).await;
    let boss = user(&realm, 1, "boss", Role::Admin).await;
    let mara = user(&realm, 2, "mara", Role::Admin).await;
    let less = UserChanges { role: Some(Role::Operator), ..UserChanges::default() };
    let out = UserChanges { is_disabled: Some(true), ..UserChanges::default() };
    let more = UserChanges { role: Some(Role::Admin), ..UserChanges::default() };

    realm.change_user(mara.id, &out, by(1)).await.unwrap();
    let refused = [
        realm.change_user(boss.id, &less, by(2)).await.err(),
        realm.change_user(boss.id, &out, by(2)).await.err(),
        realm.remove_user(boss.id, by(2)).await.err(),
    ];

    for error in refused {
        let error = error.unwrap();
        assert!(matches!(error, StoreError::LastAdmin { .. }) && error.is_conflict(), "{error}");
    }
    let boss = realm.user(boss.id).await.unwrap().unwrap();
    assert_eq!((boss.role, boss.user.is_disabled), (Role::Admin, false));
    let nora = user(&realm, 3, "nora", Role::Viewer).await;
    realm.change_user(nora.id, &more, by(3)).await.unwrap();
    assert!(realm.remove_user(boss.user.id, by(4)).await.unwrap());
}

pub(crate) async fn an_organisation_keeps_an_admin_who_can_sign_in(store: Store) {
    let realm = first(&store).await;
    let boss = user(&realm, 1, "boss", Role::Admin).await;
    let robot = NewUser { password: None, ..new_user(2, "robot", Role::Admin) };
    let robot = realm.create_user(&robot, by(0)).await.unwrap().user;
    let less = UserChanges { role: Some(Role::Operator), ..UserChanges::default() };

    let refused = [
        realm.change_user(boss.id, &less, by(1)).await.err(),
        realm.remove_user(boss.id, by(1)).await.err(),
    ];

    for error in refused {
        assert!(matches!(error, Some(StoreError::LastAdmin { .. })), "{error:?}");
    }
    let identity = Identity { issuer: "https://id".into(), subject: "robot".into() };
    store.link_identity(robot.id, &identity, by(2)).await.unwrap();
    assert!(realm.change_user(boss.id, &less, by(3)).await.unwrap().is_some());
    let last = realm.change_user(robot.id, &less, by(4)).await;
    assert!(matches!(last, Err(StoreError::LastAdmin { .. })));
}

pub(crate) async fn of_two_admins_who_demote_each_other_one_stays(store: Store) {
    let realm = first(&store).await;
    let one = user(&realm, 1, "one", Role::Admin).await.id;
    let two = user(&realm, 2, "two", Role::Admin).await.id;
    let less = UserChanges { role: Some(Role::Viewer), ..UserChanges::default() };

    let (a, b) =
        tokio::join!(realm.change_user(one, &less, by(1)), realm.change_user(two, &less, by(1)));

    assert_eq!(u32::from(a.is_ok()) + u32::from(b.is_ok()), 1);
}

pub(crate) async fn who_belongs_nowhere_any_more_is_forgotten(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Viewer).await;
    session(&store, &realm, "hash", &mara).await;
    token(&realm, "ci", Role::Viewer, Some(&mara)).await;

    assert!(realm.remove_user(mara.id, by(1)).await.unwrap());
    assert!(!realm.remove_user(mara.id, by(1)).await.unwrap());

    assert!(store.credentials("mara").await.unwrap().is_none());
    assert_eq!(realm.users().await.unwrap(), []);
    let again = user(&realm, 2, "mara", Role::Viewer).await;
    assert_eq!(realm.tokens(Some(again.id)).await.unwrap(), []);
}

pub(crate) async fn one_organisation_cannot_take_over_a_user_of_another(store: Store) {
    let (first, other) = (first(&store).await, other(&store).await);
    let mara = user(&first, 1, "mara", Role::Admin).await;
    user(&first, 2, "boss", Role::Admin).await;
    assert!(store.add_member(other.organisation_id(), mara.id, Role::Viewer, by(1)).await.unwrap());
    assert!(!store.add_member(other.organisation_id(), mara.id, Role::Admin, by(1)).await.unwrap());
    let none = UserChanges::default;

    for changes in [
        UserChanges { password: Some("$theirs".into()), ..none() },
        UserChanges { is_disabled: Some(true), ..none() },
        UserChanges { display_name: Some("fool".into()), ..none() },
        UserChanges { drops_totp: true, role: Some(Role::Operator), ..none() },
    ] {
        let refused = other.change_user(mara.id, &changes, by(2)).await;
        assert!(matches!(refused, Err(StoreError::Shared { .. })), "{changes:?}");
    }
    let more = UserChanges { role: Some(Role::Operator), ..none() };
    other.change_user(mara.id, &more, by(3)).await.unwrap();

    session(&store, &first, "here", &mara).await;
    session(&store, &other, "there", &mara).await;
    token(&other, "there", Role::Viewer, Some(&mara)).await;
    let role = async |hash| by_session(&store, hash, 5).await.map(|caller| caller.grant.role);
    assert_eq!(
        [role("here").await, role("there").await],
        [Some(Role::Admin), Some(Role::Operator)]
    );
    assert!(other.remove_user(mara.id, by(6)).await.unwrap());
    assert_eq!([role("here").await, role("there").await], [Some(Role::Admin), None]);
    assert_eq!(by_token(&store, "there", 6).await, None);
    let memberships = store.credentials("mara").await.unwrap().unwrap().memberships;
    assert_eq!(memberships.len(), 1);
    // Whoever comes back does not find their old token alive.
    store.add_member(other.organisation_id(), mara.id, Role::Admin, by(7)).await.unwrap();
    assert_eq!(by_token(&store, "there", 7).await, None);
}

pub(crate) async fn an_organisation_does_not_see_the_people_of_another(store: Store) {
    let (first, other) = (first(&store).await, other(&store).await);
    let mara = user(&first, 1, "mara", Role::Viewer).await;
    let id = session(&store, &first, "hash", &mara).await;
    token(&first, "ci", Role::Viewer, Some(&mara)).await;
    let any = UserChanges { role: Some(Role::Admin), ..UserChanges::default() };

    assert_eq!(other.users().await.unwrap(), []);
    assert_eq!(other.user(mara.id).await.unwrap(), None);
    assert_eq!(other.user_named("mara").await.unwrap(), None);
    assert_eq!(other.change_user(mara.id, &any, by(1)).await.unwrap(), None);
    assert!(!other.remove_user(mara.id, by(1)).await.unwrap());
    assert!(!other.set_password(mara.id, "$theirs", None, by(1)).await.unwrap());
    assert!(!other.set_totp(mara.id, "theirs", by(1)).await.unwrap());
    assert!(!other.confirm_totp(mara.id, "theirs", 1, by(1)).await.unwrap());
    assert!(!other.drop_totp(mara.id, by(1)).await.unwrap());
    assert_eq!(other.sessions(mara.id, at(1)).await.unwrap(), []);
    assert!(!other.end_session(mara.id, id, by(1)).await.unwrap());
    assert_eq!(other.end_other_sessions(mara.id, Uuid::nil(), by(1)).await.unwrap(), 0);
    assert_eq!(other.tokens(None).await.unwrap(), []);
    assert_eq!(other.tokens(Some(mara.id)).await.unwrap(), []);
    assert_eq!(other.token("ci").await.unwrap(), None);
    assert!(!other.revoke_token("ci", by(1)).await.unwrap());
    let theirs = new_token("theirs", Role::Viewer, Some(&mara));
    assert_eq!(other.create_token(&theirs, by(1)).await.unwrap(), None);

    assert_eq!(is_let_in(&store, "hash", "ci").await, [true, true]);
    assert_eq!(first.tokens(Some(mara.id)).await.unwrap().len(), 1);
    assert_eq!(store.credentials("mara").await.unwrap().unwrap().totp, None);
}

pub(crate) async fn a_session_is_ended_by_its_own_user_only(store: Store) {
    let realm = first(&store).await;
    let mara = user(&realm, 1, "mara", Role::Viewer).await;
    let nora = user(&realm, 2, "nora", Role::Viewer).await;
    let id = session(&store, &realm, "hash", &mara).await;

    assert!(!realm.end_session(nora.id, id, by(1)).await.unwrap());
    assert!(by_session(&store, "hash", 1).await.is_some());
}

pub(crate) async fn what_is_done_to_people_is_audited_without_their_secrets(store: Store) {
    let realm = first(&store).await;
    let by = By { actor: "user:boss", remote: Some("192.0.2.1"), now: at(1) };
    let boss = realm.create_user(&new_user(1, "boss", Role::Admin), by).await.unwrap().user;
    let mara = realm.create_user(&new_user(2, "mara", Role::Viewer), by).await.unwrap().user;
    let reset = UserChanges { password: Some("$secret".into()), ..UserChanges::default() };
    realm.change_user(mara.id, &reset, by).await.unwrap();
    realm.set_password(mara.id, "$secret", None, by).await.unwrap();
    realm.set_totp(mara.id, "$secret", by).await.unwrap();
    realm.confirm_totp(mara.id, "$secret", 1, by).await.unwrap();
    realm.drop_totp(mara.id, by).await.unwrap();
    store.open_session(&new_session(&realm, "$secret", &mara), by).await.unwrap();
    store.close_session("$secret", by).await.unwrap();
    let hash = "$secret".to_owned();
    let new = NewToken { hash, ..new_token("ci", Role::Viewer, Some(&boss)) };
    realm.create_token(&new, by).await.unwrap();
    realm.revoke_token("ci", by).await.unwrap();
    store.refuse_sign_in("mara", "wrong password", by).await.unwrap();
    store.refuse_sign_in(&"x".repeat(9_999), "no such user", by).await.unwrap();
    realm.remove_user(mara.id, by).await.unwrap();

    let rows = store.audited(99).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.subject.as_str())).collect();
    let nobody = "x".repeat(64);
    let expected = [
        ("user.create", "boss"),
        ("user.create", "mara"),
        ("user.change", "mara"),
        ("user.password", "mara"),
        ("user.totp_begin", "mara"),
        ("user.totp_on", "mara"),
        ("user.totp_off", "mara"),
        ("session.open", "mara"),
        ("session.close", "mara"),
        ("token.create", "name of ci"),
        ("token.revoke", "name of ci"),
        ("session.refuse", "mara"),
        ("session.refuse", nobody.as_str()),
        ("user.remove", "mara"),
    ];
    assert_eq!(told, expected);
    assert!(rows.iter().all(|row| row.remote.as_deref() == Some("192.0.2.1")));
    assert!(!json!(rows).to_string().contains('$'), "{rows:?}");
}
