import { request } from 'node:http';

/**
 * One request on a connection of its own: a server whose event loop is blocked closes idle connections late, under the hands of whoever uses them
 * again.
 * @returns the text of the answer
 * @throws Error for a status other than 200
 */
export function requestOnce(url: string, body?: { readonly type: string; readonly bytes: Uint8Array }): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body && { 'content-type': body.type, 'content-length': body.bytes.length };
    const outgoing = request(url, { method: body ? 'POST' : 'GET', headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body?.bytes);
  });
}
