//! Writes the document of the API to standard output, as it is checked in under `docs/`.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let document = netscan_server::openapi();
    let text = document.to_pretty_json().map_err(io::Error::other)?;
    writeln!(io::stdout(), "{text}")
}
