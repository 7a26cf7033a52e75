//! `serve`: the API, and the scans of this database, for many people at once.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use netscan_broker::{Bus, Limits};
use netscan_orchestrator::lock::LockError;
use netscan_orchestrator::runner::Runner;
use netscan_server::{App, AuditWitness, Oidc, Parts, Settings, StoredHistory};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::arguments::serving::Serve;
use crate::configuration::{Serving, Words};
use crate::ending::{Exit, Fault};
use crate::lifecycle::Interrupts;
use crate::output::data;
use crate::wire::{self, Context};

/// The longest that the server takes to end once it is asked to.
const LONGEST_END: Duration = Duration::from_secs(24);

pub(super) async fn execute(context: &Context, arguments: &Serve) -> anyhow::Result<Exit> {
    let listen = arguments.listen.unwrap_or(context.configuration.serving.listen.value);
    let settings = settings(context)?;
    // A place that is taken is known before anything else is.
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        let sentence = format!("cannot listen on {listen}: {error}");
        Fault::new(sentence).hint("`--listen 127.0.0.1:0` takes any port that is free")
    })?;
    let address = listener.local_addr().context("cannot tell where the server listens")?;
    let store = context.store().await?.clone();
    let lock = context.lock().await.map_err(explain)?;
    let runner = Arc::new(Runner::serve(store.clone(), lock, context.runner_settings()).await?);
    let shutdown = CancellationToken::new();
    let scripts = wire::scripts(&context.capabilities())?;
    let app = App::new(Parts {
        store: store.clone(),
        runner: Some(runner.clone()),
        bus: Bus::new(StoredHistory::new(store.clone()), Limits::default()),
        scripts,
        settings,
        shutdown: shutdown.clone(),
    });

    let interrupts = Interrupts::listen()?;
    tell(context, address).await?;
    let ended = async {
        let (served, run) =
            tokio::join!(netscan_server::serve(app, listener), runner.run(shutdown.clone()));
        run?;
        anyhow::Ok(served?)
    };
    let asked = async {
        interrupts.pause.cancelled().await;
        context.talk.note("Ending; what runs is handed back. Ctrl-C again leaves at once");
        shutdown.cancel();
        tokio::select! {
            () = interrupts.hand_back.cancelled() => {}
            () = tokio::time::sleep(LONGEST_END) => {}
        }
    };
    let mut witness = AuditWitness::new(store.clone());
    let ended = tokio::select! {
        ended = ended => ended,
        () = asked => {
            context.talk.warning("Some of what runs was not ended in time; it is taken up again at the next start");
            Ok(())
        }
        never = witness.watch() => match never {},
    };
    witness.tell().await;
    store.close().await;
    ended.map(|()| Exit::Done)
}

/// Prints where the server is, and how the first user is made if there is none.
async fn tell(context: &Context, address: SocketAddr) -> anyhow::Result<()> {
    let url = url(address);
    data::print(&url)?;
    context
        .talk
        .note(format_args!("The API is explained at {url}/api/docs; Ctrl-C ends the server"));
    let store = context.store().await?;
    if let Some(secret) = netscan_server::offer_setup(store, Timestamp::now()).await? {
        context.talk.note(format_args!("Set up the first user, once: {url}/setup?token={secret}"));
    }
    let is_protected = address.ip().is_loopback()
        || context
            .configuration
            .serving
            .public_url
            .value
            .as_ref()
            .is_some_and(|url| url.starts_with("https://"));
    if !is_protected {
        context.talk.warning(
            "This address can be reached from other machines without TLS: put a proxy with TLS before it, and its address in public_url",
        );
    }
    Ok(())
}

/// The address as a URL that works from this machine.
fn url(address: SocketAddr) -> String {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    format!("http://{host}:{}", address.port())
}

fn explain(error: LockError) -> anyhow::Error {
    match error {
        LockError::Held(holder) => {
            let sentence = format!("{holder} runs the scans of this database; nothing is served");
            Fault::new(sentence).hint("wait until it has ended, or end it").into()
        }
        other @ LockError::File { .. } => other.into(),
    }
}

fn settings(context: &Context) -> anyhow::Result<Settings> {
    let Serving {
        listen: _,
        public_url,
        allowed_hosts,
        trusted_proxies,
        session_idle,
        session_lifetime,
        max_rate_limit,
        places: _,
        ..
    } = &context.configuration.serving;
    let mut settings = Settings::new(context.configuration.artifacts_dir.value.clone());
    settings.public_url.clone_from(&public_url.value);
    settings.address_limit = context.configuration.address_limit.value.into();
    settings.chromium.clone_from(&context.configuration.chromium_path.value);
    if let Some(Words(hosts)) = &allowed_hosts.value {
        settings.allowed_hosts.clone_from(hosts);
    }
    if let Some(Words(proxies)) = &trusted_proxies.value {
        settings.trusted_proxies =
            proxies.iter().map(|proxy| address(proxy)).collect::<Result<_, _>>()?;
    }
    if let Some(idle) = session_idle.value {
        settings.session_idle = idle.duration();
    }
    if let Some(lifetime) = session_lifetime.value {
        settings.session_lifetime = lifetime.duration();
    }
    if let Some(limit) = max_rate_limit.value {
        settings.max_rate_limit = limit;
    }
    settings.oidc = oidc(&context.configuration.serving)?;
    Ok(settings)
}

fn address(proxy: &str) -> Result<IpAddr, Fault> {
    let sentence =
        || format!("trusted_proxies: {proxy:?} is no address; write addresses with commas between");
    proxy.parse().map_err(|_| Fault::new(sentence()).of_usage())
}

/// The provider of OpenID Connect, if one is configured, and then wholly.
fn oidc(serving: &Serving) -> Result<Option<Oidc>, Fault> {
    let parts = (
        serving.oidc_issuer.value.clone(),
        serving.oidc_client_id.value.clone(),
        serving.oidc_client_secret.value.clone(),
    );
    match parts {
        (None, None, None) => Ok(None),
        (Some(issuer), Some(client_id), Some(client_secret)) => Ok(Some(Oidc {
            issuer,
            client_id,
            client_secret: client_secret.0,
            default_role: serving.oidc_default_role.value,
        })),
        _ => {
            let sentence = "sign-in by OpenID Connect needs all of oidc_issuer, oidc_client_id and oidc_client_secret";
            Err(Fault::new(sentence).of_usage())
        }
    }
}
