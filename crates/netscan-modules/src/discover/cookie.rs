//! The number by which an answer is known to be ours: a keyed hash of where the probe went.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

/// Makes and checks the numbers of one run. Nobody who does not see a probe can answer it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cookies(RandomState);

impl Cookies {
    /// The sequence number of the probe from our `source_port` to `port` of `ip`.
    pub(super) fn of(&self, ip: IpAddr, port: u16, source_port: u16) -> u32 {
        let hash = self.0.hash_one((ip, port, source_port));
        u32::try_from(hash >> 32).expect("the upper half has 32 bits")
    }

    /// Identifier and sequence of an ICMP echo to `ip`.
    pub(super) fn of_echo(&self, ip: IpAddr) -> [u8; 4] {
        self.of(ip, 0, 0).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_tells_address_port_and_source_port_apart() {
        let cookies = Cookies::default();
        let (one, two) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let here = cookies.of(one, 80, 40_000);

        assert_eq!(cookies.of(one, 80, 40_000), here);
        assert_ne!(cookies.of(two, 80, 40_000), here);
        assert_ne!(cookies.of(one, 81, 40_000), here);
        assert_ne!(cookies.of(one, 80, 40_001), here);
    }

    #[test]
    fn another_run_has_other_cookies() {
        let ip = IpAddr::from([10, 0, 0, 1]);
        let of = |cookies: Cookies| (0..4).map(|port| cookies.of(ip, port, 1)).collect::<Vec<_>>();

        assert_ne!(of(Cookies::default()), of(Cookies::default()));
    }
}
