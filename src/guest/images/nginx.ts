/**
 * nginx on a Debian-like root. Source: docker.io/library/nginx, layout, entrypoint and default page.
 */
import { binary, dir, file, link, type ImageRow } from './layer.ts';
import { mergedUsrFiles } from './ubi9.ts';

const PAGE = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page is served by the simulated nginx of katasim.</p>
</body>
</html>
`;

const RELEASE = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
`;

export const nginxImage: ImageRow = {
  names: [
    'docker.io/library/nginx',
    'docker.io/nginxinc/nginx-unprivileged',
    'quay.io/nginx/nginx-unprivileged',
    'public.ecr.aws/nginx/nginx',
    'public.ecr.aws/docker/library/nginx',
    'registry.k8s.io/nginx',
  ],
  config: {
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    env: [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'NGINX_VERSION=1.29.4',
      'PKG_RELEASE=1~bookworm',
    ],
    user: '',
    workingDir: '/',
  },
  files: [
    ...mergedUsrFiles,
    file('/usr/lib/os-release', RELEASE),
    file('/etc/debian_version', '12.12\n'),
    file(
      '/etc/passwd',
      'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nnginx:x:101:101:nginx user:/nonexistent:/bin/false\n',
    ),
    file(
      '/etc/group',
      'root:x:0:\ndaemon:x:1:\nadm:x:4:\nwww-data:x:33:\nnogroup:x:65534:\nnginx:x:101:\n',
    ),
    binary('/usr/sbin/nginx', 'nginx'),
    link('/usr/bin/sh', 'bash'),
    file(
      '/docker-entrypoint.sh',
      `#!/bin/sh
set -e
if [ "$1" = "nginx" ]; then
  if [ -d /docker-entrypoint.d ] && [ -n "$(ls /docker-entrypoint.d)" ]; then
    for f in /docker-entrypoint.d/*.sh; do
      echo "/docker-entrypoint.sh: Launching $f" >&2
      sh "$f"
    done
  fi
  echo "/docker-entrypoint.sh: Configuration complete; ready for start up" >&2
fi
exec "$@"
`,
      { mode: 0o755 },
    ),
    dir('/docker-entrypoint.d'),
    file('/usr/share/nginx/html/index.html', PAGE),
    file(
      '/usr/share/nginx/html/50x.html',
      '<!DOCTYPE html>\n<html><body><h1>An error occurred.</h1></body></html>\n',
    ),
    file(
      '/etc/nginx/nginx.conf',
      'user  nginx;\nworker_processes  auto;\n\nerror_log  /var/log/nginx/error.log notice;\npid        /run/nginx.pid;\n\nevents {\n    worker_connections  1024;\n}\n\nhttp {\n    access_log  /var/log/nginx/access.log;\n    include /etc/nginx/conf.d/*.conf;\n}\n',
    ),
    file(
      '/etc/nginx/conf.d/default.conf',
      'server {\n    listen       80;\n    server_name  localhost;\n\n    location / {\n        root   /usr/share/nginx/html;\n        index  index.html index.htm;\n    }\n}\n',
    ),
    dir('/var/cache/nginx', { uid: 101 }),
    link('/var/log/nginx/access.log', '/dev/stdout'),
    link('/var/log/nginx/error.log', '/dev/stderr'),
  ],
};
