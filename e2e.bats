#!/usr/bin/env bats
# The built module under Kubewarden's own kwctl: `./just kwctl-tests`, skipped where kwctl is not installed. Each test replays a recording
# of tests/e2e. The same tests run everywhere in the project's own host: host-tests/tests/kubewarden/replayed.rs reads them from this
# file, so that a test is made of the words defined here, and of nothing else.

bats_require_minimum_version 1.5.0

setup() {
  command -v kwctl >/dev/null || skip "kwctl is not installed"
  cd "$BATS_TEST_DIRNAME"
}

# judge FOLDER: the answer to the recorded request; its settings are accepted and nothing but the recorded host calls is made.
judge() {
  run --separate-stderr kwctl run --allow-context-aware --request-path "tests/e2e/$1/request.json" \
    --settings-path "tests/e2e/$1/settings.yaml" --replay-host-capabilities-interactions "tests/e2e/$1/replay.yaml" dist/policy.wasm
  echo "output = $output, stderr = $stderr" # shown when a check fails
  [ "$status" -eq 0 ]
}

allowed() { jq -e '.allowed' <<<"$output"; }
denied() { jq -e '.allowed | not' <<<"$output"; }
# says TEXT: the message of the denial has it.
says() { jq -e --arg text "$1" '.status.message | contains($text)' <<<"$output"; }
# warns TEXT: a warning has it.
warns() { jq -e --arg text "$1" '.warnings // [] | any(contains($text))' <<<"$output"; }
silent() { jq -e '.warnings // [] == []' <<<"$output"; }
# annotates KEY TEXT: that audit annotation has it.
annotates() { jq -e --arg key "$1" --arg text "$2" '.auditAnnotations[$key] | contains($text)' <<<"$output"; }
# pins PATH IMAGE: that image is written there.
pins() {
  jq -er '.patch | @base64d' <<<"$output" | jq -e --arg path "$1" --arg image "$2" 'any(.[]; .path == $path and .value == $image)'
}
unchanged() { jq -e '.patch == null' <<<"$output"; }

@test "accept: few vulnerabilities" {
  judge accept
  allowed
  silent
  unchanged
  annotates verdict admit
}

@test "audit: a critical vulnerability" {
  judge audit
  allowed
  warns 'rule `warn-critical`: 1 critical vulnerability'
  annotates verdict audit
  annotates rule warn-critical
}

@test "deny: a critical vulnerability" {
  judge deny
  denied
  says 'rule `block-critical`: 1 critical vulnerability'
  says 'CVE-2026-0000 (openssl 3.0.1, fixed in 3.0.2) [findings-over-limit]'
  annotates rule block-critical
}

@test "deny: an image that nobody scanned" {
  judge missing
  denied
  says '[evidence-missing]'
}

@test "audit: a tag that does not exist cannot be looked up" {
  judge unavailable
  allowed
  warns '[evidence-unavailable]'
  annotates verdict audit
}

@test "accept: findings that were signed" {
  judge signed
  allowed
  silent
  annotates evidence '"signer":"public key'
}

@test "deny: findings that nobody signed" {
  judge unsigned
  denied
  says '[evidence-untrusted]'
}

@test "deny: the worse platform of an index" {
  judge index
  denied
  says 'platform `linux/arm64`: rule `block-critical`: 1 critical'
}

@test "deny: a report of SBOMscanner in the cluster" {
  judge sbomscanner
  denied
  says 'CVE-2026-1111'
  annotates evidence '"source":"sbomScanner"'
}

@test "audit: a report of trivy-operator in the cluster" {
  judge trivy-operator
  allowed
  warns 'CVE-2026-2222'
  annotates evidence '"source":"trivyOperator"'
}

@test "mutation: the judged digest is written behind the tag" {
  judge pin
  allowed
  pins /spec/template/spec/containers/0/image 'registry.example/shop/web:1.5@sha256:78e39f0a101d7f08f985adf2f6ed83a79b1aabc7becb6d70036bd5b317d92ad2'
}
