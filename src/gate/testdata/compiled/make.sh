#!/bin/sh
# Compiles policy.rego and slow.rego with a real OPA. The results are kept, so that tests need no Go:
#   policy.wasm      the module alone, one entrypoint per rule
#   package.wasm     policy.rego alone, one entrypoint for the whole package
#   bundle.tar.gz    a bundle with data.json
#   bundle.tar       the same, not compressed
set -eu
cd "$(dirname "$0")"
opa="go run github.com/open-policy-agent/opa@v1.19.0"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
entrypoints=""
for rule in CreateSandboxRequest ExecProcessRequest CreateContainerRequest StartContainerRequest \
  WaitProcessRequest StatsContainerRequest SignalProcessRequest; do
  entrypoints="$entrypoints -e agent_policy/$rule"
done
mkdir "$work/src"
cp policy.rego slow.rego "$work/src/"
echo '{"allowed_signals": [9, 15]}' >"$work/src/data.json"
# shellcheck disable=SC2086
(cd "$work/src" && $opa build -t wasm $entrypoints -o "$work/bundle.tar.gz" .)
cp "$work/bundle.tar.gz" bundle.tar.gz
gunzip -c bundle.tar.gz >bundle.tar
tar -xzf bundle.tar.gz -C "$work" /policy.wasm
cp "$work/policy.wasm" policy.wasm
$opa build -t wasm -e agent_policy -o "$work/package.tar.gz" policy.rego
tar -xzf "$work/package.tar.gz" -C "$work" /policy.wasm
cp "$work/policy.wasm" package.wasm
