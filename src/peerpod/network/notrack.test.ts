import { expect, test } from 'vitest';
import { NotrackRules } from './notrack.ts';

test('two rules for each tunnel, in chains that live as long as their rules', () => {
  const rules = new NotrackRules();
  expect(rules.list()).toEqual([]);
  const removeFirst = rules.add({ vni: 555000, host: '127.42.0.2', port: 9000 });
  const removeSecond = rules.add({ vni: 555001, host: '127.42.0.3', port: 9000 });
  expect(rules.list()).toEqual([
    ':peerpod-OUTPUT - [0:0]',
    ':peerpod-PREROUTING - [0:0]',
    '-A OUTPUT -j peerpod-OUTPUT',
    '-A PREROUTING -j peerpod-PREROUTING',
    '-A peerpod-OUTPUT -d 127.42.0.2/32 -p udp -m comment --comment "peerpod [vni:555000]" -m udp --dport 9000 -j NOTRACK',
    '-A peerpod-OUTPUT -d 127.42.0.3/32 -p udp -m comment --comment "peerpod [vni:555001]" -m udp --dport 9000 -j NOTRACK',
    '-A peerpod-PREROUTING -s 127.42.0.2/32 -p udp -m comment --comment "peerpod [vni:555000]" -m udp --dport 9000 -j NOTRACK',
    '-A peerpod-PREROUTING -s 127.42.0.3/32 -p udp -m comment --comment "peerpod [vni:555001]" -m udp --dport 9000 -j NOTRACK',
  ]);
  removeFirst();
  removeFirst();
  expect(rules.list().filter((line) => line.includes('555000'))).toEqual([]);
  expect(rules.list()).toHaveLength(6);
  removeSecond();
  expect(rules.list()).toEqual([]);
});
