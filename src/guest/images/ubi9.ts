/**
 * Red Hat Universal Base Image 9: merged /usr, bash as sh, coreutils.
 * Source: registry.access.redhat.com/ubi9/ubi, layout, accounts and labels.
 */
import { binary, dir, file, link, type LayerRow, type ImageRow } from './layer.ts';

const PROGRAMS =
  '[ arch base64 basename cat chgrp chmod chown clear cp curl cut date dd df dirname dmesg du echo env expr false find free grep egrep fgrep head hostname id kill ln ls md5sum mkdir mkfifo mktemp mount mv nohup nproc od pgrep pidof printenv printf ps pwd readlink realpath rev rm rmdir sed seq sha256sum sleep sort stat stty sync tac tail tee test timeout touch tr true tty umount uname uniq uptime wc which whoami xargs yes'.split(
    ' ',
  );

const RELEASE = `NAME="Red Hat Enterprise Linux"
VERSION="9.6 (Plow)"
ID="rhel"
ID_LIKE="fedora"
VERSION_ID="9.6"
PLATFORM_ID="platform:el9"
PRETTY_NAME="Red Hat Enterprise Linux 9.6 (Plow)"
ANSI_COLOR="0;31"
LOGO="fedora-logo-icon"
CPE_NAME="cpe:/o:redhat:enterprise_linux:9::baseos"
HOME_URL="https://www.redhat.com/"
DOCUMENTATION_URL="https://access.redhat.com/documentation/en-us/red_hat_enterprise_linux/9"
BUG_REPORT_URL="https://issues.redhat.com/"
REDHAT_BUGZILLA_PRODUCT="Red Hat Enterprise Linux 9"
REDHAT_BUGZILLA_PRODUCT_VERSION=9.6
REDHAT_SUPPORT_PRODUCT="Red Hat Enterprise Linux"
REDHAT_SUPPORT_PRODUCT_VERSION="9.6"
`;

const base: readonly LayerRow[] = [
  dir('/usr/bin'),
  dir('/usr/sbin'),
  dir('/usr/lib'),
  dir('/usr/lib64'),
  dir('/usr/share'),
  dir('/usr/local/bin'),
  link('/bin', 'usr/bin'),
  link('/sbin', 'usr/sbin'),
  link('/lib', 'usr/lib'),
  link('/lib64', 'usr/lib64'),
  dir('/tmp', { mode: 0o1777 }),
  dir('/root', { mode: 0o550 }),
  dir('/home'),
  dir('/opt'),
  dir('/mnt'),
  dir('/media'),
  dir('/srv'),
  dir('/run'),
  dir('/boot', { mode: 0o555 }),
  dir('/afs', { mode: 0o555 }),
  dir('/dev'),
  dir('/proc'),
  dir('/sys'),
  dir('/var/log'),
  dir('/var/cache'),
  dir('/var/lib'),
  dir('/var/tmp', { mode: 0o1777 }),
  link('/var/run', '../run'),
  ...PROGRAMS.map((name) => binary(`/usr/bin/${name}`, name)),
  binary('/usr/bin/bash', 'bash'),
  link('/usr/bin/sh', 'bash'),
  file('/usr/lib/os-release', RELEASE),
  link('/etc/os-release', '../usr/lib/os-release'),
  file('/etc/redhat-release', 'Red Hat Enterprise Linux release 9.6 (Plow)\n'),
  link('/etc/system-release', 'redhat-release'),
  file(
    '/etc/passwd',
    [
      'root:x:0:0:root:/root:/bin/bash',
      'bin:x:1:1:bin:/bin:/sbin/nologin',
      'daemon:x:2:2:daemon:/sbin:/sbin/nologin',
      'adm:x:3:4:adm:/var/adm:/sbin/nologin',
      'lp:x:4:7:lp:/var/spool/lpd:/sbin/nologin',
      'sync:x:5:0:sync:/sbin:/bin/sync',
      'shutdown:x:6:0:shutdown:/sbin:/sbin/shutdown',
      'halt:x:7:0:halt:/sbin:/sbin/halt',
      'mail:x:8:12:mail:/var/spool/mail:/sbin/nologin',
      'operator:x:11:0:operator:/root:/sbin/nologin',
      'games:x:12:100:games:/usr/games:/sbin/nologin',
      'ftp:x:14:50:FTP User:/var/ftp:/sbin/nologin',
      'nobody:x:65534:65534:Kernel Overflow User:/:/sbin/nologin',
      '',
    ].join('\n'),
  ),
  file(
    '/etc/group',
    'root:x:0:\nbin:x:1:\ndaemon:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nlp:x:7:\nmem:x:8:\nkmem:x:9:\nwheel:x:10:\ncdrom:x:11:\nmail:x:12:\nman:x:15:\ndialout:x:18:\nfloppy:x:19:\ngames:x:20:\ntape:x:33:\nvideo:x:39:\nftp:x:50:\nlock:x:54:\naudio:x:63:\nusers:x:100:\nnobody:x:65534:\n',
  ),
  file('/etc/shadow', 'root:!locked::0:99999:7:::\n', { mode: 0 }),
  file('/etc/hostname', ''),
  file('/etc/hosts', ''),
  file('/etc/resolv.conf', ''),
  link('/etc/mtab', '../proc/self/mounts'),
];

export const ubi9Image: ImageRow = {
  names: [
    'registry.access.redhat.com/ubi9/ubi',
    'registry.access.redhat.com/ubi9',
    'registry.redhat.io/ubi9/ubi',
    'registry.redhat.io/ubi9',
    'docker.io/redhat/ubi9',
    'docker.io/library/ubi9',
  ],
  config: {
    entrypoint: [],
    cmd: ['/bin/bash'],
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'container=oci'],
    user: '',
    workingDir: '/',
  },
  files: base,
};

/** What other merged-/usr images start from. */
export const mergedUsrFiles = base;
