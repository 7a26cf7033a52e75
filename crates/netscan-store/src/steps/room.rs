//! What may run at a time: places and packets per second of a scan, a project and the server, and
//! what is polite towards the networks that are scanned.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use netscan_model::address::{Address, AddressRange, AddressSet, Space};
use netscan_model::scan::State;

use super::scans::positive;
use super::{from_json, json, ledger};
use crate::error::StoreError;
use crate::records::{Politeness, ServerLimits};
use crate::sqlite::Connection;

/// Batches at a time on a level that limits its rate and not its batches.
const USUAL_PLACES: NonZeroU32 = NonZeroU32::new(16).expect("not zero");
/// Under this name the settings hold the server's limits.
const LIMITS: &str = "limits";

/// How much of a scan, a project or the server may run at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    places: Option<NonZeroU32>,
    rate: Option<NonZeroU32>,
}

impl Level {
    /// A rate is shared out among places, so it needs some; and no place is worth having that may
    /// not send one packet per second.
    pub(crate) fn new(places: Option<NonZeroU32>, rate: Option<NonZeroU32>) -> Self {
        let places = match rate {
            Some(rate) => Some(places.unwrap_or(USUAL_PLACES).min(rate)),
            None => places,
        };
        Self { places, rate }
    }

    /// How many batches may run at a time.
    pub(crate) fn places(self) -> Option<u64> {
        self.places.map(|places| u64::from(places.get()))
    }

    /// Whether one batch more may run beside so many.
    pub(crate) fn has_room(self, leased: u64) -> bool {
        self.places().is_none_or(|places| leased < places)
    }

    /// Packets per second that one batch may send.
    fn share(self) -> Option<NonZeroU32> {
        let (rate, places) = self.rate.zip(self.places)?;
        NonZeroU32::new(rate.get() / places.get())
    }
}

/// What one scan wants of the places there are, and what its project lets it have.
#[derive(sqlx::FromRow)]
pub(crate) struct Claim {
    pub(crate) scan_key: i64,
    pub(crate) project_key: i64,
    state: String,
    concurrency: i64,
    max_rate: Option<i64>,
    project_scans: Option<i64>,
    project_batches: Option<i64>,
    project_rate: Option<i64>,
}

impl Claim {
    pub(crate) fn is_running(&self) -> bool {
        self.state == State::Running.name()
    }

    /// How many scans of its project may run at a time.
    pub(crate) fn scans(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.project_scans.map(positive).transpose()?.map(|scans| u64::from(scans.get())))
    }

    /// How much of the scan may run at a time.
    pub(crate) fn own(&self) -> Result<Level, StoreError> {
        let rate = self.max_rate.map(positive).transpose()?;
        Ok(Level::new(Some(positive(self.concurrency)?), rate))
    }

    /// How much of its project may.
    pub(crate) fn project(&self) -> Result<Level, StoreError> {
        let places = self.project_batches.map(positive).transpose()?;
        Ok(Level::new(places, self.project_rate.map(positive).transpose()?))
    }
}

impl ServerLimits {
    pub(crate) fn level(&self) -> Level {
        Level::new(self.max_batches, self.max_rate)
    }
}

/// Packets per second that one batch of the scan may send.
pub(crate) fn rate(claim: &Claim, server: &ServerLimits) -> Result<Option<NonZeroU32>, StoreError> {
    let Politeness { address_rate, network_rate } = server.politeness;
    let shares = [claim.own()?, claim.project()?, server.level()].map(Level::share);
    Ok(shares.into_iter().chain([address_rate, network_rate]).flatten().min())
}

/// A batch that runs, as far as others must be careful of it.
pub(crate) struct Neighbour {
    addresses: AddressSet,
    networks: AddressSet,
    rate: u64,
}

/// The batches that run now.
pub(crate) async fn neighbours(connection: &mut Connection) -> Result<Vec<Neighbour>, StoreError> {
    let rows: Vec<(String, Option<String>, Option<i64>)> =
        sqlx::query_as("SELECT addresses, networks, rate FROM batches WHERE state = 'leased'")
            .fetch_all(connection)
            .await?;
    let neighbour = |(addresses, networks, rate): (String, Option<String>, Option<i64>)| {
        let addresses = ledger::addresses(&addresses)?;
        let networks = match networks {
            Some(text) => ledger::addresses(&text)?,
            None => networks_of(&addresses),
        };
        // Whoever may send as much as it likes leaves nothing for others.
        Ok(Neighbour { addresses, networks, rate: rate.map_or(u64::from(u32::MAX), super::count) })
    };
    rows.into_iter().map(neighbour).collect()
}

/// The addresses widened to whole networks: /24 and /64.
pub(crate) fn networks_of(addresses: &AddressSet) -> AddressSet {
    addresses.ranges().iter().map(|range| widened(*range)).collect()
}

fn widened(range: AddressRange) -> AddressRange {
    let host_bits = match range.space() {
        Space::V4 => 8,
        Space::V6(_) => 64,
    };
    let low = (1_u128 << host_bits) - 1;
    let first = Address::new(range.space(), range.first().bits() & !low);
    let last = Address::new(range.space(), range.last().bits() | low);
    AddressRange::new(first, last).expect("it is wider than one that is in order")
}

