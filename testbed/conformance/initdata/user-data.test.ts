/**
 * User-data files that went through the genuine process-user-data: what is written where, what is
 * skipped, and how it ends.
 */
import { describe, expect, test } from 'vitest';
import { messageOf, silentLogger } from '#base';
import { provisionFiles, VmFiles } from '#peerpod';
import { readRecordings } from '../recordings.ts';

interface Recording {
  readonly case: string;
  readonly userDataBase64: string;
  /** `log`, `rc` and `files/NAME`. */
  readonly real: Readonly<Record<string, string>>;
}

interface Answer {
  readonly files: Readonly<Record<string, string>>;
  readonly skipped: readonly string[];
  readonly error: string | undefined;
}

const ROOT = '/run/peerpod/';

function ask(userData: string): Answer {
  const files = new VmFiles();
  const skipped: string[] = [];
  const warn = (_fields: object, message: string): void => void skipped.push(message);
  let error: string | undefined;
  try {
    provisionFiles(files, userData, { ...silentLogger, warn });
  } catch (thrown) {
    error = messageOf(thrown);
  }
  const written = files.list().map((path) => [path.slice(ROOT.length), files.readText(path) ?? '']);
  return { files: Object.fromEntries(written) as Answer['files'], skipped, error };
}

function recorded(real: Recording['real']): Answer {
  const lines = (real['log'] ?? '').split('\n').map((line) => line.replace(/^.*?\[.*?\] /, ''));
  const files = Object.entries(real).flatMap(([name, text]) =>
    name.startsWith('files/') ? [[name.slice('files/'.length), text]] : [],
  );
  return {
    files: Object.fromEntries(files) as Answer['files'],
    skipped: lines.filter((line) => line.startsWith('File: ')),
    error: real['rc']?.trim() === '0' ? undefined : failureOf(lines),
  };
}

/** What cannot be parsed is tried again upstream (docs/fidelity.md); the text is that of one try. */
function failureOf(lines: readonly string[]): string {
  const text = lines.join('\n');
  const retried = /^Retry attempt \d+: (.*?)\nError: failed to retrieve/s.exec(
    text.slice(Math.max(0, text.indexOf('Retry attempt'))),
  )?.[1];
  return retried ?? /^(?:Error: )?((?:failed|panic).*)$/m.exec(text)?.[1] ?? text;
}

/** The compressed bytes of the dummy differ between compressors; what they hold is compared. */
const comparable = ({ files, ...rest }: Answer): object => ({
  ...rest,
  files: { ...files, initdata: (files['initdata'] ?? '').length > 0 },
});

const recordings = readRecordings('user-data.jsonl.gz') as readonly Recording[];

describe.skipIf(recordings.length === 0)('recorded from process-user-data', () => {
  test.each(recordings)('$case', ({ userDataBase64, real }) => {
    const userData = Buffer.from(userDataBase64, 'base64').toString('utf8');
    expect(comparable(ask(userData))).toEqual(comparable(recorded(real)));
  });
});
