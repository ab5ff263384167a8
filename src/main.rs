//! The `thv` program.

fn main() -> std::process::ExitCode {
    thv_oci::cli::main()
}