/// What would get more packets per second than is polite, if these addresses were scanned beside the
/// neighbours with `rate`.
pub(crate) fn too_loud(
    politeness: Politeness,
    neighbours: &[Neighbour],
    addresses: &AddressSet,
    rate: Option<NonZeroU32>,
) -> Option<String> {
    let own = rate.map_or(u64::from(u32::MAX), |rate| u64::from(rate.get()));
    if let Some(most) = politeness.address_rate {
        let others = neighbours.iter().map(|one| (one.addresses.intersect(addresses), one.rate));
        if let Some(place) = first_beyond(others, u64::from(most.get()), own) {
            let budget = budget(most);
            return Some(format!("{budget} the address {place}, and running batches use them"));
        }
    }
    let most = politeness.network_rate?;
    let wide = networks_of(addresses);
    let others = neighbours.iter().map(|one| (one.networks.intersect(&wide), one.rate));
    let place = first_beyond(others, u64::from(most.get()), own)?;
    let prefix = if place.is_ipv6() { 64 } else { 24 };
    let budget = budget(most);
    Some(format!("{budget} the network {place}/{prefix}, and running batches use them"))
}

fn budget(most: NonZeroU32) -> String {
    format!("no more than {most} packets per second may go to")
}

/// The first address at which the rates of all sets that hold it, and `own`, are more than `most`.
fn first_beyond(
    sets: impl Iterator<Item = (AddressSet, u64)>,
    most: u64,
    own: u64,
) -> Option<Address> {
    // By the place from which they count: what begins there, and what has ended just before.
    let mut steps: BTreeMap<(Space, u128), (u64, u64)> = BTreeMap::new();
    for (set, rate) in sets {
        for range in set.ranges() {
            steps.entry((range.space(), range.first().bits())).or_default().0 += rate;
            if let Some(behind) = range.last().bits().checked_add(1) {
                steps.entry((range.space(), behind)).or_default().1 += rate;
            }
        }
    }
    let mut sum = 0;
    let mut current = None;
    for ((space, bits), (begins, ends)) in steps {
        if current.replace(space) != Some(space) {
            sum = 0;
        }
        sum = sum + begins - ends.min(sum);
        if begins > 0 && sum + own > most {
            return Some(Address::new(space, bits));
        }
    }
    None
}

/// What holds for the whole server.
pub(crate) async fn server_limits(connection: &mut Connection) -> Result<ServerLimits, StoreError> {
    let text: Option<String> = sqlx::query_scalar("SELECT value FROM settings WHERE name = $1")
        .bind(LIMITS)
        .fetch_optional(connection)
        .await?;
    text.map_or_else(|| Ok(ServerLimits::default()), |text| from_json("the server's limits", &text))
}

pub(crate) async fn set_server_limits(
    connection: &mut Connection,
    limits: &ServerLimits,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO settings (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(LIMITS)
    .bind(json(limits))
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> Option<NonZeroU32> {
        NonZeroU32::new(number)
    }

    fn set(text: &str) -> AddressSet {
        text.parse().unwrap()
    }

    fn neighbour(addresses: &str, rate: u64) -> Neighbour {
        let addresses = set(addresses);
        Neighbour { networks: networks_of(&addresses), addresses, rate }
    }

    #[test]
    fn a_rate_is_shared_out_among_no_more_places_than_it_has_packets() {
        let shares = |places, rate| {
            let level = Level::new(number(places), number(rate));
            (level.places(), level.share())
        };

        assert_eq!(shares(4, 100), (Some(4), number(25)));
        assert_eq!(shares(4, 3), (Some(3), number(1)));
        assert_eq!(shares(0, 160), (Some(16), number(10)));
        assert_eq!(shares(4, 0), (Some(4), None));
        assert_eq!(shares(0, 0), (None, None));
    }

    #[test]
    fn what_touches_a_network_counts_against_it_whole() {
        let wide = networks_of(&set("10.0.0.9-10.0.1.3,fe80::1:2:3:4"));

        assert_eq!(wide, set("10.0.0.0-10.0.1.255,fe80::-fe80::ffff:ffff:ffff:ffff"));
    }

    #[test]
    fn rates_add_up_where_neighbours_overlap_and_nowhere_else() {
        let politeness = Politeness { address_rate: None, network_rate: number(100) };
        let running =
            [neighbour("10.0.0.1", 40), neighbour("10.0.1.1", 40), neighbour("10.0.0.200", 30)];
        let says =
            |addresses: &str, rate| too_loud(politeness, &running, &set(addresses), number(rate));

        assert_eq!(says("10.0.0.50", 30), None);
        assert_eq!(
            says("10.0.0.50", 31).as_deref(),
            Some(
                "no more than 100 packets per second may go to the network 10.0.0.0/24, and running \
                 batches use them"
            )
        );
        assert_eq!(says("10.0.1.50", 60), None);
        assert_eq!(says("10.0.2.50", 100), None);
    }

    #[test]
    fn one_address_is_spared_however_many_scan_it() {
        let politeness = Politeness { address_rate: number(10), network_rate: None };
        let running = [neighbour("10.0.0.1-10.0.0.8", 6)];
        let says = |addresses: &str| too_loud(politeness, &running, &set(addresses), number(5));

        assert_eq!(says("10.0.0.9-10.0.0.12"), None);
        assert_eq!(
            says("10.0.0.8-10.0.0.12").as_deref(),
            Some(
                "no more than 10 packets per second may go to the address 10.0.0.8, and running \
                 batches use them"
            )
        );
    }
}
