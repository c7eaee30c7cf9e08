//! `offhook sim`: the simulated telephone network, as a tool of its own.

use crate::cli::args::SimArgs;
use anyhow::Context as _;
use tokio::net::TcpListener;

/// Runs the simulated network until it is told to stop, or is idle for as long as was asked.
///
/// # Errors
/// It could not listen.
pub(crate) fn run(args: &SimArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(args.listen).await.with_context(|| {
            format!("cannot listen on {}; a simulated network may be running there already, or name another --listen", args.listen)
        })?;
        println!("the simulated network listens on http://{}", listener.local_addr()?);
        println!("Twilio: account {}, token {}", network::DEFAULT_ACCOUNT_SID, network::DEFAULT_AUTH_TOKEN);
        let latency = args.latency.unwrap_or_default().as_millis();
        let settings = network::Settings {
            latency_ms: u64::try_from(latency)?,
            seed: args.seed,
            exit_when_idle: args.exit_when_idle,
            ..network::Settings::default()
        };
        network::serve(listener, settings, crate::serve::told_to_stop(args.until_stdin_ends)).await?;
        Ok(())
    })
}
