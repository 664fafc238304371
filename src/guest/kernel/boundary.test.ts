/**
 * Every effect of a program passes the kernel's boundary: a security module is asked about it, and
 * its refusal is what the program sees.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { run, sh } from '../testing.ts';
import { programs } from '../programs/table.ts';
import { Boundary } from './boundary.ts';
import type { Credentials, Lsm, Subject } from './lsm.ts';

const ROOT = { User: { UID: 0, GID: 0, AdditionalGids: [] } };
const ALL_CAPABILITIES = {
  ...ROOT,
  Capabilities: {
    Bounding: [],
    Effective: ['CAP_SYS_ADMIN', 'CAP_SYS_TIME', 'CAP_SYSLOG', 'CAP_CHOWN', 'CAP_KILL'],
    Inheritable: [],
    Permitted: [],
    Ambient: [],
  },
};

/** Answers every hook with the errno where `refuses` says so, and notes what it was asked. */
function module(refuses: (question: string) => boolean): Lsm & { readonly asked: string[] } {
  const asked: string[] = [];
  const answer = (question: string) => {
    asked.push(question);
    return refuses(question) ? ({ errno: 'EPERM' } as const) : undefined;
  };
  return {
    name: 'test',
    asked,
    maySyscall: (_, { name }) => answer(`syscall ${name}`),
    capable: (_, capability) => answer(`capable ${capability}`) === undefined,
    mayOpen: (_, { path }, { write }) => answer(`open ${path} ${write ? 'w' : 'r'}`),
    mayGetattr: (_, { path }) => answer(`getattr ${path}`),
    mayChange: (_, { path }, change) => answer(`${change} ${path}`),
    mayExec: (_, { path }) => answer(`exec ${path}`),
    maySocket: (_, { type, protocol }) => answer(`socket ${type} ${protocol}`),
    mayConnect: (_, { host, port }) => answer(`connect ${host}:${port}`),
    mayBind: (_, { port }) => answer(`bind ${port}`),
    maySignal: (_, target, signal) => answer(`signal ${target.argv[0] ?? ''} ${signal}`),
  };
}

const setUp = 'cd /tmp; ';

describe('a refusal of the module is the result of the call', () => {
  test.each([
    ['open for reading', 'cat /etc/passwd', 'open /etc/passwd r', "can't open"],
    ['open for writing', 'echo x > /tmp/new', 'open /tmp/new w', 'not permitted'],
    ['create', 'echo x > /tmp/new', 'create /tmp/new', 'not permitted'],
    ['mkdir', 'mkdir d', 'mkdir /tmp/d', 'not permitted'],
    ['rmdir', 'mkdir d; rmdir d', 'rmdir /tmp/d', 'not permitted'],
    ['symlink', 'ln -s a b', 'symlink /tmp/b', 'not permitted'],
    ['hard link', '> a; ln a b', 'link /tmp/a', 'not permitted'],
    ['mkfifo', 'mkfifo p', 'mknod /tmp/p', 'not permitted'],
    ['unlink', '> a; rm a', 'unlink /tmp/a', 'not permitted'],
    ['rename', '> a; mv a b', 'rename /tmp/a', 'not permitted'],
    ['chmod', '> a; chmod 600 a', 'setattr /tmp/a', 'not permitted'],
    ['chown', '> a; chown 5 a', 'capable CHOWN', 'not permitted'],
    ['touch an existing file', '> a; touch a', 'setattr /tmp/a', 'not permitted'],
    ['stat', 'stat /etc/passwd', 'getattr /etc/passwd', 'not permitted'],
    ['list a directory', 'ls /etc', 'open /etc r', 'not permitted'],
    [
      'read a link',
      'ln -s a b; readlink b || echo not permitted >&2',
      'getattr /tmp/b',
      'not permitted',
    ],
    ['exec', 'id', 'exec /bin/id', 'not permitted'],
    ['exec by env', 'env id', 'exec /bin/id', 'not permitted'],
    ['connect', 'nc 127.0.0.1 80', 'connect 127.0.0.1:80', 'not permitted'],
    ['socket', 'wget http://127.0.0.1/', 'socket stream tcp', 'not permitted'],
    ['bind', 'timeout 1 nc -l -p 80', 'bind 80', 'not permitted'],
    ['ping', 'ping -c 1 127.0.0.1', 'socket raw icmp', 'not permitted'],
    ['signal', 'sleep 9 & kill $!', 'signal sleep 15', 'not permitted'],
    ['host name', 'hostname box', 'capable SYS_ADMIN', 'must be root'],
    ['clock', 'date -s @5', 'capable SYS_TIME', 'not permitted'],
    ['kernel log', 'dmesg', 'capable SYSLOG', 'not permitted'],
    ['fork', 'sleep 1 & wait', 'syscall clone', "can't fork: Operation not permitted"],
  ])('%s', async (_effect, command, question, message) => {
    const open = module(() => false);
    await sh(setUp + command, { process: ALL_CAPABILITIES, modules: [open] });
    expect(open.asked).toContain(question);
    const denying = module((asked) => asked === question);
    const { stderr } = await sh(setUp + command, { process: ALL_CAPABILITIES, modules: [denying] });
    expect(stderr).toContain(message);
  });
});

test('a system call is refused before its path is resolved', async () => {
  const denying = module((asked) => asked === 'syscall mkdirat');
  const { stderr } = await sh('mkdir /no/such/place', { modules: [denying] });
  expect(stderr).toContain('Operation not permitted');
});

