/**
 * AdmissionReviews that the genuine peer-pods webhook answered, with its default settings and with
 * others: the outer object, the answer, and the pod after the patch.
 */
import { describe, expect, test } from 'vitest';
import { answerAdmission, DEFAULT_WEBHOOK_SETTINGS, type WebhookSettings } from '#peerpod';
import { readRecordings } from '../recordings.ts';

interface Recording {
  readonly case: string;
  readonly contentType: string;
  readonly body: string;
  readonly real: {
    readonly api: string | null;
    readonly kind: string | null;
    readonly uid: string;
    readonly allowed: boolean;
    readonly patchType: string | null;
    readonly status: object;
    /** Operations as JSON texts, sorted. */
    readonly ops?: readonly string[];
    readonly outer: readonly string[];
  };
}

/** Member by member, so that texts of two writers compare. */
const canonical = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );

const sorted = (operations: readonly unknown[]): string[] =>
  operations.map((operation) => JSON.stringify(canonical(operation))).sort();

function ask({ contentType, body }: Recording, settings: WebhookSettings): object {
  const call = { contentType, body: Buffer.from(body, 'utf8') };
  const answer = answerAdmission(call, settings);
  const { uid, allowed, patchType, patch, status } = answer.response;
  const operations = JSON.parse(
    Buffer.from(patch ?? 'W10=', 'base64').toString('utf8'),
  ) as unknown[];
  return {
    outer: Object.keys(answer).sort(),
    api: answer.apiVersion ?? null,
    kind: answer.kind ?? null,
    uid,
    allowed,
    patchType: patchType ?? null,
    status,
    operations: sorted(operations),
  };
}

const recorded = ({ real }: Recording): object => ({
  outer: [...real.outer].sort(),
  api: real.api,
  kind: real.kind,
  uid: real.uid,
  allowed: real.allowed,
  patchType: real.patchType,
  status: real.status,
  operations: sorted((real.ops ?? []).map((text) => JSON.parse(text) as unknown)),
});

const SETTINGS: Readonly<Record<string, WebhookSettings>> = {
  'webhook-default.jsonl.gz': DEFAULT_WEBHOOK_SETTINGS,
  'webhook-env.jsonl.gz': { runtimeClass: 'kata', extendedResource: 'example.com/vm' },
};

describe.each(Object.entries(SETTINGS))(
  'recorded from the peer-pods webhook: %s',
  (name, settings) => {
    const recordings = readRecordings(name) as readonly Recording[];
    test.each(recordings)('$case', (recording) => {
      expect(ask(recording, settings)).toEqual(recorded(recording));
    });
    test.skipIf(recordings.length > 0)('the recordings are not on this machine', () => {
      expect(recordings).toEqual([]);
    });
  },
);
