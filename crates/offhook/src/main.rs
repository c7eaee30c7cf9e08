//! offhook: a telephone gateway for software agents. One binary: the gateway, the simulated
//! network, the demo, and the commands that speak to a running gateway.

mod archive;
mod cli;
mod config;
mod consoles;
mod demo;
mod doctor;
mod face;
mod http;
mod import;
mod init;
mod page;
mod recover;
mod serve;
mod sim;
#[cfg(feature = "otel")]
mod telemetry;
mod tunnel;

use clap::Parser as _;
use cli::Exit;
use cli::args::{Command, CommandLine, ServeArgs};
use cli::terminal::Terminal;
use config::{ConfigFaults, Environment, Loaded};
use std::process::ExitCode;

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let environment = Environment::of_process();
    let exit = match &line.command {
        Command::Demo(args) => {
            let terminal = Terminal::of_process(line.global.no_color, &environment);
            demo::run(args, terminal).unwrap_or_else(|error| done(Err(error)))
        }
        Command::Serve(args) => match line.global.load_config(&environment) {
            Ok(loaded) => done(serve_with_logs(&loaded, args)),
            Err(faults) => {
                eprintln!("offhook: {faults}");
                Exit::Usage
            }
        },
        Command::Init(args) => init::run(args, &line.global, &environment),
        Command::Tunnel(args) => tunnel::run(args, &line.global, &environment),
        #[cfg(feature = "tui")]
        Command::Top => cli::top::run(&line.global, &environment),
        Command::Sim(args) => done(sim::run(args, &line.global, &environment)),
        Command::Verb(verb) => cli::run(verb, &line.global, &environment),
        Command::Mcp => done(face::run(&line.global, &environment)),
        Command::Recover(args) => {
            recover::run(args, &line.global, &environment).unwrap_or_else(|error| done(Err(error)))
        }
        Command::Archive(archive) => archive::run(archive, &line.global, &environment),
        Command::Doctor(args) => doctor::run(args, &line.global, &environment),
        Command::Config(args) => cli::print_config(args, &line.global, &environment),
        Command::Man { folder } => cli::print_manual(folder.as_deref(), &environment),
        Command::Completions { shell } => cli::print_completions(*shell, &environment),
    };
    exit.code()
}

fn serve_with_logs(loaded: &Loaded, args: &ServeArgs) -> anyhow::Result<()> {
    use std::io::IsTerminal as _;
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::layer::SubscriberExt as _;
    // MCP's library logs at info what servers tell, which may be what was said on a call, and whisper.cpp what it
    // is about to do. Who wants that names it.
    let filter = format!("rmcp=off,whisper_rs=off,{}=off,{}", engine::TRACED, loaded.config.log);
    let filter = tracing_subscriber::EnvFilter::try_new(filter)?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_filter(filter);
    let told = tracing_subscriber::registry().with(lines);
    #[cfg(feature = "otel")]
    {
        let telemetry = telemetry::Telemetry::of(&loaded.config)?;
        let layer = telemetry.as_ref().map(|telemetry| telemetry.layer().with_filter(telemetry::told()));
        tracing::subscriber::set_global_default(told.with(layer))?;
        let served = serve::run(loaded, args);
        telemetry.into_iter().for_each(telemetry::Telemetry::end);
        served
    }
    #[cfg(not(feature = "otel"))]
    {
        tracing::subscriber::set_global_default(told)?;
        serve::run(loaded, args)
    }
}

fn done(result: anyhow::Result<()>) -> Exit {
    match result {
        Ok(()) => Exit::Done,
        Err(error) => {
            eprintln!("offhook: {error:#}");
            if error.is::<ConfigFaults>() { Exit::Usage } else { Exit::Failed }
        }
    }
}
