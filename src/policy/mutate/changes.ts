/** How rows of the tables of hostile changes say what they change. */
import type { Json } from '#wire';
import { append, listAt, put } from './edit.ts';
import type { Chance, Mutation, MutationClass } from './mutation.ts';

export type Change = Mutation['change'];
export type Row = Omit<Mutation, 'endpoint' | 'class'>;

export const set =
  (path: string, value: Json): Change =>
  (input) =>
    put(input, path, value);

export const add =
  (path: string, value: Json): Change =>
  (input) =>
    append(input, path, value);

export const chain =
  (...changes: readonly Change[]): Change =>
  (input, chance) =>
    changes.reduce((changed, change) => change(changed, chance), input);

/** Changes the first element of a list that `choose` finds. */
export const changeItem =
  (
    path: string,
    choose: (item: Json) => boolean,
    change: (item: Json, chance: Chance) => Json,
  ): Change =>
  (input, chance) => {
    const at = listAt(input, path).findIndex(choose);
    const item = listAt(input, path)[at];
    return item === undefined ? input : put(input, `${path}.${at}`, change(item, chance));
  };

/** Every device, as privileged containers have them. */
export const allDevices = add('OCI.Linux.Resources.Devices', {
  Allow: true,
  Type: 'a',
  Major: -1,
  Minor: -1,
  Access: 'rwm',
});
/** What several rows give. */
export const OTHER_CODE = 'code of the attacker runs next to the pod’s secrets';

/** Rows by class, as mutations of CreateContainer. */
export const ofContainers = (
  classes: Readonly<Partial<Record<MutationClass, readonly Row[]>>>,
): readonly Mutation[] =>
  Object.entries(classes).flatMap(([name, rows]) =>
    rows.map((row) => ({
      ...row,
      class: name as MutationClass,
      endpoint: 'CreateContainerRequest',
    })),
  );
