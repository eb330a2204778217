import { megabytes } from 'nestage';
import { readDataUrl } from 'nestage/openai';
import { RemoteFetcher, type UploadedFile } from 'nestage/uploads';

/** Pictures that a chat names by an https address: fetched from the hosts that `REMOTE_IMAGES` lists, by default from none. */
export class RemoteImages {
  /** @param fetcher what fetches them; without it none are */
  constructor(private readonly fetcher?: RemoteFetcher) {}

  /** @throws OptionError for what is no host */
  static from(hosts: readonly string[]): RemoteImages {
    return new RemoteImages(hosts.length > 0 ? new RemoteFetcher({ hosts, maxBytes: megabytes(10) }) : undefined);
  }

  /** Whether this is an address to fetch a picture from, as opposed to one that holds the picture itself. */
  takes(url: string): boolean {
    return this.fetcher !== undefined && /^https?:/i.test(url);
  }

  /** @throws ValidationError for what neither holds a picture nor is an address to fetch one from */
  assertReadable(url: string, field: string): void {
    if (!this.takes(url)) readDataUrl(url, field);
  }

  /** @throws ValidationError when the address is not allowed, or gives no picture */
  async fetch(url: string, field: string, signal: AbortSignal): Promise<Buffer> {
    return (await this.fetchFile(url, field, signal)).bytes();
  }

  /**
   * The picture as a data URL: the given one, or what its address gives, with the type that its bytes tell.
   * @throws ValidationError as `assertReadable` and `fetch`
   */
  async toDataUrl(url: string, field: string, signal: AbortSignal): Promise<string> {
    this.assertReadable(url, field);
    if (!this.takes(url)) return url;
    const file = await this.fetchFile(url, field, signal);
    return `data:${file.type};base64,${(await file.bytes()).toString('base64')}`;
  }

  private fetchFile(url: string, field: string, signal: AbortSignal): Promise<UploadedFile> {
    if (!this.fetcher) throw new Error('no hosts are allowed: ask takes() first');
    return this.fetcher.fetch(url, { field, signal });
  }
}
