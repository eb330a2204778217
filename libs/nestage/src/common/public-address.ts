import { isIPv4, isIPv6 } from 'node:net';

/**
 * Networks that are not the public internet, or lead out of it by a detour.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const SPECIAL_V4 = [
  '0.0.0.0/8', // this host, this network
  '10.0.0.0/8',
  '100.64.0.0/10', // carriers' own
  '127.0.0.0/8',
  '169.254.0.0/16', // link-local: where clouds keep the metadata of a machine
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24', // relays from 6to4
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
].map(network);

/** What is handed out to hosts; all else is special. @see https://www.iana.org/assignments/ipv6-unicast-address-assignments */
const GLOBAL_V6 = network('2000::/3');

/** @see https://www.iana.org/assignments/iana-ipv6-special-registry */
const SPECIAL_V6 = [
  '2001::/23', // protocols: Teredo, benchmarking, ORCHID
  '2001:db8::/32',
  '2002::/16', // 6to4: holds any IPv4 address
  '3fff::/20',
].map(network);

/** Networks whose last 32 bits are an IPv4 address, which is what will be reached: mapped addresses and NAT64. */
const EMBEDDING_V6 = ['::ffff:0:0/96', '64:ff9b::/96'].map(network);

/**
 * Whether an address is of the public internet: not this machine, its neighbours, a private network, or one that only looks public since
 * it holds such an address (IPv4-mapped, NAT64). False for anything that is not an address in its usual form.
 * @publicApi
 */
export function isPublicAddress(address: string): boolean {
  const bytes = addressBytes(address);
  if (!bytes) return false;
  if (bytes.length === 4) return !SPECIAL_V4.some((special) => contains(special, bytes));
  if (EMBEDDING_V6.some((embedding) => contains(embedding, bytes))) return isPublicAddress(bytes.slice(12).join('.'));
  return contains(GLOBAL_V6, bytes) && !SPECIAL_V6.some((special) => contains(special, bytes));
}

interface Network {
  readonly bytes: readonly number[];
  readonly bits: number;
}

function network(text: string): Network {
  const [address, bits] = text.split('/');
  return { bytes: addressBytes(address) ?? [], bits: Number(bits) };
}

function contains({ bytes, bits }: Network, address: readonly number[]): boolean {
  if (address.length !== bytes.length) return false;
  return bytes.every((byte, i) => {
    const mask = (0xff00 >> Math.max(0, Math.min(8, bits - i * 8))) & 0xff;
    return (byte & mask) === (address[i] & mask);
  });
}

/** 4 or 16 bytes; `undefined` for anything else, an IPv6 address with a zone included. */
function addressBytes(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [head, tail] = text.split('::').map(groupBytes);
  if (tail === undefined) return head;
  return [...head, ...Array.from({ length: 16 - head.length - tail.length }, () => 0), ...tail];
}

/** Groups of an IPv6 address, the last of which may be an IPv4 address. */
function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
