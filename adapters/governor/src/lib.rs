//! muykol adapter.
