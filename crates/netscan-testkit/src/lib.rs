//! What tests need that the world does not offer: a fake nmap that fails as it is told to.

mod fake_nmap;
pub mod lab;

pub use fake_nmap::{Act, FakeNmap};
