#!/usr/bin/env bash
# Builds the program as it could also be built, and measures what each choice costs: the table in
# protocol-notes/performance.md. Takes a few minutes an alternative.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

# Changes the copy in the current directory.
as_it_is() { :; }
aws_lc() {
    sed -i 's/features = \["ring", /features = ["aws_lc_rs", /' Cargo.toml
    sed -i 's/crypto::{CryptoProvider, ring,/crypto::{CryptoProvider, aws_lc_rs,/; s/\bring::default_provider/aws_lc_rs::default_provider/' src/wire/tls.rs
}
http2() { sed -i 's/features = \["rustls-no-provider"\]/features = ["rustls-no-provider", "http2"]/' Cargo.toml; }
thin_lto() { sed -i 's/^lto = "fat"/lto = "thin"/; s/^codegen-units = 1/codegen-units = 4/' Cargo.toml; }
for_size() { sed -i 's/^lto = "fat"/lto = "fat"\nopt-level = "s"/' Cargo.toml; }

printf '| built | program | build | crates of the client | 40 small pulls |\n|---|---|---|---|---|\n'
for choice in ${*:-as_it_is aws_lc http2 thin_lto for_size}; do
    mkdir "$work/$choice"
    git archive HEAD | tar -x -C "$work/$choice"
    (
        cd "$work/$choice"
        "$choice"
        cargo fetch --quiet
        start=$(date +%s)
        cargo build --release --quiet --bin thv
        built=$(($(date +%s) - start))
        crates=$(cargo tree -e normal --no-default-features --prefix none | cut -d' ' -f1 | sort -u | wc -l)
        size=$(stat -c %s target/release/thv)
        target/release/thv registry serve --listen 127.0.0.1:20555 --quiet >/dev/null &
        registry=$!
        until target/release/thv push fixtures/runconfigs/stdio.json 127.0.0.1:20555/a:v1 --quiet >/dev/null 2>&1; do :; done
        start=$(date +%s%N)
        for _ in {1..40}; do target/release/thv pull 127.0.0.1:20555/a:v1 -o out.json >/dev/null; done
        pulls=$((($(date +%s%N) - start) / 1000000))
        kill "$registry"
        printf '| %s | %d bytes | %d s | %d | %d ms |\n' "${choice//_/ }" "$size" "$built" "$crates" "$pulls"
    )
    rm -rf "${work:?}/$choice"
done
