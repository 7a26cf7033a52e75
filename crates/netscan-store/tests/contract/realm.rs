//! Rules on realms: what belongs to one organisation is not there for another.

use netscan_model::batch::StateName;
use netscan_model::coverage::CoverageState;
use netscan_model::scan::{Command, State};
use netscan_store::{
    BatchChanges, HostCursor, HostFilter, InventoryTarget, LimitChanges, NewProject, NewScan,
    ProjectChanges, ProjectLimits, Realm, RetryOf, ScanChanges, ScanFilter, Store, StoreError,
};
use serde_json::json;
use uuid::Uuid;

use super::given::{
    PROJECT, address, at, by, complete, created, leased, new_scan, plan, realm, run_dry, size,
    started, up,
};

/// What belongs to another organisation than all that the rules begin with.
async fn stranger(store: &Store) -> Realm {
    let id = Uuid::from_u128(500);
    store.create_organisation(id, "elsewhere", by(0)).await.unwrap();
    store.realm(id).await.unwrap().unwrap()
}

fn new_project(id: u128, name: &str) -> NewProject {
    NewProject { id: Uuid::from_u128(id), name: name.into(), description: "Ours".into() }
}

#[track_caller]
fn is_missing<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    let error = answer.unwrap_err();
    assert!(error.is_missing() && !error.is_conflict(), "{error}");
}

pub(crate) async fn what_another_organisation_has_is_not_there(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.1")], &[], at(2)).await.unwrap();
    let project = realm(&store).await.project(PROJECT).await.unwrap().unwrap();
    let other = stranger(&store).await;
    let told = store.head(scan).await.unwrap();
    let audited = store.audited(99).await.unwrap();
    let cut = |addresses: netscan_model::AddressSet| plan(&addresses, 1).into_iter();

    for reference in [PROJECT, &*project.id.to_string()] {
        let target = InventoryTarget {
            target: "10.0.0.1".into(),
            kind: "address".into(),
            tags: vec![],
            added_at: at(0),
        };
        assert_eq!(other.project(reference).await.unwrap(), None);
        is_missing(other.change_scope(reference, &json!({ "rules": [] }), &json!({}), by(3)).await);
        is_missing(other.add_targets(reference, &[target], by(3)).await);
        assert_eq!(other.targets(reference).await.unwrap(), []);
        assert_eq!(other.targets_page(reference, None, 9).await.unwrap(), []);
        assert!(!other.remove_target(reference, "10.0.0.1", by(3)).await.unwrap());
        assert!(!other.tag_target(reference, "10.0.0.1", &[], by(3)).await.unwrap());
        assert_eq!(other.find_scan(reference, "latest").await.unwrap(), None);
        assert_eq!(other.find_scan(reference, &scan.to_string()).await.unwrap(), None);
        assert_eq!(other.scans(reference).await.unwrap(), []);
        assert_eq!(other.difficult(reference, Some(scan)).await.unwrap(), []);
        assert_eq!(other.find_batch(reference, "1/1").await.unwrap(), None);
        assert_eq!(other.find_batch(reference, &lease.batch.to_string()).await.unwrap(), None);
        assert_eq!(other.split_batch(reference, "1/1", size(1), by(3)).await.unwrap(), None);
    }
    assert_eq!(other.projects().await.unwrap(), []);
    is_missing(other.change_project(project.id, &ProjectChanges::default(), by(3)).await);
    is_missing(other.remove_project(project.id, by(3)).await);

    is_missing(other.scan(scan).await);
    is_missing(other.split_scan(scan, size(1), |all, _| cut(all), by(3)).await);
    is_missing(other.definition(scan).await);
    is_missing(other.names(scan).await);
    for command in Command::ALL {
        is_missing(other.command(scan, *command, by(3)).await);
    }
    is_missing(other.retry(scan, RetryOf::Everything, cut, by(3)).await);
    is_missing(other.change_limits(scan, &LimitChanges::default(), by(3)).await);
    is_missing(other.change_scan(scan, &ScanChanges::default(), by(3)).await);
    is_missing(other.remove_scan(scan, by(3)).await);
    is_missing(other.pulse(scan).await);
    is_missing(other.waiting(scan, at(3)).await);
    is_missing(other.tally(scan).await);
    is_missing(other.quarantined(scan).await);
    is_missing(other.coverage(scan).await);
    is_missing(other.coverage_ranges(scan, CoverageState::Up).await);
    is_missing(other.coverage_page(scan, &[], None, 9).await);
    is_missing(other.events(scan, 0, 9).await);
    is_missing(other.head(scan).await);
    is_missing(other.hosts(scan, &HostCursor::default(), 9).await);
    assert_eq!(other.host(scan, address("10.0.0.1")).await.unwrap(), None);
    assert_eq!(other.history(address("10.0.0.1"), None, 9).await.unwrap(), []);
    assert_eq!(other.history(address("10.0.0.1"), Some(project.id), 9).await.unwrap(), []);
    assert_eq!(other.hosts_page(&HostFilter::default(), 9).await.unwrap(), []);
    let by_port = HostFilter { port: Some(80), ..HostFilter::default() };
    assert_eq!(other.hosts_page(&by_port, 9).await.unwrap(), []);
    assert_eq!(other.list_scans(&ScanFilter::default(), 9).await.unwrap(), []);
    let of_project = ScanFilter { project: Some(project.id), ..ScanFilter::default() };
    assert_eq!(other.list_scans(&of_project, 9).await.unwrap(), []);
    assert_eq!(other.scan_heads(None).await.unwrap(), []);
    assert_eq!(other.scan_heads(Some(project.id)).await.unwrap(), []);

    assert_eq!(other.batch(lease.batch).await.unwrap(), None);
    is_missing(other.batches(scan).await);
    is_missing(other.batches_page(scan, None, None, 9).await);
    is_missing(other.batches_in(scan, StateName::Leased, 9).await);
    is_missing(other.batch_counts(scan, at(3)).await);
    is_missing(other.batch_number(scan, "1").await);
    is_missing(other.split_batch_by_id(lease.batch, size(1), by(3)).await);
    is_missing(other.retry_batch(lease.batch, by(3)).await);
    is_missing(other.stop_batch(lease.batch, by(3)).await);
    is_missing(other.set_batch(lease.batch, &BatchChanges::default(), by(3)).await);
    is_missing(other.attempts(scan).await);
    is_missing(other.attempts_page(scan, None, 9).await);
    assert_eq!(other.attempt(lease.attempt).await.unwrap(), None);
    is_missing(other.slowest_attempts(scan, 9, at(3)).await);
    is_missing(other.earliest_attempts(scan, 9).await);
    is_missing(other.failed_attempts(scan, 9).await);

    assert_eq!(store.head(scan).await.unwrap(), told);
    assert_eq!(store.audited(99).await.unwrap(), audited);
}

