import { connect, type Socket } from 'node:net';
import { ResponseReader } from './response-reader.js';

const BUFFER_BYTES = 32 * 1024;

/** Who sends on a connection and is told how it went. */
export interface ConnectionOwner {
  readonly onOpen: () => void;
  /** The first bytes of the body have come. */
  readonly onFirstByte: () => void;
  readonly onResponse: (status: number) => void;
  /** The connection is gone; whatever was under way has no answer. */
  readonly onClose: () => void;
}

/**
 * A keep-alive connection with one request at a time on a bare socket: about a third of the work of `node:http`'s client, so that one core can load
 * a server that has the other to itself.
 */
export class RawConnection {
  private readonly reader = new ResponseReader();
  private readonly socket: Socket;
  private isBodyBegun = false;

  constructor(
    port: number,
    private readonly owner: ConnectionOwner,
  ) {
    const callback = (size: number, buffer: Uint8Array): boolean => this.receive(size, buffer as Buffer);
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: Buffer.allocUnsafe(BUFFER_BYTES), callback } });
    this.socket.once('connect', () => owner.onOpen());
    this.socket.on('error', () => undefined); // 'close' follows
    this.socket.once('close', () => owner.onClose());
  }

  send(request: string): void {
    this.isBodyBegun = false;
    this.socket.write(request, 'latin1');
  }

  destroy(): void {
    this.socket.destroy();
  }

  private receive(size: number, buffer: Buffer): boolean {
    const state = this.reader.read(buffer, size);
    if (state === 'head') return true;
    if (!this.isBodyBegun) {
      this.isBodyBegun = true;
      this.owner.onFirstByte();
    }
    if (state === 'complete') this.owner.onResponse(this.reader.status);
    return true;
  }
}
