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
    [
      'root:x:0:0:root:/root:/bin/sh',
      'bin:x:1:1:bin:/bin:/sbin/nologin',
      'daemon:x:2:2:daemon:/sbin:/sbin/nologin',
      'lp:x:4:7:lp:/var/spool/lpd:/sbin/nologin',
      'sync:x:5:0:sync:/sbin:/bin/sync',
      'shutdown:x:6:0:shutdown:/sbin:/sbin/shutdown',
      'halt:x:7:0:halt:/sbin:/sbin/halt',
      'mail:x:8:12:mail:/var/mail:/sbin/nologin',
      'news:x:9:13:news:/usr/lib/news:/sbin/nologin',
      'uucp:x:10:14:uucp:/var/spool/uucppublic:/sbin/nologin',
      'cron:x:16:16:cron:/var/spool/cron:/sbin/nologin',
      'ftp:x:21:21::/var/lib/ftp:/sbin/nologin',
      'sshd:x:22:22:sshd:/dev/null:/sbin/nologin',
      'games:x:35:35:games:/usr/games:/sbin/nologin',
      'ntp:x:123:123:NTP:/var/empty:/sbin/nologin',
      'guest:x:405:100:guest:/dev/null:/sbin/nologin',
      'nobody:x:65534:65534:nobody:/:/sbin/nologin',
      '',
    ].join('\n'),
  ),
  file(
    '/etc/group',
    [
      'root:x:0:root',
      'bin:x:1:root,bin,daemon',
      'daemon:x:2:root,bin,daemon',
      'sys:x:3:root,bin',
      'adm:x:4:root,daemon',
      'tty:x:5:',
      'disk:x:6:root',
      'lp:x:7:lp',
      'kmem:x:9:',
      'wheel:x:10:root',
      'floppy:x:11:root',
      'mail:x:12:mail',
      'news:x:13:news',
      'uucp:x:14:uucp',
      'cron:x:16:cron',
      'audio:x:18:',
      'cdrom:x:19:',
      'dialout:x:20:root',
      'ftp:x:21:',
      'sshd:x:22:',
      'input:x:23:',
      'tape:x:26:root',
      'video:x:27:root',
      'netdev:x:28:',
      'kvm:x:34:kvm',
      'games:x:35:',
      'shadow:x:42:',
      'www-data:x:82:',
      'users:x:100:games',
      'ntp:x:123:',
      'abuild:x:300:',
      'utmp:x:406:',
      'ping:x:999:',
      'nogroup:x:65533:',
      'nobody:x:65534:',
      '',
    ].join('\n'),
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
