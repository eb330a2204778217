import type { AddressInfo } from 'node:net';
import type { Landmark } from './http/service-routes.js';

/** @internal */
export interface ListeningLineInit {
  readonly url: string;
  /** Path of the API document's page, where it is served. */
  readonly docs: string | false;
  readonly landmarks: readonly Landmark[];
  /** Where operators have a listener of their own, which then has the landmarks. */
  readonly management?: AddressInfo;
}

/**
 * Where the service listens and what a newcomer may open there:
 * `Listening on http://127.0.0.1:8000 with API docs at /docs, health at /health, status page at /dashboard`.
 * @internal
 */
export function listeningLine({ url, docs, landmarks, management }: ListeningLineInit): string {
  const pages: Landmark[] = docs === false ? [] : [{ title: 'API docs', path: docs.startsWith('/') ? docs : `/${docs}` }];
  if (!management) return `Listening on ${url}${withPages([...pages, ...landmarks])}`;
  return `Listening on ${url}${withPages(pages)} and, for operators, on ${urlOf(management)}${withPages(landmarks)}`;
}

function withPages(pages: readonly Landmark[]): string {
  return pages.length === 0 ? '' : ` with ${pages.map(({ title, path }) => `${title} at ${path}`).join(', ')}`;
}

const urlOf = ({ address, family, port }: AddressInfo): string => `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
