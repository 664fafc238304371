/**
 * Hostile variants of CreateContainer: what a host would change about the process: its environment,
 * arguments, user and rights.
 */
import {
  add,
  allDevices,
  chain,
  changeItem,
  ofContainers,
  OTHER_CODE,
  set,
  type Change,
} from './changes.ts';
import { append, listAt, put, putNew, textAt, valueAt } from './edit.ts';

const env = (variable: string): Change => add('OCI.Process.Env', variable);

const PRIVILEGES = ['CAP_SYS_ADMIN', 'CAP_SYS_PTRACE', 'CAP_SYS_MODULE', 'CAP_NET_ADMIN'];
const capability = (sets: readonly string[], names: readonly string[]): Change =>
  chain(
    ...sets.flatMap((name) => names.map((cap) => add(`OCI.Process.Capabilities.${name}`, cap))),
  );
const EFFECTIVE = ['Bounding', 'Effective', 'Permitted'];

const unmask = set('OCI.Linux.MaskedPaths', []);
const unlock = set('OCI.Linux.ReadonlyPaths', []);
const noSeccomp: Change = (input) =>
  valueAt(input, 'OCI.Linux.Seccomp') === null ? input : put(input, 'OCI.Linux.Seccomp', null);
const openSeccomp = set('OCI.Linux.Seccomp', {
  DefaultAction: 'SCMP_ACT_ALLOW',
  Architectures: [],
  Flags: [],
  Syscalls: [],
});

const MORE_RIGHTS = 'more rights over the guest’s kernel than the pod needs';

