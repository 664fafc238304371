import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFile } from 'node:fs/promises';
import { parseManifest } from '#kube';
import type { SimulatedPod } from './simulated-pod.ts';
import type { Simulator } from './simulator-config.ts';
import { createSimulator } from './simulator.ts';

const manifest = (script: string): string => `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: busybox, command: [sh, -c, ${JSON.stringify(script)}]}]}
`;
const CUT_OFF = "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\nabc' | nc -l -p 8080";

let sim: Simulator;
let pod: SimulatedPod;
beforeAll(async () => {
  const imagePolicy = await readFile(
    new URL('../../policies/allow-all.rego', import.meta.url),
    'utf8',
  );
  sim = await createSimulator({ imagePolicy });
  pod = await sim.runPod(parseManifest(manifest(`${CUT_OFF}; sleep 1000`), 'pod.yaml').pods[0]!);
});
afterAll(() => sim.close());

test('HTTP to a port without a listener is refused', async () => {
  await expect(pod.fetch('/', { port: 81 })).rejects.toThrow('connection refused');
});

test('HTTP that ends before its body is complete is an error, not half an answer', async () => {
  const answer = async (): Promise<string> => {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      try {
        return (await pod.fetch('/', { port: 8080 })).body;
      } catch (error) {
        // The listener of the pod may not be there yet.
        if (!String(error).includes('refused')) throw error;
      }
    }
    return 'no listener';
  };
  await expect(answer()).rejects.toThrow('aborted');
});
