import { Agent, request } from 'node:http';

export interface PlainAnswer {
  readonly status: number;
  readonly text: string;
  readonly json: () => Record<string, unknown>;
}

/**
 * One request by node's own client, on a connection of its own unless an agent keeps some. `fetch` would choose for itself.
 * A body makes it a POST. A kept connection that the server has closed in the same moment is given up for another one.
 */
export function plainRequest(url: string, body?: object, agent: Agent | false = false): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method: body ? 'POST' : 'GET', agent, headers: body ? { 'content-type': 'application/json' } : {} };
    const sent = request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text, json: () => JSON.parse(text) as Record<string, unknown> }),
      );
    });
    sent.once('error', (error: NodeJS.ErrnoException) => {
      if (sent.reusedSocket && error.code === 'ECONNRESET') plainRequest(url, body, agent).then(resolve, reject);
      else reject(error);
    });
    sent.end(body && JSON.stringify(body));
  });
}
