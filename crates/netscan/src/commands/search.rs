//! `search`: what is known of addresses over all scans of the project.

use std::io::{self, Write};

use jiff::Timestamp;
use netscan_api::search::{AssetBody, FacetBody, FoundBody, Looked, SavedSearchBody, SearchAssets};
use netscan_model::coverage::{Coverage, CoverageState};
use netscan_model::observation::PortState;
use netscan_model::scan::{Desired, Limits, Scan, State};
use netscan_report::{Format, Method, ReportHead, ReportWriter, WriteOptions, sanitise};
use uuid::Uuid;

use super::results::Destination;
use crate::arguments::reading::Search;
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::output::data::Reader;
use crate::output::file::Place;
use crate::output::spinner::Spinner;
use crate::output::{Table, data, words};
use crate::wire::Context;

/// Hosts that are asked for at a time.
const PAGE: u32 = 1_000;
/// Hosts in a table when nobody says how many.
const USUAL: u64 = 100;
/// Ports of one host in a table.
const MOST_PORTS: usize = 12;

pub(super) async fn execute(context: &Context, arguments: &Search) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    if arguments.saved {
        return list(context, desk.searches().await?);
    }
    if let Some(name) = &arguments.remove {
        desk.remove_search(name).await?;
        context.talk.note(format_args!("Removed the saved search {}", sanitise(name)));
        return Ok(Exit::Done);
    }
    if let Some(name) = &arguments.save {
        let saved = save(&desk, name, arguments).await?;
        context.talk.note(format_args!(
            "Saved; `netscan search @{}` finds it again",
            sanitise(&saved.name)
        ));
    }
    look(context, &desk, arguments).await
}

async fn save(desk: &Desk<'_>, name: &str, arguments: &Search) -> anyhow::Result<SavedSearchBody> {
    let text = arguments.query.as_deref().unwrap_or_default();
    match Looked::read(text).map_err(|wrong| Fault::new(wrong).of_usage())? {
        Looked::For(query) => desk.save_search(name, &query).await,
        Looked::ByName(_) => Err(Fault::new("a saved search is saved already").of_usage().into()),
    }
}

fn list(context: &Context, saved: Vec<SavedSearchBody>) -> anyhow::Result<Exit> {
    if context.is_json() {
        data::print_json(&saved)?;
        return Ok(Exit::Done);
    }
    if saved.is_empty() {
        context.talk.note("No search is saved; `netscan search QUERY --save NAME` saves one");
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["Name", "Query", "Saved by", "Saved"]);
    for SavedSearchBody { name, query, saved_by, saved_at } in saved {
        table.row([name, query, saved_by, words::moment(saved_at)]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}

/// The hosts that are looked for, page by page.
struct Pages<'a> {
    desk: &'a Desk<'a>,
    asked: SearchAssets,
    left: u64,
    has_ended: bool,
}

impl Pages<'_> {
    async fn next(&mut self) -> anyhow::Result<Option<FoundBody>> {
        if self.has_ended {
            return Ok(None);
        }
        self.asked.limit = Some(u32::try_from(self.left.min(PAGE.into())).unwrap_or(PAGE).max(1));
        let mut found = self.desk.search(&self.asked).await?;
        found.hosts.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= u64::try_from(found.hosts.len()).unwrap_or(self.left);
        self.asked.cursor.clone_from(&found.next_cursor);
        self.asked.facets = None;
        self.has_ended = self.left == 0 || found.next_cursor.is_none();
        Ok(Some(found))
    }
}

