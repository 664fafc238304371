/**
 * The tunnel's cost: bytes and calls through forwarder and agent proxy, against a bare node:net relay
 * and bare TLS in the same run; then pods started end to end, and what a pod VM takes of memory.
 * Run: node --expose-gc --conditions=source --import tsx testbed/bench/tunnel/run.ts [PODS...]
 */
import process from 'node:process';
import { measurePods } from './pods.ts';
import { measureRelays } from './relays.ts';

const ROUNDS = 5;

// Pods first: the relays' buffers would still be on the heap when it is measured.
const counts = process.argv.slice(2).map(Number);
for (const count of counts.length > 0 ? counts : [10, 100]) {
  const { podsPerSecond, stopsPerSecond, kibPerPod } = await measurePods(count);
  process.stdout.write(
    `${String(count).padStart(5)} pods: ${podsPerSecond.toFixed(1)} started per second, ${stopsPerSecond.toFixed(1)} stopped per second, ${kibPerPod.toFixed(0)} KiB of heap and buffers each\n`,
  );
}
for (const { name, mebibytesPerSecond, latencyUs } of await measureRelays(ROUNDS)) {
  process.stdout.write(
    `${name.padEnd(28)} ${mebibytesPerSecond.toFixed(0).padStart(6)} MiB/s ${latencyUs.toFixed(0).padStart(6)} us per round trip (median)\n`,
  );
}