export const processMutations = ofContainers({
  env: [
    {
      name: 'preload',
      gain: OTHER_CODE,
      deny: 'allow only recorded variables, by name and value',
      change: env('LD_PRELOAD=/tmp/attacker.so'),
    },
    {
      name: 'proxy',
      gain: 'the pod’s traffic goes through the attacker',
      deny: 'allow only recorded variables, by name and value',
      change: env('HTTPS_PROXY=http://attacker.example:3128'),
    },
    {
      name: 'path-changed',
      gain: OTHER_CODE,
      deny: 'compare the value of PATH',
      change: changeItem(
        'OCI.Process.Env',
        (item) => typeof item === 'string' && item.startsWith('PATH='),
        () => 'PATH=/tmp/attacker:/usr/bin',
      ),
    },
    {
      name: 'variable-twice',
      gain: 'the last value wins over the one that was checked',
      deny: 'count the names: each variable once',
      change: (input) => {
        const [first] = listAt(input, 'OCI.Process.Env');
        return typeof first === 'string' ? append(input, 'OCI.Process.Env', first) : input;
      },
    },
    {
      name: 'value-changed',
      gain: 'configuration of the workload is the attacker’s',
      deny: 'compare the values of all variables',
      change: changeItem(
        'OCI.Process.Env',
        (item) => typeof item === 'string' && !/^(?:PATH|HOSTNAME|KUBERNETES_)/.test(item),
        (item) => (typeof item === 'string' ? item.replace(/=.*$/s, '=attacker') : item),
      ),
    },
    {
      name: 'variable-lost',
      gain: 'a setting that protects the workload is gone',
      deny: 'require every recorded variable',
      change: (input) =>
        put(input, 'OCI.Process.Env', listAt(input, 'OCI.Process.Env').slice(0, -1)),
    },
  ],
  args: [
    {
      name: 'other-command',
      gain: OTHER_CODE,
      deny: 'compare Args with the recorded list',
      change: set('OCI.Process.Args', ['/bin/sh', '-c', 'cat /run/secrets/*']),
    },
    {
      name: 'argument-more',
      gain: 'the workload runs with options of the attacker',
      deny: 'compare Args as a whole, with its length',
      change: add('OCI.Process.Args', '--attacker'),
    },
    {
      name: 'argument-longer',
      gain: 'the workload runs with options of the attacker',
      deny: 'compare with ==, or anchor the pattern with ^ and $',
      change: (input) => {
        const at = listAt(input, 'OCI.Process.Args').length - 1;
        const last = textAt(input, `OCI.Process.Args.${at}`);
        return put(input, `OCI.Process.Args.${at}`, `${last}; cat /run/secrets/*`);
      },
    },
    {
      name: 'argument-lost',
      gain: 'a protective option is gone',
      deny: 'compare Args as a whole, with its length',
      change: (input) =>
        put(input, 'OCI.Process.Args', listAt(input, 'OCI.Process.Args').slice(0, -1)),
    },
    {
      name: 'other-directory',
      gain: 'relative paths of the workload lead elsewhere',
      deny: 'compare Cwd',
      change: set('OCI.Process.Cwd', '/tmp/attacker'),
    },
    {
      name: 'terminal',
      gain: 'input can be typed into the workload',
      deny: 'compare Terminal',
      change: (input) =>
        put(input, 'OCI.Process.Terminal', valueAt(input, 'OCI.Process.Terminal') !== true),
    },
  ],
  user: [
    {
      name: 'uid',
      gain: 'the workload runs as root, or as somebody else',
      deny: 'compare User.UID',
      change: (input) =>
        put(
          input,
          'OCI.Process.User.UID',
          valueAt(input, 'OCI.Process.User.UID') === 0 ? 65534 : 0,
        ),
    },
    {
      name: 'gid',
      gain: 'files of another group',
      deny: 'compare User.GID',
      change: (input) =>
        put(
          input,
          'OCI.Process.User.GID',
          valueAt(input, 'OCI.Process.User.GID') === 0 ? 65534 : 0,
        ),
    },
    {
      name: 'groups',
      gain: 'files of another group',
      deny: 'compare AdditionalGids with the recorded ones',
      change: add('OCI.Process.User.AdditionalGids', 4711),
    },
    {
      name: 'username',
      gain: 'the image’s own user table decides who runs it',
      deny: 'require Username to be empty',
      change: set('OCI.Process.User.Username', 'root'),
    },
    {
      name: 'string-user',
      gain: 'the image’s own user table decides who runs it',
      deny: 'require string_user to be null',
      change: set('string_user', { uid: 'root', gid: 'root', additionalGids: [] }),
    },
    {
      name: 'no-new-privileges-off',
      gain: 'set-uid programs give root',
      deny: 'compare NoNewPrivileges',
      change: (input) =>
        valueAt(input, 'OCI.Process.NoNewPrivileges') === true
          ? put(input, 'OCI.Process.NoNewPrivileges', false)
          : input,
    },
  ],
  capability: [
    {
      name: 'sys-admin',
      gain: MORE_RIGHTS,
      deny: 'compare the capability sets with the recorded ones',
      change: capability(EFFECTIVE, ['CAP_SYS_ADMIN']),
    },
    {
      name: 'without-prefix',
      gain: MORE_RIGHTS,
      deny: 'compare the sets as they are spelled, or strip CAP_ on both sides',
      change: capability(EFFECTIVE, ['SYS_ADMIN']),
    },
    {
      name: 'ambient',
      gain: 'programs that lose their rights on exec keep them',
      deny: 'compare Ambient and Inheritable, too',
      change: capability(['Ambient', 'Inheritable'], ['CAP_NET_ADMIN']),
    },
    {
      name: 'bounding',
      gain: 'a set-uid program may raise its rights',
      deny: 'compare Bounding, too',
      change: capability(['Bounding'], ['CAP_SYS_MODULE']),
    },
  ],
  privileged: [
    {
      name: 'privileged',
      gain: 'every device and every right: the container is the guest',
      deny: 'compare capabilities, devices, masked and read-only paths and seccomp',
      change: chain(capability(EFFECTIVE, PRIVILEGES), unmask, unlock, allDevices, noSeccomp),
    },
    {
      name: 'masked-paths-gone',
      gain: 'kernel memory and keys under /proc and /sys',
      deny: 'require every recorded masked path',
      change: unmask,
    },
    {
      name: 'readonly-paths-gone',
      gain: 'kernel settings under /proc can be written',
      deny: 'require every recorded read-only path',
      change: unlock,
    },
    {
      name: 'seccomp-gone',
      gain: 'every system call',
      deny: 'compare Seccomp with the recorded profile',
      change: noSeccomp,
    },
    {
      name: 'seccomp-open',
      gain: 'every system call, under a profile that allows it',
      deny: 'compare Seccomp with the recorded profile, or require null',
      change: openSeccomp,
    },
    {
      name: 'apparmor-unconfined',
      gain: 'the profile no longer confines the workload',
      deny: 'compare ApparmorProfile',
      change: set('OCI.Process.ApparmorProfile', 'unconfined'),
    },
    {
      name: 'selinux-label',
      gain: 'the label no longer confines the workload',
      deny: 'require SelinuxLabel to be empty, or compare it',
      change: set('OCI.Process.SelinuxLabel', 'system_u:system_r:spc_t:s0'),
    },
    {
      name: 'sysctl',
      gain: 'a core pattern runs a program of the attacker',
      deny: 'allow only recorded sysctls, by name and value',
      change: (input) =>
        putNew(input, 'OCI.Linux.Sysctl', 'kernel.core_pattern', '|/tmp/attacker %P'),
    },
    {
      name: 'rlimit',
      gain: 'the workload starves the guest, or dies early',
      deny: 'compare Rlimits',
      change: add('OCI.Process.Rlimits', { Type: 'RLIMIT_CORE', Hard: 1_000_000, Soft: 1_000_000 }),
    },
    {
      name: 'oom-score',
      gain: 'the kernel kills the guest’s own services first',
      deny: 'compare OOMScoreAdj, or bound it from below',
      change: (input) =>
        valueAt(input, 'OCI.Process.OOMScoreAdj') === -1000
          ? input
          : put(input, 'OCI.Process.OOMScoreAdj', -1000),
    },
  ],
});
