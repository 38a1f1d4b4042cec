//! The `muykol` binary.

use std::process::ExitCode;

use clap::Parser;
use muykol::cli::Cli;

fn main() -> ExitCode {
    match muykol::commands::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
