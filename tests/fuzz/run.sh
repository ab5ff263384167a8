#!/usr/bin/env bash
# Gives each parser hostile bytes for so many seconds (180). Needs cargo-fuzz: cargo install cargo-fuzz.
# Further words name the targets to run.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-180}
shift || true
# Sanitizers are for nightly compilers, or for this.
export RUSTC_BOOTSTRAP=1

# Each target, and the directories of its seeds.
while read -r target seeds; do
    (($# == 0)) || [[ " $* " == *" $target "* ]] || continue
    found=target/fuzz/corpus/$target
    mkdir -p "$found" target/fuzz/artifacts
    # shellcheck disable=SC2086
    cargo fuzz run --fuzz-dir tests/fuzz --target-dir target/fuzz "$target" "$found" $seeds -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix=target/fuzz/artifacts/ </dev/null
done <<'EOT'
reference fixtures/fuzz/reference
challenge fixtures/fuzz/challenge
manifest fixtures/fuzz/manifest
run_configuration fixtures/runconfigs fixtures/runconfigs-invalid
docker_config fixtures/fuzz/docker_config fixtures/docker-config
transcript fixtures/wire-check fixtures/exchanges
EOT
