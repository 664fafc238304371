import type { Command } from '../command.ts';
import { tellDemo } from '../demo/demo.ts';

export const command: Command = {
  usage: 'demo',
  details: [
    'Four pods go through the real path: shim, agent proxy, mutual TLS on TCP 15150, forwarder, gate, guest,',
    'and VXLAN on UDP 9000. Each claim is checked on what came back; the last line counts the checks.',
  ].join('\n'),
  options: {},
  examples: ['katasim demo'],
  operands: { min: 0, max: 0 },
  run: tellDemo,
};
