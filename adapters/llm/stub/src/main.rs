//! `muykol-model-stub`: the stub as a process of its own, for benches.

use std::{error::Error, net::SocketAddr};

use clap::Parser;
use muykol_model_stub::{Behaviour, ModelStub, Script};

/// Answers like an OpenAI-compatible server, without a model. For tests and benches only.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes a free one, which is printed.
    #[arg(long, env = "MODEL_STUB_BIND", default_value = "127.0.0.1:9090")]
    bind: SocketAddr,
    /// What happens to a request: warm, misquoted, unsafe, `server_error`, hangs, …
    #[arg(long, env = "MODEL_STUB_BEHAVIOUR", default_value = "warm", value_parser = behaviour)]
    behaviour: Behaviour,
    /// Milliseconds before the first piece.
    #[arg(long, env = "MODEL_STUB_FIRST_TOKEN_MS", default_value_t = 0)]
    first_token_ms: u64,
    /// Milliseconds between pieces.
    #[arg(long, env = "MODEL_STUB_PIECE_MS", default_value_t = 0)]
    piece_ms: u64,
    /// In how many pieces the text is streamed.
    #[arg(long, env = "MODEL_STUB_PIECES", default_value_t = 20)]
    pieces: usize,
}

fn behaviour(name: &str) -> Result<Behaviour, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let script = Script {
        first_token_ms: arguments.first_token_ms,
        piece_ms: arguments.piece_ms,
        pieces: arguments.pieces,
        ..Script::of(arguments.behaviour)
    };
    let stub = ModelStub::start_on(arguments.bind, script).await?;
    println!("listening on {}", stub.base_url());
    stub.serve().await;
    Ok(())
}
