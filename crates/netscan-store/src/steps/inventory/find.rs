//! Finds the assets that a query means, by asking facts and not hosts.
//!
//! What an expression says of a host as a whole is a union of facts, and so is what it says of one
//! port; *and*, *or* and *not* are set operations on the assets behind them. Whether a fact is meant
//! is for the model to say, which is asked about a host of which nothing but this fact is known: so a
//! query means the same here as where it is held against hosts one by one.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use netscan_model::inventory::{Fact, Kind, MINUTE};
use netscan_model::observation::{Host, Port};
use netscan_model::search::{
    Expression, HostView, How, NumberField, NumberTest, Pattern, Query, Subject, Tags, Term,
    TextField, TextTest, TimeField, TimeTest, is_among,
};
use roaring::RoaringBitmap;
use sqlx::QueryBuilder;

use super::super::{damaged, push_list, read, time};
use super::facts::is_shared;
use super::postings::Holder;
use super::{net, postings};
use crate::error::StoreError;
use crate::sqlite::texts::{self, Pieces};
use crate::sqlite::{Backend, Connection};

/// The assets of one project that a query means.
pub(crate) async fn find(
    connection: &mut Connection,
    project_key: i64,
    query: &Query,
    tags: &Tags,
    now: Timestamp,
) -> Result<RoaringBitmap, StoreError> {
    let mut finder = Finder { connection, project_key, tags, now, all: None };
    finder.expression(query.expression()).await
}

/// All assets of a project. Of each holds one fact that counts its open ports.
pub(crate) async fn all(
    connection: &mut Connection,
    project_key: i64,
) -> Result<RoaringBitmap, StoreError> {
    let wanted = Wanted { kinds: &[Kind::Count], ..Wanted::default() };
    let facts = candidates(connection, project_key, &wanted).await?;
    postings::union(connection, facts.iter().map(|fact| &fact.holder).collect()).await
}

struct Finder<'a> {
    connection: &'a mut Connection,
    project_key: i64,
    tags: &'a Tags,
    now: Timestamp,
    /// All assets, once they were asked for.
    all: Option<RoaringBitmap>,
}

/// A fact that may be meant.
struct Candidate {
    holder: Holder,
    of: Option<i64>,
    body: String,
    host: Host,
}

impl Candidate {
    /// The fact on the state of the port that it is about.
    fn state(&self) -> i64 {
        self.of.unwrap_or(self.holder.fact_key)
    }

    fn port(&self) -> Option<&Port> {
        self.host.ports.first()
    }
}

/// Which facts are looked at.
#[derive(Default)]
struct Wanted<'a> {
    kinds: &'a [Kind],
    /// Only open ports, and what was said of them.
    open_only: bool,
    /// Only ports with a number in one of these ranges.
    ports: Option<&'a [(u64, u64)]>,
    /// Only those in whose text one of these is, for each of them.
    texts: Vec<Vec<Pieces>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    holder: Holder,
    of_fact: Option<i64>,
    kind: String,
    body: String,
}

fn candidate(Row { holder, of_fact, kind, body }: Row) -> Result<Candidate, StoreError> {
    let kind: Kind = read("a kind of fact", &kind)?;
    let host = Fact::host(kind, &body).ok_or_else(|| damaged("a fact", &body))?;
    Ok(Candidate { holder, of: of_fact, body, host })
}

/// Facts that are wanted, with what they say.
async fn candidates(
    connection: &mut Connection,
    project_key: i64,
    wanted: &Wanted<'_>,
) -> Result<Vec<Candidate>, StoreError> {
    let mut select =
        QueryBuilder::<Backend>::new("SELECT f.fact_key, f.few, f.of_fact, f.kind, f.body");
    let is_of_many = wanted.kinds.iter().all(|kind| is_shared(*kind));
    texts::push_from(&mut select, is_of_many, &wanted.texts);
    select.push("f.project_key = ").push_bind(project_key);
    push_list(select.push(" AND f.kind"), wanted.kinds.iter().map(|kind| kind.name()));
    if wanted.open_only {
        select.push(" AND f.is_open = 1");
    }
    if let Some(ranges) = wanted.ports {
        let mut list = select.push(" AND (").separated(" OR ");
        for (first, last) in ranges {
            list.push("f.port BETWEEN ")
                .push_bind_unseparated(i64::try_from(*first).unwrap_or(i64::MAX))
                .push_unseparated(" AND ")
                .push_bind_unseparated(i64::try_from(*last).unwrap_or(i64::MAX));
        }
        select.push(")");
    }
    let rows: Vec<Row> = select.build_query_as().fetch_all(connection).await?;
    rows.into_iter().map(candidate).collect()
}

