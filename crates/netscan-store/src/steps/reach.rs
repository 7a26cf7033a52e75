//! Steps that tell how far scans looked.

use netscan_model::reach::Reach;

use super::leases;
use crate::error::StoreError;
use crate::sqlite::Connection;

/// Of a scan's attempts, so many are looked at for one that tells which ports were probed.
const ATTEMPTS_LOOKED_AT: u32 = 20;

/// How far the scan with these options looked, as the first attempt tells that tells of any port.
pub(crate) async fn of(
    connection: &mut Connection,
    scan_key: i64,
    options: &str,
) -> Result<Reach, StoreError> {
    let attempts = leases::earliest(connection, scan_key, ATTEMPTS_LOOKED_AT).await?;
    let mut details = attempts.into_iter().map(|attempt| attempt.detail);
    let telling = details.find(|detail| !detail.scan_infos.is_empty()).unwrap_or_default();
    let words = options.split(' ').chain(telling.argv.iter().map(String::as_str));
    Ok(Reach::of(words, &telling.scan_infos))
}
