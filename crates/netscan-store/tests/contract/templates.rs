//! Rules on templates and their versions.

use netscan_store::{NewTemplate, Realm, Store, StoreError, Template, TemplateChanges};
use uuid::Uuid;

use super::given::{at, by};
use super::people::{first, other};

fn new_template(id: u128, name: &str) -> NewTemplate {
    NewTemplate {
        id: Uuid::from_u128(id),
        name: name.into(),
        description: "for tests".into(),
        body: "first".into(),
    }
}

async fn template(realm: &Realm, id: u128, name: &str) -> Template {
    realm.create_template(&new_template(id, name), by(0)).await.unwrap()
}

fn body(text: &str) -> TemplateChanges {
    TemplateChanges { body: Some(text.into()), ..TemplateChanges::default() }
}

pub(crate) async fn a_version_of_a_template_never_changes(store: Store) {
    let realm = first(&store).await;
    let first = template(&realm, 1, "web").await;

    let second = realm.change_template(first.id, &body("second"), by(5)).await.unwrap().unwrap();
    let same = realm.change_template(first.id, &body("second"), by(6)).await.unwrap().unwrap();

    let expected = Template {
        id: Uuid::from_u128(1),
        name: "web".into(),
        description: "for tests".into(),
        version: 1,
        latest: 1,
        body: "first".into(),
        created_by: "test".into(),
        created_at: at(0),
        updated_at: at(0),
    };
    assert_eq!(first, expected);
    assert_eq!((second.version, second.latest, second.body.as_str()), (2, 2, "second"));
    assert_eq!((second.created_at, second.updated_at), (at(5), at(5)));
    assert_eq!(same, second);
    let version = async |version| realm.template(first.id, version).await.unwrap();
    assert_eq!(version(None).await, Some(second.clone()));
    assert_eq!(version(Some(1)).await, Some(Template { latest: 2, updated_at: at(5), ..expected }));
    assert_eq!((version(Some(0)).await, version(Some(3)).await), (None, None));
    let versions = realm.template_versions(first.id).await.unwrap();
    assert_eq!(versions.iter().map(|one| one.version).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(versions[1].created_at, at(0));
    let actions: Vec<_> =
        store.audited(9).await.unwrap().into_iter().map(|row| row.action).collect();
    assert_eq!(actions, ["template.create", "template.change"]);
}

pub(crate) async fn a_new_name_is_no_new_version(store: Store) {
    let realm = first(&store).await;
    let web = template(&realm, 1, "web").await;
    template(&realm, 2, "mail").await;
    let named = |name: &str| TemplateChanges {
        name: Some(name.into()),
        description: Some("renamed".into()),
        ..TemplateChanges::default()
    };

    let taken = realm.change_template(web.id, &named("mail"), by(1)).await;
    let renamed = realm.change_template(web.id, &named("www"), by(2)).await.unwrap().unwrap();

    assert!(matches!(taken, Err(StoreError::Taken { what: "template", .. })));
    let expected =
        Template { name: "www".into(), description: "renamed".into(), updated_at: at(2), ..web };
    assert_eq!(renamed, expected);
}

pub(crate) async fn a_template_that_someone_else_changed_is_not_overwritten(store: Store) {
    let realm = first(&store).await;
    let id = template(&realm, 1, "web").await.id;
    let seen = |text| TemplateChanges { seen: Some(1), ..body(text) };

    realm.change_template(id, &seen("mine"), by(1)).await.unwrap();
    let refused = realm.change_template(id, &seen("theirs"), by(2)).await;

    assert!(matches!(refused, Err(StoreError::Changed { what: "template" })));
    assert_eq!(realm.template(id, None).await.unwrap().unwrap().body, "mine");
}

pub(crate) async fn templates_come_in_pages_by_name(store: Store) {
    let realm = first(&store).await;
    for (id, name) in [(1, "web"), (2, "all"), (3, "mail")] {
        template(&realm, id, name).await;
    }
    let names = async |after, limit| {
        let page = realm.templates(after, limit).await.unwrap();
        page.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };

    assert_eq!(names(None, 2).await, ["all", "mail"]);
    assert_eq!(names(Some("mail"), 2).await, ["web"]);
    assert!(names(Some("web"), 2).await.is_empty());
}

pub(crate) async fn the_name_of_a_template_that_was_removed_is_free_again(store: Store) {
    let realm = first(&store).await;
    let id = template(&realm, 1, "web").await.id;
    let taken = realm.create_template(&new_template(2, "web"), by(1)).await;

    assert!(realm.remove_template(id, by(2)).await.unwrap());
    assert!(!realm.remove_template(id, by(3)).await.unwrap());

    assert!(matches!(taken, Err(StoreError::Taken { what: "template", .. })));
    assert_eq!(realm.template(id, None).await.unwrap(), None);
    assert_eq!(realm.template_versions(id).await.unwrap(), []);
    assert_eq!(realm.change_template(id, &body("late"), by(4)).await.unwrap(), None);
    let again = template(&realm, 3, "web").await;
    let names: Vec<_> = realm.templates(None, 9).await.unwrap();
    assert_eq!(names.iter().map(|one| one.id).collect::<Vec<_>>(), [again.id]);
}

pub(crate) async fn an_organisation_does_not_see_the_templates_of_another(store: Store) {
    let (first, other) = (first(&store).await, other(&store).await);
    let id = template(&first, 1, "web").await.id;
    template(&other, 2, "web").await;

    assert_eq!(other.template(id, None).await.unwrap(), None);
    assert_eq!(other.template_versions(id).await.unwrap(), []);
    assert_eq!(other.templates(None, 9).await.unwrap().len(), 1);
    assert_eq!(other.change_template(id, &body("theirs"), by(1)).await.unwrap(), None);
    assert!(!other.remove_template(id, by(1)).await.unwrap());
    assert_eq!(first.template(id, None).await.unwrap().unwrap().body, "first");
}