impl Finder<'_> {
    async fn expression(&mut self, expression: &Expression) -> Result<RoaringBitmap, StoreError> {
        match expression {
            Expression::All(parts) => Box::pin(self.all_of(parts)).await,
            Expression::Any(arms) => {
                let mut found = RoaringBitmap::new();
                for arm in arms {
                    found |= Box::pin(self.expression(arm)).await?;
                }
                Ok(found)
            }
            Expression::Not(inner) => {
                let not = Box::pin(self.expression(inner)).await?;
                Ok(self.all().await? - &not)
            }
            Expression::Term(_) => Box::pin(self.all_of(std::slice::from_ref(expression))).await,
        }
    }

    /// All assets of the project.
    async fn all(&mut self) -> Result<&RoaringBitmap, StoreError> {
        let known = match self.all.take() {
            Some(known) => known,
            None => all(self.connection, self.project_key).await?,
        };
        Ok(self.all.insert(known))
    }

    /// Where all of these hold, and those that are about a port of one and the same.
    async fn all_of(&mut self, parts: &[Expression]) -> Result<RoaringBitmap, StoreError> {
        let mut sets = Vec::with_capacity(parts.len());
        let mut of_a_port = Vec::new();
        for part in parts {
            match part {
                Expression::Term(term) if term.subject() != Subject::Host => of_a_port.push(term),
                Expression::Term(term) => sets.push(self.of_host(term).await?),
                other => sets.push(self.expression(other).await?),
            }
        }
        if !of_a_port.is_empty() {
            sets.push(self.on_one_port(&of_a_port).await?);
        }
        match sets.into_iter().reduce(|found, here| found & here) {
            Some(found) => Ok(found),
            None => Ok(self.all().await?.clone()),
        }
    }

    /// Where the term holds of the host as a whole.
    async fn of_host(&mut self, term: &Term) -> Result<RoaringBitmap, StoreError> {
        let mut found = match term {
            Term::Net(addresses) => {
                return net::within(self.connection, self.project_key, addresses).await;
            }
            Term::Time(field, test) => return self.at_time(*field, *test).await,
            Term::Number(field, test) => return self.of_number(*field, test).await,
            Term::Text(TextField::Tag, test) => return self.tagged(test).await,
            Term::Protocol(_) | Term::State(_) => return Ok(RoaringBitmap::new()),
            Term::Words(_) | Term::Text(..) | Term::Output { .. } => Vec::new(),
        };
        for &(kinds, open_only) in kinds_of(term) {
            let wanted = Wanted { kinds, open_only, ports: None, texts: texts_of(&[term]) };
            for fact in candidates(self.connection, self.project_key, &wanted).await? {
                if HostView::of(&fact.host, self.now).has(term) {
                    found.push(fact.holder);
                }
            }
        }
        postings::union(self.connection, found.iter().collect()).await
    }

    async fn of_number(
        &mut self,
        field: NumberField,
        test: &NumberTest,
    ) -> Result<RoaringBitmap, StoreError> {
        let kind = match field {
            NumberField::Ports => Kind::Count,
            NumberField::Scan => Kind::Scan,
            NumberField::Port => return Ok(RoaringBitmap::new()),
        };
        let wanted = Wanted { kinds: &[kind], ..Wanted::default() };
        let facts = candidates(self.connection, self.project_key, &wanted).await?;
        let is_meant = |fact: &&Candidate| fact.body.parse().is_ok_and(|it| test.fits(it));
        let meant = facts.iter().filter(is_meant).map(|fact| &fact.holder).collect();
        postings::union(self.connection, meant).await
    }

    /// Where a moment is like that: whole minutes by their facts, and the one that a boundary cuts
    /// asset by asset.
    async fn at_time(
        &mut self,
        field: TimeField,
        test: TimeTest,
    ) -> Result<RoaringBitmap, StoreError> {
        let (kind, select) = match field {
            TimeField::Seen => (
                Kind::Seen,
                "SELECT ordinal, last_seen FROM assets
                 WHERE project_key = $1 AND last_seen >= $2 AND last_seen < $3",
            ),
            TimeField::First => (
                Kind::First,
                "SELECT ordinal, first_seen FROM assets
                 WHERE project_key = $1 AND first_seen >= $2 AND first_seen < $3",
            ),
        };
        let wanted = Wanted { kinds: &[kind], ..Wanted::default() };
        let (mut whole, mut cut) = (Vec::new(), Vec::new());
        for fact in candidates(self.connection, self.project_key, &wanted).await? {
            let minute: i64 = read("a minute", &fact.body)?;
            let is_meant = |at: i64| Ok::<_, StoreError>(test.fits(Some(time(at)?), self.now));
            match (is_meant(minute * MINUTE)?, is_meant(minute * MINUTE + MINUTE - 1)?) {
                (true, true) => whole.push(fact.holder),
                (false, false) => {}
                (true, false) | (false, true) => cut.push(minute),
            }
        }
        let mut found = postings::union(self.connection, whole.iter().collect()).await?;
        for minute in cut {
            let rows: Vec<(i64, i64)> = sqlx::query_as(select)
                .bind(self.project_key)
                .bind(minute * MINUTE)
                .bind((minute + 1) * MINUTE)
                .fetch_all(&mut *self.connection)
                .await?;
            for (ordinal, at) in rows {
                if test.fits(Some(time(at)?), self.now) {
                    found.insert(u32::try_from(ordinal).unwrap_or(u32::MAX));
                }
            }
        }
        Ok(found)
    }

    /// What targets with such a tag stand for.
    async fn tagged(&mut self, test: &TextTest) -> Result<RoaringBitmap, StoreError> {
        let mut found = RoaringBitmap::new();
        for tagged in self.tags.that_fit(test) {
            found |= net::within(self.connection, self.project_key, tagged.addresses()).await?;
            if tagged.names().is_empty() {
                continue;
            }
            let wanted = Wanted { kinds: &[Kind::Name], ..Wanted::default() };
            let facts = candidates(self.connection, self.project_key, &wanted).await?;
            let is_meant =
                |fact: &&Candidate| tagged.names().contains(&fact.body.to_ascii_lowercase());
            let meant = facts.iter().filter(is_meant).map(|fact| &fact.holder).collect();
            found |= postings::union(self.connection, meant).await?;
        }
        Ok(found)
    }

    /// Where all of these hold of one port, which is open unless a state is asked for. What may be
    /// about the host as well need not hold of the port where it holds of the host.
    async fn on_one_port(&mut self, terms: &[&Term]) -> Result<RoaringBitmap, StoreError> {
        let asks_for_state = terms.iter().any(|term| matches!(term, Term::State(_)));
        let (of_port, others): (Vec<&Term>, Vec<&Term>) =
            terms.iter().copied().partition(|term| is_of_bare_port(term));
        let asks_for_cpe = others.iter().any(|term| matches!(term, Term::Text(TextField::Cpe, _)));
        let ports = self.ports(&of_port, !asks_for_cpe, !asks_for_state).await?;
        let mut found = if others.is_empty() {
            postings::union(self.connection, ports.iter().map(|fact| &fact.holder).collect())
                .await?
        } else {
            self.on_one_of(&ports, &of_port, &others, asks_for_state).await?
        };
        if asks_for_state {
            let wanted = Wanted { kinds: &[Kind::Extra], ..Wanted::default() };
            let facts = candidates(self.connection, self.project_key, &wanted).await?;
            // Of ports that were only counted nothing is known that a host may have as well.
            let (of_either, of_port): (Vec<&Term>, Vec<&Term>) =
                terms.iter().copied().partition(|term| term.subject() == Subject::Either);
            let is_meant =
                |fact: &&Candidate| fact.host.extra_ports.iter().any(|it| is_among(it, &of_port));
            let meant = facts.iter().filter(is_meant).map(|fact| &fact.holder).collect();
            let mut counted = postings::union(self.connection, meant).await?;
            for term in of_either {
                counted &= self.of_host(term).await?;
            }
            found |= counted;
        }
        Ok(found)
    }

    /// The ports of which all of these hold. Nothing is asked of their scripts, and of their programs
    /// nothing but this if their facts `may_be_bare`.
    async fn ports(
        &mut self,
        terms: &[&Term],
        may_be_bare: bool,
        open_only: bool,
    ) -> Result<Vec<Candidate>, StoreError> {
        // Numbers and states alone are asked of fewer facts.
        let is_plain = |term: &&Term| {
            matches!(
                term,
                Term::Number(..)
                    | Term::Protocol(_)
                    | Term::State(_)
                    | Term::Text(TextField::Reason, _)
            )
        };
        let kinds: &[Kind] =
            if may_be_bare && terms.iter().all(is_plain) { &[Kind::State] } else { &[Kind::Port] };
        let numbers = terms.iter().find_map(|term| match term {
            Term::Number(NumberField::Port, NumberTest::OneOf(ranges)) => Some(ranges.as_slice()),
            _ => None,
        });
        let texts = if kinds == [Kind::Port] { texts_of(terms) } else { Vec::new() };
        let wanted = Wanted { kinds, open_only, ports: numbers, texts };
        let mut facts = candidates(self.connection, self.project_key, &wanted).await?;
        facts.retain(|fact| {
            fact.port().is_some_and(|port| terms.iter().all(|term| term.is_of(port)))
        });
        Ok(facts)
    }

    /// Where one of these `ports`, of which all of `of_port` hold, has all the `others` too, or the
    /// host has them.
    async fn on_one_of(
        &mut self,
        ports: &[Candidate],
        of_port: &[&Term],
        others: &[&Term],
        asks_for_state: bool,
    ) -> Result<RoaringBitmap, StoreError> {
        let mut of_hosts = Vec::with_capacity(others.len());
        let mut of_ports: Vec<HashMap<i64, RoaringBitmap>> = Vec::with_capacity(others.len());
        for term in others {
            of_hosts.push(match term.subject() {
                Subject::Either => self.of_host(term).await?,
                Subject::Host | Subject::Port => RoaringBitmap::new(),
            });
            of_ports.push(self.by_port(term, ports, asks_for_state).await?);
        }
        let mut found = RoaringBitmap::new();
        if of_port.is_empty() {
            let mut sets = of_hosts.iter();
            let first = sets.next().cloned().unwrap_or_default();
            found |= sets.fold(first, |all, set| all & set);
        }
        let mut by_state: HashMap<i64, Vec<&Holder>> = HashMap::new();
        for fact in ports {
            by_state.entry(fact.state()).or_default().push(&fact.holder);
        }
        for (state, facts) in by_state {
            let may_be = |(of_host, by_port): (&RoaringBitmap, &HashMap<i64, RoaringBitmap>)| {
                !of_host.is_empty() || by_port.contains_key(&state)
            };
            if !of_hosts.iter().zip(&of_ports).all(may_be) {
                continue;
            }
            let mut here = postings::union(self.connection, facts).await?;
            for (of_host, by_port) in of_hosts.iter().zip(&of_ports) {
                match by_port.get(&state) {
                    Some(set) => here &= of_host | set,
                    None => here &= of_host,
                }
            }
            found |= here;
        }
        Ok(found)
    }

    /// By the state of a port, the assets where the term holds of the port: a CPE name of its program,
    /// or what a script said.
    async fn by_port(
        &mut self,
        term: &Term,
        ports: &[Candidate],
        asks_for_state: bool,
    ) -> Result<HashMap<i64, RoaringBitmap>, StoreError> {
        if matches!(term, Term::Text(TextField::Cpe, _)) {
            let has_it = |fact: &&Candidate| fact.port().is_some_and(|port| term.is_of(port));
            let facts = ports.iter().filter(has_it).map(|fact| (fact.state(), &fact.holder));
            return postings::grouped(self.connection, facts.collect()).await;
        }
        let states: HashSet<i64> = ports.iter().map(Candidate::state).collect();
        let wanted = Wanted {
            kinds: &[Kind::Script],
            open_only: !asks_for_state,
            ports: None,
            texts: texts_of(&[term]),
        };
        let mut facts = candidates(self.connection, self.project_key, &wanted).await?;
        facts.retain(|fact| {
            states.contains(&fact.state()) && fact.port().is_some_and(|it| term.is_of(it))
        });
        let facts = facts.iter().map(|fact| (fact.state(), &fact.holder));
        postings::grouped(self.connection, facts.collect()).await
    }
}