test('a module may end the process by a signal instead', async () => {
  const killer: Lsm = {
    name: 'killer',
    maySyscall: (_, { name }) => (name === 'mkdirat' ? { signal: 31 } : undefined),
  };
  const { code, stderr } = await sh('mkdir /tmp/d; echo $?', { modules: [killer] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'Bad system call\n' });
});

test('the agent prepares a container without asking any module', async () => {
  const asked: string[] = [];
  const note: Lsm = {
    name: 'note',
    maySyscall: (_, { name }) => void asked.push(name),
  };
  await run(['true'], { modules: [note] });
  // The first call of a container's process is its search for the program.
  expect(asked.slice(0, 3)).toEqual(['newfstatat', 'faccessat', 'execve']);
});

const subject = (credentials: Partial<Credentials>): Subject => ({
  pid: 1,
  containerId: 'c',
  exe: '',
  argv: [],
  credentials: { uid: 1000, gid: 1000, groups: [], capabilities: new Set(), ...credentials },
  die: () => {
    throw new Error('died');
  },
});

describe('permission bits', () => {
  const file = { kind: 'file', uid: 1000, gid: 7, mode: 0o640 };
  test.each([
    ['owner reads', { uid: 1000 }, file, 'r', true],
    ['owner executes without an x bit', { uid: 1000 }, file, 'x', false],
    ['group reads', { uid: 5, groups: [7] }, file, 'r', true],
    ['group writes', { uid: 5, groups: [7] }, file, 'w', false],
    ['others read', { uid: 5 }, file, 'r', false],
    [
      'the owner is not judged by the group bits',
      { uid: 1000, gid: 7 },
      { ...file, mode: 0o060 },
      'r',
      false,
    ],
    [
      'DAC_READ_SEARCH reads',
      { uid: 5, capabilities: new Set(['DAC_READ_SEARCH']) },
      file,
      'r',
      true,
    ],
    [
      'DAC_READ_SEARCH writes',
      { uid: 5, capabilities: new Set(['DAC_READ_SEARCH']) },
      file,
      'w',
      false,
    ],
    ['DAC_OVERRIDE writes', { uid: 5, capabilities: new Set(['DAC_OVERRIDE']) }, file, 'w', true],
    [
      'DAC_OVERRIDE does not make a file executable',
      { uid: 5, capabilities: new Set(['DAC_OVERRIDE']) },
      file,
      'x',
      false,
    ],
    [
      'DAC_OVERRIDE enters a directory',
      { uid: 5, capabilities: new Set(['DAC_OVERRIDE']) },
      { ...file, kind: 'dir' },
      'x',
      true,
    ],
  ] as const)('%s', (_note, who, node, access, expected) => {
    expect(new Boundary().permits(subject(who), node, access)).toBe(expected);
  });

  test('a module is asked about an override only where the bits do not allow', () => {
    const note = module(() => false);
    const boundary = new Boundary([note]);
    const root = subject({ uid: 0, capabilities: new Set(['DAC_OVERRIDE']) });
    boundary.permits(root, { ...file, uid: 0 }, 'r');
    expect(note.asked).toEqual([]);
    boundary.permits(root, file, 'r');
    expect(note.asked).toEqual(['capable DAC_OVERRIDE']);
  });

  test('modules are asked in their order and the first refusal counts', () => {
    const second = module(() => true);
    const boundary = new Boundary([
      { name: 'first', mayExec: () => ({ errno: 'EACCES' }) },
      second,
    ]);
    const object = { path: '/bin/a', node: file, mount: { destination: '/', type: 'overlay' } };
    expect(() => boundary.exec(subject({}), object, [])).toThrow('Permission denied');
    expect(second.asked).toEqual([]);
  });
});

/** Ways around the boundary that the source of a program must not contain. */
const AROUND = [
  /fs\/(store|namespace|proc|device)\.ts'/,
  /\.namespace\b/,
  /\bscope\.(pids|setHostname)\b/,
  /\bkernel\.(network|processes|setDate|signalGroup|image|create)\b/,
  /\bcapabilities\.has\b/,
];

describe('no program knows a way around the boundary', () => {
  const files = ['../programs', '../shell'].flatMap((folder) =>
    readdirSync(new URL(folder, import.meta.url))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  );
  test.each(files)('%s', (file) => {
    const text = readFileSync(new URL(file, import.meta.url), 'utf8');
    expect(AROUND.filter((pattern) => pattern.test(text))).toEqual([]);
  });

  /** Programs that the busybox image does not have, and the path that has them elsewhere. */
  const ELSEWHERE: Readonly<Record<string, readonly [path: string, image: string]>> = {
    pause: ['/pause', 'registry.k8s.io/pause'],
    'busybox-ps': ['ps', 'busybox'],
    nginx: ['nginx', 'nginx'],
    'http-echo': ['/http-echo', 'hashicorp/http-echo'],
    curl: ['curl', 'ubi9'],
    bash: ['bash', 'ubi9'],
    stress: ['stress', 'polinux/stress'],
  };

  test.each([...programs.keys()])('%s has no effect when every call is refused', async (name) => {
    const wall: Lsm = {
      name: 'wall',
      maySyscall: ({ exe }) => (exe === '' ? undefined : { errno: 'EPERM' }),
    };
    const [path, image] = ELSEWHERE[name] ?? [name, 'busybox'];
    const { stdout, stderr } = await run([path], { image, modules: [wall], input: '' });
    expect(stdout + stderr).toBe('');
  });
});
