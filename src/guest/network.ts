/**
 * Links, routes, neighbours and iptables text of the guest: what the network RPCs change and list.
 */
export interface IpAddress {
  /** types.IPFamily: 0 IPv4, 1 IPv6. */
  family: number;
  address: string;
  mask: string;
}

export interface Interface {
  device: string;
  name: string;
  IPAddresses: IpAddress[];
  mtu: bigint | number;
  hwAddr: string;
  devicePath: string;
  type: string;
  raw_flags: number;
}

export interface Route {
  dest: string;
  gateway: string;
  device: string;
  source: string;
  scope: number;
  family: number;
  flags: number;
  mtu: number;
}

export interface ArpNeighbor {
  toIPAddress?: IpAddress | null | undefined;
  device: string;
  lladdr: string;
  state: number;
  flags: number;
}
