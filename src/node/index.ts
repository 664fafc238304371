/** Door of `node`: what a kubelet knows of a pod: status, events, probes, logs, and the records on disk. */
export { PodLife } from './pod-life.ts';
export { wouldRestart, type ContainerStatus, type PodStatus } from './pod-status.ts';
export { ageOf, readyOf, stateOf, statusOf } from './pod-columns.ts';
export { followContainers } from './follow-containers.ts';
export type { LogOptions, PodName, PodProvider } from './provider.ts';
export { startProbes } from './prober.ts';
export { logText, parseCriLogLine } from './cri-log.ts';
export { ContainerLogs } from './container-logs.ts';
export { readLog, type LogText } from './read-log.ts';
export { hasEnded, type PodRecord } from './pod-record.ts';
export { PodRecords } from './pod-records.ts';
export { PodJournal, type RecordBase } from './pod-journal.ts';
export { reportRefusal, type DenialReport } from './denial-report.ts';
export { diagnoseEnded } from './ended-pod.ts';
export { removeAbandoned, writeOwner } from './owned-directory.ts';
export type { ProcessIdentity } from './process-identity.ts';
