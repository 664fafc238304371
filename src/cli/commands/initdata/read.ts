/** Initdata as users hold it: a TOML file, an annotation value, or the disk image, from a path or `-`. */
import {
  decodeDiskImage,
  decodeInitdata,
  isDiskImage,
  parseInitdata,
  type InitdataDocument,
} from '#initdata';
import type { CommandContext } from '../../command.ts';
import { readBytes } from '../../files.ts';

/** One line in the base64 alphabets can only be an encoded value: TOML needs `=` amid the text. */
const encodedValue = /^[A-Za-z0-9+/_\-\s]+={0,2}\s*$/;

interface InitdataInput {
  readonly document: InitdataDocument;
  readonly form: 'toml' | 'encoded' | 'image';
}

export async function readInitdata(path: string, context: CommandContext): Promise<InitdataInput> {
  const bytes = await readBytes(path, context.stdin);
  if (isDiskImage(bytes)) {
    return { document: parseInitdata(decodeDiskImage(bytes)), form: 'image' };
  }
  const text = bytes.toString('latin1');
  return text.trim() !== '' && encodedValue.test(text)
    ? { document: decodeInitdata(text, { reader: 'agent' }), form: 'encoded' }
    : { document: parseInitdata(bytes, { file: path }), form: 'toml' };
}
