//! `muykol serve`: everything that is configured, until it is told to stop.

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use muykol_core::{
    path::{Door, Engine, first_notice},
    seams::Operations,
};
use muykol_web::{ClientIp, Seams, WebConfig, WebState, harden};
use tokio::{net::TcpListener, signal, sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, TelegramMode},
    operator,
    server::{self, Limits, Watch},
    telemetry,
    wiring::{self, Failure, GRACE, Parts, SiteCare},
};

/// How long the start waits for Telegram to answer, for the summary's sake.
const INTRODUCTION: Duration = Duration::from_millis(1500);

pub async fn run(config: Config) -> Result<ExitCode, Failure> {
    telemetry::start_logs(&config.log);
    let metrics = telemetry::start_metrics()?;
    let parts = wiring::assemble(&config, wiring::store(&config)?).await?;
    let engine = Engine::new(Arc::clone(&parts.wiring));
    let stop = CancellationToken::new();
    let (stopping, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();

    let listener = TcpListener::bind(config.server.bind)
        .await
        .map_err(|error| cannot_listen(config.server.bind, &error))?;
    let address = listener.local_addr()?;
    if let Some(bind) = config.server.metrics_bind {
        let listener = TcpListener::bind(bind)
            .await
            .map_err(|error| cannot_listen(bind, &error))?;
        let routes = server::metrics_alone(metrics.clone());
        tasks.spawn(server::serve(
            listener,
            routes,
            Limits::default(),
            stop.clone(),
        ));
    }

    let state = WebState::new(
        seams(&config, &parts, &engine, &stop),
        web_config(&config, &parts),
    )?;
    let watch = Watch {
        store: parts.store.clone(),
        couriers: parts.wiring.couriers.clone(),
        clock: parts.clock.clone(),
        metrics,
        metrics_token: config.server.metrics_token.clone(),
        last: None.into(),
        store_last: None.into(),
    };
    let mut routes = muykol_web::routes(state.clone()).merge(server::routes(Arc::new(watch)));
    if let (Some(telegram), TelegramMode::Webhook) = (&parts.telegram, config.telegram.mode) {
        routes = routes.merge(telegram.routes(engine.clone()));
    }
    let app = harden(routes, &state);

    if let Some(telegram) = &parts.telegram {
        let (telegram, door, stop) = (telegram.clone(), engine.clone(), stopped.clone());
        let (leases, holder) = (parts.store.clone(), parts.wiring.holder.clone());
        tasks.spawn(async move { telegram.run(door, leases, holder, stop).await });
    }
    let store: Arc<dyn Operations> = parts.store.clone();
    tasks.spawn(operator::measure(store.clone(), parts.clock.clone()));
    tasks.spawn(operator::forget(
        store,
        parts.clock.clone(),
        config.retention.kinds,
    ));
    tasks.spawn(operator::forget_limits(parts.limiter.clone()));

    tasks.spawn(greet(config.clone(), parts.telegram.clone(), address));
    let serving = tokio::spawn(server::serve(
        listener,
        app,
        Limits::default(),
        stop.clone(),
    ));
    let running = {
        let engine = engine.clone();
        tokio::spawn(async move { engine.run(stopped, GRACE).await })
    };

    told_to_stop().await?;
    println!("muykol stops: what is being answered is finished, the rest waits on disk.");
    stop.cancel();
    let _ = stopping.send(true);
    // The doors close while the turns that are under way end.
    drop(tokio::time::timeout(GRACE, serving).await);
    running.await?;
    tasks.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

fn seams(config: &Config, parts: &Parts, engine: &Arc<Engine>, stop: &CancellationToken) -> Seams {
    Seams {
        door: engine.clone() as Arc<dyn Door>,
        history: parts.store.clone(),
        people: parts.store.clone(),
        sessions: parts.store.clone(),
        events: parts.wiring.events.clone(),
        limiter: parts.limiter.clone(),
        clock: parts.clock.clone(),
        library: parts.wiring.library.clone(),
        care: Arc::new(SiteCare::new(config)),
        closing: stop.clone(),
    }
}

fn web_config(config: &Config, parts: &Parts) -> WebConfig {
    let server = &config.server;
    let mut web = WebConfig::new(config.church.name.clone());
    web.translation.clone_from(&config.church.translation);
    web.greeting = (!config.church.greeting.is_empty()).then(|| config.church.greeting.clone());
    web.notice = first_notice(&parts.wiring.settings);
    web.public_url = server
        .public_url
        .as_ref()
        .map(|url| url.origin().ascii_serialization());
    web.allowed_origins.clone_from(&server.allowed_origins);
    web.session_quota = config.limits.sessions;
    if !server.trusted_proxies.is_empty() {
        web.client_ip = ClientIp::Behind(server.trusted_proxies.clone());
    }
    web
}

/// The start-up summary, once Telegram has had a moment to introduce itself.
async fn greet(
    config: Config,
    telegram: Option<Arc<muykol_telegram::Telegram>>,
    address: SocketAddr,
) {
    println!(
        "muykol {} is here. Open http://{address}/ and write.",
        env!("CARGO_PKG_VERSION")
    );
    for line in config.summary() {
        println!("  {line}");
    }
    if let Some(telegram) = telegram {
        telegram.introduced(INTRODUCTION).await;
        println!("  telegram: {}", telegram.describe());
    }
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> String {
    format!(
        "muykol cannot listen at {address}: {error}. Is it running already? Another address can be \
         set as server.bind in muykol.toml or MUYKOL_SERVER__BIND."
    )
}

#[cfg(unix)]
async fn told_to_stop() -> std::io::Result<()> {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = signal::ctrl_c() => interrupted,
    }
}

#[cfg(not(unix))]
async fn told_to_stop() -> std::io::Result<()> {
    signal::ctrl_c().await
}
