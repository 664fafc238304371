/** The policies a command starts an agent with: the image's default file, then that of initdata. */
import { join } from 'node:path';
import { policyDocument, type PolicyDocument } from '#gate';
import type { CommandContext } from './command.ts';
import { readInitdata } from './commands/initdata/read.ts';
import { readBytes } from './files.ts';

/** The default of a guest image, when the user names none. */
const DEFAULT_POLICY = 'allow-all.rego';

export async function policyDocuments(context: CommandContext): Promise<readonly PolicyDocument[]> {
  const { options } = context;
  const path = options.text('policy') ?? join(context.packageRoot, 'policies', DEFAULT_POLICY);
  const bytes = await readBytes(path, context.stdin);
  const documents = [await policyDocument(bytes, { source: 'image-default', module: path })];
  const initdata = options.text('initdata');
  if (initdata !== undefined) {
    const { document } = await readInitdata(initdata, context);
    const text = document.data.get('policy.rego');
    // Initdata without a policy leaves the image's default in force.
    if (text !== undefined) documents.push({ source: 'initdata', text });
  }
  return documents;
}
