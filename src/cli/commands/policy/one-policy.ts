/** The one policy in what a user names: Rego text, or initdata or a manifest around it. */
import { KatasimError } from '#base';
import { DEFAULT_POLICY_PATH, RUN_TIME_MODULE } from '#gate';
import { policiesIn } from '#policy/source';
import type { CommandContext } from '../../command.ts';
import { readText } from '../../files.ts';

export interface OnePolicy {
  readonly text: string;
  /** For messages. */
  readonly name: string;
  /** What the guest’s agent calls it: the file of the image and of initdata, else as set by a call. */
  readonly module: string;
}

export async function readOnePolicy(
  operand: string,
  { stdin }: Pick<CommandContext, 'stdin'>,
): Promise<OnePolicy> {
  const name = operand === '-' ? '<stdin>' : operand;
  const [policy, ...others] = await policiesIn(await readText(operand, stdin), name);
  if (policy === undefined || others.length > 0) {
    throw new KatasimError('CLI_ONE_POLICY', `${name} holds ${others.length + 1} policies`, {
      hint: 'Give a file with the one that is meant.',
    });
  }
  return {
    text: policy.text,
    name: policy.inside === undefined ? name : `${name} (${policy.inside})`,
    module: policy.toml === undefined ? RUN_TIME_MODULE : DEFAULT_POLICY_PATH,
  };
}
