/**
 * How guest calls fail. The agent puts the Rust *debug* form of an error into `Status.message`; four
 * kinds of error values give four shapes, so a failure here says which one it is and the agent
 * room renders it once. Source: kata-containers src/agent/src/rpc.rs, rustjail.
 */
import { KatasimError } from '#base';
import { errnoNumber, errnoText, rustKindOf, type Errno } from './kernel/errno.ts';

/** Status codes the guest's own failures use, spelled as in google.rpc.Code. */
type GuestStatus =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  | 'INTERNAL'
  | 'UNIMPLEMENTED'
  | 'UNAVAILABLE'
  | 'CANCELLED';

/** The process lookup enum of the agent; its variants appear bare in the message. */
type LookupVariant = 'InvalidContainerId' | 'InitProcessNotFound' | 'InvalidExecId';

export type GuestFailure =
  /** A string: rendered in double quotes with escapes. */
  | { readonly kind: 'string'; readonly status: GuestStatus; readonly text: string }
  /** An anyhow error: the top message, then `Caused by:` and the causes. */
  | {
      readonly kind: 'anyhow';
      readonly status: GuestStatus;
      readonly text: string;
      readonly causes: readonly string[];
    }
  /** A bare variant name. */
  | { readonly kind: 'lookup'; readonly status: GuestStatus; readonly variant: LookupVariant }
  /** std::io::Error: `Os { code: 2, kind: NotFound, message: "No such file or directory" }`. */
  | {
      readonly kind: 'io';
      readonly status: GuestStatus;
      readonly errno: number;
      readonly rustKind: string;
      readonly text: string;
    }
  /** Put into the message as it is (mem-agent). */
  | { readonly kind: 'plain'; readonly status: GuestStatus; readonly text: string };

/** Thrown by every method of `Sandbox`; `failure` is what the agent maps to a status. */
export class GuestError extends KatasimError {
  readonly failure: GuestFailure;

  constructor(failure: GuestFailure, hint?: string) {
    const text = failure.kind === 'lookup' ? failure.variant : failure.text;
    super(`GUEST_${failure.status}`, text, hint === undefined ? {} : { hint });
    this.failure = failure;
  }
}

export const quoted = (status: GuestStatus, text: string): GuestError =>
  new GuestError({ kind: 'string', status, text });

export const anyhow = (text: string, ...causes: string[]): GuestError =>
  new GuestError({ kind: 'anyhow', status: 'INTERNAL', text, causes });

/** An anyhow error by `{:?}`. One cause is indented by four; several are numbered, right-aligned to five. */
export function chainText(text: string, causes: readonly string[]): string {
  if (causes.length === 0) return text;
  const isNumbered = causes.length > 1;
  const lines = causes.map((cause, index) => {
    const lead = isNumbered ? `${String(index).padStart(5)}: ` : '    ';
    return lead + cause.replaceAll('\n', `\n${' '.repeat(lead.length)}`);
  });
  return `${text}\n\nCaused by:\n${lines.join('\n')}`;
}

const lookup = (status: GuestStatus, variant: LookupVariant): GuestError =>
  new GuestError({ kind: 'lookup', status, variant });

/** One function per way things go wrong. Texts: kata-containers, as the clients see them. */
export const guestErrors = {
  invalidContainerIdText: (id: string) => anyhow(`invalid container ID ${id}`),
  /** Deliberate difference: upstream reports `exec fifo exists` and destroys the original. */
  containerExists: (id: string) =>
    new GuestError(
      {
        kind: 'anyhow',
        status: 'ALREADY_EXISTS',
        text: `container ${id} already exists`,
        causes: [],
      },
      'Remove the container first, or choose another id.',
    ),
  /** Deliberate difference: upstream blocks for ever on the second StartContainer. */
  alreadyStarted: (status: string) =>
    new GuestError(
      {
        kind: 'anyhow',
        status: 'FAILED_PRECONDITION',
        text: `failed to start container: current status is: ${status}`,
        causes: [],
      },
      'A container is started once; create it anew to run it again.',
    ),
  noSuchContainer: () => anyhow('Invalid container id'),
  noSuchContainerNamed: (id: string, separator: ' ' | ': ') =>
    anyhow(`Invalid container id${separator}${id}`),
  noSuchContainerQuoted: () => quoted('INVALID_ARGUMENT', 'invalid container id'),
  lookupContainer: () => lookup('INVALID_ARGUMENT', 'InvalidContainerId'),
  lookupInit: () => lookup('NOT_FOUND', 'InitProcessNotFound'),
  lookupExec: () => lookup('NOT_FOUND', 'InvalidExecId'),
  /** Exec into a container whose init has ended: its namespaces cannot be joined. */
  namespacesGone: () => anyhow('failed to fork temporary process: ENOMEM'),
  /** A bare errno in an anyhow error. */
  system: (errno: Errno) => anyhow(`${errno}: ${errnoText(errno)}`),
  /** std::io::Error inside an anyhow error. */
  ioInside: (errno: Errno) => anyhow(`${errnoText(errno)} (os error ${errnoNumber(errno)})`),
  cannotPause: (status: string) =>
    anyhow(`failed to pause container: current status is: ${status}`),
  cannotResume: (status: string) => anyhow(`container status is: ${status}, not paused`),
  einval: () => anyhow('EINVAL: Invalid argument'),
  etime: () => anyhow('ETIME: Timer expired'),
  noLinux: () => anyhow("Spec didn't contain linux field"),
  noSharedPidns: () => anyhow('Sandbox does not have sandbox_pidns'),
  noStorageHandler: (driver: string) => anyhow(`Failed to find the storage handler ${driver}`),
  /** Upstream: the confidential data hub's answer to a failed pull. */
  noSuchImage: (name: string, known: readonly string[]) =>
    new GuestError(
      {
        kind: 'anyhow',
        status: 'INTERNAL',
        text: `Image Pull error: Failed to pull image ${name} from all mirror/mapping locations or original location: image: ${name}, error: manifest unknown`,
        causes: [],
      },
      `Only built-in images can be pulled: ${known.join(', ')}.`,
    ),
  badDevice: (what: string, device: string) => anyhow(`invalid ${what} for device ${device}`),
  noDeviceHandler: (type: string) => anyhow(`Failed to find the device handler ${type}`),
  noProcess: () => anyhow('Unable to parse process from ExecProcessRequest'),
  execExists: (id: string) => anyhow(`exec_id '${id}' already exists`),
  noSuchBinary: (file: string) => anyhow(`the file ${file} was not found`),
  noTty: () => quoted('UNAVAILABLE', 'no tty'),
  noStreamReader: () => anyhow('cannot get stream reader'),
  noWriter: () => anyhow('Cannot get writer'),
  brokenPipe: () => anyhow('Broken pipe (os error 32)'),
  ttyGone: () => anyhow('Input/output error (os error 5)'),
  io: (errno: Errno) =>
    new GuestError({
      kind: 'io',
      status: 'INTERNAL',
      errno: errnoNumber(errno),
      rustKind: rustKindOf(errno),
      text: errnoText(errno),
    }),
  plain: (text: string) => new GuestError({ kind: 'plain', status: 'INTERNAL', text }),
  cancelled: () => quoted('CANCELLED', 'the call was cancelled'),
  closed: () =>
    new GuestError(
      { kind: 'string', status: 'UNAVAILABLE', text: 'the sandbox is closed' },
      'Open a new sandbox.',
    ),
};
