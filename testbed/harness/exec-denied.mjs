/**
 * A test of a harness, whole: a peer-pod node in this process, a pod through the real path, an exec
 * that its policy denies, and the reason. docs/harness.md prints it; continuous integration runs it
 * against the built library. Run: `make build && node testbed/harness/exec-denied.mjs`.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { AgentPolicy, explainRequest, explanationLines, kataProfile } from 'katasim/policy';
import { createSimulator, ExecError, parseManifest } from 'katasim/sim';

const file = 'policies/openshift-default.rego';
const policy = await readFile(file, 'utf8');
const manifest = `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  runtimeClassName: kata-remote
  containers:
  - { name: web, image: busybox, command: [sh, -c, "echo ready; sleep 3600"] }
`;

const sim = await createSimulator({ imagePolicy: policy });
try {
  const [pod] = parseManifest(manifest, 'web.yaml').pods;
  const running = await sim.runPod(pod);
  const exec = running.sandbox.exec({ command: ['id'] });
  const refusal = await exec.then(
    () => undefined,
    (error) => error,
  );
  assert.ok(refusal instanceof ExecError);
  assert.match(refusal.message, /ExecProcessRequest is blocked by policy/);
  console.log(refusal.message);
  const reply = await running.ping(); // through the VXLAN tunnel
  console.log(`${reply.bytes} bytes from ${reply.from}`);
} finally {
  await sim.close(); // pods, VMs, sockets, files
}

// The same verdict without a pod, and where it comes from.
const kata = kataProfile();
const gate = AgentPolicy.open([{ source: 'image-default', text: policy, module: file }], { kata });
const endpoint = 'ExecProcessRequest';
assert.equal(gate.decide(endpoint, {}).verdict, 'deny');
const explained = explainRequest({ text: policy, file, kata, endpoint, input: {} });
for (const line of explanationLines(explained, { width: 100 })) console.log(line);
