/**
 * References and the built-in images.
 */
import { describe, expect, test } from 'vitest';
import { programs } from '../programs/table.ts';
import { sh } from '../testing.ts';
import { ImageCatalogue } from './catalogue.ts';
import { canonicalName, parseReference } from './reference.ts';
import type { Template } from '../fs/node.ts';
import { load } from '../kernel/executable.ts';

const images = new ImageCatalogue();

describe('references', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['user/app', 'docker.io/user/app:latest'],
    ['docker.io/library/busybox', 'docker.io/library/busybox:latest'],
    ['quay.io:443/a/b:v1', 'quay.io:443/a/b:v1'],
    ['localhost/x', 'localhost/x:latest'],
    ['localhost:5000/x', 'localhost:5000/x:latest'],
    [`busybox@sha256:${'a'.repeat(64)}`, `docker.io/library/busybox@sha256:${'a'.repeat(64)}`],
    [`busybox:1@sha256:${'a'.repeat(64)}`, `docker.io/library/busybox:1@sha256:${'a'.repeat(64)}`],
  ])('%s is %s', (text, want) => {
    const reference = parseReference(text);
    expect(reference === undefined ? undefined : canonicalName(reference)).toBe(want);
  });

  test.each([
    '',
    'UPPER',
    'a b',
    'x:',
    'x:-bad',
    'x@sha256:short',
    '-x',
    'x//y',
    'x:a/b',
    `x:${'t'.repeat(129)}`,
  ])('"%s" is none', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });
});

describe('the catalogue', () => {
  test.each([
    ['busybox', 'docker.io/library/busybox'],
    ['quay.io/prometheus/busybox:latest', 'docker.io/library/busybox'],
    ['registry.access.redhat.com/ubi9/ubi:latest', 'registry.access.redhat.com/ubi9/ubi'],
    ['registry.access.redhat.com/ubi9/ubi:9.4', 'registry.access.redhat.com/ubi9/ubi'],
    ['nginx:1.27-alpine', 'docker.io/library/nginx'],
    ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause'],
    ['ghcr.io/nobody/nothing', undefined],
  ])('%s', (text, want) => {
    expect(images.find(text)?.name).toBe(want);
  });

  test('a digest finds its image and no other', () => {
    const { digest } = images.find('busybox')!;
    expect(images.find(`busybox@${digest}`)?.digest).toBe(digest);
    expect(images.find(`nginx@${digest}`)).toBeUndefined();
    expect(new ImageCatalogue().find('busybox')?.digest).toBe(digest);
    expect(new Set(images.list().map((image) => image.digest)).size).toBe(images.list().length);
  });

  test('every executable of every image runs a program that exists', () => {
    const check = (node: Template, path: string): void => {
      if (node.kind === 'dir')
        for (const [name, child] of node.entries) check(child, `${path}/${name}`);
      if (node.kind !== 'file' || (node.mode & 0o111) === 0) return;
      const loaded = load(node.content);
      if (loaded.kind === 'program')
        expect(programs.has(loaded.name.split('/').at(-1)!), path).toBe(true);
    };
    for (const { tree } of images.list()) check(tree, '');
  });

  test('containers of one image do not see each other’s changes', async () => {
    const first = await sh(
      'rm /etc/group; echo changed > /etc/passwd; mkdir /bin/new; ls /etc/group; cat /etc/passwd',
    );
    expect(first).toMatchObject({
      stdout: 'changed\n',
      stderr: 'ls: /etc/group: No such file or directory\n',
    });
    const second = await sh('head -n 1 /etc/passwd; ls /etc/group; ls -d /bin/new');
    expect(second.stdout).toBe('root:x:0:0:root:/root:/bin/sh\n/etc/group\n');
  });
});
