//! The `thv` program.
fn main() {}
