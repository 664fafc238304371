/**
 * A small HTTP window into a running agent: `/metrics` for Prometheus, `/decisions` as OPA decision-log
 * events, one JSON object a line, the last ones first and with `?follow` the coming ones too.
 * Secrets are masked here as in any decision log.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isSystemError, runOnce, type Closable } from '#base';
import { decisionLogLine, denialReason, type AgentPolicy, type Decision } from '#gate';
import { formatAddress, parseAddress } from '#rpc';
import { agentErrors } from './errors.ts';
import { METRICS_CONTENT_TYPE, type AgentMetrics } from './metrics.ts';
import type { AddressInfo } from 'node:net';

/** Events kept for those who come late. */
const KEPT = 1000;
/** A follower that is this far behind misses events instead of costing memory. */
const MAX_BEHIND_BYTES = 4 << 20;
const MAX_FOLLOWERS = 64;

interface Observer extends Closable {
  /** `tcp://127.0.0.1:9090`, with the real port. */
  readonly address: string;
}

interface ObserverOptions {
  readonly address: string;
  readonly policy: AgentPolicy | undefined;
  readonly metrics: AgentMetrics;
  readonly labels: Readonly<Record<string, string>>;
}

type Route = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void;

/** Throws `RPC_BAD_ADDRESS` or `AGENT_CANNOT_OBSERVE`. */
export async function openObserver(options: ObserverOptions): Promise<Observer> {
  const { policy, metrics, labels } = options;
  const parsed = parseAddress(options.address);
  const kept: string[] = [];
  const followers = new Set<ServerResponse>();
  const onDecision = (decision: Decision): void => {
    const denial = policy && denialReason(policy, decision);
    const line = decisionLogLine(decision, { labels, denial });
    kept.push(line);
    if (kept.length > KEPT) kept.shift();
    for (const follower of followers)
      if (follower.writableLength < MAX_BEHIND_BYTES) follower.write(line);
  };
  const routes: Readonly<Record<string, Route>> = {
    '/metrics': (_request, response) => {
      response.setHeader('content-type', METRICS_CONTENT_TYPE);
      response.end(metrics.text(policy));
    },
    '/decisions': (_request, response, query) => {
      const follow = query.has('follow');
      if (follow && followers.size >= MAX_FOLLOWERS) {
        reply(response, 503, 'too many followers\n');
        return;
      }
      response.setHeader('content-type', 'application/x-ndjson');
      response.flushHeaders();
      for (const line of kept) response.write(line);
      if (!follow) {
        response.end();
        return;
      }
      followers.add(response);
      response.once('close', () => followers.delete(response));
    },
  };
  const server = createServer((request, response) => {
    const target = request.url ?? '/';
    // Node lets `//` through as a request target, and it is no URL.
    if (!URL.canParse(target, 'http://agent')) {
      reply(response, 400, 'the request target is not a URL\n');
      return;
    }
    const { pathname, searchParams } = new URL(target, 'http://agent');
    const route = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
    if (route === undefined) reply(response, 404, `try ${Object.keys(routes).join(' or ')}\n`);
    else if (request.method !== 'GET') reply(response, 405, 'only GET is understood\n');
    else route(request, response, searchParams);
  });
  if (parsed.kind === 'tcp') server.listen({ host: parsed.host, port: parsed.port });
  else server.listen({ path: parsed.path });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const inUse = isSystemError(cause) && cause.code === 'EADDRINUSE';
    throw agentErrors.cannotObserve(options.address, inUse ? 'it is in use' : undefined, cause);
  }
  const stop = policy?.onDecision(onDecision);
  const close = runOnce(async () => {
    stop?.();
    for (const follower of followers) follower.end();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  const bound =
    parsed.kind === 'tcp' ? { ...parsed, port: (server.address() as AddressInfo).port } : parsed;
  return { address: formatAddress(bound), close, [Symbol.asyncDispose]: close };
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(text);
}
