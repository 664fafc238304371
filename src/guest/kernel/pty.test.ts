/** The line discipline's editing: what a terminal shows when something typed is erased. */
import { describe, expect, test } from 'vitest';
import { Pty } from './pty.ts';
import { callBlocker } from './wait.ts';

const BACKSPACE = '\x7f';

async function shown(typed: string): Promise<string> {
  const pty = new Pty('/dev/pts/0', () => undefined);
  await pty.masterWrite(callBlocker(), Buffer.from(typed, 'latin1'));
  return Buffer.from(await pty.masterRead(callBlocker(), 100)).toString('latin1');
}

describe('erasing', () => {
  test.each([
    ['a letter takes one column', `a${BACKSPACE}`, 'a\b \b'],
    ['a control character takes the two it was shown with', `\x01${BACKSPACE}`, '^A\b \b\b \b'],
    ['the last of the control characters', `\x1f${BACKSPACE}`, '^_\b \b\b \b'],
    ['a space takes one column', ` ${BACKSPACE}`, ' \b \b'],
  ])('%s', async (_note, typed, want) => {
    expect(await shown(typed)).toBe(want);
  });
});
