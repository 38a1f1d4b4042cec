//! The [`Model`](muykol_core::seams::Model) seam over HTTP, for any server that speaks the
//! OpenAI chat completions API: OpenAI itself, llama.cpp, Ollama, vLLM, LiteLLM and many more.
//!
//! The server is believed in nothing: every wait has an end, every length a bound, an answer that
//! breaks off is an error, and a server that keeps failing is left alone for a while. What a
//! person or a model wrote never reaches a log or an error; of a server's own error only its code
//! does, because its message may quote either, or the key.

mod answer;
mod assessment;
mod breaker;
mod failure;
mod model;
mod request;
mod response;
mod settings;
mod sse;
mod thinking;

pub use model::OpenAiModel;
pub use settings::{ApiKey, Settings, SettingsError};
