/** Door of `ipnet`: Ethernet, ARP, IPv4, ICMP and TCP in user space. Knows no other room but `base`. */
export { type PingOptions, type PingReply, IpHost, type HostRoute } from './ip-host.ts';
export type { TcpSocket } from './tcp-socket.ts';
export type { TcpListen } from './tcp-stack.ts';
export { parseMac, ETHERNET_HEADER_LENGTH, ETHERTYPE, isGroupMac, readMac } from './ethernet.ts';
export {
  parsePrefix,
  type Ipv4,
  contains,
  formatIpv4,
  formatPrefix,
  networkOf,
  parseIpv4,
} from './ipv4.ts';
export { decodeArp } from './arp.ts';
export { Counters } from './counters.ts';
export { ipnetErrors } from './errors.ts';
