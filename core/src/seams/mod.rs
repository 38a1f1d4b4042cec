//! What core leans on: traits, each with one contract suite.
