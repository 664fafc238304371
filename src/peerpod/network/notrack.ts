/**
 * The raw-table rules that keep the tunnel's packets out of connection tracking, as both ends make
 * them: worker towards the pod VM, pod VM towards the worker. Nothing tracks connections here; the
 * rules are kept so that what a real node would have can be read and compared.
 * Source: cloud-api-adaptor v0.22.0 pkg/podnetwork/tunneler/vxlan.
 */
interface NotrackTunnel {
  readonly vni: number;
  /** Address and UDP port of the other end. */
  readonly host: string;
  readonly port: number;
}

interface ChainRow {
  readonly chain: string;
  readonly hook: string;
  /** How the rule names the other end: where packets go to, or come from. */
  readonly match: '-d' | '-s';
}

const CHAINS: readonly ChainRow[] = [
  { chain: 'peerpod-OUTPUT', hook: 'OUTPUT', match: '-d' },
  { chain: 'peerpod-PREROUTING', hook: 'PREROUTING', match: '-s' },
];

/** One table `raw`: shared by all tunnels of a worker, one per pod VM. */
export class NotrackRules {
  readonly #tunnels = new Set<NotrackTunnel>();

  /** Returns the removal. */
  add(tunnel: NotrackTunnel): () => void {
    const own = { ...tunnel };
    this.#tunnels.add(own);
    return () => void this.#tunnels.delete(own);
  }

  /** As `iptables-save -t raw` lists them. A chain exists as long as it has a rule. */
  list(): string[] {
    if (this.#tunnels.size === 0) return [];
    return [
      ...CHAINS.map(({ chain }) => `:${chain} - [0:0]`),
      ...CHAINS.map(({ chain, hook }) => `-A ${hook} -j ${chain}`),
      ...CHAINS.flatMap((row) => [...this.#tunnels].map((tunnel) => ruleOf(row, tunnel))),
    ];
  }
}

const ruleOf = ({ chain, match }: ChainRow, { vni, host, port }: NotrackTunnel): string =>
  `-A ${chain} ${match} ${host}/32 -p udp -m comment --comment "peerpod [vni:${vni}]" -m udp --dport ${port} -j NOTRACK`;
