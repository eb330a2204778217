import { BlockList, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { isPublicAddress } from './public-address.js';

const ipv4 = (bytes: readonly number[]): string => bytes.join('.');
const groups = (bytes: readonly number[]): string[] =>
  Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16));
const ipv6 = (bytes: readonly number[]): string => groups(bytes).join(':');
const byte = fc.integer({ min: 0, max: 255 });
const fourBytes = fc.array(byte, { minLength: 4, maxLength: 4 });
const sixteenBytes = fc.array(byte, { minLength: 16, maxLength: 16 });
const hex = (bytes: readonly number[]): string =>
  groups([...Array<number>(12).fill(0), ...bytes])
    .slice(6)
    .join(':');

/** Node's own matching of networks, as a second opinion. */
const specialV4 = new BlockList();
const specialV6 = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  specialV4.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  specialV6.addSubnet(net, bits, 'ipv6');

describe('isPublicAddress', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '93.184.216.34',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:80b::200e',
    '::ffff:8.8.8.8',
    '::ffff:808:808',
    '64:ff9b::8.8.8.8',
    '64:ff9b::808:808',
  ])('lets %s pass', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::127.0.0.1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::ffff:0:127.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::8.8.8.8',
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700::1%1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    'fec0::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:808:808::1',
    '3fff::1',
    '100::1',
    '5f00::1',
  ])('refuses %s', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each([
    '',
    'localhost',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '127.0.0.1.',
    ' 8.8.8.8',
    '8.8.8.8 ',
    '08.8.8.8',
    '8.8.8',
    '1.2.3.4.5',
    '256.1.1.1',
    '[::1]',
    '::1::',
    'é',
  ])('refuses %p, which is no address in its usual form', (text) => expect(isPublicAddress(text)).toBe(false));

  it.each(['0x7f.1', '2130706433', '0177.0.0.1', '127.1', '①②⑦.0.0.1', '[::ffff:127.0.0.1]', '0', '[::]'])(
    'refuses http://%s/ as the URL parser reads it',
    (host) => expect(isPublicAddress(new URL(`http://${host}/`).hostname.replace(/^\[|\]$/g, ''))).toBe(false),
  );

  it('agrees with another matcher on every IPv4 address', () => {
    fc.assert(
      fc.property(fourBytes, (bytes) => isPublicAddress(ipv4(bytes)) === !specialV4.check(ipv4(bytes), 'ipv4')),
      { numRuns: 5000 },
    );
  });

  it('agrees with it on every IPv6 address that holds no IPv4 one', () => {
    fc.assert(
      fc.property(sixteenBytes, (bytes) => isPublicAddress(ipv6(bytes)) === !specialV6.check(ipv6(bytes), 'ipv6')),
      { numRuns: 5000 },
    );
  });

  it('judges an IPv6 address that leads to an IPv4 one as that, however it is written', () => {
    fc.assert(
      fc.property(fourBytes, (bytes) => {
        const forms = [
          `::ffff:${ipv4(bytes)}`,
          `::ffff:${hex(bytes)}`,
          `0:0:0:0:0:FFFF:${hex(bytes)}`,
          `64:ff9b::${ipv4(bytes)}`,
          `64:ff9b::${hex(bytes)}`,
        ];
        return forms.every((form) => isIPv6(form) && isPublicAddress(form) === isPublicAddress(ipv4(bytes)));
      }),
      { numRuns: 3000 },
    );
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string(), (text) => typeof isPublicAddress(text) === 'boolean'),
      { numRuns: 3000 },
    );
  });
});
