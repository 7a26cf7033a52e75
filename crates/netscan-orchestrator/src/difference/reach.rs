//! How far a scan that is compared looked.

use netscan_model::reach::Reach;
use netscan_model::scan::Scan;
use netscan_store::{Realm, StoreError};

/// Of a scan's attempts, so many are looked at for one that tells which ports were probed.
const ATTEMPTS_LOOKED_AT: u32 = 20;

/// How far `scan` looked, as the first attempt tells that tells of any port.
pub(super) async fn reach(realm: &Realm, scan: &Scan) -> Result<Reach, StoreError> {
    let attempts = realm.earliest_attempts(scan.id, ATTEMPTS_LOOKED_AT).await?;
    let telling = attempts.iter().find(|attempt| !attempt.detail.scan_infos.is_empty());
    let infos = telling.map_or(&[][..], |attempt| &attempt.detail.scan_infos);
    Ok(Reach::of(scan.options.split(' '), infos))
}
