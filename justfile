# What can be done here: `just --list`.

# Build the program for use, and see that it stays small
build:
    cargo build --release --locked
    bash tests/bench/size.sh

# Run every test; installs the real registry on Debian
test:
    bash tests/run.sh

# Measure `--all` against the same done one by one
bench-all:
    cargo bench --locked --bench all

# Make the recorded exchanges, and the pages that show them, anew
record:
    UPDATE=1 cargo test --locked --test suite -- --include-ignored record

# Measure round trips, start-up, throughput and size, beside the clients on PATH; files are in memory
bench *section:
    TMPDIR=/dev/shm cargo bench --locked --bench performance -- {{section}}

# Give each parser hostile bytes, for so many seconds each (needs cargo-fuzz)
fuzz seconds="180":
    bash tests/fuzz/run.sh {{seconds}}

# Make the pages that tests hold current anew: commands, errors, and what commands print
pages:
    UPDATE=1 cargo test --locked --test source
    UPDATE=1 cargo test --locked --test suite -- --include-ignored help:: errors:: documentation::

# Formatting, lints and documentation, as the checks run them
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

# A round trip through the embedded registry
demo:
    cargo run --release --locked -- demo

# A development registry at 127.0.0.1:5055
registry:
    cargo run --release --locked -- registry serve
