/** Links, routes, neighbours and iptables of the guest. */
import type { Guest } from '../guest.ts';
import type { Calls } from './calls.ts';

export const networkCalls = ({
  links,
  kernel,
}: Pick<Guest, 'links' | 'kernel'>): Calls<
  | 'updateInterface'
  | 'updateRoutes'
  | 'listInterfaces'
  | 'listRoutes'
  | 'addARPNeighbors'
  | 'getIPTables'
  | 'setIPTables'
> => ({
  updateInterface: ({ interface: link }) => links.update(link),
  updateRoutes: ({ routes }) => ({ Routes: links.updateRoutes(routes?.Routes) }),
  listInterfaces: () => ({ Interfaces: links.list() }),
  listRoutes: () => ({ Routes: links.listRoutes() }),
  addARPNeighbors: ({ neighbors }) => links.addNeighbors(neighbors?.ARPNeighbors),
  getIPTables: ({ is_ipv6: ipv6 }) => ({ data: links.iptables.save(ipv6, kernel.now()) }),
  setIPTables: ({ is_ipv6: ipv6, data }) => {
    links.iptables.restore(ipv6, data);
    return { data: new Uint8Array() };
  },
});
