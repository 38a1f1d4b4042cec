//! What the binary can do, one file a command.

mod ask;
mod doctor;
mod lines;
mod outbox;
mod render;
mod safekeeping;
mod scripture;
mod serve;

use std::process::ExitCode;

use crate::{
    cli::{Cli, Command},
    config::{Config, MANUAL, Sources},
    wiring::Failure,
};

/// Carries out a command.
///
/// # Errors
/// In words for whoever typed the command.
pub fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let config = || -> Result<Config, Failure> {
        Ok(Config::load(&Sources::of_process(cli.config.as_deref())?)?)
    };
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => wait_for(serve::run(config()?)),
        Command::Ask { message, json } => wait_for(ask::run(config()?, message, json)),
        Command::Assess => lines::assess(),
        Command::Verify => lines::verify(&config()?),
        Command::Render { channel } => render::run(&channel),
        Command::Scripture {
            reference,
            translation,
            json,
        } => scripture::run(&config()?, &reference, translation, json),
        Command::Doctor => wait_for(doctor::run(config()?)),
        Command::Config => lines::print(MANUAL),
        Command::Backup { file } => wait_for(safekeeping::backup(config()?, file)),
        Command::Restore { file, force } => safekeeping::restore(&config()?, &file, force),
        Command::Outbox { what } => wait_for(outbox::run(config()?, what)),
    }
}

fn wait_for(command: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(command)
}
