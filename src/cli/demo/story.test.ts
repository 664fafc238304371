import { expect, test } from 'vitest';
import { Output, wrap } from '../output.ts';
import { Story } from './story.ts';

function tell(act: (story: Story) => void) {
  let stdout = '';
  const sink = { write: (text: string | Uint8Array) => ((stdout += String(text)), true) };
  const story = new Story(
    new Output({ stdout: sink, stderr: sink, color: 'never', noColor: false }),
  );
  act(story);
  return { code: story.end(), stdout };
}

test('a story whose checks hold ends with 0 and says how many', () => {
  const { code, stdout } = tell((story) => story.equal('the answer is 42', 42, 42));
  expect(code).toBe(0);
  expect(stdout).toMatch(/\ndemo: 1 checks passed, 0 failed\n$/);
});

test('one check that does not hold makes the story end with 1 and shows what was found', () => {
  const { code, stdout } = tell((story) => {
    story.check('it is dark', true);
    story.equal('the answer is 42', 41, 42);
  });
  expect(code).toBe(1);
  expect(stdout).toContain('found: 41');
  expect(stdout).toMatch(/\ndemo: 1 checks passed, 1 failed\n$/);
});

test('a story that breaks off has failed', () => {
  expect(tell((story) => story.broken(new Error('gone'))).code).toBe(1);
});

test('wrap breaks at blanks and keeps long words whole', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrap('a unix:///a/very/long/path', 5)).toEqual(['a', 'unix:///a/very/long/path']);
});
