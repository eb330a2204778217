import type { RequestContext } from '../../core/context/request-context.js';
import type { BodyIntake, TemporaryFile } from '../../core/protocol/body-format.js';
import type { BodyBudget } from './body-budget.js';
import type { StoredFile, TemporaryFiles } from './temporary-files.js';

/** @internal */
export interface RequestIntakeInit {
  readonly contentType: string;
  readonly context: RequestContext;
  readonly budget: BodyBudget;
  readonly files: TemporaryFiles;
}

/**
 * What one request has taken to read its body: all of it is given back with the request.
 * @internal
 */
export class RequestIntake implements BodyIntake {
  readonly contentType: string;
  private readonly shares = new Set<() => void>();
  private readonly created = new Set<StoredFile>();
  private readonly listeners: (() => void)[] = [];
  private isOver = false;

  constructor(private readonly init: RequestIntakeInit) {
    this.contentType = init.contentType;
    init.context.onDispose(() => this.end());
  }

  get signal(): AbortSignal {
    return this.init.context.signal;
  }

  hold(bytes: number): () => void {
    const giveBack = this.init.budget.take(bytes);
    if (this.isOver) giveBack();
    else this.shares.add(giveBack);
    return () => {
      this.shares.delete(giveBack);
      giveBack();
    };
  }

  async createFile(): Promise<TemporaryFile> {
    const file = await this.init.files.create();
    if (this.isOver) file.remove();
    else this.created.add(file);
    return file;
  }

  onOver(listener: () => void): void {
    if (this.isOver) listener();
    else this.listeners.push(listener);
  }

  private end(): void {
    this.isOver = true;
    for (const listener of this.listeners) listener();
    for (const file of this.created) file.remove();
    for (const giveBack of this.shares) giveBack();
    this.shares.clear();
  }
}
