import { Injectable } from '@nestjs/common';
import { megabytes } from 'nestage';
import { RemoteFetcher } from 'nestage/uploads';
import { readAppEnvironment } from '../environment.js';

/** Pictures that a chat names by an https address: fetched from the hosts that `REMOTE_IMAGES` lists, by default from none. */
@Injectable()
export class RemoteImages {
  private readonly fetcher = this.createFetcher();

  /** Whether this is an address to fetch a picture from, as opposed to one that holds the picture itself. */
  takes(url: string): boolean {
    return this.fetcher !== undefined && /^https?:/i.test(url);
  }

  /** @throws ValidationError when the address is not allowed, or gives no picture */
  async fetch(url: string, field: string, signal: AbortSignal): Promise<Buffer> {
    if (!this.fetcher) throw new Error('no hosts are allowed: ask takes() first');
    return (await this.fetcher.fetch(url, { field, signal })).bytes();
  }

  protected createFetcher(): RemoteFetcher | undefined {
    const { remoteImages: hosts } = readAppEnvironment();
    return hosts.length > 0 ? new RemoteFetcher({ hosts, maxBytes: megabytes(10) }) : undefined;
  }
}
