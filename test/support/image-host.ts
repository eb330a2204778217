import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RemoteFetcher } from 'nestage/uploads';
import { RemoteImages } from '../../apps/vision-chat/src/chat/remote-images.js';

/** A host of pictures on this machine, by the name `images.test`, and what fetches from it and from nowhere else. */
export interface ImageHost {
  /** `http://images.test:<port>`. */
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  readonly images: RemoteImages;
  /** What it answers from now on. */
  readonly serve: (picture: Uint8Array) => void;
  readonly close: () => Promise<unknown>;
}

/** Other names, `private.test` aside, are refused; that one is allowed and leads to an address that is not. */
export async function startImageHost(): Promise<ImageHost> {
  let picture: Uint8Array = Buffer.alloc(0);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/away') response.writeHead(302, { location: 'http://other.test/a.png' }).end();
    else response.end(picture);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const fetcher = new RemoteFetcher({
    hosts: [`images.test:${port}`, `private.test:${port}`],
    http: true,
    resolve: async (name) => [name === 'images.test' ? '127.0.0.1' : '10.0.0.1'],
    isAllowedAddress: (address) => address === '127.0.0.1',
  });
  return {
    url: `http://images.test:${port}`,
    asked,
    images: new RemoteImages(fetcher),
    serve: (bytes) => (picture = bytes),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
