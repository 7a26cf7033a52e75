//! What is to be scanned, and what is to be left out.

use jiff::Timestamp;
use netscan_api::scan::{CreateScan, TargetType, TypedTarget};
use netscan_api::search::Looked;
use netscan_model::target::{Target, TargetKind, TargetList};
use netscan_orchestrator::template::Filled;
use netscan_store::Realm;

use crate::refusal::Refusal;
use crate::searches;
use crate::targets::{inventory, read};

/// Hosts that one search may mean as targets: whoever may scan more is told so by the count.
const LARGEST_SCAN: u64 = 1_000_000;

/// What the caller names, or else the template, or else the inventory of the project; without what
/// the caller and the template leave out.
pub(super) async fn of(
    realm: &Realm,
    project: &str,
    asked: &CreateScan,
    filled: &Filled,
) -> Result<TargetList, Refusal> {
    let mut list = match &asked.target {
        Some(target) if target.kind == TargetType::Search => {
            searched(realm, project, &target.value).await?
        }
        Some(target) => typed(target)?,
        None if !asked.targets.is_empty() => read("/targets", &asked.targets)?,
        None if !filled.targets.is_empty() => of_template(&filled.targets)?,
        None => inventory(realm, project).await?,
    };
    if list.is_empty() {
        return Err(Refusal::field("/targets", "holds nothing to scan: name at least one target"));
    }
    list.append(read("/excludes", &asked.excludes)?.into_excludes());
    list.append(of_template(&filled.excludes)?.into_excludes());
    Ok(list)
}

fn of_template(entries: &[String]) -> Result<TargetList, Refusal> {
    read("/targets", entries).map_err(|refusal| refusal.all_at("/template"))
}

/// The hosts that a query means now.
async fn searched(realm: &Realm, project: &str, text: &str) -> Result<TargetList, Refusal> {
    const FIELD: &str = "/target/value";
    let looked = Looked::read(text).map_err(|wrong| Refusal::field(FIELD, wrong))?;
    let query = searches::meant(realm, project, looked).await?;
    let query =
        query.ok_or_else(|| Refusal::field(FIELD, "names no saved search of the project"))?;
    let most = LARGEST_SCAN;
    let found = searches::addresses(realm, project, &query, most, Timestamp::now()).await?;
    if found.is_empty() {
        return Err(Refusal::field(FIELD, "means no host that is known"));
    }
    if found.count() > u128::from(most) {
        return Err(Refusal::field(FIELD, "means more hosts than one scan may have: narrow it"));
    }
    let texts: Vec<String> =
        found.ranges().iter().map(|range| Target::Addresses(*range).to_string()).collect();
    Ok(TargetList::parse(&texts.join("\n")))
}

/// The one target, which must be what its caller says that it is.
fn typed(target: &TypedTarget) -> Result<TargetList, Refusal> {
    const FIELD: &str = "/target/value";
    let list = read("/target/value", &[&target.value]);
    let list = list.map_err(|refusal| refusal.all_at(FIELD))?;
    let [entry] = list.targets.as_slice() else {
        return Err(Refusal::field(FIELD, "must be one target: write several as targets"));
    };
    let (kind, claimed) = (entry.target.kind(), target.kind);
    let is_so = match claimed {
        TargetType::Domain | TargetType::Hostname => kind == TargetKind::Hostname,
        TargetType::Ip => kind == TargetKind::Address,
        TargetType::Cidr => target.value.contains('/') && is_of_addresses(kind),
        TargetType::Range => is_of_addresses(kind),
        TargetType::Url => kind == TargetKind::Url,
        TargetType::Email => kind == TargetKind::Email,
        TargetType::Search => false,
    };
    if is_so && list.excludes.is_empty() {
        return Ok(list);
    }
    let message = format!("is not of the type {claimed}: it reads as {kind}");
    Err(Refusal::field(FIELD, message))
}

fn is_of_addresses(kind: TargetKind) -> bool {
    matches!(kind, TargetKind::Address | TargetKind::Cidr | TargetKind::Range | TargetKind::Octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_what_its_caller_says_that_it_is() {
        use TargetType::{Cidr, Domain, Email, Hostname, Ip, Range, Url};
        let read = |kind, value: &str| typed(&TypedTarget { kind, value: value.into() });

        for (kind, value) in [
            (Ip, "192.0.2.1"),
            (Ip, "2001:db8::1"),
            (Cidr, "192.0.2.0/24"),
            (Cidr, "192.0.2.1/32"),
            (Range, "192.0.2.1-50"),
            (Range, "192.0.2.0-255"),
            (Hostname, "a.lan"),
            (Domain, "example.com"),
            (Url, "https://example.com/"),
            (Email, "a@example.com"),
        ] {
            assert!(read(kind, value).is_ok(), "{kind} {value}");
        }
        for (kind, value) in [
            (Ip, "192.0.2.0/24"),
            (Cidr, "192.0.2.1"),
            (Domain, "192.0.2.1"),
            (Ip, "192.0.2.1 192.0.2.2"),
            (Ip, "!192.0.2.1"),
            (Ip, "192.0.2.1,!192.0.2.2"),
            (Ip, "01.0.0.1"),
        ] {
            assert_eq!(
                read(kind, value).unwrap_err().fields(),
                ["/target/value"],
                "{kind} {value}"
            );
        }
    }
}
