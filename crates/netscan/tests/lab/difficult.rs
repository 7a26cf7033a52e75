//! Hosts that do not let themselves be scanned to the end.

use netscan_model::address::AddressSet;
use netscan_model::coverage::CoverageState;
use serde_json::Value;

use super::site::Site;

#[test]
fn a_host_that_takes_too_long_is_tried_once_more_alone_and_then_difficult() {
    let site = Site::up(21);
    let tarpit = site.truth().hosts.iter().find(|host| host.manner == "tarpit");
    let tarpit = tarpit.expect("every scenario has one").address.to_string();
    let other = site.truth().hosts.iter().find(|host| host.manner == "refusing");
    let other = other.expect("every scenario has one").address.to_string();
    // To find out who says one byte every two seconds takes nmap more than a minute.
    let how = ["--nmap", "-sV -T4 -p 2323", "--host-timeout", "3s", "--batch-size", "2"];

    let scanned = site.netscan(&[&["scan", &tarpit, &other], &how[..]].concat());

    assert_eq!(scanned.status, Some(3), "{scanned:?}");
    assert_eq!(site.json(&["status", "latest"])["scans"][0]["status"], "partial");
    let only = |text: &str| text.parse::<AddressSet>().unwrap();
    assert_eq!(site.covered(CoverageState::TimedOut), only(&tarpit));
    assert_eq!(site.covered(CoverageState::Up), only(&other));
    let cut = || {
        let batches = site.json(&["status", "latest"])["batches"].take();
        let text = |batch: &Value| batch["addresses"].as_str().unwrap().to_owned();
        batches.as_array().unwrap().iter().map(text).collect::<Vec<_>>()
    };
    let alone = || tarpit.clone();
    let both = format!("{tarpit},{other}").parse::<AddressSet>().unwrap().to_string();
    assert_eq!(cut(), [both.clone(), alone()]);
    let difficult = site.json(&["difficult", "latest"]);
    let told = |field: &str| difficult[0][field].as_str().map(str::to_owned);
    assert_eq!(told("addresses"), Some(tarpit.clone()));
    assert_eq!(told("reason"), Some("the host's time limit was reached".to_owned()));

    let again = site.netscan(&["retry", "latest", "--difficult"]);

    assert_eq!(again.status, Some(3), "{again:?}");
    assert!(again.stderr.contains("takes up 1 address again"), "{again:?}");
    // Once more for the retry, and once more for the second time of that.
    assert_eq!(cut(), [both, alone(), alone(), alone()]);
    assert_eq!(site.covered(CoverageState::TimedOut), only(&tarpit));
}
