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

export const busyboxBinaries: readonly LayerRow[] = [
  binary('/bin/busybox', 'busybox'),
  ...APPLETS.map((applet) =>
    typeof applet === 'string'
      ? binary(`/bin/${applet}`, applet)
      : binary(`/bin/${applet[0]}`, applet[1]),
  ),
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
    dir('/tmp', { mode: 0o1777 }),
    dir('/root', { mode: 0o700 }),
    dir('/home', { uid: 65534, gid: 65534 }),
    dir('/var/spool/mail'),
    dir('/var/www'),
    dir('/usr/sbin'),
    dir('/dev'),
    dir('/proc'),
    dir('/sys'),
    ...busyboxBinaries,
    link('/lib64', 'lib'),
    dir('/lib'),
    link('/usr/bin/env', '../../bin/env'),
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
    link('/etc/mtab', '/proc/mounts'),
    file('/etc/hostname', ''),
    file('/etc/hosts', ''),
    file('/etc/resolv.conf', ''),
  ],
};
