/**
 * Images that hold one program: pause, which the guest itself starts for a sandbox, and http-echo.
 */
import { binary, dir, file, type ImageRow } from './layer.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const pauseImage: ImageRow = {
  names: [
    'registry.k8s.io/pause',
    'k8s.gcr.io/pause',
    'quay.io/openshift-release-dev/pause',
    'docker.io/library/pause',
    'mcr.microsoft.com/oss/kubernetes/pause',
  ],
  config: { entrypoint: ['/pause'], cmd: [], env: [PATH], user: '65535:65535', workingDir: '/' },
  files: [binary('/pause', 'pause'), dir('/dev'), dir('/proc'), dir('/sys'), dir('/etc')],
};

export const httpEchoImage: ImageRow = {
  names: [
    'docker.io/hashicorp/http-echo',
    'registry.k8s.io/http-echo',
    'ghcr.io/hashicorp/http-echo',
  ],
  config: {
    entrypoint: ['/http-echo'],
    cmd: [],
    env: [PATH],
    user: '65532:65532',
    workingDir: '/',
  },
  files: [
    binary('/http-echo', 'http-echo'),
    dir('/dev'),
    dir('/proc'),
    dir('/sys'),
    dir('/tmp', { mode: 0o1777 }),
    file(
      '/etc/passwd',
      'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
    ),
    file('/etc/group', 'root:x:0:\nnonroot:x:65532:\n'),
  ],
};
