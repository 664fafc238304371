import { once } from 'node:events';
import { startAgent, type Agent } from '#agent';
import { lineText, denialReason } from '#gate';
import type { Command, CommandContext } from '../command.ts';
import { kataVersionOption, observeOption, printEndpointsOption } from '../options.ts';
import { openDecisionLog } from '../decision-log.ts';
import { policyDocuments } from '../policy-source.ts';

export const command: Command = {
  usage: 'agent [--listen ADDRESS]... [--policy FILE] [--initdata FILE]',
  details: [
    'Each listener speaks both protocols. Without --policy everything is allowed. The daemon ends on',
    'SIGINT, SIGTERM, or after DestroySandbox.',
  ].join('\n'),
  options: {
    listen: {
      type: 'string',
      multiple: true,
      value: 'ADDRESS',
      summary:
        'unix:///path or tcp://host:port (default tcp://127.0.0.1:1024; port 0 takes a free one)',
    },
    policy: {
      type: 'string',
      value: 'FILE',
      summary: 'the policy: Rego text, policy.wasm or an OPA bundle (default: allow all)',
    },
    initdata: {
      type: 'string',
      value: 'FILE',
      summary: 'initdata whose policy.rego replaces it: TOML, annotation value or disk image',
    },
    'kata-version': kataVersionOption('behave as this Kata release'),
    'policy-log': {
      type: 'string',
      value: 'FILE',
      summary: 'write each decided request (policy.jsonl)',
    },
    'decision-log': {
      type: 'string',
      value: 'FILE',
      summary: 'append each decision as an OPA decision-log event, secrets masked',
    },
    observe: observeOption('serve /metrics and /decisions over HTTP, such as tcp://127.0.0.1:0'),
    'print-endpoints': printEndpointsOption,
  },
  examples: [
    'katasim agent --listen unix:///tmp/agent.sock --policy policies/openshift-default.rego',
    'katasim agent --listen tcp://127.0.0.1:0 --print-endpoints',
  ],
  operands: { min: 0, max: 0 },
  async run(context) {
    const { options, output, logger, signal } = context;
    const kataVersion = options.text('kata-version');
    const policyLog = options.text('policy-log');
    const observe = options.text('observe');
    const decisionLog = options.text('decision-log');
    const given = options.list('listen');
    await using agent = await startAgent({
      listen: given.length > 0 ? given : ['tcp://127.0.0.1:1024'],
      policies: await policyDocuments(context),
      logger,
      ...(kataVersion !== undefined && { kataVersion }),
      ...(policyLog !== undefined && { policyLog }),
      ...(observe !== undefined && { observe }),
    });
    noteDenials(agent, context);
    await using _log = decisionLog === undefined ? undefined : openDecisionLog(decisionLog, agent);
    const { endpoints, kata, policy, observer } = agent;
    if (options.flag('print-endpoints')) {
      output.line(JSON.stringify({ endpoints, ...(observer !== undefined && { observer }) }));
    }
    output.note(`katasim agent ${kata.version} serves gRPC and ttrpc on ${endpoints.join(', ')}`);
    if (observer !== undefined) output.note(`metrics and decisions on ${observer}`);
    if (policy !== undefined) {
      const { source, module, digest } = policy.provenance;
      output.note(`policy: ${source} ${module} ${digest}`);
    }
    if (!signal.aborted) await Promise.race([once(signal, 'abort'), agent.stopped]);
    return 0;
  },
};

/** Prints of a policy may hold the whole request; one line is for orientation. */
const MAX_REASON_LENGTH = 300;

/** One line for each request that is not let through: what, why, and the line of the policy. */
function noteDenials(agent: Agent, { output, logLevel }: CommandContext): void {
  const { policy } = agent;
  if (policy === undefined || logLevel === 'silent') return;
  policy.onDecision((decision) => {
    if (decision.verdict === 'allow') return;
    const reason = denialReason(policy, decision);
    const line = reason?.nearestMiss ?? reason?.decidedBy;
    const text = decision.reason.replaceAll('\n', ' ');
    const short = text.length > MAX_REASON_LENGTH ? `${text.slice(0, MAX_REASON_LENGTH)}...` : text;
    const word = output.style(
      decision.verdict === 'deny' ? 'red' : 'yellow',
      decision.verdict,
      'stderr',
    );
    output.note(`${word} ${short.trim()}${line === undefined ? '' : ` (${lineText(line)})`}`);
  });
}
