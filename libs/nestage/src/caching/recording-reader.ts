import type { StreamRecording } from './stream-recording.js';

const DONE = { done: true, value: undefined } as const;

/** One reader's way through a recording. Not a generator: one that waits can't be told to stop. @internal */
export class RecordingReader implements AsyncIterableIterator<unknown> {
  position = 0;
  private isOver = false;

  constructor(
    private readonly recording: StreamRecording,
    private readonly onLag: () => void,
  ) {}

  async next(): Promise<IteratorResult<unknown>> {
    for (;;) {
      if (this.isOver) return DONE;
      const recorded = this.recording.at(this.position);
      if (recorded) {
        this.position++;
        this.recording.forget();
        return { done: false, value: this.recording.handOut(recorded) };
      }
      const { ending } = this.recording;
      if (ending) {
        this.close();
        if ('error' in ending) throw ending.error;
        return DONE;
      }
      await this.recording.more();
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.close();
    return DONE;
  }

  /** Ends it because it is too far behind. */
  cut(): void {
    this.close();
    this.onLag();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.recording.leave(this);
  }
}
