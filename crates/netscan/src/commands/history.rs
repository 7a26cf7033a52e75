//! `history`: what scans of the project saw of an address.

use std::collections::BTreeMap;

use jiff::Timestamp;
use netscan_api::target::HistoryEntry;
use netscan_model::Address;
use netscan_model::coverage::CoverageState;
use serde::Serialize;

use crate::arguments::reading::History;
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &History) -> anyhow::Result<Exit> {
    let address = arguments.address.parse::<Address>();
    let address = address.map_err(|error| Fault::new(error.to_string()).of_usage())?;
    let seen = Desk::open(context).await?.history(address).await?;
    let record = Record::of(address, &seen);
    if context.is_json() {
        if arguments.summary {
            data::print_json(&record)?;
        } else {
            data::print_json(&seen)?;
        }
        return Ok(Exit::Done);
    }
    if seen.is_empty() {
        let project = context.project();
        context.talk.note(format_args!("No scan of project {project} looked for {address}"));
        return Ok(Exit::Done);
    }
    record.print()?;
    if !arguments.summary {
        data::print("")?;
        data::print_table(&of_scans(seen))?;
    }
    Ok(Exit::Done)
}

/// A line for each scan.
fn of_scans(seen: Vec<HistoryEntry>) -> Table {
    let mut table = Table::new(&["#Scan", "Time", "State", "Open ports", "Reason"]);
    for HistoryEntry { scan_number, at, state, reason, open_ports, .. } in seen {
        table.row([
            scan_number.to_string(),
            words::moment(at),
            state.to_string(),
            open_ports.join(", "),
            reason,
        ]);
    }
    table
}

/// What is known of an address over time, from the scans that reached it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Record {
    address: Address,
    /// The scans that reached it, whether it answered or not.
    scans: u64,
    /// Those that it answered.
    scans_up: u64,
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    ports: Vec<PortRecord>,
}

/// When a port was seen open.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct PortRecord {
    /// Such as `22/tcp`.
    port: String,
    /// The scans that saw it open.
    scans: u64,
    first_open: Timestamp,
    last_open: Timestamp,
}

impl Record {
    fn of(address: Address, seen: &[HistoryEntry]) -> Self {
        let has_answered = |entry: &&HistoryEntry| entry.state == CoverageState::Up;
        let answers = || seen.iter().filter(has_answered);
        let mut times: BTreeMap<_, Vec<Timestamp>> = BTreeMap::new();
        for entry in answers() {
            for port in &entry.open_ports {
                times.entry(place(port)).or_default().push(entry.at);
            }
        }
        Self {
            address,
            scans: count(seen.iter().filter(|entry| entry.state.is_scanned())),
            scans_up: count(answers()),
            first_seen: answers().map(|entry| entry.at).min(),
            last_seen: answers().map(|entry| entry.at).max(),
            ports: times.into_iter().filter_map(PortRecord::of).collect(),
        }
    }

    fn print(&self) -> anyhow::Result<()> {
        let Self { address, scans, scans_up, first_seen, last_seen, ports } = self;
        let scans = words::plural(*scans, "scan that reached it", "scans that reached it");
        let times = first_seen.zip(*last_seen).map(|(first, last)| {
            format!(": first {}, last {}", words::moment(first), words::moment(last))
        });
        let times = times.unwrap_or_default();
        data::print(&format!(
            "{address} was up in {} of {scans}{times}",
            words::grouped(*scans_up)
        ))?;
        if ports.is_empty() {
            return Ok(());
        }
        let mut table = Table::new(&["Port", "First open", "Last open", "#Scans"]);
        for PortRecord { port, scans, first_open, last_open } in ports {
            table.row([
                port.clone(),
                words::moment(*first_open),
                words::moment(*last_open),
                words::grouped(*scans),
            ]);
        }
        data::print_table(&table)
    }
}

impl PortRecord {
    fn of(((_, _, port), times): (Place<'_>, Vec<Timestamp>)) -> Option<Self> {
        Some(Self {
            port: port.to_owned(),
            scans: count(times.iter()),
            first_open: *times.iter().min()?,
            last_open: *times.iter().max()?,
        })
    }
}

/// Where a port stands in order: its protocol, its number, and how it is written.
type Place<'a> = (&'a str, u16, &'a str);

fn place(port: &str) -> Place<'_> {
    let (number, protocol) = port.split_once('/').unwrap_or((port, ""));
    (protocol, number.parse().unwrap_or(u16::MAX), port)
}

fn count<T>(things: impl Iterator<Item = T>) -> u64 {
    things.map(|_| 1).sum()
}

#[cfg(test)]
mod tests {
    use netscan_model::scan::State;
    use uuid::Uuid;

    use super::*;

    fn entry(second: i64, state: CoverageState, ports: &[&str]) -> HistoryEntry {
        HistoryEntry {
            scan_id: Uuid::nil(),
            scan_number: 1,
            scan_name: String::new(),
            project: "default".into(),
            scan_status: State::Completed,
            at: at(second),
            state,
            reason: String::new(),
            host_id: None,
            open_ports: ports.iter().map(|port| (*port).to_owned()).collect(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_record_is_made_of_the_scans_that_reached_the_address() {
        let address: Address = "192.0.2.1".parse().unwrap();
        let seen = [
            entry(6, CoverageState::TimedOut, &["22/tcp"]),
            entry(5, CoverageState::Down, &[]),
            entry(4, CoverageState::Up, &["443/tcp", "53/udp"]),
            entry(3, CoverageState::Up, &["443/tcp", "80/tcp"]),
            entry(2, CoverageState::Failed, &[]),
        ];

        let record = Record::of(address, &seen);

        let port = |port: &str, scans, first, last| PortRecord {
            port: port.into(),
            scans,
            first_open: at(first),
            last_open: at(last),
        };
        assert_eq!(
            record,
            Record {
                address,
                scans: 3,
                scans_up: 2,
                first_seen: Some(at(3)),
                last_seen: Some(at(4)),
                ports: vec![
                    port("80/tcp", 1, 3, 3),
                    port("443/tcp", 2, 3, 4),
                    port("53/udp", 1, 4, 4)
                ],
            }
        );
    }
}