pub(crate) async fn two_organisations_may_use_the_same_names(store: Store) {
    let ours = created(&store, &new_scan(1, "10.0.0.1")).await;
    let other = stranger(&store).await;

    let new = new_scan(2, "10.0.0.2");
    let batches = [new.addresses.clone()].into_iter();
    let theirs = other.create_scan(&new, batches, Uuid::from_u128(9), by(1)).await.unwrap();

    assert_eq!((theirs.number, theirs.project.as_str()), (1, PROJECT));
    assert_eq!(theirs.organisation, "elsewhere");
    assert_eq!(theirs.organisation_id, other.organisation_id());
    assert_ne!(theirs.project_id, ours.project_id);
    assert_eq!(other.find_scan(PROJECT, "1").await.unwrap().unwrap().id, theirs.id);
    assert_eq!(realm(&store).await.find_scan(PROJECT, "1").await.unwrap().unwrap().id, ours.id);
}

pub(crate) async fn there_is_no_realm_of_an_unknown_organisation(store: Store) {
    assert!(store.realm(Uuid::from_u128(404)).await.unwrap().is_none());
    assert_eq!(
        store.default_realm().await.unwrap().organisation_id(),
        netscan_store::DEFAULT_ORGANISATION
    );
}

pub(crate) async fn a_project_is_made_with_a_name_that_nobody_has(store: Store) {
    let realm = realm(&store).await;
    let project = realm.create_project(&new_project(1, "web"), by(1)).await.unwrap();

    let taken = realm.create_project(&new_project(2, "web"), by(2)).await.unwrap_err();

    assert_eq!(taken.to_string(), r#"there is a project "web" already"#);
    assert!(taken.is_conflict());
    assert_eq!((project.id, &*project.description), (Uuid::from_u128(1), "Ours"));
    assert_eq!(realm.project("web").await.unwrap().unwrap(), project);
    assert_eq!(realm.project(&project.id.to_string()).await.unwrap().unwrap(), project);
    assert_eq!(realm.projects().await.unwrap(), [project]);
}

pub(crate) async fn a_project_is_renamed_described_and_limited(store: Store) {
    let realm = realm(&store).await;
    realm.create_project(&new_project(1, "web"), by(1)).await.unwrap();
    let other = realm.create_project(&new_project(2, "dmz"), by(1)).await.unwrap();
    let limits = ProjectLimits { max_scans: Some(size(2)), ..ProjectLimits::default() };
    let rename =
        |name: &str| ProjectChanges { name: Some(name.into()), ..ProjectChanges::default() };
    let limit = ProjectChanges {
        limits: Some(limits),
        description: Some("Far out".into()),
        ..rename("edge")
    };

    let taken = realm.change_project(other.id, &rename("web"), by(2)).await.unwrap_err();
    let same = realm.change_project(other.id, &rename("dmz"), by(3)).await.unwrap();
    let changed = realm.change_project(other.id, &limit, by(4)).await.unwrap();

    assert!(matches!(taken, StoreError::Taken { .. }), "{taken}");
    assert_eq!((same.name.as_str(), same.updated_at), ("dmz", at(3)));
    assert_eq!((changed.name.as_str(), &*changed.description), ("edge", "Far out"));
    assert_eq!((changed.limits, changed.updated_at), (limits, at(4)));
    let unlimited =
        ProjectChanges { limits: Some(ProjectLimits::default()), ..ProjectChanges::default() };
    let changed = realm.change_project(other.id, &unlimited, by(5)).await.unwrap();
    assert_eq!((changed.limits, &*changed.description), (ProjectLimits::default(), "Far out"));
}

pub(crate) async fn no_project_is_called_as_ids_are_written(store: Store) {
    let realm = realm(&store).await;
    let web = realm.create_project(&new_project(1, "web"), by(1)).await.unwrap();
    let id = Uuid::from_u128(2);
    let rename = ProjectChanges { name: Some(id.to_string()), ..ProjectChanges::default() };

    let refused = [
        realm.create_project(&new_project(3, &id.to_string()), by(1)).await.err(),
        realm.ensure_project(&id.simple().to_string(), Uuid::from_u128(3), by(1)).await.err(),
        realm.change_project(web.id, &rename, by(1)).await.err(),
    ];

    for error in refused {
        let error = error.unwrap();
        assert!(matches!(error, StoreError::NamedLikeId { .. }) && error.is_conflict(), "{error}");
    }
    assert_eq!(realm.projects().await.unwrap(), [web]);
}

pub(crate) async fn a_project_goes_with_all_it_has_once_its_scans_have_ended(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let kept = NewScan { project: "kept".into(), ..new_scan(2, "10.0.0.1") };
    let kept = created(&store, &kept).await.id;
    let realm = realm(&store).await;
    let project = realm.project(PROJECT).await.unwrap().unwrap();
    assert_eq!((project.scans, project.targets), (1, 0));

    let busy = realm.remove_project(project.id, by(1)).await.unwrap_err();
    run_dry(&store, 2).await;
    realm.remove_project(project.id, by(3)).await.unwrap();

    assert!(busy.is_conflict(), "{busy}");
    assert_eq!(realm.project(PROJECT).await.unwrap(), None);
    is_missing(store.scan(scan).await);
    is_missing(realm.remove_project(project.id, by(4)).await);
    assert_eq!(store.scan(kept).await.unwrap().status, State::Created);
    let last = store.audited(1).await.unwrap().remove(0);
    assert_eq!((last.action.as_str(), last.subject.as_str()), ("project.remove", PROJECT));
}

pub(crate) async fn a_scan_is_removed_when_nothing_of_it_runs(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let lease = leased(&store, 1).await;
    let realm = realm(&store).await;
    store.record_hosts(&lease, &[up("10.0.0.1")], &[], at(2)).await.unwrap();
    store.quarantine(&lease, &up("10.9.9.9"), at(2)).await.unwrap();
    realm.split_batch_by_id(lease.batch, size(1), by(2)).await.unwrap();

    let busy = realm.remove_scan(scan, by(3)).await.unwrap_err();
    store.reclaim(netscan_store::Reclaim::All, at(4)).await.unwrap();
    run_dry(&store, 9).await;
    realm.remove_scan(scan, by(10)).await.unwrap();

    assert_eq!(busy.to_string(), "scan 1 is running and cannot be removed; stop it first");
    is_missing(store.scan(scan).await);
    assert_eq!(realm.hosts_page(&HostFilter::default(), 9).await.unwrap(), []);
    assert_eq!(realm.batch(lease.batch).await.unwrap(), None);
    let planned = created(&store, &new_scan(2, "10.0.0.1")).await.id;
    realm.remove_scan(planned, by(11)).await.unwrap();
    is_missing(store.scan(planned).await);
    assert_eq!(store.audited(1).await.unwrap()[0].action, "scan.remove");
}

pub(crate) async fn the_inventory_comes_in_pages(store: Store) {
    let realm = realm(&store).await;
    let project = realm.create_project(&new_project(1, "web"), by(1)).await.unwrap();
    let target = |text: &str, second| InventoryTarget {
        target: text.into(),
        kind: "address".into(),
        tags: vec![],
        added_at: at(second),
    };
    let (a, b, c) = (target("10.0.0.1", 3), target("10.0.0.2", 2), target("10.0.0.3", 1));
    let all = [c.clone(), a.clone(), b.clone()];
    realm.add_targets(&project.id.to_string(), &all, by(4)).await.unwrap();

    let first = realm.targets_page("web", None, 2).await.unwrap();
    let second = realm.targets_page("web", Some(&first[1].target), 2).await.unwrap();

    assert_eq!((first, second), (vec![a, b], vec![c]));
}

pub(crate) async fn a_scan_is_named_described_and_limited_while_it_runs(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let changes = ScanChanges {
        name: Some("Weekly".into()),
        notes: Some("quiet".into()),
        limits: LimitChanges { concurrency: Some(size(1)), ..LimitChanges::default() },
        ..ScanChanges::default()
    };

    let after = realm(&store).await.change_scan(scan, &changes, by(5)).await.unwrap();
    let only_name = ScanChanges { name: Some("Daily".into()), ..ScanChanges::default() };
    let told = store.head(scan).await.unwrap();
    let again = realm(&store).await.change_scan(scan, &only_name, by(6)).await.unwrap();

    assert_eq!((&*after.name, &*after.notes, &*after.description), ("Weekly", "quiet", ""));
    assert_eq!((after.limits.concurrency, after.updated_at), (size(1), at(5)));
    assert_eq!((&*again.name, again.limits.concurrency), ("Daily", size(1)));
    assert_eq!(store.head(scan).await.unwrap(), told, "no limit was changed");
}

pub(crate) async fn what_is_done_is_written_down_for_the_organisation_it_concerns(store: Store) {
    let other = stranger(&store).await;
    let new = NewScan { is_started: true, ..new_scan(2, "10.0.0.2") };
    let batches = [new.addresses.clone()].into_iter();
    other.create_scan(&new, batches, Uuid::from_u128(9), by(1)).await.unwrap();
    complete(&store, &leased(&store, 2).await, 3).await;

    let actions = async |realm: &Realm| {
        let filter = netscan_store::AuditFilter::default();
        let rows = realm.audited(&filter, 99).await.unwrap();
        rows.into_iter().rev().map(|row| row.action).collect::<Vec<_>>()
    };

    let theirs = ["organisation.create", "project.create", "scan.create", "scan.end"];
    assert_eq!(actions(&other).await, theirs);
    assert_eq!(actions(&realm(&store).await).await, Vec::<String>::new());
}
