//! Who writes the reply: the curated composer and the model-backed answerer.
