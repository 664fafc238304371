import { expect, test } from 'vitest';
import { parseFaults } from './fault-plan.ts';

test.each([
  { words: ['15150:reset'], plan: { tcp: { kind: 'reset' } } },
  { words: ['15150:cut=4096'], plan: { tcp: { kind: 'cut', afterBytes: 4096 } } },
  {
    words: ['15150:delay=1m30s', '9000:loss=.3'],
    plan: { tcp: { kind: 'delay', ms: 90_000 }, udp: { kind: 'loss', share: 0.3 } },
  },
  { words: ['15150:late-start=2s'], plan: { tcpClosed: { ms: 2000 } } },
  { words: ['15150:refuse'], plan: { tcpClosed: 'until-lifted' } },
  { words: ['15150:wrong-certificate'], plan: { wrongCertificate: true } },
  { words: ['9000:refuse'], plan: { udpClosed: 'until-lifted' } },
  { words: ['9000:late-start=2s'], plan: { udpClosed: { ms: 2000 } } },
  { words: ['9000:cut=100'], plan: { udp: { kind: 'cut', afterBytes: 100 } } },
  { words: [], plan: {} },
  { words: ['9000:delay=0'], plan: { udp: { kind: 'delay', ms: 0 } } },
])('$words is understood', ({ words, plan }) => {
  expect(parseFaults(words)).toEqual(plan);
});

test.each([
  '',
  'reset',
  '15150:',
  '15150:resett',
  '9000:reset',
  '9000:wrong-certificate',
  '9000:cut',
  '15150:reset=1',
  '15150:delay',
  '15150:delay=',
  '15150:delay=soon',
  '15150:delay=-1s',
  '15150:delay=9999h',
  '15150:cut=-1',
  '9000:loss=1.1',
  '9000:loss=1=2',
  '9000:loss=NaN',
])('%j is refused, and the error names what is accepted', (word) => {
  expect(() => parseFaults([word])).toThrow(
    expect.objectContaining({
      code: 'PEERPOD_FAULT',
      hint: expect.stringMatching(/15150:|9000:/) as string,
    }),
  );
});