/// Whether the term is about a port and not about what scripts said, nor about the host.
fn is_of_bare_port(term: &Term) -> bool {
    term.subject() == Subject::Port && !matches!(term, Term::Text(TextField::Title, _))
}

/// Facts of which a term may hold that is about a host as a whole, each kind with whether it has to be
/// about an open port. Kinds whose texts are kept together stand together.
fn kinds_of(term: &Term) -> &'static [(&'static [Kind], bool)] {
    match term {
        Term::Words(_) => &[
            (&[Kind::Os], false),
            (&[Kind::Name, Kind::HostScript], false),
            (&[Kind::Port], true),
            (&[Kind::Script], true),
        ],
        Term::Output { .. } => &[(&[Kind::HostScript], false)],
        Term::Text(field, _) => match field {
            TextField::Host => &[(&[Kind::Name], false)],
            TextField::Os => &[(&[Kind::Os], false), (&[Kind::Port], true)],
            TextField::Mac => &[(&[Kind::Mac], false)],
            TextField::Vendor => &[(&[Kind::Vendor], false)],
            TextField::Suspect => &[(&[Kind::Suspect], false)],
            TextField::Cpe => &[(&[Kind::Os], false)],
            TextField::Script | TextField::Cve => &[(&[Kind::HostScript], false)],
            TextField::Service
            | TextField::Product
            | TextField::Version
            | TextField::Reason
            | TextField::Title
            | TextField::Tag => &[],
        },
        Term::Number(..) | Term::Time(..) | Term::Protocol(_) | Term::State(_) | Term::Net(_) => {
            &[]
        }
    }
}

