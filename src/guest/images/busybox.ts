/**
 * busybox: one binary under many names. Source: docker.io/library/busybox, layout and accounts.
 */
import { binary, dir, file, link, type LayerRow, type ImageRow } from './layer.ts';

/** Applets and the program that plays them where the names differ. */
const APPLETS: readonly (string | readonly [string, string])[] = [
  ['sh', 'ash'],
  ['ash', 'ash'],
  ['ps', 'busybox-ps'],
  ['top', 'busybox-ps'],
  ...'[ arch basename cat chgrp chmod chown clear cp cut date dd df dirname dmesg du echo env expr false find free grep egrep fgrep head hostname id kill ln ls md5sum mkdir mkfifo mktemp mount mv nc netstat nohup nproc pgrep pidof ping printenv printf pwd readlink realpath rev rm rmdir sed seq sha256sum sleep sort stat stty sync tac tail tee test timeout touch tr true tty umount uname uniq uptime wc wget which whoami xargs yes base64 hexdump od nslookup ip ifconfig httpd'.split(
    ' ',
  ),
];

const busyboxBinaries: readonly LayerRow[] = [
  binary('/bin/busybox', 'busybox/busybox'),
  ...APPLETS.map((applet) => {
    const [name, program] = typeof applet === 'string' ? [applet, applet] : applet;
    return binary(`/bin/${name}`, `busybox/${program}`);
  }),
];

/** What both busybox-based images have. */
const base: readonly LayerRow[] = [
  dir('/tmp', { mode: 0o1777 }),
  dir('/root', { mode: 0o700 }),
  dir('/var/spool/mail'),
  dir('/var/www'),
  dir('/usr/sbin'),
  dir('/usr/local/bin'),
  dir('/dev'),
  dir('/proc'),
  dir('/sys'),
  dir('/lib'),
  ...busyboxBinaries,
  link('/usr/bin/env', '../../bin/env'),
  link('/etc/mtab', '/proc/mounts'),
  file('/etc/hostname', ''),
  file('/etc/hosts', ''),
  file('/etc/resolv.conf', ''),
];

export const busyboxImage: ImageRow = {
  names: [
    'docker.io/library/busybox',
    'quay.io/prometheus/busybox',
    'quay.io/quay/busybox',
    'registry.k8s.io/e2e-test-images/busybox',
    'public.ecr.aws/docker/library/busybox',
    'k8s.gcr.io/busybox',
  ],
  config: {
    entrypoint: [],
    cmd: ['sh'],
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    user: '',
    workingDir: '/',
  },
  files: [
    ...base,
    dir('/home', { uid: 65534, gid: 65534 }),
    link('/lib64', 'lib'),
    file(
      '/etc/passwd',
      [
        'root:x:0:0:root:/root:/bin/sh',
        'daemon:x:1:1:daemon:/usr/sbin:/bin/false',
        'bin:x:2:2:bin:/bin:/bin/false',
        'sys:x:3:3:sys:/dev:/bin/false',
        'sync:x:4:100:sync:/bin:/bin/sync',
        'mail:x:8:8:mail:/var/spool/mail:/bin/false',
        'www-data:x:33:33:www-data:/var/www:/bin/false',
        'operator:x:37:37:Operator:/var:/bin/false',
        'nobody:x:65534:65534:nobody:/home:/bin/false',
        '',
      ].join('\n'),
    ),
    file(
      '/etc/group',
      'root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nwheel:x:10:root\nutmp:x:43:\naudio:x:29:\nvideo:x:44:\nwww-data:x:33:\nnogroup:x:65534:\n',
    ),
    file('/etc/shadow', 'root:*:::::::\nnobody:*:::::::\n', { mode: 0o640 }),
    file('/etc/localtime', 'TZif2 UTC\n'),
  ],
};

const ALPINE_RELEASE = `NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.22.2
PRETTY_NAME="Alpine Linux v3.22"
HOME_URL="https://alpinelinux.org/"
BUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"
`;

const alpineFiles: readonly LayerRow[] = [
  ...base,
  dir('/home'),
  dir('/opt'),
  dir('/srv'),
  dir('/mnt'),
  dir('/run'),
  file('/etc/alpine-release', '3.22.2\n'),
  file('/usr/lib/os-release', ALPINE_RELEASE),
  link('/etc/os-release', '../usr/lib/os-release'),
  file(
    '/etc/passwd',
    'root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/sbin/nologin\ndaemon:x:2:2:daemon:/sbin:/sbin/nologin\nguest:x:405:100:guest:/dev/null:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n',
  ),
  file(
    '/etc/group',
    'root:x:0:root\nbin:x:1:root,bin,daemon\ndaemon:x:2:root,bin,daemon\nsys:x:3:root,bin\nadm:x:4:root,daemon\ndisk:x:6:root\nwheel:x:10:root\nusers:x:100:games\nnogroup:x:65533:\nnobody:x:65534:\n',
  ),
];

const alpineConfig = {
  entrypoint: [],
  cmd: ['/bin/sh'],
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  user: '',
  workingDir: '/',
};

export const alpineImage: ImageRow = {
  names: [
    'docker.io/library/alpine',
    'public.ecr.aws/docker/library/alpine',
    'mirror.gcr.io/library/alpine',
  ],
  config: alpineConfig,
  files: alpineFiles,
};

/** The load generator of the Kubernetes documentation on memory and CPU limits. */
export const stressImage: ImageRow = {
  names: ['docker.io/polinux/stress', 'docker.io/library/stress'],
  config: { ...alpineConfig, cmd: ['stress'] },
  files: [...alpineFiles, binary('/usr/local/bin/stress', 'stress')],
};
