//! The rules about time: huge targets cost no more than small ones, long lists cost little.

use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use netscan_model::plan::{Order, Plan};
use netscan_model::target::{TargetError, TargetList, TooManyAddresses};

/// What `work` gives, if it takes at most `limit` in one of three tries: the machine may be busy
/// with something else at any moment.
#[expect(clippy::disallowed_methods, reason = "the clock is what these tests are about")]
fn within<T>(limit: Duration, work: impl Fn() -> T) -> T {
    let mut times = vec![];
    for _ in 0..3 {
        let begin = Instant::now();
        let result = work();
        times.push(begin.elapsed());
        if begin.elapsed() <= limit {
            return result;
        }
    }
    panic!("took {times:?}, and {limit:?} is the limit");
}

fn shuffled(text: &str) -> Plan {
    let addresses = TargetList::parse(text).addresses(u128::MAX).expect("nothing is above that");
    let batch_size = NonZeroU32::new(256).expect("256 is not 0");
    Plan::new(&addresses, batch_size, Order::Shuffled { seed: 1 })
}

#[test]
fn enormous_targets_are_refused_with_their_count_in_less_than_a_millisecond() {
    let sizes = [
        ("10.0.0.0/8", 1 << 24),
        ("0.0.0.0/0", 1 << 32),
        ("*.*.*.*", 1 << 32),
        ("10.*.0.1-10,20 10.0.0.0/8", 1 << 24),
        ("::/0", u128::MAX),
    ];

    for (text, count) in sizes {
        let refusal =
            within(Duration::from_millis(1), || TargetList::parse(text).addresses(65_536));

        assert_eq!(refusal, Err(TooManyAddresses { count, limit: 65_536 }), "of {text}");
    }
}

#[test]
fn a_hundred_thousand_lines_are_read_in_half_a_second() {
    let lines: Vec<String> =
        (0..100_000_u32).map(|number| Ipv4Addr::from_bits(number * 7).to_string()).collect();
    let text = lines.join("\n");

    let count = within(Duration::from_millis(500), || {
        let list = TargetList::parse(&text);
        list.addresses(u128::MAX).map(|addresses| (addresses.count(), list.duplicates()))
    });

    assert_eq!(count, Ok((100_000, 0)));
}

#[test]
fn one_long_line_costs_no_more_than_many_short_ones() {
    let octets = "1,".repeat(500_000);
    let names = "ü,".repeat(200_000);

    let (octets, names) = within(Duration::from_secs(1), || {
        (TargetList::parse(&octets).rejected, TargetList::parse(&names))
    });

    assert_eq!((octets.len(), &octets[0].reason), (1, &TargetError::TooLong));
    assert_eq!((names.rejected_count(), names.rejected[999].column), (200_000, 1_999));
}

#[test]
fn the_largest_plans_begin_at_once() {
    for (text, count) in [("0.0.0.0/0", 1 << 24), ("10.0.0.0/8", 1 << 16), ("::/0", u64::MAX)] {
        let (found, first) = within(Duration::from_millis(5), || {
            let plan = shuffled(text);
            let first: Vec<_> = plan.batches().take(3).collect();
            (plan.batch_count(), first)
        });

        assert_eq!(found, count, "of {text}");
        assert!(first.iter().all(|batch| batch.count() == 256 && batch.ranges().len() == 1));
    }
}

#[test]
fn ten_million_addresses_are_planned_in_a_second() {
    let plan = shuffled("10.0.0.0/8");

    let count: u128 =
        within(Duration::from_millis(1700), || plan.batches().map(|batch| batch.count()).sum());

    assert_eq!(count, 1 << 24);
}
