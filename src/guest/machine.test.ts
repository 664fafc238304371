/**
 * Stats, OOM, network state, and the RPCs about the virtual hardware.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GuestError } from './errors.ts';
import {
  collect,
  openTestGuest,
  START_MS,
  startContainer,
  type TestGuest,
  type TestSandbox,
  linux,
} from './testing.ts';

let guest: TestGuest;
let sandbox: TestSandbox;
beforeEach(() => {
  guest = openTestGuest();
  sandbox = guest.sandbox;
});
afterEach(async () => {
  await sandbox.close();
  expect(guest.faults).toEqual([]);
});

const box = { container_id: 'box' };
const init = { ...box, exec_id: '' };
const stats = async () => (await sandbox.statsContainer(box)).cgroup_stats;
const image = 'polinux/stress';
const memory = (Limit: number) => ({
  image,
  spec: { Linux: linux({ Resources: { Memory: { Limit: BigInt(Limit) } } }) },
});
const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => (error instanceof GuestError ? error.failure : error),
  );

describe('stats', () => {
  test('CPU time follows the load on the clock', async () => {
    await startContainer(sandbox, 'box', ['stress', '--cpu', '1'], { image });
    await guest.time.settle();
    const before = (await stats()).cpu_stats.cpu_usage.total_usage;
    await guest.time.advance(2000);
    const used = Number((await stats()).cpu_stats.cpu_usage.total_usage - before) / 1e9;
    expect(used).toBeCloseTo(2, 2);
  });

  test('two busy workers on a quota of half a core are throttled', async () => {
    const CPU = { Shares: 2n, Quota: 50_000n, Period: 100_000n };
    await startContainer(sandbox, 'box', ['stress', '--cpu', '2'], {
      image,
      spec: { Linux: linux({ Resources: { CPU } }) },
    });
    await guest.time.settle();
    await guest.time.advance(10_000);
    const { cpu_usage: usage, throttling_data: throttled } = (await stats()).cpu_stats;
    expect(Number(usage.total_usage) / 1e9).toBeCloseTo(5, 1);
    expect(throttled).toMatchObject({ periods: 100n, throttled_periods: 100n });
    expect(Number(throttled.throttled_time) / 1e9).toBeCloseTo(15, 1);
  });

  test('a paused container uses no CPU', async () => {
    await startContainer(sandbox, 'box', ['stress', '--cpu', '1'], { image });
    await guest.time.settle();
    await sandbox.pauseContainer(box);
    const before = (await stats()).cpu_stats.cpu_usage.total_usage;
    await guest.time.advance(5000);
    expect((await stats()).cpu_stats.cpu_usage.total_usage).toBe(before);
  });

  test('memory, processes and limits are counted', async () => {
    await startContainer(
      sandbox,
      'box',
      ['stress', '--vm', '1', '--vm-bytes', '100M'],
      memory(512 << 20),
    );
    await guest.time.settle();
    const { memory_stats: mem, pids_stats: pids } = await stats();
    expect(Number(mem.usage.usage) / 2 ** 20).toBeGreaterThan(100);
    expect(mem.usage.limit).toBe(BigInt(512 << 20));
    expect(pids.current).toBe(2n);
    await sandbox.signalProcess({ ...init, signal: 9 });
    expect((await stats()).pids_stats.current).toBe(0n);
  });

  test('a limit given later counts at once', async () => {
    await startContainer(sandbox, 'box', ['stress', '--vm', '1', '--vm-bytes', '100M'], { image });
    await guest.time.settle();
    await sandbox.updateContainer({ ...box, resources: { Memory: { Limit: BigInt(50 << 20) } } });
    expect(await sandbox.getOOMEvent()).toEqual(box);
    expect((await stats()).memory_stats.usage.limit).toBe(BigInt(50 << 20));
  });
});

describe('out of memory', () => {
  test('kills the biggest process, tells one waiter and counts the failure', async () => {
    const waiting = sandbox.getOOMEvent();
    await startContainer(
      sandbox,
      'box',
      ['stress', '--vm', '1', '--vm-bytes', '200M'],
      memory(64 << 20),
    );
    await guest.time.settle();
    expect(await waiting).toEqual(box);
    expect(await collect(sandbox, 'box')).toMatchObject({
      stderr: expect.stringContaining('got signal 9'),
      code: 1,
    });
    expect((await stats()).memory_stats.usage.failcnt).toBeGreaterThan(0n);
  });

  test('each event goes to exactly one of two waiters', async () => {
    const leaving = new AbortController();
    const waiters = [1, 2].map(() => sandbox.getOOMEvent(leaving.signal).catch(() => undefined));
    await startContainer(
      sandbox,
      'box',
      ['stress', '--vm', '1', '--vm-bytes', '200M'],
      memory(64 << 20),
    );
    await guest.time.settle();
    leaving.abort();
    expect((await Promise.all(waiters)).filter((event) => event !== undefined)).toEqual([box]);
  });

  test('in the sandbox container is nobody’s event', async () => {
    await sandbox.createSandbox({
      hostname: 'h',
      dns: [],
      storages: [],
      sandbox_id: 'box',
      guest_hook_path: '',
      kernel_modules: [],
    });
    await startContainer(
      sandbox,
      'box',
      ['stress', '--vm', '1', '--vm-bytes', '200M'],
      memory(64 << 20),
    );
    await guest.time.settle();
    const leaving = new AbortController();
    const waiting = failure(sandbox.getOOMEvent(leaving.signal));
    leaving.abort();
    expect(await waiting).toMatchObject({ status: 'CANCELLED' });
  });
});

describe('limits that protect the host', () => {
  test('a fork bomb meets EAGAIN', async () => {
    await startContainer(sandbox, 'box', ['sh', '-c', 'f() { f | f & f; }; f']);
    for (let i = 0; i < 50; i++) await guest.time.advance(20);
    expect(sandbox.processes().length).toBeLessThanOrEqual(2048);
    await sandbox.signalProcess({ ...init, signal: 9 });
    expect(sandbox.processes()).toEqual([]);
  });

  test('a full disk meets ENOSPC', async () => {
    const { sandbox: small, time } = openTestGuest({ memoryBytes: 8 << 20 });
    await startContainer(small, 'box', ['sh', '-c', 'yes > /tmp/fill']);
    const result = collect(small, 'box');
    for (let i = 0; i < 20; i++) await time.advance(5);
    expect(await result).toMatchObject({ stderr: 'yes: No space left on device\n', code: 1 });
    await small.removeContainer({ ...box, timeout: 0 });
    const [bytes] = (await small.getVolumeStats({ volume_guest_path: '/' })).usage;
    expect(bytes?.used).toBe(0n);
    const inodes = async () =>
      (await small.getVolumeStats({ volume_guest_path: '/' })).usage[1]?.used;
    const before = await inodes();
    await startContainer(small, 'box', [
      'sh',
      '-c',
      'mkdir -p /a/b; touch /a/b/c; mv /a /d; ln /d/b/c /e; rm -r /d',
    ]);
    await time.settle();
    await small.removeContainer({ ...box, timeout: 0 });
    expect(await inodes()).toBe(before);
    await small.close();
  });

  test('a value that doubles for ever is out of memory', async () => {
    await startContainer(sandbox, 'box', [
      'sh',
      '-c',
      'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done',
    ]);
    expect(await collect(sandbox, 'box')).toMatchObject({
      stderr: '',
      code: 137,
    });
  });

  test('endless recursion ends the shell', async () => {
    await startContainer(sandbox, 'box', ['sh', '-c', 'f() { f; }; f']);
    expect((await collect(sandbox, 'box')).stderr).toContain(
      'maximum function nesting level exceeded',
    );
  });

  test('a busy loop leaves the host its turn', async () => {
    await startContainer(sandbox, 'box', ['sh', '-c', 'while :; do :; done']);
    await guest.time.advance(100);
    await sandbox.signalProcess({ ...init, signal: 9 });
    expect(await sandbox.waitProcess(init)).toEqual({ status: 137 });
  });
});

describe('network', () => {
  const link = {
    device: 'eth0',
    name: 'eth0',
    IPAddresses: [{ family: 0, address: '10.244.0.14', mask: '24' }],
    mtu: 1500n,
    hwAddr: '66:74:9f:6a:96:01',
    devicePath: '',
    type: 'virtual',
    raw_flags: 0,
  };
  const route = {
    dest: '',
    gateway: '10.244.0.1',
    device: 'eth0',
    source: '',
    scope: 0,
    family: 0,
    flags: 0,
    mtu: 0,
  };

  test('an interface is found by name, gets its address and is echoed', async () => {
    expect(await sandbox.updateInterface({ interface: link })).toEqual(link);
    const { Interfaces } = await sandbox.listInterfaces();
    expect(Interfaces.map(({ name }) => name)).toEqual(['lo', 'eth0']);
    expect(Interfaces[1]).toMatchObject({
      device: '',
      hwAddr: link.hwAddr.toUpperCase(),
      // Upstream swaps the families.
      IPAddresses: link.IPAddresses.map((address) => ({ ...address, family: 1 })),
    });
    expect(sandbox.network.addresses).toEqual(['10.244.0.14']);
  });

  test('found by its address it can be renamed', async () => {
    await sandbox.updateInterface({ interface: link });
    await sandbox.updateInterface({ interface: { ...link, name: 'net0' } });
    expect((await sandbox.listInterfaces()).Interfaces.map(({ name }) => name)).toEqual([
      'lo',
      'net0',
    ]);
  });

  test('routes are added, replaced, never deleted, gateway-less ones first', async () => {
    await sandbox.updateInterface({ interface: link });
    const connected = { ...route, dest: '10.244.0.0/24', gateway: '', scope: 253 };
    expect(await sandbox.listRoutes()).toEqual({ Routes: [connected] });
    const other = { ...route, dest: '10.9.0.0/16', gateway: '' };
    const viaGateway = { ...route, dest: '0.0.0.0' };
    expect(await sandbox.updateRoutes({ routes: { Routes: [route, other] } })).toEqual({
      Routes: [viaGateway, other, connected],
    });
    expect(await sandbox.updateRoutes({ routes: { Routes: [{ ...route, mtu: 9 }] } })).toEqual({
      Routes: [{ ...viaGateway, mtu: 9 }, other, connected],
    });
  });

  test.each([
    [
      'no interface',
      (s: TestSandbox) => s.updateInterface({}),
      'INVALID_ARGUMENT',
      'empty update interface request',
    ],
    [
      'a bad MAC',
      (s: TestSandbox) => s.updateInterface({ interface: { ...link, hwAddr: 'x' } }),
      'INTERNAL',
      'update interface: Failed to parse MAC address: x\n\nCaused by:\n    invalid digit found in string',
    ],
    [
      'no routes',
      (s: TestSandbox) => s.updateRoutes({}),
      'INVALID_ARGUMENT',
      'empty update routes request',
    ],
    [
      'a route over a missing link',
      (s: TestSandbox) => s.updateRoutes({ routes: { Routes: [{ ...route, device: 'eth9' }] } }),
      'INTERNAL',
      'Failed to update routes: Received a netlink error message No such device (os error 19)',
    ],
    [
      'no neighbours',
      (s: TestSandbox) => s.addARPNeighbors({}),
      'INVALID_ARGUMENT',
      'empty add arp neighbours request',
    ],
  ])('%s is refused', async (_, call, status, text) => {
    expect(await failure(call(sandbox))).toEqual({ kind: 'string', status, text });
  });

  test('iptables come back as they were restored, each family for itself', async () => {
    const text = (data: Uint8Array) => Buffer.from(data).toString();
    expect(text((await sandbox.getIPTables({ is_ipv6: true })).data)).toContain(
      '# Generated by ip6tables-save',
    );
    const rules = '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ACCEPT\nCOMMIT\n';
    await sandbox.setIPTables({ is_ipv6: false, data: Buffer.from(rules) });
    expect(text((await sandbox.getIPTables({ is_ipv6: false })).data)).toBe(rules);
    expect(
      await failure(
        sandbox.setIPTables({ is_ipv6: false, data: Buffer.from('*nat\nnonsense\nCOMMIT\n') }),
      ),
    ).toMatchObject({
      text: '/sbin/iptables-restore failed: "iptables-restore: line 2 failed\\n"',
    });
  });
});

describe('hardware', () => {
  test('details are those of the newest agent', async () => {
    const details = await sandbox.getGuestDetails({
      mem_block_size: true,
      mem_hotplug_probe: true,
    });
    expect(details.agent_details).toMatchObject({
      version: '4.1.0',
      init_daemon: false,
      device_handlers: [],
      extra_features: ['agent-policy', 'seccomp'],
    });
    expect(details.mem_block_size_bytes).toBe(134217728n);
    expect(
      (await sandbox.getGuestDetails({ mem_block_size: false, mem_hotplug_probe: false }))
        .mem_block_size_bytes,
    ).toBe(0n);
  });

  test('the date moves with SetGuestDateTime and goes on from there', async () => {
    await sandbox.setGuestDateTime({ Sec: 1_000_000_000n, Usec: 500_000n });
    await guest.time.advance(60_000);
    await startContainer(sandbox, 'box', ['date', '+%s']);
    expect((await collect(sandbox, 'box')).stdout).toBe('1000000060\n');
    expect(START_MS).toBeGreaterThan(1_000_000_060_000);
  });

  test.each([
    [
      'empty entropy',
      (s: TestSandbox) => s.reseedRandomDev({ data: new Uint8Array() }),
      { kind: 'anyhow', text: 'missing entropy data' },
    ],
    [
      'too many CPUs',
      (s: TestSandbox) => s.onlineCPUMem({ nb_cpus: 9, cpu_only: true }),
      { text: 'online cpus', causes: ['failed to online 9 CPU(s) after 100 retries'] },
    ],
    [
      'a negative date',
      (s: TestSandbox) => s.setGuestDateTime({ Sec: -1n, Usec: 0n }),
      { text: 'EINVAL: Invalid argument' },
    ],
    [
      'a volume that is missing',
      (s: TestSandbox) => s.getVolumeStats({ volume_guest_path: '/nope' }),
      { kind: 'io', errno: 2, rustKind: 'NotFound' },
    ],
    [
      'resizing',
      (s: TestSandbox) => s.resizeVolume(),
      {
        kind: 'string',
        status: 'UNIMPLEMENTED',
        text: 'resize_volume is not implemented in kata-agent',
      },
    ],
    [
      'the memory agent',
      (s: TestSandbox) => s.memAgentMemcgSet({}),
      { kind: 'plain', status: 'INTERNAL', text: 'mem-agent is disabled' },
    ],
    [
      'its compaction',
      (s: TestSandbox) => s.memAgentCompactSet({}),
      { kind: 'plain', status: 'INTERNAL', text: 'mem-agent is disabled' },
    ],
    [
      'an unknown log',
      (s: TestSandbox) => s.getDiagnosticData({ container_id: 'x', log_type: 'y' }),
      { kind: 'string', status: 'INVALID_ARGUMENT', text: 'unsupported diagnostic log_type: y' },
    ],
  ])('%s is refused', async (_, call, want) => {
    expect(await failure(call(sandbox))).toMatchObject(want);
  });

  test('metrics are Prometheus text with both families, and count their scrapes', async () => {
    await sandbox.getMetrics();
    const { metrics } = await sandbox.getMetrics();
    expect(metrics).toContain(
      '# TYPE kata_agent_scrape_count counter\nkata_agent_scrape_count 2\n',
    );
    const names = [...metrics.matchAll(/^# HELP (kata_\w+)/gm)].map(([, name]) => name);
    expect(names).toHaveLength(17);
    for (const line of metrics.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) kata_\w+ .+|kata_\w+(\{[^}]*\})? [\d.e+-]+)$/);
  });

  test('the termination message is what the container left at its path', async () => {
    const path = '/run/kata-containers/shared/containers/box-term';
    await sandbox.copyFile({
      path,
      file_size: 0n,
      file_mode: 0o100666,
      dir_mode: 0o755,
      uid: 0,
      gid: 0,
      offset: 0n,
      data: new Uint8Array(),
    });
    const Mounts = [
      { destination: '/dev/termination-log', source: path, type: 'bind', options: ['rbind', 'rw'] },
    ];
    const Annotations = {
      'io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
    };
    await startContainer(sandbox, 'box', ['sh', '-c', 'echo -n "the end" > /dev/termination-log'], {
      spec: { Mounts, Annotations },
    });
    await guest.time.settle();
    expect(await sandbox.getDiagnosticData({ ...box, log_type: 'termination_log' })).toEqual({
      data: 'the end',
    });
  });

  test('events tell the story of a container', async () => {
    const story: string[] = [];
    const stop = sandbox.onEvent((event) =>
      story.push('status' in event ? event.status : event.kind),
    );
    await startContainer(sandbox, 'box', ['true']);
    await sandbox.waitProcess(init);
    await sandbox.removeContainer({ ...box, timeout: 0 });
    stop();
    await startContainer(sandbox, 'silent', ['true']);
    expect(story).toEqual(['Created', 'Running', 'started', 'exited', 'Stopped', 'removed']);
  });
});
