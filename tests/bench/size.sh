#!/usr/bin/env bash
# How large the release program is. It may have 6 MiB.
set -euo pipefail
cd "$(dirname "$0")/../.."
limit=$((6 * 1024 * 1024))
size=$(wc -c <"${CARGO_TARGET_DIR:-target}/release/thv")
echo "thv has $size bytes of $limit"
((size <= limit)) || { echo "the release program is too large: protocol-notes/dependencies.md" >&2; exit 1; }
