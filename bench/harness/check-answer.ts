import { deepStrictEqual } from 'node:assert';
import type { LoadRequest, LoadResult } from '../load/load.types.js';
import type { Server } from './server-process.js';

/** Sends one request; figures of a server that answers something else would mean nothing. */
export async function checkAnswer(server: Server, request: LoadRequest, expected: unknown): Promise<void> {
  const { method = 'POST', path, body } = request;
  const headers = body === undefined ? undefined : { 'content-type': 'application/json' };
  const response = await fetch(server.url + path, { method, headers, body });
  const text = await response.text();
  deepStrictEqual([response.status, typeof expected === 'string' ? text : JSON.parse(text)], [200, expected]);
}

/** @throws Error when any request was answered with anything but 200, or not at all */
export function checkAllGood(name: string, { statuses, lost }: LoadResult): void {
  const others = Object.keys(statuses).filter((status) => status !== '200');
  if (others.length > 0 || lost > 0) throw new Error(`${name}: answers ${JSON.stringify(statuses)}, ${lost} connections lost`);
}
