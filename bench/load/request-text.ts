import type { LoadRequest } from './load.types.js';

/** The request as it goes over the wire; bodies are ASCII. */
export function requestText({ method = 'POST', path, body = '' }: LoadRequest, port: number): string {
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n`;
  if (method === 'GET') return `${head}\r\n`;
  return `${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
