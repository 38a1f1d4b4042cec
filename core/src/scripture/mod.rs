//! Bible texts, references and the check that nothing is invented.
