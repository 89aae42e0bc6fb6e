//! The `earlybell` command.

fn main() -> std::process::ExitCode {
    earlybell::cli::main()
}
