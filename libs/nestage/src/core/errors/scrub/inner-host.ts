/** Last labels of names that no public name server knows. @internal */
export const INNER_SUFFIX = String.raw`(?:internal|local|localdomain|localhost|lan|corp|intranet|svc|consul|home\.arpa)`;
/** Hosts within a network: without a dot, with such a suffix, or in numbers. @internal */
export const INNER_HOST = new RegExp(String.raw`^(?:[^.]*|.*\.${INNER_SUFFIX}|[\d.]+|\[.*)\.?$`, 'i');

/** Whether all the world may know the host. @internal */
export function isPublicHost(host: string): boolean {
  return !INNER_HOST.test(host) && /\.[A-Za-z]{2,}\.?$/.test(host);
}