async fn look(context: &Context, desk: &Desk<'_>, arguments: &Search) -> anyhow::Result<Exit> {
    let otherwise = if context.is_json() { Format::Json } else { Format::Table };
    let destination = Destination::of(&arguments.report, Some(otherwise))?;
    let format = destination.format();
    let usual = if format == Format::Table { USUAL } else { u64::MAX };
    let asked = SearchAssets {
        q: arguments.query.clone().filter(|query| !query.is_empty()),
        project: desk.is_there().then(|| context.project().to_owned()),
        as_of: arguments.as_of,
        facets: arguments.facets.clone(),
        ..SearchAssets::default()
    };
    let left = arguments.limit.unwrap_or(usual);
    let mut pages = Pages { desk, asked, left, has_ended: false };
    let spinner = Spinner::start(&context.talk, "Looking");
    let first = pages.next().await?.ok_or_else(|| Fault::new("nothing is looked for"))?;
    drop(spinner);
    let mut sheet = Sheet { place: destination.place, reader: Reader::Here };
    match format {
        Format::Table => table(context, &mut sheet, first, &mut pages).await?,
        Format::Json => json(&mut sheet, first, &mut pages).await?,
        Format::Jsonl => lines(&mut sheet, first, &mut pages).await?,
        other => report(&mut sheet, other, arguments, first, &mut pages).await?,
    }
    sheet.place.finish(&context.talk)?;
    Ok(Exit::Done)
}

/// Where hosts are written to.
struct Sheet {
    place: Place,
    reader: Reader,
}

