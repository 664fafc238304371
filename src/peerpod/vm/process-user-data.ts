/**
 * `process-user-data provision-files`: the first thing that runs in a pod VM. Files from user-data,
 * a dummy initdata when none came, what initdata carries, and the digest.
 * Source: cloud-api-adaptor v0.22.0 pkg/userdata/provision.go.
 */
import { messageOf, type Logger } from '#base';
import {
  decodeInitdata,
  digestInitdata,
  DUMMY_INITDATA,
  encodeInitdata,
  INITDATA_FILES,
  pcr8,
  type InitdataDocument,
} from '#initdata';
import { peerpodErrors } from '../errors.ts';
import { cleanPath, type VmFiles } from './files.ts';
import { parseUserData } from './user-data.ts';

export const PEERPOD_DIRECTORY = '/run/peerpod';
export const INITDATA_PATH = `${PEERPOD_DIRECTORY}/initdata`;
const INITDATA_DIGEST_PATH = `${PEERPOD_DIRECTORY}/initdata.digest`;

const allowed = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map((name) => `${PEERPOD_DIRECTORY}/${name}`));

export const USER_DATA_FILES = allowed([
  'aa.toml',
  'cdh.toml',
  'apf.json',
  'auth.json',
  'initdata',
  'scratch-space.marker',
]);
const INITDATA_PATHS = allowed(INITDATA_FILES);

export interface Provisioned {
  readonly initdata: InitdataDocument;
  /** None was sent, so the VM made its own. */
  readonly isDummy: boolean;
  /** Hex, as in initdata.digest. */
  readonly digest: string;
  /** What the vTPM's register 8 then holds. */
  readonly pcr8: string;
  /** Files written, and those that were not allowed. */
  readonly written: readonly string[];
  readonly skipped: readonly string[];
}

export function provisionFiles(
  files: VmFiles,
  userData: string | undefined,
  log: Logger,
): Provisioned {
  const written: string[] = [];
  const skipped: string[] = [];
  for (const { path, content } of userData === undefined ? [] : parseUserData(userData)) {
    // The path as it is written: `/run/peerpod//auth.json` is not on the list.
    if (USER_DATA_FILES.has(path)) {
      files.write(path, content);
      written.push(path);
    } else {
      skipped.push(path);
      log.warn({ path }, `File: ${path} is not allowed in WriteFiles.`);
    }
  }
  const isDummy = !files.has(INITDATA_PATH);
  if (isDummy) files.write(INITDATA_PATH, encodeInitdata(DUMMY_INITDATA));
  const initdata = parse(files.readText(INITDATA_PATH) ?? '');
  for (const [key, text] of initdata.data) {
    const path = cleanPath(`${PEERPOD_DIRECTORY}/${key}`);
    if (INITDATA_PATHS.has(path)) {
      files.write(path, text);
      written.push(path);
    } else {
      // Still part of the digest.
      skipped.push(key);
      log.warn({ key }, `File: ${key} is not allowed in initdata.`);
    }
  }
  const digest = digestInitdata(initdata);
  files.write(INITDATA_DIGEST_PATH, digest);
  return { initdata, isDummy, digest, pcr8: pcr8(digest), written, skipped };
}

function parse(value: string): InitdataDocument {
  try {
    return decodeInitdata(value, { reader: 'adaptor' });
  } catch (error) {
    const text = messageOf(error);
    // A panic ends the program where it is; nothing wraps it.
    if (text.startsWith('panic: ')) throw peerpodErrors.processUserDataPanic(text, error);
    throw peerpodErrors.initdataInVm(`Error parse initdata: ${text}`, error);
  }
}
