import { Agent, type ClientRequest, request } from 'node:http';

const HEAD = Buffer.from('--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n\x89PNG\r\n\x1a\n', 'latin1');
const TAIL = Buffer.from('\r\n--b--\r\n');
const BLOCK = Buffer.alloc(64 * 1024, 7);

/**
 * Sends a form with one file of so many bytes, which begins as a PNG does, as fast as the server takes it.
 * @returns the status, or 0 when the connection was cut
 */
export function uploadFile(url: string, bytes: number): Promise<number> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': HEAD.length + bytes + TAIL.length };
    const outgoing = request(url, { method: 'POST', headers, agent: new Agent() }, (response) => {
      response.resume().once('end', () => {
        resolve(response.statusCode ?? 0);
        outgoing.destroy();
      });
    });
    outgoing.once('error', () => resolve(0));
    send(outgoing, bytes);
  });
}

/** No more is sent once the connection is gone. */
function send(outgoing: ClientRequest, bytes: number): void {
  let sent = 0;
  outgoing.write(HEAD);
  const more = (): void => {
    while (sent < bytes && !outgoing.destroyed) {
      const block = BLOCK.subarray(0, bytes - sent);
      sent += block.length;
      if (!outgoing.write(block)) return void outgoing.once('drain', more);
    }
    if (!outgoing.destroyed) outgoing.end(TAIL);
  };
  more();
}