impl Sheet {
    fn has_reader(&self) -> bool {
        self.reader == Reader::Here
    }
}

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.has_reader() {
            self.reader = self.place.write(bytes).map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn table(
    context: &Context,
    sheet: &mut Sheet,
    first: FoundBody,
    pages: &mut Pages<'_>,
) -> anyhow::Result<()> {
    let (total, facets) = (first.total, first.facets.clone());
    let mut rows =
        Table::new(&["Address", "Name", "Open ports", "First seen", "Last seen", "#Scan"]);
    let (mut next, mut shown) = (Some(first), 0_u64);
    while let Some(found) = next {
        for host in &found.hosts {
            rows.row(row(host));
            shown += 1;
        }
        next = pages.next().await?;
    }
    if shown == 0 {
        context.talk.note("No host is known that is like that");
        return Ok(());
    }
    sheet.write_all(rows.to_string().as_bytes())?;
    for facet in facets {
        writeln!(sheet)?;
        sheet.write_all(counts(facet).to_string().as_bytes())?;
    }
    match total.filter(|total| *total > shown) {
        Some(total) => context.talk.note(format_args!(
            "{} of {} hosts are shown; --limit {total} shows all",
            words::grouped(shown),
            words::grouped(total)
        )),
        None => context.talk.note(words::plural(shown, "host", "hosts")),
    }
    Ok(())
}

fn row(asset: &AssetBody) -> [String; 6] {
    let AssetBody { host, first_seen, last_seen, scan_number } = asset;
    let open = host.ports.iter().filter(|port| port.state == PortState::Open);
    let mut ports: Vec<String> = open
        .map(|port| {
            let service = port.service.as_ref();
            let name = service.map(|it| it.product.as_ref().unwrap_or(&it.name));
            let name = name.filter(|name| !name.is_empty());
            let name = name.map(|name| format!(" {name}")).unwrap_or_default();
            format!("{}/{}{name}", port.port, port.protocol)
        })
        .collect();
    if ports.len() > MOST_PORTS {
        let more = ports.len() - MOST_PORTS;
        ports.truncate(MOST_PORTS);
        ports.push(format!("and {more} more"));
    }
    [
        host.address.to_string(),
        host.hostnames.first().map(|name| name.name.clone()).unwrap_or_default(),
        ports.join(", "),
        words::moment(*first_seen),
        words::moment(*last_seen),
        scan_number.to_string(),
    ]
}

/// All addresses that a query means, one per line.
pub(super) async fn addresses(
    desk: &Desk<'_>,
    context: &Context,
    query: &str,
) -> anyhow::Result<String> {
    let asked = SearchAssets {
        q: Some(query.to_owned()),
        project: desk.is_there().then(|| context.project().to_owned()),
        ..SearchAssets::default()
    };
    let mut pages = Pages { desk, asked, left: u64::MAX, has_ended: false };
    let mut addresses = Vec::new();
    while let Some(found) = pages.next().await? {
        addresses.extend(found.hosts.iter().map(|asset| asset.host.address.to_string()));
    }
    if addresses.is_empty() {
        return Err(Fault::new("the search means no host that is known").into());
    }
    Ok(addresses.join("\n"))
}

fn counts(facet: FacetBody) -> Table {
    let mut table = Table::new(&[facet.field.name(), "#Hosts"]);
    for value in facet.values {
        table.row([value.value, words::grouped(value.count)]);
    }
    table
}

/// One JSON document, of which no more than a page is held.
async fn json(sheet: &mut Sheet, first: FoundBody, pages: &mut Pages<'_>) -> anyhow::Result<()> {
    let total = serde_json::to_string(&first.total)?;
    write!(sheet, "{{\"total\":{total},\"hosts\":[")?;
    let facets = serde_json::to_string(&first.facets)?;
    let (mut next, mut between) = (Some(first), "");
    while let Some(found) = next {
        for host in &found.hosts {
            write!(sheet, "{between}{}", serde_json::to_string(host)?)?;
            between = ",";
        }
        next = if sheet.has_reader() { pages.next().await? } else { None };
    }
    writeln!(sheet, "],\"facets\":{facets}}}")?;
    Ok(())
}

/// A JSON object per host and line.
async fn lines(sheet: &mut Sheet, first: FoundBody, pages: &mut Pages<'_>) -> anyhow::Result<()> {
    let mut next = Some(first);
    while let Some(found) = next {
        let mut piece = Vec::new();
        for host in &found.hosts {
            serde_json::to_writer(&mut piece, host)?;
            piece.push(b'\n');
        }
        sheet.write_all(&piece)?;
        next = if sheet.has_reader() { pages.next().await? } else { None };
    }
    Ok(())
}

/// In any other format, as if one scan had found all of it.
async fn report(
    sheet: &mut Sheet,
    format: Format,
    arguments: &Search,
    first: FoundBody,
    pages: &mut Pages<'_>,
) -> anyhow::Result<()> {
    let head = head(arguments, first.total);
    let mut writer = ReportWriter::begin(format, &head, &WriteOptions::default(), sheet)?;
    let mut next = Some(first);
    while let Some(found) = next {
        for asset in &found.hosts {
            writer.host(&asset.host)?;
        }
        next = pages.next().await?;
    }
    writer.finish()?;
    Ok(())
}

/// The head of a report on what was found: of no scan, of all of them.
fn head(arguments: &Search, total: Option<u64>) -> ReportHead {
    let now = Timestamp::now();
    let query = arguments.query.clone().unwrap_or_default();
    let scan = Scan {
        id: Uuid::nil(),
        number: 0,
        name: format!("Search: {query}"),
        description: String::new(),
        notes: String::new(),
        owner: String::new(),
        organisation: String::new(),
        organisation_id: Uuid::nil(),
        project: String::new(),
        project_id: Uuid::nil(),
        series: Uuid::nil(),
        status: State::Completed,
        desired: Desired::Run,
        progress: 1.0,
        targets: Vec::new(),
        modules: Vec::new(),
        options: String::new(),
        recursion_depth: 0,
        template: None,
        limits: Limits::LEAST,
        created_at: now,
        updated_at: now,
        started_at: None,
        completed_at: arguments.as_of.or(Some(now)),
        reason: None,
    };
    ReportHead {
        scan,
        coverage: Coverage::of([(CoverageState::Up, total.unwrap_or_default())]),
        gaps: Vec::new(),
        unresolved: Vec::new(),
        method: Method::default(),
        authorisation: None,
        filter: arguments.query.clone(),
        changes: None,
    }
}
