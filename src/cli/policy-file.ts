/** The policy that a command is given, in whatever carries it: every `policy` command reads it here. */
import { DEFAULT_POLICY_PATH, kataProfile, RUN_TIME_MODULE, type KataProfile } from '#gate';
import { isPolicyFile, readPolicies, type PolicyInFile } from '#policy/source';
import type { CommandContext } from './command.ts';
import { cliErrors } from './errors.ts';
import { assertUtf8, readBytes } from './files.ts';

export interface PolicyFile {
  readonly text: string;
  /** How messages call it: the file, and what of it holds the policy. */
  readonly file: string;
  readonly kata: KataProfile;
  /** What the guest's agent calls it: the file of the image and of initdata, else as set by a call. */
  readonly module: string;
  readonly compiled: PolicyInFile['compiled'];
}

type Context = Pick<CommandContext, 'options' | 'stdin'>;

/** For one release; by default that of `--kata-version`. */
export async function readPolicyFile(
  operand: string,
  context: Context,
  kata: KataProfile = kataProfile(context.options.text('kata-version')),
): Promise<PolicyFile> {
  const name = operand === '-' ? '<stdin>' : operand;
  const policies = await policiesOf(operand, context);
  const [policy, ...others] = policies;
  if (policy === undefined || others.some(({ text }) => text !== policy.text)) {
    throw cliErrors.onePolicy(name, policies.length);
  }
  return {
    text: policy.text,
    file: policy.inside === undefined ? name : `${name} (${policy.inside})`,
    kata,
    module: policy.toml === undefined ? RUN_TIME_MODULE : DEFAULT_POLICY_PATH,
    compiled: policy.compiled,
  };
}

/** The same for commands that look at the Rego text. */
export async function readRegoFile(
  operand: string,
  context: Context,
  kata?: KataProfile,
): Promise<PolicyFile> {
  const policy = await readPolicyFile(operand, context, kata);
  if (policy.compiled !== undefined) throw cliErrors.compiledPolicy(policy.file);
  return policy;
}

/** Bytes that say what a file is. */
const HEAD = 65_536;

/** How test cases and logs begin. */
const REQUESTS = /^\s*(?:[[{]|- |(?:cases|bases)\s*:)/;

/** Every policy in a file: a manifest may hold several. */
export async function policiesOf(
  operand: string,
  { stdin }: Pick<CommandContext, 'stdin'>,
): Promise<readonly PolicyInFile[]> {
  const name = operand === '-' ? '<stdin>' : operand;
  const bytes = await readBytes(operand, stdin);
  const head = bytes.subarray(0, HEAD);
  if (!isPolicyFile(head) && REQUESTS.test(head.toString('utf8'))) throw cliErrors.requests(name);
  const policies = await readPolicies(bytes, name);
  // A text is its own carrier: what is not UTF-8 in it is told with its place.
  if (policies.some(({ inside, compiled }) => inside === undefined && compiled === undefined))
    assertUtf8(bytes, operand);
  return policies;
}