/// What must be in the text of a fact for the terms to hold of it: of each list, one.
fn texts_of(terms: &[&Term]) -> Vec<Vec<Pieces>> {
    let mut texts = Vec::new();
    for term in terms {
        match term {
            // `cve:*` asks for an id.
            Term::Text(TextField::Cve, test) => texts.extend(pieces_of(test, &["cve-"])),
            Term::Text(TextField::Title, test) => texts.extend(pieces_of(test, &["http-title"])),
            Term::Words(test) | Term::Text(_, test) => texts.extend(pieces_of(test, &[])),
            Term::Output { script, says } => {
                texts.extend(pieces_of(says, &[]));
                let name = TextTest { how: How::Whole, any_of: vec![script.clone()] };
                texts.extend(pieces_of(&name, &[]));
            }
            Term::Number(..)
            | Term::Time(..)
            | Term::Protocol(_)
            | Term::State(_)
            | Term::Net(_) => {}
        }
    }
    texts
}

/// What must be in a text that fits, one of these; nothing when that cannot be told.
fn pieces_of(test: &TextTest, also: &[&str]) -> Option<Vec<Pieces>> {
    let pieces = |pattern: &Pattern| {
        let own = pattern.pieces().iter().map(String::as_str);
        Pieces::of(own.chain(also.iter().copied()))
    };
    test.any_of.iter().map(pieces).collect()
}
