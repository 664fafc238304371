import { expect, test } from 'vitest';
import { sandboxUser, userOf } from './user.ts';

const accounts = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nnginx:x:101:102:nginx:/:/bin/false\n',
  group: 'root:x:0:\nwheel:x:10:root\nweb:x:33:nginx,root\nnginx:x:102:\n',
};
const image = (user: string) => ({
  reference: 'i',
  entrypoint: [],
  cmd: [],
  env: [],
  workingDir: '',
  user,
  accounts,
});

test.each([
  { note: 'root by default, with its groups', user: '', context: {}, want: [0, 0, [0, 10, 33]] },
  { note: 'a user of the image by name', user: 'nginx', context: {}, want: [101, 102, [33, 102]] },
  { note: 'a user of the image by number', user: '101', context: {}, want: [101, 102, [33, 102]] },
  {
    note: 'with a group of the image, which CRI does not hand on',
    user: '101:web',
    context: {},
    want: [101, 102, [33, 102]],
  },
  {
    note: 'whose own group lists it as a member, which does not count',
    user: '',
    context: { runAsUser: 7, runAsGroup: 0 },
    want: [7, 0, [0]],
  },
  {
    note: 'of the pod, which leaves the image’s group behind',
    user: '101:33',
    context: { runAsUser: 7 },
    want: [7, 0, [0]],
  },
  {
    note: 'of the pod, known to the image',
    user: '',
    context: { runAsUser: 101 },
    want: [101, 102, [33, 102]],
  },
  {
    note: 'with all that a pod may ask for, sorted',
    user: '',
    context: { runAsUser: 7, runAsGroup: 50, supplementalGroups: [60, 9], fsGroup: 9 },
    want: [7, 50, [9, 50, 60]],
  },
])('a user $note', ({ user, context, want }) => {
  const { UID, GID, AdditionalGids } = userOf(context, image(user));
  expect([UID, GID, AdditionalGids]).toEqual(want);
});

test.each([
  { note: 'nothing', context: {}, want: [65_535, 65_535, [65_535]] },
  { note: 'a user', context: { runAsUser: 1000 }, want: [1000, 0, [0]] },
  {
    note: 'a user, a group and more groups',
    context: { runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000, supplementalGroups: [4000] },
    want: [1000, 2000, [2000]],
  },
  { note: 'groups alone', context: { fsGroup: 3000 }, want: [65_535, 65_535, [65_535]] },
])('the sandbox of a pod that names $note runs as $want', ({ context, want }) => {
  const { UID, GID, AdditionalGids } = sandboxUser(context);
  expect([UID, GID, AdditionalGids]).toEqual(want);
});

test('without accounts of the image there are only the numbers that were named', () => {
  const { accounts: _, ...bare } = image('nginx');
  expect(userOf({}, bare)).toEqual({ UID: 0, GID: 0, AdditionalGids: [0] });
});
