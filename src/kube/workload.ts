/**
 * The pod that a workload would make from its template. A controller makes as many as `replicas` says;
 * one of them is enough to see what the guest is asked.
 * Source: Kubernetes 1.34, pkg/controller (deployment, replicaset, statefulset, daemon, job, cronjob).
 */
import { generatedName, safeSuffix } from './generated-name.ts';
import type { ObjectReader, Path } from './object-reader.ts';
import type { Pod } from './pod.ts';
import { optionalLabel, readName } from './read-name.ts';
import { readPodOf, type PodContext, type PodIdentity } from './read-pod.ts';

const TEMPLATE_HASH_LENGTH = 10;
/** 2025-12-01 in minutes: a cron job's jobs are named after the minute they were due. */
const FIRST_MINUTE = 29_409_120;
const MINUTES_PER_YEAR = 525_600;

interface Origin {
  readonly name: string;
  /** What the random part of names follows from. */
  readonly seed: string;
  readonly reader: ObjectReader;
}

interface WorkloadRule {
  readonly template: Path;
  readonly identity: (origin: Origin) => Pick<PodIdentity, 'name' | 'labels' | 'claims'>;
}

const TEMPLATE = ['spec', 'template'];

const simple: WorkloadRule = {
  template: TEMPLATE,
  identity: ({ name, seed }) => ({ name: generatedName(`${name}-`, seed), labels: {}, claims: [] }),
};

const jobLabels = (job: string) => ({ 'batch.kubernetes.io/job-name': job, 'job-name': job });

const workloads: Readonly<Record<string, WorkloadRule>> = {
  ReplicaSet: simple,
  ReplicationController: simple,
  DaemonSet: simple,
  Deployment: {
    template: TEMPLATE,
    identity: ({ name, seed }) => {
      const hash = safeSuffix(`template ${seed}`, TEMPLATE_HASH_LENGTH);
      const labels = { 'pod-template-hash': hash };
      return { name: generatedName(`${name}-${hash}-`, seed), labels, claims: [] };
    },
  },
  StatefulSet: {
    template: TEMPLATE,
    identity: ({ name, reader }) => ({
      name: `${name}-0`,
      labels: {
        'apps.kubernetes.io/pod-index': '0',
        'statefulset.kubernetes.io/pod-name': `${name}-0`,
      },
      claims: reader.list(['spec', 'volumeClaimTemplates'], (at) =>
        readName(reader, [...at, 'metadata', 'name']),
      ),
    }),
  },
  Job: {
    template: TEMPLATE,
    identity: ({ name, seed }) => ({
      name: generatedName(`${name}-`, seed),
      labels: jobLabels(name),
      claims: [],
    }),
  },
  CronJob: {
    template: ['spec', 'jobTemplate', 'spec', 'template'],
    identity: ({ name, seed }) => {
      const job = `${name}-${FIRST_MINUTE + minuteOf(seed)}`;
      return { name: generatedName(`${job}-`, seed), labels: jobLabels(job), claims: [] };
    },
  },
};

const minuteOf = (seed: string): number =>
  Array.from(safeSuffix(seed, TEMPLATE_HASH_LENGTH)).reduce(
    (sum, letter) => (sum * 31 + letter.charCodeAt(0)) % MINUTES_PER_YEAR,
    0,
  );

export const isWorkload = (kind: string): boolean => Object.hasOwn(workloads, kind);

export function readWorkload(reader: ObjectReader, kind: string, context: PodContext): Pod {
  const rule = workloads[kind] ?? simple;
  const prefix = reader.optionalText(['metadata', 'generateName']) ?? '';
  const seed = JSON.stringify(reader.value([]));
  const name =
    prefix !== '' && !reader.has(['metadata', 'name'])
      ? generatedName(prefix, seed)
      : readName(reader, ['metadata', 'name']);
  const namespace = optionalLabel(reader, ['metadata', 'namespace']);
  if (!reader.has(rule.template)) reader.fail(rule.template, 'Required value', 'Add the template.');
  const identity = { ...rule.identity({ name, seed, reader }), namespace };
  return readPodOf(reader.at(rule.template, { shown: true }), identity, context);
}
